//! A post with its publications.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use rookery_kernel::{PostId, PublicationId};
use rookery_publishing::PublicationStatus;
use serde::Deserialize;

use super::format::{colour, field_value, moment, words};
use super::shell::{Flash, Shell};
use super::{PageResult, back, render};
use crate::app::App;
use crate::extract::{Path, Publish, Query, Read, Review, Visitor};
use crate::problem::Problem;

struct PublicationRow {
    id: PublicationId,
    colour: &'static str,
    account: String,
    state: String,
    tone: &'static str,
    sentence: String,
    url: Option<String>,
}

#[derive(Template)]
#[template(path = "post.html")]
#[expect(clippy::struct_excessive_bools, reason = "one per button that the page may show")]
struct PostPage {
    shell: Shell,
    id: PostId,
    title: String,
    line: String,
    content: String,
    zone: String,
    at: String,
    when: String,
    publications: Vec<PublicationRow>,
    is_moving: bool,
    is_draft: bool,
    can_edit: bool,
    can_approve: bool,
    revision: i32,
    review: Option<super::reviews::Panel>,
    can_publish_now: bool,
    can_retry: bool,
    can_cancel: bool,
    can_delete: bool,
    can_reschedule: bool,
    /// It is the template of a recurring post.
    is_template: bool,
    /// It was made from a recurring post.
    is_occurrence: bool,
    /// The form that lets it come back.
    repeat: Option<super::recurring::RuleForm>,
}

/// The pill of a state.
pub(super) const fn tone(status: PublicationStatus, in_doubt: bool) -> &'static str {
    match status {
        PublicationStatus::Published => "good",
        PublicationStatus::Failed if in_doubt => "warn",
        PublicationStatus::Failed => "bad",
        PublicationStatus::Retrying => "warn",
        PublicationStatus::Publishing | PublicationStatus::Scheduled => {
            if in_doubt {
                "warn"
            } else {
                "accent"
            }
        }
        PublicationStatus::Draft | PublicationStatus::Cancelled => "",
    }
}

/// A state as people say it.
pub(super) fn state(status: PublicationStatus, in_doubt: bool) -> String {
    match status {
        PublicationStatus::Publishing if in_doubt => "unknown, checking".to_owned(),
        PublicationStatus::Failed if in_doubt => "unknown".to_owned(),
        PublicationStatus::Failed => "not published".to_owned(),
        PublicationStatus::Cancelled => "called off".to_owned(),
        other => words(other.label()),
    }
}

/// One post.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Path(id): Path<PostId>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let detail = app.publishing.get(may.scope(), id).await?;
    let accounts = app.accounts.list_with_revoked(may.scope()).await?;
    let zone = &may.caller.organization.timezone;
    let mut rows = Vec::with_capacity(detail.publications.len());
    for publication in &detail.publications {
        // A post has a handful of publications; each is read as its own page reads it.
        let reason = app.publishing.why_not_out(may.scope(), publication.id).await?;
        let account = accounts.iter().find(|a| a.id == publication.social_account_id);
        rows.push(PublicationRow {
            id: publication.id,
            colour: colour(publication.platform),
            account: account.map_or_else(|| publication.platform.name().to_owned(), |a| a.name().to_owned()),
            state: state(publication.status, publication.is_fate_unknown()),
            tone: tone(publication.status, publication.is_fate_unknown()),
            sentence: reason.sentence(zone),
            url: publication.platform_post_url.clone(),
        });
    }
    let any = |wanted: &[PublicationStatus]| detail.publications.iter().any(|p| wanted.contains(&p.status));
    let locked = any(&[PublicationStatus::Published, PublicationStatus::Publishing]);
    let is_out = locked && detail.publications.iter().all(|p| p.status == PublicationStatus::Published);
    let waiting = any(&[PublicationStatus::Scheduled, PublicationStatus::Retrying]);
    let planned = any(&[PublicationStatus::Draft, PublicationStatus::Cancelled]) || waiting;
    let may_publish = may.caller.allows(rookery_identity::Right::Publish);
    let post = &detail.post;
    let needs_approval = may.caller.organization.review_required && !post.may_leave(true);
    let review = super::reviews::panel(&app, &may, post).await?;
    let at = post.scheduled_at.unwrap_or_else(|| app.clock.now() + std::time::Duration::from_secs(3600));
    let is_template = app.publishing.recurring_of_template(may.scope(), id).await?.is_some();
    let repeat = (may_publish && !is_template && !detail.publications.is_empty() && post.recurring_post().is_none())
        .then(|| super::recurring::RuleForm::fresh(zone.date(app.clock.now()), zone));
    Ok(render(&PostPage {
        shell: Shell::new("calendar", &may.caller, &accounts, &flash),
        id,
        title: post.excerpt(),
        line: format!("{} · written {}", words(post.status.label()), moment(post.created_at, zone)),
        content: post.content.clone(),
        zone: zone.name().to_owned(),
        at: field_value(at, zone),
        when: post.published_at.map_or_else(
            || "It has no time any more.".to_owned(),
            |at| format!("It came out on {}.", moment(at, zone)),
        ),
        publications: rows,
        is_moving: any(&[PublicationStatus::Publishing]) || is_due_soon(&app, &detail),
        is_draft: !waiting,
        can_edit: !locked && may_publish,
        // While a review is open its panel has the buttons.
        can_approve: needs_approval
            && !is_out
            && post.editorial_state != rookery_publishing::EditorialState::PendingReview
            && may.caller.allows(rookery_identity::Right::Review),
        revision: post.revision,
        review,
        can_publish_now: planned && may_publish && !is_template,
        can_retry: any(&[PublicationStatus::Failed]) && may_publish,
        can_cancel: waiting && may_publish,
        can_delete: !locked && may_publish && !is_template,
        can_reschedule: (planned || any(&[PublicationStatus::Failed])) && may_publish && !is_template,
        is_template,
        is_occurrence: post.recurring_post().is_some(),
        repeat,
    }))
}

