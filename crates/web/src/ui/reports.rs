//! Reports: one to look at and print, when they are sent, and links for people without an account.

use askama::Template;
use axum::Form;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use rookery_analytics::{
    BadSchedule, Cadence, NewSchedule, Range, Report, ReportError, ReportLinkState, ReportRun, ReportSchedule, RunState,
};
use rookery_identity::Right;
use rookery_kernel::{Actor, Date, OrganizationId, ReportLinkId, ReportScheduleId, Scope, Zone};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use uuid::Uuid;

use super::figures::{WEEKDAYS, days, format_name};
use super::format::{moment, number, number_or_dash, percent};
use super::overview::{ReachChart, Tile, TopRow, reach_chart, tile, top_row};
use super::shell::{Flash, Shell};
use super::{PageResult, back, error_page, render};
use crate::app::App;
use crate::extract::{ManageAccounts, Path, Query, Read, Visitor, client_ip, request_id, user_agent};
use crate::problem::Problem;

/// Days that a link lives unless told otherwise.
const LINK_DAYS: u16 = 30;
const PLACE: &str = "/reports";

struct FormatLine {
    name: &'static str,
    items: String,
    reach: String,
    engagement: String,
    rate: String,
    is_best: bool,
}

struct AccountLine {
    name: String,
    network: &'static str,
    posts: String,
    reach: String,
    views: String,
    engagement: String,
    rate: String,
}

#[derive(Template)]
#[template(path = "report_print.html")]
struct Sheet {
    organization: String,
    of: String,
    from: String,
    to: String,
    days: i64,
    tiles: Vec<Tile>,
    chart: ReachChart,
    formats: Vec<FormatLine>,
    formats_note: String,
    top: Vec<TopRow>,
    accounts: Vec<AccountLine>,
    coverage: String,
    as_of: String,
    made: String,
    zone: String,
}

fn long(date: Date) -> String {
    date.to_jiff().strftime("%-d %B %Y").to_string()
}

/// A report as a page that stands alone: it can be opened from a letter, shown to a stranger, printed.
pub fn report_html(report: &Report) -> String {
    let zone = &report.zone;
    let ratio = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), percent);
    let formats = report.formats.rows.iter().filter(|row| row.items > 0).map(|row| FormatLine {
        name: format_name(row.format),
        items: number(row.items),
        reach: number_or_dash(row.numbers.reach),
        engagement: number_or_dash(row.engagement),
        rate: ratio(row.rate.value),
        is_best: report.formats.winner == Some(row.format),
    });
    let accounts = report.accounts.iter().map(|a| AccountLine {
        name: a.name.clone(),
        network: a.platform.name(),
        posts: number_or_dash(a.sums.map(|s| s.posts)),
        reach: number_or_dash(a.sums.and_then(|s| s.numbers.reach)),
        views: number_or_dash(a.sums.and_then(|s| s.numbers.views)),
        engagement: number_or_dash(a.sums.and_then(|s| s.engagement)),
        rate: ratio(a.sums.and_then(|s| s.engagement_rate().value)),
    });
    let reported = report.overview.kpis.iter().map(|kpi| kpi.coverage.with_data).max().unwrap_or(0);
    let sheet = Sheet {
        organization: report.organization.clone(),
        of: report.group.clone().unwrap_or_else(|| "All accounts".to_owned()),
        from: long(report.range.from),
        to: long(report.range.to),
        days: report.range.days(),
        tiles: report.overview.kpis.iter().map(tile).collect(),
        chart: reach_chart(&report.overview),
        formats: formats.collect(),
        formats_note: match (report.formats.winner, report.formats.is_tie) {
            (Some(best), _) => format!("Best by engagement rate: {}.", format_name(best).to_lowercase()),
            (None, true) => "Two formats share the first place.".to_owned(),
            (None, false) => "No format has figures to compare.".to_owned(),
        },
        top: report.overview.top_content.iter().map(top_row).collect(),
        accounts: accounts.collect(),
        coverage: format!("{reported} of {} accounts reported in the period", report.overview.accounts),
        as_of: report
            .overview
            .as_of
            .map_or_else(|| "no figures yet".to_owned(), |date| format!("figures up to {}", long(date))),
        made: moment(report.made_at, zone),
        zone: zone.name().to_owned(),
    };
    sheet.render().unwrap_or_else(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "a report could not be written");
        "The report could not be written; the log says why.".to_owned()
    })
}

