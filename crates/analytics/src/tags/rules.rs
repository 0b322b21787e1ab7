//! Rules of tags, and stop words. Every change asks for all content to be tagged anew.

use rookery_db::OrgTx;
use rookery_governance::audit::Changes;
use rookery_kernel::{Scope, TagId, TagRuleId};
use tracing::instrument;

use super::model::StopWord;
use super::ops::{TagError, living};
use super::rule::{RuleDraft, TagRule};
use super::{rule_store, store};
use crate::Analytics;
use crate::kinds::TagType;

/// Most rules of a tag: they are asked for every item, and people read them as a list.
pub(super) const RULES_MAX: usize = 50;
/// Most stop words of an organization, for the same reasons.
const STOP_WORDS_MAX: usize = 1000;

const RULES: &str = "analytics.tag_rules";
const STOP_WORDS: &str = "analytics.stopwords";

impl Analytics {
    /// The rules of a tag, in the order in which they are asked.
    ///
    /// # Errors
    /// [`TagError::NotFound`].
    pub async fn tag_rules(&self, scope: &Scope, tag: TagId) -> Result<Vec<TagRule>, TagError> {
        let mut tx = self.db.org(scope).await?;
        store::find(&mut tx, tag).await?.ok_or(TagError::NotFound)?;
        Ok(rule_store::rules(&mut tx, tag).await?)
    }

    /// Gives an automatic tag another rule.
    ///
    /// # Errors
    /// [`TagError`].
    #[instrument(skip_all, err, fields(tag = %tag))]
    pub async fn add_tag_rule(&self, scope: &Scope, tag: TagId, draft: RuleDraft) -> Result<TagRule, TagError> {
        let draft = draft.checked()?;
        let mut tx = self.db.org(scope).await?;
        automatic(&mut tx, tag).await?;
        let there = rule_store::rules(&mut tx, tag).await?.len();
        if there >= RULES_MAX {
            return Err(TagError::TooMany(there));
        }
        let rule = TagRule { id: TagRuleId::generate(&*self.ids), tag_id: tag, rule: draft };
        rule_store::insert_rule(&mut tx, &rule, self.clock.now()).await.map_err(taken)?;
        self.ruled(tx, "insert", &rule, changes(None, Some(&rule.rule))).await?;
        Ok(rule)
    }

    /// Gives a rule other words.
    ///
    /// # Errors
    /// [`TagError`].
    #[instrument(skip_all, err, fields(rule = %id))]
    pub async fn change_tag_rule(&self, scope: &Scope, id: TagRuleId, draft: RuleDraft) -> Result<TagRule, TagError> {
        let draft = draft.checked()?;
        let mut tx = self.db.org(scope).await?;
        let before = rule_store::rule(&mut tx, id).await?.ok_or(TagError::NoSuchRule)?;
        let rule = TagRule { rule: draft, ..before.clone() };
        if rule == before {
            return Ok(before);
        }
        rule_store::update_rule(&mut tx, &rule, self.clock.now()).await.map_err(taken)?;
        self.ruled(tx, "update", &rule, changes(Some(&before.rule), Some(&rule.rule))).await?;
        Ok(rule)
    }

    /// Takes a rule away.
    ///
    /// # Errors
    /// [`TagError::NoSuchRule`].
    #[instrument(skip_all, err, fields(rule = %id))]
    pub async fn delete_tag_rule(&self, scope: &Scope, id: TagRuleId) -> Result<(), TagError> {
        let mut tx = self.db.org(scope).await?;
        let before = rule_store::rule(&mut tx, id).await?.ok_or(TagError::NoSuchRule)?;
        rule_store::delete_rule(&mut tx, id).await?;
        self.ruled(tx, "delete", &before, changes(Some(&before.rule), None)).await
    }

    /// The organization's own stop words, in order.
    ///
    /// # Errors
    /// [`TagError::Db`].
    pub async fn stop_words(&self, scope: &Scope) -> Result<Vec<StopWord>, TagError> {
        let mut tx = self.db.org(scope).await?;
        Ok(rule_store::stop_words(&mut tx).await?)
    }

    /// Adds a word that never becomes a tag by itself; `*` is any language. One that is there already changes nothing.
    ///
    /// # Errors
    /// [`TagError`].
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn add_stop_word(&self, scope: &Scope, language: &str, word: &str) -> Result<StopWord, TagError> {
        let word = StopWord::checked(language, word)?;
        let mut tx = self.db.org(scope).await?;
        let there = rule_store::stop_words(&mut tx).await?.len();
        if there >= STOP_WORDS_MAX {
            return Err(TagError::TooMany(there));
        }
        if rule_store::add_stop_word(&mut tx, &word, self.clock.now()).await? {
            self.stopped(tx, "insert", &word).await?;
        }
        Ok(word)
    }

    /// Lets a word become a tag again; one that is not there changes nothing.
    ///
    /// # Errors
    /// [`TagError`].
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn remove_stop_word(&self, scope: &Scope, language: &str, word: &str) -> Result<(), TagError> {
        let word = StopWord::checked(language, word)?;
        let mut tx = self.db.org(scope).await?;
        if rule_store::remove_stop_word(&mut tx, &word).await? {
            self.stopped(tx, "delete", &word).await?;
        }
        Ok(())
    }

    async fn ruled(&self, mut tx: OrgTx, action: &str, rule: &TagRule, changes: Changes) -> Result<(), TagError> {
        let changes = changes.note("tag", rule.tag_id.to_string());
        self.note_tag(&mut tx, RULES, action, rule.id.uuid(), changes).await?;
        self.request_retagging_in(&mut tx).await?;
        tx.commit().await?;
        self.jobs.wake();
        Ok(())
    }

    async fn stopped(&self, mut tx: OrgTx, action: &str, word: &StopWord) -> Result<(), TagError> {
        let changes = Changes::new().note("language", &word.language).note("word", &word.word);
        let organization = tx.organization_id().uuid();
        self.note_tag(&mut tx, STOP_WORDS, action, organization, changes).await?;
        self.request_retagging_in(&mut tx).await?;
        tx.commit().await?;
        self.jobs.wake();
        Ok(())
    }
}

/// A living automatic tag.
async fn automatic(tx: &mut OrgTx, tag: TagId) -> Result<(), TagError> {
    match living(tx, tag).await?.tag_type {
        TagType::Auto => Ok(()),
        TagType::Manual => Err(TagError::Manual),
    }
}

fn changes(before: Option<&RuleDraft>, after: Option<&RuleDraft>) -> Changes {
    Changes::new()
        .set("match_kind", before.map(|r| r.match_kind), after.map(|r| r.match_kind))
        .set("pattern", before.map(|r| &r.pattern), after.map(|r| &r.pattern))
        .set("language", before.and_then(|r| r.language.as_ref()), after.and_then(|r| r.language.as_ref()))
        .set("is_exclusion", before.map(|r| r.is_exclusion), after.map(|r| r.is_exclusion))
        .set("priority", before.map(|r| r.priority), after.map(|r| r.priority))
        .set("enabled", before.map(|r| r.enabled), after.map(|r| r.enabled))
}

fn taken(error: rookery_db::Error) -> TagError {
    match error.constraint() {
        Some("tag_rules_pattern_key") => TagError::RuleTaken,
        _ => error.into(),
    }
}
