//! Moments of a publication at which a test may act, for example end a process.

use std::fmt;
use std::sync::{Arc, Mutex};

use rookery_kernel::Platform;
use serde::Serialize;

/// A publication that arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReceivedPublish {
    /// The network.
    pub platform: Platform,
    /// The account's id at the network.
    pub platform_user_id: String,
    /// The text.
    pub text: String,
    /// The `Idempotency-Key`, where the network knows one.
    pub idempotency_key: Option<String>,
    /// The post's id; `None` before it is stored.
    pub external_id: Option<String>,
    /// The key was known: the first post is answered again, nothing is stored.
    pub is_replay: bool,
}

/// When in a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// The request was read and found good; nothing is stored.
    BeforeStore,
    /// The post is stored (and in the journal).
    AfterStore,
    /// The answer is made and not sent. Called too if a fault will withhold it.
    BeforeAnswer,
}

type Hook = Arc<dyn Fn(&ReceivedPublish, When) + Send + Sync>;

#[derive(Default)]
pub(crate) struct Hooks(Mutex<Vec<Hook>>);

impl Hooks {
    pub fn add(&self, hook: Hook) {
        self.0.lock().expect("no holder of this lock panics").push(hook);
    }

    pub fn clear(&self) {
        self.0.lock().expect("no holder of this lock panics").clear();
    }

    /// Calls them outside every lock, so that they may ask the control.
    pub fn fire(&self, publish: &ReceivedPublish, when: When) {
        let hooks = self.0.lock().expect("no holder of this lock panics").clone();
        for hook in hooks {
            hook(publish, when);
        }
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hooks")
    }
}
