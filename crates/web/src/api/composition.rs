//! What a post is made of besides its text, as clients write and read it.

use std::collections::BTreeMap;

use garde::Validate;
use rookery_kernel::{AccountId, MediaAssetId, Platform};
use rookery_publishing::{
    ALT_TEXT_MAX, Composition, CompositionChange, FOLLOW_UPS_MAX, FollowUp, LABEL_LENGTH_MAX, LABELS_MAX, MediaUse,
    Variant,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::time::{Time, present};
use super::wire::{Network, PartKind, PostShape};

/// Most files of one post; every network's limit lies below.
const MEDIA_MAX: usize = 35;
/// Longest address of a link.
const LINK_MAX: usize = 2_000;
/// Longest text of a part or of an account's own words.
const TEXT_MAX: usize = 100_000;

/// A file of the library in a post.
#[derive(Debug, Clone, Deserialize, Serialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MediaPart {
    /// The file.
    #[garde(skip)]
    asset_id: Uuid,
    /// What it shows, for people who cannot see it; the file's own description unless given.
    #[serde(default)]
    #[garde(length(chars, max = ALT_TEXT_MAX))]
    alt_text: Option<String>,
}

/// A further part: the next one of a thread, or a comment.
#[derive(Debug, Clone, Deserialize, Serialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct FollowUpPart {
    /// How it hangs on the post.
    #[garde(skip)]
    kind: PartKind,
    /// The text.
    #[garde(length(chars, max = TEXT_MAX))]
    text: String,
    /// Minutes after what it answers came out; 0 unless given, at most a week.
    #[serde(default)]
    #[garde(range(max = 10_080))]
    delay_minutes: u32,
}

/// An account's own words; what is null is the post's.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct VariantPart {
    /// The text.
    #[serde(default)]
    text: Option<String>,
    /// The title, where the network has one.
    #[serde(default)]
    title: Option<String>,
}

/// Longest title of an account's own.
const TITLE_MAX: usize = 500;
/// Most accounts of one post.
const ACCOUNTS_MAX: usize = 100;

type Variants = BTreeMap<Uuid, VariantPart>;
type Options = BTreeMap<Network, Map<String, Value>>;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that the checks call")]
fn words_fit(variants: &Variants, _: &()) -> garde::Result {
    let fits = |text: &Option<String>, max: usize| text.as_ref().is_none_or(|t| t.chars().count() <= max);
    if variants.len() > ACCOUNTS_MAX {
        return Err(garde::Error::new(format!("at most {ACCOUNTS_MAX} accounts have words of their own")));
    }
    if variants.values().all(|v| fits(&v.text, TEXT_MAX) && fits(&v.title, TITLE_MAX)) {
        return Ok(());
    }
    Err(garde::Error::new(format!("a text has at most {TEXT_MAX} characters, a title {TITLE_MAX}")))
}

/// Media, thread, own words and options of a post to be. Its fields stand beside the text.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct CompositionBody {
    /// How the networks show it; `post` unless given.
    #[garde(skip)]
    format: Option<PostShape>,
    /// A link to attach.
    #[garde(length(chars, max = LINK_MAX))]
    link: Option<String>,
    /// Pictures and videos of the library, in order.
    #[garde(length(max = MEDIA_MAX), dive)]
    media: Vec<MediaPart>,
    /// Parts of a thread in order, and comments; at most 10.
    #[garde(length(max = FOLLOW_UPS_MAX), dive)]
    follow_ups: Vec<FollowUpPart>,
    /// Words of its own per account, by the account's id.
    #[garde(custom(words_fit))]
    #[schema(value_type = std::collections::HashMap<String, VariantPart>)]
    variants: Variants,
    /// Options per network, in the network's words, such as `{"mastodon": {"visibility": "unlisted"}}`.
    #[garde(skip)]
    #[schema(value_type = std::collections::HashMap<String, Object>)]
    options: Options,
    /// Words to find it by.
    #[garde(length(max = LABELS_MAX), inner(length(chars, min = 1, max = LABEL_LENGTH_MAX)))]
    labels: Vec<String>,
    /// Not to come out after this moment.
    #[garde(skip)]
    #[schema(inline)]
    expires_at: Option<Time>,
}

impl CompositionBody {
    pub(super) fn read(self) -> Composition {
        Composition {
            format: self.format.map(Into::into).unwrap_or_default(),
            link: self.link,
            media: uses(self.media),
            follow_ups: parts(self.follow_ups),
            variants: variants(self.variants),
            options: options(self.options),
            labels: self.labels,
            expires_at: self.expires_at.map(|at| at.0),
        }
    }
}

