//! Pictures and videos before the post: pictures as unpublished photos, videos in the pieces that the
//! network asks for, reels and video stories in one piece at the address it gives.
//!
//! Handles: `{"photos": [{"id", "expires_at"}], "video": {"id", "session"?, "upload_url"?, "sent",
//! "done", "expires_at"}}`. Pictures stand in the draft's order.

use std::time::Duration;

use rookery_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use reqwest::header::HeaderName;

use super::rules::Way;
use super::{Caller, Facebook, MEDIA_LIFE};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Part, Request, endpoint, upload_time};
use crate::meta::errors::{self, Asking};
use crate::types::{Access, Draft, Handles, Media, Prepared};

/// Pieces of one call to `prepare`: then the progress is kept before it goes on.
const PIECES_PER_CALL: usize = 8;

/// Longest wait for a file or a piece of one.
const UPLOAD_TIMEOUT: Duration = Duration::from_mins(5);

const OFFSET: HeaderName = HeaderName::from_static("offset");
const FILE_SIZE: HeaderName = HeaderName::from_static("file_size");

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Photo {
    id: String,
    expires_at: Timestamp,
}

/// A video that is being sent or stands ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Video {
    pub id: String,
    /// Session of an upload in pieces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Address for an upload in one piece.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    upload_url: Option<Url>,
    /// From where to where the network wants the next piece.
    sent: u64,
    until: u64,
    done: bool,
    expires_at: Timestamp,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    photos: Vec<Option<Photo>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    video: Option<Video>,
}

fn kept(handles: &Handles) -> Kept {
    serde_json::from_value(handles.clone()).unwrap_or_default()
}

fn told(kept: &Kept) -> Handles {
    serde_json::to_value(kept).expect("plain data")
}

/// Ids of the pictures that were sent, in order.
pub(super) fn photo_ids(handles: &Handles) -> Vec<String> {
    kept(handles).photos.into_iter().flatten().map(|p| p.id).collect()
}

/// The video, if it was sent whole.
pub(super) fn video(handles: &Handles) -> Option<Video> {
    kept(handles).video.filter(|v| v.done)
}

/// The host for videos: a name of its own at the real network, a neighbour anywhere else.
fn video_base(base: &Url) -> Result<Url, CallError> {
    let mut url = base.clone();
    if base.host_str() == Some("graph.facebook.com") {
        url.set_host(Some("graph-video.facebook.com")).map_err(|e| CallError::not_sent(e.to_string()))?;
        return Ok(url);
    }
    let path = format!("{}-video", base.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url)
}

/// An address that the network gave for bytes and a token must lead to the configured host or to the
/// documented one for uploads.
fn checked_upload_url(base: &Url, text: &str) -> Result<Url, CallError> {
    let url: Url = text.parse().map_err(|_| CallError::not_sent("the network's upload address is none"))?;
    let is_configured = url.origin() == base.origin();
    let is_documented = url.scheme() == "https"
        && url.host_str() == Some("rupload.facebook.com")
        && base.host_str() == Some("graph.facebook.com");
    if is_configured || is_documented {
        return Ok(url);
    }
    let host = url.host_str().unwrap_or_default();
    Err(CallError::not_sent(format!("the network named {host} for an upload, which is none of its known hosts")))
}

impl Facebook {
    pub(super) async fn upload_media(
        &self,
        access: &Access,
        draft: &Draft,
        handles: &Handles,
    ) -> Result<Prepared, CallError> {
        let Some(first) = draft.media.first() else { return Ok(Prepared::Ready(Value::Null)) };
        let mut kept = kept(handles);
        let way = Way::of(draft);
        if way.is_video() {
            return self.upload_video(access, first, way, kept).await;
        }
        let now = self.http.now();
        kept.photos.resize(draft.media.len(), None);
        for (media, place) in draft.media.iter().zip(&mut kept.photos) {
            if place.as_ref().is_none_or(|p| p.expires_at <= now) {
                *place = Some(self.send_photo(access, media).await?);
            }
        }
        Ok(Prepared::Ready(told(&kept)))
    }

