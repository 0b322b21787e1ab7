//! Files of posts: looked at row by row, kept until somebody decides, then imported in one transaction.

use std::time::Duration;

use axum::Json;
use axum::body::Body as Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use garde::Validate;
use http_body_util::BodyExt as _;
use rookery_identity::Right;
use rookery_kernel::PostImportId;
use rookery_publishing::{
    IMPORT_BYTES_MAX, ImportOutcome, ImportRow, ImportWish, PostImport, RowFinding, RowState, Severity, template,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::access::ReadPosts;
use super::idempotency::once;
use super::page::{self, PageView};
use super::time::Time;
use crate::app::App;
use crate::extract::{Body, Draft, May, Path, Query};
use crate::problem::Problem;

/// What JSON and a form add to the file's bytes at most: each byte may be written as `\u0000`.
const ENVELOPE_FACTOR: usize = 6;
/// Most bytes of JSON; larger files come as a form or as text.
const JSON_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Longest time in which a file arrives.
const PATIENCE: Duration = Duration::from_secs(60);
/// Imports that are listed.
const LISTED_MAX: u16 = 50;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list, upload))
        .routes(routes!(blank))
        .routes(routes!(get, cancel))
        .routes(routes!(rows))
        .routes(routes!(broken))
        .routes(once!(apply))
}

/// How many rows stand where.
#[derive(Debug, Serialize, ToSchema)]
struct CountsView {
    total: u32,
    /// Nothing stands against them.
    ready: u32,
    /// Of these, with a time.
    planned: u32,
    /// Of these, with a warning.
    warned: u32,
    /// Something stands against them.
    broken: u32,
    /// Posts already, of this file or of another one with the same row.
    imported: u32,
}

/// A file of posts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ImportView {
    id: Uuid,
    file_name: String,
    file_size: usize,
    /// `comma`, `semicolon` or `tab`.
    separator: String,
    headings: Vec<String>,
    /// Headings that mean nothing to an import.
    ignored_headings: Vec<String>,
    /// The zone of local times without one of their own.
    time_zone: String,
    /// Null while nobody decided.
    imported_count: Option<u32>,
    applied_at: Option<Time>,
    /// When a preview, or the rows left out, are deleted.
    expires_at: Time,
    created_at: Time,
    rows: CountsView,
}

impl From<PostImport> for ImportView {
    fn from(import: PostImport) -> Self {
        let c = import.counts;
        Self {
            id: import.id.uuid(),
            ignored_headings: import.ignored_headings().into_iter().map(str::to_owned).collect(),
            file_name: import.file_name,
            file_size: import.file_size,
            separator: import.separator,
            headings: import.headings,
            time_zone: import.time_zone,
            imported_count: import.imported,
            applied_at: import.applied_at.map(Time),
            expires_at: Time(import.expires_at),
            created_at: Time(import.created_at),
            rows: CountsView {
                total: c.total,
                ready: c.ready,
                planned: c.planned,
                warned: c.warned,
                broken: c.broken,
                imported: c.imported,
            },
        }
    }
}

/// Something found in a row.
#[derive(Debug, Serialize, ToSchema)]
struct RowFindingView {
    /// The column's heading; null is the whole row.
    column: Option<String>,
    /// A stable word for programs.
    code: String,
    /// `error` stands against the row; `warning` and `info` do not.
    severity: &'static str,
    message: String,
    suggestion: Option<String>,
}

impl From<RowFinding> for RowFindingView {
    fn from(f: RowFinding) -> Self {
        let severity = match f.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        };
        Self { column: f.column, code: f.code, severity, message: f.message, suggestion: f.suggestion }
    }
}

/// A row of a file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RowView {
    /// The line of the file in which it begins; the first is 1.
    line: u32,
    /// `ready`, `broken` or `imported`.
    state: &'static str,
    /// The post that it became.
    post_id: Option<Uuid>,
    excerpt: String,
    integration_ids: Vec<Uuid>,
    scheduled_at: Option<Time>,
    cells: Vec<String>,
    findings: Vec<RowFindingView>,
}

impl From<ImportRow> for RowView {
    fn from(row: ImportRow) -> Self {
        Self {
            line: row.line,
            state: row.state.label(),
            post_id: match row.state {
                RowState::Imported(post) => Some(post.uuid()),
                RowState::Ready | RowState::Broken => None,
            },
            excerpt: row.summary.excerpt,
            integration_ids: row.summary.account_ids.into_iter().map(rookery_kernel::AccountId::uuid).collect(),
            scheduled_at: row.summary.scheduled_at.map(Time),
            cells: row.cells,
            findings: row.findings.into_iter().map(RowFindingView::from).collect(),
        }
    }
}

/// A file as JSON.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FileBody {
    /// Its name.
    file_name: String,
    /// Its text.
    content: String,
}

/// Look at a file of posts
///
/// As a form (`file`), as `text/csv`, or as JSON. At most 2 MiB and 1,000 rows. Nothing is written but the preview, which is
/// kept for seven days.
#[utoipa::path(post, path = "/post-imports", tag = "imports", operation_id = "previewImport", request_body = FileBody,
    responses((status = 201, body = ImportView)))]
