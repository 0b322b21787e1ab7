//! Any figure, cut any way, over any range; which format works; when to post. What is chosen stands in the address.

mod answer;
mod notes;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rookery_analytics::{Measure, Performance, Question, Split};
use rookery_kernel::text::capital;
use serde::Deserialize;

use super::chart::{self, Scale};
use super::figures::{Choice, LensForm, measure_name, split_name};
use super::shell::{Flash, Shell};
use super::{PageResult, render};
use crate::app::App;
use crate::csv::{Cell, Csv};
use crate::extract::{Draft, May, Query, Read, Visitor};
use crate::lens::{Lens, address, said};
use crate::problem::Problem;

pub(crate) use notes::{add, remove};

/// What is asked beside the filters.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Wish {
    metric: Option<String>,
    split: Option<String>,
    mode: Option<String>,
    compare: Option<String>,
}

impl Wish {
    fn measure(&self) -> Measure {
        said(self.metric.as_ref()).and_then(Measure::named).unwrap_or(Measure::Reach)
    }

    fn split(&self) -> Split {
        said(self.split.as_ref()).and_then(Split::named).unwrap_or(Split::None)
    }

    fn is_cohort(&self) -> bool {
        said(self.mode.as_ref()) == Some("cohort")
    }

    fn compares(&self) -> bool {
        said(self.compare.as_ref()) != Some("none")
    }

    /// What it says, as names and values of an address.
    fn words(&self) -> Vec<(&'static str, &str)> {
        let fields =
            [("metric", &self.metric), ("split", &self.split), ("mode", &self.mode), ("compare", &self.compare)];
        fields.into_iter().filter_map(|(name, field)| Some((name, said(field.as_ref())?))).collect()
    }
}

struct Menus {
    /// Something is chosen that stands behind "More filters".
    has_more: bool,
    measures: Vec<Choice>,
    splits: Vec<Choice>,
    modes: Vec<Choice>,
    comparisons: Vec<Choice>,
}

impl Menus {
    fn new(wish: &Wish) -> Self {
        let (measure, split) = (wish.measure(), wish.split());
        let mode = Some(if wish.is_cohort() { "cohort" } else { "" });
        let compare = Some(if wish.compares() { "" } else { "none" });
        Self {
            has_more: wish.is_cohort() || !wish.compares(),
            measures: Measure::ALL
                .iter()
                .map(|m| Choice::new(m.label(), measure_name(*m), Some(measure.label())))
                .collect(),
            splits: Split::ALL
                .iter()
                .map(|s| Choice::new(s.label(), capital(split_name(*s)), Some(split.label())))
                .collect(),
            modes: vec![Choice::new("", "What happened", mode), Choice::new("cohort", "What was published", mode)],
            comparisons: vec![Choice::new("", "The days before", compare), Choice::new("none", "Nothing", compare)],
        }
    }
}

#[derive(Template)]
#[template(path = "performance.html")]
struct Page {
    shell: Shell,
    has_accounts: bool,
    lens: LensForm,
    menus: Menus,
    answer: Result<answer::Answer, String>,
    csv: String,
    /// Where a note leads back to.
    here: String,
    may_annotate: bool,
    today: String,
}

fn question(app: &App, may: &May<Read>, lens: &Lens, wish: &Wish) -> Result<Question, Problem> {
    Ok(Question {
        range: lens.range(&may.caller.organization.timezone, &*app.clock)?,
        filter: lens.filter()?,
        measure: wish.measure(),
        split: wish.split(),
        is_cohort: wish.is_cohort(),
    })
}

/// Whether the address names no days at all.
pub(super) fn names_no_days(lens: &Lens) -> bool {
    [&lens.range, &lens.start_date, &lens.end_date].into_iter().all(|field| said(field.as_ref()).is_none())
}