    /// An unpublished photo: nobody sees it until a post, a story or a comment carries it.
    async fn send_photo(&self, access: &Access, media: &Media) -> Result<Photo, CallError> {
        let mut request = Request::post(self.url(&access.base_url, &[&access.platform_user_id, "photos"])?)
            .with("published", "false")
            .timeout(UPLOAD_TIMEOUT);
        if let Some(alt) = media.alt_text.as_deref().filter(|a| !a.trim().is_empty()) {
            request = request.with("alt_text_custom", alt);
        }
        let part = Part::of("source", media);
        let body = self.call(request.file(part), &access.into(), Asking::Other).await.map_err(about_file)?;
        let id = body.get("id").and_then(Value::as_str).ok_or_else(|| unclear("a photo without an id"))?;
        Ok(Photo { id: id.to_owned(), expires_at: self.http.now() + MEDIA_LIFE })
    }

    async fn upload_video(
        &self,
        access: &Access,
        media: &Media,
        way: Way,
        mut kept: Kept,
    ) -> Result<Prepared, CallError> {
        let now = self.http.now();
        let mut video = match kept.video.take().filter(|v| v.expires_at > now) {
            Some(video) => video,
            None => self.begin(access, media, way).await?,
        };
        let mut pieces = 0;
        while !video.done {
            if pieces == PIECES_PER_CALL {
                let handles = told(&Kept { video: Some(video), ..kept });
                return Ok(Prepared::Wait { handles, pause: Duration::from_secs(1) });
            }
            match video.upload_url.clone() {
                Some(url) => self.send_whole(access, media, &url, &mut video).await?,
                None => self.send_piece(access, media, &mut video).await?,
            }
            pieces += 1;
        }
        Ok(Prepared::Ready(told(&Kept { video: Some(video), ..kept })))
    }

    async fn begin(&self, access: &Access, media: &Media, way: Way) -> Result<Video, CallError> {
        let request = match way {
            Way::Reel => Request::post(self.page_url(access, "video_reels")?),
            Way::VideoStory => Request::post(self.page_url(access, "video_stories")?),
            _ => Request::post(self.videos_url(access)?).with("file_size", media.size.to_string()),
        };
        let caller = Caller::from(access);
        let body =
            self.call(request.with("upload_phase", "start"), &caller, Asking::Other).await.map_err(about_file)?;
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let id = text("video_id").ok_or_else(|| unclear("an upload without a video"))?.to_owned();
        let upload_url = match (way, text("upload_url")) {
            (Way::Video, _) => None,
            (_, Some(url)) => Some(checked_upload_url(&access.base_url, url)?),
            (_, None) => return Err(unclear("an upload without an address")),
        };
        let (sent, until) = offsets(&body).unwrap_or((0, media.size));
        let session = text("upload_session_id").map(ToOwned::to_owned);
        if way == Way::Video && session.is_none() {
            return Err(unclear("an upload without a session"));
        }
        Ok(Video { id, session, upload_url, sent, until, done: false, expires_at: self.http.now() + MEDIA_LIFE })
    }

    /// The piece that the network asks for; its answer names the next one, or none.
    async fn send_piece(&self, access: &Access, media: &Media, video: &mut Video) -> Result<(), CallError> {
        let until = video.until.min(media.size);
        if video.sent >= until {
            return Err(unclear("a piece that the file does not have").about_media());
        }
        let request = Request::post(self.videos_url(access)?)
            .with("upload_phase", "transfer")
            .with("upload_session_id", video.session.as_deref().unwrap_or_default())
            .with("start_offset", video.sent.to_string())
            .file(part("video_file_chunk", media, media.piece(video.sent..until).await?))
            .timeout(UPLOAD_TIMEOUT);
        let body = self.call(request, &access.into(), Asking::Other).await.map_err(about_file)?;
        let (sent, until) = offsets(&body).ok_or_else(|| unclear("a piece without a next one"))?;
        if sent < until && sent <= video.sent {
            return Err(unclear("the same piece again"));
        }
        (video.sent, video.until) = (sent, until);
        video.done = sent >= until;
        Ok(())
    }

