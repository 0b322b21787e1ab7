//! Connected accounts: their state, connecting, repairing, disconnecting.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use rookery_accounts::{Account, AccountHealth, AccountStatus, ConnectError, Connected, NewAccount, Tokens};
use rookery_kernel::{AccountId, Platform, UserId, Zone};
use rookery_platforms::{Connectors, SignIn};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::format::{colour, initial, moment, number, words};
use super::shell::{Flash, Shell, needs_person};
use super::{PageResult, back, render};
use crate::app::App;
use crate::extract::{ManageAccounts, May, Path, Query, Read, Visitor};
use crate::problem::Problem;

struct Card {
    id: AccountId,
    colour: &'static str,
    initial: String,
    name: String,
    handle: String,
    network: &'static str,
    url: Option<String>,
    status: String,
    status_tone: &'static str,
    health: String,
    health_tone: &'static str,
    is_sandbox: bool,
    why: Option<String>,
    facts: Vec<(&'static str, String)>,
    needs_reconnect: bool,
}

#[derive(Template)]
#[template(path = "accounts.html")]
struct Page {
    shell: Shell,
    summary: String,
    accounts: Vec<Card>,
    can_manage: bool,
    consents: Vec<ConsentForm>,
    passwords: Vec<PasswordForm>,
}

/// A network where the person says yes on its own page.
struct ConsentForm {
    platform: &'static str,
    network: &'static str,
    /// Every account lives on a server that has to be named.
    needs_server: bool,
}

/// A network that is connected with a handle and a password made for this app.
struct PasswordForm {
    platform: &'static str,
    network: &'static str,
    /// The server that is meant if none is given.
    server: Option<String>,
}

#[derive(Template)]
#[template(path = "choose.html")]
struct Choose {
    shell: Shell,
    state: String,
    profiles: Vec<(String, String, String)>,
}

/// All connected accounts.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let accounts = app.accounts.list(may.scope()).await?;
    let zone = &may.caller.organization.timezone;
    let mend = accounts.iter().filter(|a| needs_person(a)).count();
    let summary = match (accounts.len(), mend) {
        (0, _) => "none yet".to_owned(),
        (1, 0) => "1 account, works".to_owned(),
        (n, 0) => format!("{n} accounts, all work"),
        (n, mend) => format!("{n} accounts, {mend} to reconnect"),
    };
    let mut response = render(&Page {
        shell: Shell::new("accounts", &may.caller, &accounts, &flash),
        summary,
        accounts: accounts.iter().map(|a| card(a, zone)).collect(),
        can_manage: may.caller.allows(rookery_identity::Right::ManageAccounts),
        consents: consent_forms(app.accounts.connectors()),
        passwords: password_forms(app.accounts.connectors()),
    });
    // The sign-in forms end at the networks, on any server a person names.
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, crate::router::csp("'self' https: http:"));
    Ok(response)
}

fn consent_forms(connectors: &Connectors) -> Vec<ConsentForm> {
    let with_consent = connectors.platforms().filter_map(|p| connectors.get(p));
    with_consent
        .filter(|c| c.capabilities().sign_in == SignIn::Consent)
        .map(|c| ConsentForm {
            platform: c.platform().label(),
            network: c.platform().name(),
            needs_server: c.default_base_url().is_none(),
        })
        .collect()
}

fn password_forms(connectors: &Connectors) -> Vec<PasswordForm> {
    let with_passwords = connectors.platforms().filter_map(|p| connectors.get(p));
    with_passwords
        .filter(|c| c.capabilities().sign_in == SignIn::AppPassword)
        .map(|c| PasswordForm {
            platform: c.platform().label(),
            network: c.platform().name(),
            server: c.default_base_url().map(|url| url.as_str().trim_end_matches('/').to_owned()),
        })
        .collect()
}

