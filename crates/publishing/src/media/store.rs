//! The statements on files in posts.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{IdGen, MediaAssetId, OrganizationId, PostId, Timestamp};
use rookery_platforms::MediaKind;
use uuid::Uuid;

use super::StoredFile;
use crate::kinds::MediaType;
use crate::post::MediaUse;

/// Puts exactly these files into a post, in this order. Files that are not there are left out: the check before
/// names them.
pub(crate) async fn replace(
    tx: &mut OrgTx,
    ids: &dyn IdGen,
    post: PostId,
    uses: &[MediaUse],
    now: Timestamp,
) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "delete from publishing.media where organization_id = $1 and post_id = $2",
        organization.uuid(),
        post.uuid(),
    )
    .execute(tx.conn())
    .await?;
    if uses.is_empty() {
        return Ok(());
    }
    let rows: Vec<Uuid> = uses.iter().map(|_| ids.uuid()).collect();
    let assets: Vec<Uuid> = uses.iter().map(|u| u.asset_id.uuid()).collect();
    let alt: Vec<Option<String>> = uses.iter().map(|u| u.alt_text.clone()).collect();
    sqlx::query!(
        "insert into publishing.media
            (organization_id, id, post_id, asset_id, type, url, thumbnail_url, mime_type, file_size, width, height,
             duration, alt_text, title, position, provider, provider_key, created_at, updated_at)
         select o.organization_id, u.id, $2, a.id, a.type, coalesce(a.url, '/media/' || a.id), a.thumbnail_url,
                a.mime_type, a.file_size, a.width, a.height, a.duration, coalesce(u.alt_text, a.alt_text), a.title,
                (u.place - 1)::integer, a.provider, a.provider_key, $6, $6
         from identity.organizations o
              cross join unnest($3::uuid[], $4::uuid[], $5::text[]) with ordinality as u (id, asset_id, alt_text, place)
              join publishing.media_assets a on a.organization_id = $1 and a.id = u.asset_id
         where o.organization_id = $1",
        organization.uuid(),
        post.uuid(),
        &rows,
        &assets,
        &alt as &[Option<String>],
        now as _,
    )
    .execute(tx.conn())
    .await?;
    sqlx::query!(
        "update publishing.media_assets set last_used_at = $3, updated_at = $3
         where organization_id = $1 and id = any($2)",
        organization.uuid(),
        &assets,
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Puts files into new posts, in one statement each for the uses and the files.
pub(crate) async fn insert_many(
    tx: &mut OrgTx,
    ids: &dyn IdGen,
    uses: &[(PostId, &[MediaUse])],
    now: Timestamp,
) -> Result<(), Error> {
    let rows: Vec<(Uuid, &MediaUse, i32)> = uses
        .iter()
        .flat_map(|(post, uses)| (0_i32..).zip(*uses).map(|(place, used)| (post.uuid(), used, place)))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let assets: Vec<Uuid> = rows.iter().map(|(_, used, _)| used.asset_id.uuid()).collect();
    let sql = "
        insert into publishing.media
            (organization_id, id, post_id, asset_id, type, url, thumbnail_url, mime_type, file_size, width, height,
             duration, alt_text, title, position, provider, provider_key, created_at, updated_at)
        select o.organization_id, u.id, u.post_id, a.id, a.type, coalesce(a.url, '/media/' || a.id), a.thumbnail_url,
               a.mime_type, a.file_size, a.width, a.height, a.duration, coalesce(u.alt_text, a.alt_text), a.title,
               u.place, a.provider, a.provider_key, $7, $7
        from identity.organizations o
             cross join unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::integer[])
                 as u (id, post_id, asset_id, alt_text, place)
             join publishing.media_assets a on a.organization_id = $1 and a.id = u.asset_id
        where o.organization_id = $1";
    sqlx::query(sql)
        .bind(tx.organization_id().uuid())
        .bind(rows.iter().map(|_| ids.uuid()).collect::<Vec<_>>())
        .bind(rows.iter().map(|(post, ..)| *post).collect::<Vec<_>>())
        .bind(&assets)
        .bind(rows.iter().map(|(_, used, _)| used.alt_text.clone()).collect::<Vec<_>>())
        .bind(rows.iter().map(|(.., place)| *place).collect::<Vec<_>>())
        .bind(now)
        .execute(tx.conn())
        .await?;
    let touch = "update publishing.media_assets set last_used_at = $3, updated_at = $3
                 where organization_id = $1 and id = any($2)";
    sqlx::query(touch).bind(tx.organization_id().uuid()).bind(&assets).bind(now).execute(tx.conn()).await?;
    Ok(())
}

