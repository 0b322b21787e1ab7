//! Answers for pages and the API.

use std::collections::{BTreeMap, BTreeSet};

use rookery_accounts::Account;
use rookery_db::OrgTx;
use rookery_kernel::{AccountId, ContentId, Date, Platform, Scope, Zone};
use serde::{Deserialize, Serialize};
use tracing::instrument;
use uuid::Uuid;

use super::choice::MENU_WORDS_MAX;
use super::choice_queries;
use super::compare::{BestTime, FormatComparison};
use super::curve::{AGE_MAX, CURVE_MEASURES, Curve, Reading};
use super::model::{
    BadQuestion, Figures, Filter, Line, Measure, PartKey, PartSums, Performance, Question, Split, Step, Sums, WEEKDAYS,
    arrange,
};
use super::queries::{self, Cohort, PartRow, Reported, Scopes, TrackedAccount};
use super::table::{self, ContentCursor, ContentQuery, ContentTable, TableRow};
use crate::Analytics;
use crate::content::{ContentFormat, ContentRow};
use crate::daily::MetricBasis;
use crate::kinds::TagType;
use crate::kpi::{Coverage, Mode, Numbers, Range, change_percent, total};
use crate::report::Heatmap;

/// Most lines of an answer.
const LINES_MAX: usize = 100;

const FORMATS: [ContentFormat; 7] = [
    ContentFormat::Post,
    ContentFormat::Reel,
    ContentFormat::Video,
    ContentFormat::Story,
    ContentFormat::Carousel,
    ContentFormat::Text,
    ContentFormat::Link,
];

/// A question without an answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Something that it names is not there.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// It cannot be meant.
    #[error(transparent)]
    Bad(#[from] BadQuestion),
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

/// A page group in a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedGroup {
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// Its niche.
    pub niche: Option<String>,
}

/// A tag in a menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NamedTag {
    /// Its id.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// Who hands it out.
    pub kind: TagType,
    /// `#rrggbb`.
    pub color: Option<String>,
}

/// A tag on content.
pub type ContentTag = NamedTag;

/// One content with all that is known about it.
#[derive(Debug, Clone, PartialEq)]
pub struct ContentDetail {
    /// It, its account, its tags.
    pub row: TableRow,
    /// Which number the curve shows.
    pub measure: Measure,
    /// How it grew.
    pub curve: Curve,
}

/// The accounts that a filter leaves, with their names.
pub(super) struct Place {
    pub(super) accounts: Vec<Account>,
    pub(super) tracked: Vec<TrackedAccount>,
    /// The accounts that were asked for, if not all.
    narrowed: Option<BTreeSet<AccountId>>,
    pub(super) groups: Vec<NamedGroup>,
    members: Vec<(Uuid, AccountId)>,
}

impl Place {
    fn contains(&self, id: AccountId) -> bool {
        self.narrowed.as_ref().is_none_or(|ids| ids.contains(&id))
    }

    /// Accounts in scope, those no longer tracked too.
    fn ids(&self) -> Vec<AccountId> {
        self.tracked.iter().map(|account| account.id).filter(|id| self.contains(*id)).collect()
    }

    /// Accounts in scope that are collected from.
    fn collected(&self) -> Vec<Uuid> {
        let collected = self.tracked.iter().filter(|account| account.enabled && self.contains(account.id));
        collected.map(|account| account.id.uuid()).collect()
    }

    fn fetched_at(&self) -> Option<rookery_kernel::Timestamp> {
        self.tracked.iter().filter(|account| self.contains(account.id)).filter_map(|a| a.last_metrics_at).max()
    }

    fn platform(&self, id: AccountId) -> Option<Platform> {
        self.accounts.iter().find(|account| account.id == id).map(|account| account.platform)
    }

    fn name(&self, id: AccountId) -> String {
        let account = self.accounts.iter().find(|account| account.id == id);
        account.map_or_else(|| "A disconnected account".to_owned(), |account| account.name().to_owned())
    }
}

