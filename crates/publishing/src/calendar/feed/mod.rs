//! The calendar in other programs (iCalendar): a secret address per person and organization. The token stands in the
//! address only; here is its digest.

mod store;

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rookery_db::{Error, OrgTx};
use rookery_governance::audit::{self, Changes, Entry};
use rookery_kernel::{Actor, Scope, Timestamp, UserId, Zone};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tracing::instrument;
use uuid::Uuid;

use super::{CalendarEntry, CalendarFilter, queries};
use crate::Publishing;
use crate::reason::MISSED_AFTER;

const FEEDS: &str = "publishing.calendar_feeds";
/// A feed shows so many days back …
const DAYS_BACK: i64 = 60;
/// … and so many ahead.
const DAYS_AHEAD: i64 = 366;
/// More entries than this are no calendar any more; the soonest stay out last.
const ENTRIES_MAX: i64 = 5_000;

/// A person's feed, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarFeed {
    /// What it shows.
    pub filter: CalendarFilter,
    /// Since when its address holds.
    pub since: Timestamp,
}

/// What a feed's reader gets.
#[derive(Debug, Clone)]
pub struct CalendarFeedContent {
    /// Whose it is; for reading more of the organization.
    pub scope: Scope,
    /// In time's order.
    pub entries: Vec<CalendarEntry>,
    /// When the newest of them, or the feed itself, last changed.
    pub changed_at: Timestamp,
}

/// Who cannot have a feed.
#[derive(Debug, thiserror::Error)]
pub enum CalendarFeedError {
    /// Only people have feeds.
    #[error("a feed belongs to a person: sign in to make one")]
    NoPerson,
    /// No feed has this address, or no longer.
    #[error("no such calendar feed")]
    Unknown,
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] Error),
}

impl Publishing {
    /// The caller's feed of this organization.
    ///
    /// # Errors
    /// `NoPerson`; the database's.
    pub async fn calendar_feed(&self, scope: &Scope) -> Result<Option<CalendarFeed>, CalendarFeedError> {
        let user = person(scope)?;
        let mut tx = self.db.org(scope).await?;
        Ok(store::find(&mut tx, user)
            .await?
            .map(|row| CalendarFeed { filter: read(&row.filter), since: row.updated_at }))
    }

    /// Makes the caller's feed, or gives it a new address and filter; the address before ends. The token is given once.
    ///
    /// # Errors
    /// `NoPerson`; the database's.
    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id))]
    pub async fn renew_calendar_feed(
        &self,
        scope: &Scope,
        filter: &CalendarFilter,
    ) -> Result<SecretString, CalendarFeedError> {
        let (user, now) = (person(scope)?, self.clock.now());
        let mut bytes = [0; 32];
        self.ids.fill(&mut bytes);
        let token = SecretString::from(URL_SAFE_NO_PAD.encode(bytes));
        let mut tx = self.db.org(scope).await?;
        let before = store::find(&mut tx, user).await?;
        let id = before.as_ref().map_or_else(|| self.ids.uuid(), |row| row.id);
        if let Some(before) = &before {
            store::leave_directory(&mut tx, &before.token_hash).await?;
        }
        let digest = digest(&token);
        store::write(&mut tx, id, user, &digest, &stored(filter), now).await?;
        store::enter_directory(&mut tx, &digest, id).await?;
        let changes = Changes::new().note("user_id", user).new_value("filter", stored(filter)).secret("token_hash");
        let action = if before.is_some() { "update" } else { "insert" };
        self.audit_feed(&mut tx, action, id, changes).await?;
        tx.commit().await?;
        Ok(token)
    }

    /// Ends the caller's feed; false if there was none.
    ///
    /// # Errors
    /// `NoPerson`; the database's.
    #[instrument(skip_all, err(level = "debug"), fields(organization = %scope.organization_id))]
    pub async fn end_calendar_feed(&self, scope: &Scope) -> Result<bool, CalendarFeedError> {
        let user = person(scope)?;
        let mut tx = self.db.org(scope).await?;
        let Some(row) = store::find(&mut tx, user).await? else { return Ok(false) };
        store::leave_directory(&mut tx, &row.token_hash).await?;
        store::delete(&mut tx, row.id).await?;
        self.audit_feed(&mut tx, "delete", row.id, Changes::new().note("user_id", user)).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// What an address shows: 60 days back and a year ahead. It ends with its owner's membership.
    ///
    /// # Errors
    /// `Unknown`; the database's.
    #[instrument(skip_all, err(level = "debug"))]
    pub async fn read_calendar_feed(&self, token: &SecretString) -> Result<CalendarFeedContent, CalendarFeedError> {
        let digest = digest(token);
        let mut tx = self.db.system("whose calendar feed").await?;
        let found = store::directory(tx.conn(), &digest).await?;
        tx.rollback().await;
        let (organization, id) = found.ok_or(CalendarFeedError::Unknown)?;
        let scope = Scope::new(organization, Actor::Guest);
        let mut tx = self.db.org(&scope).await?;
        let feed = store::by_id(&mut tx, id).await?.filter(|row| row.token_hash == digest);
        let feed = feed.ok_or(CalendarFeedError::Unknown)?;
        let now = self.clock.now();
        let zone = Zone::utc();
        let today = zone.date(now);
        let (from, to) = (zone.start_of(today.plus_days(-DAYS_BACK)), zone.start_of(today.plus_days(DAYS_AHEAD)));
        let entries = queries::entries(&mut tx, from, to, now - MISSED_AFTER, ENTRIES_MAX).await?;
        drop(tx);
        let members = self.identity.members(&scope).await?;
        if !members.iter().any(|member| member.user_id == feed.user_id && member.is_active) {
            return Err(CalendarFeedError::Unknown);
        }
        let filter = read(&feed.filter);
        let entries: Vec<_> = entries.into_iter().filter(|entry| filter.takes(entry)).collect();
        let changed_at = entries.iter().map(|e| e.updated_at).chain([feed.updated_at]).max().unwrap_or(now);
        Ok(CalendarFeedContent { scope, entries, changed_at })
    }

    async fn audit_feed(&self, tx: &mut OrgTx, action: &str, id: Uuid, changes: Changes) -> Result<(), Error> {
        let entry = Entry { action, resource: FEEDS, resource_id: Some(id.to_string()), changes: changes.into() };
        audit::record(tx, &*self.clock, &[entry]).await
    }
}

fn person(scope: &Scope) -> Result<UserId, CalendarFeedError> {
    scope.actor.user_id().ok_or(CalendarFeedError::NoPerson)
}

/// SHA-256 of a token. It has 256 random bits, so a fast digest is as good as a slow one.
fn digest(token: &SecretString) -> [u8; 32] {
    Sha256::digest(token.expose_secret().as_bytes()).into()
}

fn stored(filter: &CalendarFilter) -> Value {
    json!({
        "account": filter.account_id,
        "network": filter.platform.map(rookery_kernel::Platform::label),
        "status": filter.state.map(super::CalendarState::label),
        "label": filter.label,
    })
}

fn read(stored: &Value) -> CalendarFilter {
    fn part<T: FromStr>(stored: &Value, name: &str) -> Option<T> {
        stored[name].as_str().and_then(|text| text.parse().ok())
    }
    CalendarFilter {
        account_id: part(stored, "account"),
        platform: part(stored, "network"),
        state: part(stored, "status"),
        label: part(stored, "label"),
    }
}
