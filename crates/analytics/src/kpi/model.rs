//! The formulas. Pure.
//!
//! Two modes. *Activity*: everything that happened in a range, the sum of changes between
//! readings; for cards and lines. *Cohort*: what was published in a range, by its latest totals;
//! for lists of content.

use rookery_kernel::{Date, Timestamp};
use serde::{Deserialize, Serialize};

/// The numbers of an item, or sums of them. `None` is "not reported".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
#[serde(rename_all = "camelCase")]
pub struct Numbers {
    /// People who saw it.
    pub reach: Option<i64>,
    /// Times it was shown.
    pub impressions: Option<i64>,
    /// Plays or media views.
    pub views: Option<i64>,
    /// Reactions of all kinds.
    pub reactions: Option<i64>,
    /// Comments.
    pub comments: Option<i64>,
    /// Shares, reposts and quotes.
    pub shares: Option<i64>,
    /// Clicks.
    pub clicks: Option<i64>,
    /// Saves.
    pub saves: Option<i64>,
}

/// Reactions, comments and shares together: unknown parts count 0, all unknown is unknown.
pub fn engagement(reactions: Option<i64>, comments: Option<i64>, shares: Option<i64>) -> Option<i64> {
    total([reactions, comments, shares])
}

/// The sum of what is known; unknown if nothing is.
pub(crate) fn total(parts: impl IntoIterator<Item = Option<i64>>) -> Option<i64> {
    parts.into_iter().flatten().reduce(i64::saturating_add)
}

impl Numbers {
    /// Reactions, comments and shares together.
    pub fn engagement(&self) -> Option<i64> {
        engagement(self.reactions, self.comments, self.shares)
    }

    /// Both together, number by number.
    #[must_use]
    pub(crate) fn plus(&self, other: &Self) -> Self {
        let sum = |of: fn(&Self) -> Option<i64>| total([of(self), of(other)]);
        Self {
            reach: sum(|n| n.reach),
            impressions: sum(|n| n.impressions),
            views: sum(|n| n.views),
            reactions: sum(|n| n.reactions),
            comments: sum(|n| n.comments),
            shares: sum(|n| n.shares),
            clicks: sum(|n| n.clicks),
            saves: sum(|n| n.saves),
        }
    }

    /// Engagement ÷ reach; where reach is unknown or 0, ÷ views, then ÷ impressions (PUB-49).
    pub fn engagement_rate(&self) -> Rate {
        let bases = [
            (self.reach, RateBasis::Reach),
            (self.views, RateBasis::Views),
            (self.impressions, RateBasis::Impressions),
        ];
        let base = bases.into_iter().find_map(|(n, basis)| n.filter(|n| *n > 0).map(|n| (n, basis)));
        match (self.engagement(), base) {
            (Some(engagement), Some((base, basis))) => Rate { value: Some(engagement as f64 / base as f64), basis },
            _ => Rate::unknown(),
        }
    }
}

/// What an engagement rate was divided by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateBasis {
    /// People reached.
    Reach,
    /// Views.
    Views,
    /// Impressions.
    Impressions,
    /// Different items by different ones.
    Mixed,
    /// There is nothing to divide by.
    None,
}

impl RateBasis {
    /// The label in the API.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Reach => "reach",
            Self::Views => "views",
            Self::Impressions => "impressions",
            Self::Mixed => "mixed",
            Self::None => "none",
        }
    }
}

/// A ratio (0.05 is 5 %) and what it stands on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// The ratio, if there is one.
    pub value: Option<f64>,
    /// What it was divided by.
    pub basis: RateBasis,
}

impl Rate {
    /// Nothing to divide, or nothing to divide by.
    pub const fn unknown() -> Self {
        Self { value: None, basis: RateBasis::None }
    }
}

/// Days of a report, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Range {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

/// A range that is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRange {
    /// It ends before it begins.
    #[error("the range from {0} to {1} has no days")]
    Empty(Date, Date),
    /// It is longer than a report may be.
    #[error("the range has {0} days; at most {max} are possible", max = Range::DAYS_MAX)]
    TooLong(i64),
}

