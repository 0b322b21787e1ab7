//! What goes into a connector and what comes out, the same for every network.

mod connect;
mod media;
mod numbers;
mod post;

pub use connect::{
    Access, AppCredentials, AuthorizeRequest, Capabilities, ExchangeRequest, InstanceLimits, PostingChoices, Profile,
    RegisterRequest, SignIn, TokenSet,
};
pub use media::{Media, MediaKind, MediaSource};
pub use numbers::{AccountMetrics, Basis, ContentMetrics, ItemFailure, MetricsBatch, OddField, OddKind, Pace, Usage};
pub use post::{
    Ability, ContentFormat, ContentItem, ContentPage, Draft, DraftKind, Found, Handles, OddItem, Prepared, Published,
    ReplyTo, Search, Sent,
};
