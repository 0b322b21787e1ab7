//! Audit log and idempotent requests against a real PostgreSQL.

mod archive;
mod retention;

use std::time::Duration;

use rookery_governance::audit::{self, Changes, Entry, Origin};
use rookery_governance::idempotency::{self, Begin, Request};
use rookery_governance::partitions;
use rookery_kernel::{Actor, ApiKeyId, Clock, FixedClock, Limit, Scope};
use rookery_testkit::{TestDb, TestOrg, clock};
use serde_json::{Value, json};
use uuid::Uuid;

struct Bench {
    test: TestDb,
    org: TestOrg,
    clock: FixedClock,
}

impl Bench {
    async fn new() -> Self {
        let test = TestDb::new().await;
        let org = test.organization().await;
        // The builder's own rows bear the machine's time; ours come after them.
        let clock = clock();
        clock.set("2040-01-02T09:00:00Z".parse().unwrap());
        Self { test, org, clock }
    }

    async fn record(&self, scope: &Scope, entries: &[Entry<'_>]) {
        let mut tx = self.test.db.org(scope).await.unwrap();
        audit::record(&mut tx, &self.clock, entries).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn begin(&self, request: &Request<'_>) -> Begin {
        idempotency::begin(&self.test.db, &self.clock, &self.org.scope, request).await.unwrap()
    }
}

fn entry(action: &str, changes: impl Into<Value>) -> Entry<'_> {
    Entry { action, resource: "publishing.posts", resource_id: Some("42".to_owned()), changes: changes.into() }
}

const POST: Request<'static> = Request { key: "key-1", method: "POST", path: "/api/v1/posts", body: b"{\"a\":1}" };

#[tokio::test]
async fn an_entry_says_who_what_and_from_where() {
    let bench = Bench::new().await;
    let mut scope = bench.org.scope.clone();
    scope.actor = Actor::User(bench.org.user_id);
    scope.ip = Some("192.0.2.7".parse().unwrap());
    scope.user_agent = Some("a browser".to_owned());
    scope.request_id = Some(Uuid::from_u128(7));
    bench.record(&scope, &[entry("update", Changes::new().set("status", "draft", "scheduled"))]).await;

    let page = audit::list(&bench.test.db, &bench.clock, &scope, None, Limit::default()).await.unwrap();
    let row = &page.items[0];
    assert_eq!(row.occurred_at, bench.clock.now());
    assert_eq!((row.actor_kind.as_str(), row.actor_user_id), ("user", Some(bench.org.user_id)));
    assert_eq!((row.action.as_str(), row.resource.as_str()), ("update", "publishing.posts"));
    assert_eq!(row.resource_id.as_deref(), Some("42"));
    assert_eq!(row.changes, json!({"status": ["draft", "scheduled"]}));
    assert_eq!((row.ip_address.as_deref(), row.user_agent.as_deref()), (Some("192.0.2.7"), Some("a browser")));
    assert_eq!(row.request_id, scope.request_id);
}

#[tokio::test]
async fn a_key_of_a_program_is_named() {
    let bench = Bench::new().await;
    let key = ApiKeyId::from_uuid(Uuid::from_u128(9));
    let scope = Scope::new(bench.org.organization_id, Actor::ApiKey(key));
    bench.record(&scope, &[entry("insert", Changes::new())]).await;
    let page = audit::list(&bench.test.db, &bench.clock, &bench.org.scope, None, Limit::default()).await.unwrap();
    assert_eq!(page.items[0].actor_kind, "api_key");
    assert_eq!(page.items[0].changes, json!({"actor_api_key_id": key.to_string()}));
}

#[tokio::test]
async fn secrets_never_reach_the_log() {
    let bench = Bench::new().await;
    let canary = "canary-7f3a";
    let leaky = json!({"key_hash": [canary, canary], "access_token_enc": canary, "deep": [{"password": canary}]});
    bench.record(&bench.org.scope, &[entry("update", leaky.clone())]).await;
    let mut tx = bench.test.db.system("test").await.unwrap();
    let origin = Origin::new(Actor::System);
    audit::record_instance(tx.conn(), &bench.clock, &origin, &[entry("update", leaky)]).await.unwrap();
    tx.commit().await.unwrap();

    let mut owner = bench.test.owner().await;
    let all: String = sqlx::query_scalar(
        "select string_agg(t::text, '') from (select to_jsonb(a) from governance.audit_logs a
         union all select to_jsonb(i) from governance.instance_audit_logs i) t",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    assert!(all.contains("changed") && !all.contains(canary), "{all}");
}

#[tokio::test]
async fn many_entries_are_one_statement_and_pages_follow_each_other() {
    let bench = Bench::new().await;
    let entries: Vec<_> = (0..5).map(|n| entry("insert", json!({"n": [null, n]}))).collect();
    bench.record(&bench.org.scope, &entries).await;
    bench.record(&bench.org.scope, &[]).await;

    let list = async |after, limit| {
        audit::list(&bench.test.db, &bench.clock, &bench.org.scope, after, Limit::new(limit)).await.unwrap()
    };
    let first = list(None, 3).await;
    let second = list(first.next, 100).await;
    let numbers: Vec<_> = first
        .items
        .iter()
        .chain(&second.items)
        .filter(|r| r.resource == "publishing.posts")
        .map(|r| r.changes["n"][1].clone())
        .collect();
    assert_eq!(numbers, [json!(4), json!(3), json!(2), json!(1), json!(0)]);
    assert!(second.next.is_none());
    assert_eq!(list(None, 10).await.items[0].action, "read", "reading the log is in the log");
}

#[tokio::test]
async fn another_organization_reads_nothing_of_ours() {
    let bench = Bench::new().await;
    bench.record(&bench.org.scope, &[entry("insert", Changes::new())]).await;
    let other = bench.test.organization().await;
    let page = audit::list(&bench.test.db, &bench.clock, &other.scope, None, Limit::default()).await.unwrap();
    assert!(page.items.iter().all(|r| r.action != "insert" || r.resource != "publishing.posts"));
}

#[tokio::test]
async fn the_log_cannot_be_changed() {
    let bench = Bench::new().await;
    bench.record(&bench.org.scope, &[entry("insert", Changes::new())]).await;
    for statement in ["update governance.audit_logs set action = 'x'", "delete from governance.audit_logs"] {
        let mut tx = bench.test.db.org(&bench.org.scope).await.unwrap();
        let error = sqlx::query(statement).execute(tx.conn()).await.unwrap_err();
        assert!(error.to_string().contains("permission denied"), "{statement}: {error}");
    }
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer() {
    let bench = Bench::new().await;
    assert_eq!(bench.begin(&POST).await, Begin::New);
    assert_eq!(bench.begin(&POST).await, Begin::InProgress);
    let body = json!({"id": 1});
    idempotency::finish(&bench.test.db, &bench.org.scope, POST.key, 201, &body).await.unwrap();
    assert_eq!(bench.begin(&POST).await, Begin::Replay { status: 201, body });
    assert_eq!(bench.begin(&Request { body: b"{}", ..POST }).await, Begin::Mismatch);
    assert_eq!(bench.begin(&Request { key: "key-2", ..POST }).await, Begin::New);
}

#[tokio::test]
async fn an_abandoned_key_may_be_used_again_and_a_finished_one_stays() {
    let bench = Bench::new().await;
    let (db, scope) = (&bench.test.db, &bench.org.scope);
    bench.begin(&POST).await;
    idempotency::abandon(db, scope, POST.key).await.unwrap();
    assert_eq!(bench.begin(&POST).await, Begin::New);
    idempotency::finish(db, scope, POST.key, 200, &Value::Null).await.unwrap();
    idempotency::abandon(db, scope, POST.key).await.unwrap();
    assert!(matches!(bench.begin(&POST).await, Begin::Replay { status: 200, .. }));
}

#[tokio::test]
async fn a_key_is_forgotten_after_24_hours() {
    let bench = Bench::new().await;
    bench.begin(&POST).await;
    bench.clock.advance(Duration::from_secs(24 * 3600 + 1));
    assert_eq!(bench.begin(&Request { body: b"{}", ..POST }).await, Begin::New);
    bench.begin(&Request { key: "key-2", ..POST }).await;
    bench.clock.advance(Duration::from_secs(24 * 3600 + 1));
    bench.begin(&Request { key: "key-3", ..POST }).await;
    let purged = idempotency::purge(&bench.test.db, &bench.clock, bench.org.organization_id).await.unwrap();
    assert_eq!(purged, 2);
}

#[tokio::test]
async fn of_many_requests_at_once_one_is_new() {
    let bench = Bench::new().await;
    let all = (0..8).map(|_| {
        let (db, clock, scope) = (bench.test.db.clone(), bench.clock.clone(), bench.org.scope.clone());
        tokio::spawn(async move { idempotency::begin(&db, &clock, &scope, &POST).await.unwrap() })
    });
    let mut new = 0;
    for answer in all.collect::<Vec<_>>() {
        match answer.await.unwrap() {
            Begin::New => new += 1,
            other => assert_eq!(other, Begin::InProgress),
        }
    }
    assert_eq!(new, 1);
}

#[tokio::test]
async fn the_same_key_in_another_organization_is_another_key() {
    let bench = Bench::new().await;
    bench.begin(&POST).await;
    let other = bench.test.organization().await;
    let begun = idempotency::begin(&bench.test.db, &bench.clock, &other.scope, &POST).await.unwrap();
    assert_eq!(begun, Begin::New);
}

#[tokio::test]
async fn partitions_are_made_ahead_once() {
    let bench = Bench::new().await;
    bench.clock.advance(Duration::from_secs(400 * 24 * 3600));
    assert!(partitions::ensure(&bench.test.db, &bench.clock).await.unwrap() > 0);
    assert_eq!(partitions::ensure(&bench.test.db, &bench.clock).await.unwrap(), 0);
}
