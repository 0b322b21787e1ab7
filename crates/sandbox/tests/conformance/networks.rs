//! What the cases must know about each network beyond its capabilities. A new network is one entry in
//! [`LINES`] and one line in `main.rs`.

use rookery_kernel::Platform;
use rookery_platforms::ContentMetrics;
use serde_json::{Value, json};

/// A column of the numbers of posts.
pub type Column = fn(&ContentMetrics) -> Option<i64>;

/// A network in the suite.
pub struct Line {
    pub platform: Platform,
    /// Options without which the network takes no draft.
    pub options: fn() -> Value,
    /// Fields of an answer to leave out, and the column that is unknown then.
    pub missing: (&'static [&'static str], Column),
    /// Cases that the network has nothing for, with the reason. Everything else must pass.
    pub not_offered: &'static [(&'static str, &'static str)],
}

fn none() -> Value {
    Value::Null
}

fn reddit() -> Value {
    json!({ "subreddit": "r/bakers" })
}

const KEYED: (&str, &str) = ("duplicate text", "the network takes equal texts; a key of ours tells repetitions apart");

const EQUAL: (&str, &str) =
    ("duplicate text", "the network takes equal posts; what is in doubt is looked up by its handle");

const EQUAL_LINKS: (&str, &str) =
    ("duplicate text", "the network takes equal texts; what it may refuse is a link that a community has already");

const SILENT_QUOTA: (&str, &str) = ("quota shown", "the network does not tell how much of a quota is used");

/// In the order of the table.
pub const LINES: &[Line] = &[
    Line {
        platform: Platform::Bluesky,
        options: none,
        missing: (&["likeCount"], |m| m.reactions),
        not_offered: &[KEYED],
    },
    Line { platform: Platform::Facebook, options: none, missing: (&["post_clicks"], |m| m.clicks), not_offered: &[] },
    Line {
        platform: Platform::Linkedin,
        options: none,
        missing: (&["likeCount"], |m| m.reactions),
        not_offered: &[SILENT_QUOTA],
    },
    Line {
        platform: Platform::Mastodon,
        options: none,
        missing: (&["favourites_count"], |m| m.reactions),
        not_offered: &[KEYED],
    },
    Line {
        platform: Platform::Reddit,
        options: reddit,
        missing: (&["num_crossposts"], |m| m.shares),
        not_offered: &[EQUAL_LINKS],
    },
    Line { platform: Platform::Threads, options: none, missing: (&["likes"], |m| m.reactions), not_offered: &[EQUAL] },
    Line { platform: Platform::Twitter, options: none, missing: (&["like_count"], |m| m.reactions), not_offered: &[] },
];
