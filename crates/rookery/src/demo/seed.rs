//! The first start: the organization, its accounts, its past.

use std::time::Duration;

use anyhow::{Context as _, bail};
use rookery_analytics::{IngestStatus, IngestTrigger};
use rookery_governance::audit::Origin;
use rookery_identity::{KeyScope, NewApiKey, NewOrganization, NewUser};
use rookery_jobs::{Registry, Worker, WorkerConfig};
use rookery_kernel::{AccountId, Actor, Clock as _, Date, Scope, SystemClock, Timestamp, UserId, Zone};
use rookery_sandbox::TravelClock;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::files::{Credentials, Ready};
use super::networks::{self, Networks};
use super::{posts, took};
use crate::password;
use crate::progress::Steps;
use crate::wiring::Core;

const EMAIL: &str = "demo@rookery.local";
const ZONE: &str = "Europe/Berlin";
/// After this time (UTC) yesterday is over in every network's zone.
const MORNING: Duration = Duration::from_secs(8 * 3600 + 1800);

/// Makes everything; the clock is away while it works.
pub(super) async fn run(
    core: &Core,
    networks: &Networks,
    clock: &TravelClock,
    days: u16,
    steps: &Steps,
) -> anyhow::Result<(Credentials, Ready)> {
    let zone: Zone = ZONE.parse().context("the demo's zone")?;
    let now = SystemClock.now();
    let first = now.date_utc().plus_days(-i64::from(days));

    let step = steps.begin("making the organization and connecting six accounts");
    let began = Instant::now();
    // The networks' past is made from now; then everybody goes back to its beginning.
    let simulated = networks.populate(days)?;
    clock.stand_at((first.start_utc() + MORNING).min(now));
    let (user, organization, credentials) = people(core, &zone).await?;
    let scope = Scope::new(organization, Actor::User(user));
    let accounts = networks.connect_all(core, &scope, &simulated).await?;
    core.analytics.track(&scope, &accounts).await?;
    step.done(&took(began));

    let ready = Ready {
        days,
        sandbox: networks.listens_at(),
        organization_id: organization,
        user_id: user,
        accounts: accounts.clone(),
    };
    collect(core, networks, clock, &Past { scope: &scope, zone: &zone, accounts: &accounts, first, days, now }, steps)
        .await?;
    clock.come_back();

    // One account wants attention: its token ended, and the next look at it found out.
    networks.end_token(core, &scope, accounts[networks::BROKEN]).await?;
    Ok((credentials, ready))
}

async fn people(core: &Core, zone: &Zone) -> anyhow::Result<(UserId, rookery_kernel::OrganizationId, Credentials)> {
    let by = Origin::new(Actor::System);
    let password = password::make(&*core.ids);
    let new = NewUser::new(EMAIL, password.clone()).named("Dana Feld").in_zone(zone.clone());
    let user = core.identity.create_first_user(&by, new).await?;
    let new = NewOrganization { name: "Fieldwork Studio".into(), timezone: zone.clone() };
    let organization = core.identity.create_organization(&by, user.id, new).await?;
    let scope = Scope::new(organization.id, Actor::User(user.id));
    // A visitor's first post shall go out without a second person.
    core.identity.waive_review(&scope).await?;
    let new = NewApiKey { name: "demo".into(), scopes: KeyScope::ALL.to_vec(), expires_at: None };
    let (_, api_key) = core.identity.create_api_key(&scope, new).await?;
    Ok((user.id, organization.id, Credentials { email: EMAIL.into(), password, api_key }))
}

/// What the past is made of.
struct Past<'a> {
    scope: &'a Scope,
    zone: &'a Zone,
    accounts: &'a [AccountId],
    first: Date,
    days: u16,
    now: Timestamp,
}

/// Goes through the days as they would have been: posts at their time, the numbers the morning after.
async fn collect(
    core: &Core,
    networks: &Networks,
    clock: &TravelClock,
    past: &Past<'_>,
    steps: &Steps,
) -> anyhow::Result<()> {
    let what = format!("collecting {} days of numbers from {} accounts", past.days, past.accounts.len());
    let per_day = past.accounts.len() as u64;
    let mut step = steps.begin_counted(&what, u64::from(past.days) * per_day);
    let began = Instant::now();
    let registry = core.publishing.register_jobs(Registry::new());
    let worker = Worker::new(core.db.clone(), core.jobs.clone(), registry, WorkerConfig::default());
    let today = past.now.date_utc();
    let mut rows = 0;
    for day in 0..u64::from(past.days) {
        let date = past.first.plus_days(i64::try_from(day).unwrap_or(i64::MAX));
        for post in posts::PAST.iter().filter(|p| today.plus_days(-p.days_ago) == date) {
            let (at, _) = past.zone.instant(&format!("{date}T{}", post.at))?;
            clock.stand_at(at - Duration::from_secs(3600));
            let accounts: Vec<AccountId> = post.accounts.iter().map(|place| past.accounts[*place]).collect();
            posts::create(core, past.scope, past.zone, post.text, &accounts, at).await?;
            clock.stand_at(at + Duration::from_secs(5));
            worker.run_until_idle().await;
        }
        clock.stand_at((date.plus_days(1).start_utc() + MORNING).min(past.now));
        rows += collect_day(core, past, date).await?;
        step.at((day + 1) * per_day);
    }
    if past.days > 3 {
        fail_one(core, networks, clock, past, &worker).await?;
    }
    core.analytics.roll_up(past.scope).await?;
    step.done(&format!("{rows} rows, {}", took(began)));
    Ok(())
}

/// The accounts of one day side by side: each is a run of its own.
async fn collect_day(core: &Core, past: &Past<'_>, date: Date) -> anyhow::Result<u64> {
    let mut runs = JoinSet::new();
    for account in past.accounts.iter().copied() {
        let (analytics, scope) = (core.analytics.clone(), past.scope.clone());
        runs.spawn(async move { analytics.ingest_day(&scope, account, date, IngestTrigger::Backfill).await });
    }
    let mut rows = 0;
    while let Some(report) = runs.join_next().await {
        let report = report.context("a collecting task ended badly")??;
        if report.status() != IngestStatus::Success {
            let error = report
                .steps
                .iter()
                .find_map(|s| s.error.as_ref())
                .map_or_else(|| format!("{:?}", report.verdict), |e| e.message.clone());
            bail!("collecting {date} from {} failed: {error}", report.integration_id);
        }
        rows += report.rows_written();
    }
    Ok(rows)
}

/// One post that did not go out, so that "why didn't it?" has an answer to show.
async fn fail_one(
    core: &Core,
    networks: &Networks,
    clock: &TravelClock,
    past: &Past<'_>,
    worker: &Worker,
) -> anyhow::Result<()> {
    let at = past.now - Duration::from_secs(5 * 3600);
    clock.stand_at(at - Duration::from_secs(600));
    let text = "Giveaway! Share this post, tag three friends, and win a map.";
    posts::create(core, past.scope, past.zone, text, &[past.accounts[1]], at).await?;
    networks.refuse_next_post(core, past.scope, past.accounts[1]).await?;
    clock.stand_at(at + Duration::from_secs(5));
    worker.run_until_idle().await;
    Ok(())
}
