//! The SQL of organizations and memberships, and of the directories that are read before the organization is
//! known. The directories are changed in the transaction that changes what they point at.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{MembershipId, OrganizationId, Timestamp, UserId, Zone};
use serde_json::Value;
use sqlx::PgConnection;

use super::member::Member;
use super::model::{Belonging, Organization, Settings};
use crate::roles::MemberRole;

/// A row as stored; zone and settings are still raw.
struct Row {
    organization_id: OrganizationId,
    owner_user_id: UserId,
    name: String,
    slug: String,
    is_personal: bool,
    timezone: String,
    review_required: bool,
    settings: Value,
    created_at: Timestamp,
}

impl From<Row> for Organization {
    fn from(r: Row) -> Self {
        Self {
            id: r.organization_id,
            owner_user_id: r.owner_user_id,
            name: r.name,
            slug: r.slug,
            is_personal: r.is_personal,
            timezone: r.timezone.parse().unwrap_or_else(|_| Zone::utc()),
            review_required: r.review_required,
            settings: Settings::read(&r.settings),
            created_at: r.created_at,
        }
    }
}

/// The transaction's organization.
pub(crate) async fn find(tx: &mut OrgTx) -> Result<Option<Organization>, Error> {
    let organization = tx.organization_id();
    let row = sqlx::query_as!(
        Row,
        "select organization_id, owner_user_id, name, slug, is_personal, timezone, review_required, settings, created_at
         from identity.organizations where organization_id = $1 and deleted_at is null",
        organization.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Into::into))
}

/// The same for the rest of the transaction.
pub(super) async fn lock(tx: &mut OrgTx) -> Result<Option<Organization>, Error> {
    let organization = tx.organization_id();
    let row = sqlx::query_as!(
        Row,
        "select organization_id, owner_user_id, name, slug, is_personal, timezone, review_required, settings, created_at
         from identity.organizations where organization_id = $1 and deleted_at is null for update",
        organization.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Into::into))
}

/// The transaction's organization with a person's role in it; none if they do not belong to it.
pub(crate) async fn belonging(tx: &mut OrgTx, user: UserId) -> Result<Option<Belonging>, Error> {
    let Some(role) = role_of(tx, user).await? else { return Ok(None) };
    Ok(find(tx).await?.map(|organization| Belonging { organization, role }))
}

pub(super) async fn role_of(tx: &mut OrgTx, user: UserId) -> Result<Option<MemberRole>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        "select role from identity.memberships where organization_id = $1 and user_id = $2",
        organization.uuid(),
        user.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// Takes a slug for the transaction's organization; false if another has it.
