//! Collecting: how each account's numbers come in, what failed, when it is tried again, and asking for old days.

pub(crate) mod run;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use rookery_analytics::{
    AccountSummary, Backfill, FailureFilter, IngestErrorType, IngestFailure, IngestKind, IngestRun, IngestStatus,
    IngestTrigger, TrackingHealth, next_night,
};
use rookery_identity::Right;
use rookery_kernel::{AccountId, Cursor, Date, Limit, Timestamp, Zone};
use serde::Deserialize;

use super::figures::{day, days};
use super::format::{colour, moment};
use super::shell::{Flash, Shell};
use super::{PageResult, back, render};
use crate::app::App;
use crate::extract::{ManageAccounts, Query, Read, Visitor};
use crate::problem::Problem;

/// Failures of the list at a time.
const ROWS: u16 = 30;
/// A backfill goes back so far unless told.
const BACKFILL_DAYS: i64 = 90;

struct Row {
    id: AccountId,
    name: String,
    network: &'static str,
    colour: &'static str,
    state: &'static str,
    tone: &'static str,
    last: String,
    run: Option<String>,
    trouble: Option<String>,
    next: Option<String>,
    is_tracked: bool,
}

struct Failed {
    what: String,
    account: String,
    colour: &'static str,
    when: String,
    kind: &'static str,
    message: String,
    codes: String,
    run: String,
    next: String,
    tone: &'static str,
}

struct Running {
    account: String,
    colour: &'static str,
    days: String,
    percent: i16,
    state: String,
}

#[derive(Template)]
#[template(path = "collecting.html")]
struct Page {
    shell: Shell,
    rows: Vec<Row>,
    running: Vec<Running>,
    failed: Vec<Failed>,
    older: Option<String>,
    is_first: bool,
    can_manage: bool,
    from: Date,
    to: Date,
}

/// What a reader wants to see.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wish {
    after: Option<String>,
}

/// What an account is called.
struct Names(Vec<rookery_accounts::Account>);

impl Names {
    fn of(&self, id: AccountId) -> (String, &'static str, &'static str) {
        self.0.iter().find(|a| a.id == id).map_or_else(
            || ("An account that is gone".to_owned(), "", "faint"),
            |a| (a.name().to_owned(), a.platform.name(), colour(a.platform)),
        )
    }
}

/// The page.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(flash): Query<Flash>,
    Query(wish): Query<Wish>,
) -> PageResult {
    let zone = &may.caller.organization.timezone;
    let names = Names(app.accounts.list_with_revoked(may.scope()).await?);
    let summaries = app.analytics.account_summary(may.scope()).await?;
    // A place that cannot be read is the beginning.
    let after: Option<Cursor> = wish.after.as_deref().and_then(|after| after.parse().ok());
    let filter = FailureFilter::default();
    let failures = app.analytics.errors(may.scope(), &filter, after, Limit::new(ROWS)).await;
    let failures = failures.map_err(|e| Problem::database(&e))?;
    let backfills = app.analytics.backfills(may.scope()).await.map_err(|e| Problem::database(&e))?;
    let now = app.clock.now();
    let yesterday = zone.date(now).plus_days(-1);
    let older = failures.next.as_ref().map(|next| format!("/collecting?after={next}#failures"));
    Ok(render(&Page {
        shell: Shell::new("collecting", &may.caller, &names.0, &flash),
        rows: summaries.iter().map(|summary| row(summary, &names, zone)).collect(),
        running: backfills.iter().map(|backfill| running(backfill, &names)).collect(),
        failed: failures.items.iter().map(|failure| failed(failure, &names, zone, now)).collect(),
        older,
        is_first: after.is_none(),
        can_manage: may.caller.allows(Right::ManageAccounts),
        from: yesterday.plus_days(1 - BACKFILL_DAYS),
        to: yesterday,
    }))
}

