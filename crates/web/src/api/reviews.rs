//! Reviews and the links for people without an account.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use garde::Validate;
use rookery_kernel::{AccountId, PostId, ReviewLinkId, UserId};
use rookery_publishing::{
    Decision, Judgement, LINK_DAYS_DEFAULT, NewReviewLink, PieceKind, QueueEntry, Review as PostReview, ReviewHistory,
    ReviewLink, SuggestedChange,
};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::access::ReadPosts;
use super::idempotency::{ShownOnce, once};
use super::page;
use super::posts_view::PostView;
use super::time::Time;
use super::wire::{LinkStanding, ReviewProgress, ReviewState, Urgency, Verdict};
use crate::app::App;
use crate::extract::{Body, May, Path, Review, SubmitReview};
use crate::problem::Problem;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(queue))
        .routes(routes!(history))
        .routes(once!(judge))
        .routes(once!(submit))
        .routes(once!(withdraw))
        .routes(routes!(links))
        .routes(once!(create_link))
        .routes(routes!(revoke_link))
}

/// A request for a judgement about a revision.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReviewView {
    id: Uuid,
    post_id: Uuid,
    /// The revision that is judged.
    revision: i32,
    status: ReviewProgress,
    priority: Urgency,
    submitted_by: Option<Uuid>,
    /// Who is to judge; everybody who may, if null.
    assigned_to: Option<Uuid>,
    /// Late from then on.
    due_at: Option<Time>,
    /// What the author says about it.
    note: Option<String>,
    decided_at: Option<Time>,
    created_at: Time,
}

impl From<PostReview> for ReviewView {
    fn from(r: PostReview) -> Self {
        Self {
            id: r.id.uuid(),
            post_id: r.post_id.uuid(),
            revision: r.revision,
            status: r.status.into(),
            priority: r.priority.into(),
            submitted_by: r.submitted_by.map(UserId::uuid),
            assigned_to: r.assigned_to.map(UserId::uuid),
            due_at: r.due_at.map(Time),
            note: r.reason,
            decided_at: r.decided_at.map(Time),
            created_at: r.created_at.into(),
        }
    }
}

/// One thing that a reviewer would write differently.
#[derive(Debug, Clone, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SuggestionBody {
    /// What it is about: `content`, `title`, `media`, …
    #[garde(length(chars, min = 1, max = 100))]
    field: String,
    /// What to write instead.
    #[garde(length(chars, max = 20_000))]
    suggestion: String,
    /// Why.
    #[garde(length(chars, max = 2_000))]
    reason: Option<String>,
}

impl From<SuggestionBody> for SuggestedChange {
    fn from(body: SuggestionBody) -> Self {
        Self { field: body.field, suggestion: body.suggestion, reason: body.reason }
    }
}

/// What somebody decided, or remarked.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DecisionView {
    action: Verdict,
    /// The revision that they looked at.
    revision: Option<i32>,
    /// The person; null for somebody with a link.
    reviewer_id: Option<Uuid>,
    /// The name that somebody with a link gave.
    reviewer_name: Option<String>,
    comment: Option<String>,
    suggested_changes: Vec<SuggestionBody>,
    at: Time,
}

impl From<Decision> for DecisionView {
    fn from(d: Decision) -> Self {
        let suggestion =
            |s: SuggestedChange| SuggestionBody { field: s.field, suggestion: s.suggestion, reason: s.reason };
        Self {
            action: d.action.into(),
            revision: d.revision,
            reviewer_id: d.reviewer_id.map(UserId::uuid),
            reviewer_name: d.reviewer_name,
            comment: d.comment,
            suggested_changes: d.suggested_changes.into_iter().map(suggestion).collect(),
            at: d.at.into(),
        }
    }
}

/// Words that stayed, came (`added`) or went (`removed`).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PieceView {
    /// `same`, `added` or `removed`.
    kind: &'static str,
    text: String,
}

/// What changed since the last approved revision.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DiffView {
    from_revision: i32,
    to_revision: i32,
    text: Vec<PieceView>,
    /// What else changed, in words.
    parts: Vec<&'static str>,
}

/// Where a post stands with its reviewers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct HistoryView {
    /// It may go out exactly as it stands.
    is_approved: bool,
    open: Option<ReviewView>,
    /// The newest first.
    reviews: Vec<ReviewView>,
    /// The oldest first.
    decisions: Vec<DecisionView>,
    /// Null if nothing was approved before, or nothing changed.
    diff: Option<DiffView>,
}

