//! `rookery bench ingest`: what it costs to store a day's numbers, beside a COPY of the same rows into the same table and
//! a loop that writes row by row, in the same run.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use clap::Args;
use rookery_analytics::{DailyReading, MetricBasis, Numbers};
use rookery_kernel::{AccountId, Date, OrganizationId, Scope, SystemClock};
use serde::Serialize;
use serde_json::json;
use sqlx::{ConnectOptions as _, PgConnection};
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use super::cpu;
use super::ingest_queries::{self as queries, ACCOUNTS, ITEMS, Item};
use super::town::{organizations, private};
use crate::config::Config;
use crate::progress::Steps;
use crate::store::Store;
use crate::wiring::{Core, Parts};

/// How the measurement is made.
#[derive(Debug, Clone, Args)]
pub struct IngestArgs {
    /// Rows that stand there before, one measurement for each number.
    #[arg(long, value_delimiter = ',', default_value = "1000000")]
    existing: Vec<u64>,
    /// Organizations, with 20 accounts of 50 items each.
    #[arg(long, default_value_t = 20)]
    organizations: usize,
    /// Rounds; the methods take turns at being first.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Fetching jobs at once, each with the rows of one account; 200 fill the writer's batches.
    #[arg(long, default_value_t = 200)]
    jobs: usize,
    /// Rows of the row-by-row loop that are on their way at once.
    #[arg(long, default_value_t = 50)]
    loop_jobs: usize,
    /// Rows of the row-by-row loop.
    #[arg(long, default_value_t = 2_000)]
    loop_rows: usize,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A way to store rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
enum Method {
    /// As collecting does: an account's rows at a time, many jobs at once, one writer.
    Fresh,
    /// The same rows again.
    Again,
    /// COPY into the same table, without looking anything up.
    Copy,
    /// A statement and a transaction for each row, several at once.
    RowByRow,
}

/// What one run of a method cost.
#[derive(Debug, Clone, Copy)]
struct Cost {
    rows: f64,
    seconds: f64,
    wal: i64,
    cpu: Option<f64>,
}

/// Medians of a method.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    method: Method,
    rows_per_second: f64,
    /// Processor time of this process and the database's; `None` where the system does not tell.
    cpu_micros_per_row: Option<f64>,
    wal_per_row: f64,
}

/// What a measurement should show.
#[derive(Debug, Clone, Serialize)]
struct Goal {
    what: &'static str,
    /// Rows that stood there before.
    existing: u64,
    value: f64,
    at_least: Option<f64>,
    at_most: Option<f64>,
}

impl Goal {
    fn is_reached(&self) -> bool {
        self.at_least.is_none_or(|least| self.value >= least) && self.at_most.is_none_or(|most| self.value <= most)
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, bound) = match (self.at_least, self.at_most) {
            (Some(least), _) => ("≥", least),
            (None, most) => ("≤", most.unwrap_or(f64::NAN)),
        };
        let reached = if self.is_reached() { "reached" } else { "missed" };
        write!(f, "{:>12} rows  {:<36} {:>8.2}  goal {sign} {bound:<5} {reached}", self.existing, self.what, self.value)
    }
}

/// One size.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    existing: u64,
    lines: Vec<Line>,
    bytes_per_row: f64,
    founding_bytes_per_row: f64,
}

