//! The rules by which the brand speaks; a row of `strategy.brand_rules`.

use std::collections::BTreeSet;

use rookery_kernel::Finding;
use serde::{Deserialize, Serialize};

use crate::enums::{ApprovalMode, DisclaimerWhen, FindingSeverity};

/// The rules. Hashtags are stored without their sign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct BrandRules {
    /// professional, casual, friendly, authoritative, playful, technical, or own words.
    pub tone: Option<String>,
    /// The voice in words.
    pub voice: Option<String>,
    /// To be encouraged.
    pub allowed_phrases: Vec<String>,
    /// An error.
    pub forbidden_phrases: Vec<String>,
    /// If any are named, others are a warning.
    pub allowed_hashtags: Vec<String>,
    /// An error.
    pub forbidden_hashtags: Vec<String>,
    /// Subjects to keep away from.
    pub forbidden_topics: Vec<String>,
    /// Claims that nobody may make.
    pub claims_to_avoid: Vec<String>,
    /// Texts that must appear.
    pub required_disclosures: Vec<String>,
    /// For reviewers.
    pub compliance_notes: Option<String>,
    /// Text of the disclaimer.
    pub legal_disclaimer: Option<String>,
    /// When it has to appear.
    pub disclaimer_when: DisclaimerWhen,
    /// Readability and sentence length.
    pub quality_rules: QualityRules,
    /// How bad a finding of each kind is.
    pub severity: Severities,
    /// Who approves.
    pub approval_mode: ApprovalMode,
}

impl Default for BrandRules {
    fn default() -> Self {
        Self {
            tone: None,
            voice: None,
            allowed_phrases: Vec::new(),
            forbidden_phrases: Vec::new(),
            allowed_hashtags: Vec::new(),
            forbidden_hashtags: Vec::new(),
            forbidden_topics: Vec::new(),
            claims_to_avoid: Vec::new(),
            required_disclosures: Vec::new(),
            compliance_notes: None,
            legal_disclaimer: None,
            disclaimer_when: DisclaimerWhen::Never,
            quality_rules: QualityRules::default(),
            severity: Severities::default(),
            approval_mode: ApprovalMode::Manual,
        }
    }
}

/// Readability and sentence length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QualityRules {
    /// Flesch-like score, 0 to 100.
    pub min_readability: u8,
    /// Mean words of a sentence.
    pub max_sentence_words: u16,
}

impl Default for QualityRules {
    fn default() -> Self {
        Self { min_readability: 60, max_sentence_words: 25 }
    }
}

/// How bad a finding of each kind is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Severities {
    /// Words and subjects.
    pub content: FindingSeverity,
    /// Tone and voice.
    pub tone: FindingSeverity,
    /// Claims, disclosures, risk words.
    pub legal: FindingSeverity,
    /// Hashtags.
    pub social: FindingSeverity,
    /// Length and readability.
    pub quality: FindingSeverity,
    /// Personal data.
    pub pii: FindingSeverity,
}

impl Default for Severities {
    fn default() -> Self {
        Self {
            content: FindingSeverity::Error,
            tone: FindingSeverity::Warning,
            legal: FindingSeverity::Error,
            social: FindingSeverity::Warning,
            quality: FindingSeverity::Info,
            pii: FindingSeverity::Error,
        }
    }
}

impl BrandRules {
    /// Trims everything, takes the signs off hashtags, drops what stands twice regardless of case.
    #[must_use]
    pub fn tidied(mut self) -> Self {
        for list in [
            &mut self.allowed_phrases,
            &mut self.forbidden_phrases,
            &mut self.forbidden_topics,
            &mut self.claims_to_avoid,
            &mut self.required_disclosures,
        ] {
            tidy(list, |text| text.trim().to_owned());
        }
        for list in [&mut self.allowed_hashtags, &mut self.forbidden_hashtags] {
            tidy(list, |text| text.trim().trim_start_matches('#').to_owned());
        }
        self
    }

    /// Everything that is wrong with the tidied rules.
    pub fn findings(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut clash = |field, here: &[String], there: &[String], what: &str| {
            let there: BTreeSet<String> = there.iter().map(|t| t.to_lowercase()).collect();
            for both in here.iter().filter(|t| there.contains(&t.to_lowercase())) {
                let message = format!("The {what} {both:?} is allowed and forbidden at once.");
                found.push(Finding::new(field, "contradiction", message).suggest("Take it off one of the lists."));
            }
        };
        clash("forbiddenPhrases", &self.forbidden_phrases, &self.allowed_phrases, "phrase");
        clash("forbiddenHashtags", &self.forbidden_hashtags, &self.allowed_hashtags, "hashtag");
        for (field, list) in
            [("allowedHashtags", &self.allowed_hashtags), ("forbiddenHashtags", &self.forbidden_hashtags)]
        {
            for tag in list.iter().filter(|tag| !tag.chars().all(|c| c.is_alphanumeric() || c == '_')) {
                found.push(Finding::new(
                    field,
                    "invalid",
                    format!("{tag:?} is no hashtag: letters, digits and _ only."),
                ));
            }
        }
        let no_text = self.legal_disclaimer.as_deref().is_none_or(|text| text.trim().is_empty());
        if self.disclaimer_when != DisclaimerWhen::Never && no_text {
            found.push(Finding::new("legalDisclaimer", "required", "The disclaimer has to appear and has no text."));
        }
        if self.quality_rules.min_readability > 100 {
            found.push(Finding::new("qualityRules", "range", "Readability is 0 to 100."));
        }
        if self.quality_rules.max_sentence_words == 0 {
            found.push(Finding::new("qualityRules", "range", "A sentence has at least one word."));
        }
        found
    }
}

fn tidy(list: &mut Vec<String>, clean: impl Fn(&str) -> String) {
    let mut seen = BTreeSet::new();
    let cleaned: Vec<String> = list.iter().map(|text| clean(text)).collect();
    *list = cleaned.into_iter().filter(|text| !text.is_empty() && seen.insert(text.to_lowercase())).collect();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(words: &[&str]) -> Vec<String> {
        words.iter().map(|w| (*w).to_owned()).collect()
    }

    #[test]
    fn lists_are_tidied() {
        let rules = BrandRules {
            forbidden_hashtags: list(&["#Sale", " sale ", "", "##rush"]),
            allowed_phrases: list(&[" made to last ", "Made to last"]),
            ..BrandRules::default()
        };
        let tidy = rules.tidied();
        assert_eq!(tidy.forbidden_hashtags, ["Sale", "rush"]);
        assert_eq!(tidy.allowed_phrases, ["made to last"]);
    }

    #[test]
    fn everything_is_found_at_once() {
        let rules = BrandRules {
            allowed_phrases: list(&["best in class"]),
            forbidden_phrases: list(&["Best in Class"]),
            forbidden_hashtags: list(&["two words"]),
            disclaimer_when: DisclaimerWhen::Always,
            quality_rules: QualityRules { min_readability: 101, max_sentence_words: 0 },
            ..BrandRules::default()
        };
        let codes: Vec<_> = rules.findings().into_iter().map(|f| f.code).collect();
        assert_eq!(codes, ["contradiction", "invalid", "required", "range", "range"]);
        assert_eq!(BrandRules::default().findings(), []);
    }

    #[test]
    fn unknown_settings_are_refused() {
        assert!(serde_json::from_str::<BrandRules>(r#"{"tone": "calm", "volume": 11}"#).is_err());
    }
}
