//! The numbers of statuses and of the account, as its own server knows them.

use rookery_kernel::Date;
use serde_json::{Map, Value};

use super::Mastodon;
use crate::batch::BatchRun;
use crate::count::Counts;
use crate::error::CallError;
use crate::http::{Request, endpoint};
use crate::types::{Access, AccountMetrics, Basis, ContentMetrics, MetricsBatch};

impl Mastodon {
    pub(super) async fn status_metrics(&self, access: &Access, ids: &[String]) -> Result<MetricsBatch, CallError> {
        let mut run = BatchRun::new(ids);
        while let Some(id) = run.next_id() {
            run.record(self.one_status(access, id).await)?;
        }
        Ok(run.finish())
    }

    async fn one_status(&self, access: &Access, id: &str) -> Result<ContentMetrics, CallError> {
        let request = Request::get(endpoint(&access.base_url, &["api", "v1", "statuses", id])?);
        let answer = self.call(request, access).await?;
        let status = answer.json().unwrap_or_default();
        // An answer about something else must not look like a status nobody likes.
        if status.get("id").and_then(Value::as_str).is_none() {
            return Err(answer.unstructured());
        }
        Ok(row(id, &status))
    }

    /// Only the numbers of now exist, whatever the range; the row says when they were read.
    pub(super) async fn profile_metrics(
        &self,
        access: &Access,
        _from: Date,
        _to: Date,
    ) -> Result<Vec<AccountMetrics>, CallError> {
        let url = endpoint(&access.base_url, &["api", "v1", "accounts", "verify_credentials"])?;
        let answer = self.call(Request::get(url), access).await?;
        let account = answer.json().unwrap_or_default();
        let counts = Counts::of(&account);
        let mut today = AccountMetrics::empty(answer.received_at.date_utc(), Basis::Lifetime);
        today.followers = counts.named("followers_count");
        today.posts_count = counts.named("statuses_count");
        if let Some(following) = counts.named("following_count") {
            today.extra = serde_json::json!({ "following_count": following });
        }
        today.odd = counts.into_odd();
        Ok(vec![today])
    }
}

fn row(id: &str, status: &Value) -> ContentMetrics {
    let counts = Counts::of(status);
    let number = |name: &str| counts.named(name);
    let parts = ["reblogs_count", "quotes_count"];
    let extra: Map<String, Value> =
        parts.into_iter().filter_map(|name| Some((name.to_owned(), number(name)?.into()))).collect();
    ContentMetrics {
        external_id: id.to_owned(),
        reactions: number("favourites_count"),
        comments: number("replies_count"),
        // Servers before 4.5 know no quotes; then reblogs are all there is.
        shares: number("reblogs_count").map(|n| n.saturating_add(number("quotes_count").unwrap_or(0))),
        extra: Value::Object(extra),
        basis: Basis::Lifetime,
        odd: counts.into_odd(),
        ..ContentMetrics::default()
    }
}
