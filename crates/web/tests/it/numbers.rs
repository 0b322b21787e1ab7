//! The routes and pages about numbers.

use axum::http::Method;
use rookery_analytics::{DailyReading, MetricBasis, Numbers};
use rookery_identity::MemberRole;
use rookery_kernel::{AccountId, Date, Platform};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::client::{Answer, Client};
use crate::house::House;

const FOOD: Uuid = Uuid::from_u128(0xf00d);
const TAG: Uuid = Uuid::from_u128(0x7a6);

fn day(text: &str) -> Date {
    text.parse().expect("a date")
}

fn item(n: i64) -> Uuid {
    Uuid::from_u128(0xc0de_0000 + u128::from(n.unsigned_abs()))
}

/// One account in the group "food" with twelve items in February, reels on Thursdays the best; item 0 is tagged.
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
        sqlx::query(sql).bind(organization).bind(FOOD).execute(&mut owner).await.expect("a group");
    }
    sqlx::query("insert into analytics.tags (organization_id, id, key, type) values ($1, $2, 'bread', 'manual')")
        .bind(organization)
        .bind(TAG)
        .execute(&mut owner)
        .await
        .expect("a tag");
    let mut readings = Vec::new();
    for n in 0..12 {
        // Every second one is a reel on a Thursday, the others on other days; the first Thursday is 2026-02-05.
        let date = day("2026-02-05").plus_days(if n % 2 == 0 { 7 * (n / 4) } else { n + 1 });
        sqlx::query(
            "insert into analytics.content (organization_id, id, integration_id, external_content_id, platform, format,
                                            published_at, caption)
             values ($1, $2, $3, $4, 'mastodon', $5::analytics.content_format, $6, $7)",
        )
        .bind(organization)
        .bind(item(n))
        .bind(account.id.uuid())
        .bind(format!("b{n}"))
        .bind(if n % 2 == 0 { "reel" } else { "post" })
        .bind(date.start_utc() + std::time::Duration::from_secs(9 * 3600))
        .bind(if n == 0 { "=warm, \"fresh\" bread" } else { "Bread" })
        .execute(&mut owner)
        .await
        .expect("content");
        readings.push(DailyReading {
            account: account.id,
            external_content_id: format!("b{n}"),
            date,
            basis: MetricBasis::Lifetime,
            numbers: Numbers {
                reach: Some(200 + n),
                reactions: Some(if n % 2 == 0 { 20 } else { 4 }),
                ..Numbers::default()
            },
        });
    }
    sqlx::query(
        "insert into analytics.content_tags (organization_id, content_id, tag_id, tag_type, source)
         values ($1, $2, $3, 'manual', 'user')",
    )
    .bind(organization)
    .bind(item(0))
    .bind(TAG)
    .execute(&mut owner)
    .await
    .expect("tagged");
    house.analytics.store_readings(&house.scope, "test", readings).await.expect("stored");
    house.analytics.rebuild_rollups(&house.scope, |_, _| {}).await.expect("summed");
    (house, account.id)
}

const FEBRUARY: &str = "startDate=2026-02-01&endDate=2026-02-28";

fn sum(values: &Value) -> f64 {
    values.as_array().expect("values").iter().filter_map(Value::as_f64).sum()
}

