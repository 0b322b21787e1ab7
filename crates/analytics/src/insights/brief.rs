//! What is read on a morning (spec 6.8). Pure.

use rookery_kernel::{AccountId, Date, Platform, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::recommendation::Recommendation;
use super::trend::Trend;
use crate::kpi::{Coverage, Range, RateBasis};
use crate::performance::{BestSlot, Filter, FormatChoice, FormatComparison, Measure, TableRow};
use crate::run::{IngestErrorType, IngestStatus};

/// Days of the figures, the best content and the formats.
pub(super) const DAYS: i64 = 7;
/// Days that the best hours look back: four of each weekday.
pub(super) const HOUR_DAYS: i64 = 28;
/// Figures of a brief, in their order.
pub(super) const FIGURES: [Measure; 6] =
    [Measure::Reach, Measure::Engagement, Measure::EngagementRate, Measure::Views, Measure::Followers, Measure::Posts];

/// Of which accounts and formats; nothing named is everything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InsightFilter {
    /// Of a page group's accounts.
    pub group: Option<Uuid>,
    /// Of these formats.
    pub format: Option<FormatChoice>,
}

impl InsightFilter {
    /// The word for the format, `all` for everything.
    #[must_use]
    pub fn word(&self) -> &'static str {
        self.format.map_or("all", FormatChoice::label)
    }

    pub(super) fn filter(&self) -> Filter {
        Filter { group: self.group, format: self.format, ..Filter::default() }
    }
}

/// A figure of the last seven days, beside the seven before and the newest day alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BriefFigure {
    /// Which.
    pub measure: Measure,
    /// Of the seven days up to the day of the numbers; a rate is a ratio. `None` is unknown.
    pub value: Option<f64>,
    /// Of the seven days before.
    pub previous: Option<f64>,
    /// Change in percent.
    pub change: Option<f64>,
    /// What a rate was divided by.
    pub basis: Option<RateBasis>,
    /// Of the day of the numbers alone.
    pub day: Option<f64>,
    /// Tracked accounts that reported it.
    pub coverage: Coverage,
}

/// A tracked account whose numbers of the day are not, or not all, there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MissingAccount {
    /// The account.
    pub integration_id: AccountId,
    /// What people call it.
    pub name: String,
    /// Its network.
    pub platform: Platform,
    /// How reading its numbers of the day stands; `None`: it was not begun.
    pub status: Option<IngestStatus>,
    /// What ended it.
    pub error_type: Option<IngestErrorType>,
    /// It was disconnected, here or at the network.
    pub is_disconnected: bool,
    /// The first day on which it was tracked.
    pub tracking_since: Date,
    /// Nothing is asked of the network before this time.
    pub next_attempt_at: Option<Timestamp>,
}

impl MissingAccount {
    /// Why its numbers of `day` are missing, to stand behind its name.
    pub fn reason(&self, day: Date) -> &'static str {
        use IngestErrorType as E;
        match (self.status, self.error_type) {
            _ if self.is_disconnected => "is disconnected: connect it again, or stop tracking it",
            (None, _) if self.tracking_since > day => "is new: its first night is still to come",
            (None, _) => "has not been asked for this day yet",
            (Some(IngestStatus::Queued | IngestStatus::Running), _) => "is being collected right now",
            (_, Some(E::TokenExpired)) => "does not let us in any more: connect it again",
            (_, Some(E::Permission)) => "lacks a right: connect it again and allow everything",
            (_, Some(E::RateLimit)) => "has used up its quota at the network, and is asked again later",
            (_, Some(E::PolicyBlock)) => "is blocked by its network for a time",
            (_, Some(E::Transient)) => "could not be reached, and is asked again later",
            (Some(IngestStatus::Partial), _) => "brought only a part of its numbers",
            (Some(IngestStatus::Skipped), _) => "was left out, because an earlier step failed",
            (Some(IngestStatus::Failed | IngestStatus::Success), _) => "failed: the page Collecting says why",
        }
    }
}

/// How many of the tracked accounts brought their numbers of the day.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Completeness {
    /// Accounts whose run for the numbers of the day succeeded.
    pub ok: usize,
    /// Tracked accounts.
    pub of: usize,
    /// The others, by name.
    pub missing: Vec<MissingAccount>,
}

