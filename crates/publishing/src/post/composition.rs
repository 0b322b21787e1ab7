//! What a post is made of besides its text: link, media, further parts, words of its own per account,
//! options per network. Pure. The parts stand in the post's `metadata` and in the publications'
//! `content_override`, under the names used here in camelCase.

use std::collections::BTreeMap;

use rookery_kernel::{AccountId, MediaAssetId, Platform, Timestamp};
use rookery_platforms::{DraftKind, MediaKind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::check::tidy_labels;
use super::model::{ContentType, Post, PostFormat};

/// Most further parts of a post: parts of a thread and comments (PUB-21).
pub const FOLLOW_UPS_MAX: usize = 10;

/// A file of the library in a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MediaUse {
    /// The file.
    pub asset_id: MediaAssetId,
    /// What it shows, for people who cannot see it; `None` takes the file's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt_text: Option<String>,
}

/// How a further part hangs on what went before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FollowUpKind {
    /// The next part of the thread: answers the part before.
    Thread,
    /// A comment: answers the post itself.
    Comment,
}

/// A further part, delivered as an answer on the same account once what it answers is out (PUB-21).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FollowUp {
    /// How it hangs on the post.
    pub kind: FollowUpKind,
    /// The text.
    pub text: String,
    /// Minutes after what it answers came out.
    #[serde(default)]
    pub delay_minutes: u32,
}

/// What further parts are called, in their order, wherever they are named: the post itself is part 1 of its thread, and
/// comments are counted by themselves.
pub fn part_names(kinds: impl IntoIterator<Item = FollowUpKind>) -> Vec<String> {
    let kinds: Vec<_> = kinds.into_iter().collect();
    let has_several = kinds.iter().filter(|kind| **kind == FollowUpKind::Comment).count() > 1;
    let (mut in_thread, mut comment) = (1, 0);
    let name = |kind: &FollowUpKind| match kind {
        FollowUpKind::Thread => {
            in_thread += 1;
            format!("Part {in_thread} of the thread")
        }
        FollowUpKind::Comment if has_several => {
            comment += 1;
            format!("Comment {comment}")
        }
        FollowUpKind::Comment => "Comment".to_owned(),
    };
    kinds.iter().map(name).collect()
}

/// Words of its own for one account; what is `None` is the post's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Variant {
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The title, where the network has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

impl Variant {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// As it is stored; `None` if it says nothing of its own.
    pub(crate) fn stored(&self) -> Option<Value> {
        (!self.is_empty()).then(|| json!(self))
    }
}

/// Everything a post is made of besides text, internal title, accounts and time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Composition {
    /// How the network shows it.
    pub format: PostFormat,
    /// A link to attach.
    pub link: Option<String>,
    /// Pictures and videos, in order.
    pub media: Vec<MediaUse>,
    /// Parts of a thread in order, and comments.
    pub follow_ups: Vec<FollowUp>,
    /// Words of their own per account.
    pub variants: BTreeMap<AccountId, Variant>,
    /// Options per network, in the network's words.
    pub options: BTreeMap<Platform, Value>,
    /// Words to find it by.
    pub labels: Vec<String>,
    /// Not to come out after this moment.
    pub expires_at: Option<Timestamp>,
}

/// A change of some parts of a [`Composition`]; `None` leaves a part as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CompositionChange {
    /// How the network shows it.
    pub format: Option<PostFormat>,
    /// The link; `Some(None)` removes it.
    pub link: Option<Option<String>>,
    /// All media.
    pub media: Option<Vec<MediaUse>>,
    /// All further parts.
    pub follow_ups: Option<Vec<FollowUp>>,
    /// All words of accounts of their own.
    pub variants: Option<BTreeMap<AccountId, Variant>>,
    /// All options.
    pub options: Option<BTreeMap<Platform, Value>>,
    /// All labels.
    pub labels: Option<Vec<String>>,
    /// The end; `Some(None)` removes it.
    pub expires_at: Option<Option<Timestamp>>,
}

impl CompositionChange {
    /// What it makes of a composition.
    pub fn apply(self, to: Composition) -> Composition {
        Composition {
            format: self.format.unwrap_or(to.format),
            link: self.link.unwrap_or(to.link),
            media: self.media.unwrap_or(to.media),
            follow_ups: self.follow_ups.unwrap_or(to.follow_ups),
            variants: self.variants.unwrap_or(to.variants),
            options: self.options.unwrap_or(to.options),
            labels: self.labels.unwrap_or(to.labels),
            expires_at: self.expires_at.unwrap_or(to.expires_at),
        }
    }
}

impl From<Composition> for CompositionChange {
    /// Everything anew.
    fn from(c: Composition) -> Self {
        Self {
            format: Some(c.format),
            link: Some(c.link),
            media: Some(c.media),
            follow_ups: Some(c.follow_ups),
            variants: Some(c.variants),
            options: Some(c.options),
            labels: Some(c.labels),
            expires_at: Some(c.expires_at),
        }
    }
}

/// Names in `metadata` that are not networks.
const LINK: &str = "link";
const FOLLOW_UPS: &str = "followUps";
const LABELS: &str = "labels";