/// What changes of it; what is absent stays, what is given replaces all of its kind.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::option_option, reason = "absent, null and a value are three wishes")]
pub(super) struct CompositionPatch {
    /// How the networks show it.
    #[garde(skip)]
    format: Option<PostShape>,
    /// A link to attach; null removes it.
    #[serde(deserialize_with = "present")]
    #[garde(inner(inner(length(chars, max = LINK_MAX))))]
    #[schema(value_type = Option<String>)]
    link: Option<Option<String>>,
    /// Pictures and videos of the library, in order.
    #[garde(length(max = MEDIA_MAX), dive)]
    media: Option<Vec<MediaPart>>,
    /// Parts of a thread in order, and comments; at most 10.
    #[garde(length(max = FOLLOW_UPS_MAX), dive)]
    follow_ups: Option<Vec<FollowUpPart>>,
    /// Words of its own per account, by the account's id.
    #[garde(inner(custom(words_fit)))]
    #[schema(value_type = Option<std::collections::HashMap<String, VariantPart>>)]
    variants: Option<Variants>,
    /// Options per network, in the network's words.
    #[garde(skip)]
    #[schema(value_type = Option<std::collections::HashMap<String, Object>>)]
    options: Option<Options>,
    /// Words to find it by.
    #[garde(length(max = LABELS_MAX), inner(inner(length(chars, min = 1, max = LABEL_LENGTH_MAX))))]
    labels: Option<Vec<String>>,
    /// Not to come out after this moment; null removes it.
    #[serde(deserialize_with = "present")]
    #[garde(skip)]
    #[schema(value_type = Option<Time>, inline)]
    expires_at: Option<Option<Time>>,
}

impl CompositionPatch {
    pub(super) fn read(self) -> CompositionChange {
        CompositionChange {
            format: self.format.map(Into::into),
            link: self.link,
            media: self.media.map(uses),
            follow_ups: self.follow_ups.map(parts),
            variants: self.variants.map(variants),
            options: self.options.map(options),
            labels: self.labels,
            expires_at: self.expires_at.map(|at| at.map(|at| at.0)),
        }
    }
}

fn uses(media: Vec<MediaPart>) -> Vec<MediaUse> {
    let read = |m: MediaPart| MediaUse { asset_id: MediaAssetId::from_uuid(m.asset_id), alt_text: m.alt_text };
    media.into_iter().map(read).collect()
}

fn parts(follow_ups: Vec<FollowUpPart>) -> Vec<FollowUp> {
    let read = |f: FollowUpPart| FollowUp { kind: f.kind.into(), text: f.text, delay_minutes: f.delay_minutes };
    follow_ups.into_iter().map(read).collect()
}

fn variants(variants: Variants) -> BTreeMap<AccountId, Variant> {
    let read = |(id, v): (Uuid, VariantPart)| (AccountId::from_uuid(id), Variant { text: v.text, title: v.title });
    variants.into_iter().map(read).collect()
}

fn options(options: Options) -> BTreeMap<Platform, Value> {
    options.into_iter().map(|(network, words)| (network.into(), Value::Object(words))).collect()
}

/// What a post is made of besides its text.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CompositionView {
    format: PostShape,
    link: Option<String>,
    /// In order.
    media: Vec<MediaPart>,
    follow_ups: Vec<FollowUpPart>,
    /// Words of its own per account, by the account's id.
    #[schema(value_type = std::collections::HashMap<String, VariantPart>)]
    variants: Variants,
    /// Options per network, in the network's words.
    #[schema(value_type = std::collections::HashMap<String, Object>)]
    options: BTreeMap<Network, Value>,
    labels: Vec<String>,
    expires_at: Option<Time>,
}

impl From<Composition> for CompositionView {
    fn from(c: Composition) -> Self {
        let media = |m: MediaUse| MediaPart { asset_id: m.asset_id.uuid(), alt_text: m.alt_text };
        let part = |f: FollowUp| FollowUpPart { kind: f.kind.into(), text: f.text, delay_minutes: f.delay_minutes };
        let variant = |(id, v): (AccountId, Variant)| (id.uuid(), VariantPart { text: v.text, title: v.title });
        Self {
            format: c.format.into(),
            link: c.link,
            media: c.media.into_iter().map(media).collect(),
            follow_ups: c.follow_ups.into_iter().map(part).collect(),
            variants: c.variants.into_iter().map(variant).collect(),
            options: c.options.into_iter().map(|(network, words)| (network.into(), words)).collect(),
            labels: c.labels,
            expires_at: c.expires_at.map(Time),
        }
    }
}
