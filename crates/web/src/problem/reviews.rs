//! What reviews said.

use rookery_kernel::text::sentence;
use rookery_publishing::{HouseError, ReviewError};

use super::Problem;

impl From<ReviewError> for Problem {
    fn from(error: ReviewError) -> Self {
        let words = sentence(&error.to_string());
        match &error {
            ReviewError::NotFound(_) => Self::not_found("post"),
            ReviewError::LinkNotFound => Self::not_found("review link"),
            ReviewError::NotAllowed(_) => Self::conflict("review_state", words),
            ReviewError::TooLate => Self::conflict("too_late", words),
            ReviewError::Outdated(_) => Self::conflict("review_outdated", words),
            ReviewError::LinkClosed(_) => Self::conflict("review_link_closed", words),
            ReviewError::CommentMissing => Self::field("comment", "comment_missing", words),
            ReviewError::NoReviewer => Self::field("assignedTo", "no_reviewer", words),
            ReviewError::NameMissing => Self::field("name", "name_missing", words),
            ReviewError::LinkDays => Self::field("days", "link_days", words),
            ReviewError::House(e) => Self::of_house(e),
            ReviewError::Db(e) => Self::database(e),
        }
    }
}

impl From<HouseError> for Problem {
    fn from(error: HouseError) -> Self {
        Self::of_house(&error)
    }
}
