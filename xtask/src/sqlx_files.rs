//! The descriptions of all checked queries in `.sqlx`, from which builds without a database work.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context as _, Result, bail, ensure};
use rookery_db::migrate;
use serde_json::Value;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection, SqlSafeStr as _};

use crate::cluster::TestCluster;

/// Compiles everything against a freshly migrated database; the macros write a file per query.
pub async fn write() -> Result<()> {
    let cluster = migrated().await?;
    let folder = crate::root().join(".sqlx");
    std::fs::create_dir_all(&folder)?;
    // Written beside the committed files first: a build that fails leaves those as they are.
    let fresh = tempfile::Builder::new().prefix(".sqlx-").tempdir_in(crate::root())?;
    touch_crates()?;
    let mut command = Command::new("cargo");
    command
        .args(["check", "--workspace", "--all-targets"])
        .env("DATABASE_URL", cluster.url("rookery"))
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", fresh.path())
        .current_dir(crate::root());
    let status = tokio::task::spawn_blocking(move || command.status()).await??;
    cluster.stop().await;
    ensure!(status.success(), "not every query compiles; .sqlx is unchanged");
    let (old, new) = (files(&folder)?, files(fresh.path())?);
    for path in &old {
        std::fs::remove_file(path)?;
    }
    for path in &new {
        std::fs::copy(path, folder.join(path.file_name().context("a file has a name")?))?;
    }
    // What was compiled against the database is not what a build without one compiles.
    touch_crates()?;
    println!("{} queries described in .sqlx ({} before)", new.len(), old.len());
    Ok(())
}

/// Describes every committed query again and compares: the cost of a few hundred round trips, no build. (That
/// every query of the code has its file is shown by the build itself, which has no database.)
pub async fn check() -> Result<()> {
    let cluster = migrated().await?;
    let mut connection = cluster.endpoints().owner.connect().await?;
    let paths = files(&crate::root().join(".sqlx"))?;
    let mut stale = Vec::new();
    for path in &paths {
        if let Some(problem) = compare(&mut connection, path).await? {
            stale.push(format!("{}: {problem}", path.file_name().unwrap_or_default().display()));
        }
    }
    connection.close().await.ok();
    cluster.stop().await;
    if !stale.is_empty() {
        bail!("stale; run `cargo xtask sqlx`:\n{}", stale.join("\n"));
    }
    println!("{} query descriptions are fresh", paths.len());
    Ok(())
}

async fn compare(connection: &mut PgConnection, path: &Path) -> Result<Option<String>> {
    let committed: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let sql = committed["query"].as_str().context("a description holds its query")?;
    let described = match connection.describe(AssertSqlSafe(sql.to_owned()).into_sql_str()).await {
        Ok(described) => serde_json::to_value(described)?,
        Err(error) => return Ok(Some(format!("{error}\n    {sql}"))),
    };
    Ok((described != committed["describe"]).then(|| format!("types or columns differ\n    {sql}")))
}

async fn migrated() -> Result<TestCluster> {
    let cluster = TestCluster::start().await?;
    migrate::up(&cluster.endpoints().owner, &mut |_| {}).await?;
    Ok(cluster)
}

fn files(folder: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "json") {
            found.insert(path);
        }
    }
    Ok(found)
}

/// Cargo does not know that the macros look at the database; a newer root file makes it compile a crate again.
#[expect(clippy::disallowed_methods, reason = "a file's time, compared by cargo with the real clock")]
fn touch_crates() -> Result<()> {
    let listing = crate::output("git", &["ls-files", "--cached", "--others", "--exclude-standard", "crates", "xtask"])?;
    let roots = ["src/lib.rs", "src/main.rs", "tests/it/main.rs"];
    let is_root = |file: &str| {
        roots.iter().any(|root| file.ends_with(root))
            || (crate::is_rust(file) && (file.contains("/benches/") || file.contains("/tests/")))
    };
    for file in listing.lines().filter(|file| is_root(file)) {
        let path = crate::root().join(file);
        if path.is_file() {
            std::fs::File::options().append(true).open(&path)?.set_modified(SystemTime::now())?;
        }
    }
    Ok(())
}
