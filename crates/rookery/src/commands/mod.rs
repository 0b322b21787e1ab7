//! The commands that do one thing and end.

mod archive;
mod export;
mod import;
mod import_numbers;
mod jobs;
mod keys;
mod migrate;
mod people;
mod publishing;
mod schema;
mod seed;
mod table;

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use rookery_analytics::{IngestStatus, IngestTrigger, Verdict};
use rookery_jobs::bench::BenchOptions;
use rookery_kernel::{AccountId, Date, OrganizationId, Platform, Scope};
use rookery_sandbox::{Sandbox, SandboxConfig};
use serde_json::json;

use crate::bench;
use crate::cli::{BenchCommand, IngestArgs, RebuildRollupsArgs, SandboxArgs};
use crate::config::Config;
use crate::progress::Steps;
use crate::stop;
use crate::store::Store;
use crate::wiring::{Core, Parts};

pub(crate) use archive::archive;
pub(crate) use export::export;
pub(crate) use import::import;
pub(crate) use jobs::jobs;
pub(crate) use keys::keys;
pub(crate) use migrate::migrate;
pub(crate) use people::{token, user};
pub(crate) use publishing::publishing;
pub(crate) use schema::schema;
pub(crate) use seed::seed;
pub(crate) use table::Table;

/// Runs work over all contexts and closes everything after it, whatever came of it.
async fn with_core<T>(config: &Config, work: impl AsyncFnOnce(&Core) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let store = Store::open_or_join(config).await?;
    let result = match Core::start(config, &store, Parts::system()).await {
        Ok(core) => {
            let result = work(&core).await;
            core.close().await;
            result
        }
        Err(error) => Err(error),
    };
    store.close().await;
    result
}

/// The organization of a slug.
async fn organization(core: &Core, slug: &str) -> anyhow::Result<OrganizationId> {
    let found = core.identity.find_organization_by_slug(slug).await?;
    found.with_context(|| format!("there is no organization {slug:?} (--organization takes its slug, as in addresses)"))
}

/// `rookery sandbox`
pub(crate) async fn sandbox(args: SandboxArgs) -> anyhow::Result<ExitCode> {
    let stopping = stop::on_signals()?;
    let config =
        SandboxConfig { addr: args.listen, seed: args.seed, clock: Parts::system().clock, state_file: args.state };
    let sandbox = Sandbox::start(config)
        .await
        .with_context(|| format!("the simulated networks cannot listen on {} (--listen)", args.listen))?;
    print!("{}", simulated(&sandbox));
    stopping.cancelled().await;
    sandbox.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Every simulated network with the address to connect accounts at.
fn simulated(sandbox: &Sandbox) -> Table {
    let mut table = Table::new(&["network", "address"]);
    for platform in Platform::ALL {
        table.row(vec![platform.name().to_owned(), sandbox.base_url(platform).to_string()]);
    }
    table
}

/// `rookery ingest`
pub(crate) async fn ingest(config: &Config, args: IngestArgs) -> anyhow::Result<ExitCode> {
    let date: Option<Date> = args.date.as_deref().map(str::parse).transpose().context("--date")?;
    with_core(config, async |core| {
        let scope = Scope::system(organization(core, &args.organization).await?);
        let zone = core.identity.organization(&scope).await?.timezone;
        let date = date.unwrap_or_else(|| zone.date(core.clock.now()).plus_days(-1));
        let tracked = core.analytics.tracked(&scope).await?;
        if tracked.is_empty() {
            bail!("no account of {} is tracked; connect one first", args.organization);
        }
        let names = core.accounts.list_with_revoked(&scope).await?;
        let name_of =
            |id: AccountId| names.iter().find(|a| a.id == id).map_or_else(|| id.to_string(), |a| a.username.clone());
        let mut failed = 0;
        let mut rows = Vec::new();
        let mut table = Table::new(&["account", "result", "rows written", "note"]);
        for account in tracked.iter().filter(|t| t.enabled) {
            let report = core.analytics.ingest_day(&scope, account.integration_id, date, IngestTrigger::Manual).await?;
            let status = report.status();
            if status == IngestStatus::Failed {
                failed += 1;
            }
            let note = match &report.verdict {
                Verdict::WaitUntil(until) => format!("waits until {until}"),
                _ => report.steps.iter().find_map(|s| s.error.as_ref()).map_or_else(String::new, |e| e.message.clone()),
            };
            let name = name_of(report.integration_id);
            rows.push(json!({
                "organizationId": scope.organization_id, "integrationId": report.integration_id, "account": name,
                "date": report.date, "status": status.to_string(), "rowsWritten": report.rows_written(), "note": note,
            }));
            table.row(vec![name, status.to_string(), report.rows_written().to_string(), note]);
        }
        core.analytics.roll_up(&scope).await?;
        if args.json {
            println!("{}", serde_json::to_string_pretty(&rows)?);
        } else {
            print!("{table}");
        }
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
    .await
}

/// `rookery rebuild-rollups`
pub(crate) async fn rebuild_rollups(config: &Config, args: RebuildRollupsArgs) -> anyhow::Result<ExitCode> {
    with_core(config, async |core| {
        let organizations = match &args.organization {
            Some(name) => vec![organization(core, name).await?],
            None => core.identity.organization_ids().await?,
        };
        let steps = Steps::new();
        for id in organizations {
            let scope = Scope::system(id);
            let name = core.identity.organization(&scope).await?.name;
            let mut step = steps.begin_counted(&format!("sums of {name}, in parts of a month"), 0);
            let done = core
                .analytics
                .rebuild_rollups(&scope, |done, of| {
                    step.of(of as u64);
                    step.at(done as u64);
                })
                .await?;
            step.done(&match done.rows {
                0 => "everything stood there already".to_owned(),
                rows => format!("{rows} rows were missing or differed"),
            });
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}

/// `rookery bench`
pub(crate) async fn bench(config: &Config, command: BenchCommand) -> anyhow::Result<ExitCode> {
    let (jobs, runs, json) = match command {
        BenchCommand::Queue { jobs, runs, json } => (jobs, runs, json),
        BenchCommand::Crash(args) => return bench::crash(config, args).await,
        BenchCommand::Publish(args) => return bench::publish(config, args).await,
        BenchCommand::Dashboard(args) => return bench::dashboard(config, args).await,
        BenchCommand::Ingest(args) => return bench::ingest(config, args).await,
        BenchCommand::Worker(args) => return bench::work(config, args).await,
    };
    with_core(config, async |core| {
        let options = BenchOptions { jobs, runs, ..BenchOptions::default() };
        let report = rookery_jobs::bench::queue(&core.db, &options).await?;
        if json {
            println!("{}", serde_json::to_string_pretty(&report)?);
        } else {
            println!("{report}");
        }
        Ok(ExitCode::SUCCESS)
    })
    .await
}
