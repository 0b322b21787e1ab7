//! What collecting and reading numbers said.

use axum::http::StatusCode;
use rookery_analytics::{
    AlertError, AnnotationError, AskError, BadRange, BriefError, FileError, IngestError, MetricImportError, ReadError,
    RecommendationError, RequestError, TrackError,
};

use super::Problem;

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match &error {
            ReadError::Db(e) => Self::database(e),
        }
    }
}

impl From<BadRange> for Problem {
    fn from(error: BadRange) -> Self {
        match error {
            BadRange::Empty(..) => Self::field("to", "range_empty", format!("{error}.")),
            BadRange::TooLong(_) => Self::field("from", "range_too_long", format!("{error}.")),
        }
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        match &error {
            AskError::NotFound(what) => Self::not_found(what),
            AskError::Bad(question) => Self::bad_request(sentence(&question.to_string())),
            AskError::Db(e) => Self::database(e),
        }
    }
}

/// With a capital letter and a full stop.
pub(super) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), chars.as_str()))
}

impl From<AnnotationError> for Problem {
    fn from(error: AnnotationError) -> Self {
        match &error {
            AnnotationError::Empty => Self::field("text", "empty", sentence(&error.to_string())),
            AnnotationError::TooLong(_) => Self::field("text", "too_long", sentence(&error.to_string())),
            AnnotationError::NotFound(_) => Self::not_found("note"),
            AnnotationError::Db(e) => Self::database(e),
        }
    }
}

impl From<AlertError> for Problem {
    fn from(error: AlertError) -> Self {
        match &error {
            AlertError::NotFound(what) => Self::not_found(what),
            AlertError::Bad(_) => Self::field("rules", "impossible", sentence(&error.to_string())),
            AlertError::Db(e) => Self::database(e),
        }
    }
}

impl From<BriefError> for Problem {
    fn from(error: BriefError) -> Self {
        match error {
            BriefError::Future(_) => Self::bad_request(sentence(&error.to_string())),
            BriefError::Ask(e) => e.into(),
            BriefError::Db(e) => Self::database(&e),
        }
    }
}

impl From<RecommendationError> for Problem {
    fn from(error: RecommendationError) -> Self {
        use RecommendationError as E;
        match &error {
            E::NotFound => Self::not_found("recommendation"),
            E::Accepted => Self::conflict("recommendation_accepted", sentence(&error.to_string())),
            E::Dismissed => Self::conflict("recommendation_dismissed", sentence(&error.to_string())),
            E::Expired => Self::conflict("recommendation_expired", sentence(&error.to_string())),
            E::ReasonTooLong(_) => Self::field("reason", "too_long", sentence(&error.to_string())),
            E::Db(e) => Self::database(e),
        }
    }
}

impl From<TrackError> for Problem {
    fn from(error: TrackError) -> Self {
        match &error {
            TrackError::NotFound(_) => Self::not_found("account"),
            TrackError::TooMany { .. } => Self::conflict("too_many_tracked", format!("{error}.")),
            TrackError::Db(e) => Self::database(e),
        }
    }
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        match &error {
            RequestError::NoSuchRun(_) => Self::not_found("run"),
            // Whether the account exists elsewhere is nobody's business here.
            RequestError::NotTracked(_) => Self::not_found("tracked account"),
            RequestError::FutureDate(_) => Self::field("date", "future", format!("{error}.")),
            RequestError::BadRange(..) => Self::field("to", "range", format!("{error}.")),
            RequestError::Db(e) => Self::database(e),
        }
    }
}

impl From<IngestError> for Problem {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::NotTracked(_) => Self::not_found("tracked account"),
            IngestError::FutureDate(_) => Self::field("date", "future", format!("{error}.")),
            IngestError::EmptyRange { .. } => Self::field("to", "range_empty", format!("{error}.")),
            IngestError::NoConnector(_) => Self::field("platform", "platform_not_available", format!("{error}.")),
            IngestError::Account(e) => e.into(),
            IngestError::Stopped => Self::conflict("stopping", "The server is stopping; try again in a moment."),
            IngestError::Db(e) => Self::database(&e),
        }
    }
}

impl From<MetricImportError> for Problem {
    fn from(error: MetricImportError) -> Self {
        use MetricImportError as E;
        match &error {
            E::File(why @ FileError::TooLarge { .. }) => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The file is too large", why.to_string())
            }
            E::File(why) => Self::field("file", "file_unreadable", why.to_string()),
            E::Mapping(why) => Self::field("mapping", "mapping_impossible", sentence(&why.to_string())),
            E::NotFound => Self::not_found("import"),
            E::TooManyOpen => Self::conflict("imports_open", sentence(&error.to_string())),
            E::NotNow(_) => Self::conflict("import_busy", sentence(&error.to_string())),
            E::Decided => Self::conflict("import_decided", sentence(&error.to_string())),
            E::NoAccount | E::WrongAccount => {
                Self::field("integrationId", "account_wrong", sentence(&error.to_string()))
            }
            E::Broken(_) => Self::conflict("import_broken_rows", sentence(&error.to_string())),
            E::NothingReady => Self::conflict("import_nothing_ready", sentence(&error.to_string())),
            E::Accounts(e) => Self::of_accounts(e),
            E::Db(e) => Self::database(e),
        }
    }
}
