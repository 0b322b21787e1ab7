//! What a night brings, and that bringing it twice changes nothing.

use rookery_analytics::{IngestError, IngestKind, IngestStatus, IngestTrigger, KpiName, Range, Verdict};
use rookery_kernel::{Limit, Platform};
use rookery_platforms::ContentMetrics;
use std::time::Duration;

use crate::net::{Net, item, numbers};
use crate::world::{World, at, day};

#[tokio::test]
async fn the_same_payload_twice_leaves_one_row_and_touches_nothing() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    world.net.page("ann", |page| page.followers = Some(100));
    for n in 1..=5 {
        world.net.post("ann", &format!("p{n}"), at("2026-03-08T10:00:00Z"), numbers(100 * n, n, 1, 0));
    }
    let first = world.ingest(ann, "2026-03-09").await;
    assert_eq!((first.status(), first.verdict.clone()), (IngestStatus::Success, Verdict::Done));
    let metrics = first.step(IngestKind::Metrics).expect("a step");
    assert_eq!((metrics.items_total, metrics.items_ok, metrics.items_failed, metrics.api_calls), (5, 5, 0, 3));
    let (rows, versions) = (world.rows(ann).await, world.versions().await);
    assert_eq!(rows.len(), 5);
    assert_eq!(
        versions.len(),
        5 + 5 + 1 + 2,
        "items, their numbers, the account's, the sums of account and organization"
    );

    // Later the same night, and by either way of asking.
    world.clock.advance(Duration::from_secs(3600));
    for trigger in [IngestTrigger::Manual, IngestTrigger::Schedule] {
        let again = world.ingest_as(ann, "2026-03-09", trigger).await;
        assert_eq!((again.status(), again.rows_written()), (IngestStatus::Success, 0));
        assert_eq!(world.versions().await, versions, "not even a time was touched");
    }

    // One number moves: one row is written.
    world.net.set_numbers("ann", "p3", numbers(301, 3, 1, 0));
    assert_eq!(world.ingest(ann, "2026-03-09").await.rows_written(), 1);
    let changed = world.rows(ann).await;
    let moved: Vec<_> = rows.iter().zip(&changed).filter(|(a, b)| a != b).map(|(_, b)| b.reach).collect();
    assert_eq!(moved, [Some(301)]);
}

#[tokio::test]
async fn what_the_network_does_not_report_is_null_and_the_run_succeeds() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    let partial = ContentMetrics { reach: None, clicks: None, ..numbers(0, 7, 0, 2) };
    world.net.post("ann", "p1", at("2026-03-09T10:00:00Z"), partial);
    let report = world.ingest(ann, "2026-03-09").await;
    assert_eq!(report.status(), IngestStatus::Success);
    let row = &world.rows(ann).await[0];
    assert_eq!((row.reach, row.clicks, row.views), (None, None, None));
    assert_eq!((row.reactions, row.comments, row.shares), (Some(7), Some(0), Some(2)), "zero stays zero");

    // A later reading knows more, a later one less: nothing known is lost.
    world.net.set_numbers("ann", "p1", numbers(50, 8, 0, 2));
    world.ingest(ann, "2026-03-09").await;
    world.net.set_numbers("ann", "p1", ContentMetrics { reach: None, comments: None, ..numbers(0, 9, 0, 2) });
    let report = world.ingest(ann, "2026-03-09").await;
    assert_eq!(report.status(), IngestStatus::Success);
    let row = &world.rows(ann).await[0];
    assert_eq!((row.reach, row.comments, row.reactions), (Some(50), Some(0), Some(9)));
}

