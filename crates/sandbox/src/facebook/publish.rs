//! Posts: created, changed, taken away.

use std::time::Duration;

use serde_json::json;
use url::Url;

use super::error::GraphError;
use super::nodes::{asked, post_node, visible_post};
use super::{Caller, Who, caller, page};
use crate::call::{Call, Reply};
use crate::hooks::{ReceivedPublish, When};
use crate::network::Network;
use crate::world::{Account, DeletedBy, Event, Format, Post};

/// Longest text, in characters.
const TEXT_MAX: usize = 63_206;

/// How long an equal text counts as a repetition, if that is switched on.
const REPETITION: Duration = Duration::from_mins(10);

/// A page's own token is needed to write in its name.
fn writer(net: &Network, call: &Call, page_id: &str) -> Result<Account, GraphError> {
    let world = net.world();
    let caller = caller(&world, call)?;
    let page = page(&world, &caller, page_id).ok_or_else(|| GraphError::unknown_object(page_id, "post"))?;
    caller.need("pages_manage_posts")?;
    match &caller {
        Caller { who: Who::Page(own), .. } if own.id == page.id => Ok(page),
        _ => Err(GraphError::new(
            200,
            "(#200) If posting to a page, requires both pages_read_engagement and pages_manage_posts with page token",
        )
        .status(403)),
    }
}

/// `POST /{page}/feed`.
pub(super) fn feed(net: &Network, call: &Call, page_id: &str) -> Result<Reply, GraphError> {
    let page = writer(net, call, page_id)?;
    let fields = asked(call, "id")?;
    let text = call.param("message").unwrap_or_default().trim().to_owned();
    let link = call.text("link").map(ToOwned::to_owned);
    if text.is_empty() && link.is_none() {
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
    let format = if link.is_some() { Format::Link } else { Format::Text };
    let mut received = ReceivedPublish {
        platform: call.platform,
        platform_user_id: page.id.to_string(),
        text: text.clone(),
        idempotency_key: None,
        external_id: None,
        is_replay: false,
    };
    if net.settings().refuse_duplicates && has_equal(net, call, &page, &text) {
        return Err(GraphError::new(506, "(#506) Duplicate status message").subcode(1_455_006));
    }
    net.hooks.fire(&received, When::BeforeStore);
    let post = {
        let mut world = net.world();
        let post = Post { link, format, ..Post::new(world.new_post_id(call.now), page.id, text, call.now) };
        world.commit(Event::Post(post.clone()));
        post
    };
    received.external_id = Some(page.external_id(&post));
    net.hooks.fire(&received, When::AfterStore);
    let mut reply = Reply::ok(post_node(net, call, &page, &post, &fields)?);
    reply.published = Some(received);
    Ok(reply)
}

fn has_equal(net: &Network, call: &Call, page: &Account, text: &str) -> bool {
    let world = net.world();
    let is_fresh = |p: &&Post| p.created_at + REPETITION > call.now && p.is_visible(call.now);
    world.posts_of(page.id, call.now).filter(is_fresh).any(|p| p.text == text)
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
    let found = visible_post(&world, &caller, call, id).ok_or_else(|| GraphError::unknown_object(id, verb))?;
    caller.need("pages_manage_posts")?;
    Ok(found)
}
