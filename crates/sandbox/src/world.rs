//! What exists in the simulated networks. Every change is an [`Event`]: it is written to the
//! journal, then applied, so that a replay of the journal builds the same world.

use std::collections::{BTreeMap, HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rookery_kernel::{Platform, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::chance::digest;
use crate::container::Container;
use crate::journal::Journal;
use crate::media::MediaItem;
use crate::protocols;

/// What kind of post it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Text alone.
    Text,
    /// Text with a link.
    Link,
    /// Text with a picture.
    Photo,
    /// Text with a video.
    Video,
}

/// An account: a page on Facebook, an account on Mastodon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Account {
    pub id: u64,
    pub platform: Platform,
    pub handle: String,
    pub name: String,
    pub bio: String,
    pub category: String,
    /// IANA zone in which the audience lives.
    pub zone: String,
    /// Followers at `created_at`.
    pub followers: i64,
    /// Share of the followers that an ordinary post reaches.
    pub reach_rate: f64,
    pub created_at: Timestamp,
    /// The person who manages it.
    pub owner: u64,
    /// The id at the network, where that is not our number (a DID, a URN, a channel).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub native_id: Option<String>,
}

/// A person: manages pages and gives consent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Person {
    pub id: u64,
    pub name: String,
}

/// Who took a post away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletedBy {
    /// The account, through the API.
    Author,
    /// The network.
    Moderator,
}

/// A post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Post {
    pub id: u64,
    pub account: u64,
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    pub format: Format,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted: Option<(Timestamp, DeletedBy)>,
    /// The `Idempotency-Key` with which it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    pub visibility: String,
    /// Part of the invented past, not sent by a client.
    #[serde(default)]
    pub is_history: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<MediaItem>,
    /// The post it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The network's word: story, reel, short, carousel, poll.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The id at the network, where that is not our number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub native_id: Option<String>,
    /// Whatever else the network keeps.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub extra: Value,
}

impl Post {
    /// A public post of plain text; everything else can be set then.
    pub fn new(id: u64, account: u64, text: impl Into<String>, created_at: Timestamp) -> Self {
        Self {
            id,
            account,
            text: text.into(),
            link: None,
            format: Format::Text,
            created_at,
            edited_at: None,
            deleted: None,
            key: None,
            visibility: "public".to_owned(),
            is_history: false,
            media: Vec::new(),
            reply_to: None,
            title: None,
            kind: None,
            native_id: None,
            extra: Value::Null,
        }
    }

    /// Whether it exists at that time. When the clock is set back, later posts do not exist yet.
    pub fn is_visible(&self, now: Timestamp) -> bool {
        self.created_at <= now && !self.is_deleted(now)
    }

    pub fn is_deleted(&self, now: Timestamp) -> bool {
        self.deleted.is_some_and(|(at, _)| at <= now)
    }
}

/// Why a token ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenEnd {
    /// Its time was over.
    Expired,
    /// The person removed the app, or gave the token back.
    Revoked,
    /// The person changed the password.
    PasswordChanged,
    /// The person lost the role on the page.
    RoleLost,
}

/// Whose token it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "id")]
pub(crate) enum Holder {
    /// A person on Facebook.
    Person(u64),
    /// A page on Facebook or an account on Mastodon.
    Account(u64),
    /// A registered client without a person.
    App,
}

/// A token that was given out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Token {
    /// The text itself.
    pub secret: String,
    pub platform: Platform,
    pub holder: Holder,
    pub client_id: String,
    pub scopes: Vec<String>,
    pub issued_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<TokenEnd>,
    /// The refresh token that came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_expires_at: Option<Timestamp>,
}

impl Token {
    /// Why it does not work at that time, if it does not.
    pub fn end(&self, now: Timestamp) -> Option<TokenEnd> {
        self.ended.or_else(|| self.expires_at.filter(|at| *at <= now).map(|_| TokenEnd::Expired))
    }
}

/// A registered client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct App {
    pub id: u64,
    pub platform: Platform,
    pub name: String,
    pub website: Option<String>,
    pub client_id: String,
    pub client_secret: String,
    /// Where people may be sent back to; empty allows every address.
    pub redirect_uris: Vec<String>,
    pub scopes: Vec<String>,
}

