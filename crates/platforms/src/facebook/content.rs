//! The page's own posts.

use rookery_kernel::Timestamp;
use serde_json::Value;
use url::{Url, form_urlencoded};

use super::Facebook;
use super::errors::Asking;
use super::oauth::rows;
use crate::connector::circle;
use crate::error::CallError;
use crate::http::Request;
use crate::text::hashtags;
use crate::types::{Access, ContentFormat, ContentItem, ContentPage};

const FIELDS: &str = "id,message,created_time,permalink_url,full_picture,status_type,\
                      attachments{media_type,type,url,target,media,subattachments}";

/// Parameters that belong to a place in a listing. Everything else in a `next` link is ours, or
/// a token that must not travel.
const PAGING: [&str; 7] = ["after", "before", "since", "until", "offset", "__paging_token", "limit"];

impl Facebook {
    /// One page. The link in `paging.next` is never followed: its place is read out of it and a
    /// request of our own is made, so a foreign host in it leads nowhere.
    pub(super) async fn published_posts(
        &self,
        access: &Access,
        since: Timestamp,
        cursor: Option<String>,
    ) -> Result<ContentPage, CallError> {
        let url = self.url(&access.base_url, &[&access.platform_user_id, "published_posts"])?;
        let mut request = Request::get(url).with("fields", FIELDS);
        let place: Vec<(String, String)> = match &cursor {
            None => vec![("limit".to_owned(), "100".to_owned())],
            Some(cursor) => form_urlencoded::parse(cursor.as_bytes()).into_owned().collect(),
        };
        if place.iter().all(|(name, _)| name != "since") {
            request = request.with("since", since.as_secs().to_string());
        }
        for (name, value) in place {
            request = request.with(&name, value);
        }
        let body = self.call(request, &access.into(), Asking::Other).await?;
        let next = match body.pointer("/paging/next").and_then(Value::as_str) {
            // Only a missing `next` ends the listing: an empty page can have one.
            None => None,
            // Newest first: behind a post that is too old there are only older ones.
            Some(_) if rows(&body).last().and_then(created_at).is_some_and(|at| at < since) => None,
            Some(link) => Some(place_of(link).ok_or_else(circle)?),
        };
        if next.is_some() && next == cursor {
            return Err(circle());
        }
        let items = rows(&body).filter_map(item).filter(|i| i.published_at >= since).collect();
        Ok(ContentPage { items, next })
    }
}

/// The place that a `next` link stands for.
fn place_of(link: &str) -> Option<String> {
    let url: Url = link.parse().ok()?;
    let mut place = form_urlencoded::Serializer::new(String::new());
    place.extend_pairs(url.query_pairs().filter(|(name, _)| PAGING.contains(&name.as_ref())));
    let place = place.finish();
    (!place.is_empty()).then_some(place)
}

fn item(post: &Value) -> Option<ContentItem> {
    let text = |pointer: &str| post.pointer(pointer).and_then(Value::as_str).map(ToOwned::to_owned);
    let caption = text("/message").filter(|m| !m.is_empty());
    Some(ContentItem {
        external_id: text("/id")?,
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
        published_at: created_at(post)?,
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

/// The Graph API writes offsets without a colon: `2026-03-02T08:00:00+0000`.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let strict = || jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%z", text).ok()?.to_timestamp().ok();
    text.parse().ok().or_else(|| strict().map(Timestamp::from_jiff))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_and_without_a_colon() {
        for text in ["2026-03-02T08:00:00+0000", "2026-03-02T08:00:00Z", "2026-03-02T09:00:00+0100"] {
            assert_eq!(time(text).expect("a time").to_string(), "2026-03-02T08:00:00Z", "{text}");
        }
        assert_eq!(time("yesterday"), None);
    }

    #[test]
    fn a_next_link_gives_its_place_and_nothing_else() {
        let link = "https://evil.example/v1/9/published_posts?access_token=EAA&after=QVFI%3D&limit=25&fields=id";
        assert_eq!(place_of(link).as_deref(), Some("after=QVFI%3D&limit=25"));
        assert_eq!(place_of("no link"), None);
    }
}
