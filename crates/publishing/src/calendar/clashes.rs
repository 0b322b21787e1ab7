//! Posts that stand in each other's way (PUB-43). Warnings only: nothing is moved without a person. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rookery_accounts::PlatformRules;
use rookery_kernel::{AccountId, Platform, PostId, PublicationId, Timestamp, Zone};

use super::CalendarEntry;
use crate::publication::PublicationStatus;

/// Most posts of an organization in one clock hour (PUB-43).
const HOUR_MAX: usize = 3;
/// Posts on one account that are nearer than this are too close (PUB-43).
const TOO_CLOSE: Duration = Duration::from_secs(5 * 60);
/// Posts that begin alike within this are noticed (PUB-43).
const ALIKE_WITHIN: Duration = Duration::from_secs(24 * 3600);
/// The window of a network's daily limit (PUB-38).
const DAY: Duration = Duration::from_secs(24 * 3600);
/// So many words make a beginning (PUB-43).
const OPENING_WORDS: usize = 5;

/// How posts stand in each other's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClashKind {
    /// More on one account within 24 hours than its network takes.
    DailyLimit,
    /// More than three posts of the organization in one clock hour.
    CrowdedHour,
    /// Two posts within 24 hours begin with the same five words.
    SameWords,
    /// Two posts on one account within five minutes.
    TooClose,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClashSeverity {
    /// Worth a look.
    Low,
    /// People will notice.
    Medium,
    /// People will mind.
    High,
    /// The network will not take it in time.
    Critical,
}

impl ClashKind {
    /// A stable word for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::DailyLimit => "daily_limit",
            Self::CrowdedHour => "crowded_hour",
            Self::SameWords => "same_words",
            Self::TooClose => "too_close",
        }
    }

    /// Two words for a badge.
    pub const fn words(self) -> &'static str {
        match self {
            Self::DailyLimit => "over the limit",
            Self::CrowdedHour => "crowded hour",
            Self::SameWords => "same words",
            Self::TooClose => "too close",
        }
    }

    /// How bad it is.
    pub const fn severity(self) -> ClashSeverity {
        match self {
            Self::DailyLimit => ClashSeverity::Critical,
            Self::CrowdedHour => ClashSeverity::High,
            Self::SameWords => ClashSeverity::Medium,
            Self::TooClose => ClashSeverity::Low,
        }
    }
}

/// Publications that stand in each other's way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// How.
    pub kind: ClashKind,
    /// Which, in time's order.
    pub publication_ids: Vec<PublicationId>,
    /// The first of them.
    pub at: Timestamp,
    /// What is wrong, and what would help.
    pub sentence: String,
}

/// The first five words in small letters.
pub(crate) fn opening(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().take(OPENING_WORDS).map(str::to_lowercase).collect();
    words.join(" ")
}

/// What clashes among entries in time's order. Only what is out or still to come counts, and only clashes in which
/// somebody can still move something are named.
pub(crate) fn clashes(entries: &[CalendarEntry], rules: &[PlatformRules], zone: &Zone) -> Vec<Clash> {
    let counted: Vec<&CalendarEntry> =
        entries.iter().filter(|e| e.status.is_open() || e.status == PublicationStatus::Published).collect();
    let mut found = crowded_hours(&counted, zone);
    found.extend(over_limits(&counted, rules));
    found.extend(alike(&counted));
    found.extend(too_close(&counted));
    found.sort_by_key(|c| (c.at, c.kind));
    found
}

/// The clash of these, unless all of them are out.
fn clash(kind: ClashKind, group: &[&CalendarEntry], sentence: String) -> Option<Clash> {
    let first = group.first().filter(|_| group.iter().any(|e| e.status.is_open()))?;
    Some(Clash { kind, publication_ids: group.iter().map(|e| e.publication_id).collect(), at: first.at, sentence })
}

fn posts(group: &[&CalendarEntry]) -> usize {
    group.iter().map(|e| e.post_id).collect::<BTreeSet<PostId>>().len()
}

/// The instant at which the clock on the wall last showed a full hour.
fn hour_of(at: Timestamp, zone: &Zone) -> Timestamp {
    let local = zone.local(at);
    let past = i64::from(local.minute()) * 60 + i64::from(local.second());
    Timestamp::from_secs(at.as_secs() - past)
}

