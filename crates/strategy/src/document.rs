//! The six parts of a strategy (structure version 1) and their one validation (STR-5).

use std::collections::{BTreeMap, BTreeSet};

use rookery_kernel::{Finding, Platform};
use rookery_publishing::PostFormat;
use serde::{Deserialize, Serialize};

use crate::enums::{ChannelTier, SegmentPriority};

const BRIEF_LIMIT: usize = 2_000;
const WEEKS: usize = 13;
const HORIZON_DAYS: u16 = 90;
/// Percentages of pillars may miss 100 by this much; the double of it and more is scaled, up to [`SLIP`].
const TOLERANCE: f64 = 1.0;
/// A sum further from 100 than this is no slip of the pen.
const SLIP: f64 = 10.0;

/// A whole strategy as it is stored in `strategy.ai_strategies`, one column per part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StrategyDocument {
    /// What the company stands for.
    pub positioning: Positioning,
    /// Whom it speaks to: 1 to 6.
    pub audience_segments: Vec<Segment>,
    /// What it speaks about: 3 to 7.
    pub content_pillars: Vec<Pillar>,
    /// Where: one entry per network.
    pub channel_plan: Vec<Channel>,
    /// How often.
    pub cadence: Cadence,
    /// What when: 13 weeks.
    pub calendar_skeleton: CalendarSkeleton,
}

/// What the company stands for.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Positioning {
    /// In at most 2,000 characters.
    pub brief: String,
    /// Why this and nothing else.
    #[serde(alias = "uniqueValueProposition")]
    pub unique_value_proposition: String,
    /// What is said first, and what supports it.
    pub messaging_hierarchy: MessagingHierarchy,
    /// 1 to 7.
    #[serde(alias = "keyDifferentiators", alias = "differentiators")]
    pub key_differentiators: Vec<String>,
    /// What people get.
    #[serde(alias = "valueProps")]
    pub value_props: Vec<String>,
}

/// What is said first, and what supports it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MessagingHierarchy {
    /// The one message.
    #[serde(alias = "primaryMessage")]
    pub primary: String,
    /// Messages below it.
    pub supporting: Vec<String>,
    /// What proves them.
    pub proof_points: Vec<String>,
}

/// People to speak to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// Stable short name.
    pub key: String,
    /// Name for people.
    pub name: String,
    /// Who they are.
    #[serde(default)]
    pub description: String,
    /// Share of the audience in percent, where it is known.
    #[serde(default)]
    pub share_percent: Option<f64>,
    /// How much they matter.
    pub priority: SegmentPriority,
    /// What troubles them.
    #[serde(default, alias = "painPoints")]
    pub pain_points: Vec<String>,
    /// What to tell them.
    #[serde(default, alias = "messages")]
    pub key_messages: Vec<String>,
    /// Where they are.
    #[serde(default)]
    pub platforms: Vec<Platform>,
    /// What they want.
    #[serde(default)]
    pub goals: Vec<String>,
}

/// A subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pillar {
    /// Stable short name; calendar entries refer to it.
    pub key: String,
    /// Name for people.
    pub name: String,
    /// What it is about.
    #[serde(default)]
    pub description: String,
    /// Share of the posts in percent; all missing means an even split.
    #[serde(default)]
    pub percentage: Option<f64>,
    /// Narrower subjects.
    #[serde(default)]
    pub topics: Vec<String>,
    /// Headlines and hooks.
    #[serde(default)]
    pub examples: Vec<String>,
    /// Words.
    #[serde(default)]
    pub keywords: Vec<String>,
    /// Where it fits.
    #[serde(default)]
    pub platforms: Vec<Platform>,
}

/// What a network is for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    /// The network, once in the plan.
    pub platform: Platform,
    /// How much it matters.
    pub tier: ChannelTier,
    /// What for.
    #[serde(default)]
    pub focus: String,
    /// Posts per week.
    pub posts_per_week: f64,
    /// What is shown there.
    #[serde(default)]
    pub formats: Vec<PostFormat>,
    /// When it is best.
    #[serde(default)]
    pub best_windows: Vec<PostingWindow>,
    /// IANA zone of the windows.
    #[serde(default)]
    pub timezone: Option<String>,
    /// Subreddits and the like.
    #[serde(default)]
    pub communities: Vec<String>,
}

/// Days of the week with a time span.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PostingWindow {
    /// 1 = Monday to 7 = Sunday.
    pub days: Vec<u8>,
    /// `HH:MM`.
    pub start: String,
    /// `HH:MM`, after the start.
    pub end: String,
}

/// How often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cadence {
    /// IANA zone of the weeks.
    pub timezone: String,
    /// Posts per week on all networks.
    pub per_week_total: f64,
    /// Posts per week on each.
    pub by_platform: BTreeMap<Platform, f64>,
    /// Notes for daily, weekly and monthly work.
    #[serde(default)]
    pub notes: BTreeMap<String, String>,
}

/// What when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalendarSkeleton {
    /// Always 90.
    pub horizon_days: u16,
    /// Thirteen, in order.
    pub weeks: Vec<CalendarWeek>,
}

