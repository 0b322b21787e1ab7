//! "It is online at …": what a person says about a post of unknown fate, and how it is recognized at a network. Pure.

use rookery_accounts::Account;
use rookery_platforms::{ContentItem, Published};
use url::Url;

/// A piece of an id that is shorter proves nothing.
const PIECE_MIN: usize = 4;

/// Where a post of unknown fate was found by a person; at least one of the two.
#[derive(Debug, Clone, Default)]
pub struct Sighting {
    /// Its id at the network.
    pub platform_post_id: Option<String>,
    /// Its public address.
    pub url: Option<String>,
}

/// A sighting that says something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    id: Option<String>,
    pub url: Option<Url>,
}

impl Sighting {
    pub(crate) fn read(&self) -> Option<Seen> {
        let filled = |s: &Option<String>| s.as_deref().map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned);
        let url = match filled(&self.url) {
            Some(url) => {
                let url = url.parse::<Url>().ok();
                Some(url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())?)
            }
            None => None,
        };
        let seen = Seen { id: filled(&self.platform_post_id), url };
        (seen.id.is_some() || seen.url.as_ref().is_some_and(|url| last_piece(url).is_some())).then_some(seen)
    }
}

impl Seen {
    /// As the person told it: the id, or what stands last in the address.
    pub(crate) fn told(&self) -> Option<Published> {
        let external_id = self.id.clone().or_else(|| self.url.as_ref().and_then(last_piece))?;
        Some(Published { external_id, permalink: self.url.as_ref().map(Url::to_string) })
    }

    /// Whether an item of the account is the one that was seen.
    pub(crate) fn is(&self, item: &ContentItem) -> bool {
        if let Some(id) = &self.id {
            return *id == item.external_id;
        }
        let Some(url) = &self.url else { return false };
        let permalink = item.permalink.as_deref().and_then(|link| link.parse::<Url>().ok());
        if permalink.is_some_and(|link| place(&link) == place(url)) {
            return true;
        }
        // Networks write ids in addresses whole (`/status/1234`), or the last piece of them (`at://…/3kabc`, `1_2`, `t3_x`).
        let piece = item.external_id.rsplit(['/', ':', '_']).next().filter(|piece| piece.len() >= PIECE_MIN);
        pieces(url).iter().any(|p| *p == item.external_id || Some(p.as_str()) == piece)
    }
}

/// Host and path of an address, without what differs between a telephone's and a desk's.
fn place(url: &Url) -> (String, String, Option<String>) {
    let path = url.path().trim_end_matches('/').to_owned();
    let video = url.query_pairs().find(|(name, _)| name == "v").map(|(_, value)| value.into_owned());
    (host(url), path, video)
}

fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().to_lowercase();
    let plain = host.strip_prefix("www.").or_else(|| host.strip_prefix("m.")).or_else(|| host.strip_prefix("mobile."));
    plain.unwrap_or(&host).to_owned()
}

/// Everything in an address that may be an id.
fn pieces(url: &Url) -> Vec<String> {
    let segments = url.path_segments().into_iter().flatten().filter(|s| !s.is_empty()).map(str::to_owned);
    segments.chain(url.query_pairs().map(|(_, value)| value.into_owned())).collect()
}

fn last_piece(url: &Url) -> Option<String> {
    url.path_segments().into_iter().flatten().rfind(|s| !s.is_empty()).map(str::to_owned)
}

/// Whether an address is one of the account's network: its web pages, its own server, or where its profile is.
pub(crate) fn is_at_network(url: &Url, account: &Account) -> bool {
    let wanted = host(url);
    let own = [account.base_url.clone(), account.profile_url.as_deref().and_then(|p| p.parse().ok())];
    let mut known = account.platform.web_hosts().iter().map(|h| (*h).to_owned()).chain(own.iter().flatten().map(host));
    // Of an account without any address nothing can be said.
    known.clone().next().is_none() || known.any(|known| known == wanted)
}

#[cfg(test)]
mod tests {
    use rookery_kernel::Timestamp;

    use super::*;

    fn seen(url: &str) -> Option<Seen> {
        Sighting { platform_post_id: None, url: Some(url.to_owned()) }.read()
    }

    #[test]
    fn the_id_is_what_stands_last_in_the_address() {
        let id = |url: &str| seen(url).and_then(|seen| seen.told()).map(|p| p.external_id);
        assert_eq!(id("https://example.org/@ann/1234/?x=1#c"), Some("1234".to_owned()));
        for nothing in ["not an address", "https://example.org", "ftp://example.org/1", "javascript:alert(1)"] {
            assert_eq!(id(nothing), None, "{nothing}");
        }
        let both = Sighting { platform_post_id: Some("9".to_owned()), url: Some("https://example.org/p/1".to_owned()) };
        assert_eq!(both.read().and_then(|s| s.told()).map(|p| p.external_id), Some("9".to_owned()));
        assert!(Sighting::default().read().is_none());
    }

    #[test]
    fn an_item_is_recognized_by_its_address_or_by_its_id_in_it() {
        let item = |id: &str, permalink: Option<&str>| ContentItem {
            external_id: id.to_owned(),
            external_parent_id: None,
            format: rookery_platforms::ContentFormat::Post,
            caption: None,
            hashtags: Vec::new(),
            language: None,
            permalink: permalink.map(str::to_owned),
            media_url: None,
            thumbnail_url: None,
            duration_ms: None,
            published_at: Timestamp::from_secs(0),
            raw: serde_json::Value::Null,
        };
        let table = [
            ("https://x.com/ann/status/1770001?s=20", item("1770001", None), true),
            (
                "https://bsky.app/profile/ann.example/post/3kabc",
                item("at://did:plc:x/app.bsky.feed.post/3kabc", None),
                true,
            ),
            ("https://www.linkedin.com/feed/update/urn:li:share:77001/", item("urn:li:share:77001", None), true),
            ("https://www.youtube.com/watch?v=abcd1234", item("abcd1234", None), true),
            ("https://www.reddit.com/r/rust/comments/1abcd/hello/", item("t3_1abcd", None), true),
            ("https://www.facebook.com/page/posts/2002", item("1001_2002", None), true),
            ("https://www.instagram.com/p/Cxyz/", item("178001", Some("https://instagram.com/p/Cxyz")), true),
            ("https://mobile.example/@ann/5", item("9", Some("https://example/@ann/5/")), true),
            (
                "https://www.youtube.com/watch?v=other123",
                item("x", Some("https://www.youtube.com/watch?v=abcd1234")),
                false,
            ),
            ("https://x.com/ann/status/1770002", item("1770001", None), false),
            ("https://example.org/a/b", item("1_b", None), false),
        ];
        for (url, item, expected) in table {
            assert_eq!(seen(url).expect("an address").is(&item), expected, "{url} {}", item.external_id);
        }
    }
}
