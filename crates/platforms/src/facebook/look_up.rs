//! Posts in doubt, found again: videos by their own id, stories by their medium, everything else by its
//! pictures or its text among the newest.

use rookery_kernel::Timestamp;
use serde_json::Value;

use super::Facebook;
use super::publish::{text_or_number, whole_id};
use super::rules::{Way, message};
use super::upload::{photo_ids, video};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Request;
use crate::meta::errors::Asking;
use crate::meta::{rows, time};
use crate::text::comparable;
use crate::types::{Access, Found, Published, Search};

/// Posts of a few minutes fit on the first page; more pages are for busy ones.
const LOOK_UP_PAGES_MAX: usize = 5;

const POST_FIELDS: &str = "id,message,created_time,permalink_url,\
                           attachments{media_type,target{id},subattachments{target{id}}}";

const COMMENT_FIELDS: &str = "id,message,created_time,permalink_url,from{id},attachment{target{id}}";

impl Facebook {
    pub(super) async fn find(&self, access: &Access, search: &Search) -> Result<Found, CallError> {
        let way = Way::of(&search.draft);
        let of_video = video(&search.handles);
        match way {
            Way::PhotoStory | Way::VideoStory => {
                let media = of_video.map(|v| v.id).or_else(|| photo_ids(&search.handles).into_iter().next());
                // Without a medium nothing was sent.
                let Some(media) = media else { return Ok(Found::Absent) };
                Ok(self.story_of(access, &media).await?.map_or(Found::Absent, Found::Post))
            }
            Way::Video | Way::Reel => {
                // Without a video nothing was sent.
                let Some(video) = of_video else { return Ok(Found::Absent) };
                match self.video_state(access, &video.id).await {
                    Err(e) if e.kind == ErrorType::NotFound => self.among_newest(access, search, &[video.id]).await,
                    state => state,
                }
            }
            Way::Feed | Way::Comment => self.among_newest(access, search, &photo_ids(&search.handles)).await,
        }
    }

    /// How far a video is: one that was never finished is absent.
    pub(super) async fn video_state(&self, access: &Access, id: &str) -> Result<Found, CallError> {
        let request = Request::get(self.url(&access.base_url, &[id])?).with("fields", "status,post_id,permalink_url");
        let body = self.call(request, &access.into(), Asking::Other).await?;
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str);
        Ok(match text("/status/video_status").unwrap_or_default() {
            "error" | "upload_failed" => {
                let told = text("/status/processing_phase/errors/0/message")
                    .or_else(|| text("/status/processing_phase/error/message"));
                let message = format!("Facebook could not process the video: {}", told.unwrap_or("no reason given"));
                Found::Refused(CallError::new(ErrorType::BadRequest, Delivery::Refused, message).about_media())
            }
            "ready" if text("/status/publishing_phase/status") != Some("not_started") => {
                // A bare video stands for the post that wraps it where the network names none.
                let post = body.get("post_id").and_then(text_or_number).unwrap_or_else(|| id.to_owned());
                let permalink = text("/permalink_url").map(absolute);
                Found::Post(Published { external_id: whole_id(access, &post), permalink })
            }
            "processing" => Found::Working,
            // "uploading", "upload_complete", "expired": waiting for a finish that never came.
            _ => Found::Absent,
        })
    }

    /// The story with this picture or video, while it lives.
    pub(super) async fn story_of(&self, access: &Access, media: &str) -> Result<Option<Published>, CallError> {
        let request = Request::get(self.page_url(access, "stories")?)
            .with("fields", "post_id,status,creation_time,media_type,media_id,url")
            .with("limit", "100");
        let body = self.call(request, &access.into(), Asking::Other).await?;
        let story = rows(&body).find(|s| s.get("media_id").and_then(text_or_number).as_deref() == Some(media));
        Ok(story.and_then(|story| {
            Some(Published {
                external_id: whole_id(access, &text_or_number(story.get("post_id")?)?),
                permalink: story.get("url").and_then(Value::as_str).map(ToOwned::to_owned),
            })
        }))
    }

    /// The newest equal post or comment since then. The API has no key of ours, so pictures and text must
    /// tell.
    async fn among_newest(&self, access: &Access, search: &Search, media: &[String]) -> Result<Found, CallError> {
        let wanted = Wanted {
            text: comparable(&message(&search.draft)),
            media,
            media_count: search.draft.media.len(),
            author: search.draft.reply_to.as_ref().map(|_| access.platform_user_id.as_str()),
            since: search.since,
        };
        let mut after: Option<String> = None;
        for _ in 0..LOOK_UP_PAGES_MAX {
            let mut request = match &search.draft.reply_to {
                Some(reply) => Request::get(self.url(&access.base_url, &[&reply.external_id, "comments"])?)
                    .with("fields", COMMENT_FIELDS)
                    .with("filter", "stream")
                    .with("order", "reverse_chronological"),
                None => Request::get(self.page_url(access, "published_posts")?)
                    .with("fields", POST_FIELDS)
                    .with("since", search.since.as_secs().to_string()),
            };
            request = request.with("limit", "100");
            if let Some(after) = &after {
                request = request.with("after", after);
            }
            let body = self.call(request, &access.into(), Asking::Other).await?;
            if let Some(found) = rows(&body).find_map(|post| wanted.matching(post)) {
                return Ok(Found::Post(found));
            }
            let is_past = rows(&body).last().and_then(created_at).is_some_and(|at| at < search.since);
            let next = body.pointer("/paging/next").and(body.pointer("/paging/cursors/after"));
            match next.and_then(Value::as_str) {
                None => return Ok(Found::Absent),
                Some(_) if is_past => return Ok(Found::Absent),
                Some(cursor) if after.as_deref() == Some(cursor) => return Err(crate::connector::circle()),
                Some(cursor) => after = Some(cursor.to_owned()),
            }
        }
        // Not all was seen, so "absent" would be a guess.
        Err(CallError::new(ErrorType::Unknown, Delivery::Refused, "the page has too many new posts to look through"))
    }
}

