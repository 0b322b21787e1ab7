//! What an organization decided about its publishing: pause, reviews, lateness. The decisions are
//! the organization's own (identity keeps them); here is what they mean for deliveries. The switch of the whole
//! installation stands in [`crate::switch`].

use std::time::Duration;

use rookery_db::OrgTx;
use rookery_identity::{Identity, Organization, OrganizationError};
use rookery_kernel::{Scope, Timestamp};
use tracing::instrument;

use crate::{Publishing, switch};

/// What the organization decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct House {
    /// "Stop everything" is on since then.
    pub paused_at: Option<Timestamp>,
    /// Publishing is stopped for the whole installation since then.
    pub instance_paused_at: Option<Timestamp>,
    /// Posts need an approval.
    pub review_required: bool,
    /// So late it may still go out.
    pub late_grace: Duration,
}

impl From<&Organization> for House {
    fn from(organization: &Organization) -> Self {
        Self {
            paused_at: organization.settings.publishing_paused_at,
            instance_paused_at: None,
            review_required: organization.review_required,
            late_grace: Duration::from_secs(3600 * u64::from(organization.settings.late_grace_hours)),
        }
    }
}

impl House {
    /// What the organization and the installation decided, under the transaction's snapshot.
    pub(crate) async fn read(identity: &Identity, tx: &mut OrgTx) -> Result<Self, HouseError> {
        let house = Self::from(&identity.organization_in(tx).await?);
        let instance_paused_at = switch::store::pause(tx.conn()).await?.map(|pause| pause.since);
        Ok(Self { instance_paused_at, ..house })
    }
}

/// The organization could not be read or changed.
#[derive(Debug, thiserror::Error)]
#[error("the organization could not be read or changed")]
pub struct HouseError(#[from] OrganizationError);

impl From<rookery_db::Error> for HouseError {
    fn from(error: rookery_db::Error) -> Self {
        Self(error.into())
    }
}

impl Publishing {
    /// What the organization decided, under the transaction's snapshot.
    pub(crate) async fn house_in(&self, tx: &mut OrgTx) -> Result<House, HouseError> {
        House::read(&self.identity, tx).await
    }

    /// What the organization decided.
    ///
    /// # Errors
    /// [`HouseError`].
    pub async fn house(&self, scope: &Scope) -> Result<House, HouseError> {
        let mut tx = self.db.org(scope).await?;
        self.house_in(&mut tx).await
    }

    /// "Stop everything": nothing of the organization leaves until [`Publishing::resume`] (PUB-45).
    /// What is being sent right now still arrives.
    ///
    /// # Errors
    /// [`HouseError`].
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn pause(&self, scope: &Scope) -> Result<House, HouseError> {
        Ok(House::from(&self.identity.pause_publishing(scope).await?))
    }

    /// Lets everything leave again; what became due meanwhile goes at once.
    ///
    /// # Errors
    /// [`HouseError`].
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn resume(&self, scope: &Scope) -> Result<House, HouseError> {
        let house = House::from(&self.identity.resume_publishing(scope).await?);
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        self.enqueue_overdue(&mut tx, now, house.late_grace).await?;
        tx.commit().await?;
        self.jobs.wake();
        Ok(house)
    }
}
