//! Statuses: created, shown, listed, taken away.

use std::time::Duration;

use rookery_kernel::Timestamp;
use serde_json::{Value, json};
use url::Url;

use super::error::ApiError;
use super::{accounts, caller, html, media, time};
use crate::call::{Call, Reply};
use crate::hooks::{ReceivedPublish, When};
use crate::network::Network;
use crate::truth::hashtags;
use crate::world::{Account, DeletedBy, Event, Format, Post, World};

const LIMIT_USUAL: usize = 20;
const LIMIT_MAX: usize = 40;

/// For how long an `Idempotency-Key` is remembered.
const KEY_MEMORY: Duration = Duration::from_hours(1);

const VISIBILITIES: [&str; 4] = ["public", "unlisted", "private", "direct"];

/// A status as the API writes it.
fn entity(net: &Network, world: &World, call: &Call, account: &Account, post: &Post) -> Value {
    let author = accounts::entity(net, world, call, account);
    entity_of(net, call, account, &author, post)
}

/// The same with the author's entity at hand.
fn entity_of(net: &Network, call: &Call, account: &Account, author: &Value, post: &Post) -> Value {
    let numbers = net.audience.post_exact(account, post, call.now);
    let tags: Vec<Value> = hashtags(&post.text)
        .into_iter()
        .map(|t| json!({ "name": t, "url": format!("{}/tags/{t}", call.base()) }))
        .collect();
    json!({
        "id": post.id.to_string(),
        "created_at": time(post.created_at),
        "in_reply_to_id": post.reply_to.map(|id| id.to_string()),
        "in_reply_to_account_id": post.extra.get("answered_account"),
        "sensitive": post.extra.get("sensitive").is_some(),
        "spoiler_text": post.extra.get("spoiler_text").and_then(Value::as_str).unwrap_or_default(),
        "visibility": post.visibility,
        "language": post.extra.get("language").and_then(Value::as_str).unwrap_or("en"),
        "uri": format!("{}/users/{}/statuses/{}", call.base(), account.handle, post.id),
        "url": format!("{}{}", call.origin, account.permalink_path(post)),
        "replies_count": numbers.comments,
        "reblogs_count": numbers.shares,
        "favourites_count": numbers.reactions_total(),
        "quotes_count": numbers.quotes,
        "edited_at": post.edited_at.map(time),
        "favourited": false,
        "reblogged": false,
        "muted": false,
        "bookmarked": false,
        "pinned": false,
        "content": html::render(&post.text, &call.base()),
        "filtered": [],
        "reblog": null,
        "application": { "name": "Rookery", "website": null },
        "account": author,
        "media_attachments": media::of_status(call, post),
        "mentions": [],
        "tags": tags,
        "emojis": [],
        "card": card(post),
        "poll": null,
    })
}

/// The preview of the first address in the text.
fn card(post: &Post) -> Option<Value> {
    let address = post.link.clone().or_else(|| {
        let word = post.text.split_whitespace().find(|w| w.starts_with("https://") || w.starts_with("http://"))?;
        Some(word.trim_end_matches(['.', ',', '!', '?', ')']).to_owned())
    })?;
    let provider = Url::parse(&address).ok()?.host_str()?.to_owned();
    Some(json!({
        "url": address, "title": provider, "description": "", "type": "link", "author_name": "", "author_url": "",
        "provider_name": provider, "provider_url": "", "html": "", "width": 0, "height": 0, "image": null,
        "embed_url": "", "blurhash": null,
    }))
}

/// `POST /api/v1/statuses`.
pub(super) fn create(net: &Network, call: &Call) -> Result<Reply, ApiError> {
    let key = call.header("idempotency-key").filter(|k| !k.is_empty()).map(ToOwned::to_owned);
    let (account, known) = {
        let world = net.world();
        let (account, _) = caller(&world, call, "write:statuses")?;
        let known = by_key(&world, &account, key.as_deref(), call.now);
        if known.is_none() {
            media::named(&world, call, &account)?;
            answered(&world, call)?;
        }
        (account, known)
    };
    let text = call.param("status").unwrap_or_default().trim().to_owned();
    let visibility = call.text("visibility").unwrap_or("public").to_owned();
    if known.is_none() {
        validate(net, call, &text, &visibility)?;
    }
    let mut received = ReceivedPublish {
        platform: call.platform,
        platform_user_id: account.id.to_string(),
        text: text.clone(),
        idempotency_key: key.clone(),
        external_id: known.as_ref().map(|p| p.id.to_string()),
        is_replay: known.is_some(),
    };
    net.hooks.fire(&received, When::BeforeStore);
    let mut world = net.world();
    // Asked again under the lock: two equal calls may have come at once.
    let (post, is_replay) = match by_key(&world, &account, key.as_deref(), call.now) {
        Some(post) => (post, true),
        None => (store(&mut world, call, &account, text, visibility, key)?, false),
    };
    drop(world);
    received.external_id = Some(post.id.to_string());
    received.is_replay = is_replay;
    net.hooks.fire(&received, When::AfterStore);
    let body = entity(net, &net.world(), call, &account, &post);
    let mut reply = Reply::ok(body);
    reply.published = Some(received);
    Ok(reply)
}

