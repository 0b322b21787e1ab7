//! The statements on reviews, their decisions and their links.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{OrganizationId, PostId, ReviewId, ReviewLinkId, Timestamp, UserId};
use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::model::{Decision, Review, ReviewLink, SuggestedChange};
use crate::kinds::{ReviewAction, ReviewStatus};
use crate::post::EditorialState;

/// Digest over everything of a post that goes out, as the database defines it.
pub(super) async fn content_hash(tx: &mut OrgTx, post: PostId) -> Result<Vec<u8>, Error> {
    Ok(sqlx::query_scalar("select publishing.content_hash($1, $2)")
        .bind(tx.organization_id().uuid())
        .bind(post.uuid())
        .fetch_one(tx.conn())
        .await?)
}

/// Whether a post, or the post that it is a part of, is approved exactly as it stands; `None` if it is gone.
pub(super) async fn is_approved(tx: &mut OrgTx, post: PostId) -> Result<Option<bool>, Error> {
    Ok(sqlx::query_scalar("select publishing.is_approved($1, $2)")
        .bind(tx.organization_id().uuid())
        .bind(post.uuid())
        .fetch_one(tx.conn())
        .await?)
}

/// Writes the editorial state; an approval takes the digest of what stands in this transaction.
pub(super) async fn write_state(
    tx: &mut OrgTx,
    post: PostId,
    state: EditorialState,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "update publishing.posts set editorial_state = $3,
             approved_revision = case when $3 = 'approved'::publishing.editorial_state then revision else approved_revision end,
             approved_hash = case when $3 = 'approved'::publishing.editorial_state then publishing.content_hash($1, $2)
                                  else approved_hash end,
             updated_at = $4
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization_id().uuid())
    .bind(post.uuid())
    .bind(state)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The columns of [`Review`].
macro_rules! reviews {
    ($rest:literal) => {
        concat!(
            "select r.id, r.post_id, r.revision, r.status, r.priority, r.submitted_by, r.assigned_to, r.due_at, r.reason,
                    r.decided_at, r.created_at from publishing.reviews r ",
            $rest
        )
    };
}

/// The review of a post that is not decided, if there is one.
pub(super) async fn open_review(tx: &mut OrgTx, post: PostId) -> Result<Option<Review>, Error> {
    Ok(sqlx::query_as(reviews!(
        "where r.organization_id = $1 and r.post_id = $2 and r.status in ('pending', 'in_review', 'needs_changes')"
    ))
    .bind(tx.organization_id().uuid())
    .bind(post.uuid())
    .fetch_optional(tx.conn())
    .await?)
}

