//! What a rule would do, on the content that is there. Writes nothing.

use rookery_kernel::{AccountId, ContentId, Scope, TagId, TagRuleId, Timestamp};
use tracing::instrument;

use super::ops::{TagError, living};
use super::rule::{Compiled, RuleDraft};
use super::rule_store;
use super::tagger::{AutoTag, Parts, Tagger, Wishes};
use super::tagging_store::{self, Trial};
use crate::Analytics;
use crate::kinds::TagType;

/// The newest items that a rule is tried on: people wait for the answer while they type.
const ITEMS_MAX: i64 = 10_000;
/// Examples of an answer.
const EXAMPLES: usize = 10;
/// Characters of an example's text.
const EXCERPT: usize = 160;

/// A rule to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DryRun {
    /// Its tag.
    pub tag: TagId,
    /// The rule that it would replace; `None` is another one.
    pub replaces: Option<TagRuleId>,
    /// What it says.
    pub rule: RuleDraft,
}

/// What it would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DryRunReport {
    /// All items of the organization.
    pub items: i64,
    /// The newest of them, on which the rule was tried.
    pub tried: usize,
    /// Of those, how many it matches.
    pub matches: usize,
    /// Tags it would put on items, of whatever name.
    pub adds: usize,
    /// Tags it would take off items: by excluding, or by taking the place of another among the twenty.
    pub removes: usize,
    /// The newest that it matches.
    pub examples: Vec<Example>,
}

/// An item that a rule matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The item.
    pub content_id: ContentId,
    /// The account.
    pub integration_id: AccountId,
    /// The beginning of its text.
    pub excerpt: String,
    /// Its public address.
    pub permalink: Option<String>,
    /// When it went out.
    pub published_at: Timestamp,
    /// Whether it would bear the tag.
    pub bears_tag: bool,
}

impl Analytics {
    /// Tries a rule on the newest 10,000 items. Nothing is written; "adds" and "removes" compare with what the rules as
    /// they are now make of the same items.
    ///
    /// # Errors
    /// [`TagError`].
    // A mistake in a rule that is being typed is no event for the log.
    #[instrument(skip_all, fields(tag = %wish.tag))]
    pub async fn try_tag_rule(&self, scope: &Scope, wish: DryRun) -> Result<DryRunReport, TagError> {
        let draft = wish.rule.checked()?;
        let mut tx = self.db.org(scope).await?;
        let tag = living(&mut tx, wish.tag).await?;
        if tag.tag_type != TagType::Auto {
            return Err(TagError::Manual);
        }
        let before = tagging_store::wishes(&mut tx).await?;
        let mut after = before.clone();
        let mut replaced = None;
        if let Some(id) = wish.replaces {
            let old = rule_store::rule(&mut tx, id).await?.filter(|rule| rule.tag_id == wish.tag);
            let old = old.ok_or(TagError::NoSuchRule)?.rule;
            if let Some(at) = after.rules.iter().position(|(key, rule)| *key == tag.key && *rule == old) {
                after.rules.remove(at);
            }
            replaced = Some(old);
        }
        after.rules.push((tag.key.clone(), draft.clone()));
        let items = tagging_store::count_items(&mut tx).await?;
        let trials = tagging_store::newest_items(&mut tx, ITEMS_MAX).await?;
        drop(tx);
        // Thousands of texts: not on a thread that others wait for.
        let run = move || compare(&trials, &tag.key, &draft, replaced.as_ref(), &before, &after);
        let report = tokio::task::spawn_blocking(run).await.map_err(|e| {
            let lost = std::io::Error::other(e);
            TagError::Db(sqlx::Error::Io(lost).into())
        })??;
        Ok(DryRunReport { items, ..report })
    }
}

fn compare(
    trials: &[Trial],
    key: &str,
    draft: &RuleDraft,
    replaced: Option<&RuleDraft>,
    before: &Wishes,
    after: &Wishes,
) -> Result<DryRunReport, TagError> {
    let rule = Compiled::of(draft)?;
    let old = replaced.map(Compiled::of).transpose()?;
    let (now, then) = (Tagger::new(before), Tagger::new(after));
    let mut report =
        DryRunReport { items: 0, tried: trials.len(), matches: 0, adds: 0, removes: 0, examples: Vec::new() };
    for trial in trials {
        let parts = Parts::of(&trial.item);
        let matches = rule.matches(&parts.view());
        // Where neither the new nor the old rule matches, nothing changes.
        if !matches && !old.as_ref().is_some_and(|old| old.matches(&parts.view())) {
            continue;
        }
        let (now, then) = (now.tags(&parts), then.tags(&parts));
        let has = |tags: &[AutoTag], key: &str| tags.iter().any(|tag| tag.key == key);
        report.adds += then.iter().filter(|tag| !has(&now, &tag.key)).count();
        report.removes += now.iter().filter(|tag| !has(&then, &tag.key)).count();
        if !matches {
            continue;
        }
        report.matches += 1;
        if report.examples.len() < EXAMPLES {
            report.examples.push(Example {
                content_id: trial.id,
                integration_id: trial.integration_id,
                excerpt: excerpt(trial.item.caption.as_deref().unwrap_or_default()),
                permalink: trial.permalink.clone(),
                published_at: trial.published_at,
                bears_tag: has(&then, key),
            });
        }
    }
    Ok(report)
}

/// The beginning of a text in one line.
fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= EXCERPT {
        return line;
    }
    let cut: String = line.chars().take(EXCERPT - 1).collect();
    format!("{}…", cut.trim_end())
}
