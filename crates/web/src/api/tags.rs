//! Tags of content, their rules, stop words, and trying a rule before it is kept.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use garde::Validate;
use rookery_analytics::{
    ContentFilter, ContentSelection, DryRun, DryRunReport, Example, PRIORITY_USUAL, Retagging, RuleDraft, StopWord,
    Tag, TagDraft, TagError, TagFilter, TagLink, TagOrder, TagRule, Tagged,
};
use rookery_kernel::{AccountId, ContentId, TagChangeId, TagId, TagRuleId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::access::ReadNumbers;
use super::idempotency::once;
use super::page::{self, PageView};
use super::time::{Day, Time};
use super::wire::{Format, RuleKind, TagKind, TagOrigin};
use crate::app::App;
use crate::extract::{Body, Draft, ManageAccounts, May, Path, Query};
use crate::problem::Problem;

/// Most items that one request names.
const ITEMS_MAX: usize = 1000;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(once!(create))
        .routes(routes!(change, delete))
        .routes(routes!(rules))
        .routes(once!(add_rule))
        .routes(routes!(change_rule, delete_rule))
        .routes(routes!(dry_run))
        .routes(routes!(progress))
        .routes(once!(auto_run))
        .routes(routes!(stop_words))
        .routes(once!(add_stop_word))
        .routes(routes!(remove_stop_word))
        .routes(routes!(of_content))
        .routes(routes!(put_on, take_off))
        .routes(once!(assign))
        .routes(once!(unassign))
        .routes(once!(undo))
}

/// A tag.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TagView {
    id: Uuid,
    /// Normalised form; of automatic tags the word or hashtag itself.
    key: String,
    label: String,
    #[serde(rename = "type")]
    tag_type: TagKind,
    color: Option<String>,
    description: Option<String>,
    /// Items that bear it.
    uses: i64,
    /// How many rules it has.
    rules: i64,
    /// Deleted tags keep their links.
    deleted_at: Option<Time>,
    created_at: Time,
}

impl From<Tag> for TagView {
    fn from(tag: Tag) -> Self {
        Self {
            id: tag.id.uuid(),
            key: tag.key,
            label: tag.label,
            tag_type: tag.tag_type.into(),
            color: tag.color,
            description: tag.description,
            uses: tag.uses,
            rules: tag.rules,
            deleted_at: tag.deleted_at.map(Time),
            created_at: tag.created_at.into(),
        }
    }
}

/// How tags are ordered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum TagSort {
    /// Newest first; everything there is, page by page.
    #[default]
    CreatedAt,
    /// Most used first, one page.
    Uses,
}

/// Which tags.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct TagsQuery {
    /// Of one type.
    #[serde(rename = "type")]
    #[param(inline)]
    tag_type: Option<TagKind>,
    /// Whose key holds this.
    search: Option<String>,
    /// Deleted ones too.
    #[serde(default)]
    include_deleted: bool,
    /// `created_at` unless told.
    #[param(inline)]
    #[serde(default)]
    sort: TagSort,
    /// The `next` of the page before; for `created_at` only.
    after: Option<String>,
    /// Rows, 1 to 100; 50 unless told.
    limit: Option<u16>,
}

/// List tags
#[utoipa::path(get, path = "/analytics/tags", tag = "analytics", operation_id = "tags", params(TagsQuery),
    responses((status = 200, body = PageView<TagView>)))]
async fn list(
    State(app): State<App>,
    may: ReadNumbers,
    Query(query): Query<TagsQuery>,
) -> Result<Json<PageView<TagView>>, Problem> {
    let (after, limit) = page::place(query.after.as_deref(), query.limit)?;
    let filter = TagFilter {
        tag_type: query.tag_type.map(Into::into),
        search: query.search,
        with_deleted: query.include_deleted,
        has_rules: None,
    };
    let order = match query.sort {
        TagSort::CreatedAt => TagOrder::Newest,
        TagSort::Uses => TagOrder::MostUsed,
    };
    let tags = app.analytics.tags(may.scope(), &filter, order, after, limit).await?;
    Ok(Json(PageView::of(tags, TagView::from)))
}