fn row(summary: &AccountSummary, names: &Names, zone: &Zone) -> Row {
    let (name, network, colour) = names.of(summary.integration_id);
    let (state, tone) = match (summary.enabled, summary.health) {
        (false, _) => ("Not collected", "idle"),
        (true, TrackingHealth::Ok) if summary.last_run.is_none() => ("Not yet", "idle"),
        // What is tried again soon leaves the health as it was.
        (true, TrackingHealth::Ok) if summary.last_error_type.is_some() => ("Tries again", "warn"),
        (true, TrackingHealth::Ok) => ("Works", "good"),
        (true, TrackingHealth::Degraded) if summary.last_error_type == Some(IngestErrorType::NotFound) => {
            ("Not found there", "bad")
        }
        (true, TrackingHealth::Degraded) => ("With gaps", "warn"),
        (true, TrackingHealth::RateLimited) => ("Waits for its quota", "warn"),
        (true, TrackingHealth::NeedsReauth) => ("Sign in again", "bad"),
        (true, TrackingHealth::NoPermission) => ("A right is missing", "bad"),
        (true, TrackingHealth::Disabled) => ("Disconnected", "bad"),
    };
    Row {
        id: summary.integration_id,
        name,
        network,
        colour,
        state,
        tone,
        last: summary.last_run.as_ref().map_or_else(|| "nothing yet".to_owned(), |run| told(run, zone)),
        run: summary.last_run.as_ref().map(|run| format!("/collecting/runs/{}", run.id)),
        trouble: summary.last_error_message.clone().filter(|_| summary.enabled),
        next: summary.next_attempt_at.map(|at| moment(at, zone)),
        is_tracked: summary.enabled,
    }
}

const fn step_name(kind: IngestKind) -> &'static str {
    match kind {
        IngestKind::Content => "content listed",
        IngestKind::Metrics => "numbers of content",
        IngestKind::Account => "the account's numbers",
        IngestKind::Tagging => "tags",
        IngestKind::Rollup => "sums",
        IngestKind::Snapshots => "numbers of our posts",
    }
}

const fn status_name(status: IngestStatus) -> (&'static str, &'static str) {
    match status {
        IngestStatus::Queued => ("waits", "idle"),
        IngestStatus::Running => ("runs", "accent"),
        IngestStatus::Success => ("complete", "good"),
        IngestStatus::Partial => ("in part", "warn"),
        IngestStatus::Failed => ("failed", "bad"),
        IngestStatus::Skipped => ("left out", "idle"),
    }
}

/// What kind of failure, in a few words; the message beside it says more.
const fn error_name(error: IngestErrorType) -> &'static str {
    match error {
        IngestErrorType::Transient => "disturbed",
        IngestErrorType::RateLimit => "quota used up",
        IngestErrorType::TokenExpired => "sign in again",
        IngestErrorType::Permission => "a right is missing",
        IngestErrorType::NotFound => "not found there",
        IngestErrorType::MetricUnsupported => "no such number there",
        IngestErrorType::BadRequest => "not understood there",
        IngestErrorType::PolicyBlock => "against its rules",
        IngestErrorType::Unknown => "unclear",
    }
}

/// The newest step of a run in words.
fn told(run: &IngestRun, zone: &Zone) -> String {
    let (what, (how, _)) = (step_name(run.kind), status_name(run.status));
    let items = match (run.items_total, run.items_failed) {
        (0, _) => String::new(),
        (total, 0) => format!(", {} of {total}", run.items_ok),
        (total, failed) => format!(", {} of {total}, {failed} failed", run.items_ok),
    };
    let when = run.finished_at.or(run.started_at).unwrap_or(run.created_at);
    format!("{}: {what} {how}{items} ({})", day(run.date), moment(when, zone))
}

/// When a failure is made up for, in words.
fn next_try(failure: &IngestFailure, zone: &Zone, now: Timestamp) -> String {
    let at_night = || format!("tried again {}", moment(next_night(now, zone), zone));
    let is_item = failure.external_content_id.is_some();
    match (failure.retry_at, failure.error_type) {
        (Some(at), _) => format!("tried again {}", moment(at, zone)),
        (None, IngestErrorType::NotFound) if is_item => "not tried again: it is gone".to_owned(),
        (None, IngestErrorType::MetricUnsupported) => "not tried again: the network has no such numbers".to_owned(),
        (None, IngestErrorType::TokenExpired) => "tried again once the account is connected anew".to_owned(),
        (None, IngestErrorType::Permission) if !is_item => {
            "tried again once the account is connected anew with this right".to_owned()
        }
        (None, _) => at_night(),
    }
}

