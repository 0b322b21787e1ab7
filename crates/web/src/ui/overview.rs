//! The first page of the morning: figures, reach per day, when the audience answers, top content, what needs a person.

use askama::Template;
use axum::extract::State;
use rookery_accounts::Account;
use rookery_analytics::{Heatmap, Kpi, KpiName, Measure, Overview, Range, TopContent};
use rookery_kernel::{Date, Zone};
use rookery_publishing::{Attention, PublicationStatus, Reason};
use serde::Deserialize;

use super::chart;
use super::figures::{Change, WEEKDAYS_SHORT, change, day, measure_name, value};
use super::format::{colour, moment, number, number_or_dash, percent, rounded, snippet};
use super::shell::{Flash, Shell, needs_person};
use super::{PageResult, render};
use crate::app::App;
use crate::extract::{Query, Read, Visitor};

pub(super) struct Tile {
    pub(super) label: &'static str,
    pub(super) value: Option<String>,
    pub(super) empty: &'static str,
    pub(super) change: Option<Change>,
    pub(super) sparkline: String,
    pub(super) note: Option<String>,
}

pub(super) struct ReachChart {
    pub(super) has_data: bool,
    pub(super) wide: String,
    pub(super) narrow: String,
    pub(super) rows: Vec<(String, String, String)>,
}

struct HeatCard {
    has_data: bool,
    svg: String,
    best: String,
    rows: Vec<(String, String, String)>,
}

pub(super) struct TopRow {
    pub(super) title: String,
    pub(super) url: Option<String>,
    pub(super) colour: &'static str,
    pub(super) network: &'static str,
    pub(super) format: String,
    pub(super) reach: String,
    pub(super) engagement: String,
    pub(super) rate: String,
}

struct Need {
    tone: &'static str,
    count: String,
    text: String,
    href: String,
    action: &'static str,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Page {
    shell: Shell,
    accounts_line: String,
    as_of: String,
    ranges: [i64; 3],
    days: i64,
    has_accounts: bool,
    kpis: Vec<Tile>,
    chart: ReachChart,
    heat: HeatCard,
    top: Vec<TopRow>,
    needs: Vec<Need>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    days: Option<i64>,
}

const RANGES: [i64; 3] = [7, 30, 90];
/// The tiles, in order.
const TILES: [KpiName; 4] = [KpiName::Reach, KpiName::Engagement, KpiName::EngagementRate, KpiName::Followers];
/// Accounts and posts that "Needs you" names one by one.
const NEEDS_NAMED: usize = 4;
/// Days that the heat map looks back.
const HEAT_DAYS: u16 = 90;

/// The overview of the last 7, 30 or 90 days up to yesterday.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(wish): Query<Wish>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let days = wish.days.filter(|d| RANGES.contains(d)).unwrap_or(30);
    let zone = &may.caller.organization.timezone;
    let yesterday = zone.date(app.clock.now()).plus_days(-1);
    let range = Range { from: yesterday.plus_days(1 - days), to: yesterday };
    let accounts = app.accounts.list(may.scope()).await?;
    let overview = app.analytics.overview(may.scope(), range, None).await?;
    let heat = app.analytics.heatmap(may.scope(), yesterday, HEAT_DAYS, None).await?;
    let attention = app.publishing.attention(may.scope(), 50).await?;
    let tomorrow = zone.date(app.clock.now()).plus_days(1);
    let week =
        app.publishing.calendar(may.scope(), zone.start_of(tomorrow), zone.start_of(tomorrow.plus_days(7))).await?;
    let planned_days: std::collections::BTreeSet<Date> =
        week.iter().filter(|e| e.status != PublicationStatus::Cancelled).map(|e| zone.date(e.at)).collect();
    let as_of = match (overview.as_of, overview.fetched_at) {
        (Some(date), Some(at)) => {
            format!("figures up to {}, read {}", date.to_jiff().strftime("%-d %b"), moment(at, zone))
        }
        _ => "no figures yet; they are collected every night".to_owned(),
    };
    Ok(render(&Page {
        shell: Shell::new("overview", &may.caller, &accounts, &flash),
        accounts_line: if accounts.len() == 1 {
            "1 account".to_owned()
        } else {
            format!("{} accounts", accounts.len())
        },
        as_of,
        ranges: RANGES,
        days,
        has_accounts: !accounts.is_empty(),
        kpis: TILES.iter().filter_map(|name| overview.kpi(*name)).map(tile).collect(),
        chart: reach_chart(&overview),
        heat: heat_card(&heat),
        top: overview.top_content.iter().map(top_row).collect(),
        needs: needs(&accounts, &attention, 7 - planned_days.len(), zone),
    }))
}

const fn measure_of(name: KpiName) -> Measure {
    match name {
        KpiName::Reach => Measure::Reach,
        KpiName::Impressions => Measure::Impressions,
        KpiName::Views => Measure::Views,
        KpiName::Engagement => Measure::Engagement,
        KpiName::EngagementRate => Measure::EngagementRate,
        KpiName::Followers => Measure::Followers,
        KpiName::Posts => Measure::Posts,
    }
}

pub(super) fn tile(kpi: &Kpi) -> Tile {
    let measure = measure_of(kpi.name);
    let note = (kpi.coverage.with_data < kpi.coverage.of)
        .then(|| format!("{} of {} accounts reported", kpi.coverage.with_data, kpi.coverage.of));
    Tile {
        label: measure_name(measure),
        value: kpi.value.map(|of| value(measure, of)),
        empty: "No account reported this in the period",
        change: change(measure, kpi.value, kpi.previous, kpi.change),
        sparkline: chart::sparkline(&kpi.sparkline),
        note,
    }
}

