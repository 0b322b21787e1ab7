//! The connected account: model, statements, operations.

mod model;
mod ops;
mod renew;
pub(crate) mod store;

pub use model::{Account, AccountHealth, AccountStatus, Call, CallEffect, NewAccount, Tokens};
pub use ops::{AccessError, AccountsError};
pub use store::EXPORTS;
