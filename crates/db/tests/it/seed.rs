//! The example data: complete, repeatable, the same everywhere, and only in the organization that asked.

use std::collections::{BTreeMap, BTreeSet};

use rookery_kernel::Scope;
use rookery_testkit::{TestDb, TestOrg};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::catalog::manifest;

/// Every table of organizations that is filled, with the number of its rows.
const TABLES: [(&str, i64); 54] = [
    ("accounts.account_events", 20),
    ("accounts.social_accounts", 10),
    ("analytics.account_daily_metrics", 7 * 56),
    ("analytics.account_snapshots", 10 * 8),
    ("analytics.content", 8 * (5 + 7 + 2 + 3 + 3 + 2 + 2) + 1),
    ("analytics.content_daily_metrics", 2418),
    ("analytics.content_tags", 213),
    ("analytics.daily_rollups", 56 * (1 + 2 + 7)),
    ("analytics.ingest_errors", 2),
    ("analytics.ingest_runs", 7 * 7 * 3),
    ("analytics.page_group_members", 6),
    ("analytics.page_groups", 2),
    ("analytics.publication_snapshots", 5),
    ("analytics.tags", 7),
    ("analytics.tracked_integrations", 7),
    ("billing.usage_records", 8),
    ("engagement.authors", 15),
    ("engagement.brand_settings", 1),
    ("engagement.brand_settings_history", 2),
    ("engagement.community_champions", 2),
    ("engagement.competitive_mentions", 4),
    ("engagement.competitors", 23),
    ("engagement.decisions", 23),
    ("engagement.detection_runs", 18),
    ("engagement.escalations", 4),
    ("engagement.kpi_metrics", 30 * 4 * 14),
    ("engagement.posts", 30),
    ("engagement.replies", 13),
    ("learning.experiments", 3),
    ("learning.learning_events", 2),
    ("learning.randomized_experiments", 5),
    ("learning.segmented_weight_versions", 5),
    ("learning.segmented_weights", 4),
    ("learning.weight_adjustment_logs", 2),
    ("publishing.calendar_entries", 5),
    ("publishing.optimal_posting_times", 3 * 7 * 6),
    ("publishing.post_publications", 4),
    ("publishing.post_revisions", 6),
    ("publishing.posts", 6),
    ("publishing.publication_attempts", 2),
    ("publishing.review_decisions", 2),
    ("publishing.reviews", 3),
    ("publishing.schedule_templates", 3),
    ("strategy.ai_strategies", 1),
    ("strategy.brand_checks", 4),
    ("strategy.brand_rules", 1),
    ("strategy.content_pillars", 4),
    ("strategy.content_variants", 5),
    ("strategy.founders", 1),
    ("strategy.generations", 9),
    ("strategy.profiles", 1),
    ("strategy.recommendations", 4),
    ("strategy.series", 3),
    ("strategy.weekly_summaries", 2),
];

/// Tables of organizations that stay as they are, and why.
const NOT_FILLED: &[(&str, &str)] = &[
    ("identity.organizations", "the example is made for an organization that is there"),
    ("identity.memberships", "people come from identity's operations, with passwords"),
    ("identity.invitations", "an invitation holds the digest of a token that somebody has to know"),
    ("identity.api_keys", "a key holds the digest of a secret that somebody has to know"),
    ("governance.audit_logs", "it says what was done here; nobody did what the examples tell"),
    ("governance.idempotent_requests", "answers to requests that nobody sent"),
    ("governance.retention_policies", "a row is a wish of its own; without one the defaults hold"),
    ("governance.archives", "a row stands for a file on disk"),
    ("governance.import_ids", "nothing was imported"),
    ("publishing.recurring_posts", "its posts would become due, and nothing of an example may"),
    ("publishing.recurring_occurrences", "days of recurring posts, of which the example has none"),
    ("publishing.calendar_feeds", "a feed holds the digest of a token that somebody has to know"),
    ("publishing.posting_slots", "times are the wish of whoever posts; without any the usual hours of a network hold"),
    ("publishing.review_links", "a link holds the digest of a token that somebody has to know"),
    ("publishing.post_imports", "a row stands for a file that somebody uploaded"),
    ("publishing.post_import_rows", "it is a line of that file"),
    ("publishing.media_assets", "a row stands for a file on disk"),
    ("publishing.media", "it shows a file on disk"),
    ("publishing.media_uploads", "an upload lasts until its file is whole"),
    ("analytics.tag_rules", "rules hand out tags of their own; those of the example say what they bear"),
    ("analytics.stopwords", "words are the wish of whoever reads the tags"),
    ("analytics.retagging", "a row says that rules changed here"),
    ("analytics.tag_changes", "a row says what somebody tagged at once"),
    ("analytics.rollup_marks", "what is marked is computed and forgotten"),
    ("analytics.monthly_rollups", "the job computes it from the days"),
    ("analytics.period_rollups", "the job computes it from the months, days and accounts"),
    ("analytics.period_hours", "the job computes it from the totals"),
    ("analytics.content_totals", "the job computes it from content and its numbers"),
    ("analytics.top_content", "the job computes it from the totals"),
    ("analytics.annotations", "a note is somebody's own word about a day"),
    ("analytics.alert_rules", "a rule is a wish of its own; without one the defaults hold"),
    ("analytics.alerts", "the look after a night's sums finds them"),
    ("analytics.daily_briefs", "the job makes one after a night's sums"),
    ("analytics.recommendations", "a brief makes them"),
    ("analytics.report_schedules", "its reports would be sent, and nothing of an example may"),
    ("analytics.report_runs", "a report that was sent; the example has none"),
    ("analytics.report_links", "a link holds the digest of a token that somebody has to know"),
    ("analytics.metric_imports", "a row stands for a file that somebody uploaded"),
    ("analytics.metric_import_rows", "it is a line of that file"),
    ("strategy.llm_settings", "a provider that is set would be called"),
];

