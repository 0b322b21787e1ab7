//! Containers: made, watched until they are ready, published once (Instagram and Threads).
//!
//! Handles: `{"container", "children": […], "polls"}`, and `"published": true` if the network says so.

use rookery_kernel::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::errors::of_subcode;
use super::graph::Graph;
use super::{Caller, rows, time};
use crate::connector::circle;
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Request;
use crate::poll;
use crate::text::comparable;
use crate::types::{Handles, Prepared, Published, Sent};

/// Listed pages a look-up reads before it gives up.
const LOOK_UP_PAGES_MAX: usize = 5;

/// Parameters of one container.
pub(crate) type Form = Vec<(&'static str, String)>;

/// What has to be made: the children first, then the parent with their ids.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub children: Vec<Form>,
    pub parent: Form,
}

/// The network's words.
pub(crate) struct Words {
    /// The edge that makes a container: `media`, `threads`.
    pub create: &'static str,
    /// The edge that makes it public.
    pub publish: &'static str,
    /// The field with the state.
    pub state: &'static str,
    /// The field with the reason of a failure.
    pub reason: &'static str,
}

/// What stands at the network.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    container: Option<String>,
    children: Vec<String>,
    polls: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    published: bool,
}

impl Kept {
    fn of(handles: &Handles) -> Self {
        serde_json::from_value(handles.clone()).unwrap_or_default()
    }

    fn told(&self) -> Handles {
        serde_json::to_value(self).unwrap_or_default()
    }

    fn wait(mut self) -> Prepared {
        let pause = poll::pause(self.polls);
        self.polls += 1;
        Prepared::Wait { handles: self.told(), pause }
    }
}

/// How far a container is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum State {
    InProgress,
    Finished,
    Published,
    Expired,
    /// With the reason, if one is told.
    Failed(String),
}

/// The containers of one account.
pub(crate) struct Containers<'a> {
    pub graph: &'a Graph,
    pub caller: Caller<'a>,
    pub words: &'static Words,
}

impl Containers<'_> {
    /// Makes what is missing and looks how far it is.
    pub async fn prepare(&self, plan: Plan, handles: &Handles) -> Result<Prepared, CallError> {
        let mut kept = Kept::of(handles);
        let container = if let Some(container) = kept.container.clone() {
            container
        } else {
            if let Some(early) = self.children(&plan, &mut kept).await? {
                return Ok(early);
            }
            let mut parent = plan.parent;
            if !kept.children.is_empty() {
                parent.push(("children", kept.children.join(",")));
            }
            let made = self.create(&parent).await?;
            kept.container = Some(made.clone());
            made
        };
        let state = match self.state(&container).await {
            // It stands; that we could not ask now is no reason to make another.
            Err(e) if e.kind == ErrorType::Transient && handles.get("container").is_none_or(Value::is_null) => {
                return Ok(kept.wait());
            }
            told => told?,
        };
        match state {
            State::InProgress => Ok(kept.wait()),
            State::Finished => Ok(Prepared::Ready(kept.told())),
            State::Published => Ok(Prepared::Ready(Kept { published: true, ..kept }.told())),
            State::Expired | State::Failed(_) => Err(failed(&state)),
        }
    }

    /// The children: made, then waited for. `Some` if they are not ready.
    async fn children(&self, plan: &Plan, kept: &mut Kept) -> Result<Option<Prepared>, CallError> {
        let before = kept.children.len();
        for form in plan.children.iter().skip(before) {
            match self.create(form).await {
                Ok(id) => kept.children.push(id),
                // What stands is kept for the next call.
                Err(e) if e.kind == ErrorType::Transient && !e.media && kept.children.len() > before => {
                    return Ok(Some(kept.clone().wait()));
                }
                Err(e) => return Err(e),
            }
        }
        for child in &kept.children {
            match self.state(child).await? {
                State::InProgress => return Ok(Some(kept.clone().wait())),
                State::Finished | State::Published => {}
                state => return Err(failed(&state)),
            }
        }
        Ok(None)
    }

    async fn create(&self, form: &Form) -> Result<String, CallError> {
        let mut request = Request::post(self.graph.url(self.caller.base_url, &[self.caller.id, self.words.create])?);
        for (name, value) in form {
            request = request.with(name, value);
        }
        let body = self.graph.call(request, &self.caller).await?;
        id_of(&body).ok_or_else(|| {
            CallError::new(ErrorType::Transient, Delivery::Refused, "the network made a container and gave it no id")
        })
    }

    pub async fn state(&self, container: &str) -> Result<State, CallError> {
        let fields = format!("{},{}", self.words.state, self.words.reason);
        let body = self.graph.fields(&self.caller, container, &fields).await?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
        Ok(match text(self.words.state) {
            "FINISHED" => State::Finished,
            "PUBLISHED" => State::Published,
            "EXPIRED" => State::Expired,
            "ERROR" => State::Failed(text(self.words.reason).to_owned()),
            // Also a word we do not know yet: asking again does no harm, and the wait has an end.
            _ => State::InProgress,
        })
    }

    /// The one public call.
    pub async fn publish(&self, handles: &Handles) -> Result<Sent, CallError> {
        let kept = Kept::of(handles);
        let Some(container) = kept.container.as_deref() else {
            return Err(CallError::not_sent("the post was not prepared: it has no container"));
        };
        if kept.published {
            return Ok(Sent::Accepted(handles.clone()));
        }
        let url = self.graph.url(self.caller.base_url, &[self.caller.id, self.words.publish])?;
        let body = self.graph.call(Request::post(url).with("creation_id", container), &self.caller).await?;
        match id_of(&body) {
            Some(external_id) => {
                // The post is out: failing to learn its address changes nothing about that.
                let told = self.graph.fields(&self.caller, &external_id, "permalink").await.ok();
                let permalink = told.and_then(|b| Some(b.get("permalink")?.as_str()?.to_owned()));
                Ok(Published { external_id, permalink }.into())
            }
            None => Ok(Sent::Accepted(handles.clone())),
        }
    }

    /// What the container says about a post in doubt; `None` if there is no container to ask.
    pub async fn outcome(&self, handles: &Handles) -> Result<Option<State>, CallError> {
        let Some(container) = Kept::of(handles).container else { return Ok(None) };
        match self.state(&container).await {
            Ok(state) => Ok(Some(state)),
            Err(e) if e.kind == ErrorType::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }
}

