//! What an attempt came to and what follows, in words for people (PUB-31 … PUB-34). Pure.
//!
//! The words follow from phase, class and Rookery's own codes alone; what the network said stands beside them as a
//! quotation and decides nothing.

use rookery_platforms::ErrorType;
use serde_json::Value;

use crate::attempt::{Attempt, AttemptPhase, ErrorClass};
use crate::publication::{Publication, PublicationStatus};
use crate::reason::{code, sentence_of};

/// An attempt in words. Every field is a sentence or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// What happened.
    pub what: String,
    /// What follows by itself, or what a person can do.
    pub next: String,
    /// The network's own words, if it said something.
    pub said: Option<String>,
    /// More in our words, where the network said nothing: how the way to it failed.
    pub detail: Option<String>,
    /// What this attempt left at the network before the public call: names and ids, no addresses.
    pub left: Vec<String>,
}

/// What came after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// Another attempt, with this number.
    Another(i32),
    /// Another attempt comes by itself.
    More,
    /// The account is being looked at.
    Looking,
    /// It was given up.
    GivenUp,
    /// It was called off.
    CalledOff,
    /// It is out.
    Out,
    /// A worker is at it.
    Running,
}

/// What came after one of the attempts of a publication.
pub(super) fn then(publication: &Publication, attempt: &Attempt, newest: i32) -> Then {
    if attempt.attempt_no < newest {
        return Then::Another(attempt.attempt_no + 1);
    }
    match publication.status {
        PublicationStatus::Published => Then::Out,
        PublicationStatus::Failed => Then::GivenUp,
        PublicationStatus::Cancelled => Then::CalledOff,
        PublicationStatus::Publishing if publication.needs_reconciliation => Then::Looking,
        PublicationStatus::Publishing => Then::Running,
        PublicationStatus::Draft | PublicationStatus::Scheduled | PublicationStatus::Retrying => Then::More,
    }
}

/// An attempt in words.
pub(super) fn explain(attempt: &Attempt, then: Then, network: &str) -> Explained {
    let code = attempt.error_code.as_deref();
    let (said, detail) = message(attempt, network);
    Explained {
        what: what(attempt.phase, attempt.error_class, code, network),
        next: next(attempt.phase, attempt.error_class, code, then, network),
        said,
        detail,
        left: attempt.handles().map(|stored| standing(&stored.handles)).unwrap_or_default(),
    }
}

/// The network's own words, or how the way to it failed. Messages beside Rookery's own codes say the same as [`what`].
fn message(attempt: &Attempt, network: &str) -> (Option<String>, Option<String>) {
    let code = attempt.error_code.as_deref();
    let words = attempt.error_message.as_deref().map(str::trim).filter(|words| !words.is_empty());
    let Some(words) = words.filter(|_| !code.is_some_and(|c| code::OURS.contains(&c))) else { return (None, None) };
    if let Some(plain) = without_address(words, network) {
        return (None, Some(as_sentence(&plain)));
    }
    // Without an answer the code is the kind of the failure, and the words are those of our own client.
    let is_answer =
        attempt.http_status.is_some() || code.is_some_and(|c| ErrorType::ALL.iter().all(|t| t.label() != c));
    if is_answer { (Some(words.to_owned()), None) } else { (None, Some(as_sentence(words))) }
}

