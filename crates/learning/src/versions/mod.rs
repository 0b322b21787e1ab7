//! Every version of the weights.

pub(crate) mod store;
