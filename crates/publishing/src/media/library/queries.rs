//! The statements on files of the library and on files on their way.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{Cursor, Limit, MediaAssetId, MediaUploadId, Page, PostId, Timestamp};
use serde_json::Value;
use uuid::Uuid;

use super::{Asset, AssetFilter, AssetUse, Upload};
use crate::kinds::{AssetStatus, MediaType, ProcessingState, UploadState};
use crate::post::PostStatus;

#[derive(sqlx::FromRow)]
struct AssetRow {
    id: Uuid,
    r#type: MediaType,
    filename: String,
    original_name: String,
    mime_type: String,
    file_size: i64,
    sha256: Option<Vec<u8>>,
    width: Option<i32>,
    height: Option<i32>,
    duration: Option<i32>,
    provider_key: String,
    title: Option<String>,
    alt_text: Option<String>,
    tags: Vec<String>,
    status: AssetStatus,
    processing_state: ProcessingState,
    metadata: Value,
    created_at: Timestamp,
    deleted_at: Option<Timestamp>,
    uses: i64,
}

impl From<AssetRow> for Asset {
    fn from(r: AssetRow) -> Self {
        let word = |name: &str| r.metadata.get(name).and_then(Value::as_str).map(str::to_owned);
        Self {
            id: MediaAssetId::from_uuid(r.id),
            kind: r.r#type,
            failure: word("failure"),
            thumbnail: word("thumbnail"),
            codec: word("codec"),
            sound: word("sound"),
            duration_ms: r.metadata.get("durationMs").and_then(Value::as_u64),
            file_name: r.filename,
            original_name: r.original_name,
            mime_type: r.mime_type,
            size: r.file_size.unsigned_abs(),
            sha256: r.sha256,
            width: r.width.map(i32::unsigned_abs),
            height: r.height.map(i32::unsigned_abs),
            duration_s: r.duration.map(i32::unsigned_abs),
            key: r.provider_key,
            title: r.title,
            alt_text: r.alt_text,
            tags: r.tags,
            status: r.status,
            state: r.processing_state,
            created_at: r.created_at,
            deleted_at: r.deleted_at,
            uses: r.uses.unsigned_abs(),
        }
    }
}

/// The columns of [`AssetRow`], and what follows.
macro_rules! assets {
    ($rest:literal) => {
        concat!(
            "select a.id, a.type, a.filename, a.original_name, a.mime_type, a.file_size, a.sha256, a.width, a.height,
                    a.duration, a.provider_key, a.title, a.alt_text, a.tags, a.status, a.processing_state, a.metadata,
                    a.created_at, a.deleted_at,
                    (select count(*) from publishing.media m
                     where m.organization_id = $1 and m.asset_id = a.id) as uses
             from publishing.media_assets a ",
            $rest
        )
    };
}

const LIST: &str = assets!(
    "where a.organization_id = $1 and a.deleted_at is null and (a.created_at, a.id) < ($2, $3)
       and ($4::publishing.media_type is null or a.type = $4)
       and ($5::text is null or a.original_name ilike $5 or a.title ilike $5 or a.alt_text ilike $5 or $6 = any (a.tags))
       and (not $7 or a.processing_state = 'completed')
     order by a.created_at desc, a.id desc
     limit $8"
);

/// Files before a place in time, the newest first.
pub(super) async fn list(
    tx: &mut OrgTx,
    filter: &AssetFilter,
    after: Cursor,
    limit: Limit,
) -> Result<Page<Asset>, Error> {
    let wanted = filter.search.as_deref().map(str::trim).filter(|s| !s.is_empty());
    let pattern = wanted.map(|words| format!("%{}%", escaped(words)));
    let rows: Vec<AssetRow> = sqlx::query_as(LIST)
        .bind(tx.organization_id().uuid())
        .bind(after.at)
        .bind(after.id)
        .bind(filter.kind)
        .bind(pattern)
        .bind(wanted)
        .bind(filter.only_ready)
        .bind(limit.probe())
        .fetch_all(tx.conn())
        .await?;
    let found = rows.into_iter().map(Asset::from).collect();
    Ok(Page::from_probe(found, limit, |a: &Asset| (a.created_at, a.id.uuid())))
}

const ONE: &str = assets!("where a.organization_id = $1 and a.id = $2");
const ONE_LOCKED: &str = assets!("where a.organization_id = $1 and a.id = $2 for update of a");
const BY_DIGEST: &str =
    assets!("where a.organization_id = $1 and a.sha256 = $2 order by a.created_at limit 1 for update of a");

