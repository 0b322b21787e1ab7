//! A network in memory: accounts with items and numbers as plain state, faults by script. For what
//! the simulated HTTP networks cannot show as sharply.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use rookery_kernel::{Date, Platform, Timestamp};
use rookery_platforms::{
    Access, AccountMetrics, AppCredentials, AuthorizeRequest, Basis, CallError, Capabilities, Connector, ContentFormat,
    ContentItem, ContentMetrics, ContentPage, Delivery, Draft, ErrorType, ExchangeRequest, Found, Handles, ItemFailure,
    MetricsBatch, OddItem, Profile, Search, Sent, TokenSet, Usage,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use tokio::sync::Notify;
use url::Url;

/// A failed call with everything a network can say about it.
pub fn error(kind: ErrorType) -> CallError {
    CallError {
        http_status: Some(400),
        code: Some("190".to_owned()),
        subcode: Some("463".to_owned()),
        trace_id: Some("trace-1".to_owned()),
        retry_after: (kind == ErrorType::RateLimit).then_some(Duration::from_secs(600)),
        ..CallError::new(kind, Delivery::Refused, format!("the network says {kind}"))
    }
}

/// How a listing turns its pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paging {
    /// To the end.
    #[default]
    Honest,
    /// For ever between two places.
    Circle,
    /// Empty pages, each with a next one.
    Empty,
    /// The first page is empty and has a next one.
    Detour,
}

/// One account of the network.
#[derive(Debug, Clone, Default)]
pub struct Page {
    pub items: Vec<ContentItem>,
    pub numbers: BTreeMap<String, ContentMetrics>,
    pub followers: Option<i64>,
    pub paging: Paging,
    pub listing_size: usize,
    /// Every listing fails so.
    pub listing: Option<CallError>,
    /// Every reading of numbers fails so.
    pub reading: Option<CallError>,
    /// These items fail so.
    pub broken: BTreeMap<String, CallError>,
    /// Ids that the answer leaves out.
    pub silent: Vec<String>,
    /// Only this token is good.
    pub token: Option<String>,
    pub usage: Option<Usage>,
    /// More items at once are refused as too much.
    pub takes_at_most: Option<usize>,
    /// Larger pages are refused as too much.
    pub lists_at_most: Option<usize>,
    /// The sizes of pages that were asked for; `None` is the network's own.
    pub sizes_asked: Vec<Option<usize>>,
    /// Batches of ids that were asked for.
    pub asked: Vec<Vec<String>>,
    pub listed_since: Vec<Timestamp>,
    pub account_ranges: Vec<(Date, Date)>,
    /// The account's numbers come with a day more than was asked for.
    pub stray_day: bool,
    /// Items of the listing that cannot be kept; each page has them.
    pub odd: Vec<OddItem>,
}

#[derive(Debug, Default)]
struct State {
    pages: BTreeMap<String, Page>,
    calls: usize,
    /// The nth call fails so.
    nth: Option<(usize, CallError)>,
    /// The nth call never answers.
    hang: Option<usize>,
}

/// Clones share the state.
#[derive(Debug, Clone)]
pub struct Net {
    pub platform: Platform,
    pub batch_max: usize,
    pub past_days: bool,
    /// Where the days of the account's numbers end.
    pub day_zone: &'static str,
    state: Arc<Mutex<State>>,
    /// Told when a call begins to hang.
    pub hung: Arc<Notify>,
}

