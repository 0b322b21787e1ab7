//! Many posts in one request (PUB-22).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use garde::Validate;
use rookery_identity::Right;
use rookery_publishing::Schedule;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use uuid::Uuid;

use super::idempotency::once;
use super::posts::PostBody;
use super::time::Time;
use super::wire::PostState;
use crate::app::App;
use crate::extract::{Body, Draft, May, misshapen};
use crate::problem::Problem;

/// Most posts of one request.
const POSTS_MAX: usize = 200;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(once!(create))
}

/// Posts to be. Each stands for itself: one that cannot be read or made leaves the others alone.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
struct BulkBody {
    /// As for one post; at most 200.
    #[garde(length(min = 1, max = POSTS_MAX))]
    #[schema(value_type = Vec<PostBody>)]
    posts: Vec<serde_json::Value>,
}

/// What became of all of them.
#[derive(Debug, Serialize, ToSchema)]
struct BulkView {
    /// Posts that were made.
    created: usize,
    /// Posts that were not.
    failed: usize,
    /// In the request's order.
    results: Vec<BulkResult>,
}

/// What became of one.
#[derive(Debug, Serialize, ToSchema)]
struct BulkResult {
    /// Its place in the request, from 0.
    index: usize,
    /// Null if it was not made.
    post: Option<BulkPost>,
    /// Why it was not made.
    problem: Option<Problem>,
}

/// A post that was made.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BulkPost {
    id: Uuid,
    status: PostState,
    scheduled_at: Option<Time>,
}

/// Write many posts
///
/// Each in a transaction of its own: 201 if all were made, else 207 with what stands against each of the others.
#[utoipa::path(post, path = "/posts/bulk", tag = "posts", operation_id = "createPosts", request_body = BulkBody,
    responses((status = 201, body = BulkView), (status = 207, body = BulkView)))]
async fn create(State(app): State<App>, may: May<Draft>, Body(body): Body<BulkBody>) -> Response {
    let mut results = Vec::with_capacity(body.posts.len());
    for (index, given) in body.posts.into_iter().enumerate() {
        let (post, problem) = match create_one(&app, &may, given).await {
            Ok(post) => (Some(post), None),
            Err(problem) => (None, Some(problem)),
        };
        results.push(BulkResult { index, post, problem });
    }
    let created = results.iter().filter(|r| r.post.is_some()).count();
    let failed = results.len() - created;
    let status = if failed == 0 { StatusCode::CREATED } else { StatusCode::MULTI_STATUS };
    (status, Json(BulkView { created, failed, results })).into_response()
}

async fn create_one(app: &App, may: &May<Draft>, given: serde_json::Value) -> Result<BulkPost, Problem> {
    let body: PostBody = serde_json::from_value(given).map_err(|e| Problem::bad_request(format!("{e}.")))?;
    body.validate().map_err(|report| misshapen(&report))?;
    let (new, plan) = body.read(&may.caller)?;
    if plan.schedule != Schedule::Draft && !may.caller.allows(Right::Publish) {
        return Err(Problem::forbidden("You may write drafts; somebody else has to publish them."));
    }
    let post = app.publishing.create_post(may.scope(), new).await?.post;
    Ok(BulkPost { id: post.id.uuid(), status: post.status.into(), scheduled_at: post.scheduled_at.map(Time) })
}
