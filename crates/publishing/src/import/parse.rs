//! From the bytes of a file to posts to be, with everything that could not be read. Pure.

use std::collections::BTreeMap;

use rookery_accounts::{Account, AccountStatus};
use rookery_kernel::{AccountId, LocalTimeNote, MediaAssetId, Platform, Timestamp, Zone};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::columns::Column;
use super::model::{FileError, FileLines, IMPORT_BYTES_MAX, IMPORT_ROWS_MAX, RowFinding};
use crate::media::ALT_TEXT_MAX;
use crate::post::{
    Composition, FollowUp, FollowUpKind, LABEL_LENGTH_MAX, LABELS_MAX, MediaUse, NewPost, PostFormat, Schedule, Variant,
};
use crate::sheet::{self, Separator};

/// Longest text that is looked at; every network's limit lies below.
const TEXT_MAX: usize = 100_000;
/// Longest title; the column's length.
const TITLE_MAX: usize = 255;
/// Longest link.
const LINK_MAX: usize = 2_000;
/// Longest wait of a further part: a week.
const DELAY_MINUTES_MAX: u32 = 10_080;
/// So many accounts are named when one was not found.
const NAMED_MAX: usize = 6;

/// The lines of a file, by the separator under which most headings make sense.
pub(crate) fn file(bytes: &[u8]) -> Result<FileLines, FileError> {
    if bytes.len() > IMPORT_BYTES_MAX {
        return Err(FileError::TooLarge { bytes: bytes.len() });
    }
    let text = sheet::text(bytes)?;
    let known = |separator: &Separator| {
        let first = sheet::lines(text, *separator, 1).pop();
        first.map_or(0, |line| line.cells.iter().filter(|h| Column::of_heading(h).is_some()).count())
    };
    let separator = Separator::ALL.into_iter().rev().max_by_key(known).unwrap_or(Separator::Comma);
    // One more than allowed tells whether there are too many.
    let mut lines = sheet::lines(text, separator, IMPORT_ROWS_MAX + 2);
    if lines.is_empty() {
        return Err(FileError::Empty);
    }
    let headings = lines.remove(0).cells;
    if !headings.iter().any(|h| Column::of_heading(h) == Some(Column::Content)) {
        let found: String = headings.join(", ").chars().take(200).collect();
        return Err(FileError::NoContent { found });
    }
    if let Some(twice) =
        Column::ALL.into_iter().find(|c| headings.iter().filter(|h| Column::of_heading(h) == Some(*c)).count() > 1)
    {
        return Err(FileError::Twice(twice.name()));
    }
    match lines.len() {
        0 => Err(FileError::NoRows),
        n if n > IMPORT_ROWS_MAX => Err(FileError::TooManyRows),
        _ => Ok(FileLines { separator, headings, rows: lines, open_quote: sheet::open_quote(text, separator) }),
    }
}

/// SHA-256 over the file's digest and a line: what makes an import repeatable.
pub(crate) fn row_key(file: &[u8], line: u32) -> Vec<u8> {
    Sha256::new().chain_update(file).chain_update(line.to_be_bytes()).finalize().to_vec()
}

/// SHA-256 over what the cells say, whatever the order of the columns.
pub(crate) fn content_key(headings: &[String], cells: &[String]) -> Vec<u8> {
    let said: BTreeMap<&str, &str> = headings
        .iter()
        .zip(cells)
        .filter_map(|(h, cell)| Some((Column::of_heading(h)?.name(), cell.trim())))
        .filter(|(_, cell)| !cell.is_empty())
        .collect();
    let said = serde_json::to_vec(&said).unwrap_or_default();
    Sha256::digest(said).to_vec()
}

/// A file of the library that can be named.
#[derive(Debug, Clone)]
pub(crate) struct NamedFile {
    pub id: MediaAssetId,
    pub name: String,
}

/// What cells can refer to.
pub(crate) struct Known<'a> {
    pub accounts: &'a [Account],
    pub files: &'a [NamedFile],
    pub home: &'a Zone,
}

/// The texts in the media column, to look them up.
pub(crate) fn media_names(headings: &[String], cells: &[String]) -> Vec<String> {
    let column = headings.iter().position(|h| Column::of_heading(h) == Some(Column::Media));
    let cell = column.and_then(|at| cells.get(at));
    cell.and_then(|cell| sheet::items(sheet::restored(cell), false).ok()).unwrap_or_default()
}

