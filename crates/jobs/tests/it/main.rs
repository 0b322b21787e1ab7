//! The queue against a real PostgreSQL.

mod admin;
mod claim;
mod enqueue;
mod poison;
mod progress;
mod retry;
mod stop;
mod support;
mod survive;
mod timetable;
