//! How a run ended: deciding it (pure) and writing many endings at once.

use std::time::Duration;

use rookery_db::{Db, Error};
use rookery_kernel::{JobId, Timestamp};
use uuid::Uuid;

use crate::backoff::backoff;
use crate::claim::Claimed;
use crate::job::{JobError, JobState, Outcome};

/// Longest error text that is kept.
const MESSAGE_CHARS_MAX: usize = 2_000;
/// Shortest snooze: a handler that snoozes into the past must not spin.
const SNOOZE_MIN: Duration = Duration::from_secs(1);

/// The word in `jobs.job_runs.outcome`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RunOutcome {
    Succeeded,
    Failed,
    Released,
}

impl RunOutcome {
    const fn label(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Released => "released",
        }
    }
}

/// The end of one run, ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) id: JobId,
    pub(crate) attempt: i32,
    pub(crate) started_at: Timestamp,
    pub(crate) finished_at: Timestamp,
    pub(crate) outcome: RunOutcome,
    /// The job's new state.
    pub(crate) state: JobState,
    /// When it is due again, if it is.
    pub(crate) run_at: Option<Timestamp>,
    /// The run does not count as an attempt.
    pub(crate) attempt_back: bool,
    pub(crate) error: Option<(&'static str, String)>,
}

/// What deciding needs to know besides the result.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    pub(crate) now: Timestamp,
    pub(crate) backoff_base: Duration,
    pub(crate) backoff_cap: Duration,
    /// Chance for the jitter.
    pub(crate) chance: u32,
}

impl Ending {
    /// What follows from a run's result.
    pub(crate) fn of(job: &Claimed, result: Result<Outcome, JobError>, facts: Facts) -> Self {
        let Facts { now, .. } = facts;
        let ending = Self {
            id: job.id,
            attempt: job.attempt,
            started_at: job.started_at,
            finished_at: now,
            outcome: RunOutcome::Succeeded,
            state: JobState::Succeeded,
            run_at: None,
            attempt_back: false,
            error: None,
        };
        let due_at = |at: Timestamp| (if at > now { JobState::Scheduled } else { JobState::Queued }, Some(at));
        let failed = |class, message: &str, delay: Option<Duration>| {
            let (state, run_at) = match delay {
                Some(delay) if job.attempt < job.attempts_max => due_at(now + delay),
                _ => (JobState::Failed, None),
            };
            let error = Some((class, cut(message)));
            Self { outcome: RunOutcome::Failed, state, run_at, error, ..ending.clone() }
        };
        match result {
            Ok(Outcome::Done) => ending,
            Ok(Outcome::Discard(reason)) => {
                Self { state: JobState::Cancelled, error: Some(("discarded", cut(&reason))), ..ending }
            }
            Ok(Outcome::SnoozeUntil(at)) => {
                let (state, run_at) = due_at(at.max(now + SNOOZE_MIN));
                Self { outcome: RunOutcome::Released, state, run_at, attempt_back: true, ..ending }
            }
            Ok(Outcome::RetryAfter(delay, message)) => failed("retry_after", &message, Some(delay)),
            Err(error) if error.is_stopped() => Self::released(job, now),
            Err(error) => {
                let base = job.backoff_base.unwrap_or(facts.backoff_base);
                let delay = backoff(base, facts.backoff_cap, job.attempt, facts.chance);
                failed(error.class, &error.message, (!error.permanent).then_some(delay))
            }
        }
    }

    /// Put back because the worker stops.
    pub(crate) fn released(job: &Claimed, now: Timestamp) -> Self {
        Self {
            id: job.id,
            attempt: job.attempt,
            started_at: job.started_at,
            finished_at: now,
            outcome: RunOutcome::Released,
            state: JobState::Queued,
            run_at: Some(now),
            attempt_back: true,
            error: None,
        }
    }
}

fn cut(message: &str) -> String {
    message.chars().take(MESSAGE_CHARS_MAX).collect()
}

