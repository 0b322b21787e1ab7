//! Scores of weekdays and hours. Pure.

use std::collections::BTreeMap;

use rookery_kernel::{Platform, Timestamp, Zone};

use crate::slots::weekday;

/// Publications of so many days count.
pub const WINDOW_DAYS: i64 = 30;
/// An hour with fewer publications has no score.
pub const SAMPLES_MIN: usize = 3;
/// An hour is shown from this confidence on, which is seven publications.
pub const CONFIDENCE_MIN: f64 = 0.7;
/// So many publications are full confidence.
const SAMPLES_FULL: f64 = 10.0;
/// What engagement rate, reach and clicks weigh.
const WEIGHTS: [f64; 3] = [0.5, 0.3, 0.2];

/// A publication and its newest numbers. `None` is "not reported".
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Where.
    pub platform: Platform,
    /// When it came out.
    pub published_at: Timestamp,
    /// Engagement rate in percent (PUB-49).
    pub engagement_rate: Option<f64>,
    /// Likes, comments and shares; stands for the rate where a network names nothing to divide by.
    pub engagement: Option<i64>,
    /// People reached.
    pub reach: Option<i64>,
    /// Clicks.
    pub clicks: Option<i64>,
}

/// How posts of one network did at an hour of the week.
#[derive(Debug, Clone, PartialEq)]
pub struct BestTime {
    /// Where.
    pub platform: Platform,
    /// 0 = Sunday.
    pub weekday: u8,
    /// 0 to 23, by the clock of the organization's zone.
    pub hour: u8,
    /// 0 to 1; 0.5 is as well as the organization's posts on that network do on the whole.
    pub score: f64,
    /// Mean engagement rate in percent of those that have one, else 0.
    pub engagement: f64,
    /// Mean reach of those that have one, else 0.
    pub reach: f64,
    /// Mean clicks of those that have some known, else 0.
    pub clicks: f64,
    /// Publications.
    pub samples: usize,
    /// `min(samples ÷ 10, 1)`.
    pub confidence: f64,
}

/// The hours with at least three publications, in the order of network, weekday and hour.
///
/// The score of an hour is the mean score of its publications. That of a publication is 0.5 × the percentile of its
/// engagement rate + 0.3 × that of its reach + 0.2 × that of its clicks, among the organization's publications on the same
/// network; what is not reported is left out and the weights of the rest are scaled to 1. Equal numbers share the middle of
/// their places. On a network that names no base for a rate the engagement itself takes the rate's place.
pub fn compute(samples: &[Sample], zone: &Zone) -> Vec<BestTime> {
    let mut networks: BTreeMap<Platform, Vec<&Sample>> = BTreeMap::new();
    for sample in samples {
        networks.entry(sample.platform).or_default().push(sample);
    }
    networks.into_values().flat_map(|samples| of_network(&samples, zone)).collect()
}

fn of_network(samples: &[&Sample], zone: &Zone) -> Vec<BestTime> {
    let scores = scores(samples);
    let mut hours: BTreeMap<(u8, u8), Vec<usize>> = BTreeMap::new();
    for (place, sample) in samples.iter().enumerate() {
        let hour = zone.local(sample.published_at).hour().unsigned_abs();
        hours.entry((weekday(zone.date(sample.published_at)), hour)).or_default().push(place);
    }
    let hour = |((weekday, hour), places): ((u8, u8), Vec<usize>)| {
        let score = mean(places.iter().filter_map(|place| scores[*place]))?;
        let of =
            |f: fn(&Sample) -> Option<f64>| mean(places.iter().filter_map(|place| f(samples[*place]))).unwrap_or(0.0);
        (places.len() >= SAMPLES_MIN).then(|| BestTime {
            platform: samples[0].platform,
            weekday,
            hour,
            score,
            engagement: of(|s| s.engagement_rate),
            reach: of(|s| s.reach.map(float)),
            clicks: of(|s| s.clicks.map(float)),
            samples: places.len(),
            confidence: (count(places.len()) / SAMPLES_FULL).min(1.0),
        })
    };
    hours.into_iter().filter_map(hour).collect()
}

/// The score of each publication; `None` if nothing of it is known.
fn scores(samples: &[&Sample]) -> Vec<Option<f64>> {
    let has_rates = samples.iter().any(|s| s.engagement_rate.is_some());
    let engagement = |s: &&Sample| if has_rates { s.engagement_rate } else { s.engagement.map(float) };
    let families = [
        percentiles(&samples.iter().map(engagement).collect::<Vec<_>>()),
        percentiles(&samples.iter().map(|s| s.reach.map(float)).collect::<Vec<_>>()),
        percentiles(&samples.iter().map(|s| s.clicks.map(float)).collect::<Vec<_>>()),
    ];
    let score = |place: usize| {
        let known = families.iter().zip(WEIGHTS).filter_map(|(family, weight)| Some((family[place]?, weight)));
        let (sum, weights) = known.fold((0.0, 0.0), |(sum, all), (value, weight)| (sum + value * weight, all + weight));
        (weights > 0.0).then(|| sum / weights)
    };
    (0..samples.len()).map(score).collect()
}

