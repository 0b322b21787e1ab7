//! The numbers of posts and of the account.
//!
//! Clicks and plays are told for 30 days and to the author only; asked for an older post the network
//! leaves that post out altogether. So young and old posts are asked for apart.

use std::time::Duration;

use serde_json::{Map, Value};

use super::reading::{media_keys, time_of_id};
use super::{IDS_MAX, Twitter, errors};
use crate::count::Counts;
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Answer, Request, endpoint};
use crate::types::{Access, AccountMetrics, Basis, ContentMetrics, ItemFailure, MetricsBatch};

/// For how long the author is told more than everybody, less an hour for our clock and theirs.
const PRIVATE_LIFE: Duration = Duration::from_secs(30 * 24 * 3600 - 3600);

impl Twitter {
    pub(super) async fn post_metrics(&self, access: &Access, ids: &[String]) -> Result<MetricsBatch, CallError> {
        let limit = self.http.now() - PRIVATE_LIFE;
        let is_young = |id: &&String| time_of_id(id).is_some_and(|at| at > limit);
        let (young, mut old): (Vec<&String>, Vec<&String>) = ids.iter().partition(is_young);
        let mut batch = MetricsBatch::default();
        for chunk in young.chunks(IDS_MAX) {
            let refused = self.read(access, chunk, true, &mut batch).await?;
            // What is not told to us for this post only (it is promoted, or not ours) is asked for without it.
            old.extend(refused);
        }
        for chunk in old.chunks(IDS_MAX) {
            self.read(access, chunk, false, &mut batch).await?;
        }
        Ok(batch)
    }

    /// Reads some posts into the batch. Returns the ids whose private numbers were refused.
    async fn read<'a>(
        &self,
        access: &Access,
        ids: &[&'a String],
        private: bool,
        batch: &mut MetricsBatch,
    ) -> Result<Vec<&'a String>, CallError> {
        let fields = if private { "public_metrics,non_public_metrics,organic_metrics" } else { "public_metrics" };
        let joined = ids.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(",");
        let request = Request::get(endpoint(&access.base_url, &["2", "tweets"])?)
            .with("ids", joined)
            .with("tweet.fields", format!("created_at,attachments,{fields}"))
            .with("expansions", "attachments.media_keys")
            .with("media.fields", format!("type,duration_ms,{fields}"));
        let answer = match self.call(request, access).await {
            Ok(answer) => answer,
            // One answer without any data is about its items, not about the account.
            Err(error) if error.kind == ErrorType::NotFound && error.http_status == Some(200) => {
                batch.failures.extend(ids.iter().map(|id| failure(id, error.clone())));
                return Ok(Vec::new());
            }
            // Private numbers of none of them: all are asked for again without.
            Err(error) if private && error.code.as_deref() == Some("not-authorized-for-field") => {
                return Ok(ids.to_vec());
            }
            Err(error) if batch.rows.is_empty() && batch.failures.is_empty() => return Err(error),
            Err(error) => {
                batch.failures.extend(ids.iter().map(|id| failure(id, error.clone())));
                return Ok(Vec::new());
            }
        };
        Ok(sort(&answer, ids, private, batch))
    }

    /// Only the numbers of now exist; the row says when they were read.
    pub(super) async fn user_metrics(&self, access: &Access) -> Result<AccountMetrics, CallError> {
        let url = endpoint(&access.base_url, &["2", "users", "me"])?;
        let answer = self.call(Request::get(url).with("user.fields", "public_metrics"), access).await?;
        let body = answer.json().unwrap_or_default();
        let user = body.get("data").filter(|d| d.get("id").is_some()).ok_or_else(|| answer.unstructured())?;
        let counts = Counts::of(user);
        let number = |name: &str| counts.at(&format!("/public_metrics/{name}"));
        let mut today = AccountMetrics::empty(answer.received_at.date_utc(), Basis::Lifetime);
        today.followers = number("followers_count");
        today.posts_count = number("tweet_count");
        let extra: Map<String, Value> = ["following_count", "listed_count"]
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

/// Each id becomes a row or a failure, or it is asked for again.
fn sort<'a>(answer: &Answer, ids: &[&'a String], private: bool, batch: &mut MetricsBatch) -> Vec<&'a String> {
    let body = answer.json().unwrap_or_default();
    let list = |pointer: &str| body.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let (posts, problems, media) = (list("/data"), list("/errors"), list("/includes/media"));
    let mut again = Vec::new();
    for id in ids {
        let named = |value: &Value, name: &str| value.get(name).and_then(Value::as_str) == Some(id.as_str());
        if let Some(post) = posts.iter().find(|p| named(p, "id")) {
            batch.rows.push(row(id, post, media));
            continue;
        }
        let problem = problems.iter().find(|p| named(p, "resource_id") || named(p, "value"));
        let error = problem.map_or_else(
            || CallError::new(ErrorType::Unknown, Delivery::Refused, "X answered about other posts only"),
            |problem| errors::of_item(answer, problem),
        );
        if private && error.code.as_deref() == Some("not-authorized-for-field") {
            again.push(*id);
        } else {
            batch.failures.push(failure(id, error));
        }
    }
    again
}

