//! `rookery import numbers`

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use rookery_analytics::{
    Field, ImportState, MetricBasis, MetricFinding, MetricImport, MetricImportError, MetricRow, MetricRowState,
};
use rookery_kernel::{AccountId, Date, Scope};
use rookery_sheet::{DateOrder, NumberStyle};
use serde_json::{Value, json};

use super::Table;
use crate::cli::ImportNumbersArgs;
use crate::progress::{Step, Steps};
use crate::wiring::Core;

/// Rows of each sort that are printed; the counts are of all.
const SHOWN: usize = 50;

pub(super) async fn numbers(core: &Core, args: &ImportNumbersArgs) -> anyhow::Result<ExitCode> {
    let bytes = tokio::fs::read(&args.file).await.with_context(|| format!("{} cannot be read", args.file.display()))?;
    let scope = Scope::system(super::organization(core, &args.organization).await?);
    let zone = core.identity.organization(&scope).await?.timezone;
    let account = account(core, &scope, args.account.as_deref()).await?;
    let name = args.file.file_name().and_then(|n| n.to_str()).unwrap_or("numbers.csv");
    let import = core.analytics.preview_metrics(&scope, &zone, name, &bytes, account).await?;
    let outcome = decide(core, &scope, args, &import).await;
    if !matches!(&outcome, Ok((stored, _)) if stored.state == ImportState::Applied) {
        // Nobody decides about this preview on the page: it would only stand there. What is being stored stays.
        match core.analytics.cancel_metrics(&scope, import.id).await {
            Ok(()) | Err(MetricImportError::NotFound) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let (import, code) = outcome.with_context(|| format!("nothing was stored from {}", args.file.display()))?;
    if import.state == ImportState::Applied {
        core.analytics.roll_up(&scope).await?;
    }
    Ok(code)
}

/// Reads the rows as the command line says, shows them, and stores them unless it is a dry run.
async fn decide(
    core: &Core,
    scope: &Scope,
    args: &ImportNumbersArgs,
    import: &MetricImport,
) -> anyhow::Result<(MetricImport, ExitCode)> {
    let analytics = &core.analytics;
    if let Some(mapping) = mapping(args, import)? {
        analytics.map_metrics(scope, import.id, &mapping, import.account).await?;
    }
    let read = work_off(core, scope, import, args.json, "rows are read").await?;
    let rows = shown(core, scope, &read).await?;
    if !args.json {
        print!("{}", table(&rows));
        println!("\n{}", summary(core, scope, &read).await?);
    }
    if args.dry_run {
        if args.json {
            println!("{}", serde_json::to_string_pretty(&as_json(&read, &rows))?);
        }
        let code = if read.counts.broken > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        return Ok((read, code));
    }
    analytics.apply_metrics(scope, read.id, args.skip_broken).await?;
    let stored = work_off(core, scope, &read, args.json, "numbers are stored").await?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&as_json(&stored, &rows))?);
    } else {
        let c = stored.counts;
        println!("{} new items, {} rows of numbers new or changed, {} left out", c.content, c.written, c.broken);
    }
    Ok((stored, ExitCode::SUCCESS))
}

/// Does here what the queue would, with a bar.
async fn work_off(
    core: &Core,
    scope: &Scope,
    import: &MetricImport,
    is_quiet: bool,
    what: &str,
) -> anyhow::Result<MetricImport> {
    let mut step: Option<Step> = (!is_quiet).then(|| Steps::new().begin_counted(what, u64::from(import.counts.total)));
    let tell = |done: u32, of: u32| {
        if let Some(step) = &mut step {
            step.of(u64::from(of));
            step.at(u64::from(done));
        }
    };
    let done = core.analytics.work_off_metrics(scope, import.id, tell).await?;
    if let Some(step) = step {
        step.done("");
    }
    Ok(done)
}

/// The followed account of a handle or an id.
async fn account(core: &Core, scope: &Scope, named: Option<&str>) -> anyhow::Result<Option<AccountId>> {
    let Some(named) = named else { return Ok(None) };
    let accounts = core.accounts.list_with_revoked(scope).await?;
    let handle = named.trim_start_matches('@');
    let found: Vec<_> =
        accounts.iter().filter(|a| a.id.to_string() == named || a.username.eq_ignore_ascii_case(handle)).collect();
    match found.as_slice() {
        [one] => Ok(Some(one.id)),
        [] => {
            let known: Vec<_> = accounts.iter().map(|a| a.username.as_str()).collect();
            bail!("there is no account {named:?} (--account takes {})", known.join(", "))
        }
        several => {
            let ids: Vec<_> = several.iter().map(|a| format!("{} on {}", a.id, a.platform.name())).collect();
            bail!("several accounts are called {named:?} (--account takes an id: {})", ids.join(", "))
        }
    }
}

