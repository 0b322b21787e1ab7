//! What can be asked, and the sums that answer. Pure.

use rookery_kernel::{AccountId, Date, Platform, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::content::ContentFormat;
use crate::kpi::{BadRange, Coverage, Mode, Numbers, Range, Rate, RateBasis, Rated, Unit, change_percent, total};

/// A closed list of words for addresses and the API.
macro_rules! choices {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $label:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant),+
        }

        impl $name {
            /// All of them, in the order of menus.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in addresses and in the API.
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$variant => $label),+
                }
            }

            /// The value with this word.
            pub fn named(label: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.label() == label)
            }
        }
    };
}
pub(super) use choices;

choices! {
    /// Which figure.
    Measure {
        /// Sum of post reach: not the number of different people.
        Reach = "reach",
        /// Times shown.
        Impressions = "impressions",
        /// Plays or media views.
        Views = "views",
        /// Reactions, comments and shares together.
        Engagement = "engagement",
        /// Engagement ÷ reach, else ÷ views, else ÷ impressions.
        EngagementRate = "engagement_rate",
        /// Reactions of all kinds.
        Reactions = "reactions",
        /// Comments.
        Comments = "comments",
        /// Shares, reposts and quotes.
        Shares = "shares",
        /// Clicks.
        Clicks = "clicks",
        /// Saves.
        Saves = "saves",
        /// Followers at the end.
        Followers = "followers",
        /// Content published.
        Posts = "posts",
    }
}

impl Measure {
    /// How it is written.
    pub const fn unit(self) -> Unit {
        match self {
            Self::EngagementRate => Unit::Ratio,
            _ => Unit::Count,
        }
    }
}

choices! {
    /// What a figure is cut by.
    Split {
        /// Not at all.
        None = "none",
        /// By account.
        Account = "account",
        /// By network.
        Network = "network",
        /// By format.
        Format = "format",
        /// By page group; an account may be in several.
        Group = "group",
        /// By tag; content may bear several.
        Tag = "tag",
        /// By the weekday of publishing.
        Weekday = "weekday",
        /// By the hour of publishing.
        Hour = "hour",
    }
}

choices! {
    /// Which formats: one, or the two halves that people mean by "posts and reels".
    FormatChoice {
        /// Everything but reels and stories.
        Posts = "post",
        /// Reels.
        Reel = "reel",
        /// Stories.
        Story = "story",
        /// Videos.
        Video = "video",
        /// Several pictures.
        Carousel = "carousel",
        /// Text alone.
        Text = "text",
        /// A shared link.
        Link = "link",
        /// Text with a picture, and what fits nowhere else.
        Picture = "picture",
    }
}

impl FormatChoice {
    /// The formats it stands for.
    pub const fn formats(self) -> &'static [ContentFormat] {
        use ContentFormat as F;
        match self {
            Self::Posts => &[F::Post, F::Video, F::Carousel, F::Text, F::Link],
            Self::Reel => &[F::Reel],
            Self::Story => &[F::Story],
            Self::Video => &[F::Video],
            Self::Carousel => &[F::Carousel],
            Self::Text => &[F::Text],
            Self::Link => &[F::Link],
            Self::Picture => &[F::Post],
        }
    }
}

choices! {
    /// How long a step of a line is.
    Step {
        /// A day.
        Day = "day",
        /// A week from Monday; the first and the last may be shorter.
        Week = "week",
        /// A month; the first and the last may be shorter.
        Month = "month",
        /// The whole range: parts that are no lines over time.
        Range = "range",
    }
}

/// Longest range that is shown by days: a quarter.
const DAY_STEPS_MAX: i64 = 92;
/// Longest range that is shown by weeks: three quarters.
const WEEK_STEPS_MAX: i64 = 273;

impl Step {
    /// The step that a range is shown in: days up to 92 days, weeks up to 273, else months.
    pub fn of(range: Range) -> Self {
        let days = range.days();
        if days <= DAY_STEPS_MAX {
            Self::Day
        } else if days <= WEEK_STEPS_MAX {
            Self::Week
        } else {
            Self::Month
        }
    }

    /// The range in steps, cut at Mondays or at the first of months.
    pub fn cut(self, range: Range) -> Vec<Bucket> {
        let is_start = |date: Date| match self {
            Self::Day => true,
            Self::Week => weekday(date) == 1,
            Self::Month => date.to_jiff().day() == 1,
            Self::Range => false,
        };
        let starts: Vec<Date> = range.dates().filter(|date| *date == range.from || is_start(*date)).collect();
        let ends = starts.iter().skip(1).map(|next| next.plus_days(-1)).chain([range.to]);
        starts.iter().zip(ends).map(|(from, to)| Bucket { from: *from, to }).collect()
    }
}

