//! The library: files that are uploaded, looked at, described, found, used, put away.
//!
//! - The same bytes are stored once per organization: the digest of what was uploaded finds the row, and the second
//!   upload gets the first one's id.
//! - The key of an object is `<organization>/<first two digits>/<digest>.<ending>`; what is made from it (thumbnail,
//!   smaller versions) lies in the folder of the same name without ending.
//! - Bytes are written before the row says that they are there, and removed after the row says that they are not.

mod clean;
mod process;
mod queries;
mod uploads;

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use rookery_db::{Db, OrgTx};
use rookery_governance::audit::{self, Changes};
use rookery_jobs::Jobs;
use rookery_kernel::{
    Clock, Cursor, IdGen, Limit, MediaAssetId, MediaUploadId, OrganizationId, Page, PostId, Scope, Timestamp,
};
use rookery_media::{FetchError, Fetcher, LinkTarget, Links, Refusal, Storage, StorageError, Target};
use rookery_platforms::{CallError, Delivery, ErrorType, MediaKind, MediaSource};
use tracing::instrument;
use url::Url;
use uuid::Uuid;

pub use clean::CleanMedia;
pub use process::ProcessUpload;

use super::{MediaFiles, StoredFile};
use crate::kinds::{AssetStatus, MediaType, ProcessingState, UploadState};
use crate::post::PostStatus;

/// Longest description of what a picture shows, in characters: what networks take (publishing.media.alt_text).
pub const ALT_TEXT_MAX: usize = 1000;
/// Longest title, in characters.
pub const TITLE_MAX: usize = 255;
/// Most tags of a file.
pub const TAGS_MAX: usize = 50;
/// Longest tag, in characters.
pub const TAG_MAX: usize = 60;
const NAME_MAX: usize = 255;
const ASSETS: &str = "publishing.media_assets";
const THUMBNAIL: &str = "thumbnail";

/// How large files may be, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MediaLimits {
    /// In one request.
    pub direct: u64,
    /// In pieces.
    pub file: u64,
    /// Of a piece; it is held in memory.
    pub piece: usize,
}

impl Default for MediaLimits {
    /// 50 MB in one request (PUB, §11.2); 5 GB in pieces, the most that any network takes.
    fn default() -> Self {
        Self { direct: 50_000_000, file: 5_000_000_000, piece: 8 * 1024 * 1024 }
    }
}

/// What the library is made of.
#[derive(Debug, Clone)]
pub struct LibraryParts {
    /// Database.
    pub db: Db,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Ids.
    pub ids: Arc<dyn IdGen>,
    /// The queue.
    pub jobs: Jobs,
    /// Where the bytes are.
    pub storage: Storage,
    /// Fetches from addresses.
    pub fetcher: Fetcher,
    /// Signs addresses.
    pub links: Links,
    /// The address under which the internet reaches this server, if it does.
    pub server: Option<Url>,
    /// Sizes.
    pub limits: MediaLimits,
    /// A folder for files that are being looked at; made if it is missing.
    pub work_folder: PathBuf,
}

/// The library of media. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MediaLibrary(Arc<LibraryParts>);

impl std::ops::Deref for MediaLibrary {
    type Target = LibraryParts;
    fn deref(&self) -> &LibraryParts {
        &self.0
    }
}

/// A file of the library.
#[derive(Debug, Clone, PartialEq)]
pub struct Asset {
    /// Its id.
    pub id: MediaAssetId,
    /// What kind.
    pub kind: MediaType,
    /// Name with the ending that its bytes have.
    pub file_name: String,
    /// Name on upload.
    pub original_name: String,
    /// Type by its bytes.
    pub mime_type: String,
    /// Bytes as stored.
    pub size: u64,
    /// SHA-256 of what was uploaded.
    pub sha256: Option<Vec<u8>>,
    /// Pixels, upright.
    pub width: Option<u32>,
    /// Pixels, upright.
    pub height: Option<u32>,
    /// Seconds, rounded up.
    pub duration_s: Option<u32>,
    /// Milliseconds.
    pub duration_ms: Option<u64>,
    /// The codec of a video's pictures.
    pub codec: Option<String>,
    /// The codec of a video's sound.
    pub sound: Option<String>,
    /// Key at the storage.
    pub key: String,
    /// Media type of its small picture; none if it has none.
    pub thumbnail: Option<String>,
    /// A name for people.
    pub title: Option<String>,
    /// What it shows.
    pub alt_text: Option<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Whether it can be used.
    pub status: AssetStatus,
    /// How far looking at it got.
    pub state: ProcessingState,
    /// Why it cannot be used.
    pub failure: Option<String>,
    /// When it was uploaded.
    pub created_at: Timestamp,
    /// When it was put away.
    pub deleted_at: Option<Timestamp>,
    /// Posts that use it.
    pub uses: u64,
}

