//! Tags by hand and by themselves, rules, and tagging everything anew.

use rookery_analytics::{
    ContentFilter, ContentFormat, ContentSelection, DryRun, IngestKind, IngestStatus, MatchKind, RuleDraft, RuleFault,
    Tag, TagDraft, TagError, TagFilter, TagLink, TagOrder, TagSource, TagType,
};
use rookery_kernel::{AccountId, ContentId, Limit, TagId};
use rookery_platforms::{ContentFormat as NetworkFormat, ContentItem};
use serde_json::json;

use crate::net::{item, numbers};
use crate::world::{World, at};

impl World {
    /// An item of `ann` with a text.
    fn says(&self, id: &str, text: &str, hashtags: &[&str], language: Option<&str>) {
        let hashtags = hashtags.iter().map(|h| (*h).to_owned()).collect();
        let caption = Some(text.to_owned());
        let seen = ContentItem {
            caption,
            hashtags,
            language: language.map(ToOwned::to_owned),
            ..item(id, at("2026-03-09T10:00:00Z"))
        };
        self.net.page("ann", |page| {
            page.items.retain(|old| old.external_id != id);
            page.items.push(seen);
        });
    }

    async fn content(&mut self, id: &str) -> ContentId {
        let sql = "select id from analytics.content where external_content_id = $1";
        let id = sqlx::query_scalar(sql).bind(id).fetch_one(&mut self.owner).await.expect("there");
        ContentId::from_uuid(id)
    }

    async fn tags_on(&mut self, id: &str) -> Vec<TagLink> {
        let content = self.content(id).await;
        self.analytics.tags_of(&self.scope(), &[content]).await.expect("read")
    }

    async fn labels_on(&mut self, id: &str) -> Vec<String> {
        let mut labels: Vec<String> = self.tags_on(id).await.into_iter().map(|link| link.label).collect();
        labels.sort_unstable();
        labels
    }

    /// The versions of tags and links.
    async fn tag_versions(&mut self) -> Vec<String> {
        sqlx::query_scalar(
            "select 'tag ' || id || xmin::text || ctid::text from analytics.tags
             union all
             select 'link ' || content_id || tag_id || xmin::text || ctid::text from analytics.content_tags order by 1",
        )
        .fetch_all(&mut self.owner)
        .await
        .expect("rows")
    }

    async fn make(&self, tag_type: TagType, label: &str) -> Tag {
        let draft = TagDraft { label: label.to_owned(), ..TagDraft::default() };
        self.analytics.create_tag(&self.scope(), tag_type, draft).await.expect("a new tag")
    }

    async fn rule(&self, tag: TagId, rule: RuleDraft) {
        self.analytics.add_tag_rule(&self.scope(), tag, rule).await.expect("a new rule");
    }

    async fn listed(&self, filter: &TagFilter) -> Vec<(String, i64)> {
        let tags = self.analytics.tags(&self.scope(), filter, TagOrder::MostUsed, None, Limit::new(100)).await;
        tags.expect("read").items.into_iter().map(|tag| (tag.label, tag.uses)).collect()
    }

    async fn night(&mut self, ann: AccountId) -> Option<IngestStatus> {
        let report = self.ingest(ann, "2026-03-09").await;
        report.step(IngestKind::Tagging).map(|step| step.status)
    }
}

async fn tag_marks(world: &mut World) -> i64 {
    sqlx::query_scalar("select count(distinct scope_id) from analytics.rollup_marks where kind = 'tag'")
        .fetch_one(&mut world.owner)
        .await
        .expect("a number")
}

fn keyword(pattern: &str) -> RuleDraft {
    RuleDraft::new(MatchKind::Keyword, pattern)
}

