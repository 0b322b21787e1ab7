//! Posts that come back: what runs, what is coming, and forms to change it.

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use rookery_accounts::Account;
use rookery_identity::Right;
use rookery_kernel::{Date, PostId, RecurringPostId, Zone};
use rookery_publishing::{
    End, Occurrence, OccurrenceState, RecurringError, RecurringPost, RecurringState, Rhythm, Rule, WeeklyTime,
};

use super::format::{colour, moment};
use super::shell::{Flash, Shell};
use super::{PageResult, back, render};
use crate::app::App;
use crate::extract::{May, Path, Publish, Query, Read, Visitor};
use crate::problem::Problem;

/// Days of the week from Monday, with their numbers (0 = Sunday).
const WEEK: [(u8, &str); 7] = [(1, "Mon"), (2, "Tue"), (3, "Wed"), (4, "Thu"), (5, "Fri"), (6, "Sat"), (0, "Sun")];
/// So many days that were, and so many that come, stand in a row of the list.
const SHOWN_DAYS: usize = 12;

/// What a form for a rule shows.
pub(super) struct RuleForm {
    pub frequency: &'static str,
    pub every: u16,
    pub weekdays: Vec<(u8, &'static str, bool)>,
    pub day: u8,
    pub time: String,
    pub starts: Date,
    pub end: &'static str,
    pub ends_on: String,
    pub occurrences: u32,
    pub cool_down: u16,
    pub zone: String,
}

impl RuleForm {
    /// Every week from a day on, on its weekday, at nine.
    pub fn fresh(today: Date, zone: &Zone) -> Self {
        let weekday = today.to_jiff().weekday().to_sunday_zero_offset().unsigned_abs();
        let rhythm = Rhythm::Weeks { every: 1, weekdays: [weekday].into() };
        Self::of(&Rule { rhythm, minute: 9 * 60, starts_on: today, end: End::Never, cool_down_days: 0 }, zone)
    }

    fn of(rule: &Rule, zone: &Zone) -> Self {
        let weekday = rule.starts_on.to_jiff().weekday().to_sunday_zero_offset().unsigned_abs();
        let (frequency, every, chosen, day) = match &rule.rhythm {
            Rhythm::Days { every } => ("days", *every, [weekday].into(), 1),
            Rhythm::Weeks { every, weekdays } => ("weeks", *every, weekdays.clone(), 1),
            Rhythm::Months { every, day } => ("months", *every, [weekday].into(), *day),
        };
        let (end, ends_on, occurrences) = match rule.end {
            End::Never => ("never", String::new(), 10),
            End::On(day) => ("on", day.to_string(), 10),
            End::After(n) => ("after", String::new(), n),
        };
        Self {
            frequency,
            every,
            weekdays: WEEK.iter().map(|(n, name)| (*n, *name, chosen.contains(n))).collect(),
            day,
            time: rule.clock(),
            starts: rule.starts_on,
            end,
            ends_on,
            occurrences,
            cool_down: rule.cool_down_days,
            zone: zone.name().to_owned(),
        }
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// The rule of a form.
fn read(body: &Bytes) -> Result<Rule, RecurringError> {
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(body).into_owned().collect();
    let one = |name: &str| pairs.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.trim());
    let refuse = |field: &'static str, message: &str| {
        RecurringError::from(rookery_publishing::RuleError { field, message: message.to_owned() })
    };
    let every = number(one("every")).ok_or_else(|| refuse("every", "Give a number of days, weeks or months."))?;
    let rhythm = match one("frequency") {
        "days" => Rhythm::Days { every },
        "weeks" => {
            let weekdays = pairs.iter().filter(|(name, _)| name == "weekday").filter_map(|(_, day)| number(day));
            Rhythm::Weeks { every, weekdays: weekdays.collect() }
        }
        "months" => {
            let day = number(one("day")).ok_or_else(|| refuse("day", "Give a day of the month from 1 to 31."))?;
            Rhythm::Months { every, day }
        }
        _ => return Err(refuse("frequency", "Choose days, weeks or months.")),
    };
    let time = WeeklyTime::read(0, one("time")).ok_or_else(|| refuse("time", "Give a time of day such as 09:30."))?;
    let starts_on = number(one("starts")).ok_or_else(|| refuse("startsOn", "Give a first day."))?;
    let end = match one("end") {
        "on" => End::On(number(one("ends_on")).ok_or_else(|| refuse("endsOn", "Give the last day."))?),
        "after" => End::After(number(one("occurrences")).ok_or_else(|| refuse("occurrences", "Give a number."))?),
        _ => End::Never,
    };
    let cool_down = one("cool_down");
    let cool_down_days = if cool_down.is_empty() { Some(0) } else { number(cool_down) };
    let cool_down_days = cool_down_days.ok_or_else(|| refuse("coolDownDays", "Give a number of days."))?;
    Ok(Rule { rhythm, minute: time.minute, starts_on, end, cool_down_days })
}

struct DayRow {
    when: String,
    href: Option<String>,
    class: &'static str,
    words: String,
}

struct Row {
    id: RecurringPostId,
    template: PostId,
    excerpt: String,
    accounts: Vec<(&'static str, String)>,
    words: String,
    end: String,
    state: &'static str,
    tone: &'static str,
    is_active: bool,
    is_paused: bool,
    is_stopped: bool,
    warning: Option<String>,
    days: Vec<DayRow>,
    more: usize,
    form: RuleForm,
}

#[derive(Template)]
#[template(path = "recurring.html")]
struct Page {
    shell: Shell,
    zone: String,
    rows: Vec<Row>,
    may_change: bool,
    review_required: bool,
}

fn day_row(occurrence: &Occurrence, zone: &Zone) -> DayRow {
    let (class, words) = match occurrence.state {
        Some(OccurrenceState::Made) => ("", "a post".to_owned()),
        Some(OccurrenceState::CoolingDown) => ("warn", format!("left out: {}", message(occurrence))),
        Some(OccurrenceState::Refused) => ("bad", format!("not planned: {}", message(occurrence))),
        None => ("faint", "to come".to_owned()),
    };
    let href = occurrence.post_id.map(|id| format!("/posts/{id}"));
    DayRow { when: moment(occurrence.at, zone), href, class, words }
}

fn message(occurrence: &Occurrence) -> &str {
    occurrence.message.as_deref().unwrap_or("its reason is not known")
}

/// `2 March 2026`.
fn long(day: Date) -> String {
    day.to_jiff().strftime("%-d %B %Y").to_string()
}

/// With a capital letter.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
}

fn row(recurring: &RecurringPost, accounts: &[Account], zone: &Zone) -> Row {
    let name = |id| accounts.iter().find(|a| a.id == id).map(|a| (colour(a.platform), a.name().to_owned()));
    let cool_down = match recurring.rule.cool_down_days {
        0 => String::new(),
        1 => ", the same words not within a day".to_owned(),
        n => format!(", the same words not within {n} days"),
    };
    let end = match recurring.rule.end {
        End::Never => String::new(),
        End::On(day) => format!(", until {}", long(day)),
        End::After(1) => ", once".to_owned(),
        End::After(n) => format!(", {n} times"),
    };
    let (state, tone) = match recurring.state {
        RecurringState::Active => ("runs", "good"),
        RecurringState::Paused => ("paused", "warn"),
        RecurringState::Stopped => ("stopped", ""),
    };
    Row {
        id: recurring.id,
        template: recurring.template_post_id,
        excerpt: recurring.excerpt.clone(),
        accounts: recurring.account_ids.iter().filter_map(|id| name(*id)).collect(),
        words: sentence(&recurring.rule.words()),
        end: format!("from {}{end}{cool_down}", long(recurring.rule.starts_on)),
        state,
        tone,
        is_active: recurring.state == RecurringState::Active,
        is_paused: recurring.state == RecurringState::Paused,
        is_stopped: recurring.state == RecurringState::Stopped,
        warning: recurring.warning.clone().filter(|_| recurring.state == RecurringState::Active),
        days: recurring.occurrences.iter().take(SHOWN_DAYS).map(|o| day_row(o, zone)).collect(),
        more: recurring.occurrences.len().saturating_sub(SHOWN_DAYS),
        form: RuleForm::of(&recurring.rule, zone),
    }
}

/// All of them.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let zone = &may.caller.organization.timezone;
    let accounts = app.accounts.list_with_revoked(may.scope()).await?;
    let all = app.publishing.recurring_posts(may.scope()).await?;
    Ok(render(&Page {
        zone: zone.name().to_owned(),
        rows: all.iter().map(|recurring| row(recurring, &accounts, zone)).collect(),
        may_change: may.caller.allows(Right::Publish),
        review_required: may.caller.organization.review_required,
        shell: Shell::new("calendar", &may.caller, &accounts, &flash),
    }))
}

