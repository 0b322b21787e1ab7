//! Posts and publications as clients see them.

use rookery_kernel::{AccountId, Scope, UserId};
use rookery_publishing::{Post, PostDetail, PostSummary, Publication};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::composition::CompositionView;
use super::time::{Time, TimeNote};
use super::wire::{ErrorKind, Network, Outcome, PostState, PublicationState, ReviewState};
use crate::app::App;
use crate::problem::Problem;

/// A post, with a publication for each account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostView {
    id: Uuid,
    organization_id: Uuid,
    author_user_id: Option<Uuid>,
    title: Option<String>,
    content: String,
    /// Without `#`.
    #[schema(value_type = Vec<String>)]
    hashtags: serde_json::Value,
    /// Without `@`.
    #[schema(value_type = Vec<String>)]
    mentions: serde_json::Value,
    status: PostState,
    outcome: Outcome,
    editorial_state: ReviewState,
    scheduled_at: Option<Time>,
    /// IANA zone the time was chosen in.
    time_zone: String,
    published_at: Option<Time>,
    /// One line per account that failed.
    error_message: Option<String>,
    /// Raised by each change of the content.
    revision: i32,
    approved_revision: Option<i32>,
    archived_at: Option<Time>,
    created_at: Time,
    updated_at: Time,
    #[serde(flatten)]
    composition: CompositionView,
    publications: Vec<PublicationView>,
    /// What had to be decided about a local time.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_note: Option<TimeNote>,
}

impl PostView {
    /// A post that was just read or changed, with what it is made of.
    pub(super) async fn of(app: &App, scope: &Scope, detail: PostDetail) -> Result<Self, Problem> {
        let composition = app.publishing.composition(scope, detail.post.id).await?;
        Ok(Self::with(detail, composition.into()))
    }

    fn with(detail: PostDetail, composition: CompositionView) -> Self {
        let PostDetail { post, publications } = detail;
        let Post {
            id,
            organization_id,
            author_user_id,
            title,
            content,
            hashtags,
            mentions,
            status,
            outcome,
            editorial_state,
            scheduled_at,
            timezone,
            published_at,
            error_message,
            revision,
            approved_revision,
            archived_at,
            created_at,
            updated_at,
            ..
        } = post;
        Self {
            id: id.uuid(),
            organization_id: organization_id.uuid(),
            author_user_id: author_user_id.map(UserId::uuid),
            title,
            content,
            hashtags,
            mentions,
            status: status.into(),
            outcome: outcome.into(),
            editorial_state: editorial_state.into(),
            scheduled_at: scheduled_at.map(Time),
            time_zone: timezone,
            published_at: published_at.map(Time),
            error_message,
            revision,
            approved_revision,
            archived_at: archived_at.map(Time),
            created_at: created_at.into(),
            updated_at: updated_at.into(),
            composition,
            publications: publications.into_iter().map(PublicationView::from).collect(),
            time_note: None,
        }
    }
}

impl PostView {
    /// With what had to be decided about a local time.
    pub(super) fn noting(self, time_note: Option<TimeNote>) -> Self {
        Self { time_note, ..self }
    }
}

/// A post on one account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PublicationView {
    id: Uuid,
    organization_id: Uuid,
    post_id: Uuid,
    /// The account.
    integration_id: Uuid,
    platform: Network,
    /// 0, or 1, 2 … for a deliberate repetition.
    occurrence: i32,
    /// The same for every attempt; sent to networks that take one.
    idempotency_key: String,
    status: PublicationState,
    scheduled_for: Option<Time>,
    /// When something happens to it next by itself.
    next_attempt_at: Option<Time>,
    /// Attempts that counted.
    attempt_count: i32,
    max_attempts: i32,
    last_attempt_at: Option<Time>,
    /// The network did not say whether it took the post; we are finding out.
    needs_reconciliation: bool,
    cancel_requested_at: Option<Time>,
    /// Its id at the network.
    external_content_id: Option<String>,
    /// Its public address.
    url: Option<String>,
    published_at: Option<Time>,
    failed_at: Option<Time>,
    /// When it was found deleted at the network.
    removed_at: Option<Time>,
    error_class: Option<ErrorKind>,
    error_code: Option<String>,
    error_message: Option<String>,
    created_at: Time,
    updated_at: Time,
}

impl From<Publication> for PublicationView {
    fn from(p: Publication) -> Self {
        Self {
            id: p.id.uuid(),
            organization_id: p.organization_id.uuid(),
            post_id: p.post_id.uuid(),
            integration_id: p.social_account_id.uuid(),
            platform: p.platform.into(),
            occurrence: p.occurrence,
            idempotency_key: p.idempotency_key,
            status: p.status.into(),
            scheduled_for: p.scheduled_for.map(Time),
            next_attempt_at: p.next_attempt_at.map(Time),
            attempt_count: p.attempt_count,
            max_attempts: p.max_attempts,
            last_attempt_at: p.last_attempt_at.map(Time),
            needs_reconciliation: p.needs_reconciliation,
            cancel_requested_at: p.cancel_requested_at.map(Time),
            external_content_id: p.platform_post_id,
            url: p.platform_post_url,
            published_at: p.published_at.map(Time),
            failed_at: p.failed_at.map(Time),
            removed_at: p.removed_at.map(Time),
            error_class: p.error_class.map(Into::into),
            error_code: p.error_code,
            error_message: p.error_message,
            created_at: p.created_at.into(),
            updated_at: p.updated_at.into(),
        }
    }
}

/// A post in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PostSummaryView {
    id: Uuid,
    /// The title, or the first words.
    excerpt: String,
    status: PostState,
    outcome: Outcome,
    editorial_state: ReviewState,
    scheduled_at: Option<Time>,
    published_at: Option<Time>,
    /// The accounts it goes to.
    integration_ids: Vec<Uuid>,
    created_at: Time,
}

impl From<PostSummary> for PostSummaryView {
    fn from(post: PostSummary) -> Self {
        Self {
            id: post.id.uuid(),
            excerpt: post.excerpt,
            status: post.status.into(),
            outcome: post.outcome.into(),
            editorial_state: post.editorial_state.into(),
            scheduled_at: post.scheduled_at.map(Time),
            published_at: post.published_at.map(Time),
            integration_ids: post.account_ids.into_iter().map(AccountId::uuid).collect(),
            created_at: post.created_at.into(),
        }
    }
}
