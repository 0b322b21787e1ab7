//! Writing, planning and publishing posts.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use garde::Validate;
use rookery_identity::{Caller, Right};
use rookery_kernel::{AccountId, PostId};
use rookery_publishing::{Draft as DraftToCheck, NewPost, PostChange, PostFilter, Schedule};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::access::ReadPosts;
use super::idempotency::once;
use super::page::{self, Has, PageView};
use super::posts_view::{PostSummaryView, PostView};
use super::time::{AtBody, Plan, PlanBody, present};
use super::wire::PostState;
use crate::app::App;
use crate::extract::{Body, Draft, May, Path, Publish, Query, Review};
use crate::problem::{FindingView, Problem};

/// Longest text that is looked at; every network's limit lies below.
const CONTENT_MAX: usize = 100_000;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(once!(create))
        .routes(routes!(get, update, delete))
        .routes(routes!(validate))
        .routes(once!(schedule))
        .routes(once!(publish_now))
        .routes(once!(cancel))
        .routes(once!(retry))
        .routes(once!(approve))
}

/// A post to be.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PostBody {
    /// The text.
    #[garde(length(chars, max = CONTENT_MAX))]
    content: String,
    /// Internal title.
    #[garde(length(chars, max = 500))]
    title: Option<String>,
    /// The accounts it goes to.
    #[garde(length(max = 100))]
    #[schema(value_type = Vec<Uuid>)]
    account_ids: Vec<AccountId>,
    #[garde(skip)]
    schedule: PlanBody,
}

impl PostBody {
    fn read(self, caller: &Caller) -> Result<(NewPost, Plan), Problem> {
        let plan = self.schedule.read(&caller.organization.timezone)?;
        let new = NewPost {
            content: self.content,
            title: self.title,
            account_ids: self.account_ids,
            schedule: plan.schedule,
            timezone: plan.zone.clone(),
            composition: rookery_publishing::Composition::default(),
        };
        Ok((new, plan))
    }
}

/// Write a post
///
/// As a draft, for now, or for a time. With a time it needs the right to publish and must fit every account;
/// otherwise the answer is 422 with `findings`.
#[utoipa::path(post, path = "/posts", tag = "posts", operation_id = "createPost", request_body = PostBody,
    responses((status = 201, body = PostView)))]
async fn create(State(app): State<App>, may: May<Draft>, Body(body): Body<PostBody>) -> Result<Response, Problem> {
    let (new, plan) = body.read(&may.caller)?;
    if plan.schedule != Schedule::Draft && !may.caller.allows(Right::Publish) {
        return Err(Problem::forbidden("You may write drafts; somebody else has to publish them."));
    }
    let detail = app.publishing.create_post(may.scope(), new).await?;
    Ok(page::created(PostView::from(detail).noting(plan.note)))
}

/// Which posts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only in this state.
    #[param(inline)]
    status: Option<PostState>,
    /// Only on this account.
    #[param(value_type = Option<Uuid>)]
    integration_id: Option<AccountId>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Rows, 1 to 100; 50 unless told.
    limit: Option<u16>,
}

/// List posts
///
/// Newest first, without archived ones.
#[utoipa::path(get, path = "/posts", tag = "posts", operation_id = "posts", params(ListQuery),
    responses((status = 200, body = PageView<PostSummaryView>)))]
async fn list(
    State(app): State<App>,
    may: ReadPosts,
    Query(query): Query<ListQuery>,
) -> Result<Json<PageView<PostSummaryView>>, Problem> {
    let (after, limit) = page::place(query.after.as_deref(), query.limit)?;
    let filter = PostFilter { status: query.status.map(Into::into), account_id: query.integration_id };
    let posts = app.publishing.list(may.scope(), filter, after, limit).await?;
    Ok(Json(PageView::of(posts, PostSummaryView::from)))
}

/// Read a post
#[utoipa::path(get, path = "/posts/{id}", tag = "posts", operation_id = "post",
    params(("id" = Uuid, Path, description = "The post")), responses((status = 200, body = PostView)))]
async fn get(State(app): State<App>, may: ReadPosts, has: Has, Path(id): Path<PostId>) -> Result<Response, Problem> {
    let detail = app.publishing.get(may.scope(), id).await?;
    Ok(has.or(&PostView::from(detail)))
}

/// What changes; what is absent stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChangeBody {
    #[garde(length(chars, max = CONTENT_MAX))]
    content: Option<String>,
    /// Null removes it.
    #[serde(default, deserialize_with = "present")]
    #[garde(inner(inner(length(chars, max = 500))))]
    #[schema(value_type = Option<String>)]
    #[expect(clippy::option_option, reason = "absent, null and text are three wishes")]
    title: Option<Option<String>>,
}

/// Change a post
///
/// While it is nowhere out or on its way. Each change is a revision; an approval of an earlier one ends.
#[utoipa::path(patch, path = "/posts/{id}", tag = "posts", operation_id = "changePost", request_body = ChangeBody,
    params(("id" = Uuid, Path, description = "The post")), responses((status = 200, body = PostView)))]
