//! The three roles of the tenancy rules and what a database needs before the first migration.

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use tracing::instrument;

use crate::error::Error;
use crate::pool::Endpoints;
use crate::session;

/// Owns every table, logs in never; migrations become it.
pub const OWNER: &str = "rookery_owner";
/// Requests of people and programs.
pub const API: &str = "rookery_api";
/// Background work.
pub const WORKER: &str = "rookery_worker";

/// Passwords of the two roles that log in; without them they are group roles that a login takes on.
#[derive(Clone)]
pub struct Passwords {
    /// Of `rookery_api`.
    pub api: String,
    /// Of `rookery_worker`.
    pub worker: String,
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords(hidden)")
    }
}

/// The roles or the extension cannot be made with this login.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The statement could not be run.
    #[error(transparent)]
    Db(#[from] Error),
    /// The login lacks a right; the text is what somebody with the right has to run.
    #[error("the login {login:?} may not prepare the database; let an administrator run:\n{sql}")]
    NotAllowed {
        /// Who tried.
        login: String,
        /// What was tried.
        sql: String,
        /// What the server said.
        #[source]
        source: sqlx::Error,
    },
}

/// Makes a database ready for migrations, as far as it is not: roles, memberships, the schema of extensions,
/// the owner's rights. Run with a superuser, or with a login that may create roles and owns the database.
///
/// # Errors
/// [`PrepareError::NotAllowed`] with the statements an administrator has to run; [`Error::SharedConnections`] behind a
/// pooler.
#[instrument(skip_all, err(level = "debug"))]
pub async fn prepare(endpoints: &Endpoints) -> Result<(), PrepareError> {
    let mut connection = session::connect(&session::begun_with(&endpoints.owner)).await?;
    let result = ensure(&mut connection, None).await;
    connection.close().await.ok();
    result
}

/// As [`prepare`], on a connection, with passwords for roles that log in themselves.
///
/// # Errors
/// As [`prepare`].
pub async fn ensure(connection: &mut PgConnection, passwords: Option<&Passwords>) -> Result<(), PrepareError> {
    let state = State::read(connection).await?;
    for sql in state.missing(passwords) {
        if let Err(error) = sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&mut *connection).await {
            let code = error.as_database_error().and_then(|e| e.code().map(std::borrow::Cow::into_owned));
            match code.as_deref() {
                // duplicate_object, unique_violation: another process made it in the same moment.
                Some("42710" | "23505" | "42P06") => {}
                // insufficient_privilege
                Some("42501") => {
                    let sql = state.missing(None).join(";\n") + ";";
                    return Err(PrepareError::NotAllowed { login: state.login, sql, source: error });
                }
                _ => return Err(Error::from(error).into()),
            }
        }
    }
    Ok(())
}

/// What is there, read in one statement: a prepared database costs one round trip.
#[derive(sqlx::FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "one column each")]
struct State {
    login: String,
    database: String,
    superuser: bool,
    has_owner: bool,
    has_api: bool,
    has_worker: bool,
    is_owner: bool,
    is_api: bool,
    is_worker: bool,
    owner_may_create: bool,
    has_schema: bool,
    has_trigrams: bool,
}

impl State {
    async fn read(connection: &mut PgConnection) -> Result<Self, Error> {
        Ok(sqlx::query_as(
            "with r as (select
                 to_regrole('rookery_owner') as owner, to_regrole('rookery_api') as api,
                 to_regrole('rookery_worker') as worker)
             select session_user::text as login, current_database()::text as database,
                 (select rolsuper from pg_roles where rolname = session_user) as superuser,
                 owner is not null as has_owner, api is not null as has_api, worker is not null as has_worker,
                 coalesce(pg_has_role(session_user, owner::oid, 'MEMBER'), false) as is_owner,
                 coalesce(pg_has_role(session_user, api::oid, 'MEMBER'), false) as is_api,
                 coalesce(pg_has_role(session_user, worker::oid, 'MEMBER'), false) as is_worker,
                 coalesce(has_database_privilege(owner::oid, current_database(), 'CREATE'), false) as owner_may_create,
                 exists (select from pg_namespace where nspname = 'extensions') as has_schema,
                 exists (select from pg_extension where extname = 'pg_trgm') as has_trigrams
             from r",
        )
        .fetch_one(connection)
        .await?)
    }

    fn missing(&self, passwords: Option<&Passwords>) -> Vec<String> {
        let login_with = |password: Option<&str>| {
            password.map_or("nologin".to_owned(), |p| format!("login password {}", literal(p)))
        };
        let mut sql = Vec::new();
        for (there, member, name, login) in [
            (self.has_owner, self.is_owner, OWNER, "nologin".to_owned()),
            (self.has_api, self.is_api, API, login_with(passwords.map(|p| p.api.as_str()))),
            (self.has_worker, self.is_worker, WORKER, login_with(passwords.map(|p| p.worker.as_str()))),
        ] {
            if !there {
                sql.push(format!("create role {name} {login} nosuperuser nocreatedb nocreaterole nobypassrls"));
            }
            if !self.superuser && !member {
                sql.push(format!("grant {name} to {}", identifier(&self.login)));
            }
        }
        if !self.owner_may_create {
            sql.push(format!("grant create, connect, temporary on database {} to {OWNER}", identifier(&self.database)));
        }
        if !self.has_schema {
            sql.push(format!("create schema if not exists extensions authorization {OWNER}"));
            sql.push(format!("grant usage on schema extensions to {OWNER}, {API}, {WORKER}"));
        }
        if !self.has_trigrams {
            sql.push("create extension if not exists pg_trgm with schema extensions".to_owned());
        }
        sql
    }
}

/// Creates the database of `endpoint` through the server's own `postgres` database, if it is not there.
///
/// # Errors
/// As the server says.
pub async fn ensure_database(endpoint: &PgConnectOptions) -> Result<(), Error> {
    let Some(name) = endpoint.get_database() else { return Ok(()) };
    let mut connection = endpoint.clone().database("postgres").connect().await?;
    let there: bool = sqlx::query_scalar("select exists (select from pg_database where datname = $1)")
        .bind(name)
        .fetch_one(&mut connection)
        .await?;
    if !there {
        let sql = format!("create database {} template template0 encoding 'UTF8'", identifier(name));
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
    }
    connection.close().await.ok();
    Ok(())
}

/// Quotes a name.
pub fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_survives_quotes_and_backslashes() {
        assert_eq!(identifier("a\"b"), "\"a\"\"b\"");
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(literal("a\\'"), "E'a\\\\'''");
    }
}
