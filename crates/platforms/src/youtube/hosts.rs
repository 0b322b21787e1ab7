//! Google spreads what belongs together over many hosts.

use url::Url;

/// The host of the Data API, and what the other hosts are derived from.
const API: &str = "www.googleapis.com";

/// A host beside the Data API's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Host {
    /// Consent.
    Accounts,
    /// Tokens.
    Tokens,
    /// Reports.
    Analytics,
    /// Pages for people.
    Www,
}

/// Beside the real host the real ones; beside a local server `<base>-accounts` and so on.
pub(super) fn host(base: &Url, host: Host) -> Url {
    let (real, part) = match host {
        Host::Accounts => ("https://accounts.google.com/", "accounts"),
        Host::Tokens => ("https://oauth2.googleapis.com/", "oauth2"),
        Host::Analytics => ("https://youtubeanalytics.googleapis.com/", "analytics"),
        Host::Www => ("https://www.youtube.com/", "www"),
    };
    if is_real(base) {
        return real.parse().expect("an address");
    }
    let mut url = base.clone();
    url.set_path(&format!("{}-{part}", base.path().trim_end_matches('/')));
    url
}

fn is_real(base: &Url) -> bool {
    matches!(base.host_str(), Some(API | "youtube.googleapis.com"))
}

/// Whether bytes may go to the address of an upload session: the configured server, or Google's hosts.
pub(super) fn may_upload_to(base: &Url, upload: &Url) -> bool {
    let is_googles = |host: &str| host == API || host.ends_with(".googleapis.com");
    upload.origin() == base.origin()
        || (is_real(base) && upload.scheme() == "https" && upload.host_str().is_some_and(is_googles))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_hosts_follow_from_the_base() {
        let real: Url = "https://www.googleapis.com/".parse().expect("an address");
        let local: Url = "http://127.0.0.1:1/youtube/".parse().expect("an address");
        assert_eq!(host(&real, Host::Tokens).as_str(), "https://oauth2.googleapis.com/");
        assert_eq!(host(&local, Host::Analytics).as_str(), "http://127.0.0.1:1/youtube-analytics");
        for (base, upload, may) in [
            (&real, "https://www.googleapis.com/upload/youtube/v3/videos?upload_id=1", true),
            (&real, "https://youtube.googleapis.com/upload/youtube/v3/videos?upload_id=1", true),
            (&real, "http://www.googleapis.com/upload", false),
            (&real, "https://googleapis.com.evil.example/", false),
            (&local, "http://127.0.0.1:1/youtube/upload/youtube/v3/videos?upload_id=1", true),
            (&local, "https://www.googleapis.com/upload", false),
        ] {
            assert_eq!(may_upload_to(base, &upload.parse().expect("an address")), may, "{upload}");
        }
    }
}
