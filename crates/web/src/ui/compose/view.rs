//! The page: everything that was typed, with what has to be corrected beside it.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use rookery_accounts::{Account, PlatformRules};
use rookery_identity::{Caller, Right};
use rookery_kernel::{AccountId, PostId};
use rookery_platforms::Connectors;
use rookery_publishing::{Checked, Conflict, Finding, PostFilter, PostStatus, Schedule, Severity, part_names};

use super::fields::{FORMATS, Fields};
use super::options::{self, Kind};
use super::preview;
use crate::app::App;
use crate::problem::Problem;
use crate::ui::format::{colour, moment, words};
use crate::ui::shell::{Flash, Shell};
use crate::ui::{PageResult, render};

struct Choice {
    id: AccountId,
    colour: &'static str,
    name: String,
    network: &'static str,
    platform: &'static str,
    status: String,
    limit: usize,
    used: usize,
    usable: bool,
    chosen: bool,
    own_text: String,
    own_title: String,
    has_title: bool,
}

impl Choice {
    fn differs(&self) -> bool {
        !self.own_text.is_empty() || !self.own_title.is_empty()
    }
}

pub(super) struct FindingRow {
    pub severity: &'static str,
    pub field: &'static str,
    pub message: String,
    pub suggestion: Option<String>,
    pub post: Option<PostId>,
}

impl FindingRow {
    pub fn error(field: &'static str, message: String) -> Self {
        Self { severity: "error", field, message, suggestion: None, post: None }
    }
}

/// The parts of the form beside which findings stand; the rest stands beside the text.
pub(super) const PLACES: [&str; 7] =
    ["accountIds", "scheduledAt", "media", "link", "followUps", "expiresAt", "options"];

impl From<&Finding> for FindingRow {
    fn from(finding: &Finding) -> Self {
        Self {
            severity: match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "info",
            },
            field: if PLACES.contains(&finding.field) { finding.field } else { "content" },
            message: finding.message.clone(),
            suggestion: finding.suggestion.clone(),
            post: finding.post_id,
        }
    }
}

struct MediumRow {
    id: String,
    alt: String,
    name: String,
    is_video: bool,
    is_known: bool,
}

struct PartRow {
    is_comment: bool,
    text: String,
    delay: String,
    name: String,
}

struct OptionRow {
    id: String,
    label: &'static str,
    value: String,
    example: &'static str,
    values: &'static [(&'static str, &'static str)],
    is_flag: bool,
}

struct NetworkOptions {
    network: &'static str,
    platform: &'static str,
    is_set: bool,
    /// The network wants the account's choices asked for.
    asks_choices: bool,
    terms: &'static [(&'static str, &'static str)],
    rows: Vec<OptionRow>,
}

struct DraftRow {
    id: PostId,
    excerpt: String,
    written: String,
}

struct ConflictBox {
    revision: i32,
    when: String,
    theirs: String,
}

#[derive(Template)]
#[template(path = "compose.html")]
#[expect(clippy::struct_excessive_bools, reason = "one per part that the page may show")]
pub(super) struct Page {
    shell: Shell,
    action: String,
    editing: bool,
    is_planned: bool,
    autosaves: bool,
    post_id: String,
    revision: String,
    content: String,
    title: String,
    link: String,
    formats: Vec<(&'static str, &'static str, bool)>,
    accounts: Vec<Choice>,
    networks: Vec<NetworkOptions>,
    media: Vec<MediumRow>,
    parts: Vec<PartRow>,
    labels: String,
    labels_in_use: Vec<String>,
    expires: String,
    schedule: &'static str,
    at: String,
    when: String,
    zone: String,
    review_required: bool,
    may_publish: bool,
    findings: Vec<FindingRow>,
    /// The sketches, as HTML made by a template of its own.
    previews: String,
    drafts: Vec<DraftRow>,
    conflict: Option<ConflictBox>,
}

impl Page {
    fn at(&self, field: &'static str) -> impl Iterator<Item = &FindingRow> {
        self.findings.iter().filter(move |f| f.field == field)
    }
}

/// What the page shows besides the fields.
#[derive(Default)]
pub(super) struct Beside {
    pub flash: Flash,
    /// Whether a publication of the post has a time, so that its accounts stay.
    pub is_planned: bool,
    /// What was found; nothing is said about an untouched form.
    pub findings: Vec<FindingRow>,
    pub conflict: Option<Conflict>,
    /// Why the moment in the form was suggested.
    pub why: Option<String>,
}

