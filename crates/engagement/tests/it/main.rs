//! The engagement context against a database, and its rules against any text.

mod rules;
mod seed;
mod stores;
