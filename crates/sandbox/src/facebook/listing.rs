//! A page's posts, newest first, by cursor.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rookery_kernel::{Date, Timestamp};
use serde_json::{Value, json};
use url::Url;

use super::error::GraphError;
use super::nodes::{asked, post_node};
use super::{caller, page};
use crate::call::{Call, Reply};
use crate::network::Network;
use crate::world::Post;

const LIMIT_USUAL: usize = 25;
const LIMIT_MAX: usize = 100;

/// An opaque place: behind the thing with this id.
pub(crate) fn cursor(id: u64) -> String {
    URL_SAFE_NO_PAD.encode(format!("behind:{id}"))
}

/// The same place by another name: an empty page must not lead to itself.
pub(crate) fn cursor_of_empty(id: u64) -> String {
    URL_SAFE_NO_PAD.encode(format!("behind-empty:{id}"))
}

pub(crate) fn place(cursor: &str) -> Option<u64> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor.trim_end_matches('=')).ok()?).ok()?;
    text.strip_prefix("behind:").or_else(|| text.strip_prefix("behind-empty:"))?.parse().ok()
}

pub(crate) fn limit(call: &Call) -> Result<usize, GraphError> {
    match call.text("limit").map(str::parse::<usize>) {
        None => Ok(LIMIT_USUAL),
        Some(Ok(limit @ 1..=LIMIT_MAX)) => Ok(limit),
        Some(Ok(0)) => Ok(0),
        Some(Ok(_)) => {
            Err(GraphError::parameter("Please reduce the amount of data you're asking for, then retry your request"))
        }
        Some(Err(_)) => Err(GraphError::parameter("Param limit must be an integer")),
    }
}

/// A link to this call with other parameters. It carries the token if the token came that way.
pub(crate) fn link(call: &Call, changes: &[(&str, &str)]) -> String {
    let mut url: Url = format!("{}/{}", call.base(), call.path.join("/")).parse().expect("our own address is one");
    let is_changed = |name: &str| changes.iter().any(|(changed, _)| *changed == name);
    let is_place = |name: &str| matches!(name, "after" | "before") && is_changed_any(changes);
    {
        let mut query = url.query_pairs_mut();
        for (name, value) in &call.params {
            let is_hidden = name == "access_token" && !call.token_in_query || name == "appsecret_proof";
            if !is_hidden && !is_changed(name) && !is_place(name) {
                query.append_pair(name, value);
            }
        }
        query.extend_pairs(changes);
    }
    url.to_string()
}

fn is_changed_any(changes: &[(&str, &str)]) -> bool {
    changes.iter().any(|(name, _)| matches!(*name, "after" | "before"))
}

/// `since` and `until`: seconds, a day (midnight UTC) or a time.
pub(crate) fn instant(call: &Call, name: &str) -> Result<Option<Timestamp>, GraphError> {
    let Some(text) = call.text(name) else { return Ok(None) };
    let seconds = text.parse().ok().map(Timestamp::from_secs);
    let day = || text.parse::<Date>().ok().map(Date::start_utc);
    let time = || text.parse::<Timestamp>().ok();
    let at = seconds.or_else(day).or_else(time);
    at.map(Some)
        .ok_or_else(|| GraphError::parameter(&format!("Invalid parameter: {name} param is not a valid timestamp")))
}

/// `/{page}/published_posts`, `/feed`, `/posts`. Deleted posts still fill their place on a page, so
/// a page can be short or empty and have a next one, as at the real network.
pub(super) fn posts(net: &Network, call: &Call, page_id: &str) -> Result<Reply, GraphError> {
    let fields = asked(call, "created_time,message,id")?;
    let limit = limit(call)?;
    let (since, until) = (instant(call, "since")?, instant(call, "until")?);
    let place = match call.text("after") {
        None => None,
        Some(text) => Some(place(text).ok_or_else(|| GraphError::parameter("Invalid cursors values provided"))?),
    };
    let (page, window, has_more) = {
        let world = net.world();
        let caller = caller(&world, call)?;
        let unknown = || GraphError::unknown_object(page_id, "get");
        let page = page(&world, &caller, page_id).filter(|p| caller.may_see(p)).ok_or_else(unknown)?;
        caller.need("pages_read_engagement")?;
        // Stories and comments have listings of their own.
        let is_in = |p: &&Post| {
            p.reply_to.is_none()
                && p.kind.as_deref() != Some("story")
                && since.is_none_or(|s| p.created_at.as_secs() >= s.as_secs())
                && until.is_none_or(|u| p.created_at <= u)
                && place.is_none_or(|id| p.id < id)
                && p.created_at.as_secs() + i64::try_from(call.listing_lag_secs).unwrap_or(0) <= call.now.as_secs()
        };
        let mut window: Vec<Post> = world.posts_of(page.id, call.now).filter(is_in).take(limit + 1).cloned().collect();
        let has_more = window.len() > limit;
        window.truncate(limit);
        (page, window, has_more)
    };
    if call.empty_page && !window.is_empty() {
        // The place before the first post of this page: nothing is lost by the empty page.
        let place = cursor_of_empty(window[0].id + 1);
        return Ok(Reply::ok(paged(call, &[], &place, &place, true)));
    }
    let mut data: Vec<Value> = Vec::new();
    for post in window.iter().filter(|p| !p.is_deleted(call.now)) {
        data.push(post_node(net, call, &page, post, &fields)?);
    }
    let (Some(first), Some(last)) = (window.first(), window.last()) else {
        return Ok(Reply::ok(json!({ "data": [] })));
    };
    Ok(Reply::ok(paged(call, &data, &cursor(first.id), &cursor(last.id), has_more)))
}

pub(crate) fn paged(call: &Call, data: &[Value], before: &str, after: &str, has_more: bool) -> Value {
    let mut body = json!({ "data": data, "paging": { "cursors": { "before": before, "after": after } } });
    if has_more {
        body["paging"]["next"] = json!(link(call, &[("after", after)]));
    }
    if call.text("after").is_some() {
        body["paging"]["previous"] = json!(link(call, &[("before", before)]));
    }
    body
}