/// Renders the form: with errors among the findings as 422, with a conflict as 409.
pub(super) async fn show(app: &App, caller: &Caller, fields: Fields, beside: Beside) -> PageResult {
    let (scope, zone) = (&caller.scope, &caller.organization.timezone);
    let accounts = app.accounts.list(scope).await?;
    let checked = app.publishing.check(scope, &fields.draft(Schedule::Draft, zone)).await?;
    let labels_in_use = app.publishing.labels_in_use(scope).await?;
    let rules = app.accounts.all_rules().await?;
    let limit = |a: &Account| PlatformRules::of(&rules, a).map_or(0, |r| r.text_limit);
    let drafts = if fields.post.is_none() { drafts(app, caller).await? } else { Vec::new() };
    let when = match fields.schedule(zone) {
        Ok((Schedule::At(at), Some(note))) => {
            let sentence = super::note_sentence(note, at, zone);
            beside.why.as_ref().map_or(sentence.clone(), |why| format!("{sentence} {why}"))
        }
        _ => String::new(),
    };
    let page = Page {
        shell: Shell::new("compose", caller, &accounts, &beside.flash),
        action: fields.post.map_or_else(|| "/compose".to_owned(), |id| format!("/posts/{id}/edit")),
        editing: fields.post.is_some(),
        is_planned: beside.is_planned,
        autosaves: !beside.is_planned,
        post_id: fields.post.map(|id| id.to_string()).unwrap_or_default(),
        revision: fields.revision.map(|n| n.to_string()).unwrap_or_default(),
        formats: FORMATS.iter().map(|(f, word, label)| (*word, *label, *f == fields.format)).collect(),
        accounts: accounts.iter().map(|a| choice(a, &fields, &checked, limit(a))).collect(),
        networks: networks(&accounts, &fields, app.accounts.connectors()),
        media: media(&fields, &checked),
        parts: parts(&fields),
        previews: preview::html(&preview::of(&fields, &checked, &accounts)).map_err(|e| Problem::internal(&e))?,
        labels_in_use: unused(labels_in_use, &fields),
        content: fields.content,
        title: fields.title,
        link: fields.link,
        labels: fields.labels,
        expires: fields.expires,
        schedule: match fields.schedule.as_str() {
            "now" => "now",
            "draft" => "draft",
            _ => "at",
        },
        at: fields.at,
        when,
        zone: zone.name().to_owned(),
        review_required: caller.organization.review_required,
        may_publish: caller.allows(Right::Publish),
        findings: beside.findings,
        drafts,
        conflict: beside.conflict.map(|c| ConflictBox {
            revision: c.revision,
            when: moment(c.updated_at, zone),
            theirs: c.theirs,
        }),
    };
    let mut response: Response = render(&page);
    if page.conflict.is_some() {
        *response.status_mut() = StatusCode::CONFLICT;
    } else if page.findings.iter().any(|f| f.severity == "error") {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// The newest unfinished posts, to go on with.
async fn drafts(app: &App, caller: &Caller) -> Result<Vec<DraftRow>, Problem> {
    let filter = PostFilter { status: Some(PostStatus::Draft), ..PostFilter::default() };
    let page = app.publishing.list(&caller.scope, filter, None, rookery_kernel::Limit::new(3)).await?;
    let zone = &caller.organization.timezone;
    let row = |p: rookery_publishing::PostSummary| DraftRow {
        id: p.id,
        excerpt: if p.excerpt.is_empty() { "Without words".to_owned() } else { p.excerpt },
        written: moment(p.created_at, zone),
    };
    Ok(page.items.into_iter().map(row).collect())
}

fn choice(a: &Account, fields: &Fields, checked: &Checked, limit: usize) -> Choice {
    let own = fields.own.get(&a.id);
    Choice {
        id: a.id,
        colour: colour(a.platform),
        name: a.name().to_owned(),
        network: a.platform.name(),
        platform: a.platform.label(),
        status: words(a.status.label()),
        limit: checked.accounts.iter().find(|on| on.account_id == a.id).map_or(limit, |on| on.limit),
        used: checked.accounts.iter().find(|on| on.account_id == a.id).map_or(0, |on| on.used),
        usable: a.may_publish() || fields.accounts.contains(&a.id),
        chosen: fields.accounts.contains(&a.id),
        own_text: own.and_then(|v| v.text.clone()).unwrap_or_default(),
        own_title: own.and_then(|v| v.title.clone()).unwrap_or_default(),
        has_title: options::has_title(a.platform),
    }
}

fn networks(accounts: &[Account], fields: &Fields, connectors: &Connectors) -> Vec<NetworkOptions> {
    let known = rookery_kernel::Platform::ALL.into_iter().filter(|n| accounts.iter().any(|a| a.platform == *n));
    let rows = known.filter(|network| !options::of(*network).is_empty()).map(|network| {
        let row = |known: &options::Known| OptionRow {
            id: format!("option-{}-{}", network.label(), known.name),
            label: known.label,
            value: fields.options.get(&(network, known.name.to_owned())).cloned().unwrap_or_default(),
            example: if let Kind::Text(example) = known.kind { example } else { "" },
            values: if let Kind::Choice(values) = known.kind { values } else { &[] },
            is_flag: matches!(known.kind, Kind::Flag),
        };
        let rows: Vec<OptionRow> = options::of(network).iter().map(row).collect();
        let asks_choices = connectors.get(network).is_some_and(|c| c.capabilities().asks_choices);
        NetworkOptions {
            network: network.name(),
            platform: network.label(),
            is_set: asks_choices || rows.iter().any(|row| !row.value.is_empty()),
            asks_choices,
            terms: options::terms(network),
            rows,
        }
    });
    rows.collect()
}

fn media(fields: &Fields, checked: &Checked) -> Vec<MediumRow> {
    let row = |m: &super::fields::Medium| {
        let file = checked.files.iter().find(|f| f.asset_id == m.id);
        MediumRow {
            id: m.id.to_string(),
            alt: m.alt.clone(),
            name: file.map_or_else(|| "not there, or not ready".to_owned(), |f| f.file_name.clone()),
            is_video: file.is_some_and(|f| f.kind == rookery_platforms::MediaKind::Video),
            is_known: file.is_some(),
        }
    };
    fields.media.iter().map(row).collect()
}

fn parts(fields: &Fields) -> Vec<PartRow> {
    let names = part_names(fields.parts.iter().map(super::fields::Part::kind));
    let row = |(part, name): (&super::fields::Part, String)| PartRow {
        is_comment: part.is_comment(),
        text: part.text.clone(),
        delay: part.delay.clone(),
        name,
    };
    fields.parts.iter().zip(names).map(row).collect()
}

fn unused(labels: Vec<String>, fields: &Fields) -> Vec<String> {
    let chosen = fields.label_list();
    labels.into_iter().filter(|label| !chosen.contains(label)).take(12).collect()
}
