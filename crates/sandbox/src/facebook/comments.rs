//! Comments of a page below its posts, and answers to them.

use serde_json::{Value, json};

use super::error::GraphError;
use super::fields::{Field, select};
use super::listing::{cursor, limit};
use super::media::{item_of, unused_photo};
use super::nodes::{asked, counted, object, unknown_field, visible_post};
use super::publish::{put, writer};
use super::{Caller, Who, caller, time};
use crate::call::{Call, Reply};
use crate::network::Network;
use crate::world::{Account, Event, Post, World};
use rookery_kernel::Platform;

/// Longest comment, in characters.
const TEXT_MAX: usize = 8_000;

/// A comment that exists for this token; its id is `{post}_{comment}`.
pub(super) fn visible(world: &World, caller: &Caller, call: &Call, id: &str) -> Option<(Account, Post)> {
    let comment = world.post_by_native(Platform::Facebook, id, call.now)?;
    let page = world.accounts.get(&comment.account).filter(|p| caller.may_see(p))?;
    Some((page.clone(), comment.clone()))
}

/// `POST /{post}/comments` and `POST /{comment}/comments`.
pub(super) fn create(net: &Network, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let (page_id, target) = {
        let world = net.world();
        let caller = caller(&world, call)?;
        let found = visible_post(&world, &caller, call, id).or_else(|| visible(&world, &caller, call, id));
        let (_, target) = found.ok_or_else(|| GraphError::unknown_object(id, "post"))?;
        let Who::Page(page) = &caller.who else {
            return Err(GraphError::permission("pages_manage_engagement"));
        };
        (page.id.to_string(), target)
    };
    let page = writer(net, call, &page_id, "pages_manage_engagement")?;
    let fields = asked(call, "id")?;
    let text = call.param("message").unwrap_or_default().trim().to_owned();
    let photo = match call.text("attachment_id") {
        Some(id) => Some(unused_photo(&net.world(), call, &page, id)?),
        None => None,
    };
    if text.is_empty() && photo.is_none() {
        return Err(GraphError::parameter("The parameter message is required"));
    }
    if text.chars().count() > TEXT_MAX {
        return Err(GraphError::parameter("The comment you are trying to publish is too long."));
    }
    // The tree has two levels: an answer to an answer hangs below the same comment.
    let root =
        target.native_id.as_deref().and_then(|n| n.split('_').next()).map_or(target.id.to_string(), str::to_owned);
    let media = photo.as_ref().and_then(item_of).into_iter().collect();
    let extra = photo.as_ref().map_or(Value::Null, |p| json!({ "media_ids": [p.id] }));
    let (comment, received) = put(net, call, &page, &text, call.now, |post| Post {
        native_id: Some(format!("{root}_{}", post.id)),
        reply_to: Some(target.id),
        media,
        extra,
        ..post
    });
    if let Some(photo) = photo {
        net.world().commit(Event::Container(photo.published(comment.id)));
    }
    let mut reply = Reply::ok(node(call, &page, &comment, &fields)?);
    reply.published = Some(received);
    Ok(reply)
}

/// `GET /{object}/comments`: with `filter=stream` the answers to comments too. What others wrote is
/// counted and not listed.
pub(super) fn list(net: &Network, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let fields = asked(call, "created_time,from,message,id")?;
    let limit = limit(call)?;
    let world = net.world();
    let caller = caller(&world, call)?;
    let found = visible_post(&world, &caller, call, id).or_else(|| visible(&world, &caller, call, id));
    let (page, post) = found.ok_or_else(|| GraphError::unknown_object(id, "get"))?;
    let mut comments: Vec<&Post> = world.replies_to(post.id, call.now).collect();
    if call.text("filter") == Some("stream") {
        let below: Vec<&Post> = comments.iter().flat_map(|c| world.replies_to(c.id, call.now)).collect();
        comments.extend(below);
    }
    comments.sort_by_key(|c| (c.created_at, c.id));
    if matches!(call.text("order"), Some("reverse_chronological")) {
        comments.reverse();
    }
    let start = call.text("after").and_then(|c| comments.iter().position(|p| cursor(p.id) == c)).map_or(0, |at| at + 1);
    let shown: Vec<&Post> = comments.iter().skip(start).take(limit).copied().collect();
    let data: Result<Vec<Value>, GraphError> = shown
        .iter()
        .map(|comment| node(call, world.accounts.get(&comment.account).unwrap_or(&page), comment, &fields))
        .collect();
    let mut field = Field::named("comments");
    if let Some(summary) = call.text("summary") {
        field.modifiers.push(("summary".to_owned(), summary.to_owned()));
    }
    let of_others = net.audience.post_exact(&page, &post, call.now).comments;
    let total = of_others.saturating_add(i64::try_from(comments.len()).unwrap_or(i64::MAX));
    let mut body = counted(&field, total);
    body["data"] = data?.into();
    if let (Some(first), Some(last)) = (shown.first(), shown.last()) {
        let after = cursor(last.id);
        body["paging"] = json!({ "cursors": { "before": cursor(first.id), "after": after } });
        if start + shown.len() < comments.len() {
            body["paging"]["next"] = json!(super::listing::link(call, &[("after", &after)]));
        }
    }
    Ok(Reply::ok(body))
}

/// A comment with the fields that were asked for.
pub(super) fn node(call: &Call, page: &Account, comment: &Post, fields: &[Field]) -> Result<Value, GraphError> {
    object(&page.external_id(comment), fields, &mut |field| {
        Ok(match field.name.as_str() {
            "id" | "parent" | "object" => None,
            "message" => Some(json!(comment.text)),
            "created_time" => Some(json!(time(comment.created_at))),
            "permalink_url" => Some(json!(format!("{}{}", call.origin, page.permalink_path(comment)))),
            "from" => Some(select(json!({ "name": page.name, "id": page.id.to_string() }), &field.sub)),
            "is_hidden" => Some(json!(false)),
            "like_count" | "comment_count" => Some(json!(0)),
            "can_remove" => Some(json!(true)),
            "attachment" => comment.extra.pointer("/media_ids/0").map(|id| {
                select(
                    json!({ "type": "photo", "target": { "id": id }, "url": format!("{}/x", call.origin) }),
                    &field.sub,
                )
            }),
            name => return Err(unknown_field(name, "Comment")),
        })
    })
}
