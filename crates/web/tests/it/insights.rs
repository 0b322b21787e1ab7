//! Briefs and recommendations by the API and on their page.

use std::time::Duration;

use rookery_analytics::{DailyReading, MetricBasis, Numbers};
use rookery_identity::MemberRole;
use rookery_kernel::{AccountId, Date, Platform};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::{Answer, Client};
use crate::house::House;

const GROUP: Uuid = Uuid::from_u128(0xf00d);
const FIGS: Uuid = Uuid::from_u128(0xf16);

fn day(text: &str) -> Date {
    text.parse().expect("a date")
}

/// It is Monday, 10:00 in Berlin. One account with four Mondays at 18:00, two reels that do best and a topic that rises.
async fn furnished() -> (House, AccountId) {
    let house = House::new().await;
    let (account, _) = house.connect(Platform::Mastodon, "bakery").await;
    let organization = house.scope.organization_id.uuid();
    let mut owner = house.test.owner().await;
    for sql in [
        "insert into analytics.page_groups (organization_id, id, name) values ($1, $2, 'food')",
        "insert into analytics.page_group_members (organization_id, group_id, tracked_integration_id)
         select organization_id, $2, id from analytics.tracked_integrations where organization_id = $1",
    ] {
        sqlx::query(sql).bind(organization).bind(GROUP).execute(&mut owner).await.expect("a group");
    }
    sqlx::query("insert into analytics.tags (organization_id, id, key, type) values ($1, $2, 'figs', 'manual')")
        .bind(organization)
        .bind(FIGS)
        .execute(&mut owner)
        .await
        .expect("a tag");
    let mut items: Vec<(&str, u64, &str, i64, &str, bool)> = Vec::new();
    for date in ["2026-02-02", "2026-02-09", "2026-02-16", "2026-02-23"] {
        items.extend([(date, 17 * 60, "post", 30, "Bread", false), (date, 17 * 60 + 20, "post", 30, "Bread", false)]);
    }
    items.push(("2026-02-26", 11 * 60, "reel", 90, "Figs at half past nine are warm. Come! #figs", false));
    items.push(("2026-02-26", 12 * 60, "reel", 80, "Dough", false));
    items.extend([("2026-02-25", 9 * 60, "post", 10, "Figs", true); 2]);
    items.extend([("2026-02-28", 9 * 60, "post", 20, "<b>More</b> figs", true); 4]);
    items.push(("2026-03-01", 8 * 60, "post", 5, "News", false));
    let mut readings = Vec::new();
    for (n, (date, minutes, format, reactions, caption, is_tagged)) in items.into_iter().enumerate() {
        let id = Uuid::from_u128(0xc0de_0000 + n as u128);
        sqlx::query(
            "insert into analytics.content (organization_id, id, integration_id, external_content_id, platform, format,
                                            published_at, caption)
             values ($1, $2, $3, $2::text, 'mastodon', $4::analytics.content_format, $5, $6)",
        )
        .bind(organization)
        .bind(id)
        .bind(account.id.uuid())
        .bind(format)
        .bind(day(date).start_utc() + Duration::from_secs(60 * minutes))
        .bind(caption)
        .execute(&mut owner)
        .await
        .expect("content");
        if is_tagged {
            sqlx::query(
                "insert into analytics.content_tags (organization_id, content_id, tag_id, tag_type, source)
                 values ($1, $2, $3, 'manual', 'user')",
            )
            .bind(organization)
            .bind(id)
            .bind(FIGS)
            .execute(&mut owner)
            .await
            .expect("tagged");
        }
        readings.push(DailyReading {
            account: account.id,
            external_content_id: id.to_string(),
            date: day(date),
            basis: MetricBasis::Lifetime,
            numbers: Numbers { reactions: Some(reactions), reach: Some(1000), ..Numbers::default() },
        });
    }
    house.analytics.store_readings(&house.scope, "test", readings).await.expect("stored");
    house.analytics.rebuild_rollups(&house.scope, |_, _| {}).await.expect("summed");
    (house, account.id)
}

async fn alerts(house: &House, account: AccountId, count: i32) {
    sqlx::query(
        "insert into analytics.alerts (organization_id, id, kind, severity, metric, current_value, previous_value, change_pct,
             threshold_pct, integration_id, title, message, suggestions, period_start, period_end, dedupe_key, created_at)
         select $1, gen_random_uuid(), 'kpi_drop', 'critical', 'reach', 20, 50, -60, 20, $2, 'Alert ' || n, 'Less.', '{Ask}',
                '2026-02-01', '2026-02-07', n::text, timestamptz '2026-02-08T03:00:00Z' + n * interval '1 hour'
         from generate_series(1, $3) as n",
    )
    .bind(house.scope.organization_id.uuid())
    .bind(account.uuid())
    .bind(count)
    .execute(&mut house.test.owner().await)
    .await
    .expect("alerts");
}

