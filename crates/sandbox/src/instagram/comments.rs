//! Comments: posts of the kind `comment` that answer a post or another comment.

use serde_json::{Value, json};

use crate::call::{Call, Reply};
use crate::facebook::error::GraphError;
use crate::hooks::{ReceivedPublish, When};
use crate::meta::{any_post, caller, own_post, shaped, time};
use crate::network::Network;
use crate::world::{Account, DeletedBy, Event, Post};

const SCOPE: &str = "instagram_business_manage_comments";
pub(super) const KIND: &str = "comment";

/// `GET /{post}/comments` and `/{comment}/replies`, newest first.
pub(super) fn list(net: &Network, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let world = net.world();
    caller(&world, call)?.need(SCOPE)?;
    let target = any_post(&world, call, id).ok_or_else(|| GraphError::unknown_object(id, "get"))?;
    let mut data = Vec::new();
    for comment in world.replies_to(target.id, call.now).rev() {
        if let Some(author) = world.accounts.get(&comment.account) {
            data.push(shaped(call, "timestamp,text,id", &node(author, comment), "IGComment")?);
        }
    }
    Ok(Reply::ok(json!({ "data": data })))
}

pub(super) fn node(author: &Account, comment: &Post) -> Value {
    json!({
        "id": comment.id.to_string(),
        "text": comment.text,
        "timestamp": time(comment.created_at),
        "username": author.handle,
        "from": { "id": author.network_id(), "username": author.handle },
        "like_count": 0,
        "hidden": comment.extra["hidden"] == true,
        "replies": Value::Null,
        "parent_id": Value::Null,
    })
}

/// `POST /{post}/comments` and `/{comment}/replies`. With `fields` the comment is made **and** an error
/// is answered, as at the real network.
pub(super) fn create(net: &Network, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let (caller, target) = {
        let world = net.world();
        let caller = caller(&world, call)?;
        caller.need(SCOPE)?;
        (caller, any_post(&world, call, id).ok_or_else(|| GraphError::unknown_object(id, "post"))?)
    };
    let text = call.text("message").ok_or_else(|| GraphError::parameter("The parameter message is required"))?;
    if text.chars().count() > super::CAPTION_MAX {
        return Err(GraphError::parameter("The comment is too long."));
    }
    let mut received = ReceivedPublish {
        platform: call.platform,
        platform_user_id: caller.account.network_id(),
        text: text.to_owned(),
        idempotency_key: None,
        external_id: None,
        is_replay: false,
    };
    net.hooks.fire(&received, When::BeforeStore);
    let comment = {
        let mut world = net.world();
        let comment = Post {
            reply_to: Some(target.id),
            kind: Some(KIND.to_owned()),
            ..Post::new(world.new_post_id(call.now), caller.account.id, text, call.now)
        };
        world.commit(Event::Post(comment.clone()));
        comment
    };
    received.external_id = Some(comment.id.to_string());
    net.hooks.fire(&received, When::AfterStore);
    let mut reply = if call.text("fields").is_some() {
        GraphError::new(20, "The comment was created, but its fields cannot be read.").subcode(1_772_107).reply(call)
    } else {
        Reply::ok(json!({ "id": comment.id.to_string() }))
    };
    reply.published = Some(received);
    Ok(reply)
}

/// `POST /{comment}?hide=` and `POST /{post}?comment_enabled=`.
pub(super) fn change(net: &Network, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let mut world = net.world();
    let caller = caller(&world, call)?;
    caller.need(SCOPE)?;
    let post = any_post(&world, call, id).ok_or_else(|| GraphError::unknown_object(id, "post"))?;
    let Some(name) = ["hide", "comment_enabled"].into_iter().find(|name| call.text(name).is_some()) else {
        return Err(GraphError::parameter("The parameter comment_enabled is required"));
    };
    let mut extra = if post.extra.is_object() { post.extra.clone() } else { json!({}) };
    extra[if name == "hide" { "hidden" } else { name }] = json!(call.is_true(name));
    world.commit(Event::Post(Post { extra, ..post }));
    Ok(Reply::ok(json!({ "success": true })))
}

/// `DELETE /{comment}`; posts cannot be deleted by apps.
pub(super) fn delete(net: &Network, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let mut world = net.world();
    let (caller, comment) = own_post(&world, call, id, "delete")?;
    caller.need(SCOPE)?;
    if comment.kind.as_deref() != Some(KIND) {
        return Err(GraphError::unknown_object(id, "delete"));
    }
    world.commit(Event::Deleted { id: comment.id, at: call.now, by: DeletedBy::Author });
    Ok(Reply::ok(json!({ "success": true })))
}
