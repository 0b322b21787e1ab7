//! Local times in an IANA zone, by one rule for the whole product.

use std::fmt;
use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::time::{Date, Timestamp};

/// A time zone by its IANA name.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(TimeZone, String);

/// Not a zone, or not a local time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ZoneError {
    /// The name is in no zone table.
    #[error("unknown time zone {0:?}; use an IANA name such as Europe/Berlin")]
    Unknown(String),
    /// The text is no local date and time.
    #[error("not a date and time: {0:?}; use YYYY-MM-DDTHH:MM")]
    NotLocal(String),
}

/// What had to be decided to turn a local time into an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LocalTimeNote {
    /// The time exists once.
    Exact,
    /// Clocks jump over it: the first instant after the gap was taken.
    Skipped,
    /// It happens twice: the first was taken.
    Repeated,
}

impl Zone {
    /// UTC.
    pub fn utc() -> Self {
        Self(TimeZone::UTC, "UTC".to_owned())
    }

    /// The IANA name.
    pub fn name(&self) -> &str {
        &self.1
    }

    /// The instant of a local `YYYY-MM-DDTHH:MM[:SS]`, and what had to be decided.
    /// A time in a gap becomes the first instant after the gap, a repeated one the first.
    ///
    /// # Errors
    /// [`ZoneError::NotLocal`] if the text is not such a time.
    pub fn instant(&self, local: &str) -> Result<(Timestamp, LocalTimeNote), ZoneError> {
        let not_local = || ZoneError::NotLocal(local.to_owned());
        let civil: DateTime = local.parse().map_err(|_| not_local())?;
        let ambiguous = self.0.to_ambiguous_timestamp(civil);
        let (at, note) = match ambiguous.offset() {
            jiff::tz::AmbiguousOffset::Unambiguous { .. } => (ambiguous.compatible(), LocalTimeNote::Exact),
            jiff::tz::AmbiguousOffset::Fold { .. } => (ambiguous.earlier(), LocalTimeNote::Repeated),
            jiff::tz::AmbiguousOffset::Gap { .. } => {
                // The instant read with the offset after the gap lies before the jump; the
                // zone's next transition from there is the gap's end.
                let before = ambiguous.earlier().map_err(|_| not_local())?;
                let end = self.0.following(before).next().map_or(before, |t| t.timestamp());
                (Ok(end), LocalTimeNote::Skipped)
            }
        };
        at.map(|at| (Timestamp::from_jiff(at), note)).map_err(|_| not_local())
    }

    /// The local calendar day of an instant.
    pub fn date(&self, at: Timestamp) -> Date {
        Date::from_jiff(at.to_jiff().to_zoned(self.0.clone()).date())
    }

    /// The local wall-clock time of an instant, for formatting.
    pub fn local(&self, at: Timestamp) -> DateTime {
        at.to_jiff().to_zoned(self.0.clone()).datetime()
    }

    /// The first instant of a local day.
    pub fn start_of(&self, date: Date) -> Timestamp {
        date.to_jiff()
            .to_zoned(self.0.clone())
            .and_then(|z| z.start_of_day())
            .map_or_else(|_| date.start_utc(), |z| Timestamp::from_jiff(z.timestamp()))
    }
}

impl FromStr for Zone {
    type Err = ZoneError;
    fn from_str(name: &str) -> Result<Self, ZoneError> {
        let zone = TimeZone::get(name).map_err(|_| ZoneError::Unknown(name.to_owned()))?;
        Ok(Self(zone, name.to_owned()))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.1)
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_move_forward_and_repeats_mean_the_first() {
        let berlin: Zone = "Europe/Berlin".parse().expect("known");
        let read = |local: &str| {
            let (at, note) = berlin.instant(local).expect("local time");
            (at.to_string(), note)
        };
        assert_eq!(read("2026-06-01T09:00"), ("2026-06-01T07:00:00Z".into(), LocalTimeNote::Exact));
        assert_eq!(read("2026-03-29T02:30"), ("2026-03-29T01:00:00Z".into(), LocalTimeNote::Skipped));
        assert_eq!(read("2026-10-25T02:30"), ("2026-10-25T00:30:00Z".into(), LocalTimeNote::Repeated));
        assert!(berlin.instant("yesterday").is_err());
        assert!("Europe/Atlantis".parse::<Zone>().is_err());
    }

    #[test]
    fn a_day_begins_at_local_midnight() {
        let berlin: Zone = "Europe/Berlin".parse().expect("known");
        let date: Date = "2026-07-01".parse().expect("valid");
        assert_eq!(berlin.start_of(date).to_string(), "2026-06-30T22:00:00Z");
        assert_eq!(berlin.date(berlin.start_of(date)), date);
    }
}
