//! Posts and comments: taken, and taken away.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::error::ApiError;
use super::things::{number, path, thing, whole_id};
use super::{accepted, caller, media};
use crate::call::{Call, Reply};
use crate::hooks::{ReceivedPublish, When};
use crate::media::{MediaItem, MediaKind};
use crate::network::Network;
use crate::world::{Account, DeletedBy, Event, Format, Post};

const TITLE_MAX: usize = 300;
const TEXT_MAX: usize = 40_000;
const COMMENT_MAX: usize = 10_000;

/// What came, found good.
struct Draft {
    community: String,
    title: String,
    text: String,
    link: Option<String>,
    media: Vec<MediaItem>,
    /// How long Reddit works on the media.
    delay: u64,
}

fn missing(field: &'static str) -> ApiError {
    ApiError::form("NO_TEXT", "we need something here", field)
}

/// Community, title and words of a post.
fn words(call: &Call, account: &Account) -> Result<(String, String, String), ApiError> {
    let community =
        call.text("sr").ok_or_else(|| ApiError::form("SUBREDDIT_REQUIRED", "you must specify a subreddit", "sr"))?;
    let is_name =
        community.len() <= 30 && community.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if !is_name || community.starts_with("nosuch") {
        return Err(ApiError::form(
            "SUBREDDIT_NOEXIST",
            "Hmm, that community doesn't exist. Try checking the spelling.",
            "sr",
        ));
    }
    if community.strip_prefix("u_").is_some_and(|owner| !owner.eq_ignore_ascii_case(&account.handle)) {
        return Err(ApiError::form("SUBREDDIT_NOTALLOWED", "You aren't allowed to post there.", "sr"));
    }
    let title = call.text("title").ok_or_else(|| missing("title"))?;
    if title.chars().count() > TITLE_MAX {
        return Err(ApiError::form("TOO_LONG", format!("this is too long (max: {TITLE_MAX})"), "title"));
    }
    let text = call.param("text").unwrap_or_default().trim();
    if text.chars().count() > TEXT_MAX {
        return Err(ApiError::form("TOO_LONG", format!("this is too long (max: {TEXT_MAX})"), "text"));
    }
    Ok((community.to_owned(), title.to_owned(), text.to_owned()))
}

/// `/api/submit`.
pub(super) fn submit(net: &Network, call: &Call) -> Result<Reply, ApiError> {
    let account = caller(&net.world(), call, "submit")?;
    let (community, title, text) = words(call, &account)?;
    let kind = call.text("kind").unwrap_or_default();
    let address = || call.text("url").ok_or_else(|| ApiError::form("NO_URL", "a url is required", "url"));
    let mut draft = Draft { community, title, text, link: None, media: Vec::new(), delay: 0 };
    match kind {
        "self" => {}
        "link" => {
            let link = address()?;
            if !Url::parse(link).is_ok_and(|u| matches!(u.scheme(), "http" | "https")) {
                return Err(ApiError::form("BAD_URL", "you should check that url", "url"));
            }
            draft.link = Some(link.to_owned());
        }
        "image" | "video" | "videogif" => {
            let found = media::uploaded(&net.world(), &account, address()?);
            let wanted_video = kind != "image";
            let (item, slow) = found
                .filter(|(item, _)| (item.kind == MediaKind::Video) == wanted_video)
                .ok_or_else(|| ApiError::form("IMAGE_ERROR", "Invalid media URL", "url"))?;
            let poster = call.text("video_poster_url").and_then(|url| media::uploaded(&net.world(), &account, url));
            if wanted_video && poster.is_none_or(|(item, _)| item.kind == MediaKind::Video) {
                return Err(ApiError::form("MISSING_VIDEO_URLS", "a video needs a poster", "video_poster_url"));
            }
            draft.delay = net.settings().container_delay_secs + slow.max(call.container_slow_secs);
            draft.media.push(item);
        }
        _ => return Err(ApiError::form("INVALID_OPTION", "that option is not valid", "kind")),
    }
    let later = !draft.media.is_empty();
    let (post, received) = store(net, call, &account, draft);
    let data = if later {
        json!({
            "user_submitted_page": format!("{}/user/{}/submitted/", call.base_of("www"), account.handle),
            "websocket_url": format!("wss://ws.sandbox.test/{}", post.id),
        })
    } else {
        let id = whole_id(&post);
        let url = format!("{}{}", call.base_of("www"), path(&net.world(), &account, &post));
        json!({ "url": url, "drafts_count": 0, "id": &id[3..], "name": id })
    };
    Ok(Reply { published: Some(received), ..accepted(&data) })
}

