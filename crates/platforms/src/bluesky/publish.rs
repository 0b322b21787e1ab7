//! Posts: written under the key that was chosen, found by it, taken away.

use std::fmt;
use std::str::FromStr;

use rookery_kernel::Timestamp;
use serde_json::{Value, json};

use super::upload::{Progress, pause};
use super::{Bluesky, POSTS, errors, hosts, method, record_key};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Answer, Request};
use crate::types::{Access, Draft, Found, Handles, Prepared, Published, Search};

/// The address of a record: `at://did:plc:…/app.bsky.feed.post/3l…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AtUri {
    pub did: String,
    pub collection: String,
    pub key: String,
}

impl FromStr for AtUri {
    type Err = CallError;
    fn from_str(text: &str) -> Result<Self, CallError> {
        let parts: Vec<&str> = text.strip_prefix("at://").unwrap_or_default().split('/').collect();
        match parts[..] {
            [did, collection, key] if did.starts_with("did:") && !collection.is_empty() && !key.is_empty() => {
                Ok(Self { did: did.to_owned(), collection: collection.to_owned(), key: key.to_owned() })
            }
            _ => {
                let message = format!("{text} is no post of Bluesky; its ids begin with at://did:");
                Err(CallError::new(ErrorType::NotFound, Delivery::NotSent, message))
            }
        }
    }
}

impl fmt::Display for AtUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at://{}/{}/{}", self.did, self.collection, self.key)
    }
}

/// The record key that an earlier call chose, else the one that follows from the publication's key.
fn chosen_key(draft: &Draft, handles: &Handles) -> String {
    let known = handles.get("rkey").and_then(Value::as_str).map(ToOwned::to_owned);
    known.unwrap_or_else(|| record_key::of(&draft.idempotency_key))
}

impl Bluesky {
    /// Uploads the media and writes down the whole record, so that every later call sends the same.
    pub(super) async fn make_record(
        &self,
        access: &Access,
        draft: &Draft,
        handles: &Handles,
    ) -> Result<Prepared, CallError> {
        if handles.get("record").is_some_and(Value::is_object) {
            return Ok(Prepared::Ready(handles.clone()));
        }
        let rkey = chosen_key(draft, handles);
        let known = handles.get("created_at").and_then(Value::as_str).and_then(|at| at.parse::<Timestamp>().ok());
        let created_at = known.unwrap_or_else(|| self.http.now());
        let mut blobs = handles.get("blobs").and_then(Value::as_array).cloned().unwrap_or_default();
        let mut job = handles.get("job").filter(|j| j.is_object()).cloned();
        for (index, medium) in draft.media.iter().enumerate().skip(blobs.len()) {
            let ending = if medium.mime_type == "video/mp4" { "mp4" } else { "bin" };
            match self.medium(access, medium, &format!("{rkey}-{index}.{ending}"), job.take().as_ref()).await? {
                Progress::Blob(blob) => blobs.push(blob),
                Progress::Job(job) => {
                    let handles = json!({ "rkey": rkey, "created_at": created_at, "blobs": blobs, "job": job });
                    return Ok(Prepared::Wait { pause: pause(&handles["job"]), handles });
                }
            }
        }
        let record = self.record(access, draft, &blobs, created_at).await?;
        Ok(Prepared::Ready(json!({ "rkey": rkey, "created_at": created_at, "record": record })))
    }

    /// `putRecord`: a second call with the same key writes the same record once more.
    pub(super) async fn put_record(
        &self,
        access: &Access,
        draft: &Draft,
        handles: &Handles,
    ) -> Result<Published, CallError> {
        let Prepared::Ready(handles) = self.make_record(access, draft, handles).await.map_err(not_public)? else {
            let message = "the network still works on the video";
            return Err(CallError::new(ErrorType::Transient, Delivery::NotSent, message));
        };
        let rkey = chosen_key(draft, &handles);
        let body = json!({
            "repo": access.platform_user_id,
            "collection": POSTS,
            "rkey": rkey,
            "record": handles["record"],
        });
        let request = Request::post_json(method(&access.base_url, "com.atproto.repo.putRecord")?, body);
        let answer = self.call(request, access).await?;
        let body = answer.json().unwrap_or_default();
        let uri = body.get("uri").and_then(Value::as_str).and_then(|uri| uri.parse::<AtUri>().ok());
        let Some(uri) = uri else {
            // It was accepted, but as what? Somebody has to look.
            let message = "the server accepted the post and did not say where it is";
            return Err(CallError::new(ErrorType::Unknown, Delivery::Unknown, message));
        };
        published(access, &uri)
    }

    /// Reads the record that the publication would have become. It is there or it is not.
    pub(super) async fn find_record(&self, access: &Access, search: &Search) -> Result<Found, CallError> {
        let uri = AtUri {
            did: access.platform_user_id.clone(),
            collection: POSTS.to_owned(),
            key: chosen_key(&search.draft, &search.handles),
        };
        match self.get_record(access, &uri).await {
            Ok(_) => published(access, &uri).map(Found::Post),
            Err(error) if is_absent(&error) => Ok(Found::Absent),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn get_record(&self, access: &Access, uri: &AtUri) -> Result<Answer, CallError> {
        let request = Request::get(method(&access.base_url, "com.atproto.repo.getRecord")?)
            .with("repo", &uri.did)
            .with("collection", &uri.collection)
            .with("rkey", &uri.key);
        let answer = self.call(request, access).await?;
        // An answer about something else must not look like the record.
        let is_it = answer.json().is_some_and(|body| body.get("uri").is_some_and(Value::is_string));
        if is_it { Ok(answer) } else { Err(answer.unstructured()) }
    }

    /// `deleteRecord` says yes to what is gone already, so the record is read first.
    pub(super) async fn delete_record(&self, access: &Access, external_id: &str) -> Result<(), CallError> {
        let uri: AtUri = external_id.parse()?;
        if uri.did != access.platform_user_id {
            let message = "this post belongs to another account";
            return Err(CallError::new(ErrorType::Permission, Delivery::NotSent, message));
        }
        self.get_record(access, &uri).await.map_err(not_public)?;
        let body = json!({ "repo": uri.did, "collection": uri.collection, "rkey": uri.key });
        let request = Request::post_json(method(&access.base_url, "com.atproto.repo.deleteRecord")?, body);
        self.call(request, access).await.map(drop)
    }
}

/// Nothing was written before this failed.
fn not_public(error: CallError) -> CallError {
    let delivery = if error.delivery == Delivery::Unknown { Delivery::NotSent } else { error.delivery };
    CallError { delivery, ..error }
}

fn is_absent(error: &CallError) -> bool {
    error.code.as_deref() == Some(errors::RECORD_NOT_FOUND)
}

fn published(access: &Access, uri: &AtUri) -> Result<Published, CallError> {
    let web = hosts(&access.base_url)?.web;
    let permalink = permalink(web.as_str(), &uri.did, &uri.key);
    Ok(Published { external_id: uri.to_string(), permalink: Some(permalink) })
}

/// The page of a post. The DID stays when the handle changes.
pub(super) fn permalink(web: &str, did: &str, key: &str) -> String {
    format!("{}/profile/{did}/post/{key}", web.trim_end_matches('/'))
}
