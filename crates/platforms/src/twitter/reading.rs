//! A post as X returns it, and the text as it was written.

use rookery_kernel::Timestamp;
use serde_json::Value;

use crate::text::{comparable, to_plain};

/// Milliseconds at which ids begin: 2010-11-04T01:42:54.657Z.
const EPOCH_MS: i64 = 1_288_834_974_657;

/// Bits of an id below its time.
const TIME_SHIFT: u32 = 22;

/// When a post was made, by its id.
pub(super) fn time_of_id(id: &str) -> Option<Timestamp> {
    let id: i64 = id.parse().ok()?;
    Some(Timestamp::from_secs(((id >> TIME_SHIFT) + EPOCH_MS) / 1000))
}

pub(super) fn created_at(post: &Value) -> Option<Timestamp> {
    post.get("created_at")?.as_str()?.parse().ok()
}

/// The text as people read it: addresses instead of the short ones that X puts in their place, no
/// address of the media at the end, no entities.
pub(super) fn text(post: &Value) -> String {
    // A long post has its whole text elsewhere.
    let place = post.get("note_tweet").filter(|n| n.get("text").is_some()).unwrap_or(post);
    let mut text = place.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
    let urls = place.pointer("/entities/urls").or_else(|| post.pointer("/entities/urls")).and_then(Value::as_array);
    for url in urls.into_iter().flatten() {
        let value = |name: &str| url.get(name).and_then(Value::as_str);
        let Some(short) = value("url") else { continue };
        let long = if url.get("media_key").is_some() { "" } else { value("expanded_url").unwrap_or(short) };
        text = text.replace(short, long);
    }
    to_plain(&text).trim().to_owned()
}

/// The form in which two texts are compared. X gives an address without a scheme one, and may add a
/// slash behind the host.
pub(super) fn same_form(text: &str) -> String {
    let bare = |word: &str| {
        let word = word.replace("https://", "").replace("http://", "");
        word.trim_end_matches('/').to_owned()
    };
    comparable(text).split(' ').map(bare).collect::<Vec<_>>().join(" ")
}

/// The post that this one answers.
pub(super) fn replied_to(post: &Value) -> Option<&str> {
    let others = post.get("referenced_tweets").and_then(Value::as_array)?;
    let answered = others.iter().find(|t| t.get("type").and_then(Value::as_str) == Some("replied_to"))?;
    answered.get("id").and_then(Value::as_str)
}

/// How many pictures and videos it has.
pub(super) fn media_keys(post: &Value) -> Vec<&str> {
    let keys = post.pointer("/attachments/media_keys").and_then(Value::as_array);
    keys.into_iter().flatten().filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_tell_their_time() {
        let at = time_of_id("1212092628029698048").expect("a time");
        assert_eq!(at.to_string(), "2019-12-31T19:26:16Z");
        assert_eq!(time_of_id("none"), None);
    }

    #[test]
    fn a_text_reads_as_it_was_written() {
        let post = json!({
            "text": "Tom &amp; Ann: https://t.co/a, https://t.co/b https://t.co/m",
            "entities": { "urls": [
                { "url": "https://t.co/a", "expanded_url": "https://a.example/long?x=1" },
                { "url": "https://t.co/b", "expanded_url": "http://b.example" },
                { "url": "https://t.co/m", "expanded_url": "https://x.com/i/1/photo/1", "media_key": "3_1" },
            ] }
        });
        assert_eq!(text(&post), "Tom & Ann: https://a.example/long?x=1, http://b.example");
        assert_eq!(same_form(&text(&post)), same_form("Tom & Ann:  https://a.example/long?x=1, b.example/"));
        let long = json!({ "text": "cut…", "note_tweet": { "text": "the whole &lt;text&gt;" } });
        assert_eq!(text(&long), "the whole <text>");
    }
}
