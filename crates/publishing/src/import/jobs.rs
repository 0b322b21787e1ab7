//! Forgetting previews.

use rookery_jobs::{Job, JobError, Outcome, Registry, RunContext, queues};
use rookery_kernel::PostImportId;
use serde::{Deserialize, Serialize};

use crate::Publishing;

/// Deletes a preview whose time is over, and the rows that an import left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpireImport {
    /// Which.
    pub import_id: PostImportId,
}

impl Job for ExpireImport {
    const KIND: &'static str = "publishing.expire_import";
    const QUEUE: &'static str = queues::SYSTEM;

    fn dedupe_key(&self) -> Option<String> {
        Some(format!("expire_import:{}", self.import_id))
    }
}

impl Publishing {
    /// Adds the job.
    pub(crate) fn register_imports(&self, registry: Registry) -> Registry {
        let publishing = self.clone();
        registry.on(move |job: ExpireImport, context: RunContext| {
            let publishing = publishing.clone();
            async move {
                let scope = context.scope().ok_or_else(|| JobError::permanent("an import without an organization"))?;
                publishing.expire_import(&scope, job.import_id).await?;
                Ok(Outcome::Done)
            }
        })
    }
}
