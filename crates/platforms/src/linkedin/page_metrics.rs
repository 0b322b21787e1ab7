//! Numbers of pages: of their posts for life, of the page by day for a year.
//!
//! A post that nobody saw is left out of the answer: its row says nothing, which is not zero. A post
//! that was deleted is left out too, so posts that are left out are asked for by name.

use std::collections::BTreeMap;

use rookery_kernel::{Date, Timestamp};
use serde_json::{Value, json};

use super::LinkedIn;
use super::rest::{METHOD_HEADER, address, daily, elements, escaped, list};
use crate::count::Counts;
use crate::error::{CallError, Delivery, ErrorType};
use crate::http::Request;
use crate::types::{Access, AccountMetrics, Basis, ContentMetrics, ItemFailure, MetricsBatch};

impl LinkedIn {
    pub(super) async fn page_post_metrics(&self, access: &Access, ids: &[String]) -> Result<MetricsBatch, CallError> {
        let mut batch = MetricsBatch::default();
        let mut left_out: Vec<&str> = Vec::new();
        // Two kinds of posts, two parameters, two calls: one that is refused leaves the other alone.
        for (kind, parameter, member) in
            [("urn:li:share:", "shares", "share"), ("urn:li:ugcPost:", "ugcPosts", "ugcPost")]
        {
            let wanted: Vec<&str> = ids.iter().map(String::as_str).filter(|id| id.starts_with(kind)).collect();
            if wanted.is_empty() {
                continue;
            }
            match self.share_statistics(access, &[(parameter, list(wanted.iter().copied()))]).await {
                Ok(elements) => {
                    let is_told = |id: &str| elements.iter().any(|e| names(e, member, id));
                    left_out.extend(wanted.iter().copied().filter(|id| !is_told(id)));
                    batch.rows.extend(wanted.iter().map(|id| row(id, member, &elements)));
                }
                Err(error) if batch.rows.is_empty() && concerns_account(&error) => return Err(error),
                Err(error) => batch.failures.extend(
                    wanted.iter().map(|id| ItemFailure { external_id: (*id).to_owned(), error: error.clone() }),
                ),
            }
        }
        // Failing to learn it leaves them as they are: not reported.
        for (id, error) in self.gone(access, &left_out).await.unwrap_or_default() {
            batch.rows.retain(|row| row.external_id != id);
            batch.failures.push(ItemFailure { external_id: id, error });
        }
        let is_known = |id: &&String| id.starts_with("urn:li:share:") || id.starts_with("urn:li:ugcPost:");
        batch.failures.extend(ids.iter().filter(|id| !is_known(id)).map(|id| ItemFailure {
            external_id: id.clone(),
            error: CallError::not_sent("LinkedIn has no numbers for this kind of thing"),
        }));
        Ok(batch)
    }

