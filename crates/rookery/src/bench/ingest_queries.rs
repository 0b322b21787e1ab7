//! What the measurement of ingestion asks and sets in its own database, past the operations.

use rookery_kernel::{Date, OrganizationId};
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;

/// Accounts of one organization.
pub(super) const ACCOUNTS: i32 = 20;
/// Items of one account: each has a row a day.
pub(super) const ITEMS: i32 = 50;

/// An item, as the network names it and as its rows do.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(super) struct Item {
    pub organization_id: OrganizationId,
    pub integration_id: Uuid,
    pub external_content_id: String,
    pub content_key: i64,
}

/// Tracked accounts and items in organizations that are there already. The items' ids are as long as those of Facebook.
pub(super) async fn settle(owner: &mut PgConnection, organizations: &[Uuid]) -> Result<(), sqlx::Error> {
    for organization in organizations {
        let mut tx = owner.begin().await?;
        sqlx::query("select identity.set_organization($1)").bind(organization).execute(&mut *tx).await?;
        sqlx::query(
            "insert into accounts.social_accounts (organization_id, platform, platform_user_id, username, status)
             select $1, 'facebook', 'page' || a, 'page' || a, 'active' from generate_series(1, $2) a",
        )
        .bind(organization)
        .bind(ACCOUNTS)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "insert into analytics.tracked_integrations (organization_id, integration_id)
             select organization_id, id from accounts.social_accounts where organization_id = $1",
        )
        .bind(organization)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "insert into analytics.content (organization_id, integration_id, external_content_id, platform, format,
                                            published_at)
             select organization_id, id, 100000000000000 + row_number() over (order by id, n) || '_' || 900000000000000 + n,
                    'facebook', 'post', '2024-12-31T12:00:00Z'
             from accounts.social_accounts cross join generate_series(1, $2) n where organization_id = $1",
        )
        .bind(organization)
        .bind(ITEMS)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
    }
    sqlx::raw_sql("analyze accounts.social_accounts, analytics.content").execute(owner).await?;
    Ok(())
}

/// All items, by organization and account.
pub(super) async fn items(owner: &mut PgConnection, organizations: &[Uuid]) -> Result<Vec<Item>, sqlx::Error> {
    let mut items = Vec::new();
    for organization in organizations {
        let mut tx = owner.begin().await?;
        sqlx::query("select identity.set_organization($1)").bind(organization).execute(&mut *tx).await?;
        items.extend(
            sqlx::query_as::<_, Item>(
                "select organization_id, integration_id, external_content_id, content_key from analytics.content
                 where organization_id = $1 order by integration_id, content_key",
            )
            .bind(organization)
            .fetch_all(&mut *tx)
            .await?,
        );
    }
    Ok(items)
}

/// Rows of so many days from `first` on, for every item, with the partitions they need. What they say is as even as
/// what the measured rows say.
pub(super) async fn history(
    owner: &mut PgConnection,
    organizations: &[Uuid],
    first: Date,
    days: i32,
) -> Result<(), sqlx::Error> {
    let months = days / 28 + 26;
    sqlx::query("select governance.ensure_partitions($1, $2)").bind(first).bind(months).execute(&mut *owner).await?;
    for organization in organizations {
        let mut tx = owner.begin().await?;
        sqlx::query("select identity.set_organization($1)").bind(organization).execute(&mut *tx).await?;
        sqlx::query(
            "insert into analytics.content_daily_metrics
                 (organization_id, content_key, date, fetched_at, source_version, reach, views, reactions, comments, shares,
                  reach_change, views_change, reactions_change, comments_change, shares_change)
             select organization_id, content_key, $2 + day, now(), 'bench/1', 1000 + day * 10, 2000 + day * 20, day, day, day,
                    10, 20, 1, 1, 1
             from analytics.content cross join generate_series(0, $3 - 1) day
             where organization_id = $1
             order by day, content_key",
        )
        .bind(organization)
        .bind(first)
        .bind(days)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
    }
    sqlx::raw_sql("analyze analytics.content_daily_metrics; checkpoint").execute(owner).await?;
    Ok(())
}

/// The same rows as the writer's, into the same keyed table, by COPY; one transaction for each organization.
pub(super) async fn copy(owner: &mut PgConnection, rows: &[(OrganizationId, String)]) -> Result<(), sqlx::Error> {
    for (organization, text) in rows {
        let mut tx = owner.begin().await?;
        sqlx::query("select identity.set_organization($1)").bind(organization.uuid()).execute(&mut *tx).await?;
        let mut copy = tx
            .copy_in_raw(
                "copy analytics.content_daily_metrics (organization_id, content_key, date, basis, is_partial, fetched_at,
                     source_version, reach, views, reactions, comments, shares, reach_change, views_change,
                     reactions_change, comments_change, shares_change) from stdin",
            )
            .await?;
        copy.send(text.as_bytes()).await?;
        copy.finish().await?;
        tx.commit().await?;
    }
    Ok(())
}

