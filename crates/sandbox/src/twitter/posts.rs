//! Posts as they are read: one, several, a timeline.

use std::time::Duration;

use rookery_kernel::{Platform, Timestamp};
use serde_json::{Map, Value, json};

use super::error::{Problem, hidden_field, missing};
use super::text::shown;
use super::{caller, media, time, users};
use crate::audience::PostNumbers;
use crate::call::{Call, Reply};
use crate::media::MediaKind;
use crate::network::Network;
use crate::world::{Account, Format, Post, World};

/// For how long the author is told clicks and plays.
const PRIVATE_LIFE: Duration = Duration::from_hours(30 * 24);

const IDS_MAX: usize = 100;

const FIELDS: [&str; 17] = [
    "id",
    "text",
    "attachments",
    "author_id",
    "conversation_id",
    "created_at",
    "edit_history_tweet_ids",
    "entities",
    "in_reply_to_user_id",
    "lang",
    "non_public_metrics",
    "note_tweet",
    "organic_metrics",
    "possibly_sensitive",
    "public_metrics",
    "referenced_tweets",
    "reply_settings",
];

const PRIVATE: [&str; 2] = ["non_public_metrics", "organic_metrics"];

/// A post with this id of X that exists, and its author.
pub(super) fn find(world: &World, call: &Call, id: &str) -> Option<(Account, Post)> {
    let post = world.post_by_native(Platform::Twitter, id, call.now)?;
    Some((world.accounts.get(&post.account)?.clone(), post.clone()))
}

/// A medium of a post: key, kind, and what is known about it.
struct Shown {
    key: String,
    kind: &'static str,
    duration_ms: Option<u64>,
    alt: Option<String>,
    size: (u32, u32),
}

fn media_of(account: &Account, post: &Post) -> Vec<Shown> {
    let id = account.external_id(post);
    let word = |kind: MediaKind| match kind {
        MediaKind::Image => "photo",
        MediaKind::Video => "video",
        MediaKind::Gif => "animated_gif",
    };
    if post.media.is_empty() {
        // The invented past has formats without files.
        let (kind, duration_ms) = match post.format {
            Format::Photo => (MediaKind::Image, None),
            Format::Video => (MediaKind::Video, Some(21_400)),
            Format::Text | Format::Link => return Vec::new(),
        };
        let key = format!("{}_{id}", media::key_kind(kind));
        return vec![Shown { key, kind: word(kind), duration_ms, alt: None, size: (720, 360) }];
    }
    let ids: Vec<&str> = post
        .extra
        .pointer("/media/media_ids")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let of_item = |(n, item): (usize, &crate::media::MediaItem)| Shown {
        key: format!("{}_{}", media::key_kind(item.kind), ids.get(n).copied().unwrap_or(&id)),
        kind: word(item.kind),
        duration_ms: item.duration_ms,
        alt: item.alt.clone(),
        size: (item.width, item.height),
    };
    post.media.iter().enumerate().map(of_item).collect()
}

/// The text with short addresses, and the entities that lead back.
pub(super) fn shown_text(net: &Network, call: &Call, account: &Account, post: &Post) -> (String, Vec<Value>) {
    let page = format!("{}{}", call.origin, account.permalink_path(post));
    let keys: Vec<(String, String)> = media_of(account, post)
        .into_iter()
        .enumerate()
        .map(|(n, m)| (m.key, format!("{page}/{}/{}", if m.kind == "photo" { "photo" } else { "video" }, n + 1)))
        .collect();
    shown(net.audience.seed, post.id, &post.text, &keys)
}

/// Which fields a call asks for.
struct Asked<'a> {
    fields: Vec<&'a str>,
    media_fields: Vec<&'a str>,
    with_media: bool,
}

