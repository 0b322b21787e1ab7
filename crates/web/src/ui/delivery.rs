//! Delivery: the switches that stop publishing, and what is due and not taken.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use rookery_governance::audit::Origin;
use rookery_identity::Right;
use rookery_kernel::{Cursor, Limit, PublicationId};
use rookery_publishing::{PublicationFilter, PublicationStatus, PublicationSummary};
use serde::Deserialize;

use super::format::{colour, moment};
use super::posts::{state, tone};
use super::shell::{Flash, Shell};
use super::{PageResult, back, render};
use crate::app::App;
use crate::extract::{ManageMembers, Query, Read, Visitor};
use crate::problem::Problem;

struct OverdueRow {
    id: PublicationId,
    excerpt: String,
    since: String,
}

struct DeliveryRow {
    id: PublicationId,
    excerpt: String,
    colour: &'static str,
    account: String,
    at: String,
    state: String,
    tone: &'static str,
    trouble: Option<String>,
}

/// What the list shows: its word in the address, its name, its states.
const SHOWS: [(&str, &str, &[PublicationStatus]); 4] = [
    ("", "All", &[]),
    ("failed", "Not published", &[PublicationStatus::Failed]),
    (
        "waiting",
        "On their way",
        &[PublicationStatus::Scheduled, PublicationStatus::Publishing, PublicationStatus::Retrying],
    ),
    ("out", "Out", &[PublicationStatus::Published]),
];

struct Show {
    href: String,
    name: &'static str,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "delivery.html")]
struct Page {
    shows: Vec<Show>,
    deliveries: Vec<DeliveryRow>,
    older: Option<String>,
    is_whole: bool,
    shell: Shell,
    organization: String,
    paused_since: Option<String>,
    can_pause: bool,
    instance_since: Option<String>,
    instance_reason: String,
    is_instance_admin: bool,
    overdue: Vec<OverdueRow>,
}

/// Rows of the list at a time.
const ROWS: u16 = 30;

/// What a reader wants to see.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wish {
    #[serde(default)]
    show: String,
    after: Option<String>,
}

/// The page.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(flash): Query<Flash>,
    Query(wish): Query<Wish>,
) -> PageResult {
    let zone = &may.caller.organization.timezone;
    let accounts = app.accounts.list_with_revoked(may.scope()).await?;
    let chosen = SHOWS.into_iter().find(|(word, ..)| *word == wish.show).unwrap_or(SHOWS[0]);
    let filter = PublicationFilter { states: chosen.2.to_vec(), account_id: None };
    // A place that cannot be read is the beginning.
    let after: Option<Cursor> = wish.after.as_deref().and_then(|after| after.parse().ok());
    let found = app.publishing.publications(may.scope(), &filter, after, Limit::new(ROWS)).await?;
    let older = found.next.as_ref().map(|next| format!("/delivery?show={}&after={next}#deliveries", chosen.0));
    let delivery = |p: PublicationSummary| {
        let account = accounts.iter().find(|a| a.id == p.account_id);
        DeliveryRow {
            id: p.id,
            excerpt: if p.occurrence > 0 { format!("{} (published again)", p.excerpt) } else { p.excerpt },
            colour: colour(p.platform),
            account: account
                .map_or_else(|| p.platform.name().to_owned(), |a| format!("{} on {}", a.name(), p.platform.name())),
            at: moment(p.published_at.unwrap_or(p.scheduled_for), zone),
            state: state(p.status, p.in_doubt),
            tone: tone(p.status, p.in_doubt),
            trouble: p.trouble,
        }
    };
    let pause = app.publishing.instance_pause().await?;
    let overdue = app.publishing.overdue_list(may.scope()).await?;
    let row = |o: rookery_publishing::Overdue| OverdueRow {
        id: o.publication_id,
        excerpt: o.excerpt,
        since: moment(o.since, zone),
    };
    let show = |(word, name, _): (&str, &'static str, _)| Show {
        href: if word.is_empty() { "/delivery".to_owned() } else { format!("/delivery?show={word}") },
        name,
        is_chosen: word == chosen.0,
    };
    Ok(render(&Page {
        shows: SHOWS.into_iter().map(show).collect(),
        deliveries: found.items.into_iter().map(delivery).collect(),
        older,
        is_whole: chosen.0.is_empty() && after.is_none(),
        shell: Shell::new("delivery", &may.caller, &accounts, &flash),
        organization: may.caller.organization.name.clone(),
        paused_since: may.caller.organization.settings.publishing_paused_at.map(|at| moment(at, zone)),
        can_pause: may.caller.allows(Right::ManageMembers),
        instance_since: pause.as_ref().map(|p| moment(p.since, zone)),
        instance_reason: pause.and_then(|p| p.reason).unwrap_or_default(),
        is_instance_admin: may.caller.is_instance_admin(),
        overdue: overdue.into_iter().map(row).collect(),
    }))
}

/// Stops publishing for the organization.
pub(crate) async fn pause(State(app): State<App>, Visitor(may): Visitor<ManageMembers>) -> Response {
    let done = app.publishing.pause(may.scope()).await.map_err(Problem::from);
    back("/delivery", done.map(|_| "Publishing is stopped. Nothing leaves until you resume it."))
}

/// Lets everything leave again.
pub(crate) async fn resume(State(app): State<App>, Visitor(may): Visitor<ManageMembers>) -> Response {
    let done = app.publishing.resume(may.scope()).await.map_err(Problem::from);
    back("/delivery", done.map(|_| "Publishing goes on. What became due meanwhile leaves now."))
}

#[derive(Debug, Deserialize)]
pub(crate) struct Why {
    #[serde(default)]
    reason: String,
}

/// Stops publishing for the whole installation.
pub(crate) async fn pause_instance(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Form(why): Form<Why>,
) -> Response {
    if !may.caller.is_instance_admin() {
        return back("/delivery", Err(Problem::forbidden("This is for the people who run the server.")));
    }
    let done = app.publishing.pause_instance(&Origin::from(may.scope()), Some(why.reason)).await;
    let done = done.map(|_| "Publishing is stopped for the whole installation.");
    back("/delivery", done.map_err(|e| Problem::database(&e)))
}

/// Lets the whole installation publish again.
pub(crate) async fn resume_instance(State(app): State<App>, Visitor(may): Visitor<Read>) -> Response {
    if !may.caller.is_instance_admin() {
        return back("/delivery", Err(Problem::forbidden("This is for the people who run the server.")));
    }
    let done = app.publishing.resume_instance(&Origin::from(may.scope())).await;
    let done = done.map(|_| "The whole installation publishes again.");
    back("/delivery", done.map_err(|e| Problem::database(&e)))
}
