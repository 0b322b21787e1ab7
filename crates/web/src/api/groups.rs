//! Page groups: accounts that are looked at together.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use garde::Validate;
use rookery_analytics::{GroupDraft, PageGroup};
use rookery_kernel::{AccountId, PageGroupId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::access::ReadNumbers;
use super::idempotency::once;
use super::page;
use super::time::Time;
use crate::app::App;
use crate::extract::{Body, ManageAccounts, May, Path};
use crate::problem::Problem;

/// Most accounts of one request.
const ACCOUNTS_MAX: usize = 100;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(once!(create))
        .routes(routes!(read, change, delete))
        .routes(routes!(assign))
        .routes(routes!(remove))
        .routes(routes!(niches))
}

/// Accounts that are looked at together.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct GroupView {
    id: Uuid,
    /// Unique in the organization regardless of case.
    name: String,
    /// What its pages are about.
    niche: Option<String>,
    description: Option<String>,
    /// Its accounts.
    integration_ids: Vec<Uuid>,
    created_at: Time,
    updated_at: Time,
}

impl From<PageGroup> for GroupView {
    fn from(group: PageGroup) -> Self {
        Self {
            id: group.id.uuid(),
            name: group.name,
            niche: group.niche,
            description: group.description,
            integration_ids: group.accounts.into_iter().map(AccountId::uuid).collect(),
            created_at: group.created_at.into(),
            updated_at: group.updated_at.into(),
        }
    }
}

/// A group in words.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct GroupBody {
    #[garde(length(chars, min = 1, max = 120))]
    name: String,
    #[serde(default)]
    #[garde(inner(length(chars, max = 80)))]
    niche: Option<String>,
    #[serde(default)]
    #[garde(inner(length(chars, max = 500)))]
    description: Option<String>,
}

impl From<GroupBody> for GroupDraft {
    fn from(body: GroupBody) -> Self {
        Self { name: body.name, niche: body.niche, description: body.description }
    }
}

/// Accounts to put into a group.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PagesBody {
    #[garde(length(min = 1, max = ACCOUNTS_MAX))]
    #[schema(value_type = Vec<Uuid>)]
    integration_ids: Vec<AccountId>,
}

/// List groups
///
/// By name; at most 200 exist.
#[utoipa::path(get, path = "/analytics/groups", tag = "analytics", operation_id = "pageGroups",
    responses((status = 200, body = Vec<GroupView>)))]
async fn list(State(app): State<App>, may: ReadNumbers) -> Result<Json<Vec<GroupView>>, Problem> {
    let groups = app.analytics.groups(may.scope()).await?;
    Ok(Json(groups.into_iter().map(GroupView::from).collect()))
}

/// List niches
///
/// Those that groups name.
#[utoipa::path(get, path = "/analytics/niches", tag = "analytics", operation_id = "niches",
    responses((status = 200, body = Vec<String>)))]
async fn niches(State(app): State<App>, may: ReadNumbers) -> Result<Json<Vec<String>>, Problem> {
    Ok(Json(app.analytics.niches(may.scope()).await?))
}

/// Make a group
#[utoipa::path(post, path = "/analytics/groups", tag = "analytics", operation_id = "createPageGroup",
    request_body = GroupBody, responses((status = 201, body = GroupView)))]
async fn create(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Body(body): Body<GroupBody>,
) -> Result<Response, Problem> {
    let group = app.analytics.create_group(may.scope(), body.into()).await?;
    Ok(page::created(GroupView::from(group)))
}

/// Read a group
#[utoipa::path(get, path = "/analytics/groups/{id}", tag = "analytics", operation_id = "pageGroup",
    params(("id" = Uuid, Path, description = "The group")), responses((status = 200, body = GroupView)))]
async fn read(
    State(app): State<App>,
    may: ReadNumbers,
    Path(id): Path<PageGroupId>,
) -> Result<Json<GroupView>, Problem> {
    Ok(Json(app.analytics.group(may.scope(), id).await?.into()))
}

/// Change a group's words
#[utoipa::path(put, path = "/analytics/groups/{id}", tag = "analytics", operation_id = "changePageGroup",
    request_body = GroupBody, params(("id" = Uuid, Path, description = "The group")),
    responses((status = 200, body = GroupView)))]
async fn change(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Path(id): Path<PageGroupId>,
    Body(body): Body<GroupBody>,
) -> Result<Json<GroupView>, Problem> {
    Ok(Json(app.analytics.change_group(may.scope(), id, body.into()).await?.into()))
}

/// Delete a group
///
/// Its accounts stay followed.
#[utoipa::path(delete, path = "/analytics/groups/{id}", tag = "analytics", operation_id = "deletePageGroup",
    params(("id" = Uuid, Path, description = "The group")), responses((status = 204)))]
async fn delete(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Path(id): Path<PageGroupId>,
) -> Result<StatusCode, Problem> {
    app.analytics.delete_group(may.scope(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Put accounts into a group
///
/// Tracked ones; those that are in it already stay as they are.
#[utoipa::path(post, path = "/analytics/groups/{id}/pages", tag = "analytics", operation_id = "addToPageGroup",
    request_body = PagesBody, params(("id" = Uuid, Path, description = "The group")),
    responses((status = 200, body = GroupView)))]
async fn assign(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Path(id): Path<PageGroupId>,
    Body(body): Body<PagesBody>,
) -> Result<Json<GroupView>, Problem> {
    Ok(Json(app.analytics.assign_accounts(may.scope(), id, &body.integration_ids).await?.into()))
}

/// Take an account out of a group
#[utoipa::path(delete, path = "/analytics/groups/{id}/pages/{integrationId}", tag = "analytics",
    operation_id = "removeFromPageGroup",
    params(("id" = Uuid, Path, description = "The group"), ("integrationId" = Uuid, Path, description = "The account")),
    responses((status = 200, body = GroupView)))]
async fn remove(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Path((id, account)): Path<(PageGroupId, AccountId)>,
) -> Result<Json<GroupView>, Problem> {
    Ok(Json(app.analytics.remove_account(may.scope(), id, account).await?.into()))
}
