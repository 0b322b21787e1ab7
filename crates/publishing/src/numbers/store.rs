//! The statements on what is read of publications. `updated_at` stays: nobody changed the publication.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, PublicationId, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use super::{LatestNumbers, OnNetwork, next_reading};

/// The usable accounts that have a publication due for reading.
///
/// # Errors
/// The database's.
pub async fn accounts_due(tx: &mut OrgTx, now: Timestamp) -> Result<Vec<AccountId>, Error> {
    let organization = tx.organization_id();
    let ids = sqlx::query_scalar!(
        "select a.id from accounts.social_accounts a
         where a.organization_id = $1 and a.status = 'active'
           and a.id in (select u.social_account_id from publishing.post_publications u
                        where u.organization_id = $1 and u.status = 'published' and u.removed_at is null
                          and u.next_sync_at is not null and u.next_sync_at <= $2)
         order by a.id",
        organization.uuid(),
        now as _,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(ids)
}

/// What of one account is due for reading, longest overdue first.
///
/// # Errors
/// The database's.
pub async fn due(tx: &mut OrgTx, account: AccountId, now: Timestamp, limit: i64) -> Result<Vec<OnNetwork>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        OnNetwork,
        r#"select id as publication_id, post_id, social_account_id as account_id, platform, platform_post_id as "external_id!",
                  coalesce(published_at, created_at) as "published_at!"
           from publishing.post_publications
           where organization_id = $1 and social_account_id = $2 and status = 'published' and removed_at is null
             and next_sync_at is not null and next_sync_at <= $3
           order by next_sync_at, id
           limit $4"#,
        organization.uuid(),
        account.uuid(),
        now as _,
        limit,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Which of these ids at the network are publications of the account that are out.
///
/// # Errors
/// The database's.
pub async fn known(tx: &mut OrgTx, account: AccountId, external_ids: &[String]) -> Result<Vec<OnNetwork>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        OnNetwork,
        r#"select id as publication_id, post_id, social_account_id as account_id, platform, platform_post_id as "external_id!",
                  coalesce(published_at, created_at) as "published_at!"
           from publishing.post_publications
           where organization_id = $1 and social_account_id = $2 and platform_post_id = any($3) and status = 'published'
           order by id"#,
        organization.uuid(),
        account.uuid(),
        external_ids,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Notes what was read and when it is read again, in one statement, and adds up the posts they belong to. An older reading
/// never replaces a newer one.
///
/// # Errors
/// The database's.
pub async fn record(tx: &mut OrgTx, readings: &[LatestNumbers]) -> Result<(), Error> {
    if readings.is_empty() {
        return Ok(());
    }
    let organization = tx.organization_id();
    let ids: Vec<Uuid> = readings.iter().map(|r| r.publication_id.uuid()).collect();
    let column = |f: fn(&LatestNumbers) -> Option<i64>| -> Vec<Option<i64>> { readings.iter().map(f).collect() };
    let others: Vec<Value> = readings.iter().map(|r| r.others.clone()).collect();
    let read_at: Vec<Timestamp> = readings.iter().map(|r| r.read_at).collect();
    let next: Vec<Option<Timestamp>> = readings.iter().map(|r| r.next).collect();
    lock_posts(tx, &ids).await?;
    sqlx::query!(
        "update publishing.post_publications p set
             likes_count = coalesce(u.likes, p.likes_count), comments_count = coalesce(u.comments, p.comments_count),
             shares_count = coalesce(u.shares, p.shares_count), impressions_count = coalesce(u.impressions, p.impressions_count),
             reach_count = coalesce(u.reach, p.reach_count), analytics = p.analytics || u.others, last_synced_at = u.read_at,
             next_sync_at = case when p.removed_at is null then u.next end
         from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::jsonb[],
                     $9::timestamptz[], $10::timestamptz[])
                  as u (id, likes, comments, shares, impressions, reach, others, read_at, next)
         where p.organization_id = $1 and p.id = u.id and (p.last_synced_at is null or p.last_synced_at <= u.read_at)",
        organization.uuid(),
        &ids,
        &column(|r| r.likes) as &[Option<i64>],
        &column(|r| r.comments) as &[Option<i64>],
        &column(|r| r.shares) as &[Option<i64>],
        &column(|r| r.impressions) as &[Option<i64>],
        &column(|r| r.reach) as &[Option<i64>],
        &others,
        &read_at as _,
        &next as _,
    )
    .execute(tx.conn())
    .await?;
    add_up(tx, &ids).await
}

