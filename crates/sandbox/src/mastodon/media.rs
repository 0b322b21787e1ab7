//! Media on their way to a status: sent, worked on, described, attached.

use std::time::Duration;

use rookery_kernel::Platform;
use serde_json::{Value, json};

use super::caller;
use super::error::ApiError;
use super::instance::{DESCRIPTION_MAX, MEDIA_MAX, MIME_TYPES, PICTURE_BYTES_MAX, VIDEO_BYTES_MAX};
use crate::call::{Call, Reply};
use crate::container::{Container, ContainerState};
use crate::media::{MediaItem, MediaKind};
use crate::network::Network;
use crate::world::{Account, Event, Format, Post, World};

/// Media that belong to no status are deleted then.
const LIFE: Duration = Duration::from_hours(24);

/// `POST /api/v2/media` (`is_patient`: may answer before it is done) and the old `POST /api/v1/media`.
pub(super) fn create(net: &Network, call: &Call, is_patient: bool) -> Result<Reply, ApiError> {
    let settings = net.settings();
    let mut world = net.world();
    let (account, _) = caller(&world, call, "write:media")?;
    let file = call.file("file").ok_or_else(|| ApiError::validation("File can't be blank"))?;
    let item = MediaItem::read(&file.bytes, description(call)?)
        .filter(|m| MIME_TYPES.contains(&m.mime.as_str()))
        .ok_or_else(|| ApiError::validation("File content type is invalid"))?;
    let max = if item.kind == MediaKind::Video { VIDEO_BYTES_MAX } else { PICTURE_BYTES_MAX };
    if item.bytes > max {
        let size = format!("File file size must be less than {} MB", max / 1024 / 1024);
        return Err(ApiError::validation(&size));
    }
    let data = json!({ "item": item, "focus": focus(call)? });
    let mut container = Container::new(world.new_container_id(call.now), call, account.id, "media", data);
    container.expires_at = Some(call.now + LIFE);
    let mut container = container.process(call, &settings);
    if !is_patient || item.kind == MediaKind::Image && container.error.is_none() && container.slow_secs == 0 {
        // Pictures are done while the client waits, and so is everything on the old path.
        container.ready_at = call.now;
    }
    world.commit(Event::Container(container.clone()));
    drop(world);
    match container.state_at(call.now) {
        ContainerState::Error => Err(failed(&container)),
        ContainerState::InProgress => Ok(Reply::json(202, entity(call, &container, false))),
        _ => Ok(Reply::ok(entity(call, &container, true))),
    }
}

/// `GET /api/v1/media/{id}`.
pub(super) fn show(net: &Network, call: &Call, id: &str) -> Result<Reply, ApiError> {
    let container = own(&net.world(), call, id)?;
    match container.state_at(call.now) {
        ContainerState::Error => Err(failed(&container)),
        ContainerState::InProgress => Ok(Reply::json(206, entity(call, &container, false))),
        _ => Ok(Reply::ok(entity(call, &container, true))),
    }
}

/// `PUT /api/v1/media/{id}`: another description or focus.
pub(super) fn change(net: &Network, call: &Call, id: &str) -> Result<Reply, ApiError> {
    let mut world = net.world();
    let mut container = own(&world, call, id)?;
    if let Some(description) = description(call)? {
        container.data["item"]["alt"] = json!(description);
    }
    if let Some(focus) = focus(call)? {
        container.data["focus"] = json!(focus);
    }
    world.commit(Event::Container(container.clone()));
    Ok(Reply::ok(entity(call, &container, true)))
}

/// The media that a new status names, in its order.
pub(super) fn named(world: &World, call: &Call, account: &Account) -> Result<Vec<Container>, ApiError> {
    let ids = call.list("media_ids");
    if ids.len() > MEDIA_MAX {
        return Err(ApiError::validation(&format!("Cannot attach more than {MEDIA_MAX} files")));
    }
    let mut found = Vec::new();
    for id in &ids {
        let container = world.container(Platform::Mastodon, id, call.now).filter(|c| c.account == account.id);
        let container = container.filter(|c| !matches!(c.state, ContainerState::Expired | ContainerState::Published));
        let container = container.ok_or_else(|| ApiError::new(422, format!("Media with id {id} not found")))?;
        match container.state {
            ContainerState::Finished => found.push(container),
            ContainerState::Error => return Err(failed(&container)),
            _ => {
                let message = "Cannot attach files that have not finished processing. Try again in a moment!";
                return Err(ApiError::validation(message));
            }
        }
    }
    let is_video = |c: &Container| item(c).is_some_and(|m| m.kind == MediaKind::Video);
    if found.len() > 1 && found.iter().any(is_video) {
        return Err(ApiError::validation("Cannot attach a video to a post that already contains images"));
    }
    Ok(found)
}

