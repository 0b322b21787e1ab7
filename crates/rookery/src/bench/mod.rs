//! Measurements on this machine, each in a temporary folder with a database of its own; nothing of an installation is
//! touched. `rookery bench crash` and `rookery bench publish` publish to the simulated networks with worker processes of
//! this very program, `rookery bench ingest` stores numbers, `rookery bench dashboard` reads
//! figures.

mod clip;
mod clock;
mod cpu;
mod crash;
mod dashboard;
mod dashboard_queries;
mod ingest;
mod ingest_queries;
mod media;
mod publish;
mod queries;
mod tally;
mod town;
mod worker;

pub(crate) use crash::{CrashArgs, crash};
pub(crate) use dashboard::{DashboardArgs, dashboard};
pub(crate) use ingest::{IngestArgs, ingest};
pub(crate) use publish::{PublishArgs, publish};
pub(crate) use worker::{WorkerArgs, work};
