//! The SQL of accounts. One place, tenant first in every statement.

use rookery_db::{Error, ExportTable, OrgTx, SystemTx};
use rookery_kernel::{AccountId, Limit, Platform, Timestamp};
use rookery_platforms::InstanceLimits;
use rookery_platforms::text::CountMethod;
use serde_json::Value;

use super::model::{Account, AccountHealth, AccountStatus, Vitals};
use super::renew::Ending;
use crate::{MediaRules, PlatformRules};

/// A row as stored; the address is still text.
#[derive(sqlx::FromRow)]
struct Row {
    id: AccountId,
    organization_id: rookery_kernel::OrganizationId,
    platform: Platform,
    platform_user_id: String,
    username: String,
    display_name: Option<String>,
    avatar_url: Option<String>,
    profile_url: Option<String>,
    status: AccountStatus,
    health: AccountHealth,
    connector: String,
    base_url: Option<String>,
    followers_count: Option<i64>,
    token_expires_at: Option<Timestamp>,
    last_synced_at: Option<Timestamp>,
    last_posted_at: Option<Timestamp>,
    consecutive_failures: i32,
    last_error_code: Option<String>,
    last_error_message: Option<String>,
    last_error_at: Option<Timestamp>,
    created_at: Timestamp,
    server_text_limit: Option<i32>,
    server_url_weight: Option<i32>,
    server_media_limit: Option<i32>,
}

impl From<Row> for Account {
    fn from(r: Row) -> Self {
        let server = (r.server_text_limit, r.server_url_weight, r.server_media_limit);
        Self {
            id: r.id,
            organization_id: r.organization_id,
            platform: r.platform,
            platform_user_id: r.platform_user_id,
            username: r.username,
            display_name: r.display_name,
            avatar_url: r.avatar_url,
            profile_url: r.profile_url,
            status: r.status,
            health: r.health,
            connector: r.connector,
            base_url: r.base_url.and_then(|u| u.parse().ok()),
            followers_count: r.followers_count,
            token_expires_at: r.token_expires_at,
            last_synced_at: r.last_synced_at,
            last_posted_at: r.last_posted_at,
            consecutive_failures: r.consecutive_failures,
            last_error_code: r.last_error_code,
            last_error_message: r.last_error_message,
            last_error_at: r.last_error_at,
            created_at: r.created_at,
            server_limits: match server {
                (Some(text), Some(url), Some(media)) => Some(InstanceLimits {
                    characters_max: size(text),
                    url_weight: u32::try_from(url).unwrap_or(0),
                    media_max: size(media),
                }),
                _ => None,
            },
        }
    }
}

/// A count that a check of the table keeps from being negative.
fn size(n: i32) -> usize {
    usize::try_from(n).unwrap_or(0)
}

/// All accounts, disconnected ones only if asked for, by network and name.
pub(crate) async fn list(tx: &mut OrgTx, with_revoked: bool) -> Result<Vec<Account>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query_as!(
        Row,
        "select id, organization_id, platform, platform_user_id, username, display_name, avatar_url, profile_url,
                status, health, connector, base_url, followers_count, token_expires_at, last_synced_at, last_posted_at,
                consecutive_failures, last_error_code, last_error_message, last_error_at, created_at,
                server_text_limit, server_url_weight, server_media_limit
         from accounts.social_accounts
         where organization_id = $1 and ($2 or status <> 'revoked')
         order by platform, lower(username), id",
        organization.uuid(),
        with_revoked,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// One account, or none in this organization.
pub(crate) async fn find(tx: &mut OrgTx, id: AccountId) -> Result<Option<Account>, Error> {
    let organization = tx.organization_id();
    let row = sqlx::query_as!(
        Row,
        "select id, organization_id, platform, platform_user_id, username, display_name, avatar_url, profile_url,
                status, health, connector, base_url, followers_count, token_expires_at, last_synced_at, last_posted_at,
                consecutive_failures, last_error_code, last_error_message, last_error_at, created_at,
                server_text_limit, server_url_weight, server_media_limit
         from accounts.social_accounts
         where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Into::into))
}