async fn upload(State(app): State<App>, may: May<Draft>, request: Request) -> Result<Response, Problem> {
    let (name, bytes) = file(request).await?;
    let found = app.publishing.preview_import(may.scope(), &name, &bytes).await?;
    Ok(page::created(ImportView::from(found)))
}

/// Name and bytes of the file that a request brings.
pub(crate) async fn file(request: Request) -> Result<(String, Vec<u8>), Problem> {
    file_up_to(request, IMPORT_BYTES_MAX, "posts.csv").await
}

/// The same for files of another size; `name` is that of a file that comes without one.
pub(crate) async fn file_up_to(request: Request, bytes_max: usize, name: &str) -> Result<(String, Vec<u8>), Problem> {
    let read = tokio::time::timeout(PATIENCE, read_file(request, bytes_max, name)).await;
    read.unwrap_or_else(|_| Err(Problem::bad_request("The file did not arrive within a minute. Try again.")))
}

async fn read_file(request: Request, bytes_max: usize, name: &str) -> Result<(String, Vec<u8>), Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
    let is = |name: &str| kind.to_ascii_lowercase().starts_with(name);
    if is("multipart/form-data") {
        return form_file(&kind, request.into_body(), bytes_max).await;
    }
    let limit = if is("application/json") { (bytes_max * ENVELOPE_FACTOR).min(JSON_BYTES_MAX) } else { bytes_max };
    let body = http_body_util::Limited::new(request.into_body(), limit).collect().await;
    let body = body.map_err(|_| too_large(bytes_max))?;
    let bytes = body.to_bytes();
    if is("application/json") {
        let body: FileBody = serde_json::from_slice(&bytes).map_err(|e| Problem::bad_request(format!("{e}.")))?;
        return Ok((body.file_name, body.content.into_bytes()));
    }
    if is("text/csv") || is("text/tab-separated-values") || is("text/plain") {
        return Ok((name.to_owned(), bytes.to_vec()));
    }
    Err(Problem::bad_request("Send the file as a form, as text/csv, or as JSON with fileName and content."))
}

async fn form_file(kind: &str, body: Bytes, bytes_max: usize) -> Result<(String, Vec<u8>), Problem> {
    let unreadable = |e: multer::Error| Problem::bad_request(format!("The form cannot be read: {e}."));
    let boundary = multer::parse_boundary(kind).map_err(unreadable)?;
    let mut form = multer::Multipart::new(body.into_data_stream(), boundary);
    while let Some(mut field) = form.next_field().await.map_err(unreadable)? {
        if field.name() != Some("file") {
            continue;
        }
        let name = field.file_name().unwrap_or_default().to_owned();
        let mut bytes = Vec::new();
        while let Some(piece) = field.chunk().await.map_err(unreadable)? {
            bytes.extend_from_slice(&piece);
            if bytes.len() > bytes_max {
                return Err(too_large(bytes_max));
            }
        }
        if name.is_empty() && bytes.is_empty() {
            break;
        }
        return Ok((name, bytes));
    }
    Err(Problem::field("file", "missing", "The form has no file. Choose one."))
}

fn too_large(bytes_max: usize) -> Problem {
    let words = format!("The file has more than {bytes_max} bytes. Divide it.");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The file is too large", words)
}

/// List imports
///
/// The newest 50: previews and what became of files.
#[utoipa::path(get, path = "/post-imports", tag = "imports", operation_id = "imports",
    responses((status = 200, body = PageView<ImportView>)))]
async fn list(State(app): State<App>, may: ReadPosts) -> Result<Json<PageView<ImportView>>, Problem> {
    let found = app.publishing.post_imports(may.scope(), LISTED_MAX).await?;
    Ok(Json(PageView::whole(found.into_iter().map(ImportView::from).collect())))
}

/// An empty file
///
/// The headings, and a row for each of your accounts to replace.
#[utoipa::path(get, path = "/post-imports/template", tag = "imports", operation_id = "importTemplate",
    responses((status = 200, body = String, content_type = "text/csv")))]
async fn blank(State(app): State<App>, may: ReadPosts) -> Result<Response, Problem> {
    let accounts = app.accounts.list(may.scope()).await?;
    Ok(template_file(&app, &accounts, may.zone()))
}

/// The template as a file.
pub(crate) fn template_file(
    app: &App,
    accounts: &[rookery_accounts::Account],
    zone: &rookery_kernel::Zone,
) -> Response {
    let names: Vec<_> = accounts.iter().map(|a| format!("{}:{}", a.platform.label(), a.username)).collect();
    csv_file("posts-template.csv", template(&names, zone.date(app.clock.now()).plus_days(1)))
}

/// A file to save.
pub(crate) fn csv_file(name: &str, text: String) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, attachment(name));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    (headers, text).into_response()
}

/// Saves under a name; what cannot stand in one is left out.
pub(crate) fn attachment(name: &str) -> HeaderValue {
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
    HeaderValue::try_from(format!("attachment; filename=\"{name}\"")).unwrap_or(HeaderValue::from_static("attachment"))
}

