//! What the simulated networks share: the world, the clock, faults, consent codes, quotas.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use rookery_kernel::{Clock as _, Platform, Timestamp};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::audience::Audience;
use crate::call::Call;
use crate::calls::Calls;
use crate::chance::digest;
use crate::clock::TravelClock;
use crate::faults::Faults;
use crate::hooks::Hooks;
use crate::media::{FetchedMedia, digest_hex, sniff};
use crate::protocols;
use crate::world::{Holder, World};

/// Switches of the simulation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Consent pages agree by themselves and send the person straight back.
    pub auto_consent: bool,
    /// Whose consent is given (an account's id at its network); otherwise the newest account's.
    pub consent_as: Option<String>,
    /// A text is refused that the account posted shortly before (Facebook: ten minutes, code 506).
    pub refuse_duplicates: bool,
    /// Quotas are enforced, not only shown. A backfill at a standing clock would use them up.
    pub enforce_quotas: bool,
    /// Facebook's quota per page and 24 hours.
    pub facebook_calls_per_day: u32,
    /// Mastodon's quota per account and five minutes.
    pub mastodon_calls_per_five_minutes: u32,
    /// Mastodon's longest text.
    pub mastodon_characters_max: usize,
    /// How long a network works on a medium before it can be published, by the sandbox's clock.
    pub container_delay_secs: u64,
    /// Calls per account and the network's usual time, instead of its usual number.
    pub quotas: BTreeMap<Platform, u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            auto_consent: false,
            consent_as: None,
            refuse_duplicates: false,
            enforce_quotas: false,
            facebook_calls_per_day: 4_800,
            mastodon_calls_per_five_minutes: 300,
            mastodon_characters_max: 500,
            container_delay_secs: 0,
            quotas: BTreeMap::new(),
        }
    }
}

/// A consent that waits to be exchanged for a token.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub client_id: String,
    pub redirect_uri: String,
    pub scopes: Vec<String>,
    pub holder: Holder,
    /// Hash of the proof key (PKCE).
    pub challenge: Option<String>,
    pub expires_at: Timestamp,
    pub is_used: bool,
}

/// Codes live ten minutes.
pub(crate) const CODE_LIFE: Duration = Duration::from_mins(10);

/// Largest medium that a network fetches.
const MEDIA_MAX_BYTES: usize = 64 * 1024 * 1024;
/// Longest time for fetching one.
const FETCH_TIME: Duration = Duration::from_secs(10);

/// How much of a quota is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Quota {
    pub limit: u32,
    pub used: u32,
    pub resets_at: Timestamp,
    pub is_exhausted: bool,
}

/// Everything behind the HTTP server.
#[derive(Debug)]
pub(crate) struct Network {
    world: Mutex<World>,
    pub audience: Audience,
    pub faults: Faults,
    pub calls: Calls,
    pub clock: TravelClock,
    pub hooks: Hooks,
    settings: Mutex<Settings>,
    grants: Mutex<HashMap<String, Grant>>,
    recent: Mutex<HashMap<(Platform, String), VecDeque<Timestamp>>>,
    uploads: Mutex<HashMap<String, Vec<u8>>>,
    /// Made when the first medium is fetched.
    http: OnceLock<reqwest::Client>,
    /// `http://host:port` of the listener.
    pub origin: String,
}

impl Network {
    pub fn new(world: World, audience: Audience, clock: TravelClock, origin: String) -> Self {
        Self {
            world: Mutex::new(world),
            audience,
            faults: Faults::default(),
            calls: Calls::default(),
            clock,
            hooks: Hooks::default(),
            settings: Mutex::default(),
            grants: Mutex::default(),
            recent: Mutex::default(),
            uploads: Mutex::default(),
            http: OnceLock::new(),
            origin,
        }
    }

