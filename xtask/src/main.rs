//! Chores of the repository: `cargo xtask test`, `cargo xtask sqlx`, `cargo xtask tidy`, `cargo xtask testdb`.

mod cluster;
mod sqlx_files;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};

const USAGE: &str = "usage:
  cargo xtask test [nextest arguments]   start a PostgreSQL for the run, run all tests with nextest, stop it
  cargo xtask sqlx                       check every query against the migrations and write .sqlx anew
  cargo xtask sqlx --check               compare the committed .sqlx with the migrations
  cargo xtask tidy                       arrows between crates, places of SQL, forbidden words, file sizes
  cargo xtask testdb start|url|stop      a PostgreSQL for tests that stays between runs";

const MISSING: &str = "cargo nextest cannot be run; install it with `cargo install cargo-nextest --locked`";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match args.as_slice() {
        ["test", rest @ ..] => runtime.block_on(test(rest)),
        ["sqlx"] => runtime.block_on(sqlx_files::write()).map(|()| ExitCode::SUCCESS),
        ["sqlx", "--check"] => runtime.block_on(sqlx_files::check()).map(|()| ExitCode::SUCCESS),
        ["tidy"] => tidy::check().map(|()| ExitCode::SUCCESS),
        ["testdb", "start" | "url"] => {
            println!("{}", runtime.block_on(cluster::detached())?);
            Ok(ExitCode::SUCCESS)
        }
        ["testdb", "stop"] => runtime.block_on(cluster::stop_detached()).map(|()| ExitCode::SUCCESS),
        _ => {
            eprintln!("{USAGE}");
            Ok(ExitCode::from(2))
        }
    }
}

/// All tests against one server that lives as long as the run.
async fn test(args: &[&str]) -> Result<ExitCode> {
    let args = args.strip_prefix(&["--"]).unwrap_or(args);
    let names_packages = args.iter().any(|arg| arg.starts_with("-p") || arg.starts_with("--package"));
    let nextest = || {
        let mut command = Command::new("cargo");
        command.args(["nextest", "run", "--no-tests=fail"]);
        // Cargo would overhear the packages beside it.
        command.args((!names_packages).then_some("--workspace")).args(args);
        command.env("SQLX_OFFLINE", "true").current_dir(root());
        command
    };
    // Built first: the server does not wait for the compiler.
    let built = nextest().arg("--no-run").status().context(MISSING)?;
    if !built.success() {
        return Ok(ExitCode::FAILURE);
    }
    let cluster = cluster::TestCluster::start().await?;
    let mut command = nextest();
    command.env("ROOKERY_TEST_DATABASE", cluster.url("postgres"));
    // Ctrl-C goes to the tests, and this process stays to stop the server; the handler makes it stay.
    tokio::spawn(async { while tokio::signal::ctrl_c().await.is_ok() {} });
    let status = tokio::task::spawn_blocking(move || command.status()).await?;
    cluster.stop().await;
    let status = status.context(MISSING)?;
    Ok(ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}

/// The repository's root: cargo tells at run time, since a shared target folder may hold another checkout's xtask.
#[expect(clippy::disallowed_methods, reason = "cargo's word to the program it runs")]
fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&manifest).parent().expect("xtask lies in the root").to_owned()
}

/// Whether a file is a Rust source.
fn is_rust(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|extension| extension == "rs")
}

/// What a program prints; an error if it fails.
fn output(program: &str, args: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(args)
        .current_dir(root())
        .output()
        .with_context(|| format!("{program} cannot be run"))?;
    if !output.status.success() {
        bail!("{program} {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}