/// Whether something happens within the next half minute, so that the page looks again by itself.
fn is_due_soon(app: &App, detail: &rookery_publishing::PostDetail) -> bool {
    let soon = app.clock.now() + std::time::Duration::from_secs(30);
    detail
        .publications
        .iter()
        .any(|p| p.status == PublicationStatus::Scheduled && p.next_attempt_at.is_some_and(|at| at <= soon))
}

#[derive(Debug, Deserialize)]
pub(crate) struct ScheduleFields {
    at: String,
}

/// Plans or moves a post.
pub(crate) async fn schedule(
    State(app): State<App>,
    Visitor(may): Visitor<Publish>,
    Path(id): Path<PostId>,
    Form(fields): Form<ScheduleFields>,
) -> Response {
    let zone = &may.caller.organization.timezone;
    let done = match zone.instant(&fields.at) {
        Err(e) => Err(Problem::bad_request(format!("{e}."))),
        Ok((at, note)) => match app.publishing.schedule(may.scope(), id, at).await {
            Ok(_) => {
                app.jobs.wake();
                Ok(super::compose::note_sentence(note, at, zone))
            }
            Err(e) => Err(e.into()),
        },
    };
    after(id, done)
}

/// Plans a post for the next free slots of its accounts.
pub(crate) async fn queue(State(app): State<App>, Visitor(may): Visitor<Publish>, Path(id): Path<PostId>) -> Response {
    let done = app.publishing.add_to_queue(may.scope(), id).await;
    let zone = &may.caller.organization.timezone;
    after(id, done.map(|detail| super::compose::queue_sentence(&detail, zone)).map_err(Problem::from))
}

fn after(id: PostId, done: Result<String, Problem>) -> Response {
    let to = format!("/posts/{id}");
    match done {
        Ok(text) => back(&to, Ok(&text)),
        Err(problem) => back(&to, Err(problem)),
    }
}

macro_rules! post_action {
    ($(#[$doc:meta])* $name:ident, $right:ident, $operation:ident, $text:literal) => {
        $(#[$doc])*
        pub(crate) async fn $name(
            State(app): State<App>,
            Visitor(may): Visitor<$right>,
            Path(id): Path<PostId>,
        ) -> Response {
            let done = app.publishing.$operation(may.scope(), id).await;
            app.jobs.wake();
            after(id, done.map(|_| $text.to_owned()).map_err(Problem::from))
        }
    };
}
post_action!(
    /// Sends a post as soon as a worker takes it.
    publish_now, Publish, publish_now, "It goes out now."
);
post_action!(
    /// Lets a post out that needs approval.
    approve, Review, approve, "Approved. It goes out at its time."
);
post_action!(
    /// Tries what failed again.
    retry, Publish, retry, "What failed is tried again now."
);
post_action!(
    /// Calls a post off.
    cancel, Publish, cancel, "Called off."
);

/// Deletes a post that is out nowhere.
pub(crate) async fn delete(State(app): State<App>, Visitor(may): Visitor<Publish>, Path(id): Path<PostId>) -> Response {
    match app.publishing.delete_post(may.scope(), id).await {
        Ok(()) => back("/calendar", Ok("The post is deleted.")),
        Err(e) => after(id, Err(e.into())),
    }
}
