//! The words of the API for the states of the contexts. Each is translated by a `match` without `_`, so that a
//! rename inside changes nothing outside and a new state has to be decided.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident = $domain:ty { $($variant:ident),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        #[allow(clippy::enum_variant_names, reason = "the domain's names are taken as they are")]
        pub(crate) enum $name {
            $($variant),+
        }

        impl From<$domain> for $name {
            fn from(value: $domain) -> Self {
                match value {
                    $(<$domain>::$variant => Self::$variant),+
                }
            }
        }

        impl From<$name> for $domain {
            fn from(value: $name) -> Self {
                match value {
                    $($name::$variant => <$domain>::$variant),+
                }
            }
        }
    )+};
}

words! {
    /// Size of a snapshot's bucket.
    SnapshotPeriod = rookery_analytics::Period { Hourly, Daily, Weekly, Monthly }
    /// Kind of an alert.
    AlertSort = rookery_analytics::AlertKind { KpiDrop, ViralSpike }
    /// How bad an alert is.
    AlertWeight = rookery_analytics::Severity { Critical, Warning, Info }
    /// Which way a figure went: down from window to window, or up from day to day.
    AlertWay = rookery_analytics::AlertDirection { Drop, Spike }
    /// A figure that is watched.
    AlertFigure = rookery_analytics::AlertMetric {
        EngagementRate, Reach, Views, Impressions, Reactions, Comments, Shares, Clicks, Saves, Engagement,
    }
    /// Why an alert was closed although its figure did not recover.
    AlertClosing = rookery_analytics::ClosedBecause { NotTracked, Disconnected, GroupGone }
    /// The rule that a recommendation follows from: the topic that rises most, the next good hour, the format ahead, the
    /// best post of the week.
    AdviceKind = rookery_analytics::RecommendationKind { Trend, Timing, Format, Template }
    /// How much a recommendation matters.
    AdvicePriority = rookery_analytics::Priority { High, Medium, Low }
    /// What became of a recommendation.
    AdviceState = rookery_analytics::RecommendationStatus { Open, Accepted, Dismissed, Expired }
    /// Where a topic goes.
    TrendWay = rookery_analytics::TrendDirection { Rising, Stable, Falling }
    /// A network.
    Network = rookery_kernel::Platform {
        Threads, Instagram, Twitter, Facebook, Linkedin, Tiktok, Reddit, Youtube, Mastodon, Bluesky,
    }
    /// Kind of a file.
    FileKind = rookery_publishing::MediaType { Image, Video, Gif, Document, Audio }
    /// How far looking at a file got.
    FileState = rookery_publishing::ProcessingState { Pending, Processing, Completed, Failed }
    /// How far a file on its way is.
    UploadProgress = rookery_publishing::UploadState { Receiving, Received, Done, Failed }
    /// State of an account's connection.
    AccountState = rookery_accounts::AccountStatus { Active, Expired, Revoked, Error, Pending }
    /// Quality of an account's connection, computed from what calls returned.
    AccountQuality = rookery_accounts::AccountHealth { Healthy, Degraded, Unhealthy, Unknown }
    /// Delivery state of a post.
    PostState = rookery_publishing::PostStatus { Draft, Scheduled, Publishing, Published, Failed, Cancelled }
    /// How a post's delivery ended.
    Outcome = rookery_publishing::PostOutcome { None, Complete, Partial, Failed }
    /// How the networks show a post of ours.
    PostShape = rookery_publishing::PostFormat { Post, Thread, Story, Reel, Short, Carousel, Poll }
    /// How a further part hangs on what went before: on the part before it, or on the post.
    PartKind = rookery_publishing::FollowUpKind { Thread, Comment }
    /// State of a post's review.
    ReviewState = rookery_publishing::EditorialState {
        NotRequired, Draft, PendingReview, NeedsChanges, Approved, Rejected, Archived,
    }
    /// How far a review is.
    ReviewProgress = rookery_publishing::ReviewStatus {
        Pending, InReview, Approved, Rejected, NeedsChanges, Withdrawn,
    }
    /// What a reviewer does.
    Verdict = rookery_publishing::ReviewAction { Approve, Reject, RequestChanges, Comment }
    /// How urgent.
    Urgency = rookery_publishing::PriorityLevel { Low, Normal, High, Urgent }
    /// Whether a review link works, and if not, why.
    LinkStanding = rookery_publishing::LinkState { Open, Used, Revoked, Expired, Outdated, Settled }
    /// State of a publication.
    PublicationState = rookery_publishing::PublicationStatus {
        Draft, Scheduled, Publishing, Retrying, Published, Failed, Cancelled,
    }
    /// How far an attempt got.
    Phase = rookery_publishing::AttemptPhase { Claimed, Preparing, Sending, Confirmed, Failed, Unknown }
    /// Class of a problem in publishing.
    ErrorKind = rookery_publishing::ErrorClass {
        Transient, RateLimited, Auth, Media, Policy, Permanent, Expired, Config, UnknownOutcome,
    }
    /// How a line of the story reads.
    Mood = rookery_publishing::Tone { Neutral, Good, Waiting, Bad }
    /// Role in an organization.
    Role = rookery_identity::MemberRole { Owner, Admin, Editor, Reviewer, Viewer }
    /// State of a job.
    JobStanding = rookery_jobs::JobState { Queued, Scheduled, Running, Succeeded, Failed, Cancelled }
    /// How a queue does.
    QueueHealth = rookery_jobs::admin::Health { Ok, Warning, Critical }
    /// Step of collecting.
    Step = rookery_analytics::IngestKind { Content, Metrics, Account, Tagging, Rollup, Snapshots }
    /// Why a step ran.
    Trigger = rookery_analytics::IngestTrigger { Schedule, Backfill, Manual, Retry }
    /// How a step stands.
    StepState = rookery_analytics::IngestStatus { Queued, Running, Success, Partial, Failed, Skipped }
    /// Kind of a failure in collecting.
    FailureKind = rookery_analytics::IngestErrorType {
        Transient, RateLimit, TokenExpired, Permission, NotFound, MetricUnsupported, BadRequest, PolicyBlock, Unknown,
    }
    /// Name of a figure.
    Figure = rookery_analytics::KpiName { Reach, Engagement, EngagementRate, Followers, Posts, Views, Impressions }
    /// How a figure is written; a ratio of 0.05 is 5 %.
    FigureUnit = rookery_analytics::Unit { Count, Ratio }
    /// Name of a figure that can be cut.
    MetricName = rookery_analytics::Measure {
        Reach, Impressions, Views, Engagement, EngagementRate, Reactions, Comments, Shares, Clicks, Saves, Followers, Posts,
    }
    /// What a figure is cut by.
    CutBy = rookery_analytics::Split { None, Account, Network, Format, Group, Tag, Weekday, Hour }
    /// What is counted: what happened in a range, or what was published in it.
    CountMode = rookery_analytics::Mode { Activity, Cohort }
    /// How long a step is.
    StepLength = rookery_analytics::Step { Day, Week, Month, Range }
    /// Who hands a tag out: rules and models, or people.
    TagKind = rookery_analytics::TagType { Auto, Manual }
    /// What an engagement rate was divided by.
    Basis = rookery_analytics::RateBasis { Reach, Views, Impressions, Mixed, None }
    /// Kind of content.
    Format = rookery_analytics::ContentFormat { Post, Reel, Video, Story, Carousel, Text, Link }
    /// Who or what put a tag on content.
    TagOrigin = rookery_analytics::TagSource { Hashtag, Keyword, Rule, User, Model }
    /// How a rule looks at a text.
    RuleKind = rookery_analytics::MatchKind { Keyword, Phrase, Hashtag, Regex }
    /// How a network counts characters.
    Counting = rookery_platforms::text::CountMethod { Codepoints, Utf16, Weighted, Graphemes, EmojiBytes, Bytes }
}

