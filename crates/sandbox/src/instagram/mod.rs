//! Instagram with Instagram login: the Graph API below `/instagram/{version}/`, tokens beside the
//! version, codes below `/instagram-api/`, consent below `/instagram-www/`.

mod comments;
mod insights;
mod nodes;
mod protocol;

use axum::http::Method;
use rookery_kernel::Platform;
use serde_json::json;

pub(crate) use self::protocol::Instagram;
use crate::call::{Call, Reply};
use crate::facebook::error::GraphError;
use crate::meta::containers::{self, Wish};
use crate::meta::{Shape, below, oauth};
use crate::network::Network;
use crate::world::Token;

const SHAPE: Shape = Shape {
    platform: Platform::Instagram,
    state: "status_code",
    reason: "status",
    exchange: "ig_exchange_token",
    refresh: "ig_refresh_token",
    scopes: &[
        "instagram_business_basic",
        "instagram_business_content_publish",
        "instagram_business_manage_comments",
        "instagram_business_manage_insights",
        "instagram_business_manage_messages",
    ],
    publish_scope: "instagram_business_content_publish",
    insights_scope: "instagram_business_manage_insights",
    posts_per_day: 100,
    pictures: &["image/jpeg"],
    carousel_max: 10,
    refuses_at_once: true,
    is_version,
};

/// `v20.0` to `v26.0`.
fn is_version(segment: &str) -> bool {
    let major = segment.strip_prefix('v').and_then(|v| v.strip_suffix(".0"));
    major.and_then(|m| m.parse::<u32>().ok()).is_some_and(|m| (20..=26).contains(&m))
}

/// Longest caption, in characters.
const CAPTION_MAX: usize = 2_200;
/// Most hashtags, and most people, in a caption.
const HASHTAGS_MAX: usize = 30;
const MENTIONS_MAX: usize = 20;

fn route(net: &Network, call: &Call) -> Result<Reply, GraphError> {
    let segments = call.segments();
    let get = call.method == Method::GET;
    let post = call.method == Method::POST;
    let unknown = || Err(GraphError::unknown_path(&call.path.join("/")));
    match (call.host_part.as_deref(), segments.as_slice()) {
        (Some("www"), ["oauth", "authorize"]) if get || post => return Ok(oauth::authorize(net, call, &SHAPE)),
        (Some("api"), ["oauth", "access_token"]) if post => return Ok(oauth::by_code(net, call, token_answer)),
        (Some(_), _) => return unknown(),
        (None, ["access_token"]) if get => return oauth::lengthen(net, call, &SHAPE),
        (None, ["refresh_access_token"]) if get => return oauth::refresh(net, call, &SHAPE),
        (None, _) => {}
    }
    match below(&segments, &SHAPE) {
        ["me"] if get => nodes::account(net, call, "me"),
        [id, "media"] if post => create(net, call, id),
        [id, "media_publish"] if post => containers::publish(net, call, &SHAPE, id),
        [id, "content_publishing_limit"] if get => containers::usage(net, call, &SHAPE, id),
        [id, "media"] if get => nodes::media(net, call, id, false),
        [id, "stories"] if get => nodes::media(net, call, id, true),
        [id, "insights"] if get => insights::answer(net, call, id),
        [id, "comments" | "replies"] if get => comments::list(net, call, id),
        [id, "comments" | "replies"] if post => comments::create(net, call, id),
        [id] if get => nodes::node(net, call, id),
        [id] if post => comments::change(net, call, id),
        [id] if call.method == Method::DELETE => comments::delete(net, call, id),
        _ => unknown(),
    }
}

fn token_answer(token: &Token, user: &str) -> Reply {
    let permissions = token.scopes.join(",");
    Reply::ok(json!({ "data": [{ "access_token": token.secret, "user_id": user, "permissions": permissions }] }))
}

/// `POST /{account}/media`.
fn create(net: &Network, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let caller = containers::publisher(&net.world(), call, id, &SHAPE)?;
    let kind = match (call.text("media_type"), call.is_true("is_carousel_item")) {
        (Some(kind @ ("REELS" | "STORIES" | "CAROUSEL")), false) => kind,
        (Some("VIDEO" | "REELS"), true) => "VIDEO",
        (None | Some("IMAGE"), _) => "IMAGE",
        (Some(_), _) => {
            let message = "The media type is unknown or cannot be used here; a single video is REELS.";
            return Err(GraphError::parameter(message).subcode(2_207_023));
        }
    };
    let text = call.param("caption").unwrap_or_default().to_owned();
    if text.chars().count() > CAPTION_MAX {
        return Err(GraphError::new(36_004, "The caption is too long.").subcode(2_207_010));
    }
    let words = |sign: char| text.split_whitespace().filter(|w| w.starts_with(sign) && w.len() > 1).count();
    if words('#') > HASHTAGS_MAX || words('@') > MENTIONS_MAX {
        return Err(GraphError::parameter("The caption has too many hashtags or mentions.").subcode(2_207_040));
    }
    if matches!(kind, "REELS" | "VIDEO") && call.text("video_url").is_none() {
        return Err(GraphError::parameter("The parameter video_url is required."));
    }
    let extra = json!({ "share_to_feed": call.text("share_to_feed"), "cover_url": call.text("cover_url") });
    let wish = Wish { kind: kind.to_owned(), text, link: None, reply_to: None, extra };
    containers::create(net, call, &SHAPE, &caller, &wish)
}
