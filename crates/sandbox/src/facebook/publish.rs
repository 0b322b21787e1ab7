//! Posts: created, changed, taken away.

use std::time::Duration;

use rookery_kernel::Timestamp;
use serde_json::{Value, json};
use url::Url;

use super::error::GraphError;
use super::media::{item_of, unused_photo};
use super::nodes::{asked, post_node, visible_post};
use super::{Caller, Who, caller, comments, page};
use crate::call::{Call, Reply};
use crate::container::Container;
use crate::hooks::{ReceivedPublish, When};
use crate::network::Network;
use crate::world::{Account, DeletedBy, Event, Format, Post};

/// Longest text, in characters.
const TEXT_MAX: usize = 63_206;

/// Photos of one post.
const PHOTOS_MAX: usize = 10;

/// How long an equal text counts as a repetition, if that is switched on.
const REPETITION: Duration = Duration::from_mins(10);

/// A page's own token is needed to write in its name.
pub(super) fn writer(net: &Network, call: &Call, page_id: &str, scope: &str) -> Result<Account, GraphError> {
    let world = net.world();
    let caller = caller(&world, call)?;
    let page = page(&world, &caller, page_id).ok_or_else(|| GraphError::unknown_object(page_id, "post"))?;
    caller.need(scope)?;
    match &caller {
        Caller { who: Who::Page(own), .. } if own.id == page.id => Ok(page),
        _ => Err(GraphError::new(
            200,
            "(#200) If posting to a page, requires both pages_read_engagement and pages_manage_posts with page token",
        )
        .status(403)),
    }
}

/// Stores a post, between the moments at which a test may act. `at` may lie ahead: then the network works
/// on it until then.
pub(super) fn put(
    net: &Network,
    call: &Call,
    page: &Account,
    text: &str,
    at: Timestamp,
    fill: impl FnOnce(Post) -> Post,
) -> (Post, ReceivedPublish) {
    let mut received = ReceivedPublish {
        platform: call.platform,
        platform_user_id: page.id.to_string(),
        text: text.to_owned(),
        idempotency_key: None,
        external_id: None,
        is_replay: false,
    };
    net.hooks.fire(&received, When::BeforeStore);
    let post = {
        let mut world = net.world();
        let post = fill(Post::new(world.new_post_id(at), page.id, text, at));
        world.commit(Event::Post(post.clone()));
        post
    };
    received.external_id = Some(page.external_id(&post));
    net.hooks.fire(&received, When::AfterStore);
    (post, received)
}

/// `POST /{page}/feed`.
pub(super) fn feed(net: &Network, call: &Call, page_id: &str) -> Result<Reply, GraphError> {
    let page = writer(net, call, page_id, "pages_manage_posts")?;
    let fields = asked(call, "id")?;
    let text = call.param("message").unwrap_or_default().trim().to_owned();
    let link = call.text("link").map(ToOwned::to_owned);
    let photos = attached(net, call, &page)?;
    if text.is_empty() && link.is_none() && photos.is_empty() {
        return Err(GraphError::parameter("The parameter message is required"));
    }
    if text.chars().count() > TEXT_MAX {
        return Err(GraphError::parameter("The status you are trying to publish is too long. Please shorten it."));
    }
    if let Some(link) = &link
        && !Url::parse(link).is_ok_and(|u| matches!(u.scheme(), "http" | "https"))
    {
        return Err(GraphError::new(1500, "(#1500) The url you supplied is invalid"));
    }
    if call.text("published") == Some("false") || call.text("scheduled_publish_time").is_some() {
        return Err(GraphError::parameter("Scheduling at the network is not simulated"));
    }
    if net.settings().refuse_duplicates && has_equal(net, call, &page, &text) {
        return Err(GraphError::new(506, "(#506) Duplicate status message").subcode(1_455_006));
    }
    let format = match (photos.is_empty(), &link) {
        (false, _) => Format::Photo,
        (true, Some(_)) => Format::Link,
        (true, None) => Format::Text,
    };
    let media = photos.iter().filter_map(item_of).collect();
    let ids: Vec<&str> = photos.iter().map(|p| p.id.as_str()).collect();
    let extra = if ids.is_empty() { Value::Null } else { json!({ "media_ids": ids }) };
    let kind = (photos.len() > 1).then(|| "album".to_owned());
    let (post, received) =
        put(net, call, &page, &text, call.now, |post| Post { link, format, media, kind, extra, ..post });
    for photo in photos {
        net.world().commit(Event::Container(photo.published(post.id)));
    }
    let mut reply = Reply::ok(post_node(net, call, &page, &post, &fields)?);
    reply.published = Some(received);
    Ok(reply)
}

/// The photos of `attached_media[0]={"media_fbid":"…"}` and so on, in this order.
fn attached(net: &Network, call: &Call, page: &Account) -> Result<Vec<Container>, GraphError> {
    let texts = call.params.iter().filter(|(name, _)| name == "attached_media" || name.starts_with("attached_media["));
    let world = net.world();
    let mut photos = Vec::new();
    for (_, text) in texts {
        let entry: Value = serde_json::from_str(text).unwrap_or_default();
        let id = entry.get("media_fbid").and_then(Value::as_str);
        let id = id.ok_or_else(|| GraphError::parameter("Param attached_media must be an array of objects"))?;
        photos.push(unused_photo(&world, call, page, id)?);
    }
    if photos.len() > PHOTOS_MAX {
        return Err(GraphError::parameter("Too many photos in attached_media"));
    }
    Ok(photos)
}

fn has_equal(net: &Network, call: &Call, page: &Account, text: &str) -> bool {
    let world = net.world();
    let is_fresh = |p: &&Post| p.created_at + REPETITION > call.now && p.is_visible(call.now);
    world
        .posts_of(page.id, call.now)
        .filter(is_fresh)
        .any(|p| !text.is_empty() && p.reply_to.is_none() && p.text == text)
}

/// `POST /{post}`.
pub(super) fn edit(net: &Network, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let (_, post) = own_post(net, call, id, "post")?;
    let text = call.text("message").ok_or_else(|| GraphError::parameter("The parameter message is required"))?;
    net.world().commit(Event::Edited { id: post.id, text: text.to_owned(), at: call.now });
    Ok(Reply::ok(json!({ "success": true })))
}

/// `DELETE /{post}`.
pub(super) fn delete(net: &Network, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let (_, post) = own_post(net, call, id, "delete")?;
    net.world().commit(Event::Deleted { id: post.id, at: call.now, by: DeletedBy::Author });
    Ok(Reply::ok(json!({ "success": true })))
}

fn own_post(net: &Network, call: &Call, id: &str, verb: &str) -> Result<(Account, Post), GraphError> {
    let world = net.world();
    let caller = caller(&world, call)?;
    let found = visible_post(&world, &caller, call, id).or_else(|| comments::visible(&world, &caller, call, id));
    let found = found.ok_or_else(|| GraphError::unknown_object(id, verb))?;
    caller.need("pages_manage_posts")?;
    Ok(found)
}