/// The parts of an answer, and which scopes or accounts belong to which.
struct Parts {
    keys: Vec<(PartKey, String)>,
    pairs: Vec<(Uuid, i32)>,
    /// Tags that are no parts.
    left_out: usize,
}

/// What the parts sum up to.
struct Cut {
    parts: Vec<PartSums>,
    left_out: usize,
}

fn place_of(index: usize) -> i32 {
    i32::try_from(index).unwrap_or(i32::MAX)
}

impl Analytics {
    /// Any figure, cut any way, over at most 400 days, beside as many days before.
    ///
    /// # Errors
    /// [`AskError`].
    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id, measure = question.measure.label(), split = question.split.label()))]
    pub async fn performance(&self, scope: &Scope, question: &Question) -> Result<Performance, AskError> {
        question.check()?;
        let mut tx = self.db.org(scope).await?;
        let place = self.place(&mut tx, &question.filter).await?;
        let step = match (question.split, Step::of(question.range)) {
            (Split::Weekday | Split::Hour, _) => Step::Range,
            // Of one weekday there is one day in a week.
            (_, Step::Day) if question.filter.weekday.is_some() => Step::Week,
            (_, step) => step,
        };
        answer(&mut tx, &place, question, step).await
    }

    /// Every figure of a range under a filter.
    ///
    /// # Errors
    /// [`AskError`].
    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id, from = %range.from, to = %range.to))]
    pub async fn figures(
        &self,
        scope: &Scope,
        range: Range,
        filter: &Filter,
        is_cohort: bool,
    ) -> Result<Figures, AskError> {
        let question =
            |measure| Question { filter: filter.clone(), is_cohort, ..Question::new(range, measure, Split::None) };
        question(Measure::Reach).check()?;
        let mut tx = self.db.org(scope).await?;
        let place = self.place(&mut tx, filter).await?;
        let asked = question(Measure::EngagementRate);
        let mode = mode_of(&asked);
        let all = sums(&mut tx, &place, &asked, &range_and_before(range)).await?.parts;
        let reported = reported(&mut tx, &place, &asked).await?;
        let mut lines = Vec::new();
        for measure in Measure::ALL.iter().copied() {
            match measure {
                Measure::Followers | Measure::Posts => {
                    let question = question(measure);
                    // Followers cannot be filtered by what content has; then there is no such figure.
                    if question.check().is_ok() {
                        let mut answer = answer(&mut tx, &place, &question, Step::Range).await?;
                        lines.extend(answer.lines.drain(..).map(|line| (measure, line, answer.coverage)));
                    }
                }
                _ => {
                    let coverage = coverage(&place, reported.of(measure));
                    lines.extend(
                        all.iter().map(|part| (measure, part.line(measure, mode, range.days() == 1), coverage)),
                    );
                }
            }
        }
        let (as_of, fetched_at) = (reported.last, place.fetched_at());
        Ok(Figures { range, previous: range.previous(), mode, lines, as_of, fetched_at })
    }

    /// Which format works: what was published in the range, by format (spec 6.5).
    ///
    /// # Errors
    /// [`AskError`].
    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id, from = %range.from, to = %range.to))]
    pub async fn format_comparison(
        &self,
        scope: &Scope,
        range: Range,
        filter: &Filter,
    ) -> Result<FormatComparison, AskError> {
        let question = Question {
            filter: filter.clone(),
            is_cohort: true,
            ..Question::new(range, Measure::EngagementRate, Split::Format)
        };
        question.check()?;
        let mut tx = self.db.reading(scope).await?;
        if let Some(tag) = filter.tag
            && !queries::has_tag(&mut tx, tag).await?
        {
            return Err(AskError::NotFound("tag"));
        }
        let (accounts, formats) = (self.narrowed_by(&mut tx, filter).await?, filter.labels());
        let of = cohort(range, filter, accounts.as_deref(), formats.as_deref());
        let (measure, starts) = (question.measure, [range.from]);
        let rows = queries::cohort(&mut tx, &of, question.split, &[], &starts, measure).await?;
        tx.commit().await?;
        let published = FORMATS.into_iter().filter_map(|format| {
            let row = rows.iter().find(|row| row.format == format.label())?;
            Some((format, row.sums))
        });
        Ok(FormatComparison::of(published))
    }

    /// When to post: what was published in the range, by weekday and hour on the organization's clocks (spec 6.7).
    ///
    /// # Errors
    /// [`AskError`].
    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id, from = %range.from, to = %range.to))]
    pub async fn best_time(&self, scope: &Scope, range: Range, filter: &Filter) -> Result<BestTime, AskError> {
        let question = Question { filter: filter.clone(), ..Question::new(range, Measure::Engagement, Split::Hour) };
        question.check()?;
        let mut tx = self.db.reading(scope).await?;
        let (accounts, formats) = (self.narrowed_by(&mut tx, filter).await?, filter.labels());
        let hours = queries::hours(&mut tx, &cohort(range, filter, accounts.as_deref(), formats.as_deref())).await?;
        tx.commit().await?;
        Ok(BestTime::of(Heatmap::of(&hours)))
    }

    /// A page of content.
    ///
    /// # Errors
    /// [`AskError`].
    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id, sort = query.sort.label()))]
    pub async fn content_table(
        &self,
        scope: &Scope,
        zone: &Zone,
        query: &ContentQuery,
    ) -> Result<ContentTable, AskError> {
        Question { filter: query.filter.clone(), ..Question::new(query.range, Measure::Reach, Split::None) }.check()?;
        let mut tx = self.db.org(scope).await?;
        let place = self.place(&mut tx, &query.filter).await?;
        let (accounts, formats) = (narrowed(&place), query.filter.labels());
        let of = cohort(query.range, &query.filter, accounts.as_deref(), formats.as_deref());
        let mut rows = queries::table(&mut tx, query, &of, zone).await?;
        let has_more = rows.len() > query.limit.rows();
        rows.truncate(query.limit.rows());
        let next = rows.last().filter(|_| has_more).map(|last| ContentCursor {
            sort: query.sort,
            value: last.value,
            key: last.key,
        });
        let content: Vec<ContentRow> = rows.into_iter().map(|placed| placed.row).collect();
        Ok(ContentTable { rows: with_names(&mut tx, &place, content).await?, next })
    }

    /// One content: its numbers, its tags, and how `measure` grew beside what is usual on its account. Without one, and
    /// for what has no curve (rates, followers, posts), the first of [`CURVE_MEASURES`] that its network reports; reach if
    /// it reports none.
    ///
    /// # Errors
    /// [`AskError::NotFound`] in this organization.
    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id, content = %id))]
    pub async fn content_detail(
        &self,
        scope: &Scope,
        zone: &Zone,
        id: ContentId,
        measure: Option<Measure>,
    ) -> Result<ContentDetail, AskError> {
        let mut tx = self.db.org(scope).await?;
        let found = queries::find(&mut tx, id).await?.ok_or(AskError::NotFound("content"))?;
        let place = self.place(&mut tx, &Filter::default()).await?;
        let published = zone.date(found.row.published_at);
        let account = found.row.integration_id;
        let readings = queries::readings(&mut tx, found.key, published, AGE_MAX).await?;
        let own = |measure: Measure| -> Vec<Reading> {
            let reading = |(age, basis, numbers): &(i64, MetricBasis, Numbers)| {
                let sums = Sums { numbers: *numbers, engagement: numbers.engagement(), ..Sums::default() };
                #[expect(clippy::cast_possible_truncation, reason = "a count that came from an i64")]
                let value = sums.value(measure).map(|value| value as i64);
                (*age, *basis, value)
            };
            readings.iter().map(reading).collect()
        };
        let is_known = |measure: &Measure| own(*measure).iter().any(|(_, _, value)| value.is_some());
        let measure = measure
            .filter(|measure| CURVE_MEASURES.contains(measure))
            .or_else(|| CURVE_MEASURES.into_iter().find(is_known))
            .unwrap_or(Measure::Reach);
        let peers = queries::peers(&mut tx, account, published, AGE_MAX, measure).await?;
        let mut rows = with_names(&mut tx, &place, vec![found.row]).await?;
        let row = rows.pop().ok_or(AskError::NotFound("content"))?;
        Ok(ContentDetail { row, measure, curve: Curve::of(&own(measure), &peers) })
    }

    /// The accounts that a filter narrows to; `None` if it names no accounts, no network and no group.
    async fn narrowed_by(&self, tx: &mut OrgTx, filter: &Filter) -> Result<Option<Vec<Uuid>>, AskError> {
        if filter.accounts.is_empty() && filter.network.is_none() && filter.group.is_none() {
            return Ok(None);
        }
        Ok(narrowed(&self.place(tx, filter).await?))
    }

    pub(super) async fn place(&self, tx: &mut OrgTx, filter: &Filter) -> Result<Place, AskError> {
        let accounts = self.accounts.list_in(tx).await?;
        let tracked = queries::tracked(tx).await?;
        let groups = queries::groups(tx).await?;
        let members = queries::members(tx).await?;
        if filter.accounts.iter().any(|id| accounts.iter().all(|account| account.id != *id)) {
            return Err(AskError::NotFound("account"));
        }
        if filter.group.is_some_and(|id| groups.iter().all(|group| group.id != id)) {
            return Err(AskError::NotFound("page group"));
        }
        let mut narrowed: Option<BTreeSet<AccountId>> = match filter.group {
            _ if !filter.accounts.is_empty() => Some(filter.accounts.iter().copied().collect()),
            Some(group) => Some(members.iter().filter(|(id, _)| *id == group).map(|(_, account)| *account).collect()),
            None => None,
        };
        if let Some(network) = filter.network {
            let on_it = |id: &AccountId| accounts.iter().any(|a| a.id == *id && a.platform == network);
            let all = || tracked.iter().map(|account| account.id).collect();
            narrowed = Some(narrowed.unwrap_or_else(all).into_iter().filter(on_it).collect());
        }
        Ok(Place { accounts, tracked, narrowed, groups, members })
    }
}