/// A file on its way into the library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub id: MediaUploadId,
    /// Who uploads it.
    pub(super) uploaded_by: Option<Uuid>,
    /// Name on upload.
    pub name: String,
    /// Bytes announced.
    pub size: u64,
    /// Bytes that are here; the next piece begins there.
    pub received: u64,
    pub(super) sha256: Option<Vec<u8>>,
    pub(super) pieces: Vec<String>,
    /// How far.
    pub state: UploadState,
    /// The file of the library that it became.
    pub asset_id: Option<MediaAssetId>,
    /// Why it became none.
    pub failure: Option<String>,
    /// When it is forgotten if nothing more comes.
    pub expires_at: Timestamp,
}

/// A file to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUpload {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256, if it is known before; checked when all has arrived.
    pub sha256: Option<[u8; 32]>,
}

/// A post that uses a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssetUse {
    /// The post.
    pub post_id: PostId,
    /// Its beginning.
    pub excerpt: String,
    /// Its state.
    pub status: PostStatus,
    /// Whether it is to come out with the file.
    pub is_planned: bool,
}

/// Which files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssetFilter {
    /// Of this kind.
    pub kind: Option<MediaType>,
    /// With these words in name, title or description, or as a tag.
    pub search: Option<String>,
    /// Only those that can be used.
    pub only_ready: bool,
}

/// What changes; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssetChange {
    /// A name for people.
    pub title: Option<Option<String>>,
    /// What it shows.
    pub alt_text: Option<Option<String>>,
    /// Words to find it by.
    pub tags: Option<Vec<String>>,
}

/// Bytes to serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// Key at the storage.
    pub key: String,
    /// Media type.
    pub mime_type: String,
    /// Bytes.
    pub size: u64,
    /// A name with the right ending.
    pub file_name: String,
}

/// Something with a file did not work.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// No such file in this organization.
    #[error("there is no such file")]
    NotFound,
    /// No such upload in this organization, or its time is over.
    #[error("there is no such upload; it may have ended, begin a new one")]
    UploadNotFound,
    /// The file is not taken.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A piece at the wrong place.
    #[error("{expected} bytes are here, so the next piece begins there, not at {given}")]
    WrongOffset {
        /// Bytes here.
        expected: u64,
        /// Where the piece wanted to begin.
        given: u64,
    },
    /// More bytes than announced.
    #[error("the upload was announced with {0} bytes and has more")]
    MoreThanAnnounced(u64),
    /// Other bytes than announced.
    #[error("what arrived is not what was announced: the checksums differ; upload it again")]
    Checksum,
    /// All bytes are here already.
    #[error("the upload is complete; nothing can be added to it")]
    Complete,
    /// A word that is too long, or too many of them.
    #[error("{0}")]
    Text(String),
    /// Posts are to come out with it.
    #[error("the file is part of {} planned {}; take it out of them first", .0.len(), if .0.len() == 1 { "post" } else { "posts" })]
    InUse(Vec<AssetUse>),
    /// It cannot be used yet, or not at all.
    #[error("the file is not ready")]
    NotReady,
    /// Nothing could be fetched.
    #[error(transparent)]
    Fetch(FetchError),
    /// The sender broke off.
    #[error("the upload broke off; ask where it stands and go on")]
    BrokenOff,
    /// The storage did not do it.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The database did not do it.
    #[error(transparent)]
    Db(#[from] rookery_db::Error),
}

impl From<FetchError> for MediaError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Refused(refusal) => Self::Refused(refusal),
            other => Self::Fetch(other),
        }
    }
}

/// What a network or a list knows of a kind.
pub(super) const fn media_type(kind: MediaKind) -> MediaType {
    match kind {
        MediaKind::Image => MediaType::Image,
        MediaKind::Gif => MediaType::Gif,
        MediaKind::Video => MediaType::Video,
    }
}

