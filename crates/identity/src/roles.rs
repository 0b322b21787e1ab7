//! Who may do what (PUB-3). Two levels: the instance role says what a person may do on the server, the
//! membership role what they may do in one organization.

use serde::{Deserialize, Serialize};

/// A person's role on the whole instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "identity.user_role", rename_all = "snake_case")]
pub enum UserRole {
    /// Manages people, settings and queues; sees no organization they are not a member of.
    Admin,
    /// Works review queues.
    Moderator,
    /// The usual.
    User,
    /// May only read, whatever their memberships say.
    Viewer,
}

impl UserRole {
    /// The most that memberships can give somebody with this role.
    pub const fn caps(self, right: Right) -> bool {
        match self {
            Self::Admin | Self::Moderator | Self::User => false,
            Self::Viewer => !matches!(right, Right::Read),
        }
    }

    /// The word in the database and in the API.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Moderator => "moderator",
            Self::User => "user",
            Self::Viewer => "viewer",
        }
    }
}

/// A person's role in one organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "identity.member_role", rename_all = "snake_case")]
pub enum MemberRole {
    /// Everything; exactly one per organization.
    Owner,
    /// Everything but what only the owner may.
    Admin,
    /// Writes and publishes.
    Editor,
    /// Approves what others wrote.
    Reviewer,
    /// Looks.
    Viewer,
}

/// Something one may do in an organization: a row of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Read posts, calendar, metrics.
    Read,
    /// Create and edit drafts, upload media.
    Draft,
    /// Submit for review.
    SubmitReview,
    /// Approve, reject, ask for changes.
    Review,
    /// Schedule, publish, cancel, retry.
    Publish,
    /// Connect, reconnect, disconnect accounts; what is tracked, page groups, tags and their rules.
    ManageAccounts,
    /// Brand rules, accept a strategy.
    ManageBrand,
    /// Members, invitations, API keys, settings of the organization.
    ManageMembers,
    /// Transfer ownership, billing, delete the organization.
    Own,
}

impl Right {
    /// All rights, in the matrix' order.
    pub const ALL: [Self; 9] = [
        Self::Read,
        Self::Draft,
        Self::SubmitReview,
        Self::Review,
        Self::Publish,
        Self::ManageAccounts,
        Self::ManageBrand,
        Self::ManageMembers,
        Self::Own,
    ];

    /// In words, as the end of "you may not …".
    pub const fn label(self) -> &'static str {
        match self {
            Self::Read => "read posts and numbers",
            Self::Draft => "write and edit posts",
            Self::SubmitReview => "submit posts for review",
            Self::Review => "approve posts",
            Self::Publish => "schedule and publish posts",
            Self::ManageAccounts => "manage accounts, groups and tags",
            Self::ManageBrand => "change brand rules",
            Self::ManageMembers => "manage members and API keys",
            Self::Own => "act as the owner",
        }
    }
}

impl MemberRole {
    /// All roles, from most to least.
    pub const ALL: [Self; 5] = [Self::Owner, Self::Admin, Self::Editor, Self::Reviewer, Self::Viewer];

    /// Whether the role includes the right.
    pub const fn may(self, right: Right) -> bool {
        match right {
            Right::Read => true,
            Right::Draft | Right::SubmitReview | Right::Publish => {
                matches!(self, Self::Owner | Self::Admin | Self::Editor)
            }
            Right::Review => matches!(self, Self::Owner | Self::Admin | Self::Reviewer),
            Right::ManageAccounts | Right::ManageBrand | Right::ManageMembers => {
                matches!(self, Self::Owner | Self::Admin)
            }
            Right::Own => matches!(self, Self::Owner),
        }
    }

    /// The word in the database and in the API.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Editor => "editor",
            Self::Reviewer => "reviewer",
            Self::Viewer => "viewer",
        }
    }
}

/// Text that is no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown role {0:?}; use owner, admin, editor, reviewer or viewer")]
pub struct UnknownRole(String);

impl std::str::FromStr for MemberRole {
    type Err = UnknownRole;
    fn from_str(s: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.label() == s).ok_or_else(|| UnknownRole(s.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_is_the_specifications() {
        // Columns: owner, admin, editor, reviewer, viewer.
        let matrix = [
            (Right::Read, "✓✓✓✓✓"),
            (Right::Draft, "✓✓✓––"),
            (Right::SubmitReview, "✓✓✓––"),
            (Right::Review, "✓✓–✓–"),
            (Right::Publish, "✓✓✓––"),
            (Right::ManageAccounts, "✓✓–––"),
            (Right::ManageBrand, "✓✓–––"),
            (Right::ManageMembers, "✓✓–––"),
            (Right::Own, "✓––––"),
        ];
        assert_eq!(matrix.map(|(right, _)| right), Right::ALL);
        for (right, row) in matrix {
            let got: String = MemberRole::ALL.iter().map(|role| if role.may(right) { '✓' } else { '–' }).collect();
            assert_eq!(got, row, "{right:?}");
        }
    }

    #[test]
    fn an_instance_viewer_only_reads() {
        for right in Right::ALL {
            assert_eq!(UserRole::Viewer.caps(right), right != Right::Read);
            assert!(!UserRole::User.caps(right) && !UserRole::Admin.caps(right) && !UserRole::Moderator.caps(right));
        }
    }

    #[test]
    fn roles_are_read_by_their_labels() {
        for role in MemberRole::ALL {
            assert_eq!(role.label().parse(), Ok(role));
            assert_eq!(serde_json::to_value(role).expect("plain"), role.label());
        }
        assert!("boss".parse::<MemberRole>().is_err());
    }
}
