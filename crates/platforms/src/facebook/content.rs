//! The page's own posts.

use rookery_kernel::Timestamp;
use serde_json::Value;

use super::Facebook;
use crate::error::CallError;
use crate::http::Request;
use crate::listing::{self, Read};
use crate::meta::errors::Asking;
use crate::meta::{paging, rows, time};
use crate::text::hashtags;
use crate::types::{Access, ContentFormat, ContentItem, ContentPage, OddItem};

const FIELDS: &str = "id,message,created_time,permalink_url,full_picture,status_type,\
                      attachments{media_type,type,url,target,media,subattachments}";

impl Facebook {
    /// One page. The link in `paging.next` is never followed: its place is read out of it and a
    /// request of our own is made, so a foreign host in it leads nowhere.
    pub(super) async fn published_posts(
        &self,
        access: &Access,
        since: Timestamp,
        cursor: Option<String>,
        items_max: Option<usize>,
    ) -> Result<ContentPage, CallError> {
        let url = self.url(&access.base_url, &[&access.platform_user_id, "published_posts"])?;
        let request = Request::get(url).with("fields", FIELDS);
        let request = paging::at(request, cursor.as_deref(), since, items_max);
        let body = self.call(request, &access.into(), Asking::Other).await?;
        // Newest first: behind a post that is too old there are only older ones.
        let is_done = rows(&body).last().and_then(created_at).is_some_and(|at| at < since);
        let next = paging::next(&body, cursor.as_deref())?.filter(|_| !is_done);
        Ok(listing::page(since, rows(&body).map(item), next))
    }
}

fn item(post: &Value) -> Read {
    let text = |pointer: &str| post.pointer(pointer).and_then(Value::as_str).map(ToOwned::to_owned);
    let caption = text("/message").filter(|m| !m.is_empty());
    Ok(ContentItem {
        external_id: listing::id(post.get("id"))?,
        // A video is listed a second time under its own id.
        external_parent_id: text("/attachments/data/0/target/id").filter(|_| is_video(post)),
        format: format(post),
        hashtags: caption.as_deref().map(hashtags).unwrap_or_default(),
        caption,
        language: None,
        permalink: text("/permalink_url"),
        media_url: text("/attachments/data/0/media/source").or_else(|| text("/attachments/data/0/media/image/src")),
        thumbnail_url: text("/full_picture"),
        duration_ms: None,
        published_at: created_at(post).ok_or(OddItem::NoTime)?,
        raw: post.clone(),
    })
}

pub(super) fn is_video(post: &Value) -> bool {
    media_type(post) == "video"
}

/// The network's word for what the post carries; empty for text.
pub(super) fn media_type(post: &Value) -> &str {
    post.pointer("/attachments/data/0/media_type").and_then(Value::as_str).unwrap_or_default()
}

fn format(post: &Value) -> ContentFormat {
    let permalink = post.get("permalink_url").and_then(Value::as_str).unwrap_or_default();
    match media_type(post) {
        "video" if permalink.contains("/reel/") => ContentFormat::Reel,
        "video" => ContentFormat::Video,
        "album" => ContentFormat::Carousel,
        "link" => ContentFormat::Link,
        "" => ContentFormat::Text,
        _ => ContentFormat::Post,
    }
}

pub(super) fn created_at(post: &Value) -> Option<Timestamp> {
    time(post.get("created_time")?.as_str()?)
}
