//! An account's posts, newest first, by cursor.

use serde_json::{Value, json};

use super::Caller;
use crate::call::{Call, Reply};
use crate::facebook::error::GraphError;
use crate::facebook::listing::{cursor, cursor_of_empty, instant, limit, paged, place};
use crate::network::Network;
use crate::world::Post;

/// One page. Deleted posts still fill their place on a page, so a page can be short or empty and have
/// a next one, as at the real network.
pub(crate) fn page(
    net: &Network,
    call: &Call,
    caller: &Caller,
    is_wanted: impl Fn(&Post) -> bool,
    node: impl Fn(&Post) -> Result<Value, GraphError>,
) -> Result<Reply, GraphError> {
    let limit = limit(call)?;
    let (since, until) = (instant(call, "since")?, instant(call, "until")?);
    let place = match call.text("after") {
        None => None,
        Some(text) => Some(place(text).ok_or_else(|| GraphError::parameter("Invalid cursors values provided"))?),
    };
    let (window, has_more) = {
        let world = net.world();
        let is_in = |p: &&Post| {
            is_wanted(p)
                && since.is_none_or(|s| p.created_at.as_secs() >= s.as_secs())
                && until.is_none_or(|u| p.created_at <= u)
                && place.is_none_or(|id| p.id < id)
                && p.created_at.as_secs() + i64::try_from(call.listing_lag_secs).unwrap_or(0) <= call.now.as_secs()
        };
        let posts = world.posts_of(caller.account.id, call.now).filter(is_in);
        let mut window: Vec<Post> = posts.take(limit + 1).cloned().collect();
        let has_more = window.len() > limit;
        window.truncate(limit);
        (window, has_more)
    };
    let (Some(first), Some(last)) = (window.first(), window.last()) else {
        return Ok(Reply::ok(json!({ "data": [] })));
    };
    if call.empty_page {
        // The place before the first post of this page: nothing is lost by the empty page.
        let place = cursor_of_empty(first.id + 1);
        return Ok(Reply::ok(paged(call, &[], &place, &place, true)));
    }
    let mut data = Vec::new();
    for post in window.iter().filter(|p| !p.is_deleted(call.now)) {
        data.push(node(post)?);
    }
    Ok(Reply::ok(paged(call, &data, &cursor(first.id), &cursor(last.id), has_more)))
}
