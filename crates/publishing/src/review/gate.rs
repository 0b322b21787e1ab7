//! What keeps a due publication here: pauses and missing approvals. Asked in the transaction that claims, again in the
//! one that commits `sending`, and by the receipt.

use rookery_db::{Error, OrgTx};
use rookery_kernel::Timestamp;

use super::store;
use crate::Publishing;
use crate::house::House;
use crate::post::{EditorialState, Post};

/// Why nothing of a post may leave now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// Publishing is stopped for the whole installation.
    InstancePaused(Timestamp),
    /// Publishing is stopped for the organization.
    Paused(Timestamp),
    /// Nobody approved it.
    NeedsApproval,
    /// It was approved and then changed.
    ApprovalOutdated,
}

impl Hold {
    /// In words, for the attempt that is taken back.
    pub(crate) const fn message(self) -> &'static str {
        match self {
            Self::InstancePaused(_) => "taken back: publishing is stopped for the whole installation",
            Self::Paused(_) => "taken back: publishing is stopped for the organization",
            Self::NeedsApproval => "taken back: the approval is missing or was withdrawn",
            Self::ApprovalOutdated => "taken back: the post was changed after its approval",
        }
    }
}

impl Publishing {
    /// What keeps a post here, if anything does. The approval is compared with everything that goes out as it stands in
    /// this transaction.
    pub(crate) async fn hold(&self, tx: &mut OrgTx, post: &Post, house: House) -> Result<Option<Hold>, Error> {
        if let Some(since) = house.instance_paused_at {
            return Ok(Some(Hold::InstancePaused(since)));
        }
        if let Some(since) = house.paused_at {
            return Ok(Some(Hold::Paused(since)));
        }
        if !house.review_required {
            return Ok((!post.may_leave(false)).then_some(Hold::NeedsApproval));
        }
        if store::is_approved(tx, post.id).await? == Some(true) {
            return Ok(None);
        }
        let is_part = post.parent_post_id.is_some();
        let was_approved = is_part || post.editorial_state == EditorialState::Approved;
        Ok(Some(if was_approved { Hold::ApprovalOutdated } else { Hold::NeedsApproval }))
    }
}