fn crowded_hours(entries: &[&CalendarEntry], zone: &Zone) -> Vec<Clash> {
    let mut hours: BTreeMap<Timestamp, Vec<&CalendarEntry>> = BTreeMap::new();
    for entry in entries {
        hours.entry(hour_of(entry.at, zone)).or_default().push(entry);
    }
    let crowded = hours.into_iter().filter_map(|(hour, group)| {
        let count = posts(&group);
        let local = zone.local(hour).strftime("%H:%M");
        let sentence = format!("{count} posts go out in the hour from {local}; more than {HOUR_MAX} tire people.");
        (count > HOUR_MAX).then(|| clash(ClashKind::CrowdedHour, &group, sentence)).flatten()
    });
    crowded.collect()
}

fn by_account<'a>(entries: &[&'a CalendarEntry]) -> BTreeMap<(Platform, AccountId), Vec<&'a CalendarEntry>> {
    let mut accounts: BTreeMap<_, Vec<&CalendarEntry>> = BTreeMap::new();
    for entry in entries {
        accounts.entry((entry.platform, entry.account_id)).or_default().push(entry);
    }
    accounts
}

/// Neighbours for which `joins` holds, chained.
fn chains<'a>(
    entries: &[&'a CalendarEntry],
    joins: impl Fn(&CalendarEntry, &CalendarEntry) -> bool,
) -> Vec<Vec<&'a CalendarEntry>> {
    let mut chains: Vec<Vec<&CalendarEntry>> = Vec::new();
    for entry in entries {
        match chains.last_mut() {
            Some(chain) if chain.last().is_some_and(|before| joins(before, entry)) => chain.push(entry),
            _ => chains.push(vec![entry]),
        }
    }
    chains
}

fn within(before: &CalendarEntry, after: &CalendarEntry, window: Duration) -> bool {
    after.at.since(before.at) <= window
}

fn over_limits(entries: &[&CalendarEntry], rules: &[PlatformRules]) -> Vec<Clash> {
    let mut found = Vec::new();
    for ((platform, _), all) in by_account(entries) {
        let limit = rules.iter().find(|r| r.platform == platform).map_or(0, |r| r.daily_limit);
        let Some(limit) = usize::try_from(limit).ok().filter(|limit| *limit > 0) else { continue };
        // The one that has `limit` others in the 24 hours before it is one too many.
        let over: Vec<_> =
            all.iter().skip(limit).zip(&all).filter(|(e, b)| e.at.since(b.at) < DAY).map(|p| *p.0).collect();
        for group in chains(&over, |before, after| within(before, after, DAY)) {
            let name = platform.name();
            let sentence = format!(
                "{name} takes {limit} posts of an account in 24 hours; {} more would wait for room.",
                group.len()
            );
            found.extend(clash(ClashKind::DailyLimit, &group, sentence));
        }
    }
    found
}

fn alike(entries: &[&CalendarEntry]) -> Vec<Clash> {
    let mut openings: BTreeMap<&str, Vec<&CalendarEntry>> = BTreeMap::new();
    for entry in entries.iter().filter(|e| !e.opening.is_empty()) {
        openings.entry(&entry.opening).or_default().push(entry);
    }
    let groups = openings.into_iter().flat_map(|(opening, all)| {
        chains(&all, |before, after| within(before, after, ALIKE_WITHIN)).into_iter().map(move |g| (opening, g))
    });
    let found = groups.filter(|(_, group)| posts(group) > 1).filter_map(|(opening, group)| {
        let sentence = format!("{} posts within 24 hours begin with \u{201c}{opening}\u{201d}.", posts(&group));
        clash(ClashKind::SameWords, &group, sentence)
    });
    found.collect()
}

