//! Writing a post: text, accounts, time in the organization's zone, limits counted by the server.

use askama::Template;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use rookery_accounts::{Account, PlatformRules};
use rookery_identity::Caller;
use rookery_kernel::{AccountId, Date, LocalTimeNote, PostId, Timestamp, Zone};
use rookery_publishing::{Draft, Finding, NewPost, PostChange, PostError, Schedule};
use serde::{Deserialize, Serialize};

use super::format::{colour, field_value, moment, words};
use super::shell::{Flash, Shell};
use super::{PageResult, back, render};
use crate::app::App;
use crate::extract::{Draft as MayDraft, Path, Query, Visitor};
use crate::problem::Problem;

struct Choice {
    id: AccountId,
    colour: &'static str,
    name: String,
    network: &'static str,
    status: String,
    limit: usize,
    usable: bool,
    chosen: bool,
}

struct FindingRow {
    severity: &'static str,
    message: String,
    suggestion: Option<String>,
}

#[derive(Template)]
#[template(path = "compose.html")]
struct Page {
    shell: Shell,
    action: String,
    editing: bool,
    post_id: String,
    content: String,
    title: String,
    accounts: Vec<Choice>,
    schedule: &'static str,
    at: String,
    zone: String,
    review_required: bool,
    findings: Vec<FindingRow>,
}

/// The form's fields, as a browser sends them.
#[derive(Debug, Default, Clone)]
struct Fields {
    content: String,
    title: String,
    accounts: Vec<AccountId>,
    schedule: String,
    at: String,
}

impl Fields {
    /// `account` may come several times, which the usual form reader does not allow.
    fn read(body: &[u8]) -> Self {
        let mut fields = Self::default();
        for (name, value) in url::form_urlencoded::parse(body) {
            match &*name {
                // Browsers send line ends as CR LF; networks count characters.
                "content" => fields.content = value.replace("\r\n", "\n"),
                "title" => value.trim().clone_into(&mut fields.title),
                "account" => fields.accounts.extend(value.parse::<AccountId>()),
                "schedule" => fields.schedule = value.into_owned(),
                "at" => fields.at = value.into_owned(),
                _ => {}
            }
        }
        fields
    }

    fn schedule(&self, zone: &Zone) -> Result<(Schedule, Option<LocalTimeNote>), String> {
        match self.schedule.as_str() {
            "now" => Ok((Schedule::Now, None)),
            "draft" => Ok((Schedule::Draft, None)),
            _ if self.at.is_empty() => Err("Choose a date and a time, or publish it now.".to_owned()),
            _ => zone.instant(&self.at).map(|(at, note)| (Schedule::At(at), Some(note))).map_err(|e| format!("{e}.")),
        }
    }
}

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

#[derive(Debug, Deserialize)]
pub(crate) struct Wish {
    post: Option<PostId>,
    date: Option<Date>,
}

/// The empty form, or that of a post to change.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<MayDraft>,
    Query(wish): Query<Wish>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let zone = &may.caller.organization.timezone;
    if let Some(id) = wish.post {
        let detail = app.publishing.get(may.scope(), id).await?;
        let fields = Fields {
            content: detail.post.content.clone(),
            title: detail.post.title.clone().unwrap_or_default(),
            accounts: detail.publications.iter().map(|p| p.social_account_id).collect(),
            ..Fields::default()
        };
        return show(&app, &may.caller, &flash, fields, Some(id), Vec::new()).await;
    }
    // In an hour, at a full quarter; or on the chosen day at nine.
    let soon = app.clock.now() + std::time::Duration::from_secs(3600);
    let quarter = Timestamp::from_secs(soon.as_secs().div_euclid(900) * 900 + 900);
    let at = wish.date.map_or_else(|| field_value(quarter, zone), |date| format!("{date}T09:00"));
    let fields = Fields { schedule: "at".to_owned(), at, ..Fields::default() };
    show(&app, &may.caller, &flash, fields, None, Vec::new()).await
}

