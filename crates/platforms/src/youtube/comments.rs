//! Comments and answers to comments. An answer hangs below the first comment of its thread, also if
//! it answers another answer.

use rookery_kernel::Timestamp;
use serde_json::{Value, json};

use super::reading::{comment_page, is_video_id, time};
use super::{YouTube, address, oauth};
use crate::connector::circle;
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Request;
use crate::text::comparable;
use crate::types::Found;
use crate::types::{Access, Draft, Published, ReplyTo, Search};

/// 100 comments a page.
const LOOK_UP_PAGES_MAX: usize = 10;

/// What is answered.
enum Target<'a> {
    Video(&'a str),
    /// The first comment of a thread.
    Comment(&'a str),
}

fn target(reply: &ReplyTo) -> Target<'_> {
    let id = reply.external_id.as_str();
    if is_video_id(id) {
        return Target::Video(id);
    }
    // The id of an answer is that of the first comment, a dot, and its own.
    Target::Comment(id.split('.').next().unwrap_or(id))
}

impl YouTube {
    pub(super) async fn comment(
        &self,
        access: &Access,
        draft: &Draft,
        reply: &ReplyTo,
    ) -> Result<Published, CallError> {
        let text = draft.text_with_link();
        let (resource, body) = match target(reply) {
            Target::Video(id) => (
                "commentThreads",
                json!({"snippet": {"videoId": id, "topLevelComment": {"snippet": {"textOriginal": text}}}}),
            ),
            Target::Comment(id) => ("comments", json!({"snippet": {"parentId": id, "textOriginal": text}})),
        };
        let request = Request::post_json(address(&access.base_url, resource)?, body).in_query("part", "snippet");
        let answer = self.call(request, access).await?;
        let body = answer.json().unwrap_or_default();
        let id = body.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()).ok_or_else(|| {
            CallError::new(ErrorType::Unknown, Delivery::Unknown, "YouTube accepted the comment and gave it no id")
        })?;
        Ok(published(access, reply, id))
    }

    /// Our own comment with this text below the same video or comment.
    pub(super) async fn find_comment(
        &self,
        access: &Access,
        search: &Search,
        reply: &ReplyTo,
    ) -> Result<Found, CallError> {
        let wanted = comparable(&search.draft.text_with_link());
        // YouTube's times have whole seconds, so ours must not be finer.
        let since = Timestamp::from_secs(search.since.as_secs());
        let mut place: Option<String> = None;
        for _ in 0..LOOK_UP_PAGES_MAX {
            let mut request = match target(reply) {
                Target::Video(id) => {
                    Request::get(address(&access.base_url, "commentThreads")?).with("videoId", id).with("order", "time")
                }
                Target::Comment(id) => Request::get(address(&access.base_url, "comments")?).with("parentId", id),
            }
            .with("part", "snippet")
            .with("textFormat", "plainText")
            .with("maxResults", "100");
            if let Some(place) = &place {
                request = request.with("pageToken", place);
            }
            let answer = self.call(request, access).await?;
            let items = oauth::items(&answer)?;
            let comments: Vec<&Value> =
                items.iter().map(|i| i.pointer("/snippet/topLevelComment").unwrap_or(i)).collect();
            let is_it = |comment: &&&Value| is_ours(comment, access, &wanted, since);
            if let Some(id) = comments.iter().find(is_it).and_then(|c| c.get("id")).and_then(Value::as_str) {
                return Ok(Found::Post(published(access, reply, id)));
            }
            // Threads come newest first; answers in no order that is promised.
            let is_older = |c: &&Value| time(c.pointer("/snippet/publishedAt")).is_some_and(|at| at < since);
            let is_over = matches!(target(reply), Target::Video(_)) && comments.iter().any(is_older);
            let next = answer.json().and_then(|b| Some(b.get("nextPageToken")?.as_str()?.to_owned()));
            match next {
                _ if is_over => return Ok(Found::Absent),
                None => return Ok(Found::Absent),
                next if next == place => return Err(circle()),
                next => place = next,
            }
        }
        // Not all was seen, so "absent" would be a guess.
        let message = "there are too many new comments to look through";
        Err(CallError::new(ErrorType::Unknown, Delivery::Refused, message))
    }
}

fn is_ours(comment: &Value, access: &Access, wanted: &str, since: Timestamp) -> bool {
    let text = |name: &str| comment.pointer(&format!("/snippet/{name}")).and_then(Value::as_str);
    let author = text("authorChannelId/value") == Some(access.platform_user_id.as_str());
    let is_equal = ["textOriginal", "textDisplay"].into_iter().filter_map(text).any(|t| comparable(t) == wanted);
    author && is_equal && time(comment.pointer("/snippet/publishedAt")).is_some_and(|at| at >= since)
}

fn published(access: &Access, reply: &ReplyTo, id: &str) -> Published {
    let video = [&reply.root_id, &reply.external_id].into_iter().find(|id| is_video_id(id));
    let permalink = video.and_then(|video| comment_page(&access.base_url, video, id));
    Published { external_id: id.to_owned(), permalink }
}
