//! Alerts: what is raised, once, and what ends them.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use rookery_analytics::{
    Alert, AlertDirection, AlertError, AlertFilter, AlertKind, AlertMetric, AlertRule, AlertScope, AlertsRaised,
    BadRule, ClosedBecause, Severity,
};
use rookery_kernel::{AccountId, Date};
use uuid::Uuid;

use crate::world::{World, day};

/// The newest day of these tests.
const TODAY: &str = "2026-03-09";

impl World {
    /// Writes the sum of an account's (or group's) day, as collecting would.
    async fn sum(&mut self, kind: &'static str, scope: Uuid, date: Date, reach: Option<i64>, is_reported: bool) {
        sqlx::query(
            "insert into analytics.daily_rollups (organization_id, date, scope_type, scope_id, content_count, reach, reach_items,
                 integrations_expected, integrations_ok)
             values ($1, $2, $3::analytics.rollup_scope, $4, 1, $5, ($5 is not null)::integer, 1, $6::integer)
             on conflict (organization_id, scope_id, format, date, scope_type)
             do update set reach = excluded.reach, integrations_ok = excluded.integrations_ok",
        )
        .bind(self.org.organization_id.uuid())
        .bind(date)
        .bind(kind)
        .bind(scope)
        .bind(reach)
        .bind(i32::from(is_reported))
        .execute(&mut self.owner)
        .await
        .expect("written");
    }

    /// The sums of an account for the days up to `to`, oldest first; the organization reported on all of them.
    async fn sums_up_to(&mut self, account: AccountId, to: Date, reach: &[i64]) {
        let organization = self.org.organization_id.uuid();
        for (n, value) in reach.iter().rev().enumerate() {
            let date = to.plus_days(-i64::try_from(n).expect("few days"));
            self.sum("integration", account.uuid(), date, Some(*value), true).await;
            self.sum("org", organization, date, Some(*value), true).await;
        }
    }

    /// Looks for alerts in the night after `date`.
    async fn look_after(&self, date: Date) -> AlertsRaised {
        self.clock.set(date.plus_days(1).start_utc() + Duration::from_secs(7200));
        self.analytics.raise_alerts(&self.scope()).await.expect("looked")
    }

    async fn alerts(&self) -> Vec<Alert> {
        self.analytics.alerts(&self.scope(), AlertFilter::default(), None, 100).await.expect("alerts").alerts
    }
}

fn two_weeks(before: i64, now: i64) -> Vec<i64> {
    [[before; 7], [now; 7]].concat()
}

#[tokio::test]
async fn a_fall_is_told_once_until_it_recovers_or_seven_days_pass() {
    let mut world = World::new().await;
    let account = world.account("a").await;
    let today = day(TODAY);
    world.sums_up_to(account, today, &two_weeks(1000, 400)).await;
    let first = world.look_after(today).await;
    assert_eq!((first.as_of, first.raised, first.resolved), (Some(today), 1, 0));
    let alert = world.alerts().await.remove(0);
    assert_eq!(
        (alert.kind, alert.metric, alert.severity),
        (AlertKind::KpiDrop, AlertMetric::Reach, Severity::Critical)
    );
    assert_eq!((alert.current_value, alert.previous_value, alert.change_pct), (2800.0, 7000.0, -60.0));
    assert_eq!((alert.period_start, alert.period_end), (day("2026-03-03"), today));
    assert_eq!(alert.integration_id, Some(account));
    assert!(alert.message.contains("2,800") && alert.message.contains("7,000") && !alert.suggestions.is_empty());

    assert_eq!(world.look_after(today).await.raised, 0, "the same night again");
    // It stays low: told again when seven days are over, not before.
    let mut told = Vec::new();
    for n in 1..=7 {
        let date = today.plus_days(n);
        // The last week is low against the one before, whichever night it is.
        let series: Vec<i64> = (0..14).map(|i| if i < 7 { 1000 } else { 400 }).collect();
        world.sums_up_to(account, date, &series).await;
        if world.look_after(date).await.raised == 1 {
            told.push(n);
        }
    }
    assert_eq!(told, [7]);
    // It recovers: both open alerts end, and the next fall is told at once.
    let later = today.plus_days(8);
    world.sums_up_to(account, later, &two_weeks(1000, 1000)).await;
    let over = world.look_after(later).await;
    assert_eq!((over.raised, over.resolved), (0, 2));
    assert!(world.alerts().await.iter().all(|a| a.resolved_at.is_some()));
    world.sums_up_to(account, later, &two_weeks(1000, 400)).await;
    assert_eq!(world.look_after(later).await.raised, 1);
    // Later numbers of the same day take it away and bring it back: still one alert.
    world.sums_up_to(account, later, &two_weeks(1000, 1000)).await;
    assert_eq!(world.look_after(later).await.resolved, 1);
    world.sums_up_to(account, later, &two_weeks(1000, 400)).await;
    assert_eq!(world.look_after(later).await.raised, 1);
    assert_eq!(world.alerts().await.len(), 3);
}

