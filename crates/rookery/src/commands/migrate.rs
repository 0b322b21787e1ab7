//! `rookery migrate`

use std::process::ExitCode;

use rookery_db::migrate::{self, Event, Planned, Report, StandingState, Steps};
use rookery_db::roles;
use serde_json::json;

use super::Table;
use crate::cli::MigrateCommand;
use crate::config::Config;
use crate::store::Store;
use crate::wiring::BadSetup;

pub(crate) async fn migrate(config: &Config, command: MigrateCommand) -> anyhow::Result<ExitCode> {
    let store = Store::open_or_join(config).await?;
    let result = run(&store, command).await;
    store.close().await;
    result
}

async fn run(store: &Store, command: MigrateCommand) -> anyhow::Result<ExitCode> {
    let owner = &store.endpoints.owner;
    match command {
        MigrateCommand::Up { dry_run: true } => print_plan(&migrate::plan_up(owner).await?),
        MigrateCommand::Up { dry_run: false } => {
            if !store.is_private() {
                roles::prepare(&store.endpoints).await.map_err(BadSetup::NotPrepared)?;
            }
            print_report(&migrate::up(owner, &mut tell).await?, "the schema is up to date already");
        }
        MigrateCommand::Down { steps } => {
            print_report(&migrate::down(owner, Steps::Last(steps), &mut tell).await?, "there is nothing to take back");
        }
        MigrateCommand::Status(args) => return print_status(&migrate::status(owner).await?, args.json),
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(event: Event<'_>) {
    match event {
        Event::Waiting => println!("another process is migrating; waiting for it"),
        Event::Retry { file, attempt } => println!("{file}: a table is in use, trying again ({attempt})"),
        Event::Finished { file, took } => println!("✓ {file} ({} ms)", took.as_millis()),
        Event::Started { .. } => {}
    }
}

fn print_report(report: &Report, nothing: &str) {
    if report.files.is_empty() {
        println!("{nothing}");
    }
}

fn print_plan(plan: &[Planned]) {
    if plan.is_empty() {
        println!("the schema is up to date already");
    }
    for file in plan {
        println!("-- {}: {} statements", file.file, file.statements.len());
        for statement in &file.statements {
            println!("{};\n", statement.trim().trim_end_matches(';'));
        }
    }
}

fn print_status(standings: &[migrate::Standing], as_json: bool) -> anyhow::Result<ExitCode> {
    let word = |state: &StandingState| match state {
        StandingState::Applied { .. } => "applied",
        StandingState::Pending => "pending",
        StandingState::Changed => "changed",
        StandingState::Unknown => "unknown",
    };
    let at = |state: &StandingState| match state {
        StandingState::Applied { at } => Some(*at),
        _ => None,
    };
    if as_json {
        let rows: Vec<_> = standings
            .iter()
            .map(|s| json!({"version": s.version, "name": s.name, "state": word(&s.state), "appliedAt": at(&s.state)}))
            .collect();
        println!("{}", serde_json::to_string_pretty(&rows)?);
    } else {
        let mut table = Table::new(&["version", "name", "state", "applied at"]);
        for s in standings {
            let at = at(&s.state).map_or_else(String::new, |at| at.to_string());
            table.row(vec![format!("{:04}", s.version), s.name.clone(), word(&s.state).to_owned(), at]);
        }
        print!("{table}");
    }
    let odd = standings.iter().any(|s| matches!(s.state, StandingState::Changed | StandingState::Unknown));
    Ok(if odd { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
