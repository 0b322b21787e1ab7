//! A post with its publications, and a publication's receipt: "why didn't it go out?"

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use rookery_accounts::Account;
use rookery_kernel::{PostId, PublicationId, Zone};
use rookery_publishing::{PostError, PublicationStatus, Reason, Receipt, Sighting};
use serde::Deserialize;

use super::format::{colour, field_value, moment, number, words};
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
}

/// The pill of a state.
pub(super) const fn tone(status: PublicationStatus, in_doubt: bool) -> &'static str {
    match status {
        PublicationStatus::Published => "good",
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
            state: state(publication.status, publication.needs_reconciliation),
            tone: tone(publication.status, publication.needs_reconciliation),
            sentence: reason.sentence(zone),
            url: publication.platform_post_url.clone(),
        });
    }
    let any = |wanted: &[PublicationStatus]| detail.publications.iter().any(|p| wanted.contains(&p.status));
    let locked = any(&[PublicationStatus::Published, PublicationStatus::Publishing]);
    let waiting = any(&[PublicationStatus::Scheduled, PublicationStatus::Retrying]);
    let planned = any(&[PublicationStatus::Draft, PublicationStatus::Cancelled]) || waiting;
    let may_publish = may.caller.allows(rookery_identity::Right::Publish);
    let post = &detail.post;
    let needs_approval = may.caller.organization.review_required && !post.may_leave(true);
    let review = super::reviews::panel(&app, &may, post).await?;
    let at = post.scheduled_at.unwrap_or_else(|| app.clock.now() + std::time::Duration::from_secs(3600));
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
            && post.editorial_state != rookery_publishing::EditorialState::PendingReview
            && may.caller.allows(rookery_identity::Right::Review),
        revision: post.revision,
        review,
        can_publish_now: planned && may_publish,
        can_retry: any(&[PublicationStatus::Failed]) && may_publish,
        can_cancel: waiting && may_publish,
        can_delete: !locked && may_publish,
        can_reschedule: (planned || any(&[PublicationStatus::Failed])) && may_publish,
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

struct StoryRow {
    tone: &'static str,
    text: String,
    at: String,
}

struct AttemptRow {
    number: i32,
    started: String,
    phase: String,
    class: String,
    http: String,
    code: String,
    message: String,
}

