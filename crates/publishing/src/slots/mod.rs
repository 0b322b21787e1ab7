//! The queue of an account: times of the week at which it posts. What is added to the queue takes the next of them that
//! is free; two people who add at the same moment get two slots.

mod store;
mod weekly;

use std::collections::BTreeMap;
use std::time::Duration;

use rookery_accounts::Account;
use rookery_db::Error;
use rookery_governance::audit::{self, Changes, Entry};
use rookery_kernel::{AccountId, Platform, Scope, Timestamp, Zone};
use tracing::instrument;

use crate::Publishing;
use crate::post::PostError;

pub(crate) use store::{all, lock_queues};
pub use weekly::WeeklyTime;
pub(crate) use weekly::{instants, is_apart, weekday};

const SLOTS: &str = "publishing.posting_slots";
/// Most times of the week of one account: one each half hour.
pub const SLOTS_MAX: usize = 336;
/// What is added to the queue goes out in five minutes at the soonest: somebody may still read it over.
pub(crate) const QUEUE_LEAD: Duration = Duration::from_secs(5 * 60);

/// A time of the week at which an account posts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PostingSlot {
    /// When, by the clock of the organization's zone.
    pub time: WeeklyTime,
    /// The queue leaves it out.
    pub is_paused: bool,
}

/// A slot of the coming days that no post has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSlot {
    /// Whose.
    pub account_id: AccountId,
    /// The account's network.
    pub platform: Platform,
    /// When.
    pub at: Timestamp,
}

/// What becomes of an account's slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotChange {
    /// These are added; while all slots are paused, they are too.
    Add(Vec<WeeklyTime>),
    /// These are taken away.
    Remove(Vec<WeeklyTime>),
    /// Exactly these.
    Replace(Vec<PostingSlot>),
    /// The queue leaves all of them out.
    Pause,
    /// The queue fills all of them again.
    Resume,
}

/// The slots of an account could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum SlotsError {
    /// No such account in this organization.
    #[error("no such account: {0}")]
    AccountNotFound(AccountId),
    /// More than a week has room for.
    #[error("an account has at most {SLOTS_MAX} slots a week; leave some out")]
    TooMany,
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] Error),
}

impl Publishing {
    /// The slots of the organization's accounts in the week's order, from Sunday; accounts without any are not there.
    ///
    /// # Errors
    /// The database's.
    pub async fn posting_slots(&self, scope: &Scope) -> Result<BTreeMap<AccountId, Vec<PostingSlot>>, PostError> {
        let mut tx = self.db.org(scope).await?;
        Ok(all(&mut tx).await?)
    }

    /// Changes the slots of an account and gives those that it has then. What is planned already stays.
    ///
    /// # Errors
    /// `AccountNotFound`, `TooMany`; the database's.
    #[instrument(skip_all, err(level = "debug"), fields(account = %account))]
    pub async fn change_posting_slots(
        &self,
        scope: &Scope,
        account: AccountId,
        change: SlotChange,
    ) -> Result<Vec<PostingSlot>, SlotsError> {
        let mut tx = self.db.org(scope).await?;
        if !self.accounts.list_in(&mut tx).await?.iter().any(|a| a.id == account) {
            return Err(SlotsError::AccountNotFound(account));
        }
        // Two people who edit at the same moment both get their way.
        lock_queues(&mut tx, &[account]).await?;
        let before = all(&mut tx).await?.remove(&account).unwrap_or_default();
        let after = change.apply(&before);
        if after.len() > SLOTS_MAX {
            return Err(SlotsError::TooMany);
        }
        if after == before {
            return Ok(after);
        }
        let ids: Vec<_> = after.iter().map(|_| self.ids.uuid()).collect();
        store::replace(&mut tx, account, &after, &ids, self.clock.now()).await?;
        let changes = Changes::new().set("slots", words(&before), words(&after));
        let entry = Entry {
            action: "update",
            resource: SLOTS,
            resource_id: Some(account.to_string()),
            changes: changes.into(),
        };
        audit::record(&mut tx, &*self.clock, &[entry]).await?;
        tx.commit().await?;
        Ok(after)
    }
}