impl From<ReviewHistory> for HistoryView {
    fn from(history: ReviewHistory) -> Self {
        let diff = history.diff.map(|d| DiffView {
            from_revision: d.from,
            to_revision: d.to,
            text: d
                .text
                .into_iter()
                .map(|p| PieceView {
                    kind: match p.kind {
                        PieceKind::Same => "same",
                        PieceKind::Added => "added",
                        PieceKind::Removed => "removed",
                    },
                    text: p.text,
                })
                .collect(),
            parts: d.parts,
        });
        Self {
            is_approved: history.is_approved,
            open: history.open.map(ReviewView::from),
            reviews: history.reviews.into_iter().map(ReviewView::from).collect(),
            decisions: history.decisions.into_iter().map(DecisionView::from).collect(),
            diff,
        }
    }
}

/// A review with what a list shows of its post.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct QueueEntryView {
    review: ReviewView,
    /// Title or first words.
    excerpt: String,
    editorial_state: ReviewState,
    current_revision: i32,
    scheduled_at: Option<Time>,
    integration_ids: Vec<Uuid>,
    /// Client links that work.
    open_links: i64,
    is_late: bool,
}

impl From<QueueEntry> for QueueEntryView {
    fn from(e: QueueEntry) -> Self {
        Self {
            excerpt: e.excerpt,
            editorial_state: e.editorial_state.into(),
            current_revision: e.current_revision,
            scheduled_at: e.scheduled_at.map(Time),
            integration_ids: e.account_ids.into_iter().map(AccountId::uuid).collect(),
            open_links: e.open_links,
            is_late: e.is_late,
            review: e.review.into(),
        }
    }
}

/// The queue of reviews.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct QueueOfReviews {
    /// What waits for the caller.
    mine: Vec<QueueEntryView>,
    /// What waits for others.
    others: Vec<QueueEntryView>,
    /// What was decided last.
    decided: Vec<QueueEntryView>,
}

/// Reviews that wait
///
/// For the caller, for others, and what was decided last.
#[utoipa::path(get, path = "/reviews", tag = "reviews", operation_id = "reviews",
    responses((status = 200, body = QueueOfReviews)))]
async fn queue(State(app): State<App>, may: ReadPosts) -> Result<Json<QueueOfReviews>, Problem> {
    let may_review = may.0.allows(rookery_identity::Right::Review);
    let queue = app.publishing.review_queue(may.scope(), may_review).await?;
    let views = |entries: Vec<QueueEntry>| entries.into_iter().map(QueueEntryView::from).collect();
    Ok(Json(QueueOfReviews { mine: views(queue.mine), others: views(queue.others), decided: views(queue.decided) }))
}

/// A post's reviews
#[utoipa::path(get, path = "/posts/{id}/reviews", tag = "reviews", operation_id = "postReviews",
    params(("id" = Uuid, Path, description = "The post")), responses((status = 200, body = HistoryView)))]
async fn history(State(app): State<App>, may: ReadPosts, Path(id): Path<PostId>) -> Result<Json<HistoryView>, Problem> {
    Ok(Json(app.publishing.review_history(may.scope(), id).await?.into()))
}

/// A verdict.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct JudgementBody {
    #[garde(skip)]
    action: Verdict,
    /// The revision that was looked at; another one by now is a conflict.
    #[garde(skip)]
    revision: Option<i32>,
    /// Why. Needed for `request_changes` and `comment`, unless changes are suggested.
    #[garde(length(chars, max = 5_000))]
    comment: Option<String>,
    #[serde(default)]
    #[garde(length(max = 50), dive)]
    suggested_changes: Vec<SuggestionBody>,
}

/// Judge a post
///
/// An approval holds for exactly what stands now: any later change takes it back.
#[utoipa::path(post, path = "/posts/{id}/reviews", tag = "reviews", operation_id = "judgePost",
    request_body = JudgementBody, params(("id" = Uuid, Path, description = "The post")),
    responses((status = 200, body = PostView)))]
async fn judge(
    State(app): State<App>,
    may: May<Review>,
    Path(id): Path<PostId>,
    Body(body): Body<JudgementBody>,
) -> Result<Json<PostView>, Problem> {
    let judgement = Judgement {
        revision: body.revision,
        comment: body.comment,
        suggested_changes: body.suggested_changes.into_iter().map(Into::into).collect(),
    };
    let detail = app.publishing.judge(may.scope(), id, body.action.into(), judgement).await?;
    PostView::of(&app, may.scope(), detail).await.map(Json)
}

/// A request for a review.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SubmitBody {
    /// For the reviewer.
    #[garde(length(chars, max = 5_000))]
    note: Option<String>,
    /// Who is to judge; everybody who may, if absent.
    #[garde(skip)]
    #[schema(value_type = Option<Uuid>)]
    assigned_to: Option<UserId>,
}

/// Submit a post for review
#[utoipa::path(post, path = "/posts/{id}/submit", tag = "reviews", operation_id = "submitPost",
    request_body = SubmitBody, params(("id" = Uuid, Path, description = "The post")),
    responses((status = 200, body = PostView)))]
