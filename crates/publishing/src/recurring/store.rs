//! The statements on recurring posts.

use std::collections::BTreeMap;

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, Date, PostId, RecurringPostId, Timestamp, UserId};
use serde_json::json;
use sqlx::types::Json;

use super::make::Made;
use super::{Occurrence, OccurrenceState, RecurringState, Rule};

/// Most recurring posts of a list.
const LIST_MAX: i64 = 500;
/// Most days of a list.
const DAYS_MAX: i64 = 20_000;

/// A recurring post with what lists show of its template.
pub(super) struct Row {
    pub id: RecurringPostId,
    pub template_post_id: PostId,
    pub rule: Rule,
    pub state: RecurringState,
    pub created_by: Option<UserId>,
    pub created_at: Timestamp,
    pub title: Option<String>,
    pub content: String,
    pub account_ids: Vec<AccountId>,
}

#[derive(sqlx::FromRow)]
struct RawRow {
    id: RecurringPostId,
    template_post_id: PostId,
    rule: Json<Rule>,
    state: String,
    created_by: Option<UserId>,
    created_at: Timestamp,
    title: Option<String>,
    content: String,
    account_ids: Vec<uuid::Uuid>,
}

impl From<RawRow> for Row {
    fn from(raw: RawRow) -> Self {
        Self {
            id: raw.id,
            template_post_id: raw.template_post_id,
            rule: raw.rule.0,
            // The table's check holds the words.
            state: raw.state.parse().unwrap_or(RecurringState::Stopped),
            created_by: raw.created_by,
            created_at: raw.created_at,
            title: raw.title,
            content: raw.content,
            account_ids: raw.account_ids.into_iter().map(AccountId::from_uuid).collect(),
        }
    }
}

macro_rules! recurring {
    ($rest:literal) => {
        concat!(
            "select r.id, r.template_post_id, r.rule, r.state, r.created_by, r.created_at, p.title,
                    left(p.content, 500) as content,
                    array(select u.social_account_id from publishing.post_publications u
                          where u.organization_id = $1 and u.post_id = p.id order by u.created_at, u.id) as account_ids
             from publishing.recurring_posts r
                  join publishing.posts p on p.organization_id = $1 and p.id = r.template_post_id
             where r.organization_id = $1 ",
            $rest
        )
    };
}

/// One, locked: nobody else makes its posts meanwhile.
pub(super) async fn lock(tx: &mut OrgTx, id: RecurringPostId) -> Result<Option<Row>, Error> {
    let row: Option<RawRow> = sqlx::query_as(recurring!("and r.id = $2 for update of r"))
        .bind(tx.organization_id().uuid())
        .bind(id.uuid())
        .fetch_optional(tx.conn())
        .await?;
    Ok(row.map(Row::from))
}

/// All of them, those that run first, then the newest.
pub(super) async fn list(tx: &mut OrgTx) -> Result<Vec<Row>, Error> {
    let rows: Vec<RawRow> =
        sqlx::query_as(recurring!("order by r.state = 'stopped', r.created_at desc, r.id limit $2"))
            .bind(tx.organization_id().uuid())
            .bind(LIST_MAX)
            .fetch_all(tx.conn())
            .await?;
    Ok(rows.into_iter().map(Row::from).collect())
}

/// Those whose posts may have to be made or taken back.
pub(super) async fn running(tx: &mut OrgTx) -> Result<Vec<RecurringPostId>, Error> {
    Ok(sqlx::query_scalar(
        "select id from publishing.recurring_posts where organization_id = $1 and state <> 'stopped' order by id",
    )
    .bind(tx.organization_id().uuid())
    .fetch_all(tx.conn())
    .await?)
}

/// How many are not stopped.
pub(super) async fn count_running(tx: &mut OrgTx) -> Result<i64, Error> {
    Ok(sqlx::query_scalar(
        "select count(*) from publishing.recurring_posts where organization_id = $1 and state <> 'stopped'",
    )
    .bind(tx.organization_id().uuid())
    .fetch_one(tx.conn())
    .await?)
}

/// Whether a post is the template of one that is not stopped.
pub(crate) async fn is_template(tx: &mut OrgTx, post: PostId) -> Result<bool, Error> {
    Ok(sqlx::query_scalar(
        "select exists (select from publishing.recurring_posts
                        where organization_id = $1 and template_post_id = $2 and state <> 'stopped')",
    )
    .bind(tx.organization_id().uuid())
    .bind(post.uuid())
    .fetch_one(tx.conn())
    .await?)
}

