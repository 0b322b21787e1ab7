//! Simulated networks that speak the real networks' HTTP APIs, each below its label: Facebook Pages
//! (Graph API) below `/facebook/`, a Mastodon server below `/mastodon/`. The table is in `protocols.rs`.
//!
//! A connector cannot tell them from the real ones except by the base address. Accounts, posts and
//! tokens are held in memory (and in a journal, if a state file is named); an audience reads and
//! reacts; faults are played on request; pages for people show what was posted. All time comes from
//! the clock that is passed in, wrapped in a [`TravelClock`]: set back, the world is as it was then,
//! posts of the future included (they do not exist yet). That is how a demo collects months of
//! history through the real path, day by day.
//!
//! # Control
//! [`Sandbox::control`] in Rust, `/_control/…` over HTTP with the same abilities:
//!
//! | | |
//! |---|---|
//! | `GET /_control/state` | time, accounts with tokens, posts, calls, faults |
//! | `POST /_control/accounts` | `{"platform","handle","name","followers","zone"?,…}` creates or finds |
//! | `GET /_control/accounts/{id}` · `…/posts` | working tokens · posts held |
//! | `POST /_control/accounts/{id}/history` | `{"days","posts_per_week","topics"?}` |
//! | `POST /_control/accounts/{id}/end-tokens` | `{"reason":"expired"\|"revoked"\|"password_changed"\|"role_lost"}` |
//! | `DELETE /_control/posts/{id}` | a moderator takes a post away |
//! | `GET POST DELETE /_control/faults`, `DELETE …/{id}` | rules, see [`FaultRule`] and [`Effect`] |
//! | `GET POST /_control/clock` | `{"now":"2026-01-05T23:59:00Z"}`, `{"offset_seconds":-3600}`, `{"now":null}` |
//! | `GET DELETE /_control/calls` | every call with account, key, outcome |
//! | `GET POST /_control/settings` | see [`Settings`] |
//! | `GET /_control/truth` | the true effects |
//!
//! # The audience and its truth
//! Views of a post: followers × reach rate × exp(effects + 0.75 × luck), luck standard normal, so
//! reach is long-tailed. They arrive with a half-life of 36 hours, faster when the audience is
//! awake (hour and weekday in its zone), each day of the post's life with its own mood. Effects of
//! format, hour and weekday of publishing, hashtags and the shape of the text ([`Archetype`]) are
//! added up in the logarithm; engagement rates have effects and luck of their own. The tables are in
//! `truth.rs` and leave the simulator only through [`Control::truth`]. Every number is a function of
//! (seed, post, time): asking twice gives the same, totals grow, and what Facebook corrects later
//! (views, viewers, clicks of the last 48 hours; days of a page) is off by a few per cent at first.
//!
//! # Not simulated
//! Media upload, comments as objects, native scheduling, webhooks, search, notifications.

mod audience;
mod bluesky;
mod call;
mod calls;
mod chance;
mod clock;
mod container;
mod control;
mod credentials;
mod facebook;
mod faults;
mod gate;
mod history;
mod hooks;
mod instagram;
mod journal;
mod linkedin;
mod lookup;
mod mastodon;
mod media;
mod meta;
mod network;
mod oauth;
mod pages;
mod protocol;
mod protocols;
mod reddit;
mod routes;
mod server;
mod texts;
mod threads;
mod tiktok;
mod truth;
mod twitter;
mod views;
mod world;
mod youtube;

pub use bluesky::BLUESKY_APP_PASSWORD;
pub use calls::{CallOutcome, CallRecord};
pub use clock::TravelClock;
pub use control::Control;
pub use facebook::{FACEBOOK_APP_ID, FACEBOOK_APP_SECRET};
pub use faults::{Effect, Endpoint, FaultRule, FaultState, Garbling, Silence};
pub use hooks::{ReceivedPublish, When};
pub use journal::JournalError;
pub use media::{MediaItem, MediaKind};
pub use network::Settings;
pub use protocols::sandbox_app;
pub use server::{Sandbox, SandboxConfig, StartError};
pub use texts::{Topic, UnknownTopic};
pub use truth::{Archetype, PostTruth, Truth};
pub use views::{AccountOptions, ControlError, SandboxAccount, SandboxPost, StateView};
pub use world::{DeletedBy, Format, TokenEnd};
