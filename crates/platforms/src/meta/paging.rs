//! Listings by cursor. The link in `paging.next` is never followed: its place is read out of it and a
//! request of our own is made, so a foreign host in it leads nowhere.

use rookery_kernel::Timestamp;
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::connector::{circle, page_size};
use crate::error::CallError;
use crate::http::Request;

/// Parameters that belong to a place in a listing. Everything else in a `next` link is ours, or
/// a token that must not travel.
const PAGING: [&str; 7] = ["after", "before", "since", "until", "offset", "__paging_token", "limit"];

/// Most items of a page.
const PAGE_MAX: usize = 100;

/// The request for the page at this cursor; without one for the first page. A cursor says how large its page is, unless a
/// smaller one is wanted.
pub(crate) fn at(mut request: Request, cursor: Option<&str>, since: Timestamp, items_max: Option<usize>) -> Request {
    let limit = ("limit".to_owned(), page_size(items_max, PAGE_MAX).to_string());
    let mut place: Vec<(String, String)> = match cursor {
        None => vec![limit.clone()],
        Some(cursor) => form_urlencoded::parse(cursor.as_bytes()).into_owned().collect(),
    };
    if items_max.is_some() {
        place.retain(|(name, _)| name != "limit");
        place.push(limit);
    }
    if place.iter().all(|(name, _)| name != "since") {
        request = request.with("since", since.as_secs().to_string());
    }
    for (name, value) in place {
        request = request.with(&name, value);
    }
    request
}

/// The cursor of the next page. Only a missing `next` ends the listing: an empty page can have one.
///
/// # Errors
/// `Unknown` if the next page is this one.
pub(crate) fn next(body: &Value, cursor: Option<&str>) -> Result<Option<String>, CallError> {
    let Some(link) = body.pointer("/paging/next").and_then(Value::as_str) else { return Ok(None) };
    match place_of(link) {
        Some(next) if cursor != Some(next.as_str()) => Ok(Some(next)),
        _ => Err(circle()),
    }
}

/// The place that a `next` link stands for.
fn place_of(link: &str) -> Option<String> {
    let url: Url = link.parse().ok()?;
    let mut place = form_urlencoded::Serializer::new(String::new());
    place.extend_pairs(url.query_pairs().filter(|(name, _)| PAGING.contains(&name.as_ref())));
    let place = place.finish();
    (!place.is_empty()).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_next_link_gives_its_place_and_nothing_else() {
        let link = "https://evil.example/v1/9/published_posts?access_token=EAA&after=QVFI%3D&limit=25&fields=id";
        assert_eq!(place_of(link).as_deref(), Some("after=QVFI%3D&limit=25"));
        assert_eq!(place_of("no link"), None);
    }
}
