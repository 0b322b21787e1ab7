//! Things that go wrong on request.

use std::sync::Mutex;

use rookery_kernel::Platform;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::Call;

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// Creates a post.
    Publish,
    /// Lists an account's posts.
    List,
    /// Reads one post, or insights of a post or page.
    Metrics,
    /// Reads an account, a page, or the list of pages.
    Account,
    /// Consent, tokens, registration.
    Oauth,
    /// Takes a post away.
    Delete,
    /// Brings media: bytes, upload sessions, containers, and asks how far they are.
    Upload,
    /// Everything else.
    Other,
    /// In a rule: all of them.
    #[default]
    Any,
}

/// How a connection without an answer behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Silence {
    /// It breaks at once.
    #[default]
    Drop,
    /// It stays open without a byte until the client gives up.
    Hang,
}

/// How an answer is spoilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Garbling {
    /// A page for people with status 200.
    #[default]
    Html,
    /// JSON that ends in the middle.
    Truncated,
}

const fn yes() -> bool {
    true
}

const fn five_minutes() -> u64 {
    300
}

const fn internal_error() -> u16 {
    500
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Effect {
    /// The call is carried out, its answer never comes.
    AcceptThenTimeout {
        /// Break off or stay silent.
        #[serde(default)]
        silence: Silence,
    },
    /// The call is lost on the way: nothing is carried out, no answer comes.
    LoseRequest {
        /// Break off or stay silent.
        #[serde(default)]
        silence: Silence,
    },
    /// The call is carried out, the answer says 500.
    #[serde(rename = "accept_then_500")]
    AcceptThen500,
    /// Nothing is carried out, the answer says 500.
    #[serde(rename = "refuse_500")]
    Refuse500,
    /// Nothing is carried out; this answer is given.
    Status {
        /// HTTP status.
        #[serde(default = "internal_error")]
        code: u16,
        /// JSON body; a string is sent as it is.
        #[serde(default)]
        body: Value,
    },
    /// A quota is used up.
    RateLimit {
        /// Facebook's code: 4, 17, 32, 341, 613, 80001; 4 unless told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<i64>,
        /// Whether headers tell the quota and its return.
        #[serde(default = "yes")]
        headers: bool,
        /// When it returns.
        #[serde(default = "five_minutes")]
        regain_secs: u64,
    },
    /// The usage headers say so; the call works.
    UsagePercent {
        /// 0 to 100 and more.
        percent: u32,
    },
    /// The token's time is over.
    TokenExpired,
    /// The person removed the app.
    TokenRevoked,
    /// The right is missing.
    Permission,
    /// The answer comes late.
    Slow {
        /// Milliseconds of real time.
        ms: u64,
    },
    /// The call is carried out, the answer cannot be read.
    Malformed {
        /// How.
        #[serde(default)]
        garbling: Garbling,
    },
    /// These fields (and metrics of these names) are left out of the answer.
    MissingFields {
        /// Names, at any depth.
        fields: Vec<String>,
    },
    /// These fields (and the values of metrics of these names) hold something else: text where a number belongs, a count
    /// below zero.
    ReplacedFields {
        /// Names, at any depth.
        fields: Vec<String>,
        /// What stands there instead.
        with: Value,
    },
    /// The network does not know this metric: every call that names it fails.
    UnsupportedMetric {
        /// The metric.
        name: String,
    },
    /// Pages of a listing that ask for more items are too much at once; smaller ones go.
    TooMuchData {
        /// Items of the largest page that goes.
        above: usize,
    },
    /// The first post of a listing stands in it twice.
    DuplicateListing,
    /// The first post of a listing that wraps a video stands in it again, under the video's id.
    SecondId,
    /// A page of a listing is empty and still has a next one.
    EmptyPage,
    /// Young posts are not listed yet.
    StaleListing {
        /// Age below which they are missing.
        #[serde(default = "five_minutes")]
        seconds: u64,
    },
    /// The post is taken away: right after it was published, or before it is read.
    DeletedByModerator,
    /// The medium's processing ends in error.
    ContainerError {
        /// The reason that the network tells.
        message: String,
    },
    /// The medium's processing takes longer.
    ContainerSlow {
        /// By so many seconds of the sandbox's clock.
        seconds: u64,
    },
    /// The network cannot fetch the media whose addresses the call names.
    MediaUnreachable,
}

impl Effect {
    /// [`Effect::AcceptThenTimeout`] that breaks off at once: no test has to wait.
    pub const fn accept_then_drop() -> Self {
        Self::AcceptThenTimeout { silence: Silence::Drop }
    }

    /// [`Effect::AcceptThenTimeout`] that stays silent until the client gives up.
    pub const fn accept_then_hang() -> Self {
        Self::AcceptThenTimeout { silence: Silence::Hang }
    }

    /// [`Effect::RateLimit`] with headers, five minutes long.
    pub const fn rate_limit() -> Self {
        Self::RateLimit { code: None, headers: true, regain_secs: 300 }
    }
}

/// A rule: which calls, how often, what happens. In JSON the effect's fields stand beside the
/// others: `{"platform":"facebook","endpoint":"publish","times":1,"kind":"refuse_500"}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaultRule {
    /// Only this network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
    /// Only this account (its id at the network).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Only such calls.
    #[serde(default)]
    pub endpoint: Endpoint,
    /// So many matching calls go well first.
    #[serde(default)]
    pub skip: u32,
    /// So many are hit then; `None` is all until the rule is taken away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// What happens.
    #[serde(flatten)]
    pub effect: Effect,
}

