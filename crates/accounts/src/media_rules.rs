//! What a network takes as media: data of the rule book, read leniently, because an administrator may change it.

use rookery_platforms::{DraftKind, MediaKind};
use serde::Deserialize;
use serde_json::Value;

/// All uses of media that a network knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MediaRules {
    /// The day the limits were looked up, as year-month-day.
    pub verified_on: Option<String>,
    /// One per use and kind; empty if nothing is known.
    pub uses: Vec<MediaUseRule>,
}

/// The limits of one kind of medium in one use. `None` is "no limit that is known".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaUseRule {
    /// In what.
    pub used_in: DraftKind,
    /// What kind.
    pub kind: MediaKind,
    /// Words of the formats, such as `jpeg` or `mp4`.
    pub formats: Vec<String>,
    /// Bytes, at least.
    pub bytes_min: Option<u64>,
    /// Bytes, at most.
    pub bytes_max: Option<u64>,
    /// Milliseconds, at least.
    pub duration_min_ms: Option<u64>,
    /// Milliseconds, at most.
    pub duration_max_ms: Option<u64>,
    /// Pixels, at least.
    pub width_min: Option<u32>,
    /// Pixels, at most.
    pub width_max: Option<u32>,
    /// Pixels, at least.
    pub height_min: Option<u32>,
    /// Pixels, at most.
    pub height_max: Option<u32>,
    /// Pixels in total, at most.
    pub pixels_max: Option<u64>,
    /// Shapes; any if empty.
    pub ratios: Vec<RatioRange>,
    /// Files in one post, at most.
    pub count_max: Option<usize>,
    /// Longest text beside it, where that is not the network's usual one.
    pub text_max: Option<usize>,
}

/// A range of shapes, width to height.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RatioRange {
    /// As the rule book says it: `9:16` or `4:5-1.91:1`.
    pub label: String,
    /// A thousand times width by height, at least, tolerance included.
    pub from_milli: u32,
    /// At most, tolerance included.
    pub to_milli: u32,
}

impl RatioRange {
    /// Whether a size has such a shape.
    pub fn holds(&self, width: u32, height: u32) -> bool {
        let milli = u64::from(width) * 1000 / u64::from(height.max(1));
        (u64::from(self.from_milli)..=u64::from(self.to_milli)).contains(&milli)
    }
}

#[derive(Deserialize)]
struct Stored {
    verified_on: Option<String>,
    #[serde(default)]
    uses: Vec<Value>,
}

#[derive(Deserialize)]
struct StoredUse {
    r#use: String,
    kind: String,
    #[serde(default)]
    formats: Vec<String>,
    min_bytes: Option<u64>,
    max_bytes: Option<u64>,
    min_seconds: Option<f64>,
    max_seconds: Option<f64>,
    min_width: Option<u32>,
    max_width: Option<u32>,
    min_height: Option<u32>,
    max_height: Option<u32>,
    max_pixels: Option<u64>,
    #[serde(default)]
    ratios: Vec<String>,
    tolerance: Option<f64>,
    max_count: Option<usize>,
    max_text: Option<usize>,
}

impl MediaRules {
    /// From the column `media_rules`. A use that cannot be read is left out and logged: what is not known is no limit.
    pub fn read(value: &Value) -> Self {
        let Ok(stored) = serde_json::from_value::<Stored>(value.clone()) else { return Self::default() };
        let read = |value: Value| {
            let rule = serde_json::from_value::<StoredUse>(value.clone()).ok().and_then(MediaUseRule::of);
            if rule.is_none() {
                tracing::warn!(rule = %value, "a media rule of the rule book cannot be read");
            }
            rule
        };
        Self { verified_on: stored.verified_on, uses: stored.uses.into_iter().filter_map(read).collect() }
    }

    /// The limits of a kind in a use.
    pub fn of(&self, used_in: DraftKind, kind: MediaKind) -> Option<&MediaUseRule> {
        self.uses.iter().find(|rule| rule.used_in == used_in && rule.kind == kind)
    }
}

