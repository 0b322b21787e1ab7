//! The one public call of each kind of post, and taking a post away.

use serde_json::{Value, json};

use super::rules::{Way, message};
use super::upload::{photo_ids, video};
use super::{Caller, Facebook};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Request;
use crate::meta::errors::Asking;
use crate::types::{Access, Draft, Found, Handles, Published, ReplyTo, Sent};

impl Facebook {
    pub(super) async fn make_public(
        &self,
        access: &Access,
        draft: &Draft,
        handles: &Handles,
    ) -> Result<Sent, CallError> {
        let way = Way::of(draft);
        let photos = photo_ids(handles);
        if !way.is_video() && photos.len() != draft.media.len() {
            return Err(not_uploaded());
        }
        match (way, &draft.reply_to) {
            (Way::Comment, Some(reply)) => self.comment(access, draft, reply, &photos).await,
            (Way::PhotoStory, _) => {
                let photo = photos.first().ok_or_else(not_uploaded)?;
                let request = Request::post(self.page_url(access, "photo_stories")?).with("photo_id", photo);
                self.story(access, request, photo).await
            }
            (Way::VideoStory, _) => {
                let video = video(handles).ok_or_else(not_uploaded)?;
                let request = Request::post(self.page_url(access, "video_stories")?)
                    .with("upload_phase", "finish")
                    .with("video_id", &video.id);
                self.story(access, request, &video.id).await
            }
            (Way::Video | Way::Reel, _) => self.finish_video(access, draft, way, handles).await,
            (Way::Feed | Way::Comment, _) => self.post_to_feed(access, draft, &photos).await,
        }
    }

    async fn post_to_feed(&self, access: &Access, draft: &Draft, photos: &[String]) -> Result<Sent, CallError> {
        let mut request = Request::post(self.page_url(access, "feed")?)
            .with("message", message(draft))
            .with("fields", "id,permalink_url");
        for (at, id) in photos.iter().enumerate() {
            request = request.with(&format!("attached_media[{at}]"), json!({ "media_fbid": id }).to_string());
        }
        if let Some(link) = draft.link.as_ref().filter(|_| photos.is_empty()) {
            request = request.with("link", link);
        }
        if let Some(preset) = draft.option("text_format_preset_id").and_then(Value::as_str) {
            request = request.with("text_format_preset_id", preset);
        }
        let body = self.call(request, &access.into(), Asking::Other).await?;
        self.out(access, &body).await
    }

    async fn comment(
        &self,
        access: &Access,
        draft: &Draft,
        reply: &ReplyTo,
        photos: &[String],
    ) -> Result<Sent, CallError> {
        let url = self.url(&access.base_url, &[&reply.external_id, "comments"])?;
        let mut request = Request::post(url).with("message", message(draft)).with("fields", "id,permalink_url");
        if let Some(photo) = photos.first() {
            request = request.with("attachment_id", photo);
        }
        let body = self.call(request, &access.into(), Asking::Other).await?;
        self.out(access, &body).await
    }

    /// The network takes it and works on it; until it is done it tells no id of the post.
    async fn finish_video(
        &self,
        access: &Access,
        draft: &Draft,
        way: Way,
        handles: &Handles,
    ) -> Result<Sent, CallError> {
        let video = video(handles).ok_or_else(not_uploaded)?;
        let mut request = if way == Way::Reel {
            Request::post(self.page_url(access, "video_reels")?)
                .with("video_id", &video.id)
                .with("video_state", "PUBLISHED")
        } else {
            let session = video.session.as_deref().ok_or_else(not_uploaded)?;
            Request::post(self.videos_url(access)?).with("upload_session_id", session)
        };
        request = request.with("upload_phase", "finish").with("description", message(draft));
        if let Some(title) = draft.title.as_deref().filter(|t| !t.trim().is_empty()) {
            request = request.with("title", title);
        }
        let body = self.call(request, &access.into(), Asking::Other).await?;
        succeeded(&body)?;
        // It is out or will be: failing to learn more changes nothing about that.
        match self.video_state(access, &video.id).await {
            Ok(Found::Post(published)) => Ok(Sent::Published(published)),
            _ => Ok(Sent::Accepted(handles.clone())),
        }
    }

    async fn story(&self, access: &Access, request: Request, media: &str) -> Result<Sent, CallError> {
        let body = self.call(request, &access.into(), Asking::Other).await?;
        succeeded(&body)?;
        let id = body.get("post_id").and_then(text_or_number).ok_or_else(no_id)?;
        let listed = self.story_of(access, media).await.ok().flatten();
        let external_id = whole_id(access, &id);
        Ok(Sent::Published(Published { external_id, permalink: listed.and_then(|s| s.permalink) }))
    }

    async fn out(&self, access: &Access, body: &Value) -> Result<Sent, CallError> {
        // Accepted without an id: as what? Somebody has to look.
        let external_id = body.get("id").and_then(Value::as_str).ok_or_else(no_id)?;
        let told = body.get("permalink_url").and_then(Value::as_str).map(ToOwned::to_owned);
        // The post is out: failing to learn its address changes nothing about that.
        let permalink = match told {
            Some(permalink) => Some(permalink),
            None => self.permalink(access, external_id).await.ok().flatten(),
        };
        Ok(Sent::Published(Published { external_id: external_id.to_owned(), permalink }))
    }

    async fn permalink(&self, access: &Access, id: &str) -> Result<Option<String>, CallError> {
        let request = Request::get(self.url(&access.base_url, &[id])?).with("fields", "permalink_url");
        let body = self.call(request, &access.into(), Asking::Other).await?;
        Ok(body.get("permalink_url").and_then(Value::as_str).map(ToOwned::to_owned))
    }

    pub(super) async fn delete_post(&self, access: &Access, id: &str) -> Result<(), CallError> {
        let caller = Caller::from(access);
        let body = self.call(Request::delete(self.url(&access.base_url, &[id])?), &caller, Asking::Other).await?;
        if body.get("success").and_then(Value::as_bool) == Some(false) {
            let message = "the network says that it did not delete the post";
            return Err(CallError::new(ErrorType::Unknown, Delivery::Refused, message));
        }
        Ok(())
    }
}

/// Ids of posts carry the page's id before their own.
pub(super) fn whole_id(access: &Access, id: &str) -> String {
    if id.contains('_') { id.to_owned() } else { format!("{}_{id}", access.platform_user_id) }
}

/// Some answers write ids as numbers.
pub(super) fn text_or_number(value: &Value) -> Option<String> {
    value.as_str().map(ToOwned::to_owned).or_else(|| value.as_u64().map(|n| n.to_string()))
}

/// An answer that is neither yes nor no leaves it open whether the call was carried out.
fn succeeded(body: &Value) -> Result<(), CallError> {
    match body.get("success").and_then(Value::as_bool) {
        Some(true) => Ok(()),
        Some(false) => {
            let message = "the network says that it did not publish the post";
            Err(CallError::new(ErrorType::Unknown, Delivery::Refused, message))
        }
        None => Err(no_id()),
    }
}

fn no_id() -> CallError {
    CallError::new(ErrorType::Unknown, Delivery::Unknown, "the network accepted the post and gave it no id")
}

fn not_uploaded() -> CallError {
    CallError::not_sent("the media of this post were not uploaded").about_media()
}
