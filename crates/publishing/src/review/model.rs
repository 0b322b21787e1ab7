//! States of a review, and what may follow what (S3). Pure.

use rookery_kernel::{PostId, ReviewId, ReviewLinkId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::house::HouseError;
use crate::kinds::{PriorityLevel, ReviewAction, ReviewStatus};
use crate::post::EditorialState;

/// What can happen to a post's editorial state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReviewEvent {
    /// The author asks for a review.
    Submit,
    /// The author takes that back.
    Withdraw,
    /// A reviewer says yes.
    Approve,
    /// A reviewer says no.
    Reject,
    /// A reviewer says: not like this.
    RequestChanges,
    /// Something that goes out was changed.
    Edit,
    /// The post is put away.
    Archive,
}

impl ReviewEvent {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Submit, Self::Withdraw, Self::Approve, Self::Reject, Self::RequestChanges, Self::Edit, Self::Archive];
}

impl EditorialState {
    /// The state after an event, or `None` where it cannot happen. What is archived stays archived; what is approved
    /// and then edited waits for a reviewer again.
    #[expect(clippy::match_same_arms, reason = "a table of states, read from the top")]
    pub const fn after(self, event: ReviewEvent) -> Option<Self> {
        use ReviewEvent as E;
        match (self, event) {
            (Self::Archived, _) => None,
            (Self::PendingReview, E::Submit) => None,
            (_, E::Submit) => Some(Self::PendingReview),
            (Self::PendingReview | Self::NeedsChanges, E::Withdraw) => Some(Self::Draft),
            (_, E::Withdraw) => None,
            (_, E::Approve) => Some(Self::Approved),
            (Self::PendingReview | Self::NeedsChanges | Self::Approved, E::Reject) => Some(Self::Rejected),
            (Self::PendingReview | Self::Approved, E::RequestChanges) => Some(Self::NeedsChanges),
            (_, E::Reject | E::RequestChanges) => None,
            (Self::Approved, E::Edit) => Some(Self::PendingReview),
            (Self::Rejected, E::Edit) => Some(Self::Draft),
            (same, E::Edit) => Some(same),
            // What went out, or never needed a review, keeps the state that says so.
            (same @ (Self::NotRequired | Self::Approved), E::Archive) => Some(same),
            (_, E::Archive) => Some(Self::Archived),
        }
    }
}

/// A request for a judgement about a revision.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Review {
    /// Its id.
    pub id: ReviewId,
    /// The post.
    pub post_id: PostId,
    /// The revision that is judged.
    pub revision: i32,
    /// How far it is.
    pub status: ReviewStatus,
    /// How urgent.
    pub priority: PriorityLevel,
    /// Who asked; `None` for the server or a program.
    pub submitted_by: Option<UserId>,
    /// Who is to judge; `None` for everybody who may.
    pub assigned_to: Option<UserId>,
    /// When it is late.
    pub due_at: Option<Timestamp>,
    /// What the author says about it.
    pub reason: Option<String>,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// When it was asked for.
    pub created_at: Timestamp,
}

/// One thing that a reviewer would write differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SuggestedChange {
    /// What it is about: `content`, `title`, `media`, …
    pub field: String,
    /// What to write instead.
    pub suggestion: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What somebody decided, or remarked.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// What they did.
    pub action: ReviewAction,
    /// The revision that they looked at.
    pub revision: Option<i32>,
    /// The person; `None` for somebody with a link.
    pub reviewer_id: Option<UserId>,
    /// The name that somebody with a link gave.
    pub reviewer_name: Option<String>,
    /// Their words.
    pub comment: Option<String>,
    /// What they would write.
    pub suggested_changes: Vec<SuggestedChange>,
    /// When.
    pub at: Timestamp,
}

/// A reviewer's verdict on its way in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    /// The revision that they looked at; another one by now is [`ReviewError::Outdated`].
    pub revision: Option<i32>,
    /// Why.
    pub comment: Option<String>,
    /// What they would write.
    pub suggested_changes: Vec<SuggestedChange>,
}