/// What a status keeps of its media.
pub(super) fn items(containers: &[Container]) -> Vec<MediaItem> {
    containers.iter().filter_map(item).collect()
}

/// Marks the media as used.
pub(super) fn attach(world: &mut World, containers: Vec<Container>, post: u64) {
    for container in containers {
        world.commit(Event::Container(container.published(post)));
    }
}

/// The media of a status, as the API writes them.
pub(super) fn of_status(call: &Call, post: &Post) -> Vec<Value> {
    let ids = post.extra.get("media_ids").and_then(Value::as_array);
    let ids: Vec<&str> = ids.into_iter().flatten().filter_map(Value::as_str).collect();
    if post.media.is_empty() {
        return of_the_past(call, post);
    }
    let attachment = |(item, id): (&MediaItem, &&str)| attachment(call, id, item, None, true);
    post.media.iter().zip(&ids).map(attachment).collect()
}

fn of_the_past(call: &Call, post: &Post) -> Vec<Value> {
    let (kind, meta) = match post.format {
        Format::Photo => ("image", json!({ "original": { "width": 720, "height": 360 } })),
        Format::Video => ("video", json!({ "original": { "width": 720, "height": 360, "duration": 21.4 } })),
        Format::Text | Format::Link => return Vec::new(),
    };
    let url = format!("{}/media/post/{}.svg", call.origin, post.id);
    let id = (post.id + 1).to_string();
    vec![json!({
        "id": id, "type": kind, "url": url, "preview_url": url, "remote_url": null, "text_url": null, "meta": meta,
        "description": "A drawing", "blurhash": null,
    })]
}

fn own(world: &World, call: &Call, id: &str) -> Result<Container, ApiError> {
    let (account, _) = caller(world, call, "write:media")?;
    let found = world.container(Platform::Mastodon, id, call.now);
    let is_there = |c: &Container| c.account == account.id && c.state != ContainerState::Expired;
    found.filter(is_there).ok_or_else(ApiError::not_found)
}

fn item(container: &Container) -> Option<MediaItem> {
    serde_json::from_value(container.data.get("item")?.clone()).ok()
}

fn failed(container: &Container) -> ApiError {
    let reason = container.error.as_deref().unwrap_or("unknown");
    ApiError::new(422, format!("Error processing thumbnail for uploaded media: {reason}"))
}

fn description(call: &Call) -> Result<Option<&str>, ApiError> {
    let text = call.text("description");
    if text.is_some_and(|t| t.chars().count() > DESCRIPTION_MAX) {
        return Err(ApiError::validation("Description is too long"));
    }
    Ok(text)
}

/// `x,y` from -1 to 1.
fn focus(call: &Call) -> Result<Option<[f64; 2]>, ApiError> {
    let Some(text) = call.text("focus") else { return Ok(None) };
    let number = |t: &str| t.trim().parse().ok().filter(|n: &f64| (-1.0..=1.0).contains(n));
    let point = text.split_once(',').and_then(|(x, y)| Some([number(x)?, number(y)?]));
    point.map(Some).ok_or_else(|| ApiError::validation("Focus is invalid"))
}

fn entity(call: &Call, container: &Container, is_ready: bool) -> Value {
    let Some(item) = item(container) else { return Value::Null };
    attachment(call, &container.id, &item, container.data.get("focus").filter(|f| f.is_array()), is_ready)
}

fn attachment(call: &Call, id: &str, item: &MediaItem, focus: Option<&Value>, is_ready: bool) -> Value {
    let kind = match item.kind {
        MediaKind::Image => "image",
        MediaKind::Video => "video",
        MediaKind::Gif => "gifv",
    };
    let url = format!("{}/media/post/{id}.svg", call.origin);
    let mut meta = json!({ "original": { "width": item.width, "height": item.height } });
    if let Some(millis) = item.duration_ms {
        meta["original"]["duration"] = json!(Duration::from_millis(millis).as_secs_f64());
    }
    if let Some(focus) = focus {
        meta["focus"] = json!({ "x": focus[0], "y": focus[1] });
    }
    json!({
        "id": id, "type": kind, "url": is_ready.then_some(&url), "preview_url": is_ready.then_some(&url),
        "remote_url": null, "text_url": null, "meta": meta, "description": item.alt, "blurhash": null,
    })
}

/// The format of a status with these media.
pub(super) fn format_of(items: &[MediaItem], has_link: bool) -> Format {
    match items.first().map(|m| m.kind) {
        Some(MediaKind::Video | MediaKind::Gif) => Format::Video,
        Some(MediaKind::Image) => Format::Photo,
        None if has_link => Format::Link,
        None => Format::Text,
    }
}
