//! Signing in, and staying signed in.

mod guard;
mod model;
mod ops;
mod sign_in;
pub(crate) mod store;

pub(crate) use guard::Guard;
pub(crate) use model::NewSession;
pub use model::{Client, Session, SignIn, SignedIn, TokenStatus};
pub use ops::{SessionError, SwitchError};
pub use sign_in::SignInError;
