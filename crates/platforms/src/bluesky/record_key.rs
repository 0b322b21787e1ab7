//! Record keys: which record a publication becomes, decided before anything is sent.
//!
//! A key of posts is a TID (atproto.com, record key specification): 53 bits of microseconds since
//! 1970 and 10 bits that tell clocks apart, in 13 letters that sort by time.

use sha2::{Digest as _, Sha256};

const LETTERS: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";

/// 2023-01-01T00:00:00Z in microseconds, for keys that tell no time.
const NO_TIME: u64 = 1_672_531_200_000_000;

/// Microseconds filled by the digest: 2^32 of them are 72 minutes. With the 10 bits behind them 42
/// bits part the publications of one account and one such span.
const SPAN_BITS: u32 = 32;

/// The record key of a publication. The same idempotency key gives the same record key at any
/// time, so a second write meets the first. Its time is that of the UUIDv7 in the idempotency key,
/// to 72 minutes; the rest is the key's digest.
pub(super) fn of(idempotency_key: &str) -> String {
    let digest = Sha256::digest(idempotency_key.as_bytes());
    let number = u64::from_be_bytes(digest[..8].try_into().expect("eight bytes"));
    let start = time(idempotency_key).map_or(NO_TIME, |millis| millis.saturating_mul(1000));
    let micros = (start >> SPAN_BITS << SPAN_BITS) | (number & ((1 << SPAN_BITS) - 1));
    let clock = number >> 54;
    tid((micros & ((1 << 53) - 1)) << 10 | clock)
}

/// Milliseconds of the first UUIDv7 (RFC 9562) in a key.
fn time(key: &str) -> Option<u64> {
    let is_uuid = |part: &&str| part.len() == 36 && part.as_bytes()[14] == b'7' && part.is_ascii();
    let uuid = key.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').find(is_uuid)?;
    u64::from_str_radix(&format!("{}{}", uuid.get(..8)?, uuid.get(9..13)?), 16).ok()
}

fn tid(number: u64) -> String {
    (0..13).rev().map(|place| char::from(LETTERS[(number >> (place * 5) & 31) as usize])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn number(tid: &str) -> u64 {
        tid.bytes().fold(0, |n, b| n << 5 | LETTERS.iter().position(|l| *l == b).expect("a letter") as u64)
    }

    #[test]
    fn letters_sort_by_time_as_in_the_specification() {
        // Examples of the specification: syntax, and the zero.
        assert_eq!(tid(0), "2222222222222");
        assert_eq!(tid(number("3jzfcijpj2z2a")), "3jzfcijpj2z2a");
        assert!(tid(1 << 10) < tid(2 << 10));
    }

    #[test]
    fn a_key_carries_the_time_of_the_publication_and_its_digest() {
        // The version 7 example of RFC 9562: 2022-02-22T19:22:22Z.
        let one = of("pub:017f22e2-79b0-7cc3-98c4-dc0c0c07398f:1");
        let micros = number(&one) >> 10;
        let made = 0x017f_22e2_79b0_u64 * 1000;
        assert!(made.abs_diff(micros) < 1 << SPAN_BITS, "{micros} is far from {made}");
        assert_eq!(one, of("pub:017f22e2-79b0-7cc3-98c4-dc0c0c07398f:1"));
        assert_ne!(one, of("pub:017f22e2-79b0-7cc3-98c4-dc0c0c07398f:2"));
        assert_eq!(of("crash-1").len(), 13);
    }

    #[test]
    fn publications_of_one_moment_have_keys_of_their_own() {
        let keys: HashSet<String> =
            (0..20_000).map(|n| of(&format!("pub:017f22e2-79b0-7cc3-98c4-{n:012x}:1"))).collect();
        assert_eq!(keys.len(), 20_000);
    }

    proptest! {
        #[test]
        fn every_key_is_a_tid(key in "\\PC{0,60}") {
            let tid = of(&key);
            prop_assert_eq!(tid.len(), 13);
            prop_assert!(b"234567abcdefghij".contains(&tid.as_bytes()[0]), "the highest bit is 0");
        }
    }
}
