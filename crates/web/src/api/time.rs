//! Instants, days and plans as the API reads and writes them.

use std::borrow::Cow;

use rookery_analytics::Range;
use rookery_kernel::{Clock, Date, LocalTimeNote, Timestamp, Zone};
use rookery_publishing::Schedule;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::problem::Problem;

/// An instant: RFC 3339, written in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Time(pub Timestamp);

/// A calendar day, `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Day(pub Date);

macro_rules! text {
    ($name:ident, $inner:ty, $format:ident, $example:literal, $words:literal) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Cow::<'de, str>::deserialize(deserializer)?.parse().map(Self).map_err(serde::de::Error::custom)
            }
        }

        impl From<$inner> for $name {
            fn from(value: $inner) -> Self {
                Self(value)
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .format(Some(SchemaFormat::KnownFormat(KnownFormat::$format)))
                    .description(Some($words))
                    .examples([serde_json::json!($example)])
                    .into()
            }
        }

        impl ToSchema for $name {}
    };
}
text!(Time, Timestamp, DateTime, "2026-03-02T09:00:00Z", "An instant (RFC 3339), written in UTC.");
text!(Day, Date, Date, "2026-03-02", "A calendar day.");

/// Kind of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PlanKind {
    /// Not yet.
    Draft,
    /// At once.
    Now,
    /// At `at` or `localTime`.
    At,
}

/// When a post goes out: `{"kind":"draft"}`, `{"kind":"now"}`, `{"kind":"at","at":"2026-03-02T09:00:00Z"}` or
/// `{"kind":"at","localTime":"2026-03-02T09:00"}`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PlanBody {
    /// Draft, now, or at a time.
    pub kind: PlanKind,
    /// The instant.
    pub at: Option<Time>,
    /// A local time, `YYYY-MM-DDTHH:MM`. One that clocks jump over becomes the first instant after the gap, one
    /// that happens twice means the first; `timeNote` of the answer says so.
    pub local_time: Option<String>,
    /// The IANA zone of `localTime`; the organization's unless given.
    pub time_zone: Option<String>,
}

/// A time to plan for.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AtBody {
    /// The instant.
    pub at: Option<Time>,
    /// A local time, `YYYY-MM-DDTHH:MM`.
    pub local_time: Option<String>,
    /// The IANA zone of `localTime`; the organization's unless given.
    pub time_zone: Option<String>,
}

/// What had to be decided about a local time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TimeNote {
    /// Clocks jump over it: the first instant after the gap was taken.
    Skipped,
    /// It happens twice: the first was taken.
    Repeated,
}

/// A plan that was understood.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub schedule: Schedule,
    pub zone: Zone,
    pub note: Option<TimeNote>,
}

impl PlanBody {
    /// The plan, with local times of `home` unless another zone is named.
    pub(crate) fn read(self, home: &Zone) -> Result<Plan, Problem> {
        let has_time = self.at.is_some() || self.local_time.is_some();
        let schedule = match self.kind {
            PlanKind::At => {
                return AtBody { at: self.at, local_time: self.local_time, time_zone: self.time_zone }.read(home);
            }
            _ if has_time => {
                return Err(Problem::field("schedule.kind", "time_unused", "A time belongs to the kind \"at\"."));
            }
            PlanKind::Draft => Schedule::Draft,
            PlanKind::Now => Schedule::Now,
        };
        Ok(Plan { schedule, zone: zone(self.time_zone.as_deref(), home)?, note: None })
    }
}

