//! The calendar as iCalendar (RFC 5545): times in UTC, so that no zone has to be described. Pure.

use std::fmt::Write as _;

use rookery_kernel::Timestamp;
use rookery_publishing::{CalendarEntry, PublicationStatus};

/// Longest line in bytes without its end (RFC 5545, §3.1).
const LINE_MAX: usize = 75;

/// What an event says besides its entry.
pub(super) struct Around<'a> {
    /// The name of the calendar.
    pub name: &'a str,
    /// The address of the installation, without a slash at its end.
    pub base: &'a str,
}

/// The calendar file. `account` names the account of an entry.
pub(super) fn calendar(
    around: &Around<'_>,
    entries: &[CalendarEntry],
    account: impl Fn(&CalendarEntry) -> String,
) -> String {
    let mut file = String::new();
    for line in
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Rookery//Calendar//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    {
        put(&mut file, line);
    }
    put(&mut file, &format!("X-WR-CALNAME:{}", escaped(around.name)));
    // How often a program should ask (RFC 7986, §5.7).
    put(&mut file, "REFRESH-INTERVAL;VALUE=DURATION:PT1H");
    put(&mut file, "X-PUBLISHED-TTL:PT1H");
    for entry in entries {
        event(&mut file, around, entry, &account(entry));
    }
    put(&mut file, "END:VCALENDAR");
    file
}

fn event(file: &mut String, around: &Around<'_>, entry: &CalendarEntry, account: &str) {
    let (mark, status, words) = match entry.status {
        _ if entry.is_late => ("! ", "TENTATIVE", "late"),
        PublicationStatus::Published => ("✓ ", "CONFIRMED", "published"),
        PublicationStatus::Failed => ("! ", "CANCELLED", "failed"),
        PublicationStatus::Cancelled => ("", "CANCELLED", "called off"),
        PublicationStatus::Publishing | PublicationStatus::Retrying => ("", "TENTATIVE", "on its way"),
        PublicationStatus::Draft | PublicationStatus::Scheduled => ("", "TENTATIVE", "planned"),
    };
    let network = entry.platform.name();
    let address = format!("{}/publications/{}", around.base, entry.publication_id);
    put(file, "BEGIN:VEVENT");
    put(file, &format!("UID:{}@rookery", entry.publication_id));
    put(file, &format!("DTSTAMP:{}", instant(entry.updated_at)));
    put(file, &format!("LAST-MODIFIED:{}", instant(entry.updated_at)));
    put(file, &format!("DTSTART:{}", instant(entry.at)));
    put(file, "DURATION:PT15M");
    put(file, &format!("SUMMARY:{mark}{} · {}", escaped(&entry.excerpt), escaped(network)));
    put(file, &format!("DESCRIPTION:{}", escaped(&format!("{words}\n{account} on {network}\n{address}"))));
    put(file, &format!("URL:{address}"));
    put(file, &format!("STATUS:{status}"));
    put(file, "TRANSP:TRANSPARENT");
    if !entry.labels.is_empty() {
        let labels: Vec<_> = entry.labels.iter().map(|label| escaped(label)).collect();
        put(file, &format!("CATEGORIES:{}", labels.join(",")));
    }
    put(file, "END:VEVENT");
}

/// `20260302T090000Z`.
fn instant(at: Timestamp) -> String {
    at.to_jiff().strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A text value (RFC 5545, §3.3.11). Other control characters are not allowed and left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// A line with its end, folded where it is longer than 75 bytes and never inside a character.
fn put(file: &mut String, line: &str) {
    let mut length = 0;
    for c in line.chars() {
        if length + c.len_utf8() > LINE_MAX {
            file.push_str("\r\n ");
            length = 1;
        }
        let _ = file.write_char(c);
        length += c.len_utf8();
    }
    file.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fold_at_75_bytes_between_characters() {
        let mut file = String::new();
        put(&mut file, &format!("SUMMARY:{}", "ü🐦".repeat(40)));
        for line in file.split("\r\n") {
            assert!(line.len() <= LINE_MAX, "{} bytes", line.len());
        }
        assert_eq!(file.replace("\r\n ", ""), format!("SUMMARY:{}\r\n", "ü🐦".repeat(40)));
    }

    #[test]
    fn text_is_escaped_and_control_characters_are_gone() {
        assert_eq!(escaped("a\\b; c, d\r\ne\u{7}"), "a\\\\b\\; c\\, d\\ne");
    }
}
