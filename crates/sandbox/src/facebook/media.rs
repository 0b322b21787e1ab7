//! Pictures and videos of a page: unpublished photos, videos in pieces, reels and stories at an upload
//! address of their own.
//!
//! A container is a photo, video, reel or story that has an id before its post. What the network still
//! works on becomes a post whose time lies ahead.

use std::time::Duration;

use rookery_kernel::Platform;
use serde_json::{Value, json};

use super::error::GraphError;
use super::publish::{put, writer};
use super::{caller, page, time};
use crate::call::{Call, Reply};
use crate::container::{Container, ContainerState};
use crate::media::{MediaItem, MediaKind};
use crate::network::Network;
use crate::world::{Account, Event, Format, Post, World};

/// Unpublished media live so long.
const LIFE: Duration = Duration::from_hours(24);

/// Largest picture.
const PICTURE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// What the network asks for at a time.
const PIECE: u64 = 1024 * 1024;

/// The medium of this call: a file in it, or what its address brought.
fn item(call: &Call, field: &str) -> Option<MediaItem> {
    let fetched = || call.fetched.first().and_then(|f| f.as_ref().ok()).map(|f| f.bytes.clone());
    let bytes = call.file(field).map(|f| f.bytes.clone()).or_else(fetched)?;
    MediaItem::read(&bytes, call.text("alt_text_custom"))
}

fn picture(call: &Call) -> Result<MediaItem, GraphError> {
    let item = item(call, "source").filter(|m| m.kind != MediaKind::Video);
    let broken = call.container_error.as_ref().map(|why| GraphError::new(324, format!("(#324) {why}")));
    let item = item.ok_or_else(|| GraphError::new(324, "(#324) Missing or invalid image file"))?;
    if item.bytes > PICTURE_BYTES_MAX {
        return Err(GraphError::new(1, "(#1) Photo files must be smaller than 4 MB").subcode(1_366_046));
    }
    broken.map_or(Ok(item), Err)
}

/// `POST /{page}/photos`.
pub(super) fn photos(net: &Network, call: &Call, page_id: &str) -> Result<Reply, GraphError> {
    let page = writer(net, call, page_id, "pages_manage_posts")?;
    let item = picture(call)?;
    if call.text("published") == Some("false") {
        let id = keep(net, call, &page, "photo", &item);
        return Ok(Reply::ok(json!({ "id": id })));
    }
    let text = call.text("caption").or_else(|| call.text("message")).unwrap_or_default().to_owned();
    let id = net.world().new_container_id(call.now);
    let extra = json!({ "media_ids": [id] });
    let (post, received) =
        put(net, call, &page, &text, call.now, |post| Post { format: Format::Photo, media: vec![item], extra, ..post });
    let mut reply = Reply::ok(json!({ "id": id, "post_id": page.external_id(&post) }));
    reply.published = Some(received);
    Ok(reply)
}

/// Keeps an unpublished photo and gives its id.
fn keep(net: &Network, call: &Call, page: &Account, kind: &str, item: &MediaItem) -> String {
    let mut world = net.world();
    let id = world.new_container_id(call.now);
    let mut container = Container::new(id.clone(), call, page.id, kind, json!({ "item": item }));
    container.state = ContainerState::Finished;
    container.expires_at = Some(call.now + LIFE);
    world.commit(Event::Container(container));
    id
}

/// A photo of this page that no post has.
pub(super) fn unused_photo(world: &World, call: &Call, page: &Account, id: &str) -> Result<Container, GraphError> {
    let found = world.container(Platform::Facebook, id, call.now);
    let is_free = |c: &Container| c.account == page.id && c.kind == "photo" && c.state == ContainerState::Finished;
    found
        .filter(is_free)
        .ok_or_else(|| GraphError::parameter(&format!("Invalid parameter: {id} is no unpublished photo")))
}

pub(super) fn item_of(container: &Container) -> Option<MediaItem> {
    serde_json::from_value(container.data.get("item")?.clone()).ok()
}