fn row(id: &str, post: &Value, included: &[Value]) -> ContentMetrics {
    let counts = Counts::of(post);
    let number = |pointer: &str| counts.at(pointer);
    let public = |name: &str| number(&format!("/public_metrics/{name}"));
    let keys = media_keys(post);
    let videos: Vec<Counts<'_>> = included
        .iter()
        .filter(|m| m.get("media_key").and_then(Value::as_str).is_some_and(|key| keys.contains(&key)))
        .filter(|m| m.pointer("/public_metrics/view_count").is_some())
        .map(Counts::of)
        .collect();
    let sum = |pointer: &str| {
        let counts: Vec<i64> = videos.iter().filter_map(|m| m.at(pointer)).collect();
        (!counts.is_empty()).then(|| counts.iter().fold(0_i64, |a, b| a.saturating_add(*b)))
    };
    let started = sum("/non_public_metrics/playback_0_count").filter(|n| *n > 0);
    #[expect(clippy::cast_possible_truncation, reason = "a share between 0 and 1")]
    let completion = started
        .zip(sum("/non_public_metrics/playback_100_count"))
        .map(|(all, ends)| (ends as f64 / all as f64).clamp(0.0, 1.0) as f32);
    let parts = [
        ("retweet_count", public("retweet_count")),
        ("quote_count", public("quote_count")),
        ("user_profile_clicks", number("/non_public_metrics/user_profile_clicks")),
        ("engagements", number("/non_public_metrics/engagements")),
        ("organic_impression_count", number("/organic_metrics/impression_count")),
        ("playback_0_count", sum("/non_public_metrics/playback_0_count")),
        ("playback_25_count", sum("/non_public_metrics/playback_25_count")),
        ("playback_50_count", sum("/non_public_metrics/playback_50_count")),
        ("playback_75_count", sum("/non_public_metrics/playback_75_count")),
        ("playback_100_count", sum("/non_public_metrics/playback_100_count")),
    ];
    let extra: Map<String, Value> =
        parts.into_iter().filter_map(|(name, count)| Some((name.to_owned(), count?.into()))).collect();
    let mut row = ContentMetrics {
        external_id: id.to_owned(),
        impressions: public("impression_count"),
        views: sum("/public_metrics/view_count"),
        reactions: public("like_count"),
        comments: public("reply_count"),
        shares: public("retweet_count").map(|n| n.saturating_add(public("quote_count").unwrap_or(0))),
        clicks: number("/non_public_metrics/url_link_clicks"),
        saves: public("bookmark_count"),
        completion_rate: completion,
        extra: Value::Object(extra),
        basis: Basis::Lifetime,
        ..ContentMetrics::default()
    };
    row.odd = videos.into_iter().chain([counts]).flat_map(Counts::into_odd).collect();
    row
}
