//! What stands against queueing a post, as one function for the editor, the API, the scheduler and
//! whoever writes drafts (PUB-24, PUB-25). The rules are pure; [`crate::Publishing::validate`]
//! brings the accounts and the networks' rule books.

use std::time::Duration;

use rookery_accounts::{Account, AccountStatus, PlatformRules};
use rookery_kernel::{AccountId, Timestamp};
use rookery_platforms::Connectors;
use serde::Serialize;

use crate::post::{NewPost, Schedule};
use crate::text;

/// A planned moment this little in the past still counts as "now".
const PAST_TOLERANCE: Duration = Duration::from_secs(60);
/// A planned moment lies at most this far ahead.
const AHEAD_MAX: Duration = Duration::from_secs(365 * 24 * 3600);

/// What is to be checked.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The text.
    pub content: String,
    /// The accounts it goes to.
    pub account_ids: Vec<AccountId>,
    /// When.
    pub schedule: Schedule,
}

impl From<&NewPost> for Draft {
    fn from(new: &NewPost) -> Self {
        Self { content: new.content.clone(), account_ids: new.account_ids.clone(), schedule: new.schedule }
    }
}

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It cannot be queued.
    Error,
    /// It can, but look.
    Warning,
    /// Good to know.
    Info,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingCode {
    /// No text.
    TextEmpty,
    /// Longer than the network allows.
    TextTooLong,
    /// No account chosen.
    NoAccounts,
    /// The account is not one of this organization.
    AccountUnknown,
    /// The account was disconnected or needs a person.
    AccountNotUsable,
    /// The account waits for its connection to be renewed.
    AccountExpired,
    /// No rule book or connector for the network.
    NetworkNotSupported,
    /// The moment has passed.
    TimeInPast,
    /// The moment is more than a year away.
    TimeTooFar,
    /// More hashtags than the network allows.
    TooManyHashtags,
}

impl FindingCode {
    /// The stable word for programs.
    pub const fn label(self) -> &'static str {
        match self {
            Self::TextEmpty => "text_empty",
            Self::TextTooLong => "text_too_long",
            Self::NoAccounts => "no_accounts",
            Self::AccountUnknown => "account_unknown",
            Self::AccountNotUsable => "account_not_usable",
            Self::AccountExpired => "account_expired",
            Self::NetworkNotSupported => "network_not_supported",
            Self::TimeInPast => "time_in_past",
            Self::TimeTooFar => "time_too_far",
            Self::TooManyHashtags => "too_many_hashtags",
        }
    }
}

/// One thing found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What.
    pub code: FindingCode,
    /// How grave.
    pub severity: Severity,
    /// The field of the draft: `content`, `accountIds` or `scheduledAt`.
    pub field: &'static str,
    /// The account it concerns.
    #[serde(rename = "integrationId")]
    pub account_id: Option<AccountId>,
    /// In words.
    pub message: String,
    /// What to do.
    pub suggestion: Option<String>,
    /// What is allowed.
    pub limit: Option<usize>,
    /// What was given.
    pub actual: Option<usize>,
}

impl Finding {
    fn error(code: FindingCode, field: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            code,
            severity: Severity::Error,
            field,
            account_id: None,
            message,
            suggestion: None,
            limit: None,
            actual: None,
        }
    }

    fn warning(code: FindingCode, field: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, field, message) }
    }

    fn of(self, account: AccountId) -> Self {
        Self { account_id: Some(account), ..self }
    }

    fn suggest(self, what: impl Into<String>) -> Self {
        Self { suggestion: Some(what.into()), ..self }
    }

    fn measured(self, limit: usize, actual: usize) -> Self {
        Self { limit: Some(limit), actual: Some(actual), ..self }
    }

    /// Whether it stands against queueing.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// What the rules need besides the draft.
pub(crate) struct Facts<'a> {
    /// The organization's accounts, disconnected ones too.
    pub accounts: &'a [Account],
    /// The rule books.
    pub rules: &'a [PlatformRules],
    /// The connectors of this installation.
    pub connectors: &'a Connectors,
    /// The moment of the check.
    pub now: Timestamp,
}