pub(super) async fn claim_slug(tx: &mut OrgTx, slug: &str, now: Timestamp) -> Result<bool, Error> {
    let organization = tx.organization_id();
    let done = sqlx::query!(
        "insert into identity.organization_directory (organization_id, slug, created_at) values ($1, $2, $3)
         on conflict (slug) do nothing",
        organization.uuid(),
        slug,
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn insert(tx: &mut OrgTx, organization: &Organization) -> Result<(), Error> {
    let id = tx.organization_id();
    sqlx::query!(
        "insert into identity.organizations (organization_id, owner_user_id, name, slug, is_personal, timezone,
             review_required, settings, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, jsonb_strip_nulls($8), $9, $9)",
        id.uuid(),
        organization.owner_user_id.uuid(),
        organization.name,
        organization.slug,
        organization.is_personal,
        organization.timezone.name(),
        organization.review_required,
        organization.settings.write(),
        organization.created_at as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(super) async fn update(tx: &mut OrgTx, organization: &Organization, now: Timestamp) -> Result<(), Error> {
    let id = tx.organization_id();
    sqlx::query!(
        "update identity.organizations
         set owner_user_id = $2, name = $3, timezone = $4, review_required = $5,
             settings = jsonb_strip_nulls(settings || $6), updated_at = $7
         where organization_id = $1",
        id.uuid(),
        organization.owner_user_id.uuid(),
        organization.name,
        organization.timezone.name(),
        organization.review_required,
        organization.settings.write(),
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Adds a person to the transaction's organization and to the directory.
pub(super) async fn insert_member(
    tx: &mut OrgTx,
    id: MembershipId,
    user: UserId,
    role: MemberRole,
    invited_by: Option<UserId>,
    now: Timestamp,
) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "insert into identity.memberships (organization_id, id, user_id, role, invited_by, joined_at, created_at,
             updated_at)
         values ($1, $2, $3, $4, $5, $6, $6, $6)",
        organization.uuid(),
        id.uuid(),
        user.uuid(),
        role as MemberRole,
        invited_by.map(UserId::uuid),
        now as _,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "insert into identity.member_directory (user_id, organization_id) values ($1, $2)
         on conflict (user_id, organization_id) do nothing",
        user.uuid(),
        organization.uuid(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

pub(super) async fn members(tx: &mut OrgTx) -> Result<Vec<Member>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        Member,
        r#"select m.id as "id: MembershipId", m.user_id as "user_id: UserId", u.name, u.email, u.avatar_url, u.is_active,
                  m.role as "role: MemberRole", m.joined_at as "joined_at: Timestamp"
           from identity.memberships m join identity.users u on u.id = m.user_id
           where m.organization_id = $1
           order by lower(u.name), m.user_id"#,
        organization.uuid(),
    )
    .fetch_all(tx.conn())
    .await?)
}

/// One member for the rest of the transaction.
pub(super) async fn lock_member(tx: &mut OrgTx, user: UserId) -> Result<Option<Member>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        Member,
        r#"select m.id as "id: MembershipId", m.user_id as "user_id: UserId", u.name, u.email, u.avatar_url, u.is_active,
                  m.role as "role: MemberRole", m.joined_at as "joined_at: Timestamp"
           from identity.memberships m join identity.users u on u.id = m.user_id
           where m.organization_id = $1 and m.user_id = $2
           for update of m"#,
        organization.uuid(),
        user.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?)
}

pub(super) async fn write_role(tx: &mut OrgTx, user: UserId, role: MemberRole, now: Timestamp) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update identity.memberships set role = $3, updated_at = $4 where organization_id = $1 and user_id = $2",
        organization.uuid(),
        user.uuid(),
        role as MemberRole,
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes a person out of the organization, out of the directory, and their sessions off it.
pub(super) async fn delete_member(tx: &mut OrgTx, user: UserId, now: Timestamp) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "delete from identity.memberships where organization_id = $1 and user_id = $2",
        organization.uuid(),
        user.uuid(),
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "delete from identity.member_directory where organization_id = $1 and user_id = $2",
        organization.uuid(),
        user.uuid(),
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "update identity.sessions set organization_id = null, updated_at = $3
         where organization_id = $1 and user_id = $2",
        organization.uuid(),
        user.uuid(),
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The organizations of a person, newest first: ids are ordered by time.
pub(crate) async fn directory_of(conn: &mut PgConnection, user: UserId) -> Result<Vec<OrganizationId>, Error> {
    Ok(sqlx::query_scalar!(
        "select organization_id from identity.member_directory where user_id = $1 order by organization_id desc",
        user.uuid(),
    )
    .fetch_all(conn)
    .await?)
}

pub(super) async fn directory(conn: &mut PgConnection) -> Result<Vec<OrganizationId>, Error> {
    Ok(sqlx::query_scalar!("select organization_id from identity.organization_directory order by organization_id")
        .fetch_all(conn)
        .await?)
}

pub(super) async fn find_slug(conn: &mut PgConnection, slug: &str) -> Result<Option<OrganizationId>, Error> {
    Ok(sqlx::query_scalar!("select organization_id from identity.organization_directory where slug = $1", slug)
        .fetch_optional(conn)
        .await?)
}