/// A tag in words.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TagBody {
    #[garde(length(chars, min = 2, max = 80))]
    label: String,
    /// `#RRGGBB`
    #[serde(default)]
    #[garde(inner(length(max = 9)))]
    color: Option<String>,
    #[serde(default)]
    #[garde(inner(length(chars, max = 500)))]
    description: Option<String>,
}

impl From<TagBody> for TagDraft {
    fn from(body: TagBody) -> Self {
        Self { label: body.label, color: body.color, description: body.description }
    }
}

/// A tag to make.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewTagBody {
    /// `manual` for people to assign, `auto` for rules.
    #[serde(rename = "type")]
    #[garde(skip)]
    tag_type: TagKind,
    #[garde(length(chars, min = 2, max = 80))]
    label: String,
    /// `#RRGGBB`
    #[serde(default)]
    #[garde(inner(length(max = 9)))]
    color: Option<String>,
    #[serde(default)]
    #[garde(inner(length(chars, max = 500)))]
    description: Option<String>,
}

/// Make a tag
#[utoipa::path(post, path = "/analytics/tags", tag = "analytics", operation_id = "createTag", request_body = NewTagBody,
    responses((status = 201, body = TagView)))]
async fn create(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Body(body): Body<NewTagBody>,
) -> Result<Response, Problem> {
    let draft = TagDraft { label: body.label, color: body.color, description: body.description };
    let tag = app.analytics.create_tag(may.scope(), body.tag_type.into(), draft).await?;
    Ok(page::created(TagView::from(tag)))
}

/// Rename or recolour a tag
///
/// An automatic tag keeps its key.
#[utoipa::path(put, path = "/analytics/tags/{id}", tag = "analytics", operation_id = "changeTag", request_body = TagBody,
    params(("id" = Uuid, Path, description = "The tag")), responses((status = 200, body = TagView)))]
async fn change(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Path(id): Path<TagId>,
    Body(body): Body<TagBody>,
) -> Result<Json<TagView>, Problem> {
    Ok(Json(app.analytics.change_tag(may.scope(), id, body.into()).await?.into()))
}

/// Delete a tag
///
/// What bears it goes on showing it as deleted; an automatic one is not made again by words or hashtags.
#[utoipa::path(delete, path = "/analytics/tags/{id}", tag = "analytics", operation_id = "deleteTag",
    params(("id" = Uuid, Path, description = "The tag")), responses((status = 204)))]
async fn delete(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Path(id): Path<TagId>,
) -> Result<StatusCode, Problem> {
    app.analytics.delete_tag(may.scope(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A rule.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RuleView {
    id: Uuid,
    tag_id: Uuid,
    match_kind: RuleKind,
    pattern: String,
    language: Option<String>,
    is_exclusion: bool,
    priority: i32,
    enabled: bool,
}

impl From<TagRule> for RuleView {
    fn from(rule: TagRule) -> Self {
        Self {
            id: rule.id.uuid(),
            tag_id: rule.tag_id.uuid(),
            match_kind: rule.rule.match_kind.into(),
            pattern: rule.rule.pattern,
            language: rule.rule.language,
            is_exclusion: rule.rule.is_exclusion,
            priority: rule.rule.priority,
            enabled: rule.rule.enabled,
        }
    }
}

/// What a rule says.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RuleBody {
    #[garde(skip)]
    match_kind: RuleKind,
    /// A word, words in a row, a hashtag, or a regular expression (any letter case, no look-around).
    #[garde(length(chars, min = 1, max = 200))]
    pattern: String,
    /// Only content in this language, such as `de`.
    #[serde(default)]
    #[garde(inner(length(max = 12)))]
    language: Option<String>,
    /// What matches does not get the tag.
    #[serde(default)]
    #[garde(skip)]
    is_exclusion: bool,
    /// 1 to 1000, the lowest is asked first; 100 unless told.
    #[serde(default = "usual")]
    #[garde(skip)]
    priority: i32,
    #[serde(default = "yes")]
    #[garde(skip)]
    enabled: bool,
}

const fn usual() -> i32 {
    PRIORITY_USUAL
}

const fn yes() -> bool {
    true
}

impl From<RuleBody> for RuleDraft {
    fn from(body: RuleBody) -> Self {
        Self {
            match_kind: body.match_kind.into(),
            pattern: body.pattern,
            language: body.language,
            is_exclusion: body.is_exclusion,
            priority: body.priority,
            enabled: body.enabled,
        }
    }
}

/// List a tag's rules
///
/// In the order in which they are asked: the first that matches decides.
#[utoipa::path(get, path = "/analytics/tags/{id}/rules", tag = "analytics", operation_id = "tagRules",
    params(("id" = Uuid, Path, description = "The tag")), responses((status = 200, body = Vec<RuleView>)))]
