//! The words of this crate are those of the database, in its order.

use rookery_strategy::{
    ApprovalMode, ChangeOrigin, FindingKind, FindingSeverity, GenerationKind, GenerationStatus, RecommendationStatus,
    SeriesCadence, SeriesStatus, StartupStage, StrategyStatus,
};
use rookery_testkit::TestDb;

macro_rules! ours {
    ($($name:ident = $sql:literal),+ $(,)?) => {
        vec![$(($sql.to_owned(), $name::ALL.iter().map(|v| v.label().to_owned()).collect::<Vec<_>>())),+]
    };
}

#[tokio::test]
async fn every_enum_of_the_schema_has_its_type() {
    let stored = TestDb::new().await.enums("strategy").await;
    let ours = ours![
        ApprovalMode = "approval_mode",
        ChangeOrigin = "change_origin",
        FindingKind = "finding_kind",
        FindingSeverity = "finding_severity",
        GenerationKind = "generation_kind",
        GenerationStatus = "generation_status",
        RecommendationStatus = "recommendation_status",
        SeriesCadence = "series_cadence",
        SeriesStatus = "series_status",
        StartupStage = "startup_stage",
        StrategyStatus = "strategy_status",
    ];
    assert_eq!(ours, stored);
}