fn store(
    world: &mut World,
    call: &Call,
    account: &Account,
    text: String,
    visibility: String,
    key: Option<String>,
) -> Result<Post, ApiError> {
    let files = media::named(world, call, account)?;
    let items = media::items(&files);
    let has_link = text.contains("https://") || text.contains("http://");
    let answered = answered(world, call)?;
    let mut extra = json!({});
    for name in ["spoiler_text", "language"] {
        if let Some(value) = call.text(name) {
            extra[name] = json!(value);
        }
    }
    // A warning hides the media too.
    if call.is_true("sensitive") || call.text("spoiler_text").is_some() {
        extra["sensitive"] = json!(true);
    }
    if !files.is_empty() {
        extra["media_ids"] = files.iter().map(|c| json!(c.id)).collect();
    }
    if let Some(post) = &answered {
        extra["answered_account"] = json!(post.account.to_string());
    }
    let post = Post {
        format: media::format_of(&items, has_link),
        media: items,
        reply_to: answered.map(|p| p.id),
        extra: if extra.as_object().is_some_and(serde_json::Map::is_empty) { Value::Null } else { extra },
        key,
        visibility,
        ..Post::new(world.new_post_id(call.now), account.id, text, call.now)
    };
    world.commit(Event::Post(post.clone()));
    media::attach(world, files, post.id);
    Ok(post)
}

/// The status that a new one answers.
fn answered(world: &World, call: &Call) -> Result<Option<Post>, ApiError> {
    let Some(id) = call.text("in_reply_to_id") else { return Ok(None) };
    let message = "The post you are trying to reply to does not appear to exist.";
    find(world, id, call.now).map(|(_, post)| Some(post)).map_err(|_| ApiError::new(404, message))
}

/// The status that came with this key within the last hour.
fn by_key(world: &World, account: &Account, key: Option<&str>, now: Timestamp) -> Option<Post> {
    let key = key?;
    let is_it = |p: &&Post| p.key.as_deref() == Some(key) && p.created_at + KEY_MEMORY > now && !p.is_deleted(now);
    world.posts_of(account.id, now).find(is_it).cloned()
}

fn validate(net: &Network, call: &Call, text: &str, visibility: &str) -> Result<(), ApiError> {
    let max = net.settings().mastodon_characters_max;
    if text.is_empty() && call.list("media_ids").is_empty() {
        return Err(ApiError::validation("Text can't be blank"));
    }
    // The warning counts too.
    if html::length(text) + html::length(call.text("spoiler_text").unwrap_or_default()) > max {
        return Err(ApiError::validation(&format!("Text character limit of {max} exceeded")));
    }
    if !VISIBILITIES.contains(&visibility) {
        return Err(ApiError::validation("Visibility is not included in the list"));
    }
    if call.text("scheduled_at").is_some() {
        return Err(ApiError::validation("Scheduling at the server is not simulated"));
    }
    Ok(())
}

fn find(world: &World, id: &str, now: Timestamp) -> Result<(Account, Post), ApiError> {
    let post = id.parse().ok().and_then(|id| world.post(id, now)).ok_or_else(ApiError::not_found)?;
    let account = accounts::find(world, &post.account.to_string())?;
    Ok((account, post.clone()))
}

pub(super) fn show(net: &Network, call: &Call, id: &str) -> Result<Reply, ApiError> {
    let world = net.world();
    // Public statuses need no token, but a token that ended is refused all the same.
    if call.token.is_some() {
        caller(&world, call, "read:statuses")?;
    }
    let (account, post) = find(&world, id, call.now)?;
    Ok(Reply::ok(entity(net, &world, call, &account, &post)))
}

/// `GET /api/v1/statuses?id[]=…`: those that exist, in the order asked for.
pub(super) fn several(net: &Network, call: &Call) -> Reply {
    let world = net.world();
    let found = call.list("id").into_iter().take(LIMIT_MAX).filter_map(|id| find(&world, id, call.now).ok());
    let statuses: Vec<Value> = found.map(|(account, post)| entity(net, &world, call, &account, &post)).collect();
    Reply::ok(Value::Array(statuses))
}

/// `GET /api/v1/statuses/{id}/context`: what it answers and what answers it, oldest first.
pub(super) fn context(net: &Network, call: &Call, id: &str) -> Result<Reply, ApiError> {
    let world = net.world();
    let (_, post) = find(&world, id, call.now)?;
    let write =
        |post: &Post| find(&world, &post.id.to_string(), call.now).map(|(a, p)| entity(net, &world, call, &a, &p));
    let mut ancestors = Vec::new();
    let mut above = post.reply_to;
    while let Some(found) = above.and_then(|id| world.post(id, call.now)) {
        ancestors.insert(0, write(found)?);
        above = found.reply_to;
    }
    let mut descendants = Vec::new();
    let mut open: Vec<&Post> = world.replies_to(post.id, call.now).rev().collect();
    while let Some(found) = open.pop() {
        descendants.push(write(found)?);
        open.extend(world.replies_to(found.id, call.now).rev());
    }
    Ok(Reply::ok(json!({ "ancestors": ancestors, "descendants": descendants })))
}