/// Nothing of a report is kept on the way, found by search engines, or told to other sites.
fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow, noarchive"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Which report.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wish {
    #[serde(default)]
    group: String,
    #[serde(default)]
    month: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

fn group(text: &str) -> Result<Option<Uuid>, Problem> {
    let id = Some(text).filter(|text| !text.is_empty()).map(str::parse);
    id.transpose().map_err(|_| Problem::not_found("page group"))
}

/// A month (`2026-02`), or a first and a last day.
fn period(wish: &Wish) -> Result<Range, Problem> {
    let no_date = || Problem::field("month", "no_date", "Choose a month, or a first and a last day.");
    let day = |text: &str| text.parse::<Date>().map_err(|_| no_date());
    if wish.month.is_empty() {
        return Ok(Range::new(day(&wish.from)?, day(&wish.to)?)?);
    }
    let first = day(&format!("{}-01", wish.month))?;
    Ok(Range { from: first, to: Date::from_jiff(first.to_jiff().last_of_month()) })
}

/// A report to look at and print.
pub(crate) async fn view(State(app): State<App>, Visitor(may): Visitor<Read>, Query(wish): Query<Wish>) -> Response {
    let made = async {
        let (group, range) = (group(&wish.group)?, period(&wish)?);
        Ok::<_, Problem>(app.analytics.report(may.scope(), group, range).await?)
    };
    match made.await {
        Ok(report) => guarded(Html(report_html(&report)).into_response()),
        Err(problem) => back(PLACE, Err(problem)),
    }
}

/// The request of somebody without a session, within the limit of requests.
pub(crate) struct Guest(Scope);

impl FromRequestParts<App> for Guest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let ip = client_ip(parts);
        if !app.may_visit_reviews(ip) {
            let words = "There were very many requests from your network. Wait a minute and open the link again.";
            let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many", "One moment, please", words);
            return Err(guarded(error_page(&problem)));
        }
        // The organization comes from the link, not from the request.
        let mut scope = Scope::new(OrganizationId::from_uuid(Uuid::nil()), Actor::Guest);
        (scope.ip, scope.request_id, scope.user_agent) = (ip, request_id(parts), user_agent(&parts.headers));
        Ok(Self(scope))
    }
}

/// The report behind a link.
pub(crate) async fn shared(State(app): State<App>, Guest(caller): Guest, Path(token): Path<String>) -> Response {
    match app.analytics.open_report_link(&SecretString::from(token), &caller).await {
        Ok(report) => guarded(Html(report_html(&report)).into_response()),
        Err(ReportError::NotFound(_)) => {
            let words = "Perhaps it was taken back, or its time is over. Ask whoever gave it to you for a new one.";
            let problem = Problem::new(StatusCode::NOT_FOUND, "not_found", "This link opens no report", words);
            guarded(error_page(&problem))
        }
        Err(error) => guarded(error_page(&error.into())),
    }
}

struct ScheduleRow {
    id: ReportScheduleId,
    name: String,
    of: String,
    when: String,
    recipients: String,
    next: String,
    enabled: bool,
}

struct RunRow {
    name: String,
    period: String,
    state: &'static str,
    tone: &'static str,
    detail: String,
    at: String,
}

struct LinkRow {
    id: ReportLinkId,
    recipient: String,
    of: String,
    period: String,
    state: &'static str,
    tone: &'static str,
    detail: String,
    is_open: bool,
}

struct Choice {
    value: String,
    name: String,
}

#[derive(Template)]
#[template(path = "reports.html")]
struct Page {
    shell: Shell,
    can_write: bool,
    can_send: bool,
    address: Option<String>,
    groups: Vec<Choice>,
    month: String,
    month_max: String,
    zone: String,
    schedules: Vec<ScheduleRow>,
    runs: Vec<RunRow>,
    links: Vec<LinkRow>,
    link_days: u16,
}

