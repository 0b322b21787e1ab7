//! When a day is over, and under which day a total may stand. Pure.

use std::cmp::Ordering;
use std::time::Duration;

use rookery_kernel::{Date, Timestamp, Zone};

/// Local hour after which yesterday is collected.
const LOCAL_HOUR: u64 = 2;

/// The instant at which a day ends.
pub(super) fn end_of(date: Date, zone: &Zone) -> Timestamp {
    zone.start_of(date.plus_days(1))
}

/// Where a total read now may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Snapshot {
    /// The day.
    pub date: Date,
    /// That day is not over.
    pub is_partial: bool,
}

/// The day for lifetime totals that are read at `now` for `date`: that day while it lasts and
/// through the day after it; yesterday if it is older, because today's total was never true then.
/// `None` if the day has not begun.
pub(super) fn snapshot(date: Date, now: Timestamp, zone: &Zone) -> Option<Snapshot> {
    let today = zone.date(now);
    let yesterday = today.plus_days(-1);
    match date.cmp(&today) {
        Ordering::Greater => None,
        Ordering::Equal => Some(Snapshot { date, is_partial: true }),
        Ordering::Less => Some(Snapshot { date: yesterday, is_partial: false }),
    }
}

/// The day to collect for an organization: yesterday there, once its clocks show 02:00.
pub(super) fn day_to_collect(now: Timestamp, zone: &Zone) -> Option<Date> {
    let today = zone.date(now);
    // Two hours after midnight by the wall clock differ from two hours passed on two days a year;
    // either is night.
    let due = zone.start_of(today) + Duration::from_secs(LOCAL_HOUR * 3600);
    (now >= due).then(|| today.plus_days(-1))
}

/// When the timetable collects an organization's accounts again: at the next full hour of two by its clocks.
pub fn next_night(now: Timestamp, zone: &Zone) -> Timestamp {
    let hours = Duration::from_secs(LOCAL_HOUR * 3600);
    let tonight = zone.start_of(zone.date(now)) + hours;
    if now < tonight { tonight } else { zone.start_of(zone.date(now).plus_days(1)) + hours }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    #[test]
    fn a_total_stands_only_where_it_was_true() {
        let utc = Zone::utc();
        let now = at("2026-03-10T02:00:00Z");
        let read = |date| snapshot(day(date), now, &utc);
        assert_eq!(read("2026-03-11"), None);
        assert_eq!(read("2026-03-10"), Some(Snapshot { date: day("2026-03-10"), is_partial: true }));
        assert_eq!(read("2026-03-09"), Some(Snapshot { date: day("2026-03-09"), is_partial: false }));
        assert_eq!(read("2026-01-01"), Some(Snapshot { date: day("2026-03-09"), is_partial: false }));
    }

    #[test]
    fn the_day_ends_in_the_zone_of_the_numbers() {
        let pacific: Zone = "America/Los_Angeles".parse().expect("known");
        assert_eq!(end_of(day("2026-03-02"), &pacific), at("2026-03-03T08:00:00Z"));
        assert_eq!(end_of(day("2026-07-02"), &pacific), at("2026-07-03T07:00:00Z"));
        let read = snapshot(day("2026-03-02"), at("2026-03-03T07:59:59Z"), &pacific);
        assert_eq!(read, Some(Snapshot { date: day("2026-03-02"), is_partial: true }));
    }

    #[test]
    fn yesterday_is_collected_after_two_at_night() {
        let berlin: Zone = "Europe/Berlin".parse().expect("known");
        assert_eq!(day_to_collect(at("2026-03-10T00:59:59Z"), &berlin), None);
        assert_eq!(day_to_collect(at("2026-03-10T01:00:00Z"), &berlin), Some(day("2026-03-09")));
        assert_eq!(day_to_collect(at("2026-03-10T22:59:59Z"), &berlin), Some(day("2026-03-09")));
        assert_eq!(day_to_collect(at("2026-03-10T23:00:00Z"), &berlin), None);
        assert_eq!(next_night(at("2026-03-10T00:59:59Z"), &berlin), at("2026-03-10T01:00:00Z"));
        assert_eq!(next_night(at("2026-03-10T01:00:00Z"), &berlin), at("2026-03-11T01:00:00Z"));
    }
}
