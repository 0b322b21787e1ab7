//! What goes into a connector and what comes out, the same for every network.

mod connect;
mod numbers;
mod post;

pub use connect::{
    Access, AppCredentials, AuthorizeRequest, Capabilities, ExchangeRequest, InstanceLimits, Profile, RegisterRequest,
    TokenSet,
};
pub use numbers::{AccountMetrics, Basis, ContentMetrics, ItemFailure, MetricsBatch, Pace, Usage};
pub use post::{ContentFormat, ContentItem, ContentPage, Draft, Found, Published, Search};
