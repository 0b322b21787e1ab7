//! What the cases must know about each network beyond its capabilities. A new network is one entry in
//! [`LINES`] and one line in `main.rs`.

use rookery_kernel::Platform;
use rookery_platforms::ContentMetrics;
use serde_json::Value;

/// A network in the suite.
pub struct Line {
    pub platform: Platform,
    /// Options without which the network takes no draft.
    pub options: fn() -> Value,
    /// Fields of an answer to leave out, and the column that is unknown then.
    pub missing: (&'static [&'static str], fn(&ContentMetrics) -> Option<i64>),
    /// Cases that the network has nothing for, with the reason. Everything else must pass.
    pub not_offered: &'static [(&'static str, &'static str)],
}

fn none() -> Value {
    Value::Null
}

/// Alphabetical.
pub const LINES: &[Line] = &[FACEBOOK, MASTODON];

pub const FACEBOOK: Line =
    Line { platform: Platform::Facebook, options: none, missing: (&["post_clicks"], |m| m.clicks), not_offered: &[] };

pub const MASTODON: Line = Line {
    platform: Platform::Mastodon,
    options: none,
    missing: (&["favourites_count"], |m| m.reactions),
    not_offered: &[("duplicate text", "the server takes equal texts; the key tells repetitions apart")],
};
