//! A group, and what it reached. Pure.

use rookery_kernel::{AccountId, PageGroupId, Timestamp};

use crate::kpi::Rate;

/// Most groups of an organization: their list is one page.
pub const GROUPS_MAX: usize = 200;
/// Longest name, in characters; the column's.
const NAME_MAX: usize = 120;
/// Longest niche, in characters; the column's.
const NICHE_MAX: usize = 80;
/// Longest description, in characters; the column's.
const DESCRIPTION_MAX: usize = 500;

/// A group of followed accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageGroup {
    /// Its id.
    pub id: PageGroupId,
    /// Unique in the organization regardless of case.
    pub name: String,
    /// What its pages are about.
    pub niche: Option<String>,
    /// In words.
    pub description: Option<String>,
    /// Its accounts, in the order in which they came.
    pub accounts: Vec<AccountId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A group as a person writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupDraft {
    /// Its name.
    pub name: String,
    /// What its pages are about.
    pub niche: Option<String>,
    /// In words.
    pub description: Option<String>,
}

/// Why a group cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GroupFault {
    /// There is no name.
    #[error("give the group a name")]
    NoName,
    /// A text is too long.
    #[error("the {field} has more than {max} characters")]
    TooLong {
        /// Which.
        field: &'static str,
        /// Characters it may have.
        max: usize,
    },
}

impl GroupDraft {
    /// Trimmed, what is empty left out.
    pub(crate) fn checked(self) -> Result<Self, GroupFault> {
        let clean = |text: String| text.trim().chars().filter(|c| *c != '\0').collect::<String>();
        let optional = |text: Option<String>| text.map(clean).filter(|text| !text.is_empty());
        let draft =
            Self { name: clean(self.name), niche: optional(self.niche), description: optional(self.description) };
        if draft.name.is_empty() {
            return Err(GroupFault::NoName);
        }
        let lengths = [
            ("name", Some(&draft.name), NAME_MAX),
            ("niche", draft.niche.as_ref(), NICHE_MAX),
            ("description", draft.description.as_ref(), DESCRIPTION_MAX),
        ];
        for (field, text, max) in lengths {
            if text.is_some_and(|text| text.chars().count() > max) {
                return Err(GroupFault::TooLong { field, max });
            }
        }
        Ok(draft)
    }
}

/// What a group reached in a range, from its daily sums.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupFigures {
    /// The group.
    pub group: PageGroup,
    /// Items published in the range.
    pub posts: i64,
    /// Whether its sums were computed; if not, what follows is unknown.
    pub is_computed: bool,
    /// Sum of the daily changes of post reach.
    pub reach: Option<i64>,
    /// Reactions, comments and shares.
    pub engagement: Option<i64>,
    /// Engagement of the range ÷ what it can be divided by.
    pub rate: Rate,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_trimmed_and_held_to_the_columns() {
        let draft = GroupDraft { name: " Food\0 ".into(), niche: Some("  ".into()), description: Some(" x ".into()) };
        let checked = draft.checked().expect("fits");
        assert_eq!(checked, GroupDraft { name: "Food".into(), niche: None, description: Some("x".into()) });
        assert_eq!(GroupDraft::default().checked(), Err(GroupFault::NoName));
        let long = GroupDraft { name: "Food".into(), niche: Some("x".repeat(81)), description: None };
        assert_eq!(long.checked(), Err(GroupFault::TooLong { field: "niche", max: 80 }));
    }
}
