//! Using, switching and ending sessions (PUB-6).

use std::time::Duration;

use rookery_governance::audit::{self, Changes, Entry, Origin};
use rookery_kernel::{Actor, OrganizationId, Scope, SessionId, UserId};
use secrecy::SecretString;
use tracing::instrument;

use super::model::{Client, Session, TokenStatus};
use super::sign_in::TABLE;
use super::store;
use crate::organization::{self, Belonging};
use crate::token;
use crate::user::{self, User};
use crate::{Caller, Identity};

/// How exact "last seen" is; a write for each request would be a write for nothing.
const SEEN_EVERY: Duration = Duration::from_secs(60);
/// How long ended sessions are kept, for questions.
const KEPT: Duration = Duration::from_secs(30 * 24 * 3600);

/// A session cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// No such session, or it was ended.
    #[error("there is no such session")]
    Unknown,
    /// Its time is over.
    #[error("the session has expired")]
    Expired,
    /// The person may not sign in any more.
    #[error("this account is deactivated")]
    Inactive,
    /// The person belongs to no organization.
    #[error("this account belongs to no organization")]
    NoOrganization,
    /// The database did not answer.
    #[error("the database did not answer")]
    Db(#[from] rookery_db::Error),
}

/// The organization was not changed.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    /// No such organization, or the caller does not belong to it; the answer is the same.
    #[error("no such organization: {0}")]
    NotFound(OrganizationId),
    /// An API key belongs to one organization.
    #[error("an API key cannot change its organization")]
    NoSession,
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

impl Identity {
    /// Who a session's token belongs to, and which organization they look at. A session that looks at an
    /// organization the person has left looks at another from then on.
    ///
    /// # Errors
    /// [`SessionError`].
    #[instrument(skip_all, err(level = "debug"))]
    pub async fn authenticate_session(&self, token: &SecretString) -> Result<Caller, SessionError> {
        let now = self.clock.now();
        let mut tx = self.db.system("whose session").await?;
        let known = store::find_by_token(tx.conn(), &token::digest(token)).await?.ok_or(SessionError::Unknown)?;
        let mut session = known.session;
        let user = user::store::find(tx.conn(), session.user_id).await?.ok_or(SessionError::Unknown)?;
        if !user.is_active {
            return Err(SessionError::Inactive);
        }
        if known.status == TokenStatus::Revoked || known.is_outdated {
            return Err(SessionError::Unknown);
        }
        if known.status == TokenStatus::Expired || session.expires_at <= now {
            return Err(SessionError::Expired);
        }
        if session.last_seen_at.is_none_or(|seen| now.since(seen) >= SEEN_EVERY) {
            store::write_seen(tx.conn(), session.id, now).await?;
            tx.commit().await?;
            session.last_seen_at = Some(now);
        } else {
            drop(tx);
        }
        let belonging = match session.organization_id {
            Some(organization) => self.belonging(organization, user.id).await?,
            None => None,
        };
        let belonging = match belonging {
            Some(belonging) => belonging,
            None => self.look_elsewhere(&mut session).await?,
        };
        Ok(caller(user, session, belonging))
    }

    /// The person's place in an organization, if they have one.
    async fn belonging(&self, id: OrganizationId, user: UserId) -> Result<Option<Belonging>, rookery_db::Error> {
        let mut tx = self.db.org(&Scope::new(id, Actor::User(user))).await?;
        organization::store::belonging(&mut tx, user).await
    }

    /// Points a session at an organization that its owner belongs to.
    async fn look_elsewhere(&self, session: &mut Session) -> Result<Belonging, SessionError> {
        let mut tx = self.db.system("a person's organizations").await?;
        let organizations = organization::store::directory_of(tx.conn(), session.user_id).await?;
        drop(tx);
        for id in organizations {
            if let Some(belonging) = self.belonging(id, session.user_id).await? {
                let mut tx = self.db.system("point a session elsewhere").await?;
                store::write_organization(tx.conn(), session.id, id, self.clock.now()).await?;
                tx.commit().await?;
                session.organization_id = Some(id);
                return Ok(belonging);
            }
        }
        Err(SessionError::NoOrganization)
    }

