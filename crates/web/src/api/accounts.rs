//! Connected accounts and the networks' rules.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use garde::Validate;
use rookery_accounts::{Account, NewAccount, PlatformRules, Tokens};
use rookery_kernel::{AccountId, Platform};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::{Host, Url};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::access::ReadPosts;
use super::idempotency::once;
use super::page::{self, Has};
use super::time::Time;
use super::wire::{AccountQuality, AccountState, Counting, Network};
use crate::app::App;
use crate::extract::{Body, ManageAccounts, May, Path};
use crate::problem::Problem;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(once!(connect))
        .routes(once!(sign_in))
        .routes(routes!(get, disconnect))
        .routes(once!(check))
        .routes(routes!(rules))
}

/// A connected account. Tokens are never shown.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AccountView {
    id: Uuid,
    /// The same as `id`: the name that posts and numbers use for it.
    integration_id: Uuid,
    organization_id: Uuid,
    platform: Network,
    /// Its id at the network.
    platform_user_id: String,
    username: String,
    display_name: Option<String>,
    avatar_url: Option<String>,
    profile_url: Option<String>,
    status: AccountState,
    health: AccountQuality,
    /// `direct` or `sandbox`.
    connector: String,
    /// The server it is on; null for the network's own address.
    base_url: Option<String>,
    followers_count: Option<i64>,
    token_expires_at: Option<Time>,
    last_synced_at: Option<Time>,
    last_posted_at: Option<Time>,
    consecutive_failures: i32,
    last_error_code: Option<String>,
    last_error_message: Option<String>,
    last_error_at: Option<Time>,
    created_at: Time,
    /// What its own server allows, on a network of many servers; null until the server has told.
    server_limits: Option<ServerLimits>,
}

/// What a server of a network of servers allows.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ServerLimits {
    /// Longest text.
    text_limit: usize,
    /// What an address in the text counts.
    url_weight: u32,
    /// Most media of one post.
    media_limit: usize,
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        Self {
            id: account.id.uuid(),
            integration_id: account.id.uuid(),
            organization_id: account.organization_id.uuid(),
            platform: account.platform.into(),
            platform_user_id: account.platform_user_id,
            username: account.username,
            display_name: account.display_name,
            avatar_url: account.avatar_url,
            profile_url: account.profile_url,
            status: account.status.into(),
            health: account.health.into(),
            connector: account.connector,
            base_url: account.base_url.map(Into::into),
            followers_count: account.followers_count,
            token_expires_at: account.token_expires_at.map(Time),
            last_synced_at: account.last_synced_at.map(Time),
            last_posted_at: account.last_posted_at.map(Time),
            consecutive_failures: account.consecutive_failures,
            last_error_code: account.last_error_code,
            last_error_message: account.last_error_message,
            last_error_at: account.last_error_at.map(Time),
            created_at: account.created_at.into(),
            server_limits: account.server_limits.map(|limits| ServerLimits {
                text_limit: limits.characters_max,
                url_weight: limits.url_weight,
                media_limit: limits.media_max,
            }),
        }
    }
}

/// An account to connect with a token that you have already.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ConnectBody {
    /// `x` is read as `twitter`, and upper case as lower case.
    #[garde(skip)]
    #[schema(value_type = Network)]
    platform: Platform,
    /// The server the account is on, where the network has many.
    #[garde(length(max = 500))]
    base_url: Option<String>,
    #[garde(skip)]
    #[schema(value_type = String, format = Password)]
    access_token: SecretString,
    #[garde(skip)]
    #[schema(value_type = Option<String>, format = Password)]
    refresh_token: Option<SecretString>,
    /// End of the access token.
    #[garde(skip)]
    token_expires_at: Option<Time>,
    /// Which of the token's profiles, by its id at the network; needed if there are several.
    #[garde(length(max = 255))]
    profile_id: Option<String>,
}

/// List accounts
///
/// By network and name, without disconnected ones.
#[utoipa::path(get, path = "/accounts", tag = "accounts", operation_id = "accounts",
    responses((status = 200, body = Vec<AccountView>)))]
async fn list(State(app): State<App>, may: ReadPosts) -> Result<Json<Vec<AccountView>>, Problem> {
    let accounts = app.accounts.list(may.scope()).await?;
    Ok(Json(accounts.into_iter().map(AccountView::from).collect()))
}

/// Read an account
#[utoipa::path(get, path = "/accounts/{id}", tag = "accounts", operation_id = "account",
    params(("id" = Uuid, Path, description = "The account")), responses((status = 200, body = AccountView)))]
async fn get(State(app): State<App>, may: ReadPosts, has: Has, Path(id): Path<AccountId>) -> Result<Response, Problem> {
    let account = app.accounts.get(may.scope(), id).await?;
    Ok(has.or(&AccountView::from(account)))
}

/// Connect an account
///
/// The token is tried at the network before anything is stored. An account that is connected already is repaired.
/// Its numbers are collected from the next night on.
#[utoipa::path(post, path = "/accounts", tag = "accounts", operation_id = "connectAccount", request_body = ConnectBody,
    responses((status = 201, body = AccountView)))]
