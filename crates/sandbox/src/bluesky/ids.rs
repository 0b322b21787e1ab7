//! Identifiers of the AT Protocol: DIDs, content ids, record keys.

use rookery_kernel::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Base32 of RFC 4648 in lower case, as multibase `b` has it.
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Base32 that sorts, as record keys have it.
const SORTED: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";

fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    let (mut rest, mut bits) = (0_u32, 0);
    for byte in bytes {
        rest = rest << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(BASE32[(rest >> bits & 31) as usize]));
        }
        rest &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(char::from(BASE32[(rest << (5 - bits) & 31) as usize]));
    }
    text
}

/// A DID of the directory `plc`: 24 letters of a digest.
pub(super) fn did(account: u64) -> String {
    let digest = Sha256::digest(format!("bluesky account {account}"));
    format!("did:plc:{}", &base32(&digest)[..24])
}

/// A content id, version 1: codec, SHA-256, digest.
fn cid(codec: u8, bytes: &[u8]) -> String {
    let mut all = vec![1, codec, 0x12, 0x20];
    all.extend_from_slice(&Sha256::digest(bytes));
    format!("b{}", base32(&all))
}

/// The content id of a blob (codec `raw`).
pub(super) fn blob_cid(bytes: &[u8]) -> String {
    cid(0x55, bytes)
}

/// The content id of a record. Of the form of real ones; the digest is of the record's JSON.
pub(super) fn record_cid(record: &Value) -> String {
    cid(0x71, record.to_string().as_bytes())
}

/// A record key for one of our posts: its time and what parts it from others of that time.
pub(super) fn record_key(id: u64) -> String {
    let micros = (id >> 16) * 1000;
    tid((micros & ((1 << 53) - 1)) << 10 | (id & 0x3ff))
}

fn tid(number: u64) -> String {
    (0..13).rev().map(|place| char::from(SORTED[(number >> (place * 5) & 31) as usize])).collect()
}

/// Whether a record key is a TID (13 letters, highest bit 0).
pub(super) fn is_tid(key: &str) -> bool {
    let bytes = key.as_bytes();
    bytes.len() == 13 && bytes.iter().all(|b| SORTED.contains(b)) && b"234567abcdefghij".contains(&bytes[0])
}

pub(super) fn uri(did: &str, key: &str) -> String {
    format!("at://{did}/{}/{key}", super::POSTS)
}

/// Seconds in a JWT's `exp`, written so that clients can read it; nobody checks the signature.
pub(super) fn jwt(scope: &str, did: &str, now: Timestamp, until: Timestamp, secret: &str) -> String {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
    let claims = serde_json::json!({
        "scope": scope, "sub": did, "iat": now.as_secs(), "exp": until.as_secs(), "aud": "did:web:sandbox.test",
    });
    format!("{}.{}.{secret}", B64.encode(r#"{"typ":"at+jwt","alg":"ES256K"}"#), B64.encode(claims.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_form_of_real_ones() {
        // The content id of "hello world" as a raw block, as the reference libraries give it.
        assert_eq!(blob_cid(b"hello world"), "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e");
        assert!(record_cid(&serde_json::json!({})).starts_with("bafyrei"));
        assert_eq!((did(7).len(), did(7) == did(8)), (32, false));
        let key = record_key(1_772_442_000_000 << 16 | 5);
        assert!(is_tid(&key) && key < record_key(1_772_442_000_001 << 16));
        assert!(!is_tid("3jzfcijpj2z2A") && !is_tid("zzzzzzzzzzzzz") && !is_tid(""));
        assert_eq!(uri("did:plc:a", "k"), "at://did:plc:a/app.bsky.feed.post/k");
    }
}
