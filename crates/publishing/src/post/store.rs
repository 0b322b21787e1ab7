//! The statements on posts and their revisions.

use std::collections::BTreeMap;

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, PostId, RevisionId, Timestamp};
use serde_json::Value;

use super::composition::{MediaUse, Variant};
use super::model::{ContentType, EditorialState, Post, PostFormat, PostOutcome, PostStatus};

/// A new post.
pub(crate) async fn insert(tx: &mut OrgTx, post: &Post) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "insert into publishing.posts
            (id, organization_id, author_user_id, title, content, hashtags, mentions, status, outcome, editorial_state,
             scheduled_at, timezone, is_scheduled, expires_at, revision, metadata, created_at, updated_at,
             content_type, format, parent_post_id, sequence_no, comment_delay_minutes, approved_revision)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17, $18, $19, $20, $21, $22, $23)",
        post.id.uuid(),
        organization.uuid(),
        post.author_user_id.map(rookery_kernel::UserId::uuid),
        post.title,
        post.content,
        post.hashtags,
        post.mentions,
        post.status as PostStatus,
        post.outcome as PostOutcome,
        post.editorial_state as EditorialState,
        post.scheduled_at as _,
        post.timezone,
        post.is_scheduled,
        post.expires_at as _,
        post.revision,
        post.metadata,
        post.created_at as _,
        post.content_type as ContentType,
        post.format as PostFormat,
        post.parent_post_id.map(PostId::uuid),
        post.sequence_no,
        post.comment_delay_minutes,
        post.approved_revision,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// New posts that an import made, in one statement.
pub(crate) async fn insert_imported(tx: &mut OrgTx, posts: &[&Post]) -> Result<(), Error> {
    let sql = "
        insert into publishing.posts
            (organization_id, id, author_user_id, origin, title, content, hashtags, mentions, status, editorial_state,
             scheduled_at, timezone, is_scheduled, expires_at, metadata, content_type, format, created_at, updated_at)
        select o.organization_id, u.id, u.author, 'import', u.title, u.content, u.hashtags, u.mentions,
               u.status::publishing.post_status, u.editorial_state::publishing.editorial_state, u.scheduled_at,
               u.timezone, u.is_scheduled, u.expires_at, u.metadata, u.content_type::publishing.content_type,
               u.format::publishing.post_format, u.created_at, u.created_at
        from identity.organizations o
             cross join unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::jsonb[], $7::jsonb[], $8::text[],
                               $9::text[], $10::timestamptz[], $11::text[], $12::boolean[], $13::timestamptz[],
                               $14::jsonb[], $15::text[], $16::text[], $17::timestamptz[])
                 as u (id, author, title, content, hashtags, mentions, status, editorial_state, scheduled_at, timezone,
                       is_scheduled, expires_at, metadata, content_type, format, created_at)
        where o.organization_id = $1";
    sqlx::query(sql)
        .bind(tx.organization_id().uuid())
        .bind(posts.iter().map(|p| p.id.uuid()).collect::<Vec<_>>())
        .bind(posts.iter().map(|p| p.author_user_id.map(rookery_kernel::UserId::uuid)).collect::<Vec<_>>())
        .bind(posts.iter().map(|p| p.title.clone()).collect::<Vec<_>>())
        .bind(posts.iter().map(|p| p.content.clone()).collect::<Vec<_>>())
        .bind(posts.iter().map(|p| p.hashtags.clone()).collect::<Vec<_>>())
        .bind(posts.iter().map(|p| p.mentions.clone()).collect::<Vec<_>>())
        .bind(posts.iter().map(|p| p.status.label()).collect::<Vec<_>>())
        .bind(posts.iter().map(|p| p.editorial_state.label()).collect::<Vec<_>>())
        .bind(posts.iter().map(|p| p.scheduled_at).collect::<Vec<_>>())
        .bind(posts.iter().map(|p| p.timezone.clone()).collect::<Vec<_>>())
        .bind(posts.iter().map(|p| p.is_scheduled).collect::<Vec<_>>())
        .bind(posts.iter().map(|p| p.expires_at).collect::<Vec<_>>())
        .bind(posts.iter().map(|p| p.metadata.clone()).collect::<Vec<_>>())
        .bind(posts.iter().map(|p| p.content_type.label()).collect::<Vec<_>>())
        .bind(posts.iter().map(|p| p.format.label()).collect::<Vec<_>>())
        .bind(posts.iter().map(|p| p.created_at).collect::<Vec<_>>())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The first revisions of posts that an import made, in one statement.
