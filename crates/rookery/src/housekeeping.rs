//! What the house does for itself, by the timetable.

use std::time::Duration;

use rookery_governance::archive::{ArchiveError, Report};
use rookery_governance::idempotency;
use rookery_jobs::{Job, JobError, Outcome, Registry, TimetableEntry, queues};
use rookery_kernel::Scope;
use serde::{Deserialize, Serialize};

use crate::wiring::{Core, ensure_partitions};

/// Makes the partitions of the months ahead.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct EnsurePartitions {}

impl Job for EnsurePartitions {
    const KIND: &'static str = "house.ensure_partitions";
    const QUEUE: &'static str = queues::SYSTEM;
}

/// Forgets what has had its time: sessions, sign-ins at networks, keys of idempotent requests.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Forget {}

impl Job for Forget {
    const KIND: &'static str = "house.forget";
    const QUEUE: &'static str = queues::SYSTEM;
}

/// Archives rows past their time. A run that is cut off is finished by the next.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct ArchiveRows {}

impl Job for ArchiveRows {
    const KIND: &'static str = "house.archive";
    const QUEUE: &'static str = queues::SYSTEM;
    /// Hours only the first time; a night's rows take seconds.
    const TIMEOUT: Option<Duration> = Some(Duration::from_secs(6 * 3600));
}

/// How long a run waits for another to end.
const AGAIN: Duration = Duration::from_secs(10 * 60);

/// Adds the house's jobs. Finished jobs are cleaned away by the workers themselves.
pub(crate) fn register(core: &Core, registry: Registry) -> Registry {
    let (partitions, forget, archive) = (core.clone(), core.clone(), core.clone());
    let registry = registry
        .on(move |_: EnsurePartitions, _| {
            let core = partitions.clone();
            async move {
                ensure_partitions(&core.db, &*core.clock).await?;
                Ok(Outcome::Done)
            }
        })
        .on(move |_: Forget, _| {
            let core = forget.clone();
            async move { forget_old(&core).await }
        })
        .on(move |_: ArchiveRows, _| {
            let core = archive.clone();
            async move { archive_rows(&core).await }
        })
        .every(TimetableEntry::new("house.ensure_partitions", "10 0 * * *", &EnsurePartitions {}))
        .every(TimetableEntry::new("house.forget", "40 * * * *", &Forget {}));
    if core.archive_nightly {
        // 01:30: the timetable of the strategy specification.
        return registry.every(TimetableEntry::new("house.archive", "30 1 * * *", &ArchiveRows {}));
    }
    registry
}

/// One organization's trouble does not keep the others from being archived; a folder that cannot be written does.
async fn archive_rows(core: &Core) -> Result<Outcome, JobError> {
    let (mut problems, mut failed) = (Vec::new(), None);
    for organization in core.identity.organization_ids().await? {
        match core.archives.run(&Scope::worker(organization)).await {
            Ok(reports) => {
                let sum = |part: fn(&Report) -> i64| reports.iter().map(part).sum::<i64>();
                let (archived, deleted) = (sum(|r| r.archived), sum(|r| r.deleted));
                let (tombstones, kept) = (sum(|r| r.tombstones), sum(|r| r.kept));
                if archived + deleted + tombstones + kept > 0 {
                    tracing::info!(%organization, archived, deleted, tombstones, kept, "archived what is past its time");
                }
                let of_reports = reports.into_iter().flat_map(|report| report.problems);
                problems.extend(of_reports.map(|problem| format!("{organization}: {problem}")));
            }
            Err(ArchiveError::Busy) => {
                return Ok(Outcome::RetryAfter(AGAIN, "another archive run is under way".to_owned()));
            }
            Err(error @ ArchiveError::Folder { .. }) => return Err(JobError::transient(error).class("archive folder")),
            Err(error) => failed = Some(JobError::transient(error).class("archive")),
        }
    }
    for problem in &problems {
        tracing::warn!(problem, "archiving");
    }
    failed.map_or(Ok(Outcome::Done), Err)
}

async fn forget_old(core: &Core) -> Result<Outcome, JobError> {
    let sessions = core.identity.purge_sessions().await?;
    let sign_ins = core.accounts.purge_states().await?;
    let mut requests = 0;
    for organization in core.identity.organization_ids().await? {
        requests += idempotency::purge(&core.db, &*core.clock, organization).await?;
    }
    tracing::info!(sessions, sign_ins, requests, "forgot what had its time");
    Ok(Outcome::Done)
}
