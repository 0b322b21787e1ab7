//! The channel's own videos, through the playlist of its uploads.

use rookery_kernel::Timestamp;
use serde_json::Value;

use super::reading::{duration_ms, time, video_page};
use super::{IDS_MAX, YouTube, address, oauth};
use crate::connector::{circle, page_size};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Request;
use crate::listing::{self, Read};
use crate::text::hashtags;
use crate::types::{Access, ContentFormat, ContentItem, ContentPage, OddItem};

/// Longest short. Checked 2026-10.
pub(super) const SHORT_MS_MAX: i64 = 180_000;

/// The side of the box into which the player is fitted: it tells the shape of the video.
const PLAYER_BOX: &str = "1000";

impl YouTube {
    /// Two calls a page: the playlist tells the ids, the videos tell the rest. Private videos are left
    /// out; ours are private until they are published.
    pub(super) async fn uploads(
        &self,
        access: &Access,
        since: Timestamp,
        cursor: Option<String>,
        items_max: Option<usize>,
    ) -> Result<ContentPage, CallError> {
        let playlist = self.uploads_playlist(access).await?;
        let mut request = Request::get(address(&access.base_url, "playlistItems")?)
            .with("part", "contentDetails")
            .with("playlistId", playlist)
            .with("maxResults", page_size(items_max, IDS_MAX).to_string());
        if let Some(cursor) = &cursor {
            request = request.with("pageToken", cursor);
        }
        let answer = match self.call(request, access).await {
            Ok(answer) => answer,
            // A channel that never had a video has no such playlist.
            Err(error) if error.code.as_deref() == Some("playlistNotFound") && cursor.is_none() => {
                return Ok(ContentPage::default());
            }
            Err(error) => return Err(error),
        };
        let entries = oauth::items(&answer)?;
        let next = answer.json().and_then(|b| Some(b.get("nextPageToken")?.as_str()?.to_owned()));
        if next.is_some() && next == cursor {
            return Err(circle());
        }
        // Newest first: behind a video from before that time there are only older ones.
        let is_older =
            |entry: &Value| time(entry.pointer("/contentDetails/videoPublishedAt")).is_some_and(|at| at < since);
        let is_over = entries.iter().any(is_older);
        let listed = entries.iter().filter(|entry| !is_older(entry));
        let (mut ids, mut read) = (Vec::new(), Vec::new());
        for id in listed.map(|entry| listing::id(entry.pointer("/contentDetails/videoId"))) {
            match id {
                // A video may be listed twice, and one id too many refuses the whole call.
                Ok(id) if ids.contains(&id) => {}
                Ok(id) => ids.push(id),
                Err(odd) => read.push(Err(odd)),
            }
        }
        if !ids.is_empty() {
            read.extend(self.videos(access, &ids).await?);
        }
        Ok(listing::page(since, read, next.filter(|_| !is_over)))
    }

    async fn uploads_playlist(&self, access: &Access) -> Result<String, CallError> {
        if let Some(id) = access.metadata.get("uploads").and_then(Value::as_str) {
            return Ok(id.to_owned());
        }
        let answer = self.call(oauth::channels(&access.base_url, "contentDetails")?, access).await?;
        let channels = oauth::items(&answer)?;
        let id = channels
            .iter()
            .find(|c| c.get("id").and_then(Value::as_str) == Some(access.platform_user_id.as_str()))
            .and_then(|c| c.pointer("/contentDetails/relatedPlaylists/uploads"))
            .and_then(Value::as_str);
        id.map(ToOwned::to_owned).ok_or_else(|| {
            CallError::new(ErrorType::NotFound, Delivery::Refused, "the channel has no playlist of its uploads")
        })
    }

    /// In the order of the ids. A video that nobody is told about is missing here.
    async fn videos(&self, access: &Access, ids: &[String]) -> Result<Vec<Read>, CallError> {
        let request = Request::get(address(&access.base_url, "videos")?)
            .with("part", "snippet,contentDetails,status,player")
            .with("id", ids.join(","))
            .with("maxWidth", PLAYER_BOX)
            .with("maxHeight", PLAYER_BOX);
        let answer = self.call(request, access).await?;
        let videos = oauth::items(&answer)?;
        let id_of = |video: &Value| listing::id(video.get("id"));
        let of_id = |id: &String| videos.iter().find(|video| id_of(video).as_ref() == Ok(id));
        let nameless = videos.iter().filter(|video| id_of(video).is_err());
        let videos = nameless.chain(ids.iter().filter_map(of_id));
        Ok(videos.filter(|video| !is_private(video)).map(|video| item(access, video)).collect())
    }
}

fn is_private(video: &Value) -> bool {
    video.pointer("/status/privacyStatus").and_then(Value::as_str) == Some("private")
}

fn item(access: &Access, video: &Value) -> Read {
    let text =
        |name: &str| video.pointer(&format!("/snippet/{name}")).and_then(Value::as_str).filter(|t| !t.is_empty());
    let id = listing::id(video.get("id"))?;
    let caption = match (text("title"), text("description")) {
        (Some(title), Some(words)) if !words.starts_with(title) => Some(format!("{title}\n\n{words}")),
        (title, words) => words.or(title).map(ToOwned::to_owned),
    };
    let length = video.pointer("/contentDetails/duration").and_then(Value::as_str).and_then(duration_ms);
    let picture =
        ["maxres", "standard", "high", "medium", "default"].iter().find_map(|s| text(&format!("thumbnails/{s}/url")));
    Ok(ContentItem {
        permalink: video_page(&access.base_url, &id),
        external_id: id,
        external_parent_id: None,
        format: if is_short(video, length) { ContentFormat::Reel } else { ContentFormat::Video },
        hashtags: caption.as_deref().map(hashtags).unwrap_or_default(),
        caption,
        language: text("defaultAudioLanguage").or_else(|| text("defaultLanguage")).map(ToOwned::to_owned),
        media_url: None,
        thumbnail_url: picture.map(ToOwned::to_owned),
        duration_ms: length.filter(|ms| *ms > 0),
        published_at: time(video.pointer("/snippet/publishedAt")).ok_or(OddItem::NoTime)?,
        raw: video.clone(),
    })
}

/// YouTube says nowhere what it shows as a short: upright or square, and at most three minutes.
fn is_short(video: &Value, length_ms: Option<i64>) -> bool {
    let edge = |name: &str| {
        let value = video.pointer(&format!("/player/{name}"))?;
        value.as_i64().or_else(|| value.as_str()?.parse().ok())
    };
    let is_upright = edge("embedWidth").zip(edge("embedHeight")).is_some_and(|(width, height)| height >= width);
    is_upright && length_ms.is_some_and(|ms| (1..=SHORT_MS_MAX).contains(&ms))
}
