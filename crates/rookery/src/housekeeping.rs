//! What the house does for itself, by the timetable.

use rookery_governance::idempotency;
use rookery_jobs::{Job, JobError, Outcome, Registry, TimetableEntry, queues};
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

/// Adds the house's jobs. Finished jobs are cleaned away by the workers themselves.
pub(crate) fn register(core: &Core, registry: Registry) -> Registry {
    let (partitions, forget) = (core.clone(), core.clone());
    registry
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
        .every(TimetableEntry::new("house.ensure_partitions", "10 0 * * *", &EnsurePartitions {}))
        .every(TimetableEntry::new("house.forget", "40 * * * *", &Forget {}))
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
