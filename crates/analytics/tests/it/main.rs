//! Collecting and adding up, with a real PostgreSQL and with networks that misbehave on request.

mod alerts;
mod bad_input;
mod briefs;
mod bulk_tags;
mod daily;
mod exports;
mod failures;
mod figures;
mod groups;
mod imports;
mod ingest;
mod jobs;
mod labels;
mod net;
mod networks;
mod patterns;
mod performance;
mod reports;
mod rollups;
mod schema;
mod sums;
mod tags;
mod tracking;
mod trends;
mod world;
