//! What a draft becomes at the network, and how a post in doubt is found.

use serde_json::Value;

use super::{Threads, caller};
use crate::error::CallError;
use crate::meta::containers::{Containers, Form, Plan, State, Wanted, Words, find};
use crate::types::{Access, Draft, Found, Media, MediaKind, Search};

const WORDS: Words = Words { create: "threads", publish: "threads_publish", state: "status", reason: "error_message" };

const FIELDS: &str = "id,text,timestamp,permalink,media_type,children{id}";
const REPLY_FIELDS: &str = "id,text,timestamp,permalink,media_type,replied_to";

/// Options that go to the network as they are.
const OPTIONS: [&str; 4] = ["reply_control", "topic_tag", "quote_post_id", "location_id"];

/// A text post has a field for its link; beside media it stands in the text.
pub(super) fn text(draft: &Draft) -> String {
    if draft.media.is_empty() { draft.text.clone() } else { draft.text_with_link() }
}

/// The containers of a draft.
///
/// # Errors
/// [`CallError`], not sent: a medium has no public address.
pub(super) fn plan(draft: &Draft) -> Result<Plan, CallError> {
    let mut children = Vec::new();
    let mut parent: Form = match draft.media.as_slice() {
        [] => vec![("media_type", "TEXT".to_owned())],
        [only] => of_medium(only)?,
        several => {
            for medium in several {
                let mut child = of_medium(medium)?;
                child.push(("is_carousel_item", "true".to_owned()));
                children.push(child);
            }
            vec![("media_type", "CAROUSEL".to_owned())]
        }
    };
    let text = text(draft);
    if !text.is_empty() {
        parent.push(("text", text));
    }
    if let (Some(link), true) = (&draft.link, draft.media.is_empty()) {
        parent.push(("link_attachment", link.clone()));
    }
    if let Some(target) = &draft.reply_to {
        parent.push(("reply_to_id", target.external_id.clone()));
    }
    for name in OPTIONS {
        if let Some(value) = draft.option(name).and_then(Value::as_str) {
            parent.push((name, value.to_owned()));
        }
    }
    Ok(Plan { children, parent })
}

fn of_medium(medium: &Media) -> Result<Form, CallError> {
    let url = medium.public_url()?.to_string();
    let mut form = match medium.kind {
        MediaKind::Video => vec![("media_type", "VIDEO".to_owned()), ("video_url", url)],
        MediaKind::Image | MediaKind::Gif => vec![("media_type", "IMAGE".to_owned()), ("image_url", url)],
    };
    if let Some(alt) = &medium.alt_text {
        form.push(("alt_text", alt.clone()));
    }
    Ok(form)
}

impl Threads {
    pub(super) fn containers<'a>(&'a self, access: &'a Access) -> Containers<'a> {
        Containers { graph: &self.graph, caller: caller(access), words: &WORDS }
    }

    /// The container tells whether it is out, the listing as what.
    pub(super) async fn find_post(&self, access: &Access, search: &Search) -> Result<Found, CallError> {
        let outcome = self.containers(access).outcome(&search.handles).await?;
        if outcome.as_ref().is_some_and(|state| *state != State::Published) {
            return Ok(Found::Absent);
        }
        let draft = &search.draft;
        let text = text(draft);
        let wanted = Wanted {
            text: Some(("text", &text)),
            media: draft.media.len(),
            answers: draft.reply_to.as_ref().map(|to| to.external_id.as_str()),
            username: None,
            since: search.since,
        };
        let (edge, fields) = if draft.reply_to.is_some() { ("replies", REPLY_FIELDS) } else { ("threads", FIELDS) };
        let path = [access.platform_user_id.as_str(), edge];
        let found = find(&self.graph, &caller(access), &path, fields, &wanted).await?;
        Ok(match (found, outcome) {
            (Some(post), _) => Found::Post(post),
            // It is out and not listed yet.
            (None, Some(_)) => Found::Working,
            (None, None) => Found::Absent,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ReplyTo;
    use bytes::Bytes;
    use serde_json::json;

    fn medium(kind: MediaKind, name: &str) -> Media {
        let public_url = format!("https://rookery.example/m/{name}").parse().ok();
        Media { public_url, alt_text: Some("Bread".into()), ..Media::of_bytes(kind, "image/jpeg", name, Bytes::new()) }
    }

    #[test]
    fn a_carousel_is_made_of_children_and_a_reply_names_its_post() {
        let draft = Draft {
            text: "Fresh".into(),
            link: Some("https://a.example".into()),
            media: vec![medium(MediaKind::Image, "a.jpg"), medium(MediaKind::Video, "b.mp4")],
            reply_to: Some(ReplyTo { external_id: "17".into(), root_id: "16".into() }),
            options: json!({"reply_control": "everyone", "unknown": 1}),
            ..Draft::default()
        };
        let plan = plan(&draft).expect("a plan");
        assert_eq!(plan.children[1][1], ("video_url", "https://rookery.example/m/b.mp4".to_owned()));
        assert!(plan.children.iter().all(|c| c.last() == Some(&("is_carousel_item", "true".to_owned()))));
        let expected = [
            ("media_type", "CAROUSEL"),
            ("text", "Fresh\n\nhttps://a.example"),
            ("reply_to_id", "17"),
            ("reply_control", "everyone"),
        ];
        assert_eq!(plan.parent, expected.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn a_link_of_a_text_post_has_a_field_and_a_medium_needs_an_address() {
        let draft = Draft { text: "Read".into(), link: Some("https://a.example".into()), ..Draft::default() };
        let expected = [("media_type", "TEXT"), ("text", "Read"), ("link_attachment", "https://a.example")];
        assert_eq!(plan(&draft).expect("a plan").parent, expected.map(|(name, value)| (name, value.to_owned())));
        let hidden = Media { public_url: None, ..medium(MediaKind::Image, "a.jpg") };
        let error = plan(&Draft { media: vec![hidden], ..draft }).expect_err("no address");
        assert!(error.message.contains("server.public_url"), "{}", error.message);
    }
}
