//! The account's own posts.

use rookery_kernel::Timestamp;
use serde_json::Value;

use super::{Threads, caller};
use crate::error::CallError;
use crate::http::Request;
use crate::listing::{self, Read};
use crate::meta::{paging, rows, time};
use crate::text::hashtags;
use crate::types::{Access, ContentFormat, ContentItem, ContentPage, OddItem};

const FIELDS: &str = "id,text,media_type,media_url,thumbnail_url,permalink,timestamp,shortcode,username,is_quote_post,\
                      link_attachment_url,children{id,media_type,media_url}";

impl Threads {
    pub(super) async fn own_posts(
        &self,
        access: &Access,
        since: Timestamp,
        cursor: Option<String>,
        items_max: Option<usize>,
    ) -> Result<ContentPage, CallError> {
        let url = self.graph.url(&access.base_url, &[&access.platform_user_id, "threads"])?;
        let request = paging::at(Request::get(url).with("fields", FIELDS), cursor.as_deref(), since, items_max);
        let body = self.graph.call(request, &caller(access)).await?;
        // Newest first: behind a post that is too old there are only older ones.
        let is_done = rows(&body).last().and_then(created_at).is_some_and(|at| at < since);
        let next = paging::next(&body, cursor.as_deref())?.filter(|_| !is_done);
        // Plain reposts of others are not the account's own and have no numbers.
        let own = rows(&body).filter(|post| media_type(post) != "REPOST_FACADE");
        Ok(listing::page(since, own.map(item), next))
    }
}

fn created_at(post: &Value) -> Option<Timestamp> {
    time(post.get("timestamp")?.as_str()?)
}

/// The network's word for what the post carries.
fn media_type(post: &Value) -> &str {
    post.get("media_type").and_then(Value::as_str).unwrap_or_default()
}

fn item(post: &Value) -> Read {
    let text = |name: &str| post.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    let format = match media_type(post) {
        "VIDEO" => ContentFormat::Video,
        "CAROUSEL_ALBUM" => ContentFormat::Carousel,
        "TEXT_POST" if post.get("link_attachment_url").is_some_and(Value::is_string) => ContentFormat::Link,
        "TEXT_POST" => ContentFormat::Text,
        _ => ContentFormat::Post,
    };
    let caption = text("text").filter(|t| !t.is_empty());
    Ok(ContentItem {
        external_id: listing::id(post.get("id"))?,
        external_parent_id: None,
        format,
        hashtags: caption.as_deref().map(hashtags).unwrap_or_default(),
        caption,
        language: None,
        permalink: text("permalink"),
        media_url: text("media_url"),
        thumbnail_url: text("thumbnail_url"),
        duration_ms: None,
        published_at: created_at(post).ok_or(OddItem::NoTime)?,
        raw: post.clone(),
    })
}
