//! Rows come, change and go with their audit entries, and another organization's ids find nothing.

use std::sync::Arc;

use rookery_engagement::{
    AdvocateStatus, ApprovalStatus, Archetype, Author, BrandError, BrandSettings, Champion, ChampionTier, Competitor,
    CompetitorCategory, Decision, DeliveryStatus, DetectedPost, Engagement, Escalation, EscalationPriority,
    EscalationReason, EscalationStatus, KpiMetric, KpiType, Mention, OperationalMode, PricePoint, ProhibitedTerm,
    Ratio, Reply, ReplyType, Score, Sentiment, UserSatisfaction,
};
use rookery_governance::table::SaveError;
use rookery_kernel::{
    AuthorId, ChampionId, Clock as _, CompetitorId, DecisionId, DetectedPostId, EscalationId, FixedClock, KpiMetricId,
    Limit, MentionId, Platform, ReplyId, SeededIds, Timestamp,
};
use rookery_testkit::{TestDb, TestOrg};
use serde_json::{Value, json};
use sqlx::Row as _;
use uuid::Uuid;

struct World {
    db: TestDb,
    org: TestOrg,
    clock: FixedClock,
    ids: Arc<SeededIds>,
    engagement: Engagement,
}

fn score(value: f64) -> Score {
    Score::new(value).expect("in range")
}