/// The folder of what is made from an object.
fn folder_of(key: &str) -> &str {
    key.rsplit_once('.').map_or(key, |(folder, _)| folder)
}

/// The key of a file by the digest of what was uploaded.
fn key_of(organization: OrganizationId, sha256: &[u8], extension: &str) -> String {
    let digest = hex::encode(sha256);
    format!("{organization}/{}/{digest}.{extension}", digest.get(..2).unwrap_or("00"))
}

/// A name that is safe in paths, headers and pages.
fn tidy_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect();
    let kept = kept.trim().trim_start_matches('.').to_owned();
    if kept.is_empty() { "file".to_owned() } else { kept }
}

/// A name with the ending that the bytes have, in letters that every network takes.
fn stored_name(name: &str, extension: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let plain: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '_') { c } else { '-' })
        .take(80)
        .collect();
    let plain = plain.trim_matches('-');
    format!("{}.{extension}", if plain.is_empty() { "file" } else { plain })
}

impl MediaLibrary {
    /// A library over these parts.
    pub fn new(parts: LibraryParts) -> Self {
        Self(Arc::new(parts))
    }

    async fn org(&self, scope: &Scope) -> Result<OrgTx, rookery_db::Error> {
        self.db.org(scope).await
    }

    async fn note(&self, tx: &mut OrgTx, action: &str, id: MediaAssetId, changes: Changes) -> Result<(), MediaError> {
        let entry =
            audit::Entry { action, resource: ASSETS, resource_id: Some(id.to_string()), changes: changes.into() };
        Ok(audit::record(tx, &*self.clock, &[entry]).await?)
    }

