//! What the cases must know about each network beyond its capabilities. A new network is one entry in
//! [`LINES`] and one line in `main.rs`.

use rookery_kernel::Platform;
use rookery_platforms::{Ability, ContentMetrics};
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
    /// A story stands among the account's posts as long as it is shown.
    pub lists_stories: bool,
    /// Of these nobody can tell whether a lost request arrived: the look-up says so, and a person decides.
    pub untold: &'static [Ability],
    /// Cases that the network has nothing for, with the reason. Everything else must pass.
    pub not_offered: &'static [(&'static str, &'static str)],
}

fn none() -> Value {
    Value::Null
}

fn reddit() -> Value {
    json!({ "subreddit": "r/bakers" })
}

/// A person chooses who sees it.
fn tiktok() -> Value {
    json!({ "privacy_level": "PUBLIC_TO_EVERYONE" })
}

const KEYED: (&str, &str) = ("duplicate text", "the network takes equal texts; a key of ours tells repetitions apart");

const EQUAL: (&str, &str) =
    ("duplicate text", "the network takes equal posts; what is in doubt is looked up by its handle");

const EQUAL_LINKS: (&str, &str) =
    ("duplicate text", "the network takes equal texts; what it may refuse is a link that a community has already");

const EQUAL_FILES: (&str, &str) =
    ("duplicate text", "the network takes equal texts; an equal file it may reject later, which is not simulated");

const SILENT_QUOTA: (&str, &str) = ("quota shown", "the network does not tell how much of a quota is used");

/// In the order of the table.
pub const LINES: &[Line] = &[
    Line {
        platform: Platform::Bluesky,
        options: none,
        missing: (&["likeCount"], |m| m.reactions),
        lists_stories: false,
        untold: &[],
        not_offered: &[KEYED],
    },
    Line {
        platform: Platform::Facebook,
        options: none,
        missing: (&["post_clicks"], |m| m.clicks),
        lists_stories: false,
        untold: &[],
        not_offered: &[],
    },
    Line {
        platform: Platform::Instagram,
        options: none,
        missing: (&["saved"], |m| m.saves),
        lists_stories: true,
        untold: &[],
        not_offered: &[EQUAL],
    },
    Line {
        platform: Platform::Linkedin,
        options: none,
        missing: (&["likeCount"], |m| m.reactions),
        lists_stories: false,
        untold: &[],
        not_offered: &[SILENT_QUOTA],
    },
    Line {
        platform: Platform::Mastodon,
        options: none,
        missing: (&["favourites_count"], |m| m.reactions),
        lists_stories: false,
        untold: &[],
        not_offered: &[KEYED],
    },
    Line {
        platform: Platform::Reddit,
        options: reddit,
        missing: (&["num_crossposts"], |m| m.shares),
        lists_stories: false,
        untold: &[],
        not_offered: &[EQUAL_LINKS],
    },
    Line {
        platform: Platform::Threads,
        options: none,
        missing: (&["likes"], |m| m.reactions),
        lists_stories: false,
        untold: &[],
        not_offered: &[EQUAL],
    },
    Line {
        platform: Platform::Tiktok,
        options: tiktok,
        missing: (&["like_count"], |m| m.reactions),
        lists_stories: false,
        untold: &[Ability::Image, Ability::Carousel],
        not_offered: &[EQUAL, SILENT_QUOTA],
    },
    Line {
        platform: Platform::Twitter,
        options: none,
        missing: (&["like_count"], |m| m.reactions),
        lists_stories: false,
        untold: &[],
        not_offered: &[],
    },
    Line {
        platform: Platform::Youtube,
        options: none,
        missing: (&["likeCount"], |m| m.reactions),
        lists_stories: false,
        untold: &[],
        not_offered: &[EQUAL_FILES, SILENT_QUOTA],
    },
];
