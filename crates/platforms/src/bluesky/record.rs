//! The record that a draft becomes: text with facets, embed, place in a conversation.

use rookery_kernel::Timestamp;
use serde_json::{Map, Value, json};

use super::facets::{self, Part};
use super::publish::AtUri;
use super::{Bluesky, POSTS, method};
use crate::error::{CallError, ErrorType};
use crate::http::Request;
use crate::types::{Access, Draft, Media, MediaKind};

/// Limits of the lexicons `app.bsky.feed.post` and `app.bsky.embed.*`, checked 2026-10.
const IMAGES_MAX: usize = 4;
const IMAGE_BYTES_MAX: u64 = 2_000_000;
const VIDEO_BYTES_MAX: u64 = 100_000_000;
const VIDEO_SECONDS_MAX: u64 = 180;
const LANGUAGES_MAX: usize = 3;

/// A link stands in a card of its own; beside media there is no room for one, so it goes into the text.
pub(super) fn text(draft: &Draft) -> String {
    let text = if draft.media.is_empty() { draft.text.clone() } else { draft.text_with_link() };
    // The network's line ends; facets count bytes of what is sent.
    text.replace("\r\n", "\n")
}

/// What the network would say about a draft. Length and counting are in the rule book.
pub(super) fn objections(draft: &Draft) -> Vec<String> {
    let text = text(draft);
    let mut found = Vec::new();
    let mut object = |is_so: bool, message: String| {
        if is_so {
            found.push(message);
        }
    };
    let is_empty = text.trim().is_empty() && draft.media.is_empty() && draft.link.is_none();
    object(is_empty, "Bluesky needs a text, a link or a medium".to_owned());
    let videos = draft.media.iter().filter(|m| m.kind == MediaKind::Video).count();
    object(videos > 0 && draft.media.len() > 1, "Bluesky takes one video alone, or up to 4 images".to_owned());
    object(
        videos == 0 && draft.media.len() > IMAGES_MAX,
        format!("Bluesky takes {IMAGES_MAX} images, these are {}", draft.media.len()),
    );
    found.extend(draft.media.iter().filter_map(about_medium));
    let kind = draft.kind.label();
    if matches!(kind, "story" | "reel" | "short") {
        found.push(format!("Bluesky takes no {kind}"));
    }
    found
}

fn about_medium(medium: &Media) -> Option<String> {
    let (name, size) = (&medium.file_name, medium.size);
    let is_long = medium.duration_ms.is_some_and(|ms| ms > VIDEO_SECONDS_MAX * 1000);
    match medium.kind {
        MediaKind::Video if size > VIDEO_BYTES_MAX => {
            Some(format!("{name} has {size} bytes; a video may have {VIDEO_BYTES_MAX}"))
        }
        MediaKind::Video if is_long => Some(format!("{name} is longer than {VIDEO_SECONDS_MAX} seconds")),
        MediaKind::Video if medium.mime_type != "video/mp4" => {
            Some(format!("{name} is {}; Bluesky takes MP4", medium.mime_type))
        }
        MediaKind::Image | MediaKind::Gif if size > IMAGE_BYTES_MAX => {
            Some(format!("{name} has {size} bytes; an image may have {IMAGE_BYTES_MAX}"))
        }
        _ => None,
    }
}

impl Bluesky {
    /// The whole record. `blobs` stand for the media, in order.
    pub(super) async fn record(
        &self,
        access: &Access,
        draft: &Draft,
        blobs: &[Value],
        created_at: Timestamp,
    ) -> Result<Value, CallError> {
        let text = text(draft);
        let mut record = Map::new();
        record.insert("$type".into(), POSTS.into());
        record.insert("createdAt".into(), time(created_at).into());
        let facets = self.facets(access, &text).await?;
        if !facets.is_empty() {
            record.insert("facets".into(), facets.into());
        }
        if let Some(embed) = embed(draft, blobs) {
            record.insert("embed".into(), embed);
        }
        if let Some(reply) = &draft.reply_to {
            record.insert("reply".into(), self.reply(access, &reply.external_id, &reply.root_id).await?);
        }
        if let Some(languages) = draft.option("languages").and_then(Value::as_array) {
            record.insert("langs".into(), languages.iter().take(LANGUAGES_MAX).cloned().collect());
        }
        record.insert("text".into(), text.into());
        Ok(Value::Object(record))
    }

    async fn facets(&self, access: &Access, text: &str) -> Result<Vec<Value>, CallError> {
        let mut all = Vec::new();
        for (range, part) in facets::parts(text) {
            let did = match &part {
                Part::Mention(handle) => self.whose(access, handle).await?,
                Part::Link(_) | Part::Tag(_) => None,
            };
            all.extend(facets::facet(&range, &part, did.as_deref()));
        }
        Ok(all)
    }

