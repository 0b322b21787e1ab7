//! The numbers of posts and of the account.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Bluesky, METRICS_BATCH_MAX, method};
use crate::count::Counts;
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Request;
use crate::types::{Access, AccountMetrics, Basis, ContentMetrics, ItemFailure, MetricsBatch};

impl Bluesky {
    /// `getPosts`, 25 at a time. What the answer leaves out is gone or hidden.
    pub(super) async fn post_metrics(&self, access: &Access, ids: &[String]) -> Result<MetricsBatch, CallError> {
        let mut batch = MetricsBatch::default();
        for (index, part) in ids.chunks(METRICS_BATCH_MAX).enumerate() {
            match self.some_posts(access, part).await {
                Ok(posts) => {
                    for id in part {
                        match posts.get(id) {
                            Some(post) => batch.rows.push(row(id, post)),
                            None => batch.failures.push(ItemFailure { external_id: id.clone(), error: gone() }),
                        }
                    }
                }
                Err(error) if index == 0 => return Err(error),
                Err(error) => {
                    let rest = ids.iter().skip(index * METRICS_BATCH_MAX);
                    batch.failures.extend(rest.map(|id| ItemFailure { external_id: id.clone(), error: error.clone() }));
                    break;
                }
            }
        }
        Ok(batch)
    }

    async fn some_posts(&self, access: &Access, ids: &[String]) -> Result<HashMap<String, Value>, CallError> {
        // One id that is no address would spoil the whole batch.
        let sound = ids.iter().filter(|id| id.starts_with("at://"));
        let mut request = Request::get(method(&access.base_url, "app.bsky.feed.getPosts")?);
        let mut count = 0;
        for id in sound {
            request = request.with("uris", id);
            count += 1;
        }
        if count == 0 {
            return Ok(HashMap::new());
        }
        let answer = self.call(request, access).await?;
        let body = answer.json().unwrap_or_default();
        let posts = body.get("posts").and_then(Value::as_array).ok_or_else(|| answer.unstructured())?;
        let by_uri = posts.iter().filter_map(|p| Some((p.get("uri")?.as_str()?.to_owned(), p.clone())));
        Ok(by_uri.collect())
    }

    /// Only the numbers of now exist, whatever the range; the row says when they were read.
    pub(super) async fn profile_metrics(&self, access: &Access) -> Result<Vec<AccountMetrics>, CallError> {
        let request = Request::get(method(&access.base_url, "app.bsky.actor.getProfile")?)
            .with("actor", &access.platform_user_id);
        let answer = self.call(request, access).await?;
        let profile = answer.json().unwrap_or_default();
        if profile.get("did").and_then(Value::as_str).is_none() {
            return Err(answer.unstructured());
        }
        let counts = Counts::of(&profile);
        let mut today = AccountMetrics::empty(answer.received_at.date_utc(), Basis::Lifetime);
        today.followers = counts.named("followersCount");
        today.posts_count = counts.named("postsCount");
        if let Some(following) = counts.named("followsCount") {
            today.extra = serde_json::json!({ "following_count": following });
        }
        today.odd = counts.into_odd();
        Ok(vec![today])
    }
}

fn gone() -> CallError {
    CallError::new(ErrorType::NotFound, Delivery::Refused, "the post is gone, or the network hides it")
}

fn row(id: &str, post: &Value) -> ContentMetrics {
    let counts = Counts::of(post);
    let number = |name: &str| counts.named(name);
    let (reposts, quotes) = (number("repostCount"), number("quoteCount"));
    let parts = [("repost_count", reposts), ("quote_count", quotes)];
    let extra: Map<String, Value> =
        parts.into_iter().filter_map(|(name, n)| Some((name.to_owned(), n?.into()))).collect();
    ContentMetrics {
        external_id: id.to_owned(),
        reactions: number("likeCount"),
        comments: number("replyCount"),
        // Servers that do not count quotes leave them out; then reposts are all there is.
        shares: reposts.map(|n| n.saturating_add(quotes.unwrap_or(0))),
        saves: number("bookmarkCount"),
        extra: Value::Object(extra),
        basis: Basis::Lifetime,
        odd: counts.into_odd(),
        ..ContentMetrics::default()
    }
}
