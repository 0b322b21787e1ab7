//! What the compiler does not see: who may know whom, where SQL lives, what is never committed.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

/// Which of our crates a crate may use, besides what it may use through them. Arrows point down only; a new one
/// is a decision, made here.
const ARROWS: &[(&str, &[&str])] = &[
    ("kernel", &[]),
    ("sheet", &["kernel"]),
    ("mail", &[]),
    ("db", &["kernel"]),
    ("platforms", &["kernel"]),
    ("media", &["kernel", "platforms"]),
    ("sandbox", &["kernel"]),
    ("jobs", &["kernel", "db"]),
    ("governance", &["kernel", "db", "jobs"]),
    ("identity", &["kernel", "db", "jobs", "governance"]),
    ("accounts", &["kernel", "db", "jobs", "platforms", "governance", "identity"]),
    ("publishing", &["kernel", "sheet", "db", "jobs", "platforms", "media", "governance", "identity", "accounts"]),
    (
        "analytics",
        &["kernel", "sheet", "mail", "db", "jobs", "platforms", "governance", "identity", "accounts", "publishing"],
    ),
    ("engagement", &["kernel", "db", "jobs", "platforms", "governance", "identity", "accounts"]),
    ("learning", &["kernel", "db", "jobs", "governance", "identity", "analytics", "engagement"]),
    (
        "strategy",
        &[
            "kernel",
            "db",
            "jobs",
            "governance",
            "identity",
            "accounts",
            "publishing",
            "analytics",
            "engagement",
            "learning",
        ],
    ),
    (
        "web",
        &[
            "kernel",
            "sheet",
            "mail",
            "db",
            "jobs",
            "platforms",
            "media",
            "governance",
            "identity",
            "accounts",
            "publishing",
            "analytics",
            "engagement",
            "learning",
            "strategy",
        ],
    ),
    (
        "rookery",
        &[
            "kernel",
            "sheet",
            "mail",
            "db",
            "jobs",
            "platforms",
            "media",
            "sandbox",
            "governance",
            "identity",
            "accounts",
            "publishing",
            "analytics",
            "engagement",
            "learning",
            "strategy",
            "web",
        ],
    ),
    ("testkit", &["kernel", "db"]),
];
/// Only tests use these, and any test may.
const FOR_TESTS: &[&str] = &["testkit", "sandbox", "platforms"];
/// A test crate of whole journeys: knows everybody.
const KNOWS_ALL: &[&str] = &["e2e", "xtask"];
/// Crates whose business is SQL.
const SQL_CRATES: &[&str] = &["db", "jobs", "testkit"];
/// Longer files are named, not refused.
const LONG: usize = 500;

pub fn check() -> Result<()> {
    let mut problems = Vec::new();
    let metadata: Value =
        serde_json::from_str(&crate::output("cargo", &["metadata", "--no-deps", "--format-version", "1"])?)?;
    arrows(&metadata, &mut problems)?;
    lints(&metadata, &mut problems)?;
    let mut long = Vec::new();
    let listing = crate::output("git", &["ls-files", "--cached", "--others", "--exclude-standard"])?;
    let mut count = 0;
    for file in listing.lines() {
        // Binary files and links to folders are not text.
        let Ok(text) = std::fs::read_to_string(crate::root().join(file)) else { continue };
        count += 1;
        machine_paths(file, &text, &mut problems);
        if crate::is_rust(file) {
            rust(file, &text, &mut problems);
            links(file, &text, &mut problems);
            let lines = text.lines().count();
            if lines > LONG {
                long.push(format!("{file}: {lines} lines"));
            }
        }
    }
    for file in &long {
        eprintln!("tidy: long file, consider a cut: {file}");
    }
    if !problems.is_empty() {
        bail!("not tidy:\n{}", problems.join("\n"));
    }
    println!("tidy: {count} files, {} long", long.len());
    Ok(())
}

fn short(package: &str) -> &str {
    package.strip_prefix("rookery-").unwrap_or(package)
}

fn packages(metadata: &Value) -> Result<&Vec<Value>> {
    metadata["packages"].as_array().context("cargo metadata lists packages")
}

