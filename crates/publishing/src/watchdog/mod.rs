//! The watchdog: what is due for more than a minute, held by nothing, and not attempted. Then something is wrong with
//! this installation, not with a post: no worker runs, or the workers cannot keep up.
//!
//! The list of due work over all organizations is the queue. So the question "is anything overdue?" costs one look at
//! an index; only the organizations it names are read more closely. Publications that lost their job are queued again
//! by the sweeper, which counts every organization exactly.

pub(crate) mod store;

use std::time::Duration;

use rookery_db::{Db, OrgTx};
use rookery_identity::Identity;
use rookery_jobs::{Job as _, admin};
use rookery_kernel::{PostId, PublicationId, Scope, Timestamp};

use crate::Publishing;
use crate::engine::PublishPublication;
use crate::house::{House, HouseError};
use crate::post::PostError;

/// Due for this long without an attempt is an alarm.
pub const OVERDUE_AFTER: Duration = Duration::from_secs(60);
/// Most organizations that are read closely for one answer.
const ORGANIZATIONS_MAX: i64 = 100;
/// Most publications that are listed of one organization.
const LIST_MAX: i64 = 100;

/// A publication that should be on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    /// Which.
    pub publication_id: PublicationId,
    /// Its post.
    pub post_id: PostId,
    /// Title or first words of the post.
    pub excerpt: String,
    /// Since when it is due.
    pub since: Timestamp,
}

/// What the watchdog says about the whole installation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OverdueSummary {
    /// Publications that are overdue.
    pub count: u64,
    /// Organizations that have some.
    pub organizations: u64,
    /// The longest overdue.
    pub oldest: Option<Timestamp>,
}

impl OverdueSummary {
    /// In words, with what to do; `None` if all is well.
    pub fn sentence(&self, now: Timestamp) -> Option<String> {
        let oldest = self.oldest?;
        let posts =
            if self.count == 1 { "1 publication is".to_owned() } else { format!("{} publications are", self.count) };
        Some(format!(
            "{posts} due for up to {} minutes and not attempted; check that a worker runs (rookery serve --role worker) and \
             that the queue publishing is not paused (rookery jobs stats)",
            now.since(oldest).as_secs() / 60
        ))
    }
}

impl Publishing {
    /// What is overdue over all organizations; sets the gauge `rookery_publications_overdue`.
    ///
    /// # Errors
    /// The database's.
    pub async fn overdue(&self) -> Result<OverdueSummary, PostError> {
        let all = overdue(&self.db, &self.identity, self.clock.now()).await?;
        set_gauge(all.count);
        Ok(all)
    }

    /// What is overdue in the caller's organization, longest overdue first, at most a hundred.
    ///
    /// # Errors
    /// The database's.
    pub async fn overdue_list(&self, scope: &Scope) -> Result<Vec<Overdue>, PostError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let house = self.house_in(&mut tx).await?;
        if is_held(house) {
            return Ok(Vec::new());
        }
        Ok(store::list(&mut tx, house.review_required, now - OVERDUE_AFTER, now, LIST_MAX).await?)
    }
}

/// What is overdue over all organizations, for programs that have no engine, such as `rookery doctor`.
///
/// # Errors
/// The database's.
pub async fn overdue(db: &Db, identity: &Identity, now: Timestamp) -> Result<OverdueSummary, HouseError> {
    let kind = PublishPublication::KIND;
    let mut all = OverdueSummary::default();
    for organization in admin::organizations_waiting(db, kind, now - OVERDUE_AFTER, ORGANIZATIONS_MAX).await? {
        let mut tx = db.org(&Scope::worker(organization)).await?;
        let house = House::read(identity, &mut tx).await?;
        let (count, oldest) = overdue_in(&mut tx, house, now).await?;
        all.add(count, oldest);
    }
    Ok(all)
}

/// How many are overdue in the transaction's organization, and since when.
pub(crate) async fn overdue_in(
    tx: &mut OrgTx,
    house: House,
    now: Timestamp,
) -> Result<(u64, Option<Timestamp>), rookery_db::Error> {
    if is_held(house) {
        return Ok((0, None));
    }
    store::count(tx, house.review_required, now - OVERDUE_AFTER, now).await
}

impl OverdueSummary {
    /// Adds what one organization has.
    pub(crate) fn add(&mut self, count: u64, oldest: Option<Timestamp>) {
        if count > 0 {
            self.count += count;
            self.organizations += 1;
            self.oldest = [self.oldest, oldest].into_iter().flatten().min();
        }
    }
}

/// The gauge that alarms are made of.
pub(crate) fn set_gauge(count: u64) {
    metrics::gauge!("rookery_publications_overdue").set(count as f64);
}

/// While publishing is stopped nothing is overdue: it waits for a person.
const fn is_held(house: House) -> bool {
    house.paused_at.is_some() || house.instance_paused_at.is_some()
}