/// What the post in doubt looks like.
struct Wanted<'a> {
    text: String,
    /// Pictures or the video, by the network's ids.
    media: &'a [String],
    media_count: usize,
    /// Others comment too; posts of the page are all its own.
    author: Option<&'a str>,
    since: Timestamp,
}

impl Wanted<'_> {
    fn matching(&self, post: &Value) -> Option<Published> {
        // Facebook's times have whole seconds, so ours must not be finer.
        let is_new = created_at(post)?.as_secs() >= self.since.as_secs();
        let author = post.pointer("/from/id").and_then(Value::as_str);
        let is_ours = self.author.is_none() || author.is_none() || self.author == author;
        (is_new && is_ours && (self.has_our_media(post) || self.is_equal(post))).then_some(())?;
        Some(Published {
            external_id: post.get("id")?.as_str()?.to_owned(),
            permalink: post.get("permalink_url").and_then(Value::as_str).map(ToOwned::to_owned),
        })
    }

    /// An upload belongs to one post only, so its id is proof.
    fn has_our_media(&self, post: &Value) -> bool {
        media_ids(post).iter().any(|id| self.media.iter().any(|ours| ours == id))
    }

    fn is_equal(&self, post: &Value) -> bool {
        let text = post.get("message").and_then(Value::as_str).unwrap_or_default();
        // Pictures without a word are told apart by their ids alone.
        let says_nothing = self.text.is_empty() && !self.media.is_empty();
        !says_nothing && comparable(text) == self.text && media_ids(post).len() == self.media_count
    }
}

/// Ids of what a post or a comment carries; a link has none.
fn media_ids(post: &Value) -> Vec<&str> {
    let first = post.pointer("/attachments/data/0").or_else(|| post.get("attachment"));
    let Some(first) = first else { return Vec::new() };
    let below = first.pointer("/subattachments/data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if below.is_empty() { target(first).into_iter().collect() } else { below.iter().filter_map(target).collect() }
}

fn target(entry: &Value) -> Option<&str> {
    entry.pointer("/target/id")?.as_str()
}

fn created_at(post: &Value) -> Option<Timestamp> {
    time(post.get("created_time")?.as_str()?)
}

/// Videos tell a path instead of an address.
fn absolute(link: &str) -> String {
    if link.starts_with('/') { format!("https://www.facebook.com{link}") } else { link.to_owned() }
}