async fn rules(
    State(app): State<App>,
    may: ReadNumbers,
    Path(id): Path<TagId>,
) -> Result<Json<Vec<RuleView>>, Problem> {
    let rules = app.analytics.tag_rules(may.scope(), id).await?;
    Ok(Json(rules.into_iter().map(RuleView::from).collect()))
}

/// Add a rule
///
/// All content is tagged anew afterwards; `GET /analytics/tags/auto-run` tells how far that is.
#[utoipa::path(post, path = "/analytics/tags/{id}/rules", tag = "analytics", operation_id = "addTagRule",
    request_body = RuleBody, params(("id" = Uuid, Path, description = "The tag")),
    responses((status = 201, body = RuleView)))]
async fn add_rule(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Path(id): Path<TagId>,
    Body(body): Body<RuleBody>,
) -> Result<Response, Problem> {
    let rule = app.analytics.add_tag_rule(may.scope(), id, body.into()).await?;
    Ok(page::created(RuleView::from(rule)))
}

/// Change a rule
#[utoipa::path(put, path = "/analytics/tag-rules/{id}", tag = "analytics", operation_id = "changeTagRule",
    request_body = RuleBody, params(("id" = Uuid, Path, description = "The rule")),
    responses((status = 200, body = RuleView)))]
async fn change_rule(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Path(id): Path<TagRuleId>,
    Body(body): Body<RuleBody>,
) -> Result<Json<RuleView>, Problem> {
    Ok(Json(app.analytics.change_tag_rule(may.scope(), id, body.into()).await?.into()))
}

/// Delete a rule
#[utoipa::path(delete, path = "/analytics/tag-rules/{id}", tag = "analytics", operation_id = "deleteTagRule",
    params(("id" = Uuid, Path, description = "The rule")), responses((status = 204)))]
async fn delete_rule(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Path(id): Path<TagRuleId>,
) -> Result<StatusCode, Problem> {
    app.analytics.delete_tag_rule(may.scope(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A rule to try.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DryRunBody {
    /// Its tag, an automatic one.
    #[garde(skip)]
    #[schema(value_type = Uuid)]
    tag_id: TagId,
    /// The rule that it would replace.
    #[serde(default)]
    #[garde(skip)]
    #[schema(value_type = Option<Uuid>)]
    rule_id: Option<TagRuleId>,
    #[garde(dive)]
    rule: RuleBody,
}

/// An item that a rule matches.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ExampleView {
    content_id: Uuid,
    integration_id: Uuid,
    /// The beginning of its text.
    excerpt: String,
    permalink: Option<String>,
    published_at: Time,
    /// Whether it would bear the tag.
    bears_tag: bool,
}

impl From<Example> for ExampleView {
    fn from(example: Example) -> Self {
        Self {
            content_id: example.content_id.uuid(),
            integration_id: example.integration_id.uuid(),
            excerpt: example.excerpt,
            permalink: example.permalink,
            published_at: example.published_at.into(),
            bears_tag: example.bears_tag,
        }
    }
}

/// What a rule would do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DryRunView {
    /// All items there are.
    items: i64,
    /// The newest of them, on which it was tried: at most 10,000.
    tried: usize,
    matches: usize,
    /// Tags it would put on items.
    adds: usize,
    /// Tags it would take off items.
    removes: usize,
    /// The newest that it matches, at most ten.
    examples: Vec<ExampleView>,
}

impl From<DryRunReport> for DryRunView {
    fn from(report: DryRunReport) -> Self {
        Self {
            items: report.items,
            tried: report.tried,
            matches: report.matches,
            adds: report.adds,
            removes: report.removes,
            examples: report.examples.into_iter().map(ExampleView::from).collect(),
        }
    }
}

/// Try a rule
///
/// Writes nothing.
#[utoipa::path(post, path = "/analytics/tags/dry-run", tag = "analytics", operation_id = "tryTagRule",
    request_body = DryRunBody, responses((status = 200, body = DryRunView)))]