async fn seed(db: &TestDb, scope: &Scope, day: &str) -> u64 {
    let mut tx = db.db.org(scope).await.expect("begun");
    let made = rookery_db::seed::run(&mut tx, day).await.expect("seeded");
    tx.commit().await.expect("committed");
    made
}

/// Per table the number of the organization's rows, a digest of what they hold and one of their versions.
async fn state(db: &TestDb, org: &TestOrg) -> Vec<(String, i64, String, String)> {
    let parts: Vec<_> = TABLES
        .iter()
        .map(|(table, _)| {
            format!(
                "select '{table}', count(*),
                     md5(coalesce(string_agg(to_jsonb(t)::text, ',' order by to_jsonb(t)::text), '')),
                     md5(coalesce(string_agg(t.xmin::text, ',' order by to_jsonb(t)::text), ''))
                 from {table} as t where organization_id = $1"
            )
        })
        .collect();
    sqlx::query_as(AssertSqlSafe(parts.join(" union all ")))
        .bind(org.organization_id.uuid())
        .fetch_all(&mut db.owner().await)
        .await
        .expect("readable")
}

/// The texts that a query gives; of a rule, whatever breaks it.
async fn texts(owner: &mut PgConnection, sql: &'static str) -> Vec<String> {
    sqlx::query_scalar(sql).fetch_all(owner).await.expect("readable")
}

#[tokio::test]
async fn every_table_of_organizations_is_filled_or_says_why_not() {
    let filled = TABLES.iter().map(|(table, _)| (*table).to_owned());
    let decided: BTreeSet<String> = filled.chain(NOT_FILLED.iter().map(|(table, _)| (*table).to_owned())).collect();
    let undecided: Vec<String> = manifest()
        .into_iter()
        .filter(|(table, kind)| *kind == "tenant" && !decided.contains(table))
        .map(|(table, _)| table)
        .collect();
    assert_eq!(undecided, Vec::<String>::new(), "fill them (crates/db/seed) or say here why not");
    assert_eq!(decided.len(), TABLES.len() + NOT_FILLED.len(), "no table stands on both lists");

    let db = TestDb::new().await;
    let org = db.organization().await;
    let before = rows(&db, &org).await;
    seed(&db, &org.scope, "2026-03-02").await;
    let after = rows(&db, &org).await;
    for &(table, why) in NOT_FILLED {
        assert_eq!(after.get(table), before.get(table), "{table}: {why}");
    }
}

/// The rows of every tenant table.
async fn rows(db: &TestDb, org: &TestOrg) -> BTreeMap<String, i64> {
    let mut found = BTreeMap::new();
    for (table, kind) in manifest() {
        if kind == "tenant" {
            let sql = format!("select count(*) from {table} where organization_id = $1");
            let count = sqlx::query_scalar(AssertSqlSafe(sql))
                .bind(org.organization_id.uuid())
                .fetch_one(&mut db.owner().await)
                .await
                .expect("readable");
            found.insert(table, count);
        }
    }
    found
}

