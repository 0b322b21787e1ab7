//! Resumable uploads. The container's id is the video's, and the session is named by it too.

use serde_json::{Value, json};

use super::error::Problem;
use super::{caller, native, videos};
use crate::call::{Call, Content, Reply};
use crate::container::{Container, ContainerState};
use crate::media::{MediaItem, MediaKind};
use crate::network::Network;
use crate::world::Event;

const UPLOADERS: [&str; 2] = ["youtube.upload", "youtube.force-ssl"];

/// Every chunk but the last is a multiple of this.
const STEP: u64 = 256 * 1024;

/// `POST …?uploadType=resumable`.
pub(super) fn begin(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let account = caller(&net.world(), call, &UPLOADERS)?;
    if call.text("uploadType") != Some("resumable") {
        return Err(Problem::missing("uploadType"));
    }
    let parts: Vec<&str> = call.text("part").unwrap_or_default().split(',').collect();
    if !parts.contains(&"snippet") || !parts.contains(&"status") {
        return Err(Problem::missing("part"));
    }
    let size = call.header("x-upload-content-length").and_then(|n| n.parse::<u64>().ok()).filter(|n| *n > 0);
    let size =
        size.ok_or_else(|| Problem::new(400, "mediaBodyRequired", "The request does not include the video content."))?;
    let body = call.json.clone().unwrap_or_default();
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let (title, description) = (text("/snippet/title"), text("/snippet/description"));
    let is_bad = |t: &str| t.contains(['<', '>']);
    if title.is_empty() || title.chars().count() > 100 || is_bad(title) {
        return Err(Problem::new(
            400,
            "invalidTitle",
            "The request metadata specifies an invalid or empty video title.",
        ));
    }
    if description.len() > 5000 || is_bad(description) {
        return Err(Problem::new(
            400,
            "invalidDescription",
            "The request metadata specifies an invalid video description.",
        ));
    }
    if !videos::PRIVACY.contains(&text("/status/privacyStatus")) {
        return Err(Problem::new(400, "invalidVideoMetadata", "The request metadata is invalid."));
    }
    let mut world = net.world();
    let id = native(world.new_post_id(call.now));
    let data = json!({ "snippet": body["snippet"], "status": body["status"], "size": size, "received": 0 });
    world.commit(Event::Container(Container::new(id.clone(), call, account.id, "video", data)));
    let session = format!("{}/upload/youtube/v3/videos?uploadType=resumable&upload_id={id}", call.base());
    Ok(Reply::new(200, Content::Empty).header("location", session))
}

/// What a `PUT` carries: a question (`bytes */n`) or a chunk from a byte to before another.
fn range(call: &Call) -> Option<(Option<(u64, u64)>, u64)> {
    let (range, total) = call.header("content-range")?.strip_prefix("bytes ")?.split_once('/')?;
    let total = total.parse().ok()?;
    if range == "*" {
        return Some((None, total));
    }
    let (first, last) = range.split_once('-')?;
    let (first, last) = (first.parse().ok()?, last.parse::<u64>().ok()?);
    (first <= last && last < total).then_some((Some((first, last + 1)), total))
}

/// `PUT` to a session: 308 as long as something is missing, then the video.
pub(super) fn receive(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let account = caller(&net.world(), call, &UPLOADERS)?;
    let id = call.text("upload_id").ok_or_else(|| Problem::missing("upload_id"))?;
    let found = net.world().container(call.platform, id, call.now).filter(|c| c.account == account.id);
    let mut container = found.ok_or_else(Problem::path)?;
    if container.state != ContainerState::Open {
        return Ok(Reply::ok(videos::of_container(&container)));
    }
    let received = container.data["received"].as_u64().unwrap_or_default();
    let size = container.data["size"].as_u64().unwrap_or_default();
    let bad = || Problem::new(400, "badRequest", "Failed to parse Content-Range header.");
    let (chunk, total) = range(call).ok_or_else(bad)?;
    let Some((first, end)) = chunk else { return Ok(more(received)) };
    if total != size || first != received || call.body.len() as u64 != end - first {
        return Err(bad());
    }
    if end < size && !(end - first).is_multiple_of(STEP) {
        return Err(bad());
    }
    net.append_upload(id, &call.body);
    container.data["received"] = end.into();
    if end < size {
        net.world().commit(Event::Container(container));
        return Ok(more(end));
    }
    let item = MediaItem::read(&net.take_upload(id), None).filter(|i| i.kind == MediaKind::Video);
    match item {
        Some(item) => container.data["item"] = serde_json::to_value(item).expect("plain data"),
        None => container.error = Some("invalidFile".to_owned()),
    }
    let container = container.process(call, &net.settings());
    net.world().commit(Event::Container(container.clone()));
    let state = container.state_at(call.now);
    Ok(Reply::ok(videos::of_container(&Container { state, ..container })))
}

fn more(received: u64) -> Reply {
    let reply = Reply::new(308, Content::Empty);
    if received == 0 { reply } else { reply.header("range", format!("bytes=0-{}", received - 1)) }
}
