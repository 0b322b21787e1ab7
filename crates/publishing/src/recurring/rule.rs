//! On which days a post comes back. Pure.

use std::collections::BTreeSet;

use rookery_kernel::{Date, Timestamp, Zone};
use serde::{Deserialize, Serialize};

use super::RuleError;
use crate::slots::{WeeklyTime, weekday};

/// Most days, weeks and months between two occurrences: about a year.
const EVERY_MAX: [u16; 3] = [365, 52, 12];
/// A rule begins this many days ahead at most; posts are planned a year ahead at most (PUB-25).
const STARTS_WITHIN: i64 = 365;
/// Most occurrences that a rule may end after.
const OCCURRENCES_MAX: u32 = 1_000;
/// Longest cool-down, in days.
const COOL_DOWN_MAX: u16 = 365;
/// The rhythm is looked at over so many days to find its shortest pause: a leap year and a month.
const YEAR_AND_MORE: i64 = 400;

/// How often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "frequency", rename_all = "snake_case")]
pub enum Rhythm {
    /// Every `every` days.
    Days {
        /// 1 to 365.
        every: u16,
    },
    /// On some days of every `every`th week; weeks begin on Monday.
    Weeks {
        /// 1 to 52.
        every: u16,
        /// 0 = Sunday.
        weekdays: BTreeSet<u8>,
    },
    /// Once in every `every`th month.
    Months {
        /// 1 to 12.
        every: u16,
        /// 1 to 31; in a shorter month its last day.
        day: u8,
    },
}

/// Until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Until somebody stops it.
    Never,
    /// On this day for the last time, if the rhythm meets it.
    On(Date),
    /// After so many days of the rhythm, whether a post came out on each or not.
    After(u32),
}

/// When a post comes back, by the clock of the organization's zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// How often.
    pub rhythm: Rhythm,
    /// Minutes after midnight.
    pub minute: u16,
    /// The first day that may be one of it.
    pub starts_on: Date,
    /// Until when.
    pub end: End,
    /// So many days lie between two posts with the same words on an account; 0 asks for none.
    pub cool_down_days: u16,
}

impl Rule {
    /// Checks what a person gave; `today` is a day of the organization's zone.
    ///
    /// # Errors
    /// [`RuleError`] with the field.
    pub fn check(&self, today: Date) -> Result<(), RuleError> {
        let refuse = |field, message: &str| Err(RuleError { field, message: message.to_owned() });
        let (every, most) = match &self.rhythm {
            Rhythm::Days { every } => (*every, EVERY_MAX[0]),
            Rhythm::Weeks { every, .. } => (*every, EVERY_MAX[1]),
            Rhythm::Months { every, .. } => (*every, EVERY_MAX[2]),
        };
        if every == 0 || every > most {
            return refuse("every", &format!("Give a number from 1 to {most}."));
        }
        match &self.rhythm {
            Rhythm::Weeks { weekdays, .. } if weekdays.is_empty() || weekdays.iter().any(|day| *day > 6) => {
                return refuse("weekdays", "Choose at least one day of the week.");
            }
            Rhythm::Months { day, .. } if !(1..=31).contains(day) => {
                return refuse("day", "Give a day of the month from 1 to 31.");
            }
            _ => {}
        }
        if WeeklyTime::new(0, self.minute).is_none() {
            return refuse("time", "Give a time of day such as 09:30.");
        }
        if self.starts_on.days_since(today) > STARTS_WITHIN {
            return refuse("startsOn", "It may begin within a year from now.");
        }
        match self.end {
            End::On(last) if last < self.starts_on => refuse("endsOn", "It ends before it begins."),
            End::After(n) if n == 0 || n > OCCURRENCES_MAX => {
                refuse("occurrences", &format!("Give a number from 1 to {OCCURRENCES_MAX}."))
            }
            _ if self.cool_down_days > COOL_DOWN_MAX => {
                refuse("coolDownDays", &format!("Give at most {COOL_DOWN_MAX} days."))
            }
            _ => Ok(()),
        }
    }

