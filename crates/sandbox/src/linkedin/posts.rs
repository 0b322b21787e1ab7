//! Posts as they are read.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::error::LiError;
use super::{caller, find, little_text};
use crate::call::{Call, Reply};
use crate::network::Network;
use crate::world::{Account, Format, Post};

const COUNT_USUAL: usize = 10;
const COUNT_MAX: usize = 100;

/// Places from here on are read as if this were taken off: an empty page leads there.
const DETOUR: usize = 1_000_000;

/// A post as the API writes it.
fn entity(account: &Account, post: &Post) -> Value {
    let urn = account.external_id(post);
    let commentary = post.extra.get("commentary").and_then(Value::as_str).map(ToOwned::to_owned);
    let mut body = json!({
        "id": urn,
        "author": account.network_id(),
        "commentary": commentary.unwrap_or_else(|| little_text::escaped(&post.text)),
        "visibility": post.visibility.to_uppercase(),
        "lifecycleState": "PUBLISHED",
        "createdAt": post.created_at.as_millis(),
        "publishedAt": post.created_at.as_millis(),
        "lastModifiedAt": post.edited_at.unwrap_or(post.created_at).as_millis(),
        "lifecycleStateInfo": { "isEditedByAuthor": post.edited_at.is_some() },
        "distribution": { "feedDistribution": "MAIN_FEED", "thirdPartyDistributionChannels": [] },
        "isReshareDisabledByAuthor": false,
    });
    let content = post.extra.get("content").filter(|c| !c.is_null()).cloned().or_else(|| match post.format {
        // The invented past has formats without files.
        Format::Photo => Some(json!({ "media": { "id": format!("urn:li:image:D4E{}", post.id) } })),
        Format::Video => Some(json!({ "media": { "id": format!("urn:li:video:D4E{}", post.id) } })),
        Format::Link => post.link.as_ref().map(|link| json!({ "article": { "source": link, "title": link } })),
        Format::Text => None,
    });
    if let Some(content) = content {
        body["content"] = content;
    }
    body
}

/// `GET /rest/posts?ids=List(…)`: those that are there, and what became of the others.
fn several(net: &Network, call: &Call, ids: &str) -> Result<Reply, LiError> {
    let world = net.world();
    let caller = caller(&world, call)?;
    let (mut results, mut statuses) = (Map::new(), Map::new());
    for urn in super::list(ids) {
        let status = match find(&world, call, urn) {
            Err(_) => 404,
            Ok((account, _)) if caller.acts_for(&world, &account.network_id(), "r").is_err() => 403,
            Ok((account, post)) => {
                results.insert(urn.to_owned(), entity(&account, &post));
                200
            }
        };
        statuses.insert(urn.to_owned(), json!(status));
    }
    Ok(Reply::ok(json!({ "results": results, "statuses": statuses, "errors": {} })))
}

/// `GET /rest/posts?q=author`: the latest change first.
pub(super) fn list(net: &Network, call: &Call) -> Result<Reply, LiError> {
    if let Some(ids) = call.text("ids") {
        return several(net, call, ids);
    }
    let world = net.world();
    let caller = caller(&world, call)?;
    if call.text("q") != Some("author") {
        return Err(LiError::illegal("The finder must be author"));
    }
    let author = call.text("author").ok_or_else(|| LiError::illegal("Parameter author is required"))?;
    let account = caller.acts_for(&world, author, "r")?;
    let lag = Duration::from_secs(call.listing_lag_secs);
    let is_in = |p: &&Post| !p.is_deleted(call.now) && p.reply_to.is_none() && p.created_at + lag <= call.now;
    let mut posts: Vec<&Post> = world.posts_of(account.id, call.now).filter(is_in).collect();
    posts.sort_by_key(|p| std::cmp::Reverse((p.edited_at.unwrap_or(p.created_at), p.id)));
    let elements: Vec<Value> = posts.into_iter().map(|post| entity(&account, post)).collect();
    Ok(Reply::ok(page(call, elements)?))
}

/// One page of a listing, with a link to the next one if there is one.
pub(super) fn page(call: &Call, elements: Vec<Value>) -> Result<Value, LiError> {
    let number = |name: &str, usual: usize| match call.text(name) {
        None => Ok(usual),
        Some(text) => text.parse::<usize>().map_err(|_| LiError::illegal(&format!("{name} is no number"))),
    };
    let (start, count) = (number("start", 0)?, number("count", COUNT_USUAL)?);
    if !(1..=COUNT_MAX).contains(&count) {
        return Err(LiError::illegal("count must be between 1 and 100"));
    }
    let place = if start >= DETOUR { start - DETOUR } else { start };
    let total = elements.len();
    let link = |start: usize| {
        let path = format!("/{}?start={start}&count={count}", call.path.join("/"));
        json!([{ "type": "application/json", "rel": "next", "href": path }])
    };
    if call.empty_page && start < DETOUR && total > 0 {
        let paging = json!({ "start": start, "count": count, "links": link(DETOUR + place) });
        return Ok(json!({ "elements": [], "paging": paging }));
    }
    let is_more = place + count < total;
    let elements: Vec<Value> = elements.into_iter().skip(place).take(count).collect();
    let links = if is_more { link(start + count) } else { json!([]) };
    Ok(json!({ "elements": elements, "paging": { "start": start, "count": count, "total": total, "links": links } }))
}

/// `GET /rest/posts/{urn}`.
pub(super) fn show(net: &Network, call: &Call, urn: &str) -> Result<Reply, LiError> {
    let world = net.world();
    let caller = caller(&world, call)?;
    let (account, post) = find(&world, call, urn)?;
    caller.acts_for(&world, &account.network_id(), "r")?;
    Ok(Reply::ok(entity(&account, &post)))
}
