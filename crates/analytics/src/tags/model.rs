//! A tag, and what people say about it. Pure.

use rookery_kernel::{ContentId, TagId, Timestamp};

use super::text::{key_of, language_of, normal};
use crate::content::ContentFilter;
use crate::kinds::{TagSource, TagType};

/// Longest label, in characters; the column's.
const LABEL_MAX: usize = 80;
/// Longest description, in characters; the column's.
const DESCRIPTION_MAX: usize = 500;

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its id.
    pub id: TagId,
    /// Normalised form, unique among the living of its type.
    pub key: String,
    /// How it is shown.
    pub label: String,
    /// Who hands it out.
    pub tag_type: TagType,
    /// `#RRGGBB` or `#RRGGBBAA`.
    pub color: Option<String>,
    /// In words.
    pub description: Option<String>,
    /// Items that bear it.
    pub uses: i64,
    /// Its rules.
    pub rules: i64,
    /// When it was deleted; its links stay.
    pub deleted_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A tag as a person writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagDraft {
    /// How it is shown; its key follows from it.
    pub label: String,
    /// `#RRGGBB` or `#RRGGBBAA`.
    pub color: Option<String>,
    /// In words.
    pub description: Option<String>,
}

/// Why a tag cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagFault {
    /// Too short, too long or unreadable.
    #[error("a tag has 2 to 50 characters")]
    Label,
    /// No colour.
    #[error("a colour is written #RRGGBB")]
    Color,
    /// The description is too long.
    #[error("the description has more than {DESCRIPTION_MAX} characters")]
    Description,
    /// No word, or several.
    #[error("a stop word is one word of 2 to 50 characters")]
    StopWord,
    /// No language.
    #[error("{0:?} is no language; use two or three letters such as en, or * for any")]
    Language(String),
}

impl TagDraft {
    /// Trimmed and checked, with the key.
    pub(crate) fn checked(self) -> Result<(String, Self), TagFault> {
        let clean = |text: String| text.trim().chars().filter(|c| !c.is_control()).collect::<String>();
        let label = clean(self.label);
        let key = key_of(&label).ok_or(TagFault::Label)?;
        let color = self.color.map(clean).filter(|color| !color.is_empty());
        let is_color = |color: &String| {
            matches!(color.len(), 7 | 9) && color.starts_with('#') && color[1..].chars().all(|c| c.is_ascii_hexdigit())
        };
        if label.chars().count() > LABEL_MAX {
            return Err(TagFault::Label);
        }
        if !color.iter().all(is_color) {
            return Err(TagFault::Color);
        }
        let description = self.description.map(|d| d.trim().replace('\0', "")).filter(|d| !d.is_empty());
        if description.as_ref().is_some_and(|d| d.chars().count() > DESCRIPTION_MAX) {
            return Err(TagFault::Description);
        }
        Ok((key, Self { label, color, description }))
    }
}

/// How a list of tags is ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum TagOrder {
    /// Newest first.
    #[default]
    Newest,
    /// Most used first; one page only.
    MostUsed,
}

/// Which tags to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagFilter {
    /// Of one type.
    pub tag_type: Option<TagType>,
    /// Whose key holds this, in any letter case.
    pub search: Option<String>,
    /// Deleted ones too.
    pub with_deleted: bool,
    /// Only those with rules, or only those without.
    pub has_rules: Option<bool>,
}

impl TagFilter {
    /// What is looked for in keys, for `like`.
    pub(crate) fn pattern(&self) -> Option<String> {
        let text = normal(self.search.as_deref()?.trim());
        let escaped = text.replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
        (!text.is_empty()).then(|| format!("%{escaped}%"))
    }
}

/// A tag on an item.
#[derive(Debug, Clone, PartialEq)]
pub struct TagLink {
    /// The item.
    pub content_id: ContentId,
    /// The tag.
    pub tag_id: TagId,
    /// How it is shown.
    pub label: String,
    /// Its colour.
    pub color: Option<String>,
    /// Who hands it out.
    pub tag_type: TagType,
    /// Who or what put it there.
    pub source: TagSource,
    /// How sure, 0 to 1.
    pub confidence: f32,
    /// The tag itself is deleted.
    pub is_deleted: bool,
}

/// Which items a person means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContentSelection {
    /// These; one that is not there is an error.
    Ids(Vec<ContentId>),
    /// All that the filter lets through.
    Filter(ContentFilter),
}

/// A word that an organization does not want as a tag.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StopWord {
    /// ISO 639, or `*` for any.
    pub language: String,
    /// In lower case.
    pub word: String,
}

impl StopWord {
    /// Normalised and checked.
    pub(crate) fn checked(language: &str, word: &str) -> Result<Self, TagFault> {
        let language = match language.trim() {
            "" | "*" => "*".to_owned(),
            given => language_of(given).ok_or_else(|| TagFault::Language(given.to_owned()))?,
        };
        let word = key_of(word).filter(|word| !word.contains(char::is_whitespace)).ok_or(TagFault::StopWord)?;
        Ok(Self { language, word })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_named_by_its_normal_form() {
        let draft = |label: &str| TagDraft { label: label.into(), ..TagDraft::default() }.checked();
        assert_eq!(draft("  Summer  SALE ").map(|(key, _)| key).as_deref(), Ok("summer  sale"));
        assert_eq!(draft("x"), Err(TagFault::Label));
        let color =
            |color: &str| TagDraft { label: "Sale".into(), color: Some(color.into()), description: None }.checked();
        assert!(color("#a1B2c3").is_ok() && color("#a1b2c3ff").is_ok() && color("").is_ok());
        for wrong in ["red", "#12345", "#12345g", "#é1234"] {
            assert_eq!(color(wrong), Err(TagFault::Color), "{wrong}");
        }
    }

    #[test]
    fn what_is_searched_for_is_taken_literally() {
        let pattern = |text: &str| TagFilter { search: Some(text.into()), ..TagFilter::default() }.pattern();
        assert_eq!(pattern(" 100%_Tide ").as_deref(), Some(r"%100\%\_tide%"));
        assert_eq!(pattern("  "), None);
    }

    #[test]
    fn stop_words_are_single_words_of_a_language() {
        assert_eq!(StopWord::checked("", " Tide "), Ok(StopWord { language: "*".into(), word: "tide".into() }));
        assert_eq!(StopWord::checked("de-AT", "Moin").map(|w| w.language).as_deref(), Ok("de"));
        assert_eq!(StopWord::checked("en", "low tide"), Err(TagFault::StopWord));
        assert_eq!(StopWord::checked("klingon", "tide"), Err(TagFault::Language("klingon".into())));
    }
}
