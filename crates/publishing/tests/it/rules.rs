//! Rules about the code and the database that no single test would notice.

use std::path::Path;

use rookery_kernel::Platform;
use rookery_publishing::{Event, PublicationStatus, Schedule};
use sqlx::error::DatabaseError;

use crate::world::World;

/// PUB-46: the engine reads declarations and knows no network by name.
#[test]
fn the_engine_names_no_network() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for folder in ["engine", "attempt", "publication"] {
        for file in std::fs::read_dir(source.join(folder)).expect("a folder of sources") {
            let path = file.expect("an entry").path();
            let text = std::fs::read_to_string(&path).expect("a source file").to_lowercase();
            for platform in Platform::ALL {
                // `Threads` is also a word of the language's libraries; its label stands as a path.
                let names = [format!("platform::{}", platform.label()), format!("\"{}\"", platform.label())];
                let found = names.iter().find(|name| text.contains(name.as_str()));
                assert_eq!(found, None, "{} names a network", path.display());
                let is_word = platform != Platform::Threads && text.contains(platform.label());
                assert!(!is_word, "{} names {}", path.display(), platform.label());
            }
        }
    }
}

/// PUB-28: a plain UPDATE that skips the table is refused by the database itself.
#[tokio::test]
async fn the_database_refuses_what_the_table_does_not_have() {
    let w = World::new().await;
    let a = w.account("ann").await;
    w.post("hi", &[a.id], Schedule::At(w.now() + std::time::Duration::from_secs(60))).await;
    for from in PublicationStatus::ALL {
        for to in PublicationStatus::ALL.into_iter().filter(|to| *to != from) {
            let in_table = Event::ALL.iter().any(|e| from.after(*e) == Some(to));
            let mut owner = w.test.owner().await;
            // Put it there without the guard, then try the step with it.
            let put = format!(
                "set session_replication_role = replica;
                 update publishing.post_publications set status = '{}', platform_post_id = 'x',
                        lease_expires_at = now(), scheduled_for = now();
                 set session_replication_role = origin",
                from.label()
            );
            sqlx::raw_sql(sqlx::AssertSqlSafe(put)).execute(&mut owner).await.expect("forced");
            let step = format!("update publishing.post_publications set status = '{}'", to.label());
            let result = sqlx::raw_sql(sqlx::AssertSqlSafe(step)).execute(&mut owner).await;
            match result {
                Ok(_) => {
                    // The guard allows one more: a retrying one that is planned anew.
                    let known = (from, to) == (PublicationStatus::Retrying, PublicationStatus::Scheduled);
                    assert!(in_table || known, "{from:?} → {to:?} passed");
                }
                Err(error) => {
                    assert!(!in_table, "{from:?} → {to:?}: {error}");
                    let code = error.as_database_error().and_then(DatabaseError::code);
                    assert_eq!(code.as_deref(), Some("RK001"));
                }
            }
        }
    }
}
