//! The account's own posts. Only public ones are listed.

use rookery_kernel::Timestamp;
use serde_json::{Value, json};

use super::{TikTok, VIDEOS_MAX, address};
use crate::connector::{circle, page_size};
use crate::error::CallError;
use crate::http::Request;
use crate::listing::{self, Read};
use crate::text::hashtags;
use crate::types::{Access, ContentFormat, ContentItem, ContentPage, OddItem};

const FIELDS: &str =
    "id,title,video_description,create_time,duration,width,height,share_url,cover_image_url,embed_link";

impl TikTok {
    /// The cursor is a time in milliseconds: posts older than it follow.
    pub(super) async fn posts(
        &self,
        access: &Access,
        since: Timestamp,
        cursor: Option<String>,
        items_max: Option<usize>,
    ) -> Result<ContentPage, CallError> {
        let mut body = json!({ "max_count": page_size(items_max, VIDEOS_MAX) });
        let place: Option<i64> = cursor.as_deref().and_then(|c| c.parse().ok());
        if let Some(place) = place {
            body["cursor"] = json!(place);
        }
        let url = address(&access.base_url, &["video", "list"])?;
        let answer = self.call(Request::post_json(url, body).in_query("fields", FIELDS), access).await?;
        let body = answer.json().unwrap_or_default();
        let data = body.get("data").filter(|d| d.is_object()).ok_or_else(|| answer.unstructured())?;
        let has_more = data.get("has_more").and_then(Value::as_bool).unwrap_or(false);
        let next = data.get("cursor").and_then(Value::as_i64).filter(|_| has_more);
        if next.is_some() && next == place {
            return Err(circle());
        }
        let videos = data.get("videos").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        // Newest first: behind a post from before that time there are only older ones.
        let is_over = videos.iter().filter_map(created_at).any(|at| at < since);
        let next = next.filter(|_| !is_over).map(|n| n.to_string());
        Ok(listing::page(since, videos.iter().map(item), next))
    }
}

fn created_at(video: &Value) -> Option<Timestamp> {
    video.get("create_time").and_then(Value::as_i64).map(Timestamp::from_secs)
}

fn item(video: &Value) -> Read {
    let text = |name: &str| video.get(name).and_then(Value::as_str).filter(|t| !t.is_empty()).map(ToOwned::to_owned);
    let caption = text("video_description").or_else(|| text("title"));
    let seconds = video.get("duration").and_then(Value::as_i64).filter(|s| *s > 0);
    let permalink = text("share_url").map(|url| url.split('?').next().unwrap_or_default().to_owned());
    let is_photo = permalink.as_deref().is_some_and(|p| p.contains("/photo/"));
    Ok(ContentItem {
        external_id: listing::id(video.get("id"))?,
        external_parent_id: None,
        format: if is_photo { ContentFormat::Carousel } else { ContentFormat::Video },
        hashtags: caption.as_deref().map(hashtags).unwrap_or_default(),
        caption,
        language: None,
        permalink,
        media_url: None,
        thumbnail_url: text("cover_image_url"),
        duration_ms: seconds.map(|s| s.saturating_mul(1000)),
        published_at: created_at(video).ok_or(OddItem::NoTime)?,
        raw: video.clone(),
    })
}
