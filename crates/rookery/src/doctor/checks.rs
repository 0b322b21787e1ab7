//! The checks that look without starting a server.

use std::time::Duration;

use rookery_accounts::{KeyFileError, Vault};
use rookery_db::migrate::{self, StandingState};
use rookery_db::{Db, roles};
use rookery_identity::Identity;
use rookery_jobs::admin::{self, Health};
use rookery_kernel::{Clock as _, SystemClock};
use sqlx::{ConnectOptions as _, Connection as _};

use super::{Finding, Mark, queries};
use crate::config::Config;
use crate::store::{self, Store};
use crate::wiring::{self, Parts};

/// The clocks of this machine and of the database may differ by so much.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(2);

/// Whether the data folder can be written.
pub(super) fn data_folder(config: &Config) -> Finding {
    let folder = &config.data_dir;
    let probe = folder.join(".doctor");
    let tried = std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&probe, ""))
        .and_then(|()| std::fs::remove_file(&probe));
    match tried {
        Ok(()) => Finding::ok("data folder", format!("{} can be written", folder.display())),
        Err(e) => Finding::bad(
            "data folder",
            format!("{} cannot be written: {e}", folder.display()),
            "give this user the folder, or choose another one in data_dir",
        ),
    }
}

/// Whether the port is free, or Rookery's.
pub(super) async fn port(config: &Config) -> Finding {
    let address = config.server.listen;
    match tokio::net::TcpListener::bind(address).await {
        Ok(_) => Finding::ok("port", format!("{address} is free")),
        Err(e) if e.kind() == std::io::ErrorKind::AddrInUse => match super::server::answers(address).await {
            Some(_) => Finding::ok("port", format!("Rookery answers at {address}")),
            None => Finding::bad(
                "port",
                format!("{address} is taken by another program"),
                "stop that program, or choose another address in server.listen",
            ),
        },
        Err(e) => Finding::bad("port", format!("{address} cannot be opened: {e}"), "correct server.listen"),
    }
}

/// The server in words.
pub(super) fn server_of(config: &Config, store: &Store) -> String {
    if let Some(words) = store.describe() {
        return format!("private, {words}");
    }
    match store::holder(&config.data_dir) {
        Some(pid) if store.is_attached() => format!("private, run by process {pid}"),
        _ => "yours, as in database.url".to_owned(),
    }
}

/// Everything about the database.
pub(super) async fn database(config: &Config, store: &Store) -> Vec<Finding> {
    let mut findings = Vec::new();
    match reach(store).await {
        Ok(found) => findings.extend(found),
        Err(error) => {
            let remedy = "see that the server runs and that database.url is right";
            findings.push(Finding::bad("database", format!("does not answer: {error}"), remedy));
            return findings;
        }
    }
    let schema = schema(store).await;
    let is_current = schema.mark == Mark::Ok;
    findings.push(schema);
    match wiring::connect(config, store).await {
        Ok(db) => {
            findings.push(Finding::ok(
                "roles",
                format!("{} and {} are bound by row-level security", roles::API, roles::WORKER),
            ));
            findings.push(keys(config, &db).await);
            // Without their tables there are no queues to look at.
            if is_current {
                findings.extend(queues(&db).await);
                findings.push(publishing(&db).await);
            }
            db.close().await;
        }
        Err(error) => {
            findings.push(Finding::bad(
                "roles",
                format!("{error:#}"),
                "run `rookery migrate up` with a login that owns the database",
            ));
        }
    }
    findings
}

async fn reach(store: &Store) -> Result<Vec<Finding>, sqlx::Error> {
    let began = tokio::time::Instant::now();
    let mut connection = store.endpoints.owner.connect().await?;
    let before = SystemClock.now();
    let (version, number, there) = queries::version_and_time(&mut connection).await?;
    let after = SystemClock.now();
    connection.close().await.ok();
    let took = began.elapsed().as_secs_f64() * 1e3;
    let version = if number >= 150_000 {
        Finding::ok("database", format!("PostgreSQL {version} answers, connected in {took:.1} ms")).value(took)
    } else {
        Finding::bad("database", format!("PostgreSQL {version} is too old"), "use PostgreSQL 15 or newer")
    };
    let off = if there > after { there.since(after) } else { before.since(there) };
    let clock = if off <= CLOCK_TOLERANCE {
        Finding::ok("clock", "this machine and the database agree about the time")
    } else {
        Finding::warning(
            "clock",
            format!("this machine and the database are {:.0} s apart", off.as_secs_f64()),
            "let both follow a time server (for example with systemd-timesyncd)",
        )
    };
    Ok(vec![version, clock])
}

