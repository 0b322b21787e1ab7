//! Posts: out, found again, deleted.

use serde_json::{Value, json};
use url::Url;

use super::comments::parts_of_comment;
use super::content::{created_at, modified_at};
use super::rest::{ID_HEADER, METHOD_HEADER, address, elements, escaped, next_start, site};
use super::rules::Asset;
use super::upload::urns;
use super::{LinkedIn, is_page, little_text};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Answer, Request};
use crate::text::comparable;
use crate::types::{Access, Draft, Found, Handles, Published, Search};

/// 100 posts a page; nobody posts more than this in the minutes of a look-up.
pub(super) const LOOK_UP_PAGES_MAX: usize = 5;

/// Longest title of an article or a document that is sent.
const TITLE_MAX: usize = 400;

/// What people read. A link without media becomes an article below the text; beside media, and in
/// comments, there is no place for it but the text.
pub(super) fn text_of(draft: &Draft) -> String {
    if draft.media.is_empty() && draft.reply_to.is_none() { draft.text.clone() } else { draft.text_with_link() }
}

/// Most posts of a page.
pub(super) const PAGE_MAX: usize = 100;

impl LinkedIn {
    pub(super) async fn create_post(
        &self,
        access: &Access,
        draft: &Draft,
        handles: &Handles,
    ) -> Result<Published, CallError> {
        let url = address(&access.base_url, "rest/posts", &[])?;
        let answer = self.call(Request::post_json(url, body(access, draft, handles)?), &access.token).await?;
        let urn = created(&answer)?;
        Ok(published(access, &urn))
    }

    /// The newest equal post since then: text, media and link.
    pub(super) async fn find_post(&self, access: &Access, search: &Search) -> Result<Found, CallError> {
        let wanted = comparable(&little_text::read(&little_text::written(&text_of(&search.draft))));
        let media = search.draft.media.len();
        let mut start = 0;
        for _ in 0..LOOK_UP_PAGES_MAX {
            let answer = self.newest(access, start, PAGE_MAX).await?;
            let body = answer.json().unwrap_or_default();
            let posts = elements(&body).ok_or_else(|| answer.unstructured())?;
            let is_it = |post: &&Value| {
                let text = post.get("commentary").and_then(Value::as_str).unwrap_or_default();
                created_at(post).is_some_and(|at| at.as_millis() >= search.since.as_millis())
                    && comparable(&little_text::read(text)) == wanted
                    && count_media(post) == media
            };
            let found = posts.iter().find(is_it).and_then(|p| p.get("id")).and_then(Value::as_str);
            if let Some(urn) = found {
                return Ok(Found::Post(published(access, urn)));
            }
            // The latest change comes first, and nothing changes before it is made.
            let is_past = posts.last().and_then(modified_at).is_some_and(|at| at < search.since);
            match next_start(&body) {
                None => return Ok(Found::Absent),
                Some(_) if is_past => return Ok(Found::Absent),
                Some(next) if next <= start => return Err(crate::connector::circle()),
                Some(next) => start = next,
            }
        }
        // Not all was seen, so "absent" would be a guess.
        Err(CallError::new(ErrorType::Unknown, Delivery::Refused, "the account has too many new posts to look through"))
    }

    /// A page of the account's posts, the latest change first.
    pub(super) async fn newest(&self, access: &Access, start: u64, count: usize) -> Result<Answer, CallError> {
        let (author, start) = (escaped(&access.platform_user_id), start.to_string());
        let count = count.to_string();
        let query = [
            ("q", "author"),
            ("author", author.as_str()),
            ("count", count.as_str()),
            ("start", start.as_str()),
            ("sortBy", "LAST_MODIFIED"),
        ];
        let request = Request::get(address(&access.base_url, "rest/posts", &query)?).header(METHOD_HEADER, "FINDER");
        self.call(request, &access.token).await
    }

