//! Groups, tags and rules by the API and as pages.

use std::time::Duration;

use rookery_identity::MemberRole;
use rookery_kernel::Platform;
use serde_json::json;

use crate::client::Answer;
use crate::house::House;

/// Items of an account with these texts.
async fn seen(house: &House, account: rookery_kernel::AccountId, texts: &[&str]) -> Vec<String> {
    let insert = "insert into analytics.content
         (organization_id, integration_id, external_content_id, platform, format, published_at, caption, language)
         select $1, $2, t.text, 'mastodon', 'text', '2026-03-01T10:00:00Z', t.text, 'en'
         from unnest($3::text[]) as t (text) returning id::text";
    let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    sqlx::query_scalar(insert)
        .bind(house.scope.organization_id.uuid())
        .bind(account.uuid())
        .bind(texts)
        .fetch_all(&mut house.test.owner().await)
        .await
        .expect("rows")
}

#[tokio::test]
async fn groups_are_made_filled_and_deleted_by_the_api() {
    let house = House::new().await;
    let owner = house.owner().await;
    let (ann, _) = house.connect(Platform::Mastodon, "ann").await;
    let made = owner.post("/analytics/groups", &json!({"name": "Food", "niche": "cooking"})).await.expect(201);
    let id = made.at("/id");
    owner.post("/analytics/groups", &json!({"name": "food"})).await.refused(409, "name_taken");
    let wrong = owner.post("/analytics/groups", &json!({"name": " "})).await.refused(422, "invalid");
    assert_eq!(wrong.at("/errors/0/field"), "name");
    let pages = format!("/analytics/groups/{id}/pages");
    let filled = owner.post(&pages, &json!({"integrationIds": [ann.id.to_string()]})).await.expect(200);
    assert_eq!(filled.at("/integrationIds/0"), ann.id.to_string());
    let nobody = json!({"integrationIds": [id]});
    owner.post(&pages, &nobody).await.refused(404, "not_found");
    assert_eq!(owner.get("/analytics/niches").await.expect(200).json, json!(["cooking"]));
    let put = axum::http::Method::PUT;
    let body = json!({"name": "Food & drink"}).to_string();
    let changed = owner.call(put, &format!("/analytics/groups/{id}"), &[], Some(&body)).await.expect(200);
    assert_eq!((changed.at("/name"), changed.json["niche"].clone()), ("Food & drink".to_owned(), json!(null)));
    let out = format!("{pages}/{}", ann.id);
    assert_eq!(owner.delete(&out).await.expect(200).json["integrationIds"], json!([]));
    owner.delete(&format!("/analytics/groups/{id}")).await.expect(204);
    assert_eq!(owner.get("/analytics/groups").await.expect(200).json, json!([]));
}

