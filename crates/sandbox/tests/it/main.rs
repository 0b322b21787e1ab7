//! The simulated networks over HTTP.

mod facebook;
mod facebook_oauth;
mod faults;
mod house;
mod mastodon;
mod mastodon_oauth;
mod world;
