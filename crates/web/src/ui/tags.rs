//! One tag: its words and colour, its rules, and what a rule would do before it is kept.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use rookery_analytics::{DryRun, DryRunReport, MatchKind, PRIORITY_USUAL, RuleDraft, TagError, TagRule, TagType};
use rookery_identity::Right;
use rookery_kernel::{TagId, TagRuleId, Zone};
use serde::Deserialize;

use super::format::{moment, number, plural};
use super::groups::{Progress, TagFields, TagRow, progress, tag_row};
use super::shell::{Flash, Shell};
use super::{PageResult, back, render};
use crate::app::App;
use crate::extract::{ManageAccounts, May, Path, Query, Read, Visitor};
use crate::problem::Problem;

const KINDS: [(MatchKind, &str, &str); 4] = [
    (MatchKind::Keyword, "Word", "one word of the text, such as tide"),
    (MatchKind::Phrase, "Phrase", "words in a row, such as low tide"),
    (MatchKind::Hashtag, "Hashtag", "a hashtag, with or without #"),
    (MatchKind::Regex, "Regular expression", "over the whole text, any letter case; no look-around"),
];

struct Choice {
    value: &'static str,
    label: &'static str,
    hint: &'static str,
    is_chosen: bool,
}

struct RuleRow {
    id: TagRuleId,
    kind: &'static str,
    pattern: String,
    language: Option<String>,
    is_exclusion: bool,
    priority: i32,
    enabled: bool,
}

struct Editor {
    rule: String,
    pattern: String,
    language: String,
    is_exclusion: bool,
    enabled: bool,
    priority: String,
    kinds: Vec<Choice>,
}

struct Shown {
    excerpt: String,
    when: String,
    link: Option<String>,
    bears_tag: bool,
}

#[derive(Template)]
#[template(path = "tag_preview.html")]
struct Preview {
    fault: Option<String>,
    headline: String,
    detail: String,
    examples: Vec<Shown>,
    more: String,
}

#[derive(Template)]
#[template(path = "tag.html")]
struct Page {
    shell: Shell,
    may_change: bool,
    is_automatic: bool,
    is_deleted: bool,
    tag: TagRow,
    key: String,
    rules: Vec<RuleRow>,
    editor: Editor,
    preview: String,
    progress: Option<Progress>,
}

/// A rule as the form has it.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct RuleFields {
    /// The rule that is changed; empty is a new one.
    #[serde(default)]
    rule: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    pattern: String,
    #[serde(default)]
    language: String,
    exclusion: Option<String>,
    /// Ticked to leave the rule out.
    paused: Option<String>,
    #[serde(default)]
    priority: String,
    /// `preview` or `save`.
    #[serde(default)]
    wish: String,
}

impl RuleFields {
    fn of(rule: &TagRule) -> Self {
        Self {
            rule: rule.id.to_string(),
            kind: rule.rule.match_kind.label().to_owned(),
            pattern: rule.rule.pattern.clone(),
            language: rule.rule.language.clone().unwrap_or_default(),
            exclusion: rule.rule.is_exclusion.then(String::new),
            paused: (!rule.rule.enabled).then(String::new),
            priority: rule.rule.priority.to_string(),
            wish: String::new(),
        }
    }

    fn kind(&self) -> MatchKind {
        self.kind.parse().unwrap_or(MatchKind::Keyword)
    }

    fn draft(&self) -> Result<RuleDraft, Problem> {
        let priority = match self.priority.trim() {
            "" => PRIORITY_USUAL,
            given => given
                .parse()
                .map_err(|_| Problem::field("priority", "invalid", "A priority is a number from 1 to 1000."))?,
        };
        Ok(RuleDraft {
            language: Some(self.language.clone()),
            is_exclusion: self.exclusion.is_some(),
            enabled: self.paused.is_none(),
            priority,
            ..RuleDraft::new(self.kind(), self.pattern.clone())
        })
    }

    fn replaces(&self) -> Result<Option<TagRuleId>, Problem> {
        match self.rule.as_str() {
            "" => Ok(None),
            id => id.parse().map(Some).map_err(|_| Problem::not_found("rule")),
        }
    }

