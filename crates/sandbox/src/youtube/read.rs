//! The channel, and the playlist of its uploads.

use std::time::Duration;

use serde_json::{Value, json};

use super::error::Problem;
use super::{caller, time};
use crate::call::{Call, Reply};
use crate::network::Network;
use crate::world::{Account, Post};

const READERS: [&str; 2] = ["youtube.readonly", "youtube.force-ssl"];

/// Id of the playlist of a channel's uploads.
fn uploads_of(account: &Account) -> String {
    account.network_id().replacen("UC", "UU", 1)
}

/// `GET /youtube/v3/channels?mine=true`.
pub(super) fn channels(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let world = net.world();
    let me = caller(&world, call, &READERS)?;
    let parts: Vec<&str> = call.text("part").ok_or_else(|| Problem::missing("part"))?.split(',').collect();
    if !call.is_true("mine") {
        return Err(Problem::missing("mine"));
    }
    let mut channel = json!({ "kind": "youtube#channel", "id": me.network_id() });
    if parts.contains(&"snippet") {
        channel["snippet"] = json!({
            "title": me.name,
            "description": me.bio,
            "customUrl": format!("@{}", me.handle),
            "publishedAt": time(me.created_at),
            "thumbnails": { "default": { "url": format!("{}/media/avatar/{}.svg", call.origin, me.handle) } },
        });
    }
    if parts.contains(&"contentDetails") {
        channel["contentDetails"] = json!({ "relatedPlaylists": { "likes": "", "uploads": uploads_of(&me) } });
    }
    if parts.contains(&"statistics") {
        let posts: Vec<&Post> = world.posts_of(me.id, call.now).filter(|p| is_video(call, p)).collect();
        let views: i64 = posts.iter().map(|p| net.audience.post_exact(&me, p, call.now).views).sum();
        channel["statistics"] = json!({
            "viewCount": views.to_string(),
            "subscriberCount": net.audience.followers(&me, call.now).to_string(),
            "hiddenSubscriberCount": false,
            "videoCount": posts.len().to_string(),
        });
    }
    Ok(Reply::ok(json!({ "kind": "youtube#channelListResponse", "items": [channel] })))
}

pub(super) fn is_video(call: &Call, post: &Post) -> bool {
    post.reply_to.is_none() && !post.is_deleted(call.now)
}

/// `GET /youtube/v3/playlistItems`: newest first. The token names the post behind which the page begins.
pub(super) fn playlist(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let world = net.world();
    let me = caller(&world, call, &READERS)?;
    let wanted = call.text("playlistId").ok_or_else(|| Problem::missing("playlistId"))?;
    if wanted != uploads_of(&me) {
        let message = "The playlist identified with the request's playlistId parameter cannot be found.";
        return Err(Problem::new(404, "playlistNotFound", message));
    }
    let max = call.text("maxResults").map_or(Some(5), |n| n.parse::<usize>().ok().filter(|n| *n <= 50));
    let max = max.ok_or_else(|| Problem::new(400, "invalidParameter", "Invalid value for maxResults."))?;
    let below = match call.text("pageToken") {
        None => u64::MAX,
        Some(token) => token
            .get(1..)
            .and_then(|t| u64::from_str_radix(t, 16).ok())
            .ok_or_else(|| Problem::new(400, "invalidPageToken", "The request specifies an invalid page token."))?,
    };
    let lag = Duration::from_secs(call.listing_lag_secs);
    let is_in = |p: &&Post| is_video(call, p) && p.id < below && p.created_at + lag <= call.now;
    let mut found = world.posts_of(me.id, call.now).filter(is_in);
    let posts: Vec<&Post> = found.by_ref().take(max).collect();
    let mut body = json!({ "kind": "youtube#playlistItemListResponse", "items": [],
        "pageInfo": { "totalResults": posts.len(), "resultsPerPage": max } });
    if let Some(first) = posts.first().filter(|_| call.empty_page) {
        // Written otherwise, so that the empty page does not lead to itself.
        body["nextPageToken"] = json!(format!("E{:x}", first.id + 1));
        return Ok(Reply::ok(body));
    }
    let item = |post: &&Post| {
        json!({
            "kind": "youtube#playlistItem",
            "id": format!("PLI{:x}", post.id),
            "contentDetails": { "videoId": me.external_id(post), "videoPublishedAt": time(post.created_at) },
        })
    };
    body["items"] = posts.iter().map(item).collect::<Vec<Value>>().into();
    if let Some(last) = posts.last().filter(|_| found.next().is_some()) {
        body["nextPageToken"] = json!(format!("P{:x}", last.id));
    }
    Ok(Reply::ok(body))
}
