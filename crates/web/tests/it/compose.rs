//! Posts with everything they may be made of: by the API, and by the form without script.

use std::collections::BTreeMap;

use rookery_identity::MemberRole;
use rookery_kernel::Platform;
use serde::Deserialize;
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use crate::client::{Answer, Client};
use crate::house::House;

struct Desk {
    house: House,
    owner: Client,
    mastodon: String,
    twitter: String,
    facebook: String,
}

impl Desk {
    async fn new() -> Self {
        let house = House::new().await;
        let mut ids = Vec::new();
        for network in [Platform::Mastodon, Platform::Twitter, Platform::Facebook] {
            ids.push(house.connect(network, "tide").await.0.id.to_string());
        }
        let owner = house.owner().await;
        let [mastodon, twitter, facebook] = ids.try_into().expect("three");
        Self { house, owner, mastodon, twitter, facebook }
    }

    async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        form(&self.owner, path, fields).await
    }
}

async fn form(client: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = Serializer::new(String::new()).extend_pairs(fields).finish();
    client.form(path, &body).await
}

/// The text between a marker and the next `"`.
fn after<'a>(page: &'a Answer, marker: &str) -> &'a str {
    let at = page.text.find(marker).unwrap_or_else(|| panic!("{marker} in {}", page.text)) + marker.len();
    page.text[at..].split('"').next().unwrap_or_default()
}

fn everything(desk: &Desk, asset: &str) -> Value {
    json!({
        "content": "Low tide at noon", "title": "Tide", "accountIds": [desk.mastodon, desk.twitter],
        "schedule": {"kind": "draft"},
        "format": "thread", "link": "https://tides.example/noon",
        "media": [{"assetId": asset, "altText": "A gull on a post"}],
        "followUps": [{"kind": "thread", "text": "More", "delayMinutes": 0},
                      {"kind": "comment", "text": "Links", "delayMinutes": 5}],
        "variants": {desk.twitter.clone(): {"text": "Ebbe um zwölf", "title": null}},
        "options": {"mastodon": {"visibility": "unlisted"}},
        "labels": ["spring", "news"], "expiresAt": "2026-03-09T09:00:00Z",
    })
}

#[tokio::test]
async fn a_post_is_made_of_everything_changed_and_found_by_its_label() {
    let desk = Desk::new().await;
    let asset = desk.house.asset("gull.png").await;
    let body = everything(&desk, &asset);
    let made = desk.owner.post("/posts", &body).await.expect(201);
    for part in ["format", "link", "media", "followUps", "variants", "options", "labels", "expiresAt"] {
        assert_eq!(made.json[part], body[part], "{part}");
    }
    let path = format!("/posts/{}", made.at("/id"));
    assert_eq!(desk.owner.get(&path).await.expect(200).json["media"], body["media"]);

    // What is absent stays, null removes, a list replaces.
    let change = json!({"link": null, "labels": ["tide"], "accountIds": [desk.mastodon], "expectedRevision": 1});
    let changed = desk.owner.patch(&path, &change).await.expect(200);
    assert_eq!((&changed.json["link"], &changed.json["labels"]), (&Value::Null, &json!(["tide"])));
    assert_eq!((&changed.json["followUps"], changed.json["revision"].clone()), (&body["followUps"], json!(2)));
    assert_eq!(changed.json["publications"].as_array().expect("publications").len(), 1);
    let found = desk.owner.get("/posts?label=tide").await.expect(200);
    assert_eq!(found.json["items"].as_array().expect("items").len(), 1);
    assert_eq!(desk.owner.get("/posts?label=spring").await.expect(200).json["items"], json!([]));
    assert_eq!(desk.owner.get("/posts/labels").await.expect(200).json, json!(["tide"]));
}

#[tokio::test]
async fn who_read_an_older_revision_gets_both_texts() {
    let desk = Desk::new().await;
    let body = json!({"content": "one", "accountIds": [desk.mastodon], "schedule": {"kind": "draft"}});
    let path = format!("/posts/{}", desk.owner.post("/posts", &body).await.expect(201).at("/id"));
    desk.owner.patch(&path, &json!({"content": "two", "expectedRevision": 1})).await.expect(200);
    let late = desk.owner.patch(&path, &json!({"content": "three", "expectedRevision": 1})).await;
    let late = late.refused(409, "changed_meanwhile");
    let told = &late.json["conflict"];
    assert_eq!((&told["theirs"], &told["ours"], &told["revision"]), (&json!("two"), &json!("three"), &json!(2)));
    assert_eq!(desk.owner.get(&path).await.expect(200).at("/content"), "two");
}

