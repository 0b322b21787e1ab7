//! Making briefs, reading them, and deciding about what they recommend.

use std::time::Duration;

use rookery_db::OrgTx;
use rookery_governance::audit::{self, Changes};
use rookery_kernel::{Date, Limit, PostId, Scope, Timestamp, Zone};
use tracing::instrument;
use uuid::Uuid;

use super::advice::{Morning, recommend};
use super::brief::{BriefFigure, BriefHours, BriefParts, DAYS, DailyBrief, FIGURES, HOUR_DAYS, InsightFilter};
use super::brief_store::{self as briefs, Decision, Which};
use super::recommendation::{DISMISS_REASON_MAX, Recommendation, RecommendationStatus};
use super::store;
use super::trend::{TrendQuestion, TrendWindow};
use crate::Analytics;
use crate::kpi::Range;
use crate::performance::{AskError, ContentQuery, ContentSort, Figures, weekday};

const RECOMMENDATIONS: &str = "analytics.recommendations";
/// A brief of today that is older is computed anew when somebody reads it: hours pass, late numbers come.
const FRESH: Duration = Duration::from_secs(3600);
/// Topics of a brief.
const TRENDS: usize = 5;
/// Best hours of a brief.
const SLOTS: usize = 3;
/// Items of a brief.
const TOP: u16 = 5;
/// Longest text of an item that a brief keeps, in characters.
const CAPTION_MAX: usize = 500;

/// A brief that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum BriefError {
    /// Nobody knows what will be.
    #[error("there is no brief of {0} yet; ask for today or an earlier day")]
    Future(Date),
    /// A figure was not answered.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

/// An order about a recommendation that was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum RecommendationError {
    /// It is not there.
    #[error("there is no such recommendation")]
    NotFound,
    /// It became a draft.
    #[error("this recommendation was accepted already; delete its draft if it is not wanted")]
    Accepted,
    /// Somebody decided against it.
    #[error("this recommendation was dismissed; take that back first")]
    Dismissed,
    /// Its day or hour is past, or its numbers went.
    #[error("this recommendation has expired; look at today's brief")]
    Expired,
    /// The reason does not fit.
    #[error("a reason has at most {DISMISS_REASON_MAX} characters; this one has {0}")]
    ReasonTooLong(usize),
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

