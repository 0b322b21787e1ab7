//! The numbers of what is out: which publications are to be read again, and what was read last (PUB-48).
//!
//! Whoever asks the networks (analytics) calls these functions in the transaction that stores the readings; the rows are
//! publishing's. Nothing here sends or changes a publication's state.

mod ageing;
mod store;

use rookery_kernel::{AccountId, Platform, PostId, PublicationId, Timestamp};
use serde_json::Value;

pub use ageing::next_reading;
pub use store::{accounts_due, due, hurry, known, postpone, postpone_account, record, remove};

/// A publication that is out and can be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnNetwork {
    /// The publication.
    pub publication_id: PublicationId,
    /// Its post.
    pub post_id: PostId,
    /// Its account.
    pub account_id: AccountId,
    /// The account's network.
    pub platform: Platform,
    /// Its id at the network.
    pub external_id: String,
    /// When it came out.
    pub published_at: Timestamp,
}

/// What was read of one publication; totals since it came out. `None` is "not reported" and keeps what is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatestNumbers {
    /// The publication.
    pub publication_id: PublicationId,
    /// Likes, or reactions of all kinds.
    pub likes: Option<i64>,
    /// Comments.
    pub comments: Option<i64>,
    /// Shares, reposts and quotes.
    pub shares: Option<i64>,
    /// Times shown.
    pub impressions: Option<i64>,
    /// People reached.
    pub reach: Option<i64>,
    /// What only some networks tell; an object. Its fields replace those of the same name.
    pub others: Value,
    /// When the network was asked.
    pub read_at: Timestamp,
    /// When it is asked again; `None` is never.
    pub next: Option<Timestamp>,
}
