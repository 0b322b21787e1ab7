//! What a server allows.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use rookery_kernel::Timestamp;
use serde_json::Value;
use url::Url;

use super::{Mastodon, errors};
use crate::error::{CallError, ErrorType};
use crate::http::{Request, endpoint};
use crate::types::{Access, Draft, InstanceLimits, Media, MediaKind};

/// What a server that does not tell allows: Mastodon's own settings.
const USUAL: InstanceLimits = InstanceLimits { characters_max: 500, url_weight: 23, media_max: 4 };

/// How long a server's description counts as known.
const DESCRIPTION_LIFE: Duration = Duration::from_hours(24);

/// What a server says about media.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MediaLimits {
    count_max: usize,
    /// Empty if the server does not tell.
    mime_types: Vec<String>,
    picture_bytes_max: u64,
    video_bytes_max: u64,
    /// Longest description, in characters.
    description_max: usize,
}

/// Limits by server, with the time at which they were read.
pub(super) type KnownLimits = Mutex<HashMap<String, (Timestamp, MediaLimits)>>;

impl MediaLimits {
    /// Missing numbers are those of Mastodon itself (4.5, 2025-11): pictures 16 MB, videos 99 MB,
    /// descriptions 1500 characters.
    fn of(body: &Value) -> Self {
        let number = |path: &str| said(body, path);
        let size = |path: &str, usual: usize| number(path).and_then(|n| usize::try_from(n).ok()).unwrap_or(usual);
        let types = body.pointer("/configuration/media_attachments/supported_mime_types").and_then(Value::as_array);
        Self {
            count_max: size("statuses/max_media_attachments", USUAL.media_max),
            mime_types: types.into_iter().flatten().filter_map(|t| t.as_str().map(ToOwned::to_owned)).collect(),
            picture_bytes_max: number("media_attachments/image_size_limit").unwrap_or(16 * 1024 * 1024),
            video_bytes_max: number("media_attachments/video_size_limit").unwrap_or(99 * 1024 * 1024),
            description_max: size("media_attachments/description_limit", 1500),
        }
    }

    /// Why the server would refuse this medium.
    fn objection(&self, media: &Media) -> Option<String> {
        let name = &media.file_name;
        if !self.mime_types.is_empty() && !self.mime_types.contains(&media.mime_type) {
            return Some(format!("{name}: this server takes no {}", media.mime_type));
        }
        // A GIF becomes a video there, and counts as a picture until then.
        let max = if media.kind == MediaKind::Video { self.video_bytes_max } else { self.picture_bytes_max };
        if media.size > max {
            return Some(format!("{name} has {} bytes; this server takes {max}", media.size));
        }
        let described = media.alt_text.as_ref().map_or(0, |alt| alt.chars().count());
        (described > self.description_max)
            .then(|| format!("the description of {name} is longer than {} characters", self.description_max))
    }
}

impl Mastodon {
    /// Refuses media that this server would refuse, before they are sent. A server that does not
    /// describe itself decides when they arrive.
    pub(super) async fn check_limits(&self, access: &Access, draft: &Draft) -> Result<(), CallError> {
        let limits = self.media_limits(&access.base_url).await?;
        if draft.media.len() > limits.count_max {
            let message = format!("this server takes at most {} media", limits.count_max);
            return Err(CallError::not_sent(message).about_media());
        }
        match draft.media.iter().find_map(|m| limits.objection(m)) {
            Some(objection) => Err(CallError::not_sent(objection).about_media()),
            None => Ok(()),
        }
    }

    async fn media_limits(&self, base_url: &Url) -> Result<MediaLimits, CallError> {
        let now = self.http.now();
        let server = base_url.as_str().trim_end_matches('/').to_owned();
        let known = self.limits.lock().expect("no holder of this lock panics").get(&server).cloned();
        if let Some((_, limits)) = known.filter(|(at, _)| *at + DESCRIPTION_LIFE > now) {
            return Ok(limits);
        }
        let limits = MediaLimits::of(&self.description(base_url).await?);
        self.limits.lock().expect("no holder of this lock panics").insert(server, (now, limits.clone()));
        Ok(limits)
    }

    pub(super) async fn limits(&self, base_url: &Url) -> Result<InstanceLimits, CallError> {
        let body = self.description(base_url).await?;
        let number = |name: &str| said(&body, &format!("statuses/{name}"));
        let size = |name: &str, usual: usize| number(name).and_then(|n| usize::try_from(n).ok()).unwrap_or(usual);
        // Pleroma and its kin say it elsewhere.
        let elsewhere = body.get("max_toot_chars").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        Ok(InstanceLimits {
            characters_max: size("max_characters", elsewhere.unwrap_or(USUAL.characters_max)),
            url_weight: number("characters_reserved_per_url")
                .and_then(|n| u32::try_from(n).ok())
                .unwrap_or(USUAL.url_weight),
            media_max: size("max_media_attachments", USUAL.media_max),
        })
    }

    /// The second version of the description, or the first of servers that lack it.
    async fn description(&self, base_url: &Url) -> Result<Value, CallError> {
        match self.version_of_description(base_url, "v2").await {
            Err(error) if error.kind == ErrorType::NotFound => self.version_of_description(base_url, "v1").await,
            result => result,
        }
    }

    async fn version_of_description(&self, base_url: &Url, version: &str) -> Result<Value, CallError> {
        let request = Request::get(endpoint(base_url, &["api", version, "instance"])?);
        Ok(errors::judge(self.http.send(request).await?)?.json().unwrap_or_default())
    }
}

/// A number of a description. A server that says "none" would take no post at all: it did not mean it.
fn said(body: &Value, path: &str) -> Option<u64> {
    body.pointer(&format!("/configuration/{path}")).and_then(Value::as_u64).filter(|n| *n > 0)
}