#[tokio::test]
async fn figures_are_cut_filtered_and_explained() {
    let (house, account) = furnished().await;
    let owner = house.owner().await;
    let all = owner.get(&format!("/analytics/timeseries?metric=reach&{FEBRUARY}")).await.expect(200);
    assert_eq!((all.at("/mode"), all.at("/step"), all.at("/unit")), ("activity".into(), "day".into(), "count".into()));
    assert_eq!(all.json["steps"].as_array().expect("steps").len(), 28);
    let total: f64 = (0..12).map(|n| f64::from(200 + n)).sum();
    assert_eq!(all.json["lines"][0]["total"], json!(total));
    assert!((sum(&all.json["lines"][0]["values"]) - total).abs() < 1e-9);
    assert!(all.json["lines"][0]["values"][0].is_null(), "a day without numbers is a gap");
    assert_eq!(all.json["coverage"], json!({"withData": 1, "of": 1}));

    let thursdays = format!("groupId={FOOD}&weekday=4&{FEBRUARY}");
    let cut =
        owner.get(&format!("/analytics/timeseries?metric=engagement_rate&split=format&{thursdays}")).await.expect(200);
    assert_eq!(cut.at("/mode"), "cohort");
    let formats: Vec<_> = cut.json["lines"].as_array().expect("lines").iter().map(|l| l["key"].clone()).collect();
    assert_eq!(formats, ["reel"], "posts were published on other days: {}", cut.text);
    assert_eq!(cut.json["lines"][0]["basis"], "reach");

    let breakdown = owner.get(&format!("/analytics/format-breakdown?groupId={FOOD}&{FEBRUARY}")).await.expect(200);
    assert_eq!((breakdown.at("/winner"), breakdown.json["items"].clone()), ("reel".into(), json!(12)));
    assert!(breakdown.json["winnerByPoints"].as_f64().is_some_and(|points| points > 5.0), "{}", breakdown.text);

    let best = owner.get(&format!("/analytics/best-time?integrationIds={account}&{FEBRUARY}")).await.expect(200);
    assert_eq!((best.json["items"].clone(), best.at("/timeZone")), (json!(12), "Europe/Berlin".into()));
    // Nine o'clock in London is ten in Berlin.
    assert_eq!((&best.json["slots"][0]["weekday"], &best.json["slots"][0]["hour"]), (&json!(4), &json!(10)));
    assert_eq!(best.json["hours"].as_array().expect("hours").len(), 168);
    let few = owner.get("/analytics/best-time?format=story").await.expect(200);
    assert!(few.at("/reason").starts_with("Not enough data: 0 items"));

    let kpis = owner.get(&format!("/analytics/kpis?{FEBRUARY}")).await.expect(200);
    let kpi = |name: &str| {
        let kpis = kpis.json["kpis"].as_array().expect("figures");
        kpis.iter().find(|kpi| kpi["name"] == name).cloned().unwrap_or_default()
    };
    assert_eq!((kpi("reach")["value"].clone(), kpi("posts")["value"].clone()), (json!(total), json!(12.0)));
    assert!(kpi("clicks")["value"].is_null(), "nobody reports clicks");

    let tagged = owner.get(&format!("/analytics/timeseries?tagId={TAG}&{FEBRUARY}")).await.expect(200);
    assert_eq!(tagged.json["lines"][0]["total"], json!(200.0));
}

#[tokio::test]
async fn what_cannot_be_meant_is_a_problem_and_what_is_not_here_is_not_found() {
    let (house, _) = furnished().await;
    let owner = house.owner().await;
    for query in [
        "range=30",
        "range=401d",
        "startDate=2026-02-30",
        "startDate=2026-03-01&endDate=2026-02-01",
        "format=reels",
        "weekday=8",
        "integrationIds=a",
        "groupId=food",
        "metric=likes",
        "split=colour",
        "metric=followers&split=hour",
        "network=myspace",
    ] {
        owner.get(&format!("/analytics/timeseries?{query}")).await.refused(400, "bad_request");
    }
    for query in ["sort=luck", "cursor=1", "cursor=nonsense"] {
        owner.get(&format!("/analytics/content?{query}")).await.refused(400, "bad_request");
    }
    let elsewhere = Uuid::from_u128(77);
    for query in [format!("groupId={elsewhere}"), format!("tagId={elsewhere}"), format!("integrationIds={elsewhere}")] {
        for route in ["kpis", "timeseries", "format-breakdown"] {
            owner.get(&format!("/analytics/{route}?{query}")).await.refused(404, "not_found");
        }
    }
    owner.get(&format!("/analytics/content/{elsewhere}")).await.refused(404, "not_found");
    let (stranger, _) = house.stranger().await;
    stranger.get(&format!("/analytics/content/{}", item(0))).await.refused(404, "not_found");
    stranger.get(&format!("/analytics/kpis?groupId={FOOD}")).await.refused(404, "not_found");
}

