//! Writing, planning and publishing posts.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use garde::Validate;
use rookery_identity::{Caller, Right};
use rookery_kernel::{AccountId, PostId};
use rookery_publishing::best_times::{FreeSlot, SlotReason};
use rookery_publishing::{Draft as DraftToCheck, Finding, NewPost, OnAccount, PostChange, PostFilter, Schedule};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::access::ReadPosts;
use super::composition::{CompositionBody, CompositionPatch};
use super::idempotency::once;
use super::page::{self, Has, PageView};
use super::posts_view::{PostSummaryView, PostView};
use super::time::{AtBody, Plan, PlanBody, Time, present};
use super::wire::{Network, PostState};
use crate::app::App;
use crate::extract::{Body, Draft, May, Path, Publish, Query, Review};
use crate::problem::{FindingView, Problem};

/// Longest text that is looked at; every network's limit lies below.
const CONTENT_MAX: usize = 100_000;
/// Longest title; the column's length. An account's own title may be as long as its network takes.
const TITLE_MAX: usize = 255;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(once!(create))
        .routes(routes!(get, update, delete))
        .routes(routes!(validate))
        .routes(routes!(labels))
        .routes(routes!(next_free_slot))
        .routes(once!(schedule))
        .routes(once!(queue))
        .routes(once!(publish_now))
        .routes(once!(cancel))
        .routes(once!(retry))
        .routes(once!(approve))
}

/// A post to be.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PostBody {
    /// The text.
    #[garde(length(chars, max = CONTENT_MAX))]
    content: String,
    /// Internal title.
    #[garde(length(chars, max = TITLE_MAX))]
    title: Option<String>,
    /// The accounts it goes to.
    #[garde(length(max = 100))]
    #[schema(value_type = Vec<Uuid>)]
    account_ids: Vec<AccountId>,
    #[garde(skip)]
    schedule: PlanBody,
    #[serde(flatten)]
    #[garde(dive)]
    composition: CompositionBody,
}

impl PostBody {
    pub(super) fn read(self, caller: &Caller) -> Result<(NewPost, Plan), Problem> {
        let plan = self.schedule.read(&caller.organization.timezone)?;
        let new = NewPost {
            content: self.content,
            title: self.title,
            account_ids: self.account_ids,
            schedule: plan.schedule,
            timezone: plan.zone.clone(),
            composition: self.composition.read(),
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
    Ok(page::created(PostView::of(&app, may.scope(), detail).await?.noting(plan.note)))
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
    /// Only with this label, written like this.
    label: Option<String>,
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
    let filter =
        PostFilter { status: query.status.map(Into::into), account_id: query.integration_id, label: query.label };
    let posts = app.publishing.list(may.scope(), filter, after, limit).await?;
    Ok(Json(PageView::of(posts, PostSummaryView::from)))
}

/// Read a post
#[utoipa::path(get, path = "/posts/{id}", tag = "posts", operation_id = "post",
    params(("id" = Uuid, Path, description = "The post")), responses((status = 200, body = PostView)))]
async fn get(State(app): State<App>, may: ReadPosts, has: Has, Path(id): Path<PostId>) -> Result<Response, Problem> {
    let detail = app.publishing.get(may.scope(), id).await?;
    Ok(has.or(&PostView::of(&app, may.scope(), detail).await?))
}

/// What changes; what is absent stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChangeBody {
    #[garde(length(chars, max = CONTENT_MAX))]
    content: Option<String>,
    /// Null removes it.
    #[serde(default, deserialize_with = "present")]
    #[garde(inner(inner(length(chars, max = TITLE_MAX))))]
    #[schema(value_type = Option<String>)]
    #[expect(clippy::option_option, reason = "absent, null and text are three wishes")]
    title: Option<Option<String>>,
    /// The accounts it goes to; only while it has no time yet.
    #[serde(default)]
    #[garde(length(max = 100))]
    #[schema(value_type = Option<Vec<Uuid>>)]
    account_ids: Option<Vec<AccountId>>,
    /// The revision that was read before; if there is another one by now, the answer is 409 with both texts.
    #[serde(default)]
    #[garde(skip)]
    expected_revision: Option<i32>,
    #[serde(flatten)]
    #[garde(dive)]
    composition: CompositionPatch,
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
    let change = PostChange {
        content: body.content,
        title: body.title,
        composition: body.composition.read(),
        account_ids: body.account_ids,
        expected_revision: body.expected_revision,
        goes_on: false,
    };
    let detail = app.publishing.update_post(may.scope(), id, change).await?;
    PostView::of(&app, may.scope(), detail).await.map(Json)
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
    /// All of them.
    findings: Vec<FindingView>,
    /// What it becomes on each account.
    accounts: Vec<OnAccountView>,
}