/// A row that was read as far as it goes.
pub(crate) struct Row {
    pub new: NewPost,
    pub findings: Vec<RowFinding>,
}

/// Reads one row. What cannot be read is found and left out.
pub(crate) fn row(headings: &[String], cells: &[String], known: &Known<'_>) -> Row {
    let mut reading = Reading { headings, cells, known, findings: Vec::new() };
    let surplus = cells.get(headings.len()..).is_some_and(|rest| rest.iter().any(|c| !c.trim().is_empty()));
    if surplus {
        let message = format!("The row has {} cells, the headings are {}.", cells.len(), headings.len());
        reading.findings.push(
            RowFinding::new(None, "too_many_cells", crate::Severity::Error, message)
                .suggest("Put quotes around texts that contain the separator or a line break."),
        );
    }
    let new = reading.post();
    Row { new, findings: reading.findings }
}

struct Reading<'a> {
    headings: &'a [String],
    cells: &'a [String],
    known: &'a Known<'a>,
    findings: Vec<RowFinding>,
}

impl<'a> Reading<'a> {
    /// The cell of a column, if it says something.
    fn cell(&self, column: Column) -> Option<&'a str> {
        let at = self.headings.iter().position(|h| Column::of_heading(h) == Some(column))?;
        let cell = sheet::restored(self.cells.get(at)?);
        (!cell.trim().is_empty()).then_some(cell)
    }

    fn short(&mut self, column: Column, max: usize) -> Option<String> {
        let cell = self.cell(column)?.trim();
        let length = cell.chars().count();
        if length > max {
            let message = format!("It has {length} characters; at most {max} are kept.");
            self.findings.push(RowFinding::error(column, "too_long", message).suggest("Shorten it."));
            return None;
        }
        Some(cell.to_owned())
    }

    fn list(&mut self, column: Column, commas: bool) -> Vec<String> {
        let Some(cell) = self.cell(column) else { return Vec::new() };
        sheet::items(cell, commas).unwrap_or_else(|why| {
            let finding = RowFinding::error(column, "list_unreadable", format!("The list cannot be read: {why}."));
            self.findings.push(finding.suggest("Write the words with semicolons between them."));
            Vec::new()
        })
    }

    fn json<T: DeserializeOwned>(&mut self, column: Column) -> Option<T> {
        let cell = self.cell(column)?;
        match serde_json::from_str(cell) {
            Ok(value) => Some(value),
            Err(why) => {
                let finding = RowFinding::error(column, "json_unreadable", format!("The JSON cannot be read: {why}."));
                self.findings.push(finding.suggest(column.help()));
                None
            }
        }
    }

    fn post(&mut self) -> NewPost {
        let zone = self.zone();
        let planned = self.time(Column::ScheduledAt, &zone);
        let account_ids = self.accounts();
        let expires_at = self.time(Column::ExpiresAt, &zone);
        let format = self.format();
        let content = self.cell(Column::Content).unwrap_or_default().replace("\r\n", "\n");
        if content.chars().count() > TEXT_MAX {
            let message = format!("The text has more than {TEXT_MAX} characters.");
            self.findings.push(RowFinding::error(Column::Content, "too_long", message).suggest("Shorten it."));
        }
        let composition = Composition {
            format,
            link: self.short(Column::Link, LINK_MAX),
            media: self.media(),
            follow_ups: self.follow_ups(),
            variants: self.variants(),
            options: self.options(),
            labels: self.labels(),
            expires_at,
        };
        NewPost {
            content,
            title: self.short(Column::Title, TITLE_MAX),
            account_ids,
            schedule: planned.map_or(Schedule::Draft, Schedule::At),
            timezone: zone,
            composition,
        }
    }

    fn zone(&mut self) -> Zone {
        let Some(name) = self.cell(Column::TimeZone) else { return self.known.home.clone() };
        name.trim().parse().unwrap_or_else(|why| {
            let message = format!("{}.", upper(&format!("{why}")));
            self.findings.push(RowFinding::error(Column::TimeZone, "time_zone_unknown", message));
            self.known.home.clone()
        })
    }

    fn time(&mut self, column: Column, zone: &Zone) -> Option<Timestamp> {
        let cell = self.cell(column)?.trim();
        if has_offset(cell)
            && let Ok(at) = cell.replacen(' ', "T", 1).parse()
        {
            return Some(at);
        }
        match zone.instant(cell) {
            Ok((at, note)) if is_local_time(cell) => {
                self.note(column, cell, zone, at, note);
                Some(at)
            }
            Ok(_) | Err(_) => {
                let finding =
                    RowFinding::error(column, "time_unreadable", format!("\u{201c}{}\u{201d} is no time.", cut(cell)));
                self.findings.push(finding.suggest("Write it as 2026-03-02 09:00."));
                None
            }
        }
    }

    fn note(&mut self, column: Column, cell: &str, zone: &Zone, at: Timestamp, note: LocalTimeNote) {
        let taken = zone.local(at).strftime("%Y-%m-%d %H:%M");
        let finding = match note {
            LocalTimeNote::Exact => return,
            LocalTimeNote::Skipped => {
                let message = format!("Clocks in {zone} jump over {cell}; it becomes {taken}.");
                RowFinding::warning(column, "time_skipped", message)
                    .suggest("Choose another time if that is not meant.")
            }
            LocalTimeNote::Repeated => {
                let message = format!("{cell} happens twice in {zone}; the first one is taken.");
                let later = at + std::time::Duration::from_secs(3600);
                RowFinding::warning(column, "time_repeated", message)
                    .suggest(format!("For the second one write {later}."))
            }
        };
        self.findings.push(finding);
    }

    fn format(&mut self) -> PostFormat {
        let Some(word) = self.cell(Column::Format) else { return PostFormat::default() };
        let word = word.trim().to_lowercase();
        PostFormat::ALL.iter().copied().find(|f| f.label() == word).unwrap_or_else(|| {
            let message = format!("\u{201c}{}\u{201d} is no format.", cut(&word));
            let finding = RowFinding::error(Column::Format, "format_unknown", message);
            self.findings.push(finding.suggest(Column::Format.help()));
            PostFormat::default()
        })
    }

    fn accounts(&mut self) -> Vec<AccountId> {
        let mut ids = Vec::new();
        for name in self.list(Column::Accounts, true) {
            if let Some(id) = self.account(&name, Column::Accounts)
                && !ids.contains(&id)
            {
                ids.push(id);
            }
        }
        ids
    }

    /// An account by `network:handle`, handle, network or id.
    fn account(&mut self, name: &str, column: Column) -> Option<AccountId> {
        let found = matching(name, self.known.accounts);
        match found.as_slice() {
            [one] => Some(one.id),
            [] => {
                let message = format!("There is no account \u{201c}{}\u{201d}.", cut(name));
                let finding = RowFinding::error(column, "account_unknown", message);
                let usable = self.known.accounts.iter().filter(|a| is_connected(a));
                let names: Vec<_> = usable.take(NAMED_MAX).map(address).collect();
                self.findings.push(if names.is_empty() {
                    finding.suggest("Connect the account first.")
                } else {
                    finding.suggest(format!("Connect it, or write one of yours: {}.", names.join(", ")))
                });
                None
            }
            several => {
                let message = format!("\u{201c}{}\u{201d} means several accounts.", cut(name));
                let names: Vec<_> = several.iter().map(|a| format!("{} ({})", a.id, address(a))).collect();
                let finding = RowFinding::error(column, "account_ambiguous", message);
                self.findings.push(finding.suggest(format!("Write the id of one: {}.", names.join(", "))));
                None
            }
        }
    }

    fn media(&mut self) -> Vec<MediaUse> {
        let names = self.list(Column::Media, false);
        let alt_texts = self.list(Column::AltTexts, false);
        if alt_texts.len() > names.len() {
            let message = format!("There are {} descriptions for {} files.", alt_texts.len(), names.len());
            let finding = RowFinding::error(Column::AltTexts, "alt_texts_surplus", message);
            self.findings.push(
                finding.suggest("Write one per file, in the same order; as a JSON list if they contain semicolons."),
            );
        }
        if alt_texts.iter().any(|text| text.chars().count() > ALT_TEXT_MAX) {
            let message = format!("A description has more than {ALT_TEXT_MAX} characters.");
            self.findings.push(RowFinding::error(Column::AltTexts, "too_long", message).suggest("Shorten it."));
        }
        let mut uses = Vec::new();
        for (n, name) in names.iter().enumerate() {
            if let Some(asset_id) = self.file(name) {
                uses.push(MediaUse { asset_id, alt_text: alt_texts.get(n).filter(|t| !t.is_empty()).cloned() });
            }
        }
        uses
    }

    fn file(&mut self, name: &str) -> Option<MediaAssetId> {
        if let Ok(id) = name.parse() {
            // Whether it is there, and ready, the post's own check says.
            return Some(id);
        }
        let found: Vec<_> = self.known.files.iter().filter(|f| f.name == name).collect();
        let (code, message, what) = match found.as_slice() {
            [one] => return Some(one.id),
            [] => (
                "media_unknown",
                format!("There is no file \u{201c}{}\u{201d} in the library.", cut(name)),
                "Upload it on the Media page first; the name is written with its ending.".to_owned(),
            ),
            several => {
                let ids: Vec<_> = several.iter().map(|f| f.id.to_string()).collect();
                let message = format!("The library has {} files named \u{201c}{}\u{201d}.", several.len(), cut(name));
                ("media_ambiguous", message, format!("Write the id of one: {}.", ids.join(", ")))
            }
        };
        self.findings.push(RowFinding::error(Column::Media, code, message).suggest(what));
        None
    }

    fn follow_ups(&mut self) -> Vec<FollowUp> {
        let mut parts: Vec<FollowUp> = self.json(Column::FollowUps).unwrap_or_default();
        if let Some(text) = self.cell(Column::FirstComment) {
            let text = text.trim().replace("\r\n", "\n");
            parts.push(FollowUp { kind: FollowUpKind::Comment, text, delay_minutes: 0 });
        }
        let is_long = |p: &FollowUp| p.text.chars().count() > TEXT_MAX || p.delay_minutes > DELAY_MINUTES_MAX;
        if parts.iter().any(is_long) {
            let message =
                format!("A part has at most {TEXT_MAX} characters and waits at most {DELAY_MINUTES_MAX} minutes.");
            self.findings.push(RowFinding::error(Column::FollowUps, "too_long", message));
        }
        parts
    }

    fn variants(&mut self) -> BTreeMap<AccountId, Variant> {
        let given: BTreeMap<String, Variant> = self.json(Column::Variants).unwrap_or_default();
        let mut variants = BTreeMap::new();
        for (name, variant) in given {
            let is_long = |text: &Option<String>, max| text.as_ref().is_some_and(|t| t.chars().count() > max);
            if is_long(&variant.text, TEXT_MAX) || is_long(&variant.title, TITLE_MAX) {
                let message = format!("A text has at most {TEXT_MAX} characters, a title {TITLE_MAX}.");
                self.findings.push(RowFinding::error(Column::Variants, "too_long", message));
            }
            if let Some(id) = self.account(&name, Column::Variants) {
                variants.insert(id, variant);
            }
        }
        variants
    }

    fn options(&mut self) -> BTreeMap<Platform, Value> {
        let given: BTreeMap<String, Map<String, Value>> = self.json(Column::Options).unwrap_or_default();
        let mut options = BTreeMap::new();
        for (network, words) in given {
            if let Ok(platform) = network.parse::<Platform>() {
                options.insert(platform, Value::Object(words));
            } else {
                let message = format!("\u{201c}{}\u{201d} is no network.", cut(&network));
                self.findings.push(RowFinding::error(Column::Options, "network_unknown", message));
            }
        }
        options
    }

    fn labels(&mut self) -> Vec<String> {
        let labels = self.list(Column::Labels, true);
        if labels.len() > LABELS_MAX || labels.iter().any(|l| l.chars().count() > LABEL_LENGTH_MAX) {
            let message = format!("A post has at most {LABELS_MAX} labels of {LABEL_LENGTH_MAX} characters each.");
            self.findings
                .push(RowFinding::error(Column::Labels, "labels_too_many", message).suggest("Leave some out."));
        }
        labels
    }
}

