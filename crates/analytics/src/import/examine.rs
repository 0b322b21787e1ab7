//! From the cells of a row to what it would store, and what stands against it. Pure.

use rookery_kernel::{Platform, Timestamp, Zone};
use rookery_sheet::{count, decimal, moment, restored};

use super::columns::Field;
use super::model::{Mapping, MetricFinding, PlannedReading};
use crate::content::ContentFormat;
use crate::daily::MetricBasis;
use crate::kpi::Numbers;

/// Longest id of an item.
const ID_MAX: usize = 200;
/// Longest text that is kept of a row; the item keeps as much as any.
const CAPTION_MAX: usize = 5_000;
/// Words in place of a day, where the numbers are totals.
const LIFETIME: [&str; 9] = [
    "lifetime",
    "gesamte laufzeit",
    "lebenszeit",
    "gesamt",
    "depuis la création",
    "à vie",
    "total",
    "totale",
    "de por vida",
];
/// Words in place of an id, in the row of the sums.
const TOTALS: [&str; 8] = ["total", "totals", "gesamt", "summe", "totale", "totaal", "totalt", "ensemble"];

/// What rows are held against.
pub(super) struct Ground<'a> {
    pub headings: &'a [String],
    pub mapping: &'a Mapping,
    pub platform: Option<Platform>,
    pub zone: &'a Zone,
    pub now: Timestamp,
}

/// A row as its cells tell it, before the items are known.
#[expect(clippy::large_enum_variant, reason = "a file holds many items and few other rows")]
pub(super) enum Told {
    /// About no item: the sum of all.
    Skipped(MetricFinding),
    /// About an item.
    Item {
        /// What it may be called at the network, the likeliest first; the reading bears the first.
        ids: Vec<String>,
        reading: PlannedReading,
        findings: Vec<MetricFinding>,
    },
    /// Nothing tells about which.
    Broken(Vec<MetricFinding>),
}

struct Row<'a> {
    ground: &'a Ground<'a>,
    cells: &'a [String],
    findings: Vec<MetricFinding>,
}

impl Row<'_> {
    fn cell(&self, field: Field) -> Option<&str> {
        let cell = self.cells.get(self.ground.mapping.column(field)?)?.trim();
        Some(restored(cell)).filter(|cell| !cell.is_empty())
    }

    fn against(&mut self, field: Option<Field>, code: &str, message: impl Into<String>) {
        let column = field.and_then(|f| self.ground.mapping.column(f)).and_then(|at| self.ground.headings.get(at));
        self.findings.push(MetricFinding { column: column.cloned(), code: code.to_owned(), message: message.into() });
    }

    fn count(&mut self, field: Field) -> Option<i64> {
        let read = count(self.cell(field)?, self.ground.mapping.numbers);
        read.unwrap_or_else(|why| {
            self.against(Some(field), "no_number", format!("{why}."));
            None
        })
    }

    fn watch_time(&mut self) -> Option<i64> {
        let (field, factor) = match self.cell(Field::WatchHours) {
            Some(_) => (Field::WatchHours, 3_600_000.0),
            None => (Field::WatchSeconds, 1_000.0),
        };
        match decimal(self.cell(field)?, self.ground.mapping.numbers) {
            #[expect(clippy::cast_possible_truncation, reason = "no network has been watched for 10^15 hours")]
            Ok(Some(n)) if n >= 0.0 => Some((n * factor).round() as i64),
            Ok(None) => None,
            Ok(Some(n)) => {
                self.against(Some(field), "no_number", format!("{n} is below zero."));
                None
            }
            Err(why) => {
                self.against(Some(field), "no_number", format!("{why}."));
                None
            }
        }
    }

    fn published_at(&mut self) -> Option<Timestamp> {
        let field = Field::PublishedAt;
        match moment(self.cell(field)?, self.ground.mapping.dates) {
            Ok(at) => {
                let at = at?.at(self.ground.zone);
                if at.is_some_and(|at| at > self.ground.now) {
                    self.against(
                        Some(field),
                        "in_future",
                        "The item would be published in the future; is the order of day and month right?",
                    );
                }
                at
            }
            Err(why) => {
                self.against(Some(field), "no_date", format!("{why}."));
                None
            }
        }
    }

    /// The day the numbers stand under and what they cover.
    fn date(&mut self) -> (MetricBasis, rookery_kernel::Date) {
        let totals = (MetricBasis::Lifetime, self.ground.mapping.as_of);
        let Some(cell) = self.cell(Field::Date) else { return totals };
        if LIFETIME.contains(&cell.to_lowercase().as_str()) {
            return totals;
        }
        match moment(cell, self.ground.mapping.dates) {
            Ok(Some(day)) => {
                if day.date() > self.ground.zone.date(self.ground.now) {
                    self.against(
                        Some(Field::Date),
                        "in_future",
                        "The numbers would be of a day to come; is the order of day and month right?",
                    );
                }
                (self.ground.mapping.basis, day.date())
            }
            Ok(None) => totals,
            Err(why) => {
                self.against(Some(Field::Date), "no_date", format!("{why}."));
                totals
            }
        }
    }

    /// What the item may be called at the network, the likeliest first.
    fn ids(&self) -> Vec<String> {
        let mut ids = Vec::new();
        if let Some(id) = self.cell(Field::Id) {
            // A page's posts bear the page's id before their own.
            let page = self.cell(Field::Account).filter(|page| page.bytes().all(|b| b.is_ascii_digit()));
            if let (Some(Platform::Facebook), Some(page), true) =
                (self.ground.platform, page, id.bytes().all(|b| b.is_ascii_digit()))
            {
                ids.push(format!("{page}_{id}"));
            }
            ids.push(id.to_owned());
        }
        if let Some(link) = self.cell(Field::Link) {
            ids.extend(id_of_link(link, self.ground.platform));
        }
        ids.retain(|id| id.chars().count() <= ID_MAX && !id.contains('\0'));
        ids
    }
}

