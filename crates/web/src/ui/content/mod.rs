//! What was published, ours and other, with its newest totals.

pub(crate) mod detail;
pub(crate) mod tagging;

use askama::Template;
use axum::extract::State;
use rookery_analytics::{Choices, ContentCursor, ContentQuery, ContentSort, TAG_CHANGE_ITEMS_MAX, TableRow, TagType};
use rookery_identity::Right;
use rookery_kernel::{Limit, Zone};
use serde::Deserialize;

use super::figures::{Choice, LensForm, days};
use super::format::{colour, number, number_or_dash, percent, snippet, words};
use super::performance::names_no_days;
use super::shell::{Flash, Shell};
use super::{PageResult, render};
use crate::app::App;
use crate::csv::{Cell, Csv, count};
use crate::extract::{May, Query, Read, Visitor};
use crate::lens::{Lens, address, said};
use crate::problem::Problem;

/// Rows of a page unless told.
const ROWS: u16 = 50;
/// Fewest rows of a page.
const ROWS_MIN: u16 = 20;
/// Tags that a row names; the content's own page has all of them.
const TAGS_SHOWN: usize = 6;
/// Most rows of a file; an export of everything has more.
const FILE_ROWS_MAX: usize = 10_000;
/// Characters of a content's title.
const TITLE_MAX: usize = 100;

/// What is asked beside the filters.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Wish {
    search: Option<String>,
    ours: Option<String>,
    sort: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
    /// What was tagged just now and can be undone.
    change: Option<String>,
}

impl Wish {
    fn sort(&self) -> ContentSort {
        said(self.sort.as_ref()).and_then(ContentSort::named).unwrap_or(ContentSort::PublishedAt)
    }

    /// What it says but the place in the list, as names and values of an address.
    fn words(&self) -> Vec<(&'static str, &str)> {
        let fields = [("search", &self.search), ("ours", &self.ours), ("sort", &self.sort), ("limit", &self.limit)];
        fields.into_iter().filter_map(|(name, field)| Some((name, said(field.as_ref())?))).collect()
    }
}

struct Row {
    id: String,
    title: String,
    is_ours: bool,
    is_gone: bool,
    account: String,
    colour: &'static str,
    network: &'static str,
    format: String,
    published: String,
    reach: String,
    views: String,
    engagement: String,
    rate: String,
    tags: Vec<TagPill>,
    /// Tags that are not named.
    more_tags: usize,
}

struct TagPill {
    name: String,
    color: Option<String>,
    /// The content that bears it.
    href: String,
}

/// How chosen items are tagged.
struct Tagging {
    /// Tags by hand.
    tags: Vec<Choice>,
    /// What the filter lets through, if that is more than the page.
    matching: Option<String>,
    /// The words of the address.
    query: String,
}

struct Column {
    name: &'static str,
    class: &'static str,
    href: String,
    chosen: bool,
}

struct Listed {
    days: String,
    rows: Vec<Row>,
    columns: Vec<Column>,
    next: Option<String>,
    first: Option<String>,
    by_rate: bool,
    tagging: Option<Tagging>,
}

#[derive(Template)]
#[template(path = "content.html")]
struct Page {
    shell: Shell,
    has_accounts: bool,
    lens: LensForm,
    search: String,
    is_ours: bool,
    sorts: Vec<Choice>,
    list: Result<Listed, String>,
    csv: String,
    undo: Option<tagging::Undo>,
}

const fn sort_name(sort: ContentSort) -> &'static str {
    match sort {
        ContentSort::PublishedAt => "Newest first",
        ContentSort::Reach => "Most reach",
        ContentSort::Views => "Most views",
        ContentSort::Impressions => "Most impressions",
        ContentSort::Engagement => "Most engagement",
        ContentSort::EngagementRate => "Best engagement rate",
    }
}

