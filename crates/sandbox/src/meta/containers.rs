//! Containers: made, watched, published once.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::{Caller, Shape, any_post, caller, owner};
use crate::call::{Call, Reply};
use crate::container::{Container, ContainerState};
use crate::facebook::error::GraphError;
use crate::hooks::{ReceivedPublish, When};
use crate::media::{MediaItem, MediaKind};
use crate::network::Network;
use crate::world::{Event, Format, Post, World};

/// Nobody published it in time.
const LIFE: Duration = Duration::from_hours(24);
/// Largest picture.
const PICTURE_MAX_BYTES: u64 = 8 * 1024 * 1024;
/// Longest alternative text, in characters.
const ALT_MAX: usize = 1_000;
const DAY: Duration = Duration::from_hours(24);

/// What the network made of a request for a container, before it is stored.
pub(crate) struct Wish {
    /// The network's word: TEXT, IMAGE, VIDEO, REELS, STORIES, CAROUSEL.
    pub kind: String,
    pub text: String,
    pub link: Option<String>,
    pub reply_to: Option<String>,
    /// Whatever else the post will keep.
    pub extra: Value,
}

/// The address that the network is to fetch.
pub(crate) fn wants_media(call: &Call) -> Vec<Url> {
    let named = call.text("image_url").or_else(|| call.text("video_url"));
    named.and_then(|url| url.parse().ok()).into_iter().collect()
}

/// The caller who may publish for the account.
pub(crate) fn publisher(world: &World, call: &Call, id: &str, shape: &Shape) -> Result<Caller, GraphError> {
    let caller = owner(world, call, id, "post")?;
    caller.need(shape.publish_scope)?;
    Ok(caller)
}

/// Makes a container and answers with its id.
pub(crate) fn create(
    net: &Network,
    call: &Call,
    shape: &Shape,
    caller: &Caller,
    wish: &Wish,
) -> Result<Reply, GraphError> {
    if call.text("alt_text").is_some_and(|alt| alt.chars().count() > ALT_MAX) {
        return Err(GraphError::parameter("Param alt_text must be at most 1000 characters long."));
    }
    let mut failure = None;
    let media = match wish.kind.as_str() {
        "TEXT" => Vec::new(),
        "CAROUSEL" => children(net, call, shape, caller)?,
        _ => match medium(call, shape)? {
            Ok(item) => vec![item],
            Err(reason) => {
                failure = Some(reason);
                Vec::new()
            }
        },
    };
    let data = json!({
        "text": wish.text,
        "link": wish.link,
        "reply_to": wish.reply_to,
        "is_item": call.is_true("is_carousel_item"),
        "media": media,
        "extra": wish.extra,
    });
    let settings = net.settings();
    // The number is taken when the container is there: two that come at once would have the same one.
    let mut world = net.world();
    let id = world.new_container_id(call.now);
    let mut container = Container::new(id.clone(), call, caller.account.id, &wish.kind, data);
    container.error = container.error.or(failure);
    container.expires_at = Some(call.now + LIFE);
    world.commit(Event::Container(container.process(call, &settings)));
    Ok(Reply::ok(json!({ "id": id })))
}

