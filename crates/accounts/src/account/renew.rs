//! Renewing tokens before they end (PUB-13): which are due, one renewal at a time per account, and what a refusal means.

use std::time::Duration;

use rookery_db::OrgTx;
use rookery_kernel::{AccountId, Scope, Timestamp};
use rookery_platforms::{CallError, Connector, Delivery, ErrorType, TokenSet};
use secrecy::ExposeSecret as _;
use serde_json::json;
use tracing::instrument;

use super::model::{AccountStatus, Call};
use super::ops::{AccessError, AccountsError, audit_one, place};
use super::store::{self, Sealed};
use crate::Accounts;

const DAY: Duration = Duration::from_hours(24);
/// No token is renewed earlier than this before its end.
const LEAD_MAX: Duration = Duration::from_hours(7 * 24);
/// Tokens that live this long are renewed a day before their end at the latest.
const LONG_LIFE: Duration = Duration::from_hours(5 * 24);
/// Whoever asks the network for a new token has so long; then somebody else may. Longer than the longest call.
const CLAIM: Duration = Duration::from_secs(120);
/// How often somebody looks whether another's renewal is done.
const LOOK: Duration = Duration::from_millis(100);
/// Pauses after failed renewals in a row; after one more the account needs a person.
const PAUSES: [Duration; 4] =
    [Duration::from_mins(5), Duration::from_mins(15), Duration::from_mins(60), Duration::from_mins(240)];

/// How long before its end a token with this life is renewed: a fifth of its life, at most 7 days, and at least a day
/// where it lives five days or longer. 24 minutes for 2 hours, 4.8 hours for a day, 7 days for 60 days.
pub(crate) fn lead(life: Duration) -> Duration {
    let fifth = (life / 5).min(LEAD_MAX);
    if life >= LONG_LIFE { fifth.max(DAY) } else { fifth }
}

/// A token that may be due for renewal.
#[derive(Debug, Clone)]
pub(crate) struct Ending {
    pub id: AccountId,
    pub platform: rookery_kernel::Platform,
    pub issued_at: Option<Timestamp>,
    pub expires_at: Timestamp,
}

impl Ending {
    /// Whether it is to be renewed now. Of a token whose beginning is not known only the last minutes count.
    fn is_due(&self, age_min: Option<Duration>, now: Timestamp) -> bool {
        let Some(issued_at) = self.issued_at else { return self.expires_at <= now + LEAD_UNKNOWN };
        if age_min.is_some_and(|age| issued_at + age > now) {
            return false;
        }
        self.expires_at <= now + lead(self.expires_at.since(issued_at))
    }
}

/// Enough for the next three scans.
const LEAD_UNKNOWN: Duration = Duration::from_mins(15);

/// What became of a claim.
enum Claim {
    /// The caller asks the network.
    Mine(Box<Sealed>),
    /// Somebody else asks it.
    Others,
    /// Somebody else just renewed it.
    Done,
    /// There is nothing to renew with.
    Nothing,
}

