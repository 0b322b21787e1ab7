//! The account and its posts as they are read.

use std::time::Duration;

use rookery_kernel::{Platform, Timestamp};
use serde_json::{Map, Value, json};

use super::caller;
use super::error::{Problem, ok};
use crate::call::{Call, Reply};
use crate::network::Network;
use crate::world::{Account, Format, Post};

const VIDEO_FIELDS: [&str; 15] = [
    "id",
    "create_time",
    "cover_image_url",
    "share_url",
    "video_description",
    "duration",
    "height",
    "width",
    "title",
    "embed_html",
    "embed_link",
    "like_count",
    "comment_count",
    "share_count",
    "view_count",
];

/// Fields of the account and the right that each needs.
const USER_FIELDS: [(&str, &str); 13] = [
    ("open_id", "user.info.basic"),
    ("union_id", "user.info.basic"),
    ("avatar_url", "user.info.basic"),
    ("avatar_url_100", "user.info.basic"),
    ("display_name", "user.info.basic"),
    ("bio_description", "user.info.profile"),
    ("profile_deep_link", "user.info.profile"),
    ("is_verified", "user.info.profile"),
    ("username", "user.info.profile"),
    ("follower_count", "user.info.stats"),
    ("following_count", "user.info.stats"),
    ("likes_count", "user.info.stats"),
    ("video_count", "user.info.stats"),
];

fn fields(call: &Call) -> Result<Vec<&str>, Problem> {
    let fields: Vec<&str> =
        call.text("fields").unwrap_or_default().split(',').map(str::trim).filter(|f| !f.is_empty()).collect();
    if fields.is_empty() { Err(Problem::params("Fields is required.")) } else { Ok(fields) }
}

/// `GET /v2/user/info/`.
pub(super) fn user(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let world = net.world();
    let account = caller(&world, call, "user.info.basic")?;
    let mut user = Map::new();
    for field in fields(call)? {
        let Some((_, right)) = USER_FIELDS.iter().find(|(known, _)| *known == field) else {
            return Err(Problem::params(format!("Invalid fields: {field}")));
        };
        caller(&world, call, right)?;
        let posts = || world.posts_of(account.id, call.now).filter(|p| is_public(p));
        let value = match field {
            "open_id" => json!(account.network_id()),
            "union_id" => json!(format!("u-{}", account.owner)),
            "avatar_url" | "avatar_url_100" => json!(format!("{}/media/avatar/{}.svg", call.origin, account.handle)),
            "display_name" => json!(account.name),
            "bio_description" => json!(account.bio),
            "profile_deep_link" => json!(format!("{}{}", call.origin, account.profile_path())),
            "is_verified" => json!(false),
            "username" => json!(account.handle),
            "follower_count" => json!(net.audience.followers(&account, call.now)),
            "following_count" => json!(account.followers / 10),
            "likes_count" => {
                let likes = posts().map(|p| net.audience.post_exact(&account, p, call.now).reactions_total());
                json!(likes.sum::<i64>())
            }
            _ => json!(posts().count()),
        };
        user.insert(field.to_owned(), value);
    }
    Ok(ok(call, &json!({ "user": user })))
}

fn is_public(post: &Post) -> bool {
    matches!(post.visibility.as_str(), "" | "public" | "PUBLIC_TO_EVERYONE")
}

