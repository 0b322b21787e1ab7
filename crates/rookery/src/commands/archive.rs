//! `rookery archive`

use std::process::ExitCode;

use anyhow::Context as _;
use rookery_governance::archive::{Archive, Report};
use rookery_governance::retention::{self, Due, Rule};
use rookery_kernel::Scope;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Connection as _};
use uuid::Uuid;

use super::Table;
use crate::cli::ArchiveCommand;
use crate::config::Config;
use crate::store::Store;
use crate::wiring::{Core, Parts};

pub(crate) async fn archive(config: &Config, command: ArchiveCommand) -> anyhow::Result<ExitCode> {
    let store = Store::open_or_join(config).await?;
    let result = match Core::start(config, &store, Parts::system()).await {
        Ok(core) => {
            let result = carry_out(&core, &store, command).await;
            core.close().await;
            result
        }
        Err(error) => Err(error),
    };
    store.close().await;
    result
}

async fn carry_out(core: &Core, store: &Store, command: ArchiveCommand) -> anyhow::Result<ExitCode> {
    match command {
        ArchiveCommand::Run { dry_run: true, organization, json } => {
            count(core, organization.as_deref(), json).await?;
            Ok(ExitCode::SUCCESS)
        }
        ArchiveCommand::Run { dry_run: false, organization, json } => run(core, organization.as_deref(), json).await,
        ArchiveCommand::List(args) => {
            list(core, args.json).await?;
            Ok(ExitCode::SUCCESS)
        }
        ArchiveCommand::Verify(args) => verify(core, args.json).await,
        ArchiveCommand::Restore { id } => {
            restore(core, store, &id).await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Slug and scope of one organization or all of them.
async fn organizations(core: &Core, only: Option<&str>) -> anyhow::Result<Vec<(String, Scope)>> {
    let ids = match only {
        Some(slug) => vec![super::organization(core, slug).await?],
        None => core.identity.organization_ids().await?,
    };
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        let scope = Scope::system(id);
        all.push((core.identity.organization(&scope).await?.slug, scope));
    }
    Ok(all)
}

/// What a run would find; nothing is written.
async fn count(core: &Core, only: Option<&str>, as_json: bool) -> anyhow::Result<()> {
    let mut table = Table::new(&["organization", "table", "kept", "due", "become tombstones", "wait", "note"]);
    let mut rows = Vec::new();
    for (slug, scope) in organizations(core, only).await? {
        for due in retention::due(&core.db, &*core.clock, &scope).await? {
            rows.push(json!({
                "organization": slug, "table": due.entity, "keepDays": due.keep_days, "due": due.rows,
                "tombstones": due.tombstones, "waiting": due.waiting, "holdReason": due.hold_reason,
                "leaves": leaves(due.entity),
            }));
            table.row(vec![
                slug.clone(),
                due.entity.to_owned(),
                kept(due.keep_days),
                due.rows.to_string(),
                due.tombstones.to_string(),
                due.waiting.to_string(),
                note(&due),
            ]);
        }
    }
    print(&rows, &table, as_json)?;
    if !as_json {
        println!("\nnothing was changed; without --dry-run these rows are archived");
    }
    Ok(())
}

fn leaves(entity: &str) -> bool {
    Rule::of(entity).is_some_and(|rule| rule.leaves)
}

fn kept(days: Option<i32>) -> String {
    days.map_or_else(|| "for ever".to_owned(), |days| format!("{days} days"))
}

fn note(due: &Due) -> String {
    match &due.hold_reason {
        Some(reason) => format!("held: {reason}"),
        None if !leaves(due.entity) => "archived by whole months, kept".to_owned(),
        None => String::new(),
    }
}

async fn run(core: &Core, only: Option<&str>, as_json: bool) -> anyhow::Result<ExitCode> {
    let headings = ["organization", "table", "kept", "archived", "deleted", "tombstones", "kept in place", "wait"];
    let mut table = Table::new(&headings);
    let mut rows = Vec::new();
    let mut problems = Vec::new();
    for (slug, scope) in organizations(core, only).await? {
        let reports = core.archives.run(&scope).await.with_context(|| format!("organization {slug}"))?;
        for report in reports {
            problems.extend(report.problems.iter().map(|problem| format!("{slug}: {problem}")));
            rows.push(report_json(&slug, &report));
            let figures = [report.archived, report.deleted, report.tombstones, report.kept, report.waiting];
            let mut cells = vec![slug.clone(), report.entity.to_owned(), kept(report.keep_days)];
            if let Some(reason) = &report.hold_reason {
                cells.push(format!("held: {reason}"));
            } else {
                cells.extend(figures.iter().map(i64::to_string));
            }
            table.row(cells);
        }
    }
    print(&rows, &table, as_json)?;
    for problem in &problems {
        eprintln!("{problem}");
    }
    Ok(if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn report_json(slug: &str, report: &Report) -> Value {
    json!({
        "organization": slug, "table": report.entity, "keepDays": report.keep_days,
        "holdReason": report.hold_reason, "archives": report.archives, "archived": report.archived,
        "deleted": report.deleted, "tombstones": report.tombstones, "kept": report.kept,
        "waiting": report.waiting, "problems": report.problems,
    })
}

async fn list(core: &Core, as_json: bool) -> anyhow::Result<()> {
    let mut table = Table::new(&["archive", "organization", "table", "from", "to", "part", "rows", "state", "file"]);
    let mut rows = Vec::new();
    for (slug, scope) in organizations(core, None).await? {
        for archive in core.archives.list(&scope).await? {
            rows.push(archive_json(&slug, &archive));
            table.row(vec![
                archive.id.to_string(),
                slug.clone(),
                archive.source_table.clone(),
                archive.range_start.to_string(),
                archive.range_end.to_string(),
                archive.part.to_string(),
                archive.row_count.to_string(),
                state(&archive).to_owned(),
                archive.location.clone(),
            ]);
        }
    }
    print(&rows, &table, as_json)
}

fn state(archive: &Archive) -> &'static str {
    match archive {
        Archive { superseded_at: Some(_), .. } => "superseded",
        Archive { dropped_at: Some(_), .. } => "rows deleted",
        Archive { verified_at: Some(_), .. } if !leaves(&archive.source_table) => "verified, rows kept",
        Archive { verified_at: Some(_), .. } => "verified",
        _ => "not verified",
    }
}

fn archive_json(slug: &str, archive: &Archive) -> Value {
    json!({
        "organization": slug, "state": state(archive), "location": archive.location,
        "verifiedAt": archive.verified_at, "droppedAt": archive.dropped_at,
        "supersededAt": archive.superseded_at, "manifest": archive.manifest.0,
    })
}

async fn verify(core: &Core, as_json: bool) -> anyhow::Result<ExitCode> {
    let (mut good, mut damaged) = (0, 0);
    let mut rows = Vec::new();
    for (slug, scope) in organizations(core, None).await? {
        for checked in core.archives.check(&scope).await? {
            let problem = checked.problem.map(|problem| problem.to_string());
            match &problem {
                Some(problem) => {
                    damaged += 1;
                    eprintln!("archive {} of {slug}: {problem}", checked.archive.id);
                }
                None => good += 1,
            }
            rows.push(json!({
                "organization": slug, "archive": checked.archive.id, "location": checked.archive.location,
                "problem": problem,
            }));
        }
    }
    if as_json {
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else {
        println!("{good} archives are whole, {damaged} damaged");
    }
    Ok(if damaged == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn restore(core: &Core, store: &Store, id: &str) -> anyhow::Result<()> {
    let id: Uuid = id.parse().with_context(|| format!("{id:?} is no archive's id"))?;
    let mut found = None;
    for (_, scope) in organizations(core, None).await? {
        if core.archives.list(&scope).await?.iter().any(|archive| archive.id == id) {
            found = Some(scope);
        }
    }
    let scope = found.ok_or(rookery_governance::archive::ArchiveError::NotFound(id))?;
    let mut owner = store.endpoints.owner.connect().await.context("the database does not answer")?;
    let restored = core.archives.restore(&mut owner, &scope, id).await;
    owner.close().await.ok();
    let restored = restored?;
    println!("{} rows are in {}", restored.rows, restored.table);
    println!("SHA-256 of the file: {}", restored.sha256);
    println!("SHA-256 of the rows: {} (as when they were archived)", restored.rows_sha256);
    Ok(())
}

fn print(rows: &[Value], table: &Table, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(rows)?);
    } else {
        print!("{table}");
    }
    Ok(())
}