/// Whose template a post is.
pub(super) async fn of_template(tx: &mut OrgTx, post: PostId) -> Result<Option<RecurringPostId>, Error> {
    Ok(sqlx::query_scalar(
        "select id from publishing.recurring_posts
         where organization_id = $1 and template_post_id = $2 and state <> 'stopped'",
    )
    .bind(tx.organization_id().uuid())
    .bind(post.uuid())
    .fetch_optional(tx.conn())
    .await?)
}

/// A new one.
pub(super) async fn insert(
    tx: &mut OrgTx,
    id: RecurringPostId,
    template: PostId,
    rule: &Rule,
    by: Option<UserId>,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "insert into publishing.recurring_posts
            (organization_id, id, template_post_id, rule, state, created_by, created_at, updated_at)
         values ($1, $2, $3, $4, 'active', $5, $6, $6)",
    )
    .bind(tx.organization_id().uuid())
    .bind(id.uuid())
    .bind(template.uuid())
    .bind(json!(rule))
    .bind(by.map(UserId::uuid))
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Another rule or state.
pub(super) async fn write(
    tx: &mut OrgTx,
    id: RecurringPostId,
    rule: &Rule,
    state: RecurringState,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "update publishing.recurring_posts set rule = $3, state = $4, updated_at = $5
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization_id().uuid())
    .bind(id.uuid())
    .bind(json!(rule))
    .bind(state.label())
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A day as stored.
pub(super) struct Stored {
    pub day: Date,
    pub at: Timestamp,
    pub state: OccurrenceState,
    pub post_id: Option<PostId>,
    pub template_revision: i32,
}

fn state(label: &str) -> OccurrenceState {
    // The table's check holds the words.
    label.parse().unwrap_or(OccurrenceState::Refused)
}

/// The known days from `from` on.
pub(super) async fn stored(tx: &mut OrgTx, id: RecurringPostId, from: Date) -> Result<Vec<Stored>, Error> {
    let rows: Vec<(Date, Timestamp, String, Option<PostId>, i32)> = sqlx::query_as(
        "select occurs_on, due_at, state, post_id, template_revision from publishing.recurring_occurrences
         where organization_id = $1 and recurring_post_id = $2 and occurs_on >= $3 order by occurs_on",
    )
    .bind(tx.organization_id().uuid())
    .bind(id.uuid())
    .bind(from)
    .fetch_all(tx.conn())
    .await?;
    let stored = |(day, at, label, post_id, template_revision): (Date, Timestamp, String, Option<PostId>, i32)| {
        Stored { day, at, state: state(&label), post_id, template_revision }
    };
    Ok(rows.into_iter().map(stored).collect())
}

/// The known days of all recurring posts from `from` on, in order.
pub(super) async fn occurrences_since(
    tx: &mut OrgTx,
    from: Date,
) -> Result<BTreeMap<RecurringPostId, Vec<Occurrence>>, Error> {
    type Row = (RecurringPostId, Date, Timestamp, String, Option<PostId>, Option<String>);
    let rows: Vec<Row> = sqlx::query_as(
        "select recurring_post_id, occurs_on, due_at, state, post_id, message from publishing.recurring_occurrences
         where organization_id = $1 and occurs_on >= $2 order by occurs_on limit $3",
    )
    .bind(tx.organization_id().uuid())
    .bind(from)
    .bind(DAYS_MAX)
    .fetch_all(tx.conn())
    .await?;
    let mut all: BTreeMap<RecurringPostId, Vec<Occurrence>> = BTreeMap::new();
    for (id, day, at, label, post_id, message) in rows {
        let occurrence = Occurrence { day, at, state: Some(state(&label)), post_id, message };
        all.entry(id).or_default().push(occurrence);
    }
    Ok(all)
}

/// Keeps what became of a day. The day is the key: it is made once, whoever comes.
pub(super) async fn record(
    tx: &mut OrgTx,
    id: RecurringPostId,
    day: Date,
    at: Timestamp,
    made: &Made,
    template_revision: i32,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "insert into publishing.recurring_occurrences
            (organization_id, recurring_post_id, occurs_on, due_at, state, post_id, message, template_revision,
             created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
    )
    .bind(tx.organization_id().uuid())
    .bind(id.uuid())
    .bind(day)
    .bind(at)
    .bind(made.state.label())
    .bind(made.post.map(PostId::uuid))
    .bind(made.message.as_deref())
    .bind(template_revision)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Lets a day be made anew.
pub(super) async fn forget(tx: &mut OrgTx, id: RecurringPostId, day: Date) -> Result<(), Error> {
    sqlx::query(
        "delete from publishing.recurring_occurrences
         where organization_id = $1 and recurring_post_id = $2 and occurs_on = $3",
    )
    .bind(tx.organization_id().uuid())
    .bind(id.uuid())
    .bind(day)
    .execute(tx.conn())
    .await?;
    Ok(())
}