pub(super) fn reach_chart(overview: &Overview) -> ReachChart {
    let now: Vec<Option<f64>> = overview.reach_per_day.current.iter().map(|p| p.1.map(|v| v as f64)).collect();
    let before: Vec<Option<f64>> = overview.reach_per_day.previous.iter().map(|p| p.1.map(|v| v as f64)).collect();
    let labels = |count: usize| -> Vec<(usize, String)> {
        let step = (now.len() / count).max(1);
        let days = overview.reach_per_day.current.iter().enumerate().filter(|(i, _)| i % step == step / 2);
        days.map(|(i, p)| (i, p.0.to_jiff().strftime("%-d %b").to_string())).collect()
    };
    let title = "Reach per day, this period and the one before";
    let rows = overview.reach_per_day.current.iter().enumerate().map(|(i, p)| {
        let before = overview.reach_per_day.previous.get(i).and_then(|p| p.1);
        (day(p.0), number_or_dash(p.1), number_or_dash(before))
    });
    ReachChart {
        has_data: now.iter().flatten().next().is_some(),
        wide: chart::lines(&chart::WIDE, title, &now, &before, &labels(5)),
        narrow: chart::lines(&chart::NARROW, title, &now, &before, &labels(3)),
        rows: rows.collect(),
    }
}

fn heat_card(heat: &Heatmap) -> HeatCard {
    let mut strength = [[None; 24]; 7];
    let highest = heat.cells.iter().filter_map(|c| c.mean).fold(0.0_f64, f64::max);
    for cell in &heat.cells {
        if let (Some(mean), true) = (cell.mean, highest > 0.0) {
            strength[usize::from(cell.weekday - 1)][usize::from(cell.hour)] = Some(mean / highest);
        }
    }
    let name = |weekday: u8, hour: u8| format!("{} {hour:02}:00", WEEKDAYS_SHORT[usize::from(weekday - 1)]);
    let best: Vec<_> = heat.best(3).iter().map(|s| name(s.weekday, s.hour)).collect();
    let best = format!("Best hours so far: {}. {} posts in {HEAT_DAYS} days.", best.join(", "), number(heat.samples));
    let posted = heat.cells.iter().filter(|c| c.samples > 0);
    let rows = posted.map(|c| {
        (name(c.weekday, c.hour), c.mean.map_or_else(|| "–".to_owned(), |m| number(rounded(m))), number(c.samples))
    });
    HeatCard { has_data: highest > 0.0, svg: chart::heatmap(&strength, &WEEKDAYS_SHORT), best, rows: rows.collect() }
}

pub(super) fn top_row(top: &TopContent) -> TopRow {
    let first_line = top.caption.as_deref().and_then(|c| c.lines().next()).filter(|c| !c.is_empty());
    TopRow {
        title: first_line.unwrap_or("(no text)").to_owned(),
        url: top.permalink.clone().filter(|u| u.starts_with("https://") || u.starts_with("http://")),
        colour: colour(top.platform),
        network: top.platform.name(),
        format: super::format::words(top.format.label()),
        reach: number_or_dash(top.numbers.reach),
        engagement: number_or_dash(top.engagement()),
        rate: top.engagement_rate().value.map_or_else(|| "–".to_owned(), percent),
    }
}

/// An account's name, cut so that one account does not fill the card.
fn short(account: &Account) -> String {
    snippet(Some(account.name()), 60)
}

fn needs(accounts: &[Account], attention: &[Attention], empty_days: usize, zone: &Zone) -> Vec<Need> {
    let mut needs = Vec::new();
    let to_mend: Vec<_> = accounts.iter().filter(|a| needs_person(a)).collect();
    // One more than fits is named as well: a line that says "1 more" is as long.
    let named = if to_mend.len() <= NEEDS_NAMED + 1 { to_mend.len() } else { NEEDS_NAMED };
    for account in &to_mend[..named] {
        needs.push(Need {
            tone: "bad",
            count: "1".to_owned(),
            text: format!("{} on {} does not let us in any more.", short(account), account.platform.name()),
            href: "/accounts".to_owned(),
            action: "Reconnect",
        });
    }
    if to_mend.len() > named {
        needs.push(Need {
            tone: "bad",
            count: (to_mend.len() - named).to_string(),
            text: "more accounts do not let us in any more.".to_owned(),
            href: "/accounts".to_owned(),
            action: "See them",
        });
    }
    let approvals = attention.iter().filter(|a| a.reason == Reason::NeedsApproval).count();
    for one in attention.iter().filter(|a| a.reason != Reason::NeedsApproval).take(NEEDS_NAMED) {
        let grave = matches!(one.reason, Reason::Failed { .. } | Reason::UnknownOutcome | Reason::Missed { .. });
        needs.push(Need {
            tone: if grave { "bad" } else { "warn" },
            count: "1".to_owned(),
            text: format!("“{}” on {}: {}", one.excerpt, short(&one.account), one.reason.sentence(zone)),
            href: format!("/publications/{}", one.publication_id),
            action: "See why",
        });
    }
    if approvals > 0 {
        needs.push(Need {
            tone: "warn",
            count: approvals.to_string(),
            text: "waiting for approval.".to_owned(),
            href: "/approvals".to_owned(),
            action: "Look",
        });
    }
    if !accounts.is_empty() && empty_days > 0 {
        needs.push(Need {
            tone: "",
            count: empty_days.to_string(),
            text: if empty_days == 1 { "day".to_owned() } else { "days".to_owned() }
                + " of the next seven without a post.",
            href: "/calendar".to_owned(),
            action: "Plan",
        });
    }
    needs
}
