//! An account's invented past.

use std::collections::HashSet;

use rookery_kernel::{Timestamp, Zone};

use crate::chance::Chance;
use crate::network::Network;
use crate::protocols;
use crate::texts::{Topic, Writer};
use crate::world::{Account, Event, Post};

/// How often a studio posts at an hour: it tries the whole day and prefers some of it.
const HOURS: [f64; 24] = [
    0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 0.8, 1.6, 1.8, 1.2, 1.0, 1.3, 0.9, 0.8, 0.9, 1.1, 1.4, 1.5, 1.3, 0.9, 0.5, 0.2,
    0.0,
];

/// How often on a weekday, Monday first; the mean is 1.
const WEEKDAYS: [f64; 7] = [1.15, 1.20, 1.20, 1.25, 1.10, 0.60, 0.50];

/// Creates posts on the `days` before now, about `posts_per_week` a week.
pub(crate) fn seed(net: &Network, account: &Account, days: u32, posts_per_week: u32, topics: &[Topic]) -> usize {
    let zone: Zone = account.zone.parse().unwrap_or_else(|_| Zone::utc());
    let now = net.now();
    let today = zone.date(now);
    let topics = if topics.is_empty() { &Topic::ALL[..] } else { topics };
    let mut chance = Chance::new(net.audience.seed, "history", &[account.id]);
    let mut writer = Writer::default();
    let mut written: HashSet<String> = HashSet::new();
    let mut count = 0;
    let mut world = net.world();
    for back in (0..=i64::from(days)).rev() {
        let date = today.plus_days(-back);
        let weekday = usize::try_from(date.to_jiff().weekday().to_monday_zero_offset()).unwrap_or(0);
        let expected = f64::from(posts_per_week) / 7.0 * WEEKDAYS[weekday];
        for at in moments(&mut chance, &zone, date, expected) {
            let topic = *chance.pick(topics);
            let mut post = writer.write(&mut chance, topic, account.platform);
            // Nobody posts the same twice: a few more tries find another combination.
            for _ in 0..20 {
                if !written.contains(&post.text) {
                    break;
                }
                post = writer.write(&mut chance, topic, account.platform);
            }
            if at >= now || !written.insert(post.text.clone()) {
                continue;
            }
            let id = world.new_post_id(at);
            let post = Post {
                link: post.link,
                format: post.format,
                is_history: true,
                native_id: protocols::of(account.platform).native_post_id(account, id),
                ..Post::new(id, account.id, post.text, at)
            };
            world.commit(Event::Post(post));
            count += 1;
        }
    }
    count
}

/// Times of a day, at most one per hour, in order.
fn moments(chance: &mut Chance, zone: &Zone, date: rookery_kernel::Date, expected: f64) -> Vec<Timestamp> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a handful of posts a day")]
    let count = (expected + chance.unit()).floor() as usize;
    let mut hours: Vec<usize> = Vec::new();
    for _ in 0..count.min(12) {
        let hour = chance.weighted(&HOURS);
        if !hours.contains(&hour) {
            hours.push(hour);
        }
    }
    hours.sort_unstable();
    let local = |hour: usize, minute: usize, second: usize| format!("{date}T{hour:02}:{minute:02}:{second:02}");
    hours
        .into_iter()
        .filter_map(|hour| zone.instant(&local(hour, chance.index(60), chance.index(60))).ok())
        .map(|(at, _)| at)
        .collect()
}
