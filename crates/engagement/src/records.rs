//! The rows of this context. A field is a column; what a column means stands in the database's comments too.

use rookery_governance::record;
use rookery_governance::table::{SaveError, any_change, no_rule};
use rookery_kernel::{
    AuthorId, ChampionId, CompetitorId, Date, DecisionId, DetectedPostId, EscalationId, ExperimentId, Finding,
    KpiMetricId, MentionId, Platform, ReplyId, Timestamp,
};
use serde::Serializer;
use serde_json::Value;

use crate::Stored;
use crate::brand::BrandSettings;
use crate::kinds::{
    AdvocateStatus, ApprovalStatus, Archetype, ChampionTier, CompetitorCategory, DeleteReason, DeliveryStatus,
    DmResponseStatus, EscalationPriority, EscalationReason, EscalationStatus, KpiType, OperationalMode, PowerTier,
    PricePoint, ReplyType, Sentiment, UserSatisfaction,
};
use crate::validation::{AuthorInput, ReplyInput, validate_author, validate_reply};
use crate::values::{KeywordMatches, PlatformPostId, PostContent, Ratio, Score};

record! {
    /// Somebody whose post we have seen. Seen again, what the network shows is taken; what we remember stays.
    Author in "engagement.authors", key [platform, platform_id],
    hidden [platform_id, handle, display_name, bio, interaction_history], at created_at,
    check Author::faults, change any_change;
    /// Its id.
    id: AuthorId = "uuid" Fixed,
    /// The network.
    platform: Platform = "accounts.platform" Fixed,
    /// The network's stable id of the person.
    platform_id: String = "text" Keep,
    /// Current public handle, without @ or u/.
    handle: String = "text" Take,
    /// Public name.
    display_name: Option<String> = "text" Take,
    /// Followers when last seen.
    follower_count: i32 = "integer" Take,
    /// The network's badge.
    is_verified: bool = "boolean" Take,
    /// Reach far above the ordinary.
    is_power_user: bool = "boolean" Keep,
    /// Size of the reach; none = not a power user.
    power_tier: Option<PowerTier> = "engagement.power_tier" Keep,
    /// What sort of author this is.
    archetype_tags: Vec<String> = "text[]" Keep,
    /// Author relationship score.
    relationship_score: Score = "double precision" Keep,
    /// Ordered events with their effect on the score; a list.
    interaction_history: Value = "jsonb" Keep,
    /// First sighting.
    first_seen_at: Timestamp = "timestamptz" Fixed,
    /// Newest sighting.
    last_seen_at: Timestamp = "timestamptz" Take,
    /// Public description.
    bio: Option<String> = "text" Take,
    /// Since when the account exists at the network.
    account_created_at: Option<Timestamp> = "timestamptz" Keep,
    /// `person` or `organization`.
    account_kind: String = "text" Keep,
    /// Permanent silence.
    do_not_engage: bool = "boolean" Keep,
    /// Why.
    do_not_engage_reason: Option<String> = "text" Keep,
    /// Never send a direct message again.
    dm_opt_out: bool = "boolean" Keep,
    /// An operator's forced answer; none = computed.
    power_override: Option<bool> = "boolean" Keep,
    /// When an erasure request was carried out.
    erased_at: Option<Timestamp> = "timestamptz" Keep,
    /// When the row was made.
    created_at: Timestamp = "timestamptz" Fixed,
    /// When the row last changed.
    updated_at: Timestamp = "timestamptz" Take,
}

impl Author {
    fn faults(&self) -> Vec<Finding> {
        // An erased handle is spelled as no network would.
        if self.erased_at.is_some() {
            return Vec::new();
        }
        let author = AuthorInput {
            platform: self.platform.label().to_owned(),
            platform_id: self.platform_id.clone(),
            handle: self.handle.clone(),
            follower_count: self.follower_count.into(),
            relationship_score: self.relationship_score.get(),
        };
        let mut findings = validate_author(&author).err().unwrap_or_default();
        if !matches!(self.account_kind.as_str(), "person" | "organization") {
            findings.push(Finding::new("account_kind", "unknown", "Account kind must be person or organization"));
        }
        if !self.interaction_history.is_array() {
            findings.push(Finding::new("interaction_history", "not_a_list", "Interaction history must be a list"));
        }
        findings
    }
}