#[tokio::test]
async fn new_content_is_tagged_at_night_and_the_second_night_writes_nothing() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    world.says("p1", "Spring tide, and the tide is out. #Ebbe https://example.org", &["ebbe"], Some("en"));
    world.says("p2", "Der Hafen und das Meer", &[], Some("de"));
    assert_eq!(world.night(ann).await, Some(IngestStatus::Success));
    let told: Vec<_> = world.tags_on("p1").await.into_iter().map(|l| (l.label, l.source, l.confidence)).collect();
    assert_eq!(
        told,
        [
            ("ebbe".to_owned(), TagSource::Hashtag, 1.0),
            ("tide".to_owned(), TagSource::Keyword, 0.6),
            ("spring".to_owned(), TagSource::Keyword, 0.5),
        ]
    );
    assert_eq!(world.labels_on("p2").await, ["hafen", "meer"]);
    let run: (String, i32, i32) = sqlx::query_as(
        "select status::text, items_total, items_ok from analytics.ingest_runs where kind = 'tagging' and integration_id = $1",
    )
    .bind(ann.uuid())
    .fetch_one(&mut world.owner)
    .await
    .expect("one row");
    assert_eq!(run, ("success".to_owned(), 2, 2));
    assert_eq!(tag_marks(&mut world).await, 0, "new items are summed with their first numbers");

    let before = world.tag_versions().await;
    assert_eq!(world.night(ann).await, Some(IngestStatus::Success));
    assert_eq!(world.tag_versions().await, before);

    // A changed text takes its tag along and brings another; nothing else is written.
    world.says("p2", "Der Hafen und das Boot", &[], Some("de"));
    world.night(ann).await;
    assert_eq!(world.labels_on("p2").await, ["boot", "hafen"]);
    assert_eq!(tag_marks(&mut world).await, 0, "it has no numbers yet");
    let after = world.tag_versions().await;
    let kept = before.iter().filter(|row| after.contains(row)).count();
    assert_eq!(kept, before.len() - 1, "one link went");
    assert_eq!(after.len(), before.len() + 1, "its tag stays, a link and a tag came");
}

#[tokio::test]
async fn rules_exclude_follow_the_language_and_are_applied_to_history() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    world.says("coast", "Spring tide at the wreck", &[], Some("en"));
    world.says("table", "Tide table of the week", &[], Some("en"));
    world.says("german", "Die Tide kommt, das Gift ist da", &["gift"], Some("de"));
    world.says("english", "A gift for you", &[], Some("en"));
    world.night(ann).await;
    let coast = world.make(TagType::Auto, "Coast").await;
    world.rule(coast.id, keyword("tide")).await;
    world.rule(coast.id, RuleDraft { is_exclusion: true, ..RuleDraft::new(MatchKind::Phrase, "tide table") }).await;
    let present = world.make(TagType::Auto, "Present").await;
    world.rule(present.id, RuleDraft { language: Some("en".into()), ..keyword("gift") }).await;
    let scope = world.scope();
    let waiting = world.analytics.retagging(&scope).await.expect("read").expect("asked for");
    assert_eq!((waiting.finished_at, waiting.items_total, waiting.percent()), (None, 4, 0));

    world.worker().run_until_idle().await;
    let done = world.analytics.retagging(&scope).await.expect("read").expect("asked for");
    assert_eq!((done.finished_at.is_some(), done.items_done, done.percent()), (true, 4, 100));
    assert_eq!((done.links_added, done.links_removed), (3, 0));
    let coast_on = async |world: &mut World, id| world.labels_on(id).await.contains(&"Coast".to_owned());
    assert!(coast_on(&mut world, "coast").await && coast_on(&mut world, "german").await);
    assert!(!coast_on(&mut world, "table").await, "the exclusion");
    assert!(world.labels_on("english").await.contains(&"Present".to_owned()));
    assert!(!world.labels_on("german").await.contains(&"Present".to_owned()), "another language");
    let link = world.tags_on("coast").await.into_iter().find(|l| l.tag_id == coast.id).expect("there");
    assert_eq!((link.source, link.confidence), (TagSource::Rule, 0.9));
    let run: (String, i32) = sqlx::query_as(
        "select status::text, items_ok from analytics.ingest_runs where kind = 'tagging' and integration_id is null",
    )
    .fetch_one(&mut world.owner)
    .await
    .expect("one row for all three rules");
    assert_eq!(run, ("success".to_owned(), 4));

    // Again writes nothing.
    let before = world.tag_versions().await;
    world.analytics.request_retagging(&scope).await.expect("asked for");
    world.worker().run_until_idle().await;
    assert_eq!(world.tag_versions().await, before);

    // A rule less is a tag less.
    let rules = world.analytics.tag_rules(&scope, coast.id).await.expect("read");
    assert_eq!(rules.iter().map(|r| r.rule.is_exclusion).collect::<Vec<_>>(), [true, false], "as they are asked");
    world.analytics.delete_tag_rule(&scope, rules[1].id).await.expect("deleted");
    world.worker().run_until_idle().await;
    assert!(!coast_on(&mut world, "coast").await);
    // So is a stop word.
    world.analytics.add_stop_word(&scope, "", "Wreck").await.expect("added");
    world.worker().run_until_idle().await;
    assert_eq!(world.labels_on("coast").await, ["spring", "tide"]);
    world.analytics.remove_stop_word(&scope, "*", "wreck").await.expect("removed");
    world.worker().run_until_idle().await;
    assert_eq!(world.labels_on("coast").await, ["spring", "tide", "wreck"]);
}

