//! The numbers of posts and of the account. There are no numbers of days, only those of now.

use serde_json::{Value, json};

use super::{TikTok, VIDEOS_MAX, address};
use crate::count::Counts;
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Request;
use crate::types::{Access, AccountMetrics, Basis, ContentMetrics, ItemFailure, MetricsBatch};

const VIDEO_FIELDS: &str = "id,like_count,comment_count,share_count,view_count";
const USER_FIELDS: &str = "open_id,follower_count,following_count,likes_count,video_count";

impl TikTok {
    pub(super) async fn video_metrics(&self, access: &Access, ids: &[String]) -> Result<MetricsBatch, CallError> {
        let mut batch = MetricsBatch::default();
        // A post that is not public has the id of its upload, and no numbers.
        let (listed, hidden): (Vec<&String>, Vec<&String>) =
            ids.iter().partition(|id| id.bytes().all(|b| b.is_ascii_digit()));
        let no_numbers = "TikTok tells the numbers of public posts only";
        let error = CallError::new(ErrorType::MetricUnsupported, Delivery::NotSent, no_numbers);
        batch.failures.extend(hidden.iter().map(|id| failure(id, error.clone())));
        for chunk in listed.chunks(VIDEOS_MAX) {
            match self.query(access, chunk, &mut batch).await {
                Ok(()) => {}
                Err(error) if batch.rows.is_empty() && batch.failures.len() == hidden.len() => return Err(error),
                Err(error) => batch.failures.extend(chunk.iter().map(|id| failure(id, error.clone()))),
            }
        }
        Ok(batch)
    }

    async fn query(&self, access: &Access, ids: &[&String], batch: &mut MetricsBatch) -> Result<(), CallError> {
        let url = address(&access.base_url, &["video", "query"])?;
        let request = Request::post_json(url, json!({ "filters": { "video_ids": ids } }));
        let answer = self.call(request.in_query("fields", VIDEO_FIELDS), access).await?;
        let body = answer.json().unwrap_or_default();
        let data = body.get("data").filter(|d| d.is_object()).ok_or_else(|| answer.unstructured())?;
        let videos = data.get("videos").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for id in ids {
            if let Some(video) = videos.iter().find(|v| v.get("id").and_then(Value::as_str) == Some(id.as_str())) {
                batch.rows.push(row(id, video));
            } else {
                let message = "TikTok shows this post no more: it is deleted, hidden or in moderation";
                let gone = CallError::new(ErrorType::NotFound, Delivery::Refused, message);
                batch.failures.push(failure(id, gone));
            }
        }
        Ok(())
    }

    /// The row says when it was read.
    pub(super) async fn user_metrics(&self, access: &Access) -> Result<AccountMetrics, CallError> {
        let request = Request::get(address(&access.base_url, &["user", "info"])?).with("fields", USER_FIELDS);
        let answer = self.call(request, access).await?;
        let body = answer.json().unwrap_or_default();
        let user = body.pointer("/data/user").filter(|u| u.is_object()).ok_or_else(|| answer.unstructured())?;
        let counts = Counts::of(user);
        let number = |name: &str| counts.named(name);
        let mut today = AccountMetrics::empty(answer.received_at.date_utc(), Basis::Lifetime);
        today.followers = number("follower_count");
        today.posts_count = number("video_count");
        let extra: serde_json::Map<String, Value> = ["following_count", "likes_count"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), number(name)?.into())))
            .collect();
        if !extra.is_empty() {
            today.extra = Value::Object(extra);
        }
        today.odd = counts.into_odd();
        Ok(today)
    }
}

fn failure(id: &str, error: CallError) -> ItemFailure {
    ItemFailure { external_id: id.to_owned(), error }
}

fn row(id: &str, video: &Value) -> ContentMetrics {
    let counts = Counts::of(video);
    let number = |name: &str| counts.named(name);
    ContentMetrics {
        external_id: id.to_owned(),
        views: number("view_count"),
        reactions: number("like_count"),
        comments: number("comment_count"),
        shares: number("share_count"),
        basis: Basis::Lifetime,
        odd: counts.into_odd(),
        ..ContentMetrics::default()
    }
}