fn failed(failure: &IngestFailure, names: &Names, zone: &Zone, now: Timestamp) -> Failed {
    let (account, network, colour) = names.of(failure.integration_id);
    let code = |name: &str, value: Option<&str>| value.map(|value| format!("{name} {value}"));
    let status = failure.http_status.map(|status| status.to_string());
    let codes = [
        code("HTTP", status.as_deref()),
        code("code", failure.platform_code.as_deref()),
        code("subcode", failure.platform_subcode.as_deref()),
        code("trace", failure.trace_id.as_deref()),
    ];
    Failed {
        what: failure.external_content_id.as_ref().map_or_else(|| "The account".to_owned(), |id| format!("Item {id}")),
        account: if network.is_empty() { account } else { format!("{account} on {network}") },
        colour,
        when: format!("{}, about {}", moment(failure.created_at, zone), day(failure.date)),
        kind: error_name(failure.error_type),
        message: failure.message.clone(),
        codes: codes.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        run: format!("/collecting/runs/{}", failure.run_id),
        next: next_try(failure, zone, now),
        tone: if failure.retry_at.is_some() { "warn" } else { "bad" },
    }
}

fn running(backfill: &Backfill, names: &Names) -> Running {
    let (account, network, colour) = names.of(backfill.integration_id);
    Running {
        account: format!("{account} on {network}"),
        colour,
        days: days(backfill.from, backfill.to),
        percent: backfill.percent,
        state: match (backfill.is_running, &backfill.step) {
            (true, Some(step)) => step.clone(),
            (true, None) => "has begun".to_owned(),
            (false, _) => "waits its turn".to_owned(),
        },
    }
}

/// One account's day.
#[derive(Debug, Deserialize)]
pub(crate) struct Again {
    account: AccountId,
}

/// Collects yesterday from an account.
pub(crate) async fn collect(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Form(again): Form<Again>,
) -> Response {
    let yesterday = may.caller.organization.timezone.date(app.clock.now()).plus_days(-1);
    let asked = app.analytics.request_ingest(may.scope(), again.account, yesterday, IngestTrigger::Manual).await;
    back(
        "/collecting",
        asked.map_err(Problem::from).map(|job| {
            if job.is_new {
                "Collecting began. Look again in a moment."
            } else {
                "That account is being collected already."
            }
        }),
    )
}

/// A day to collect once more.
#[derive(Debug, Deserialize)]
pub(crate) struct Anew {
    account: AccountId,
    date: String,
}

/// Collects a day of an account once more and overwrites what stands there.
pub(crate) async fn overwrite(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Form(anew): Form<Anew>,
) -> Response {
    let Ok(date) = anew.date.parse::<Date>() else {
        return back("/collecting", Err(Problem::bad_request("Give the day, like 2026-03-01.")));
    };
    let asked = app.analytics.request_overwrite(may.scope(), anew.account, date).await;
    back(
        "/collecting",
        asked.map_err(Problem::from).map(|job| {
            if job.is_new {
                "That day is collected again. What the network no longer tells becomes unknown."
            } else {
                "That day is being collected again already."
            }
        }),
    )
}

/// A range of old days.
#[derive(Debug, Deserialize)]
pub(crate) struct Old {
    account: AccountId,
    from: String,
    to: String,
}

/// Collects old days from an account.
pub(crate) async fn backfill(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Form(old): Form<Old>,
) -> Response {
    let (Ok(from), Ok(to)) = (old.from.parse::<Date>(), old.to.parse::<Date>()) else {
        return back("/collecting", Err(Problem::bad_request("Give both days, like 2026-03-01.")));
    };
    let asked = app.analytics.request_backfill(may.scope(), old.account, from, to).await;
    back(
        "/collecting",
        asked.map_err(Problem::from).map(|job| {
            if job.is_new {
                "Those days are collected behind everything else."
            } else {
                "Those days are being collected already."
            }
        }),
    )
}
