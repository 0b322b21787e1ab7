//! `rookery schema`: what the founding documents ask for, and the data model as a document.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use rookery_db::catalog::founding::{self, Asked, Coverage};
use rookery_db::catalog::{Catalog, docs};
use serde_json::json;
use sqlx::{ConnectOptions as _, Connection as _};

use super::Table;
use crate::cli::SchemaCommand;
use crate::config::Config;
use crate::store::Store;

pub(crate) async fn schema(config: &Config, command: SchemaCommand) -> anyhow::Result<ExitCode> {
    let list = founding::list()?;
    let store = Store::open_or_join(config).await?;
    let catalog = read(&store).await;
    store.close().await;
    let catalog = catalog?;
    if catalog.tables.is_empty() {
        bail!("this database has none of our tables yet; run `rookery migrate up` first");
    }
    match command {
        SchemaCommand::Coverage(args) => print_coverage(&list, &founding::check(&catalog, &list), args.json),
        SchemaCommand::Docs { check, file } => write_docs(&file, &docs::markdown(&catalog, &list), check),
    }
}

async fn read(store: &Store) -> anyhow::Result<Catalog> {
    let mut connection = store.endpoints.owner.connect().await.context("the database does not answer")?;
    let catalog = Catalog::read(&mut connection).await;
    connection.close().await?;
    Ok(catalog?)
}

fn print_coverage(list: &[Asked], coverage: &Coverage, as_json: bool) -> anyhow::Result<ExitCode> {
    if as_json {
        let sums = coverage
            .sums
            .iter()
            .map(|sum| json!({"document": sum.document, "what": sum.what, "asked": sum.asked, "there": sum.there}));
        let missing = coverage.missing.iter().map(|missing| {
            let asked = &missing.asked;
            json!({
                "document": asked.document, "what": asked.what, "founding": asked.founding,
                "place": asked.written, "why": missing.why,
            })
        });
        let all = json!({
            "asked": list.len(), "there": list.len() - coverage.missing.len(),
            "sums": sums.collect::<Vec<_>>(), "missing": missing.collect::<Vec<_>>(),
        });
        println!("{}", serde_json::to_string_pretty(&all)?);
    } else {
        for document in ["S0", "S1", "S2", "S3", "S4"] {
            print!("{}", per_document(document, coverage));
            println!();
        }
        for missing in &coverage.missing {
            let asked = &missing.asked;
            println!(
                "missing: {} {} {} ({}): {}",
                asked.document, asked.what, asked.founding, asked.written, missing.why
            );
        }
        let there = list.len() - coverage.missing.len();
        println!("{there} of {} things asked for are there ({} %)", list.len(), percent(there, list.len()));
    }
    Ok(if coverage.is_complete() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One document's kinds of things, with a sum.
fn per_document(document: &str, coverage: &Coverage) -> Table {
    let mut table = Table::new(&[document, "asked", "there", "missing"]);
    let mut line = |name: &str, asked: usize, there: usize| {
        table.row(vec![name.to_owned(), asked.to_string(), there.to_string(), (asked - there).to_string()]);
    };
    let sums: Vec<_> = coverage.sums.iter().filter(|sum| sum.document == document).collect();
    for sum in &sums {
        line(&sum.what, sum.asked, sum.there);
    }
    line("all", sums.iter().map(|sum| sum.asked).sum(), sums.iter().map(|sum| sum.there).sum());
    table
}

/// Rounded down: 100 is only said when nothing is missing.
fn percent(there: usize, asked: usize) -> usize {
    (there * 100).checked_div(asked).unwrap_or(100)
}

fn write_docs(file: &Path, text: &str, check: bool) -> anyhow::Result<ExitCode> {
    let name = file.display();
    if !check {
        std::fs::write(file, text).with_context(|| format!("{name} cannot be written (--file names another)"))?;
        println!("{name}: {} lines", text.lines().count());
        return Ok(ExitCode::SUCCESS);
    }
    let there = std::fs::read_to_string(file).with_context(|| format!("{name} cannot be read"))?;
    if there == text {
        println!("{name} is what the database says");
        return Ok(ExitCode::SUCCESS);
    }
    let line = there.lines().zip(text.lines()).take_while(|(old, new)| old == new).count() + 1;
    println!("{name} is stale from line {line} on; run `rookery schema docs`");
    Ok(ExitCode::FAILURE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_percent_means_everything() {
        assert_eq!(percent(0, 0), 100);
        assert_eq!(percent(999, 1000), 99);
        assert_eq!(percent(1000, 1000), 100);
    }
}
