//! When a change is an alert (spec 6.10 and 6.11). Pure.

use rookery_kernel::{AccountId, Date, labelled};
use serde::Serialize;
use uuid::Uuid;

use super::figure;
use crate::kpi::change_percent;

/// Days of a window if no rule says otherwise.
const WINDOW_DAYS: i16 = 7;
/// A drop needs so much in the window before, a spike so much on its day (spec 6.10 and 6.11).
const BASELINE: i64 = 100;
/// Both windows need this share of the days that accounts should have reported (spec 6.10).
const COMPLETE_MIN: f64 = 0.8;
/// A spike is at least so many times the account's median day (spec 6.11).
const MEDIANS: f64 = 5.0;
/// From this rise on a live session is worth a thought (spec 6.11).
const LIVE_FROM: f64 = 500.0;
/// Most rules of an organization.
pub const RULES_MAX: usize = 500;
/// Longest window of a rule, in days.
const WINDOW_MAX: i16 = 28;

labelled! {
    /// What kind of alert.
    AlertKind, "text", "kind of alert" {
        /// A figure fell from one window to the next.
        KpiDrop = "kpi_drop",
        /// A figure rose from one day to the next.
        ViralSpike = "viral_spike",
    }
}

labelled! {
    /// How bad it is.
    Severity, "text", "severity" {
        /// A fall of half or more.
        Critical = "critical",
        /// A fall of 30 % or more.
        Warning = "warning",
        /// A smaller fall, or good news.
        Info = "info",
    }
}

labelled! {
    /// Which way a figure went.
    AlertDirection, "text", "direction" {
        /// Down, from one window to the next.
        Drop = "drop",
        /// Up, from one day to the next.
        Spike = "spike",
    }
}

labelled! {
    /// A figure that is watched.
    AlertMetric, "text", "figure to watch" {
        /// Engagement ÷ reach, views or impressions; drops only.
        EngagementRate = "engagement_rate",
        /// Sum of post reach.
        Reach = "reach",
        /// Views.
        Views = "views",
        /// Impressions.
        Impressions = "impressions",
        /// Reactions.
        Reactions = "reactions",
        /// Comments.
        Comments = "comments",
        /// Shares.
        Shares = "shares",
        /// Clicks.
        Clicks = "clicks",
        /// Saves; spikes only.
        Saves = "saves",
        /// Reactions, comments and shares; spikes only.
        Engagement = "engagement",
    }
}

labelled! {
    /// Why an alert was closed although its figure did not recover.
    ClosedBecause, "text", "reason to close an alert" {
        /// Nobody collects from the account any more, or from any account of the group.
        NotTracked = "not_tracked",
        /// The account was disconnected, here or at the network.
        Disconnected = "disconnected",
        /// The page group was deleted.
        GroupGone = "group_gone",
    }
}

impl AlertMetric {
    /// The change in percent from which it is an alert if no rule says otherwise (spec 6.10 and 6.11); `None` is never.
    pub const fn threshold(self, direction: AlertDirection) -> Option<f64> {
        Some(match (direction, self) {
            (AlertDirection::Drop, Self::EngagementRate) => 20.0,
            (AlertDirection::Drop, Self::Reach | Self::Comments | Self::Shares | Self::Clicks) => 30.0,
            (AlertDirection::Drop, Self::Views | Self::Impressions | Self::Reactions) => 25.0,
            (AlertDirection::Drop, Self::Saves | Self::Engagement) | (AlertDirection::Spike, Self::EngagementRate) => {
                return None;
            }
            (AlertDirection::Spike, Self::Reach | Self::Shares) => 300.0,
            (AlertDirection::Spike, Self::Views) => 250.0,
            (AlertDirection::Spike, _) => 200.0,
        })
    }

    /// How it is called in a sentence that begins with it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::EngagementRate => "Engagement rate",
            Self::Reach => "Reach",
            Self::Views => "Views",
            Self::Impressions => "Impressions",
            Self::Reactions => "Reactions",
            Self::Comments => "Comments",
            Self::Shares => "Shares",
            Self::Clicks => "Clicks",
            Self::Saves => "Saves",
            Self::Engagement => "Engagement",
        }
    }

    const fn advice(self) -> [&'static str; 2] {
        match self {
            Self::EngagementRate | Self::Engagement | Self::Reactions => {
                ["Compare the formats of the last two weeks.", "Open with a question that is easy to answer."]
            }
            Self::Reach | Self::Views | Self::Impressions => {
                ["Check how many posts went out in both weeks.", "Post at the hours that worked best."]
            }
            Self::Comments => ["Ask for an opinion.", "Answer open comments today."],
            Self::Shares => {
                ["Post something that people want to pass on, such as a checklist.", "Ask whom it could help."]
            }
            Self::Clicks => ["Check that the links work.", "Say in the first line what the link leads to."],
            Self::Saves => ["Post something to come back to, such as a guide.", "Say why it is worth keeping."],
        }
    }
}