async fn connect(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Body(body): Body<ConnectBody>,
) -> Result<Response, Problem> {
    let base_url = body.base_url.as_deref().map(address).transpose()?;
    let tokens = Tokens {
        access: body.access_token,
        refresh: body.refresh_token,
        expires_at: body.token_expires_at.map(|at| at.0),
        scopes: Vec::new(),
    };
    let is_sandbox = base_url.as_ref().is_some_and(is_here);
    let new = NewAccount { platform: body.platform, base_url, tokens, profile_id: body.profile_id, is_sandbox };
    let account = app.accounts.connect(may.scope(), new).await?;
    app.analytics.track(may.scope(), &[account.id]).await?;
    Ok(page::created(AccountView::from(account)))
}

/// An account to connect with a password made for this app.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SignInBody {
    /// A network whose accounts are connected with app passwords, for example `bluesky`.
    #[garde(skip)]
    #[schema(value_type = Network)]
    platform: Platform,
    /// The account's own server, if it is not the network's.
    #[garde(length(max = 500))]
    base_url: Option<String>,
    /// The handle, for example `harbour.bsky.social`.
    #[garde(length(min = 1, max = 255))]
    identifier: String,
    /// Made for this app in the network's settings; it is used once and not stored.
    #[garde(skip)]
    #[schema(value_type = String, format = Password)]
    password: SecretString,
}

/// Sign in with an app password
///
/// Handle and password go to the network once; only the tokens it answers with are stored. An account that is
/// connected already is repaired. Its numbers are collected from the next night on.
#[utoipa::path(post, path = "/accounts/sign-in", tag = "accounts", operation_id = "signInAccount",
    request_body = SignInBody, responses((status = 201, body = AccountView)))]
async fn sign_in(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Body(body): Body<SignInBody>,
) -> Result<Response, Problem> {
    let server = body.base_url.as_deref().map(address).transpose()?;
    let is_sandbox = server.as_ref().is_some_and(is_here);
    let (platform, name) = (body.platform, body.identifier.trim());
    let account =
        app.accounts.sign_in(may.scope(), platform, server.as_ref(), name, &body.password, is_sandbox).await?;
    app.analytics.track(may.scope(), &[account.id]).await?;
    Ok(page::created(AccountView::from(account)))
}

fn address(text: &str) -> Result<Url, Problem> {
    let sound = |url: &Url| matches!(url.scheme(), "http" | "https") && url.host().is_some();
    text.trim().parse().ok().filter(sound).ok_or_else(|| {
        Problem::field("baseUrl", "address_invalid", "Write the server's address like https://example.social.")
    })
}

/// An address on this machine is a simulated network.
fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Check an account
///
/// Asks the network whether the token works, and reads name and followers again.
#[utoipa::path(post, path = "/accounts/{id}/check", tag = "accounts", operation_id = "checkAccount",
    params(("id" = Uuid, Path, description = "The account")), responses((status = 200, body = AccountView)))]
async fn check(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Path(id): Path<AccountId>,
) -> Result<Json<AccountView>, Problem> {
    Ok(Json(app.accounts.check(may.scope(), id).await?.into()))
}

/// Disconnect an account
///
/// Its tokens are emptied at once; its history stays. What is still scheduled on it waits, visibly.
#[utoipa::path(delete, path = "/accounts/{id}", tag = "accounts", operation_id = "disconnectAccount",
    params(("id" = Uuid, Path, description = "The account")), responses((status = 200, body = AccountView)))]
async fn disconnect(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Path(id): Path<AccountId>,
) -> Result<Json<AccountView>, Problem> {
    Ok(Json(app.accounts.disconnect(may.scope(), id).await?.into()))
}

/// What a network allows.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RulesView {
    platform: Network,
    /// Longest text, counted by `countMethod`.
    text_limit: usize,
    /// Bytes of the longest text in UTF-8, where the network bounds these too.
    bytes_limit: Option<usize>,
    /// Longest title, where the network has titles.
    title_limit: Option<usize>,
    count_method: Counting,
    /// What an address in the text counts, if all count alike.
    url_weight: Option<u32>,
    hashtags_max: usize,
    /// Posts per account in a rolling day.
    daily_limit: i64,
    /// Posts per account in a rolling hour.
    hourly_limit: i64,
    /// Whether this installation can talk to the network.
    is_available: bool,
}

/// The networks' rules
#[utoipa::path(get, path = "/platform-rules", tag = "accounts", operation_id = "platformRules",
    responses((status = 200, body = Vec<RulesView>)))]
async fn rules(State(app): State<App>, _may: ReadPosts) -> Result<Json<Vec<RulesView>>, Problem> {
    let rules = app.accounts.all_rules().await?;
    let connectors = app.accounts.connectors();
    let view = |r: PlatformRules| RulesView {
        is_available: connectors.get(r.platform).is_some(),
        platform: r.platform.into(),
        text_limit: r.text_limit,
        bytes_limit: r.bytes_limit,
        title_limit: r.title_limit,
        count_method: r.count_method.into(),
        url_weight: r.url_weight,
        hashtags_max: r.hashtags_max,
        daily_limit: r.daily_limit,
        hourly_limit: r.hourly_limit,
    };
    Ok(Json(rules.into_iter().map(view).collect()))
}
