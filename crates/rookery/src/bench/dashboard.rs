//! `rookery bench dashboard`: how long pages wait for figures, in an installation of many organizations of which few are
//! large.

use std::collections::BTreeMap;
use std::fmt;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::{Args, ValueEnum};
use futures::{StreamExt as _, TryStreamExt as _};
use rookery_analytics::{Filter, Metric, Range};
use rookery_kernel::{Clock as _, Date, OrganizationId, Scope, SystemClock, Zone};
use serde::Serialize;
use sqlx::ConnectOptions as _;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio::time::Instant;
use uuid::Uuid;

use super::dashboard_queries::{self as queries, Tenant};
use super::town::{organizations, private};
use crate::config::Config;
use crate::progress::Steps;
use crate::store::Store;
use crate::wiring::{Core, Parts};

/// The n-th organization has a share of 1 ÷ n to this power.
const POWER: f64 = 0.9;
/// The most accounts an organization tracks.
const ACCOUNTS_MAX: i32 = 20;

/// Organizations whose sums are computed at once.
const TOGETHER: usize = 2;

/// How the measurement is made.
#[derive(Debug, Clone, Args)]
pub struct DashboardArgs {
    /// Rows of numbers, one measurement for each; 10m is ten million.
    #[arg(long, value_delimiter = ',', value_parser = count, default_value = "1m")]
    rows: Vec<u64>,
    /// Organizations, by a power law.
    #[arg(long, default_value_t = 1_000)]
    organizations: usize,
    /// Days of history.
    #[arg(long, default_value_t = 400)]
    days: i32,
    /// Ask for ranges that ended so many days before yesterday. Those that end yesterday are summed before anybody asks;
    /// with 1 or more, the days and months are read.
    #[arg(long, default_value_t = 0)]
    ago: i32,
    /// Clients that ask at once, each as soon as it has its answer.
    #[arg(long, default_value_t = 8)]
    clients: usize,
    /// Fewest answers to a question in a round, all clients together; a client alone gets its share of them.
    #[arg(long, default_value_t = 800)]
    answers: usize,
    /// Shortest time in milliseconds that a question is asked for in a round. A machine that stands still for a moment keeps
    /// all clients waiting once: in too short a time that alone would be the slowest answers of a hundred.
    #[arg(long, default_value_t = 1_500)]
    millis: u64,
    /// Rounds of all questions; what is printed is the median of the rounds, so that a machine which others disturb for a
    /// moment says nothing about a question.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Ask these questions alone.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Question>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// `10m` and the like.
fn count(text: &str) -> Result<u64, String> {
    let (digits, factor) = match text.strip_suffix(['k', 'm']) {
        Some(digits) if text.ends_with('k') => (digits, 1_000),
        Some(digits) => (digits, 1_000_000),
        None => (text, 1),
    };
    digits.parse::<u64>().ok().and_then(|n| n.checked_mul(factor)).ok_or_else(|| format!("{text:?} is no count"))
}

/// What a page asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
enum Question {
    /// The baseline: what asking costs without a question.
    Nothing,
    /// The figures of the organization.
    Kpis,
    /// All of the Overview page.
    Overview,
    /// The sums of all tags.
    Tags,
    /// The ten items that were engaged with most.
    TopContent,
    /// The sums of all accounts.
    Accounts,
    /// The sums of all page groups.
    Groups,
    /// The best hours to publish.
    Heatmap,
    /// The formats beside each other.
    Formats,
}

impl Question {
    /// Everything that is asked: over how many days, and within how many milliseconds 99 of 100 answers should come.
    const ALL: [(Self, i64, Option<f64>); 19] = [
        (Self::Nothing, 1, None),
        (Self::Kpis, 30, Some(5.0)),
        (Self::Kpis, 90, Some(5.0)),
        (Self::Kpis, 365, Some(5.0)),
        (Self::Overview, 30, Some(10.0)),
        (Self::Overview, 90, Some(10.0)),
        (Self::Tags, 30, Some(5.0)),
        (Self::Tags, 90, Some(5.0)),
        (Self::Tags, 365, Some(5.0)),
        (Self::TopContent, 30, Some(5.0)),
        (Self::TopContent, 90, Some(5.0)),
        (Self::TopContent, 365, Some(5.0)),
        (Self::Accounts, 30, Some(10.0)),
        (Self::Accounts, 90, Some(10.0)),
        (Self::Accounts, 365, Some(10.0)),
        (Self::Groups, 90, Some(10.0)),
        (Self::Groups, 365, Some(10.0)),
        (Self::Heatmap, 90, Some(10.0)),
        (Self::Formats, 90, Some(10.0)),
    ];

