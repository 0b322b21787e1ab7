//! `rookery bench publish`: many publications due in the same minute, several worker processes. Each key is received
//! once; how late they start, how fast they go, and how that stands beside the same calls without a database.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use rookery_kernel::{AccountId, Clock as _, Platform, Timestamp};
use rookery_platforms::{Access, Connector, Draft};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::queries::{self, Ended};
use super::tally::Tally;
use super::town::{Town, breathe, text};
use crate::config::Config;
use crate::progress::Steps;

/// How the measurement is made.
#[derive(Debug, Clone, Args)]
pub struct PublishArgs {
    /// Publications due in the same minute.
    #[arg(long, default_value_t = 10_000)]
    publications: usize,
    /// Worker processes.
    #[arg(long, default_value_t = 8)]
    workers: usize,
    /// Accounts on each network; one publication per account is on its way at a time.
    #[arg(long, default_value_t = 20)]
    accounts: usize,
    /// Calls of the bare loop beside it.
    #[arg(long, default_value_t = 2_000)]
    bare: usize,
    /// Give up after so many minutes.
    #[arg(long, default_value_t = 15)]
    minutes: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// The minute in which they fall due.
const MINUTE: Duration = Duration::from_secs(60);
/// How often the end is looked for.
const LOOK: Duration = Duration::from_millis(500);

/// Runs it and prints what came out.
pub(crate) async fn publish(config: &Config, args: PublishArgs) -> anyhow::Result<ExitCode> {
    let steps = Steps::beside(args.json);
    let step = steps.begin("founding an installation in a temporary folder");
    let town = Town::found(config, 1, args.accounts).await?;
    step.done(&format!("{} accounts", town.accounts.len()));

    let step = steps.begin("the same calls in a bare loop, without a database");
    let bare = bare(&town, args.bare).await?;
    step.done(&format!("{bare:.0} posts/s"));

    let step = steps.begin("planning the publications");
    // They are planned far ahead and then moved near, so that none falls due while others are being written.
    let began = Instant::now();
    let far = town.clock.now() + Duration::from_secs(24 * 3600);
    town.plan(args.publications, |n| far + share(n, args.publications)).await?;
    step.done(&format!("{} in {:.0} s", args.publications, began.elapsed().as_secs_f64()));

    let step = steps.begin("publishing");
    let mut workers = town.crew.start_all(args.workers).await?;
    let mut owner = town.owner().await?;
    let organization = town.scope.organization_id;
    let due = town.clock.now() + Duration::from_secs(2);
    queries::move_all(&mut owner, organization, far, due).await?;
    let deadline = Instant::now() + Duration::from_secs(60 * args.minutes);
    while queries::open(&mut owner, organization).await? > 0 && Instant::now() < deadline {
        breathe(LOOK).await;
    }
    for worker in &mut workers {
        worker.start_kill()?;
    }
    let rows = queries::ended(&mut owner, organization).await?;
    let tally = Tally::of(&rows, &town.sandbox.control(), &town.accounts);
    let speed = Speed::of(&rows);
    step.done(&format!("{:.0} posts/s", speed.rate));

    let ratio = speed.rate / bare;
    if args.json {
        let all = json!({"tally": tally, "workers": args.workers, "delay": speed.delays(), "rate": speed.rate,
            "bareRate": bare, "ratio": ratio});
        println!("{}", serde_json::to_string_pretty(&all)?);
    } else {
        println!("{tally}");
        println!("{} publications due within 60 s, {} worker processes", rows.len(), args.workers);
        println!(
            "start delay: median {:.2} s, p95 {:.2} s, longest {:.2} s",
            speed.at(0.5),
            speed.at(0.95),
            speed.at(1.0)
        );
        println!("rate: {:.0} posts/s; the same calls in a bare loop: {bare:.0} posts/s; ratio {ratio:.2}", speed.rate);
    }
    let is_clean = tally.total.is_clean() && tally.total.published == rows.len();
    town.close().await;
    Ok(if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// When the n-th of so many falls due in the minute.
fn share(n: usize, of: usize) -> Duration {
    MINUTE.mul_f64(n as f64 / of.max(1) as f64)
}

/// Delays, sorted, in seconds; and posts per second from the first start to the last end.
struct Speed {
    delays: Vec<f64>,
    rate: f64,
}

impl Speed {
    fn of(rows: &[Ended]) -> Self {
        let mut delays: Vec<f64> = rows.iter().filter_map(|r| r.delay).collect();
        delays.sort_by(f64::total_cmp);
        let first: Option<Timestamp> = rows.iter().filter_map(|r| r.first_attempt).min();
        let last = rows.iter().filter_map(|r| r.published_at).max();
        let took = first.zip(last).map_or(0.0, |(first, last)| last.since(first).as_secs_f64());
        let rate = if took > 0.0 { delays.len() as f64 / took } else { 0.0 };
        Self { delays, rate }
    }

    /// The delay that a share of the publications does not exceed.
    fn at(&self, share: f64) -> f64 {
        let last = self.delays.len().saturating_sub(1);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a list")]
        let place = (last as f64 * share).round() as usize;
        self.delays.get(place).copied().unwrap_or(0.0)
    }

    fn delays(&self) -> Value {
        json!({"median": self.at(0.5), "p95": self.at(0.95), "longest": self.at(1.0)})
    }
}

/// Posts per second of the connectors alone, eight at once, on the networks that take text.
async fn bare(town: &Town, count: usize) -> anyhow::Result<f64> {
    let mut targets: Vec<(Arc<dyn Connector>, Access)> = Vec::new();
    for account in &town.accounts {
        let connector = town.core.connectors.get(account.platform).context("a connector")?;
        if connector.capabilities().publishes.contains(&rookery_platforms::Ability::Text)
            && account.platform != Platform::Reddit
        {
            targets.push((connector, access(town, account.id).await?));
        }
    }
    let targets = Arc::new(targets);
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let mut tasks: JoinSet<anyhow::Result<()>> = JoinSet::new();
    for _ in 0..8 {
        let (targets, next) = (Arc::clone(&targets), Arc::clone(&next));
        tasks.spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= count {
                    return Ok(());
                }
                let (connector, access) = &targets[n % targets.len()];
                let draft = Draft::of_text(format!("bare:{n}"), text(n).replace("number", "bare"));
                let rookery_platforms::Prepared::Ready(handles) =
                    connector.prepare(access, &draft, &Value::Null).await?
                else {
                    anyhow::bail!("a text had to wait")
                };
                connector.publish(access, &draft, &handles).await?;
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(count as f64 / began.elapsed().as_secs_f64())
}

async fn access(town: &Town, id: AccountId) -> anyhow::Result<Access> {
    Ok(town.core.accounts.access(&town.scope, id).await?)
}
