//! The account's own posts.

use rookery_kernel::Timestamp;
use serde_json::Value;

use super::publish::{PAGE_MAX, permalink};
use super::rest::{elements, next_start};
use super::{LinkedIn, little_text};
use crate::connector::{circle, page_size};
use crate::error::CallError;
use crate::listing::{self, Read};
use crate::text::hashtags;
use crate::types::{Access, ContentFormat, ContentItem, ContentPage, OddItem};

impl LinkedIn {
    pub(super) async fn posts(
        &self,
        access: &Access,
        since: Timestamp,
        cursor: Option<String>,
        items_max: Option<usize>,
    ) -> Result<ContentPage, CallError> {
        let start = match &cursor {
            None => 0,
            Some(text) => text.parse().map_err(|_| CallError::not_sent("the place in the listing is no number"))?,
        };
        let answer = self.newest(access, start, page_size(items_max, PAGE_MAX)).await?;
        let body = answer.json().unwrap_or_default();
        let posts = elements(&body).ok_or_else(|| answer.unstructured())?;
        // The latest change comes first, and nothing changes before it is made.
        let is_past = posts.last().and_then(modified_at).is_some_and(|at| at < since);
        let next = next_start(&body).filter(|_| !is_past);
        if next.is_some_and(|next| next <= start) {
            return Err(circle());
        }
        let items = posts.iter().filter(|post| is_out(post)).map(|post| item(access, post));
        Ok(listing::page(since, items, next.map(|n| n.to_string())))
    }
}

fn moment(post: &Value, name: &str) -> Option<Timestamp> {
    post.get(name).and_then(Value::as_i64).map(Timestamp::from_millis)
}

/// When it went out.
pub(super) fn created_at(post: &Value) -> Option<Timestamp> {
    moment(post, "publishedAt").or_else(|| moment(post, "createdAt"))
}

pub(super) fn modified_at(post: &Value) -> Option<Timestamp> {
    moment(post, "lastModifiedAt").or_else(|| created_at(post))
}

/// Drafts are listed too.
fn is_out(post: &Value) -> bool {
    post.get("lifecycleState").and_then(Value::as_str).is_none_or(|state| state == "PUBLISHED")
}

fn item(access: &Access, post: &Value) -> Read {
    let urn = listing::id(post.get("id"))?;
    let text = post.get("commentary").and_then(Value::as_str).map(little_text::read);
    let caption = text.filter(|t| !t.trim().is_empty());
    Ok(ContentItem {
        permalink: permalink(&access.base_url, &urn),
        external_id: urn,
        external_parent_id: None,
        format: format(post),
        hashtags: caption.as_deref().map(hashtags).unwrap_or_default(),
        caption,
        language: None,
        // The network names files by URN only.
        media_url: None,
        thumbnail_url: None,
        duration_ms: None,
        published_at: created_at(post).ok_or(OddItem::NoTime)?,
        raw: post.clone(),
    })
}

fn format(post: &Value) -> ContentFormat {
    let content = |pointer: &str| post.pointer(&format!("/content/{pointer}"));
    let media = content("media/id").and_then(Value::as_str).unwrap_or_default();
    if content("multiImage").is_some() {
        ContentFormat::Carousel
    } else if media.starts_with("urn:li:video:") {
        ContentFormat::Video
    } else if !media.is_empty() || content("poll").is_some() {
        ContentFormat::Post
    } else if content("article").is_some() {
        ContentFormat::Link
    } else {
        ContentFormat::Text
    }
}