/// The medium that was fetched: outer errors are told at once, inner ones by the container.
fn medium(call: &Call, shape: &Shape) -> Result<Result<MediaItem, String>, GraphError> {
    let is_video = call.text("image_url").is_none();
    let Some(fetched) = call.fetched.first() else {
        let name = if call.text("image_url").is_some() || call.text("video_url").is_some() {
            "The media URI doesn't meet our requirements."
        } else {
            "The parameter image_url is required."
        };
        return Err(GraphError::parameter(name).subcode(2_207_006));
    };
    let refuse = |code: i64, subcode: i64, word: &str, message: &str| {
        if shape.refuses_at_once && (!is_video || code == 9_004) {
            Err(GraphError::new(code, message).subcode(subcode))
        } else if shape.refuses_at_once {
            Ok(Err(format!("Error: Media upload has failed with error code {subcode}")))
        } else {
            Ok(Err(word.to_owned()))
        }
    };
    let Ok(fetched) = fetched else {
        let message = "Only photo or video can be accepted as media type.";
        let word = if is_video { "FAILED_DOWNLOADING_VIDEO" } else { "UNKNOWN" };
        return refuse(9_004, 2_207_052, word, message);
    };
    let item = MediaItem::read(&fetched.bytes, call.text("alt_text"));
    match item {
        Some(item) if is_video && item.kind == MediaKind::Video => Ok(Ok(item)),
        Some(item) if !is_video && shape.pictures.contains(&item.mime.as_str()) => {
            if item.bytes > PICTURE_MAX_BYTES {
                return refuse(36_000, 2_207_004, "UNKNOWN", "The image size is too large.");
            }
            Ok(Ok(item))
        }
        _ if is_video => refuse(352, 2_207_026, "FAILED_PROCESSING_VIDEO", "The video format is not supported."),
        _ => refuse(36_001, 2_207_005, "UNKNOWN", "The image format is not supported."),
    }
}

/// The media of the children, which must be ready.
fn children(net: &Network, call: &Call, shape: &Shape, caller: &Caller) -> Result<Vec<MediaItem>, GraphError> {
    let ids: Vec<String> = call
        .list("children")
        .into_iter()
        .flat_map(|list| list.split(','))
        .map(|id| id.trim().to_owned())
        .filter(|id| !id.is_empty())
        .collect();
    if !(2..=shape.carousel_max).contains(&ids.len()) {
        let message = format!("The carousel must have 2 to {} items.", shape.carousel_max);
        return Err(GraphError::parameter(&message).subcode(2_207_028));
    }
    let world = net.world();
    let mut media = Vec::new();
    for id in ids {
        let child = world.container(call.platform, &id, call.now).filter(|c| c.account == caller.account.id);
        let child = child.filter(|c| c.data["is_item"] == true && c.state == ContainerState::Finished);
        let child = child.ok_or_else(|| {
            GraphError::parameter("One of the children is no finished item of a carousel.").subcode(2_207_008)
        })?;
        media.extend(media_of(&child));
    }
    Ok(media)
}

fn media_of(container: &Container) -> Vec<MediaItem> {
    serde_json::from_value(container.data["media"].clone()).unwrap_or_default()
}

/// `GET /{container}`; `None` if there is none of this account.
pub(crate) fn state(net: &Network, call: &Call, shape: &Shape, id: &str) -> Result<Option<Reply>, GraphError> {
    let world = net.world();
    let caller = caller(&world, call)?;
    let found = world.container(call.platform, id, call.now).filter(|c| c.account == caller.account.id);
    drop(world);
    let Some(container) = found else { return Ok(None) };
    caller.need(shape.scopes[0])?;
    let word = match container.state {
        ContainerState::Open | ContainerState::InProgress => "IN_PROGRESS",
        ContainerState::Finished => "FINISHED",
        ContainerState::Error => "ERROR",
        ContainerState::Expired => "EXPIRED",
        ContainerState::Published => "PUBLISHED",
    };
    let mut node = json!({ "id": container.id, shape.state: word });
    let failure = container.error.filter(|_| container.state == ContainerState::Error);
    node[shape.reason] = match (shape.refuses_at_once, failure) {
        (true, Some(reason)) if reason.starts_with("Error") => json!(reason),
        (true, Some(reason)) => json!(format!("Error: {reason}")),
        (true, None) => json!(format!("{word}: Media status.")),
        (false, reason) => json!(reason),
    };
    Ok(Some(Reply::ok(super::shaped(call, "id", &node, "Container")?)))
}

