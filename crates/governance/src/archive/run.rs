//! All steps for all tables of an organization, from wherever the last run ended.

use rookery_db::{Db, Error};
use rookery_kernel::{Date, Scope, Timestamp};
use sqlx::Postgres;
use sqlx::pool::PoolConnection;
use tracing::instrument;
use uuid::Uuid;

use super::delete::cutoff;
use super::file;
use super::model::{Archive, ArchiveError};
use super::{Archives, store};
use crate::retention::{self, RULES, Rule};

/// What a run did with one table of one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// `schema.table`.
    pub entity: &'static str,
    /// Days kept; `None` is for ever.
    pub keep_days: Option<i32>,
    /// Why nothing of this kind may leave, if so.
    pub hold_reason: Option<String>,
    /// Archives that became verified, or whose rows left, in this run.
    pub archives: Vec<Uuid>,
    /// Rows in archives that this run wrote.
    pub archived: i64,
    /// Rows deleted.
    pub deleted: i64,
    /// Rows reduced to tombstones.
    pub tombstones: i64,
    /// Rows archived and kept in their table.
    pub kept: i64,
    /// Rows past their time that wait for rows that refer to them.
    pub waiting: i64,
    /// What went wrong, one sentence each; the next run tries again.
    pub problems: Vec<String>,
}

/// One run at a time over the whole installation. The lock belongs to the connection, which is closed at the end.
#[derive(Debug)]
struct Lock(PoolConnection<Postgres>);

impl Lock {
    async fn take(db: &Db) -> Result<Self, ArchiveError> {
        let mut connection = db.worker_pool().acquire().await.map_err(Error::from)?;
        connection.close_on_drop();
        if store::try_lock(&mut connection).await? { Ok(Self(connection)) } else { Err(ArchiveError::Busy) }
    }

    async fn release(mut self) {
        // The server ends the lock with the connection in any case, but a moment later: the next run would not wait.
        if let Err(error) = store::unlock(&mut self.0).await {
            tracing::debug!(%error, "the lock of the archive run goes with its connection");
        }
        self.0.close().await.ok();
    }
}

impl Archives {
    /// Archives what is past its time in one organization and takes it out of its tables, one report per rule in
    /// the order of [`RULES`]. What an earlier run left half done is finished first.
    ///
    /// # Errors
    /// [`ArchiveError::Busy`], [`ArchiveError::Folder`], or as the database says. What concerns one archive only
    /// stands in [`Report::problems`].
    #[instrument(skip_all, fields(organization = %scope.organization_id))]
    pub async fn run(&self, scope: &Scope) -> Result<Vec<Report>, ArchiveError> {
        let lock = Lock::take(&self.db).await?;
        let result = self.run_alone(scope).await;
        lock.release().await;
        result
    }

    async fn run_alone(&self, scope: &Scope) -> Result<Vec<Report>, ArchiveError> {
        self.sweep(scope).await?;
        let mut reports = Vec::with_capacity(RULES.len());
        for rule in &RULES {
            reports.push(self.run_table(scope, rule).await?);
        }
        Ok(reports)
    }

    /// Removes temporary files that no archive waits for.
    async fn sweep(&self, scope: &Scope) -> Result<(), ArchiveError> {
        let mut waited_for = Vec::new();
        for archive in self.list(scope).await?.iter().filter(|archive| archive.verified_at.is_none()) {
            waited_for.push(file::beside(&file::path_of(&self.dir, &archive.location)?, ".tmp"));
        }
        let folder = self.dir.join(scope.organization_id.to_string());
        let swept = file::blocking(move || file::sweep(&folder, &waited_for)).await?;
        if swept > 0 {
            tracing::info!(swept, "removed temporary files of an archive run that was cut off");
        }
        Ok(())
    }

