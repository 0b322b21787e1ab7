//! What the tables hold. Pure.

use rookery_kernel::{AccountId, ContentId, Date, Timestamp};
use rookery_sheet::{Column, Kind, Value};

use crate::kpi::{Numbers, Range, Rate, RateBasis};

/// Which table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dataset {
    /// A row for each item published in the range, with its newest totals.
    Detailed,
    /// A row for each day of the range, with what happened on it: the sums of changes.
    Summary,
}

const fn column(name: &'static str, kind: Kind) -> Column {
    Column { name, kind }
}

const DETAILED: &[Column] = &[
    column("content_id", Kind::Text),
    column("account", Kind::Text),
    column("network", Kind::Text),
    column("external_content_id", Kind::Text),
    column("format", Kind::Text),
    column("published_at", Kind::Time),
    column("caption", Kind::Text),
    column("hashtags", Kind::Text),
    column("tags", Kind::Text),
    column("permalink", Kind::Text),
    column("numbers_date", Kind::Date),
    column("reach", Kind::Count),
    column("impressions", Kind::Count),
    column("views", Kind::Count),
    column("reactions", Kind::Count),
    column("comments", Kind::Count),
    column("shares", Kind::Count),
    column("clicks", Kind::Count),
    column("saves", Kind::Count),
    column("engagement", Kind::Count),
    column("engagement_rate_percent", Kind::Decimal),
    column("rate_basis", Kind::Text),
];

const SUMMARY: &[Column] = &[
    column("date", Kind::Date),
    column("published", Kind::Count),
    column("content_with_changes", Kind::Count),
    column("reach", Kind::Count),
    column("impressions", Kind::Count),
    column("views", Kind::Count),
    column("reactions", Kind::Count),
    column("comments", Kind::Count),
    column("shares", Kind::Count),
    column("clicks", Kind::Count),
    column("saves", Kind::Count),
    column("engagement", Kind::Count),
    column("engagement_rate_percent", Kind::Decimal),
    column("rate_basis", Kind::Text),
];

impl Dataset {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Detailed, Self::Summary];

    /// The name in addresses and files.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Detailed => "detailed",
            Self::Summary => "summary",
        }
    }

    /// The table of a name.
    pub fn of_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dataset| dataset.label() == label)
    }

    /// What it holds, in words.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Detailed => "A row for each item published in the range, with its newest totals",
            Self::Summary => "A row for each day, with what happened on it",
        }
    }

    /// Its columns in order.
    pub const fn columns(self) -> &'static [Column] {
        match self {
            Self::Detailed => DETAILED,
            Self::Summary => SUMMARY,
        }
    }
}

/// Which rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetWish {
    /// Which table.
    pub dataset: Dataset,
    /// Which days; items by the day of their publishing.
    pub range: Range,
    /// Of these accounts; `None` is all that were ever followed.
    pub accounts: Option<Vec<AccountId>>,
}

/// How far an export is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DatasetPlace(pub(super) Option<(Timestamp, ContentId)>);

/// The next rows of an export.
#[derive(Debug, Clone, PartialEq)]
pub struct DatasetPage {
    /// Each has a value for each column.
    pub rows: Vec<Vec<Value>>,
    /// Where the page after it begins; `None` at the end.
    pub next: Option<DatasetPlace>,
}

/// An item with its newest totals.
pub(super) struct Item {
    pub id: ContentId,
    pub account: String,
    pub network: &'static str,
    pub external_content_id: String,
    pub format: String,
    pub published_at: Timestamp,
    pub caption: Option<String>,
    pub hashtags: Vec<String>,
    pub tags: Option<String>,
    pub permalink: Option<String>,
    pub numbers_date: Option<Date>,
    pub numbers: Numbers,
}

/// The sums of a day.
pub(super) struct Day {
    pub date: Date,
    pub published: i64,
    /// `None` where nothing was reported for the day.
    pub sums: Option<Sums>,
}

/// What was reported for a day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sums {
    pub items: i64,
    pub numbers: Numbers,
    pub engagement: Option<i64>,
    pub rate: Rate,
}

fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

/// Percent with four digits after the point, and what it stands on.
fn rate(rate: Rate) -> [Value; 2] {
    let percent = rate.value.map(|value| (value * 1_000_000.0).round() / 10_000.0);
    let basis = if rate.basis == RateBasis::None { Value::Null } else { text(rate.basis.label()) };
    [percent.into(), basis]
}

fn numbers(n: &Numbers) -> [Value; 8] {
    [n.reach, n.impressions, n.views, n.reactions, n.comments, n.shares, n.clicks, n.saves].map(Value::from)
}

impl From<Item> for Vec<Value> {
    fn from(item: Item) -> Self {
        let hashtags = (!item.hashtags.is_empty()).then(|| item.hashtags.join(" "));
        let mut row = vec![
            text(item.id.to_string()),
            text(item.account),
            text(item.network),
            text(item.external_content_id),
            text(item.format),
            Value::Time(item.published_at),
            item.caption.into(),
            hashtags.into(),
            item.tags.into(),
            item.permalink.into(),
            item.numbers_date.into(),
        ];
        row.extend(numbers(&item.numbers));
        row.push(item.numbers.engagement().into());
        row.extend(rate(item.numbers.engagement_rate()));
        row
    }
}

impl From<Day> for Vec<Value> {
    fn from(day: Day) -> Self {
        let mut row = vec![Value::Date(day.date), Value::Count(day.published)];
        row.push(day.sums.map(|s| s.items).into());
        row.extend(numbers(&day.sums.map(|s| s.numbers).unwrap_or_default()));
        row.push(day.sums.and_then(|s| s.engagement).into());
        row.extend(rate(day.sums.map_or_else(Rate::unknown, |s| s.rate)));
        row
    }
}
