//! One function per thing: all that is wrong with it, at once.

use rookery_kernel::{Finding, Timestamp};
use serde::Serialize;
use serde_json::Value;

use crate::kinds::ExperimentDimension;

/// The share of variant A, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct TrafficSplit(f64);

impl TrafficSplit {
    /// # Errors
    /// A finding on `traffic_split` outside 0–1, or if it is no number.
    pub fn new(share: f64) -> Result<Self, Finding> {
        if (0.0..=1.0).contains(&share) {
            return Ok(Self(share));
        }
        Err(Finding::new("traffic_split", "out_of_range", "Traffic split must be between 0 and 1"))
    }

    /// The share.
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// Weights as they arrive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeightsInput {
    /// Of the solution-seeking score.
    pub sss: f64,
    /// Of the author relationship score.
    pub ars: f64,
    /// Of the velocity.
    pub evs: f64,
    /// Of the topic relevance.
    pub trs: f64,
    /// Of solution seeking × relationship.
    pub sss_ars: f64,
    /// Of velocity × relevance.
    pub evs_trs: f64,
}

/// Weights that hold to the rules: the four are 0 or more and sum to 1 ± 0.001, the two others are 0 or more.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, sqlx::FromRow)]
pub struct Weights {
    sss: f64,
    ars: f64,
    evs: f64,
    trs: f64,
    sss_ars: f64,
    evs_trs: f64,
}

impl Weights {
    /// How far the sum of the four may be from 1.
    pub const TOLERANCE: f64 = 0.001;

    /// The numbers.
    pub const fn get(self) -> WeightsInput {
        WeightsInput {
            sss: self.sss,
            ars: self.ars,
            evs: self.evs,
            trs: self.trs,
            sss_ars: self.sss_ars,
            evs_trs: self.evs_trs,
        }
    }
}

impl Default for Weights {
    fn default() -> Self {
        Self { sss: 0.40, ars: 0.25, evs: 0.20, trs: 0.15, sss_ars: 0.05, evs_trs: 0.03 }
    }
}

/// # Errors
/// All findings: each weight below 0 or no number, then the sum.
pub fn validate_weights(weights: &WeightsInput) -> Result<Weights, Vec<Finding>> {
    let WeightsInput { sss, ars, evs, trs, sss_ars, evs_trs } = *weights;
    let named = [
        ("sss_weight", sss),
        ("ars_weight", ars),
        ("evs_weight", evs),
        ("trs_weight", trs),
        ("sss_ars_weight", sss_ars),
        ("evs_trs_weight", evs_trs),
    ];
    let is_weight = |value: f64| value.is_finite() && value >= 0.0;
    let mut findings: Vec<Finding> = named
        .into_iter()
        .filter(|(_, value)| !is_weight(*value))
        .map(|(field, _)| Finding::new(field, "out_of_range", "Weights must be numbers of 0 or more"))
        .collect();
    let sum = sss + ars + evs + trs;
    // A sum that is no number is within no tolerance.
    let is_one = (sum - 1.0).abs() <= Weights::TOLERANCE;
    if !is_one {
        findings.push(
            Finding::new("weights", "sum", "Weights must sum to 1")
                .suggest("Divide each of the four by their sum; interaction weights do not count."),
        );
    }
    if findings.is_empty() { Ok(Weights { sss, ars, evs, trs, sss_ars, evs_trs }) } else { Err(findings) }
}

/// An experiment as it arrives.
#[derive(Debug, Clone, PartialEq)]
pub struct ExperimentInput {
    /// Its name.
    pub name: String,
    /// What varies.
    pub dimension: String,
    /// The first variant.
    pub variant_a: Value,
    /// The second variant.
    pub variant_b: Value,
    /// Share of A before there is data.
    pub traffic_split: f64,
    /// Begin.
    pub start_date: Option<Timestamp>,
    /// End.
    pub end_date: Option<Timestamp>,
}

/// An experiment that holds to the rules.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ValidExperiment {
    /// What varies.
    pub dimension: ExperimentDimension,
    /// Share of A before there is data.
    pub traffic_split: TrafficSplit,
}