/// `/api/submit_gallery_post.json`: tells the id at once.
pub(super) fn gallery(net: &Network, call: &Call) -> Result<Reply, ApiError> {
    let account = caller(&net.world(), call, "submit")?;
    let (community, title, text) = words(call, &account)?;
    let items = call.json.as_ref().and_then(|b| b.get("items")).and_then(Value::as_array).cloned().unwrap_or_default();
    if items.len() < 2 || items.len() > 20 {
        return Err(ApiError::form("INVALID_OPTION", "a gallery has 2 to 20 images", "items"));
    }
    let mut draft = Draft { community, title, text, link: None, media: Vec::new(), delay: 0 };
    for item in &items {
        let named = item.get("media_id").and_then(Value::as_str).unwrap_or_default();
        let found = media::uploaded(&net.world(), &account, named).filter(|(item, _)| item.kind != MediaKind::Video);
        let (found, _) = found.ok_or_else(|| ApiError::form("IMAGE_ERROR", "Invalid media id", "items"))?;
        let caption = item.get("caption").and_then(Value::as_str).filter(|c| !c.is_empty());
        draft.media.push(MediaItem { alt: caption.map(ToOwned::to_owned), ..found });
    }
    let (post, received) = store(net, call, &account, draft);
    let url = format!("{}{}", call.base_of("www"), path(&net.world(), &account, &post));
    Ok(Reply { published: Some(received), ..accepted(&json!({ "url": url, "id": whole_id(&post) })) })
}

fn store(net: &Network, call: &Call, account: &Account, draft: Draft) -> (Post, ReceivedPublish) {
    let mut received = ReceivedPublish {
        platform: call.platform,
        platform_user_id: account.network_id(),
        text: draft.text.clone(),
        idempotency_key: None,
        external_id: None,
        is_replay: false,
    };
    net.hooks.fire(&received, When::BeforeStore);
    let post = {
        let mut world = net.world();
        // It is listed when Reddit is done with it.
        let at = call.now + Duration::from_secs(draft.delay);
        let format = match draft.media.first().map(|m| m.kind) {
            Some(MediaKind::Video) => Format::Video,
            Some(_) => Format::Photo,
            None if draft.link.is_some() => Format::Link,
            None => Format::Text,
        };
        let mut post = Post {
            title: Some(draft.title),
            link: draft.link,
            format,
            kind: (draft.media.len() > 1).then(|| "carousel".to_owned()),
            media: draft.media,
            extra: json!({ "sr": draft.community, "flair_id": call.text("flair_id") }),
            ..Post::new(world.new_post_id(at), account.id, draft.text, at)
        };
        post.native_id = Some(whole_id(&post));
        world.commit(Event::Post(post.clone()));
        post
    };
    received.external_id = Some(whole_id(&post));
    net.hooks.fire(&received, When::AfterStore);
    (post, received)
}

/// `/api/comment`.
pub(super) fn comment(net: &Network, call: &Call) -> Result<Reply, ApiError> {
    let account = caller(&net.world(), call, "submit")?;
    let text = call.text("text").ok_or_else(|| missing("text"))?.to_owned();
    if text.chars().count() > COMMENT_MAX {
        return Err(ApiError::form("TOO_LONG", format!("this is too long (max: {COMMENT_MAX})"), "text"));
    }
    let named = call.text("thing_id").ok_or_else(|| ApiError::form("NO_THING_ID", "id not specified", "parent"))?;
    let above = number(named).and_then(|id| net.world().post(id, call.now).map(|p| p.id));
    let above = above.ok_or_else(|| ApiError::form("DELETED_COMMENT", "that comment has been deleted", "parent"))?;
    let mut received = ReceivedPublish {
        platform: call.platform,
        platform_user_id: account.network_id(),
        text: text.clone(),
        idempotency_key: None,
        external_id: None,
        is_replay: false,
    };
    net.hooks.fire(&received, When::BeforeStore);
    let post = {
        let mut world = net.world();
        let mut post =
            Post { reply_to: Some(above), ..Post::new(world.new_post_id(call.now), account.id, text, call.now) };
        post.native_id = Some(whole_id(&post));
        world.commit(Event::Post(post.clone()));
        post
    };
    received.external_id = Some(whole_id(&post));
    net.hooks.fire(&received, When::AfterStore);
    let told = thing(net, &net.world(), call, &account, &post);
    Ok(Reply { published: Some(received), ..accepted(&json!({ "things": [told] })) })
}

/// `/api/del`: says yes to everything; only what is one's own is taken away.
pub(super) fn delete(net: &Network, call: &Call) -> Result<Reply, ApiError> {
    let mut world = net.world();
    let account = caller(&world, call, "edit")?;
    let id = call.text("id").and_then(number);
    let own = id.and_then(|id| world.post(id, call.now)).filter(|p| p.account == account.id).map(|p| p.id);
    if let Some(id) = own {
        world.commit(Event::Deleted { id, at: call.now, by: DeletedBy::Author });
    }
    Ok(Reply::ok(json!({})))
}
