//! Small things that Google writes in its own way.

use rookery_kernel::Timestamp;
use serde_json::Value;
use url::Url;

use super::hosts::{Host, host};
use crate::http::endpoint;

/// Video ids have 11 characters; those of comments are longer.
pub(super) fn is_video_id(id: &str) -> bool {
    id.len() == 11
}

pub(super) fn time(value: Option<&Value>) -> Option<Timestamp> {
    value?.as_str()?.parse().ok()
}

/// Milliseconds of a length such as `PT1H2M3S` or `P1DT2H`.
pub(super) fn duration_ms(text: &str) -> Option<i64> {
    let mut total: i64 = 0;
    let mut number = String::new();
    for c in text.strip_prefix('P')?.chars() {
        let seconds = match c {
            '0'..='9' => {
                number.push(c);
                continue;
            }
            'T' => continue,
            'D' => 86_400,
            'H' => 3600,
            'M' => 60,
            'S' => 1,
            _ => return None,
        };
        let n: i64 = std::mem::take(&mut number).parse().ok()?;
        total = total.checked_add(n.checked_mul(seconds)?)?;
    }
    total.checked_mul(1000)
}

/// The page of a video.
pub(super) fn video_page(base: &Url, id: &str) -> Option<String> {
    let mut url = endpoint(&host(base, Host::Www), &["watch"]).ok()?;
    url.query_pairs_mut().append_pair("v", id);
    Some(url.into())
}

/// The page of a video, at a comment.
pub(super) fn comment_page(base: &Url, video: &str, comment: &str) -> Option<String> {
    let mut url: Url = video_page(base, video)?.parse().ok()?;
    url.query_pairs_mut().append_pair("lc", comment);
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read() {
        for (text, ms) in [
            ("PT1H2M3S", Some(3_723_000)),
            ("PT59S", Some(59_000)),
            ("P1DT1M", Some(86_460_000)),
            ("P0D", Some(0)), // a live broadcast that has not ended
            ("1:00", None),
            ("PTM", None),
            ("PT99999999999999999999H", None),
        ] {
            assert_eq!(duration_ms(text), ms, "{text}");
        }
    }
}
