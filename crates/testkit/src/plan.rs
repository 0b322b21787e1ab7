//! What PostgreSQL did for the statements that ran: the plan of the very statement, with the rows it touched.
//!
//! The server explains itself: `auto_explain`, loaded for one database, sends the plan of each statement as a
//! notice to the session that ran it. Nothing is copied into a test, and the statement runs as the role and for
//! the organization it always runs for.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use rookery_db::{Db, PoolSizes};
use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::database::TestDb;
use crate::server;

/// Where the driver repeats the server's notices.
const NOTICES: &str = "sqlx::postgres::notice";

/// How a prepared statement is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanCache {
    /// Anew for the values at hand, as in the first runs of a connection.
    Custom,
    /// Once for all values, as the server may do from the sixth run on.
    Generic,
}

impl TestDb {
    /// The same database through new connections that tell the plan of every statement.
    ///
    /// The server needs its `auto_explain`, which comes with PostgreSQL.
    pub async fn explaining(&self, cache: PlanCache) -> Db {
        let mut owner = self.owner().await;
        let mode = match cache {
            PlanCache::Custom => "force_custom_plan",
            PlanCache::Generic => "force_generic_plan",
        };
        // Loaded here as well, so that the server knows the settings' names.
        server::run(&mut owner, "load 'auto_explain'").await;
        let settings = [
            ("session_preload_libraries", "auto_explain"),
            ("auto_explain.log_min_duration", "0"),
            ("auto_explain.log_level", "notice"),
            ("auto_explain.log_format", "json"),
            ("auto_explain.log_analyze", "on"),
            ("auto_explain.log_timing", "off"),
            ("plan_cache_mode", mode),
        ];
        for (name, value) in settings {
            server::run(&mut owner, &format!("alter database {} set {name} = '{value}'", self.name())).await;
        }
        Db::connect(self.endpoints(), PoolSizes { api: 1, worker: 1, publishing: 1, reading: 1 })
            .await
            .expect("the database answers")
    }
}

/// Collects the plans of this thread's statements while it lives.
#[derive(Debug)]
pub struct Plans {
    notices: Arc<Mutex<Vec<String>>>,
    _guard: tracing::subscriber::DefaultGuard,
}

impl Plans {
    /// Begins to listen. The test must run on one thread, as `#[tokio::test]` does.
    pub fn listen() -> Self {
        let notices = Arc::new(Mutex::new(Vec::new()));
        let guard = tracing::subscriber::set_default(Listener(Arc::clone(&notices)));
        Self { notices, _guard: guard }
    }

    /// The plans of the statements since the last call that read a table of ours, in order.
    pub fn take(&self) -> Vec<Plan> {
        let notices = std::mem::take(&mut *self.notices.lock().expect("no holder of this lock panics"));
        notices
            .iter()
            .filter_map(|notice| Some(&notice[notice.find('{')?..]))
            .map(|json| Plan(serde_json::from_str(json).expect("auto_explain was told to write JSON")))
            // What reads the catalog only is the driver asking for types.
            .filter(|plan| plan.relations().iter().any(|relation| !relation.starts_with("pg_")))
            .collect()
    }
}

/// The plan of one statement that has run.
#[derive(Debug, Clone)]
pub struct Plan(Value);

impl Plan {
    /// The statement as the server received it.
    pub fn statement(&self) -> &str {
        self.0["Query Text"].as_str().unwrap_or_default()
    }

    /// The tables that were read, by name.
    pub fn relations(&self) -> BTreeSet<String> {
        self.scans().iter().filter_map(|scan| text(scan, "Relation Name")).collect()
    }

    /// The tables that were read from end to end. A part of the plan that never ran read nothing.
    pub fn read_whole(&self) -> BTreeSet<String> {
        let whole = |scan: &&Value| scan["Node Type"] == "Seq Scan" && scan["Actual Loops"].as_f64() != Some(0.0);
        self.scans().into_iter().filter(whole).filter_map(|scan| text(scan, "Relation Name")).collect()
    }

    /// The indexes that were used, by name.
    pub fn indexes(&self) -> BTreeSet<String> {
        self.scans().iter().filter_map(|scan| text(scan, "Index Name")).collect()
    }

    /// Rows and index entries that scans met, whether they were wanted or not, over all loops.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, rounded up")]
    pub fn rows_touched(&self) -> u64 {
        let parts = ["Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck"];
        let of = |scan: &&Value| {
            let rows: f64 = parts.iter().filter_map(|part| scan[*part].as_f64()).sum();
            // The server tells averages over the loops.
            rows * scan["Actual Loops"].as_f64().unwrap_or(1.0)
        };
        self.scans().iter().map(of).sum::<f64>().ceil() as u64
    }

    /// The nodes that read a table or an index.
    fn scans(&self) -> Vec<&Value> {
        let mut found = Vec::new();
        let mut open = vec![&self.0["Plan"]];
        while let Some(node) = open.pop() {
            if node.get("Relation Name").is_some() || node.get("Index Name").is_some() {
                found.push(node);
            }
            open.extend(node["Plans"].as_array().into_iter().flatten());
        }
        found
    }
}

impl std::fmt::Display for Plan {
    /// The statement and its nodes, one a line, children indented.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.statement())?;
        let mut open = vec![(0, &self.0["Plan"])];
        while let Some((depth, node)) = open.pop() {
            write!(f, "{:depth$}", "")?;
            for key in ["Node Type", "Relation Name", "Index Name", "Index Cond", "Filter"] {
                if let Some(value) = node[key].as_str() {
                    write!(f, "{value}  ")?;
                }
            }
            for key in ["Actual Rows", "Rows Removed by Filter", "Actual Loops"] {
                if let Some(value) = node.get(key) {
                    write!(f, "{}: {value}  ", key.to_lowercase())?;
                }
            }
            writeln!(f)?;
            open.extend(node["Plans"].as_array().into_iter().flatten().rev().map(|child| (depth + 2, child)));
        }
        Ok(())
    }
}

fn text(node: &Value, key: &str) -> Option<String> {
    node[key].as_str().map(str::to_owned)
}

/// Keeps the driver's notices and nothing else.
struct Listener(Arc<Mutex<Vec<String>>>);

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == NOTICES
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        if event.metadata().target() == NOTICES {
            event.record(&mut Message(&self.0));
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Message<'a>(&'a Mutex<Vec<String>>);

impl Visit for Message<'_> {
    fn record_str(&mut self, _: &Field, value: &str) {
        self.0.lock().expect("no holder of this lock panics").push(value.to_owned());
    }

    fn record_debug(&mut self, _: &Field, value: &dyn std::fmt::Debug) {
        self.0.lock().expect("no holder of this lock panics").push(format!("{value:?}"));
    }
}