/// Where a rule holds or an alert was raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum AlertScope {
    /// Everything that has no rule of its own; no alert has this scope.
    Organization,
    /// A page group, and its accounts.
    Group(Uuid),
    /// An account.
    Account(AccountId),
}

/// From which change on to tell.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AlertRule {
    /// Where it holds.
    pub scope: AlertScope,
    /// The figure.
    pub metric: AlertMetric,
    /// A fall or a rise.
    pub direction: AlertDirection,
    /// Change in percent, above 0; a fall has at most 100.
    pub threshold_pct: f64,
    /// A drop needs so much in the window before (a rate: so much to divide by), a spike so much on its day; at least 1.
    pub min_baseline: i64,
    /// Days of a drop's window, 1 to 28. Spikes compare single days.
    pub window_days: i16,
    /// Off: nothing is raised where it holds.
    pub enabled: bool,
}

/// A rule that cannot hold.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum BadRule {
    /// Nobody watches this figure in this direction.
    #[error("{metric} is not watched for a {direction}")]
    NotWatched {
        /// The figure.
        metric: AlertMetric,
        /// The direction.
        direction: AlertDirection,
    },
    /// The threshold is no change.
    #[error("a threshold is above 0%, and for a drop at most 100%; this one is {0}%")]
    Threshold(f64),
    /// Nothing is no baseline.
    #[error("a baseline is at least 1; this one is {0}")]
    Baseline(i64),
    /// The window is too short or too long.
    #[error("a window has 1 to {WINDOW_MAX} days; this one has {0}")]
    Window(i16),
    /// Two rules say different things about the same.
    #[error("two rules are for {metric}, {direction} and the same scope; keep one")]
    Twice {
        /// The figure.
        metric: AlertMetric,
        /// The direction.
        direction: AlertDirection,
    },
    /// There are too many.
    #[error("at most {RULES_MAX} rules are possible; these are {0}")]
    TooMany(usize),
}

impl AlertRule {
    /// What holds for a figure without rules; `None` if nobody watches it.
    pub fn default_for(metric: AlertMetric, direction: AlertDirection) -> Option<Self> {
        Some(Self {
            scope: AlertScope::Organization,
            metric,
            direction,
            threshold_pct: metric.threshold(direction)?,
            min_baseline: BASELINE,
            window_days: WINDOW_DAYS,
            enabled: true,
        })
    }

    /// Whether rules can hold together.
    ///
    /// # Errors
    /// [`BadRule`], the first one.
    pub fn check_all(rules: &[Self]) -> Result<(), BadRule> {
        if rules.len() > RULES_MAX {
            return Err(BadRule::TooMany(rules.len()));
        }
        let mut seen = std::collections::BTreeSet::new();
        for &Self { scope, metric, direction, threshold_pct, min_baseline, window_days, .. } in rules {
            if metric.threshold(direction).is_none() {
                return Err(BadRule::NotWatched { metric, direction });
            }
            let is_possible = threshold_pct.is_finite()
                && threshold_pct > 0.0
                && (direction == AlertDirection::Spike || threshold_pct <= 100.0);
            if !is_possible {
                return Err(BadRule::Threshold(threshold_pct));
            }
            if min_baseline < 1 {
                return Err(BadRule::Baseline(min_baseline));
            }
            if !(1..=WINDOW_MAX).contains(&window_days) {
                return Err(BadRule::Window(window_days));
            }
            if !seen.insert((scope, metric, direction)) {
                return Err(BadRule::Twice { metric, direction });
            }
        }
        Ok(())
    }

    /// The rule that holds for a scope: its own; for an account then that of its groups, the lowest threshold first; then
    /// the organization's; then the default. `None` if it is switched off or nobody watches the figure.
    pub(super) fn that_holds(
        rules: &[Self],
        scope: AlertScope,
        groups: &[Uuid],
        metric: AlertMetric,
        direction: AlertDirection,
    ) -> Option<Self> {
        let about = || rules.iter().filter(|rule| rule.metric == metric && rule.direction == direction);
        let own = || about().find(|rule| rule.scope == scope);
        let of_groups = || {
            about()
                .filter(|rule| matches!(rule.scope, AlertScope::Group(id) if groups.contains(&id)))
                .min_by(|a, b| a.threshold_pct.total_cmp(&b.threshold_pct))
        };
        let of_all = || about().find(|rule| rule.scope == AlertScope::Organization);
        let rule = own().or_else(of_groups).or_else(of_all).copied();
        rule.or_else(|| Self::default_for(metric, direction)).filter(|rule| rule.enabled)
    }
}

