//! Videos: read, made public, deleted. A video is a container until it is public, and a post then.

use serde_json::{Map, Value, json};

use super::caller;
use super::error::Problem;
use crate::call::{Call, Content, Reply};
use crate::container::{Container, ContainerState};
use crate::hooks::{ReceivedPublish, When};
use crate::media::MediaItem;
use crate::network::Network;
use crate::world::{Account, DeletedBy, Event, Format, Post, World};
use rookery_kernel::Platform;

pub(super) const PRIVACY: [&str; 3] = ["public", "unlisted", "private"];

/// Longest short. Checked 2026-10.
const SHORT_MS_MAX: u64 = 180_000;

const READERS: [&str; 2] = ["youtube.readonly", "youtube.force-ssl"];

/// A video that nobody sees yet.
pub(super) fn of_container(container: &Container) -> Value {
    let mut status = container.data["status"].clone();
    match container.state {
        ContainerState::Finished | ContainerState::Published => status["uploadStatus"] = json!("processed"),
        ContainerState::Error | ContainerState::Expired => {
            status["uploadStatus"] = json!("failed");
            status["failureReason"] = json!("invalidFile");
        }
        ContainerState::Open | ContainerState::InProgress => status["uploadStatus"] = json!("uploaded"),
    }
    json!({ "kind": "youtube#video", "id": container.id, "snippet": container.data["snippet"], "status": status })
}

/// A post that is a video, and its author.
pub(super) fn find<'a>(world: &'a World, call: &Call, id: &str) -> Option<(&'a Account, &'a Post)> {
    let post = world.post_by_native(Platform::Youtube, id, call.now)?;
    let is_there = post.reply_to.is_none() && !post.is_deleted(call.now);
    is_there.then_some((world.accounts.get(&post.account)?, post))
}

/// `GET /youtube/v3/videos?id=…`.
pub(super) fn list(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let world = net.world();
    let me = caller(&world, call, &READERS)?;
    let parts: Vec<&str> = call.text("part").ok_or_else(|| Problem::missing("part"))?.split(',').collect();
    let ids: Vec<&str> = call.text("id").ok_or_else(|| Problem::missing("id"))?.split(',').collect();
    if ids.len() > 50 {
        return Err(Problem::new(400, "invalidParameter", "The request specifies too many ids."));
    }
    let one = |id: &&str| {
        if let Some((account, post)) = find(&world, call, id) {
            return Some(resource(net, &world, call, account, post, &parts));
        }
        let own = world.container(Platform::Youtube, id, call.now).filter(|c| c.account == me.id && c.post.is_none());
        own.filter(|c| c.state != ContainerState::Open).map(|c| of_container(&c))
    };
    let items: Vec<Value> = ids.iter().filter_map(one).collect();
    Ok(Reply::ok(json!({ "kind": "youtube#videoListResponse", "etag": "sandbox", "items": items,
        "pageInfo": { "totalResults": items.len(), "resultsPerPage": items.len() } })))
}

fn resource(net: &Network, world: &World, call: &Call, account: &Account, post: &Post, parts: &[&str]) -> Value {
    let id = account.external_id(post);
    let item = post.media.first();
    let title = post.title.clone().unwrap_or_else(|| post.text.lines().next().unwrap_or("Video").to_owned());
    let mut out = Map::new();
    out.insert("kind".to_owned(), json!("youtube#video"));
    out.insert("id".to_owned(), json!(id));
    for part in parts {
        let value = match *part {
            "snippet" => json!({
                "publishedAt": super::time(post.created_at),
                "channelId": account.network_id(),
                "title": title,
                "description": post.text,
                "thumbnails": { "default": { "url": format!("{}/media/post/{}.svg", call.origin, post.id) } },
                "channelTitle": account.name,
                "categoryId": "22",
                "liveBroadcastContent": "none",
            }),
            "status" => {
                let mut status = post.extra.get("status").cloned().unwrap_or_else(|| json!({}));
                status["uploadStatus"] = json!("processed");
                status["privacyStatus"] = json!(if post.visibility == "unlisted" { "unlisted" } else { "public" });
                status
            }
            "contentDetails" => {
                let seconds = item.and_then(|i| i.duration_ms).unwrap_or(74_000).div_ceil(1000);
                json!({ "duration": format!("PT{}M{}S", seconds / 60, seconds % 60), "definition": "hd" })
            }
            "statistics" => {
                let numbers = net.audience.post_exact(account, post, call.now);
                let own = i64::try_from(world.replies_to(post.id, call.now).count()).unwrap_or(i64::MAX);
                json!({
                    "viewCount": numbers.views.to_string(),
                    "likeCount": numbers.reactions_total().to_string(),
                    "favoriteCount": "0",
                    "commentCount": (numbers.comments + own).to_string(),
                })
            }
            "player" => {
                let (width, height) = item.map_or((1920, 1080), |i| (i.width.max(1), i.height.max(1)));
                let longest = width.max(height);
                json!({ "embedHtml": "", "embedWidth": (1000 * width / longest).to_string(),
                    "embedHeight": (1000 * height / longest).to_string() })
            }
            _ => continue,
        };
        out.insert((*part).to_owned(), value);
    }
    Value::Object(out)
}

