//! The account and its posts as objects.

use std::time::Duration;

use serde_json::{Value, json};

use super::{SHAPE, comments};
use crate::call::{Call, Reply};
use crate::facebook::error::GraphError;
use crate::meta::{Caller, any_post, caller, containers, listing, own_post, owner, picture, shaped, shortcode, time};
use crate::network::Network;
use crate::world::{Account, Format, Post};

/// Stories are shown for a day.
const STORY_LIFE: Duration = Duration::from_hours(24);

/// `GET /me` and `GET /{account}`.
pub(super) fn account(net: &Network, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let caller = owner(&net.world(), call, id, "get")?;
    caller.need(SHAPE.scopes[0])?;
    let account = &caller.account;
    let count = net.world().posts_of(account.id, call.now).filter(|p| is_media(p) && !p.is_deleted(call.now)).count();
    let node = json!({
        // The id that belongs to the app; `user_id` is the one that everything else needs.
        "id": (account.id + 1).to_string(),
        "user_id": account.network_id(),
        "username": account.handle,
        "name": account.name,
        "account_type": "BUSINESS",
        "profile_picture_url": format!("{}/media/avatar/{}.svg", call.origin, account.id),
        "followers_count": net.audience.followers(account, call.now),
        "follows_count": 180,
        "media_count": count,
        "biography": account.bio,
        "website": Value::Null,
    });
    Ok(Reply::ok(shaped(call, "id", &node, "IGUser")?))
}

/// A container, the account, a comment, or a post.
pub(super) fn node(net: &Network, call: &Call, id: &str) -> Result<Reply, GraphError> {
    if let Some(state) = containers::state(net, call, &SHAPE, id)? {
        return Ok(state);
    }
    let caller = caller(&net.world(), call)?;
    if id == caller.account.network_id() {
        return account(net, call, id);
    }
    let comment = any_post(&net.world(), call, id).filter(|p| p.kind.as_deref() == Some(comments::KIND));
    if let Some(comment) = comment {
        let author = net.world().accounts.get(&comment.account).cloned();
        let author = author.ok_or_else(|| GraphError::unknown_object(id, "get"))?;
        return Ok(Reply::ok(shaped(call, "timestamp,text,id", &comments::node(&author, &comment), "IGComment")?));
    }
    let (caller, post) = own_post(&net.world(), call, id, "get")?;
    Ok(Reply::ok(shaped(call, "id", &media_node(net, call, &caller.account, &post), "IGMedia")?))
}

fn is_media(post: &Post) -> bool {
    !matches!(post.kind.as_deref(), Some("story" | comments::KIND))
}

/// `GET /{account}/media` and `/{account}/stories`.
pub(super) fn media(net: &Network, call: &Call, id: &str, stories: bool) -> Result<Reply, GraphError> {
    let caller: Caller = owner(&net.world(), call, id, "get")?;
    caller.need(SHAPE.scopes[0])?;
    let is_wanted = |post: &Post| {
        if stories {
            post.kind.as_deref() == Some("story") && post.created_at + STORY_LIFE > call.now
        } else {
            is_media(post)
        }
    };
    let node = |post: &Post| shaped(call, "id", &media_node(net, call, &caller.account, post), "IGMedia");
    listing::page(net, call, &caller, is_wanted, node)
}

fn media_node(net: &Network, call: &Call, account: &Account, post: &Post) -> Value {
    let numbers = net.audience.post_exact(account, post, call.now);
    let own_comments = net.world().replies_to(post.id, call.now).count();
    let media = picture(call, post);
    let is_video = post.format == Format::Video;
    let (product, kind) = match post.kind.as_deref() {
        Some("story") => ("STORY", if is_video { "VIDEO" } else { "IMAGE" }),
        Some("carousel") => ("FEED", "CAROUSEL_ALBUM"),
        _ if is_video => ("REELS", "VIDEO"),
        _ => ("FEED", "IMAGE"),
    };
    let children: Vec<Value> = (0..post.media.len()).map(|n| json!({ "id": format!("{}{n}", post.id) })).collect();
    let comments = numbers.comments + i64::try_from(own_comments).unwrap_or(0);
    json!({
        "id": post.id.to_string(),
        "caption": Some(&post.text).filter(|t| !t.is_empty()),
        "media_type": kind,
        "media_product_type": product,
        "media_url": media,
        "thumbnail_url": (kind == "VIDEO").then_some(&media),
        "permalink": format!("{}{}", call.origin, account.permalink_path(post)),
        "timestamp": time(post.created_at),
        "shortcode": shortcode(post.id),
        "username": account.handle,
        "owner": { "id": account.network_id() },
        "like_count": numbers.reactions_total(),
        "comments_count": comments,
        "is_comment_enabled": post.extra["comment_enabled"] != false,
        "is_shared_to_feed": (product == "REELS").then(|| post.extra["share_to_feed"] != "false"),
        "alt_text": post.media.first().and_then(|m| m.alt.clone()),
        "children": (kind == "CAROUSEL_ALBUM").then(|| json!({ "data": children })),
    })
}
