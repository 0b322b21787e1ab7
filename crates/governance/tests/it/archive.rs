//! Rows go into files, come back, and are never lost on the way.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rookery_governance::archive::{Archive, ArchiveError, Archives, Month, Report};
use rookery_governance::retention::{self, Format, Rule};
use rookery_kernel::Scope;
use rookery_testkit::{TestOrg, ids};
use sqlx::{AssertSqlSafe, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

use super::{Bench, entry};

const POSTS: &str = "engagement.posts";
const DECISIONS: &str = "engagement.decisions";
const LOGS: &str = "learning.weight_adjustment_logs";
const KPIS: &str = "engagement.kpi_metrics";

/// The clock stands at 2040-01-02T09:00:00Z; what is made here is older.
struct Shelf {
    bench: Bench,
    archives: Archives,
    scope: Scope,
    folder: TempDir,
}

impl Shelf {
    async fn new() -> Self {
        let bench = Bench::new().await;
        let folder = tempfile::tempdir().unwrap();
        let (db, clock) = (bench.test.db.clone(), Arc::new(bench.clock.clone()));
        let archives = Archives::new(db, clock, ids(), folder.path().join("archive"));
        let scope = bench.org.worker();
        Self { bench, archives, scope, folder }
    }

    /// As a superuser, for the shelf's organization as `$1`.
    async fn sql(&self, sql: &str) {
        self.sql_for(&self.bench.org, sql).await;
    }

    async fn sql_for(&self, org: &TestOrg, sql: &str) {
        let sql = sql.replace("$1", &format!("'{}'::uuid", org.organization_id));
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.bench.test.owner().await).await.unwrap();
    }

    async fn posts(&self, count: u32, from: &str) {
        self.posts_for(&self.bench.org, count, from).await;
    }

    /// Detected posts, one a minute.
    async fn posts_for(&self, org: &TestOrg, count: u32, from: &str) {
        self.sql_for(
            org,
            &format!(
                "insert into engagement.authors (organization_id, platform, platform_id, handle)
                 values ($1, (enum_range(null::accounts.platform))[1], 'a1', 'ada') on conflict do nothing;
                 insert into engagement.posts (organization_id, platform, platform_post_id, author_id, content,
                     detected_at, keyword_matches, raw_metrics)
                 select $1, a.platform, '{from}-' || n, a.id, 'Text ' || n || E' \"quoted\", é\\n\\tend',
                     '{from}'::timestamptz + n * interval '1 minute', array['a, b', 'c\"d', null],
                     '{{\"likes\": 3, \"note\": \"x\", \"rate\": 1.50}}'
                 from generate_series(1, {count}) n, engagement.authors a where a.organization_id = $1"
            ),
        )
        .await;
    }

    async fn snapshot(&self, table: &str) -> (i64, String) {
        snapshot(&mut self.bench.test.owner().await, table, &self.bench.org).await
    }

    async fn run(&self) -> Vec<Report> {
        self.archives.run(&self.scope).await.unwrap()
    }

    async fn listed(&self, table: &str) -> Vec<Archive> {
        let all = self.archives.list(&self.scope).await.unwrap();
        all.into_iter().filter(|a| a.source_table == table).collect()
    }

    /// The only archive of a table that is not superseded.
    async fn only(&self, table: &str) -> Archive {
        let live: Vec<_> = self.listed(table).await.into_iter().filter(|a| a.superseded_at.is_none()).collect();
        assert_eq!(live.len(), 1, "{live:?}");
        live.into_iter().next().unwrap()
    }

    fn file(&self, archive: &Archive) -> PathBuf {
        self.archives.dir().join(&archive.location)
    }

    async fn month(&self, table: &str) -> Month {
        let cutoff = "2039-09-01T00:00:00Z".parse().unwrap();
        self.archives.months(&self.scope, Rule::of(table).unwrap(), cutoff).await.unwrap()[0]
    }

    /// Steps 1 to 3.
    async fn written(&self, table: &str) -> Archive {
        let rule = Rule::of(table).unwrap();
        let month = self.month(table).await;
        let prepared = self.archives.prepare(&self.scope, rule, rule.format, &month).await.unwrap();
        let archive = self.archives.record(&self.scope, prepared).await.unwrap();
        self.archives.place(&archive).await.unwrap();
        archive
    }

    /// Restores an archive; what the copy holds.
    async fn restored(&self, id: Uuid) -> (i64, String) {
        let mut owner = self.bench.test.owner().await;
        let restored = self.archives.restore(&mut owner, &self.scope, id).await.unwrap();
        snapshot(&mut owner, &restored.table, &self.bench.org).await
    }

    async fn policy(&self, entity: &str, values: &str) {
        self.sql(&format!(
            "insert into governance.retention_policies (organization_id, entity, keep_days, format, hold_reason)
             values ($1, '{entity}', {values}) on conflict (organization_id, entity) do update
             set keep_days = excluded.keep_days, format = excluded.format, hold_reason = excluded.hold_reason"
        ))
        .await;
    }
}

