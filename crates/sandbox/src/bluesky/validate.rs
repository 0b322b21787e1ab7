//! What a server checks about a record of a post (lexicons `app.bsky.feed.post`, `app.bsky.embed.*`,
//! `app.bsky.richtext.facet`).

use rookery_kernel::Timestamp;
use serde_json::Value;
use unicode_segmentation::UnicodeSegmentation as _;

use super::error::XrpcError;
use super::{POSTS, blobs};
use crate::media::MediaItem;
use crate::world::{Account, World};

const IMAGE_MAX: u64 = 2_000_000;
const VIDEO_MAX: u64 = 100_000_000;

fn wrong(what: &str) -> XrpcError {
    XrpcError::invalid(format!("Invalid {POSTS} record: {what}"))
}

fn text<'a>(value: &'a Value, pointer: &str) -> Result<&'a str, XrpcError> {
    let found =
        value.pointer(pointer).ok_or_else(|| wrong(&format!("Record must have the property \"{}\"", &pointer[1..])))?;
    found.as_str().ok_or_else(|| wrong(&format!("Record{pointer} must be a string")))
}

/// The media of a record, if everything in it is right.
pub(super) fn record(
    world: &World,
    account: &Account,
    record: &Value,
    now: Timestamp,
) -> Result<Vec<MediaItem>, XrpcError> {
    if text(record, "/$type")? != POSTS {
        return Err(wrong(&format!("expected $type {POSTS}")));
    }
    let words = text(record, "/text")?;
    if words.len() > 3000 {
        return Err(wrong("Record/text must not be longer than 3000 characters"));
    }
    if words.graphemes(true).count() > 300 {
        return Err(wrong("Record/text must not be longer than 300 graphemes"));
    }
    if text(record, "/createdAt")?.parse::<Timestamp>().is_err() {
        return Err(wrong("Record/createdAt must be an valid atproto datetime (both RFC-3339 and ISO-8601)"));
    }
    if record.get("langs").is_some_and(|l| l.as_array().is_none_or(|l| l.len() > 3 || !l.iter().all(Value::is_string)))
    {
        return Err(wrong("Record/langs must not have more than 3 elements"));
    }
    for facet in list(record, "facets")? {
        facet_is_sound(facet, words)?;
    }
    if let Some(reply) = record.get("reply") {
        for (place, field) in [("root", "uri"), ("root", "cid"), ("parent", "uri"), ("parent", "cid")] {
            text(reply, &format!("/{place}/{field}"))?;
        }
    }
    match record.get("embed") {
        Some(embed) => media(world, account, embed, now),
        None => Ok(Vec::new()),
    }
}

fn list<'a>(record: &'a Value, name: &str) -> Result<&'a [Value], XrpcError> {
    match record.get(name) {
        None => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(wrong(&format!("Record/{name} must be an array"))),
    }
}

fn facet_is_sound(facet: &Value, words: &str) -> Result<(), XrpcError> {
    let number = |pointer: &str| facet.pointer(pointer).and_then(Value::as_u64);
    let (Some(start), Some(end)) = (number("/index/byteStart"), number("/index/byteEnd")) else {
        return Err(wrong("Record/facets/0/index must have byteStart and byteEnd"));
    };
    // Servers store what does not fit and clients ignore it; here it would hide a mistake.
    let is_place = |at: u64| usize::try_from(at).is_ok_and(|at| words.is_char_boundary(at));
    if start >= end || !is_place(start) || !is_place(end) {
        return Err(wrong("Record/facets/0/index lies outside the text"));
    }
    for feature in list(facet, "features")? {
        match text(feature, "/$type")? {
            "app.bsky.richtext.facet#link" => text(feature, "/uri")?,
            "app.bsky.richtext.facet#mention" => text(feature, "/did")?,
            "app.bsky.richtext.facet#tag" => text(feature, "/tag")?,
            _ => "",
        };
    }
    Ok(())
}

fn media(world: &World, account: &Account, embed: &Value, now: Timestamp) -> Result<Vec<MediaItem>, XrpcError> {
    match text(embed, "/$type")? {
        "app.bsky.embed.images" => {
            let images = list(embed, "images")?;
            if images.is_empty() || images.len() > 4 {
                return Err(wrong("Record/embed/images must not have more than 4 elements"));
            }
            let one = |image: &Value| {
                let alt = text(image, "/alt")?;
                let item = blob(world, account, image.get("image"), "image/", IMAGE_MAX, now)?;
                Ok(MediaItem { alt: Some(alt.to_owned()).filter(|a| !a.is_empty()), ..item })
            };
            images.iter().map(one).collect()
        }
        "app.bsky.embed.video" => {
            let item = blob(world, account, embed.get("video"), "video/mp4", VIDEO_MAX, now)?;
            let alt = embed.get("alt").and_then(Value::as_str).map(ToOwned::to_owned);
            Ok(vec![MediaItem { alt, ..item }])
        }
        "app.bsky.embed.external" => {
            for part in ["/external/uri", "/external/title", "/external/description"] {
                text(embed, part)?;
            }
            Ok(Vec::new())
        }
        "app.bsky.embed.record" => {
            text(embed, "/record/uri")?;
            text(embed, "/record/cid")?;
            Ok(Vec::new())
        }
        other => Err(wrong(&format!("{other} is not simulated"))),
    }
}

fn blob(
    world: &World,
    account: &Account,
    named: Option<&Value>,
    kind: &str,
    max: u64,
    now: Timestamp,
) -> Result<MediaItem, XrpcError> {
    let cid = named.and_then(|b| b.pointer("/ref/$link")).and_then(Value::as_str);
    let (Some(named), Some(cid)) = (named, cid) else { return Err(wrong("Record/embed should be a blob ref")) };
    let missing = || XrpcError::new(400, "BlobNotFound", format!("Could not find blob: {cid}"));
    let (stored, item) = blobs::find(world, account, cid, now).ok_or_else(missing)?;
    if stored["mimeType"] != named["mimeType"] {
        let message = format!("Mimetype did not match. Expected {}, got {}", stored["mimeType"], named["mimeType"]);
        return Err(XrpcError::new(400, "InvalidMimeType", message));
    }
    if stored["size"] != named["size"] {
        return Err(XrpcError::new(400, "InvalidSize", "Size did not match"));
    }
    let item = item.filter(|item| item.mime.starts_with(kind));
    let item = item.ok_or_else(|| {
        XrpcError::new(
            400,
            "InvalidMimeType",
            format!("Wrong mimetype of file. It is {}, must match {kind}*", stored["mimeType"]),
        )
    })?;
    if item.bytes > max {
        let message = format!("This file is too large. It is {} but the maximum size is {max}", item.bytes);
        return Err(XrpcError::new(400, "BlobTooLarge", message));
    }
    Ok(item)
}
