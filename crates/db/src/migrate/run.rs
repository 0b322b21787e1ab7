//! The runner: a session lock, a record per migration, retries when a table is held.

use std::time::{Duration, Instant};

use rookery_kernel::Timestamp;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};

use super::split::statements;
use super::{Event, MigrateError, Migration, Planned, Progress, Report, Standing, StandingState, Steps};
use crate::error::Error;

/// "rookery" in a number: the lock that keeps two runners apart.
const LOCK: i64 = 0x0072_6f6f_6b65_7279;
/// How long a migration waits for a table that somebody uses, so that it does not stop the traffic behind it.
const LOCK_TIMEOUT: &str = "set lock_timeout = '5s'";
const TRIES: u32 = 5;
/// First line of a migration that must not run in a transaction (`create index concurrently`).
const NO_TRANSACTION: &str = "-- no transaction";

/// Runs a given list of migrations; the functions of the module above run the embedded one.
#[derive(Debug, Clone)]
pub struct Runner {
    migrations: Vec<Migration>,
    guards: Guards,
}

/// Whether the belts for plain SQL (triggers) are installed. They lie in migrations whose name ends in
/// `guards`; where they are not wanted, such a migration is recorded and not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guards {
    /// On an ordinary PostgreSQL; not on a distributed one, whose tables cannot have triggers.
    WherePossible,
    /// Nowhere: shows that the application does not need them.
    Never,
}

#[derive(sqlx::FromRow)]
#[expect(clippy::struct_field_names, reason = "the names of the columns")]
struct Applied {
    version: i64,
    name: String,
    checksum: String,
    applied_at: Timestamp,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

impl Runner {
    /// For these migrations, in ascending order of their versions.
    pub const fn new(migrations: Vec<Migration>) -> Self {
        Self { migrations, guards: Guards::WherePossible }
    }

    /// With or without the triggers.
    #[must_use]
    pub const fn guards(mut self, guards: Guards) -> Self {
        self.guards = guards;
        self
    }

    async fn skips_guards(&self, connection: &mut PgConnection) -> Result<bool, Error> {
        if self.guards == Guards::Never {
            return Ok(true);
        }
        let sql = "select exists (select from pg_extension where extname = 'citus')";
        Ok(sqlx::query_scalar(sql).fetch_one(connection).await?)
    }

    /// As [`super::up`].
    ///
    /// # Errors
    /// As [`super::up`].
    pub async fn up(&self, owner: &PgConnectOptions, progress: Progress<'_>) -> Result<Report, MigrateError> {
        let mut connection = become_owner(owner).await?;
        lock(&mut connection, progress).await?;
        ensure_record(&mut connection).await?;
        let applied = applied(&mut connection).await?;
        let mut report = Report::default();
        let skips_guards = self.skips_guards(&mut connection).await?;
        for migration in self.pending(&applied)? {
            run(&mut connection, migration, Direction::Up, skips_guards, progress).await?;
            report.files.push(migration.file("up"));
        }
        connection.close().await.ok();
        Ok(report)
    }

    /// As [`super::down`].
    ///
    /// # Errors
    /// As [`super::down`].
    pub async fn down(
        &self,
        owner: &PgConnectOptions,
        steps: Steps,
        progress: Progress<'_>,
    ) -> Result<Report, MigrateError> {
        let mut connection = become_owner(owner).await?;
        lock(&mut connection, progress).await?;
        ensure_record(&mut connection).await?;
        let applied = applied(&mut connection).await?;
        let mut report = Report::default();
        let skips_guards = self.skips_guards(&mut connection).await?;
        for migration in self.to_take_back(&applied, steps)? {
            run(&mut connection, migration, Direction::Down, skips_guards, progress).await?;
            report.files.push(migration.file("down"));
        }
        if steps == Steps::All {
            let sql = "drop table rookery.schema_migrations; drop schema rookery";
            sqlx::raw_sql(sql).execute(&mut connection).await.map_err(Error::from)?;
        }
        connection.close().await.ok();
        Ok(report)
    }

