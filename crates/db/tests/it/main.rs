//! The database floor against a real PostgreSQL.

mod catalog;
mod embedded;
mod errors;
mod founding;
mod generated;
mod logins;
mod migrations;
mod readers;
mod seed;
mod statements;
mod tenancy;
mod transactions;
mod types;