#[tokio::test]
async fn sums_by_tag_follow_the_tags() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    world.net.post("ann", "p1", at("2026-03-09T09:00:00Z"), numbers(100, 7, 0, 0));
    world.says("p1", "Spring tide", &[], Some("en"));
    world.night(ann).await;
    let scope = world.scope();
    world.analytics.roll_up(&scope).await.expect("computed");
    let reach = async |world: &mut World, key: &'static str| -> Option<i64> {
        sqlx::query_scalar(
            "select sum(r.reach)::bigint from analytics.daily_rollups r join analytics.tags t on t.id = r.scope_id
             where r.scope_type = 'tag' and r.format = 'all' and t.key = $1",
        )
        .bind(key)
        .fetch_one(&mut world.owner)
        .await
        .expect("a sum")
    };
    assert_eq!(reach(&mut world, "tide").await, Some(100));
    // A rule gives it another tag, and its history comes along.
    let coast = world.make(TagType::Auto, "Coast").await;
    world.rule(coast.id, keyword("tide")).await;
    let sale = world.make(TagType::Manual, "Sale").await;
    let one = ContentSelection::Ids(vec![world.content("p1").await]);
    world.analytics.assign_tag(&scope, sale.id, &one).await.expect("assigned");
    world.worker().run_until_idle().await;
    world.analytics.roll_up(&scope).await.expect("computed");
    assert_eq!((reach(&mut world, "coast").await, reach(&mut world, "sale").await), (Some(100), Some(100)));
    world.analytics.unassign_tag(&scope, sale.id, &one).await.expect("taken off");
    world.says("p1", "Spring ebb", &[], Some("en"));
    world.night(ann).await;
    world.analytics.roll_up(&scope).await.expect("computed");
    for key in ["coast", "sale", "tide"] {
        assert_eq!(reach(&mut world, key).await, None, "{key}");
    }
    assert_eq!(reach(&mut world, "ebb").await, Some(100));
}

#[tokio::test]
async fn tagging_anew_goes_on_where_it_stopped_and_starts_over_for_a_change() {
    let mut world = World::new().await;
    world.account("ann").await;
    let sql = "insert into analytics.content (organization_id, integration_id, external_content_id, platform, format, published_at, caption)
         select organization_id, integration_id, 'p' || n, 'mastodon', 'text', '2026-03-01'::timestamptz, 'harbour number ' || n
         from analytics.tracked_integrations cross join generate_series(1, 1200) n";
    sqlx::query(sql).execute(&mut world.owner).await.expect("rows");
    let tag = world.make(TagType::Auto, "Coast").await;
    world.rule(tag.id, keyword("harbour")).await;
    // The worker was stopped after the first batch.
    let half = "update analytics.retagging set position = (select content_key from analytics.content order by content_key offset 599 limit 1),
                    items_done = 600";
    sqlx::query(half).execute(&mut world.owner).await.expect("a row");
    world.worker().run_until_idle().await;
    let bearers =
        "select count(*) from analytics.content_tags l join analytics.tags t on t.id = l.tag_id where t.key = 'coast'";
    let count: i64 = sqlx::query_scalar(bearers).fetch_one(&mut world.owner).await.expect("a number");
    assert_eq!(count, 600, "the rest only");
    let state = world.analytics.retagging(&world.scope()).await.expect("read").expect("there");
    assert_eq!((state.items_done, state.items_total), (1200, 1200));

    // A change starts over, also one in the middle.
    world.rule(tag.id, keyword("number")).await;
    sqlx::query(half).execute(&mut world.owner).await.expect("a row");
    world.rule(tag.id, RuleDraft { is_exclusion: true, ..keyword("1200") }).await;
    world.worker().run_until_idle().await;
    let count: i64 = sqlx::query_scalar(bearers).fetch_one(&mut world.owner).await.expect("a number");
    assert_eq!(count, 1199);
}

