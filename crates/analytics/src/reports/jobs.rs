//! Reports are sent by the queue: a look at the clocks every few minutes, and a job for each report.

use std::fmt::Write as _;
use std::time::Duration;

use rookery_identity::Identity;
use rookery_jobs::{Job, JobError, Outcome, Registry, RunContext, TimetableEntry, queues};
use rookery_kernel::{ReportRunId, Scope};
use rookery_mail::Letter;
use serde::{Deserialize, Serialize};

use super::model::{Report, ReportError, RunState};
use super::store;
use crate::Analytics;
use crate::kpi::{Kpi, Unit};

/// Looks for schedules whose moment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanReports {}

impl Job for PlanReports {
    const KIND: &'static str = "analytics.plan_reports";
    const QUEUE: &'static str = queues::ANALYTICS;
    const PRIORITY: Option<i16> = Some(1);

    fn dedupe_key(&self) -> Option<String> {
        Some(Self::KIND.to_owned())
    }
}

/// Sends one report to the addresses that have not got it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendReport {
    /// Which.
    pub run_id: ReportRunId,
}

impl Job for SendReport {
    const KIND: &'static str = "analytics.send_report";
    const QUEUE: &'static str = queues::ANALYTICS;
    const ATTEMPTS_MAX: Option<i32> = Some(8);
    const TIMEOUT: Option<Duration> = Some(Duration::from_secs(900));

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("{}:{}", Self::KIND, self.run_id))
    }
}

impl Analytics {
    /// Adds the jobs and the timetable.
    pub(crate) fn register_reports(&self, registry: Registry, identity: &Identity) -> Registry {
        let (planner, sender, identity) = (self.clone(), self.clone(), identity.clone());
        registry
            .on(move |_: PlanReports, _: RunContext| {
                let (analytics, identity) = (planner.clone(), identity.clone());
                async move { analytics.plan_reports(&identity).await }
            })
            .on(move |job: SendReport, context: RunContext| {
                let analytics = sender.clone();
                async move {
                    let lost = || JobError::permanent("a report without an organization");
                    let scope = context.scope().ok_or_else(lost)?;
                    analytics.send_report(&scope, job.run_id, context.is_last_attempt()).await
                }
            })
            .every(TimetableEntry::new("analytics.reports", "*/5 * * * *", &PlanReports {}))
    }

    /// Each organization by itself: one that fails leaves the others their reports.
    async fn plan_reports(&self, identity: &Identity) -> Result<Outcome, JobError> {
        let mut failed = None;
        for id in identity.organization_ids().await.map_err(JobError::transient)? {
            if let Err(error) = self.plan_reports_of(&Scope::worker(id)).await {
                tracing::warn!(organizationId = %id, %error, "the reports could not be planned");
                failed = Some(error);
            }
        }
        failed.map_or(Ok(Outcome::Done), |error| Err(error.into()))
    }

    async fn send_report(&self, scope: &Scope, id: ReportRunId, is_last: bool) -> Result<Outcome, JobError> {
        let mut tx = self.db.org(scope).await?;
        let Some(run) = store::run(&mut tx, id).await? else {
            return Ok(Outcome::Discard("the schedule was deleted".to_owned()));
        };
        let Some(schedule) = store::schedule(&mut tx, run.schedule_id).await? else {
            return Ok(Outcome::Discard("the schedule was deleted".to_owned()));
        };
        drop(tx);
        if run.state == RunState::Sent {
            return Ok(Outcome::Done);
        }
        let report = match self.report(scope, schedule.group, run.period).await {
            Ok(report) => report,
            Err(ReportError::NotFound(what)) => {
                self.note_run(scope, id, RunState::Failed, &run.sent_to, Some(&format!("there is no such {what}")))
                    .await?;
                return Ok(Outcome::Discard(format!("there is no such {what}")));
            }
            Err(error) => return Err(JobError::transient(error)),
        };
        let text = words(&schedule.name, &report);
        let html = (self.render)(&report);
        let file = format!("report-{}-{}.html", run.period.from, run.period.to);
        let (mut sent, mut refused, mut later) = (run.sent_to.clone(), Vec::new(), None);
        for (n, to) in schedule.recipients.iter().enumerate() {
            if sent.contains(to) {
                continue;
            }
            let letter = Letter {
                id: format!("{id}.{n}"),
                to: to.clone(),
                subject: format!("{}: {} to {}", schedule.name, run.period.from, run.period.to),
                text: text.clone(),
                html_file: Some((file.clone(), html.clone())),
            };
            match self.mailer.send(&letter).await {
                Ok(()) => {
                    // Written at once: a worker that is stopped now sends this one no second time.
                    sent.push(to.clone());
                    self.note_run(scope, id, RunState::Queued, &sent, None).await?;
                }
                Err(error) if error.is_temporary() => later = Some(error.to_string()),
                Err(error) => refused.push(format!("{to}: {error}")),
            }
        }
        match later {
            Some(why) if !is_last => {
                self.note_run(scope, id, RunState::Queued, &sent, Some(&why)).await?;
                Err(JobError::transient(why))
            }
            later => {
                refused.extend(later);
                if refused.is_empty() {
                    self.note_run(scope, id, RunState::Sent, &sent, None).await?;
                    return Ok(Outcome::Done);
                }
                let why = refused.join("; ");
                self.note_run(scope, id, RunState::Failed, &sent, Some(&why)).await?;
                Err(JobError::permanent(why).class("mail_refused"))
            }
        }
    }

    async fn note_run(
        &self,
        scope: &Scope,
        id: ReportRunId,
        state: RunState,
        sent: &[String],
        error: Option<&str>,
    ) -> Result<(), rookery_db::Error> {
        let mut tx = self.db.org(scope).await?;
        store::set_run(&mut tx, id, state, sent, error, self.clock.now()).await?;
        tx.commit().await
    }
}

/// A figure in a line of text.
fn figure(kpi: &Kpi) -> String {
    let value = match (kpi.value, kpi.unit) {
        (None, _) => "not reported".to_owned(),
        (Some(value), Unit::Ratio) => format!("{:.1}%", value * 100.0),
        (Some(value), Unit::Count) => format!("{value:.0}"),
    };
    let change = kpi.change.map_or_else(String::new, |change| format!(" ({change:+.1}%)"));
    let coverage = kpi.coverage;
    format!(
        "{}: {value}{change}, {} of {} accounts",
        kpi.name.label().replace('_', " "),
        coverage.with_data,
        coverage.of
    )
}

/// The report in a few lines, for the letter itself.
pub(super) fn words(name: &str, report: &Report) -> String {
    let of = report.group.as_deref().unwrap_or("all accounts");
    let mut text = format!("{name}\n{}, {of}, {} to {}\n\n", report.organization, report.range.from, report.range.to);
    for kpi in &report.overview.kpis {
        let _ = writeln!(text, "{}", figure(kpi));
    }
    if !report.overview.top_content.is_empty() {
        text.push_str("\nMost reach:\n");
    }
    for top in &report.overview.top_content {
        let line = top.caption.as_deref().and_then(|c| c.lines().next()).unwrap_or("(no text)");
        let reach = top.numbers.reach.map_or_else(|| "not reported".to_owned(), |n| n.to_string());
        let _ =
            writeln!(text, "- {} ({}, reach {reach})", line.chars().take(80).collect::<String>(), top.platform.name());
    }
    text.push_str("\nThe whole report is attached; open it in a browser or print it.\n");
    text
}
