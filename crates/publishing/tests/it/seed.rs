//! The example data as the engine and the pages meet it.

use rookery_publishing::{PublicationStatus, Reason};

use crate::world::{World, mins};

async fn seeded() -> World {
    let w = World::new().await;
    let mut tx = w.test.db.org(&w.scope).await.expect("begun");
    rookery_db::seed::run(&mut tx, "2026-03-02").await.expect("seeded");
    tx.commit().await.expect("committed");
    w
}

const VERSIONS: &str = "select xmin::text || ' ' || id || ' ' || status from publishing.post_publications order by id";

async fn versions(w: &World) -> Vec<String> {
    sqlx::query_scalar(VERSIONS).fetch_all(&mut w.test.owner().await).await.expect("readable")
}

#[tokio::test]
async fn nothing_of_the_examples_is_ever_due() {
    let w = seeded().await;
    let before = versions(&w).await;
    assert_eq!(before.len(), 4);
    // Now, three hours later, after the planned hour of the thread, a month later.
    for later in [0, 3 * 60, 30 * 60, 30 * 24 * 60] {
        w.clock.advance(mins(later));
        w.run().await;
        assert_eq!(versions(&w).await, before, "after {later} minutes");
        let sends = "select count(*) from jobs.jobs where kind in ('publishing.publish_publication', 'publishing.reconcile_publication')";
        assert_eq!(w.number(sends).await, 0, "after {later} minutes");
    }
    assert!(w.net.posts().is_empty() && w.other.posts().is_empty());
    let swept = "select count(*) from jobs.jobs where kind = 'publishing.sweep_due' and state = 'succeeded'";
    assert!(w.number(swept).await > 0, "the sweeper looked");
}

#[tokio::test]
async fn the_examples_have_a_receipt_and_a_reason_each() {
    let w = seeded().await;
    let ids: Vec<(rookery_kernel::PublicationId, String)> =
        sqlx::query_as("select id, idempotency_key from publishing.post_publications")
            .fetch_all(&mut w.test.owner().await)
            .await
            .expect("readable");
    for (id, key) in ids {
        let receipt = w.publishing.publication(&w.scope, id).await.expect("a receipt");
        let expected = match key.as_str() {
            "seed-linkedin" => PublicationStatus::Published,
            "seed-thread" => PublicationStatus::Draft,
            "seed-evening" => PublicationStatus::Failed,
            _ => PublicationStatus::Cancelled,
        };
        assert_eq!(receipt.publication.status, expected, "{key}");
        assert!(!receipt.story.is_empty());
        if expected == PublicationStatus::Published {
            let at = receipt.publication.published_at.expect("published");
            assert_eq!(receipt.reason, Reason::Published { at });
            assert_eq!(receipt.story.last().map(|l| l.headline.as_str()), Some("LinkedIn confirmed it."));
        }
    }
}