#[tokio::test]
async fn a_rule_is_tried_without_writing() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    for n in 0..15 {
        world.says(&format!("p{n:02}"), &format!("Spring tide number {n} at the wreck"), &[], Some("en"));
    }
    world.says("other", "Bread stall", &[], Some("en"));
    world.night(ann).await;
    let tag = world.make(TagType::Auto, "Coast").await;
    world.worker().run_until_idle().await;
    let before = world.tag_versions().await;
    let scope = world.scope();
    let try_rule = async |world: &World, replaces, rule| {
        world.analytics.try_tag_rule(&scope, DryRun { tag: tag.id, replaces, rule }).await
    };
    let report = try_rule(&world, None, RuleDraft::new(MatchKind::Regex, r"\btide number 1\d\b")).await.expect("tried");
    assert_eq!((report.items, report.tried, report.matches, report.adds, report.removes), (16, 16, 5, 5, 0));
    assert_eq!(report.examples.len(), 5);
    assert!(report.examples.iter().all(|e| e.bears_tag && e.excerpt.starts_with("Spring tide number 1")));
    let report = try_rule(&world, None, keyword("wreck")).await.expect("tried");
    assert_eq!((report.matches, report.examples.len()), (15, 10));
    assert_eq!(world.tag_versions().await, before, "nothing was written");

    world.rule(tag.id, keyword("tide")).await;
    let rule = world.analytics.tag_rules(&scope, tag.id).await.expect("read").remove(0);
    let narrower = RuleDraft::new(MatchKind::Phrase, "number 3");
    let report = try_rule(&world, Some(rule.id), narrower).await.expect("tried");
    assert_eq!((report.matches, report.adds, report.removes), (1, 0, 14), "in place of the old one");
    let exclusion = RuleDraft { is_exclusion: true, ..keyword("wreck") };
    let report = try_rule(&world, None, exclusion).await.expect("tried");
    assert_eq!((report.matches, report.adds, report.removes), (15, 0, 15));
    assert!(report.examples.iter().all(|e| !e.bears_tag));
}

#[tokio::test]
async fn a_rule_that_cannot_be_kept_says_where() {
    let world = World::new().await;
    let tag = world.make(TagType::Auto, "Coast").await;
    let scope = world.scope();
    let refused = async |rule| world.analytics.add_tag_rule(&scope, tag.id, rule).await.expect_err("refused");
    let error = refused(RuleDraft::new(MatchKind::Regex, "tide (low")).await;
    assert!(matches!(&error, TagError::Rule(RuleFault::Syntax { at: 6, .. })), "{error}");
    assert_eq!(error.to_string(), "the expression cannot be read at character 6: unclosed group");
    let error = refused(RuleDraft::new(MatchKind::Regex, "((a{1000}){1000}){1000}")).await;
    assert!(matches!(error, TagError::Rule(RuleFault::TooLarge)), "{error}");
    world.rule(tag.id, keyword("Tide")).await;
    let error = refused(keyword("tide ")).await;
    assert!(matches!(error, TagError::RuleTaken), "{error}");
    let manual = world.make(TagType::Manual, "Summer sale").await;
    let error = world.analytics.add_tag_rule(&scope, manual.id, keyword("sale")).await.expect_err("by hand");
    assert!(matches!(error, TagError::Manual), "{error}");
}

