//! Making, using and ending API keys.

use std::time::Duration;

use rookery_governance::audit::{self, Changes, Entry};
use rookery_kernel::{Actor, ApiKeyId, Scope};
use secrecy::{ExposeSecret as _, SecretString};
use tracing::instrument;

use super::model::{ApiKey, NewApiKey, PREFIX, SHOWN};
use super::store;
use crate::finding::Finding;
use crate::organization;
use crate::roles::MemberRole;
use crate::token;
use crate::user::codes;
use crate::{Caller, Identity};

const TABLE: &str = "identity.api_keys";
/// How exact "last used" is.
const USED_EVERY: Duration = Duration::from_secs(60);

/// A key was not made or ended.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    /// No such key in this organization.
    #[error("no such API key: {0}")]
    NotFound(ApiKeyId),
    /// Something typed is wrong.
    #[error("the new key's data is not valid: {}", codes(.0))]
    Invalid(Vec<Finding>),
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

/// A key opens nothing.
#[derive(Debug, thiserror::Error)]
pub enum KeyAuthError {
    /// No such key.
    #[error("there is no such API key")]
    Unknown,
    /// It was ended.
    #[error("the API key was revoked")]
    Revoked,
    /// Its time is over.
    #[error("the API key has expired")]
    Expired,
    /// The database did not answer.
    #[error("the database did not answer")]
    Db(#[from] rookery_db::Error),
}

impl Identity {
    /// Makes a key. The secret is returned here and nowhere else.
    ///
    /// # Errors
    /// [`ApiKeyError`].
    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id))]
    pub async fn create_api_key(&self, scope: &Scope, new: NewApiKey) -> Result<(ApiKey, SecretString), ApiKeyError> {
        let now = self.clock.now();
        let (name, scopes) = new.checked(now).map_err(ApiKeyError::Invalid)?;
        let secret = SecretString::from(format!("{PREFIX}{}", token::random(&*self.ids)));
        let key = ApiKey {
            id: ApiKeyId::generate(&*self.ids),
            created_by: scope.actor.user_id(),
            name,
            prefix: secret.expose_secret().chars().take(SHOWN).collect(),
            scopes,
            last_used_at: None,
            expires_at: new.expires_at,
            revoked_at: None,
            created_at: now,
        };
        let mut tx = self.db.org(scope).await?;
        store::insert(&mut tx, &key, &token::digest(&secret)).await?;
        let changes = Changes::new()
            .new_value("name", &key.name)
            .new_value("prefix", &key.prefix)
            .new_value("scopes", &key.scopes)
            .new_value("expires_at", key.expires_at)
            .secret("key_hash");
        audit::record(&mut tx, &*self.clock, &[entry("insert", key.id, changes)]).await?;
        tx.commit().await?;
        Ok((key, secret))
    }

    /// The organization's keys, those that may be used first, the newest first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn api_keys(&self, scope: &Scope) -> Result<Vec<ApiKey>, rookery_db::Error> {
        let mut tx = self.db.org(scope).await?;
        store::list(&mut tx).await
    }

    /// Ends a key from the next request on. Ending it twice changes nothing.
    ///
    /// # Errors
    /// [`ApiKeyError::NotFound`] in this organization.
    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id, key = %id))]
    pub async fn revoke_api_key(&self, scope: &Scope, id: ApiKeyId) -> Result<(), ApiKeyError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        if store::revoke(&mut tx, id, now).await? {
            let changes = Changes::new().new_value("revoked_at", now);
            audit::record(&mut tx, &*self.clock, &[entry("update", id, changes)]).await?;
            tx.commit().await?;
            return Ok(());
        }
        store::find(&mut tx, id).await?.map(|_| ()).ok_or(ApiKeyError::NotFound(id))
    }

    /// Which organization a key opens, and what it may do there.
    ///
    /// # Errors
    /// [`KeyAuthError`].
    #[instrument(skip_all, err(level = "debug"))]
    pub async fn authenticate_api_key(&self, secret: &SecretString) -> Result<Caller, KeyAuthError> {
        if !secret.expose_secret().starts_with(PREFIX) {
            return Err(KeyAuthError::Unknown);
        }
        let now = self.clock.now();
        let mut tx = self.db.system("whose API key").await?;
        let found = store::directory(tx.conn(), &token::digest(secret)).await?;
        drop(tx);
        let (organization_id, id) = found.ok_or(KeyAuthError::Unknown)?;

        let scope = Scope::new(organization_id, Actor::ApiKey(id));
        let mut tx = self.db.org(&scope).await?;
        let key = store::find(&mut tx, id).await?.ok_or(KeyAuthError::Unknown)?;
        if key.revoked_at.is_some() {
            return Err(KeyAuthError::Revoked);
        }
        if key.expires_at.is_some_and(|at| at <= now) {
            return Err(KeyAuthError::Expired);
        }
        let organization = organization::store::find(&mut tx).await?.ok_or(KeyAuthError::Unknown)?;
        if key.last_used_at.is_none_or(|used| now.since(used) >= USED_EVERY) {
            store::write_used(&mut tx, id, now).await?;
            tx.commit().await?;
        }
        Ok(Caller {
            scope,
            user: None,
            organization,
            role: MemberRole::Viewer,
            scopes: Some(key.scopes),
            session: None,
        })
    }
}

fn entry(action: &'static str, id: ApiKeyId, changes: Changes) -> Entry<'static> {
    Entry { action, resource: TABLE, resource_id: Some(id.to_string()), changes: changes.into() }
}
