//! Figures, parts and days as people read them, and the filters above pages about numbers.

use rookery_accounts::Account;
use rookery_analytics::{
    Choices, ContentFormat, FormatChoice, Measure, MenuTag, Mode, RateBasis, Split, Step, TagType, Unit,
};
use rookery_kernel::{Date, Platform};

use super::format::{number, percent, rounded, tenths};
use crate::lens::{Lens, said};

/// An entry of a menu.
#[derive(Debug, Clone)]
pub(crate) struct Choice {
    pub value: String,
    pub label: String,
    pub chosen: bool,
}

impl Choice {
    pub(crate) fn new(value: impl Into<String>, label: impl Into<String>, now: Option<&str>) -> Self {
        let value = value.into();
        Self { chosen: now.unwrap_or_default() == value, label: label.into(), value }
    }
}

/// The filters of a page, with what is chosen.
#[derive(Debug, Clone)]
pub(crate) struct LensForm {
    pub ranges: Vec<Choice>,
    pub start_date: String,
    pub end_date: String,
    pub accounts: Vec<Choice>,
    pub networks: Vec<Choice>,
    pub groups: Vec<Choice>,
    pub formats: Vec<Choice>,
    pub weekdays: Vec<Choice>,
    /// Tags under headings: by hand, by rules, the words used most.
    pub tags: Vec<(&'static str, Vec<Choice>)>,
    /// Something is chosen that stands behind "More filters".
    pub has_more: bool,
}

/// Weekdays, Monday first.
pub(crate) const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
/// The same where there is little room.
pub(crate) const WEEKDAYS_SHORT: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

const RANGES: [(&str, &str); 6] = [
    ("7d", "Last 7 days"),
    ("14d", "Last 14 days"),
    ("30d", "Last 30 days"),
    ("90d", "Last 90 days"),
    ("365d", "Last 365 days"),
    ("", "Own days"),
];

impl LensForm {
    pub(crate) fn new(lens: &Lens, choices: &Choices, is_without_days: bool) -> Self {
        let has_own_days = said(lens.range.as_ref()).is_none() && !is_without_days;
        let range = if has_own_days { "" } else { said(lens.range.as_ref()).unwrap_or("30d") };
        let mut ranges: Vec<Choice> = RANGES.iter().map(|(v, label)| Choice::new(*v, *label, Some(range))).collect();
        if ranges.iter().all(|choice| !choice.chosen) {
            let days = range.trim_end_matches('d');
            ranges.insert(0, Choice::new(range, format!("Last {days} days"), Some(range)));
        }
        let all = |label: &str, now: Option<&str>| Choice::new("", label, now);
        let ids = said(lens.integration_ids.as_ref());
        let mut accounts = vec![all("All accounts", ids)];
        accounts.extend(choices.accounts.iter().map(|a| Choice::new(a.id.to_string(), account_name(a), ids)));
        if let Some(many) = ids.filter(|ids| ids.contains(',')) {
            accounts.push(Choice::new(many, format!("{} accounts", many.split(',').count()), ids));
        }
        let network = said(lens.network.as_ref());
        let used = Platform::ALL.into_iter().filter(|p| choices.accounts.iter().any(|a| a.platform == *p));
        let group = said(lens.group_id.as_ref());
        let format = said(lens.format.as_ref()).filter(|format| *format != "all");
        let weekday = said(lens.weekday.as_ref());
        let tag = said(lens.tag_id.as_ref());
        let has_more = [network, format, tag].iter().any(Option::is_some);
        Self {
            has_more,
            ranges,
            start_date: lens.start_date.clone().unwrap_or_default(),
            end_date: lens.end_date.clone().unwrap_or_default(),
            accounts,
            networks: [all("All networks", network)]
                .into_iter()
                .chain(used.map(|p| Choice::new(p.label(), p.name(), network)))
                .collect(),
            groups: [all("All pages", group)]
                .into_iter()
                .chain(choices.groups.iter().map(|g| Choice::new(g.id.to_string(), g.name.clone(), group)))
                .collect(),
            formats: [all("All formats", format)]
                .into_iter()
                .chain(FormatChoice::ALL.iter().map(|f| Choice::new(f.label(), choice_name(*f), format)))
                .collect(),
            weekdays: [all("Any day", weekday)]
                .into_iter()
                .chain((1..).zip(WEEKDAYS).map(|(n, name)| Choice::new(n.to_string(), name, weekday)))
                .collect(),
            tags: tag_menu(&choices.tags, tag),
        }
    }

