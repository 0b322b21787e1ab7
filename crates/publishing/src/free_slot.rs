//! The next moment at which a post suits its accounts: a slot of theirs, or an hour in which people look at their
//! networks, by the organization's own numbers where they are enough; apart from what is planned there already, and within
//! the networks' pace.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use rookery_accounts::{Account, PlatformRules};
use rookery_db::OrgTx;
use rookery_kernel::{AccountId, LocalTimeNote, Platform, Scope, Timestamp, Zone};

use crate::Publishing;
use crate::best_times::{self, FreeSlot, OwnHours, SlotReason};
use crate::post::{PostError, compose_queries};
use crate::slots::{self, is_apart, weekday};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// So many days are looked at.
const DAYS_AHEAD: i64 = 60;
/// Moments of a day that are looked at: every half hour.
const HALVES: usize = 48;

/// Local hours in which a network is looked at: the defaults of PUB-44. It names four networks; the others, decided
/// here, take the hours of the one that is used most like them.
const fn usual_hours(network: Platform) -> &'static [Range<usize>] {
    match network {
        Platform::Twitter | Platform::Threads | Platform::Mastodon | Platform::Bluesky | Platform::Reddit => {
            &[9..10, 13..15, 17..19]
        }
        Platform::Linkedin => &[7..9, 12..14, 17..18],
        Platform::Instagram | Platform::Facebook => &[11..13, 19..21],
        Platform::Tiktok | Platform::Youtube => &[6..10, 19..23],
    }
}

/// What an account brings along.
struct Bound {
    account_id: AccountId,
    network: Platform,
    hourly_limit: i64,
    daily_limit: i64,
    /// What came out or is planned, in time's order.
    taken: Vec<Timestamp>,
    /// Its slots as instants; `None` if it has none that the queue fills.
    slots: Option<Vec<Timestamp>>,
    /// It has slots and all of them are paused.
    is_paused: bool,
}

impl Publishing {
    /// The first moment after `after`, within 60 days, at which all of these accounts may take a post: in a slot of as
    /// many of them as possible, or, if none has slots, in a good hour of as many of their networks as possible; at least
    /// five minutes from their other posts, within their pace.
    /// Accounts that are not the organization's are left out; `None` if there is no such moment.
    ///
    /// # Errors
    /// If accounts or rule books cannot be read.
    pub async fn next_free_slot(
        &self,
        scope: &Scope,
        account_ids: &[AccountId],
        zone: &Zone,
        after: Timestamp,
    ) -> Result<Option<FreeSlot>, PostError> {
        let rules = self.accounts.all_rules().await?;
        let mut tx = self.db.org(scope).await?;
        let accounts = self.accounts.list_in(&mut tx).await?;
        let chosen = accounts.iter().filter(|a| account_ids.contains(&a.id));
        let bounds = bounds(&mut tx, chosen.collect(), &rules, zone, after).await?;
        let own = best_times::good(&mut tx, zone).await?;
        let has_room = |at: &Timestamp| bounds.iter().all(|bound| bound.has_room(*at));
        Ok(match shared_slots(&bounds) {
            Some(slots) => slots.into_iter().find(has_room).map(|at| FreeSlot { at, reason: SlotReason::Slot }),
            None => candidates(&bounds, &own, zone, after)
                .find(has_room)
                .map(|at| FreeSlot { at, reason: reason(&bounds, &own, zone, at) }),
        })
    }