async fn dry_run(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Body(body): Body<DryRunBody>,
) -> Result<Json<DryRunView>, Problem> {
    let wish = DryRun { tag: body.tag_id, replaces: body.rule_id, rule: body.rule.into() };
    Ok(Json(app.analytics.try_tag_rule(may.scope(), wish).await?.into()))
}

/// How far tagging all content anew is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RetaggingView {
    /// Null if nobody ever asked for it.
    requested_at: Option<Time>,
    items_total: i32,
    items_done: i32,
    percent: u8,
    links_added: i64,
    links_removed: i64,
    /// Null while it waits or works.
    finished_at: Option<Time>,
}

impl From<Option<Retagging>> for RetaggingView {
    fn from(state: Option<Retagging>) -> Self {
        Self {
            requested_at: state.as_ref().map(|s| Time(s.requested_at)),
            items_total: state.as_ref().map_or(0, |s| s.items_total),
            items_done: state.as_ref().map_or(0, |s| s.items_done),
            percent: state.as_ref().map_or(0, Retagging::percent),
            links_added: state.as_ref().map_or(0, |s| s.links_added),
            links_removed: state.as_ref().map_or(0, |s| s.links_removed),
            finished_at: state.and_then(|s| s.finished_at).map(Time),
        }
    }
}

/// How far tagging everything is
#[utoipa::path(get, path = "/analytics/tags/auto-run", tag = "analytics", operation_id = "autoTagging",
    responses((status = 200, body = RetaggingView)))]
async fn progress(State(app): State<App>, may: ReadNumbers) -> Result<Json<RetaggingView>, Problem> {
    Ok(Json(app.analytics.retagging(may.scope()).await?.into()))
}

/// Tag everything anew
///
/// Queues the work; it goes on by itself after a change of rules, tags or stop words too.
#[utoipa::path(post, path = "/analytics/tags/auto-run", tag = "analytics", operation_id = "startAutoTagging",
    responses((status = 202, body = RetaggingView)))]
async fn auto_run(State(app): State<App>, may: May<ManageAccounts>) -> Result<Response, Problem> {
    app.analytics.request_retagging(may.scope()).await?;
    let view = RetaggingView::from(app.analytics.retagging(may.scope()).await?);
    Ok((StatusCode::ACCEPTED, Json(view)).into_response())
}

/// A word that never becomes a tag by itself.
#[derive(Debug, Serialize, ToSchema)]
struct StopWordView {
    /// Such as `de`, or `*` for any.
    language: String,
    word: String,
}

impl From<StopWord> for StopWordView {
    fn from(word: StopWord) -> Self {
        Self { language: word.language, word: word.word }
    }
}

/// A stop word to add.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StopWordBody {
    /// Any language unless told.
    #[serde(default)]
    #[garde(inner(length(max = 12)))]
    language: Option<String>,
    #[garde(length(chars, min = 2, max = 50))]
    word: String,
}

/// List own stop words
///
/// Besides those of each language, which are built in.
#[utoipa::path(get, path = "/analytics/stop-words", tag = "analytics", operation_id = "stopWords",
    responses((status = 200, body = Vec<StopWordView>)))]
async fn stop_words(State(app): State<App>, may: ReadNumbers) -> Result<Json<Vec<StopWordView>>, Problem> {
    let words = app.analytics.stop_words(may.scope()).await?;
    Ok(Json(words.into_iter().map(StopWordView::from).collect()))
}

/// Add a stop word
#[utoipa::path(post, path = "/analytics/stop-words", tag = "analytics", operation_id = "addStopWord",
    request_body = StopWordBody, responses((status = 201, body = StopWordView)))]
