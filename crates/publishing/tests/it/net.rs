//! A network in memory: holds posts as plain state, answers by script, counts calls. For what the
//! simulated HTTP networks cannot show as sharply; those have their own tests in `networks.rs`.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use rookery_kernel::{Clock, Date, FixedClock, Platform, Timestamp};
use rookery_platforms::{
    Ability, Access, AccountMetrics, AppCredentials, AuthorizeRequest, CallError, Capabilities, Connector,
    ContentFormat, ContentItem, ContentPage, Delivery, Draft, ErrorType, ExchangeRequest, Found, Handles, MetricsBatch,
    Prepared, Profile, Published, Search, Sent, TokenSet, Usage,
};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

/// What a call answers instead of working.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No connection.
    Dead,
    /// Arrives, is carried out, and the answer is lost.
    AcceptThenLose,
    /// Is written, but never carried out; the answer is lost.
    LoseBeforeAccept,
    /// 503 by a gateway in front that certainly did not hand it on.
    Refuse,
    /// 429 with a wish in seconds.
    TooFast(u64),
    /// 401.
    Expired,
    /// 400.
    Invalid,
    /// Spam.
    Policy,
    /// The network knows the same text already.
    Duplicate,
}

/// All of them.
pub const FAULTS: [Fault; 9] = [
    Fault::Dead,
    Fault::AcceptThenLose,
    Fault::LoseBeforeAccept,
    Fault::Refuse,
    Fault::TooFast(30),
    Fault::Expired,
    Fault::Invalid,
    Fault::Policy,
    Fault::Duplicate,
];

/// A post on the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub id: String,
    pub account: String,
    pub text: String,
    pub key: String,
    pub at: Timestamp,
    /// The post it answers and the one that began it.
    pub answers: Option<(String, String)>,
}

#[derive(Default)]
pub struct State {
    posts: Vec<Held>,
    publish: VecDeque<Fault>,
    look_up: VecDeque<Fault>,
    always: Option<Fault>,
    /// Fails the nth call of all kinds, counted from 1.
    nth: Option<(usize, Fault)>,
    calls: usize,
    publish_calls: Vec<Timestamp>,
    look_ups: usize,
    refreshes: usize,
    token: Option<String>,
    /// Containers take this long.
    work: Option<Duration>,
    /// They end like this.
    spoilt: VecDeque<Fault>,
    /// Prepared containers, with the moment they are ready at.
    containers: Vec<Timestamp>,
    prepares: usize,
    /// A post's id is told only by a look-up, after this long.
    tells_after: Option<Duration>,
    /// What was taken is refused afterwards.
    refuses: bool,
    /// The account's posts can be listed.
    lists: bool,
}

/// A network in memory. Clones share it.
#[derive(Clone)]
pub struct Net {
    pub platform: Platform,
    pub clock: FixedClock,
    pub reliable: bool,
    pub refresh: bool,
    pub state: Arc<Mutex<State>>,
}

impl Net {
    pub fn new(platform: Platform, clock: FixedClock) -> Self {
        Self { platform, clock, reliable: true, refresh: false, state: Arc::default() }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }

    pub fn posts(&self) -> Vec<Held> {
        self.state().posts.clone()
    }

    fn accept(&self, state: &mut State, mut post: Held) -> String {
        post.id = format!("{}-{}", self.platform.label(), state.posts.len() + 1);
        let id = post.id.clone();
        state.posts.push(post);
        id
    }

    /// The next publishing calls answer so, and nothing else that was planned before.
    pub fn on_publish(&self, faults: &[Fault]) {
        self.state().publish = faults.iter().copied().collect();
    }

    /// The next look-ups answer so.
    pub fn on_look_up(&self, faults: &[Fault]) {
        self.state().look_up.extend(faults);
    }

    /// Every call answers so, or works again.
    pub fn always(&self, fault: Option<Fault>) {
        self.state().always = fault;
    }

    /// The nth call from now, of any kind, answers so.
    pub fn fail_nth(&self, n: usize, fault: Fault) {
        let mut state = self.state();
        state.nth = Some((state.calls + n, fault));
    }

    /// Posts need a container that takes this long.
    pub fn works_for(&self, time: Duration) {
        self.state().work = Some(time);
    }

    /// The next finished containers are spoilt.
    pub fn spoil(&self, faults: &[Fault]) {
        self.state().spoilt.extend(faults);
    }

    /// A post's id is told this long after it was taken; or the post is refused then.
    pub fn tells_after(&self, time: Duration, refuses: bool) {
        let mut state = self.state();
        (state.tells_after, state.refuses) = (Some(time), refuses);
    }

    /// From now on the account's posts can be listed.
    pub fn lists(&self) {
        self.state().lists = true;
    }

    /// How many containers were made, and how often the network was asked to prepare.
    pub fn containers(&self) -> (usize, usize) {
        let state = self.state();
        (state.containers.len(), state.prepares)
    }