/// One row, the way a loop writes it.
pub(super) async fn write_one(
    connection: &mut PgConnection,
    item: &Item,
    day: Date,
    numbers: [i64; 5],
) -> Result<(), sqlx::Error> {
    let mut query = sqlx::query(
        "insert into analytics.content_daily_metrics as t
             (organization_id, content_key, date, basis, is_partial, fetched_at, source_version, reach, views, reactions,
              comments, shares)
         select organization_id, content_key, $4, 'lifetime', false, now(), 'bench/1', $5, $6, $7, $8, $9
         from analytics.content
         where organization_id = $1 and integration_id = $2 and external_content_id = $3
         on conflict (organization_id, date, content_key) do update
         set reach = excluded.reach, views = excluded.views, reactions = excluded.reactions,
             comments = excluded.comments, shares = excluded.shares, fetched_at = excluded.fetched_at",
    )
    .bind(item.organization_id.uuid())
    .bind(item.integration_id)
    .bind(&item.external_content_id)
    .bind(day);
    for number in numbers {
        query = query.bind(number);
    }
    query.execute(connection).await?;
    Ok(())
}

/// Writes what waits to be written, so that the next method does not pay for the one before.
pub(super) async fn settle_pages(owner: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("checkpoint").execute(owner).await?;
    Ok(())
}

/// Where the server's log stands, in bytes from its beginning.
pub(super) async fn wal(owner: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("select (pg_current_wal_insert_lsn() - '0/0')::bigint").fetch_one(owner).await
}

/// The server's processes.
pub(super) async fn server_processes(owner: &mut PgConnection) -> Result<Vec<i32>, sqlx::Error> {
    sqlx::query_scalar("select pid from pg_stat_activity").fetch_all(owner).await
}

/// Bytes of the table with its indexes, and its rows as the server counts them.
pub(super) async fn size(owner: &mut PgConnection) -> Result<(i64, i64), sqlx::Error> {
    sqlx::raw_sql("analyze analytics.content_daily_metrics").execute(&mut *owner).await?;
    sqlx::query_as(
        "select sum(pg_total_relation_size(inhrelid))::bigint, sum(c.reltuples)::bigint
         from pg_inherits join pg_class c on c.oid = inhrelid
         where inhparent = 'analytics.content_daily_metrics'::regclass",
    )
    .fetch_one(owner)
    .await
}

/// The founding layout (a row id, the text id in the key before the date, three more indexes), filled with so many days
/// of every item of one organization: bytes per row.
pub(super) async fn founding_bytes(
    owner: &mut PgConnection,
    organization: Uuid,
    days: i32,
) -> Result<f64, sqlx::Error> {
    let mut tx = owner.begin().await?;
    sqlx::query("select identity.set_organization($1)").bind(organization).execute(&mut *tx).await?;
    sqlx::raw_sql(
        "create table analytics.founding_layout (
             id uuid primary key default gen_random_uuid(), organization_id uuid not null, integration_id uuid not null,
             external_content_id text not null, date date not null, reach bigint, impressions bigint, views bigint,
             reactions bigint, comments bigint, shares bigint, clicks bigint, saves bigint, watch_time_ms bigint,
             avg_watch_time_ms bigint, completion_rate real, extra jsonb not null default '{}',
             basis analytics.metric_basis not null default 'lifetime', is_partial boolean not null default false,
             fetched_at timestamptz not null default now(), source_version text,
             created_at timestamptz not null default now(), updated_at timestamptz not null default now(),
             unique (organization_id, integration_id, external_content_id, date));
         create index on analytics.founding_layout (organization_id, date);
         create index on analytics.founding_layout (organization_id, integration_id, date);
         create index on analytics.founding_layout (integration_id, external_content_id, date desc)",
    )
    .execute(&mut *tx)
    .await?;
    for day in 0..days {
        sqlx::query(
            "insert into analytics.founding_layout (organization_id, integration_id, external_content_id, date, reach, views,
                                                    reactions, comments, shares, source_version)
             select organization_id, integration_id, external_content_id, '2025-01-01'::date + $2, 1000, 2000, 1, 1, 1, 'bench/1'
             from analytics.content where organization_id = $1",
        )
        .bind(organization)
        .bind(day)
        .execute(&mut *tx)
        .await?;
    }
    let bytes = sqlx::query_scalar(
        "select pg_total_relation_size('analytics.founding_layout')::float8 / count(*) from analytics.founding_layout",
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.rollback().await?;
    Ok(bytes)
}
