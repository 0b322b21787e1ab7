//! Times of the week as instants, by the clock on the wall. Pure.

use std::time::Duration;

use rookery_kernel::{Date, Timestamp, Zone};

/// Two posts on one account this near to each other are a conflict (PUB-43).
const APART: Duration = Duration::from_secs(5 * 60);

/// A time of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WeeklyTime {
    /// Day of the week; 0 = Sunday.
    pub weekday: u8,
    /// Minutes after midnight.
    pub minute: u16,
}

impl WeeklyTime {
    /// `None` for a weekday above 6 or a minute above 1439.
    pub fn new(weekday: u8, minute: u16) -> Option<Self> {
        (weekday < 7 && minute < 24 * 60).then_some(Self { weekday, minute })
    }

    /// From `09:30` or `09:30:00`; `None` if it is no time of a day.
    pub fn read(weekday: u8, clock: &str) -> Option<Self> {
        let (hours, rest) = clock.split_once(':')?;
        let minutes = rest.split(':').next()?;
        let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
        if hours > 23 || minutes > 59 { None } else { Self::new(weekday, hours * 60 + minutes) }
    }

    /// `09:30`.
    pub fn clock(self) -> String {
        format!("{:02}:{:02}", self.minute / 60, self.minute % 60)
    }

    /// Its instant on a day, if the day is of its weekday. By the rule of the whole product a time that clocks jump over
    /// is the first moment after the jump, one that happens twice is the first.
    fn on(self, date: Date, zone: &Zone) -> Option<Timestamp> {
        if weekday(date) != self.weekday {
            return None;
        }
        zone.instant(&format!("{date}T{}", self.clock())).ok().map(|(at, _)| at)
    }
}

/// Day of the week; 0 = Sunday.
pub(crate) fn weekday(date: Date) -> u8 {
    date.to_jiff().weekday().to_sunday_zero_offset().unsigned_abs()
}

/// Whether two posts on one account lie far enough from each other.
pub(crate) fn is_apart(a: Timestamp, b: Timestamp) -> bool {
    a.since(b).max(b.since(a)) >= APART
}

/// The instants of these times after a moment, in order, for so many days. Two times in one gap of the clocks are one.
pub(crate) fn instants(times: &[WeeklyTime], zone: &Zone, after: Timestamp, days: i64) -> Vec<Timestamp> {
    let first = zone.date(after);
    let dates = (0..=days).map(|n| first.plus_days(n));
    let mut all: Vec<_> =
        dates.flat_map(|date| times.iter().filter_map(move |t| t.on(date, zone))).filter(|at| *at > after).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rand::{RngExt as _, SeedableRng as _};
    use rand_chacha::ChaCha20Rng;

    use super::*;

    /// Walks minute by minute and looks at the clock on the wall: slow and plain. What the clock has passed since the
    /// minute before and never showed is due now; what it shows for the second time is not.
    fn oracle(times: &[WeeklyTime], zone: &Zone, after: Timestamp, days: u64) -> Vec<Timestamp> {
        let minute = Duration::from_secs(60);
        let begin = Timestamp::from_secs(after.as_secs() - after.as_secs().rem_euclid(60));
        let mut found = Vec::new();
        // A day back, so that the first of a repeated time before `after` is known.
        let mut at = begin - Duration::from_secs(24 * 3600);
        let mut shown = zone.local(at);
        while at <= begin + Duration::from_secs(days * 24 * 3600) {
            at = at + minute;
            let local = zone.local(at);
            let mut passed = shown;
            let mut is_due = false;
            while passed < local {
                passed = passed.checked_add(minute).expect("in range");
                is_due |= times.iter().any(|t| {
                    t.weekday == u8::try_from(passed.date().weekday().to_sunday_zero_offset()).expect("0 to 6")
                        && i64::from(t.minute) == i64::from(passed.hour()) * 60 + i64::from(passed.minute())
                });
            }
            shown = shown.max(local);
            if is_due && at > after {
                found.push(at);
            }
        }
        found
    }

    #[test]
    fn the_oracle_agrees_around_every_change_of_the_clocks() {
        let mut random = ChaCha20Rng::seed_from_u64(21);
        for (zone, moment) in [
            ("Europe/Berlin", "2026-03-27T05:00:00Z"),
            ("Europe/Berlin", "2026-10-23T05:00:00Z"),
            ("America/New_York", "2026-03-06T00:00:00Z"),
            ("America/New_York", "2026-10-30T00:00:00Z"),
            ("Australia/Lord_Howe", "2026-04-03T00:00:00Z"),
            ("Australia/Lord_Howe", "2026-10-02T00:00:00Z"),
            ("Asia/Kolkata", "2026-03-27T00:00:00Z"),
        ] {
            let zone: Zone = zone.parse().expect("known");
            let moment: Timestamp = moment.parse().expect("a time");
            for _ in 0..12 {
                let mut times: Vec<WeeklyTime> = (0..6)
                    .map(|_| {
                        // Half of them in the night, where clocks change.
                        let minute = if random.random_range(0..2) == 0 {
                            random.random_range(0..240)
                        } else {
                            random.random_range(0..1440)
                        };
                        WeeklyTime::new(random.random_range(0..7), minute).expect("in range")
                    })
                    .collect();
                times.sort_unstable();
                let after = moment + Duration::from_secs(random.random_range(0..86_400));
                let horizon = after + Duration::from_secs(8 * 24 * 3600);
                let ours: Vec<_> = instants(&times, &zone, after, 10).into_iter().filter(|at| *at < horizon).collect();
                let slow: Vec<_> = oracle(&times, &zone, after, 9).into_iter().filter(|at| *at < horizon).collect();
                assert_eq!(ours, slow, "{zone} after {after}: {times:?}");
            }
        }
    }

    #[test]
    fn clocks_are_read() {
        let read = |clock: &str| WeeklyTime::read(1, clock).map(|time| time.minute);
        assert_eq!((read("09:30"), read("23:59:00"), read("0:00")), (Some(570), Some(1439), Some(0)));
        for clock in ["24:00", "09:60", "nine", "9", "-1:00", "700:00"] {
            assert_eq!(read(clock), None, "{clock}");
        }
    }

    #[test]
    fn a_time_is_of_a_week() {
        assert_eq!(WeeklyTime::new(7, 0), None);
        assert_eq!(WeeklyTime::new(0, 1440), None);
        assert_eq!(WeeklyTime::new(6, 1439).map(WeeklyTime::clock).as_deref(), Some("23:59"));
    }
}