impl Range {
    /// Longest range of a report.
    pub const DAYS_MAX: i64 = 400;

    /// The lengths in days that pages ask for most. Up to yesterday they are summed before anybody asks.
    pub(crate) const USUAL_DAYS: [i16; 3] = [30, 90, 365];

    /// From one day to another, both included.
    ///
    /// # Errors
    /// [`BadRange`].
    pub fn new(from: Date, to: Date) -> Result<Self, BadRange> {
        let range = Self { from, to };
        match range.days() {
            ..=0 => Err(BadRange::Empty(from, to)),
            1..=Self::DAYS_MAX => Ok(range),
            days => Err(BadRange::TooLong(days)),
        }
    }

    /// The `days` days that end with `to`.
    ///
    /// # Errors
    /// [`BadRange`] unless `days` is 1 to [`Range::DAYS_MAX`].
    pub fn last(days: i64, to: Date) -> Result<Self, BadRange> {
        Self::new(to.plus_days(1 - days), to)
    }

    /// How many days.
    pub fn days(&self) -> i64 {
        self.to.days_since(self.from) + 1
    }

    /// As many days directly before.
    #[must_use]
    pub fn previous(&self) -> Self {
        Self { from: self.from.plus_days(-self.days()), to: self.from.plus_days(-1) }
    }

    /// Whether a day lies in it.
    pub fn contains(&self, date: Date) -> bool {
        (self.from..=self.to).contains(&date)
    }

    /// The whole months in it, and the days before and after them; no whole months are empty ones at its beginning.
    pub(crate) fn whole_months(self) -> (Months, Vec<Self>) {
        let after = self.to.plus_days(1);
        let until = after.plus_days(1 - i64::from(after.to_jiff().day()));
        let days_to_next = i64::from(self.from.to_jiff().days_in_month()) - i64::from(self.from.to_jiff().day()) + 1;
        let from = if self.from.to_jiff().day() == 1 { self.from } else { self.from.plus_days(days_to_next) };
        if until <= from {
            return (Months { from: self.from, until: self.from }, vec![self]);
        }
        let before = Self { from: self.from, to: from.plus_days(-1) };
        let behind = Self { from: until, to: self.to };
        (Months { from, until }, [before, behind].into_iter().filter(|edge| edge.days() > 0).collect())
    }

    /// Its length, if that is one of those which are summed before anybody asks.
    pub(crate) fn usual_days(self) -> Option<i16> {
        Self::USUAL_DAYS.into_iter().find(|days| i64::from(*days) == self.days())
    }

    /// Its days in order.
    pub fn dates(&self) -> impl Iterator<Item = Date> + use<> {
        let from = self.from;
        (0..self.days()).map(move |n| from.plus_days(n))
    }
}

/// Whole months.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Months {
    /// The first day of the first.
    pub from: Date,
    /// The first day after the last.
    pub until: Date,
}

/// Change in percent: (now − before) ÷ before × 100. Unknown if before is unknown or 0: neither
/// "100 %" nor infinity.
pub fn change_percent(now: Option<f64>, before: Option<f64>) -> Option<f64> {
    match (now, before) {
        (Some(now), Some(before)) if before != 0.0 => Some((now - before) / before * 100.0),
        _ => None,
    }
}

/// How a figure was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Everything that happened in the range.
    Activity,
    /// What was published in the range, by its latest totals.
    Cohort,
}

/// Which figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KpiName {
    /// Sum of post reach: not the number of different people.
    Reach,
    /// Reactions, comments and shares.
    Engagement,
    /// Engagement ÷ reach, views or impressions.
    EngagementRate,
    /// Followers at the end.
    Followers,
    /// Items published.
    Posts,
    /// Views.
    Views,
    /// Impressions.
    Impressions,
}

impl KpiName {
    /// The label in the API.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Reach => "reach",
            Self::Engagement => "engagement",
            Self::EngagementRate => "engagement_rate",
            Self::Followers => "followers",
            Self::Posts => "posts",
            Self::Views => "views",
            Self::Impressions => "impressions",
        }
    }
}

