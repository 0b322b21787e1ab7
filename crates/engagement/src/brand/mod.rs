//! The brand's settings: its signature, claims, keywords and limits. One document per organization, every version
//! of it kept.

mod store;
mod terms;

use std::collections::BTreeMap;

use rookery_governance::audit::{self, Changes};
use rookery_kernel::{Finding, Platform, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tracing::instrument;

use crate::Engagement;
use crate::kinds::CompetitorCategory;

pub(crate) use terms::Plain;
pub use terms::{ProhibitedTerm, TermMatch};

/// An approved statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovedPhrase {
    /// The wording.
    pub text: String,
    /// What it stands on.
    pub source: String,
    /// Who approved it.
    pub approved_by: String,
}

/// A group of terms that posts are found by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeywordCategory {
    /// How much a match says, 0 to 1.
    pub weight: f64,
    /// The terms.
    pub terms: Vec<Keyword>,
    /// The learning leaves it alone.
    #[serde(default)]
    pub locked: bool,
}

/// A term that posts are found by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keyword {
    /// The word or phrase.
    pub term: String,
    /// An everyday word that says little by itself.
    #[serde(default)]
    pub weak: bool,
}

/// A misconception.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Myth {
    /// What people say.
    pub misconception: String,
    /// What is right.
    pub correction: String,
    /// Where it stands.
    pub citation: String,
}

/// What holds in one community.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Community {
    /// Whether we answer there at all.
    pub engage: bool,
    /// Whether a link may stand in an answer.
    #[serde(default)]
    pub links_allowed: bool,
    /// How to speak.
    #[serde(default)]
    pub tone: Option<String>,
    /// Most answers with the product per day.
    #[serde(default)]
    pub promo_per_day: u32,
}

/// A quotation with the consent of whoever said it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Testimonial {
    /// The wording.
    pub text: String,
    /// Where the consent is kept.
    pub consent: String,
}

/// The settings of one brand. Unknown fields are refused; missing ones have their default.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BrandSettings {
    /// Text that every reply must hold; empty = none.
    pub signature: String,
    /// Addition with a `{count}`; none unless set.
    pub social_proof_suffix: Option<String>,
    /// Wording required on replies that name the product.
    pub disclosure_label: Option<String>,
    /// Wording that stops a reply.
    pub prohibited_terms: Vec<ProhibitedTerm>,
    /// What is said of a reply that holds such wording.
    pub prohibited_message: String,
    /// Approved statements.
    pub approved_phrases: Vec<ApprovedPhrase>,
    /// Approved statements that promise little.
    pub soft_benefits: Vec<ApprovedPhrase>,
    /// Wording that no reply begins with.
    pub banned_openers: Vec<String>,
    /// Calls to action that are too pushy.
    pub pushy_ctas: Vec<String>,
    /// Own names and misspellings.
    pub brand_names: Vec<String>,
    /// Keyword categories by code.
    pub keyword_taxonomy: BTreeMap<String, KeywordCategory>,
    /// Wording that makes a match no match.
    pub exclusions: Vec<String>,
    /// Wording in which the keyword is a figure of speech.
    pub metaphor_patterns: Vec<String>,
    /// Titles of films, songs and the like.
    pub media_titles: Vec<String>,
    /// Talk of other trades.
    pub domain_jargon: Vec<String>,
    /// Further patterns per safety category; the built-in ones stay.
    pub safety_lexicon: BTreeMap<String, Vec<String>>,
    /// Misconceptions.
    pub myths: Vec<Myth>,
    /// One approved sentence per category of competitors.
    pub competitor_positioning: BTreeMap<CompetitorCategory, String>,
    /// How the organization calls the categories.
    pub competitor_labels: BTreeMap<CompetitorCategory, String>,
    /// Communities by name.
    pub communities: BTreeMap<String, Community>,
    /// Rules of the hour and the season, as the engine reads them.
    pub temporal_rules: Vec<Value>,
    /// Days that change the rules.
    pub holidays: Vec<Value>,
    /// Zone of "local"; the organization's unless set.
    pub timezone: Option<String>,
    /// Where links lead, by purpose.
    pub landing_pages: BTreeMap<String, String>,
    /// `utm_source` of links.
    pub utm_source: Option<String>,
    /// Targets by figure.
    pub kpi_targets: BTreeMap<String, f64>,
    /// Targets of the first weeks.
    pub cold_start_targets: BTreeMap<String, f64>,
    /// How to speak, per network.
    pub voice: BTreeMap<Platform, String>,
    /// Quotations.
    pub testimonials: Vec<Testimonial>,
    /// Whether a reply may say that its writer uses the product.
    pub allow_personal_use_claims: bool,
}

