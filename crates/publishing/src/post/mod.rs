//! One of our posts: model, statements, operations.

mod check;
pub(crate) mod compose_queries;
mod composition;
mod held;
mod lists;
mod model;
mod ops;
mod queries;
pub(crate) mod store;

pub(crate) use check::warning as twin_warning;
pub use check::{Checked, LABEL_LENGTH_MAX, LABELS_MAX, OnAccount};
pub use composition::{
    Composition, CompositionChange, FOLLOW_UPS_MAX, FollowUp, FollowUpKind, MediaUse, Variant, part_names,
};
pub(crate) use held::{Held, PUBLICATIONS, entry};
pub use lists::PostOnAccount;
pub(crate) use model::excerpt;
pub use model::{
    ChangeSource, Conflict, ContentType, EditorialState, NewPost, Post, PostChange, PostDetail, PostFilter, PostFormat,
    PostOrigin, PostOutcome, PostStatus, PostSummary, Schedule, roll_up,
};
pub(crate) use ops::MadeFrom;
pub use ops::PostError;
pub(crate) use ops::{audit_post, may_change_under};
