//! How often a network is asked whether it is done with a medium (PUB-37).

use std::time::Duration;

/// The pause after so many polls: 5 s at first, half as much longer each time, at most 10 s.
pub(crate) fn pause(polls: u64) -> Duration {
    match polls {
        0 => Duration::from_millis(5_000),
        1 => Duration::from_millis(7_500),
        _ => Duration::from_millis(10_000),
    }
}
