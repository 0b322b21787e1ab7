//! Comments and answers to them.

use rookery_kernel::Platform;
use serde_json::{Value, json};

use super::error::Problem;
use super::{caller, native, videos};
use crate::call::{Call, Content, Reply};
use crate::hooks::{ReceivedPublish, When};
use crate::network::Network;
use crate::world::{Account, DeletedBy, Event, Post, World};

const RIGHT: [&str; 1] = ["youtube.force-ssl"];

/// Longest comment, in characters.
const TEXT_MAX: usize = 10_000;

fn find<'a>(world: &'a World, call: &Call, id: &str) -> Option<&'a Post> {
    let post = world.post_by_native(Platform::Youtube, id, call.now)?;
    (post.reply_to.is_some() && !post.is_deleted(call.now)).then_some(post)
}

fn resource(world: &World, post: &Post) -> Option<Value> {
    let author = world.accounts.get(&post.account)?;
    Some(json!({
        "kind": "youtube#comment",
        "id": post.native_id,
        "snippet": {
            "textDisplay": post.text,
            "textOriginal": post.text,
            "authorDisplayName": format!("@{}", author.handle),
            "authorChannelId": { "value": author.network_id() },
            "likeCount": 0,
            "publishedAt": super::time(post.created_at),
            "updatedAt": super::time(post.created_at),
        },
    }))
}

fn thread(world: &World, post: &Post) -> Option<Value> {
    let comment = resource(world, post)?;
    Some(json!({ "kind": "youtube#commentThread", "id": post.native_id,
        "snippet": { "topLevelComment": comment, "canReply": true, "isPublic": true } }))
}

fn store(
    net: &Network,
    call: &Call,
    me: &Account,
    text: &str,
    to: u64,
    parent: Option<&str>,
) -> Result<(Post, ReceivedPublish), Problem> {
    if text.trim().is_empty() {
        return Err(Problem::new(400, "commentTextRequired", "The comment resource must include text."));
    }
    if text.chars().count() > TEXT_MAX {
        return Err(Problem::new(400, "commentTextTooLong", "The comment text is too long."));
    }
    let mut received = ReceivedPublish {
        platform: call.platform,
        platform_user_id: me.network_id(),
        text: text.to_owned(),
        idempotency_key: None,
        external_id: None,
        is_replay: false,
    };
    net.hooks.fire(&received, When::BeforeStore);
    let mut world = net.world();
    let number = world.new_post_id(call.now);
    let id = match parent {
        None => format!("Ugx{}AaABAgAAAAAA", native(number)),
        Some(parent) => format!("{parent}.{}", native(number)),
    };
    let post = Post { native_id: Some(id.clone()), reply_to: Some(to), ..Post::new(number, me.id, text, call.now) };
    world.commit(Event::Post(post.clone()));
    drop(world);
    received.external_id = Some(id);
    net.hooks.fire(&received, When::AfterStore);
    Ok((post, received))
}

fn text_of<'a>(body: &'a Value, pointer: &str) -> &'a str {
    body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// `POST /youtube/v3/commentThreads`.
pub(super) fn begin(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let me = caller(&net.world(), call, &RIGHT)?;
    let body = call.json.clone().unwrap_or_default();
    let video = videos::find(&net.world(), call, text_of(&body, "/snippet/videoId")).map(|(_, p)| p.id);
    let text = text_of(&body, "/snippet/topLevelComment/snippet/textOriginal");
    let (post, received) = store(net, call, &me, text, video.ok_or_else(Problem::video)?, None)?;
    let mut reply = Reply::ok(thread(&net.world(), &post).unwrap_or_default());
    reply.published = Some(received);
    Ok(reply)
}

/// `POST /youtube/v3/comments`.
pub(super) fn answer(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let me = caller(&net.world(), call, &RIGHT)?;
    let body = call.json.clone().unwrap_or_default();
    let parent = text_of(&body, "/snippet/parentId");
    let to = find(&net.world(), call, parent).filter(|_| !parent.contains('.')).map(|p| p.id);
    let to = to.ok_or_else(|| Problem::new(404, "parentCommentNotFound", "The parent comment could not be found."))?;
    let (post, received) = store(net, call, &me, text_of(&body, "/snippet/textOriginal"), to, Some(parent))?;
    let mut reply = Reply::ok(resource(&net.world(), &post).unwrap_or_default());
    reply.published = Some(received);
    Ok(reply)
}

/// A page of 100 at most; the token is how many were shown.
fn page(call: &Call, kind: &str, all: &[Value]) -> Reply {
    let start = call.text("pageToken").and_then(|t| t.strip_prefix('C')?.parse::<usize>().ok()).unwrap_or(0);
    let size = call.text("maxResults").and_then(|n| n.parse().ok()).unwrap_or(20).min(100);
    let items: Vec<&Value> = all.iter().skip(start).take(size).collect();
    let mut body = json!({ "kind": kind, "items": items });
    if start + size < all.len() {
        body["nextPageToken"] = json!(format!("C{}", start + size));
    }
    Reply::ok(body)
}

/// `GET /youtube/v3/commentThreads?videoId=…`: newest first.
pub(super) fn threads(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let world = net.world();
    caller(&world, call, &RIGHT)?;
    let video = call.text("videoId").ok_or_else(|| Problem::missing("videoId"))?;
    let (_, post) = videos::find(&world, call, video).ok_or_else(Problem::video)?;
    let all: Vec<Value> = world.replies_to(post.id, call.now).rev().filter_map(|p| thread(&world, p)).collect();
    Ok(page(call, "youtube#commentThreadListResponse", &all))
}

/// `GET /youtube/v3/comments?parentId=…`.
pub(super) fn answers(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let world = net.world();
    caller(&world, call, &RIGHT)?;
    let parent = call.text("parentId").ok_or_else(|| Problem::missing("parentId"))?;
    let post = find(&world, call, parent).ok_or_else(Problem::comment)?;
    let all: Vec<Value> = world.replies_to(post.id, call.now).filter_map(|p| resource(&world, p)).collect();
    Ok(page(call, "youtube#commentListResponse", &all))
}

/// `DELETE /youtube/v3/comments?id=…`.
pub(super) fn delete(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let mut world = net.world();
    let me = caller(&world, call, &RIGHT)?;
    let found = find(&world, call, call.text("id").unwrap_or_default()).filter(|p| p.account == me.id);
    let id = found.map(|p| p.id).ok_or_else(Problem::comment)?;
    world.commit(Event::Deleted { id, at: call.now, by: DeletedBy::Author });
    Ok(Reply::new(204, Content::Empty))
}
