//! A post on one account: its receipt, and what a person can do about it.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use rookery_analytics::LatestReading;
use rookery_kernel::{AccountId, PublicationId, Zone};
use rookery_publishing::{
    Actions, Attempt, Elsewhere, Explained, PartOnAccount, PublicationFilter, PublicationSummary, Receipt, Republish,
    Sighting, StoredFile,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::access::ReadPosts;
use super::accounts::AccountView;
use super::idempotency::once;
use super::page::{self, Has, PageView};
use super::posts_view::{PostView, PublicationView};
use super::publication_numbers::LatestReadingView;
use super::time::Time;
use super::wire::{ErrorKind, Mood, Network, PartKind, Phase, PublicationState, ReviewState};
use crate::app::App;
use crate::extract::{Body, Draft, May, Path, Publish, Query};
use crate::problem::Problem;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(routes!(get, reword))
        .routes(once!(cancel))
        .routes(once!(retry))
        .routes(once!(mark_online))
        .routes(once!(publish_again))
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
    /// The network's id for the call, for its support.
    trace_id: Option<String>,
    /// What happened, in words.
    what: String,
    /// What the network said, in its words.
    said: Option<String>,
    /// How the way to the network failed, where it said nothing.
    detail: Option<String>,
    /// What follows by itself, or what a person can do.
    next_step: String,
    /// Names and ids of what this attempt left at the network before anything was public.
    left: Vec<String>,
}

impl AttemptView {
    fn of(attempt: Attempt, explained: Explained) -> Self {
        Self {
            trace_id: attempt.trace_id(),
            what: explained.what,
            said: explained.said,
            detail: explained.detail,
            next_step: explained.next,
            left: explained.left,
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
    /// What follows by itself, or what a person can do.
    next_step: String,
}

/// A picture or video of the post.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReceiptMediaView {
    asset_id: Uuid,
    mime_type: String,
    size_bytes: u64,
    width: Option<u32>,
    height: Option<u32>,
    duration_ms: Option<u64>,
    alt_text: Option<String>,
    file_name: String,
}

impl From<StoredFile> for ReceiptMediaView {
    fn from(file: StoredFile) -> Self {
        Self {
            asset_id: file.asset_id.uuid(),
            mime_type: file.mime_type,
            size_bytes: file.size,
            width: file.width,
            height: file.height,
            duration_ms: file.duration_ms,
            alt_text: file.alt_text,
            file_name: file.file_name,
        }
    }
}

/// A part of a thread or a comment on this account; without `publicationId` until what it answers is out.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReceiptPartView {
    kind: PartKind,
    text: String,
    delay_minutes: u32,
    publication_id: Option<Uuid>,
    status: Option<PublicationState>,
    /// The network did not say whether it took the part; we are finding out.
    in_doubt: bool,
    url: Option<String>,
    /// When it came out, or is to.
    at: Option<Time>,
}

impl From<PartOnAccount> for ReceiptPartView {
    fn from(part: PartOnAccount) -> Self {
        let place = part.place.as_ref();
        Self {
            kind: part.kind.into(),
            publication_id: place.map(|p| p.publication_id.uuid()),
            status: place.map(|p| p.status.into()),
            in_doubt: place.is_some_and(|p| p.in_doubt),
            url: place.and_then(|p| p.url.clone()),
            at: place.and_then(|p| p.at).map(Time),
            text: part.text,
            delay_minutes: part.delay_minutes,
        }
    }
}

/// Another publication of the same post.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ElsewhereView {
    publication_id: Uuid,
    account: String,
    platform: Network,
    /// 0, or 1, 2 … for a deliberate repetition.
    occurrence: i32,
    status: PublicationState,
    /// Nobody knows whether the network took it.
    in_doubt: bool,
}

impl From<Elsewhere> for ElsewhereView {
    fn from(other: Elsewhere) -> Self {
        Self {
            publication_id: other.publication_id.uuid(),
            account: other.account,
            platform: other.platform.into(),
            occurrence: other.occurrence,
            status: other.status.into(),
            in_doubt: other.in_doubt,
        }
    }
}

