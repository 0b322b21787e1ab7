//! Tagging everything anew, after rules, tags or stop words changed: a job that goes on where it was stopped and starts
//! over when wishes change meanwhile.

use std::time::Duration;

use rookery_db::OrgTx;
use rookery_jobs::{Job, JobError, Outcome, RunContext, queues};
use rookery_kernel::{OrganizationId, RunId, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use tracing::instrument;

use super::apply::Prepared;
use super::ops::TagError;
use super::tagging_store;
use crate::Analytics;
use crate::run::{self, IngestStatus, Tally};

/// Items of one batch.
const BATCH: i64 = 500;

/// Tags all content of an organization anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetagContent {
    /// The tenant, for the key.
    pub organization_id: OrganizationId,
}

impl Job for RetagContent {
    const KIND: &'static str = "analytics.retag_content";
    const QUEUE: &'static str = queues::ANALYTICS;
    const ATTEMPTS_MAX: Option<i32> = Some(5);
    const TIMEOUT: Option<Duration> = Some(Duration::from_secs(3600));
    const PRIORITY: Option<i16> = Some(4);

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.organization_id))
    }
}

/// How far tagging everything anew is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retagging {
    /// The last change that asked for it.
    pub requested_at: Timestamp,
    /// Items at the start.
    pub items_total: i32,
    /// Items done.
    pub items_done: i32,
    /// Tags put on items so far.
    pub links_added: i64,
    /// Tags taken off items so far.
    pub links_removed: i64,
    /// When it was through; `None` while it waits or works.
    pub finished_at: Option<Timestamp>,
}

impl Retagging {
    /// Whole percent done; 100 only at the end.
    pub fn percent(&self) -> u8 {
        if self.finished_at.is_some() {
            return 100;
        }
        let (done, of) = (i64::from(self.items_done), i64::from(self.items_total.max(1)));
        u8::try_from((done * 100 / of).clamp(0, 99)).unwrap_or(99)
    }
}

impl Analytics {
    /// How far tagging everything anew is; `None` if nobody ever asked for it.
    ///
    /// # Errors
    /// [`TagError::Db`].
    pub async fn retagging(&self, scope: &Scope) -> Result<Option<Retagging>, TagError> {
        let mut tx = self.db.org(scope).await?;
        Ok(tagging_store::state(&mut tx).await?.map(|state| Retagging {
            requested_at: state.requested_at,
            items_total: state.items_total,
            items_done: state.items_done,
            links_added: state.links_added,
            links_removed: state.links_removed,
            finished_at: state.finished_at,
        }))
    }

    /// Asks for all content to be tagged anew. One that is under way starts over.
    ///
    /// # Errors
    /// [`TagError::Db`].
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn request_retagging(&self, scope: &Scope) -> Result<(), TagError> {
        let mut tx = self.db.org(scope).await?;
        self.request_retagging_in(&mut tx).await?;
        tx.commit().await?;
        self.jobs.wake();
        Ok(())
    }

    /// The same as part of the change that makes it necessary. The caller wakes the workers after the commit.
    pub(super) async fn request_retagging_in(&self, tx: &mut OrgTx) -> Result<(), rookery_db::Error> {
        tagging_store::request(tx, self.clock.now()).await?;
        let organization_id = tx.organization_id();
        let jobs = self.jobs.caused_by(tx.scope());
        jobs.enqueue(tx.conn(), Some(organization_id), &RetagContent { organization_id }).await?;
        Ok(())
    }

    /// Sees to it that what was asked for has a job: one could end in the moment in which it was asked for again.
    pub(crate) async fn resume_retagging(&self, scope: &Scope) -> Result<(), rookery_db::Error> {
        let mut tx = self.db.org(scope).await?;
        if tagging_store::state(&mut tx).await?.is_some_and(|state| state.finished_at.is_none()) {
            let organization_id = scope.organization_id;
            self.jobs.enqueue(tx.conn(), Some(organization_id), &RetagContent { organization_id }).await?;
            tx.commit().await?;
            self.jobs.wake();
        }
        Ok(())
    }

    pub(crate) async fn run_retag(&self, job: RetagContent, context: RunContext) -> Result<Outcome, JobError> {
        let scope = context.scope().unwrap_or_else(|| Scope::worker(job.organization_id));
        let mut prepared = Prepared::default();
        loop {
            if context.stop.is_cancelled() {
                return Err(JobError::stopped());
            }
            let Some(percent) = self.retag_batch(&scope, &mut prepared).await? else { return Ok(Outcome::Done) };
            // A courtesy: the table has the truth.
            context.progress(percent, "tagging content").await.ok();
        }
    }

    /// One batch in one transaction; `None` if there is nothing left to do.
    pub(super) async fn retag_batch(
        &self,
        scope: &Scope,
        prepared: &mut Prepared,
    ) -> Result<Option<u8>, rookery_db::Error> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        tagging_store::lock_tagging(&mut tx).await?;
        let state = tagging_store::state_to_change(&mut tx).await?.filter(|state| state.finished_at.is_none());
        let Some(mut state) = state else { return Ok(None) };
        let run_id = if let Some(run) = state.run_id {
            RunId::from_uuid(run)
        } else {
            let run = RunId::generate(&*self.ids);
            tagging_store::open_run(&mut tx, run, state.items_total, now).await?;
            state.run_id = Some(run.uuid());
            run
        };
        let rows = tagging_store::items_after(&mut tx, state.position, BATCH).await?;
        if let Some(last) = rows.last() {
            let tagger = prepared.refresh(&mut tx).await?;
            let written = self.tag_batch(&mut tx, tagger, &rows).await?;
            state.position = last.content_key;
            state.items_done = state.items_done.saturating_add(run::narrow(rows.len()));
            state.items_total = state.items_total.max(state.items_done);
            state.links_added = state.links_added.saturating_add_unsigned(written.added);
            state.links_removed = state.links_removed.saturating_add_unsigned(written.removed);
        } else {
            state.finished_at = Some(now);
        }
        let count = |items: i32| usize::try_from(items).unwrap_or(0);
        let tally = Tally { total: count(state.items_total), ok: count(state.items_done), ..Tally::default() };
        if state.finished_at.is_some() {
            let nothing = run::Oddities::default();
            run::close(&mut tx, run_id, IngestStatus::Success, None, (&tally, &nothing), now).await?;
            self.roll_up_soon(&mut tx).await?;
        } else {
            run::progress(&mut tx, run_id, &tally, now).await?;
        }
        tagging_store::save_state(&mut tx, &state).await?;
        tx.commit().await?;
        let done = i64::from(state.items_done) * 100 / i64::from(state.items_total.max(1));
        Ok(state.finished_at.is_none().then(|| u8::try_from(done.clamp(0, 99)).unwrap_or(99)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_percent_is_the_end_only() {
        let at = Timestamp::from_secs(0);
        let state = Retagging {
            requested_at: at,
            items_total: 3,
            items_done: 1,
            links_added: 0,
            links_removed: 0,
            finished_at: None,
        };
        assert_eq!(state.percent(), 33);
        assert_eq!(Retagging { items_done: 3, ..state.clone() }.percent(), 99);
        assert_eq!(Retagging { items_total: 0, items_done: 0, ..state.clone() }.percent(), 0);
        assert_eq!(Retagging { finished_at: Some(at), ..state }.percent(), 100);
    }
}
