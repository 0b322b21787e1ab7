//! Many posts at once: by one request, by a file, and back out.

use std::time::Duration;

use axum::http::Method;
use rookery_identity::{KeyScope, MemberRole};
use rookery_kernel::Platform;
use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::house::House;

const CSV: [(&str, &str); 1] = [("content-type", "text/csv")];

async fn desk() -> (House, Client, String) {
    let house = House::new().await;
    let (account, _) = house.connect(Platform::Mastodon, "tide").await;
    let owner = house.owner().await;
    (house, owner, account.id.to_string())
}

async fn upload(client: &Client, file: &str) -> Answer {
    client.call(Method::POST, "/post-imports", &CSV, Some(file)).await
}

#[tokio::test]
async fn three_good_posts_and_a_bad_one_are_three_posts() {
    let (house, owner, account) = desk().await;
    let post =
        |text: &str, at: &str| json!({"content": text, "accountIds": [account], "schedule": {"kind": "at", "at": at}});
    let good = |n: usize| post(&format!("Post {n}"), "2026-03-05T09:00:00Z");
    let body = json!({"posts": [good(0), good(1), post("Too late", "2020-01-01T00:00:00Z"), good(3), {"content": 7}]});
    let answer = owner.post_once("/posts/bulk", "k-1", &body).await.expect(207);
    assert_eq!((&answer.json["created"], &answer.json["failed"]), (&json!(3), &json!(2)));
    let made: Vec<bool> = (0..5).map(|n| answer.json["results"][n]["post"].is_object()).collect();
    assert_eq!(made, [true, true, false, true, false]);
    assert_eq!(answer.json["results"][2]["index"], 2);
    assert_eq!(answer.at("/results/2/problem/findings/0/code"), "time_in_past");
    assert_eq!(answer.at("/results/4/problem/code"), "bad_request");
    assert_eq!(house.count("publishing.posts").await, 3, "nothing half-made of the bad ones");
    let again = owner.post_once("/posts/bulk", "k-1", &body).await.expect(207);
    assert_eq!((again.header("idempotency-replayed"), &again.json), (Some("true"), &answer.json));
    assert_eq!(house.count("publishing.posts").await, 3);
    owner.post("/posts/bulk", &json!({"posts": [good(4)]})).await.expect(201);

    let many: Vec<Value> = (0..201).map(good).collect();
    owner.post("/posts/bulk", &json!({"posts": many})).await.refused(422, "invalid");
    owner.post("/posts/bulk", &json!({"posts": []})).await.refused(422, "invalid");
    let writer = house.key(&[KeyScope::PostsWrite]).await;
    let answer = writer.post("/posts/bulk", &json!({"posts": [good(5)]})).await.expect(207);
    assert_eq!(answer.at("/results/0/problem/code"), "forbidden");
}

#[tokio::test]
async fn a_file_is_looked_at_decided_and_in_the_calendar() {
    let (house, owner, account) = desk().await;
    let file = "\u{feff}content;accounts;scheduled_at\nIn spring;mastodon:tide;2026-03-29 02:30\n\
                Whose?;mastodon:nobody;2026-03-05 09:00\nFine;tide;2026-03-05 09:00\n";
    let made = upload(&owner, file).await.expect(201);
    assert_eq!((made.at("/separator"), made.at("/timeZone")), ("semicolon".into(), "Europe/Berlin".into()));
    assert_eq!(
        made.json["rows"],
        json!({"total": 3, "ready": 2, "planned": 2, "warned": 1, "broken": 1, "imported": 0})
    );
    assert_eq!(house.count("publishing.posts").await, 0);
    let path = format!("/post-imports/{}", made.at("/id"));
    let rows = owner.get(&format!("{path}/rows")).await.expect(200);
    assert_eq!(rows.json["items"][1]["line"], 3);
    assert_eq!(
        (rows.at("/items/1/state"), rows.at("/items/1/findings/0/column")),
        ("broken".into(), "accounts".into())
    );
    assert_eq!(
        (rows.at("/items/0/findings/0/code"), rows.at("/items/0/scheduledAt")),
        ("time_skipped".into(), "2026-03-29T01:00:00Z".into())
    );
    assert_eq!(rows.json["items"][2]["integrationIds"], json!([account]));
    let one = owner.get(&format!("{path}/rows?limit=1")).await.expect(200);
    let next = one.at("/next");
    let second = owner.get(&format!("{path}/rows?limit=1&after={next}&state=ready")).await.expect(200);
    assert_eq!((second.json["items"][0]["line"].clone(), second.json["next"].clone()), (json!(4), Value::Null));
    owner.get(&format!("{path}/rows?state=odd")).await.refused(400, "bad_request");
    let broken = owner.get(&format!("{path}/broken-rows")).await.expect(200);
    assert!(broken.text.contains("mastodon:nobody") && !broken.text.contains("Fine"), "{}", broken.text);

    owner.post(&format!("{path}/apply"), &json!({})).await.refused(409, "import_broken_rows");
    let writer = house.key(&[KeyScope::PostsWrite]).await;
    let wish = json!({"skipBroken": true});
    writer.post(&format!("{path}/apply"), &wish).await.refused(403, "forbidden");
    house.member(MemberRole::Viewer).await.post(&format!("{path}/apply"), &wish).await.refused(403, "forbidden");
    assert_eq!(house.count("publishing.posts").await, 0);
    let outcome = owner.post(&format!("{path}/apply"), &wish).await.expect(200);
    assert_eq!(outcome.json, json!({"imported": 2, "alreadyImported": 0, "leftOut": 1}));
    let entries = owner.get("/calendar?from=2026-03-01&to=2026-03-31").await.expect(200);
    assert_eq!(entries.json.as_array().expect("entries").len(), 2);
    let again = upload(&owner, file).await.expect(201);
    assert_eq!((&again.json["rows"]["imported"], &again.json["rows"]["ready"]), (&json!(2), &json!(0)));
    owner.delete(&format!("/post-imports/{}", again.at("/id"))).await.expect(204);
    owner.delete(&path).await.refused(404, "not_found");
    assert_eq!(owner.get("/post-imports").await.expect(200).json["items"].as_array().expect("items").len(), 1);
}