/// The place of each known value among the known ones, 0 to 1; a single one stands in the middle.
fn percentiles(values: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut sorted: Vec<f64> = values.iter().copied().flatten().collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let place = |value: f64| {
        let below = sorted.partition_point(|other| *other < value);
        let equal = sorted.partition_point(|other| *other <= value) - below;
        if sorted.len() == 1 {
            return 0.5;
        }
        (count(below) + count(equal - 1) / 2.0) / count(sorted.len() - 1)
    };
    values.iter().map(|value| value.map(place)).collect()
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0_usize), |(sum, n), value| (sum + value, n + 1));
    (n > 0).then(|| sum / count(n))
}

fn count(n: usize) -> f64 {
    n as f64
}

fn float(n: i64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(at: &str, rate: Option<f64>, reach: Option<i64>, clicks: Option<i64>) -> Sample {
        let published_at = at.parse().expect("a time");
        let engagement = Some(reach.unwrap_or(0) / 10);
        Sample { platform: Platform::Linkedin, published_at, engagement_rate: rate, engagement, reach, clicks }
    }

    /// Mondays at nine do best, Tuesdays at nine worst; Wednesday has two posts.
    fn month() -> Vec<Sample> {
        let mut all = Vec::new();
        for (week, day) in [2, 9, 16].into_iter().enumerate() {
            let step = i64::try_from(week).expect("few");
            let [monday, tuesday, wednesday] = [0, 1, 2].map(|n| format!("2026-03-{:02}T08:30:00Z", day + n));
            all.push(sample(&monday, Some(8.0 + count(week)), Some(800 + step), Some(10)));
            all.push(sample(&tuesday, Some(2.0 + count(week)), Some(200 + step), None));
            if week < 2 {
                all.push(sample(&wednesday, Some(5.0), None, None));
            }
        }
        all
    }

    #[test]
    fn a_fixed_set_gives_a_fixed_table() {
        let berlin: Zone = "Europe/Berlin".parse().expect("known");
        let table: Vec<(u8, u8, usize, String, String)> = compute(&month(), &berlin)
            .iter()
            .map(|t| (t.weekday, t.hour, t.samples, rounded(t.score), rounded(t.confidence)))
            .collect();
        // Rates by place of seven steps: Tuesdays 0, 1, 2, the Wednesdays 3.5 each, Mondays 5, 6, 7. Reach of five: 0, 1, 2
        // and 3, 4, 5. Clicks of the Mondays are equal: the middle.
        let monday = (0.5 * 6.0 / 7.0) + (0.3 * 4.0 / 5.0) + (0.2 * 0.5);
        let tuesday = (0.5 * 1.0 / 7.0 + 0.3 * 1.0 / 5.0) / 0.8;
        let confidence = rounded(0.3);
        assert_eq!(table, [(1, 9, 3, rounded(monday), confidence.clone()), (2, 9, 3, rounded(tuesday), confidence)]);
    }

    /// As the column holds it.
    fn rounded(value: f64) -> String {
        format!("{value:.4}")
    }

    #[test]
    fn without_a_base_engagement_itself_decides_and_without_numbers_nothing_does() {
        let at = |day: usize| format!("2026-03-{:02}T08:00:00Z", 2 + 7 * day);
        let silent: Vec<Sample> =
            (0..3).map(|n| Sample { engagement: None, ..sample(&at(n), None, None, None) }).collect();
        assert_eq!(compute(&silent, &Zone::utc()), []);
        let mut loud: Vec<Sample> =
            (0..3).map(|n| Sample { engagement: Some(50), ..sample(&at(n), None, None, None) }).collect();
        loud.extend((0..3).map(|n| {
            let later = at(n).replace("T08", "T20");
            Sample { engagement: Some(5), ..sample(&later, None, None, None) }
        }));
        let table = compute(&loud, &Zone::utc());
        assert!(table[0].score > 0.5 && table[1].score < 0.5, "{table:?}");
        assert_eq!((table[0].hour, table[1].hour), (8, 20));
    }

    #[test]
    fn scores_stay_between_nothing_and_one() {
        for time in compute(&month(), &Zone::utc()) {
            assert!((0.0..=1.0).contains(&time.score) && (0.0..=1.0).contains(&time.confidence), "{time:?}");
        }
        assert_eq!(percentiles(&[Some(3.0)]), [Some(0.5)]);
        assert_eq!(percentiles(&[Some(1.0), None, Some(1.0)]), [Some(0.5), None, Some(0.5)]);
    }
}