/// Count and hash of an organization's rows, independent of how archives hash.
async fn snapshot(connection: &mut PgConnection, table: &str, org: &TestOrg) -> (i64, String) {
    sqlx::query_as(AssertSqlSafe(format!(
        "select count(*), md5(coalesce(string_agg(t::text, chr(10) order by t::text collate \"C\"), ''))
         from {table} t where organization_id = $1"
    )))
    .bind(org.organization_id.uuid())
    .fetch_one(connection)
    .await
    .unwrap()
}

fn report<'a>(reports: &'a [Report], table: &str) -> &'a Report {
    reports.iter().find(|r| r.entity == table).unwrap()
}

fn flip_a_byte(file: &Path) {
    let mut bytes = std::fs::read(file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(file, bytes).unwrap();
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}

/// Values that files like to lose: NULL beside an empty text, the JSON value null, separators of every kind.
const HARD_LOGS: &str = "insert into learning.weight_adjustment_logs
     (organization_id, date, action, segment_key, old_weights, new_weights, predicted_improvement)
     select $1, '2038-03-01T10:00:00.123456Z', (enum_range(null::learning.adjustment_action))[1], key,
         weights::jsonb, null, improvement::float8
     from (values (null, null, '0.1'), ('', 'null', '1e-300'), ('a,\"b\"', '{\"b\": null, \"a\": [1, 2.50]}', 'NaN'),
         (E'line\\nbreak\\r\\n', '\"text\"', '-0'), ('\\.', '{}', 'Infinity'), ('\\N', '[]', '0.30000000000000004'),
         ('ünï — 日本', '1.10', null)) as given (key, weights, improvement)";

const HARD_KPIS: &str = "insert into engagement.kpi_metrics
     (organization_id, date, platform, metric_type, metric_name, value, sample_size)
     select $1, '2037-05-06', platform, 'love', name, 1.0 / 3, size
     from (values (null::accounts.platform, 'a,\"b\"', 1), (null, E'two\\nlines', null), (null, '', null),
         ((enum_range(null::accounts.platform))[1], '', 0), (null, ' \"', 2)) as given (platform, name, size)";

#[tokio::test]
async fn archived_deleted_and_restored_rows_are_the_same_in_both_formats() {
    for format in ["jsonl.gz", "csv.gz"] {
        let shelf = Shelf::new().await;
        shelf.posts(2500, "2039-06-01T00:00:00Z").await;
        shelf.sql(HARD_LOGS).await;
        shelf.sql(HARD_KPIS).await;
        for (table, days) in [(POSTS, 90), (LOGS, 365), (KPIS, 730)] {
            shelf.policy(table, &format!("{days}, '{format}', null")).await;
        }
        let mut before = Vec::new();
        for table in [POSTS, LOGS, KPIS] {
            before.push((table, shelf.snapshot(table).await));
        }
        let reports = shelf.run().await;
        for (table, before) in before {
            let report = report(&reports, table);
            assert_eq!((report.archived, report.deleted, report.tombstones), (before.0, before.0, 0), "{table}");
            assert_eq!(report.problems, [""; 0]);
            assert_eq!(shelf.snapshot(table).await.0, 0, "{table}");
            let archive = shelf.only(table).await;
            assert!(archive.location.ends_with(format) && archive.row_count == before.0);
            assert!(archive.verified_at.is_some() && archive.dropped_at.is_some());
            assert_eq!(shelf.restored(archive.id).await, before, "{table} as {format}");

            let beside = format!("{}.manifest.json", shelf.file(&archive).display());
            let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(beside).unwrap()).unwrap();
            assert_eq!(manifest, serde_json::to_value(&archive.manifest.0).unwrap());
            assert_eq!(manifest["sha256"], hex::encode(&archive.sha256));
            assert_eq!(manifest["columns"][0]["name"], "id");
        }
        assert!(shelf.archives.check(&shelf.scope).await.unwrap().iter().all(|c| c.problem.is_none()));
    }
}