/// One file, deleted ones too.
pub(super) async fn find(tx: &mut OrgTx, id: MediaAssetId) -> Result<Option<Asset>, Error> {
    let organization = tx.organization_id().uuid();
    let row: Option<AssetRow> =
        sqlx::query_as(ONE).bind(organization).bind(id.uuid()).fetch_optional(tx.conn()).await?;
    Ok(row.map(Asset::from))
}

/// One file, locked.
pub(super) async fn lock(tx: &mut OrgTx, id: MediaAssetId) -> Result<Option<Asset>, Error> {
    let organization = tx.organization_id().uuid();
    let row: Option<AssetRow> =
        sqlx::query_as(ONE_LOCKED).bind(organization).bind(id.uuid()).fetch_optional(tx.conn()).await?;
    Ok(row.map(Asset::from))
}

/// The file of these bytes, locked. Until the transaction ends nobody else can add the same bytes.
pub(super) async fn lock_by_digest(tx: &mut OrgTx, sha256: &[u8]) -> Result<Option<Asset>, Error> {
    let organization = tx.organization_id().uuid();
    sqlx::query("select pg_advisory_xact_lock(hashtextextended($1::text || encode($2, 'hex'), 0))")
        .bind(organization)
        .bind(sha256)
        .execute(tx.conn())
        .await?;
    let row: Option<AssetRow> =
        sqlx::query_as(BY_DIGEST).bind(organization).bind(sha256).fetch_optional(tx.conn()).await?;
    Ok(row.map(Asset::from))
}

/// What is known of a file before it was looked at.
pub(super) struct NewAsset<'a> {
    pub id: MediaAssetId,
    pub uploaded_by: Option<Uuid>,
    pub kind: MediaType,
    pub file_name: &'a str,
    pub original_name: &'a str,
    pub mime_type: &'a str,
    pub size: u64,
    pub sha256: &'a [u8],
    pub provider: &'a str,
    pub bucket: &'a str,
    pub key: &'a str,
}

