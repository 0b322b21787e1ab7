//! Which days a view shows. Pure.

use jiff::civil::{self, Weekday};
use rookery_kernel::Date;

/// Days of the list.
const LIST_DAYS: i64 = 28;

/// How the calendar is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    Day,
    Week,
    Month,
    List,
}

impl View {
    pub const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::List];

    pub const fn label(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::List => "list",
        }
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Day => "Day",
            Self::Week => "Week",
            Self::Month => "Month",
            Self::List => "List",
        }
    }

    /// What one step back or forth is.
    pub const fn step(self) -> &'static str {
        match self {
            Self::Day => "Day",
            Self::Week => "Week",
            Self::Month => "Month",
            Self::List => "Four weeks",
        }
    }

    pub fn read(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.label() == label)
    }
}

/// The days of a view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    view: View,
    /// The day that was asked for; the first of its month in the month's view.
    date: civil::Date,
    pub first: Date,
    pub last: Date,
}

fn monday_of(date: civil::Date) -> Date {
    Date::from_jiff(date).plus_days(-i64::from(date.weekday().since(Weekday::Monday)))
}

impl Span {
    pub fn of(view: View, date: Date) -> Self {
        let civil = date.to_jiff();
        match view {
            View::Day => Self { view, date: civil, first: date, last: date },
            View::Week => {
                let first = monday_of(civil);
                Self { view, date: civil, first, last: first.plus_days(6) }
            }
            // Whole weeks from Monday that cover the month.
            View::Month => {
                let (begin, end) = (civil.first_of_month(), civil.last_of_month());
                Self { view, date: begin, first: monday_of(begin), last: monday_of(end).plus_days(6) }
            }
            View::List => Self { view, date: civil, first: date, last: date.plus_days(LIST_DAYS - 1) },
        }
    }

    pub fn days(&self) -> impl Iterator<Item = Date> {
        let first = self.first;
        (0..=self.last.days_since(first)).map(move |n| first.plus_days(n))
    }

    /// Belongs to the month before or after.
    pub fn is_outside(&self, date: Date) -> bool {
        self.view == View::Month && date.to_jiff().first_of_month() != self.date
    }

    pub fn before(&self) -> Date {
        match self.view {
            View::Day => self.first.plus_days(-1),
            View::Week => self.first.plus_days(-7),
            View::Month => Date::from_jiff(self.date.yesterday().unwrap_or(self.date).first_of_month()),
            View::List => self.first.plus_days(-LIST_DAYS),
        }
    }

    pub fn after(&self) -> Date {
        match self.view {
            View::Day | View::Week | View::List => self.last.plus_days(1),
            View::Month => Date::from_jiff(self.date.last_of_month().tomorrow().unwrap_or(self.date)),
        }
    }

    pub fn title(&self) -> String {
        let (first, last) = (self.first.to_jiff(), self.last.to_jiff());
        match self.view {
            View::Day => first.strftime("%A, %-d %B %Y").to_string(),
            View::Month => self.date.strftime("%B %Y").to_string(),
            View::Week | View::List if first.month() == last.month() => {
                format!("{}–{}", first.day(), last.strftime("%-d %B %Y"))
            }
            View::Week | View::List => format!("{} – {}", first.strftime("%-d %b"), last.strftime("%-d %b %Y")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(view: View, date: &str) -> (String, String, i64) {
        let span = Span::of(view, date.parse().expect("a date"));
        (span.first.to_string(), span.last.to_string(), i64::try_from(span.days().count()).expect("few"))
    }

    #[test]
    fn a_month_is_whole_weeks_from_monday() {
        assert_eq!(span(View::Month, "2025-11-17"), ("2025-10-27".into(), "2025-11-30".into(), 35));
        assert_eq!(span(View::Month, "2027-02-28"), ("2027-02-01".into(), "2027-02-28".into(), 28));
        assert_eq!(span(View::Week, "2026-03-01"), ("2026-02-23".into(), "2026-03-01".into(), 7));
        assert_eq!(span(View::Day, "2026-03-01").2, 1);
        assert_eq!(span(View::List, "2026-03-01").2, 28);
    }

    #[test]
    fn a_step_leads_to_the_neighbour_and_back() {
        for view in View::ALL {
            let here = Span::of(view, "2026-03-31".parse().expect("a date"));
            let there = Span::of(view, here.after());
            assert_eq!(Span::of(view, there.before()).first, here.first, "{view:?}");
        }
        assert_eq!(Span::of(View::Month, "2026-01-31".parse().expect("a date")).after().to_string(), "2026-02-01");
    }

    #[test]
    fn a_title_names_the_days() {
        let title = |view| Span::of(view, "2026-03-31".parse().expect("a date")).title();
        assert_eq!(title(View::Day), "Tuesday, 31 March 2026");
        assert_eq!(title(View::Week), "30 Mar – 5 Apr 2026");
        assert_eq!(title(View::Month), "March 2026");
    }
}
