//! The statements of tagging: what it wants, reads and writes, and how far it is.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, ContentId, RunId, Timestamp};
use uuid::Uuid;

use super::rule::RuleDraft;
use super::tagger::{AutoTag, Item, Wishes};

/// Names tagging among the advisory locks.
const TAGGING_LOCK: i32 = 0x726b_7467;

/// Two who tag in one organization wait for each other: whoever comes second sees the wishes and tags of the first.
pub(super) async fn lock_tagging(tx: &mut OrgTx) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        r#"select pg_advisory_xact_lock($1, hashtext($2::text)) as "lock: ()""#,
        TAGGING_LOCK,
        organization.to_string(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(())
}

/// Everything that decides about automatic tags besides the items.
pub(super) async fn wishes(tx: &mut OrgTx) -> Result<Wishes, Error> {
    let organization = tx.organization_id();
    let rules = sqlx::query!(
        "select t.key, r.match_kind, r.pattern, r.language, r.is_exclusion, r.priority, r.enabled
         from analytics.tag_rules r
              join analytics.tags t on t.organization_id = $1 and t.id = r.tag_id
         where r.organization_id = $1 and r.enabled and t.deleted_at is null
         order by t.key, r.priority, r.id",
        organization.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    let rules = rules.into_iter().map(|row| {
        let rule = RuleDraft {
            match_kind: row.match_kind,
            pattern: row.pattern,
            language: row.language,
            is_exclusion: row.is_exclusion,
            priority: row.priority,
            enabled: row.enabled,
        };
        (row.key, rule)
    });
    let rules = rules.collect();
    let stop_words =
        super::rule_store::stop_words(tx).await?.into_iter().map(|word| (word.language, word.word)).collect();
    let deleted = sqlx::query_scalar!(
        "select t.key from analytics.tags t
         where t.organization_id = $1 and t.type = 'auto' and t.deleted_at is not null
           and not exists (select from analytics.tags living
                           where living.organization_id = $1 and living.key = t.key and living.type = 'auto'
                             and living.deleted_at is null)
         group by t.key order by t.key",
        organization.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(Wishes { rules, stop_words, deleted })
}

/// An item to tag.
#[derive(Debug)]
pub(super) struct Row {
    pub id: ContentId,
    pub content_key: i64,
    pub item: Item,
}

/// The same as it is read.
struct FlatRow {
    id: ContentId,
    content_key: i64,
    caption: Option<String>,
    hashtags: Vec<String>,
    language: Option<String>,
}

impl From<FlatRow> for Row {
    fn from(row: FlatRow) -> Self {
        let item = Item { caption: row.caption, hashtags: row.hashtags, language: row.language };
        Self { id: row.id, content_key: row.content_key, item }
    }
}

/// The next items by their short names.
pub(super) async fn items_after(tx: &mut OrgTx, position: i64, rows_max: i64) -> Result<Vec<Row>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query_as!(
        FlatRow,
        "select c.id, c.content_key, c.caption, c.hashtags, c.language
         from analytics.content c where c.organization_id = $1 and c.content_key > $2
         order by c.content_key limit $3",
        organization.uuid(),
        position,
        rows_max,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Row::from).collect())
}

/// The next items of an account that are new or changed since a moment.
pub(super) async fn items_changed(
    tx: &mut OrgTx,
    account: AccountId,
    since: Option<Timestamp>,
    position: i64,
    rows_max: i64,
) -> Result<Vec<Row>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query_as!(
        FlatRow,
        "select c.id, c.content_key, c.caption, c.hashtags, c.language
         from analytics.content c
         where c.organization_id = $1 and c.integration_id = $2
           and ($3::timestamptz is null or c.updated_at >= $3) and c.content_key > $4
         order by c.content_key limit $5",
        organization.uuid(),
        account.uuid(),
        since as _,
        position,
        rows_max,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Row::from).collect())
}

/// When the last complete tagging of an account's new items began.
pub(super) async fn last_tagged(tx: &mut OrgTx, account: AccountId) -> Result<Option<Timestamp>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        r#"select max(r.started_at) as "at" from analytics.ingest_runs r
           where r.organization_id = $1 and r.integration_id = $2 and r.kind = 'tagging' and r.status = 'success'"#,
        organization.uuid(),
        account.uuid(),
    )
    .fetch_one(tx.conn())
    .await?)
}