async fn show(
    app: &App,
    caller: &Caller,
    flash: &Flash,
    fields: Fields,
    editing: Option<PostId>,
    findings: Vec<FindingRow>,
) -> PageResult {
    let accounts = app.accounts.list(&caller.scope).await?;
    let rules = app.accounts.all_rules().await?;
    let limit = |a: &Account| rules.iter().find(|r| r.platform == a.platform).map_or(0, |r| r.text_limit);
    let choices = accounts.iter().map(|a| Choice {
        id: a.id,
        colour: colour(a.platform),
        name: a.name().to_owned(),
        network: a.platform.name(),
        status: words(a.status.label()),
        limit: limit(a),
        usable: a.may_publish() || editing.is_some(),
        chosen: fields.accounts.contains(&a.id),
    });
    let page = Page {
        shell: Shell::new("compose", caller, &accounts, flash),
        action: editing.map_or_else(|| "/compose".to_owned(), |id| format!("/posts/{id}/edit")),
        editing: editing.is_some(),
        post_id: editing.map(|id| id.to_string()).unwrap_or_default(),
        accounts: choices.collect(),
        content: fields.content,
        title: fields.title,
        schedule: match fields.schedule.as_str() {
            "now" => "now",
            "draft" => "draft",
            _ => "at",
        },
        at: fields.at,
        zone: caller.organization.timezone.name().to_owned(),
        review_required: caller.organization.review_required,
        findings,
    };
    let mut response = render(&page);
    if !page.findings.is_empty() {
        *response.status_mut() = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// Makes the post, or shows the form again with what has to be corrected and everything typed.
pub(crate) async fn submit(State(app): State<App>, Visitor(may): Visitor<MayDraft>, body: Bytes) -> PageResult {
    let fields = Fields::read(&body);
    let zone = may.caller.organization.timezone.clone();
    let flash = Flash::default();
    let (schedule, note) = match fields.schedule(&zone) {
        Ok(schedule) => schedule,
        Err(message) => {
            let row = FindingRow { severity: "error", message, suggestion: None };
            return show(&app, &may.caller, &flash, fields, None, vec![row]).await;
        }
    };
    if schedule != Schedule::Draft && !may.caller.allows(rookery_identity::Right::Publish) {
        return Err(Problem::forbidden("Your role may write drafts; somebody else has to publish them.").into());
    }
    let new = NewPost {
        content: fields.content.clone(),
        title: (!fields.title.is_empty()).then(|| fields.title.clone()),
        account_ids: fields.accounts.clone(),
        schedule,
        timezone: zone.clone(),
        composition: rookery_publishing::Composition::default(),
    };
    match app.publishing.create_post(may.scope(), new).await {
        Ok(detail) => {
            app.jobs.wake();
            let text = match (schedule, note) {
                (Schedule::Draft, _) => "Kept as a draft.".to_owned(),
                (Schedule::Now, _) => "It goes out now.".to_owned(),
                (Schedule::At(at), note) => note_sentence(note.unwrap_or(LocalTimeNote::Exact), at, &zone),
            };
            Ok(back(&format!("/posts/{}", detail.post.id), Ok(&text)))
        }
        Err(PostError::Invalid(findings)) => {
            show(&app, &may.caller, &flash, fields, None, findings.into_iter().map(row).collect()).await
        }
        Err(e) => Err(e.into()),
    }
}

/// Saves a changed text.
pub(crate) async fn save(
    State(app): State<App>,
    Visitor(may): Visitor<MayDraft>,
    Path(id): Path<PostId>,
    body: Bytes,
) -> PageResult {
    let fields = Fields::read(&body);
    let change = PostChange {
        content: Some(fields.content.clone()),
        title: Some((!fields.title.is_empty()).then(|| fields.title.clone())),
        composition: None,
    };
    match app.publishing.update_post(may.scope(), id, change).await {
        Ok(_) => Ok(back(&format!("/posts/{id}"), Ok("Saved."))),
        Err(PostError::Invalid(findings)) => {
            show(&app, &may.caller, &Flash::default(), fields, Some(id), findings.into_iter().map(row).collect()).await
        }
        Err(PostError::NotFound(_)) => Err(Problem::not_found("post").into()),
        Err(e) => Ok(back(&format!("/posts/{id}"), Err(e.into()))),
    }
}

fn row(finding: Finding) -> FindingRow {
    let severity = match finding.severity {
        rookery_publishing::Severity::Error => "error",
        rookery_publishing::Severity::Warning => "warning",
        rookery_publishing::Severity::Info => "info",
    };
    FindingRow { severity, message: finding.message, suggestion: finding.suggestion }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Counted {
    integration_id: AccountId,
    length: usize,
    limit: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Checked {
    lengths: Vec<Counted>,
    findings: Vec<Finding>,
    when: Option<String>,
}

/// Counts and checks a text while it is written, by the same function that decides when it is sent.
pub(crate) async fn check(
    State(app): State<App>,
    Visitor(may): Visitor<MayDraft>,
    body: Bytes,
) -> Result<Response, Problem> {
    let fields = Fields::read(&body);
    let zone = &may.caller.organization.timezone;
    let (schedule, when) = match fields.schedule(zone) {
        Ok((Schedule::At(at), note)) => {
            (Schedule::At(at), Some(note_sentence(note.unwrap_or(LocalTimeNote::Exact), at, zone)))
        }
        Ok((schedule, _)) => (schedule, None),
        Err(message) => (Schedule::Draft, Some(message)),
    };
    let accounts = app.accounts.list(may.scope()).await?;
    let rules: Vec<PlatformRules> = app.accounts.all_rules().await?;
    let lengths = accounts.iter().filter_map(|a| {
        let rule = rules.iter().find(|r| r.platform == a.platform)?;
        Some(Counted { integration_id: a.id, length: rule.count(&fields.content), limit: rule.text_limit })
    });
    let lengths = lengths.collect();
    // An untouched form is not scolded.
    let findings = if fields.content.trim().is_empty() {
        Vec::new()
    } else {
        let draft = Draft::of_text(fields.content, fields.accounts, schedule);
        app.publishing.validate(may.scope(), &draft).await?
    };
    Ok(Json(Checked { lengths, findings, when }).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_with_several_accounts_and_windows_line_ends_is_read() {
        let (a, b) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
        let body =
            format!("content=one%0D%0Atwo&account={a}&account={b}&account=nonsense&schedule=at&at=2026-03-02T09%3A00");
        let fields = Fields::read(body.as_bytes());
        assert_eq!(fields.content, "one\ntwo");
        assert_eq!(fields.accounts, [AccountId::from_uuid(a), AccountId::from_uuid(b)]);
        let (schedule, _) = fields.schedule(&"Europe/Berlin".parse().expect("known")).expect("a time");
        assert_eq!(schedule, Schedule::At("2026-03-02T08:00:00Z".parse().expect("valid")));
    }

    #[test]
    fn a_time_that_does_not_exist_is_said_so() {
        let berlin: Zone = "Europe/Berlin".parse().expect("known");
        let (at, note) = berlin.instant("2026-03-29T02:30").expect("decided");
        let text = note_sentence(note, at, &berlin);
        assert!(text.contains("does not exist") && text.contains("Sun 29 Mar 2026, 03:00"), "{text}");
    }
}
