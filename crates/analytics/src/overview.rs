//! The Overview page: figures of a period beside the one before it.

use std::collections::{BTreeMap, HashSet};

use rookery_db::OrgTx;
use rookery_kernel::{AccountId, Date, Scope, Timestamp, Zone};
use tracing::instrument;
use uuid::Uuid;

use crate::kpi::{
    self, AccountFollowers, Coverage, Day, Kpi, KpiName, Metric, Mode, Range, RateBasis, Reported, Unit, change_percent,
};
use crate::report::{self, ReadError, TopContent};
use crate::{Analytics, tracking};

/// Rows of top content on the page.
const TOP_CONTENT: i64 = 5;

/// What the Overview page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    /// The days.
    pub range: Range,
    /// As many days directly before.
    pub previous: Range,
    /// The figures, in the order of the page: reach, engagement, engagement rate, followers,
    /// posts, views, impressions. All of them say what happened in the range.
    pub kpis: Vec<Kpi>,
    /// Sum of post reach, day by day.
    pub reach_per_day: ReachPerDay,
    /// What was published in the range and reached most people.
    pub top_content: Vec<TopContent>,
    /// Tracked accounts in scope.
    pub accounts: usize,
    /// The newest day with numbers in the range.
    pub as_of: Option<Date>,
    /// When the newest of them were read.
    pub fetched_at: Option<Timestamp>,
}

impl Overview {
    /// A figure by name.
    pub fn kpi(&self, name: KpiName) -> Option<&Kpi> {
        self.kpis.iter().find(|kpi| kpi.name == name)
    }
}

/// Two lines of equal length; `None` is a gap, not a zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReachPerDay {
    /// The range.
    pub current: Vec<(Date, Option<i64>)>,
    /// The days before it.
    pub previous: Vec<(Date, Option<i64>)>,
}

impl Analytics {
    /// The figures of `range`, for the tracked accounts or for those of them that `accounts` names.
    /// Posts are counted by days of `zone`; numbers carry the networks' own days.
    ///
    /// # Errors
    /// The database's.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, from = %range.from, to = %range.to))]
    pub async fn overview(
        &self,
        scope: &Scope,
        zone: &Zone,
        range: Range,
        accounts: Option<&[AccountId]>,
    ) -> Result<Overview, ReadError> {
        let mut tx = self.db.org(scope).await?;
        let ids = in_scope(&mut tx, accounts).await?;
        let previous = range.previous();
        let facts = Facts {
            range,
            days: kpi::days(&mut tx, &ids, previous.from, range).await?,
            reported: kpi::reported(&mut tx, &ids, range).await?,
            followers: kpi::followers(&mut tx, &ids, range).await?,
            followers_by_day: kpi::followers_by_day(&mut tx, &ids, range).await?,
            posts: kpi::posts_by_day(&mut tx, &ids, zone, previous.from, range.to).await?,
            accounts: ids.len(),
        };
        let top_content = report::top(&mut tx, &ids, zone, range, Metric::Reach, TOP_CONTENT).await?;
        Ok(facts.overview(top_content))
    }
}

/// The tracked accounts, or those of them that are named.
pub(crate) async fn in_scope(tx: &mut OrgTx, accounts: Option<&[AccountId]>) -> Result<Vec<Uuid>, rookery_db::Error> {
    let tracked = tracking::enabled_ids(tx).await?;
    let named = |id: &AccountId| accounts.is_none_or(|accounts| accounts.contains(id));
    Ok(tracked.into_iter().filter(named).map(AccountId::uuid).collect())
}

/// What the statements brought.
struct Facts {
    range: Range,
    days: Vec<Day>,
    reported: Reported,
    followers: Vec<AccountFollowers>,
    followers_by_day: Vec<(Date, i64)>,
    posts: Vec<(Date, AccountId, i64)>,
    accounts: usize,
}

impl Facts {
    fn overview(&self, top_content: Vec<TopContent>) -> Overview {
        let reported = &self.reported;
        let kpis = vec![
            self.sum(KpiName::Reach, reported.reach, |day| day.reach),
            self.sum(KpiName::Engagement, reported.engagement, |day| day.engagement),
            self.rate(),
            self.followers(),
            self.posts(),
            self.sum(KpiName::Views, reported.views, |day| day.views),
            self.sum(KpiName::Impressions, reported.impressions, |day| day.impressions),
        ];
        let line = |range: Range| {
            let reach: BTreeMap<Date, Option<i64>> = self.days.iter().map(|day| (day.date, day.reach)).collect();
            range.dates().map(|date| (date, reach.get(&date).copied().flatten())).collect()
        };
        Overview {
            range: self.range,
            previous: self.range.previous(),
            kpis,
            reach_per_day: ReachPerDay { current: line(self.range), previous: line(self.range.previous()) },
            top_content,
            accounts: self.accounts,
            as_of: reported.last_date,
            fetched_at: reported.last_fetched_at,
        }
    }

