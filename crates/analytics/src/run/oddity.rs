//! What arrived otherwise than it should and was dealt with without failing anything. Pure.

use std::collections::BTreeMap;

use rookery_platforms::{AccountMetrics, ContentMetrics, OddField, OddItem, OddKind};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;

use crate::daily::COUNT_MAX;

/// What was odd.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Oddity {
    /// A number that the account has otherwise was not reported for an item: it stays unknown.
    Absent,
    /// A count was written as text: it was read.
    Text,
    /// Something else stood where a count belongs: the number stays unknown.
    Unreadable,
    /// A count below zero or beyond all measure: the number stays unknown.
    Impossible,
    /// The network refused this number: it is left out, the others are read.
    Unsupported,
    /// An item stood in the listing again, under its own id or another: it is kept once.
    Twice,
    /// An item of the listing had no id or no time that can be read: it is left out.
    UnreadableItem,
    /// A page of the listing was empty and had a next one: that was asked for.
    EmptyPage,
    /// Days end elsewhere than the account's totals: they stand under the network's own days.
    OtherZone,
    /// A day that nobody asked for: it is left out.
    StrayDay,
}

impl Oddity {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 10] = [
        Self::Absent,
        Self::Text,
        Self::Unreadable,
        Self::Impossible,
        Self::Unsupported,
        Self::Twice,
        Self::UnreadableItem,
        Self::EmptyPage,
        Self::OtherZone,
        Self::StrayDay,
    ];

    /// The stored word.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Text => "text",
            Self::Unreadable => "unreadable",
            Self::Impossible => "impossible",
            Self::Unsupported => "unsupported",
            Self::Twice => "twice",
            Self::UnreadableItem => "unreadable_item",
            Self::EmptyPage => "empty_page",
            Self::OtherZone => "other_zone",
            Self::StrayDay => "stray_day",
        }
    }
}

/// How often what was odd, by the name of the field, number or zone; the name is empty where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Oddities(Json<BTreeMap<Oddity, BTreeMap<String, u32>>>);

/// Names that are kept for one oddity; what comes after them is counted without a name.
const NAMES_MAX: usize = 20;

impl Oddities {
    /// Whether everything was as it should be.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What was odd, with its names and how often each.
    pub fn iter(&self) -> impl Iterator<Item = (Oddity, &BTreeMap<String, u32>)> {
        self.0.iter().map(|(oddity, names)| (*oddity, names))
    }

    /// How often something was odd in this way.
    pub fn count(&self, oddity: Oddity) -> u32 {
        self.0.get(&oddity).map_or(0, |names| names.values().fold(0, |sum, n| sum.saturating_add(*n)))
    }

    /// All of them.
    pub fn total(&self) -> u32 {
        Oddity::ALL.into_iter().fold(0, |sum, oddity| sum.saturating_add(self.count(oddity)))
    }

    pub(crate) fn note(&mut self, oddity: Oddity, name: &str, times: usize) {
        let Ok(times @ 1..) = u32::try_from(times) else { return };
        let names = self.0.entry(oddity).or_default();
        let name = if names.contains_key(name) || names.len() < NAMES_MAX { name } else { "" };
        let count = names.entry(name.to_owned()).or_default();
        *count = count.saturating_add(times);
    }

    fn note_fields(&mut self, odd: &[OddField]) {
        for field in odd {
            let oddity = match field.kind {
                OddKind::Text => Oddity::Text,
                OddKind::Unreadable => Oddity::Unreadable,
            };
            self.note(oddity, &field.name, 1);
        }
    }

    fn note_counts(&mut self, counts: &[(&str, Option<i64>)]) {
        for (name, count) in counts {
            if count.is_some_and(|n| !(0..=COUNT_MAX).contains(&n)) {
                self.note(Oddity::Impossible, name, 1);
            }
        }
    }

    /// An item of the listing that cannot be kept.
    pub(crate) fn of_listed(&mut self, odd: OddItem) {
        let name = match odd {
            OddItem::NoId => "id",
            OddItem::NoTime => "time",
        };
        self.note(Oddity::UnreadableItem, name, 1);
    }

    /// What is odd about an item's numbers.
    pub(crate) fn of_item(&mut self, m: &ContentMetrics) {
        self.note_fields(&m.odd);
        self.note_counts(&[
            ("reach", m.reach),
            ("impressions", m.impressions),
            ("views", m.views),
            ("reactions", m.reactions),
            ("comments", m.comments),
            ("shares", m.shares),
            ("clicks", m.clicks),
            ("saves", m.saves),
            ("watch_time_ms", m.watch_time_ms),
            ("avg_watch_time_ms", m.avg_watch_time_ms),
        ]);
        if m.completion_rate.is_some_and(|rate| !(0.0..=1.0).contains(&rate)) {
            self.note(Oddity::Impossible, "completion_rate", 1);
        }
    }

