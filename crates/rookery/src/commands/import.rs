//! `rookery import csv`; numbers are in [`super::import_numbers`].

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use rookery_kernel::{Scope, Timestamp};
use rookery_publishing::{ImportRow, ImportWish, RowFinding, RowState};
use serde_json::json;

use super::{Table, with_core};
use crate::cli::{ImportCommand, ImportCsvArgs};
use crate::config::Config;
use crate::wiring::Core;

pub(crate) async fn import(config: &Config, command: ImportCommand) -> anyhow::Result<ExitCode> {
    with_core(config, async |core| match &command {
        ImportCommand::Csv(args) => csv(core, args).await,
        ImportCommand::Numbers(args) => super::import_numbers::numbers(core, args).await,
    })
    .await
}

async fn csv(core: &Core, args: &ImportCsvArgs) -> anyhow::Result<ExitCode> {
    let bytes = tokio::fs::read(&args.file).await.with_context(|| format!("{} cannot be read", args.file.display()))?;
    let scope = Scope::system(super::organization(core, &args.organization).await?);
    let name = args.file.file_name().and_then(|n| n.to_str()).unwrap_or("posts.csv");
    if args.dry_run {
        let (_, rows) = core.publishing.try_import(&scope, name, &bytes).await?;
        show(&rows, args.json)?;
        return Ok(if rows.iter().any(|r| r.state == RowState::Broken) {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        });
    }
    let preview = core.publishing.preview_import(&scope, name, &bytes).await?;
    let rows = core.publishing.import_rows(&scope, preview.id, None, 0, i64::MAX).await?;
    if !args.json {
        show(&rows, false)?;
    }
    let wish = ImportWish { skip_broken: args.skip_broken, as_drafts: args.as_drafts, may_plan: true };
    match core.publishing.apply_import(&scope, preview.id, wish).await {
        Ok(made) if args.json => {
            let words = json!({
                "imported": made.imported, "alreadyImported": made.already, "leftOut": made.left_out,
            });
            println!("{}", serde_json::to_string_pretty(&words)?);
            Ok(ExitCode::SUCCESS)
        }
        Ok(made) => {
            println!("\n{} imported, {} were posts before, {} left out", made.imported, made.already, made.left_out);
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            // Nobody decides about this preview on the page: it would only stand there.
            core.publishing.cancel_import(&scope, preview.id).await?;
            Err(anyhow::Error::from(error).context(format!("nothing was imported from {}", shown(&args.file))))
        }
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn show(rows: &[ImportRow], as_json: bool) -> anyhow::Result<()> {
    let finding = |f: &RowFinding| {
        let column = f.column.as_ref().map_or_else(String::new, |c| format!("{c}: "));
        format!("{column}{}", f.message)
    };
    if as_json {
        let row = |r: &ImportRow| {
            json!({
                "line": r.line, "state": r.state.label(), "scheduledAt": r.summary.scheduled_at,
                "integrationIds": r.summary.account_ids, "excerpt": r.summary.excerpt, "findings": r.findings,
            })
        };
        println!("{}", serde_json::to_string_pretty(&rows.iter().map(row).collect::<Vec<_>>())?);
        return Ok(());
    }
    let mut table = Table::new(&["line", "state", "when", "text", "found"]);
    for row in rows {
        table.row(vec![
            row.line.to_string(),
            row.state.label().to_owned(),
            row.summary.scheduled_at.map_or_else(|| "draft".to_owned(), |at: Timestamp| at.to_string()),
            row.summary.excerpt.chars().take(40).collect(),
            row.findings.iter().map(finding).collect::<Vec<_>>().join(" "),
        ]);
    }
    print!("{table}");
    Ok(())
}
