//! The library: files, and uploads that survive a broken connection (the protocol of tus 1.0).

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use garde::Validate;
use rookery_kernel::{MediaAssetId, MediaUploadId};
use rookery_media::Refusal;
use rookery_publishing::{
    ALT_TEXT_MAX, Asset, AssetChange, AssetFilter, MediaError, NewUpload, ProcessingState, TITLE_MAX, Upload,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::access::ReadPosts;
use super::idempotency::once;
use super::page::{self, PageView};
use super::time::{Time, present};
use super::wire::{FileKind, FileState, PostState, UploadProgress};
use crate::app::App;
use crate::extract::{Body, Draft, May, Path, Query};
use crate::problem::Problem;

/// What of tus is spoken (https://tus.io/protocols/resumable-upload).
const TUS: &str = "1.0.0";
const TUS_EXTENSIONS: &str = "creation,expiration,termination";
const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const UPLOAD_METADATA: &str = "upload-metadata";

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list, upload))
        .routes(once!(import))
        .routes(routes!(get, change, delete))
        .routes(routes!(restore))
        .routes(routes!(uses))
        .routes(routes!(begin))
        .routes(routes!(progress, append, cancel))
}

/// A file of the library.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FileView {
    id: Uuid,
    kind: FileKind,
    /// `completed` files can be used in posts.
    state: FileState,
    /// Why it cannot be used.
    failure: Option<String>,
    /// Name on upload.
    name: String,
    /// Type by its content.
    mime_type: String,
    /// Bytes.
    size: u64,
    /// Pixels, upright.
    width: Option<u32>,
    /// Pixels, upright.
    height: Option<u32>,
    /// Seconds, rounded up.
    duration_seconds: Option<u32>,
    title: Option<String>,
    /// What it shows, for people who cannot see it; the default for posts.
    alt_text: Option<String>,
    tags: Vec<String>,
    /// Where somebody who is signed in gets it.
    url: String,
    thumbnail_url: Option<String>,
    /// Posts that use it.
    uses: u64,
    created_at: Time,
}

impl From<Asset> for FileView {
    fn from(asset: Asset) -> Self {
        let has_thumbnail = asset.thumbnail.is_some() && asset.state == ProcessingState::Completed;
        Self {
            id: asset.id.uuid(),
            kind: asset.kind.into(),
            state: asset.state.into(),
            failure: asset.failure,
            name: asset.original_name,
            mime_type: asset.mime_type,
            size: asset.size,
            width: asset.width,
            height: asset.height,
            duration_seconds: asset.duration_s,
            title: asset.title,
            alt_text: asset.alt_text,
            tags: asset.tags,
            url: format!("/media/{}", asset.id),
            thumbnail_url: has_thumbnail.then(|| format!("/media/{}/thumbnail", asset.id)),
            uses: asset.uses,
            created_at: asset.created_at.into(),
        }
    }
}

/// Which files.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only of this kind.
    #[param(inline)]
    kind: Option<FileKind>,
    /// Words in name, title or description, or a tag.
    search: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Rows, 1 to 100; 50 unless told.
    limit: Option<u16>,
}

/// List files
///
/// Newest first, without deleted ones.
#[utoipa::path(get, path = "/media", tag = "media", operation_id = "media", params(ListQuery),
    responses((status = 200, body = PageView<FileView>)))]
async fn list(
    State(app): State<App>,
    may: ReadPosts,
    Query(query): Query<ListQuery>,
) -> Result<Json<PageView<FileView>>, Problem> {
    let (after, limit) = page::place(query.after.as_deref(), query.limit)?;
    let filter = AssetFilter { kind: query.kind.map(Into::into), search: query.search, only_ready: false };
    let files = app.media.list(may.scope(), &filter, after, limit).await?;
    Ok(Json(PageView::of(files, FileView::from)))
}

/// A file as a form sends it.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only for the document")]
struct UploadForm {
    /// The file.
    #[schema(format = Binary)]
    file: String,
}

/// Upload a file
///
/// In one request, up to 50 MB unless the server allows more; larger files go in pieces. What it is follows from its
/// content. It is looked at afterwards: `state` tells how far. The same bytes again are the same file.
#[utoipa::path(post, path = "/media", tag = "media", operation_id = "uploadMedia",
    request_body(content = UploadForm, content_type = "multipart/form-data"),
    responses((status = 201, body = FileView)))]
