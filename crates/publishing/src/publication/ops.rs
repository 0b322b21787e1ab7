//! Operations of people on deliveries: plan, move, hurry, call off, try again, settle a doubt.

use std::collections::BTreeMap;
use std::time::Duration;

use rookery_db::OrgTx;
use rookery_kernel::{Cursor, Limit, Page, PostId, PublicationId, Scope, Timestamp};
use tracing::instrument;
use uuid::Uuid;

use super::model::{Event, NotAllowed, Publication, PublicationStatus};
use super::queries::{self, PublicationFilter, PublicationSummary, SyncDue};
use super::store;
use crate::Publishing;
use crate::attempt::{self, AttemptPhase, ErrorClass};
use crate::house::HouseError;
use crate::media;
use crate::post::{Held, PostDetail, PostError, Schedule, store as posts};
use crate::reason::code;
use crate::recurring;
use crate::slots::QUEUE_LEAD;
use crate::validation::{self, Draft, Finding};

/// How far lists of publications reach back.
const PAST: Duration = Duration::from_secs(90 * 24 * 3600);
/// How far they reach ahead.
const AHEAD: Duration = Duration::from_secs(400 * 24 * 3600);

/// When something is planned for.
#[derive(Debug, Clone, Copy)]
enum When {
    At(Schedule),
    /// The next free slot of each account.
    NextSlot,
}