async fn schema(store: &Store) -> Finding {
    const CHECK: &str = "migrations";
    let standings = match migrate::status(&store.endpoints.owner).await {
        Ok(standings) => standings,
        Err(error) => return Finding::bad(CHECK, error.to_string(), "run `rookery migrate status`"),
    };
    let count = |wanted: fn(&StandingState) -> bool| standings.iter().filter(|s| wanted(&s.state)).count();
    let pending = count(|s| matches!(s, StandingState::Pending));
    if count(|s| matches!(s, StandingState::Unknown)) > 0 {
        Finding::bad(CHECK, "the database is ahead of this program", "start a newer Rookery")
    } else if count(|s| matches!(s, StandingState::Changed)) > 0 {
        Finding::bad(CHECK, "a migration was changed after it had been run", "run `rookery migrate status`")
    } else if pending > 0 {
        Finding::warning(CHECK, format!("{pending} wait; the next start runs them"), "or run `rookery migrate up`")
    } else {
        Finding::ok(CHECK, format!("all {} are applied", standings.len()))
    }
}

async fn keys(config: &Config, db: &Db) -> Finding {
    const CHECK: &str = "key file";
    let path = config.key_file.display();
    let vault = match Vault::open(&config.key_file, Parts::system().ids) {
        Ok(vault) => vault,
        Err(KeyFileError::Missing(_)) if matches!(Vault::database_has_keys(db).await, Ok(false) | Err(_)) => {
            return Finding::ok(CHECK, format!("{path} will be made at the first start"));
        }
        Err(error) => return Finding::bad(CHECK, error.to_string(), "tokens cannot be read without it"),
    };
    match vault.check_against(db).await {
        Ok(_) => Finding::ok(CHECK, format!("{path} fits the database")),
        Err(error) => Finding::bad(CHECK, error.to_string(), "tokens cannot be read without the right keys"),
    }
}

/// Whether something is due and nobody takes it, or publishing is stopped.
async fn publishing(db: &Db) -> Finding {
    const CHECK: &str = "publishing";
    let Parts { clock, ids, .. } = Parts::system();
    let identity = Identity::new(db.clone(), clock.clone(), ids, rookery_identity::Config::default());
    let now = clock.now();
    match rookery_publishing::overdue(db, &identity, now).await {
        Ok(overdue) => match overdue.sentence(now) {
            None => Finding::ok(CHECK, "nothing that is due waits for a worker").value(0.0),
            Some(words) => {
                let (what, remedy) = words.split_once("; ").unwrap_or((words.as_str(), "start a worker"));
                Finding::warning(CHECK, what, remedy).value(overdue.count as f64)
            }
        },
        Err(error) => Finding::bad(CHECK, error.to_string(), "run `rookery migrate status`"),
    }
}

async fn queues(db: &Db) -> Vec<Finding> {
    const CHECK: &str = "queues";
    let stats = match admin::stats(db, &SystemClock, None).await {
        Ok(stats) => stats,
        Err(error) => return vec![Finding::bad(CHECK, error.to_string(), "run `rookery migrate status`")],
    };
    let unwell: Vec<_> = stats
        .iter()
        .filter(|q| q.health != Health::Ok || q.paused)
        .map(|q| {
            let waiting = q.oldest_waiting.map_or(0, |d| d.as_secs());
            let detail = format!(
                "{}: {}{} failed in the last hour, the oldest waits {waiting} s",
                q.queue,
                if q.paused { "paused, " } else { "" },
                q.failed_last_hour
            );
            Finding::warning(CHECK, detail, format!("look with `rookery jobs list --queue {} --state failed`", q.queue))
        })
        .collect();
    if unwell.is_empty() { vec![Finding::ok(CHECK, format!("all {} do well", stats.len()))] } else { unwell }
}
