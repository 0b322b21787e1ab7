//! The private server: one per data directory, whatever dies when.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rookery_db::embedded::{self, Binaries, Embedded, EmbeddedConfig, EmbeddedError, Places};
use rookery_db::{Db, PoolSizes};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use tempfile::TempDir;

/// A folder that the server's user can get into, as a data directory's parents must let it.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).expect("its mode is set");
    folder
}

fn config(data_dir: &Path) -> EmbeddedConfig {
    EmbeddedConfig::new(data_dir).for_tests()
}

async fn run(embedded: &Embedded, sql: &str) {
    let mut connection = embedded.endpoints().owner.connect().await.expect("the server answers");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.expect("the statement runs");
    connection.close().await.expect("closed");
}

async fn notes(embedded: &Embedded) -> Vec<String> {
    let mut connection = embedded.endpoints().owner.connect().await.expect("the server answers");
    sqlx::query_scalar("select text from public.notes order by text")
        .fetch_all(&mut connection)
        .await
        .expect("the table is there")
}

const MAKE_NOTES: &str = "create table public.notes (text text); insert into public.notes values ('kept')";

/// Waits for something that another process does; the only kind of waiting in these tests.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < Duration::from_secs(30), "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn is_alive(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// A process that holds a private server.
struct Holder {
    process: Child,
    server_pid: i32,
}

