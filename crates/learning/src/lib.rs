//! Experiments and the weights of the signals: what is compared, what weighs how much, and every version of it.
//!
//! Invariants
//! - The four weights of a segment are 0 or more and sum to 1; interaction weights are 0 or more.
//! - Every version of the weights is kept, so that any can be put back.
//! - Every row that comes, changes or goes leaves an audit entry in the same transaction.

mod kinds;
mod records;
mod validation;
mod versions;

use std::sync::Arc;

use rookery_db::Db;
use rookery_governance::table::{self, Record, SaveError};
use rookery_kernel::{Clock, Cursor, IdGen, Limit, Page, Scope};
use tracing::instrument;
use uuid::Uuid;

pub use kinds::{
    AdjustmentAction, AdjustmentReason, AdjustmentType, ExperimentDimension, ExperimentMetric, ExperimentStatus,
    SegmentType,
};
pub use records::{Adjustment, Experiment, LearningEvent, RandomizedExperiment, SegmentWeight};
pub use validation::{
    ExperimentInput, TrafficSplit, ValidExperiment, Weights, WeightsInput, validate_experiment, validate_weights,
};

/// The operations of this context. Cheap to clone.
#[derive(Clone)]
pub struct Learning {
    db: Db,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGen>,
}

impl std::fmt::Debug for Learning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Learning")
    }
}

/// A row without versions of its own.
pub trait Stored: Record {}

impl Learning {
    /// Operations on `db`.
    pub fn new(db: Db, clock: Arc<dyn Clock>, ids: Arc<dyn IdGen>) -> Self {
        Self { db, clock, ids }
    }

    /// Adds rows; those whose id is known stay as they are, except that an outcome is filled in by
    /// [`Learning::update`]. Returns them as they are stored.
    ///
    /// # Errors
    /// Nothing is stored if one of them is not valid.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, table = T::TABLE.name))]
    pub async fn save<T: Stored>(&self, scope: &Scope, rows: &[T]) -> Result<Vec<T>, SaveError> {
        let mut tx = self.db.org(scope).await?;
        let saved = table::save(&mut tx, &*self.clock, rows).await?;
        tx.commit().await?;
        Ok(saved)
    }

    /// Puts weights in force, by segment, and keeps each as a version. Weights that do not change make none. A
    /// locked segment is changed like any other: whether to do so is the caller's question.
    ///
    /// # Errors
    /// Nothing is stored if one of them is not valid.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn save_weights(&self, scope: &Scope, rows: &[SegmentWeight]) -> Result<Vec<SegmentWeight>, SaveError> {
        let mut tx = self.db.org(scope).await?;
        let saved = table::save(&mut tx, &*self.clock, rows).await?;
        let ids: Vec<Uuid> = saved.iter().map(|_| self.ids.uuid()).collect();
        versions::store::keep(&mut tx, &ids, &saved, self.clock.now()).await?;
        tx.commit().await?;
        Ok(saved)
    }

    /// The versions of a segment's weights, newest first, at most `limit`.
    ///
    /// # Errors
    /// As the database says.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn weight_versions(
        &self,
        scope: &Scope,
        segment: rookery_kernel::SegmentWeightId,
        limit: Limit,
    ) -> Result<Vec<Weights>, rookery_db::Error> {
        let mut tx = self.db.org(scope).await?;
        let versions = versions::store::list(&mut tx, segment, limit).await?;
        tx.commit().await?;
        Ok(versions)
    }

    /// Replaces rows by id.
    ///
    /// # Errors
    /// Nothing is stored if one of them is not in this organization, is not valid, or may not change so.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, table = T::TABLE.name))]
    pub async fn update<T: Stored>(&self, scope: &Scope, rows: &[T]) -> Result<(), SaveError> {
        let mut tx = self.db.org(scope).await?;
        table::update(&mut tx, &*self.clock, rows).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Removes rows; unknown ids are passed over. Returns how many went.
    ///
    /// # Errors
    /// Nothing is removed if other rows still need one of them.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, table = T::TABLE.name))]
    pub async fn remove<T: Stored>(&self, scope: &Scope, ids: &[Uuid]) -> Result<usize, SaveError> {
        let mut tx = self.db.org(scope).await?;
        let removed = table::remove::<T>(&mut tx, &*self.clock, ids).await?;
        tx.commit().await?;
        Ok(removed)
    }

    /// One row.
    ///
    /// # Errors
    /// [`SaveError::NotFound`] if this organization has no such row.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, table = T::TABLE.name))]
    pub async fn get<T: Record>(&self, scope: &Scope, id: Uuid) -> Result<T, SaveError> {
        let mut tx = self.db.org(scope).await?;
        let row = table::get(&mut tx, id).await?;
        tx.commit().await?;
        row.ok_or(SaveError::NotFound(id, T::TABLE.name))
    }

    /// One page, newest first.
    ///
    /// # Errors
    /// As the database says.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, table = T::TABLE.name))]
    pub async fn list<T: Record>(
        &self,
        scope: &Scope,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<T>, rookery_db::Error> {
        let mut tx = self.db.org(scope).await?;
        let page = table::list(&mut tx, after, limit).await?;
        tx.commit().await?;
        Ok(page)
    }
}
