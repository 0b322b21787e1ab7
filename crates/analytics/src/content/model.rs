//! An item on an account, made fit for the database. Pure.

use std::collections::HashSet;

use rookery_kernel::{AccountId, ContentId, Date, Platform, PostId, Timestamp};
use rookery_platforms::ContentItem;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::daily::clean_json;
use crate::kpi::{Numbers, Rate};

/// Longest caption, in characters.
const CAPTION_MAX: usize = 65_000;
/// A network's record larger than this is not kept beside the item.
const RAW_BYTES_MAX: usize = 64 * 1024;
/// Longest language tag.
const LANGUAGE_MAX: usize = 8;

/// What kind of item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "analytics.content_format", rename_all = "snake_case")]
pub enum ContentFormat {
    /// Text with a picture, or anything that fits nowhere else.
    Post,
    /// A short upright video.
    Reel,
    /// A video.
    Video,
    /// A story.
    Story,
    /// Several pictures or videos.
    Carousel,
    /// Text alone.
    Text,
    /// A shared link.
    Link,
}

impl ContentFormat {
    /// The stored label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Reel => "reel",
            Self::Video => "video",
            Self::Story => "story",
            Self::Carousel => "carousel",
            Self::Text => "text",
            Self::Link => "link",
        }
    }
}

/// Which content to list; `None` is all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContentFilter {
    /// Of these accounts.
    pub accounts: Option<Vec<AccountId>>,
    /// Of one kind.
    pub format: Option<ContentFormat>,
    /// Published at or after.
    pub from: Option<Timestamp>,
    /// Published before.
    pub before: Option<Timestamp>,
}

/// An item with its newest numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContentRow {
    /// Its id.
    pub id: ContentId,
    /// The account.
    pub integration_id: AccountId,
    /// Its id at the network.
    pub external_content_id: String,
    /// The network.
    pub platform: Platform,
    /// What kind.
    pub format: ContentFormat,
    /// The text.
    pub caption: Option<String>,
    /// Hashtags without #.
    pub hashtags: Vec<String>,
    /// Public address.
    pub permalink: Option<String>,
    /// A small picture.
    pub thumbnail_url: Option<String>,
    /// When it went out.
    pub published_at: Timestamp,
    /// Our own post, if it was ours.
    pub post_id: Option<PostId>,
    /// Found gone.
    pub is_deleted_on_platform: bool,
    /// The newest numbers.
    pub numbers: Numbers,
    /// The day they stand under; `None` if none were read yet.
    pub numbers_date: Option<Date>,
}

impl ContentRow {
    /// Its engagement rate.
    pub fn engagement_rate(&self) -> Rate {
        self.numbers.engagement_rate()
    }
}

/// An item as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seen {
    pub external_id: String,
    pub external_parent_id: Option<String>,
    pub format: ContentFormat,
    pub caption: Option<String>,
    pub hashtags: Vec<String>,
    pub language: Option<String>,
    pub permalink: Option<String>,
    pub media_url: Option<String>,
    pub thumbnail_url: Option<String>,
    pub duration_ms: Option<i32>,
    pub published_at: Timestamp,
    pub raw: Option<Value>,
}

impl Seen {
    /// Cuts what is too long and drops what PostgreSQL cannot hold. `None` for an item without an id.
    pub fn of(item: ContentItem) -> Option<Self> {
        let external_id = storable(item.external_id);
        if external_id.trim().is_empty() {
            return None;
        }
        let caption =
            item.caption.map(|c| c.trim().chars().filter(|c| *c != '\0').take(CAPTION_MAX).collect::<String>());
        let hashtags = item.hashtags.into_iter().map(storable);
        let raw = clean_json(item.raw);
        Some(Self {
            external_id,
            external_parent_id: item.external_parent_id.map(storable),
            format: item.format.into(),
            caption: caption.filter(|c| !c.is_empty()),
            hashtags: hashtags.filter(|h| !h.is_empty() && !h.contains(char::is_whitespace)).collect(),
            language: item.language.map(storable).filter(|l| l.chars().count() <= LANGUAGE_MAX),
            permalink: item.permalink.map(storable),
            media_url: item.media_url.map(storable),
            thumbnail_url: item.thumbnail_url.map(storable),
            duration_ms: item.duration_ms.and_then(|ms| i32::try_from(ms).ok()).filter(|ms| *ms >= 0),
            published_at: item.published_at,
            raw: (!raw.is_null() && raw.to_string().len() <= RAW_BYTES_MAX).then_some(raw),
        })
    }
}

