//! Which days, accounts and content: what the address of a page about numbers says, and the same words in the API.

use rookery_analytics::{Filter, FormatChoice, Range};
use rookery_kernel::{AccountId, Clock, Date, Platform, Zone};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::problem::Problem;

/// Days of a report if none are named.
pub(crate) const DAYS: i64 = 30;

/// Which numbers. An empty value is as good as none: forms send one for every field.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct Lens {
    /// The last days up to yesterday: `7d`, `14d`, `30d` … at most `400d`. It goes before `startDate` and `endDate`.
    pub range: Option<String>,
    /// First day, `YYYY-MM-DD`; 30 days before the last unless told.
    #[serde(alias = "from")]
    pub start_date: Option<String>,
    /// Last day; yesterday unless told.
    #[serde(alias = "to")]
    pub end_date: Option<String>,
    /// Only these accounts, separated by commas; they override `groupId`.
    pub integration_ids: Option<String>,
    /// Only accounts of this page group.
    pub group_id: Option<String>,
    /// Only content that bears this tag.
    pub tag_id: Option<String>,
    /// Only this network.
    pub network: Option<String>,
    /// `all`, `post` (everything but reels and stories), `reel`, `story`, `video`, `carousel`, `text`, `link`, `picture`.
    pub format: Option<String>,
    /// Only what was published on this weekday, 1 (Monday) to 7.
    pub weekday: Option<String>,
}

/// The value, if the field says anything.
pub(crate) fn said(field: Option<&String>) -> Option<&str> {
    field.map(|text| text.trim()).filter(|text| !text.is_empty())
}

fn wrong(field: &str, text: &str, expected: &str) -> Problem {
    Problem::bad_request(format!("{field}: {text:?} is not {expected}."))
}

pub(crate) fn id(field: &str, text: Option<&str>) -> Result<Option<Uuid>, Problem> {
    text.map(|text| text.parse().map_err(|_| wrong(field, text, "an id"))).transpose()
}

fn day(field: &str, text: Option<&str>) -> Result<Option<Date>, Problem> {
    text.map(|text| text.parse().map_err(|_| wrong(field, text, "a day (YYYY-MM-DD)"))).transpose()
}

/// The formats; `all` is as good as none.
pub(crate) fn format(text: Option<&String>) -> Result<Option<FormatChoice>, Problem> {
    let named = said(text).filter(|text| *text != "all").map(|text| {
        let known = || FormatChoice::ALL.iter().map(|choice| choice.label()).collect::<Vec<_>>().join(", ");
        FormatChoice::named(text).ok_or_else(|| wrong("format", text, &format!("one of all, {}", known())))
    });
    named.transpose()
}

/// A day written as `YYYY-MM-DD` and in no other way.
pub(crate) fn strict_day(field: &str, text: Option<&str>) -> Result<Option<Date>, Problem> {
    let day = day(field, text)?;
    match (day, text) {
        (Some(day), Some(text)) if day.to_string() != text => Err(wrong(field, text, "a day (YYYY-MM-DD)")),
        (day, _) => Ok(day),
    }
}

impl Lens {
    /// The days.
    pub(crate) fn range(&self, zone: &Zone, clock: &dyn Clock) -> Result<Range, Problem> {
        let yesterday = zone.date(clock.now()).plus_days(-1);
        let range = if let Some(text) = said(self.range.as_ref()) {
            let days = text.strip_suffix('d').and_then(|days| days.parse::<u16>().ok());
            let days = days.ok_or_else(|| wrong("range", text, "a number of days such as 30d"))?;
            Range::last(i64::from(days), yesterday)
        } else {
            let to = day("endDate", said(self.end_date.as_ref()))?.unwrap_or(yesterday);
            let from = day("startDate", said(self.start_date.as_ref()))?.unwrap_or(to.plus_days(1 - DAYS));
            Range::new(from, to)
        };
        range.map_err(|error| Problem::bad_request(format!("{error}.")))
    }

    /// The filter.
    pub(crate) fn filter(&self) -> Result<Filter, Problem> {
        let account = |text: &str| -> Result<AccountId, Problem> {
            text.trim().parse().map_err(|_| wrong("integrationIds", text, "an id"))
        };
        let accounts = said(self.integration_ids.as_ref())
            .map_or_else(|| Ok(Vec::new()), |ids| ids.split(',').map(account).collect())?;
        let network = said(self.network.as_ref())
            .map(|text| text.parse::<Platform>().map_err(|error| Problem::bad_request(format!("network: {error}."))))
            .transpose()?;
        let format = format(self.format.as_ref());
        let weekday = said(self.weekday.as_ref()).map(|text| {
            let day = text.parse::<u8>().ok().filter(|day| (1..=7).contains(day));
            day.ok_or_else(|| wrong("weekday", text, "a number from 1 (Monday) to 7"))
        });
        Ok(Filter {
            accounts,
            network,
            group: id("groupId", said(self.group_id.as_ref()))?,
            tag: id("tagId", said(self.tag_id.as_ref()))?,
            format: format?,
            weekday: weekday.transpose()?,
        })
    }

