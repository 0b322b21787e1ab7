//! Days on which readers are used to hearing from us and nothing is planned. Pure.

use std::collections::BTreeSet;

use rookery_kernel::Date;

/// So many days back make a habit, and so many days ahead are worth a reminder.
pub(super) const HABIT_DAYS: i64 = 28;

/// The days of `from` to `to` that are today or in the next four weeks, on which nothing is planned, and whose weekday
/// had a post in the four weeks before today. `busy` are the days with a post.
pub(super) fn holes(from: Date, to: Date, today: Date, busy: &BTreeSet<Date>) -> Vec<Date> {
    let habit: BTreeSet<i8> = busy
        .iter()
        .filter(|day| **day < today && today.days_since(**day) <= HABIT_DAYS)
        .map(|day| day.to_jiff().weekday().to_monday_one_offset())
        .collect();
    let last = to.min(today.plus_days(HABIT_DAYS - 1));
    let mut day = from.max(today);
    let mut found = Vec::new();
    while day <= last {
        if !busy.contains(&day) && habit.contains(&day.to_jiff().weekday().to_monday_one_offset()) {
            found.push(day);
        }
        day = day.plus_days(1);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    #[test]
    fn a_weekday_with_a_habit_and_nothing_planned_is_a_hole() {
        // 2026-03-02 is a Monday; there was a post on the Wednesday before and on one too long ago (a Friday).
        let mut busy: BTreeSet<Date> = [day("2026-02-25"), day("2026-01-30")].into();
        let of = |busy: &BTreeSet<Date>| holes(day("2026-02-01"), day("2026-03-15"), day("2026-03-02"), busy);
        assert_eq!(of(&busy), [day("2026-03-04"), day("2026-03-11")]);
        busy.insert(day("2026-03-04"));
        assert_eq!(of(&busy), [day("2026-03-11")]);
        assert_eq!(of(&BTreeSet::new()), []);
    }

    #[test]
    fn a_reminder_does_not_reach_further_than_the_habit() {
        let busy: BTreeSet<Date> = [day("2026-02-25")].into();
        let found = holes(day("2026-03-25"), day("2026-04-30"), day("2026-03-02"), &busy);
        assert_eq!(found, [day("2026-03-25")]);
    }
}
