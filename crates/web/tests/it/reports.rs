//! Reports: to look at, to plan, and for whoever has a link.

use rookery_identity::MemberRole;
use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn a_link_shows_a_report_to_a_stranger_until_it_is_taken_back() {
    let house = House::new().await;
    let owner = house.owner().await;
    let nobody = house.nobody();
    let body = json!({"recipient": "Imke", "from": "2026-02-01", "to": "2026-02-28"});
    let made = owner.post("/report-links", &body).await.expect(201);
    let url = made.at("/url");
    let token = url.rsplit('/').next().expect("a token").to_owned();
    assert_eq!(token.len(), 64);
    let page = nobody.page(&format!("/report/{token}")).await.expect(200);
    for words in
        ["All accounts, 1 February 2026 to 28 February 2026", "How this was computed", "break-before:page", "noindex"]
    {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(page.header("x-robots-tag"), Some("noindex, nofollow, noarchive"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert!(!page.text.contains("<script"), "it works without script");
    let listed = owner.get("/report-links").await.expect(200);
    assert_eq!((listed.at("/items/0/state"), listed.json["items"][0].get("url")), ("open".into(), None));
    owner.delete(&format!("/report-links/{}", made.at("/id"))).await.expect(204);
    assert_eq!(nobody.page(&format!("/report/{token}")).await.status, 404);
    assert_eq!(nobody.page("/report/unknown").await.status, 404);
    owner
        .post("/report-links", &json!({"recipient": "Imke", "from": "2024-01-01", "to": "2026-02-28"}))
        .await
        .refused(422, "invalid");
}

#[tokio::test]
async fn the_page_shows_what_is_planned_and_says_that_mail_is_not_configured() {
    let house = House::new().await;
    let owner = house.owner().await;
    let page = owner.page("/reports").await.expect(200);
    for words in ["Mail is not configured", "No report is planned.", "There is no link.", "Show the report"] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    let body =
        json!({"name": "Month", "cadence": "monthly", "dayOfMonth": 31, "at": "08:00", "recipients": ["a@b.example"]});
    owner.post("/report-schedules", &body).await.refused(409, "mail_not_configured");
    let view = owner.page("/reports/view?month=2026-02&group=").await.expect(200);
    assert!(view.text.contains("28 February 2026"), "{}", view.text);
    assert_eq!(owner.page("/reports/view?month=soon").await.status, 303);
    let made = owner.form("/reports/links", "recipient=Imke&group=&month=2026-02&days=7").await.expect(200);
    assert!(made.text.contains("/report/") && made.text.contains("Take back"), "{}", made.text);
    let viewer = house.member(MemberRole::Viewer).await;
    let page = viewer.page("/reports").await.expect(200);
    assert!(!page.text.contains("Take back") && page.text.contains("Imke"), "{}", page.text);
    let refused = viewer.form("/reports/links", "recipient=Eve&group=&month=2026-02&days=7").await;
    assert_eq!(refused.status, 303);
    assert_eq!(house.count("analytics.report_links").await, 1);
}