fn kinds(brief: &Answer) -> Vec<&str> {
    let all = brief.json["recommendations"].as_array().expect("recommendations");
    all.iter().map(|one| one["kind"].as_str().expect("a kind")).collect()
}

async fn advice(client: &Client) -> Vec<String> {
    let found = client.get("/analytics/recommendations").await.expect(200);
    let all = found.json.as_array().expect("a list").clone();
    all.iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
}

#[tokio::test]
async fn a_brief_is_read_with_what_is_missing() {
    let (house, account) = furnished().await;
    let viewer = house.member(MemberRole::Viewer).await;
    assert_eq!(viewer.get("/analytics/recommendations").await.expect(200).json, json!([]), "nobody asked yet");
    let brief = viewer.get("/analytics/daily-brief").await.expect(200);
    assert_eq!((brief.at("/date"), brief.at("/numbersTo")), ("2026-03-02".into(), "2026-03-01".into()));
    assert_eq!((&brief.json["isComplete"], &brief.json["completeness"]["percent"]), (&json!(false), &json!(0)));
    assert_eq!(brief.at("/completeness/missing/0/integrationId"), account.to_string());
    assert!(brief.at("/completeness/missing/0/reason").contains("first night"), "{}", brief.text);
    assert_eq!(kinds(&brief), ["trend", "format", "timing", "template"]);
    let names: Vec<_> = brief.json["figures"].as_array().expect("figures").iter().map(|f| f["name"].clone()).collect();
    assert_eq!(names, ["reach", "engagement", "engagement_rate", "views", "followers", "posts"]);
    assert_eq!(
        (brief.json["figures"][0]["value"].clone(), brief.json["figures"][0]["day"].clone()),
        (json!(11000.0), json!(1000.0))
    );
    assert!(brief.json["figures"][3]["value"].is_null(), "nobody reports views");
    assert_eq!(brief.at("/trends/0/name"), "figs");
    assert_eq!(brief.json["bestHours"]["slots"][0]["hour"], json!(18), "six in the evening in Berlin");
    assert_eq!(brief.at("/formats/winner"), "reel");
    assert_eq!(brief.json["topContent"].as_array().map(Vec::len), Some(5));
    assert_eq!(brief.json["recommendations"][0]["evidence"]["tagId"], json!(FIGS));

    for group in ["groupId", "group"] {
        let of = viewer.get(&format!("/analytics/daily-brief?{group}={GROUP}&format=reel")).await.expect(200);
        assert_eq!((of.at("/groupId"), of.at("/format")), (GROUP.to_string(), "reel".into()));
        assert_eq!(of.json["topContent"].as_array().map(Vec::len), Some(2));
    }
    let earlier = viewer.get("/analytics/daily-brief?date=2026-02-27").await.expect(200);
    assert_eq!((earlier.at("/numbersTo"), &earlier.json["recommendations"]), ("2026-02-26".into(), &json!([])));
    for wrong in [
        "date=2026-3-2",
        "date=20260302",
        "date=2026-03-02T10:00",
        "date=tomorrow",
        "date=2026-03-03",
        "format=reels",
        "groupId=food",
    ] {
        viewer.get(&format!("/analytics/daily-brief?{wrong}")).await.refused(400, "bad_request");
    }
    let elsewhere = Uuid::from_u128(77);
    viewer.get(&format!("/analytics/daily-brief?groupId={elsewhere}")).await.refused(404, "not_found");
    viewer.get(&format!("/analytics/trends?groupId={elsewhere}")).await.refused(404, "not_found");
    let trends = viewer.get(&format!("/analytics/trends?groupId={GROUP}&format=post")).await.expect(200);
    assert_eq!(trends.at("/trends/0/name"), "figs");
    let (stranger, _) = house.stranger().await;
    stranger.get(&format!("/analytics/daily-brief?groupId={GROUP}")).await.refused(404, "not_found");
    viewer.post("/analytics/daily-brief", &json!({})).await.refused(403, "forbidden");
    let editor = house.member(MemberRole::Editor).await;
    house.clock.advance(Duration::from_secs(600));
    let anew = editor.post("/analytics/daily-brief", &json!({})).await.expect(200);
    assert_eq!(anew.at("/generatedAt"), "2026-03-02T09:10:00Z");
}

