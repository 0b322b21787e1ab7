//! Files on their way: announced, received piece by piece, handed over.

use bytes::{Bytes, BytesMut};
use futures::stream::{Stream, StreamExt as _};
use rookery_kernel::{MediaAssetId, MediaUploadId, OrganizationId, Scope};
use rookery_media::{Refusal, sniff};
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use tracing::instrument;

use super::process::ProcessUpload;
use super::{Asset, MediaError, MediaLibrary, NewUpload, Upload, key_of, media_type, queries, stored_name, tidy_name};
use crate::kinds::{ProcessingState, UploadState};
use rookery_governance::audit::Changes;

/// An upload to which nothing is added is forgotten after this time.
const UPLOAD_LIFE: Duration = Duration::from_secs(24 * 3600);

/// The folder of an upload's pieces.
pub(super) fn pieces_of(organization: OrganizationId, id: MediaUploadId) -> String {
    format!("{organization}/uploads/{id}")
}

impl MediaLibrary {
    /// Takes a whole file that arrived in one request. The same bytes twice are one file; a file that was put away
    /// comes back. It is looked at by a job.
    ///
    /// # Errors
    /// [`MediaError::Refused`] if it is empty, too large or no picture or video.
    #[instrument(skip_all, err(level = "debug"))]
    pub async fn upload(&self, scope: &Scope, name: &str, bytes: Bytes) -> Result<Asset, MediaError> {
        let size = bytes.len() as u64;
        if size > self.limits.direct {
            return Err(Refusal::TooLarge { limit: self.limits.direct, actual: size }.into());
        }
        sniff(&bytes)?;
        let upload = self.begin_upload(scope, NewUpload { name: name.to_owned(), size, sha256: None }).await?;
        let whole = futures::stream::once(std::future::ready(Ok::<_, std::io::Error>(bytes)));
        let upload = self.append(scope, upload.id, 0, whole).await?;
        let id = upload.asset_id.ok_or(MediaError::UploadNotFound)?;
        self.get(scope, id).await
    }

    /// Announces a file that will arrive in pieces.
    ///
    /// # Errors
    /// [`MediaError::Refused`] if it is empty or too large.
    #[instrument(skip_all, err(level = "debug"))]
    pub async fn begin_upload(&self, scope: &Scope, new: NewUpload) -> Result<Upload, MediaError> {
        if new.size == 0 {
            return Err(Refusal::Empty.into());
        }
        if new.size > self.limits.file {
            return Err(Refusal::TooLarge { limit: self.limits.file, actual: new.size }.into());
        }
        let now = self.clock.now();
        let upload = Upload {
            id: MediaUploadId::generate(&*self.ids),
            uploaded_by: scope.actor.user_id().map(rookery_kernel::UserId::uuid),
            name: tidy_name(&new.name),
            size: new.size,
            received: 0,
            sha256: new.sha256.map(|digest| digest.to_vec()),
            pieces: Vec::new(),
            state: UploadState::Receiving,
            asset_id: None,
            failure: None,
            expires_at: now + UPLOAD_LIFE,
        };
        let mut tx = self.org(scope).await?;
        queries::insert_upload(&mut tx, &upload, now).await?;
        tx.commit().await?;
        Ok(upload)
    }

    /// Where an upload stands.
    ///
    /// # Errors
    /// [`MediaError::UploadNotFound`].
    pub async fn upload_state(&self, scope: &Scope, id: MediaUploadId) -> Result<Upload, MediaError> {
        let mut tx = self.org(scope).await?;
        queries::upload(&mut tx, id).await?.ok_or(MediaError::UploadNotFound)
    }

    /// Uploads that have become no file yet, the newest first.
    ///
    /// # Errors
    /// [`MediaError::Db`].
    pub async fn open_uploads(&self, scope: &Scope) -> Result<Vec<Upload>, MediaError> {
        let mut tx = self.org(scope).await?;
        Ok(queries::uploads_without_asset(&mut tx).await?)
    }

