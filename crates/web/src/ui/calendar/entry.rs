//! One publication in the calendar, as the page shows it.

use std::collections::BTreeMap;

use rookery_kernel::{PublicationId, Zone};
use rookery_publishing::{CalendarEntry, CalendarState, CalendarView, Clash, ClashSeverity, PublicationStatus};

use super::super::format::{colour, field_value, time_of_day};
use super::super::posts::state;

/// A word that stands out, with the sentence behind it.
#[derive(Debug, Clone)]
pub(super) struct Badge {
    pub class: &'static str,
    pub words: &'static str,
    pub sentence: String,
}

impl From<&Clash> for Badge {
    fn from(clash: &Clash) -> Self {
        let class = match clash.kind.severity() {
            ClashSeverity::Critical | ClashSeverity::High => "bad",
            ClashSeverity::Medium => "warn",
            ClashSeverity::Low => "",
        };
        Self { class, words: clash.kind.words(), sentence: clash.sentence.clone() }
    }
}

/// The clashes of each publication.
pub(super) fn badges(shown: &CalendarView) -> BTreeMap<PublicationId, Vec<Badge>> {
    let mut badges: BTreeMap<PublicationId, Vec<Badge>> = BTreeMap::new();
    for clash in &shown.clashes {
        for id in &clash.publication_ids {
            badges.entry(*id).or_default().push(Badge::from(clash));
        }
    }
    badges
}

#[derive(Debug)]
pub(super) struct Entry {
    pub id: PublicationId,
    pub href: String,
    /// The instant, for undoing a move.
    pub at: String,
    /// The local time, as a `datetime-local` field has it.
    pub local: String,
    pub hour: i8,
    pub time: String,
    pub title: String,
    pub account: String,
    pub network: &'static str,
    pub labels: String,
    pub state: String,
    pub class: &'static str,
    pub mark: &'static str,
    pub colour: &'static str,
    pub is_movable: bool,
    pub needs_person: bool,
    pub badges: Vec<Badge>,
}

impl Entry {
    pub fn of(e: &CalendarEntry, zone: &Zone, account: String, may_move: bool, badges: Option<&Vec<Badge>>) -> Self {
        let (class, mark) = match e.status {
            _ if e.is_late => ("late", "!"),
            PublicationStatus::Published => ("pub", "✓"),
            PublicationStatus::Failed => ("fail", "!"),
            PublicationStatus::Publishing => ("doubt", "?"),
            PublicationStatus::Retrying => ("doubt", ""),
            PublicationStatus::Cancelled => ("off", ""),
            PublicationStatus::Draft | PublicationStatus::Scheduled => ("", ""),
        };
        let waits = matches!(e.status, PublicationStatus::Scheduled | PublicationStatus::Retrying);
        Self {
            id: e.publication_id,
            href: format!("/publications/{}", e.publication_id),
            at: e.at.to_string(),
            local: field_value(e.at, zone),
            hour: zone.local(e.at).hour(),
            time: time_of_day(e.at, zone),
            title: e.excerpt.clone(),
            account,
            network: e.platform.name(),
            labels: e.labels.join(", "),
            state: if e.is_late { "late".to_owned() } else { state(e.status, false) },
            class,
            mark,
            colour: colour(e.platform),
            is_movable: may_move && waits,
            needs_person: e.is_late || e.status == PublicationStatus::Failed,
            badges: badges.cloned().unwrap_or_default(),
        }
    }
}

/// A state as the filter names it.
pub(super) const fn state_name(state: CalendarState) -> &'static str {
    match state {
        CalendarState::Planned => "Planned",
        CalendarState::Late => "Late",
        CalendarState::Published => "Published",
        CalendarState::Failed => "Failed",
        CalendarState::Cancelled => "Called off",
    }
}
