//! The slots of each account: the times of the week that its queue fills, and forms to change them.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use rookery_kernel::AccountId;
use rookery_publishing::{PostingSlot, SlotChange, WeeklyTime};
use serde::Deserialize;

use crate::app::App;
use crate::extract::{May, Publish, Query, Read, Visitor};
use crate::problem::Problem;
use crate::ui::format::colour;
use crate::ui::shell::{Flash, Shell};
use crate::ui::{PageResult, back, render};

/// In the week's order from Monday, with the number of the table (0 = Sunday).
const WEEK: [(u8, &str); 7] = [(1, "Mon"), (2, "Tue"), (3, "Wed"), (4, "Thu"), (5, "Fri"), (6, "Sat"), (0, "Sun")];

struct Time {
    clock: String,
    is_paused: bool,
}

struct DayRow {
    name: &'static str,
    weekday: u8,
    times: Vec<Time>,
}

struct AccountRow {
    id: AccountId,
    name: String,
    network: &'static str,
    colour: &'static str,
    count: String,
    is_empty: bool,
    is_paused: bool,
    days: Vec<DayRow>,
}

#[derive(Template)]
#[template(path = "calendar_slots.html")]
struct Page {
    shell: Shell,
    zone: String,
    rows: Vec<AccountRow>,
    may_change: bool,
}

/// The slots of all accounts.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let accounts = app.accounts.list(may.scope()).await?;
    let slots = app.publishing.posting_slots(may.scope()).await?;
    let rows = accounts.iter().map(|account| {
        let slots = slots.get(&account.id).map_or(&[][..], Vec::as_slice);
        let time = |slot: &PostingSlot| Time { clock: slot.time.clock(), is_paused: slot.is_paused };
        let of_day = |weekday: u8| slots.iter().filter(|slot| slot.time.weekday == weekday).map(time).collect();
        AccountRow {
            id: account.id,
            name: account.name().to_owned(),
            network: account.platform.name(),
            colour: colour(account.platform),
            count: match slots.len() {
                0 => "no slots yet".to_owned(),
                1 => "1 slot a week".to_owned(),
                n => format!("{n} slots a week"),
            },
            is_empty: slots.is_empty(),
            is_paused: !slots.is_empty() && slots.iter().all(|slot| slot.is_paused),
            days: WEEK
                .iter()
                .map(|(weekday, name)| DayRow { name, weekday: *weekday, times: of_day(*weekday) })
                .collect(),
        }
    });
    Ok(render(&Page {
        zone: may.caller.organization.timezone.name().to_owned(),
        rows: rows.collect(),
        may_change: may.caller.allows(rookery_identity::Right::Publish),
        shell: Shell::new("calendar", &may.caller, &accounts, &flash),
    }))
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Fields {
    account: String,
    /// `0` to `6`, `workdays` or `all`.
    #[serde(default)]
    day: String,
    /// `HH:MM`.
    #[serde(default)]
    time: String,
    /// `add`, `remove`, `pause` or `resume`.
    wish: String,
}

impl Fields {
    fn times(&self) -> Option<Vec<WeeklyTime>> {
        let days = match self.day.as_str() {
            "all" => 0..=6,
            "workdays" => 1..=5,
            day => {
                let day: u8 = day.parse().ok()?;
                day..=day
            }
        };
        days.map(|day| WeeklyTime::read(day, &self.time)).collect()
    }

    fn change(&self) -> Result<(SlotChange, &'static str), Problem> {
        let times = || {
            let times = self.times();
            times.ok_or_else(|| Problem::field("time", "unreadable", "Give a day and a time of day such as 09:30."))
        };
        Ok(match self.wish.as_str() {
            "add" => (SlotChange::Add(times()?), "Added."),
            "remove" => (SlotChange::Remove(times()?), "Removed. What is planned already stays."),
            "pause" => (SlotChange::Pause, "Paused. What is planned already stays; nothing new takes these slots."),
            "resume" => (SlotChange::Resume, "The queue fills these slots again."),
            _ => return Err(Problem::field("wish", "unknown", "Use one of the page's buttons.")),
        })
    }
}

/// Adds, removes, pauses or resumes.
pub(crate) async fn change(
    State(app): State<App>,
    Visitor(may): Visitor<Publish>,
    Form(fields): Form<Fields>,
) -> Response {
    back("/calendar/slots", changed(&app, &may, &fields).await)
}

async fn changed(app: &App, may: &May<Publish>, fields: &Fields) -> Result<&'static str, Problem> {
    let account: AccountId = fields.account.parse().map_err(|_| Problem::not_found("account"))?;
    let (change, sentence) = fields.change()?;
    app.publishing.change_posting_slots(may.scope(), account, change).await?;
    Ok(sentence)
}
