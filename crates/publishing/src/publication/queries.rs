//! Work lists of publications (PUB-50).

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, Cursor, Limit, Page, Platform, PostId, PublicationId, Timestamp};

use super::model::PublicationStatus;
use crate::attempt::{AttemptPhase, ErrorClass};
use crate::post::excerpt;
use crate::receipt::words;

/// A publication whose numbers are to be read again.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SyncDue {
    /// The publication.
    #[sqlx(rename = "id")]
    pub publication_id: PublicationId,
    /// Its account.
    #[sqlx(rename = "social_account_id")]
    pub account_id: AccountId,
    /// The account's network.
    pub platform: Platform,
    /// Its id at the network.
    pub platform_post_id: String,
    /// Since when.
    #[sqlx(rename = "next_sync_at")]
    pub due: Timestamp,
}

const TO_COLLECT: &str = "select id, social_account_id, platform, platform_post_id, next_sync_at
     from publishing.post_publications
     where organization_id = $1 and status = 'published' and removed_at is null and next_sync_at is not null
       and next_sync_at <= $2
     order by next_sync_at, id
     limit $3";

/// What is out and due for reading, longest overdue first (Q7).
pub(crate) async fn to_collect(tx: &mut OrgTx, now: Timestamp, limit: i64) -> Result<Vec<SyncDue>, Error> {
    Ok(sqlx::query_as(TO_COLLECT).bind(tx.organization_id().uuid()).bind(now).bind(limit).fetch_all(tx.conn()).await?)
}

/// Which publications a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PublicationFilter {
    /// In one of these states; all if empty.
    pub states: Vec<PublicationStatus>,
    /// Only on this account.
    pub account_id: Option<AccountId>,
}

/// A publication in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicationSummary {
    /// The publication.
    pub id: PublicationId,
    /// Its post.
    pub post_id: PostId,
    /// Its account.
    pub account_id: AccountId,
    /// The account's network.
    pub platform: Platform,
    /// 0, or 1, 2 … for a deliberate repetition.
    pub occurrence: i32,
    /// Its state.
    pub status: PublicationStatus,
    /// Its fate is not known.
    pub in_doubt: bool,
    /// The planned moment.
    pub scheduled_for: Timestamp,
    /// When it came out.
    pub published_at: Option<Timestamp>,
    /// Title or first words of the post.
    pub excerpt: String,
    /// What went wrong last, in words; its receipt tells the rest.
    pub trouble: Option<String>,
}

#[derive(sqlx::FromRow)]
struct SummaryRow {
    id: PublicationId,
    post_id: PostId,
    social_account_id: AccountId,
    platform: Platform,
    occurrence: i32,
    status: PublicationStatus,
    needs_reconciliation: bool,
    scheduled_for: Timestamp,
    published_at: Option<Timestamp>,
    error_class: Option<ErrorClass>,
    error_code: Option<String>,
    title: Option<String>,
    content: String,
}

impl From<SummaryRow> for PublicationSummary {
    fn from(r: SummaryRow) -> Self {
        let went_wrong = r.error_class.is_some() && r.status != PublicationStatus::Published;
        let trouble = went_wrong
            .then(|| words::what(AttemptPhase::Failed, r.error_class, r.error_code.as_deref(), r.platform.name()));
        Self {
            id: r.id,
            post_id: r.post_id,
            account_id: r.social_account_id,
            platform: r.platform,
            occurrence: r.occurrence,
            status: r.status,
            in_doubt: r.needs_reconciliation
                || (r.status == PublicationStatus::Failed && r.error_class == Some(ErrorClass::UnknownOutcome)),
            scheduled_for: r.scheduled_for,
            published_at: r.published_at,
            excerpt: excerpt(r.title.as_deref(), &r.content),
            trouble,
        }
    }
}

/// The server reads the 90 days and sorts them: its index knows the moments and not the ids. Posts are joined to the rows
/// of one page only.
const LIST: &str = "select u.*, p.title, left(p.content, 500) as content
     from (select id, post_id, social_account_id, platform, occurrence, status, needs_reconciliation, scheduled_for,
                  published_at, error_class, error_code
           from publishing.post_publications
           where organization_id = $1 and scheduled_for >= $2 and (scheduled_for, id) < ($3, $4)
             and (cardinality($5::publishing.publication_status[]) = 0 or status = any($5))
             and ($6::uuid is null or social_account_id = $6)
           order by scheduled_for desc, id desc
           limit $7) u
          join publishing.posts p on p.organization_id = $1 and p.id = u.post_id
     order by u.scheduled_for desc, u.id desc";

/// What has a moment not before `since`, the latest moment first, before a place in the list.
pub(crate) async fn list(
    tx: &mut OrgTx,
    filter: &PublicationFilter,
    since: Timestamp,
    before: Cursor,
    limit: Limit,
) -> Result<Page<PublicationSummary>, Error> {
    let rows: Vec<SummaryRow> = sqlx::query_as(LIST)
        .bind(tx.organization_id().uuid())
        .bind(since)
        .bind(before.at)
        .bind(before.id)
        .bind(&filter.states)
        .bind(filter.account_id.map(AccountId::uuid))
        .bind(limit.probe())
        .fetch_all(tx.conn())
        .await?;
    let items = rows.into_iter().map(PublicationSummary::from).collect();
    Ok(Page::from_probe(items, limit, |p: &PublicationSummary| (p.scheduled_for, p.id.uuid())))
}
