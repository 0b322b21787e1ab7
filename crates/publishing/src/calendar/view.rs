//! What a page or a feed shows of the calendar: entries by a filter, what clashes, where nothing is planned.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rookery_accounts::Account;
use rookery_db::OrgTx;
use rookery_kernel::{AccountId, Date, Platform, Scope, Timestamp, Zone, labelled};

use super::clashes::{Clash, clashes};
use super::holes::{HABIT_DAYS, holes};
use super::{CalendarEntry, queries};
use crate::Publishing;
use crate::post::{PostError, compose_queries};
use crate::publication::PublicationStatus;
use crate::reason::MISSED_AFTER;
use crate::slots::{self, OpenSlot};

/// Clashes reach over midnight: so far around the view is looked.
const AROUND: Duration = Duration::from_secs(24 * 3600);
/// Six weeks of 200 entries a day and a day on either side.
const VIEW_MAX: i64 = 9_000;

labelled! {
    /// States as people tell them apart in the calendar.
    CalendarState, "text", "state" {
        /// Still to come, or on its way.
        Planned = "planned",
        /// Should have begun and has not.
        Late = "late",
        /// Out.
        Published = "published",
        /// Given up.
        Failed = "failed",
        /// Called off.
        Cancelled = "cancelled",
    }
}

/// Which entries; empty means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CalendarFilter {
    /// Only this account.
    pub account_id: Option<AccountId>,
    /// Only this network.
    pub platform: Option<Platform>,
    /// Only in this state.
    pub state: Option<CalendarState>,
    /// Only posts with this label.
    pub label: Option<String>,
}

impl CalendarFilter {
    /// Whether an entry is wanted.
    pub fn takes(&self, entry: &CalendarEntry) -> bool {
        self.account_id.is_none_or(|id| id == entry.account_id)
            && self.platform.is_none_or(|platform| platform == entry.platform)
            && self.state.is_none_or(|state| state.holds(entry))
            && self.label.as_ref().is_none_or(|label| entry.labels.contains(label))
    }
}

impl CalendarState {
    fn holds(self, entry: &CalendarEntry) -> bool {
        match self {
            Self::Planned => entry.status.is_open(),
            Self::Late => entry.is_late,
            Self::Published => entry.status == PublicationStatus::Published,
            Self::Failed => entry.status == PublicationStatus::Failed,
            Self::Cancelled => entry.status == PublicationStatus::Cancelled,
        }
    }
}

/// Some days of the calendar.
#[derive(Debug, Clone, PartialEq)]
pub struct CalendarView {
    /// In time's order.
    pub entries: Vec<CalendarEntry>,
    /// What clashes with something else of the organization, filtered or not; only clashes that touch the days.
    pub clashes: Vec<Clash>,
    /// Days without a post although their weekday had one in the last four weeks; whatever the filter.
    pub holes: Vec<Date>,
    /// Slots from now on that no post has, of the accounts that the filter takes; none under a filter by state or label.
    pub open_slots: Vec<OpenSlot>,
    /// The labels of all posts of these days, in order.
    pub labels: Vec<String>,
    /// There is more than can be shown; fewer days show all.
    pub is_cut: bool,
}

impl Publishing {
    /// The calendar from `from` to `to`, both included, days of `zone`.
    ///
    /// # Errors
    /// The database's.
    pub async fn calendar_view(
        &self,
        scope: &Scope,
        (from, to): (Date, Date),
        zone: &Zone,
        filter: &CalendarFilter,
    ) -> Result<CalendarView, PostError> {
        let now = self.clock.now();
        let today = zone.date(now);
        let (begin, end) = (zone.start_of(from), zone.start_of(to.plus_days(1)));
        let rules = self.accounts.all_rules().await?;
        let mut tx = self.db.org(scope).await?;
        let around = queries::entries(&mut tx, begin - AROUND, end + AROUND, now - MISSED_AFTER, VIEW_MAX + 1).await?;
        let habit = (zone.start_of(today.plus_days(-HABIT_DAYS)), zone.start_of(today.plus_days(HABIT_DAYS)));
        let busy: BTreeSet<Date> = queries::busy_days(&mut tx, habit.0, habit.1, zone).await?.into_iter().collect();
        let open_slots = self.open_slots(&mut tx, (begin.max(now), end), zone, filter).await?;
        drop(tx);
        let is_cut = i64::try_from(around.len()).is_ok_and(|n| n > VIEW_MAX);
        let mut clashes = clashes(&around, &rules, zone);
        let entries: Vec<_> = around.into_iter().filter(|e| e.at >= begin && e.at < end).collect();
        let ids: BTreeSet<_> = entries.iter().map(|e| e.publication_id).collect();
        clashes.retain(|clash| clash.publication_ids.iter().any(|id| ids.contains(id)));
        let labels: BTreeSet<_> = entries.iter().flat_map(|e| e.labels.iter().cloned()).collect();
        Ok(CalendarView {
            entries: entries.into_iter().filter(|e| filter.takes(e)).collect(),
            clashes,
            holes: holes(from, to, today, &busy),
            open_slots,
            labels: labels.into_iter().collect(),
            is_cut,
        })
    }

    async fn open_slots(
        &self,
        tx: &mut OrgTx,
        (from, to): (Timestamp, Timestamp),
        zone: &Zone,
        filter: &CalendarFilter,
    ) -> Result<Vec<OpenSlot>, PostError> {
        let is_narrow = filter.state.is_some_and(|state| state != CalendarState::Planned) || filter.label.is_some();
        let slots = if from < to && !is_narrow { slots::all(tx).await? } else { BTreeMap::new() };
        if slots.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = |a: &Account| {
            a.may_publish()
                && filter.account_id.is_none_or(|id| id == a.id)
                && filter.platform.is_none_or(|platform| platform == a.platform)
        };
        let accounts: Vec<_> = self.accounts.list_in(tx).await?.into_iter().filter(wanted).collect();
        let ids: Vec<_> = accounts.iter().map(|a| a.id).collect();
        let taken = compose_queries::taken(tx, &ids, from - AROUND, to + AROUND).await?;
        Ok(slots::open(&accounts, &slots, &taken, zone, (from, to)))
    }
}
