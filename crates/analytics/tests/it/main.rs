//! Collecting and adding up, with a real PostgreSQL and with networks that misbehave on request.

mod alerts;
mod daily;
mod failures;
mod figures;
mod ingest;
mod jobs;
mod labels;
mod net;
mod networks;
mod patterns;
mod performance;
mod rollups;
mod schema;
mod sums;
mod tracking;
mod world;
