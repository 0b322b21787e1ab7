//! What became of every publication, held against what the networks hold.

use std::collections::BTreeMap;
use std::fmt;

use rookery_kernel::Platform;
use rookery_sandbox::Control;
use serde::Serialize;

use super::queries::Ended;
use super::town::Inhabitant;

/// Counts of one network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Line {
    pub planned: usize,
    /// Published, and exactly once at the network under the id we know.
    pub published: usize,
    /// Certainly not out, with the reason on record.
    pub failed: usize,
    /// Handed to a person, because nobody could find out.
    pub handed_over: usize,
    /// At the network more than once: must be 0.
    pub duplicates: usize,
    /// Published here and not at the network, or there and not here: must be 0.
    pub lost: usize,
    /// Not ended when the run gave up, with the reason on record: a network's quota of the day, say.
    pub waiting: usize,
    /// Not ended and without a reason: must be 0.
    pub without_reason: usize,
    pub attempts: i64,
}

impl Line {
    fn add(&mut self, other: &Self) {
        self.planned += other.planned;
        self.published += other.published;
        self.failed += other.failed;
        self.handed_over += other.handed_over;
        self.duplicates += other.duplicates;
        self.lost += other.lost;
        self.waiting += other.waiting;
        self.without_reason += other.without_reason;
        self.attempts += other.attempts;
    }

    /// Whether the promise was kept, to the end.
    pub const fn is_clean(&self) -> bool {
        self.duplicates == 0 && self.lost == 0 && self.without_reason == 0 && self.waiting == 0
    }
}

/// One line per network and their sum.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Tally {
    pub networks: BTreeMap<String, Line>,
    pub total: Line,
}

/// How often the networks hold each number, per account.
fn held(control: &Control, accounts: &[Inhabitant]) -> BTreeMap<(Platform, String, usize), Vec<String>> {
    let mut held: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for account in accounts {
        for post in control.published(&account.remote) {
            let said = [Some(post.text.as_str()), post.title.as_deref()];
            if let Some(n) = said.into_iter().flatten().find_map(number) {
                held.entry((account.platform, account.remote.clone(), n)).or_default().push(post.external_id);
            }
        }
    }
    held
}

/// The number in a text of the measurement.
fn number(text: &str) -> Option<usize> {
    let from = text.find("number [")? + "number [".len();
    let digits: String = text[from..].chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

impl Tally {
    /// Holds the rows against the networks.
    pub fn of(rows: &[Ended], control: &Control, accounts: &[Inhabitant]) -> Self {
        let held = held(control, accounts);
        let mut networks: BTreeMap<String, Line> = BTreeMap::new();
        for row in rows {
            let line = networks.entry(row.platform.clone()).or_default();
            line.planned += 1;
            line.attempts += row.attempts;
            let platform: Option<Platform> = row.platform.parse().ok();
            let there = platform
                .zip(number(&row.content))
                .and_then(|(platform, n)| held.get(&(platform, row.remote_account.clone(), n)));
            let count = there.map_or(0, Vec::len);
            let knows = there.is_some_and(|ids| ids.iter().any(|id| Some(id) == row.remote_id.as_ref()));
            line.duplicates += count.saturating_sub(1);
            match (row.status.as_str(), row.error_class.as_deref()) {
                ("published", _) if knows => line.published += 1,
                ("published", _) => line.lost += 1,
                ("failed", Some("unknown_outcome")) => line.handed_over += 1,
                ("failed" | "cancelled", Some(_)) if count == 0 && row.error_code.is_some() => line.failed += 1,
                ("failed" | "cancelled", Some(_)) if count > 0 => line.lost += 1,
                ("retrying" | "publishing", Some(_)) if count <= 1 && row.error_code.is_some() => line.waiting += 1,
                _ => line.without_reason += 1,
            }
        }
        let mut total = Line::default();
        for line in networks.values() {
            total.add(line);
        }
        Self { networks, total }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = [
            "network",
            "planned",
            "published",
            "failed",
            "to a person",
            "waiting",
            "attempts",
            "duplicates",
            "lost",
            "no reason",
        ];
        writeln!(
            f,
            "{:<10} {:>8} {:>10} {:>7} {:>12} {:>8} {:>9} {:>11} {:>5} {:>10}",
            head[0], head[1], head[2], head[3], head[4], head[5], head[6], head[7], head[8], head[9]
        )?;
        let total = ("all".to_owned(), self.total.clone());
        for (name, l) in self.networks.clone().into_iter().chain([total]) {
            writeln!(
                f,
                "{name:<10} {:>8} {:>10} {:>7} {:>12} {:>8} {:>9} {:>11} {:>5} {:>10}",
                l.planned,
                l.published,
                l.failed,
                l.handed_over,
                l.waiting,
                l.attempts,
                l.duplicates,
                l.lost,
                l.without_reason
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::town::text;
    use super::number;

    #[test]
    fn a_number_is_found_in_what_networks_make_of_the_text() {
        assert_eq!(number(&text(17)), Some(17));
        assert_eq!(number("<p>Post number [8] of the measurement</p>"), Some(8));
        assert_eq!(number("Something else [3]"), None);
    }
}
