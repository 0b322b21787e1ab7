//! Posts: what the account may do, the beginning of a video, pictures, and what became of a post.

use std::time::Duration;

use serde_json::{Value, json};

use super::error::{Problem, ok};
use super::{caller, native};
use crate::call::{Call, Reply};
use crate::container::{Container, ContainerState};
use crate::hooks::{ReceivedPublish, When};
use crate::media::MediaItem;
use crate::network::Network;
use crate::world::{Account, Event, Format, Post};

const LEVELS: [&str; 3] = ["PUBLIC_TO_EVERYONE", "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY"];

const VIDEO_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;
const CHUNK_MIN: u64 = 5_000_000;
const CHUNK_MAX: u64 = 64 * 1024 * 1024;
const CHUNKS_MAX: u64 = 1000;
const PICTURES_MAX: usize = 35;
const UPLOAD_LIFE: Duration = Duration::from_hours(1);

/// `creator_info/query`.
pub(super) fn creator(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let account = caller(&net.world(), call, "video.publish")?;
    let data = json!({
        "creator_avatar_url": format!("{}/media/avatar/{}.svg", call.origin, account.handle),
        "creator_username": account.handle,
        "creator_nickname": account.name,
        "privacy_level_options": LEVELS,
        "comment_disabled": false,
        "duet_disabled": false,
        "stitch_disabled": false,
        "max_video_post_duration_sec": 600,
    });
    Ok(ok(call, &data))
}

/// The part of the body with this name.
fn part<'a>(call: &'a Call, name: &str) -> Result<&'a Value, Problem> {
    let part = call.json.as_ref().and_then(|b| b.get(name)).filter(|p| p.is_object());
    part.ok_or_else(|| Problem::params(format!("The request body misses {name}.")))
}

fn checked_info<'a>(call: &'a Call, limits: &[(&str, usize)]) -> Result<&'a Value, Problem> {
    let info = part(call, "post_info")?;
    for (name, max) in limits {
        let length = info.get(*name).and_then(Value::as_str).map_or(0, |t| t.encode_utf16().count());
        if length > *max {
            return Err(Problem::params(format!("The {name} is longer than {max}.")));
        }
    }
    match info.get("privacy_level").and_then(Value::as_str) {
        Some(level) if LEVELS.contains(&level) => Ok(info),
        Some(_) => {
            Err(Problem::new(403, "privacy_level_option_mismatch", "The privacy level is not one of the creator's."))
        }
        None => Err(Problem::params("The request body misses privacy_level.")),
    }
}

/// `video/init` with the bytes to follow.
pub(super) fn video(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let account = caller(&net.world(), call, "video.publish")?;
    let info = checked_info(call, &[("title", 2200)])?;
    let source = part(call, "source_info")?;
    if source.get("source").and_then(Value::as_str) != Some("FILE_UPLOAD") {
        return Err(Problem::params("The source must be FILE_UPLOAD here."));
    }
    let number = |name: &str| source.get(name).and_then(Value::as_u64).unwrap_or_default();
    let (size, chunk, count) = (number("video_size"), number("chunk_size"), number("total_chunk_count"));
    let is_whole = count == 1 && chunk == size && size <= CHUNK_MAX;
    let is_cut = (CHUNK_MIN..=CHUNK_MAX).contains(&chunk) && size.checked_div(chunk) == Some(count);
    if size == 0 || size > VIDEO_BYTES_MAX || count == 0 || count > CHUNKS_MAX || !(is_whole || is_cut) {
        return Err(Problem::params("The total chunk count is invalid"));
    }
    let mut world = net.world();
    let number = world.new_post_id(call.now);
    let id = format!("v_pub_file~v2-1.{}", native(number));
    let secret = world.new_secret("upload", 16);
    let data = json!({
        "post_info": info, "video_size": size, "chunk_size": chunk, "count": count, "received": 0, "secret": secret,
    });
    let mut container = Container::new(id.clone(), call, account.id, "video", data);
    container.expires_at = Some(call.now + UPLOAD_LIFE);
    world.commit(Event::Container(container));
    let url = format!("{}/video/?upload_id={}&upload_token={secret}", call.base_of("upload"), native(number));
    Ok(ok(call, &json!({ "publish_id": id, "upload_url": url })))
}