fn video(net: &Network, call: &Call, account: &Account, post: &Post, fields: &[&str]) -> Result<Value, Problem> {
    let numbers = net.audience.post_exact(account, post, call.now);
    let page = format!("{}{}", call.origin, account.permalink_path(post));
    let item = post.media.first();
    let mut out = Map::new();
    for field in fields {
        let value = match *field {
            "id" => json!(account.external_id(post)),
            "create_time" => json!(post.created_at.as_secs()),
            "cover_image_url" => json!(format!("{}/media/post/{}.svg", call.origin, post.id)),
            "share_url" => json!(format!("{page}?utm_campaign=tt4d_open_api&utm_source=sandbox")),
            "video_description" => json!(post.text),
            "title" => json!(post.title.as_deref().unwrap_or(&post.text)),
            // Seconds; pictures last none.
            "duration" if post.format == Format::Photo => json!(0),
            "duration" => json!(item.and_then(|i| i.duration_ms).unwrap_or(21_000) / 1000),
            "height" => json!(item.map_or(1024, |i| i.height)),
            "width" => json!(item.map_or(576, |i| i.width)),
            "embed_link" => json!(page),
            "embed_html" => json!(""),
            "like_count" => json!(numbers.reactions_total()),
            "comment_count" => json!(numbers.comments),
            "share_count" => json!(numbers.shares),
            "view_count" => json!(numbers.views),
            unknown => return Err(Problem::params(format!("Invalid fields: {unknown}"))),
        };
        out.insert((*field).to_owned(), value);
    }
    Ok(Value::Object(out))
}

fn known_fields(call: &Call) -> Result<Vec<&str>, Problem> {
    let fields = fields(call)?;
    match fields.iter().find(|f| !VIDEO_FIELDS.contains(f)) {
        Some(unknown) => Err(Problem::params(format!("Invalid fields: {unknown}"))),
        None => Ok(fields),
    }
}

/// `POST /v2/video/list/`: newest first; the cursor is a time in milliseconds, and what is older follows.
pub(super) fn list(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let world = net.world();
    let account = caller(&world, call, "video.list")?;
    let fields = known_fields(call)?;
    let max = call.text("max_count").map_or(Some(10), |t| t.parse::<usize>().ok().filter(|n| (1..=20).contains(n)));
    let max = max.ok_or_else(|| Problem::params("Max count is invalid"))?;
    let below = match call.text("cursor").map(str::parse::<i64>) {
        None | Some(Ok(0)) => None,
        Some(Ok(ms)) => Some(Timestamp::from_millis(ms)),
        Some(Err(_)) => return Err(Problem::params("Cursor is invalid")),
    };
    let lag = Duration::from_secs(call.listing_lag_secs);
    let is_in = |p: &&Post| {
        is_public(p)
            && !p.is_deleted(call.now)
            && below.is_none_or(|at| p.created_at < at)
            && p.created_at + lag <= call.now
    };
    let mut found = world.posts_of(account.id, call.now).filter(is_in);
    let posts: Vec<&Post> = found.by_ref().take(max).collect();
    let has_more = found.next().is_some();
    if let Some(first) = posts.first().filter(|_| call.empty_page) {
        let next = first.created_at.as_millis() + 1;
        return Ok(ok(call, &json!({ "videos": [], "cursor": next, "has_more": true })));
    }
    let videos: Result<Vec<Value>, Problem> =
        posts.iter().map(|post| video(net, call, &account, post, &fields)).collect();
    let cursor = posts.last().map_or(0, |p| p.created_at.as_millis());
    Ok(ok(call, &json!({ "videos": videos?, "cursor": cursor, "has_more": has_more })))
}

/// `POST /v2/video/query/`: own posts by id; what is gone is left out.
pub(super) fn query(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let world = net.world();
    let account = caller(&world, call, "video.list")?;
    let fields = known_fields(call)?;
    let ids = call.json.as_ref().and_then(|b| b.pointer("/filters/video_ids")).and_then(Value::as_array);
    let ids: Vec<&str> = ids.into_iter().flatten().filter_map(Value::as_str).collect();
    if !(1..=20).contains(&ids.len()) {
        return Err(Problem::params("Video ids are missing, or there are more than 20"));
    }
    let of_id = |id: &&str| world.post_by_native(Platform::Tiktok, id, call.now).filter(|p| p.account == account.id);
    let posts = ids.iter().filter_map(of_id).filter(|p| is_public(p) && !p.is_deleted(call.now));
    let videos: Result<Vec<Value>, Problem> = posts.map(|post| video(net, call, &account, post, &fields)).collect();
    Ok(ok(call, &json!({ "videos": videos? })))
}