/// `POST /{page}/videos`: at once, or in the three phases of an upload in pieces.
pub(super) fn videos(net: &Network, call: &Call, page_id: &str) -> Result<Reply, GraphError> {
    let page = writer(net, call, page_id, "pages_manage_posts")?;
    match call.text("upload_phase") {
        Some("start") => {
            let size = call.text("file_size").and_then(|t| t.parse::<u64>().ok()).filter(|n| *n > 0);
            let size = size.ok_or_else(|| GraphError::parameter("The parameter file_size is required"))?;
            let container = open(net, call, &page, "video", &json!({ "file_size": size }));
            Ok(Reply::ok(json!({
                "upload_session_id": session_of(&container.id), "video_id": container.id,
                "start_offset": "0", "end_offset": size.min(PIECE).to_string(),
            })))
        }
        Some("transfer") => transfer(net, call, &page),
        Some("finish") => {
            let container = in_session(net, call, &page)?;
            let size = container.data["file_size"].as_u64().unwrap_or_default();
            if container.post.is_none() && net.append_upload(&container.id, &[]) != size {
                return Err(GraphError::new(6000, "There was a problem uploading your video").subcode(1_363_033));
            }
            finish(net, call, &page, container)
        }
        None => {
            let item = item(call, "source").filter(|m| m.kind == MediaKind::Video).ok_or_else(bad_video)?;
            let mut container = open(net, call, &page, "video", &Value::Null);
            container.data = json!({ "item": item });
            let id = container.id.clone();
            let reply = finish(net, call, &page, container)?;
            Ok(Reply { content: Reply::ok(json!({ "id": id })).content, ..reply })
        }
        Some(_) => Err(GraphError::parameter("upload_phase must be one of start, transfer, finish, cancel")),
    }
}

fn bad_video() -> GraphError {
    GraphError::new(352, "(#352) The video file you selected is in a format that we don't support.").subcode(1_363_024)
}

/// Sessions have numbers of their own.
fn session_of(id: &str) -> String {
    id.parse::<u64>().map_or_else(|_| id.to_owned(), |n| (n + 1_000_000_000).to_string())
}

fn open(net: &Network, call: &Call, page: &Account, kind: &str, data: &Value) -> Container {
    let mut world = net.world();
    let mut container = Container::new(world.new_container_id(call.now), call, page.id, kind, data.clone());
    container.expires_at = Some(call.now + LIFE);
    world.commit(Event::Container(container.clone()));
    container
}

fn in_session(net: &Network, call: &Call, page: &Account) -> Result<Container, GraphError> {
    let unknown = || GraphError::new(100, "(#100) Invalid upload session").subcode(1_363_041);
    let session = call.text("upload_session_id").ok_or_else(unknown)?;
    let world = net.world();
    let is_it = |c: &&Container| c.account == page.id && c.kind == "video" && session_of(&c.id) == session;
    world.drafts.values().find(is_it).cloned().ok_or_else(unknown)
}

fn transfer(net: &Network, call: &Call, page: &Account) -> Result<Reply, GraphError> {
    let container = in_session(net, call, page)?;
    let size = container.data["file_size"].as_u64().unwrap_or_default();
    let have = net.append_upload(&container.id, &[]);
    let start = call.text("start_offset").and_then(|t| t.parse::<u64>().ok());
    let piece =
        call.file("video_file_chunk").ok_or_else(|| GraphError::new(6000, "No Video Selected").subcode(1_363_020))?;
    if start != Some(have) || have + piece.bytes.len() as u64 > size {
        return Err(GraphError::new(6001, "There was a problem uploading your video").subcode(1_363_037));
    }
    let have = net.append_upload(&container.id, &piece.bytes);
    let until = size.min(have + PIECE);
    Ok(Reply::ok(json!({ "start_offset": have.to_string(), "end_offset": until.to_string() })))
}