async fn answer(tx: &mut OrgTx, place: &Place, question: &Question, step: Step) -> Result<Performance, AskError> {
    let range = question.range;
    let buckets = step.cut(range);
    let days = range.days();
    let before = buckets.iter().map(|bucket| bucket.from.plus_days(-days));
    let starts: Vec<Date> = before.chain(buckets.iter().map(|bucket| bucket.from)).collect();
    let mode = mode_of(question);
    let reported = reported(tx, place, question).await?;
    let mut left_out = 0;
    let (mut lines, with_data) = if question.measure == Measure::Followers {
        let before = buckets.iter().map(|bucket| bucket.to.plus_days(-days));
        let ends: Vec<Date> = before.chain(buckets.iter().map(|bucket| bucket.to)).collect();
        follower_lines(tx, place, question, &ends).await?
    } else {
        let cut = sums(tx, place, question, &starts).await?;
        left_out = cut.left_out;
        let is_single_day = days == 1;
        let lines = cut.parts.iter().map(|part| part.line(question.measure, mode, is_single_day)).collect();
        (lines, reported.of(question.measure))
    };
    arrange(&mut lines, question.split);
    left_out += lines.len().saturating_sub(LINES_MAX);
    lines.truncate(LINES_MAX);
    Ok(Performance {
        range,
        previous: range.previous(),
        measure: question.measure,
        split: question.split,
        mode,
        step,
        buckets,
        lines,
        left_out,
        coverage: coverage(place, with_data),
        as_of: reported.last,
        fetched_at: place.fetched_at(),
    })
}

