//! What the editor shows while somebody writes: what stands against the post, and for each account what becomes
//! of the text there, counted by the network's own rule.

use rookery_accounts::{Account, PlatformRules};
use rookery_db::OrgTx;
use rookery_kernel::{AccountId, Platform, PostId, Scope, Timestamp};

use super::compose_queries::{self, Twin};
use super::composition::Composition;
use super::held::Held;
use super::ops::{PostError, without_repeats};
use super::store;
use crate::Publishing;
use crate::media::{self, StoredFile};
use crate::publication;
use crate::validation::{self, Draft, Facts, Finding, FindingCode};

/// Most labels of one post.
pub const LABELS_MAX: usize = 20;
/// Longest label, in characters.
pub const LABEL_LENGTH_MAX: usize = 50;

/// A checked draft.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Everything that stands against it, or is worth knowing.
    pub findings: Vec<Finding>,
    /// What it becomes on each chosen account, in the draft's order.
    pub accounts: Vec<OnAccount>,
    /// Its files that are there and ready, in order.
    pub files: Vec<StoredFile>,
}

/// What a draft becomes on one account. Lengths are counted by the network's own rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnAccount {
    /// The account.
    pub account_id: AccountId,
    /// Its network.
    pub platform: Platform,
    /// Longest text; 0 if the network is not supported.
    pub limit: usize,
    /// Length of the text as it goes out.
    pub used: usize,
    /// The text as it goes out: with the link where the network has no field for one.
    pub text: String,
    /// Bytes of `text` that fit.
    pub fits: usize,
    /// The title, where one was given.
    pub title: Option<String>,
    /// Lengths of the parts of the thread and the comments.
    pub parts: Vec<usize>,
}

impl Publishing {
    /// Everything that stands against, or is worth knowing before, queueing this draft (PUB-24), and what it
    /// becomes on each account. Nothing is stored.
    ///
    /// # Errors
    /// Only if accounts or rule books cannot be read.
    pub async fn check(&self, scope: &Scope, draft: &Draft) -> Result<Checked, PostError> {
        let rules = self.accounts.all_rules().await?;
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let accounts = self.accounts.list_in(&mut tx).await?;
        let draft = Draft { account_ids: without_repeats(&draft.account_ids), ..draft.clone() };
        let files = media::kinds_of(&mut tx, &draft.composition.media).await?;
        let facts = self.facts(&accounts, &rules, &files, now);
        let mut findings = validation::check(&draft, &facts);
        findings.extend(repeated(&mut tx, &draft, &accounts, now).await?);
        let known = draft.account_ids.iter().filter_map(|id| accounts.iter().find(|a| a.id == *id));
        let on_accounts = known.map(|account| on_account(&draft, account, &facts)).collect();
        Ok(Checked { findings, accounts: on_accounts, files: files.into_iter().map(|(_, file)| file).collect() })
    }

    /// Everything that stands against, or is worth knowing before, queueing this draft (PUB-24).
    ///
    /// # Errors
    /// Only if accounts or rule books cannot be read.
    pub async fn validate(&self, scope: &Scope, draft: &Draft) -> Result<Vec<Finding>, PostError> {
        Ok(self.check(scope, draft).await?.findings)
    }

    /// What a post is made of besides its text.
    ///
    /// # Errors
    /// [`PostError::NotFound`].
    pub async fn composition(&self, scope: &Scope, id: PostId) -> Result<Composition, PostError> {
        let mut tx = self.db.org(scope).await?;
        let post = store::find(&mut tx, id).await?.ok_or(PostError::NotFound(id))?;
        let publications = publication::store::of_post(&mut tx, id).await?;
        Ok(Held::new(post, publications).composition(&mut tx).await?)
    }

    /// The labels of the organization's newest 2,000 posts, the most used ones first, at most 40.
    ///
    /// # Errors
    /// The database's.
    pub async fn labels_in_use(&self, scope: &Scope) -> Result<Vec<String>, PostError> {
        let mut tx = self.db.org(scope).await?;
        Ok(compose_queries::labels_in_use(&mut tx).await?)
    }
}

/// Labels as they are stored: without white space around them and without repetitions in another case. What goes
/// beyond [`LABELS_MAX`] or [`LABEL_LENGTH_MAX`] is cut.
pub(crate) fn tidy_labels(labels: &[String]) -> Vec<String> {
    let mut tidied: Vec<String> = Vec::new();
    for label in labels {
        let label: String = label.split_whitespace().collect::<Vec<_>>().join(" ");
        let label: String = label.chars().take(LABEL_LENGTH_MAX).collect();
        let is_known = tidied.iter().any(|known| known.to_lowercase() == label.to_lowercase());
        if !label.is_empty() && !is_known && tidied.len() < LABELS_MAX {
            tidied.push(label);
        }
    }
    tidied
}