/// Files that can be used and have one of these names: id and name, at most 5,000.
pub(crate) async fn named(tx: &mut OrgTx, names: &[String]) -> Result<Vec<(MediaAssetId, String)>, Error> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let sql = "
        select id, original_name from publishing.media_assets
        where organization_id = $1 and original_name = any($2) and status = 'active' and deleted_at is null
        order by id limit 5000";
    Ok(sqlx::query_as(sql).bind(tx.organization_id().uuid()).bind(names).fetch_all(tx.conn()).await?)
}

/// A file as the statements read it.
struct FileRow {
    id: Uuid,
    r#type: MediaType,
    mime_type: String,
    file_size: i64,
    width: Option<i32>,
    height: Option<i32>,
    duration: Option<i32>,
    alt_text: Option<String>,
    filename: String,
    provider_key: String,
}

impl FileRow {
    /// `None` for what no network takes in a post.
    fn stored(self, organization: OrganizationId) -> Option<StoredFile> {
        Some(StoredFile {
            organization_id: organization,
            asset_id: MediaAssetId::from_uuid(self.id),
            kind: kind(self.r#type)?,
            mime_type: self.mime_type,
            size: self.file_size.unsigned_abs(),
            width: self.width.map(i32::unsigned_abs),
            height: self.height.map(i32::unsigned_abs),
            duration_ms: self.duration.map(|s| u64::from(s.unsigned_abs()) * 1000),
            alt_text: self.alt_text,
            file_name: self.filename,
            key: self.provider_key,
        })
    }
}

/// The kinds of these files that are there and can be used, in the order of the list.
pub(crate) async fn kinds_of(tx: &mut OrgTx, uses: &[MediaUse]) -> Result<Vec<(MediaAssetId, StoredFile)>, Error> {
    if uses.is_empty() {
        return Ok(Vec::new());
    }
    let organization = tx.organization_id();
    let assets: Vec<Uuid> = uses.iter().map(|u| u.asset_id.uuid()).collect();
    let alt: Vec<Option<String>> = uses.iter().map(|u| u.alt_text.clone()).collect();
    let rows = sqlx::query_as!(
        FileRow,
        r#"select a.id, a.type as "type: MediaType", a.mime_type, a.file_size, a.width, a.height, a.duration,
                  coalesce(u.alt_text, a.alt_text) as alt_text, a.filename, a.provider_key
           from unnest($2::uuid[], $3::text[]) with ordinality as u (asset_id, alt_text, place)
                join publishing.media_assets a on a.organization_id = $1 and a.id = u.asset_id
           where a.status = 'active' and a.deleted_at is null and a.processing_state = 'completed'
           order by u.place"#,
        organization.uuid(),
        &assets,
        &alt as &[Option<String>],
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().filter_map(|row| row.stored(organization)).map(|file| (file.asset_id, file)).collect())
}

/// The files of a post, in order.
pub(crate) async fn of_post(
    tx: &mut OrgTx,
    organization: OrganizationId,
    post: PostId,
) -> Result<Vec<StoredFile>, Error> {
    let rows = sqlx::query_as!(
        FileRow,
        r#"select a.id, a.type as "type: MediaType", a.mime_type, a.file_size, a.width, a.height, a.duration, m.alt_text,
                  a.filename, a.provider_key
           from publishing.media m join publishing.media_assets a on a.organization_id = $1 and a.id = m.asset_id
           where m.organization_id = $1 and m.post_id = $2
           order by m.position"#,
        organization.uuid(),
        post.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().filter_map(|row| row.stored(organization)).collect())
}

/// The files of a post as the post names them.
pub(crate) async fn uses_of_post(tx: &mut OrgTx, post: PostId) -> Result<Vec<MediaUse>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"select asset_id as "asset_id!", alt_text from publishing.media
           where organization_id = $1 and post_id = $2 and asset_id is not null order by position"#,
        organization.uuid(),
        post.uuid(),
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|r| MediaUse { asset_id: MediaAssetId::from_uuid(r.asset_id), alt_text: r.alt_text })
        .collect())
}

/// Documents and sound are kept, and no network takes them in a post yet.
const fn kind(stored: MediaType) -> Option<MediaKind> {
    match stored {
        MediaType::Image => Some(MediaKind::Image),
        MediaType::Gif => Some(MediaKind::Gif),
        MediaType::Video => Some(MediaKind::Video),
        MediaType::Document | MediaType::Audio => None,
    }
}
