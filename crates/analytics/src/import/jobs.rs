//! Large files are examined and stored behind the page, and go on where they were stopped.

use std::time::Duration;

use rookery_jobs::{Job, JobError, Outcome, Registry, RunContext, queues};
use rookery_kernel::MetricImportId;
use serde::{Deserialize, Serialize};

use super::model::{ImportState, MetricImport};
use crate::Analytics;

macro_rules! jobs {
    ($($(#[$doc:meta])* $name:ident = $kind:literal on $queue:expr, $timeout:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name {
            /// Which.
            pub import_id: MetricImportId,
        }

        impl Job for $name {
            const KIND: &'static str = $kind;
            const QUEUE: &'static str = $queue;
            const TIMEOUT: Option<Duration> = Some(Duration::from_secs($timeout));

            fn dedupe_key(&self) -> Option<String> {
                Some(format!("{}:{}", Self::KIND, self.import_id))
            }
        }
    )+};
}
jobs! {
    /// Examines the rows of a file that were not yet.
    ExamineMetricImport = "analytics.examine_metric_import" on queues::ANALYTICS, 1800;
    /// Stores the rows of a file that were not yet.
    ApplyMetricImport = "analytics.apply_metric_import" on queues::ANALYTICS, 3600;
    /// Deletes a preview whose time is over, and the rows of an import.
    ExpireMetricImport = "analytics.expire_metric_import" on queues::SYSTEM, 300;
}

fn percent(import: &MetricImport) -> u8 {
    let of = match import.state {
        ImportState::Applying => import.counts.ready,
        _ => import.counts.total,
    };
    u8::try_from(u64::from(import.counts.done) * 100 / u64::from(of.max(1))).unwrap_or(100).min(100)
}

impl Analytics {
    /// Adds the jobs.
    pub(crate) fn register_metric_imports(&self, registry: Registry) -> Registry {
        let (examine, apply, expire) = (self.clone(), self.clone(), self.clone());
        let lost = || JobError::permanent("an import without an organization");
        registry
            .on(move |job: ExamineMetricImport, context: RunContext| {
                let analytics = examine.clone();
                async move {
                    let scope = context.scope().ok_or_else(lost)?;
                    while let Some(import) = analytics.examine_some(&scope, job.import_id).await? {
                        let _ = context.progress(percent(&import), "Reading rows").await;
                    }
                    Ok(Outcome::Done)
                }
            })
            .on(move |job: ApplyMetricImport, context: RunContext| {
                let analytics = apply.clone();
                async move {
                    let scope = context.scope().ok_or_else(lost)?;
                    while let Some(import) = analytics.apply_some(&scope, job.import_id).await? {
                        let _ = context.progress(percent(&import), "Storing numbers").await;
                    }
                    Ok(Outcome::Done)
                }
            })
            .on(move |job: ExpireMetricImport, context: RunContext| {
                let analytics = expire.clone();
                async move {
                    let scope = context.scope().ok_or_else(lost)?;
                    analytics.expire_metric_import(&scope, job.import_id).await?;
                    Ok(Outcome::Done)
                }
            })
    }
}
