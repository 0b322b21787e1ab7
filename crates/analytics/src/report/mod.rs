//! What pages show beside the Overview's figures.

mod model;
mod ops;
mod queries;

pub use model::{AccountSummary, Heatmap, HeatmapCell, PublicationNumbers, Slot, TopContent};
pub use ops::ReadError;
pub(crate) use queries::top;
