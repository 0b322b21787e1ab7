//! Briefs and recommendations as clients see them.

use std::collections::BTreeMap;

use rookery_analytics::{
    BriefFigure, BriefHours, Completeness, DailyBrief, Evidence, ITEMS_MIN, MissingAccount, Recommendation,
    RecommendationResult, Suggestion,
};
use rookery_kernel::{AccountId, ContentId, Date, PostId, UserId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::analytics_view::CoverageView;
use super::insights_view::TrendView;
use super::performance_view::{ContentRowView, FormatBreakdownView, SlotView};
use super::time::{Day, Time};
use super::wire::{
    AdviceKind, AdvicePriority, AdviceState, Basis, FailureKind, FigureUnit, Format, MetricName, Network, StepState,
};

/// A tracked account whose numbers of the day are not, or not all, there.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MissingAccountView {
    integration_id: Uuid,
    account_name: String,
    platform: Network,
    /// How reading its numbers stands; null: it was not begun.
    status: Option<StepState>,
    error_type: Option<FailureKind>,
    /// Nothing is asked of the network before this time.
    next_attempt_at: Option<Time>,
    /// Why, in words that stand behind the name.
    reason: String,
}

impl MissingAccountView {
    fn of(missing: MissingAccount, day: Date) -> Self {
        Self {
            reason: missing.reason(day).to_owned(),
            integration_id: missing.integration_id.uuid(),
            account_name: missing.name,
            platform: missing.platform.into(),
            status: missing.status.map(Into::into),
            error_type: missing.error_type.map(Into::into),
            next_attempt_at: missing.next_attempt_at.map(Time),
        }
    }
}

/// Which tracked accounts brought their numbers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CompletenessView {
    /// In percent, rounded down; 0 if nothing is tracked.
    percent: i16,
    /// Accounts whose numbers of the day were collected.
    ok: usize,
    /// Tracked accounts.
    of: usize,
    missing: Vec<MissingAccountView>,
}

impl CompletenessView {
    fn of(completeness: Completeness, day: Date) -> Self {
        Self {
            percent: completeness.percent(),
            ok: completeness.ok,
            of: completeness.of,
            missing: completeness.missing.into_iter().map(|m| MissingAccountView::of(m, day)).collect(),
        }
    }
}

/// A figure of the last seven days.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BriefFigureView {
    name: MetricName,
    unit: FigureUnit,
    /// Of the seven days; null is not reported.
    value: Option<f64>,
    /// Of the seven days before.
    previous: Option<f64>,
    change_percent: Option<f64>,
    /// What a rate was divided by.
    basis: Option<Basis>,
    /// Of the newest of the days alone.
    day: Option<f64>,
    coverage: CoverageView,
}

impl From<BriefFigure> for BriefFigureView {
    fn from(figure: BriefFigure) -> Self {
        Self {
            name: figure.measure.into(),
            unit: figure.measure.unit().into(),
            value: figure.value,
            previous: figure.previous,
            change_percent: figure.change,
            basis: figure.basis.map(Into::into),
            day: figure.day,
            coverage: CoverageView { with_data: figure.coverage.with_data, of: figure.coverage.of },
        }
    }
}

/// The day's best hours.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BriefHoursView {
    /// Items of the last 28 days whose engagement is known.
    items: i64,
    is_enough: bool,
    /// Why nothing is recommended.
    reason: Option<String>,
    /// At most three, best first.
    slots: Vec<SlotView>,
}

impl From<BriefHours> for BriefHoursView {
    fn from(hours: BriefHours) -> Self {
        let items = hours.items;
        Self {
            items,
            is_enough: hours.is_enough,
            reason: (!hours.is_enough).then(|| format!("Not enough data: {items} items; {ITEMS_MIN} are needed.")),
            slots: hours.slots.into_iter().map(SlotView::from).collect(),
        }
    }
}

/// The numbers behind a recommendation, and what they come from.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EvidenceView {
    /// By name; rates are ratios.
    numbers: BTreeMap<String, f64>,
    /// The days of the numbers.
    from: Day,
    to: Day,
    tag_id: Option<Uuid>,
    content_ids: Vec<Uuid>,
}

impl From<Evidence> for EvidenceView {
    fn from(evidence: Evidence) -> Self {
        Self {
            numbers: evidence.numbers,
            from: evidence.from.into(),
            to: evidence.to.into(),
            tag_id: evidence.tag_id,
            content_ids: evidence.content_ids.into_iter().map(ContentId::uuid).collect(),
        }
    }
}

