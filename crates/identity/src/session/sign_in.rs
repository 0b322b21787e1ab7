//! Signing in with address and password (PUB-5 to PUB-7).

use std::time::Duration;

use rookery_governance::audit::{self, Changes, Entry};
use rookery_kernel::{Actor, SessionId, Timestamp};
use secrecy::SecretString;
use sqlx::PgConnection;
use tracing::instrument;

use super::guard;
use super::model::{Client, NewSession, Session, SignIn, SignedIn};
use super::store;
use crate::password::Verdict;
use crate::token;
use crate::user;
use crate::{Identity, user::Credentials};

pub(super) const TABLE: &str = "identity.sessions";

/// Nobody was let in. What is said is the same whether or not somebody has the address.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Address and password do not belong together.
    #[error("wrong e-mail address or password")]
    WrongCredentials,
    /// Ten wrong passwords in a row.
    #[error("too many wrong passwords; locked until {until}")]
    Locked {
        /// The end of the lock.
        until: Timestamp,
    },
    /// Too many attempts for this e-mail address or from this network address.
    #[error("too many attempts; try again in {} seconds", .retry_after.as_secs().max(1))]
    TooMany {
        /// How long to wait.
        retry_after: Duration,
    },
    /// The password is right, and the person may not sign in.
    #[error("this account is deactivated")]
    Inactive,
    /// The database did not answer.
    #[error("the database did not answer")]
    Db(#[from] rookery_db::Error),
}

impl Identity {
    /// Begins a session for whoever knows the password.
    ///
    /// # Errors
    /// [`SignInError`].
    #[instrument(skip_all, err(level = "info"))]
    pub async fn sign_in(&self, attempt: SignIn) -> Result<SignedIn, SignInError> {
        let key = guard::key(&attempt.email);
        self.guard.admit(&key, attempt.client.ip).map_err(|retry_after| SignInError::TooMany { retry_after })?;

        let mut tx = self.db.system("who signs in").await?;
        let known = user::store::credentials(tx.conn(), attempt.email.trim()).await?;
        drop(tx);
        let now = self.clock.now();
        let locked = match &known {
            Some(known) => known.protection.locked(now),
            None => self.guard.stranger_locked(&key, now),
        };
        if let Some(until) = locked {
            return Err(SignInError::Locked { until });
        }
        let stored = known.as_ref().and_then(|k| k.password_hash.clone());
        let verdict = self.passwords.verify(&attempt.password, stored).await;
        match (known, verdict) {
            (Some(known), Verdict::Right | Verdict::RightButOld) => self.let_in(&known, verdict, &attempt).await,
            (Some(known), Verdict::Wrong) => {
                // The server notes it; nobody has proven to be this person.
                self.count_failure(known.id, &attempt.client.origin(Actor::System)).await?;
                Err(SignInError::WrongCredentials)
            }
            (None, _) => {
                self.guard.count_stranger(key, self.clock.now());
                self.note_stranger(&attempt.client).await?;
                Err(SignInError::WrongCredentials)
            }
        }
    }

    async fn let_in(&self, known: &Credentials, verdict: Verdict, attempt: &SignIn) -> Result<SignedIn, SignInError> {
        if !known.is_active {
            return Err(SignInError::Inactive);
        }
        let rehashed = match verdict {
            Verdict::RightButOld => Some(self.passwords.hash(&*self.ids, &attempt.password).await),
            _ => None,
        };
        let now = self.clock.now();
        let mut tx = self.db.system("begin a session").await?;
        // The password was compared outside; what was compared must still hold.
        let current = user::store::lock_credentials(tx.conn(), known.id).await?;
        let current = current.ok_or(SignInError::WrongCredentials)?;
        if current.password_hash != known.password_hash {
            return Err(SignInError::WrongCredentials);
        }
        if !current.is_active {
            return Err(SignInError::Inactive);
        }
        if let Some(until) = current.protection.locked(now) {
            return Err(SignInError::Locked { until });
        }
        user::store::write_signed_in(tx.conn(), known.id, now).await?;
        if let Some(hash) = rehashed {
            user::store::write_rehashed(tx.conn(), known.id, &hash, now).await?;
        }
        let user = user::store::find(tx.conn(), known.id).await?.ok_or(SignInError::WrongCredentials)?;
        let new = NewSession {
            user: user.id,
            organization: store::last_organization(tx.conn(), user.id).await?,
            is_remember_me: attempt.remember,
            client: &attempt.client,
        };
        let (token, session) = self.begin_session(tx.conn(), &new, now).await?;
        tx.commit().await?;
        Ok(SignedIn { token, session, user })
    }

    /// Writes a session and its audit row.
    pub(crate) async fn begin_session(
        &self,
        conn: &mut PgConnection,
        new: &NewSession<'_>,
        now: Timestamp,
    ) -> Result<(SecretString, Session), rookery_db::Error> {
        let life = if new.is_remember_me { self.config.remembered_session_life } else { self.config.session_life };
        let token = SecretString::from(token::random(&*self.ids));
        let session = Session {
            id: SessionId::generate(&*self.ids),
            user_id: new.user,
            organization_id: new.organization,
            is_remember_me: new.is_remember_me,
            expires_at: now + life,
            last_seen_at: Some(now),
            created_ip: new.client.ip.map(|ip| ip.to_string()),
            user_agent: new.client.user_agent.clone(),
            created_at: now,
        };
        store::insert(conn, &session, &token::digest(&token), new.client).await?;
        let changes = Changes::new()
            .secret("token_hash")
            .new_value("is_remember_me", session.is_remember_me)
            .new_value("expires_at", session.expires_at);
        let entry = Entry {
            action: "login",
            resource: TABLE,
            resource_id: Some(session.id.to_string()),
            changes: changes.into(),
        };
        let origin = new.client.origin(Actor::User(new.user));
        audit::record_instance(conn, &*self.clock, &origin, &[entry]).await?;
        Ok((token, session))
    }

    /// A failed sign-in for an address that nobody has. The address is not written down: people type passwords
    /// into the wrong field.
    async fn note_stranger(&self, client: &Client) -> Result<(), rookery_db::Error> {
        let mut tx = self.db.system("note a failed sign-in").await?;
        let changes = Changes::new().note("reason", "unknown address");
        let entry = Entry { action: "login_failed", resource: user::TABLE, resource_id: None, changes: changes.into() };
        audit::record_instance(tx.conn(), &*self.clock, &client.origin(Actor::System), &[entry]).await?;
        tx.commit().await
    }
}
