//! When reports are due, what they are about and what they hold. Pure.

use rookery_kernel::{AccountId, Date, Platform, ReportRunId, ReportScheduleId, Timestamp, Zone};
use uuid::Uuid;

use crate::kpi::{BadRange, PeriodSums, Range};
use crate::overview::Overview;
use crate::performance::{AskError, FormatComparison};
use crate::report::ReadError;

/// Addresses of one schedule.
pub const REPORT_RECIPIENTS_MAX: usize = 20;
/// Schedules of one organization.
pub const REPORT_SCHEDULES_MAX: i64 = 50;
/// Longest name.
const NAME_MAX: usize = 120;

/// How often a report is sent, and what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cadence {
    /// Every day, about the day before.
    Daily,
    /// On a weekday (1 = Monday), about the seven days before.
    Weekly(u8),
    /// On a day of the month (in a shorter month its last), about the month before.
    Monthly(u8),
}

impl Cadence {
    /// The stored word.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Weekly(_) => "weekly",
            Self::Monthly(_) => "monthly",
        }
    }

    /// From the stored word and its days; an impossible one is daily.
    pub fn of(label: &str, weekday: Option<i16>, day: Option<i16>) -> Self {
        let small = |n: Option<i16>| n.and_then(|n| u8::try_from(n).ok()).unwrap_or(1);
        match label {
            "weekly" => Self::Weekly(small(weekday)),
            "monthly" => Self::Monthly(small(day)),
            _ => Self::Daily,
        }
    }

    /// Whether it is sent on this day.
    fn falls_on(self, date: Date) -> bool {
        let civil = date.to_jiff();
        match self {
            Self::Daily => true,
            Self::Weekly(weekday) => civil.weekday().to_monday_one_offset() == i8::try_from(weekday).unwrap_or(1),
            Self::Monthly(day) => civil.day() == i8::try_from(day).unwrap_or(1).min(civil.days_in_month()),
        }
    }

    /// The days a report is about that is sent on this one.
    pub fn period(self, sent_on: Date) -> Range {
        match self {
            Self::Daily => Range { from: sent_on.plus_days(-1), to: sent_on.plus_days(-1) },
            Self::Weekly(_) => Range { from: sent_on.plus_days(-7), to: sent_on.plus_days(-1) },
            Self::Monthly(_) => {
                let to = Date::from_jiff(sent_on.to_jiff().first_of_month()).plus_days(-1);
                Range { from: Date::from_jiff(to.to_jiff().first_of_month()), to }
            }
        }
    }
}

/// The first moment after `after` at which a schedule is due. A time that clocks jump over is the first after the jump.
pub(super) fn next_after(cadence: Cadence, at: &str, zone: &Zone, after: Timestamp) -> Timestamp {
    let today = zone.date(after);
    // Every cadence falls on a day within a month and a week.
    let due = (0..40).map(|n| today.plus_days(n)).filter(|date| cadence.falls_on(*date)).filter_map(|date| {
        let (moment, _) = zone.instant(&format!("{date}T{at}")).ok()?;
        (moment > after).then_some(moment)
    });
    due.min().unwrap_or(after + std::time::Duration::from_secs(24 * 3600))
}

/// A schedule to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSchedule {
    /// Its name, in the subject of the e-mail.
    pub name: String,
    /// The page group; `None` is the whole organization.
    pub group: Option<Uuid>,
    /// How often.
    pub cadence: Cadence,
    /// `HH:MM` on its zone's clocks.
    pub at: String,
    /// Its zone.
    pub zone: Zone,
    /// The addresses.
    pub recipients: Vec<String>,
}

/// A schedule that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSchedule {
    /// No name, or too long a one.
    #[error("give the report a name of at most {NAME_MAX} characters")]
    Name,
    /// No time of day.
    #[error("the time of day is HH:MM, such as 08:30")]
    Time,
    /// A weekday or day of the month that is none.
    #[error("a weekday is 1 (Monday) to 7, a day of the month 1 to 31")]
    Day,
    /// None, or too many.
    #[error("name one to {REPORT_RECIPIENTS_MAX} addresses")]
    Recipients,
    /// No e-mail address.
    #[error("{0:?} is no e-mail address")]
    Address(String),
}