async fn add_stop_word(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Body(body): Body<StopWordBody>,
) -> Result<Response, Problem> {
    let language = body.language.unwrap_or_default();
    let word = app.analytics.add_stop_word(may.scope(), &language, &body.word).await?;
    Ok(page::created(StopWordView::from(word)))
}

/// Remove a stop word
#[utoipa::path(delete, path = "/analytics/stop-words/{language}/{word}", tag = "analytics",
    operation_id = "removeStopWord",
    params(("language" = String, Path, description = "Its language, or *"), ("word" = String, Path, description = "The word")),
    responses((status = 204)))]
async fn remove_stop_word(
    State(app): State<App>,
    may: May<ManageAccounts>,
    Path((language, word)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    app.analytics.remove_stop_word(may.scope(), &language, &word).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A tag on an item.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct TagLinkView {
    tag_id: Uuid,
    label: String,
    color: Option<String>,
    #[serde(rename = "type")]
    tag_type: TagKind,
    source: TagOrigin,
    /// 0 to 1.
    confidence: f32,
    /// The tag itself is deleted.
    is_deleted: bool,
}

impl From<TagLink> for TagLinkView {
    fn from(link: TagLink) -> Self {
        Self {
            tag_id: link.tag_id.uuid(),
            label: link.label,
            color: link.color,
            tag_type: link.tag_type.into(),
            source: link.source.into(),
            confidence: link.confidence,
            is_deleted: link.is_deleted,
        }
    }
}

/// List an item's tags
///
/// Those of people first, then the surest.
#[utoipa::path(get, path = "/analytics/content/{id}/tags", tag = "analytics", operation_id = "contentTags",
    params(("id" = Uuid, Path, description = "The content")), responses((status = 200, body = Vec<TagLinkView>)))]
async fn of_content(
    State(app): State<App>,
    may: ReadNumbers,
    Path(id): Path<ContentId>,
) -> Result<Json<Vec<TagLinkView>>, Problem> {
    let links = app.analytics.content_tags(may.scope(), id).await?;
    Ok(Json(links.into_iter().map(TagLinkView::from).collect()))
}

/// How many items changed.
#[derive(Debug, Serialize, ToSchema)]
struct ChangedView {
    changed: u64,
}

/// Put a manual tag on an item
#[utoipa::path(post, path = "/analytics/content/{id}/tags/{tagId}", tag = "analytics", operation_id = "tagContent",
    params(("id" = Uuid, Path, description = "The content"), ("tagId" = Uuid, Path, description = "The tag")),
    responses((status = 200, body = ChangedView)))]
async fn put_on(
    State(app): State<App>,
    may: May<Draft>,
    Path((id, tag)): Path<(ContentId, TagId)>,
) -> Result<Json<ChangedView>, Problem> {
    let changed = app.analytics.assign_tag(may.scope(), tag, &ContentSelection::Ids(vec![id])).await?;
    Ok(Json(ChangedView { changed }))
}

/// Take a manual tag off an item
#[utoipa::path(delete, path = "/analytics/content/{id}/tags/{tagId}", tag = "analytics", operation_id = "untagContent",
    params(("id" = Uuid, Path, description = "The content"), ("tagId" = Uuid, Path, description = "The tag")),
    responses((status = 200, body = ChangedView)))]
async fn take_off(
    State(app): State<App>,
    may: May<Draft>,
    Path((id, tag)): Path<(ContentId, TagId)>,
) -> Result<Json<ChangedView>, Problem> {
    let changed = app.analytics.unassign_tag(may.scope(), tag, &ContentSelection::Ids(vec![id])).await?;
    Ok(Json(ChangedView { changed }))
}

/// Which items: either by id, or all that the other fields let through.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SelectionBody {
    #[serde(default)]
    #[garde(inner(length(max = ITEMS_MAX)))]
    #[schema(value_type = Option<Vec<Uuid>>)]
    content_ids: Option<Vec<ContentId>>,
    /// Of these accounts.
    #[serde(default)]
    #[garde(skip)]
    #[schema(value_type = Option<Vec<Uuid>>)]
    integration_ids: Option<Vec<AccountId>>,
    #[serde(default)]
    #[garde(skip)]
    format: Option<Format>,
    /// First day of publishing.
    #[serde(default)]
    #[garde(skip)]
    from: Option<Day>,
    /// Last day of publishing.
    #[serde(default)]
    #[garde(skip)]
    to: Option<Day>,
}

