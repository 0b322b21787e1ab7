//! Briefs and alerts as people read them.

use rookery_accounts::Account;
use rookery_analytics::{
    Alert, AlertKind, BriefFigure, BriefHours, BriefParts, ClosedBecause, Completeness, DailyBrief, FormatComparison,
    ITEMS_MIN, Priority, Recommendation, RecommendationStatus, Severity, TableRow, Trend,
};
use rookery_kernel::{AccountId, ContentId, Date, Zone};

use super::super::figures::{Change, basis_name, change, day, days, format_name, measure_name, value};
use super::super::format::{colour, moment, number, number_or_dash, percent, rounded, snippet, tenths, time_of_day};
use crate::insights::BriefQuery;
use crate::lens::address;

/// Characters of a content's title, beside its numbers.
const TITLE_MAX: usize = 60;

pub(super) struct Tile {
    pub label: &'static str,
    pub value: Option<String>,
    pub change: Option<Change>,
    pub day: String,
    pub note: Option<String>,
}

pub(super) struct Missing {
    pub name: String,
    pub network: &'static str,
    pub colour: &'static str,
    pub reason: String,
}

/// What stands above a brief that lacks accounts.
pub(super) struct Gap {
    pub text: String,
    pub missing: Vec<Missing>,
}

pub(super) struct Advice {
    pub id: String,
    pub priority: &'static str,
    pub tone: &'static str,
    pub title: String,
    pub reason: String,
    /// Content and tag behind it: what the link says and where it leads.
    pub evidence: Vec<(String, String)>,
    /// What the draft begins with.
    pub begins: Option<String>,
    pub state: Option<String>,
    pub post: Option<String>,
    pub is_dismissed: bool,
}

pub(super) struct Topic {
    pub name: String,
    pub href: String,
    pub score: String,
    pub is_new: bool,
    pub reason: String,
    pub posts: Vec<(String, String)>,
}

pub(super) struct Hour {
    pub at: String,
    pub text: String,
    pub share: u8,
}

pub(super) struct TopLine {
    pub title: String,
    pub href: String,
    pub account: String,
    pub network: &'static str,
    pub colour: &'static str,
    pub reach: String,
    pub engagement: String,
    pub rate: String,
}

pub(super) struct FormatLine {
    pub name: &'static str,
    pub items: String,
    pub rate: Option<String>,
    pub basis: &'static str,
}

/// A brief.
pub(super) struct Morning {
    pub title: String,
    pub as_of: String,
    pub previous: String,
    pub next: Option<String>,
    /// Where "compute anew" goes.
    pub compute: String,
    pub gap: Option<Gap>,
    pub tiles: Vec<Tile>,
    pub week: String,
    pub open: Vec<Advice>,
    pub decided: Vec<Advice>,
    pub no_advice: &'static str,
    pub topics: Vec<Topic>,
    pub topics_as_of: Option<String>,
    pub hours: Vec<Hour>,
    pub hours_note: String,
    pub top: Vec<TopLine>,
    pub formats: Vec<FormatLine>,
    pub formats_note: String,
}

impl Morning {
    pub(super) fn of(brief: DailyBrief, accounts: &[Account], zone: &Zone, today: Date, query: &BriefQuery) -> Self {
        let parts = brief.parts;
        let on = |date: Date| {
            let date = date.to_string();
            let mut words = query.words();
            words.retain(|(name, _)| *name != "date");
            words.insert(0, ("date", &date));
            address("/insights", &words)
        };
        let (open, decided): (Vec<_>, Vec<_>) =
            brief.recommendations.into_iter().partition(|one| one.status == RecommendationStatus::Open);
        let advice = |one| Advice::of(one, &parts, accounts, zone);
        Self {
            title: brief.date.to_jiff().strftime("%A, %-d %B %Y").to_string(),
            as_of: format!("numbers up to {}, computed {}", day(parts.day), moment(brief.generated_at, zone)),
            previous: on(brief.date.plus_days(-1)),
            next: (brief.date < today).then(|| on(brief.date.plus_days(1))),
            compute: address("/insights/compute", &query.words()),
            gap: gap(&parts.completeness, parts.day),
            tiles: parts.figures.iter().map(|figure| tile(figure, parts.day)).collect(),
            week: days(parts.week().from, parts.week().to),
            no_advice: if brief.date == today {
                "Nothing today. A recommendation needs numbers behind it: a topic that rises, a good hour to come, a format that is a point ahead, or a post of the week."
            } else {
                "Nothing is recommended for a day that is past."
            },
            open: open.into_iter().map(advice).collect(),
            decided: decided.into_iter().map(advice).collect(),
            topics: parts.trends.iter().map(topic).collect(),
            topics_as_of: parts.trends_as_of.filter(|as_of| *as_of < parts.day).map(day),
            hours: parts.hours.slots.iter().map(hour).collect(),
            hours_note: hours_note(&parts.hours, brief.date),
            top: parts.top.iter().map(top_line).collect(),
            formats: formats(&parts.formats),
            formats_note: formats_note(&parts.formats),
        }
    }
}

