//! Any figure, cut any way, over any range: what the pages Performance and Content ask.
//!
//! Everything here is answered from sums that stand ready: `daily_rollups` for what happened in a range (*activity*),
//! `content_totals` for what was published in it (*cohort*). Only the curve of one content reads single readings.

mod annotations;
mod choice;
mod choice_queries;
mod compare;
mod curve;
mod model;
mod ops;
mod queries;
mod table;

pub use annotations::{ANNOTATION_MAX, Annotation, AnnotationError};
pub use choice::{Choices, MENU_WORDS_MAX, MenuTag};
pub use compare::{BestSlot, BestTime, FormatComparison, FormatRow, ITEMS_MIN};
pub use curve::{AGE_MAX, CURVE_MEASURES, Curve, PEERS_MIN, PeerPoint};
pub use model::{
    BadQuestion, Bucket, Figures, Filter, FormatChoice, Line, Measure, PartKey, Performance, Question, Split, Step,
    Sums,
};
pub(crate) use model::{WEEKDAYS, weekday};
pub use ops::{AskError, ContentDetail, ContentTag, NamedGroup, NamedTag};
pub(crate) use queries::hours_of;
pub use table::{ContentCursor, ContentQuery, ContentSort, ContentTable, RATE_REACH_MIN, TableRow};