/// A change.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    Begun {
        seed: u64,
        version: u32,
    },
    Person(Person),
    Account(Account),
    App(App),
    Token(Token),
    TokenEnded {
        secret: String,
        end: TokenEnd,
    },
    Post(Post),
    Edited {
        id: u64,
        text: String,
        at: Timestamp,
    },
    Deleted {
        id: u64,
        at: Timestamp,
        by: DeletedBy,
    },
    /// New, or instead of the one with this id.
    Container(Container),
}

/// Version of the journal's form.
const VERSION: u32 = 1;

/// Everything.
#[derive(Debug)]
pub(crate) struct World {
    pub seed: u64,
    pub people: BTreeMap<u64, Person>,
    pub accounts: BTreeMap<u64, Account>,
    pub apps: HashMap<String, App>,
    pub tokens: HashMap<String, Token>,
    /// Ids grow with time, so this is the order of time too.
    pub posts: BTreeMap<u64, Post>,
    /// Unfinished things by id.
    pub drafts: BTreeMap<String, Container>,
    /// Our number by the native id.
    pub native_posts: HashMap<(Platform, String), u64>,
    /// Refresh token to the newest token that has it.
    pub refreshes: HashMap<String, String>,
    /// Changes so far: the source of everything that must be new.
    changes: u64,
    /// Ids of posts and containers that were given out since the start.
    given: HashSet<u64>,
    journal: Option<Journal>,
}

impl World {
    /// Builds the world from the journal's events; the journal's seed wins over the one given.
    pub fn new(seed: u64, journal: Option<Journal>, events: Vec<Event>) -> Self {
        let mut world = Self {
            seed,
            people: BTreeMap::new(),
            accounts: BTreeMap::new(),
            apps: HashMap::new(),
            tokens: HashMap::new(),
            posts: BTreeMap::new(),
            drafts: BTreeMap::new(),
            native_posts: HashMap::new(),
            refreshes: HashMap::new(),
            changes: 0,
            given: HashSet::new(),
            journal,
        };
        let is_new = events.is_empty();
        for event in events {
            world.apply(event);
        }
        if is_new {
            world.commit(Event::Begun { seed, version: VERSION });
        }
        world
    }

    /// Writes a change down and makes it.
    pub fn commit(&mut self, event: Event) {
        if let Some(journal) = &mut self.journal {
            journal.append(&event);
        }
        self.apply(event);
    }

    /// Makes apps known that the table of networks brings along. They are no events, and count as one
    /// change however many they are: a new network must not change the ids of the others.
    pub fn know_apps(&mut self, apps: Vec<App>) {
        let before = self.apps.len();
        for app in apps {
            self.apps.entry(app.client_id.clone()).or_insert(app);
        }
        self.changes += u64::from(self.apps.len() > before);
    }

    /// Lets go of the state file; later changes are not kept.
    pub fn close_journal(&mut self) {
        self.journal = None;
    }

    fn apply(&mut self, event: Event) {
        self.changes += 1;
        match event {
            Event::Begun { seed, .. } => self.seed = seed,
            Event::Person(person) => drop(self.people.insert(person.id, person)),
            Event::Account(account) => drop(self.accounts.insert(account.id, account)),
            Event::App(app) => drop(self.apps.insert(app.client_id.clone(), app)),
            Event::Token(token) => {
                if let Some(refresh) = self.tokens.get(&token.secret).and_then(|old| old.refresh.as_ref()) {
                    self.refreshes.remove(refresh);
                }
                if let Some(refresh) = &token.refresh {
                    self.refreshes.insert(refresh.clone(), token.secret.clone());
                }
                self.tokens.insert(token.secret.clone(), token);
            }
            Event::TokenEnded { secret, end } => {
                if let Some(token) = self.tokens.get_mut(&secret) {
                    token.ended = Some(end);
                }
            }
            Event::Post(post) => {
                let platform = self.accounts.get(&post.account).map(|a| a.platform);
                if let Some((platform, native)) = platform.zip(post.native_id.clone()) {
                    self.native_posts.insert((platform, native), post.id);
                }
                self.posts.insert(post.id, post);
            }
            Event::Edited { id, text, at } => {
                if let Some(post) = self.posts.get_mut(&id) {
                    post.text = text;
                    post.edited_at = Some(at);
                }
            }
            Event::Deleted { id, at, by } => {
                if let Some(post) = self.posts.get_mut(&id) {
                    post.deleted = Some((at, by));
                }
            }
            Event::Container(container) => drop(self.drafts.insert(container.id.clone(), container)),
        }
    }