    fn editor(&self) -> Editor {
        let chosen = self.kind();
        Editor {
            rule: self.rule.clone(),
            pattern: self.pattern.clone(),
            language: self.language.clone(),
            is_exclusion: self.exclusion.is_some(),
            enabled: self.paused.is_none(),
            priority: if self.priority.is_empty() { PRIORITY_USUAL.to_string() } else { self.priority.clone() },
            kinds: KINDS
                .iter()
                .map(|(kind, label, hint)| Choice { value: kind.label(), label, hint, is_chosen: *kind == chosen })
                .collect(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wish {
    /// The rule to change.
    rule: Option<String>,
}

/// A tag with its rules.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Path(id): Path<TagId>,
    Query(wish): Query<Wish>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let rules = app.analytics.tag_rules(may.scope(), id).await?;
    let edited = wish.rule.and_then(|wanted| rules.iter().find(|rule| rule.id.to_string() == wanted));
    let fields = edited.map(RuleFields::of).unwrap_or_default();
    let preview = match edited {
        Some(_) if may.caller.allows(Right::ManageAccounts) => tried(&app, may.scope(), zone(&may), id, &fields).await,
        _ => String::new(),
    };
    show(&app, &may, id, rules, &fields, preview, &flash).await
}

fn zone<N: crate::extract::Need>(may: &May<N>) -> &Zone {
    &may.caller.organization.timezone
}

async fn show<N: crate::extract::Need>(
    app: &App,
    may: &May<N>,
    id: TagId,
    rules: Vec<TagRule>,
    fields: &RuleFields,
    preview: String,
    flash: &Flash,
) -> PageResult {
    let tag = app.analytics.tag(may.scope(), id).await?;
    let accounts = app.accounts.list(may.scope()).await?;
    let row = |rule: TagRule| RuleRow {
        id: rule.id,
        kind: KINDS.iter().find(|(kind, ..)| *kind == rule.rule.match_kind).map_or("Rule", |(_, label, _)| label),
        pattern: rule.rule.pattern,
        language: rule.rule.language,
        is_exclusion: rule.rule.is_exclusion,
        priority: rule.rule.priority,
        enabled: rule.rule.enabled,
    };
    Ok(render(&Page {
        may_change: may.caller.allows(Right::ManageAccounts) && tag.deleted_at.is_none(),
        is_automatic: tag.tag_type == TagType::Auto,
        is_deleted: tag.deleted_at.is_some(),
        key: tag.key.clone(),
        tag: tag_row(&tag),
        rules: rules.into_iter().map(row).collect(),
        editor: fields.editor(),
        preview,
        progress: progress(app.analytics.retagging(may.scope()).await?),
        shell: Shell::new("groups", &may.caller, &accounts, flash),
    }))
}

/// Other words for a tag.
pub(crate) async fn change(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Path(id): Path<TagId>,
    Form(fields): Form<TagFields>,
) -> Response {
    let changed = app.analytics.change_tag(may.scope(), id, fields.draft()).await;
    back(&format!("/tags/{id}"), changed.map(|_| "Saved.").map_err(Problem::from))
}

/// No more tag.
pub(crate) async fn delete(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Path(id): Path<TagId>,
) -> Response {
    match app.analytics.delete_tag(may.scope(), id).await {
        Ok(()) => back("/groups", Ok("The tag is deleted. What bears it shows it as deleted.")),
        Err(error) => back(&format!("/tags/{id}"), Err(error.into())),
    }
}

/// Keeps a rule, or shows the page with what it would do: the way without script.
pub(crate) async fn save_rule(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Path(id): Path<TagId>,
    Form(fields): Form<RuleFields>,
) -> PageResult {
    if fields.wish != "save" {
        let rules = app.analytics.tag_rules(may.scope(), id).await?;
        let preview = tried(&app, may.scope(), zone(&may), id, &fields).await;
        return show(&app, &may, id, rules, &fields, preview, &Flash::default()).await;
    }
    let here = format!("/tags/{id}");
    let saved = keep(&app, &may, id, &fields).await;
    match saved {
        Ok(()) => Ok(back(&here, Ok("The rule holds. All content is tagged anew."))),
        Err(problem) => {
            // What was typed stays in the form.
            let rules = app.analytics.tag_rules(may.scope(), id).await?;
            let preview = fault(problem.detail);
            show(&app, &may, id, rules, &fields, preview, &Flash::default()).await
        }
    }
}

async fn keep(app: &App, may: &May<ManageAccounts>, tag: TagId, fields: &RuleFields) -> Result<(), Problem> {
    let draft = fields.draft()?;
    match fields.replaces()? {
        Some(rule) => app.analytics.change_tag_rule(may.scope(), rule, draft).await?,
        None => app.analytics.add_tag_rule(may.scope(), tag, draft).await?,
    };
    Ok(())
}

/// What a rule would do, as a part of the page: while somebody types.
pub(crate) async fn preview(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Path(id): Path<TagId>,
    Form(fields): Form<RuleFields>,
) -> Response {
    let html = tried(&app, may.scope(), zone(&may), id, &fields).await;
    ([(axum::http::header::CACHE_CONTROL, "no-store")], axum::response::Html(html)).into_response()
}

/// Takes a rule away.
pub(crate) async fn delete_rule(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Path((id, rule)): Path<(TagId, TagRuleId)>,
) -> Response {
    let deleted = app.analytics.delete_tag_rule(may.scope(), rule).await;
    let deleted = deleted.map(|()| "The rule is gone. All content is tagged anew.").map_err(Problem::from);
    back(&format!("/tags/{id}"), deleted)
}

fn fault(text: String) -> String {
    html(&Preview {
        fault: Some(text),
        headline: String::new(),
        detail: String::new(),
        examples: Vec::new(),
        more: String::new(),
    })
}

fn html(preview: &Preview) -> String {
    preview.render().unwrap_or_default()
}

/// The preview of a rule as HTML; a mistake in it is said in its place. Nothing is said of an empty form.
async fn tried(app: &App, scope: &rookery_kernel::Scope, zone: &Zone, tag: TagId, fields: &RuleFields) -> String {
    if fields.pattern.trim().is_empty() {
        return String::new();
    }
    let wish = match (fields.draft(), fields.replaces()) {
        (Ok(rule), Ok(replaces)) => DryRun { tag, replaces, rule },
        (Err(problem), _) | (_, Err(problem)) => return fault(problem.detail),
    };
    let is_exclusion = wish.rule.is_exclusion;
    match app.analytics.try_tag_rule(scope, wish).await {
        Ok(report) => html(&told(report, is_exclusion, zone)),
        Err(error) => fault(problem_of(error)),
    }
}

fn problem_of(error: TagError) -> String {
    Problem::from(error).detail
}

fn told(report: DryRunReport, is_exclusion: bool, zone: &Zone) -> Preview {
    let count = |n: usize| number(i64::try_from(n).unwrap_or(i64::MAX));
    let of = if i64::try_from(report.tried).is_ok_and(|tried| tried < report.items) {
        format!("the newest {} of {} items", count(report.tried), number(report.items))
    } else {
        plural(report.items, "item", "items")
    };
    let verb = if is_exclusion { "keeps the tag away from" } else { "matches" };
    let shown = report.examples.len();
    Preview {
        fault: None,
        headline: format!("This rule {verb} {} of {of}.", count(report.matches)),
        detail: format!("It would add {} and remove {} tags.", count(report.adds), count(report.removes)),
        more: if report.matches > shown {
            format!("and {} more", count(report.matches - shown))
        } else {
            String::new()
        },
        examples: report
            .examples
            .into_iter()
            .map(|example| Shown {
                excerpt: if example.excerpt.is_empty() { "(no text)".to_owned() } else { example.excerpt },
                when: moment(example.published_at, zone),
                link: example.permalink.filter(|u| u.starts_with("https://") || u.starts_with("http://")),
                bears_tag: example.bears_tag,
            })
            .collect(),
    }
}