/// A week of the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalendarWeek {
    /// 1 to 13.
    pub week: u8,
    /// What it is about.
    #[serde(default)]
    pub theme: String,
    /// Its entries.
    #[serde(default)]
    pub entries: Vec<CalendarEntry>,
}

/// An idea for a day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalendarEntry {
    /// 1 = Monday to 7 = Sunday.
    pub day: u8,
    /// Where.
    pub platform: Platform,
    /// The pillar it belongs to.
    pub pillar_key: String,
    /// The series it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series_name: Option<String>,
    /// What is shown.
    pub format: PostFormat,
    /// What it says.
    pub idea: String,
}

/// A document that may be stored, with what was put right on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// The document.
    pub document: StrategyDocument,
    /// Small slips that were repaired, in words.
    pub repairs: Vec<String>,
}

impl StrategyDocument {
    /// Reads what a person or a language model wrote, and [checks](Self::check) it.
    ///
    /// # Errors
    /// One finding if the structure is another, with its place; else everything that is wrong.
    pub fn read(json: &serde_json::Value) -> Result<Checked, Vec<Finding>> {
        match Self::deserialize(json) {
            Ok(document) => document.check(),
            Err(error) => Err(vec![Finding::new("document", "structure", format!("This is no strategy: {error}."))]),
        }
    }