/// What the draft of a recommendation begins with; null does not follow from the numbers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SuggestionView {
    text: String,
    integration_id: Option<Uuid>,
    at: Option<Time>,
    format: Option<Format>,
}

impl From<Suggestion> for SuggestionView {
    fn from(action: Suggestion) -> Self {
        Self {
            text: action.text,
            integration_id: action.integration_id.map(AccountId::uuid),
            at: action.at.map(Time),
            format: action.format.map(Into::into),
        }
    }
}

/// What the posts of a draft reached, by their newest numbers.
#[derive(Debug, Serialize, ToSchema)]
struct AdviceResultView {
    /// Accounts on which it came out and was seen again.
    items: i64,
    reach: Option<i64>,
    engagement: Option<i64>,
}

impl From<RecommendationResult> for AdviceResultView {
    fn from(result: RecommendationResult) -> Self {
        Self { items: result.items, reach: result.reach, engagement: result.engagement }
    }
}

/// Something worth doing, with its reason.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RecommendationView {
    id: Uuid,
    date: Day,
    group_id: Option<Uuid>,
    /// `all` or the word of the filter.
    format: &'static str,
    kind: AdviceKind,
    priority: AdvicePriority,
    title: String,
    reason: String,
    evidence: EvidenceView,
    action: SuggestionView,
    status: AdviceState,
    dismiss_reason: Option<String>,
    /// Who accepted or dismissed it.
    acted_by: Option<Uuid>,
    acted_at: Option<Time>,
    /// The draft that it became; it may have been deleted since.
    post_id: Option<Uuid>,
    /// From when on it is no longer worth doing.
    expires_at: Time,
    created_at: Time,
    /// Null: nothing was seen of it yet.
    result: Option<AdviceResultView>,
}

impl From<Recommendation> for RecommendationView {
    fn from(one: Recommendation) -> Self {
        Self {
            id: one.id,
            date: one.date.into(),
            group_id: one.filter.group,
            format: one.filter.word(),
            kind: one.kind.into(),
            priority: one.priority.into(),
            title: one.title,
            reason: one.reason,
            evidence: one.evidence.into(),
            action: one.action.into(),
            status: one.status.into(),
            dismiss_reason: one.dismiss_reason,
            acted_by: one.acted_by.map(UserId::uuid),
            acted_at: one.acted_at.map(Time),
            post_id: one.post_id.map(PostId::uuid),
            expires_at: one.expires_at.into(),
            created_at: one.created_at.into(),
            result: one.result.map(Into::into),
        }
    }
}

/// What is read on a morning.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DailyBriefView {
    /// The day it is read on.
    date: Day,
    group_id: Option<Uuid>,
    /// `all` or the word of the filter.
    format: &'static str,
    generated_at: Time,
    /// The day that its numbers end with: the one before.
    numbers_to: Day,
    /// Whether every tracked account brought its numbers.
    is_complete: bool,
    completeness: CompletenessView,
    figures: Vec<BriefFigureView>,
    /// The newest day with numbers; null: nothing was reported in 60 days.
    trends_as_of: Option<Day>,
    /// At most five, highest score first.
    trends: Vec<TrendView>,
    best_hours: BriefHoursView,
    /// At most five items of the last seven days, most engagement first.
    top_content: Vec<ContentRowView>,
    /// The formats of the last seven days.
    formats: FormatBreakdownView,
    recommendations: Vec<RecommendationView>,
}

impl From<DailyBrief> for DailyBriefView {
    fn from(brief: DailyBrief) -> Self {
        let parts = brief.parts;
        let week = parts.week();
        Self {
            date: brief.date.into(),
            group_id: brief.filter.group,
            format: brief.filter.word(),
            generated_at: brief.generated_at.into(),
            numbers_to: parts.day.into(),
            is_complete: parts.completeness.is_complete(),
            completeness: CompletenessView::of(parts.completeness, parts.day),
            figures: parts.figures.into_iter().map(BriefFigureView::from).collect(),
            trends_as_of: parts.trends_as_of.map(Day),
            trends: parts.trends.into_iter().map(TrendView::from).collect(),
            best_hours: parts.hours.into(),
            top_content: parts.top.into_iter().map(ContentRowView::from).collect(),
            formats: FormatBreakdownView::new(week, parts.formats),
            recommendations: brief.recommendations.into_iter().map(RecommendationView::from).collect(),
        }
    }
}
