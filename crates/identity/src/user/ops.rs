//! Making people, changing their passwords, letting them in and out.

use rookery_db::OrgTx;
use rookery_governance::audit::{self, Changes, Entry, Origin};
use rookery_kernel::{OrganizationId, Scope, Timestamp, UserId};
use secrecy::SecretString;
use tracing::instrument;

use super::model::{NewUser, User};
use super::store;
use crate::finding::Finding;
use crate::organization::{self, NewOrganization};
use crate::password::{self, Verdict};
use crate::roles::UserRole;
use crate::session::{self, Client, NewSession, SignedIn};
use crate::{Caller, Identity};

pub(crate) const TABLE: &str = "identity.users";

/// Nobody was made.
#[derive(Debug, thiserror::Error)]
pub enum CreateUserError {
    /// Something typed is wrong.
    #[error("the new person's data is not valid: {}", codes(.0))]
    Invalid(Vec<Finding>),
    /// Somebody has this address.
    #[error("somebody uses this e-mail address already")]
    EmailTaken,
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

/// The instance was not set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// There are people already.
    #[error("this instance is set up already")]
    AlreadySetUp,
    /// The first person could not be made.
    #[error(transparent)]
    Create(#[from] CreateUserError),
}

/// A password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The current password is not right.
    #[error("the current password is not right")]
    WrongCurrent,
    /// Wrong too often; the person is locked.
    #[error("too many wrong passwords; locked until {until}")]
    Locked {
        /// The end of the lock.
        until: Timestamp,
    },
    /// The new password may not be used.
    #[error("the new password may not be used: {}", codes(.0))]
    Invalid(Vec<Finding>),
    /// No such person, or an API key asks.
    #[error("no such person")]
    NotFound,
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

/// A person could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// No such person.
    #[error("no such person: {0}")]
    NotFound(UserId),
    /// The instance would have no active admin left.
    #[error("this is the last admin of the instance")]
    LastAdmin,
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

pub(crate) fn codes(findings: &[Finding]) -> String {
    findings.iter().map(|f| f.code).collect::<Vec<_>>().join(", ")
}

impl Identity {
    /// Makes a person and, in the same transaction, their personal organization (PUB-9). A role cannot be asked
    /// for (PUB-4).
    ///
    /// # Errors
    /// [`CreateUserError`]; `Invalid` lists every fault.
    #[instrument(skip_all, err(level = "debug"))]
    pub async fn create_user(&self, by: &Origin, new: NewUser) -> Result<User, CreateUserError> {
        self.create(by, new, UserRole::User, false).await.map_err(|error| match error {
            SetupError::Create(error) => error,
            SetupError::AlreadySetUp => unreachable!("only setting up asks whether the instance is empty"),
        })
    }

    /// Makes the first person of an empty instance, who becomes its admin. Of two at once one succeeds.
    ///
    /// # Errors
    /// [`SetupError`].
    #[instrument(skip_all, err(level = "debug"))]
    pub async fn create_first_user(&self, by: &Origin, new: NewUser) -> Result<User, SetupError> {
        self.create(by, new, UserRole::Admin, true).await
    }

    /// Whether nobody is known yet, so that [`Identity::create_first_user`] is what to do.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn needs_setup(&self) -> Result<bool, rookery_db::Error> {
        let mut tx = self.db.system("is the instance empty").await?;
        Ok(!store::any(tx.conn()).await?)
    }

    async fn create(&self, by: &Origin, new: NewUser, role: UserRole, first: bool) -> Result<User, SetupError> {
        let (email, name) = new.checked().map_err(CreateUserError::Invalid)?;
        let hash = match &new.password {
            Some(password) => Some(self.passwords.hash(&*self.ids, password).await),
            None => None,
        };
        let now = self.clock.now();
        let user = User {
            id: UserId::generate(&*self.ids),
            name,
            email,
            role,
            avatar_url: None,
            is_active: true,
            timezone: new.timezone,
            locale: "en".to_owned(),
            last_login_at: None,
            created_at: now,
        };
        let scope = scope_of(by, OrganizationId::generate(&*self.ids));
        let mut tx = self.db.org(&scope).await.map_err(CreateUserError::Db)?;
        if first {
            store::lock_setup(tx.conn()).await.map_err(CreateUserError::Db)?;
            if store::any(tx.conn()).await.map_err(CreateUserError::Db)? {
                return Err(SetupError::AlreadySetUp);
            }
        }
        self.insert(&mut tx, by, &user, hash.as_deref()).await?;
        tx.commit().await.map_err(CreateUserError::Db)?;
        Ok(user)
    }