/// # Errors
/// All findings, in the order of the fields.
pub fn validate_experiment(experiment: &ExperimentInput) -> Result<ValidExperiment, Vec<Finding>> {
    let mut findings = Vec::new();
    let name = &experiment.name;
    if !(1..=200).contains(&name.trim().chars().count()) || name.chars().any(char::is_control) {
        findings.push(Finding::new("name", "invalid_line", "Give one line of 1 to 200 characters"));
    }
    let asked = experiment.dimension.to_ascii_lowercase();
    let dimension = ExperimentDimension::ALL.into_iter().find(|dimension| dimension.label() == asked);
    if dimension.is_none() {
        let allowed = ExperimentDimension::ALL.map(ExperimentDimension::label).join(", ");
        findings.push(
            Finding::new("dimension", "not_allowed", "Experiments may not vary this")
                .suggest(format!("Allowed are {allowed}.")),
        );
    }
    if experiment.variant_a == experiment.variant_b {
        findings.push(Finding::new("variant_b", "same", "The variants must differ"));
    }
    let split = TrafficSplit::new(experiment.traffic_split).map_err(|finding| findings.push(finding)).ok();
    if let (Some(start), Some(end)) = (experiment.start_date, experiment.end_date)
        && start >= end
    {
        findings.push(Finding::new("end_date", "before_start", "The end must lie after the start"));
    }
    match (dimension, split) {
        (Some(dimension), Some(traffic_split)) if findings.is_empty() => {
            Ok(ValidExperiment { dimension, traffic_split })
        }
        _ => Err(findings),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const EVEN: WeightsInput = WeightsInput { sss: 0.25, ars: 0.25, evs: 0.25, trs: 0.25, sss_ars: 0.0, evs_trs: 0.0 };

    fn faults(weights: WeightsInput) -> Vec<&'static str> {
        validate_weights(&weights).err().unwrap_or_default().iter().map(|f| f.field).collect()
    }

    #[test]
    fn the_four_weights_sum_to_one() {
        assert!(faults(EVEN).is_empty() && faults(Weights::default().get()).is_empty());
        assert!(faults(WeightsInput { sss: 0.2509, ..EVEN }).is_empty());
        assert_eq!(faults(WeightsInput { sss: 0.2511, ..EVEN }), ["weights"]);
        let error = validate_weights(&WeightsInput { sss: 0.5, ..EVEN }).expect_err("too much");
        assert_eq!(error[0].message, "Weights must sum to 1");
        // Interaction weights do not count.
        assert!(faults(WeightsInput { sss_ars: 9.0, ..EVEN }).is_empty());
    }

    #[test]
    fn all_faults_of_weights_are_found_at_once() {
        let bad = WeightsInput { sss: -0.5, ars: f64::NAN, sss_ars: -1.0, evs_trs: f64::INFINITY, ..EVEN };
        assert_eq!(faults(bad), ["sss_weight", "ars_weight", "sss_ars_weight", "evs_trs_weight", "weights"]);
    }

    #[test]
    fn all_faults_of_an_experiment_are_found_at_once() {
        let at = |seconds| Some(Timestamp::from_secs(seconds));
        let good = ExperimentInput {
            name: "Openers".to_owned(),
            dimension: "OPENER".to_owned(),
            variant_a: json!({"opener": "hey"}),
            variant_b: json!({"opener": "hi"}),
            traffic_split: 1.0,
            start_date: at(1),
            end_date: at(2),
        };
        let valid = validate_experiment(&good).expect("valid");
        assert_eq!((valid.dimension, valid.traffic_split.get()), (ExperimentDimension::Opener, 1.0));
        let bad = ExperimentInput {
            name: " ".to_owned(),
            dimension: "safety thresholds".to_owned(),
            variant_b: good.variant_a.clone(),
            traffic_split: 1.01,
            end_date: at(1),
            ..good
        };
        let fields: Vec<_> = validate_experiment(&bad).expect_err("bad").iter().map(|f| f.field).collect();
        assert_eq!(fields, ["name", "dimension", "variant_b", "traffic_split", "end_date"]);
    }
}