/// The id that an address of an item holds.
fn id_of_link(link: &str, platform: Option<Platform>) -> Option<String> {
    let after = |mark: &str| {
        let rest = &link[link.find(mark)? + mark.len()..];
        let end = rest.find(['/', '?', '&', '#']).unwrap_or(rest.len());
        Some(rest[..end].to_owned()).filter(|id| !id.is_empty())
    };
    match platform? {
        Platform::Twitter => after("/status/"),
        Platform::Youtube => after("watch?v=").or_else(|| after("/shorts/")).or_else(|| after("youtu.be/")),
        Platform::Linkedin => after("/update/").filter(|id| id.starts_with("urn:li:")),
        _ => None,
    }
}

fn format(word: Option<&str>, platform: Option<Platform>) -> ContentFormat {
    let word = word.unwrap_or_default().to_lowercase();
    let kinds: [(&[&str], ContentFormat); 7] = [
        (&["reel"], ContentFormat::Reel),
        (&["story", "stories"], ContentFormat::Story),
        (&["carousel", "karussell", "carrusel", "album", "multi"], ContentFormat::Carousel),
        (&["video", "vidéo", "vídeo"], ContentFormat::Video),
        (&["link", "article", "artikel"], ContentFormat::Link),
        (&["text", "status", "texto", "texte", "testo"], ContentFormat::Text),
        (&["photo", "foto", "image", "bild", "imagen"], ContentFormat::Post),
    ];
    let told = kinds.into_iter().find(|(words, _)| words.iter().any(|w| word.contains(w))).map(|(_, format)| format);
    told.unwrap_or(match platform {
        Some(Platform::Youtube) => ContentFormat::Video,
        Some(Platform::Twitter) => ContentFormat::Text,
        _ => ContentFormat::Post,
    })
}

