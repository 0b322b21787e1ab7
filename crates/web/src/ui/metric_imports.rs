//! Importing numbers: choose a network's own export, see what each column is taken for and what each row would store, decide.

use askama::Template;
use axum::Form;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use rookery_analytics::{
    Field, ImportState, METRIC_IMPORT_ROWS_MAX, Mapping, MetricImport, MetricImportError, MetricRow, MetricRowState,
    Source,
};
use rookery_identity::Right;
use rookery_kernel::{AccountId, Date, MetricImportId, Zone};
use rookery_sheet::{DateOrder, NumberStyle};
use serde::Deserialize;

use super::figures::day;
use super::format::{moment, number, number_or_dash, plural};
use super::shell::{Flash, Shell};
use super::{PageResult, back, render};
use crate::api::metric_imports::{basis, received};
use crate::app::App;
use crate::extract::{ManageAccounts, Path, Query, Read, Visitor};
use crate::problem::Problem;

/// Rows on a page.
const PAGE_ROWS: usize = 50;
/// Imports on the first page.
const LISTED: u16 = 20;

struct Listed {
    id: MetricImportId,
    file_name: String,
    source: &'static str,
    uploaded: String,
    state: String,
    tone: &'static str,
}

#[derive(Template)]
#[template(path = "metric_imports.html")]
struct Page {
    shell: Shell,
    can_write: bool,
    rows_max: String,
    sources: Vec<&'static str>,
    imports: Vec<Listed>,
}

fn count(n: u32) -> String {
    number(i64::from(n))
}