/// The sums of each part, over steps that begin on `starts`: the first half lies before the range.
async fn sums(tx: &mut OrgTx, place: &Place, question: &Question, starts: &[Date]) -> Result<Cut, AskError> {
    let (filter, split, range) = (&question.filter, question.split, question.range);
    if let Some(tag) = filter.tag
        && !queries::has_tag(tx, tag).await?
    {
        return Err(AskError::NotFound("tag"));
    }
    let is_cohort = mode_of(question) == Mode::Cohort;
    let parts = parts(tx, place, question, is_cohort).await?;
    let left_out = parts.left_out;
    let rows = if is_cohort {
        let (accounts, formats) = (narrowed(place), filter.labels());
        let both = Range { from: range.previous().from, to: range.to };
        let of = cohort(both, filter, accounts.as_deref(), formats.as_deref());
        queries::cohort(tx, &of, split, &parts.pairs, starts, question.measure).await?
    } else {
        let is_by_format = split == Split::Format;
        let formats = match filter.labels() {
            Some(labels) => labels,
            None if is_by_format => FORMATS.iter().map(|format| format.label().to_owned()).collect(),
            None => vec!["all".to_owned()],
        };
        let of = Scopes { pairs: &parts.pairs, formats: &formats, is_by_format, starts, to: range.to };
        queries::activity(tx, &of).await?
    };
    Ok(Cut { parts: fold(parts, rows, split, starts.len()), left_out })
}