fn schedule_row(s: &ReportSchedule, of: String) -> ScheduleRow {
    let when = match s.cadence {
        Cadence::Daily => "every day".to_owned(),
        Cadence::Weekly(day) => format!("on {}s", WEEKDAYS[usize::from(day.clamp(1, 7)) - 1]),
        Cadence::Monthly(day) => format!("on day {day} of the month"),
    };
    ScheduleRow {
        id: s.id,
        name: s.name.clone(),
        of,
        when: format!("{when} at {} ({})", s.at, s.zone.name()),
        recipients: s.recipients.join(", "),
        next: moment(s.next_at, &s.zone),
        enabled: s.enabled,
    }
}

fn run_row(run: &ReportRun, zone: &Zone) -> RunRow {
    let (state, tone) = match run.state {
        RunState::Queued => ("on its way", "accent"),
        RunState::Sent => ("sent", "good"),
        RunState::Failed => ("not sent", "bad"),
    };
    let sent = match run.sent_to.len() {
        0 => String::new(),
        1 => "1 address has it. ".to_owned(),
        n => format!("{n} addresses have it. "),
    };
    RunRow {
        name: run.name.clone(),
        period: days(run.period.from, run.period.to),
        state,
        tone,
        detail: format!("{sent}{}", run.error.clone().unwrap_or_default()),
        at: moment(run.sent_at.unwrap_or(run.created_at), zone),
    }
}

async fn show(app: &App, may: &crate::extract::May<Read>, flash: &Flash, address: Option<String>) -> PageResult {
    let zone = &may.caller.organization.timezone;
    let accounts = app.accounts.list(may.scope()).await?;
    let groups = app.analytics.choices(may.scope(), None).await.map_err(ReportError::from)?.groups;
    let of = |id: Option<Uuid>| match id {
        None => "All accounts".to_owned(),
        Some(id) => groups.iter().find(|g| g.id == id).map_or_else(|| "a deleted group".to_owned(), |g| g.name.clone()),
    };
    let link = |(link, state): (rookery_analytics::ReportLink, ReportLinkState)| {
        let (state, tone) = match state {
            ReportLinkState::Open => ("works", "good"),
            ReportLinkState::Expired => ("over", ""),
            ReportLinkState::Revoked => ("taken back", ""),
        };
        let opened =
            link.opened_at.map_or_else(|| "not opened yet".to_owned(), |at| format!("opened {}", moment(at, zone)));
        LinkRow {
            id: link.id,
            recipient: link.recipient.clone(),
            of: of(link.group),
            period: days(link.period.from, link.period.to),
            state,
            tone,
            detail: format!("{opened}; until {}", moment(link.expires_at, zone)),
            is_open: state == "works",
        }
    };
    let schedules = app.analytics.schedules(may.scope()).await?;
    let last = Date::from_jiff(zone.date(app.clock.now()).to_jiff().first_of_month()).plus_days(-1);
    let month = |date: Date| date.to_jiff().strftime("%Y-%m").to_string();
    Ok(guarded(render(&Page {
        shell: Shell::new("reports", &may.caller, &accounts, flash),
        can_write: may.caller.allows(Right::ManageAccounts),
        can_send: app.analytics.can_send(),
        address,
        month: month(last),
        month_max: month(zone.date(app.clock.now())),
        zone: zone.name().to_owned(),
        schedules: schedules.iter().map(|s| schedule_row(s, of(s.group))).collect(),
        runs: app.analytics.report_runs(may.scope()).await?.iter().map(|run| run_row(run, zone)).collect(),
        links: app.analytics.report_links(may.scope()).await?.into_iter().map(link).collect(),
        link_days: LINK_DAYS,
        groups: groups.iter().map(|g| Choice { value: g.id.to_string(), name: g.name.clone() }).collect(),
    })))
}

/// Schedules, what was sent, links.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(flash): Query<Flash>,
) -> PageResult {
    show(&app, &may, &flash, None).await
}

#[derive(Debug, Deserialize)]
pub(crate) struct ScheduleForm {
    name: String,
    #[serde(default)]
    group: String,
    cadence: String,
    #[serde(default)]
    weekday: Option<i16>,
    #[serde(default)]
    day_of_month: Option<i16>,
    at: String,
    recipients: String,
}

fn outcome<T>(done: Result<T, ReportError>, words: &str) -> Response {
    back(PLACE, done.map(|_| words).map_err(Problem::from))
}

