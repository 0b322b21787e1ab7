//! The size of the server process at rest, and the time from start to ready.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::{Instant, sleep, timeout};

use super::Finding;
use crate::config::Config;
use crate::store;

/// What the process should stay under, in megabytes.
const GOAL_MB: f64 = 60.0;
/// From start to ready, with existing data.
const READY_GOAL: Duration = Duration::from_secs(3);
/// Longest wait for a server to be ready, and to end.
const PATIENCE: Duration = Duration::from_secs(80);
/// At rest: its size stayed the same over this many looks.
const STILL: usize = 5;
const LOOK: Duration = Duration::from_millis(200);
const LOOKS_MAX: usize = 50;

/// Measures the running server of this data folder, else one that is started for it.
pub(super) async fn measure(config: &Config) -> Vec<Finding> {
    if !Path::new("/proc/self/status").exists() {
        return vec![Finding::warning(
            "server process",
            "this system has no /proc to read its size from",
            "use your system's monitor",
        )];
    }
    if let Some(pid) = store::holder(&config.data_dir) {
        return vec![match resident(pid) {
            Some(megabytes) => size(megabytes, &format!("process {pid}, as it is now")),
            None => Finding::warning(
                "server process",
                format!("process {pid} cannot be looked at"),
                "run this as the same user",
            ),
        }];
    }
    match start_and_measure(config).await {
        Ok(findings) => findings,
        Err(error) => {
            vec![Finding::bad("server process", format!("{error:#}"), "run `rookery serve` and read what it says")]
        }
    }
}

fn size(megabytes: f64, which: &str) -> Finding {
    let detail = format!("{megabytes:.0} MB resident (goal < {GOAL_MB:.0} MB; {which})");
    let finding = if megabytes < GOAL_MB {
        Finding::ok("server process", detail)
    } else {
        Finding::warning(
            "server process",
            detail,
            "a release build is smaller; fewer connections (database.*) help too",
        )
    };
    finding.value(megabytes)
}

async fn start_and_measure(config: &Config) -> anyhow::Result<Vec<Finding>> {
    // Twice: the first start may have to make what later starts find.
    let mut server = Server::start(config).await?;
    server.stop().await?;
    let mut server = Server::start(config).await?;
    let took = server.ready_after;
    let resident = server.size_at_rest().await;
    server.stop().await?;
    let detail = format!("{:.2} s (goal < {} s)", took.as_secs_f64(), READY_GOAL.as_secs());
    let ready = if took < READY_GOAL {
        Finding::ok("start to ready", detail)
    } else {
        Finding::warning("start to ready", detail, "look at the disk and at what else this machine does")
    };
    let pid_gone = "the server ended while it was measured";
    Ok(vec![ready.value(took.as_secs_f64()), size(resident.context(pid_gone)?, "at rest, without PostgreSQL")])
}

/// A server of our own, on a free port of this machine.
struct Server {
    child: Child,
    _output: BufReader<ChildStdout>,
    ready_after: Duration,
}

impl Server {
    async fn start(config: &Config) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("this program's own file is not known")?;
        let began = Instant::now();
        let mut command = Command::new(program);
        command
            .arg("serve")
            .env("ROOKERY_DATA_DIR", &config.data_dir)
            .env("ROOKERY_SECURITY_KEY_FILE", &config.key_file)
            .env("ROOKERY_SERVER_LISTEN", "127.0.0.1:0")
            .env("ROOKERY_SERVER_PUBLIC_URL", "http://127.0.0.1:0")
            .env("ROOKERY_LOG_FILTER", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true);
        if let Some(url) = &config.database.url {
            command.env("ROOKERY_DATABASE_URL", secrecy::ExposeSecret::expose_secret(url));
        }
        let mut child = command.spawn().context("the server cannot be started")?;
        let output = child.stdout.take().context("the server has no output")?;
        let mut output = BufReader::new(output);
        let address =
            timeout(PATIENCE, listening(&mut output)).await.context("the server did not say where it listens")??;
        while answers(address).await != Some(200) {
            if began.elapsed() > PATIENCE {
                bail!("the server at {address} did not become ready");
            }
            sleep(Duration::from_millis(5)).await;
        }
        Ok(Self { child, _output: output, ready_after: began.elapsed() })
    }

    async fn size_at_rest(&self) -> Option<f64> {
        let pid = self.child.id()?;
        let (mut last, mut still) = (resident(pid)?, 0);
        for _ in 0..LOOKS_MAX {
            sleep(LOOK).await;
            let now = resident(pid)?;
            still = if (now - last).abs() < 0.1 { still + 1 } else { 0 };
            last = now;
            if still >= STILL {
                break;
            }
        }
        Some(last)
    }

    async fn stop(&mut self) -> anyhow::Result<()> {
        let pid = self.child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(rustix::process::Pid::from_raw);
        if let Some(pid) = pid {
            rustix::process::kill_process(pid, rustix::process::Signal::TERM)
                .context("the server cannot be told to stop")?;
        }
        let status = timeout(PATIENCE, self.child.wait()).await.context("the server did not stop")??;
        if !status.success() {
            bail!("the server ended with {status}");
        }
        Ok(())
    }
}

/// Reads `listening on http://127.0.0.1:40123/ (…)`.
async fn listening(output: &mut BufReader<ChildStdout>) -> anyhow::Result<SocketAddr> {
    let mut line = String::new();
    while output.read_line(&mut line).await? > 0 {
        if let Some(rest) = line.strip_prefix("listening on http://") {
            let address = rest.split(['/', ' ']).next().unwrap_or_default();
            return address.parse().with_context(|| format!("{address:?} is no address"));
        }
        line.clear();
    }
    bail!("the server ended at its start")
}

/// Resident memory in megabytes.
fn resident(pid: u32) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes / 1024.0)
}

/// The status of `/readyz` at an address; `None` if nobody speaks HTTP there.
pub(super) async fn answers(address: SocketAddr) -> Option<u16> {
    let ask = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = [0; 16];
        stream.read_exact(&mut answer).await.ok()?;
        std::str::from_utf8(&answer).ok()?.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
    };
    timeout(Duration::from_secs(5), ask).await.ok().flatten()
}
