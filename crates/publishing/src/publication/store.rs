//! The statements on publications.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, PostId, PublicationId, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use super::model::Publication;

/// New publications, in one statement.
pub(crate) async fn insert_many(tx: &mut OrgTx, publications: &[Publication]) -> Result<(), Error> {
    let organization = tx.organization_id();
    let ids: Vec<Uuid> = publications.iter().map(|p| p.id.uuid()).collect();
    let posts: Vec<Uuid> = publications.iter().map(|p| p.post_id.uuid()).collect();
    let accounts: Vec<Uuid> = publications.iter().map(|p| p.social_account_id.uuid()).collect();
    let networks: Vec<String> = publications.iter().map(|p| p.platform.label().to_owned()).collect();
    let statuses: Vec<String> = publications.iter().map(|p| p.status.label().to_owned()).collect();
    let occurrences: Vec<i32> = publications.iter().map(|p| p.occurrence).collect();
    let keys: Vec<String> = publications.iter().map(|p| p.idempotency_key.clone()).collect();
    let times: Vec<Option<Timestamp>> = publications.iter().map(|p| p.scheduled_for).collect();
    let created: Vec<Timestamp> = publications.iter().map(|p| p.created_at).collect();
    let own: Vec<Option<Value>> = publications.iter().map(|p| p.content_override.clone()).collect();
    sqlx::query!(
        "insert into publishing.post_publications
            (organization_id, id, post_id, social_account_id, platform, status, occurrence, idempotency_key,
             scheduled_for, next_attempt_at, created_at, updated_at, content_override)
         select o.organization_id, u.id, u.post_id, u.account_id, u.platform::accounts.platform,
                u.status::publishing.publication_status, u.occurrence, u.key, u.at, u.at, u.created_at, u.created_at,
                u.own
         from identity.organizations o
              cross join unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::integer[], $8::text[],
                                $9::timestamptz[], $10::timestamptz[], $11::jsonb[])
                  as u (id, post_id, account_id, platform, status, occurrence, key, at, created_at, own)
         where o.organization_id = $1",
        organization.uuid(),
        &ids,
        &posts,
        &accounts,
        &networks,
        &statuses,
        &occurrences,
        &keys,
        &times as _,
        &created as _,
        &own as &[Option<Value>],
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes the accounts' own words, in one statement.
pub(crate) async fn write_own_words(tx: &mut OrgTx, publications: &[Publication], now: Timestamp) -> Result<(), Error> {
    let organization = tx.organization_id();
    let ids: Vec<Uuid> = publications.iter().map(|p| p.id.uuid()).collect();
    let own: Vec<Option<Value>> = publications.iter().map(|p| p.content_override.clone()).collect();
    sqlx::query!(
        "update publishing.post_publications p set content_override = u.own, updated_at = $4
         from unnest($2::uuid[], $3::jsonb[]) as u (id, own)
         where p.organization_id = $1 and p.id = u.id and p.content_override is distinct from u.own",
        organization.uuid(),
        &ids,
        &own as &[Option<Value>],
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes publications away that nothing has happened to yet.
pub(crate) async fn delete_many(tx: &mut OrgTx, ids: &[PublicationId]) -> Result<(), Error> {
    let organization = tx.organization_id();
    let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    sqlx::query!(
        "delete from publishing.post_publications where organization_id = $1 and id = any($2) and status = 'draft'",
        organization.uuid(),
        &ids,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// One publication, or none in this organization.
pub(crate) async fn find(tx: &mut OrgTx, id: PublicationId) -> Result<Option<Publication>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        Publication,
        "select id, organization_id, post_id, social_account_id, platform, status, content_override, occurrence,
                idempotency_key, scheduled_for, next_attempt_at, attempt_count, max_attempts, last_attempt_at,
                lease_owner, lease_expires_at, needs_reconciliation, cancel_requested_at, platform_post_id,
                platform_post_url, published_at, failed_at, error_class, error_code, error_message, next_sync_at,
                removed_at, created_at, updated_at
         from publishing.post_publications where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// The publications of a post. Changing them needs the post's lock.
pub(crate) async fn of_post(tx: &mut OrgTx, post: PostId) -> Result<Vec<Publication>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        Publication,
        "select id, organization_id, post_id, social_account_id, platform, status, content_override, occurrence,
                idempotency_key, scheduled_for, next_attempt_at, attempt_count, max_attempts, last_attempt_at,
                lease_owner, lease_expires_at, needs_reconciliation, cancel_requested_at, platform_post_id,
                platform_post_url, published_at, failed_at, error_class, error_code, error_message, next_sync_at,
                removed_at, created_at, updated_at
         from publishing.post_publications where organization_id = $1 and post_id = $2
         order by created_at, id",
        organization.uuid(),
        post.uuid(),
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Writes what a delivery or a person changed, in one statement.
pub(crate) async fn update_many(tx: &mut OrgTx, changed: &[&Publication]) -> Result<(), Error> {
    if changed.is_empty() {
        return Ok(());
    }
    let organization = tx.organization_id();
    let ids: Vec<Uuid> = changed.iter().map(|p| p.id.uuid()).collect();
    let statuses: Vec<String> = changed.iter().map(|p| p.status.label().to_owned()).collect();
    let planned: Vec<Option<Timestamp>> = changed.iter().map(|p| p.scheduled_for).collect();
    let next: Vec<Option<Timestamp>> = changed.iter().map(|p| p.next_attempt_at).collect();
    let attempts: Vec<i32> = changed.iter().map(|p| p.attempt_count).collect();
    let attempts_max: Vec<i32> = changed.iter().map(|p| p.max_attempts).collect();
    let last: Vec<Option<Timestamp>> = changed.iter().map(|p| p.last_attempt_at).collect();
    let owners: Vec<Option<String>> = changed.iter().map(|p| p.lease_owner.clone()).collect();
    let leases: Vec<Option<Timestamp>> = changed.iter().map(|p| p.lease_expires_at).collect();
    let doubtful: Vec<bool> = changed.iter().map(|p| p.needs_reconciliation).collect();
    let cancels: Vec<Option<Timestamp>> = changed.iter().map(|p| p.cancel_requested_at).collect();
    let remote: Vec<Option<String>> = changed.iter().map(|p| p.platform_post_id.clone()).collect();
    let addresses: Vec<Option<String>> = changed.iter().map(|p| p.platform_post_url.clone()).collect();
    let published: Vec<Option<Timestamp>> = changed.iter().map(|p| p.published_at).collect();
    let failed: Vec<Option<Timestamp>> = changed.iter().map(|p| p.failed_at).collect();
    let classes: Vec<Option<String>> = changed.iter().map(|p| p.error_class.map(|c| c.label().to_owned())).collect();
    let codes: Vec<Option<String>> = changed.iter().map(|p| p.error_code.clone()).collect();
    let messages: Vec<Option<String>> = changed.iter().map(|p| p.error_message.clone()).collect();
    let syncs: Vec<Option<Timestamp>> = changed.iter().map(|p| p.next_sync_at).collect();
    let updated: Vec<Timestamp> = changed.iter().map(|p| p.updated_at).collect();
    sqlx::query!(
        "update publishing.post_publications p set
             status = u.status::publishing.publication_status, scheduled_for = u.scheduled_for,
             next_attempt_at = u.next_attempt_at, attempt_count = u.attempt_count, max_attempts = u.max_attempts,
             last_retry_at = case when u.attempt_count > 1 and u.last_attempt_at is distinct from p.last_attempt_at
                                  then u.last_attempt_at else p.last_retry_at end,
             last_attempt_at = u.last_attempt_at, lease_owner = u.lease_owner, lease_expires_at = u.lease_expires_at,
             needs_reconciliation = u.needs_reconciliation, cancel_requested_at = u.cancel_requested_at,
             platform_post_id = u.platform_post_id, platform_post_url = u.platform_post_url,
             published_at = u.published_at, failed_at = u.failed_at,
             error_class = u.error_class::publishing.error_class, error_code = u.error_code,
             error_message = u.error_message, next_sync_at = u.next_sync_at, updated_at = u.updated_at
         from unnest($2::uuid[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::integer[], $7::integer[],
                     $8::timestamptz[], $9::text[], $10::timestamptz[], $11::boolean[], $12::timestamptz[],
                     $13::text[], $14::text[], $15::timestamptz[], $16::timestamptz[], $17::text[], $18::text[],
                     $19::text[], $20::timestamptz[], $21::timestamptz[])
              as u (id, status, scheduled_for, next_attempt_at, attempt_count, max_attempts, last_attempt_at,
                    lease_owner, lease_expires_at, needs_reconciliation, cancel_requested_at, platform_post_id,
                    platform_post_url, published_at, failed_at, error_class, error_code, error_message, next_sync_at,
                    updated_at)
         where p.organization_id = $1 and p.id = u.id",
        organization.uuid(),
        &ids,
        &statuses,
        &planned as _,
        &next as _,
        &attempts,
        &attempts_max,
        &last as _,
        &owners as &[Option<String>],
        &leases as _,
        &doubtful,
        &cancels as _,
        &remote as &[Option<String>],
        &addresses as &[Option<String>],
        &published as _,
        &failed as _,
        &classes as &[Option<String>],
        &codes as &[Option<String>],
        &messages as &[Option<String>],
        &syncs as _,
        &updated as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Lengthens a claim; says whether it was still ours.
pub(crate) async fn renew_lease(
    tx: &mut OrgTx,
    id: PublicationId,
    owner: &str,
    until: Timestamp,
) -> Result<bool, Error> {
    let organization = tx.organization_id();
    let done = sqlx::query!(
        "update publishing.post_publications set lease_expires_at = $4
         where organization_id = $1 and id = $2 and lease_owner = $3 and status = 'publishing'",
        organization.uuid(),
        id.uuid(),
        owner,
        until as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether another publication of the account is being delivered right now.
pub(crate) async fn is_account_busy(tx: &mut OrgTx, account: AccountId, except: PublicationId) -> Result<bool, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        r#"select exists (select from publishing.post_publications
               where organization_id = $1 and social_account_id = $2 and id <> $3
                 and status = 'publishing' and not needs_reconciliation) as "busy!""#,
        organization.uuid(),
        account.uuid(),
        except.uuid(),
    )
    .fetch_one(tx.conn())
    .await?)
}

/// The moments at which the account's pace was used since `since`, newest first, at most `limit`
/// of them: what came out, and what may have.
pub(crate) async fn paces(
    tx: &mut OrgTx,
    account: AccountId,
    except: PublicationId,
    since: Timestamp,
    limit: i64,
) -> Result<Vec<Timestamp>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        r#"select coalesce(published_at, last_attempt_at) as "at!: Timestamp"
           from publishing.post_publications
           where organization_id = $1 and social_account_id = $2 and id <> $3
             and (published_at > $4 or (status = 'publishing' and last_attempt_at > $4))
           order by 1 desc limit $5"#,
        organization.uuid(),
        account.uuid(),
        except.uuid(),
        since as _,
        limit,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Whether the id at the network belongs to another publication of the account already.
pub(crate) async fn is_remote_taken(
    tx: &mut OrgTx,
    account: AccountId,
    platform_post_id: &str,
    except: PublicationId,
) -> Result<bool, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        r#"select exists (select from publishing.post_publications
               where organization_id = $1 and social_account_id = $2 and platform_post_id = $3 and id <> $4) as "taken!""#,
        organization.uuid(),
        account.uuid(),
        platform_post_id,
        except.uuid(),
    )
    .fetch_one(tx.conn())
    .await?)
}

/// Work that nobody may be doing, see [`due`].
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Due {
    pub id: PublicationId,
    /// The moment from which it is due.
    pub at: Timestamp,
    /// The outcome is unknown: it wants a look-up, not a delivery.
    pub is_doubtful: bool,
}

/// Two halves, because each has an index that holds only such rows: what waits, and what is being delivered.
/// The post is looked up per row: joined, the server would begin with all posts of the organization.
const DUE: &str = "select id, at, is_doubtful
     from (select p.id, p.next_attempt_at as at, p.needs_reconciliation as is_doubtful
           from publishing.post_publications p
           where p.organization_id = $1 and p.status in ('scheduled', 'retrying')
             and (p.next_attempt_at <= $2 or p.scheduled_for < $3
                  or (select o.expires_at from publishing.posts o
                      where o.organization_id = $1 and o.id = p.post_id) <= $4)
           union all
           select p.id, case when p.needs_reconciliation then p.next_attempt_at else p.lease_expires_at end,
                  p.needs_reconciliation
           from publishing.post_publications p
           where p.organization_id = $1 and p.status = 'publishing'
             and case when p.needs_reconciliation then p.next_attempt_at <= $2 else p.lease_expires_at <= $4 end) due
     order by at, id
     limit $5";

/// What is due since `before` or longer, too late since `late`, or held by a dead lease; oldest first (Q5).
pub(crate) async fn due(
    tx: &mut OrgTx,
    before: Timestamp,
    late: Timestamp,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Due>, Error> {
    Ok(sqlx::query_as(DUE)
        .bind(tx.organization_id().uuid())
        .bind(before)
        .bind(late)
        .bind(now)
        .bind(limit)
        .fetch_all(tx.conn())
        .await?)
}

/// The posts with a publication that waits for one of these accounts until after `now`.
pub(crate) async fn waiting_for(
    tx: &mut OrgTx,
    accounts: &[AccountId],
    now: Timestamp,
) -> Result<Vec<PublicationId>, Error> {
    let organization = tx.organization_id();
    let accounts: Vec<Uuid> = accounts.iter().map(|a| a.uuid()).collect();
    Ok(sqlx::query_scalar!(
        "select id from publishing.post_publications
         where organization_id = $1 and social_account_id = any($2) and status = 'retrying' and error_class = 'auth'
           and next_attempt_at > $3
         order by next_attempt_at, id limit 200",
        organization.uuid(),
        &accounts,
        now as _,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// What the gauges show of one organization.
#[derive(Debug, Clone, Copy, Default, sqlx::FromRow)]
pub(crate) struct Health {
    /// Due for more than five minutes and not begun.
    pub missed: i64,
    /// In delivery or in doubt for more than half an hour.
    pub stuck: i64,
}

/// Two halves, because each has an index that holds only such rows; neither reads what waits for later.
const HEALTH: &str = "select
    (select count(*) from publishing.post_publications
     where organization_id = $1 and status in ('scheduled', 'retrying') and status = 'scheduled' and next_attempt_at < $2)
        as missed,
    (select count(*) from publishing.post_publications
     where organization_id = $1 and status = 'publishing' and last_attempt_at < $3) as stuck";

/// Counts what is late and what hangs.
pub(crate) async fn health(tx: &mut OrgTx, missed_before: Timestamp, stuck_before: Timestamp) -> Result<Health, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as(HEALTH)
        .bind(organization.uuid())
        .bind(missed_before)
        .bind(stuck_before)
        .fetch_one(tx.conn())
        .await?)
}