/// A figure over a window, and how much of the window was reported.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Reading {
    /// The figure; `None` is unknown.
    pub value: Option<f64>,
    /// What it stands on: a rate's divisor, else the figure itself.
    pub base: Option<f64>,
    /// Reports of accounts on days.
    pub reported: i64,
    /// Reports that should be there.
    pub expected: i64,
}

impl Reading {
    /// Whether enough was reported to compare; unknown (nothing expected) is not.
    pub fn is_complete(&self) -> bool {
        self.expected > 0 && self.reported as f64 >= COMPLETE_MIN * self.expected as f64
    }
}

/// What two readings say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// Nothing: too little is known. An open alert stays open.
    Unknown,
    /// All is well; an open alert is over.
    Calm,
    /// It is an alert, of this change in percent.
    Alert(Change),
}

/// The change behind an alert.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// Percent; below 0 for a fall.
    pub change_pct: f64,
    /// How bad it is.
    pub severity: Severity,
}

/// Whether a figure fell by its threshold. Unknown if either value is, if either window is less than 80 % complete, or if
/// the window before has less than the rule's baseline.
pub fn judge_drop(rule: &AlertRule, now: &Reading, before: &Reading) -> Verdict {
    if !now.is_complete() || !before.is_complete() {
        return Verdict::Unknown;
    }
    let is_enough = before.base.is_some_and(|base| base >= rule.min_baseline as f64);
    let Some(change_pct) =
        change_percent(now.value, before.value).filter(|_| is_enough && before.value.is_some_and(|v| v > 0.0))
    else {
        return Verdict::Unknown;
    };
    if change_pct > -rule.threshold_pct {
        return Verdict::Calm;
    }
    let severity = match -change_pct {
        50.0.. => Severity::Critical,
        30.0.. => Severity::Warning,
        _ => Severity::Info,
    };
    Verdict::Alert(Change { change_pct, severity })
}

/// Whether a day stands out from the day before: by the threshold, by the rule's floor, and by five of the account's median
/// days. Unknown if a day or the median is, or if the day before had nothing: there is no percentage of nothing.
pub fn judge_spike(rule: &AlertRule, now: Option<f64>, before: Option<f64>, median: Option<f64>) -> Verdict {
    let (Some(value), Some(median)) = (now, median) else { return Verdict::Unknown };
    let Some(change_pct) = change_percent(now, before).filter(|_| before.is_some_and(|v| v > 0.0)) else {
        return Verdict::Unknown;
    };
    let is_high = value >= rule.min_baseline as f64 && value >= MEDIANS * median;
    if change_pct < rule.threshold_pct || !is_high {
        return Verdict::Calm;
    }
    Verdict::Alert(Change { change_pct, severity: Severity::Info })
}

/// What an alert is about, for its words.
pub(super) struct Subject<'a> {
    pub name: &'a str,
    pub metric: AlertMetric,
    pub now: f64,
    pub before: f64,
    pub from: Date,
    pub to: Date,
}

/// A figure as it is written.
fn written(metric: AlertMetric, value: f64) -> String {
    if metric == AlertMetric::EngagementRate { format!("{:.2}%", value * 100.0) } else { figure(value) }
}

/// `23 Feb 2026`.
fn day(date: Date) -> String {
    date.to_jiff().strftime("%-d %b %Y").to_string()
}

