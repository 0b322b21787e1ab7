//! Numbers of pages and members.

use rookery_platforms::{Basis, Connector as _, ErrorType, LinkedIn};
use serde_json::{Value, json};

use super::{MEMBER, PAGE};
use crate::fake::{Fake, Reply, http};

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

fn denied() -> Reply {
    Reply::json(403, &json!({"status": 403, "code": "ACCESS_DENIED", "message": "Not enough permissions"}))
}

const SHARES: &str = "/rest/organizationalEntityShareStatistics";

#[tokio::test]
async fn posts_without_traffic_are_not_reported_and_kinds_of_posts_fail_alone() {
    let fake = Fake::start().await;
    let known = json!({
        "results": {"urn:li:share:2": {"id": "urn:li:share:2"}},
        "statuses": {"urn:li:share:2": 200, "urn:li:share:4": 404},
    });
    fake.on("GET", SHARES, Reply::fixture("linkedin/share_statistics"))
        .on("GET", SHARES, Reply::json(500, &json!({"status": 500, "message": "x"})))
        .on("GET", "/rest/posts", Reply::json(200, &known));
    let today = "2026-03-02".parse().expect("a date");
    let wanted = ids(&[
        "urn:li:share:1",
        "urn:li:ugcPost:3",
        "urn:li:share:2",
        "urn:li:share:4",
        "urn:li:comment:(urn:li:activity:1,2)",
    ]);
    let batch = LinkedIn::new(http()).content_metrics(&fake.access(PAGE), &wanted, today).await.expect("numbers");
    let asked = fake.asked();
    assert_eq!(asked[0].query["shares"], "List(urn:li:share:1,urn:li:share:2,urn:li:share:4)");
    assert_eq!(asked[1].query["ugcPosts"], "List(urn:li:ugcPost:3)");
    assert_eq!(asked[2].query["ids"], "List(urn:li:share:2,urn:li:share:4)", "those left out are asked for by name");
    let row = &batch.rows[0];
    assert_eq!((row.impressions, row.reach, row.clicks), (Some(5_000_000_000), Some(2_550), Some(109)));
    assert_eq!((row.reactions, row.comments, row.shares, row.saves), (Some(70), Some(3), Some(2), None));
    assert_eq!((row.basis, &row.extra), (Basis::Lifetime, &json!({"engagement": 0.0078})));
    let silent = &batch.rows[1];
    assert_eq!((silent.external_id.as_str(), silent.impressions, silent.reactions), ("urn:li:share:2", None, None));
    let failed: Vec<_> = batch.failures.iter().map(|f| (f.external_id.as_str(), f.error.kind)).collect();
    let comment = "urn:li:comment:(urn:li:activity:1,2)";
    let expected = [
        ("urn:li:ugcPost:3", ErrorType::Transient),
        ("urn:li:share:4", ErrorType::NotFound),
        (comment, ErrorType::BadRequest),
    ];
    assert_eq!((failed.as_slice(), batch.rows.len()), (&expected[..], 2));
}

#[tokio::test]
async fn days_of_a_page_are_put_together_and_gaps_stay_gaps() {
    let fake = Fake::start().await;
    fake.on("GET", SHARES, Reply::fixture("linkedin/share_days"))
        .on("GET", "/rest/organizationalEntityFollowerStatistics", Reply::fixture("linkedin/follower_days"))
        .on("GET", "/rest/organizationPageStatistics", denied())
        .on(
            "GET",
            "/rest/networkSizes/urn%3Ali%3Aorganization%3A5515715",
            Reply::json(200, &json!({"firstDegreeSize": 900})),
        );
    let (from, to) = ("2026-02-26".parse().expect("a date"), "2026-02-27".parse().expect("a date"));
    let days = LinkedIn::new(http()).account_metrics(&fake.access(PAGE), from, to).await.expect("numbers");
    let intervals = "(timeRange:(start:1772064000000,end:1772236800000),timeGranularityType:DAY)";
    assert_eq!(fake.asked()[0].query["timeIntervals"], intervals);
    assert_eq!(days.len(), 2);
    assert_eq!(
        (days[0].impressions, days[0].reach, days[0].engagements),
        (Some(50), Some(25), Some(4)),
        "corrections may be negative"
    );
    assert_eq!((days[0].followers_gained, days[0].followers_lost), (Some(0), Some(2)));
    assert_eq!((days[1].followers_gained, days[1].followers_lost), (Some(7), Some(0)));
    assert_eq!((days[1].reach, days[1].engagements, days[1].profile_views), (None, None, None));
    assert!(days.iter().all(|d| d.followers.is_none()), "today's total does not belong to days long past");
}

