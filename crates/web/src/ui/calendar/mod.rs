//! What is planned and what came out, in the organization's zone: by month, week, day, or as a list.

mod entry;
pub(crate) mod feed;
mod ics;
pub(crate) mod slots;
mod span;

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use rookery_accounts::Account;
use rookery_identity::Right;
use rookery_kernel::{AccountId, Date, LocalTimeNote, Platform, PublicationId, Zone};
use rookery_publishing::{CalendarEntry, CalendarFilter, CalendarState, CalendarView, PublicationStatus};
use serde::Deserialize;

use self::entry::{Badge, Entry};
use self::span::{Span, View};
use super::figures::WEEKDAYS_SHORT;
use super::format::{colour, field_value, moment, time_of_day};
use super::shell::{Flash, Shell};
use super::{PageResult, back, render};
use crate::app::App;
use crate::extract::{Publish, Query, Read, Visitor};
use crate::problem::Problem;

/// So many entries stand in a day of the month; the others are a link away.
const PER_DAY: usize = 6;
/// So many stand in an hour of the week.
const PER_HOUR: usize = 4;

/// A slot that no post has yet.
struct OpenRow {
    time: String,
    account: String,
    colour: &'static str,
    href: String,
    hour: i8,
}

struct Hour {
    number: i8,
    entries: Vec<Entry>,
    open: Vec<OpenRow>,
    more: usize,
}

#[expect(clippy::struct_excessive_bools, reason = "one per mark that a day may bear")]
struct Day {
    date: Date,
    number: i8,
    weekday: &'static str,
    /// `Tuesday 3 March`.
    name: String,
    href: String,
    outside: bool,
    is_today: bool,
    is_past: bool,
    is_hole: bool,
    entries: Vec<Entry>,
    more: usize,
    more_in_need: usize,
    open: Vec<OpenRow>,
    hours: Vec<Hour>,
}

impl Day {
    fn is_blank(&self) -> bool {
        self.entries.is_empty() && !self.is_today && !self.is_hole
    }
}

struct Choice {
    value: String,
    name: String,
    chosen: bool,
}

struct ViewLink {
    name: &'static str,
    href: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "calendar.html")]