    pub(super) async fn delete_by_urn(&self, access: &Access, urn: &str) -> Result<(), CallError> {
        // The network deletes what is gone already without a word; where reading is allowed, asking tells.
        if is_page(&access.platform_user_id) && parts_of_comment(urn).is_none() {
            let url = address(&access.base_url, &format!("rest/posts/{}", escaped(urn)), &[])?;
            match self.call(Request::get(url), &access.token).await {
                Err(error) if error.kind == ErrorType::NotFound => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        let url = match parts_of_comment(urn) {
            Some((post, id)) => {
                let path = format!("rest/socialActions/{}/comments/{}", escaped(post), escaped(id));
                address(&access.base_url, &path, &[("actor", &escaped(&access.platform_user_id))])?
            }
            None => address(&access.base_url, &format!("rest/posts/{}", escaped(urn)), &[])?,
        };
        self.call(Request::delete(url), &access.token).await.map(drop)
    }
}

/// The id of what was created; without it somebody has to look.
pub(super) fn created(answer: &Answer) -> Result<String, CallError> {
    let by_header = answer.header(ID_HEADER).map(ToOwned::to_owned).filter(|id| !id.is_empty());
    by_header.ok_or_else(|| {
        CallError::new(ErrorType::Unknown, Delivery::Unknown, "LinkedIn accepted the post and gave it no id")
    })
}

pub(super) fn published(access: &Access, urn: &str) -> Published {
    Published { external_id: urn.to_owned(), permalink: permalink(&access.base_url, urn) }
}

pub(super) fn permalink(base: &Url, urn: &str) -> Option<String> {
    address(&site(base), &format!("feed/update/{urn}"), &[]).ok().map(Into::into)
}

fn body(access: &Access, draft: &Draft, handles: &Handles) -> Result<Value, CallError> {
    let visibility = draft.option("visibility").and_then(Value::as_str).unwrap_or("PUBLIC");
    let mut body = json!({
        "author": access.platform_user_id,
        "commentary": little_text::written(&text_of(draft)),
        "visibility": visibility,
        "distribution": {
            "feedDistribution": "MAIN_FEED",
            "targetEntities": [],
            "thirdPartyDistributionChannels": [],
        },
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": draft.option("is_reshare_disabled").and_then(Value::as_bool).unwrap_or(false),
    });
    if let Some(content) = content(draft, &stored(draft, handles)?) {
        body["content"] = content;
    }
    Ok(body)
}

/// URNs of the draft's media.
pub(super) fn stored(draft: &Draft, handles: &Handles) -> Result<Vec<String>, CallError> {
    let urns = urns(handles);
    if urns.len() != draft.media.len() {
        return Err(CallError::not_sent("the media of this post were not uploaded").about_media());
    }
    Ok(urns)
}

fn content(draft: &Draft, urns: &[String]) -> Option<Value> {
    let title = |usual: &str| {
        let title = draft.title.as_deref().filter(|t| !t.trim().is_empty()).unwrap_or(usual);
        title.chars().take(TITLE_MAX).collect::<String>()
    };
    match (draft.media.as_slice(), urns) {
        ([media], [urn]) => {
            let mut one = json!({ "id": urn });
            if let Some(alt) = &media.alt_text {
                one["altText"] = json!(alt);
            }
            // Pictures have no title; a document must have one.
            match Asset::of(media) {
                Asset::Document => one["title"] = json!(title(&media.file_name)),
                Asset::Video if draft.title.is_some() => one["title"] = json!(title("")),
                Asset::Video | Asset::Image => {}
            }
            Some(json!({ "media": one }))
        }
        ([_, ..], _) => {
            let images = draft.media.iter().zip(urns).map(|(media, urn)| match &media.alt_text {
                Some(alt) => json!({ "id": urn, "altText": alt }),
                None => json!({ "id": urn }),
            });
            Some(json!({ "multiImage": { "images": images.collect::<Vec<_>>() } }))
        }
        ([], _) => {
            if let Some(poll) = draft.option("poll") {
                return Some(json!({ "poll": poll }));
            }
            let link = draft.link.as_deref()?;
            // The network reads no page behind a link: without a title nothing would show.
            let host = link.parse::<Url>().ok().and_then(|u| u.host_str().map(ToOwned::to_owned));
            let mut article = json!({ "source": link, "title": title(host.as_deref().unwrap_or(link)) });
            for name in ["description", "thumbnail"] {
                if let Some(value) = draft.option(name) {
                    article[name] = value.clone();
                }
            }
            Some(json!({ "article": article }))
        }
    }
}

fn count_media(post: &Value) -> usize {
    let images = post.pointer("/content/multiImage/images").and_then(Value::as_array).map(Vec::len);
    images.unwrap_or_else(|| usize::from(post.pointer("/content/media/id").is_some()))
}
