//! The networks' own exports of numbers: looked at row by row, mapped, kept until somebody decides, then stored.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use garde::Validate;
use rookery_analytics::{
    Field, METRIC_IMPORT_BYTES_MAX, Mapping, MetricBasis, MetricFinding, MetricImport, MetricRow, MetricRowState,
    PlannedReading,
};
use rookery_identity::Caller;
use rookery_kernel::{AccountId, MetricImportId};
use rookery_sheet::{DateOrder, NumberStyle};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::access::ReadNumbers;
use super::idempotency::once;
use super::imports::file_up_to;
use super::page::{self, PageView};
use super::time::{Day, Time};
use crate::app::App;
use crate::extract::{Body, ManageAccounts, May, Path, Query};
use crate::problem::Problem;

/// Imports that are listed.
const LISTED_MAX: u16 = 50;
/// Files that are read at once: each may stand in memory whole.
static UPLOADS: Semaphore = Semaphore::const_new(2);

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list, upload))
        .routes(routes!(get, map, cancel))
        .routes(routes!(rows))
        .routes(once!(apply))
}

/// How many rows stand where.
#[derive(Debug, Serialize, ToSchema)]
struct MetricCountsView {
    /// Rows of the file.
    total: u32,
    /// Rows that `reading` or `applying` is through with.
    done: u32,
    /// Nothing stands against them.
    ready: u32,
    /// Something does.
    broken: u32,
    /// About no item: sums of all.
    skipped: u32,
}

/// Which column is what.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MappingView {
    /// For each heading what it holds (`id`, `link`, `account`, `published_at`, `date`, `caption`, `format`, `reach`,
    /// `impressions`, `views`, `reactions`, `comments`, `shares`, `clicks`, `saves`, `watch_hours`, `watch_seconds`); null is
    /// not read.
    fields: Vec<Option<&'static str>>,
    /// What stands before a fraction: `point` or `comma`.
    numbers: &'static str,
    /// What 03/04/2026 means: `day_first` or `month_first`.
    dates: &'static str,
    /// What the numbers of a row with a day cover: `day`, or `lifetime` for totals at its end.
    basis: &'static str,
    /// The day at whose end totals without a day were true.
    as_of: Day,
}

/// An uploaded export of numbers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MetricImportView {
    id: Uuid,
    file_name: String,
    file_size: usize,
    /// `comma`, `semicolon` or `tab`.
    separator: String,
    /// Whose export it was taken for: `facebook`, `instagram`, `linkedin`, `twitter`, `youtube` or `other`.
    source: &'static str,
    headings: Vec<String>,
    mapping: MappingView,
    /// Whose numbers these are; null until somebody says.
    integration_id: Option<Uuid>,
    /// `reading`, `ready`, `applying` or `applied`.
    state: &'static str,
    rows: MetricCountsView,
    /// Items that were not known before.
    new_content: u32,
    /// Rows of numbers that were new or changed.
    rows_written: u32,
    applied_at: Option<Time>,
    /// When a preview, or the rows of an import, are deleted.
    expires_at: Time,
    created_at: Time,
}

impl From<MetricImport> for MetricImportView {
    fn from(i: MetricImport) -> Self {
        let c = i.counts;
        Self {
            id: i.id.uuid(),
            file_name: i.file_name,
            file_size: i.file_size,
            separator: i.separator,
            source: i.source.label(),
            headings: i.headings,
            mapping: MappingView {
                fields: i.mapping.fields.iter().map(|f| f.map(Field::label)).collect(),
                numbers: i.mapping.numbers.label(),
                dates: i.mapping.dates.label(),
                basis: i.mapping.basis.label(),
                as_of: Day(i.mapping.as_of),
            },
            integration_id: i.account.map(AccountId::uuid),
            state: i.state.label(),
            rows: MetricCountsView {
                total: c.total,
                done: c.done,
                ready: c.ready,
                broken: c.broken,
                skipped: c.skipped,
            },
            new_content: c.content,
            rows_written: c.written,
            applied_at: i.applied_at.map(Time),
            expires_at: Time(i.expires_at),
            created_at: Time(i.created_at),
        }
    }
}

/// What a row would store.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PlannedView {
    external_content_id: String,
    /// Whether the item is not known yet.
    is_new: bool,
    published_at: Option<Time>,
    date: Day,
    /// `lifetime` or `day`.
    basis: &'static str,
    reach: Option<i64>,
    impressions: Option<i64>,
    views: Option<i64>,
    reactions: Option<i64>,
    comments: Option<i64>,
    shares: Option<i64>,
    clicks: Option<i64>,
    saves: Option<i64>,
    watch_time_ms: Option<i64>,
}

