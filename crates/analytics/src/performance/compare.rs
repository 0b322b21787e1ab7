//! Formats beside each other, and the hours that work. Pure.

use serde::{Deserialize, Serialize};

use crate::content::ContentFormat;
use crate::kpi::{Numbers, Rate};
use crate::report::{Heatmap, HeatmapCell};

use super::model::Sums;

/// Fewer items than this say nothing about hours (spec 6.7).
pub const ITEMS_MIN: i64 = 10;
/// So many items make an hour's figure as sure as it gets (spec 6.7).
const SURE_ITEMS: f64 = 5.0;
/// An hour is recommended from here on: two items.
const CONFIDENCE_MIN: f64 = 0.4;
/// Recommended hours.
const SLOTS: usize = 5;

/// How one format did.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FormatRow {
    /// Which.
    pub format: ContentFormat,
    /// Items published.
    pub items: i64,
    /// Items of them that can be rated.
    pub rated_items: i64,
    /// Sums of their newest totals.
    pub numbers: Numbers,
    /// Reactions, comments and shares.
    pub engagement: Option<i64>,
    /// Sum of engagements ÷ sum of what they are divided by.
    pub rate: Rate,
}

impl FormatRow {
    /// Whether there is anything to compare; a format without data cannot win.
    pub fn has_data(&self) -> bool {
        self.rate.value.is_some()
    }
}

/// Formats by their engagement rates, best first; those without data last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FormatComparison {
    /// The formats.
    pub rows: Vec<FormatRow>,
    /// The best; `None` if two share the place or none has data.
    pub winner: Option<ContentFormat>,
    /// Two formats share the first place.
    pub is_tie: bool,
    /// How far the winner is ahead of the next with data, as a difference of ratios (0.01 is one percentage point).
    pub winner_by: Option<f64>,
    /// Items of all formats.
    pub items: i64,
}

impl FormatComparison {
    pub(super) fn of(sums: impl IntoIterator<Item = (ContentFormat, Sums)>) -> Self {
        let mut rows: Vec<FormatRow> = sums
            .into_iter()
            .map(|(format, sums)| FormatRow {
                format,
                items: sums.items,
                rated_items: sums.with_data,
                numbers: sums.numbers,
                engagement: sums.engagement,
                rate: sums.rate(),
            })
            .collect();
        let key = |row: &FormatRow| row.rate.value.unwrap_or(f64::NEG_INFINITY);
        rows.sort_by(|a, b| key(b).total_cmp(&key(a)).then(b.items.cmp(&a.items)));
        let mut rates = rows.iter().filter_map(|row| row.rate.value);
        let (first, second) = (rates.next(), rates.next());
        let is_tie = first.is_some() && first == second;
        Self {
            winner: rows.first().filter(|row| row.has_data() && !is_tie).map(|row| row.format),
            is_tie,
            winner_by: first.zip(second).map(|(first, second)| first - second).filter(|_| !is_tie),
            items: rows.iter().map(|row| row.items).sum(),
            rows,
        }
    }
}

/// An hour of the week to post at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BestSlot {
    /// 1 is Monday.
    pub weekday: u8,
    /// 0 to 23, on the organization's clocks.
    pub hour: u8,
    /// Mean engagement of the items published then.
    pub mean: f64,
    /// How many.
    pub samples: i64,
    /// Items ÷ 5, at most 1.
    pub confidence: f64,
    /// Mean ÷ the best hour's mean.
    pub score: f64,
}

/// When posts are answered.
#[derive(Debug, Clone, PartialEq)]
pub struct BestTime {
    /// All 7 × 24 hours.
    pub heatmap: Heatmap,
    /// At most five hours with two items or more, best first; none below [`ITEMS_MIN`] items.
    pub slots: Vec<BestSlot>,
}

impl BestTime {
    pub(super) fn of(heatmap: Heatmap) -> Self {
        let mut slots = recommended(&heatmap);
        slots.truncate(SLOTS);
        Self { heatmap, slots }
    }

    /// The recommended hours of a weekday (1 is Monday), best first; none below [`ITEMS_MIN`] items of the whole week.
    pub fn slots_on(&self, weekday: u8, count: usize) -> Vec<BestSlot> {
        let mut slots = recommended(&self.heatmap);
        slots.retain(|slot| slot.weekday == weekday);
        slots.truncate(count);
        slots
    }

    /// Whether there are enough items to say anything.
    pub fn is_enough(&self) -> bool {
        self.heatmap.samples >= ITEMS_MIN
    }
}

