//! The numbers of our publications between the nights.

use std::time::Duration;

use rookery_analytics::{
    FailureFilter, IngestErrorType, IngestKind, IngestStatus, IngestTrigger, Period, RunReport, Verdict,
};
use rookery_kernel::{AccountId, Limit, PublicationId, Timestamp, Zone};
use rookery_platforms::{CallError, ErrorType};
use sqlx::types::Uuid;

use crate::net::{error, numbers};
use crate::world::{World, at, day};

const HOUR: Duration = Duration::from_secs(3600);

/// A bucket: size, beginning, likes, reach, rate.
type Bucket = (String, String, Option<i64>, Option<i64>, Option<String>);

impl World {
    /// A post of ours that is out on the account, due for reading at `due`.
    pub async fn publication(&mut self, account: AccountId, id: &str, out: Timestamp, due: Timestamp) -> PublicationId {
        let found: Uuid = sqlx::query_scalar(
            "with post as (
                 insert into publishing.posts (id, organization_id, content, status, timezone)
                 values (gen_random_uuid(), $1, 'ours', 'published', 'UTC') returning id)
             insert into publishing.post_publications
                 (organization_id, id, post_id, social_account_id, platform, status, idempotency_key, platform_post_id,
                  published_at, next_sync_at)
             select $1, gen_random_uuid(), p.id, $2, a.platform, 'published', $3 || a.id, $3, $4, $5
             from post p join accounts.social_accounts a on a.organization_id = $1 and a.id = $2
             returning id",
        )
        .bind(self.org.organization_id.uuid())
        .bind(account.uuid())
        .bind(id)
        .bind(out)
        .bind(due)
        .fetch_one(&mut self.owner)
        .await
        .expect("a publication");
        PublicationId::from_uuid(found)
    }

    async fn read(&self, account: AccountId) -> RunReport {
        self.analytics.read_publications(&self.scope(), account).await.expect("the run is reported")
    }

    async fn buckets(&mut self, publication: PublicationId) -> Vec<Bucket> {
        sqlx::query_as(
            "select period::text, to_char(recorded_at at time zone 'UTC', 'MM-DD HH24'), likes_count, reach_count,
                    engagement_rate::text
             from analytics.publication_snapshots s where publication_id = $1 order by s.period, s.recorded_at",
        )
        .bind(publication.uuid())
        .fetch_all(&mut self.owner)
        .await
        .expect("rows")
    }

    /// Every snapshot with the system's own mark of its version.
    async fn snapshot_versions(&mut self) -> Vec<String> {
        sqlx::query_scalar(
            "select publication_id::text || period || recorded_at || xmin || ctid::text from analytics.publication_snapshots
             union all
             select account_id::text || recorded_on || xmin || ctid::text from analytics.account_snapshots
             order by 1",
        )
        .fetch_all(&mut self.owner)
        .await
        .expect("rows")
    }

    /// When the publication is read again, and when it was read, in whole hours from `base`.
    async fn turn(&mut self, publication: PublicationId, base: Timestamp) -> (Option<u64>, Option<u64>) {
        let (next, last): (Option<Timestamp>, Option<Timestamp>) =
            sqlx::query_as("select next_sync_at, last_synced_at from publishing.post_publications where id = $1")
                .bind(publication.uuid())
                .fetch_one(&mut self.owner)
                .await
                .expect("a row");
        let hours = |at: Timestamp| at.since(base).as_secs() / 3600;
        (next.map(hours), last.map(hours))
    }
}

fn bucket(period: &str, begin: &str, likes: i64, reach: i64, rate: &str) -> Bucket {
    (period.to_owned(), begin.to_owned(), Some(likes), Some(reach), Some(rate.to_owned()))
}

