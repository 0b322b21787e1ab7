//! The simulated networks over HTTP.

mod bluesky;
mod connect;
mod connector_bluesky;
mod connector_instagram;
mod connector_linkedin;
mod connector_reddit;
mod connector_threads;
mod connector_tiktok;
mod connector_twitter;
mod connector_youtube;
mod facebook;
mod facebook_oauth;
mod faults;
mod house;
mod instagram;
mod linkedin;
mod mastodon;
mod mastodon_oauth;
mod pictures;
mod reddit;
mod threads;
mod tiktok;
mod twitter;
mod world;
mod youtube;
