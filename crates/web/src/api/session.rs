//! Who calls, signing in and out, and the organizations one belongs to.

use axum::Json;
use axum::extract::{FromRequest as _, Request, State};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use garde::Validate;
use rookery_identity::{Belonging, Caller, Client, Organization, Right, SignIn};
use rookery_kernel::SessionId;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::time::Time;
use super::wire::{KeyPower, Role};
use crate::app::App;
use crate::extract::{self, Body, Known, SESSION_COOKIE};
use crate::problem::Problem;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(me)).routes(routes!(sign_in, sign_out)).routes(routes!(organizations))
}

/// A person.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PersonView {
    id: Uuid,
    name: String,
    email: String,
    /// IANA zone in which they see times.
    time_zone: String,
    /// Manages the instance.
    is_instance_admin: bool,
}

/// An organization.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OrganizationView {
    id: Uuid,
    name: String,
    /// Its name in addresses.
    slug: String,
    is_personal: bool,
    /// IANA zone of local times, weeks and reports.
    time_zone: String,
    /// Posts need an approval before they go out.
    review_required: bool,
    /// "Stop everything" is on since then.
    publishing_paused_at: Option<Time>,
    created_at: Time,
    /// The caller's role; null for an API key.
    role: Option<Role>,
}

impl OrganizationView {
    fn of(organization: &Organization, role: Option<Role>) -> Self {
        Self {
            id: organization.id.uuid(),
            name: organization.name.clone(),
            slug: organization.slug.clone(),
            is_personal: organization.is_personal,
            time_zone: organization.timezone.name().to_owned(),
            review_required: organization.review_required,
            publishing_paused_at: organization.settings.publishing_paused_at.map(Time),
            created_at: organization.created_at.into(),
            role,
        }
    }
}

/// The caller and the organization they look at.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MeView {
    /// The person; null for an API key.
    user: Option<PersonView>,
    organization: OrganizationView,
    /// What an API key may do; null for a person.
    scopes: Option<Vec<KeyPower>>,
    /// The rights in this organization, such as `read` and `publish`.
    #[schema(value_type = Vec<String>)]
    rights: Vec<Right>,
    /// The browser's session.
    session_id: Option<Uuid>,
}

impl From<&Caller> for MeView {
    fn from(caller: &Caller) -> Self {
        let person = caller.user.as_ref().map(|user| PersonView {
            id: user.id.uuid(),
            name: user.name.clone(),
            email: user.email.clone(),
            time_zone: user.timezone.name().to_owned(),
            is_instance_admin: caller.is_instance_admin(),
        });
        Self {
            user: person,
            organization: OrganizationView::of(&caller.organization, role(caller)),
            scopes: caller.scopes.as_ref().map(|scopes| scopes.iter().copied().map(KeyPower::from).collect()),
            rights: Right::ALL.into_iter().filter(|right| caller.allows(*right)).collect(),
            session_id: caller.session_id().map(SessionId::uuid),
        }
    }
}

/// A key has no role of its own.
fn role(caller: &Caller) -> Option<Role> {
    caller.user.as_ref().map(|_| caller.role.into())
}

/// Who calls
///
/// The person or key, the organization they look at, and what they may do there.
#[utoipa::path(get, path = "/me", tag = "session", operation_id = "me", responses((status = 200, body = MeView)))]
async fn me(Known(caller): Known) -> Json<MeView> {
    Json(MeView::from(&caller))
}

/// What signing in takes.
#[derive(Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SignInBody {
    #[garde(length(min = 1, max = 320))]
    email: String,
    #[garde(skip)]
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// 30 days instead of one.
    #[serde(default)]
    #[garde(skip)]
    remember: bool,
}

/// Sign in
///
/// Answers who calls, and sets the session cookie.
#[utoipa::path(post, path = "/session", tag = "session", operation_id = "signIn", request_body = SignInBody,
    security(()), responses((status = 200, body = MeView)))]
async fn sign_in(
    State(app): State<App>,
    jar: CookieJar,
    request: Request,
) -> Result<(CookieJar, Json<MeView>), Problem> {
    let (parts, body) = request.into_parts();
    extract::refuse_foreign_origin(&parts)?;
    let client = Client {
        ip: extract::client_ip(&parts),
        user_agent: extract::user_agent(&parts.headers),
        request_id: extract::request_id(&parts),
    };
    let Body(SignInBody { email, password, remember }) =
        Body::<SignInBody>::from_request(Request::from_parts(parts, body), &app).await?;
    let signed_in = app.identity.sign_in(SignIn { email, password, remember, client }).await?;
    let caller = app.identity.authenticate_session(&signed_in.token).await?;
    let mut cookie = Cookie::build((SESSION_COOKIE, signed_in.token.expose_secret().to_owned()))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.secure_cookies());
    if remember {
        cookie = cookie.permanent();
    }
    Ok((jar.add(cookie), Json(MeView::from(&caller))))
}

/// Sign out
///
/// Ends the session of the cookie.
#[utoipa::path(delete, path = "/session", tag = "session", operation_id = "signOut",
    security(("session" = [])), responses((status = 204)))]
async fn sign_out(
    State(app): State<App>,
    Known(caller): Known,
    jar: CookieJar,
) -> Result<(axum::http::StatusCode, CookieJar), Problem> {
    let Some(cookie) = jar.get(SESSION_COOKIE).filter(|_| caller.session.is_some()) else {
        return Err(Problem::forbidden("An API key has no session; revoke the key instead."));
    };
    let client = Client {
        ip: caller.scope.ip,
        user_agent: caller.scope.user_agent.clone(),
        request_id: caller.scope.request_id,
    };
    app.identity.sign_out(&SecretString::from(cookie.value().to_owned()), &client).await?;
    let gone = Cookie::build((SESSION_COOKIE, "")).path("/").build();
    Ok((axum::http::StatusCode::NO_CONTENT, jar.remove(gone)))
}

/// My organizations
///
/// Those a person belongs to; the one an API key belongs to.
#[utoipa::path(get, path = "/organizations", tag = "session", operation_id = "organizations",
    responses((status = 200, body = Vec<OrganizationView>)))]
async fn organizations(State(app): State<App>, Known(caller): Known) -> Result<Json<Vec<OrganizationView>>, Problem> {
    let Some(user) = &caller.user else {
        return Ok(Json(vec![OrganizationView::of(&caller.organization, None)]));
    };
    let mine = app.identity.organizations_of(user.id).await?;
    let view = |b: &Belonging| OrganizationView::of(&b.organization, Some(b.role.into()));
    Ok(Json(mine.iter().map(view).collect()))
}