    /// Files, the newest first, without those that were put away.
    ///
    /// # Errors
    /// [`MediaError::Db`].
    pub async fn list(
        &self,
        scope: &Scope,
        filter: &AssetFilter,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<Asset>, MediaError> {
        let newest = self.clock.now() + std::time::Duration::from_secs(24 * 3600);
        let after = after.unwrap_or(Cursor { at: newest, id: Uuid::max() });
        let mut tx = self.org(scope).await?;
        Ok(queries::list(&mut tx, filter, after, limit).await?)
    }

    /// One file.
    ///
    /// # Errors
    /// [`MediaError::NotFound`], also for one that was put away.
    pub async fn get(&self, scope: &Scope, id: MediaAssetId) -> Result<Asset, MediaError> {
        let mut tx = self.org(scope).await?;
        queries::find(&mut tx, id).await?.filter(|a| a.deleted_at.is_none()).ok_or(MediaError::NotFound)
    }

    /// The posts that use a file, the newest first, at most a hundred.
    ///
    /// # Errors
    /// [`MediaError::NotFound`].
    pub async fn uses(&self, scope: &Scope, id: MediaAssetId) -> Result<Vec<AssetUse>, MediaError> {
        let mut tx = self.org(scope).await?;
        queries::find(&mut tx, id).await?.ok_or(MediaError::NotFound)?;
        Ok(queries::uses(&mut tx, id).await?)
    }

    /// Changes the words about a file. Posts that use it already keep their own.
    ///
    /// # Errors
    /// [`MediaError::NotFound`], [`MediaError::Text`].
    #[instrument(skip_all, err(level = "debug"), fields(asset = %id))]
    pub async fn change(&self, scope: &Scope, id: MediaAssetId, change: AssetChange) -> Result<Asset, MediaError> {
        let tidy = |text: Option<String>| text.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
        let mut tx = self.org(scope).await?;
        let found = queries::lock(&mut tx, id).await?.filter(|a| a.deleted_at.is_none());
        let before = found.ok_or(MediaError::NotFound)?;
        let mut after = before.clone();
        if let Some(title) = change.title {
            after.title = tidy(title);
        }
        if let Some(alt_text) = change.alt_text {
            after.alt_text = tidy(alt_text);
        }
        if let Some(tags) = change.tags {
            after.tags = tidy_tags(tags)?;
        }
        within("The title", after.title.as_deref(), TITLE_MAX)?;
        within("The description", after.alt_text.as_deref(), ALT_TEXT_MAX)?;
        if after == before {
            return Ok(before);
        }
        queries::describe(&mut tx, &after, self.clock.now()).await?;
        let changes = Changes::new()
            .set("title", &before.title, &after.title)
            .set("alt_text", &before.alt_text, &after.alt_text)
            .set("tags", &before.tags, &after.tags);
        self.note(&mut tx, "update", id, changes).await?;
        tx.commit().await?;
        Ok(after)
    }

    /// Puts a file away. Its bytes go after 30 days if no post uses it (PUB-27).
    ///
    /// # Errors
    /// [`MediaError::NotFound`]; [`MediaError::InUse`] while a post is to come out with it.
    #[instrument(skip_all, err(level = "debug"), fields(asset = %id))]
    pub async fn delete(&self, scope: &Scope, id: MediaAssetId) -> Result<(), MediaError> {
        let mut tx = self.org(scope).await?;
        let found = queries::lock(&mut tx, id).await?.filter(|a| a.deleted_at.is_none());
        let asset = found.ok_or(MediaError::NotFound)?;
        let planned: Vec<_> = queries::uses(&mut tx, id).await?.into_iter().filter(|u| u.is_planned).collect();
        if !planned.is_empty() {
            return Err(MediaError::InUse(planned));
        }
        queries::mark_deleted(&mut tx, id, self.clock.now()).await?;
        let changes = Changes::new().set("status", asset.status.label(), AssetStatus::Deleted.label());
        self.note(&mut tx, "delete", id, changes).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Brings a file back that was put away, while its bytes are there.
    ///
    /// # Errors
    /// [`MediaError::NotFound`] after its time.
    #[instrument(skip_all, err(level = "debug"), fields(asset = %id))]
    pub async fn restore(&self, scope: &Scope, id: MediaAssetId) -> Result<Asset, MediaError> {
        let mut tx = self.org(scope).await?;
        let asset = queries::lock(&mut tx, id).await?.ok_or(MediaError::NotFound)?;
        if asset.deleted_at.is_some() {
            queries::revive(&mut tx, id, false, self.clock.now()).await?;
            let changes = Changes::new().set("status", asset.status.label(), AssetStatus::Active.label());
            self.note(&mut tx, "update", id, changes).await?;
        }
        let asset = queries::find(&mut tx, id).await?.ok_or(MediaError::NotFound)?;
        tx.commit().await?;
        Ok(asset)
    }

    /// The file itself, or its small picture, for somebody of the organization.
    ///
    /// # Errors
    /// [`MediaError::NotFound`]; [`MediaError::NotReady`] while it is looked at.
    pub async fn open(&self, scope: &Scope, id: MediaAssetId, thumbnail: bool) -> Result<Served, MediaError> {
        let asset = self.get(scope, id).await?;
        let version = if thumbnail { THUMBNAIL } else { "" };
        self.serve(&asset, version).await
    }

    /// What a signed address leads to; files that were put away stay reachable, because posts may hold them.
    ///
    /// # Errors
    /// [`MediaError::NotFound`] for an address that was not made here, that has ended, or whose file is gone.
    pub async fn open_link(&self, signed: &str) -> Result<Served, MediaError> {
        let target = self.links.read(signed, self.clock.now()).map_err(|_| MediaError::NotFound)?;
        let mut tx = self.org(&Scope::worker(target.organization_id)).await?;
        let asset = queries::find(&mut tx, target.asset_id).await?.ok_or(MediaError::NotFound)?;
        drop(tx);
        self.serve(&asset, &target.version).await
    }

    async fn serve(&self, asset: &Asset, version: &str) -> Result<Served, MediaError> {
        if asset.state != ProcessingState::Completed {
            return Err(MediaError::NotReady);
        }
        if version.is_empty() {
            return Ok(Served {
                key: asset.key.clone(),
                mime_type: asset.mime_type.clone(),
                size: asset.size,
                file_name: asset.file_name.clone(),
            });
        }
        let (name, mime_type) = match version {
            THUMBNAIL => {
                let mime_type = asset.thumbnail.clone().ok_or(MediaError::NotFound)?;
                (format!("thumbnail.{}", if mime_type == "image/webp" { "webp" } else { "jpg" }), mime_type)
            }
            other => {
                // Names of our own making, always in small letters.
                let is_png = std::path::Path::new(other).extension().is_some_and(|end| end == "png");
                (other.to_owned(), if is_png { "image/png" } else { "image/jpeg" }.to_owned())
            }
        };
        let key = format!("{}/{name}", folder_of(&asset.key));
        let size = self.storage.size(&key).await?.ok_or(MediaError::NotFound)?;
        Ok(Served { key, mime_type, size, file_name: name })
    }

    /// The bytes of what is served, piece by piece.
    ///
    /// # Errors
    /// [`MediaError::Storage`].
    pub async fn bytes(
        &self,
        served: &Served,
        range: std::ops::Range<u64>,
    ) -> Result<futures::stream::BoxStream<'static, Result<Bytes, StorageError>>, MediaError> {
        Ok(self.storage.stream(&served.key, range).await?)
    }

    /// Fetches a file from an address into the library (PUB-26).
    ///
    /// # Errors
    /// [`MediaError::Fetch`], [`MediaError::Refused`].
    #[instrument(skip_all, err(level = "debug"))]
    pub async fn import(&self, scope: &Scope, address: &Url) -> Result<Asset, MediaError> {
        let fetched = self.fetcher.fetch(address).await?;
        self.upload(scope, &fetched.name, fetched.bytes.into()).await
    }
}

fn within(what: &str, text: Option<&str>, limit: usize) -> Result<(), MediaError> {
    let length = text.map_or(0, |t| t.chars().count());
    if length > limit {
        return Err(MediaError::Text(format!("{what} has {length} characters; at most {limit} fit. Shorten it.")));
    }
    Ok(())
}

fn tidy_tags(tags: Vec<String>) -> Result<Vec<String>, MediaError> {
    let mut kept: Vec<String> = Vec::new();
    for tag in tags {
        let tag = tag.trim().trim_start_matches('#').to_lowercase();
        within("A tag", Some(&tag), TAG_MAX)?;
        if !tag.is_empty() && !kept.contains(&tag) {
            kept.push(tag);
        }
    }
    if kept.len() > TAGS_MAX {
        return Err(MediaError::Text(format!("A file has at most {TAGS_MAX} tags. Remove some.")));
    }
    Ok(kept)
}

#[async_trait::async_trait]
impl MediaFiles for MediaLibrary {
    fn source(&self, file: &StoredFile) -> Arc<dyn MediaSource> {
        self.storage.source(&file.key)
    }

