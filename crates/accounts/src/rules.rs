//! The rule book of each network: text limits, counting, pace.

use rookery_kernel::Platform;
use rookery_platforms::text::{self, CountMethod};

use crate::account::store;
use crate::media_rules::MediaRules;
use crate::{Accounts, AccountsError};

/// What a network allows, from `accounts.platform_rules`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformRules {
    /// The network.
    pub platform: Platform,
    /// Longest main text, counted by `count_method`.
    pub text_limit: usize,
    /// How the network counts.
    pub count_method: CountMethod,
    /// What an address in the text counts, if the network counts all alike.
    pub url_weight: Option<u32>,
    /// Most hashtags; more are refused.
    pub hashtags_max: usize,
    /// Posts per account in a rolling day.
    pub daily_limit: i64,
    /// Posts per account in a rolling hour.
    pub hourly_limit: i64,
    /// What it takes as media.
    pub media: MediaRules,
}

impl PlatformRules {
    /// Length of a text as this network counts it.
    pub fn count(&self, text: &str) -> usize {
        text::count(self.count_method, self.url_weight, text)
    }
}

impl Accounts {
    /// The rules of all networks, in the networks' order.
    ///
    /// # Errors
    /// [`AccountsError::Db`].
    pub async fn all_rules(&self) -> Result<Vec<PlatformRules>, AccountsError> {
        let mut tx = self.db.system("read the rule book of the networks").await?;
        Ok(store::rules(&mut tx).await?)
    }

    /// The rules of one network.
    ///
    /// # Errors
    /// [`AccountsError::Db`].
    pub async fn rules(&self, platform: Platform) -> Result<PlatformRules, AccountsError> {
        let all = self.all_rules().await?;
        Ok(all.into_iter().find(|r| r.platform == platform).expect("a migration fills one row per network"))
    }
}