/// `POST /{page}/video_reels` and `/{page}/video_stories`.
pub(super) fn reels(net: &Network, call: &Call, page_id: &str, kind: &str) -> Result<Reply, GraphError> {
    let page = writer(net, call, page_id, "pages_manage_posts")?;
    match call.text("upload_phase") {
        Some("start") => {
            let container = open(net, call, &page, kind, &Value::Null);
            let version = call.path.first().map_or("v25.0", String::as_str);
            let url = format!("{}/video-upload/{version}/{}", call.base_of("upload"), container.id);
            Ok(Reply::ok(json!({ "video_id": container.id, "upload_url": url })))
        }
        Some("finish") => {
            let id =
                call.text("video_id").ok_or_else(|| GraphError::parameter("The parameter video_id is required"))?;
            if kind == "reel" && !matches!(call.text("video_state"), Some("PUBLISHED" | "DRAFT" | "SCHEDULED")) {
                return Err(GraphError::parameter("video_state must be one of DRAFT, SCHEDULED, PUBLISHED"));
            }
            let found = net.world().drafts.get(id).filter(|c| c.account == page.id && c.kind == kind).cloned();
            finish(net, call, &page, found.ok_or_else(|| GraphError::unknown_object(id, "post"))?)
        }
        _ => Err(GraphError::parameter("upload_phase must be one of start, finish")),
    }
}

/// `POST {upload_url}`: bytes behind `offset`, or an address to fetch them from.
pub(super) fn upload(net: &Network, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let found = {
        let world = net.world();
        let caller = caller(&world, call)?;
        let found = world.drafts.get(id).filter(|c| matches!(c.kind.as_str(), "reel" | "story")).cloned();
        found.filter(|c| page(&world, &caller, &c.account.to_string()).is_some_and(|p| caller.may_see(&p)))
    };
    let container = found.ok_or_else(|| GraphError::unknown_object(id, "post"))?;
    let refused = |message: &str| {
        let info = json!({ "retriable": false, "type": "ProcessingFailedError", "message": message });
        Ok(Reply::json(400, json!({ "debug_info": info })))
    };
    if let Some(fetched) = call.fetched.first() {
        let Ok(media) = fetched else { return refused("The file_url cannot be fetched") };
        net.take_upload(id);
        net.append_upload(id, &media.bytes);
    } else {
        let number = |name: &str| call.header(name).and_then(|t| t.parse::<u64>().ok());
        let (Some(offset), Some(size)) = (number("offset"), number("file_size")) else {
            return refused("The headers offset and file_size are required");
        };
        let have = net.append_upload(id, &[]);
        if offset == 0 && have > 0 {
            // From the start again.
            net.take_upload(id);
        } else if offset != have {
            return refused("The offset does not fit");
        }
        if net.append_upload(id, &call.body) != size {
            return refused("Partial upload");
        }
    }
    let mut world = net.world();
    let mut container = container;
    container.data = json!({ "is_complete": true });
    world.commit(Event::Container(container));
    Ok(Reply::ok(json!({ "success": true })))
}

/// All bytes are there: it becomes a post, now or when the network is done. Asked again it stays the same
/// post.
fn finish(net: &Network, call: &Call, page: &Account, container: Container) -> Result<Reply, GraphError> {
    let done = json!({ "success": true });
    if let Some(post) = container.post {
        let post_id = format!("{}_{post}", page.id);
        let is_story = container.kind == "story";
        return Ok(Reply::ok(if is_story { json!({ "success": true, "post_id": post_id }) } else { done }));
    }
    if container.state == ContainerState::InProgress {
        return Ok(Reply::ok(done));
    }
    let item = match item_of(&container) {
        Some(item) => Some(item),
        None => MediaItem::read(&net.take_upload(&container.id), None),
    };
    let item = item.filter(|m| m.kind == MediaKind::Video).ok_or_else(bad_video)?;
    let text = call.text("description").unwrap_or_default().to_owned();
    let title = call.text("title").map(ToOwned::to_owned);
    let kind = Some(container.kind.clone()).filter(|k| k != "video");
    let mut container = container.process(call, &net.settings());
    container.expires_at = None;
    if call.text("video_state").is_some_and(|s| s != "PUBLISHED") || container.error.is_some() {
        if container.kind == "story"
            && let Some(why) = &container.error
        {
            return Err(GraphError::new(352, format!("(#352) {why}")).subcode(1_363_024));
        }
        net.world().commit(Event::Container(container));
        return Ok(Reply::ok(done));
    }
    let extra = json!({ "media_ids": [container.id] });
    let (post, received) = put(net, call, page, &text, container.ready_at, |post| Post {
        format: Format::Video,
        media: vec![item],
        title,
        kind,
        extra,
        ..post
    });
    let mut body = done;
    if container.kind == "story" {
        body["post_id"] = json!(page.external_id(&post));
    }
    net.world().commit(Event::Container(container.published(post.id)));
    let mut reply = Reply::ok(body);
    reply.published = Some(received);
    Ok(reply)
}

