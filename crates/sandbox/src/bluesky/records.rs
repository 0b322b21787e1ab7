//! The repository: records written, read, listed, taken away.

use serde_json::{Value, json};

use super::error::XrpcError;
use super::{POSTS, actor, caller, ids, limit, needed, time, validate};
use crate::call::{Call, Reply};
use crate::hooks::{ReceivedPublish, When};
use crate::media::{MediaItem, MediaKind};
use crate::network::Network;
use crate::world::{Account, DeletedBy, Event, Format, Post, World};

/// The record of a post; posts of the invented past get one when they are read.
pub(super) fn record_of(post: &Post) -> Value {
    if let Some(record) = post.extra.get("record") {
        return record.clone();
    }
    let mut record = json!({ "$type": POSTS, "text": post.text, "createdAt": time(post.created_at), "langs": ["en"] });
    if let Some(link) = &post.link {
        record["embed"] = json!({
            "$type": "app.bsky.embed.external",
            "external": { "uri": link, "title": link, "description": "" },
        });
    }
    record
}

fn is_posts(collection: &str) -> Result<(), XrpcError> {
    if collection == POSTS {
        return Ok(());
    }
    Err(XrpcError::invalid(format!("only {POSTS} is simulated")))
}

/// The caller, if the repository is its own.
fn writer(world: &World, call: &Call) -> Result<Account, XrpcError> {
    let (repo, collection) = (needed(call, "repo")?, needed(call, "collection")?);
    let me = caller(world, call)?;
    let owner = actor(world, repo).ok_or_else(|| XrpcError::invalid(format!("Could not find repo: {repo}")))?;
    if owner.id != me.id {
        return Err(XrpcError::new(403, "Forbidden", "the repository belongs to another account"));
    }
    is_posts(collection)?;
    Ok(me)
}

fn in_body(call: &Call) -> Result<Value, XrpcError> {
    let record = call.json.as_ref().and_then(|body| body.get("record")).filter(|r| r.is_object());
    record.cloned().ok_or_else(|| XrpcError::invalid("Input must have the property \"record\""))
}

/// `com.atproto.repo.putRecord`: makes the record under this key, or changes it.
pub(super) fn put(net: &Network, call: &Call) -> Result<Reply, XrpcError> {
    let key = needed(call, "rkey")?;
    if !ids::is_tid(key) {
        return Err(XrpcError::invalid(format!("Invalid record key for {POSTS}: {key} is no TID")));
    }
    write(net, call, Some(key))
}

/// `com.atproto.repo.createRecord`: under a key of the server's, unless one is given.
pub(super) fn create(net: &Network, call: &Call) -> Result<Reply, XrpcError> {
    match call.text("rkey") {
        Some(key) if !ids::is_tid(key) => {
            Err(XrpcError::invalid(format!("Invalid record key for {POSTS}: {key} is no TID")))
        }
        key => write(net, call, key),
    }
}

fn write(net: &Network, call: &Call, key: Option<&str>) -> Result<Reply, XrpcError> {
    let record = in_body(call)?;
    let (account, media) = {
        let world = net.world();
        let account = writer(&world, call)?;
        let media = validate::record(&world, &account, &record, call.now)?;
        (account, media)
    };
    let mut received = ReceivedPublish {
        platform: call.platform,
        platform_user_id: account.network_id(),
        text: record["text"].as_str().unwrap_or_default().to_owned(),
        idempotency_key: key.map(ToOwned::to_owned),
        external_id: None,
        is_replay: false,
    };
    net.hooks.fire(&received, When::BeforeStore);
    let (uri, is_replay) = store(net, call, &account, key, &record, media)?;
    received.external_id = Some(uri.clone());
    received.is_replay = is_replay;
    net.hooks.fire(&received, When::AfterStore);
    let body = json!({
        "uri": uri,
        "cid": ids::record_cid(&record),
        "commit": { "cid": ids::record_cid(&json!([uri, call.serial])), "rev": ids::record_key(call.serial << 16) },
        "validationStatus": "valid",
    });
    let mut reply = Reply::ok(body);
    reply.published = Some(received);
    Ok(reply)
}

