//! Groups & tags: accounts that are looked at together, compared; tags of people and of rules; words that never become tags.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use rookery_accounts::Account;
use rookery_analytics::{GroupDraft, GroupFigures, Range, Retagging, Tag, TagDraft, TagFilter, TagOrder, TagType};
use rookery_identity::Right;
use rookery_kernel::{AccountId, Limit, PageGroupId, Platform};
use serde::Deserialize;

use super::format::{colour, number, number_or_dash, percent, plural};
use super::shell::{Flash, Shell};
use super::{PageResult, back, render};
use crate::app::App;
use crate::extract::{ManageAccounts, May, Path, Query, Read, Visitor};
use crate::problem::Problem;

/// Where it lies.
const HERE: &str = "/groups";
/// Days of the comparison.
const DAYS: i64 = 30;
/// Automatic tags without rules that the page shows.
const WORDS_SHOWN: u16 = 40;

struct Member {
    id: AccountId,
    name: String,
    network: &'static str,
    colour: &'static str,
}

struct Row {
    name: String,
    niche: Option<String>,
    accounts: usize,
    posts: String,
    is_computed: bool,
    reach: String,
    engagement: String,
    rate: String,
    /// Of the highest reach, 0 to 100.
    share: i64,
}

struct GroupCard {
    id: PageGroupId,
    name: String,
    niche: String,
    description: String,
    members: Vec<Member>,
    /// Followed accounts that are not in it.
    others: Vec<Member>,
}

pub(super) struct TagRow {
    pub id: String,
    pub label: String,
    pub color: String,
    pub has_color: bool,
    pub description: String,
    pub uses: String,
    pub rules: String,
}

struct Word {
    language: String,
    shown: String,
    text: String,
}

pub(super) struct Progress {
    pub percent: u8,
    pub text: String,
}

#[derive(Template)]
#[template(path = "groups.html")]
struct Page {
    shell: Shell,
    may_change: bool,
    has_accounts: bool,
    days: i64,
    range: String,
    comparison: Vec<Row>,
    groups: Vec<GroupCard>,
    niches: Vec<String>,
    manual: Vec<TagRow>,
    ruled: Vec<TagRow>,
    words: Vec<TagRow>,
    search: String,
    stop_words: Vec<Word>,
    progress: Option<Progress>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wish {
    search: Option<String>,
}

/// The page.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(wish): Query<Wish>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let scope = may.scope();
    let zone = &may.caller.organization.timezone;
    let accounts = app.accounts.list(scope).await?;
    let yesterday = zone.date(app.clock.now()).plus_days(-1);
    let range = Range { from: yesterday.plus_days(1 - DAYS), to: yesterday };
    let figures = app.analytics.compare_groups(scope, zone, range).await?;
    let followed: Vec<AccountId> =
        app.analytics.tracked(scope).await?.into_iter().filter(|t| t.enabled).map(|t| t.integration_id).collect();
    let list = async |tag_type, has_rules, search: Option<String>, limit| {
        let filter = TagFilter { tag_type: Some(tag_type), search, with_deleted: false, has_rules };
        let tags = app.analytics.tags(scope, &filter, TagOrder::MostUsed, None, Limit::new(limit)).await?;
        Ok::<Vec<TagRow>, Problem>(tags.items.iter().map(tag_row).collect())
    };
    let search =
        wish.search.map(|text| text.chars().take(50).collect::<String>()).filter(|text| !text.trim().is_empty());
    let manual = list(TagType::Manual, None, None, 100).await?;
    let ruled = list(TagType::Auto, Some(true), None, 100).await?;
    let words = list(TagType::Auto, Some(false), search.clone(), WORDS_SHOWN).await?;
    let stop_words = app.analytics.stop_words(scope).await?;
    Ok(render(&Page {
        may_change: may.caller.allows(Right::ManageAccounts),
        has_accounts: !followed.is_empty(),
        days: DAYS,
        range: format!("{} to {}", range.from.to_jiff().strftime("%-d %b"), range.to.to_jiff().strftime("%-d %b %Y")),
        comparison: comparison(&figures),
        groups: figures.into_iter().map(|f| group_card(f, &accounts, &followed)).collect(),
        niches: app.analytics.niches(scope).await?,
        manual,
        ruled,
        words,
        search: search.unwrap_or_default(),
        stop_words: stop_words
            .into_iter()
            .map(|word| Word {
                shown: if word.language == "*" { "any language".to_owned() } else { word.language.clone() },
                language: word.language,
                text: word.word,
            })
            .collect(),
        progress: progress(app.analytics.retagging(scope).await?),
        shell: Shell::new("groups", &may.caller, &accounts, &flash),
    }))
}

/// What to say while content is tagged anew.
pub(super) fn progress(state: Option<Retagging>) -> Option<Progress> {
    let state = state.filter(|state| state.finished_at.is_none())?;
    let text = format!(
        "All content is being tagged anew: {} of {} items, {} tags added, {} removed.",
        number(i64::from(state.items_done)),
        number(i64::from(state.items_total)),
        number(state.links_added),
        number(state.links_removed),
    );
    Some(Progress { percent: state.percent(), text })
}

pub(super) fn tag_row(tag: &Tag) -> TagRow {
    TagRow {
        id: tag.id.to_string(),
        label: tag.label.clone(),
        has_color: tag.color.is_some(),
        // A field for colours knows six digits only.
        color: tag.color.as_deref().and_then(|c| c.get(..7)).unwrap_or("#64748b").to_owned(),
        description: tag.description.clone().unwrap_or_default(),
        uses: plural(tag.uses, "item", "items"),
        rules: plural(tag.rules, "rule", "rules"),
    }
}

