//! Posts: out, found again, deleted.

use rookery_kernel::Timestamp;
use serde_json::Value;

use super::content::created_at;
use super::{Caller, Facebook};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Request;
use crate::meta::errors::Asking;
use crate::meta::rows;
use crate::text::comparable;
use crate::types::{Access, Draft, Found, Published, Search};

/// Posts of a few minutes fit on the first page; more pages are for busy ones.
const LOOK_UP_PAGES_MAX: usize = 5;

impl Facebook {
    pub(super) async fn post_to_feed(&self, access: &Access, draft: &Draft) -> Result<Published, CallError> {
        let url = self.url(&access.base_url, &[&access.platform_user_id, "feed"])?;
        let mut request = Request::post(url).with("message", &draft.text).with("fields", "id,permalink_url");
        if let Some(link) = &draft.link {
            request = request.with("link", link);
        }
        let body = self.call(request, &access.into(), Asking::Other).await?;
        let external_id = body.get("id").and_then(Value::as_str).ok_or_else(|| {
            // It was accepted, but as what? Somebody has to look.
            CallError::new(ErrorType::Unknown, Delivery::Unknown, "the network accepted the post and gave it no id")
        })?;
        let told = body.get("permalink_url").and_then(Value::as_str).map(ToOwned::to_owned);
        // The post is out: failing to learn its address changes nothing about that.
        let permalink = match told {
            Some(permalink) => Some(permalink),
            None => self.permalink(access, external_id).await.ok().flatten(),
        };
        Ok(Published { external_id: external_id.to_owned(), permalink })
    }

    async fn permalink(&self, access: &Access, id: &str) -> Result<Option<String>, CallError> {
        let request = Request::get(self.url(&access.base_url, &[id])?).with("fields", "permalink_url");
        let body = self.call(request, &access.into(), Asking::Other).await?;
        Ok(body.get("permalink_url").and_then(Value::as_str).map(ToOwned::to_owned))
    }

    /// The newest equal post since then. The API has no key of ours, so the text must tell.
    pub(super) async fn find_post(&self, access: &Access, search: &Search) -> Result<Found, CallError> {
        let wanted = comparable(&search.draft.text);
        let mut after: Option<String> = None;
        for _ in 0..LOOK_UP_PAGES_MAX {
            let url = self.url(&access.base_url, &[&access.platform_user_id, "published_posts"])?;
            let mut request = Request::get(url)
                .with("fields", "id,message,created_time,permalink_url")
                .with("since", search.since.as_secs().to_string())
                .with("limit", "100");
            if let Some(after) = &after {
                request = request.with("after", after);
            }
            let body = self.call(request, &access.into(), Asking::Other).await?;
            if let Some(found) = rows(&body).find_map(|post| matching(post, &wanted, search.since)) {
                return Ok(Found::Post(found));
            }
            let next = body.pointer("/paging/next").and(body.pointer("/paging/cursors/after"));
            match next.and_then(Value::as_str) {
                None => return Ok(Found::Absent),
                Some(cursor) if after.as_deref() == Some(cursor) => return Err(crate::connector::circle()),
                Some(cursor) => after = Some(cursor.to_owned()),
            }
        }
        // Not all was seen, so "absent" would be a guess.
        Err(CallError::new(ErrorType::Unknown, Delivery::Refused, "the page has too many new posts to look through"))
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

fn matching(post: &Value, wanted: &str, since: Timestamp) -> Option<Published> {
    let text = post.get("message").and_then(Value::as_str).unwrap_or_default();
    // Facebook's times have whole seconds, so ours must not be finer.
    let is_new = created_at(post)?.as_secs() >= since.as_secs();
    (is_new && comparable(text) == wanted).then_some(())?;
    Some(Published {
        external_id: post.get("id")?.as_str()?.to_owned(),
        permalink: post.get("permalink_url").and_then(Value::as_str).map(ToOwned::to_owned),
    })
}