fn asked(call: &Call) -> Result<Asked<'_>, Problem> {
    let list = |name: &str| -> Vec<&str> {
        call.text(name).unwrap_or_default().split(',').map(str::trim).filter(|f| !f.is_empty()).collect()
    };
    let fields = list("tweet.fields");
    if let Some(unknown) = fields.iter().find(|f| !FIELDS.contains(f)) {
        let message =
            format!("The `tweet.fields` query parameter value [{unknown}] is not one of [{}]", FIELDS.join(","));
        return Err(Problem::invalid("tweet.fields", unknown, &message));
    }
    let with_media = list("expansions").contains(&"attachments.media_keys");
    Ok(Asked { fields, media_fields: list("media.fields"), with_media })
}

impl Asked<'_> {
    fn has(&self, field: &str) -> bool {
        self.fields.contains(&field)
    }

    /// The first private field that this caller is not told about this post.
    fn refused(&self, call: &Call, me: &Account, post: &Post) -> Option<&'static str> {
        let is_told = post.account == me.id && post.created_at + PRIVATE_LIFE > call.now;
        PRIVATE.into_iter().find(|field| self.has(field) && !is_told)
    }
}

/// A post and its media, as the call asks for them.
fn entity(
    net: &Network,
    world: &World,
    call: &Call,
    asked: &Asked,
    post: &Post,
    included: &mut Vec<Value>,
) -> Option<Value> {
    let account = world.accounts.get(&post.account)?;
    let id = account.external_id(post);
    let (text, urls) = shown_text(net, call, account, post);
    let numbers = net.audience.post_exact(account, post, call.now);
    let media = media_of(account, post);
    let mut out = Map::new();
    out.insert("id".to_owned(), json!(id));
    out.insert("text".to_owned(), json!(text));
    out.insert("edit_history_tweet_ids".to_owned(), json!([id]));
    for field in &asked.fields {
        let value = match *field {
            "author_id" => json!(account.id.to_string()),
            "created_at" => json!(time(post.created_at)),
            "lang" => json!("en"),
            "possibly_sensitive" => json!(false),
            "reply_settings" => post.extra.get("reply_settings").cloned().unwrap_or_else(|| json!("everyone")),
            "conversation_id" => json!(root(world, account, post)),
            "in_reply_to_user_id" => match post.reply_to.and_then(|to| world.posts.get(&to)) {
                Some(to) => json!(to.account.to_string()),
                None => continue,
            },
            "referenced_tweets" => match references(world, post) {
                list if list.is_empty() => continue,
                list => json!(list),
            },
            "entities" if !urls.is_empty() => json!({ "urls": urls }),
            "attachments" if !media.is_empty() => {
                json!({ "media_keys": media.iter().map(|m| m.key.as_str()).collect::<Vec<_>>() })
            }
            "public_metrics" => public(&numbers),
            "non_public_metrics" => json!({
                "impression_count": numbers.views,
                "url_link_clicks": numbers.clicks,
                "user_profile_clicks": numbers.clicks / 3,
                "engagements": numbers.reactions_total() + numbers.comments + numbers.shares + numbers.clicks,
            }),
            "organic_metrics" => json!({
                "impression_count": numbers.views,
                "like_count": numbers.reactions_total(),
                "reply_count": numbers.comments,
                "retweet_count": numbers.shares,
                "url_link_clicks": numbers.clicks,
                "user_profile_clicks": numbers.clicks / 3,
            }),
            _ => continue,
        };
        out.insert((*field).to_owned(), value);
    }
    if asked.with_media {
        included.extend(media.iter().map(|m| medium(call, asked, post, m, &numbers)));
    }
    Some(Value::Object(out))
}

fn public(numbers: &PostNumbers) -> Value {
    json!({
        "retweet_count": numbers.shares,
        "reply_count": numbers.comments,
        "like_count": numbers.reactions_total(),
        "quote_count": numbers.quotes,
        "bookmark_count": numbers.shares / 2,
        "impression_count": numbers.views,
    })
}