/// What a row tells.
pub(super) fn told(ground: &Ground<'_>, cells: &[String]) -> Told {
    let mut row = Row { ground, cells, findings: Vec::new() };
    let ids = row.ids();
    let first = cells.iter().map(|c| c.trim()).find(|c| !c.is_empty()).unwrap_or_default().to_lowercase();
    if TOTALS.contains(&first.as_str()) {
        let message = "The row holds the sums of all items.".to_owned();
        return Told::Skipped(MetricFinding { column: None, code: "no_item".to_owned(), message });
    }
    let link = row
        .cell(Field::Link)
        .filter(|link| link.starts_with("https://") || link.starts_with("http://"))
        .map(str::to_owned);
    if ids.is_empty() && link.is_none() {
        row.against(None, "no_id", "Nothing tells which item the row is about.");
        return Told::Broken(row.findings);
    }
    let published_at = row.published_at();
    let (basis, date) = row.date();
    let numbers = Numbers {
        reach: row.count(Field::Reach),
        impressions: row.count(Field::Impressions),
        views: row.count(Field::Views),
        reactions: row.count(Field::Reactions),
        comments: row.count(Field::Comments),
        shares: row.count(Field::Shares),
        clicks: row.count(Field::Clicks),
        saves: row.count(Field::Saves),
    };
    let watch_time_ms = row.watch_time();
    if numbers == Numbers::default() && watch_time_ms.is_none() && row.findings.is_empty() {
        row.against(None, "no_numbers", "The row holds no number.");
    }
    if let Some(at) = published_at.filter(|_| row.findings.is_empty()) {
        // A network's day may begin before ours.
        if ground.zone.date(at).plus_days(-1) > date {
            row.against(
                None,
                "before_publishing",
                format!("The numbers are of {date}, before the item was published."),
            );
        }
    }
    let caption =
        row.cell(Field::Caption).map(|c| c.chars().filter(|c| *c != '\0').take(CAPTION_MAX).collect::<String>());
    let reading = PlannedReading {
        external_id: ids.first().cloned().unwrap_or_default(),
        is_new: false,
        published_at,
        caption,
        link,
        format: format(row.cell(Field::Format), ground.platform),
        basis,
        date,
        numbers,
        watch_time_ms,
    };
    Told::Item { ids, reading, findings: row.findings }
}

