//! A worker process of a measurement: this program, told by its arguments where to work. It ends when it is killed or
//! when its input closes, so that none outlives the measurement.

use std::process::{ExitCode, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use rookery_jobs::{Registry, Worker, WorkerConfig};
use rookery_kernel::Timestamp;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::clock::FastClock;
use super::media::BenchFiles;
use crate::config::Config;
use crate::store::Store;
use crate::wiring::{Core, Parts};

/// What a worker of a measurement is told.
#[derive(Debug, Clone, Args)]
pub struct WorkerArgs {
    /// When the measurement's clock began.
    #[arg(long)]
    epoch: Timestamp,
    /// How fast it runs.
    #[arg(long)]
    speed: u32,
    /// Where the media are served.
    #[arg(long)]
    media: Url,
}

/// How often an idle worker looks for work.
const POLL: Duration = Duration::from_millis(100);

/// A worker that lives so long has begun to work.
const AT_WORK: Duration = Duration::from_secs(4);

/// Works until it is killed or its input ends.
pub(crate) async fn work(config: &Config, args: WorkerArgs) -> anyhow::Result<ExitCode> {
    let clock = FastClock { epoch: args.epoch, speed: args.speed };
    let store = Store::open(config).await?;
    let core = Core::start(config, &store, Parts::on(Arc::new(clock))).await?;
    let publishing = core.publishing.clone().with_files(Arc::new(BenchFiles::at(args.media)?));
    let registry = publishing.register_jobs(Registry::new());
    let options = WorkerConfig { name: format!("bench-{}", std::process::id()), poll: POLL, ..WorkerConfig::default() };
    let stop = CancellationToken::new();
    let worker = tokio::spawn(Worker::new(core.db.clone(), core.jobs.clone(), registry, options).run(stop.clone()));
    let mut rest = Vec::new();
    tokio::io::stdin().read_to_end(&mut rest).await?;
    stop.cancel();
    worker.await.context("the worker ended badly")?;
    core.close().await;
    Ok(ExitCode::SUCCESS)
}

/// How worker processes are started.
#[derive(Debug, Clone)]
pub(super) struct Crew {
    pub database: String,
    pub data_dir: std::path::PathBuf,
    pub key_file: std::path::PathBuf,
    pub clock: FastClock,
    pub media: Url,
    pub apps: Vec<(String, String)>,
}

impl Crew {
    /// So many worker processes that work.
    ///
    /// # Errors
    /// If one of them ends at once: it has said why.
    pub async fn start_all(&self, count: usize) -> anyhow::Result<Vec<Child>> {
        let mut workers = Vec::with_capacity(count);
        for _ in 0..count {
            workers.push(self.start()?);
        }
        tokio::time::sleep(AT_WORK).await;
        for worker in &mut workers {
            if let Some(status) = worker.try_wait()? {
                anyhow::bail!("a worker process ended at once ({status})");
            }
        }
        Ok(workers)
    }

    /// One more worker process.
    pub fn start(&self) -> anyhow::Result<Child> {
        let program = std::env::current_exe().context("this program does not know where it is")?;
        let mut command = Command::new(program);
        command
            .args(["bench", "worker"])
            .args(["--epoch", &self.clock.epoch.to_string(), "--speed", &self.clock.speed.to_string()])
            .args(["--media", self.media.as_str()])
            .env("ROOKERY_DATABASE_URL", &self.database)
            .env("ROOKERY_DATA_DIR", &self.data_dir)
            .env("ROOKERY_SECURITY_KEY_FILE", &self.key_file)
            .env("ROOKERY_NETWORKS_ALLOW_PRIVATE", "true")
            .env("ROOKERY_ARCHIVE_NIGHTLY", "false")
            .env("ROOKERY_DATABASE_CONNECTIONS", "1")
            .env("ROOKERY_DATABASE_WORKER_CONNECTIONS", "2")
            .env("ROOKERY_DATABASE_PUBLISHING_CONNECTIONS", "5")
            .env("ROOKERY_LOG_FILTER", "error")
            .envs(self.apps.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .kill_on_drop(true);
        command.spawn().context("a worker process cannot be started")
    }
}