#[tokio::test]
async fn the_count_per_table_tells_what_was_made_and_what_was_there() {
    let db = TestDb::new().await;
    let org = db.organization().await;
    let mut runs = Vec::new();
    for _ in 0..2 {
        let mut tx = db.db.org(&org.scope).await.expect("begun");
        runs.push(rookery_db::seed::run_counted(&mut tx, "2026-03-02").await.expect("seeded"));
        tx.commit().await.expect("committed");
    }
    let mut expected: BTreeMap<&str, u64> =
        TABLES.iter().map(|(t, n)| (*t, u64::try_from(*n).expect("small"))).collect();
    expected.extend([("billing.subscriptions", 1), ("billing.usage", 1), ("billing.events", 2)]);
    let made: BTreeMap<&str, u64> = runs[0].iter().map(|f| (f.table.as_str(), f.made)).collect();
    assert_eq!(made, expected);
    assert!(runs[0].iter().all(|f| f.there == 0), "{:?}", runs[0]);
    for (first, second) in runs[0].iter().zip(&runs[1]) {
        assert_eq!((&second.table, second.made, second.there), (&first.table, 0, first.made));
    }
}

/// The months of the two runs differ, the booked month does not.
#[tokio::test]
async fn the_usage_of_the_month_adds_up() {
    let db = TestDb::new().await;
    let org = db.organization().await;
    for day in ["2026-03-02", "2026-04-02"] {
        seed(&db, &org.scope, day).await;
    }
    let owner = &mut db.owner().await;
    let found = texts(
        owner,
        "select concat_ws(' ', p.name, u.month, u.posts_generated, u.posts_published, u.strategies_generated,
                u.organizations_created) from billing.usage u
             join billing.subscriptions s on s.user_id = u.user_id join billing.plans p on p.id = s.plan_id
         union all select concat_ws(' ', metric, sum(quantity)) from billing.usage_records
             where metric in ('posts_generated', 'posts_published') group by metric",
    );
    assert_eq!(found.await, ["growth 2026-03-01 12 8 1 1", "posts_generated 12", "posts_published 8"]);
}

/// Four walls between the examples and the networks; each alone would do.
#[tokio::test]
async fn no_example_can_reach_a_network() {
    let db = TestDb::new().await;
    let org = db.organization().await;
    seed(&db, &org.scope, "2026-03-02").await;
    let owner = &mut db.owner().await;
    let open = texts(
        owner,
        "select 'sends: ' || status || ' ' || idempotency_key from publishing.post_publications
             where status in ('scheduled', 'retrying', 'publishing') or next_attempt_at is not null
                 or next_sync_at is not null or lease_expires_at is not null
         union all select 'usable: ' || platform from accounts.social_accounts where status <> 'error'
         union all select 'has a token: ' || platform from accounts.social_accounts
             where num_nonnulls(access_token_enc, refresh_token_enc, token_key_id, token_expires_at) > 0
         union all select 'resolves: ' || platform from accounts.social_accounts
             where base_url is null or base_url !~ '^https://[a-z]+[.]invalid/$'
         union all select 'is collected: ' || a.platform from analytics.tracked_integrations t
             join accounts.social_accounts a on a.id = t.integration_id
             where t.next_attempt_at is null or t.next_attempt_at < '2035-01-01'
         union all select 'a job: ' || kind from jobs.jobs",
    );
    assert_eq!(open.await, Vec::<String>::new());
}

#[tokio::test]
async fn a_plan_of_its_own_stays_and_is_used() {
    let db = TestDb::new().await;
    let org = db.organization().await;
    sqlx::raw_sql(AssertSqlSafe(format!(
        "insert into strategy.content_pillars (organization_id, key, name) values ('{id}', 'education', 'Ours');
         insert into strategy.brand_rules (organization_id, tone) values ('{id}', 'ours');
         insert into strategy.profiles (organization_id, tagline) values ('{id}', 'ours');
         insert into strategy.ai_strategies (organization_id, version, status, accepted_at, positioning, audience_segments,
             content_pillars, channel_plan, cadence, calendar_skeleton)
             values ('{id}', 1, 'active', now(), '{{}}', '[]', '[]', '[]', '{{}}', '{{}}');
         insert into analytics.page_groups (organization_id, name) values ('{id}', 'pictures first')",
        id = org.organization_id.uuid()
    )))
    .execute(&mut db.owner().await)
    .await
    .expect("own rows");
    seed(&db, &org.scope, "2026-03-02").await;
    let owner = &mut db.owner().await;
    let found = texts(
        owner,
        "select 'pillar ' || name || ' ' || (select count(*) from publishing.posts p where p.pillar_id = c.id)
             from strategy.content_pillars c where key = 'education'
         union all select 'rules ' || tone from strategy.brand_rules
         union all select 'profile ' || tagline from strategy.profiles
         union all select 'strategies ' || count(*) from strategy.ai_strategies
         union all select 'posts of it ' || count(strategy_id) from publishing.posts
         union all select 'group ' || name from analytics.page_groups where lower(name) = 'pictures first'",
    );
    let expected =
        ["pillar Ours 2", "rules ours", "profile ours", "strategies 1", "posts of it 0", "group pictures first"];
    assert_eq!(found.await, expected);
}

