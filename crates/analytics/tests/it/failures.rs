//! What fails stays where it failed, is told, and is made up for.

use rookery_accounts::AccountStatus;
use rookery_analytics::{
    FailureFilter, IngestErrorType, IngestKind, IngestStatus, IngestTrigger, TrackingHealth, Verdict,
};
use rookery_kernel::{Limit, Platform};
use rookery_platforms::{ContentMetrics, ErrorType, Usage};
use std::time::Duration;

use crate::net::{Net, Paging, error, numbers};
use crate::world::{Events, World, at, day};

const TEN: [&str; 10] = ["ann", "bea", "cid", "dan", "eva", "fay", "gil", "hal", "ida", "jon"];
const FAILING: usize = 4;

/// Ten accounts, one of which always fails, once with each class of error and once with the listing, once with the reading.
#[tokio::test]
async fn one_failing_account_leaves_the_others_complete() {
    let classes = [
        (ErrorType::Transient, TrackingHealth::Degraded),
        (ErrorType::RateLimit, TrackingHealth::RateLimited),
        (ErrorType::TokenExpired, TrackingHealth::NeedsReauth),
        (ErrorType::Permission, TrackingHealth::NoPermission),
        (ErrorType::NotFound, TrackingHealth::Degraded),
        (ErrorType::BadRequest, TrackingHealth::Degraded),
        (ErrorType::PolicyBlock, TrackingHealth::Degraded),
        (ErrorType::Unknown, TrackingHealth::Degraded),
    ];
    let mut world = World::new().await;
    for (kind, health) in classes {
        for in_listing in [true, false] {
            world.start_over().await;
            let mut accounts = Vec::new();
            for name in TEN {
                accounts.push(world.account(name).await);
                for n in 0..3 {
                    world.net.post(name, &format!("{name}{n}"), at("2026-03-09T10:00:00Z"), numbers(10, 1, 0, 0));
                }
            }
            // The one renewal of the token does not help either.
            world.net.page(TEN[FAILING], |page| {
                *(if in_listing { &mut page.listing } else { &mut page.reading }) = Some(error(kind));
            });
            let events = Events::listen();
            let mut statuses = Vec::new();
            for account in &accounts {
                statuses.push(world.ingest(*account, "2026-03-09").await.status());
            }
            let expected = match (kind, in_listing) {
                // Known items stay readable; there are none yet. The account's own numbers come.
                (ErrorType::BadRequest | ErrorType::Unknown, _) | (_, false) => IngestStatus::Partial,
                _ => IngestStatus::Failed,
            };
            for (place, (status, account)) in statuses.into_iter().zip(&accounts).enumerate() {
                let (wanted, rows) = if place == FAILING { (expected, 0) } else { (IngestStatus::Success, 3) };
                assert_eq!((status, world.rows(*account).await.len()), (wanted, rows), "{kind} {in_listing} {place}");
            }

            let failures = events.failures();
            assert_eq!(failures.len(), 1, "{kind}: {failures:?}");
            let event = &failures[0];
            assert_eq!(event["organizationId"], world.org.organization_id.to_string());
            assert_eq!(event["integrationId"], accounts[FAILING].to_string());
            assert_eq!(event["date"], "2026-03-09");
            assert_eq!(event["errorType"], kind.label());
            assert_eq!((&event["httpStatus"], &event["platformCode"]), (&400.into(), &"190".into()));
            assert_eq!((&event["platformSubcode"], &event["traceId"]), (&"463".into(), &"trace-1".into()));
            assert!(event["runId"].is_string() && event["attempt"] == 1);

            let errors = world
                .analytics
                .errors(&world.scope(), &FailureFilter::default(), None, Limit::default())
                .await
                .expect("read")
                .items;
            assert_eq!(errors.len(), 1);
            let row = &errors[0];
            assert_eq!((row.integration_id, row.date), (accounts[FAILING], day("2026-03-09")));
            assert_eq!(row.error_type, IngestErrorType::from(kind));
            assert_eq!(event["runId"], row.run_id.to_string());
            assert_eq!((row.http_status, row.platform_code.as_deref()), (Some(400), Some("190")));
            assert_eq!(row.retry_at.is_some(), matches!(kind, ErrorType::RateLimit | ErrorType::PolicyBlock));

            let summaries = world.analytics.account_summary(&world.scope()).await.expect("read");
            let of = |account| summaries.iter().find(|s| s.integration_id == account).expect("all are listed");
            for (place, account) in accounts.iter().enumerate() {
                let wanted = if place == FAILING { health } else { TrackingHealth::Ok };
                assert_eq!(of(*account).health, wanted, "{kind} {place}");
            }
            assert_eq!(of(accounts[FAILING]).last_error_type, Some(kind.into()));
            let status = world.accounts.get(&world.scope(), accounts[FAILING]).await.expect("an account").status;
            let expected = match kind {
                ErrorType::TokenExpired => AccountStatus::Expired,
                ErrorType::Permission => AccountStatus::Error,
                _ => AccountStatus::Active,
            };
            assert_eq!(status, expected, "{kind}");
        }
    }
}