/// 1 is Monday, 7 Sunday.
pub(crate) fn weekday(date: Date) -> u8 {
    u8::try_from(date.to_jiff().weekday().to_monday_one_offset()).unwrap_or(1)
}

/// The names of weekdays, Monday first.
pub(crate) const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// One step of a range, both days included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
}

/// Which content and accounts; nothing named is everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of these accounts; they override the group.
    pub accounts: Vec<AccountId>,
    /// Of a network.
    pub network: Option<Platform>,
    /// Of a page group's accounts.
    pub group: Option<Uuid>,
    /// That bears a tag.
    pub tag: Option<Uuid>,
    /// Of these formats.
    pub format: Option<FormatChoice>,
    /// Published on this weekday, 1 is Monday; cohort mode.
    pub weekday: Option<u8>,
}

impl Filter {
    /// The labels of the formats, if some were named.
    pub(crate) fn labels(&self) -> Option<Vec<String>> {
        self.format.map(|choice| choice.formats().iter().map(|format| format.label().to_owned()).collect())
    }
}

/// A question about figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The days.
    pub range: Range,
    /// Of what.
    pub filter: Filter,
    /// Which figure.
    pub measure: Measure,
    /// Cut by what.
    pub split: Split,
    /// What was published in the range rather than what happened in it. Some questions have no other answer;
    /// [`Performance::mode`] says which was given.
    pub is_cohort: bool,
}

impl Question {
    /// A question about everything.
    pub fn new(range: Range, measure: Measure, split: Split) -> Self {
        Self { range, filter: Filter::default(), measure, split, is_cohort: false }
    }
}

/// What a line stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PartKey {
    /// Everything that was asked for.
    All,
    /// An account.
    Account(AccountId),
    /// A network.
    Network(Platform),
    /// A format.
    Format(ContentFormat),
    /// A page group.
    Group(Uuid),
    /// A tag.
    Tag(Uuid),
    /// A weekday, 1 is Monday.
    Weekday(u8),
    /// An hour, 0 to 23, on the organization's clocks.
    Hour(u8),
}

impl PartKey {
    /// Its id or word in the API.
    pub fn word(&self) -> String {
        match self {
            Self::All => "all".to_owned(),
            Self::Account(id) => id.to_string(),
            Self::Network(platform) => platform.label().to_owned(),
            Self::Format(format) => format.label().to_owned(),
            Self::Group(id) | Self::Tag(id) => id.to_string(),
            Self::Weekday(n) | Self::Hour(n) => n.to_string(),
        }
    }
}

/// Sums over a part and a step, and how many items they are made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// The numbers; `None` if no item reports it.
    pub numbers: Numbers,
    /// Reactions, comments and shares.
    pub engagement: Option<i64>,
    pub(crate) rated: Rated,
    /// Items; in activity mode 0.
    pub items: i64,
    /// Items that report the measure that was asked for; in activity mode 0.
    pub with_data: i64,
}

impl Sums {
    /// Both together.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            numbers: self.numbers.plus(&other.numbers),
            engagement: total([self.engagement, other.engagement]),
            rated: self.rated.plus(&other.rated),
            items: self.items + other.items,
            with_data: self.with_data + other.with_data,
        }
    }

    /// Sum of engagements ÷ sum of what they are divided by; not the mean of rates.
    pub fn rate(&self) -> Rate {
        self.rated.rate()
    }

    /// One figure; followers are no sum and never here.
    pub fn value(&self, measure: Measure) -> Option<f64> {
        let count = match measure {
            Measure::Reach => self.numbers.reach,
            Measure::Impressions => self.numbers.impressions,
            Measure::Views => self.numbers.views,
            Measure::Engagement => self.engagement,
            Measure::EngagementRate => return self.rate().value,
            Measure::Reactions => self.numbers.reactions,
            Measure::Comments => self.numbers.comments,
            Measure::Shares => self.numbers.shares,
            Measure::Clicks => self.numbers.clicks,
            Measure::Saves => self.numbers.saves,
            Measure::Posts => Some(self.items),
            Measure::Followers => None,
        };
        count.map(|n| n as f64)
    }
}

