//! Rows of pages. Pure.

use rookery_kernel::{AccountId, ContentId, Date, Platform, PostId, Timestamp};

use crate::content::ContentFormat;
use crate::kpi::{HourOfWeek, Numbers, Rate};
use crate::run::{IngestErrorType, IngestRun};
use crate::tracking::TrackingHealth;

/// An item of a ranking: published in the range, by its latest numbers at the range's end.
#[derive(Debug, Clone, PartialEq)]
pub struct TopContent {
    /// Its id.
    pub content_id: ContentId,
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
    /// The numbers.
    pub numbers: Numbers,
    /// The day they stand under.
    pub numbers_date: Date,
}

impl TopContent {
    /// Reactions, comments and shares.
    pub fn engagement(&self) -> Option<i64> {
        self.numbers.engagement()
    }

    /// Its engagement rate.
    pub fn engagement_rate(&self) -> Rate {
        self.numbers.engagement_rate()
    }
}

/// What happened on all accounts of a network in a range of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlatformTotals {
    /// The network.
    pub platform: Platform,
    /// Sums of the days' changes; `None` if no day reported the number.
    pub numbers: Numbers,
}

/// The numbers of one publication as of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrendPoint {
    /// Start of the day they stand under.
    pub recorded_at: Timestamp,
    /// Totals since publishing.
    pub numbers: Numbers,
}

/// How answers depend on the hour of publishing.
#[derive(Debug, Clone, PartialEq)]
pub struct Heatmap {
    /// 7 × 24 cells, Monday 00:00 first.
    pub cells: Vec<HeatmapCell>,
    /// Mean engagement of all items.
    pub mean: Option<f64>,
    /// Items behind it.
    pub samples: i64,
}

/// One hour of the week, in the organization's zone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeatmapCell {
    /// 1 is Monday, 7 Sunday.
    pub weekday: u8,
    /// 0 to 23.
    pub hour: u8,
    /// Mean engagement of the items published then; `None` if there are none.
    pub mean: Option<f64>,
    /// How many.
    pub samples: i64,
}

/// A good hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slot {
    /// 1 is Monday, 7 Sunday.
    pub weekday: u8,
    /// 0 to 23.
    pub hour: u8,
    /// The mean engagement to expect, drawn towards the mean of all the fewer items there are.
    pub expected: f64,
    /// Items behind it.
    pub samples: i64,
}

/// So many items at the mean of all are mixed into each hour: one lucky post is no good hour.
const PRIOR_SAMPLES: f64 = 3.0;

impl Heatmap {
    pub(crate) fn of(sums: &[HourOfWeek]) -> Self {
        let cell = |weekday, hour| {
            let (sum, samples) = sums
                .iter()
                .find(|(d, h, ..)| (*d, *h) == (weekday, hour))
                .map_or((0, 0), |(.., sum, samples)| (*sum, *samples));
            HeatmapCell { weekday, hour, mean: mean(sum, samples), samples }
        };
        let cells = (1..=7).flat_map(|day| (0..24).map(move |hour| (day, hour))).map(|(d, h)| cell(d, h)).collect();
        let (sum, samples) = sums.iter().fold((0, 0), |(s, n), (.., sum, samples)| (s + sum, n + samples));
        Self { cells, mean: mean(sum, samples), samples }
    }

    /// The best hours, best first; only hours with items.
    pub fn best(&self, count: usize) -> Vec<Slot> {
        let Some(overall) = self.mean else { return Vec::new() };
        let mut slots: Vec<Slot> = self
            .cells
            .iter()
            .filter_map(|cell| {
                let samples = cell.samples as f64;
                let expected = (cell.mean? * samples + overall * PRIOR_SAMPLES) / (samples + PRIOR_SAMPLES);
                Some(Slot { weekday: cell.weekday, hour: cell.hour, expected, samples: cell.samples })
            })
            .collect();
        slots.sort_by(|a, b| b.expected.total_cmp(&a.expected));
        slots.truncate(count);
        slots
    }
}

fn mean(sum: i64, samples: i64) -> Option<f64> {
    (samples > 0).then(|| sum as f64 / samples as f64)
}

/// How collecting from one account goes.
#[derive(Debug, Clone, PartialEq)]
pub struct AccountSummary {
    /// The account.
    pub integration_id: AccountId,
    /// Whether it is collected from.
    pub enabled: bool,
    /// How it goes.
    pub health: TrackingHealth,
    /// Last complete listing.
    pub last_content_at: Option<Timestamp>,
    /// Last complete reading of numbers.
    pub last_metrics_at: Option<Timestamp>,
    /// The last failure's type; `None` after a success.
    pub last_error_type: Option<IngestErrorType>,
    /// What happened, in words.
    pub last_error_message: Option<String>,
    /// Nothing is asked of the network before this time.
    pub next_attempt_at: Option<Timestamp>,
    /// The newest step of a run.
    pub last_run: Option<IngestRun>,
    /// Items published in the last 30 days.
    pub posts_30_days: i64,
}

/// The newest numbers of one of our publications.
#[derive(Debug, Clone, PartialEq)]
pub struct PublicationNumbers {
    /// Its id at the network.
    pub external_content_id: String,
    /// The content.
    pub content_id: ContentId,
    /// The numbers.
    pub numbers: Numbers,
    /// The day they stand under.
    pub date: Date,
    /// Read before that day ended.
    pub is_partial: bool,
    /// When they were read.
    pub fetched_at: Timestamp,
    /// Found gone from the network.
    pub is_deleted_on_platform: bool,
}

impl PublicationNumbers {
    /// Its engagement rate.
    pub fn engagement_rate(&self) -> Rate {
        self.numbers.engagement_rate()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_lucky_post_is_no_good_hour() {
        let heatmap = Heatmap::of(&[(1, 9, 800, 10), (2, 18, 200, 1), (3, 3, 10, 10)]);
        assert_eq!(heatmap.cells.len(), 168);
        assert_eq!(heatmap.samples, 21);
        let cell = heatmap.cells.iter().find(|c| (c.weekday, c.hour) == (2, 18)).expect("all hours are there");
        assert_eq!((cell.mean, cell.samples), (Some(200.0), 1));
        let best: Vec<_> = heatmap.best(2).iter().map(|s| (s.weekday, s.hour)).collect();
        assert_eq!(best, [(2, 18), (1, 9)], "200 once is still much more than 80 ten times");
        let modest = Heatmap::of(&[(1, 9, 800, 10), (2, 18, 90, 1), (3, 3, 10, 10)]);
        let best: Vec<_> = modest.best(2).iter().map(|s| (s.weekday, s.hour)).collect();
        assert_eq!(best, [(1, 9), (2, 18)], "90 once is less to be relied on than 80 ten times");
        assert!(Heatmap::of(&[]).best(3).is_empty());
    }
}
