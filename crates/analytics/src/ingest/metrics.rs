//! The second step: the items' numbers.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::time::Duration;

use rookery_kernel::Timestamp;
use rookery_platforms::{CallError, Delivery, ErrorType, ItemFailure, MetricsBatch};
use rookery_publishing::numbers::{self, OnNetwork};
use tokio::time::Instant;

use super::report::StepReport;
use super::session::{Session, Step};
use super::{IngestError, failure, plan};
use crate::content::{self, DueFor};
use crate::daily::{MetricBasis, ROWS_MAX, Reading, Row};
use crate::run::{self, IngestKind, IngestTrigger, NewFailure, Oddity, Reported};
use crate::snapshots::Taken;

/// A number that the account had in so many days is missed when it is absent.
const USUAL_DAYS: i64 = 30;
/// Most items of one run; the others are due again the next day.
const ITEMS_MAX: i64 = 5_000;

/// Until this age every night reads an item, see [`content::due`].
const DAILY_AGE: Duration = Duration::from_secs(7 * 24 * 3600);

impl Session<'_> {
    /// The items whose numbers are due.
    pub(super) async fn due(&self) -> Result<Vec<String>, IngestError> {
        let zone = self.tracked.zone();
        let due = DueFor {
            account: self.account(),
            date: self.snapshot.date,
            end: plan::end_of(self.snapshot.date, &zone),
            zone: &zone,
            // The timetable's run goes on where it was stopped; a person wants to see fresh numbers.
            only_missing: matches!(self.trigger, IngestTrigger::Schedule | IngestTrigger::Backfill),
            rows_max: ITEMS_MAX,
        };
        let mut tx = self.tx().await?;
        Ok(content::due(&mut tx, &due).await?)
    }

    /// Reads the numbers of items in batches; each batch is stored whole or not at all.
    pub(super) async fn metrics_step(&mut self, due: Vec<String>) -> Result<StepReport, IngestError> {
        let step = self.open(IngestKind::Metrics, self.snapshot.date).await?;
        self.read_numbers(step, due).await
    }

    /// The same for a step that is open.
    pub(super) async fn read_numbers(&mut self, mut step: Step, due: Vec<String>) -> Result<StepReport, IngestError> {
        step.tally.total = due.len();
        let most = self.connector.capabilities().metrics_batch_max.clamp(1, ROWS_MAX);
        let mut queue = VecDeque::from(due);
        let mut reported = Reported::default();
        while !queue.is_empty() {
            self.check_stop()?;
            if let Err(error) = self.quota() {
                step.end = Some((error, false));
                break;
            }
            let ids: Vec<String> = queue.drain(..self.batch_max.unwrap_or(most).min(queue.len())).collect();
            step.tally.api_calls += 1;
            let began = Instant::now();
            let answer = self.connector.content_metrics(&self.access, &ids, self.snapshot.date).await;
            self.slow_down(began.elapsed()).await?;
            let batch = match answer {
                Ok(batch) => whole(batch, &ids),
                Err(error) if self.renew(&error).await? => {
                    ids.into_iter().rev().for_each(|id| queue.push_front(id));
                    continue;
                }
                // What the network does not take together it may take in smaller parts; then one item cannot hide the others.
                Err(error) if is_of_the_batch(&error) && ids.len() > 1 => {
                    self.batch_max = Some(ids.len().div_ceil(2));
                    tracing::debug!(runId = %step.run, batch_max = self.batch_max, %error, "smaller batches");
                    ids.into_iter().rev().for_each(|id| queue.push_front(id));
                    continue;
                }
                Err(error) if is_of_the_batch(&error) && !failure::ends_run(error.kind) && step.tally.ok > 0 => {
                    MetricsBatch {
                        rows: Vec::new(),
                        failures: ids
                            .into_iter()
                            .map(|external_id| ItemFailure { external_id, error: error.clone() })
                            .collect(),
                        unsupported: Vec::new(),
                    }
                }
                Err(error) => {
                    step.end = Some((error, false));
                    break;
                }
            };
            let end = ending(&batch);
            let (again, batch) = match &end {
                Some(error) if self.renew(error).await? => for_a_new_token(batch),
                _ => (Vec::new(), batch),
            };
            let renewed = !again.is_empty();
            again.into_iter().rev().for_each(|id| queue.push_front(id));
            batch.rows.iter().for_each(|row| reported.add(row));
            self.store_batch(&mut step, batch).await?;
            if let Some(error) = end.filter(|_| !renewed) {
                step.end = Some((error, true));
                break;
            }
        }
        let since = self.snapshot.date.plus_days(-USUAL_DAYS);
        let mut tx = self.tx().await?;
        reported.tell(run::usual_numbers(&mut tx, self.account(), since).await?, &mut step.odd);
        drop(tx);
        self.close(step).await
    }

    async fn store_batch(&self, step: &mut Step, batch: MetricsBatch) -> Result<(), IngestError> {
        let now = self.now();
        if !batch.unsupported.is_empty() {
            tracing::debug!(runId = %step.run, metrics = ?batch.unsupported, "the network does not give these numbers");
        }
        for name in &batch.unsupported {
            step.odd.note(Oddity::Unsupported, name, 1);
        }
        for row in &batch.rows {
            step.odd.of_item(row);
        }
        let ours = self.publications(&batch).await?;
        let readings: Vec<Reading> = batch.rows.into_iter().map(Reading::from).collect();
        let read = readings.len();
        let taken = taken(&readings, &ours, now);
        let rows = self.rows(step.kind, readings, &ours, now);
        let mut failures = batch.failures;
        // The numbers are stored with everybody's; the diary that follows tells of what is there.
        let written = self.analytics.writer.write_with(self.scope, rows, taken).await?;
        failures.extend(written.of_other_basis.iter().map(|(_, id)| ItemFailure {
            external_id: id.clone(),
            error: CallError::new(
                ErrorType::BadRequest,
                Delivery::Refused,
                "the connector now gives this number for another span than it did; nothing was overwritten",
            ),
        }));
        step.tally.written += written.rows;
        step.tally.ok += read - written.of_other_basis.len();
        step.tally.failed += failures.len();
        step.tally.hopeless += failures.iter().filter(|f| failure::is_hopeless(f.error.kind)).count();
        self.count(read, failures.len());
        self.note_failures(step, &failures, &ours, now).await
    }

    /// Which items of a batch are our publications, by their ids at the network.
    async fn publications(&self, batch: &MetricsBatch) -> Result<BTreeMap<String, OnNetwork>, IngestError> {
        let rows = batch.rows.iter().map(|row| row.external_id.clone());
        let ids: Vec<String> = rows.chain(batch.failures.iter().map(|f| f.external_id.clone())).collect();
        let mut tx = self.tx().await?;
        let known = numbers::known(&mut tx, self.account(), &ids).await?;
        Ok(known.into_iter().map(|publication| (publication.external_id.clone(), publication)).collect())
    }

    /// What of a batch goes into the series of days. Between the nights only young items do, which the night reads anyway
    /// and makes final; and nothing of an account that is not tracked.
    fn rows(
        &self,
        kind: IngestKind,
        readings: Vec<Reading>,
        ours: &BTreeMap<String, OnNetwork>,
        now: Timestamp,
    ) -> Vec<Row> {
        let is_wanted = |reading: &Reading| {
            kind != IngestKind::Snapshots
                || (self.tracked.enabled
                    && ours.get(&reading.external_id).is_some_and(|p| now.since(p.published_at) < DAILY_AGE))
        };
        let version = self.connector.source_version();
        let row = |reading| Row {
            account: self.account(),
            date: self.snapshot.date,
            is_partial: self.snapshot.is_partial,
            fetched_at: now,
            source_version: version.clone(),
            is_first: false,
            overwrites: self.overwrites,
            reading,
        };
        readings.into_iter().filter(is_wanted).map(row).collect()
    }

    async fn note_failures(
        &self,
        step: &mut Step,
        failures: &[ItemFailure],
        ours: &BTreeMap<String, OnNetwork>,
        now: Timestamp,
    ) -> Result<(), IngestError> {
        let mut tx = self.tx().await?;
        let rows: Vec<NewFailure<'_>> = failures
            .iter()
            .map(|f| NewFailure {
                external_id: Some(&f.external_id),
                error: &f.error,
                retry_at: failure::gate(&f.error, now),
            })
            .collect();
        run::insert_failures(&mut tx, step.run, self.account(), step.date, &rows, now).await?;
        let gone: Vec<String> =
            failures.iter().filter(|f| f.error.kind == ErrorType::NotFound).map(|f| f.external_id.clone()).collect();
        if !gone.is_empty() {
            content::mark_gone(&mut tx, self.account(), &gone, now).await?;
        }
        let (gone, failed): (Vec<_>, Vec<_>) = failures
            .iter()
            .filter_map(|f| Some((f.error.kind, ours.get(&f.external_id)?.clone())))
            .partition(|(kind, _)| *kind == ErrorType::NotFound);
        numbers::remove(&mut tx, &publications_of(gone, |_| true), now).await?;
        // What another try may bring stays due; the rest has its next turn.
        let is_last = self.attempt.number >= self.attempt.max;
        let is_over = |kind| match kind {
            ErrorType::Transient => is_last,
            ErrorType::TokenExpired | ErrorType::RateLimit | ErrorType::PolicyBlock => false,
            _ => true,
        };
        numbers::postpone(&mut tx, &publications_of(failed, is_over), now).await?;
        run::progress(&mut tx, step.run, &step.tally, now).await?;
        tx.commit().await?;
        for failed in failures {
            step.remember(&failed.error);
            self.tell(step, Some(&failed.external_id), &failed.error, now);
        }
        Ok(())
    }

    /// Counts items for whoever watches the process.
    fn count(&self, read: usize, failed: usize) {
        let platform = self.platform.label();
        for (result, items) in [("ok", read), ("error", failed)] {
            let items = u64::try_from(items).unwrap_or(u64::MAX);
            ::metrics::counter!("rookery_metrics_collect_total", "platform" => platform, "result" => result)
                .increment(items);
        }
    }
}

