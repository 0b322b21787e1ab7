//! Media: begun, sent in pieces, finished, waited for, described.

use std::time::Duration;

use serde_json::{Value, json};

use super::error::Problem;
use super::{caller, native};
use crate::call::{Call, Reply};
use crate::container::{Container, ContainerState};
use crate::media::{MediaItem, MediaKind};
use crate::network::Network;
use crate::world::{Event, World};

/// Category, kind, largest size.
const CATEGORIES: [(&str, MediaKind, u64); 3] = [
    ("tweet_image", MediaKind::Image, 5 * 1024 * 1024),
    ("tweet_gif", MediaKind::Gif, 15 * 1024 * 1024),
    ("tweet_video", MediaKind::Video, 512 * 1024 * 1024),
];

const TYPES: [&str; 6] = ["image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4", "video/quicktime"];

/// Largest piece.
const PIECE_MAX: usize = 5 * 1024 * 1024;

const LIFE: Duration = Duration::from_hours(24);

const ALT_MAX: usize = 1000;

/// What stands at the front of a key, by kind.
pub(super) const fn key_kind(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "3",
        MediaKind::Video => "13",
        MediaKind::Gif => "16",
    }
}

fn category(name: &str) -> Option<(&'static str, MediaKind, u64)> {
    CATEGORIES.into_iter().find(|(known, ..)| *known == name)
}

/// `POST /2/media/upload/initialize`.
pub(super) fn begin(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let mut world = net.world();
    let account = caller(&world, call, "media.write")?;
    let mime = call.text("media_type").unwrap_or_default();
    if !TYPES.contains(&mime) {
        return Err(Problem::invalid("media_type", mime, "media type unrecognized."));
    }
    let name = call.text("media_category").unwrap_or("tweet_image");
    let found = category(name).filter(|(_, kind, _)| {
        let is_video = mime.starts_with("video/");
        is_video == (*kind == MediaKind::Video) && (*kind == MediaKind::Gif) <= (mime == "image/gif")
    });
    let (name, _, max) =
        found.ok_or_else(|| Problem::invalid("media_category", name, "media category does not fit the media type."))?;
    let total = call.text("total_bytes").and_then(|t| t.parse::<u64>().ok()).unwrap_or_default();
    if total == 0 || total > max {
        let message = format!("File size exceeds {max} bytes or is missing.");
        return Err(Problem::invalid("total_bytes", &total.to_string(), &message));
    }
    let id = native(world.new_post_id(call.now));
    let data = json!({ "media_type": mime, "total_bytes": total, "next_segment": 0 });
    let mut container = Container::new(id, call, account.id, name, data);
    container.expires_at = Some(call.now + LIFE);
    world.commit(Event::Container(container.clone()));
    Ok(Reply::ok(json!({ "data": told(&container, None) })))
}

fn own(world: &World, call: &Call, id: &str) -> Result<Container, Problem> {
    let account = caller(world, call, "media.write")?;
    let found = world.container(call.platform, id, call.now).filter(|c| c.account == account.id);
    found
        .filter(|c| c.state != ContainerState::Expired)
        .ok_or_else(|| Problem::invalid("id", id, "Could not find the media id, or it expired."))
}

/// `POST /2/media/upload/{id}/append`: pieces in their order.
pub(super) fn append(net: &Network, call: &Call, id: &str) -> Result<Reply, Problem> {
    let mut container = own(&net.world(), call, id)?;
    let segment = call.text("segment_index").and_then(|s| s.parse::<u64>().ok());
    let next = container.data["next_segment"].as_u64().unwrap_or_default();
    let Some(file) = call.file("media").filter(|f| !f.bytes.is_empty() && f.bytes.len() <= PIECE_MAX) else {
        return Err(Problem::invalid("media", "", "Segment is missing or exceeds the maximum size."));
    };
    if container.state != ContainerState::Open || segment != Some(next) {
        let sent = segment.map(|s| s.to_string()).unwrap_or_default();
        return Err(Problem::invalid("segment_index", &sent, "Segments do not add up to provided total file size."));
    }
    net.append_upload(id, &file.bytes);
    container.data["next_segment"] = json!(next + 1);
    net.world().commit(Event::Container(container));
    Ok(Reply::ok(json!({ "data": { "expires_at": (call.now + LIFE).as_secs() } })))
}

