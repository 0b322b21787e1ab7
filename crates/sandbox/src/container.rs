//! Unfinished things: upload sessions, media containers, blobs.

use std::time::Duration;

use rookery_kernel::{Platform, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::Call;
use crate::network::Settings;

/// How far a container is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ContainerState {
    /// The client still sends bytes; time alone does not change it.
    Open,
    /// The network works on it until `ready_at`.
    InProgress,
    /// It can be published.
    Finished,
    /// It cannot; `error` says why.
    Error,
    /// Nobody published it in time.
    Expired,
    /// It became a post.
    Published,
}

/// Something unfinished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Container {
    pub id: String,
    pub platform: Platform,
    pub account: u64,
    /// The network's word.
    pub kind: String,
    /// As it was stored; [`Container::state_at`] tells it at a time.
    pub state: ContainerState,
    pub ready_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Why it ends, or will end, in error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How much longer a fault makes it take.
    #[serde(default)]
    pub slow_secs: u64,
    /// Whatever the network needs to know; no bytes.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub data: Value,
    /// The post it became.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<u64>,
}

impl Container {
    /// An open container. Faults that hit this call stay with it.
    pub fn new(id: String, call: &Call, account: u64, kind: &str, data: Value) -> Self {
        Self {
            id,
            platform: call.platform,
            account,
            kind: kind.to_owned(),
            state: ContainerState::Open,
            ready_at: call.now,
            expires_at: None,
            error: call.container_error.clone(),
            slow_secs: call.container_slow_secs,
            data,
            post: None,
        }
    }

    /// All bytes are there: the network works on it from now on, as long as the settings and faults
    /// say, and then it is finished or, if there is an error, failed.
    #[must_use]
    pub fn process(mut self, call: &Call, settings: &Settings) -> Self {
        self.error = call.container_error.clone().or(self.error);
        self.slow_secs = self.slow_secs.max(call.container_slow_secs);
        self.ready_at = call.now + Duration::from_secs(settings.container_delay_secs + self.slow_secs);
        self.state = ContainerState::InProgress;
        self
    }

    /// It became this post.
    #[must_use]
    pub fn published(self, post: u64) -> Self {
        Self { state: ContainerState::Published, post: Some(post), ..self }
    }

    pub fn state_at(&self, now: Timestamp) -> ContainerState {
        match self.state {
            ContainerState::Published | ContainerState::Error | ContainerState::Expired => self.state,
            _ if self.expires_at.is_some_and(|at| at <= now) => ContainerState::Expired,
            ContainerState::InProgress if self.ready_at > now => ContainerState::InProgress,
            ContainerState::InProgress if self.error.is_some() => ContainerState::Error,
            ContainerState::InProgress => ContainerState::Finished,
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Bytes;
    use axum::http::{HeaderMap, Method};

    use crate::world::{Event, World};

    fn call(at: i64) -> Call {
        let uri = "/mastodon/media".parse().expect("uri");
        let mut call = Call::new(Platform::Mastodon, None, Method::POST, &uri, HeaderMap::new(), &Bytes::new(), "");
        call.now = Timestamp::from_secs(at);
        call
    }

    fn made(call: &Call) -> Container {
        Container::new("c1".to_owned(), call, 5, "video", Value::from("abc"))
    }

    #[test]
    fn a_container_is_ready_after_the_delay_and_expires() {
        let settings = Settings { container_delay_secs: 60, ..Settings::default() };
        let mut world = World::new(7, None, Vec::new());
        let mut container = made(&call(1_000));
        container.expires_at = Some(Timestamp::from_secs(2_000));
        world.commit(Event::Container(container.clone()));
        let state =
            |world: &World, at| world.container(Platform::Mastodon, "c1", Timestamp::from_secs(at)).map(|c| c.state);
        assert_eq!(state(&world, 1_500), Some(ContainerState::Open));
        world.commit(Event::Container(container.process(&call(1_100), &settings)));
        assert_eq!(state(&world, 1_159), Some(ContainerState::InProgress));
        assert_eq!(state(&world, 1_160), Some(ContainerState::Finished));
        assert_eq!(state(&world, 2_000), Some(ContainerState::Expired));
        assert_eq!(world.container(Platform::Facebook, "c1", Timestamp::from_secs(1_500)), None);
        let ready = world.container(Platform::Mastodon, "c1", Timestamp::from_secs(1_500)).expect("a container");
        world.commit(Event::Container(ready.published(9)));
        assert_eq!(state(&world, 3_000), Some(ContainerState::Published));
        assert_eq!(world.drafts.len(), 1);
    }

    #[test]
    fn faults_of_the_first_call_stay_with_it() {
        let mut first = call(1_000);
        first.container_error = Some("unsupported codec".to_owned());
        first.container_slow_secs = 30;
        let container = made(&first).process(&call(1_100), &Settings::default());
        assert_eq!(container.state_at(Timestamp::from_secs(1_129)), ContainerState::InProgress);
        assert_eq!(container.state_at(Timestamp::from_secs(1_130)), ContainerState::Error);
        assert_eq!(container.error.as_deref(), Some("unsupported codec"));
    }

    #[test]
    fn the_journal_reads_what_it_wrote() {
        let container = made(&call(1_000)).process(&call(1_000), &Settings::default()).published(4);
        let text = serde_json::to_string(&Event::Container(container.clone())).expect("plain");
        let Ok(Event::Container(read)) = serde_json::from_str(&text) else { panic!("a container") };
        assert_eq!(read, container);
    }
}