/// How a figure is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A count.
    Count,
    /// A ratio; 0.05 is 5 %.
    Ratio,
}

/// How many of the tracked accounts a figure stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Accounts with data in the range.
    pub with_data: usize,
    /// Accounts in scope.
    pub of: usize,
}

/// A figure with its history.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Kpi {
    /// Which.
    pub name: KpiName,
    /// How it is written.
    pub unit: Unit,
    /// How it was computed.
    pub mode: Mode,
    /// The figure; `None` is unknown.
    pub value: Option<f64>,
    /// The same for as many days directly before.
    pub previous: Option<f64>,
    /// Change in percent; `None` if there is nothing to compare with, and for a single day.
    pub change: Option<f64>,
    /// What a rate was divided by; `None` for counts.
    pub basis: Option<RateBasis>,
    /// How many accounts it stands on.
    pub coverage: Coverage,
    /// One value per day of the range; `None` is a gap.
    pub sparkline: Vec<Option<f64>>,
}

impl Kpi {
    /// Difference in the figure's own unit (percentage points ÷ 100 for a ratio).
    pub fn difference(&self) -> Option<f64> {
        Some(self.value? - self.previous?)
    }
}

/// A number to rank content by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// People reached.
    Reach,
    /// Reactions, comments and shares.
    Engagement,
    /// Engagement rate.
    EngagementRate,
    /// Views.
    Views,
    /// Impressions.
    Impressions,
}

impl Metric {
    /// The label in the API and in the ranking statement.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Reach => "reach",
            Self::Engagement => "engagement",
            Self::EngagementRate => "engagement_rate",
            Self::Views => "views",
            Self::Impressions => "impressions",
        }
    }
}

/// What happened on one day, over all items in scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Day {
    pub date: Date,
    pub reach: Option<i64>,
    pub impressions: Option<i64>,
    pub views: Option<i64>,
    pub engagement: Option<i64>,
    /// Items published.
    pub posts: i64,
    /// How many followers more than on the day before, over the accounts known on both.
    pub followers_delta: Option<i64>,
    pub rated: Rated,
    /// When the sums last moved, if there are numbers of the day.
    pub moved_at: Option<Timestamp>,
}

impl Day {
    /// Several together, under this date. The rate of a set is the sum of engagements ÷ the sum of bases, not the mean of
    /// rates.
    pub fn sum<'a>(date: Date, days: impl IntoIterator<Item = &'a Self>) -> Self {
        let nothing = Self {
            date,
            reach: None,
            impressions: None,
            views: None,
            engagement: None,
            posts: 0,
            followers_delta: None,
            rated: Rated::default(),
            moved_at: None,
        };
        days.into_iter().fold(nothing, |sum, day| Self {
            date,
            reach: total([sum.reach, day.reach]),
            impressions: total([sum.impressions, day.impressions]),
            views: total([sum.views, day.views]),
            engagement: total([sum.engagement, day.engagement]),
            posts: sum.posts.saturating_add(day.posts),
            followers_delta: total([sum.followers_delta, day.followers_delta]),
            rated: sum.rated.plus(&day.rated),
            moved_at: sum.moved_at.max(day.moved_at),
        })
    }
}

/// The parts of a set's rate: engagement of what can be rated, and what it is divided by. Each change is rated by its
/// reach if that is above 0, else by its views, else by its impressions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Rated {
    #[sqlx(rename = "rated_engagement")]
    pub engagement: i64,
    #[sqlx(rename = "rated_by_reach")]
    pub by_reach: i64,
    #[sqlx(rename = "rated_by_views")]
    pub by_views: i64,
    #[sqlx(rename = "rated_by_impressions")]
    pub by_impressions: i64,
}

