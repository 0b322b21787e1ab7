//! The page behind a review link: for somebody without an account, about one revision, for one decision. It works
//! without script, is in no search engine, and tells no other site where it is.

use askama::Template;
use axum::Form;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use rookery_kernel::{Actor, OrganizationId, Scope};
use rookery_publishing::{FollowUpKind, LinkDecision, LinkState, OpenedLink, ReviewError, part_names};
use secrecy::SecretString;
use serde::Deserialize;
use uuid::Uuid;

use super::format::{colour, initial, moment};
use super::render;
use crate::app::App;
use crate::extract::{Path, Query, client_ip, request_id, user_agent};
use crate::files::{self, Copies};
use crate::problem::Problem;

struct PreviewRow {
    colour: &'static str,
    network: &'static str,
    account: String,
    username: String,
    initial: String,
    title: Option<String>,
    text: String,
    at: String,
}

struct MediaRow {
    address: String,
    alt: String,
    is_video: bool,
}

struct PartRow {
    name: String,
    text: String,
}

#[derive(Template)]
#[template(path = "client_review.html")]
struct Page {
    version: &'static str,
    action: String,
    organization: String,
    recipient: String,
    is_open: bool,
    title: &'static str,
    message: String,
    error: Option<String>,
    name: String,
    comment: String,
    note: Option<String>,
    until: String,
    previews: Vec<PreviewRow>,
    media: Vec<MediaRow>,
    parts: Vec<PartRow>,
    attached: Option<String>,
}

/// The request of somebody without a session, within the limit of requests.
pub(crate) struct Guest(Scope);

impl FromRequestParts<App> for Guest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let ip = client_ip(parts);
        if !app.may_visit_reviews(ip) {
            let sentence = "There were very many requests from your network. Wait a minute and open the link again.";
            return Err(closed(StatusCode::TOO_MANY_REQUESTS, "One moment, please", sentence));
        }
        // The organization comes from the link, not from the request.
        let mut scope = Scope::new(OrganizationId::from_uuid(Uuid::nil()), Actor::Guest);
        (scope.ip, scope.request_id, scope.user_agent) = (ip, request_id(parts), user_agent(&parts.headers));
        Ok(Self(scope))
    }
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Done {
    #[serde(default)]
    done: Option<String>,
}