    pub fn publish_calls(&self) -> Vec<Timestamp> {
        self.state().publish_calls.clone()
    }

    pub fn look_ups(&self) -> usize {
        self.state().look_ups
    }

    pub fn calls(&self) -> usize {
        self.state().calls
    }

    pub fn refreshes(&self) -> usize {
        self.state().refreshes
    }

    /// From now on only this token is good.
    pub fn only_token(&self, token: &str) {
        self.state().token = Some(token.to_owned());
    }

    /// A post that came there by another way.
    pub fn plant(&self, account: &str, text: &str) -> String {
        let at = self.clock.now();
        let mut state = self.state();
        let post = Held {
            id: String::new(),
            account: account.into(),
            text: text.into(),
            key: String::new(),
            at,
            answers: None,
        };
        self.accept(&mut state, post)
    }
}

/// A post as a listing shows it.
fn item(post: &Held) -> ContentItem {
    ContentItem {
        external_id: post.id.clone(),
        external_parent_id: None,
        format: ContentFormat::Text,
        caption: Some(post.text.clone()),
        hashtags: Vec::new(),
        language: None,
        permalink: Some(format!("https://memory.invalid/@{}/{}", post.account, post.id)),
        media_url: None,
        thumbnail_url: None,
        duration_ms: None,
        published_at: post.at,
        raw: serde_json::Value::Null,
    }
}

fn answer(fault: Fault) -> CallError {
    let error = |kind, delivery, message: &str| CallError::new(kind, delivery, message);
    match fault {
        Fault::Dead => error(ErrorType::Transient, Delivery::NotSent, "no connection"),
        Fault::AcceptThenLose | Fault::LoseBeforeAccept => {
            error(ErrorType::Transient, Delivery::Unknown, "no answer in time")
        }
        Fault::Refuse => CallError {
            http_status: Some(503),
            ..error(ErrorType::Transient, Delivery::Refused, "the network has a problem")
        },
        Fault::TooFast(secs) => CallError {
            http_status: Some(429),
            retry_after: Some(Duration::from_secs(secs)),
            ..error(ErrorType::RateLimit, Delivery::Refused, "too many requests")
        },
        Fault::Expired => {
            CallError { http_status: Some(401), ..error(ErrorType::TokenExpired, Delivery::Refused, "the token ended") }
        }
        Fault::Invalid => CallError {
            http_status: Some(400),
            ..error(ErrorType::BadRequest, Delivery::Refused, "the text is invalid")
        },
        Fault::Policy => error(ErrorType::PolicyBlock, Delivery::Refused, "this looks like spam"),
        Fault::Duplicate => {
            CallError { duplicate: true, ..error(ErrorType::PolicyBlock, Delivery::Refused, "you said that already") }
        }
    }
}

impl State {
    /// Counts a call and says whether it fails.
    fn fault(&mut self, own: impl FnOnce(&mut Self) -> Option<Fault>) -> Option<Fault> {
        self.calls += 1;
        let nth = self.nth.filter(|(n, _)| *n == self.calls).map(|(_, fault)| fault);
        nth.or(self.always).or_else(|| own(self))
    }