/// What stands for an account in a file.
pub(crate) fn address(account: &Account) -> String {
    format!("{}:{}", account.platform.label(), account.username)
}

fn is_connected(account: &Account) -> bool {
    account.status != AccountStatus::Revoked
}

/// The accounts that a name can mean; disconnected ones only if no other does.
fn matching<'a>(name: &str, accounts: &'a [Account]) -> Vec<&'a Account> {
    if let Ok(id) = name.parse::<AccountId>() {
        return accounts.iter().filter(|a| a.id == id).collect();
    }
    let (network, handle) = match name.split_once(':').map(|(n, h)| (n.trim().parse::<Platform>(), h)) {
        Some((Ok(network), handle)) => (Some(network), handle),
        _ => (None, name),
    };
    let handle = handle.trim();
    let handle = handle.strip_prefix('@').unwrap_or(handle).to_lowercase();
    let is_meant = |a: &&Account| -> bool {
        let is_named = a.username.to_lowercase() == handle || a.name().to_lowercase() == handle;
        let is_network = network.is_none() && handle.parse::<Platform>().is_ok_and(|p| p == a.platform);
        network.is_none_or(|p| p == a.platform) && (is_named || is_network)
    };
    let all: Vec<_> = accounts.iter().filter(is_meant).collect();
    let connected: Vec<_> = all.iter().copied().filter(|a| is_connected(a)).collect();
    if connected.is_empty() { all } else { connected }
}