/// Writes endings and their runs in one statement. Endings of jobs that are no longer ours
/// (rescued, cancelled) change nothing; only running jobs have a lease owner.
///
/// There is no join in it. The statistics of a queue's table are always stale: they say that
/// nothing runs, and the planner then joins endings and running jobs by comparing each with each.
/// So rows are found by an array of ids, which the primary key serves whatever the planner
/// believes, and each row looks its values up by its id's place in that array (`width_bucket` is
/// PostgreSQL's binary search).
pub(crate) async fn write(db: &Db, owner: &str, endings: &mut [Ending]) -> Result<(), Error> {
    endings.sort_unstable_by_key(|e| (e.id, e.attempt));
    let ids: Vec<Uuid> = endings.iter().map(|e| e.id.uuid()).collect();
    let attempts: Vec<i32> = endings.iter().map(|e| e.attempt).collect();
    let states: Vec<String> = endings.iter().map(|e| e.state.label().to_owned()).collect();
    let run_at: Vec<Option<Timestamp>> = endings.iter().map(|e| e.run_at).collect();
    let attempts_back: Vec<i32> = endings.iter().map(|e| i32::from(e.attempt_back)).collect();
    let outcomes: Vec<String> = endings.iter().map(|e| e.outcome.label().to_owned()).collect();
    let classes: Vec<Option<String>> =
        endings.iter().map(|e| e.error.as_ref().map(|(class, _)| (*class).to_owned())).collect();
    let messages: Vec<Option<String>> =
        endings.iter().map(|e| e.error.as_ref().map(|(_, message)| message.clone())).collect();
    let started: Vec<Timestamp> = endings.iter().map(|e| e.started_at).collect();
    let finished: Vec<Timestamp> = endings.iter().map(|e| e.finished_at).collect();
    let ended: Vec<Option<Timestamp>> = endings.iter().map(|e| e.state.is_final().then_some(e.finished_at)).collect();
    let progress: Vec<Option<i16>> = endings.iter().map(|e| (e.state == JobState::Succeeded).then_some(100)).collect();
    sqlx::query!(
        "with moved as (
             update jobs.jobs j
             set (state, run_at, attempt, error_class, error_message, progress, finished_at, updated_at) = (
                     select ($4::text[])[e.n]::jobs.job_state, coalesce(($5::timestamptz[])[e.n], j.run_at),
                            j.attempt - ($6::integer[])[e.n], ($7::text[])[e.n], ($8::text[])[e.n],
                            coalesce(($9::smallint[])[e.n], j.progress), ($10::timestamptz[])[e.n],
                            ($11::timestamptz[])[e.n]
                     from (select width_bucket(j.id, $2::uuid[]) as n offset 0) as e),
                 lost_count = 0, lease_owner = null, lease_expires_at = null
             where j.id = any (array(select unnest($2::uuid[]))) and j.lease_owner = $1
               and j.attempt = ($3::integer[])[width_bucket(j.id, $2::uuid[])]
             returning j.id, width_bucket(j.id, $2::uuid[]) as n
         )
         insert into jobs.job_runs (job_id, attempt, worker, started_at, finished_at, outcome, error_class, error_message)
         select m.id, ($3::integer[])[m.n], $1, ($12::timestamptz[])[m.n], ($11::timestamptz[])[m.n],
                ($13::text[])[m.n], ($7::text[])[m.n], ($8::text[])[m.n]
         from moved m",
        owner,
        &ids,
        &attempts,
        &states,
        &run_at as _,
        &attempts_back,
        &classes as &[Option<String>],
        &messages as &[Option<String>],
        &progress as &[Option<i16>],
        &ended as _,
        &finished as _,
        &started as _,
        &outcomes,
    )
    .execute(db.worker_pool())
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_772_442_000;

    fn ending(attempt: i32, result: Result<Outcome, JobError>) -> Ending {
        let now = Timestamp::from_secs(NOW);
        let job = Claimed {
            id: JobId::from_uuid(Uuid::from_u128(1)),
            kind: "test".into(),
            organization: None,
            payload: serde_json::Value::Null,
            attempt,
            attempts_max: 3,
            backoff_base: None,
            request_id: None,
            started_at: now,
        };
        let seconds = Duration::from_secs;
        let facts = Facts { now, backoff_base: seconds(2), backoff_cap: seconds(3_600), chance: u32::MAX };
        Ending::of(&job, result, facts)
    }

    #[test]
    fn failures_wait_longer_each_time_and_end_as_dead_letters() {
        let fail = |attempt| ending(attempt, Err(JobError::transient("mail server down")));
        let after = |ending: &Ending| ending.run_at.map(|at| at.since(Timestamp::from_secs(NOW)).as_millis());
        assert_eq!((fail(1).state, after(&fail(1))), (JobState::Scheduled, Some(2_200)));
        assert_eq!((fail(2).state, after(&fail(2))), (JobState::Scheduled, Some(4_400)));
        assert_eq!((fail(3).state, after(&fail(3))), (JobState::Failed, None));
        assert_eq!(ending(1, Err(JobError::permanent("gone"))).state, JobState::Failed);
    }

    #[test]
    fn a_snooze_and_a_stop_give_the_attempt_back() {
        let past = ending(3, Ok(Outcome::SnoozeUntil(Timestamp::from_secs(0))));
        assert_eq!((past.state, past.attempt_back), (JobState::Scheduled, true));
        assert_eq!(past.run_at, Some(Timestamp::from_secs(NOW + 1)), "a snooze into the past must not spin");
        let stopped = ending(3, Err(JobError::stopped()));
        assert_eq!((stopped.state, stopped.attempt_back), (JobState::Queued, true));
        assert_eq!(stopped.outcome, RunOutcome::Released);
    }

    #[test]
    fn retry_after_names_its_own_delay_but_is_an_attempt() {
        let retry = |attempt| ending(attempt, Ok(Outcome::RetryAfter(Duration::from_secs(90), "busy".into())));
        assert_eq!(retry(1).run_at, Some(Timestamp::from_secs(NOW + 90)));
        assert_eq!(retry(3).state, JobState::Failed);
        assert_eq!(ending(1, Ok(Outcome::Discard("already sent".into()))).state, JobState::Cancelled);
    }
}
