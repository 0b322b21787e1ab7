//! The words of this crate are those of the database, in its order.

use rookery_publishing::{
    AssetPurpose, AssetStatus, EventStatus, EventType, MediaType, PriorityLevel, ProcessingState, ReviewAction,
    ReviewStatus, ScheduleType,
};
use rookery_testkit::TestDb;

macro_rules! ours {
    ($($name:ident = $sql:literal),+ $(,)?) => {
        vec![$(($sql, $name::ALL.iter().map(|v| v.label()).collect::<Vec<_>>())),+]
    };
}

#[tokio::test]
async fn closed_lists_are_those_of_the_schema() {
    let stored = TestDb::new().await.enums("publishing").await;
    let ours = ours![
        AssetPurpose = "asset_purpose",
        AssetStatus = "asset_status",
        EventStatus = "event_status",
        EventType = "event_type",
        MediaType = "media_type",
        PriorityLevel = "priority_level",
        ProcessingState = "processing_state",
        ReviewAction = "review_action",
        ReviewStatus = "review_status",
        ScheduleType = "schedule_type",
    ];
    for (name, labels) in ours {
        let there = stored.iter().find(|(there, _)| there == name).unwrap_or_else(|| panic!("no {name}"));
        assert_eq!(there.1, labels, "{name}");
    }
}
