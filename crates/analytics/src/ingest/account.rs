//! The third step: the account's own numbers.

use rookery_kernel::{Date, Timestamp, Zone};
use rookery_platforms::{AccountMetrics, Basis};
use serde_json::Value;

use super::content::of_vanished;
use super::report::StepReport;
use super::session::{Session, Step};
use super::{IngestError, plan};
use crate::daily::{self, AccountReading, COUNT_MAX};
use crate::run::{self, IngestKind, Oddity};
use crate::snapshots::store::{self as snapshots, AccountSize};

/// Days before the target that are read again, for late corrections.
const LATE_DAYS: i64 = 3;

impl Session<'_> {
    /// Reads the account's numbers of the day and the three before it.
    pub(super) async fn account_step(&mut self) -> Result<StepReport, IngestError> {
        self.account_days(self.date.plus_days(-LATE_DAYS), self.date).await
    }

    /// Reads the account's numbers of a range. A network that only knows today's gives one row,
    /// which stands where a total may stand.
    pub(super) async fn account_days(&mut self, from: Date, to: Date) -> Result<StepReport, IngestError> {
        let mut step = self.open(IngestKind::Account, to).await?;
        loop {
            self.check_stop()?;
            if let Err(error) = self.quota() {
                step.end = Some((error, false));
                break;
            }
            step.tally.api_calls += 1;
            match self.connector.account_metrics(&self.access, from, to).await {
                Ok(days) => self.store_days(&mut step, days, from, to).await?,
                Err(error) if self.renew(&error).await? => continue,
                Err(error) => step.end = Some((of_vanished(error), false)),
            }
            break;
        }
        self.close(step).await
    }

    async fn store_days(
        &self,
        step: &mut Step,
        days: Vec<AccountMetrics>,
        from: Date,
        to: Date,
    ) -> Result<(), IngestError> {
        let now = self.now();
        let zone = self.tracked.network_zone(self.connector.capabilities().day_zone);
        let sizes: Vec<AccountSize> = days.iter().filter_map(|day| size(day, from, to, now)).collect();
        for day in &days {
            step.odd.of_account(day);
        }
        // A day of the network is told as such where the account's totals end their days elsewhere.
        if zone != self.tracked.zone() {
            let own = days.iter().filter(|day| day.basis == Basis::Day).count();
            step.odd.note(Oddity::OtherZone, zone.name(), own);
        }
        let told = days.len();
        let place = |day| self.place(day, (from, to), &zone, now);
        let readings: Vec<AccountReading> = days.into_iter().filter_map(place).collect();
        step.odd.note(Oddity::StrayDay, "", told - readings.len());
        let newest = readings.iter().filter(|r| r.followers.is_some()).max_by_key(|r| r.date);
        let followers = newest.and_then(|r| r.followers);
        step.tally.total = readings.len();
        step.tally.ok = readings.len();
        let mut tx = self.tx().await?;
        step.tally.written = daily::upsert_account(&mut tx, self.account(), &readings, now, self.overwrites).await?;
        snapshots::write_account(&mut tx, self.account(), &sizes, now).await?;
        // An old day's figure must not replace what is known of today.
        if let Some(followers) = followers.filter(|_| to >= self.snapshot.date) {
            self.analytics.accounts.set_followers_in(&mut tx, self.account(), followers).await?;
        }
        run::progress(&mut tx, step.run, &step.tally, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The day a row stands under; `None` for a day that nobody asked for.
    fn place(
        &self,
        day: AccountMetrics,
        (from, to): (Date, Date),
        zone: &Zone,
        now: Timestamp,
    ) -> Option<AccountReading> {
        match day.basis {
            Basis::Lifetime => Some(AccountReading::of(day, self.snapshot.date, self.snapshot.is_partial)),
            Basis::Day => {
                let date = day.date;
                let is_partial = now < plan::end_of(date, zone);
                (from..=to).contains(&date).then(|| AccountReading::of(day, date, is_partial))
            }
        }
    }
}

/// What a network says about the account's size; `None` if nothing, or of a day that nobody asked for. A total was true on
/// the day it was read.
fn size(day: &AccountMetrics, from: Date, to: Date, now: Timestamp) -> Option<AccountSize> {
    let date = match day.basis {
        Basis::Lifetime => now.date_utc(),
        Basis::Day => Some(day.date).filter(|date| (from..=to).contains(date))?,
    };
    let count = |value: Option<i64>| value.filter(|n| (0..=COUNT_MAX).contains(n));
    let followers = count(day.followers);
    let following = count(day.extra.get("following_count").and_then(Value::as_i64));
    let posts = count(day.posts_count);
    let is_known = followers.or(following).or(posts).is_some();
    is_known.then_some(AccountSize { day: date, followers, following, posts })
}