#[tokio::test]
async fn figures_are_csv_and_months_are_separate_files() {
    let shelf = Shelf::new().await;
    shelf.sql(HARD_KPIS).await;
    shelf.posts(3, "2039-06-30T23:58:30Z").await;
    shelf.run().await;
    assert_eq!(shelf.only(KPIS).await.format, "csv.gz");
    let posts = shelf.listed(POSTS).await;
    let ranges: Vec<_> =
        posts.iter().map(|a| (a.range_start.to_string(), a.range_end.to_string(), a.row_count)).collect();
    let (june, july, august) = ("2039-06-01T00:00:00Z", "2039-07-01T00:00:00Z", "2039-08-01T00:00:00Z");
    assert_eq!(ranges, [(june.into(), july.into(), 1), (july.into(), august.into(), 2)]);
}

#[tokio::test]
async fn a_row_is_kept_until_its_days_are_over_and_late_rows_get_a_part_of_their_own() {
    let shelf = Shelf::new().await;
    // 90 days before the clock: 2039-10-04T09:00:00Z.
    shelf.posts(2, "2039-10-04T08:58:30Z").await;
    shelf.posts(1, "2039-06-05T00:00:00Z").await;
    let reports = shelf.run().await;
    assert_eq!(report(&reports, POSTS).deleted, 2, "the third is younger than 90 days");
    assert_eq!(shelf.snapshot(POSTS).await.0, 1);
    shelf.posts(2, "2039-06-06T00:00:00Z").await;
    let reports = shelf.run().await;
    assert_eq!(report(&reports, POSTS).deleted, 2);
    let june: Vec<_> = shelf.listed(POSTS).await.into_iter().filter(|a| a.location.contains("/2039-06.")).collect();
    assert_eq!(june.iter().map(|a| (a.part, a.row_count)).collect::<Vec<_>>(), [(1, 1), (2, 2)]);
}