/// The groups, those that reached most first; those without sums at the end.
fn comparison(figures: &[GroupFigures]) -> Vec<Row> {
    let mut figures: Vec<&GroupFigures> = figures.iter().collect();
    figures.sort_by_key(|f| (!f.is_computed, std::cmp::Reverse(f.reach.unwrap_or(-1)), f.group.name.to_lowercase()));
    let highest = figures.iter().filter_map(|f| f.reach).max().unwrap_or(0).max(1);
    let row = |f: &GroupFigures| Row {
        name: f.group.name.clone(),
        niche: f.group.niche.clone(),
        accounts: f.group.accounts.len(),
        posts: number(f.posts),
        is_computed: f.is_computed,
        reach: number_or_dash(f.reach),
        engagement: number_or_dash(f.engagement),
        rate: f.rate.value.map_or_else(|| "–".to_owned(), percent),
        // A hundred times the largest sums is more than 64 bits hold.
        share: i64::try_from(i128::from(f.reach.unwrap_or(0).max(0)) * 100 / i128::from(highest)).unwrap_or(100),
    };
    figures.into_iter().map(row).collect()
}

fn group_card(figures: GroupFigures, accounts: &[Account], followed: &[AccountId]) -> GroupCard {
    let group = figures.group;
    let known: BTreeMap<AccountId, (&str, Platform)> =
        accounts.iter().map(|a| (a.id, (a.name(), a.platform))).collect();
    let member = |id: &AccountId| {
        let (name, platform) = known.get(id)?;
        Some(Member { id: *id, name: (*name).to_owned(), network: platform.name(), colour: colour(*platform) })
    };
    GroupCard {
        members: group.accounts.iter().filter_map(member).collect(),
        others: followed.iter().filter(|id| !group.accounts.contains(id)).filter_map(member).collect(),
        id: group.id,
        name: group.name,
        niche: group.niche.unwrap_or_default(),
        description: group.description.unwrap_or_default(),
    }
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct GroupFields {
    name: String,
    #[serde(default)]
    niche: String,
    #[serde(default)]
    description: String,
}

impl From<GroupFields> for GroupDraft {
    fn from(fields: GroupFields) -> Self {
        Self { name: fields.name, niche: Some(fields.niche), description: Some(fields.description) }
    }
}

/// A new group.
pub(crate) async fn create(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Form(fields): Form<GroupFields>,
) -> Response {
    let made = app.analytics.create_group(may.scope(), fields.into()).await;
    back(HERE, made.map(|_| "The group is there. Now give it accounts.").map_err(Problem::from))
}

/// Other words for a group.
pub(crate) async fn change(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Path(id): Path<PageGroupId>,
    Form(fields): Form<GroupFields>,
) -> Response {
    let changed = app.analytics.change_group(may.scope(), id, fields.into()).await;
    back(HERE, changed.map(|_| "Saved.").map_err(Problem::from))
}

/// No more group.
pub(crate) async fn delete(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Path(id): Path<PageGroupId>,
) -> Response {
    let deleted = app.analytics.delete_group(may.scope(), id).await;
    back(HERE, deleted.map(|()| "The group is deleted. Its accounts stay followed.").map_err(Problem::from))
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct MemberFields {
    account: String,
    /// `add` or `remove`.
    wish: String,
}

/// An account comes or goes.
pub(crate) async fn members(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Path(id): Path<PageGroupId>,
    Form(fields): Form<MemberFields>,
) -> Response {
    back(HERE, moved(&app, &may, id, &fields).await)
}

async fn moved(
    app: &App,
    may: &May<ManageAccounts>,
    id: PageGroupId,
    fields: &MemberFields,
) -> Result<&'static str, Problem> {
    let account: AccountId = fields.account.parse().map_err(|_| Problem::not_found("account"))?;
    if fields.wish == "remove" {
        app.analytics.remove_account(may.scope(), id, account).await?;
        return Ok("Taken out. The group's figures are computed anew.");
    }
    app.analytics.assign_accounts(may.scope(), id, &[account]).await?;
    Ok("Added. The group's figures are computed anew.")
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct TagFields {
    pub label: String,
    /// `manual` or `auto`.
    #[serde(default)]
    pub kind: String,
    #[serde(default)]
    pub color: String,
    #[serde(default)]
    pub description: String,
}

impl TagFields {
    pub fn draft(&self) -> TagDraft {
        TagDraft {
            label: self.label.clone(),
            color: Some(self.color.clone()),
            description: Some(self.description.clone()),
        }
    }
}

/// A new tag; one for rules opens its page.
pub(crate) async fn create_tag(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Form(fields): Form<TagFields>,
) -> Response {
    let tag_type = if fields.kind == "auto" { TagType::Auto } else { TagType::Manual };
    match app.analytics.create_tag(may.scope(), tag_type, fields.draft()).await {
        Ok(tag) if tag_type == TagType::Auto => Redirect::to(&format!("/tags/{}", tag.id)).into_response(),
        made => back(HERE, made.map(|_| "The tag is there. Assign it to content.").map_err(Problem::from)),
    }
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct StopFields {
    #[serde(default)]
    language: String,
    word: String,
    /// `add` or `remove`.
    wish: String,
}

/// A stop word comes or goes.
pub(crate) async fn stop_word(
    State(app): State<App>,
    Visitor(may): Visitor<ManageAccounts>,
    Form(fields): Form<StopFields>,
) -> Response {
    let analytics = &app.analytics;
    let done = if fields.wish == "remove" {
        analytics
            .remove_stop_word(may.scope(), &fields.language, &fields.word)
            .await
            .map(|()| "Removed. Content is tagged anew.")
    } else {
        let added = analytics.add_stop_word(may.scope(), &fields.language, &fields.word).await;
        added.map(|_| "Added. Content is tagged anew.")
    };
    back(HERE, done.map_err(Problem::from))
}