fn card(a: &Account, zone: &Zone) -> Card {
    let mut facts = vec![("Followers", a.followers_count.map_or_else(|| "not reported".to_owned(), number))];
    facts.push(("Last post", a.last_posted_at.map_or_else(|| "none from here yet".to_owned(), |at| moment(at, zone))));
    facts.push(("Last answer", a.last_synced_at.map_or_else(|| "none yet".to_owned(), |at| moment(at, zone))));
    facts.extend(a.token_expires_at.map(|at| ("Sign-in ends", moment(at, zone))));
    let why = match a.status {
        AccountStatus::Active if a.health == AccountHealth::Healthy => None,
        AccountStatus::Expired => Some(format!(
            "The sign-in ended{}. Reconnect below; posts that wait go out by themselves.",
            a.last_error_at.map(|at| format!(" on {}", moment(at, zone))).unwrap_or_default()
        )),
        _ => a.last_error_message.clone(),
    };
    Card {
        id: a.id,
        colour: colour(a.platform),
        initial: initial(a.name()),
        name: a.name().to_owned(),
        handle: a.username.clone(),
        network: a.platform.name(),
        url: a.profile_url.clone().filter(|u| u.starts_with("http://") || u.starts_with("https://")),
        status: match a.status {
            AccountStatus::Active => "connected".to_owned(),
            other => words(other.label()),
        },
        status_tone: if a.status == AccountStatus::Active { "good" } else { "bad" },
        health: words(a.health.label()),
        health_tone: match a.health {
            AccountHealth::Healthy => "good",
            AccountHealth::Degraded => "warn",
            AccountHealth::Unhealthy => "bad",
            AccountHealth::Unknown => "",
        },
        is_sandbox: a.connector == "sandbox",
        why,
        facts,
        needs_reconnect: needs_person(a),
    }
}

/// Connecting is a person's act; a key cannot give consent at a network.
fn person(may: &May<ManageAccounts>) -> Result<UserId, Problem> {
    may.scope().actor.user_id().ok_or_else(|| Problem::forbidden("Sign in as a person to connect accounts."))
}

#[derive(Debug, Deserialize)]
pub(crate) struct StartFields {
    server: Option<String>,
}

/// Sends the person to the network.
pub(crate) async fn start(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Path(platform): Path<Platform>,
    Form(fields): Form<StartFields>,
) -> Response {
    let begun = async {
        let user = person(&may)?;
        let server = address(fields.server.as_deref())?;
        let callback = callback_address(&app);
        let sandbox = is_local(server.as_ref());
        Ok::<_, Problem>(app.accounts.start(may.scope(), user, platform, server, &callback, sandbox).await?)
    };
    match begun.await {
        Ok(started) => Redirect::to(started.authorize_url.as_str()).into_response(),
        Err(problem) => back("/accounts", Err(problem)),
    }
}

fn callback_address(app: &App) -> String {
    app.public_url.join("/accounts/callback").map_or_else(|_| "/accounts/callback".to_owned(), Into::into)
}

fn address(text: Option<&str>) -> Result<Option<Url>, Problem> {
    let Some(text) = text.map(str::trim).filter(|t| !t.is_empty()) else { return Ok(None) };
    let url: Url = text.parse().map_err(|_| {
        Problem::bad_request("The server's address cannot be read; write it like https://example.social.")
    })?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(Problem::bad_request("The server's address begins with https://."));
    }
    Ok(Some(url))
}

/// An address on this machine is a simulated network.
fn is_local(url: Option<&Url>) -> bool {
    url.and_then(Url::host_str).is_some_and(|host| matches!(host, "127.0.0.1" | "localhost" | "[::1]"))
}

#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

/// The person comes back from the network.
pub(crate) async fn callback(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Query(answer): Query<Answer>,
) -> PageResult {
    if let Some(error) = answer.error_description.or(answer.error) {
        return Ok(back(
            "/accounts",
            Err(Problem::bad_request(format!("The network did not connect the account: {error}."))),
        ));
    }
    let user = person(&may)?;
    let (Some(state), Some(code)) = (answer.state, answer.code) else {
        return Ok(back("/accounts", Err(ConnectError::InvalidState.into())));
    };
    match app.accounts.finish(may.scope(), user, &state, &code).await {
        Ok(Connected::Account(account)) => connected(&app, &may, &account).await,
        Ok(Connected::Choose { state, profiles }) => {
            let accounts = app.accounts.list(may.scope()).await?;
            let profiles =
                profiles.into_iter().map(|p| (p.id, p.display_name.unwrap_or_else(|| p.username.clone()), p.username));
            Ok(render(&Choose {
                shell: Shell::new("accounts", &may.caller, &accounts, &Flash::default()),
                state,
                profiles: profiles.collect(),
            }))
        }
        Err(e) => Ok(back("/accounts", Err(e.into()))),
    }
}