#[tokio::test]
async fn a_failed_collection_is_no_crash() {
    let mut world = World::new().await;
    let account = world.account("a").await;
    let other = world.connect(&world.scope(), "b").await;
    world.analytics.track(&world.scope(), &[other]).await.expect("tracked");
    let today = day(TODAY);
    world.sums_up_to(other, today, &two_weeks(1000, 1000)).await;
    world.sums_up_to(account, today, &two_weeks(1000, 1000)).await;
    // Two of seven days are missing: one has no row, on the other the account did not report.
    let id = account.uuid();
    sqlx::query("delete from analytics.daily_rollups where scope_id = $1 and date = $2")
        .bind(id)
        .bind(today.plus_days(-1))
        .execute(&mut world.owner)
        .await
        .expect("deleted");
    world.sum("integration", id, today, None, false).await;
    for n in 2..7 {
        world.sum("integration", id, today.plus_days(-n), Some(1), true).await;
    }
    assert_eq!(world.look_after(today).await.raised, 0);
    // The missing days come: now it is known to be a crash.
    world.sum("integration", id, today.plus_days(-1), Some(1), true).await;
    world.sum("integration", id, today, Some(1), true).await;
    assert_eq!(world.look_after(today).await.raised, 1);
    // Nobody reports for a week: the newest day stays the newest, nothing is raised and nothing ends.
    let silent = world.look_after(today.plus_days(7)).await;
    assert_eq!(silent, AlertsRaised { as_of: Some(today), raised: 0, resolved: 0, closed: 0 });
}

#[tokio::test]
async fn nothing_at_all_is_nothing_to_tell() {
    let world = World::new().await;
    world.account("a").await;
    assert_eq!(world.look_after(day(TODAY)).await, AlertsRaised::default());
    let page = world.analytics.alerts(&world.scope(), AlertFilter::default(), None, 10).await.expect("alerts");
    assert_eq!((page.alerts.len(), page.unread, page.next), (0, 0, None));
}