#[tokio::test]
async fn a_damaged_file_is_neither_verified_nor_deleted_from_nor_restored() {
    let shelf = Shelf::new().await;
    shelf.posts(20, "2039-06-01T00:00:00Z").await;
    let before = shelf.snapshot(POSTS).await;
    let archive = shelf.written(POSTS).await;
    let (archives, scope, file) = (&shelf.archives, &shelf.scope, shelf.file(&archive));
    let whole = std::fs::read(&file).unwrap();

    flip_a_byte(&file);
    let error = archives.verify(scope, archive.id).await.unwrap_err();
    assert!(matches!(error, ArchiveError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains(&archive.location), "{error}");
    assert!(archives.get(scope, archive.id).await.unwrap().verified_at.is_none());

    std::fs::write(&file, &whole).unwrap();
    archives.verify(scope, archive.id).await.unwrap();
    flip_a_byte(&file);
    let error = archives.delete(scope, archive.id).await.unwrap_err();
    assert!(matches!(error, ArchiveError::Damaged { .. }), "{error}");
    assert_eq!(shelf.snapshot(POSTS).await, before);

    // The next run notices, says so, and writes another.
    let reports = shelf.run().await;
    assert!(report(&reports, POSTS).problems[0].contains("is damaged"), "{reports:?}");
    assert_eq!(report(&reports, POSTS).deleted, 20);
    let second = shelf.only(POSTS).await;
    assert_ne!(second.id, archive.id);
    assert_eq!(shelf.restored(second.id).await, before);

    flip_a_byte(&shelf.file(&second));
    let checked = archives.check(scope).await.unwrap();
    let problem = checked.iter().find(|c| c.archive.id == second.id).unwrap().problem.as_ref().unwrap();
    assert!(problem.to_string().contains(&second.location), "{problem}");
    let mut owner = shelf.bench.test.owner().await;
    sqlx::raw_sql("drop schema restored cascade; create schema restored authorization rookery_owner")
        .execute(&mut owner)
        .await
        .unwrap();
    let error = archives.restore(&mut owner, scope, second.id).await.unwrap_err();
    assert!(matches!(error, ArchiveError::Damaged { .. }), "{error}");
    let copies: i64 = sqlx::query_scalar("select count(*) from pg_class where relnamespace = 'restored'::regnamespace")
        .fetch_one(&mut owner)
        .await
        .unwrap();
    assert_eq!(copies, 0);

    std::fs::remove_file(shelf.file(&second)).unwrap();
    let checked = archives.check(scope).await.unwrap();
    assert!(checked.iter().any(|c| c.problem.as_ref().is_some_and(|p| p.to_string().contains("is missing"))));
}

#[tokio::test]
async fn nothing_is_deleted_without_a_verified_archive() {
    let shelf = Shelf::new().await;
    shelf.posts(3, "2039-06-01T00:00:00Z").await;
    let before = shelf.snapshot(POSTS).await;
    let archive = shelf.written(POSTS).await;
    let error = shelf.archives.delete(&shelf.scope, archive.id).await.unwrap_err();
    assert!(matches!(error, ArchiveError::NotVerified(id) if id == archive.id), "{error}");

    let mut tx = shelf.bench.test.db.org(&shelf.scope).await.unwrap();
    let error = sqlx::query("update governance.archives set dropped_at = now()").execute(tx.conn()).await.unwrap_err();
    assert!(error.to_string().contains("archives_verified_before_dropped_check"), "{error}");
    drop(tx);
    // People's requests only read the list.
    for statement in ["update governance.archives set verified_at = now()", "delete from governance.archives"] {
        let mut tx = shelf.bench.test.db.org(&shelf.bench.org.scope).await.unwrap();
        let error = sqlx::query(statement).execute(tx.conn()).await.unwrap_err();
        assert!(error.to_string().contains("permission denied"), "{statement}: {error}");
    }
    assert_eq!(shelf.snapshot(POSTS).await, before);
}

#[tokio::test]
async fn a_run_that_was_cut_off_anywhere_is_finished_by_the_next() {
    // 0 to 4: after so many of the steps; 5: after the second, with the temporary file lost; 6: after the third,
    // with half a file; 7: after the third, without the manifest.
    for stop in 0..=7 {
        let shelf = Shelf::new().await;
        shelf.posts(30, "2039-06-01T00:00:00Z").await;
        let before = shelf.snapshot(POSTS).await;
        let (archives, scope) = (&shelf.archives, &shelf.scope);
        let rule = Rule::of(POSTS).unwrap();
        let aside = |archive: &Archive| format!("{}.tmp", shelf.file(archive).display());
        if stop == 0 {
            let folder = archives.dir().join(scope.organization_id.to_string()).join(POSTS);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("2039-06.half.jsonl.gz.tmp"), b"half").unwrap();
        } else {
            let month = shelf.month(POSTS).await;
            let prepared = archives.prepare(scope, rule, Format::JsonLines, &month).await.unwrap();
            assert!(Path::new(&aside(&prepared.archive)).exists());
            if stop > 1 {
                let archive = archives.record(scope, prepared).await.unwrap();
                match stop {
                    2 => {}
                    5 => std::fs::remove_file(aside(&archive)).unwrap(),
                    _ => archives.place(&archive).await.unwrap(),
                }
                match stop {
                    4 => assert!(archives.verify(scope, archive.id).await.unwrap().verified_at.is_some()),
                    6 => {
                        let half = std::fs::read(shelf.file(&archive)).unwrap();
                        std::fs::write(shelf.file(&archive), &half[..half.len() / 2]).unwrap();
                    }
                    7 => std::fs::remove_file(format!("{}.manifest.json", shelf.file(&archive).display())).unwrap(),
                    _ => {}
                }
            }
        }
        assert_eq!(shelf.snapshot(POSTS).await, before, "stop {stop}");
        let reports = shelf.run().await;
        assert_eq!(report(&reports, POSTS).deleted, 30, "stop {stop}");
        assert_eq!(shelf.snapshot(POSTS).await.0, 0, "stop {stop}");
        let archive = shelf.only(POSTS).await;
        assert_eq!((archive.row_count, archive.part), (30, 1), "stop {stop}");
        let left = files(&archives.dir().join(scope.organization_id.to_string()).join(POSTS));
        let file = shelf.file(&archive);
        let manifest = PathBuf::from(format!("{}.manifest.json", file.display()));
        assert_eq!(left, [file, manifest], "stop {stop}: the file, its manifest and nothing else");
        assert_eq!(shelf.restored(archive.id).await, before, "stop {stop}");
        assert!(shelf.run().await.iter().all(|r| r.archived + r.deleted == 0), "a further run finds nothing");
    }
}