    /// What is chosen beside the days, in words: "Thursday, food".
    pub(crate) fn narrowed(&self) -> Vec<&str> {
        let menus = [&self.groups, &self.accounts, &self.networks, &self.formats, &self.weekdays];
        let menus = menus.into_iter().chain(self.tags.iter().map(|(_, menu)| menu));
        let chosen = menus.filter_map(|menu| menu.iter().find(|c| c.chosen && !c.value.is_empty()));
        chosen.map(|choice| choice.label.as_str()).collect()
    }
}

fn account_name(account: &Account) -> String {
    format!("{} · {}", account.name(), account.platform.name())
}

/// Tags under headings; headings without tags are left out.
fn tag_menu(tags: &[MenuTag], now: Option<&str>) -> Vec<(&'static str, Vec<Choice>)> {
    let of = |wanted: fn(&MenuTag) -> bool| -> Vec<Choice> {
        let these = tags.iter().filter(|tag| wanted(tag));
        these.map(|tag| Choice::new(tag.tag.id.to_string(), tag.tag.name.clone(), now)).collect()
    };
    let menus = [
        ("By hand", of(|tag| tag.tag.kind == TagType::Manual)),
        ("By rules", of(|tag| tag.tag.kind == TagType::Auto && tag.has_rules)),
        ("Words used most", of(|tag| tag.tag.kind == TagType::Auto && !tag.has_rules)),
    ];
    menus.into_iter().filter(|(_, tags)| !tags.is_empty()).collect()
}

const fn choice_name(choice: FormatChoice) -> &'static str {
    match choice {
        FormatChoice::Posts => "All but reels and stories",
        FormatChoice::Reel => "Reels",
        FormatChoice::Story => "Stories",
        FormatChoice::Video => "Videos",
        FormatChoice::Carousel => "Carousels",
        FormatChoice::Text => "Texts",
        FormatChoice::Link => "Links",
        FormatChoice::Picture => "Pictures and others",
    }
}

/// A format, many of it.
pub(crate) const fn format_name(format: ContentFormat) -> &'static str {
    match format {
        ContentFormat::Post => "Pictures and others",
        ContentFormat::Reel => "Reels",
        ContentFormat::Video => "Videos",
        ContentFormat::Story => "Stories",
        ContentFormat::Carousel => "Carousels",
        ContentFormat::Text => "Texts",
        ContentFormat::Link => "Links",
    }
}

/// What a figure is called.
pub(crate) const fn measure_name(measure: Measure) -> &'static str {
    match measure {
        Measure::Reach => "Reach",
        Measure::Impressions => "Impressions",
        Measure::Views => "Views",
        Measure::Engagement => "Engagement",
        Measure::EngagementRate => "Engagement rate",
        Measure::Reactions => "Reactions",
        Measure::Comments => "Comments",
        Measure::Shares => "Shares",
        Measure::Clicks => "Clicks",
        Measure::Saves => "Saves",
        Measure::Followers => "Followers",
        Measure::Posts => "Posts",
    }
}

/// What a split is called.
pub(crate) const fn split_name(split: Split) -> &'static str {
    match split {
        Split::None => "nothing",
        Split::Account => "account",
        Split::Network => "network",
        Split::Format => "format",
        Split::Group => "page group",
        Split::Tag => "tag",
        Split::Weekday => "weekday",
        Split::Hour => "hour of the day",
    }
}

/// What was counted, in a sentence.
pub(crate) const fn mode_sentence(mode: Mode, measure: Measure) -> &'static str {
    match (measure, mode) {
        (Measure::Followers, _) => "Followers at the end of each step, as last reported.",
        (_, Mode::Activity) => "Counts what happened in these days, on content of any age.",
        (_, Mode::Cohort) => "Counts what was published in these days, by its newest totals.",
    }
}