impl Default for BrandSettings {
    fn default() -> Self {
        Self {
            signature: String::new(),
            social_proof_suffix: None,
            disclosure_label: None,
            prohibited_terms: ["cure", "prevent", "treat", "clinically proven"].map(ProhibitedTerm::prefix).into(),
            prohibited_message: "Reply contains prohibited medical claims".to_owned(),
            approved_phrases: Vec::new(),
            soft_benefits: Vec::new(),
            banned_openers: Vec::new(),
            pushy_ctas: Vec::new(),
            brand_names: Vec::new(),
            keyword_taxonomy: BTreeMap::new(),
            exclusions: Vec::new(),
            metaphor_patterns: Vec::new(),
            media_titles: Vec::new(),
            domain_jargon: Vec::new(),
            safety_lexicon: BTreeMap::new(),
            myths: Vec::new(),
            competitor_positioning: BTreeMap::new(),
            competitor_labels: BTreeMap::new(),
            communities: BTreeMap::new(),
            temporal_rules: Vec::new(),
            holidays: Vec::new(),
            timezone: None,
            landing_pages: BTreeMap::new(),
            utm_source: None,
            kpi_targets: BTreeMap::new(),
            cold_start_targets: BTreeMap::new(),
            voice: BTreeMap::new(),
            testimonials: Vec::new(),
            allow_personal_use_claims: false,
        }
    }
}

impl BrandSettings {
    /// The prohibited terms that stand in a text.
    pub fn prohibited_in(&self, text: &str) -> Vec<&ProhibitedTerm> {
        let plain = Plain::of(text);
        self.prohibited_terms.iter().filter(|term| plain.holds(term)).collect()
    }

    /// All that is wrong with them.
    pub fn check(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        // A signature that the rules refuse would stop every reply.
        if !self.prohibited_in(&self.signature).is_empty() {
            findings.push(
                Finding::new("signature", "prohibited", "The signature holds a prohibited term")
                    .suggest("Change the signature, or the term's kind of match."),
            );
        }
        if self.signature.chars().count() > 200 {
            findings.push(Finding::new("signature", "too_long", "The signature is longer than 200 characters"));
        }
        if self.prohibited_terms.iter().any(|term| term.term.trim().is_empty()) {
            findings.push(
                Finding::new("prohibited_terms", "empty", "A prohibited term is empty")
                    .suggest("Remove the empty one."),
            );
        }
        if self.keyword_taxonomy.values().any(|category| !(0.0..=1.0).contains(&category.weight)) {
            findings.push(Finding::new("keyword_taxonomy", "out_of_range", "Category weights must be between 0 and 1"));
        }
        findings
    }

    /// Whether claims, prohibited terms, myths or the safety lexicon differ: such a change names an approver.
    pub fn claims_differ(&self, other: &Self) -> bool {
        self.prohibited_terms != other.prohibited_terms
            || self.approved_phrases != other.approved_phrases
            || self.soft_benefits != other.soft_benefits
            || self.myths != other.myths
            || self.safety_lexicon != other.safety_lexicon
            || self.allow_personal_use_claims != other.allow_personal_use_claims
    }
}

/// The settings in force.
#[derive(Debug, Clone, PartialEq)]
pub struct BrandVersion {
    /// 0 = nothing was saved yet, 1, 2, 3 …
    pub version: i32,
    /// The settings.
    pub settings: BrandSettings,
    /// When they were saved.
    pub updated_at: Option<Timestamp>,
}

