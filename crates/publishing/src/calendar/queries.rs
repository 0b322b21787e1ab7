//! What the calendar and "needs you" read.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, Cursor, Limit, Page, Platform, PostId, PublicationId, Timestamp};

use super::CalendarEntry;
use crate::post::{EditorialState, excerpt};
use crate::publication::PublicationStatus;

/// The entries of a span of time.
pub(crate) async fn entries(
    tx: &mut OrgTx,
    from: Timestamp,
    to: Timestamp,
    limit: i64,
) -> Result<Vec<CalendarEntry>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"select u.id, u.post_id, u.social_account_id, u.platform, u.status, p.editorial_state, p.title, p.content,
                  coalesce(u.published_at, u.scheduled_for) as "at!: Timestamp"
           from publishing.post_publications u
                join publishing.posts p on p.organization_id = $1 and p.id = u.post_id
           where u.organization_id = $1 and p.archived_at is null and (p.parent_post_id is null) is true
             and ((u.scheduled_for >= $2 and u.scheduled_for < $3) or (u.published_at >= $2 and u.published_at < $3))
             and coalesce(u.published_at, u.scheduled_for) >= $2 and coalesce(u.published_at, u.scheduled_for) < $3
           order by 9, u.id
           limit $4"#,
        organization.uuid(),
        from as _,
        to as _,
        limit,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| CalendarEntry {
            publication_id: r.id,
            post_id: r.post_id,
            account_id: r.social_account_id,
            platform: r.platform,
            at: r.at,
            status: r.status,
            editorial_state: r.editorial_state,
            excerpt: excerpt(r.title.as_deref(), &r.content),
        })
        .collect())
}

/// The publications that want a person: given up since `since`, due and not begun since
/// `missed_before`, or waiting for an account. Newest problem first.
pub(crate) async fn troubled(
    tx: &mut OrgTx,
    since: Timestamp,
    missed_before: Timestamp,
    limit: i64,
) -> Result<Vec<PublicationId>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        "select u.id from publishing.post_publications u
              join publishing.posts p on p.organization_id = $1 and p.id = u.post_id
         where u.organization_id = $1 and p.archived_at is null
           and ((u.status = 'failed' and u.failed_at >= $2)
             or (u.status in ('scheduled', 'retrying') and u.next_attempt_at < $3)
             or (u.status = 'retrying' and u.error_class = 'auth'))
         order by coalesce(u.failed_at, u.next_attempt_at) desc, u.id limit $4",
        organization.uuid(),
        since as _,
        missed_before as _,
        limit,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// An entry as stored.
#[derive(sqlx::FromRow)]
struct Row {
    id: PublicationId,
    post_id: PostId,
    social_account_id: AccountId,
    platform: Platform,
    status: PublicationStatus,
    next_attempt_at: Timestamp,
    editorial_state: EditorialState,
    title: Option<String>,
    content: String,
}

const MISSED: &str = "select u.id, u.post_id, u.social_account_id, u.platform, u.status, u.next_attempt_at,
            p.editorial_state, p.title, p.content
     from publishing.post_publications u
          join publishing.posts p on p.organization_id = $1 and p.id = u.post_id
     where u.organization_id = $1 and u.status = 'scheduled' and u.next_attempt_at < $2
       and (u.next_attempt_at, u.id) > ($3, $4)
     order by u.next_attempt_at, u.id
     limit $5";

/// What is planned for a moment before `before` and has not begun, in time's order (Q14).
pub(crate) async fn missed(
    tx: &mut OrgTx,
    before: Timestamp,
    after: Cursor,
    limit: Limit,
) -> Result<Page<CalendarEntry>, Error> {
    let rows: Vec<Row> = sqlx::query_as(MISSED)
        .bind(tx.organization_id().uuid())
        .bind(before)
        .bind(after.at)
        .bind(after.id)
        .bind(limit.probe())
        .fetch_all(tx.conn())
        .await?;
    let entries = rows.into_iter().map(|r| CalendarEntry {
        publication_id: r.id,
        post_id: r.post_id,
        account_id: r.social_account_id,
        platform: r.platform,
        at: r.next_attempt_at,
        status: r.status,
        editorial_state: r.editorial_state,
        excerpt: excerpt(r.title.as_deref(), &r.content),
    });
    Ok(Page::from_probe(entries.collect(), limit, |e| (e.at, e.publication_id.uuid())))
}