impl Net {
    pub fn new(platform: Platform) -> Self {
        Self { platform, batch_max: 2, past_days: false, day_zone: "UTC", state: Arc::default(), hung: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no holder of this lock panics")
    }

    /// Changes an account of the network.
    pub fn page<T>(&self, name: &str, change: impl FnOnce(&mut Page) -> T) -> T {
        change(self.state().pages.entry(name.to_owned()).or_default())
    }

    /// An item with these numbers.
    pub fn post(&self, name: &str, id: &str, at: Timestamp, numbers: ContentMetrics) {
        self.page(name, |page| {
            page.items.push(item(id, at));
            page.numbers.insert(id.to_owned(), ContentMetrics { external_id: id.to_owned(), ..numbers });
        });
    }

    pub fn set_numbers(&self, name: &str, id: &str, numbers: ContentMetrics) {
        let numbers = ContentMetrics { external_id: id.to_owned(), ..numbers };
        self.page(name, |page| page.numbers.insert(id.to_owned(), numbers));
    }

    /// Forgets all accounts and faults.
    pub fn clear(&self) {
        let mut state = self.state();
        *state = State { calls: state.calls, ..State::default() };
    }

    pub fn calls(&self) -> usize {
        self.state().calls
    }

    /// The nth call from now fails once.
    pub fn fail_nth(&self, n: usize, error: CallError) {
        let mut state = self.state();
        state.nth = Some((state.calls + n, error));
    }

    /// The nth call from now never answers.
    pub fn hang_nth(&self, n: usize) {
        let mut state = self.state();
        state.hang = Some(state.calls + n);
    }

    async fn call(&self, access: &Access) -> Result<(), CallError> {
        let hang = {
            let mut state = self.state();
            state.calls += 1;
            let now = state.calls;
            if state.nth.as_ref().is_some_and(|(n, _)| *n == now) {
                return Err(state.nth.take().expect("just seen").1);
            }
            let good = state.pages.get(&access.platform_user_id).and_then(|p| p.token.clone());
            if good.is_some_and(|good| good != access.token.expose_secret()) {
                return Err(error(ErrorType::TokenExpired));
            }
            state.hang == Some(now)
        };
        if hang {
            self.hung.notify_one();
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

pub fn item(id: &str, at: Timestamp) -> ContentItem {
    ContentItem {
        external_id: id.to_owned(),
        external_parent_id: None,
        format: ContentFormat::Text,
        caption: Some(format!("About {id} #news")),
        hashtags: vec!["news".to_owned()],
        language: Some("en".to_owned()),
        permalink: Some(format!("https://memory.invalid/{id}")),
        media_url: None,
        thumbnail_url: None,
        duration_ms: None,
        published_at: at,
        raw: json!({ "id": id }),
    }
}

/// Lifetime numbers of an item: reach, reactions, comments, shares.
pub fn numbers(reach: i64, reactions: i64, comments: i64, shares: i64) -> ContentMetrics {
    ContentMetrics {
        reach: Some(reach),
        reactions: Some(reactions),
        comments: Some(comments),
        shares: Some(shares),
        clicks: Some(1),
        extra: json!({}),
        ..ContentMetrics::default()
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
            reliable_look_up: true,
            delete: false,
            refresh: true,
            own_servers: false,
            past_days: self.past_days,
            day_zone: self.day_zone,
            metrics_batch_max: self.batch_max,
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
        Err(error(ErrorType::BadRequest))
    }

    async fn exchange_code(&self, _: &ExchangeRequest) -> Result<TokenSet, CallError> {
        Err(error(ErrorType::BadRequest))
    }

    /// The token names the account: `ann:1` and `ann:2` are two tokens of `ann`.
    async fn profiles(
        &self,
        _: &Url,
        token: &SecretString,
        _: Option<&AppCredentials>,
    ) -> Result<Vec<Profile>, CallError> {
        let name = token.expose_secret().split(':').next().unwrap_or_default().to_owned();
        Ok(vec![Profile {
            id: name.clone(),
            username: name,
            display_name: None,
            avatar_url: None,
            profile_url: None,
            followers_count: None,
            token: None,
            metadata: json!({}),
        }])
    }

    async fn check(&self, access: &Access) -> Result<Profile, CallError> {
        Ok(self.profiles(&access.base_url, &access.token, None).await?.remove(0))
    }

    async fn refresh(&self, access: &Access) -> Result<TokenSet, CallError> {
        let Some(refresh) = &access.refresh_token else { return Err(error(ErrorType::TokenExpired)) };
        Ok(TokenSet { access: refresh.clone(), refresh: None, expires_in: None, scopes: Vec::new() })
    }

    async fn publish(&self, _: &Access, _: &Draft, _: &Handles) -> Result<Sent, CallError> {
        Err(error(ErrorType::BadRequest))
    }

    async fn look_up(&self, _: &Access, _: &Search) -> Result<Found, CallError> {
        Ok(Found::Absent)
    }

    async fn list_content(
        &self,
        access: &Access,
        since: Timestamp,
        cursor: Option<String>,
        items_max: Option<usize>,
    ) -> Result<ContentPage, CallError> {
        self.call(access).await?;
        self.page(&access.platform_user_id, |page| {
            page.listed_since.push(since);
            page.sizes_asked.push(items_max);
            if let Some(error) = &page.listing {
                return Err(error.clone());
            }
            if page.lists_at_most.is_some_and(|most| items_max.unwrap_or(100) > most) {
                return Err(CallError { too_much: true, ..error(ErrorType::Transient) });
            }
            let first = cursor.is_none();
            let start: usize = cursor.and_then(|c| c.parse().ok()).unwrap_or(0);
            match page.paging {
                Paging::Circle => {
                    let next = Some(if start == 1 { "2" } else { "1" }.to_owned());
                    return Ok(ContentPage { items: page.items.clone(), next, ..ContentPage::default() });
                }
                Paging::Empty => {
                    return Ok(ContentPage { next: Some((start + 1).to_string()), ..ContentPage::default() });
                }
                Paging::Detour if first => {
                    return Ok(ContentPage { next: Some("0".to_owned()), odd: page.odd.clone(), items: Vec::new() });
                }
                Paging::Honest | Paging::Detour => {}
            }
            let mut items: Vec<ContentItem> = page.items.iter().filter(|i| i.published_at >= since).cloned().collect();
            items.sort_by_key(|item| std::cmp::Reverse(item.published_at));
            let size = if page.listing_size == 0 { 100 } else { page.listing_size };
            let size = items_max.unwrap_or(size).min(size);
            let next = (items.len() > start + size).then(|| (start + size).to_string());
            let items = items.into_iter().skip(start).take(size).collect();
            Ok(ContentPage { items, next, odd: page.odd.clone() })
        })
    }

    async fn content_metrics(&self, access: &Access, ids: &[String], _: Date) -> Result<MetricsBatch, CallError> {
        self.call(access).await?;
        self.page(&access.platform_user_id, |page| {
            page.asked.push(ids.to_vec());
            if let Some(error) = &page.reading {
                return Err(error.clone());
            }
            if page.takes_at_most.is_some_and(|most| ids.len() > most) {
                return Err(CallError { http_status: Some(413), too_much: true, ..error(ErrorType::BadRequest) });
            }
            let mut batch = MetricsBatch::default();
            for id in ids.iter().filter(|id| !page.silent.contains(id)) {
                match (page.broken.get(id), page.numbers.get(id)) {
                    (Some(error), _) => {
                        batch.failures.push(ItemFailure { external_id: id.clone(), error: error.clone() });
                    }
                    (None, Some(numbers)) => batch.rows.push(numbers.clone()),
                    (None, None) => {
                        batch.failures.push(ItemFailure { external_id: id.clone(), error: error(ErrorType::NotFound) });
                    }
                }
            }
            Ok(batch)
        })
    }

    async fn account_metrics(&self, access: &Access, from: Date, to: Date) -> Result<Vec<AccountMetrics>, CallError> {
        self.call(access).await?;
        let past_days = self.past_days;
        self.page(&access.platform_user_id, |page| {
            page.account_ranges.push((from, to));
            let day = |date, basis| AccountMetrics {
                followers: page.followers,
                extra: Value::Null,
                ..AccountMetrics::empty(date, basis)
            };
            let days = to.days_since(from) + i64::from(page.stray_day);
            Ok(if past_days {
                (0..=days).map(|n| day(from.plus_days(n), Basis::Day)).collect()
            } else {
                // Says when it was read, whatever was asked for.
                vec![day(to.plus_days(1), Basis::Lifetime)]
            })
        })
    }

    async fn delete(&self, _: &Access, _: &str) -> Result<(), CallError> {
        Err(error(ErrorType::BadRequest))
    }

    fn usage(&self, access: &Access) -> Option<Usage> {
        self.page(&access.platform_user_id, |page| page.usage)
    }
}
