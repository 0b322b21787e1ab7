//! When reports are sent, what became of them, and links to them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use garde::Validate;
use rookery_analytics::{Cadence, NewSchedule, Range, ReportLink, ReportLinkState, ReportRun, ReportSchedule};
use rookery_kernel::{ReportLinkId, ReportScheduleId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::access::ReadNumbers;
use super::idempotency::once;
use super::page::{self, PageView};
use super::time::{Day, Time};
use crate::app::App;
use crate::extract::{Body, ManageAccounts, May, Path};
use crate::problem::Problem;
use crate::ui::reports::address;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(schedules))
        .routes(once!(create_schedule))
        .routes(routes!(enable, delete))
        .routes(once!(send))
        .routes(routes!(runs))
        .routes(routes!(links))
        .routes(once!(create_link))
        .routes(routes!(revoke))
}

/// When a report is sent, and to whom.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReportScheduleView {
    id: Uuid,
    name: String,
    /// The page group; null is the whole organization.
    group_id: Option<Uuid>,
    /// `daily`, `weekly` or `monthly`.
    cadence: &'static str,
    /// 1 is Monday; of weekly ones.
    weekday: Option<u8>,
    /// Of monthly ones; in a shorter month its last day.
    day_of_month: Option<u8>,
    /// `HH:MM` on the clocks of its zone.
    at: String,
    time_zone: String,
    recipients: Vec<String>,
    enabled: bool,
    next_at: Time,
}

impl From<ReportSchedule> for ReportScheduleView {
    fn from(s: ReportSchedule) -> Self {
        let (weekday, day_of_month) = match s.cadence {
            Cadence::Daily => (None, None),
            Cadence::Weekly(day) => (Some(day), None),
            Cadence::Monthly(day) => (None, Some(day)),
        };
        Self {
            id: s.id.uuid(),
            name: s.name,
            group_id: s.group,
            cadence: s.cadence.label(),
            weekday,
            day_of_month,
            at: s.at,
            time_zone: s.zone.name().to_owned(),
            recipients: s.recipients,
            enabled: s.enabled,
            next_at: Time(s.next_at),
        }
    }
}

/// A report of one period.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReportRunView {
    id: Uuid,
    schedule_id: Uuid,
    name: String,
    from: Day,
    to: Day,
    /// `queued`, `sent` or `failed`.
    state: &'static str,
    /// Addresses whose server took it.
    sent_to: Vec<String>,
    /// Why it could not be sent.
    error: Option<String>,
    sent_at: Option<Time>,
    created_at: Time,
}

impl From<ReportRun> for ReportRunView {
    fn from(r: ReportRun) -> Self {
        Self {
            id: r.id.uuid(),
            schedule_id: r.schedule_id.uuid(),
            name: r.name,
            from: Day(r.period.from),
            to: Day(r.period.to),
            state: r.state.label(),
            sent_to: r.sent_to,
            error: r.error,
            sent_at: r.sent_at.map(Time),
            created_at: Time(r.created_at),
        }
    }
}

/// A link to a report.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReportLinkView {
    id: Uuid,
    /// The page group; null is the whole organization.
    group_id: Option<Uuid>,
    from: Day,
    to: Day,
    recipient: String,
    /// `open`, `expired` or `revoked`.
    state: &'static str,
    expires_at: Time,
    opened_at: Option<Time>,
    revoked_at: Option<Time>,
    created_at: Time,
    /// The address; only in the answer that makes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

impl ReportLinkView {
    fn of(link: ReportLink, state: ReportLinkState, url: Option<String>) -> Self {
        Self {
            id: link.id.uuid(),
            group_id: link.group,
            from: Day(link.period.from),
            to: Day(link.period.to),
            recipient: link.recipient,
            state: state.label(),
            expires_at: Time(link.expires_at),
            opened_at: link.opened_at.map(Time),
            revoked_at: link.revoked_at.map(Time),
            created_at: Time(link.created_at),
            url,
        }
    }
}

/// List schedules of reports
#[utoipa::path(get, path = "/report-schedules", tag = "reports", operation_id = "reportSchedules",
    responses((status = 200, body = PageView<ReportScheduleView>)))]
async fn schedules(State(app): State<App>, may: ReadNumbers) -> Result<Json<PageView<ReportScheduleView>>, Problem> {
    let found = app.analytics.schedules(may.scope()).await?;
    Ok(Json(PageView::whole(found.into_iter().map(ReportScheduleView::from).collect())))
}

/// A schedule to be.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReportScheduleBody {
    #[garde(length(max = 500))]
    name: String,
    #[garde(skip)]
    group_id: Option<Uuid>,
    /// `daily`, `weekly` or `monthly`.
    #[garde(pattern("^(daily|weekly|monthly)$"))]
    cadence: String,
    #[garde(skip)]
    weekday: Option<u8>,
    #[garde(skip)]
    day_of_month: Option<u8>,
    /// `HH:MM` on the organization's clocks.
    #[garde(length(max = 5))]
    at: String,
    #[garde(length(max = 100))]
    recipients: Vec<String>,
}