impl AtBody {
    /// As [`PlanBody::read`].
    pub(crate) fn read(self, home: &Zone) -> Result<Plan, Problem> {
        let zone = zone(self.time_zone.as_deref(), home)?;
        let (at, note) = match (self.at, self.local_time) {
            (Some(Time(at)), None) => (at, None),
            (None, Some(local)) => {
                let (at, note) = zone.instant(&local)?;
                let note = match note {
                    LocalTimeNote::Exact => None,
                    LocalTimeNote::Skipped => Some(TimeNote::Skipped),
                    LocalTimeNote::Repeated => Some(TimeNote::Repeated),
                };
                (at, note)
            }
            (None, None) => return Err(Problem::field("at", "time_missing", "Give `at` or `localTime`.")),
            (Some(_), Some(_)) => {
                return Err(Problem::field("at", "time_twice", "Give either `at` or `localTime`, not both."));
            }
        };
        Ok(Plan { schedule: Schedule::At(at), zone, note })
    }
}

fn zone(named: Option<&str>, home: &Zone) -> Result<Zone, Problem> {
    named.map_or_else(|| Ok(home.clone()), |name| Ok(name.parse()?))
}

/// Days of a report; the last `default_days` up to yesterday unless told.
pub(crate) fn range(
    from: Option<Day>,
    to: Option<Day>,
    default_days: i64,
    zone: &Zone,
    clock: &dyn Clock,
) -> Result<Range, Problem> {
    let to = to.map_or_else(|| zone.date(clock.now()).plus_days(-1), |day| day.0);
    let from = from.map_or_else(|| to.plus_days(1 - default_days), |day| day.0);
    Ok(Range::new(from, to)?)
}

/// Tells `"field": null` from a field that is not there.
#[expect(clippy::option_option, reason = "absent, null and a value are three wishes")]
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<(Schedule, Option<TimeNote>), u16> {
        let berlin: Zone = "Europe/Berlin".parse().expect("known");
        let body: PlanBody = serde_json::from_str(json).map_err(|_| 400_u16)?;
        body.read(&berlin).map(|plan| (plan.schedule, plan.note)).map_err(|p| p.status)
    }

    #[test]
    fn a_plan_is_a_draft_now_an_instant_or_a_local_time() {
        let at = |text: &str| Schedule::At(text.parse().expect("a time"));
        assert_eq!(read(r#"{"kind":"draft"}"#), Ok((Schedule::Draft, None)));
        assert_eq!(read(r#"{"kind":"now"}"#), Ok((Schedule::Now, None)));
        let instant = r#"{"kind":"at","at":"2026-06-01T09:00:00+02:00"}"#;
        assert_eq!(read(instant), Ok((at("2026-06-01T07:00:00Z"), None)));
        let local = r#"{"kind":"at","localTime":"2026-06-01T09:00"}"#;
        assert_eq!(read(local), Ok((at("2026-06-01T07:00:00Z"), None)));
        let gap = r#"{"kind":"at","localTime":"2026-03-29T02:30"}"#;
        assert_eq!(read(gap), Ok((at("2026-03-29T01:00:00Z"), Some(TimeNote::Skipped))));
        let tokyo = r#"{"kind":"at","localTime":"2026-06-01T09:00","timeZone":"Asia/Tokyo"}"#;
        assert_eq!(read(tokyo), Ok((at("2026-06-01T00:00:00Z"), None)));
    }

    #[test]
    fn a_plan_that_cannot_be_meant_is_refused() {
        assert_eq!(read(r#"{"kind":"at"}"#), Err(422));
        assert_eq!(read(r#"{"kind":"now","at":"2026-06-01T09:00:00Z"}"#), Err(422));
        assert_eq!(read(r#"{"kind":"at","at":"2026-06-01T09:00:00Z","localTime":"2026-06-01T09:00"}"#), Err(422));
        assert_eq!(read(r#"{"kind":"at","localTime":"tomorrow"}"#), Err(422));
        assert_eq!(read(r#"{"kind":"at","localTime":"2026-06-01T09:00","timeZone":"Mars/Olympus"}"#), Err(422));
        assert_eq!(read(r#"{"kind":"later"}"#), Err(400));
        assert_eq!(read(r#"{"kind":"at","at":"2026-02-30T09:00:00Z"}"#), Err(400));
    }
}
