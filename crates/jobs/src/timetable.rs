//! The timetable: jobs that come again and again, at times written as cron lines in a zone.
//!
//! The rows of `jobs.timetables` are the memory: the process that locks a due row adds the job
//! and moves the row on in one transaction, so each time is used once however many processes
//! look. A time that passed while nobody was there is used once, not once per miss.

use std::str::FromStr as _;
use std::time::Duration;

use croner::Cron;
use rookery_db::{Db, Error};
use rookery_kernel::{Timestamp, Zone};
use serde_json::Value;

use crate::enqueue::{Jobs, NewRow};
use crate::job::Job;

/// A line of the timetable.
#[derive(Debug, Clone)]
pub struct TimetableEntry {
    pub(crate) name: &'static str,
    cron: &'static str,
    zone: Zone,
    queue: &'static str,
    kind: &'static str,
    payload: Value,
    key: String,
    priority: Option<i16>,
    attempts_max: Option<i32>,
    jitter: Duration,
}

impl TimetableEntry {
    /// Enqueues `job` at the times of `cron` (five fields) in UTC.
    ///
    /// While an earlier job of the entry still waits or runs, no other is added.
    ///
    /// # Panics
    /// If `cron` is no cron line: entries are written in code, and a wrong one shall not start.
    #[must_use]
    pub fn new<J: Job>(name: &'static str, cron: &'static str, job: &J) -> Self {
        if let Err(error) = Cron::from_str(cron) {
            panic!("the timetable entry {name} has the cron line {cron:?}: {error}");
        }
        let payload = serde_json::to_value(job).expect("a job of ids can be written as JSON");
        let key = job.dedupe_key().unwrap_or_else(|| format!("timetable:{name}"));
        Self {
            name,
            cron,
            zone: Zone::utc(),
            queue: J::QUEUE,
            kind: J::KIND,
            payload,
            key,
            priority: job.priority(),
            attempts_max: J::ATTEMPTS_MAX,
            jitter: Duration::ZERO,
        }
    }

    /// The cron line is read in this zone.
    #[must_use]
    pub fn in_zone(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }

    /// Each run waits a random part of this time, so that installations do not all call at once.
    #[must_use]
    pub fn jitter(self, jitter: Duration) -> Self {
        Self { jitter, ..self }
    }
}

/// The first time after `after` that a cron line in a zone names.
fn next_time(cron: &str, zone: &str, after: Timestamp) -> Option<Timestamp> {
    let zone = jiff::tz::TimeZone::get(zone).ok()?;
    let local = after.to_jiff().to_zoned(zone);
    let next = Cron::from_str(cron).ok()?.find_next_occurrence(&local, false).ok()?;
    Some(Timestamp::from_jiff(next.timestamp()))
}

/// Writes the entries of this process. An operator's `enabled` and the next time stay, except
/// where the cron line or the zone changed.
pub(crate) async fn sync(db: &Db, jobs: &Jobs, entries: &[TimetableEntry]) -> Result<(), Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let now = jobs.clock.now();
    let names = column(entries, |e| e.name);
    let crons = column(entries, |e| e.cron);
    let zones = column(entries, |e| e.zone.name());
    let queues = column(entries, |e| e.queue);
    let kinds = column(entries, |e| e.kind);
    let payloads: Vec<Value> = entries.iter().map(|e| e.payload.clone()).collect();
    let jitters: Vec<i32> = entries.iter().map(|e| i32::try_from(e.jitter.as_secs()).unwrap_or(i32::MAX)).collect();
    let nexts: Vec<Option<Timestamp>> = entries.iter().map(|e| next_time(e.cron, e.zone.name(), now)).collect();
    sqlx::query!(
        "insert into jobs.timetables as t (name, cron, timezone, queue, kind, payload, jitter_seconds, next_run_at)
         select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::integer[],
                              $8::timestamptz[])
         on conflict (name) do update
         set cron = excluded.cron, timezone = excluded.timezone, queue = excluded.queue, kind = excluded.kind,
             payload = excluded.payload, jitter_seconds = excluded.jitter_seconds,
             next_run_at = case when (t.cron, t.timezone) = (excluded.cron, excluded.timezone) and t.next_run_at is not null
                                then t.next_run_at else excluded.next_run_at end
         where (t.cron, t.timezone, t.queue, t.kind, t.payload, t.jitter_seconds)
               is distinct from (excluded.cron, excluded.timezone, excluded.queue, excluded.kind, excluded.payload,
                                 excluded.jitter_seconds)
            or t.next_run_at is null",
        &names,
        &crons,
        &zones,
        &queues,
        &kinds,
        &payloads,
        &jitters,
        &nexts as _,
    )
    .execute(db.worker_pool())
    .await?;
    Ok(())
}