fn mode_of(question: &Question) -> Mode {
    if question.needs_cohort() { Mode::Cohort } else { Mode::Activity }
}

fn range_and_before(range: Range) -> [Date; 2] {
    [range.previous().from, range.from]
}

pub(super) fn narrowed(place: &Place) -> Option<Vec<Uuid>> {
    place.narrowed.as_ref().map(|ids| ids.iter().map(|id| id.uuid()).collect())
}

pub(super) fn cohort<'a>(
    range: Range,
    filter: &Filter,
    accounts: Option<&'a [Uuid]>,
    formats: Option<&'a [String]>,
) -> Cohort<'a> {
    Cohort { range, accounts, formats, tag: filter.tag, weekday: filter.weekday }
}

fn coverage(place: &Place, with_data: i64) -> Coverage {
    let of = place.collected().len();
    // Who was tracked once may have reported too.
    Coverage { with_data: usize::try_from(with_data).unwrap_or(0).min(of), of }
}

impl Reported {
    fn of(&self, measure: Measure) -> i64 {
        match measure {
            Measure::Reach => self.reach,
            Measure::Impressions => self.impressions,
            Measure::Views => self.views,
            Measure::Engagement => self.engagement,
            Measure::EngagementRate => self.rate,
            Measure::Reactions => self.reactions,
            Measure::Comments => self.comments,
            Measure::Shares => self.shares,
            Measure::Clicks => self.clicks,
            Measure::Saves => self.saves,
            Measure::Posts | Measure::Followers => self.posts,
        }
    }
}

async fn reported(tx: &mut OrgTx, place: &Place, question: &Question) -> Result<Reported, AskError> {
    let (filter, range) = (&question.filter, question.range);
    let collected = place.collected();
    let formats = filter.labels();
    Ok(match mode_of(question) {
        Mode::Cohort => queries::reported_of(tx, &cohort(range, filter, Some(&collected), formats.as_deref())).await?,
        Mode::Activity => {
            let formats = formats.unwrap_or_else(|| vec!["all".to_owned()]);
            queries::reported_in(tx, &collected, &formats, range).await?
        }
    })
}