#[tokio::test]
async fn a_failing_item_leaves_the_rest_of_its_account() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    for n in 0..6 {
        world.net.post("ann", &format!("p{n}"), at("2026-03-09T10:00:00Z"), numbers(10, 1, 0, 0));
    }
    world.net.page("ann", |page| {
        page.broken.insert("p1".to_owned(), error(ErrorType::NotFound));
        page.broken.insert("p3".to_owned(), error(ErrorType::Permission));
        page.silent.push("p4".to_owned());
    });
    let events = Events::listen();
    let report = world.ingest(ann, "2026-03-09").await;
    let metrics = report.step(IngestKind::Metrics).expect("a step");
    assert_eq!((metrics.status, metrics.items_ok, metrics.items_failed), (IngestStatus::Partial, 3, 3));
    let failed: Vec<_> = events.failures().iter().map(|e| e["externalContentId"].as_str().map(str::to_owned)).collect();
    assert_eq!(failed.len(), 3);
    assert!(failed.contains(&Some("p1".to_owned())));
    let stored: Vec<_> = world.rows(ann).await.into_iter().map(|row| row.external_content_id).collect();
    assert_eq!(stored, ["p0", "p2", "p5"]);
    let gone: Vec<String> =
        sqlx::query_scalar("select external_content_id from analytics.content where is_deleted_on_platform order by 1")
            .fetch_all(&mut world.owner)
            .await
            .expect("rows");
    assert_eq!(gone, ["p1"]);
    let account = world.accounts.get(&world.scope(), ann).await.expect("an account");
    assert_eq!(account.status, AccountStatus::Active, "one hidden item says nothing about the account");

    // Only what is missing is asked for again, and what is gone is left alone.
    world.net.page("ann", |page| {
        page.broken.remove("p3");
        page.silent.clear();
        page.items.retain(|item| item.external_id != "p1");
        page.asked.clear();
    });
    let report = world.ingest_as(ann, "2026-03-09", IngestTrigger::Schedule).await;
    assert_eq!(report.status(), IngestStatus::Success);
    let mut asked = world.net.page("ann", |page| page.asked.concat());
    asked.sort();
    assert_eq!(asked, ["p3", "p4"]);
    assert_eq!(world.rows(ann).await.len(), 5);
}

#[tokio::test]
async fn a_gone_item_alone_does_not_spoil_the_run() {
    let world = World::new().await;
    let ann = world.account("ann").await;
    world.net.post("ann", "p1", at("2026-03-09T10:00:00Z"), numbers(10, 1, 0, 0));
    world.net.post("ann", "p2", at("2026-03-09T10:00:00Z"), numbers(10, 1, 0, 0));
    world.net.page("ann", |page| page.broken.insert("p1".to_owned(), error(ErrorType::NotFound)));
    let report = world.ingest(ann, "2026-03-09").await;
    assert_eq!((report.status(), &report.verdict), (IngestStatus::Success, &Verdict::Done));
    let errors =
        world.analytics.errors(&world.scope(), &FailureFilter::default(), None, Limit::default()).await.expect("read");
    assert_eq!(errors.items.len(), 1, "but it is noted");
}

#[tokio::test]
async fn an_expired_token_is_renewed_once_and_the_run_goes_on() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    for n in 0..3 {
        world.net.post("ann", &format!("p{n}"), at("2026-03-09T10:00:00Z"), numbers(10, 1, 0, 0));
    }
    world.net.page("ann", |page| page.token = Some("ann:2".to_owned()));
    let report = world.ingest(ann, "2026-03-09").await;
    assert_eq!(report.status(), IngestStatus::Success);
    assert_eq!(world.rows(ann).await.len(), 3);
    let account = world.accounts.get(&world.scope(), ann).await.expect("an account");
    assert_eq!(account.status, AccountStatus::Active);
}

