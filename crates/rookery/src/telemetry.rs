//! Logging and metrics of the process.

use std::fs::File;
use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Mutex;

use anyhow::Context as _;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::Log;

/// Starts logging, to standard error or to a file.
pub(crate) fn init(log: &Log, file: Option<&Path>) -> anyhow::Result<()> {
    let filter: EnvFilter = log.filter.parse().context("log.filter")?;
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(file.is_none() && std::io::stderr().is_terminal());
    let result = match file {
        Some(path) => {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
            }
            let file = File::options().create(true).append(true).open(path);
            let file = Mutex::new(file.with_context(|| format!("cannot write to {}", path.display()))?);
            if log.json { builder.json().with_writer(file).try_init() } else { builder.with_writer(file).try_init() }
        }
        None if log.json => builder.json().with_writer(std::io::stderr).try_init(),
        None => builder.with_writer(std::io::stderr).try_init(),
    };
    result.map_err(|e| anyhow::anyhow!("logging cannot start: {e}"))
}

/// Starts collecting metrics; the handle renders them.
pub(crate) fn metrics() -> anyhow::Result<PrometheusHandle> {
    PrometheusBuilder::new()
        .set_buckets(&[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0])
        .context("the buckets of the histograms")?
        .install_recorder()
        .context("metrics cannot start")
}
