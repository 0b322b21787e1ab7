//! The account and its posts as objects, and their numbers.

use serde_json::{Value, json};

use super::SHAPE;
use crate::audience::DayNumbers;
use crate::call::{Call, Reply};
use crate::facebook::error::GraphError;
use crate::facebook::listing::instant;
use crate::meta::insights::{days, entry, lifetime, names, reply, series, total};
use crate::meta::{Caller, any_post, caller, containers, listing, own_post, owner, picture, shaped, shortcode, time};
use crate::network::Network;
use crate::world::{Account, Format, Post, World};

const POST_METRICS: [&str; 6] = ["views", "likes", "replies", "reposts", "quotes", "shares"];
const ACCOUNT_METRICS: [&str; 8] =
    ["views", "likes", "replies", "reposts", "quotes", "clicks", "followers_count", "follower_demographics"];

/// Nothing is told from before this moment.
const INSIGHTS_SINCE: i64 = 1_712_991_600;

pub(super) fn account(net: &Network, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let caller = owner(&net.world(), call, id, "get")?;
    caller.need(SHAPE.scopes[0])?;
    let account = &caller.account;
    let node = json!({
        "id": account.network_id(),
        "username": account.handle,
        "name": account.name,
        "threads_profile_picture_url": format!("{}/media/avatar/{}.svg", call.origin, account.id),
        "threads_biography": account.bio,
        "is_verified": false,
    });
    Ok(Reply::ok(shaped(call, "id", &node, "ThreadsUser")?))
}

/// A container, the account, or a post.
pub(super) fn node(net: &Network, call: &Call, id: &str) -> Result<Reply, GraphError> {
    if let Some(state) = containers::state(net, call, &SHAPE, id)? {
        return Ok(state);
    }
    let world = net.world();
    let caller = caller(&world, call)?;
    if id == caller.account.network_id() {
        drop(world);
        return account(net, call, id);
    }
    let (caller, post) = own_post(&world, call, id, "get")?;
    let node = post_node(&world, call, &caller.account, &post);
    Ok(Reply::ok(shaped(call, "id", &node, "ThreadsMedia")?))
}

fn is_reply(post: &Post) -> bool {
    post.reply_to.is_some()
}

/// `GET /{account}/threads` and `/{account}/replies`.
pub(super) fn posts(net: &Network, call: &Call, id: &str, replies: bool) -> Result<Reply, GraphError> {
    let caller = owner(&net.world(), call, id, "get")?;
    caller.need(if replies { "threads_read_replies" } else { SHAPE.scopes[0] })?;
    let node = |post: &Post| {
        let node = post_node(&net.world(), call, &caller.account, post);
        shaped(call, "id", &node, "ThreadsMedia")
    };
    listing::page(net, call, &caller, |post| is_reply(post) == replies, node)
}

/// The replies of an account, or the replies to a post.
pub(super) fn replies(net: &Network, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let world = net.world();
    let caller = caller(&world, call)?;
    if id == "me" || id == caller.account.network_id() {
        drop(world);
        return posts(net, call, id, true);
    }
    caller.need("threads_read_replies")?;
    let post = any_post(&world, call, id).ok_or_else(|| GraphError::unknown_object(id, "get"))?;
    let mut data = Vec::new();
    for answer in world.replies_to(post.id, call.now) {
        if let Some(author) = world.accounts.get(&answer.account) {
            data.push(shaped(call, "id", &post_node(&world, call, author, answer), "ThreadsMedia")?);
        }
    }
    Ok(reply(&data))
}