impl Composition {
    /// The post's `metadata`. What others keep there stays.
    pub(crate) fn write_into(&self, metadata: &mut Value) {
        let mut all = match metadata.take() {
            Value::Object(all) => all,
            _ => Map::new(),
        };
        all.retain(|name, _| !matches!(name.as_str(), LINK | FOLLOW_UPS | LABELS) && name.parse::<Platform>().is_err());
        if let Some(link) = &self.link {
            all.insert(LINK.to_owned(), json!(link));
        }
        if !self.follow_ups.is_empty() {
            all.insert(FOLLOW_UPS.to_owned(), json!(self.follow_ups));
        }
        if !self.labels.is_empty() {
            all.insert(LABELS.to_owned(), json!(self.labels));
        }
        for (network, options) in &self.options {
            all.insert(network.label().to_owned(), options.clone());
        }
        *metadata = Value::Object(all);
    }

    /// The same, as it is stored: labels and link without white space around them.
    pub(crate) fn tidied(self) -> Self {
        let link = self.link.map(|link| link.trim().to_owned()).filter(|link| !link.is_empty());
        Self { link, labels: tidy_labels(&self.labels), ..self }
    }

    /// What the media make of the post.
    pub fn content_type(&self, kinds: &[MediaKind]) -> ContentType {
        match (self.format, kinds) {
            (PostFormat::Story, _) => ContentType::Story,
            (PostFormat::Reel, _) => ContentType::Reel,
            (PostFormat::Carousel, _) => ContentType::Carousel,
            (PostFormat::Short, _) => ContentType::Video,
            (PostFormat::Poll, _) | (_, []) => ContentType::Text,
            (_, kinds) if kinds.iter().all(|k| *k == MediaKind::Video) => ContentType::Video,
            (_, kinds) if kinds.iter().all(|k| *k != MediaKind::Video) => ContentType::Image,
            _ => ContentType::Mixed,
        }
    }
}

impl Post {
    /// The attached link.
    pub fn link(&self) -> Option<&str> {
        self.metadata.get(LINK).and_then(Value::as_str)
    }

    /// Parts of the thread and comments.
    pub fn follow_ups(&self) -> Vec<FollowUp> {
        let stored = self.metadata.get(FOLLOW_UPS).cloned();
        stored.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default()
    }

    /// Words to find it by.
    pub fn labels(&self) -> Vec<String> {
        let stored = self.metadata.get(LABELS).cloned();
        stored.and_then(|value| serde_json::from_value(value).ok()).unwrap_or_default()
    }

    /// The options for a network; null if none were chosen.
    pub fn options(&self, network: Platform) -> Value {
        self.metadata.get(network.label()).cloned().unwrap_or_default()
    }
}

impl PostFormat {
    /// What the networks make of it.
    pub const fn draft_kind(self) -> DraftKind {
        match self {
            Self::Post | Self::Thread | Self::Poll => DraftKind::Post,
            Self::Story => DraftKind::Story,
            Self::Reel => DraftKind::Reel,
            Self::Short => DraftKind::Short,
            Self::Carousel => DraftKind::Carousel,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_keep_in_the_metadata_stays() {
        let composition = Composition {
            link: Some("https://a.example".to_owned()),
            labels: vec!["spring".to_owned()],
            options: [(Platform::Reddit, json!({"subreddit": "tea"}))].into(),
            ..Composition::default()
        };
        let mut metadata = json!({"importedFrom": "csv", "followUps": [1], "twitter": {"reply": "everyone"}});
        composition.write_into(&mut metadata);
        let expected = json!({"importedFrom": "csv", "link": "https://a.example", "labels": ["spring"],
            "reddit": {"subreddit": "tea"}});
        assert_eq!(metadata, expected);
        Composition::default().write_into(&mut metadata);
        assert_eq!(metadata, json!({"importedFrom": "csv"}));
    }

    #[test]
    fn the_media_and_the_format_make_the_type() {
        use MediaKind::{Gif, Image, Video};
        let of = |format, kinds: &[MediaKind]| Composition { format, ..Composition::default() }.content_type(kinds);
        assert_eq!(of(PostFormat::Post, &[]), ContentType::Text);
        assert_eq!(of(PostFormat::Post, &[Image, Gif]), ContentType::Image);
        assert_eq!(of(PostFormat::Thread, &[Video]), ContentType::Video);
        assert_eq!(of(PostFormat::Post, &[Image, Video]), ContentType::Mixed);
        assert_eq!(of(PostFormat::Short, &[Video]), ContentType::Video);
        assert_eq!(of(PostFormat::Story, &[Image]), ContentType::Story);
        assert_eq!(of(PostFormat::Carousel, &[Image, Image]), ContentType::Carousel);
    }

    #[test]
    fn parts_of_the_thread_and_comments_are_numbered_apart() {
        use FollowUpKind::{Comment, Thread};
        assert_eq!(part_names([Comment, Thread, Thread]), ["Comment", "Part 2 of the thread", "Part 3 of the thread"]);
        assert_eq!(
            part_names([Thread, Comment, Thread, Comment])[1..],
            ["Comment 1", "Part 3 of the thread", "Comment 2"]
        );
        assert!(part_names([]).is_empty());
    }

    #[test]
    fn a_variant_without_own_words_is_not_stored() {
        assert_eq!(Variant::default().stored(), None);
        let own = Variant { text: Some("Hi".to_owned()), title: None };
        assert_eq!(own.stored(), Some(json!({"text": "Hi"})));
    }
}
