//! How often the numbers of a publication are read. Pure.

use std::time::Duration;

use rookery_kernel::Timestamp;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Until which age it is read how often (PUB-48).
const PACE: [(Duration, Duration); 4] = [
    (Duration::from_secs(48 * 3600), HOUR),
    (Duration::from_secs(7 * 24 * 3600), Duration::from_secs(6 * 3600)),
    (Duration::from_secs(30 * 24 * 3600), DAY),
    (Duration::from_secs(90 * 24 * 3600), Duration::from_secs(7 * 24 * 3600)),
];

/// When a publication that came out at `published_at` is read after a reading at `now`: each hour for 48 hours, every six
/// to the seventh day, daily to the thirtieth, weekly to the ninetieth; then never again.
pub fn next_reading(published_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let age = now.since(published_at);
    PACE.iter().find(|(until, _)| age < *until).map(|(_, pause)| now + *pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_the_rarer() {
        let born = Timestamp::from_secs(1_772_442_000);
        let pause = |hours: u64| {
            let now = born + Duration::from_secs(hours * 3600);
            next_reading(born, now).map(|next| next.since(now).as_secs() / 3600)
        };
        for (age, expected) in [
            (0, Some(1)),
            (47, Some(1)),
            (48, Some(6)),
            (167, Some(6)),
            (168, Some(24)),
            (719, Some(24)),
            (720, Some(168)),
            (90 * 24 - 1, Some(168)),
            (90 * 24, None),
        ] {
            assert_eq!(pause(age), expected, "at the age of {age} hours");
        }
        // A network's clock that runs ahead of ours makes it no older.
        assert_eq!(next_reading(born + HOUR, born), Some(born + HOUR));
    }

    #[test]
    fn ninety_days_are_a_hundred_readings() {
        let born = Timestamp::from_secs(1_772_442_000);
        let readings = std::iter::successors(Some(born + HOUR), |at| next_reading(born, *at)).count();
        assert_eq!(readings, 48 + 20 + 23 + 9);
    }
}