    /// Those of some posts that are not there any more.
    async fn gone(&self, access: &Access, ids: &[&str]) -> Result<Vec<(String, CallError)>, CallError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = list(ids.iter().copied());
        let url = address(&access.base_url, "rest/posts", &[("ids", &wanted)])?;
        let answer = self.call(Request::get(url).header(METHOD_HEADER, "BATCH_GET"), &access.token).await?;
        let body = answer.json().unwrap_or_default();
        let status = |id: &str| {
            let told =
                body.get("statuses").and_then(|s| s.get(id)).or_else(|| body.get("errors")?.get(id)?.get("status"));
            told.and_then(Value::as_u64)
        };
        let is_gone = |id: &&&str| status(id) == Some(404);
        let error = CallError::new(ErrorType::NotFound, Delivery::Refused, "LinkedIn does not know this post any more");
        Ok(ids.iter().filter(is_gone).map(|id| ((*id).to_owned(), error.clone())).collect())
    }

    async fn share_statistics(&self, access: &Access, more: &[(&str, String)]) -> Result<Vec<Value>, CallError> {
        self.statistics(access, "rest/organizationalEntityShareStatistics", "organizationalEntity", more).await
    }

    /// The elements of one of the page's statistics.
    async fn statistics(
        &self,
        access: &Access,
        path: &str,
        finder: &str,
        more: &[(&str, String)],
    ) -> Result<Vec<Value>, CallError> {
        let page = escaped(&access.platform_user_id);
        let mut query = vec![("q", finder), (finder, page.as_str())];
        query.extend(more.iter().map(|(name, value)| (*name, value.as_str())));
        let request = Request::get(address(&access.base_url, path, &query)?).header(METHOD_HEADER, "FINDER");
        let answer = self.call(request, &access.token).await?;
        let body = answer.json().unwrap_or_default();
        elements(&body).map(<[Value]>::to_vec).ok_or_else(|| answer.unstructured())
    }

    pub(super) async fn page_metrics(
        &self,
        access: &Access,
        from: Date,
        to: Date,
    ) -> Result<Vec<AccountMetrics>, CallError> {
        let intervals = [("timeIntervals", daily(from, to))];
        let shares = self.share_statistics(access, &intervals).await?;
        // Each of the others may be refused on its own (a role, a page without one of them).
        let followers = self
            .statistics(access, "rest/organizationalEntityFollowerStatistics", "organizationalEntity", &intervals)
            .await;
        let followers = left_out(followers)?;
        let visits = self.statistics(access, "rest/organizationPageStatistics", "organization", &intervals).await;
        let visits = left_out(visits)?;
        let total = left_out(self.followers(access).await.map(|n| n.into_iter().collect()))?;

        let mut days: BTreeMap<Date, AccountMetrics> = BTreeMap::new();
        for element in &shares {
            let Some(day) = day_of(element, &mut days, from, to) else { continue };
            let counts = Counts::of(element);
            let number = |name: &str| counts.at(&format!("/totalShareStatistics/{name}"));
            day.impressions = number("impressionCount");
            day.reach = number("uniqueImpressionsCount");
            day.clicks = number("clickCount");
            let parts = ["likeCount", "commentCount", "shareCount", "clickCount"].map(number);
            let known = parts.iter().flatten().copied().reduce(i64::saturating_add);
            day.engagements = known;
            day.extra = json!({ "reactions": parts[0], "comments": parts[1], "shares": parts[2] });
            day.odd.extend(counts.into_odd());
        }
        for element in &followers {
            let Some(day) = day_of(element, &mut days, from, to) else { continue };
            let gains = ["organicFollowerGain", "paidFollowerGain"];
            let counts = Counts::of(element);
            let gains = gains.map(|name| counts.at(&format!("/followerGains/{name}")));
            day.odd.extend(counts.into_odd());
            let net = gains.iter().flatten().copied().reduce(i64::saturating_add);
            // The network tells the day's balance.
            day.followers_gained = net.map(|n| n.max(0));
            day.followers_lost = net.map(|n| n.min(0).saturating_neg());
        }
        for element in &visits {
            let Some(day) = day_of(element, &mut days, from, to) else { continue };
            let counts = Counts::of(element);
            day.profile_views = counts.at("/totalPageStatistics/views/allPageViews/pageViews");
            day.odd.extend(counts.into_odd());
        }
        // The total exists only for now: it belongs to the newest day, if that has just ended or still runs.
        let today = self.http.now().date_utc();
        if let Some(total) = total.first().filter(|_| to.plus_days(1) >= today) {
            days.entry(to).or_insert_with(|| AccountMetrics::empty(to, Basis::Day)).followers = Some(*total);
        }
        Ok(days.into_values().collect())
    }
}

/// What one of several reads may lack without the others being worthless.
fn left_out<T>(result: Result<Vec<T>, CallError>) -> Result<Vec<T>, CallError> {
    match result {
        Err(error) if matches!(error.kind, ErrorType::Permission | ErrorType::NotFound | ErrorType::BadRequest) => {
            Ok(Vec::new())
        }
        other => other,
    }
}

/// Whether the first failure ends the whole batch.
pub(super) fn concerns_account(error: &CallError) -> bool {
    error.ends_the_run() || matches!(error.kind, ErrorType::Permission | ErrorType::Transient)
}

/// The row of the day that an element is about.
fn day_of<'a>(
    element: &Value,
    days: &'a mut BTreeMap<Date, AccountMetrics>,
    from: Date,
    to: Date,
) -> Option<&'a mut AccountMetrics> {
    let start = element.pointer("/timeRange/start").and_then(Value::as_i64)?;
    let date = Timestamp::from_millis(start).date_utc();
    (from <= date && date <= to).then(|| days.entry(date).or_insert_with(|| AccountMetrics::empty(date, Basis::Day)))
}

fn names(element: &Value, member: &str, id: &str) -> bool {
    element.get(member).and_then(Value::as_str) == Some(id)
}

fn row(id: &str, member: &str, elements: &[Value]) -> ContentMetrics {
    let found = elements.iter().find(|e| names(e, member, id));
    let counts = found.map(Counts::of);
    let number = |name: &str| counts.as_ref().and_then(|c| c.at(&format!("/totalShareStatistics/{name}")));
    let engagement = found.and_then(|e| e.pointer("/totalShareStatistics/engagement")).and_then(Value::as_f64);
    ContentMetrics {
        external_id: id.to_owned(),
        impressions: number("impressionCount"),
        reach: number("uniqueImpressionsCount"),
        reactions: number("likeCount"),
        comments: number("commentCount"),
        shares: number("shareCount"),
        clicks: number("clickCount"),
        extra: engagement.map_or(Value::Null, |rate| json!({ "engagement": rate })),
        basis: Basis::Lifetime,
        odd: counts.map(Counts::into_odd).unwrap_or_default(),
        ..ContentMetrics::default()
    }
}
