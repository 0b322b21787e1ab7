//! The closed lists of words. Labels are those of the database; upper-case spelling is read as well.

use rookery_kernel::labelled;

labelled! {
    /// How far an experiment is.
    ExperimentStatus, "learning.experiment_status", "experiment status" {
        /// Being written.
        Draft = "draft",
        /// Takes part in decisions.
        Running = "running",
        /// Halted.
        Paused = "paused",
        /// Ended with a result.
        Completed = "completed",
        /// Given up.
        Cancelled = "cancelled",
    }
}

impl ExperimentStatus {
    /// Whether it may change so; staying is no change.
    pub const fn may_become(self, next: Self) -> bool {
        use ExperimentStatus::{Cancelled, Completed, Draft, Paused, Running};
        match self {
            Draft => matches!(next, Running | Cancelled),
            Running => matches!(next, Paused | Completed | Cancelled),
            Paused => matches!(next, Running | Completed | Cancelled),
            Completed | Cancelled => false,
        }
    }
}

labelled! {
    /// What decides an experiment.
    ExperimentMetric, "learning.experiment_metric", "metric" {
        /// Clicks.
        Ctr = "ctr",
        /// Orders.
        Conversion = "conversion",
        /// How people take it.
        Sentiment = "sentiment",
        /// Thanks, likes and follows.
        Love = "love",
    }
}

labelled! {
    /// Whether a run of the optimization changed weights.
    AdjustmentAction, "learning.adjustment_action", "action" {
        /// It did.
        Adjusted = "adjusted",
        /// It did not.
        Skipped = "skipped",
    }
}

labelled! {
    /// Why.
    AdjustmentReason, "learning.adjustment_reason", "reason of an adjustment" {
        /// It promised to be better.
        Successful = "successful",
        /// Too little data.
        InsufficientSampleSize = "insufficient_sample_size",
        /// Nothing better was found.
        NoImprovement = "no_improvement",
        /// Better, but hardly.
        NegligibleEffect = "negligible_effect",
        /// An operator holds the weights.
        Locked = "locked",
        /// They had moved too far already.
        DriftHold = "drift_hold",
        /// Computed only.
        Shadow = "shadow",
        /// The result broke a rule.
        ValidationFailed = "validation_failed",
    }
}

labelled! {
    /// What was adjusted.
    AdjustmentType, "learning.adjustment_type", "kind of adjustment" {
        /// Weights of the signals.
        Weight = "weight",
        /// How often an archetype is chosen.
        Archetype = "archetype",
        /// Keywords.
        Keyword = "keyword",
    }
}

labelled! {
    /// Kind of segment.
    SegmentType, "learning.segment_type", "kind of segment" {
        /// Everything.
        Global = "global",
        /// One network.
        Platform = "platform",
        /// One part of the day.
        TimeOfDay = "time_of_day",
        /// Working days or the weekend.
        DayOfWeek = "day_of_week",
        /// Network and part of the day.
        Combined = "combined",
    }
}

/// What an experiment may vary. Nothing else may be tried on people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExperimentDimension {
    /// How a reply begins.
    Opener,
    /// How long it explains.
    ExplainerLength,
    /// How firmly it asks for something.
    CtaAssertiveness,
    /// Whether we or the competitor are named first.
    PositioningOrder,
    /// Which shapes take turns.
    ArchetypeRotation,
    /// How it speaks of competitors.
    CompetitiveTone,
}

impl ExperimentDimension {
    /// All.
    pub const ALL: [Self; 6] = [
        Self::Opener,
        Self::ExplainerLength,
        Self::CtaAssertiveness,
        Self::PositioningOrder,
        Self::ArchetypeRotation,
        Self::CompetitiveTone,
    ];

    /// The stored word.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Opener => "opener",
            Self::ExplainerLength => "explainer_length",
            Self::CtaAssertiveness => "cta_assertiveness",
            Self::PositioningOrder => "positioning_order",
            Self::ArchetypeRotation => "archetype_rotation",
            Self::CompetitiveTone => "competitive_tone",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_any_case_and_ended_experiments_stay_ended() {
        assert_eq!("TIME_OF_DAY".parse(), Ok(SegmentType::TimeOfDay));
        assert_eq!("RUNNING".parse(), Ok(ExperimentStatus::Running));
        assert!(ExperimentStatus::Paused.may_become(ExperimentStatus::Running));
        for next in ExperimentStatus::ALL {
            assert!(!ExperimentStatus::Completed.may_become(*next));
        }
    }
}