#[tokio::test]
async fn a_hostile_expression_costs_no_more_than_its_text() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    // A backtracking engine never comes to an end here; the test would be ended instead.
    let text = format!("{}!", "a".repeat(60_000));
    world.says("p1", &text, &[], Some("en"));
    world.night(ann).await;
    let tag = world.make(TagType::Auto, "Coast").await;
    for pattern in ["(a+)+$", "(a|aa)+$", "(a|a?)+b", "([a-z]+)*[0-9]$"] {
        world.rule(tag.id, RuleDraft::new(MatchKind::Regex, pattern)).await;
    }
    world.worker().run_until_idle().await;
    let state = world.analytics.retagging(&world.scope()).await.expect("read").expect("there");
    assert!(state.finished_at.is_some());
    assert!(!world.labels_on("p1").await.contains(&"Coast".to_owned()));
}

#[tokio::test]
async fn manual_tags_are_handed_out_by_people_in_one_statement() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    let bob = world.account("bob").await;
    for n in 0..4 {
        world.says(&format!("p{n}"), "Spring tide", &[], Some("en"));
    }
    world.net.page("ann", |page| page.items[0].format = NetworkFormat::Reel);
    world.net.post("bob", "b1", at("2026-03-08T10:00:00Z"), numbers(1, 1, 1, 1));
    world.night(ann).await;
    world.ingest(bob, "2026-03-09").await;
    let scope = world.scope();
    let sale = world.make(TagType::Manual, "Summer sale").await;
    let (p0, p1) = (world.content("p0").await, world.content("p1").await);

    let ids = ContentSelection::Ids(vec![p0, p1, p1]);
    assert_eq!(world.analytics.assign_tag(&scope, sale.id, &ids).await.expect("assigned"), 2);
    assert_eq!(world.analytics.assign_tag(&scope, sale.id, &ids).await.expect("nothing to do"), 0);
    let all = |filter| ContentSelection::Filter(filter);
    let of_ann = ContentFilter { accounts: Some(vec![ann]), ..ContentFilter::default() };
    assert_eq!(world.analytics.assign_tag(&scope, sale.id, &all(of_ann.clone())).await.expect("assigned"), 2);
    let reels = ContentFilter { format: Some(ContentFormat::Reel), ..ContentFilter::default() };
    assert_eq!(world.analytics.unassign_tag(&scope, sale.id, &all(reels)).await.expect("taken off"), 1);
    let early = ContentFilter { before: Some(at("2026-03-09T00:00:00Z")), ..ContentFilter::default() };
    assert_eq!(world.analytics.assign_tag(&scope, sale.id, &all(early)).await.expect("assigned"), 1);
    let manual = TagFilter { tag_type: Some(TagType::Manual), ..TagFilter::default() };
    assert_eq!(world.listed(&manual).await, [("Summer sale".to_owned(), 4)]);
    let link = world.tags_on("p1").await.remove(0);
    assert_eq!((link.label.as_str(), link.source, link.confidence), ("Summer sale", TagSource::User, 1.0));

    // Tagging never touches what people decided, and people never touch what follows from the text.
    world.says("p1", "Nothing of it left", &[], Some("en"));
    world.night(ann).await;
    assert!(world.labels_on("p1").await.contains(&"Summer sale".to_owned()));
    let filter = TagFilter { tag_type: Some(TagType::Auto), search: Some("TIDE".into()), ..TagFilter::default() };
    let tide = world.analytics.tags(&scope, &filter, TagOrder::Newest, None, Limit::new(10)).await.expect("read");
    let error = world.analytics.assign_tag(&scope, tide.items[0].id, &ids).await.expect_err("automatic");
    assert!(matches!(error, TagError::Automatic), "{error}");

    // A deleted tag keeps its history and its name is free.
    world.analytics.delete_tag(&scope, sale.id).await.expect("deleted");
    assert!(world.listed(&manual).await.is_empty());
    assert_eq!(world.listed(&TagFilter { with_deleted: true, ..manual }).await, [("Summer sale".to_owned(), 4)]);
    assert!(world.tags_on("p1").await[0].is_deleted);
    let error = world.analytics.assign_tag(&scope, sale.id, &ids).await.expect_err("deleted");
    assert!(matches!(error, TagError::NotFound), "{error}");
    world.make(TagType::Manual, "summer SALE").await;

    let log: Vec<(String, String, serde_json::Value)> = sqlx::query_as(
        "select action, resource, changes from governance.audit_logs where resource = 'analytics.content_tags' order by id",
    )
    .fetch_all(&mut world.owner)
    .await
    .expect("rows");
    let told: Vec<_> = log.iter().map(|(action, _, changes)| (action.as_str(), changes["items"].clone())).collect();
    assert_eq!(
        told,
        [("insert", json!(2)), ("insert", json!(2)), ("delete", json!(1)), ("insert", json!(1))],
        "one entry for each statement that changed something"
    );
}

