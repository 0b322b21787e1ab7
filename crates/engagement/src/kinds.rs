//! The closed lists of words. Labels are those of the database; the founding document's upper-case spelling is
//! read as well. Values are only ever appended.

use rookery_kernel::labelled;

labelled! {
    /// What kind of answer.
    OperationalMode, "engagement.operational_mode", "mode" {
        /// Help, the product allowed.
        Helpful = "helpful",
        /// Worth or wit, never the product.
        Engagement = "engagement",
        /// A soft mention allowed.
        Hybrid = "hybrid",
        /// No answer.
        Disengaged = "disengaged",
    }
}

labelled! {
    /// The shape of a reply.
    Archetype, "engagement.archetype", "archetype" {
        /// Two to four numbered steps.
        Checklist = "checklist",
        /// One misconception, corrected kindly.
        Mythbust = "mythbust",
        /// Advice in time boxes.
        Coach = "coach",
        /// A short scene and a tip.
        Storylet = "storylet",
        /// Kind wit.
        HumorLight = "humor_light",
        /// A simple mechanism, nothing over-claimed.
        CredibilityAnchor = "credibility_anchor",
        /// A recommendation with its reason.
        ConfidentRecommender = "confident_recommender",
        /// Cause and remedy in two sentences.
        ProblemSolutionDirect = "problem_solution_direct",
    }
}

labelled! {
    /// Size of an author's reach.
    PowerTier, "engagement.power_tier", "power tier" {
        /// 5,000 to 49,999 followers.
        Micro = "micro",
        /// 50,000 to 499,999.
        Macro = "macro",
        /// 500,000 and more.
        Mega = "mega",
    }
}

labelled! {
    /// Whether a reply may be sent.
    ApprovalStatus, "engagement.approval_status", "approval status" {
        /// Waits for a person.
        Pending = "pending",
        /// A person said yes.
        Approved = "approved",
        /// A person said no.
        Rejected = "rejected",
        /// The rules said yes.
        AutoApproved = "auto_approved",
    }
}

impl ApprovalStatus {
    /// Whether it may change so; staying is no change.
    pub const fn may_become(self, next: Self) -> bool {
        use ApprovalStatus::{Approved, AutoApproved, Pending, Rejected};
        matches!((self, next), (Pending, Approved | Rejected | AutoApproved) | (Approved | AutoApproved, Rejected))
    }
}

labelled! {
    /// What a reply is for.
    ReplyType, "engagement.reply_type", "reply type" {
        /// An answer.
        Standard = "standard",
        /// Names what sets us apart from a competitor.
        CompetitivePositioning = "competitive_positioning",
        /// Corrects a misconception, firmly if need be.
        MythCorrection = "myth_correction",
        /// Gives without asking for anything.
        KarmaBuilding = "karma_building",
    }
}

labelled! {
    /// How far a reply is on its way.
    DeliveryStatus, "engagement.delivery_status", "delivery status" {
        /// Not approved yet.
        NotReady = "not_ready",
        /// Waits for its moment.
        Queued = "queued",
        /// Failed, and is tried again.
        Retry = "retry",
        /// Public.
        Posted = "posted",
        /// Was public.
        Deleted = "deleted",
        /// Given up by us.
        Cancelled = "cancelled",
        /// Refused for good.
        Blocked = "blocked",
    }
}

impl DeliveryStatus {
    /// Whether it may change so; staying is no change.
    pub const fn may_become(self, next: Self) -> bool {
        use DeliveryStatus::{Blocked, Cancelled, Deleted, NotReady, Posted, Queued, Retry};
        match self {
            NotReady => matches!(next, Queued | Cancelled),
            Queued => matches!(next, Posted | Retry | Cancelled | Blocked),
            Retry => matches!(next, Queued | Posted | Cancelled | Blocked),
            Posted => matches!(next, Deleted),
            Deleted | Cancelled | Blocked => false,
        }
    }
}

labelled! {
    /// Why a public reply is gone.
    DeleteReason, "engagement.delete_reason", "reason of a deletion" {
        /// We took it back after a backlash.
        SelfCorrection = "self_correction",
        /// A person of ours.
        Operator = "operator",
        /// A moderator.
        ModeratorRemoved = "moderator_removed",
        /// The network.
        PlatformRemoved = "platform_removed",
        /// The author asked for it.
        AuthorRequest = "author_request",
    }
}

labelled! {
    /// What sort of competitor. Organizations give each a name of their own on pages.
    CompetitorCategory, "engagement.competitor_category", "competitor category" {
        /// Drinks.
        Rehydration = "rehydration",
        /// Pills.
        HangoverPills = "hangover_pills",
        /// Infusions.
        IvTherapy = "iv_therapy",
        /// What people have at home.
        HomeRemedy = "home_remedy",
    }
}