record! {
    /// A post of somebody else that we detected. Detected again, its counts are taken and nothing else.
    DetectedPost in "engagement.posts", key [platform, platform_post_id],
    hidden [platform_post_id, content, url, error_message], at detected_at,
    check DetectedPost::faults, change any_change;
    /// Its id.
    id: DetectedPostId = "uuid" Fixed,
    /// The network.
    platform: Platform = "accounts.platform" Fixed,
    /// Its id there.
    platform_post_id: String = "text" Fixed,
    /// Who wrote it.
    author_id: AuthorId = "uuid" Fixed,
    /// The text, composed.
    content: String = "text" Keep,
    /// When we saw it.
    detected_at: Timestamp = "timestamptz" Fixed,
    /// When it was analysed; none = still waiting.
    processed_at: Option<Timestamp> = "timestamptz" Keep,
    /// What it was found by.
    keyword_matches: Vec<String> = "text[]" Keep,
    /// Categories of the matches.
    keyword_categories: Vec<String> = "text[]" Keep,
    /// Kept for the numbers, never analysed.
    spam_filtered: bool = "boolean" Keep,
    /// Counts at detection.
    raw_metrics: Option<Value> = "jsonb" Take,
    /// Failed analyses.
    error_count: i32 = "integer" Keep,
    /// The last failure.
    error_message: Option<String> = "text" Keep,
    /// When the author published it.
    posted_at: Option<Timestamp> = "timestamptz" Keep,
    /// Subreddit or the like.
    community: Option<String> = "text" Keep,
    /// The network's conversation.
    thread_id: Option<String> = "text" Keep,
    /// Link for the reviewer.
    url: Option<String> = "text" Keep,
    /// When the analysis is tried again.
    next_attempt_at: Option<Timestamp> = "timestamptz" Keep,
    /// When retention removed the text.
    archived_at: Option<Timestamp> = "timestamptz" Keep,
    /// When the row was made.
    created_at: Timestamp = "timestamptz" Fixed,
    /// When the row last changed.
    updated_at: Timestamp = "timestamptz" Take,
}

impl DetectedPost {
    fn faults(&self) -> Vec<Finding> {
        let id = PlatformPostId::new(Some(self.platform), &self.platform_post_id).err();
        let content = match PostContent::new(&self.content) {
            Ok(content) if content.as_str() != self.content => Some(Finding::new(
                "content",
                "not_composed",
                "Post content must be composed (NFKC) before it is stored",
            )),
            checked => checked.err(),
        };
        let keywords = KeywordMatches::new(&self.keyword_matches).err();
        content.into_iter().chain(id).chain(keywords).collect()
    }
}

/// Signals are stored to two decimals.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn rounded<S: Serializer>(score: &Score, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(score.rounded().get())
}