    /// The upload host knows neither the proof nor the usual word before the token.
    async fn send_whole(&self, access: &Access, media: &Media, url: &Url, video: &mut Video) -> Result<(), CallError> {
        let request = Request::post_bytes(url.clone(), "application/octet-stream", media)
            .header(OFFSET, "0")
            .header(FILE_SIZE, media.size.to_string())
            .authorized("OAuth", &access.token)
            .timeout(upload_time(media.size));
        let answer = self.http.send(request).await?;
        let body = errors::judge(&answer, Asking::Other, None).map_err(about_file)?;
        if body.get("success").and_then(Value::as_bool) == Some(false) {
            let reason = body.pointer("/debug_info/message").and_then(Value::as_str).unwrap_or("no reason given");
            let message = format!("Facebook did not take {}: {reason}", media.file_name);
            return Err(CallError::new(ErrorType::BadRequest, Delivery::Refused, message).about_media());
        }
        (video.sent, video.done) = (media.size, true);
        Ok(())
    }

    pub(super) fn page_url(&self, access: &Access, edge: &str) -> Result<Url, CallError> {
        self.url(&access.base_url, &[&access.platform_user_id, edge])
    }

    pub(super) fn videos_url(&self, access: &Access) -> Result<Url, CallError> {
        endpoint(&video_base(&access.base_url)?, &[&self.version, &access.platform_user_id, "videos"])
    }
}

/// `start_offset` and `end_offset`, which come as text.
fn offsets(body: &Value) -> Option<(u64, u64)> {
    let number = |name: &str| {
        let value = body.get(name)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    };
    Some((number("start_offset")?, number("end_offset")?))
}

fn part(field: &str, media: &Media, bytes: bytes::Bytes) -> Part {
    Part { content: bytes.into(), ..Part::of(field, media) }
}

fn unclear(what: &str) -> CallError {
    CallError::new(ErrorType::Unknown, Delivery::Unknown, format!("the network answered with {what}"))
}

/// A request refused for what it says is refused for the file; everything else stays what it is.
fn about_file(error: CallError) -> CallError {
    if error.kind == ErrorType::BadRequest && error.delivery == Delivery::Refused { error.about_media() } else { error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn videos_have_a_host_of_their_own_and_uploads_lead_nowhere_else() {
        let url = |text: &str| text.parse::<Url>().expect("an address");
        let video = |base: &str| video_base(&url(base)).expect("a host").to_string();
        assert_eq!(video("https://graph.facebook.com/"), "https://graph-video.facebook.com/");
        assert_eq!(video("http://127.0.0.1:1/facebook/"), "http://127.0.0.1:1/facebook-video");
        let real = url("https://graph.facebook.com/");
        let upload = "https://rupload.facebook.com/video-upload/v25.0/1";
        assert_eq!(checked_upload_url(&real, upload).map(String::from).as_deref(), Ok(upload));
        for foreign in ["https://evil.example/1", "http://rupload.facebook.com/1", "no address"] {
            assert!(checked_upload_url(&real, foreign).is_err(), "{foreign}");
        }
        let own = url("http://127.0.0.1:1/facebook/");
        assert!(checked_upload_url(&own, "http://127.0.0.1:1/facebook-upload/1").is_ok());
        assert!(checked_upload_url(&own, "http://127.0.0.1:2/facebook-upload/1").is_err());
        assert!(checked_upload_url(&own, upload).is_err(), "a simulated network does not send us to the real one");
    }
}