#[tokio::test]
async fn rows_that_change_arrive_or_vanish_before_the_deletion_stop_it() {
    for change in [
        "update engagement.posts set content = 'changed' where organization_id = $1 and platform_post_id like '%-7'",
        "insert into engagement.posts (organization_id, platform, platform_post_id, author_id, content, detected_at)
             select organization_id, platform, 'late', author_id, 'late', '2039-06-01T00:07:30Z'
             from engagement.posts where organization_id = $1 limit 1",
        "delete from engagement.posts where organization_id = $1 and platform_post_id like '%-7'",
    ] {
        let shelf = Shelf::new().await;
        shelf.posts(20, "2039-06-01T00:00:00Z").await;
        let archive = shelf.written(POSTS).await;
        shelf.archives.verify(&shelf.scope, archive.id).await.unwrap();
        shelf.sql(change).await;
        let changed = shelf.snapshot(POSTS).await;
        let error = shelf.archives.delete(&shelf.scope, archive.id).await.unwrap_err();
        assert!(matches!(error, ArchiveError::Changed { .. }), "{error}");
        assert_eq!(shelf.snapshot(POSTS).await, changed, "nothing was deleted");

        let reports = shelf.run().await;
        assert!(report(&reports, POSTS).problems[0].contains("changed since"), "{reports:?}");
        assert_eq!(shelf.snapshot(POSTS).await.0, 0);
        let second = shelf.only(POSTS).await;
        assert_eq!(shelf.restored(second.id).await, changed, "the newer archive holds the rows as they were at last");
        assert!(shelf.archives.get(&shelf.scope, archive.id).await.unwrap().superseded_at.is_some());
    }
}

#[tokio::test]
async fn counting_changes_nothing() {
    let shelf = Shelf::new().await;
    shelf.posts(5, "2039-06-01T00:00:00Z").await;
    let versions = "select md5(string_agg(xmin || ' ' || ctid || ' ' || t::text, ',' order by id)) \
                    from engagement.posts t";
    let mut owner = shelf.bench.test.owner().await;
    let before: String = sqlx::query_scalar(versions).fetch_one(&mut owner).await.unwrap();
    let due = retention::due(&shelf.bench.test.db, &shelf.bench.clock, &shelf.scope).await.unwrap();
    assert_eq!(due.iter().find(|d| d.entity == POSTS).unwrap().rows, 5);
    assert_eq!(sqlx::query_scalar::<_, String>(versions).fetch_one(&mut owner).await.unwrap(), before);
    assert!(shelf.listed(POSTS).await.is_empty());
    assert!(files(shelf.folder.path()).is_empty());
}

#[tokio::test]
async fn another_organization_is_not_touched_and_sees_nothing() {
    let shelf = Shelf::new().await;
    let other = shelf.bench.test.organization().await;
    shelf.posts(5, "2039-06-01T00:00:00Z").await;
    shelf.posts_for(&other, 5, "2039-06-01T00:00:00Z").await;
    let mut owner = shelf.bench.test.owner().await;
    let theirs = snapshot(&mut owner, POSTS, &other).await;
    shelf.run().await;
    assert_eq!(shelf.snapshot(POSTS).await.0, 0);
    assert_eq!(snapshot(&mut owner, POSTS, &other).await, theirs);

    let archive = shelf.only(POSTS).await;
    let (archives, stranger) = (&shelf.archives, other.worker());
    assert!(archives.list(&stranger).await.unwrap().is_empty());
    for error in [
        archives.verify(&stranger, archive.id).await.err(),
        archives.delete(&stranger, archive.id).await.err(),
        archives.restore(&mut owner, &stranger, archive.id).await.err(),
    ] {
        assert!(matches!(error, Some(ArchiveError::NotFound(_))), "{error:?}");
    }

    let restored = archives.restore(&mut owner, &shelf.scope, archive.id).await.unwrap();
    assert_eq!((restored.rows, restored.sha256), (5, hex::encode(&archive.sha256)));
    let again = archives.restore(&mut owner, &shelf.scope, archive.id).await.unwrap_err();
    assert!(again.to_string().contains(&format!("drop table {}", restored.table)), "{again}");
    for (scope, rows) in [(&shelf.scope, 5), (&stranger, 0), (&shelf.bench.org.scope, 5)] {
        let mut tx = shelf.bench.test.db.org(scope).await.unwrap();
        let sql = format!("select count(*) from {}", restored.table);
        let seen: i64 = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(tx.conn()).await.unwrap();
        assert_eq!(seen, rows);
        let sql = format!("delete from {}", restored.table);
        let error = sqlx::query(AssertSqlSafe(sql)).execute(tx.conn()).await.unwrap_err();
        assert!(error.to_string().contains("permission denied"), "{error}");
    }
}