    fn check_token(&self, token: &SecretString) -> Result<(), CallError> {
        match &self.token {
            Some(good) if good != token.expose_secret() => Err(answer(Fault::Expired)),
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl Connector for Net {
    fn platform(&self) -> Platform {
        self.platform
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            accepts_idempotency_key: false,
            idempotency_window: None,
            reliable_look_up: self.reliable,
            delete: false,
            refresh: self.refresh,
            own_servers: false,
            past_days: false,
            metrics_batch_max: 50,
            publishes: &[Ability::Text, Ability::Link, Ability::Reply],
            handles_life: Some(Duration::from_secs(24 * 3600)),
            ..Capabilities::default()
        }
    }

    fn source_version(&self) -> String {
        "memory/1".to_owned()
    }

    fn default_base_url(&self) -> Option<Url> {
        Some("http://memory.invalid/".parse().expect("an address"))
    }

    fn authorize_url(&self, _: &AuthorizeRequest) -> Result<Url, CallError> {
        Err(answer(Fault::Invalid))
    }

    async fn exchange_code(&self, _: &ExchangeRequest) -> Result<TokenSet, CallError> {
        Err(answer(Fault::Invalid))
    }

    /// The token names the account: `ann:1` and `ann:2` are two tokens of `ann`.
    async fn profiles(
        &self,
        _: &Url,
        token: &SecretString,
        _: Option<&AppCredentials>,
    ) -> Result<Vec<Profile>, CallError> {
        self.state().check_token(token)?;
        let name = token.expose_secret().split(':').next().unwrap_or_default().to_owned();
        Ok(vec![Profile {
            id: name.clone(),
            username: name,
            display_name: None,
            avatar_url: None,
            profile_url: None,
            followers_count: None,
            token: None,
            metadata: serde_json::json!({}),
        }])
    }

    async fn check(&self, access: &Access) -> Result<Profile, CallError> {
        let mut profiles = self.profiles(&access.base_url, &access.token, None).await?;
        Ok(profiles.remove(0))
    }

    async fn refresh(&self, access: &Access) -> Result<TokenSet, CallError> {
        let mut state = self.state();
        state.refreshes += 1;
        let Some(refresh) = &access.refresh_token else { return Err(answer(Fault::Expired)) };
        state.check_token(refresh)?;
        Ok(TokenSet { access: refresh.clone(), refresh: None, expires_in: None, scopes: Vec::new() })
    }

    async fn prepare(&self, access: &Access, _: &Draft, handles: &Handles) -> Result<Prepared, CallError> {
        let now = self.clock.now();
        let mut state = self.state();
        state.prepares += 1;
        let Some(work) = state.work else { return Ok(Prepared::Ready(Handles::Null)) };
        state.check_token(&access.token)?;
        let known = handles.get("container").and_then(Handles::as_u64).and_then(|n| usize::try_from(n).ok());
        let number = known.unwrap_or_else(|| {
            state.containers.push(now + work);
            state.containers.len() - 1
        });
        let handles = serde_json::json!({"container": number});
        if state.containers[number] > now {
            return Ok(Prepared::Wait { handles, pause: Duration::from_secs(5) });
        }
        match state.spoilt.pop_front() {
            Some(fault) => Err(answer(fault).about_media()),
            None => Ok(Prepared::Ready(handles)),
        }
    }

    async fn publish(&self, access: &Access, draft: &Draft, handles: &Handles) -> Result<Sent, CallError> {
        let at = self.clock.now();
        let mut state = self.state();
        state.publish_calls.push(at);
        let fault = state.fault(|s| s.publish.pop_front());
        if fault.is_none() {
            state.check_token(&access.token)?;
        }
        if matches!(fault, None | Some(Fault::AcceptThenLose)) {
            let post = Held {
                id: String::new(),
                account: access.platform_user_id.clone(),
                text: draft.text.clone(),
                key: draft.idempotency_key.clone(),
                at,
                answers: draft.reply_to.clone().map(|r| (r.external_id, r.root_id)),
            };
            if state.work.is_some() {
                assert!(handles.get("container").is_some(), "what was prepared is published");
            }
            if state.tells_after.is_some() && state.refuses {
                return Ok(Sent::Accepted(serde_json::json!({"ticket": 7})));
            }
            let id = self.accept(&mut state, post);
            if fault.is_none() && state.tells_after.is_some() {
                return Ok(Sent::Accepted(serde_json::json!({"ticket": 7})));
            }
            if fault.is_none() {
                let permalink = Some(format!("http://memory.invalid/{id}"));
                return Ok(Sent::Published(Published { external_id: id, permalink }));
            }
        }
        Err(answer(fault.expect("what works has returned")))
    }

    async fn look_up(&self, access: &Access, search: &Search) -> Result<Found, CallError> {
        let mut state = self.state();
        state.look_ups += 1;
        if let Some(fault) = state.fault(|s| s.look_up.pop_front()) {
            return Err(answer(fault));
        }
        state.check_token(&access.token)?;
        if let Some(after) = state.tells_after {
            assert_eq!(search.handles, serde_json::json!({"ticket": 7}), "the network's ticket comes along");
            let taken = *state.publish_calls.last().expect("something was sent");
            if self.clock.now() < taken + after {
                return Ok(Found::Working);
            }
            if state.refuses {
                return Ok(Found::Refused(answer(Fault::Policy)));
            }
        }
        let is_it =
            |p: &&Held| p.account == access.platform_user_id && p.text == search.draft.text && p.at >= search.since;
        Ok(match state.posts.iter().rfind(is_it) {
            Some(p) => Found::Post(Published { external_id: p.id.clone(), permalink: None }),
            None => Found::Absent,
        })
    }

    async fn list_content(
        &self,
        access: &Access,
        since: Timestamp,
        _: Option<String>,
        _: Option<usize>,
    ) -> Result<ContentPage, CallError> {
        let mut state = self.state();
        if let Some(fault) = state.fault(|_| None) {
            return Err(answer(fault));
        }
        if !state.lists {
            return Err(answer(Fault::Invalid));
        }
        let own = state.posts.iter().filter(|p| p.account == access.platform_user_id && p.at >= since);
        Ok(ContentPage { items: own.map(item).collect(), ..ContentPage::default() })
    }

    async fn content_metrics(&self, _: &Access, _: &[String], _: Date) -> Result<MetricsBatch, CallError> {
        Err(answer(Fault::Invalid))
    }

    async fn account_metrics(&self, _: &Access, _: Date, _: Date) -> Result<Vec<AccountMetrics>, CallError> {
        Err(answer(Fault::Invalid))
    }

    async fn delete(&self, _: &Access, _: &str) -> Result<(), CallError> {
        Err(answer(Fault::Invalid))
    }

    fn usage(&self, _: &Access) -> Option<Usage> {
        None
    }
}