/// What can be done now, by somebody who may.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that can be done or not")]
struct ActionsView {
    retry: bool,
    cancel: bool,
    mark_online: bool,
    reword: bool,
    publish_again: bool,
    /// `is_out`, `may_be_out` or `was_removed`: why publishing again wants thought.
    publish_again_warning: Option<&'static str>,
    /// Publications of the post that `POST /posts/{id}/retry` would try again.
    failed_of_post: usize,
}

impl From<Actions> for ActionsView {
    fn from(actions: Actions) -> Self {
        Self {
            retry: actions.retry,
            cancel: actions.cancel,
            mark_online: actions.mark_online,
            reword: actions.reword,
            publish_again: actions.publish_again.is_some(),
            publish_again_warning: actions.publish_again.map(rookery_publishing::Warning::code),
            failed_of_post: actions.failed_of_post,
        }
    }
}

/// The post of a receipt.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ReceiptPostView {
    id: Uuid,
    excerpt: String,
    /// The text for this account, as it stands now; each attempt names the revision that it sent.
    content: String,
    /// The title for this account, where the network has one.
    title: Option<String>,
    link: Option<String>,
    author_user_id: Option<Uuid>,
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
    media: Vec<ReceiptMediaView>,
    /// Parts of the thread and comments on this account.
    parts: Vec<ReceiptPartView>,
    /// The publication that this one, a part, belongs to.
    part_of: Option<Uuid>,
    /// The post's other publications.
    elsewhere: Vec<ElsewhereView>,
    actions: ActionsView,
    /// Its newest numbers; null before the first reading, an hour after it came out.
    latest_reading: Option<LatestReadingView>,
}

impl ReceiptView {
    fn of(receipt: Receipt, latest: Option<LatestReading>, zone: &Zone) -> Self {
        let post = &receipt.post;
        let network = receipt.account.platform.name();
        Self {
            post: ReceiptPostView {
                id: post.id.uuid(),
                excerpt: post.excerpt(),
                content: receipt.intent.text,
                title: receipt.intent.title,
                link: receipt.intent.link,
                author_user_id: receipt.intent.author.map(rookery_kernel::UserId::uuid),
                revision: receipt.intent.revision,
                editorial_state: post.editorial_state.into(),
            },
            publication: receipt.publication.into(),
            account: receipt.account.into(),
            attempts: receipt
                .attempts
                .into_iter()
                .zip(receipt.explained)
                .map(|(attempt, explained)| AttemptView::of(attempt, explained))
                .collect(),
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
            reason: ReasonView {
                code: receipt.reason.code(),
                sentence: receipt.reason.sentence(zone),
                next_step: receipt.reason.next_step(network),
            },
            media: receipt.media.into_iter().map(ReceiptMediaView::from).collect(),
            parts: receipt.parts.into_iter().map(ReceiptPartView::from).collect(),
            part_of: receipt.part_of.map(PublicationId::uuid),
            elsewhere: receipt.elsewhere.into_iter().map(ElsewhereView::from).collect(),
            actions: receipt.actions.into(),
            latest_reading: latest.map(LatestReadingView::from),
        }
    }
}

/// A publication in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PublicationSummaryView {
    id: Uuid,
    post_id: Uuid,
    /// The account.
    integration_id: Uuid,
    platform: Network,
    /// 0, or 1, 2 … for a deliberate repetition.
    occurrence: i32,
    status: PublicationState,
    /// Nobody knows whether the network took it.
    in_doubt: bool,
    scheduled_for: Time,
    published_at: Option<Time>,
    /// The post's title, or its first words.
    excerpt: String,
    /// What went wrong last, in words; the receipt tells the rest.
    trouble: Option<String>,
}

impl From<PublicationSummary> for PublicationSummaryView {
    fn from(p: PublicationSummary) -> Self {
        Self {
            id: p.id.uuid(),
            post_id: p.post_id.uuid(),
            integration_id: p.account_id.uuid(),
            platform: p.platform.into(),
            occurrence: p.occurrence,
            status: p.status.into(),
            in_doubt: p.in_doubt,
            scheduled_for: p.scheduled_for.into(),
            published_at: p.published_at.map(Time),
            excerpt: p.excerpt,
            trouble: p.trouble,
        }
    }
}

