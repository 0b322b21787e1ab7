//! Numbers as clients see them: null is "not reported", 0 is zero.

use rookery_analytics::{
    ContentRow, IngestFailure, IngestRun, Kpi, Numbers, Oddities, Overview, Range, Rate, TopContent,
};
use rookery_kernel::{AccountId, Date, PostId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::time::{Day, Time};
use super::wire::{Basis, FailureKind, Figure, FigureUnit, Format, Network, Step, StepState, Trigger};

/// Days, both ends included.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RangeView {
    from: Day,
    to: Day,
}

impl From<Range> for RangeView {
    fn from(range: Range) -> Self {
        Self { from: range.from.into(), to: range.to.into() }
    }
}

/// How many of the tracked accounts a figure stands on.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CoverageView {
    pub(super) with_data: usize,
    pub(super) of: usize,
}

/// A figure with its history.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct KpiView {
    name: Figure,
    unit: FigureUnit,
    value: Option<f64>,
    /// The same for as many days directly before.
    previous: Option<f64>,
    /// In percent; null if there is nothing to compare with.
    change_percent: Option<f64>,
    /// What a rate was divided by.
    basis: Option<Basis>,
    coverage: CoverageView,
    /// One value per day; null is a gap.
    sparkline: Vec<Option<f64>>,
}

impl From<Kpi> for KpiView {
    fn from(kpi: Kpi) -> Self {
        Self {
            name: kpi.name.into(),
            unit: kpi.unit.into(),
            value: kpi.value,
            previous: kpi.previous,
            change_percent: kpi.change,
            basis: kpi.basis.map(Into::into),
            coverage: CoverageView { with_data: kpi.coverage.with_data, of: kpi.coverage.of },
            sparkline: kpi.sparkline,
        }
    }
}

/// A day's value.
#[derive(Debug, Serialize, ToSchema)]
struct DayValueView {
    date: Day,
    value: Option<i64>,
}

fn line(days: Vec<(Date, Option<i64>)>) -> Vec<DayValueView> {
    days.into_iter().map(|(date, value)| DayValueView { date: date.into(), value }).collect()
}

/// The figures of a period beside the one before it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OverviewView {
    range: RangeView,
    previous: RangeView,
    kpis: Vec<KpiView>,
    reach_per_day: Vec<DayValueView>,
    previous_reach_per_day: Vec<DayValueView>,
    /// What was published in the range and reached most people.
    top_content: Vec<ContentView>,
    /// Tracked accounts in scope.
    accounts: usize,
    /// The newest day with numbers.
    as_of: Option<Day>,
    /// When the newest of them were read.
    fetched_at: Option<Time>,
}

impl OverviewView {
    pub fn without_lines(range: Range, kpis: Vec<Kpi>) -> Self {
        Self {
            range: range.into(),
            previous: range.previous().into(),
            reach_per_day: Vec::new(),
            previous_reach_per_day: Vec::new(),
            top_content: Vec::new(),
            // Each figure stands on some of them.
            accounts: kpis.first().map_or(0, |kpi| kpi.coverage.of),
            as_of: None,
            fetched_at: None,
            kpis: kpis.into_iter().map(KpiView::from).collect(),
        }
    }
}

impl From<Overview> for OverviewView {
    fn from(overview: Overview) -> Self {
        Self {
            range: overview.range.into(),
            previous: overview.previous.into(),
            kpis: overview.kpis.into_iter().map(KpiView::from).collect(),
            reach_per_day: line(overview.reach_per_day.current),
            previous_reach_per_day: line(overview.reach_per_day.previous),
            top_content: overview.top_content.into_iter().map(ContentView::from).collect(),
            accounts: overview.accounts,
            as_of: overview.as_of.map(Day),
            fetched_at: overview.fetched_at.map(Time),
        }
    }
}

/// The numbers of an item.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct NumbersView {
    reach: Option<i64>,
    impressions: Option<i64>,
    views: Option<i64>,
    reactions: Option<i64>,
    comments: Option<i64>,
    shares: Option<i64>,
    clicks: Option<i64>,
    saves: Option<i64>,
    /// Reactions, comments and shares together.
    engagement: Option<i64>,
    /// Engagement ÷ reach; where reach is unknown or 0, ÷ views, then ÷ impressions.
    engagement_rate: Option<f64>,
    engagement_rate_basis: Basis,
}

impl From<Numbers> for NumbersView {
    fn from(numbers: Numbers) -> Self {
        let Rate { value, basis } = numbers.engagement_rate();
        Self {
            engagement: numbers.engagement(),
            engagement_rate: value,
            engagement_rate_basis: basis.into(),
            reach: numbers.reach,
            impressions: numbers.impressions,
            views: numbers.views,
            reactions: numbers.reactions,
            comments: numbers.comments,
            shares: numbers.shares,
            clicks: numbers.clicks,
            saves: numbers.saves,
        }
    }
}

