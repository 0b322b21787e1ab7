//! The publishing context against a real PostgreSQL, with networks in memory and simulated ones.

mod crash;
mod delivery;
mod doubt;
mod labels;
mod net;
mod networks;
mod patterns;
mod people;
mod rules;
mod seed;
mod walk;
mod world;