/// The mapping with what the command line says otherwise; `None` if it says nothing.
fn mapping(args: &ImportNumbersArgs, import: &MetricImport) -> anyhow::Result<Option<rookery_analytics::Mapping>> {
    let mut mapping = import.mapping.clone();
    if let Some(word) = &args.numbers {
        mapping.numbers = NumberStyle::of_label(word).context("--numbers is point or comma")?;
    }
    if let Some(word) = &args.dates {
        mapping.dates = DateOrder::of_label(word).context("--dates is day_first or month_first")?;
    }
    if let Some(word) = &args.covers {
        mapping.basis = match word.as_str() {
            "day" => MetricBasis::Day,
            "lifetime" => MetricBasis::Lifetime,
            _ => bail!("--covers is day or lifetime"),
        };
    }
    if let Some(day) = &args.as_of {
        mapping.as_of = day.parse::<Date>().context("--as-of is a day such as 2026-03-01")?;
    }
    for column in &args.columns {
        let (heading, field) = column.rsplit_once('=').context("--column is HEADING=FIELD")?;
        let place = import.headings.iter().position(|known| known.eq_ignore_ascii_case(heading.trim()));
        let place = place.with_context(|| {
            format!("the file has no column {heading:?} (--column names one of {})", import.headings.join(", "))
        })?;
        let known = || Field::ALL.map(Field::label).join(", ");
        mapping.fields[place] = match field.trim() {
            "" => None,
            word => Some(Field::of_label(word).with_context(|| format!("{word:?} is none of {}", known()))?),
        };
    }
    Ok((mapping != import.mapping).then_some(mapping))
}

/// The first rows of each sort, broken ones first.
async fn shown(core: &Core, scope: &Scope, import: &MetricImport) -> anyhow::Result<Vec<MetricRow>> {
    let mut rows = Vec::new();
    for state in [MetricRowState::Broken, MetricRowState::Skipped, MetricRowState::Ready] {
        let limit = i64::try_from(SHOWN).unwrap_or(i64::MAX);
        rows.extend(core.analytics.metric_rows(scope, import.id, Some(state), 0, limit).await?);
    }
    Ok(rows)
}

fn table(rows: &[MetricRow]) -> Table {
    let mut table =
        Table::new(&["line", "state", "item", "day", "reach", "views", "impressions", "reactions", "found"]);
    let finding = |f: &MetricFinding| {
        let column = f.column.as_ref().map_or_else(String::new, |c| format!("{c}: "));
        format!("{column}{}", f.message)
    };
    let count = |n: Option<i64>| n.map_or_else(|| "–".to_owned(), |n| n.to_string());
    for row in rows {
        let mut cells = vec![row.line.to_string(), row.state.label().to_owned()];
        match &row.reading {
            Some(r) => {
                let n = r.numbers;
                cells.extend([r.external_id.chars().take(30).collect(), r.date.to_string()]);
                cells.extend([n.reach, n.views, n.impressions, n.reactions].map(count));
            }
            None => cells.extend(std::iter::repeat_n(String::new(), 6)),
        }
        cells.push(row.findings.iter().map(finding).collect::<Vec<_>>().join(" "));
        table.row(cells);
    }
    table
}

async fn summary(core: &Core, scope: &Scope, import: &MetricImport) -> anyhow::Result<String> {
    let (c, m) = (import.counts, &import.mapping);
    let account = match import.account {
        Some(id) => {
            let account = core.accounts.get(scope, id).await?;
            format!("{} on {}", account.username, account.platform.name())
        }
        None => "nobody yet (--account)".to_owned(),
    };
    let of = |fields: usize| format!("{fields} of {} columns", import.headings.len());
    Ok(format!(
        "{}: {} for {account}. Numbers as {}, days as {}, totals of {}.\n{} rows: {} good, {} broken, {} left out. At most {SHOWN} of each are shown.",
        import.source.name(),
        of(m.fields.iter().flatten().count()),
        m.numbers.label(),
        m.dates.label(),
        m.as_of,
        c.total,
        c.ready,
        c.broken,
        c.skipped,
    ))
}

fn as_json(import: &MetricImport, rows: &[MetricRow]) -> Value {
    let c = import.counts;
    let row = |r: &MetricRow| json!({ "line": r.line, "state": r.state.label(), "reading": r.reading, "findings": r.findings });
    json!({
        "state": import.state.label(), "source": import.source.label(), "integrationId": import.account,
        "rows": c.total, "ready": c.ready, "broken": c.broken, "skipped": c.skipped, "newItems": c.content,
        "rowsWritten": c.written, "shown": rows.iter().map(row).collect::<Vec<_>>(),
    })
}
