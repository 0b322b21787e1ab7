//! The connectors against recorded answers, over real HTTP.

mod facebook;
mod fake;
mod mastodon;
mod transport;
mod twitter;
