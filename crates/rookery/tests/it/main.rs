//! The binary as people and machines meet it: child processes, exit codes, signals, files.

mod archive;
mod client;
mod configuration;
mod demo;
mod imports;
mod process;
mod program;
mod schema;
mod seed;
mod whole_path;
