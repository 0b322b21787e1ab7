//! Posts: sent, looked for, listed.

use rookery_kernel::Timestamp;
use serde_json::Value;

/// A post to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The text.
    pub text: String,
    /// A link to attach.
    pub link: Option<String>,
    /// The same for every attempt of one publication.
    pub idempotency_key: String,
}

/// A post that is out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Its id at the network: opaque, of any length.
    pub external_id: String,
    /// Its public address; some networks tell it later.
    pub permalink: Option<String>,
}

/// A post to look for after a doubtful answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// The text as it was sent: [`crate::Connector::composed_text`] of the draft.
    pub text: String,
    /// The key it was sent with.
    pub idempotency_key: String,
    /// Posts older than this are not it.
    pub since: Timestamp,
}

/// What a look-up found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is out.
    Post(Published),
    /// It is not among the account's posts.
    Absent,
}

/// What kind of item it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// An item of an account.
#[derive(Debug, Clone, PartialEq)]
pub struct ContentItem {
    /// Its id at the network.
    pub external_id: String,
    /// The id of what wraps it or what it wraps, where a network lists one thing twice.
    pub external_parent_id: Option<String>,
    /// What kind of item.
    pub format: ContentFormat,
    /// The text, plain.
    pub caption: Option<String>,
    /// Hashtags of the text: lower case, without #, each once, in order.
    pub hashtags: Vec<String>,
    /// Language as the network states it.
    pub language: Option<String>,
    /// Public address.
    pub permalink: Option<String>,
    /// The first medium.
    pub media_url: Option<String>,
    /// A small picture.
    pub thumbnail_url: Option<String>,
    /// Length of a video.
    pub duration_ms: Option<i64>,
    /// When it went out.
    pub published_at: Timestamp,
    /// The network's own record; holds no token.
    pub raw: Value,
}

/// One page of a listing.
#[derive(Debug, Clone, PartialEq)]
pub struct ContentPage {
    /// The items; a page may be empty and still have a next one.
    pub items: Vec<ContentItem>,
    /// Where the next page begins; `None` on the last. Not to be stored: cursors die soon.
    pub next: Option<String>,
}
