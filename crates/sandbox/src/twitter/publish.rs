//! Posts: created and taken away.

use std::time::Duration;

use serde_json::{Value, json};

use super::error::Problem;
use super::posts::{find, shown_text};
use super::text::{addresses, weight};
use super::{caller, media, native};
use crate::call::{Call, Reply};
use crate::hooks::{ReceivedPublish, When};
use crate::media::MediaKind;
use crate::network::Network;
use crate::world::{Account, DeletedBy, Event, Format, Post, World};

/// Longest text, weighted.
const TEXT_MAX: usize = 280;

/// How long an equal text is refused, if that is switched on.
const REPETITION: Duration = Duration::from_hours(24);

const KEYS: [&str; 14] = [
    "text",
    "media",
    "reply",
    "quote_tweet_id",
    "poll",
    "reply_settings",
    "community_id",
    "paid_partnership",
    "made_with_ai",
    "for_super_followers_only",
    "direct_message_deep_link",
    "geo",
    "nullcast",
    "share_with_followers",
];

/// `POST /2/tweets`.
pub(super) fn create(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let account = caller(&net.world(), call, "tweet.write")?;
    let body = call.json.as_ref().filter(|b| b.is_object());
    let body = body.ok_or_else(|| {
        Problem::invalid("body", "", "Requests with bodies must have content-type of application/json.")
    })?;
    let draft = read(net, call, &account, body)?;
    let mut received = ReceivedPublish {
        platform: call.platform,
        platform_user_id: account.id.to_string(),
        text: draft.text.clone(),
        idempotency_key: None,
        external_id: None,
        is_replay: false,
    };
    net.hooks.fire(&received, When::BeforeStore);
    let post = {
        let mut world = net.world();
        let id = world.new_post_id(call.now);
        let post = Post { id, native_id: Some(native(id)), ..draft };
        world.commit(Event::Post(post.clone()));
        post
    };
    let id = account.external_id(&post);
    received.external_id = Some(id.clone());
    net.hooks.fire(&received, When::AfterStore);
    let (text, _) = shown_text(net, call, &account, &post);
    let mut reply = Reply::json(201, json!({ "data": { "id": id, "text": text, "edit_history_tweet_ids": [id] } }));
    reply.published = Some(received);
    Ok(reply)
}

/// The post that the body asks for, checked; its id is still to come.
fn read(net: &Network, call: &Call, account: &Account, body: &Value) -> Result<Post, Problem> {
    if let Some(unknown) = body.as_object().into_iter().flatten().map(|(k, _)| k).find(|k| !KEYS.contains(&k.as_str()))
    {
        return Err(Problem::invalid(
            unknown,
            "",
            &format!("$.{unknown}: is not defined in the schema and the schema does not allow additional properties"),
        ));
    }
    let text = body.get("text").and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let ids: Vec<&str> = body
        .pointer("/media/media_ids")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if text.is_empty() && ids.is_empty() {
        return Err(Problem::invalid("text", "", "You must provide text, media, poll or quote in a post."));
    }
    if weight(&text) > TEXT_MAX {
        return Err(Problem::forbidden(
            "Your Tweet text is too long. For more information on how Twitter determines text length see https://github.com/twitter/twitter-text.",
        ));
    }
    if !ids.is_empty() && body.get("poll").is_some_and(|p| !p.is_null()) {
        return Err(Problem::invalid("poll", "", "A post has media or a poll, not both."));
    }
    let is_repeated = net.settings().refuse_duplicates && has_equal(&net.world(), call, account, &text);
    if is_repeated {
        return Err(Problem::forbidden("You are not allowed to create a Tweet with duplicate content."));
    }
    let world = net.world();
    let media = media::for_post(&world, call, account.id, &ids)?;
    let reply_to =
        body.get("reply").filter(|r| !r.is_null()).map(|reply| answered(&world, call, account, reply)).transpose()?;
    let link = addresses(&text).first().map(|place| text[place.clone()].to_owned());
    let format = match media.first().map(|m| m.kind) {
        Some(MediaKind::Image) => Format::Photo,
        Some(MediaKind::Gif | MediaKind::Video) => Format::Video,
        None if link.is_some() => Format::Link,
        None => Format::Text,
    };
    let kept: Value = body
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(k, _)| !["text", "reply"].contains(&k.as_str()))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect::<serde_json::Map<_, _>>()
        .into();
    Ok(Post {
        link,
        format,
        media,
        reply_to,
        kind: body.get("poll").filter(|p| !p.is_null()).map(|_| "poll".to_owned()),
        extra: kept,
        ..Post::new(0, account.id, text, call.now)
    })
}

/// The post that is answered. One answers one's own posts, and those of people who mentioned one.
fn answered(world: &World, call: &Call, account: &Account, reply: &Value) -> Result<u64, Problem> {
    let id = reply.get("in_reply_to_tweet_id").and_then(Value::as_str).ok_or_else(|| {
        Problem::invalid("$.reply", "{}", "$.reply.in_reply_to_tweet_id: is missing but it is required")
    })?;
    let (author, post) = find(world, call, id).ok_or_else(|| {
        Problem::forbidden("You attempted to reply to a Tweet that is deleted or not visible to you.")
    })?;
    let mention = format!("@{}", account.handle.to_lowercase());
    if author.id != account.id && !post.text.to_lowercase().contains(&mention) {
        return Err(Problem::forbidden(
            "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author of the post you are replying to.",
        ));
    }
    Ok(post.id)
}

fn has_equal(world: &World, call: &Call, account: &Account, text: &str) -> bool {
    let is_fresh = |p: &&Post| p.created_at + REPETITION > call.now && p.is_visible(call.now);
    world.posts_of(account.id, call.now).filter(is_fresh).any(|p| p.text == text)
}

/// `DELETE /2/tweets/{id}`.
pub(super) fn delete(net: &Network, call: &Call, id: &str) -> Result<Reply, Problem> {
    let mut world = net.world();
    let me = caller(&world, call, "tweet.write")?;
    let (author, post) = find(&world, call, id)
        .ok_or_else(|| Problem::blank(404, "Not Found Error", &format!("Could not find tweet with id: [{id}].")))?;
    if author.id != me.id {
        return Err(Problem::forbidden("You are not authorized to delete this Tweet."));
    }
    world.commit(Event::Deleted { id: post.id, at: call.now, by: DeletedBy::Author });
    Ok(Reply::ok(json!({ "data": { "deleted": true } })))
}
