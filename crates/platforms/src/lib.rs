//! One trait, one module per network: client, types, limits, error classes.
//!
//! Invariants
//! - A token travels in the `Authorization` header only; errors hold neither tokens nor query strings.
//! - A failed call says whether the request may have been carried out all the same ([`Delivery`]).
//! - Errors are classified from statuses and structured codes by a table per network, never from
//!   digits in a message.
//! - A number that a network does not report stays `None`.
//! - This crate knows no organization, no database and no retry: callers decide what to do next.
//!
//! `bin/test-networks` runs the same steps (`examples/against_server`) against a Mastodon server
//! that nobody here wrote, `bin/test-pds` (`examples/against_pds`) runs Bluesky's against the reference
//! server of its protocol; `tests/it` runs recorded answers over real HTTP.

mod batch;
mod bluesky;
mod connector;
mod count;
mod error;
mod facebook;
mod http;
mod instagram;
mod linkedin;
mod listing;
mod mastodon;
mod meta;
mod oauth;
mod poll;
mod reddit;
pub mod text;
mod threads;
mod tiktok;
mod twitter;
mod types;
mod youtube;

pub use bluesky::Bluesky;
pub use connector::{Connector, Connectors};
pub use error::{CallError, Delivery, ErrorType, UnknownErrorType};
pub use facebook::Facebook;
pub use http::{HttpClient, HttpConfig, HttpSetupError, PrivateAddresses, Resolver, is_private_literal, was_refused};
pub use instagram::Instagram;
pub use linkedin::LinkedIn;
pub use mastodon::Mastodon;
pub use reddit::Reddit;
pub use threads::Threads;
pub use tiktok::TikTok;
pub use twitter::Twitter;
pub use types::{
    Ability, Access, AccountMetrics, AppCredentials, AuthorizeRequest, Basis, Capabilities, ContentFormat, ContentItem,
    ContentMetrics, ContentPage, Draft, DraftKind, ExchangeRequest, Found, Handles, InstanceLimits, ItemFailure, Media,
    MediaKind, MediaSource, MetricsBatch, OddField, OddItem, OddKind, Pace, PostingChoices, Prepared, Profile,
    Published, RegisterRequest, ReplyTo, Search, Sent, SignIn, TokenSet, Usage,
};
pub use youtube::YouTube;
