//! The connectors against recorded answers, over real HTTP.

mod bluesky;
mod facebook;
mod fake;
mod instagram;
mod linkedin;
mod listing;
mod mastodon;
mod meta;
mod options;
mod reddit;
mod threads;
mod tiktok;
mod transport;
mod twitter;
mod youtube;
