//! An answer, read whole, and what can be said about it before the network's own table.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use rookery_kernel::Timestamp;
use serde_json::Value;

use super::Redactor;
use crate::error::{CallError, Delivery, ErrorType};

/// The status of what is too large.
const PAYLOAD_TOO_LARGE: u16 = 413;

/// A complete answer of any status.
pub(crate) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// Method and address without query.
    pub place: String,
    pub redactor: Redactor,
    pub received_at: Timestamp,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON, if it is.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// A page for people, from a proxy or an error handler: it says nothing by the API's table.
    pub fn is_html(&self) -> bool {
        let declared = self.headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        declared.starts_with("text/html") || self.body.trim_ascii_start().starts_with(b"<")
    }

    /// The error of an answer that carries no structured code.
    pub fn unstructured(&self) -> CallError {
        let kind = match (self.is_html(), self.status) {
            (true, 500..=599) => ErrorType::Transient,
            (true, _) | (false, 300..=399) => ErrorType::Unknown,
            (false, status) => ErrorType::of_status(status),
        };
        let message = match (self.status, self.headers.get(LOCATION).and_then(|v| v.to_str().ok())) {
            (300..=399, Some(to)) => {
                let to = to.split(['?', '#']).next().unwrap_or_default();
                format!("{} is elsewhere: use the address {to}", self.place)
            }
            (200..=299, _) => {
                format!("{} answered {} with a body that is not what its API says", self.place, self.status)
            }
            _ => format!("{} answered {}", self.place, self.status),
        };
        self.error(kind, Delivery::of_status(self.status), &message)
    }

    /// An error about this answer; the message is cleaned.
    pub fn error(&self, kind: ErrorType, delivery: Delivery, message: &str) -> CallError {
        let mut error = CallError::new(kind, delivery, self.redactor.clean(message));
        error.http_status = Some(self.status);
        error.too_much = self.status == PAYLOAD_TOO_LARGE;
        error.retry_after = self.retry_after();
        error
    }

    /// `Retry-After`, in seconds or as a date.
    pub fn retry_after(&self) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        Some(Timestamp::from_jiff(at).since(self.received_at))
    }
}
