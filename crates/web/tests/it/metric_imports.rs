//! Numbers from the networks' own exports, by the API and on the page.

use axum::http::Method;
use rookery_identity::MemberRole;
use rookery_kernel::Platform;
use serde_json::json;

use crate::client::{Answer, Client};
use crate::house::House;

const FILE: &str = "Post id,Date,Post text,Impressions,Likes\n\
    11,\"Sun, Mar 1, 2026\",Tide,\"1,234\",5\n12,\"Sun, Mar 1, 2026\",Ebb,many,0\n";

async fn upload(client: &Client, file: &str) -> Answer {
    client.call(Method::POST, "/metric-imports", &[("content-type", "text/csv")], Some(file)).await
}

#[tokio::test]
async fn an_export_is_looked_at_mapped_and_stored() {
    let house = House::new().await;
    let (account, _) = house.connect(Platform::Twitter, "tide").await;
    let owner = house.owner().await;
    house.analytics.track(&house.scope, &[account.id]).await.expect("tracked");
    let made = upload(&owner, FILE).await.expect(201);
    assert_eq!((made.at("/source"), made.at("/state")), ("twitter".into(), "ready".into()));
    assert_eq!(made.at("/integrationId"), account.id.to_string());
    assert_eq!(made.json["rows"], json!({"total": 2, "done": 2, "ready": 1, "broken": 1, "skipped": 0}));
    assert_eq!(made.json["mapping"]["fields"], json!(["id", "published_at", "caption", "impressions", "reactions"]));
    let path = format!("/metric-imports/{}", made.at("/id"));
    let rows = owner.get(&format!("{path}/rows?state=broken")).await.expect(200);
    assert_eq!(rows.at("/items/0/findings/0/column"), "Impressions");
    let rows = owner.get(&format!("{path}/rows?limit=1")).await.expect(200);
    let reading = &rows.json["items"][0]["reading"];
    assert_eq!((&reading["impressions"], &reading["shares"]), (&json!(1234), &json!(null)));
    assert_eq!(rows.at("/next"), "2");
    owner.post(&format!("{path}/apply"), &json!({})).await.refused(409, "import_broken_rows");
    owner.patch(&path, &json!({"fields": ["id", "id", null, null, "likes"]})).await.refused(422, "invalid");
    owner.patch(&path, &json!({"fields": ["id", "id", null, null, "reactions"]})).await.refused(422, "invalid");
    let mapped =
        owner.patch(&path, &json!({"fields": ["id", "published_at", "caption", null, "reactions"]})).await.expect(200);
    assert_eq!(mapped.json["rows"]["ready"], 2);
    let done = owner.post(&format!("{path}/apply"), &json!({})).await.expect(200);
    assert_eq!(
        (done.at("/state"), &done.json["newContent"], &done.json["rowsWritten"]),
        ("applied".into(), &json!(2), &json!(2))
    );
    let content = owner.get("/analytics/content?from=2026-02-20&to=2026-03-01").await.expect(200);
    assert_eq!(content.json["items"].as_array().map(Vec::len), Some(2));
    owner.delete(&path).await.refused(404, "not_found");
    assert_eq!(owner.get("/metric-imports").await.expect(200).json["items"].as_array().map(Vec::len), Some(1));
    upload(&owner, "hello").await.refused(422, "invalid");
}

#[tokio::test]
async fn the_page_shows_columns_rows_and_what_to_do() {
    let house = House::new().await;
    let (account, _) = house.connect(Platform::Twitter, "tide").await;
    house.analytics.track(&house.scope, &[account.id]).await.expect("tracked");
    let owner = house.owner().await;
    let empty = owner.page("/imports/metrics").await.expect(200);
    assert!(empty.text.contains("None yet.") && empty.text.contains("YouTube Studio"), "{}", empty.text);
    let id = upload(&owner, FILE).await.expect(201).at("/id");
    let page = owner.page(&format!("/imports/metrics/{id}")).await.expect(200);
    for words in
        ["1 row can be stored, 1 is broken", "is no number", "Store 1 row, leave out 1", "name=\"column-3\"", "Tide"]
    {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    let fields = format!(
        "account={}&numbers=comma&dates=month_first&basis=day&as_of=2026-03-01&column-0=id&column-1=published_at&column-4=reactions",
        account.id
    );
    let mapped = owner.form(&format!("/imports/metrics/{id}"), &fields).await;
    assert_eq!(mapped.status, 303);
    assert!(owner.page(&format!("/imports/metrics/{id}")).await.text.contains("Every row can be stored."));
    let viewer = house.member(MemberRole::Viewer).await;
    let page = viewer.page(&format!("/imports/metrics/{id}")).await.expect(200);
    assert!(!page.text.contains("<button class=\"btn primary\""), "who reads decides nothing");
    assert_eq!(viewer.form(&format!("/imports/metrics/{id}/apply"), "").await.status, 403);
    assert_eq!(owner.form(&format!("/imports/metrics/{id}/apply"), "").await.status, 303);
    let page = owner.page(&format!("/imports/metrics/{id}")).await.expect(200);
    assert!(page.text.contains("2 new items, 2 rows of numbers"), "{}", page.text);
    assert!(owner.page("/imports/metrics").await.text.contains("2 rows written"));
}