/// `POST /2/media/upload/{id}/finalize`: the bytes must be what was announced.
pub(super) fn finish(net: &Network, call: &Call, id: &str) -> Result<Reply, Problem> {
    let mut container = own(&net.world(), call, id)?;
    let bytes = net.take_upload(id);
    let total = container.data["total_bytes"].as_u64().unwrap_or_default();
    if bytes.len() as u64 != total {
        return Err(Problem::invalid("id", id, "Segments do not add up to provided total file size."));
    }
    let wanted = category(&container.kind).map(|(_, kind, _)| kind);
    // A GIF that was announced as a picture becomes a still one.
    let fits = |item: &MediaItem| {
        Some(item.kind) == wanted || (item.kind == MediaKind::Gif && wanted == Some(MediaKind::Image))
    };
    let item = MediaItem::read(&bytes, None).filter(fits);
    let item =
        item.ok_or_else(|| Problem::invalid("id", id, "InvalidMedia: the file is not of its announced type."))?;
    container.data["item"] = serde_json::to_value(item).expect("plain data");
    let container = container.process(call, &net.settings());
    net.world().commit(Event::Container(container.clone()));
    // Pictures are done at once, unless they take their time; everything else is looked at later.
    let state = container.state_at(call.now);
    let is_done = wanted == Some(MediaKind::Image) && state == ContainerState::Finished;
    let info = (!is_done).then(|| json!({ "state": "pending", "check_after_secs": 1 }));
    Ok(Reply::ok(json!({ "data": told(&container, info) })))
}

/// `GET /2/media/upload?command=STATUS&media_id=…`.
pub(super) fn status(net: &Network, call: &Call) -> Result<Reply, Problem> {
    if call.text("command") != Some("STATUS") {
        return Err(Problem::invalid(
            "command",
            call.text("command").unwrap_or_default(),
            "The command must be STATUS.",
        ));
    }
    let container = own(&net.world(), call, call.text("media_id").unwrap_or_default())?;
    let info = match container.state {
        ContainerState::Open => {
            return Err(Problem::invalid("media_id", &container.id, "The upload is not finalized."));
        }
        ContainerState::InProgress => {
            let left = container.ready_at.since(call.now).as_secs().clamp(1, 30);
            json!({ "state": "in_progress", "check_after_secs": left, "progress_percent": 50 })
        }
        ContainerState::Error => json!({
            "state": "failed",
            "progress_percent": 0,
            "error": { "code": 1, "name": "InvalidMedia", "message": container.error },
        }),
        _ => json!({ "state": "succeeded", "progress_percent": 100 }),
    };
    Ok(Reply::ok(json!({ "data": told(&container, Some(info)) })))
}

/// `POST /2/media/metadata`.
pub(super) fn describe(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let mut container = own(&net.world(), call, call.text("id").unwrap_or_default())?;
    let text = call.json.as_ref().and_then(|b| b.pointer("/metadata/alt_text/text")).and_then(Value::as_str);
    let Some(text) = text.filter(|t| (1..=ALT_MAX).contains(&t.chars().count())) else {
        return Err(Problem::invalid("metadata.alt_text.text", "", "The text must have 1 to 1000 characters."));
    };
    container.data["item"]["alt"] = json!(text);
    let body = json!({ "id": container.id, "associated_metadata": { "alt_text": { "text": text } } });
    net.world().commit(Event::Container(container));
    Ok(Reply::ok(json!({ "data": body })))
}

fn told(container: &Container, info: Option<Value>) -> Value {
    let kind = category(&container.kind).map_or(MediaKind::Image, |(_, kind, _)| kind);
    let mut data = json!({
        "id": container.id,
        "media_key": format!("{}_{}", key_kind(kind), container.id),
        "expires_after_secs": LIFE.as_secs(),
    });
    if let Some(size) = container.data.pointer("/item/bytes") {
        data["size"] = size.clone();
    }
    if let Some(info) = info {
        data["processing_info"] = info;
    }
    data
}

/// The media with these ids, if all of them are ready and go together.
pub(super) fn for_post(world: &World, call: &Call, account: u64, ids: &[&str]) -> Result<Vec<MediaItem>, Problem> {
    let invalid = |message: &str| Problem::invalid("media.media_ids", &ids.join(","), message);
    let item = |id: &&str| {
        let container = world.container(call.platform, id, call.now).filter(|c| c.account == account)?;
        let is_ready = matches!(container.state, ContainerState::Finished | ContainerState::Published);
        is_ready.then(|| serde_json::from_value(container.data["item"].clone()).ok())?
    };
    let items: Option<Vec<MediaItem>> = ids.iter().map(item).collect();
    let items = items.ok_or_else(|| invalid("Your media IDs are invalid."))?;
    let moving = items.iter().filter(|i| i.kind != MediaKind::Image).count();
    if items.len() > 4 || (moving > 0 && items.len() > 1) {
        return Err(invalid("A post has up to four photos, one animated GIF or one video."));
    }
    Ok(items)
}