    fn days_of(&self, range: Range) -> impl Iterator<Item = &Day> {
        self.days.iter().filter(move |day| range.contains(day.date))
    }

    fn sum(&self, name: KpiName, with_data: i64, of: fn(&Day) -> Option<i64>) -> Kpi {
        let value = |range| kpi::total(self.days_of(range).map(of)).map(|sum| sum as f64);
        let by_day: BTreeMap<Date, f64> =
            self.days.iter().filter_map(|day| Some((day.date, of(day)? as f64))).collect();
        let (now, before) = (value(self.range), value(self.range.previous()));
        self.kpi(name, (now, before), change_percent(now, before), with_data, &by_day)
    }

    fn rate(&self) -> Kpi {
        let now = kpi::rate_of_set(self.days_of(self.range));
        let before = kpi::rate_of_set(self.days_of(self.range.previous()));
        let by_day: BTreeMap<Date, f64> =
            self.days.iter().filter_map(|day| Some((day.date, kpi::rate_of_set([day]).value?))).collect();
        let change = change_percent(now.value, before.value);
        let figures = (now.value, before.value);
        let kpi = self.kpi(KpiName::EngagementRate, figures, change, self.reported.rate, &by_day);
        Kpi { unit: Unit::Ratio, basis: Some(now.basis), ..kpi }
    }

    /// The change compares the accounts that are known at both ends: a newly connected account is
    /// no growth.
    fn followers(&self) -> Kpi {
        let sum =
            |of: fn(&AccountFollowers) -> Option<i64>| kpi::total(self.followers.iter().map(of)).map(|sum| sum as f64);
        let both = |f: &AccountFollowers| f.before.and(f.now);
        let before = |f: &AccountFollowers| f.now.and(f.before);
        let with_data = self.followers.iter().filter(|f| f.now.is_some()).count();
        let by_day = self.followers_by_day.iter().map(|(date, sum)| (*date, *sum as f64)).collect();
        let change = change_percent(sum(both), sum(before));
        let figures = (sum(|f| f.now), sum(before));
        self.kpi(KpiName::Followers, figures, change, i64::try_from(with_data).unwrap_or(i64::MAX), &by_day)
    }

    fn posts(&self) -> Kpi {
        let count = |range: Range| {
            let posts: i64 = self.posts.iter().filter(|(date, ..)| range.contains(*date)).map(|(.., n)| n).sum();
            posts as f64
        };
        // An account whose content was listed and that published nothing is a known zero.
        let figures = if self.accounts == 0 {
            (None, None)
        } else {
            (Some(count(self.range)), Some(count(self.range.previous())))
        };
        let mut by_day: BTreeMap<Date, f64> = BTreeMap::new();
        if self.accounts > 0 {
            by_day.extend(self.range.dates().map(|date| (date, 0.0)));
        }
        for (date, _, posts) in self.posts.iter().filter(|(date, ..)| self.range.contains(*date)) {
            *by_day.entry(*date).or_default() += *posts as f64;
        }
        let publishing: HashSet<AccountId> =
            self.posts.iter().filter(|(date, ..)| self.range.contains(*date)).map(|(_, id, _)| *id).collect();
        let with_data = i64::try_from(publishing.len()).unwrap_or(i64::MAX);
        self.kpi(KpiName::Posts, figures, change_percent(figures.0, figures.1), with_data, &by_day)
    }

    fn kpi(
        &self,
        name: KpiName,
        (value, previous): (Option<f64>, Option<f64>),
        change: Option<f64>,
        with_data: i64,
        by_day: &BTreeMap<Date, f64>,
    ) -> Kpi {
        Kpi {
            name,
            unit: Unit::Count,
            mode: Mode::Activity,
            value,
            previous,
            // A single day says nothing about a trend.
            change: change.filter(|_| self.range.days() > 1),
            basis: None::<RateBasis>,
            coverage: Coverage { with_data: usize::try_from(with_data).unwrap_or(0), of: self.accounts },
            sparkline: self.range.dates().map(|date| by_day.get(&date).copied()).collect(),
        }
    }
}
