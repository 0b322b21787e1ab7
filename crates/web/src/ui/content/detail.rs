//! One content: its numbers, and how it grew beside what is usual on its account.

use askama::Template;
use axum::extract::State;
use rookery_analytics::{CURVE_MEASURES, ContentDetail, Curve, Measure, PEERS_MIN};
use rookery_kernel::ContentId;
use serde::Deserialize;

use super::super::chart::{Plot, PlotLine, PlotStep, Scale};
use super::super::figures::{basis_name, day, measure_name, value};
use super::super::format::{colour, moment, number, number_or_dash, percent, snippet, words};
use super::super::performance::Drawn;
use super::super::shell::{Flash, Shell};
use super::super::{PageResult, render};
use super::TITLE_MAX;
use crate::app::App;
use crate::csv::{Cell, Csv, count};
use crate::extract::{Path, Query, Read, Visitor};
use crate::lens::said;

#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    metric: Option<String>,
    /// `csv` for a file of the curve.
    export: Option<String>,
}

struct AgeRow {
    age: String,
    value: String,
    usual: String,
    items: String,
}

#[derive(Template)]
#[template(path = "content_detail.html")]
struct Page {
    shell: Shell,
    id: String,
    title: String,
    text: String,
    account: String,
    colour: &'static str,
    network: &'static str,
    format: String,
    published: String,
    permalink: Option<String>,
    post: Option<String>,
    is_gone: bool,
    tags: Vec<(String, Option<String>)>,
    as_of: String,
    facts: Vec<(&'static str, String)>,
    /// Label, name, whether it is shown.
    measures: Vec<(&'static str, &'static str, bool)>,
    measure: &'static str,
    has_curve: bool,
    chart: Drawn,
    verdict: String,
    has_usual: bool,
    rows: Vec<AgeRow>,
}

/// The page, or the curve as a file.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Path(id): Path<ContentId>,
    Query(wish): Query<Wish>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let zone = &may.caller.organization.timezone;
    let measure = said(wish.metric.as_ref()).and_then(Measure::named);
    let detail = app.analytics.content_detail(may.scope(), zone, id, measure).await?;
    if said(wish.export.as_ref()) == Some("csv") {
        return Ok(file(&detail).respond(&format!("{}-by-age", detail.measure.label())));
    }
    let accounts = app.accounts.list(may.scope()).await?;
    let (content, curve) = (&detail.row.content, &detail.curve);
    let plot = plot(&detail);
    Ok(render(&Page {
        shell: Shell::new("content", &may.caller, &accounts, &flash),
        id: id.to_string(),
        title: snippet(content.caption.as_deref(), TITLE_MAX),
        text: content.caption.clone().unwrap_or_default(),
        account: detail.row.account.clone(),
        colour: colour(detail.row.platform),
        network: detail.row.platform.name(),
        format: words(content.format.label()),
        published: moment(content.published_at, zone),
        permalink: content.permalink.clone().filter(|u| u.starts_with("https://") || u.starts_with("http://")),
        post: content.post_id.map(|id| format!("/posts/{id}")),
        is_gone: content.is_deleted_on_platform,
        tags: detail.row.tags.iter().map(|tag| (tag.name.clone(), tag.color.clone())).collect(),
        as_of: content.numbers_date.map_or_else(|| "no numbers yet".to_owned(), |date| format!("as of {}", day(date))),
        facts: facts(&detail),
        measures: CURVE_MEASURES.iter().map(|m| (m.label(), measure_name(*m), *m == detail.measure)).collect(),
        measure: measure_name(detail.measure),
        has_curve: plot.has_data(),
        chart: Drawn::lines(&plot),
        verdict: verdict(&detail),
        has_usual: curve.usual.iter().any(|point| point.median.is_some()),
        rows: rows(curve),
    }))
}

