//! Submissions and comments: out, found again, taken away.

use std::time::Duration;

use rookery_kernel::Timestamp;
use serde_json::{Value, json};

use super::{PAGE_MAX, Reddit, name, rules};
use crate::connector::circle;
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Request, endpoint};
use crate::text::comparable;
use crate::types::{Access, Draft, Found, Handles, MediaKind, Published, Search, Sent};

/// 100 things a page; nobody posts more than this in the minutes of a look-up.
const LOOK_UP_PAGES_MAX: usize = 5;

/// For how long Reddit may work on media before nothing will come any more.
const IMAGE_WORK: Duration = Duration::from_mins(5);
const VIDEO_WORK: Duration = Duration::from_mins(20);

impl Reddit {
    pub(super) async fn submit(&self, access: &Access, draft: &Draft, handles: &Handles) -> Result<Sent, CallError> {
        let body = self.call(Self::request(access, draft, handles)?, access).await?;
        if let Some(published) = published(&body) {
            return Ok(Sent::Published(published));
        }
        // Posts with media have no id yet; the answer says only that they were taken.
        let is_taken = body.pointer("/json/data").is_some_and(Value::is_object) && !draft.media.is_empty();
        if is_taken {
            let mut accepted = handles.clone();
            accepted["accepted_at"] = json!(self.http.now());
            return Ok(Sent::Accepted(accepted));
        }
        let message = "Reddit accepted the post and did not say as what";
        Err(CallError::new(ErrorType::Unknown, Delivery::Unknown, message))
    }

    fn request(access: &Access, draft: &Draft, handles: &Handles) -> Result<Request, CallError> {
        let (title, text) = rules::words(draft);
        let at = |segments: &[&str]| endpoint(&access.base_url, segments);
        if let Some(to) = &draft.reply_to {
            let request = Request::post(at(&["api", "comment"])?).with("api_type", "json").with("raw_json", "1");
            return Ok(request.with("thing_id", &to.external_id).with("text", text));
        }
        let community = match rules::community(draft) {
            Some(community) => community.to_owned(),
            None => format!("u_{}", name(access)?),
        };
        let media = handles.get("media").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if media.len() != draft.media.len() {
            return Err(CallError::not_sent("the media of the post have not been uploaded"));
        }
        if media.len() > 1 {
            return Ok(Request::post_json(
                at(&["api", "submit_gallery_post.json"])?,
                gallery(draft, media, &community),
            ));
        }
        let url = |medium: &Value| medium.get("url").and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut request = Request::post(at(&["api", "submit"])?)
            .with("api_type", "json")
            .with("raw_json", "1")
            .with("sr", community)
            .with("title", title)
            .with("resubmit", "true");
        request = match (media.first(), draft.media.first().map(|m| m.kind), &draft.link) {
            (Some(medium), Some(MediaKind::Video), _) => {
                let poster = handles.get("poster").and_then(Value::as_str).unwrap_or_default();
                request.with("kind", "video").with("url", url(medium)).with("video_poster_url", poster)
            }
            (Some(medium), ..) => request.with("kind", "image").with("url", url(medium)),
            (None, _, Some(link)) => request.with("kind", "link").with("url", link),
            (None, _, None) => request.with("kind", "self"),
        };
        if !text.is_empty() {
            request = request.with("text", text);
        }
        for (name, value) in options(draft) {
            request = request.with(name, value);
        }
        Ok(request)
    }

    /// The newest equal thing since then. A post with media that Reddit took may still be worked on.
    pub(super) async fn find(&self, access: &Access, search: &Search) -> Result<Found, CallError> {
        let kind = if search.draft.reply_to.is_some() { "comments" } else { "submitted" };
        let mut after: Option<String> = None;
        for _ in 0..LOOK_UP_PAGES_MAX {
            let page = self.page(access, kind, after.as_deref(), PAGE_MAX).await?;
            if let Some(found) = page.things.iter().find_map(|t| matching(t, search)) {
                return Ok(Found::Post(found));
            }
            let is_past = page.things.last().and_then(created_at).is_some_and(|at| at < search.since);
            match page.after {
                Some(next) if after.as_ref() == Some(&next) => return Err(circle()),
                Some(next) if !is_past => after = Some(next),
                _ => return Ok(if self.is_working(search) { Found::Working } else { Found::Absent }),
            }
        }
        // Not all was seen, so "absent" would be a guess.
        let message = "the account has too many new posts to look through";
        Err(CallError::new(ErrorType::Unknown, Delivery::Refused, message))
    }

    fn is_working(&self, search: &Search) -> bool {
        let at = search.handles.get("accepted_at").and_then(Value::as_str).and_then(|t| t.parse::<Timestamp>().ok());
        let is_video =
            search.draft.media.iter().any(|m| m.kind == MediaKind::Video) || search.handles.get("poster").is_some();
        let longest = if is_video { VIDEO_WORK } else { IMAGE_WORK };
        at.is_some_and(|at| at + longest > self.http.now())
    }