impl Completeness {
    /// Share in percent, rounded down; nothing of nothing is 0.
    pub fn percent(&self) -> i16 {
        let percent = (self.ok * 100).checked_div(self.of).unwrap_or(0);
        i16::try_from(percent).unwrap_or(100)
    }

    /// Whether every tracked account, and at least one, brought its numbers.
    pub fn is_complete(&self) -> bool {
        self.percent() == 100
    }
}

/// The hours of a weekday at which posts are answered.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BriefHours {
    /// At most three, best first.
    pub slots: Vec<BestSlot>,
    /// Items of the whole week that they stand on.
    pub items: i64,
    /// Whether these are enough to say anything.
    pub is_enough: bool,
}

/// What a brief says, as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BriefParts {
    /// The day that its numbers end with: the day before it is read.
    pub day: Date,
    /// Which accounts its numbers stand on.
    pub completeness: Completeness,
    /// Figures beside those before. Under a format without followers: they belong to accounts.
    pub figures: Vec<BriefFigure>,
    /// At most five topics that rise, highest score first.
    pub trends: Vec<Trend>,
    /// The newest day with numbers up to that day; `None`: nothing was reported in 60 days.
    pub trends_as_of: Option<Date>,
    /// Today's best hours, by the last 28 days.
    pub hours: BriefHours,
    /// At most five items of the last seven days, most engagement first.
    pub top: Vec<TableRow>,
    /// The formats of the last seven days.
    pub formats: FormatComparison,
}

impl BriefParts {
    /// The seven days of its figures, content and formats.
    pub fn week(&self) -> Range {
        Range { from: self.day.plus_days(1 - DAYS), to: self.day }
    }
}

/// A brief.
#[derive(Debug, Clone, PartialEq)]
pub struct DailyBrief {
    /// Its id.
    pub id: Uuid,
    /// The day it is read on.
    pub date: Date,
    /// Of what.
    pub filter: InsightFilter,
    /// When it was computed. A brief of an earlier day that nobody asked for then is computed from what is known now.
    pub generated_at: Timestamp,
    /// What it says.
    pub parts: BriefParts,
    /// What it recommends: high priority first.
    pub recommendations: Vec<Recommendation>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(status: Option<IngestStatus>, error_type: Option<IngestErrorType>) -> MissingAccount {
        MissingAccount {
            integration_id: AccountId::from_uuid(Uuid::from_u128(1)),
            name: "Bakery".into(),
            platform: Platform::Mastodon,
            status,
            error_type,
            is_disconnected: false,
            tracking_since: day("2026-01-01"),
            next_attempt_at: None,
        }
    }

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    #[test]
    fn completeness_rounds_down_and_nothing_is_not_complete() {
        let of = |ok, of| Completeness { ok, of, missing: Vec::new() };
        assert_eq!([of(0, 0), of(199, 200), of(2, 3), of(3, 3)].map(|c| c.percent()), [0, 99, 66, 100]);
        assert!(!of(0, 0).is_complete() && !of(199, 200).is_complete() && of(1, 1).is_complete());
    }

    #[test]
    fn a_missing_account_says_why() {
        let on = day("2026-03-09");
        let because = |status, error| missing(status, error).reason(on);
        assert!(because(None, None).contains("not been asked"));
        let failed = Some(IngestStatus::Failed);
        assert!(because(failed, Some(IngestErrorType::RateLimit)).contains("quota"));
        assert!(because(failed, Some(IngestErrorType::TokenExpired)).contains("connect it again"));
        assert!(because(Some(IngestStatus::Partial), None).contains("a part"));
        assert!(because(Some(IngestStatus::Running), None).contains("right now"));
        let new = MissingAccount { tracking_since: day("2026-03-10"), ..missing(None, None) };
        assert!(new.reason(on).contains("first night"));
        let gone = MissingAccount { is_disconnected: true, ..missing(failed, Some(IngestErrorType::Transient)) };
        assert!(gone.reason(on).contains("disconnected"));
    }
}