/// Without NUL, which PostgreSQL's text cannot hold.
fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text }
}

impl From<rookery_platforms::ContentFormat> for ContentFormat {
    fn from(format: rookery_platforms::ContentFormat) -> Self {
        use rookery_platforms::ContentFormat as Theirs;
        match format {
            Theirs::Post => Self::Post,
            Theirs::Reel => Self::Reel,
            Theirs::Video => Self::Video,
            Theirs::Story => Self::Story,
            Theirs::Carousel => Self::Carousel,
            Theirs::Text => Self::Text,
            Theirs::Link => Self::Link,
        }
    }
}

/// Drops items that a listing shows twice: under their own id again, or as the thing that an
/// item already seen wraps (a video inside a page post).
#[derive(Debug, Default)]
pub(crate) struct Deduplicator {
    ids: HashSet<String>,
    wrapped: HashSet<String>,
}

impl Deduplicator {
    /// The items not seen before, in order.
    pub fn fresh(&mut self, items: Vec<Seen>) -> Vec<Seen> {
        self.wrapped.extend(items.iter().filter_map(|item| {
            item.external_parent_id.as_ref().filter(|parent| **parent != item.external_id).cloned()
        }));
        let mut fresh = Vec::with_capacity(items.len());
        for item in items {
            if !self.wrapped.contains(&item.external_id) && self.ids.insert(item.external_id.clone()) {
                fresh.push(item);
            }
        }
        fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn item(id: &str) -> ContentItem {
        ContentItem {
            external_id: id.to_owned(),
            external_parent_id: None,
            format: rookery_platforms::ContentFormat::Text,
            caption: None,
            hashtags: Vec::new(),
            language: None,
            permalink: None,
            media_url: None,
            thumbnail_url: None,
            duration_ms: None,
            published_at: Timestamp::from_secs(0),
            raw: Value::Null,
        }
    }

    #[test]
    fn what_the_database_cannot_hold_is_dropped() {
        let seen = Seen::of(ContentItem {
            caption: Some(format!("a\0b #Öl {}", "x".repeat(CAPTION_MAX))),
            hashtags: vec!["öl\0".to_owned(), "two words".to_owned(), String::new()],
            language: Some("far-too-long".to_owned()),
            duration_ms: Some(i64::MAX),
            raw: json!({"text": "a\u{0}b"}),
            ..item("1\0")
        })
        .expect("has an id");
        assert_eq!(seen.external_id, "1");
        assert_eq!(seen.caption.as_ref().map(|c| c.chars().count()), Some(CAPTION_MAX));
        assert_eq!(seen.hashtags, ["öl"]);
        assert_eq!((seen.language, seen.duration_ms), (None, None));
        assert_eq!(seen.raw, Some(json!({"text": "ab"})));
        assert_eq!(Seen::of(item(" ")), None);
    }

    #[test]
    fn a_thing_listed_twice_is_kept_once() {
        let post = Seen { external_parent_id: Some("video".to_owned()), ..Seen::of(item("page_post")).expect("an id") };
        let video = Seen::of(item("video")).expect("an id");
        let mut listing = Deduplicator::default();
        let first = listing.fresh(vec![video.clone(), post.clone()]);
        assert_eq!(first.iter().map(|s| s.external_id.as_str()).collect::<Vec<_>>(), ["page_post"]);
        assert!(listing.fresh(vec![post, video]).is_empty(), "the next page shows them again");
    }
}
