//! The statements of the watchdog.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{PostId, PublicationId, Timestamp};

use super::Overdue;
use crate::post::excerpt;

/// What waits since before `$2` though nothing holds it: it may leave where reviews are required (`$4`), and its account
/// is not busy with another one whose worker lives at `$3`. The condition is that of the index of waiting publications.
macro_rules! overdue {
    ($columns:literal, $rest:literal) => {
        concat!(
            "select ",
            $columns,
            " from publishing.post_publications u
                   join publishing.posts p on p.organization_id = $1 and p.id = u.post_id
              where u.organization_id = $1 and u.status in ('scheduled', 'retrying') and u.next_attempt_at < $2
                and case when $4 then publishing.is_approved($1, u.post_id)
                         else p.editorial_state not in ('rejected', 'archived') end
                and not exists (
                    select from publishing.post_publications b
                    where b.organization_id = $1 and b.social_account_id = u.social_account_id and b.status = 'publishing'
                      and not b.needs_reconciliation and b.id <> u.id
                      and coalesce(b.lease_expires_at, b.next_attempt_at) > $3) ",
            $rest
        )
    };
}

/// How many, and since when.
pub(crate) async fn count(
    tx: &mut OrgTx,
    review_required: bool,
    before: Timestamp,
    now: Timestamp,
) -> Result<(u64, Option<Timestamp>), Error> {
    let (count, oldest): (i64, Option<Timestamp>) = sqlx::query_as(overdue!("count(*), min(u.next_attempt_at)", ""))
        .bind(tx.organization_id().uuid())
        .bind(before)
        .bind(now)
        .bind(review_required)
        .fetch_one(tx.conn())
        .await?;
    Ok((count.unsigned_abs(), oldest))
}

/// Which, longest overdue first.
pub(super) async fn list(
    tx: &mut OrgTx,
    review_required: bool,
    before: Timestamp,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Overdue>, Error> {
    let rows: Vec<(PublicationId, PostId, Option<String>, String, Timestamp)> = sqlx::query_as(overdue!(
        "u.id, u.post_id, p.title, p.content, u.next_attempt_at",
        "order by u.next_attempt_at, u.id limit $5"
    ))
    .bind(tx.organization_id().uuid())
    .bind(before)
    .bind(now)
    .bind(review_required)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|(publication_id, post_id, title, content, since)| Overdue {
            publication_id,
            post_id,
            excerpt: excerpt(title.as_deref(), &content),
            since,
        })
        .collect())
}
