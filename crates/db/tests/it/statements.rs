//! What a distributed PostgreSQL asks of statements, held against every checked query of the workspace: each tenant
//! table is filtered by its own `organization_id`, no `MERGE`, no clock of the server in `DO UPDATE SET`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::catalog::manifest;

/// Words that can follow a table's name and are no alias.
const KEYWORDS: [&str; 24] = [
    "as",
    "where",
    "set",
    "on",
    "join",
    "left",
    "right",
    "full",
    "cross",
    "inner",
    "order",
    "group",
    "having",
    "limit",
    "select",
    "values",
    "using",
    "for",
    "default",
    "returning",
    "union",
    "and",
    "or",
    "do",
];

/// The words of a statement in lower case; `a.b` is one word.
fn words(sql: &str) -> Vec<String> {
    let cut = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.');
    sql.split(cut).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// What a statement does that it must not.
fn faults(sql: &str, manifest: &BTreeMap<String, &'static str>) -> Vec<String> {
    let words = words(sql);
    let mut faults = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if !matches!(word.as_str(), "from" | "join" | "update" | "using") {
            continue;
        }
        let skip = usize::from(words.get(at + 1).is_some_and(|next| next == "only"));
        let Some(table) = words.get(at + 1 + skip).filter(|table| manifest.get(*table) == Some(&"tenant")) else {
            continue;
        };
        let after = |n: usize| words.get(at + 2 + skip + n).map(String::as_str);
        let alias = match after(0) {
            Some("as") => after(1),
            Some(next) if !KEYWORDS.contains(&next) && !next.contains('.') => Some(next),
            _ => None,
        };
        let name = table.split('.').next_back().unwrap_or_default();
        let own = alias.map_or_else(|| format!("{name}.organization_id"), |alias| format!("{alias}.organization_id"));
        let filtered = words.iter().any(|w| *w == own || alias.is_none() && w == "organization_id");
        if !filtered {
            faults.push(format!("{table} is not filtered by its organization_id"));
        }
    }
    if words.windows(2).any(|pair| pair == ["merge", "into"]) {
        faults.push("MERGE".to_owned());
    }
    let update = words.windows(3).position(|three| three == ["do", "update", "set"]);
    if update.is_some_and(|at| words[at..].iter().any(|w| matches!(w.as_str(), "now" | "clock_timestamp"))) {
        faults.push("the server's clock in DO UPDATE SET".to_owned());
    }
    faults
}

#[test]
fn every_checked_statement_is_ready_for_shards() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.sqlx");
    let manifest = manifest();
    let mut read = 0;
    let mut found = Vec::new();
    for file in std::fs::read_dir(&folder).expect("the descriptions of the checked queries") {
        let text = std::fs::read_to_string(file.expect("an entry").path()).expect("readable");
        let description: Value = serde_json::from_str(&text).expect("JSON");
        let sql = description["query"].as_str().expect("the statement");
        read += 1;
        found.extend(faults(sql, &manifest).into_iter().map(|fault| format!("{fault}:\n{sql}")));
    }
    println!("{read} statements");
    assert!(read > 100, "only {read} statements in {}", folder.display());
    assert!(found.is_empty(), "{}", found.join("\n\n"));
}

#[test]
fn what_is_wrong_is_found() {
    let manifest = manifest();
    let bad = [
        ("select id from publishing.posts where id = $1", "publishing.posts is not filtered by its organization_id"),
        (
            "select p.id from publishing.posts p join accounts.social_accounts as a on a.id = p.author_user_id
             where p.organization_id = $1",
            "accounts.social_accounts is not filtered by its organization_id",
        ),
        (
            "delete from only publishing.media m where m.id = $1",
            "publishing.media is not filtered by its organization_id",
        ),
        ("merge into publishing.posts p using x on p.organization_id = x.o when matched then delete", "MERGE"),
        (
            "insert into publishing.posts (organization_id) values ($1) on conflict (id) do update set updated_at = now()",
            "the server's clock in DO UPDATE SET",
        ),
    ];
    for (sql, fault) in bad {
        assert_eq!(faults(sql, &manifest), [fault], "{sql}");
    }
    let good = "update publishing.posts set title = $2 where organization_id = $1 and id = $3";
    assert_eq!(faults(good, &manifest), Vec::<String>::new());
}
