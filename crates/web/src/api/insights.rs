//! Alerts, the rules behind them, and trends.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use garde::Validate;
use rookery_analytics::{AlertCursor, AlertFilter, AlertRule, AlertScope, TRENDS_MAX, TrendQuestion, TrendWindow};
use rookery_kernel::{AccountId, Cursor};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::access::ReadNumbers;
use super::insights_view::{AlertPageView, TrendsView};
use super::wire::{AlertFigure, AlertWay};
use crate::app::App;
use crate::extract::{Body, Draft, ManageAccounts, May, Path, Query};
use crate::insights::insight_filter;
use crate::problem::Problem;

/// Topics of an answer if nobody says how many.
const TRENDS: usize = 10;
/// Alerts of a page if nobody says how many.
const ALERTS: u16 = 50;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(trends))
        .routes(routes!(alerts))
        .routes(routes!(read_alert))
        .routes(routes!(read_all_alerts))
        .routes(routes!(alert_rules, replace_alert_rules))
}

/// Which window.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct TrendsQuery {
    /// 24, 48 or 72; 72 unless told.
    window_hours: Option<u16>,
    /// Topics, 1 to 50; 10 unless told.
    limit: Option<usize>,
    /// Only accounts of this page group.
    group_id: Option<String>,
    /// `all`, `post` (everything but reels and stories), `reel`, `story`, `video`, `carousel`, `text`, `link`, `picture`.
    format: Option<String>,
}

/// Topics that rise
///
/// Tags by how much faster they grow than in the window before. The window ends with the newest day that has numbers.
#[utoipa::path(get, path = "/analytics/trends", tag = "analytics", operation_id = "trends", params(TrendsQuery),
    responses((status = 200, body = TrendsView)))]
async fn trends(
    State(app): State<App>,
    may: ReadNumbers,
    Query(query): Query<TrendsQuery>,
) -> Result<Json<TrendsView>, Problem> {
    let window = query.window_hours.map_or(Some(TrendWindow::default()), TrendWindow::of_hours);
    let window = window.ok_or_else(|| Problem::bad_request("windowHours is 24, 48 or 72."))?;
    let limit = query.limit.unwrap_or(TRENDS).clamp(1, TRENDS_MAX);
    let filter = insight_filter(query.group_id.as_ref(), query.format.as_ref())?;
    if let Some(id) = filter.group
        && app.analytics.choices(may.scope(), None).await?.groups.iter().all(|group| group.id != id)
    {
        return Err(Problem::not_found("page group"));
    }
    let question = TrendQuestion { filter, ..TrendQuestion::new(window, limit) };
    let trends = app.analytics.trends(may.scope(), question).await.map_err(|e| Problem::database(&e))?;
    Ok(Json(trends.into()))
}

/// Which alerts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct AlertsQuery {
    /// Only those that nobody has read.
    #[serde(default)]
    unread: bool,
    /// Only open ones, or (false) only those that ended.
    open: Option<bool>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Rows, 1 to 100; 50 unless told.
    limit: Option<u16>,
}

/// `r` or `u` before the place in time: unread alerts come first.
pub(crate) fn place(text: &str) -> Result<AlertCursor, Problem> {
    let wrong = || Problem::bad_request("after is not the next of a page of alerts.");
    let (is_read, rest) = match text.split_at_checked(1) {
        Some(("r", rest)) => (true, rest),
        Some(("u", rest)) => (false, rest),
        _ => return Err(wrong()),
    };
    let Cursor { at, id } = rest.parse().map_err(|_| wrong())?;
    Ok(AlertCursor { is_read, created_at: at, id })
}

pub(crate) fn written(place: AlertCursor) -> String {
    let AlertCursor { is_read, created_at: at, id } = place;
    format!("{}{}", if is_read { 'r' } else { 'u' }, Cursor { at, id })
}

/// List alerts
///
/// Unread first, then the newest.
#[utoipa::path(get, path = "/analytics/alerts", tag = "analytics", operation_id = "alerts", params(AlertsQuery),
    responses((status = 200, body = AlertPageView)))]
async fn alerts(
    State(app): State<App>,
    may: ReadNumbers,
    Query(query): Query<AlertsQuery>,
) -> Result<Json<AlertPageView>, Problem> {
    let after = query.after.as_deref().filter(|text| !text.is_empty()).map(place).transpose()?;
    let filter = AlertFilter { is_unread: query.unread, is_open: query.open };
    let page = app.analytics.alerts(may.scope(), filter, after, query.limit.unwrap_or(ALERTS)).await?;
    Ok(Json(page.into()))
}