/// The parts of a split, and for each scope (or, for what was published, each account or tag) the number of its part.
async fn parts(tx: &mut OrgTx, place: &Place, question: &Question, is_cohort: bool) -> Result<Parts, AskError> {
    let (filter, mut left_out) = (&question.filter, 0);
    let ids = place.ids();
    let pairs_of = |keys: &[(PartKey, String)], part: &dyn Fn(AccountId) -> Option<PartKey>| -> Vec<(Uuid, i32)> {
        let place_in = |id: AccountId| keys.iter().position(|(key, _)| part(id) == Some(*key));
        ids.iter().filter_map(|id| Some((id.uuid(), place_of(place_in(*id)?)))).collect()
    };
    let (keys, pairs) = match question.split {
        Split::None => (vec![(PartKey::All, "All accounts".to_owned())], whole_scope(tx, place, filter, &ids)),
        Split::Format => {
            let keys = FORMATS.iter().map(|format| (PartKey::Format(*format), format.label().to_owned())).collect();
            (keys, whole_scope(tx, place, filter, &ids))
        }
        Split::Weekday => {
            ((1..=7).map(|n| (PartKey::Weekday(n), WEEKDAYS[usize::from(n) - 1].to_owned())).collect(), Vec::new())
        }
        Split::Hour => ((0..24).map(|n| (PartKey::Hour(n), format!("{n:02}:00"))).collect(), Vec::new()),
        Split::Account => {
            let keys: Vec<_> = ids.iter().map(|id| (PartKey::Account(*id), place.name(*id))).collect();
            let pairs = pairs_of(&keys, &|id| Some(PartKey::Account(id)));
            (keys, pairs)
        }
        Split::Network => {
            let networks: BTreeSet<Platform> = ids.iter().filter_map(|id| place.platform(*id)).collect();
            let keys: Vec<_> = networks.iter().map(|n| (PartKey::Network(*n), n.name().to_owned())).collect();
            let pairs = pairs_of(&keys, &|id| place.platform(id).map(PartKey::Network));
            (keys, pairs)
        }
        Split::Group => {
            let shown = |group: &&NamedGroup| filter.group.is_none_or(|id| id == group.id);
            let groups: Vec<&NamedGroup> = place.groups.iter().filter(shown).collect();
            let keys = groups.iter().map(|group| (PartKey::Group(group.id), group.name.clone())).collect();
            let is_plain = filter.accounts.is_empty() && filter.network.is_none() && !is_cohort;
            let pairs = if is_plain {
                groups.iter().enumerate().map(|(n, group)| (group.id, place_of(n))).collect()
            } else {
                let part = |id: Uuid| groups.iter().position(|group| group.id == id);
                let members = place.members.iter().filter(|(_, account)| place.contains(*account));
                members.filter_map(|(group, account)| Some((account.uuid(), place_of(part(*group)?)))).collect()
            };
            (keys, pairs)
        }
        Split::Tag => {
            let (tags, others) = choice_queries::menu_tags(tx, question.range, MENU_WORDS_MAX, filter.tag).await?;
            left_out = others;
            let pairs = tags.iter().enumerate().map(|(n, menu)| (menu.tag.id, place_of(n))).collect();
            (tags.into_iter().map(|menu| (PartKey::Tag(menu.tag.id), menu.tag.name)).collect(), pairs)
        }
    };
    Ok(Parts { keys, pairs, left_out })
}

/// The sums that stand ready for everything under a filter: the organization's, the group's, the tag's or those of
/// single accounts.
fn whole_scope(tx: &OrgTx, place: &Place, filter: &Filter, ids: &[AccountId]) -> Vec<(Uuid, i32)> {
    if place.narrowed.is_none() {
        return vec![(filter.tag.unwrap_or_else(|| tx.organization_id().uuid()), 0)];
    }
    match filter.group {
        Some(group) if filter.accounts.is_empty() && filter.network.is_none() => vec![(group, 0)],
        _ => ids.iter().map(|id| (id.uuid(), 0)).collect(),
    }
}

