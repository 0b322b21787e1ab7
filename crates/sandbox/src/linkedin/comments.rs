//! Comments below posts, and below comments.

use serde_json::{Value, json};

use super::error::LiError;
use super::posts::page;
use super::publish::store;
use super::{caller, find, find_any};
use crate::call::{Call, Content, Reply};
use crate::network::Network;
use crate::world::{Account, DeletedBy, Event, Post, World};

/// Longest comment.
const TEXT_MAX: usize = 1_250;

/// The post above a comment, or the post itself.
fn root<'a>(world: &'a World, post: &'a Post) -> &'a Post {
    let mut root = post;
    while let Some(above) = root.reply_to.and_then(|id| world.posts.get(&id)) {
        root = above;
    }
    root
}

fn entity(world: &World, account: &Account, comment: &Post) -> Value {
    let top = root(world, comment);
    let made = json!({ "actor": account.network_id(), "time": comment.created_at.as_millis() });
    let mut body = json!({
        "actor": account.network_id(),
        "commentUrn": account.external_id(comment),
        "id": comment.id.to_string(),
        "object": format!("urn:li:activity:{}", top.id),
        "message": { "attributes": [], "text": comment.text },
        "created": made,
        "lastModified": made,
    });
    let parent = comment.reply_to.filter(|id| *id != top.id).and_then(|id| world.posts.get(&id));
    if let Some(parent) = parent.and_then(|p| p.native_id.clone()) {
        body["parentComment"] = json!(parent);
    }
    body
}

/// `POST /rest/socialActions/{urn}/comments`.
pub(super) fn create(net: &Network, call: &Call, urn: &str) -> Result<Reply, LiError> {
    let body = call.json.clone().filter(Value::is_object).ok_or_else(|| LiError::illegal("The body is no JSON"))?;
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
    let missing = |field: &str| LiError::input(field, "MISSING_REQUIRED_FIELD_VALUES", &format!("{field} is required"));
    let actor = text("/actor").ok_or_else(|| missing("/actor"))?;
    let message = text("/message/text").ok_or_else(|| missing("/message/text"))?;
    text("/object").ok_or_else(|| missing("/object"))?;
    if message.trim().is_empty() || message.chars().count() > TEXT_MAX {
        let why = format!("A comment has 1 to {TEXT_MAX} characters");
        return Err(LiError::input("/message/text", "FIELD_LENGTH_TOO_LONG", &why));
    }
    let (account, draft, top) = {
        let world = net.world();
        let account = caller(&world, call)?.acts_for(&world, actor, "w")?;
        let (_, above) = find(&world, call, text("/parentComment").unwrap_or(urn))?;
        let top = root(&world, &above).id;
        let image = text("/content/0/entity/image");
        let item = image.map(|urn| super::assets::for_post(&world, call, account.id, urn, None)).transpose()?.flatten();
        let media = item.into_iter().collect();
        let draft = Post { reply_to: Some(above.id), media, ..Post::new(0, account.id, message, call.now) };
        (account, Post { kind: Some("comment".to_owned()), ..draft }, top)
    };
    let mut reply = store(net, call, &account, draft, |id| format!("urn:li:comment:(urn:li:activity:{top},{id})"));
    let urn = reply.published.as_ref().and_then(|p| p.external_id.clone()).unwrap_or_default();
    let world = net.world();
    let (account, comment) = find(&world, call, &urn)?;
    reply.set_header("x-restli-id", comment.id.to_string());
    reply.content = Content::Json(entity(&world, &account, &comment));
    Ok(reply)
}

/// `GET /rest/socialActions/{urn}/comments`.
pub(super) fn list(net: &Network, call: &Call, urn: &str) -> Result<Reply, LiError> {
    let world = net.world();
    let caller = caller(&world, call)?;
    let (account, post) = find(&world, call, urn)?;
    caller.acts_for(&world, &account.network_id(), "r")?;
    let elements: Vec<Value> = world
        .replies_to(post.id, call.now)
        .filter_map(|comment| Some(entity(&world, world.accounts.get(&comment.account)?, comment)))
        .collect();
    Ok(Reply::ok(page(call, elements)?))
}

/// `DELETE /rest/socialActions/{urn}/comments/{id}?actor=…`.
pub(super) fn delete(net: &Network, call: &Call, urn: &str, id: &str) -> Result<Reply, LiError> {
    let mut world = net.world();
    let caller = caller(&world, call)?;
    let actor = call.text("actor").ok_or_else(|| LiError::illegal("Parameter actor is required"))?;
    let account = caller.acts_for(&world, actor, "w")?;
    let (_, top) = find_any(&world, urn).ok_or_else(|| LiError::not_found(urn))?;
    let number = id.parse().ok().filter(|number| {
        world
            .post(*number, call.now)
            .is_some_and(|c| c.account == account.id && root(&world, c).id == root(&world, &top).id)
    });
    let number = number.ok_or_else(|| LiError::not_found(id))?;
    world.commit(Event::Deleted { id: number, at: call.now, by: DeletedBy::Author });
    Ok(Reply::new(204, Content::Empty))
}

/// `GET /rest/socialActions/{urn}`.
pub(super) fn summary(net: &Network, call: &Call, urn: &str) -> Result<Reply, LiError> {
    let world = net.world();
    let caller = caller(&world, call)?;
    let (account, post) = find(&world, call, urn)?;
    caller.acts_for(&world, &account.network_id(), "r")?;
    let numbers = net.audience.post_exact(&account, &post, call.now);
    let direct = i64::try_from(world.replies_to(post.id, call.now).count()).unwrap_or(i64::MAX);
    Ok(Reply::ok(json!({
        "target": urn,
        "likesSummary": { "totalLikes": numbers.reactions_total(), "likedByCurrentUser": false },
        "commentsSummary": { "aggregatedTotalComments": numbers.comments + direct, "totalFirstLevelComments": direct },
    })))
}