record! {
    /// One analysis of a detected post; the newest is current.
    Decision in "engagement.decisions", key [id], hidden [signals_json], at created_at,
    check Decision::faults, change Decision::only_retention;
    /// Its id.
    id: DecisionId = "uuid" Fixed,
    /// The detected post.
    post_id: DetectedPostId = "uuid" Fixed,
    /// Solution-seeking score.
    #[serde(serialize_with = "rounded")]
    sss_score: Score = "double precision" Fixed,
    /// Author relationship score.
    #[serde(serialize_with = "rounded")]
    ars_score: Score = "double precision" Fixed,
    /// Engagement velocity.
    evs_score: Ratio = "double precision" Fixed,
    /// Topic relevance score.
    #[serde(serialize_with = "rounded")]
    trs_score: Score = "double precision" Fixed,
    /// Weighted sum of the signals.
    composite_score: Score = "double precision" Fixed,
    /// The mode that was used.
    mode: OperationalMode = "engagement.operational_mode" Fixed,
    /// Shape of the reply; none when disengaged.
    archetype: Option<Archetype> = "engagement.archetype" Fixed,
    /// Safety categories; any forces silence.
    safety_flags: Vec<String> = "text[]" Fixed,
    /// The whole explanation.
    signals_json: Value = "jsonb" Keep,
    /// Phase, rules and local time that were in force.
    temporal_context: Option<Value> = "jsonb" Fixed,
    /// The competitor with the highest opportunity.
    competitor_detected: Option<String> = "text" Fixed,
    /// What the author was at that moment.
    is_power_user: bool = "boolean" Fixed,
    /// The experiment that took part.
    experiment_id: Option<ExperimentId> = "uuid" Fixed,
    /// `a` or `b`.
    experiment_variant: Option<String> = "text" Fixed,
    /// The mode was drawn at random.
    is_randomized_experiment: bool = "boolean" Fixed,
    /// The mode before it was drawn.
    predicted_mode: Option<OperationalMode> = "engagement.operational_mode" Fixed,
    /// When retention reduced it.
    archived_at: Option<Timestamp> = "timestamptz" Keep,
    /// When it was made.
    created_at: Timestamp = "timestamptz" Fixed,
}

impl Decision {
    fn faults(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        if !self.safety_flags.is_empty() && self.mode != OperationalMode::Disengaged {
            findings.push(Finding::new("mode", "unsafe", "A decision with a safety flag must be disengaged"));
        }
        if self.archetype.is_some() == (self.mode == OperationalMode::Disengaged) {
            let message = "An archetype stands with every mode but disengaged, and only there";
            findings.push(Finding::new("archetype", "does_not_fit", message));
        }
        if self.predicted_mode.is_some() != self.is_randomized_experiment {
            let message = "The predicted mode stands with randomized decisions, and only there";
            findings.push(Finding::new("predicted_mode", "does_not_fit", message));
        }
        if self.experiment_variant.as_deref().is_some_and(|variant| !matches!(variant, "a" | "b")) {
            findings.push(Finding::new("experiment_variant", "unknown", "The variant must be a or b"));
        }
        findings
    }

    fn only_retention(&self, next: &Self) -> Vec<Finding> {
        let reduced = next.archived_at.is_some();
        if reduced || (self.signals_json == next.signals_json && self.archived_at == next.archived_at) {
            return Vec::new();
        }
        vec![Finding::new("signals_json", "fixed", "A decision does not change; make a new one")]
    }
}