    /// Repairs small slips (missing or nearly right percentages, wrong totals) and checks the rest.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn check(mut self) -> Result<Checked, Vec<Finding>> {
        let mut repairs = Vec::new();
        self.repair_percentages(&mut repairs);
        self.repair_total(&mut repairs);
        let mut found = Vec::new();
        self.check_positioning(&mut found);
        self.check_segments(&mut found);
        self.check_pillars(&mut found);
        self.check_channels(&mut found);
        self.check_calendar(&mut found);
        if found.is_empty() { Ok(Checked { document: self, repairs }) } else { Err(found) }
    }

    fn repair_percentages(&mut self, repairs: &mut Vec<String>) {
        let count = self.content_pillars.len();
        if count == 0 {
            return;
        }
        if self.content_pillars.iter().all(|p| p.percentage.is_none()) {
            let even = 100.0 / f64::from(u32::try_from(count).unwrap_or(u32::MAX));
            for pillar in &mut self.content_pillars {
                pillar.percentage = Some(even);
            }
            repairs.push(format!("no pillar had a share; each of the {count} got the same"));
            return;
        }
        let sum = self.pillar_sum();
        let off = (sum - 100.0).abs();
        if off > TOLERANCE && off <= SLIP {
            for pillar in &mut self.content_pillars {
                pillar.percentage = pillar.percentage.map(|p| p * 100.0 / sum);
            }
            repairs.push(format!("the shares of the pillars added up to {sum:.1} and were scaled to 100"));
        }
    }

    fn repair_total(&mut self, repairs: &mut Vec<String>) {
        let sum: f64 = self.cadence.by_platform.values().sum();
        if sum.is_finite() && (sum - self.cadence.per_week_total).abs() > f64::EPSILON {
            let told = self.cadence.per_week_total;
            repairs.push(format!("{told} posts a week were told, the networks add up to {sum}; the sum holds"));
            self.cadence.per_week_total = sum;
        }
    }

    fn pillar_sum(&self) -> f64 {
        self.content_pillars.iter().filter_map(|p| p.percentage).sum()
    }

    fn check_positioning(&self, found: &mut Vec<Finding>) {
        const FIELD: &str = "positioning";
        let p = &self.positioning;
        if p.brief.trim().is_empty() {
            found.push(Finding::new(FIELD, "required", "The brief is missing."));
        } else if p.brief.chars().count() > BRIEF_LIMIT {
            found.push(Finding::new(FIELD, "too_long", format!("The brief is longer than {BRIEF_LIMIT} characters.")));
        }
        if p.unique_value_proposition.trim().is_empty() {
            found.push(Finding::new(FIELD, "required", "The unique value proposition is missing."));
        }
        if !(1..=7).contains(&p.key_differentiators.len()) {
            found.push(Finding::new(FIELD, "count", "There must be 1 to 7 key differentiators."));
        }
    }

    fn check_segments(&self, found: &mut Vec<Finding>) {
        const FIELD: &str = "audience_segments";
        let segments = &self.audience_segments;
        if !(1..=6).contains(&segments.len()) {
            found.push(Finding::new(FIELD, "count", "There must be 1 to 6 audience segments."));
        }
        unique(FIELD, "segment", segments.iter().map(|s| s.key.as_str()), found);
        let shares: Vec<f64> = segments.iter().filter_map(|s| s.share_percent).collect();
        if shares.iter().any(|s| !(0.0..=100.0).contains(s)) {
            found.push(Finding::new(FIELD, "range", "A share must be between 0 and 100 percent."));
        } else if shares.iter().sum::<f64>() > 100.0 + TOLERANCE {
            found.push(Finding::new(FIELD, "sum", "The shares of the segments add up to more than 100 percent."));
        }
    }

    fn check_pillars(&self, found: &mut Vec<Finding>) {
        const FIELD: &str = "content_pillars";
        let pillars = &self.content_pillars;
        if !(3..=7).contains(&pillars.len()) {
            found.push(Finding::new(FIELD, "count", "There must be 3 to 5 content pillars, or up to 7 on request."));
        }
        unique(FIELD, "pillar", pillars.iter().map(|p| p.key.as_str()), found);
        if pillars.iter().any(|p| p.percentage.is_none_or(|share| !(0.0..=100.0).contains(&share))) {
            found.push(Finding::new(FIELD, "range", "Every pillar needs a share between 0 and 100 percent."));
        } else if !pillars.is_empty() && (self.pillar_sum() - 100.0).abs() > TOLERANCE {
            let sum = self.pillar_sum();
            let message = format!("The shares of the pillars add up to {sum:.1}, not to 100.");
            found.push(Finding::new(FIELD, "sum", message));
        }
    }

    fn check_channels(&self, found: &mut Vec<Finding>) {
        let mut seen = BTreeSet::new();
        for channel in &self.channel_plan {
            if !seen.insert(channel.platform) {
                let message = format!("{} stands in the channel plan twice.", channel.platform);
                found.push(Finding::new("channel_plan", "duplicate", message));
            }
            if !(0.0..=1_000.0).contains(&channel.posts_per_week) {
                let message = format!("Posts per week on {} must be 0 to 1,000.", channel.platform);
                found.push(Finding::new("channel_plan", "range", message));
            }
            let bad = channel.best_windows.iter().any(|w| {
                w.days.iter().any(|d| !(1..=7).contains(d))
                    || !is_time(&w.start)
                    || !is_time(&w.end)
                    || w.end <= w.start
            });
            if bad {
                let message = format!(
                    "A window on {} needs days 1 to 7, and HH:MM with an end after the start.",
                    channel.platform
                );
                found.push(Finding::new("channel_plan", "window", message));
            }
        }
        if self.channel_plan.is_empty() {
            found.push(Finding::new("channel_plan", "count", "The channel plan needs at least one network."));
        }
        for (platform, posts) in &self.cadence.by_platform {
            if !seen.contains(platform) {
                let message = format!("{platform} has a cadence and does not stand in the channel plan.");
                found.push(Finding::new("cadence", "unknown_platform", message));
            }
            if !(0.0..=1_000.0).contains(posts) {
                let message = format!("Posts per week on {platform} must be 0 to 1,000.");
                found.push(Finding::new("cadence", "range", message));
            }
        }
    }

    fn check_calendar(&self, found: &mut Vec<Finding>) {
        const FIELD: &str = "calendar_skeleton";
        let calendar = &self.calendar_skeleton;
        if calendar.horizon_days != HORIZON_DAYS {
            found.push(Finding::new(FIELD, "range", format!("The horizon must be {HORIZON_DAYS} days.")));
        }
        if calendar.weeks.len() != WEEKS || calendar.weeks.iter().zip(1_u8..).any(|(week, no)| week.week != no) {
            found.push(Finding::new(FIELD, "count", format!("There must be {WEEKS} weeks, numbered 1 to {WEEKS}.")));
        }
        let pillars: BTreeSet<&str> = self.content_pillars.iter().map(|p| p.key.as_str()).collect();
        let channels: BTreeSet<Platform> = self.channel_plan.iter().map(|c| c.platform).collect();
        for (week, entry) in calendar.weeks.iter().flat_map(|w| w.entries.iter().map(move |e| (w.week, e))) {
            if !(1..=7).contains(&entry.day) {
                found.push(Finding::new(
                    FIELD,
                    "range",
                    format!("Week {week}: day {} is no day of a week.", entry.day),
                ));
            }
            if !pillars.contains(entry.pillar_key.as_str()) {
                let message = format!("Week {week} names the pillar {:?}, which does not exist.", entry.pillar_key);
                found.push(Finding::new(FIELD, "unknown_pillar", message));
            }
            if !channels.contains(&entry.platform) {
                let message =
                    format!("Week {week} names {}, which does not stand in the channel plan.", entry.platform);
                found.push(Finding::new(FIELD, "unknown_platform", message));
            }
        }
    }
}

fn unique<'a>(field: &'static str, what: &str, keys: impl Iterator<Item = &'a str>, found: &mut Vec<Finding>) {
    let mut seen = BTreeSet::new();
    for key in keys {
        if key.trim().is_empty() {
            found.push(Finding::new(field, "required", format!("A {what} has no key.")));
        } else if !seen.insert(key) {
            found.push(Finding::new(field, "duplicate", format!("Two {what}s have the key {key:?}.")));
        }
    }
}

/// `HH:MM` on a 24-hour clock.
fn is_time(text: &str) -> bool {
    let Some((hours, minutes)) = text.split_once(':') else { return false };
    let number = |part: &str, below: u8| part.len() == 2 && part.parse::<u8>().is_ok_and(|n| n < below);
    number(hours, 24) && number(minutes, 60)
}
