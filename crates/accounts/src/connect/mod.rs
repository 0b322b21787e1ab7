//! Connecting an account by sign-in at the network (OAuth): start, come back, choose.
//!
//! The state is 32 random bytes, lives ten minutes, is bound to person and organization and works
//! once. Only its digest is stored; what the way back needs is stored encrypted beside it.

mod store;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rookery_kernel::{OrganizationId, Platform, Scope, Timestamp, UserId};
use rookery_platforms::{AppCredentials, AuthorizeRequest, CallError, ExchangeRequest, Profile, RegisterRequest};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tracing::instrument;
use url::Url;

use crate::Accounts;
use crate::account::{Account, AccountsError, Tokens};
use crate::vault::{Place, VaultError};

const LIFE: Duration = Duration::from_secs(600);

/// Connecting by sign-in failed.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The state is unknown, used, too old, or somebody else's.
    #[error("this sign-in at the network was not started here, or it is more than ten minutes old; start again")]
    InvalidState,
    /// The network needs a registered app and none is configured.
    #[error("to connect {name} by sign-in, set networks.{platform}.client_id and networks.{platform}.client_secret, or connect with an access token", name = .0.name(), platform = .0.label())]
    NoApp(Platform),
    /// The token allows no profile (a person without a page).
    #[error("this sign-in allows no account that can be connected")]
    NoProfile,
    /// As for every operation on accounts.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
}

impl From<rookery_db::Error> for ConnectError {
    fn from(e: rookery_db::Error) -> Self {
        Self::Accounts(e.into())
    }
}

impl From<CallError> for ConnectError {
    fn from(e: CallError) -> Self {
        Self::Accounts(AccountsError::Network(e))
    }
}

impl From<VaultError> for ConnectError {
    fn from(_: VaultError) -> Self {
        Self::InvalidState
    }
}

/// A sign-in that has begun.
#[derive(Debug, Clone)]
pub struct Started {
    /// Where to send the person.
    pub authorize_url: Url,
}

/// A sign-in that came back.
#[derive(Debug)]
pub enum Connected {
    /// The account is connected.
    Account(Box<Account>),
    /// The sign-in allows several; ask which, then [`Accounts::choose`].
    Choose {
        /// Names the sign-in.
        state: String,
        /// What it allows.
        profiles: Vec<Profile>,
    },
}

/// What the way back needs. Stored encrypted.
#[derive(Serialize, Deserialize)]
struct Memory {
    base_url: Url,
    client_id: String,
    client_secret: String,
    verifier: String,
    redirect_uri: String,
    is_sandbox: bool,
    token: Option<String>,
    refresh: Option<String>,
    expires_at: Option<Timestamp>,
    scopes: Vec<String>,
}

impl Accounts {
    /// Begins a sign-in at the network. `redirect_uri` is our own address to come back to.
    ///
    /// # Errors
    /// [`ConnectError`]; `NoApp` says which settings are missing.
    #[instrument(skip_all, err, fields(platform = %platform))]
    pub async fn start(
        &self,
        scope: &Scope,
        user: UserId,
        platform: Platform,
        base_url: Option<Url>,
        redirect_uri: &str,
        is_sandbox: bool,
    ) -> Result<Started, ConnectError> {
        let base_url = self.base_url(platform, base_url.as_ref())?;
        let connector = self.connectors.get(platform).ok_or(AccountsError::NoConnector(platform))?;
        let app = match self.apps.get(&platform) {
            Some(app) => app.clone(),
            None if connector.capabilities().own_servers => {
                let request = RegisterRequest {
                    base_url: base_url.clone(),
                    client_name: "Rookery".into(),
                    redirect_uri: redirect_uri.to_owned(),
                    website: None,
                    scopes: Vec::new(),
                };
                connector.register_app(&request).await?.ok_or(ConnectError::NoApp(platform))?
            }
            None => return Err(ConnectError::NoApp(platform)),
        };
        let (state, verifier) = (self.random_text(), self.random_text());
        let authorize_url = connector.authorize_url(&AuthorizeRequest {
            base_url: base_url.clone(),
            app: app.clone(),
            redirect_uri: redirect_uri.to_owned(),
            state: state.clone(),
            code_verifier: Some(verifier.clone().into()),
            scopes: Vec::new(),
        })?;
        let memory = Memory {
            base_url,
            client_id: app.client_id,
            client_secret: app.client_secret.expose_secret().to_owned(),
            verifier,
            redirect_uri: redirect_uri.to_owned(),
            is_sandbox,
            token: None,
            refresh: None,
            expires_at: None,
            scopes: Vec::new(),
        };
        let now = self.clock.now();
        let sealed = self.seal_memory(&memory, scope.organization_id, user);
        let mut tx = self.db.system("remember a sign-in at a network").await?;
        store::insert(&mut tx, &digest(&state), scope.organization_id, user, platform, &sealed, now, now + LIFE)
            .await?;
        tx.commit().await?;
        Ok(Started { authorize_url })
    }

