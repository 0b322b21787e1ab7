//! Pictures, videos and documents: an address is given out, bytes arrive there, the network works.

use serde_json::{Value, json};

use super::caller;
use super::error::LiError;
use crate::call::{Call, Content, Reply};
use crate::container::{Container, ContainerState};
use crate::media::{MediaItem, digest_hex};
use crate::network::Network;
use crate::world::{Event, World};

/// Size of a video's part.
const PART: u64 = 4 * 1024 * 1024;

/// Videos: 75 KB to 500 MB.
const VIDEO: std::ops::RangeInclusive<u64> = 75 * 1024..=500 * 1024 * 1024;

/// First bytes of PDF, of new and of old office files.
const DOCUMENTS: [&[u8]; 3] = [b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"];

fn one(collection: &str) -> &str {
    collection.trim_end_matches('s')
}

/// `POST /rest/{images,videos,documents}?action=…`.
pub(super) fn act(net: &Network, call: &Call, collection: &str) -> Result<Reply, LiError> {
    match call.text("action") {
        Some("initializeUpload") => begin(net, call, one(collection)),
        Some("finalizeUpload") if collection == "videos" => finish(net, call),
        _ => Err(LiError::illegal("The action is unknown")),
    }
}

fn begin(net: &Network, call: &Call, kind: &str) -> Result<Reply, LiError> {
    let mut world = net.world();
    let wanted = call.json.as_ref().and_then(|b| b.get("initializeUploadRequest")).cloned().unwrap_or_default();
    let owner = wanted.get("owner").and_then(Value::as_str);
    let owner = owner.ok_or_else(|| LiError::input("/owner", "MISSING_REQUIRED_FIELD_VALUES", "owner is required"))?;
    let account = caller(&world, call)?.acts_for(&world, owner, "w")?;
    let size = wanted.get("fileSizeBytes").and_then(Value::as_u64);
    if kind == "video" && !size.is_some_and(|s| VIDEO.contains(&s)) {
        let why = "fileSizeBytes must be between 75 KB and 500 MB";
        return Err(LiError::input("/fileSizeBytes", "INVALID_VALUE_FOR_FIELD", why));
    }
    let name = format!("D4E{}", world.new_secret(kind, 12));
    let urn = format!("urn:li:{kind}:{name}");
    let expires = call.now.as_millis() + 24 * 3_600_000;
    let address = |part: u64| format!("{}/{kind}/{name}/{part}?app=1&m=AQ", call.base_of("upload"));
    let mut value = json!({ "uploadUrlExpiresAt": expires, kind: urn });
    let mut data = json!({ "size": size, "etags": [] });
    if kind == "video" {
        let parts = size.unwrap_or_default().div_ceil(PART);
        let part = |n: u64| {
            let last = (n * PART + PART).min(size.unwrap_or_default()) - 1;
            json!({ "uploadUrl": address(n), "firstByte": n * PART, "lastByte": last })
        };
        let token = world.new_secret("upload token", 16);
        value["uploadInstructions"] = json!((0..parts).map(part).collect::<Vec<_>>());
        value["uploadToken"] = json!(token);
        value["uploadUrlsExpireAt"] = json!(expires);
        data["token"] = json!(token);
        data["etags"] = json!(vec![Value::Null; usize::try_from(parts).unwrap_or_default()]);
    } else {
        value["uploadUrl"] = json!(address(0));
    }
    world.commit(Event::Container(Container::new(urn, call, account.id, kind, data)));
    Ok(Reply::ok(json!({ "value": value })))
}

/// `PUT` to an address of the upload host.
pub(super) fn receive(net: &Network, call: &Call) -> Result<Reply, LiError> {
    let segments = call.segments();
    let [kind, name, part] = segments.as_slice() else { return Err(LiError::not_found("upload")) };
    let urn = format!("urn:li:{kind}:{name}");
    let part: usize = part.parse().map_err(|_| LiError::not_found(&urn))?;
    let mut container = {
        let world = net.world();
        if call.token.is_some() {
            caller(&world, call)?;
        }
        world.container(call.platform, &urn, call.now).ok_or_else(|| LiError::not_found(&urn))?
    };
    if container.state != ContainerState::Open || call.body.is_empty() {
        return Err(LiError::illegal("This address takes no bytes (any more)"));
    }
    let etag = format!("/ambry-video/signedId/{}", &digest_hex(&call.body)[..24]);
    if container.kind == "video" {
        let parts = container.data["etags"].as_array().map_or(0, Vec::len);
        if part >= parts || call.body.len() as u64 > PART {
            return Err(LiError::illegal("The part is unknown or too large"));
        }
        let place = format!("{urn}/{part}");
        // A part may be sent again.
        net.take_upload(&place);
        net.append_upload(&place, &call.body);
        container.data["etags"][part] = json!(etag);
    } else {
        container = stored(net, call, container, &call.body);
    }
    net.world().commit(Event::Container(container));
    Ok(Reply::new(201, Content::Empty).header("etag", etag))
}

/// All bytes are there: what they are is seen now, what is wrong is told later.
fn stored(net: &Network, call: &Call, mut container: Container, bytes: &[u8]) -> Container {
    let is_document = DOCUMENTS.iter().any(|head| bytes.starts_with(head));
    let item = MediaItem::read(bytes, None);
    let mime = item.as_ref().map_or("", |i| i.mime.as_str());
    let fits = match container.kind.as_str() {
        "document" => is_document,
        "video" => mime == "video/mp4",
        _ => ["image/png", "image/jpeg", "image/gif"].contains(&mime),
    };
    if !fits {
        container.error = Some(format!("the file is no {}", container.kind));
    }
    container.data["item"] = json!(item);
    container.process(call, &net.settings())
}

fn finish(net: &Network, call: &Call) -> Result<Reply, LiError> {
    let wanted = call.json.as_ref().and_then(|b| b.get("finalizeUploadRequest")).cloned().unwrap_or_default();
    let urn = wanted.get("video").and_then(Value::as_str).unwrap_or_default();
    let container = own(&net.world(), call, urn)?;
    let is_complete = container.state == ContainerState::Open
        && wanted.get("uploadToken") == container.data.get("token")
        && wanted.get("uploadedPartIds") == container.data.get("etags");
    if !is_complete {
        let why = "The upload token or the ids of the parts do not fit this video";
        return Err(LiError::input("/uploadedPartIds", "INVALID_VALUE_FOR_FIELD", why));
    }
    let parts = container.data["etags"].as_array().map_or(0, Vec::len);
    let bytes: Vec<u8> = (0..parts).flat_map(|n| net.take_upload(&format!("{urn}/{n}"))).collect();
    if Some(bytes.len() as u64) != container.data["size"].as_u64() {
        return Err(LiError::input("/fileSizeBytes", "INVALID_VALUE_FOR_FIELD", "The size is another one"));
    }
    let container = stored(net, call, container, &bytes);
    net.world().commit(Event::Container(container));
    Ok(Reply::new(200, Content::Empty))
}

fn own(world: &World, call: &Call, urn: &str) -> Result<Container, LiError> {
    let caller = caller(world, call)?;
    let found = world.container(call.platform, urn, call.now);
    let is_own = |c: &Container| world.accounts.get(&c.account).is_some_and(|a| a.owner == caller.person);
    found.filter(is_own).ok_or_else(|| LiError::not_found(urn))
}

/// `GET /rest/{images,videos,documents}/{urn}`.
pub(super) fn show(net: &Network, call: &Call, urn: &str) -> Result<Reply, LiError> {
    let world = net.world();
    let container = own(&world, call, urn)?;
    let status = match container.state {
        ContainerState::Open => "WAITING_UPLOAD",
        ContainerState::InProgress => "PROCESSING",
        ContainerState::Error | ContainerState::Expired => "PROCESSING_FAILED",
        ContainerState::Finished | ContainerState::Published => "AVAILABLE",
    };
    let owner = world.accounts.get(&container.account).map(crate::world::Account::network_id);
    let mut body = json!({ "id": urn, "owner": owner, "status": status });
    if status == "PROCESSING_FAILED" {
        body["processingFailureReason"] = json!(container.error);
    }
    Ok(Reply::ok(body))
}

/// What a post shows of an asset: a picture or video of this account that is ready.
pub(super) fn for_post(
    world: &World,
    call: &Call,
    account: u64,
    urn: &str,
    alt: Option<&str>,
) -> Result<Option<MediaItem>, LiError> {
    let container = world.container(call.platform, urn, call.now).filter(|c| c.account == account);
    let is_ready = |c: &Container| matches!(c.state, ContainerState::Finished | ContainerState::Published);
    let container = container.filter(is_ready).ok_or_else(|| {
        LiError::input("/content/media/id", "INVALID_VALUE_FOR_FIELD", &format!("{urn} is not available"))
    })?;
    let item: Option<MediaItem> = serde_json::from_value(container.data["item"].clone()).unwrap_or_default();
    Ok(item.map(|item| MediaItem { alt: alt.map(ToOwned::to_owned), ..item }))
}