impl SelectionBody {
    fn selection(self, zone: &rookery_kernel::Zone) -> Result<ContentSelection, Problem> {
        let is_filtered =
            self.integration_ids.is_some() || self.format.is_some() || self.from.is_some() || self.to.is_some();
        match (self.content_ids, is_filtered) {
            (Some(ids), false) => Ok(ContentSelection::Ids(ids)),
            (Some(_), true) => Err(Problem::field(
                "contentIds",
                "ambiguous",
                "Name the content by its ids or by a filter, not by both.",
            )),
            (None, false) => {
                Err(Problem::field("contentIds", "missing", "Name the content by its ids or by a filter."))
            }
            (None, true) => Ok(ContentSelection::Filter(ContentFilter {
                accounts: self.integration_ids,
                format: self.format.map(Into::into),
                from: self.from.map(|day| zone.start_of(day.0)),
                before: self.to.map(|day| zone.start_of(day.0.plus_days(1))),
            })),
        }
    }
}

/// What a change of many items did.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BulkChangedView {
    changed: u64,
    /// By which it can be undone; null if nothing changed, or more than 10,000 items did.
    change_id: Option<Uuid>,
}

impl From<Tagged> for BulkChangedView {
    fn from(tagged: Tagged) -> Self {
        Self { changed: tagged.changed, change_id: tagged.change.map(TagChangeId::uuid) }
    }
}

/// Put a manual tag on many items
///
/// The last 20 changes can be undone.
#[utoipa::path(post, path = "/analytics/tags/{id}/assign", tag = "analytics", operation_id = "assignTag",
    request_body = SelectionBody, params(("id" = Uuid, Path, description = "The tag")),
    responses((status = 200, body = BulkChangedView)))]
async fn assign(
    State(app): State<App>,
    may: May<Draft>,
    Path(id): Path<TagId>,
    Body(body): Body<SelectionBody>,
) -> Result<Response, Problem> {
    let selection = body.selection(&may.caller.organization.timezone)?;
    let tagged = app.analytics.tag_selection(may.scope(), id, &selection, true).await?;
    Ok(Json(BulkChangedView::from(tagged)).into_response())
}

/// Take a manual tag off many items
///
/// The last 20 changes can be undone.
#[utoipa::path(post, path = "/analytics/tags/{id}/unassign", tag = "analytics", operation_id = "unassignTag",
    request_body = SelectionBody, params(("id" = Uuid, Path, description = "The tag")),
    responses((status = 200, body = BulkChangedView)))]
async fn unassign(
    State(app): State<App>,
    may: May<Draft>,
    Path(id): Path<TagId>,
    Body(body): Body<SelectionBody>,
) -> Result<Response, Problem> {
    let selection = body.selection(&may.caller.organization.timezone)?;
    let tagged = app.analytics.tag_selection(may.scope(), id, &selection, false).await?;
    Ok(Json(BulkChangedView::from(tagged)).into_response())
}

/// Undo a change of many items
///
/// Items that got the tag lose it, items that lost it get it back; what others changed since stays. A change can be undone
/// once, while it is among the last 20 of the organization, also those made on the page.
#[utoipa::path(post, path = "/analytics/tag-changes/{id}/undo", tag = "analytics", operation_id = "undoTagChange",
    params(("id" = Uuid, Path, description = "The change")), responses((status = 200, body = ChangedView)))]
async fn undo(State(app): State<App>, may: May<Draft>, Path(id): Path<TagChangeId>) -> Result<Response, Problem> {
    match app.analytics.tag_change(may.scope(), id).await {
        Err(TagError::NoSuchChange) => return Err(Problem::not_found("change")),
        found => found?,
    };
    let changed = app.analytics.undo_tag_change(may.scope(), id).await?;
    Ok(Json(ChangedView { changed }).into_response())
}