record! {
    /// An answer of ours. [`crate::Engagement::save_replies`] and [`crate::Engagement::update_reply`] write it.
    Reply in "engagement.replies", key [id], hidden [content, reject_notes, publish_error], at created_at,
    check no_rule, change Reply::may_change;
    /// Its id.
    id: ReplyId = "uuid" Fixed,
    /// The decision it follows from.
    decision_id: DecisionId = "uuid" Fixed,
    /// The whole text with the signature.
    content: String = "text" Keep,
    /// Its shape.
    archetype: Archetype = "engagement.archetype" Keep,
    /// The network.
    platform: Platform = "accounts.platform" Fixed,
    /// Its id there, once public.
    platform_post_id: Option<String> = "text" Keep,
    /// The code of its link.
    utm_code: String = "text" Keep,
    /// Social-proof number when drafted.
    help_count: i32 = "integer" Keep,
    /// Whether it may be sent.
    approval_status: ApprovalStatus = "engagement.approval_status" Keep,
    /// A person's id, or `system`.
    approved_by: Option<String> = "text" Keep,
    /// When.
    approved_at: Option<Timestamp> = "timestamptz" Keep,
    /// When it became public.
    posted_at: Option<Timestamp> = "timestamptz" Keep,
    /// What came of it over time.
    metrics_json: Option<Value> = "jsonb" Keep,
    /// When it was gone.
    deleted_at: Option<Timestamp> = "timestamptz" Keep,
    /// Why.
    delete_reason: Option<DeleteReason> = "engagement.delete_reason" Keep,
    /// What it is for.
    reply_type: ReplyType = "engagement.reply_type" Keep,
    /// How far it is on its way.
    delivery_status: DeliveryStatus = "engagement.delivery_status" Keep,
    /// How sure its writer was.
    confidence: Option<Score> = "double precision" Keep,
    /// Names the product.
    has_product_mention: bool = "boolean" Keep,
    /// Holds a link.
    has_link: bool = "boolean" Keep,
    /// Firm on purpose.
    override_tag: bool = "boolean" Keep,
    /// Why a person said no, as a word.
    reject_reason: Option<String> = "text" Keep,
    /// The same in words.
    reject_notes: Option<String> = "text" Keep,
    /// Why it was given up.
    cancel_reason: Option<String> = "text" Keep,
    /// The last failure.
    publish_error: Option<String> = "text" Keep,
    /// Tries to send it.
    publish_attempts: i32 = "integer" Keep,
    /// When it is tried again.
    next_attempt_at: Option<Timestamp> = "timestamptz" Keep,
    /// Guards against a second sending.
    idempotency_key: String = "text" Fixed,
    /// The reply it was made from.
    parent_reply_id: Option<ReplyId> = "uuid" Keep,
    /// Raised by each change.
    version: i32 = "integer" Keep,
    /// When the row was made.
    created_at: Timestamp = "timestamptz" Fixed,
    /// When the row last changed.
    updated_at: Timestamp = "timestamptz" Keep,
}

impl Reply {
    fn may_change(&self, next: &Self) -> Vec<Finding> {
        let mut findings = Vec::new();
        // Only the row that was read last is at the version before.
        if next.version != self.version.saturating_add(1) {
            findings.push(
                Finding::new("version", "stale", "Somebody else changed the reply meanwhile")
                    .suggest("Read it again and repeat the change."),
            );
        }
        let (old, new) = (self.approval_status, next.approval_status);
        if old != new && !old.may_become(new) {
            let message = format!("A reply that is {old} cannot become {new}");
            findings.push(Finding::new("approval_status", "no_such_step", message));
        }
        let (old, new) = (self.delivery_status, next.delivery_status);
        if old != new && !old.may_become(new) {
            let message = format!("A reply that is {old} cannot become {new}");
            findings.push(Finding::new("delivery_status", "no_such_step", message));
        }
        findings
    }

    fn faults(&self, settings: &BrandSettings) -> Vec<Finding> {
        let input = ReplyInput { content: self.content.clone(), utm_code: self.utm_code.clone() };
        let mut findings = validate_reply(settings, &input).err().unwrap_or_default();
        if let Some(id) = &self.platform_post_id {
            findings.extend(PlatformPostId::new(Some(self.platform), id).err());
        }
        let is_approved = matches!(self.approval_status, ApprovalStatus::Approved | ApprovalStatus::AutoApproved);
        if is_approved && (self.approved_by.is_none() || self.approved_at.is_none()) {
            findings.push(Finding::new("approved_by", "empty", "An approved reply names who approved it and when"));
        }
        if self.delivery_status == DeliveryStatus::Posted
            && (self.posted_at.is_none() || self.platform_post_id.is_none())
        {
            let message = "A posted reply has a time and an id at its network";
            findings.push(Finding::new("delivery_status", "does_not_fit", message));
        }
        findings
    }
}

/// What stands against storing these replies.
pub(crate) fn check_replies(settings: &BrandSettings, rows: &[Reply]) -> Result<(), SaveError> {
    let faults = rows.iter().map(|row| row.faults(settings)).enumerate();
    let faults: Vec<_> = faults.filter(|(_, findings)| !findings.is_empty()).collect();
    if faults.is_empty() { Ok(()) } else { Err(SaveError::Invalid(faults)) }
}

