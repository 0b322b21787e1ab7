//! Runs a private PostgreSQL in a folder until it is told to stop: `private-postgres <folder>`.
//! For a look at an instance that is down, and for the tests of what happens when its keeper is killed.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use rookery_db::embedded::{Embedded, EmbeddedConfig};
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: private-postgres <data directory>");
        return ExitCode::from(2);
    };
    let embedded = match Embedded::start(EmbeddedConfig::new(folder)).await {
        Ok(embedded) => embedded,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let mut out = std::io::stdout();
    // Whoever started us may not listen.
    writeln!(out, "ready {} {}", embedded.pid().unwrap_or_default(), embedded.socket_dir().display()).ok();
    out.flush().ok();
    let mut terminated = signal(SignalKind::terminate()).expect("signals can be listened to");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated.recv() => {}
    }
    embedded.stop().await;
    ExitCode::SUCCESS
}
