//! Posts: created, changed, taken away.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::error::LiError;
use super::{assets, caller, find, find_any, little_text};
use crate::call::{Call, Content, Reply};
use crate::hooks::{ReceivedPublish, When};
use crate::media::{MediaItem, MediaKind};
use crate::network::Network;
use crate::world::{Account, DeletedBy, Event, Format, Post, World};

/// Longest text, in characters as people read it.
const TEXT_MAX: usize = 3_000;

/// How long an equal text is refused, if that is switched on.
const REPETITION: Duration = Duration::from_hours(24);

const VISIBILITIES: [&str; 3] = ["PUBLIC", "CONNECTIONS", "LOGGED_IN"];

fn missing(field: &str) -> LiError {
    LiError::input(field, "MISSING_REQUIRED_FIELD_VALUES", &format!("{field} is required"))
}

fn invalid(field: &str, why: &str) -> LiError {
    LiError::input(field, "INVALID_VALUE_FOR_FIELD", why)
}

/// `POST /rest/posts`: answers with the id in a header and no body.
pub(super) fn create(net: &Network, call: &Call) -> Result<Reply, LiError> {
    let body = call.json.clone().filter(Value::is_object).ok_or_else(|| LiError::illegal("The body is no JSON"))?;
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
    let author = text("/author").ok_or_else(|| missing("/author"))?;
    let commentary = text("/commentary").ok_or_else(|| missing("/commentary"))?;
    let visibility = text("/visibility").ok_or_else(|| missing("/visibility"))?;
    text("/distribution/feedDistribution").ok_or_else(|| missing("/distribution"))?;
    let shown = little_text::read(commentary);
    if !VISIBILITIES.contains(&visibility) {
        return Err(invalid("/visibility", "The visibility is unknown"));
    }
    if text("/lifecycleState") != Some("PUBLISHED") {
        return Err(invalid("/lifecycleState", "A post is created as PUBLISHED"));
    }
    if shown.chars().count() > TEXT_MAX {
        let why = format!("commentary has more than {TEXT_MAX} characters");
        return Err(LiError::input("/commentary", "FIELD_LENGTH_TOO_LONG", &why));
    }
    let content = body.get("content").filter(|c| !c.is_null()).cloned();
    let (account, draft) = {
        let world = net.world();
        let account = caller(&world, call)?.acts_for(&world, author, "w")?;
        let draft = read(&world, call, &account, &shown, content.as_ref())?;
        if shown.trim().is_empty() && content.is_none() {
            return Err(missing("/commentary"));
        }
        if net.settings().refuse_duplicates
            && let Some(equal) = equal(&world, call, &account, &draft)
        {
            return Err(LiError::duplicate(&equal));
        }
        (account, draft)
    };
    let extra = json!({ "commentary": commentary, "content": content });
    let kind = if draft.format == Format::Video || draft.media.len() > 1 || draft.kind.is_some() {
        "ugcPost"
    } else {
        "share"
    };
    let draft = Post { extra, visibility: visibility.to_lowercase(), ..draft };
    Ok(store(net, call, &account, draft, |id| format!("urn:li:{kind}:{id}")))
}

/// Keeps a post and answers that it was created.
pub(super) fn store(net: &Network, call: &Call, account: &Account, draft: Post, urn: impl Fn(u64) -> String) -> Reply {
    let mut received = ReceivedPublish {
        platform: call.platform,
        platform_user_id: account.network_id(),
        text: draft.text.clone(),
        idempotency_key: None,
        external_id: None,
        is_replay: false,
    };
    net.hooks.fire(&received, When::BeforeStore);
    let urn = {
        let mut world = net.world();
        let id = world.new_post_id(call.now);
        let urn = urn(id);
        world.commit(Event::Post(Post { id, native_id: Some(urn.clone()), ..draft }));
        urn
    };
    received.external_id = Some(urn.clone());
    net.hooks.fire(&received, When::AfterStore);
    let mut reply = Reply::new(201, Content::Empty);
    reply.set_header("x-restli-id", urn.clone());
    reply.set_header("x-linkedin-id", urn);
    reply.published = Some(received);
    reply
}

