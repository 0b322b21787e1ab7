//! Blobs, and the video service that makes them of videos.

use rookery_kernel::{Platform, Timestamp};
use serde_json::{Value, json};

use super::error::XrpcError;
use super::sessions::SERVICE;
use super::{account_of_token, blob_ref, caller, ids, needed};
use crate::call::{Call, Reply};
use crate::container::{Container, ContainerState};
use crate::media::{MediaItem, MediaKind};
use crate::network::Network;
use crate::world::{Account, Event, World};

/// Largest blob of a server in its usual setting.
const BLOB_MAX: usize = 100_000_000;

/// Key of a blob among the unfinished things.
fn key(account: &Account, cid: &str) -> String {
    format!("blob {} {cid}", account.id)
}

/// `com.atproto.repo.uploadBlob`.
pub(super) fn upload(net: &Network, call: &Call) -> Result<Reply, XrpcError> {
    let account = caller(&net.world(), call)?;
    let named = call.header("content-type").unwrap_or_default().to_owned();
    if named.is_empty() {
        return Err(XrpcError::invalid("Request encoding (Content-Type) required but not provided"));
    }
    if call.body.is_empty() {
        return Err(XrpcError::invalid("A request body is expected but none was provided"));
    }
    if call.body.len() > BLOB_MAX {
        return Err(XrpcError::new(413, "PayloadTooLarge", "request entity too large"));
    }
    let cid = ids::blob_cid(&call.body);
    // What the bytes are goes before what the client says.
    let item = MediaItem::read(&call.body, None);
    let mime = item.as_ref().map_or(named, |item| item.mime.clone());
    let size = call.body.len() as u64;
    let data = json!({ "blob": blob_ref(&cid, &mime, size), "item": item });
    let container = Container::new(key(&account, &cid), call, account.id, "blob", data);
    net.world().commit(Event::Container(Container { state: ContainerState::Finished, ..container }));
    Ok(Reply::ok(json!({ "blob": blob_ref(&cid, &mime, size) })))
}

/// A blob that a record may name: what it is.
pub(super) fn find(world: &World, account: &Account, cid: &str, now: Timestamp) -> Option<(Value, Option<MediaItem>)> {
    let container = world.container(Platform::Bluesky, &key(account, cid), now)?;
    let is_there = matches!(container.state, ContainerState::Finished | ContainerState::Published);
    let item = serde_json::from_value(container.data["item"].clone()).ok().flatten();
    is_there.then(|| (container.data["blob"].clone(), item))
}

/// `app.bsky.video.uploadVideo`.
pub(super) fn upload_video(net: &Network, call: &Call) -> Result<Reply, XrpcError> {
    let (did, _) = (needed(call, "did")?, needed(call, "name")?);
    let mut world = net.world();
    let account = service_caller(&world, call)?;
    if account.network_id() != did {
        return Err(XrpcError::new(401, "unauthorized", "the token is for another repository"));
    }
    let item = MediaItem::read(&call.body, None).filter(|item| item.kind == MediaKind::Video);
    let Some(item) = item else {
        return Err(XrpcError::new(400, "invalid_video", "the file is no video that can be processed"));
    };
    let cid = ids::blob_cid(&call.body);
    let job = format!("job-{}-{}", account.id, &item.digest[..16]);
    if let Some(known) = world.container(Platform::Bluesky, &job, call.now).filter(|c| c.state != ContainerState::Error)
    {
        let mut body = status(&known, did);
        body["error"] = json!("already_exists");
        body["message"] = json!("Video already processed");
        return Ok(Reply::json(409, body));
    }
    let blob = blob_ref(&cid, &item.mime, item.bytes);
    let data = json!({ "blob": blob, "item": item });
    let settings = net.settings();
    let of_job = Container::new(job, call, account.id, "video", data.clone()).process(call, &settings);
    // The service puts the blob into the repository when it is done.
    let of_blob = Container { id: key(&account, &cid), kind: "blob".to_owned(), ..of_job.clone() };
    let body = status(&Container { state: ContainerState::Open, ..of_job.clone() }, did);
    world.commit(Event::Container(of_job));
    world.commit(Event::Container(of_blob));
    Ok(Reply::ok(body))
}

/// The account of a token that its server gave for uploading.
fn service_caller(world: &World, call: &Call) -> Result<Account, XrpcError> {
    let refused = || XrpcError::new(401, "unauthorized", "the service token is missing, wrong or too old");
    let token = call.token.as_deref().and_then(|t| world.tokens.get(t)).ok_or_else(refused)?;
    let may = token.client_id == SERVICE && token.scopes.iter().any(|s| s == "com.atproto.repo.uploadBlob");
    if !may || token.end(call.now).is_some() {
        return Err(refused());
    }
    account_of_token(world, call).ok_or_else(refused)
}

fn status(job: &Container, did: &str) -> Value {
    let state = match job.state {
        ContainerState::Open => "JOB_STATE_CREATED",
        ContainerState::InProgress => "JOB_STATE_ENCODING",
        ContainerState::Finished | ContainerState::Published => "JOB_STATE_COMPLETED",
        ContainerState::Error | ContainerState::Expired => "JOB_STATE_FAILED",
    };
    let mut status = json!({ "jobId": job.id, "did": did, "state": state });
    match state {
        "JOB_STATE_COMPLETED" => status["blob"] = job.data["blob"].clone(),
        "JOB_STATE_FAILED" => {
            status["error"] = json!("processing_failed");
            status["message"] = json!(job.error);
        }
        _ => status["progress"] = json!(0),
    }
    status
}

/// `app.bsky.video.getJobStatus`.
pub(super) fn job_status(net: &Network, call: &Call) -> Result<Reply, XrpcError> {
    let id = needed(call, "jobId")?;
    let world = net.world();
    let job = world.container(Platform::Bluesky, id, call.now).filter(|c| c.kind == "video");
    let job = job.ok_or_else(|| XrpcError::invalid("unknown job"))?;
    let did = world.accounts.get(&job.account).map(Account::network_id).unwrap_or_default();
    Ok(Reply::ok(json!({ "jobStatus": status(&job, &did) })))
}
