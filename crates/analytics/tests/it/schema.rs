//! What the tables themselves hold to.

use rookery_kernel::OrganizationId;
use sqlx::{AssertSqlSafe, Row as _};

use crate::net::numbers;
use crate::world::{World, at};

#[tokio::test]
async fn numbers_cannot_hang_on_another_organizations_content() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    world.net.post("ann", "p1", at("2026-03-09T10:00:00Z"), numbers(10, 1, 0, 0));
    world.ingest(ann, "2026-03-09").await;
    let other = world.db.organization().await;
    let error = sqlx::query(
        "insert into analytics.content_daily_metrics (organization_id, content_key, date)
         select $1, content_key, '2026-03-09' from analytics.content where external_content_id = 'p1'",
    )
    .bind(other.organization_id.uuid())
    .execute(&mut world.owner)
    .await
    .expect_err("the reference crosses tenants");
    let error = rookery_db::Error::from(error);
    assert_eq!(error.constraint(), Some("content_daily_metrics_content_fkey"));

    // And the other organization sees nothing of it through any door.
    let range = rookery_analytics::Range::last(30, crate::world::day("2026-03-09")).expect("a range");
    let overview = world.analytics.overview(&other.scope, range, Some(&[ann])).await.expect("read");
    assert_eq!((overview.accounts, overview.top_content.len(), overview.as_of), (0, 0, None));
    let numbers = world.analytics.publication_numbers(&other.scope, ann, &["p1".to_owned()]).await.expect("read");
    assert!(numbers.is_empty());
}

/// The columns of each index that a plan of these rows uses.
async fn indexes_of(world: &World, organization: OrganizationId, sql: &str) -> Vec<Vec<String>> {
    let mut tx = world.db.db.org(&rookery_kernel::Scope::worker(organization)).await.expect("begun");
    let plan: Vec<String> =
        sqlx::query_scalar(AssertSqlSafe(format!("explain {sql}"))).fetch_all(&mut *tx.conn()).await.expect("a plan");
    let text = plan.join("\n");
    assert!(!text.contains("Seq Scan on content_daily_metrics"), "{text}");
    let rows = sqlx::query(
        "select c.relname::text as name, array_agg(a.attname::text order by k.place) as columns
         from pg_index i join pg_class c on c.oid = i.indexrelid
              cross join lateral unnest(i.indkey) with ordinality as k (attnum, place)
              join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
         where i.indrelid in (select inhrelid from pg_inherits where inhparent = 'analytics.content_daily_metrics'::regclass)
               or i.indrelid = 'analytics.content'::regclass
         group by c.relname",
    )
    .fetch_all(&mut *tx.conn())
    .await
    .expect("rows");
    rows.iter()
        .filter(|row| text.contains(row.get::<String, _>("name").as_str()))
        .map(|row| row.get::<Vec<String>, _>("columns"))
        .collect()
}

#[tokio::test]
async fn the_two_common_questions_use_their_indexes() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    let bob = world.account("bob").await;
    for account in [ann, bob] {
        sqlx::query(
            "with item as (
                 insert into analytics.content (organization_id, integration_id, external_content_id, platform, format,
                                                published_at)
                 select $1, $2, 'p' || n, 'mastodon', 'text', '2026-01-01'::timestamptz from generate_series(1, 100) n
                 returning content_key)
             select count(*) from item",
        )
        .bind(world.org.organization_id.uuid())
        .bind(account.uuid())
        .execute(&mut world.owner)
        .await
        .expect("rows");
    }
    sqlx::raw_sql(
        "insert into analytics.content_daily_metrics (organization_id, content_key, date, reach)
         select organization_id, content_key, '2026-01-01'::date + d, d
         from analytics.content cross join generate_series(0, 99) d;
         analyze analytics.content_daily_metrics, analytics.content",
    )
    .execute(&mut world.owner)
    .await
    .expect("analyzed");
    let organization = world.org.organization_id;
    let by_day = format!(
        "select sum(reach) from analytics.daily_metrics
         where organization_id = '{organization}' and date between '2026-02-01' and '2026-02-03'"
    );
    let used = indexes_of(&world, organization, &by_day).await;
    assert!(used.iter().any(|columns| columns[..2] == ["organization_id", "date"]), "{used:?}");
    let by_account = format!(
        "select reach from analytics.daily_metrics
         where organization_id = '{organization}' and integration_id = '{ann}'
           and date between '2026-02-01' and '2026-02-03'"
    );
    let used = indexes_of(&world, organization, &by_account).await;
    // The account's items by its own index, their days by the key.
    assert!(used.iter().any(|columns| columns[..2] == ["organization_id", "integration_id"]), "{used:?}");
    assert!(used.iter().any(|columns| columns[..2] == ["organization_id", "date"]), "{used:?}");
}
