//! What posts and publications said.

use axum::http::StatusCode;
use rookery_identity::OrganizationError;
use rookery_publishing::{
    CalendarFeedError, Event, Finding, HouseError, NotAllowed, PostError, RecurringError, Severity, SlotsError,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{FieldError, Problem};

/// One thing found in a post before it is queued.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FindingView {
    /// A stable word for programs, such as `text_too_long`.
    pub code: &'static str,
    /// `error` stands against queueing; `warning` and `info` do not.
    pub severity: &'static str,
    /// The field: `content`, `accountIds`, `scheduledAt`, `media`, `link`, `followUps` or `expiresAt`.
    pub field: &'static str,
    /// The account it concerns.
    pub integration_id: Option<Uuid>,
    /// Another post that it concerns.
    pub post_id: Option<Uuid>,
    /// In words.
    pub message: String,
    /// What to do.
    pub suggestion: Option<String>,
    /// What is allowed.
    pub limit: Option<usize>,
    /// What was given.
    pub actual: Option<usize>,
}

/// A post that somebody else changed meanwhile: both texts.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConflictView {
    /// The revision that is stored; a change that expects it is taken.
    pub revision: i32,
    /// When it was stored (RFC 3339).
    pub updated_at: String,
    /// The stored text.
    pub theirs: String,
    /// The text that was not stored.
    pub ours: String,
}

impl From<&Finding> for FindingView {
    fn from(finding: &Finding) -> Self {
        Self {
            code: finding.code.label(),
            severity: match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "info",
            },
            field: finding.field,
            integration_id: finding.account_id.map(rookery_kernel::AccountId::uuid),
            post_id: finding.post_id.map(rookery_kernel::PostId::uuid),
            message: finding.message.clone(),
            suggestion: finding.suggestion.clone(),
            limit: finding.limit,
            actual: finding.actual,
        }
    }
}

impl From<SlotsError> for Problem {
    fn from(error: SlotsError) -> Self {
        match &error {
            SlotsError::AccountNotFound(_) => Self::not_found("account"),
            SlotsError::TooMany => Self::field("slots", "too_many", sentence(&error)),
            SlotsError::Db(error) => Self::database(error),
        }
    }
}

impl From<RecurringError> for Problem {
    fn from(error: RecurringError) -> Self {
        match error {
            RecurringError::NotFound(_) => Self::not_found("recurring post"),
            RecurringError::Rule(error) => Self::field(error.field, "rule", error.message),
            RecurringError::NoAccounts => Self::field("postId", "accounts_missing", sentence(&error)),
            RecurringError::Stopped => Self::conflict("stopped", sentence(&error)),
            RecurringError::TooMany => Self::conflict("too_many", sentence(&error)),
            RecurringError::Post(error) => error.into(),
            RecurringError::Db(error) => Self::database(&error),
        }
    }
}

impl From<CalendarFeedError> for Problem {
    fn from(error: CalendarFeedError) -> Self {
        match &error {
            CalendarFeedError::NoPerson => Self::forbidden(sentence(&error)),
            CalendarFeedError::Unknown => Self::not_found("calendar feed"),
            CalendarFeedError::Db(error) => Self::database(error),
        }
    }
}

impl From<PostError> for Problem {
    fn from(error: PostError) -> Self {
        match &error {
            PostError::NotFound(_) => Self::not_found("post"),
            PostError::PublicationNotFound(_) => Self::not_found("publication"),
            PostError::Invalid(findings) => {
                let fault = |f: &Finding| FieldError {
                    field: f.field.into(),
                    code: f.code.label().into(),
                    message: f.message.clone(),
                    suggestion: f.suggestion.clone(),
                };
                let mut problem = Self::invalid(findings.iter().filter(|f| f.is_error()).map(fault).collect());
                problem.findings = findings.iter().map(FindingView::from).collect();
                problem
            }
            PostError::NotAllowed(e) => Self::conflict("state", not_allowed(*e)),
            PostError::Locked => Self::conflict("post_locked", sentence(&error)),
            PostError::Conflict(conflict) => {
                let mut problem = Self::conflict("changed_meanwhile", sentence(&error));
                problem.conflict = Some(ConflictView {
                    revision: conflict.revision,
                    updated_at: conflict.updated_at.to_string(),
                    theirs: conflict.theirs.clone(),
                    ours: conflict.ours.clone(),
                });
                problem
            }
            PostError::TooLate => Self::conflict("too_late", sentence(&error)),
            PostError::NotDeletable => Self::conflict("not_deletable", sentence(&error)),
            PostError::AddressTaken => Self::conflict("address_taken", sentence(&error)),
            PostError::AddressUnreadable => Self::field("url", "address_unreadable", sentence(&error)),
            PostError::AddressElsewhere(_) => Self::field("url", "address_elsewhere", sentence(&error)),
            PostError::NotOnAccount(_) => Self::field("url", "not_on_account", sentence(&error)),
            PostError::NetworkSilent { .. } => Self::conflict("network_silent", sentence(&error)),
            // The warning is a whole sentence, or two.
            PostError::SecondPost(warning) => Self::conflict("second_post", warning.clone()),
            PostError::IsTemplate => Self::conflict("is_template", sentence(&error)),
            PostError::QueuePaused(_) => Self::conflict("queue_paused", sentence(&error)),
            PostError::QueueFull(_) => Self::conflict("queue_full", sentence(&error)),
            PostError::House(e) => Self::of_house(e),
            PostError::Accounts(e) => Self::of_accounts(e),
            PostError::Db(e) => Self::database(e),
        }
    }
}

impl Problem {
    /// The organization could not be read; the cause tells whether the database answered.
    pub(super) fn of_house(error: &HouseError) -> Self {
        let cause = std::error::Error::source(error).and_then(|e| e.downcast_ref::<OrganizationError>());
        match cause {
            Some(OrganizationError::Db(e)) => Self::database(e),
            Some(_) => Self::not_found("organization"),
            None => Self::internal(error),
        }
    }

    /// The rule books or accounts could not be read; nothing a client could correct.
    pub(super) fn of_accounts(error: &rookery_accounts::AccountsError) -> Self {
        match error {
            rookery_accounts::AccountsError::Db(e) => Self::database(e),
            other => Self::new(StatusCode::CONFLICT, "account", "The account cannot be used", format!("{other}.")),
        }
    }
}

/// The error's words, as a sentence.
fn sentence(error: &impl std::error::Error) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

fn not_allowed(error: NotAllowed) -> String {
    let wanted = match error.event {
        Event::Schedule | Event::PublishNow => "be scheduled",
        Event::Reschedule => "be moved",
        Event::Cancel => "be called off",
        Event::RetryByPerson => "be tried again",
        Event::MarkOnline => "be marked as online",
        Event::Postpone
        | Event::AccountUnusable
        | Event::Unconfigured
        | Event::Claim
        | Event::Confirm
        | Event::FailRetryable
        | Event::FailForGood
        | Event::Release
        | Event::ReleaseAfterFailure
        | Event::OutcomeUnknown
        | Event::Found
        | Event::Absent
        | Event::ReconcileImpossible
        | Event::Expire
        | Event::FoundDeleted => "be changed so",
    };
    format!("It is {} and cannot {wanted}.", error.status.label())
}