async fn upload(State(app): State<App>, may: May<Draft>, request: Request) -> Result<Response, Problem> {
    let (name, bytes) = form_file(&app, request).await?;
    let asset = app.media.upload(may.scope(), &name, bytes.into()).await?;
    Ok(page::created(FileView::from(asset)))
}

/// The field `file` of a form.
pub(crate) async fn form_file(app: &App, request: Request) -> Result<(String, Vec<u8>), Problem> {
    let unreadable = |e: multer::Error| Problem::bad_request(format!("The form cannot be read: {e}."));
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(unreadable)?;
    let mut form = multer::Multipart::new(request.into_body().into_data_stream(), boundary);
    let limit = app.media.limits.direct;
    while let Some(mut field) = form.next_field().await.map_err(unreadable)? {
        if field.name() != Some("file") {
            continue;
        }
        let name = field.file_name().unwrap_or("file").to_owned();
        let mut bytes = Vec::new();
        while let Some(piece) = field.chunk().await.map_err(unreadable)? {
            bytes.extend_from_slice(&piece);
            if bytes.len() as u64 > limit {
                return Err(MediaError::from(Refusal::TooLarge { limit, actual: bytes.len() as u64 }).into());
            }
        }
        return Ok((name, bytes));
    }
    Err(Problem::field("file", "missing", "The form has no file. Choose one."))
}

/// An address.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ImportBody {
    /// http or https, on the internet.
    #[garde(length(min = 1, max = 2083))]
    url: String,
}

/// Import a file
///
/// Fetches it from an address: pictures up to 10 MB, videos up to 50 MB, within 30 seconds. Addresses that lead
/// inside a network are refused.
#[utoipa::path(post, path = "/media/import", tag = "media", operation_id = "importMedia", request_body = ImportBody,
    responses((status = 201, body = FileView)))]
async fn import(State(app): State<App>, may: May<Draft>, Body(body): Body<ImportBody>) -> Result<Response, Problem> {
    let url = body.url.trim().parse().map_err(|_| {
        Problem::field("url", "invalid", "This is no web address. Write it whole, beginning with https://.")
    })?;
    let asset = app.media.import(may.scope(), &url).await?;
    Ok(page::created(FileView::from(asset)))
}

/// Read a file's data
#[utoipa::path(get, path = "/media/{id}", tag = "media", operation_id = "mediaFile",
    params(("id" = Uuid, Path, description = "The file")), responses((status = 200, body = FileView)))]
async fn get(State(app): State<App>, may: ReadPosts, Path(id): Path<MediaAssetId>) -> Result<Json<FileView>, Problem> {
    Ok(Json(app.media.get(may.scope(), id).await?.into()))
}

/// What changes; what is absent stays.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FileChangeBody {
    /// Null removes it.
    #[serde(default, deserialize_with = "present")]
    #[garde(inner(inner(length(chars, max = TITLE_MAX))))]
    #[schema(value_type = Option<String>)]
    #[expect(clippy::option_option, reason = "absent, null and text are three wishes")]
    title: Option<Option<String>>,
    /// Null removes it.
    #[serde(default, deserialize_with = "present")]
    #[garde(inner(inner(length(chars, max = ALT_TEXT_MAX))))]
    #[schema(value_type = Option<String>)]
    #[expect(clippy::option_option, reason = "absent, null and text are three wishes")]
    alt_text: Option<Option<String>>,
    /// All tags it has from now on.
    #[garde(skip)]
    tags: Option<Vec<String>>,
}

/// Describe a file
///
/// Posts that use it already keep their own description.
#[utoipa::path(patch, path = "/media/{id}", tag = "media", operation_id = "changeMedia", request_body = FileChangeBody,
    params(("id" = Uuid, Path, description = "The file")), responses((status = 200, body = FileView)))]
async fn change(
    State(app): State<App>,
    may: May<Draft>,
    Path(id): Path<MediaAssetId>,
    Body(body): Body<FileChangeBody>,
) -> Result<Json<FileView>, Problem> {
    let change = AssetChange { title: body.title, alt_text: body.alt_text, tags: body.tags };
    Ok(Json(app.media.change(may.scope(), id, change).await?.into()))
}

/// Delete a file
///
/// 409 while a planned post uses it. Its bytes go after 30 days if no post uses it; until then it can be restored.
#[utoipa::path(delete, path = "/media/{id}", tag = "media", operation_id = "deleteMedia",
    params(("id" = Uuid, Path, description = "The file")), responses((status = 204)))]