/// The addresses of pictures that a call names.
pub(super) fn picture_urls(call: &Call) -> Vec<&str> {
    let list = call.json.as_ref().and_then(|b| b.pointer("/source_info/photo_images")).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// `content/init` with pictures to be fetched.
pub(super) fn photos(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let account = caller(&net.world(), call, "video.publish")?;
    let text = |name: &str| call.json.as_ref().and_then(|b| b.get(name)).and_then(Value::as_str);
    if text("media_type") != Some("PHOTO") || text("post_mode") != Some("DIRECT_POST") {
        return Err(Problem::params("media_type or post_mode is invalid"));
    }
    let info = checked_info(call, &[("title", 90), ("description", 4000)])?;
    let urls = picture_urls(call);
    let cover = part(call, "source_info")?.get("photo_cover_index").and_then(Value::as_u64).unwrap_or(0);
    let is_sound = (1..=PICTURES_MAX).contains(&urls.len()) && cover < urls.len() as u64;
    if !is_sound {
        return Err(Problem::params("photo_images or photo_cover_index is invalid"));
    }
    let id = format!("p_pub_url~v2.{}", native(net.world().new_post_id(call.now)));
    let mut container = Container::new(id.clone(), call, account.id, "photo", json!({ "post_info": info }));
    let pictures: Result<Vec<MediaItem>, &str> = call
        .fetched
        .iter()
        .map(|found| {
            let found = found.as_ref().map_err(|_| "photo_pull_failed")?;
            let item =
                MediaItem::read(&found.bytes, None).filter(|i| ["image/jpeg", "image/webp"].contains(&i.mime.as_str()));
            item.ok_or("file_format_check_failed")
        })
        .collect();
    let media = match pictures {
        Ok(media) => media,
        Err(reason) => {
            container.error = Some(reason.to_owned());
            Vec::new()
        }
    };
    let received = store(net, call, &account, container, media);
    let mut reply = ok(call, &json!({ "publish_id": id }));
    reply.published = received;
    Ok(reply)
}

/// The network has everything now. What it will not refuse becomes a post as soon as it is processed.
pub(super) fn store(
    net: &Network,
    call: &Call,
    account: &Account,
    container: Container,
    media: Vec<MediaItem>,
) -> Option<ReceivedPublish> {
    let mut container = Container { expires_at: None, ..container.process(call, &net.settings()) };
    if container.error.is_some() {
        net.world().commit(Event::Container(container));
        return None;
    }
    let info = container.data["post_info"].clone();
    let field = |name: &str| info.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let is_video = container.kind == "video";
    let text = if is_video { field("title") } else { field("description") };
    let mut received = ReceivedPublish {
        platform: call.platform,
        platform_user_id: account.network_id(),
        text: text.clone(),
        idempotency_key: None,
        external_id: None,
        is_replay: false,
    };
    net.hooks.fire(&received, When::BeforeStore);
    let mut world = net.world();
    let id = world.new_post_id(container.ready_at);
    let post = Post {
        native_id: Some(native(id)),
        title: Some(field("title")).filter(|t| !is_video && !t.is_empty()),
        format: if is_video { Format::Video } else { Format::Photo },
        media,
        visibility: field("privacy_level"),
        ..Post::new(id, account.id, text, container.ready_at)
    };
    container.data["post"] = json!(native(id));
    world.commit(Event::Post(post.clone()));
    world.commit(Event::Container(container));
    drop(world);
    received.external_id = Some(account.external_id(&post));
    net.hooks.fire(&received, When::AfterStore);
    Some(received)
}

/// `status/fetch`.
pub(super) fn status(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let world = net.world();
    let account = caller(&world, call, "video.publish")?;
    let id = call.text("publish_id").unwrap_or_default();
    let container = world.container(call.platform, id, call.now).filter(|c| c.account == account.id);
    let container =
        container.ok_or_else(|| Problem::new(400, "invalid_publish_id", "The publish_id does not exist."))?;
    let is_video = container.kind == "video";
    let whole = container.data["video_size"].as_u64().unwrap_or_default();
    let data = match container.state {
        ContainerState::Open => {
            json!({ "status": "PROCESSING_UPLOAD", "uploaded_bytes": container.data["received"] })
        }
        ContainerState::InProgress if is_video => json!({ "status": "PROCESSING_UPLOAD", "uploaded_bytes": whole }),
        ContainerState::InProgress => json!({ "status": "PROCESSING_DOWNLOAD" }),
        ContainerState::Error => json!({ "status": "FAILED", "fail_reason": reason(container.error.as_deref()) }),
        ContainerState::Expired => json!({ "status": "FAILED", "fail_reason": "publish_cancelled" }),
        ContainerState::Finished | ContainerState::Published => {
            let is_public = container.data["post_info"]["privacy_level"] == "PUBLIC_TO_EVERYONE";
            let post = container.data["post"].as_str().and_then(|id| id.parse::<u64>().ok());
            let ids: Vec<u64> = post.into_iter().filter(|_| is_public).collect();
            json!({ "status": "PUBLISH_COMPLETE", "publicaly_available_post_id": ids })
        }
    };
    Ok(ok(call, &data))
}

/// Faults bring reasons for people; TikTok has words.
fn reason(error: Option<&str>) -> &str {
    match error {
        Some(word @ ("file_format_check_failed" | "photo_pull_failed" | "picture_size_check_failed")) => word,
        _ => "file_format_check_failed",
    }
}