    pub fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("no holder of this lock panics")
    }

    pub fn settings(&self) -> Settings {
        self.settings.lock().expect("no holder of this lock panics").clone()
    }

    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings.lock().expect("no holder of this lock panics"));
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Keeps a consent and gives its code.
    pub fn grant(&self, grant: Grant) -> String {
        let mut grants = self.grants.lock().expect("no holder of this lock panics");
        let code = hex::encode(&digest(self.audience.seed, "code", &[grants.len() as u64])[..20]);
        grants.insert(code.clone(), grant);
        code
    }

    /// The consent of a code; `check` decides about it, and if it agrees the code is used up.
    pub fn redeem<E>(&self, code: &str, check: impl FnOnce(Option<&Grant>) -> Result<(), E>) -> Result<Grant, E> {
        let mut grants = self.grants.lock().expect("no holder of this lock panics");
        let grant = grants.get_mut(code);
        check(grant.as_deref())?;
        let grant = grant.expect("a check lets only known codes pass");
        grant.is_used = true;
        Ok(grant.clone())
    }

    /// Counts a call of this account and tells what is left.
    pub fn spend(&self, call: &Call, account: &str) -> Quota {
        let settings = self.settings();
        let (usual, window) = protocols::of(call.platform).quota(&settings);
        let limit = settings.quotas.get(&call.platform).copied().unwrap_or(usual);
        self.spend_from(call, account, limit, window)
    }

    /// Counts a call against a quota of its own, for networks with several; `bucket` names account
    /// and quota.
    pub fn spend_from(&self, call: &Call, bucket: &str, limit: u32, window: Duration) -> Quota {
        let is_enforced = self.settings().enforce_quotas;
        let mut recent = self.recent.lock().expect("no holder of this lock panics");
        let calls = recent.entry((call.platform, bucket.to_owned())).or_default();
        // A clock that was set back leaves calls in the future: they count for nothing.
        calls.retain(|at| *at <= call.now && *at + window > call.now);
        if !is_enforced {
            calls.clear();
        }
        calls.push_back(call.now);
        let used = u32::try_from(calls.len()).unwrap_or(u32::MAX);
        let resets_at = calls.front().map_or(call.now, |first| *first + window);
        Quota { limit, used, resets_at, is_exhausted: used > limit }
    }

    /// Adds bytes to an upload that comes in parts and tells how many it has now. Uploads are held in
    /// memory only: a restart loses them.
    pub fn append_upload(&self, id: &str, bytes: &[u8]) -> u64 {
        let mut uploads = self.uploads.lock().expect("no holder of this lock panics");
        let upload = uploads.entry(id.to_owned()).or_default();
        upload.extend_from_slice(bytes);
        upload.len() as u64
    }

    /// The bytes of an upload, which is over then; empty if there were none.
    pub fn take_upload(&self, id: &str) -> Vec<u8> {
        self.uploads.lock().expect("no holder of this lock panics").remove(id).unwrap_or_default()
    }

    /// Fetches a medium, as a network does with an address that it was given. The error is a reason
    /// for people.
    pub async fn fetch_media(&self, url: &Url) -> Result<FetchedMedia, String> {
        let client = || reqwest::Client::builder().timeout(FETCH_TIME).build().expect("nothing is set that can fail");
        let sent = self.http.get_or_init(client).get(url.clone()).send().await;
        let mut response = sent.and_then(reqwest::Response::error_for_status).map_err(|e| e.to_string())?;
        let named = response.headers().get("content-type").and_then(|v| v.to_str().ok()).map(ToOwned::to_owned);
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| e.to_string())? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MEDIA_MAX_BYTES {
                return Err(format!("{url} is larger than {MEDIA_MAX_BYTES} bytes"));
            }
        }
        let sniffed = sniff(&bytes).map(|s| s.mime.to_owned());
        let mime = sniffed.or(named).unwrap_or_else(|| "application/octet-stream".to_owned());
        Ok(FetchedMedia { mime, digest: digest_hex(&bytes), bytes: bytes.into() })
    }
}
