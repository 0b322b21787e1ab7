//! The account's own posts.

use rookery_kernel::Timestamp;
use serde_json::Value;

use super::{Instagram, caller};
use crate::error::CallError;
use crate::http::Request;
use crate::listing::{self, Read};
use crate::meta::{paging, rows, time};
use crate::text::hashtags;
use crate::types::{Access, ContentFormat, ContentItem, ContentPage, OddItem};

const FIELDS: &str = "id,caption,media_type,media_product_type,permalink,timestamp,like_count,comments_count,media_url,\
                      thumbnail_url,shortcode,username";

/// An account posts at most 100 times a day, which is one page; some pages are short or empty.
const STORY_PAGES_MAX: usize = 10;

impl Instagram {
    /// One page of posts; stories of the last day stand on an edge of their own and come first.
    pub(super) async fn own_media(
        &self,
        access: &Access,
        since: Timestamp,
        cursor: Option<String>,
        items_max: Option<usize>,
    ) -> Result<ContentPage, CallError> {
        let mut items = Vec::new();
        if cursor.is_none() {
            items = self.stories(access, since, items_max).await?;
        }
        let url = self.graph.url(&access.base_url, &[&access.platform_user_id, "media"])?;
        let request = paging::at(Request::get(url).with("fields", FIELDS), cursor.as_deref(), since, items_max);
        let body = self.graph.call(request, &caller(access)).await?;
        // Newest first: behind a post that is too old there are only older ones.
        let is_done = rows(&body).last().and_then(created_at).is_some_and(|at| at < since);
        let next = paging::next(&body, cursor.as_deref())?.filter(|_| !is_done);
        items.extend(rows(&body).map(item));
        let mut page = listing::page(since, items, next);
        page.items.sort_by_key(|i| std::cmp::Reverse(i.published_at));
        Ok(page)
    }

    /// All stories that are shown now.
    async fn stories(
        &self,
        access: &Access,
        since: Timestamp,
        items_max: Option<usize>,
    ) -> Result<Vec<Read>, CallError> {
        let (mut items, mut cursor) = (Vec::new(), None);
        for _ in 0..STORY_PAGES_MAX {
            let url = self.graph.url(&access.base_url, &[&access.platform_user_id, "stories"])?;
            let request = paging::at(Request::get(url).with("fields", FIELDS), cursor.as_deref(), since, items_max);
            let body = self.graph.call(request, &caller(access)).await?;
            let story = |row: &Value| item(row).map(|item| ContentItem { format: ContentFormat::Story, ..item });
            items.extend(rows(&body).map(story));
            cursor = paging::next(&body, cursor.as_deref())?;
            if cursor.is_none() {
                break;
            }
        }
        Ok(items)
    }
}

fn created_at(post: &Value) -> Option<Timestamp> {
    time(post.get("timestamp")?.as_str()?)
}

pub(super) fn format(media: &Value) -> ContentFormat {
    let text = |name: &str| media.get(name).and_then(Value::as_str).unwrap_or_default();
    match (text("media_product_type"), text("media_type")) {
        ("STORY", _) => ContentFormat::Story,
        ("REELS", _) => ContentFormat::Reel,
        (_, "CAROUSEL_ALBUM") => ContentFormat::Carousel,
        (_, "VIDEO") => ContentFormat::Video,
        _ => ContentFormat::Post,
    }
}

fn item(media: &Value) -> Read {
    let text = |name: &str| media.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    let caption = text("caption").filter(|t| !t.is_empty());
    Ok(ContentItem {
        external_id: listing::id(media.get("id"))?,
        external_parent_id: None,
        format: format(media),
        hashtags: caption.as_deref().map(hashtags).unwrap_or_default(),
        caption,
        language: None,
        permalink: text("permalink"),
        media_url: text("media_url"),
        thumbnail_url: text("thumbnail_url"),
        duration_ms: None,
        published_at: created_at(media).ok_or(OddItem::NoTime)?,
        raw: media.clone(),
    })
}