/// Posts are locked before their publications, as everywhere.
async fn lock_posts(tx: &mut OrgTx, publications: &[Uuid]) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "select p.id from publishing.posts p
         where p.organization_id = $1
           and p.id in (select u.post_id from publishing.post_publications u
                        where u.organization_id = $1 and u.id = any($2))
         order by p.id
         for no key update",
        organization.uuid(),
        publications,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(())
}

/// The totals of the posts that these publications belong to; the same as when a delivery ends.
async fn add_up(tx: &mut OrgTx, publications: &[Uuid]) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update publishing.posts p set analytics = s.totals
         from (select u.post_id, jsonb_strip_nulls(jsonb_build_object(
                          'totalLikes', sum(u.likes_count), 'totalComments', sum(u.comments_count),
                          'totalShares', sum(u.shares_count), 'totalImpressions', sum(u.impressions_count),
                          'totalReach', sum(u.reach_count))) as totals
               from publishing.post_publications u
               where u.organization_id = $1
                 and u.post_id in (select c.post_id from publishing.post_publications c
                                   where c.organization_id = $1 and c.id = any($2))
               group by u.post_id) s
         where p.organization_id = $1 and p.id = s.post_id and p.analytics is distinct from s.totals",
        organization.uuid(),
        publications,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Puts off publications of an account whose numbers could not be read, by the pace of their age.
///
/// # Errors
/// The database's.
pub async fn postpone(tx: &mut OrgTx, publications: &[OnNetwork], now: Timestamp) -> Result<(), Error> {
    if publications.is_empty() {
        return Ok(());
    }
    let organization = tx.organization_id();
    let ids: Vec<Uuid> = publications.iter().map(|p| p.publication_id.uuid()).collect();
    let next: Vec<Option<Timestamp>> = publications.iter().map(|p| next_reading(p.published_at, now)).collect();
    sqlx::query!(
        "update publishing.post_publications p set next_sync_at = u.next
         from unnest($2::uuid[], $3::timestamptz[]) as u (id, next)
         where p.organization_id = $1 and p.id = u.id and p.next_sync_at <= $4",
        organization.uuid(),
        &ids,
        &next as _,
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Puts off everything of an account that is due, because the account cannot be asked.
///
/// # Errors
/// The database's.
pub async fn postpone_account(tx: &mut OrgTx, account: AccountId, now: Timestamp) -> Result<(), Error> {
    let waiting = due(tx, account, now, i64::MAX).await?;
    postpone(tx, &waiting, now).await
}

/// Notes that publications are gone from the network; they are not asked about again.
///
/// # Errors
/// The database's.
pub async fn remove(tx: &mut OrgTx, publications: &[OnNetwork], now: Timestamp) -> Result<(), Error> {
    if publications.is_empty() {
        return Ok(());
    }
    let organization = tx.organization_id();
    let ids: Vec<Uuid> = publications.iter().map(|p| p.publication_id.uuid()).collect();
    sqlx::query!(
        "update publishing.post_publications set removed_at = $3, next_sync_at = null, updated_at = $3
         where organization_id = $1 and id = any($2) and removed_at is null",
        organization.uuid(),
        &ids,
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Makes a publication due now, unless it was read within the hour before `now`, is not out or is gone: then `None`. Else
/// its account.
///
/// # Errors
/// The database's.
pub async fn hurry(tx: &mut OrgTx, publication: PublicationId, now: Timestamp) -> Result<Option<AccountId>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        "update publishing.post_publications set next_sync_at = least(next_sync_at, $3::timestamptz)
         where organization_id = $1 and id = $2 and status = 'published' and removed_at is null
           and (last_synced_at is null or last_synced_at <= $3::timestamptz - interval '1 hour')
         returning social_account_id",
        organization.uuid(),
        publication.uuid(),
        now as _,
    )
    .fetch_optional(tx.conn())
    .await?)
}
