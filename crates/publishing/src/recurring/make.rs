//! Makes the posts of the coming days. One transaction per recurring post: a killed run leaves nothing half done, and
//! the day is the key, so that a run that comes twice finds everything made.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rookery_accounts::PlatformRules;
use rookery_db::OrgTx;
use rookery_jobs::{Job, JobError, Outcome, queues};
use rookery_kernel::{Date, PostId, RecurringPostId, Scope, Timestamp, Zone};
use serde::{Deserialize, Serialize};
use tracing::instrument;

use super::store::{self, Stored};
use super::{DAYS_AHEAD, OccurrenceState, RecurringError, RecurringState, copy_of};
use crate::Publishing;
use crate::post::{Composition, Held, MadeFrom, PostError, Schedule, compose_queries};
use crate::publication::PublicationStatus;

/// A day whose moment is nearer than this is not made any more.
const TOO_SOON: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Makes the coming posts of all recurring posts, in all organizations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRecurring {}

impl Job for PlanRecurring {
    const KIND: &'static str = "publishing.plan_recurring";
    const QUEUE: &'static str = queues::SYSTEM;

    fn dedupe_key(&self) -> Option<String> {
        Some("recurring".to_owned())
    }
}

/// What a day is made from.
struct Source<'a> {
    id: RecurringPostId,
    template: &'a Held,
    composition: Composition,
    author: Option<rookery_kernel::UserId>,
    cool_down_days: u16,
    rules: &'a [PlatformRules],
    zone: &'a Zone,
    review_required: bool,
}

impl Publishing {
    pub(crate) async fn run_recurring(&self) -> Result<Outcome, JobError> {
        for organization in self.identity.organization_ids().await.map_err(JobError::transient)? {
            let scope = Scope::worker(organization);
            match self.running(&scope).await {
                Ok(ids) => {
                    for id in ids {
                        if let Err(error) = self.make_occurrences(&scope, id).await {
                            tracing::error!(%organization, recurring = %id, %error, "posts could not be made");
                        }
                    }
                }
                Err(error) => tracing::error!(%organization, %error, "recurring posts could not be read"),
            }
        }
        Ok(Outcome::Done)
    }

    async fn running(&self, scope: &Scope) -> Result<Vec<RecurringPostId>, rookery_db::Error> {
        let mut tx = self.db.org(scope).await?;
        store::running(&mut tx).await
    }

    /// Brings the posts of the next fourteen days in line with rule and template. Asking twice changes nothing.
    ///
    /// # Errors
    /// `NotFound`; what the accounts or the database say. A post that cannot be planned is no error: its day says why.
    #[instrument(skip_all, err(level = "debug"), fields(recurring = %id))]
    pub async fn make_occurrences(&self, scope: &Scope, id: RecurringPostId) -> Result<(), RecurringError> {
        let now = self.clock.now();
        let platform_rules = self.accounts.all_rules().await?;
        let mut tx = self.db.org(scope).await?;
        let row = store::lock(&mut tx, id).await?.ok_or(RecurringError::NotFound(id))?;
        let template = Held::lock(&mut tx, row.template_post_id).await?;
        let template = template.ok_or(PostError::NotFound(row.template_post_id))?;
        let zone = self.zone_in(&mut tx).await?;
        let today = zone.date(now);
        let runs = row.state == RecurringState::Active && template.post.archived_at.is_none();
        let days = if runs { row.rule.days(today, today.plus_days(DAYS_AHEAD)) } else { Vec::new() };
        let due: BTreeMap<Date, Timestamp> = days
            .into_iter()
            .filter_map(|day| row.rule.at(day, &zone).map(|at| (day, at)))
            .filter(|(_, at)| *at > now + TOO_SOON)
            .collect();
        let stored = store::stored(&mut tx, id, today).await?;
        let mut kept = BTreeSet::new();
        for occurrence in stored {
            let is_current = occurrence.state == OccurrenceState::Made
                && due.get(&occurrence.day) == Some(&occurrence.at)
                && occurrence.template_revision == template.post.revision;
            if is_current || !self.take_back(&mut tx, &occurrence, now).await? {
                kept.insert(occurrence.day);
            } else {
                store::forget(&mut tx, id, occurrence.day).await?;
            }
        }
        let source = Source {
            id,
            composition: template.composition(&mut tx).await?,
            template: &template,
            author: row.created_by,
            cool_down_days: row.rule.cool_down_days,
            rules: &platform_rules,
            zone: &zone,
            review_required: self.house_in(&mut tx).await?.review_required,
        };
        for (day, at) in due.into_iter().filter(|(day, _)| !kept.contains(day)) {
            let made = self.make(&mut tx, &source, at).await?;
            store::record(&mut tx, id, day, at, &made, template.post.revision, now).await?;
        }
        tx.commit().await?;
        self.jobs.wake();
        Ok(())
    }

    /// Deletes the post of a day that is to be made anew, or not at all. False for one that has to stay: it is out or on
    /// its way, or somebody changed, moved, called off or deleted it.
    async fn take_back(&self, tx: &mut OrgTx, occurrence: &Stored, now: Timestamp) -> Result<bool, RecurringError> {
        if occurrence.at <= now {
            return Ok(false);
        }
        let Some(post) = occurrence.post_id else { return Ok(true) };
        let Some(held) = Held::lock(tx, post).await? else { return Ok(false) };
        let is_untouched = held.post.revision == 1
            && held.publications.iter().all(|p| {
                p.status == PublicationStatus::Scheduled
                    && p.scheduled_for == Some(occurrence.at)
                    && p.attempt_count == 0
            });
        if is_untouched {
            self.delete_held(tx, &held).await?;
        }
        Ok(is_untouched)
    }

    async fn make(&self, tx: &mut OrgTx, source: &Source<'_>, at: Timestamp) -> Result<Made, RecurringError> {
        let composition = source.composition.clone();
        let new = copy_of(source.template, composition, Schedule::At(at), source.zone);
        if source.cool_down_days > 0 {
            let pause = DAY * u32::from(source.cool_down_days);
            let texts: Vec<_> = new
                .account_ids
                .iter()
                .map(|id| {
                    let own = new.composition.variants.get(id).and_then(|variant| variant.text.as_deref());
                    (*id, own.unwrap_or(&new.content))
                })
                .collect();
            let twins = compose_queries::twins_between(tx, &texts, None, at - pause, at + pause).await?;
            if let Some(twin) = twins.first() {
                let said = source.zone.date(twin.at);
                let message = format!("The same words are out or planned on {said}, within the cool-down.");
                return Ok(Made { state: OccurrenceState::CoolingDown, post: None, message: Some(message) });
            }
        }
        let from = MadeFrom { recurring: source.id, author: source.author };
        match self.create_in(tx, source.rules, new, Some(from)).await {
            Ok(mut held) => {
                if source.review_required {
                    let note = Some("It comes from a recurring post.".to_owned());
                    self.submit_in(tx, &mut held, note, None).await?;
                }
                Ok(Made { state: OccurrenceState::Made, post: Some(held.post.id), message: None })
            }
            Err(PostError::Invalid(findings)) => {
                let words = findings.iter().filter(|f| f.is_error()).map(|f| f.message.as_str());
                let message = words.collect::<Vec<_>>().join(" ");
                Ok(Made { state: OccurrenceState::Refused, post: None, message: Some(message) })
            }
            Err(other) => Err(other.into()),
        }
    }
}

/// What became of a day.
pub(super) struct Made {
    pub state: OccurrenceState,
    pub post: Option<PostId>,
    pub message: Option<String>,
}
