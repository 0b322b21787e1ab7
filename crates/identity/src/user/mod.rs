//! People.

mod model;
mod ops;
pub(crate) mod store;

pub(crate) use model::{Credentials, Protection};
pub use model::{NewUser, User};
pub use ops::{CreateUserError, PasswordError, SetupError, UserError};
pub(crate) use ops::{TABLE, codes, scope_of};