#[tokio::test]
async fn content_is_found_ordered_and_paged() {
    let (house, account) = furnished().await;
    let owner = house.owner().await;
    let list = async |query: &str| owner.get(&format!("/analytics/content?{FEBRUARY}&{query}")).await.expect(200);
    let ids = |answer: &crate::client::Answer| -> Vec<String> {
        let items = answer.json["items"].as_array().expect("items");
        items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
    };
    let first = list("sort=reach&limit=5").await;
    let next = first.at("/next");
    let second = list(&format!("sort=reach&limit=100&cursor={next}")).await;
    let all: Vec<String> = [ids(&first), ids(&second)].concat();
    assert_eq!(all, (0..12).rev().map(|n| item(n).to_string()).collect::<Vec<_>>());
    assert!(second.json["next"].is_null());
    let other_order = format!("/analytics/content?{FEBRUARY}&cursor={next}");
    owner.get(&other_order).await.refused(400, "bad_request");
    assert_eq!(ids(&list("search=fresh").await), [item(0).to_string()]);
    assert_eq!(list("ours=true").await.json["items"], json!([]));
    let tagged = list(&format!("tagId={TAG}")).await;
    assert_eq!(tagged.json["items"][0]["tags"][0]["name"], "bread");
    assert_eq!(tagged.at("/items/0/integrationId"), account.to_string());

    let detail = owner.get(&format!("/analytics/content/{}", item(0))).await.expect(200);
    assert_eq!((detail.at("/id"), detail.at("/metric")), (item(0).to_string(), "reach".into()));
    assert_eq!(detail.json["curve"][0], json!({"age": 0, "value": 200, "usual": null, "items": 0}));
}

#[tokio::test]
async fn notes_are_written_by_editors_and_read_by_all() {
    let (house, _) = furnished().await;
    let editor = house.member(MemberRole::Editor).await;
    let viewer = house.member(MemberRole::Viewer).await;
    let body = json!({"date": "2026-02-10", "text": "The oven was on television"});
    viewer.post("/analytics/annotations", &body).await.refused(403, "forbidden");
    let note = editor.post("/analytics/annotations", &body).await.expect(201);
    let read = viewer.get(&format!("/analytics/annotations?{FEBRUARY}")).await.expect(200);
    assert_eq!(read.json, json!([note.json]));
    let long = json!({"date": "2026-02-10", "text": "x".repeat(201)});
    editor.post("/analytics/annotations", &long).await.refused(422, "invalid");
    editor.post("/analytics/annotations", &json!({"date": "2026-02-10", "text": " "})).await.refused(422, "invalid");
    let at = format!("/analytics/annotations/{}", note.at("/id"));
    viewer.delete(&at).await.refused(403, "forbidden");
    editor.delete(&at).await.expect(204);
    editor.delete(&at).await.refused(404, "not_found");
    // By the page, and back to where one was; nowhere else.
    let form = "date=2026-02-11&text=A+new+oven&back=%2Fperformance%3Frange%3D7d";
    let back = editor.form("/performance/notes", form).await;
    assert!(back.header("location").is_some_and(|to| to.starts_with("/performance?range=7d&done=")), "{back:?}");
    let back = editor.form("/performance/notes", "date=&text=x&back=https%3A%2F%2Fevil.example").await;
    assert!(back.header("location").is_some_and(|to| to.starts_with("/performance?failed=")), "{back:?}");
}

