//! Addresses that networks may fetch without signing in: unguessable, signed, with an end.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use rookery_kernel::{MediaAssetId, OrganizationId, Timestamp};
use sha2::Sha256;
use url::Url;
use uuid::Uuid;

/// A link lives this long (PUB-27); networks ask for a day at least (they fetch when they come to it).
pub const LINK_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
/// Ends are rounded up to whole hours, so that a link made twice within an hour is the same one and caches keep it.
const ROUND: i64 = 3600;
const VERSION: u8 = 1;
const MAC_BYTES: usize = 32;

/// What a link leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkTarget {
    /// The organization.
    pub organization_id: OrganizationId,
    /// The file.
    pub asset_id: MediaAssetId,
    /// The name of a smaller version of it; empty for the file itself.
    pub version: String,
}

/// A link that leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Not made here, or changed.
    #[error("this address was not made by this server")]
    Forged,
    /// Its time is over.
    #[error("this address has ended")]
    Ended,
}

/// Makes and reads links. Cheap to clone.
#[derive(Clone)]
pub struct Links {
    key: [u8; 32],
}

impl std::fmt::Debug for Links {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Links")
    }
}

impl Links {
    /// With a key of 32 random bytes that nothing else uses.
    pub const fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// The signed part of an address, good from `now` for [`LINK_LIFE`] and at most an hour more.
    pub fn sign(&self, target: &LinkTarget, now: Timestamp) -> String {
        let end = (now + LINK_LIFE).as_secs();
        let end = (end + ROUND - 1) / ROUND * ROUND;
        let mut text = vec![VERSION];
        text.extend(target.organization_id.uuid().as_bytes());
        text.extend(target.asset_id.uuid().as_bytes());
        text.extend(end.to_be_bytes());
        text.extend(target.version.as_bytes());
        let mac = self.mac(&text).finalize().into_bytes();
        text.extend(mac);
        URL_SAFE_NO_PAD.encode(text)
    }

    /// What a signed part leads to.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn read(&self, signed: &str, now: Timestamp) -> Result<LinkTarget, LinkError> {
        let bytes = URL_SAFE_NO_PAD.decode(signed).map_err(|_| LinkError::Forged)?;
        let at = bytes.len().checked_sub(MAC_BYTES).ok_or(LinkError::Forged)?;
        let (text, mac) = bytes.split_at(at);
        self.mac(text).verify_slice(mac).map_err(|_| LinkError::Forged)?;
        let [VERSION, rest @ ..] = text else { return Err(LinkError::Forged) };
        let (organization, rest) = rest.split_at_checked(16).ok_or(LinkError::Forged)?;
        let (asset, rest) = rest.split_at_checked(16).ok_or(LinkError::Forged)?;
        let (end, version) = rest.split_at_checked(8).ok_or(LinkError::Forged)?;
        let id = |bytes: &[u8]| Uuid::from_slice(bytes).map_err(|_| LinkError::Forged);
        let end = i64::from_be_bytes(end.try_into().map_err(|_| LinkError::Forged)?);
        if now.as_secs() > end {
            return Err(LinkError::Ended);
        }
        Ok(LinkTarget {
            organization_id: OrganizationId::from_uuid(id(organization)?),
            asset_id: MediaAssetId::from_uuid(id(asset)?),
            version: String::from_utf8(version.to_vec()).map_err(|_| LinkError::Forged)?,
        })
    }

    /// The whole address below a server's.
    pub fn url(&self, server: &Url, target: &LinkTarget, name: &str, now: Timestamp) -> Option<Url> {
        let mut url = server.clone();
        url.path_segments_mut().ok()?.pop_if_empty().extend(["media", &self.sign(target, now), name]);
        Some(url)
    }

    fn mac(&self, text: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).expect("a key of any length fits");
        mac.update(text);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(version: &str) -> LinkTarget {
        LinkTarget {
            organization_id: OrganizationId::from_uuid(Uuid::from_u128(1)),
            asset_id: MediaAssetId::from_uuid(Uuid::from_u128(2)),
            version: version.into(),
        }
    }

    #[test]
    fn a_link_leads_back_until_it_ends() {
        let links = Links::new([7; 32]);
        let now = Timestamp::from_secs(1_000_000_123);
        let signed = links.sign(&target("1440.jpg"), now);
        assert_eq!(links.read(&signed, now + LINK_LIFE), Ok(target("1440.jpg")));
        assert_eq!(links.read(&signed, now + LINK_LIFE + Duration::from_secs(3601)), Err(LinkError::Ended));
        assert_eq!(signed, links.sign(&target("1440.jpg"), now + Duration::from_secs(60)), "stable within the hour");
    }

    #[test]
    fn nobody_else_can_make_or_change_one() {
        let links = Links::new([7; 32]);
        let now = Timestamp::from_secs(1_000_000_000);
        let signed = links.sign(&target(""), now);
        assert_eq!(Links::new([8; 32]).read(&signed, now), Err(LinkError::Forged));
        let bytes = URL_SAFE_NO_PAD.decode(&signed).expect("base64");
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(links.read(&URL_SAFE_NO_PAD.encode(changed), now), Err(LinkError::Forged), "byte {at}");
        }
        for nonsense in ["", "a", "%", "AAAA"] {
            assert_eq!(links.read(nonsense, now), Err(LinkError::Forged));
        }
    }
}