#[expect(clippy::struct_excessive_bools, reason = "one per part that the page may show")]
struct Page {
    shell: Shell,
    view: &'static str,
    date: Date,
    title: String,
    previous: String,
    today: String,
    next: String,
    step: &'static str,
    here: String,
    views: Vec<ViewLink>,
    zone: String,
    summary: String,
    accounts: Vec<Choice>,
    networks: Vec<Choice>,
    states: Vec<Choice>,
    labels: Vec<Choice>,
    is_filtered: bool,
    weekdays: [&'static str; 7],
    days: Vec<Day>,
    legend: Vec<(&'static str, &'static str)>,
    clashes: Vec<Badge>,
    is_cut: bool,
    is_empty: bool,
    may_move: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Wish {
    view: Option<String>,
    date: Option<String>,
    /// `YYYY-MM`, as older addresses say it.
    month: Option<String>,
    account: Option<String>,
    network: Option<String>,
    status: Option<String>,
    label: Option<String>,
}

impl Wish {
    fn filter(&self) -> CalendarFilter {
        // What cannot be read filters nothing: the address is easily mistyped.
        fn read<T: std::str::FromStr>(text: Option<&String>) -> Option<T> {
            text.and_then(|t| t.parse().ok())
        }
        CalendarFilter {
            account_id: read(self.account.as_ref()),
            platform: read::<Platform>(self.network.as_ref()),
            state: read(self.status.as_ref()),
            label: self.label.clone().filter(|l| !l.is_empty()),
        }
    }
}

/// The part of an address that says which days and which entries.
fn query(view: View, date: Date, filter: &CalendarFilter) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("view", view.label()).append_pair("date", &date.to_string());
    let parts = [
        ("account", filter.account_id.map(|a| a.to_string())),
        ("network", filter.platform.map(|p| p.label().to_owned())),
        ("status", filter.state.map(|s| s.label().to_owned())),
        ("label", filter.label.clone()),
    ];
    for (name, value) in parts {
        if let Some(value) = value {
            query.append_pair(name, &value);
        }
    }
    query.finish()
}

/// The calendar.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(wish): Query<Wish>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let zone = &may.caller.organization.timezone;
    let today = zone.date(app.clock.now());
    let view = wish.view.as_deref().and_then(View::read).unwrap_or(View::Month);
    let month = wish.month.as_ref().and_then(|month| format!("{month}-01").parse().ok());
    let date = wish.date.as_ref().and_then(|d| d.parse().ok()).or(month).unwrap_or(today);
    let (span, filter) = (Span::of(view, date), wish.filter());
    let shown = app.publishing.calendar_view(may.scope(), (span.first, span.last), zone, &filter).await?;
    let accounts = app.accounts.list_with_revoked(may.scope()).await?;
    let may_move = may.caller.allows(Right::Publish);
    let name_of = |id: AccountId| accounts.iter().find(|a| a.id == id).map_or("", |a| a.name()).to_owned();
    let badges = entry::badges(&shown);
    let rows: Vec<(Date, Entry)> = shown
        .entries
        .iter()
        .map(|e| (zone.date(e.at), Entry::of(e, zone, name_of(e.account_id), may_move, badges.get(&e.publication_id))))
        .collect();
    let mut by_day: BTreeMap<Date, Vec<Entry>> = BTreeMap::new();
    for (day, row) in rows {
        by_day.entry(day).or_default().push(row);
    }
    let mut open_by_day: BTreeMap<Date, Vec<OpenRow>> = BTreeMap::new();
    for slot in &shown.open_slots {
        open_by_day.entry(zone.date(slot.at)).or_default().push(OpenRow {
            time: time_of_day(slot.at, zone),
            account: name_of(slot.account_id),
            colour: colour(slot.platform),
            href: format!("/compose?at={}&account={}", field_value(slot.at, zone), slot.account_id),
            hour: zone.local(slot.at).hour(),
        });
    }
    let holes: BTreeSet<Date> = shown.holes.iter().copied().collect();
    let days = span.days().map(|date| {
        let entries = by_day.remove(&date).unwrap_or_default();
        let open = open_by_day.remove(&date).unwrap_or_default();
        day(date, (entries, open), view, &span, today, holes.contains(&date), &filter)
    });
    let days: Vec<_> =
        days.filter(|d| view != View::List || !d.entries.is_empty() || d.is_hole || !d.open.is_empty()).collect();
    let link = |view: View, date: Date| format!("/calendar?{}", query(view, date, &filter));
    let in_span: Vec<_> = shown.entries.iter().filter(|e| !span.is_outside(zone.date(e.at))).collect();
    let mut networks: Vec<Platform> = shown.entries.iter().map(|e| e.platform).collect();
    networks.sort_unstable();
    networks.dedup();
    Ok(render(&Page {
        shell: Shell::new("calendar", &may.caller, &accounts, &flash),
        view: view.label(),
        date,
        title: span.title(),
        previous: link(view, span.before()),
        today: link(view, today),
        next: link(view, span.after()),
        step: view.step(),
        here: query(view, date, &filter),
        views: View::ALL
            .iter()
            .map(|v| ViewLink { name: v.name(), href: link(*v, date), chosen: *v == view })
            .collect(),
        zone: zone.name().to_owned(),
        summary: summary(&in_span, &shown),
        accounts: accounts_of(&accounts, &filter),
        networks: networks_of(&accounts, &filter),
        states: states_of(&filter),
        labels: labels(&shown, &filter),
        is_filtered: filter != CalendarFilter::default(),
        is_empty: in_span.is_empty(),
        weekdays: WEEKDAYS_SHORT,
        days,
        legend: networks.into_iter().map(|p| (colour(p), p.name())).collect(),
        clashes: shown.clashes.iter().map(Badge::from).collect(),
        is_cut: shown.is_cut,
        may_move,
    }))
}

fn accounts_of(accounts: &[Account], filter: &CalendarFilter) -> Vec<Choice> {
    let choice = |a: &Account| Choice {
        value: a.id.to_string(),
        name: format!("{} · {}", a.name(), a.platform.name()),
        chosen: filter.account_id == Some(a.id),
    };
    accounts.iter().map(choice).collect()
}

fn networks_of(accounts: &[Account], filter: &CalendarFilter) -> Vec<Choice> {
    let used: BTreeSet<Platform> = accounts.iter().map(|a| a.platform).collect();
    let choice = |p: Platform| Choice {
        value: p.label().to_owned(),
        name: p.name().to_owned(),
        chosen: filter.platform == Some(p),
    };
    used.into_iter().map(choice).collect()
}

fn states_of(filter: &CalendarFilter) -> Vec<Choice> {
    let choice = |s: &CalendarState| Choice {
        value: s.label().to_owned(),
        name: entry::state_name(*s).to_owned(),
        chosen: filter.state == Some(*s),
    };
    CalendarState::ALL.iter().map(choice).collect()
}

fn labels(shown: &CalendarView, filter: &CalendarFilter) -> Vec<Choice> {
    // The chosen one stays to be chosen, even where it finds nothing.
    let all: BTreeSet<&String> = shown.labels.iter().chain(&filter.label).collect();
    let choices =
        all.into_iter().map(|l| Choice { value: l.clone(), name: l.clone(), chosen: filter.label.as_ref() == Some(l) });
    choices.collect()
}

