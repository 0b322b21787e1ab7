//! Making reports, and planning when they are sent.

use rookery_db::OrgTx;
use rookery_governance::audit::{self, Changes, Entry};
use rookery_kernel::{ReportRunId, ReportScheduleId, Scope};
use tracing::instrument;
use uuid::Uuid;

use super::jobs::SendReport;
use super::model::{
    NewSchedule, REPORT_SCHEDULES_MAX, Report, ReportAccount, ReportError, ReportRun, ReportSchedule, RunState,
    next_after,
};
use super::store;
use crate::Analytics;
use crate::kpi::Range;
use crate::performance::Filter;

const SCHEDULES: &str = "analytics.report_schedules";
/// Runs that are listed.
const LISTED: i64 = 50;

impl Analytics {
    /// The report of a range, of the organization or of a page group. The figures are those of the pages.
    ///
    /// # Errors
    /// [`ReportError::NotFound`] for a group; what reading said.
    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id, from = %range.from, to = %range.to))]
    pub async fn report(&self, scope: &Scope, group: Option<Uuid>, range: Range) -> Result<Report, ReportError> {
        let range = Range::new(range.from, range.to)?;
        let mut tx = self.db.org(scope).await?;
        let (organization, zone) = store::house(&mut tx).await?;
        let (group_name, members) = match group {
            Some(id) => {
                let name = store::group_name(&mut tx, id).await?.ok_or(ReportError::NotFound("page group"))?;
                (Some(name), Some(store::members(&mut tx, id).await?))
            }
            None => (None, None),
        };
        let tracked = crate::tracking::enabled_ids(&mut tx).await?;
        let known = self.accounts.list_in(&mut tx).await?;
        drop(tx);
        let overview = self.overview(scope, range, members.as_deref()).await?;
        let formats = self.format_comparison(scope, range, &Filter { group, ..Filter::default() }).await?;
        let shown = members.unwrap_or(tracked);
        let ids: Vec<Uuid> = shown.iter().map(|id| id.uuid()).collect();
        let sums = self.sums(scope, &ids, range).await?;
        let mut accounts: Vec<ReportAccount> = known
            .into_iter()
            .filter(|account| shown.contains(&account.id))
            .map(|account| ReportAccount {
                id: account.id,
                name: account.name().to_owned(),
                platform: account.platform,
                sums: sums.iter().find(|(id, _)| *id == account.id.uuid()).map(|(_, sums)| *sums),
            })
            .collect();
        accounts.sort_by_key(|a| std::cmp::Reverse(a.sums.and_then(|s| s.numbers.reach.or(s.engagement))));
        let made_at = self.clock.now();
        Ok(Report { organization, group: group_name, range, overview, formats, accounts, zone, made_at })
    }

    /// Whether reports can be sent.
    pub const fn can_send(&self) -> bool {
        self.mailer.is_configured()
    }

    /// Plans a report.
    ///
    /// # Errors
    /// `Bad` says what cannot be; `NoMail`; `TooMany`; `NotFound` for a group.
    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id))]
    pub async fn create_schedule(&self, scope: &Scope, new: NewSchedule) -> Result<ReportSchedule, ReportError> {
        let new = new.checked()?;
        if !self.can_send() {
            return Err(ReportError::NoMail);
        }
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        if let Some(group) = new.group {
            store::group_name(&mut tx, group).await?.ok_or(ReportError::NotFound("page group"))?;
        }
        if i64::try_from(store::schedules(&mut tx).await?.len()).unwrap_or(i64::MAX) >= REPORT_SCHEDULES_MAX {
            return Err(ReportError::TooMany);
        }
        let id = ReportScheduleId::generate(&*self.ids);
        let next_at = next_after(new.cadence, &new.at, &new.zone, now);
        store::insert_schedule(&mut tx, id, &new, next_at, now).await?;
        let changes = Changes::new()
            .new_value("name", &new.name)
            .new_value("cadence", new.cadence.label())
            .new_value("recipients", new.recipients.len());
        self.note_schedule(&mut tx, "insert", id, changes).await?;
        let made = store::schedule(&mut tx, id).await?.ok_or(ReportError::NotFound("schedule"))?;
        tx.commit().await?;
        Ok(made)
    }

    /// All schedules, by name.
    ///
    /// # Errors
    /// The database's.
    pub async fn schedules(&self, scope: &Scope) -> Result<Vec<ReportSchedule>, ReportError> {
        let mut tx = self.db.org(scope).await?;
        Ok(store::schedules(&mut tx).await?)
    }

    /// The newest reports that were due.
    ///
    /// # Errors
    /// The database's.
    pub async fn report_runs(&self, scope: &Scope) -> Result<Vec<ReportRun>, ReportError> {
        let mut tx = self.db.org(scope).await?;
        Ok(store::runs(&mut tx, LISTED).await?)
    }

    /// Turns a schedule on, from its next moment, or off.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn enable_schedule(
        &self,
        scope: &Scope,
        id: ReportScheduleId,
        enabled: bool,
    ) -> Result<ReportSchedule, ReportError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let old = store::schedule(&mut tx, id).await?.ok_or(ReportError::NotFound("schedule"))?;
        let next_at = next_after(old.cadence, &old.at, &old.zone, now);
        store::set_enabled(&mut tx, id, enabled, next_at, now).await?;
        let changes = Changes::new().new_value("enabled", enabled).note("name", &old.name);
        self.note_schedule(&mut tx, "update", id, changes).await?;
        tx.commit().await?;
        Ok(ReportSchedule { enabled, next_at, ..old })
    }

    /// Takes a schedule away, with the record of what it sent.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn delete_schedule(&self, scope: &Scope, id: ReportScheduleId) -> Result<(), ReportError> {
        let mut tx = self.db.org(scope).await?;
        if !store::delete_schedule(&mut tx, id).await? {
            return Err(ReportError::NotFound("schedule"));
        }
        self.note_schedule(&mut tx, "delete", id, Changes::new()).await?;
        Ok(tx.commit().await?)
    }

    /// Sends the report of the newest period now, to all addresses that have not got it.
    ///
    /// # Errors
    /// `NotFound`; `NoMail`.
    #[instrument(skip_all, err(level = "debug"), fields(schedule = %id))]
    pub async fn send_now(&self, scope: &Scope, id: ReportScheduleId) -> Result<ReportRun, ReportError> {
        if !self.can_send() {
            return Err(ReportError::NoMail);
        }
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let schedule = store::schedule(&mut tx, id).await?.ok_or(ReportError::NotFound("schedule"))?;
        let period = schedule.cadence.period(schedule.zone.date(now));
        let new = ReportRunId::generate(&*self.ids);
        store::insert_runs(&mut tx, &[(new, id, period)], now).await?;
        let runs = store::runs(&mut tx, i64::from(u16::MAX)).await?;
        let run = runs.into_iter().find(|r| r.schedule_id == id && r.period == period);
        let run = run.ok_or(ReportError::NotFound("report"))?;
        if run.state == RunState::Failed {
            store::set_run(&mut tx, run.id, RunState::Queued, &run.sent_to, None, now).await?;
        }
        let job = SendReport { run_id: run.id };
        self.jobs.caused_by(scope).enqueue(tx.conn(), Some(scope.organization_id), &job).await?;
        let run = store::run(&mut tx, run.id).await?.ok_or(ReportError::NotFound("report"))?;
        tx.commit().await?;
        self.jobs.wake();
        Ok(run)
    }

    async fn note_schedule(
        &self,
        tx: &mut OrgTx,
        action: &str,
        id: ReportScheduleId,
        changes: Changes,
    ) -> Result<(), rookery_db::Error> {
        let entry = Entry { action, resource: SCHEDULES, resource_id: Some(id.to_string()), changes: changes.into() };
        audit::record(tx, &*self.clock, &[entry]).await
    }

    /// Plans what is due in one organization: a run for each period that has none, and a job to send it. However often
    /// this happens, a period is sent once. How many are new.
    ///
    /// # Errors
    /// The database's.
    pub(super) async fn plan_reports_of(&self, scope: &Scope) -> Result<usize, rookery_db::Error> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let due = store::due(&mut tx, now).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let runs: Vec<_> = due
            .iter()
            .map(|s| (ReportRunId::generate(&*self.ids), s.id, s.cadence.period(s.zone.date(s.next_at))))
            .collect();
        let new = store::insert_runs(&mut tx, &runs, now).await?;
        let next: Vec<_> = due.iter().map(|s| (s.id, next_after(s.cadence, &s.at, &s.zone, now))).collect();
        store::set_next(&mut tx, &next, now).await?;
        let jobs: Vec<_> = new.iter().map(|run_id| (SendReport { run_id: *run_id }, now)).collect();
        self.jobs.enqueue_many(tx.conn(), Some(scope.organization_id), &jobs).await?;
        tx.commit().await?;
        self.jobs.wake();
        Ok(new.len())
    }
}
