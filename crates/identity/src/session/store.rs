//! The SQL of sessions. They belong to people, so these statements take any transaction.

use std::net::IpAddr;

use rookery_db::Error;
use rookery_kernel::{OrganizationId, SessionId, Timestamp, UserId};
use sqlx::PgConnection;

use super::model::{Client, Session, TokenStatus};
use crate::token::Digest;

/// A session as it is looked up by its token.
pub(super) struct Known {
    pub session: Session,
    pub status: TokenStatus,
    /// The person's password is newer than the session.
    pub is_outdated: bool,
}

pub(super) async fn insert(
    conn: &mut PgConnection,
    session: &Session,
    token: &Digest,
    client: &Client,
) -> Result<(), Error> {
    sqlx::query!(
        "insert into identity.sessions (id, user_id, token_hash, organization_id, is_remember_me, expires_at,
             last_seen_at, created_ip, user_agent, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8::text::inet, $9, $7, $7)",
        session.id.uuid(),
        session.user_id.uuid(),
        token.as_slice(),
        session.organization_id.map(OrganizationId::uuid),
        session.is_remember_me,
        session.expires_at as _,
        session.created_at as _,
        client.ip.map(|ip| ip.to_string()),
        client.user_agent.as_deref(),
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn find_by_token(conn: &mut PgConnection, token: &Digest) -> Result<Option<Known>, Error> {
    let row = sqlx::query!(
        r#"select s.id as "id: SessionId", s.user_id as "user_id: UserId",
                  s.organization_id as "organization_id: OrganizationId", s.is_remember_me, s.expires_at, s.last_seen_at,
                  host(s.created_ip) as created_ip, s.user_agent, s.created_at, s.status as "status: TokenStatus",
                  coalesce(s.created_at < u.password_changed_at, false) as "is_outdated!"
           from identity.sessions s join identity.users u on u.id = s.user_id
           where s.token_hash = $1"#,
        token.as_slice(),
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|r| Known {
        session: Session {
            id: r.id,
            user_id: r.user_id,
            organization_id: r.organization_id,
            is_remember_me: r.is_remember_me,
            expires_at: r.expires_at,
            last_seen_at: r.last_seen_at,
            created_ip: r.created_ip,
            user_agent: r.user_agent,
            created_at: r.created_at,
        },
        status: r.status,
        is_outdated: r.is_outdated,
    }))
}

/// A person's sessions that may be used, newest use first.
pub(super) async fn live_of(conn: &mut PgConnection, user: UserId, now: Timestamp) -> Result<Vec<Session>, Error> {
    Ok(sqlx::query_as!(
        Session,
        "select id, user_id, organization_id, is_remember_me, expires_at, last_seen_at, host(created_ip) as created_ip,
                user_agent, created_at
         from identity.sessions
         where user_id = $1 and status = 'active' and expires_at > $2
         order by coalesce(last_seen_at, created_at) desc, id",
        user.uuid(),
        now as _,
    )
    .fetch_all(conn)
    .await?)
}

/// The organization that a person looked at last, if they still belong to it; else the newest they belong to.
pub(super) async fn last_organization(conn: &mut PgConnection, user: UserId) -> Result<Option<OrganizationId>, Error> {
    Ok(sqlx::query_scalar!(
        r#"select d.organization_id as "organization_id: OrganizationId"
           from identity.member_directory d
           left join identity.sessions s on s.user_id = d.user_id and s.organization_id = d.organization_id
           where d.user_id = $1
           group by d.organization_id
           order by max(coalesce(s.last_seen_at, s.created_at)) desc nulls last, d.organization_id desc
           limit 1"#,
        user.uuid(),
    )
    .fetch_optional(conn)
    .await?)
}

pub(super) async fn write_seen(conn: &mut PgConnection, id: SessionId, now: Timestamp) -> Result<(), Error> {
    sqlx::query!("update identity.sessions set last_seen_at = $2, updated_at = $2 where id = $1", id.uuid(), now as _)
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn write_organization(
    conn: &mut PgConnection,
    id: SessionId,
    organization: OrganizationId,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query!(
        "update identity.sessions set organization_id = $2, updated_at = $3 where id = $1",
        id.uuid(),
        organization.uuid(),
        now as _,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends one session of a person; whether there was one to end.
pub(super) async fn revoke(
    conn: &mut PgConnection,
    id: SessionId,
    user: UserId,
    ip: Option<IpAddr>,
    now: Timestamp,
) -> Result<bool, Error> {
    let done = sqlx::query!(
        "update identity.sessions
         set status = 'revoked', revoked_at = $3, revoked_ip = $4::text::inet, updated_at = $3
         where id = $1 and user_id = $2 and status = 'active'",
        id.uuid(),
        user.uuid(),
        now as _,
        ip.map(|ip| ip.to_string()),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Ends all sessions of a person; how many.
pub(crate) async fn revoke_all(
    conn: &mut PgConnection,
    user: UserId,
    ip: Option<IpAddr>,
    now: Timestamp,
) -> Result<u64, Error> {
    let done = sqlx::query!(
        "update identity.sessions
         set status = 'revoked', revoked_at = $2, revoked_ip = $3::text::inet, updated_at = $2
         where user_id = $1 and status = 'active'",
        user.uuid(),
        now as _,
        ip.map(|ip| ip.to_string()),
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Forgets sessions that ended before a time; how many.
pub(super) async fn delete_ended_before(conn: &mut PgConnection, before: Timestamp) -> Result<u64, Error> {
    let done = sqlx::query!("delete from identity.sessions where expires_at < $1", before as _).execute(conn).await?;
    Ok(done.rows_affected())
}
