//! The networks.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A network. Labels are those of the database enum `accounts.platform`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "accounts.platform", rename_all = "snake_case")]
pub enum Platform {
    /// Threads.
    Threads,
    /// Instagram (professional accounts).
    Instagram,
    /// X; `twitter` is the stored name.
    Twitter,
    /// Facebook Pages.
    Facebook,
    /// LinkedIn.
    Linkedin,
    /// TikTok.
    Tiktok,
    /// Reddit.
    Reddit,
    /// YouTube.
    Youtube,
    /// A Mastodon server or one that speaks its API.
    Mastodon,
    /// Bluesky or another AT Protocol server.
    Bluesky,
}

impl Platform {
    /// All networks, in the order of the database enum.
    pub const ALL: [Self; 10] = [
        Self::Threads,
        Self::Instagram,
        Self::Twitter,
        Self::Facebook,
        Self::Linkedin,
        Self::Tiktok,
        Self::Reddit,
        Self::Youtube,
        Self::Mastodon,
        Self::Bluesky,
    ];

    /// The stored label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Threads => "threads",
            Self::Instagram => "instagram",
            Self::Twitter => "twitter",
            Self::Facebook => "facebook",
            Self::Linkedin => "linkedin",
            Self::Tiktok => "tiktok",
            Self::Reddit => "reddit",
            Self::Youtube => "youtube",
            Self::Mastodon => "mastodon",
            Self::Bluesky => "bluesky",
        }
    }

    /// The name people know.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Threads => "Threads",
            Self::Instagram => "Instagram",
            Self::Twitter => "X",
            Self::Facebook => "Facebook",
            Self::Linkedin => "LinkedIn",
            Self::Tiktok => "TikTok",
            Self::Reddit => "Reddit",
            Self::Youtube => "YouTube",
            Self::Mastodon => "Mastodon",
            Self::Bluesky => "Bluesky",
        }
    }

    /// Hosts of the network's own web pages, without `www.`; none where every account has its own server.
    pub const fn web_hosts(self) -> &'static [&'static str] {
        match self {
            Self::Threads => &["threads.net", "threads.com"],
            Self::Instagram => &["instagram.com"],
            Self::Twitter => &["x.com", "twitter.com"],
            Self::Facebook => &["facebook.com", "fb.watch"],
            Self::Linkedin => &["linkedin.com", "lnkd.in"],
            Self::Tiktok => &["tiktok.com", "vm.tiktok.com"],
            Self::Reddit => &["reddit.com", "old.reddit.com", "redd.it"],
            Self::Youtube => &["youtube.com", "youtu.be"],
            Self::Bluesky => &["bsky.app"],
            Self::Mastodon => &[],
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// A name that is no network of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown network {0:?}")]
pub struct UnknownPlatform(pub String);

impl FromStr for Platform {
    type Err = UnknownPlatform;

    /// Any letter case; `x` means `twitter`.
    fn from_str(s: &str) -> Result<Self, UnknownPlatform> {
        let lower = s.to_ascii_lowercase();
        let label = if lower == "x" { "twitter" } else { &lower };
        Self::ALL.into_iter().find(|p| p.label() == label).ok_or_else(|| UnknownPlatform(s.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Platform {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upper_case_and_the_new_name_of_twitter_are_read() {
        assert_eq!("TWITTER".parse(), Ok(Platform::Twitter));
        assert_eq!("x".parse(), Ok(Platform::Twitter));
        assert_eq!(serde_json::to_string(&Platform::Twitter).expect("plain"), "\"twitter\"");
        assert!("myspace".parse::<Platform>().is_err());
    }
}
