//! Which organization a person looks at.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use rookery_identity::SwitchError;
use rookery_kernel::OrganizationId;

use super::shell::{Flash, Shell};
use super::{PageResult, back, render};
use crate::app::App;
use crate::extract::{Path, Query, Read, Visitor};
use crate::problem::Problem;

struct Row {
    id: OrganizationId,
    name: String,
    role: &'static str,
    zone: String,
    current: bool,
}

#[derive(Template)]
#[template(path = "organizations.html")]
struct Page {
    shell: Shell,
    organizations: Vec<Row>,
}

/// The organizations of the person.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let user = may.scope().actor.user_id().ok_or_else(|| Problem::forbidden("A key belongs to one organization."))?;
    let accounts = app.accounts.list(may.scope()).await?;
    let organizations = app.identity.organizations_of(user).await?.into_iter().map(|b| Row {
        id: b.organization.id,
        current: b.organization.id == may.scope().organization_id,
        zone: b.organization.timezone.name().to_owned(),
        name: b.organization.name,
        role: b.role.label(),
    });
    let shell = Shell::new("organizations", &may.caller, &accounts, &flash);
    Ok(render(&Page { shell, organizations: organizations.collect() }))
}

/// Looks at another one from now on.
pub(crate) async fn look_at(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Path(id): Path<OrganizationId>,
) -> Response {
    match app.identity.switch_organization(&may.caller, id).await {
        Ok(_) => Redirect::to("/").into_response(),
        Err(SwitchError::NotFound(_)) => back("/organizations", Err(Problem::not_found("organization"))),
        Err(SwitchError::NoSession) => back("/organizations", Err(Problem::forbidden("Sign in as a person first."))),
        Err(SwitchError::Db(e)) => back("/organizations", Err(Problem::database(&e))),
    }
}
