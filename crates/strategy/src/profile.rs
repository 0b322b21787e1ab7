//! The company's profile and when it is complete (STR-2).

use rookery_kernel::Finding;
use serde::{Deserialize, Serialize};

use crate::enums::StartupStage;

/// What is known about the company; a row of `strategy.profiles` without its drafts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Profile {
    /// The organization's name.
    pub name: String,
    /// Address of the website.
    pub website_url: Option<String>,
    /// How far the company is.
    pub stage: Option<StartupStage>,
    /// How the product is priced.
    pub pricing: Option<String>,
    /// What the company does.
    pub description: Option<String>,
    /// One line about it.
    pub tagline: Option<String>,
    /// For example "B2B SaaS".
    pub category: Option<String>,
    /// Region codes.
    pub markets: Vec<String>,
    /// Language codes in order of preference.
    pub languages: Vec<String>,
}

impl Profile {
    /// Everything that still misses for the questions to be answered.
    pub fn missing(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut text = |field, value: &str, at_least: usize, what: &str| {
            if value.trim().chars().count() < at_least {
                let code = if value.trim().is_empty() { "required" } else { "too_short" };
                found.push(Finding::new(field, code, format!("{what} needs at least {at_least} characters.")));
            }
        };
        text("name", &self.name, 1, "The name");
        text("tagline", self.tagline.as_deref().unwrap_or_default(), 10, "The tagline");
        text("description", self.description.as_deref().unwrap_or_default(), 50, "The description");
        text("category", self.category.as_deref().unwrap_or_default(), 1, "The category");
        if self.markets.is_empty() {
            found.push(Finding::new("markets", "required", "Name at least one market."));
        }
        if self.languages.is_empty() {
            found.push(Finding::new("languages", "required", "Name at least one language."));
        }
        found
    }

    /// How complete it is, in percent: what is required counts for four fifths, the rest for one.
    pub fn completeness(&self) -> u8 {
        const REQUIRED: usize = 6;
        let optional = [self.website_url.is_some(), self.stage.is_some(), self.pricing.is_some()];
        let filled = REQUIRED - self.missing().len();
        let more = optional.iter().filter(|there| **there).count();
        u8::try_from(filled * 80 / REQUIRED + more * 20 / optional.len()).unwrap_or(100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> Profile {
        Profile {
            name: "Fieldwork Studio".into(),
            tagline: Some("Maps for people who work outside".into()),
            description: Some("We make maps, notes and tools that hold up in rain, wind and without a network.".into()),
            category: Some("Outdoor software".into()),
            markets: vec!["EU".into()],
            languages: vec!["en".into()],
            ..Profile::default()
        }
    }

    #[test]
    fn a_short_tagline_is_the_only_finding() {
        let profile = Profile { tagline: Some("Nine char".into()), ..whole() };
        let found = profile.missing();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].field, found[0].code), ("tagline", "too_short"));
    }

    #[test]
    fn completeness_grows_with_what_is_known() {
        assert_eq!(Profile::default().completeness(), 0);
        assert_eq!(whole().completeness(), 80);
        let all = Profile {
            website_url: Some("https://fieldwork.example".into()),
            stage: Some(StartupStage::Seed),
            pricing: Some("freemium".into()),
            ..whole()
        };
        assert_eq!(all.completeness(), 100);
    }
}
