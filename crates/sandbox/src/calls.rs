//! The record of every call that came.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use rookery_kernel::{Platform, Timestamp};
use serde::Serialize;

use crate::faults::Endpoint;

/// Calls that are kept; older ones are forgotten, but stay counted.
const KEPT_MAX: usize = 20_000;

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    /// It is still being worked on, or the client left before the answer.
    Open,
    /// It was answered.
    Answered,
    /// The connection was broken off.
    Dropped,
    /// It is left without an answer.
    Silent,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CallRecord {
    /// Counted from 1 since the start.
    pub serial: u64,
    /// When, by the sandbox's clock.
    pub at: Timestamp,
    /// HTTP method.
    pub method: String,
    /// Path without query.
    pub path: String,
    /// The network.
    pub platform: Platform,
    /// What for.
    pub endpoint: Endpoint,
    /// The account of the token (its id at the network).
    pub account: Option<String>,
    /// The `Idempotency-Key` header.
    pub idempotency_key: Option<String>,
    /// HTTP status of the answer.
    pub status: Option<u16>,
    /// What became of it.
    pub outcome: CallOutcome,
    /// How many fault rules hit it.
    pub faults: usize,
}

#[derive(Debug, Default)]
struct State {
    serial: u64,
    kept: VecDeque<CallRecord>,
    by_endpoint: BTreeMap<String, u64>,
}

/// All calls.
#[derive(Debug, Default)]
pub(crate) struct Calls(Mutex<State>);

impl Calls {
    pub fn next_serial(&self) -> u64 {
        let mut state = self.0.lock().expect("no holder of this lock panics");
        state.serial += 1;
        state.serial
    }

    pub fn begin(&self, record: CallRecord) {
        let mut state = self.0.lock().expect("no holder of this lock panics");
        let endpoint = serde_json::to_value(record.endpoint).expect("a word");
        let name = format!("{}.{}", record.platform, endpoint.as_str().unwrap_or_default());
        *state.by_endpoint.entry(name).or_default() += 1;
        if state.kept.len() == KEPT_MAX {
            state.kept.pop_front();
        }
        state.kept.push_back(record);
    }

    pub fn end(&self, serial: u64, status: Option<u16>, outcome: CallOutcome) {
        let mut state = self.0.lock().expect("no holder of this lock panics");
        if let Some(record) = state.kept.iter_mut().rev().find(|r| r.serial == serial) {
            record.status = status;
            record.outcome = outcome;
        }
    }

    pub fn list(&self) -> Vec<CallRecord> {
        self.0.lock().expect("no holder of this lock panics").kept.iter().cloned().collect()
    }

    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.0.lock().expect("no holder of this lock panics").by_endpoint.clone()
    }

    pub fn clear(&self) {
        let mut state = self.0.lock().expect("no holder of this lock panics");
        state.kept.clear();
        state.by_endpoint.clear();
    }
}