impl From<PlannedReading> for PlannedView {
    fn from(r: PlannedReading) -> Self {
        let n = r.numbers;
        Self {
            external_content_id: r.external_id,
            is_new: r.is_new,
            published_at: r.published_at.map(Time),
            date: Day(r.date),
            basis: r.basis.label(),
            reach: n.reach,
            impressions: n.impressions,
            views: n.views,
            reactions: n.reactions,
            comments: n.comments,
            shares: n.shares,
            clicks: n.clicks,
            saves: n.saves,
            watch_time_ms: r.watch_time_ms,
        }
    }
}

/// Something found in a row.
#[derive(Debug, Serialize, ToSchema)]
struct MetricFindingView {
    /// The column's heading; null is the whole row.
    column: Option<String>,
    /// A stable word for programs.
    code: String,
    message: String,
}

impl From<MetricFinding> for MetricFindingView {
    fn from(f: MetricFinding) -> Self {
        Self { column: f.column, code: f.code, message: f.message }
    }
}

/// A row of a file.
#[derive(Debug, Serialize, ToSchema)]
struct MetricRowView {
    /// The line of the file in which it begins; the first is 1.
    line: u32,
    /// `new`, `ready`, `broken`, `skipped` or `applied`.
    state: &'static str,
    cells: Vec<String>,
    /// What would be stored.
    reading: Option<PlannedView>,
    findings: Vec<MetricFindingView>,
}

impl From<MetricRow> for MetricRowView {
    fn from(row: MetricRow) -> Self {
        Self {
            line: row.line,
            state: row.state.label(),
            cells: row.cells,
            reading: row.reading.map(PlannedView::from),
            findings: row.findings.into_iter().map(MetricFindingView::from).collect(),
        }
    }
}

/// List imports of numbers
///
/// The newest 50: previews and what became of files.
#[utoipa::path(get, path = "/metric-imports", tag = "imports", operation_id = "metricImports",
    responses((status = 200, body = PageView<MetricImportView>)))]
async fn list(State(app): State<App>, may: ReadNumbers) -> Result<Json<PageView<MetricImportView>>, Problem> {
    let found = app.analytics.metric_imports(may.scope(), LISTED_MAX).await?;
    Ok(Json(PageView::whole(found.into_iter().map(MetricImportView::from).collect())))
}

/// An export of numbers as JSON.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body; the file is read as it comes")]
struct MetricFileBody {
    /// Its name.
    file_name: String,
    /// Its text.
    content: String,
}

/// Look at an export of numbers
///
/// A content export of Meta Business Suite, LinkedIn, X or YouTube Studio, or any table that names items: as a form (`file`),
/// as `text/csv`, or as JSON. At most 48 MiB and 200,000 rows. No number is stored; the preview is kept for seven days. A
/// large file is `reading` for a while.
#[utoipa::path(post, path = "/metric-imports", tag = "imports", operation_id = "previewMetricImport",
    request_body = MetricFileBody, responses((status = 201, body = MetricImportView)))]
async fn upload(State(app): State<App>, may: May<ManageAccounts>, request: Request) -> Result<Response, Problem> {
    Ok(page::created(MetricImportView::from(received(&app, &may.caller, request).await?)))
}

/// A file that somebody sends.
pub(crate) async fn received(app: &App, caller: &Caller, request: Request) -> Result<MetricImport, Problem> {
    let _place = UPLOADS.try_acquire().map_err(|_| {
        let words = "Other files are being read; try again in a moment.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "One moment, please", words)
    })?;
    let (name, bytes) = file_up_to(request, METRIC_IMPORT_BYTES_MAX, "numbers.csv").await?;
    let zone = &caller.organization.timezone;
    Ok(app.analytics.preview_metrics(&caller.scope, zone, &name, &bytes, None).await?)
}

/// Read an import of numbers
#[utoipa::path(get, path = "/metric-imports/{id}", tag = "imports", operation_id = "metricImport",
    params(("id" = Uuid, Path, description = "The import")), responses((status = 200, body = MetricImportView)))]
async fn get(
    State(app): State<App>,
    may: ReadNumbers,
    Path(id): Path<MetricImportId>,
) -> Result<Json<MetricImportView>, Problem> {
    Ok(Json(app.analytics.metric_import(may.scope(), id).await?.into()))
}

/// What to change about how a file is read. What is not named stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct MappingBody {
    /// For each heading what it holds, see `mapping.fields`; null is not read.
    #[garde(inner(length(max = 500)))]
    fields: Option<Vec<Option<String>>>,
    /// `point` or `comma`.
    #[garde(skip)]
    numbers: Option<String>,
    /// `day_first` or `month_first`.
    #[garde(skip)]
    dates: Option<String>,
    /// `day` or `lifetime`.
    #[garde(skip)]
    basis: Option<String>,
    /// The day at whose end totals without a day were true.
    #[garde(skip)]
    #[schema(inline)]
    as_of: Option<Day>,
    /// Whose numbers these are.
    #[garde(skip)]
    #[schema(value_type = Option<Uuid>)]
    integration_id: Option<AccountId>,
}

