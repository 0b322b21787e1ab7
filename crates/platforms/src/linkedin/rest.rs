//! Addresses as Rest.li 2.0 wants them: in ids and values everything but letters, digits and `-_.~`
//! is escaped, while the brackets, colons and commas around them are not.

use reqwest::header::HeaderName;
use rookery_kernel::Date;
use serde_json::Value;
use url::Url;

use crate::error::CallError;

pub(super) const VERSION_HEADER: HeaderName = HeaderName::from_static("linkedin-version");
pub(super) const PROTOCOL_HEADER: HeaderName = HeaderName::from_static("x-restli-protocol-version");
pub(super) const PROTOCOL: &str = "2.0.0";

/// Finders and partial updates say so: only then the query is read as Rest.li's.
pub(super) const METHOD_HEADER: HeaderName = HeaderName::from_static("x-restli-method");

/// The header with the id of what was created.
pub(super) const ID_HEADER: &str = "x-restli-id";

const HEX: &[u8; 16] = b"0123456789ABCDEF";

/// Escapes a value.
pub(super) fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len() + 16);
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend([byte >> 4, byte & 15].map(|half| char::from(HEX[usize::from(half)])));
        }
    }
    out
}

/// `List(a,b)` of escaped values.
pub(super) fn list<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let values: Vec<String> = values.map(escaped).collect();
    format!("List({})", values.join(","))
}

/// `(day:1,month:2,year:2026)`.
pub(super) fn date(date: Date) -> String {
    let date = date.to_jiff();
    format!("(day:{},month:{},year:{})", date.day(), date.month(), date.year())
}

/// `(start:…,end:…)` of days; the end is not part of it.
pub(super) fn date_range(from: Date, to: Date) -> String {
    format!("(start:{},end:{})", date(from), date(to.plus_days(1)))
}

/// `(timeRange:(start:…,end:…),timeGranularityType:DAY)` in milliseconds.
pub(super) fn daily(from: Date, to: Date) -> String {
    let millis = |date: Date| date.start_utc().as_millis();
    format!("(timeRange:(start:{},end:{}),timeGranularityType:DAY)", millis(from), millis(to.plus_days(1)))
}

/// `base/path?query`, both written already.
pub(super) fn address(base: &Url, path: &str, query: &[(&str, &str)]) -> Result<Url, CallError> {
    let mut text = format!("{}/{path}", base.as_str().trim_end_matches('/'));
    for (n, (name, value)) in query.iter().enumerate() {
        text.push(if n == 0 { '?' } else { '&' });
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
    text.parse().map_err(|_| CallError::not_sent("this is no address of LinkedIn's API"))
}

/// Pages for people and the consent stand on another host than the API: beside a local server, `<base>-www`.
pub(super) fn site(base: &Url) -> Url {
    if base.host_str() == Some("api.linkedin.com") {
        return "https://www.linkedin.com/".parse().expect("an address");
    }
    let mut url = base.clone();
    url.set_path(&format!("{}-www", base.path().trim_end_matches('/')));
    url
}

/// Whether files may be sent to an address that the network named: its own hosts only.
pub(super) fn takes_files(base: &Url, upload: &Url) -> bool {
    if upload.host() == base.host() && upload.port_or_known_default() == base.port_or_known_default() {
        return upload.scheme() == base.scheme();
    }
    let is_real = base.host_str() == Some("api.linkedin.com");
    is_real && upload.scheme() == "https" && upload.host_str().is_some_and(|h| h.ends_with(".linkedin.com"))
}

/// The elements of an answer; `None` if there is no list in it.
pub(super) fn elements(body: &Value) -> Option<&[Value]> {
    body.get("elements").and_then(Value::as_array).map(Vec::as_slice)
}

/// Where the next page begins: as the link says, else behind this page if the total says that there is more.
pub(super) fn next_start(body: &Value) -> Option<u64> {
    let paging = body.get("paging")?;
    let number = |name: &str| paging.get(name).and_then(Value::as_u64);
    let links = paging.get("links").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let next = links.iter().find(|l| l.get("rel").and_then(Value::as_str) == Some("next"));
    if let Some(href) = next.and_then(|l| l.get("href")).and_then(Value::as_str) {
        // The link itself is not followed, so it cannot lead our token to another host.
        let query = href.split_once('?').map_or("", |(_, query)| query);
        let start = query.split('&').find_map(|pair| pair.strip_prefix("start="));
        return start.and_then(|s| s.parse().ok());
    }
    let (start, count) = (number("start").unwrap_or(0), number("count").unwrap_or(0));
    (count > 0 && number("total").is_some_and(|total| total > start + count)).then_some(start + count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_escaped_and_structure_is_not() {
        let base: Url = "http://127.0.0.1:1/linkedin/".parse().expect("an address");
        let path = format!("rest/posts/{}", escaped("urn:li:share:1"));
        let ids = list(["urn:li:share:1", "urn:li:comment:(urn:li:share:1,2)"].into_iter());
        let url = address(&base, &path, &[("q", "author"), ("ids", &ids)]).expect("an address");
        assert_eq!(
            url.as_str(),
            "http://127.0.0.1:1/linkedin/rest/posts/urn%3Ali%3Ashare%3A1?q=author\
             &ids=List(urn%3Ali%3Ashare%3A1,urn%3Ali%3Acomment%3A%28urn%3Ali%3Ashare%3A1%2C2%29)"
        );
    }

    #[test]
    fn days_become_ranges_whose_end_is_the_next_day() {
        let day: Date = "2026-03-01".parse().expect("a date");
        assert_eq!(date_range(day, day), "(start:(day:1,month:3,year:2026),end:(day:2,month:3,year:2026))");
        assert_eq!(daily(day, day), "(timeRange:(start:1772323200000,end:1772409600000),timeGranularityType:DAY)");
    }

    #[test]
    fn files_go_to_the_networks_hosts_only() {
        let is_good = |base: &str, upload: &str| {
            takes_files(&base.parse().expect("an address"), &upload.parse().expect("an address"))
        };
        assert!(is_good("https://api.linkedin.com/", "https://www.linkedin.com/dms-uploads/x?y"));
        assert!(!is_good("https://api.linkedin.com/", "http://www.linkedin.com/dms-uploads/x"));
        assert!(!is_good("https://api.linkedin.com/", "https://linkedin.com.evil.example/x"));
        assert!(is_good("http://127.0.0.1:1/linkedin", "http://127.0.0.1:1/linkedin-upload/x"));
        assert!(!is_good("http://127.0.0.1:1/linkedin", "http://127.0.0.1:2/linkedin-upload/x"));
        assert!(!is_good("http://127.0.0.1:1/linkedin", "https://www.linkedin.com/x"));
    }

    #[test]
    fn pages_follow_by_link_or_by_total() {
        let with = |paging: Value| next_start(&json!({ "paging": paging }));
        assert_eq!(with(json!({"start": 0, "count": 10, "total": 11})), Some(10));
        assert_eq!(with(json!({"start": 10, "count": 10, "total": 11})), None);
        assert_eq!(
            with(json!({"links": [{"rel": "next", "href": "/rest/posts?q=author&start=12&count=9"}]})),
            Some(12)
        );
        assert_eq!(with(json!({"start": 0, "count": 10, "links": []})), None);
    }
}