    /// Asks once. How much the answer shows: figures, items, sums, formats, content behind best hours.
    async fn ask(self, core: &Core, scope: &Scope, tenant: &Tenant, range: Range) -> anyhow::Result<usize> {
        let analytics = &core.analytics;
        let shown = match self {
            Self::Nothing => queries::nothing(&core.db, scope).await.map(|()| 1)?,
            Self::Kpis => {
                let kpis = analytics.kpis(scope, range, None).await?;
                kpis.iter().filter(|kpi| kpi.value.is_some()).count()
            }
            Self::Overview => analytics.overview(scope, range, None).await?.top_content.len(),
            Self::Tags => analytics.sums(scope, &tenant.tags, range).await?.len(),
            Self::Accounts => analytics.sums(scope, &tenant.account_ids, range).await?.len(),
            Self::Groups => analytics.sums(scope, &tenant.groups, range).await?.len(),
            Self::TopContent => analytics.top_content(scope, range, Metric::Engagement, None, 10).await?.len(),
            Self::Heatmap => {
                usize::try_from(analytics.best_time(scope, range, &Filter::default()).await?.heatmap.samples)?
            }
            Self::Formats => analytics.format_comparison(scope, range, &Filter::default()).await?.rows.len(),
        };
        // An empty answer is fast and worth nothing.
        ensure!(shown > 0, "an answer is empty");
        Ok(shown)
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "an empty transaction",
            Self::Kpis => "figures of the organization",
            Self::Overview => "the overview page",
            Self::Tags => "all tags",
            Self::TopContent => "top content",
            Self::Accounts => "all accounts",
            Self::Groups => "page groups",
            Self::Heatmap => "best hours",
            Self::Formats => "formats",
        })
    }
}

/// One question of one organization.
#[derive(Clone, Copy)]
struct Asked {
    question: Question,
    days: i64,
    goal_ms: Option<f64>,
    organization: &'static str,
}

/// How long one question took one organization.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    question: Question,
    days: i64,
    organization: &'static str,
    /// How much the answer shows: figures, items, sums, formats, content behind best hours.
    shown: usize,
    /// With nobody else asking.
    alone_p99_ms: f64,
    median_ms: f64,
    p99_ms: f64,
    /// The baseline has none.
    goal_ms: Option<f64>,
}

/// What one round found, in milliseconds.
struct Times {
    shown: usize,
    alone_p99: f64,
    median: f64,
    p99: f64,
}

/// One size.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    rows: i64,
    sums: i64,
    largest_items: i32,
    typical_items: i32,
    lines: Vec<Line>,
}