/// An item seen on an account, with its newest numbers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContentView {
    id: Uuid,
    integration_id: Uuid,
    external_content_id: String,
    platform: Network,
    format: Format,
    caption: Option<String>,
    /// Without `#`.
    hashtags: Vec<String>,
    permalink: Option<String>,
    thumbnail_url: Option<String>,
    published_at: Time,
    /// Our own post, if it was ours.
    post_id: Option<Uuid>,
    /// The day the numbers stand under; null if none were read yet.
    date: Option<Day>,
    numbers: NumbersView,
}

impl From<TopContent> for ContentView {
    fn from(item: TopContent) -> Self {
        Self {
            id: item.content_id.uuid(),
            integration_id: item.integration_id.uuid(),
            external_content_id: item.external_content_id,
            platform: item.platform.into(),
            format: item.format.into(),
            caption: item.caption,
            hashtags: item.hashtags,
            permalink: item.permalink,
            thumbnail_url: item.thumbnail_url,
            published_at: item.published_at.into(),
            post_id: item.post_id.map(PostId::uuid),
            date: Some(item.numbers_date.into()),
            numbers: item.numbers.into(),
        }
    }
}

impl From<ContentRow> for ContentView {
    fn from(item: ContentRow) -> Self {
        Self {
            id: item.id.uuid(),
            integration_id: item.integration_id.uuid(),
            external_content_id: item.external_content_id,
            platform: item.platform.into(),
            format: item.format.into(),
            caption: item.caption,
            hashtags: item.hashtags,
            permalink: item.permalink,
            thumbnail_url: item.thumbnail_url,
            published_at: item.published_at.into(),
            post_id: item.post_id.map(PostId::uuid),
            date: item.numbers_date.map(Day),
            numbers: item.numbers.into(),
        }
    }
}

/// One step of collecting one account's day.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RunView {
    id: Uuid,
    integration_id: Option<Uuid>,
    date: Day,
    kind: Step,
    trigger: Trigger,
    status: StepState,
    /// Which try, from 1.
    attempt: i32,
    items_total: i32,
    items_ok: i32,
    items_failed: i32,
    api_calls: i32,
    error_type: Option<FailureKind>,
    /// What arrived otherwise than it should and failed nothing.
    oddities: Vec<OddityView>,
    started_at: Option<Time>,
    finished_at: Option<Time>,
    created_at: Time,
}

impl From<IngestRun> for RunView {
    fn from(run: IngestRun) -> Self {
        Self {
            id: run.id.uuid(),
            integration_id: run.integration_id.map(AccountId::uuid),
            date: run.date.into(),
            kind: run.kind.into(),
            trigger: run.trigger.into(),
            status: run.status.into(),
            attempt: run.attempt,
            items_total: run.items_total,
            items_ok: run.items_ok,
            items_failed: run.items_failed,
            api_calls: run.api_calls,
            error_type: run.error_type.map(Into::into),
            oddities: OddityView::all(&run.oddities),
            started_at: run.started_at.map(Time),
            finished_at: run.finished_at.map(Time),
            created_at: run.created_at.into(),
        }
    }
}

/// Something odd, counted.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OddityView {
    /// `absent`, `text`, `unreadable`, `impossible`, `unsupported`, `twice`, `unreadable_item`, `empty_page`, `other_zone`, `stray_day`.
    kind: &'static str,
    /// The field, number or zone.
    name: Option<String>,
    count: u32,
}

impl OddityView {
    fn all(odd: &Oddities) -> Vec<Self> {
        let view = |kind: &'static str, (name, count): (&String, &u32)| Self {
            kind,
            name: Some(name.clone()).filter(|name| !name.is_empty()),
            count: *count,
        };
        odd.iter().flat_map(|(oddity, names)| names.iter().map(move |one| view(oddity.label(), one))).collect()
    }
}

/// A failure of collecting.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FailureView {
    id: i64,
    run_id: Uuid,
    integration_id: Uuid,
    external_content_id: Option<String>,
    date: Day,
    error_type: FailureKind,
    http_status: Option<i32>,
    platform_code: Option<String>,
    platform_subcode: Option<String>,
    trace_id: Option<String>,
    message: String,
    retry_at: Option<Time>,
    created_at: Time,
}

impl From<IngestFailure> for FailureView {
    fn from(failure: IngestFailure) -> Self {
        Self {
            id: failure.id,
            run_id: failure.run_id.uuid(),
            integration_id: failure.integration_id.uuid(),
            external_content_id: failure.external_content_id,
            date: failure.date.into(),
            error_type: failure.error_type.into(),
            http_status: failure.http_status,
            platform_code: failure.platform_code,
            platform_subcode: failure.platform_subcode,
            trace_id: failure.trace_id,
            message: failure.message,
            retry_at: failure.retry_at.map(Time),
            created_at: failure.created_at.into(),
        }
    }
}
