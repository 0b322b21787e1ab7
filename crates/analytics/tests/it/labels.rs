//! The words of this crate are those of the database, in its order.

use rookery_analytics::{MatchKind, MetricType, Period, RollupMark, RollupScope, TagSource, TagType};
use rookery_testkit::TestDb;

macro_rules! ours {
    ($($name:ident = $sql:literal),+ $(,)?) => {
        vec![$(($sql, $name::ALL.iter().map(|v| v.label()).collect::<Vec<_>>())),+]
    };
}

#[tokio::test]
async fn closed_lists_are_those_of_the_schema() {
    let stored = TestDb::new().await.enums("analytics").await;
    let ours = ours![
        MatchKind = "match_kind",
        MetricType = "metric_type",
        Period = "period",
        RollupMark = "rollup_mark_kind",
        RollupScope = "rollup_scope",
        TagSource = "tag_source",
        TagType = "tag_type",
    ];
    for (name, labels) in ours {
        let there = stored.iter().find(|(there, _)| there == name).unwrap_or_else(|| panic!("no {name}"));
        assert_eq!(there.1, labels, "{name}");
    }
}