#[tokio::test]
async fn a_check_counts_for_each_account_and_names_repetitions() {
    let desk = Desk::new().await;
    let first = json!({"content": "Low tide", "accountIds": [desk.mastodon],
        "schedule": {"kind": "at", "at": "2026-03-03T09:00:00Z"}});
    let planned = desk.owner.post("/posts", &first).await.expect(201).at("/id");
    let again = json!({"content": " low  TIDE", "accountIds": [desk.mastodon, desk.twitter],
        "schedule": {"kind": "draft"}, "link": "https://tides.example/a/rather/long/address/of/a/page",
        "variants": {desk.twitter.clone(): {"text": "日本"}}, "followUps": [{"kind": "thread", "text": "日本"}]});
    let checked = desk.owner.post("/posts/validate", &again).await.expect(200);
    assert_eq!(checked.json["isValid"], true);
    let twin = &checked.json["findings"][0];
    assert_eq!((&twin["code"], &twin["postId"]), (&json!("duplicate_text"), &json!(planned)));
    let on = |n: usize| &checked.json["accounts"][n];
    // Both networks count the link that they get in the text as 23.
    assert_eq!((&on(0)["used"], &on(0)["limit"]), (&json!("low  TIDE".len() + 2 + 23), &json!(500)));
    assert_eq!((&on(1)["used"], &on(1)["parts"]), (&json!(4 + 2 + 23), &json!([4])), "wide letters count two");
    assert_eq!((&on(0)["findings"][0]["code"], &on(1)["findings"]), (&json!("duplicate_text"), &json!([])));
    let wrong = json!({"content": "x", "accountIds": [desk.mastodon], "schedule": {"kind": "draft"}, "link": "tides"});
    let checked = desk.owner.post("/posts/validate", &wrong).await.expect(200);
    assert_eq!(checked.json["findings"][0]["code"], "link_invalid");
}

#[tokio::test]
async fn bad_parts_are_named() {
    let desk = Desk::new().await;
    let with = |part: &str, value: Value| {
        let mut body = json!({"content": "x", "accountIds": [desk.mastodon], "schedule": {"kind": "draft"}});
        body[part] = value;
        body
    };
    let eleven: Vec<Value> = (0..11).map(|_| json!({"kind": "thread", "text": "x"})).collect();
    for (part, value) in [("followUps", json!(eleven)), ("labels", json!(["x".repeat(51)])), ("labels", json!([""]))] {
        let answer = desk.owner.post("/posts", &with(part, value)).await.refused(422, "invalid");
        assert!(answer.at("/errors/0/field").starts_with(part), "{}", answer.text);
    }
    for (part, value) in [
        ("format", json!("hologram")),
        ("options", json!({"friendster": {}})),
        ("media", json!([{"asset": 1}])),
        ("surprise", json!(true)),
    ] {
        desk.owner.post("/posts", &with(part, value)).await.refused(400, "bad_request");
    }
    let foreign = with("media", json!([{"assetId": "01890000-0000-7000-8000-000000000000"}]));
    let answer = desk.owner.post("/posts", &foreign).await.refused(422, "invalid");
    assert_eq!(answer.at("/findings/0/code"), "media_unknown");
}

#[tokio::test]
async fn a_free_moment_is_told() {
    let desk = Desk::new().await;
    let path = format!("/posts/next-free-slot?integrationIds={},{}", desk.twitter, desk.mastodon);
    // It is ten in Berlin; both are looked at from one o'clock.
    let told = desk.owner.get(&path).await.expect(200);
    assert_eq!(told.at("/at"), "2026-03-02T12:00:00Z");
    assert_eq!(told.at("/basis"), "usual_hours", "too few posts of one's own");
    desk.owner.get("/posts/next-free-slot?integrationIds=x").await.refused(400, "bad_request");
}