    /// Lets the caller's session look at another of their organizations.
    ///
    /// # Errors
    /// [`SwitchError`].
    #[instrument(skip_all, err(level = "debug"), fields(organization = %to))]
    pub async fn switch_organization(&self, caller: &Caller, to: OrganizationId) -> Result<Caller, SwitchError> {
        let (Some(user), Some(session)) = (&caller.user, &caller.session) else { return Err(SwitchError::NoSession) };
        let scope = Scope { organization_id: to, ..caller.scope.clone() };
        let mut tx = self.db.org(&scope).await?;
        let belonging = organization::store::belonging(&mut tx, user.id).await?.ok_or(SwitchError::NotFound(to))?;
        store::write_organization(tx.conn(), session.id, to, self.clock.now()).await?;
        let changes = Changes::new().set("organization_id", session.organization_id, to);
        let entry = Entry {
            action: "update",
            resource: TABLE,
            resource_id: Some(session.id.to_string()),
            changes: changes.into(),
        };
        audit::record(&mut tx, &*self.clock, &[entry]).await?;
        tx.commit().await?;
        let session = Session { organization_id: Some(to), ..session.clone() };
        Ok(Caller { scope, ..self::caller(user.clone(), session, belonging) })
    }

    /// Ends the session of this token. A token that is not known has nothing to end.
    ///
    /// # Errors
    /// If the database does not answer.
    #[instrument(skip_all, err)]
    pub async fn sign_out(&self, token: &SecretString, client: &Client) -> Result<(), rookery_db::Error> {
        let mut tx = self.db.system("end a session").await?;
        if let Some(known) = store::find_by_token(tx.conn(), &token::digest(token)).await? {
            let (id, user) = (known.session.id, known.session.user_id);
            self.end(tx.conn(), id, user, &client.origin(Actor::User(user)), "logout").await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// A person's sessions that may be used, newest use first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn sessions_of(&self, user: UserId) -> Result<Vec<Session>, rookery_db::Error> {
        let mut tx = self.db.system("a person's sessions").await?;
        store::live_of(tx.conn(), user, self.clock.now()).await
    }

    /// Ends one of the caller's own sessions, by its id.
    ///
    /// # Errors
    /// [`SessionError::Unknown`] if it is not theirs or has ended.
    #[instrument(skip_all, err(level = "debug"), fields(session = %id))]
    pub async fn end_session(&self, caller: &Caller, id: SessionId) -> Result<(), SessionError> {
        let user = caller.user.as_ref().ok_or(SessionError::Unknown)?;
        let mut tx = self.db.system("end a session").await?;
        if !self.end(tx.conn(), id, user.id, &Origin::from(&caller.scope), "update").await? {
            return Err(SessionError::Unknown);
        }
        tx.commit().await?;
        Ok(())
    }

    async fn end(
        &self,
        conn: &mut sqlx::PgConnection,
        id: SessionId,
        user: UserId,
        origin: &Origin,
        action: &str,
    ) -> Result<bool, rookery_db::Error> {
        let ended = store::revoke(conn, id, user, origin.ip, self.clock.now()).await?;
        if ended {
            let changes = Changes::new().set("status", "active", "revoked");
            let entry = Entry { action, resource: TABLE, resource_id: Some(id.to_string()), changes: changes.into() };
            audit::record_instance(conn, &*self.clock, origin, &[entry]).await?;
        }
        Ok(ended)
    }

    /// Forgets sessions that expired a month ago; how many. For the timetable.
    ///
    /// # Errors
    /// If the database does not answer.
    #[instrument(skip_all, err)]
    pub async fn purge_sessions(&self) -> Result<u64, rookery_db::Error> {
        let mut tx = self.db.system("forget old sessions").await?;
        let forgotten = store::delete_ended_before(tx.conn(), self.clock.now() - KEPT).await?;
        tx.commit().await?;
        Ok(forgotten)
    }
}

fn caller(user: User, session: Session, belonging: Belonging) -> Caller {
    Caller {
        scope: Scope::new(belonging.organization.id, Actor::User(user.id)),
        user: Some(user),
        organization: belonging.organization,
        role: belonging.role,
        scopes: None,
        session: Some(session),
    }
}
