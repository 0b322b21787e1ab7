//! Plans and what was used: the closed lists of schema `billing`. Counting comes with the work on plans.

use rookery_kernel::labelled;

labelled! {
    /// Whether a subscription holds.
    SubscriptionStatus, "billing.subscription_status", "subscription status" {
        /// It does.
        Active = "active",
        /// It was ended.
        Cancelled = "cancelled",
        /// A payment is late.
        PastDue = "past_due",
        /// It is tried out.
        Trialing = "trialing",
        /// The first payment is missing.
        Incomplete = "incomplete",
        /// Payments failed for good.
        Unpaid = "unpaid",
    }
}

impl SubscriptionStatus {
    /// Whether it gives what was booked; an owner has at most one such subscription.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Active | Self::Trialing | Self::PastDue)
    }
}

labelled! {
    /// What is counted.
    UsageMetric, "billing.usage_metric", "metric" {
        /// Posts written by a model.
        PostsGenerated = "posts_generated",
        /// Posts published.
        PostsPublished = "posts_published",
        /// Strategies generated.
        StrategiesGenerated = "strategies_generated",
        /// Calls of the API.
        ApiCalls = "api_calls",
        /// Organizations created.
        OrganizationsCreated = "organizations_created",
        /// Requests for figures.
        AnalyticsRequests = "analytics_requests",
    }
}

labelled! {
    /// What the payment provider told.
    BillingEventType, "billing.event_type", "kind of event" {
        /// A subscription began.
        SubscriptionCreated = "subscription_created",
        /// A subscription changed.
        SubscriptionUpdated = "subscription_updated",
        /// A subscription was ended.
        SubscriptionCancelled = "subscription_cancelled",
        /// A payment came.
        PaymentSucceeded = "payment_succeeded",
        /// A payment did not come.
        PaymentFailed = "payment_failed",
        /// An invoice was made.
        InvoiceCreated = "invoice_created",
        /// An invoice was paid.
        InvoicePaid = "invoice_paid",
        /// An invoice was not paid.
        InvoiceFailed = "invoice_failed",
        /// A trial began.
        TrialStarted = "trial_started",
        /// A trial ended.
        TrialEnded = "trial_ended",
        /// Another plan was booked.
        PlanChanged = "plan_changed",
        /// A means of payment was added.
        PaymentMethodAttached = "payment_method_attached",
        /// A means of payment was taken away.
        PaymentMethodDetached = "payment_method_detached",
    }
}