    /// Whose handle it is; `None` if nobody answers to it, and then it is plain text.
    async fn whose(&self, access: &Access, handle: &str) -> Result<Option<String>, CallError> {
        let url = method(&access.base_url, "com.atproto.identity.resolveHandle")?;
        match self.call(Request::get(url).with("handle", handle), access).await {
            Ok(answer) => {
                let body = answer.json().unwrap_or_default();
                Ok(body.get("did").and_then(Value::as_str).filter(|d| d.starts_with("did:")).map(ToOwned::to_owned))
            }
            Err(error) if matches!(error.kind, ErrorType::BadRequest | ErrorType::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What is answered, and what began the conversation: each with the digest of its content.
    async fn reply(&self, access: &Access, parent: &str, root: &str) -> Result<Value, CallError> {
        let (parent_ref, record) = self.strong_ref(access, parent).await?;
        // The parent knows where its conversation began.
        if let Some(known) = record.pointer("/reply/root").filter(|r| r.get("uri").is_some() && r.get("cid").is_some())
        {
            return Ok(json!({ "root": known, "parent": parent_ref }));
        }
        let root_ref = if root == parent { parent_ref.clone() } else { self.strong_ref(access, root).await?.0 };
        Ok(json!({ "root": root_ref, "parent": parent_ref }))
    }

    async fn strong_ref(&self, access: &Access, uri: &str) -> Result<(Value, Value), CallError> {
        let place: AtUri = uri.parse()?;
        let answer = self.get_record(access, &place).await?;
        let body = answer.json().unwrap_or_default();
        let cid = body.get("cid").and_then(Value::as_str).ok_or_else(|| answer.unstructured())?;
        let value = body.get("value").cloned().unwrap_or_default();
        Ok((json!({ "uri": place.to_string(), "cid": cid }), value))
    }
}

fn embed(draft: &Draft, blobs: &[Value]) -> Option<Value> {
    let media: Vec<(&Media, &Value)> = draft.media.iter().zip(blobs).collect();
    match media.as_slice() {
        [(medium, blob)] if medium.kind == MediaKind::Video => {
            let mut video = json!({ "$type": "app.bsky.embed.video", "video": blob });
            describe(&mut video, medium);
            Some(video)
        }
        [] => card(draft),
        _ => {
            let image = |(medium, blob): &(&Media, &Value)| {
                // An image without a description has an empty one: the field is required.
                let mut image = json!({ "image": blob, "alt": "" });
                describe(&mut image, medium);
                image
            };
            Some(json!({ "$type": "app.bsky.embed.images", "images": media.iter().map(image).collect::<Vec<_>>() }))
        }
    }
}

fn describe(embed: &mut Value, medium: &Media) {
    if let Some(alt) = medium.alt_text.as_deref().map(str::trim).filter(|t| !t.is_empty()) {
        embed["alt"] = json!(alt);
    }
    if let (Some(width), Some(height)) = (medium.width.filter(|n| *n > 0), medium.height.filter(|n| *n > 0)) {
        embed["aspectRatio"] = json!({ "width": width, "height": height });
    }
}

/// The card of a link. The network reads no pages: title and description are the sender's.
fn card(draft: &Draft) -> Option<Value> {
    let link = draft.link.as_deref()?;
    let own = |name: &str| draft.option(name).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty());
    let host =
        link.parse::<url::Url>().ok().and_then(|u| u.host_str().map(|h| h.trim_start_matches("www.").to_owned()));
    let title = own("link_title").or(draft.title.as_deref()).map(ToOwned::to_owned).or(host);
    Some(json!({
        "$type": "app.bsky.embed.external",
        "external": {
            "uri": link,
            "title": title.unwrap_or_default(),
            "description": own("link_description").unwrap_or_default(),
        },
    }))
}

/// With milliseconds and `Z`, as the network's own clients write it.
fn time(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn image(name: &str) -> Media {
        Media::of_bytes(MediaKind::Image, "image/png", name, Bytes::from_static(b"x"))
    }

    #[test]
    fn nothing_at_all_is_no_post() {
        assert_eq!(objections(&Draft::of_text("k", " ")).len(), 1);
        assert!(objections(&Draft::of_text("k", "a")).is_empty());
    }

    #[test]
    fn media_that_do_not_go_together_are_named() {
        let with = |media: Vec<Media>| objections(&Draft { media, ..Draft::of_text("k", "t") });
        assert!(with(vec![image("a.png"); 4]).is_empty());
        assert_eq!(with(vec![image("a.png"); 5]).len(), 1);
        let video = Media::of_bytes(MediaKind::Video, "video/mp4", "v.mp4", Bytes::from_static(b"x"));
        assert!(with(vec![video.clone()]).is_empty());
        assert_eq!(with(vec![video.clone(), image("a.png")]).len(), 1);
        let long = Media { duration_ms: Some(181_000), ..video };
        assert!(with(vec![long])[0].contains("180 seconds"));
        let large = Media { size: 2_000_001, ..image("big.png") };
        assert!(with(vec![large])[0].contains("big.png"));
    }

    #[test]
    fn a_link_is_a_card_or_stands_beside_media_in_the_text() {
        let link = Some("https://www.a.example/b".to_owned());
        let alone = Draft { link: link.clone(), ..Draft::of_text("k", "Read\r\nthis") };
        assert_eq!(text(&alone), "Read\nthis");
        let card = embed(&alone, &[]).expect("a card");
        assert_eq!(card["external"]["title"], "a.example");
        let shown = Draft { link, media: vec![image("a.png")], ..Draft::of_text("k", "Read") };
        assert_eq!(text(&shown), "Read\n\nhttps://www.a.example/b");
        let images = embed(&shown, &[json!({ "$type": "blob" })]).expect("images");
        assert_eq!(images["images"], json!([{ "image": { "$type": "blob" }, "alt": "" }]));
    }
}