async fn update(
    State(app): State<App>,
    may: May<Draft>,
    Path(id): Path<PostId>,
    Body(body): Body<ChangeBody>,
) -> Result<Json<PostView>, Problem> {
    let change = PostChange { content: body.content, title: body.title, composition: None };
    Ok(Json(app.publishing.update_post(may.scope(), id, change).await?.into()))
}

/// Delete a post
///
/// Only one that is nowhere out or on its way.
#[utoipa::path(delete, path = "/posts/{id}", tag = "posts", operation_id = "deletePost",
    params(("id" = Uuid, Path, description = "The post")), responses((status = 204)))]
async fn delete(State(app): State<App>, may: May<Draft>, Path(id): Path<PostId>) -> Result<StatusCode, Problem> {
    app.publishing.delete_post(may.scope(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What stands against a post, or is worth knowing before.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FindingsView {
    /// Whether it can be queued.
    is_valid: bool,
    findings: Vec<FindingView>,
}

/// Check a post
///
/// Everything that stands against queueing it; nothing is stored.
#[utoipa::path(post, path = "/posts/validate", tag = "posts", operation_id = "validatePost", request_body = PostBody,
    responses((status = 200, body = FindingsView)))]
async fn validate(
    State(app): State<App>,
    may: May<Draft>,
    Body(body): Body<PostBody>,
) -> Result<Json<FindingsView>, Problem> {
    let (new, _) = body.read(&may.caller)?;
    let findings = app.publishing.validate(may.scope(), &DraftToCheck::from(&new)).await?;
    Ok(Json(FindingsView {
        is_valid: !findings.iter().any(rookery_publishing::Finding::is_error),
        findings: findings.iter().map(FindingView::from).collect(),
    }))
}

/// When.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(transparent)]
struct ScheduleBody(#[garde(skip)] AtBody);

/// Schedule a post
///
/// Every publication that is not out: drafts, failed and called-off ones are queued, waiting ones move.
#[utoipa::path(post, path = "/posts/{id}/schedule", tag = "posts", operation_id = "schedulePost", request_body = AtBody,
    params(("id" = Uuid, Path, description = "The post")), responses((status = 200, body = PostView)))]
async fn schedule(
    State(app): State<App>,
    may: May<Publish>,
    Path(id): Path<PostId>,
    Body(ScheduleBody(body)): Body<ScheduleBody>,
) -> Result<Json<PostView>, Problem> {
    let plan = body.read(&may.caller.organization.timezone)?;
    let detail = match plan.schedule {
        Schedule::At(at) => app.publishing.schedule(may.scope(), id, at).await?,
        Schedule::Now | Schedule::Draft => app.publishing.publish_now(may.scope(), id).await?,
    };
    Ok(Json(PostView::from(detail).noting(plan.note)))
}

/// Publish a post now
///
/// Every publication that is not out.
#[utoipa::path(post, path = "/posts/{id}/publish-now", tag = "posts", operation_id = "publishPost",
    params(("id" = Uuid, Path, description = "The post")), responses((status = 200, body = PostView)))]
async fn publish_now(
    State(app): State<App>,
    may: May<Publish>,
    Path(id): Path<PostId>,
) -> Result<Json<PostView>, Problem> {
    Ok(Json(app.publishing.publish_now(may.scope(), id).await?.into()))
}

/// Call a post off
///
/// Every publication that is not out. What is being sent, or of unknown fate, stays.
#[utoipa::path(post, path = "/posts/{id}/cancel", tag = "posts", operation_id = "cancelPost",
    params(("id" = Uuid, Path, description = "The post")), responses((status = 200, body = PostView)))]
async fn cancel(State(app): State<App>, may: May<Publish>, Path(id): Path<PostId>) -> Result<Json<PostView>, Problem> {
    Ok(Json(app.publishing.cancel(may.scope(), id).await?.into()))
}

/// Try a post again
///
/// Every failed publication, except those of unknown fate: a person looks at each of these first.
#[utoipa::path(post, path = "/posts/{id}/retry", tag = "posts", operation_id = "retryPost",
    params(("id" = Uuid, Path, description = "The post")), responses((status = 200, body = PostView)))]
async fn retry(State(app): State<App>, may: May<Publish>, Path(id): Path<PostId>) -> Result<Json<PostView>, Problem> {
    Ok(Json(app.publishing.retry(may.scope(), id).await?.into()))
}

/// Approve a post
///
/// Lets the current revision out; what is due leaves at once.
#[utoipa::path(post, path = "/posts/{id}/approve", tag = "posts", operation_id = "approvePost",
    params(("id" = Uuid, Path, description = "The post")), responses((status = 200, body = PostView)))]
async fn approve(State(app): State<App>, may: May<Review>, Path(id): Path<PostId>) -> Result<Json<PostView>, Problem> {
    Ok(Json(app.publishing.approve(may.scope(), id).await?.into()))
}