    /// The person came back with a code. One profile is connected at once; of several one has to be chosen.
    ///
    /// # Errors
    /// [`ConnectError`]; a state that is unknown, used, old or another person's is `InvalidState`.
    #[instrument(skip_all, err)]
    pub async fn finish(
        &self,
        scope: &Scope,
        user: UserId,
        state: &str,
        code: &str,
    ) -> Result<Connected, ConnectError> {
        let (platform, mut memory) = self.recall(scope, user, state, true).await?;
        let connector = self.connectors.get(platform).ok_or(AccountsError::NoConnector(platform))?;
        let app =
            AppCredentials { client_id: memory.client_id.clone(), client_secret: memory.client_secret.clone().into() };
        let tokens = connector
            .exchange_code(&ExchangeRequest {
                base_url: memory.base_url.clone(),
                app: app.clone(),
                redirect_uri: memory.redirect_uri.clone(),
                code: code.to_owned().into(),
                code_verifier: Some(memory.verifier.clone().into()),
            })
            .await?;
        let profiles = connector.profiles(&memory.base_url, &tokens.access, Some(&app)).await?;
        let now = self.clock.now();
        let kept = Tokens {
            access: tokens.access,
            refresh: tokens.refresh,
            expires_at: tokens.expires_in.map(|life| now + life),
            scopes: tokens.scopes,
        };
        match profiles.as_slice() {
            [] => Err(ConnectError::NoProfile),
            [profile] => {
                let (base, sandbox) = (&memory.base_url, memory.is_sandbox);
                let account = self.store_profile(scope, platform, base, &kept, profile, sandbox).await?;
                Ok(Connected::Account(Box::new(account)))
            }
            _ => {
                memory.token = Some(kept.access.expose_secret().to_owned());
                memory.refresh = kept.refresh.as_ref().map(|t| t.expose_secret().to_owned());
                memory.expires_at = kept.expires_at;
                memory.scopes = kept.scopes;
                let state = self.random_text();
                let sealed = self.seal_memory(&memory, scope.organization_id, user);
                let mut tx = self.db.system("remember a sign-in until a profile is chosen").await?;
                let organization = scope.organization_id;
                store::insert(&mut tx, &digest(&state), organization, user, platform, &sealed, now, now + LIFE).await?;
                tx.commit().await?;
                Ok(Connected::Choose { state, profiles })
            }
        }
    }

    /// Connects one of the profiles that [`Accounts::finish`] offered.
    ///
    /// # Errors
    /// [`ConnectError`].
    #[instrument(skip_all, err)]
    pub async fn choose(
        &self,
        scope: &Scope,
        user: UserId,
        state: &str,
        profile_id: &str,
    ) -> Result<Account, ConnectError> {
        let (platform, memory) = self.recall(scope, user, state, false).await?;
        let token: SecretString = memory.token.clone().ok_or(ConnectError::InvalidState)?.into();
        let app =
            AppCredentials { client_id: memory.client_id.clone(), client_secret: memory.client_secret.clone().into() };
        let connector = self.connectors.get(platform).ok_or(AccountsError::NoConnector(platform))?;
        let profiles = connector.profiles(&memory.base_url, &token, Some(&app)).await?;
        let profile = profiles.iter().find(|p| p.id == profile_id).ok_or(ConnectError::NoProfile)?;
        let tokens = Tokens {
            access: token,
            refresh: memory.refresh.map(SecretString::from),
            expires_at: memory.expires_at,
            scopes: memory.scopes,
        };
        Ok(self.store_profile(scope, platform, &memory.base_url, &tokens, profile, memory.is_sandbox).await?)
    }

    /// Reads what was remembered for a state. `once` uses it up; a choice may be repeated while it lives.
    async fn recall(
        &self,
        scope: &Scope,
        user: UserId,
        state: &str,
        once: bool,
    ) -> Result<(Platform, Memory), ConnectError> {
        let mut tx = self.db.system("the way back of a sign-in at a network").await?;
        let now = self.clock.now();
        let row = store::take(&mut tx, &digest(state), scope.organization_id, user, once, now)
            .await?
            .ok_or(ConnectError::InvalidState)?;
        tx.commit().await?;
        let place = place(scope.organization_id, user);
        let text = self.vault.unseal(&row.sealed, place)?;
        let memory = serde_json::from_str(text.expose_secret()).map_err(|_| ConnectError::InvalidState)?;
        Ok((row.platform, memory))
    }

    fn seal_memory(&self, memory: &Memory, organization: OrganizationId, user: UserId) -> Vec<u8> {
        let text = serde_json::to_string(memory).expect("plain texts become JSON");
        self.vault.seal(&text.into(), place(organization, user))
    }

    fn random_text(&self) -> String {
        let mut bytes = [0; 32];
        self.ids.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Deletes sign-ins that nobody came back from. Called by the nightly clean-up.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn purge_states(&self) -> Result<u64, rookery_db::Error> {
        let mut tx = self.db.system("delete old sign-ins at networks").await?;
        let gone = store::purge(&mut tx, self.clock.now()).await?;
        tx.commit().await?;
        Ok(gone)
    }
}

fn digest(state: &str) -> [u8; 32] {
    Sha256::digest(state.as_bytes()).into()
}

fn place(organization: OrganizationId, user: UserId) -> Place {
    Place { table: "accounts.oauth_states", column: "code_verifier_enc", organization, row: user.uuid() }
}