impl Subject<'_> {
    /// Title, message and suggestions of a drop.
    pub fn drop_words(&self, found: Change, rule: &AlertRule) -> (String, String, Vec<String>) {
        let (metric, by) = (self.metric.title(), -found.change_pct);
        let title = format!("{metric} of {} fell by {by:.0}%", self.name);
        let message = format!(
            "{metric} was {} from {} to {}, and {} in as many days before: {by:.1}% less. Told from {:.0}% on.",
            written(self.metric, self.now),
            day(self.from),
            day(self.to),
            written(self.metric, self.before),
            rule.threshold_pct,
        );
        (title, message, self.metric.advice().map(str::to_owned).to_vec())
    }

    /// Title, message and suggestions of a spike.
    pub fn spike_words(&self, found: Change, rule: &AlertRule) -> (String, String, Vec<String>) {
        let (metric, by) = (self.metric.title(), found.change_pct);
        let title = format!("{metric} of {} rose by {}%", self.name, figure(by));
        let message = format!(
            "{metric} was {} on {}, and {} on the day before: {}% more. Told from {:.0}% on.",
            written(self.metric, self.now),
            day(self.to),
            written(self.metric, self.before),
            figure(by),
            rule.threshold_pct,
        );
        let mut advice = vec![
            "Post again on the topic within 24 hours.",
            "Answer the comments.",
            "Post it on your other accounts too.",
            "Pin it.",
            "Use its hashtags and its hour again.",
        ];
        if by >= LIVE_FROM {
            advice.insert(0, "Go live while people look.");
        }
        (title, message, advice.into_iter().map(str::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rule(metric: AlertMetric, direction: AlertDirection) -> AlertRule {
        AlertRule::default_for(metric, direction).expect("it is watched")
    }

    fn week(value: f64) -> Reading {
        Reading { value: Some(value), base: Some(value), reported: 7, expected: 7 }
    }

    #[test]
    fn the_thresholds_are_those_of_the_specification() {
        let of = |direction| {
            let known = |m: &AlertMetric| m.threshold(direction).map(|t| (m.label(), t));
            AlertMetric::ALL.iter().filter_map(known).collect::<Vec<_>>()
        };
        assert_eq!(
            of(AlertDirection::Drop),
            [
                ("engagement_rate", 20.0),
                ("reach", 30.0),
                ("views", 25.0),
                ("impressions", 25.0),
                ("reactions", 25.0),
                ("comments", 30.0),
                ("shares", 30.0),
                ("clicks", 30.0),
            ]
        );
        assert_eq!(
            of(AlertDirection::Spike),
            [
                ("reach", 300.0),
                ("views", 250.0),
                ("impressions", 200.0),
                ("reactions", 200.0),
                ("comments", 200.0),
                ("shares", 300.0),
                ("clicks", 200.0),
                ("saves", 200.0),
                ("engagement", 200.0),
            ]
        );
    }

    #[test]
    fn severity_goes_by_the_size_of_the_fall() {
        let views = rule(AlertMetric::Views, AlertDirection::Drop);
        let of = |now: f64| match judge_drop(&views, &week(now), &week(1000.0)) {
            Verdict::Alert(found) => Some(found.severity),
            Verdict::Calm => None,
            Verdict::Unknown => panic!("both weeks are complete"),
        };
        assert_eq!(
            [1000.0, 751.0, 750.0, 700.0, 501.0, 500.0, 0.0].map(of),
            [
                None,
                None,
                Some(Severity::Info),
                Some(Severity::Warning),
                Some(Severity::Warning),
                Some(Severity::Critical),
                Some(Severity::Critical)
            ]
        );
    }

    #[test]
    fn what_is_not_known_is_no_fall() {
        let reach = rule(AlertMetric::Reach, AlertDirection::Drop);
        let five = Reading { reported: 5, ..week(100.0) };
        assert_eq!(judge_drop(&reach, &five, &week(1000.0)), Verdict::Unknown, "a failed collection is no crash");
        assert_eq!(judge_drop(&reach, &week(100.0), &Reading { reported: 5, ..week(1000.0) }), Verdict::Unknown);
        assert!(matches!(judge_drop(&reach, &Reading { reported: 6, ..week(1.0) }, &week(1000.0)), Verdict::Alert(_)));
        assert_eq!(judge_drop(&reach, &week(1.0), &week(99.0)), Verdict::Unknown, "below the baseline");
        assert_eq!(judge_drop(&reach, &Reading { value: None, ..week(0.0) }, &week(1000.0)), Verdict::Unknown);
        assert_eq!(judge_drop(&reach, &Reading::default(), &Reading::default()), Verdict::Unknown);
        let rate = rule(AlertMetric::EngagementRate, AlertDirection::Drop);
        let of = |value, base| Reading { value: Some(value), base: Some(base), reported: 7, expected: 7 };
        assert!(matches!(judge_drop(&rate, &of(0.03, 500.0), &of(0.05, 100.0)), Verdict::Alert(_)));
        assert_eq!(judge_drop(&rate, &of(0.03, 500.0), &of(0.05, 99.0)), Verdict::Unknown, "a rate of few people");
    }

    #[test]
    fn a_spike_stands_out_three_ways() {
        let views = rule(AlertMetric::Views, AlertDirection::Spike);
        let judge = |now, before, median| judge_spike(&views, now, before, median);
        assert!(matches!(
            judge(Some(350.0), Some(100.0), Some(70.0)),
            Verdict::Alert(Change { change_pct: 250.0, .. })
        ));
        assert_eq!(judge(Some(349.0), Some(100.0), Some(10.0)), Verdict::Calm, "below 250 %");
        assert_eq!(judge(Some(350.0), Some(100.0), Some(71.0)), Verdict::Calm, "below five median days");
        assert_eq!(judge(Some(99.0), Some(1.0), Some(0.0)), Verdict::Calm, "below the floor");
        assert_eq!(judge(Some(900.0), Some(0.0), Some(1.0)), Verdict::Unknown, "no percentage of nothing");
        assert_eq!(judge(Some(900.0), None, Some(1.0)), Verdict::Unknown);
        assert_eq!(judge(Some(900.0), Some(1.0), None), Verdict::Unknown);
    }

    #[test]
    fn the_most_specific_rule_holds() {
        let account = AlertScope::Account(AccountId::from_uuid(Uuid::from_u128(1)));
        let (food, travel) = (Uuid::from_u128(2), Uuid::from_u128(3));
        let of =
            |scope, threshold_pct| AlertRule { scope, threshold_pct, ..rule(AlertMetric::Reach, AlertDirection::Drop) };
        let mut rules = vec![];
        let holds = |rules: &[AlertRule]| {
            let drop = AlertDirection::Drop;
            AlertRule::that_holds(rules, account, &[food, travel], AlertMetric::Reach, drop).map(|r| r.threshold_pct)
        };
        assert_eq!(holds(&rules), Some(30.0));
        rules.push(of(AlertScope::Organization, 40.0));
        assert_eq!(holds(&rules), Some(40.0));
        rules.push(of(AlertScope::Group(food), 60.0));
        rules.push(of(AlertScope::Group(travel), 55.0));
        rules.push(of(AlertScope::Group(Uuid::from_u128(9)), 5.0));
        assert_eq!(holds(&rules), Some(55.0));
        rules.push(of(account, 70.0));
        assert_eq!(holds(&rules), Some(70.0));
        rules.push(AlertRule { metric: AlertMetric::Views, ..of(account, 1.0) });
        assert_eq!(holds(&rules), Some(70.0));
        assert_eq!(AlertRule::check_all(&rules), Ok(()));
        rules[4].enabled = false;
        assert_eq!(holds(&rules), None, "switched off for this account");
    }

    #[test]
    fn impossible_rules_are_refused() {
        let good = rule(AlertMetric::Reach, AlertDirection::Drop);
        let check = |rule: AlertRule| AlertRule::check_all(&[rule]);
        assert_eq!(check(AlertRule { threshold_pct: 101.0, ..good }), Err(BadRule::Threshold(101.0)));
        assert_eq!(check(AlertRule { threshold_pct: 0.0, ..good }), Err(BadRule::Threshold(0.0)));
        assert_eq!(check(AlertRule { direction: AlertDirection::Spike, threshold_pct: 101.0, ..good }), Ok(()));
        assert_eq!(check(AlertRule { min_baseline: 0, ..good }), Err(BadRule::Baseline(0)));
        assert_eq!(check(AlertRule { window_days: 29, ..good }), Err(BadRule::Window(29)));
        assert!(matches!(check(AlertRule { metric: AlertMetric::Saves, ..good }), Err(BadRule::NotWatched { .. })));
        assert!(matches!(AlertRule::check_all(&[good, good]), Err(BadRule::Twice { .. })));
    }

    proptest! {
        #[test]
        fn a_drop_is_what_the_definition_says(
            now in 0_i64..2000, before in 0_i64..2000, reported in (0_i64..8, 0_i64..8), threshold in 1_u8..=100,
        ) {
            let rule = AlertRule { threshold_pct: threshold.into(), ..rule(AlertMetric::Views, AlertDirection::Drop) };
            let of = |value: i64, reported| Reading { reported, ..week(value as f64) };
            let verdict = judge_drop(&rule, &of(now, reported.0), &of(before, reported.1));
            // Six of seven days are 80 %, five are not. Whole numbers, so that nothing is rounded.
            let expected = if reported.0 < 6 || reported.1 < 6 || before < 100 {
                None
            } else {
                Some((before - now) * 100 >= before * i64::from(threshold))
            };
            let is_close = ((before - now) * 100 - before * i64::from(threshold)).abs() == 0;
            match verdict {
                Verdict::Unknown => prop_assert_eq!(expected, None),
                Verdict::Calm => prop_assert!(expected == Some(false) || is_close),
                Verdict::Alert(found) => {
                    prop_assert!(expected == Some(true) || is_close);
                    prop_assert!(found.change_pct <= -rule.threshold_pct);
                }
            }
        }
    }
}
