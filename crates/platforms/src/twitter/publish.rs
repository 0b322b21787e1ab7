//! Posts: out, found again, deleted.

use serde_json::{Value, json};

use super::reading::{created_at, media_keys, replied_to, same_form, text};
use super::upload::media_ids;
use super::{Twitter, site};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Request, endpoint};
use crate::types::{Access, Draft, Found, Handles, Published, Search};

/// 100 posts a page; nobody posts more than this in the minutes of a look-up.
const LOOK_UP_PAGES_MAX: usize = 5;

/// Options of a draft that go to the network as they are.
const OPTIONS: [&str; 6] =
    ["reply_settings", "quote_tweet_id", "poll", "community_id", "made_with_ai", "paid_partnership"];

impl Twitter {
    pub(super) async fn create_post(
        &self,
        access: &Access,
        draft: &Draft,
        handles: &Handles,
    ) -> Result<Published, CallError> {
        let request = Request::post_json(endpoint(&access.base_url, &["2", "tweets"])?, body(draft, handles)?);
        let answer = self.call(request, access).await?;
        let body = answer.json().unwrap_or_default();
        let id = body.pointer("/data/id").and_then(Value::as_str).ok_or_else(|| {
            // It was accepted, but as what? Somebody has to look.
            CallError::new(ErrorType::Unknown, Delivery::Unknown, "X accepted the post and gave it no id")
        })?;
        Ok(published(access, id))
    }

    /// The newest equal post since then: text, number of media, and what it answers.
    pub(super) async fn find_post(&self, access: &Access, search: &Search) -> Result<Found, CallError> {
        let wanted = same_form(&search.draft.text_with_link());
        let answered = search.draft.reply_to.as_ref().map(|r| r.external_id.as_str());
        let since = search.since.as_secs();
        let mut place: Option<String> = None;
        for _ in 0..LOOK_UP_PAGES_MAX {
            let mut request =
                Request::get(endpoint(&access.base_url, &["2", "users", &access.platform_user_id, "tweets"])?)
                    .with("max_results", "100")
                    .with("start_time", rookery_kernel::Timestamp::from_secs(since).to_string())
                    .with("tweet.fields", "created_at,entities,attachments,referenced_tweets,note_tweet");
            if let Some(place) = &place {
                request = request.with("pagination_token", place);
            }
            let answer = self.call(request, access).await?;
            let body = answer.json().unwrap_or_default();
            let posts = body.get("data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let is_it = |post: &&Value| {
                // X's times have whole seconds, so ours must not be finer.
                created_at(post).is_some_and(|at| at.as_secs() >= since)
                    && replied_to(post) == answered
                    && media_keys(post).len() == search.draft.media.len()
                    && same_form(&text(post)) == wanted
            };
            let id = posts.iter().find(is_it).and_then(|p| p.get("id")).and_then(Value::as_str);
            if let Some(id) = id {
                return Ok(Found::Post(published(access, id)));
            }
            if body.get("meta").is_none() {
                return Err(answer.unstructured());
            }
            match body.pointer("/meta/next_token").and_then(Value::as_str) {
                None => return Ok(Found::Absent),
                Some(next) if place.as_deref() == Some(next) => return Err(crate::connector::circle()),
                Some(next) => place = Some(next.to_owned()),
            }
        }
        // Not all was seen, so "absent" would be a guess.
        Err(CallError::new(ErrorType::Unknown, Delivery::Refused, "the account has too many new posts to look through"))
    }

    pub(super) async fn delete_post(&self, access: &Access, id: &str) -> Result<(), CallError> {
        let request = Request::delete(endpoint(&access.base_url, &["2", "tweets", id])?);
        let body = self.call(request, access).await?.json().unwrap_or_default();
        if body.pointer("/data/deleted").and_then(Value::as_bool) == Some(false) {
            let message = "X says that it did not delete the post";
            return Err(CallError::new(ErrorType::Unknown, Delivery::Refused, message));
        }
        Ok(())
    }
}

fn body(draft: &Draft, handles: &Handles) -> Result<Value, CallError> {
    let ids = media_ids(handles);
    if ids.len() != draft.media.len() {
        return Err(CallError::not_sent("the media of this post were not uploaded").about_media());
    }
    let mut body = json!({});
    let text = draft.text_with_link();
    if !text.is_empty() {
        body["text"] = json!(text);
    }
    if !ids.is_empty() {
        body["media"] = json!({ "media_ids": ids });
    }
    if let Some(reply) = &draft.reply_to {
        body["reply"] = json!({ "in_reply_to_tweet_id": reply.external_id });
    }
    for name in OPTIONS {
        if let Some(value) = draft.option(name) {
            body[name] = value.clone();
        }
    }
    Ok(body)
}

/// X tells no address; `i` stands for the name where that is unknown, and leads there too.
fn published(access: &Access, id: &str) -> Published {
    let name = access.metadata.get("username").and_then(Value::as_str).unwrap_or("i");
    let permalink = endpoint(&site(&access.base_url), &[name, "status", id]).ok().map(Into::into);
    Published { external_id: id.to_owned(), permalink }
}
