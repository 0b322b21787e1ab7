//! What the editor asks while somebody writes: repetitions, labels in use, moments that are taken.

use std::time::Duration;

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, PostId, Timestamp};
use uuid::Uuid;

/// So far back a repetition is looked for.
const LOOK_BACK: Duration = Duration::from_secs(30 * 24 * 3600);
/// Posts are planned a year ahead at most (PUB-25).
const LOOK_AHEAD: Duration = Duration::from_secs(366 * 24 * 3600);
/// So many of the newest posts are asked for the labels in use.
const POSTS_ASKED: i64 = 2_000;
/// So many labels are suggested.
const SUGGESTED_MAX: i64 = 40;

/// A post that says the same on an account.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Twin {
    /// Which of the texts, from 1.
    pub n: i64,
    pub account_id: AccountId,
    pub post_id: PostId,
    pub at: Timestamp,
    pub is_out: bool,
}

/// White space and case do not count. An account sends a few dozen posts a day at most, so its month is read through
/// the indexes of what is out and what waits, and the texts are compared there.
const TWINS: &str = r"
    with wanted as (
        select w.n, w.account_id, lower(btrim(regexp_replace(w.words, '\s+', ' ', 'g'))) as words
        from unnest($2::uuid[], $3::text[]) with ordinality as w (account_id, words, n)
    ), near as materialized (
        select u.social_account_id, u.post_id, u.content_override, u.published_at as at, true as is_out
        from publishing.post_publications u
        where u.organization_id = $1 and u.social_account_id = any($2) and u.published_at > $4 and u.published_at < $6
        union all
        select u.social_account_id, u.post_id, u.content_override, u.next_attempt_at, false
        from publishing.post_publications u
        where u.organization_id = $1 and u.social_account_id = any($2) and u.status in ('scheduled', 'retrying')
          and u.next_attempt_at > $4 and u.next_attempt_at < $6
    )
    select distinct on (w.n) w.n, n.social_account_id as account_id, n.post_id, n.at, n.is_out
    from near n
         join wanted w on w.account_id = n.social_account_id and w.words <> ''
         join publishing.posts p on p.organization_id = $1 and p.id = n.post_id
    where n.post_id is distinct from $5 and p.parent_post_id is null
      and lower(btrim(regexp_replace(coalesce(n.content_override ->> 'text', p.content), '\s+', ' ', 'g'))) = w.words
    order by w.n, n.at desc, n.post_id";

/// For each account and text the newest post that came out on it within 30 days, or is planned, with the same text; in
/// the order given.
pub(crate) async fn twins(
    tx: &mut OrgTx,
    texts: &[(AccountId, &str)],
    except: Option<PostId>,
    now: Timestamp,
) -> Result<Vec<Twin>, Error> {
    twins_between(tx, texts, except, now - LOOK_BACK, now + LOOK_AHEAD).await
}

/// The same between two moments.
pub(crate) async fn twins_between(
    tx: &mut OrgTx,
    texts: &[(AccountId, &str)],
    except: Option<PostId>,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Twin>, Error> {
    if texts.iter().all(|(_, text)| text.trim().is_empty()) {
        return Ok(Vec::new());
    }
    let accounts: Vec<Uuid> = texts.iter().map(|(account, _)| account.uuid()).collect();
    let words: Vec<&str> = texts.iter().map(|(_, text)| *text).collect();
    Ok(sqlx::query_as(TWINS)
        .bind(tx.organization_id().uuid())
        .bind(&accounts)
        .bind(&words)
        .bind(from)
        .bind(except.map(PostId::uuid))
        .bind(to)
        .fetch_all(tx.conn())
        .await?)
}

const LABELS_IN_USE: &str = "
    select min(l.label) from (
        select p.metadata -> 'labels' as labels from publishing.posts p
        where p.organization_id = $1 and p.archived_at is null and p.parent_post_id is null
        order by p.created_at desc, p.id desc limit $2) newest
    cross join jsonb_array_elements_text(
        case jsonb_typeof(newest.labels) when 'array' then newest.labels else '[]'::jsonb end) as l (label)
    group by lower(l.label) order by count(*) desc, lower(l.label) limit $3";

/// The labels of the newest posts, the most used ones first.
pub(crate) async fn labels_in_use(tx: &mut OrgTx) -> Result<Vec<String>, Error> {
    let organization = tx.organization_id().uuid();
    let found = sqlx::query_scalar(LABELS_IN_USE).bind(organization).bind(POSTS_ASKED).bind(SUGGESTED_MAX);
    Ok(found.fetch_all(tx.conn()).await?)
}

const TAKEN: &str = "
    select u.social_account_id, u.published_at as at from publishing.post_publications u
    where u.organization_id = $1 and u.social_account_id = any($2) and u.published_at >= $3 and u.published_at < $4
    union all
    select u.social_account_id, u.next_attempt_at from publishing.post_publications u
    where u.organization_id = $1 and u.social_account_id = any($2) and u.status in ('scheduled', 'retrying')
      and u.next_attempt_at >= $3 and u.next_attempt_at < $4
    order by 2";

/// When something came out or is planned on these accounts, from `from` up to, not including, `to`, in time's order.
pub(crate) async fn taken(
    tx: &mut OrgTx,
    accounts: &[AccountId],
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(AccountId, Timestamp)>, Error> {
    let ids: Vec<Uuid> = accounts.iter().map(|account| account.uuid()).collect();
    let found = sqlx::query_as(TAKEN).bind(tx.organization_id().uuid()).bind(&ids).bind(from).bind(to);
    Ok(found.fetch_all(tx.conn()).await?)
}