#[tokio::test]
async fn a_reading_goes_into_the_buckets_of_all_sizes_and_twice_changes_nothing() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    let out = at("2026-03-10T01:00:00Z");
    let publication = world.publication(ann, "p1", out, at("2026-03-10T02:00:00Z")).await;
    world.net.post("ann", "p1", out, numbers(200, 10, 2, 0));
    let report = world.read(ann).await;
    assert_eq!((report.status(), report.verdict.clone()), (IngestStatus::Success, Verdict::Done));
    let first = [
        bucket("hourly", "03-10 02", 10, 200, "6.00"),
        bucket("daily", "03-10 00", 10, 200, "6.00"),
        bucket("weekly", "03-09 00", 10, 200, "6.00"),
        bucket("monthly", "03-01 00", 10, 200, "6.00"),
    ];
    assert_eq!(world.buckets(publication).await, first);
    assert_eq!(world.turn(publication, out).await, (Some(2), Some(1)));

    // Nothing is due within the hour; a reading that is asked for all the same finds the same numbers.
    let versions = world.snapshot_versions().await;
    assert!(world.read(ann).await.steps.is_empty());
    let asked = world.analytics.request_reading(&world.scope(), publication).await.expect("asked");
    assert!(!asked, "it was read within the hour");
    world.clock.advance(HOUR);
    assert_eq!(world.read(ann).await.rows_written(), 1, "the next hour's bucket; the others stand as they are");
    assert_eq!(world.snapshot_versions().await.len(), versions.len() + 1);
    let stand = world.snapshot_versions().await;
    assert!(versions.iter().all(|version| stand.contains(version)), "the same numbers write no row anew");

    // The next reading of the day moves the larger buckets and leaves the hour before.
    world.net.set_numbers("ann", "p1", numbers(400, 18, 2, 0));
    world.clock.advance(HOUR);
    world.read(ann).await;
    let buckets = world.buckets(publication).await;
    assert_eq!(buckets[0], first[0]);
    assert_eq!(buckets[2], bucket("hourly", "03-10 04", 18, 400, "5.00"));
    assert_eq!(buckets[3], bucket("daily", "03-10 00", 18, 400, "5.00"));
    let latest = world.analytics.latest_reading(&world.scope(), publication).await.expect("read").expect("one");
    assert_eq!((latest.numbers.reactions, latest.as_of), (Some(18), at("2026-03-10T04:00:00Z")));
    let points =
        world.analytics.publication_snapshots(&world.scope(), publication, Period::Hourly, 2).await.expect("read");
    assert_eq!(points.iter().map(|p| p.numbers.reactions).collect::<Vec<_>>(), [Some(18), Some(10)]);
    assert_eq!(points[0].engagement_rate, Some(5.0));
}

#[tokio::test]
async fn changes_are_differences_and_never_sums_of_totals() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    let out = at("2026-03-10T02:00:00Z");
    let publication = world.publication(ann, "p1", out, out).await;
    for likes in [10, 15, 15] {
        world.net.page("ann", |page| page.items.clear());
        world.net.post("ann", "p1", out, numbers(0, likes, 0, 0));
        world.read(ann).await;
        world.clock.advance(HOUR);
    }
    let sum: i64 = sqlx::query_scalar(
        "select sum(likes)::bigint from analytics.publication_changes where publication_id = $1 and period = 'hourly'",
    )
    .bind(publication.uuid())
    .fetch_one(&mut world.owner)
    .await
    .expect("a sum");
    assert_eq!(sum, 15);
    let rates: Vec<Option<String>> = sqlx::query_scalar(
        "select engagement_rate::text from analytics.publication_snapshots where publication_id = $1",
    )
    .bind(publication.uuid())
    .fetch_all(&mut world.owner)
    .await
    .expect("rows");
    assert!(rates.iter().all(Option::is_none), "reach 0 and no other base");
}

#[tokio::test]
async fn the_older_the_rarer_and_after_ninety_days_never() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    let out = at("2026-03-10T02:00:00Z");
    let publication = world.publication(ann, "p1", out, out).await;
    world.net.post("ann", "p1", out, numbers(10, 1, 0, 0));
    for (age_hours, next) in
        [(1, Some(2)), (48, Some(54)), (24 * 7, Some(24 * 8)), (24 * 30, Some(24 * 37)), (24 * 90, None)]
    {
        world.clock.set(out + HOUR * age_hours);
        world.read(ann).await;
        assert_eq!(world.turn(publication, out).await, (next, Some(u64::from(age_hours))), "at {age_hours} hours");
    }
    let periods: Vec<String> = world.buckets(publication).await.into_iter().map(|b| b.0).collect();
    let count = |period: &str| periods.iter().filter(|p| *p == period).count();
    assert_eq!((count("hourly"), count("daily")), (2, 5), "by the hour in the first week only");
}

