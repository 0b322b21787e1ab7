//! What the company is, what it plans, by which rules it speaks.
//!
//! So far the words and the documents: enums, the six parts of a strategy with their one validation, the profile's
//! completeness, brand rules and series. Operations and their statements come with the work on strategies.

mod brand;
mod document;
mod enums;
mod profile;
mod series;

pub use brand::{BrandRules, QualityRules, Severities};
pub use document::{
    Cadence, CalendarEntry, CalendarSkeleton, CalendarWeek, Channel, Checked, MessagingHierarchy, Pillar, Positioning,
    PostingWindow, Segment, StrategyDocument,
};
pub use enums::{
    ApprovalMode, ChangeOrigin, ChannelTier, DisclaimerWhen, FindingKind, FindingSeverity, GenerationKind,
    GenerationStatus, RecommendationStatus, SegmentPriority, SeriesCadence, SeriesStatus, StartupStage, StrategyStatus,
};
pub use profile::Profile;
pub use series::SeriesPlan;
