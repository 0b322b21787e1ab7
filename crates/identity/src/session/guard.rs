//! How often one may try to sign in (PUB-7), within this process: so many attempts per address of either kind,
//! and for e-mail addresses that nobody has, the same lock that a known one would get. Without it, the lock
//! would tell which addresses are known.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::ops::Add;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock as _, Reference};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use rookery_kernel::{Clock, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::Config;
use crate::token::Digest;
use crate::user::Protection;

/// Addresses remembered before those without recent attempts are forgotten.
const REMEMBERED_MAX: usize = 10_000;

type Limiter<K> = RateLimiter<K, DashMapStateStore<K>, Time, NoOpMiddleware<Moment>>;

/// Counts attempts.
pub(crate) struct Guard {
    by_email: Limiter<Digest>,
    by_network: Limiter<IpAddr>,
    strangers: Mutex<HashMap<Digest, Protection>>,
    time: Time,
}

impl Guard {
    pub(crate) fn new(clock: Arc<dyn Clock>, config: &Config) -> Self {
        let attempts_max = config.sign_in_attempts_max;
        // A window of no time would be no limit; the limiter cannot say that, so it becomes the shortest.
        let each = (config.sign_in_window / attempts_max.get()).max(Duration::from_nanos(1));
        let quota = Quota::with_period(each).expect("longer than zero").allow_burst(attempts_max);
        let time = Time(clock);
        Self {
            by_email: RateLimiter::dashmap_with_clock(quota, time.clone()),
            by_network: RateLimiter::dashmap_with_clock(quota, time.clone()),
            strangers: Mutex::default(),
            time,
        }
    }

    /// Counts an attempt; how long to wait if there were too many.
    pub(super) fn admit(&self, email: &Digest, ip: Option<IpAddr>) -> Result<(), Duration> {
        if self.by_email.len() + self.by_network.len() > REMEMBERED_MAX {
            self.by_email.retain_recent();
            self.by_network.retain_recent();
        }
        let now = self.time.now();
        if let Some(ip) = ip {
            self.by_network.check_key(&network(ip)).map_err(|not| not.wait_time_from(now))?;
        }
        self.by_email.check_key(email).map_err(|not| not.wait_time_from(now))
    }

    /// The lock on an e-mail address that nobody has.
    pub(super) fn stranger_locked(&self, email: &Digest, now: Timestamp) -> Option<Timestamp> {
        let strangers = self.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        strangers.get(email).and_then(|protection| protection.locked(now))
    }

    /// Counts a wrong password for an e-mail address that nobody has.
    pub(super) fn count_stranger(&self, email: Digest, now: Timestamp) {
        let mut strangers = self.strangers.lock().unwrap_or_else(PoisonError::into_inner);
        if strangers.len() >= REMEMBERED_MAX {
            strangers.retain(|_, protection| protection.locked(now).is_some());
            if strangers.len() >= REMEMBERED_MAX {
                strangers.clear();
            }
        }
        let protection = strangers.entry(email).or_default();
        *protection = protection.after_failure(now);
    }
}

/// The key of an e-mail address: no address lies around in memory, and all keys have one size.
pub(super) fn key(email: &str) -> Digest {
    Sha256::digest(email.trim().to_lowercase().as_bytes()).into()
}

/// An address counts alone in IPv4; in IPv6 one household has a /64.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(v6) => {
            let high = u128::from(v6) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(high))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// Our clock in the limiter's words.
#[derive(Debug, Clone)]
struct Time(Arc<dyn Clock>);

/// Time since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(Duration);

impl Add<Nanos> for Moment {
    type Output = Self;
    fn add(self, rhs: Nanos) -> Self {
        Self(self.0 + Duration::from(rhs))
    }
}

impl Reference for Moment {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_sub(earlier.0).into()
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.checked_sub(duration.into()).unwrap_or(self.0))
    }
}

impl governor::clock::Clock for Time {
    type Instant = Moment;

    fn now(&self) -> Moment {
        Moment(self.0.now().since(Timestamp::from_secs(0)))
    }
}

#[cfg(test)]
mod tests {
    use rookery_kernel::FixedClock;

    use super::*;

    fn guard() -> (Guard, FixedClock) {
        let clock = FixedClock::at(Timestamp::from_secs(1_767_225_600));
        (Guard::new(Arc::new(clock.clone()), &Config::default()), clock)
    }

    #[test]
    fn the_eleventh_attempt_for_an_address_waits() {
        let (guard, clock) = guard();
        let ann = key("ann@example.org");
        for _ in 0..10 {
            guard.admit(&ann, None).expect("within the limit");
        }
        let wait = guard.admit(&ann, None).expect_err("the eleventh");
        assert_eq!(wait, Duration::from_secs(90));
        guard.admit(&key("bob@example.org"), None).expect("another address");
        clock.advance(wait);
        guard.admit(&ann, None).expect("one more after the wait");
    }

    #[test]
    fn the_eleventh_attempt_from_a_network_waits_whoever_is_meant() {
        let (guard, _) = guard();
        let from = |last: u16| Some(IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, last)));
        for n in 0..10 {
            guard.admit(&key(&format!("{n}@example.org")), from(n)).expect("within the limit");
        }
        assert!(guard.admit(&key("x@example.org"), from(99)).is_err());
        assert!(guard.admit(&key("x@example.org"), Some("192.0.2.1".parse().expect("valid"))).is_ok());
    }

    #[test]
    fn case_and_blanks_do_not_make_another_address() {
        assert_eq!(key(" Ann@Example.ORG "), key("ann@example.org"));
    }

    #[test]
    fn a_stranger_is_locked_like_anybody() {
        let (guard, clock) = guard();
        let nobody = key("nobody@example.org");
        for _ in 0..10 {
            assert_eq!(guard.stranger_locked(&nobody, clock.now()), None);
            guard.count_stranger(nobody, clock.now());
        }
        assert!(guard.stranger_locked(&nobody, clock.now()).is_some());
    }
}
