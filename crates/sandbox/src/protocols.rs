//! The table of the simulated networks. A new one is one line in it; see `protocol.rs`.

use rookery_kernel::Platform;

use crate::protocol::Protocol;

/// In alphabetical order, one line each.
#[rustfmt::skip]
const PROTOCOLS: &[&dyn Protocol] = &[
    &crate::bluesky::Bluesky,
    &crate::facebook::Facebook,
    &crate::instagram::Instagram,
    &crate::linkedin::LinkedIn,
    &crate::mastodon::Mastodon,
    &crate::reddit::Reddit,
    &crate::threads::Threads,
    &crate::tiktok::TikTok,
    &crate::twitter::Twitter,
    &crate::youtube::YouTube,
];

/// All simulated networks.
pub(crate) fn protocols() -> impl Iterator<Item = &'static dyn Protocol> {
    PROTOCOLS.iter().copied()
}

/// The network, if it is simulated.
pub(crate) fn protocol(platform: Platform) -> Option<&'static dyn Protocol> {
    protocols().find(|p| p.platform() == platform)
}

/// The network of something that exists in the world.
pub(crate) fn of(platform: Platform) -> &'static dyn Protocol {
    protocol(platform).expect("accounts, posts and calls exist only for networks of the table")
}

/// Labels of the simulated networks, for sentences: "facebook, mastodon".
pub(crate) fn labels() -> String {
    let labels: Vec<&str> = protocols().map(|p| p.platform().label()).collect();
    labels.join(", ")
}

/// Network and host part of a path: `/youtube-upload/x` is YouTube's host `upload`.
pub(crate) fn by_path(path: &str) -> Option<(&'static dyn Protocol, Option<&str>)> {
    let first = path.trim_start_matches('/').split('/').next()?;
    let (label, part) = match first.split_once('-') {
        None => (first, None),
        Some((label, part)) if !part.is_empty() => (label, Some(part)),
        Some(_) => return None,
    };
    Some((protocols().find(|p| p.platform().label() == label)?, part))
}

/// Id and secret of the client that a network knows from the start; `None` if the network is not
/// simulated or lets clients register themselves.
pub fn sandbox_app(platform: Platform) -> Option<(&'static str, &'static str)> {
    protocol(platform)?.app().map(|app| (app.client_id, app.client_secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_network_and_maybe_a_host_of_it() {
        let at = |path| by_path(path).map(|(p, part)| (p.platform(), part));
        assert_eq!(at("/facebook/v25.0/me"), Some((Platform::Facebook, None)));
        assert_eq!(at("/facebook"), Some((Platform::Facebook, None)));
        assert_eq!(at("/mastodon-upload/x"), Some((Platform::Mastodon, Some("upload"))));
        assert_eq!(at("/mastodon-/x"), None);
        assert_eq!(at("/facebookx/y"), None);
        assert_eq!(at("/"), None);
    }

    #[test]
    fn the_table_is_in_order_and_names_every_network_once() {
        let names: Vec<&str> = protocols().map(|p| p.platform().label()).collect();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(names, sorted);
    }
}
