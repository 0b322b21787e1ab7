//! Taking along what is ours, as a stream: whatever an organization holds, a page of rows is in memory at a time.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use futures::stream;
use rookery_analytics::{Analytics, DatasetPlace, DatasetWish};
use rookery_db::ExportTable;
use rookery_identity::Caller;
use rookery_kernel::{Scope, Zone};
use rookery_publishing::{ExportFormat, ExportPlace, Publishing};
use rookery_sheet::{Format, Writer};

use crate::api::imports::attachment;
use crate::app::App;
use crate::problem::Problem;

/// All tables of one file of JSON lines.
pub(crate) const EVERYTHING: &str = "everything";

/// Every table that an organization can take along, of all contexts.
pub fn tables() -> impl Iterator<Item = &'static ExportTable> {
    rookery_publishing::EXPORTS.iter().chain(rookery_accounts::EXPORTS).chain(rookery_analytics::EXPORTS)
}

/// Whether a table holds numbers, which keys need a scope of their own for.
pub(crate) fn has_numbers(table: &ExportTable) -> bool {
    rookery_analytics::EXPORTS.iter().any(|t| t.name == table.name) || table.name == "publications"
}

struct State {
    publishing: Publishing,
    scope: Scope,
    format: ExportFormat,
    /// Each line says which table it belongs to.
    is_mixed: bool,
    /// The one under way last.
    tables: Vec<&'static ExportTable>,
    place: ExportPlace,
}

/// The file.
pub(crate) fn respond(
    publishing: &Publishing,
    scope: &Scope,
    name: &str,
    tables: Vec<&'static ExportTable>,
    format: ExportFormat,
) -> Response {
    let state = State {
        publishing: publishing.clone(),
        scope: scope.clone(),
        format,
        is_mixed: name.ends_with(EVERYTHING),
        tables: tables.into_iter().rev().collect(),
        place: ExportPlace::default(),
    };
    let pieces = stream::try_unfold(state, |mut state| async move {
        let Some(table) = state.tables.last().copied() else { return Ok(None) };
        let piece = state.publishing.export_piece(&state.scope, table, state.format, &state.place).await;
        // The file breaks off, which a client sees; the log says why.
        let piece = piece.inspect_err(|error| {
            tracing::error!(error = error as &dyn std::error::Error, table = table.name, "an export broke off");
        })?;
        if piece.next.is_none() {
            state.tables.pop();
        }
        state.place = piece.next.unwrap_or_default();
        let text = if state.is_mixed { named(table, &piece.text) } else { piece.text };
        Ok::<_, rookery_db::Error>(Some((text, state)))
    });
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.mime()));
    headers.insert(header::CONTENT_DISPOSITION, attachment(&format!("{name}.{}", format.ending())));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    (headers, Body::from_stream(pieces)).into_response()
}

/// Each line with the name of its table.
fn named(table: &ExportTable, lines: &str) -> String {
    let before = format!("{{\"table\":\"{}\",\"row\":", table.name);
    lines.lines().flat_map(|line| [before.as_str(), line, "}\n"]).collect()
}

/// A table of numbers on its way out.
struct Numbers {
    analytics: Analytics,
    scope: Scope,
    zone: Zone,
    wish: DatasetWish,
    /// `None` after the last bytes.
    writer: Option<Writer>,
    place: Option<DatasetPlace>,
}

/// An export broke off; the file does too, which a client sees.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error(transparent)]
    Read(#[from] rookery_analytics::ReadError),
    #[error(transparent)]
    Table(#[from] rookery_sheet::TableError),
}

impl Numbers {
    async fn piece(&mut self) -> Result<Vec<u8>, Broken> {
        let Some(at) = self.place else {
            return Ok(self.writer.take().map(Writer::finish).transpose()?.unwrap_or_default());
        };
        let page = self.analytics.dataset_page(&self.scope, &self.zone, &self.wish, at).await?;
        self.place = page.next;
        Ok(self.writer.as_mut().map(|writer| writer.page(&page.rows)).transpose()?.unwrap_or_default())
    }
}

/// The file of a table of numbers: named after the organization, the table and the range.
pub(crate) async fn numbers(
    app: &App,
    caller: &Caller,
    wish: DatasetWish,
    format: Format,
) -> Result<Response, Problem> {
    app.analytics.record_dataset(&caller.scope, &wish, format.ending()).await?;
    let writer = Writer::new(format, wish.dataset.columns()).map_err(|e| Problem::internal(&e))?;
    let (slug, dataset, range) = (&caller.organization.slug, wish.dataset.label(), wish.range);
    let name = format!("{slug}-{dataset}-{}-{}.{}", range.from, range.to, format.ending());
    let state = Numbers {
        analytics: app.analytics.clone(),
        scope: caller.scope.clone(),
        zone: caller.organization.timezone.clone(),
        wish,
        writer: Some(writer),
        place: Some(DatasetPlace::default()),
    };
    let pieces = stream::try_unfold(state, |mut state| async move {
        if state.writer.is_none() {
            return Ok(None);
        }
        let piece = state.piece().await.inspect_err(|error| {
            tracing::error!(error = error as &dyn std::error::Error, "an export of numbers broke off");
        })?;
        Ok::<_, Broken>(Some((piece, state)))
    });
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.mime()));
    headers.insert(header::CONTENT_DISPOSITION, attachment(&name));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok((headers, Body::from_stream(pieces)).into_response())
}