/// Whether a time names its offset: `Z`, or a sign after the day.
fn has_offset(time: &str) -> bool {
    time.ends_with(['Z', 'z']) || time.get(10..).is_some_and(|rest| rest.contains(['+', '-']))
}

/// `YYYY-MM-DD HH:MM` at least: a day alone is no moment.
fn is_local_time(time: &str) -> bool {
    time.len() >= 16 && time.as_bytes().get(13) == Some(&b':')
}

fn cut(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

fn upper(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(home: &Zone) -> Known<'_> {
        Known { accounts: &[], files: &[], home }
    }

    fn one(heading: &str, cell: &str) -> Row {
        let berlin: Zone = "Europe/Berlin".parse().expect("known");
        row(&["content".into(), heading.into()], &["Hello".into(), cell.into()], &known(&berlin))
    }

    fn time(cell: &str) -> (Option<String>, Vec<String>) {
        let read = one("scheduled_at", cell);
        let at = match read.new.schedule {
            Schedule::At(at) => Some(at.to_string()),
            Schedule::Draft | Schedule::Now => None,
        };
        (at, read.findings.into_iter().map(|f| f.code).collect())
    }

    #[test]
    fn times_are_local_or_name_their_offset() {
        let ok = |at: &str| (Some(at.to_owned()), Vec::new());
        assert_eq!(time("2026-06-01 09:00"), ok("2026-06-01T07:00:00Z"));
        assert_eq!(time(" 2026-06-01T09:00:30 "), ok("2026-06-01T07:00:30Z"));
        assert_eq!(time("2026-06-01T09:00:00Z"), ok("2026-06-01T09:00:00Z"));
        assert_eq!(time("2026-06-01 09:00:00-05:00"), ok("2026-06-01T14:00:00Z"));
        assert_eq!(time(""), (None, Vec::new()));
        for bad in ["tomorrow", "2026-06-01", "01.06.2026 09:00", "06/01/2026 9am", "2026-02-30 09:00", "2026-06-01T9Z"]
        {
            assert_eq!(time(bad), (None, vec!["time_unreadable".to_owned()]), "{bad}");
        }
    }

    #[test]
    fn what_clocks_do_is_said() {
        assert_eq!(time("2026-03-29 02:30"), (Some("2026-03-29T01:00:00Z".into()), vec!["time_skipped".into()]));
        assert_eq!(time("2026-10-25 02:30"), (Some("2026-10-25T00:30:00Z".into()), vec!["time_repeated".into()]));
        let read = one("scheduled_at", "2026-10-25 02:30");
        assert_eq!(read.findings[0].suggestion.as_deref(), Some("For the second one write 2026-10-25T01:30:00Z."));
    }

    #[test]
    fn the_separator_is_the_one_under_which_headings_make_sense() {
        let separator = |text: &str| file(text.as_bytes()).map(|f| f.separator);
        assert_eq!(separator("content,title\na,b"), Ok(Separator::Comma));
        assert_eq!(separator("content;title, or not;accounts\na;b;c"), Ok(Separator::Semicolon));
        assert_eq!(separator("content\taccounts\na\tb"), Ok(Separator::Tab));
        assert_eq!(separator("content\njust a text"), Ok(Separator::Comma));
    }

    #[test]
    fn a_file_that_cannot_be_posts_says_why() {
        let why = |bytes: &[u8]| file(bytes).map(|_| ()).expect_err("no posts");
        assert_eq!(why(b""), FileError::Empty);
        assert_eq!(why(b"\n \n"), FileError::Empty);
        assert_eq!(why(b"content\n"), FileError::NoRows);
        assert_eq!(why(b"name,address\na,b"), FileError::NoContent { found: "name, address".into() });
        assert_eq!(why(b"content,text\na,b"), FileError::Twice("content"));
        let many = format!("content\n{}", "x\n".repeat(IMPORT_ROWS_MAX + 1));
        assert_eq!(why(many.as_bytes()), FileError::TooManyRows);
        assert!(file(format!("content\n{}", "x\n".repeat(IMPORT_ROWS_MAX)).as_bytes()).is_ok());
        assert_eq!(why(&vec![b'a'; IMPORT_BYTES_MAX + 1]), FileError::TooLarge { bytes: IMPORT_BYTES_MAX + 1 });
    }

    #[test]
    fn what_cannot_be_read_names_its_column() {
        for (heading, cell, code) in [
            ("format", "billboard", "format_unknown"),
            ("time_zone", "Mars/Olympus", "time_zone_unknown"),
            ("follow_ups", "[{]", "json_unreadable"),
            ("follow_ups", r#"[{"kind":"song","text":"la"}]"#, "json_unreadable"),
            ("options", r#"{"mars":{}}"#, "network_unknown"),
            ("labels", "[1]", "list_unreadable"),
            ("accounts", "mastodon:nobody", "account_unknown"),
            ("media", "tide.png", "media_unknown"),
            ("alt_texts", "a boat", "alt_texts_surplus"),
        ] {
            let found = one(heading, cell).findings;
            assert_eq!(found.len(), 1, "{heading}: {found:?}");
            assert_eq!((found[0].code.as_str(), found[0].column.as_deref()), (code, Some(heading)));
            assert!(found[0].is_error());
        }
        let berlin: Zone = "Europe/Berlin".parse().expect("known");
        let cells = ["a".to_owned(), "b".to_owned()];
        assert_eq!(row(&["content".into()], &cells, &known(&berlin)).findings[0].code, "too_many_cells");
    }

    #[test]
    fn a_whole_row_is_read() {
        let berlin: Zone = "Europe/Berlin".parse().expect("known");
        let headings =
            ["content", "labels", "follow_ups", "first_comment", "options", "link", "title"].map(str::to_owned);
        let cells = [
            "'=Not a formula",
            "spring, sale",
            r#"[{"kind":"thread","text":"two","delayMinutes":5}]"#,
            "first!",
            r#"{"x":{"a":1}}"#,
            " https://example.org ",
            "T",
        ]
        .map(str::to_owned);
        let read = row(&headings, &cells, &known(&berlin));
        assert_eq!(read.findings, Vec::new());
        assert_eq!((read.new.content.as_str(), read.new.title.as_deref()), ("=Not a formula", Some("T")));
        let c = read.new.composition;
        assert_eq!((c.labels.len(), c.link.as_deref()), (2, Some("https://example.org")));
        assert_eq!(
            (c.follow_ups.len(), c.follow_ups[0].delay_minutes, c.follow_ups[1].kind),
            (2, 5, FollowUpKind::Comment)
        );
        assert!(c.options.contains_key(&Platform::Twitter));
    }

    #[test]
    fn keys_follow_line_and_content() {
        assert_eq!(row_key(&[1; 32], 4), row_key(&[1; 32], 4));
        assert_ne!(row_key(&[1; 32], 4), row_key(&[1; 32], 5));
        let (a, b) = (["content".to_owned(), "link".to_owned()], ["Link".to_owned(), "text".to_owned()]);
        let same = content_key(&a, &["hi".to_owned(), " l ".to_owned()])
            == content_key(&b, &["l".to_owned(), "hi".to_owned()]);
        assert!(same, "the order of the columns does not count");
        assert_ne!(content_key(&a, &["hi".to_owned()]), content_key(&a, &["ho".to_owned()]));
    }
}