fn medium(call: &Call, asked: &Asked, post: &Post, shown: &Shown, numbers: &PostNumbers) -> Value {
    let mut out = json!({ "media_key": shown.key, "type": shown.kind });
    let url = format!("{}/media/post/{}.svg", call.origin, post.id);
    let is_video = shown.kind == "video";
    for field in &asked.media_fields {
        match *field {
            "url" if shown.kind == "photo" => out["url"] = json!(url),
            "preview_image_url" if shown.kind != "photo" => out["preview_image_url"] = json!(url),
            "duration_ms" if is_video => out["duration_ms"] = json!(shown.duration_ms.unwrap_or(0)),
            "alt_text" if shown.alt.is_some() => out["alt_text"] = json!(shown.alt),
            "width" => out["width"] = json!(shown.size.0),
            "height" => out["height"] = json!(shown.size.1),
            "public_metrics" if is_video => out["public_metrics"] = json!({ "view_count": numbers.video_views }),
            "non_public_metrics" if is_video => {
                let all = numbers.video_views;
                out["non_public_metrics"] = json!({
                    "playback_0_count": all, "playback_25_count": all * 3 / 4, "playback_50_count": all / 2,
                    "playback_75_count": all / 3, "playback_100_count": all / 4,
                });
            }
            _ => {}
        }
    }
    out
}

/// The id of the post that began the conversation.
fn root(world: &World, account: &Account, post: &Post) -> String {
    let mut first = post;
    while let Some(before) = first.reply_to.and_then(|id| world.posts.get(&id)) {
        first = before;
    }
    world.accounts.get(&first.account).unwrap_or(account).external_id(first)
}

fn references(world: &World, post: &Post) -> Vec<Value> {
    let answered = post.reply_to.and_then(|id| world.posts.get(&id)).and_then(|p| p.native_id.clone());
    let quoted = post.extra.get("quote_tweet_id").and_then(Value::as_str).map(ToOwned::to_owned);
    let of = |kind: &str, id: Option<String>| id.map(|id| json!({ "type": kind, "id": id }));
    of("replied_to", answered).into_iter().chain(of("quoted", quoted)).collect()
}

/// `GET /2/tweets?ids=…`: those that exist, in the order asked for; the others are errors beside them.
pub(super) fn several(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let ids: Vec<&str> = call.text("ids").unwrap_or_default().split(',').filter(|i| !i.is_empty()).collect();
    if ids.is_empty() || ids.len() > IDS_MAX {
        return Err(Problem::invalid(
            "ids",
            "",
            "The number of values in the `ids` query parameter list must be between 1 and 100",
        ));
    }
    if let Some(bad) = ids.iter().find(|id| id.len() > 19 || !id.bytes().all(|b| b.is_ascii_digit())) {
        return Err(Problem::invalid("ids", bad, &format!("The `ids` query parameter value [{bad}] is not valid")));
    }
    let world = net.world();
    let me = caller(&world, call, "tweet.read")?;
    let asked = asked(call)?;
    let (mut data, mut errors, mut included) = (Vec::new(), Vec::new(), Vec::new());
    for id in ids {
        match find(&world, call, id) {
            None => errors.push(missing("tweet", "ids", id)),
            Some((_, post)) => match asked.refused(call, &me, &post) {
                Some(field) => errors.push(hidden_field(field, id)),
                None => data.extend(entity(net, &world, call, &asked, &post, &mut included)),
            },
        }
    }
    Ok(Reply::ok(answer(&data, &errors, &included)))
}

/// Only what is there is named.
fn answer(data: &[Value], errors: &[Value], included: &[Value]) -> Value {
    let mut body = json!({});
    if !data.is_empty() {
        body["data"] = json!(data);
    }
    if !included.is_empty() {
        body["includes"] = json!({ "media": included });
    }
    if !errors.is_empty() {
        body["errors"] = json!(errors);
    }
    body
}

