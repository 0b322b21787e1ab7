//! The switches that stop publishing, and what is due and not taken.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use garde::Validate;
use rookery_governance::audit::Origin;
use rookery_kernel::UserId;
use rookery_publishing::{InstancePause, Overdue};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::access::{InstanceAdmin, ReadPosts};
use super::time::Time;
use crate::app::App;
use crate::extract::{Body, ManageMembers, May};
use crate::problem::Problem;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(overdue)).routes(routes!(pause, resume)).routes(routes!(
        instance,
        pause_instance,
        resume_instance
    ))
}

/// A publication that should be on its way.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OverdueView {
    publication_id: Uuid,
    post_id: Uuid,
    /// Title or first words of the post.
    excerpt: String,
    due_since: Time,
}

impl From<Overdue> for OverdueView {
    fn from(o: Overdue) -> Self {
        Self {
            publication_id: o.publication_id.uuid(),
            post_id: o.post_id.uuid(),
            excerpt: o.excerpt,
            due_since: o.since.into(),
        }
    }
}

/// What is due and not taken
///
/// Publications that are due for more than a minute, held by nothing, and not attempted; the longest overdue first.
/// Normally the list is empty; otherwise no worker runs, or the workers cannot keep up.
#[utoipa::path(get, path = "/publishing/overdue", tag = "publications", operation_id = "overduePublications",
    responses((status = 200, body = Vec<OverdueView>)))]
async fn overdue(State(app): State<App>, may: ReadPosts) -> Result<Json<Vec<OverdueView>>, Problem> {
    let list = app.publishing.overdue_list(may.scope()).await?;
    Ok(Json(list.into_iter().map(OverdueView::from).collect()))
}

/// Whether publishing is stopped.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PauseView {
    is_paused: bool,
    since: Option<Time>,
    /// The person who stopped the installation; null for the command line, or while nothing is stopped.
    set_by: Option<Uuid>,
    reason: Option<String>,
}

impl From<Option<InstancePause>> for PauseView {
    fn from(pause: Option<InstancePause>) -> Self {
        match pause {
            Some(pause) => Self {
                is_paused: true,
                since: Some(pause.since.into()),
                set_by: pause.set_by.map(UserId::uuid),
                reason: pause.reason,
            },
            None => Self { is_paused: false, since: None, set_by: None, reason: None },
        }
    }
}

/// Stop publishing
///
/// Nothing of the organization leaves until it is resumed. It takes effect at once; what is being sent right now still
/// arrives.
#[utoipa::path(put, path = "/publishing/pause", tag = "publications", operation_id = "pausePublishing",
    responses((status = 200, body = PauseView)))]
async fn pause(State(app): State<App>, may: May<ManageMembers>) -> Result<Json<PauseView>, Problem> {
    let house = app.publishing.pause(may.scope()).await?;
    Ok(Json(PauseView { is_paused: true, since: house.paused_at.map(Time), set_by: None, reason: None }))
}

/// Resume publishing
///
/// What became due meanwhile leaves at once.
#[utoipa::path(delete, path = "/publishing/pause", tag = "publications", operation_id = "resumePublishing",
    responses((status = 204)))]
async fn resume(State(app): State<App>, may: May<ManageMembers>) -> Result<StatusCode, Problem> {
    app.publishing.resume(may.scope()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whether the whole installation is stopped
#[utoipa::path(get, path = "/instance/publishing-pause", tag = "publications", operation_id = "instancePause",
    responses((status = 200, body = PauseView)))]
async fn instance(State(app): State<App>, InstanceAdmin(_): InstanceAdmin) -> Result<Json<PauseView>, Problem> {
    Ok(Json(app.publishing.instance_pause().await?.into()))
}

/// Why everything is stopped.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct InstancePauseBody {
    /// Shown to everybody.
    #[garde(length(chars, max = 500))]
    reason: Option<String>,
}

/// Stop publishing for the whole installation
#[utoipa::path(put, path = "/instance/publishing-pause", tag = "publications", operation_id = "pauseInstance",
    request_body = InstancePauseBody, responses((status = 200, body = PauseView)))]
async fn pause_instance(
    State(app): State<App>,
    InstanceAdmin(caller): InstanceAdmin,
    Body(body): Body<InstancePauseBody>,
) -> Result<Json<PauseView>, Problem> {
    let pause = app.publishing.pause_instance(&Origin::from(&caller.scope), body.reason).await?;
    Ok(Json(Some(pause).into()))
}

/// Let the whole installation publish again
#[utoipa::path(delete, path = "/instance/publishing-pause", tag = "publications", operation_id = "resumeInstance",
    responses((status = 204)))]
async fn resume_instance(State(app): State<App>, InstanceAdmin(caller): InstanceAdmin) -> Result<StatusCode, Problem> {
    app.publishing.resume_instance(&Origin::from(&caller.scope)).await?;
    Ok(StatusCode::NO_CONTENT)
}
