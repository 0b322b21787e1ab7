//! `rookery jobs`

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use rookery_db::Db;
use rookery_governance::audit::{self, Origin};
use rookery_jobs::{JobState, admin};
use rookery_kernel::{Actor, Clock, JobId, Limit, Timestamp};
use serde_json::json;

use super::Table;
use crate::cli::JobsCommand;
use crate::config::Config;
use crate::store::Store;
use crate::wiring::{self, Parts};

pub(crate) async fn jobs(config: &Config, command: JobsCommand) -> anyhow::Result<ExitCode> {
    let store = Store::open_or_join(config).await?;
    let result = match wiring::open(config, &store).await {
        Ok(db) => {
            let result = run(&db, &*Parts::system().clock, command).await;
            db.close().await;
            result
        }
        Err(error) => Err(error),
    };
    store.close().await;
    result
}

async fn run(db: &Db, clock: &dyn Clock, command: JobsCommand) -> anyhow::Result<ExitCode> {
    match command {
        JobsCommand::Stats(args) => stats(db, clock, args.json).await?,
        JobsCommand::List { queue, state, limit, json } => {
            let state = state.map(|s| parse_state(&s)).transpose()?;
            list(db, admin::Filter { queue, state, ..admin::Filter::default() }, limit, json).await?;
        }
        JobsCommand::Retry { id: Some(id), .. } => {
            let id: JobId = id.parse().with_context(|| format!("{id:?} is no job's id"))?;
            admin::retry(db, clock, None, id).await?;
            record(db, clock, "retry", &id.to_string()).await?;
            println!("job {id} is queued again");
        }
        JobsCommand::Retry { id: None, queue } => {
            let since = Timestamp::from_secs(0);
            let count = admin::retry_all(db, clock, None, queue.as_deref(), since).await?;
            let queue = queue.unwrap_or_default();
            record(db, clock, "retry_all", &queue).await?;
            println!("{count} failed jobs of {queue} are queued again");
        }
        JobsCommand::Pause { queue } => {
            admin::pause(db, clock, &queue).await?;
            record(db, clock, "pause", &queue).await?;
            println!("{queue} is paused; running jobs go on");
        }
        JobsCommand::Resume { queue } => {
            admin::resume(db, clock, &queue).await?;
            record(db, clock, "resume", &queue).await?;
            println!("{queue} is worked on again");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// An operator's deed, in the installation's log (STR-46).
async fn record(db: &Db, clock: &dyn Clock, action: &str, id: &str) -> anyhow::Result<()> {
    let mut tx = db.system("an operator's deed").await?;
    let entry = audit::Entry { action, resource: "jobs", resource_id: Some(id.to_owned()), changes: json!({}) };
    audit::record_instance(tx.conn(), clock, &Origin::new(Actor::System), &[entry]).await?;
    tx.commit().await?;
    Ok(())
}

fn parse_state(word: &str) -> anyhow::Result<JobState> {
    use JobState::{Cancelled, Failed, Queued, Running, Scheduled, Succeeded};
    let all = [Scheduled, Queued, Running, Succeeded, Failed, Cancelled];
    match all.into_iter().find(|s| s.label() == word) {
        Some(state) => Ok(state),
        None => bail!("--state: {word:?} is none of scheduled, queued, running, succeeded, failed, cancelled"),
    }
}

async fn stats(db: &Db, clock: &dyn Clock, as_json: bool) -> anyhow::Result<()> {
    let stats = admin::stats(db, clock, None).await?;
    if as_json {
        let rows: Vec<_> = stats
            .iter()
            .map(|q| {
                json!({
                    "queue": q.queue, "paused": q.paused, "concurrency": q.concurrency, "waiting": q.waiting,
                    "scheduled": q.scheduled, "active": q.active, "succeeded": q.succeeded, "failed": q.failed,
                    "failedLastHour": q.failed_last_hour,
                    "oldestWaitingSeconds": q.oldest_waiting.map(|d| d.as_secs()),
                    "runsLastMinute": q.runs_last_minute, "runsLastHour": q.runs_last_hour,
                    "meanRunMs": q.mean_run.map(|d| d.as_secs_f64() * 1e3), "health": q.health,
                })
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    let headings = [
        "queue",
        "health",
        "waiting",
        "scheduled",
        "active",
        "succeeded",
        "failed",
        "oldest waiting",
        "runs/h",
        "mean run",
    ];
    let mut table = Table::new(&headings);
    for q in &stats {
        let health = if q.paused { "paused".to_owned() } else { format!("{:?}", q.health).to_lowercase() };
        table.row(vec![
            q.queue.clone(),
            health,
            q.waiting.to_string(),
            q.scheduled.to_string(),
            q.active.to_string(),
            q.succeeded.to_string(),
            q.failed.to_string(),
            q.oldest_waiting.map_or_else(|| "–".to_owned(), |d| format!("{} s", d.as_secs())),
            q.runs_last_hour.to_string(),
            q.mean_run.map_or_else(|| "–".to_owned(), |d| format!("{:.1} ms", d.as_secs_f64() * 1e3)),
        ]);
    }
    print!("{table}");
    Ok(())
}

async fn list(db: &Db, filter: admin::Filter, limit: u16, as_json: bool) -> anyhow::Result<()> {
    let limit = Limit::new(limit);
    let page = admin::list(db, &filter, None, limit).await?;
    if as_json {
        let rows: Vec<_> = page
            .items
            .iter()
            .map(|j| {
                json!({
                    "id": j.id, "queue": j.queue, "kind": j.kind, "organizationId": j.organization, "state": j.state,
                    "attempt": j.attempt, "attemptsMax": j.attempts_max, "progress": j.progress, "runAt": j.run_at,
                    "createdAt": j.created_at, "startedAt": j.started_at, "finishedAt": j.finished_at,
                    "errorClass": j.error_class, "errorMessage": j.error_message,
                })
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    let mut table = Table::new(&["id", "queue", "kind", "state", "attempt", "due", "error"]);
    for j in &page.items {
        table.row(vec![
            j.id.to_string(),
            j.queue.clone(),
            j.kind.clone(),
            j.state.to_string(),
            format!("{}/{}", j.attempt, j.attempts_max),
            j.run_at.to_string(),
            j.error_message.clone().unwrap_or_default(),
        ]);
    }
    print!("{table}");
    Ok(())
}