/// `PUT /api/v1/statuses/{id}`.
pub(super) fn edit(net: &Network, call: &Call, id: &str) -> Result<Reply, ApiError> {
    let text = call.param("status").unwrap_or_default().trim().to_owned();
    validate(net, call, &text, "public")?;
    let mut world = net.world();
    let (account, post) = own(&world, call, id)?;
    world.commit(Event::Edited { id: post.id, text, at: call.now });
    let (_, post) = find(&world, id, call.now)?;
    Ok(Reply::ok(entity(net, &world, call, &account, &post)))
}

/// `DELETE /api/v1/statuses/{id}`: answers with the text once more, for writing it anew.
pub(super) fn delete(net: &Network, call: &Call, id: &str) -> Result<Reply, ApiError> {
    let mut world = net.world();
    let (account, post) = own(&world, call, id)?;
    let mut body = entity(net, &world, call, &account, &post);
    body["text"] = json!(post.text);
    world.commit(Event::Deleted { id: post.id, at: call.now, by: DeletedBy::Author });
    Ok(Reply::ok(body))
}

fn own(world: &World, call: &Call, id: &str) -> Result<(Account, Post), ApiError> {
    let (me, _) = caller(world, call, "write:statuses")?;
    let (account, post) = find(world, id, call.now)?;
    if account.id == me.id { Ok((account, post)) } else { Err(ApiError::not_found()) }
}

/// Which statuses a listing asks for.
struct Place {
    below: Option<u64>,
    above: Option<u64>,
    /// `min_id`: the oldest ones above it, not the newest.
    from_oldest: bool,
    limit: usize,
}

impl Place {
    fn of(call: &Call) -> Self {
        let id = |name: &str| call.text(name).and_then(|t| t.parse::<u64>().ok());
        Self {
            below: id("max_id"),
            above: id("min_id").or_else(|| id("since_id")),
            from_oldest: id("min_id").is_some(),
            limit: call.text("limit").and_then(|t| t.parse().ok()).unwrap_or(LIMIT_USUAL).clamp(1, LIMIT_MAX),
        }
    }
}

/// `/api/v1/accounts/{id}/statuses`, newest first, paged by the `Link` header.
pub(super) fn list(net: &Network, call: &Call, account_id: &str) -> Result<Reply, ApiError> {
    let world = net.world();
    if call.token.is_some() {
        caller(&world, call, "read:statuses")?;
    }
    let account = accounts::find(&world, account_id)?;
    let place = Place::of(call);
    let only_media = call.is_true("only_media");
    let tag = call.text("tagged").map(str::to_lowercase);
    let lag = i64::try_from(call.listing_lag_secs).unwrap_or(0);
    let is_in = |p: &&Post| {
        !p.is_deleted(call.now)
            && place.below.is_none_or(|id| p.id < id)
            && place.above.is_none_or(|id| p.id > id)
            && p.created_at.as_secs() + lag <= call.now.as_secs()
            && (!only_media || matches!(p.format, Format::Photo | Format::Video))
            && tag.as_ref().is_none_or(|t| hashtags(&p.text).contains(t))
    };
    let found = world.posts_of(account.id, call.now).filter(is_in);
    let mut posts: Vec<&Post> =
        if place.from_oldest { found.rev().take(place.limit).collect() } else { found.take(place.limit).collect() };
    if place.from_oldest {
        posts.reverse();
    }
    if call.is_true("pinned") {
        posts.clear();
    }
    let (Some(first), Some(last)) = (posts.first(), posts.last()) else {
        return Ok(Reply::ok(json!([])));
    };
    if call.empty_page {
        // A leading zero makes it another place, so that the empty page does not lead to itself.
        let next = page_link(call, "max_id", &format!("0{}", first.id + 1), "next");
        return Ok(Reply::ok(json!([])).header("link", next));
    }
    let mut links = Vec::new();
    if posts.len() == place.limit {
        links.push(page_link(call, "max_id", &last.id.to_string(), "next"));
    }
    links.push(page_link(call, "min_id", &first.id.to_string(), "prev"));
    let author = accounts::entity(net, &world, call, &account);
    let body: Vec<Value> = posts.iter().map(|p| entity_of(net, call, &account, &author, p)).collect();
    Ok(Reply::ok(Value::Array(body)).header("link", links.join(", ")))
}

fn page_link(call: &Call, name: &str, id: &str, rel: &str) -> String {
    let mut url: Url = format!("{}/{}", call.base(), call.path.join("/")).parse().expect("our own address is one");
    {
        let mut query = url.query_pairs_mut();
        let is_place = |name: &str| matches!(name, "max_id" | "min_id" | "since_id" | "access_token");
        query.extend_pairs(call.params.iter().filter(|(known, _)| !is_place(known)));
        query.append_pair(name, id);
    }
    format!("<{url}>; rel=\"{rel}\"")
}
