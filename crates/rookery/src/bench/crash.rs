//! `rookery bench crash`: worker processes are killed at random moments while the networks misbehave at random. In the
//! end every publication is out once, or certainly not out with a reason, or in a person's hands.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rookery_kernel::Clock as _;
use rookery_sandbox::{Control, Effect, Endpoint, FaultRule, Garbling};
use serde_json::json;
use tokio::process::Child;
use tokio::time::Instant;

use super::queries;
use super::tally::Tally;
use super::town::{SEED, Town, breathe};
use crate::config::Config;
use crate::progress::Steps;

/// How a crash run is made.
#[derive(Debug, Clone, Args)]
pub struct CrashArgs {
    /// Publications over all networks.
    #[arg(long, default_value_t = 1_000)]
    publications: usize,
    /// Worker processes.
    #[arg(long, default_value_t = 4)]
    workers: usize,
    /// How many times as fast as the machine's clock time passes: look-ups come up to half an hour after a doubt.
    #[arg(long, default_value_t = 30)]
    speed: u32,
    /// Accounts on each network.
    #[arg(long, default_value_t = 5)]
    accounts: usize,
    /// Give up after so many minutes of real time. A network whose quota of a day was used up by a fault makes its posts
    /// wait until the day ends: half an hour at this speed.
    #[arg(long, default_value_t = 45)]
    minutes: u64,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A step of the misfortune.
const STEP: Duration = Duration::from_millis(120);
/// One in so many steps kills a worker.
const KILL_EVERY: u32 = 6;
/// One in so many steps spoils a call.
const FAULT_EVERY: u32 = 2;
/// The publications fall due over this much of the measurement's time.
const SPREAD: Duration = Duration::from_secs(20 * 60);

/// What misfortune there was.
#[derive(Debug, Default)]
struct Misfortune {
    kills: usize,
    faults: usize,
}

/// Runs it and prints the table.
pub(crate) async fn crash(config: &Config, args: CrashArgs) -> anyhow::Result<ExitCode> {
    let steps = Steps::beside(args.json);
    let step = steps.begin("founding an installation in a temporary folder");
    let town = Town::found(config, args.speed, args.accounts).await?;
    step.done(&format!("{} accounts", town.accounts.len()));

    let step = steps.begin("planning the publications");
    let begin = town.clock.now() + Duration::from_secs(60);
    let spread = |n: usize| SPREAD.mul_f64(n as f64 / args.publications.max(1) as f64);
    town.plan(args.publications, |n| begin + spread(n)).await?;
    step.done(&args.publications.to_string());

    let step = steps.begin("publishing while workers are killed and networks fail");
    let mut chance = ChaCha8Rng::seed_from_u64(SEED);
    let mut workers = town.crew.start_all(args.workers).await?;
    let started = Instant::now();
    let deadline = started + Duration::from_secs(60 * args.minutes);
    let control = town.sandbox.control();
    let mut owner = town.owner().await?;
    let organization = town.scope.organization_id;
    let mut misfortune = Misfortune::default();
    while queries::untried(&mut owner, organization).await? > 0 && Instant::now() < deadline {
        strike(&town, &control, &mut workers, &mut chance, &mut misfortune).await?;
        breathe(STEP).await;
    }
    // Whatever still waits to hit has had its chance; what is open now has to end well.
    control.clear_faults();
    while queries::open(&mut owner, organization).await? > 0 && Instant::now() < deadline {
        for worker in &mut workers {
            if worker.try_wait()?.is_some() {
                *worker = town.crew.start()?;
            }
        }
        breathe(STEP).await;
    }
    step.done(&format!("{} killed, {} faults", misfortune.kills, misfortune.faults));

    let rows = queries::ended(&mut owner, organization).await?;
    let tally = Tally::of(&rows, &control, &town.accounts);
    let took = started.elapsed();
    for worker in &mut workers {
        worker.start_kill()?;
    }
    if args.json {
        let all = json!({"tally": tally, "kills": misfortune.kills, "faults": misfortune.faults,
            "workers": args.workers, "seconds": took.as_secs_f64(), "speed": args.speed});
        println!("{}", serde_json::to_string_pretty(&all)?);
    } else {
        println!("{tally}");
        println!(
            "{} workers, {} SIGKILLs, {} faults, {:.0} s at {} times the machine's time",
            args.workers,
            misfortune.kills,
            misfortune.faults,
            took.as_secs_f64(),
            args.speed
        );
        for row in rows.iter().filter(|r| !matches!(r.status.as_str(), "published" | "failed" | "cancelled")) {
            println!("not ended: {} on {}: {} {:?}", row.id, row.platform, row.status, row.error_code);
        }
    }
    let is_clean = tally.total.is_clean();
    town.close().await;
    Ok(if is_clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One step: perhaps a worker dies (and another begins), perhaps a call goes wrong.
async fn strike(
    town: &Town,
    control: &Control,
    workers: &mut [Child],
    chance: &mut ChaCha8Rng,
    misfortune: &mut Misfortune,
) -> anyhow::Result<()> {
    if chance.random_ratio(1, KILL_EVERY)
        && let Some(worker) = workers.choose_mut_of(chance)
    {
        worker.kill().await?;
        *worker = town.crew.start()?;
        misfortune.kills += 1;
    }
    if chance.random_ratio(1, FAULT_EVERY)
        && let Some(account) = town.accounts.choose(chance)
    {
        let endpoint = *[Endpoint::Publish, Endpoint::Publish, Endpoint::Upload, Endpoint::List, Endpoint::Any]
            .choose(chance)
            .unwrap_or(&Endpoint::Any);
        control.add_fault(FaultRule::new(effect(chance)).on(account.platform).endpoint(endpoint).once());
        misfortune.faults += 1;
    }
    Ok(())
}

fn effect(chance: &mut ChaCha8Rng) -> Effect {
    match chance.next_u32() % 9 {
        0 | 1 => Effect::accept_then_drop(),
        2 => Effect::AcceptThen500,
        3 => Effect::Refuse500,
        4 => Effect::LoseRequest { silence: rookery_sandbox::Silence::Drop },
        5 => Effect::RateLimit { code: None, headers: true, regain_secs: 30 },
        6 => Effect::Malformed { garbling: Garbling::Truncated },
        7 => Effect::Malformed { garbling: Garbling::Html },
        _ => Effect::Slow { ms: 150 },
    }
}

/// One of several, to be changed.
trait ChooseMut<T> {
    fn choose_mut_of(&mut self, chance: &mut ChaCha8Rng) -> Option<&mut T>;
}

impl<T> ChooseMut<T> for [T] {
    fn choose_mut_of(&mut self, chance: &mut ChaCha8Rng) -> Option<&mut T> {
        let n = self.len();
        (n > 0).then(|| &mut self[chance.random_range(0..n)])
    }
}
