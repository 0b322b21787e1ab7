//! One writer for all that fetch.
//!
//! An account yields some ten rows a day; a transaction for each of them costs several times the rows. Whoever has rows
//! lays them down, and whoever finds a pen free writes what lies there, for himself and for the others: the more arrive at
//! once, the larger the batches, and one alone never waits. What is of an organization that another pen writes stays until
//! that one is done: it would only wait for its lock.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rookery_db::{Db, Error, OrgTx};
use rookery_governance::audit::{self, Changes};
use rookery_kernel::{AccountId, Clock, OrganizationId, Scope};
use tokio::sync::{Notify, Semaphore, SemaphorePermit, oneshot};

use super::store::{self, ROWS_MAX, Row, Written};
use crate::snapshots::{Taken, store as snapshots};

const TABLE: &str = "analytics.content_daily_metrics";
const SNAPSHOTS: &str = "analytics.publication_snapshots";
/// Batches that are written at once: while the database works on one, the next is put together and sent. More would make
/// the batches smaller.
const PENS: usize = 2;

/// Rows of one organization that somebody waits for.
struct Pending {
    scope: Scope,
    rows: Arc<Vec<Row>>,
    /// Of the same readings those that are of our publications.
    taken: Arc<Vec<Taken>>,
    done: oneshot::Sender<Result<Written, Error>>,
}

impl Pending {
    fn size(&self) -> usize {
        self.rows.len().max(self.taken.len())
    }
}

/// Writes readings; cheap to clone.
#[derive(Clone)]
pub(crate) struct Writer {
    db: Db,
    clock: Arc<dyn Clock>,
    desk: Arc<Desk>,
    pens: Arc<Semaphore>,
}

/// What lies there, and what is being written.
#[derive(Default)]
struct Desk {
    state: Mutex<State>,
    /// A batch is done.
    done: Notify,
}

#[derive(Default)]
struct State {
    waiting: Vec<Pending>,
    in_work: BTreeSet<OrganizationId>,
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What lies there of organizations that nobody writes, up to a statement's worth of rows.
    fn pick_up<'a>(&'a self, pen: SemaphorePermit<'a>) -> Option<Batch<'a>> {
        let mut state = self.state();
        let mut rows = 0;
        let (mut taken, mut left) = (Vec::new(), Vec::new());
        for pending in std::mem::take(&mut state.waiting) {
            let is_free = !state.in_work.contains(&pending.scope.organization_id);
            if pending.done.is_closed() {
                continue;
            }
            if is_free && (rows == 0 || rows + pending.size() <= ROWS_MAX) {
                rows += pending.size();
                taken.push(pending);
            } else {
                left.push(pending);
            }
        }
        state.waiting = left;
        if taken.is_empty() {
            return None;
        }
        let organizations: BTreeSet<OrganizationId> = taken.iter().map(|p| p.scope.organization_id).collect();
        state.in_work.extend(&organizations);
        Some(Batch { desk: self, taken, organizations, _pen: pen })
    }
}

/// Rows that are being written. However that ends, their organizations are free again.
struct Batch<'a> {
    desk: &'a Desk,
    taken: Vec<Pending>,
    organizations: BTreeSet<OrganizationId>,
    _pen: SemaphorePermit<'a>,
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        let mut state = self.desk.state();
        state.in_work.retain(|organization| !self.organizations.contains(organization));
        drop(state);
        self.desk.done.notify_waiters();
    }
}

