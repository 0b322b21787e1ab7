//! What surrounds every page: navigation, organization, person, notice.

use rookery_accounts::{Account, AccountStatus};
use rookery_identity::Caller;
use serde::Deserialize;

/// A sentence above the page.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    pub tone: &'static str,
    pub text: String,
}

/// What a redirect brought along.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Flash {
    done: Option<String>,
    failed: Option<String>,
}

impl Flash {
    fn notice(&self) -> Option<Notice> {
        let cut = |text: &String| text.chars().take(600).collect();
        match (&self.failed, &self.done) {
            (Some(text), _) => Some(Notice { tone: "bad", text: cut(text) }),
            (None, Some(text)) => Some(Notice { tone: "good", text: cut(text) }),
            (None, None) => None,
        }
    }
}

/// The frame of a page.
#[derive(Debug, Clone)]
pub(crate) struct Shell {
    pub active: &'static str,
    pub organization: String,
    pub person: String,
    pub accounts_to_mend: usize,
    pub notice: Option<Notice>,
    pub version: &'static str,
    /// What every page says, see [`super::banner`].
    pub around: super::banner::Collected,
}

impl Shell {
    pub fn new(active: &'static str, caller: &Caller, accounts: &[Account], flash: &Flash) -> Self {
        Self {
            active,
            organization: caller.organization.name.clone(),
            person: caller.user.as_ref().map_or_else(|| "API key".to_owned(), |u| u.name.clone()),
            accounts_to_mend: accounts.iter().filter(|a| needs_person(a)).count(),
            notice: flash.notice(),
            version: env!("CARGO_PKG_VERSION"),
            around: super::banner::collected(),
        }
    }
}

/// Whether an account waits for a person.
pub(crate) fn needs_person(account: &Account) -> bool {
    matches!(account.status, AccountStatus::Expired | AccountStatus::Error | AccountStatus::Pending)
}