#[tokio::test]
async fn every_table_is_filled_once_and_another_organization_is_untouched() {
    let db = TestDb::new().await;
    let (ours, theirs) = (db.organization().await, db.organization().await);
    let empty = state(&db, &theirs).await;
    assert!(seed(&db, &ours.scope, "2026-03-02").await > 0);
    let first = state(&db, &ours).await;
    let counts: Vec<_> = first.iter().map(|(table, rows, ..)| (table.as_str(), *rows)).collect();
    assert_eq!(counts, TABLES);
    for day in ["2026-03-02", "2026-03-09"] {
        assert_eq!(seed(&db, &ours.scope, day).await, 0, "{day}");
        assert_eq!(state(&db, &ours).await, first, "{day}");
    }
    assert!(empty.iter().all(|(_, rows, ..)| *rows == 0));
    assert_eq!(state(&db, &theirs).await, empty);
}

#[tokio::test]
async fn the_same_organization_has_the_same_rows_in_every_database() {
    let (one, other) = (TestDb::new().await, TestDb::new().await);
    let org = one.organization().await;
    sqlx::query(
        "with person as (
             insert into identity.users (id, name, email, email_verified)
             values ($2, 'Ada Okafor', 'ada@example.test', true))
         insert into identity.organizations (organization_id, owner_user_id, name, slug)
         values ($1, $2, 'Elsewhere', 'elsewhere')",
    )
    .bind(org.organization_id.uuid())
    .bind(org.user_id.uuid())
    .execute(&mut other.owner().await)
    .await
    .expect("a new organization breaks no rule");
    let mut seen = Vec::new();
    for db in [&one, &other] {
        seed(db, &org.scope, "2026-03-02").await;
        let rows: Vec<_> =
            state(db, &org).await.into_iter().map(|(table, rows, held, _)| (table, rows, held)).collect();
        seen.push(rows);
    }
    assert_eq!(seen[0], seen[1]);
    assert!(seen[0].iter().all(|(_, rows, _)| *rows > 0));
}

#[tokio::test]
async fn what_an_organization_has_of_its_own_stays_and_is_used() {
    let db = TestDb::new().await;
    let org = db.organization().await;
    sqlx::raw_sql(AssertSqlSafe(format!(
        "insert into engagement.brand_settings (organization_id, settings) values ('{id}', '{{\"signature\": \"Ours\"}}');
         insert into learning.segmented_weights (organization_id, segment_type, segment_key)
             values ('{id}', 'global', 'global');
         insert into engagement.competitors (organization_id, name, category, primary_mechanism, price_point)
             values ('{id}', 'Nuun', 'rehydration', 'oral drink', 'low')",
        id = org.organization_id.uuid()
    )))
    .execute(&mut db.owner().await)
    .await
    .expect("own rows");
    seed(&db, &org.scope, "2026-03-02").await;
    let owner = &mut db.owner().await;
    let found = texts(
        owner,
        "select settings ->> 'signature' from engagement.brand_settings
         union all select 'version ' || version from engagement.brand_settings_history
         union all select sss_weight::text from learning.segmented_weights where segment_type = 'global'
         union all select v.segment_weight_id::text from learning.segmented_weight_versions v
             join learning.segmented_weights w on w.id = v.segment_weight_id and w.segment_type = 'global'
         union all select primary_mechanism || ' ' || count(m.id) from engagement.competitors c
             left join engagement.competitive_mentions m on m.competitor_id = c.id
             where c.name = 'Nuun' group by primary_mechanism",
    )
    .await;
    assert_eq!(found, ["Ours", "0.4", "oral drink 1"]);
}

