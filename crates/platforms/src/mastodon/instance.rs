//! What a server allows.

use serde_json::Value;
use url::Url;

use super::{Mastodon, errors};
use crate::error::{CallError, ErrorType};
use crate::http::{Request, endpoint};
use crate::types::InstanceLimits;

/// What a server that does not tell allows: Mastodon's own settings.
const USUAL: InstanceLimits = InstanceLimits { characters_max: 500, url_weight: 23, media_max: 4 };

impl Mastodon {
    /// From the second version of the description, or the first on servers that lack it.
    pub(super) async fn limits(&self, base_url: &Url) -> Result<InstanceLimits, CallError> {
        let body = match self.describe(base_url, "v2").await {
            Err(e) if e.kind == ErrorType::NotFound => self.describe(base_url, "v1").await?,
            result => result?,
        };
        let number = |name: &str| body.pointer(&format!("/configuration/statuses/{name}")).and_then(Value::as_u64);
        let size = |name: &str, usual: usize| number(name).map_or(usual, |n| usize::try_from(n).unwrap_or(usual));
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

    async fn describe(&self, base_url: &Url, version: &str) -> Result<Value, CallError> {
        let request = Request::get(endpoint(base_url, &["api", version, "instance"])?);
        Ok(errors::judge(self.http.send(request).await?)?.json().unwrap_or_default())
    }
}