    fn public_url(&self, file: &StoredFile, now: Timestamp) -> Option<Url> {
        let server = self.server.as_ref()?;
        // A smaller version lies in a folder named by the digest; the file itself beside it.
        let is_version = file.key.matches('/').count() == 3;
        let version = file.key.rsplit('/').next().filter(|_| is_version).unwrap_or_default().to_owned();
        let target = LinkTarget { organization_id: file.organization_id, asset_id: file.asset_id, version };
        self.links.url(server, &target, &file.file_name, now)
    }

    async fn fitted(&self, file: &StoredFile, target: &Target) -> Result<StoredFile, CallError> {
        self.fit(file, target).await.map_err(|error| {
            let kind =
                if matches!(error, MediaError::Refused(_)) { ErrorType::BadRequest } else { ErrorType::Transient };
            CallError::new(kind, Delivery::NotSent, format!("{}: {error}", file.file_name)).about_media()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_folders_signs_and_wrong_endings() {
        assert_eq!(tidy_name("C:\\Users\\mira\\..\\bird.PNG"), "bird.PNG");
        assert_eq!(tidy_name("../../etc/passwd\n"), "passwd");
        assert_eq!(tidy_name("..."), "file");
        assert_eq!(stored_name("Größe <1>.exe", "jpg"), "Gr--e--1.jpg");
        assert_eq!(stored_name(".exe", "jpg"), "file.jpg");
    }

    #[test]
    fn keys_follow_from_organization_and_bytes() {
        let organization = OrganizationId::from_uuid(Uuid::from_u128(1));
        let key = key_of(organization, &[0xab; 32], "jpg");
        assert_eq!(key, format!("{organization}/ab/{}.jpg", "ab".repeat(32)));
        assert_eq!(folder_of(&key), format!("{organization}/ab/{}", "ab".repeat(32)));
    }

    #[test]
    fn tags_are_small_letters_without_repeats() {
        let tags = ["#Sea", "sea ", "", "Holz"].map(str::to_owned).to_vec();
        assert_eq!(tidy_tags(tags).expect("fine"), ["sea", "holz"]);
        assert!(tidy_tags(vec!["x".repeat(61)]).is_err());
    }
}