/// All findings, in a fixed order: text, accounts in the draft's order, time.
pub(crate) fn check(draft: &Draft, facts: &Facts<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if draft.content.trim().is_empty() {
        findings.push(
            Finding::error(FindingCode::TextEmpty, "content", "The post has no text.").suggest("Write something."),
        );
    }
    if draft.account_ids.is_empty() {
        findings.push(
            Finding::error(FindingCode::NoAccounts, "accountIds", "No account is chosen.")
                .suggest("Choose at least one account."),
        );
    }
    let tags = text::hashtags(&draft.content).len();
    for id in &draft.account_ids {
        match facts.accounts.iter().find(|a| a.id == *id) {
            Some(account) => check_account(draft, account, tags, facts, &mut findings),
            None => findings.push(
                Finding::error(FindingCode::AccountUnknown, "accountIds", "There is no such account.")
                    .of(*id)
                    .suggest("Choose one of your connected accounts."),
            ),
        }
    }
    findings.extend(check_time(draft.schedule, facts.now));
    findings
}

fn check_account(draft: &Draft, account: &Account, tags: usize, facts: &Facts<'_>, findings: &mut Vec<Finding>) {
    let (name, network) = (account.name(), account.platform.name());
    match account.status {
        AccountStatus::Active => {}
        AccountStatus::Expired | AccountStatus::Pending => findings.push(
            Finding::warning(
                FindingCode::AccountExpired,
                "accountIds",
                format!("{name} ({network}) is not connected at the moment; the post waits until it is."),
            )
            .of(account.id)
            .suggest("Reconnect the account."),
        ),
        AccountStatus::Revoked | AccountStatus::Error => findings.push(
            Finding::error(
                FindingCode::AccountNotUsable,
                "accountIds",
                format!("{name} ({network}) cannot be used: its connection is {}.", account.status.label()),
            )
            .of(account.id)
            .suggest("Reconnect the account, or leave it out."),
        ),
    }
    let rules = facts.rules.iter().find(|r| r.platform == account.platform);
    let Some(rules) = rules.filter(|_| facts.connectors.get(account.platform).is_some()) else {
        findings.push(
            Finding::error(
                FindingCode::NetworkNotSupported,
                "accountIds",
                format!("Rookery cannot publish to {network} yet."),
            )
            .of(account.id)
            .suggest("Leave this account out."),
        );
        return;
    };
    let length = rules.count(&draft.content);
    if length > rules.text_limit {
        let (limit, over) = (rules.text_limit, length - rules.text_limit);
        findings.push(
            Finding::error(
                FindingCode::TextTooLong,
                "content",
                format!("{network} allows {limit} characters; the text has {length}."),
            )
            .of(account.id)
            .suggest(format!("Shorten the text by {over} characters, or leave {name} out."))
            .measured(limit, length),
        );
    }
    if tags > rules.hashtags_max {
        let limit = rules.hashtags_max;
        findings.push(
            Finding::error(
                FindingCode::TooManyHashtags,
                "content",
                format!("{network} allows {limit} hashtags; the text has {tags}."),
            )
            .of(account.id)
            .suggest(format!("Remove {} hashtags.", tags - limit))
            .measured(limit, tags),
        );
    }
}

/// The rule of PUB-25 for one moment.
pub(crate) fn check_time(schedule: Schedule, now: Timestamp) -> Option<Finding> {
    let Schedule::At(at) = schedule else { return None };
    if at + PAST_TOLERANCE < now {
        let message = "The planned time has already passed.";
        Some(
            Finding::error(FindingCode::TimeInPast, "scheduledAt", message)
                .suggest("Choose a later time, or publish now."),
        )
    } else if at > now + AHEAD_MAX {
        let message = "The planned time is more than a year away.";
        Some(Finding::error(FindingCode::TimeTooFar, "scheduledAt", message).suggest("Choose a time within 365 days."))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: i64) -> Option<FindingCode> {
        let now = Timestamp::from_secs(1_000_000_000);
        check_time(Schedule::At(Timestamp::from_secs(1_000_000_000 + offset)), now).map(|f| f.code)
    }

    #[test]
    fn a_minute_ago_is_now_and_a_year_is_the_end() {
        assert_eq!(at(-60), None);
        assert_eq!(at(-61), Some(FindingCode::TimeInPast));
        assert_eq!(at(365 * 86_400), None);
        assert_eq!(at(365 * 86_400 + 1), Some(FindingCode::TimeTooFar));
        assert_eq!(check_time(Schedule::Now, Timestamp::from_secs(0)), None);
    }
}