/// The page. A question that has no answer is said on it, with the filters as they were.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(lens): Query<Lens>,
    Query(wish): Query<Wish>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let accounts = app.accounts.list(may.scope()).await?;
    let choices = app.analytics.choices(may.scope(), lens.tag()).await?;
    let form = LensForm::new(&lens, &choices, names_no_days(&lens));
    let answer = match question(&app, &may, &lens, &wish) {
        Ok(question) => answer::of(&app, &may, &form, &lens, &wish, &question).await,
        Err(problem) => Err(problem),
    };
    let answer = match answer {
        Err(problem) if problem.status >= 500 => return Err(problem.into()),
        answer => answer.map_err(|problem| problem.detail),
    };
    let words: Vec<_> = lens.words().into_iter().chain(wish.words()).collect();
    let today = may.caller.organization.timezone.date(app.clock.now());
    Ok(render(&Page {
        shell: Shell::new("performance", &may.caller, &accounts, &flash),
        has_accounts: !choices.accounts.is_empty(),
        lens: form,
        menus: Menus::new(&wish),
        answer,
        csv: address("/performance.csv", &words),
        here: address("/performance", &words),
        may_annotate: may.caller.allows(<Draft as crate::extract::Need>::RIGHT),
        today: today.to_string(),
    }))
}

/// The same figures as a file: a row for each step, or for each part where parts are no lines over time.
pub(crate) async fn csv(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(lens): Query<Lens>,
    Query(wish): Query<Wish>,
) -> PageResult {
    let question = question(&app, &may, &lens, &wish)?;
    let answer = app.analytics.performance(may.scope(), &question).await?;
    Ok(file(&answer))
}

fn file(answer: &Performance) -> Response {
    let measure = answer.measure.label();
    let name = format!("{measure}-{}-{}", answer.range.from, answer.range.to);
    let before = format!("{measure}_before");
    if answer.step == rookery_analytics::Step::Range {
        let head = [answer.split.label(), measure, &before, "items", "items_with_data"].map(Cell::Text);
        let mut csv = Csv::new(&head);
        for line in &answer.lines {
            let (items, with_data) = (crate::csv::count(line.items), crate::csv::count(line.with_data));
            let totals = [Cell::Number(line.total), Cell::Number(line.previous_total)];
            csv.row(&[Cell::Text(&line.name), totals[0], totals[1], items, with_data]);
        }
        return csv.respond(&name);
    }
    let titles: Vec<(String, String)> =
        answer.lines.iter().map(|line| (line.name.clone(), format!("{} before", line.name))).collect();
    let mut head = vec![Cell::Text("from"), Cell::Text("to")];
    head.extend(titles.iter().flat_map(|(now, before)| [Cell::Text(now), Cell::Text(before)]));
    let mut csv = Csv::new(&head);
    for (n, bucket) in answer.buckets.iter().enumerate() {
        let (from, to) = (bucket.from.to_string(), bucket.to.to_string());
        let mut row = vec![Cell::Text(&from), Cell::Text(&to)];
        row.extend(answer.lines.iter().flat_map(|l| [Cell::Number(l.values[n]), Cell::Number(l.previous[n])]));
        csv.row(&row);
    }
    csv.respond(&name)
}

/// How a measure stands on an axis.
pub(super) fn scale(measure: Measure) -> Scale {
    match measure.unit() {
        rookery_analytics::Unit::Ratio => Scale::Percent,
        rookery_analytics::Unit::Count => Scale::Count,
    }
}

/// A chart for wide windows and one for telephones.
pub(super) struct Drawn {
    pub wide: String,
    pub narrow: String,
}

impl Drawn {
    pub(super) fn lines(plot: &chart::Plot) -> Self {
        Self { wide: plot.lines(&chart::WIDE, 7), narrow: plot.lines(&chart::NARROW, 3) }
    }

    pub(super) fn columns(plot: &chart::Plot) -> Self {
        let few = plot.steps.len() <= 7;
        Self {
            wide: plot.columns(&chart::WIDE, if few { 7 } else { 24 }),
            narrow: plot.columns(&chart::NARROW, if few { 7 } else { 8 }),
        }
    }
}