    /// For each account the next free slot of its own after `after`, or its next free good hour if it has no slots.
    /// The queues stay locked until the transaction ends, so that nobody else takes the same slots meanwhile.
    pub(crate) async fn take_slots(
        &self,
        tx: &mut OrgTx,
        accounts: &[&Account],
        rules: &[PlatformRules],
        zone: &Zone,
        after: Timestamp,
    ) -> Result<BTreeMap<AccountId, Timestamp>, PostError> {
        let ids: Vec<_> = accounts.iter().map(|account| account.id).collect();
        slots::lock_queues(tx, &ids).await?;
        let own = best_times::good(tx, zone).await?;
        let mut taken = BTreeMap::new();
        for bound in bounds(tx, accounts.to_vec(), rules, zone, after).await? {
            if bound.is_paused {
                return Err(PostError::QueuePaused(bound.account_id));
            }
            let at = match &bound.slots {
                Some(slots) => slots.iter().copied().find(|at| bound.has_room(*at)),
                None => candidates(std::slice::from_ref(&bound), &own, zone, after).find(|at| bound.has_room(*at)),
            };
            taken.insert(bound.account_id, at.ok_or(PostError::QueueFull(bound.account_id))?);
        }
        Ok(taken)
    }
}

/// What these accounts bring along, read in one go.
async fn bounds(
    tx: &mut OrgTx,
    accounts: Vec<&Account>,
    rules: &[PlatformRules],
    zone: &Zone,
    after: Timestamp,
) -> Result<Vec<Bound>, rookery_db::Error> {
    let all = slots::all(tx).await?;
    let ids: Vec<_> = accounts.iter().map(|account| account.id).collect();
    let taken = compose_queries::taken(tx, &ids, after - DAY, after + DAY * 62).await?;
    let bound = |account: &Account| {
        let rules = rules.iter().find(|r| r.platform == account.platform);
        let limit = |of: fn(&PlatformRules) -> i64| rules.map_or(0, of);
        let own = all.get(&account.id).map_or(&[][..], Vec::as_slice);
        let active = slots::active(own);
        Bound {
            account_id: account.id,
            network: account.platform,
            hourly_limit: limit(|r| r.hourly_limit),
            daily_limit: limit(|r| r.daily_limit),
            taken: taken.iter().filter(|(id, _)| *id == account.id).map(|(_, at)| *at).collect(),
            is_paused: active.is_empty() && !own.is_empty(),
            slots: (!active.is_empty()).then(|| slots::instants(&active, zone, after, DAYS_AHEAD)),
        }
    };
    Ok(accounts.into_iter().map(bound).collect())
}

/// The slots that the most accounts share, in order; `None` if no account has slots.
fn shared_slots(bounds: &[Bound]) -> Option<Vec<Timestamp>> {
    let mut shared: BTreeMap<Timestamp, usize> = BTreeMap::new();
    for at in bounds.iter().filter_map(|bound| bound.slots.as_ref()).flatten() {
        *shared.entry(*at).or_default() += 1;
    }
    let most = *shared.values().max()?;
    Some(shared.into_iter().filter(|(_, accounts)| *accounts == most).map(|(at, _)| at).collect())
}

/// Whether people look at a network at an hour of the week. On a weekday of which the organization's own numbers know good
/// hours those decide, on the others the network's usual hours.
fn suits(network: Platform, own: &OwnHours, weekday: u8, hour: u8) -> bool {
    if own.knows(network, weekday) {
        own.posts(network, weekday, hour).is_some()
    } else {
        usual_hours(network).iter().any(|hours| hours.contains(&usize::from(hour)))
    }
}

/// The good half hours after a moment: on each day those that suit the most networks.
fn candidates(
    bounds: &[Bound],
    own: &OwnHours,
    zone: &Zone,
    after: Timestamp,
) -> impl Iterator<Item = Timestamp> + use<> {
    let week: Vec<Vec<usize>> = (0..7).map(|weekday| best_halves(bounds, own, weekday)).collect();
    let first = zone.date(after);
    let zone = zone.clone();
    (0..=DAYS_AHEAD)
        .flat_map(move |day| {
            let date = first.plus_days(day);
            week[usize::from(weekday(date))].clone().into_iter().map(move |half| (date, half))
        })
        .filter_map(move |(date, half)| {
            let local = format!("{date}T{:02}:{:02}", half / 2, half % 2 * 30);
            zone.instant(&local).ok().filter(|(_, note)| *note != LocalTimeNote::Skipped).map(|(at, _)| at)
        })
        .filter(move |at| *at > after)
}

