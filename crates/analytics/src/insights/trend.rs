//! Which tags rise (spec 6.6). Pure.

use rookery_kernel::{AccountId, ContentId, Date, labelled};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::brief::InsightFilter;
use super::figure;

/// Share of the mention velocity in the score (spec 6.6).
const MENTIONS_SHARE: f64 = 0.4;
/// Share of the engagement velocity in the score (spec 6.6).
const ENGAGEMENT_SHARE: f64 = 0.6;
/// Velocity of what was not there before, in percent (spec 6.6).
const FROM_NOTHING: f64 = 100.0;
/// A topic needs so many posts in the window (spec 6.6).
const MENTIONS_MIN: i64 = 3;
/// And numbers of so many of them (spec 6.6).
const WITH_NUMBERS_MIN: i64 = 2;
/// Between −10 and 10 a score is stable (spec 6.6).
const STABLE_WITHIN: f64 = 10.0;
/// Most topics of an answer (spec 6.6).
pub const TRENDS_MAX: usize = 50;

/// Length of a window; whole days, because numbers are daily.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TrendWindow {
    /// A day.
    Hours24,
    /// Two days.
    Hours48,
    /// Three days, unless told.
    #[default]
    Hours72,
}

impl TrendWindow {
    /// 24, 48 or 72.
    pub const fn of_hours(hours: u16) -> Option<Self> {
        Some(match hours {
            24 => Self::Hours24,
            48 => Self::Hours48,
            72 => Self::Hours72,
            _ => return None,
        })
    }

    /// Its days.
    pub const fn days(self) -> i64 {
        match self {
            Self::Hours24 => 1,
            Self::Hours48 => 2,
            Self::Hours72 => 3,
        }
    }
}

labelled! {
    /// Where a topic goes.
    TrendDirection, "text", "direction of a trend" {
        /// A score above 10.
        Rising = "rising",
        /// From −10 to 10.
        Stable = "stable",
        /// Below −10.
        Falling = "falling",
    }
}

/// What happened with a tag in a window.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mentions {
    /// Content published in the window that bears the tag.
    pub count: i64,
    /// Engagement gained in the window by all content with the tag; `None` is unknown.
    pub engagement: Option<i64>,
}

impl Mentions {
    /// Engagement ÷ mentions; unknown without mentions or numbers.
    pub fn average(&self) -> Option<f64> {
        self.engagement.filter(|_| self.count > 0).map(|engagement| engagement as f64 / self.count as f64)
    }
}

/// How fast a topic grows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Speed {
    /// Change of the mentions, in percent.
    pub mention_velocity: f64,
    /// Change of the average engagement, in percent.
    pub engagement_velocity: f64,
    /// 0.4 × mention velocity + 0.6 × engagement velocity.
    pub score: f64,
    /// Nothing was published about it in the window before.
    pub is_new: bool,
    /// By the score.
    pub direction: TrendDirection,
}

/// How fast a topic grows from one window to the next. `None` where that is unknown: nothing was published about it now, or
/// numbers of a window in which something was published are missing. Without earlier mentions both velocities come from
/// nothing: 100 %, for engagement only if there is any.
pub fn speed(now: Mentions, before: Mentions) -> Option<Speed> {
    let average = now.average()?;
    let is_new = before.count <= 0;
    let average_before = if is_new { 0.0 } else { before.average()? };
    let mention_velocity = velocity(now.count as f64, before.count.max(0) as f64);
    let engagement_velocity = velocity(average, average_before);
    let score = MENTIONS_SHARE * mention_velocity + ENGAGEMENT_SHARE * engagement_velocity;
    let direction = if score > STABLE_WITHIN {
        TrendDirection::Rising
    } else if score < -STABLE_WITHIN {
        TrendDirection::Falling
    } else {
        TrendDirection::Stable
    };
    Some(Speed { mention_velocity, engagement_velocity, score, is_new, direction })
}

/// Change in percent; from nothing (or less, after corrections) to something 100, to nothing 0.
fn velocity(now: f64, before: f64) -> f64 {
    if before > 0.0 {
        (now - before) / before * 100.0
    } else if now > 0.0 {
        FROM_NOTHING
    } else {
        0.0
    }
}

/// Whether a topic is listed: a score above 0, three posts, and numbers of two of them unless it is new.
pub fn is_listed(speed: &Speed, now: Mentions, with_numbers: i64) -> bool {
    speed.score > 0.0 && now.count >= MENTIONS_MIN && (speed.is_new || with_numbers >= WITH_NUMBERS_MIN)
}

/// A post about a topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrendPost {
    /// The content.
    pub id: ContentId,
    /// Its account.
    pub integration_id: AccountId,
    /// The beginning of its text.
    pub caption: Option<String>,
    /// By its newest numbers; `None` is unknown.
    pub engagement: Option<i64>,
}

/// A topic that rises.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trend {
    /// The tag.
    pub tag_id: Uuid,
    /// What people call it.
    pub name: String,
    /// In the window.
    pub now: Mentions,
    /// In the window before.
    pub before: Mentions,
    /// How fast.
    pub speed: Speed,
    /// Why, in words.
    pub reason: String,
    /// At most three posts of the window, most engagement first.
    pub top_posts: Vec<TrendPost>,
}

