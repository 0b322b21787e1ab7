//! What a measurement asks and sets in its own database, past the operations: nobody's data is in it.

use rookery_kernel::{MediaAssetId, OrganizationId, Timestamp};
use sqlx::PgConnection;
use uuid::Uuid;

/// Lifts the networks' pace: what is measured is how fast this program is, not how patient the networks are.
pub(super) async fn lift_pace(owner: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query("update accounts.platform_rules set hourly_limit = 1000000, daily_limit = 1000000, overridden = true")
        .execute(owner)
        .await?;
    Ok(())
}

/// A file of the library whose bytes the measurement holds itself.
pub(super) struct Asset {
    pub id: MediaAssetId,
    pub kind: &'static str,
    pub mime_type: &'static str,
    pub name: &'static str,
    pub size: i64,
    pub width: i32,
    pub height: i32,
    pub seconds: Option<i32>,
}

pub(super) async fn insert_asset(
    owner: &mut PgConnection,
    organization: OrganizationId,
    asset: &Asset,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query("select identity.set_organization($1)").bind(organization.uuid()).execute(&mut *owner).await?;
    sqlx::query(
        "insert into publishing.media_assets
            (organization_id, id, type, filename, original_name, mime_type, file_size, width, height, duration,
             provider_key, alt_text, processing_state, created_at, updated_at)
         values ($1, $2, $3::publishing.media_type, $4, $4, $5, $6, $7, $8, $9, $4, 'A test picture', 'completed', $10, $10)",
    )
    .bind(organization.uuid())
    .bind(asset.id.uuid())
    .bind(asset.kind)
    .bind(asset.name)
    .bind(asset.mime_type)
    .bind(asset.size)
    .bind(asset.width)
    .bind(asset.height)
    .bind(asset.seconds)
    .bind(now)
    .execute(owner)
    .await?;
    Ok(())
}

/// A publication at the end of a measurement.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Ended {
    pub id: Uuid,
    pub platform: String,
    pub remote_account: String,
    pub status: String,
    pub error_class: Option<String>,
    pub error_code: Option<String>,
    pub remote_id: Option<String>,
    pub content: String,
    pub attempts: i64,
    /// From the planned moment to the first attempt, in seconds of the measurement's clock.
    pub delay: Option<f64>,
    pub first_attempt: Option<Timestamp>,
    pub published_at: Option<Timestamp>,
}

/// All publications with what became of them.
pub(super) async fn ended(owner: &mut PgConnection, organization: OrganizationId) -> Result<Vec<Ended>, sqlx::Error> {
    sqlx::query("select identity.set_organization($1)").bind(organization.uuid()).execute(&mut *owner).await?;
    sqlx::query_as(
        "select u.id, u.platform::text as platform, s.platform_user_id as remote_account, u.status::text as status,
                u.error_class::text as error_class, u.error_code, u.platform_post_id as remote_id, p.content,
                count(a.id) as attempts,
                extract(epoch from min(a.started_at) - u.scheduled_for)::float8 as delay,
                min(a.started_at) as first_attempt, u.published_at
         from publishing.post_publications u
              join publishing.posts p on p.organization_id = $1 and p.id = u.post_id
              join accounts.social_accounts s on s.organization_id = $1 and s.id = u.social_account_id
              left join publishing.publication_attempts a on a.organization_id = $1 and a.publication_id = u.id
         where u.organization_id = $1
         group by u.id, u.platform, s.platform_user_id, u.status, u.error_class, u.error_code, u.platform_post_id,
                  p.content, u.scheduled_for, u.published_at",
    )
    .bind(organization.uuid())
    .fetch_all(owner)
    .await
}

/// How many publications have not ended yet.
pub(super) async fn open(owner: &mut PgConnection, organization: OrganizationId) -> Result<i64, sqlx::Error> {
    sqlx::query("select identity.set_organization($1)").bind(organization.uuid()).execute(&mut *owner).await?;
    sqlx::query_scalar(
        "select count(*) from publishing.post_publications
         where organization_id = $1 and status in ('scheduled', 'publishing', 'retrying')",
    )
    .bind(organization.uuid())
    .fetch_one(owner)
    .await
}

/// How many publications have not been tried yet.
pub(super) async fn untried(owner: &mut PgConnection, organization: OrganizationId) -> Result<i64, sqlx::Error> {
    sqlx::query("select identity.set_organization($1)").bind(organization.uuid()).execute(&mut *owner).await?;
    sqlx::query_scalar(
        "select count(*) from publishing.post_publications where organization_id = $1 and status = 'scheduled'",
    )
    .bind(organization.uuid())
    .fetch_one(owner)
    .await
}

/// Moves everything that is planned from around `from` to around `to`, the jobs too: as if the day had come.
pub(super) async fn move_all(
    owner: &mut PgConnection,
    organization: OrganizationId,
    from: Timestamp,
    to: Timestamp,
) -> Result<(), sqlx::Error> {
    sqlx::query("select identity.set_organization($1)").bind(organization.uuid()).execute(&mut *owner).await?;
    sqlx::query(
        "update publishing.post_publications
         set scheduled_for = scheduled_for - ($2::timestamptz - $3::timestamptz),
             next_attempt_at = next_attempt_at - ($2::timestamptz - $3::timestamptz)
         where organization_id = $1 and status = 'scheduled'",
    )
    .bind(organization.uuid())
    .bind(from)
    .bind(to)
    .execute(&mut *owner)
    .await?;
    sqlx::query("update jobs.jobs set run_at = run_at - ($1::timestamptz - $2::timestamptz) where state = 'scheduled' and kind = 'publishing.publish_publication'")
        .bind(from)
        .bind(to)
        .execute(owner)
        .await?;
    Ok(())
}
