//! The closed lists of media, reviews and the calendar, with the labels of the database.

use rookery_kernel::labelled;

labelled! {
    /// Kind of a file.
    MediaType, "publishing.media_type", "kind of media" {
        /// A picture.
        Image = "image",
        /// A film.
        Video = "video",
        /// A moving picture without sound.
        Gif = "gif",
        /// Pages.
        Document = "document",
        /// Sound.
        Audio = "audio",
    }
}

labelled! {
    /// What a file of the library is meant for.
    AssetPurpose, "publishing.asset_purpose", "purpose" {
        /// The sign of the brand.
        Logo = "logo",
        /// The product as it looks.
        Screenshot = "screenshot",
        /// A film.
        Video = "video",
        /// Something to read.
        Document = "document",
        /// Any picture.
        Image = "image",
        /// A face.
        Avatar = "avatar",
        /// A head of a page.
        Banner = "banner",
        /// A story of a customer.
        CaseStudy = "case_study",
    }
}

labelled! {
    /// Whether a file can be used.
    AssetStatus, "publishing.asset_status", "asset status" {
        /// It can.
        Active = "active",
        /// It was taken away.
        Deleted = "deleted",
        /// The right to use it ended.
        Expired = "expired",
    }
}

labelled! {
    /// How far scaling and reading got.
    ProcessingState, "publishing.processing_state", "processing state" {
        /// Not begun.
        Pending = "pending",
        /// Going on.
        Processing = "processing",
        /// Done.
        Completed = "completed",
        /// Not possible.
        Failed = "failed",
    }
}

labelled! {
    /// How far a file on its way is.
    UploadState, "publishing.upload_state", "upload state" {
        /// More is to come.
        Receiving = "receiving",
        /// All has arrived; it is looked at.
        Received = "received",
        /// It is in the library.
        Done = "done",
        /// It was refused.
        Failed = "failed",
    }
}

labelled! {
    /// How far a review is.
    ReviewStatus, "publishing.review_status", "review status" {
        /// Nobody looked yet.
        Pending = "pending",
        /// Somebody looks.
        InReview = "in_review",
        /// The revision may go out.
        Approved = "approved",
        /// It must not.
        Rejected = "rejected",
        /// The author is asked.
        NeedsChanges = "needs_changes",
        /// The author took it back.
        Withdrawn = "withdrawn",
    }
}

impl ReviewStatus {
    /// Whether the state machine has this step; the guard `guard_review_status` holds the same.
    pub const fn may_become(self, next: Self) -> bool {
        match (self, next) {
            (Self::Pending, Self::InReview) | (Self::NeedsChanges, Self::Pending | Self::Withdrawn) => true,
            (Self::Pending | Self::InReview, next) => {
                matches!(next, Self::Approved | Self::Rejected | Self::NeedsChanges | Self::Withdrawn)
            }
            _ => false,
        }
    }
}

labelled! {
    /// What a reviewer does.
    ReviewAction, "publishing.review_action", "review action" {
        /// Yes.
        Approve = "approve",
        /// No.
        Reject = "reject",
        /// Not like this.
        RequestChanges = "request_changes",
        /// A remark.
        Comment = "comment",
    }
}

labelled! {
    /// How urgent.
    PriorityLevel, "publishing.priority_level", "priority" {
        /// When there is time.
        Low = "low",
        /// In its turn.
        Normal = "normal",
        /// Soon.
        High = "high",
        /// First.
        Urgent = "urgent",
    }
}

labelled! {
    /// How a template makes times.
    ScheduleType, "publishing.schedule_type", "kind of schedule" {
        /// Again and again.
        Recurring = "recurring",
        /// Spread over a span.
        Bulk = "bulk",
        /// When it works best.
        OptimalTime = "optimal_time",
        /// By hand.
        Manual = "manual",
    }
}

labelled! {
    /// What stands in the calendar.
    EventType, "publishing.event_type", "kind of event" {
        /// A post is planned.
        PostScheduled = "post_scheduled",
        /// A post went out.
        PostPublished = "post_published",
        /// Something has to be written by then.
        ContentDeadline = "content_deadline",
        /// A campaign begins.
        CampaignStart = "campaign_start",
        /// A campaign ends.
        CampaignEnd = "campaign_end",
        /// A review is due.
        ReviewDue = "review_due",
        /// People meet.
        Meeting = "meeting",
        /// Anything else.
        Custom = "custom",
    }
}

labelled! {
    /// Whether an entry still holds.
    EventStatus, "publishing.event_status", "event status" {
        /// It does.
        Active = "active",
        /// It was called off.
        Cancelled = "cancelled",
        /// It is over.
        Completed = "completed",
        /// It was put off.
        Postponed = "postponed",
    }
}