/// A warning for each account that said the same lately, or is about to.
pub(crate) async fn repeated(
    tx: &mut OrgTx,
    draft: &Draft,
    accounts: &[Account],
    now: Timestamp,
) -> Result<Vec<Finding>, rookery_db::Error> {
    let texts: Vec<(AccountId, &str)> = draft.account_ids.iter().map(|id| (*id, draft.text_for(*id))).collect();
    let twins = compose_queries::twins(tx, &texts, draft.post_id, now).await?;
    Ok(twins.into_iter().filter_map(|twin| warning(&twin, accounts)).collect())
}

/// What is said about a post that says the same.
pub(crate) fn warning(twin: &Twin, accounts: &[Account]) -> Option<Finding> {
    let account = accounts.iter().find(|a| a.id == twin.account_id)?;
    let (name, network) = (account.name(), account.platform.name());
    let message = if twin.is_out {
        format!("{name} ({network}) said the same on {}.", twin.at.date_utc())
    } else {
        format!("{name} ({network}) is to say the same on {}.", twin.at.date_utc())
    };
    let finding = Finding::warning(FindingCode::DuplicateText, "content", message)
        .of(account.id)
        .suggest(format!("Change the words for {name}, or leave it out: networks hold repetitions back."));
    Some(Finding { post_id: Some(twin.post_id), ..finding })
}

fn on_account(draft: &Draft, account: &Account, facts: &Facts<'_>) -> OnAccount {
    let sent = draft.for_account(account, facts);
    let connector = facts.connectors.get(account.platform);
    let text = connector.map_or_else(|| sent.text.clone(), |connector| connector.composed_text(&sent));
    let rules = PlatformRules::of(facts.rules, account);
    let rules = rules.as_deref();
    let count = |text: &str| rules.map_or_else(|| text.chars().count(), |r| r.count(text));
    let limit = rules.map_or(0, |r| validation::text_limit(r, &sent));
    OnAccount {
        account_id: account.id,
        platform: account.platform,
        limit,
        used: count(&text),
        fits: rules.map_or(text.len(), |r| fitting(&text, r, limit)),
        title: sent.title,
        parts: draft.composition.follow_ups.iter().map(|part| count(&part.text)).collect(),
        text,
    }
}

/// Bytes of the longest beginning of a text that a network takes.
fn fitting(text: &str, rules: &PlatformRules, limit: usize) -> usize {
    let fits = |text: &str| rules.count(text) <= limit && rules.too_many_bytes(text).is_none();
    if fits(text) {
        return text.len();
    }
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    // Longer texts count at least as much, up to an address in the making: close enough for a mark.
    let fit = ends.partition_point(|end| fits(&text[..*end]));
    ends.get(fit.saturating_sub(1)).copied().unwrap_or_default()
}

impl Draft {
    /// The same draft as a change of a stored post.
    #[must_use]
    pub fn of_post(self, id: PostId) -> Self {
        Self { post_id: Some(id), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rookery_platforms::text::CountMethod;

    #[test]
    fn labels_are_trimmed_and_told_apart_without_case() {
        let given = ["  spring   sale ", "Spring Sale", "", "news", &"x".repeat(60)].map(str::to_owned);
        let tidied = tidy_labels(&given);
        assert_eq!(tidied[..2], ["spring sale", "news"]);
        assert_eq!((tidied.len(), tidied[2].len()), (3, LABEL_LENGTH_MAX));
        let many: Vec<String> = (0..30).map(|n| n.to_string()).collect();
        assert_eq!(tidy_labels(&many).len(), LABELS_MAX);
    }

    fn rules(text_limit: usize, count_method: CountMethod) -> PlatformRules {
        PlatformRules {
            platform: Platform::Twitter,
            text_limit,
            bytes_limit: None,
            title_limit: None,
            count_method,
            url_weight: None,
            hashtags_max: 9,
            daily_limit: 9,
            hourly_limit: 9,
            media: rookery_accounts::MediaRules::default(),
        }
    }

    #[test]
    fn the_mark_stands_where_the_network_stops_counting() {
        let mark = |text: &str, limit, method| fitting(text, &rules(limit, method), limit);
        assert_eq!(mark("hello", 5, CountMethod::Codepoints), 5);
        assert_eq!(mark("hello!", 5, CountMethod::Codepoints), 5);
        assert_eq!(mark("日本語", 4, CountMethod::Weighted), "日本".len());
        assert_eq!(mark("👍👍", 3, CountMethod::Utf16), "👍".len());
        assert_eq!(mark("a👍👍", 8, CountMethod::EmojiBytes), "a👍".len());
        assert_eq!(mark("x", 0, CountMethod::Graphemes), 0);
        let of_bytes = PlatformRules { bytes_limit: Some(6), ..rules(5, CountMethod::Graphemes) };
        assert_eq!(fitting("日本語", &of_bytes, 5), "日本".len());
    }
}