#[tokio::test]
async fn lifetime_totals_become_daily_changes() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    world.net.post("ann", "p1", at("2026-03-05T10:00:00Z"), numbers(0, 0, 0, 0));
    for (date, reach) in [("2026-03-05", 100), ("2026-03-06", 130), ("2026-03-07", 125)] {
        world.net.set_numbers("ann", "p1", numbers(reach, 10, 0, 0));
        world.night_after(ann, date).await;
    }
    let stored: Vec<_> = world.rows(ann).await.iter().map(|row| (row.date.clone(), row.reach)).collect();
    let expected = [("2026-03-05", 100), ("2026-03-06", 130), ("2026-03-07", 125)];
    assert_eq!(stored, expected.map(|(date, reach)| (date.to_owned(), Some(reach))));

    world.roll_up().await;
    let range = Range::new(day("2026-03-05"), day("2026-03-07")).expect("a range");
    let overview = world.analytics.overview(&world.scope(), range, None).await.expect("read");
    let line: Vec<_> = overview.reach_per_day.current.iter().map(|(_, reach)| *reach).collect();
    assert_eq!(line, [Some(100), Some(30), Some(-5)]);
    assert_eq!(overview.kpi(KpiName::Reach).expect("a figure").value, Some(125.0), "the changes add up to the total");
    assert_eq!(overview.top_content[0].numbers.reach, Some(125));
    assert_eq!(overview.as_of, Some(day("2026-03-07")));
}

#[tokio::test]
async fn a_day_that_is_not_over_is_partial_until_the_night() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    world.net.post("ann", "p1", at("2026-03-10T08:00:00Z"), numbers(10, 1, 0, 0));
    world.clock.set(at("2026-03-10T12:00:00Z"));
    world.ingest(ann, "2026-03-10").await;
    let noon = world.rows(ann).await;
    assert_eq!((noon[0].is_partial, noon[0].reach), (true, Some(10)));
    // Even without a new number the row becomes final.
    world.night_after(ann, "2026-03-10").await;
    let night = world.rows(ann).await;
    assert_eq!((night.len(), night[0].is_partial, night[0].reach), (1, false, Some(10)));

    let error = world.analytics.ingest_day(&world.scope(), ann, day("2026-03-12"), IngestTrigger::Manual).await;
    assert!(matches!(error, Err(IngestError::FutureDate(_))));
    let stranger = world.connect(&world.scope(), "untracked").await;
    let error = world.analytics.ingest_day(&world.scope(), stranger, day("2026-03-09"), IngestTrigger::Manual).await;
    assert!(matches!(error, Err(IngestError::NotTracked(id)) if id == stranger));
}

#[tokio::test]
async fn a_backfill_never_writes_todays_totals_under_old_days() {
    let mut net = Net::new(Platform::Facebook);
    net.past_days = true;
    let mut world = World::with(net).await;
    let ann = world.account("ann").await;
    world.net.page("ann", |page| page.followers = Some(500));
    for n in 1..=3 {
        world.net.post("ann", &format!("p{n}"), at("2025-12-08T10:00:00Z"), numbers(100 * n, n, 0, 0));
    }
    let seen = std::sync::Mutex::new(Vec::new());
    let report = world
        .analytics
        .backfill(&world.scope(), ann, day("2025-12-01"), day("2026-03-09"), |p| seen.lock().expect("free").push(p))
        .await
        .expect("reported");
    assert_eq!(report.status(), IngestStatus::Success);
    let seen = seen.into_inner().expect("free");
    assert_eq!(seen.iter().map(|p| (p.done, p.of)).collect::<Vec<_>>(), [(1, 4), (2, 4), (3, 4), (4, 4)]);
    let dates: Vec<_> = world.rows(ann).await.into_iter().map(|row| row.date).collect();
    assert_eq!(dates, ["2026-03-09"; 3], "one snapshot, under the day it is true for");
    let days: i64 =
        world.value("select count(*) from analytics.account_daily_metrics where integration_id = $1", ann).await;
    assert_eq!(days, 99, "what the network keeps by day is stored by day");
    let ranges = world.net.page("ann", |page| page.account_ranges.clone());
    assert_eq!(ranges.iter().map(|(from, to)| to.days_since(*from) + 1).collect::<Vec<_>>(), [90, 9]);

    let late = world.ingest(ann, "2026-02-01").await;
    assert_eq!(late.snapshot_date, day("2026-03-09"), "a late run for an old day stores its totals under yesterday");
}

