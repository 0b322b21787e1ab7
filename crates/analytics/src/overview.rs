//! The Overview page: figures of a period beside the one before it.

use rookery_db::OrgTx;
use rookery_kernel::{AccountId, Date, Scope, Timestamp};
use tracing::instrument;
use uuid::Uuid;

use crate::kpi::{
    self, AccountFacts, Coverage, Day, Followers, Kpi, KpiName, Metric, Mode, Range, RateBasis, Reporting, Unit,
    UsualOrganization, change_percent,
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
    /// What was published in the range and reached most people; where no reach is known, by views, else by engagement.
    pub top_content: Vec<TopContent>,
    /// Tracked accounts in scope.
    pub accounts: usize,
    /// The newest day with numbers in the range.
    pub as_of: Option<Date>,
    /// When the sums of that day last moved.
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
    /// Posts are counted by the organization's days; numbers carry the networks' own days.
    ///
    /// # Errors
    /// The database's.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, from = %range.from, to = %range.to))]
    pub async fn overview(
        &self,
        scope: &Scope,
        range: Range,
        accounts: Option<&[AccountId]>,
    ) -> Result<Overview, ReadError> {
        let mut tx = self.db.reading(scope).await?;
        let facts = Facts::with_lines(&mut tx, range, accounts).await?;
        // Not every network says whom it reached.
        let metrics = [Metric::Reach, Metric::Views, Metric::Engagement];
        let top_content = report::top_by_first(&mut tx, accounts, range, &metrics, TOP_CONTENT).await?;
        tx.commit().await?;
        Ok(facts.overview(top_content))
    }

    /// The figures of `range` alone, as [`Analytics::overview`] has them, without their lines.
    ///
    /// # Errors
    /// The database's.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, from = %range.from, to = %range.to))]
    pub async fn kpis(
        &self,
        scope: &Scope,
        range: Range,
        accounts: Option<&[AccountId]>,
    ) -> Result<Vec<Kpi>, ReadError> {
        let mut tx = self.db.reading(scope).await?;
        let facts = Facts::without_lines(&mut tx, range, accounts).await?;
        tx.commit().await?;
        Ok(facts.kpis())
    }
}

fn uuids(named: Option<&[AccountId]>) -> Option<Vec<Uuid>> {
    named.map(|ids| ids.iter().map(|id| id.uuid()).collect())
}

/// The scopes whose sums make up the figures of these accounts. An account that is tracked no longer is in the
/// organization's sums, but not in its figures.
fn scopes(tx: &OrgTx, accounts: &[AccountFacts], is_all: bool) -> Vec<Uuid> {
    if is_all {
        return vec![tx.organization_id().uuid()];
    }
    accounts.iter().map(|account| account.integration_id.uuid()).collect()
}

/// The tracked accounts, or those of them that are named.
pub(crate) async fn in_scope(tx: &mut OrgTx, accounts: Option<&[AccountId]>) -> Result<Vec<Uuid>, rookery_db::Error> {
    let tracked = tracking::enabled_ids(tx).await?;
    let named = |id: &AccountId| accounts.is_none_or(|accounts| accounts.contains(id));
    Ok(tracked.into_iter().filter(named).map(AccountId::uuid).collect())
}

/// What the figures of a range stand on.
struct Facts {
    range: Range,
    reporting: Reporting,
    followers: Followers,
    /// The sums of the range, and of as many days directly before it.
    now: Day,
    before: Day,
    /// Both, day by day, if lines are drawn.
    days: Option<Vec<Day>>,
}

impl Facts {
    async fn without_lines(
        tx: &mut OrgTx,
        range: Range,
        named: Option<&[AccountId]>,
    ) -> Result<Self, rookery_db::Error> {
        if named.is_none()
            && let Some(UsualOrganization { reporting, followers, now, before }) =
                kpi::organization_of_usual(tx, range).await?
        {
            return Ok(Self { range, reporting, followers, now, before, days: None });
        }
        let named = uuids(named);
        if let Some((accounts, _)) = kpi::accounts_of_usual(tx, named.as_deref(), range).await? {
            let now = Day::sum(range.to, accounts.iter().map(|account| &account.now));
            let before = Day::sum(range.previous().to, accounts.iter().map(|account| &account.before));
            let accounts: Vec<AccountFacts> = accounts.into_iter().map(|account| account.facts).collect();
            let (reporting, followers) = kpi::together(&accounts);
            return Ok(Self { range, reporting, followers, now, before, days: None });
        }
        let (accounts, is_all) = kpi::accounts(tx, named.as_deref(), range).await?;
        let (now, before) = kpi::sums_beside(tx, &scopes(tx, &accounts, is_all), range).await?;
        let (reporting, followers) = kpi::together(&accounts);
        Ok(Self { range, reporting, followers, now, before, days: None })
    }

    async fn with_lines(tx: &mut OrgTx, range: Range, named: Option<&[AccountId]>) -> Result<Self, rookery_db::Error> {
        let (reporting, followers, scopes) = Self::accounts(tx, range, named).await?;
        let previous = range.previous();
        let days = kpi::days(tx, &scopes, previous.from, range.to).await?;
        let sum = |range: Range| Day::sum(range.to, days.iter().filter(|day| range.contains(day.date)));
        let (now, before) = (sum(range), sum(previous));
        Ok(Self { range, reporting, followers, now, before, days: Some(days) })
    }

