//! One writer for all that fetch.
//!
//! An account yields some ten rows a day; a transaction for each of them costs several times the rows. Whoever has rows
//! lays them down, and whoever finds the pen free writes everything that lies there, for himself and for the others:
//! the more arrive at once, the larger the batches, and one alone never waits.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rookery_db::{Db, Error, OrgTx};
use rookery_governance::audit::{self, Changes};
use rookery_kernel::{AccountId, Clock, OrganizationId, Scope};
use tokio::sync::oneshot;

use super::store::{self, ROWS_MAX, Row, Written};

const TABLE: &str = "analytics.content_daily_metrics";

/// Rows of one organization that somebody waits for.
struct Pending {
    scope: Scope,
    rows: Arc<Vec<Row>>,
    done: oneshot::Sender<Result<Written, Error>>,
}

/// Writes readings; cheap to clone.
#[derive(Clone)]
pub(crate) struct Writer {
    db: Db,
    clock: Arc<dyn Clock>,
    waiting: Arc<Mutex<Vec<Pending>>>,
    pen: Arc<tokio::sync::Mutex<()>>,
}

impl Writer {
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self { db, clock, waiting: Arc::default(), pen: Arc::default() }
    }

    /// Stores rows of one organization and returns when they are committed. Doing it again changes nothing.
    ///
    /// # Errors
    /// As the database says; nothing of these rows is stored then. Other people's rows never fail these.
    pub async fn write(&self, scope: &Scope, rows: Vec<Row>) -> Result<Written, Error> {
        let rows = Arc::new(rows);
        loop {
            let (done, mut answer) = oneshot::channel();
            self.lay_down(Pending { scope: scope.clone(), rows: Arc::clone(&rows), done });
            loop {
                tokio::select! {
                    biased;
                    answer = &mut answer => match answer {
                        Ok(written) => return written,
                        // Who wrote for us was stopped half-way; nothing was committed.
                        Err(_) => break,
                    },
                    _pen = self.pen.lock() => {
                        let batch = self.pick_up();
                        if !batch.is_empty() {
                            self.write_all(batch).await;
                        }
                    }
                }
            }
        }
    }

    fn lay_down(&self, pending: Pending) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(pending);
    }

    /// What lies there, up to a statement's worth of rows.
    fn pick_up(&self) -> Vec<Pending> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|pending| !pending.done.is_closed());
        let mut rows = 0;
        let count = waiting.iter().take_while(|pending| {
            let fits = rows == 0 || rows + pending.rows.len() <= ROWS_MAX;
            rows += pending.rows.len();
            fits
        });
        let count = count.count();
        waiting.drain(..count).collect()
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
            let rows: Vec<Row> = places.iter().flat_map(|place| batch[*place].rows.iter().cloned()).collect();
            let written = store::write(open, &rows, self.clock.now()).await?;
            if written.rows > 0 {
                self.note(open, written.rows, rows.len()).await?;
            }
            share(&mut results, batch, places, &written);
        }
        if let Some(tx) = tx {
            tx.commit().await?;
        }
        Ok(results)
    }

    /// One line in the log for a statement, not one for a row.
    async fn note(&self, tx: &mut OrgTx, written: u64, of: usize) -> Result<(), Error> {
        let changes = Changes::new().set("rows_written", serde_json::Value::Null, written).set(
            "rows_read",
            serde_json::Value::Null,
            of,
        );
        let entry = audit::Entry { action: "bulk_write", resource: TABLE, resource_id: None, changes: changes.into() };
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
