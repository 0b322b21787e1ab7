//! Writing a post: one text with words of its own per account, media, further parts, options, a time in the
//! organization's zone. The server counts and checks by the rules that hold when it is sent. Every button works
//! without script; script saves the round trips.

mod fields;
mod options;
mod preview;
mod view;

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rookery_identity::{Caller, Right};
use rookery_kernel::{AccountId, Date, LocalTimeNote, PostId, Scope, Timestamp, Zone};
use rookery_publishing::best_times::FreeSlot;
use rookery_publishing::{Finding, PostDetail, PostError, PublicationStatus, Schedule};
use serde::{Deserialize, Serialize};

use self::fields::Fields;
use self::view::{Beside, FindingRow, show};
use super::format::{field_value, moment, time_of_day};
use super::shell::Flash;
use super::{PageResult, back};
use crate::app::App;
use crate::extract::{Draft as MayDraft, Path, Query, Visitor};
use crate::problem::{FindingView, Problem};

/// What was decided about a local time, in a sentence.
pub(super) fn note_sentence(note: LocalTimeNote, at: Timestamp, zone: &Zone) -> String {
    let when = moment(at, zone);
    match note {
        LocalTimeNote::Exact => format!("It goes out on {when}."),
        LocalTimeNote::Skipped => {
            format!("That time does not exist, because clocks jump forward over it. It goes out on {when}.")
        }
        LocalTimeNote::Repeated => {
            format!("That time happens twice, because clocks are set back. It goes out the first time, on {when}.")
        }
    }
}

/// Where the queue put a post.
pub(super) fn queue_sentence(detail: &PostDetail, zone: &Zone) -> String {
    let times: BTreeSet<_> = detail.publications.iter().filter_map(|p| p.scheduled_for).collect();
    let first = times.first().map(|at| moment(*at, zone)).unwrap_or_default();
    if times.len() > 1 {
        format!("It is in the queue: every account takes its own next slot, the first on {first}.")
    } else {
        format!("It is in the queue and goes out on {first}.")
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    post: Option<PostId>,
    date: Option<Date>,
    /// `YYYY-MM-DDTHH:MM` in the organization's zone.
    at: Option<String>,
    account: Option<AccountId>,
}

/// The empty form, or that of a post to change.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<MayDraft>,
    Query(wish): Query<Wish>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let zone = &may.caller.organization.timezone;
    // In an hour, at a full quarter; or on the chosen day at nine.
    let soon = app.clock.now() + std::time::Duration::from_secs(3600);
    let quarter = Timestamp::from_secs(soon.as_secs().div_euclid(900) * 900 + 900);
    let at = wish.date.map_or_else(|| field_value(quarter, zone), |date| format!("{date}T09:00"));
    let at = wish.at.filter(|at| zone.instant(at).is_ok()).unwrap_or(at);
    if let Some(id) = wish.post {
        let detail = app.publishing.get(may.scope(), id).await?;
        let composition = app.publishing.composition(may.scope(), id).await?;
        let fields = Fields { at, ..Fields::of(&detail, &composition, zone) };
        let beside = Beside { flash, is_planned: is_planned(&detail), ..Beside::default() };
        return show(&app, &may.caller, fields, beside).await;
    }
    let schedule = if may.caller.allows(Right::Publish) { "at" } else { "draft" };
    let accounts = wish.account.into_iter().collect();
    let fields = Fields { schedule: schedule.to_owned(), at, accounts, ..Fields::default() };
    show(&app, &may.caller, fields, Beside { flash, ..Beside::default() }).await
}

/// Whether something of a post has a time, so that its accounts stay.
fn is_planned(detail: &PostDetail) -> bool {
    detail.publications.iter().any(|p| p.status != PublicationStatus::Draft)
}

/// A new post, or a button of the form.
pub(crate) async fn submit(State(app): State<App>, Visitor(may): Visitor<MayDraft>, body: Bytes) -> PageResult {
    answer(&app, &may.caller, Fields::read(&body)).await
}

/// A changed post, or a button of its form.
pub(crate) async fn save(
    State(app): State<App>,
    Visitor(may): Visitor<MayDraft>,
    Path(id): Path<PostId>,
    body: Bytes,
) -> PageResult {
    answer(&app, &may.caller, Fields { post: Some(id), ..Fields::read(&body) }).await
}

