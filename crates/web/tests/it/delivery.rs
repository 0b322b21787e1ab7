//! The main job by the API alone: schedule on two networks, see it published, read its numbers' run.

use std::time::Duration;

use rookery_identity::KeyScope;
use rookery_kernel::Platform;
use rookery_sandbox::{Effect, Endpoint, FaultRule};
use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn a_scheduled_post_comes_out_once_on_both_networks() {
    let house = House::new().await;
    let (one, there) = house.connect(Platform::Mastodon, "tide").await;
    let (two, page) = house.connect(Platform::Facebook, "tidepage").await;
    let program = house.key(&[KeyScope::PostsWrite, KeyScope::PostsRead, KeyScope::Publishing]).await;
    let body = json!({
        "content": "High water at four, boats out at five.",
        "accountIds": [one.id, two.id],
        "schedule": {"kind": "at", "at": "2026-03-02T10:00:00Z"},
    });
    let made = program.post_once("/posts", "tide-1", &body).await.expect(201);
    assert_eq!(made.at("/status"), "scheduled");
    house.pass(Duration::from_secs(30 * 60)).await;
    assert_eq!(house.control.published(&there.platform_user_id).len(), 0, "not before its time");
    house.pass(Duration::from_secs(31 * 60)).await;

    let read = program.get(&format!("/posts/{}", made.at("/id"))).await.expect(200);
    assert_eq!((read.at("/status"), read.at("/outcome")), ("published".into(), "complete".into()));
    for (account, held) in [(&one, &there), (&two, &page)] {
        let posts = house.control.published(&held.platform_user_id);
        assert_eq!(posts.len(), 1, "{}", account.platform);
        assert_eq!(posts[0].text, "High water at four, boats out at five.");
        let publications = read.json["publications"].as_array().expect("publications");
        let publication = publications.iter().find(|p| p["integrationId"] == account.id.to_string()).expect("one each");
        assert_eq!(publication["externalContentId"], posts[0].external_id.as_str());
        assert!(publication["url"].as_str().is_some_and(|url| url.starts_with("http")), "{publication}");
        let receipt = program.get(&format!("/publications/{}", publication["id"].as_str().expect("an id"))).await;
        let receipt = receipt.expect(200);
        assert_eq!(
            (receipt.at("/attempts/0/phase"), receipt.at("/reason/code")),
            ("confirmed".into(), "published".into())
        );
        assert!(receipt.json["story"].as_array().expect("a story").len() >= 3);
    }
    let id = made.at("/id");
    program.patch(&format!("/posts/{id}"), &json!({"content": "Too late"})).await.refused(409, "post_locked");
    program.delete(&format!("/posts/{id}")).await.refused(409, "not_deletable");
    program.act(&format!("/posts/{id}/publish-now")).await.refused(409, "state");
}

#[tokio::test]
async fn a_refused_post_fails_is_explained_and_tried_again() {
    let house = House::new().await;
    let (account, there) = house.connect(Platform::Mastodon, "tide").await;
    let owner = house.owner().await;
    let refuse = Effect::Status { code: 422, body: json!({"error": "Validation failed: text is not allowed"}) };
    house.control.add_fault(FaultRule::new(refuse).endpoint(Endpoint::Publish));
    let body = json!({"content": "Hello", "accountIds": [account.id], "schedule": {"kind": "now"}});
    let made = owner.post("/posts", &body).await.expect(201);
    let path = format!("/posts/{}", made.at("/id"));
    house.pass(Duration::from_secs(1)).await;
    let failed = owner.get(&path).await.expect(200);
    assert_eq!((failed.at("/status"), failed.at("/publications/0/errorClass")), ("failed".into(), "permanent".into()));
    let receipt = owner.get(&format!("/publications/{}", failed.at("/publications/0/id"))).await.expect(200);
    assert!(receipt.at("/reason/sentence").contains("text is not allowed"), "{}", receipt.text);
    assert_eq!(receipt.json["attempts"][0]["httpStatus"], 422);

    house.control.clear_faults();
    assert_eq!(owner.act(&format!("{path}/retry")).await.expect(200).at("/status"), "scheduled");
    house.pass(Duration::from_secs(60)).await;
    assert_eq!(owner.get(&path).await.expect(200).at("/status"), "published");
    assert_eq!(house.control.published(&there.platform_user_id).len(), 1);
}

