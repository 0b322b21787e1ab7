//! A publication's receipt: "why didn't it go out?", and what a person can do about it.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::Response;
use rookery_analytics::Numbers;
use rookery_kernel::{MediaAssetId, PostId, PublicationId, Zone};
use rookery_platforms::MediaKind;
use rookery_publishing::{
    Attempt, AttemptPhase, ErrorClass, Explained, FollowUpKind, PostError, PublicationStatus, Reason, Receipt,
    Republish, Sighting,
};
use serde::Deserialize;

use super::figures::day;
use super::format::{colour, moment, number, words};
use super::posts::{state, tone};
use super::shell::{Flash, Shell};
use super::{PageResult, back, render};
use crate::app::App;
use crate::extract::{Path, Publish, Query, Read, Visitor};
use crate::problem::Problem;

struct StoryRow {
    tone: &'static str,
    text: String,
    at: String,
}

struct AttemptRow {
    number: i32,
    started: String,
    state: &'static str,
    tone: &'static str,
    what: String,
    said: Option<String>,
    detail: Option<String>,
    next: Option<String>,
    facts: String,
}

struct FileRow {
    id: MediaAssetId,
    name: String,
    alt: Option<String>,
    has_picture: bool,
}

struct PartRow {
    name: String,
    text: String,
    state: String,
    tone: &'static str,
    receipt: Option<PublicationId>,
}

struct OtherRow {
    id: PublicationId,
    colour: &'static str,
    account: String,
    state: String,
    tone: &'static str,
}

struct Again {
    warning: String,
    wants_a_yes: bool,
}

#[derive(Template)]
#[template(path = "publication.html")]
#[expect(clippy::struct_excessive_bools, reason = "one per button that the page may show")]
struct ReceiptPage {
    shell: Shell,
    id: PublicationId,
    post_id: PostId,
    part_of: Option<PublicationId>,
    title: String,
    colour: &'static str,
    account: String,
    network: &'static str,
    url: Option<String>,
    state: String,
    tone: &'static str,
    sentence: String,
    next_step: String,
    text: String,
    text_title: Option<String>,
    link: Option<String>,
    files: Vec<FileRow>,
    parts: Vec<PartRow>,
    others: Vec<OtherRow>,
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
    can_reword: bool,
    can_read: bool,
    is_about_text: bool,
    again: Option<Again>,
    retry_all: Option<usize>,
}

/// Everything that happened to one publication.
pub(crate) async fn page(
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
    let soon = app.clock.now() + std::time::Duration::from_secs(30);
    let network = publication.platform.name();
    let actions = receipt.actions;
    let again = actions.publish_again.filter(|_| may_publish);
    Ok(render(&ReceiptPage {
        shell: Shell::new("calendar", &may.caller, &accounts, &flash),
        id,
        post_id: publication.post_id,
        part_of: receipt.part_of,
        title: receipt.post.excerpt(),
        colour: colour(publication.platform),
        account: receipt.account.name().to_owned(),
        network,
        url: publication.platform_post_url.clone(),
        state: state(publication.status, publication.is_fate_unknown()),
        tone: tone(publication.status, publication.is_fate_unknown()),
        sentence: receipt.reason.sentence(zone),
        next_step: next_step(&receipt.reason, network),
        text: receipt.intent.text.clone(),
        text_title: receipt.intent.title.clone(),
        link: receipt.intent.link.clone(),
        files: files(&receipt),
        parts: parts(&receipt, zone),
        others: others(&receipt),
        story: story(&receipt, zone),
        numbers_empty: if publication.status == PublicationStatus::Published {
            "Nothing was collected yet. Numbers are read for the first time an hour after it came out."
        } else {
            "Numbers follow when it is out."
        },
        numbers,
        numbers_as_of,
        facts: facts(&receipt, zone),
        attempts: attempts(&receipt, zone),
        is_moving: publication.status == PublicationStatus::Publishing && !publication.needs_reconciliation
            || waits && publication.next_attempt_at.is_some_and(|at| at <= soon),
        needs_account: matches!(
            receipt.reason,
            Reason::WaitingForAccount { .. } | Reason::Failed { class: Some(ErrorClass::Auth), .. }
        ),
        can_retry: actions.retry && may_publish,
        can_cancel: actions.cancel && publication.status != PublicationStatus::Draft && may_publish,
        can_mark_online: actions.mark_online && may_publish,
        can_read: publication.status == PublicationStatus::Published && publication.removed_at.is_none() && may_publish,
        can_reword: actions.reword && publication.status == PublicationStatus::Failed && may_publish,
        is_about_text: matches!(publication.error_class, Some(ErrorClass::Policy | ErrorClass::Permanent)),
        again: again.map(|w| Again { warning: w.sentence(network), wants_a_yes: w.wants_a_yes() }),
        retry_all: Some(actions.failed_of_post).filter(|n| *n > 1 && actions.retry && may_publish),
    }))
}

