//! Delivery: the switches that stop publishing, and what is due and not taken.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use rookery_governance::audit::Origin;
use rookery_identity::Right;
use rookery_kernel::PublicationId;
use serde::Deserialize;

use super::format::moment;
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

#[derive(Template)]
#[template(path = "delivery.html")]
struct Page {
    shell: Shell,
    organization: String,
    paused_since: Option<String>,
    can_pause: bool,
    instance_since: Option<String>,
    instance_reason: String,
    is_instance_admin: bool,
    overdue: Vec<OverdueRow>,
}

/// The page.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let zone = &may.caller.organization.timezone;
    let accounts = app.accounts.list(may.scope()).await?;
    let pause = app.publishing.instance_pause().await?;
    let overdue = app.publishing.overdue_list(may.scope()).await?;
    let row = |o: rookery_publishing::Overdue| OverdueRow {
        id: o.publication_id,
        excerpt: o.excerpt,
        since: moment(o.since, zone),
    };
    Ok(render(&Page {
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