#[tokio::test]
async fn every_state_and_every_rule_of_the_modes_is_shown() {
    let db = TestDb::new().await;
    let org = db.organization().await;
    seed(&db, &org.scope, "2026-03-02").await;
    let owner = &mut db.owner().await;
    let absent = texts(
        owner,
        "select l::text from unnest(enum_range(null::engagement.operational_mode)) as l
             where l not in (select mode from engagement.decisions)
         union all select l::text from unnest(enum_range(null::engagement.approval_status)) as l
             where l not in (select approval_status from engagement.replies)
         union all select l::text from unnest(enum_range(null::engagement.delivery_status)) as l
             where l not in (select delivery_status from engagement.replies)
         union all select l::text from unnest(enum_range(null::engagement.reply_type)) as l
             where l not in (select reply_type from engagement.replies)
         union all select l::text from unnest(enum_range(null::engagement.escalation_status)) as l
             where l not in (select status from engagement.escalations)
         union all select l::text from unnest(enum_range(null::engagement.user_satisfaction)) as l
             where l not in (select satisfaction from engagement.competitive_mentions)
         union all select l::text from unnest(enum_range(null::engagement.power_tier)) as l
             where l not in (select power_tier from engagement.authors where power_tier is not null)
         union all select l::text from unnest(enum_range(null::learning.adjustment_action)) as l
             where l not in (select action from learning.weight_adjustment_logs)
         union all select l from unnest(array['draft', 'running', 'completed']) as l
             where l not in (select status::text from learning.experiments)
         union all select 'step ' || l from generate_series(1, 9) as l
             where l not in (select (signals_json -> 'mode' ->> 'step')::int from engagement.decisions)
         union all select l from unnest(array['critical', 'high', 'medium']) as l
             where l not in (select coalesce(signals_json -> 'safety' ->> 'severity', '') from engagement.decisions)
         union all select c.key from engagement.brand_settings, jsonb_each(settings -> 'keyword_taxonomy') as c
             where not exists (select from engagement.posts where c.key = any (keyword_categories))",
    )
    .await;
    assert_eq!(absent, Vec::<String>::new());
    let whole = texts(owner, "select idempotency_key from engagement.replies where metrics_json -> 'windows' ? '7d'");
    assert_eq!(whole.await.len(), 3);
}