impl Rated {
    /// Both together.
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            engagement: self.engagement.saturating_add(other.engagement),
            by_reach: self.by_reach.saturating_add(other.by_reach),
            by_views: self.by_views.saturating_add(other.by_views),
            by_impressions: self.by_impressions.saturating_add(other.by_impressions),
        }
    }

    /// What the engagement is divided by.
    pub fn base(&self) -> i64 {
        self.by_reach.saturating_add(self.by_views).saturating_add(self.by_impressions)
    }

    /// Sum of engagements ÷ sum of bases. Unknown unless the bases are more than 0 together: corrections of a network
    /// can take one below.
    pub fn rate(&self) -> Rate {
        let base = self.base();
        if base <= 0 {
            return Rate::unknown();
        }
        let basis = match (self.by_reach > 0, self.by_views > 0, self.by_impressions > 0) {
            (true, false, false) => RateBasis::Reach,
            (false, true, false) => RateBasis::Views,
            (false, false, true) => RateBasis::Impressions,
            _ => RateBasis::Mixed,
        };
        Rate { value: Some(self.engagement as f64 / base as f64), basis }
    }
}

/// What happened in a scope in a range: sums of changes. `None` is unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PeriodSums {
    /// Items published.
    pub posts: i64,
    /// Sums of changes; reach is a sum over items, not unique people.
    pub numbers: Numbers,
    /// Milliseconds watched.
    pub watch_time_ms: Option<i64>,
    /// Reactions, comments and shares together.
    pub engagement: Option<i64>,
    pub(crate) rated: Rated,
}

impl PeriodSums {
    /// Engagement ÷ reach, views or impressions of the changes that have one.
    pub fn engagement_rate(&self) -> Rate {
        self.rated.rate()
    }

