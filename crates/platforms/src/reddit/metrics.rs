//! The numbers of posts and comments, and of the account.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{PAGE_MAX, Reddit};
use crate::count::Counts;
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::{Request, endpoint};
use crate::types::{Access, AccountMetrics, Basis, ContentMetrics, ItemFailure, MetricsBatch};

impl Reddit {
    /// `/api/info`, 100 at a time. What the answer leaves out is gone.
    pub(super) async fn post_metrics(&self, access: &Access, ids: &[String]) -> Result<MetricsBatch, CallError> {
        let mut batch = MetricsBatch::default();
        for (index, part) in ids.chunks(PAGE_MAX).enumerate() {
            match self.info(access, part).await {
                Ok(found) => {
                    for id in part {
                        match found.get(id) {
                            Some(thing) => batch.rows.push(row(id, thing)),
                            None => batch.failures.push(ItemFailure { external_id: id.clone(), error: gone() }),
                        }
                    }
                }
                Err(error) if index == 0 => return Err(error),
                Err(error) => {
                    let rest = ids.iter().skip(index * PAGE_MAX);
                    batch.failures.extend(rest.map(|id| ItemFailure { external_id: id.clone(), error: error.clone() }));
                    break;
                }
            }
        }
        Ok(batch)
    }

    /// The things that exist, by their whole ids. A deleted one is still told, without its author.
    pub(super) async fn info(&self, access: &Access, ids: &[String]) -> Result<HashMap<String, Value>, CallError> {
        // One id that is none would spoil the whole batch.
        let is_thing = |id: &&String| matches!(id.get(..3), Some("t1_" | "t3_"));
        let asked: Vec<&str> = ids.iter().filter(is_thing).map(String::as_str).collect();
        if asked.is_empty() {
            return Ok(HashMap::new());
        }
        let request = Request::get(endpoint(&access.base_url, &["api", "info"])?)
            .with("id", asked.join(","))
            .with("raw_json", "1");
        let body = self.call(request, access).await?;
        let Some(children) = body.pointer("/data/children").and_then(Value::as_array) else {
            return Err(CallError::new(ErrorType::Unknown, Delivery::Refused, "Reddit answered with no listing"));
        };
        let is_deleted = |thing: &Value| thing.get("author").and_then(Value::as_str) == Some("[deleted]");
        let things = children.iter().filter_map(|c| c.get("data")).filter(|t| !is_deleted(t));
        Ok(things.filter_map(|t| Some((t.get("name")?.as_str()?.to_owned(), t.clone()))).collect())
    }

    /// Only the numbers of now exist, whatever the range; the row says when they were read.
    pub(super) async fn profile_metrics(&self, access: &Access) -> Result<Vec<AccountMetrics>, CallError> {
        let request = Request::get(endpoint(&access.base_url, &["api", "v1", "me"])?).with("raw_json", "1");
        let me = self.call(request, access).await?;
        if me.get("id").and_then(Value::as_str).is_none() {
            let message = "Reddit described an account without an id";
            return Err(CallError::new(ErrorType::Unknown, Delivery::Refused, message));
        }
        let mut today = AccountMetrics::empty(self.http.now().date_utc(), Basis::Lifetime);
        let counts = Counts::of(&me);
        today.followers = counts.at("/subreddit/subscribers");
        let karma = ["total_karma", "link_karma", "comment_karma"];
        let extra: Map<String, Value> =
            karma.into_iter().filter_map(|n| Some((n.to_owned(), counts.named(n)?.into()))).collect();
        if !extra.is_empty() {
            today.extra = Value::Object(extra);
        }
        today.odd = counts.into_odd();
        Ok(vec![today])
    }
}

fn gone() -> CallError {
    CallError::new(ErrorType::NotFound, Delivery::Refused, "the post is gone")
}

fn row(id: &str, thing: &Value) -> ContentMetrics {
    let counts = Counts::of(thing);
    let number = |name: &str| counts.named(name);
    let kept = ["upvote_ratio", "total_awards_received", "removed_by_category"];
    let extra: Map<String, Value> = kept
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), thing.get(name).filter(|v| !v.is_null())?.clone())))
        .collect();
    ContentMetrics {
        external_id: id.to_owned(),
        // Upvotes less downvotes: zero and less are possible, and Reddit blurs it a little.
        reactions: number("score"),
        comments: number("num_comments"),
        shares: number("num_crossposts"),
        extra: Value::Object(extra),
        basis: Basis::Lifetime,
        odd: counts.into_odd(),
        ..ContentMetrics::default()
    }
}