#[tokio::test]
async fn a_token_that_ends_in_the_middle_of_a_batch_is_renewed_too() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    for n in 0..5 {
        world.net.post("ann", &format!("p{n}"), at("2026-03-09T10:00:00Z"), numbers(10, 1, 0, 0));
    }
    // Listing, first batch, then the second batch fails.
    world.net.fail_nth(3, error(ErrorType::TokenExpired));
    let report = world.ingest(ann, "2026-03-09").await;
    assert_eq!(report.status(), IngestStatus::Success);
    assert_eq!(world.rows(ann).await.len(), 5);
}

#[tokio::test]
async fn an_unusable_account_is_told_without_a_call() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    world.accounts.disconnect(&world.scope(), ann).await.expect("disconnected");
    let calls = world.net.calls();
    let events = Events::listen();
    let report = world.ingest(ann, "2026-03-09").await;
    assert_eq!(report.status(), IngestStatus::Failed);
    assert!(matches!(report.verdict, Verdict::GiveUp { kind: ErrorType::TokenExpired, alarm: false, .. }));
    assert_eq!(world.net.calls(), calls);
    assert_eq!(events.failures().len(), 1);
    let statuses: Vec<String> = sqlx::query_scalar("select status::text from analytics.ingest_runs order by kind")
        .fetch_all(&mut world.owner)
        .await
        .expect("rows");
    assert_eq!(statuses, ["failed", "skipped", "skipped"]);
    let summary = world.analytics.account_summary(&world.scope()).await.expect("read").remove(0);
    assert_eq!(summary.health, TrackingHealth::Disabled);
}

#[tokio::test]
async fn a_rate_limit_closes_the_account_until_it_is_over() {
    let world = World::new().await;
    let ann = world.account("ann").await;
    world.net.post("ann", "p1", at("2026-03-09T10:00:00Z"), numbers(10, 1, 0, 0));
    world.net.page("ann", |page| page.listing = Some(error(ErrorType::RateLimit)));
    let until = at("2026-03-10T02:10:00Z");
    assert_eq!(world.ingest(ann, "2026-03-09").await.verdict, Verdict::WaitUntil(until));
    world.net.page("ann", |page| page.listing = None);
    let calls = world.net.calls();
    let waiting = world.ingest(ann, "2026-03-09").await;
    assert_eq!((waiting.verdict, waiting.steps.len()), (Verdict::WaitUntil(until), 0));
    assert_eq!(world.net.calls(), calls, "nothing is asked meanwhile");
    world.clock.set(until);
    assert_eq!(world.ingest(ann, "2026-03-09").await.verdict, Verdict::Done);
    let summary = world.analytics.account_summary(&world.scope()).await.expect("read").remove(0);
    assert_eq!((summary.health, summary.next_attempt_at), (TrackingHealth::Ok, None));
}

#[tokio::test]
async fn the_end_of_a_quota_is_left_to_publishing() {
    let world = World::new().await;
    let ann = world.account("ann").await;
    let seen_at = at("2026-03-10T01:59:00Z");
    let usage = Usage { percent: 96, regain: Some(Duration::from_secs(300)), seen_at };
    world.net.page("ann", |page| page.usage = Some(usage));
    let calls = world.net.calls();
    let report = world.ingest(ann, "2026-03-09").await;
    assert_eq!(report.verdict, Verdict::WaitUntil(seen_at + Duration::from_secs(300)));
    assert_eq!(world.net.calls(), calls);
    world.clock.set(at("2026-03-10T02:04:00Z"));
    assert_eq!(world.ingest(ann, "2026-03-09").await.verdict, Verdict::Done, "the old figure says nothing any more");
}

/// What a network does not take together is asked for in halves, until it does; what it never takes is one item's failure.
#[tokio::test]
async fn batches_shrink_to_what_the_network_takes() {
    let mut net = Net::new(Platform::Mastodon);
    net.batch_max = 8;
    let world = World::with(net).await;
    let ann = world.account("ann").await;
    for n in 0..8 {
        world.net.post("ann", &format!("p{n}"), at("2026-03-09T10:00:00Z"), numbers(10, 1, 0, 0));
    }
    world.net.page("ann", |page| page.takes_at_most = Some(3));
    let report = world.ingest(ann, "2026-03-09").await;
    let metrics = report.step(IngestKind::Metrics).expect("a step");
    assert_eq!((metrics.status, metrics.items_failed, metrics.rows_written), (IngestStatus::Success, 0, 8));
    let asked: Vec<usize> = world.net.page("ann", |page| page.asked.iter().map(Vec::len).collect());
    assert_eq!(asked, [8, 4, 2, 2, 2, 2], "the refused ones first");
    assert_eq!(report.verdict, Verdict::Done);
}