impl Publishing {
    /// What is out and due for reading its numbers again, longest overdue first.
    ///
    /// # Errors
    /// The database's.
    pub async fn to_collect(&self, scope: &Scope, limit: u16) -> Result<Vec<SyncDue>, PostError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        Ok(queries::to_collect(&mut tx, now, i64::from(limit)).await?)
    }

    /// Publications that have a moment in the last 90 days, or ahead; the latest moment first.
    ///
    /// # Errors
    /// The database's.
    pub async fn publications(
        &self,
        scope: &Scope,
        filter: &PublicationFilter,
        before: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<PublicationSummary>, PostError> {
        let now = self.clock.now();
        // Nothing is planned further ahead than a year (PUB-25).
        let before = before.unwrap_or(Cursor { at: now + AHEAD, id: Uuid::max() });
        let mut tx = self.db.org(scope).await?;
        Ok(queries::list(&mut tx, filter, now - PAST, before, limit).await?)
    }

    /// Plans every publication that is not out and not being sent for `at`: drafts, failed and
    /// called-off ones are queued, waiting ones move. Asking twice changes nothing.
    ///
    /// # Errors
    /// [`PostError::Invalid`] with all findings; `NotAllowed` if nothing can be planned any more.
    #[instrument(skip_all, err, fields(post = %id))]
    pub async fn schedule(&self, scope: &Scope, id: PostId, at: Timestamp) -> Result<PostDetail, PostError> {
        self.plan(scope, id, When::At(Schedule::At(at)), None, |_| true).await
    }

    /// Plans the same publications for the next free slot of their account each, so that they may go out at different
    /// times; an account without slots takes its next free good hour. What waits moves. A slot goes to one post.
    ///
    /// # Errors
    /// `QueuePaused`, `QueueFull`; otherwise as [`Publishing::schedule`].
    #[instrument(skip_all, err, fields(post = %id))]
    pub async fn add_to_queue(&self, scope: &Scope, id: PostId) -> Result<PostDetail, PostError> {
        self.plan(scope, id, When::NextSlot, None, |_| true).await
    }

    /// The same for now.
    ///
    /// # Errors
    /// As [`Publishing::schedule`].
    #[instrument(skip_all, err, fields(post = %id))]
    pub async fn publish_now(&self, scope: &Scope, id: PostId) -> Result<PostDetail, PostError> {
        self.plan(scope, id, When::At(Schedule::Now), None, |_| true).await
    }

    /// Moves what waits to another time; failed and called-off publications stay as they are.
    ///
    /// # Errors
    /// As [`Publishing::schedule`].
    #[instrument(skip_all, err, fields(post = %id))]
    pub async fn reschedule(&self, scope: &Scope, id: PostId, at: Timestamp) -> Result<PostDetail, PostError> {
        self.plan(scope, id, When::At(Schedule::At(at)), None, |p| p.after(Event::Reschedule).is_ok()).await
    }

    /// Moves one waiting publication to another time; the post's others stay where they are.
    ///
    /// # Errors
    /// `PublicationNotFound`; otherwise as [`Publishing::reschedule`].
    #[instrument(skip_all, err, fields(publication = %id))]
    pub async fn move_publication(
        &self,
        scope: &Scope,
        id: PublicationId,
        at: Timestamp,
    ) -> Result<PostDetail, PostError> {
        let post_id = self.post_of(scope, id).await?;
        self.plan(scope, post_id, When::At(Schedule::At(at)), Some(id), |p| p.after(Event::Reschedule).is_ok()).await
    }

    /// The post of a publication; it never changes.
    ///
    /// # Errors
    /// `PublicationNotFound`.
    pub async fn post_of(&self, scope: &Scope, id: PublicationId) -> Result<PostId, PostError> {
        let mut tx = self.db.org(scope).await?;
        let found = store::find(&mut tx, id).await?;
        found.map(|p| p.post_id).ok_or(PostError::PublicationNotFound(id))
    }

    /// `only`: this publication, not all of the post's.
    async fn plan(
        &self,
        scope: &Scope,
        id: PostId,
        when: When,
        only: Option<PublicationId>,
        wanted: fn(&Publication) -> bool,
    ) -> Result<PostDetail, PostError> {
        let now = self.clock.now();
        let rules = self.accounts.all_rules().await?;
        let mut tx = self.db.org(scope).await?;
        let mut held = Held::lock(&mut tx, id).await?.ok_or(PostError::NotFound(id))?;
        if recurring::is_template(&mut tx, id).await? {
            return Err(PostError::IsTemplate);
        }
        let is_meant = |p: &Publication| only.is_none_or(|id| id == p.id);
        let can = |p: &Publication| {
            is_meant(p) && wanted(p) && (p.after(Event::Schedule).is_ok() || p.after(Event::Reschedule).is_ok())
        };
        let account_ids: Vec<_> = held.publications.iter().filter(|p| can(p)).map(|p| p.social_account_id).collect();
        if let (true, Some(first)) = (account_ids.is_empty(), held.publications.iter().find(|p| is_meant(p))) {
            return Err(NotAllowed { status: first.status, event: Event::Schedule }.into());
        }
        let accounts = self.accounts.list_in(&mut tx).await?;
        let composition = held.composition(&mut tx).await?;
        let files = media::kinds_of(&mut tx, &composition.media).await?;
        let (schedule, slots) = match when {
            When::At(schedule) => (schedule, BTreeMap::new()),
            When::NextSlot => {
                let zone = self.identity.organization_in(&mut tx).await.map_err(HouseError::from)?.timezone;
                let queues: Vec<_> = accounts.iter().filter(|a| account_ids.contains(&a.id)).collect();
                let slots = self.take_slots(&mut tx, &queues, &rules, &zone, now + QUEUE_LEAD).await?;
                // The last of them decides whether the post ends too early for one.
                (slots.values().max().map_or(Schedule::Now, |at| Schedule::At(*at)), slots)
            }
        };
        let at = if let Schedule::At(at) = schedule { at } else { now };
        let at_of = |p: &Publication| slots.get(&p.social_account_id).copied().unwrap_or(at);
        let draft = Draft { account_ids, ..held.draft(&composition, schedule, |_| true) };
        let findings = validation::check(&draft, &self.facts(&accounts, &rules, &files, now));
        if findings.iter().any(Finding::is_error) {
            return Err(self.refusal(&mut tx, &draft, &accounts, findings).await?);
        }
        let is_there = |p: &Publication| p.status == PublicationStatus::Scheduled && p.scheduled_for == Some(at_of(p));
        for publication in held.publications.iter_mut().filter(|p| can(p) && !is_there(p)) {
            publication.plan(at_of(publication), now)?;
        }
        let is_ahead = matches!(schedule, Schedule::At(_));
        if held.post.is_scheduled != is_ahead {
            held.post.is_scheduled = is_ahead;
            posts::write_content(&mut tx, &held.post).await?;
        }
        self.finish(tx, held).await
    }

    /// Calls off every publication that is not out. What is being sent, or of unknown fate, stays.
    ///
    /// # Errors
    /// `TooLate` if nothing else was left to call off; `NotAllowed` if everything is over.
    #[instrument(skip_all, err, fields(post = %id))]
    pub async fn cancel(&self, scope: &Scope, id: PostId) -> Result<PostDetail, PostError> {
        let mut tx = self.db.org(scope).await?;
        let mut held = Held::lock(&mut tx, id).await?.ok_or(PostError::NotFound(id))?;
        let ids: Vec<_> = held.publications.iter().filter(|p| p.after(Event::Cancel).is_ok()).map(|p| p.id).collect();
        let mut first_error = None;
        let mut cancelled = 0;
        for publication_id in ids {
            match self.cancel_in(&mut tx, &mut held, publication_id).await {
                Ok(()) => cancelled += 1,
                Err(PostError::TooLate) => first_error = Some(PostError::TooLate),
                Err(other) => return Err(other),
            }
        }
        if cancelled == 0 {
            let status = held.publications.first().map_or(PublicationStatus::Cancelled, |p| p.status);
            return Err(first_error.unwrap_or(PostError::NotAllowed(NotAllowed { status, event: Event::Cancel })));
        }
        self.finish(tx, held).await
    }

    /// Calls one publication off.
    ///
    /// # Errors
    /// `TooLate` once it is being sent; `NotAllowed` if it is over.
    #[instrument(skip_all, err, fields(publication = %id))]
    pub async fn cancel_publication(&self, scope: &Scope, id: PublicationId) -> Result<PostDetail, PostError> {
        let mut tx = self.db.org(scope).await?;
        let mut held = Held::lock_for(&mut tx, id).await?.ok_or(PostError::PublicationNotFound(id))?;
        self.cancel_in(&mut tx, &mut held, id).await?;
        self.finish(tx, held).await
    }

    /// The worker looks at the state again before the point of no return, so a claim that has not
    /// passed it is simply taken away.
    async fn cancel_in(&self, tx: &mut OrgTx, held: &mut Held, id: PublicationId) -> Result<(), PostError> {
        let now = self.clock.now();
        let publication = held.publication_mut(id).ok_or(PostError::PublicationNotFound(id))?;
        if publication.status == PublicationStatus::Publishing {
            let newest = attempt::store::of_publication(tx, id).await?.pop();
            match newest {
                Some(a) if matches!(a.phase, AttemptPhase::Claimed | AttemptPhase::Preparing) => {
                    let ending = attempt::store::Ending {
                        code: Some(code::CANCELLED),
                        message: Some("called off before it was sent"),
                        ..Default::default()
                    };
                    attempt::store::close(tx, a.id, AttemptPhase::Failed, &ending, now).await?;
                }
                _ => return Err(PostError::TooLate),
            }
        }
        publication.cancel(now)?;
        Ok(())
    }

    /// Another try for every failed publication, except those of unknown fate: each of these
    /// wants a look by a person first ([`Publishing::retry_publication`]).
    ///
    /// # Errors
    /// `NotAllowed` if none of them failed.
    #[instrument(skip_all, err, fields(post = %id))]
    pub async fn retry(&self, scope: &Scope, id: PostId) -> Result<PostDetail, PostError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let mut held = Held::lock(&mut tx, id).await?.ok_or(PostError::NotFound(id))?;
        let mut retried = 0;
        for publication in &mut held.publications {
            let is_doubtful = publication.error_class == Some(ErrorClass::UnknownOutcome);
            if publication.status == PublicationStatus::Failed && !is_doubtful {
                publication.retry(now)?;
                retried += 1;
            }
        }
        if retried == 0 {
            let status = held.publications.first().map_or(PublicationStatus::Draft, |p| p.status);
            return Err(NotAllowed { status, event: Event::RetryByPerson }.into());
        }
        self.finish(tx, held).await
    }

    /// Another try for one failed publication: three attempts more. If its fate was unknown, the
    /// account is looked at once more before anything is sent.
    ///
    /// # Errors
    /// `NotAllowed` unless it failed.
    #[instrument(skip_all, err, fields(publication = %id))]
    pub async fn retry_publication(&self, scope: &Scope, id: PublicationId) -> Result<PostDetail, PostError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let mut held = Held::lock_for(&mut tx, id).await?.ok_or(PostError::PublicationNotFound(id))?;
        held.publication_mut(id).ok_or(PostError::PublicationNotFound(id))?.retry(now)?;
        self.finish(tx, held).await
    }

    /// Saves, queues what waits now, commits, wakes the workers.
    pub(super) async fn finish(&self, mut tx: OrgTx, mut held: Held) -> Result<PostDetail, PostError> {
        held.save(&mut tx, &*self.clock).await?;
        self.enqueue_deliveries(&mut tx, &held.publications).await?;
        tx.commit().await?;
        self.jobs.wake();
        Ok(held.into_detail())
    }
}
