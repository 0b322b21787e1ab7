//! Keys for programs.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use garde::Validate;
use rookery_identity::{ApiKey, NewApiKey};
use rookery_kernel::{ApiKeyId, UserId};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::idempotency::{ShownOnce, once};
use super::page;
use super::time::Time;
use super::wire::KeyPower;
use crate::app::App;
use crate::extract::{Body, ManageMembers, May, Path};
use crate::problem::Problem;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(list)).routes(once!(create)).routes(routes!(revoke))
}

/// A key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ApiKeyView {
    id: Uuid,
    name: String,
    /// Its first characters.
    prefix: String,
    scopes: Vec<KeyPower>,
    created_by: Option<Uuid>,
    last_used_at: Option<Time>,
    expires_at: Option<Time>,
    revoked_at: Option<Time>,
    created_at: Time,
}

impl From<ApiKey> for ApiKeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id.uuid(),
            name: key.name,
            prefix: key.prefix,
            scopes: key.scopes.into_iter().map(KeyPower::from).collect(),
            created_by: key.created_by.map(UserId::uuid),
            last_used_at: key.last_used_at.map(Time),
            expires_at: key.expires_at.map(Time),
            revoked_at: key.revoked_at.map(Time),
            created_at: key.created_at.into(),
        }
    }
}

/// A key with its secret, which is shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewApiKeyView {
    #[serde(flatten)]
    key: ApiKeyView,
    /// `rk_…`; null when an answer is replayed.
    secret: Option<String>,
}

/// A key to be.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ApiKeyBody {
    /// What it is for.
    #[garde(length(chars, min = 1, max = 100))]
    name: String,
    /// What it may do; at least one.
    #[garde(length(max = 20))]
    scopes: Vec<KeyPower>,
    /// End of its life; never, if absent.
    #[garde(skip)]
    expires_at: Option<Time>,
}

/// List API keys
///
/// Those that may be used first, the newest first.
#[utoipa::path(get, path = "/api-keys", tag = "API keys", operation_id = "apiKeys",
    responses((status = 200, body = Vec<ApiKeyView>)))]
async fn list(State(app): State<App>, may: May<ManageMembers>) -> Result<Json<Vec<ApiKeyView>>, Problem> {
    let keys = app.identity.api_keys(may.scope()).await?;
    Ok(Json(keys.into_iter().map(ApiKeyView::from).collect()))
}

/// Make an API key
///
/// The secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/api-keys", tag = "API keys", operation_id = "createApiKey", request_body = ApiKeyBody,
    responses((status = 201, body = NewApiKeyView)))]
async fn create(
    State(app): State<App>,
    may: May<ManageMembers>,
    Body(body): Body<ApiKeyBody>,
) -> Result<Response, Problem> {
    let scopes = body.scopes.into_iter().map(Into::into).collect();
    let new = NewApiKey { name: body.name, scopes, expires_at: body.expires_at.map(|at| at.0) };
    let (key, secret) = app.identity.create_api_key(may.scope(), new).await?;
    let mut response =
        page::created(NewApiKeyView { key: key.into(), secret: Some(secret.expose_secret().to_owned()) });
    response.extensions_mut().insert(ShownOnce("secret"));
    Ok(response)
}

/// Revoke an API key
///
/// It opens nothing from the next request on.
#[utoipa::path(delete, path = "/api-keys/{id}", tag = "API keys", operation_id = "revokeApiKey",
    params(("id" = Uuid, Path, description = "The key")), responses((status = 204)))]
async fn revoke(
    State(app): State<App>,
    may: May<ManageMembers>,
    Path(id): Path<ApiKeyId>,
) -> Result<Response, Problem> {
    app.identity.revoke_api_key(may.scope(), id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
