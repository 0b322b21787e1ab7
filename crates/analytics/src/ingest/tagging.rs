//! After the listing: tags of what is new or changed. Whatever happens here, the numbers stand.

use rookery_platforms::{CallError, Delivery, ErrorType};

use super::report::StepReport;
use super::session::{Session, Step};
use crate::run::{IngestKind, IngestStatus};

impl Session<'_> {
    /// Tags what the listing brought, if it brought anything. A failure is in the diary and in the log, never in the
    /// verdict; what was missed is caught up with the next time.
    pub(super) async fn tagging_step(&self, steps: &mut Vec<StepReport>) {
        let listed = |step: &StepReport| {
            step.kind == IngestKind::Content && matches!(step.status, IngestStatus::Success | IngestStatus::Partial)
        };
        if !steps.iter().any(listed) {
            return;
        }
        let done = match self.open(IngestKind::Tagging, self.date).await {
            Ok(step) => self.tag(step).await,
            Err(error) => Err(error),
        };
        match done {
            Ok(report) => steps.push(StepReport { error: None, ended_early: false, ..report }),
            Err(error) => tracing::warn!(
                organizationId = %self.scope.organization_id, integrationId = %self.account(), date = %self.date,
                %error, "tagging could not be noted"
            ),
        }
    }

    async fn tag(&self, mut step: Step) -> Result<StepReport, super::IngestError> {
        let stop = || self.attempt.stop.is_cancelled();
        let tally = &mut step.tally;
        let tell = |items: usize, written: u64| {
            tally.total += items;
            tally.ok += items;
            tally.written += written;
        };
        let failed = match self.analytics.tag_account(self.scope, self.account(), stop, tell).await {
            Ok(()) => stop().then(|| "the worker stopped".to_owned()),
            Err(error) => Some(format!("tagging failed: {error}")),
        };
        step.end = failed.map(|message| (CallError::new(ErrorType::Transient, Delivery::NotSent, message), false));
        self.close(step).await
    }
}
