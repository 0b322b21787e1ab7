//! What every crate of Rookery speaks: typed ids, instants and dates, the clock and the id
//! generator that are passed in, the scope of a request, pages of a list, the networks, and how words and numbers are written.
//!
//! This crate does no I/O and reads neither the clock nor chance by itself, except inside
//! [`SystemClock`] and [`SystemIds`], which only `main` constructs.

mod finding;
mod id;
mod label;
mod page;
mod platform;
mod scope;
pub mod text;
mod time;
mod zone;

pub use finding::Finding;
pub use id::{
    AccountId, AdjustmentId, AnnotationId, ApiKeyId, AttemptId, AuthorId, ChampionId, CompetitorId, ContentId,
    DecisionId, DetectedPostId, EscalationId, ExperimentId, IdGen, JobId, KpiMetricId, LearningEventId, MediaAssetId,
    MediaUploadId, MembershipId, MentionId, MetricImportId, OrganizationId, PageGroupId, PostId, PostImportId,
    PublicationId, RandomizedExperimentId, RecurringPostId, ReplyId, ReportLinkId, ReportRunId, ReportScheduleId,
    ReviewId, ReviewLinkId, RevisionId, RunId, SeededIds, SegmentWeightId, SessionId, SystemIds, TagChangeId, TagId,
    TagRuleId, TrackedIntegrationId, UserId,
};
pub use label::UnknownLabel;
pub use page::{Cursor, CursorError, Limit, Page};
pub use platform::{Platform, UnknownPlatform};
pub use scope::{Actor, Scope};
pub use time::{Clock, Date, FixedClock, SystemClock, TimeError, Timestamp};
pub use zone::{LocalTimeNote, Zone, ZoneError};