impl NewSchedule {
    /// The same with a trimmed name and each address once, or why it cannot be.
    pub(super) fn checked(mut self) -> Result<Self, BadSchedule> {
        self.name = self.name.split_whitespace().collect::<Vec<_>>().join(" ");
        if self.name.is_empty() || self.name.chars().count() > NAME_MAX {
            return Err(BadSchedule::Name);
        }
        let time = self.at.split_once(':').and_then(|(h, m)| Some((h.parse::<u8>().ok()?, m.parse::<u8>().ok()?)));
        match time {
            Some((hour @ 0..=23, minute @ 0..=59)) => self.at = format!("{hour:02}:{minute:02}"),
            _ => return Err(BadSchedule::Time),
        }
        if !matches!(self.cadence, Cadence::Daily | Cadence::Weekly(1..=7) | Cadence::Monthly(1..=31)) {
            return Err(BadSchedule::Day);
        }
        let mut seen = std::collections::BTreeSet::new();
        self.recipients = self.recipients.iter().map(|a| a.trim().to_owned()).filter(|a| !a.is_empty()).collect();
        self.recipients.retain(|address| seen.insert(address.to_lowercase()));
        if self.recipients.is_empty() || self.recipients.len() > REPORT_RECIPIENTS_MAX {
            return Err(BadSchedule::Recipients);
        }
        match self.recipients.iter().find(|address| !rookery_mail::is_address(address)) {
            Some(address) => Err(BadSchedule::Address(address.clone())),
            None => Ok(self),
        }
    }
}

/// Where a report's sending stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// It waits for the worker.
    Queued,
    /// Every address has it.
    Sent,
    /// It is not tried again.
    Failed,
}

impl RunState {
    /// The stored word.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Failed => "failed",
        }
    }

    pub(super) fn of_label(label: &str) -> Self {
        match label {
            "sent" => Self::Sent,
            "failed" => Self::Failed,
            _ => Self::Queued,
        }
    }
}

/// A report of one period of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRun {
    /// Its id.
    pub id: ReportRunId,
    /// The schedule.
    pub schedule_id: ReportScheduleId,
    /// Its name.
    pub name: String,
    /// What it is about.
    pub period: Range,
    /// Where it stands.
    pub state: RunState,
    /// Addresses whose server took it.
    pub sent_to: Vec<String>,
    /// Why it could not be sent.
    pub error: Option<String>,
    /// When all had it.
    pub sent_at: Option<Timestamp>,
    /// When it was due.
    pub created_at: Timestamp,
}

/// When a report is sent, and to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportSchedule {
    /// Its id.
    pub id: ReportScheduleId,
    /// Its name.
    pub name: String,
    /// The page group; `None` is the whole organization.
    pub group: Option<Uuid>,
    /// How often.
    pub cadence: Cadence,
    /// `HH:MM`.
    pub at: String,
    /// Its zone.
    pub zone: Zone,
    /// The addresses.
    pub recipients: Vec<String>,
    /// Whether it is sent.
    pub enabled: bool,
    /// When the next one is due.
    pub next_at: Timestamp,
}

/// An account in a report.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportAccount {
    /// Its id.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// The network.
    pub platform: Platform,
    /// What happened in the period; `None` if nothing was reported.
    pub sums: Option<PeriodSums>,
}

/// Everything a report shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// Whose.
    pub organization: String,
    /// The page group; `None` is the whole organization.
    pub group: Option<String>,
    /// The days.
    pub range: Range,
    /// Figures with change, the line, top content, coverage.
    pub overview: Overview,
    /// Formats of what was published in the period.
    pub formats: FormatComparison,
    /// Account by account.
    pub accounts: Vec<ReportAccount>,
    /// The zone of its days.
    pub zone: Zone,
    /// When it was made.
    pub made_at: Timestamp,
}

