//! Comments: the answers to a post, and the answers to those.

use rookery_kernel::Timestamp;
use serde_json::{Value, json};

use super::LinkedIn;
use super::publish::{LOOK_UP_PAGES_MAX, created, permalink, stored, text_of};
use super::rest::{address, elements, escaped, next_start};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Request;
use crate::text::comparable;
use crate::types::{Access, Draft, Found, Handles, Published, ReplyTo, Search};

/// Post and number of a comment's URN: `urn:li:comment:(urn:li:activity:1,2)`.
pub(super) fn parts_of_comment(urn: &str) -> Option<(&str, &str)> {
    urn.strip_prefix("urn:li:comment:(")?.strip_suffix(')')?.rsplit_once(',')
}

impl LinkedIn {
    /// Comments stand below the post; an answer to a comment names it.
    pub(super) async fn create_comment(
        &self,
        access: &Access,
        draft: &Draft,
        reply_to: &ReplyTo,
        handles: &Handles,
    ) -> Result<Published, CallError> {
        let mut body = json!({
            "actor": access.platform_user_id,
            "object": reply_to.root_id,
            "message": { "text": text_of(draft) },
        });
        if reply_to.external_id != reply_to.root_id {
            body["parentComment"] = json!(reply_to.external_id);
        }
        if let Some(image) = stored(draft, handles)?.first() {
            body["content"] = json!([{ "entity": { "image": image } }]);
        }
        let path = format!("rest/socialActions/{}/comments", escaped(target(reply_to)));
        let url = address(&access.base_url, &path, &[])?;
        let answer = self.call(Request::post_json(url, body), &access.token).await?;
        let told = answer.json().unwrap_or_default();
        let urn = match told.get("commentUrn").and_then(Value::as_str) {
            Some(urn) => urn.to_owned(),
            None => format!("urn:li:comment:({},{})", reply_to.root_id, created(&answer)?),
        };
        Ok(published(access, reply_to, &urn))
    }

    /// Our own equal comment below what was answered.
    pub(super) async fn find_comment(
        &self,
        access: &Access,
        search: &Search,
        reply_to: &ReplyTo,
    ) -> Result<Found, CallError> {
        let wanted = comparable(&text_of(&search.draft));
        let path = format!("rest/socialActions/{}/comments", escaped(target(reply_to)));
        let mut start = 0;
        for _ in 0..LOOK_UP_PAGES_MAX {
            let from = start.to_string();
            let url = address(&access.base_url, &path, &[("start", from.as_str()), ("count", "100")])?;
            let answer = self.call(Request::get(url), &access.token).await?;
            let body = answer.json().unwrap_or_default();
            let comments = elements(&body).ok_or_else(|| answer.unstructured())?;
            let is_it = |comment: &&Value| {
                let text = comment.pointer("/message/text").and_then(Value::as_str).unwrap_or_default();
                comment.get("actor").and_then(Value::as_str) == Some(access.platform_user_id.as_str())
                    && made_at(comment).is_some_and(|at| at.as_millis() >= search.since.as_millis())
                    && comparable(text) == wanted
            };
            if let Some(found) = comments.iter().find(is_it)
                && let Some(urn) = found.get("commentUrn").and_then(Value::as_str)
            {
                return Ok(Found::Post(published(access, reply_to, urn)));
            }
            match next_start(&body) {
                None => return Ok(Found::Absent),
                Some(next) if next <= start => return Err(crate::connector::circle()),
                Some(next) => start = next,
            }
        }
        // Not all was seen, so "absent" would be a guess.
        Err(CallError::new(ErrorType::Unknown, Delivery::Refused, "the post has too many comments to look through"))
    }
}

/// What the comments of an answer hang below.
fn target(reply_to: &ReplyTo) -> &str {
    if reply_to.external_id == reply_to.root_id { &reply_to.root_id } else { &reply_to.external_id }
}

fn made_at(comment: &Value) -> Option<Timestamp> {
    comment.pointer("/created/time").and_then(Value::as_i64).map(Timestamp::from_millis)
}

/// A comment is shown on the page of its post.
fn published(access: &Access, reply_to: &ReplyTo, urn: &str) -> Published {
    let permalink = permalink(&access.base_url, &reply_to.root_id);
    Published { external_id: urn.to_owned(), permalink }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comments_urn_has_a_post_and_a_number() {
        assert_eq!(parts_of_comment("urn:li:comment:(urn:li:activity:1,22)"), Some(("urn:li:activity:1", "22")));
        assert_eq!(parts_of_comment("urn:li:share:1"), None);
    }
}
