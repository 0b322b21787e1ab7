//! A clock that can be sent to another time and called back.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rookery_kernel::{Clock, Timestamp};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Travel {
    Home,
    Standing(Timestamp),
    Shifted(i64),
}

/// Wraps a clock and can leave it: to stand at an instant, or to run some seconds off. Clones share
/// the same hands, so the demo can move the sandbox and its own services with one handle.
#[derive(Debug, Clone)]
pub struct TravelClock {
    base: Arc<dyn Clock>,
    travel: Arc<Mutex<Travel>>,
}

impl TravelClock {
    /// Tells the time of `base` until it is sent elsewhere.
    pub fn new(base: Arc<dyn Clock>) -> Self {
        Self { base, travel: Arc::new(Mutex::new(Travel::Home)) }
    }

    /// Stands still at `at`, in the past or the future.
    pub fn stand_at(&self, at: Timestamp) {
        self.set(Travel::Standing(at));
    }

    /// Runs on, `seconds` ahead of (or, negative, behind) the wrapped clock.
    pub fn shift_secs(&self, seconds: i64) {
        self.set(Travel::Shifted(seconds));
    }

    /// Tells the time of the wrapped clock again.
    pub fn come_back(&self) {
        self.set(Travel::Home);
    }

    /// Whether it tells another time than the wrapped clock.
    pub fn is_away(&self) -> bool {
        *self.travel.lock().expect("no holder of this lock panics") != Travel::Home
    }

    fn set(&self, travel: Travel) {
        *self.travel.lock().expect("no holder of this lock panics") = travel;
    }
}

impl Clock for TravelClock {
    fn now(&self) -> Timestamp {
        let travel = *self.travel.lock().expect("no holder of this lock panics");
        let by = |seconds: i64| Duration::from_secs(seconds.unsigned_abs());
        match travel {
            Travel::Home => self.base.now(),
            Travel::Standing(at) => at,
            Travel::Shifted(seconds) if seconds < 0 => self.base.now() - by(seconds),
            Travel::Shifted(seconds) => self.base.now() + by(seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rookery_kernel::FixedClock;

    #[test]
    fn it_leaves_and_comes_back() {
        let base = FixedClock::at(Timestamp::from_secs(1_000));
        let clock = TravelClock::new(Arc::new(base.clone()));
        clock.shift_secs(-400);
        base.advance(Duration::from_secs(10));
        assert_eq!(clock.now(), Timestamp::from_secs(610));
        clock.stand_at(Timestamp::from_secs(5));
        base.advance(Duration::from_secs(10));
        assert_eq!(clock.now(), Timestamp::from_secs(5));
        assert!(clock.is_away());
        clock.come_back();
        assert_eq!(clock.now(), Timestamp::from_secs(1_020));
    }
}