/// Puts rows into their parts and steps. Formats and tags without any row are left out.
fn fold(parts: Parts, rows: Vec<PartRow>, split: Split, steps: usize) -> Vec<PartSums> {
    let half = steps / 2;
    let mut by_part: BTreeMap<usize, Vec<Option<Sums>>> = BTreeMap::new();
    for row in rows {
        let part = match split {
            Split::Format => FORMATS.iter().position(|format| format.label() == row.format),
            Split::Weekday => row.part.checked_sub(1),
            _ => Some(row.part),
        };
        let Some(part) = part else { continue };
        let line = by_part.entry(part).or_insert_with(|| vec![None; steps]);
        if let Some(slot) = line.get_mut(row.step) {
            *slot = Some(slot.map_or(row.sums, |sums| sums.plus(&row.sums)));
        }
    }
    let is_sparse = matches!(split, Split::Format | Split::Tag);
    let parts = parts.keys.into_iter().enumerate().filter_map(|(n, (key, name))| {
        let steps = match by_part.remove(&n) {
            Some(line) => line,
            None if is_sparse => return None,
            None => vec![None; steps],
        };
        let (before, now) = steps.split_at(half);
        Some(PartSums { key, name, before: before.to_vec(), now: now.to_vec() })
    });
    parts.collect()
}

/// Followers by account, network or group, and how many accounts are known. The change compares accounts that are known
/// at both ends: a newly connected account is no growth.
async fn follower_lines(
    tx: &mut OrgTx,
    place: &Place,
    question: &Question,
    ends: &[Date],
) -> Result<(Vec<Line>, i64), AskError> {
    let ids = place.ids();
    let uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    let mut known = vec![vec![None::<i64>; ends.len()]; ids.len()];
    for (account, step, followers) in queries::followers(tx, &uuids, ends).await? {
        if let Some(slot) = known.get_mut(account).and_then(|steps| steps.get_mut(step)) {
            *slot = Some(followers);
        }
    }
    // Accounts in several groups belong to several parts: pairs of accounts, as for what was published.
    let parts = parts(tx, place, question, true).await?;
    let everything = question.split == Split::None;
    let half = ends.len() / 2;
    let lines = parts.keys.iter().enumerate().map(|(n, (key, name))| {
        let belongs = |id: &AccountId| everything || parts.pairs.contains(&(id.uuid(), place_of(n)));
        let members: Vec<&Vec<Option<i64>>> =
            ids.iter().zip(&known).filter(|(id, _)| belongs(id)).map(|(_, steps)| steps).collect();
        let sum = |step: usize| total(members.iter().map(|steps| steps[step])).map(|n| n as f64);
        let (last, before) = (ends.len() - 1, half - 1);
        let both = |step: usize| {
            let at_both = members.iter().filter(|steps| steps[last].is_some() && steps[before].is_some());
            total(at_both.map(|steps| steps[step])).map(|n| n as f64)
        };
        Line {
            key: *key,
            name: name.clone(),
            values: (half..ends.len()).map(sum).collect(),
            previous: (0..half).map(sum).collect(),
            total: sum(last),
            previous_total: sum(before),
            change: change_percent(both(last), both(before)).filter(|_| question.range.days() > 1),
            basis: None,
            items: None,
            with_data: None,
        }
    });
    let lines = lines.collect();
    let collected = place.collected();
    let with_data = ids
        .iter()
        .zip(&known)
        .filter(|(id, steps)| collected.contains(&id.uuid()) && steps.last().copied().flatten().is_some());
    Ok((lines, i64::try_from(with_data.count()).unwrap_or(i64::MAX)))
}

async fn with_names(tx: &mut OrgTx, place: &Place, content: Vec<ContentRow>) -> Result<Vec<TableRow>, AskError> {
    let mut tags: BTreeMap<ContentId, Vec<ContentTag>> = BTreeMap::new();
    for (id, tag) in queries::tags_of(tx, &table::ids(&content)).await? {
        tags.entry(id).or_default().push(tag);
    }
    let rows = content.into_iter().map(|content| TableRow {
        account: place.name(content.integration_id),
        platform: content.platform,
        tags: tags.remove(&content.id).unwrap_or_default(),
        content,
    });
    Ok(rows.collect())
}