#[tokio::test]
async fn what_is_held_or_kept_for_ever_stays_even_if_it_was_archived_already() {
    let shelf = Shelf::new().await;
    shelf.posts(5, "2039-06-01T00:00:00Z").await;
    let before = shelf.snapshot(POSTS).await;
    let archive = shelf.written(POSTS).await;
    shelf.archives.verify(&shelf.scope, archive.id).await.unwrap();
    for policy in ["90, 'jsonl.gz', 'a lawsuit'", "null, 'jsonl.gz', null", "3000, 'jsonl.gz', null"] {
        shelf.policy(POSTS, policy).await;
        let error = shelf.archives.delete(&shelf.scope, archive.id).await.unwrap_err();
        assert!(matches!(error, ArchiveError::Held(_)), "{policy}: {error}");
        let reports = shelf.run().await;
        assert_eq!((report(&reports, POSTS).archived, report(&reports, POSTS).deleted), (0, 0), "{policy}");
        assert_eq!(shelf.snapshot(POSTS).await, before, "{policy}");
    }
    shelf.policy(POSTS, "90, 'csv.gz', null").await;
    assert_eq!(report(&shelf.run().await, POSTS).deleted, 5, "the old archive is used");
    assert_eq!(shelf.only(POSTS).await.id, archive.id);
}

/// Six posts with a decision each, numbered from 1.
async fn decided(shelf: &Shelf) {
    shelf.posts(6, "2039-06-01T00:00:00Z").await;
    shelf
        .sql(
            "insert into engagement.decisions (organization_id, post_id, sss_score, ars_score, evs_score, trs_score,
                 composite_score, mode, signals_json, created_at)
             select organization_id, id, 0.5, 0.5, 1, 0.5, 0.5, 'helpful',
                 '{\"logic_version\": 2, \"sss\": {\"score\": 0.5, \"parts\": {\"mood\": \"sad\"}}, \"mode\": {\"rule\": \"r\"}}',
                 detected_at + interval '1 second' from engagement.posts where organization_id = $1",
        )
        .await;
}

#[tokio::test]
async fn what_others_refer_to_becomes_a_tombstone_once() {
    let shelf = Shelf::new().await;
    decided(&shelf).await;
    // 1: a reply. 2: an open escalation of the decision. 3: an escalation of the post. 4: a running experiment.
    // 5: an experiment that ended. 6: nothing.
    let nth = |n: u32| format!("p.organization_id = $1 and p.platform_post_id like '%-{n}'");
    shelf
        .sql(&format!(
            "insert into engagement.replies (organization_id, decision_id, content, archetype, platform, utm_code,
                 idempotency_key)
             select p.organization_id, d.id, 'A reply that is long enough', 'coach', p.platform, 'utm-1', 'key-1'
             from engagement.posts p join engagement.decisions d on d.post_id = p.id where {};
             insert into engagement.escalations (organization_id, decision_id, reason, due_at)
             select p.organization_id, d.id, 'backlash_spike', '2039-06-02Z'
             from engagement.posts p join engagement.decisions d on d.post_id = p.id where {};
             insert into engagement.escalations (organization_id, post_id, reason, due_at)
             select p.organization_id, p.id, 'backlash_spike', '2039-06-02Z' from engagement.posts p where {};
             insert into learning.experiments (organization_id, name, dimension, variant_a, variant_b, metric, status,
                 approved_by, start_date)
             select $1, status, 'tone', '1', '2', 'ctr', status::learning.experiment_status, 'ada', '2039-01-01Z'
             from unnest(array['running', 'completed']) status;
             update engagement.decisions d set experiment_id = e.id from engagement.posts p, learning.experiments e
             where d.post_id = p.id and e.name = 'running' and {};
             update engagement.decisions d set experiment_id = e.id from engagement.posts p, learning.experiments e
             where d.post_id = p.id and e.name = 'completed' and {}",
            nth(1),
            nth(2),
            nth(3),
            nth(4),
            nth(5)
        ))
        .await;
    let before = [shelf.snapshot(POSTS).await, shelf.snapshot(DECISIONS).await];

    let due = retention::due(&shelf.bench.test.db, &shelf.bench.clock, &shelf.scope).await.unwrap();
    let due = |table| due.iter().find(|d| d.entity == table).map(|d| (d.rows, d.tombstones, d.waiting)).unwrap();
    assert_eq!(due(DECISIONS), (3, 3, 0));
    assert_eq!(due(POSTS), (0, 0, 6), "each still has a whole decision");

    let reports = shelf.run().await;
    let done = |table| {
        let report = report(&reports, table);
        (report.archived, report.deleted, report.tombstones, report.problems.len())
    };
    assert_eq!(done(DECISIONS), (6, 3, 3, 0));
    assert_eq!(done(POSTS), (6, 2, 4, 0));
    let mut owner = shelf.bench.test.owner().await;
    let (content, metrics, signals): (Vec<String>, Vec<serde_json::Value>, Vec<serde_json::Value>) = sqlx::query_as(
        "select (select array_agg(distinct content) from engagement.posts where archived_at = '2040-01-02T09:00:00Z'),
             (select array_agg(distinct raw_metrics) from engagement.posts),
             (select array_agg(distinct signals_json) from engagement.decisions where archived_at is not null)",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    assert_eq!(content, ["[archived]"]);
    assert_eq!(metrics, [serde_json::json!({"likes": 3, "rate": 1.50})], "numbers only");
    assert_eq!(signals, [serde_json::json!({"logic_version": 2, "sss": {"score": 0.5}})], "scores only");

    // The files hold all of it.
    for (table, before) in [POSTS, DECISIONS].into_iter().zip(before) {
        assert_eq!(shelf.restored(shelf.only(table).await.id).await, before, "{table}");
    }
    assert!(shelf.run().await.iter().all(|r| r.archived == 0), "a tombstone is not archived again");
}