/// The publications whose failure is one of these.
fn publications_of(failed: Vec<(ErrorType, OnNetwork)>, wanted: impl Fn(ErrorType) -> bool) -> Vec<OnNetwork> {
    failed.into_iter().filter(|(kind, _)| wanted(*kind)).map(|(_, publication)| publication).collect()
}

/// The readings that are of publications. A number of one day alone is no total and makes no snapshot.
fn taken(readings: &[Reading], ours: &BTreeMap<String, OnNetwork>, now: Timestamp) -> Vec<Taken> {
    let of_publication = |reading: &Reading| {
        let publication = ours.get(&reading.external_id).filter(|_| reading.basis == MetricBasis::Lifetime)?;
        Some(Taken { publication: publication.clone(), reading: reading.clone(), read_at: now })
    };
    readings.iter().filter_map(of_publication).collect()
}

/// The batch with exactly one answer for each id asked for: what nobody asked for is dropped, what
/// has no answer is a failure.
fn whole(batch: MetricsBatch, ids: &[String]) -> MetricsBatch {
    let mut open: HashSet<&str> = ids.iter().map(String::as_str).collect();
    let rows: Vec<_> = batch.rows.into_iter().filter(|row| open.remove(row.external_id.as_str())).collect();
    let mut failures: Vec<_> = batch.failures.into_iter().filter(|f| open.remove(f.external_id.as_str())).collect();
    failures.extend(ids.iter().filter(|id| open.contains(id.as_str())).map(|id| ItemFailure {
        external_id: id.clone(),
        error: CallError::new(ErrorType::Unknown, Delivery::Refused, "the network's answer does not mention this item"),
    }));
    MetricsBatch { rows, failures, unsupported: batch.unsupported }
}

