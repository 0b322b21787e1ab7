//! What the library of media said.

use axum::http::StatusCode;
use rookery_kernel::text::{capital, sentence};
use rookery_media::{FetchError, Refusal, StorageError};
use rookery_publishing::MediaError;

use super::{FieldError, Problem};

impl From<MediaError> for Problem {
    #[expect(clippy::match_same_arms, reason = "one line per error, in their order")]
    fn from(error: MediaError) -> Self {
        let words = sentence(&error.to_string());
        match &error {
            MediaError::NotFound => Self::not_found("file"),
            MediaError::UploadNotFound => Self::not_found("upload"),
            MediaError::Refused(refusal) => Self::of_refusal(refusal),
            MediaError::WrongOffset { .. } => Self::conflict("wrong_offset", words),
            MediaError::MoreThanAnnounced(_) => Self::conflict("more_than_announced", words),
            MediaError::Complete => Self::conflict("upload_complete", words),
            MediaError::Checksum => Self::field("sha256", "checksum", words),
            MediaError::Text(text) => Self::field("media", "too_long", text.clone()),
            MediaError::NotReady => Self::conflict("media_not_ready", words),
            MediaError::BrokenOff => Self::bad_request(words),
            MediaError::InUse(posts) => {
                let named: Vec<_> = posts.iter().map(|p| format!("“{}”", p.excerpt)).collect();
                let said = capital(error.to_string().trim_end_matches('.'));
                let mut problem = Self::conflict("media_in_use", format!("{said} ({}).", named.join(", ")));
                let one = |p: &rookery_publishing::AssetUse| FieldError {
                    field: format!("posts/{}", p.post_id),
                    code: "planned".into(),
                    message: p.excerpt.clone(),
                    suggestion: None,
                };
                problem.errors = posts.iter().map(one).collect();
                problem
            }
            MediaError::Fetch(FetchError::NotAllowed(_)) => Self::field("url", "address_not_allowed", words),
            MediaError::Fetch(FetchError::NotFetched(_)) => Self::field("url", "not_fetched", words),
            MediaError::Fetch(FetchError::Refused(refusal)) => Self::of_refusal(refusal),
            MediaError::Storage(StorageError::Missing) => Self::not_found("file"),
            MediaError::Storage(e) => {
                tracing::error!(error = e as &dyn std::error::Error, "the storage of media failed");
                let mut problem = Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "storage_unavailable",
                    "The storage of media does not answer",
                    "What had arrived before is kept. Try again in a moment.",
                );
                problem.retry_after = Some(10);
                problem
            }
            MediaError::Db(e) => Self::database(e),
        }
    }
}

impl Problem {
    fn of_refusal(refusal: &Refusal) -> Self {
        let (status, title) = match refusal {
            Refusal::WrongType(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "This kind of file is not taken"),
            Refusal::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "The file is too large"),
            Refusal::Empty | Refusal::TooManyPixels { .. } | Refusal::Damaged(_) => {
                (StatusCode::UNPROCESSABLE_ENTITY, "The file cannot be used")
            }
        };
        Self::new(status, refusal.code(), title, sentence(&refusal.to_string()))
    }
}