fn summary(entries: &[&CalendarEntry], shown: &CalendarView) -> String {
    let count = |f: &dyn Fn(&CalendarEntry) -> bool| entries.iter().filter(|e| f(e)).count();
    let published = count(&|e| e.status == PublicationStatus::Published);
    let failed = count(&|e| e.status == PublicationStatus::Failed);
    let planned = count(&|e| e.status.is_open());
    let mut text = format!("{published} published, {planned} planned, {failed} not published");
    for (n, one, many) in [
        (count(&|e| e.is_late), "is late", "are late"),
        (shown.clashes.len(), "clash", "clashes"),
        (shown.open_slots.len(), "open slot", "open slots"),
        (shown.holes.len(), "day without a post", "days without a post"),
    ] {
        if n > 0 {
            text = format!("{text}, {n} {}", if n == 1 { one } else { many });
        }
    }
    text.push('.');
    text
}

fn day(
    date: Date,
    (mut entries, mut open): (Vec<Entry>, Vec<OpenRow>),
    view: View,
    span: &Span,
    today: Date,
    is_hole: bool,
    filter: &CalendarFilter,
) -> Day {
    let mut hours = Vec::new();
    let (mut more, mut more_in_need) = (0, 0);
    match view {
        View::Week | View::Day => {
            let mut by_hour: BTreeMap<i8, Vec<Entry>> = BTreeMap::new();
            for entry in entries.drain(..) {
                by_hour.entry(entry.hour).or_default().push(entry);
            }
            let mut open_by_hour: BTreeMap<i8, Vec<OpenRow>> = BTreeMap::new();
            for slot in open.drain(..) {
                open_by_hour.entry(slot.hour).or_default().push(slot);
            }
            for number in 0..24 {
                let open = open_by_hour.remove(&number).unwrap_or_default();
                let mut entries = by_hour.remove(&number).unwrap_or_default();
                let most = if view == View::Week { PER_HOUR } else { usize::MAX };
                let more = entries.len().saturating_sub(most);
                entries.truncate(most);
                hours.push(Hour { number, entries, open, more });
            }
        }
        View::Month => {
            more = entries.len().saturating_sub(PER_DAY);
            if more > 0 {
                more_in_need = entries[PER_DAY..].iter().filter(|e| e.needs_person).count();
                entries.truncate(PER_DAY);
            }
        }
        View::List => {}
    }
    let civil = date.to_jiff();
    Day {
        date,
        number: civil.day(),
        weekday: WEEKDAYS_SHORT[usize::try_from(civil.weekday().to_monday_zero_offset()).unwrap_or(0)],
        name: civil.strftime("%A %-d %B").to_string(),
        href: format!("/calendar?{}", query(View::Day, date, filter)),
        outside: span.is_outside(date),
        is_today: date == today,
        is_past: date < today,
        is_hole,
        entries,
        more,
        more_in_need,
        open,
        hours,
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct MoveFields {
    publication: String,
    /// `YYYY-MM-DDTHH:MM` in the organization's zone.
    at: String,
    /// `on` moves the post on all its accounts.
    whole: Option<String>,
    /// The query of the page to come back to.
    here: String,
}

/// Moves a publication, or its whole post, to another time.
pub(crate) async fn reschedule(
    State(app): State<App>,
    Visitor(may): Visitor<Publish>,
    Form(fields): Form<MoveFields>,
) -> Response {
    let zone = &may.caller.organization.timezone;
    // Only what a query of our own is made of.
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || "=&-_.%+*".contains(*c);
    let here: String = fields.here.chars().filter(is_plain).collect();
    let done = moved(&app, &may, &fields, zone).await;
    back(&format!("/calendar?{here}"), done.as_deref().map_err(Clone::clone))
}

async fn moved(
    app: &App,
    may: &crate::extract::May<Publish>,
    fields: &MoveFields,
    zone: &Zone,
) -> Result<String, Problem> {
    let id: PublicationId = fields.publication.parse().map_err(|_| Problem::not_found("publication"))?;
    let (at, note) = zone.instant(&fields.at)?;
    if fields.whole.is_some() {
        let post = app.publishing.post_of(may.scope(), id).await?;
        app.publishing.reschedule(may.scope(), post, at).await?;
    } else {
        app.publishing.move_publication(may.scope(), id, at).await?;
    }
    let note = match note {
        LocalTimeNote::Exact => "",
        LocalTimeNote::Skipped => " Clocks jump over that time; it goes out right after.",
        LocalTimeNote::Repeated => " That time happens twice; the first is meant.",
    };
    Ok(format!("Moved to {}.{note}", moment(at, zone)))
}