impl FaultRule {
    /// Hits every call until it is taken away; narrow it down with the methods below.
    pub const fn new(effect: Effect) -> Self {
        Self { platform: None, account: None, endpoint: Endpoint::Any, skip: 0, times: None, effect }
    }

    /// Only this network.
    #[must_use]
    pub fn on(self, platform: Platform) -> Self {
        Self { platform: Some(platform), ..self }
    }

    /// Only this account (its id at the network).
    #[must_use]
    pub fn account(self, platform_user_id: impl Into<String>) -> Self {
        Self { account: Some(platform_user_id.into()), ..self }
    }

    /// Only such calls.
    #[must_use]
    pub fn endpoint(self, endpoint: Endpoint) -> Self {
        Self { endpoint, ..self }
    }

    /// So many matching calls go well first.
    #[must_use]
    pub fn skip(self, calls: u32) -> Self {
        Self { skip: calls, ..self }
    }

    /// So many calls are hit.
    #[must_use]
    pub fn times(self, calls: u32) -> Self {
        Self { times: Some(calls), ..self }
    }

    /// One call is hit.
    #[must_use]
    pub fn once(self) -> Self {
        self.times(1)
    }

    fn fits(&self, call: &Call, endpoint: Endpoint, account: Option<&str>) -> bool {
        let names_metric = |name: &str| call.param("metric").is_some_and(|m| m.split(',').any(|n| n.trim() == name));
        self.platform.is_none_or(|p| p == call.platform)
            && self.account.as_deref().is_none_or(|a| Some(a) == account)
            && (self.endpoint == Endpoint::Any || self.endpoint == endpoint)
            && match &self.effect {
                Effect::UnsupportedMetric { name } => names_metric(name),
                Effect::TooMuchData { above } => {
                    endpoint == Endpoint::List && page_size(call).is_none_or(|size| size > *above)
                }
                Effect::DuplicateListing | Effect::SecondId | Effect::EmptyPage | Effect::StaleListing { .. } => {
                    endpoint == Endpoint::List
                }
                Effect::ContainerError { .. } | Effect::ContainerSlow { .. } | Effect::MediaUnreachable => {
                    matches!(endpoint, Endpoint::Upload | Endpoint::Publish)
                }
                _ => true,
            }
    }
}

/// How many items a listing asks for at once, by any network's word for it; `None` is as many as the network gives.
fn page_size(call: &Call) -> Option<usize> {
    let names = ["limit", "max_results", "maxResults", "max_count", "count"];
    names.into_iter().find_map(|name| call.param(name)).and_then(|size| size.parse().ok())
}

/// A rule with what became of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FaultState {
    /// Its number, for taking it away.
    pub id: u64,
    /// The rule.
    #[serde(flatten)]
    pub rule: FaultRule,
    /// Matching calls so far.
    pub seen: u32,
    /// Calls hit so far.
    pub hits: u32,
}

/// All rules.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<(u64, Vec<FaultState>)>);

impl Faults {
    pub fn add(&self, rule: FaultRule) -> u64 {
        let mut state = self.0.lock().expect("no holder of this lock panics");
        state.0 += 1;
        let id = state.0;
        state.1.push(FaultState { id, rule, seen: 0, hits: 0 });
        id
    }

    pub fn list(&self) -> Vec<FaultState> {
        self.0.lock().expect("no holder of this lock panics").1.clone()
    }

    pub fn remove(&self, id: u64) -> bool {
        let mut state = self.0.lock().expect("no holder of this lock panics");
        let before = state.1.len();
        state.1.retain(|f| f.id != id);
        state.1.len() < before
    }

    pub fn clear(&self) {
        self.0.lock().expect("no holder of this lock panics").1.clear();
    }

    /// The effects that hit this call, in the order of the rules. Counts it.
    pub fn hit(&self, call: &Call, endpoint: Endpoint, account: Option<&str>) -> Vec<Effect> {
        let mut state = self.0.lock().expect("no holder of this lock panics");
        let mut effects = Vec::new();
        for fault in state.1.iter_mut().filter(|f| f.rule.fits(call, endpoint, account)) {
            fault.seen += 1;
            let is_due = fault.seen > fault.rule.skip && fault.rule.times.is_none_or(|times| fault.hits < times);
            if is_due {
                fault.hits += 1;
                effects.push(fault.rule.effect.clone());
            }
        }
        effects
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_rule_is_read_from_json_with_its_defaults() {
        let rule: FaultRule = serde_json::from_value(json!({
            "platform": "facebook", "endpoint": "publish", "skip": 1, "times": 2, "kind": "accept_then_timeout"
        }))
        .expect("a rule");
        let expected = FaultRule::new(Effect::accept_then_drop()).on(Platform::Facebook).endpoint(Endpoint::Publish);
        assert_eq!(rule, expected.skip(1).times(2));
        let rule: FaultRule = serde_json::from_value(json!({"kind": "rate_limit", "code": 613})).expect("a rule");
        assert_eq!(rule.effect, Effect::RateLimit { code: Some(613), headers: true, regain_secs: 300 });
        assert!(serde_json::from_value::<FaultRule>(json!({"kind": "earthquake"})).is_err());
    }
}
