//! Alerts and trends as clients see them.

use rookery_analytics::{Alert, AlertPage, Trend, TrendPost, Trends};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::insights::written;
use super::time::{Day, Time};
use super::wire::{AlertClosing, AlertFigure, AlertSort, AlertWeight, TrendWay};

/// A figure that fell or rose by more than its threshold.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AlertView {
    id: Uuid,
    kind: AlertSort,
    severity: AlertWeight,
    metric: AlertFigure,
    /// When the alert was raised; a rate is a ratio.
    current_value: f64,
    /// In the window before.
    previous_value: f64,
    change_percent: f64,
    threshold_percent: f64,
    /// The account; null for a page group.
    integration_id: Option<Uuid>,
    group_id: Option<Uuid>,
    /// The content, beside its account.
    content_id: Option<Uuid>,
    title: String,
    message: String,
    suggestions: Vec<String>,
    period_start: Day,
    period_end: Day,
    /// Null: nobody has read it.
    read_at: Option<Time>,
    /// When it ended; null while it is open.
    resolved_at: Option<Time>,
    /// Why it ended; null: the figure recovered, or it is open.
    closed_because: Option<AlertClosing>,
    created_at: Time,
}

impl From<Alert> for AlertView {
    fn from(alert: Alert) -> Self {
        Self {
            id: alert.id,
            kind: alert.kind.into(),
            severity: alert.severity.into(),
            metric: alert.metric.into(),
            current_value: alert.current_value,
            previous_value: alert.previous_value,
            change_percent: alert.change_pct,
            threshold_percent: alert.threshold_pct,
            integration_id: alert.integration_id.map(rookery_kernel::AccountId::uuid),
            group_id: alert.group_id,
            content_id: alert.content_id.map(rookery_kernel::ContentId::uuid),
            title: alert.title,
            message: alert.message,
            suggestions: alert.suggestions,
            period_start: alert.period_start.into(),
            period_end: alert.period_end.into(),
            read_at: alert.read_at.map(Into::into),
            resolved_at: alert.resolved_at.map(Into::into),
            closed_because: alert.closed_because.map(Into::into),
            created_at: alert.created_at.into(),
        }
    }
}

/// Some alerts.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AlertPageView {
    items: Vec<AlertView>,
    /// Send it as `after` for the next page; null on the last.
    next: Option<String>,
    /// Unread ones of all pages.
    unread: i64,
}

impl From<AlertPage> for AlertPageView {
    fn from(page: AlertPage) -> Self {
        Self {
            items: page.alerts.into_iter().map(AlertView::from).collect(),
            next: page.next.map(written),
            unread: page.unread,
        }
    }
}

/// A post about a topic.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TrendPostView {
    content_id: Uuid,
    integration_id: Uuid,
    /// The beginning of its text.
    caption: Option<String>,
    /// Null: not reported.
    engagement: Option<i64>,
}

impl From<TrendPost> for TrendPostView {
    fn from(post: TrendPost) -> Self {
        Self {
            content_id: post.id.uuid(),
            integration_id: post.integration_id.uuid(),
            caption: post.caption,
            engagement: post.engagement,
        }
    }
}

/// A topic that rises.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TrendView {
    tag_id: Uuid,
    name: String,
    /// Posts of the window.
    mentions: i64,
    previous_mentions: i64,
    /// Engagement gained in the window ÷ posts of the window.
    average_engagement: Option<f64>,
    previous_average_engagement: Option<f64>,
    /// In percent.
    mention_velocity: f64,
    /// In percent.
    engagement_velocity: f64,
    /// 0.4 × mention velocity + 0.6 × engagement velocity.
    score: f64,
    is_new: bool,
    direction: TrendWay,
    reason: String,
    top_posts: Vec<TrendPostView>,
}

impl From<Trend> for TrendView {
    fn from(trend: Trend) -> Self {
        Self {
            tag_id: trend.tag_id,
            name: trend.name,
            mentions: trend.now.count,
            previous_mentions: trend.before.count,
            average_engagement: trend.now.average(),
            previous_average_engagement: trend.before.average(),
            mention_velocity: trend.speed.mention_velocity,
            engagement_velocity: trend.speed.engagement_velocity,
            score: trend.speed.score,
            is_new: trend.speed.is_new,
            direction: trend.speed.direction.into(),
            reason: trend.reason,
            top_posts: trend.top_posts.into_iter().map(TrendPostView::from).collect(),
        }
    }
}

/// The topics that rise.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TrendsView {
    /// The last day of the window; null: nothing was ever reported.
    as_of: Option<Day>,
    window_hours: i64,
    /// Whether four fifths of the accounts' days were reported in both windows.
    is_complete: bool,
    /// Highest score first.
    trends: Vec<TrendView>,
}

impl From<Trends> for TrendsView {
    fn from(trends: Trends) -> Self {
        Self {
            as_of: trends.as_of.map(Into::into),
            window_hours: trends.window.days() * 24,
            is_complete: trends.is_complete,
            trends: trends.trends.into_iter().map(TrendView::from).collect(),
        }
    }
}