/// A link for somebody without an account.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ReviewLink {
    /// Its id.
    pub id: ReviewLinkId,
    /// The post.
    pub post_id: PostId,
    /// The revision that it shows.
    pub revision: i32,
    /// Digest of what it shows.
    pub content_hash: Vec<u8>,
    /// For whom.
    pub recipient: String,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was first opened.
    pub opened_at: Option<Timestamp>,
    /// When somebody decided through it.
    pub used_at: Option<Timestamp>,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Whether a link works, and if not, why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// It does.
    Open,
    /// Somebody decided through it.
    Used,
    /// It was taken back.
    Revoked,
    /// Its time is over.
    Expired,
    /// The post was changed after it was made.
    Outdated,
    /// Somebody else decided already, or nobody asks any more.
    Settled,
}

impl LinkState {
    /// The word for programs.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Used => "used",
            Self::Revoked => "revoked",
            Self::Expired => "expired",
            Self::Outdated => "outdated",
            Self::Settled => "settled",
        }
    }
}

impl ReviewLink {
    /// Whether it works at `now`, for a post that stands at this digest and state.
    pub fn state(&self, current_hash: &[u8], editorial: EditorialState, now: Timestamp) -> LinkState {
        if self.used_at.is_some() {
            LinkState::Used
        } else if self.revoked_at.is_some() {
            LinkState::Revoked
        } else if self.expires_at <= now {
            LinkState::Expired
        } else if self.content_hash != current_hash {
            LinkState::Outdated
        } else if editorial != EditorialState::PendingReview {
            LinkState::Settled
        } else {
            LinkState::Open
        }
    }
}

/// An operation on a review failed.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// No such post in this organization.
    #[error("no such post: {0}")]
    NotFound(PostId),
    /// The state forbids it.
    #[error("the post is {}, so this cannot be done", .0.label().replace('_', " "))]
    NotAllowed(EditorialState),
    /// The post is out or on its way; the judgement comes too late.
    #[error("it is too late: the post is out or on its way")]
    TooLate,
    /// Somebody changed it after the reviewer read it.
    #[error("the post was changed meanwhile (revision {0}); read it again before you decide")]
    Outdated(i32),
    /// A request for changes says which.
    #[error("say what should be changed")]
    CommentMissing,
    /// The person who is to judge may not.
    #[error("this person may not review posts of the organization")]
    NoReviewer,
    /// No such link.
    #[error("there is no such link")]
    LinkNotFound,
    /// The link does not work any more.
    #[error("the link is {}", .0.label())]
    LinkClosed(LinkState),
    /// A name has 1 to 200 characters.
    #[error("give a name of at most 200 characters")]
    NameMissing,
    /// A link lives one to thirty days.
    #[error("a link lives 1 to 30 days")]
    LinkDays,
    /// The organization could not be read.
    #[error(transparent)]
    House(#[from] HouseError),
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_verdict_approves_and_every_edit_of_something_approved_asks_again() {
        for state in EditorialState::ALL {
            for event in ReviewEvent::ALL {
                let after = state.after(event);
                let becomes_approved = after == Some(EditorialState::Approved) && *state != EditorialState::Approved;
                assert_eq!(becomes_approved, event == ReviewEvent::Approve && becomes_approved, "{state:?} {event:?}");
                if *state == EditorialState::Archived {
                    assert_eq!(after, None, "{event:?}");
                }
            }
            assert_ne!(state.after(ReviewEvent::Edit), Some(EditorialState::Approved), "{state:?}");
        }
        assert_eq!(EditorialState::Approved.after(ReviewEvent::Edit), Some(EditorialState::PendingReview));
        assert_eq!(EditorialState::Rejected.after(ReviewEvent::Submit), Some(EditorialState::PendingReview));
        assert_eq!(EditorialState::Draft.after(ReviewEvent::RequestChanges), None);
    }
}