#[tokio::test]
async fn numbers_are_read_less_often_as_content_ages() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    // More than twenty newer items with more engagement, so that the old ones are in no top list.
    for n in 0..25 {
        world.net.post("ann", &format!("new{n}"), at("2026-02-25T10:00:00Z"), numbers(10, 1000, 0, 0));
    }
    let old = [("d12", "2026-02-13"), ("d40", "2026-01-16"), ("d100", "2025-11-17")];
    for (id, published) in old {
        world.net.post("ann", id, day(published).start_utc(), numbers(10, 0, 0, 0));
    }
    let mut read: Vec<(String, &str)> = Vec::new();
    world.clock.set(at("2026-02-26T02:00:00Z"));
    world
        .analytics
        .backfill(&world.scope(), ann, day("2025-11-01"), day("2026-02-25"), |_| {})
        .await
        .expect("reported");
    let dates: Vec<String> = (0..35).map(|n| day("2026-02-26").plus_days(n).to_string()).collect();
    for date in &dates {
        world.net.page("ann", |page| page.asked.clear());
        world.night_after(ann, date).await;
        let asked = world.net.page("ann", |page| page.asked.concat());
        read.extend(old.iter().filter(|(id, _)| asked.iter().any(|a| a == id)).map(|(id, _)| (date.clone(), *id)));
    }
    let of = |id: &str| read.iter().filter(|(_, read)| *read == id).map(|(date, _)| date.as_str()).collect::<Vec<_>>();
    assert_eq!(of("d12")[..5], ["2026-02-28", "2026-03-03", "2026-03-06", "2026-03-09", "2026-03-12"]);
    assert_eq!(of("d40")[..3], ["2026-03-04", "2026-03-11", "2026-03-18"]);
    assert_eq!(of("d100"), ["2026-03-27"]);
    assert_eq!(world.rows(ann).await.iter().filter(|row| row.external_content_id == "d100").count(), 2);
}

#[tokio::test]
async fn the_top_twenty_are_read_every_day() {
    let world = World::new().await;
    let ann = world.account("ann").await;
    for n in 0..30 {
        let published = day("2026-02-15").plus_days(-i64::from(n)).start_utc();
        world.net.post("ann", &format!("p{n:02}"), published, numbers(10, i64::from(n), 0, 0));
    }
    world.clock.set(at("2026-03-09T02:00:00Z"));
    world
        .analytics
        .backfill(&world.scope(), ann, day("2026-01-01"), day("2026-03-08"), |_| {})
        .await
        .expect("reported");
    world.net.page("ann", |page| page.asked.clear());
    world.night_after(ann, "2026-03-09").await;
    let mut asked = world.net.page("ann", |page| page.asked.concat());
    asked.sort();
    let top: Vec<String> = (10..30).map(|n| format!("p{n:02}")).collect();
    assert_eq!(asked, top, "those with the most engagement, and nobody else one day after the last reading");
}

#[tokio::test]
async fn listings_look_back_a_month_first_and_a_week_later_and_fill_a_pause() {
    let world = World::new().await;
    let ann = world.account("ann").await;
    world.net.post("ann", "p1", at("2026-03-09T10:00:00Z"), numbers(1, 0, 0, 0));
    world.ingest(ann, "2026-03-09").await;
    world.night_after(ann, "2026-03-10").await;
    world.night_after(ann, "2026-03-30").await;
    let since = world.net.page("ann", |page| page.listed_since.clone());
    assert_eq!(since[0], at("2026-02-07T00:00:00Z"));
    assert_eq!(since[1], at("2026-03-03T00:00:00Z"));
    assert_eq!(since[2], at("2026-03-10T02:00:00Z"), "a day before the last complete listing");
}

