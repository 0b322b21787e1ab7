//! What page groups and tags said.

use rookery_analytics::{GroupError, GroupFault, RuleFault, TagError, TagFault};

use super::Problem;

impl From<GroupError> for Problem {
    fn from(error: GroupError) -> Self {
        match &error {
            GroupError::NotFound => Self::not_found("group"),
            GroupError::NameTaken(_) => Self::conflict("name_taken", sentence(&error)),
            GroupError::TooMany => Self::conflict("too_many", sentence(&error)),
            GroupError::Fault(fault) => {
                let field = match fault {
                    GroupFault::NoName => "name",
                    GroupFault::TooLong { field, .. } => field,
                };
                Self::field(field, "invalid", sentence(fault))
            }
            // Whether the account exists elsewhere is nobody's business here.
            GroupError::AccountNotFound(_) => Self::not_found("tracked account"),
            GroupError::Db(e) => Self::database(e),
        }
    }
}

impl From<TagError> for Problem {
    fn from(error: TagError) -> Self {
        match &error {
            TagError::NotFound => Self::not_found("tag"),
            TagError::NoSuchRule => Self::not_found("rule"),
            TagError::NoSuchContent => Self::not_found("content"),
            TagError::NoSuchChange => Self::conflict("nothing_to_undo", sentence(&error)),
            TagError::TooManyItems(_) => Self::field("contentIds", "too_many", sentence(&error)),
            TagError::NameTaken(_) => Self::conflict("name_taken", sentence(&error)),
            TagError::RuleTaken => Self::conflict("rule_taken", sentence(&error)),
            TagError::Automatic => Self::conflict("tag_is_automatic", sentence(&error)),
            TagError::Manual => Self::conflict("tag_is_manual", sentence(&error)),
            TagError::TooMany(_) => Self::conflict("too_many", sentence(&error)),
            TagError::Fault(fault) => {
                let field = match fault {
                    TagFault::Label => "label",
                    TagFault::Color => "color",
                    TagFault::Description => "description",
                    TagFault::StopWord => "word",
                    TagFault::Language(_) => "language",
                };
                Self::field(field, "invalid", sentence(fault))
            }
            TagError::Rule(fault) => {
                let field = match fault {
                    RuleFault::Priority(_) => "priority",
                    RuleFault::Language(_) => "language",
                    RuleFault::Empty
                    | RuleFault::TooLong
                    | RuleFault::NotOneWord(_)
                    | RuleFault::NoPhrase
                    | RuleFault::NoHashtag
                    | RuleFault::Syntax { .. }
                    | RuleFault::TooLarge
                    | RuleFault::MatchesAll => "pattern",
                };
                Self::field(field, "invalid", sentence(fault))
            }
            TagError::Db(e) => Self::database(e),
        }
    }
}

/// With a capital and a full stop.
fn sentence(error: &impl std::fmt::Display) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}
