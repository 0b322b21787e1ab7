//! Keys for programs.

mod model;
mod ops;
mod store;

pub use model::{ApiKey, KeyScope, NewApiKey, UnknownKeyScope};
pub use ops::{ApiKeyError, KeyAuthError};