/// Plan a report
///
/// 409 `mail_not_configured` if the server cannot send mail.
#[utoipa::path(post, path = "/report-schedules", tag = "reports", operation_id = "createReportSchedule",
    request_body = ReportScheduleBody, responses((status = 201, body = ReportScheduleView)))]
async fn create_schedule(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Body(body): Body<ReportScheduleBody>,
) -> Result<Response, Problem> {
    let new = NewSchedule {
        name: body.name,
        group: body.group_id,
        cadence: Cadence::of(&body.cadence, body.weekday.map(i16::from), body.day_of_month.map(i16::from)),
        at: body.at,
        zone: may.caller.organization.timezone.clone(),
        recipients: body.recipients,
    };
    Ok(page::created(ReportScheduleView::from(app.analytics.create_schedule(may.scope(), new).await?)))
}

/// A change of a schedule.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EnabledBody {
    /// Whether it is sent.
    #[garde(skip)]
    enabled: bool,
}

/// Switch a schedule on or off
#[utoipa::path(patch, path = "/report-schedules/{id}", tag = "reports", operation_id = "changeReportSchedule",
    request_body = EnabledBody, params(("id" = Uuid, Path, description = "The schedule")),
    responses((status = 200, body = ReportScheduleView)))]
async fn enable(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Path(id): Path<ReportScheduleId>,
    Body(body): Body<EnabledBody>,
) -> Result<Json<ReportScheduleView>, Problem> {
    Ok(Json(app.analytics.enable_schedule(may.scope(), id, body.enabled).await?.into()))
}

/// Delete a schedule
///
/// With the record of what it sent.
#[utoipa::path(delete, path = "/report-schedules/{id}", tag = "reports", operation_id = "deleteReportSchedule",
    params(("id" = Uuid, Path, description = "The schedule")), responses((status = 204)))]
async fn delete(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Path(id): Path<ReportScheduleId>,
) -> Result<StatusCode, Problem> {
    app.analytics.delete_schedule(may.scope(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Send a report now
///
/// Of the newest period, to the addresses that have not got it. The queue sends; `GET /report-runs` tells how it went.
#[utoipa::path(post, path = "/report-schedules/{id}/send", tag = "reports", operation_id = "sendReport",
    params(("id" = Uuid, Path, description = "The schedule")), responses((status = 202, body = ReportRunView)))]
async fn send(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Path(id): Path<ReportScheduleId>,
) -> Result<Response, Problem> {
    let run = app.analytics.send_now(may.scope(), id).await?;
    Ok((StatusCode::ACCEPTED, Json(ReportRunView::from(run))).into_response())
}

/// List reports that were due
///
/// The newest 50.
#[utoipa::path(get, path = "/report-runs", tag = "reports", operation_id = "reportRuns",
    responses((status = 200, body = PageView<ReportRunView>)))]
async fn runs(State(app): State<App>, may: ReadNumbers) -> Result<Json<PageView<ReportRunView>>, Problem> {
    let found = app.analytics.report_runs(may.scope()).await?;
    Ok(Json(PageView::whole(found.into_iter().map(ReportRunView::from).collect())))
}

/// List links to reports
///
/// The newest 50; without their addresses, which are kept nowhere.
#[utoipa::path(get, path = "/report-links", tag = "reports", operation_id = "reportLinks",
    responses((status = 200, body = PageView<ReportLinkView>)))]
async fn links(State(app): State<App>, may: ReadNumbers) -> Result<Json<PageView<ReportLinkView>>, Problem> {
    let found = app.analytics.report_links(may.scope()).await?;
    Ok(Json(PageView::whole(found.into_iter().map(|(link, state)| ReportLinkView::of(link, state, None)).collect())))
}

/// A link to be.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReportLinkBody {
    /// For whom.
    #[garde(length(max = 1000))]
    recipient: String,
    #[garde(skip)]
    group_id: Option<Uuid>,
    #[garde(skip)]
    #[schema(inline)]
    from: Day,
    /// At most 400 days in all.
    #[garde(skip)]
    #[schema(inline)]
    to: Day,
    /// Days that it works, 1 to 365; 30 unless told.
    #[garde(skip)]
    days: Option<u16>,
}

/// Make a link to a report
///
/// Whoever has the address reads the report without an account. It is given this once.
#[utoipa::path(post, path = "/report-links", tag = "reports", operation_id = "createReportLink",
    request_body = ReportLinkBody, responses((status = 201, body = ReportLinkView)))]
async fn create_link(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Body(body): Body<ReportLinkBody>,
) -> Result<Response, Problem> {
    let range = Range::new(body.from.0, body.to.0)?;
    let days = body.days.unwrap_or(30);
    let made = app.analytics.create_report_link(may.scope(), body.group_id, range, &body.recipient, days).await?;
    let url = address(&app, &made.1);
    Ok(page::created(ReportLinkView::of(made.0, ReportLinkState::Open, Some(url))))
}

/// Take a link back
#[utoipa::path(delete, path = "/report-links/{id}", tag = "reports", operation_id = "revokeReportLink",
    params(("id" = Uuid, Path, description = "The link")), responses((status = 204)))]
async fn revoke(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Path(id): Path<ReportLinkId>,
) -> Result<StatusCode, Problem> {
    app.analytics.revoke_report_link(may.scope(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