/// Which publications.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only in this state.
    #[param(inline)]
    status: Option<PublicationState>,
    /// Only on this account.
    #[param(value_type = Option<Uuid>)]
    integration_id: Option<AccountId>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Rows, 1 to 100; 50 unless told.
    limit: Option<u16>,
}

/// List publications
///
/// With a moment in the last 90 days or ahead, the latest moment first.
#[utoipa::path(get, path = "/publications", tag = "publications", operation_id = "publications", params(ListQuery),
    responses((status = 200, body = PageView<PublicationSummaryView>)))]
async fn list(
    State(app): State<App>,
    may: ReadPosts,
    Query(query): Query<ListQuery>,
) -> Result<Json<PageView<PublicationSummaryView>>, Problem> {
    let (after, limit) = page::place(query.after.as_deref(), query.limit)?;
    let states = query.status.into_iter().map(Into::into).collect();
    let filter = PublicationFilter { states, account_id: query.integration_id };
    let found = app.publishing.publications(may.scope(), &filter, after, limit).await?;
    Ok(Json(PageView::of(found, PublicationSummaryView::from)))
}

/// Read a publication's receipt
///
/// What was to go out, each attempt in words with the network's own, what stands where, why it is or is not out, and what
/// can be done.
#[utoipa::path(get, path = "/publications/{id}", tag = "publications", operation_id = "publication",
    params(("id" = Uuid, Path, description = "The publication")), responses((status = 200, body = ReceiptView)))]
async fn get(
    State(app): State<App>,
    may: ReadPosts,
    has: Has,
    Path(id): Path<PublicationId>,
) -> Result<Response, Problem> {
    let receipt = app.publishing.publication(may.scope(), id).await?;
    let latest = app.analytics.latest_reading(may.scope(), id).await?;
    Ok(has.or(&ReceiptView::of(receipt, latest, may.zone())))
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
/// A person found a post of unknown fate at the network. The network is asked: the post has to be among the account's
/// newest. Where a network keeps no list, the address has to be one of its own.
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

/// Other words for one account.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct WordsBody {
    /// The text for this account; null goes back to the post's.
    #[garde(length(chars, max = 100_000))]
    text: Option<String>,
}

/// Give one account other words
///
/// To repair a failed publication while the post is out on other accounts. It is a revision of the post; an approval of
/// an earlier one ends. Nothing is sent by this.
#[utoipa::path(patch, path = "/publications/{id}", tag = "publications", operation_id = "rewordPublication",
    request_body = WordsBody,
    params(("id" = Uuid, Path, description = "The publication")), responses((status = 200, body = PostView)))]
async fn reword(
    State(app): State<App>,
    may: May<Draft>,
    Path(id): Path<PublicationId>,
    Body(body): Body<WordsBody>,
) -> Result<Json<PostView>, Problem> {
    let detail = app.publishing.reword(may.scope(), id, body.text).await?;
    PostView::of(&app, may.scope(), detail).await.map(Json)
}

/// A deliberate second post.
#[derive(Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AgainBody {
    /// The caller knows that the first one is out, or may be.
    #[serde(default)]
    #[garde(skip)]
    although_out: bool,
}

/// Publish once more
///
/// A new publication on the same account with a key of its own; the first one stays as it is. If the first one is out, or
/// may be, the answer is 409 `second_post` until `althoughOut` says that a second post is wanted.
#[utoipa::path(post, path = "/publications/{id}/publish-again", tag = "publications", operation_id = "publishAgain",
    request_body = AgainBody,
    params(("id" = Uuid, Path, description = "The publication")), responses((status = 200, body = PostView)))]
async fn publish_again(
    State(app): State<App>,
    may: May<Publish>,
    Path(id): Path<PublicationId>,
    Body(body): Body<AgainBody>,
) -> Result<Json<PostView>, Problem> {
    let wish = Republish { although_out: body.although_out };
    let detail = app.publishing.publish_again(may.scope(), id, wish).await?;
    PostView::of(&app, may.scope(), detail).await.map(Json)
}