/// The columns of [`Row`], and what follows.
macro_rules! accounts {
    ($rest:literal) => {
        concat!(
            "select id, organization_id, platform, platform_user_id, username, display_name, avatar_url, profile_url,
                    status, health, connector, base_url, followers_count, token_expires_at, last_synced_at,
                    last_posted_at, consecutive_failures, last_error_code, last_error_message, last_error_at, created_at,
                    server_text_limit, server_url_weight, server_media_limit
             from accounts.social_accounts ",
            $rest
        )
    };
}

const ACTIVE: &str = accounts!("where organization_id = $1 and status = 'active' order by created_at desc, id desc");

/// What works, newest first (Q2 of PUB-50).
pub(crate) async fn active(tx: &mut OrgTx) -> Result<Vec<Account>, Error> {
    let rows: Vec<Row> = sqlx::query_as(ACTIVE).bind(tx.organization_id().uuid()).fetch_all(tx.conn()).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

const TO_RENEW: &str = accounts!(
    "where organization_id = $1 and status in ('active', 'expired') and refresh_token_enc is not null
       and token_expires_at <= $2
     order by token_expires_at, id
     limit $3"
);

/// Accounts with a token that ends by `until` and can be renewed, the one that ends first before the others (Q6).
pub(crate) async fn to_renew(tx: &mut OrgTx, until: Timestamp, limit: Limit) -> Result<Vec<Account>, Error> {
    let rows: Vec<Row> = sqlx::query_as(TO_RENEW)
        .bind(tx.organization_id().uuid())
        .bind(until)
        .bind(limit.probe() - 1)
        .fetch_all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Tokens that end by `until` and may be renewed at `now`, the one that ends first before the others. An organization has
/// few accounts, so there is no bound; what is due of them follows from how long each lives.
pub(crate) async fn ending(tx: &mut OrgTx, until: Timestamp, now: Timestamp) -> Result<Vec<Ending>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        Ending,
        r#"select id, platform, token_issued_at as issued_at, token_expires_at as "expires_at!"
           from accounts.social_accounts
           where organization_id = $1 and status in ('active', 'expired') and refresh_token_enc is not null
             and token_expires_at <= $2
             and (renewal_retry_at is null or renewal_retry_at <= $3)
             and (renewal_claimed_until is null or renewal_claimed_until <= $3)
           order by token_expires_at, id"#,
        organization.uuid(),
        until as _,
        now as _,
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Claims the renewal of a token, unless somebody holds it.
pub(crate) async fn claim_renewal(
    tx: &mut OrgTx,
    id: AccountId,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, Error> {
    let organization = tx.organization_id();
    let done = sqlx::query!(
        "update accounts.social_accounts set renewal_claimed_until = $4
         where organization_id = $1 and id = $2 and (renewal_claimed_until is null or renewal_claimed_until <= $3)",
        organization.uuid(),
        id.uuid(),
        now as _,
        until as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a claim without a new token.
pub(crate) async fn release_renewal(tx: &mut OrgTx, id: AccountId) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update accounts.social_accounts set renewal_claimed_until = null where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Counts a failed renewal, ends its claim, and says how many failed in a row.
pub(crate) async fn count_failed_renewal(tx: &mut OrgTx, id: AccountId) -> Result<i32, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        "update accounts.social_accounts set refresh_failure_count = refresh_failure_count + 1, renewal_claimed_until = null
         where organization_id = $1 and id = $2 returning refresh_failure_count",
        organization.uuid(),
        id.uuid(),
    )
    .fetch_one(tx.conn())
    .await?)
}

/// No renewal before `until`.
pub(crate) async fn pause_renewals(tx: &mut OrgTx, id: AccountId, until: Option<Timestamp>) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update accounts.social_accounts set renewal_retry_at = $3 where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
        until as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The account needs a person: its token could not be renewed again and again.
pub(crate) async fn give_up(tx: &mut OrgTx, id: AccountId, now: Timestamp) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update accounts.social_accounts set status = 'error', health = 'unhealthy', updated_at = $3
         where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What a connector needs, still encrypted.
pub(crate) struct Sealed {
    pub platform: Platform,
    pub status: AccountStatus,
    pub platform_user_id: String,
    pub base_url: Option<String>,
    pub access_token_enc: Option<Vec<u8>>,
    pub refresh_token_enc: Option<Vec<u8>>,
    pub metadata: Value,
}

/// The encrypted tokens; `lock` holds the row against a concurrent renewal.
pub(crate) async fn sealed(tx: &mut OrgTx, id: AccountId, lock: bool) -> Result<Option<Sealed>, Error> {
    let organization = tx.organization_id();
    if lock {
        sqlx::query!(
            "select id from accounts.social_accounts where organization_id = $1 and id = $2 for update",
            organization.uuid(),
            id.uuid(),
        )
        .fetch_optional(tx.conn())
        .await?;
    }
    Ok(sqlx::query_as!(
        Sealed,
        "select platform, status, platform_user_id, base_url, access_token_enc, refresh_token_enc, metadata
         from accounts.social_accounts where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// The row that a new connection writes.
pub(crate) struct Connect<'a> {
    pub id: AccountId,
    pub platform: Platform,
    pub platform_user_id: &'a str,
    pub username: &'a str,
    pub display_name: Option<&'a str>,
    pub avatar_url: Option<&'a str>,
    pub profile_url: Option<&'a str>,
    pub connector: &'a str,
    pub base_url: Option<&'a str>,
    pub access_token_enc: &'a [u8],
    pub refresh_token_enc: Option<&'a [u8]>,
    pub key_id: i16,
    pub scopes: &'a [String],
    pub token_expires_at: Option<Timestamp>,
    pub followers_count: Option<i64>,
    pub metadata: &'a Value,
    pub now: Timestamp,
}

/// The id and status of the account with this network id, locked.
pub(crate) async fn find_by_platform_user(
    tx: &mut OrgTx,
    platform: Platform,
    platform_user_id: &str,
) -> Result<Option<(AccountId, AccountStatus)>, Error> {
    let organization = tx.organization_id();
    let row = sqlx::query!(
        "select id, status from accounts.social_accounts
         where organization_id = $1 and platform = $2 and platform_user_id = $3 for update",
        organization.uuid(),
        platform as Platform,
        platform_user_id,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(|r| (r.id, r.status)))
}

/// Connects, or repairs the account that has the same id at the network: it keeps its id and history.
pub(crate) async fn upsert(tx: &mut OrgTx, c: &Connect<'_>) -> Result<AccountId, Error> {
    let organization = tx.organization_id();
    let actor = tx.scope().actor.user_id().map(rookery_kernel::UserId::uuid);
    Ok(sqlx::query_scalar!(
        "insert into accounts.social_accounts as a
            (id, organization_id, connected_by, platform, platform_user_id, username, display_name, avatar_url,
             profile_url, status, health, connector, base_url, access_token_enc, refresh_token_enc, token_key_id,
             token_type, scopes, token_issued_at, token_expires_at, followers_count, metadata, last_synced_at,
             created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'active', 'healthy', $10, $11, $12, $13, $14, 'Bearer', $15, $16,
                 $17, $18, $19, $16, $16, $16)
         on conflict (organization_id, platform, platform_user_id) do update set
             connected_by = coalesce(excluded.connected_by, a.connected_by), username = excluded.username,
             display_name = excluded.display_name, avatar_url = excluded.avatar_url,
             profile_url = excluded.profile_url, status = 'active', health = 'healthy',
             connector = excluded.connector, base_url = excluded.base_url,
             access_token_enc = excluded.access_token_enc, refresh_token_enc = excluded.refresh_token_enc,
             token_key_id = excluded.token_key_id, scopes = excluded.scopes,
             token_issued_at = excluded.token_issued_at, token_expires_at = excluded.token_expires_at,
             followers_count = coalesce(excluded.followers_count, a.followers_count), metadata = excluded.metadata,
             refresh_failure_count = 0, renewal_claimed_until = null, renewal_retry_at = null,
             consecutive_failures = 0, last_error_code = null, last_error_message = null,
             last_error_at = null, disconnected_at = null, last_synced_at = excluded.last_synced_at,
             updated_at = excluded.updated_at
         returning id",
        c.id.uuid(),
        organization.uuid(),
        actor,
        c.platform as Platform,
        c.platform_user_id,
        c.username,
        c.display_name,
        c.avatar_url,
        c.profile_url,
        c.connector,
        c.base_url,
        c.access_token_enc,
        c.refresh_token_enc,
        c.key_id,
        c.scopes,
        c.now,
        c.token_expires_at,
        c.followers_count,
        c.metadata,
    )
    .fetch_one(tx.conn())
    .await?)
}

/// Locks the columns that calls change.
pub(crate) async fn lock_vitals(tx: &mut OrgTx, id: AccountId) -> Result<Option<Vitals>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        Vitals,
        "select status, health, consecutive_failures, token_expires_at,
                (refresh_token_enc is not null) as \"can_refresh!\"
         from accounts.social_accounts where organization_id = $1 and id = $2 for update",
        organization.uuid(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// Writes what a call changed. An error is given as (code, message).
pub(crate) async fn write_vitals(
    tx: &mut OrgTx,
    id: AccountId,
    vitals: &Vitals,
    error: Option<(&str, &str)>,
    now: Timestamp,
) -> Result<(), Error> {
    let organization = tx.organization_id();
    let (code, message) = error.unzip();
    sqlx::query!(
        "update accounts.social_accounts set
             status = $3, health = $4, consecutive_failures = $5,
             last_error_code = coalesce($6, last_error_code), last_error_message = coalesce($7, last_error_message),
             last_error_at = case when $6::text is null then last_error_at else $8 end,
             last_synced_at = case when $6::text is null then $8 else last_synced_at end,
             updated_at = $8
         where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
        vitals.status as AccountStatus,
        vitals.health as AccountHealth,
        vitals.consecutive_failures,
        code,
        message,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Replaces the tokens after a renewal; an absent refresh token leaves the old one in place.
pub(crate) async fn write_tokens(
    tx: &mut OrgTx,
    id: AccountId,
    access: &[u8],
    refresh: Option<&[u8]>,
    key_id: i16,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update accounts.social_accounts set
             access_token_enc = $3, refresh_token_enc = coalesce($4, refresh_token_enc), token_key_id = $5,
             token_expires_at = $6, token_issued_at = $7, last_refresh_at = $7, refresh_failure_count = 0,
             renewal_claimed_until = null, renewal_retry_at = null,
             status = case when status = 'expired' then 'active'::accounts.account_status else status end,
             updated_at = $7
         where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
        access,
        refresh,
        key_id,
        expires_at,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Disconnects: both tokens are emptied, the row and its history stay.
pub(crate) async fn revoke(tx: &mut OrgTx, id: AccountId, now: Timestamp) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update accounts.social_accounts set
             status = 'revoked', health = 'unhealthy', access_token_enc = null, refresh_token_enc = null,
             token_key_id = null, disconnected_at = $3, updated_at = $3
         where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Notes a successful publication.
pub(crate) async fn touch_posted(tx: &mut OrgTx, id: AccountId, at: Timestamp) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update accounts.social_accounts set last_posted_at = greatest(last_posted_at, $3), updated_at = $3
         where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Notes the follower count as last reported.
pub(crate) async fn write_followers(
    tx: &mut OrgTx,
    id: AccountId,
    followers: i64,
    now: Timestamp,
) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update accounts.social_accounts set followers_count = $3, updated_at = $4
         where organization_id = $1 and id = $2 and followers_count is distinct from $3",
        organization.uuid(),
        id.uuid(),
        followers,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What the servers of these accounts allow. What stands there already is not written.
pub(crate) async fn write_server_limits(
    tx: &mut OrgTx,
    limits: &[(AccountId, InstanceLimits)],
    now: Timestamp,
) -> Result<u64, Error> {
    let organization = tx.organization_id();
    // A server may tell any number.
    let number = |n: usize| i32::try_from(n).unwrap_or(i32::MAX);
    let ids: Vec<uuid::Uuid> = limits.iter().map(|(id, _)| id.uuid()).collect();
    let text: Vec<i32> = limits.iter().map(|(_, l)| number(l.characters_max).max(1)).collect();
    let url: Vec<i32> = limits.iter().map(|(_, l)| i32::try_from(l.url_weight).unwrap_or(i32::MAX)).collect();
    let media: Vec<i32> = limits.iter().map(|(_, l)| number(l.media_max)).collect();
    let done = sqlx::query!(
        "update accounts.social_accounts a
         set server_text_limit = l.text, server_url_weight = l.url, server_media_limit = l.media, updated_at = $6
         from unnest($2::uuid[], $3::integer[], $4::integer[], $5::integer[]) as l (id, text, url, media)
         where a.organization_id = $1 and a.id = l.id
           and (a.server_text_limit, a.server_url_weight, a.server_media_limit) is distinct from (l.text, l.url, l.media)",
        organization.uuid(),
        &ids,
        &text,
        &url,
        &media,
        now as Timestamp,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}

/// One line of the account's own log.
pub(crate) async fn insert_event(
    tx: &mut OrgTx,
    id: AccountId,
    kind: &str,
    from: Option<&str>,
    to: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "insert into accounts.account_events (organization_id, account_id, kind, from_value, to_value, occurred_at)
         values ($1, $2, $3, $4, $5, $6)",
        organization.uuid(),
        id.uuid(),
        kind,
        from,
        to,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The rule book.
pub(crate) async fn rules(tx: &mut SystemTx) -> Result<Vec<PlatformRules>, Error> {
    let rows = sqlx::query!(
        "select platform, text_limit, bytes_limit, title_limit, count_method, url_weight, hashtags_max, daily_limit, hourly_limit, media_rules
         from accounts.platform_rules order by platform"
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| PlatformRules {
            platform: r.platform,
            text_limit: size(r.text_limit),
            bytes_limit: r.bytes_limit.map(size),
            title_limit: r.title_limit.map(size),
            // The table has a check on these words.
            count_method: r.count_method.parse().unwrap_or(CountMethod::Codepoints),
            url_weight: r.url_weight.and_then(|w| u32::try_from(w).ok()),
            hashtags_max: size(r.hashtags_max),
            daily_limit: r.daily_limit.into(),
            hourly_limit: r.hourly_limit.into(),
            media: MediaRules::read(&r.media_rules),
        })
        .collect())
}

/// The check value of every key this database was written with.
pub(crate) async fn key_checks(tx: &mut SystemTx) -> Result<Vec<(i16, Vec<u8>)>, Error> {
    let rows = sqlx::query!("select key_id, check_value from accounts.token_keys order by key_id")
        .fetch_all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(|r| (r.key_id, r.check_value)).collect())
}

/// Remembers a key by a text encrypted with it.
pub(crate) async fn insert_key_check(tx: &mut SystemTx, key_id: i16, value: &[u8]) -> Result<(), Error> {
    sqlx::query!(
        "insert into accounts.token_keys (key_id, check_value) values ($1, $2) on conflict (key_id) do nothing",
        key_id,
        value,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What an organization can take along of its accounts; tokens stay in the vault.
pub const EXPORTS: &[ExportTable] = &[ExportTable {
    name: "accounts",
    what: "Your accounts, without the tokens that open them",
    columns: &[
        "id",
        "account",
        "platform",
        "external_account_id",
        "username",
        "display_name",
        "profile_url",
        "status",
        "health",
        "followers",
        "following",
        "posts",
        "last_synced_at",
        "last_posted_at",
        "disconnected_at",
        "created_at",
    ],
    start: &["00000000-0000-0000-0000-000000000000"],
    statement: "
        select array[x.id::text] as key, to_json(x)::text as row from (
            select a.id, a.platform || ':' || a.username as account, a.platform, a.platform_user_id as external_account_id,
                   a.username, a.display_name, a.profile_url, a.status, a.health, a.followers_count as followers,
                   a.following_count as following, a.posts_count as posts, a.last_synced_at, a.last_posted_at,
                   a.disconnected_at, a.created_at
            from accounts.social_accounts a
            where a.organization_id = $1 and a.id > ($2::text[])[1]::uuid order by a.id limit $3) x order by x.id",
}];