#[tokio::test]
async fn files_come_as_form_text_or_json_and_bad_ones_say_why() {
    let (_house, owner, _) = desk().await;
    let json = json!({"fileName": "drafts.csv", "content": "content\nHello\n"});
    assert_eq!(owner.post("/post-imports", &json).await.expect(201).at("/fileName"), "drafts.csv");
    let form = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"my posts.csv\"\r\n\
                Content-Type: text/csv\r\n\r\ncontent,odd\nHi,x\n\r\n--b--\r\n";
    let multipart = [("content-type", "multipart/form-data; boundary=b")];
    let made = owner.call(Method::POST, "/post-imports", &multipart, Some(form)).await.expect(201);
    assert_eq!((made.at("/fileName"), made.at("/ignoredHeadings/0")), ("my posts.csv".into(), "odd".into()));
    for (file, words) in [
        ("", "empty"),
        ("content\n", "no row"),
        ("name,mail\na,b\n", "name, mail"),
        ("content,text\na,b\n", "twice"),
        ("content\n\u{0}\n", "no text"),
    ] {
        let refused = upload(&owner, file).await.refused(422, "invalid");
        assert_eq!(refused.at("/errors/0/code"), "file_unreadable");
        assert!(refused.at("/detail").contains(words), "{file:?}: {}", refused.text);
    }
    let large = format!("content\n{}", "x".repeat(2 * 1024 * 1024));
    upload(&owner, &large).await.refused(413, "too_large");
    let odd = [("content-type", "application/zip")];
    owner.call(Method::POST, "/post-imports", &odd, Some("PK")).await.refused(400, "bad_request");
    let template = owner.get("/post-imports/template").await.expect(200);
    assert!(template.text.contains("mastodon:tide") && template.text.starts_with('\u{feff}'));
    let preview = upload(&owner, &template.text).await.expect(201);
    assert_eq!(preview.json["rows"]["broken"], 0, "the template is a file that can be imported");
}

/// Words that stand only in columns which hold secrets.
const CANARIES: [&str; 3] = ["canary-handle", "canary-answer", "canary-metadata"];

