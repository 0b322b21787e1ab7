//! The publishing context against a real PostgreSQL, with networks in memory and simulated ones.

mod approvals;
mod bad_luck;
mod calendar;
mod compose;
mod containers;
mod crash;
mod delivery;
mod doubt;
mod follow_ups;
mod holds;
mod imports;
mod labels;
mod net;
mod networks;
mod patterns;
mod people;
mod recurring;
mod repair;
mod rules;
mod seed;
mod slots;
mod walk;
mod world;
