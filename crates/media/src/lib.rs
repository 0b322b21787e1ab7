//! Files of organizations: where their bytes lie, what they are by their content, what is taken out of them,
//! how they are made smaller, how they are fetched from other servers and under which address others fetch them.
//!
//! Invariants
//! - What a file is follows from its bytes, never from its name or from what a sender claims.
//! - A picture that is kept was decoded within limits and written anew: place, camera and owner are gone.
//! - Nothing is ever made larger.
//! - An address that a person gave leads to public servers only; the connection goes to the address that was checked.
//! - A link that others may fetch carries its end and a signature; without the key nobody can make one.
//!
//! This crate knows no database and no HTTP server.

mod fetch;
mod film;
mod gif;
mod kind;
mod links;
mod picture;
mod storage;

pub use fetch::{FetchError, FetchLimits, Fetched, Fetcher};
pub use film::{Film, judge_film};
pub use gif::{CleanGif, clean_gif};
pub use kind::{FileType, Refusal, sniff};
pub use links::{LINK_LIFE, LinkError, LinkTarget, Links};
pub use picture::{
    CleanPicture, PIXELS_MAX, Picture, THUMBNAIL_MAX, Target, clean_picture, fitting_size, gif_thumbnail, scale,
    size_of,
};
pub use storage::{ObjectSource, S3, Storage, StorageError};