/// What an API key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) enum KeyPower {
    /// Read posts, calendar, accounts.
    #[serde(rename = "posts:read")]
    PostsRead,
    /// Write drafts.
    #[serde(rename = "posts:write")]
    PostsWrite,
    /// Schedule, publish, cancel, retry.
    #[serde(rename = "publishing")]
    Publishing,
    /// Read numbers.
    #[serde(rename = "metrics:read")]
    MetricsRead,
}

impl From<rookery_identity::KeyScope> for KeyPower {
    fn from(scope: rookery_identity::KeyScope) -> Self {
        match scope {
            rookery_identity::KeyScope::PostsRead => Self::PostsRead,
            rookery_identity::KeyScope::PostsWrite => Self::PostsWrite,
            rookery_identity::KeyScope::Publishing => Self::Publishing,
            rookery_identity::KeyScope::MetricsRead => Self::MetricsRead,
        }
    }
}

impl From<KeyPower> for rookery_identity::KeyScope {
    fn from(power: KeyPower) -> Self {
        match power {
            KeyPower::PostsRead => Self::PostsRead,
            KeyPower::PostsWrite => Self::PostsWrite,
            KeyPower::Publishing => Self::Publishing,
            KeyPower::MetricsRead => Self::MetricsRead,
        }
    }
}