#[tokio::test]
async fn a_listing_without_an_end_is_ended_and_told() {
    for paging in [Paging::Circle, Paging::Empty] {
        let mut world = World::new().await;
        let ann = world.account("ann").await;
        world.net.post("ann", "p1", at("2026-03-09T10:00:00Z"), numbers(10, 1, 0, 0));
        world.net.page("ann", |page| page.paging = paging);
        let report = world.ingest(ann, "2026-03-09").await;
        let content = report.step(IngestKind::Content).expect("a step");
        assert!(content.api_calls <= 10, "{paging:?}: {}", content.api_calls);
        let expected = if paging == Paging::Circle { IngestStatus::Partial } else { IngestStatus::Failed };
        assert_eq!(content.status, expected, "{paging:?}");
        assert_eq!(content.error.as_ref().map(|e| e.kind), Some(ErrorType::Unknown));
        // What was listed before the circle closed is kept, and its numbers are read.
        let rows = world.rows(ann).await.len();
        assert_eq!(rows, usize::from(paging == Paging::Circle));
    }
}

/// Fails the nth call, n = 1, 2, … until a whole run passes untouched; the retry always completes
/// the day, and nothing is there twice.
#[tokio::test]
async fn whichever_call_fails_the_next_run_completes_the_day() {
    let mut world = World::new().await;
    for n in 1.. {
        world.start_over().await;
        let ann = world.account("ann").await;
        world.net.page("ann", |page| page.listing_size = 2);
        for p in 0..5 {
            let published = at("2026-03-09T10:00:00Z") + Duration::from_secs(p);
            world.net.post("ann", &format!("p{p}"), published, numbers(10, 1, 0, 0));
        }
        let before = world.net.calls();
        world.net.fail_nth(n, error(ErrorType::Transient));
        let first = world.ingest_as(ann, "2026-03-09", IngestTrigger::Schedule).await;
        let calls = world.net.calls() - before;
        if calls < n {
            assert_eq!((first.status(), calls), (IngestStatus::Success, 7), "three pages, three batches, the account");
            break;
        }
        assert_ne!(first.status(), IngestStatus::Success, "call {n}");
        world.clock.advance(Duration::from_secs(60));
        let second = world.ingest_as(ann, "2026-03-09", IngestTrigger::Schedule).await;
        assert_eq!(second.status(), IngestStatus::Success, "call {n}");
        assert_eq!(world.rows(ann).await.len(), 5, "call {n}");
    }
}

/// The process ends while a call is open: what was stored is whole batches, and the next run ends
/// the abandoned one's entry in the diary.
#[tokio::test]
async fn a_crash_between_steps_leaves_whole_batches_only() {
    let mut world = World::new().await;
    for n in 1..=6 {
        world.start_over().await;
        let ann = world.account("ann").await;
        world.net.page("ann", |page| page.listing_size = 3);
        for p in 0..5 {
            let published = at("2026-03-09T10:00:00Z") + Duration::from_secs(p);
            world.net.post("ann", &format!("p{p}"), published, numbers(10, 1, 0, 0));
        }
        world.net.hang_nth(n);
        let scope = world.scope();
        tokio::select! {
            _ = world.analytics.ingest_day(&scope, ann, day("2026-03-09"), IngestTrigger::Schedule) => {
                panic!("the call never answers");
            }
            () = world.net.hung.notified() => {}
        }
        let content: i64 = world.value("select count(*) from analytics.content where integration_id = $1", ann).await;
        // Two pages of listing (3 + 2 items), then batches of 2.
        let expected = [(0, 0), (3, 0), (5, 0), (5, 2), (5, 4), (5, 5)][n - 1];
        assert_eq!((content, world.rows(ann).await.len()), expected, "call {n}");
        let running = "select count(*) from analytics.ingest_runs where integration_id = $1 and status = 'running'";
        assert_eq!(world.value::<i64>(running, ann).await, 1);

        world.clock.advance(Duration::from_secs(7200));
        let report = world.ingest_as(ann, "2026-03-09", IngestTrigger::Schedule).await;
        assert_eq!(report.status(), IngestStatus::Success);
        assert_eq!(world.rows(ann).await.len(), 5);
        assert_eq!(world.value::<i64>(running, ann).await, 0);
    }
}

