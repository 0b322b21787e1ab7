//! A tracked account and the state of collecting from it. Pure.

use rookery_kernel::{AccountId, Date, OrganizationId, Timestamp, TrackedIntegrationId, Zone};
use rookery_platforms::ErrorType;
use serde::{Deserialize, Serialize};

use crate::run::IngestErrorType;

/// Most accounts that one organization may track at a time.
pub const TRACKED_MAX: usize = 20;

/// How collecting from an account goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "analytics.tracking_health", rename_all = "snake_case")]
pub enum TrackingHealth {
    /// The last run brought everything.
    Ok,
    /// The last run gave up, or left something out.
    Degraded,
    /// The network asks us to wait.
    RateLimited,
    /// The account must be connected again.
    NeedsReauth,
    /// A right is missing.
    NoPermission,
    /// Not collected from.
    Disabled,
}

impl TrackingHealth {
    /// The stored label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Degraded => "degraded",
            Self::RateLimited => "rate_limited",
            Self::NeedsReauth => "needs_reauth",
            Self::NoPermission => "no_permission",
            Self::Disabled => "disabled",
        }
    }

    /// What a failure that ended a run for good makes of it.
    pub(crate) const fn after(error: ErrorType) -> Self {
        match error {
            ErrorType::RateLimit => Self::RateLimited,
            ErrorType::TokenExpired => Self::NeedsReauth,
            ErrorType::Permission => Self::NoPermission,
            ErrorType::Transient
            | ErrorType::NotFound
            | ErrorType::MetricUnsupported
            | ErrorType::BadRequest
            | ErrorType::PolicyBlock
            | ErrorType::Unknown => Self::Degraded,
        }
    }
}

/// An account that is, or was, analysed.
#[derive(Debug, Clone, PartialEq)]
pub struct Tracked {
    /// Its id.
    pub id: TrackedIntegrationId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// The account.
    pub integration_id: AccountId,
    /// Whether it is collected from.
    pub enabled: bool,
    /// The first day it was.
    pub tracking_since: Date,
    /// The zone whose days end the network's days; `None` is UTC.
    pub metrics_timezone: Option<String>,
    /// Last complete listing.
    pub last_content_at: Option<Timestamp>,
    /// Last complete reading of numbers.
    pub last_metrics_at: Option<Timestamp>,
    /// How it goes.
    pub health: TrackingHealth,
    /// The last failure's type; `None` after a success.
    pub last_error_type: Option<IngestErrorType>,
    /// The network's own code for it.
    pub last_error_code: Option<String>,
    /// What happened, in words, without secrets.
    pub last_error_message: Option<String>,
    /// Nothing is asked of the network before this time.
    pub next_attempt_at: Option<Timestamp>,
}

impl Tracked {
    /// Stands where an account is not tracked: our publications on it are read all the same.
    pub(crate) fn never(organization_id: OrganizationId, integration_id: AccountId, today: Date) -> Self {
        Self {
            id: TrackedIntegrationId::from_uuid(uuid::Uuid::nil()),
            organization_id,
            integration_id,
            enabled: false,
            tracking_since: today,
            metrics_timezone: None,
            last_content_at: None,
            last_metrics_at: None,
            health: TrackingHealth::Disabled,
            last_error_type: None,
            last_error_code: None,
            last_error_message: None,
            next_attempt_at: None,
        }
    }

    /// The zone in which a lifetime total's day ends.
    pub(crate) fn zone(&self) -> Zone {
        self.metrics_timezone.as_deref().and_then(|name| name.parse().ok()).unwrap_or_else(Zone::utc)
    }

    /// The zone in which the network cuts its own daily numbers: the connector's, unless somebody named another.
    pub(crate) fn network_zone(&self, of_network: &str) -> Zone {
        self.metrics_timezone.as_deref().unwrap_or(of_network).parse().unwrap_or_else(|_| Zone::utc())
    }
}