#[tokio::test]
async fn a_post_waits_for_its_mentions_and_both_leave_in_one_run() {
    let shelf = Shelf::new().await;
    shelf.posts(2, "2039-06-01T00:00:00Z").await;
    shelf
        .sql(
            "insert into engagement.competitors (organization_id, name, category, primary_mechanism, price_point)
             values ($1, 'Rival', 'rehydration', 'salt', 'low');
             insert into engagement.competitive_mentions (organization_id, post_id, competitor_id, sentiment,
                 satisfaction, opportunity_score, created_at)
             select $1, p.id, c.id, 'neutral', 'questioning', 0.5, p.detected_at
             from engagement.posts p, engagement.competitors c where p.organization_id = $1",
        )
        .await;
    shelf.policy("engagement.competitive_mentions", "null, 'jsonl.gz', null").await;
    let mentions = shelf.snapshot("engagement.competitive_mentions").await;
    let reports = shelf.run().await;
    assert_eq!((report(&reports, POSTS).waiting, report(&reports, POSTS).deleted), (2, 0));
    assert_eq!(shelf.snapshot("engagement.competitive_mentions").await, mentions, "no key takes them along");

    shelf.policy("engagement.competitive_mentions", "90, 'jsonl.gz', null").await;
    let reports = shelf.run().await;
    assert_eq!(report(&reports, "engagement.competitive_mentions").deleted, 2);
    assert_eq!(report(&reports, POSTS).deleted, 2);
}

#[tokio::test]
async fn the_audit_log_is_archived_by_whole_months_and_kept() {
    const LOG: &str = "governance.audit_logs";
    let shelf = Shelf::new().await;
    // The builder's own rows bear the machine's time.
    shelf.run().await;
    let of_builder = shelf.listed(LOG).await.len();
    shelf.bench.clock.set("2036-11-15T12:00:00Z".parse().unwrap());
    shelf.bench.record(&shelf.scope, &[entry("insert", serde_json::json!({"a": [null, 1]}))]).await;
    shelf.bench.clock.set("2036-12-31T12:00:00Z".parse().unwrap());
    shelf.bench.record(&shelf.scope, &[entry("insert", serde_json::json!({}))]).await;
    // 1,095 days before this clock a year began; both months are past their time as a whole.
    shelf.bench.clock.set("2040-01-02T09:00:00Z".parse().unwrap());
    let before = shelf.snapshot(LOG).await;
    let reports = shelf.run().await;
    let log = report(&reports, LOG);
    assert_eq!((log.archived, log.kept, log.deleted, log.problems.len()), (2, 2, 0, 0), "{log:?}");
    assert_eq!(shelf.snapshot(LOG).await, before, "nothing left");
    let archives = shelf.listed(LOG).await.split_off(of_builder);
    let months: Vec<_> = archives.iter().map(|a| (a.range_start.to_string(), a.row_count)).collect();
    assert_eq!(months, [("2036-11-01T00:00:00Z".to_owned(), 1), ("2036-12-01T00:00:00Z".to_owned(), 1)]);
    let error = shelf.archives.delete(&shelf.scope, archives[0].id).await.unwrap_err();
    assert!(matches!(error, ArchiveError::Kept(_)), "{error}");
    assert_eq!(report(&shelf.run().await, LOG).archived, 0, "once is enough");

    // A late row makes its month's archive incomplete.
    shelf.bench.clock.set("2036-11-16T12:00:00Z".parse().unwrap());
    shelf.bench.record(&shelf.scope, &[entry("insert", serde_json::json!({}))]).await;
    shelf.bench.clock.set("2040-01-02T09:00:00Z".parse().unwrap());
    assert_eq!(report(&shelf.run().await, LOG).archived, 2);
    let listed = shelf.listed(LOG).await.split_off(of_builder);
    let live: Vec<_> = listed.into_iter().filter(|a| a.superseded_at.is_none()).collect();
    assert_eq!(live.iter().map(|a| (a.part, a.row_count)).collect::<Vec<_>>(), [(2, 2), (1, 1)]);
}

