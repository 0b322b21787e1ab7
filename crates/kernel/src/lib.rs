//! What every crate of Rookery speaks: typed ids, instants and dates, the clock and the id
//! generator that are passed in, the scope of a request, pages of a list, and the networks.
//!
//! This crate does no I/O and reads neither the clock nor chance by itself, except inside
//! [`SystemClock`] and [`SystemIds`], which only `main` constructs.

mod id;
mod page;
mod platform;
mod scope;
mod time;
mod zone;

pub use id::{
    AccountId, ApiKeyId, AttemptId, ContentId, IdGen, JobId, MembershipId, OrganizationId, PostId, PublicationId,
    RevisionId, RunId, SeededIds, SessionId, SystemIds, TrackedIntegrationId, UserId,
};
pub use page::{Cursor, CursorError, Limit, Page};
pub use platform::{Platform, UnknownPlatform};
pub use scope::{Actor, Scope};
pub use time::{Clock, Date, FixedClock, SystemClock, TimeError, Timestamp};
pub use zone::{LocalTimeNote, Zone, ZoneError};
