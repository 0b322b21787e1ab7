//! The options that networks know, as fields of the form. Names and values are those that the connectors read
//! (crates/platforms, one module per network); what a network does not read is not offered.

use std::collections::BTreeMap;

use rookery_kernel::Platform;
use serde_json::{Map, Value};

/// How an option is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// One of some values, with words for each; the first is the network's own choice and is not sent.
    Choice(&'static [(&'static str, &'static str)]),
    /// A short text; an example.
    Text(&'static str),
    /// Yes or no.
    Flag,
}

/// One option of a network.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub name: &'static str,
    pub label: &'static str,
    pub kind: Kind,
}

const fn choice(name: &'static str, label: &'static str, values: &'static [(&'static str, &'static str)]) -> Known {
    Known { name, label, kind: Kind::Choice(values) }
}

const fn text(name: &'static str, label: &'static str, example: &'static str) -> Known {
    Known { name, label, kind: Kind::Text(example) }
}

const fn flag(name: &'static str, label: &'static str) -> Known {
    Known { name, label, kind: Kind::Flag }
}

const MASTODON: &[Known] = &[
    choice(
        "visibility",
        "Visibility",
        &[("", "Public"), ("unlisted", "Unlisted"), ("private", "Followers only"), ("direct", "Mentioned people only")],
    ),
    text("spoiler_text", "Content warning", "Spoilers for the finale"),
    flag("sensitive", "Sensitive media"),
    text("language", "Language", "en"),
];
const TWITTER: &[Known] = &[
    choice(
        "reply_settings",
        "Who can reply",
        &[("", "Everybody"), ("following", "Accounts you follow"), ("mentionedUsers", "Mentioned accounts")],
    ),
    flag("made_with_ai", "Made with AI"),
    flag("paid_partnership", "Paid partnership"),
];
const THREADS: &[Known] = &[
    choice(
        "reply_control",
        "Who can reply",
        &[("", "Everybody"), ("accounts_you_follow", "Accounts you follow"), ("mentioned_only", "Mentioned accounts")],
    ),
    text("topic_tag", "Topic", "birdwatching"),
];
const LINKEDIN: &[Known] = &[
    choice("visibility", "Visibility", &[("", "Everybody"), ("CONNECTIONS", "Connections only")]),
    flag("is_reshare_disabled", "No resharing"),
    text("description", "Description of the link", "What waits behind it"),
];
const BLUESKY: &[Known] = &[
    text("link_title", "Title of the link card", "Field notes, spring"),
    text("link_description", "Description of the link card", "What waits behind it"),
];
const INSTAGRAM: &[Known] = &[
    choice("share_to_feed", "Reels", &[("", "Also in the feed"), ("false", "Only under reels")]),
    text("location_id", "Id of the place", "213385402"),
];
const TIKTOK: &[Known] = &[
    // The network's guidelines: nothing of this is chosen in advance.
    choice(
        "privacy_level",
        "Who can see it",
        &[
            ("", "Choose …"),
            ("PUBLIC_TO_EVERYONE", "Everybody"),
            ("MUTUAL_FOLLOW_FRIENDS", "Friends"),
            ("FOLLOWER_OF_CREATOR", "Followers"),
            ("SELF_ONLY", "Only you"),
        ],
    ),
    flag("allow_comment", "Allow comments"),
    flag("allow_duet", "Allow duets"),
    flag("allow_stitch", "Allow stitches"),
    flag("brand_organic_toggle", "Promotes your own business (shown as “Promotional content”)"),
    flag("brand_content_toggle", "Advertises for somebody else (shown as “Paid partnership”)"),
    flag("is_aigc", "Made with AI"),
];
const YOUTUBE: &[Known] = &[
    choice("privacy_status", "Visibility", &[("", "Public"), ("unlisted", "Unlisted"), ("private", "Private")]),
    flag("made_for_kids", "Made for children"),
    flag("contains_synthetic_media", "Contains altered or made-up scenes"),
    choice("license", "Licence", &[("", "YouTube's"), ("creativeCommon", "Creative Commons")]),
];
const REDDIT: &[Known] = &[
    text("subreddit", "Subreddit", "birding"),
    text("flair_id", "Id of the flair", ""),
    text("flair_text", "Text of the flair", "Sighting"),
    flag("nsfw", "Not safe for work"),
    flag("spoiler", "Spoiler"),
];

/// What a network knows.
pub(super) const fn of(network: Platform) -> &'static [Known] {
    match network {
        Platform::Mastodon => MASTODON,
        Platform::Twitter => TWITTER,
        Platform::Threads => THREADS,
        Platform::Linkedin => LINKEDIN,
        Platform::Bluesky => BLUESKY,
        Platform::Instagram => INSTAGRAM,
        Platform::Tiktok => TIKTOK,
        Platform::Youtube => YOUTUBE,
        Platform::Reddit => REDDIT,
        Platform::Facebook => &[],
    }
}