impl Writer {
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self { db, clock, desk: Arc::default(), pens: Arc::new(Semaphore::new(PENS)) }
    }

    /// Stores rows of one organization and returns when they are committed. Doing it again changes nothing.
    ///
    /// # Errors
    /// As the database says; nothing of these rows is stored then. Other people's rows never fail these.
    pub async fn write(&self, scope: &Scope, rows: Vec<Row>) -> Result<Written, Error> {
        self.write_with(scope, rows, Vec::new()).await
    }

    /// The same, and the snapshots of publications with them: one reading of the network feeds both series or neither.
    ///
    /// # Errors
    /// As [`Writer::write`].
    pub async fn write_with(&self, scope: &Scope, rows: Vec<Row>, taken: Vec<Taken>) -> Result<Written, Error> {
        let (rows, taken) = (Arc::new(rows), Arc::new(taken));
        loop {
            let (done, mut answer) = oneshot::channel();
            let (rows, taken) = (Arc::clone(&rows), Arc::clone(&taken));
            self.desk.state().waiting.push(Pending { scope: scope.clone(), rows, taken, done });
            loop {
                tokio::select! {
                    biased;
                    answer = &mut answer => match answer {
                        Ok(written) => return written,
                        // Who wrote for us was stopped half-way; nothing was committed.
                        Err(_) => break,
                    },
                    // Begun, it is not dropped for the answer: others wait for theirs.
                    mut batch = self.next_batch() => self.write_all(std::mem::take(&mut batch.taken)).await,
                }
            }
        }
    }

    /// What to write as soon as a pen is free; if all that lies there is of organizations in work, after one is done.
    async fn next_batch(&self) -> Batch<'_> {
        loop {
            let pen = self.pens.acquire().await.expect("pens are never taken away");
            // Asked for before looking: what is done in between is not missed.
            let done = self.desk.done.notified();
            if let Some(batch) = self.desk.pick_up(pen) {
                return batch;
            }
            done.await;
        }
    }

    async fn write_all(&self, batch: Vec<Pending>) {
        match self.write_together(&batch).await {
            Ok(mut written) => {
                for (place, pending) in batch.into_iter().enumerate() {
                    let _ = pending.done.send(Ok(written.remove(&place).unwrap_or_default()));
                }
            }
            // One batch's trouble is not the others': each is written alone, and each hears of its own.
            Err(error) if batch.len() > 1 => {
                tracing::debug!(%error, batches = batch.len(), "a batch of several is written one by one");
                for pending in batch {
                    let alone = [pending];
                    let result = self.write_together(&alone).await.map(|mut w| w.remove(&0).unwrap_or_default());
                    let [pending] = alone;
                    let _ = pending.done.send(result);
                }
            }
            Err(error) => {
                if let Some(pending) = batch.into_iter().next() {
                    let _ = pending.done.send(Err(error));
                }
            }
        }
    }

    /// One transaction: the organizations one after the other, each in one statement. What each batch wrote, by its
    /// place; what a statement wrote is told to the first of its batches.
    async fn write_together(&self, batch: &[Pending]) -> Result<BTreeMap<usize, Written>, Error> {
        let mut organizations: BTreeMap<OrganizationId, Vec<usize>> = BTreeMap::new();
        for (place, pending) in batch.iter().enumerate() {
            organizations.entry(pending.scope.organization_id).or_default().push(place);
        }
        let mut results = BTreeMap::new();
        let mut tx: Option<OrgTx> = None;
        for places in organizations.values() {
            let scope = &batch[places[0]].scope;
            let open = match tx.as_mut() {
                Some(open) => {
                    open.turn_to(scope).await?;
                    open
                }
                None => tx.insert(self.db.org(scope).await?),
            };
            let rows: Vec<&Row> = places.iter().flat_map(|place| batch[*place].rows.iter()).collect();
            let (count, now) = (rows.len(), self.clock.now());
            let mut written = store::write(open, rows, now).await?;
            if written.rows > 0 {
                self.note(open, TABLE, written.rows, count).await?;
            }
            let taken: Vec<&Taken> = places.iter().flat_map(|place| batch[*place].taken.iter()).collect();
            let buckets = snapshots::write(open, &taken, now).await?;
            if buckets > 0 {
                self.note(open, SNAPSHOTS, buckets, taken.len()).await?;
                written.rows += buckets;
            }
            share(&mut results, batch, places, &written);
        }
        if let Some(tx) = tx {
            tx.commit().await?;
        }
        Ok(results)
    }

    /// One line in the log for a statement, not one for a row.
    async fn note(&self, tx: &mut OrgTx, table: &'static str, written: u64, of: usize) -> Result<(), Error> {
        let changes = Changes::new().set("rows_written", serde_json::Value::Null, written).set(
            "rows_read",
            serde_json::Value::Null,
            of,
        );
        let entry = audit::Entry { action: "bulk_write", resource: table, resource_id: None, changes: changes.into() };
        audit::record(tx, &*self.clock, &[entry]).await
    }
}

/// Tells each batch what came of it. The count of changed rows is the statement's: the first batch gets it.
fn share(results: &mut BTreeMap<usize, Written>, batch: &[Pending], places: &[usize], written: &Written) {
    for (n, place) in places.iter().enumerate() {
        let mine = |(account, item): &&(AccountId, String)| {
            batch[*place].rows.iter().any(|r| r.account == *account && r.reading.external_id == *item)
        };
        let of_other_basis = written.of_other_basis.iter().filter(mine).cloned().collect();
        results.insert(*place, Written { rows: if n == 0 { written.rows } else { 0 }, of_other_basis });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rookery_kernel::Date;

    use crate::daily::{MetricBasis, Reading};

    fn lay_down(desk: &Desk, organization: OrganizationId) -> oneshot::Receiver<Result<Written, Error>> {
        let (done, answer) = oneshot::channel();
        let numbers = crate::kpi::Numbers { reach: Some(1), ..Default::default() };
        let reading: Reading = crate::daily::DailyReading {
            account: AccountId::from_uuid(organization.uuid()),
            external_content_id: "1".to_owned(),
            date: "2026-03-01".parse::<Date>().expect("a date"),
            basis: MetricBasis::Day,
            numbers,
        }
        .into();
        let row = Row {
            account: AccountId::from_uuid(organization.uuid()),
            date: "2026-03-01".parse().expect("a date"),
            is_partial: false,
            fetched_at: "2026-03-02".parse::<Date>().expect("a date").start_utc(),
            source_version: "test/1".to_owned(),
            is_first: false,
            overwrites: false,
            reading,
        };
        let (scope, taken) = (Scope::worker(organization), Arc::default());
        let pending = Pending { scope, rows: Arc::new(vec![row]), taken, done };
        desk.state().waiting.push(pending);
        answer
    }

    #[test]
    fn what_is_of_an_organization_in_work_stays_until_that_batch_is_done() {
        let [one, other] = [1, 2].map(|n| OrganizationId::from_uuid(uuid::Uuid::from_u128(n)));
        let (desk, pens) = (Desk::default(), Semaphore::new(3));
        let pick_up = || desk.pick_up(pens.try_acquire().expect("a free pen"));
        let taken = |batch: &Option<Batch<'_>>| -> Vec<OrganizationId> {
            batch.iter().flat_map(|b| b.taken.iter().map(|p| p.scope.organization_id)).collect()
        };
        let _answers = [lay_down(&desk, one), lay_down(&desk, one)];
        let first = pick_up();
        assert_eq!(taken(&first), [one, one], "what lies there goes together");

        let _late = [lay_down(&desk, one), lay_down(&desk, other)];
        drop(lay_down(&desk, other));
        let second = pick_up();
        assert_eq!(taken(&second), [other], "neither what is in work nor what nobody waits for");
        assert!(pick_up().is_none());
        assert_eq!(pens.available_permits(), 1, "who finds nothing gives the pen back");

        drop(first);
        assert_eq!(taken(&pick_up()), [one]);
    }
}