    /// As [`super::status`].
    ///
    /// # Errors
    /// As [`super::status`].
    pub async fn status(&self, owner: &PgConnectOptions) -> Result<Vec<Standing>, MigrateError> {
        let mut connection = owner.connect().await.map_err(Error::from)?;
        let applied = applied_if_any(&mut connection).await?;
        connection.close().await.ok();
        let mut standings: Vec<Standing> = self
            .migrations
            .iter()
            .map(|migration| {
                let state = match applied.iter().find(|a| a.version == migration.version) {
                    None => StandingState::Pending,
                    Some(a) if a.checksum != migration.checksum() => StandingState::Changed,
                    Some(a) => StandingState::Applied { at: a.applied_at },
                };
                Standing { version: migration.version, name: migration.name.clone(), state }
            })
            .collect();
        for a in &applied {
            if !self.migrations.iter().any(|m| m.version == a.version) {
                let state = StandingState::Unknown;
                standings.push(Standing { version: a.version, name: a.name.clone(), state });
            }
        }
        standings.sort_by_key(|s| s.version);
        Ok(standings)
    }

    /// As [`super::plan_up`].
    ///
    /// # Errors
    /// As [`super::plan_up`].
    pub async fn plan_up(&self, owner: &PgConnectOptions) -> Result<Vec<Planned>, MigrateError> {
        let mut connection = owner.connect().await.map_err(Error::from)?;
        let applied = applied_if_any(&mut connection).await?;
        connection.close().await.ok();
        Ok(self.pending(&applied)?.into_iter().map(|m| planned(m.file("up"), &m.up)).collect())
    }

    /// As [`super::plan_down`].
    ///
    /// # Errors
    /// As [`super::plan_down`].
    pub async fn plan_down(&self, owner: &PgConnectOptions, steps: Steps) -> Result<Vec<Planned>, MigrateError> {
        let mut connection = owner.connect().await.map_err(Error::from)?;
        let applied = applied_if_any(&mut connection).await?;
        connection.close().await.ok();
        let back = self.to_take_back(&applied, steps)?;
        Ok(back.into_iter().map(|m| planned(m.file("down"), m.down.as_deref().unwrap_or_default())).collect())
    }

    fn pending(&self, applied: &[Applied]) -> Result<Vec<&Migration>, MigrateError> {
        self.check(applied)?;
        let newest = applied.last().map(|a| a.version);
        let mut pending = Vec::new();
        for migration in &self.migrations {
            if applied.iter().any(|a| a.version == migration.version) {
                continue;
            }
            if let Some(later) = newest.filter(|&newest| newest > migration.version) {
                return Err(MigrateError::OutOfOrder { file: migration.file("up"), later });
            }
            pending.push(migration);
        }
        Ok(pending)
    }

    fn to_take_back(&self, applied: &[Applied], steps: Steps) -> Result<Vec<&Migration>, MigrateError> {
        self.check(applied)?;
        let count = match steps {
            Steps::Last(count) => count,
            Steps::All => usize::MAX,
        };
        let back: Vec<_> = self
            .migrations
            .iter()
            .rev()
            .filter(|m| applied.iter().any(|a| a.version == m.version))
            .take(count)
            .collect();
        match back.iter().find(|m| m.down.is_none()) {
            Some(m) => Err(MigrateError::Irreversible { file: m.file("down") }),
            None => Ok(back),
        }
    }

