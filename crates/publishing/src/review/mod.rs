//! Reviews: who may let a post out, what exactly was let out, and links for people without an account.
//!
//! An approval is bound to a revision and to the digest of everything that goes out (`publishing.content_hash`). Where
//! an organization requires reviews, the engine compares both in the transaction that claims and again in the one
//! that commits `sending`; the guards compare them once more in the database. Any edit voids the approval.

mod diff;
mod gate;
mod links;
mod lists;
mod model;
mod ops;
mod store;

pub use diff::{Piece, PieceKind, pieces};
pub(crate) use gate::Hold;
pub use links::{LINK_DAYS_DEFAULT, LINK_DAYS_MAX, LinkDecision, NewReviewLink, OpenedLink, PreviewOfPost};
pub use lists::{Queue, QueueEntry, ReviewHistory, RevisionDiff};
pub use model::{Decision, Judgement, LinkState, Review, ReviewError, ReviewEvent, ReviewLink, SuggestedChange};
