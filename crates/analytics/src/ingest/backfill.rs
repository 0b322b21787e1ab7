//! Old days: what a network still tells about them, and nothing that was not true then.

use rookery_kernel::{AccountId, Date, Scope};
use tracing::instrument;

use super::day::{Begun, Order};
use super::report::RunReport;
use super::session::Try;
use super::{IngestError, failure};
use crate::run::{IngestKind, IngestTrigger};
use crate::{Analytics, content};

/// Days of one call for an account's numbers.
const DAYS_PER_CHUNK: i64 = 90;
/// Most items of one snapshot.
const ITEMS_MAX: i64 = 5_000;

/// How far a backfill is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackfillProgress {
    /// Steps done.
    pub done: usize,
    /// Steps in all.
    pub of: usize,
    /// Rows new or changed so far.
    pub rows_written: u64,
}

impl Analytics {
    /// Collects a range of old days of one account: the content published since `from`, the
    /// account's numbers day by day where the network keeps them, and **one** snapshot of the
    /// items' lifetime totals, under yesterday. Today's totals are never written under an old date.
    ///
    /// # Errors
    /// [`IngestError`].
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, account = %account, %from, %to))]
    pub async fn backfill(
        &self,
        scope: &Scope,
        account: AccountId,
        from: Date,
        to: Date,
        progress: impl Fn(BackfillProgress) + Send + Sync,
    ) -> Result<RunReport, IngestError> {
        self.backfill_attempt(scope, account, (from, to), Try::only(), progress).await
    }

    pub(super) async fn backfill_attempt(
        &self,
        scope: &Scope,
        account: AccountId,
        (from, to): (Date, Date),
        attempt: Try,
        progress: impl Fn(BackfillProgress) + Send + Sync,
    ) -> Result<RunReport, IngestError> {
        if to < from {
            return Err(IngestError::EmptyRange { from, to });
        }
        let order = Order { account, date: to, trigger: IngestTrigger::Backfill, overwrites: false };
        let mut session = match self.begin(scope, order, attempt).await? {
            Begun::Session(session) => session,
            Begun::Over(report) => return Ok(report),
        };
        let chunks = if session.connector.capabilities().past_days { chunks(from, to) } else { vec![(to, to)] };
        let of = chunks.len() + 2;
        let mut steps = vec![session.content_step(from.start_utc()).await?];
        session.tagging_step(&mut steps).await;
        let tell = |steps: &[super::StepReport]| {
            let rows_written = steps.iter().map(|step| step.rows_written).sum();
            // Tagging comes along with the listing.
            let done = steps.iter().filter(|step| step.kind != IngestKind::Tagging).count();
            progress(BackfillProgress { done, of, rows_written });
        };
        tell(&steps);
        let stopped = |steps: &[super::StepReport]| {
            steps.iter().any(|s| s.ended_early && s.error.as_ref().is_some_and(|e| failure::ends_run(e.kind)))
        };
        if !stopped(&steps) {
            let mut tx = session.tx().await?;
            let before = to.plus_days(1).start_utc();
            let items = content::published_between(&mut tx, account, from.start_utc(), before, ITEMS_MAX).await?;
            drop(tx);
            steps.push(session.metrics_step(items).await?);
            tell(&steps);
        }
        for (from, to) in chunks {
            if stopped(&steps) {
                break;
            }
            steps.push(session.account_days(from, to).await?);
            tell(&steps);
        }
        session.conclude(steps).await
    }
}

/// The range in pieces that one call may ask for.
fn chunks(from: Date, to: Date) -> Vec<(Date, Date)> {
    let mut chunks = Vec::new();
    let mut start = from;
    while start <= to {
        let end = to.min(start.plus_days(DAYS_PER_CHUNK - 1));
        chunks.push((start, end));
        start = end.plus_days(1);
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_the_range_once() {
        let day = |text: &str| text.parse::<Date>().expect("a date");
        let pieces = chunks(day("2025-01-01"), day("2025-07-01"));
        assert_eq!(
            pieces,
            [
                (day("2025-01-01"), day("2025-03-31")),
                (day("2025-04-01"), day("2025-06-29")),
                (day("2025-06-30"), day("2025-07-01"))
            ]
        );
        assert_eq!(chunks(day("2025-01-01"), day("2025-01-01")).len(), 1);
    }
}