fn query(app: &App, zone: &Zone, lens: &Lens, wish: &Wish) -> Result<ContentQuery, Problem> {
    let after: Option<ContentCursor> = said(wish.cursor.as_ref())
        .map(|text| text.parse().map_err(|error| Problem::bad_request(format!("cursor: {error}."))))
        .transpose()?;
    // A place in another order is none in this one: then it is the first page.
    let after = after.filter(|cursor| cursor.sort() == wish.sort());
    let rows = said(wish.limit.as_ref()).and_then(|text| text.parse().ok()).unwrap_or(ROWS);
    Ok(ContentQuery {
        filter: lens.filter()?,
        search: said(wish.search.as_ref()).map(str::to_owned),
        is_ours: said(wish.ours.as_ref()).is_some(),
        sort: wish.sort(),
        after,
        limit: Limit::new(rows.max(ROWS_MIN)),
        ..ContentQuery::new(lens.range(zone, &*app.clock)?)
    })
}

/// The page.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(lens): Query<Lens>,
    Query(wish): Query<Wish>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let accounts = app.accounts.list(may.scope()).await?;
    let choices = app.analytics.choices(may.scope(), lens.tag()).await?;
    let list = match query(&app, &may.caller.organization.timezone, &lens, &wish) {
        Ok(query) => listed(&app, &may, &lens, &wish, &query, &choices).await,
        Err(problem) => Err(problem),
    };
    let list = match list {
        Err(problem) if problem.status >= 500 => return Err(problem.into()),
        list => list.map_err(|problem| problem.detail),
    };
    let words: Vec<_> = lens.words().into_iter().chain(wish.words()).collect();
    Ok(render(&Page {
        shell: Shell::new("content", &may.caller, &accounts, &flash),
        has_accounts: !choices.accounts.is_empty(),
        lens: LensForm::new(&lens, &choices, names_no_days(&lens)),
        search: wish.search.clone().unwrap_or_default(),
        is_ours: said(wish.ours.as_ref()).is_some(),
        sorts: ContentSort::ALL
            .iter()
            .map(|sort| Choice::new(sort.label(), sort_name(*sort), Some(wish.sort().label())))
            .collect(),
        list,
        csv: address("/content.csv", &words),
        undo: tagging::undo_offer(&app, &may, said(wish.change.as_ref()), &words).await,
    }))
}

async fn listed(
    app: &App,
    may: &May<Read>,
    lens: &Lens,
    wish: &Wish,
    query: &ContentQuery,
    choices: &Choices,
) -> Result<Listed, Problem> {
    let zone = &may.caller.organization.timezone;
    let table = app.analytics.content_table(may.scope(), zone, query).await?;
    let words = |but: &[&str]| -> Vec<(&'static str, &str)> {
        lens.words().into_iter().chain(wish.words()).filter(|(name, _)| !but.contains(name)).collect()
    };
    let column = |name, class, sort: ContentSort| {
        let mut words = words(&["sort"]);
        words.push(("sort", sort.label()));
        Column { name, class, href: address("/content", &words), chosen: query.sort == sort }
    };
    let next = table.next.map(|cursor| {
        let (mut words, cursor) = (words(&[]), cursor.to_string());
        words.push(("cursor", &cursor));
        address("/content", &words)
    });
    let is_one_page = next.is_none() && query.after.is_none();
    let tagging = if may.caller.allows(Right::Draft) {
        let matching = if is_one_page {
            None
        } else {
            let most = TAG_CHANGE_ITEMS_MAX + 1;
            Some(app.analytics.count_content(may.scope(), zone, query, most).await?)
        };
        let manual = choices.tags.iter().filter(|t| t.tag.kind == TagType::Manual);
        Some(Tagging {
            tags: manual.map(|t| Choice::new(t.tag.id.to_string(), t.tag.name.clone(), None)).collect(),
            // More than can be tagged at once is not offered.
            matching: matching
                .filter(|n| *n <= TAG_CHANGE_ITEMS_MAX)
                .map(|n| number(i64::try_from(n).unwrap_or(i64::MAX))),
            query: address("", &words(&[])).trim_start_matches('?').to_owned(),
        })
    } else {
        None
    };
    Ok(Listed {
        days: days(query.range.from, query.range.to),
        rows: table.rows.into_iter().map(|row| shown(row, zone)).collect(),
        columns: vec![
            column("Published", "only-wide", ContentSort::PublishedAt),
            column("Reach", "r", ContentSort::Reach),
            column("Views", "r only-wide", ContentSort::Views),
            column("Engagement", "r only-wide", ContentSort::Engagement),
            column("Eng. rate", "r", ContentSort::EngagementRate),
        ],
        next,
        first: query.after.map(|_| address("/content", &words(&[]))),
        by_rate: query.sort == ContentSort::EngagementRate,
        tagging,
    })
}