fn listed(import: &MetricImport, zone: &Zone) -> Listed {
    let c = import.counts;
    let (state, tone) = match (import.state, c.broken) {
        (ImportState::Reading, _) => ("being read".to_owned(), "accent"),
        (ImportState::Applying, _) => ("being stored".to_owned(), "accent"),
        (ImportState::Applied, _) => (format!("{} rows written", count(c.written)), "good"),
        (ImportState::Ready, 0) => ("waits for you".to_owned(), "accent"),
        (ImportState::Ready, n) => (format!("waits for you, {} broken", count(n)), "warn"),
    };
    Listed {
        id: import.id,
        file_name: import.file_name.clone(),
        source: import.source.name(),
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
    let imports = app.analytics.metric_imports(may.scope(), LISTED).await?;
    let known = Source::ALL.into_iter().filter(|source| *source != Source::Other);
    Ok(render(&Page {
        shell: Shell::new("imports", &may.caller, &accounts, &flash),
        can_write: may.caller.allows(Right::ManageAccounts),
        rows_max: number(i64::try_from(METRIC_IMPORT_ROWS_MAX).unwrap_or(i64::MAX)),
        sources: known.map(Source::name).collect(),
        imports: imports.iter().map(|i| listed(i, zone)).collect(),
    }))
}

/// Looks at a file.
pub(crate) async fn submit(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    request: Request,
) -> Response {
    match received(&app, &may.caller, request).await {
        Ok(import) => Redirect::to(&format!("/imports/metrics/{}", import.id)).into_response(),
        Err(problem) => back("/imports/metrics", Err(problem)),
    }
}

struct Choice {
    value: String,
    name: String,
    chosen: bool,
}

struct ColumnRow {
    heading: String,
    sample: String,
    choices: Vec<Choice>,
}

struct Tab {
    name: String,
    value: &'static str,
    chosen: bool,
}

struct RowLine {
    line: u32,
    state: &'static str,
    tone: &'static str,
    item: String,
    is_new: bool,
    day: String,
    covers: &'static str,
    numbers: Vec<String>,
    findings: Vec<(String, String)>,
    excerpt: String,
}

/// The numbers that the table of rows shows.
const SHOWN: [Field; 8] = [
    Field::Reach,
    Field::Impressions,
    Field::Views,
    Field::Reactions,
    Field::Comments,
    Field::Shares,
    Field::Clicks,
    Field::Saves,
];

fn row_line(row: MetricRow) -> RowLine {
    let (state, tone) = match row.state {
        MetricRowState::New => ("waits", ""),
        MetricRowState::Ready => ("good", "good"),
        MetricRowState::Broken => ("broken", "bad"),
        MetricRowState::Skipped => ("left out", ""),
        MetricRowState::Applied => ("stored", "accent"),
    };
    let reading = row.reading.as_ref();
    let numbers = reading.map(|r| {
        let n = r.numbers;
        [n.reach, n.impressions, n.views, n.reactions, n.comments, n.shares, n.clicks, n.saves]
    });
    let caption = reading.and_then(|r| r.caption.clone());
    let words = caption
        .unwrap_or_else(|| row.cells.iter().filter(|c| !c.is_empty()).take(4).cloned().collect::<Vec<_>>().join(" · "));
    RowLine {
        line: row.line,
        state,
        tone,
        item: reading.map_or_else(String::new, |r| r.external_id.clone()),
        is_new: reading.is_some_and(|r| r.is_new) && row.state != MetricRowState::Applied,
        day: reading.map_or_else(String::new, |r| day(r.date)),
        covers: reading.map_or("", |r| if r.basis.label() == "day" { "the day" } else { "total" }),
        numbers: numbers.map_or_else(Vec::new, |n| n.into_iter().map(number_or_dash).collect()),
        findings: row.findings.into_iter().map(|f| (f.column.unwrap_or_default(), f.message)).collect(),
        excerpt: words.chars().take(90).collect(),
    }
}

#[derive(Template)]
#[template(path = "metric_import.html")]
struct Preview {
    shell: Shell,
    id: MetricImportId,
    file_name: String,
    summary: String,
    uploaded: String,
    expires: String,
    is_busy: bool,
    busy: &'static str,
    percent: u32,
    progress: String,
    applied: Option<String>,
    content: String,
    written: String,
    ready: u32,
    ready_rows: String,
    broken: u32,
    broken_words: String,
    account: Option<String>,
    can_write: bool,
    columns: Vec<ColumnRow>,
    accounts: Vec<Choice>,
    numbers: Vec<Choice>,
    dates: Vec<Choice>,
    bases: Vec<Choice>,
    as_of: Date,
    as_of_max: Date,
    has_date: bool,
    number_names: Vec<&'static str>,
    tabs: Vec<Tab>,
    rows: Vec<RowLine>,
    next: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wish {
    state: Option<String>,
    after: Option<u32>,
}

fn choice(value: &str, name: &str, chosen: bool) -> Choice {
    Choice { value: value.to_owned(), name: name.to_owned(), chosen }
}

fn columns(import: &MetricImport, sample: Option<&MetricRow>) -> Vec<ColumnRow> {
    let row = |(at, heading): (usize, &String)| {
        let mapped = import.mapping.fields.get(at).copied().flatten();
        let mut choices = vec![choice("", "not read", mapped.is_none())];
        choices.extend(Field::ALL.into_iter().map(|f| choice(f.label(), f.name(), mapped == Some(f))));
        let cell = sample.and_then(|row| row.cells.get(at)).map_or("", String::as_str);
        ColumnRow { heading: heading.clone(), sample: cell.chars().take(60).collect(), choices }
    };
    import.headings.iter().enumerate().map(row).collect()
}

/// A preview, or what became of a file.
pub(crate) async fn preview(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Path(id): Path<MetricImportId>,
    Query(wish): Query<Wish>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let zone = &may.caller.organization.timezone;
    let import = app.analytics.metric_import(may.scope(), id).await?;
    let all = app.accounts.list_with_revoked(may.scope()).await?;
    let state = wish.state.as_deref().and_then(MetricRowState::of_label);
    let probe = i64::try_from(PAGE_ROWS).unwrap_or(50) + 1;
    let mut rows = app.analytics.metric_rows(may.scope(), id, state, wish.after.unwrap_or(0), probe).await?;
    let first = app.analytics.metric_rows(may.scope(), id, None, 0, 2).await?;
    // The first row may be the sums of all.
    let sample = first.iter().find(|row| row.state != MetricRowState::Skipped);
    let has_more = rows.len() > PAGE_ROWS;
    rows.truncate(PAGE_ROWS);
    let next = rows.last().filter(|_| has_more).map(|row| {
        let state = state.map_or_else(String::new, |s| format!("state={}&", s.label()));
        format!("/imports/metrics/{id}?{state}after={}", row.line)
    });
    let c = import.counts;
    let tab = |name: &str, n: u32, of: Option<MetricRowState>| Tab {
        name: format!("{name} {}", count(n)),
        value: of.map_or("", MetricRowState::label),
        chosen: state == of,
    };
    let mut tabs = vec![tab("All", c.total, None)];
    let stored = if import.state == ImportState::Applied { MetricRowState::Applied } else { MetricRowState::Ready };
    let good = if import.state == ImportState::Applied { "Stored" } else { "Good" };
    for (name, n, of) in [
        ("Broken", c.broken, MetricRowState::Broken),
        (good, c.ready, stored),
        ("Left out", c.skipped, MetricRowState::Skipped),
    ] {
        if n > 0 {
            tabs.push(tab(name, n, Some(of)));
        }
    }
    let fits = |platform| import.source.platform().is_none_or(|p| p == platform);
    let mut accounts = vec![choice("", "choose …", import.account.is_none())];
    accounts.extend(all.iter().filter(|a| fits(a.platform)).map(|a| {
        let name = format!("{} ({})", a.name(), a.platform.name());
        choice(&a.id.to_string(), &name, import.account == Some(a.id))
    }));
    let m = &import.mapping;
    let (is_busy, busy, of) = match import.state {
        ImportState::Reading => (true, "The rows are being read", c.total),
        ImportState::Applying => (true, "The numbers are being stored", c.ready),
        ImportState::Ready | ImportState::Applied => (false, "", 0),
    };
    let yesterday = zone.date(app.clock.now()).plus_days(-1);
    Ok(render(&Preview {
        id,
        file_name: import.file_name.clone(),
        summary: format!("{}, {} rows", import.source.name(), count(c.total)),
        uploaded: moment(import.created_at, zone),
        expires: moment(import.expires_at, zone),
        is_busy,
        busy,
        percent: (c.done * 100).checked_div(of).unwrap_or(0).min(100),
        progress: format!("{} of {} rows", count(c.done), count(of)),
        applied: import.applied_at.map(|at| moment(at, zone)),
        content: count(c.content),
        written: count(c.written),
        ready: c.ready,
        ready_rows: plural(i64::from(c.ready), "row", "rows"),
        broken: c.broken,
        broken_words: count(c.broken),
        account: import.account.and_then(|id| all.iter().find(|a| a.id == id)).map(|a| a.name().to_owned()),
        can_write: may.caller.allows(Right::ManageAccounts),
        columns: columns(&import, sample),
        accounts,
        numbers: vec![
            choice("point", "1,234.5", m.numbers == NumberStyle::Point),
            choice("comma", "1.234,5 or 1 234,5", m.numbers == NumberStyle::Comma),
        ],
        dates: vec![
            choice("day_first", "03/04 is 3 April", m.dates == DateOrder::DayFirst),
            choice("month_first", "03/04 is 4 March", m.dates == DateOrder::MonthFirst),
        ],
        bases: vec![
            choice("day", "that day alone", m.basis.label() == "day"),
            choice("lifetime", "everything up to its end", m.basis.label() == "lifetime"),
        ],
        as_of: m.as_of,
        as_of_max: yesterday,
        has_date: m.column(Field::Date).is_some(),
        number_names: SHOWN.map(Field::name).to_vec(),
        tabs,
        rows: rows.into_iter().map(row_line).collect(),
        next,
        shell: Shell::new("imports", &may.caller, &all, &flash),
    }))
}

/// The form of the mapping, read.
fn wished(
    old: &Mapping,
    headings: usize,
    fields: &[(String, String)],
) -> Result<(Mapping, Option<AccountId>), Problem> {
    let value = |name: &str| fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    let column = |at: usize| Field::of_label(value(&format!("column-{at}")));
    let as_of = value("as_of").parse::<Date>();
    let account = Some(value("account")).filter(|id| !id.is_empty());
    Ok((
        Mapping {
            fields: (0..headings).map(column).collect(),
            numbers: NumberStyle::of_label(value("numbers")).unwrap_or(old.numbers),
            dates: DateOrder::of_label(value("dates")).unwrap_or(old.dates),
            basis: basis(value("basis")).unwrap_or(old.basis),
            as_of: as_of.map_err(|_| Problem::field("asOf", "no_date", "Choose the day of the totals."))?,
            time_zone: old.time_zone.clone(),
        },
        account.map(|id| id.parse().map_err(|_| Problem::not_found("account"))).transpose()?,
    ))
}

/// Maps the columns anew.
pub(crate) async fn map(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Path(id): Path<MetricImportId>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let place = format!("/imports/metrics/{id}");
    let outcome = async {
        let import = app.analytics.metric_import(may.scope(), id).await?;
        let (mapping, account) = wished(&import.mapping, import.headings.len(), &fields)?;
        app.analytics.map_metrics(may.scope(), id, &mapping, account).await?;
        Ok::<_, Problem>(())
    };
    back(&place, outcome.await.map(|()| "Every row was looked at again."))
}

#[derive(Debug, Deserialize)]
pub(crate) struct Decision {
    #[serde(default)]
    skip_broken: bool,
}

/// Stores the numbers.
pub(crate) async fn apply(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Path(id): Path<MetricImportId>,
    Form(decision): Form<Decision>,
) -> Response {
    let place = format!("/imports/metrics/{id}");
    match app.analytics.apply_metrics(may.scope(), id, decision.skip_broken).await {
        Ok(import) if import.state == ImportState::Applied => back(&place, Ok("The numbers are stored.")),
        Ok(_) => back(&place, Ok("The numbers are being stored; this page shows how far it is.")),
        Err(MetricImportError::NotFound) => back("/imports/metrics", Err(MetricImportError::NotFound.into())),
        Err(error) => back(&place, Err(error.into())),
    }
}

/// Takes a preview away.
pub(crate) async fn cancel(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Path(id): Path<MetricImportId>,
) -> Response {
    let done = app.analytics.cancel_metrics(may.scope(), id).await;
    back("/imports/metrics", done.map(|()| "Cancelled. No number was stored.").map_err(Problem::from))
}