#[tokio::test]
async fn an_account_and_a_post_that_spread_are_good_news() {
    let mut world = World::new().await;
    let account = world.account("a").await;
    let today = day(TODAY);
    let mut days = vec![100; 13];
    days.push(600);
    world.sums_up_to(account, today, &days).await;
    let post = Uuid::from_u128(77);
    sqlx::query(
        "insert into analytics.content (id, organization_id, integration_id, external_content_id, platform, format, caption, published_at)
         values ($1, $2, $3, 'x', 'mastodon', 'text', 'Figs', '2026-03-05T00:00:00Z')",
    )
    .bind(post)
    .bind(world.org.organization_id.uuid())
    .bind(account.uuid())
    .execute(&mut world.owner)
    .await
    .expect("written");
    sqlx::query(
        "insert into analytics.content_daily_metrics (organization_id, content_key, date, basis, fetched_at, reach, reach_change)
         select c.organization_id, c.content_key, d.date, 'lifetime', now(), d.total, d.change
         from analytics.content c, (values (date '2026-03-08', 90, 90), (date '2026-03-09', 640, 550)) as d (date, total, change)
         where c.id = $1",
    )
    .bind(post)
    .execute(&mut world.owner)
    .await
    .expect("written");
    assert_eq!(world.look_after(today).await.raised, 2);
    let alerts = world.alerts().await;
    let of: BTreeSet<(Option<Uuid>, i64)> =
        alerts.iter().map(|a| (a.content_id.map(rookery_kernel::ContentId::uuid), whole(a.change_pct))).collect();
    assert_eq!(of, BTreeSet::from([(None, 500), (Some(post), 511)]));
    assert!(alerts.iter().all(|a| a.kind == AlertKind::ViralSpike && a.severity == Severity::Info));
    assert!(alerts.iter().all(|a| a.suggestions[0].contains("live")), "from 500 % on");
    assert!(alerts.iter().any(|a| a.title.contains("“Figs”")));
    assert_eq!(world.look_after(today).await, AlertsRaised { as_of: Some(today), raised: 0, resolved: 0, closed: 0 });
    // The next day is an ordinary one.
    world.sums_up_to(account, today.plus_days(1), &[100]).await;
    let next = world.look_after(today.plus_days(1)).await;
    assert_eq!((next.raised, next.resolved), (0, 2));
}

#[tokio::test]
async fn drops_are_what_a_plain_recomputation_finds() {
    let mut runner = TestRunner::deterministic();
    let week = proptest::collection::vec(
        prop_oneof![
            1 => Just((None, false)),
            1 => Just((None, true)),
            12 => (20_i64..60).prop_map(|n| (Some(n), true)),
            6 => (0_i64..20).prop_map(|n| (Some(n), true)),
        ],
        14,
    );
    let mut world = World::new().await;
    let mut seen = BTreeSet::new();
    for _ in 0..40 {
        world.start_over().await;
        let account = world.account("a").await;
        let days = week.new_tree(&mut runner).expect("a tree").current();
        let today = day(TODAY);
        let organization = world.org.organization_id.uuid();
        world.sum("org", organization, today, Some(1), true).await;
        for (n, (reach, is_reported)) in days.iter().enumerate() {
            let date = today.plus_days(i64::try_from(n).expect("few") - 13);
            world.sum("integration", account.uuid(), date, *reach, *is_reported).await;
        }
        let of = |days: &[(Option<i64>, bool)]| {
            let known: Vec<i64> = days.iter().filter_map(|(reach, _)| *reach).collect();
            let sum = (!known.is_empty()).then(|| known.iter().sum::<i64>());
            (sum, days.iter().filter(|(_, is_reported)| *is_reported).count())
        };
        let ((before, reported_before), (now, reported_now)) = (of(&days[..7]), of(&days[7..]));
        let is_complete = reported_before >= 6 && reported_now >= 6;
        let is_drop = match (before, now) {
            (Some(before), Some(now)) => is_complete && before >= 100 && (before - now) * 100 >= before * 30,
            _ => false,
        };
        let raised = world.look_after(today).await.raised;
        let drops = world.alerts().await.iter().filter(|a| a.kind == AlertKind::KpiDrop).count();
        assert_eq!(drops, usize::from(is_drop), "{days:?}, raised {raised}");
        seen.insert((is_complete, is_drop));
    }
    assert_eq!(seen.len(), 3, "drops, none, and unknown: {seen:?}");
}