#[tokio::test]
async fn the_night_and_the_hour_share_their_readings() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    let out = at("2026-03-09T20:00:00Z");
    let publication = world.publication(ann, "p1", out, at("2026-03-09T21:00:00Z")).await;
    world.net.post("ann", "p1", out, numbers(200, 10, 2, 0));
    world.net.post("ann", "other", out, numbers(1, 1, 1, 1));
    world.ingest(ann, "2026-03-09").await;
    assert_eq!(world.buckets(publication).await.len(), 4, "the night's reading is a snapshot too");
    assert_eq!(world.turn(publication, out).await, (Some(7), Some(6)), "nobody asks again before the hour is over");
    let totals: serde_json::Value =
        sqlx::query_scalar("select analytics from publishing.posts").fetch_one(&mut world.owner).await.expect("a post");
    assert_eq!(totals, serde_json::json!({"totalLikes": 10, "totalComments": 2, "totalShares": 0, "totalReach": 200}));

    // The hour's reading stands under today until the night makes it final.
    world.net.set_numbers("ann", "p1", numbers(300, 12, 2, 0));
    world.clock.advance(HOUR);
    world.read(ann).await;
    let rows: Vec<_> = world.rows(ann).await.into_iter().filter(|r| r.external_content_id == "p1").collect();
    let told: Vec<_> = rows.iter().map(|r| (r.date.as_str(), r.reach, r.is_partial)).collect();
    assert_eq!(told, [("2026-03-09", Some(200), false), ("2026-03-10", Some(300), true)]);
    let night = world.night_after(ann, "2026-03-10").await;
    assert_eq!(night.status(), IngestStatus::Success);
    let rows = world.rows(ann).await;
    assert!(rows.iter().all(|r| !r.is_partial), "{rows:?}");
}

#[tokio::test]
async fn an_account_that_is_not_tracked_is_read_and_leaves_no_days() {
    let mut world = World::new().await;
    let ann = world.connect(&world.scope(), "ann").await;
    let out = at("2026-03-10T01:00:00Z");
    let publication = world.publication(ann, "p1", out, out).await;
    world.net.post("ann", "p1", out, numbers(200, 10, 2, 0));
    assert_eq!(world.read(ann).await.status(), IngestStatus::Success);
    assert_eq!(world.buckets(publication).await.len(), 4);
    assert!(world.rows(ann).await.is_empty());
}

#[tokio::test]
async fn one_request_asks_for_as_many_as_the_network_takes_longest_overdue_first() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    for n in 0..5_u32 {
        let out = at("2026-03-10T00:00:00Z") + Duration::from_secs(u64::from(n));
        world.publication(ann, &format!("p{n}"), out, at("2026-03-10T02:00:00Z") - HOUR * n).await;
        world.net.post("ann", &format!("p{n}"), out, numbers(10, 1, 0, 0));
    }
    let report = world.read(ann).await;
    assert_eq!(report.steps[0].api_calls, 3, "two at a time");
    assert_eq!(world.net.page("ann", |page| page.asked[0].clone()), ["p4", "p3"]);
}

#[tokio::test]
async fn what_fails_writes_no_number_and_is_told_like_the_nights_failures() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    let bob = world.account("bob").await;
    let out = at("2026-03-10T01:00:00Z");
    let mut publications = Vec::new();
    for id in ["gone", "odd", "well"] {
        publications.push(world.publication(ann, id, out, out).await);
        world.net.post("ann", id, out, numbers(10, 1, 0, 0));
    }
    let of_bob = world.publication(bob, "b1", out, out).await;
    world.net.post("bob", "b1", out, numbers(10, 1, 0, 0));
    world.net.page("ann", |page| {
        page.broken.insert("gone".to_owned(), error(ErrorType::NotFound));
        page.broken.insert("odd".to_owned(), CallError { http_status: None, ..error(ErrorType::MetricUnsupported) });
    });
    let report = world.read(ann).await;
    assert_eq!(report.step(IngestKind::Snapshots).map(|s| (s.items_ok, s.items_failed)), Some((1, 2)));
    assert_eq!(world.turn(publications[0], out).await.0, None, "gone for good");
    let removed: bool = world
        .value(
            "select removed_at is not null from publishing.post_publications
                     where social_account_id = $1 and platform_post_id = 'gone'",
            ann,
        )
        .await;
    assert!(removed);
    assert_eq!(world.turn(publications[1], out).await, (Some(2), None), "its next turn");
    assert!(world.buckets(publications[1]).await.is_empty());
    assert_eq!(world.buckets(publications[2]).await.len(), 4);
    let failures =
        world.analytics.errors(&world.scope(), &FailureFilter::default(), None, Limit::default()).await.expect("read");
    let mut told: Vec<_> = failures
        .items
        .iter()
        .map(|f| (f.external_content_id.clone().unwrap_or_default(), f.error_type, f.date.to_string()))
        .collect();
    told.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(
        told,
        [
            ("gone".to_owned(), IngestErrorType::NotFound, "2026-03-10".to_owned()),
            ("odd".to_owned(), IngestErrorType::MetricUnsupported, "2026-03-10".to_owned())
        ]
    );

    // The line breaks: no number, the publication stays due; the other account is read.
    world.clock.advance(HOUR);
    world.net.page("ann", |page| page.reading = Some(error(ErrorType::Transient)));
    let report = world.read(ann).await;
    assert!(matches!(report.verdict, Verdict::GiveUp { .. }), "the only try: {report:?}");
    assert_eq!(world.read(bob).await.status(), IngestStatus::Success);
    assert_eq!(world.buckets(publications[2]).await.len(), 4);
    assert_eq!(world.buckets(of_bob).await.len(), 4);
    assert_eq!(world.turn(publications[2], out).await.0, Some(3), "given up until the next turn");

    // A right that is missing closes the account, and its next turn comes by the timetable.
    world.clock.advance(HOUR);
    world.net.page("ann", |page| page.reading = Some(error(ErrorType::RateLimit)));
    let report = world.read(ann).await;
    assert_eq!(report.verdict, Verdict::WaitUntil(world.clock_now() + Duration::from_secs(600)));
    let night = world.ingest(ann, "2026-03-09").await;
    assert!(night.steps.is_empty(), "the gate holds for the night as well");
    assert!(world.read(ann).await.steps.is_empty(), "and for the next look");
    let runs: i64 = world
        .value("select count(*) from analytics.ingest_runs where integration_id = $1 and kind = 'snapshots'", ann)
        .await;
    assert_eq!(runs, 1, "one row of the diary for an account and day");
}