record! {
    /// A competitor, known by its name.
    Competitor in "engagement.competitors", key [name], hidden [], at created_at,
    check Competitor::faults, change any_change;
    /// Its id.
    id: CompetitorId = "uuid" Fixed,
    /// Its name.
    name: String = "text" Keep,
    /// What sort.
    category: CompetitorCategory = "engagement.competitor_category" Take,
    /// How it is meant to work: drink, pill, infusion, none.
    primary_mechanism: String = "text" Take,
    /// How dear.
    price_point: PricePoint = "engagement.price_point" Take,
    /// Names and misspellings.
    brand_keywords: Vec<String> = "text[]" Take,
    /// The name is an ordinary word too.
    ambiguous: bool = "boolean" Take,
    /// Still looked for.
    active: bool = "boolean" Take,
    /// When the row was made.
    created_at: Timestamp = "timestamptz" Fixed,
    /// When the row last changed.
    updated_at: Timestamp = "timestamptz" Take,
}

impl Competitor {
    fn faults(&self) -> Vec<Finding> {
        line("name", &self.name).into_iter().chain(line("primary_mechanism", &self.primary_mechanism)).collect()
    }
}

/// What is wrong with one line of 1 to 200 characters.
fn line(field: &'static str, text: &str) -> Option<Finding> {
    let fine = (1..=200).contains(&text.trim().chars().count()) && !text.chars().any(char::is_control);
    (!fine).then(|| Finding::new(field, "invalid_line", "Give one line of 1 to 200 characters"))
}

record! {
    /// A competitor named in a detected post.
    Mention in "engagement.competitive_mentions", key [post_id, competitor_id], hidden [], at created_at,
    check no_rule, change any_change;
    /// Its id.
    id: MentionId = "uuid" Fixed,
    /// The post.
    post_id: DetectedPostId = "uuid" Fixed,
    /// The competitor.
    competitor_id: CompetitorId = "uuid" Fixed,
    /// How the post speaks of it.
    sentiment: Sentiment = "engagement.sentiment" Take,
    /// What the author thinks of it.
    satisfaction: UserSatisfaction = "engagement.user_satisfaction" Take,
    /// How open the post is to us.
    opportunity_score: Score = "double precision" Take,
    /// We answered.
    replied: bool = "boolean" Keep,
    /// When it was seen.
    created_at: Timestamp = "timestamptz" Fixed,
}

record! {
    /// An author who keeps speaking well of us.
    Champion in "engagement.community_champions", key [author_id], hidden [], at created_at,
    check Champion::faults, change any_change;
    /// Its id.
    id: ChampionId = "uuid" Fixed,
    /// The author.
    author_id: AuthorId = "uuid" Fixed,
    /// How often.
    tier: ChampionTier = "engagement.champion_tier" Take,
    /// Positive interactions.
    engagement_count: i32 = "integer" Take,
    /// When a direct message was sent.
    dm_sent_at: Option<Timestamp> = "timestamptz" Keep,
    /// What came of it; none = never sent.
    dm_response: Option<DmResponseStatus> = "engagement.dm_response_status" Keep,
    /// A sample was sent.
    sample_sent: bool = "boolean" Keep,
    /// Bought.
    converted: bool = "boolean" Keep,
    /// Stage of the relation.
    advocate_status: AdvocateStatus = "engagement.advocate_status" Keep,
    /// When the row was made.
    created_at: Timestamp = "timestamptz" Fixed,
    /// When the row last changed.
    updated_at: Timestamp = "timestamptz" Take,
}

impl Champion {
    fn faults(&self) -> Vec<Finding> {
        let finding = || Finding::new("engagement_count", "out_of_range", "Engagement count must be 0 or more");
        (self.engagement_count < 0).then(finding).into_iter().collect()
    }
}