    async fn insert(
        &self,
        tx: &mut OrgTx,
        by: &Origin,
        user: &User,
        hash: Option<&str>,
    ) -> Result<(), CreateUserError> {
        let now = user.created_at;
        store::insert(tx.conn(), user, hash, now).await.map_err(|error| match error.constraint() {
            Some("idx_users_email") => CreateUserError::EmailTaken,
            _ => CreateUserError::Db(error),
        })?;
        let mut changes =
            Changes::new().new_value("name", &user.name).new_value("email", &user.email).new_value("role", user.role);
        if hash.is_some() {
            changes = changes.secret("password_hash");
        }
        let entry = Entry {
            action: "insert",
            resource: TABLE,
            resource_id: Some(user.id.to_string()),
            changes: changes.into(),
        };
        audit::record_instance(tx.conn(), &*self.clock, by, &[entry]).await?;
        let personal = NewOrganization { name: user.name.clone(), timezone: user.timezone.clone() };
        organization::found(self, tx, user.id, &personal, true).await?;
        Ok(())
    }

    /// One person.
    ///
    /// # Errors
    /// [`UserError::NotFound`].
    pub async fn user(&self, id: UserId) -> Result<User, UserError> {
        let mut tx = self.db.system("one person").await?;
        store::find(tx.conn(), id).await?.ok_or(UserError::NotFound(id))
    }

