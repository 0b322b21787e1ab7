//! How often the same network may ask for something that needs no session.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rookery_kernel::Timestamp;

/// Requests of one network within a window. A page with pictures is a dozen; guessing tokens is millions.
const REQUESTS_MAX: u32 = 120;
const WINDOW: Duration = Duration::from_secs(60);
/// Networks remembered before those whose window is over are forgotten.
const REMEMBERED_MAX: usize = 10_000;

/// Counts requests, within this process.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    seen: Mutex<HashMap<IpAddr, (Timestamp, u32)>>,
}

impl Limiter {
    /// Counts a request; false if there were too many.
    pub(crate) fn admit(&self, ip: Option<IpAddr>, now: Timestamp) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= REMEMBERED_MAX {
            seen.retain(|_, (since, _)| *since + WINDOW > now);
            if seen.len() >= REMEMBERED_MAX {
                seen.clear();
            }
        }
        let (since, count) = seen.entry(network(ip)).or_insert((now, 0));
        if *since + WINDOW <= now {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        *count <= REQUESTS_MAX
    }
}

/// An address counts alone in IPv4; in IPv6 one household has a /64. Who has none shares one.
fn network(ip: Option<IpAddr>) -> IpAddr {
    match ip.map(|ip| ip.to_canonical()) {
        Some(IpAddr::V6(v6)) => IpAddr::V6(Ipv6Addr::from(u128::from(v6) & !u128::from(u64::MAX))),
        Some(v4) => v4,
        None => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_in_a_minute_wait_for_the_next_and_others_do_not() {
        let (limiter, now) = (Limiter::default(), Timestamp::from_secs(1_767_225_600));
        let from = |last: u16| Some(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, last)));
        for n in 0..120 {
            assert!(limiter.admit(from(n), now));
        }
        assert!(!limiter.admit(from(999), now), "the same household");
        assert!(limiter.admit(Some("192.0.2.1".parse().expect("valid")), now));
        assert!(limiter.admit(from(1), now + WINDOW));
    }
}