impl Analytics {
    /// The brief of a day (`None`: today on the organization's clocks) about everything, a page group or a format. The one
    /// that was made on that day if there is one, else one computed from what is known now. A brief of today is at most an
    /// hour old. It is there whatever is missing, and says what is.
    ///
    /// # Errors
    /// [`BriefError::Future`]; [`BriefError::Ask`] if there is no such group.
    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id))]
    pub async fn daily_brief(
        &self,
        scope: &Scope,
        date: Option<Date>,
        filter: InsightFilter,
    ) -> Result<DailyBrief, BriefError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let zone = store::zone(&mut tx).await?;
        let today = zone.date(now);
        let date = not_later(date, today)?;
        let stored = briefs::find(&mut tx, date, filter).await?;
        let stored = stored.filter(|found| date < today || now.since(found.generated_at) < FRESH);
        // One that an older version wrote otherwise is computed again.
        if let Some(found) = stored
            && let Ok(parts) = serde_json::from_value::<BriefParts>(found.payload)
            // Before the first account was tracked there was nothing to tell.
            && (date < today || parts.completeness.of > 0)
        {
            let recommendations = briefs::recommendations(&mut tx, Which::Of(found.id), now).await?;
            return Ok(DailyBrief {
                id: found.id,
                date,
                filter,
                generated_at: found.generated_at,
                parts,
                recommendations,
            });
        }
        drop(tx);
        self.make_brief(scope, &zone, date, filter).await
    }

    /// Computes the brief of today, or of an earlier day, anew.
    ///
    /// # Errors
    /// As [`Analytics::daily_brief`].
    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id))]
    pub async fn compute_brief(
        &self,
        scope: &Scope,
        date: Option<Date>,
        filter: InsightFilter,
    ) -> Result<DailyBrief, BriefError> {
        let mut tx = self.db.org(scope).await?;
        let zone = store::zone(&mut tx).await?;
        drop(tx);
        let date = not_later(date, zone.date(self.clock.now()))?;
        self.make_brief(scope, &zone, date, filter).await
    }

    /// Makes today's brief of everything, and those that somebody read today anew. Returns how many.
    pub(crate) async fn make_briefs(&self, scope: &Scope) -> Result<usize, BriefError> {
        let mut tx = self.db.org(scope).await?;
        let zone = store::zone(&mut tx).await?;
        let today = zone.date(self.clock.now());
        let mut filters = briefs::of_day(&mut tx, today).await?;
        drop(tx);
        if !filters.contains(&InsightFilter::default()) {
            filters.push(InsightFilter::default());
        }
        for filter in &filters {
            self.make_brief(scope, &zone, today, *filter).await?;
        }
        Ok(filters.len())
    }

    async fn make_brief(
        &self,
        scope: &Scope,
        zone: &Zone,
        date: Date,
        filter: InsightFilter,
    ) -> Result<DailyBrief, BriefError> {
        let parts = self.brief_parts(scope, zone, date, filter).await?;
        let now = self.clock.now();
        let proposals = recommend(&parts, Morning { date, zone, now });
        let group = filter.group.map_or_else(|| "all".to_owned(), |group| group.to_string());
        let proposals: Vec<_> = proposals
            .into_iter()
            .map(|p| {
                let key = format!("{date}:{group}:{}:{}:{}", filter.word(), p.kind, p.subject);
                (self.ids.uuid(), key, p)
            })
            .collect();
        let mut tx = self.db.org(scope).await?;
        let id = briefs::save(&mut tx, self.ids.uuid(), date, filter, &parts, now).await?;
        if zone.date(now) == date {
            briefs::propose(&mut tx, id, &proposals, now).await?;
        }
        let recommendations = briefs::recommendations(&mut tx, Which::Of(id), now).await?;
        tx.commit().await?;
        Ok(DailyBrief { id, date, filter, generated_at: now, parts, recommendations })
    }

    /// All parts, by the functions that pages ask as well.
    async fn brief_parts(
        &self,
        scope: &Scope,
        zone: &Zone,
        date: Date,
        filter: InsightFilter,
    ) -> Result<BriefParts, BriefError> {
        let day = date.plus_days(-1);
        let last = |days: i64| Range { from: day.plus_days(1 - days), to: day };
        let (week, asked) = (last(DAYS), filter.filter());
        let figures = self.figures(scope, week, &asked, false).await?;
        let newest = self.figures(scope, last(1), &asked, false).await?;
        let question = TrendQuestion { filter, up_to: Some(day), ..TrendQuestion::new(TrendWindow::default(), TRENDS) };
        let trends = self.trends(scope, question).await?;
        let best = self.best_time(scope, last(HOUR_DAYS), &asked).await?;
        let content = ContentQuery {
            filter: asked.clone(),
            sort: ContentSort::Engagement,
            limit: Limit::new(TOP),
            ..ContentQuery::new(week)
        };
        let mut top = self.content_table(scope, zone, &content).await?.rows;
        top.retain(|row| row.content.numbers.engagement().is_some());
        for row in &mut top {
            row.content.caption = row.content.caption.take().map(|text| text.chars().take(CAPTION_MAX).collect());
        }
        let formats = self.format_comparison(scope, week, &asked).await?;
        let mut tx = self.db.org(scope).await?;
        let completeness = briefs::completeness(&mut tx, day, filter.group).await?;
        Ok(BriefParts {
            day,
            completeness,
            figures: brief_figures(&figures, &newest),
            trends_as_of: trends.as_of,
            trends: trends.trends,
            hours: BriefHours {
                slots: best.slots_on(weekday(date), SLOTS),
                items: best.heatmap.samples,
                is_enough: best.is_enough(),
            },
            top,
            formats,
        })
    }

    /// What the brief of a day (`None`: today) recommended, high priority first; nothing if there is none yet.
    ///
    /// # Errors
    /// The database's.
    pub async fn recommendations(
        &self,
        scope: &Scope,
        date: Option<Date>,
        filter: InsightFilter,
        status: Option<RecommendationStatus>,
    ) -> Result<Vec<Recommendation>, rookery_db::Error> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let date = match date {
            Some(date) => date,
            None => store::zone(&mut tx).await?.date(now),
        };
        let Some(brief) = briefs::find(&mut tx, date, filter).await? else { return Ok(Vec::new()) };
        let mut found = briefs::recommendations(&mut tx, Which::Of(brief.id), now).await?;
        found.retain(|one| status.is_none_or(|status| one.status == status));
        Ok(found)
    }

    /// Holds a recommendation until the transaction ends, to make its draft in the same one. One that was accepted already
    /// comes with its draft: nothing is left to do then.
    ///
    /// # Errors
    /// [`RecommendationError::NotFound`], [`RecommendationError::Dismissed`], [`RecommendationError::Expired`].
    pub async fn claim_recommendation(&self, tx: &mut OrgTx, id: Uuid) -> Result<Recommendation, RecommendationError> {
        let found = self.held(tx, id).await?;
        match found.status {
            RecommendationStatus::Open | RecommendationStatus::Accepted => Ok(found),
            RecommendationStatus::Dismissed => Err(RecommendationError::Dismissed),
            RecommendationStatus::Expired => Err(RecommendationError::Expired),
        }
    }

    /// Notes that a claimed recommendation became this draft.
    ///
    /// # Errors
    /// The database's.
    pub async fn accept_recommendation(
        &self,
        tx: &mut OrgTx,
        claimed: &Recommendation,
        post: PostId,
    ) -> Result<Recommendation, RecommendationError> {
        self.decide(tx, claimed, RecommendationStatus::Accepted, None, Some(post)).await
    }

    /// Decides against a recommendation, with or without a reason of at most [`DISMISS_REASON_MAX`] characters. One that is
    /// dismissed stays as it is.
    ///
    /// # Errors
    /// [`RecommendationError`].
    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id, recommendation = %id))]
    pub async fn dismiss_recommendation(
        &self,
        scope: &Scope,
        id: Uuid,
        reason: Option<&str>,
    ) -> Result<Recommendation, RecommendationError> {
        let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
        let length = reason.map_or(0, |reason| reason.chars().count());
        if length > DISMISS_REASON_MAX {
            return Err(RecommendationError::ReasonTooLong(length));
        }
        let mut tx = self.db.org(scope).await?;
        let found = self.held(&mut tx, id).await?;
        let done = match found.status {
            RecommendationStatus::Open => {
                self.decide(&mut tx, &found, RecommendationStatus::Dismissed, reason, None).await?
            }
            RecommendationStatus::Dismissed => found,
            RecommendationStatus::Accepted => return Err(RecommendationError::Accepted),
            RecommendationStatus::Expired => return Err(RecommendationError::Expired),
        };
        tx.commit().await?;
        Ok(done)
    }

    /// Takes a dismissal back: it is open again, or has expired meanwhile. An open one stays as it is.
    ///
    /// # Errors
    /// [`RecommendationError::NotFound`], [`RecommendationError::Accepted`].
    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id, recommendation = %id))]
    pub async fn restore_recommendation(&self, scope: &Scope, id: Uuid) -> Result<Recommendation, RecommendationError> {
        let mut tx = self.db.org(scope).await?;
        let found = self.held(&mut tx, id).await?;
        let done = match found.status {
            RecommendationStatus::Dismissed => {
                self.decide(&mut tx, &found, RecommendationStatus::Open, None, None).await?
            }
            RecommendationStatus::Open | RecommendationStatus::Expired => found,
            RecommendationStatus::Accepted => return Err(RecommendationError::Accepted),
        };
        tx.commit().await?;
        Ok(done)
    }

    async fn held(&self, tx: &mut OrgTx, id: Uuid) -> Result<Recommendation, RecommendationError> {
        if !briefs::lock(tx, id).await? {
            return Err(RecommendationError::NotFound);
        }
        let found = briefs::recommendations(tx, Which::One(id), self.clock.now()).await?;
        found.into_iter().next().ok_or(RecommendationError::NotFound)
    }

    async fn decide(
        &self,
        tx: &mut OrgTx,
        found: &Recommendation,
        status: RecommendationStatus,
        reason: Option<&str>,
        post: Option<PostId>,
    ) -> Result<Recommendation, RecommendationError> {
        let now: Timestamp = self.clock.now();
        let is_decided = status != RecommendationStatus::Open;
        let by = tx.scope().actor.user_id().filter(|_| is_decided);
        let decision = Decision { status, reason, post, by, at: is_decided.then_some(now) };
        briefs::decide(tx, found.id, &decision, now).await?;
        let changes = Changes::new()
            .set("status", found.status, status)
            .set("dismiss_reason", found.dismiss_reason.as_deref(), reason)
            .set("resulting_post_id", found.post_id, post)
            .into();
        let resource_id = Some(found.id.to_string());
        let entry = audit::Entry { action: "update", resource: RECOMMENDATIONS, resource_id, changes };
        audit::record(tx, &*self.clock, &[entry]).await?;
        let done = briefs::recommendations(tx, Which::One(found.id), now).await?;
        done.into_iter().next().ok_or(RecommendationError::NotFound)
    }
}

/// The day that somebody asked for, today if none.
fn not_later(date: Option<Date>, today: Date) -> Result<Date, BriefError> {
    let date = date.unwrap_or(today);
    if date > today { Err(BriefError::Future(date)) } else { Ok(date) }
}

/// The figures of a brief, in its order; those that the filter does not have are left out.
fn brief_figures(week: &Figures, newest: &Figures) -> Vec<BriefFigure> {
    let day_of = |measure| newest.lines.iter().find(|(m, ..)| *m == measure).and_then(|(_, line, _)| line.total);
    let of = |measure| {
        let (_, line, coverage) = week.lines.iter().find(|(m, ..)| *m == measure)?;
        Some(BriefFigure {
            measure,
            value: line.total,
            previous: line.previous_total,
            change: line.change,
            basis: line.basis,
            day: day_of(measure),
            coverage: *coverage,
        })
    };
    FIGURES.into_iter().filter_map(of).collect()
}
