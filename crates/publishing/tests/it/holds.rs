//! Pauses of the whole installation, and the watchdog.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use metrics::{Counter, Gauge, GaugeFn, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use rookery_governance::audit::Origin;
use rookery_kernel::{Actor, Clock as _, Timestamp};
use rookery_publishing::{AttemptPhase, OVERDUE_AFTER, PhaseHook, PublicationStatus, Reason, Schedule};

use crate::world::{World, mins, secs};

fn operator() -> Origin {
    Origin::new(Actor::System)
}

async fn last_sent(w: &World) -> Option<Timestamp> {
    let mut owner = w.test.owner().await;
    sqlx::query_scalar("select max(sent_at) from publishing.publication_attempts")
        .fetch_one(&mut owner)
        .await
        .expect("a time")
}

/// Workers are in the middle of a hundred due publications when the switch goes on; each sending takes 20 ms by the clock.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pausing_everything_stops_new_sends_within_a_second_of_the_clock() {
    let w = World::new().await;
    let mut accounts = Vec::new();
    for n in 0..20 {
        accounts.push(w.account(&format!("account-{n}")).await.id);
    }
    for n in 0..5 {
        w.post(&format!("post {n}"), &accounts, Schedule::Now).await;
    }
    let (sent, clock, reached) = (Arc::new(AtomicUsize::new(0)), w.clock.clone(), Arc::new(tokio::sync::Notify::new()));
    let hook: PhaseHook = {
        let (sent, reached) = (Arc::clone(&sent), Arc::clone(&reached));
        Arc::new(move |phase, _| {
            if phase == AttemptPhase::Sending {
                clock.advance(Duration::from_millis(20));
                if sent.fetch_add(1, Ordering::SeqCst) + 1 == 10 {
                    reached.notify_one();
                }
            }
        })
    };
    let (one, two) = (w.another_with(Some(Arc::clone(&hook))).worker, w.another_with(Some(hook)).worker);
    let switch = async {
        reached.notified().await;
        let asked = w.clock.now();
        w.publishing.pause_instance(&operator(), Some("incident".into())).await.expect("stopped");
        asked
    };
    let (_, _, asked) = tokio::join!(one.run_until_idle(), two.run_until_idle(), switch);
    let before = sent.load(Ordering::SeqCst);
    assert!((10..100).contains(&before), "the workers were in the middle of it: {before}");
    let last = last_sent(&w).await.expect("something was sent");
    assert!(last <= asked + secs(1), "sent {:?} after the switch was asked for", last.since(asked));

    // An hour later: nothing, each with one reason.
    w.pass(mins(60)).await;
    assert_eq!(sent.load(Ordering::SeqCst), before);
    let since = w.publishing.instance_pause().await.expect("readable").expect("stopped").since;
    let waiting = w.number("select count(*) from publishing.post_publications where status = 'scheduled'").await;
    assert_eq!(usize::try_from(waiting).expect("a count") + before, 100);
    let list =
        w.publishing.list(&w.scope, rookery_publishing::PostFilter::default(), None, rookery_kernel::Limit::default());
    for summary in list.await.expect("listed").items {
        let detail = w.publishing.get(&w.scope, summary.id).await.expect("a post");
        for p in detail.publications.iter().filter(|p| p.status == PublicationStatus::Scheduled) {
            let reason = w.publishing.why_not_out(&w.scope, p.id).await.expect("a reason");
            assert_eq!(reason, Reason::InstancePaused { since });
        }
    }
    assert_eq!(w.publishing.overdue().await.expect("counted").count, 0, "what is stopped is not overdue");
    assert!(w.publishing.resume_instance(&operator()).await.expect("goes on"));
    w.pass(mins(5)).await;
    assert_eq!(w.number("select count(*) from publishing.post_publications where status = 'published'").await, 100);
    assert_eq!(
        w.number("select count(*) from governance.instance_audit_logs where resource = 'publishing.instance_switches'")
            .await,
        2
    );
}

#[tokio::test]
async fn a_pause_between_the_claim_and_the_sending_takes_the_claim_back() {
    let w = World::new().await;
    let a = w.account("ann").await;
    w.net.works_for(secs(25));
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.run().await;
    w.publishing.pause_instance(&operator(), None).await.expect("stopped");
    w.pass(mins(2)).await;
    assert_eq!((w.net.publish_calls().len(), w.states(&post).await), (0, vec![PublicationStatus::Scheduled]));
    assert!(w.publishing.resume_instance(&operator()).await.expect("goes on"));
    w.pass(mins(2)).await;
    assert_eq!(w.states(&post).await, [PublicationStatus::Published]);
    assert!(!w.publishing.resume_instance(&operator()).await.expect("nothing to do"));
}

