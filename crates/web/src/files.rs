//! Bytes of media on their way out: whole or in part, with the type their content has.

use std::ops::Range;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use rookery_publishing::Served;

use crate::app::App;
use crate::problem::Problem;

/// Who may keep a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Copies {
    /// Anybody on the way: the address is signed and ends.
    Shared,
    /// Only the browser that asked.
    Private,
}

/// The file, or the part that was asked for (RFC 9110, §14: one range).
pub(crate) async fn respond(
    app: &App,
    asked: &HeaderMap,
    served: &Served,
    copies: Copies,
) -> Result<Response, Problem> {
    let wanted = asked.get(header::RANGE).and_then(|v| v.to_str().ok());
    let (status, range) = match wanted.map(|text| part(text, served.size)) {
        None | Some(Asked::Whole) => (StatusCode::OK, 0..served.size),
        Some(Asked::Part(range)) => (StatusCode::PARTIAL_CONTENT, range),
        Some(Asked::Outside) => {
            let known = HeaderValue::try_from(format!("bytes */{}", served.size)).expect("digits");
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, known)]).into_response());
        }
    };
    let bytes = app.media.bytes(served, range.clone()).await?;
    let mut response = (status, Body::from_stream(bytes)).into_response();
    let headers = response.headers_mut();
    let text = |text: String| HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("inline"));
    headers.insert(header::CONTENT_TYPE, text(served.mime_type.clone()));
    headers.insert(header::CONTENT_LENGTH, (range.end - range.start).into());
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_DISPOSITION, text(format!("inline; filename=\"{}\"", served.file_name)));
    // Should a file ever be taken for a page, it can do nothing.
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    let kept = match copies {
        Copies::Shared => "public, max-age=86400",
        Copies::Private => "private, max-age=3600",
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    if status == StatusCode::PARTIAL_CONTENT {
        let place = format!("bytes {}-{}/{}", range.start, range.end - 1, served.size);
        headers.insert(header::CONTENT_RANGE, text(place));
    }
    Ok(response)
}

#[derive(Debug, PartialEq, Eq)]
enum Asked {
    Whole,
    Part(Range<u64>),
    Outside,
}

/// One range of bytes; several, or another unit, mean the whole.
fn part(text: &str, size: u64) -> Asked {
    let Some((first, last)) = text.strip_prefix("bytes=").and_then(|r| r.trim().split_once('-')) else {
        return Asked::Whole;
    };
    let range = match (first.trim().parse::<u64>(), last.trim()) {
        (Ok(first), "") => first..size,
        (Ok(first), last) => match last.parse::<u64>() {
            Ok(last) if last >= first => first..last.saturating_add(1).min(size),
            _ => return Asked::Whole,
        },
        (Err(_), last) if first.trim().is_empty() => match last.parse::<u64>() {
            Ok(last) => size.saturating_sub(last)..size,
            Err(_) => return Asked::Whole,
        },
        _ => return Asked::Whole,
    };
    if range.start >= size || range.is_empty() { Asked::Outside } else { Asked::Part(range) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_given_and_anything_else_is_the_whole() {
        for (text, expected) in [
            ("bytes=0-3", Asked::Part(0..4)),
            ("bytes=6-", Asked::Part(6..10)),
            ("bytes=-2", Asked::Part(8..10)),
            ("bytes=-20", Asked::Part(0..10)),
            ("bytes=5-100", Asked::Part(5..10)),
            ("bytes=10-", Asked::Outside),
            ("bytes=-0", Asked::Outside),
            ("bytes=3-1", Asked::Whole),
            ("bytes=0-1,4-5", Asked::Whole),
            ("lines=1-2", Asked::Whole),
            ("bytes=x-", Asked::Whole),
        ] {
            assert_eq!(part(text, 10), expected, "{text}");
        }
    }
}