/// What a person agrees to by posting there, with addresses: said beside the options where the network wants it said.
pub(super) const fn terms(network: Platform) -> &'static [(&'static str, &'static str)] {
    match network {
        Platform::Tiktok => &[
            ("Music Usage Confirmation", "https://www.tiktok.com/legal/page/global/music-usage-confirmation/en"),
            (
                "Branded Content Policy, if you advertise for somebody else",
                "https://www.tiktok.com/legal/page/global/bc-policy/en",
            ),
        ],
        _ => &[],
    }
}

/// Whether a title is shown at the network.
pub(super) const fn has_title(network: Platform) -> bool {
    matches!(network, Platform::Youtube | Platform::Reddit | Platform::Tiktok | Platform::Linkedin)
}

/// What was typed for each option, by network and name.
pub(super) type Typed = BTreeMap<(Platform, String), String>;

/// The options as they are stored. What the form does not know stays as it was: it came by the API.
pub(super) fn read(typed: &Typed, stored: &BTreeMap<Platform, Value>) -> BTreeMap<Platform, Value> {
    let mut all = BTreeMap::new();
    for network in Platform::ALL {
        let mut words = stored.get(&network).and_then(Value::as_object).cloned().unwrap_or_default();
        for known in of(network) {
            let value = typed.get(&(network, known.name.to_owned())).map_or("", |v| v.trim());
            match value_of(known.kind, value) {
                Some(value) => words.insert(known.name.to_owned(), value),
                None => words.remove(known.name),
            };
        }
        if !words.is_empty() {
            all.insert(network, Value::Object(words));
        }
    }
    all
}

fn value_of(kind: Kind, value: &str) -> Option<Value> {
    match kind {
        _ if value.is_empty() => None,
        Kind::Flag => Some(Value::Bool(true)),
        // The words of the form for "no" are the network's.
        Kind::Choice(_) if value == "false" => Some(Value::Bool(false)),
        Kind::Choice(values) => values.iter().any(|(v, _)| *v == value).then(|| Value::String(value.to_owned())),
        Kind::Text(_) => Some(Value::String(value.to_owned())),
    }
}

/// What the form shows for stored options.
pub(super) fn typed(stored: &BTreeMap<Platform, Value>) -> Typed {
    let mut typed = Typed::new();
    for (network, words) in stored {
        let words = words.as_object().map_or_else(Map::new, Clone::clone);
        for known in of(*network) {
            let value = match words.get(known.name) {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Bool(true)) => "true".to_owned(),
                Some(Value::Bool(false)) if matches!(known.kind, Kind::Choice(_)) => "false".to_owned(),
                _ => continue,
            };
            typed.insert((*network, known.name.to_owned()), value);
        }
    }
    typed
}

#[cfg(test)]
mod tests {
    use super::*;
    use rookery_kernel::SystemClock;
    use rookery_platforms::{Connectors, HttpClient, HttpConfig};
    use serde_json::json;
    use std::sync::Arc;

    #[test]
    fn what_the_form_offers_the_connectors_read() {
        let http = HttpClient::new(HttpConfig::local(), Arc::new(SystemClock)).expect("a client");
        let connectors = Connectors::standard(http);
        for network in Platform::ALL {
            let read = connectors.get(network).expect("every network has one").capabilities().options;
            let lost: Vec<_> = of(network).iter().map(|o| o.name).filter(|name| !read.contains(name)).collect();
            assert!(lost.is_empty(), "{network}: the form asks for {lost:?}, and the connector reads {read:?}");
        }
    }

    #[test]
    fn what_is_typed_is_stored_and_shown_again_and_the_rest_stays() {
        let stored = [(Platform::Mastodon, json!({"visibility": "private", "focus": [[0, 1]]}))].into();
        let given = [
            ((Platform::Mastodon, "visibility".to_owned()), "unlisted".to_owned()),
            ((Platform::Mastodon, "sensitive".to_owned()), "true".to_owned()),
            ((Platform::Instagram, "share_to_feed".to_owned()), "false".to_owned()),
            ((Platform::Youtube, "privacy_status".to_owned()), "for my aunt".to_owned()),
            ((Platform::Reddit, "subreddit".to_owned()), " birding ".to_owned()),
        ];
        let options = read(&given.into(), &stored);
        let expected = [
            (Platform::Mastodon, json!({"visibility": "unlisted", "sensitive": true, "focus": [[0, 1]]})),
            (Platform::Instagram, json!({"share_to_feed": false})),
            (Platform::Reddit, json!({"subreddit": "birding"})),
        ];
        assert_eq!(options, expected.into());
        assert_eq!(read(&typed(&options), &options), options);
    }
}