#[tokio::test]
async fn the_form_works_without_script() {
    let desk = Desk::new().await;
    let asset = desk.house.asset("gull.png").await;
    let page = desk.owner.page("/compose").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("tab-all") && page.text.contains("option-mastodon-visibility"), "{}", page.text);

    // A file and a part are added, then all is checked: the page comes back with everything typed.
    let (own, m) = (format!("own-text-{}", desk.twitter), desk.mastodon.as_str());
    let base =
        [("content", "Low tide"), ("account", m), ("account", &desk.twitter), (&own, "Ebbe <b>"), ("labels", "tide")];
    let with = |more: &[(&str, &str)]| {
        [base.as_slice(), more].concat().iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>()
    };
    let send = async |path: &str, more: &[(&str, &str)]| {
        let fields = with(more);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        desk.form(path, &fields).await
    };
    let page = send("/compose", &[("media-new", &asset), ("do", "media-add")]).await;
    assert_eq!((page.status, after(&page, "name=\"media\" value=\"")), (200, asset.as_str()));
    let typed = [("media", asset.as_str()), ("alt", "A gull"), ("part-kind", "comment"), ("part-text", "Links")];
    let page = send("/compose", &[typed.as_slice(), &[("do", "check")]].concat()).await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert!(page.text.contains("Ebbe &#60;b&#62;") && !page.text.contains("Ebbe <b>"), "typed words are only words");
    assert_eq!(page.text.matches("<article class=\"preview").count(), 2);
    assert!(page.text.contains("alt=\"A gull\""));

    // The next free moment is filled in; an error is answered with 422 and nothing lost.
    let page = send("/compose", &[typed.as_slice(), &[("do", "slot")]].concat()).await;
    assert_eq!(after(&page, "name=\"at\" value=\""), "2026-03-02T13:00");
    let page = send("/compose", &[typed.as_slice(), &[("schedule", "at"), ("at", ""), ("do", "save")]].concat()).await;
    assert_eq!((page.status, desk.house.count("publishing.posts").await), (422, 0));
    assert!(page.text.contains("Choose a date and a time") && page.text.contains("A gull"));

    let schedule = [("schedule", "at"), ("at", "2026-03-29T02:30"), ("do", "save")];
    let saved = send("/compose", &[typed.as_slice(), &schedule].concat()).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let to = saved.header("location").expect("an address").to_owned();
    assert!(to.contains("does+not+exist"), "what clocks jump over is said: {to}");
    let id = to.trim_start_matches("/posts/").split('?').next().expect("an id").to_owned();
    let post = desk.owner.get(&format!("/posts/{id}")).await.expect(200);
    assert_eq!(post.json["variants"], json!({desk.twitter.clone(): {"text": "Ebbe <b>", "title": null}}));
    assert_eq!(post.json["media"], json!([{"assetId": asset, "altText": "A gull"}]));
    assert_eq!(post.json["followUps"][0]["kind"], "comment");
    assert_eq!(post.at("/scheduledAt"), "2026-03-29T01:00:00Z");

    // Editing keeps what the form does not know, and accounts that have a time.
    let options = json!({"options": {"mastodon": {"visibility": "unlisted", "focus": [[0, 0]]}}});
    desk.owner.patch(&format!("/posts/{id}"), &options).await.expect(200);
    let page = desk.owner.page(&format!("/compose?post={id}")).await;
    assert_eq!(after(&page, "type=\"hidden\" name=\"revision\" value=\""), "2");
    let edit = format!("/posts/{id}/edit");
    let fields = [("revision", "2"), ("content", "High water"), ("media", &asset), ("alt", ""), ("labels", "tide")];
    let saved = desk.form(&edit, &[fields.as_slice(), &[("option-mastodon-visibility", "private")]].concat()).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
    let post = desk.owner.get(&format!("/posts/{id}")).await.expect(200);
    assert_eq!(post.json["options"]["mastodon"], json!({"visibility": "private", "focus": [[0, 0]]}));
    assert_eq!(
        (post.json["publications"].as_array().map(Vec::len), post.json["followUps"].clone()),
        (Some(2), json!([]))
    );

    // A window with an older revision gets both texts, and may insist.
    let late = desk.form(&edit, &[("revision", "2"), ("content", "Of the other window")]).await;
    assert_eq!(late.status, 409);
    assert!(late.text.contains("High water") && late.text.contains("Of the other window"), "{}", late.text);
    let insisted = after(&late, "form=\"compose\" name=\"over\" value=\"").to_owned();
    // The button stands before the form, whose own revision comes after it.
    let fields = [("over", insisted.as_str()), ("revision", "2"), ("content", "Of the other window")];
    let saved = desk.form(&edit, &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.text);
}