#[tokio::test]
async fn pages_answer_without_script_and_sheets_hold_the_same() {
    let (house, account) = furnished().await;
    let owner = house.owner().await;
    let thursdays =
        format!("groupId={FOOD}&weekday=4&split=format&metric=engagement_rate&startDate=2026-02-01&endDate=2026-02-28");
    let page = owner.page(&format!("/performance?{thursdays}")).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Only reels have data (food, Thursday)"), "{}", page.text);
    let all = owner.page(&format!("/performance?{FEBRUARY}")).await;
    assert!(all.text.contains("Reels work best: "), "{}", all.text);
    assert!(all.text.contains("1 of 1 accounts reported"));
    // A question without an answer keeps the filters.
    for wrong in [
        "metric=followers&split=hour",
        "startDate=2026-03-01&endDate=2026-02-01",
        "groupId=00000000-0000-0000-0000-000000000009",
    ] {
        let page = owner.page(&format!("/performance?{wrong}")).await;
        assert_eq!(page.status, 200, "{wrong}");
        assert!(page.text.contains("This has no answer") && page.text.contains("name=\"metric\""), "{wrong}");
    }
    let sheet = owner.page(&format!("/performance.csv?metric=reach&split=account&{FEBRUARY}")).await;
    assert_eq!(sheet.header("content-type"), Some("text/csv; charset=utf-8"));
    let mut lines = sheet.text.lines();
    assert!(lines.next().is_some_and(|head| head.starts_with("from,to,")), "{}", sheet.text);
    assert_eq!(sheet.text.lines().count(), 29);
    assert_eq!(lines.next(), Some("2026-02-01,2026-02-01,,"), "not reported is empty");
    let weekdays = owner.page(&format!("/performance.csv?metric=posts&split=weekday&{FEBRUARY}")).await;
    assert!(weekdays.text.contains("\r\nThursday,6,0,6,6\r\n"), "{}", weekdays.text);

    let content = owner.page(&format!("/content?search=fresh&{FEBRUARY}")).await;
    assert!(content.text.contains(&format!("/content/{}", item(0))) && !content.text.contains(&item(1).to_string()));
    let sheet = owner.page(&format!("/content.csv?integrationIds={account}&{FEBRUARY}")).await;
    assert_eq!(sheet.text.lines().count(), 13, "{}", sheet.text);
    assert!(sheet.text.contains("\"'=warm, \"\"fresh\"\" bread\""), "formulas are texts: {}", sheet.text);
    let detail = owner.page(&format!("/content/{}", item(0))).await;
    assert!(detail.text.contains("Not enough data for what is usual"), "{}", detail.text);
    let curve = owner.page(&format!("/content/{}?export=csv&metric=reach", item(0))).await;
    assert_eq!(curve.text, "age_days,reach,usual,items\r\n0,200,,0\r\n");
    assert_eq!(owner.page(&format!("/content/{}", Uuid::from_u128(5))).await.status, 404);
    assert_eq!(house.nobody().page("/performance").await.status, 303);
    let viewer = house.member(MemberRole::Viewer).await;
    assert!(!viewer.page("/performance").await.text.contains("/performance/notes"), "viewers read");
    assert_eq!(viewer.call(Method::POST, "/analytics/annotations", &[], Some("{}")).await.status, 403);
}