/// The step as far as the sentence does not tell it.
fn next_step(reason: &Reason, network: &str) -> String {
    let is_told = matches!(
        reason,
        Reason::NotScheduled
            | Reason::Scheduled { .. }
            | Reason::Due
            | Reason::Published { .. }
            | Reason::WaitingForAccount { .. }
            | Reason::NeedsApproval
            | Reason::ApprovalOutdated
            | Reason::Retrying { .. }
    );
    if is_told { String::new() } else { reason.next_step(network) }
}

fn files(receipt: &Receipt) -> Vec<FileRow> {
    let rows = receipt.media.iter().map(|file| FileRow {
        id: file.asset_id,
        name: file.file_name.clone(),
        alt: file.alt_text.clone().filter(|alt| !alt.trim().is_empty()),
        has_picture: file.kind != MediaKind::Video,
    });
    rows.collect()
}

fn parts(receipt: &Receipt, zone: &Zone) -> Vec<PartRow> {
    let mut thread = 1;
    let rows = receipt.parts.iter().map(|part| {
        let name = if part.kind == FollowUpKind::Thread {
            thread += 1;
            format!("Part {thread} of the thread")
        } else {
            "Comment".to_owned()
        };
        let (state, tone) = match &part.place {
            Some(place) => {
                let at = place.at.map(|at| format!(", {}", moment(at, zone))).unwrap_or_default();
                (format!("{}{at}", state(place.status, place.in_doubt)), tone(place.status, place.in_doubt))
            }
            None => ("follows when the post is out".to_owned(), ""),
        };
        let receipt = part.place.as_ref().map(|place| place.publication_id);
        PartRow { name, text: part.text.clone(), state, tone, receipt }
    });
    rows.collect()
}

fn others(receipt: &Receipt) -> Vec<OtherRow> {
    let rows = receipt.elsewhere.iter().map(|other| {
        let again = if other.occurrence > receipt.publication.occurrence
            && other.account == receipt.account.name()
            && other.platform == receipt.account.platform
        {
            ", published again"
        } else {
            ""
        };
        OtherRow {
            id: other.publication_id,
            colour: colour(other.platform),
            account: format!("{} on {}{again}", other.account, other.platform.name()),
            state: state(other.status, other.in_doubt),
            tone: tone(other.status, other.in_doubt),
        }
    });
    rows.collect()
}