    /// What has been run must be what we know.
    fn check(&self, applied: &[Applied]) -> Result<(), MigrateError> {
        for a in applied {
            let Some(migration) = self.migrations.iter().find(|m| m.version == a.version) else {
                return Err(MigrateError::FromTheFuture { version: a.version, name: a.name.clone() });
            };
            let now = migration.checksum();
            if a.checksum != now {
                let file = migration.file("up");
                return Err(MigrateError::Changed { file, recorded: a.checksum.clone(), now });
            }
        }
        Ok(())
    }
}

fn planned(file: String, text: &str) -> Planned {
    Planned { file, statements: statements(text).into_iter().map(|s| s.sql.to_owned()).collect() }
}

async fn become_owner(owner: &PgConnectOptions) -> Result<PgConnection, MigrateError> {
    let mut connection = owner
        .clone()
        .options([("search_path", "pg_catalog"), ("statement_timeout", "0")])
        .connect()
        .await
        .map_err(Error::from)?;
    sqlx::raw_sql("set role rookery_owner").execute(&mut connection).await.map_err(MigrateError::NotTheOwner)?;
    Ok(connection)
}

/// One runner at a time; the lock goes with the connection.
async fn lock(connection: &mut PgConnection, progress: Progress<'_>) -> Result<(), MigrateError> {
    let take = async |connection: &mut PgConnection, sql: &'static str| -> Result<bool, Error> {
        Ok(sqlx::query_scalar::<_, Option<bool>>(sql).bind(LOCK).fetch_one(connection).await?.unwrap_or(true))
    };
    if !take(connection, "select pg_try_advisory_lock($1)").await? {
        progress(Event::Waiting);
        take(connection, "select nullif(pg_advisory_lock($1)::text, '')::bool").await?;
    }
    sqlx::raw_sql(LOCK_TIMEOUT).execute(connection).await.map_err(Error::from)?;
    Ok(())
}

async fn ensure_record(connection: &mut PgConnection) -> Result<(), Error> {
    if has_record(connection).await? {
        return Ok(());
    }
    sqlx::raw_sql("create schema if not exists rookery").execute(&mut *connection).await?;
    sqlx::raw_sql(
        "create table if not exists rookery.schema_migrations (
             version bigint not null,
             name text not null,
             checksum text not null,
             applied_at timestamptz not null default clock_timestamp(),
             duration_ms bigint not null,
             constraint schema_migrations_pkey primary key (version))",
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn has_record(connection: &mut PgConnection) -> Result<bool, Error> {
    Ok(sqlx::query_scalar("select to_regclass('rookery.schema_migrations') is not null").fetch_one(connection).await?)
}

async fn applied_if_any(connection: &mut PgConnection) -> Result<Vec<Applied>, Error> {
    if has_record(connection).await? { applied(connection).await } else { Ok(Vec::new()) }
}

async fn applied(connection: &mut PgConnection) -> Result<Vec<Applied>, Error> {
    let sql = "select version, name, checksum, applied_at from rookery.schema_migrations order by version";
    Ok(sqlx::query_as(sql).fetch_all(connection).await?)
}

async fn run(
    connection: &mut PgConnection,
    migration: &Migration,
    direction: Direction,
    skips_guards: bool,
    progress: Progress<'_>,
) -> Result<(), MigrateError> {
    let (file, text) = match direction {
        _ if skips_guards && migration.name.ends_with("guards") => (migration.file("skipped"), ""),
        Direction::Up => (migration.file("up"), migration.up.as_str()),
        Direction::Down => (migration.file("down"), migration.down.as_deref().unwrap_or_default()),
    };
    progress(Event::Started { file: &file, statements: statements(text).len() });
    let start = Instant::now();
    let mut attempt = 1;
    loop {
        match once(connection, migration, direction, &file, text, start).await {
            Err(MigrateError::Statement { source, .. }) if attempt < TRIES && is_lock_timeout(&source) => {
                progress(Event::Retry { file: &file, attempt });
                tokio::time::sleep(Duration::from_secs(u64::from(attempt))).await;
                attempt += 1;
            }
            Err(error) => return Err(error),
            Ok(()) => break,
        }
    }
    progress(Event::Finished { file: &file, took: start.elapsed() });
    Ok(())
}

fn is_lock_timeout(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|e| e.code().is_some_and(|code| code == "55P03"))
}

