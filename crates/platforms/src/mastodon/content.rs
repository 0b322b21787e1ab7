//! The account's own statuses.

use rookery_kernel::Timestamp;
use serde_json::Value;
use url::Url;

use super::Mastodon;
use super::publish::{PAGE_MAX, created_at, statuses_request};
use crate::connector::{circle, page_size};
use crate::error::CallError;
use crate::http::Answer;
use crate::listing::{self, Read};
use crate::text::{hashtags, to_plain};
use crate::types::{Access, ContentFormat, ContentItem, ContentPage, OddItem};

impl Mastodon {
    pub(super) async fn statuses(
        &self,
        access: &Access,
        since: Timestamp,
        cursor: Option<String>,
        items_max: Option<usize>,
    ) -> Result<ContentPage, CallError> {
        let answer =
            self.call(statuses_request(access, cursor.as_deref(), page_size(items_max, PAGE_MAX))?, access).await?;
        let body = answer.json().unwrap_or_default();
        let statuses = body.as_array().ok_or_else(|| answer.unstructured())?;
        // Newest first: behind a status that is too old there are only older ones.
        let is_past = statuses.last().and_then(created_at).is_some_and(|at| at < since);
        let next = next_place(&answer).filter(|_| !is_past);
        if next.is_some() && next == cursor {
            return Err(circle());
        }
        Ok(listing::page(since, statuses.iter().map(item), next))
    }
}

/// The place of the next page: `max_id` in the `Link` header. The link itself is not followed,
/// so it cannot lead our token to another host.
pub(super) fn next_place(answer: &Answer) -> Option<String> {
    let links = answer.headers.get_all("link").iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(','));
    let next = links
        .filter_map(|link| link.split_once('>'))
        .find(|(_, rest)| rest.split(';').any(|p| matches!(p.trim(), "rel=\"next\"" | "rel=next")));
    let url: Url = next?.0.trim().strip_prefix('<')?.parse().ok()?;
    url.query_pairs().find(|(name, _)| name == "max_id").map(|(_, id)| id.into_owned())
}

fn item(status: &Value) -> Read {
    let text = |pointer: &str| status.pointer(pointer).and_then(Value::as_str).map(ToOwned::to_owned);
    let caption = text("/content").map(|html| to_plain(&html)).filter(|t| !t.is_empty());
    let duration = status.pointer("/media_attachments/0/meta/original/duration").and_then(Value::as_f64);
    #[expect(clippy::cast_possible_truncation, reason = "`as` saturates, and videos are short")]
    let duration_ms = duration.map(|seconds| (seconds * 1000.0).round() as i64);
    Ok(ContentItem {
        external_id: listing::id(status.get("id"))?,
        external_parent_id: None,
        format: format(status),
        hashtags: caption.as_deref().map(hashtags).unwrap_or_default(),
        caption,
        language: text("/language"),
        permalink: text("/url").or_else(|| text("/uri")),
        media_url: text("/media_attachments/0/url"),
        thumbnail_url: text("/media_attachments/0/preview_url"),
        duration_ms,
        published_at: created_at(status).ok_or(OddItem::NoTime)?,
        raw: status.clone(),
    })
}

fn format(status: &Value) -> ContentFormat {
    let media = status.get("media_attachments").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let kind = media.first().and_then(|m| m.get("type")).and_then(Value::as_str).unwrap_or_default();
    match (media.len(), kind) {
        (0, _) if status.get("card").is_some_and(Value::is_object) => ContentFormat::Link,
        (0, _) => ContentFormat::Text,
        (1, "video" | "gifv") => ContentFormat::Video,
        (1, _) => ContentFormat::Post,
        _ => ContentFormat::Carousel,
    }
}
