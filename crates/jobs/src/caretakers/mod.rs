//! Small caretakers, each with one duty. Every worker runs all of them: their statements skip
//! what another process holds, so no leader has to be elected.
//!
//! - the **promoter** moves scheduled jobs whose time has come into the queue,
//! - the **timetable** adds its due entries,
//! - the **rescuer** frees jobs whose lease ended,
//! - the **cleaner** removes old finished jobs,
//! - **presence** shows which workers are alive,
//! - the **gauges** tell the metrics how full the queues are.

mod clean;
mod presence;
mod promote;
mod rescue;

use std::sync::Arc;
use std::time::Duration;

use rookery_db::Error;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use crate::run::Shared;
use crate::{admin, settings, timetable};

pub use clean::{Cleaned, clean};

/// How often each caretaker gets up; the promoter and the timetable at every poll.
const RESCUE_EVERY: Duration = Duration::from_secs(5);
const PRESENCE_EVERY: Duration = Duration::from_secs(15);
const CLEAN_EVERY: Duration = Duration::from_secs(60);

/// The caretakers that jobs wait for, until stopped. They use the connections reserved for
/// publishing: other work that holds every other connection must not delay what is due.
pub(crate) async fn punctual(shared: Arc<Shared>, stop: CancellationToken) {
    let mut often = every(shared.config.poll);
    let mut rescues = every(shared.config.lease.map_or(RESCUE_EVERY, |lease| (lease / 4).min(RESCUE_EVERY)));
    loop {
        let (duty, done) = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            _ = often.tick() => ("timetable and promotion", due(&shared).await),
            _ = rescues.tick() => ("rescue", rescue::rescue(&shared).await.map(drop)),
        };
        tell(duty, done);
    }
}

/// The caretakers that may be late, until stopped.
pub(crate) async fn housekeeping(shared: Arc<Shared>, stop: CancellationToken) {
    let mut presence = every(PRESENCE_EVERY);
    let mut cleaning = every(CLEAN_EVERY);
    loop {
        let (duty, done) = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            _ = presence.tick() => ("presence", be_seen(&shared).await),
            _ = cleaning.tick() => ("clean-up", clean(&shared.db, shared.now()).await.map(drop)),
        };
        tell(duty, done);
    }
}

fn every(period: Duration) -> tokio::time::Interval {
    let mut ticks = interval_at(Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// A failed round is logged and the next one comes.
fn tell(duty: &str, done: Result<(), Error>) {
    if let Err(error) = done {
        tracing::warn!(%error, duty, "a caretaker's round failed; the next one comes");
    }
}

/// One round of what makes jobs due, for [`crate::Worker::run_until_idle`].
pub(crate) async fn tend(shared: &Shared) -> Result<(), Error> {
    rescue::rescue(shared).await?;
    due(shared).await
}

async fn due(shared: &Shared) -> Result<(), Error> {
    let db = shared.db.reserved_for_publishing();
    let fired = timetable::fire(&db, &shared.jobs, &shared.registry.timetable).await?;
    let promoted = promote::promote(&db, shared.now()).await?;
    if fired + promoted > 0 {
        shared.jobs.wake();
    }
    Ok(())
}

/// Makes the worker and its timetable known.
pub(crate) async fn sign_on(shared: &Shared) -> Result<(), Error> {
    timetable::sync(&shared.db, &shared.jobs, &shared.registry.timetable).await?;
    presence::show(shared).await
}

/// Takes the worker's row away.
pub(crate) async fn sign_off(shared: &Shared) -> Result<(), Error> {
    presence::leave(shared).await
}

async fn be_seen(shared: &Shared) -> Result<(), Error> {
    presence::show(shared).await?;
    shared.settings.send_replace(Arc::new(settings::load(&shared.db).await?));
    admin::set_gauges(&admin::stats(&shared.db, shared.jobs.clock.as_ref(), None).await?);
    Ok(())
}
