//! The page of the morning: the brief of a day with what it recommends, what rises, and what fell.

mod orders;
mod view;

use askama::Template;
use axum::extract::State;
use rookery_analytics::{AlertFilter, AlertPage};
use rookery_identity::Right;
use rookery_kernel::Zone;
use serde::Deserialize;

use self::view::{AlertRow, Morning};
use super::figures::{Choice, LensForm};
use super::shell::{Flash, Shell};
use super::{PageResult, render};
use crate::api::insights::{place, written};
use crate::app::App;
use crate::extract::{Query, Read, Visitor};
use crate::insights::BriefQuery;
use crate::lens::{Lens, address, said};
use crate::problem::Problem;

pub(crate) use orders::{accept, compute, dismiss, read, read_all, restore};

/// Open alerts of the page at a time.
const OPEN: u16 = 30;
/// Alerts that ended, the newest.
const OVER: u16 = 10;

struct Alerts {
    open: Vec<AlertRow>,
    /// The place of the next open ones.
    next: Option<String>,
    over: Vec<AlertRow>,
    unread: i64,
}

#[derive(Template)]
#[template(path = "insights.html")]
struct Page {
    shell: Shell,
    has_accounts: bool,
    date: String,
    today: String,
    groups: Vec<Choice>,
    formats: Vec<Choice>,
    brief: Result<Morning, String>,
    alerts: Alerts,
    /// The list of alerts begins with the newest open one.
    is_first: bool,
    /// Where further open alerts stand.
    more: Option<String>,
    /// Where a button leads back to.
    here: String,
    may_decide: bool,
}

/// Where the list of alerts begins.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wish {
    after: Option<String>,
}

/// The page. A brief that there is none of is said on it, with the filters as they were.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(query): Query<BriefQuery>,
    Query(wish): Query<Wish>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let zone = &may.caller.organization.timezone;
    let accounts = app.accounts.list(may.scope()).await?;
    let choices = app.analytics.choices(may.scope(), None).await?;
    let here = address("/insights", &query.words());
    let asked = query.day().and_then(|date| Ok((date, query.filter()?)));
    let brief = match asked {
        Ok((date, filter)) => app.analytics.daily_brief(may.scope(), date, filter).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    let today = zone.date(app.clock.now());
    let date = brief.as_ref().map_or(today, |brief| brief.date);
    let brief = match brief {
        Err(problem) if problem.status >= 500 => return Err(problem.into()),
        brief => brief.map_err(|problem| problem.detail),
    };
    let open = AlertFilter { is_open: Some(true), ..AlertFilter::default() };
    // A place that cannot be read is the beginning.
    let after = said(wish.after.as_ref()).and_then(|text| place(text).ok());
    let open = app.analytics.alerts(may.scope(), open, after, OPEN).await?;
    let over = AlertFilter { is_open: Some(false), ..AlertFilter::default() };
    let over = app.analytics.alerts(may.scope(), over, None, OVER).await?;
    let alerts = Alerts::of(open, over, may.caller.allows(Right::Draft), zone);
    let lens = Lens { group_id: query.group_id.clone(), format: query.format.clone(), ..Lens::default() };
    let LensForm { groups, formats, .. } = LensForm::new(&lens, &choices, true);
    Ok(render(&Page {
        shell: Shell::new("insights", &may.caller, &accounts, &flash),
        has_accounts: !choices.accounts.is_empty(),
        date: date.to_string(),
        today: today.to_string(),
        groups,
        formats,
        brief: brief.map(|brief| Morning::of(brief, &accounts, zone, today, &query)),
        is_first: after.is_none(),
        more: more(&query, alerts.next.as_ref()),
        alerts,
        here,
        may_decide: may.caller.allows(Right::Draft),
    }))
}

impl Alerts {
    fn of(open: AlertPage, over: AlertPage, may_mark: bool, zone: &Zone) -> Self {
        Self {
            unread: open.unread,
            next: open.next.map(written),
            open: open.alerts.into_iter().map(|alert| AlertRow::of(alert, zone, may_mark)).collect(),
            over: over.alerts.into_iter().map(|alert| AlertRow::of(alert, zone, may_mark)).collect(),
        }
    }
}

/// Where the open alerts go on.
fn more(query: &BriefQuery, next: Option<&String>) -> Option<String> {
    let mut words = query.words();
    words.push(("after", next?));
    Some(format!("{}#alerts", address("/insights", &words)))
}
