//! A video before it is public: sent, then processed, all the while private.
//!
//! Handles: `{"session", "video_id", "polls", "restarts"}`. The session is kept before the first byte
//! is sent, so that an upload whose last answer was lost is asked for and not sent twice.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

use super::session::Progress;
use super::{YouTube, address, oauth};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Request;
use crate::poll;
use crate::types::{Access, Draft, Handles, Prepared};

/// About a quarter of an hour. A long video is then made public while it is still being processed:
/// it appears when it is done.
const POLLS_MAX: u64 = 90;

/// How often an upload that the network forgot is begun anew.
const RESTARTS_MAX: u64 = 3;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    pub session: Option<Url>,
    pub video_id: Option<String>,
    pub polls: u64,
    pub restarts: u64,
}

impl Kept {
    pub fn of(handles: &Handles) -> Self {
        serde_json::from_value(handles.clone()).unwrap_or_default()
    }

    fn wait(&self, pause: Duration) -> Prepared {
        Prepared::Wait { handles: self.told(), pause }
    }

    fn told(&self) -> Handles {
        serde_json::to_value(self).expect("plain data")
    }

    /// Forgets what the network forgot.
    fn restart(&mut self, error: CallError) -> Result<Prepared, CallError> {
        if self.restarts >= RESTARTS_MAX {
            return Err(error);
        }
        *self = Self { restarts: self.restarts + 1, ..Self::default() };
        Ok(self.wait(Duration::from_secs(1)))
    }
}

impl YouTube {
    pub(super) async fn make_ready(
        &self,
        access: &Access,
        draft: &Draft,
        handles: &Handles,
    ) -> Result<Prepared, CallError> {
        if draft.reply_to.is_some() {
            return Ok(Prepared::Ready(Value::Null));
        }
        let media = draft.media.first().ok_or_else(|| CallError::not_sent("a post on YouTube needs a video"))?;
        let mut kept = Kept::of(handles);
        if let Some(id) = kept.video_id.clone() {
            return self.wait_for(access, &id, kept).await;
        }
        let Some(session) = kept.session.clone() else {
            kept.session = Some(self.begin(access, draft, media).await?);
            return Ok(kept.wait(Duration::from_secs(1)));
        };
        match self.go_on(access, media, &session).await? {
            Progress::Received(_) => Ok(kept.wait(Duration::from_secs(1))),
            Progress::Gone => {
                let message = "YouTube has forgotten the upload of the video";
                kept.restart(CallError::new(ErrorType::Transient, Delivery::Refused, message))
            }
            Progress::Done(video) => {
                let id = video.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
                let id = id.ok_or_else(|| {
                    CallError::new(ErrorType::Unknown, Delivery::Unknown, "YouTube took the video and gave it no id")
                })?;
                kept.video_id = Some(id.to_owned());
                if is_processed(&video)? {
                    return Ok(Prepared::Ready(kept.told()));
                }
                let pause = poll::pause(kept.polls);
                kept.polls += 1;
                Ok(kept.wait(pause))
            }
        }
    }

    async fn wait_for(&self, access: &Access, id: &str, mut kept: Kept) -> Result<Prepared, CallError> {
        let Some(video) = self.status_of(access, id).await? else {
            let message = "the uploaded video is gone from YouTube; somebody deleted it";
            return kept.restart(CallError::new(ErrorType::NotFound, Delivery::Refused, message));
        };
        if is_processed(&video)? || kept.polls >= POLLS_MAX {
            return Ok(Prepared::Ready(kept.told()));
        }
        let pause = poll::pause(kept.polls);
        kept.polls += 1;
        Ok(kept.wait(pause))
    }

    /// The video's `status`, if it exists.
    pub(super) async fn status_of(&self, access: &Access, id: &str) -> Result<Option<Value>, CallError> {
        let request = Request::get(address(&access.base_url, "videos")?).with("part", "status").with("id", id);
        let answer = self.call(request, access).await?;
        Ok(oauth::items(&answer)?.into_iter().find(|v| v.get("id").and_then(Value::as_str) == Some(id)))
    }
}

/// Whether the processing is over.
///
/// # Errors
/// The file cannot be used, or YouTube will not have it.
pub(super) fn is_processed(video: &Value) -> Result<bool, CallError> {
    let text = |name: &str| video.pointer(&format!("/status/{name}")).and_then(Value::as_str);
    let refused = |message: String, code: Option<&str>| {
        let mut error = CallError::new(ErrorType::BadRequest, Delivery::Refused, message).about_media();
        error.code = code.map(ToOwned::to_owned);
        error
    };
    match text("uploadStatus") {
        Some("processed") => Ok(true),
        Some("failed") => {
            let reason = text("failureReason");
            let message = format!("YouTube could not process the video: {}", reason.unwrap_or("no reason given"));
            Err(refused(message, reason))
        }
        Some("rejected") => {
            let reason = text("rejectionReason");
            let message = format!("YouTube rejected the video: {}", reason.unwrap_or("no reason given"));
            let mut error = refused(message, reason);
            error.duplicate = reason == Some("duplicate");
            if reason.is_some_and(|r| r.starts_with("uploaderAccount")) {
                error.kind = ErrorType::PolicyBlock;
            }
            Err(error)
        }
        _ => Ok(false),
    }
}