record! {
    /// A figure of one day.
    KpiMetric in "engagement.kpi_metrics", key [date, platform, metric_type, metric_name] may lack platform,
    hidden [], at created_at, check KpiMetric::faults, change any_change;
    /// Its id.
    id: KpiMetricId = "uuid" Fixed,
    /// Day in the organization's zone.
    date: Date = "date" Fixed,
    /// The network; none = all.
    platform: Option<Platform> = "accounts.platform" Fixed,
    /// Family.
    metric_type: KpiType = "engagement.kpi_type" Fixed,
    /// Name.
    metric_name: String = "text" Fixed,
    /// The value, in the unit of its definition.
    value: f64 = "double precision" Take,
    /// On how many items it stands.
    sample_size: Option<i32> = "integer" Take,
    /// When the row was made.
    created_at: Timestamp = "timestamptz" Fixed,
    /// When the row last changed.
    updated_at: Timestamp = "timestamptz" Take,
}

impl KpiMetric {
    fn faults(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> = line("metric_name", &self.metric_name).into_iter().collect();
        if !self.value.is_finite() {
            findings.push(Finding::new("value", "out_of_range", "A figure must be a finite number"));
        }
        if self.sample_size.is_some_and(|size| size < 0) {
            findings.push(Finding::new("sample_size", "out_of_range", "Sample size must be 0 or more"));
        }
        findings
    }
}

record! {
    /// A work item for a person.
    Escalation in "engagement.escalations", key [id], hidden [resolution_notes, details], at created_at,
    check Escalation::faults, change Escalation::may_change;
    /// Its id.
    id: EscalationId = "uuid" Fixed,
    /// The detected post.
    post_id: Option<DetectedPostId> = "uuid" Keep,
    /// The decision.
    decision_id: Option<DecisionId> = "uuid" Keep,
    /// The reply.
    reply_id: Option<ReplyId> = "uuid" Keep,
    /// Why.
    reason: EscalationReason = "engagement.escalation_reason" Fixed,
    /// How urgent.
    priority: EscalationPriority = "engagement.escalation_priority" Keep,
    /// How far.
    status: EscalationStatus = "engagement.escalation_status" Keep,
    /// Id of the person who has it.
    assigned_to: Option<String> = "text" Keep,
    /// Id of the person who ended it.
    resolved_by: Option<String> = "text" Keep,
    /// What was done.
    resolution_notes: Option<String> = "text" Keep,
    /// When.
    resolved_at: Option<Timestamp> = "timestamptz" Keep,
    /// Deadline.
    due_at: Timestamp = "timestamptz" Keep,
    /// What a person needs to decide.
    details: Value = "jsonb" Keep,
    /// Last reminder.
    reminded_at: Option<Timestamp> = "timestamptz" Keep,
    /// When the row was made.
    created_at: Timestamp = "timestamptz" Fixed,
    /// When the row last changed.
    updated_at: Timestamp = "timestamptz" Keep,
}

impl Escalation {
    fn faults(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let has_subject = self.post_id.is_some() || self.decision_id.is_some() || self.reply_id.is_some();
        if !has_subject && self.reason != EscalationReason::ManualFlag {
            findings.push(
                Finding::new("post_id", "empty", "An escalation is about a post, a decision or a reply")
                    .suggest("Name one of them."),
            );
        }
        let is_ended = matches!(self.status, EscalationStatus::Resolved | EscalationStatus::Dismissed);
        if is_ended && self.resolved_at.is_none() {
            findings.push(Finding::new("resolved_at", "empty", "An ended escalation has the time of its end"));
        }
        findings
    }

    fn may_change(&self, next: &Self) -> Vec<Finding> {
        let (old, new) = (self.status, next.status);
        if old == new || old.may_become(new) {
            return Vec::new();
        }
        let message = format!("An escalation that is {old} cannot become {new}");
        vec![Finding::new("status", "no_such_step", message)]
    }
}

impl Stored for Author {}
impl Stored for DetectedPost {}
impl Stored for Decision {}
impl Stored for Competitor {}
impl Stored for Mention {}
impl Stored for Champion {}
impl Stored for KpiMetric {}
impl Stored for Escalation {}