/// The reviews that are not decided.
pub(super) async fn open_reviews(tx: &mut OrgTx, limit: i64) -> Result<Vec<Review>, Error> {
    Ok(sqlx::query_as(reviews!(
        "where r.organization_id = $1 and r.status in ('pending', 'in_review', 'needs_changes') limit $2"
    ))
    .bind(tx.organization_id().uuid())
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// All reviews of a post, the newest first.
pub(super) async fn reviews_of(tx: &mut OrgTx, post: PostId) -> Result<Vec<Review>, Error> {
    Ok(sqlx::query_as(reviews!(
        "where r.organization_id = $1 and r.post_id = $2 order by r.created_at desc, r.id desc limit 50"
    ))
    .bind(tx.organization_id().uuid())
    .bind(post.uuid())
    .fetch_all(tx.conn())
    .await?)
}

/// A new review.
pub(super) async fn insert_review(tx: &mut OrgTx, review: &Review) -> Result<(), Error> {
    sqlx::query(
        "insert into publishing.reviews (organization_id, id, post_id, revision, status, priority, step, submitted_by,
             assigned_to, due_at, reason, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9, $10, $11, $11)",
    )
    .bind(tx.organization_id().uuid())
    .bind(review.id.uuid())
    .bind(review.post_id.uuid())
    .bind(review.revision)
    .bind(review.status)
    .bind(review.priority)
    .bind(review.submitted_by.map(UserId::uuid))
    .bind(review.assigned_to.map(UserId::uuid))
    .bind(review.due_at)
    .bind(review.reason.as_deref())
    .bind(review.created_at)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes what changes about a review.
pub(super) async fn update_review(tx: &mut OrgTx, review: &Review, now: Timestamp) -> Result<(), Error> {
    sqlx::query(
        "update publishing.reviews set revision = $3, status = $4, submitted_by = $5, assigned_to = $6, due_at = $7,
             reason = $8, decided_at = $9, updated_at = $10
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization_id().uuid())
    .bind(review.id.uuid())
    .bind(review.revision)
    .bind(review.status)
    .bind(review.submitted_by.map(UserId::uuid))
    .bind(review.assigned_to.map(UserId::uuid))
    .bind(review.due_at)
    .bind(review.reason.as_deref())
    .bind(review.decided_at)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What somebody decided.
pub(super) async fn insert_decision(
    tx: &mut OrgTx,
    id: Uuid,
    review: ReviewId,
    decision: &Decision,
    link: Option<ReviewLinkId>,
) -> Result<(), Error> {
    sqlx::query(
        "insert into publishing.review_decisions (organization_id, id, review_id, reviewer_id, step, action, comment,
             suggested_changes, link_id, reviewer_name, revision, created_at)
         values ($1, $2, $3, $4, 1, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(tx.organization_id().uuid())
    .bind(id)
    .bind(review.uuid())
    .bind(decision.reviewer_id.map(UserId::uuid))
    .bind(decision.action)
    .bind(decision.comment.as_deref())
    .bind(json!(decision.suggested_changes))
    .bind(link.map(ReviewLinkId::uuid))
    .bind(decision.reviewer_name.as_deref())
    .bind(decision.revision)
    .bind(decision.at)
    .execute(tx.conn())
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct DecisionRow {
    action: ReviewAction,
    revision: Option<i32>,
    reviewer_id: Option<UserId>,
    reviewer_name: Option<String>,
    comment: Option<String>,
    suggested_changes: Value,
    created_at: Timestamp,
}

/// What was decided about a post, oldest first.
pub(super) async fn decisions_of(tx: &mut OrgTx, post: PostId) -> Result<Vec<Decision>, Error> {
    let rows: Vec<DecisionRow> = sqlx::query_as(
        "select d.action, d.revision, d.reviewer_id, d.reviewer_name, d.comment, d.suggested_changes, d.created_at
         from publishing.reviews r
              join publishing.review_decisions d on d.organization_id = $1 and d.review_id = r.id
         where r.organization_id = $1 and r.post_id = $2
         order by d.created_at, d.id limit 200",
    )
    .bind(tx.organization_id().uuid())
    .bind(post.uuid())
    .fetch_all(tx.conn())
    .await?;
    let suggested = |value: Value| serde_json::from_value::<Vec<SuggestedChange>>(value).unwrap_or_default();
    Ok(rows
        .into_iter()
        .map(|r| Decision {
            action: r.action,
            revision: r.revision,
            reviewer_id: r.reviewer_id,
            reviewer_name: r.reviewer_name,
            comment: r.comment,
            suggested_changes: suggested(r.suggested_changes),
            at: r.created_at,
        })
        .collect())
}

/// A review in the queue, with what a list shows of its post.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct QueueRow {
    #[sqlx(flatten)]
    pub review: Review,
    pub title: Option<String>,
    pub content: String,
    pub editorial_state: EditorialState,
    pub current_revision: i32,
    pub scheduled_at: Option<Timestamp>,
    pub account_ids: Vec<Uuid>,
    pub links: i64,
}

/// The columns of [`QueueRow`].
macro_rules! queue {
    ($rest:literal) => {
        concat!(
            "select r.id, r.post_id, r.revision, r.status, r.priority, r.submitted_by, r.assigned_to, r.due_at, r.reason,
                    r.decided_at, r.created_at, p.title, p.content, p.editorial_state, p.revision as current_revision,
                    p.scheduled_at,
                    array(select distinct u.social_account_id from publishing.post_publications u
                          where u.organization_id = $1 and u.post_id = p.id order by 1) as account_ids,
                    (select count(*) from publishing.review_links l
                     where l.organization_id = $1 and l.post_id = p.id and l.used_at is null and l.revoked_at is null
                       and l.expires_at > $2) as links
             from publishing.reviews r join publishing.posts p on p.organization_id = $1 and p.id = r.post_id ",
            $rest
        )
    };
}

/// What waits for a reviewer or for its author, the most urgent first.
pub(super) async fn waiting(tx: &mut OrgTx, now: Timestamp, limit: i64) -> Result<Vec<QueueRow>, Error> {
    Ok(sqlx::query_as(queue!(
        "where r.organization_id = $1 and r.status in ('pending', 'in_review', 'needs_changes')
         order by r.priority desc, r.due_at nulls last, r.created_at, r.id limit $3"
    ))
    .bind(tx.organization_id().uuid())
    .bind(now)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// What was decided last.
pub(super) async fn decided(tx: &mut OrgTx, now: Timestamp, limit: i64) -> Result<Vec<QueueRow>, Error> {
    Ok(sqlx::query_as(queue!(
        "where r.organization_id = $1 and r.decided_at is not null
           and r.status in ('approved', 'rejected', 'withdrawn')
         order by r.decided_at desc, r.id desc limit $3"
    ))
    .bind(tx.organization_id().uuid())
    .bind(now)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// The snapshot of a revision.
pub(super) async fn snapshot(tx: &mut OrgTx, post: PostId, revision: i32) -> Result<Option<Value>, Error> {
    Ok(sqlx::query_scalar(
        "select snapshot from publishing.post_revisions where organization_id = $1 and post_id = $2 and revision = $3",
    )
    .bind(tx.organization_id().uuid())
    .bind(post.uuid())
    .bind(revision)
    .fetch_optional(tx.conn())
    .await?)
}

/// The columns of [`ReviewLink`].
macro_rules! links {
    ($rest:literal) => {
        concat!(
            "select id, post_id, revision, content_hash, recipient, created_by, expires_at, opened_at, used_at, revoked_at,
                    created_at from publishing.review_links where organization_id = $1 ",
            $rest
        )
    };
}

/// A new link, with its place in the directory.
pub(super) async fn insert_link(tx: &mut OrgTx, link: &ReviewLink, token: &[u8; 32]) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query(
        "insert into publishing.review_links (organization_id, id, post_id, revision, content_hash, token_hash, recipient,
             created_by, expires_at, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
    )
    .bind(organization.uuid())
    .bind(link.id.uuid())
    .bind(link.post_id.uuid())
    .bind(link.revision)
    .bind(&link.content_hash)
    .bind(token.as_slice())
    .bind(&link.recipient)
    .bind(link.created_by.map(UserId::uuid))
    .bind(link.expires_at)
    .bind(link.created_at)
    .execute(tx.conn())
    .await?;
    sqlx::query(
        "insert into publishing.review_link_directory (token_hash, organization_id, link_id) values ($1, $2, $3)",
    )
    .bind(token.as_slice())
    .bind(organization.uuid())
    .bind(link.id.uuid())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Whose link a token is.
pub(super) async fn directory(
    conn: &mut PgConnection,
    token: &[u8; 32],
) -> Result<Option<(OrganizationId, ReviewLinkId)>, Error> {
    let found: Option<(Vec<u8>, Uuid, Uuid)> = sqlx::query_as(
        "select token_hash, organization_id, link_id from publishing.review_link_directory where token_hash = $1",
    )
    .bind(token.as_slice())
    .fetch_optional(conn)
    .await?;
    // The index finds by digest, which tells nothing about the token; compared once more without a shortcut.
    Ok(found
        .filter(|(stored, ..)| is_same(stored, token))
        .map(|(_, organization, link)| (OrganizationId::from_uuid(organization), ReviewLinkId::from_uuid(link))))
}

/// Compares in a time that does not depend on where the first difference is.
fn is_same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |different, (x, y)| different | (x ^ y)) == 0
}

/// One link.
pub(super) async fn link(tx: &mut OrgTx, id: ReviewLinkId) -> Result<Option<ReviewLink>, Error> {
    Ok(sqlx::query_as(links!("and id = $2"))
        .bind(tx.organization_id().uuid())
        .bind(id.uuid())
        .fetch_optional(tx.conn())
        .await?)
}

/// The links of a post, the newest first.
pub(super) async fn links_of(tx: &mut OrgTx, post: PostId) -> Result<Vec<ReviewLink>, Error> {
    Ok(sqlx::query_as(links!("and post_id = $2 order by created_at desc, id desc limit 100"))
        .bind(tx.organization_id().uuid())
        .bind(post.uuid())
        .fetch_all(tx.conn())
        .await?)
}

/// Notes the first look.
pub(super) async fn note_opened(tx: &mut OrgTx, id: ReviewLinkId, now: Timestamp) -> Result<(), Error> {
    sqlx::query(
        "update publishing.review_links set opened_at = $3, updated_at = $3
         where organization_id = $1 and id = $2 and opened_at is null",
    )
    .bind(tx.organization_id().uuid())
    .bind(id.uuid())
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Uses a link up; false if somebody was faster.
pub(super) async fn use_link(tx: &mut OrgTx, id: ReviewLinkId, now: Timestamp) -> Result<bool, Error> {
    let done = sqlx::query(
        "update publishing.review_links set used_at = $3, updated_at = $3
         where organization_id = $1 and id = $2 and used_at is null and revoked_at is null and expires_at > $3",
    )
    .bind(tx.organization_id().uuid())
    .bind(id.uuid())
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a link back; false if it was used or taken back before.
pub(super) async fn revoke_link(tx: &mut OrgTx, id: ReviewLinkId, now: Timestamp) -> Result<bool, Error> {
    let done = sqlx::query(
        "update publishing.review_links set revoked_at = $3, updated_at = $3
         where organization_id = $1 and id = $2 and used_at is null and revoked_at is null",
    )
    .bind(tx.organization_id().uuid())
    .bind(id.uuid())
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How a review status follows from a decision; a remark changes nothing.
pub(super) const fn status_after(action: ReviewAction) -> Option<ReviewStatus> {
    match action {
        ReviewAction::Approve => Some(ReviewStatus::Approved),
        ReviewAction::Reject => Some(ReviewStatus::Rejected),
        ReviewAction::RequestChanges => Some(ReviewStatus::NeedsChanges),
        ReviewAction::Comment => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_compared_to_the_end() {
        assert!(is_same(&[1, 2, 3], &[1, 2, 3]));
        assert!(!is_same(&[1, 2, 3], &[1, 2, 4]));
        assert!(!is_same(&[1, 2, 3], &[1, 2]));
    }
}
