//! What an import said.

use axum::http::StatusCode;
use rookery_publishing::{FileError, ImportError};

use super::Problem;
use super::analytics::sentence;

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::File(why @ FileError::TooLarge { .. }) => {
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The file is too large", why.to_string())
            }
            ImportError::File(why) => Self::field("file", "file_unreadable", why.to_string()),
            ImportError::NotFound => Self::not_found("import"),
            ImportError::TooManyOpen => Self::conflict("imports_open", sentence(&error.to_string())),
            ImportError::Broken(_) => Self::conflict("import_broken_rows", sentence(&error.to_string())),
            ImportError::NothingReady => Self::conflict("import_nothing_ready", sentence(&error.to_string())),
            ImportError::Changed(_) => Self::conflict("import_changed", sentence(&error.to_string())),
            ImportError::MayNotPlan => Self::forbidden(sentence(&error.to_string())),
            ImportError::Accounts(e) => Self::of_accounts(&e),
            ImportError::House(e) => Self::of_house(&e),
            ImportError::Post(e) => e.into(),
            ImportError::Db(e) => Self::database(&e),
        }
    }
}