    /// What the accounts say together, and the scopes whose sums are theirs.
    async fn accounts(
        tx: &mut OrgTx,
        range: Range,
        named: Option<&[AccountId]>,
    ) -> Result<(Reporting, Followers, Vec<Uuid>), rookery_db::Error> {
        if named.is_none()
            && let Some(organization) = kpi::organization_of_usual(tx, range).await?
        {
            return Ok((organization.reporting, organization.followers, vec![tx.organization_id().uuid()]));
        }
        let named = uuids(named);
        let (accounts, is_all) = match kpi::accounts_of_usual(tx, named.as_deref(), range).await? {
            Some((accounts, is_all)) => (accounts.into_iter().map(|account| account.facts).collect(), is_all),
            None => kpi::accounts(tx, named.as_deref(), range).await?,
        };
        let (reporting, followers) = kpi::together(&accounts);
        Ok((reporting, followers, scopes(tx, &accounts, is_all)))
    }

    fn kpis(&self) -> Vec<Kpi> {
        vec![
            self.sum(KpiName::Reach, |of| of.reach, |day| day.reach),
            self.sum(KpiName::Engagement, |of| of.engagement, |day| day.engagement),
            self.rate(),
            self.followers(),
            self.posts(),
            self.sum(KpiName::Views, |of| of.views, |day| day.views),
            self.sum(KpiName::Impressions, |of| of.impressions, |day| day.impressions),
        ]
    }

    fn overview(&self, top_content: Vec<TopContent>) -> Overview {
        let days = self.days.iter().flatten().filter(|day| self.range.contains(day.date));
        let newest = days.filter_map(|day| Some((day.date, day.moved_at?))).max();
        let reach = |range: Range| range.dates().zip(self.line(range, |day| day.reach)).collect();
        Overview {
            range: self.range,
            previous: self.range.previous(),
            kpis: self.kpis(),
            reach_per_day: ReachPerDay { current: reach(self.range), previous: reach(self.range.previous()) },
            top_content,
            accounts: self.reporting.accounts,
            as_of: newest.map(|(date, _)| date),
            fetched_at: newest.map(|(_, at)| at),
        }
    }

    /// One value for each day of a range, in order; none at all if no lines are drawn.
    fn line<T: Copy>(&self, range: Range, of: impl Fn(&Day) -> Option<T>) -> Vec<Option<T>> {
        let Some(days) = &self.days else { return Vec::new() };
        let mut line = vec![None; usize::try_from(range.days()).unwrap_or(0)];
        for day in days.iter().filter(|day| range.contains(day.date)) {
            let place = usize::try_from(day.date.days_since(range.from)).unwrap_or(usize::MAX);
            if let Some(value) = line.get_mut(place) {
                *value = of(day);
            }
        }
        line
    }

    fn sum(&self, name: KpiName, with: fn(&Reporting) -> usize, of: fn(&Day) -> Option<i64>) -> Kpi {
        let value = |sum: Option<i64>| sum.map(|sum| sum as f64);
        let line = self.line(self.range, |day| value(of(day)));
        let (now, before) = (value(of(&self.now)), value(of(&self.before)));
        self.kpi(name, (now, before), change_percent(now, before), with(&self.reporting), line)
    }

    fn rate(&self) -> Kpi {
        let (now, before) = (self.now.rated.rate(), self.before.rated.rate());
        let line = self.line(self.range, |day| day.rated.rate().value);
        let change = change_percent(now.value, before.value);
        let figures = (now.value, before.value);
        let kpi = self.kpi(KpiName::EngagementRate, figures, change, self.reporting.rate, line);
        Kpi { unit: Unit::Ratio, basis: Some(now.basis), ..kpi }
    }

    /// The change compares the accounts that are known at both ends: a newly connected account is
    /// no growth. The line runs back from the end by what was won and lost.
    fn followers(&self) -> Kpi {
        let value = |sum: Option<i64>| sum.map(|sum| sum as f64);
        let Followers { now, compared, before } = self.followers;
        let (now, compared, before) = (value(now), value(compared), value(before));
        let mut line = self.line(self.range, |day| day.followers_delta.map(|delta| delta as f64));
        if let Some(mut followers) = now {
            for value in line.iter_mut().rev() {
                let grown = value.replace(followers);
                followers -= grown.unwrap_or(0.0);
            }
        } else {
            line.fill(None);
        }
        let change = change_percent(compared, before);
        self.kpi(KpiName::Followers, (now, before), change, self.reporting.followers, line)
    }

    fn posts(&self) -> Kpi {
        // An account whose content was listed and that published nothing is a known zero.
        let is_known = self.reporting.accounts > 0;
        let count = |posts: i64| is_known.then_some(posts as f64);
        let figures = (count(self.now.posts), count(self.before.posts));
        let mut line = self.line(self.range, |day| Some(day.posts as f64));
        for value in &mut line {
            *value = is_known.then(|| value.unwrap_or(0.0));
        }
        self.kpi(KpiName::Posts, figures, change_percent(figures.0, figures.1), self.reporting.posts, line)
    }

    fn kpi(
        &self,
        name: KpiName,
        (value, previous): (Option<f64>, Option<f64>),
        change: Option<f64>,
        with_data: usize,
        sparkline: Vec<Option<f64>>,
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
            coverage: Coverage { with_data, of: self.reporting.accounts },
            sparkline,
        }
    }
}