#[tokio::test]
async fn what_is_due_and_not_attempted_is_an_alarm_until_a_worker_comes() {
    let w = World::new().await;
    let a = w.account("ann").await;
    let due = w.now();
    let post = w.post("hi", &[a.id], Schedule::Now).await;
    w.post("later", &[a.id], Schedule::At(w.now() + mins(60))).await;
    w.clock.advance(OVERDUE_AFTER);
    assert_eq!(w.publishing.overdue().await.expect("counted").count, 0, "a minute is no alarm");
    w.clock.advance(secs(61));
    let alarm = w.publishing.overdue().await.expect("counted");
    assert_eq!((alarm.count, alarm.organizations, alarm.oldest), (1, 1, Some(due)));
    let sentence = alarm.sentence(w.now()).expect("a sentence");
    assert!(sentence.starts_with("1 publication is due for up to 2 minutes"), "{sentence}");
    let list = w.publishing.overdue_list(&w.scope).await.expect("listed");
    assert_eq!((list.len(), list[0].post_id, list[0].since), (1, post.post.id, due));
    // The doctor asks without an engine.
    let clock: Arc<dyn rookery_kernel::Clock> = Arc::new(w.clock.clone());
    let identity = rookery_identity::Identity::new(
        w.test.db.clone(),
        clock,
        rookery_testkit::ids(),
        rookery_identity::Config::default(),
    );
    let asked = rookery_publishing::overdue(&w.test.db, &identity, w.now()).await.expect("counted");
    assert_eq!(asked, alarm);
    let stranger = w.test.organization().await.scope;
    assert!(w.publishing.overdue_list(&stranger).await.expect("listed").is_empty());
    // What is held by a person is no alarm.
    w.publishing.pause(&w.scope).await.expect("paused");
    assert_eq!(w.publishing.overdue().await.expect("counted").count, 0);
    w.force("update identity.organizations set settings = settings - 'publishing_paused_at', review_required = true")
        .await;
    assert_eq!(w.publishing.overdue().await.expect("counted").count, 0, "it waits for an approval");
    w.force("update identity.organizations set review_required = false").await;
    assert_eq!(w.publishing.overdue().await.expect("counted").count, 1);
    w.run().await;
    assert_eq!(w.publishing.overdue().await.expect("counted"), rookery_publishing::OverdueSummary::default());
    assert_eq!(w.states(&post).await, [PublicationStatus::Published]);
}

/// What the gauges say, by their names.
#[derive(Clone, Default)]
struct Gauges(Arc<Mutex<BTreeMap<String, f64>>>);

impl Gauges {
    fn read(&self, name: &str) -> Option<f64> {
        self.0.lock().expect("no holder of this lock panics").get(name).copied()
    }
}

struct OneGauge(Gauges, String);

impl GaugeFn for OneGauge {
    fn increment(&self, _: f64) {}
    fn decrement(&self, _: f64) {}
    fn set(&self, value: f64) {
        self.0.0.lock().expect("no holder of this lock panics").insert(self.1.clone(), value);
    }
}

impl Recorder for Gauges {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }
    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(Arc::new(OneGauge(self.clone(), key.name().to_owned())))
    }
    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

#[tokio::test]
async fn the_gauges_rise_while_nobody_takes_a_post_and_fall_when_somebody_does() {
    let gauges = Gauges::default();
    let _guard = metrics::set_default_local_recorder(&gauges);
    let w = World::new().await;
    let a = w.account("ann").await;
    w.post("hi", &[a.id], Schedule::Now).await;
    let overdue = || gauges.read("rookery_publications_overdue");
    w.publishing.overdue().await.expect("counted");
    assert_eq!(overdue(), Some(0.0));
    w.clock.advance(mins(6));
    w.publishing.overdue().await.expect("counted");
    assert_eq!(overdue(), Some(1.0));
    w.run().await;
    w.publishing.overdue().await.expect("counted");
    assert_eq!(overdue(), Some(0.0));
}

#[tokio::test]
async fn what_waits_behind_another_post_of_its_account_says_so() {
    let w = World::new().await;
    let a = w.account("ann").await;
    w.net.works_for(mins(10));
    w.post("first", &[a.id], Schedule::Now).await;
    w.run().await;
    let second = w.post("second", &[a.id], Schedule::Now).await;
    let due = w.now();
    w.run().await;
    assert_eq!(w.receipt(&second).await.reason, Reason::AccountBusy { account: a.name().to_owned(), since: due });
}
