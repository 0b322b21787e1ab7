//! Posts: sent, looked for, listed.

use std::time::Duration;

use rookery_kernel::Timestamp;
use serde_json::Value;

use super::media::{Media, MediaKind};
use crate::error::CallError;

/// What a post is made of and how it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum DraftKind {
    /// An ordinary post: text, link, media.
    #[default]
    Post,
    /// Gone after a day.
    Story,
    /// A short upright video with its own place on the network.
    Reel,
    /// YouTube's short upright video.
    Short,
    /// Several pictures or videos to swipe through.
    Carousel,
}

impl DraftKind {
    /// The word for errors and answers.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Story => "story",
            Self::Reel => "reel",
            Self::Short => "short",
            Self::Carousel => "carousel",
        }
    }
}

/// The post that a draft answers: a comment, a reply, the next part of a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyTo {
    /// Id of the post or comment that is answered.
    pub external_id: String,
    /// Id of the post that began the conversation; the same as `external_id` for a direct answer.
    pub root_id: String,
}

/// A post to publish.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    /// The text.
    pub text: String,
    /// A title, where the network has one (YouTube, Reddit, LinkedIn documents).
    pub title: Option<String>,
    /// A link to attach.
    pub link: Option<String>,
    /// What is made of it.
    pub kind: DraftKind,
    /// Pictures and videos, in order.
    pub media: Vec<Media>,
    /// What it answers.
    pub reply_to: Option<ReplyTo>,
    /// Options of this network, as the person chose them; an object or null.
    pub options: Value,
    /// The same for every attempt of one publication.
    pub idempotency_key: String,
}

impl Draft {
    /// A draft of text alone.
    pub fn of_text(idempotency_key: impl Into<String>, text: impl Into<String>) -> Self {
        Self { idempotency_key: idempotency_key.into(), text: text.into(), ..Self::default() }
    }

    /// The text with the link in it, for networks that have no field for a link: at its end unless it
    /// is there already.
    pub(crate) fn text_with_link(&self) -> String {
        match &self.link {
            Some(link) if !self.text.contains(link.as_str()) => {
                format!("{}\n\n{link}", self.text).trim_start().to_owned()
            }
            _ => self.text.clone(),
        }
    }

    /// An option of this network, if it was chosen.
    pub fn option(&self, name: &str) -> Option<&Value> {
        self.options.get(name).filter(|v| !v.is_null())
    }

    /// What it takes from the network to publish this.
    pub fn needs(&self) -> Ability {
        let first = self.media.first().map(|m| m.kind);
        match (self.kind, self.media.len(), first) {
            _ if self.reply_to.is_some() => Ability::Reply,
            (DraftKind::Story, ..) => Ability::Story,
            (DraftKind::Reel, ..) => Ability::Reel,
            (DraftKind::Short, ..) => Ability::Short,
            (DraftKind::Carousel, ..) | (_, 2.., _) => Ability::Carousel,
            (_, _, Some(MediaKind::Video)) => Ability::Video,
            (_, _, Some(MediaKind::Image | MediaKind::Gif)) => Ability::Image,
            (_, _, None) if self.link.is_some() => Ability::Link,
            (_, _, None) => Ability::Text,
        }
    }
}

/// What a network may be able to publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ability {
    /// Text alone.
    Text,
    /// Text with a link.
    Link,
    /// One picture.
    Image,
    /// One video.
    Video,
    /// Several media.
    Carousel,
    /// A story.
    Story,
    /// A reel.
    Reel,
    /// A short.
    Short,
    /// An answer to a post: comment, reply, next part of a thread.
    Reply,
}

impl Ability {
    /// All of them, in the order of the conformance table.
    pub const ALL: [Self; 9] = [
        Self::Text,
        Self::Link,
        Self::Image,
        Self::Video,
        Self::Carousel,
        Self::Story,
        Self::Reel,
        Self::Short,
        Self::Reply,
    ];

    /// The word for errors and tables.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Link => "link",
            Self::Image => "image",
            Self::Video => "video",
            Self::Carousel => "carousel",
            Self::Story => "story",
            Self::Reel => "reel",
            Self::Short => "short",
            Self::Reply => "reply",
        }
    }
}

/// What stands ready at the network before the post becomes public: uploads, containers, ids that
/// were chosen. An object, or null. Kept by the caller between attempts; holds no token.
pub type Handles = Value;

/// How far the preparation is.
#[derive(Debug, Clone, PartialEq)]
pub enum Prepared {
    /// The one public call may follow.
    Ready(Handles),
    /// The network works on it; ask again after the pause with these handles.
    Wait {
        /// What stands so far.
        handles: Handles,
        /// How long to wait.
        pause: Duration,
    },
}

/// What the one public call brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// It is out.
    Published(Published),
    /// The network took it and tells its id later: look it up with these handles.
    Accepted(Handles),
}

impl Sent {
    /// What is out, if its id is known already.
    pub fn published(self) -> Option<Published> {
        match self {
            Self::Published(published) => Some(published),
            Self::Accepted(_) => None,
        }
    }
}

impl From<Published> for Sent {
    fn from(published: Published) -> Self {
        Self::Published(published)
    }
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
#[derive(Debug, Clone)]
pub struct Search {
    /// The draft as it was sent.
    pub draft: Draft,
    /// What the preparation left, and what [`Sent::Accepted`] added.
    pub handles: Handles,
    /// Posts older than this are not it.
    pub since: Timestamp,
}

impl Search {
    /// A search for a draft for which nothing had been prepared.
    pub fn of(draft: Draft, since: Timestamp) -> Self {
        Self { draft, handles: Value::Null, since }
    }
}

/// What a look-up found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is out.
    Post(Published),
    /// It is not among the account's posts.
    Absent,
    /// The network took it and still works on it: look again later.
    Working,
    /// The network took it and then refused it; nothing is or will be public.
    Refused(CallError),
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

/// Why an item of the account cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OddItem {
    /// Its id is absent or no text.
    NoId,
    /// It has an id, and no time of publishing that can be read.
    NoTime,
}

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContentPage {
    /// The items; a page may be empty and still have a next one.
    pub items: Vec<ContentItem>,
    /// One for each item that was left out because it cannot be kept.
    pub odd: Vec<OddItem>,
    /// Where the next page begins; `None` on the last. Not to be stored: cursors die soon.
    pub next: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_added_once() {
        let draft = |text: &str| Draft {
            text: text.to_owned(),
            link: Some("https://a.example/b".to_owned()),
            ..Draft::default()
        };
        assert_eq!(draft("Read").text_with_link(), "Read\n\nhttps://a.example/b");
        assert_eq!(draft("Read https://a.example/b now").text_with_link(), "Read https://a.example/b now");
        assert_eq!(draft("").text_with_link(), "https://a.example/b");
    }
}