async fn answer(app: &App, caller: &Caller, mut fields: Fields) -> PageResult {
    let zone = caller.organization.timezone.clone();
    let stored = stored(app, &caller.scope, &mut fields).await?;
    let is_planned = stored.as_ref().is_some_and(is_planned);
    if !matches!(fields.wish.as_str(), "" | "save") {
        let (mut findings, mut why) = (Vec::new(), None);
        match fields.wish.as_str() {
            "check" => findings = found(app, caller, &fields).await?,
            "slot" => match free_slot(app, caller, &fields).await? {
                Some(slot) => {
                    fields.at = field_value(slot.at, &zone);
                    "at".clone_into(&mut fields.schedule);
                    why = Some(slot.reason.sentence());
                }
                None => findings.push(no_slot()),
            },
            _ => fields.obey(),
        }
        return show(app, caller, fields, Beside { is_planned, findings, why, ..Beside::default() }).await;
    }
    let schedule = if is_planned { Ok((Schedule::Draft, None)) } else { fields.schedule(&zone) };
    let (schedule, note) = match schedule {
        Ok(schedule) => schedule,
        Err(message) => {
            let findings = vec![FindingRow::error("scheduledAt", message)];
            return show(app, caller, fields, Beside { is_planned, findings, ..Beside::default() }).await;
        }
    };
    let to_queue = !is_planned && fields.schedule == "queue";
    if (schedule != Schedule::Draft || to_queue) && !caller.allows(Right::Publish) {
        return Err(Problem::forbidden("Your role may write drafts; somebody else has to publish them.").into());
    }
    let done = match stored {
        Some(_) => change(app, &caller.scope, &mut fields, schedule, &zone, is_planned).await,
        None => app.publishing.create_post(&caller.scope, fields.new_post(schedule, &zone)).await.map(|d| {
            fields.revision = Some(d.post.revision);
            d.post.id
        }),
    };
    let mut queued = None;
    let done = match done {
        Ok(id) if to_queue => {
            // The text is saved as a draft; a refusal of the queue leaves it there.
            fields.post = Some(id);
            let detail = app.publishing.add_to_queue(&caller.scope, id).await;
            queued = detail.as_ref().ok().map(|detail| queue_sentence(detail, &zone));
            detail.map(|detail| detail.post.id)
        }
        done => done,
    };
    match done {
        Ok(id) => {
            app.jobs.wake();
            let text = match (schedule, note) {
                _ if is_planned => "Saved.".to_owned(),
                _ if queued.is_some() => queued.unwrap_or_default(),
                (Schedule::Draft, _) => "Kept as a draft.".to_owned(),
                (Schedule::Now, _) => "It goes out now.".to_owned(),
                (Schedule::At(at), note) => note_sentence(note.unwrap_or(LocalTimeNote::Exact), at, &zone),
            };
            Ok(back(&format!("/posts/{id}"), Ok(&text)))
        }
        Err(PostError::Invalid(findings)) => {
            let findings = findings.iter().map(FindingRow::from).collect();
            show(app, caller, fields, Beside { is_planned, findings, ..Beside::default() }).await
        }
        Err(PostError::Conflict(conflict)) => {
            show(app, caller, fields, Beside { is_planned, conflict: Some(*conflict), ..Beside::default() }).await
        }
        Err(PostError::NotFound(_)) => Err(Problem::not_found("post").into()),
        Err(e) => match fields.post {
            Some(id) => Ok(back(&format!("/posts/{id}"), Err(e.into()))),
            None => Err(e.into()),
        },
    }
}

/// The post that the form is about, if it is stored; what the form does not know of it is kept.
async fn stored(app: &App, scope: &Scope, fields: &mut Fields) -> Result<Option<PostDetail>, Problem> {
    let Some(id) = fields.post else { return Ok(None) };
    let detail = app.publishing.get(scope, id).await?;
    let composition = app.publishing.composition(scope, id).await?;
    fields.stored_options = composition.options;
    if is_planned(&detail) {
        // Browsers do not send what cannot be changed.
        fields.accounts = detail.publications.iter().map(|p| p.social_account_id).collect();
    }
    Ok(Some(detail))
}

/// Saves a change, then plans the post if it had no time and is to have one.
async fn change(
    app: &App,
    scope: &Scope,
    fields: &mut Fields,
    schedule: Schedule,
    zone: &Zone,
    is_planned: bool,
) -> Result<PostId, PostError> {
    let Some(id) = fields.post else { return Err(PostError::AddressUnreadable) };
    let detail = app.publishing.update_post(scope, id, fields.change(zone, !is_planned)).await?;
    // A refused plan leaves the text saved: the next try starts from there.
    fields.revision = Some(detail.post.revision);
    match schedule {
        Schedule::Draft => {}
        Schedule::Now => drop(app.publishing.publish_now(scope, id).await?),
        Schedule::At(at) => drop(app.publishing.schedule(scope, id, at).await?),
    }
    Ok(id)
}

async fn found(app: &App, caller: &Caller, fields: &Fields) -> Result<Vec<FindingRow>, Problem> {
    let zone = &caller.organization.timezone;
    let schedule = fields.schedule(zone).map_or(Schedule::Draft, |(schedule, _)| schedule);
    let checked = app.publishing.check(&caller.scope, &fields.draft(schedule, zone)).await?;
    Ok(checked.findings.iter().map(FindingRow::from).collect())
}

async fn free_slot(app: &App, caller: &Caller, fields: &Fields) -> Result<Option<FreeSlot>, Problem> {
    let zone = &caller.organization.timezone;
    // Somebody still reads it over: not within the next five minutes.
    let after = app.clock.now() + std::time::Duration::from_secs(5 * 60);
    Ok(app.publishing.next_free_slot(&caller.scope, &fields.accounts, zone, after).await?)
}