/// Shows the revision, or says why there is nothing to decide.
pub(crate) async fn page(
    State(app): State<App>,
    Guest(caller): Guest,
    Path(token): Path<String>,
    Query(done): Query<Done>,
) -> Response {
    match app.publishing.open_review_link(&SecretString::from(token.clone()), &caller).await {
        Ok(opened) => show(&token, opened, done.done.as_deref(), &Fields::default(), None),
        Err(error) => refused(error),
    }
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Fields {
    #[serde(default)]
    decision: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    comment: String,
}

/// Decides, once.
pub(crate) async fn decide(
    State(app): State<App>,
    Guest(caller): Guest,
    Path(token): Path<String>,
    Form(fields): Form<Fields>,
) -> Response {
    let secret = SecretString::from(token.clone());
    let approve = fields.decision == "approve";
    let comment = Some(fields.comment.clone()).filter(|c| !c.trim().is_empty());
    let decision = LinkDecision { approve, name: fields.name.clone(), comment };
    match app.publishing.decide_by_link(&secret, &caller, decision).await {
        Ok(_) => {
            let word = if approve { "approved" } else { "changes" };
            guarded(Redirect::to(&format!("/review/{token}?done={word}")).into_response())
        }
        Err(ReviewError::LinkClosed(_)) => guarded(Redirect::to(&format!("/review/{token}")).into_response()),
        // What can be corrected is said beside the form, with what was typed.
        Err(error @ (ReviewError::NameMissing | ReviewError::CommentMissing)) => {
            let words = match error {
                ReviewError::NameMissing => "Please tell us your name.",
                _ => "Please say what should be changed.",
            };
            match app.publishing.open_review_link(&secret, &caller).await {
                Ok(opened) => show(&token, opened, None, &fields, Some(words.to_owned())),
                Err(error) => refused(error),
            }
        }
        Err(error) => refused(error),
    }
}

/// One of the files that the link shows.
pub(crate) async fn media(
    State(app): State<App>,
    Guest(caller): Guest,
    Path((token, place)): Path<(String, usize)>,
    request: axum::extract::Request,
) -> Response {
    let opened = match app.publishing.open_review_link(&SecretString::from(token), &caller).await {
        Ok(opened) => opened,
        Err(error) => return refused(error),
    };
    let Some(file) = opened.media.get(place) else {
        return guarded(Problem::not_found("file").into_response());
    };
    match app.media.open(&opened.scope, file.asset_id, false).await {
        Ok(served) => match files::respond(&app, request.headers(), &served, Copies::Private).await {
            Ok(response) => guarded(response),
            Err(problem) => guarded(problem.into_response()),
        },
        Err(error) => guarded(Problem::from(error).into_response()),
    }
}

fn show(token: &str, opened: OpenedLink, done: Option<&str>, fields: &Fields, error: Option<String>) -> Response {
    let zone = &opened.zone;
    let (title, message) = words(&opened, done);
    let preview = |p: rookery_publishing::PreviewOfPost| PreviewRow {
        colour: colour(p.platform),
        network: p.platform.name(),
        initial: initial(&p.account),
        account: p.account,
        username: p.username,
        title: p.title,
        text: p.text,
        at: p.at.map_or_else(|| "No time is set yet".to_owned(), |at| format!("Planned for {}", moment(at, zone))),
    };
    let media = opened.media.iter().enumerate().map(|(place, file)| MediaRow {
        address: format!("/review/{token}/media/{place}"),
        alt: file.alt_text.clone().unwrap_or_else(|| format!("Picture {}", place + 1)),
        is_video: file.mime_type.starts_with("video/"),
    });
    let kind = |is_comment: &bool| if *is_comment { FollowUpKind::Comment } else { FollowUpKind::Thread };
    let names = part_names(opened.parts.iter().map(|(is_comment, _)| kind(is_comment)));
    let page = Page {
        version: env!("CARGO_PKG_VERSION"),
        action: format!("/review/{token}"),
        is_open: opened.state == LinkState::Open,
        title,
        message,
        error,
        name: fields.name.clone(),
        comment: fields.comment.clone(),
        note: opened.note,
        until: moment(opened.link.expires_at, zone),
        recipient: opened.link.recipient,
        organization: opened.organization,
        previews: opened.previews.into_iter().map(preview).collect(),
        media: media.collect(),
        parts: names.into_iter().zip(opened.parts).map(|(name, (_, text))| PartRow { name, text }).collect(),
        attached: opened.attached,
    };
    guarded(render(&page))
}

/// Why there is something to decide, or nothing any more.
fn words(opened: &OpenedLink, done: Option<&str>) -> (&'static str, String) {
    let who = &opened.organization;
    match (opened.state, done) {
        (LinkState::Open, _) => {
            ("Please look at this post", format!("{who} asks for your approval before it goes out."))
        }
        (LinkState::Used, Some("approved")) => {
            ("Thank you", format!("You approved the post. {who} publishes it exactly as you saw it."))
        }
        (LinkState::Used, Some(_)) => ("Thank you", format!("{who} has your words and will come back to you.")),
        (LinkState::Used, None) => {
            ("Already decided", format!("Somebody decided through this link already. Ask {who} if that was not you."))
        }
        (LinkState::Revoked, _) => {
            ("This link was taken back", format!("{who} does not ask any more. Nothing is left to do."))
        }
        (LinkState::Expired, _) => ("This link has ended", format!("Its time is over. Ask {who} for a new one.")),
        (LinkState::Outdated, _) => (
            "The post was changed",
            format!("It is not the one that this link was made for. Ask {who} for a new link."),
        ),
        (LinkState::Settled, _) => {
            ("Nothing left to decide", format!("{who} decided about this post in the meantime. Nothing is left to do."))
        }
    }
}

fn refused(error: ReviewError) -> Response {
    if matches!(error, ReviewError::LinkNotFound | ReviewError::NotFound(_)) {
        let sentence = "Perhaps a part of the address got lost on the way: copy all of it, or ask for a new link.";
        return closed(StatusCode::NOT_FOUND, "We do not know this link", sentence);
    }
    let problem = Problem::from(error);
    closed(problem.status(), "That did not work", &problem.detail)
}

fn closed(status: StatusCode, title: &'static str, sentence: &str) -> Response {
    let page = Page {
        version: env!("CARGO_PKG_VERSION"),
        action: String::new(),
        organization: String::new(),
        recipient: String::new(),
        is_open: false,
        title,
        message: sentence.to_owned(),
        error: None,
        name: String::new(),
        comment: String::new(),
        note: None,
        until: String::new(),
        previews: Vec::new(),
        media: Vec::new(),
        parts: Vec::new(),
        attached: None,
    };
    let mut response = guarded(render(&page));
    *response.status_mut() = status;
    response
}

/// The address is the key: no search engine keeps it, no other site learns it, no cache holds the page.
fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow, noarchive"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