/// The post that the content asks for.
fn read(world: &World, call: &Call, account: &Account, text: &str, content: Option<&Value>) -> Result<Post, LiError> {
    let plain = Post::new(0, account.id, text, call.now);
    let Some(content) = content else { return Ok(plain) };
    let item = |one: &Value| -> Result<(Option<MediaItem>, String), LiError> {
        let urn = one.get("id").and_then(Value::as_str).ok_or_else(|| missing("/content/media/id"))?;
        let alt = one.get("altText").and_then(Value::as_str);
        Ok((assets::for_post(world, call, account.id, urn, alt)?, urn.to_owned()))
    };
    if let Some(media) = content.get("media") {
        let (item, urn) = item(media)?;
        let is_document = urn.starts_with("urn:li:document:");
        if is_document && media.get("title").and_then(Value::as_str).is_none_or(|t| t.trim().is_empty()) {
            return Err(missing("/content/media/title"));
        }
        let format = match item.as_ref().map(|i| i.kind) {
            Some(MediaKind::Video) => Format::Video,
            _ => Format::Photo,
        };
        let kind = is_document.then(|| "document".to_owned());
        let title = media.get("title").and_then(Value::as_str).map(ToOwned::to_owned);
        return Ok(Post { format, kind, title, media: item.into_iter().collect(), ..plain });
    }
    if let Some(images) = content.pointer("/multiImage/images").and_then(Value::as_array) {
        if !(2..=20).contains(&images.len()) {
            return Err(invalid("/content/multiImage/images", "There must be 2 to 20 images"));
        }
        let items: Result<Vec<_>, _> = images.iter().map(item).collect();
        let media: Vec<MediaItem> = items?.into_iter().filter_map(|(item, _)| item).collect();
        if media.iter().any(|m| m.kind == MediaKind::Video) {
            return Err(invalid("/content/multiImage/images", "Only images go together"));
        }
        return Ok(Post { format: Format::Photo, media, ..plain });
    }
    if let Some(article) = content.get("article") {
        let source = article.get("source").and_then(Value::as_str).ok_or_else(|| missing("/content/article/source"))?;
        let title = article.get("title").and_then(Value::as_str).ok_or_else(|| missing("/content/article/title"))?;
        if !Url::parse(source).is_ok_and(|u| matches!(u.scheme(), "http" | "https")) {
            return Err(invalid("/content/article/source", "The source is no web address"));
        }
        let (link, title) = (Some(source.to_owned()), Some(title.to_owned()));
        return Ok(Post { format: Format::Link, link, title, ..plain });
    }
    if let Some(poll) = content.get("poll") {
        let options = poll.get("options").and_then(Value::as_array).map_or(0, Vec::len);
        if !(2..=4).contains(&options) || poll.get("question").is_none() {
            return Err(invalid("/content/poll", "A poll has a question and 2 to 4 options"));
        }
        return Ok(Post { kind: Some("poll".to_owned()), ..plain });
    }
    Err(invalid("/content", "The content is of no known kind"))
}

/// The URN of an equal post of the last day.
fn equal(world: &World, call: &Call, account: &Account, draft: &Post) -> Option<String> {
    let is_fresh = |p: &&Post| p.created_at + REPETITION > call.now && p.is_visible(call.now) && p.reply_to.is_none();
    let mut fresh = world.posts_of(account.id, call.now).filter(is_fresh);
    let found = fresh.find(|p| p.text == draft.text && p.link == draft.link && p.media.len() == draft.media.len());
    found.map(|p| account.external_id(p))
}

/// `POST /rest/posts/{urn}` with `X-RestLi-Method: PARTIAL_UPDATE`: the text only.
pub(super) fn edit(net: &Network, call: &Call, urn: &str) -> Result<Reply, LiError> {
    let mut world = net.world();
    let caller = caller(&world, call)?;
    let (account, post) = find(&world, call, urn)?;
    caller.acts_for(&world, &account.network_id(), "w")?;
    let text = call.json.as_ref().and_then(|b| b.pointer("/patch/$set/commentary")).and_then(Value::as_str);
    let text = text.ok_or_else(|| missing("/patch/$set/commentary"))?;
    let mut extra = post.extra.clone();
    extra["commentary"] = json!(text);
    world.commit(Event::Post(Post { extra, ..post.clone() }));
    world.commit(Event::Edited { id: post.id, text: little_text::read(text), at: call.now });
    Ok(Reply::new(204, Content::Empty))
}

/// `DELETE /rest/posts/{urn}`: a post that was deleted already is deleted again.
pub(super) fn delete(net: &Network, call: &Call, urn: &str) -> Result<Reply, LiError> {
    let mut world = net.world();
    let caller = caller(&world, call)?;
    let (account, post) = find_any(&world, urn).ok_or_else(|| LiError::not_found(urn))?;
    caller.acts_for(&world, &account.network_id(), "w")?;
    if post.is_visible(call.now) {
        world.commit(Event::Deleted { id: post.id, at: call.now, by: DeletedBy::Author });
    }
    Ok(Reply::new(204, Content::Empty))
}
