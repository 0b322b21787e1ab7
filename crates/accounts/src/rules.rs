//! The rule book of each network: text limits, counting, pace.

use std::borrow::Cow;

use rookery_kernel::Platform;
use rookery_platforms::text::{self, CountMethod};
use rookery_platforms::{DraftKind, InstanceLimits, MediaKind};

use crate::account::store;
use crate::media_rules::MediaRules;
use crate::{Account, Accounts, AccountsError};

/// What a network allows, from `accounts.platform_rules`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformRules {
    /// The network.
    pub platform: Platform,
    /// Longest main text, counted by `count_method`.
    pub text_limit: usize,
    /// Bytes of the longest main text in UTF-8, where the network bounds these too.
    pub bytes_limit: Option<usize>,
    /// Longest title in characters, where the network has titles.
    pub title_limit: Option<usize>,
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
    /// The rules for this account in the rule book: those of its network, in which the limits of its own server stand
    /// where it told them. `None` if the book has no such network.
    pub fn of<'a>(book: &'a [Self], account: &Account) -> Option<Cow<'a, Self>> {
        let rules = book.iter().find(|rules| rules.platform == account.platform)?;
        Some(account.server_limits.map_or(Cow::Borrowed(rules), |limits| Cow::Owned(rules.on_server(limits))))
    }

    fn on_server(&self, limits: InstanceLimits) -> Self {
        let mut rules = Self { text_limit: limits.characters_max, url_weight: Some(limits.url_weight), ..self.clone() };
        // What stands alone on the network stands alone on each of its servers.
        for rule in rules.media.uses.iter_mut().filter(|rule| rule.count_max.is_some_and(|most| most > 1)) {
            rule.count_max = Some(limits.media_max);
        }
        rules
    }

    /// Length of a text as this network counts it.
    pub fn count(&self, text: &str) -> usize {
        text::count(self.count_method, self.url_weight, text)
    }

    /// Longest text beside these media: of the use's own rule, else the network's.
    pub fn text_limit_beside(&self, used_in: DraftKind, first: Option<MediaKind>) -> usize {
        let rule = first.and_then(|kind| self.media.of(used_in, kind));
        rule.and_then(|rule| rule.text_max).unwrap_or(self.text_limit)
    }

    /// Limit and bytes of a text that has too many bytes.
    pub fn too_many_bytes(&self, text: &str) -> Option<(usize, usize)> {
        let bytes = text::count(CountMethod::Bytes, None, text);
        self.bytes_limit.filter(|limit| bytes > *limit).map(|limit| (limit, bytes))
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
