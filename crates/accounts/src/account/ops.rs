//! Connect, read, judge by calls, renew, disconnect.

use std::time::Duration;

use rookery_db::OrgTx;
use rookery_governance::audit;
use rookery_kernel::{AccountId, Limit, Platform, Scope, Timestamp};
use rookery_platforms::{Access, CallError, Delivery, ErrorType, PostingChoices, Profile, SignIn};
use secrecy::SecretString;
use serde_json::json;
use tracing::instrument;
use url::Url;

use super::model::{Account, AccountStatus, Call, CallEffect, NewAccount, Tokens};
use super::store;
use crate::Accounts;
use crate::vault::{Place, VaultError};

/// An operation on accounts failed.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// No such account in this organization.
    #[error("no such account: {0}")]
    NotFound(AccountId),
    /// No connector for this network in this build.
    #[error("Rookery cannot talk to {} yet", .0.name())]
    NoConnector(Platform),
    /// The network needs an address (an instance), and none was given.
    #[error("{} needs the address of the server your account is on", .0.name())]
    AddressNeeded(Platform),
    /// The token allows several profiles and none was chosen.
    #[error("the token allows several profiles; choose one of {}", .0.iter().map(|p| p.username.as_str()).collect::<Vec<_>>().join(", "))]
    ChooseProfile(Vec<Profile>),
    /// The network connects accounts by consent only.
    #[error("{} has no sign-in with a password; connect the account by sign-in at the network", .0.name())]
    NoPasswords(Platform),
    /// The network does not know this handle, or not with this password.
    #[error("the network did not accept handle and app password")]
    SignInRefused(#[source] CallError),
    /// The network refused the token or did not answer.
    #[error("the network did not accept the connection")]
    Network(#[source] CallError),
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

/// An account cannot be used for a call.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// No such account in this organization.
    #[error("no such account: {0}")]
    NotFound(AccountId),
    /// Its status forbids calls.
    #[error("the account is {}", .0.label())]
    NotUsable(AccountStatus),
    /// No connector for this network in this build.
    #[error("no connector for {0}")]
    NoConnector(Platform),
    /// Its tokens do not decrypt.
    #[error("the account's token cannot be decrypted")]
    Vault(#[from] VaultError),
    /// The database did not answer.
    #[error("the database did not answer")]
    Db(#[from] rookery_db::Error),
}

const TABLE: &str = "accounts.social_accounts";

impl Accounts {
    /// Connects an account by a token that the user already has, or repairs the one that has the
    /// same id at the network. The token is tried before anything is stored.
    ///
    /// # Errors
    /// [`AccountsError`]; `ChooseProfile` lists the profiles if the token allows several.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, platform = %new.platform))]
    pub async fn connect(&self, scope: &Scope, new: NewAccount) -> Result<Account, AccountsError> {
        let base_url = self.base_url(new.platform, new.base_url.as_ref())?;
        let connector = self.connectors.get(new.platform).ok_or(AccountsError::NoConnector(new.platform))?;
        let profiles = connector
            .profiles(&base_url, &new.tokens.access, self.apps.get(&new.platform))
            .await
            .map_err(AccountsError::Network)?;
        let profile = match (&new.profile_id, profiles.len()) {
            (Some(id), _) => profiles.iter().find(|p| p.id == *id).cloned(),
            (None, 1) => profiles.first().cloned(),
            (None, _) => None,
        };
        let profile = profile.ok_or(AccountsError::ChooseProfile(profiles))?;
        self.store_profile(scope, new.platform, &base_url, &new.tokens, &profile, new.is_sandbox).await
    }

    /// Connects an account with its handle and a password made for this app, or repairs it. The password
    /// goes to the network once; only the tokens it brings are stored. `server` is the account's own
    /// server, where that is not the network's.
    ///
    /// # Errors
    /// [`AccountsError`]; `NoPasswords` where accounts are connected by consent, `SignInRefused` if handle or
    /// password are wrong.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, platform = %platform))]
    pub async fn sign_in(
        &self,
        scope: &Scope,
        platform: Platform,
        server: Option<&Url>,
        identifier: &str,
        password: &SecretString,
        is_sandbox: bool,
    ) -> Result<Account, AccountsError> {
        let connector = self.connectors.get(platform).ok_or(AccountsError::NoConnector(platform))?;
        if connector.capabilities().sign_in != SignIn::AppPassword {
            return Err(AccountsError::NoPasswords(platform));
        }
        let base_url = self.base_url(platform, server)?;
        let started = self.clock.now();
        let answer = connector.sign_in(&base_url, identifier, password).await;
        let (tokens, profile) = answer.map_err(|error| match (error.kind, error.delivery) {
            (ErrorType::TokenExpired | ErrorType::BadRequest | ErrorType::NotFound, Delivery::Refused) => {
                AccountsError::SignInRefused(error)
            }
            _ => AccountsError::Network(error),
        })?;
        let tokens = Tokens {
            access: tokens.access,
            refresh: tokens.refresh,
            expires_at: tokens.expires_in.map(|life| started + life),
            scopes: tokens.scopes,
        };
        self.store_profile(scope, platform, &base_url, &tokens, &profile, is_sandbox).await
    }

    /// Stores a profile that the network just showed for these tokens.
    pub(crate) async fn store_profile(
        &self,
        scope: &Scope,
        platform: Platform,
        base_url: &Url,
        tokens: &Tokens,
        profile: &Profile,
        is_sandbox: bool,
    ) -> Result<Account, AccountsError> {
        let limits = self.server_limits(platform, base_url).await;
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let known = store::find_by_platform_user(&mut tx, platform, &profile.id).await?;
        let id = known.map_or_else(|| AccountId::generate(&*self.ids), |(id, _)| id);
        // A page has a token of its own; elsewhere the person's token is the account's.
        let access = profile.token.as_ref().unwrap_or(&tokens.access);
        let access_token_enc = self.vault.seal(access, place(scope, "access_token_enc", id));
        // Renewing a page's token asks again with the person's token.
        let renew_with = profile.token.as_ref().map_or(tokens.refresh.as_ref(), |_| Some(&tokens.access));
        let refresh_token_enc = renew_with.map(|t| self.vault.seal(t, place(scope, "refresh_token_enc", id)));
        let base = base_url.as_str().trim_end_matches('/').to_owned();
        let metadata = profile.metadata.clone();
        let id = store::upsert(
            &mut tx,
            &store::Connect {
                id,
                platform,
                platform_user_id: &profile.id,
                username: &profile.username,
                display_name: profile.display_name.as_deref(),
                avatar_url: profile.avatar_url.as_deref(),
                profile_url: profile.profile_url.as_deref(),
                connector: if is_sandbox { "sandbox" } else { "direct" },
                base_url: Some(&base),
                access_token_enc: &access_token_enc,
                refresh_token_enc: refresh_token_enc.as_deref(),
                key_id: self.vault.key_column(),
                scopes: &tokens.scopes,
                token_expires_at: if profile.token.is_some() { None } else { tokens.expires_at },
                followers_count: profile.followers_count,
                metadata: &metadata,
                now,
            },
        )
        .await?;
        if let Some(limits) = limits {
            store::write_server_limits(&mut tx, &[(id, limits)], now).await?;
        }
        let (event, from) = match known {
            None => ("connected", None),
            Some((_, status)) => ("reconnected", Some(status)),
        };
        store::insert_event(&mut tx, id, event, from.map(AccountStatus::label), Some("active"), now).await?;
        let changes = json!({
            "status": [from.map(AccountStatus::label), "active"], "username": [null, profile.username],
            "access_token_enc": "changed",
        });
        audit_one(&mut tx, self, if known.is_some() { "update" } else { "insert" }, id, changes).await?;
        let account = store::find(&mut tx, id).await?.ok_or(AccountsError::NotFound(id))?;
        tx.commit().await?;
        Ok(account)
    }

    /// The organization's accounts by network and name, without the disconnected ones.
    ///
    /// # Errors
    /// [`AccountsError::Db`].
    pub async fn list(&self, scope: &Scope) -> Result<Vec<Account>, AccountsError> {
        let mut tx = self.db.org(scope).await?;
        Ok(store::list(&mut tx, false).await?)
    }

    /// The same with disconnected accounts, whose history stays.
    ///
    /// # Errors
    /// [`AccountsError::Db`].
    pub async fn list_with_revoked(&self, scope: &Scope) -> Result<Vec<Account>, AccountsError> {
        let mut tx = self.db.org(scope).await?;
        Ok(store::list(&mut tx, true).await?)
    }

    /// The accounts that work, newest first.
    ///
    /// # Errors
    /// [`AccountsError::Db`].
    pub async fn active(&self, scope: &Scope) -> Result<Vec<Account>, AccountsError> {
        let mut tx = self.db.org(scope).await?;
        Ok(store::active(&mut tx).await?)
    }

    /// Accounts whose token has ended or ends within `ahead` and can be renewed; the most urgent first.
    ///
    /// # Errors
    /// [`AccountsError::Db`].
    pub async fn to_renew(&self, scope: &Scope, ahead: Duration, limit: Limit) -> Result<Vec<Account>, AccountsError> {
        let until = self.clock.now() + ahead;
        let mut tx = self.db.org(scope).await?;
        Ok(store::to_renew(&mut tx, until, limit).await?)
    }

    /// Inside another context's transaction: all accounts, disconnected ones too.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn list_in(&self, tx: &mut OrgTx) -> Result<Vec<Account>, rookery_db::Error> {
        store::list(tx, true).await
    }

    /// One account.
    ///
    /// # Errors
    /// [`AccountsError::NotFound`] in this organization.
    pub async fn get(&self, scope: &Scope, id: AccountId) -> Result<Account, AccountsError> {
        let mut tx = self.db.org(scope).await?;
        store::find(&mut tx, id).await?.ok_or(AccountsError::NotFound(id))
    }

    /// What a connector needs to act for this account: address and decrypted tokens.
    ///
    /// # Errors
    /// [`AccessError`]; `NotUsable` unless the account is active.
    pub async fn access(&self, scope: &Scope, id: AccountId) -> Result<Access, AccessError> {
        let mut tx = self.db.org(scope).await?;
        let sealed = store::sealed(&mut tx, id, false).await?.ok_or(AccessError::NotFound(id))?;
        drop(tx);
        if sealed.status != AccountStatus::Active {
            return Err(AccessError::NotUsable(sealed.status));
        }
        self.unseal(scope, id, &sealed)
    }

    pub(super) fn unseal(&self, scope: &Scope, id: AccountId, sealed: &store::Sealed) -> Result<Access, AccessError> {
        let token = sealed.access_token_enc.as_deref().ok_or(AccessError::NotUsable(sealed.status))?;
        let refresh_token = sealed
            .refresh_token_enc
            .as_deref()
            .map(|value| self.vault.unseal(value, place(scope, "refresh_token_enc", id)))
            .transpose()?;
        let stored = sealed.base_url.as_deref().and_then(|u| u.parse::<Url>().ok());
        let base_url =
            self.base_url(sealed.platform, stored.as_ref()).map_err(|_| AccessError::NoConnector(sealed.platform))?;
        Ok(Access {
            base_url,
            platform_user_id: sealed.platform_user_id.clone(),
            token: self.vault.unseal(token, place(scope, "access_token_enc", id))?,
            refresh_token,
            app: self.apps.get(&sealed.platform).cloned(),
            metadata: sealed.metadata.clone(),
        })
    }

    /// Notes what a call to the network returned; status and health follow from it.
    ///
    /// # Errors
    /// [`AccountsError`].
    pub async fn record_call(&self, scope: &Scope, id: AccountId, call: Call<'_>) -> Result<CallEffect, AccountsError> {
        let mut tx = self.db.org(scope).await?;
        let effect = self.record_call_in(&mut tx, id, call).await?;
        tx.commit().await?;
        Ok(effect)
    }

    /// The same inside another context's transaction.
    ///
    /// # Errors
    /// [`AccountsError`].
    pub async fn record_call_in(
        &self,
        tx: &mut OrgTx,
        id: AccountId,
        call: Call<'_>,
    ) -> Result<CallEffect, AccountsError> {
        let now = self.clock.now();
        let before = store::lock_vitals(tx, id).await?.ok_or(AccountsError::NotFound(id))?;
        let after = before.after(call, now);
        let error = match call {
            Call::Ok => None,
            Call::Failed(error) => Some((error.kind.label(), error.message.as_str())),
        };
        store::write_vitals(tx, id, &after, error, now).await?;
        if matches!(call, Call::Failed(e) if e.kind == ErrorType::RateLimit) {
            store::insert_event(tx, id, "rate_limited", None, None, now).await?;
        }
        let status_changed = before.status != after.status;
        if status_changed {
            let (from, to) = (before.status.label(), after.status.label());
            store::insert_event(tx, id, "status_changed", Some(from), Some(to), now).await?;
            audit_one(tx, self, "update", id, json!({"status": [from, to]})).await?;
        }
        if before.health != after.health {
            let (from, to) = (before.health.label(), after.health.label());
            store::insert_event(tx, id, "health_changed", Some(from), Some(to), now).await?;
        }
        Ok(CallEffect { status: after.status, health: after.health, status_changed })
    }

    /// Notes a successful publication, inside the transaction that records it.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn touch_posted_in(&self, tx: &mut OrgTx, id: AccountId, at: Timestamp) -> Result<(), rookery_db::Error> {
        store::touch_posted(tx, id, at).await
    }

    /// Notes the follower count that the network reported.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn set_followers_in(
        &self,
        tx: &mut OrgTx,
        id: AccountId,
        followers: i64,
    ) -> Result<(), rookery_db::Error> {
        store::write_followers(tx, id, followers, self.clock.now()).await
    }

    /// Disconnects an account: both tokens are emptied at once, the history stays. What is still
    /// scheduled on it waits, visibly, until the account is connected again or it is cancelled.
    ///
    /// # Errors
    /// [`AccountsError::NotFound`] in this organization.
    #[instrument(skip_all, err, fields(account = %id))]
    pub async fn disconnect(&self, scope: &Scope, id: AccountId) -> Result<Account, AccountsError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let before = store::lock_vitals(&mut tx, id).await?.ok_or(AccountsError::NotFound(id))?;
        if before.status != AccountStatus::Revoked {
            store::revoke(&mut tx, id, now).await?;
            let from = before.status.label();
            store::insert_event(&mut tx, id, "disconnected", Some(from), Some("revoked"), now).await?;
            let changes = json!({"status": [from, "revoked"], "access_token_enc": "changed"});
            audit_one(&mut tx, self, "update", id, changes).await?;
        }
        let account = store::find(&mut tx, id).await?.ok_or(AccountsError::NotFound(id))?;
        tx.commit().await?;
        Ok(account)
    }

    /// Asks the network whether the token works and reads followers, and what the account's own server allows, again.
    ///
    /// # Errors
    /// [`AccountsError::Network`] with what the network said; it is recorded on the account.
    #[instrument(skip_all, err, fields(account = %id))]
    pub async fn check(&self, scope: &Scope, id: AccountId) -> Result<Account, AccountsError> {
        let mut tx = self.db.org(scope).await?;
        let sealed = store::sealed(&mut tx, id, false).await?.ok_or(AccountsError::NotFound(id))?;
        drop(tx);
        let connector = self.connectors.get(sealed.platform).ok_or(AccountsError::NoConnector(sealed.platform))?;
        let access = self.unseal(scope, id, &sealed).map_err(|e| match e {
            AccessError::Db(e) => AccountsError::Db(e),
            other => {
                AccountsError::Network(CallError::new(ErrorType::TokenExpired, Delivery::NotSent, other.to_string()))
            }
        })?;
        match connector.check(&access).await {
            Ok(profile) => {
                let limits = self.server_limits(sealed.platform, &access.base_url).await;
                let mut tx = self.db.org(scope).await?;
                self.record_call_in(&mut tx, id, Call::Ok).await?;
                if let Some(limits) = limits {
                    store::write_server_limits(&mut tx, &[(id, limits)], self.clock.now()).await?;
                }
                if let Some(followers) = profile.followers_count {
                    store::write_followers(&mut tx, id, followers, self.clock.now()).await?;
                }
                let account = store::find(&mut tx, id).await?.ok_or(AccountsError::NotFound(id))?;
                tx.commit().await?;
                Ok(account)
            }
            Err(error) => {
                self.record_call(scope, id, Call::Failed(&error)).await?;
                Err(AccountsError::Network(error))
            }
        }
    }

    /// What the account may choose for a post right now, as its network tells it; `None` where the network leaves
    /// everything free.
    ///
    /// # Errors
    /// [`AccountsError::Network`] with what the network said; it is recorded on the account.
    #[instrument(skip_all, err, fields(account = %id))]
    pub async fn posting_choices(&self, scope: &Scope, id: AccountId) -> Result<Option<PostingChoices>, AccountsError> {
        let account = self.get(scope, id).await?;
        let connector = self.connectors.get(account.platform).ok_or(AccountsError::NoConnector(account.platform))?;
        if !connector.capabilities().asks_choices {
            return Ok(None);
        }
        let access = self.access(scope, id).await.map_err(|e| match e {
            AccessError::Db(e) => AccountsError::Db(e),
            other => {
                AccountsError::Network(CallError::new(ErrorType::TokenExpired, Delivery::NotSent, other.to_string()))
            }
        })?;
        match connector.posting_choices(&access).await {
            Ok(choices) => Ok(choices),
            Err(error) => {
                self.record_call(scope, id, Call::Failed(&error)).await?;
                Err(AccountsError::Network(error))
            }
        }
    }

    /// The address to talk to: the given one, else the network's own.
    pub(crate) fn base_url(&self, platform: Platform, given: Option<&Url>) -> Result<Url, AccountsError> {
        given
            .cloned()
            .or_else(|| self.connectors.get(platform).and_then(|c| c.default_base_url()))
            .ok_or(AccountsError::AddressNeeded(platform))
    }
}

pub(super) fn place(scope: &Scope, column: &'static str, id: AccountId) -> Place {
    Place { table: TABLE, column, organization: scope.organization_id, row: id.uuid() }
}

pub(super) async fn audit_one(
    tx: &mut OrgTx,
    accounts: &Accounts,
    action: &str,
    id: AccountId,
    changes: serde_json::Value,
) -> Result<(), rookery_db::Error> {
    let entry = audit::Entry { action, resource: TABLE, resource_id: Some(id.to_string()), changes };
    audit::record(tx, &*accounts.clock, &[entry]).await
}