#[tokio::test]
async fn everything_is_exported_but_no_secret() {
    let (house, owner, account) = desk().await;
    let (_, there) = house.connect(Platform::Facebook, "tidepage").await;
    let post =
        json!({"content": "=Low water", "accountIds": [account], "schedule": {"kind": "now"}, "labels": ["tides"]});
    let made = owner.post("/posts", &post).await.expect(201);
    owner.post(&format!("/posts/{}/review-links", made.at("/id")), &json!({"recipient": "Imke"})).await.expect(201);
    house.asset("boat.png").await;
    house.pass(Duration::from_secs(1)).await;
    for sql in [
        "update publishing.publication_attempts set remote_handles = '{\"h\": \"canary-handle\"}', response = '{\"r\": \"canary-answer\"}'",
        "update accounts.social_accounts set metadata = '{\"m\": \"canary-metadata\"}'",
    ] {
        sqlx::query(sql).execute(&mut house.test.owner().await).await.expect("a column");
    }
    let everything = owner.get("/exports/everything").await.expect(200);
    assert_eq!(everything.header("content-type"), Some("application/x-ndjson; charset=utf-8"));
    let lines: Vec<Value> = everything.text.lines().map(|l| serde_json::from_str(l).expect("a JSON object")).collect();
    let tables = owner.get("/exports").await.expect(200);
    for table in tables.json["items"].as_array().expect("tables") {
        let (name, columns) = (table["name"].as_str().expect("a name"), table["columns"].as_array().expect("columns"));
        let csv = owner.get(&format!("/exports/{name}?format=csv")).await.expect(200);
        let headings: Vec<&str> = columns.iter().filter_map(Value::as_str).collect();
        assert_eq!(csv.text.trim_start_matches('\u{feff}').lines().next(), Some(headings.join(",").as_str()), "{name}");
        for row in lines.iter().filter(|l| l["table"] == *name) {
            let named = row["row"].as_object().expect("an object");
            assert!(named.len() == headings.len() && headings.iter().all(|h| named.contains_key(*h)), "{name}: {row}");
        }
        for word in ["token", "secret", "password", "_enc", "provider_key", "idempotency"] {
            assert!(!headings.iter().any(|h| h.contains(word)), "{name} has a column of secrets: {headings:?}");
        }
    }
    for name in ["posts", "revisions", "publications", "attempts", "labels", "media", "accounts"] {
        assert!(lines.iter().any(|l| l["table"] == name), "{name} has rows");
    }
    let key = house.key(&[KeyScope::PostsRead]).await;
    let secrets = [there.access_token.as_str(), &key.credential()[7..], &owner.credential()];
    for secret in secrets.iter().chain(&CANARIES) {
        assert!(secret.len() > 8 && !everything.text.contains(secret), "a secret left the house: {secret}");
    }
    let csv = owner.get("/exports/posts?format=csv").await.expect(200);
    assert!(
        csv.text.contains("'=Low water") && csv.header("content-disposition").is_some_and(|d| d.contains("posts.csv"))
    );

    // Keys need the scope of numbers where numbers are; the log names who took what.
    key.get("/exports/posts").await.expect(200);
    key.get("/exports/content_metrics").await.refused(403, "forbidden");
    key.get("/exports/everything").await.refused(403, "forbidden");
    owner.get("/exports/users").await.refused(404, "not_found");
    owner.get("/exports/posts?format=xlsx").await.refused(400, "bad_request");
    owner.get("/exports/everything?format=csv").await.refused(400, "bad_request");
    let log = owner.get("/audit").await.expect(200);
    assert!(log.text.contains("\"export\""), "{}", log.text);
    let (stranger, _) = house.stranger().await;
    let theirs = stranger.get("/exports/everything").await.expect(200);
    assert_eq!(theirs.text, "", "another organization has nothing to take along");
}

#[tokio::test]
async fn numbers_of_a_range_leave_in_three_formats() {
    let (house, owner, _) = desk().await;
    let range = "from=2026-02-01&to=2026-02-28";
    for (format, mime) in [
        ("csv", "text/csv; charset=utf-8"),
        ("jsonl", "application/x-ndjson; charset=utf-8"),
        ("parquet", "application/vnd.apache.parquet"),
    ] {
        let path = format!("/analytics/exports/summary?{range}&format={format}");
        let file = owner.get(&path).await.expect(200);
        assert_eq!(file.header("content-type"), Some(mime));
        let name = file.header("content-disposition").unwrap_or_default().to_owned();
        assert!(name.contains(&format!("-summary-2026-02-01-2026-02-28.{format}")), "{name}");
    }
    let csv = owner.get(&format!("/analytics/exports/summary?{range}")).await.expect(200);
    assert_eq!(csv.text.lines().count(), 29, "headings and a row for each day");
    assert_eq!(csv.text.lines().nth(1), Some("2026-02-01,0,,,,,,,,,,,,"), "nothing is known, which is not 0");
    let noted = house.count("governance.audit_logs where action = 'export'").await;
    assert_eq!(noted, 4, "each of them is in the log");
    owner.get("/analytics/exports/detailed").await.refused(400, "bad_request");
    owner.get("/analytics/exports/rows?from=2026-02-01&to=2026-02-02").await.refused(404, "not_found");
    owner.get("/analytics/exports/detailed?from=2024-01-01&to=2026-02-02").await.refused(422, "invalid");
    let page = owner.page("/export").await.expect(200);
    assert!(page.text.contains("Numbers of a range"), "{}", page.text);
    let file = owner.page(&format!("/export/numbers?dataset=detailed&format=csv&{range}")).await.expect(200);
    assert!(file.text.contains("content_id,account,network"), "{}", file.text);
    let wrong = owner.page("/export/numbers?dataset=detailed&format=csv&from=2026-02-03&to=2026-02-01").await;
    assert_eq!(wrong.status, 303);
}
