//! What was seen on tracked accounts: content, its numbers day by day, how they were collected,
//! and what they add up to.
//!
//! Invariants
//! - A metric row is named by (organization, account, external content id, date); collecting the
//!   same numbers again writes nothing, not even a time.
//! - NULL is "not reported", 0 is zero. A known number is never replaced by NULL, a lifetime row
//!   never by a day row.
//! - Lifetime totals stand under the day at whose end they were true: a late run or a backfill
//!   writes today's totals under yesterday, never under an older date.
//! - Lifetime rows are never added up over days; what happened in a period is the sum of changes.
//! - Every account is collected by its own job; one item's failure leaves the others alone. Every
//!   failure is a row of `analytics.ingest_errors` and one event with the same fields.
//!
//! Reading order: `tracking` (whom), `ingest` (how), `content` and `daily` (what is kept), `run`
//! (the diary), `snapshots` (our publications by the hour), `groups` and `tags` (how it is sorted), `kpi` (what it means), `rollup` (what is summed beforehand),
//! `overview`, `report` and `performance` (what pages show), `insights` (what deserves attention), `reports` (what is
//! sent), `export` (what is taken along), `import` (what is brought along).

// The checked queries name our types by their full path; see sqlx.toml.
extern crate self as rookery_analytics;

mod content;
mod daily;
mod export;
mod groups;
mod import;
mod ingest;
mod insights;
mod kinds;
mod kpi;
mod overview;
mod performance;
mod report;
mod reports;
mod rollup;
mod run;
mod snapshots;
mod tags;
mod tracking;

use std::fmt;
use std::sync::Arc;

use rookery_accounts::Accounts;
use rookery_db::Db;
use rookery_jobs::Jobs;
use rookery_kernel::{Clock, IdGen};
use rookery_mail::Mailer;
use rookery_platforms::Connectors;

pub use content::{ContentFilter, ContentFormat, ContentRow, EXPORTS};
pub use daily::{DailyReading, MetricBasis};
pub use export::{Dataset, DatasetPage, DatasetPlace, DatasetWish};
pub use groups::{GROUPS_MAX, GroupDraft, GroupError, GroupFault, GroupFigures, PageGroup};
pub use import::{
    ApplyMetricImport, ExamineMetricImport, ExpireMetricImport, Field, FileError, ImportCounts, ImportState,
    METRIC_IMPORT_BYTES_MAX, METRIC_IMPORT_ROWS_MAX, METRIC_IMPORTS_OPEN_MAX, Mapping, MappingError, MetricFinding,
    MetricImport, MetricImportError, MetricRow, MetricRowState, PlannedReading, Source,
};
pub use ingest::{
    BackfillIntegration, BackfillProgress, IngestError, IngestIntegration, PlanBestTimes, PlanDailyIngest,
    PlanSnapshots, RunReport, SnapshotPublications, StepReport, Verdict, next_night,
};
pub use insights::{
    Alert, AlertCursor, AlertDirection, AlertError, AlertFilter, AlertKind, AlertMetric, AlertPage, AlertRule,
    AlertScope, AlertsRaised, BadRule, BriefError, BriefFigure, BriefHours, BriefParts, Change, ClosedBecause,
    Completeness, DISMISS_REASON_MAX, DailyBrief, Evidence, InsightFilter, Mentions, MissingAccount, Priority,
    RULES_MAX, Reading, Recommendation, RecommendationError, RecommendationKind, RecommendationResult,
    RecommendationStatus, Severity, Speed, Suggestion, TRENDS_MAX, Trend, TrendDirection, TrendPost, TrendQuestion,
    TrendWindow, Trends, Verdict as AlertVerdict, is_listed, judge_drop, judge_spike, speed,
};
pub use kinds::{MatchKind, MetricType, Period, RollupMark, RollupScope, TagSource, TagType};
pub use kpi::{
    BadRange, Coverage, Kpi, KpiName, Metric, Mode, Numbers, PeriodSums, Range, Rate, RateBasis, Unit, change_percent,
    engagement,
};
pub use overview::{Overview, ReachPerDay};
pub use performance::{
    AGE_MAX, ANNOTATION_MAX, Annotation, AnnotationError, AskError, BadQuestion, BestSlot, BestTime, Bucket,
    CURVE_MEASURES, Choices, ContentCursor, ContentDetail, ContentQuery, ContentSort, ContentTable, ContentTag, Curve,
    Figures, Filter, FormatChoice, FormatComparison, FormatRow, ITEMS_MIN, Line, MENU_WORDS_MAX, Measure, MenuTag,
    NamedGroup, NamedTag, PEERS_MIN, PartKey, PeerPoint, Performance, Question, RATE_REACH_MIN, Split, Step, Sums,
    TableRow,
};
pub use report::{
    AccountSummary, Heatmap, HeatmapCell, PlatformTotals, PublicationNumbers, ReadError, Slot, TopContent, TrendPoint,
};
pub use reports::{
    BadSchedule, Cadence, NewSchedule, PlanReports, REPORT_LINK_DAYS_MAX, REPORT_RECIPIENTS_MAX, REPORT_SCHEDULES_MAX,
    Report, ReportAccount, ReportError, ReportLink, ReportLinkState, ReportRun, ReportSchedule, RunState, SendReport,
};
pub use rollup::{RollUp, RolledUp};
pub use run::{
    Backfill, FailureFilter, IngestErrorType, IngestFailure, IngestKind, IngestRun, IngestStatus, IngestTrigger,
    Oddities, Oddity, RequestError,
};
pub use snapshots::{BestTimesComputed, LatestReading, SnapshotPoint};
pub use tags::{
    ContentSelection, DryRun, DryRunReport, Example, PRIORITY_MAX, PRIORITY_USUAL, RetagContent, Retagging, RuleDraft,
    RuleFault, StopWord, TAG_CHANGE_ITEMS_MAX, TAGS_MAX, Tag, TagChange, TagDraft, TagError, TagFault, TagFilter,
    TagLink, TagOrder, TagRule, Tagged,
};
pub use tracking::{TRACKED_MAX, TrackError, Tracked, TrackingHealth};

/// The operations of this context. Cheap to clone.
#[derive(Clone)]
pub struct Analytics {
    db: Db,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGen>,
    accounts: Accounts,
    connectors: Arc<Connectors>,
    jobs: Jobs,
    writer: daily::Writer,
    mailer: Mailer,
    render: fn(&Report) -> String,
}

impl fmt::Debug for Analytics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Analytics")
    }
}

impl Analytics {
    /// The operations over these parts.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGen>,
        accounts: Accounts,
        connectors: Arc<Connectors>,
        jobs: Jobs,
    ) -> Self {
        let writer = daily::Writer::new(db.clone(), Arc::clone(&clock));
        let mailer = Mailer::off();
        Self { db, clock, ids, accounts, connectors, jobs, writer, mailer, render: |report| format!("{report:?}") }
    }

    /// The same with a way to send reports: how letters leave, and how a report becomes a page.
    #[must_use]
    pub fn with_mail(self, mailer: Mailer, render: fn(&Report) -> String) -> Self {
        Self { mailer, render, ..self }
    }
}