fn post_node(world: &World, call: &Call, account: &Account, post: &Post) -> Value {
    let media = picture(call, post);
    let kind = match (post.kind.as_deref(), post.format) {
        (Some("carousel"), _) => "CAROUSEL_ALBUM",
        (_, Format::Photo) => "IMAGE",
        (_, Format::Video) => "VIDEO",
        (_, Format::Text | Format::Link) => "TEXT_POST",
    };
    let has_media = kind != "TEXT_POST";
    let children: Vec<Value> = (0..post.media.len()).map(|n| json!({ "id": format!("{}{n}", post.id) })).collect();
    let answered = post.reply_to.map(|id| json!({ "id": id.to_string() }));
    let root = std::iter::successors(post.reply_to, |id| world.posts.get(id).and_then(|p| p.reply_to)).last();
    json!({
        "id": post.id.to_string(),
        "media_product_type": "THREADS",
        "media_type": kind,
        "media_url": has_media.then_some(&media),
        "thumbnail_url": (kind == "VIDEO").then_some(&media),
        "permalink": format!("{}{}", call.origin, account.permalink_path(post)),
        "owner": { "id": account.network_id() },
        "username": account.handle,
        "text": Some(&post.text).filter(|t| !t.is_empty()),
        "timestamp": time(post.created_at),
        "shortcode": shortcode(post.id),
        "children": (kind == "CAROUSEL_ALBUM").then(|| json!({ "data": children })),
        "is_quote_post": post.extra["quoted"].is_string(),
        "alt_text": post.media.first().and_then(|m| m.alt.clone()),
        "link_attachment_url": post.link,
        "topic_tag": post.extra["topic_tag"],
        "has_replies": world.replies_to(post.id, call.now).next().is_some(),
        "is_reply": is_reply(post),
        "is_reply_owned_by_me": is_reply(post),
        "replied_to": answered,
        "root_post": root.map(|id| json!({ "id": id.to_string() })),
    })
}

/// `GET /{post}/insights`.
pub(super) fn post_insights(net: &Network, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let names = names(call, &POST_METRICS)?;
    let (caller, post) = own_post(&net.world(), call, id, "get")?;
    caller.need(SHAPE.insights_scope)?;
    let numbers = net.audience.post_exact(&caller.account, &post, call.now);
    let data: Vec<Value> = names
        .iter()
        .map(|name| {
            let value = match name.as_str() {
                "likes" => numbers.reactions_total(),
                "replies" => numbers.comments,
                "reposts" => numbers.shares,
                "quotes" => numbers.quotes,
                "shares" => numbers.shares / 3,
                _ => numbers.views,
            };
            lifetime(id, name, value)
        })
        .collect();
    Ok(reply(&data))
}

/// `GET /{account}/threads_insights`: views as a series of days, the rest as the sum of the window.
pub(super) fn account_insights(net: &Network, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let names = names(call, &ACCOUNT_METRICS)?;
    let caller: Caller = owner(&net.world(), call, id, "get")?;
    caller.need(SHAPE.insights_scope)?;
    if instant(call, "since")?.is_some_and(|at| at.as_secs() < INSIGHTS_SINCE) {
        return Err(GraphError::parameter("since must be 1712991600 or later"));
    }
    let days = days(net, call, &caller, 730)?;
    let sum = |of: fn(&DayNumbers) -> i64| days.iter().map(|(_, day)| of(day)).sum::<i64>();
    let id = caller.account.network_id();
    let data: Vec<Value> = names
        .iter()
        .map(|name| match name.as_str() {
            "views" => series(net, &id, name, &days, |d| d.views),
            "clicks" => {
                let links = json!([{ "value": sum(|d| d.actions), "link_url": "https://fieldwork.example/" }]);
                entry(&id, name, "day", ("link_total_values", links))
            }
            "followers_count" => total(&id, name, net.audience.followers(&caller.account, call.now)),
            "likes" => total(&id, name, sum(|d| d.engagements * 7 / 10)),
            "replies" => total(&id, name, sum(|d| d.engagements / 10)),
            "reposts" => total(&id, name, sum(|d| d.engagements / 8)),
            _ => total(&id, name, sum(|d| d.engagements / 40)),
        })
        .collect();
    Ok(reply(&data))
}
