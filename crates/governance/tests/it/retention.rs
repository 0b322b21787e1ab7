//! What is past its time, and for whom.

use rookery_governance::retention::{self, Due};
use rookery_kernel::{Clock, Scope};

use super::{Bench, entry};

const LOG: &str = "governance.audit_logs";

async fn logs(bench: &Bench, scope: &Scope) -> Due {
    let all = retention::due(&bench.test.db, &bench.clock, scope).await.unwrap();
    assert_eq!(all.len(), retention::RULES.len(), "every rule's statement fits the schema");
    all.into_iter().find(|due| due.entity == LOG).unwrap()
}

async fn policy(bench: &Bench, keep_days: Option<i32>, hold_reason: Option<&str>) {
    let mut tx = bench.test.db.org(&bench.org.scope).await.unwrap();
    sqlx::query(
        "insert into governance.retention_policies (organization_id, entity, keep_days, hold_reason) \
         values ($1, $2, $3, $4) on conflict (organization_id, entity) \
         do update set keep_days = excluded.keep_days, hold_reason = excluded.hold_reason",
    )
    .bind(bench.org.scope.organization_id.uuid())
    .bind(LOG)
    .bind(keep_days)
    .bind(hold_reason)
    .execute(tx.conn())
    .await
    .unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_row_is_due_after_its_days_and_only_for_its_organization() {
    let bench = Bench::new().await;
    let other = bench.test.organization().await;
    let before = logs(&bench, &bench.org.scope).await;
    let foreign = logs(&bench, &other.scope).await.rows;
    assert_eq!(before.keep_days, Some(1095), "no policy: the built-in time");
    assert_eq!(bench.clock.now(), "2040-01-02T09:00:00Z".parse().unwrap());
    bench.record(&bench.org.scope, &[entry("update", serde_json::json!({}))]).await;

    bench.clock.set("2043-01-01T09:00:00Z".parse().unwrap());
    assert_eq!(logs(&bench, &bench.org.scope).await.rows, before.rows, "1095 days to the second");
    bench.clock.set("2043-01-01T09:00:01Z".parse().unwrap());
    assert_eq!(logs(&bench, &bench.org.scope).await.rows, before.rows + 1);
    assert_eq!(logs(&bench, &other.scope).await.rows, foreign);
}

#[tokio::test]
async fn a_policy_shortens_keeps_for_ever_or_holds() {
    let bench = Bench::new().await;
    bench.record(&bench.org.scope, &[entry("update", serde_json::json!({}))]).await;
    let before = logs(&bench, &bench.org.scope).await.rows;
    bench.clock.set("2040-01-12T09:00:01Z".parse().unwrap());
    policy(&bench, Some(10), None).await;
    let due = logs(&bench, &bench.org.scope).await;
    assert_eq!((due.keep_days, due.rows), (Some(10), before + 1));

    policy(&bench, None, None).await;
    let due = logs(&bench, &bench.org.scope).await;
    assert_eq!((due.keep_days, due.rows), (None, 0), "for ever");

    policy(&bench, Some(10), Some("a lawsuit")).await;
    let due = logs(&bench, &bench.org.scope).await;
    assert_eq!((due.hold_reason.as_deref(), due.rows), (Some("a lawsuit"), 0));
}

#[tokio::test]
async fn an_escalation_is_due_from_its_end_and_a_figure_from_its_day() {
    let bench = Bench::new().await;
    let scope = &bench.org.scope;
    let statements = [
        // Closed a day too early, closed a day too late, open again, never closed.
        "insert into engagement.escalations (organization_id, reason, status, resolved_at, due_at, created_at) \
         select $1, 'manual_flag', status::engagement.escalation_status, ended::timestamptz, \
         '2030-01-01Z', '2030-01-01Z' from (values ('resolved', '2037-01-01T09:00:00Z'), \
         ('dismissed', '2037-01-03T09:00:00Z'), ('in_review', '2037-01-01T09:00:00Z'), \
         ('pending', null)) as given (status, ended)",
        "insert into engagement.kpi_metrics (organization_id, date, metric_type, metric_name, value) \
         select $1, day::date, (enum_range(null::engagement.kpi_type))[1], 'replies', 1 \
         from (values ('2038-01-02'), ('2038-01-03')) as given (day)",
    ];
    let mut tx = bench.test.db.org(scope).await.unwrap();
    for statement in statements {
        sqlx::query(statement).bind(scope.organization_id.uuid()).execute(tx.conn()).await.unwrap();
    }
    tx.commit().await.unwrap();

    let all = retention::due(&bench.test.db, &bench.clock, scope).await.unwrap();
    let rows = |entity: &str| all.iter().find(|due| due.entity == entity).unwrap().rows;
    assert_eq!(rows("engagement.escalations"), 1, "only the one closed more than 1095 days ago");
    assert_eq!(rows("engagement.kpi_metrics"), 1, "only the day that began more than 730 days ago");
}
