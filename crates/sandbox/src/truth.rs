//! The true effects: known to the simulator, hidden from whoever only speaks its APIs.
//!
//! Effects are added to the logarithm of a rate, so 0.30 means about a third more.

use rookery_kernel::{Platform, Timestamp, Zone};
use serde::Serialize;

use crate::chance::Chance;
use crate::protocol::Protocol;
use crate::protocols::protocols;
use crate::world::{Account, Format, Post};

/// Half-life of a post's attention.
pub(crate) const HALF_LIFE_HOURS: f64 = 36.0;
/// Spread of luck in reach (of the logarithm).
pub(crate) const REACH_SIGMA: f64 = 0.75;
/// Spread of luck in engagement (of the logarithm).
pub(crate) const ENGAGEMENT_SIGMA: f64 = 0.35;

/// Effect of the hour of publishing in the audience's zone.
const BY_HOUR: [f64; 24] = [
    -0.30, -0.35, -0.40, -0.40, -0.35, -0.25, -0.10, 0.05, 0.20, 0.22, 0.10, 0.02, 0.10, 0.05, -0.02, -0.05, 0.00,
    0.10, 0.25, 0.32, 0.26, 0.10, -0.08, -0.20,
];

/// Effect of the weekday of publishing, Monday first.
const BY_WEEKDAY: [f64; 7] = [0.00, 0.05, 0.10, 0.14, -0.05, -0.18, -0.06];

/// Tags with a strong effect; every other tag has a weak one that depends on the seed.
const BY_TAG: [(&str, f64); 5] =
    [("howto", 0.30), ("fieldnotes", 0.20), ("poll", 0.15), ("behindthescenes", 0.10), ("productnews", -0.20)];

/// Most that the tags of one post do together.
const TAGS_MAX: f64 = 0.5;

/// How many times the audience is awake and online, by hour of the day.
const ONLINE_BY_HOUR: [f64; 24] = [
    0.25, 0.15, 0.10, 0.08, 0.10, 0.20, 0.50, 0.90, 1.20, 1.15, 1.05, 1.05, 1.25, 1.15, 1.00, 0.95, 1.00, 1.15, 1.40,
    1.65, 1.70, 1.45, 1.00, 0.55,
];

/// The same by weekday, Monday first.
const ONLINE_BY_WEEKDAY: [f64; 7] = [1.00, 1.03, 1.06, 1.08, 0.95, 0.85, 0.98];

/// The shape of a text, named as the replies of the engagement module are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Archetype {
    /// Numbered steps.
    Checklist,
    /// A misconception, corrected.
    Mythbust,
    /// Advice with a time box.
    Coach,
    /// A small scene.
    Storylet,
    /// Kind wit.
    HumorLight,
    /// A mechanism or a measurement.
    CredibilityAnchor,
    /// A recommendation with its reason.
    ConfidentRecommender,
    /// Cause and remedy.
    ProblemSolutionDirect,
    /// None of these.
    Plain,
}

impl Archetype {
    /// All shapes.
    pub const ALL: [Self; 9] = [
        Self::Checklist,
        Self::Mythbust,
        Self::Coach,
        Self::Storylet,
        Self::HumorLight,
        Self::CredibilityAnchor,
        Self::ConfidentRecommender,
        Self::ProblemSolutionDirect,
        Self::Plain,
    ];

    /// Read off the text by plain marks, so that a post written by hand has a shape too.
    pub fn of(text: &str) -> Self {
        let lower = text.to_lowercase();
        let has = |marks: &[&str]| marks.iter().any(|m| lower.contains(m));
        let starts = |marks: &[&str]| marks.iter().any(|m| lower.starts_with(m));
        if has(&["\n1.", "\n1)", "\n- "]) || starts(&["1. "]) {
            Self::Checklist
        } else if has(&["myth"]) {
            Self::Mythbust
        } else if has(&[" minutes", " min ", "-minute"]) {
            Self::Coach
        } else if has(&["😅", "😄", "🙃", "(sorry"]) {
            Self::HumorLight
        } else if has(&["turns out", "we measured", "we counted", "per cent"]) {
            Self::CredibilityAnchor
        } else if has(&["our pick", "we recommend", "if you only"]) {
            Self::ConfidentRecommender
        } else if has(&["the fix", "so now we", "which is why we"]) {
            Self::ProblemSolutionDirect
        } else if starts(&["this morning", "yesterday", "rain ", "monday", "last night", "on the way", "first frost"]) {
            Self::Storylet
        } else {
            Self::Plain
        }
    }

    const fn effect(self) -> f64 {
        match self {
            Self::Checklist => 0.25,
            Self::Mythbust => 0.15,
            Self::Coach => 0.10,
            Self::Storylet => 0.30,
            Self::HumorLight => 0.20,
            Self::CredibilityAnchor => -0.05,
            Self::ConfidentRecommender => -0.10,
            Self::ProblemSolutionDirect => 0.05,
            Self::Plain => 0.0,
        }
    }
}

const fn format_effect(platform: Platform, format: Format) -> f64 {
    match (platform, format) {
        (_, Format::Text) => 0.0,
        // A network of one's own servers does not hold links back as much.
        (Platform::Mastodon, Format::Link) => -0.08,
        (_, Format::Link) => -0.30,
        (_, Format::Photo) => 0.25,
        (_, Format::Video) => 0.40,
    }
}

