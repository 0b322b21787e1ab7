//! The binary's parts: command line, configuration, wiring of the contexts, the demo.
//! The only crate that knows all others.

mod bench;
pub mod cli;
mod commands;
pub mod config;
mod demo;
mod doctor;
mod housekeeping;
mod media;
mod password;
mod progress;
mod serve;
mod stop;
mod store;
mod telemetry;
mod wiring;

pub use store::Store;
pub use wiring::{BadSetup, Core, Parts};