/// The brand settings were not read or not saved.
#[derive(Debug, thiserror::Error)]
pub enum BrandError {
    /// They break rules.
    #[error("the brand settings are not valid; correct what the findings name")]
    Invalid(Vec<Finding>),
    /// Somebody else saved first.
    #[error("the brand settings are at version {0} by now; read them again and repeat the change")]
    Stale(i32),
    /// A change of claims without an approver.
    #[error("claims, prohibited terms, myths or the safety lexicon changed; name who approved that")]
    NotApproved,
    /// A stored document that this version cannot read.
    #[error("the stored brand settings cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// The database.
    #[error(transparent)]
    Db(#[from] rookery_db::Error),
}

impl Engagement {
    /// The settings in force; the defaults before anything was saved.
    ///
    /// # Errors
    /// As [`BrandError`] says.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn brand_settings(&self, scope: &Scope) -> Result<BrandVersion, BrandError> {
        let mut tx = self.db.org(scope).await?;
        let current = store::current(&mut tx, false).await?;
        tx.commit().await?;
        current.map_or_else(
            || Ok(BrandVersion { version: 0, settings: BrandSettings::default(), updated_at: None }),
            TryInto::try_into,
        )
    }

    /// Saves settings that were made from version `based_on`; returns the new version. The same settings again
    /// change nothing.
    ///
    /// # Errors
    /// As [`BrandError`] says.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn save_brand_settings(
        &self,
        scope: &Scope,
        based_on: i32,
        settings: &BrandSettings,
        approved_by: Option<&str>,
    ) -> Result<i32, BrandError> {
        let findings = settings.check();
        if !findings.is_empty() {
            return Err(BrandError::Invalid(findings));
        }
        let mut tx = self.db.org(scope).await?;
        let stored = store::current(&mut tx, true).await?;
        let known = stored.as_ref().map_or(0, |row| row.version);
        if known != based_on {
            return Err(BrandError::Stale(known));
        }
        let old = match stored {
            Some(row) => BrandVersion::try_from(row)?.settings,
            None => BrandSettings::default(),
        };
        if known > 0 && old == *settings {
            return Ok(known);
        }
        if settings.claims_differ(&old) && approved_by.is_none_or(|who| who.trim().is_empty()) {
            return Err(BrandError::NotApproved);
        }
        let (before, after) = (serde_json::to_value(&old)?, serde_json::to_value(settings)?);
        let by = scope.actor.user_id().map(|id| id.to_string());
        let version = known + 1;
        if !store::save(&mut tx, version, &after, by.as_deref(), approved_by, self.clock.now()).await? {
            return Err(BrandError::Stale(version));
        }
        let changes = Changes::between(Some(&before), Some(&after), &[])
            .set("version", (known > 0).then_some(known), version)
            .note("approved_by", approved_by);
        let entry = audit::Entry {
            action: if known == 0 { "insert" } else { "update" },
            resource: "engagement.brand_settings",
            resource_id: Some(scope.organization_id.to_string()),
            changes: changes.into(),
        };
        audit::record(&mut tx, &*self.clock, &[entry]).await?;
        tx.commit().await?;
        Ok(version)
    }
}

impl TryFrom<store::Row> for BrandVersion {
    type Error = BrandError;
    fn try_from(row: store::Row) -> Result<Self, BrandError> {
        let settings = serde_json::from_value(row.settings)?;
        Ok(Self { version: row.version, settings, updated_at: Some(row.updated_at) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_fields_are_refused_and_missing_ones_have_their_default() {
        let read = serde_json::from_str::<BrandSettings>;
        assert_eq!(read("{}").ok(), Some(BrandSettings::default()));
        assert!(read(r#"{"signatur": "x"}"#).is_err());
        assert!(read(r#"{"prohibited_terms": [{"term": "x", "mode": "word"}]}"#).is_err());
        let terms = read(r#"{"prohibited_terms": [{"term": "x"}, {"term": "y", "match": "substring"}]}"#);
        let kinds: Vec<_> = terms.expect("valid").prohibited_terms.iter().map(|t| t.matched).collect();
        assert_eq!(kinds, [TermMatch::Prefix, TermMatch::Substring]);
    }

    #[test]
    fn all_faults_of_settings_are_found_at_once() {
        let settings = BrandSettings {
            signature: "We cure".to_owned(),
            prohibited_terms: vec![ProhibitedTerm::prefix("cure"), ProhibitedTerm::prefix(" ")],
            ..BrandSettings::default()
        };
        let codes: Vec<_> = settings.check().iter().map(|f| (f.field, f.code)).collect();
        assert_eq!(codes, [("signature", "prohibited"), ("prohibited_terms", "empty")]);
        assert!(BrandSettings::default().check().is_empty());
    }
}