/// Lower-case hashtags of a text, each once.
pub(crate) fn hashtags(text: &str) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for word in text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '#')) {
        let Some(tag) = word.strip_prefix('#').filter(|t| t.chars().any(char::is_alphabetic)) else { continue };
        let tag = tag.to_lowercase();
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

fn tag_effect(seed: u64, tag: &str) -> f64 {
    BY_TAG
        .iter()
        .find(|(known, _)| *known == tag)
        .map_or_else(|| Chance::new(seed, tag, &[]).between(-0.08, 0.08), |(_, effect)| *effect)
}

/// How much the audience is online at an hour of the week (0 = Monday 00:00 in its zone).
pub(crate) fn online(hour_of_week: usize) -> f64 {
    ONLINE_BY_HOUR[hour_of_week % 24] * ONLINE_BY_WEEKDAY[hour_of_week / 24 % 7]
}

/// Hour of the week in the audience's zone.
pub(crate) fn hour_of_week(zone: &Zone, at: Timestamp) -> usize {
    let local = zone.local(at);
    let day = usize::try_from(local.date().weekday().to_monday_zero_offset()).unwrap_or(0);
    day * 24 + usize::try_from(local.hour()).unwrap_or(0)
}

/// How good the hour and day are for publishing; the invented past prefers some of them.
pub(crate) fn weekday_online(day: usize) -> f64 {
    ONLINE_BY_WEEKDAY[day % 7]
}

/// What the simulator knows about one post.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PostTruth {
    /// The post's id at the network.
    pub external_id: String,
    /// Its format.
    pub format: Format,
    /// Its shape.
    pub archetype: Archetype,
    /// Its tags.
    pub tags: Vec<String>,
    /// Hour of publishing in the audience's zone.
    pub hour: usize,
    /// Weekday of publishing, 0 = Monday.
    pub weekday: usize,
    /// Sum of all effects on the logarithm of reach.
    pub reach_effect: f64,
    /// Effect on the logarithm of the engagement rate.
    pub engagement_effect: f64,
    /// Luck in reach, in standard deviations.
    pub luck: f64,
}

impl PostTruth {
    pub(crate) fn of(seed: u64, account: &Account, zone: &Zone, post: &Post) -> Self {
        let when = hour_of_week(zone, post.created_at);
        let (hour, weekday) = (when % 24, when / 24 % 7);
        let archetype = Archetype::of(&post.text);
        let tags = hashtags(&post.text);
        let by_tags: f64 = tags.iter().map(|t| tag_effect(seed, t)).sum();
        let reach_effect = format_effect(account.platform, post.format)
            + BY_HOUR[hour]
            + BY_WEEKDAY[weekday]
            + by_tags.clamp(-TAGS_MAX, TAGS_MAX)
            + archetype.effect() / 2.0;
        Self {
            external_id: account.external_id(post),
            format: post.format,
            archetype,
            tags,
            hour,
            weekday,
            reach_effect,
            engagement_effect: archetype.effect(),
            luck: Chance::new(seed, "luck", &[post.id]).normal(),
        }
    }
}

/// The true model, for judging what a learner found. Never part of a network's answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Truth {
    /// The world's seed.
    pub seed: u64,
    /// Half-life of attention.
    pub half_life_hours: f64,
    /// Spread of luck in reach.
    pub reach_sigma: f64,
    /// Spread of luck in engagement.
    pub engagement_sigma: f64,
    /// Effect of the format per network.
    pub by_format: Vec<(Platform, Format, f64)>,
    /// Effect of the hour of publishing in the audience's zone.
    pub by_hour: Vec<f64>,
    /// Effect of the weekday of publishing, Monday first.
    pub by_weekday: Vec<f64>,
    /// Effect of the tags in use.
    pub by_tag: Vec<(String, f64)>,
    /// Effect of the shape on engagement; on reach it is half of that.
    pub by_archetype: Vec<(Archetype, f64)>,
    /// Every post.
    pub posts: Vec<PostTruth>,
}

impl Truth {
    pub(crate) fn new(seed: u64, posts: Vec<PostTruth>) -> Self {
        let formats = [Format::Text, Format::Link, Format::Photo, Format::Video];
        let mut tags: Vec<String> = BY_TAG.iter().map(|(tag, _)| (*tag).to_owned()).collect();
        tags.extend(posts.iter().flat_map(|p| p.tags.iter().cloned()));
        tags.sort();
        tags.dedup();
        Self {
            seed,
            half_life_hours: HALF_LIFE_HOURS,
            reach_sigma: REACH_SIGMA,
            engagement_sigma: ENGAGEMENT_SIGMA,
            by_format: protocols()
                .map(Protocol::platform)
                .flat_map(|p| formats.map(|f| (p, f, format_effect(p, f))))
                .collect(),
            by_hour: BY_HOUR.to_vec(),
            by_weekday: BY_WEEKDAY.to_vec(),
            by_tag: tags.into_iter().map(|t| (t.clone(), tag_effect(seed, &t))).collect(),
            by_archetype: Archetype::ALL.into_iter().map(|a| (a, a.effect())).collect(),
            posts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_read_off_the_text() {
        assert_eq!(Archetype::of("Pack:\n1. pencil\n2. paper"), Archetype::Checklist);
        assert_eq!(Archetype::of("Myth: you need talent."), Archetype::Mythbust);
        assert_eq!(Archetype::of("Ten minutes, one tree."), Archetype::Coach);
        assert_eq!(Archetype::of("This morning it snowed."), Archetype::Storylet);
        assert_eq!(Archetype::of("Hello."), Archetype::Plain);
    }

    #[test]
    fn tags_are_lower_case_and_unique() {
        assert_eq!(hashtags("Go #HowTo, #howto #1 #field_notes!"), ["howto", "field_notes"]);
    }
}