#[tokio::test]
async fn the_examples_keep_the_rules_that_they_show() {
    let db = TestDb::new().await;
    let org = db.organization().await;
    seed(&db, &org.scope, "2026-03-02").await;
    let owner = &mut db.owner().await;
    let broken = texts(
        owner,
        "select 'filler: ' || content from engagement.posts where content ilike '%lorem%'
         union all select 'filler: ' || content from engagement.replies where content ilike '%lorem%'
         union all select 'filler: ' || content from publishing.posts where content ilike '%lorem%'
         union all select 'filler: ' || caption from analytics.content where caption ilike '%lorem%'
         union all select 'forbidden: ' || term || ' in ' || text
             from (select content as text from publishing.posts union select caption from analytics.content
                   union select report_md from strategy.weekly_summaries) as t
             cross join (select unnest(forbidden_phrases || forbidden_hashtags || claims_to_avoid) from strategy.brand_rules
                   union select p ->> 'term' from engagement.brand_settings,
                       jsonb_array_elements(settings -> 'prohibited_terms') as p) as f (term)
             where t.text ~* ('\\m' || term)
         union all select 'hashtag not allowed: ' || h from (
                 select jsonb_array_elements_text(hashtags) as h from publishing.posts
                 union select unnest(hashtags) from analytics.content) as t
             where h not in (select unnest(allowed_hashtags) from strategy.brand_rules)
         union all select 'phrases: ' || cardinality(allowed_phrases) || ' ' || cardinality(forbidden_phrases) || ' '
                 || cardinality(allowed_hashtags) || ' ' || cardinality(forbidden_hashtags) from strategy.brand_rules
             where (cardinality(allowed_phrases), cardinality(forbidden_phrases), cardinality(allowed_hashtags),
                 cardinality(forbidden_hashtags)) <> (5, 5, 5, 3)
         union all select 'too long for its network: ' || p.title from publishing.posts p
             join accounts.platform_rules r on r.platform = p.platform
             where p.format <> 'thread' and char_length(p.content) > r.text_limit
         union all select 'pillar and strategy differ: ' || c.key from strategy.content_pillars c
             where not exists (select from strategy.ai_strategies y, jsonb_array_elements(y.content_pillars) as d
                 where d ->> 'key' = c.key and d ->> 'name' = c.name and (d ->> 'percentage')::numeric = c.target_percent)
         union all select 'a reading shrinks: ' || external_content_id from (
                 select external_content_id, reach, impressions, lag(reach) over w as r, lag(impressions) over w as i
                 from analytics.daily_metrics
                 window w as (partition by integration_id, external_content_id order by date)) as m
             where m.reach < m.r or m.impressions < m.i
         union all select 'a reading from tomorrow: ' || external_content_id from analytics.daily_metrics
             where date >= '2026-03-02'
         union all select 'no signature: ' || idempotency_key from engagement.replies r
             join engagement.brand_settings b on position(b.settings ->> 'signature' in r.content) = 0
         union all select 'too long: ' || idempotency_key from engagement.replies
             where char_length(content) > case platform when 'twitter' then 280 when 'reddit' then 500 else 320 end
         union all select 'keyword not in the text: ' || k from engagement.posts, unnest(keyword_matches) as k
             where position(k in lower(content)) = 0
         union all select 'keyword of no category: ' || k from engagement.posts p, unnest(keyword_matches) as k
             where not exists (select from engagement.brand_settings b, jsonb_each(b.settings -> 'keyword_taxonomy') as c,
                 jsonb_array_elements(c.value -> 'terms') as t
                 where t ->> 'term' = k and c.key = any (p.keyword_categories))
         union all select 'not the mode of the scores: ' || id from engagement.decisions
             cross join lateral (select case
                 when sss_score >= 0.82 then 'helpful'
                 when sss_score >= 0.55 and evs_score > 5 then case when ars_score > 0.7 then 'hybrid' else 'engagement' end
                 when sss_score >= 0.55 and is_power_user then 'helpful'
                 when sss_score >= 0.55 and ars_score < 0.4 then 'engagement'
                 when sss_score >= 0.55 and evs_score <= 0.5 and ars_score <= 0.7 then 'helpful'
                 when sss_score >= 0.55 then 'hybrid'
                 when evs_score > 2 and trs_score >= 0.8 or ars_score > 0.7 then 'engagement'
                 else 'disengaged' end as mode) as w
             where (signals_json -> 'mode' ->> 'step')::int > 5 and coalesce(predicted_mode, decisions.mode)::text
                 <> case when w.mode in ('engagement', 'hybrid') and composite_score < 0.4 then 'disengaged' else w.mode end
         union all select 'talks though silent or stale: ' || id from engagement.decisions
             where (signals_json -> 'mode' ->> 'step')::int < 5 and mode <> 'disengaged'
         union all select 'flagged and not silent: ' || id from engagement.decisions
             where safety_flags <> '{}' and mode <> 'disengaged'
         union all select 'an answer although silent: ' || r.id from engagement.replies r
             join engagement.decisions d on d.id = r.decision_id where d.mode = 'disengaged'
         union all select 'a shape although silent: ' || id from engagement.decisions
             where (archetype is null) <> (mode = 'disengaged')
         union all select 'a pitch for wit: ' || r.id from engagement.replies r
             join engagement.decisions d on d.id = r.decision_id
             where d.mode = 'engagement' and (r.has_product_mention or r.has_link)
         union all select 'one mode of two: ' || d.id from learning.randomized_experiments x
             join engagement.decisions d on d.id = x.decision_id
             where (x.predicted_mode, x.actual_mode) is distinct from (d.predicted_mode, d.mode)
         union all select 'drawn without a row: ' || d.id from engagement.decisions d
             where d.is_randomized_experiment
                 and not exists (select from learning.randomized_experiments x where x.decision_id = d.id)
         union all select 'weights without a version: ' || w.segment_key from learning.segmented_weights w
             where not exists (select from learning.segmented_weight_versions v where v.segment_weight_id = w.id
                 and (v.sss_weight, v.ars_weight, v.evs_weight, v.trs_weight)
                     = (w.sss_weight, w.ars_weight, w.evs_weight, w.trs_weight))
         union all select 'score and history differ: ' || handle from engagement.authors
             where interaction_history <> '[]'
                 and abs((interaction_history -> -1 ->> 'score_after')::float8 - relationship_score) > 0.001",
    )
    .await;
    assert_eq!(broken, Vec::<String>::new());
}
