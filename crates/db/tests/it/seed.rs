//! The example data: complete, repeatable, the same everywhere, and only in the organization that asked.

use rookery_kernel::Scope;
use rookery_testkit::{TestDb, TestOrg};
use sqlx::{AssertSqlSafe, PgConnection};

/// Every table that is filled, with the number of its rows.
const TABLES: [(&str, i64); 18] = [
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
