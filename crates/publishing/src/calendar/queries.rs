//! What the calendar and "needs you" read.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, Cursor, Date, Limit, Page, Platform, PostId, PublicationId, Timestamp, Zone};
use serde_json::Value;

use super::CalendarEntry;
use super::clashes::opening;
use crate::post::{EditorialState, excerpt};
use crate::publication::PublicationStatus;

/// An entry as stored.
#[derive(sqlx::FromRow)]
struct Row {
    id: PublicationId,
    post_id: PostId,
    social_account_id: AccountId,
    platform: Platform,
    status: PublicationStatus,
    at: Timestamp,
    next_attempt_at: Option<Timestamp>,
    editorial_state: EditorialState,
    title: Option<String>,
    content: String,
    labels: Option<Value>,
    updated_at: Timestamp,
}

impl Row {
    /// `missed_before`: what should have begun before this and has not is late.
    fn entry(self, missed_before: Timestamp) -> CalendarEntry {
        let is_late =
            self.status == PublicationStatus::Scheduled && self.next_attempt_at.is_some_and(|due| due < missed_before);
        CalendarEntry {
            publication_id: self.id,
            post_id: self.post_id,
            account_id: self.social_account_id,
            platform: self.platform,
            at: self.at,
            status: self.status,
            editorial_state: self.editorial_state,
            excerpt: excerpt(self.title.as_deref(), &self.content),
            opening: opening(&self.content),
            labels: self.labels.and_then(|labels| serde_json::from_value(labels).ok()).unwrap_or_default(),
            is_late,
            updated_at: self.updated_at,
        }
    }
}

// Enough of the text for its first line and its first five words.
const ENTRIES: &str = "select u.id, u.post_id, u.social_account_id, u.platform, u.status,
            coalesce(u.published_at, u.scheduled_for) as at, u.next_attempt_at, p.editorial_state, p.title,
            left(p.content, 500) as content, p.metadata -> 'labels' as labels, u.updated_at
     from publishing.post_publications u
          join publishing.posts p on p.organization_id = $1 and p.id = u.post_id
     where u.organization_id = $1 and p.archived_at is null and (p.parent_post_id is null) is true
       and ((u.scheduled_for >= $2 and u.scheduled_for < $3) or (u.published_at >= $2 and u.published_at < $3))
       and coalesce(u.published_at, u.scheduled_for) >= $2 and coalesce(u.published_at, u.scheduled_for) < $3
     order by 6, u.id
     limit $4";

/// The entries of a span of time.
pub(crate) async fn entries(
    tx: &mut OrgTx,
    from: Timestamp,
    to: Timestamp,
    missed_before: Timestamp,
    limit: i64,
) -> Result<Vec<CalendarEntry>, Error> {
    let rows: Vec<Row> = sqlx::query_as(ENTRIES)
        .bind(tx.organization_id().uuid())
        .bind(from)
        .bind(to)
        .bind(limit)
        .fetch_all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|row| row.entry(missed_before)).collect())
}

const BUSY_DAYS: &str = "select distinct (coalesce(u.published_at, u.scheduled_for) at time zone $4)::date
     from publishing.post_publications u
          join publishing.posts p on p.organization_id = $1 and p.id = u.post_id
     where u.organization_id = $1 and p.archived_at is null and (p.parent_post_id is null) is true
       and u.status not in ('draft', 'failed', 'cancelled')
       and ((u.scheduled_for >= $2 and u.scheduled_for < $3) or (u.published_at >= $2 and u.published_at < $3))
       and coalesce(u.published_at, u.scheduled_for) >= $2 and coalesce(u.published_at, u.scheduled_for) < $3";

/// The local days of a span on which something came out or is planned, in no order.
pub(crate) async fn busy_days(tx: &mut OrgTx, from: Timestamp, to: Timestamp, zone: &Zone) -> Result<Vec<Date>, Error> {
    Ok(sqlx::query_scalar(BUSY_DAYS)
        .bind(tx.organization_id().uuid())
        .bind(from)
        .bind(to)
        .bind(zone.name())
        .fetch_all(tx.conn())
        .await?)
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

const MISSED: &str = "select u.id, u.post_id, u.social_account_id, u.platform, u.status, u.next_attempt_at as at,
            u.next_attempt_at, p.editorial_state, p.title, left(p.content, 500) as content,
            p.metadata -> 'labels' as labels, u.updated_at
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
    let entries = rows.into_iter().map(|row| row.entry(before));
    Ok(Page::from_probe(entries.collect(), limit, |e| (e.at, e.publication_id.uuid())))
}