#[tokio::test]
async fn a_listing_is_read_to_its_end_and_a_thing_listed_twice_is_kept_once() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    world.net.page("ann", |page| {
        page.listing_size = 3;
        for n in 0..10 {
            page.numbers
                .insert(format!("p{n}"), ContentMetrics { external_id: format!("p{n}"), ..numbers(1, 1, 0, 0) });
            page.items.push(item(&format!("p{n}"), at("2026-03-08T10:00:00Z") + Duration::from_secs(n)));
        }
        let mut post = item("post-with-video", at("2026-03-09T10:00:00Z"));
        post.external_parent_id = Some("video".to_owned());
        page.items.push(post);
        page.items.push(item("video", at("2026-03-09T10:00:00Z")));
        let id = "post-with-video".to_owned();
        page.numbers.insert(id.clone(), ContentMetrics { external_id: id, ..numbers(1, 1, 0, 0) });
    });
    let report = world.ingest(ann, "2026-03-09").await;
    let content = report.step(IngestKind::Content).expect("a step");
    assert_eq!((content.status, content.items_total, content.api_calls), (IngestStatus::Success, 11, 4));
    let list = world
        .analytics
        .content_list(&world.scope(), &rookery_analytics::ContentFilter::default(), None, Limit::new(100))
        .await
        .expect("read");
    assert_eq!(list.items.len(), 11);
    assert!(list.items.iter().all(|row| row.external_content_id != "video"));
    assert_eq!(list.items[0].hashtags, ["news"]);

    // A changed caption is taken over; an absent one keeps what is known.
    world.net.page("ann", |page| {
        page.items[9].caption = Some("New words".to_owned());
        page.items[8].caption = None;
    });
    assert_eq!(world.ingest(ann, "2026-03-09").await.step(IngestKind::Content).expect("a step").rows_written, 1);
    let caption: Option<String> = world
        .value("select caption from analytics.content where integration_id = $1 and external_content_id = 'p9'", ann)
        .await;
    assert_eq!(caption.as_deref(), Some("New words"));
}

#[tokio::test]
async fn our_own_posts_are_recognised() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    world.net.post("ann", "p1", at("2026-03-09T10:00:00Z"), numbers(1, 0, 0, 0));
    world.net.post("ann", "p2", at("2026-03-09T11:00:00Z"), numbers(1, 0, 0, 0));
    let post: sqlx::types::Uuid = sqlx::query_scalar(
        "with post as (
             insert into publishing.posts (id, organization_id, content, status, timezone)
             values (gen_random_uuid(), $1, 'ours', 'published', 'UTC') returning id)
         insert into publishing.post_publications
             (organization_id, id, post_id, social_account_id, platform, status, idempotency_key, platform_post_id,
              published_at)
         select $1, gen_random_uuid(), id, $2, 'mastodon', 'published', 'key', 'p2', '2026-03-09T11:00:00Z' from post
         returning post_id",
    )
    .bind(world.org.organization_id.uuid())
    .bind(ann.uuid())
    .fetch_one(&mut world.owner)
    .await
    .expect("a publication");
    world.ingest(ann, "2026-03-09").await;
    let ours: Vec<(String, Option<sqlx::types::Uuid>)> =
        sqlx::query_as("select external_content_id, post_id from analytics.content order by 1")
            .fetch_all(&mut world.owner)
            .await
            .expect("rows");
    assert_eq!(ours, [("p1".to_owned(), None), ("p2".to_owned(), Some(post))]);
    let numbers = world
        .analytics
        .publication_numbers(&world.scope(), ann, &["p2".to_owned(), "unknown".to_owned()])
        .await
        .expect("read");
    assert_eq!(numbers.len(), 1);
    assert_eq!((numbers[0].numbers.reach, numbers[0].date, numbers[0].is_partial), (Some(1), day("2026-03-09"), false));
}