#[tokio::test]
async fn groups_have_alerts_and_rules_of_their_own() {
    let mut world = World::new().await;
    let account = world.account("a").await;
    let today = day(TODAY);
    let group = Uuid::from_u128(5);
    let organization = world.org.organization_id.uuid();
    sqlx::query("insert into analytics.page_groups (id, organization_id, name) values ($1, $2, 'Food')")
        .bind(group)
        .bind(organization)
        .execute(&mut world.owner)
        .await
        .expect("written");
    sqlx::query(
        "insert into analytics.page_group_members (organization_id, group_id, tracked_integration_id)
         select organization_id, $1, id from analytics.tracked_integrations where organization_id = $2",
    )
    .bind(group)
    .bind(organization)
    .execute(&mut world.owner)
    .await
    .expect("written");
    world.sums_up_to(account, today, &two_weeks(1000, 600)).await;
    for n in 0..14 {
        let reach = if n < 7 { 600 } else { 1000 };
        world.sum("group", group, today.plus_days(-n), Some(reach), true).await;
    }
    let drop = AlertRule::default_for(AlertMetric::Reach, AlertDirection::Drop).expect("it is watched");
    let rule = AlertRule { scope: AlertScope::Group(group), threshold_pct: 45.0, ..drop };
    let scope = world.scope();
    // The group's rule holds for its accounts as well.
    assert_eq!(world.analytics.replace_alert_rules(&scope, &[rule]).await.expect("kept"), [rule]);
    assert_eq!(world.look_after(today).await.raised, 0);
    let own = AlertRule { scope: AlertScope::Account(account), threshold_pct: 10.0, ..drop };
    world.analytics.replace_alert_rules(&scope, &[rule, own]).await.expect("kept");
    assert_eq!(world.look_after(today).await.raised, 1, "the account by its own rule");
    world.analytics.replace_alert_rules(&scope, &[]).await.expect("kept");
    assert_eq!(world.look_after(today).await.raised, 1, "the group by the default");
    let audited: i64 = world
        .value("select count(*) from governance.audit_logs where resource = 'analytics.alert_rules' and $1::uuid is not null", account)
        .await;
    assert_eq!(audited, 3);
    // Bad rules and those of scopes that are not here change nothing.
    let bad = AlertRule { threshold_pct: 0.0, ..drop };
    let result = world.analytics.replace_alert_rules(&scope, &[bad]).await;
    assert!(matches!(result, Err(AlertError::Bad(BadRule::Threshold(_)))), "{result:?}");
    let foreign = AlertRule { scope: AlertScope::Group(Uuid::from_u128(6)), ..drop };
    let result = world.analytics.replace_alert_rules(&scope, &[foreign]).await;
    assert!(matches!(result, Err(AlertError::NotFound(_))), "{result:?}");
    assert_eq!(world.analytics.alert_rules(&scope).await.expect("rules"), []);
}

