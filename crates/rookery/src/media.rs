//! The library of media over the storage that is set.

use std::sync::Arc;

use rookery_db::Db;
use rookery_jobs::Jobs;
use rookery_kernel::{Clock, IdGen};
use rookery_media::{FetchLimits, Fetcher, Links, Storage};
use rookery_platforms::{PrivateAddresses, is_private_literal};
use rookery_publishing::{LibraryParts, MediaLibrary, MediaLimits};
use url::Url;

use crate::config::Config;
use crate::wiring::BadSetup;

/// The library; [`BadSetup::Media`] if its storage cannot be used.
pub(crate) fn library(
    config: &Config,
    (db, clock, ids, jobs): (Db, Arc<dyn Clock>, Arc<dyn IdGen>, Jobs),
    links: Links,
) -> anyhow::Result<MediaLibrary> {
    let settings = &config.media;
    let storage = match &settings.s3 {
        Some(s3) => Storage::s3(s3).map_err(|e| BadSetup::Media(format!("media.s3: {e}")))?,
        None => Storage::folder(&settings.dir)
            .map_err(|e| BadSetup::Media(format!("media.dir: {} cannot be used: {e}", settings.dir.display())))?,
    };
    let private = if config.allow_private { PrivateAddresses::Allow } else { PrivateAddresses::Refuse };
    Ok(MediaLibrary::new(LibraryParts {
        db,
        clock,
        ids,
        jobs,
        storage,
        fetcher: Fetcher::new(private, FetchLimits::default())?,
        links,
        server: reachable(&config.server.public_url, config.allow_private),
        limits: MediaLimits { direct: settings.direct_max, file: settings.file_max, ..MediaLimits::default() },
        work_folder: config.data_dir.join("media-work"),
    }))
}

/// The address under which networks fetch media: public and encrypted; any where simulated networks are allowed.
fn reachable(url: &Url, allow_private: bool) -> Option<Url> {
    let is_named_here = url.host_str().is_none_or(|host| host == "localhost" || host.ends_with(".localhost"));
    let is_public = url.scheme() == "https" && !is_private_literal(url) && !is_named_here;
    (is_public || allow_private).then(|| url.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_public_encrypted_address_is_given_to_networks() {
        for (address, expected) in [
            ("https://social.example.org", true),
            ("http://social.example.org", false),
            ("https://localhost", false),
            ("https://127.0.0.1:8480", false),
            ("https://192.168.1.4", false),
        ] {
            let url: Url = address.parse().expect("an address");
            assert_eq!(reachable(&url, false).is_some(), expected, "{address}");
            assert!(reachable(&url, true).is_some(), "simulated networks run anywhere: {address}");
        }
    }
}