impl SlotChange {
    fn apply(self, before: &[PostingSlot]) -> Vec<PostingSlot> {
        let mut slots: BTreeMap<WeeklyTime, bool> = before.iter().map(|slot| (slot.time, slot.is_paused)).collect();
        match self {
            Self::Add(times) => {
                let is_paused = !slots.is_empty() && slots.values().all(|is_paused| *is_paused);
                for time in times {
                    slots.entry(time).or_insert(is_paused);
                }
            }
            Self::Remove(times) => slots.retain(|time, _| !times.contains(time)),
            Self::Replace(new) => slots = new.into_iter().map(|slot| (slot.time, slot.is_paused)).collect(),
            Self::Pause => slots.values_mut().for_each(|is_paused| *is_paused = true),
            Self::Resume => slots.values_mut().for_each(|is_paused| *is_paused = false),
        }
        slots.into_iter().map(|(time, is_paused)| PostingSlot { time, is_paused }).collect()
    }
}

fn words(slots: &[PostingSlot]) -> Vec<String> {
    let word = |slot: &PostingSlot| {
        let paused = if slot.is_paused { " paused" } else { "" };
        format!("{} {}{paused}", slot.time.weekday, slot.time.clock())
    };
    slots.iter().map(word).collect()
}

/// The times that the queue fills.
pub(crate) fn active(slots: &[PostingSlot]) -> Vec<WeeklyTime> {
    slots.iter().filter(|slot| !slot.is_paused).map(|slot| slot.time).collect()
}

/// The slots from `from` up to, not including, `to` that no post has, in time's order. `taken` says when something
/// came out or is planned.
pub(crate) fn open(
    accounts: &[Account],
    slots: &BTreeMap<AccountId, Vec<PostingSlot>>,
    taken: &[(AccountId, Timestamp)],
    zone: &Zone,
    (from, to): (Timestamp, Timestamp),
) -> Vec<OpenSlot> {
    let days = zone.date(to).days_since(zone.date(from)) + 1;
    let mut found = Vec::new();
    for account in accounts {
        let Some(slots) = slots.get(&account.id) else { continue };
        let taken: Vec<_> = taken.iter().filter(|(id, _)| *id == account.id).map(|(_, at)| *at).collect();
        let instants = instants(&active(slots), zone, from, days).into_iter();
        let free = instants.filter(|at| *at < to && taken.iter().all(|other| is_apart(*at, *other)));
        found.extend(free.map(|at| OpenSlot { account_id: account.id, platform: account.platform, at }));
    }
    found.sort_by_key(|slot| (slot.at, slot.account_id));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: u16) -> WeeklyTime {
        WeeklyTime::new(1, minute).expect("in range")
    }

    fn slot(minute: u16, is_paused: bool) -> PostingSlot {
        PostingSlot { time: at(minute), is_paused }
    }

    #[test]
    fn what_is_added_to_a_paused_queue_waits_with_it() {
        let add = |before: &[PostingSlot]| SlotChange::Add(vec![at(60), at(30)]).apply(before);
        assert_eq!(add(&[]), [slot(30, false), slot(60, false)]);
        assert_eq!(add(&[slot(60, true)]), [slot(30, true), slot(60, true)]);
        assert_eq!(add(&[slot(60, true), slot(90, false)]), [slot(30, false), slot(60, true), slot(90, false)]);
    }

    #[test]
    fn slots_are_removed_paused_and_replaced() {
        let before = [slot(30, false), slot(60, true)];
        assert_eq!(SlotChange::Remove(vec![at(30), at(31)]).apply(&before), [slot(60, true)]);
        assert_eq!(SlotChange::Pause.apply(&before), [slot(30, true), slot(60, true)]);
        assert_eq!(SlotChange::Resume.apply(&before), [slot(30, false), slot(60, false)]);
        let new = vec![slot(90, false), slot(10, false), slot(90, false)];
        assert_eq!(SlotChange::Replace(new).apply(&before), [slot(10, false), slot(90, false)]);
    }
}
