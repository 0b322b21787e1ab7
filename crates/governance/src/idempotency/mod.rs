//! Requests that must not happen twice. A client sends a key of its own with a write; when it repeats the
//! request because no answer came, it gets the first answer instead of a second effect.

mod store;

use std::time::Duration;

use rookery_db::{Db, Error};
use rookery_kernel::{Actor, Clock, OrganizationId, Scope};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tracing::instrument;

/// How long a key is remembered.
pub const LIFE: Duration = Duration::from_secs(24 * 3600);

/// How often a key that vanishes while it is looked at is tried again: another request gave it up in that moment.
const TRIES_MAX: usize = 3;

/// A request as the key stands for it.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The `Idempotency-Key` header.
    pub key: &'a str,
    /// `POST`, `PATCH`, …
    pub method: &'a str,
    /// The path without its query.
    pub path: &'a str,
    /// The body as sent; only its digest is kept.
    pub body: &'a [u8],
}

impl Request<'_> {
    fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.body).into()
    }
}

/// What to do with a request that carries a key.
#[derive(Debug, Clone, PartialEq)]
pub enum Begin {
    /// First seen: do it, then [`finish`] or [`abandon`].
    New,
    /// Done before: answer this.
    Replay {
        /// The HTTP status of the first answer.
        status: u16,
        /// Its body.
        body: Value,
    },
    /// The first request with this key has not ended.
    InProgress,
    /// The key was used for another request.
    Mismatch,
}

/// Takes the key. Of several requests at once exactly one gets [`Begin::New`].
///
/// A process that dies in the middle leaves the key `InProgress` until its 24 hours are over: whether the
/// request had its effect is then unknown, and a second effect would be worse than a second look.
///
/// # Errors
/// As the database says.
#[instrument(skip_all, err, fields(organization = %scope.organization_id))]
pub async fn begin(db: &Db, clock: &dyn Clock, scope: &Scope, request: &Request<'_>) -> Result<Begin, Error> {
    let now = clock.now();
    let digest = request.digest();
    let sender = sender(scope.actor);
    let mut tx = db.org(scope).await?;
    for _ in 0..TRIES_MAX {
        if store::claim(&mut tx, request, &digest, &sender, now, now - LIFE).await? {
            tx.commit().await?;
            return Ok(Begin::New);
        }
        if let Some(row) = store::find(&mut tx, request.key).await? {
            return Ok(row.answer_to(request, &digest, &sender));
        }
    }
    Ok(Begin::InProgress)
}

/// Keeps the answer for repetitions.
///
/// # Errors
/// As the database says.
#[instrument(skip_all, err, fields(organization = %scope.organization_id))]
pub async fn finish(db: &Db, scope: &Scope, key: &str, status: u16, body: &Value) -> Result<(), Error> {
    let mut tx = db.org(scope).await?;
    store::finish(&mut tx, key, status, body).await?;
    tx.commit().await
}

/// Gives the key back, because the request had no effect: the client may try again with it.
///
/// # Errors
/// As the database says.
#[instrument(skip_all, err, fields(organization = %scope.organization_id))]
pub async fn abandon(db: &Db, scope: &Scope, key: &str) -> Result<(), Error> {
    let mut tx = db.org(scope).await?;
    store::delete_running(&mut tx, key).await?;
    tx.commit().await
}

/// Forgets one organization's keys that are older than [`LIFE`]; how many. For the timetable.
///
/// # Errors
/// As the database says.
#[instrument(skip_all, err, fields(%organization))]
pub async fn purge(db: &Db, clock: &dyn Clock, organization: OrganizationId) -> Result<u64, Error> {
    let mut tx = db.org(&Scope::worker(organization)).await?;
    let forgotten = store::delete_older_than(&mut tx, clock.now() - LIFE).await?;
    tx.commit().await?;
    Ok(forgotten)
}

/// One person's key must not show another person's answer, so the sender belongs to the request.
fn sender(actor: Actor) -> String {
    match actor {
        Actor::User(id) => format!("user:{id}"),
        Actor::ApiKey(id) => format!("api_key:{id}"),
        Actor::Guest | Actor::Worker | Actor::System => actor.kind().to_owned(),
    }
}

/// A remembered request.
#[derive(Debug)]
struct Remembered {
    method: String,
    path: String,
    request_hash: Vec<u8>,
    created_by: Option<String>,
    response_status: Option<i32>,
    response_body: Option<Value>,
}

impl Remembered {
    fn answer_to(self, request: &Request<'_>, digest: &[u8], sender: &str) -> Begin {
        let same = self.method == request.method
            && self.path == request.path
            && self.request_hash == digest
            && self.created_by.as_deref() == Some(sender);
        if !same {
            return Begin::Mismatch;
        }
        match self.response_status.and_then(|status| u16::try_from(status).ok()) {
            Some(status) => Begin::Replay { status, body: self.response_body.unwrap_or(Value::Null) },
            None => Begin::InProgress,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_method_path_body_or_sender_is_another_request() {
        let request = Request { key: "k", method: "POST", path: "/posts", body: b"{}" };
        let digest = request.digest();
        let row = |method: &str, path: &str, hash: &[u8], status| Remembered {
            created_by: Some("user:1".to_owned()),
            method: method.to_owned(),
            path: path.to_owned(),
            request_hash: hash.to_vec(),
            response_status: status,
            response_body: Some(Value::from("done")),
        };
        assert_eq!(row("PUT", "/posts", &digest, None).answer_to(&request, &digest, "user:1"), Begin::Mismatch);
        assert_eq!(row("POST", "/keys", &digest, None).answer_to(&request, &digest, "user:1"), Begin::Mismatch);
        assert_eq!(row("POST", "/posts", b"other", None).answer_to(&request, &digest, "user:1"), Begin::Mismatch);
        assert_eq!(row("POST", "/posts", &digest, None).answer_to(&request, &digest, "user:2"), Begin::Mismatch);
        assert_eq!(row("POST", "/posts", &digest, None).answer_to(&request, &digest, "user:1"), Begin::InProgress);
        assert_eq!(
            row("POST", "/posts", &digest, Some(201)).answer_to(&request, &digest, "user:1"),
            Begin::Replay { status: 201, body: Value::from("done") }
        );
    }
}
