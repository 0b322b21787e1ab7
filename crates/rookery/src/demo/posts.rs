//! The posts of the demo: some that went out, some that go out while you watch, some for the coming days.

use std::time::Duration;

use rookery_kernel::{AccountId, Actor, Scope, Timestamp, Zone};
use rookery_publishing::{NewPost, Schedule};

use super::files::Ready;
use crate::wiring::Core;

/// Seconds from the start to the posts that go out while you watch.
const SOON: [u64; 3] = [30, 75, 120];
/// The calendar beyond this counts as "the coming days".
const LATER_FROM: Duration = Duration::from_secs(3600);
const LATER_TO: Duration = Duration::from_secs(14 * 24 * 3600);

/// A post of the past months.
pub(super) struct Past {
    /// So many days before the demo's first start.
    pub days_ago: i64,
    /// Local time.
    pub at: &'static str,
    /// Which accounts, by place.
    pub accounts: &'static [usize],
    /// The text.
    pub text: &'static str,
}

/// Posts that the engine really delivered, at their time, before the day's numbers were collected.
pub(super) const PAST: &[Past] = &[
    Past {
        days_ago: 26,
        at: "11:05",
        accounts: &[0, 3],
        text: "New in the workshop: a field recorder that survives rain. We tested it the hard way.",
    },
    Past {
        days_ago: 19,
        at: "12:30",
        accounts: &[0, 1, 3],
        text: "Three things we look for on a site visit: light, noise, and where the kettle is.",
    },
    Past {
        days_ago: 13,
        at: "17:15",
        accounts: &[1, 4],
        text: "Myth: field notes have to be tidy. They have to be yours.",
    },
    Past {
        days_ago: 9,
        at: "11:40",
        accounts: &[0, 2, 3, 4],
        text: "We open the studio on Saturday from ten. Bring a question, leave with a sketch.",
    },
    Past {
        days_ago: 6,
        at: "13:00",
        accounts: &[2],
        text: "How long does a good interview take? Ours last 40 minutes, and the best part is always minute 35.",
    },
    Past { days_ago: 4, at: "11:10", accounts: &[0, 3], text: "Before and after: the river path in March and today." },
    Past {
        days_ago: 2,
        at: "16:20",
        accounts: &[1, 4],
        text: "We are reading: a small book about big maps. What is on your desk?",
    },
    Past {
        days_ago: 1,
        at: "11:30",
        accounts: &[0, 3],
        text: "Yesterday's walk in numbers: 9 km, 41 photos, 2 herons, 1 lost glove.",
    },
];

const SOON_TEXTS: [&str; 3] = [
    "Tea is ready and the plotter is warm. Today we draw the north meadow.",
    "Small tip: write the time on every photo you take in the field. Later you will thank yourself.",
    "A heron just landed outside our window. Work is interrupted.",
];

const LATER: [(i64, &str, &str); 3] = [
    (1, "09:30", "Tomorrow's tool is a pencil. Here is how we sharpen ours."),
    (3, "12:00", "Open hours this week: Thursday from two. We will have the big map on the table."),
    (5, "17:30", "Five questions we ask before any survey. Number four surprises most people."),
];

/// Plans the posts of the next two minutes, and those of the coming days if there are none; how many.
pub(super) async fn plan(core: &Core, ready: &Ready, now: Timestamp) -> anyhow::Result<usize> {
    let scope = Scope::new(ready.organization_id, Actor::User(ready.user_id));
    let zone = core.identity.organization(&scope).await?.timezone;
    let pair = [ready.accounts[0], ready.accounts[3]];
    let mut planned = 0;
    for (seconds, text) in SOON.into_iter().zip(SOON_TEXTS) {
        let at = now + Duration::from_secs(seconds);
        // Networks refuse the same text twice, and the demo may be started twice in an hour.
        let local = zone.local(at);
        let text = format!("{text} ({:02}:{:02}:{:02})", local.hour(), local.minute(), local.second());
        create(core, &scope, &zone, &text, &pair, at).await?;
        planned += 1;
    }
    if core.publishing.calendar(&scope, now + LATER_FROM, now + LATER_TO).await?.is_empty() {
        for (days, time, text) in LATER {
            let date = zone.date(now).plus_days(days);
            let (at, _) = zone.instant(&format!("{date}T{time}"))?;
            let accounts = &ready.accounts[..usize::try_from(days).unwrap_or(1).min(3)];
            create(core, &scope, &zone, &format!("{text} ({date})"), accounts, at).await?;
            planned += 1;
        }
    }
    Ok(planned)
}

/// A post that is queued for a moment.
pub(super) async fn create(
    core: &Core,
    scope: &Scope,
    zone: &Zone,
    text: &str,
    accounts: &[AccountId],
    at: Timestamp,
) -> anyhow::Result<()> {
    let new = NewPost {
        content: text.to_owned(),
        title: None,
        account_ids: accounts.to_vec(),
        schedule: Schedule::At(at),
        timezone: zone.clone(),
        composition: rookery_publishing::Composition::default(),
    };
    core.publishing.create_post(scope, new).await?;
    Ok(())
}
