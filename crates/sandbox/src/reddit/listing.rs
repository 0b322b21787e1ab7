//! Listings: what an account wrote, and things by their ids.

use rookery_kernel::Platform;
use serde_json::{Value, json};

use super::caller;
use super::error::ApiError;
use super::things::{base36, number, thing, whole_id};
use crate::call::{Call, Reply};
use crate::network::Network;
use crate::world::{DeletedBy, Post};

fn listing(children: &[Value], after: Option<&str>) -> Reply {
    Reply::ok(json!({
        "kind": "Listing",
        "data": { "after": after, "before": null, "dist": children.len(), "modhash": null, "children": children },
    }))
}

/// `/user/{name}/submitted` and `/user/{name}/comments`, newest first.
pub(super) fn of_user(net: &Network, call: &Call, name: &str, kind: &str) -> Result<Reply, ApiError> {
    let world = net.world();
    caller(&world, call, "history")?;
    let account = world.account_by_handle(Platform::Reddit, name).ok_or_else(ApiError::not_found)?;
    let limit = call.text("limit").and_then(|t| t.parse().ok()).unwrap_or(25_usize).clamp(1, 100);
    let below =
        call.text("after").map(|after| number(after).ok_or(ApiError::Status(400, "Bad Request"))).transpose()?;
    let lag = i64::try_from(call.listing_lag_secs).unwrap_or(0);
    let is_in = |p: &&Post| {
        !p.is_deleted(call.now)
            && p.reply_to.is_some() == (kind == "comments")
            && below.is_none_or(|id| p.id < id)
            && p.created_at.as_secs() + lag <= call.now.as_secs()
    };
    let posts: Vec<&Post> = world.posts_of(account.id, call.now).filter(is_in).take(limit).collect();
    if let Some(first) = posts.first().filter(|_| call.empty_page) {
        return Ok(listing(&[], Some(&format!("t3_{}", base36(first.id + 1)))));
    }
    let after = posts.last().filter(|_| posts.len() == limit).map(|p| whole_id(p));
    let children: Vec<Value> = posts.iter().map(|p| thing(net, &world, call, account, p)).collect();
    Ok(listing(&children, after.as_deref()))
}

/// `/api/info`: what an author deleted is told without its author, what Reddit took away is not told.
pub(super) fn info(net: &Network, call: &Call) -> Result<Reply, ApiError> {
    let world = net.world();
    caller(&world, call, "read")?;
    let ids = call.text("id").unwrap_or_default();
    let is_told = |p: &&Post| !p.is_deleted(call.now) || matches!(p.deleted, Some((_, DeletedBy::Author)));
    let children = ids.split(',').take(100).filter_map(|id| {
        let post = world.posts.get(&number(id.trim())?).filter(|p| p.created_at <= call.now).filter(is_told)?;
        let account = world.accounts.get(&post.account).filter(|a| a.platform == Platform::Reddit)?;
        (whole_id(post) == id.trim()).then(|| thing(net, &world, call, account, post))
    });
    Ok(listing(&children.collect::<Vec<Value>>(), None))
}
