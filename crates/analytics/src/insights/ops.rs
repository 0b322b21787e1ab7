//! Raising alerts, and what people do with them.

use rookery_db::OrgTx;
use rookery_governance::audit::{self, Changes};
use rookery_kernel::{AccountId, ContentId, Date, Scope, Timestamp};
use tracing::instrument;
use uuid::Uuid;

use super::alert::{
    AlertDirection, AlertKind, AlertMetric, AlertRule, AlertScope, BadRule, ClosedBecause, Severity, Subject, Verdict,
    judge_drop, judge_spike,
};
use super::brief::InsightFilter;
use super::store::{self, Asked, Found, High, Watched};
use super::trend::{self, TRENDS_MAX, Trend, TrendPost, TrendQuestion, Trends};
use super::trend_queries;
use crate::Analytics;

const ALERTS: &str = "analytics.alerts";
const RULES: &str = "analytics.alert_rules";

/// A figure that fell or rose by more than its threshold.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Alert {
    /// Its id.
    pub id: Uuid,
    /// A drop or a spike.
    pub kind: AlertKind,
    /// How bad it is.
    pub severity: Severity,
    /// The figure.
    pub metric: AlertMetric,
    /// Its value when the alert was raised; a rate is a ratio.
    pub current_value: f64,
    /// Its value in the window before.
    pub previous_value: f64,
    /// Change in percent.
    pub change_pct: f64,
    /// The threshold that held, in percent.
    pub threshold_pct: f64,
    /// The account, unless it is of a group.
    pub integration_id: Option<AccountId>,
    /// The page group.
    pub group_id: Option<Uuid>,
    /// The content, beside its account.
    pub content_id: Option<ContentId>,
    /// In one line.
    pub title: String,
    /// Both values, the change and the threshold in words.
    pub message: String,
    /// What can be done.
    pub suggestions: Vec<String>,
    /// First day of the window.
    pub period_start: Date,
    /// Last day of the window.
    pub period_end: Date,
    /// When somebody of the organization marked it as read.
    pub read_at: Option<Timestamp>,
    /// When it ended; `None` while it is open.
    pub resolved_at: Option<Timestamp>,
    /// Why it ended, unless the figure recovered.
    pub closed_because: Option<ClosedBecause>,
    /// When it was raised.
    pub created_at: Timestamp,
}

/// Which alerts; the default is all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AlertFilter {
    /// Only those that nobody has read.
    pub is_unread: bool,
    /// Only open ones, or only those that ended.
    pub is_open: Option<bool>,
}

/// The place of an alert in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlertCursor {
    /// Whether it was read.
    pub is_read: bool,
    /// When it was raised.
    pub created_at: Timestamp,
    /// Its id.
    pub id: Uuid,
}

/// Some alerts.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertPage {
    /// Unread first, then the newest.
    pub alerts: Vec<Alert>,
    /// Where the next page begins.
    pub next: Option<AlertCursor>,
    /// Unread ones of all pages.
    pub unread: i64,
}

/// What looking for alerts did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AlertsRaised {
    /// The newest day with numbers; `None`: nothing was ever reported.
    pub as_of: Option<Date>,
    /// New alerts.
    pub raised: u64,
    /// Alerts whose figure recovered.
    pub resolved: u64,
    /// Alerts of what nobody watches any more.
    pub closed: u64,
}

