//! Connected social accounts: their tokens (encrypted), their status and health, the OAuth
//! handshake, and the rule book of each network.
//!
//! Invariants
//! - A token leaves this crate only inside [`rookery_platforms::Access`], on its way to a connector.
//! - Cipher texts are bound to table, column, organization and row: a copied value does not decrypt.
//! - A renewal is claimed before the network is asked and kept only if the token is still the one that was renewed.
//! - Health is computed from what calls returned, never typed in.
//! - An account is never deleted by itself; disconnecting empties its tokens and keeps its history.

extern crate self as rookery_accounts;

mod account;
mod connect;
mod media_rules;
mod renewal;
mod rules;
mod servers;
mod vault;

use std::collections::BTreeMap;
use std::sync::Arc;

use rookery_db::Db;
use rookery_kernel::{Clock, IdGen, Platform};
use rookery_platforms::{AppCredentials, Connectors};

pub use account::{
    AccessError, Account, AccountHealth, AccountStatus, AccountsError, Call, CallEffect, EXPORTS, NewAccount, Tokens,
};
pub use connect::{ConnectError, Connected, Started};
pub use media_rules::{MediaRules, MediaUseRule, RatioRange};
pub use renewal::{RenewToken, ScanTokens};
pub use rules::PlatformRules;
pub use servers::ReadServerLimits;
pub use vault::{KeyCheckError, KeyFileError, Vault, VaultError};

/// The operations of this context. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    db: Db,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGen>,
    vault: Vault,
    connectors: Arc<Connectors>,
    apps: Arc<BTreeMap<Platform, AppCredentials>>,
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Accounts")
    }
}

impl Accounts {
    /// `apps` are this installation's registrations with the networks that need one.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGen>,
        vault: Vault,
        connectors: Arc<Connectors>,
        apps: BTreeMap<Platform, AppCredentials>,
    ) -> Self {
        Self { db, clock, ids, vault, connectors, apps: Arc::new(apps) }
    }

    /// The same operations on another pool, for work with reserved connections.
    #[must_use]
    pub fn on(&self, db: Db) -> Self {
        Self { db, ..self.clone() }
    }

    /// The connectors of this installation.
    pub fn connectors(&self) -> &Connectors {
        &self.connectors
    }
}