/// What our own client says about a call, without the method and the address of the call: those are for the log.
/// `None` if these are not its words.
fn without_address(words: &str, network: &str) -> Option<String> {
    let (method, rest) = words.split_once(' ')?;
    let (address, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let is_call = method.bytes().all(|b| b.is_ascii_uppercase()) && address.starts_with("http");
    let is_broken = address.ends_with(':');
    is_call.then(|| if is_broken { rest.to_owned() } else { format!("{network} {rest}") })
}

/// A stored message as people read it.
pub(crate) fn plain(message: &str, network: &str) -> String {
    without_address(message, network).unwrap_or_else(|| message.to_owned())
}

/// With a capital at the beginning and a stop at the end.
pub(super) fn as_sentence(words: &str) -> String {
    let text = sentence_of(words);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What happened in an attempt.
pub(crate) fn what(phase: AttemptPhase, class: Option<ErrorClass>, code: Option<&str>, network: &str) -> String {
    match phase {
        AttemptPhase::Claimed => "A worker took it. Nothing was sent yet.".to_owned(),
        AttemptPhase::Preparing => {
            format!("The text, the media and the connection to {network} are being made ready. Nothing is public yet.")
        }
        AttemptPhase::Sending => format!("It was sent to {network}, and the answer is not here yet."),
        AttemptPhase::Confirmed => format!("{network} has the post."),
        AttemptPhase::Unknown if code == Some(code::ACCEPTED) => {
            format!("{network} took the post and has not shown it yet.")
        }
        AttemptPhase::Unknown if code == Some(code::INTERRUPTED) => {
            format!("The worker ended while the post was being sent, so nobody heard what {network} answered.")
        }
        AttemptPhase::Unknown => format!("It was sent, but {network} did not say whether it took the post."),
        AttemptPhase::Failed => failed(class, code, network),
    }
}

fn failed(class: Option<ErrorClass>, code: Option<&str>, network: &str) -> String {
    match code {
        Some(code::CANCELLED) => return "It was called off before it was sent.".to_owned(),
        Some(code::RELEASED) => return "It was taken back before it was sent. This attempt does not count.".to_owned(),
        Some(code::FOUND_FIRST) => return "It was not sent: the earlier attempt had arrived after all.".to_owned(),
        Some(code::NOT_THERE) => return format!("{network} did not take it: it is not on the account."),
        Some(code::WORKER_LOST) => return "The worker ended before the post was sent.".to_owned(),
        Some(code::NOTHING_TO_ANSWER) => {
            return "What it answers is not online, so it was not sent. This attempt does not count.".to_owned();
        }
        Some(code::TOKEN_UNREADABLE) => {
            return "The account's token could not be decrypted, so nothing was sent. This attempt does not count."
                .to_owned();
        }
        _ => {}
    }
    match class {
        Some(ErrorClass::Transient) => format!("{network} could not be reached or had a problem."),
        Some(ErrorClass::RateLimited) => format!("{network} asked us to slow down. This attempt does not count."),
        Some(ErrorClass::Auth) => "The account's connection did not work. This attempt does not count.".to_owned(),
        Some(ErrorClass::Media) => format!("{network} did not accept the media."),
        Some(ErrorClass::Policy) => format!("{network} refused the content."),
        Some(ErrorClass::Permanent) => format!("{network} refused the request."),
        Some(ErrorClass::Expired) => "It was too late to send it.".to_owned(),
        Some(ErrorClass::Config) => format!("This installation cannot talk to {network}."),
        Some(ErrorClass::UnknownOutcome) => format!("Nobody could find out whether {network} took the post."),
        None => "It was given up before it was sent.".to_owned(),
    }
}

/// What follows an attempt.
pub(super) fn next(
    phase: AttemptPhase,
    class: Option<ErrorClass>,
    code: Option<&str>,
    then: Then,
    network: &str,
) -> String {
    match then {
        Then::Another(number) => format!("Attempt {number} followed."),
        Then::CalledOff => "Nothing follows: it was called off. It can be planned again.".to_owned(),
        Then::Looking => format!(
            "We look at the account after 10 seconds, 1 minute, 5 minutes and 30 minutes. Nothing is sent again before we \
             know what {network} did."
        ),
        Then::Running => match phase {
            AttemptPhase::Claimed | AttemptPhase::Preparing => "It is sent as soon as everything is ready.".to_owned(),
            _ => "If no answer comes, we look at the account before anything is sent again.".to_owned(),
        },
        Then::Out => "Nothing to do.".to_owned(),
        Then::More => more(class, code, network),
        Then::GivenUp => to_do(class, network),
    }
}

/// What happens by itself before the next attempt.
fn more(class: Option<ErrorClass>, code: Option<&str>, network: &str) -> String {
    match (code, class) {
        (Some(code::NOTHING_TO_ANSWER), _) => "It goes out when what it answers is online.".to_owned(),
        (_, Some(ErrorClass::RateLimited)) => format!("It is tried again when {network} allows it."),
        (_, Some(ErrorClass::Auth)) => {
            "Reconnect the account and it goes out by itself. We look again every 15 minutes.".to_owned()
        }
        (_, Some(ErrorClass::Media)) => "The media are prepared anew and it is tried once more by itself.".to_owned(),
        (_, None) => "It goes out by itself as soon as nothing holds it.".to_owned(),
        _ => "It is tried again by itself.".to_owned(),
    }
}

/// What a person can do about a publication that was given up.
pub(crate) fn to_do(class: Option<ErrorClass>, network: &str) -> String {
    match class {
        Some(ErrorClass::Transient) | None => format!("Try it again when {network} works."),
        Some(ErrorClass::RateLimited) => format!("Try it again when {network} takes posts of this account again."),
        Some(ErrorClass::Auth) => "Reconnect the account, then try it again.".to_owned(),
        Some(ErrorClass::Media) => {
            "Look at the pictures or the video: replace what does not fit, then try it again.".to_owned()
        }
        Some(ErrorClass::Policy) => format!(
            "Change the text for this account, then try it again. The same words will most likely be refused again; \
             {network} says why below."
        ),
        Some(ErrorClass::Permanent) => format!(
            "Read what {network} says below. If it is about the text, change it and try again; if it is about a missing \
             right, reconnect the account and allow what it asks for."
        ),
        Some(ErrorClass::Expired) => "Choose a new time, or publish it now.".to_owned(),
        Some(ErrorClass::Config) => {
            format!("Ask whoever runs this server to set up {network}, then try it again.")
        }
        Some(ErrorClass::UnknownOutcome) => format!(
            "Open the account on {network} and look for the post. If it is there, enter its address below. If it is not, \
             try again: the account is looked at once more before anything is sent."
        ),
    }
}

/// Names and ids of what stands at a network, without addresses: those may open an upload to whoever has them.
pub(crate) fn standing(handles: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect("", handles, &mut found);
    found
}

/// Words in a name behind which something may stand that opens a door.
const CLOSED: [&str; 6] = ["url", "uri", "token", "secret", "signature", "key"];

fn collect(name: &str, value: &Value, found: &mut Vec<String>) {
    let lower = name.to_lowercase();
    if CLOSED.iter().any(|closed| lower.contains(closed)) {
        return;
    }
    let plain = match value {
        Value::String(text) if text.contains("://") || text.len() > 120 || text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(fields) => {
            for (field, value) in fields {
                collect(field, value, found);
            }
            None
        }
        Value::Array(items) => {
            for item in items {
                collect(name, item, found);
            }
            None
        }
        Value::Bool(_) | Value::Null => None,
    };
    if let Some(plain) = plain {
        let name = name.replace('_', " ");
        found.push(if name.is_empty() { plain } else { format!("{name} {plain}") });
    }
}

#[cfg(test)]
mod tests {
    use rookery_kernel::{AttemptId, PublicationId, Timestamp};
    use serde_json::json;

    use super::*;

    const PHASES: [AttemptPhase; 6] = [
        AttemptPhase::Claimed,
        AttemptPhase::Preparing,
        AttemptPhase::Sending,
        AttemptPhase::Confirmed,
        AttemptPhase::Failed,
        AttemptPhase::Unknown,
    ];
    const THEN: [Then; 7] =
        [Then::Another(2), Then::More, Then::Looking, Then::GivenUp, Then::CalledOff, Then::Out, Then::Running];

    fn attempt(phase: AttemptPhase, class: Option<ErrorClass>, code: Option<&str>, message: Option<&str>) -> Attempt {
        Attempt {
            id: AttemptId::from_uuid(uuid::Uuid::from_u128(1)),
            publication_id: PublicationId::from_uuid(uuid::Uuid::from_u128(2)),
            attempt_no: 1,
            phase,
            worker: "1/2".to_owned(),
            post_revision: 1,
            started_at: Timestamp::from_secs(0),
            sent_at: None,
            finished_at: None,
            http_status: None,
            error_class: class,
            error_code: code.map(str::to_owned),
            error_message: message.map(str::to_owned),
            retry_after_seconds: None,
            response: None,
            remote_handles: json!({}),
        }
    }

    /// A sentence of its own that holds no label, no placeholder and no markup.
    fn check(text: &str, place: &str) {
        assert!(text.len() > 10 && text.ends_with('.'), "{place}: {text:?}");
        assert!(text.chars().next().is_some_and(char::is_uppercase), "{place}: {text:?}");
        for raw in ["_", "{", "<", "null", "None", "Some", "  ", ".."] {
            assert!(!text.contains(raw), "{place}: {raw:?} in {text:?}");
        }
    }

    #[test]
    fn every_class_in_every_phase_is_said_in_words_with_the_next_step() {
        let classes: Vec<_> = ErrorClass::ALL.into_iter().map(Some).chain([None]).collect();
        let codes: Vec<_> = code::OURS.into_iter().map(Some).chain([None, Some("190/463"), Some("503")]).collect();
        for phase in PHASES {
            for class in &classes {
                for code in &codes {
                    for then in THEN {
                        let place = format!("{phase:?} {class:?} {code:?} {then:?}");
                        let told = explain(&attempt(phase, *class, *code, None), then, "Mastodon");
                        check(&told.what, &place);
                        check(&told.next, &place);
                        assert_eq!((told.said, told.detail), (None, None), "{place}");
                    }
                }
            }
        }
    }

    #[test]
    fn each_row_of_the_error_table_has_words_of_its_own() {
        let words = |class| what(AttemptPhase::Failed, Some(class), None, "Mastodon");
        let all: std::collections::BTreeSet<_> = ErrorClass::ALL.into_iter().map(words).collect();
        assert_eq!(all.len(), ErrorClass::ALL.len(), "{all:#?}");
        // What waits for nothing but a person tells the person what to do; the other two follow by themselves.
        let steps: std::collections::BTreeSet<_> =
            ErrorClass::ALL.into_iter().map(|class| to_do(Some(class), "Mastodon")).collect();
        assert_eq!(steps.len(), ErrorClass::ALL.len(), "{steps:#?}");
    }

    #[test]
    fn the_networks_words_are_quoted_and_ours_are_not() {
        let told = |code, message| {
            let told = explain(&attempt(AttemptPhase::Failed, None, code, Some(message)), Then::GivenUp, "X");
            (told.said, told.detail)
        };
        assert_eq!(told(Some("187"), "Status is a duplicate. "), (Some("Status is a duplicate.".to_owned()), None));
        assert_eq!(told(Some("transient"), "no connection"), (None, Some("No connection.".to_owned())));
        assert_eq!(told(Some(code::RELEASED), "given back because the worker stops"), (None, None));
        assert_eq!(told(Some("500"), "   "), (None, None));
        // What our own client notes is nobody's quotation, and its addresses are for the log.
        let broken = "POST https://api.example:8443/2/tweets: the connection broke (connection reset)";
        assert_eq!(
            told(Some("transient"), broken),
            (None, Some("The connection broke (connection reset).".to_owned()))
        );
        let senseless = "POST https://api.example/2/tweets answered 502 with a body that is not what its API says";
        let plain = "X answered 502 with a body that is not what its API says.";
        assert_eq!(told(Some("502"), senseless), (None, Some(plain.to_owned())));
    }

    #[test]
    fn what_stands_at_a_network_is_shown_without_what_opens_it() {
        let handles = json!({
            "container": "1789", "media_ids": ["11", "12"], "upload_url": "https://upload.example/?sig=1",
            "session": "https://upload.example/2", "access_token": "x", "size": 7, "done": true, "none": null,
        });
        assert_eq!(standing(&handles), ["container 1789", "media ids 11", "media ids 12", "size 7"]);
        assert!(standing(&Value::Null).is_empty());
    }
}