/// A report cannot be made, planned or shown.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// A schedule that cannot be.
    #[error(transparent)]
    Bad(#[from] BadSchedule),
    /// A range that is none.
    #[error(transparent)]
    Range(#[from] BadRange),
    /// Not in this organization.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Enough is enough.
    #[error("there are {REPORT_SCHEDULES_MAX} schedules already; delete one first")]
    TooMany,
    /// A link without a name, or for too long.
    #[error("say for whom the link is, and for 1 to {max} days", max = super::links::REPORT_LINK_DAYS_MAX)]
    Link,
    /// Nobody said how letters leave.
    #[error("mail is not configured; set mail.from and mail.server, then a report can be sent")]
    NoMail,
    /// The figures could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The formats could not be compared.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn next(cadence: Cadence, zone: &str, after: &str) -> String {
        let zone = zone.parse().expect("a zone");
        next_after(cadence, "08:30", &zone, after.parse().expect("a time")).to_string()
    }

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    #[test]
    fn a_month_that_is_too_short_sends_on_its_last_day() {
        let monthly = Cadence::Monthly(31);
        assert_eq!(next(monthly, "UTC", "2026-01-31T08:30:00Z"), "2026-02-28T08:30:00Z");
        assert_eq!(next(monthly, "UTC", "2026-02-28T08:30:00Z"), "2026-03-31T08:30:00Z");
        assert_eq!(next(monthly, "UTC", "2026-03-31T09:00:00Z"), "2026-04-30T08:30:00Z");
        assert_eq!(next(Cadence::Weekly(1), "Europe/Berlin", "2026-03-10T00:00:00Z"), "2026-03-16T07:30:00Z");
        assert_eq!(
            next(Cadence::Daily, "Europe/Berlin", "2026-03-28T07:30:00Z"),
            "2026-03-29T06:30:00Z",
            "summer time"
        );
        assert_eq!(next(Cadence::Daily, "Asia/Tokyo", "2026-03-28T23:29:00Z"), "2026-03-28T23:30:00Z");
    }

    #[test]
    fn a_report_is_about_what_is_over() {
        let range = |from, to| Range { from: day(from), to: day(to) };
        assert_eq!(Cadence::Daily.period(day("2026-03-01")), range("2026-02-28", "2026-02-28"));
        assert_eq!(Cadence::Weekly(1).period(day("2026-03-09")), range("2026-03-02", "2026-03-08"));
        assert_eq!(Cadence::Monthly(31).period(day("2026-02-28")), range("2026-01-01", "2026-01-31"));
        assert_eq!(Cadence::Monthly(1).period(day("2026-03-01")), range("2026-02-01", "2026-02-28"));
    }

    #[test]
    fn a_schedule_that_cannot_be_says_why() {
        let good = NewSchedule {
            name: " Monthly  numbers ".to_owned(),
            group: None,
            cadence: Cadence::Monthly(1),
            at: "8:05".to_owned(),
            zone: Zone::utc(),
            recipients: vec![" ann@example.org".to_owned(), "ANN@example.org".to_owned(), String::new()],
        };
        let checked = good.clone().checked().expect("a schedule");
        assert_eq!((checked.name.as_str(), checked.at.as_str()), ("Monthly numbers", "08:05"));
        assert_eq!(checked.recipients, ["ann@example.org"]);
        let bad = |change: fn(&mut NewSchedule)| {
            let mut schedule = good.clone();
            change(&mut schedule);
            schedule.checked().expect_err("it cannot be")
        };
        assert_eq!(bad(|s| s.name.clear()), BadSchedule::Name);
        assert_eq!(bad(|s| s.at = "24:00".to_owned()), BadSchedule::Time);
        assert_eq!(bad(|s| s.cadence = Cadence::Weekly(8)), BadSchedule::Day);
        assert_eq!(bad(|s| s.recipients.clear()), BadSchedule::Recipients);
        assert!(matches!(bad(|s| s.recipients.push("nobody".to_owned())), BadSchedule::Address(_)));
    }

    proptest! {
        /// The next moment is later, on a day of the cadence, and nothing due lies between.
        #[test]
        fn schedules_miss_no_period(hours in 0_u64..20_000, kind in 0_u8..3, n in 1_u8..=31, zone in 0_usize..3) {
            let zone: Zone = ["UTC", "Europe/Berlin", "America/New_York"][zone].parse().expect("a zone");
            let cadence = match kind { 0 => Cadence::Daily, 1 => Cadence::Weekly(1 + n % 7), _ => Cadence::Monthly(n) };
            let start: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
            let after = start + std::time::Duration::from_secs(hours * 3600);
            let first = next_after(cadence, "02:30", &zone, after);
            prop_assert!(first > after);
            prop_assert!(cadence.falls_on(zone.date(first)));
            let (one, two) = (cadence.period(zone.date(first)), cadence.period(zone.date(next_after(cadence, "02:30", &zone, first))));
            prop_assert_eq!(one.to.plus_days(1), two.from, "periods tile the calendar");
        }
    }
}