fn arrows(metadata: &Value, problems: &mut Vec<String>) -> Result<()> {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let ours: Vec<&str> = packages(metadata)?.iter().filter_map(|p| p["name"].as_str()).collect();
    for package in packages(metadata)? {
        let full = package["name"].as_str().unwrap_or_default();
        let name = short(full);
        if KNOWS_ALL.contains(&name) {
            continue;
        }
        let Some(may) = allowed.get(name) else {
            problems.push(format!("{full}: not in the table of arrows in xtask/src/tidy.rs"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let other = dependency["name"].as_str().unwrap_or_default();
            let is_dev = dependency["kind"] == "dev";
            let is_ours = ours.contains(&other);
            let fine = may.contains(&short(other)) || (is_dev && (FOR_TESTS.contains(&short(other)) || other == full));
            if is_ours && !fine {
                problems.push(format!("{full} → {other}: this arrow is not allowed"));
            }
        }
    }
    Ok(())
}

fn lints(metadata: &Value, problems: &mut Vec<String>) -> Result<()> {
    for package in packages(metadata)? {
        let manifest = package["manifest_path"].as_str().context("a package has a manifest")?;
        let text = std::fs::read_to_string(manifest)?;
        if !text.contains("[lints]\nworkspace = true") {
            problems.push(format!("{}: [lints] workspace = true is missing", relative(manifest)));
        }
    }
    Ok(())
}

/// Checked queries need the type mapping beside their crate's manifest.
fn links(file: &str, text: &str, problems: &mut Vec<String>) {
    let Some(name) = file.strip_prefix("crates/").and_then(|rest| rest.split('/').next()) else { return };
    let link = crate::root().join("crates").join(name).join("sqlx.toml");
    if ["query!(", "query_as!(", "query_scalar!("].iter().any(|word| text.contains(word)) && !link.exists() {
        problems.push(format!("{file}: checked queries, but no link to sqlx.toml in crates/{name}"));
    }
}

fn relative(path: &str) -> String {
    Path::new(path).strip_prefix(crate::root()).unwrap_or_else(|_| Path::new(path)).display().to_string()
}

/// The folders of whoever wrote it mean nothing to anybody else.
fn machine_paths(file: &str, text: &str, problems: &mut Vec<String>) {
    // Put together here, or this file would find itself.
    let home = ["/wo", "rk/"].concat();
    let root = ["/ro", "ot/"].concat();
    for (number, line) in text.lines().enumerate() {
        if [&home, &root].iter().any(|path| names_path(line, path)) {
            problems.push(format!("{file}:{}: a path of somebody's machine", number + 1));
        }
    }
}

/// Whether the path stands there by itself, not inside a longer one or an address.
fn names_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '.' | '-' | '_' | '}' | '/' | '*'))
    })
}

fn rust(file: &str, text: &str, problems: &mut Vec<String>) {
    let is_test = ["/tests/", "/benches/", "/examples/", "/e2e/"].iter().any(|folder| file.contains(folder));
    let is_xtask = file.starts_with("xtask/");
    let name = Path::new(file).file_name().and_then(|n| n.to_str()).unwrap_or_default();
    let crate_name = file.strip_prefix("crates/").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let sql_is_fine = is_test
        || is_xtask
        || SQL_CRATES.contains(&crate_name)
        || ["store.rs", "queries.rs", "testing.rs"].iter().any(|end| name.ends_with(end))
        || file.contains("/store/")
        || file.contains("/queries/");
    // Test modules stand at the end of a file.
    let own = text.split("#[cfg(test)]").next().unwrap_or_default();
    for (number, line) in own.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        let mut problem = |what: &str| problems.push(format!("{file}:{}: {what}", number + 1));
        if !sql_is_fine && SQL_WORDS.iter().any(|word| code.contains(word)) {
            problem("SQL lives in store.rs or queries.rs");
        }
        if is_xtask {
            continue;
        }
        for word in ["todo!(", "unimplemented!(", "dbg!("] {
            if code.contains(word) {
                problem(&format!("{word}…) is not for keeping"));
            }
        }
        if !is_test && name != "testing.rs" && crate_name != "testkit" && code.contains(".unwrap()") {
            problem("unwrap; use ? or an expect that says why it cannot happen");
        }
    }
}

const SQL_WORDS: &[&str] = &[
    "query!(",
    "query_as!(",
    "query_scalar!(",
    "query_file!(",
    "sqlx::query(",
    "sqlx::query_as(",
    "sqlx::query_as::<",
    "sqlx::query_scalar(",
    "sqlx::query_scalar::<",
    "sqlx::raw_sql(",
    "QueryBuilder::new(",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn found(file: &str, text: &str) -> usize {
        let mut problems = Vec::new();
        rust(file, text, &mut problems);
        machine_paths(file, text, &mut problems);
        problems.len()
    }

    #[test]
    fn sql_is_found_where_it_does_not_belong() {
        let text = "let x = sqlx::query!(\"select 1\");";
        assert_eq!(found("crates/publishing/src/post/ops.rs", text), 1);
        assert_eq!(found("crates/publishing/src/post/store.rs", text), 0);
        assert_eq!(found("crates/jobs/src/claim.rs", text), 0);
        assert_eq!(found("crates/publishing/tests/it/main.rs", text), 0);
        assert_eq!(found("crates/publishing/src/lib.rs", "// sqlx::query!(…) is explained here"), 0);
    }

    #[test]
    fn forbidden_words_are_found_outside_tests() {
        assert_eq!(found("crates/web/src/a.rs", "x.unwrap()"), 1);
        assert_eq!(found("crates/web/src/a.rs", "#[cfg(test)]\nmod tests { x.unwrap() }"), 0);
        assert_eq!(found("crates/web/src/a.rs", &["to", "do!()"].concat()), 1);
    }

    #[test]
    fn paths_of_a_machine_are_found() {
        let work = ["/wo", "rk/"].concat();
        assert_eq!(found("README.md", &format!("see {work}main")), 1);
        assert_eq!(found("README.md", &format!("https://example.com{work}main")), 0);
    }

    #[test]
    fn arrows_point_down_only() {
        let order: Vec<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
        for (name, may) in ARROWS {
            let own = order.iter().position(|n| n == name);
            for other in *may {
                let below = order.iter().position(|n| n == other);
                assert!(below.is_some() && below < own, "{name} → {other}");
            }
        }
    }
}
