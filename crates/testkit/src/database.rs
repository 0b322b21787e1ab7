//! A database of one's own.

use rookery_db::{Db, Endpoints, PoolSizes, roles};
use rookery_kernel::IdGen as _;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};

use crate::organization::TestOrg;
use crate::server;

/// A migrated, empty database that is dropped with this value.
#[derive(Debug)]
pub struct TestDb {
    /// Connected as `rookery_api` and `rookery_worker`.
    pub db: Db,
    endpoints: Endpoints,
    superuser: PgConnectOptions,
    name: String,
}

impl TestDb {
    /// Clones the template.
    pub async fn new() -> Self {
        Self::with_pools(PoolSizes { api: 5, worker: 8, publishing: 2, reading: 3 }).await
    }

    /// As [`TestDb::new`] with pools of a certain size.
    pub async fn with_pools(sizes: PoolSizes) -> Self {
        let template = server::template().await;
        let name = format!("test_{}", crate::ids().uuid().simple());
        let mut connection = template.superuser.connect().await.expect("the test server answers");
        let sql = format!("create database {name} template {} strategy = file_copy", template.name);
        server::run(&mut connection, &sql).await;
        connection.close().await.expect("closed");
        let endpoints = Endpoints::from_login(&template.superuser.clone().database(&name));
        let db = Db::connect(&endpoints, sizes).await.expect("the new database answers");
        Self { db, endpoints, superuser: template.superuser, name }
    }

    /// A database without any of our tables, roles prepared: for tests of the migrations.
    pub async fn empty() -> Self {
        let template = server::template().await;
        let name = format!("empty_{}", crate::ids().uuid().simple());
        let mut connection = template.superuser.connect().await.expect("the test server answers");
        server::run(&mut connection, &format!("create database {name} template template0 encoding 'UTF8'")).await;
        connection.close().await.expect("closed");
        let endpoints = Endpoints::from_login(&template.superuser.clone().database(&name));
        roles::prepare(&endpoints).await.expect("a superuser may prepare a database");
        let db = Db::connect(&endpoints, PoolSizes { api: 1, worker: 1, publishing: 1, reading: 1 })
            .await
            .expect("connected");
        Self { db, endpoints, superuser: template.superuser, name }
    }

    /// Where this database is.
    pub const fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Its name on the test server.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A superuser's connection: sees every organization, and may break every rule.
    pub async fn owner(&self) -> PgConnection {
        self.superuser.clone().database(&self.name).connect().await.expect("the test database answers")
    }

    /// A bare connection as `rookery_api` that has not said for whom it asks.
    pub async fn as_api(&self) -> PgConnection {
        self.endpoints.api.connect().await.expect("the test database answers")
    }

    /// A bare connection as `rookery_worker` that has not said for whom it asks.
    pub async fn as_worker(&self) -> PgConnection {
        self.endpoints.worker.connect().await.expect("the test database answers")
    }

    /// The enums of a schema with their labels, both in order, so that a crate can compare its own.
    pub async fn enums(&self, schema: &str) -> Vec<(String, Vec<String>)> {
        let sql = "select t.typname::text, array_agg(e.enumlabel::text order by e.enumsortorder)
             from pg_enum e join pg_type t on t.oid = e.enumtypid join pg_namespace n on n.oid = t.typnamespace
             where n.nspname = $1 group by t.typname order by t.typname::text collate \"C\"";
        sqlx::query_as(sql).bind(schema).fetch_all(&mut self.owner().await).await.expect("the catalog answers")
    }

    /// An organization with its owner, in plain SQL.
    pub async fn organization(&self) -> TestOrg {
        TestOrg::create(self).await
    }
}

impl Drop for TestDb {
    /// Best effort: a leftover goes with the server.
    fn drop(&mut self) {
        let superuser = self.superuser.clone();
        let sql = format!("drop database if exists {} with (force)", self.name);
        // This thread may belong to a run time, which must not be blocked on; a fresh one may.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut connection = superuser.connect().await?;
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
                connection.close().await
            })?;
            Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
        });
        dropping.join().ok();
    }
}