#[tokio::test]
async fn tags_are_renamed_and_their_names_are_unique_by_type() {
    let world = World::new().await;
    let scope = world.scope();
    let sale = world.make(TagType::Manual, "Sale").await;
    let launch = world.make(TagType::Manual, "Launch").await;
    let draft = |label: &str, color: Option<&str>| TagDraft {
        label: label.to_owned(),
        color: color.map(ToOwned::to_owned),
        description: None,
    };
    let error = world.analytics.create_tag(&scope, TagType::Manual, draft("SALE", None)).await.expect_err("taken");
    assert!(matches!(&error, TagError::NameTaken(key) if key == "sale"), "{error}");
    world.make(TagType::Auto, "Sale").await;
    let error = world.analytics.change_tag(&scope, launch.id, draft("sale", None)).await.expect_err("taken");
    assert!(matches!(error, TagError::NameTaken(_)), "{error}");
    let changed = world.analytics.change_tag(&scope, sale.id, draft("Winter sale", Some("#0b5563"))).await;
    let changed = changed.expect("changed");
    assert_eq!((changed.key.as_str(), changed.color.as_deref()), ("winter sale", Some("#0b5563")));
    let auto = world.make(TagType::Auto, "coast").await;
    let shown = world.analytics.change_tag(&scope, auto.id, draft("The coast", None)).await.expect("changed");
    assert_eq!((shown.key.as_str(), shown.label.as_str()), ("coast", "The coast"), "its key is the word");
    assert!(matches!(world.analytics.change_tag(&scope, sale.id, draft("x", None)).await, Err(TagError::Fault(_))));
}

#[tokio::test]
async fn a_deleted_automatic_tag_is_not_made_again_until_somebody_makes_it() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    world.says("p1", "Spring tide", &[], Some("en"));
    world.night(ann).await;
    let scope = world.scope();
    let tide = world.tags_on("p1").await.into_iter().find(|l| l.label == "tide").expect("there").tag_id;
    world.analytics.delete_tag(&scope, tide).await.expect("deleted");
    world.says("p2", "Flood tide", &[], Some("en"));
    world.night(ann).await;
    world.worker().run_until_idle().await;
    assert_eq!(world.labels_on("p2").await, ["flood"]);
    assert_eq!(world.labels_on("p1").await, ["spring", "tide"], "history stays");
    world.make(TagType::Auto, "tide").await;
    world.worker().run_until_idle().await;
    assert_eq!(world.labels_on("p2").await, ["flood", "tide"]);
}

