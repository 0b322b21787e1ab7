//! Importing posts from a file: choose it, see every row, decide. And taking everything along.

use askama::Template;
use axum::Form;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use rookery_accounts::Account;
use rookery_analytics::{Dataset, DatasetWish, Range};
use rookery_db::ExportTable;
use rookery_identity::Right;
use rookery_kernel::{Date, PostImportId, Zone};
use rookery_publishing::{
    Column, ExportFormat, IMPORT_ROWS_MAX, ImportError, ImportRow, ImportWish, PostImport, RowState, Severity,
};
use rookery_sheet::Format;
use serde::Deserialize;

use super::format::{moment, number, plural};
use super::shell::{Flash, Shell};
use super::{PageResult, back, render};
use crate::api::{exports, imports};
use crate::app::App;
use crate::extract::{Draft, Path, Query, Read, Visitor};
use crate::problem::Problem;

/// Rows on a page.
const PAGE_ROWS: usize = 50;
/// Imports on the first page.
const LISTED: u16 = 20;

struct Help {
    name: &'static str,
    text: &'static str,
}

struct Listed {
    id: PostImportId,
    file_name: String,
    uploaded: String,
    state: String,
    tone: &'static str,
}

#[derive(Template)]
#[template(path = "imports.html")]
struct Page {
    shell: Shell,
    can_write: bool,
    rows_max: String,
    zone: String,
    columns: Vec<Help>,
    accounts: Vec<String>,
    imports: Vec<Listed>,
}

fn listed(import: &PostImport, zone: &Zone) -> Listed {
    let (state, tone) = match (import.imported, import.counts.broken) {
        (Some(n), _) => (format!("{} imported", plural(n.into(), "post", "posts")), "good"),
        (None, 0) => ("waits for you".to_owned(), "accent"),
        (None, n) => (format!("waits for you, {n} broken"), "warn"),
    };
    Listed {
        id: import.id,
        file_name: import.file_name.clone(),
        uploaded: moment(import.created_at, zone),
        state,
        tone,
    }
}

/// Choose a file.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let zone = &may.caller.organization.timezone;
    let accounts = app.accounts.list(may.scope()).await?;
    let imports = app.publishing.post_imports(may.scope(), LISTED).await?;
    Ok(render(&Page {
        shell: Shell::new("imports", &may.caller, &accounts, &flash),
        can_write: may.caller.allows(Right::Draft),
        rows_max: number(i64::try_from(IMPORT_ROWS_MAX).unwrap_or(i64::MAX)),
        zone: zone.name().to_owned(),
        columns: Column::ALL.into_iter().map(|c| Help { name: c.name(), text: c.help() }).collect(),
        accounts: accounts.iter().map(|a| format!("{}:{}", a.platform.label(), a.username)).collect(),
        imports: imports.iter().map(|i| listed(i, zone)).collect(),
    }))
}