/// Plans a report.
pub(crate) async fn create(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Form(form): Form<ScheduleForm>,
) -> Response {
    let group = match group(&form.group) {
        Ok(group) => group,
        Err(problem) => return back(PLACE, Err(problem)),
    };
    let new = NewSchedule {
        name: form.name,
        group,
        cadence: Cadence::of(&form.cadence, form.weekday, form.day_of_month),
        at: form.at,
        zone: may.caller.organization.timezone.clone(),
        recipients: form.recipients.split([',', ';', '\n', ' ']).map(|a| a.trim().to_owned()).collect(),
    };
    outcome(app.analytics.create_schedule(may.scope(), new).await, "The report is planned.")
}

/// Sends the newest period now.
pub(crate) async fn send(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Path(id): Path<ReportScheduleId>,
) -> Response {
    match app.analytics.send_now(may.scope(), id).await {
        Ok(run) if run.state == RunState::Sent => back(PLACE, Ok("Everybody has the report of this period already.")),
        other => outcome(other, "The report is on its way."),
    }
}

/// Turns a schedule on.
pub(crate) async fn enable(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Path(id): Path<ReportScheduleId>,
) -> Response {
    outcome(app.analytics.enable_schedule(may.scope(), id, true).await, "It is sent from its next moment on.")
}

/// Turns a schedule off.
pub(crate) async fn disable(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Path(id): Path<ReportScheduleId>,
) -> Response {
    outcome(app.analytics.enable_schedule(may.scope(), id, false).await, "It is not sent until you switch it on.")
}

/// Takes a schedule away.
pub(crate) async fn delete(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Path(id): Path<ReportScheduleId>,
) -> Response {
    outcome(app.analytics.delete_schedule(may.scope(), id).await, "The schedule is gone.")
}

#[derive(Debug, Deserialize)]
pub(crate) struct LinkForm {
    recipient: String,
    #[serde(default)]
    group: String,
    month: String,
    days: u16,
}

/// Makes a link and shows its address, once.
pub(crate) async fn create_link(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Form(form): Form<LinkForm>,
) -> PageResult {
    if !may.caller.allows(Right::ManageAccounts) {
        return Ok(back(PLACE, Err(Problem::forbidden("Your role does not include links to reports."))));
    }
    let wish = Wish { group: form.group, month: form.month, ..Wish::default() };
    let made = async {
        let (group, range) = (group(&wish.group)?, period(&wish)?);
        Ok::<_, Problem>(app.analytics.create_report_link(may.scope(), group, range, &form.recipient, form.days).await?)
    };
    match made.await {
        Ok((_, token)) => show(&app, &may, &Flash::default(), Some(address(&app, &token))).await,
        Err(problem) => Ok(back(PLACE, Err(problem))),
    }
}

/// The address of a link, which holds its token.
pub(crate) fn address(app: &App, token: &SecretString) -> String {
    let base = app.public_url.as_str().trim_end_matches('/');
    format!("{base}/report/{}", token.expose_secret())
}

/// Takes a link back.
pub(crate) async fn revoke(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Path(id): Path<ReportLinkId>,
) -> Response {
    outcome(app.analytics.revoke_report_link(may.scope(), id).await, "The link opens nothing any more.")
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Self {
        let sentence = |text: String| {
            let mut letters = text.chars();
            letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
        };
        match error {
            ReportError::Bad(why) => {
                let field = match why {
                    BadSchedule::Name => "name",
                    BadSchedule::Time => "at",
                    BadSchedule::Day => "cadence",
                    BadSchedule::Recipients | BadSchedule::Address(_) => "recipients",
                };
                Self::field(field, "impossible", sentence(why.to_string()))
            }
            ReportError::Range(why) => why.into(),
            ReportError::NotFound(what) => Self::not_found(what),
            ReportError::TooMany => Self::conflict("too_many_schedules", sentence(error.to_string())),
            ReportError::NoMail => Self::conflict("mail_not_configured", sentence(error.to_string())),
            ReportError::Link => Self::field("recipient", "impossible", sentence(error.to_string())),
            ReportError::Read(why) => why.into(),
            ReportError::Ask(why) => why.into(),
            ReportError::Db(why) => Self::database(&why),
        }
    }
}
