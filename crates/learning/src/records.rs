//! The rows of this context. A field is a column; what a column means stands in the database's comments too.

use rookery_engagement::{OperationalMode, Score};
use rookery_governance::record;
use rookery_governance::table::{any_change, no_rule};
use rookery_kernel::{
    AdjustmentId, DecisionId, ExperimentId, Finding, LearningEventId, RandomizedExperimentId, SegmentWeightId,
    Timestamp,
};
use serde_json::Value;

use crate::Stored;
use crate::kinds::{
    AdjustmentAction, AdjustmentReason, AdjustmentType, ExperimentMetric, ExperimentStatus, SegmentType,
};
use crate::validation::{ExperimentInput, WeightsInput, validate_experiment, validate_weights};

record! {
    /// A comparison of two variants.
    Experiment in "learning.experiments", key [id], hidden [], at created_at,
    check Experiment::faults, change Experiment::may_change;
    /// Its id.
    id: ExperimentId = "uuid" Fixed,
    /// Its name.
    name: String = "text" Keep,
    /// What is asked.
    description: Option<String> = "text" Keep,
    /// What varies.
    dimension: String = "text" Keep,
    /// The first variant.
    variant_a: Value = "jsonb" Keep,
    /// The second variant.
    variant_b: Value = "jsonb" Keep,
    /// What decides.
    metric: ExperimentMetric = "learning.experiment_metric" Keep,
    /// Share of A before there is data.
    traffic_split: f64 = "double precision" Keep,
    /// How far.
    status: ExperimentStatus = "learning.experiment_status" Keep,
    /// Begin.
    start_date: Option<Timestamp> = "timestamptz" Keep,
    /// End.
    end_date: Option<Timestamp> = "timestamptz" Keep,
    /// Arms, intervals, recommendation.
    results_json: Option<Value> = "jsonb" Keep,
    /// `a` or `b`.
    winner: Option<String> = "text" Keep,
    /// Who let it start.
    approved_by: Option<String> = "text" Keep,
    /// When the row was made.
    created_at: Timestamp = "timestamptz" Fixed,
    /// When the row last changed.
    updated_at: Timestamp = "timestamptz" Keep,
}

impl Experiment {
    fn faults(&self) -> Vec<Finding> {
        let input = ExperimentInput {
            name: self.name.clone(),
            dimension: self.dimension.clone(),
            variant_a: self.variant_a.clone(),
            variant_b: self.variant_b.clone(),
            traffic_split: self.traffic_split,
            start_date: self.start_date,
            end_date: self.end_date,
        };
        let mut findings = validate_experiment(&input).err().unwrap_or_default();
        let is_started = matches!(self.status, ExperimentStatus::Running | ExperimentStatus::Completed);
        if is_started && (self.approved_by.is_none() || self.start_date.is_none()) {
            let message = "A running experiment names who let it start, and when";
            findings.push(Finding::new("approved_by", "empty", message));
        }
        if self.winner.as_deref().is_some_and(|winner| !matches!(winner, "a" | "b")) {
            findings.push(Finding::new("winner", "unknown", "The winner must be a or b"));
        }
        findings
    }

    fn may_change(&self, next: &Self) -> Vec<Finding> {
        let (old, new) = (self.status, next.status);
        if old == new || old.may_become(new) {
            return Vec::new();
        }
        let message = format!("An experiment that is {old} cannot become {new}");
        vec![Finding::new("status", "no_such_step", message)]
    }
}

record! {
    /// The weights in force for one segment. [`crate::Learning::save_weights`] writes them.
    SegmentWeight in "learning.segmented_weights", key [segment_type, segment_key], hidden [], at created_at,
    check SegmentWeight::faults, change any_change;
    /// Its id.
    id: SegmentWeightId = "uuid" Fixed,
    /// Kind of segment.
    segment_type: SegmentType = "learning.segment_type" Fixed,
    /// Which one, for example `global` or `twitter_morning`.
    segment_key: String = "text" Fixed,
    /// Weight of the solution-seeking score.
    sss_weight: f64 = "double precision" Take,
    /// Weight of the author relationship score.
    ars_weight: f64 = "double precision" Take,
    /// Weight of the velocity.
    evs_weight: f64 = "double precision" Take,
    /// Weight of the topic relevance.
    trs_weight: f64 = "double precision" Take,
    /// Weight of solution seeking × relationship.
    sss_ars_weight: f64 = "double precision" Take,
    /// Weight of velocity × relevance.
    evs_trs_weight: f64 = "double precision" Take,
    /// On how many outcomes they stand.
    sample_size: i32 = "integer" Take,
    /// Mean outcome under them.
    performance: Option<f64> = "double precision" Take,
    /// An operator holds them.
    locked: bool = "boolean" Take,
    /// When the row was made.
    created_at: Timestamp = "timestamptz" Fixed,
    /// When the row last changed.
    updated_at: Timestamp = "timestamptz" Take,
}