    /// The days from `from` to `to`, both included.
    pub fn days(&self, from: Date, to: Date) -> Vec<Date> {
        let last = match self.end {
            End::On(last) => to.min(last),
            End::Never | End::After(_) => to,
        };
        let most = match self.end {
            End::After(n) => usize::try_from(n).unwrap_or(usize::MAX),
            End::Never | End::On(_) => usize::MAX,
        };
        let span = last.days_since(self.starts_on);
        let all = (0..=span).map(|n| self.starts_on.plus_days(n)).filter(|day| self.falls_on(*day));
        all.take(most).filter(|day| *day >= from).collect()
    }

    /// The moment of a day: by the rule of the whole product the first after a gap of the clocks, and the first of two.
    pub fn at(&self, day: Date, zone: &Zone) -> Option<Timestamp> {
        zone.instant(&format!("{day}T{}", self.clock())).ok().map(|(at, _)| at)
    }

    /// `09:30`.
    pub fn clock(&self) -> String {
        format!("{:02}:{:02}", self.minute / 60, self.minute % 60)
    }

    /// The fewest days between two of its days; `None` if there is one at most.
    pub fn shortest_pause(&self) -> Option<i64> {
        let days = self.days(self.starts_on, self.starts_on.plus_days(YEAR_AND_MORE));
        days.windows(2).map(|pair| pair[1].days_since(pair[0])).min()
    }

    /// Whether the rhythm meets a day, whatever its end.
    fn falls_on(&self, day: Date) -> bool {
        let since = day.days_since(self.starts_on);
        match &self.rhythm {
            Rhythm::Days { every } => since % i64::from((*every).max(1)) == 0,
            Rhythm::Weeks { every, weekdays } => {
                let weeks = monday(day).days_since(monday(self.starts_on)) / 7;
                weeks % i64::from((*every).max(1)) == 0 && weekdays.contains(&weekday(day))
            }
            Rhythm::Months { every, day: wanted } => {
                let (first, civil) = (self.starts_on.to_jiff(), day.to_jiff());
                let months = (i64::from(civil.year()) - i64::from(first.year())) * 12 + i64::from(civil.month())
                    - i64::from(first.month());
                let meant = i8::try_from(*wanted).unwrap_or(i8::MAX).min(civil.days_in_month());
                months % i64::from((*every).max(1)) == 0 && civil.day() == meant
            }
        }
    }

    /// "every 2 weeks on Monday and Friday at 09:30".
    pub fn words(&self) -> String {
        const NAMES: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
        let many = |every: u16, one: &str, many: &str| match every {
            1 => format!("every {one}"),
            n => format!("every {n} {many}"),
        };
        let rhythm = match &self.rhythm {
            Rhythm::Days { every } => many(*every, "day", "days"),
            Rhythm::Weeks { every, weekdays } => {
                // From Monday.
                let order = [1_u8, 2, 3, 4, 5, 6, 0];
                let names: Vec<_> =
                    order.iter().filter(|day| weekdays.contains(day)).map(|day| NAMES[usize::from(*day)]).collect();
                let names = match names.split_last() {
                    Some((last, [])) => (*last).to_owned(),
                    Some((last, others)) => format!("{} and {last}", others.join(", ")),
                    None => String::new(),
                };
                format!("{} on {names}", many(*every, "week", "weeks"))
            }
            Rhythm::Months { every, day } => format!("{} on day {day}", many(*every, "month", "months")),
        };
        format!("{rhythm} at {}", self.clock())
    }
}

