//! Answers about numbers as clients see them: null is "not reported", 0 is zero.

use rookery_analytics::{
    Annotation, BestSlot, BestTime, ContentDetail, ContentTable, ContentTag, Coverage, Figures, FormatComparison,
    ITEMS_MIN, Line, Performance, Range, TableRow,
};
use rookery_kernel::{UserId, Zone};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::analytics_view::{ContentView, CoverageView, RangeView};
use super::time::{Day, Time};
use super::wire::{Basis, CountMode, CutBy, FigureUnit, Format, MetricName, StepLength, TagKind};

/// A figure, beside the one of as many days directly before.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FigureView {
    name: MetricName,
    unit: FigureUnit,
    value: Option<f64>,
    previous: Option<f64>,
    /// In percent; null if there is nothing to compare with, and for a single day.
    change_percent: Option<f64>,
    /// What a rate was divided by.
    basis: Option<Basis>,
    coverage: CoverageView,
}

/// All figures of a range.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct KpisView {
    range: RangeView,
    previous: RangeView,
    /// Of all but followers, which stand at the end, and posts, which are those published.
    mode: CountMode,
    kpis: Vec<FigureView>,
    as_of: Option<Day>,
    fetched_at: Option<Time>,
}

impl From<Figures> for KpisView {
    fn from(figures: Figures) -> Self {
        let kpis = figures.lines.into_iter().map(|(measure, line, coverage)| FigureView {
            name: measure.into(),
            unit: measure.unit().into(),
            value: line.total,
            previous: line.previous_total,
            change_percent: line.change,
            basis: line.basis.map(Into::into),
            coverage: coverage.into(),
        });
        Self {
            kpis: kpis.collect(),
            range: figures.range.into(),
            previous: figures.previous.into(),
            mode: figures.mode.into(),
            as_of: figures.as_of.map(Day),
            fetched_at: figures.fetched_at.map(Time),
        }
    }
}

impl From<Coverage> for CoverageView {
    fn from(coverage: Coverage) -> Self {
        Self { with_data: coverage.with_data, of: coverage.of }
    }
}

/// A part of a figure.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct LineView {
    /// `all`, an id, a network, a format, a weekday (1 is Monday) or an hour.
    key: String,
    name: String,
    /// One value for each step; null is a gap.
    values: Vec<Option<f64>>,
    /// The same for as many days directly before.
    previous: Vec<Option<f64>>,
    total: Option<f64>,
    previous_total: Option<f64>,
    change_percent: Option<f64>,
    basis: Option<Basis>,
    /// Items published; in cohort mode.
    items: Option<i64>,
    /// Items of them that report the metric.
    items_with_data: Option<i64>,
}

impl From<Line> for LineView {
    fn from(line: Line) -> Self {
        Self {
            key: line.key.word(),
            name: line.name,
            values: line.values,
            previous: line.previous,
            total: line.total,
            previous_total: line.previous_total,
            change_percent: line.change,
            basis: line.basis.map(Into::into),
            items: line.items,
            items_with_data: line.with_data,
        }
    }
}

/// A figure over time, in parts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TimeseriesView {
    range: RangeView,
    previous: RangeView,
    metric: MetricName,
    unit: FigureUnit,
    split: CutBy,
    mode: CountMode,
    step: StepLength,
    steps: Vec<RangeView>,
    /// The largest first; weekdays and hours in their order.
    lines: Vec<LineView>,
    /// Parts that are no lines: of a split by tag the words beyond the 50 used most in the months of the range (tags given by
    /// hand and tags with rules are always lines), and of any split what comes after the 100 largest.
    left_out: usize,
    coverage: CoverageView,
    as_of: Option<Day>,
    fetched_at: Option<Time>,
}

impl From<Performance> for TimeseriesView {
    fn from(answer: Performance) -> Self {
        let steps = answer.buckets.iter().map(|step| Range { from: step.from, to: step.to }.into());
        Self {
            steps: steps.collect(),
            range: answer.range.into(),
            previous: answer.previous.into(),
            metric: answer.measure.into(),
            unit: answer.measure.unit().into(),
            split: answer.split.into(),
            mode: answer.mode.into(),
            step: answer.step.into(),
            lines: answer.lines.into_iter().map(LineView::from).collect(),
            left_out: answer.left_out,
            coverage: answer.coverage.into(),
            as_of: answer.as_of.map(Day),
            fetched_at: answer.fetched_at.map(Time),
        }
    }
}

/// How a format did.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FormatRowView {
    format: Format,
    items: i64,
    /// Items that can be rated.
    items_with_data: i64,
    /// Whether it can be compared.
    has_data: bool,
    reach: Option<i64>,
    impressions: Option<i64>,
    views: Option<i64>,
    reactions: Option<i64>,
    comments: Option<i64>,
    shares: Option<i64>,
    engagement: Option<i64>,
    /// Sum of engagements ÷ sum of what they are divided by.
    engagement_rate: Option<f64>,
    engagement_rate_basis: Basis,
}

/// Formats beside each other.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FormatBreakdownView {
    range: RangeView,
    mode: CountMode,
    items: i64,
    /// Null if two share the first place, or none has data.
    winner: Option<Format>,
    is_tie: bool,
    /// How far the winner is ahead of the next, in percentage points.
    winner_by_points: Option<f64>,
    /// Best rate first; those without data last.
    formats: Vec<FormatRowView>,
}

