//! The account's own posts.

use rookery_kernel::Timestamp;
use serde_json::Value;

use super::reading::{created_at, media_keys, text};
use super::{Twitter, site};
use crate::connector::{circle, page_size};
use crate::error::CallError;
use crate::http::{Request, endpoint};
use crate::listing::{self, Read};
use crate::text::hashtags;
use crate::types::{Access, ContentFormat, ContentItem, ContentPage, OddItem};

const POST_FIELDS: &str = "created_at,lang,entities,attachments,referenced_tweets,conversation_id,in_reply_to_user_id,note_tweet,public_metrics";
/// Most posts of a page, and fewest.
const PAGE_MAX: usize = 100;
const PAGE_MIN: usize = 5;
const MEDIA_FIELDS: &str = "type,url,preview_image_url,duration_ms,alt_text";

impl Twitter {
    /// Without reposts and without answers to other people; the parts of a thread are answers to oneself.
    pub(super) async fn posts(
        &self,
        access: &Access,
        since: Timestamp,
        cursor: Option<String>,
        items_max: Option<usize>,
    ) -> Result<ContentPage, CallError> {
        let url = endpoint(&access.base_url, &["2", "users", &access.platform_user_id, "tweets"])?;
        let mut request = Request::get(url)
            .with("max_results", page_size(items_max, PAGE_MAX).max(PAGE_MIN).to_string())
            .with("exclude", "retweets")
            .with("start_time", Timestamp::from_secs(since.as_secs()).to_string())
            .with("tweet.fields", POST_FIELDS)
            .with("expansions", "attachments.media_keys")
            .with("media.fields", MEDIA_FIELDS);
        if let Some(cursor) = &cursor {
            request = request.with("pagination_token", cursor);
        }
        let answer = self.call(request, access).await?;
        let body = answer.json().unwrap_or_default();
        // An empty page has no data, but always says so.
        body.get("meta").filter(|m| m.is_object()).ok_or_else(|| answer.unstructured())?;
        let next = body.pointer("/meta/next_token").and_then(Value::as_str).map(ToOwned::to_owned);
        if next.is_some() && next == cursor {
            return Err(circle());
        }
        let media = body.pointer("/includes/media").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let posts = body.get("data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let is_own = |post: &&Value| {
            let to = post.get("in_reply_to_user_id").and_then(Value::as_str);
            to.is_none_or(|to| to == access.platform_user_id)
        };
        Ok(listing::page(since, posts.iter().filter(is_own).map(|post| item(access, post, media)), next))
    }
}

fn item(access: &Access, post: &Value, included: &[Value]) -> Read {
    let id = listing::id(post.get("id"))?;
    let keys = media_keys(post);
    let media: Vec<&Value> = keys
        .iter()
        .filter_map(|key| included.iter().find(|m| m.get("media_key").and_then(Value::as_str) == Some(key)))
        .collect();
    let first = |name: &str| media.first().and_then(|m| m.get(name));
    let first_text = |name: &str| first(name).and_then(Value::as_str).map(ToOwned::to_owned);
    let caption = Some(text(post)).filter(|t| !t.is_empty());
    let name = access.metadata.get("username").and_then(Value::as_str).unwrap_or("i");
    Ok(ContentItem {
        permalink: endpoint(&site(&access.base_url), &[name, "status", &id]).ok().map(Into::into),
        external_id: id,
        external_parent_id: None,
        format: format(post, keys.len(), first("type").and_then(Value::as_str)),
        hashtags: caption.as_deref().map(hashtags).unwrap_or_default(),
        caption,
        // "und" is X's word for not known.
        language: post.get("lang").and_then(Value::as_str).filter(|l| *l != "und").map(ToOwned::to_owned),
        media_url: first_text("url"),
        thumbnail_url: first_text("preview_image_url").or_else(|| first_text("url")),
        duration_ms: first("duration_ms").and_then(Value::as_i64),
        published_at: created_at(post).ok_or(OddItem::NoTime)?,
        raw: post.clone(),
    })
}

fn format(post: &Value, media: usize, first: Option<&str>) -> ContentFormat {
    let has_link = || {
        let urls = post.pointer("/entities/urls").and_then(Value::as_array);
        urls.is_some_and(|urls| urls.iter().any(|u| u.get("media_key").is_none()))
    };
    match (media, first) {
        (0, _) if has_link() => ContentFormat::Link,
        (0, _) => ContentFormat::Text,
        (1, Some("video" | "animated_gif")) => ContentFormat::Video,
        (1, _) => ContentFormat::Post,
        _ => ContentFormat::Carousel,
    }
}