/// Mark an alert as read
///
/// For everybody of the organization.
#[utoipa::path(post, path = "/analytics/alerts/{id}/read", tag = "analytics", operation_id = "readAlert",
    params(("id" = Uuid, Path, description = "The alert")), responses((status = 204)))]
async fn read_alert(State(app): State<App>, may: May<Draft>, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    app.analytics.read_alert(may.scope(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// How many alerts were marked.
#[derive(Debug, Serialize, ToSchema)]
struct ReadView {
    read: u64,
}

/// Mark all alerts as read
#[utoipa::path(post, path = "/analytics/alerts/read-all", tag = "analytics", operation_id = "readAllAlerts",
    responses((status = 200, body = ReadView)))]
async fn read_all_alerts(State(app): State<App>, may: May<Draft>) -> Result<Json<ReadView>, Problem> {
    Ok(Json(ReadView { read: app.analytics.read_all_alerts(may.scope()).await? }))
}

/// From which change on to tell.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AlertRuleView {
    metric: AlertFigure,
    direction: AlertWay,
    /// For this page group and its accounts.
    #[serde(default)]
    group_id: Option<Uuid>,
    /// For this account alone; not together with a group.
    #[serde(default)]
    integration_id: Option<Uuid>,
    /// Change in percent, above 0; a drop has at most 100.
    threshold_percent: f64,
    /// A drop needs so much in the window before (a rate: so much to divide by), a spike so much on its day; 100 unless told.
    #[serde(default = "hundred")]
    min_baseline: i64,
    /// Days of a drop's window, 1 to 28; 7 unless told.
    #[serde(default = "week")]
    window_days: i16,
    /// False: nothing is raised where it holds.
    #[serde(default = "on")]
    enabled: bool,
}

const fn hundred() -> i64 {
    100
}

const fn week() -> i16 {
    7
}

const fn on() -> bool {
    true
}

impl From<AlertRule> for AlertRuleView {
    fn from(rule: AlertRule) -> Self {
        let (group_id, integration_id) = match rule.scope {
            AlertScope::Organization => (None, None),
            AlertScope::Group(id) => (Some(id), None),
            AlertScope::Account(id) => (None, Some(id.uuid())),
        };
        Self {
            metric: rule.metric.into(),
            direction: rule.direction.into(),
            group_id,
            integration_id,
            threshold_percent: rule.threshold_pct,
            min_baseline: rule.min_baseline,
            window_days: rule.window_days,
            enabled: rule.enabled,
        }
    }
}

impl TryFrom<AlertRuleView> for AlertRule {
    type Error = Problem;

    fn try_from(rule: AlertRuleView) -> Result<Self, Problem> {
        let scope = match (rule.group_id, rule.integration_id) {
            (None, None) => AlertScope::Organization,
            (Some(id), None) => AlertScope::Group(id),
            (None, Some(id)) => AlertScope::Account(AccountId::from_uuid(id)),
            (Some(_), Some(_)) => {
                return Err(Problem::field(
                    "rules",
                    "two_scopes",
                    "A rule is for a group or for an account, not both.",
                ));
            }
        };
        Ok(Self {
            scope,
            metric: rule.metric.into(),
            direction: rule.direction.into(),
            threshold_pct: rule.threshold_percent,
            min_baseline: rule.min_baseline,
            window_days: rule.window_days,
            enabled: rule.enabled,
        })
    }
}

/// The rules for alerts
///
/// What has none follows the defaults (docs/insights.md).
#[utoipa::path(get, path = "/analytics/alerts/rules", tag = "analytics", operation_id = "alertRules",
    responses((status = 200, body = [AlertRuleView])))]
async fn alert_rules(State(app): State<App>, may: ReadNumbers) -> Result<Json<Vec<AlertRuleView>>, Problem> {
    let rules = app.analytics.alert_rules(may.scope()).await?;
    Ok(Json(rules.into_iter().map(AlertRuleView::from).collect()))
}

/// All rules.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AlertRulesBody {
    /// At most 500; the most specific one holds: account, group, organization.
    #[garde(skip)]
    rules: Vec<AlertRuleView>,
}

/// Replace the rules for alerts
#[utoipa::path(put, path = "/analytics/alerts/rules", tag = "analytics", operation_id = "replaceAlertRules",
    request_body = AlertRulesBody, responses((status = 200, body = [AlertRuleView])))]
async fn replace_alert_rules(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Body(body): Body<AlertRulesBody>,
) -> Result<Json<Vec<AlertRuleView>>, Problem> {
    let rules = body.rules.into_iter().map(AlertRule::try_from).collect::<Result<Vec<_>, _>>()?;
    let rules = app.analytics.replace_alert_rules(may.scope(), &rules).await?;
    Ok(Json(rules.into_iter().map(AlertRuleView::from).collect()))
}