/// Makes a container public.
pub(crate) fn publish(net: &Network, call: &Call, shape: &Shape, id: &str) -> Result<Reply, GraphError> {
    let (caller, container, used) = {
        let world = net.world();
        let caller = publisher(&world, call, id, shape)?;
        let creation =
            call.text("creation_id").ok_or_else(|| GraphError::parameter("The parameter creation_id is required."))?;
        let found = world.container(call.platform, creation, call.now);
        let container = found.filter(|c| c.account == caller.account.id && c.data["is_item"] != true);
        let container = container.ok_or_else(|| missing(2_207_006))?;
        let used = posts_today(&world, call, caller.account.id);
        (caller, container, used)
    };
    match container.state {
        ContainerState::Finished => {}
        ContainerState::Open | ContainerState::InProgress => {
            return Err(GraphError::new(9_007, "Media ID is not available").subcode(2_207_027));
        }
        ContainerState::Error => return Err(GraphError::new(-1, "Fatal").subcode(2_207_032)),
        ContainerState::Expired => return Err(missing(2_207_008)),
        ContainerState::Published => return Err(missing(2_207_006)),
    }
    if used >= shape.posts_per_day {
        let message = "Application request limit reached: too many posts in 24 hours";
        return Err(GraphError::new(9, message).subcode(2_207_042).status(403));
    }
    let text = container.data["text"].as_str().unwrap_or_default().to_owned();
    let mut received = ReceivedPublish {
        platform: call.platform,
        platform_user_id: caller.account.network_id(),
        text: text.clone(),
        idempotency_key: None,
        external_id: None,
        is_replay: false,
    };
    net.hooks.fire(&received, When::BeforeStore);
    let post = {
        let mut world = net.world();
        let media = media_of(&container);
        let link = container.data["link"].as_str().map(ToOwned::to_owned);
        let answered = container.data["reply_to"].as_str().and_then(|id| any_post(&world, call, id)).map(|p| p.id);
        let post = Post {
            format: match media.first().map(|m| m.kind) {
                Some(MediaKind::Video) => Format::Video,
                Some(MediaKind::Image | MediaKind::Gif) => Format::Photo,
                None if link.is_some() => Format::Link,
                None => Format::Text,
            },
            link,
            reply_to: answered,
            kind: word(&container.kind),
            extra: container.data["extra"].clone(),
            media,
            ..Post::new(world.new_post_id(call.now), caller.account.id, text, call.now)
        };
        world.commit(Event::Post(post.clone()));
        world.commit(Event::Container(container.published(post.id)));
        post
    };
    received.external_id = Some(caller.account.external_id(&post));
    net.hooks.fire(&received, When::AfterStore);
    let mut reply = Reply::ok(json!({ "id": post.id.to_string() }));
    reply.published = Some(received);
    Ok(reply)
}

fn word(kind: &str) -> Option<String> {
    Some(match kind {
        "CAROUSEL" => "carousel".to_owned(),
        "REELS" => "reel".to_owned(),
        "STORIES" => "story".to_owned(),
        _ => return None,
    })
}

fn missing(subcode: i64) -> GraphError {
    GraphError::new(24, "The requested resource does not exist").subcode(subcode)
}

fn posts_today(world: &World, call: &Call, account: u64) -> u32 {
    let is_new = |p: &&Post| p.created_at + DAY > call.now && !p.is_history && p.kind.as_deref() != Some("comment");
    u32::try_from(world.posts_of(account, call.now).filter(is_new).count()).unwrap_or(u32::MAX)
}

/// `GET /{account}/…publishing_limit`.
pub(crate) fn usage(net: &Network, call: &Call, shape: &Shape, id: &str) -> Result<Reply, GraphError> {
    let world = net.world();
    let caller = owner(&world, call, id, "get")?;
    let used = posts_today(&world, call, caller.account.id);
    let config = json!({ "quota_total": shape.posts_per_day, "quota_duration": DAY.as_secs() });
    Ok(Reply::ok(json!({ "data": [{ "quota_usage": used, "config": config }] })))
}
