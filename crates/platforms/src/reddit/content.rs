//! The account's own submissions.

use rookery_kernel::Timestamp;
use serde_json::Value;

use super::publish::{absolute, created_at};
use super::{PAGE_MAX, Reddit};
use crate::connector::{circle, page_size};
use crate::error::CallError;
use crate::listing::{self, Read};
use crate::text::hashtags;
use crate::types::{Access, ContentFormat, ContentItem, ContentPage, OddItem};

impl Reddit {
    pub(super) async fn submissions(
        &self,
        access: &Access,
        since: Timestamp,
        cursor: Option<String>,
        items_max: Option<usize>,
    ) -> Result<ContentPage, CallError> {
        let page = self.page(access, "submitted", cursor.as_deref(), page_size(items_max, PAGE_MAX)).await?;
        // Newest first: behind a post that is too old there are only older ones.
        let is_past = page.things.last().and_then(created_at).is_some_and(|at| at < since);
        let next = page.after.filter(|_| !is_past);
        if next.is_some() && next == cursor {
            return Err(circle());
        }
        Ok(listing::page(since, page.things.iter().map(item), next))
    }
}

fn item(post: &Value) -> Read {
    let text = |at: &str| post.pointer(at).and_then(Value::as_str).filter(|t| !t.is_empty()).map(ToOwned::to_owned);
    let words = [text("/title"), text("/selftext")].into_iter().flatten().collect::<Vec<_>>().join("\n\n");
    let duration = post.pointer("/media/reddit_video/duration").and_then(Value::as_i64);
    let is_address = |t: &String| t.starts_with("http");
    Ok(ContentItem {
        external_id: listing::id(post.get("name"))?,
        external_parent_id: text("/crosspost_parent"),
        format: format(post),
        hashtags: hashtags(&words),
        caption: Some(words).filter(|w| !w.is_empty()),
        language: None,
        permalink: text("/permalink").as_deref().map(absolute),
        media_url: text("/media/reddit_video/fallback_url").or_else(|| text("/preview/images/0/source/url")),
        // "self", "default" and "nsfw" stand here too.
        thumbnail_url: text("/thumbnail").filter(is_address),
        duration_ms: duration.map(|seconds| seconds.saturating_mul(1000)),
        published_at: created_at(post).ok_or(OddItem::NoTime)?,
        raw: post.clone(),
    })
}

fn format(post: &Value) -> ContentFormat {
    let flag = |name: &str| post.get(name).and_then(Value::as_bool) == Some(true);
    let is_image = post.get("post_hint").and_then(Value::as_str) == Some("image")
        || post.get("domain").and_then(Value::as_str) == Some("i.redd.it");
    match () {
        () if flag("is_gallery") => ContentFormat::Carousel,
        () if flag("is_video") => ContentFormat::Video,
        () if is_image => ContentFormat::Post,
        () if flag("is_self") => ContentFormat::Text,
        () => ContentFormat::Link,
    }
}