#[tokio::test]
async fn another_organizations_tags_and_content_are_not_there() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    world.says("p1", "Spring tide", &[], Some("en"));
    world.night(ann).await;
    let (scope, content) = (world.scope(), world.content("p1").await);
    let ours = world.make(TagType::Manual, "Sale").await;
    let auto = world.make(TagType::Auto, "Coast").await;
    world.rule(auto.id, keyword("tide")).await;
    let rule = world.analytics.tag_rules(&scope, auto.id).await.expect("read").remove(0);
    let other = world.db.organization().await;
    let draft = TagDraft { label: "Theirs".into(), ..TagDraft::default() };
    let theirs = world.analytics.create_tag(&other.scope, TagType::Manual, draft.clone()).await.expect("a tag");
    let one = ContentSelection::Ids(vec![content]);

    let analytics = &world.analytics;
    let error = analytics.assign_tag(&other.scope, theirs.id, &one).await.expect_err("our content");
    assert!(matches!(error, TagError::NoSuchContent), "{error}");
    let error = analytics.assign_tag(&scope, theirs.id, &one).await.expect_err("their tag");
    assert!(matches!(error, TagError::NotFound), "{error}");
    let everything = ContentSelection::Filter(ContentFilter::default());
    assert_eq!(analytics.assign_tag(&other.scope, theirs.id, &everything).await.expect("nothing there"), 0);
    for error in [
        analytics.tag(&other.scope, ours.id).await.expect_err("ours"),
        analytics.change_tag(&other.scope, ours.id, draft.clone()).await.expect_err("ours"),
        analytics.delete_tag(&other.scope, ours.id).await.expect_err("ours"),
        analytics.tag_rules(&other.scope, auto.id).await.expect_err("ours"),
        analytics.add_tag_rule(&other.scope, auto.id, keyword("low")).await.expect_err("ours"),
    ] {
        assert!(matches!(error, TagError::NotFound), "{error}");
    }
    for error in [
        analytics.change_tag_rule(&other.scope, rule.id, keyword("low")).await.expect_err("ours"),
        analytics.delete_tag_rule(&other.scope, rule.id).await.expect_err("ours"),
    ] {
        assert!(matches!(error, TagError::NoSuchRule), "{error}");
    }
    assert!(analytics.tags_of(&other.scope, &[content]).await.expect("read").is_empty());

    // Nor does the table itself take it, whoever writes.
    let link = "insert into analytics.content_tags (organization_id, content_id, tag_id, tag_type, source) values ($1, $2, $3, 'manual', 'user')";
    for (organization, constraint) in [
        (world.org.organization_id, "content_tags_tag_id_tag_type_fkey"),
        (other.organization_id, "content_tags_content_fkey"),
    ] {
        let error = sqlx::query(link)
            .bind(organization.uuid())
            .bind(content.uuid())
            .bind(theirs.id.uuid())
            .execute(&mut world.owner)
            .await
            .expect_err("the reference crosses tenants");
        assert_eq!(rookery_db::Error::from(error).constraint(), Some(constraint));
    }
    // An automatic tag cannot be handed out by a person, nor a rule be put on a manual one, by plain SQL either.
    for (sql, constraint) in [
        (
            "insert into analytics.content_tags (organization_id, content_id, tag_id, tag_type, source) values ($1, $2, $3, 'auto', 'user')",
            "content_tags_source_fits_type_check",
        ),
        (
            "insert into analytics.tag_rules (organization_id, id, tag_id, match_kind, pattern) values ($1, $2, $3, 'keyword', 'x')",
            "tag_rules_tag_fkey",
        ),
    ] {
        let error = sqlx::query(sql)
            .bind(world.org.organization_id.uuid())
            .bind(content.uuid())
            .bind(ours.id.uuid())
            .execute(&mut world.owner)
            .await
            .expect_err("it does not fit");
        assert_eq!(rookery_db::Error::from(error).constraint(), Some(constraint));
    }
}

#[tokio::test]
async fn trouble_with_tags_leaves_the_numbers_alone() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    world.net.post("ann", "p1", at("2026-03-09T09:00:00Z"), numbers(10, 1, 0, 0));
    world.says("p1", "Spring tide", &[], Some("en"));
    sqlx::raw_sql(
        "create function analytics.refuse_for_a_test() returns trigger language plpgsql as
         $$ begin raise exception 'no tags today'; end $$;
         create trigger refuse before insert on analytics.tags execute function analytics.refuse_for_a_test()",
    )
    .execute(&mut world.owner)
    .await
    .expect("a trigger");
    let report = world.ingest(ann, "2026-03-09").await;
    assert_eq!(report.step(IngestKind::Tagging).map(|s| s.status), Some(IngestStatus::Failed));
    assert_eq!(report.step(IngestKind::Metrics).map(|s| s.status), Some(IngestStatus::Success));
    assert_eq!(report.verdict, rookery_analytics::Verdict::Done);
    assert_eq!(world.rows(ann).await.len(), 1);
    let summary = world.analytics.account_summary(&world.scope()).await.expect("read").remove(0);
    assert_eq!(summary.health, rookery_analytics::TrackingHealth::Ok);
    assert!(world.tags_on("p1").await.is_empty());

    // What was missed is caught up with.
    sqlx::raw_sql("drop trigger refuse on analytics.tags").execute(&mut world.owner).await.expect("gone");
    world.clock.advance(std::time::Duration::from_secs(48 * 3600));
    world.ingest(ann, "2026-03-11").await;
    assert_eq!(world.labels_on("p1").await, ["spring", "tide"]);
}