impl SegmentWeight {
    fn faults(&self) -> Vec<Finding> {
        let weights = WeightsInput {
            sss: self.sss_weight,
            ars: self.ars_weight,
            evs: self.evs_weight,
            trs: self.trs_weight,
            sss_ars: self.sss_ars_weight,
            evs_trs: self.evs_trs_weight,
        };
        let mut findings = validate_weights(&weights).err().unwrap_or_default();
        if self.sample_size < 0 {
            findings.push(Finding::new("sample_size", "out_of_range", "Sample size must be 0 or more"));
        }
        findings
    }
}

record! {
    /// What one run of the weight optimization did.
    Adjustment in "learning.weight_adjustment_logs", key [id], hidden [], at date,
    check no_rule, change any_change;
    /// Its id.
    id: AdjustmentId = "uuid" Fixed,
    /// When it ran.
    date: Timestamp = "timestamptz" Fixed,
    /// Whether it changed weights.
    action: AdjustmentAction = "learning.adjustment_action" Fixed,
    /// Why.
    reason: Option<AdjustmentReason> = "learning.adjustment_reason" Fixed,
    /// Kind of segment.
    segment_type: Option<SegmentType> = "learning.segment_type" Fixed,
    /// Which one.
    segment_key: Option<String> = "text" Fixed,
    /// Segments with enough data.
    valid_segments: Option<i32> = "integer" Fixed,
    /// All segments.
    total_segments: Option<i32> = "integer" Fixed,
    /// Outcomes per signal.
    sample_sizes: Option<Value> = "jsonb" Fixed,
    /// Before.
    old_weights: Option<Value> = "jsonb" Fixed,
    /// After.
    new_weights: Option<Value> = "jsonb" Fixed,
    /// Expected gain of the mean outcome.
    predicted_improvement: Option<f64> = "double precision" Fixed,
    /// Learning rate, p, effect size, interval.
    details_json: Option<Value> = "jsonb" Keep,
    /// When the row was made.
    created_at: Timestamp = "timestamptz" Fixed,
}

record! {
    /// A prediction of an adjustment, and what came of it.
    LearningEvent in "learning.learning_events", key [id], hidden [], at date,
    check no_rule, change any_change;
    /// Its id.
    id: LearningEventId = "uuid" Fixed,
    /// When it was made.
    date: Timestamp = "timestamptz" Fixed,
    /// What was adjusted.
    adjustment_type: AdjustmentType = "learning.adjustment_type" Fixed,
    /// The adjustment.
    adjustment: Value = "jsonb" Fixed,
    /// Expected gain.
    predicted_improvement: f64 = "double precision" Fixed,
    /// Mean outcome before.
    baseline_performance: f64 = "double precision" Fixed,
    /// Measured gain.
    actual_improvement: Option<f64> = "double precision" Keep,
    /// How close the two were.
    accuracy: Option<Score> = "double precision" Keep,
    /// When it was measured.
    evaluated_at: Option<Timestamp> = "timestamptz" Keep,
    /// When the row was made.
    created_at: Timestamp = "timestamptz" Fixed,
}

record! {
    /// A decision whose mode was drawn at random; known by the decision.
    RandomizedExperiment in "learning.randomized_experiments", key [decision_id], hidden [], at created_at,
    check no_rule, change any_change;
    /// Its id.
    id: RandomizedExperimentId = "uuid" Fixed,
    /// The decision.
    decision_id: DecisionId = "uuid" Fixed,
    /// The mode before it was drawn.
    predicted_mode: OperationalMode = "engagement.operational_mode" Fixed,
    /// The mode that was drawn.
    actual_mode: OperationalMode = "engagement.operational_mode" Fixed,
    /// Expected outcome.
    predicted_outcome: Score = "double precision" Fixed,
    /// Measured after seven days.
    actual_outcome: Option<Score> = "double precision" Keep,
    /// When it was drawn.
    created_at: Timestamp = "timestamptz" Fixed,
}

impl Stored for Experiment {}
impl Stored for Adjustment {}
impl Stored for LearningEvent {}
impl Stored for RandomizedExperiment {}
