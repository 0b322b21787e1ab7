//! The library of pictures and videos, and the small list of it that the compose page opens.

use askama::Template;
use axum::Form;
use axum::extract::{FromRequestParts as _, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use rookery_identity::Right;
use rookery_kernel::{Limit, MediaAssetId};
use rookery_publishing::{
    ALT_TEXT_MAX, Asset, AssetChange, AssetFilter, AssetUse, MediaError, MediaType, ProcessingState, TITLE_MAX, Upload,
    UploadState,
};
use serde::Deserialize;

use super::format::{moment, words};
use super::shell::{Flash, Shell};
use super::{PageError, PageResult, back, render};
use crate::api::media::form_file;
use crate::app::App;
use crate::extract::{Draft, Path, Query, Read, Visitor};
use crate::files::{self, Copies};
use crate::problem::Problem;

/// Files on a page of the library.
const PAGE_ROWS: u16 = 48;
/// Files in the small list.
const PICKER_ROWS: u16 = 24;

struct Tile {
    id: MediaAssetId,
    name: String,
    kind: &'static str,
    facts: String,
    thumbnail: Option<String>,
    alt_text: String,
    title: String,
    tags: String,
    uses: u64,
    is_ready: bool,
    is_video: bool,
    failure: Option<String>,
}

struct UseRow {
    href: String,
    excerpt: String,
    state: String,
    is_planned: bool,
}

struct Detail {
    tile: Tile,
    uploaded: String,
    mime_type: String,
    uses: Vec<UseRow>,
}

struct UploadRow {
    name: String,
    state: &'static str,
    tone: &'static str,
    percent: u64,
    failure: Option<String>,
}

struct KindLink {
    label: &'static str,
    value: &'static str,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "media.html")]
struct Page {
    shell: Shell,
    tiles: Vec<Tile>,
    uploads: Vec<UploadRow>,
    kinds: Vec<KindLink>,
    kind: &'static str,
    search: String,
    next: Option<String>,
    detail: Option<Detail>,
    undo: Option<MediaAssetId>,
    is_filtered: bool,
    is_moving: bool,
    can_write: bool,
    largest: String,
    alt_max: usize,
    title_max: usize,
}

#[derive(Template)]
#[template(path = "media_picker.html")]
struct Picker {
    tiles: Vec<Tile>,
    kinds: Vec<KindLink>,
    search: String,
    next: Option<String>,
    is_filtered: bool,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Wish {
    kind: Option<String>,
    search: Option<String>,
    after: Option<String>,
    file: Option<MediaAssetId>,
    undo: Option<MediaAssetId>,
}

impl Wish {
    fn kind(&self) -> Option<MediaType> {
        let kind = self.kind.as_deref()?.parse().ok()?;
        [MediaType::Image, MediaType::Gif, MediaType::Video].contains(&kind).then_some(kind)
    }

    fn search(&self) -> String {
        self.search.as_deref().unwrap_or_default().trim().chars().take(200).collect()
    }

    fn filter(&self, only_ready: bool) -> AssetFilter {
        let search = Some(self.search()).filter(|s| !s.is_empty());
        AssetFilter { kind: self.kind(), search, only_ready }
    }

    fn kinds(&self) -> Vec<KindLink> {
        let chosen = self.kind();
        let all = [("All", None), ("Pictures", Some(MediaType::Image)), ("Videos", Some(MediaType::Video))];
        all.into_iter()
            .chain([("GIFs", Some(MediaType::Gif))])
            .map(|(label, kind)| KindLink { label, value: kind.map_or("", MediaType::label), chosen: chosen == kind })
            .collect()
    }

    /// The address of the next page of the same list.
    fn next(&self, path: &str, cursor: &str) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        if let Some(kind) = self.kind() {
            query.append_pair("kind", kind.label());
        }
        let search = self.search();
        if !search.is_empty() {
            query.append_pair("search", &search);
        }
        format!("{path}?{}", query.append_pair("after", cursor).finish())
    }
}

/// Bytes as people say them.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

fn tile(asset: &Asset) -> Tile {
    let is_ready = asset.state == ProcessingState::Completed;
    let kind = match asset.kind {
        MediaType::Image => "Picture",
        MediaType::Gif => "GIF",
        MediaType::Video => "Video",
        MediaType::Document => "Document",
        MediaType::Audio => "Sound",
    };
    let mut facts = Vec::new();
    if let (Some(width), Some(height)) = (asset.width, asset.height) {
        facts.push(format!("{width} × {height}"));
    }
    if let Some(seconds) = asset.duration_s {
        facts.push(format!("{}:{:02} min", seconds / 60, seconds % 60));
    }
    facts.push(size(asset.size));
    Tile {
        id: asset.id,
        name: asset.title.clone().unwrap_or_else(|| asset.original_name.clone()),
        kind,
        facts: facts.join(" · "),
        thumbnail: (is_ready && asset.thumbnail.is_some()).then(|| format!("/media/{}/thumbnail", asset.id)),
        alt_text: asset.alt_text.clone().unwrap_or_default(),
        title: asset.title.clone().unwrap_or_default(),
        tags: asset.tags.join(", "),
        uses: asset.uses,
        is_ready,
        is_video: asset.kind == MediaType::Video,
        failure: (asset.state == ProcessingState::Failed)
            .then(|| asset.failure.clone().unwrap_or_else(|| "it could not be looked at".to_owned())),
    }
}

fn upload_row(upload: &Upload) -> UploadRow {
    let (state, tone) = match upload.state {
        UploadState::Receiving => ("waits for the rest", "warn"),
        UploadState::Received | UploadState::Done => ("being looked at", "accent"),
        UploadState::Failed => ("not taken", "bad"),
    };
    let percent = (upload.received * 100).checked_div(upload.size).unwrap_or(100);
    UploadRow { name: upload.name.clone(), state, tone, percent, failure: upload.failure.clone() }
}

/// The library.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(wish): Query<Wish>,
    Query(flash): Query<Flash>,
) -> PageResult {
    // A place that cannot be read is the first page: the address is easily mistyped.
    let after = wish.after.as_deref().and_then(|text| text.parse().ok());
    let filter = wish.filter(false);
    let found = app.media.list(may.scope(), &filter, after, Limit::new(PAGE_ROWS)).await?;
    let uploads: Vec<_> = app.media.open_uploads(may.scope()).await?.iter().map(upload_row).collect();
    let accounts = app.accounts.list(may.scope()).await?;
    let detail = match wish.file {
        Some(id) => detail(&app, &may, id).await?,
        None => None,
    };
    let is_busy = |a: &Asset| matches!(a.state, ProcessingState::Pending | ProcessingState::Processing);
    Ok(render(&Page {
        shell: Shell::new("media", &may.caller, &accounts, &flash),
        is_moving: found.items.iter().any(is_busy) || uploads.iter().any(|u| u.tone == "accent"),
        tiles: found.items.iter().map(tile).collect(),
        uploads,
        kinds: wish.kinds(),
        kind: wish.kind().map_or("", MediaType::label),
        search: wish.search(),
        next: found.next.map(|cursor| wish.next("/media", &cursor.to_string())),
        detail,
        undo: wish.undo,
        is_filtered: filter.kind.is_some() || filter.search.is_some(),
        can_write: may.caller.allows(Right::Draft),
        largest: size(app.media.limits.file),
        alt_max: ALT_TEXT_MAX,
        title_max: TITLE_MAX,
    }))
}

async fn detail(app: &App, may: &crate::extract::May<Read>, id: MediaAssetId) -> Result<Option<Detail>, Problem> {
    let asset = match app.media.get(may.scope(), id).await {
        Ok(asset) => asset,
        Err(MediaError::NotFound) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let row = |used: AssetUse| UseRow {
        href: format!("/posts/{}", used.post_id),
        excerpt: used.excerpt,
        state: words(used.status.label()),
        is_planned: used.is_planned,
    };
    let uses = app.media.uses(may.scope(), id).await?.into_iter().map(row).collect();
    let uploaded = moment(asset.created_at, &may.caller.organization.timezone);
    Ok(Some(Detail { tile: tile(&asset), uploaded, mime_type: asset.mime_type.clone(), uses }))
}

/// The files that can be used, as a piece of a page.
pub(crate) async fn picker(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(wish): Query<Wish>,
) -> PageResult {
    let after = wish.after.as_deref().and_then(|text| text.parse().ok());
    let filter = wish.filter(true);
    let found = app.media.list(may.scope(), &filter, after, Limit::new(PICKER_ROWS)).await?;
    let piece = Picker {
        tiles: found.items.iter().map(tile).collect(),
        kinds: wish.kinds(),
        search: wish.search(),
        next: found.next.map(|cursor| wish.next("/media/picker", &cursor.to_string())),
        is_filtered: filter.kind.is_some() || filter.search.is_some(),
    };
    let html = piece.render().map_err(|e| PageError(Problem::internal(&e)))?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

/// A file by form, for browsers without script.
pub(crate) async fn submit(State(app): State<App>, Visitor(may): Visitor<Draft>, request: Request) -> Response {
    let done = match form_file(&app, request).await {
        Ok((name, bytes)) => app.media.upload(may.scope(), &name, bytes.into()).await.map_err(Problem::from),
        Err(problem) => Err(problem),
    };
    back("/media", done.map(|_| "The file is here. It can be used as soon as it was looked at."))
}

/// The file itself, for somebody of the organization.
pub(crate) async fn original(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Path(id): Path<MediaAssetId>,
    headers: HeaderMap,
) -> PageResult {
    let served = app.media.open(may.scope(), id, false).await?;
    Ok(files::respond(&app, &headers, &served, Copies::Private).await?)
}

/// The small picture of a file for somebody of the organization, or what a signed address leads to for anybody.
pub(crate) async fn part(
    State(app): State<App>,
    Path((key, name)): Path<(String, String)>,
    mut parts: Parts,
) -> Result<Response, Response> {
    let shown = |problem: Problem| PageError(problem).into_response();
    let (served, copies) = match key.parse::<MediaAssetId>() {
        Ok(id) if name == "thumbnail" => {
            let Visitor(may) = Visitor::<Read>::from_request_parts(&mut parts, &app).await?;
            (app.media.open(may.scope(), id, true).await, Copies::Private)
        }
        Ok(_) => return Err(shown(Problem::not_found("file"))),
        Err(_) => (app.media.open_link(&key).await, Copies::Shared),
    };
    let served = served.map_err(|e| shown(e.into()))?;
    files::respond(&app, &parts.headers, &served, copies).await.map_err(shown)
}

#[derive(Debug, Deserialize)]
pub(crate) struct DescribeFields {
    title: Option<String>,
    alt_text: Option<String>,
    tags: Option<String>,
    /// Whether the page of the file sent it.
    file: Option<MediaAssetId>,
}

/// Changes the words about a file.
pub(crate) async fn describe(
    State(app): State<App>,
    Visitor(may): Visitor<Draft>,
    Path(id): Path<MediaAssetId>,
    Form(fields): Form<DescribeFields>,
) -> Response {
    let change = AssetChange {
        title: fields.title.map(Some),
        alt_text: fields.alt_text.map(Some),
        tags: fields.tags.map(|tags| tags.split(',').map(str::to_owned).collect()),
    };
    let to = fields.file.map_or_else(|| "/media".to_owned(), |id| format!("/media?file={id}"));
    let done = app.media.change(may.scope(), id, change).await;
    back(&to, done.map(|_| "Saved.").map_err(Problem::from))
}

/// Puts a file away; the page offers to bring it back.
pub(crate) async fn delete(
    State(app): State<App>,
    Visitor(may): Visitor<Draft>,
    Path(id): Path<MediaAssetId>,
) -> Response {
    match app.media.delete(may.scope(), id).await {
        Ok(()) => Redirect::to(&format!("/media?undo={id}")).into_response(),
        Err(error) => back(&format!("/media?file={id}"), Err(error.into())),
    }
}

/// Brings a file back.
pub(crate) async fn restore(
    State(app): State<App>,
    Visitor(may): Visitor<Draft>,
    Path(id): Path<MediaAssetId>,
) -> Response {
    back("/media", app.media.restore(may.scope(), id).await.map(|_| "The file is back.").map_err(Problem::from))
}
