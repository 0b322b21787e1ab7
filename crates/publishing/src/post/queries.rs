//! Lists of posts that pages and programs ask for (PUB-50).
//!
//! Under row-level security the server uses only comparisons that cannot leak a value as conditions of an index:
//! those of ids, times and texts, not those of enums, JSON or search vectors. A state is therefore found
//! through an index that holds only the rows in that state. For the same reason a page's beginning is two bare
//! parameters: the server trusts neither `coalesce` nor `or`.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, Cursor, Limit, Page, PostId, Timestamp, UserId};
use uuid::Uuid;

use super::model::{EditorialState, PostFilter, PostOutcome, PostStatus, PostSummary, excerpt};

/// What a list shows of a post.
#[derive(sqlx::FromRow)]
struct Row {
    id: PostId,
    title: Option<String>,
    content: String,
    status: PostStatus,
    outcome: PostOutcome,
    editorial_state: EditorialState,
    scheduled_at: Option<Timestamp>,
    published_at: Option<Timestamp>,
    created_at: Timestamp,
    account_ids: Vec<Uuid>,
}

impl From<Row> for PostSummary {
    fn from(r: Row) -> Self {
        Self {
            id: r.id,
            excerpt: excerpt(r.title.as_deref(), &r.content),
            status: r.status,
            outcome: r.outcome,
            editorial_state: r.editorial_state,
            scheduled_at: r.scheduled_at,
            published_at: r.published_at,
            account_ids: r.account_ids.into_iter().map(AccountId::from_uuid).collect(),
            created_at: r.created_at,
        }
    }
}

/// The columns of [`Row`], and what follows.
macro_rules! summaries {
    ($rest:literal) => {
        concat!(
            "select p.id, p.title, p.content, p.status, p.outcome, p.editorial_state, p.scheduled_at, p.published_at,
                    p.created_at,
                    array(select u.social_account_id from publishing.post_publications u
                          where u.organization_id = $1 and u.post_id = p.id order by u.created_at, u.id) as account_ids
             ",
            $rest
        )
    };
}

const UPCOMING: &str = summaries!(
    "from publishing.posts p
     where p.organization_id = $1 and p.author_user_id = $2 and p.status = 'scheduled'
       and (p.scheduled_at, p.id) > ($3, $4)
     order by p.scheduled_at, p.id
     limit $5"
);

/// A person's planned posts after a place in time, the next one first (Q1).
pub(crate) async fn upcoming(
    tx: &mut OrgTx,
    author: UserId,
    after: Cursor,
    limit: Limit,
) -> Result<Page<PostSummary>, Error> {
    let rows: Vec<Row> = sqlx::query_as(UPCOMING)
        .bind(tx.organization_id().uuid())
        .bind(author.uuid())
        .bind(after.at)
        .bind(after.id)
        .bind(limit.probe())
        .fetch_all(tx.conn())
        .await?;
    let posts = rows.into_iter().map(PostSummary::from).collect();
    Ok(Page::from_probe(posts, limit, |p| (p.scheduled_at.unwrap_or(after.at), p.id.uuid())))
}

const WITH_HASHTAG: &str = summaries!(
    "from publishing.posts p
     where p.organization_id = $1 and p.archived_at is null and p.hashtags @> jsonb_build_array($2::text)
       and (p.created_at, p.id) < ($3, $4)
     order by p.created_at desc, p.id desc
     limit $5"
);

/// Posts with a hashtag, newest first (Q4).
pub(crate) async fn with_hashtag(
    tx: &mut OrgTx,
    tag: &str,
    after: Cursor,
    limit: Limit,
) -> Result<Page<PostSummary>, Error> {
    let rows: Vec<Row> = sqlx::query_as(WITH_HASHTAG)
        .bind(tx.organization_id().uuid())
        .bind(tag)
        .bind(after.at)
        .bind(after.id)
        .bind(limit.probe())
        .fetch_all(tx.conn())
        .await?;
    let posts = rows.into_iter().map(PostSummary::from).collect();
    Ok(Page::from_probe(posts, limit, |p| (p.created_at, p.id.uuid())))
}

const SEARCH: &str = summaries!(
    "from publishing.posts p, websearch_to_tsquery('simple', $2) wanted
     where p.organization_id = $1 and p.archived_at is null and p.search_vector @@ wanted
     order by ts_rank_cd(p.search_vector, wanted) desc, p.created_at desc, p.id desc
     limit $3"
);

/// Posts that answer a search, best first (Q11).
pub(crate) async fn search(tx: &mut OrgTx, wanted: &str, limit: Limit) -> Result<Vec<PostSummary>, Error> {
    let rows: Vec<Row> = sqlx::query_as(SEARCH)
        .bind(tx.organization_id().uuid())
        .bind(wanted)
        .bind(limit.probe() - 1)
        .fetch_all(tx.conn())
        .await?;
    Ok(rows.into_iter().map(PostSummary::from).collect())
}

const LIST: &str = summaries!(
    "from publishing.posts p
     where p.organization_id = $1 and p.archived_at is null and p.parent_post_id is null
       and ($2::publishing.post_status is null or p.status = $2)
       and ($3::uuid is null or exists (select from publishing.post_publications u
            where u.organization_id = $1 and u.post_id = p.id and u.social_account_id = $3))
       and ($4::text is null or p.metadata -> 'labels' ? $4)
       and ($5::timestamptz is null or (p.created_at, p.id) < ($5, $6::uuid))
     order by p.created_at desc, p.id desc
     limit $7"
);

/// A page of posts, newest first, without the archived ones and without parts of others (Q13).
pub(crate) async fn list(
    tx: &mut OrgTx,
    filter: PostFilter,
    after: Option<Cursor>,
    limit: Limit,
) -> Result<Page<PostSummary>, Error> {
    let rows: Vec<Row> = sqlx::query_as(LIST)
        .bind(tx.organization_id().uuid())
        .bind(filter.status)
        .bind(filter.account_id.map(AccountId::uuid))
        .bind(filter.label)
        .bind(after.map(|c| c.at))
        .bind(after.map(|c| c.id))
        .bind(limit.probe())
        .fetch_all(tx.conn())
        .await?;
    let posts = rows.into_iter().map(PostSummary::from).collect();
    Ok(Page::from_probe(posts, limit, |p| (p.created_at, p.id.uuid())))
}
