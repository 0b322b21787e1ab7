//! Statuses: out, found again, deleted.

use reqwest::header::HeaderName;
use rookery_kernel::Timestamp;
use serde_json::Value;

use super::Mastodon;
use super::content::next_place;
use super::rules::with_options;
use super::upload::media_ids;
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Request, endpoint};
use crate::text::{comparable, to_plain};
use crate::types::{Access, Draft, Found, Handles, Published, Search};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// 40 statuses a page; nobody posts more than this in the minutes of a look-up.
const LOOK_UP_PAGES_MAX: usize = 5;

impl Mastodon {
    pub(super) async fn post_status(
        &self,
        access: &Access,
        draft: &Draft,
        handles: &Handles,
    ) -> Result<Published, CallError> {
        let media = media_ids(handles);
        if media.len() != draft.media.len() {
            return Err(CallError::not_sent("the media of this status were not uploaded").about_media());
        }
        let mut request = Request::post(endpoint(&access.base_url, &["api", "v1", "statuses"])?)
            .header(IDEMPOTENCY_KEY, &draft.idempotency_key)
            .with("status", draft.text_with_link());
        for id in &media {
            request = request.with("media_ids[]", id);
        }
        if let Some(reply) = &draft.reply_to {
            request = request.with("in_reply_to_id", &reply.external_id);
        }
        let request = with_options(request, draft);
        let answer = self.call(request, access).await?;
        published(&answer.json().unwrap_or_default()).ok_or_else(|| {
            // It was accepted, but as what? Somebody has to look.
            CallError::new(ErrorType::Unknown, Delivery::Unknown, "the server accepted the status and gave it no id")
        })
    }

    /// The newest equal status since then.
    pub(super) async fn find_status(&self, access: &Access, search: &Search) -> Result<Found, CallError> {
        let wanted = Wanted::of(search);
        let mut place: Option<String> = None;
        for _ in 0..LOOK_UP_PAGES_MAX {
            let answer = self.call(statuses_request(access, place.as_deref(), PAGE_MAX)?, access).await?;
            let body = answer.json().unwrap_or_default();
            let statuses = body.as_array().map(Vec::as_slice).unwrap_or_default();
            if let Some(found) = statuses.iter().find_map(|s| wanted.matching(s)) {
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

/// Most statuses of a page.
pub(super) const PAGE_MAX: usize = 40;

/// A page of the account's own statuses, newest first, without what it only passed on.
pub(super) fn statuses_request(access: &Access, max_id: Option<&str>, limit: usize) -> Result<Request, CallError> {
    let url = endpoint(&access.base_url, &["api", "v1", "accounts", &access.platform_user_id, "statuses"])?;
    let request = Request::get(url).with("limit", limit.to_string()).with("exclude_reblogs", "true");
    Ok(match max_id {
        Some(id) => request.with("max_id", id),
        None => request,
    })
}

pub(super) fn created_at(status: &Value) -> Option<Timestamp> {
    status.get("created_at")?.as_str()?.parse().ok()
}

/// What the status in doubt looks like.
struct Wanted<'a> {
    text: String,
    media: Vec<String>,
    media_count: usize,
    answers: Option<&'a str>,
    since: Timestamp,
}

impl<'a> Wanted<'a> {
    fn of(search: &'a Search) -> Self {
        Self {
            text: comparable(&search.draft.text_with_link()),
            media: media_ids(&search.handles),
            media_count: search.draft.media.len(),
            answers: search.draft.reply_to.as_ref().map(|r| r.external_id.as_str()),
            since: search.since,
        }
    }

    fn matching(&self, status: &Value) -> Option<Published> {
        let is_new = created_at(status)? >= self.since;
        (is_new && (self.has_our_media(status) || self.is_equal(status))).then(|| published(status)).flatten()
    }

    /// An upload belongs to one status only, so its id is proof.
    fn has_our_media(&self, status: &Value) -> bool {
        let ids = media(status).iter().filter_map(|m| m.get("id")?.as_str());
        !self.media.is_empty() && ids.eq(self.media.iter().map(String::as_str))
    }

    fn is_equal(&self, status: &Value) -> bool {
        let html = status.get("content").and_then(Value::as_str).unwrap_or_default();
        // Pictures without a word are told apart by their ids alone.
        let says_nothing = self.text.is_empty() && !self.media.is_empty();
        !says_nothing
            && status.get("in_reply_to_id").and_then(Value::as_str) == self.answers
            && media(status).len() == self.media_count
            && comparable(&to_plain(html)) == self.text
    }
}

fn media(status: &Value) -> &[Value] {
    status.get("media_attachments").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn published(status: &Value) -> Option<Published> {
    let text = |name: &str| status.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    Some(Published { external_id: text("id")?, permalink: text("url").or_else(|| text("uri")) })
}