    /// An id that no account or person has: `base` plus up to fifteen digits of chance.
    pub fn new_account_id(&self, base: u64) -> u64 {
        let mut turn = 0;
        loop {
            let bytes = digest(self.seed, "account id", &[self.changes, turn]);
            let chance = u64::from_be_bytes(bytes[..8].try_into().expect("eight bytes"));
            let id = base + chance % base;
            if !self.accounts.contains_key(&id) && !self.people.contains_key(&id) {
                return id;
            }
            turn += 1;
        }
    }

    /// An id for a post of that time: milliseconds and a counter, so that ids sort by time. It is given out once, also if
    /// nothing with it is there yet.
    pub fn new_post_id(&mut self, at: Timestamp) -> u64 {
        let millis = u64::try_from(at.as_millis()).unwrap_or(0);
        let mut id = (millis << 16) | (self.changes & 0xffff);
        while self.posts.contains_key(&id) || self.drafts.contains_key(&id.to_string()) || !self.given.insert(id) {
            id += 1;
        }
        id
    }

    /// An id for a container: a number as posts have, and none of theirs.
    pub fn new_container_id(&mut self, at: Timestamp) -> String {
        self.new_post_id(at).to_string()
    }

    /// A new secret text of `bytes` random bytes (at most 32) in URL-safe base64.
    pub fn new_secret(&self, purpose: &str, bytes: usize) -> String {
        URL_SAFE_NO_PAD.encode(&digest(self.seed, purpose, &[self.changes])[..bytes.min(32)])
    }

    /// Gives out a token.
    pub fn issue(&mut self, mut token: Token) -> Token {
        token.secret = protocols::of(token.platform).token_text(self);
        self.commit(Event::Token(token.clone()));
        token
    }

    /// A lasting token of this holder that works and has exactly these rights for this client.
    pub fn token_of(&self, holder: Holder, app: &str, scopes: &[String], now: Timestamp) -> Option<&Token> {
        let fits = |t: &&Token| t.holder == holder && t.client_id == app && t.scopes == scopes;
        let lasts = |t: &&Token| t.expires_at.is_none() && t.end(now).is_none();
        let tokens = self.tokens.values().filter(fits).filter(lasts);
        tokens.max_by(|a, b| (a.issued_at, &a.secret).cmp(&(b.issued_at, &b.secret)))
    }

    /// Ends all tokens of the holder that still live.
    pub fn end_tokens(&mut self, holder: Holder, end: TokenEnd) {
        let living = self.tokens.values().filter(|t| t.holder == holder && t.ended.is_none());
        let mut names: Vec<String> = living.map(|t| t.secret.clone()).collect();
        names.sort();
        for secret in names {
            self.commit(Event::TokenEnded { secret, end });
        }
    }

    /// Posts of an account that exist or existed by then, newest first; deleted ones too.
    pub fn posts_of(&self, account: u64, now: Timestamp) -> impl DoubleEndedIterator<Item = &Post> {
        self.posts.values().rev().filter(move |p| p.account == account && p.created_at <= now)
    }

    /// A post that exists at that time.
    pub fn post(&self, id: u64, now: Timestamp) -> Option<&Post> {
        self.posts.get(&id).filter(|p| p.is_visible(now))
    }

    pub fn account_by_handle(&self, platform: Platform, handle: &str) -> Option<&Account> {
        self.accounts.values().find(|a| a.platform == platform && a.handle.eq_ignore_ascii_case(handle))
    }
}
