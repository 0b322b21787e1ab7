//! What pages show beside the Overview's figures.

mod model;
mod ops;
mod queries;

pub use model::{
    AccountSummary, Heatmap, HeatmapCell, PlatformTotals, PublicationNumbers, Slot, TopContent, TrendPoint,
};
pub use ops::ReadError;
pub(crate) use queries::top_by_first;