    /// A page of what the account wrote, newest first.
    pub(super) async fn page(
        &self,
        access: &Access,
        kind: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page, CallError> {
        let url = endpoint(&access.base_url, &["user", name(access)?, kind])?;
        let request = Request::get(url).with("sort", "new").with("limit", limit.to_string()).with("raw_json", "1");
        let request = match after {
            Some(after) => request.with("after", after),
            None => request,
        };
        let body = self.call(request, access).await?;
        let Some(children) = body.pointer("/data/children").and_then(Value::as_array) else {
            return Err(CallError::new(ErrorType::Unknown, Delivery::Refused, "Reddit answered with no listing"));
        };
        let things = children.iter().map(|c| c.get("data").cloned().unwrap_or_default()).collect();
        let after = body.pointer("/data/after").and_then(Value::as_str).filter(|a| !a.is_empty()).map(Into::into);
        Ok(Page { things, after })
    }

    /// `/api/del` says yes to everything, so the thing is read first.
    pub(super) async fn take_away(&self, access: &Access, id: &str) -> Result<(), CallError> {
        let found = self.info(access, &[id.to_owned()]).await?;
        if !found.contains_key(id) {
            return Err(CallError::new(ErrorType::NotFound, Delivery::Refused, "the post is gone"));
        }
        let request = Request::post(endpoint(&access.base_url, &["api", "del"])?).with("id", id);
        self.call(request, access).await.map(drop)
    }
}

/// A page of a listing.
pub(super) struct Page {
    pub things: Vec<Value>,
    pub after: Option<String>,
}

/// What the person chose, for the form and the gallery alike.
fn options(draft: &Draft) -> Vec<(&'static str, String)> {
    let text = |name: &'static str| draft.option(name).and_then(Value::as_str).map(|v| (name, v.to_owned()));
    let flag = |name: &'static str| draft.option(name).and_then(Value::as_bool).map(|v| (name, v.to_string()));
    let texts = ["flair_id", "flair_text"].into_iter().filter_map(text);
    texts.chain(["nsfw", "spoiler", "sendreplies"].into_iter().filter_map(flag)).collect()
}

fn gallery(draft: &Draft, media: &[Value], community: &str) -> Value {
    let (title, text) = rules::words(draft);
    let items: Vec<Value> = draft
        .media
        .iter()
        .zip(media)
        .map(|(medium, stored)| {
            let caption: String = medium.alt_text.as_deref().unwrap_or_default().chars().take(180).collect();
            json!({ "media_id": stored.get("asset_id"), "caption": caption, "outbound_url": "" })
        })
        .collect();
    let mut body = json!({
        "api_type": "json",
        "sr": community,
        "title": title,
        "text": text,
        "items": items,
        "show_error_list": true,
        "validate_on_submit": true,
        "nsfw": false,
        "spoiler": false,
        "sendreplies": true,
    });
    for (name, value) in options(draft) {
        body[name] = match value.as_str() {
            "true" => json!(true),
            "false" => json!(false),
            _ => json!(value),
        };
    }
    body
}

fn published(body: &Value) -> Option<Published> {
    let comment = body.pointer("/json/data/things/0/data");
    let data = comment.or_else(|| body.pointer("/json/data"))?;
    let text = |name: &str| data.get(name).and_then(Value::as_str).filter(|t| !t.is_empty());
    // A gallery names the whole id where others name the short one.
    let id = text("name").or_else(|| text("id").filter(|id| id.starts_with("t3_")))?;
    let link = text("url").filter(|_| comment.is_none()).or_else(|| text("permalink"));
    Some(Published { external_id: id.to_owned(), permalink: link.map(absolute) })
}

/// Paths are those of the site for people.
pub(super) fn absolute(link: &str) -> String {
    if link.starts_with('/') { format!("https://www.reddit.com{link}") } else { link.to_owned() }
}

pub(super) fn created_at(thing: &Value) -> Option<Timestamp> {
    #[expect(clippy::cast_possible_truncation, reason = "seconds of this century")]
    thing.get("created_utc")?.as_f64().map(|seconds| Timestamp::from_millis((seconds * 1000.0) as i64))
}

/// Whether a thing of the account is the draft: words, community or parent, kind of content.
fn matching(thing: &Value, search: &Search) -> Option<Published> {
    let draft = &search.draft;
    // Times of things are whole seconds.
    if created_at(thing)? + Duration::from_secs(1) <= search.since {
        return None;
    }
    let text = |name: &str| thing.get(name).and_then(Value::as_str).unwrap_or_default();
    let same = |a: &str, b: &str| comparable(a) == comparable(b);
    let (title, words) = rules::words(draft);
    let is_it = if let Some(to) = &draft.reply_to {
        text("parent_id") == to.external_id && same(text("body"), &words)
    } else {
        let community = rules::community(draft);
        let is_there = community.is_none_or(|c| c.eq_ignore_ascii_case(text("subreddit")));
        let flag = |name: &str| thing.get(name).and_then(Value::as_bool) == Some(true);
        let kind_fits = match (draft.media.len(), &draft.link) {
            (2.., _) => flag("is_gallery"),
            (1, _) => !flag("is_gallery") && !flag("is_self"),
            (_, Some(link)) => text("url").trim_end_matches('/') == link.trim_end_matches('/'),
            // Media of an earlier revision are not told; then the words alone decide.
            _ => flag("is_self") && same(text("selftext"), &words) || search.handles.get("media").is_some(),
        };
        is_there && kind_fits && same(text("title"), &title)
    };
    let id = text("name");
    (is_it && !id.is_empty()).then(|| Published {
        external_id: id.to_owned(),
        permalink: Some(text("permalink")).filter(|p| !p.is_empty()).map(absolute),
    })
}