impl World {
    async fn new() -> Self {
        let db = TestDb::new().await;
        let (org, clock) = (db.organization().await, rookery_testkit::clock());
        let engagement = Engagement::new(db.db.clone(), Arc::new(clock.clone()));
        Self { org, clock, ids: rookery_testkit::ids(), engagement, db }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn author(&self, platform_id: &str) -> Author {
        let now = self.now();
        Author {
            id: AuthorId::generate(&*self.ids),
            platform: Platform::Reddit,
            platform_id: platform_id.to_owned(),
            handle: format!("{platform_id}-x"),
            display_name: None,
            follower_count: 7,
            is_verified: false,
            is_power_user: false,
            power_tier: None,
            archetype_tags: vec!["parent".to_owned(), "comedian".to_owned()],
            relationship_score: score(0.5),
            interaction_history: json!([]),
            first_seen_at: now,
            last_seen_at: now,
            bio: None,
            account_created_at: None,
            account_kind: "person".to_owned(),
            do_not_engage: false,
            do_not_engage_reason: None,
            dm_opt_out: false,
            power_override: None,
            erased_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    fn post(&self, author: AuthorId, id: &str) -> DetectedPost {
        let now = self.now();
        DetectedPost {
            id: DetectedPostId::generate(&*self.ids),
            platform: Platform::Reddit,
            platform_post_id: id.to_owned(),
            author_id: author,
            content: "What helps against a hangover?".to_owned(),
            detected_at: now,
            processed_at: None,
            keyword_matches: vec!["hangover".to_owned()],
            keyword_categories: vec!["direct_hangover".to_owned()],
            spam_filtered: false,
            raw_metrics: None,
            error_count: 0,
            error_message: None,
            posted_at: None,
            community: None,
            thread_id: None,
            url: None,
            next_attempt_at: None,
            archived_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    fn decision(&self, post: DetectedPostId) -> Decision {
        Decision {
            id: DecisionId::generate(&*self.ids),
            post_id: post,
            sss_score: score(0.826),
            ars_score: score(0.5),
            evs_score: Ratio::new(7.25).expect("a ratio"),
            trs_score: score(1.0),
            composite_score: score(0.7125),
            mode: OperationalMode::Helpful,
            archetype: Some(Archetype::ProblemSolutionDirect),
            safety_flags: Vec::new(),
            signals_json: json!({"logic_version": 1}),
            temporal_context: None,
            competitor_detected: None,
            is_power_user: false,
            experiment_id: None,
            experiment_variant: None,
            is_randomized_experiment: false,
            predicted_mode: None,
            archived_at: None,
            created_at: self.now(),
        }
    }

    fn reply(&self, decision: DecisionId, code: &str) -> Reply {
        let now = self.now();
        Reply {
            id: ReplyId::generate(&*self.ids),
            decision_id: decision,
            content: "Water first, then sleep.".to_owned(),
            archetype: Archetype::Coach,
            platform: Platform::Reddit,
            platform_post_id: None,
            utm_code: code.to_owned(),
            help_count: 0,
            approval_status: ApprovalStatus::Pending,
            approved_by: None,
            approved_at: None,
            posted_at: None,
            metrics_json: None,
            deleted_at: None,
            delete_reason: None,
            reply_type: ReplyType::Standard,
            delivery_status: DeliveryStatus::NotReady,
            confidence: Some(score(0.9)),
            has_product_mention: false,
            has_link: false,
            override_tag: false,
            reject_reason: None,
            reject_notes: None,
            cancel_reason: None,
            publish_error: None,
            publish_attempts: 0,
            next_attempt_at: None,
            idempotency_key: code.to_owned(),
            parent_reply_id: None,
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    /// An author, their post and a decision on it.
    async fn decided(&self) -> (Author, DetectedPost, Decision) {
        let scope = &self.org.scope;
        let author = self.save(self.author("t2_ann")).await;
        let post = self.save(self.post(author.id, "t3_1")).await;
        let decision = self.engagement.save(scope, &[self.decision(post.id)]).await.expect("saved").remove(0);
        (author, post, decision)
    }

    async fn save<T: rookery_engagement::Stored>(&self, row: T) -> T {
        self.engagement.save(&self.org.scope, &[row]).await.expect("saved").remove(0)
    }

    /// Action and changes of a table's entries, oldest first.
    async fn log(&self, resource: &str) -> Vec<(String, Value)> {
        let rows = sqlx::query("select action, changes from governance.audit_logs where resource = $1 order by id")
            .bind(resource)
            .fetch_all(&mut self.db.owner().await)
            .await
            .expect("rows");
        rows.iter().map(|row| (row.get("action"), row.get("changes"))).collect()
    }

    /// Nothing of one organization is there for another, whatever is tried.
    async fn hidden_from_others<T: rookery_engagement::Stored + PartialEq + std::fmt::Debug>(&self, row: &T) {
        let other = self.db.organization().await.scope;
        let not_found = |result: Result<(), SaveError>| matches!(result, Err(SaveError::NotFound(..)));
        assert!(not_found(self.engagement.get::<T>(&other, row.id()).await.map(drop)), "get");
        assert!(not_found(self.engagement.update(&other, std::slice::from_ref(row)).await), "update");
        assert_eq!(self.engagement.remove::<T>(&other, &[row.id()]).await.expect("nothing to do"), 0);
        assert!(self.engagement.list::<T>(&other, None, Limit::default()).await.expect("read").items.is_empty());
        assert_eq!(&self.engagement.get::<T>(&self.org.scope, row.id()).await.expect("still there"), row);
    }
}

#[tokio::test]
async fn a_sighting_takes_what_the_network_shows_and_keeps_what_we_remember() {
    let world = World::new().await;
    let (a, b) = (world.author("t2_ann"), world.author("t2_bea"));
    let saved = world.engagement.save(&world.org.scope, &[b, a.clone()]).await.expect("saved");
    assert_eq!(saved[0], a);
    let known = Author { relationship_score: score(0.8), do_not_engage: true, ..a.clone() };
    world.engagement.update(&world.org.scope, &[known]).await.expect("updated");

    let sighted = Author { handle: "ann_new".to_owned(), follower_count: 9, ..world.author("t2_ann") };
    let now = world.save(sighted.clone()).await;
    assert_eq!((now.id, now.handle.as_str(), now.follower_count), (a.id, "ann_new", 9));
    assert_eq!((now.relationship_score, now.do_not_engage), (score(0.8), true));
    // The same once more changes nothing.
    world.save(sighted).await;

    let log = world.log("engagement.authors").await;
    let actions: Vec<&str> = log.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, ["insert", "insert", "update", "update"]);
    assert_eq!(log[2].1, json!({"relationship_score": [0.5, 0.8], "do_not_engage": [false, true]}));
    assert_eq!(log[3].1, json!({"handle": "changed", "follower_count": [7, 9]}));
    assert!(!format!("{log:?}").contains("t2_"), "a person's id entered the log");
    world.hidden_from_others(&now).await;
}

#[tokio::test]
async fn all_rows_that_break_rules_are_named_and_none_is_stored() {
    let world = World::new().await;
    let bad = Author { handle: "@a".to_owned(), follower_count: -1, ..world.author("t2_b") };
    let rows = [world.author("t2_a"), bad, Author { platform_id: String::new(), ..world.author("t2_c") }];
    let error = world.engagement.save(&world.org.scope, &rows).await.expect_err("two are wrong");
    let SaveError::Invalid(faults) = error else { panic!("{error}") };
    let faults: Vec<(usize, Vec<&str>)> =
        faults.iter().map(|(at, found)| (*at, found.iter().map(|f| f.field).collect())).collect();
    assert_eq!(faults, [(1, vec!["handle", "follower_count"]), (2, vec!["platform_id"])]);
    let page = world.engagement.list::<Author>(&world.org.scope, None, Limit::default()).await.expect("read");
    assert!(page.items.is_empty());
}

#[tokio::test]
async fn a_post_detected_again_takes_its_counts_only() {
    let world = World::new().await;
    let author = world.save(world.author("t2_ann")).await;
    let post = world.save(world.post(author.id, "t3_1")).await;
    let again = DetectedPost {
        raw_metrics: Some(json!({"likes": 4})),
        content: "Edited.".to_owned(),
        ..world.post(author.id, "t3_1")
    };
    let now = world.save(again).await;
    assert_eq!((now.id, &now.content), (post.id, &post.content));
    assert_eq!(now.raw_metrics, Some(json!({"likes": 4})));
    world.hidden_from_others(&now).await;

    // An author whose post is kept stays.
    let error = world.engagement.remove::<Author>(&world.org.scope, &[author.id.uuid()]).await;
    assert!(matches!(error, Err(SaveError::Reference(_))), "{error:?}");
    assert_eq!(world.engagement.remove::<DetectedPost>(&world.org.scope, &[post.id.uuid()]).await.expect("gone"), 1);
    let log = world.log("engagement.posts").await;
    assert_eq!(log.last().map(|(action, _)| action.as_str()), Some("delete"));
    assert!(!format!("{log:?}").contains("hangover?"), "somebody's words entered the log");
}

#[tokio::test]
async fn a_post_cannot_name_another_organizations_author() {
    let world = World::new().await;
    let author = world.save(world.author("t2_ann")).await;
    let other = world.db.organization().await.scope;
    let error = world.engagement.save(&other, &[world.post(author.id, "t3_1")]).await.expect_err("crosses tenants");
    assert!(matches!(&error, SaveError::Reference(name) if name == "posts_author_fkey"), "{error:?}");
}

#[tokio::test]
async fn pages_go_through_all_rows_once_newest_first() {
    let world = World::new().await;
    let author = world.save(world.author("t2_ann")).await;
    let mut expected = Vec::new();
    for n in 0..5 {
        expected.insert(0, world.save(world.post(author.id, &format!("t3_{n}"))).await.id);
        if n % 2 == 0 {
            world.clock.advance(std::time::Duration::from_secs(1));
        }
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = world.engagement.list::<DetectedPost>(&world.org.scope, after, Limit::new(2)).await.expect("read");
        seen.extend(page.items.iter().map(|post| post.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn decisions_round_their_signals_and_do_not_change() {
    let world = World::new().await;
    let (_, _, decision) = world.decided().await;
    assert_eq!((decision.sss_score, decision.composite_score), (score(0.83), score(0.7125)));
    let changed = Decision { signals_json: json!({"logic_version": 2}), ..decision.clone() };
    let error = world.engagement.update(&world.org.scope, std::slice::from_ref(&changed)).await.expect_err("fixed");
    assert!(matches!(error, SaveError::Invalid(_)), "{error}");
    let reduced = Decision { archived_at: Some(world.now()), ..changed };
    world.engagement.update(&world.org.scope, std::slice::from_ref(&reduced)).await.expect("retention may");
    world.hidden_from_others(&reduced).await;
    let unsafe_mode = Decision { safety_flags: vec!["self_harm".to_owned()], ..world.decision(decision.post_id) };
    assert!(world.engagement.save(&world.org.scope, &[unsafe_mode]).await.is_err());
}

#[tokio::test]
async fn replies_hold_to_the_brand_their_version_and_their_steps() {
    let world = World::new().await;
    let scope = &world.org.scope;
    let brand = BrandSettings::default();
    let (_, _, decision) = world.decided().await;
    let claim = Reply { content: "This cures everything.".to_owned(), ..world.reply(decision.id, "c-0") };
    assert!(matches!(world.engagement.save_replies(scope, &brand, &[claim]).await, Err(SaveError::Invalid(_))));

    let draft = world.reply(decision.id, "c-1");
    let saved = world.engagement.save_replies(scope, &brand, std::slice::from_ref(&draft)).await.expect("saved");
    assert_eq!(saved, std::slice::from_ref(&draft));
    let approved = Reply {
        approval_status: ApprovalStatus::Approved,
        approved_by: Some(world.org.user_id.to_string()),
        approved_at: Some(world.now()),
        ..draft.clone()
    };
    let stored = world.engagement.update_reply(scope, &brand, &approved).await.expect("approved");
    assert_eq!(stored.version, 2);
    // The second of two who read version 1.
    let error = world.engagement.update_reply(scope, &brand, &approved).await.expect_err("stale");
    let SaveError::Invalid(faults) = error else { panic!("{error}") };
    assert_eq!(faults[0].1[0].code, "stale");
    let back = Reply { approval_status: ApprovalStatus::Pending, ..stored.clone() };
    assert!(world.engagement.update_reply(scope, &brand, &back).await.is_err());
    // Same code, other reply.
    let twin = Reply { idempotency_key: "other".to_owned(), ..world.reply(decision.id, "c-1") };
    let error = world.engagement.save_replies(scope, &brand, &[twin]).await.expect_err("taken");
    assert!(matches!(&error, SaveError::Taken(name) if name == "replies_utm_code_key"), "{error:?}");

    let other = world.db.organization().await.scope;
    let error = world.engagement.update_reply(&other, &brand, &stored).await.expect_err("not theirs");
    assert!(matches!(error, SaveError::NotFound(..)), "{error}");
    assert_eq!(world.engagement.get::<Reply>(scope, stored.id.uuid()).await.expect("there").version, 2);
    let log = world.log("engagement.replies").await;
    let actions: Vec<&str> = log.iter().map(|(action, _)| action.as_str()).collect();
    assert_eq!(actions, ["insert", "update"]);
    assert_eq!(log[1].1["approval_status"], json!(["pending", "approved"]));
}

#[tokio::test]
async fn competitors_mentions_champions_and_figures_are_saved_by_their_keys() {
    let world = World::new().await;
    let (scope, now) = (&world.org.scope, world.now());
    let (author, post, _) = world.decided().await;
    let competitor = Competitor {
        id: CompetitorId::generate(&*world.ids),
        name: "Example Drink".to_owned(),
        category: CompetitorCategory::Rehydration,
        primary_mechanism: "oral drink".to_owned(),
        price_point: PricePoint::Mid,
        brand_keywords: vec!["exampledrink".to_owned(), "ex drink".to_owned()],
        ambiguous: false,
        active: true,
        created_at: now,
        updated_at: now,
    };
    let competitor = world.save(competitor).await;
    let dearer =
        Competitor { id: CompetitorId::generate(&*world.ids), price_point: PricePoint::High, ..competitor.clone() };
    let dearer = world.save(dearer).await;
    assert_eq!((dearer.id, dearer.price_point), (competitor.id, PricePoint::High));
    world.hidden_from_others(&dearer).await;

    let mention = Mention {
        id: MentionId::generate(&*world.ids),
        post_id: post.id,
        competitor_id: competitor.id,
        sentiment: Sentiment::Negative,
        satisfaction: UserSatisfaction::Unsatisfied,
        opportunity_score: score(0.9),
        replied: false,
        created_at: now,
    };
    let mention = world.save(mention).await;
    world.hidden_from_others(&mention).await;

    let champion = Champion {
        id: ChampionId::generate(&*world.ids),
        author_id: author.id,
        tier: ChampionTier::Bronze,
        engagement_count: 3,
        dm_sent_at: None,
        dm_response: None,
        sample_sent: false,
        converted: false,
        advocate_status: AdvocateStatus::Potential,
        created_at: now,
        updated_at: now,
    };
    let champion = world.save(champion).await;
    world.hidden_from_others(&champion).await;

    let figure = |platform, value| KpiMetric {
        id: KpiMetricId::generate(&*world.ids),
        date: "2026-03-01".parse().expect("a day"),
        platform,
        metric_type: KpiType::Love,
        metric_name: "love_score".to_owned(),
        value,
        sample_size: Some(10),
        created_at: now,
        updated_at: now,
    };
    let first = world.engagement.save(scope, &[figure(None, 0.4), figure(Some(Platform::Reddit), 0.5)]).await;
    assert_eq!(first.expect("saved").len(), 2);
    // The figure for all networks is the same row again; of two in one call the later counts.
    let again = world.engagement.save(scope, &[figure(None, 0.1), figure(None, 0.6)]).await.expect("saved");
    assert_eq!(again.iter().map(|row| row.value).collect::<Vec<_>>(), [0.6]);
    let all = world.engagement.list::<KpiMetric>(scope, None, Limit::default()).await.expect("read").items;
    assert_eq!(all.len(), 2);
    assert!(world.engagement.save(scope, &[figure(None, f64::NAN)]).await.is_err());
    world.hidden_from_others(&again[0]).await;
}

#[tokio::test]
async fn escalations_have_a_subject_one_open_item_per_reason_and_an_end() {
    let world = World::new().await;
    let scope = &world.org.scope;
    let (_, post, _) = world.decided().await;
    let now = world.now();
    let escalation = |subject| Escalation {
        id: EscalationId::generate(&*world.ids),
        post_id: subject,
        decision_id: None,
        reply_id: None,
        reason: EscalationReason::ViralThread,
        priority: EscalationPriority::High,
        status: EscalationStatus::Pending,
        assigned_to: None,
        resolved_by: None,
        resolution_notes: None,
        resolved_at: None,
        due_at: now,
        details: json!({}),
        reminded_at: None,
        created_at: now,
        updated_at: now,
    };
    assert!(matches!(world.engagement.save(scope, &[escalation(None)]).await, Err(SaveError::Invalid(_))));
    let open = world.save(escalation(Some(post.id))).await;
    let twin = world.engagement.save(scope, &[escalation(Some(post.id))]).await.expect_err("open already");
    assert!(matches!(&twin, SaveError::Taken(name) if name == "idx_escalations_open"), "{twin:?}");
    let closed = Escalation { status: EscalationStatus::Resolved, resolved_at: Some(now), ..open };
    world.engagement.update(scope, std::slice::from_ref(&closed)).await.expect("resolved");
    let reopened = Escalation { status: EscalationStatus::Pending, ..closed.clone() };
    assert!(world.engagement.update(scope, &[reopened]).await.is_err());
    world.hidden_from_others(&closed).await;
    let unknown = world.engagement.get::<Escalation>(scope, Uuid::nil()).await.expect_err("no such");
    assert!(matches!(unknown, SaveError::NotFound(..)));
}

#[tokio::test]
async fn brand_settings_have_versions_and_claims_an_approver() {
    let world = World::new().await;
    let scope = &world.org.scope;
    assert_eq!(world.engagement.brand_settings(scope).await.expect("defaults").version, 0);
    let first = BrandSettings { signature: "—Ann".to_owned(), ..BrandSettings::default() };
    assert_eq!(world.engagement.save_brand_settings(scope, 0, &first, None).await.expect("saved"), 1);
    // Saved from a version that is no longer in force.
    let stale = world.engagement.save_brand_settings(scope, 0, &first, None).await;
    assert!(matches!(stale, Err(BrandError::Stale(1))), "{stale:?}");
    let softer = BrandSettings { prohibited_terms: vec![ProhibitedTerm::prefix("cure")], ..first.clone() };
    let alone = world.engagement.save_brand_settings(scope, 1, &softer, None).await;
    assert!(matches!(alone, Err(BrandError::NotApproved)), "{alone:?}");
    assert_eq!(world.engagement.save_brand_settings(scope, 1, &softer, Some("legal")).await.expect("saved"), 2);
    assert_eq!(world.engagement.save_brand_settings(scope, 2, &softer, None).await.expect("no change"), 2);
    assert_eq!(world.engagement.brand_settings(scope).await.expect("read").settings, softer);
    let kept: Vec<(i32, Option<String>)> =
        sqlx::query_as("select version, approved_by from engagement.brand_settings_history order by version")
            .fetch_all(&mut world.db.owner().await)
            .await
            .expect("rows");
    assert_eq!(kept, [(1, None), (2, Some("legal".to_owned()))]);
    assert_eq!(world.log("engagement.brand_settings").await.len(), 2);
    let other = world.db.organization().await.scope;
    assert_eq!(world.engagement.brand_settings(&other).await.expect("theirs").version, 0);
}
