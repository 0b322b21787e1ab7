//! Taking along what is yours.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use rookery_analytics::{Dataset, DatasetWish, Range};
use rookery_db::ExportTable;
use rookery_identity::{Caller, KeyScope};
use rookery_publishing::ExportFormat;
use rookery_sheet::Format;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::access::{ReadNumbers, ReadPosts};
use super::analytics::named;
use super::page::PageView;
use super::time::Day;
use crate::app::App;
use crate::exports::{self, EVERYTHING};
use crate::extract::{Path, Query};
use crate::problem::Problem;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(list)).routes(routes!(export)).routes(routes!(numbers))
}

/// A table that can be taken along.
#[derive(Debug, Serialize, ToSchema)]
struct TableView {
    name: &'static str,
    /// What it holds.
    what: &'static str,
    columns: Vec<&'static str>,
}

/// List what can be exported
#[utoipa::path(get, path = "/exports", tag = "exports", operation_id = "exports",
    responses((status = 200, body = PageView<TableView>)))]
async fn list(_: ReadPosts) -> Json<PageView<TableView>> {
    let view = |t: &ExportTable| TableView { name: t.name, what: t.what, columns: t.columns.to_vec() };
    Json(PageView::whole(exports::tables().map(view).collect()))
}

/// How it is written.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// `csv` or `jsonl` (JSON lines); `jsonl` unless given.
    format: Option<String>,
}

/// Export a table
///
/// Whole, as a stream. `everything` gives all tables as JSON lines, each with `table` and `row`. Tokens, digests and places in
/// a storage are in none of them. Keys need `metrics:read` too where numbers are in it.
#[utoipa::path(get, path = "/exports/{table}", tag = "exports", operation_id = "export", params(
    ("table" = String, Path, description = "A table's name, or `everything`"), ExportQuery),
    responses((status = 200, body = String, content_type = "application/x-ndjson")))]
async fn export(
    State(app): State<App>,
    may: ReadPosts,
    Path(name): Path<String>,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    let ending = query.format.as_deref().unwrap_or("jsonl");
    let format = ExportFormat::of_ending(ending).ok_or_else(|| Problem::bad_request("format: csv or jsonl."))?;
    file(&app, &may.0, &name, format).await
}

/// The file of a table, or of everything, for a caller who may read it.
pub(crate) async fn file(app: &App, caller: &Caller, name: &str, format: ExportFormat) -> Result<Response, Problem> {
    let wanted = |t: &&'static ExportTable| name == EVERYTHING || t.name == name;
    let tables: Vec<_> = exports::tables().filter(wanted).collect();
    if tables.is_empty() {
        return Err(Problem::not_found("table"));
    }
    if name == EVERYTHING && format == ExportFormat::Csv {
        return Err(Problem::bad_request("Everything in one file is written as JSON lines; CSV is for one table."));
    }
    let lacks_scope = !caller.has_scope(KeyScope::MetricsRead);
    if lacks_scope && tables.iter().any(|t| exports::has_numbers(t)) {
        return Err(Problem::forbidden(format!("This key does not have the scope {}.", KeyScope::MetricsRead)));
    }
    let names: Vec<_> = tables.iter().map(|t| t.name).collect();
    app.publishing.record_export(&caller.scope, &names, format).await?;
    let slug = &caller.organization.slug;
    Ok(exports::respond(&app.publishing, &caller.scope, &format!("{slug}-{name}"), tables, format))
}

/// Which numbers, and how they are written.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct NumbersQuery {
    /// First day.
    #[param(inline)]
    from: Day,
    /// Last day; at most 400 days in all.
    #[param(inline)]
    to: Day,
    /// `csv`, `jsonl` (JSON lines) or `parquet`; `csv` unless given.
    format: Option<String>,
    /// Only these accounts, separated by commas.
    integration_ids: Option<String>,
}

/// Export numbers of a range of days
///
/// `detailed`: a row for each item published in the range, with its newest totals. `summary`: a row for each day, with
/// what happened on it. The same cells in each format; what no network reported is an empty cell, `null`, never 0.
#[utoipa::path(get, path = "/analytics/exports/{dataset}", tag = "exports", operation_id = "exportNumbers", params(
    ("dataset" = String, Path, description = "`detailed` or `summary`"), NumbersQuery),
    responses((status = 200, body = String, content_type = "text/csv")))]
async fn numbers(
    State(app): State<App>,
    may: ReadNumbers,
    Path(dataset): Path<String>,
    Query(query): Query<NumbersQuery>,
) -> Result<Response, Problem> {
    let dataset = Dataset::of_label(&dataset).ok_or_else(|| Problem::not_found("table"))?;
    let ending = query.format.as_deref().unwrap_or("csv");
    let format = Format::of_ending(ending).ok_or_else(|| Problem::bad_request("format: csv, jsonl or parquet."))?;
    let range = Range::new(query.from.0, query.to.0)?;
    let accounts = named(query.integration_ids.as_deref())?;
    exports::numbers(&app, &may.0, DatasetWish { dataset, range, accounts }, format).await
}