impl FormatBreakdownView {
    pub(super) fn new(range: Range, comparison: FormatComparison) -> Self {
        let formats = comparison.rows.into_iter().map(|row| FormatRowView {
            format: row.format.into(),
            items: row.items,
            items_with_data: row.rated_items,
            has_data: row.has_data(),
            reach: row.numbers.reach,
            impressions: row.numbers.impressions,
            views: row.numbers.views,
            reactions: row.numbers.reactions,
            comments: row.numbers.comments,
            shares: row.numbers.shares,
            engagement: row.engagement,
            engagement_rate: row.rate.value,
            engagement_rate_basis: row.rate.basis.into(),
        });
        Self {
            formats: formats.collect(),
            range: range.into(),
            mode: CountMode::Cohort,
            items: comparison.items,
            winner: comparison.winner.map(Into::into),
            is_tie: comparison.is_tie,
            winner_by_points: comparison.winner_by.map(|by| by * 100.0),
        }
    }
}

/// An hour of the week.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct HourView {
    /// 1 is Monday.
    weekday: u8,
    /// 0 to 23.
    hour: u8,
    items: i64,
    mean_engagement: Option<f64>,
}

/// An hour to post at.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SlotView {
    /// 1 is Monday.
    weekday: u8,
    /// 0 to 23.
    hour: u8,
    items: i64,
    mean_engagement: f64,
    /// Items ÷ 5, at most 1.
    confidence: f64,
    /// Mean ÷ the best hour's mean.
    score: f64,
}

impl From<BestSlot> for SlotView {
    fn from(slot: BestSlot) -> Self {
        Self {
            weekday: slot.weekday,
            hour: slot.hour,
            items: slot.samples,
            mean_engagement: slot.mean,
            confidence: slot.confidence,
            score: slot.score,
        }
    }
}

/// When what was published is answered.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct BestTimeView {
    range: RangeView,
    time_zone: String,
    /// Items whose engagement is known.
    items: i64,
    is_enough: bool,
    /// Why nothing is recommended.
    reason: Option<String>,
    /// At most five, best first.
    slots: Vec<SlotView>,
    /// All 168 hours, Monday 00:00 first.
    hours: Vec<HourView>,
}

impl BestTimeView {
    pub(super) fn new(range: Range, zone: &Zone, best: BestTime) -> Self {
        let is_enough = best.is_enough();
        let slots = best.slots.into_iter().map(SlotView::from);
        let hours = best.heatmap.cells.iter().map(|cell| HourView {
            weekday: cell.weekday,
            hour: cell.hour,
            items: cell.samples,
            mean_engagement: cell.mean,
        });
        let items = best.heatmap.samples;
        Self {
            reason: (!is_enough).then(|| format!("Not enough data: {items} items; {ITEMS_MIN} are needed.")),
            range: range.into(),
            time_zone: zone.name().to_owned(),
            items,
            is_enough,
            slots: slots.collect(),
            hours: hours.collect(),
        }
    }
}

/// A tag on content.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ContentTagView {
    id: Uuid,
    name: String,
    kind: TagKind,
    /// `#rrggbb`.
    color: Option<String>,
}

impl From<ContentTag> for ContentTagView {
    fn from(tag: ContentTag) -> Self {
        Self { id: tag.id, name: tag.name, kind: tag.kind.into(), color: tag.color }
    }
}

/// Content in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContentRowView {
    #[serde(flatten)]
    content: ContentView,
    account_name: String,
    is_deleted_on_platform: bool,
    tags: Vec<ContentTagView>,
}

impl From<TableRow> for ContentRowView {
    fn from(row: TableRow) -> Self {
        Self {
            account_name: row.account,
            is_deleted_on_platform: row.content.is_deleted_on_platform,
            tags: row.tags.into_iter().map(ContentTagView::from).collect(),
            content: row.content.into(),
        }
    }
}

/// A page of content.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ContentPageView {
    items: Vec<ContentRowView>,
    /// Send it as `cursor` for the next page; null on the last.
    next: Option<String>,
}

impl From<ContentTable> for ContentPageView {
    fn from(table: ContentTable) -> Self {
        Self {
            next: table.next.map(|cursor| cursor.to_string()),
            items: table.rows.into_iter().map(ContentRowView::from).collect(),
        }
    }
}

/// A point of a curve.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CurvePointView {
    /// Days since publishing.
    age: usize,
    /// The total; null if nothing was read on that day.
    value: Option<i64>,
    /// The median of the account's items at this age; null below five.
    usual: Option<f64>,
    /// How many items are known at this age.
    items: usize,
}

/// Content with its curve.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContentDetailView {
    #[serde(flatten)]
    row: ContentRowView,
    /// What the curve shows.
    metric: MetricName,
    /// Items of the account from the 90 days before that have numbers.
    peers: usize,
    curve: Vec<CurvePointView>,
}

impl From<ContentDetail> for ContentDetailView {
    fn from(detail: ContentDetail) -> Self {
        let points = detail.curve.values.iter().zip(&detail.curve.usual).enumerate();
        let curve = points.map(|(age, (value, point))| CurvePointView {
            age,
            value: *value,
            usual: point.median,
            items: point.items,
        });
        Self {
            curve: curve.collect(),
            metric: detail.measure.into(),
            peers: detail.curve.peers,
            row: detail.row.into(),
        }
    }
}

/// A note on a day.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AnnotationView {
    id: Uuid,
    date: Day,
    text: String,
    created_by: Option<Uuid>,
    created_at: Time,
}

impl From<Annotation> for AnnotationView {
    fn from(note: Annotation) -> Self {
        Self {
            id: note.id.uuid(),
            date: note.date.into(),
            text: note.text,
            created_by: note.created_by.map(UserId::uuid),
            created_at: note.created_at.into(),
        }
    }
}