/// The half hours of a weekday that suit the most networks.
fn best_halves(bounds: &[Bound], own: &OwnHours, weekday: u8) -> Vec<usize> {
    let counts: Vec<usize> =
        (0..24).map(|hour| bounds.iter().filter(|bound| suits(bound.network, own, weekday, hour)).count()).collect();
    let most = counts.iter().copied().max().unwrap_or(0);
    (0..HALVES).filter(|half| counts[half / 2] == most).collect()
}

/// What makes a moment a good one.
fn reason(bounds: &[Bound], own: &OwnHours, zone: &Zone, at: Timestamp) -> SlotReason {
    let (weekday, hour) = (weekday(zone.date(at)), zone.local(at).hour().unsigned_abs());
    let networks: BTreeSet<Platform> = bounds.iter().map(|bound| bound.network).collect();
    let suited: Vec<Platform> = networks.into_iter().filter(|n| suits(*n, own, weekday, hour)).collect();
    let known = |network: Platform| own.posts(network, weekday, hour).map(|posts| (network, posts));
    SlotReason::GoodHour {
        own: suited.iter().filter_map(|network| known(*network)).collect(),
        usual: suited.iter().copied().filter(|network| !own.knows(*network, weekday)).collect(),
    }
}

impl Bound {
    fn has_room(&self, at: Timestamp) -> bool {
        self.taken.iter().all(|other| is_apart(at, *other))
            && self.keeps_pace(at, self.hourly_limit, HOUR)
            && self.keeps_pace(at, self.daily_limit, DAY)
    }