#[tokio::test]
async fn whoever_is_killed_half_way_leaves_whole_batches_and_the_rest_due() {
    for n in 1..=3 {
        let mut world = World::new().await;
        let ann = world.account("ann").await;
        let out = at("2026-03-10T01:00:00Z");
        let mut publications = Vec::new();
        for p in 0..5_u32 {
            let id = format!("p{p}");
            publications.push(world.publication(ann, &id, out, out + Duration::from_secs(u64::from(p))).await);
            world.net.post("ann", &id, out, numbers(10, 1, 0, 0));
        }
        world.net.hang_nth(n);
        let scope = world.scope();
        tokio::select! {
            _ = world.analytics.read_publications(&scope, ann) => panic!("the call never answers"),
            () = world.net.hung.notified() => {}
        }
        let mut read = 0;
        for publication in &publications {
            let buckets = world.buckets(*publication).await.len();
            assert!(buckets == 0 || buckets == 4, "all buckets of a reading or none");
            read += usize::from(buckets == 4);
        }
        assert_eq!(read, (n - 1) * 2, "call {n}");
        world.net.page("ann", |page| page.asked.clear());
        assert_eq!(world.read(ann).await.status(), IngestStatus::Success);
        assert_eq!(
            world.net.page("ann", |page| page.asked.concat().len()),
            5 - read,
            "only what is missing is asked for"
        );
        for publication in &publications {
            assert_eq!(world.buckets(*publication).await.len(), 4);
        }
    }
}

#[tokio::test]
async fn the_timetable_reads_what_is_due_once_for_an_account() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    let out = at("2026-03-10T01:00:00Z");
    let publication = world.publication(ann, "p1", out, at("2026-03-10T02:00:00Z")).await;
    world.net.post("ann", "p1", out, numbers(10, 1, 0, 0));
    let scope = world.org.worker();
    assert_eq!(world.analytics.plan_snapshots_for(&scope).await.expect("planned"), 1);
    assert_eq!(world.analytics.plan_snapshots_for(&scope).await.expect("planned"), 0, "one live job for an account");
    let worker = world.worker();
    worker.run_until_idle().await;
    assert_eq!(world.buckets(publication).await.len(), 4);
    assert_eq!(world.analytics.plan_snapshots_for(&scope).await.expect("planned"), 0, "nothing is due");
    world.clock.set(at("2026-03-10T03:10:30Z"));
    worker.run_until_idle().await;
    assert_eq!(world.buckets(publication).await.len(), 5, "the hour's look found it");
    world.clock.advance(HOUR);
    let asked = world.analytics.request_reading(&world.scope(), publication).await.expect("asked");
    assert!(asked, "somebody wants to see fresh numbers");

    // An account that cannot be used is left alone until it is connected again.
    world.clock.advance(HOUR);
    sqlx::query("update accounts.social_accounts set status = 'expired' where id = $1")
        .bind(ann.uuid())
        .execute(&mut world.owner)
        .await
        .expect("changed");
    sqlx::query("delete from jobs.jobs").execute(&mut world.owner).await.expect("emptied");
    assert_eq!(world.analytics.plan_snapshots_for(&scope).await.expect("planned"), 0);
}