/// The Monday of a day's week.
fn monday(day: Date) -> Date {
    day.plus_days(-i64::from(day.to_jiff().weekday().to_monday_zero_offset()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    fn rule(rhythm: Rhythm, starts_on: &str, end: End) -> Rule {
        Rule { rhythm, minute: 570, starts_on: day(starts_on), end, cool_down_days: 0 }
    }

    fn days(rule: &Rule, from: &str, to: &str) -> Vec<String> {
        rule.days(day(from), day(to)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_third_day_is_counted_from_the_first() {
        let rule = rule(Rhythm::Days { every: 3 }, "2026-03-02", End::Never);
        assert_eq!(days(&rule, "2026-03-03", "2026-03-11"), ["2026-03-05", "2026-03-08", "2026-03-11"]);
        assert_eq!(rule.shortest_pause(), Some(3));
    }

    #[test]
    fn every_second_week_is_a_week_from_monday_to_sunday() {
        // It begins on a Wednesday; the Monday of its first week is over, the Sunday of it is not.
        let rhythm = Rhythm::Weeks { every: 2, weekdays: [0, 1, 3].into() };
        let rule = rule(rhythm, "2026-03-04", End::Never);
        let expected = ["2026-03-04", "2026-03-08", "2026-03-16", "2026-03-18", "2026-03-22"];
        assert_eq!(days(&rule, "2026-03-01", "2026-03-29"), expected);
        assert_eq!(rule.shortest_pause(), Some(2));
        assert_eq!(rule.words(), "every 2 weeks on Monday, Wednesday and Sunday at 09:30");
    }

    #[test]
    fn the_31st_is_the_last_day_of_a_shorter_month() {
        let rule = rule(Rhythm::Months { every: 1, day: 31 }, "2026-01-31", End::Never);
        let expected = ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"];
        assert_eq!(days(&rule, "2026-01-01", "2026-04-30"), expected);
        assert_eq!(days(&rule, "2028-02-01", "2028-02-29"), ["2028-02-29"]);
        assert_eq!(rule.shortest_pause(), Some(28));
    }

    #[test]
    fn it_ends_on_a_day_or_after_a_number_of_days_wherever_one_looks_from() {
        let last = rule(Rhythm::Days { every: 2 }, "2026-03-02", End::On(day("2026-03-06")));
        assert_eq!(days(&last, "2026-03-05", "2026-12-31"), ["2026-03-06"]);
        let three = rule(Rhythm::Days { every: 2 }, "2026-03-02", End::After(3));
        assert_eq!(days(&three, "2026-03-05", "2026-12-31"), ["2026-03-06"]);
        assert_eq!(rule(Rhythm::Days { every: 2 }, "2026-03-02", End::After(1)).shortest_pause(), None);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_its_field() {
        let today = day("2026-03-02");
        let field = |rule: &Rule| rule.check(today).err().map(|e| e.field);
        let good = rule(Rhythm::Days { every: 1 }, "2026-03-02", End::Never);
        assert_eq!(field(&good), None);
        assert_eq!(field(&Rule { rhythm: Rhythm::Days { every: 0 }, ..good.clone() }), Some("every"));
        assert_eq!(field(&Rule { rhythm: Rhythm::Months { every: 13, day: 1 }, ..good.clone() }), Some("every"));
        let no_day = Rhythm::Weeks { every: 1, weekdays: BTreeSet::new() };
        assert_eq!(field(&Rule { rhythm: no_day, ..good.clone() }), Some("weekdays"));
        assert_eq!(field(&Rule { rhythm: Rhythm::Months { every: 1, day: 32 }, ..good.clone() }), Some("day"));
        assert_eq!(field(&Rule { minute: 1440, ..good.clone() }), Some("time"));
        assert_eq!(field(&Rule { starts_on: day("2028-01-01"), ..good.clone() }), Some("startsOn"));
        assert_eq!(field(&Rule { end: End::On(day("2026-03-01")), ..good.clone() }), Some("endsOn"));
        assert_eq!(field(&Rule { end: End::After(0), ..good.clone() }), Some("occurrences"));
        assert_eq!(field(&Rule { cool_down_days: 366, ..good }), Some("coolDownDays"));
    }
}
