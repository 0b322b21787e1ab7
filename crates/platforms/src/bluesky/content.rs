//! The account's own posts.

use rookery_kernel::Timestamp;
use serde_json::Value;

use super::publish::{AtUri, permalink};
use super::{Bluesky, POSTS, hosts, method};
use crate::connector::{circle, page_size};
use crate::error::{CallError, ErrorType};
use crate::http::Request;
use crate::listing::{self, Read};
use crate::text::hashtags;
use crate::types::{Access, ContentFormat, ContentItem, ContentPage, OddItem};

/// Posts of one page.
const PAGE: usize = 100;

/// Begins the cursors of a listing that reads the repository itself.
const OWN_RECORDS: &str = "records:";

impl Bluesky {
    /// The account's feed. A server that stands alone shows none: then its records are read.
    pub(super) async fn posts(
        &self,
        access: &Access,
        since: Timestamp,
        cursor: Option<String>,
        items_max: Option<usize>,
    ) -> Result<ContentPage, CallError> {
        if let Some(cursor) = cursor.as_deref().and_then(|c| c.strip_prefix(OWN_RECORDS)) {
            return self.records(access, since, Some(cursor), items_max).await;
        }
        match self.feed(access, since, cursor.as_deref(), items_max).await {
            Err(error) if cursor.is_none() && stands_alone(&error) => {
                self.records(access, since, None, items_max).await
            }
            result => result,
        }
    }

    async fn feed(
        &self,
        access: &Access,
        since: Timestamp,
        cursor: Option<&str>,
        items_max: Option<usize>,
    ) -> Result<ContentPage, CallError> {
        let request = Request::get(method(&access.base_url, "app.bsky.feed.getAuthorFeed")?)
            .with("actor", &access.platform_user_id)
            .with("limit", page_size(items_max, PAGE).to_string())
            .with("filter", "posts_no_replies");
        let answer = self.call(with_cursor(request, cursor), access).await?;
        let body = answer.json().unwrap_or_default();
        let entries = body.get("feed").and_then(Value::as_array).ok_or_else(|| answer.unstructured())?;
        // What the account only passed on is somebody else's, and its time is not ours.
        let own = |e: &&Value| e.get("reason").is_none();
        let posts: Vec<&Value> = entries.iter().filter(own).map(|e| e.get("post").unwrap_or(&Value::Null)).collect();
        // Newest first: behind a post that is too old there are only older ones.
        let is_past = posts.last().and_then(|p| written_at(p.get("record")?)).is_some_and(|at| at < since);
        let next = next_cursor(&body, cursor)?.filter(|_| !is_past);
        let web = hosts(&access.base_url)?.web;
        Ok(listing::page(since, posts.into_iter().filter_map(|p| item(p, access, web.as_str())), next))
    }

    /// `listRecords`, which sorts by record key. Keys are older than their posts, so every page is read.
    async fn records(
        &self,
        access: &Access,
        since: Timestamp,
        cursor: Option<&str>,
        items_max: Option<usize>,
    ) -> Result<ContentPage, CallError> {
        let request = Request::get(method(&access.base_url, "com.atproto.repo.listRecords")?)
            .with("repo", &access.platform_user_id)
            .with("collection", POSTS)
            .with("limit", page_size(items_max, PAGE).to_string());
        let answer = self.call(with_cursor(request, cursor), access).await?;
        let body = answer.json().unwrap_or_default();
        let records = body.get("records").and_then(Value::as_array).ok_or_else(|| answer.unstructured())?;
        let web = hosts(&access.base_url)?.web;
        let is_first = |r: &&Value| r.pointer("/value/reply").is_none();
        let items = records.iter().filter(is_first).filter_map(|r| {
            // In the shape of the feed, as far as the repository knows it.
            let post = serde_json::json!({ "uri": r.get("uri"), "cid": r.get("cid"), "record": r.get("value") });
            item(&post, access, web.as_str())
        });
        let next = next_cursor(&body, cursor)?.map(|next| format!("{OWN_RECORDS}{next}"));
        Ok(listing::page(since, items, next))
    }
}

/// A server that serves repositories only has nobody to ask for feeds.
fn stands_alone(error: &CallError) -> bool {
    error.kind == ErrorType::BadRequest
        && matches!(error.code.as_deref(), Some("InvalidRequest" | "MethodNotImplemented"))
}

fn with_cursor(request: Request, cursor: Option<&str>) -> Request {
    match cursor {
        Some(cursor) => request.with("cursor", cursor),
        None => request,
    }
}

fn next_cursor(body: &Value, cursor: Option<&str>) -> Result<Option<String>, CallError> {
    let next = body.get("cursor").and_then(Value::as_str).filter(|c| !c.is_empty()).map(ToOwned::to_owned);
    if next.is_some() && next.as_deref() == cursor { Err(circle()) } else { Ok(next) }
}

fn written_at(record: &Value) -> Option<Timestamp> {
    record.get("createdAt")?.as_str()?.parse().ok()
}

/// `None` for what is somebody else's.
fn item(post: &Value, access: &Access, web: &str) -> Option<Read> {
    let uri = listing::id(post.get("uri")).and_then(|uri| uri.parse::<AtUri>().map_err(|_| OddItem::NoId));
    match uri {
        Ok(uri) if uri.did != access.platform_user_id => None,
        uri => Some(uri.and_then(|uri| own_item(post, &uri, web))),
    }
}

fn own_item(post: &Value, uri: &AtUri, web: &str) -> Read {
    let record = post.get("record").unwrap_or(&Value::Null);
    let text = |pointer: &str| post.pointer(pointer).and_then(Value::as_str).map(ToOwned::to_owned);
    let caption = text("/record/text").filter(|t| !t.is_empty());
    Ok(ContentItem {
        external_id: uri.to_string(),
        external_parent_id: None,
        format: format(record),
        hashtags: caption.as_deref().map(hashtags).unwrap_or_default(),
        caption,
        language: text("/record/langs/0"),
        permalink: Some(permalink(web, &uri.did, &uri.key)),
        media_url: text("/embed/images/0/fullsize").or_else(|| text("/embed/playlist")),
        thumbnail_url: text("/embed/images/0/thumb").or_else(|| text("/embed/thumbnail")),
        duration_ms: None,
        published_at: written_at(record).ok_or(OddItem::NoTime)?,
        raw: post.clone(),
    })
}

fn format(record: &Value) -> ContentFormat {
    // Media beside a quoted post stand one level deeper.
    let embed = record.pointer("/embed/media").or_else(|| record.get("embed"));
    let kind = embed.and_then(|e| e.get("$type")).and_then(Value::as_str).unwrap_or_default();
    let images = embed.and_then(|e| e.get("images")).and_then(Value::as_array).map_or(0, Vec::len);
    match kind {
        "app.bsky.embed.images" if images > 1 => ContentFormat::Carousel,
        "app.bsky.embed.images" => ContentFormat::Post,
        "app.bsky.embed.video" => ContentFormat::Video,
        "app.bsky.embed.external" => ContentFormat::Link,
        _ => ContentFormat::Text,
    }
}