/// `GET /2/tweets/{id}`.
pub(super) fn one(net: &Network, call: &Call, id: &str) -> Result<Reply, Problem> {
    let world = net.world();
    let me = caller(&world, call, "tweet.read")?;
    let asked = asked(call)?;
    let mut included = Vec::new();
    let Some((_, post)) = find(&world, call, id) else {
        return Ok(Reply::ok(json!({ "errors": [missing("tweet", "id", id)] })));
    };
    if let Some(field) = asked.refused(call, &me, &post) {
        return Ok(Reply::ok(json!({ "errors": [hidden_field(field, id)] })));
    }
    let data = entity(net, &world, call, &asked, &post, &mut included);
    let mut body = answer(&[], &[], &included);
    body["data"] = json!(data);
    Ok(Reply::ok(body))
}

/// `GET /2/users/{id}/tweets`: newest first.
pub(super) fn timeline(net: &Network, call: &Call, user: &str) -> Result<Reply, Problem> {
    let world = net.world();
    caller(&world, call, "tweet.read")?;
    let asked = asked(call)?;
    let limit =
        call.text("max_results").map_or(Some(10), |t| t.parse::<usize>().ok().filter(|n| (5..=100).contains(n)));
    let limit = limit.ok_or_else(|| {
        let value = call.text("max_results").unwrap_or_default();
        Problem::invalid(
            "max_results",
            value,
            &format!("The `max_results` query parameter value [{value}] is not between 5 and 100"),
        )
    })?;
    let Some(account) = users::find(&world, user) else {
        return Ok(Reply::ok(json!({ "errors": [missing("user", "id", user)] })));
    };
    let moment = |name: &str| -> Result<Option<Timestamp>, Problem> {
        let Some(text) = call.text(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            Problem::invalid(
                name,
                text,
                &format!("The `{name}` query parameter value [{text}] is not a valid RFC3339 datetime"),
            )
        })
    };
    let (start, end) = (moment("start_time")?, moment("end_time")?);
    let below = match call.text("pagination_token") {
        None => None,
        Some(token) => Some(
            place(token)
                .ok_or_else(|| Problem::invalid("pagination_token", token, "The pagination token is not valid"))?,
        ),
    };
    let exclude = call.text("exclude").unwrap_or_default();
    let lag = Duration::from_secs(call.listing_lag_secs);
    let is_in = |p: &&Post| {
        !p.is_deleted(call.now)
            && below.is_none_or(|id| p.id < id)
            && start.is_none_or(|at| p.created_at.as_secs() >= at.as_secs())
            && end.is_none_or(|at| p.created_at < at)
            && p.created_at + lag <= call.now
            && !(exclude.contains("replies") && p.reply_to.is_some())
    };
    let mut found = world.posts_of(account.id, call.now).filter(is_in);
    let posts: Vec<&Post> = found.by_ref().take(limit).collect();
    let is_more = found.next().is_some();
    let (Some(first), Some(last)) = (posts.first(), posts.last()) else {
        return Ok(Reply::ok(json!({ "meta": { "result_count": 0 } })));
    };
    if call.empty_page {
        // Written otherwise, so that the empty page does not lead to itself.
        let next = format!("7140x{:x}", first.id + 1);
        return Ok(Reply::ok(json!({ "meta": { "result_count": 0, "next_token": next } })));
    }
    let mut meta = json!({
        "result_count": posts.len(),
        "newest_id": account.external_id(first),
        "oldest_id": account.external_id(last),
    });
    if is_more {
        meta["next_token"] = json!(format!("7140d{:x}", last.id));
    }
    let mut included = Vec::new();
    let data: Vec<Value> =
        posts.iter().filter_map(|post| entity(net, &world, call, &asked, post, &mut included)).collect();
    let mut body = answer(&data, &[], &included);
    body["meta"] = meta;
    Ok(Reply::ok(body))
}

/// The number below which a page begins.
fn place(token: &str) -> Option<u64> {
    let number = token.strip_prefix("7140d").or_else(|| token.strip_prefix("7140x"))?;
    u64::from_str_radix(number, 16).ok()
}