#[tokio::test]
async fn a_day_is_collected_on_request_and_read_back() {
    let house = House::new().await;
    let (account, there) = house.connect(Platform::Mastodon, "tide").await;
    house.control.seed_history(&there.platform_user_id, 20, 7, &[]).expect("known");
    let owner = house.owner().await;
    let ask = json!({"integrationId": account.id, "date": "2026-03-01"});
    let asked = owner.post("/analytics/ingest", &ask).await.expect(202);
    assert_eq!(asked.json["isNew"], true);
    let again = owner.post("/analytics/ingest", &ask).await.expect(202);
    assert_eq!((&again.json["isNew"], again.at("/jobId")), (&json!(false), asked.at("/jobId")));
    // Sums follow a minute after the last fetch.
    house.pass(Duration::from_secs(1)).await;
    house.pass(Duration::from_secs(60)).await;

    let runs = owner.get("/analytics/runs").await.expect(200);
    let kinds: Vec<_> = runs.json["items"].as_array().expect("runs").iter().map(|r| r["status"].clone()).collect();
    assert!(!kinds.is_empty() && kinds.iter().all(|status| status == "success"), "{}", runs.text);
    let overview = owner.get("/analytics/overview?from=2026-02-20&to=2026-03-01").await.expect(200);
    assert_eq!(overview.json["accounts"], 1);
    assert_eq!(overview.json["reachPerDay"].as_array().expect("days").len(), 10);
    let alone = owner.get("/analytics/overview?from=2026-02-20&to=2026-03-01&lines=false").await.expect(200);
    assert_eq!((&alone.json["accounts"], &alone.json["reachPerDay"]), (&json!(1), &json!([])));
    let mut figures = overview.json["kpis"].clone();
    for figure in figures.as_array_mut().expect("figures") {
        figure["sparkline"] = json!([]);
    }
    assert_eq!(alone.json["kpis"], figures, "the same figures");
    let newest = owner.get("/analytics/content?from=2026-02-20&to=2026-03-01&limit=3").await.expect(200);
    assert_eq!(newest.json["items"].as_array().expect("items").len(), 3, "{}", newest.text);
    assert!(newest.json["next"].is_string());
    let best = owner.get("/analytics/content?from=2026-02-20&to=2026-03-01&sort=engagement").await.expect(200);
    let numbers = |item: &serde_json::Value| item["numbers"]["engagement"].as_i64();
    let ranked: Vec<Option<i64>> = best.json["items"].as_array().expect("items").iter().map(numbers).collect();
    assert!(ranked.first().is_some_and(Option::is_some), "{ranked:?}");
    assert!(ranked.is_sorted_by(|a, b| a >= b), "the best first, the unknown last: {ranked:?}");
    let at = format!("/analytics/errors?integrationId={}&date=2026-03-01", account.id);
    assert_eq!(owner.get(&at).await.expect(200).json["items"], json!([]));

    let future = json!({"integrationId": account.id, "date": "2026-03-09"});
    owner.post("/analytics/ingest", &future).await.refused(422, "invalid");
    owner.get("/analytics/overview?from=2026-03-02&to=2026-03-01").await.refused(422, "invalid");
    owner.get("/analytics/overview?from=March").await.refused(400, "bad_request");
    owner.get("/analytics/overview?integrationIds=a,b").await.refused(400, "bad_request");
}

#[tokio::test]
async fn a_dead_job_is_tried_again_and_noted() {
    let house = House::new().await;
    let (account, _) = house.connect(Platform::Mastodon, "tide").await;
    let owner = house.owner().await;
    let ask = json!({"integrationId": account.id, "date": "2026-03-01"});
    let job = owner.post("/analytics/ingest", &ask).await.expect(202).at("/jobId");
    owner.act(&format!("/jobs/{job}/retry")).await.refused(409, "job_state");
    sqlx::query("update jobs.jobs set state = 'failed', finished_at = now(), attempt = 5 where id = $1::uuid")
        .bind(&job)
        .execute(&mut house.test.owner().await)
        .await
        .expect("a job");
    let revived = owner.act(&format!("/jobs/{job}/retry")).await.expect(200);
    assert_eq!((revived.at("/state"), &revived.json["attempt"]), ("queued".into(), &json!(0)));
    let log = owner.get("/audit?limit=100").await.expect(200);
    let noted = log.json["items"].as_array().expect("rows").iter().find(|row| row["resource"] == "jobs.jobs");
    assert_eq!(noted.expect("noted")["changes"]["state"], json!(["failed", "queued"]));
    let failed = owner.get("/jobs?state=failed&queue=analytics").await.expect(200);
    assert_eq!(failed.json["items"], json!([]));
}