/// What a batch changed.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub added: u64,
    pub changed: u64,
    pub removed: u64,
    /// Tags whose sums are others now: what got or lost them has numbers.
    pub tags: Vec<Uuid>,
    /// Items without numbers yet whose tags are others now, by their short names.
    pub unread: Vec<i64>,
}

/// Brings the automatic tags of these items to what they should be, in one statement: makes missing tags, takes away
/// links that no longer follow, adds and corrects the others. What is right already is not written. Links to deleted
/// tags stay as they are: they are history.
pub(super) async fn write(
    tx: &mut OrgTx,
    items: &[ContentId],
    wanted: &[(ContentId, AutoTag)],
    new_ids: &[Uuid],
    now: Timestamp,
) -> Result<Written, Error> {
    let organization = tx.organization_id();
    let batch: Vec<Uuid> = items.iter().map(|id| id.uuid()).collect();
    let content: Vec<Uuid> = wanted.iter().map(|(id, _)| id.uuid()).collect();
    let keys: Vec<String> = wanted.iter().map(|(_, tag)| tag.key.clone()).collect();
    let sources: Vec<String> = wanted.iter().map(|(_, tag)| tag.source.label().to_owned()).collect();
    let confidences: Vec<f32> = wanted.iter().map(|(_, tag)| tag.confidence).collect();
    let mut distinct = keys.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let rows = sqlx::query!(
        r#"with wanted as (
               select * from unnest($3::uuid[], $4::text[], $5::text[], $6::real[])
                   as w (content_id, key, source, confidence)),
           fresh as (
               insert into analytics.tags as t (organization_id, id, key, type, created_at, updated_at)
               select o.organization_id, n.id, n.key, 'auto', $9, $9
               from identity.organizations o
                    cross join unnest($7::text[], $8::uuid[]) as n (key, id)
                    left join analytics.tags known
                        on known.organization_id = $1 and known.key = n.key and known.type = 'auto'
                           and known.deleted_at is null
               where o.organization_id = $1 and known.id is null
               order by n.key
               -- Somebody made it this moment: its id is needed all the same.
               on conflict (organization_id, key, type) where deleted_at is null
                   do update set updated_at = t.updated_at
               returning t.id, t.key),
           known as (
               select fresh.id, fresh.key from fresh
               union all
               select t.id, t.key from analytics.tags t
               where t.organization_id = $1 and t.key = any($7) and t.type = 'auto' and t.deleted_at is null),
           due as (
               select wanted.content_id, known.id as tag_id, wanted.source::analytics.tag_source as source,
                      wanted.confidence
               from wanted join known on known.key = wanted.key),
           gone as (
               delete from analytics.content_tags l
               using analytics.tags t
               where l.organization_id = $1 and l.content_id = any($2) and l.tag_type = 'auto'
                 and t.organization_id = $1 and t.id = l.tag_id and t.deleted_at is null
                 and not exists (select from due where due.content_id = l.content_id and due.tag_id = l.tag_id)
               returning l.content_id, l.tag_id),
           put as (
               insert into analytics.content_tags as l
                   (organization_id, content_id, tag_id, tag_type, source, confidence, created_at)
               select o.organization_id, due.content_id, due.tag_id, 'auto', due.source, due.confidence, $9
               from identity.organizations o
                    cross join due
                    left join analytics.content_tags old
                        on old.organization_id = $1 and old.content_id = due.content_id and old.tag_id = due.tag_id
               where o.organization_id = $1
                 and (old.tag_id is null or (old.source, old.confidence) is distinct from (due.source, due.confidence))
               order by due.content_id, due.tag_id
               on conflict (organization_id, content_id, tag_id) do update
                   set source = excluded.source, confidence = excluded.confidence
               returning l.content_id, l.tag_id, l.xmax = 0 as is_new),
           moved as (
               select 'gone' as what, gone.content_id, gone.tag_id from gone
               union all
               select case when put.is_new then 'new' else 'changed' end, put.content_id, put.tag_id from put)
           select moved.what as "what!", moved.tag_id as "tag_id!: Uuid", c.content_key,
                  n.numbers_date is not null as "has_numbers!"
           from moved
                join analytics.content c on c.organization_id = $1 and c.id = moved.content_id
                left join analytics.content_totals n on n.organization_id = $1 and n.content_key = c.content_key"#,
        organization.uuid(),
        &batch,
        &content,
        &keys,
        &sources,
        &confidences,
        &distinct,
        &new_ids[..distinct.len()],
        now as _,
    )
    .fetch_all(tx.conn())
    .await?;
    let mut written = Written::default();
    for row in rows {
        match row.what.as_str() {
            "gone" => written.removed += 1,
            "new" => written.added += 1,
            // The same link by another source: nobody bears anything else.
            _ => {
                written.changed += 1;
                continue;
            }
        }
        if row.has_numbers {
            written.tags.push(row.tag_id);
        } else {
            written.unread.push(row.content_key);
        }
    }
    written.tags.sort_unstable();
    written.tags.dedup();
    written.unread.sort_unstable();
    written.unread.dedup();
    Ok(written)
}