/// What a post in doubt is recognized by.
pub(crate) struct Wanted<'a> {
    /// The field with the text: `caption`, `text`; none where posts have no text (stories).
    pub text: Option<(&'static str, &'a str)>,
    /// How many media it has.
    pub media: usize,
    /// The post it answers.
    pub answers: Option<&'a str>,
    /// Who wrote it, where others write too.
    pub username: Option<&'a str>,
    pub since: Timestamp,
}

impl Wanted<'_> {
    fn fits(&self, post: &Value) -> bool {
        let text = |name: &str| post.get(name).and_then(Value::as_str);
        // The networks' times have whole seconds, so ours must not be finer.
        let is_new = text("timestamp").and_then(time).is_some_and(|at| at.as_secs() >= self.since.as_secs());
        let same_text =
            self.text.is_none_or(|(name, wanted)| comparable(text(name).unwrap_or_default()) == comparable(wanted));
        let same_media = media_count(post).is_none_or(|count| count == self.media);
        let parent = post.pointer("/replied_to/id").and_then(Value::as_str);
        let same_parent = self.answers.is_none_or(|wanted| parent.is_none_or(|p| p == wanted));
        let same_author = self.username.is_none_or(|name| text("username").is_none_or(|u| u == name));
        is_new && same_text && same_media && same_parent && same_author
    }
}

/// `None` where the answer does not tell.
fn media_count(post: &Value) -> Option<usize> {
    match post.get("media_type")?.as_str()? {
        "CAROUSEL_ALBUM" => Some(post.pointer("/children/data")?.as_array()?.len()),
        "IMAGE" | "VIDEO" => Some(1),
        "TEXT_POST" => Some(0),
        _ => None,
    }
}

