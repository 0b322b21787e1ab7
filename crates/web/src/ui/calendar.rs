//! The month: what is planned and what came out, in the organization's zone.

use askama::Template;
use axum::extract::State;
use jiff::civil::{self, Weekday};
use rookery_kernel::{AccountId, Date, Platform, Zone};
use rookery_publishing::{CalendarEntry, PublicationStatus};
use serde::Deserialize;

use super::format::{colour, time_of_day};
use super::posts::state;
use super::shell::{Flash, Shell};
use super::{PageResult, render};
use crate::app::App;
use crate::extract::{Query, Read, Visitor};

struct Entry {
    href: String,
    time: String,
    title: String,
    account: String,
    state: String,
    class: &'static str,
    mark: &'static str,
    colour: &'static str,
}

struct Day {
    date: Date,
    number: i8,
    weekday: &'static str,
    outside: bool,
    is_today: bool,
    is_past: bool,
    entries: Vec<Entry>,
}

struct AccountChoice {
    id: AccountId,
    name: String,
    network: &'static str,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "calendar.html")]
struct Page {
    shell: Shell,
    month: String,
    month_name: String,
    previous: String,
    next: String,
    filter_query: String,
    zone: String,
    summary: String,
    accounts: Vec<AccountChoice>,
    weekdays: [&'static str; 7],
    days: Vec<Day>,
    legend: Vec<(&'static str, &'static str)>,
    is_empty: bool,
}

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    month: Option<String>,
    account: Option<String>,
}

/// One month.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(wish): Query<Wish>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let zone = &may.caller.organization.timezone;
    let today = zone.date(app.clock.now());
    // A month that cannot be read is this month: the address is easily mistyped.
    let first = wish.month.as_deref().and_then(first_of).unwrap_or_else(|| today.to_jiff().first_of_month());
    let grid = grid(first);
    let (from, to) = (zone.start_of(grid[0]), zone.start_of(grid[grid.len() - 1].plus_days(1)));
    let account: Option<AccountId> = wish.account.as_deref().and_then(|a| a.parse().ok());
    let entries = app.publishing.calendar(may.scope(), from, to).await?;
    let accounts = app.accounts.list_with_revoked(may.scope()).await?;
    let entries: Vec<_> = entries.into_iter().filter(|e| account.is_none_or(|a| a == e.account_id)).collect();
    let name_of = |id: AccountId| accounts.iter().find(|a| a.id == id).map_or("", |a| a.name()).to_owned();

    let in_month = |e: &&CalendarEntry| zone.date(e.at).to_jiff().first_of_month() == first;
    let count = |f: &dyn Fn(&CalendarEntry) -> bool| entries.iter().filter(in_month).filter(|e| f(e)).count();
    let published = count(&|e| e.status == PublicationStatus::Published);
    let failed = count(&|e| e.status == PublicationStatus::Failed);
    let planned = count(&|e| e.status.is_open());
    let summary = format!("{published} published, {planned} planned, {failed} not published.");
    let mut networks: Vec<Platform> = entries.iter().map(|e| e.platform).collect();
    networks.sort_unstable();
    networks.dedup();

    let days = grid.iter().enumerate().map(|(index, date)| Day {
        date: *date,
        number: date.to_jiff().day(),
        weekday: WEEKDAYS[index % 7],
        outside: date.to_jiff().first_of_month() != first,
        is_today: *date == today,
        is_past: *date < today,
        entries: entries
            .iter()
            .filter(|e| zone.date(e.at) == *date)
            .map(|e| entry(e, zone, name_of(e.account_id)))
            .collect(),
    });
    let month_of = |date: civil::Date| date.strftime("%Y-%m").to_string();
    Ok(render(&Page {
        shell: Shell::new("calendar", &may.caller, &accounts, &flash),
        month: month_of(first),
        month_name: first.strftime("%B %Y").to_string(),
        previous: month_of(first.yesterday().unwrap_or(first)),
        next: month_of(first.last_of_month().tomorrow().unwrap_or(first)),
        filter_query: account.map(|a| format!("&account={a}")).unwrap_or_default(),
        zone: zone.name().to_owned(),
        summary,
        is_empty: published + failed + planned == 0,
        weekdays: WEEKDAYS,
        days: days.collect(),
        legend: networks.into_iter().map(|p| (colour(p), p.name())).collect(),
        accounts: accounts
            .iter()
            .map(|a| AccountChoice {
                id: a.id,
                name: a.name().to_owned(),
                network: a.platform.name(),
                chosen: account == Some(a.id),
            })
            .collect(),
    }))
}

fn entry(e: &CalendarEntry, zone: &Zone, account: String) -> Entry {
    let (class, mark) = match e.status {
        PublicationStatus::Published => ("pub", "✓"),
        PublicationStatus::Failed => ("fail", "!"),
        PublicationStatus::Publishing => ("doubt", "?"),
        PublicationStatus::Retrying => ("doubt", ""),
        PublicationStatus::Cancelled => ("off", ""),
        PublicationStatus::Draft | PublicationStatus::Scheduled => ("", ""),
    };
    Entry {
        href: format!("/publications/{}", e.publication_id),
        time: time_of_day(e.at, zone),
        title: e.excerpt.clone(),
        account,
        state: state(e.status, false),
        class,
        mark,
        colour: colour(e.platform),
    }
}

/// The first day of `YYYY-MM`.
fn first_of(month: &str) -> Option<civil::Date> {
    format!("{month}-01").parse().ok()
}

/// Whole weeks from Monday that cover the month.
fn grid(first: civil::Date) -> Vec<Date> {
    let offset = i64::from(first.weekday().since(Weekday::Monday));
    let start = Date::from_jiff(first).plus_days(-offset);
    let days = offset + i64::from(first.days_in_month());
    let weeks = (days + 6) / 7;
    (0..weeks * 7).map(|n| start.plus_days(n)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_whole_weeks_from_monday() {
        let november = grid(civil::date(2025, 11, 1));
        assert_eq!((november[0].to_string().as_str(), november.len()), ("2025-10-27", 35));
        let february = grid(civil::date(2027, 2, 1));
        assert_eq!((february[0].to_string().as_str(), february.len()), ("2027-02-01", 28));
        assert_eq!(first_of("2026-13"), None);
    }
}