/// A connected account is tracked from the start: its numbers are what people come for.
async fn connected(app: &App, may: &May<ManageAccounts>, account: &Account) -> PageResult {
    app.analytics.track(may.scope(), &[account.id]).await?;
    let text = format!(
        "{} on {} is connected. Its numbers are collected from tonight on.",
        account.name(),
        account.platform.name()
    );
    Ok(back("/accounts", Ok(&text)))
}

#[derive(Debug, Deserialize)]
pub(crate) struct ChooseFields {
    state: String,
    profile: String,
}

/// Connects one of several profiles.
pub(crate) async fn choose(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Form(fields): Form<ChooseFields>,
) -> PageResult {
    let user = person(&may)?;
    match app.accounts.choose(may.scope(), user, &fields.state, &fields.profile).await {
        Ok(account) => connected(&app, &may, &account).await,
        Err(e) => Ok(back("/accounts", Err(e.into()))),
    }
}

#[derive(Deserialize)]
pub(crate) struct TokenFields {
    platform: Platform,
    base_url: Option<String>,
    token: String,
}

/// Connects with a token that the person has already.
pub(crate) async fn connect_token(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Form(fields): Form<TokenFields>,
) -> PageResult {
    let base_url = match address(fields.base_url.as_deref()) {
        Ok(url) => url,
        Err(problem) => return Ok(back("/accounts", Err(problem))),
    };
    let is_sandbox = is_local(base_url.as_ref());
    let tokens =
        Tokens { access: fields.token.trim().to_owned().into(), refresh: None, expires_at: None, scopes: Vec::new() };
    let new = NewAccount { platform: fields.platform, base_url, tokens, profile_id: None, is_sandbox };
    match app.accounts.connect(may.scope(), new).await {
        Ok(account) => connected(&app, &may, &account).await,
        Err(e) => Ok(back("/accounts", Err(e.into()))),
    }
}

#[derive(Deserialize)]
pub(crate) struct PasswordFields {
    platform: Platform,
    server: Option<String>,
    handle: String,
    password: SecretString,
}

/// Connects with a handle and a password made for this app. The password is used once and not stored.
pub(crate) async fn connect_password(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Form(fields): Form<PasswordFields>,
) -> PageResult {
    let server = match address(fields.server.as_deref()) {
        Ok(url) => url,
        Err(problem) => return Ok(back("/accounts", Err(problem))),
    };
    let (platform, handle, is_sandbox) = (fields.platform, fields.handle.trim(), is_local(server.as_ref()));
    match app.accounts.sign_in(may.scope(), platform, server.as_ref(), handle, &fields.password, is_sandbox).await {
        Ok(account) => connected(&app, &may, &account).await,
        Err(e) => Ok(back("/accounts", Err(e.into()))),
    }
}

/// Asks the network whether the account works.
pub(crate) async fn check(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Path(id): Path<AccountId>,
) -> Response {
    match app.accounts.check(may.scope(), id).await {
        Ok(account) => back("/accounts", Ok(&format!("{} answers.", account.name()))),
        Err(e) => back("/accounts", Err(e.into())),
    }
}

/// Disconnects; the history stays.
pub(crate) async fn disconnect(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Path(id): Path<AccountId>,
) -> Response {
    match app.accounts.disconnect(may.scope(), id).await {
        Ok(account) => back("/accounts", Ok(&format!("{} is disconnected. Its history stays.", account.name()))),
        Err(e) => back("/accounts", Err(e.into())),
    }
}