/// Read an import
#[utoipa::path(get, path = "/post-imports/{id}", tag = "imports", operation_id = "import",
    params(("id" = Uuid, Path, description = "The import")), responses((status = 200, body = ImportView)))]
async fn get(
    State(app): State<App>,
    may: ReadPosts,
    Path(id): Path<PostImportId>,
) -> Result<Json<ImportView>, Problem> {
    Ok(Json(app.publishing.post_import(may.scope(), id).await?.into()))
}

/// Which rows.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct RowsQuery {
    /// Only `ready`, `broken` or `imported` ones.
    state: Option<String>,
    /// The `next` of the page before: a line.
    after: Option<String>,
    /// Rows, 1 to 100; 50 unless told.
    limit: Option<u16>,
}

/// Rows of an import
///
/// In the file's order, with everything that was found.
#[utoipa::path(get, path = "/post-imports/{id}/rows", tag = "imports", operation_id = "importRows", params(
    ("id" = Uuid, Path, description = "The import"), RowsQuery), responses((status = 200, body = PageView<RowView>)))]
async fn rows(
    State(app): State<App>,
    may: ReadPosts,
    Path(id): Path<PostImportId>,
    Query(query): Query<RowsQuery>,
) -> Result<Json<PageView<RowView>>, Problem> {
    let limit = usize::from(query.limit.unwrap_or(50).clamp(1, 100));
    let after = match query.after.as_deref().filter(|text| !text.is_empty()) {
        None => 0,
        Some(line) => line.parse().map_err(|_| Problem::bad_request("after: give the `next` of the page before."))?,
    };
    let state = query.state.as_deref();
    if state.is_some_and(|s| !["ready", "broken", "imported"].contains(&s)) {
        return Err(Problem::bad_request("state: ready, broken or imported."));
    }
    let mut found =
        app.publishing.import_rows(may.scope(), id, state, after, i64::try_from(limit).unwrap_or(100) + 1).await?;
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| has_more).map(|row| row.line.to_string());
    Ok(Json(PageView { items: found.into_iter().map(RowView::from).collect(), next }))
}

/// Broken rows as CSV
///
/// With the line and the reasons in the first two columns, which an import does not read: mend the rows and upload the
/// file.
#[utoipa::path(get, path = "/post-imports/{id}/broken-rows", tag = "imports", operation_id = "importBrokenRows",
    params(("id" = Uuid, Path, description = "The import")),
    responses((status = 200, body = String, content_type = "text/csv")))]
async fn broken(State(app): State<App>, may: ReadPosts, Path(id): Path<PostImportId>) -> Result<Response, Problem> {
    Ok(csv_file("broken-rows.csv", app.publishing.broken_rows_csv(may.scope(), id).await?))
}

/// What to do with a preview.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct DecisionBody {
    /// Leave broken rows out. Without it a file with a broken row is not imported.
    #[garde(skip)]
    skip_broken: bool,
    /// Make drafts of all rows, whatever time they name.
    #[garde(skip)]
    as_drafts: bool,
}

/// What an import made.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OutcomeView {
    /// Posts that were made.
    imported: u32,
    /// Rows that were posts before.
    already_imported: u32,
    /// Broken rows that were left out.
    left_out: u32,
}

impl From<ImportOutcome> for OutcomeView {
    fn from(o: ImportOutcome) -> Self {
        Self { imported: o.imported, already_imported: o.already, left_out: o.left_out }
    }
}

/// Import
///
/// Every row is looked at once more; then all good ones become posts, in one transaction. Asked again it makes nothing. 409
/// `import_broken_rows` if there are broken rows and `skipBroken` is not set, 409 `import_changed` if the second look finds
/// otherwise than the preview, which then shows it. Rows with a time need the right to publish.
#[utoipa::path(post, path = "/post-imports/{id}/apply", tag = "imports", operation_id = "applyImport",
    request_body = DecisionBody, params(("id" = Uuid, Path, description = "The import")),
    responses((status = 200, body = OutcomeView)))]
async fn apply(
    State(app): State<App>,
    may: May<Draft>,
    Path(id): Path<PostImportId>,
    Body(body): Body<DecisionBody>,
) -> Result<Json<OutcomeView>, Problem> {
    let may_plan = may.caller.allows(Right::Publish);
    let wish = ImportWish { skip_broken: body.skip_broken, as_drafts: body.as_drafts, may_plan };
    Ok(Json(app.publishing.apply_import(may.scope(), id, wish).await?.into()))
}

/// Cancel an import
///
/// Takes the preview away; nothing else was written.
#[utoipa::path(delete, path = "/post-imports/{id}", tag = "imports", operation_id = "cancelImport",
    params(("id" = Uuid, Path, description = "The import")), responses((status = 204)))]
async fn cancel(State(app): State<App>, may: May<Draft>, Path(id): Path<PostImportId>) -> Result<StatusCode, Problem> {
    app.publishing.cancel_import(may.scope(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
