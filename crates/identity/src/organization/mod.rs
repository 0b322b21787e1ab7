//! Organizations and who belongs to them.

mod member;
mod model;
mod ops;
pub(crate) mod store;

pub use member::{Member, MemberError};
pub use model::{Belonging, NewOrganization, Organization, Settings};
pub use ops::OrganizationError;
pub(crate) use ops::found;