/// Adds the jobs of all due entries that this process knows and says how many entries fired.
pub(crate) async fn fire(db: &Db, jobs: &Jobs, entries: &[TimetableEntry]) -> Result<u64, Error> {
    if entries.is_empty() {
        return Ok(0);
    }
    let now = jobs.clock.now();
    let names = column(entries, |e| e.name);
    let mut tx = db.system("adding the jobs of the timetable").await?;
    let due = sqlx::query_scalar!(
        "select name from jobs.timetables where enabled and next_run_at <= $1 and name = any ($2)
         order by name for update skip locked",
        now as _,
        &names,
    )
    .fetch_all(&mut *tx.conn())
    .await?;
    if due.is_empty() {
        tx.rollback().await;
        return Ok(0);
    }
    let due: Vec<_> = entries.iter().filter(|entry| due.iter().any(|name| name == entry.name)).cloned().collect();
    let mut rows = Vec::with_capacity(due.len());
    for entry in &due {
        let mut chance = [0; 4];
        jobs.ids.fill(&mut chance);
        let wait = entry.jitter.mul_f64(f64::from(u32::from_le_bytes(chance)) / f64::from(u32::MAX));
        rows.push(NewRow {
            queue: entry.queue.to_owned(),
            kind: entry.kind.to_owned(),
            organization: None,
            payload: entry.payload.clone(),
            priority: entry.priority,
            attempts_max: entry.attempts_max,
            dedupe_key: Some(entry.key.clone()),
            run_at: now + wait,
        });
    }
    jobs.insert(tx.conn(), rows).await?;
    let names = column(&due, |e| e.name);
    let nexts: Vec<Option<Timestamp>> = due.iter().map(|e| next_time(e.cron, e.zone.name(), now)).collect();
    sqlx::query!(
        "update jobs.timetables t set last_run_at = $1, next_run_at = u.next_run_at
         from unnest($2::text[], $3::timestamptz[]) as u (name, next_run_at) where t.name = u.name",
        now as _,
        &names,
        &nexts as _,
    )
    .execute(&mut *tx.conn())
    .await?;
    tx.commit().await?;
    tracing::debug!(entries = ?names, "the timetable fired");
    Ok(names.len() as u64)
}

fn column(entries: &[TimetableEntry], field: impl Fn(&TimetableEntry) -> &str) -> Vec<String> {
    entries.iter().map(|entry| field(entry).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(cron: &str, zone: &str, after: &str) -> String {
        next_time(cron, zone, after.parse().expect("a time")).expect("a next time").to_string()
    }

    #[test]
    fn cron_lines_are_read_in_their_zone() {
        assert_eq!(next("0 2 * * *", "UTC", "2026-03-02T09:00:00Z"), "2026-03-03T02:00:00Z");
        assert_eq!(next("0 9 * * THU", "Europe/Berlin", "2026-06-01T00:00:00Z"), "2026-06-04T07:00:00Z");
        assert_eq!(
            next("*/5 * * * *", "UTC", "2026-03-02T09:00:00Z"),
            "2026-03-02T09:05:00Z",
            "never the same instant"
        );
        assert_eq!(next_time("0 2 * * *", "Europe/Atlantis", Timestamp::from_secs(0)), None);
    }

    #[test]
    fn a_local_time_inside_a_gap_still_comes_that_day() {
        let at = next("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z");
        assert!(at.starts_with("2026-03-29T0"), "{at}");
    }
}
