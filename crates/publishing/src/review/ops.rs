//! Operations of authors and reviewers. One transaction each, under the post's lock.

use std::time::Duration;

use rookery_db::OrgTx;
use rookery_governance::audit::{self, Changes, Entry};
use rookery_identity::Right;
use rookery_kernel::{PostId, ReviewId, ReviewLinkId, Scope, Timestamp, UserId};
use tracing::instrument;

use super::model::{Decision, Judgement, Review, ReviewError, ReviewEvent};
use super::store;
use crate::Publishing;
use crate::kinds::{PriorityLevel, ReviewAction, ReviewStatus};
use crate::post::{EditorialState, Held, PostDetail};
use crate::publication::PublicationStatus;

/// A review is late after this long.
const DUE_AFTER: Duration = Duration::from_secs(24 * 3600);
/// Longest comment and longest note.
const WORDS_MAX: usize = 5_000;

pub(super) const POSTS: &str = "publishing.posts";
pub(super) const REVIEWS: &str = "publishing.reviews";

/// Who judges.
pub(super) struct By {
    pub person: Option<UserId>,
    pub name: Option<String>,
    pub link: Option<ReviewLinkId>,
}

impl Publishing {
    /// Asks for a review of the post as it stands. `assigned_to` names one reviewer; without it, everybody who may
    /// review is asked.
    ///
    /// # Errors
    /// `NotAllowed` while one is asked for already; `NoReviewer`; `TooLate` once it is out.
    #[instrument(skip_all, err(level = "debug"), fields(post = %id))]
    pub async fn submit(
        &self,
        scope: &Scope,
        id: PostId,
        note: Option<String>,
        assigned_to: Option<UserId>,
    ) -> Result<PostDetail, ReviewError> {
        self.check_reviewer(scope, assigned_to).await?;
        let mut tx = self.db.org(scope).await?;
        let mut held = self.whole_post(&mut tx, id).await?;
        self.submit_in(&mut tx, &mut held, note, assigned_to).await?;
        tx.commit().await?;
        Ok(held.into_detail())
    }

    pub(crate) async fn submit_in(
        &self,
        tx: &mut OrgTx,
        held: &mut Held,
        note: Option<String>,
        assigned_to: Option<UserId>,
    ) -> Result<(), ReviewError> {
        let now = self.clock.now();
        if is_out(held) {
            return Err(ReviewError::TooLate);
        }
        let by = tx.scope().actor.user_id();
        let before = held.post.editorial_state;
        let state = before.after(ReviewEvent::Submit).ok_or(ReviewError::NotAllowed(before))?;
        let note = note.map(cut).filter(|n| !n.trim().is_empty());
        match store::open_review(tx, held.post.id).await? {
            Some(mut review) => {
                review.status = ReviewStatus::Pending;
                (review.revision, review.reason, review.submitted_by) = (held.post.revision, note, by);
                review.assigned_to = assigned_to.or(review.assigned_to);
                review.due_at = Some(now + DUE_AFTER);
                store::update_review(tx, &review, now).await?;
            }
            None => {
                self.new_review(tx, held, note, assigned_to, by, now).await?;
            }
        }
        self.become_state(tx, held, state, Changes::new(), now).await
    }