/// What stands against an item that is not known yet.
pub(super) fn unknown_item(reading: &PlannedReading, headings: &[String], mapping: &Mapping) -> Option<MetricFinding> {
    let column = |field| mapping.column(field).and_then(|at| headings.get(at)).cloned();
    if reading.external_id.is_empty() {
        let message =
            "No known item has this address, and it holds no id. Items are recognized once they were collected.";
        return Some(MetricFinding {
            column: column(Field::Link),
            code: "unknown_item".to_owned(),
            message: message.to_owned(),
        });
    }
    if reading.published_at.is_none() {
        let message = "The item is not known yet, and nothing tells when it was published.";
        return Some(MetricFinding {
            column: column(Field::PublishedAt),
            code: "no_date".to_owned(),
            message: message.to_owned(),
        });
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::columns::recognize;
    use proptest::prelude::*;
    use rookery_sheet::{DateOrder, NumberStyle};

    fn look(platform: Platform, headings: &str, cells: &[&str]) -> Told {
        let headings: Vec<String> = headings.split('|').map(str::to_owned).collect();
        let cells: Vec<String> = cells.iter().map(|c| (*c).to_owned()).collect();
        let (_, fields) = recognize(&headings);
        let mapping = Mapping {
            fields,
            numbers: NumberStyle::Point,
            dates: DateOrder::MonthFirst,
            basis: MetricBasis::Day,
            as_of: "2026-03-09".parse().expect("a date"),
            time_zone: "UTC".to_owned(),
        };
        let now = "2026-03-10T09:00:00Z".parse().expect("a time");
        told(
            &Ground { headings: &headings, mapping: &mapping, platform: Some(platform), zone: &Zone::utc(), now },
            &cells,
        )
    }

    fn codes(told: Told) -> Vec<String> {
        match told {
            Told::Item { findings, .. } | Told::Broken(findings) => findings.into_iter().map(|f| f.code).collect(),
            Told::Skipped(finding) => vec![finding.code],
        }
    }

    #[test]
    fn totals_stand_under_the_exports_day_and_days_under_their_own() {
        let headings = "Post ID|Page ID|Description|Publish time|Date|Reach|Comments|Views|Seconds viewed|Post type";
        let row = ["77", "12", "Ebbe", "03/01/2026 10:00", "Lifetime", "1,234", "0", "", "90.5", "Videos"];
        let Told::Item { ids, reading, findings } = look(Platform::Facebook, headings, &row) else { panic!("an item") };
        assert_eq!((ids, findings), (vec!["12_77".to_owned(), "77".to_owned()], Vec::new()));
        assert_eq!((reading.basis, reading.date.to_string().as_str()), (MetricBasis::Lifetime, "2026-03-09"));
        assert_eq!(
            (reading.numbers.reach, reading.numbers.comments, reading.numbers.views),
            (Some(1234), Some(0), None)
        );
        assert_eq!((reading.watch_time_ms, reading.format), (Some(90_500), ContentFormat::Video));
        let row = ["77", "12", "Ebbe", "03/01/2026 10:00", "03/02/2026", "5", "", "", "", "Photos"];
        let Told::Item { reading, .. } = look(Platform::Facebook, headings, &row) else { panic!("an item") };
        assert_eq!((reading.basis, reading.date.to_string().as_str()), (MetricBasis::Day, "2026-03-02"));
    }

    #[test]
    fn what_stands_against_a_row_is_named() {
        let headings = "Content|Video title|Video publish time|Views|Impressions";
        let youtube = |cells: &[&str]| codes(look(Platform::Youtube, headings, cells));
        assert_eq!(youtube(&["Total", "", "", "99", "99"]), ["no_item"]);
        assert_eq!(youtube(&["", "Tide", "Mar 1, 2026", "9", ""]), ["no_id"]);
        assert_eq!(youtube(&["a", "Tide", "Mar 1, 2026", "many", ""]), ["no_number"]);
        assert_eq!(youtube(&["a", "Tide", "Mar 1, 2026", "-3", "1.5"]), ["no_number", "no_number"]);
        assert_eq!(youtube(&["a", "Tide", "Mar 1, 2026", "", "-"]), ["no_numbers"]);
        assert_eq!(youtube(&["a", "Tide", "soon", "1", ""]), ["no_date"]);
        assert_eq!(youtube(&["a", "Tide", "Mar 11, 2026", "1", ""]), ["in_future"]);
        let days = "Post id|Publish time|Date|Likes";
        assert_eq!(
            codes(look(Platform::Instagram, days, &["a", "2026-03-05", "2026-03-02", "1"])),
            ["before_publishing"]
        );
        assert_eq!(codes(look(Platform::Instagram, days, &["a", "2026-03-05", "2026-03-12", "1"])), ["in_future"]);
    }

    #[test]
    fn addresses_tell_ids() {
        let of = |platform, link: &str| id_of_link(link, Some(platform));
        assert_eq!(of(Platform::Twitter, "https://x.com/a/status/123?s=20"), Some("123".to_owned()));
        assert_eq!(of(Platform::Youtube, "https://www.youtube.com/watch?v=ab-c&t=1"), Some("ab-c".to_owned()));
        assert_eq!(of(Platform::Youtube, "https://youtube.com/shorts/xy"), Some("xy".to_owned()));
        assert_eq!(
            of(Platform::Linkedin, "https://www.linkedin.com/feed/update/urn:li:activity:7/"),
            Some("urn:li:activity:7".to_owned())
        );
        assert_eq!(of(Platform::Instagram, "https://www.instagram.com/p/abc/"), None);
    }

    proptest! {
        /// Whatever stands in the cells, the row is an item or says why not, and no count is below zero.
        #[test]
        fn any_row_is_read(cells in prop::collection::vec("[\\PC]{0,12}", 0..8)) {
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            let headings = "Post ID|Page ID|Publish time|Date|Reach|Reactions|Seconds viewed|Permalink";
            if let Told::Item { reading, .. } = look(Platform::Facebook, headings, &cells) {
                prop_assert!(reading.numbers.reach.is_none_or(|n| n >= 0) && reading.numbers.reactions.is_none_or(|n| n >= 0));
            }
        }
    }
}