#[tokio::test]
async fn a_recommendation_becomes_one_draft() {
    let (house, account) = furnished().await;
    let (editor, viewer) = (house.member(MemberRole::Editor).await, house.member(MemberRole::Viewer).await);
    editor.get("/analytics/daily-brief").await.expect(200);
    let ids = advice(&editor).await;
    let accept = format!("/analytics/recommendations/{}/accept", ids[0]);
    viewer.act(&accept).await.refused(403, "forbidden");
    let accepted = editor.act(&accept).await.expect(200);
    assert_eq!((accepted.at("/recommendation/status"), &accepted.json["isNew"]), ("accepted".into(), &json!(true)));
    let post = accepted.at("/postId");
    assert_eq!(accepted.at("/recommendation/postId"), post);
    assert_eq!(accepted.at("/composePath"), format!("/compose?post={post}&at=2026-03-02T18%3A00"));
    let draft = editor.get(&format!("/posts/{post}")).await.expect(200);
    assert_eq!(
        (draft.at("/status"), draft.at("/content"), draft.at("/title")),
        ("draft".into(), "Figs: \n\n#figs".into(), "Post about figs".into())
    );
    assert_eq!(draft.at("/publications/0/integrationId"), account.to_string());
    // A second click, somebody else's click: the same draft.
    let again = editor.act(&accept).await.expect(200);
    assert_eq!((again.at("/postId"), &again.json["isNew"]), (post.clone(), &json!(false)));
    assert_eq!(house.count("publishing.posts").await, 1);
    editor
        .post(&format!("/analytics/recommendations/{}/dismiss", ids[0]), &json!({}))
        .await
        .refused(409, "recommendation_accepted");
    // The format follows from the numbers.
    let reel = editor.act(&format!("/analytics/recommendations/{}/accept", ids[1])).await.expect(200);
    let reel = editor.get(&format!("/posts/{}", reel.at("/postId"))).await.expect(200);
    assert_eq!(reel.at("/format"), "reel", "{}", reel.text);

    // Its draft is an ordinary one and may go; that it was made stays true.
    editor.delete(&format!("/posts/{post}")).await.expect(204);
    let listed = editor.get("/analytics/recommendations?status=accepted").await.expect(200);
    assert_eq!(listed.json[0]["postId"], json!(post));

    // An account that is disconnected meanwhile is left out, and the draft is made.
    house.accounts.disconnect(&house.scope, account).await.expect("disconnected");
    let last = editor.act(&format!("/analytics/recommendations/{}/accept", ids[3])).await.expect(200);
    let last = editor.get(&format!("/posts/{}", last.at("/postId"))).await.expect(200);
    assert_eq!(
        (&last.json["publications"], last.at("/content")),
        (&json!([]), "Figs at half past nine are warm.".into())
    );
}

#[tokio::test]
async fn a_dismissal_is_taken_back() {
    let (house, _) = furnished().await;
    let editor = house.member(MemberRole::Editor).await;
    editor.get("/analytics/daily-brief").await.expect(200);
    let ids = advice(&editor).await;
    let at = |id: &str, what: &str| format!("/analytics/recommendations/{id}/{what}");
    editor.post(&at(&ids[0], "dismiss"), &json!({"reason": "x".repeat(201)})).await.refused(422, "invalid");
    let gone = editor.post(&at(&ids[0], "dismiss"), &json!({"reason": "Not ours"})).await.expect(200);
    assert_eq!((gone.at("/status"), gone.at("/dismissReason")), ("dismissed".into(), "Not ours".into()));
    assert!(gone.json["actedBy"].is_string() && gone.json["actedAt"].is_string());
    editor.act(&at(&ids[0], "accept")).await.refused(409, "recommendation_dismissed");
    assert_eq!(editor.act(&at(&ids[0], "restore")).await.expect(200).at("/status"), "open");
    editor.act(&at(&ids[0], "accept")).await.expect(200);
    editor.act(&at(&ids[0], "restore")).await.refused(409, "recommendation_accepted");
    let (stranger, _) = house.stranger().await;
    for what in ["accept", "restore"] {
        stranger.act(&at(&ids[1], what)).await.refused(404, "not_found");
    }
    house.clock.advance(Duration::from_secs(24 * 3600));
    // Sessions end meanwhile.
    let owner = house.owner().await;
    owner.act(&at(&ids[1], "accept")).await.refused(409, "recommendation_expired");
    owner.post(&at(&ids[1], "dismiss"), &json!({})).await.refused(409, "recommendation_expired");
    let past = owner.get("/analytics/recommendations?date=2026-03-02&status=expired").await.expect(200);
    assert_eq!(past.json.as_array().map(Vec::len), Some(3));
}

