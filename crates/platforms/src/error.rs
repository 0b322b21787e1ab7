//! What can go wrong with a call to a network, in words that every network shares.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Serialize, Serializer};

/// What kind of failure it is. Decided from the status and from structured codes, never from
/// digits that happen to stand in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorType {
    /// Network trouble, 5xx, "try again": retry with a growing pause.
    Transient,
    /// A quota is used up: wait until it is given back.
    RateLimit,
    /// The token ended or was withdrawn.
    TokenExpired,
    /// A right or a role is missing.
    Permission,
    /// The thing is gone, or this token cannot see it.
    NotFound,
    /// The network does not know this metric for this object.
    MetricUnsupported,
    /// Our request was wrong; repeating it does not help.
    BadRequest,
    /// The network blocked the account or the text by its policy.
    PolicyBlock,
    /// Anything else.
    Unknown,
}

impl ErrorType {
    /// All types, in the order of the table in the documentation.
    pub const ALL: [Self; 9] = [
        Self::Transient,
        Self::RateLimit,
        Self::TokenExpired,
        Self::Permission,
        Self::NotFound,
        Self::MetricUnsupported,
        Self::BadRequest,
        Self::PolicyBlock,
        Self::Unknown,
    ];

    /// The stored label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::RateLimit => "rate_limit",
            Self::TokenExpired => "token_expired",
            Self::Permission => "permission",
            Self::NotFound => "not_found",
            Self::MetricUnsupported => "metric_unsupported",
            Self::BadRequest => "bad_request",
            Self::PolicyBlock => "policy_block",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the failure says something about the account. What concerns one item (gone, a
    /// metric it lacks) or one request of ours does not.
    pub const fn blames_account(self) -> bool {
        match self {
            Self::Transient
            | Self::RateLimit
            | Self::TokenExpired
            | Self::Permission
            | Self::PolicyBlock
            | Self::Unknown => true,
            Self::NotFound | Self::MetricUnsupported | Self::BadRequest => false,
        }
    }

    /// The type that an HTTP status alone stands for.
    pub const fn of_status(status: u16) -> Self {
        match status {
            401 => Self::TokenExpired,
            403 => Self::Permission,
            404 | 410 => Self::NotFound,
            429 => Self::RateLimit,
            408 | 425 | 500..=599 => Self::Transient,
            400..=499 => Self::BadRequest,
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for ErrorType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

impl Serialize for ErrorType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.label())
    }
}

/// Text that names no error type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown error type {0:?}")]
pub struct UnknownErrorType(pub String);

impl FromStr for ErrorType {
    type Err = UnknownErrorType;
    fn from_str(s: &str) -> Result<Self, UnknownErrorType> {
        Self::ALL.into_iter().find(|t| t.label() == s).ok_or_else(|| UnknownErrorType(s.to_owned()))
    }
}

/// Did the request leave us, and was it certainly not carried out?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// It never left: no connection was made, or it was never written.
    NotSent,
    /// It arrived and was certainly refused.
    Refused,
    /// It was written, and nobody can say from the answer whether it was carried out: time-out,
    /// broken connection, 5xx, an answer that makes no sense. Look before sending again.
    Unknown,
}

impl Delivery {
    /// The stored label.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
        }
    }

    /// What a complete answer with this status says about the request.
    pub const fn of_status(status: u16) -> Self {
        match status {
            // A proxy gave up waiting; the server behind it may have gone on.
            408 => Self::Unknown,
            301 | 302 | 307 | 308 | 400..=499 => Self::Refused,
            _ => Self::Unknown,
        }
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// A call to a network failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CallError {
    /// What kind of failure.
    pub kind: ErrorType,
    /// Whether the request may have been carried out all the same.
    pub delivery: Delivery,
    /// The HTTP status, if there was an answer.
    pub http_status: Option<u16>,
    /// The network's own code.
    pub code: Option<String>,
    /// Its finer code.
    pub subcode: Option<String>,
    /// The network's name for this request, for a support ticket.
    pub trace_id: Option<String>,
    /// What happened, in words, without tokens and without query strings.
    pub message: String,
    /// How long the network asks us to wait.
    pub retry_after: Option<Duration>,
    /// The network refused because an equal post exists already.
    pub duplicate: bool,
    /// The network could not use a medium: wrong codec, unreachable file, failed container.
    pub media: bool,
    /// The network says, or may mean, that less at once would go: a smaller page or batch is worth a try.
    pub too_much: bool,
}

impl CallError {
    /// A failure with nothing but its kind and a message that holds no secret.
    pub fn new(kind: ErrorType, delivery: Delivery, message: impl Into<String>) -> Self {
        Self {
            kind,
            delivery,
            http_status: None,
            code: None,
            subcode: None,
            trace_id: None,
            message: message.into(),
            retry_after: None,
            duplicate: false,
            media: false,
            too_much: false,
        }
    }

    /// The same, and a medium is the reason.
    #[must_use]
    pub fn about_media(self) -> Self {
        Self { media: true, ..self }
    }

    /// The request was wrong before it left us.
    pub(crate) fn not_sent(message: impl Into<String>) -> Self {
        Self::new(ErrorType::BadRequest, Delivery::NotSent, message)
    }

    /// Whether the request may have been carried out although the call failed.
    pub fn is_doubtful(&self) -> bool {
        self.delivery == Delivery::Unknown
    }

    /// Whether every further call for this account would fail alike.
    pub fn ends_the_run(&self) -> bool {
        matches!(self.kind, ErrorType::TokenExpired | ErrorType::RateLimit | ErrorType::PolicyBlock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_back() {
        for kind in ErrorType::ALL {
            assert_eq!(kind.label().parse(), Ok(kind));
        }
        assert!("TRANSIENT".parse::<ErrorType>().is_err());
    }

    #[test]
    fn a_status_alone_is_classified_by_the_common_table() {
        let table = [
            (401, ErrorType::TokenExpired, Delivery::Refused),
            (403, ErrorType::Permission, Delivery::Refused),
            (404, ErrorType::NotFound, Delivery::Refused),
            (408, ErrorType::Transient, Delivery::Unknown),
            (410, ErrorType::NotFound, Delivery::Refused),
            (422, ErrorType::BadRequest, Delivery::Refused),
            (425, ErrorType::Transient, Delivery::Refused),
            (429, ErrorType::RateLimit, Delivery::Refused),
            (500, ErrorType::Transient, Delivery::Unknown),
            (504, ErrorType::Transient, Delivery::Unknown),
            (302, ErrorType::Unknown, Delivery::Refused),
            (200, ErrorType::Unknown, Delivery::Unknown),
        ];
        for (status, kind, delivery) in table {
            assert_eq!((ErrorType::of_status(status), Delivery::of_status(status)), (kind, delivery), "{status}");
        }
    }
}