/// A word as what it means, or a problem that names the field.
fn read<T>(field: &'static str, word: Option<&str>, kept: T, of: fn(&str) -> Option<T>) -> Result<T, Problem> {
    let unknown = |word: &str| Problem::field(field, "unknown_word", format!("{word:?} is not known here."));
    word.map_or(Ok(kept), |word| of(word).ok_or_else(|| unknown(word)))
}

/// What numbers of a day cover.
pub(crate) fn basis(word: &str) -> Option<MetricBasis> {
    [MetricBasis::Day, MetricBasis::Lifetime].into_iter().find(|basis| basis.label() == word)
}

/// Map the columns
///
/// Says what columns hold and how their cells are written, and looks at all rows again.
#[utoipa::path(patch, path = "/metric-imports/{id}", tag = "imports", operation_id = "mapMetricImport",
    request_body = MappingBody, params(("id" = Uuid, Path, description = "The import")),
    responses((status = 200, body = MetricImportView)))]
async fn map(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Path(id): Path<MetricImportId>,
    Body(body): Body<MappingBody>,
) -> Result<Json<MetricImportView>, Problem> {
    let import = app.analytics.metric_import(may.scope(), id).await?;
    let old = import.mapping;
    let field = |word: &Option<String>| match word.as_deref() {
        None => Ok(None),
        Some(word) => read("fields", Some(word), None, |word| Field::of_label(word).map(Some)),
    };
    let fields = body.fields.as_ref().map(|words| words.iter().map(field).collect::<Result<_, _>>()).transpose()?;
    let mapping = Mapping {
        fields: fields.unwrap_or(old.fields),
        numbers: read("numbers", body.numbers.as_deref(), old.numbers, NumberStyle::of_label)?,
        dates: read("dates", body.dates.as_deref(), old.dates, DateOrder::of_label)?,
        basis: read("basis", body.basis.as_deref(), old.basis, basis)?,
        as_of: body.as_of.map_or(old.as_of, |day| day.0),
        time_zone: old.time_zone,
    };
    let account = body.integration_id.or(import.account);
    Ok(Json(app.analytics.map_metrics(may.scope(), id, &mapping, account).await?.into()))
}

/// Which rows.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MetricRowsQuery {
    /// Only `ready`, `broken`, `skipped` or `applied` ones.
    state: Option<String>,
    /// The `next` of the page before: a line.
    after: Option<u32>,
    /// Rows, 1 to 100; 50 unless told.
    limit: Option<u16>,
}

/// Rows of an import of numbers
///
/// In the file's order, with what each would store and what stands against it.
#[utoipa::path(get, path = "/metric-imports/{id}/rows", tag = "imports", operation_id = "metricImportRows", params(
    ("id" = Uuid, Path, description = "The import"), MetricRowsQuery),
    responses((status = 200, body = PageView<MetricRowView>)))]
async fn rows(
    State(app): State<App>,
    may: ReadNumbers,
    Path(id): Path<MetricImportId>,
    Query(query): Query<MetricRowsQuery>,
) -> Result<Json<PageView<MetricRowView>>, Problem> {
    let limit = usize::from(query.limit.unwrap_or(50).clamp(1, 100));
    let state = read("state", query.state.as_deref(), None, |word| MetricRowState::of_label(word).map(Some))?;
    let probe = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let mut rows = app.analytics.metric_rows(may.scope(), id, state, query.after.unwrap_or(0), probe).await?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| has_more).map(|row| row.line.to_string());
    Ok(Json(PageView { items: rows.into_iter().map(MetricRowView::from).collect(), next }))
}

/// What to do with a preview.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct StoreBody {
    /// Leave broken rows out. Without it a file with a broken row is not stored.
    #[garde(skip)]
    skip_broken: bool,
}

/// Store the numbers
///
/// By the rules of collected ones: new items are added, what was collected for the same day stays, and a file that is stored
/// again changes nothing. A large file is `applying` for a while. 409 `import_broken_rows` if there are broken rows and
/// `skipBroken` is not set.
#[utoipa::path(post, path = "/metric-imports/{id}/apply", tag = "imports", operation_id = "applyMetricImport",
    request_body = StoreBody, params(("id" = Uuid, Path, description = "The import")),
    responses((status = 200, body = MetricImportView)))]
async fn apply(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Path(id): Path<MetricImportId>,
    Body(body): Body<StoreBody>,
) -> Result<Json<MetricImportView>, Problem> {
    Ok(Json(app.analytics.apply_metrics(may.scope(), id, body.skip_broken).await?.into()))
}

/// Cancel an import of numbers
///
/// Takes a preview away. What was stored stays.
#[utoipa::path(delete, path = "/metric-imports/{id}", tag = "imports", operation_id = "cancelMetricImport",
    params(("id" = Uuid, Path, description = "The import")), responses((status = 204)))]
async fn cancel(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Path(id): Path<MetricImportId>,
) -> Result<StatusCode, Problem> {
    app.analytics.cancel_metrics(may.scope(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