#[tokio::test]
async fn alerts_are_read_page_by_page_and_belong_to_one_organization() {
    let mut world = World::new().await;
    let today = day(TODAY);
    for name in ["a", "b", "c"] {
        let account = world.account(name).await;
        world.sums_up_to(account, today, &two_weeks(1000, 400)).await;
    }
    assert_eq!(world.look_after(today).await.raised, 3);
    let scope = world.scope();
    let all = world.alerts().await;
    world.analytics.read_alert(&scope, all[0].id).await.expect("read");
    world.analytics.read_alert(&scope, all[0].id).await.expect("again is nothing");
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = world.analytics.alerts(&scope, AlertFilter::default(), after, 1).await.expect("alerts");
        assert_eq!((page.alerts.len(), page.unread), (1, 2));
        seen.extend(page.alerts.iter().map(|a| a.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, [all[1].id, all[2].id, all[0].id], "unread first");
    let unread = AlertFilter { is_unread: true, ..AlertFilter::default() };
    assert_eq!(world.analytics.alerts(&scope, unread, None, 100).await.expect("alerts").alerts.len(), 2);

    let stranger = world.db.organization().await.scope;
    assert!(
        world.analytics.alerts(&stranger, AlertFilter::default(), None, 100).await.expect("alerts").alerts.is_empty()
    );
    let result = world.analytics.read_alert(&stranger, all[1].id).await;
    assert!(matches!(result, Err(AlertError::NotFound("alert"))), "{result:?}");
    assert_eq!(world.analytics.read_all_alerts(&stranger).await.expect("read"), 0);

    assert_eq!(world.analytics.read_all_alerts(&scope).await.expect("read"), 2);
    assert_eq!(world.analytics.read_all_alerts(&scope).await.expect("read"), 0);
    assert_eq!(world.analytics.unread_alerts(&scope).await.expect("counted"), 0);
}

#[tokio::test]
async fn alerts_of_what_nobody_watches_any_more_are_closed_with_the_reason() {
    let mut world = World::new().await;
    let today = day(TODAY);
    let group = Uuid::from_u128(5);
    let organization = world.org.organization_id.uuid();
    let mut accounts = Vec::new();
    for name in ["tracked", "dropped", "disconnected"] {
        let account = world.account(name).await;
        world.sums_up_to(account, today, &two_weeks(1000, 400)).await;
        accounts.push(account);
    }
    sqlx::query("insert into analytics.page_groups (id, organization_id, name) values ($1, $2, 'Food')")
        .bind(group)
        .bind(organization)
        .execute(&mut world.owner)
        .await
        .expect("written");
    sqlx::query(
        "insert into analytics.page_group_members (organization_id, group_id, tracked_integration_id)
         select organization_id, $1, id from analytics.tracked_integrations where integration_id = $2",
    )
    .bind(group)
    .bind(accounts[0].uuid())
    .execute(&mut world.owner)
    .await
    .expect("written");
    for n in 0..14 {
        world.sum("group", group, today.plus_days(-n), Some(if n < 7 { 400 } else { 1000 }), true).await;
    }
    assert_eq!(world.look_after(today).await.raised, 4);
    let open = AlertFilter { is_open: Some(true), ..AlertFilter::default() };
    let scope = world.scope();
    let states = async |world: &World| -> BTreeSet<(Uuid, Option<ClosedBecause>)> {
        let over = AlertFilter { is_open: Some(false), ..AlertFilter::default() };
        let page = world.analytics.alerts(&world.scope(), over, None, 100).await.expect("alerts");
        let of = |a: &Alert| a.group_id.or(a.integration_id.map(AccountId::uuid)).expect("of something");
        page.alerts.iter().map(|a| (of(a), a.closed_because)).collect()
    };

    world.analytics.untrack(&scope, &[accounts[1]]).await.expect("untracked");
    world.accounts.disconnect(&scope, accounts[2]).await.expect("disconnected");
    sqlx::query("update analytics.page_groups set deleted_at = now() where id = $1")
        .bind(group)
        .execute(&mut world.owner)
        .await
        .expect("deleted");
    let looked = world.look_after(today).await;
    assert_eq!((looked.raised, looked.resolved, looked.closed), (0, 0, 3), "and none of them is raised again");
    let gone = BTreeSet::from([
        (accounts[1].uuid(), Some(ClosedBecause::NotTracked)),
        (accounts[2].uuid(), Some(ClosedBecause::Disconnected)),
        (group, Some(ClosedBecause::GroupGone)),
    ]);
    assert_eq!(states(&world).await, gone);
    let left = world.analytics.alerts(&scope, open, None, 100).await.expect("alerts").alerts;
    assert_eq!(left.iter().map(|a| a.integration_id).collect::<Vec<_>>(), [Some(accounts[0])]);
    assert_eq!(world.look_after(today).await, AlertsRaised { as_of: Some(today), raised: 0, resolved: 0, closed: 0 });

    // Tracked again, the same finding of the same day opens again.
    world.analytics.track(&scope, &[accounts[1]]).await.expect("tracked");
    assert_eq!(world.look_after(today).await.raised, 1);
    assert!(!states(&world).await.iter().any(|(id, _)| *id == accounts[1].uuid()));
    // The last account goes: what is not looked at any more is closed although there is nothing to compare.
    world.analytics.untrack(&scope, &[accounts[0], accounts[1]]).await.expect("untracked");
    assert_eq!(world.look_after(today.plus_days(90)).await.closed, 2);
    assert!(world.analytics.alerts(&scope, open, None, 100).await.expect("alerts").alerts.is_empty());
}

/// Percents without what stands behind the point.
#[expect(clippy::cast_possible_truncation, reason = "some hundred percent")]
fn whole(percent: f64) -> i64 {
    percent as i64
}