async fn numbers(
    app: &App,
    may: &crate::extract::May<Read>,
    receipt: &Receipt,
) -> Result<(Vec<(&'static str, String)>, String), Problem> {
    let zone = &may.caller.organization.timezone;
    if let Some(reading) = app.analytics.latest_reading(may.scope(), receipt.publication.id).await? {
        let next = reading.next.map(|at| format!(", next {}", moment(at, zone))).unwrap_or_default();
        return Ok((shown(&reading.numbers), format!("as of {}{next}", moment(reading.as_of, zone))));
    }
    // What the nights read before publications were read by the hour.
    let Some(external_id) = receipt.publication.platform_post_id.clone() else {
        return Ok((Vec::new(), String::new()));
    };
    let account = receipt.publication.social_account_id;
    let found = app.analytics.publication_numbers(may.scope(), account, &[external_id]).await?;
    let Some(row) = found.into_iter().next() else { return Ok((Vec::new(), String::new())) };
    Ok((shown(&row.numbers), format!("as of {}", day(row.date))))
}

fn shown(numbers: &Numbers) -> Vec<(&'static str, String)> {
    let all = [
        ("Reach", numbers.reach),
        ("Impressions", numbers.impressions),
        ("Views", numbers.views),
        ("Reactions", numbers.reactions),
        ("Comments", numbers.comments),
        ("Shares", numbers.shares),
        ("Clicks", numbers.clicks),
        ("Saves", numbers.saves),
    ];
    let row =
        |(name, value): (&'static str, Option<i64>)| (name, value.map_or_else(|| "not reported".to_owned(), number));
    all.into_iter().map(row).collect()
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

fn facts(receipt: &Receipt, zone: &Zone) -> Vec<(&'static str, String)> {
    let (p, account) = (&receipt.publication, &receipt.account);
    let mut facts = vec![("Account", format!("{} (@{})", account.name(), account.username))];
    facts.extend(p.scheduled_for.map(|at| ("Planned for", moment(at, zone))));
    facts.extend(p.published_at.map(|at| ("Came out", moment(at, zone))));
    facts.extend(p.platform_post_id.clone().map(|id| ("Id at the network", id)));
    facts.push(("Attempts", format!("{} of {}", p.attempt_count, p.max_attempts)));
    facts.push(("Revision", receipt.intent.revision.to_string()));
    facts.push(("Key", p.idempotency_key.clone()));
    facts
}

fn attempts(receipt: &Receipt, zone: &Zone) -> Vec<AttemptRow> {
    let network = receipt.account.platform.name();
    let rows = receipt.attempts.iter().zip(&receipt.explained).rev().map(|(attempt, told)| {
        let (state, tone) = ended(attempt);
        AttemptRow {
            number: attempt.attempt_no,
            started: zone.local(attempt.started_at).strftime("%-d %b, %H:%M:%S").to_string(),
            state,
            tone,
            what: told.what.clone(),
            said: told.said.clone(),
            detail: told.detail.clone(),
            // Above it stands what a person can do now; here it would only be said twice.
            next: Some(told.next.clone()).filter(|next| *next != receipt.reason.next_step(network)),
            facts: fine_print(attempt, told, zone),
        }
    });
    rows.collect()
}

/// How far an attempt got, as people say it.
const fn ended(attempt: &Attempt) -> (&'static str, &'static str) {
    match attempt.phase {
        AttemptPhase::Claimed => ("taken", "accent"),
        AttemptPhase::Preparing => ("getting ready", "accent"),
        AttemptPhase::Sending => ("being sent", "accent"),
        AttemptPhase::Confirmed => ("published", "good"),
        AttemptPhase::Unknown => ("unknown", "warn"),
        AttemptPhase::Failed if attempt.error_class.is_none() => ("taken back", ""),
        AttemptPhase::Failed => ("failed", "bad"),
    }
}

/// What support asks for.
fn fine_print(attempt: &Attempt, told: &Explained, zone: &Zone) -> String {
    let mut facts = Vec::new();
    facts.extend(attempt.error_class.map(|class| format!("class {}", words(class.label()))));
    facts.extend(attempt.http_status.map(|status| format!("HTTP {status}")));
    facts.extend(attempt.error_code.as_deref().map(|code| format!("code {code}")));
    facts.extend(attempt.retry_after_seconds.map(|secs| format!("asked to wait {secs} s")));
    facts.extend(attempt.sent_at.map(|at| format!("sent at {}", zone.local(at).strftime("%H:%M:%S"))));
    facts.push(format!("revision {}", attempt.post_revision));
    facts.extend(attempt.trace_id().map(|id| format!("trace {id}")));
    if !told.left.is_empty() {
        facts.push(format!("at the network: {}", told.left.join(", ")));
    }
    facts.join(" · ")
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

#[derive(Debug, Deserialize)]
pub(crate) struct WordsFields {
    text: String,
}

/// Gives the account other words and tries again.
pub(crate) async fn reword(
    State(app): State<App>,
    Visitor(may): Visitor<Publish>,
    Path(id): Path<PublicationId>,
    Form(fields): Form<WordsFields>,
) -> Response {
    // Browsers send line ends of two characters.
    let text = fields.text.replace("\r\n", "\n");
    let mut done = app.publishing.reword(may.scope(), id, Some(text)).await;
    if done.is_ok() {
        done = app.publishing.retry_publication(may.scope(), id).await;
    }
    app.jobs.wake();
    after_publication(id, done.map(|_| "The text is saved for this account, and it is tried again now."))
}

#[derive(Debug, Deserialize)]
pub(crate) struct AgainFields {
    #[serde(default)]
    although_out: Option<String>,
}

/// Publishes once more with a new key.
pub(crate) async fn publish_again(
    State(app): State<App>,
    Visitor(may): Visitor<Publish>,
    Path(id): Path<PublicationId>,
    Form(fields): Form<AgainFields>,
) -> Response {
    let wish = Republish { although_out: fields.although_out.is_some() };
    let done = app.publishing.publish_again(may.scope(), id, wish).await;
    app.jobs.wake();
    let newest = done.as_ref().ok().and_then(|detail| detail.publications.iter().max_by_key(|p| (p.created_at, p.id)));
    let to = newest.map_or(id, |p| p.id);
    after_publication(to, done.map(|_| "It is published again, as a new post with a key of its own."))
}

/// Asks the network for the numbers now.
pub(crate) async fn read_numbers(
    State(app): State<App>,
    Visitor(may): Visitor<Publish>,
    Path(id): Path<PublicationId>,
) -> Response {
    let asked = app.analytics.request_reading(may.scope(), id).await.map_err(|e| Problem::database(&e));
    back(
        &format!("/publications/{id}"),
        asked.map(|is_asked| {
            if is_asked {
                "The network is asked. Look again in a moment."
            } else {
                "The numbers were read within the last hour."
            }
        }),
    )
}