async fn submit(
    State(app): State<App>,
    may: May<SubmitReview>,
    Path(id): Path<PostId>,
    Body(body): Body<SubmitBody>,
) -> Result<Json<PostView>, Problem> {
    let detail = app.publishing.submit(may.scope(), id, body.note, body.assigned_to).await?;
    PostView::of(&app, may.scope(), detail).await.map(Json)
}

/// Withdraw a post from review
#[utoipa::path(post, path = "/posts/{id}/withdraw", tag = "reviews", operation_id = "withdrawPost",
    params(("id" = Uuid, Path, description = "The post")), responses((status = 200, body = PostView)))]
async fn withdraw(
    State(app): State<App>,
    may: May<SubmitReview>,
    Path(id): Path<PostId>,
) -> Result<Json<PostView>, Problem> {
    let detail = app.publishing.withdraw(may.scope(), id).await?;
    PostView::of(&app, may.scope(), detail).await.map(Json)
}

/// A link for somebody without an account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReviewLinkView {
    id: Uuid,
    post_id: Uuid,
    /// The revision that it shows.
    revision: i32,
    /// For whom.
    recipient: String,
    status: LinkStanding,
    created_by: Option<Uuid>,
    expires_at: Time,
    opened_at: Option<Time>,
    used_at: Option<Time>,
    revoked_at: Option<Time>,
    created_at: Time,
}

impl ReviewLinkView {
    fn of(link: ReviewLink, status: LinkStanding) -> Self {
        Self {
            id: link.id.uuid(),
            post_id: link.post_id.uuid(),
            revision: link.revision,
            recipient: link.recipient,
            status,
            created_by: link.created_by.map(UserId::uuid),
            expires_at: link.expires_at.into(),
            opened_at: link.opened_at.map(Time),
            used_at: link.used_at.map(Time),
            revoked_at: link.revoked_at.map(Time),
            created_at: link.created_at.into(),
        }
    }
}

/// A link with its address, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewReviewLinkView {
    #[serde(flatten)]
    link: ReviewLinkView,
    /// Whoever has it can decide, once; null when an answer is replayed.
    url: Option<String>,
}

/// A link to be.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ReviewLinkBody {
    /// For whom.
    #[garde(length(chars, min = 1, max = 200))]
    recipient: String,
    /// Days that it lives, 1 to 30; 7 unless told.
    #[garde(range(min = 1, max = 30))]
    days: Option<u16>,
}

/// List a post's review links
#[utoipa::path(get, path = "/posts/{id}/review-links", tag = "reviews", operation_id = "reviewLinks",
    params(("id" = Uuid, Path, description = "The post")), responses((status = 200, body = Vec<ReviewLinkView>)))]
async fn links(
    State(app): State<App>,
    may: ReadPosts,
    Path(id): Path<PostId>,
) -> Result<Json<Vec<ReviewLinkView>>, Problem> {
    let links = app.publishing.review_links(may.scope(), id).await?;
    Ok(Json(links.into_iter().map(|(link, state)| ReviewLinkView::of(link, state.into())).collect()))
}

/// Make a review link
///
/// For somebody without an account: it shows this revision and works for one decision. The post is submitted for review
/// if it was not. The address is in this answer and nowhere else.
#[utoipa::path(post, path = "/posts/{id}/review-links", tag = "reviews", operation_id = "createReviewLink",
    request_body = ReviewLinkBody, params(("id" = Uuid, Path, description = "The post")),
    responses((status = 201, body = NewReviewLinkView)))]
async fn create_link(
    State(app): State<App>,
    may: May<SubmitReview>,
    Path(id): Path<PostId>,
    Body(body): Body<ReviewLinkBody>,
) -> Result<Response, Problem> {
    let new = NewReviewLink { recipient: body.recipient, days: body.days.unwrap_or(LINK_DAYS_DEFAULT) };
    let (link, token) = app.publishing.create_review_link(may.scope(), id, new).await?;
    let url = Some(crate::ui::reviews::address(&app, token.expose_secret()));
    let mut response = page::created(NewReviewLinkView { link: ReviewLinkView::of(link, LinkStanding::Open), url });
    response.extensions_mut().insert(ShownOnce("url"));
    Ok(response)
}

/// Revoke a review link
///
/// It opens nothing from the next request on.
#[utoipa::path(delete, path = "/review-links/{id}", tag = "reviews", operation_id = "revokeReviewLink",
    params(("id" = Uuid, Path, description = "The link")), responses((status = 204)))]
async fn revoke_link(
    State(app): State<App>,
    may: May<SubmitReview>,
    Path(id): Path<ReviewLinkId>,
) -> Result<StatusCode, Problem> {
    app.publishing.revoke_review_link(may.scope(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}
