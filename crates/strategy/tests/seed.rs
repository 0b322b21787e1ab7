//! The example data as this context reads it.

use rookery_kernel::Date;
use rookery_strategy::{BrandRules, Profile, SeriesPlan, StrategyDocument};
use rookery_testkit::TestDb;
use serde_json::Value;

async fn seeded() -> TestDb {
    let db = TestDb::new().await;
    let org = db.organization().await;
    let mut tx = db.db.org(&org.scope).await.expect("begun");
    rookery_db::seed::run(&mut tx, "2026-03-02").await.expect("seeded");
    tx.commit().await.expect("committed");
    db
}

async fn one(db: &TestDb, sql: &'static str) -> Value {
    sqlx::query_scalar(sql).fetch_one(&mut db.owner().await).await.expect("one row")
}

#[tokio::test]
async fn the_example_strategy_passes_untouched_and_holds_the_numbers_of_the_source() {
    let db = seeded().await;
    let json = one(
        &db,
        "select jsonb_build_object('positioning', positioning, 'audience_segments', audience_segments,
             'content_pillars', content_pillars, 'channel_plan', channel_plan, 'cadence', cadence,
             'calendar_skeleton', calendar_skeleton)
         from strategy.ai_strategies where version = 1 and status = 'active' and confidence = 0.85",
    )
    .await;
    let checked = StrategyDocument::read(&json).expect("a strategy");
    assert_eq!(checked.repairs, Vec::<String>::new());
    let shares: Vec<_> = checked.document.content_pillars.iter().map(|p| (p.name.as_str(), p.percentage)).collect();
    let expected =
        [("Education", Some(40.0)), ("Product", Some(25.0)), ("Founder story", Some(20.0)), ("Customers", Some(15.0))];
    assert_eq!(shares, expected);
    let week: Vec<_> = checked.document.channel_plan.iter().map(|c| (c.platform.label(), c.posts_per_week)).collect();
    assert_eq!(week, [("linkedin", 7.0), ("twitter", 14.0), ("reddit", 3.0)]);
    assert!(checked.document.calendar_skeleton.weeks.iter().all(|w| w.entries.len() == 3));
}

#[tokio::test]
async fn the_example_brand_rules_need_no_tidying_and_contradict_nothing() {
    let db = seeded().await;
    let json = one(
        &db,
        "select jsonb_build_object('tone', tone, 'voice', voice, 'allowedPhrases', allowed_phrases, 'forbiddenPhrases',
             forbidden_phrases, 'allowedHashtags', allowed_hashtags, 'forbiddenHashtags', forbidden_hashtags,
             'forbiddenTopics', forbidden_topics, 'claimsToAvoid', claims_to_avoid, 'requiredDisclosures',
             required_disclosures, 'complianceNotes', compliance_notes, 'legalDisclaimer', legal_disclaimer,
             'disclaimerWhen', disclaimer_when, 'qualityRules', quality_rules, 'severity', severity, 'approvalMode',
             approval_mode) from strategy.brand_rules",
    )
    .await;
    let rules: BrandRules = serde_json::from_value(json).expect("brand rules");
    assert_eq!(rules.findings(), []);
    assert_eq!(rules.clone().tidied(), rules);
    assert_eq!(rules.tone.as_deref(), Some("professional"));
}

#[tokio::test]
async fn the_example_profile_is_complete_and_its_series_can_be_made() {
    let db = seeded().await;
    let json = one(
        &db,
        "select jsonb_build_object('name', o.name, 'websiteUrl', website_url, 'stage', stage, 'pricing', pricing,
             'description', description, 'tagline', tagline, 'category', category, 'markets', markets, 'languages', languages)
         from strategy.profiles p join identity.organizations o on o.organization_id = p.organization_id",
    )
    .await;
    let profile: Profile = serde_json::from_value(json).expect("a profile");
    assert_eq!((profile.missing(), profile.completeness()), (Vec::new(), 100));
    let series: Vec<(String, String, i32, Date, Date)> =
        sqlx::query_as("select name, cadence::text, total_posts, start_date, end_date from strategy.series")
            .fetch_all(&mut db.owner().await)
            .await
            .expect("readable");
    assert_eq!(series.len(), 3);
    for (name, cadence, total, start, end) in series {
        let cadence = serde_json::from_value(Value::String(cadence)).expect("a cadence");
        let total_posts = u16::try_from(total).expect("small");
        let plan = SeriesPlan { name, cadence, total_posts, start: Some(start), end: Some(end) };
        assert_eq!(plan.findings(), [], "{plan:?}");
    }
}