/// Adds a file that waits to be looked at.
pub(super) async fn insert(tx: &mut OrgTx, new: &NewAsset<'_>, now: Timestamp) -> Result<(), Error> {
    sqlx::query(
        "insert into publishing.media_assets
            (organization_id, id, uploaded_by, type, filename, original_name, mime_type, file_size, sha256, provider,
             bucket, provider_key, url, processing_state, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, '/media/' || $2::text, 'pending', $13, $13)",
    )
    .bind(tx.organization_id().uuid())
    .bind(new.id.uuid())
    .bind(new.uploaded_by)
    .bind(new.kind)
    .bind(new.file_name)
    .bind(new.original_name)
    .bind(new.mime_type)
    .bind(signed(new.size))
    .bind(new.sha256)
    .bind(new.provider)
    .bind(new.bucket)
    .bind(new.key)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Brings a file back that was put away; `again` lets it be looked at once more.
pub(super) async fn revive(tx: &mut OrgTx, id: MediaAssetId, again: bool, now: Timestamp) -> Result<(), Error> {
    sqlx::query(
        "update publishing.media_assets
         set status = 'active', deleted_at = null, updated_at = $4,
             processing_state = case when $3 then 'pending' else processing_state end,
             metadata = case when $3 then metadata - 'failure' else metadata end
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization_id().uuid())
    .bind(id.uuid())
    .bind(again)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Notes that a file is looked at.
pub(super) async fn set_processing(tx: &mut OrgTx, id: MediaAssetId, now: Timestamp) -> Result<(), Error> {
    sqlx::query(
        "update publishing.media_assets set processing_state = 'processing', updated_at = $3
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization_id().uuid())
    .bind(id.uuid())
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What was found in a file.
pub(super) struct Judged {
    pub kind: MediaType,
    pub file_name: String,
    pub mime_type: String,
    pub size: u64,
    pub width: u32,
    pub height: u32,
    pub duration_ms: Option<u64>,
    pub key: String,
    pub has_thumbnail: bool,
    pub metadata: Value,
}

/// Lets a file be used.
pub(super) async fn complete(tx: &mut OrgTx, id: MediaAssetId, judged: &Judged, now: Timestamp) -> Result<(), Error> {
    // Seconds are whole in the column; networks' limits look at the milliseconds of the metadata.
    let seconds = judged.duration_ms.map(|ms| i32::try_from(ms.div_ceil(1000)).unwrap_or(i32::MAX));
    sqlx::query(
        "update publishing.media_assets
         set type = $3, filename = $4, mime_type = $5, file_size = $6, width = $7, height = $8, duration = $9,
             provider_key = $10, thumbnail_url = case when $11 then '/media/' || id || '/thumbnail' end,
             metadata = metadata - 'failure' || $12, processing_state = 'completed', updated_at = $13
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization_id().uuid())
    .bind(id.uuid())
    .bind(judged.kind)
    .bind(&judged.file_name)
    .bind(&judged.mime_type)
    .bind(signed(judged.size))
    .bind(i32::try_from(judged.width).unwrap_or(i32::MAX))
    .bind(i32::try_from(judged.height).unwrap_or(i32::MAX))
    .bind(seconds)
    .bind(&judged.key)
    .bind(judged.has_thumbnail)
    .bind(&judged.metadata)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Says why a file cannot be used.
pub(super) async fn fail(tx: &mut OrgTx, id: MediaAssetId, why: &str, now: Timestamp) -> Result<(), Error> {
    sqlx::query(
        "update publishing.media_assets
         set processing_state = 'failed', metadata = metadata || jsonb_build_object('failure', $3::text), updated_at = $4
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization_id().uuid())
    .bind(id.uuid())
    .bind(why)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Writes what people may change.
pub(super) async fn describe(tx: &mut OrgTx, asset: &Asset, now: Timestamp) -> Result<(), Error> {
    sqlx::query(
        "update publishing.media_assets set title = $3, alt_text = $4, tags = $5, updated_at = $6
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization_id().uuid())
    .bind(asset.id.uuid())
    .bind(&asset.title)
    .bind(&asset.alt_text)
    .bind(&asset.tags)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Puts a file away.
pub(super) async fn mark_deleted(tx: &mut OrgTx, id: MediaAssetId, now: Timestamp) -> Result<(), Error> {
    sqlx::query(
        "update publishing.media_assets set status = 'deleted', deleted_at = $3, updated_at = $3
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization_id().uuid())
    .bind(id.uuid())
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct UseRow {
    id: Uuid,
    title: Option<String>,
    content: String,
    status: PostStatus,
    is_planned: bool,
}

/// The posts that use a file, the newest first, at most a hundred.
pub(super) async fn uses(tx: &mut OrgTx, id: MediaAssetId) -> Result<Vec<AssetUse>, Error> {
    let rows: Vec<UseRow> = sqlx::query_as(
        "select p.id, p.title, p.content, p.status,
                exists (select from publishing.post_publications u
                        where u.organization_id = $1 and u.post_id = p.id
                          and u.status in ('scheduled', 'publishing', 'retrying')) as is_planned
         from publishing.posts p
         where p.organization_id = $1
           and exists (select from publishing.media m
                       where m.organization_id = $1 and m.post_id = p.id and m.asset_id = $2)
         order by p.created_at desc, p.id desc
         limit 100",
    )
    .bind(tx.organization_id().uuid())
    .bind(id.uuid())
    .fetch_all(tx.conn())
    .await?;
    let one = |r: UseRow| AssetUse {
        post_id: PostId::from_uuid(r.id),
        excerpt: crate::post::excerpt(r.title.as_deref(), &r.content),
        status: r.status,
        is_planned: r.is_planned,
    };
    Ok(rows.into_iter().map(one).collect())
}

#[derive(sqlx::FromRow)]
struct UploadRow {
    id: Uuid,
    uploaded_by: Option<Uuid>,
    original_name: String,
    file_size: i64,
    received: i64,
    sha256: Option<Vec<u8>>,
    pieces: Vec<String>,
    state: UploadState,
    asset_id: Option<Uuid>,
    failure: Option<String>,
    expires_at: Timestamp,
}

impl From<UploadRow> for Upload {
    fn from(r: UploadRow) -> Self {
        Self {
            id: MediaUploadId::from_uuid(r.id),
            uploaded_by: r.uploaded_by,
            name: r.original_name,
            size: r.file_size.unsigned_abs(),
            received: r.received.unsigned_abs(),
            sha256: r.sha256,
            pieces: r.pieces,
            state: r.state,
            asset_id: r.asset_id.map(MediaAssetId::from_uuid),
            failure: r.failure,
            expires_at: r.expires_at,
        }
    }
}

/// Notes that a file will come.
pub(super) async fn insert_upload(tx: &mut OrgTx, upload: &Upload, now: Timestamp) -> Result<(), Error> {
    sqlx::query(
        "insert into publishing.media_uploads
            (organization_id, id, uploaded_by, original_name, file_size, sha256, expires_at, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
    )
    .bind(tx.organization_id().uuid())
    .bind(upload.id.uuid())
    .bind(upload.uploaded_by)
    .bind(&upload.name)
    .bind(signed(upload.size))
    .bind(&upload.sha256)
    .bind(upload.expires_at)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// A file on its way.
pub(super) async fn upload(tx: &mut OrgTx, id: MediaUploadId) -> Result<Option<Upload>, Error> {
    let row: Option<UploadRow> = sqlx::query_as(
        "select id, uploaded_by, original_name, file_size, received, sha256, pieces, state, asset_id, failure, expires_at
         from publishing.media_uploads where organization_id = $1 and id = $2",
    )
    .bind(tx.organization_id().uuid())
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Upload::from))
}

/// Files that are looked at or were refused lately, the newest first.
pub(super) async fn uploads_without_asset(tx: &mut OrgTx) -> Result<Vec<Upload>, Error> {
    let rows: Vec<UploadRow> = sqlx::query_as(
        "select id, uploaded_by, original_name, file_size, received, sha256, pieces, state, asset_id, failure, expires_at
         from publishing.media_uploads
         where organization_id = $1 and asset_id is null
         order by created_at desc, id desc limit 20",
    )
    .bind(tx.organization_id().uuid())
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Upload::from).collect())
}

/// Adds a piece if the next one begins at `offset` and it fits. False if another one was faster.
pub(super) async fn add_piece(
    tx: &mut OrgTx,
    id: MediaUploadId,
    (offset, bytes): (u64, u64),
    key: &str,
    expires_at: Timestamp,
    now: Timestamp,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "update publishing.media_uploads
         set received = received + $4, pieces = pieces || $5::text, expires_at = $6, updated_at = $7
         where organization_id = $1 and id = $2 and received = $3 and received + $4 <= file_size and state = 'receiving'",
    )
    .bind(tx.organization_id().uuid())
    .bind(id.uuid())
    .bind(signed(offset))
    .bind(signed(bytes))
    .bind(key)
    .bind(expires_at)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Moves an upload on.
pub(super) async fn set_upload(
    tx: &mut OrgTx,
    id: MediaUploadId,
    state: UploadState,
    asset: Option<MediaAssetId>,
    failure: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "update publishing.media_uploads
         set state = $3, asset_id = coalesce($4, asset_id), failure = $5, updated_at = $6
         where organization_id = $1 and id = $2",
    )
    .bind(tx.organization_id().uuid())
    .bind(id.uuid())
    .bind(state)
    .bind(asset.map(MediaAssetId::uuid))
    .bind(failure)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Forgets an upload.
pub(super) async fn delete_upload(tx: &mut OrgTx, id: MediaUploadId) -> Result<(), Error> {
    sqlx::query("delete from publishing.media_uploads where organization_id = $1 and id = $2")
        .bind(tx.organization_id().uuid())
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Uploads whose time is over.
pub(super) async fn expired_uploads(tx: &mut OrgTx, now: Timestamp) -> Result<Vec<MediaUploadId>, Error> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select id from publishing.media_uploads
         where organization_id = $1 and expires_at < $2 and state <> 'received' order by expires_at limit 500",
    )
    .bind(tx.organization_id().uuid())
    .bind(now)
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().map(MediaUploadId::from_uuid).collect())
}

/// Files put away before a moment that no post uses, with their keys.
pub(super) async fn orphans(tx: &mut OrgTx, before: Timestamp) -> Result<Vec<(MediaAssetId, String)>, Error> {
    let rows: Vec<(Uuid, String)> = sqlx::query_as(
        "select a.id, a.provider_key from publishing.media_assets a
         where a.organization_id = $1 and a.deleted_at < $2
           and not exists (select from publishing.media m where m.organization_id = $1 and m.asset_id = a.id)
         order by a.deleted_at limit 500",
    )
    .bind(tx.organization_id().uuid())
    .bind(before)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|(id, key)| (MediaAssetId::from_uuid(id), key)).collect())
}

/// Forgets a file that is put away and unused; false if somebody took it back meanwhile.
pub(super) async fn forget(tx: &mut OrgTx, id: MediaAssetId, before: Timestamp) -> Result<bool, Error> {
    let done = sqlx::query(
        "delete from publishing.media_assets a
         where a.organization_id = $1 and a.id = $2 and a.deleted_at < $3
           and not exists (select from publishing.media m where m.organization_id = $1 and m.asset_id = a.id)",
    )
    .bind(tx.organization_id().uuid())
    .bind(id.uuid())
    .bind(before)
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Words without the signs that a pattern gives a meaning to.
fn escaped(words: &str) -> String {
    words.chars().flat_map(|c| matches!(c, '\\' | '%' | '_').then_some('\\').into_iter().chain([c])).collect()
}

/// A count of bytes as the column holds it.
fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