/// All hours worth posting at, best first.
fn recommended(heatmap: &Heatmap) -> Vec<BestSlot> {
    if heatmap.samples < ITEMS_MIN {
        return Vec::new();
    }
    let best = heatmap.cells.iter().filter_map(|cell| cell.mean).fold(0.0_f64, f64::max);
    let slot = |cell: &HeatmapCell| {
        let mean = cell.mean.filter(|_| best > 0.0)?;
        Some(BestSlot {
            weekday: cell.weekday,
            hour: cell.hour,
            mean,
            samples: cell.samples,
            confidence: confidence(cell.samples),
            score: mean / best,
        })
    };
    let mut slots: Vec<BestSlot> = heatmap.cells.iter().filter_map(slot).collect();
    slots.retain(|slot| slot.confidence >= CONFIDENCE_MIN);
    slots.sort_by(|a, b| b.mean.total_cmp(&a.mean).then(b.samples.cmp(&a.samples)));
    slots
}

/// min(items ÷ 5, 1).
pub(super) fn confidence(samples: i64) -> f64 {
    (samples as f64 / SURE_ITEMS).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kpi::Rated;

    fn sums(items: i64, engagement: i64, reach: i64) -> Sums {
        Sums {
            items,
            with_data: items,
            rated: Rated { engagement, by_reach: reach, ..Rated::default() },
            ..Sums::default()
        }
    }

    #[test]
    fn the_better_rate_wins_by_points_and_no_data_never_wins() {
        let both = FormatComparison::of([
            (ContentFormat::Post, sums(9, 30, 1000)),
            (ContentFormat::Reel, sums(4, 52, 1000)),
            (ContentFormat::Story, Sums { items: 3, ..Sums::default() }),
        ]);
        assert_eq!(both.winner, Some(ContentFormat::Reel));
        assert!((both.winner_by.expect("two have data") - 0.022).abs() < 1e-12);
        assert_eq!(both.rows.last().map(|r| (r.format, r.has_data())), Some((ContentFormat::Story, false)));
        assert_eq!(both.items, 16);
        let one =
            FormatComparison::of([(ContentFormat::Post, sums(2, 1, 100)), (ContentFormat::Reel, Sums::default())]);
        assert_eq!((one.winner, one.winner_by), (Some(ContentFormat::Post), None));
        let none = FormatComparison::of([(ContentFormat::Post, Sums::default())]);
        assert_eq!((none.winner, none.is_tie), (None, false));
        let tie =
            FormatComparison::of([(ContentFormat::Post, sums(2, 1, 100)), (ContentFormat::Reel, sums(4, 2, 200))]);
        assert_eq!((tie.winner, tie.is_tie, tie.winner_by), (None, true, None));
    }

    #[test]
    fn hours_need_two_items_and_a_set_needs_ten() {
        let few = BestTime::of(Heatmap::of(&[(1, 9, 100, 9)]));
        assert!(!few.is_enough() && few.slots.is_empty());
        let enough = BestTime::of(Heatmap::of(&[(1, 9, 100, 10), (4, 18, 500, 1), (4, 12, 60, 3)]));
        let slots: Vec<_> = enough.slots.iter().map(|s| (s.weekday, s.hour, s.samples)).collect();
        assert_eq!(slots, [(4, 12, 3), (1, 9, 10)], "one item is no recommendation");
        assert!((enough.slots[0].confidence - 0.6).abs() < 1e-12);
        assert!((enough.slots[0].score - 20.0 / 500.0).abs() < 1e-12);
        assert!((confidence(50) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_hours_of_a_weekday_are_measured_by_the_whole_week() {
        // Six good hours on a Thursday; the week's list has five places, and Monday's hour is not among them.
        let thursday: Vec<(u8, u8, i64, i64)> = (8..14).map(|hour| (4, hour, 200, 2)).collect();
        let week =
            BestTime::of(Heatmap::of(&[&thursday[..], &[(1, 9, 20, 2), (1, 10, 60, 2), (1, 11, 90, 1)]].concat()));
        assert!(week.slots.iter().all(|slot| slot.weekday == 4) && week.slots.len() == 5);
        let monday: Vec<_> = week.slots_on(1, 3).iter().map(|slot| (slot.hour, slot.score)).collect();
        assert_eq!(monday, [(10, 0.3), (9, 0.1)], "one item is no recommendation, and the best hour is Thursday's");
        assert!(BestTime::of(Heatmap::of(&[(1, 9, 100, 9)])).slots_on(1, 3).is_empty());
    }
}
