//! One way through an account's day: each step with its numbers, what arrived otherwise than it should, what failed and
//! when that is tried again.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use rookery_analytics::{FailureFilter, IngestRun, IngestTrigger, Oddities, Oddity};
use rookery_identity::Right;
use rookery_kernel::{AccountId, Limit, RunId, Zone};

use super::super::figures::day;
use super::super::format::{moment, number, time_of_day};
use super::super::shell::{Flash, Shell};
use super::super::{PageResult, render};
use super::{Failed, Names, failed, status_name, step_name};
use crate::app::App;
use crate::extract::{Path, Query, Read, Visitor};
use crate::problem::Problem;

/// Failures of one step on the page; the others are in the API.
const FAILURES: u16 = 50;

struct StepRow {
    name: &'static str,
    status: &'static str,
    tone: &'static str,
    date: String,
    items: String,
    ok: String,
    failed: String,
    calls: String,
    took: String,
    odd: Vec<String>,
}

#[derive(Template)]
#[template(path = "collecting_run.html")]
struct Page {
    shell: Shell,
    account: Option<AccountId>,
    name: String,
    network: &'static str,
    colour: &'static str,
    begun: String,
    why: String,
    steps: Vec<StepRow>,
    has_odd: bool,
    failed: Vec<Failed>,
    has_more: bool,
    can_manage: bool,
}

/// The page of a run: of the way through the day that it was a step of.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Path(id): Path<RunId>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let zone = &may.caller.organization.timezone;
    let now = app.clock.now();
    let names = Names(app.accounts.list_with_revoked(may.scope()).await?);
    let steps = app.analytics.run_steps(may.scope(), id).await?;
    let mut failures = Vec::new();
    let mut has_more = false;
    for step in &steps {
        let filter = FailureFilter { run_id: Some(step.id), ..FailureFilter::default() };
        let page = app.analytics.errors(may.scope(), &filter, None, Limit::new(FAILURES)).await;
        let page = page.map_err(|e| Problem::database(&e))?;
        has_more |= page.next.is_some();
        failures.extend(page.items);
    }
    let first = &steps[0];
    let account = first.integration_id;
    let (name, network, colour) = account.map_or_else(|| ("All accounts".to_owned(), "", "faint"), |id| names.of(id));
    let begun = first.started_at.unwrap_or(first.created_at);
    Ok(render(&Page {
        account,
        name,
        network,
        colour,
        begun: moment(begun, zone),
        why: why(first),
        has_odd: steps.iter().any(|step| !step.oddities.is_empty()),
        steps: steps.iter().map(|step| row(step, zone)).collect(),
        failed: failures.iter().map(|failure| failed(failure, &names, zone, now)).collect(),
        has_more,
        can_manage: may.caller.allows(Right::ManageAccounts),
        shell: Shell::new("collecting", &may.caller, &names.0, &flash),
    }))
}

fn why(run: &IngestRun) -> String {
    let why = match run.trigger {
        IngestTrigger::Schedule => "by the timetable",
        IngestTrigger::Backfill => "because somebody asked for old days",
        IngestTrigger::Manual => "because somebody asked",
        IngestTrigger::Retry => "because somebody asked again",
    };
    if run.attempt > 1 { format!("{why}, try {}", run.attempt) } else { why.to_owned() }
}

fn row(step: &IngestRun, zone: &Zone) -> StepRow {
    let (status, tone) = status_name(step.status);
    let count = |n: i32| number(i64::from(n));
    let took = step.started_at.zip(step.finished_at).map(|(from, to)| to.since(from).as_secs());
    StepRow {
        name: step_name(step.kind),
        status,
        tone,
        date: day(step.date),
        items: count(step.items_total),
        ok: count(step.items_ok),
        failed: count(step.items_failed),
        calls: count(step.api_calls),
        took: match (took, step.finished_at) {
            (Some(seconds), Some(at)) => {
                format!("{} s, until {}", seconds, time_of_day(at, zone))
            }
            _ => "–".to_owned(),
        },
        odd: sentences(&step.oddities),
    }
}

/// What was odd, as sentences with numbers.
fn sentences(odd: &Oddities) -> Vec<String> {
    odd.iter().map(|(oddity, names)| sentence(oddity, odd.count(oddity), names)).collect()
}

fn sentence(oddity: Oddity, count: u32, names: &BTreeMap<String, u32>) -> String {
    let n = number(i64::from(count));
    let (one, is, was) = if count == 1 { ("", "is", "was") } else { ("s", "are", "were") };
    let named = listed(names);
    match oddity {
        Oddity::Absent => format!("Not reported, and left unknown, {n} time{one}{named}."),
        Oddity::Text => format!("{n} number{one} came as text and {was} read all the same{named}."),
        Oddity::Unreadable => format!("{n} number{one} could not be read and {is} left unknown{named}."),
        Oddity::Impossible => format!("{n} count{one} below zero or beyond all measure {is} left unknown{named}."),
        Oddity::Unsupported => format!("The network refused {n} number{one}; the others were read{named}."),
        Oddity::Twice => format!("{n} item{one} stood in the listing twice and {is} kept once."),
        Oddity::UnreadableItem => {
            format!("{n} item{one} of the listing {was} left out, because this could not be read{named}.")
        }
        Oddity::EmptyPage => {
            format!("{n} page{one} of the listing {was} empty and had a next one, which was asked for.")
        }
        Oddity::OtherZone => format!("{n} day{one} {is} the network's own, which ends at another midnight{named}."),
        Oddity::StrayDay => format!("{n} day{one} that nobody asked for {was} left out."),
    }
}

/// `: reach 3, views` – a number behind the name where there is more than one.
fn listed(names: &BTreeMap<String, u32>) -> String {
    let one = |(name, count): (&String, &u32)| match (name.as_str(), count) {
        ("", n) => format!("others {n}"),
        (name, 1) => name.to_owned(),
        (name, n) => format!("{name} {n}"),
    };
    let list = names.iter().map(one).collect::<Vec<_>>().join(", ");
    if list.is_empty() { list } else { format!(": {list}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oddities_are_sentences_with_numbers() {
        let said = |oddity, names: &[(&str, u32)]| {
            let names: BTreeMap<String, u32> = names.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect();
            sentence(oddity, names.values().sum(), &names)
        };
        assert_eq!(
            said(Oddity::Impossible, &[("reach", 1), ("views", 2)]),
            "3 counts below zero or beyond all measure are left unknown: reach, views 2."
        );
        assert_eq!(
            said(Oddity::UnreadableItem, &[("id", 1), ("time", 2)]),
            "3 items of the listing were left out, because this could not be read: id, time 2."
        );
        assert_eq!(said(Oddity::Twice, &[("", 1)]), "1 item stood in the listing twice and is kept once.");
        assert_eq!(
            said(Oddity::OtherZone, &[("America/Los_Angeles", 4)]),
            "4 days are the network's own, which ends at another midnight: America/Los_Angeles 4."
        );
    }
}