    /// What is odd about the account's numbers of a day.
    pub(crate) fn of_account(&mut self, m: &AccountMetrics) {
        self.note_fields(&m.odd);
        self.note_counts(&[
            ("followers", m.followers),
            ("followers_gained", m.followers_gained),
            ("followers_lost", m.followers_lost),
            ("reach", m.reach),
            ("impressions", m.impressions),
            ("views", m.views),
            ("engagements", m.engagements),
            ("profile_views", m.profile_views),
            ("clicks", m.clicks),
            ("posts_count", m.posts_count),
        ]);
    }
}

/// Which numbers the items of a run came with.
#[derive(Debug, Default)]
pub(crate) struct Reported {
    items: usize,
    with: [usize; 8],
}

/// The numbers whose absence is told, in the order of the columns of the sums.
const WATCHED: [&str; 8] = ["reach", "impressions", "views", "reactions", "comments", "shares", "clicks", "saves"];

impl Reported {
    /// Counts an item; one of which something could not be read is told otherwise.
    pub fn add(&mut self, m: &ContentMetrics) {
        if m.odd.iter().any(|field| field.kind == OddKind::Unreadable) {
            return;
        }
        self.items += 1;
        let numbers = [m.reach, m.impressions, m.views, m.reactions, m.comments, m.shares, m.clicks, m.saves];
        for (with, number) in self.with.iter_mut().zip(numbers) {
            *with += usize::from(number.is_some());
        }
    }

    /// Tells of each number how many items lack it, if others of the run have it or the account is known to have it.
    pub fn tell(&self, is_usual: [bool; 8], odd: &mut Oddities) {
        for ((name, with), is_usual) in WATCHED.iter().zip(self.with).zip(is_usual) {
            if with > 0 || is_usual {
                odd.note(Oddity::Absent, name, self.items - with);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_odd_is_counted_by_name_and_names_are_few() {
        let mut odd = Oddities::default();
        assert!(odd.is_empty());
        odd.of_item(&ContentMetrics {
            reach: Some(-1),
            views: Some(COUNT_MAX + 1),
            shares: Some(0),
            completion_rate: Some(1.5),
            odd: vec![OddField { name: "likes".to_owned(), kind: OddKind::Unreadable }],
            ..ContentMetrics::default()
        });
        odd.note(Oddity::Twice, "", 0);
        for n in 0..30 {
            odd.note(Oddity::Unsupported, &format!("metric_{n:02}"), 1);
        }
        assert_eq!((odd.count(Oddity::Impossible), odd.count(Oddity::Unreadable), odd.count(Oddity::Twice)), (3, 1, 0));
        assert_eq!((odd.count(Oddity::Unsupported), odd.total()), (30, 34));
        let names = odd.iter().find(|(oddity, _)| *oddity == Oddity::Unsupported).expect("noted").1;
        assert_eq!((names.len(), names.get("")), (NAMES_MAX + 1, Some(&10)));
        let stored = serde_json::to_value(&odd).expect("JSON");
        assert_eq!(stored["impossible"], serde_json::json!({"reach": 1, "views": 1, "completion_rate": 1}));
        assert_eq!(serde_json::from_value::<Oddities>(stored).expect("the same"), odd);
    }

    #[test]
    fn a_number_is_missed_only_where_it_is_usual() {
        let mut reported = Reported::default();
        let text = ContentMetrics { reactions: Some(0), ..ContentMetrics::default() };
        reported.add(&ContentMetrics { views: Some(9), ..text.clone() });
        reported.add(&text);
        reported.add(&text);
        let mut odd = Oddities::default();
        reported.tell([false; 8], &mut odd);
        let absent = |odd: &Oddities| odd.iter().map(|(_, names)| names.clone()).collect::<Vec<_>>();
        assert_eq!(absent(&odd), [BTreeMap::from([("views".to_owned(), 2)])], "two texts beside a video");
        let mut odd = Oddities::default();
        reported.tell([true, false, false, true, false, false, false, false], &mut odd);
        let expected = BTreeMap::from([("reach".to_owned(), 3), ("views".to_owned(), 2)]);
        assert_eq!(absent(&odd), [expected], "the account had a reach in the last weeks");
    }
}