#[tokio::test]
async fn a_deletion_is_in_the_audit_log_and_a_row_that_still_refers_stops_it() {
    let shelf = Shelf::new().await;
    shelf.posts(3, "2039-06-01T00:00:00Z").await;
    let archive = shelf.written(POSTS).await;
    shelf.archives.verify(&shelf.scope, archive.id).await.unwrap();
    // A decision arrives for an old post: the post waits now, so the rows are no longer those of the archive.
    shelf
        .sql(
            "insert into engagement.decisions (organization_id, post_id, sss_score, ars_score, evs_score, trs_score,
                 composite_score, mode, signals_json, created_at)
             select organization_id, id, 0.5, 0.5, 1, 0.5, 0.5, 'helpful', '{}', '2040-01-01Z'
             from engagement.posts where organization_id = $1 limit 1",
        )
        .await;
    let error = shelf.archives.delete(&shelf.scope, archive.id).await.unwrap_err();
    assert!(matches!(error, ArchiveError::Changed { .. }), "{error}");
    let reports = shelf.run().await;
    assert_eq!((report(&reports, POSTS).deleted, report(&reports, POSTS).waiting), (2, 1));
    let second = shelf.only(POSTS).await;
    let logged: Vec<serde_json::Value> = sqlx::query_scalar(
        "select changes from governance.audit_logs where action = 'archive' and resource = 'engagement.posts'",
    )
    .fetch_all(&mut shelf.bench.test.owner().await)
    .await
    .unwrap();
    assert_eq!(logged.len(), 1);
    assert_eq!((&logged[0]["archive"], &logged[0]["deleted"]), (&serde_json::json!(second.id), &serde_json::json!(2)));
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_named_and_nothing_is_lost() {
    let shelf = Shelf::new().await;
    shelf.posts(3, "2039-06-01T00:00:00Z").await;
    let before = shelf.snapshot(POSTS).await;
    // A file stands where the folder should be made; permissions would not hinder a superuser.
    std::fs::write(shelf.folder.path().join("archive"), b"in the way").unwrap();
    let error = shelf.archives.run(&shelf.scope).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, ArchiveError::Folder { .. }), "{error}");
    assert!(
        text.contains("cannot be created") && text.contains(POSTS) && text.contains("no row was deleted"),
        "{text}"
    );
    assert_eq!(shelf.snapshot(POSTS).await, before);
    assert!(shelf.listed(POSTS).await.is_empty());

    std::fs::remove_file(shelf.folder.path().join("archive")).unwrap();
    assert_eq!(report(&shelf.run().await, POSTS).deleted, 3, "the lock is free again");
}

#[tokio::test]
async fn two_runs_do_not_meet() {
    let shelf = Shelf::new().await;
    let mut other = shelf.bench.test.as_worker().await;
    sqlx::query("select pg_advisory_lock(hashtext('governance.archive'))").execute(&mut other).await.unwrap();
    let error = shelf.archives.run(&shelf.scope).await.unwrap_err();
    assert!(matches!(error, ArchiveError::Busy), "{error}");
    sqlx::query("select pg_advisory_unlock(hashtext('governance.archive'))").execute(&mut other).await.unwrap();
    shelf.run().await;
}
