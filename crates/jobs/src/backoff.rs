//! How long to wait after a failed run. Pure.

use std::time::Duration;

/// Delay after run `attempt` (from 1): `base` × 2^(attempt−1), at most `cap`, ± 10 % (STR-41).
///
/// `chance` picks the place inside the ± 10 %: 0 is the shortest delay, `u32::MAX` the longest.
/// It keeps jobs that failed together from coming back together.
pub fn backoff(base: Duration, cap: Duration, attempt: i32, chance: u32) -> Duration {
    let doublings = u32::try_from(attempt.max(1) - 1).unwrap_or_default();
    let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
    let plain = base.checked_mul(factor).unwrap_or(cap).min(cap);
    plain.mul_f64(0.9 + 0.2 * f64::from(chance) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);
    /// The chance that changes nothing.
    const MIDDLE: u32 = u32::MAX / 2;

    #[test]
    fn doubles_from_the_base_to_the_cap() {
        let seconds =
            |attempt| (backoff(Duration::from_secs(2), HOUR, attempt, MIDDLE) + Duration::from_millis(1)).as_secs();
        assert_eq!([1, 2, 3, 4].map(seconds), [2, 4, 8, 16]);
        assert_eq!([12, 31, 32, 33, 1_000, i32::MAX].map(seconds), [3_600; 6]);
        assert_eq!([0, -5].map(seconds), [2; 2]);
    }

    proptest! {
        #[test]
        fn stays_within_a_tenth_and_never_above_the_cap_by_more(
            base_ms in 1_u64..600_000, cap_ms in 1_u64..86_400_000, attempt in 1..100_i32, chance: u32,
        ) {
            let (base, cap) = (Duration::from_millis(base_ms), Duration::from_millis(cap_ms));
            let exact = (base_ms as f64 * 2_f64.powi(attempt - 1)).min(cap_ms as f64) / 1e3;
            let got = backoff(base, cap, attempt, chance).as_secs_f64();
            prop_assert!(got >= exact * 0.9 - 1e-6 && got <= exact * 1.1 + 1e-6, "{got} for {exact}");
        }

        #[test]
        fn later_runs_never_wait_less(base_ms in 1_u64..600_000, attempt in 1..60_i32, chance: u32) {
            let base = Duration::from_millis(base_ms);
            prop_assert!(backoff(base, HOUR, attempt, chance) <= backoff(base, HOUR, attempt + 1, chance));
        }
    }
}