#[derive(Template)]
#[template(path = "publication.html")]
#[expect(clippy::struct_excessive_bools, reason = "one per button that the page may show")]
struct ReceiptPage {
    shell: Shell,
    id: PublicationId,
    post_id: PostId,
    title: String,
    colour: &'static str,
    account: String,
    network: &'static str,
    url: Option<String>,
    state: String,
    tone: &'static str,
    sentence: String,
    story: Vec<StoryRow>,
    numbers: Vec<(&'static str, String)>,
    numbers_as_of: String,
    numbers_empty: &'static str,
    facts: Vec<(&'static str, String)>,
    attempts: Vec<AttemptRow>,
    is_moving: bool,
    needs_account: bool,
    can_retry: bool,
    can_cancel: bool,
    can_mark_online: bool,
}

/// Everything that happened to one publication.
pub(crate) async fn receipt(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Path(id): Path<PublicationId>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let receipt = app.publishing.publication(may.scope(), id).await?;
    let accounts = app.accounts.list(may.scope()).await?;
    let zone = &may.caller.organization.timezone;
    let (numbers, numbers_as_of) = numbers(&app, &may, &receipt).await?;
    let publication = &receipt.publication;
    let may_publish = may.caller.allows(rookery_identity::Right::Publish);
    let waits = matches!(publication.status, PublicationStatus::Scheduled | PublicationStatus::Retrying);
    let failed = publication.status == PublicationStatus::Failed;
    let soon = app.clock.now() + std::time::Duration::from_secs(30);
    Ok(render(&ReceiptPage {
        shell: Shell::new("calendar", &may.caller, &accounts, &flash),
        id,
        post_id: publication.post_id,
        title: receipt.post.excerpt(),
        colour: colour(publication.platform),
        account: receipt.account.name().to_owned(),
        network: publication.platform.name(),
        url: publication.platform_post_url.clone(),
        state: state(publication.status, publication.needs_reconciliation),
        tone: tone(publication.status, publication.needs_reconciliation),
        sentence: receipt.reason.sentence(zone),
        story: story(&receipt, zone),
        numbers_empty: if publication.status == PublicationStatus::Published {
            "Nothing was collected yet. Numbers are read every night, and once an hour after it came out."
        } else {
            "Numbers follow when it is out."
        },
        numbers,
        numbers_as_of,
        facts: facts(&receipt, &receipt.account, zone),
        attempts: attempts(&receipt, zone),
        is_moving: publication.status == PublicationStatus::Publishing && !publication.needs_reconciliation
            || waits && publication.next_attempt_at.is_some_and(|at| at <= soon),
        needs_account: matches!(receipt.reason, Reason::WaitingForAccount { .. }),
        can_retry: failed && may_publish,
        can_cancel: waits && may_publish,
        can_mark_online: matches!(receipt.reason, Reason::UnknownOutcome) && may_publish,
    }))
}

async fn numbers(
    app: &App,
    may: &crate::extract::May<Read>,
    receipt: &Receipt,
) -> Result<(Vec<(&'static str, String)>, String), Problem> {
    let Some(external_id) = receipt.publication.platform_post_id.clone() else {
        return Ok((Vec::new(), String::new()));
    };
    let account = receipt.publication.social_account_id;
    let found = app.analytics.publication_numbers(may.scope(), account, &[external_id]).await?;
    let Some(row) = found.into_iter().next() else { return Ok((Vec::new(), String::new())) };
    let all = [
        ("Reach", row.numbers.reach),
        ("Impressions", row.numbers.impressions),
        ("Views", row.numbers.views),
        ("Reactions", row.numbers.reactions),
        ("Comments", row.numbers.comments),
        ("Shares", row.numbers.shares),
        ("Clicks", row.numbers.clicks),
        ("Saves", row.numbers.saves),
    ];
    let shown = all.into_iter().map(|(name, value)| (name, value.map_or_else(|| "not reported".to_owned(), number)));
    Ok((shown.collect(), format!("as of {}", row.date)))
}

fn story(receipt: &Receipt, zone: &Zone) -> Vec<StoryRow> {
    let rows = receipt.story.iter().map(|line| StoryRow {
        tone: match line.tone {
            rookery_publishing::Tone::Neutral => "",
            rookery_publishing::Tone::Good => "good",
            rookery_publishing::Tone::Waiting => "warn",
            rookery_publishing::Tone::Bad => "bad",
        },
        text: line.detail.as_ref().map_or_else(|| line.headline.clone(), |d| format!("{} {d}", line.headline)),
        at: moment(line.at, zone),
    });
    rows.collect()
}

fn facts(receipt: &Receipt, account: &Account, zone: &Zone) -> Vec<(&'static str, String)> {
    let p = &receipt.publication;
    let mut facts = vec![("Account", format!("{} (@{})", account.name(), account.username))];
    facts.extend(p.scheduled_for.map(|at| ("Planned for", moment(at, zone))));
    facts.extend(p.published_at.map(|at| ("Came out", moment(at, zone))));
    facts.extend(p.platform_post_id.clone().map(|id| ("Id at the network", id)));
    facts.push(("Attempts", format!("{} of {}", p.attempt_count, p.max_attempts)));
    facts.push(("Key", p.idempotency_key.clone()));
    facts
}

fn attempts(receipt: &Receipt, zone: &Zone) -> Vec<AttemptRow> {
    let rows = receipt.attempts.iter().map(|a| AttemptRow {
        number: a.attempt_no,
        started: zone.local(a.started_at).strftime("%-d %b %H:%M:%S").to_string(),
        phase: words(a.phase.label()),
        class: a.error_class.map_or_else(|| "–".to_owned(), |c| words(c.label())),
        http: a.http_status.map_or_else(|| "–".to_owned(), |s| s.to_string()),
        code: a.error_code.clone().unwrap_or_else(|| "–".to_owned()),
        message: a.error_message.clone().unwrap_or_default(),
    });
    rows.collect()
}

fn after_publication(id: PublicationId, done: Result<&str, PostError>) -> Response {
    back(&format!("/publications/{id}"), done.map_err(Problem::from))
}

/// Tries one publication again.
pub(crate) async fn retry_publication(
    State(app): State<App>,
    Visitor(may): Visitor<Publish>,
    Path(id): Path<PublicationId>,
) -> Response {
    let done = app.publishing.retry_publication(may.scope(), id).await;
    app.jobs.wake();
    after_publication(id, done.map(|_| "It is tried again now."))
}

/// Calls one publication off.
pub(crate) async fn cancel_publication(
    State(app): State<App>,
    Visitor(may): Visitor<Publish>,
    Path(id): Path<PublicationId>,
) -> Response {
    after_publication(id, app.publishing.cancel_publication(may.scope(), id).await.map(|_| "Called off."))
}

#[derive(Debug, Deserialize)]
pub(crate) struct OnlineFields {
    url: String,
}

/// A person found a post of unknown fate.
pub(crate) async fn mark_online(
    State(app): State<App>,
    Visitor(may): Visitor<Publish>,
    Path(id): Path<PublicationId>,
    Form(fields): Form<OnlineFields>,
) -> Response {
    let sighting = Sighting { platform_post_id: None, url: Some(fields.url) };
    after_publication(
        id,
        app.publishing.mark_online(may.scope(), id, sighting).await.map(|_| "Thank you. It is marked as published."),
    )
}