impl Accounts {
    /// The tokens of the organization that are to be renewed now, the one that ends first before the others.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn due_for_renewal(&self, scope: &Scope) -> Result<Vec<Ending>, rookery_db::Error> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let ending = store::ending(&mut tx, now + LEAD_MAX, now).await?;
        let age_min = |e: &Ending| self.connectors.get(e.platform).map(|c| c.capabilities());
        let is_due = |e: &Ending| age_min(e).is_some_and(|can| can.refresh && e.is_due(can.token_age_min, now));
        Ok(ending.into_iter().filter(is_due).collect())
    }

    /// Renews the account's token: one call to the network, however many ask at once. Whoever comes second waits for the
    /// first one's answer. Returns whether there is a fresh token now.
    ///
    /// # Errors
    /// [`AccessError`]; a refusal of the network is recorded on the account and gives `Ok(false)`.
    #[instrument(skip_all, err, fields(account = %id))]
    pub async fn renew(&self, scope: &Scope, id: AccountId) -> Result<bool, AccessError> {
        let mut before = None;
        // A claim ends by itself, so the waiting does.
        loop {
            let (claim, token) = self.claim_renewal(scope, id).await?;
            match (claim, &before) {
                (Claim::Nothing, _) => return Ok(false),
                (Claim::Done, _) => return Ok(true),
                // Another renewal ended while we waited: its answer is ours too.
                (Claim::Mine(_), Some(before)) => {
                    self.release(scope, id).await?;
                    return Ok(token != *before);
                }
                (Claim::Mine(sealed), None) => return self.ask_for_token(scope, id, &sealed).await,
                (Claim::Others, _) => {
                    before.get_or_insert(token);
                    tokio::time::sleep(LOOK).await;
                }
            }
        }
    }

    async fn claim_renewal(&self, scope: &Scope, id: AccountId) -> Result<(Claim, Option<Vec<u8>>), AccessError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let sealed = store::sealed(&mut tx, id, false).await?.ok_or(AccessError::NotFound(id))?;
        if sealed.refresh_token_enc.is_none() || sealed.status == AccountStatus::Revoked {
            return Ok((Claim::Nothing, None));
        }
        let connector = self.connectors.get(sealed.platform).ok_or(AccessError::NoConnector(sealed.platform))?;
        if !connector.capabilities().refresh {
            return Ok((Claim::Nothing, None));
        }
        let is_mine = store::claim_renewal(&mut tx, id, now, now + CLAIM).await?;
        if is_mine {
            // The claim may have waited for another renewal to be written: then its token is ours too.
            let current = store::sealed(&mut tx, id, false).await?.ok_or(AccessError::NotFound(id))?;
            if current.access_token_enc != sealed.access_token_enc {
                return Ok((Claim::Done, None));
            }
        }
        tx.commit().await?;
        let token = sealed.access_token_enc.clone();
        Ok((if is_mine { Claim::Mine(Box::new(sealed)) } else { Claim::Others }, token))
    }

    async fn release(&self, scope: &Scope, id: AccountId) -> Result<(), AccessError> {
        let mut tx = self.db.org(scope).await?;
        store::release_renewal(&mut tx, id).await?;
        Ok(tx.commit().await?)
    }

    /// The call happens outside a transaction; afterwards the row is changed only if it still holds the token that was
    /// renewed, so that an old answer never replaces a newer token, and an old refusal never blames one.
    async fn ask_for_token(&self, scope: &Scope, id: AccountId, sealed: &Sealed) -> Result<bool, AccessError> {
        let started = self.clock.now();
        let connector = self.connectors.get(sealed.platform).ok_or(AccessError::NoConnector(sealed.platform))?;
        let answer = match self.unseal(scope, id, sealed) {
            Ok(access) => fresh_token(&*connector, &access).await,
            Err(error) => {
                self.release(scope, id).await?;
                return Err(error);
            }
        };
        let mut tx = self.db.org(scope).await?;
        let current = store::sealed(&mut tx, id, true).await?.ok_or(AccessError::NotFound(id))?;
        let is_same = current.access_token_enc == sealed.access_token_enc;
        let result = match (&answer, is_same) {
            (Ok(_), true) => "renewed",
            (Err(error), true) if error.kind == ErrorType::TokenExpired => "refused",
            (Err(_), true) => "failed",
            (_, false) => "overtaken",
        };
        metrics::counter!("rookery_token_refresh_total", "platform" => sealed.platform.label(), "result" => result)
            .increment(1);
        match answer {
            _ if !is_same => store::release_renewal(&mut tx, id).await?,
            Ok(tokens) => self.keep(&mut tx, scope, id, &tokens, started, current.status).await?,
            Err(error) => self.count_failure(&mut tx, id, &error).await?,
        }
        tx.commit().await?;
        Ok(result == "renewed" || (!is_same && current.access_token_enc.is_some()))
    }

    async fn keep(
        &self,
        tx: &mut OrgTx,
        scope: &Scope,
        id: AccountId,
        tokens: &TokenSet,
        started: Timestamp,
        status: AccountStatus,
    ) -> Result<(), AccessError> {
        let now = self.clock.now();
        let access = self.vault.seal(&tokens.access, place(scope, "access_token_enc", id));
        let refresh = tokens.refresh.as_ref().map(|t| self.vault.seal(t, place(scope, "refresh_token_enc", id)));
        let expires_at = tokens.expires_in.map(|life| started + life);
        store::write_tokens(tx, id, &access, refresh.as_deref(), self.vault.key_column(), expires_at, now).await?;
        store::insert_event(tx, id, "refreshed", None, None, now).await?;
        let mut changes = json!({"access_token_enc": "changed"});
        if status == AccountStatus::Expired {
            store::insert_event(tx, id, "status_changed", Some("expired"), Some("active"), now).await?;
            changes["status"] = json!(["expired", "active"]);
        }
        audit_one(tx, self, "update", id, changes).await?;
        Ok(())
    }

    async fn count_failure(&self, tx: &mut OrgTx, id: AccountId, error: &CallError) -> Result<(), AccessError> {
        let now = self.clock.now();
        let effect = self.record_call_in(tx, id, Call::Failed(error)).await.map_err(|e| match e {
            AccountsError::Db(e) => AccessError::Db(e),
            _ => AccessError::NotFound(id),
        })?;
        let failures = store::count_failed_renewal(tx, id).await?;
        let pause = usize::try_from(failures - 1).ok().and_then(|n| PAUSES.get(n));
        store::pause_renewals(tx, id, pause.map(|pause| now + *pause)).await?;
        if pause.is_none() && effect.status.may_become(AccountStatus::Error) {
            let from = effect.status.label();
            store::give_up(tx, id, now).await?;
            store::insert_event(tx, id, "status_changed", Some(from), Some("error"), now).await?;
            audit_one(tx, self, "update", id, json!({"status": [from, "error"]})).await?;
        }
        Ok(())
    }
}

