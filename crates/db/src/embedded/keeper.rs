//! The thread that holds the server's process: it starts it, waits for it, starts it again if it dies alone.
//!
//! A thread of its own because the kernel tells the child of the death of the *thread* that started it; a
//! thread of the async run time may end at any time.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::watch;

use super::{EmbeddedError, files};

/// A log longer than this is put aside at the next start.
const LOG_LIMIT: u64 = 10 * 1024 * 1024;
/// First pause before a server that died is started again; it doubles up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(10);

/// How the server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerState {
    /// Its process runs, or is about to.
    Running,
    /// Its process ended for good.
    Ended(String),
}

#[derive(Debug)]
pub struct Keeper {
    shared: Arc<Shared>,
    state: watch::Receiver<ServerState>,
}

#[derive(Debug)]
struct Shared {
    inner: Mutex<Inner>,
    stop_asked: Condvar,
}

#[derive(Debug, Default)]
struct Inner {
    pid: Option<Pid>,
    /// It answered once: from then on its death is an accident.
    ready: bool,
    stopping: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.lock().pid {
            // It may have ended a moment ago; then there is nobody to tell.
            kill_process(pid, signal).ok();
        }
    }
}

impl Keeper {
    pub fn start(command: Command, log: PathBuf) -> Result<Self, EmbeddedError> {
        put_aside(&log);
        let shared = Arc::new(Shared { inner: Mutex::default(), stop_asked: Condvar::new() });
        let (sender, state) = watch::channel(ServerState::Running);
        let path = log.clone();
        let thread = std::thread::Builder::new().name("postgres-keeper".to_owned()).spawn({
            let shared = Arc::clone(&shared);
            move || sender.send_replace(ServerState::Ended(keep(command, &log, &shared)))
        });
        thread.map_err(files::error("start a thread for", &path))?;
        Ok(Self { shared, state })
    }

    pub fn state(&self) -> ServerState {
        self.state.borrow().clone()
    }

    pub fn mark_ready(&self) {
        self.shared.lock().ready = true;
    }

    pub fn pid(&self) -> Option<i32> {
        self.shared.lock().pid.map(|pid| pid.as_raw_nonzero().get())
    }

    pub async fn stop(&self) {
        self.ask_to_stop();
        for (patience, then) in [(10, Signal::QUIT), (10, Signal::KILL), (10, Signal::KILL)] {
            let mut state = self.state.clone();
            let ended = state.wait_for(|state| matches!(state, ServerState::Ended(_)));
            if tokio::time::timeout(Duration::from_secs(patience), ended).await.is_ok() {
                return;
            }
            tracing::warn!(?then, "the private PostgreSQL takes its time to stop");
            self.shared.signal(then);
        }
    }

    /// SIGINT is the fast shutdown: open transactions are rolled back, a checkpoint is written.
    fn ask_to_stop(&self) {
        self.shared.lock().stopping = true;
        self.shared.stop_asked.notify_all();
        self.shared.signal(Signal::INT);
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        if !self.shared.lock().stopping {
            self.ask_to_stop();
        }
    }
}

/// Until the server is stopped or never came up; says how it ended.
fn keep(mut command: Command, log: &Path, shared: &Shared) -> String {
    let mut pause = FIRST_PAUSE;
    loop {
        let child = {
            let mut inner = shared.lock();
            if inner.stopping {
                return "stopped".to_owned();
            }
            let child = spawn(&mut command, log);
            inner.pid = child.as_ref().ok().and_then(pid_of);
            child
        };
        let ended = match child {
            Ok(mut child) => child.wait().map_or_else(|error| error.to_string(), describe),
            Err(error) => error.to_string(),
        };
        let mut inner = shared.lock();
        inner.pid = None;
        if inner.stopping || !inner.ready {
            return ended;
        }
        tracing::error!(ended, pause_ms = pause.as_millis(), "the private PostgreSQL died; starting it again");
        // Nothing else wakes this up, and a stop that came before is seen at the top of the loop.
        drop(shared.stop_asked.wait_timeout(inner, pause));
        pause = (pause * 2).min(LAST_PAUSE);
    }
}

/// Starts the server with its output in the log file.
pub fn spawn(command: &mut Command, log: &Path) -> Result<Child, EmbeddedError> {
    let open = || -> std::io::Result<(File, File)> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(log)?;
        Ok((file.try_clone()?, file))
    };
    let (out, err) = open().map_err(files::error("open", log))?;
    let program = PathBuf::from(command.get_program());
    command
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .spawn()
        .map_err(|source| EmbeddedError::Program { program, source })
}

fn pid_of(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "unknown".to_owned(),
    }
}

fn put_aside(log: &Path) {
    if std::fs::metadata(log).is_ok_and(|metadata| metadata.len() > LOG_LIMIT) {
        std::fs::rename(log, log.with_extension("log.1")).ok();
    }
}

/// The words in front of a command that make the kernel send it SIGINT when the thread that started it dies;
/// `None` where util-linux's `setpriv` is missing.
pub fn tells_of_death() -> Option<&'static [&'static str]> {
    const WORDS: &[&str] = &["setpriv", "--pdeathsig", "INT"];
    let works = cfg!(target_os = "linux")
        && Command::new(WORDS[0])
            .args(&WORDS[1..])
            .arg("true")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
    if !works {
        tracing::debug!("no setpriv: if this process is killed, its PostgreSQL runs on until the next start");
    }
    works.then_some(WORDS)
}
