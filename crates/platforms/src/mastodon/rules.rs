//! What Mastodon says about a draft, and the options it knows. Length and counting are in the rule
//! book, sizes come from the server.

use serde_json::Value;

use crate::http::Request;
use crate::types::{Capabilities, Draft, MediaKind};

/// Who may see a status.
const VISIBILITIES: [&str; 4] = ["public", "unlisted", "private", "direct"];

/// The options of a draft: `visibility`, `sensitive`, `spoiler_text` and `language` (ISO 639).
pub(super) fn with_options(mut request: Request, draft: &Draft) -> Request {
    let text = |name: &str| draft.option(name).and_then(Value::as_str).filter(|t| !t.is_empty());
    request = request.with("visibility", text("visibility").unwrap_or("public"));
    if is_sensitive(draft) {
        request = request.with("sensitive", "true");
    }
    for name in ["spoiler_text", "language"] {
        if let Some(value) = text(name) {
            request = request.with(name, value);
        }
    }
    request
}

fn is_sensitive(draft: &Draft) -> bool {
    draft.option("sensitive").and_then(Value::as_bool) == Some(true)
}

/// The middle of a picture that is cropped, as `x,y` from -1 to 1: option `focus` has one `[x, y]`
/// or null per medium.
pub(super) fn focus(draft: &Draft, at: usize) -> Option<String> {
    let point = draft.option("focus")?.get(at)?;
    let number = |n: usize| point.get(n).and_then(Value::as_f64).map(|v| v.clamp(-1.0, 1.0));
    Some(format!("{:.2},{:.2}", number(0)?, number(1)?))
}

pub(super) fn objections(draft: &Draft, capabilities: &Capabilities) -> Vec<String> {
    let mut found = Vec::new();
    let needed = draft.needs();
    if !capabilities.publishes.contains(&needed) {
        found.push(format!("Mastodon takes no {}", needed.label()));
    }
    if draft.media.len() > 1 && draft.media.iter().any(|m| m.kind == MediaKind::Video) {
        found.push("Mastodon takes one video and nothing beside it".to_owned());
    }
    if draft.text_with_link().trim().is_empty() && draft.media.is_empty() {
        found.push("a status needs a text or media".to_owned());
    }
    if let Some(word) = draft.option("visibility").filter(|v| !v.as_str().is_some_and(|v| VISIBILITIES.contains(&v))) {
        found.push(format!("{word} is no visibility: choose {}", VISIBILITIES.join(", ")));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use serde_json::json;

    use crate::types::{Ability, Media};

    #[test]
    fn the_focus_of_each_medium_is_read_and_kept_in_bounds() {
        let draft = Draft { options: json!({"focus": [[0.25, -3], null, [1]]}), ..Draft::default() };
        assert_eq!(focus(&draft, 0).as_deref(), Some("0.25,-1.00"));
        assert_eq!([focus(&draft, 1), focus(&draft, 2), focus(&draft, 3)], [None, None, None]);
    }

    #[test]
    fn mixed_media_unknown_words_and_nothing_at_all_are_objected_to() {
        let capabilities = Capabilities { publishes: &[Ability::Text, Ability::Carousel], ..Capabilities::default() };
        let medium = |kind| Media::of_bytes(kind, "image/png", "a.png", Bytes::from_static(b"x"));
        let with = |media: Vec<Media>| Draft { media, ..Draft::of_text("k", "Hello") };
        assert!(objections(&with(vec![medium(MediaKind::Image), medium(MediaKind::Image)]), &capabilities).is_empty());
        let mixed = with(vec![medium(MediaKind::Image), medium(MediaKind::Video)]);
        assert_eq!(objections(&mixed, &capabilities), ["Mastodon takes one video and nothing beside it"]);
        let secret = Draft { options: json!({"visibility": "secret"}), ..Draft::of_text("k", "") };
        let found = objections(&secret, &capabilities);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[1].contains("unlisted"));
    }
}