/// Nobody asks for a short: upright or square, and at most three minutes.
fn is_short(item: &MediaItem) -> bool {
    let is_upright = item.width > 0 && item.height >= item.width;
    is_upright && item.duration_ms.is_some_and(|ms| ms <= SHORT_MS_MAX)
}

/// `PUT /youtube/v3/videos?part=status`: who may see it. The first time that is somebody else the
/// video becomes a post.
pub(super) fn update(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let me = caller(&net.world(), call, &["youtube.force-ssl"])?;
    if call.text("part") != Some("status") {
        return Err(Problem::missing("part"));
    }
    let body = call.json.clone().unwrap_or_default();
    let id = body.get("id").and_then(Value::as_str).ok_or_else(|| Problem::missing("id"))?;
    let wanted = body.pointer("/status/privacyStatus").and_then(Value::as_str).filter(|p| PRIVACY.contains(p));
    let wanted = wanted.ok_or_else(|| Problem::new(400, "invalidVideoMetadata", "The request metadata is invalid."))?;
    let mut status = body["status"].clone();
    status["uploadStatus"] = json!("processed");
    let told = json!({ "kind": "youtube#video", "id": id, "status": status });
    if find(&net.world(), call, id).is_some_and(|(account, _)| account.id == me.id) {
        return Ok(Reply::ok(told));
    }
    let container = net.world().container(Platform::Youtube, id, call.now);
    let container = container.filter(|c| c.account == me.id && c.post.is_none()).ok_or_else(Problem::video)?;
    if matches!(container.state, ContainerState::Open | ContainerState::Error | ContainerState::Expired) {
        return Err(Problem::video());
    }
    if wanted == "private" {
        return Ok(Reply::ok(told));
    }
    let field = |name: &str| container.data["snippet"][name].as_str().unwrap_or_default().to_owned();
    let mut received = ReceivedPublish {
        platform: call.platform,
        platform_user_id: me.network_id(),
        text: field("description"),
        idempotency_key: None,
        external_id: None,
        is_replay: false,
    };
    net.hooks.fire(&received, When::BeforeStore);
    let item: Option<MediaItem> = serde_json::from_value(container.data["item"].clone()).ok();
    let mut world = net.world();
    let number = world.new_post_id(call.now);
    let post = Post {
        native_id: Some(id.to_owned()),
        kind: item.as_ref().filter(|i| is_short(i)).map(|_| "short".to_owned()),
        title: Some(field("title")),
        format: Format::Video,
        media: item.into_iter().collect(),
        visibility: wanted.to_owned(),
        extra: json!({ "status": body["status"] }),
        ..Post::new(number, me.id, field("description"), call.now)
    };
    world.commit(Event::Post(post));
    world.commit(Event::Container(container.published(number)));
    drop(world);
    received.external_id = Some(id.to_owned());
    net.hooks.fire(&received, When::AfterStore);
    let mut reply = Reply::ok(told);
    reply.published = Some(received);
    Ok(reply)
}

/// `DELETE /youtube/v3/videos?id=…`.
pub(super) fn delete(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let mut world = net.world();
    let me = caller(&world, call, &["youtube.force-ssl"])?;
    let id = call.text("id").ok_or_else(|| Problem::missing("id"))?;
    let (author, number) = find(&world, call, id).map(|(a, p)| (a.id, p.id)).ok_or_else(Problem::video)?;
    if author != me.id {
        return Err(Problem::new(403, "forbidden", "The video cannot be deleted by this user."));
    }
    world.commit(Event::Deleted { id: number, at: call.now, by: DeletedBy::Author });
    Ok(Reply::new(204, Content::Empty))
}