/// One part of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What it stands for.
    pub key: PartKey,
    /// What people call it.
    pub name: String,
    /// One value per step; `None` is a gap, not a zero.
    pub values: Vec<Option<f64>>,
    /// The same for as many days directly before.
    pub previous: Vec<Option<f64>>,
    /// The figure of the whole range.
    pub total: Option<f64>,
    /// The same for the days before.
    pub previous_total: Option<f64>,
    /// Change in percent; `None` if there is nothing to compare with, and for a single day.
    pub change: Option<f64>,
    /// What a rate was divided by.
    pub basis: Option<RateBasis>,
    /// Items published; only in cohort mode.
    pub items: Option<i64>,
    /// Items of them that report the measure.
    pub with_data: Option<i64>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Performance {
    /// The days.
    pub range: Range,
    /// As many days directly before.
    pub previous: Range,
    /// Which figure.
    pub measure: Measure,
    /// Cut by what.
    pub split: Split,
    /// What was counted.
    pub mode: Mode,
    /// How long a step is.
    pub step: Step,
    /// The steps.
    pub buckets: Vec<Bucket>,
    /// The parts; the largest first, weekdays and hours in their order.
    pub lines: Vec<Line>,
    /// Parts that are no lines: tags by words beyond the [`MENU_WORDS_MAX`](super::MENU_WORDS_MAX) used most in the months of
    /// the range, and of any parts those after the hundred largest.
    pub left_out: usize,
    /// Tracked accounts in scope that reported the measure.
    pub coverage: Coverage,
    /// The newest day with numbers in the range.
    pub as_of: Option<Date>,
    /// When numbers were last read.
    pub fetched_at: Option<Timestamp>,
}

/// Every figure of a range, with the one of the days before.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// The days.
    pub range: Range,
    /// As many days directly before.
    pub previous: Range,
    /// What was counted; followers stand at the end, posts are those published.
    pub mode: Mode,
    /// One line for each measure.
    pub lines: Vec<(Measure, Line, Coverage)>,
    /// The newest day with numbers in the range.
    pub as_of: Option<Date>,
    /// When numbers were last read.
    pub fetched_at: Option<Timestamp>,
}

/// What the statements bring for a part: its sums step by step, the days before first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PartSums {
    pub key: PartKey,
    pub name: String,
    /// Two sets of steps: before, now. `None` is a step without a row.
    pub before: Vec<Option<Sums>>,
    pub now: Vec<Option<Sums>>,
}

fn whole(steps: &[Option<Sums>]) -> Sums {
    steps.iter().flatten().fold(Sums::default(), |sum, step| sum.plus(step))
}

impl PartSums {
    pub(super) fn line(&self, measure: Measure, mode: Mode, is_single_day: bool) -> Line {
        let values = |steps: &[Option<Sums>]| -> Vec<Option<f64>> {
            // A step without a published item has no figure, but it has a known number of posts.
            let missing = (measure == Measure::Posts).then_some(0.0);
            steps.iter().map(|step| step.map_or(missing, |sums| sums.value(measure))).collect()
        };
        let (now, before) = (whole(&self.now), whole(&self.before));
        let (total, previous_total) = (now.value(measure), before.value(measure));
        let is_cohort = mode == Mode::Cohort;
        Line {
            key: self.key,
            name: self.name.clone(),
            values: values(&self.now),
            previous: values(&self.before),
            total,
            previous_total,
            change: change_percent(total, previous_total).filter(|_| !is_single_day),
            basis: (measure == Measure::EngagementRate).then(|| now.rate().basis),
            items: is_cohort.then_some(now.items),
            with_data: is_cohort.then_some(now.with_data),
        }
    }
}

/// Why a question has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadQuestion {
    /// Followers belong to accounts.
    #[error(
        "followers belong to accounts: split them by account, network or page group, and filter by no tag, format or weekday"
    )]
    Followers,
    /// No such weekday.
    #[error("a weekday is 1 (Monday) to 7 (Sunday)")]
    Weekday,
    /// The range is none.
    #[error(transparent)]
    Range(#[from] BadRange),
}

impl Question {
    /// Whether it has an answer.
    pub(super) fn check(&self) -> Result<(), BadQuestion> {
        if self.filter.weekday.is_some_and(|n| !(1..=7).contains(&n)) {
            return Err(BadQuestion::Weekday);
        }
        if self.measure == Measure::Followers {
            let by_account = matches!(self.split, Split::None | Split::Account | Split::Network | Split::Group);
            let filter = &self.filter;
            if !by_account || filter.tag.is_some() || filter.format.is_some() || filter.weekday.is_some() {
                return Err(BadQuestion::Followers);
            }
        }
        Range::new(self.range.from, self.range.to)?;
        Ok(())
    }