#[tokio::test]
async fn failures_are_forgotten_after_ninety_days() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    world.net.page("ann", |page| page.listing = Some(error(ErrorType::Transient)));
    world.ingest(ann, "2026-03-09").await;
    world.night_after(ann, "2026-04-01").await;
    let dates =
        "select string_agg(date::text, ' ' order by date) from analytics.ingest_errors where integration_id = $1";
    assert_eq!(world.value::<String>(dates, ann).await, "2026-03-09 2026-04-01");
    world.night_after(ann, "2026-06-10").await;
    assert_eq!(world.value::<String>(dates, ann).await, "2026-04-01 2026-06-10");
}

#[tokio::test]
async fn a_network_that_wants_smaller_pages_gets_them() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    for p in 0..9 {
        let published = at("2026-03-09T10:00:00Z") + Duration::from_secs(p);
        world.net.post("ann", &format!("p{p}"), published, numbers(10, 1, 0, 0));
    }
    world.net.page("ann", |page| page.lists_at_most = Some(4));
    let report = world.ingest(ann, "2026-03-09").await;
    assert_eq!(report.status(), IngestStatus::Success);
    assert_eq!(world.rows(ann).await.len(), 9);
    let sizes = world.net.page("ann", |page| page.sizes_asked.clone());
    assert_eq!(sizes, [None, Some(50), Some(25), Some(12), Some(6), Some(3), Some(3), Some(3)], "and it stays so");

    // One that finds every page too much has another trouble.
    world.net.page("ann", |page| (page.lists_at_most, page.sizes_asked) = (Some(0), Vec::new()));
    let report = world.ingest(ann, "2026-03-09").await;
    assert_eq!(report.step(IngestKind::Content).map(|step| step.status), Some(IngestStatus::Failed));
    assert_eq!(world.net.page("ann", |page| page.sizes_asked.len()), 6);
}

#[tokio::test]
async fn a_repeated_day_keeps_what_is_known_and_one_that_overwrites_forgets_it() {
    let mut world = World::new().await;
    let ann = world.account("ann").await;
    world.net.page("ann", |page| page.followers = Some(100));
    world.net.post("ann", "p1", at("2026-03-08T10:00:00Z"), numbers(500, 7, 1, 0));
    world.night_after(ann, "2026-03-08").await;
    world.net.set_numbers("ann", "p1", numbers(900, 9, 1, 0));
    world.night_after(ann, "2026-03-09").await;
    // The network tells no reach any more, and nothing of the account.
    let poorer = ContentMetrics { reach: None, ..numbers(0, 8, 1, 0) };
    world.net.set_numbers("ann", "p1", poorer);
    world.net.page("ann", |page| page.followers = None);
    world.clock.advance(Duration::from_secs(60));
    world.ingest(ann, "2026-03-09").await;
    let reach = async |world: &mut World| -> Vec<(Option<i64>, Option<i64>)> {
        world.rows(ann).await.into_iter().map(|row| (row.reach, row.reactions)).collect()
    };
    assert_eq!(reach(&mut world).await, [(Some(500), Some(7)), (Some(900), Some(8))], "kept");
    let followers =
        "select followers from analytics.account_daily_metrics where integration_id = $1 and date = '2026-03-09'";
    assert_eq!(world.value::<Option<i64>>(followers, ann).await, Some(100));

    world.clock.advance(Duration::from_secs(60));
    let report = world.analytics.overwrite_day(&world.scope(), ann, day("2026-03-09")).await.expect("a report");
    assert_eq!(report.status(), IngestStatus::Success);
    assert_eq!(reach(&mut world).await, [(Some(500), Some(7)), (None, Some(8))], "the day before stays");
    assert_eq!(world.value::<Option<i64>>(followers, ann).await, None);
    let sums = "select reach_items::bigint from analytics.daily_rollups
                where scope_id = $1 and date = '2026-03-09' and format = 'all'";
    assert_eq!(world.value::<i64>(sums, ann).await, 0, "the sum forgets it too");
    let versions = world.versions().await;
    world.analytics.overwrite_day(&world.scope(), ann, day("2026-03-09")).await.expect("a report");
    assert_eq!(world.versions().await, versions, "the same again writes nothing");

    // What comes back later counts from the last known number.
    world.net.set_numbers("ann", "p1", numbers(1_000, 8, 1, 0));
    world.night_after(ann, "2026-03-10").await;
    let change = "select reach_change from analytics.content_daily_metrics d join analytics.content c using (organization_id, content_key)
                  where c.integration_id = $1 and d.date = '2026-03-10'";
    assert_eq!(world.value::<Option<i64>>(change, ann).await, Some(500));
}