/// A post on one account. Lengths are counted by the network's own rule.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OnAccountView {
    integration_id: Uuid,
    platform: Network,
    /// Longest text.
    limit: usize,
    /// Length of the text as it goes out.
    used: usize,
    /// The text as it goes out.
    text: String,
    /// Lengths of the parts of the thread and the comments.
    parts: Vec<usize>,
    /// Those of the findings that concern this account alone.
    findings: Vec<FindingView>,
}

impl OnAccountView {
    fn of(account: OnAccount, findings: &[Finding]) -> Self {
        let its = findings.iter().filter(|f| f.account_id == Some(account.account_id));
        Self {
            integration_id: account.account_id.uuid(),
            platform: account.platform.into(),
            limit: account.limit,
            used: account.used,
            text: account.text,
            parts: account.parts,
            findings: its.map(FindingView::from).collect(),
        }
    }
}

/// Check a post
///
/// Everything that stands against queueing it, and what it becomes on each account; nothing is stored.
#[utoipa::path(post, path = "/posts/validate", tag = "posts", operation_id = "validatePost", request_body = PostBody,
    responses((status = 200, body = FindingsView)))]
async fn validate(
    State(app): State<App>,
    may: May<Draft>,
    Body(body): Body<PostBody>,
) -> Result<Json<FindingsView>, Problem> {
    let (new, _) = body.read(&may.caller)?;
    let checked = app.publishing.check(may.scope(), &DraftToCheck::from(&new)).await?;
    let findings = &checked.findings;
    Ok(Json(FindingsView {
        is_valid: !findings.iter().any(Finding::is_error),
        findings: findings.iter().map(FindingView::from).collect(),
        accounts: checked.accounts.into_iter().map(|account| OnAccountView::of(account, findings)).collect(),
    }))
}

/// Labels in use
///
/// Those of the newest 2,000 posts, the most used ones first, at most 40.
#[utoipa::path(get, path = "/posts/labels", tag = "posts", operation_id = "postLabels",
    responses((status = 200, body = Vec<String>)))]
async fn labels(State(app): State<App>, may: ReadPosts) -> Result<Json<Vec<String>>, Problem> {
    Ok(Json(app.publishing.labels_in_use(may.scope()).await?))
}

/// For which accounts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct SlotQuery {
    /// The accounts' ids, with commas between them.
    integration_ids: String,
    /// Not before this moment; now unless given.
    #[param(inline)]
    after: Option<Time>,
}

/// A moment at which the accounts may take a post.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SlotView {
    /// Null if there is none within 60 days.
    at: Option<Time>,
    /// `slot`, `own_numbers`, `usual_hours`, or `mixed` where networks differ; null without a moment.
    basis: Option<&'static str>,
    /// Publications that `own_numbers` stand on, over all networks; else 0.
    posts: u32,
    /// The same in a sentence.
    reason: Option<String>,
}

impl From<Option<FreeSlot>> for SlotView {
    fn from(slot: Option<FreeSlot>) -> Self {
        let Some(FreeSlot { at, reason }) = slot else { return Self { at: None, basis: None, posts: 0, reason: None } };
        let (basis, posts) = match &reason {
            SlotReason::Slot => ("slot", 0),
            SlotReason::GoodHour { own, usual } => {
                let posts = own.iter().map(|(_, posts)| *posts).sum();
                let basis = match (own.is_empty(), usual.is_empty()) {
                    (false, true) => "own_numbers",
                    (true, _) => "usual_hours",
                    (false, false) => "mixed",
                };
                (basis, posts)
            }
        };
        Self { at: Some(Time(at)), basis: Some(basis), posts, reason: Some(reason.sentence()) }
    }
}