    /// The person with this address, upper or lower case.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn find_user_by_email(&self, email: &str) -> Result<Option<User>, rookery_db::Error> {
        let mut tx = self.db.system("a person by address").await?;
        store::find_by_email(tx.conn(), email.trim()).await
    }

    /// Changes the caller's own password. All their sessions end; the returned one replaces the current one.
    /// A wrong current password counts like a failed sign-in.
    ///
    /// # Errors
    /// [`PasswordError`].
    #[instrument(skip_all, err(level = "debug"))]
    pub async fn change_password(
        &self,
        caller: &Caller,
        current: &SecretString,
        new: &SecretString,
    ) -> Result<SignedIn, PasswordError> {
        let (Some(user), Some(old)) = (&caller.user, &caller.session) else { return Err(PasswordError::NotFound) };
        let origin = Origin::from(&caller.scope);
        self.prove(user.id, &origin, current).await?;
        let findings = password::check("newPassword", new);
        if !findings.is_empty() {
            return Err(PasswordError::Invalid(findings));
        }
        let hash = self.passwords.hash(&*self.ids, new).await;

        let now = self.clock.now();
        let mut tx = self.db.system("change a password").await?;
        let user = store::lock(tx.conn(), user.id).await?.ok_or(PasswordError::NotFound)?;
        self.replace_password(tx.conn(), &origin, user.id, &hash, now).await?;
        let client = Client::from(&origin);
        let fresh = NewSession {
            user: user.id,
            organization: old.organization_id,
            is_remember_me: old.is_remember_me,
            client: &client,
        };
        let (token, session) = self.begin_session(tx.conn(), &fresh, now).await?;
        tx.commit().await?;
        Ok(SignedIn { token, session, user })
    }

    /// Sets somebody's password without knowing the old one: the command line's and an admin's way. All their
    /// sessions end.
    ///
    /// # Errors
    /// [`PasswordError`].
    #[instrument(skip_all, err(level = "debug"), fields(user = %id))]
    pub async fn set_password(&self, by: &Origin, id: UserId, new: &SecretString) -> Result<(), PasswordError> {
        let findings = password::check("password", new);
        if !findings.is_empty() {
            return Err(PasswordError::Invalid(findings));
        }
        let hash = self.passwords.hash(&*self.ids, new).await;
        let mut tx = self.db.system("set a password").await?;
        store::lock(tx.conn(), id).await?.ok_or(PasswordError::NotFound)?;
        self.replace_password(tx.conn(), by, id, &hash, self.clock.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn replace_password(
        &self,
        conn: &mut sqlx::PgConnection,
        by: &Origin,
        id: UserId,
        hash: &str,
        now: Timestamp,
    ) -> Result<(), rookery_db::Error> {
        store::write_password(conn, id, hash, now).await?;
        let ended = session::store::revoke_all(conn, id, by.ip, now).await?;
        let changes = Changes::new().secret("password_hash").note("sessions_ended", ended);
        let entry =
            Entry { action: "update", resource: TABLE, resource_id: Some(id.to_string()), changes: changes.into() };
        audit::record_instance(conn, &*self.clock, by, &[entry]).await
    }

    /// Compares the current password; a wrong one is counted.
    async fn prove(&self, id: UserId, origin: &Origin, password: &SecretString) -> Result<(), PasswordError> {
        let mut tx = self.db.system("compare a password").await?;
        let known = store::lock_credentials(tx.conn(), id).await?.ok_or(PasswordError::NotFound)?;
        drop(tx);
        if let Some(until) = known.protection.locked(self.clock.now()) {
            return Err(PasswordError::Locked { until });
        }
        if self.passwords.verify(password, known.password_hash).await == Verdict::Wrong {
            self.count_failure(id, origin).await?;
            return Err(PasswordError::WrongCurrent);
        }
        Ok(())
    }

    /// Counts one wrong password, locks after ten, and notes it.
    pub(crate) async fn count_failure(&self, id: UserId, origin: &Origin) -> Result<(), rookery_db::Error> {
        let now = self.clock.now();
        let mut tx = self.db.system("count a wrong password").await?;
        let Some(known) = store::lock_credentials(tx.conn(), id).await? else { return Ok(()) };
        let after = known.protection.after_failure(now);
        store::write_protection(tx.conn(), id, after, now).await?;
        let changes = Changes::new().set("failed_login_count", known.protection.failures, after.failures).set(
            "locked_until",
            known.protection.locked_until,
            after.locked_until,
        );
        let entry = Entry {
            action: "login_failed",
            resource: TABLE,
            resource_id: Some(id.to_string()),
            changes: changes.into(),
        };
        audit::record_instance(tx.conn(), &*self.clock, origin, &[entry]).await?;
        tx.commit().await
    }

    /// Shuts somebody out: they may not sign in, and all their sessions end now.
    ///
    /// # Errors
    /// [`UserError`].
    #[instrument(skip_all, err(level = "debug"), fields(user = %id))]
    pub async fn deactivate_user(&self, by: &Origin, id: UserId) -> Result<User, UserError> {
        self.set_active(by, id, false).await
    }

    /// Lets them in again.
    ///
    /// # Errors
    /// [`UserError`].
    #[instrument(skip_all, err(level = "debug"), fields(user = %id))]
    pub async fn reactivate_user(&self, by: &Origin, id: UserId) -> Result<User, UserError> {
        self.set_active(by, id, true).await
    }

    async fn set_active(&self, by: &Origin, id: UserId, is_active: bool) -> Result<User, UserError> {
        let now = self.clock.now();
        let mut tx = self.db.system("let a person in or out").await?;
        // Two admins must not shut each other out at once.
        store::lock_setup(tx.conn()).await?;
        let user = store::lock(tx.conn(), id).await?.ok_or(UserError::NotFound(id))?;
        if user.is_active == is_active {
            return Ok(user);
        }
        if !is_active && user.role == UserRole::Admin && !store::has_another_admin(tx.conn(), id).await? {
            return Err(UserError::LastAdmin);
        }
        store::write_active(tx.conn(), id, is_active, now).await?;
        let mut changes = Changes::new().set("is_active", user.is_active, is_active);
        if !is_active {
            let ended = session::store::revoke_all(tx.conn(), id, by.ip, now).await?;
            changes = changes.note("sessions_ended", ended);
        }
        let entry =
            Entry { action: "update", resource: TABLE, resource_id: Some(id.to_string()), changes: changes.into() };
        audit::record_instance(tx.conn(), &*self.clock, by, &[entry]).await?;
        tx.commit().await?;
        Ok(User { is_active, ..user })
    }
}

/// The scope of work that somebody does for an organization of which nothing is known yet.
pub(crate) fn scope_of(by: &Origin, organization_id: OrganizationId) -> Scope {
    Scope { organization_id, actor: by.actor, request_id: by.request_id, ip: by.ip, user_agent: by.user_agent.clone() }
}
