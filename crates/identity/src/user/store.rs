//! The SQL of people. They are known to the whole instance, so these statements take any transaction.

use rookery_db::Error;
use rookery_kernel::{Timestamp, UserId, Zone};
use sqlx::PgConnection;

use super::model::{Credentials, Protection, User};
use crate::roles::UserRole;

/// A row as stored; the zone is still text.
struct Row {
    id: UserId,
    name: String,
    email: String,
    role: UserRole,
    avatar_url: Option<String>,
    is_active: bool,
    timezone: String,
    locale: String,
    last_login_at: Option<Timestamp>,
    created_at: Timestamp,
}

impl From<Row> for User {
    fn from(r: Row) -> Self {
        Self {
            id: r.id,
            name: r.name,
            email: r.email,
            role: r.role,
            avatar_url: r.avatar_url,
            is_active: r.is_active,
            // A zone that a newer zone table knows and ours does not is shown as UTC.
            timezone: r.timezone.parse().unwrap_or_else(|_| Zone::utc()),
            locale: r.locale,
            last_login_at: r.last_login_at,
            created_at: r.created_at,
        }
    }
}

pub(crate) async fn find(conn: &mut PgConnection, id: UserId) -> Result<Option<User>, Error> {
    let row = sqlx::query_as!(
        Row,
        "select id, name, email, role, avatar_url, is_active, timezone, locale, last_login_at, created_at
         from identity.users where id = $1 and deleted_at is null",
        id.uuid(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Into::into))
}

pub(crate) async fn find_by_email(conn: &mut PgConnection, email: &str) -> Result<Option<User>, Error> {
    let row = sqlx::query_as!(
        Row,
        "select id, name, email, role, avatar_url, is_active, timezone, locale, last_login_at, created_at
         from identity.users where lower(email) = lower($1) and deleted_at is null",
        email,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Into::into))
}

/// The person for the rest of the transaction, so that two changes follow each other.
pub(crate) async fn lock(conn: &mut PgConnection, id: UserId) -> Result<Option<User>, Error> {
    let row = sqlx::query_as!(
        Row,
        "select id, name, email, role, avatar_url, is_active, timezone, locale, last_login_at, created_at
         from identity.users where id = $1 and deleted_at is null for update",
        id.uuid(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Into::into))
}

pub(super) async fn insert(
    conn: &mut PgConnection,
    user: &User,
    password_hash: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into identity.users (id, name, email, password_hash, role, timezone, locale, password_changed_at,
             created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
        user.id.uuid(),
        user.name,
        user.email,
        password_hash,
        user.role as UserRole,
        user.timezone.name(),
        user.locale,
        password_hash.map(|_| now) as _,
        now as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes setting up wait for setting up; the lock ends with the transaction.
pub(super) async fn lock_setup(conn: &mut PgConnection) -> Result<(), Error> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('identity.setup'))").execute(conn).await?;
    Ok(())
}

pub(super) async fn any(conn: &mut PgConnection) -> Result<bool, Error> {
    Ok(sqlx::query_scalar!(r#"select exists (select from identity.users) as "any!""#).fetch_one(conn).await?)
}

pub(super) async fn has_another_admin(conn: &mut PgConnection, than: UserId) -> Result<bool, Error> {
    Ok(sqlx::query_scalar!(
        r#"select exists (select from identity.users
               where role = 'admin' and is_active and deleted_at is null and id <> $1) as "another!""#,
        than.uuid(),
    )
    .fetch_one(conn)
    .await?)
}

pub(crate) async fn credentials(conn: &mut PgConnection, email: &str) -> Result<Option<Credentials>, Error> {
    let row = sqlx::query!(
        "select id, password_hash, is_active, failed_login_count, locked_until
         from identity.users where lower(email) = lower($1) and deleted_at is null",
        email,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| Credentials {
        id: r.id,
        password_hash: r.password_hash,
        is_active: r.is_active,
        protection: Protection { failures: r.failed_login_count, locked_until: r.locked_until },
    }))
}

/// The same under the row's lock.
pub(crate) async fn lock_credentials(conn: &mut PgConnection, id: UserId) -> Result<Option<Credentials>, Error> {
    let row = sqlx::query!(
        "select id, password_hash, is_active, failed_login_count, locked_until
         from identity.users where id = $1 and deleted_at is null for update",
        id.uuid(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| Credentials {
        id: r.id,
        password_hash: r.password_hash,
        is_active: r.is_active,
        protection: Protection { failures: r.failed_login_count, locked_until: r.locked_until },
    }))
}

pub(crate) async fn write_protection(
    conn: &mut PgConnection,
    id: UserId,
    protection: Protection,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query!(
        "update identity.users set failed_login_count = $2, locked_until = $3, updated_at = $4 where id = $1",
        id.uuid(),
        protection.failures,
        protection.locked_until as _,
        now as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn write_signed_in(conn: &mut PgConnection, id: UserId, now: Timestamp) -> Result<(), Error> {
    sqlx::query!(
        "update identity.users
         set failed_login_count = 0, locked_until = null, last_login_at = $2, updated_at = $2
         where id = $1",
        id.uuid(),
        now as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The same password at today's cost: sessions stay.
pub(crate) async fn write_rehashed(
    conn: &mut PgConnection,
    id: UserId,
    password_hash: &str,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query!(
        "update identity.users set password_hash = $2, updated_at = $3 where id = $1",
        id.uuid(),
        password_hash,
        now as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Another password: the lock ends with the old one.
pub(super) async fn write_password(
    conn: &mut PgConnection,
    id: UserId,
    password_hash: &str,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query!(
        "update identity.users
         set password_hash = $2, password_changed_at = $3, failed_login_count = 0, locked_until = null, updated_at = $3
         where id = $1",
        id.uuid(),
        password_hash,
        now as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn write_active(
    conn: &mut PgConnection,
    id: UserId,
    is_active: bool,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query!(
        "update identity.users set is_active = $2, updated_at = $3 where id = $1",
        id.uuid(),
        is_active,
        now as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}
