//! Every enum of the database has its type in Rust. The labels are compared where the types live.

use std::path::{Path, PathBuf};

use rookery_testkit::TestDb;

use crate::catalog::OURS;

#[tokio::test]
async fn every_enum_has_a_type() {
    let sql = "select n.nspname || '.' || t.typname from pg_type t join pg_namespace n on n.oid = t.typnamespace
               where t.typtype = 'e' and n.nspname ~ $1 order by 1";
    let db = TestDb::new().await;
    let enums: Vec<String> =
        sqlx::query_scalar(sql).bind(OURS).fetch_all(&mut db.owner().await).await.expect("the catalog answers");
    let mut code = String::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), &mut code);
    let missing: Vec<_> = enums.iter().filter(|name| !code.contains(&format!("\"{name}\""))).collect();
    println!("{} enums", enums.len());
    assert!(enums.len() > 60 && missing.is_empty(), "{} enums, without a type: {missing:?}", enums.len());
}

/// The sources of all crates, tests left out.
fn read(folder: &Path, code: &mut String) {
    let entries = std::fs::read_dir(folder).expect("a folder of the workspace");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            if !path.ends_with("tests") && !path.ends_with("target") {
                read(&path, code);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            code.push_str(&std::fs::read_to_string(&path).expect("a source file"));
        }
    }
}
