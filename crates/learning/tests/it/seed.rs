//! The example data as the application reads it.

use std::fmt::Debug;
use std::sync::Arc;

use rookery_governance::table::Record;
use rookery_kernel::Limit;
use rookery_learning::{Adjustment, Experiment, Learning, LearningEvent, RandomizedExperiment, SegmentWeight};
use rookery_testkit::{TestDb, TestOrg};

/// Reads a table, in which every row must hold to the rules.
async fn fine<T: Record + Debug>(learning: &Learning, org: &TestOrg) -> usize {
    let rows = learning.list::<T>(&org.scope, None, Limit::new(100)).await.expect("readable").items;
    for row in &rows {
        assert_eq!(row.check(), [], "{row:?}");
    }
    rows.len()
}

#[tokio::test]
async fn every_example_is_readable_and_holds_to_the_rules() {
    let db = TestDb::new().await;
    let org = db.organization().await;
    let mut tx = db.db.org(&org.scope).await.expect("begun");
    rookery_db::seed::run(&mut tx, "2026-03-02").await.expect("seeded");
    tx.commit().await.expect("committed");
    let learning = Learning::new(db.db.clone(), Arc::new(rookery_testkit::clock()), rookery_testkit::ids());
    assert_eq!(fine::<Experiment>(&learning, &org).await, 3);
    assert_eq!(fine::<SegmentWeight>(&learning, &org).await, 4);
    assert_eq!(fine::<Adjustment>(&learning, &org).await, 2);
    assert_eq!(fine::<LearningEvent>(&learning, &org).await, 2);
    assert_eq!(fine::<RandomizedExperiment>(&learning, &org).await, 5);
}