labelled! {
    /// How dear a competitor is.
    PricePoint, "engagement.price_point", "price point" {
        /// Cheap.
        Low = "low",
        /// In between.
        Mid = "mid",
        /// Dear.
        High = "high",
    }
}

labelled! {
    /// How a post speaks of something.
    Sentiment, "engagement.sentiment", "sentiment" {
        /// Well.
        Positive = "positive",
        /// Neither.
        Neutral = "neutral",
        /// Ill.
        Negative = "negative",
    }
}

labelled! {
    /// What an author thinks of a competitor.
    UserSatisfaction, "engagement.user_satisfaction", "satisfaction" {
        /// Content.
        Satisfied = "satisfied",
        /// Not content.
        Unsatisfied = "unsatisfied",
        /// Asks.
        Questioning = "questioning",
    }
}

labelled! {
    /// How often a champion spoke well of us.
    ChampionTier, "engagement.champion_tier", "champion tier" {
        /// 3 to 5 positive interactions.
        Bronze = "bronze",
        /// 6 to 10.
        Silver = "silver",
        /// 11 and more, or a power user with 3.
        Gold = "gold",
    }
}

labelled! {
    /// What came of a direct message.
    DmResponseStatus, "engagement.dm_response_status", "answer to a direct message" {
        /// Nothing yet.
        NoResponse = "no_response",
        /// Yes.
        Accepted = "accepted",
        /// No.
        Declined = "declined",
    }
}

labelled! {
    /// Stage of the relation with a champion.
    AdvocateStatus, "engagement.advocate_status", "advocate status" {
        /// Could become one.
        Potential = "potential",
        /// We wrote.
        Contacted = "contacted",
        /// They answered.
        Engaged = "engaged",
        /// They speak for us.
        Advocate = "advocate",
        /// They are known for it.
        Vip = "vip",
    }
}

labelled! {
    /// Family of a figure.
    KpiType, "engagement.kpi_type", "kind of figure" {
        /// Clicks, orders, revenue.
        Commercial = "commercial",
        /// How people take it.
        Love = "love",
        /// What must not happen.
        Safety = "safety",
    }
}

labelled! {
    /// Why a person must look.
    EscalationReason, "engagement.escalation_reason", "escalation reason" {
        /// Somebody may be in trouble.
        SafetyAmbiguity = "safety_ambiguity",
        /// It spreads.
        ViralThread = "viral_thread",
        /// A moderator spoke.
        ModeratorWarning = "moderator_warning",
        /// People turn against a reply.
        BacklashSpike = "backlash_spike",
        /// The machine is not sure.
        LowConfidence = "low_confidence",
        /// A person asked for it.
        ManualFlag = "manual_flag",
    }
}

labelled! {
    /// How urgent.
    EscalationPriority, "engagement.escalation_priority", "escalation priority" {
        /// At once.
        Critical = "critical",
        /// Today.
        High = "high",
        /// Soon.
        Medium = "medium",
        /// Some day.
        Low = "low",
    }
}

labelled! {
    /// How far a person is with it.
    EscalationStatus, "engagement.escalation_status", "escalation status" {
        /// Nobody has it.
        Pending = "pending",
        /// Somebody has it.
        InReview = "in_review",
        /// Done.
        Resolved = "resolved",
        /// Nothing to do.
        Dismissed = "dismissed",
    }
}

impl EscalationStatus {
    /// Whether it may change so; staying is no change.
    pub const fn may_become(self, next: Self) -> bool {
        use EscalationStatus::{Dismissed, InReview, Pending, Resolved};
        matches!((self, next), (Pending, InReview | Resolved | Dismissed) | (InReview, Pending | Resolved | Dismissed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_the_founding_spelling_are_read() {
        assert_eq!("HUMOR_LIGHT".parse(), Ok(Archetype::HumorLight));
        assert_eq!("problem_solution_direct".parse(), Ok(Archetype::ProblemSolutionDirect));
        assert_eq!(serde_json::from_str::<OperationalMode>("\"HELPFUL\"").ok(), Some(OperationalMode::Helpful));
        assert_eq!(serde_json::to_string(&AdvocateStatus::Vip).expect("plain"), "\"vip\"");
        let error = "BLUE".parse::<ChampionTier>().expect_err("no tier");
        assert_eq!(error.to_string(), "\"BLUE\" is no champion tier; known are bronze, silver, gold");
    }

    #[test]
    fn ended_states_stay_ended() {
        for next in DeliveryStatus::ALL {
            assert!(!DeliveryStatus::Blocked.may_become(*next));
        }
        assert!(ApprovalStatus::Approved.may_become(ApprovalStatus::Rejected));
        assert!(!ApprovalStatus::Rejected.may_become(ApprovalStatus::Approved));
        assert!(EscalationStatus::InReview.may_become(EscalationStatus::Pending));
        assert!(!EscalationStatus::Resolved.may_become(EscalationStatus::Pending));
    }
}