fn gap(completeness: &Completeness, on: Date) -> Option<Gap> {
    if completeness.is_complete() {
        return None;
    }
    let missing = completeness.missing.iter().map(|account| Missing {
        name: account.name.clone(),
        network: account.platform.name(),
        colour: colour(account.platform),
        reason: account.reason(on).to_owned(),
    });
    Some(Gap {
        text: format!(
            "Incomplete: {} of {} accounts brought their numbers of {}.",
            completeness.ok,
            completeness.of,
            day(on)
        ),
        missing: missing.collect(),
    })
}

fn tile(figure: &BriefFigure, on: Date) -> Tile {
    let newest = figure.day.map_or_else(|| "not reported".to_owned(), |of| value(figure.measure, of));
    let coverage = figure.coverage;
    Tile {
        label: measure_name(figure.measure),
        value: figure.value.map(|of| value(figure.measure, of)),
        change: change(figure.measure, figure.value, figure.previous, figure.change),
        day: format!("{}: {newest}", on.to_jiff().strftime("%a %-d %b")),
        note: (coverage.with_data < coverage.of)
            .then(|| format!("{} of {} accounts reported", coverage.with_data, coverage.of)),
    }
}

impl Advice {
    fn of(one: Recommendation, parts: &BriefParts, accounts: &[Account], zone: &Zone) -> Self {
        let caption = |id: ContentId| {
            let in_top = parts.top.iter().find(|row| row.content.id == id).map(|row| row.content.caption.as_deref());
            let posts = || parts.trends.iter().flat_map(|trend| &trend.top_posts);
            in_top.unwrap_or_else(|| posts().find(|post| post.id == id).and_then(|post| post.caption.as_deref()))
        };
        let mut evidence: Vec<(String, String)> = one
            .evidence
            .content_ids
            .iter()
            .map(|id| (snippet(caption(*id), TITLE_MAX), format!("/content/{id}")))
            .collect();
        evidence.extend(one.evidence.tag_id.map(|tag| ("the tag".to_owned(), format!("/tags/{tag}"))));
        let name = |id: AccountId| {
            accounts.iter().find(|a| a.id == id).map(|a| format!("for {} on {}", a.name(), a.platform.name()))
        };
        let action = &one.action;
        let begins: Vec<String> = [
            action.integration_id.and_then(name),
            action.format.map(|format| format!("as one of your {}", format_name(format).to_lowercase())),
            action.at.map(|at| format!("at {}", time_of_day(at, zone))),
        ]
        .into_iter()
        .flatten()
        .collect();
        let when = one.acted_at.map_or_else(String::new, |at| format!(" {}", moment(at, zone)));
        let state = match one.status {
            RecommendationStatus::Open => None,
            RecommendationStatus::Accepted => Some(accepted(&one, &when)),
            RecommendationStatus::Dismissed => Some(
                one.dismiss_reason
                    .as_ref()
                    .map_or_else(|| format!("Dismissed{when}."), |reason| format!("Dismissed{when}: {reason}")),
            ),
            RecommendationStatus::Expired => Some("Its time is over, or its numbers changed.".to_owned()),
        };
        let (priority, tone) = match one.priority {
            Priority::High => ("first", "accent"),
            Priority::Medium => ("today", ""),
            Priority::Low => ("if there is time", ""),
        };
        Self {
            id: one.id.to_string(),
            priority,
            tone,
            title: one.title,
            reason: one.reason,
            evidence,
            begins: (!begins.is_empty()).then(|| format!("The draft begins {}.", begins.join(", "))),
            state,
            post: one.post_id.map(|id| format!("/posts/{id}")),
            is_dismissed: one.status == RecommendationStatus::Dismissed,
        }
    }
}

/// What became of an accepted recommendation.
fn accepted(one: &Recommendation, when: &str) -> String {
    let Some(result) = one.result else {
        return format!("Accepted{when}; nothing was seen of its post yet.");
    };
    format!(
        "Accepted{when}. Its post reached {} and got {} engagement.",
        result.reach.map_or_else(|| "an unknown number of".to_owned(), number),
        number_or_dash(result.engagement)
    )
}

fn topic(trend: &Trend) -> Topic {
    Topic {
        name: trend.name.clone(),
        href: format!("/tags/{}", trend.tag_id),
        score: number(rounded(trend.speed.score)),
        is_new: trend.speed.is_new,
        reason: trend.reason.clone(),
        posts: trend
            .top_posts
            .iter()
            .map(|post| {
                let engagement = post.engagement.map_or_else(String::new, |n| format!(" ({} engagement)", number(n)));
                (
                    format!("{}{engagement}", snippet(post.caption.as_deref(), TITLE_MAX)),
                    format!("/content/{}", post.id),
                )
            })
            .collect(),
    }
}

