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
/// (rescued, cancelled) change nothing.
pub(crate) async fn write(db: &Db, owner: &str, endings: &[Ending]) -> Result<(), Error> {
    let column = |f: fn(&Ending) -> Uuid| endings.iter().map(f).collect::<Vec<_>>();
    let ids = column(|e| e.id.uuid());
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
    sqlx::query!(
        "with ended as (
             select e.id, e.attempt, e.state::jobs.job_state as state, e.run_at, e.attempt_back, e.outcome,
                    e.error_class, e.error_message, e.started_at, e.finished_at
             from unnest($2::uuid[], $3::integer[], $4::text[], $5::timestamptz[], $6::integer[], $7::text[],
                         $8::text[], $9::text[], $10::timestamptz[], $11::timestamptz[])
                  as e (id, attempt, state, run_at, attempt_back, outcome, error_class, error_message,
                        started_at, finished_at)
         ), moved as (
             update jobs.jobs j
             set state = e.state, run_at = coalesce(e.run_at, j.run_at), attempt = j.attempt - e.attempt_back,
                 lost_count = 0, lease_owner = null, lease_expires_at = null,
                 error_class = e.error_class, error_message = e.error_message,
                 progress = case when e.state = 'succeeded' then 100 else j.progress end,
                 finished_at = case when e.state in ('succeeded', 'failed', 'cancelled') then e.finished_at end,
                 updated_at = e.finished_at
             from ended e
             where j.id = e.id and j.attempt = e.attempt and j.state = 'running' and j.lease_owner = $1
             returning e.id, e.attempt, e.outcome, e.error_class, e.error_message, e.started_at, e.finished_at
         )
         insert into jobs.job_runs (job_id, attempt, worker, started_at, finished_at, outcome, error_class, error_message)
         select m.id, m.attempt, $1, m.started_at, m.finished_at, m.outcome, m.error_class, m.error_message from moved m",
        owner,
        &ids,
        &attempts,
        &states,
        &run_at as _,
        &attempts_back,
        &outcomes,
        &classes as &[Option<String>],
        &messages as &[Option<String>],
        &started as _,
        &finished as _,
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
