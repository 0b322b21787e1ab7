//! The closed lists of this context, with the labels of the database.

use rookery_kernel::labelled;

labelled! {
    /// How far the company is.
    StartupStage, "strategy.startup_stage", "stage" {
        /// An idea.
        Idea = "idea",
        /// Before the first round.
        PreSeed = "pre_seed",
        /// The first round.
        Seed = "seed",
        /// The second round.
        SeriesA = "series_a",
        /// The third round.
        SeriesB = "series_b",
        /// Growing.
        Growth = "growth",
    }
}

labelled! {
    /// What became of a strategy.
    StrategyStatus, "strategy.strategy_status", "strategy status" {
        /// Waits for a person.
        Proposed = "proposed",
        /// In force; at most one per organization.
        Active = "active",
        /// Was in force, or was overtaken.
        Archived = "archived",
        /// A person said no.
        Rejected = "rejected",
    }
}

impl StrategyStatus {
    /// Whether the state machine (STR-8) has this step. Going back makes a new version instead.
    pub const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Proposed, Self::Active | Self::Rejected | Self::Archived) | (Self::Active, Self::Archived)
        )
    }
}

labelled! {
    /// Who or what proposed a change.
    ChangeOrigin, "strategy.change_origin", "origin" {
        /// A language model.
        Ai = "ai",
        /// A person.
        User = "user",
        /// The weekly summary.
        Coach = "coach",
    }
}

labelled! {
    /// Who approves a post.
    ApprovalMode, "strategy.approval_mode", "approval mode" {
        /// A clean check does.
        Auto = "auto",
        /// A person does.
        Manual = "manual",
        /// A clean check does, if the conditions hold.
        Conditional = "conditional",
    }
}

labelled! {
    /// Whether a series goes on.
    SeriesStatus, "strategy.series_status", "series status" {
        /// Goes on.
        Active = "active",
        /// All parts are out.
        Completed = "completed",
        /// Rests.
        Paused = "paused",
        /// Given up.
        Cancelled = "cancelled",
    }
}

impl SeriesStatus {
    /// Whether the state machine (STR-14) has this step.
    pub const fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::Active, Self::Paused | Self::Completed) | (Self::Paused, Self::Active) => true,
            (from, Self::Cancelled) => !matches!(from, Self::Cancelled),
            _ => false,
        }
    }
}

labelled! {
    /// How often a part of a series comes.
    SeriesCadence, "strategy.series_cadence", "cadence" {
        /// Every day.
        Daily = "daily",
        /// Every week.
        Weekly = "weekly",
        /// Every second week.
        Biweekly = "biweekly",
        /// Every month.
        Monthly = "monthly",
    }
}

labelled! {
    /// What kind of rule a finding is about.
    FindingKind, "strategy.finding_kind", "kind of finding" {
        /// Words and subjects.
        Content = "content",
        /// Tone and voice.
        Tone = "tone",
        /// Claims, disclosures, risk words.
        Legal = "legal",
        /// Hashtags and the like.
        Social = "social",
        /// Length and readability.
        Quality = "quality",
        /// Personal data.
        Pii = "pii",
    }
}

labelled! {
    /// How bad a finding is.
    FindingSeverity, "strategy.finding_severity", "severity" {
        /// The text does not pass.
        Error = "error",
        /// A person should look.
        Warning = "warning",
        /// Good to know.
        Info = "info",
    }
}

labelled! {
    /// What a language model was asked for.
    GenerationKind, "strategy.generation_kind", "kind of generation" {
        /// A strategy.
        Strategy = "strategy",
        /// A comparison of two strategies.
        StrategyCompare = "strategy_compare",
        /// Pillars.
        Pillars = "pillars",
        /// Better pillars.
        PillarsOptimize = "pillars_optimize",
        /// The audience.
        Audience = "audience",
        /// The voice of the brand.
        BrandVoice = "brand_voice",
        /// Guidelines.
        Guidelines = "guidelines",
        /// The tone of a text.
        Tone = "tone",
        /// Whether a text is safe.
        SafetyCheck = "safety_check",
        /// A post.
        Content = "content",
        /// Variations of a post.
        Variations = "variations",
        /// The weekly report.
        WeeklySummary = "weekly_summary",
        /// Hashtags.
        Hashtags = "hashtags",
    }
}

labelled! {
    /// How a call of a language model ended.
    GenerationStatus, "strategy.generation_status", "generation status" {
        /// Not yet.
        Running = "running",
        /// With a valid answer.
        Succeeded = "succeeded",
        /// Without one.
        Failed = "failed",
        /// Answered without a call.
        Cached = "cached",
    }
}

labelled! {
    /// What became of a recommendation.
    RecommendationStatus, "strategy.recommendation_status", "recommendation status" {
        /// Waits for a person.
        Open = "open",
        /// A person said yes.
        Accepted = "accepted",
        /// A person said no.
        Rejected = "rejected",
        /// In force.
        Applied = "applied",
        /// Overtaken by a newer one.
        Superseded = "superseded",
    }
}

/// When the legal disclaimer has to appear.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisclaimerWhen {
    /// Never.
    #[default]
    Never,
    /// With a claim.
    Claims,
    /// Always.
    Always,
}

/// How much a network matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChannelTier {
    /// Most of the work goes here.
    Primary,
    /// Kept alive.
    Secondary,
    /// Tried out.
    Experimental,
}

/// How much a group of people matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentPriority {
    /// First.
    High,
    /// Second.
    Medium,
    /// Last.
    Low,
}