    /// The tag, if it is one.
    pub(crate) fn tag(&self) -> Option<Uuid> {
        said(self.tag_id.as_ref())?.parse().ok()
    }

    /// What it says, as names and values of an address.
    pub(crate) fn words(&self) -> Vec<(&'static str, &str)> {
        let fields = [
            ("range", &self.range),
            ("startDate", &self.start_date),
            ("endDate", &self.end_date),
            ("integrationIds", &self.integration_ids),
            ("groupId", &self.group_id),
            ("tagId", &self.tag_id),
            ("network", &self.network),
            ("format", &self.format),
            ("weekday", &self.weekday),
        ];
        fields.into_iter().filter_map(|(name, field)| Some((name, said(field.as_ref())?))).collect()
    }
}

/// An address with these words after the question mark.
pub(crate) fn address(path: &str, words: &[(&str, &str)]) -> String {
    if words.is_empty() {
        return path.to_owned();
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(words).finish();
    format!("{path}?{query}")
}

#[cfg(test)]
mod tests {
    use rookery_kernel::FixedClock;

    use super::*;

    fn range(lens: &Lens) -> Result<String, u16> {
        let clock = FixedClock::at("2026-03-09T23:30:00Z".parse().expect("a time"));
        let berlin: Zone = "Europe/Berlin".parse().expect("a zone");
        lens.range(&berlin, &clock).map(|r| format!("{} {}", r.from, r.to)).map_err(|problem| problem.status)
    }

    #[test]
    fn ranges_end_yesterday_on_the_organizations_clocks() {
        let last = |text: &str| range(&Lens { range: Some(text.into()), ..Lens::default() });
        // In Berlin it is the tenth already.
        assert_eq!(last("7d"), Ok("2026-03-03 2026-03-09".into()));
        assert_eq!(last(""), Ok("2026-02-08 2026-03-09".into()));
        for wrong in ["7", "0d", "401d", "-1d", "d", "7days"] {
            assert_eq!(last(wrong), Err(400), "{wrong}");
        }
        let dates = |from: &str, to: &str| {
            range(&Lens { start_date: Some(from.into()), end_date: Some(to.into()), ..Lens::default() })
        };
        assert_eq!(dates("2026-01-01", "2026-01-31"), Ok("2026-01-01 2026-01-31".into()));
        assert_eq!(dates("2026-02-01", "2026-01-31"), Err(400));
        assert_eq!(dates("2026-02-30", ""), Err(400));
    }

    #[test]
    fn a_filter_says_what_it_does_not_understand() {
        let lens = |format: &str, weekday: &str| Lens {
            format: Some(format.into()),
            weekday: Some(weekday.into()),
            ..Lens::default()
        };
        let filter = lens("reel", "4").filter().expect("a filter");
        assert_eq!((filter.format, filter.weekday), (Some(FormatChoice::Reel), Some(4)));
        assert_eq!(lens("all", "").filter().expect("a filter"), Filter::default());
        for wrong in [lens("reels", ""), lens("", "8"), lens("", "thursday")] {
            assert_eq!(wrong.filter().expect_err("no filter").status, 400);
        }
        let ids = Lens { integration_ids: Some("1,2".into()), ..Lens::default() };
        assert_eq!(ids.filter().expect_err("no ids").status, 400);
        let both = Lens { group_id: Some("nobody".into()), ..Lens::default() };
        assert_eq!(both.filter().expect_err("no id").status, 400);
    }

    #[test]
    fn a_strict_day_is_written_in_one_way() {
        let day =
            |text: &str| strict_day("date", Some(text)).map(|day| day.map(|d| d.to_string())).map_err(|p| p.status);
        assert_eq!(day("2026-03-09"), Ok(Some("2026-03-09".into())));
        for wrong in ["20260309", "2026-3-9", "2026-03-09T10:00", "2026-02-30", "09.03.2026", "today", "+002026-03-09"]
        {
            assert_eq!(day(wrong), Err(400), "{wrong}");
        }
        assert_eq!(strict_day("date", None).map_err(|p| p.status), Ok(None));
    }

    #[test]
    fn an_address_keeps_what_was_said() {
        let lens = Lens { range: Some("7d".into()), format: Some(String::new()), ..Lens::default() };
        assert_eq!(address("/performance", &lens.words()), "/performance?range=7d");
        assert_eq!(address("/x", &[]), "/x");
        assert_eq!(address("/x", &[("search", "a&b c")]), "/x?search=a%26b+c");
    }
}