#[tokio::test]
async fn a_contents_page_opens_with_what_its_network_reports() {
    let (house, account) = furnished().await;
    let owner = house.owner().await;
    sqlx::query(
        "insert into analytics.content (organization_id, id, integration_id, external_content_id, platform, format, published_at)
         values ($1, $2, $3, 'quiet', 'mastodon', 'text', '2026-02-20T09:00:00Z')",
    )
    .bind(house.scope.organization_id.uuid())
    .bind(item(99))
    .bind(account.uuid())
    .execute(&mut house.test.owner().await)
    .await
    .expect("content");
    let reading = DailyReading {
        account,
        external_content_id: "quiet".to_owned(),
        date: day("2026-02-20"),
        basis: MetricBasis::Lifetime,
        numbers: Numbers { reactions: Some(4), comments: Some(1), ..Numbers::default() },
    };
    house.analytics.store_readings(&house.scope, "test", vec![reading]).await.expect("stored");
    let at = format!("/content/{}", item(99));
    let page = owner.page(&at).await;
    for said in ["<h2>Engagement by age</h2>", "Day of publishing: 5 engagement", "?export=csv&amp;metric=engagement\""]
    {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    let asked = owner.page(&format!("{at}?metric=reach")).await;
    assert!(asked.text.contains("Reach was not reported for this content."), "{}", asked.text);
    assert_eq!(owner.get(&format!("/analytics{at}")).await.expect(200).at("/metric"), "engagement");
    let first = owner.page(&format!("/content/{}", item(0))).await;
    assert!(first.text.contains("<h2>Reach by age</h2>"), "{}", first.text);
}

#[tokio::test]
async fn a_split_by_tag_says_how_many_words_are_left_out() {
    let (house, _) = furnished().await;
    let owner = house.owner().await;
    let asked = format!("split=tag&{FEBRUARY}");
    let all = owner.page(&format!("/performance?{asked}")).await;
    assert!(all.text.contains(">bread</a>") && !all.text.contains("left out"), "{}", all.text);
    sqlx::query(
        "insert into analytics.tags (organization_id, id, key, type)
         select $1, gen_random_uuid(), 'word' || n, 'auto' from generate_series(1, 55) n",
    )
    .bind(house.scope.organization_id.uuid())
    .execute(&mut house.test.owner().await)
    .await
    .expect("words");
    let some = owner.page(&format!("/performance?{asked}")).await;
    assert!(some.text.contains("5 other tags are left out; filter by a tag to see it."), "{}", some.text);
    let api = owner.get(&format!("/analytics/timeseries?{asked}")).await.expect(200);
    assert_eq!((&api.json["leftOut"], &api.json["lines"][0]["name"]), (&json!(5), &json!("bread")));
}

#[tokio::test]
async fn an_empty_organization_is_told_what_to_do() {
    let house = House::new().await;
    let owner = house.owner().await;
    for path in ["/performance", "/content"] {
        assert!(owner.page(path).await.text.contains("Track accounts"), "{path}");
    }
    assert_eq!(owner.get("/analytics/timeseries?split=account").await.expect(200).json["lines"], json!([]));
}

async fn put(client: &Client, rules: &Value) -> Answer {
    client.call(Method::PUT, "/analytics/alerts/rules", &[], Some(&rules.to_string())).await
}

#[tokio::test]
async fn alerts_are_listed_read_and_ruled_and_trends_say_that_there_are_none() {
    let (house, account) = furnished().await;
    let (admin, editor) = (house.member(MemberRole::Admin).await, house.member(MemberRole::Editor).await);
    let viewer = house.member(MemberRole::Viewer).await;
    sqlx::query(
        "insert into analytics.alerts (organization_id, id, kind, severity, metric, current_value, previous_value, change_pct,
             threshold_pct, integration_id, title, message, suggestions, period_start, period_end, dedupe_key, created_at)
         select $1, gen_random_uuid(), 'kpi_drop', 'critical', 'engagement_rate', 0.02, 0.05, -60, 20, $2, 'Alert ' || n,
                'Less.', '{Ask}', '2026-02-01', '2026-02-07', n::text, timestamptz '2026-02-08T03:00:00Z' + n * interval '1 day'
         from generate_series(1, 3) as n",
    )
    .bind(house.scope.organization_id.uuid())
    .bind(account.uuid())
    .execute(&mut house.test.owner().await)
    .await
    .expect("alerts");
    let first = viewer.get("/analytics/alerts?limit=2").await.expect(200);
    assert_eq!((&first.json["unread"], first.at("/items/0/title")), (&json!(3), "Alert 3".to_owned()));
    assert_eq!(first.json["items"][0]["changePercent"], json!(-60.0));
    let last = viewer.get(&format!("/analytics/alerts?limit=2&after={}", first.at("/next"))).await.expect(200);
    assert_eq!((last.at("/items/0/title"), &last.json["next"]), ("Alert 1".to_owned(), &Value::Null));
    viewer.get("/analytics/alerts?after=x").await.refused(400, "bad_request");

    let at = format!("/analytics/alerts/{}/read", first.at("/items/0/id"));
    viewer.post(&at, &json!({})).await.refused(403, "forbidden");
    editor.post(&at, &json!({})).await.expect(204);
    let rest = viewer.get("/analytics/alerts").await.expect(200);
    assert_eq!(rest.at("/items/2/title"), "Alert 3", "what is read comes last");
    editor.post(&format!("/analytics/alerts/{}/read", Uuid::from_u128(1)), &json!({})).await.refused(404, "not_found");
    assert_eq!(editor.post("/analytics/alerts/read-all", &json!({})).await.expect(200).json, json!({"read": 2}));
    assert_eq!(viewer.get("/analytics/alerts?unread=true").await.expect(200).json["items"], json!([]));

    let rules = json!({"rules": [{"metric": "reach", "direction": "drop", "groupId": FOOD, "thresholdPercent": 45.0}]});
    put(&editor, &rules).await.refused(403, "forbidden");
    let kept = put(&admin, &rules).await.expect(200);
    assert_eq!(kept.json[0]["minBaseline"], json!(100));
    assert_eq!(viewer.get("/analytics/alerts/rules").await.expect(200).json, kept.json);
    let bad = [
        ("thresholdPercent", json!(0), 422),
        ("integrationId", json!(account.uuid()), 422),
        ("groupId", json!(Uuid::from_u128(1)), 404),
    ];
    for (field, value, code) in bad {
        let mut bad = rules.clone();
        bad["rules"][0][field] = value;
        assert_eq!(put(&admin, &bad).await.status, code, "{field}");
    }

    let trends = viewer.get("/analytics/trends?windowHours=24").await.expect(200);
    assert_eq!((&trends.json["windowHours"], &trends.json["trends"]), (&json!(24), &json!([])));
    viewer.get("/analytics/trends?windowHours=25").await.refused(400, "bad_request");
}