/// Which topics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrendQuestion {
    /// How far to look back.
    pub window: TrendWindow,
    /// Topics of the answer, 1 to [`TRENDS_MAX`].
    pub limit: usize,
    /// Of which accounts and formats.
    pub filter: InsightFilter,
    /// The newest day that counts; `None` is yesterday on the organization's clocks.
    pub up_to: Option<Date>,
}

impl TrendQuestion {
    /// The usual one about everything.
    pub fn new(window: TrendWindow, limit: usize) -> Self {
        Self { window, limit, filter: InsightFilter::default(), up_to: None }
    }
}

/// The topics that rise.
#[derive(Debug, Clone, PartialEq)]
pub struct Trends {
    /// The last day of the window: the newest with numbers; `None`: nothing was ever reported.
    pub as_of: Option<Date>,
    /// Length of the window.
    pub window: TrendWindow,
    /// Whether four fifths of the accounts' days were reported in both windows.
    pub is_complete: bool,
    /// Highest score first.
    pub trends: Vec<Trend>,
}

/// The figures behind a score, in words.
pub(super) fn reason(name: &str, now: Mentions, before: Mentions, speed: &Speed, days: i64) -> String {
    let span = if days == 1 { "on the newest day".to_owned() } else { format!("in {days} days") };
    let average = |of: Mentions| of.average().map_or_else(|| "unknown".to_owned(), figure);
    if speed.is_new {
        return format!(
            "{} posts about {name} {span}, none in as many days before; {} engagement a post.",
            now.count,
            average(now)
        );
    }
    format!(
        "{} posts about {name} {span}, {} in as many days before ({:+.0}%); {} engagement a post, {} before ({:+.0}%).",
        now.count,
        before.count,
        speed.mention_velocity,
        average(now),
        average(before),
        speed.engagement_velocity,
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(count: i64, engagement: i64) -> Mentions {
        Mentions { count, engagement: Some(engagement) }
    }

    #[test]
    fn the_worked_check_of_the_specification() {
        // 10 to 18 mentions, 50 to 70 engagement each.
        let found = speed(of(18, 18 * 70), of(10, 10 * 50)).expect("all is known");
        assert!((found.mention_velocity - 80.0).abs() < 1e-9);
        assert!((found.engagement_velocity - 40.0).abs() < 1e-9);
        assert!((found.score - 56.0).abs() < 1e-9);
        assert_eq!((found.is_new, found.direction), (false, TrendDirection::Rising));
        let words = reason("figs", of(18, 18 * 70), of(10, 10 * 50), &found, 3);
        assert_eq!(
            words,
            "18 posts about figs in 3 days, 10 in as many days before (+80%); 70 engagement a post, 50 before (+40%)."
        );
    }

    #[test]
    fn from_nothing_is_a_hundred_and_unknown_is_no_score() {
        let new = speed(of(3, 30), Mentions::default()).expect("known");
        assert!(new.is_new && (new.score - 100.0).abs() < 1e-9);
        let silent = speed(of(3, 0), Mentions::default()).expect("known");
        assert!((silent.score - 40.0).abs() < 1e-9, "mentions alone");
        let woken = speed(of(3, 30), of(3, 0)).expect("known");
        assert!((woken.score - 60.0).abs() < 1e-9 && !woken.is_new);
        assert_eq!(speed(Mentions { count: 3, engagement: None }, of(3, 30)), None);
        assert_eq!(speed(of(3, 30), Mentions { count: 3, engagement: None }), None);
        assert_eq!(speed(of(0, 30), of(3, 30)), None, "nothing was published");
        assert!(reason("figs", of(3, 30), Mentions::default(), &new, 1).contains("on the newest day, none"));
    }

    #[test]
    fn few_posts_are_no_trend() {
        let up = speed(of(4, 400), of(2, 20)).expect("known");
        assert!(is_listed(&up, of(4, 400), 2));
        assert!(!is_listed(&up, of(4, 400), 1), "numbers of one post");
        assert!(!is_listed(&up, of(2, 400), 2), "two posts");
        let new = speed(of(3, 30), Mentions::default()).expect("known");
        assert!(is_listed(&new, of(3, 30), 1));
        let down = speed(of(3, 30), of(6, 600)).expect("known");
        assert_eq!(down.direction, TrendDirection::Falling);
        assert!(!is_listed(&down, of(3, 30), 3));
        assert_eq!(speed(of(3, 30), of(3, 30)).map(|s| s.direction), Some(TrendDirection::Stable));
    }

    proptest! {
        #[test]
        fn scores_follow_the_definition(now in (1_i64..50, 0_i64..5000), before in (1_i64..50, 1_i64..5000)) {
            let found = speed(of(now.0, now.1), of(before.0, before.1)).expect("all is known");
            let mention = now.0 as f64 / before.0 as f64 - 1.0;
            let engagement = (now.1 as f64 * before.0 as f64) / (before.1 as f64 * now.0 as f64) - 1.0;
            prop_assert!((found.score - (40.0 * mention + 60.0 * engagement)).abs() < 1e-6 * found.score.abs().max(1.0));
            prop_assert_eq!(found.direction == TrendDirection::Rising, found.score > 10.0);
        }

        #[test]
        fn more_is_never_slower(count in 1_i64..50, engagement in 0_i64..5000, more in 0_i64..50, before in (0_i64..50, 1_i64..5000)) {
            let before = of(before.0, before.1);
            let low = speed(of(count, engagement), before).expect("known");
            let high = speed(of(count, engagement + more), before).expect("known");
            prop_assert!(high.score >= low.score);
        }
    }
}
