//! Looking at files: a job judges the bytes, takes out what tells about people, makes the small picture, and lets the
//! file be used or says why it cannot be.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use rookery_jobs::{Job, JobError, Outcome, Registry, RunContext, TimetableEntry, queues};
use rookery_kernel::{MediaAssetId, MediaUploadId, Scope};
use rookery_media::{
    FileType, PIXELS_MAX, Picture, Refusal, StorageError, Target, clean_gif, clean_picture, gif_thumbnail, judge_film,
    scale, size_of, sniff,
};
use rookery_platforms::MediaKind;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncReadExt as _;

use super::queries::{self, Judged};
use super::uploads::pieces_of;
use super::{Asset, CleanMedia, MediaError, MediaLibrary, Upload, folder_of, media_type, stored_name};
use crate::kinds::{ProcessingState, UploadState};
use crate::media::StoredFile;
use rookery_identity::Identity;

/// Largest picture file that is opened: it is read whole.
const PICTURE_BYTES_MAX: u64 = 200_000_000;

/// Looks at a file whose bytes have all arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessUpload {
    /// Which.
    pub upload_id: MediaUploadId,
}

impl Job for ProcessUpload {
    const KIND: &'static str = "publishing.process_upload";
    const QUEUE: &'static str = queues::SYSTEM;
    const ATTEMPTS_MAX: Option<i32> = Some(5);
    const TIMEOUT: Option<Duration> = Some(Duration::from_secs(30 * 60));

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("process_upload:{}", self.upload_id))
    }
}

/// A file of this machine that goes with its value.
struct WorkFile(PathBuf);