/// Looks at a file.
pub(crate) async fn submit(State(app): State<App>, Visitor(may): Visitor<Draft>, request: Request) -> Response {
    let found = match imports::file(request).await {
        Ok((name, bytes)) => app.publishing.preview_import(may.scope(), &name, &bytes).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    match found {
        Ok(import) => Redirect::to(&format!("/imports/{}", import.id)).into_response(),
        Err(problem) => back("/imports", Err(problem)),
    }
}

/// The template.
pub(crate) async fn template(State(app): State<App>, Visitor(may): Visitor<Read>) -> PageResult {
    let accounts = app.accounts.list(may.scope()).await?;
    Ok(imports::template_file(&app, &accounts, &may.caller.organization.timezone))
}

struct FindingLine {
    column: Option<String>,
    tone: &'static str,
    message: String,
    suggestion: Option<String>,
}

struct RowLine {
    line: u32,
    excerpt: String,
    accounts: String,
    when: String,
    media: usize,
    state: &'static str,
    tone: &'static str,
    post: Option<String>,
    findings: Vec<FindingLine>,
}

fn row_line(row: ImportRow, accounts: &[Account], zone: &Zone) -> RowLine {
    let (state, tone, post) = match row.state {
        RowState::Ready if row.findings.iter().any(|f| f.severity == Severity::Warning) => ("look", "warn", None),
        RowState::Ready => ("good", "good", None),
        RowState::Broken => ("broken", "bad", None),
        RowState::Imported(id) => ("imported", "accent", Some(format!("/posts/{id}"))),
    };
    let name = |id| accounts.iter().find(|a| a.id == id).map(|a| format!("{} ({})", a.name(), a.platform.name()));
    let names: Vec<_> = row.summary.account_ids.iter().filter_map(|id| name(*id)).collect();
    let finding = |f: rookery_publishing::RowFinding| FindingLine {
        column: f.column,
        tone: match f.severity {
            Severity::Error => "error",
            Severity::Warning => "",
            Severity::Info => "info",
        },
        message: f.message,
        suggestion: f.suggestion,
    };
    // What was found before no longer matters for what is a post.
    let findings = if post.is_some() { Vec::new() } else { row.findings.into_iter().map(finding).collect() };
    RowLine {
        line: row.line,
        excerpt: row.summary.excerpt,
        accounts: names.join(", "),
        when: row.summary.scheduled_at.map_or_else(|| "draft".to_owned(), |at| moment(at, zone)),
        media: row.summary.media,
        state,
        tone,
        post,
        findings,
    }
}

struct Tab {
    name: String,
    value: &'static str,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "import.html")]
struct Preview {
    shell: Shell,
    id: PostImportId,
    file_name: String,
    summary: String,
    ignored: String,
    zone: String,
    uploaded: String,
    expires: String,
    applied: Option<String>,
    imported: u32,
    ready: u32,
    planned: u32,
    broken: u32,
    already: u32,
    good: String,
    can_write: bool,
    can_plan: bool,
    tabs: Vec<Tab>,
    rows: Vec<RowLine>,
    next: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wish {
    state: Option<String>,
    after: Option<u32>,
}

/// A preview, or what became of a file.
pub(crate) async fn preview(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Path(id): Path<PostImportId>,
    Query(wish): Query<Wish>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let zone = &may.caller.organization.timezone;
    let import = app.publishing.post_import(may.scope(), id).await?;
    let accounts = app.accounts.list_with_revoked(may.scope()).await?;
    let state = wish.state.as_deref().filter(|s| ["ready", "broken", "imported"].contains(s));
    let limit = i64::try_from(PAGE_ROWS).unwrap_or(50) + 1;
    let mut rows = app.publishing.import_rows(may.scope(), id, state, wish.after.unwrap_or(0), limit).await?;
    let has_more = rows.len() > PAGE_ROWS;
    rows.truncate(PAGE_ROWS);
    let next = rows.last().filter(|_| has_more).map(|row| {
        let state = state.map_or_else(String::new, |s| format!("state={s}&"));
        format!("/imports/{id}?{state}after={}", row.line)
    });
    let c = import.counts;
    let tab = |name: &str, n: u32, value: &'static str| Tab {
        name: format!("{name} {n}"),
        value,
        chosen: state.unwrap_or_default() == value,
    };
    let mut tabs = vec![tab("All", c.total, "")];
    for (name, n, value) in
        [("Broken", c.broken, "broken"), ("Good", c.ready, "ready"), ("Imported", c.imported, "imported")]
    {
        if n > 0 {
            tabs.push(tab(name, n, value));
        }
    }
    Ok(render(&Preview {
        shell: Shell::new("imports", &may.caller, &accounts, &flash),
        id,
        file_name: import.file_name.clone(),
        summary: format!("{}, separated by {}", plural(c.total.into(), "row", "rows"), separator(&import.separator)),
        ignored: import.ignored_headings().join(", "),
        zone: import.time_zone.clone(),
        uploaded: moment(import.created_at, zone),
        expires: moment(import.expires_at, zone),
        applied: import.applied_at.map(|at| moment(at, zone)),
        imported: import.imported.unwrap_or_default(),
        ready: c.ready,
        planned: c.planned,
        broken: c.broken,
        already: c.imported,
        good: plural(c.ready.into(), "post", "posts"),
        can_write: may.caller.allows(Right::Draft),
        can_plan: may.caller.allows(Right::Publish),
        tabs,
        rows: rows.into_iter().map(|row| row_line(row, &accounts, zone)).collect(),
        next,
    }))
}

fn separator(label: &str) -> &'static str {
    match label {
        "semicolon" => "semicolons",
        "tab" => "tabs",
        _ => "commas",
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Decision {
    #[serde(default)]
    skip_broken: bool,
    #[serde(default)]
    as_drafts: bool,
}

/// Imports the good rows.
pub(crate) async fn apply(
    State(app): State<App>,
    Visitor(may): Visitor<Draft>,
    Path(id): Path<PostImportId>,
    Form(decision): Form<Decision>,
) -> Response {
    let may_plan = may.caller.allows(Right::Publish);
    let wish = ImportWish { skip_broken: decision.skip_broken, as_drafts: decision.as_drafts, may_plan };
    let done = app.publishing.apply_import(may.scope(), id, wish).await;
    let done = done.map(|made| match made.left_out {
        0 => format!("{} imported.", plural(made.imported.into(), "post is", "posts are")),
        n => format!("{} imported, {n} left out.", plural(made.imported.into(), "post is", "posts are")),
    });
    match done {
        Ok(words) => back(&format!("/imports/{id}"), Ok(&words)),
        Err(ImportError::NotFound) => back("/imports", Err(ImportError::NotFound.into())),
        Err(error) => back(&format!("/imports/{id}"), Err(error.into())),
    }
}

/// Takes a preview away.
pub(crate) async fn cancel(
    State(app): State<App>,
    Visitor(may): Visitor<Draft>,
    Path(id): Path<PostImportId>,
) -> Response {
    let done = app.publishing.cancel_import(may.scope(), id).await;
    back("/imports", done.map(|()| "Cancelled. Nothing was imported.").map_err(Problem::from))
}

/// The broken rows as a file.
pub(crate) async fn broken(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Path(id): Path<PostImportId>,
) -> PageResult {
    Ok(imports::csv_file("broken-rows.csv", app.publishing.broken_rows_csv(may.scope(), id).await?))
}

#[derive(Template)]
#[template(path = "export.html")]
struct ExportPage {
    shell: Shell,
    organization: String,
    tables: Vec<&'static ExportTable>,
    zone: String,
    datasets: [Dataset; 2],
    days_max: i64,
    from: Date,
    to: Date,
}

/// Days that the form of numbers begins with.
const NUMBERS_DAYS: i64 = 28;

/// Take everything along.
pub(crate) async fn export_page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let accounts = app.accounts.list(may.scope()).await?;
    let zone = &may.caller.organization.timezone;
    let to = zone.date(app.clock.now()).plus_days(-1);
    Ok(render(&ExportPage {
        shell: Shell::new("export", &may.caller, &accounts, &flash),
        organization: may.caller.organization.name.clone(),
        tables: crate::exports::tables().collect(),
        zone: zone.name().to_owned(),
        datasets: Dataset::ALL,
        days_max: Range::DAYS_MAX,
        from: to.plus_days(1 - NUMBERS_DAYS),
        to,
    }))
}

#[derive(Debug, Deserialize)]
pub(crate) struct NumbersWish {
    dataset: String,
    format: String,
    from: String,
    to: String,
}

/// The file of numbers of a range.
pub(crate) async fn numbers(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(wish): Query<NumbersWish>,
) -> Response {
    let read = || -> Result<_, Problem> {
        let dataset = Dataset::of_label(&wish.dataset).ok_or_else(|| Problem::not_found("table"))?;
        let format = Format::of_ending(&wish.format).ok_or_else(|| Problem::not_found("format"))?;
        let day = |field: &'static str, text: &str| {
            let no_date = || Problem::field(field, "no_date", "Choose a first and a last day.");
            text.parse::<Date>().map_err(|_| no_date())
        };
        let range = Range::new(day("from", &wish.from)?, day("to", &wish.to)?)?;
        Ok((DatasetWish { dataset, range, accounts: None }, format))
    };
    let file = match read() {
        Ok((wish, format)) => crate::exports::numbers(&app, &may.caller, wish, format).await,
        Err(problem) => Err(problem),
    };
    file.unwrap_or_else(|problem| back("/export", Err(problem)))
}

/// The file of a table.
pub(crate) async fn export(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Path(file): Path<String>,
) -> PageResult {
    let (name, ending) = file.rsplit_once('.').unwrap_or((&file, ""));
    let format = ExportFormat::of_ending(ending).ok_or_else(|| Problem::not_found("table"))?;
    Ok(exports::file(&app, &may.caller, name, format).await?)
}
