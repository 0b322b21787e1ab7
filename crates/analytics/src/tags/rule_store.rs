//! The statements on rules and stop words.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{TagId, TagRuleId, Timestamp};

use super::model::StopWord;
use super::rule::{RuleDraft, TagRule};
use crate::kinds::MatchKind;

struct RuleRow {
    id: TagRuleId,
    tag_id: TagId,
    match_kind: MatchKind,
    pattern: String,
    language: Option<String>,
    is_exclusion: bool,
    priority: i32,
    enabled: bool,
}

impl From<RuleRow> for TagRule {
    fn from(row: RuleRow) -> Self {
        let rule = RuleDraft {
            match_kind: row.match_kind,
            pattern: row.pattern,
            language: row.language,
            is_exclusion: row.is_exclusion,
            priority: row.priority,
            enabled: row.enabled,
        };
        Self { id: row.id, tag_id: row.tag_id, rule }
    }
}

/// The rules of a tag, in the order in which they are asked.
pub(super) async fn rules(tx: &mut OrgTx, tag: TagId) -> Result<Vec<TagRule>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query_as!(
        RuleRow,
        "select id, tag_id, match_kind, pattern, language, is_exclusion, priority, enabled
         from analytics.tag_rules where organization_id = $1 and tag_id = $2
         order by priority, is_exclusion desc, created_at, id",
        organization.uuid(),
        tag.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(TagRule::from).collect())
}

/// One rule.
pub(super) async fn rule(tx: &mut OrgTx, id: TagRuleId) -> Result<Option<TagRule>, Error> {
    let organization = tx.organization_id();
    let row = sqlx::query_as!(
        RuleRow,
        "select id, tag_id, match_kind, pattern, language, is_exclusion, priority, enabled
         from analytics.tag_rules where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(TagRule::from))
}

/// A new rule.
pub(super) async fn insert_rule(tx: &mut OrgTx, rule: &TagRule, now: Timestamp) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "insert into analytics.tag_rules (id, organization_id, tag_id, match_kind, pattern, language, is_exclusion,
                                          priority, enabled, created_at, updated_at)
         values ($2, $1, $3, $4, $5, $6, $7, $8, $9, $10, $10)",
        organization.uuid(),
        rule.id.uuid(),
        rule.tag_id.uuid(),
        rule.rule.match_kind as MatchKind,
        rule.rule.pattern,
        rule.rule.language,
        rule.rule.is_exclusion,
        rule.rule.priority,
        rule.rule.enabled,
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Gives a rule other words.
pub(super) async fn update_rule(tx: &mut OrgTx, rule: &TagRule, now: Timestamp) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update analytics.tag_rules set match_kind = $3, pattern = $4, language = $5, is_exclusion = $6, priority = $7,
                                        enabled = $8, updated_at = $9
         where organization_id = $1 and id = $2",
        organization.uuid(),
        rule.id.uuid(),
        rule.rule.match_kind as MatchKind,
        rule.rule.pattern,
        rule.rule.language,
        rule.rule.is_exclusion,
        rule.rule.priority,
        rule.rule.enabled,
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes a rule away.
pub(super) async fn delete_rule(tx: &mut OrgTx, id: TagRuleId) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "delete from analytics.tag_rules r where r.organization_id = $1 and r.id = $2",
        organization.uuid(),
        id.uuid(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The organization's own stop words, in order.
pub(super) async fn stop_words(tx: &mut OrgTx) -> Result<Vec<StopWord>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        StopWord,
        "select language, word from analytics.stopwords where organization_id = $1 order by language, word",
        organization.uuid(),
    )
    .fetch_all(tx.conn())
    .await?)
}

/// Adds a stop word; says whether it is new.
pub(super) async fn add_stop_word(tx: &mut OrgTx, word: &StopWord, now: Timestamp) -> Result<bool, Error> {
    let organization = tx.organization_id();
    let done = sqlx::query!(
        "insert into analytics.stopwords (organization_id, language, word, created_at) values ($1, $2, $3, $4)
         on conflict (organization_id, language, word) do nothing",
        organization.uuid(),
        word.language,
        word.word,
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Takes a stop word away; says whether it was there.
pub(super) async fn remove_stop_word(tx: &mut OrgTx, word: &StopWord) -> Result<bool, Error> {
    let organization = tx.organization_id();
    let done = sqlx::query!(
        "delete from analytics.stopwords s where s.organization_id = $1 and s.language = $2 and s.word = $3",
        organization.uuid(),
        word.language,
        word.word,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() > 0)
}