#[tokio::test]
async fn what_is_written_is_kept_as_a_draft_and_goes_on_later() {
    let desk = Desk::new().await;
    let kept = desk.form("/compose/draft", &[("content", "Low"), ("account", &desk.mastodon)]).await;
    assert_eq!((kept.status, kept.json["revision"].clone()), (201, json!(1)), "{}", kept.text);
    let id = kept.at("/postId");
    let more = [("post", id.as_str()), ("revision", "1"), ("content", "Low tide"), ("account", &desk.facebook)];
    let kept = desk.form("/compose/draft", &more).await;
    assert_eq!((kept.status, kept.json["revision"].clone()), (200, json!(2)), "{}", kept.text);
    assert!(kept.at("/saved").starts_with("Kept as a draft at 1"), "{}", kept.text);
    let late = desk.form("/compose/draft", &more).await;
    assert_eq!(
        (late.status, late.at("/code"), late.at("/conflict/theirs")),
        (409, "changed_meanwhile".into(), "Low tide".into())
    );
    assert_eq!(desk.house.count("publishing.posts").await, 1);

    let page = desk.owner.page("/compose").await;
    assert!(page.text.contains(&format!("/compose?post={id}")), "it is offered again");
    let page = desk.owner.page(&format!("/compose?post={id}")).await;
    assert!(page.text.contains("Low tide") && page.text.contains("checked><span"), "{}", page.text);
    let plan = [
        ("revision", "2"),
        ("content", "Low tide"),
        ("account", &desk.facebook),
        ("schedule", "at"),
        ("at", "2026-03-03T10:00"),
    ];
    assert_eq!(desk.form(&format!("/posts/{id}/edit"), &plan).await.status, 303);
    assert_eq!(desk.owner.get(&format!("/posts/{id}")).await.expect(200).at("/status"), "scheduled");
    // From now on only a person's word changes it.
    let refused = desk.form("/compose/draft", &[("post", &id), ("content", "x")]).await;
    assert_eq!((refused.status, refused.at("/code")), (409, "post_planned".into()));

    let (stranger, _) = desk.house.stranger().await;
    assert_eq!(stranger.page(&format!("/compose?post={id}")).await.status, 404);
    assert_eq!(form(&stranger, "/compose/draft", &[("post", &id), ("content", "mine")]).await.status, 404);
    let viewer = desk.house.member(MemberRole::Viewer).await;
    assert_eq!(viewer.page("/compose").await.status, 403);
    assert_eq!(form(&viewer, "/compose/draft", &[("content", "x")]).await.status, 403);
}

#[tokio::test]
async fn the_check_of_the_form_answers_counts_findings_and_sketches() {
    let desk = Desk::new().await;
    let long = "x".repeat(281);
    let answer = desk
        .form(
            "/compose/check",
            &[("content", &long), ("account", &desk.twitter), ("schedule", "at"), ("at", "2026-10-25T02:30")],
        )
        .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!((&answer.json["accounts"][0]["used"], &answer.json["accounts"][0]["limit"]), (&json!(281), &json!(280)));
    assert_eq!(answer.json["accounts"][0]["findings"][0]["code"], "text_too_long");
    assert!(answer.at("/when").contains("happens twice"), "{}", answer.text);
    assert!(answer.at("/previews").contains("preview-over"), "what is too much is marked");
    let silent = desk.form("/compose/check", &[("content", " "), ("account", &desk.twitter)]).await;
    assert_eq!(silent.json["findings"], json!([]), "an untouched form is not scolded");
    let nobody = desk.house.nobody().form("/compose/check", "content=x").await;
    assert!(matches!(nobody.status, 303 | 401), "{}", nobody.text);
}

/// Accounts of all networks, as rows: nothing is sent.
async fn everywhere(house: &House) -> BTreeMap<Platform, String> {
    let mut ids = BTreeMap::new();
    for network in Platform::ALL {
        let insert = "insert into accounts.social_accounts
             (organization_id, platform, platform_user_id, username, status, health, connector, base_url)
             values ($1, $2, 'u', 'tide', 'active', 'healthy', 'sandbox', 'http://127.0.0.1:9') returning id";
        let id: uuid::Uuid = sqlx::query_scalar(insert)
            .bind(house.scope.organization_id.uuid())
            .bind(network)
            .fetch_one(&mut house.test.owner().await)
            .await
            .expect("a new row");
        ids.insert(network, id.to_string());
    }
    ids
}

#[derive(Deserialize)]
struct Vectors {
    texts: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    what: String,
    text: String,
    counts: BTreeMap<Platform, usize>,
}