impl Drop for WorkFile {
    fn drop(&mut self) {
        // What stays behind after a kill goes at the next start of the same work.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A file that may be kept.
struct Kept {
    file_type: FileType,
    size: u64,
    width: u32,
    height: u32,
    duration_ms: Option<u64>,
    /// New bytes; `None` if the work file is kept as it is now.
    bytes: Option<Vec<u8>>,
    thumbnail: Option<Picture>,
    metadata: serde_json::Value,
}

impl MediaLibrary {
    /// Adds the library's jobs and their places in the timetable.
    #[must_use]
    pub fn register_jobs(&self, registry: Registry, identity: &Identity) -> Registry {
        let (process, clean, identity) = (self.clone(), self.clone(), identity.clone());
        registry
            .on(move |job: ProcessUpload, context: RunContext| {
                let library = process.clone();
                async move { library.run_process(job.upload_id, &context).await }
            })
            .on(move |_: CleanMedia, _: RunContext| {
                let (library, identity) = (clean.clone(), identity.clone());
                async move { library.run_clean(&identity).await }
            })
            .every(TimetableEntry::new("publishing.clean_media", "20 3 * * *", &CleanMedia {}))
    }

    async fn run_process(&self, id: MediaUploadId, context: &RunContext) -> Result<Outcome, JobError> {
        let scope = context.scope().ok_or_else(|| JobError::permanent("a file without an organization"))?;
        let error = match self.process(&scope, id, context).await {
            Ok(()) => return Ok(Outcome::Done),
            Err(MediaError::UploadNotFound) => return Ok(Outcome::Discard("the upload is gone".into())),
            Err(MediaError::Refused(refusal)) => (refusal.to_string(), None),
            Err(error @ MediaError::Checksum) => (error.to_string(), None),
            Err(MediaError::Storage(StorageError::Missing)) => {
                ("the bytes are no longer in the storage; upload the file again".to_owned(), None)
            }
            Err(error) => ("the file could not be looked at; upload it again".to_owned(), Some(error)),
        };
        match error {
            (why, None) => {
                self.refuse(&scope, id, &why).await.map_err(JobError::transient)?;
                Ok(Outcome::Done)
            }
            (why, Some(error)) => {
                if context.is_last_attempt() {
                    self.refuse(&scope, id, &why).await.map_err(JobError::transient)?;
                }
                Err(JobError::transient(error).class("media"))
            }
        }
    }

    /// Why a file cannot be used stands in its row, and in the upload's if it has none.
    async fn refuse(&self, scope: &Scope, id: MediaUploadId, why: &str) -> Result<(), MediaError> {
        let upload = self.upload_state(scope, id).await?;
        if let Some(asset) = upload.asset_id {
            let mut tx = self.org(scope).await?;
            queries::fail(&mut tx, asset, why, self.clock.now()).await?;
            tx.commit().await?;
        }
        self.refuse_upload(scope, id, why).await
    }

    async fn process(&self, scope: &Scope, id: MediaUploadId, context: &RunContext) -> Result<(), MediaError> {
        let upload = self.upload_state(scope, id).await?;
        if upload.state != UploadState::Received {
            return Ok(());
        }
        tokio::fs::create_dir_all(&self.work_folder).await.map_err(StorageError::from)?;
        let file = WorkFile(self.work_folder.join(format!("{id}-{}", context.attempt)));
        progress(context, 5, "gathering the pieces").await;
        self.storage.join_into(&upload.pieces, &file.0).await?;
        let (digest, head) = digest_of(&file.0).await.map_err(StorageError::from)?;
        let asset_id = match upload.asset_id {
            Some(asset_id) => asset_id,
            None => self.adopt(scope, &upload, &digest, &head).await?,
        };
        let asset = self.begin_processing(scope, asset_id).await?;
        if asset.state == ProcessingState::Completed {
            return self.finish_upload(scope, &upload, asset_id).await;
        }
        progress(context, 30, "looking at it").await;
        let kept = judge(&file.0, &head).await?;
        let extension = kept.file_type.extension();
        let key = format!("{}.{extension}", folder_of(&asset.key));
        progress(context, 60, "storing it").await;
        match kept.bytes {
            Some(bytes) => self.storage.put(&key, bytes.into()).await?,
            None => self.storage.put_file(&key, &file.0).await?,
        }
        let mut metadata = kept.metadata;
        if let Some(thumbnail) = &kept.thumbnail {
            let name = format!("{}/thumbnail.{}", folder_of(&key), thumbnail.file_type.extension());
            self.storage.put(&name, Bytes::copy_from_slice(&thumbnail.bytes)).await?;
            metadata["thumbnail"] = json!(thumbnail.file_type.mime_type());
        }
        let judged = Judged {
            kind: media_type(kept.file_type.kind()),
            file_name: stored_name(&asset.original_name, extension),
            mime_type: kept.file_type.mime_type().to_owned(),
            size: kept.size,
            width: kept.width,
            height: kept.height,
            duration_ms: kept.duration_ms,
            key,
            has_thumbnail: kept.thumbnail.is_some(),
            metadata,
        };
        let mut tx = self.org(scope).await?;
        queries::complete(&mut tx, asset_id, &judged, self.clock.now()).await?;
        tx.commit().await?;
        self.finish_upload(scope, &upload, asset_id).await
    }

    async fn begin_processing(&self, scope: &Scope, id: MediaAssetId) -> Result<Asset, MediaError> {
        let mut tx = self.org(scope).await?;
        let asset = queries::lock(&mut tx, id).await?.ok_or(MediaError::UploadNotFound)?;
        if asset.state != ProcessingState::Completed {
            queries::set_processing(&mut tx, id, self.clock.now()).await?;
        }
        tx.commit().await?;
        Ok(asset)
    }

    async fn finish_upload(&self, scope: &Scope, upload: &Upload, asset: MediaAssetId) -> Result<(), MediaError> {
        let mut tx = self.org(scope).await?;
        queries::set_upload(&mut tx, upload.id, UploadState::Done, Some(asset), None, self.clock.now()).await?;
        tx.commit().await?;
        self.storage.delete_below(&pieces_of(scope.organization_id, upload.id)).await?;
        Ok(())
    }

    /// A version of a picture within a network's limits: the file itself if it fits, else one that is made once and
    /// kept beside it under a name that follows from the limits. Nothing is ever made larger; videos and GIFs stay.
    pub(super) async fn fit(&self, file: &StoredFile, target: &Target) -> Result<StoredFile, MediaError> {
        let (Some(width), Some(height)) = (file.width, file.height) else { return Ok(file.clone()) };
        let Some(file_type) = FileType::of_mime_type(&file.mime_type).filter(|t| t.kind() == MediaKind::Image) else {
            return Ok(file.clone());
        };
        if target.takes(file_type, file.size, width, height) {
            return Ok(file.clone());
        }
        let keeps_png =
            file_type == FileType::Png && (target.types.is_empty() || target.types.contains(&FileType::Png));
        let limits = format!(
            "fit-{}x{}-{}{}",
            target.width_max.unwrap_or(0),
            target.height_max.unwrap_or(0),
            target.bytes_max.unwrap_or(0),
            if keeps_png { "-png" } else { "" },
        );
        let folder = folder_of(&file.key).to_owned();
        for made in if keeps_png { &[FileType::Png, FileType::Jpeg][..] } else { &[FileType::Jpeg] } {
            let key = format!("{folder}/{limits}.{}", made.extension());
            match self.storage.get(&key).await {
                Ok(bytes) => {
                    let (width, height) = size_of(&bytes, *made)?;
                    return Ok(version(file, key, *made, bytes.len() as u64, (width, height)));
                }
                Err(StorageError::Missing) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let (bytes, target) = (self.storage.get(&file.key).await?, target.clone());
        let made = blocking(move || scale(&bytes, file_type, &target)).await?;
        let key = format!("{folder}/{limits}.{}", made.file_type.extension());
        let (size, shape) = (made.bytes.len() as u64, (made.width, made.height));
        self.storage.put(&key, made.bytes.into()).await?;
        Ok(version(file, key, made.file_type, size, shape))
    }
}

fn version(file: &StoredFile, key: String, made: FileType, size: u64, (width, height): (u32, u32)) -> StoredFile {
    let stem = file.file_name.rsplit_once('.').map_or(file.file_name.as_str(), |(stem, _)| stem);
    StoredFile {
        mime_type: made.mime_type().to_owned(),
        size,
        width: Some(width),
        height: Some(height),
        file_name: format!("{stem}.{}", made.extension()),
        key,
        ..file.clone()
    }
}

/// Progress is a courtesy: work goes on without it.
async fn progress(context: &RunContext, percent: u8, step: &str) {
    if let Err(error) = context.progress(percent, step).await {
        tracing::debug!(error = &error as &dyn std::error::Error, "progress could not be written");
    }
}

/// Pictures take processor time and may break their decoder; both belong on another thread.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Refusal> + Send + 'static,
) -> Result<T, MediaError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "a file could not be read");
            Err(Refusal::Damaged("it cannot be read".into()))
        })
        .map_err(MediaError::from)
}