/// `POST /{page}/photo_stories`.
pub(super) fn photo_story(net: &Network, call: &Call, page_id: &str) -> Result<Reply, GraphError> {
    let page = writer(net, call, page_id, "pages_manage_posts")?;
    let id = call.text("photo_id").ok_or_else(|| GraphError::parameter("The parameter photo_id is required"))?;
    let photo = unused_photo(&net.world(), call, &page, id)?;
    let media: Vec<MediaItem> = item_of(&photo).into_iter().collect();
    let (extra, kind) = (json!({ "media_ids": [id] }), Some("story".to_owned()));
    let (post, received) =
        put(net, call, &page, "", call.now, |post| Post { format: Format::Photo, media, kind, extra, ..post });
    net.world().commit(Event::Container(photo.published(post.id)));
    let mut reply = Reply::ok(json!({ "success": true, "post_id": page.external_id(&post) }));
    reply.published = Some(received);
    Ok(reply)
}

/// `GET /{page}/stories`: those of the last day, newest first.
pub(super) fn stories(net: &Network, call: &Call, page_id: &str) -> Result<Reply, GraphError> {
    let world = net.world();
    let caller = caller(&world, call)?;
    let page = page(&world, &caller, page_id).filter(|p| caller.may_see(p));
    let page = page.ok_or_else(|| GraphError::unknown_object(page_id, "get"))?;
    caller.need("pages_read_engagement")?;
    let lives =
        |p: &&Post| p.kind.as_deref() == Some("story") && p.is_visible(call.now) && p.created_at + LIFE > call.now;
    let entry = |post: &Post| {
        json!({
            "post_id": page.external_id(post),
            "status": "PUBLISHED",
            "creation_time": post.created_at.as_secs().to_string(),
            "media_type": if post.format == Format::Video { "video" } else { "photo" },
            "media_id": post.extra.pointer("/media_ids/0"),
            "url": format!("{}{}", call.origin, page.permalink_path(post)),
        })
    };
    let data: Vec<Value> = world.posts_of(page.id, call.now).filter(lives).map(entry).collect();
    Ok(Reply::ok(json!({ "data": data })))
}

/// A video or reel by its own id, from the first phase on.
pub(super) fn container(world: &World, call: &Call, id: &str) -> Option<Container> {
    let found = world.container(Platform::Facebook, id, call.now);
    found.filter(|c| matches!(c.kind.as_str(), "video" | "reel" | "story"))
}

/// `status` of a video: how far each phase is.
pub(super) fn status(container: &Container, post: Option<&Post>, call: &Call) -> Value {
    let is_whole = container.post.is_some() || container.state != ContainerState::Open;
    let is_out = post.is_some_and(|p| p.created_at <= call.now);
    let word = match (container.state, is_out) {
        (_, true) | (ContainerState::Finished, _) => "ready",
        (ContainerState::Open, _) if container.data["is_complete"] == true => "upload_complete",
        (ContainerState::Open, _) => "uploading",
        (ContainerState::Error, _) => "error",
        (ContainerState::Expired, _) => "expired",
        (ContainerState::InProgress | ContainerState::Published, _) => "processing",
    };
    let phase = |is_done: bool| if is_done { "complete" } else { "not_started" };
    let mut status = json!({
        "video_status": word,
        "uploading_phase": { "status": phase(is_whole) },
        "processing_phase": { "status": phase(is_out) },
        "publishing_phase": { "status": phase(is_out) },
    });
    if let (ContainerState::Error, Some(why)) = (container.state, &container.error) {
        status["processing_phase"] = json!({ "status": "error", "errors": [{ "code": 1_363_024, "message": why }] });
    }
    if let Some(post) = post.filter(|_| is_out) {
        status["publishing_phase"]["publish_time"] = json!(time(post.created_at));
    }
    status
}