async fn delete(State(app): State<App>, may: May<Draft>, Path(id): Path<MediaAssetId>) -> Result<StatusCode, Problem> {
    app.media.delete(may.scope(), id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Restore a file
///
/// Within 30 days after it was deleted.
#[utoipa::path(post, path = "/media/{id}/restore", tag = "media", operation_id = "restoreMedia",
    params(("id" = Uuid, Path, description = "The file")), responses((status = 200, body = FileView)))]
async fn restore(
    State(app): State<App>,
    may: May<Draft>,
    Path(id): Path<MediaAssetId>,
) -> Result<Json<FileView>, Problem> {
    Ok(Json(app.media.restore(may.scope(), id).await?.into()))
}

/// A post that uses a file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FileUseView {
    post_id: Uuid,
    excerpt: String,
    status: PostState,
    /// Whether it is to come out with the file; the file cannot be deleted then.
    is_planned: bool,
}

/// Where a file is used
#[utoipa::path(get, path = "/media/{id}/uses", tag = "media", operation_id = "mediaUses",
    params(("id" = Uuid, Path, description = "The file")), responses((status = 200, body = PageView<FileUseView>)))]
async fn uses(
    State(app): State<App>,
    may: ReadPosts,
    Path(id): Path<MediaAssetId>,
) -> Result<Json<PageView<FileUseView>>, Problem> {
    let view = |u: rookery_publishing::AssetUse| FileUseView {
        post_id: u.post_id.uuid(),
        excerpt: u.excerpt,
        status: u.status.into(),
        is_planned: u.is_planned,
    };
    let uses = app.media.uses(may.scope(), id).await?;
    Ok(Json(PageView::whole(uses.into_iter().map(view).collect())))
}

/// A file on its way.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UploadView {
    id: Uuid,
    state: UploadProgress,
    name: String,
    /// Bytes announced.
    size: u64,
    /// Bytes that are here; the next piece begins there.
    received: u64,
    /// The file of the library, as soon as it is one.
    media_id: Option<Uuid>,
    /// Why it became none.
    failure: Option<String>,
    /// When it is forgotten if nothing more comes.
    expires_at: Time,
}

impl From<Upload> for UploadView {
    fn from(upload: Upload) -> Self {
        Self {
            id: upload.id.uuid(),
            state: upload.state.into(),
            name: upload.name,
            size: upload.size,
            received: upload.received,
            media_id: upload.asset_id.map(MediaAssetId::uuid),
            failure: upload.failure,
            expires_at: upload.expires_at.into(),
        }
    }
}

/// The headers of tus that every answer about an upload has.
fn tus(status: StatusCode, upload: Upload, with_body: bool) -> Response {
    let number = |n: u64| HeaderValue::from(n);
    let expires = httpdate(upload.expires_at);
    let (received, size) = (upload.received, upload.size);
    let mut response =
        if with_body { (status, Json(UploadView::from(upload))).into_response() } else { status.into_response() };
    let headers = response.headers_mut();
    headers.insert(TUS_RESUMABLE, HeaderValue::from_static(TUS));
    headers.insert(HeaderName::from_static("tus-version"), HeaderValue::from_static(TUS));
    headers.insert(HeaderName::from_static("tus-extension"), HeaderValue::from_static(TUS_EXTENSIONS));
    headers.insert(UPLOAD_OFFSET, number(received));
    headers.insert(UPLOAD_LENGTH, number(size));
    headers.insert(UPLOAD_EXPIRES, expires);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The date as HTTP writes it (RFC 9110, §5.6.7).
fn httpdate(at: rookery_kernel::Timestamp) -> HeaderValue {
    let text = at.to_jiff().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    HeaderValue::try_from(text).expect("a date is plain text")
}

/// The version of the protocol, if the client says one.
fn check_version(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get(TUS_RESUMABLE) {
        Some(version) if version != TUS => Err(Problem::new(
            StatusCode::PRECONDITION_FAILED,
            "tus_version",
            "Another version of the protocol",
            "This server speaks version 1.0.0 of tus.",
        )),
        _ => Ok(()),
    }
}

/// Name and checksum from `Upload-Metadata`: pairs of a key and a value in Base64.
fn metadata(headers: &HeaderMap) -> Result<(String, Option<[u8; 32]>), Problem> {
    let unreadable =
        || Problem::bad_request("Upload-Metadata: pairs of a name and a value in Base64, joined by commas.");
    let text = headers.get(UPLOAD_METADATA).map(|v| v.to_str().map_err(|_| unreadable())).transpose()?.unwrap_or("");
    let (mut name, mut digest) = ("file".to_owned(), None);
    for pair in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
        let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
        let value = STANDARD.decode(value.trim()).map_err(|_| unreadable())?;
        match key {
            "filename" | "name" => name = String::from_utf8_lossy(&value).into_owned(),
            "sha256" => {
                let bytes = hex::decode(&value).ok().and_then(|bytes| bytes.try_into().ok());
                digest = Some(bytes.ok_or_else(|| Problem::bad_request("Upload-Metadata: sha256 is 64 hex digits."))?);
            }
            _ => {}
        }
    }
    Ok((name, digest))
}

