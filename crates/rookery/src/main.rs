//! Rookery: a social media operations server in one binary.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    rookery::cli::main(rookery::cli::Cli::parse())
}