    /// Takes the request for a review back.
    ///
    /// # Errors
    /// `NotAllowed` if none is open.
    #[instrument(skip_all, err(level = "debug"), fields(post = %id))]
    pub async fn withdraw(&self, scope: &Scope, id: PostId) -> Result<PostDetail, ReviewError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let mut held = self.whole_post(&mut tx, id).await?;
        let before = held.post.editorial_state;
        let state = before.after(ReviewEvent::Withdraw).ok_or(ReviewError::NotAllowed(before))?;
        close_open(&mut tx, id, ReviewStatus::Withdrawn, now).await?;
        self.become_state(&mut tx, &mut held, state, Changes::new(), now).await?;
        tx.commit().await?;
        Ok(held.into_detail())
    }

    /// Lets the post out as it stands; what is due leaves at once.
    ///
    /// # Errors
    /// As [`Publishing::judge`].
    pub async fn approve(&self, scope: &Scope, id: PostId) -> Result<PostDetail, ReviewError> {
        self.judge(scope, id, ReviewAction::Approve, Judgement::default()).await
    }

    /// A reviewer's verdict, or a remark. An approval holds for exactly what stands in its transaction; refusing or
    /// asking for changes takes an earlier approval back while nothing is out.
    ///
    /// # Errors
    /// `Outdated` if the reviewer looked at another revision; `CommentMissing` for changes without words;
    /// `NotAllowed`, `TooLate`.
    #[instrument(skip_all, err(level = "debug"), fields(post = %id, action = action.label()))]
    pub async fn judge(
        &self,
        scope: &Scope,
        id: PostId,
        action: ReviewAction,
        judgement: Judgement,
    ) -> Result<PostDetail, ReviewError> {
        let mut tx = self.db.org(scope).await?;
        let mut held = self.whole_post(&mut tx, id).await?;
        let by = By { person: scope.actor.user_id(), name: None, link: None };
        self.judge_in(&mut tx, &mut held, action, judgement, by).await?;
        tx.commit().await?;
        self.jobs.wake();
        Ok(held.into_detail())
    }

    pub(super) async fn judge_in(
        &self,
        tx: &mut OrgTx,
        held: &mut Held,
        action: ReviewAction,
        judgement: Judgement,
        by: By,
    ) -> Result<(), ReviewError> {
        let now = self.clock.now();
        let before = held.post.editorial_state;
        if judgement.revision.is_some_and(|seen| seen != held.post.revision) {
            return Err(ReviewError::Outdated(held.post.revision));
        }
        let comment = judgement.comment.map(cut).filter(|c| !c.trim().is_empty());
        if matches!(action, ReviewAction::RequestChanges | ReviewAction::Comment)
            && comment.is_none()
            && judgement.suggested_changes.is_empty()
        {
            return Err(ReviewError::CommentMissing);
        }
        let event = match action {
            ReviewAction::Approve => Some(ReviewEvent::Approve),
            ReviewAction::Reject => Some(ReviewEvent::Reject),
            ReviewAction::RequestChanges => Some(ReviewEvent::RequestChanges),
            ReviewAction::Comment => None,
        };
        let state = match event {
            Some(event) => before.after(event).ok_or(ReviewError::NotAllowed(before))?,
            None => before,
        };
        // What is out stays out; a judgement about it would only look as if it did something.
        if event.is_some() && is_wholly_out(held)
            || matches!(event, Some(ReviewEvent::Reject | ReviewEvent::RequestChanges)) && is_out(held)
        {
            return Err(ReviewError::TooLate);
        }
        let decision = Decision {
            action,
            revision: Some(held.post.revision),
            reviewer_id: by.person,
            reviewer_name: by.name.clone(),
            comment,
            suggested_changes: judgement.suggested_changes,
            at: now,
        };
        let mut review = match store::open_review(tx, held.post.id).await? {
            Some(review) => review,
            None if event.is_none() => match store::reviews_of(tx, held.post.id).await?.into_iter().next() {
                Some(newest) => newest,
                None => return Err(ReviewError::NotAllowed(before)),
            },
            None => self.new_review(tx, held, None, None, None, now).await?,
        };
        if let Some(next) = store::status_after(action) {
            if review.status == ReviewStatus::NeedsChanges && next != ReviewStatus::NeedsChanges {
                review.status = ReviewStatus::Pending;
                store::update_review(tx, &review, now).await?;
            }
            (review.status, review.revision, review.decided_at) = (next, held.post.revision, Some(now));
            store::update_review(tx, &review, now).await?;
        }
        store::insert_decision(tx, self.ids.uuid(), review.id, &decision, by.link).await?;
        let note = Changes::new().note("decision", action.label()).note("revision", held.post.revision);
        let note = match &by.name {
            Some(name) => note.note("reviewer_name", name),
            None => note,
        };
        let entry = Entry {
            action: "review",
            resource: REVIEWS,
            resource_id: Some(review.id.to_string()),
            changes: note.clone().into(),
        };
        audit::record(tx, &*self.clock, &[entry]).await?;
        if event.is_some() {
            self.become_state(tx, held, state, note, now).await?;
        }
        if action == ReviewAction::Approve {
            self.enqueue_deliveries(tx, &held.publications).await?;
        }
        Ok(())
    }

    /// Names who is to judge, or nobody in particular.
    ///
    /// # Errors
    /// `NotAllowed` if no review is open; `NoReviewer`.
    #[instrument(skip_all, err(level = "debug"), fields(post = %id))]
    pub async fn assign_review(
        &self,
        scope: &Scope,
        id: PostId,
        reviewer: Option<UserId>,
    ) -> Result<PostDetail, ReviewError> {
        self.check_reviewer(scope, reviewer).await?;
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let held = self.whole_post(&mut tx, id).await?;
        let open = store::open_review(&mut tx, id).await?;
        let mut review = open.ok_or(ReviewError::NotAllowed(held.post.editorial_state))?;
        let changes = Changes::new().set("assigned_to", review.assigned_to, reviewer);
        review.assigned_to = reviewer;
        store::update_review(&mut tx, &review, now).await?;
        let entry = Entry {
            action: "update",
            resource: REVIEWS,
            resource_id: Some(review.id.to_string()),
            changes: changes.into(),
        };
        audit::record(&mut tx, &*self.clock, &[entry]).await?;
        tx.commit().await?;
        Ok(held.into_detail())
    }

    /// Something that goes out was changed: an approval ends, an open review is about the new revision. Called in the
    /// transaction of the change, after the revision was raised; the caller writes the post and its audit entry.
    pub(crate) async fn void_approval(
        &self,
        tx: &mut OrgTx,
        held: &mut Held,
        review_required: bool,
    ) -> Result<(), rookery_db::Error> {
        let now = self.clock.now();
        let before = held.post.editorial_state;
        held.post.editorial_state = before.after(ReviewEvent::Edit).unwrap_or(before);
        match store::open_review(tx, held.post.id).await? {
            Some(mut review) => {
                review.revision = held.post.revision;
                store::update_review(tx, &review, now).await
            }
            None if review_required && before == EditorialState::Approved => {
                let by = tx.scope().actor.user_id();
                let note = Some("Changed after it was approved.".to_owned());
                self.new_review(tx, held, note, None, by, now).await.map(|_| ())
            }
            None => Ok(()),
        }
    }

    /// A post that is put away is judged no more.
    pub(crate) async fn archive_review(&self, tx: &mut OrgTx, held: &mut Held) -> Result<(), rookery_db::Error> {
        let before = held.post.editorial_state;
        held.post.editorial_state = before.after(ReviewEvent::Archive).unwrap_or(before);
        close_open(tx, held.post.id, ReviewStatus::Withdrawn, self.clock.now()).await
    }

    /// A post under its lock; parts of threads are judged with their post.
    pub(super) async fn whole_post(&self, tx: &mut OrgTx, id: PostId) -> Result<Held, ReviewError> {
        let held = Held::lock(tx, id).await?;
        held.filter(|held| held.post.parent_post_id.is_none()).ok_or(ReviewError::NotFound(id))
    }

    async fn new_review(
        &self,
        tx: &mut OrgTx,
        held: &Held,
        reason: Option<String>,
        assigned_to: Option<UserId>,
        submitted_by: Option<UserId>,
        now: Timestamp,
    ) -> Result<Review, rookery_db::Error> {
        // What goes out within the day is looked at first.
        let is_soon = held.post.scheduled_at.is_some_and(|at| at <= now + DUE_AFTER);
        let review = Review {
            id: ReviewId::generate(&*self.ids),
            post_id: held.post.id,
            revision: held.post.revision,
            status: ReviewStatus::Pending,
            priority: if is_soon { PriorityLevel::High } else { PriorityLevel::Normal },
            submitted_by,
            assigned_to,
            due_at: Some(now + DUE_AFTER),
            reason,
            decided_at: None,
            created_at: now,
        };
        store::insert_review(tx, &review).await?;
        Ok(review)
    }

    /// Writes the editorial state with its audit entry.
    async fn become_state(
        &self,
        tx: &mut OrgTx,
        held: &mut Held,
        state: EditorialState,
        note: Changes,
        now: Timestamp,
    ) -> Result<(), ReviewError> {
        let before = held.post.editorial_state;
        store::write_state(tx, held.post.id, state, now).await?;
        held.post.editorial_state = state;
        if state == EditorialState::Approved {
            held.post.approved_revision = Some(held.post.revision);
        }
        held.post.updated_at = now;
        let changes = note.set("editorial_state", before.label(), state.label());
        let entry = Entry {
            action: "update",
            resource: POSTS,
            resource_id: Some(held.post.id.to_string()),
            changes: changes.into(),
        };
        audit::record(tx, &*self.clock, &[entry]).await?;
        Ok(())
    }

    async fn check_reviewer(&self, scope: &Scope, reviewer: Option<UserId>) -> Result<(), ReviewError> {
        let Some(reviewer) = reviewer else { return Ok(()) };
        let members = self.identity.members(scope).await?;
        let may = members.iter().any(|m| m.user_id == reviewer && m.is_active && m.role.may(Right::Review));
        if may { Ok(()) } else { Err(ReviewError::NoReviewer) }
    }
}

/// Ends the open review of a post, if there is one.
async fn close_open(
    tx: &mut OrgTx,
    post: PostId,
    status: ReviewStatus,
    now: Timestamp,
) -> Result<(), rookery_db::Error> {
    let Some(mut review) = store::open_review(tx, post).await? else { return Ok(()) };
    (review.status, review.decided_at) = (status, Some(now));
    store::update_review(tx, &review, now).await
}

/// On at least one account it is out or on its way.
fn is_out(held: &Held) -> bool {
    let out = [PublicationStatus::Published, PublicationStatus::Publishing];
    held.publications.iter().any(|p| out.contains(&p.status))
}

/// On every account it is out.
fn is_wholly_out(held: &Held) -> bool {
    !held.publications.is_empty() && held.publications.iter().all(|p| p.status == PublicationStatus::Published)
}

pub(super) fn cut(words: String) -> String {
    if words.chars().count() <= WORDS_MAX { words } else { words.chars().take(WORDS_MAX).collect() }
}