fn facts(detail: &ContentDetail) -> Vec<(&'static str, String)> {
    let numbers = &detail.row.content.numbers;
    let rate = numbers.engagement_rate();
    let rate_text = match rate.value {
        Some(value) => format!("{} {}", percent(value), basis_name(rate.basis)),
        None => "–".to_owned(),
    };
    vec![
        ("Reach", number_or_dash(numbers.reach)),
        ("Impressions", number_or_dash(numbers.impressions)),
        ("Views", number_or_dash(numbers.views)),
        ("Engagement", number_or_dash(numbers.engagement())),
        ("Engagement rate", rate_text),
        ("Reactions", number_or_dash(numbers.reactions)),
        ("Comments", number_or_dash(numbers.comments)),
        ("Shares", number_or_dash(numbers.shares)),
        ("Clicks", number_or_dash(numbers.clicks)),
        ("Saves", number_or_dash(numbers.saves)),
    ]
}

fn age_name(age: usize) -> String {
    match age {
        0 => "Day of publishing".to_owned(),
        1 => "After 1 day".to_owned(),
        days => format!("After {days} days"),
    }
}

fn counted(items: usize) -> String {
    if items == 1 { "1 item".to_owned() } else { format!("{items} items") }
}

fn usual(median: Option<f64>) -> String {
    median.map_or_else(|| "not enough data".to_owned(), |median| value(Measure::Reach, median))
}

fn plot(detail: &ContentDetail) -> Plot {
    let curve = &detail.curve;
    let steps = curve.values.iter().zip(&curve.usual).enumerate().map(|(age, (value, point))| PlotStep {
        label: format!("{age} d"),
        tip: format!(
            "{}\n{}: {}\nusual: {} ({})",
            age_name(age),
            measure_name(detail.measure),
            number_or_dash(*value),
            usual(point.median),
            counted(point.items)
        ),
        note: None,
    });
    Plot {
        title: format!(
            "{} by age, beside what is usual; the table below has the figures",
            measure_name(detail.measure)
        ),
        scale: Scale::Count,
        lines: vec![PlotLine {
            values: curve.values.iter().map(|value| value.map(|n| n as f64)).collect(),
            before: curve.usual.iter().map(|point| point.median).collect(),
        }],
        steps: steps.collect(),
        connects: true,
    }
}

/// Where it stands, in a sentence.
fn verdict(detail: &ContentDetail) -> String {
    let curve = &detail.curve;
    let name = measure_name(detail.measure).to_lowercase();
    let newest = curve.values.iter().enumerate().rev().find_map(|(age, value)| Some((age, (*value)?)));
    let Some((age, reached)) = newest else {
        return format!("No {name} is known yet.");
    };
    let point = curve.usual[age];
    let when = age_name(age);
    match point.median {
        None => format!(
            "{when}: {} {name}. Not enough data for what is usual: {} of this account from the 90 days before {} known at this age; {PEERS_MIN} are needed.",
            number(reached),
            counted(point.items),
            if point.items == 1 { "is" } else { "are" },
        ),
        Some(median) if median > 0.0 => format!(
            "{when}: {} {name}, {:.1} × what is usual here ({}, the median of {}).",
            number(reached),
            reached as f64 / median,
            usual(Some(median)),
            counted(point.items)
        ),
        Some(_) => {
            format!("{when}: {} {name}; usual here is 0 (the median of {}).", number(reached), counted(point.items))
        }
    }
}

fn rows(curve: &Curve) -> Vec<AgeRow> {
    let row = |(age, (value, point)): (usize, (&Option<i64>, &rookery_analytics::PeerPoint))| AgeRow {
        age: age_name(age),
        value: number_or_dash(*value),
        usual: usual(point.median),
        items: point.items.to_string(),
    };
    curve.values.iter().zip(&curve.usual).enumerate().map(row).collect()
}

fn file(detail: &ContentDetail) -> Csv {
    let mut csv = Csv::new(&["age_days", detail.measure.label(), "usual", "items"].map(Cell::Text));
    for (age, (value, point)) in detail.curve.values.iter().zip(&detail.curve.usual).enumerate() {
        let cells = [age as f64, point.items as f64].map(|n| Cell::Number(Some(n)));
        csv.row(&[cells[0], count(*value), Cell::Number(point.median), cells[1]]);
    }
    csv
}