    /// Adds bytes at a place. Every piece that is full is kept at once, so that a broken connection or a killed
    /// process costs a piece at most; what has arrived when the sender breaks off is kept too.
    ///
    /// # Errors
    /// [`MediaError::WrongOffset`] if the bytes do not begin where the ones before end,
    /// [`MediaError::MoreThanAnnounced`], [`MediaError::Refused`] by the first bytes, [`MediaError::BrokenOff`].
    #[instrument(skip_all, err(level = "debug"), fields(upload = %id))]
    pub async fn append<E: std::fmt::Display>(
        &self,
        scope: &Scope,
        id: MediaUploadId,
        offset: u64,
        bytes: impl Stream<Item = Result<Bytes, E>> + Send,
    ) -> Result<Upload, MediaError> {
        let mut upload = self.upload_state(scope, id).await?;
        if upload.state != UploadState::Receiving {
            return Err(MediaError::Complete);
        }
        if upload.received != offset {
            return Err(MediaError::WrongOffset { expected: upload.received, given: offset });
        }
        let mut bytes = std::pin::pin!(bytes);
        let mut piece = BytesMut::new();
        let mut broken = false;
        loop {
            match bytes.next().await {
                Some(Ok(some)) => piece.extend_from_slice(&some),
                Some(Err(error)) => {
                    tracing::debug!(%error, "an upload broke off");
                    broken = true;
                }
                None => break,
            }
            if broken {
                break;
            }
            if upload.received + piece.len() as u64 > upload.size {
                return Err(MediaError::MoreThanAnnounced(upload.size));
            }
            if piece.len() >= self.limits.piece {
                self.keep(scope, &mut upload, piece.split().freeze()).await?;
            }
        }
        if !piece.is_empty() {
            self.keep(scope, &mut upload, piece.freeze()).await?;
        }
        if upload.received == upload.size {
            return self.hand_over(scope, upload).await;
        }
        if broken { Err(MediaError::BrokenOff) } else { Ok(upload) }
    }

    /// Writes a piece into the storage and then into the row; two senders at one place cannot both succeed, and each
    /// has a key of its own.
    async fn keep(&self, scope: &Scope, upload: &mut Upload, bytes: Bytes) -> Result<(), MediaError> {
        if upload.received == 0
            && let Err(refusal) = sniff(&bytes)
        {
            self.forget_upload(scope, upload.id).await?;
            return Err(refusal.into());
        }
        let size = bytes.len() as u64;
        let folder = pieces_of(scope.organization_id, upload.id);
        let key = format!("{folder}/{:015}-{}", upload.received, self.ids.uuid());
        self.storage.put(&key, bytes).await?;
        let now = self.clock.now();
        let mut tx = self.org(scope).await?;
        let place = (upload.received, size);
        if !queries::add_piece(&mut tx, upload.id, place, &key, now + UPLOAD_LIFE, now).await? {
            let here = queries::upload(&mut tx, upload.id).await?.ok_or(MediaError::UploadNotFound)?;
            drop(tx);
            self.storage.delete(&key).await?;
            return Err(MediaError::WrongOffset { expected: here.received, given: upload.received });
        }
        tx.commit().await?;
        upload.received += size;
        upload.pieces.push(key);
        Ok(())
    }

    /// All bytes are here. Small files become a row of the library at once, large ones when the job has read them.
    async fn hand_over(&self, scope: &Scope, upload: Upload) -> Result<Upload, MediaError> {
        let digest = if upload.size <= self.limits.direct { Some(self.digest(&upload).await?) } else { None };
        let now = self.clock.now();
        let mut tx = self.org(scope).await?;
        queries::set_upload(&mut tx, upload.id, UploadState::Received, None, None, now).await?;
        tx.commit().await?;
        if let Some((digest, head)) = digest {
            self.adopt(scope, &upload, &digest, &head).await?;
        } else {
            let mut tx = self.org(scope).await?;
            self.enqueue(&mut tx, scope, upload.id).await?;
            tx.commit().await?;
        }
        self.jobs.wake();
        self.upload_state(scope, upload.id).await
    }

    pub(super) async fn enqueue(
        &self,
        tx: &mut rookery_db::OrgTx,
        scope: &Scope,
        upload_id: MediaUploadId,
    ) -> Result<(), MediaError> {
        let organization = Some(scope.organization_id);
        self.jobs.caused_by(scope).enqueue(tx.conn(), organization, &ProcessUpload { upload_id }).await?;
        Ok(())
    }