/// Lets a post come back.
pub(crate) async fn create(
    State(app): State<App>,
    Visitor(may): Visitor<Publish>,
    Path(post): Path<PostId>,
    body: Bytes,
) -> Response {
    let done = async { app.publishing.create_recurring(may.scope(), post, read(&body)?).await };
    match done.await {
        Ok(_) => back("/recurring", Ok("It comes back from now on.")),
        Err(error) => back(&format!("/posts/{post}"), Err(error.into())),
    }
}

/// Changes a rule.
pub(crate) async fn change(
    State(app): State<App>,
    Visitor(may): Visitor<Publish>,
    Path(id): Path<RecurringPostId>,
    body: Bytes,
) -> Response {
    let done = async { app.publishing.change_recurring(may.scope(), id, read(&body)?).await };
    let done = done.await.map(|_| "Changed. What is out stays; what waits follows.");
    back("/recurring", done.map_err(Problem::from))
}

async fn become_state(app: &App, may: &May<Publish>, id: RecurringPostId, state: RecurringState) -> Response {
    let sentence = match state {
        RecurringState::Active => "It runs again.",
        RecurringState::Paused => "Paused: what waited and nobody changed is taken away until you resume.",
        RecurringState::Stopped => "Stopped. Its template can be deleted now.",
    };
    let done = app.publishing.set_recurring_state(may.scope(), id, state).await;
    back("/recurring", done.map(|_| sentence).map_err(Problem::from))
}

/// Pauses it.
pub(crate) async fn pause(
    State(app): State<App>,
    Visitor(may): Visitor<Publish>,
    Path(id): Path<RecurringPostId>,
) -> Response {
    become_state(&app, &may, id, RecurringState::Paused).await
}

/// Lets it run again.
pub(crate) async fn resume(
    State(app): State<App>,
    Visitor(may): Visitor<Publish>,
    Path(id): Path<RecurringPostId>,
) -> Response {
    become_state(&app, &may, id, RecurringState::Active).await
}

/// Stops it for good.
pub(crate) async fn stop(
    State(app): State<App>,
    Visitor(may): Visitor<Publish>,
    Path(id): Path<RecurringPostId>,
) -> Response {
    become_state(&app, &may, id, RecurringState::Stopped).await
}