fn hour(slot: &rookery_analytics::BestSlot) -> Hour {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of one, in percent")]
    let share = (slot.score.clamp(0.0, 1.0) * 100.0).round() as u8;
    Hour {
        at: format!("{:02}:00", slot.hour),
        text: format!("{} engagement on average, {} posts", number(rounded(slot.mean)), number(slot.samples)),
        share,
    }
}

fn hours_note(hours: &BriefHours, date: Date) -> String {
    let weekday = date.to_jiff().strftime("%A");
    if !hours.is_enough {
        return format!("Not enough data: {} of {ITEMS_MIN} posts in 28 days whose engagement is known.", hours.items);
    }
    if hours.slots.is_empty() {
        return format!("No hour of a {weekday} has two posts in 28 days.");
    }
    format!("By {} posts of 28 days; the bar is measured by the best hour of the week.", number(hours.items))
}

fn top_line(row: &TableRow) -> TopLine {
    let content = &row.content;
    TopLine {
        title: snippet(content.caption.as_deref(), TITLE_MAX),
        href: format!("/content/{}", content.id),
        account: row.account.clone(),
        network: row.platform.name(),
        colour: colour(row.platform),
        reach: number_or_dash(content.numbers.reach),
        engagement: number_or_dash(content.numbers.engagement()),
        rate: content.engagement_rate().value.map_or_else(|| "–".to_owned(), percent),
    }
}

fn formats(comparison: &FormatComparison) -> Vec<FormatLine> {
    let line = |row: &rookery_analytics::FormatRow| FormatLine {
        name: format_name(row.format),
        items: number(row.items),
        rate: row.rate.value.map(percent),
        basis: basis_name(row.rate.basis),
    };
    comparison.rows.iter().map(line).collect()
}

fn formats_note(comparison: &FormatComparison) -> String {
    match (comparison.winner, comparison.winner_by) {
        (Some(winner), Some(by)) => format!("{} are {} points ahead.", format_name(winner), tenths(by * 100.0)),
        (Some(winner), None) => format!("Only {} have data.", format_name(winner).to_lowercase()),
        (None, _) if comparison.is_tie => "The best two are equal.".to_owned(),
        (None, _) => "No format has numbers to compare.".to_owned(),
    }
}

/// An alert.
pub(super) struct AlertRow {
    pub id: String,
    pub severity: &'static str,
    pub tone: &'static str,
    pub title: String,
    pub message: String,
    pub suggestions: Vec<String>,
    pub when: String,
    pub href: String,
    pub link: &'static str,
    pub is_read: bool,
    pub can_mark: bool,
    /// How it ended.
    pub ended: Option<String>,
}

impl AlertRow {
    pub(super) fn of(alert: Alert, zone: &Zone, may_mark: bool) -> Self {
        let (severity, tone) = match (alert.kind, alert.severity) {
            (AlertKind::ViralSpike, _) => ("good news", "good"),
            (_, Severity::Critical) => ("critical", "bad"),
            (_, Severity::Warning) => ("warning", "warn"),
            (_, Severity::Info) => ("notice", ""),
        };
        let group = alert.group_id.map(|id| id.to_string());
        let account = alert.integration_id.map(|id| id.to_string());
        let (from, to) = (alert.period_start.to_string(), alert.period_end.to_string());
        let (href, link) = if let Some(content) = alert.content_id {
            (format!("/content/{content}"), "Look at the post")
        } else {
            let mut words = vec![("metric", alert.metric.label()), ("startDate", &from), ("endDate", &to)];
            words.extend(group.as_deref().map(|id| ("groupId", id)));
            words.extend(account.as_deref().map(|id| ("integrationIds", id)));
            (address("/performance", &words), "Look at the figure")
        };
        let ended = alert.resolved_at.map(|at| {
            let why = match alert.closed_because {
                None if alert.kind == AlertKind::ViralSpike => "Over since",
                None => "Recovered",
                Some(ClosedBecause::NotTracked) => "Closed, because nothing is collected from there any more,",
                Some(ClosedBecause::Disconnected) => "Closed, because the account is disconnected,",
                Some(ClosedBecause::GroupGone) => "Closed, because the page group was deleted,",
            };
            format!("{why} {}", moment(at, zone))
        });
        Self {
            id: alert.id.to_string(),
            severity,
            tone,
            title: alert.title,
            message: alert.message,
            suggestions: alert.suggestions,
            when: moment(alert.created_at, zone),
            href,
            link,
            is_read: alert.read_at.is_some(),
            can_mark: may_mark && alert.read_at.is_none(),
            ended,
        }
    }
}
