//! Files on their way to Reddit's storage: a lease with form fields, then the file to where it says.

use bytes::Bytes;
use serde_json::{Value, json};
use url::Url;

use super::Reddit;
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Part, Request, endpoint, upload_time};
use crate::types::{Access, Draft, Handles, MediaKind};

/// The form's field for the file.
const FIELD: &str = "file";

/// A white pixel (PNG): a video needs a picture to begin with, and Reddit replaces it by a frame.
const POSTER: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\0\0\0\nIDATx\xdac\xf8\x0f\0\x01\x01\x01\0\x1c\xb0\x8c\x99\0\0\0\0IEND\xaeB`\x82";

impl Reddit {
    /// Uploads what is not there yet. Handles: `media`, one entry with `asset_id` and `url` per medium, and
    /// `poster` for a video.
    pub(super) async fn upload_media(
        &self,
        access: &Access,
        draft: &Draft,
        handles: &Handles,
    ) -> Result<Handles, CallError> {
        if draft.media.is_empty() || draft.reply_to.is_some() {
            return Ok(handles.clone());
        }
        let mut media = handles.get("media").and_then(Value::as_array).cloned().unwrap_or_default();
        for medium in draft.media.iter().skip(media.len()) {
            let stored = self.upload(access, Part::of(FIELD, medium)).await;
            media.push(stored.map_err(|error| about_medium(error, &medium.file_name))?);
        }
        let mut kept = json!({ "media": media });
        if draft.media.iter().any(|m| m.kind == MediaKind::Video) {
            kept["poster"] = if let Some(poster) = handles.get("poster").filter(|p| p.is_string()) {
                poster.clone()
            } else {
                let poster = Part {
                    field: FIELD.to_owned(),
                    file_name: "poster.png".to_owned(),
                    mime_type: "image/png".to_owned(),
                    content: Bytes::from_static(POSTER).into(),
                };
                let poster = self.upload(access, poster).await?;
                poster["url"].clone()
            };
        }
        Ok(kept)
    }

    async fn upload(&self, access: &Access, file: Part) -> Result<Value, CallError> {
        let lease = Request::post(endpoint(&access.base_url, &["api", "media", "asset.json"])?)
            .with("filepath", file.file_name.as_str())
            .with("mimetype", file.mime_type.as_str());
        let lease = self.call(lease, access).await?;
        let broken =
            || CallError::new(ErrorType::Unknown, Delivery::Refused, "Reddit's lease for a file names no place");
        let text = |at: &str| lease.pointer(at).and_then(Value::as_str);
        let place = place(text("/args/action").ok_or_else(broken)?, &access.base_url)?;
        let fields = lease.pointer("/args/fields").and_then(Value::as_array).ok_or_else(broken)?;
        let mut request = Request::post(place.clone()).timeout(upload_time(file.content.size()));
        let mut key = None;
        for field in fields {
            let of = |name: &str| field.get(name).and_then(Value::as_str);
            let (Some(name), Some(value)) = (of("name"), of("value")) else { continue };
            key = key.or((name == "key").then_some(value));
            request = request.with(name, value);
        }
        let key = key.ok_or_else(broken)?;
        // The form proves the right; the account's token does not belong there.
        let answer = self.http.send(request.file(file)).await?;
        if !answer.is_success() {
            let reason = String::from_utf8_lossy(&answer.body);
            let reason =
                between(&reason, "<Message>", "</Message>").unwrap_or("the storage refused the file").to_owned();
            let kind = if answer.status >= 500 { ErrorType::Transient } else { ErrorType::BadRequest };
            let mut error = answer.error(kind, Delivery::of_status(answer.status), &reason);
            error.code = between(&String::from_utf8_lossy(&answer.body), "<Code>", "</Code>").map(ToOwned::to_owned);
            return Err(if kind == ErrorType::BadRequest { error.about_media() } else { error });
        }
        let url = format!("{}/{key}", place.as_str().trim_end_matches('/'));
        Ok(json!({ "asset_id": text("/asset/asset_id"), "url": url }))
    }
}

fn about_medium(error: CallError, file_name: &str) -> CallError {
    CallError { message: format!("{file_name}: {}", error.message), ..error }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(inside, _)| inside)
}

/// Where the file goes: as the lease says, if it is the storage of Reddit or stands where the API stands.
fn place(action: &str, base: &Url) -> Result<Url, CallError> {
    let whole = if action.starts_with("//") { format!("{}:{action}", base.scheme()) } else { action.to_owned() };
    let url: Option<Url> = whole.parse().ok();
    let is_storage = |url: &Url| {
        let host = url.host_str().unwrap_or_default();
        let is_reddits =
            url.scheme() == "https" && host.starts_with("reddit-uploaded-") && host.ends_with(".amazonaws.com");
        is_reddits || url.origin() == base.origin()
    };
    url.filter(is_storage).ok_or_else(|| {
        let message = "Reddit named a place for a file that is not its storage; nothing was sent there";
        CallError::new(ErrorType::Unknown, Delivery::NotSent, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_go_to_the_storage_and_nowhere_else() {
        let base: Url = "https://oauth.reddit.com".parse().expect("url");
        let ok = place("//reddit-uploaded-media.s3-accelerate.amazonaws.com", &base).expect("the storage");
        assert_eq!(ok.as_str(), "https://reddit-uploaded-media.s3-accelerate.amazonaws.com/");
        for wrong in ["//evil.example", "http://reddit-uploaded-media.s3.amazonaws.com", "//x.amazonaws.com", "x"] {
            assert!(place(wrong, &base).is_err(), "{wrong}");
        }
        let near: Url = "http://127.0.0.1:4000/reddit".parse().expect("url");
        assert!(place("//127.0.0.1:4000/reddit-upload", &near).is_ok());
        assert!(place("//127.0.0.1:4001/reddit-upload", &near).is_err());
    }
}