    /// Whether no rolling window around the moment would hold more than `limit`; 0 is no limit.
    fn keeps_pace(&self, at: Timestamp, limit: i64, window: Duration) -> bool {
        let Some(limit) = usize::try_from(limit).ok().filter(|limit| *limit > 0) else { return true };
        let mut near: Vec<Timestamp> =
            self.taken.iter().copied().filter(|t| *t + window > at && at + window > *t).chain([at]).collect();
        near.sort_unstable();
        near.windows(limit + 1).all(|run| {
            let (first, last) = (run[0], run[limit]);
            first > at || last < at || first + window <= last
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::best_times::GoodHour;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn bound(network: Platform, limits: [i64; 2], taken: &[&str]) -> Bound {
        let taken = taken.iter().map(|t| at(t)).collect();
        let account_id = AccountId::from_uuid(uuid::Uuid::from_u128(1));
        let [hourly_limit, daily_limit] = limits;
        Bound { account_id, network, hourly_limit, daily_limit, taken, slots: None, is_paused: false }
    }

    #[track_caller]
    fn check(bounds: &[Bound], after: &str, expected: &str) {
        let berlin: Zone = "Europe/Berlin".parse().expect("known");
        let found = candidates(bounds, &OwnHours::default(), &berlin, at(after))
            .find(|at| bounds.iter().all(|b| b.has_room(*at)));
        assert_eq!(found.map(|at| at.to_string()).as_deref(), Some(expected));
    }

    #[test]
    fn the_next_good_hour_of_the_network_in_the_organizations_zone() {
        check(&[bound(Platform::Linkedin, [0, 0], &[])], "2026-03-02T09:00:00Z", "2026-03-02T11:00:00Z");
        check(&[bound(Platform::Linkedin, [0, 0], &[])], "2026-03-02T11:00:00Z", "2026-03-02T11:30:00Z");
        // From 17 to 18, in Berlin, and then not before seven.
        check(&[bound(Platform::Linkedin, [0, 0], &[])], "2026-03-02T16:30:00Z", "2026-03-03T06:00:00Z");
    }

    #[test]
    fn several_networks_meet_in_the_hours_that_suit_most_of_them() {
        let both = [bound(Platform::Twitter, [0, 0], &[]), bound(Platform::Linkedin, [0, 0], &[])];
        check(&both, "2026-03-02T09:00:00Z", "2026-03-02T12:00:00Z");
        let apart = [bound(Platform::Instagram, [0, 0], &[]), bound(Platform::Mastodon, [0, 0], &[])];
        check(&apart, "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z");
    }

    #[test]
    fn five_minutes_lie_between_two_posts_and_the_pace_is_kept() {
        let near = bound(Platform::Linkedin, [0, 0], &["2026-03-02T11:04:59Z"]);
        check(&[near], "2026-03-02T09:00:00Z", "2026-03-02T11:30:00Z");
        let enough = bound(Platform::Linkedin, [0, 0], &["2026-03-02T11:05:00Z"]);
        check(&[enough], "2026-03-02T09:00:00Z", "2026-03-02T11:00:00Z");
        let hourly = bound(Platform::Linkedin, [1, 0], &["2026-03-02T10:45:00Z"]);
        check(&[hourly], "2026-03-02T09:00:00Z", "2026-03-02T12:00:00Z");
        let daily = bound(Platform::Linkedin, [0, 1], &["2026-03-02T10:45:00Z"]);
        check(&[daily], "2026-03-02T09:00:00Z", "2026-03-03T11:00:00Z");
        // One that is planned for later fills the same window.
        let later = bound(Platform::Linkedin, [1, 0], &["2026-03-02T12:15:00Z"]);
        check(&[later], "2026-03-02T09:00:00Z", "2026-03-02T11:00:00Z");
        let later = bound(Platform::Linkedin, [1, 0], &["2026-03-02T11:40:00Z"]);
        check(&[later], "2026-03-02T09:00:00Z", "2026-03-02T16:00:00Z");
    }

    #[test]
    fn slots_that_the_accounts_share_come_before_usual_hours() {
        let with = |slots: &[&str]| Bound {
            slots: (!slots.is_empty()).then(|| slots.iter().map(|t| at(t)).collect()),
            ..bound(Platform::Linkedin, [0, 0], &[])
        };
        let (nine, ten, eleven) = ("2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z");
        let both = [with(&[nine, eleven]), with(&[ten, eleven])];
        assert_eq!(shared_slots(&both), Some(vec![at(eleven)]));
        assert_eq!(shared_slots(&[with(&[nine, ten]), with(&[])]), Some(vec![at(nine), at(ten)]));
        assert_eq!(shared_slots(&[with(&[])]), None);
    }

    #[test]
    fn own_numbers_decide_on_the_weekdays_they_know() {
        // Mondays at 21:00 in Berlin; nothing is known of Tuesdays.
        let hour = GoodHour { platform: Platform::Linkedin, weekday: 1, hour: 21, posts: 8 };
        let own = OwnHours::of([hour]);
        let berlin: Zone = "Europe/Berlin".parse().expect("known");
        let bounds = [bound(Platform::Linkedin, [0, 0], &[])];
        let after = at("2026-03-02T09:00:00Z");
        let found: Vec<String> = candidates(&bounds, &own, &berlin, after).take(3).map(|at| at.to_string()).collect();
        assert_eq!(found, ["2026-03-02T20:00:00Z", "2026-03-02T20:30:00Z", "2026-03-03T06:00:00Z"]);
        let monday = SlotReason::GoodHour { own: vec![(Platform::Linkedin, 8)], usual: Vec::new() };
        assert_eq!(reason(&bounds, &own, &berlin, at("2026-03-02T20:00:00Z")), monday);
        let tuesday = SlotReason::GoodHour { own: Vec::new(), usual: vec![Platform::Linkedin] };
        assert_eq!(reason(&bounds, &own, &berlin, at("2026-03-03T06:00:00Z")), tuesday);
    }

    #[test]
    fn half_hours_that_clocks_jump_over_are_left_out() {
        let night = [bound(Platform::Tiktok, [0, 0], &[])];
        let auckland: Zone = "Pacific/Auckland".parse().expect("known");
        let all: Vec<_> =
            candidates(&night, &OwnHours::default(), &auckland, at("2026-09-26T00:00:00Z")).take(40).collect();
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