/// An order about alerts that was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum AlertError {
    /// There is no such thing here.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// A rule cannot hold.
    #[error(transparent)]
    Bad(#[from] BadRule),
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

impl Analytics {
    /// Compares the newest days of all accounts and page groups with those before, writes what is an alert and not open yet,
    /// and ends what has recovered. What nobody watches any more, because its account is not tracked or disconnected or its
    /// group is gone, is closed with the reason. Doing it again changes nothing.
    ///
    /// # Errors
    /// The database's.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn raise_alerts(&self, scope: &Scope) -> Result<AlertsRaised, rookery_db::Error> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        store::alone(&mut tx).await?;
        let closed = store::close_unwatched(&mut tx, now).await?;
        let yesterday = store::zone(&mut tx).await?.date(now).plus_days(-1);
        let Some(as_of) = store::newest_day(&mut tx, yesterday).await? else {
            tx.commit().await?;
            return Ok(AlertsRaised { closed, ..AlertsRaised::default() });
        };
        let watched = store::watched(&mut tx).await?;
        let rules = store::rules(&mut tx).await?;
        let (mut found, calm) = self.drops(&mut tx, &watched, &rules, as_of).await?;
        let highs = store::highs(&mut tx, as_of).await?;
        found.extend(highs.iter().filter_map(|high| self.spike(high, &watched, &rules, as_of)));
        let (raised, resolved) = store::write(&mut tx, &found, &calm, as_of, now).await?;
        tx.commit().await?;
        Ok(AlertsRaised { as_of: Some(as_of), raised, resolved, closed })
    }

    async fn drops(
        &self,
        tx: &mut OrgTx,
        watched: &[Watched],
        rules: &[AlertRule],
        to: Date,
    ) -> Result<(Vec<Found>, Vec<(Uuid, AlertMetric)>), rookery_db::Error> {
        let questions: Vec<(&Watched, AlertRule)> = watched
            .iter()
            .flat_map(|of| {
                AlertMetric::ALL.iter().filter_map(move |&metric| {
                    let direction = AlertDirection::Drop;
                    Some((of, AlertRule::that_holds(rules, of.scope, &of.groups, metric, direction)?))
                })
            })
            .collect();
        let asked: Vec<Asked> = questions
            .iter()
            .map(|(of, rule)| Asked {
                scope_id: of.id(),
                metric: rule.metric,
                window_days: rule.window_days,
                accounts: of.accounts,
            })
            .collect();
        let readings = store::windows(tx, &asked, to).await?;
        let (mut found, mut calm) = (Vec::new(), Vec::new());
        for ((of, rule), (now, before)) in questions.iter().zip(&readings) {
            match (judge_drop(rule, now, before), now.value.zip(before.value)) {
                (Verdict::Calm, _) => calm.push((of.id(), rule.metric)),
                (Verdict::Alert(change), Some((now, before))) => {
                    let from = to.plus_days(1 - i64::from(rule.window_days));
                    let subject = Subject { name: &of.name, metric: rule.metric, now, before, from, to };
                    let (title, message, suggestions) = subject.drop_words(change, rule);
                    found.push(Found {
                        id: self.ids.uuid(),
                        kind: AlertKind::KpiDrop,
                        severity: change.severity,
                        metric: rule.metric,
                        now,
                        before,
                        change_pct: change.change_pct,
                        threshold_pct: rule.threshold_pct,
                        scope: of.scope,
                        content_id: None,
                        title,
                        message,
                        suggestions,
                        from,
                        to,
                    });
                }
                _ => {}
            }
        }
        Ok((found, calm))
    }

    fn spike(&self, high: &High, watched: &[Watched], rules: &[AlertRule], on: Date) -> Option<Found> {
        let scope = AlertScope::Account(high.integration_id);
        let account = watched.iter().find(|of| of.scope == scope)?;
        let direction = AlertDirection::Spike;
        let rule = AlertRule::that_holds(rules, scope, &account.groups, high.metric, direction)?;
        let (now, before) = (high.now as f64, high.before as f64);
        let Verdict::Alert(change) = judge_spike(&rule, Some(now), Some(before), Some(high.median)) else {
            return None;
        };
        let quoted = high.content_id.map(|_| {
            let caption = high.caption.as_deref().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
            if caption.is_empty() { format!("a post of {}", account.name) } else { format!("“{caption}”") }
        });
        let name = quoted.as_deref().unwrap_or(&account.name);
        let subject = Subject { name, metric: high.metric, now, before, from: on, to: on };
        let (title, message, suggestions) = subject.spike_words(change, &rule);
        Some(Found {
            id: self.ids.uuid(),
            kind: AlertKind::ViralSpike,
            severity: change.severity,
            metric: high.metric,
            now,
            before,
            change_pct: change.change_pct,
            threshold_pct: rule.threshold_pct,
            scope,
            content_id: high.content_id,
            title,
            message,
            suggestions,
            from: on,
            to: on,
        })
    }

    /// Alerts of the organization, unread first, then the newest; `limit` is 1 to 100.
    ///
    /// # Errors
    /// [`AlertError::Db`].
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn alerts(
        &self,
        scope: &Scope,
        filter: AlertFilter,
        after: Option<AlertCursor>,
        limit: u16,
    ) -> Result<AlertPage, AlertError> {
        let limit = usize::from(limit.clamp(1, 100));
        let mut tx = self.db.org(scope).await?;
        let rows = i64::try_from(limit + 1).unwrap_or(101);
        let mut alerts = store::alerts(&mut tx, filter, after, rows).await?;
        let has_more = alerts.len() > limit;
        alerts.truncate(limit);
        let next = alerts.last().filter(|_| has_more).map(|last| AlertCursor {
            is_read: last.read_at.is_some(),
            created_at: last.created_at,
            id: last.id,
        });
        Ok(AlertPage { alerts, next, unread: store::unread(&mut tx).await? })
    }

    /// How many alerts nobody of the organization has read.
    ///
    /// # Errors
    /// [`AlertError::Db`].
    pub async fn unread_alerts(&self, scope: &Scope) -> Result<i64, AlertError> {
        let mut tx = self.db.org(scope).await?;
        Ok(store::unread(&mut tx).await?)
    }

    /// Marks an alert as read, for everybody of the organization; one that is read stays as it is.
    ///
    /// # Errors
    /// [`AlertError::NotFound`] in this organization.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, alert = %id))]
    pub async fn read_alert(&self, scope: &Scope, id: Uuid) -> Result<(), AlertError> {
        let mut tx = self.db.org(scope).await?;
        let read = store::read(&mut tx, Some(id), scope.actor.user_id(), self.clock.now()).await?;
        if read.is_empty() && !store::is_known(&mut tx, id).await? {
            return Err(AlertError::NotFound("alert"));
        }
        self.note_read(&mut tx, &read).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Marks all alerts as read; returns how many were not.
    ///
    /// # Errors
    /// [`AlertError::Db`].
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn read_all_alerts(&self, scope: &Scope) -> Result<u64, AlertError> {
        let mut tx = self.db.org(scope).await?;
        let read = store::read(&mut tx, None, scope.actor.user_id(), self.clock.now()).await?;
        self.note_read(&mut tx, &read).await?;
        tx.commit().await?;
        Ok(read.len() as u64)
    }

    /// One line for all that one order marked.
    async fn note_read(&self, tx: &mut OrgTx, read: &[Uuid]) -> Result<(), rookery_db::Error> {
        let resource_id = match read {
            [] => return Ok(()),
            [one] => Some(one.to_string()),
            _ => None,
        };
        let changes = Changes::new().set("is_read", false, true).note("alerts", read.len());
        let entry = audit::Entry { action: "update", resource: ALERTS, resource_id, changes: changes.into() };
        audit::record(tx, &*self.clock, &[entry]).await
    }

    /// The organization's rules; what has none follows [`AlertRule::default_for`].
    ///
    /// # Errors
    /// [`AlertError::Db`].
    pub async fn alert_rules(&self, scope: &Scope) -> Result<Vec<AlertRule>, AlertError> {
        let mut tx = self.db.org(scope).await?;
        Ok(store::rules(&mut tx).await?)
    }

    /// Replaces all rules. They hold from the next look on.
    ///
    /// # Errors
    /// [`AlertError::Bad`], [`AlertError::NotFound`] for a group or account that is not there; nothing is changed then.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, rules = rules.len()))]
    pub async fn replace_alert_rules(&self, scope: &Scope, rules: &[AlertRule]) -> Result<Vec<AlertRule>, AlertError> {
        AlertRule::check_all(rules)?;
        let mut tx = self.db.org(scope).await?;
        store::alone(&mut tx).await?;
        if !store::are_known(&mut tx, rules).await? {
            return Err(AlertError::NotFound("page group or account"));
        }
        let before = store::rules(&mut tx).await?;
        let ids: Vec<Uuid> = rules.iter().map(|_| self.ids.uuid()).collect();
        store::replace_rules(&mut tx, &ids, rules, self.clock.now()).await?;
        let after = store::rules(&mut tx).await?;
        if before != after {
            let changes = Changes::new().set("rules", &before, &after).into();
            let entry = audit::Entry { action: "update", resource: RULES, resource_id: None, changes };
            audit::record(&mut tx, &*self.clock, &[entry]).await?;
        }
        tx.commit().await?;
        Ok(after)
    }

    /// The tags that rise, highest score first. The window ends with the newest day that has numbers. Of everything they are
    /// read from the sums of tags, of a page group or format from the content itself; the figures mean the same.
    ///
    /// # Errors
    /// The database's. Of a group that is not there nothing rises.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn trends(&self, scope: &Scope, question: TrendQuestion) -> Result<Trends, rookery_db::Error> {
        let TrendQuestion { window, limit, filter, up_to } = question;
        let mut tx = self.db.org(scope).await?;
        let yesterday = store::zone(&mut tx).await?.date(self.clock.now()).plus_days(-1);
        let Some(to) = store::newest_day(&mut tx, up_to.unwrap_or(yesterday)).await? else {
            return Ok(Trends { as_of: None, window, is_complete: false, trends: Vec::new() });
        };
        let days = window.days();
        let tags = if filter == InsightFilter::default() {
            trend_queries::tags(&mut tx, to, days).await?
        } else {
            trend_queries::tags_within(&mut tx, to, days, filter).await?
        };
        let mut trends: Vec<Trend> = tags
            .into_iter()
            .filter_map(|tag| {
                let speed = trend::speed(tag.now, tag.before)?;
                trend::is_listed(&speed, tag.now, tag.with_numbers).then(|| Trend {
                    tag_id: tag.tag_id,
                    reason: trend::reason(&tag.name, tag.now, tag.before, &speed, days),
                    name: tag.name,
                    now: tag.now,
                    before: tag.before,
                    speed,
                    top_posts: Vec::new(),
                })
            })
            .collect();
        // Equal scores: more posts first, then by name, so that the list is the same every time.
        trends.sort_by(|a, b| {
            let by_score = b.speed.score.total_cmp(&a.speed.score);
            by_score.then(b.now.count.cmp(&a.now.count)).then_with(|| (&a.name, a.tag_id).cmp(&(&b.name, b.tag_id)))
        });
        trends.truncate(limit.clamp(1, TRENDS_MAX));
        let ids: Vec<Uuid> = trends.iter().map(|trend| trend.tag_id).collect();
        let posts = trend_queries::top_posts(&mut tx, &ids, to.plus_days(1 - days), to, filter).await?;
        for trend in &mut trends {
            let own = posts.iter().filter(|(tag, _)| *tag == trend.tag_id);
            trend.top_posts = own.map(|(_, post)| post.clone()).collect::<Vec<TrendPost>>();
        }
        let is_complete = trend_queries::is_complete(&mut tx, to, days, filter.group).await?;
        Ok(Trends { as_of: Some(to), window, is_complete, trends })
    }
}