fn shown(row: TableRow, zone: &Zone) -> Row {
    let (content, numbers) = (&row.content, &row.content.numbers);
    Row {
        id: content.id.to_string(),
        title: snippet(content.caption.as_deref(), TITLE_MAX),
        is_ours: content.post_id.is_some(),
        is_gone: content.is_deleted_on_platform,
        colour: colour(row.platform),
        network: row.platform.name(),
        format: words(content.format.label()),
        published: zone.local(content.published_at).strftime("%-d %b %Y, %H:%M").to_string(),
        reach: number_or_dash(numbers.reach),
        views: number_or_dash(numbers.views),
        engagement: number_or_dash(numbers.engagement()),
        rate: numbers.engagement_rate().value.map_or_else(|| "–".to_owned(), percent),
        more_tags: row.tags.len().saturating_sub(TAGS_SHOWN),
        tags: row
            .tags
            .into_iter()
            .take(TAGS_SHOWN)
            .map(|tag| TagPill { href: format!("/content?tagId={}", tag.id), name: tag.name, color: tag.color })
            .collect(),
        account: row.account,
    }
}

/// The list as a file, at most ten thousand rows.
pub(crate) async fn csv(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(lens): Query<Lens>,
    Query(wish): Query<Wish>,
) -> PageResult {
    let zone = &may.caller.organization.timezone;
    let mut query = query(&app, zone, &lens, &wish)?;
    (query.limit, query.after) = (Limit::new(100), None);
    let header = [
        "content_id",
        "account",
        "network",
        "format",
        "published_at",
        "caption",
        "hashtags",
        "reach",
        "impressions",
        "views",
        "reactions",
        "comments",
        "shares",
        "clicks",
        "saves",
        "engagement",
        "engagement_rate",
        "tags",
        "permalink",
    ];
    let mut csv = Csv::new(&header.map(Cell::Text));
    let mut rows = 0;
    loop {
        let table = app.analytics.content_table(may.scope(), zone, &query).await?;
        for row in &table.rows {
            line(&mut csv, row);
        }
        rows += table.rows.len();
        query.after = table.next;
        if query.after.is_none() || rows >= FILE_ROWS_MAX {
            break;
        }
    }
    Ok(csv.respond(&format!("content-{}-{}", query.range.from, query.range.to)))
}

fn line(csv: &mut Csv, row: &TableRow) {
    let (content, numbers) = (&row.content, &row.content.numbers);
    let (id, published) = (content.id.to_string(), content.published_at.to_string());
    let tags = row.tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>().join("; ");
    let hashtags = content.hashtags.join(" ");
    csv.row(&[
        Cell::Text(&id),
        Cell::Text(&row.account),
        Cell::Text(row.platform.label()),
        Cell::Text(content.format.label()),
        Cell::Text(&published),
        Cell::Text(content.caption.as_deref().unwrap_or_default()),
        Cell::Text(&hashtags),
        count(numbers.reach),
        count(numbers.impressions),
        count(numbers.views),
        count(numbers.reactions),
        count(numbers.comments),
        count(numbers.shares),
        count(numbers.clicks),
        count(numbers.saves),
        count(numbers.engagement()),
        Cell::Number(numbers.engagement_rate().value),
        Cell::Text(&tags),
        Cell::Text(content.permalink.as_deref().unwrap_or_default()),
    ]);
}
