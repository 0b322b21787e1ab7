//! What the page Approvals and a post's page show.

use rookery_kernel::{AccountId, PostId, Scope, Timestamp, UserId};
use serde_json::Value;

use super::diff::{Piece, pieces};
use super::model::{Decision, Review, ReviewError};
use super::store::{self, QueueRow};
use crate::Publishing;
use crate::kinds::ReviewStatus;
use crate::post::{EditorialState, excerpt};

/// Most reviews on the page.
const QUEUE_MAX: i64 = 200;
/// Most decided ones on the page.
const DECIDED_MAX: i64 = 30;

/// A review with what a list shows of its post.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueEntry {
    /// The review.
    pub review: Review,
    /// Title or first words.
    pub excerpt: String,
    /// The text.
    pub content: String,
    /// State of the post.
    pub editorial_state: EditorialState,
    /// The revision that stands now.
    pub current_revision: i32,
    /// The planned moment.
    pub scheduled_at: Option<Timestamp>,
    /// The accounts it goes to.
    pub account_ids: Vec<AccountId>,
    /// Client links that work.
    pub open_links: i64,
    /// Its time to be judged is over.
    pub is_late: bool,
}

/// The page Approvals.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Queue {
    /// What waits for the caller.
    pub mine: Vec<QueueEntry>,
    /// What waits for others: assigned to somebody else, or sent back to its author.
    pub others: Vec<QueueEntry>,
    /// What was decided last.
    pub decided: Vec<QueueEntry>,
}

/// Where a post stands with its reviewers.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewHistory {
    /// The review that is open.
    pub open: Option<Review>,
    /// All reviews, the newest first.
    pub reviews: Vec<Review>,
    /// Everything that was decided or remarked, oldest first.
    pub decisions: Vec<Decision>,
    /// Against the last approved revision; `None` if none was approved or nothing changed.
    pub diff: Option<RevisionDiff>,
    /// It may go out exactly as it stands.
    pub is_approved: bool,
}

/// What changed since the last approved revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionDiff {
    /// The approved revision.
    pub from: i32,
    /// The one that stands.
    pub to: i32,
    /// The text.
    pub text: Vec<Piece>,
    /// What changed besides the text.
    pub parts: Vec<&'static str>,
}

impl Publishing {
    /// What waits for the caller, for others, and what was decided. `may_review` tells whether unassigned ones wait for
    /// the caller.
    ///
    /// # Errors
    /// The database's.
    pub async fn review_queue(&self, scope: &Scope, may_review: bool) -> Result<Queue, ReviewError> {
        let now = self.clock.now();
        let me = scope.actor.user_id();
        let mut tx = self.db.org(scope).await?;
        let waiting = store::waiting(&mut tx, now, QUEUE_MAX).await?;
        let decided = store::decided(&mut tx, now, DECIDED_MAX).await?;
        let mut queue = Queue::default();
        for row in waiting {
            let entry = entry(row, now);
            if waits_for(&entry.review, me, may_review) { &mut queue.mine } else { &mut queue.others }.push(entry);
        }
        queue.decided = decided.into_iter().map(|row| entry(row, now)).collect();
        Ok(queue)
    }

    /// How many reviews wait for the caller.
    ///
    /// # Errors
    /// The database's.
    pub async fn reviews_waiting_for(&self, scope: &Scope, may_review: bool) -> Result<usize, ReviewError> {
        let me = scope.actor.user_id();
        let mut tx = self.db.org(scope).await?;
        let open = store::open_reviews(&mut tx, QUEUE_MAX).await?;
        Ok(open.iter().filter(|review| waits_for(review, me, may_review)).count())
    }

    /// Where a post stands with its reviewers.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn review_history(&self, scope: &Scope, id: PostId) -> Result<ReviewHistory, ReviewError> {
        let mut tx = self.db.org(scope).await?;
        let post = crate::post::store::find(&mut tx, id).await?.ok_or(ReviewError::NotFound(id))?;
        let reviews = store::reviews_of(&mut tx, id).await?;
        let open = store::open_review(&mut tx, id).await?;
        let decisions = store::decisions_of(&mut tx, id).await?;
        let is_approved = store::is_approved(&mut tx, id).await? == Some(true);
        let mut diff = None;
        if let Some(from) = post.approved_revision.filter(|from| *from != post.revision)
            && let Some(before) = store::snapshot(&mut tx, id, from).await?
            && let Some(after) = store::snapshot(&mut tx, id, post.revision).await?
        {
            diff = Some(between(from, &before, post.revision, &after));
        }
        Ok(ReviewHistory { open, reviews, decisions, diff, is_approved })
    }
}

/// A review that was sent back waits for its author; an open one for who it is assigned to, or for all reviewers.
fn waits_for(review: &Review, me: Option<UserId>, may_review: bool) -> bool {
    match (review.status, review.assigned_to) {
        (ReviewStatus::NeedsChanges, _) => review.submitted_by.is_some() && review.submitted_by == me,
        (_, Some(assigned)) => Some(assigned) == me,
        (_, None) => may_review,
    }
}

fn entry(row: QueueRow, now: Timestamp) -> QueueEntry {
    let is_late = row.review.decided_at.is_none() && row.review.due_at.is_some_and(|due| due <= now);
    QueueEntry {
        excerpt: excerpt(row.title.as_deref(), &row.content),
        content: row.content,
        editorial_state: row.editorial_state,
        current_revision: row.current_revision,
        scheduled_at: row.scheduled_at,
        account_ids: row.account_ids.into_iter().map(AccountId::from_uuid).collect(),
        open_links: row.links,
        is_late,
        review: row.review,
    }
}

fn between(from: i32, before: &Value, to: i32, after: &Value) -> RevisionDiff {
    let text = |snapshot: &Value| snapshot["content"].as_str().unwrap_or_default().to_owned();
    let named = [
        ("title", "title"),
        ("media", "media"),
        ("variants", "own words of accounts"),
        ("format", "format"),
        ("metadata", "link, further parts or options"),
    ];
    let parts = named.into_iter().filter(|(key, _)| before[*key] != after[*key]).map(|(_, words)| words).collect();
    RevisionDiff { from, to, text: pieces(&text(before), &text(after)), parts }
}