/// A new token; an answer without one is a failure, so that nothing ever blanks a token that works.
async fn fresh_token(connector: &dyn Connector, access: &rookery_platforms::Access) -> Result<TokenSet, CallError> {
    let tokens = connector.refresh(access).await?;
    let is_blank = |token: &secrecy::SecretString| token.expose_secret().trim().is_empty();
    if is_blank(&tokens.access) {
        let message = "the network answered the renewal with an empty token";
        return Err(CallError::new(ErrorType::Unknown, Delivery::Refused, message));
    }
    Ok(TokenSet { refresh: tokens.refresh.filter(|token| !is_blank(token)), ..tokens })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rookery_kernel::Platform;

    #[test]
    fn a_fifth_of_the_life_but_not_too_early_and_not_too_late() {
        let hours = Duration::from_hours;
        let table = [
            (hours(2), Duration::from_mins(24)),
            (hours(24), Duration::from_mins(288)),
            (hours(5 * 24), hours(24)),
            (hours(10 * 24), hours(48)),
            (hours(60 * 24), hours(7 * 24)),
            (hours(365 * 24), hours(7 * 24)),
        ];
        for (life, expected) in table {
            assert_eq!(lead(life), expected, "{life:?}");
        }
    }

    #[test]
    fn a_young_token_waits_where_the_network_wants_it() {
        let at = |hours: i64| Timestamp::from_secs(1_000_000_000 + hours * 3600);
        let ending = |life: i64| Ending {
            id: AccountId::from_uuid(uuid::Uuid::nil()),
            platform: Platform::Threads,
            issued_at: Some(at(0)),
            expires_at: at(life),
        };
        assert!(ending(2).is_due(None, at(2)));
        assert!(!ending(2).is_due(Some(DAY), at(2)), "younger than a day");
        assert!(!ending(60 * 24).is_due(Some(DAY), at(52 * 24)));
        assert!(ending(60 * 24).is_due(Some(DAY), at(53 * 24)));
        let unknown = Ending { issued_at: None, ..ending(24) };
        assert!(!unknown.is_due(None, at(23)) && unknown.is_due(None, at(24)));
    }
}