/// What a rate was divided by.
pub(crate) const fn basis_name(basis: RateBasis) -> &'static str {
    match basis {
        RateBasis::Reach => "of reach",
        RateBasis::Views => "of views",
        RateBasis::Impressions => "of impressions",
        RateBasis::Mixed => "of reach, views or impressions",
        RateBasis::None => "",
    }
}

/// A value as its measure is written.
pub(crate) fn value(measure: Measure, value: f64) -> String {
    match measure.unit() {
        Unit::Ratio => percent(value),
        Unit::Count => number(rounded(value)),
    }
}

/// A value, or the sign for "not reported".
pub(crate) fn value_or_dash(measure: Measure, of: Option<f64>) -> String {
    of.map_or_else(|| "–".to_owned(), |of| value(measure, of))
}

/// A change, and whether it is up or down.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub tone: &'static str,
    pub text: String,
}

/// How a figure changed: a count in percent, a rate by points, because a percentage of a percentage misleads. It is
/// rounded before it gets an arrow.
pub(crate) fn change(measure: Measure, now: Option<f64>, before: Option<f64>, percent: Option<f64>) -> Option<Change> {
    let (by, unit) = match measure.unit() {
        Unit::Ratio => ((now? - before?) * 100.0, " pt"),
        Unit::Count => (percent?, "%"),
    };
    let by = (by * 10.0).round() / 10.0;
    let (tone, sign) = if by > 0.0 {
        ("up", "▲")
    } else if by < 0.0 {
        ("down", "▼")
    } else {
        ("flat", "=")
    };
    Some(Change { tone, text: format!("{sign} {}{unit}", tenths(by.abs())) })
}

/// `2 Mar 2026`.
pub(crate) fn day(date: Date) -> String {
    date.to_jiff().strftime("%-d %b %Y").to_string()
}

/// `2 Feb – 3 Mar 2026`.
pub(crate) fn days(from: Date, to: Date) -> String {
    if from == to {
        return day(to);
    }
    let is_same_year = from.to_jiff().year() == to.to_jiff().year();
    let first = from.to_jiff().strftime(if is_same_year { "%-d %b" } else { "%-d %b %Y" });
    format!("{first} – {}", day(to))
}

/// A step as it stands below a chart.
pub(crate) fn step_label(step: Step, from: Date) -> String {
    let pattern = if step == Step::Month { "%b %Y" } else { "%-d %b" };
    from.to_jiff().strftime(pattern).to_string()
}

/// A step as it is named above its values.
pub(crate) fn step_name(step: Step, from: Date, to: Date) -> String {
    match step {
        Step::Day => from.to_jiff().strftime("%a %-d %b %Y").to_string(),
        _ => days(from, to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_change_by_points_and_counts_by_percent() {
        let text = |change: Option<Change>| change.map(|c| (c.tone, c.text));
        let rate = change(Measure::EngagementRate, Some(0.052), Some(0.039), Some(33.3));
        assert_eq!(text(rate), Some(("up", "▲ 1.3 pt".into())));
        assert_eq!(text(change(Measure::Reach, Some(9.0), Some(10.0), Some(-10.0))), Some(("down", "▼ 10.0%".into())));
        assert_eq!(text(change(Measure::Reach, Some(1.0), Some(1.0), Some(-0.01))), Some(("flat", "= 0.0%".into())));
        assert_eq!(text(change(Measure::Reach, Some(9.0), None, None)), None);
        let huge = change(Measure::Reach, Some(1e15), Some(1.0), Some(1e17));
        assert_eq!(text(huge), Some(("up", "▲ 100,000 T%".into())), "however much it is, it fits");
    }

    #[test]
    fn days_are_written_once() {
        let day = |text: &str| text.parse().expect("a date");
        assert_eq!(days(day("2026-02-02"), day("2026-03-03")), "2 Feb – 3 Mar 2026");
        assert_eq!(days(day("2025-12-30"), day("2026-01-03")), "30 Dec 2025 – 3 Jan 2026");
        assert_eq!(days(day("2026-02-02"), day("2026-02-02")), "2 Feb 2026");
    }
}