impl MediaUseRule {
    fn of(stored: StoredUse) -> Option<Self> {
        let used_in = [DraftKind::Post, DraftKind::Story, DraftKind::Reel, DraftKind::Short, DraftKind::Carousel]
            .into_iter()
            .find(|kind| kind.label() == stored.r#use)?;
        let kind =
            [MediaKind::Image, MediaKind::Gif, MediaKind::Video].into_iter().find(|k| k.label() == stored.kind)?;
        let tolerance = stored.tolerance.unwrap_or(0.0).clamp(0.0, 0.5);
        let ratios: Option<Vec<_>> = stored.ratios.iter().map(|label| ratio_range(label, tolerance)).collect();
        Some(Self {
            used_in,
            kind,
            formats: stored.formats,
            bytes_min: stored.min_bytes,
            bytes_max: stored.max_bytes,
            duration_min_ms: stored.min_seconds.map(milli),
            duration_max_ms: stored.max_seconds.map(milli),
            width_min: stored.min_width,
            width_max: stored.max_width,
            height_min: stored.min_height,
            height_max: stored.max_height,
            pixels_max: stored.max_pixels,
            ratios: ratios?,
            count_max: stored.max_count,
            text_max: stored.max_text,
        })
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "held between 0 and 10^12")]
fn milli(value: f64) -> u64 {
    (value * 1000.0).round().clamp(0.0, 1e12) as u64
}

fn ratio_range(label: &str, tolerance: f64) -> Option<RatioRange> {
    let ratio = |text: &str| {
        let (width, height) = text.split_once(':')?;
        let (width, height): (f64, f64) = (width.trim().parse().ok()?, height.trim().parse().ok()?);
        (width > 0.0 && height > 0.0).then(|| width / height)
    };
    let (from, to) = label.split_once('-').unwrap_or((label, label));
    let (from, to) = (ratio(from)? * (1.0 - tolerance), ratio(to)? * (1.0 + tolerance));
    let (from_milli, to_milli) = (u32::try_from(milli(from)).ok()?, u32::try_from(milli(to)).ok()?);
    Some(RatioRange { label: label.to_owned(), from_milli, to_milli })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rules_are_read_and_shapes_are_told_apart() {
        let rules = MediaRules::read(&json!({"verified_on": "2026-11-21", "uses": [
            {"use": "post", "kind": "image", "formats": ["jpeg"], "max_bytes": 8_000_000, "ratios": ["4:5-1.91:1"], "tolerance": 0.01},
            {"use": "story", "kind": "video", "ratios": ["9:16"], "tolerance": 0.02, "min_seconds": 0.5},
        ]}));
        let post = rules.of(DraftKind::Post, MediaKind::Image).expect("a rule");
        let fits = |width, height| post.ratios.iter().any(|r| r.holds(width, height));
        assert!(fits(1080, 1350) && fits(1080, 1080) && fits(1910, 1000) && !fits(1080, 1920) && !fits(2200, 1000));
        let story = rules.of(DraftKind::Story, MediaKind::Video).expect("a rule");
        assert!(story.ratios[0].holds(1080, 1920) && !story.ratios[0].holds(1080, 1080));
        assert_eq!(story.duration_min_ms, Some(500));
        assert!(rules.of(DraftKind::Reel, MediaKind::Image).is_none());
    }

    #[test]
    fn what_cannot_be_read_is_no_limit() {
        let rules = MediaRules::read(&json!({"uses": [
            {"use": "hologram", "kind": "image"}, {"use": "post", "kind": "image", "ratios": ["wide"]}, 7,
        ]}));
        assert!(rules.uses.is_empty());
        assert_eq!(MediaRules::read(&json!({})), MediaRules::default());
        assert_eq!(MediaRules::read(&json!("x")), MediaRules::default());
    }
}