/// The post among those of a listing; `None` only if all since then were seen. Of several that fit it
/// is the oldest: that is the one we sent first.
pub(crate) async fn find(
    graph: &Graph,
    caller: &Caller<'_>,
    path: &[&str],
    fields: &str,
    wanted: &Wanted<'_>,
) -> Result<Option<Published>, CallError> {
    let mut after: Option<String> = None;
    let mut found = None;
    for _ in 0..LOOK_UP_PAGES_MAX {
        let mut request = Request::get(graph.url(caller.base_url, path)?).with("fields", fields).with("limit", "50");
        if let Some(after) = &after {
            request = request.with("after", after);
        }
        let body = graph.call(request, caller).await?;
        if let Some(post) = rows(&body).filter(|post| wanted.fits(post)).last() {
            found = id_of(post).map(|external_id| Published {
                external_id,
                permalink: post.get("permalink").and_then(Value::as_str).map(ToOwned::to_owned),
            });
        }
        let is_past = |post: &Value| post.get("timestamp").and_then(Value::as_str).and_then(time) < Some(wanted.since);
        let next = body.pointer("/paging/next").and(body.pointer("/paging/cursors/after")).and_then(Value::as_str);
        match next {
            None => return Ok(found),
            Some(_) if wanted.username.is_none() && rows(&body).last().is_some_and(is_past) => return Ok(found),
            Some(cursor) if after.as_deref() == Some(cursor) => return Err(circle()),
            Some(cursor) => after = Some(cursor.to_owned()),
        }
    }
    match found {
        Some(found) => Ok(Some(found)),
        // Not all was seen, so "absent" would be a guess.
        None => {
            Err(CallError::new(ErrorType::Unknown, Delivery::Refused, "there are too many new posts to look through"))
        }
    }
}

/// Ids are texts; one answer of the API writes them as numbers.
pub(crate) fn id_of(body: &Value) -> Option<String> {
    match body.get("id")? {
        Value::String(id) if !id.is_empty() => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// A container that will not be published.
fn failed(state: &State) -> CallError {
    let (kind, message, subcode) = match state {
        State::Failed(reason) => {
            let subcode = named_subcode(reason);
            let kind = subcode.and_then(of_subcode).unwrap_or_else(|| of_word(reason));
            let reason = if reason.is_empty() { "no reason was told" } else { reason };
            (kind, format!("the network could not use the media: {reason}"), subcode)
        }
        _ => (ErrorType::Transient, "the prepared post expired at the network".to_owned(), None),
    };
    let mut error = CallError::new(kind, Delivery::Refused, message).about_media();
    error.subcode = subcode.map(|s| s.to_string());
    error
}

/// `Error: Media upload has failed with error code 2207026`: the text has a fixed form, and only what
/// stands in the place of the code counts.
fn named_subcode(reason: &str) -> Option<i64> {
    let (_, code) = reason.split_once("error code ")?;
    code.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// Threads names reasons in words.
fn of_word(reason: &str) -> ErrorType {
    match reason {
        "FAILED_PROCESSING_AUDIO"
        | "FAILED_PROCESSING_VIDEO"
        | "INVALID_ASPEC_RATIO"
        | "INVALID_ASPECT_RATIO"
        | "INVALID_BIT_RATE"
        | "INVALID_DURATION"
        | "INVALID_FRAME_RATE"
        | "INVALID_AUDIO_CHANNELS"
        | "INVALID_AUDIO_CHANNEL_LAYOUT" => ErrorType::BadRequest,
        // Fetching it may work later; so may what nobody explained.
        _ => ErrorType::Transient,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_container_is_judged_by_its_code_or_word() {
        let table = [
            ("Error: Media upload has failed with error code 2207026", ErrorType::BadRequest, Some("2207026")),
            ("Error: Media upload has failed with error code 2207053", ErrorType::Transient, Some("2207053")),
            ("Error: Media upload has failed with error code 2207051", ErrorType::PolicyBlock, Some("2207051")),
            ("INVALID_DURATION", ErrorType::BadRequest, None),
            ("FAILED_DOWNLOADING_VIDEO", ErrorType::Transient, None),
            ("file 2207026.mp4 was bad", ErrorType::Transient, None),
            ("", ErrorType::Transient, None),
        ];
        for (reason, kind, subcode) in table {
            let error = failed(&State::Failed(reason.to_owned()));
            assert_eq!((error.kind, error.subcode.as_deref(), error.media), (kind, subcode, true), "{reason}");
        }
        assert_eq!(failed(&State::Expired).kind, ErrorType::Transient);
    }

    #[test]
    fn handles_of_an_earlier_call_are_read_and_others_are_none() {
        let kept = Kept { container: Some("1".into()), children: vec!["2".into()], polls: 3, published: false };
        assert_eq!(Kept::of(&kept.told()), kept);
        assert_eq!(Kept::of(&Value::Null), Kept::default());
        assert_eq!(Kept::of(&serde_json::json!({"container": 7})), Kept::default());
    }
}