#[tokio::test]
async fn a_rule_is_tried_kept_and_applied_by_the_api() {
    let house = House::new().await;
    let owner = house.owner().await;
    let (ann, _) = house.connect(Platform::Mastodon, "ann").await;
    let content = seen(&house, ann.id, &["Spring tide", "Tide table", "Bread stall"]).await;
    let tag = owner.post("/analytics/tags", &json!({"type": "auto", "label": "Coast"})).await.expect(201).at("/id");
    let rule = json!({"matchKind": "keyword", "pattern": "Tide"});
    let tried = owner.post("/analytics/tags/dry-run", &json!({"tagId": tag, "rule": rule})).await.expect(200);
    assert_eq!((&tried.json["items"], &tried.json["matches"], &tried.json["adds"]), (&json!(3), &json!(2), &json!(2)));
    assert_eq!(tried.json["examples"].as_array().map(Vec::len), Some(2));
    let broken = json!({"tagId": tag, "rule": {"matchKind": "regex", "pattern": "tide ("}});
    let wrong = owner.post("/analytics/tags/dry-run", &broken).await.refused(422, "invalid");
    assert_eq!(wrong.at("/errors/0/field"), "pattern");
    assert!(wrong.at("/errors/0/message").contains("at character 6"), "{}", wrong.text);

    let rules = format!("/analytics/tags/{tag}/rules");
    let kept = owner.post(&rules, &rule).await.expect(201);
    assert_eq!((kept.at("/pattern"), kept.json["priority"].clone()), ("tide".to_owned(), json!(100)));
    owner.post(&rules, &rule).await.refused(409, "rule_taken");
    let exclusion = json!({"matchKind": "phrase", "pattern": "tide table", "isExclusion": true, "priority": 1});
    owner.post(&rules, &exclusion).await.expect(201);
    assert_eq!(owner.get(&rules).await.expect(200).at("/0/pattern"), "tide table", "as they are asked");
    let waiting = owner.get("/analytics/tags/auto-run").await.expect(200);
    assert_eq!((waiting.json["percent"].clone(), waiting.json["finishedAt"].clone()), (json!(0), json!(null)));
    house.pass(Duration::ZERO).await;
    let done = owner.get("/analytics/tags/auto-run").await.expect(200);
    assert_eq!((done.json["percent"].clone(), done.json["itemsDone"].clone()), (json!(100), json!(3)));
    let labels = |answer: Answer| -> Vec<String> {
        answer
            .json
            .as_array()
            .expect("a list")
            .iter()
            .map(|t| t["label"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    let of = async |n: usize| labels(owner.get(&format!("/analytics/content/{}/tags", content[n])).await.expect(200));
    assert!(of(0).await.contains(&"Coast".to_owned()));
    assert!(!of(1).await.contains(&"Coast".to_owned()) && !of(2).await.contains(&"Coast".to_owned()));
    let list = owner.get("/analytics/tags?type=auto&sort=uses&search=coast").await.expect(200);
    assert_eq!((list.at("/items/0/label"), list.json["items"][0]["uses"].clone()), ("Coast".to_owned(), json!(1)));
    owner.delete(&format!("/analytics/tag-rules/{}", kept.at("/id"))).await.expect(204);
    house.pass(Duration::ZERO).await;
    assert!(!of(0).await.contains(&"Coast".to_owned()));
}

#[tokio::test]
async fn editors_assign_manual_tags_and_change_nothing_else() {
    let house = House::new().await;
    let owner = house.owner().await;
    let (ann, _) = house.connect(Platform::Mastodon, "ann").await;
    let content = seen(&house, ann.id, &["One", "Two", "Three"]).await;
    let sale = owner.post("/analytics/tags", &json!({"type": "manual", "label": "Sale", "color": "#0b5563"})).await;
    let sale = sale.expect(201).at("/id");
    let auto = owner.post("/analytics/tags", &json!({"type": "auto", "label": "Coast"})).await.expect(201).at("/id");
    let editor = house.member(MemberRole::Editor).await;
    let one = format!("/analytics/content/{}/tags/{sale}", content[0]);
    assert_eq!(editor.act(&one).await.expect(200).json["changed"], 1);
    assert_eq!(editor.act(&one).await.expect(200).json["changed"], 0);
    let by_hand = format!("/analytics/content/{}/tags/{auto}", content[0]);
    editor.act(&by_hand).await.refused(409, "tag_is_automatic");
    let assign = format!("/analytics/tags/{sale}/assign");
    assert_eq!(editor.post(&assign, &json!({"contentIds": content})).await.expect(200).json["changed"], 2);
    let filter = json!({"integrationIds": [ann.id.to_string()], "from": "2026-03-02"});
    assert_eq!(editor.post(&assign, &filter).await.expect(200).json["changed"], 0, "nothing of these days");
    editor.post(&assign, &json!({})).await.refused(422, "invalid");
    let both = json!({"contentIds": content, "format": "text"});
    editor.post(&assign, &both).await.refused(422, "invalid");
    let unassign = format!("/analytics/tags/{sale}/unassign");
    let off = editor.post(&unassign, &json!({"format": "text"})).await.expect(200);
    assert_eq!(off.json["changed"], 3);
    // Undone, it is on exactly those again; once, and by nobody else.
    let undo = |id: &str| format!("/analytics/tag-changes/{id}/undo");
    let id = off.at("/changeId");
    house.member(MemberRole::Viewer).await.post(&undo(&id), &json!({})).await.refused(403, "forbidden");
    house.stranger().await.0.post(&undo(&id), &json!({})).await.refused(404, "not_found");
    assert_eq!(editor.post(&undo(&id), &json!({})).await.expect(200).json["changed"], 3);
    editor.post(&undo(&id), &json!({})).await.refused(409, "nothing_to_undo");
    let on = editor.post(&assign, &json!({"contentIds": content})).await.expect(200);
    assert_eq!(on.json, json!({"changed": 0, "changeId": null}), "they bear it");
    assert_eq!(editor.post(&unassign, &json!({"contentIds": content})).await.expect(200).json["changed"], 3);
    assert_eq!(editor.delete(&one).await.expect(200).json["changed"], 0);
    editor.post("/analytics/tags", &json!({"type": "manual", "label": "Mine"})).await.refused(403, "forbidden");
    editor.post("/analytics/groups", &json!({"name": "Mine"})).await.refused(403, "forbidden");
    editor.delete(&format!("/analytics/tags/{sale}")).await.refused(403, "forbidden");
}

#[tokio::test]
async fn the_pages_work_without_script() {
    let house = House::new().await;
    let owner = house.owner().await;
    let to = |answer: Answer| answer.expect(303).header("location").expect("a way").to_owned();
    let empty = owner.page("/groups").await.expect(200).text;
    assert!(empty.contains("No account is followed yet") && empty.contains("New group"), "{empty}");
    let (ann, _) = house.connect(Platform::Mastodon, "ann").await;
    seen(&house, ann.id, &["Spring <b>tide</b>", "Tide table", "Bread stall"]).await;
    assert!(to(owner.form("/groups", "name=Food&niche=cooking&description=").await).contains("done="));
    assert!(to(owner.form("/groups", "name=food&niche=&description=").await).contains("failed="));
    let group = owner.get("/analytics/groups").await.expect(200).at("/0/id");
    let add = format!("account={}&wish=add", ann.id);
    assert!(to(owner.form(&format!("/groups/{group}/accounts"), &add).await).contains("done=Added"));
    let page = owner.page("/groups").await.expect(200).text;
    assert!(page.contains("not computed yet") && page.contains("cooking") && page.contains("Take "), "{page}");

    let tag = to(owner.form("/tags", "kind=auto&label=Coast").await);
    assert!(tag.starts_with("/tags/"), "{tag}");
    assert!(owner.page(&tag).await.expect(200).text.contains("No rule yet"));
    let rules = format!("{tag}/rules");
    let rule = "rule=&kind=keyword&pattern=tide&language=&priority=100";
    let preview = owner.form(&rules, &format!("{rule}&wish=preview")).await.expect(200).text;
    assert!(preview.contains("This rule matches 2 of 3 items."), "{preview}");
    assert!(preview.contains("Spring &#60;b&#62;tide") && preview.contains("value=\"tide\""), "{preview}");
    let part = owner.form(&format!("{tag}/preview"), &format!("{rule}&exclusion=on")).await.expect(200).text;
    assert!(part.contains("keeps the tag away from 2 of 3 items") && !part.contains("<html"), "{part}");
    let broken = owner.form(&rules, "rule=&kind=regex&pattern=tide+%28&language=&priority=100&wish=save").await;
    let broken = broken.expect(200).text;
    assert!(broken.contains("cannot be read at character 6") && broken.contains("value=\"tide (\""), "{broken}");
    assert!(to(owner.form(&rules, &format!("{rule}&wish=save")).await).contains("done="));
    assert!(owner.page(&tag).await.expect(200).text.contains("being tagged anew"));
    house.pass(Duration::ZERO).await;
    let page = owner.page("/groups").await.expect(200).text;
    assert!(
        page.contains("Coast") && page.contains("1 rule · 2 items") && !page.contains("being tagged anew"),
        "{page}"
    );
    assert!(page.contains("stall"), "words are listed: {page}");
    assert!(to(owner.form("/groups/stop-words", "word=stall&language=&wish=add").await).contains("done="));
    house.pass(Duration::ZERO).await;
    let words = owner.get("/analytics/tags?search=stall&sort=uses").await.expect(200);
    assert_eq!(words.json["items"][0]["uses"], 0);

    let viewer = house.member(MemberRole::Viewer).await;
    let page = viewer.page("/groups").await.expect(200).text;
    assert!(page.contains("Food") && !page.contains("New group") && !page.contains("Delete"), "{page}");
    assert!(!viewer.page(&tag).await.expect(200).text.contains("New rule"));
    assert_eq!(viewer.form(&rules, rule).await.status, 403);
    let (stranger, _) = house.stranger().await;
    assert_eq!(stranger.page(&tag).await.status, 404);
}

fn hrefs(text: &str) -> String {
    text.replace("&#38;", "&").replace("&amp;", "&")
}

#[tokio::test]
async fn many_items_are_tagged_from_the_list_with_a_number_first_and_a_way_back() {
    let house = House::new().await;
    let owner = house.owner().await;
    let (ann, _) = house.connect(Platform::Mastodon, "ann").await;
    let texts: Vec<String> = (0..25).map(|n| format!("Tide {n}")).collect();
    let content = seen(&house, ann.id, &texts.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let list = owner.page("/content?limit=20").await;
    for said in ["All 25 that match", "name=\"item\"", "Choose Tide"] {
        assert!(list.text.contains(said), "{said:?} is missing: {}", list.text);
    }

    let two = format!("item={}&item={}&query=limit%3D20", content[0], content[1]);
    let asked = owner.form("/content/tags", &format!("{two}&label=Launch&do=add")).await;
    assert!(
        asked.text.contains("Put “Launch” on 2 items?") && asked.text.contains("2 items are chosen."),
        "{}",
        asked.text
    );
    assert_eq!(house.count("analytics.content_tags").await, 0, "a question changes nothing");
    let done = owner.form("/content/tags/apply", &format!("{two}&label=Launch&do=add")).await;
    let back = done.header("location").expect("back to the list").to_owned();
    assert!(done.status == 303 && back.starts_with("/content?limit=20&change="), "{back}");
    let page = owner.page(&back).await;
    assert!(page.text.contains("Take “Launch” off 2 items again"), "{}", page.text);
    let whole = owner.page("/content?limit=100").await;
    assert!(hrefs(&whole.text).contains("/content?tagId="), "a tag leads to what bears it");

    let tag = owner.get("/analytics/tags?type=manual").await.expect(200).at("/items/0/id");
    let all = format!("all=1&query=limit%3D20&tag={tag}");
    let asked = owner.form("/content/tags", &format!("{all}&do=add")).await;
    let said = ["Put “Launch” on 23 items?", "25 items are chosen. 2 items bear it already and stay as they are."];
    assert!(said.iter().all(|said| asked.text.contains(said)), "{}", asked.text);
    let done = owner.form("/content/tags/apply", &format!("{all}&do=add")).await;
    let back = done.header("location").expect("back").to_owned();
    assert_eq!(house.count("analytics.content_tags").await, 25);
    let change = back.split("change=").nth(1).and_then(|rest| rest.split('&').next()).expect("a change");
    let undone = owner.form("/content/tags/undo", &format!("change={change}&query=limit%3D20")).await;
    assert!(undone.header("location").is_some_and(|to| to.contains("23+items+changed+back")), "{undone:?}");
    assert_eq!(house.count("analytics.content_tags").await, 2);
    let twice = owner.form("/content/tags/undo", &format!("change={change}")).await;
    assert!(twice.header("location").is_some_and(|to| to.contains("failed=")), "{twice:?}");

    let asked = owner.form("/content/tags", &format!("all=1&query=search%3Dnothing&tag={tag}&do=add")).await;
    assert!(asked.text.contains("There is nothing to change."), "{}", asked.text);
    for (wrong, why) in [
        (format!("query=limit%3D20&tag={tag}&do=add"), "Choose+at+least+one+item"),
        (format!("{two}&do=add"), "Choose+a+tag"),
        (format!("{two}&tag={tag}&label=Other&do=add"), "not+both"),
        (format!("{two}&label=Other&do=remove"), "on+nothing+yet"),
    ] {
        let refused = owner.form("/content/tags", &wrong).await;
        let to = refused.header("location").unwrap_or_default().to_owned();
        assert!(refused.status == 303 && to.contains("failed=") && to.contains(why), "{wrong}: {to}");
    }

    let viewer = house.member(MemberRole::Viewer).await;
    assert!(!viewer.page("/content").await.text.contains("name=\"item\""), "a reader has nothing to choose");
    assert_eq!(viewer.form("/content/tags/apply", &format!("{all}&do=remove")).await.status, 403);
    assert_eq!(house.count("analytics.content_tags").await, 2);
}