/// Whether a failed call may be the fault of what was asked for together: too much of it, or one item among it.
fn is_of_the_batch(error: &CallError) -> bool {
    error.too_much || matches!(error.kind, ErrorType::BadRequest)
}

/// The failure that would meet every further item too, if the batch holds one. A missing right or
/// trouble on the line counts only if nothing at all came through.
fn ending(batch: &MetricsBatch) -> Option<CallError> {
    let of_account = batch.failures.iter().find(|f| f.error.ends_the_run());
    let of_all = || {
        let first = batch.failures.first().filter(|_| batch.rows.is_empty())?;
        let alike =
            failure::ends_run(first.error.kind) && batch.failures.iter().all(|f| f.error.kind == first.error.kind);
        let enough = batch.failures.len() > 1 || first.error.kind == ErrorType::Permission;
        (alike && enough).then_some(first)
    };
    of_account.or_else(of_all).map(|f| f.error.clone())
}

/// Takes the items that failed for the old token out of a batch.
fn for_a_new_token(batch: MetricsBatch) -> (Vec<String>, MetricsBatch) {
    let (again, failures): (Vec<_>, Vec<_>) =
        batch.failures.into_iter().partition(|f| f.error.kind == ErrorType::TokenExpired);
    (again.into_iter().map(|f| f.external_id).collect(), MetricsBatch { failures, ..batch })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rookery_platforms::ContentMetrics;

    fn row(id: &str) -> ContentMetrics {
        ContentMetrics { external_id: id.to_owned(), ..ContentMetrics::default() }
    }

    fn failed(id: &str, kind: ErrorType) -> ItemFailure {
        ItemFailure { external_id: id.to_owned(), error: CallError::new(kind, Delivery::Refused, "no") }
    }

    #[test]
    fn each_id_has_exactly_one_answer() {
        let ids = ["a", "b", "c"].map(ToOwned::to_owned);
        let batch = MetricsBatch {
            rows: vec![row("a"), row("a"), row("stranger")],
            failures: vec![failed("b", ErrorType::Transient), failed("a", ErrorType::Transient)],
            unsupported: Vec::new(),
        };
        let batch = whole(batch, &ids);
        assert_eq!(batch.rows, [row("a")]);
        let failures: Vec<_> = batch.failures.iter().map(|f| (f.external_id.as_str(), f.error.kind)).collect();
        assert_eq!(failures, [("b", ErrorType::Transient), ("c", ErrorType::Unknown)]);
    }

    #[test]
    fn only_what_meets_everybody_ends_the_run() {
        use ErrorType::{NotFound, Permission, RateLimit, TokenExpired, Transient};
        let end = |rows: &[&str], failures: Vec<ItemFailure>| {
            let rows = rows.iter().map(|id| row(id)).collect();
            ending(&MetricsBatch { rows, failures, unsupported: Vec::new() }).map(|e| e.kind)
        };
        assert_eq!(end(&["a"], vec![failed("b", TokenExpired)]), Some(TokenExpired));
        assert_eq!(end(&["a"], vec![failed("b", RateLimit)]), Some(RateLimit));
        assert_eq!(end(&["a"], vec![failed("b", Permission)]), None, "one hidden item among others");
        assert_eq!(end(&[], vec![failed("b", Permission)]), Some(Permission));
        assert_eq!(end(&[], vec![failed("a", Transient), failed("b", Transient)]), Some(Transient));
        assert_eq!(end(&[], vec![failed("a", Transient)]), None);
        assert_eq!(end(&[], vec![failed("a", NotFound), failed("b", NotFound)]), None);
    }
}