/// Runs it and prints what came out.
pub(crate) async fn ingest(config: &Config, args: IngestArgs) -> anyhow::Result<ExitCode> {
    ensure!(
        args.organizations > 0 && args.rounds > 0 && args.jobs > 0 && args.loop_jobs > 0,
        "all counts are at least 1"
    );
    let mut reports = Vec::new();
    for existing in &args.existing {
        reports.push(measure(config, &args, *existing).await?);
    }
    let goals: Vec<Goal> = reports.iter().flat_map(|report| goals(report, &reports[0])).collect();
    if args.json {
        println!("{}", serde_json::to_string_pretty(&json!({"sizes": reports, "goals": goals}))?);
    } else {
        reports.iter().for_each(print);
        println!();
        for goal in &goals {
            println!("{goal}");
        }
    }
    Ok(if goals.iter().all(Goal::is_reached) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn measure(config: &Config, args: &IngestArgs, existing: u64) -> anyhow::Result<Report> {
    let steps = Steps::beside(args.json);
    let step = steps.begin("founding an installation in a temporary folder");
    let folder = tempfile::tempdir().context("no temporary folder can be made")?;
    let config = private(config, &folder);
    let store = Store::open(&config).await?;
    let core = Core::start(&config, &store, Parts::on(Arc::new(SystemClock))).await?;
    let mut owner = store.endpoints.owner.connect().await?;
    let organizations: Vec<Uuid> =
        organizations(&core, args.organizations).await?.1.into_iter().map(OrganizationId::uuid).collect();
    queries::settle(&mut owner, &organizations).await?;
    let items = queries::items(&mut owner, &organizations).await?;
    let per_day = u64::try_from(items.len())?;
    step.done(&format!("{} organizations, {per_day} items", organizations.len()));

    let first: Date = "2025-01-01".parse()?;
    let days = i32::try_from(existing.div_ceil(per_day))?;
    let step = steps.begin(&format!("{days} days of history"));
    queries::history(&mut owner, &organizations, first, days).await?;
    step.done(&format!("{} rows", u64::try_from(days)? * per_day));

    let mut day = first.plus_days(i64::from(days));
    let mut costs: BTreeMap<Method, Vec<Cost>> = BTreeMap::new();
    for round in 0..args.rounds {
        let step = steps.begin(&format!("round {} of {}", round + 1, args.rounds));
        let mut methods = [Method::Fresh, Method::Copy, Method::RowByRow];
        methods.rotate_left(round % 3);
        for method in methods {
            queries::settle_pages(&mut owner).await?;
            let cost = run(&core, &mut owner, args, method, &items, day).await?;
            costs.entry(method).or_default().push(cost);
            if method == Method::Fresh {
                let again = run(&core, &mut owner, args, Method::Again, &items, day).await?;
                costs.entry(Method::Again).or_default().push(again);
            }
            day = day.plus_days(1);
        }
        step.done("");
    }
    let (bytes, rows) = queries::size(&mut owner).await?;
    let founding_bytes_per_row = queries::founding_bytes(&mut owner, organizations[0], 30).await?;
    drop(owner);
    core.close().await;
    store.close().await;
    let lines = costs.into_iter().map(|(method, costs)| line(method, &costs)).collect();
    Ok(Report { existing, lines, bytes_per_row: bytes as f64 / rows as f64, founding_bytes_per_row })
}

async fn run(
    core: &Core,
    owner: &mut PgConnection,
    args: &IngestArgs,
    method: Method,
    items: &[Item],
    day: Date,
) -> anyhow::Result<Cost> {
    let before = queries::wal(owner).await?;
    let cpu = cpu::used(owner).await?;
    let (rows, seconds) = match method {
        Method::Fresh | Method::Again => {
            let batches = batches(items, day);
            let began = Instant::now();
            let written = write(core, args.jobs, batches).await?;
            let seconds = began.elapsed().as_secs_f64();
            let expected = if method == Method::Fresh { items.len() as u64 } else { 0 };
            ensure!(written == expected, "{written} rows were written, not {expected}");
            (items.len(), seconds)
        }
        Method::Copy => {
            let rows = texts(items, day);
            let began = Instant::now();
            queries::copy(owner, &rows).await?;
            (items.len(), began.elapsed().as_secs_f64())
        }
        Method::RowByRow => {
            let count = args.loop_rows.min(items.len());
            let began = Instant::now();
            row_by_row(core, args.loop_jobs, &items[..count], day).await?;
            (count, began.elapsed().as_secs_f64())
        }
    };
    let cpu = cpu::used(owner).await?.zip(cpu).map(|(after, before)| after - before);
    Ok(Cost { rows: rows as f64, seconds, wal: queries::wal(owner).await? - before, cpu })
}

/// The numbers of an item on a day, by the day's place only.
fn numbers(day: Date) -> [i64; 5] {
    let place = day.days_since("2025-01-01".parse().expect("a constant date"));
    [1000 + place * 10, 2000 + place * 20, place, place, place]
}

/// An account's rows of a day, as a fetching job has them.
fn batches(items: &[Item], day: Date) -> Vec<(OrganizationId, Vec<DailyReading>)> {
    let [reach, views, reactions, comments, shares] = numbers(day).map(Some);
    let reading = |item: &Item| DailyReading {
        account: AccountId::from_uuid(item.integration_id),
        external_content_id: item.external_content_id.clone(),
        date: day,
        basis: MetricBasis::Lifetime,
        numbers: Numbers { reach, views, reactions, comments, shares, ..Numbers::default() },
    };
    let of_one_account = |a: &Item, b: &Item| a.integration_id == b.integration_id;
    items
        .chunk_by(of_one_account)
        .map(|chunk| (chunk[0].organization_id, chunk.iter().map(reading).collect()))
        .collect()
}

async fn write(core: &Core, jobs: usize, batches: Vec<(OrganizationId, Vec<DailyReading>)>) -> anyhow::Result<u64> {
    let mut written = 0;
    let mut tasks: JoinSet<Result<u64, rookery_db::Error>> = JoinSet::new();
    for (organization, rows) in batches {
        if tasks.len() >= jobs
            && let Some(done) = tasks.join_next().await
        {
            written += done??;
        }
        let analytics = core.analytics.clone();
        let scope = Scope::worker(organization);
        tasks.spawn(async move { analytics.store_readings(&scope, "bench/1", rows).await });
    }
    while let Some(done) = tasks.join_next().await {
        written += done??;
    }
    Ok(written)
}

/// The rows of a day as COPY takes them, by organization.
fn texts(items: &[Item], day: Date) -> Vec<(OrganizationId, String)> {
    let [reach, views, reactions, comments, shares] = numbers(day);
    let mut texts: BTreeMap<OrganizationId, String> = BTreeMap::new();
    for item in items {
        let text = texts.entry(item.organization_id).or_default();
        writeln!(
            text,
            "{}\t{}\t{day}\tlifetime\tf\t2026-01-01T00:00:00Z\tbench/1\t{reach}\t{views}\t{reactions}\t{comments}\t{shares}\t10\t20\t1\t1\t1",
            item.organization_id, item.content_key
        )
        .expect("writing to a String does not fail");
    }
    texts.into_iter().collect()
}

async fn row_by_row(core: &Core, jobs: usize, items: &[Item], day: Date) -> anyhow::Result<()> {
    let numbers = numbers(day);
    let mut tasks: JoinSet<Result<(), rookery_db::Error>> = JoinSet::new();
    for item in items {
        if tasks.len() >= jobs
            && let Some(done) = tasks.join_next().await
        {
            done??;
        }
        let (db, item) = (core.db.clone(), item.clone());
        tasks.spawn(async move {
            let mut tx = db.org(&Scope::worker(item.organization_id)).await?;
            queries::write_one(tx.conn(), &item, day, numbers).await?;
            tx.commit().await
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

fn line(method: Method, costs: &[Cost]) -> Line {
    Line {
        method,
        rows_per_second: median(costs.iter().map(|c| c.rows / c.seconds).collect()),
        cpu_micros_per_row: costs.iter().map(|c| Some(c.cpu? * 1e6 / c.rows)).collect::<Option<_>>().map(median),
        wal_per_row: median(costs.iter().map(|c| c.wal as f64 / c.rows).collect()),
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// The goals of one size; the first one is the baseline of growth.
fn goals(report: &Report, first: &Report) -> Vec<Goal> {
    let rate = |of: &Report, method| line_of(of, method).map_or(f64::NAN, |l| l.rows_per_second);
    let fresh = rate(report, Method::Fresh);
    let least =
        |what, value, least| Goal { what, existing: report.existing, value, at_least: Some(least), at_most: None };
    let most = |what, value, most| Goal { what, existing: report.existing, value, at_least: None, at_most: Some(most) };
    let mut goals = vec![
        least("fresh beside COPY", fresh / rate(report, Method::Copy), 0.3),
        least("fresh beside row by row", fresh / rate(report, Method::RowByRow), 10.0),
        least("the same again beside fresh", rate(report, Method::Again) / fresh, 1.5),
        most(
            "WAL bytes of a row that comes again",
            line_of(report, Method::Again).map_or(f64::NAN, |l| l.wal_per_row),
            0.0,
        ),
        most("bytes beside the founding layout", report.bytes_per_row / report.founding_bytes_per_row, 0.55),
    ];
    if report.existing != first.existing {
        goals.push(least("fresh beside the first size", fresh / rate(first, Method::Fresh), 0.8));
    }
    goals
}

fn line_of(report: &Report, method: Method) -> Option<&Line> {
    report.lines.iter().find(|line| line.method == method)
}

fn print(report: &Report) {
    println!("\n{} rows before; {ACCOUNTS} accounts of {ITEMS} items in each organization", report.existing);
    println!("{:<26} {:>10} {:>11} {:>14}", "method", "rows/s", "CPU µs/row", "WAL bytes/row");
    for line in &report.lines {
        let name = match line.method {
            Method::Fresh => "the writer, fresh rows",
            Method::Again => "the writer, the same again",
            Method::Copy => "COPY, the same table",
            Method::RowByRow => "row by row",
        };
        let cpu = line.cpu_micros_per_row.map_or_else(|| "—".to_owned(), |cpu| format!("{cpu:.0}"));
        println!("{name:<26} {:>10.0} {cpu:>11} {:>14.1}", line.rows_per_second, line.wal_per_row);
    }
    println!("bytes per row: {:.0}; the founding layout: {:.0}", report.bytes_per_row, report.founding_bytes_per_row);
}