#[tokio::test]
async fn the_page_works_without_script() {
    let (house, account) = furnished().await;
    alerts(&house, account, 32).await;
    let editor = house.member(MemberRole::Editor).await;
    let page = editor.page("/insights").await;
    assert_eq!(page.status, 200);
    for said in [
        "Monday, 2 March 2026",
        "Incomplete: 0 of 1 accounts",
        "Post about figs",
        "Post at 18:00 today",
        "Make a reel",
        "Build on your best post of the week",
        "32 unread",
        "Alert 32",
        "unread alerts</span>",
        "&#60;b&#62;More",
    ] {
        assert!(page.text.contains(said), "{said:?} is missing: {}", page.text);
    }
    assert!(!page.text.contains("Alert 2<") && page.text.contains("Further open ones"), "thirty at a time");
    let more =
        page.text.split("href=\"/insights?after=").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
    let rest = editor.page(&format!("/insights?after={}", more.split('#').next().expect("a place"))).await;
    assert!(rest.text.contains("Alert 2<") && !rest.text.contains("Alert 3<"), "{}", rest.text);

    let ids = advice(&editor).await;
    let here = "back=%2Finsights%3Fdate%3D2026-03-02";
    let dismissed =
        editor.form(&format!("/insights/recommendations/{}/dismiss", ids[0]), &format!("reason=No&{here}")).await;
    assert!(
        dismissed.header("location").is_some_and(|to| to.starts_with("/insights?date=2026-03-02&done=Dismissed")),
        "{dismissed:?}"
    );
    assert!(editor.page("/insights").await.text.contains(&format!("/insights/recommendations/{}/restore", ids[0])));
    let restored =
        editor.form(&format!("/insights/recommendations/{}/restore", ids[0]), "back=https%3A%2F%2Fevil.example").await;
    assert!(restored.header("location").is_some_and(|to| to.starts_with("/insights?done=")), "{restored:?}");
    let accepted = editor.form(&format!("/insights/recommendations/{}/accept", ids[0]), here).await;
    let to = accepted.header("location").expect("a way on").to_owned();
    assert!(to.starts_with("/compose?post=") && to.contains("&at=2026-03-02T18%3A00&done="), "{to}");
    let compose = editor.page(&to).await;
    assert!(compose.text.contains("Figs: ") && compose.text.contains("2026-03-02T18:00"), "{}", compose.text);

    let alert = editor.get("/analytics/alerts?limit=1&open=true").await.expect(200).at("/items/0/id");
    editor.form(&format!("/insights/alerts/{alert}/read"), here).await;
    assert!(editor.page("/insights").await.text.contains("31 unread"));
    editor.form("/insights/alerts/read-all", here).await;
    let read = editor.page("/insights").await;
    assert!(read.text.contains("all read") && !read.text.contains("unread alerts</span>"), "{}", read.text);
    let anew = editor.form(&format!("/insights/compute?groupId={GROUP}"), "").await;
    assert!(
        anew.header("location").is_some_and(|to| to.starts_with(&format!("/insights?groupId={GROUP}&done="))),
        "{anew:?}"
    );

    // A viewer reads; wrong words keep the filters; nobody is sent to sign in.
    let viewer = house.member(MemberRole::Viewer).await;
    let page = viewer.page(&format!("/insights?groupId={GROUP}&format=reel")).await;
    assert!(!page.text.contains("method=\"post\" action=\"/insights"), "{}", page.text);
    assert!(
        page.text.contains(&format!("value=\"{GROUP}\" selected")) && page.text.contains("value=\"reel\" selected")
    );
    for wrong in ["date=2026-3-2", "date=2026-03-09", "format=reels", "groupId=00000000-0000-0000-0000-000000000009"] {
        let page = viewer.page(&format!("/insights?{wrong}")).await;
        assert_eq!(page.status, 200, "{wrong}");
        assert!(page.text.contains("There is no such brief") && page.text.contains("name=\"groupId\""), "{wrong}");
    }
    assert_eq!(house.nobody().page("/insights").await.status, 303);
    let refused = viewer.form(&format!("/insights/recommendations/{}/accept", ids[1]), here).await;
    assert_eq!(refused.status, 403);
}

#[tokio::test]
async fn without_accounts_or_numbers_the_page_says_what_to_do() {
    let house = House::new().await;
    let owner = house.owner().await;
    let page = owner.page("/insights").await;
    assert!(page.text.contains("Track accounts first") && !page.text.contains("unread alerts"), "{}", page.text);
    house.connect(Platform::Mastodon, "bakery").await;
    let page = owner.page("/insights").await;
    for said in ["Not enough data: 0 of 10 posts", "No topic rises", "Nothing today.", "Nothing is open."] {
        assert!(page.text.contains(said), "{said:?} is missing: {}", page.text);
    }
    let empty = owner.get("/analytics/daily-brief").await.expect(200);
    assert_eq!(empty.json["recommendations"], Value::Array(Vec::new()));
    assert!(empty.at("/bestHours/reason").starts_with("Not enough data: 0 items"));
}