async fn once(
    connection: &mut PgConnection,
    migration: &Migration,
    direction: Direction,
    file: &str,
    text: &str,
    start: Instant,
) -> Result<(), MigrateError> {
    if text.starts_with(NO_TRANSACTION) {
        send(connection, file, text).await?;
        return record(connection, migration, direction, start).await;
    }
    let mut tx = connection.begin().await.map_err(Error::from)?;
    send(&mut tx, file, text).await?;
    record(&mut tx, migration, direction, start).await?;
    tx.commit().await.map_err(Error::from)?;
    Ok(())
}

async fn send(connection: &mut PgConnection, file: &str, text: &str) -> Result<(), MigrateError> {
    for (index, statement) in statements(text).into_iter().enumerate() {
        sqlx::raw_sql(AssertSqlSafe(statement.sql)).execute(&mut *connection).await.map_err(|source| {
            MigrateError::Statement {
                file: file.to_owned(),
                line: statement.line,
                number: index + 1,
                statement: shorten(statement.sql),
                source,
            }
        })?;
    }
    Ok(())
}

fn shorten(sql: &str) -> String {
    let words = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= 160 {
        return words;
    }
    words.chars().take(159).chain(['…']).collect()
}

async fn record(
    connection: &mut PgConnection,
    migration: &Migration,
    direction: Direction,
    start: Instant,
) -> Result<(), MigrateError> {
    let query = match direction {
        Direction::Up => sqlx::query(
            "insert into rookery.schema_migrations (version, name, checksum, duration_ms) values ($1, $2, $3, $4)",
        )
        .bind(migration.version)
        .bind(&migration.name)
        .bind(migration.checksum())
        .bind(i64::try_from(start.elapsed().as_millis()).unwrap_or(i64::MAX)),
        Direction::Down => {
            sqlx::query("delete from rookery.schema_migrations where version = $1").bind(migration.version)
        }
    };
    query.execute(connection).await.map_err(Error::from)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migration(version: i64) -> Migration {
        Migration { version, name: "x".into(), up: format!("select {version}"), down: Some(String::new()) }
    }

    fn applied(migration: &Migration) -> Applied {
        Applied {
            version: migration.version,
            name: migration.name.clone(),
            checksum: migration.checksum(),
            applied_at: Timestamp::from_secs(0),
        }
    }

    #[test]
    fn only_what_is_missing_runs_and_only_at_the_end() {
        let runner = Runner::new((1..=3).map(migration).collect());
        let done = applied(&runner.migrations[0]);
        let pending = runner.pending(&[done]).expect("in order");
        assert_eq!(pending.iter().map(|m| m.version).collect::<Vec<_>>(), [2, 3]);
        let gap = applied(&runner.migrations[1]);
        assert!(matches!(runner.pending(&[gap]), Err(MigrateError::OutOfOrder { later: 2, .. })));
    }

    #[test]
    fn changed_and_unknown_migrations_are_refused() {
        let runner = Runner::new(vec![migration(1)]);
        let mut changed = applied(&runner.migrations[0]);
        changed.checksum = "0".into();
        assert!(matches!(runner.pending(&[changed]), Err(MigrateError::Changed { .. })));
        let future = applied(&migration(9));
        assert!(matches!(runner.pending(&[future]), Err(MigrateError::FromTheFuture { version: 9, .. })));
    }

    #[test]
    fn the_last_goes_first_on_the_way_back() {
        let runner = Runner::new((1..=3).map(migration).collect());
        let done: Vec<_> = runner.migrations.iter().map(applied).collect();
        let back = runner.to_take_back(&done, Steps::Last(2)).expect("reversible");
        assert_eq!(back.iter().map(|m| m.version).collect::<Vec<_>>(), [3, 2]);
    }
}