/// How far tagging everything anew is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    pub requested_at: Timestamp,
    pub position: i64,
    pub items_total: i32,
    pub items_done: i32,
    pub links_added: i64,
    pub links_removed: i64,
    pub run_id: Option<Uuid>,
    pub finished_at: Option<Timestamp>,
}

/// Asks for everything to be tagged anew, from the beginning.
pub(super) async fn request(tx: &mut OrgTx, now: Timestamp) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "insert into analytics.retagging as t (organization_id, requested_at, items_total)
         values ($1, $2, (select count(*) from analytics.content c where c.organization_id = $1))
         on conflict (organization_id) do update
             set requested_at = excluded.requested_at, position = 0, items_total = excluded.items_total, items_done = 0,
                 links_added = 0, links_removed = 0, finished_at = null,
                 run_id = case when t.finished_at is null then t.run_id end",
        organization.uuid(),
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Where it stands, without waiting.
pub(super) async fn state(tx: &mut OrgTx) -> Result<Option<State>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        State,
        "select requested_at, position, items_total, items_done, links_added, links_removed, run_id, finished_at
         from analytics.retagging where organization_id = $1",
        organization.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// Where it stands; nobody else moves it until the end of the transaction.
pub(super) async fn state_to_change(tx: &mut OrgTx) -> Result<Option<State>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        State,
        "select requested_at, position, items_total, items_done, links_added, links_removed, run_id, finished_at
         from analytics.retagging where organization_id = $1 for update",
        organization.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// Moves it on.
pub(super) async fn save_state(tx: &mut OrgTx, state: &State) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update analytics.retagging
         set position = $2, items_total = $3, items_done = $4, links_added = $5, links_removed = $6, run_id = $7,
             finished_at = $8
         where organization_id = $1",
        organization.uuid(),
        state.position,
        state.items_total,
        state.items_done,
        state.links_added,
        state.links_removed,
        state.run_id,
        state.finished_at as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// An item that a rule is tried on.
#[derive(Debug)]
pub(super) struct Trial {
    pub id: ContentId,
    pub published_at: Timestamp,
    pub integration_id: AccountId,
    pub permalink: Option<String>,
    pub item: Item,
}

/// The newest items.
pub(super) async fn newest_items(tx: &mut OrgTx, rows_max: i64) -> Result<Vec<Trial>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        "select c.id, c.published_at, c.integration_id, c.permalink, c.caption, c.hashtags, c.language
         from analytics.content c where c.organization_id = $1
         order by c.published_at desc, c.id desc limit $2",
        organization.uuid(),
        rows_max,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Trial {
            id: row.id,
            published_at: row.published_at,
            integration_id: row.integration_id,
            permalink: row.permalink,
            item: Item { caption: row.caption, hashtags: row.hashtags, language: row.language },
        })
        .collect())
}

/// How many items there are.
pub(super) async fn count_items(tx: &mut OrgTx) -> Result<i64, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        r#"select count(*) as "items!" from analytics.content c where c.organization_id = $1"#,
        organization.uuid(),
    )
    .fetch_one(tx.conn())
    .await?)
}

/// Notes in the diary that everything is tagged anew.
pub(super) async fn open_run(tx: &mut OrgTx, id: RunId, items: i32, now: Timestamp) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "insert into analytics.ingest_runs (id, organization_id, kind, date, trigger, status, attempt, items_total,
                                            started_at, created_at, updated_at)
         values ($2, $1, 'tagging', $3, 'manual', 'running', 1, $4, $5, $5, $5)",
        organization.uuid(),
        id.uuid(),
        now.date_utc() as _,
        items,
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