    async fn run_table(&self, scope: &Scope, rule: &'static Rule) -> Result<Report, ArchiveError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let due = retention::due_of(&mut tx, &*self.clock, rule).await?;
        tx.commit().await?;
        let mut report = Report {
            entity: rule.entity,
            keep_days: due.keep_days,
            hold_reason: due.hold_reason.clone(),
            archives: Vec::new(),
            archived: 0,
            deleted: 0,
            tombstones: 0,
            kept: 0,
            waiting: due.waiting,
            problems: Vec::new(),
        };
        let Some(cutoff) = cutoff(&due, now) else { return Ok(report) };
        let listed = self.list(scope).await?;
        let open = listed.into_iter().filter(|a| a.source_table == rule.entity && a.superseded_at.is_none());
        let (finished, open): (Vec<_>, Vec<_>) =
            open.partition(|a| a.dropped_at.is_some() || (!rule.leaves && a.verified_at.is_some()));
        for archive in open.iter().filter(|archive| archive.range_end <= cutoff) {
            self.complete(scope, rule, archive, &mut report).await?;
        }
        // Rows that stay would be written anew every night: only whole months of them are archived, each once.
        let end = if rule.leaves { cutoff } else { start_of_month(cutoff) };
        for month in self.months(scope, rule, end).await? {
            if !rule.leaves {
                let same = |a: &&Archive| (a.range_start, a.range_end) == (month.range_start, month.range_end);
                let now_finished = open.iter().filter(|a| report.archives.contains(&a.id));
                if let Some(there) = finished.iter().chain(now_finished).find(same) {
                    if there.row_count == month.rows {
                        continue;
                    }
                    self.supersede(scope, there).await?;
                }
            }
            let prepared = self.prepare(scope, rule, due.format, &month).await?;
            let archive = self.record(scope, prepared).await?;
            report.archived += archive.row_count;
            self.complete(scope, rule, &archive, &mut report).await?;
        }
        Ok(report)
    }

    /// Steps 3 to 5, as far as they are open.
    async fn complete(
        &self,
        scope: &Scope,
        rule: &Rule,
        archive: &Archive,
        report: &mut Report,
    ) -> Result<(), ArchiveError> {
        if archive.verified_at.is_none() {
            self.place(archive).await?;
            match self.verify(scope, archive.id).await {
                Err(error @ ArchiveError::Damaged { .. }) => {
                    // All its rows are in their table; they are written anew.
                    report.problems.push(error.to_string());
                    return self.forget(scope, archive).await;
                }
                other => other?,
            };
        }
        if !rule.leaves {
            report.archives.push(archive.id);
            report.kept += archive.row_count;
            return Ok(());
        }
        match self.delete(scope, archive.id).await {
            Ok(deleted) => {
                report.archives.push(archive.id);
                report.deleted += deleted.rows;
                report.tombstones += deleted.tombstones;
                Ok(())
            }
            Err(error @ (ArchiveError::Changed { .. } | ArchiveError::Damaged { .. })) => {
                report.problems.push(error.to_string());
                self.supersede(scope, archive).await
            }
            // A row that refers to one of these arrived just now, or the policy changed.
            Err(error @ (ArchiveError::Held(_) | ArchiveError::Db(Error::Constraint(_)))) => {
                report.problems.push(error.to_string());
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    async fn forget(&self, scope: &Scope, archive: &Archive) -> Result<(), ArchiveError> {
        let mut tx = self.db.org(scope).await?;
        let forgotten = store::forget(&mut tx, archive.id).await?;
        tx.commit().await?;
        if forgotten {
            let path = file::path_of(&self.dir, &archive.location)?;
            file::blocking(move || {
                file::remove(&file::beside(&path, ".manifest.json"))?;
                file::remove(&path)
            })
            .await?;
        }
        Ok(())
    }

    async fn supersede(&self, scope: &Scope, archive: &Archive) -> Result<(), ArchiveError> {
        let mut tx = self.db.org(scope).await?;
        store::set_superseded(&mut tx, archive.id, self.clock.now()).await?;
        tx.commit().await?;
        tracing::warn!(archive = %archive.id, table = archive.source_table, "an archive is superseded");
        Ok(())
    }
}

fn start_of_month(at: Timestamp) -> Timestamp {
    Date::from_jiff(at.date_utc().to_jiff().first_of_month()).start_utc()
}