pub(crate) async fn insert_imported_revisions(
    tx: &mut OrgTx,
    revisions: &[(RevisionId, &Post, RevisionParts<'_>)],
    now: Timestamp,
) -> Result<(), Error> {
    let editor = tx.scope().actor.user_id().map(rookery_kernel::UserId::uuid);
    let sql = "
        insert into publishing.post_revisions
            (organization_id, id, post_id, revision, snapshot, source, editor_user_id, created_at)
        select o.organization_id, u.id, u.post_id, 1, u.snapshot, 'import', $5, $6
        from identity.organizations o
             cross join unnest($2::uuid[], $3::uuid[], $4::jsonb[]) as u (id, post_id, snapshot)
        where o.organization_id = $1";
    sqlx::query(sql)
        .bind(tx.organization_id().uuid())
        .bind(revisions.iter().map(|(id, ..)| id.uuid()).collect::<Vec<_>>())
        .bind(revisions.iter().map(|(_, post, _)| post.id.uuid()).collect::<Vec<_>>())
        .bind(revisions.iter().map(|(_, post, parts)| snapshot(post, *parts)).collect::<Vec<_>>())
        .bind(editor)
        .bind(now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// What a revision keeps besides the post's own columns.
#[derive(Clone, Copy)]
pub(crate) struct RevisionParts<'a> {
    pub media: &'a [MediaUse],
    pub variants: &'a BTreeMap<AccountId, Variant>,
}

/// What a revision remembers.
fn snapshot(post: &Post, parts: RevisionParts<'_>) -> Value {
    serde_json::json!({
        "title": post.title, "content": post.content, "hashtags": post.hashtags, "mentions": post.mentions,
        "media": parts.media, "variants": parts.variants, "metadata": post.metadata, "format": post.format,
    })
}

/// Makes the revision `from` the post's present one, if the same person began it after `since` and nothing refers to it:
/// no review, judgement, link, approval or attempt. Numbers go on rising, so that who read an older one still learns it.
pub(crate) async fn fold_revision(
    tx: &mut OrgTx,
    post: &Post,
    from: i32,
    parts: RevisionParts<'_>,
    since: Timestamp,
) -> Result<bool, Error> {
    let organization = tx.organization_id();
    let editor = tx.scope().actor.user_id().map(rookery_kernel::UserId::uuid);
    let done = sqlx::query(
        "update publishing.post_revisions r set revision = $4, snapshot = $5
         where r.organization_id = $1 and r.post_id = $2 and r.revision = $3 and r.source = 'human'
           and r.editor_user_id = $6 and r.created_at > $7
           and not exists (select from publishing.posts p
                           where p.organization_id = $1 and p.id = $2 and p.approved_revision = $3)
           and not exists (select from publishing.reviews v
                           where v.organization_id = $1 and v.post_id = $2 and v.revision = $3)
           and not exists (select from publishing.review_decisions d
                                join publishing.reviews v on v.organization_id = $1 and v.id = d.review_id
                           where d.organization_id = $1 and v.post_id = $2 and d.revision = $3)
           and not exists (select from publishing.review_links l
                           where l.organization_id = $1 and l.post_id = $2 and l.revision = $3)
           and not exists (select from publishing.publication_attempts a
                                join publishing.post_publications u
                                     on u.organization_id = $1 and u.id = a.publication_id
                           where a.organization_id = $1 and u.post_id = $2 and a.post_revision = $3)",
    )
    .bind(organization.uuid())
    .bind(post.id.uuid())
    .bind(from)
    .bind(post.revision)
    .bind(snapshot(post, parts))
    .bind(editor)
    .bind(since)
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The post's present content as a revision of its number.
pub(crate) async fn insert_revision(
    tx: &mut OrgTx,
    id: RevisionId,
    post: &Post,
    parts: RevisionParts<'_>,
    now: Timestamp,
) -> Result<(), Error> {
    let organization = tx.organization_id();
    let editor = tx.scope().actor.user_id().map(rookery_kernel::UserId::uuid);
    sqlx::query!(
        "insert into publishing.post_revisions
            (id, organization_id, post_id, revision, snapshot, source, editor_user_id, created_at)
         values ($1, $2, $3, $4, $5, 'human', $6, $7)",
        id.uuid(),
        organization.uuid(),
        post.id.uuid(),
        post.revision,
        snapshot(post, parts),
        editor,
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What a revision of a post said: the account's own words, or the post's.
pub(crate) async fn text_of_revision(
    tx: &mut OrgTx,
    post: PostId,
    revision: i32,
    account: AccountId,
) -> Result<Option<String>, Error> {
    let organization = tx.organization_id();
    let found = sqlx::query_scalar!(
        "select coalesce(snapshot #>> array['variants', $4::text, 'text'], snapshot ->> 'content')
         from publishing.post_revisions where organization_id = $1 and post_id = $2 and revision = $3",
        organization.uuid(),
        post.uuid(),
        revision,
        account.to_string(),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.flatten())
}

/// The part of a post at a place, if it was made already.
pub(crate) async fn part_of(tx: &mut OrgTx, root: PostId, place: i32) -> Result<Option<PostId>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_scalar!(
        "select id from publishing.posts where organization_id = $1 and parent_post_id = $2 and sequence_no = $3",
        organization.uuid(),
        root.uuid(),
        place,
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// The id that a post has on an account's network, as its repetition number `occurrence`.
pub(crate) async fn remote_id(
    tx: &mut OrgTx,
    post: PostId,
    account: AccountId,
    occurrence: i32,
) -> Result<Option<String>, Error> {
    let organization = tx.organization_id();
    let found = sqlx::query_scalar!(
        "select platform_post_id from publishing.post_publications
         where organization_id = $1 and post_id = $2 and social_account_id = $3 and occurrence = $4
           and status = 'published'",
        organization.uuid(),
        post.uuid(),
        account.uuid(),
        occurrence,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.flatten())
}

/// The id that the newest part of a thread before `place` has on an account's network.
pub(crate) async fn remote_id_of_part_before(
    tx: &mut OrgTx,
    root: PostId,
    place: i32,
    account: AccountId,
    occurrence: i32,
) -> Result<Option<String>, Error> {
    let organization = tx.organization_id();
    let found = sqlx::query_scalar!(
        "select u.platform_post_id
         from publishing.posts p
              join publishing.post_publications u on u.organization_id = $1 and u.post_id = p.id
         where p.organization_id = $1 and p.parent_post_id = $2 and p.format = 'thread' and p.sequence_no < $3
           and u.social_account_id = $4 and u.occurrence = $5 and u.status = 'published'
         order by p.sequence_no desc limit 1",
        organization.uuid(),
        root.uuid(),
        place,
        account.uuid(),
        occurrence,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.flatten())
}

/// One post, or none in this organization.
pub(crate) async fn find(tx: &mut OrgTx, id: PostId) -> Result<Option<Post>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        Post,
        "select id, organization_id, author_user_id, title, content, content_type, format, parent_post_id,
                sequence_no, comment_delay_minutes, hashtags, mentions, status, outcome, editorial_state, scheduled_at, timezone, is_scheduled, published_at, expires_at, error_message,
                revision, approved_revision, archived_at, metadata, created_at, updated_at
         from publishing.posts where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// The same, locked until the transaction ends. Whoever changes a post or one of its publications
/// takes this lock first, so that nobody waits in a circle.
pub(crate) async fn lock(tx: &mut OrgTx, id: PostId) -> Result<Option<Post>, Error> {
    let organization = tx.organization_id();
    let found = sqlx::query_scalar!(
        "select id from publishing.posts where organization_id = $1 and id = $2 for update",
        organization.uuid(),
        id.uuid(),
    )
    .fetch_optional(tx.conn())
    .await?;
    // Read after the lock is held: the statement that waited still saw the row as it was.
    if found.is_some() { find(tx, id).await } else { Ok(None) }
}

/// Writes content, review and archive of a post.
pub(crate) async fn write_content(tx: &mut OrgTx, post: &Post) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update publishing.posts set
             title = $3, content = $4, hashtags = $5, mentions = $6, editorial_state = $7, revision = $8,
             approved_revision = $9, archived_at = $10, is_scheduled = $11, timezone = $12, updated_at = $13,
             metadata = $14, content_type = $15, format = $16, expires_at = $17
         where organization_id = $1 and id = $2",
        organization.uuid(),
        post.id.uuid(),
        post.title,
        post.content,
        post.hashtags,
        post.mentions,
        post.editorial_state as EditorialState,
        post.revision,
        post.approved_revision,
        post.archived_at as _,
        post.is_scheduled,
        post.timezone,
        post.updated_at as _,
        post.metadata,
        post.content_type as ContentType,
        post.format as PostFormat,
        post.expires_at as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes what follows from the publications (PUB-36). Nothing else writes these columns, but that [`crate::numbers`] adds up
/// the totals anew when numbers were read.
pub(crate) async fn write_roll_up(
    tx: &mut OrgTx,
    post: &Post,
    retry_count: i32,
    last_retry_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update publishing.posts p set
             status = $3::publishing.post_status, outcome = $4, scheduled_at = $5, published_at = $6, error_message = $7, retry_count = $8,
             last_retry_at = coalesce($9, p.last_retry_at),
             failed_at = case when $3::publishing.post_status = 'failed' and p.status <> 'failed' then $10 else p.failed_at end,
             analytics = coalesce((
                 select jsonb_strip_nulls(jsonb_build_object(
                     'totalLikes', sum(u.likes_count), 'totalComments', sum(u.comments_count),
                     'totalShares', sum(u.shares_count), 'totalImpressions', sum(u.impressions_count),
                     'totalReach', sum(u.reach_count)))
                 from publishing.post_publications u where u.organization_id = $1 and u.post_id = $2), '{}'::jsonb),
             updated_at = $10
         where p.organization_id = $1 and p.id = $2",
        organization.uuid(),
        post.id.uuid(),
        post.status as PostStatus,
        post.outcome as PostOutcome,
        post.scheduled_at as _,
        post.published_at as _,
        post.error_message,
        retry_count,
        last_retry_at as _,
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Deletes a post; revisions and publications go with it.
pub(crate) async fn delete(tx: &mut OrgTx, id: PostId) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "delete from publishing.posts where organization_id = $1 and id = $2",
        organization.uuid(),
        id.uuid(),
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Texts as an array of JSON.
pub(crate) fn json_list(words: &[String]) -> Value {
    Value::Array(words.iter().cloned().map(Value::String).collect())
}
