//! Posts that come back, as pages and by the API.

use rookery_identity::MemberRole;
use rookery_kernel::Platform;
use serde_json::json;

use crate::house::House;

#[tokio::test]
async fn a_post_comes_back_by_a_form_and_is_paused_changed_and_stopped() {
    let house = House::new().await;
    let owner = house.owner().await;
    assert!(owner.page("/recurring").await.expect(200).text.contains("Nothing comes back yet"));
    let (ann, _) = house.connect(Platform::Mastodon, "ann").await;
    let body = json!({"content": "Low <tide>", "accountIds": [ann.id.to_string()], "schedule": {"kind": "draft"}});
    let post = owner.post("/posts", &body).await.expect(201).at("/id");
    assert!(owner.page(&format!("/posts/{post}")).await.expect(200).text.contains("Repeat it"));
    let form = "frequency=weeks&every=1&weekday=2&weekday=5&time=09%3A30&starts=2026-03-02&end=after&occurrences=3&ends_on=&cool_down=";
    let to = |answer: crate::client::Answer| answer.expect(303).header("location").expect("a way").to_owned();
    assert!(to(owner.form(&format!("/posts/{post}/repeat"), form).await).starts_with("/recurring?done="));
    let all = owner.get("/recurring-posts").await.expect(200);
    let id = all.at("/0/id");
    assert_eq!(all.at("/0/occurrences/0/at"), "2026-03-03T08:30:00Z");
    assert_eq!(all.json[0]["occurrences"].as_array().map(Vec::len), Some(3));
    let page = owner.page("/recurring").await.expect(200).text;
    assert!(
        page.contains("Every week on Tuesday and Friday at 09:30") && page.contains("Low &#60;tide&#62;"),
        "{page}"
    );
    let template = owner.page(&format!("/posts/{post}")).await.expect(200).text;
    assert!(template.contains("template of a recurring post") && !template.contains("Publish now"), "{template}");
    owner.act(&format!("/posts/{post}/publish-now")).await.refused(409, "is_template");

    let wrong = form.replace("weekday=2&weekday=5&", "");
    assert!(to(owner.form(&format!("/recurring/{id}"), &wrong).await).contains("failed=Choose"));
    assert!(to(owner.form(&format!("/recurring/{id}"), &form.replace("09%3A30", "10%3A00")).await).contains("done="));
    let read = owner.get(&format!("/recurring-posts/{id}")).await.expect(200);
    assert_eq!(read.at("/occurrences/0/at"), "2026-03-03T09:00:00Z");
    assert!(to(owner.form(&format!("/recurring/{id}/pause"), "").await).contains("done=Paused"));
    assert!(owner.page("/recurring").await.expect(200).text.contains("Nothing is made while it does not run"));
    assert!(to(owner.form(&format!("/recurring/{id}/resume"), "").await).contains("done="));
    assert!(to(owner.form(&format!("/recurring/{id}/stop"), "").await).contains("done=Stopped"));

    let viewer = house.member(MemberRole::Viewer).await;
    assert_eq!(viewer.form(&format!("/recurring/{id}/stop"), "").await.status, 403);
    assert!(!viewer.page("/recurring").await.expect(200).text.contains("/stop"));
    let (stranger, _) = house.stranger().await;
    stranger.get(&format!("/recurring-posts/{id}")).await.refused(404, "not_found");
}

#[tokio::test]
async fn rules_are_read_and_refused_with_their_field() {
    let house = House::new().await;
    let owner = house.owner().await;
    let (ann, _) = house.connect(Platform::Mastodon, "ann").await;
    let body = json!({"content": "Tide", "accountIds": [ann.id.to_string()], "schedule": {"kind": "draft"}});
    let post = owner.post("/posts", &body).await.expect(201).at("/id");
    let rule = json!({"frequency": "months", "every": 1, "dayOfMonth": 31, "time": "09:30", "startsOn": "2026-03-02"});
    for (name, value, field) in [
        ("every", json!(0), "every"),
        ("dayOfMonth", json!(null), "dayOfMonth"),
        ("time", json!("25:00"), "time"),
        ("endsOn", json!("2026-03-01"), "endsOn"),
        ("occurrences", json!(0), "occurrences"),
        ("coolDownDays", json!(999), "coolDownDays"),
    ] {
        let mut rule = rule.clone();
        rule[name] = value;
        let answer =
            owner.post("/recurring-posts", &json!({"postId": post, "rule": rule})).await.refused(422, "invalid");
        assert_eq!(answer.at("/errors/0/field"), field, "{}", answer.text);
    }
    let made = owner.post("/recurring-posts", &json!({"postId": post, "rule": rule})).await.expect(201);
    assert_eq!(made.at("/rule/startsOn"), "2026-03-02");
    assert_eq!(made.at("/occurrences/0/day"), "2026-03-31");
}
