//! Instants, dates and the clock. Nothing outside this file names the time library for an instant.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Type, encode::IsNull, error::BoxDynError};

/// Text that is not an instant or a date.
#[derive(Debug, thiserror::Error)]
#[error("not a {expected}: {source}")]
pub struct TimeError {
    expected: &'static str,
    source: jiff::Error,
}

/// An instant in UTC, kept to the microsecond (what PostgreSQL keeps).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(jiff::Timestamp);

impl Timestamp {
    /// From milliseconds since 1970-01-01 UTC; out-of-range values saturate.
    pub fn from_millis(millis: i64) -> Self {
        Self(jiff::Timestamp::from_millisecond(millis).unwrap_or(if millis < 0 {
            jiff::Timestamp::MIN
        } else {
            jiff::Timestamp::MAX
        }))
    }

    /// From seconds since 1970-01-01 UTC; out-of-range values saturate.
    pub fn from_secs(seconds: i64) -> Self {
        Self::from_millis(seconds.saturating_mul(1000))
    }

    /// From the time library, cut to the microsecond.
    pub fn from_jiff(at: jiff::Timestamp) -> Self {
        Self(jiff::Timestamp::from_microsecond(at.as_microsecond()).expect("a cut instant stays in range"))
    }

    /// The time library's form, for calendar arithmetic.
    pub const fn to_jiff(self) -> jiff::Timestamp {
        self.0
    }

    /// Milliseconds since 1970-01-01 UTC.
    pub fn as_millis(self) -> i64 {
        self.0.as_millisecond()
    }

    /// Whole seconds since 1970-01-01 UTC.
    pub fn as_secs(self) -> i64 {
        self.0.as_second()
    }

    /// The calendar day in UTC.
    pub fn date_utc(self) -> Date {
        Date(self.0.to_zoned(jiff::tz::TimeZone::UTC).date())
    }

    /// Time passed since `earlier`; zero if `earlier` lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::try_from(self.0.duration_since(earlier.0)).unwrap_or_default()
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, rhs: Duration) -> Self {
        Self(self.0.checked_add(rhs).unwrap_or(jiff::Timestamp::MAX))
    }
}

impl std::ops::Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, rhs: Duration) -> Self {
        Self(self.0.checked_sub(rhs).unwrap_or(jiff::Timestamp::MIN))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;
    fn from_str(s: &str) -> Result<Self, TimeError> {
        s.parse()
            .map(Self::from_jiff)
            .map_err(|source| TimeError { expected: "time with an offset (RFC 3339)", source })
    }
}

/// A calendar day without a zone.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Date(jiff::civil::Date);

impl Date {
    /// From the time library.
    pub const fn from_jiff(date: jiff::civil::Date) -> Self {
        Self(date)
    }

    /// The time library's form, for calendar arithmetic.
    pub const fn to_jiff(self) -> jiff::civil::Date {
        self.0
    }

    /// This day plus `days` (may be negative); saturates at the calendar's ends.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(jiff::Span::new().try_days(days).unwrap_or_default()))
    }

    /// Days from `earlier` to this day.
    pub fn days_since(self, earlier: Self) -> i64 {
        i64::from((self.0 - earlier.0).get_days())
    }

    /// Midnight UTC at the start of this day.
    pub fn start_utc(self) -> Timestamp {
        Timestamp::from_jiff(
            self.0.to_zoned(jiff::tz::TimeZone::UTC).expect("every midnight exists in UTC").timestamp(),
        )
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Date {
    type Err = TimeError;
    fn from_str(s: &str) -> Result<Self, TimeError> {
        s.parse().map(Self).map_err(|source| TimeError { expected: "date (YYYY-MM-DD)", source })
    }
}

macro_rules! through_jiff_sqlx {
    ($ours:ty, $theirs:ty, $from:expr) => {
        impl Type<Postgres> for $ours {
            fn type_info() -> PgTypeInfo {
                <$theirs as Type<Postgres>>::type_info()
            }
        }
        impl PgHasArrayType for $ours {
            fn array_type_info() -> PgTypeInfo {
                <$theirs as PgHasArrayType>::array_type_info()
            }
        }
        impl Encode<'_, Postgres> for $ours {
            fn encode_by_ref(&self, buf: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
                <$theirs as Encode<Postgres>>::encode(<$theirs>::from(self.0), buf)
            }
        }
        impl<'r> Decode<'r, Postgres> for $ours {
            fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
                let theirs = <$theirs as Decode<Postgres>>::decode(value)?;
                Ok($from(theirs.to_jiff()))
            }
        }
    };
}
through_jiff_sqlx!(Timestamp, jiff_sqlx::Timestamp, Timestamp);
through_jiff_sqlx!(Date, jiff_sqlx::Date, Date);

/// Tells the time. Passed in everywhere, so that tests move it by hand and nothing sleeps.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The current instant.
    fn now(&self) -> Timestamp;
}

/// The machine's clock; only the binary constructs it.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that looks at the machine's clock")]
    fn now(&self) -> Timestamp {
        Timestamp::from_jiff(jiff::Timestamp::now())
    }
}

/// A clock that stands still until a test advances it. Clones share the same hands.
#[derive(Debug, Clone)]
pub struct FixedClock(Arc<Mutex<Timestamp>>);

impl FixedClock {
    /// Stands at `at`.
    pub fn at(at: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(at)))
    }

    /// Moves forward.
    pub fn advance(&self, by: Duration) {
        let mut now = self.0.lock().expect("no holder of this lock panics");
        *now = *now + by;
    }

    /// Jumps to `at`, forward or back.
    pub fn set(&self, at: Timestamp) {
        *self.0.lock().expect("no holder of this lock panics") = at;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        *self.0.lock().expect("no holder of this lock panics")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_keeps_microseconds_and_saturates() {
        let at: Timestamp = "2026-03-02T08:00:00.123456789Z".parse().expect("valid");
        assert_eq!(at.to_string(), "2026-03-02T08:00:00.123456Z");
        assert_eq!((at + Duration::from_secs(60)).since(at), Duration::from_secs(60));
        assert_eq!(at.since(at + Duration::from_secs(1)), Duration::ZERO);
    }

    #[test]
    fn days_are_counted_over_month_ends() {
        let date: Date = "2026-03-01".parse().expect("valid");
        assert_eq!(date.plus_days(-1).to_string(), "2026-02-28");
        assert_eq!(date.days_since(date.plus_days(-40)), 40);
        assert!("2026-02-30".parse::<Date>().is_err());
    }
}
