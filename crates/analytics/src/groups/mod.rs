//! Page groups: followed accounts that are looked at together. A niche is a label on the group.

mod model;
mod ops;
mod store;

pub use model::{GROUPS_MAX, GroupDraft, GroupFault, GroupFigures, PageGroup};
pub use ops::GroupError;
