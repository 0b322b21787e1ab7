//! A random walk: people, networks and time do what they like, and what the audit log shows of it
//! stays inside the table of states (PUB-28).

use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha20Rng;
use rookery_kernel::Platform;
use rookery_publishing::{Event, PublicationStatus, Schedule, Sighting};

use crate::net::FAULTS;
use crate::world::{World, mins, secs};

#[tokio::test]
async fn observed_transitions_are_in_the_table_and_nothing_comes_out_twice() {
    for seed in 0..2 {
        walk(seed).await;
    }
}

async fn walk(seed: u64) {
    let mut chance = ChaCha20Rng::seed_from_u64(seed);
    let w = World::new().await;
    let accounts = [w.account("ann").await.id, w.other_account("shop").await.id];
    let mut posts = Vec::new();
    for n in 0..50 {
        if posts.is_empty() || chance.random_range(0..6) == 0 {
            posts.push(w.post(&format!("post {n} of walk {seed}"), &accounts, Schedule::Draft).await);
        }
        let post = &posts[chance.random_range(0..posts.len())];
        let (id, publication) = (post.post.id, post.publications[chance.random_range(0..2)].id);
        let at = w.now() + mins(chance.random_range(0..90));
        // Most of these are refused in most states; the walk only wants to see what is not.
        match chance.random_range(0..12) {
            0 | 1 => drop(w.publishing.schedule(&w.scope, id, at).await),
            2 | 3 => drop(w.publishing.publish_now(&w.scope, id).await),
            4 => drop(w.publishing.reschedule(&w.scope, id, at).await),
            5 => drop(w.publishing.cancel(&w.scope, id).await),
            6 => drop(w.publishing.cancel_publication(&w.scope, publication).await),
            7 => drop(w.publishing.retry(&w.scope, id).await),
            8 => drop(w.publishing.retry_publication(&w.scope, publication).await),
            9 => {
                let seen = Sighting { platform_post_id: Some(format!("seen-{n}")), url: None };
                drop(w.publishing.mark_online(&w.scope, publication, seen).await);
            }
            10 => {
                w.connect(Platform::Mastodon, "ann", "1", None).await;
                w.connect(Platform::Facebook, "shop", "1", None).await;
            }
            _ => w.clock.advance(mins(chance.random_range(0..1500))),
        }
        let fault = FAULTS[chance.random_range(0..FAULTS.len())];
        match chance.next_u32() % 4 {
            0 => w.net.on_publish(&[fault]),
            1 => w.other.on_publish(&[fault]),
            2 => w.net.on_look_up(&[fault]),
            _ => {}
        }
        w.pass(secs(chance.random_range(0..400))).await;
    }
    let mut owner = w.test.owner().await;
    let seen: Vec<(Option<String>, Option<String>)> = sqlx::query_as(
        "select distinct changes #>> '{status,0}', changes #>> '{status,1}' from governance.audit_logs
         where resource = 'publishing.post_publications'",
    )
    .fetch_all(&mut owner)
    .await
    .expect("the log");
    let status = |label: &str| PublicationStatus::ALL.into_iter().find(|s| s.label() == label).expect("a label");
    for (from, to) in &seen {
        let (Some(from), Some(to)) = (from.as_deref(), to.as_deref()) else { continue };
        let is_in_table = Event::ALL.iter().any(|e| status(from).after(*e) == Some(status(to)));
        assert!(is_in_table, "walk {seed}: {from} → {to}");
    }
    assert!(seen.len() >= 6, "walk {seed} saw little: {seen:?}");
    for net in [&w.net, &w.other] {
        let mut keys: Vec<_> = net.posts().into_iter().map(|p| p.key).collect();
        let all = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), all, "walk {seed}: a post came out twice");
    }
}
