//! Statuses: out, found again, deleted.

use reqwest::header::HeaderName;
use rookery_kernel::Timestamp;
use serde_json::Value;

use super::Mastodon;
use super::content::next_place;
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Request, endpoint};
use crate::text::{comparable, to_plain};
use crate::types::{Access, Draft, Found, Published, Search};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// 40 statuses a page; nobody posts more than this in the minutes of a look-up.
const LOOK_UP_PAGES_MAX: usize = 5;

impl Mastodon {
    pub(super) async fn post_status(&self, access: &Access, draft: &Draft) -> Result<Published, CallError> {
        let request = Request::post(endpoint(&access.base_url, &["api", "v1", "statuses"])?)
            .header(IDEMPOTENCY_KEY, &draft.idempotency_key)
            .with("status", draft.text_with_link())
            .with("visibility", "public");
        let answer = self.call(request, access).await?;
        published(&answer.json().unwrap_or_default()).ok_or_else(|| {
            // It was accepted, but as what? Somebody has to look.
            CallError::new(ErrorType::Unknown, Delivery::Unknown, "the server accepted the status and gave it no id")
        })
    }

    /// The newest equal status since then.
    pub(super) async fn find_status(&self, access: &Access, search: &Search) -> Result<Found, CallError> {
        let wanted = comparable(&search.draft.text_with_link());
        let mut place: Option<String> = None;
        for _ in 0..LOOK_UP_PAGES_MAX {
            let answer = self.call(statuses_request(access, place.as_deref())?, access).await?;
            let body = answer.json().unwrap_or_default();
            let statuses = body.as_array().map(Vec::as_slice).unwrap_or_default();
            if let Some(found) = statuses.iter().find_map(|s| matching(s, &wanted, search.since)) {
                return Ok(Found::Post(found));
            }
            let is_past = statuses.last().and_then(created_at).is_some_and(|at| at < search.since);
            match next_place(&answer) {
                None => return Ok(Found::Absent),
                Some(_) if is_past => return Ok(Found::Absent),
                Some(next) if place.as_ref() == Some(&next) => return Err(crate::connector::circle()),
                next => place = next,
            }
        }
        // Not all was seen, so "absent" would be a guess.
        Err(CallError::new(
            ErrorType::Unknown,
            Delivery::Refused,
            "the account has too many new statuses to look through",
        ))
    }

    pub(super) async fn delete_status(&self, access: &Access, id: &str) -> Result<(), CallError> {
        let request = Request::delete(endpoint(&access.base_url, &["api", "v1", "statuses", id])?);
        self.call(request, access).await.map(drop)
    }
}

/// A page of the account's own statuses, newest first, without what it only passed on.
pub(super) fn statuses_request(access: &Access, max_id: Option<&str>) -> Result<Request, CallError> {
    let url = endpoint(&access.base_url, &["api", "v1", "accounts", &access.platform_user_id, "statuses"])?;
    let request = Request::get(url).with("limit", "40").with("exclude_reblogs", "true");
    Ok(match max_id {
        Some(id) => request.with("max_id", id),
        None => request,
    })
}

pub(super) fn created_at(status: &Value) -> Option<Timestamp> {
    status.get("created_at")?.as_str()?.parse().ok()
}

fn matching(status: &Value, wanted: &str, since: Timestamp) -> Option<Published> {
    let html = status.get("content").and_then(Value::as_str).unwrap_or_default();
    let is_it = created_at(status)? >= since && comparable(&to_plain(html)) == wanted;
    is_it.then(|| published(status)).flatten()
}

fn published(status: &Value) -> Option<Published> {
    let text = |name: &str| status.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    Some(Published { external_id: text("id")?, permalink: text("url").or_else(|| text("uri")) })
}
