//! Media on their way into the account's repository.

use std::time::Duration;

use rookery_kernel::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;

use super::session::SERVICE_TOKEN_LIFE;
use super::{Bluesky, errors, hosts, method};
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Request, endpoint, upload_time};
use crate::poll;
use crate::types::{Access, Media, MediaKind};

/// How far a medium is.
pub(super) enum Progress {
    /// The blob that a record may name.
    Blob(Value),
    /// The video service works on it.
    Job(Value),
}

impl Bluesky {
    /// Begins a medium, or goes on with a job of an earlier call.
    pub(super) async fn medium(
        &self,
        access: &Access,
        medium: &Media,
        name: &str,
        job: Option<&Value>,
    ) -> Result<Progress, CallError> {
        let video_host = hosts(&access.base_url)?.video.filter(|_| medium.kind == MediaKind::Video);
        match (video_host, job) {
            (Some(host), Some(job)) => self.job(&host, job).await,
            (Some(host), None) => self.upload_video(access, &host, medium, name).await,
            (None, _) => self.upload_blob(access, medium).await.map(Progress::Blob),
        }
    }

    /// `uploadBlob`: the bytes as they are, with their type.
    async fn upload_blob(&self, access: &Access, medium: &Media) -> Result<Value, CallError> {
        let url = method(&access.base_url, "com.atproto.repo.uploadBlob")?;
        let request = Request::post_bytes(url, &medium.mime_type, medium).timeout(upload_time(medium.size));
        let answer = self.call(request, access).await.map_err(|error| about_medium(error, medium))?;
        let blob = answer.json().and_then(|body| body.get("blob").filter(|b| b.is_object()).cloned());
        blob.ok_or_else(|| answer.unstructured().about_media())
    }

    /// `uploadVideo`: the service takes the video, makes it smaller, and puts it into the account's
    /// repository itself, with a token that its server gives for this one act.
    async fn upload_video(
        &self,
        access: &Access,
        host: &Url,
        medium: &Media,
        name: &str,
    ) -> Result<Progress, CallError> {
        let token = self.service_token(access).await?;
        let url = endpoint(host, &["xrpc", "app.bsky.video.uploadVideo"])?;
        let request = Request::post_bytes(url, &medium.mime_type, medium)
            .in_query("did", &access.platform_user_id)
            .in_query("name", name)
            .bearer(&token)
            .timeout(upload_time(medium.size));
        let answer = self.http.send(request).await?;
        // The same video was sent before: the answer is an error by its status and still names the job.
        let known = answer.json().filter(|body| answer.status == 409 && job_of(body).is_some());
        let body = if let Some(body) = known {
            body
        } else {
            let answer = errors::judge(answer).map_err(|error| about_medium(error, medium))?;
            answer.json().filter(|body| job_of(body).is_some()).ok_or_else(|| answer.unstructured())?
        };
        progress(job_of(&body).unwrap_or_default(), 0)
    }

    async fn service_token(&self, access: &Access) -> Result<SecretString, CallError> {
        let pds = access.metadata.get("pds").and_then(Value::as_str).and_then(|pds| pds.parse::<Url>().ok());
        let host = pds.as_ref().unwrap_or(&access.base_url).host_str().unwrap_or_default().to_owned();
        let until: Timestamp = self.http.now() + SERVICE_TOKEN_LIFE;
        let request = Request::get(method(&access.base_url, "com.atproto.server.getServiceAuth")?)
            .with("aud", format!("did:web:{host}"))
            .with("lxm", "com.atproto.repo.uploadBlob")
            .with("exp", until.as_secs().to_string());
        let answer = self.call(request, access).await?;
        let body = answer.json().unwrap_or_default();
        body.get("token").and_then(Value::as_str).map(SecretString::from).ok_or_else(|| answer.unstructured())
    }

    /// `getJobStatus`.
    async fn job(&self, host: &Url, job: &Value) -> Result<Progress, CallError> {
        let id = job.get("id").and_then(Value::as_str).unwrap_or_default();
        let polls = job.get("polls").and_then(Value::as_u64).unwrap_or_default() + 1;
        let url = endpoint(host, &["xrpc", "app.bsky.video.getJobStatus"])?;
        let answer = errors::judge(self.http.send(Request::get(url).with("jobId", id)).await?)?;
        let body = answer.json().unwrap_or_default();
        progress(job_of(&body).ok_or_else(|| answer.unstructured())?, polls)
    }
}

/// The status of a job; some answers wrap it, some do not.
fn job_of(body: &Value) -> Option<&Value> {
    body.get("jobStatus").or(Some(body)).filter(|status| status.get("jobId").is_some_and(Value::is_string))
}

fn progress(status: &Value, polls: u64) -> Result<Progress, CallError> {
    if let Some(blob) = status.get("blob").filter(|b| b.is_object()) {
        return Ok(Progress::Blob(blob.clone()));
    }
    if status.get("state").and_then(Value::as_str) == Some("JOB_STATE_FAILED") {
        let text = |name: &str| status.get(name).and_then(Value::as_str).filter(|t| !t.is_empty());
        let reason = text("message").or_else(|| text("error")).unwrap_or("the network gave no reason");
        let mut error = CallError::new(ErrorType::BadRequest, Delivery::Refused, format!("the video failed: {reason}"));
        error.code = text("error").map(ToOwned::to_owned);
        return Err(error.about_media());
    }
    Ok(Progress::Job(json!({ "id": status.get("jobId"), "polls": polls })))
}

/// The pause before the job is asked about again.
pub(super) fn pause(job: &Value) -> Duration {
    poll::pause(job.get("polls").and_then(Value::as_u64).unwrap_or_default())
}

/// What the network refuses about an upload is about the medium.
fn about_medium(error: CallError, medium: &Media) -> CallError {
    if error.kind != ErrorType::BadRequest || error.delivery != Delivery::Refused {
        return error;
    }
    let message = format!("{}: {}", medium.file_name, error.message);
    CallError { message, ..error }.about_media()
}