fn no_slot() -> FindingRow {
    FindingRow::error("scheduledAt", "There is no free moment within 60 days: these accounts are full.".to_owned())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Counted {
    integration_id: AccountId,
    used: usize,
    limit: usize,
    parts: Vec<usize>,
    findings: Vec<FindingView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Checked {
    accounts: Vec<Counted>,
    findings: Vec<FindingView>,
    when: Option<String>,
    /// The sketches, as HTML made here.
    previews: String,
}

/// Counts and checks a post while it is written, by the same function that decides when it is sent.
pub(crate) async fn check(
    State(app): State<App>,
    Visitor(may): Visitor<MayDraft>,
    body: Bytes,
) -> Result<Response, Problem> {
    let mut fields = Fields::read(&body);
    stored(&app, may.scope(), &mut fields).await?;
    let zone = &may.caller.organization.timezone;
    let (schedule, when) = match fields.schedule(zone) {
        Ok((Schedule::At(at), note)) => {
            (Schedule::At(at), Some(note_sentence(note.unwrap_or(LocalTimeNote::Exact), at, zone)))
        }
        Ok((schedule, _)) => (schedule, None),
        Err(message) => (Schedule::Draft, Some(message)),
    };
    let checked = app.publishing.check(may.scope(), &fields.draft(schedule, zone)).await?;
    let accounts = app.accounts.list(may.scope()).await?;
    let previews = preview::html(&preview::of(&fields, &checked, &accounts)).map_err(|e| Problem::internal(&e))?;
    // An untouched form is not scolded.
    let is_untouched = fields.content.trim().is_empty() && fields.media.is_empty() && fields.own.is_empty();
    let findings: &[Finding] = if is_untouched { &[] } else { &checked.findings };
    let about = |id| findings.iter().filter(move |f| f.account_id == Some(id)).map(FindingView::from).collect();
    let counted = checked.accounts.iter().map(|on| Counted {
        integration_id: on.account_id,
        used: on.used,
        limit: on.limit,
        parts: on.parts.clone(),
        findings: about(on.account_id),
    });
    let answer = Checked {
        accounts: counted.collect(),
        findings: findings.iter().map(FindingView::from).collect(),
        when,
        previews,
    };
    Ok(Json(answer).into_response())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Choices {
    /// Whose account it is, in a sentence.
    whose: Option<String>,
    /// Values that an option may have, by its name.
    allowed: BTreeMap<&'static str, Vec<String>>,
    /// Options that the account has switched off.
    closed: Vec<&'static str>,
}

/// What an account may choose for a post right now. Asked for while the post is written; when it is sent the connector
/// asks again.
pub(crate) async fn choices(
    State(app): State<App>,
    Visitor(may): Visitor<MayDraft>,
    Path(id): Path<AccountId>,
) -> Result<Response, Problem> {
    let told = app.accounts.posting_choices(may.scope(), id).await?.unwrap_or_default();
    let whose = (!told.name.is_empty()).then(|| match told.video_secs_max {
        Some(longest) => format!("It goes out as {}; videos of up to {longest} seconds.", told.name),
        None => format!("It goes out as {}.", told.name),
    });
    Ok(Json(Choices { whose, allowed: told.allowed, closed: told.closed }).into_response())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    post_id: PostId,
    revision: i32,
    saved: String,
}

/// Keeps what is written as a draft, without leaving the page. A post that has a time is not touched: its text
/// changes when somebody says so.
pub(crate) async fn keep(
    State(app): State<App>,
    Visitor(may): Visitor<MayDraft>,
    body: Bytes,
) -> Result<Response, Problem> {
    let mut fields = Fields::read(&body);
    let zone = may.caller.organization.timezone.clone();
    let detail = match stored(&app, may.scope(), &mut fields).await? {
        Some(detail) if is_planned(&detail) => {
            return Err(Problem::conflict("post_planned", "The post has a time already; save it with the button."));
        }
        Some(detail) if app.publishing.recurring_of_template(may.scope(), detail.post.id).await?.is_some() => {
            // Every save makes its waiting copies anew and asks for their approvals again.
            return Err(Problem::conflict(
                "post_planned",
                "It is the template of a recurring post; save it with the button.",
            ));
        }
        Some(detail) => app.publishing.update_post(may.scope(), detail.post.id, fields.change(&zone, true)).await?,
        None => app.publishing.create_post(may.scope(), fields.new_post(Schedule::Draft, &zone)).await?,
    };
    let saved = format!("Kept as a draft at {}", time_of_day(detail.post.updated_at, &zone));
    let status = if fields.post.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(Kept { post_id: detail.post.id, revision: detail.post.revision, saved })).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_does_not_exist_is_said_so() {
        let berlin: Zone = "Europe/Berlin".parse().expect("known");
        let (at, note) = berlin.instant("2026-03-29T02:30").expect("decided");
        let text = note_sentence(note, at, &berlin);
        assert!(text.contains("does not exist") && text.contains("Sun 29 Mar 2026, 03:00"), "{text}");
    }
}
