//! What a draft becomes at the network, and how a post in doubt is found.

use serde_json::Value;

use super::{Instagram, caller, rules};
use crate::error::CallError;
use crate::meta::containers::{Containers, Form, Plan, State, Wanted, Words, find};
use crate::types::{Access, Draft, DraftKind, Found, Media, MediaKind, Search};

const WORDS: Words = Words { create: "media", publish: "media_publish", state: "status_code", reason: "status" };

const FIELDS: &str = "id,caption,timestamp,permalink,media_type,children{id}";
const STORY_FIELDS: &str = "id,timestamp,permalink,media_type";

/// Options of a reel and of every post that go to the network as they are.
const REEL_OPTIONS: [&str; 4] = ["cover_url", "thumb_offset", "audio_name", "trial_params"];
const OPTIONS: [&str; 3] = ["location_id", "collaborators", "user_tags"];

/// The containers of a draft.
///
/// # Errors
/// [`CallError`], not sent: there is no medium, or it has no public address.
pub(super) fn plan(draft: &Draft) -> Result<Plan, CallError> {
    let mut children = Vec::new();
    let caption = rules::caption(draft);
    let mut parent: Form = match (draft.kind, draft.media.as_slice()) {
        (_, []) => return Err(CallError::not_sent("Instagram publishes nothing without a picture or a video")),
        (DraftKind::Story, [only]) => {
            let mut form = vec![("media_type", "STORIES".to_owned())];
            form.push(address(only)?);
            form
        }
        (_, [only]) if only.kind == MediaKind::Video => reel(draft, only)?,
        (_, [only]) => picture(only)?,
        (_, several) => {
            for medium in several {
                let mut child = match medium.kind {
                    MediaKind::Video => vec![("media_type", "VIDEO".to_owned()), address(medium)?],
                    MediaKind::Image | MediaKind::Gif => picture(medium)?,
                };
                child.push(("is_carousel_item", "true".to_owned()));
                children.push(child);
            }
            vec![("media_type", "CAROUSEL".to_owned())]
        }
    };
    if draft.kind != DraftKind::Story {
        if !caption.is_empty() {
            parent.push(("caption", caption));
        }
        options(&mut parent, draft, &OPTIONS);
    }
    Ok(Plan { children, parent })
}

fn address(medium: &Media) -> Result<(&'static str, String), CallError> {
    let name = if medium.kind == MediaKind::Video { "video_url" } else { "image_url" };
    Ok((name, medium.public_url()?.to_string()))
}

fn picture(medium: &Media) -> Result<Form, CallError> {
    let mut form = vec![address(medium)?];
    if let Some(alt) = &medium.alt_text {
        form.push(("alt_text", alt.clone()));
    }
    Ok(form)
}

/// Every single video is a reel; as an ordinary post it is shown in the feed too.
fn reel(draft: &Draft, medium: &Media) -> Result<Form, CallError> {
    let in_feed = draft.option("share_to_feed").and_then(Value::as_bool).unwrap_or(true);
    let mut form = vec![("media_type", "REELS".to_owned()), address(medium)?, ("share_to_feed", in_feed.to_string())];
    options(&mut form, draft, &REEL_OPTIONS);
    Ok(form)
}

fn options(form: &mut Form, draft: &Draft, names: &[&'static str]) {
    for name in names {
        match draft.option(name) {
            Some(Value::String(text)) => form.push((name, text.clone())),
            Some(other) => form.push((name, other.to_string())),
            None => {}
        }
    }
}

impl Instagram {
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
        let caption = rules::caption(draft);
        let is_story = draft.kind == DraftKind::Story;
        let wanted = Wanted {
            text: (!is_story).then_some(("caption", &caption)),
            media: draft.media.len(),
            answers: None,
            username: None,
            since: search.since,
        };
        let (edge, fields) = if is_story { ("stories", STORY_FIELDS) } else { ("media", FIELDS) };
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
    use bytes::Bytes;
    use serde_json::json;

    fn medium(kind: MediaKind, name: &str) -> Media {
        let public_url = format!("https://rookery.example/m/{name}").parse().ok();
        Media { public_url, alt_text: Some("Bread".into()), ..Media::of_bytes(kind, "image/jpeg", name, Bytes::new()) }
    }

    fn parent(draft: &Draft) -> Vec<(&'static str, String)> {
        plan(draft).expect("a plan").parent
    }

    fn own(pairs: &[(&'static str, &str)]) -> Form {
        pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    }

    #[test]
    fn each_kind_of_post_has_its_container() {
        let (image, video) = (medium(MediaKind::Image, "a.jpg"), medium(MediaKind::Video, "b.mp4"));
        let draft = |kind, media| Draft { text: "Fresh".into(), kind, media, ..Draft::default() };
        let (a, b) = ("https://rookery.example/m/a.jpg", "https://rookery.example/m/b.mp4");
        assert_eq!(
            parent(&draft(DraftKind::Post, vec![image.clone()])),
            own(&[("image_url", a), ("alt_text", "Bread"), ("caption", "Fresh")])
        );
        assert_eq!(
            parent(&draft(DraftKind::Story, vec![video.clone()])),
            own(&[("media_type", "STORIES"), ("video_url", b)])
        );
        let reel = Draft {
            options: json!({"share_to_feed": false, "thumb_offset": 1500}),
            ..draft(DraftKind::Reel, vec![video.clone()])
        };
        let expected = [
            ("media_type", "REELS"),
            ("video_url", b),
            ("share_to_feed", "false"),
            ("thumb_offset", "1500"),
            ("caption", "Fresh"),
        ];
        assert_eq!(parent(&reel), own(&expected));
        let carousel = plan(&draft(DraftKind::Carousel, vec![image, video])).expect("a plan");
        assert_eq!(carousel.parent, own(&[("media_type", "CAROUSEL"), ("caption", "Fresh")]));
        assert_eq!(
            carousel.children[1],
            own(&[("media_type", "VIDEO"), ("video_url", b), ("is_carousel_item", "true")])
        );
        assert!(plan(&Draft::of_text("k", "Fresh")).is_err());
    }
}