#[tokio::test]
async fn an_account_leaves_its_size_of_the_day() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    world.net.page("ann", |page| page.followers = Some(100));
    world.ingest(ann, "2026-03-09").await;
    let sizes = "select string_agg(recorded_on || ' ' || followers_count, ', ' order by recorded_on)
                 from analytics.account_snapshots where account_id = $1";
    assert_eq!(world.value::<String>(sizes, ann).await, "2026-03-10 100", "as it was when it was read");
    let versions = world.snapshot_versions().await;
    world.ingest(ann, "2026-03-09").await;
    assert_eq!(world.snapshot_versions().await, versions);
    world.net.page("ann", |page| page.followers = Some(90));
    world.night_after(ann, "2026-03-10").await;
    assert_eq!(world.value::<String>(sizes, ann).await, "2026-03-10 100, 2026-03-11 90");
}

#[tokio::test]
async fn another_organization_sees_none_of_it() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    let out = at("2026-03-10T01:00:00Z");
    let publication = world.publication(ann, "p1", out, out).await;
    world.net.post("ann", "p1", out, numbers(10, 1, 0, 0));
    world.read(ann).await;
    let other = world.db.organization().await;
    assert_eq!(world.analytics.latest_reading(&other.scope, publication).await.expect("read"), None);
    assert!(!world.analytics.request_reading(&other.scope, publication).await.expect("asked"));
}

#[tokio::test]
async fn best_times_stand_on_the_organizations_own_publications() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    let berlin: Zone = "Europe/Berlin".parse().expect("known");
    // Two posts each on four Mondays and four Tuesdays at nine in Berlin; one of this morning is too young to count.
    let mut ids = 0;
    for week in 0..4 {
        for (weekday, reach) in [(0, 900), (1, 100)] {
            let out = day("2026-02-09").plus_days(week * 7 + weekday).start_utc() + HOUR * 8;
            for _ in 0..2 {
                ids += 1;
                world.publication(ann, &format!("p{ids}"), out, out).await;
                world.net.post("ann", &format!("p{ids}"), out, numbers(reach + ids, 5, 1, 0));
            }
        }
    }
    let young = at("2026-03-10T01:00:00Z");
    world.publication(ann, "young", young, young).await;
    world.net.post("ann", "young", young, numbers(1, 0, 0, 0));
    world.read(ann).await;
    let computed = world.analytics.compute_best_times(&world.scope(), &berlin).await.expect("computed");
    assert_eq!((computed.publications, computed.hours), (16, 2));
    let table: Vec<(i16, i16, i32, String)> = sqlx::query_as(
        "select day_of_week, hour, sample_size, confidence::text from publishing.optimal_posting_times
         order by score desc",
    )
    .fetch_all(&mut world.owner)
    .await
    .expect("rows");
    assert_eq!(table[0].0, 2, "few people, the same likes: the better rate weighs more than the larger reach");
    assert_eq!((table[0].1, table[0].2, table[0].3.as_str()), (9, 8, "0.800"));
    // Again, and after the month is over.
    world.analytics.compute_best_times(&world.scope(), &berlin).await.expect("computed");
    let rows = "select count(*) from publishing.optimal_posting_times t
                join accounts.social_accounts a using (organization_id) where a.id = $1";
    assert_eq!(world.value::<i64>(rows, ann).await, 2);
    world.clock.set(at("2026-05-01T00:00:00Z"));
    world.analytics.compute_best_times(&world.scope(), &berlin).await.expect("computed");
    assert_eq!(world.value::<i64>(rows, ann).await, 0, "what is no longer true is gone");
}

#[tokio::test]
async fn a_backfill_and_a_repeated_day_leave_snapshots_as_they_are() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    let out = at("2026-03-09T20:00:00Z");
    let publication = world.publication(ann, "p1", out, out).await;
    world.net.post("ann", "p1", out, numbers(200, 10, 2, 0));
    world.ingest_as(ann, "2026-03-09", IngestTrigger::Schedule).await;
    let versions = world.snapshot_versions().await;
    world.ingest_as(ann, "2026-03-09", IngestTrigger::Retry).await;
    let backfill = world.analytics.backfill(&world.scope(), ann, day("2026-03-01"), day("2026-03-09"), |_| {}).await;
    assert_eq!(backfill.expect("a report").status(), IngestStatus::Success);
    assert_eq!(world.snapshot_versions().await, versions);
    assert_eq!(world.buckets(publication).await.len(), 4);
}
