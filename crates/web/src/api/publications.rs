//! A post on one account: its receipt, and what a person can do about it.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use rookery_kernel::{PublicationId, Zone};
use rookery_publishing::{Attempt, Receipt, Sighting};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::access::ReadPosts;
use super::accounts::AccountView;
use super::idempotency::once;
use super::page::Has;
use super::posts_view::{PostView, PublicationView};
use super::time::Time;
use super::wire::{ErrorKind, Mood, Phase, ReviewState};
use crate::app::App;
use crate::extract::{Body, May, Path, Publish};
use crate::problem::Problem;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(get)).routes(once!(cancel)).routes(once!(retry)).routes(once!(mark_online))
}

/// One try to deliver.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AttemptView {
    id: Uuid,
    attempt_no: i32,
    phase: Phase,
    /// The revision of the post that was sent.
    post_revision: i32,
    started_at: Time,
    /// The moment before the call.
    sent_at: Option<Time>,
    finished_at: Option<Time>,
    http_status: Option<i32>,
    error_class: Option<ErrorKind>,
    error_code: Option<String>,
    error_message: Option<String>,
    retry_after_seconds: Option<i32>,
}

impl From<Attempt> for AttemptView {
    fn from(attempt: Attempt) -> Self {
        Self {
            id: attempt.id.uuid(),
            attempt_no: attempt.attempt_no,
            phase: attempt.phase.into(),
            post_revision: attempt.post_revision,
            started_at: attempt.started_at.into(),
            sent_at: attempt.sent_at.map(Time),
            finished_at: attempt.finished_at.map(Time),
            http_status: attempt.http_status,
            error_class: attempt.error_class.map(Into::into),
            error_code: attempt.error_code,
            error_message: attempt.error_message,
            retry_after_seconds: attempt.retry_after_seconds,
        }
    }
}

/// One thing that happened.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StoryLineView {
    at: Time,
    headline: String,
    detail: Option<String>,
    tone: Mood,
}

/// Why it is, or is not, out.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReasonView {
    /// A stable word for programs.
    code: &'static str,
    /// For people, with times in the organization's zone.
    sentence: String,
}

/// The post of a receipt.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReceiptPostView {
    id: Uuid,
    excerpt: String,
    content: String,
    revision: i32,
    editorial_state: ReviewState,
}

/// Everything about one publication.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReceiptView {
    publication: PublicationView,
    post: ReceiptPostView,
    account: AccountView,
    /// Oldest first.
    attempts: Vec<AttemptView>,
    /// What happened, oldest first, in words.
    story: Vec<StoryLineView>,
    reason: ReasonView,
}

impl ReceiptView {
    fn of(receipt: Receipt, zone: &Zone) -> Self {
        let post = &receipt.post;
        Self {
            post: ReceiptPostView {
                id: post.id.uuid(),
                excerpt: post.excerpt(),
                content: receipt.publication.text(&post.content).to_owned(),
                revision: post.revision,
                editorial_state: post.editorial_state.into(),
            },
            publication: receipt.publication.into(),
            account: receipt.account.into(),
            attempts: receipt.attempts.into_iter().map(AttemptView::from).collect(),
            story: receipt
                .story
                .into_iter()
                .map(|line| StoryLineView {
                    at: line.at.into(),
                    headline: line.headline,
                    detail: line.detail,
                    tone: line.tone.into(),
                })
                .collect(),
            reason: ReasonView { code: receipt.reason.code(), sentence: receipt.reason.sentence(zone) },
        }
    }
}

/// Read a publication's receipt
///
/// The publication, its attempts, what happened in words, and why it is or is not out.
#[utoipa::path(get, path = "/publications/{id}", tag = "publications", operation_id = "publication",
    params(("id" = Uuid, Path, description = "The publication")), responses((status = 200, body = ReceiptView)))]
async fn get(
    State(app): State<App>,
    may: ReadPosts,
    has: Has,
    Path(id): Path<PublicationId>,
) -> Result<Response, Problem> {
    let receipt = app.publishing.publication(may.scope(), id).await?;
    Ok(has.or(&ReceiptView::of(receipt, may.zone())))
}

/// Call a publication off
///
/// Until it is being sent.
#[utoipa::path(post, path = "/publications/{id}/cancel", tag = "publications", operation_id = "cancelPublication",
    params(("id" = Uuid, Path, description = "The publication")), responses((status = 200, body = PostView)))]
async fn cancel(
    State(app): State<App>,
    may: May<Publish>,
    Path(id): Path<PublicationId>,
) -> Result<Json<PostView>, Problem> {
    let detail = app.publishing.cancel_publication(may.scope(), id).await?;
    PostView::of(&app, may.scope(), detail).await.map(Json)
}

/// Try a publication again
///
/// If its fate was unknown, the account is looked at once more before anything is sent.
#[utoipa::path(post, path = "/publications/{id}/retry", tag = "publications", operation_id = "retryPublication",
    params(("id" = Uuid, Path, description = "The publication")), responses((status = 200, body = PostView)))]
async fn retry(
    State(app): State<App>,
    may: May<Publish>,
    Path(id): Path<PublicationId>,
) -> Result<Json<PostView>, Problem> {
    let detail = app.publishing.retry_publication(may.scope(), id).await?;
    PostView::of(&app, may.scope(), detail).await.map(Json)
}

/// Where the post was found; at least one of the two.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SightingBody {
    /// Its id at the network.
    #[garde(length(max = 255))]
    external_content_id: Option<String>,
    /// Its public address.
    #[garde(length(max = 2000))]
    url: Option<String>,
}

/// Say that a publication is online
///
/// A person found a post of unknown fate at the network.
#[utoipa::path(post, path = "/publications/{id}/mark-online", tag = "publications", operation_id = "markOnline",
    request_body = SightingBody,
    params(("id" = Uuid, Path, description = "The publication")), responses((status = 200, body = PostView)))]
async fn mark_online(
    State(app): State<App>,
    may: May<Publish>,
    Path(id): Path<PublicationId>,
    Body(body): Body<SightingBody>,
) -> Result<Json<PostView>, Problem> {
    let sighting = Sighting { platform_post_id: body.external_content_id, url: body.url };
    let detail = app.publishing.mark_online(may.scope(), id, sighting).await?;
    PostView::of(&app, may.scope(), detail).await.map(Json)
}