impl Holder {
    fn start(data_dir: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_private-postgres"))
            .arg(data_dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let pid = line.split_whitespace().nth(1).and_then(|pid| pid.parse().ok());
        Self { server_pid: pid.unwrap_or_else(|| panic!("not ready: {line:?}")), process }
    }

    fn kill_9(mut self) {
        self.process.kill().expect("killed");
        self.process.wait().expect("collected");
    }
}

#[tokio::test]
async fn data_stay_over_a_restart_which_takes_less_than_a_second() {
    let folder = folder();
    let data_dir = folder.path().join("data");
    let first = Embedded::start(EmbeddedConfig::new(&data_dir)).await.expect("started");
    run(&first, MAKE_NOTES).await;
    let (pid, socket_dir) = (first.pid().expect("runs"), first.socket_dir().to_owned());
    assert_eq!(std::fs::metadata(&socket_dir).expect("there").permissions().mode() & 0o777, 0o700);
    let secrets = std::fs::metadata(data_dir.join("postgres.secrets")).expect("there");
    assert_eq!(secrets.permissions().mode() & 0o777, 0o600);
    first.stop().await;
    assert!(!is_alive(pid), "the server is gone");
    assert!(!data_dir.join("postgres/postmaster.pid").exists(), "it went cleanly");

    let start = Instant::now();
    let second = Embedded::start(EmbeddedConfig::new(&data_dir)).await.expect("started again");
    let took = start.elapsed();
    assert_eq!(notes(&second).await, ["kept"]);
    second.stop().await;
    // Alone on the machine it is a third of a second; other tests run beside this one.
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn it_has_no_port_and_its_roles_are_bound_by_row_level_security() {
    let folder = folder();
    let embedded = Embedded::start(EmbeddedConfig::new(folder.path())).await.expect("started");
    let endpoints = embedded.endpoints();
    let mut connection = endpoints.owner.connect().await.expect("the server answers");
    let setting = async |connection: &mut sqlx::PgConnection, name: &str| -> String {
        sqlx::query_scalar("select current_setting($1)").bind(name).fetch_one(connection).await.expect("known")
    };
    assert_eq!(setting(&mut connection, "listen_addresses").await, "");
    assert_eq!(setting(&mut connection, "data_checksums").await, "on");
    assert_eq!(setting(&mut connection, "server_encoding").await, "UTF8");
    assert_eq!(setting(&mut connection, "timezone").await, "UTC");
    let methods: Vec<String> = sqlx::query_scalar("select distinct auth_method from pg_hba_file_rules")
        .fetch_all(&mut connection)
        .await
        .expect("readable");
    assert_eq!(methods, ["scram-sha-256"]);
    Db::connect(&endpoints, PoolSizes::default()).await.expect("both roles are safe");
    connection.close().await.expect("closed");
    embedded.stop().await;
}

#[tokio::test]
async fn a_second_start_on_the_same_directory_is_refused_and_names_the_first() {
    let folder = folder();
    let holder = Holder::start(folder.path());
    let error = Embedded::start(config(folder.path())).await.expect_err("refused");
    assert!(matches!(error, EmbeddedError::InUse { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(&format!("process {} since", holder.process.id())), "{text}");
    assert!(is_alive(holder.server_pid), "the first is unharmed");
    // A command beside it may join in.
    assert_eq!(embedded::holder(folder.path()), Some(holder.process.id()));
    let beside = embedded::running(folder.path(), "rookery").expect("readable").expect("runs");
    beside.api.connect().await.expect("answers");
    holder.kill_9();
}

#[tokio::test]
async fn kill_9_of_the_keeper_stops_the_server_and_the_next_start_has_the_data() {
    let folder = folder();
    let embedded = Embedded::start(config(folder.path())).await.expect("started");
    run(&embedded, MAKE_NOTES).await;
    embedded.stop().await;

    let holder = Holder::start(folder.path());
    let first_pid = holder.server_pid;
    holder.kill_9();
    // At once, while the old server may still be on its way out.
    let embedded = Embedded::start(config(folder.path())).await.expect("started after the kill");
    assert_ne!(embedded.pid(), Some(first_pid));
    assert!(!is_alive(first_pid), "never two on one directory");
    assert_eq!(notes(&embedded).await, ["kept"]);
    embedded.stop().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_kernel_tells_the_server_of_its_keepers_death() {
    let folder = folder();
    let holder = Holder::start(folder.path());
    let pid = holder.server_pid;
    holder.kill_9();
    until("the server ends by itself", async || !is_alive(pid)).await;
    assert!(!folder.path().join("postgres/postmaster.pid").exists(), "it went cleanly");
}

#[tokio::test]
async fn a_server_that_was_left_behind_is_stopped_before_a_new_one_starts() {
    let folder = folder();
    // A server without a keeper: what is left where nobody tells it of a death.
    Embedded::detached(config(folder.path())).await.expect("started");
    let pid_file = folder.path().join("postgres/postmaster.pid");
    let left = std::fs::read_to_string(&pid_file).expect("it runs");
    let left: i32 = left.lines().next().and_then(|pid| pid.parse().ok()).expect("a number");
    assert!(is_alive(left));
    let embedded = Embedded::start(config(folder.path())).await.expect("started");
    assert!(!is_alive(left), "never two on one directory");
    run(&embedded, MAKE_NOTES).await;
    embedded.stop().await;
    Embedded::stop_detached(folder.path()).await.expect("nothing is left to stop");
}

#[tokio::test]
async fn a_server_that_dies_alone_is_started_again() {
    let folder = folder();
    // Durable: a server for tests may lose what it has not written yet.
    let embedded = Embedded::start(EmbeddedConfig::new(folder.path())).await.expect("started");
    run(&embedded, MAKE_NOTES).await;
    let db = Db::connect(&embedded.endpoints(), PoolSizes { api: 1, worker: 1, publishing: 1, reading: 1 })
        .await
        .expect("open");
    db.ping().await.expect("answers");
    let pid = embedded.pid().expect("runs");
    assert!(Command::new("kill").args(["-9", &pid.to_string()]).status().expect("runs").success());
    let owner = embedded.endpoints().owner;
    until("another server answers", async || {
        embedded.pid().is_some_and(|now| now != pid) && owner.connect().await.is_ok()
    })
    .await;
    db.ping().await.expect("the pool has found the new server");
    assert_eq!(notes(&embedded).await, ["kept"]);
    db.close().await;
    embedded.stop().await;
}

#[tokio::test]
async fn an_interrupted_initdb_leaves_nothing_in_the_way() {
    let folder = folder();
    let half = folder.path().join("postgres.new");
    std::fs::create_dir_all(half.join("base")).expect("made");
    std::fs::create_dir(folder.path().join("postgres")).expect("made");
    let embedded = Embedded::start(config(folder.path())).await.expect("started");
    assert!(!half.exists());
    embedded.stop().await;
}

#[tokio::test]
async fn a_machine_without_postgresql_is_told_what_to_install() {
    let folder = folder();
    let mut config = config(folder.path());
    config.binaries = Binaries::Search(Places::default());
    config.may_fetch = false;
    let text = Embedded::start(config.clone()).await.expect_err("nothing there").to_string();
    assert!(text.contains("no PostgreSQL 15 or newer found") && text.contains("install"), "{text}");
    config.binaries = Binaries::In(PathBuf::from("/nowhere/bin"));
    let text = Embedded::start(config).await.expect_err("nothing there").to_string();
    assert!(text.contains("/nowhere/bin (ROOKERY_PG_BIN) holds no program"), "{text}");
}

#[tokio::test]
async fn missing_passwords_and_other_versions_are_named() {
    let folder = folder();
    let embedded = Embedded::start(config(folder.path())).await.expect("started");
    embedded.stop().await;
    let secrets = folder.path().join("postgres.secrets");
    std::fs::rename(&secrets, folder.path().join("elsewhere")).expect("moved");
    let text = Embedded::start(config(folder.path())).await.expect_err("no passwords").to_string();
    assert!(text.contains("postgres.secrets is missing"), "{text}");

    std::fs::write(folder.path().join("postgres/PG_VERSION"), "9\n").expect("written");
    let error = Embedded::start(config(folder.path())).await.expect_err("too old");
    assert!(matches!(error, EmbeddedError::OtherVersion { wanted: 9, .. }), "{error}");
}

#[tokio::test]
async fn a_server_that_cannot_start_shows_the_end_of_its_log() {
    let folder = folder();
    let embedded = Embedded::start(config(folder.path())).await.expect("started");
    embedded.stop().await;
    let conf = folder.path().join("postgres/postgresql.auto.conf");
    std::fs::write(conf, "no_such_setting = on\n").expect("written");
    let text = Embedded::start(config(folder.path())).await.expect_err("a broken configuration").to_string();
    assert!(text.contains("ended at its start") && text.contains("no_such_setting"), "{text}");
}
