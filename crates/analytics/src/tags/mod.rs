//! Tags of content: those of people (campaigns, series) and automatic ones by hashtags, rules and words.
//!
//! - Only people hand out manual tags; only tagging hands out automatic ones. A deleted tag keeps its links.
//! - What an item's automatic tags are follows from its text, its hashtags, its language and the organization's wishes
//!   alone ([`tagger`]); tagging writes the difference to what stands there, and nothing if there is none.
//! - Whoever changes wishes asks for all content to be tagged anew in the same transaction ([`retag`]).

mod apply;
mod bulk;
mod bulk_store;
mod dry_run;
mod model;
mod ops;
mod retag;
mod rule;
mod rule_store;
mod rules;
mod store;
mod tagger;
mod tagging_store;
mod text;

pub use bulk::{TAG_CHANGE_ITEMS_MAX, TagChange, Tagged};
pub use dry_run::{DryRun, DryRunReport, Example};
pub use model::{ContentSelection, StopWord, Tag, TagDraft, TagFault, TagFilter, TagLink, TagOrder};
pub use ops::TagError;
pub use retag::{RetagContent, Retagging};
pub use rule::{PRIORITY_MAX, PRIORITY_USUAL, RuleDraft, RuleFault, TagRule};
pub use tagger::TAGS_MAX;