/// Runs it and prints what came out; the exit code says whether every goal was reached.
pub(crate) async fn dashboard(config: &Config, args: DashboardArgs) -> anyhow::Result<ExitCode> {
    ensure!(
        args.organizations > 1 && args.clients > 0 && args.answers >= 100 && args.rounds > 0,
        "two organizations, 100 answers, a round or more"
    );
    ensure!(args.days >= 366 + args.ago, "a year is asked for: 366 days or more");
    let mut sizes = Vec::new();
    for rows in &args.rows {
        sizes.push(Size::founded(config, &args, *rows).await?);
    }
    let reports = measure(&args, &sizes).await?;
    for size in sizes {
        size.core.close().await;
        size.store.close().await;
    }
    if !args.json {
        for (n, report) in reports.iter().enumerate() {
            print(report, reports.first().filter(|_| n > 0), args.clients);
        }
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&reports)?);
    }
    let missed = reports.iter().flat_map(|r| &r.lines).any(|line| line.goal_ms.is_some_and(|goal| line.p99_ms > goal));
    Ok(if missed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// An installation of its own with so many rows.
struct Size {
    core: Core,
    store: Store,
    rows: i64,
    sums: i64,
    largest: Tenant,
    typical: Tenant,
    /// Its last day with numbers.
    yesterday: Date,
    /// Of the database; gone with it.
    _folder: TempDir,
}

impl Size {
    async fn founded(config: &Config, args: &DashboardArgs, rows: u64) -> anyhow::Result<Self> {
        let steps = Steps::beside(args.json);
        let step = steps.begin(&format!("founding an installation of {} organizations", args.organizations));
        let folder = tempfile::tempdir().context("no temporary folder can be made")?;
        let config = private(config, &folder);
        let store = Store::open(&config).await?;
        let core = Core::start(&config, &store, Parts::on(Arc::new(SystemClock))).await?;
        let mut owner = store.endpoints.owner.connect().await?;
        let mut tenants = found(&core, &mut owner, args, rows).await?;
        step.done("");

        let yesterday = Zone::utc().date(SystemClock.now()).plus_days(-1);
        let first = yesterday.plus_days(1 - i64::from(args.days));
        queries::partitions(&mut owner, first, args.days).await?;
        let mut step = steps.begin_counted(&format!("{} days of numbers", args.days), args.organizations as u64);
        for (n, tenant) in tenants.iter_mut().enumerate() {
            queries::fill(&mut owner, tenant, first, args.days).await?;
            step.at(n as u64 + 1);
        }
        step.done("");
        let began = Instant::now();
        let (computed, twins) = twins(&tenants, args.organizations / 2);
        let mut step = steps.begin_counted("their sums", computed.len() as u64);
        let mut sums = futures::stream::iter(&computed)
            .map(|organization| async {
                let scope = Scope::system(OrganizationId::from_uuid(*organization));
                core.analytics.rebuild_rollups(&scope, |_, _| {}).await
            })
            .buffer_unordered(TOGETHER);
        let mut done = 0;
        while sums.try_next().await?.is_some() {
            done += 1;
            step.at(done);
        }
        drop(sums);
        queries::copy_sums(&mut owner, &twins).await?;
        queries::scatter(&mut owner).await?;
        let (rows, sums) = queries::sizes(&mut owner).await?;
        step.done(&format!("{rows} rows, {sums} sums, {:.0} s", began.elapsed().as_secs_f64()));
        let typical = tenants.swap_remove(args.organizations / 2);
        let largest = tenants.swap_remove(0);
        Ok(Self { core, store, rows, sums, largest, typical, yesterday, _folder: folder })
    }
}

/// Asks everything in each size. The sizes are asked by turns, so that what disturbs the machine for a while disturbs all of
/// them; and each round begins with another question.
async fn measure(args: &DashboardArgs, sizes: &[Size]) -> anyhow::Result<Vec<Report>> {
    let mut step = Steps::beside(args.json).begin_counted("rounds of questions", args.rounds as u64);
    let asked: Vec<Asked> = Question::ALL
        .into_iter()
        .filter(|(question, ..)| args.only.is_empty() || args.only.contains(question))
        .flat_map(|(question, days, goal_ms)| {
            ["largest", "typical"].map(|organization| Asked { question, days, goal_ms, organization })
        })
        .collect();
    let mut times: Vec<Vec<Vec<Times>>> = sizes.iter().map(|_| asked.iter().map(|_| Vec::new()).collect()).collect();
    for round in 0..args.rounds {
        for n in 0..asked.len() {
            // What disturbs the machine meets another question in each round.
            let n = (n + round * asked.len() / args.rounds) % asked.len();
            let Asked { question, days, organization, .. } = asked[n];
            for turn in 0..sizes.len() {
                let size_no = (turn + round) % sizes.len();
                let size = &sizes[size_no];
                let tenant = if organization == "largest" { &size.largest } else { &size.typical };
                let range = Range::last(days, size.yesterday.plus_days(-i64::from(args.ago)))?;
                let shown = question.ask(&size.core, &tenant.scope(), tenant, range).await?;
                let alone = ask(&size.core, 1, args, question, tenant, range).await?;
                let together = ask(&size.core, args.clients, args, question, tenant, range).await?;
                let alone_p99 = at(&alone, 99);
                times[size_no][n].push(Times { shown, alone_p99, median: at(&together, 50), p99: at(&together, 99) });
            }
        }
        step.at(round as u64 + 1);
    }
    step.done("");
    Ok(sizes.iter().zip(times).map(|(size, times)| report(size, &asked, &times)).collect())
}

/// The medians of the rounds of one size.
fn report(size: &Size, asked: &[Asked], times: &[Vec<Times>]) -> Report {
    let lines = asked.iter().zip(times).map(|(asked, times)| {
        let Asked { question, days, goal_ms, organization } = *asked;
        let middle = |of: fn(&Times) -> f64| {
            let mut all: Vec<f64> = times.iter().map(of).collect();
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        };
        Line {
            question,
            days,
            organization,
            shown: times.first().map_or(0, |times| times.shown),
            alone_p99_ms: middle(|times| times.alone_p99),
            median_ms: middle(|times| times.median),
            p99_ms: middle(|times| times.p99),
            goal_ms,
        }
    });
    Report {
        rows: size.rows,
        sums: size.sums,
        largest_items: size.largest.items,
        typical_items: size.typical.items,
        lines: lines.collect(),
    }
}

/// Whose sums are computed, and who gets those of whom: the two that are asked and one of each other size are computed.
fn twins(tenants: &[Tenant], typical: usize) -> (Vec<Uuid>, Vec<(Uuid, Uuid)>) {
    let mut first_of: BTreeMap<(i32, i32), Uuid> = BTreeMap::new();
    let (mut computed, mut twins) = (Vec::new(), Vec::new());
    for (n, tenant) in tenants.iter().enumerate() {
        let first = *first_of.entry((tenant.items, tenant.accounts)).or_insert(tenant.id);
        if first == tenant.id || n == typical {
            computed.push(tenant.id);
        } else {
            twins.push((first, tenant.id));
        }
    }
    (computed, twins)
}

/// So many items, to two digits: then many organizations are of one size.
fn rounded(items: i32) -> i32 {
    let step = 10_i32.pow(items.max(10).ilog10() - 1);
    items / step * step
}

/// Organizations by a power law.
async fn found(
    core: &Core,
    owner: &mut sqlx::PgConnection,
    args: &DashboardArgs,
    rows: u64,
) -> anyhow::Result<Vec<Tenant>> {
    let items = rows as f64 / queries::rows_per_item(owner, args.days).await?;
    let weight = |n: usize| 1.0 / (n as f64 + 1.0).powf(POWER);
    let all: f64 = (0..args.organizations).map(weight).sum();
    let (_, ids) = organizations(core, args.organizations).await?;
    let tenants = ids.into_iter().enumerate().map(|(n, id)| {
        #[expect(clippy::cast_possible_truncation, reason = "a share of some million items")]
        let items = (items * weight(n) / all).max(20.0) as i32;
        let items = if n == 0 { items } else { rounded(items) };
        Tenant {
            id: id.uuid(),
            accounts: (1 + items / args.days).min(ACCOUNTS_MAX),
            items,
            tags: Vec::new(),
            groups: Vec::new(),
            account_ids: Vec::new(),
        }
    });
    Ok(tenants.collect())
}

/// So many of a hundred answers took no longer, in milliseconds.
fn at(sorted: &[Duration], share: usize) -> f64 {
    sorted[(sorted.len() * share / 100).min(sorted.len() - 1)].as_secs_f64() * 1_000.0
}

/// So many clients ask the same question again and again. The first answers are not counted: they fill caches. How long each
/// took, the shortest first.
async fn ask(
    core: &Core,
    clients: usize,
    args: &DashboardArgs,
    question: Question,
    tenant: &Tenant,
    range: Range,
) -> anyhow::Result<Vec<Duration>> {
    let each = args.answers.div_ceil(args.clients);
    let shortest = Duration::from_millis(args.millis);
    let mut asking: JoinSet<anyhow::Result<Vec<Duration>>> = JoinSet::new();
    for _ in 0..clients {
        let (core, tenant) = (core.clone(), tenant.clone());
        asking.spawn(async move {
            let scope = tenant.scope();
            for _ in 0..each / 4 + 8 {
                question.ask(&core, &scope, &tenant, range).await?;
            }
            let (start, mut times) = (Instant::now(), Vec::new());
            while times.len() < each || start.elapsed() < shortest {
                let began = Instant::now();
                question.ask(&core, &scope, &tenant, range).await?;
                times.push(began.elapsed());
            }
            Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(done) = asking.join_next().await {
        times.extend(done??);
    }
    times.sort_unstable();
    Ok(times)
}

fn print(report: &Report, first: Option<&Report>, clients: usize) {
    println!(
        "\n{} rows of numbers, {} sums; {clients} clients; items of the largest organization: {}, of a typical one: {}",
        report.rows, report.sums, report.largest_items, report.typical_items
    );
    let beside = if first.is_some() { "  median, p99 beside the first" } else { "" };
    println!(
        "{:<28} {:>5}  {:<8} {:>6} {:>9} {:>9} {:>9} {:>7}{beside}",
        "question", "days", "of", "shown", "alone p99", "median ms", "p99 ms", "goal"
    );
    for (n, line) in report.lines.iter().enumerate() {
        let beside = first.and_then(|first| first.lines.get(n)).map_or_else(String::new, |old| {
            format!("  {:>6.2}, {:>4.2}", line.median_ms / old.median_ms, line.p99_ms / old.p99_ms)
        });
        println!(
            "{:<28} {:>5}  {:<8} {:>6} {:>9.2} {:>9.2} {:>9.2} {:>7}{beside}",
            line.question.to_string(),
            line.days,
            line.organization,
            line.shown,
            line.alone_p99_ms,
            line.median_ms,
            line.p99_ms,
            match line.goal_ms {
                None => String::new(),
                Some(goal) if line.p99_ms <= goal => "reached".to_owned(),
                Some(goal) => format!("> {goal:.0}"),
            }
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(n: u128, items: i32) -> Tenant {
        let (tags, groups, account_ids) = (Vec::new(), Vec::new(), Vec::new());
        Tenant { id: Uuid::from_u128(n), accounts: 1 + items / 400, items, tags, groups, account_ids }
    }

    #[test]
    fn one_of_each_size_is_computed_and_whoever_is_asked() {
        let tenants = [tenant(1, 900), tenant(2, 40), tenant(3, 40), tenant(4, 40), tenant(5, 20)];
        let id = |n: u128| Uuid::from_u128(n);
        let (computed, twins) = twins(&tenants, 3);
        assert_eq!(computed, [1, 2, 4, 5].map(id));
        assert_eq!(twins, [(id(2), id(3))]);
    }

    #[test]
    fn sizes_have_two_digits() {
        assert_eq!([7, 20, 99, 104, 3_796, 37_961].map(rounded), [7, 20, 99, 100, 3_700, 37_000]);
    }
}
