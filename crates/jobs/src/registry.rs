//! Which handler runs which kind of job in this process.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use serde_json::Value;

use crate::job::{Job, JobError, Outcome, RunContext};
use crate::timetable::TimetableEntry;

type Run = Arc<dyn Fn(Value, RunContext) -> BoxFuture<'static, Result<Outcome, JobError>> + Send + Sync>;

/// A handler and what its kind declares.
#[derive(Clone)]
pub(crate) struct Handler {
    pub(crate) kind: &'static str,
    pub(crate) queue: &'static str,
    pub(crate) timeout: Option<Duration>,
    pub(crate) run: Run,
}

/// The handlers and the timetable of a process. Each context adds its own, the wiring joins them.
///
/// A worker only claims kinds it has a handler for; others wait for a process that knows them.
#[derive(Default)]
pub struct Registry {
    pub(crate) handlers: BTreeMap<&'static str, Handler>,
    pub(crate) timetable: Vec<TimetableEntry>,
}

impl Registry {
    /// No handlers yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs jobs of type `J` with `handler`.
    ///
    /// # Panics
    /// If the kind already has a handler: two contexts took the same name.
    #[must_use]
    pub fn on<J, F, Fut>(mut self, handler: F) -> Self
    where
        J: Job,
        F: Fn(J, RunContext) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Outcome, JobError>> + Send + 'static,
    {
        let run: Run = Arc::new(move |payload, context| match serde_json::from_value::<J>(payload) {
            Ok(job) => handler(job, context).boxed(),
            Err(error) => futures::future::ready(Err(JobError::permanent(error).class("payload"))).boxed(),
        });
        let added = Handler { kind: J::KIND, queue: J::QUEUE, timeout: J::TIMEOUT, run };
        let before = self.handlers.insert(J::KIND, added);
        assert!(before.is_none(), "the job kind {:?} has two handlers", J::KIND);
        self
    }

    /// Adds an entry of the timetable.
    ///
    /// # Panics
    /// If the name is taken.
    #[must_use]
    pub fn every(mut self, entry: TimetableEntry) -> Self {
        let taken = self.timetable.iter().any(|other| other.name == entry.name);
        assert!(!taken, "the timetable entry {:?} exists twice", entry.name);
        self.timetable.push(entry);
        self
    }

    /// The kinds with a handler, in order.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.handlers.keys().copied()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("kinds", &self.handlers.keys().collect::<Vec<_>>())
            .field("timetable", &self.timetable)
            .finish()
    }
}