    /// Whether only what was published can be counted: sums of what happened stand ready by account, group and format,
    /// and for a tag as a whole, but not by the hour of publishing or for tags in combination.
    pub(super) fn needs_cohort(&self) -> bool {
        let filter = &self.filter;
        let is_narrow = !filter.accounts.is_empty()
            || filter.network.is_some()
            || filter.group.is_some()
            || filter.format.is_some();
        let by_tag = filter.tag.is_some() || self.split == Split::Tag;
        let tag_alone = match self.split {
            Split::None => !is_narrow,
            Split::Tag => !is_narrow && filter.tag.is_none(),
            _ => false,
        };
        self.is_cohort
            || self.measure == Measure::Posts
            || matches!(self.split, Split::Weekday | Split::Hour)
            || filter.weekday.is_some()
            || (by_tag && !tag_alone)
    }
}

/// Orders the lines: weekdays and hours as they come, all others the largest first, those without data last.
pub(super) fn arrange(lines: &mut [Line], split: Split) {
    match split {
        Split::Weekday | Split::Hour => lines.sort_by_key(|line| line.key),
        _ => lines.sort_by(|a, b| {
            let key = |line: &Line| line.total.unwrap_or(f64::NEG_INFINITY);
            key(b).total_cmp(&key(a)).then_with(|| a.name.cmp(&b.name)).then_with(|| a.key.cmp(&b.key))
        }),
    }
}

/// The serialized word of a mode.
impl Mode {
    /// The word in the API.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Activity => "activity",
            Self::Cohort => "cohort",
        }
    }
}

/// A value that serializes as its word.
impl Serialize for Measure {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.label())
    }
}

impl<'de> Deserialize<'de> for Measure {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Self::named(&word).ok_or_else(|| serde::de::Error::custom(format!("{word:?} is no figure")))
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
    fn long_ranges_have_longer_steps() {
        let step = |days| Step::of(Range::last(days, day("2026-03-31")).expect("a range"));
        assert_eq!(
            [step(1), step(92), step(93), step(273), step(274), step(400)].map(Step::label),
            ["day", "day", "week", "week", "month", "month"]
        );
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        let range = Range::new(day("2026-01-28"), day("2026-02-10")).expect("a range");
        let starts = |step: Step| step.cut(range).iter().map(|b| b.from.to_string()).collect::<Vec<_>>();
        assert_eq!(starts(Step::Week), ["2026-01-28", "2026-02-02", "2026-02-09"]);
        assert_eq!(starts(Step::Month), ["2026-01-28", "2026-02-01"]);
        assert_eq!(starts(Step::Range), ["2026-01-28"]);
        assert_eq!(weekday(day("2026-02-02")), 1);
        assert_eq!(weekday(day("2026-02-08")), 7);
    }

    #[test]
    fn tags_alone_are_counted_as_they_happen_and_in_combination_as_published() {
        let range = Range::last(7, day("2026-03-09")).expect("a range");
        let tag = Filter { tag: Some(Uuid::nil()), ..Filter::default() };
        let ask = |split, filter: &Filter| {
            Question { filter: filter.clone(), ..Question::new(range, Measure::Reach, split) }.needs_cohort()
        };
        assert!(
            !ask(Split::None, &tag) && !ask(Split::Tag, &Filter::default()) && !ask(Split::Account, &Filter::default())
        );
        assert!(ask(Split::Format, &tag) && ask(Split::Tag, &tag) && ask(Split::Hour, &Filter::default()));
        let food = Filter { group: Some(Uuid::nil()), ..Filter::default() };
        assert!(!ask(Split::Format, &food) && ask(Split::Tag, &food));
        assert!(ask(Split::Format, &Filter { weekday: Some(4), ..food }));
    }

    #[test]
    fn followers_are_not_cut_by_what_content_has() {
        let range = Range::last(7, day("2026-03-09")).expect("a range");
        let ask = |split| Question::new(range, Measure::Followers, split).check();
        assert_eq!(ask(Split::Group), Ok(()));
        assert_eq!(ask(Split::Hour), Err(BadQuestion::Followers));
    }

    proptest! {
        /// Steps tile their range.
        #[test]
        fn steps_tile(start in 0_i64..10_000, days in 1_i64..=400, step in 0_usize..4) {
            let from = day("2010-01-01").plus_days(start);
            let range = Range::new(from, from.plus_days(days - 1)).expect("a range");
            let buckets = Step::ALL[step].cut(range);
            prop_assert_eq!(buckets[0].from, range.from);
            prop_assert_eq!(buckets[buckets.len() - 1].to, range.to);
            prop_assert!(buckets.windows(2).all(|w| w[0].to.plus_days(1) == w[1].from));
            prop_assert!(buckets.iter().all(|b| b.from <= b.to));
        }
    }
}
