//! The connectors against recorded answers, over real HTTP.

mod bluesky;
mod facebook;
mod fake;
mod mastodon;
mod transport;
mod twitter;