/// The page shows what `/compose/check` answers and counts nothing itself, so these are the browser's counts.
#[tokio::test]
async fn the_live_counts_are_the_networks_counts() {
    let house = House::new().await;
    let ids = everywhere(&house).await;
    let owner = house.owner().await;
    let vectors: Vectors =
        serde_json::from_str(include_str!("../../../platforms/tests/fixtures/counting.json")).expect("well-formed");
    for vector in vectors.texts {
        // Without a title Reddit takes the first line as one.
        let mut fields = vec![("content", vector.text.as_str()), ("title", "Tide")];
        fields.extend(ids.values().map(|id| ("account", id.as_str())));
        let answer = form(&owner, "/compose/check", &fields).await;
        let counted = answer.json["accounts"].as_array().expect("accounts");
        assert_eq!(counted.len(), ids.len(), "{}", answer.text);
        for (network, id) in &ids {
            let shown = counted.iter().find(|a| a["integrationId"] == json!(id)).expect("counted");
            assert_eq!(shown["used"], json!(vector.counts[network]), "{} on {network}", vector.what);
        }
    }
    let script = include_str!("../../assets/compose.js");
    assert!(!script.contains("content\").value.length"), "the script counts nothing itself");
}

#[tokio::test]
async fn a_person_chooses_who_sees_a_post_on_tiktok() {
    let house = House::new().await;
    let ids = everywhere(&house).await;
    let owner = house.owner().await;
    let tiktok = &ids[&Platform::Tiktok];
    let page = owner.page("/compose").await;
    assert!(page.text.contains("data-options=\"tiktok\" data-asks"), "{}", page.text);
    assert!(page.text.contains("Music Usage Confirmation") && page.text.contains("Allow comments"));
    let about = async |options: Value| {
        let body =
            json!({"content": "Low tide", "accountIds": [tiktok], "schedule": {"kind": "draft"}, "options": options});
        let checked = owner.post("/posts/validate", &body).await.expect(200);
        let findings = checked.json["findings"].as_array().expect("findings").clone();
        let of_options = findings.iter().filter(|f| f["field"] == "options");
        of_options.map(|f| f["code"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(about(json!({})).await, ["choice_missing"]);
    assert!(about(json!({"tiktok": {"privacy_level": "SELF_ONLY"}})).await.is_empty());
    assert_eq!(
        about(json!({"tiktok": {"privacy_level": "SELF_ONLY", "disable_comment": true}})).await,
        ["option_unknown"]
    );
    let fields = [("content", "x"), ("account", tiktok.as_str()), ("schedule", "now"), ("do", "save")];
    let without = form(&owner, "/compose", &fields).await;
    assert_eq!(without.status, 422);
    let beside = without.text.split("data-findings=\"options\"").nth(1).expect("the place of the options");
    assert!(beside.split("</div></div>").next().is_some_and(|t| t.contains("who can see the post")), "{beside}");
}

#[tokio::test]
async fn what_an_account_may_choose_is_asked_of_its_network() {
    let desk = Desk::new().await;
    let (account, _) = desk.house.connect(Platform::Tiktok, "tide").await;
    let told = desk.owner.page(&format!("/compose/choices/{}", account.id)).await;
    assert_eq!(told.status, 200, "{}", told.text);
    let levels = told.json["allowed"]["privacy_level"].as_array().expect("levels");
    assert!(levels.contains(&json!("SELF_ONLY")) && told.at("/whose").contains("It goes out as tide"), "{}", told.text);
    let free = desk.owner.page(&format!("/compose/choices/{}", desk.mastodon)).await;
    assert_eq!((free.status, free.json["allowed"].clone()), (200, json!({})));
    let (stranger, _) = desk.house.stranger().await;
    assert_eq!(stranger.page(&format!("/compose/choices/{}", account.id)).await.status, 404);
}

#[tokio::test]
async fn parts_have_one_name_on_the_page_and_in_findings() {
    let desk = Desk::new().await;
    let parts = [
        ("part-kind", "comment"),
        ("part-text", " "),
        ("part-kind", "thread"),
        ("part-text", " "),
        ("part-kind", "thread"),
        ("part-text", "three"),
    ];
    let fields =
        [[("content", "one"), ("account", desk.mastodon.as_str()), ("do", "check")].as_slice(), &parts].concat();
    let page = desk.form("/compose", &fields).await;
    for name in ["Comment", "Part 2 of the thread"] {
        assert!(page.text.contains(&format!("<b>{name}</b>")), "{}", page.text);
        assert!(page.text.contains(&format!("{name} has no text.")), "{}", page.text);
    }
    assert!(page.text.contains("<b>Part 3 of the thread</b>"), "{}", page.text);
    let long = json!({"content": "x", "accountIds": [desk.twitter], "schedule": {"kind": "draft"},
        "followUps": [{"kind": "comment", "text": "ok"}, {"kind": "thread", "text": "y".repeat(281)}]});
    let checked = desk.owner.post("/posts/validate", &long).await.expect(200);
    let message = checked.json["findings"][0]["message"].as_str().expect("a message").to_owned();
    assert_eq!(message, "X allows 280 characters; Part 2 of the thread has 281.");
}
