//! How one content grew, beside what is usual on its account. Pure.

use super::model::Measure;
use crate::daily::MetricBasis;

/// Ages are compared up to here, in days.
pub const AGE_MAX: i64 = 90;
/// What has a curve, in the order in which one is shown where nobody says which: the first that is known of the content.
pub const CURVE_MEASURES: [Measure; 9] = [
    Measure::Reach,
    Measure::Impressions,
    Measure::Views,
    Measure::Engagement,
    Measure::Reactions,
    Measure::Comments,
    Measure::Shares,
    Measure::Clicks,
    Measure::Saves,
];
/// Fewer items at an age say nothing about what is usual.
pub const PEERS_MIN: usize = 5;

/// What is usual at an age.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PeerPoint {
    /// The median of the items that are this old; `None` below [`PEERS_MIN`] items: not enough data.
    pub median: Option<f64>,
    /// How many items are known at this age.
    pub items: usize,
}

/// One content's totals by age, beside the usual ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Totals at ages 0, 1, 2 … days; `None` where nothing was read.
    pub values: Vec<Option<i64>>,
    /// What is usual at the same ages.
    pub usual: Vec<PeerPoint>,
    /// Items of the account that were published in the 90 days before.
    pub peers: usize,
}

/// A reading: age in days, what its number means, the number.
pub(super) type Reading = (i64, MetricBasis, Option<i64>);

/// The known totals by age, oldest reading first: lifetime totals as they are, numbers of days added up. What a network
/// books on a day before publishing, because its days end elsewhere, counts as age 0.
pub(super) fn totals(readings: &[Reading]) -> Vec<(i64, i64)> {
    let mut sum = 0_i64;
    let mut known: Vec<(i64, i64)> = Vec::with_capacity(readings.len());
    for (age, basis, value) in readings {
        let Some(value) = value else { continue };
        let age = (*age).max(0);
        let value = match basis {
            MetricBasis::Lifetime => *value,
            MetricBasis::Day => {
                sum = sum.saturating_add(*value);
                sum
            }
        };
        match known.last_mut() {
            Some(last) if last.0 == age => last.1 = value,
            _ => known.push((age, value)),
        }
    }
    known
}

/// The total at an age: the last known one, if the item was read at this age or later. Older items are not read every
/// day; one that is younger is not counted.
fn at_age(known: &[(i64, i64)], age: i64) -> Option<i64> {
    known.last().filter(|(last, _)| *last >= age)?;
    let after = known.partition_point(|(known, _)| *known <= age);
    after.checked_sub(1).map(|n| known[n].1)
}

fn median(mut values: Vec<i64>) -> Option<f64> {
    if values.len() < PEERS_MIN {
        return None;
    }
    values.sort_unstable();
    let middle = values.len() / 2;
    Some(if values.len() % 2 == 1 {
        values[middle] as f64
    } else {
        f64::midpoint(values[middle - 1] as f64, values[middle] as f64)
    })
}

impl Curve {
    /// Over the ages that the item has reached, at most [`AGE_MAX`].
    pub(super) fn of(own: &[Reading], peers: &[Vec<Reading>]) -> Self {
        let own = totals(own);
        let last = own.last().map_or(0, |(age, _)| (*age).min(AGE_MAX));
        let values = (0..=last).map(|age| own.iter().find(|(known, _)| *known == age).map(|(_, value)| *value));
        let peers: Vec<Vec<(i64, i64)>> = peers.iter().map(|readings| totals(readings)).collect();
        let usual = (0..=last).map(|age| {
            let values: Vec<i64> = peers.iter().filter_map(|known| at_age(known, age)).collect();
            PeerPoint { items: values.len(), median: median(values) }
        });
        Self { values: values.collect(), usual: usual.collect(), peers: peers.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use MetricBasis::{Day, Lifetime};

    #[test]
    fn totals_stay_and_days_are_added_up() {
        assert_eq!(
            totals(&[(-1, Lifetime, Some(2)), (0, Lifetime, Some(5)), (3, Lifetime, None), (4, Lifetime, Some(9))]),
            [(0, 5), (4, 9)]
        );
        assert_eq!(totals(&[(0, Day, Some(5)), (1, Day, None), (2, Day, Some(3))]), [(0, 5), (2, 8)]);
    }

    #[test]
    fn what_is_usual_needs_five_items_that_are_old_enough() {
        let peer = |values: &[(i64, i64)]| values.iter().map(|(age, v)| (*age, Lifetime, Some(*v))).collect::<Vec<_>>();
        let peers: Vec<Vec<Reading>> =
            (1..=5).map(|n| peer(&[(0, n), (2, n * 10)])).chain([peer(&[(0, 100)])]).collect();
        let curve = Curve::of(&peer(&[(0, 7), (2, 8), (3, 9)]), &peers);
        assert_eq!(curve.values, [Some(7), None, Some(8), Some(9)]);
        let usual: Vec<_> = curve.usual.iter().map(|p| (p.median, p.items)).collect();
        // At age 1 the items that were read later too count with what they had; the young one does not.
        assert_eq!(usual, [(Some(3.5), 6), (Some(3.0), 5), (Some(30.0), 5), (None, 0)]);
        let four = Curve::of(&peer(&[(0, 1)]), &peers[..4]);
        assert_eq!((four.usual[0].median, four.usual[0].items), (None, 4));
    }
}