/// Makes the post, or finds the one that stands under the key.
fn store(
    net: &Network,
    call: &Call,
    account: &Account,
    key: Option<&str>,
    record: &Value,
    media: Vec<MediaItem>,
) -> Result<(String, bool), XrpcError> {
    let did = account.network_id();
    let mut world = net.world();
    let known = key.and_then(|key| world.post_by_native(call.platform, &ids::uri(&did, key), call.now)).cloned();
    let cid = known.as_ref().map(|post| ids::record_cid(&record_of(post)));
    if let Some(swap) = call.json.as_ref().and_then(|b| b.get("swapRecord")).filter(|s| **s != json!(cid)) {
        return Err(XrpcError::new(400, "InvalidSwap", format!("Record was at {}, not {swap}", json!(cid))));
    }
    if let Some(post) = known.as_ref().filter(|post| record_of(post) == *record) {
        return Ok((account.external_id(post), true));
    }
    let id = known.as_ref().map_or_else(|| world.new_post_id(call.now), |post| post.id);
    let uri = ids::uri(&did, key.map_or_else(|| ids::record_key(id), ToOwned::to_owned).as_str());
    let parent = record.pointer("/reply/parent/uri").and_then(Value::as_str);
    let text = record["text"].as_str().unwrap_or_default();
    let post = Post {
        link: record.pointer("/embed/external/uri").and_then(Value::as_str).map(ToOwned::to_owned),
        format: format(record, &media),
        reply_to: parent.and_then(|uri| world.post_number(call.platform, uri)),
        kind: (media.len() > 1).then(|| "carousel".to_owned()),
        media,
        key: key.map(ToOwned::to_owned),
        native_id: Some(uri.clone()),
        edited_at: known.as_ref().map(|_| call.now),
        extra: json!({ "record": record }),
        ..Post::new(id, account.id, text, known.as_ref().map_or(call.now, |post| post.created_at))
    };
    world.commit(Event::Post(post));
    Ok((uri, known.is_some()))
}

fn format(record: &Value, media: &[MediaItem]) -> Format {
    match media.first().map(|m| m.kind) {
        Some(MediaKind::Video) => Format::Video,
        Some(_) => Format::Photo,
        None if record.pointer("/embed/external").is_some() => Format::Link,
        None => Format::Text,
    }
}

/// `com.atproto.repo.getRecord`.
pub(super) fn get(net: &Network, call: &Call) -> Result<Reply, XrpcError> {
    let (repo, collection, key) = (needed(call, "repo")?, needed(call, "collection")?, needed(call, "rkey")?);
    let world = net.world();
    if call.token.is_some() {
        caller(&world, call)?;
    }
    let owner = actor(&world, repo).ok_or_else(|| XrpcError::invalid(format!("Could not find repo: {repo}")))?;
    let uri = ids::uri(&owner.network_id(), key);
    let post = world.post_by_native(call.platform, &uri, call.now).filter(|_| collection == POSTS);
    let missing = || XrpcError::new(400, "RecordNotFound", format!("Could not locate record: {uri}"));
    let record = record_of(post.ok_or_else(missing)?);
    Ok(Reply::ok(json!({ "uri": uri, "cid": ids::record_cid(&record), "value": record })))
}

/// `com.atproto.repo.listRecords`, by record key, newest first.
pub(super) fn list(net: &Network, call: &Call) -> Result<Reply, XrpcError> {
    let (repo, collection) = (needed(call, "repo")?, needed(call, "collection")?);
    let size = limit(call, 50, 100)?;
    let world = net.world();
    let owner = actor(&world, repo).ok_or_else(|| XrpcError::invalid(format!("Could not find repo: {repo}")))?;
    is_posts(collection)?;
    let mut found: Vec<(String, &Post)> = world
        .posts_of(owner.id, call.now)
        .filter(|p| !p.is_deleted(call.now))
        .map(|p| (owner.external_id(p), p))
        .collect();
    found.sort_by(|a, b| b.0.cmp(&a.0));
    if call.is_true("reverse") {
        found.reverse();
    }
    let key = |uri: &str| uri.rsplit('/').next().unwrap_or_default().to_owned();
    if let Some(cursor) = call.text("cursor") {
        let is_behind =
            |uri: &str| if call.is_true("reverse") { key(uri).as_str() > cursor } else { key(uri).as_str() < cursor };
        found.retain(|(uri, _)| is_behind(uri));
    }
    found.truncate(size);
    let next = found.last().map(|(uri, _)| key(uri));
    let records: Vec<Value> = found
        .iter()
        .map(|(uri, post)| {
            let record = record_of(post);
            json!({ "uri": uri, "cid": ids::record_cid(&record), "value": record })
        })
        .collect();
    let mut body = json!({ "records": records });
    if let Some(next) = next {
        body["cursor"] = json!(next);
    }
    Ok(Reply::ok(body))
}

/// `com.atproto.repo.deleteRecord`: what is gone already is no error.
pub(super) fn delete(net: &Network, call: &Call) -> Result<Reply, XrpcError> {
    let key = needed(call, "rkey")?;
    let mut world = net.world();
    let account = writer(&world, call)?;
    let uri = ids::uri(&account.network_id(), key);
    let id = world.post_by_native(call.platform, &uri, call.now).map(|p| p.id);
    let Some(id) = id else { return Ok(Reply::ok(json!({}))) };
    world.commit(Event::Deleted { id, at: call.now, by: DeletedBy::Author });
    let rev = ids::record_key(call.serial << 16);
    Ok(Reply::ok(json!({ "commit": { "cid": ids::record_cid(&json!([uri, call.serial])), "rev": rev } })))
}