async fn digest_of(path: &Path) -> Result<([u8; 32], Bytes), std::io::Error> {
    let mut file = tokio::fs::File::open(path).await?;
    let (mut hasher, mut head, mut piece) = (Sha256::new(), Bytes::new(), vec![0; 1 << 20]);
    loop {
        let got = file.read(&mut piece).await?;
        if got == 0 {
            return Ok((hasher.finalize().into(), head));
        }
        hasher.update(&piece[..got]);
        if head.is_empty() {
            head = Bytes::copy_from_slice(&piece[..got.min(4096)]);
        }
    }
}

/// What a file is and what of it is kept.
async fn judge(path: &Path, head: &[u8]) -> Result<Kept, MediaError> {
    let file_type = sniff(head)?;
    let path = path.to_owned();
    blocking(move || match file_type.kind() {
        MediaKind::Video => film(&path, file_type),
        MediaKind::Gif => gif(&whole(&path)?),
        MediaKind::Image => picture(&whole(&path)?, file_type),
    })
    .await
}

fn whole(path: &Path) -> Result<Vec<u8>, Refusal> {
    let unreadable = |e: std::io::Error| Refusal::Damaged(format!("it cannot be read: {e}"));
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > PICTURE_BYTES_MAX {
        return Err(Refusal::TooLarge { limit: PICTURE_BYTES_MAX, actual: size });
    }
    std::fs::read(path).map_err(unreadable)
}

fn picture(bytes: &[u8], file_type: FileType) -> Result<Kept, Refusal> {
    let clean = clean_picture(bytes, file_type)?;
    Ok(Kept {
        file_type: clean.picture.file_type,
        size: clean.picture.bytes.len() as u64,
        width: clean.picture.width,
        height: clean.picture.height,
        duration_ms: None,
        bytes: Some(clean.picture.bytes),
        thumbnail: Some(clean.thumbnail),
        metadata: json!({}),
    })
}

fn gif(bytes: &[u8]) -> Result<Kept, Refusal> {
    let clean = clean_gif(bytes)?;
    if u64::from(clean.width) * u64::from(clean.height) > PIXELS_MAX {
        return Err(Refusal::TooManyPixels { width: clean.width, height: clean.height, limit: PIXELS_MAX });
    }
    let thumbnail = gif_thumbnail(&clean.bytes)?;
    Ok(Kept {
        file_type: FileType::Gif,
        size: clean.bytes.len() as u64,
        width: clean.width,
        height: clean.height,
        duration_ms: None,
        bytes: Some(clean.bytes),
        thumbnail: Some(thumbnail),
        metadata: json!({"frames": clean.frames}),
    })
}

fn film(path: &Path, file_type: FileType) -> Result<Kept, Refusal> {
    let film = judge_film(path, file_type)?;
    let size = std::fs::metadata(path).map_err(|e| Refusal::Damaged(e.to_string()))?.len();
    Ok(Kept {
        file_type,
        size,
        width: film.width,
        height: film.height,
        duration_ms: Some(film.duration_ms),
        bytes: None,
        thumbnail: None,
        metadata: json!({"codec": film.codec, "sound": film.sound, "fps": film.fps, "durationMs": film.duration_ms}),
    })
}