    /// What a line of figures needs of it, under this date.
    pub(crate) fn day(&self, date: Date) -> Day {
        Day {
            date,
            reach: self.numbers.reach,
            impressions: self.numbers.impressions,
            views: self.numbers.views,
            engagement: self.engagement,
            posts: self.posts,
            followers_delta: None,
            rated: self.rated,
            moved_at: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    #[test]
    fn whole_months_lie_between_the_days_around_them() {
        let cut = |from, to| {
            let (months, edges) = Range { from: day(from), to: day(to) }.whole_months();
            let edges: Vec<String> = edges.iter().map(|e| format!("{} {}", e.from, e.to)).collect();
            (months.from.to_string(), months.until.to_string(), edges.join(", "))
        };
        let own = |from: &str, until: &str, edges: &str| (from.to_owned(), until.to_owned(), edges.to_owned());
        let expected = own("2026-02-01", "2026-04-01", "2026-01-20 2026-01-31, 2026-04-01 2026-04-04");
        assert_eq!(cut("2026-01-20", "2026-04-04"), expected);
        assert_eq!(cut("2026-02-01", "2026-02-28"), own("2026-02-01", "2026-03-01", ""));
        let within = "2026-02-02 2026-02-28";
        assert_eq!(cut("2026-02-02", "2026-02-28"), own("2026-02-02", "2026-02-02", within));
        assert_eq!(cut("2025-12-31", "2025-12-31"), own("2025-12-31", "2025-12-31", "2025-12-31 2025-12-31"));
    }

    proptest! {
        #[test]
        fn whole_months_and_edges_are_every_day_once(start in 0i64..1_500, days in 1i64..=Range::DAYS_MAX) {
            let from = day("2023-01-01").plus_days(start);
            let range = Range { from, to: from.plus_days(days - 1) };
            let (months, edges) = range.whole_months();
            prop_assert!(months.from == months.until || (months.from.to_jiff().day(), months.until.to_jiff().day()) == (1, 1));
            let whole = Range { from: months.from, to: months.until.plus_days(-1) };
            let mut all: Vec<Date> = edges.iter().chain([&whole]).flat_map(Range::dates).collect();
            all.sort_unstable();
            prop_assert_eq!(all, range.dates().collect::<Vec<_>>());
            prop_assert!(edges.iter().all(|edge| edge.days() < 62));
        }
    }

    #[test]
    fn unknown_parts_count_nothing_and_all_unknown_is_unknown() {
        assert_eq!(engagement(Some(3), None, Some(2)), Some(5));
        assert_eq!(engagement(Some(0), None, None), Some(0));
        assert_eq!(engagement(None, None, None), None);
    }

    #[test]
    fn the_rate_falls_back_and_says_on_what_it_stands() {
        let numbers = Numbers { reactions: Some(5), reach: Some(100), views: Some(200), ..Numbers::default() };
        assert_eq!(numbers.engagement_rate(), Rate { value: Some(0.05), basis: RateBasis::Reach });
        let no_reach = Numbers { reach: Some(0), ..numbers };
        assert_eq!(no_reach.engagement_rate(), Rate { value: Some(0.025), basis: RateBasis::Views });
        let shown = Numbers { reach: None, views: None, impressions: Some(50), ..numbers };
        assert_eq!(shown.engagement_rate(), Rate { value: Some(0.1), basis: RateBasis::Impressions });
        assert_eq!(Numbers { impressions: None, ..shown }.engagement_rate(), Rate::unknown());
        assert_eq!(Numbers { reach: Some(10), ..Numbers::default() }.engagement_rate(), Rate::unknown());
    }

    #[test]
    fn nothing_before_is_no_change() {
        assert_eq!(change_percent(Some(12.0), Some(10.0)), Some(20.0));
        assert_eq!(change_percent(Some(12.0), Some(0.0)), None);
        assert_eq!(change_percent(Some(12.0), None), None);
        assert_eq!(change_percent(None, Some(10.0)), None);
    }

    #[test]
    fn the_previous_range_is_as_long_and_directly_before() {
        let range = Range::new(day("2026-03-01"), day("2026-03-30")).expect("a range");
        assert_eq!(range.days(), 30);
        assert_eq!(range.previous(), Range { from: day("2026-01-30"), to: day("2026-02-28") });
        assert_eq!(range.previous().days(), 30);
        assert_eq!(Range::last(30, day("2026-03-30")), Ok(range));
        assert!(matches!(Range::new(day("2026-03-02"), day("2026-03-01")), Err(BadRange::Empty(..))));
        assert!(matches!(Range::last(401, day("2026-03-01")), Err(BadRange::TooLong(401))));
        assert!(Range::last(0, day("2026-03-01")).is_err());
    }

    proptest! {
        /// The rate of a set is the rate of its sums, in whatever order and however cut into days.
        #[test]
        fn a_set_is_rated_by_its_sums(items in prop::collection::vec((0_i64..1000, 1_i64..10_000), 1..20)) {
            let days: Vec<Day> = items.iter().enumerate().map(|(n, (engagement, reach))| Day {
                date: day("2026-03-01").plus_days(i64::try_from(n).expect("few")),
                reach: Some(*reach), impressions: None, views: None, engagement: Some(*engagement),
                posts: 0, followers_delta: None,
                rated: Rated { engagement: *engagement, by_reach: *reach, ..Rated::default() }, moved_at: None,
            }).collect();
            let (engagement, reach): (i64, i64) =
                items.iter().fold((0, 0), |(e, r), item| (e + item.0, r + item.1));
            let start = day("2026-03-01");
            let forward = Day::sum(start, &days).rated.rate();
            let backward = Day::sum(start, days.iter().rev()).rated.rate();
            prop_assert_eq!(forward, backward);
            prop_assert_eq!(forward, Rate { value: Some(engagement as f64 / reach as f64), basis: RateBasis::Reach });
        }

        /// Ranges tile the calendar: a range and the one before it share no day and leave none out.
        #[test]
        fn ranges_tile(start in 0_i64..20_000, days in 1_i64..=Range::DAYS_MAX) {
            let from = day("1990-01-01").plus_days(start);
            let range = Range::new(from, from.plus_days(days - 1)).expect("a range");
            prop_assert_eq!(range.previous().to.plus_days(1), range.from);
            prop_assert_eq!(range.previous().days(), range.days());
            prop_assert_eq!(i64::try_from(range.dates().count()), Ok(days));
            prop_assert!(range.dates().all(|date| range.contains(date) && !range.previous().contains(date)));
        }
    }
}