/// A header that is a number of bytes.
fn bytes_of(headers: &HeaderMap, name: &HeaderName) -> Result<u64, Problem> {
    let value = headers.get(name).and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
    value.ok_or_else(|| Problem::bad_request(format!("The header {name} is a number of bytes.")))
}

/// Begin an upload in pieces
///
/// The protocol is tus 1.0: send `Upload-Length`, and in `Upload-Metadata` the `filename` and perhaps the `sha256`.
/// The answer's `Location` takes the pieces.
#[utoipa::path(post, path = "/media/uploads", tag = "media", operation_id = "beginUpload",
    params(
        ("Upload-Length" = u64, Header, description = "Bytes of the file"),
        ("Upload-Metadata" = Option<String>, Header, description = "Pairs of a name and a value in Base64: filename, sha256"),
    ),
    responses((status = 201, body = UploadView)))]
async fn begin(State(app): State<App>, may: May<Draft>, headers: HeaderMap) -> Result<Response, Problem> {
    check_version(&headers)?;
    let size = bytes_of(&headers, &UPLOAD_LENGTH)?;
    let (name, sha256) = metadata(&headers)?;
    let upload = app.media.begin_upload(may.scope(), NewUpload { name, size, sha256 }).await?;
    let place = format!("{}/media/uploads/{}", super::PREFIX, upload.id);
    let mut response = tus(StatusCode::CREATED, upload, true);
    response.headers_mut().insert(header::LOCATION, HeaderValue::try_from(place).expect("an address of ids"));
    Ok(response)
}

/// Ask where an upload stands
///
/// `HEAD` gives the same headers: `Upload-Offset` is where the next piece begins.
#[utoipa::path(get, path = "/media/uploads/{id}", tag = "media", operation_id = "upload",
    params(("id" = Uuid, Path, description = "The upload")), responses((status = 200, body = UploadView)))]
async fn progress(
    State(app): State<App>,
    may: May<Draft>,
    Path(id): Path<MediaUploadId>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    check_version(&headers)?;
    Ok(tus(StatusCode::OK, app.media.upload_state(may.scope(), id).await?, true))
}

/// Send a piece
///
/// The bytes as `application/offset+octet-stream`, with `Upload-Offset`. 409 if they do not begin where the ones
/// before end. What arrives before a connection breaks is kept.
#[utoipa::path(patch, path = "/media/uploads/{id}", tag = "media", operation_id = "sendPiece",
    params(
        ("id" = Uuid, Path, description = "The upload"),
        ("Upload-Offset" = u64, Header, description = "Where the bytes begin"),
    ),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses((status = 204)))]
async fn append(
    State(app): State<App>,
    may: May<Draft>,
    Path(id): Path<MediaUploadId>,
    request: Request,
) -> Result<Response, Problem> {
    check_version(request.headers())?;
    app.media.upload_state(may.scope(), id).await?;
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !kind.eq_ignore_ascii_case("application/offset+octet-stream") {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "content_type",
            "Not a piece of a file",
            "Send the bytes with the content type application/offset+octet-stream.",
        ));
    }
    let offset = bytes_of(request.headers(), &UPLOAD_OFFSET)?;
    let bytes = request.into_body().into_data_stream();
    let upload = app.media.append(may.scope(), id, offset, bytes).await?;
    Ok(tus(StatusCode::NO_CONTENT, upload, false))
}

/// Give an upload up
#[utoipa::path(delete, path = "/media/uploads/{id}", tag = "media", operation_id = "cancelUpload",
    params(("id" = Uuid, Path, description = "The upload")), responses((status = 204)))]
async fn cancel(State(app): State<App>, may: May<Draft>, Path(id): Path<MediaUploadId>) -> Result<Response, Problem> {
    app.media.cancel_upload(may.scope(), id).await?;
    Ok((StatusCode::NO_CONTENT, [(TUS_RESUMABLE, TUS)]).into_response())
}
