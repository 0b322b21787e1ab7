//! Measurements of publishing on this machine, against the simulated networks: `rookery bench crash` and
//! `rookery bench publish`. Each runs in a temporary folder with a database of its own and worker processes of this
//! very program; nothing of an installation is touched.

mod clip;
mod clock;
mod crash;
mod media;
mod publish;
mod queries;
mod tally;
mod town;
mod worker;

pub(crate) use crash::{CrashArgs, crash};
pub(crate) use publish::{PublishArgs, publish};
pub(crate) use worker::{WorkerArgs, work};