#[tokio::test]
async fn a_members_numbers_come_one_kind_at_a_time() {
    const PATH: &str = "/rest/memberCreatorPostAnalytics";
    let fake = Fake::start().await;
    let count = |n: i64| Reply::json(200, &json!({"elements": [{"count": n, "metricType": "x"}]}));
    fake.on("GET", PATH, count(1_000))
        .on("GET", PATH, count(700))
        .on("GET", PATH, count(30))
        .on("GET", PATH, Reply::json(200, &json!({"elements": []})))
        .on("GET", PATH, count(0))
        .on("GET", PATH, Reply::json(400, &json!({"status": 400, "code": "ILLEGAL_ARGUMENT", "message": "POST_SAVE"})));
    let today = "2026-03-02".parse().expect("a date");
    let linkedin = LinkedIn::new(http());
    let batch =
        linkedin.content_metrics(&fake.access(MEMBER), &ids(&["urn:li:ugcPost:1"]), today).await.expect("numbers");
    let row = &batch.rows[0];
    assert_eq!((row.impressions, row.reach, row.reactions), (Some(1_000), Some(700), Some(30)));
    assert_eq!((row.comments, row.shares, row.saves), (None, Some(0), None));
    assert_eq!(batch.unsupported, ["POST_SAVE"]);
    let asked = fake.asked();
    assert_eq!(
        (asked[0].query["entity"].as_str(), asked[0].query["queryType"].as_str()),
        ("(ugc:urn:li:ugcPost:1)", "IMPRESSION")
    );

    let dead = Fake::start().await;
    dead.on("GET", PATH, Reply::json(401, &json!({"status": 401, "serviceErrorCode": 65_601, "message": "revoked"})));
    let result =
        linkedin.content_metrics(&dead.access(MEMBER), &ids(&["urn:li:share:1", "urn:li:share:2"]), today).await;
    assert_eq!((result.expect_err("the token").kind, dead.asked().len()), (ErrorType::TokenExpired, 1));
}

#[tokio::test]
async fn a_members_days_are_those_that_were_told() {
    const PATH: &str = "/rest/memberCreatorPostAnalytics";
    let fake = Fake::start().await;
    let day =
        |day: u32, count: i64| json!({"count": count, "dateRange": {"start": {"day": day, "month": 3, "year": 2026}}});
    let list = |rows: &[Value]| Reply::json(200, &json!({ "elements": rows }));
    fake.on("GET", PATH, list(&[day(1, 40), day(5, 1)]))
        .on("GET", PATH, list(&[day(1, 3)]))
        .on("GET", PATH, list(&[day(1, 2)]))
        .on("GET", PATH, list(&[]))
        .on("GET", "/rest/memberFollowersCount", list(&[json!({"memberFollowersCount": 812})]));
    let (from, to) = ("2026-02-28".parse().expect("a date"), "2026-03-01".parse().expect("a date"));
    let days = LinkedIn::new(http()).account_metrics(&fake.access(MEMBER), from, to).await.expect("numbers");
    assert_eq!(days.len(), 1, "days that were not told, or not asked for, are not invented");
    assert_eq!((days[0].impressions, days[0].engagements, days[0].followers), (Some(40), Some(5), Some(812)));
    assert_eq!(days[0].extra, json!({"reaction": 3, "comment": 2}));
    let range = "(start:(day:28,month:2,year:2026),end:(day:2,month:3,year:2026))";
    assert_eq!(fake.asked()[0].query["dateRange"], range);
}