    async fn digest(&self, upload: &Upload) -> Result<([u8; 32], Bytes), MediaError> {
        let (mut hasher, mut head) = (Sha256::new(), Bytes::new());
        for key in &upload.pieces {
            let bytes = self.storage.get(key).await?;
            hasher.update(&bytes);
            if head.is_empty() {
                head = bytes.slice(..bytes.len().min(4096));
            }
        }
        Ok((hasher.finalize().into(), head))
    }

    /// Makes the bytes of an upload a file of the library: a new row, or the one that has these bytes already. Puts
    /// the job in the queue if they have to be looked at.
    ///
    /// # Errors
    /// [`MediaError::Checksum`], [`MediaError::Refused`].
    pub(super) async fn adopt(
        &self,
        scope: &Scope,
        upload: &Upload,
        digest: &[u8; 32],
        head: &[u8],
    ) -> Result<MediaAssetId, MediaError> {
        let judged = match &upload.sha256 {
            Some(announced) if announced.as_slice() != digest => Err(MediaError::Checksum),
            _ => sniff(head).map_err(MediaError::from),
        };
        let file_type = match judged {
            Ok(file_type) => file_type,
            Err(error) => {
                self.refuse_upload(scope, upload.id, &error.to_string()).await?;
                return Err(error);
            }
        };
        let now = self.clock.now();
        let mut tx = self.org(scope).await?;
        let known = queries::lock_by_digest(&mut tx, digest).await?;
        let (id, is_ready) = if let Some(asset) = known {
            let is_ready = asset.state == ProcessingState::Completed;
            let again = asset.state == ProcessingState::Failed;
            if again || asset.deleted_at.is_some() {
                queries::revive(&mut tx, asset.id, again, now).await?;
            }
            (asset.id, is_ready)
        } else {
            let id = MediaAssetId::generate(&*self.ids);
            let key = key_of(scope.organization_id, digest, file_type.extension());
            let new = queries::NewAsset {
                id,
                uploaded_by: upload.uploaded_by,
                kind: media_type(file_type.kind()),
                file_name: &stored_name(&upload.name, file_type.extension()),
                original_name: &upload.name,
                mime_type: file_type.mime_type(),
                size: upload.size,
                sha256: digest,
                provider: self.storage.provider(),
                bucket: self.storage.bucket(),
                key: &key,
            };
            queries::insert(&mut tx, &new, now).await?;
            let changes = Changes::new().new_value("original_name", &upload.name).new_value("file_size", upload.size);
            self.note(&mut tx, "insert", id, changes).await?;
            (id, false)
        };
        let state = if is_ready { UploadState::Done } else { UploadState::Received };
        queries::set_upload(&mut tx, upload.id, state, Some(id), None, now).await?;
        if !is_ready {
            self.enqueue(&mut tx, scope, upload.id).await?;
        }
        tx.commit().await?;
        if is_ready {
            self.storage.delete_below(&pieces_of(scope.organization_id, upload.id)).await?;
        }
        Ok(id)
    }

    /// Notes why an upload became no file, and removes its pieces.
    pub(super) async fn refuse_upload(&self, scope: &Scope, id: MediaUploadId, why: &str) -> Result<(), MediaError> {
        let mut tx = self.org(scope).await?;
        queries::set_upload(&mut tx, id, UploadState::Failed, None, Some(why), self.clock.now()).await?;
        tx.commit().await?;
        self.storage.delete_below(&pieces_of(scope.organization_id, id)).await?;
        Ok(())
    }

    /// Gives an upload up.
    ///
    /// # Errors
    /// [`MediaError::UploadNotFound`]; [`MediaError::Complete`] if it is being looked at.
    #[instrument(skip_all, err(level = "debug"), fields(upload = %id))]
    pub async fn cancel_upload(&self, scope: &Scope, id: MediaUploadId) -> Result<(), MediaError> {
        let upload = self.upload_state(scope, id).await?;
        if upload.state == UploadState::Received {
            return Err(MediaError::Complete);
        }
        self.forget_upload(scope, id).await
    }

    /// Removes an upload and its pieces.
    pub(super) async fn forget_upload(&self, scope: &Scope, id: MediaUploadId) -> Result<(), MediaError> {
        let mut tx = self.org(scope).await?;
        queries::delete_upload(&mut tx, id).await?;
        tx.commit().await?;
        self.storage.delete_below(&pieces_of(scope.organization_id, id)).await?;
        Ok(())
    }
}