fn too_close(entries: &[&CalendarEntry]) -> Vec<Clash> {
    let mut found = Vec::new();
    for all in by_account(entries).into_values() {
        for group in chains(&all, |before, after| within(before, after, TOO_CLOSE)) {
            if group.len() > 1 {
                let sentence =
                    format!("{} posts go out on one account within five minutes of each other.", group.len());
                found.extend(clash(ClashKind::TooClose, &group, sentence));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::post::EditorialState;

    /// Post `n` on account `account`, `minute` minutes after the epoch.
    fn entry(n: u128, account: u128, minute: i64, words: &str) -> CalendarEntry {
        CalendarEntry {
            publication_id: PublicationId::from_uuid(Uuid::from_u128(1_000 + n * 100 + account)),
            post_id: PostId::from_uuid(Uuid::from_u128(n)),
            account_id: AccountId::from_uuid(Uuid::from_u128(account)),
            platform: Platform::Mastodon,
            at: Timestamp::from_secs(minute * 60),
            status: PublicationStatus::Scheduled,
            editorial_state: EditorialState::NotRequired,
            excerpt: words.to_owned(),
            opening: opening(words),
            labels: Vec::new(),
            is_late: false,
            updated_at: Timestamp::from_secs(0),
        }
    }

    fn kinds(entries: &[CalendarEntry]) -> Vec<(ClashKind, usize)> {
        let zone = Zone::utc();
        clashes(entries, &[], &zone).into_iter().map(|c| (c.kind, c.publication_ids.len())).collect()
    }

    #[test]
    fn the_fourth_post_of_a_clock_hour_is_one_too_many() {
        let mut all: Vec<_> =
            (0..3).map(|n| entry(n, n, 60 + 7 * i64::try_from(n).expect("small"), &n.to_string())).collect();
        assert_eq!(kinds(&all), []);
        // The same post on a further account is no further post; the next hour is another hour.
        all.push(entry(2, 9, 90, "2"));
        all.push(entry(4, 4, 120, "4"));
        assert_eq!(kinds(&all), []);
        all.insert(4, entry(3, 3, 119, "3"));
        assert_eq!(kinds(&all), [(ClashKind::CrowdedHour, 5)]);
    }

    #[test]
    fn a_clock_hour_is_the_zones_not_utcs() {
        let zone: Zone = "Asia/Kolkata".parse().expect("known");
        // 05:30 ahead: 00:15 and 00:45 UTC are 05:45 and 06:15 there.
        let at = |minute: i64| hour_of(Timestamp::from_secs(minute * 60), &zone);
        assert_eq!(at(15), Timestamp::from_secs(-30 * 60));
        assert_eq!(at(45), Timestamp::from_secs(30 * 60));
    }

    #[test]
    fn two_posts_on_one_account_within_five_minutes_are_too_close() {
        assert_eq!(kinds(&[entry(1, 1, 0, "a"), entry(2, 1, 5, "b")]), [(ClashKind::TooClose, 2)]);
        assert_eq!(kinds(&[entry(1, 1, 0, "a"), entry(2, 1, 6, "b")]), []);
        assert_eq!(kinds(&[entry(1, 1, 0, "a"), entry(2, 2, 1, "b")]), [], "another account");
    }

    #[test]
    fn five_equal_words_within_a_day_are_noticed_whatever_their_case() {
        let (a, b) = ("We open at nine today.", "we  OPEN at nine today. Or not.");
        let day = 24 * 60;
        assert_eq!(kinds(&[entry(1, 1, 0, a), entry(2, 2, day, b)]), [(ClashKind::SameWords, 2)]);
        assert_eq!(kinds(&[entry(1, 1, 0, a), entry(2, 2, day + 1, b)]), []);
        assert_eq!(kinds(&[entry(1, 1, 0, a), entry(1, 2, 30, a)]), [], "one post on two accounts");
        assert_eq!(kinds(&[entry(1, 1, 0, ""), entry(2, 2, 30, "")]), [], "no words");
    }

    #[test]
    fn what_is_out_or_called_off_can_no_longer_be_mended() {
        let mut pair = [entry(1, 1, 0, "a"), entry(2, 1, 1, "b")];
        pair[0].status = PublicationStatus::Published;
        assert_eq!(kinds(&pair).len(), 1, "the second can still move");
        pair[1].status = PublicationStatus::Published;
        assert_eq!(kinds(&pair), []);
        pair[1].status = PublicationStatus::Cancelled;
        assert_eq!(kinds(&pair), []);
    }
}
