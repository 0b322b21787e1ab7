//! The app view: profiles, feeds, posts with their numbers.

use serde_json::{Value, json};

use super::error::XrpcError;
use super::records::record_of;
use super::{actor, caller, handle, ids, limit, needed, time};
use crate::call::{Call, Reply};
use crate::network::Network;
use crate::world::{Account, Post, World};

/// `com.atproto.identity.resolveHandle`.
pub(super) fn resolve_handle(net: &Network, call: &Call) -> Result<Reply, XrpcError> {
    let name = needed(call, "handle")?;
    let world = net.world();
    let account = actor(&world, name).filter(|a| handle(a).eq_ignore_ascii_case(name));
    let account = account.ok_or_else(|| XrpcError::invalid("Unable to resolve handle"))?;
    Ok(Reply::ok(json!({ "did": account.network_id() })))
}

fn author(call: &Call, account: &Account) -> Value {
    json!({
        "did": account.network_id(),
        "handle": handle(account),
        "displayName": account.name,
        "avatar": format!("{}/media/avatar/{}.svg", call.origin, account.id),
        "associated": { "chat": { "allowIncoming": "following" } },
        "viewer": { "muted": false, "blockedBy": false },
        "labels": [],
        "createdAt": time(account.created_at),
    })
}

/// `app.bsky.actor.getProfile`.
pub(super) fn profile(net: &Network, call: &Call) -> Result<Reply, XrpcError> {
    let name = needed(call, "actor")?;
    let world = net.world();
    caller(&world, call)?;
    let account = actor(&world, name).ok_or_else(XrpcError::no_profile)?;
    let mut body = author(call, account);
    body["description"] = json!(account.bio);
    body["followersCount"] = json!(net.audience.followers(account, call.now));
    body["followsCount"] = json!(40 + account.id % 200);
    body["postsCount"] = json!(world.posts_of(account.id, call.now).filter(|p| !p.is_deleted(call.now)).count());
    body["indexedAt"] = json!(time(account.created_at));
    Ok(Reply::ok(body))
}

/// A post as the app view shows it.
fn view(net: &Network, call: &Call, account: &Account, author: &Value, post: &Post) -> Value {
    let numbers = net.audience.post_exact(account, post, call.now);
    let record = record_of(post);
    let mut view = json!({
        "uri": account.external_id(post),
        "cid": ids::record_cid(&record),
        "author": author,
        "record": record,
        "bookmarkCount": numbers.clicks / 20,
        "replyCount": numbers.comments,
        "repostCount": numbers.shares,
        "likeCount": numbers.reactions_total(),
        "quoteCount": numbers.quotes,
        "indexedAt": time(post.created_at),
        "viewer": { "threadMuted": false, "embeddingDisabled": false },
        "labels": [],
    });
    if let Some(embed) = embed(call, post) {
        view["embed"] = embed;
    }
    view
}

fn embed(call: &Call, post: &Post) -> Option<Value> {
    let record = record_of(post);
    let kind = record.pointer("/embed/$type")?.as_str()?;
    let picture = format!("{}/media/post/{}.svg", call.origin, post.id);
    Some(match kind {
        "app.bsky.embed.images" => {
            let image = |m: &crate::media::MediaItem| {
                json!({
                    "thumb": picture, "fullsize": picture, "alt": m.alt.as_deref().unwrap_or_default(),
                    "aspectRatio": { "width": m.width.max(1), "height": m.height.max(1) },
                })
            };
            json!({ "$type": "app.bsky.embed.images#view", "images": post.media.iter().map(image).collect::<Vec<_>>() })
        }
        "app.bsky.embed.video" => json!({
            "$type": "app.bsky.embed.video#view",
            "cid": record.pointer("/embed/video/ref/$link"),
            "playlist": format!("{picture}/playlist.m3u8"),
            "thumbnail": picture,
        }),
        "app.bsky.embed.external" => {
            json!({ "$type": "app.bsky.embed.external#view", "external": record.pointer("/embed/external") })
        }
        _ => return None,
    })
}

/// Where a feed goes on: behind the post with our number.
fn place(call: &Call) -> Result<Option<u64>, XrpcError> {
    let Some(cursor) = call.text("cursor") else { return Ok(None) };
    let number = cursor.rsplit("::").next().and_then(|n| n.parse().ok());
    number.map(Some).ok_or_else(|| XrpcError::invalid("Malformed cursor"))
}

/// `app.bsky.feed.getAuthorFeed`, newest first.
pub(super) fn author_feed(net: &Network, call: &Call) -> Result<Reply, XrpcError> {
    let name = needed(call, "actor")?;
    let size = limit(call, 50, 100)?;
    let below = place(call)?;
    let world = net.world();
    caller(&world, call)?;
    let account = actor(&world, name).ok_or_else(XrpcError::no_profile)?;
    let lag = i64::try_from(call.listing_lag_secs).unwrap_or(0);
    let filter = call.text("filter").unwrap_or("posts_with_replies");
    let is_in = |p: &&Post| {
        !p.is_deleted(call.now)
            && below.is_none_or(|id| p.id < id)
            && p.created_at.as_secs() + lag <= call.now.as_secs()
            && match filter {
                "posts_no_replies" => p.reply_to.is_none() && record_of(p).get("reply").is_none(),
                "posts_with_media" => !p.media.is_empty(),
                _ => true,
            }
    };
    let posts: Vec<&Post> = world.posts_of(account.id, call.now).filter(is_in).take(size).collect();
    let cursor = |id: u64, post: &Post| format!("{}::{id}", time(post.created_at));
    if let Some(first) = posts.first().filter(|_| call.empty_page) {
        return Ok(Reply::ok(json!({ "feed": [], "cursor": cursor(first.id + 1, first) })));
    }
    let author = author(call, account);
    let feed: Vec<Value> = posts.iter().map(|p| json!({ "post": view(net, call, account, &author, p) })).collect();
    let mut body = json!({ "feed": feed });
    if let Some(last) = posts.last().filter(|_| posts.len() == size) {
        body["cursor"] = json!(cursor(last.id, last));
    }
    Ok(Reply::ok(body))
}

/// `app.bsky.feed.getPosts`: those that exist.
pub(super) fn posts(net: &Network, call: &Call) -> Result<Reply, XrpcError> {
    let uris = call.list("uris");
    if uris.is_empty() {
        return Err(XrpcError::invalid("Error: Params must have the property \"uris\""));
    }
    if uris.len() > 25 {
        return Err(XrpcError::invalid("Error: uris must not have more than 25 elements"));
    }
    if let Some(bad) = uris.iter().find(|uri| !uri.starts_with("at://")) {
        return Err(XrpcError::invalid(format!("Error: {bad} must be a valid at-uri")));
    }
    let world = net.world();
    caller(&world, call)?;
    let found = uris.iter().filter_map(|uri| one(net, &world, call, uri)).collect::<Vec<_>>();
    Ok(Reply::ok(json!({ "posts": found })))
}

fn one(net: &Network, world: &World, call: &Call, uri: &str) -> Option<Value> {
    let post = world.post_by_native(call.platform, uri, call.now)?;
    let account = world.accounts.get(&post.account)?;
    Some(view(net, call, account, &author(call, account), post))
}