/// Find the next free moment
///
/// In a slot of the accounts, or in a good hour of their networks if they have none, by the organization's own numbers where
/// they are enough; at least five minutes from their other posts and within their pace.
#[utoipa::path(get, path = "/posts/next-free-slot", tag = "posts", operation_id = "nextFreeSlot", params(SlotQuery),
    responses((status = 200, body = SlotView)))]
async fn next_free_slot(
    State(app): State<App>,
    may: ReadPosts,
    Query(query): Query<SlotQuery>,
) -> Result<Json<SlotView>, Problem> {
    let ids: Result<Vec<AccountId>, _> = query.integration_ids.split(',').map(|id| id.trim().parse()).collect();
    let ids =
        ids.map_err(|_| Problem::bad_request("integrationIds: give ids of accounts with commas between them."))?;
    let after = query.after.map_or_else(|| app.clock.now(), |after| after.0);
    let slot = app.publishing.next_free_slot(may.scope(), &ids, may.zone(), after).await?;
    Ok(Json(slot.into()))
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
    Ok(Json(PostView::of(&app, may.scope(), detail).await?.noting(plan.note)))
}

/// Add a post to the queue
///
/// Every publication that is not out goes to the next free slot of its account, or to its next free good hour if the
/// account has no slots. 409 `queue_paused` or `queue_full` if there is none.
#[utoipa::path(post, path = "/posts/{id}/queue", tag = "posts", operation_id = "queuePost",
    params(("id" = Uuid, Path, description = "The post")), responses((status = 200, body = PostView)))]
async fn queue(State(app): State<App>, may: May<Publish>, Path(id): Path<PostId>) -> Result<Json<PostView>, Problem> {
    let detail = app.publishing.add_to_queue(may.scope(), id).await?;
    PostView::of(&app, may.scope(), detail).await.map(Json)
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
    let detail = app.publishing.publish_now(may.scope(), id).await?;
    PostView::of(&app, may.scope(), detail).await.map(Json)
}

/// Call a post off
///
/// Every publication that is not out. What is being sent, or of unknown fate, stays.
#[utoipa::path(post, path = "/posts/{id}/cancel", tag = "posts", operation_id = "cancelPost",
    params(("id" = Uuid, Path, description = "The post")), responses((status = 200, body = PostView)))]
async fn cancel(State(app): State<App>, may: May<Publish>, Path(id): Path<PostId>) -> Result<Json<PostView>, Problem> {
    let detail = app.publishing.cancel(may.scope(), id).await?;
    PostView::of(&app, may.scope(), detail).await.map(Json)
}

/// Try a post again
///
/// Every failed publication, except those of unknown fate: a person looks at each of these first.
#[utoipa::path(post, path = "/posts/{id}/retry", tag = "posts", operation_id = "retryPost",
    params(("id" = Uuid, Path, description = "The post")), responses((status = 200, body = PostView)))]
async fn retry(State(app): State<App>, may: May<Publish>, Path(id): Path<PostId>) -> Result<Json<PostView>, Problem> {
    let detail = app.publishing.retry(may.scope(), id).await?;
    PostView::of(&app, may.scope(), detail).await.map(Json)
}

/// Approve a post
///
/// Lets the current revision out; what is due leaves at once.
#[utoipa::path(post, path = "/posts/{id}/approve", tag = "posts", operation_id = "approvePost",
    params(("id" = Uuid, Path, description = "The post")), responses((status = 200, body = PostView)))]
async fn approve(State(app): State<App>, may: May<Review>, Path(id): Path<PostId>) -> Result<Json<PostView>, Problem> {
    let detail = app.publishing.approve(may.scope(), id).await?;
    PostView::of(&app, may.scope(), detail).await.map(Json)
}
