//! Numbers of members: one call per kind of number, of a post for life, of all posts by day.

use std::collections::BTreeMap;

use rookery_kernel::Date;
use serde_json::{Map, Value};

use super::LinkedIn;
use super::rest::{METHOD_HEADER, address, date_range, elements, escaped};
use crate::batch::BatchRun;
use crate::count::{count, note};
use crate::error::{CallError, ErrorType};
use crate::http::Request;
use crate::types::{Access, AccountMetrics, Basis, ContentMetrics, MetricsBatch};

/// Kinds of numbers, as the network calls them.
const KINDS: [&str; 6] = ["IMPRESSION", "MEMBERS_REACHED", "REACTION", "COMMENT", "RESHARE", "POST_SAVE"];

/// Reach is a total only: people of different days may be the same.
const DAILY_KINDS: [&str; 4] = ["IMPRESSION", "REACTION", "COMMENT", "RESHARE"];

const PATH: &str = "rest/memberCreatorPostAnalytics";

impl LinkedIn {
    pub(super) async fn member_post_metrics(&self, access: &Access, ids: &[String]) -> Result<MetricsBatch, CallError> {
        let mut run = BatchRun::new(ids);
        while let Some(id) = run.next_id() {
            let (result, unsupported) = self.one_post(access, id).await;
            run.unsupported(unsupported);
            run.record(result)?;
        }
        Ok(run.finish())
    }

    /// The post's row and the kinds that the network refused.
    async fn one_post(&self, access: &Access, id: &str) -> (Result<ContentMetrics, CallError>, Vec<String>) {
        let kind = if id.starts_with("urn:li:ugcPost:") { "ugc" } else { "share" };
        let entity = format!("({kind}:{})", escaped(id));
        let mut numbers: BTreeMap<&str, i64> = BTreeMap::new();
        let mut odd = Vec::new();
        let mut unsupported = Vec::new();
        for kind in KINDS {
            let query = [("q", "entity"), ("entity", &entity), ("queryType", kind), ("aggregation", "TOTAL")];
            match self.finder(access, PATH, &query).await {
                Ok(rows) => {
                    let (number, oddity) = rows.first().and_then(|row| row.get("count")).map_or((None, None), count);
                    numbers.extend(number.map(|number| (kind, number)));
                    if let Some(oddity) = oddity {
                        note(&mut odd, kind, oddity);
                    }
                }
                // A kind that this post or version lacks; the first one tells whether the post is there at all.
                Err(error) if error.kind == ErrorType::BadRequest && kind != KINDS[0] => {
                    unsupported.push(kind.to_owned());
                }
                Err(error) => return (Err(error), unsupported),
            }
        }
        let number = |kind: &str| numbers.get(kind).copied();
        let row = ContentMetrics {
            external_id: id.to_owned(),
            impressions: number("IMPRESSION"),
            reach: number("MEMBERS_REACHED"),
            reactions: number("REACTION"),
            comments: number("COMMENT"),
            shares: number("RESHARE"),
            saves: number("POST_SAVE"),
            basis: Basis::Lifetime,
            odd,
            ..ContentMetrics::default()
        };
        (Ok(row), unsupported)
    }

    async fn finder(&self, access: &Access, path: &str, query: &[(&str, &str)]) -> Result<Vec<Value>, CallError> {
        let request = Request::get(address(&access.base_url, path, query)?).header(METHOD_HEADER, "FINDER");
        let answer = self.call(request, &access.token).await?;
        let body = answer.json().unwrap_or_default();
        elements(&body).map(<[Value]>::to_vec).ok_or_else(|| answer.unstructured())
    }

    pub(super) async fn member_metrics(
        &self,
        access: &Access,
        from: Date,
        to: Date,
    ) -> Result<Vec<AccountMetrics>, CallError> {
        let range = date_range(from, to);
        let mut days: BTreeMap<Date, AccountMetrics> = BTreeMap::new();
        for kind in DAILY_KINDS {
            let query = [("q", "me"), ("queryType", kind), ("aggregation", "DAILY"), ("dateRange", range.as_str())];
            for row in self.finder(access, PATH, &query).await? {
                let Some(date) = day_of(&row).filter(|date| (from..=to).contains(date)) else { continue };
                let (number, oddity) = row.get("count").map_or((None, None), count);
                let day = days.entry(date).or_insert_with(|| AccountMetrics::empty(date, Basis::Day));
                if let Some(oddity) = oddity {
                    note(&mut day.odd, kind, oddity);
                }
                let Some(count) = number else { continue };
                if kind == "IMPRESSION" {
                    day.impressions = Some(count);
                    continue;
                }
                day.engagements = Some(day.engagements.unwrap_or(0).saturating_add(count));
                let mut extra = day.extra.as_object().cloned().unwrap_or_else(Map::new);
                extra.insert(kind.to_ascii_lowercase(), count.into());
                day.extra = Value::Object(extra);
            }
        }
        // Another right, which may be missing.
        let mut total = None;
        match self.finder(access, "rest/memberFollowersCount", &[("q", "me")]).await {
            Ok(rows) => total = rows.first().and_then(|row| count(row.get("memberFollowersCount")?).0),
            Err(error) if matches!(error.kind, ErrorType::Permission | ErrorType::NotFound) => {}
            Err(error) => return Err(error),
        }
        let today = self.http.now().date_utc();
        if let Some(total) = total.filter(|_| to.plus_days(1) >= today) {
            days.entry(to).or_insert_with(|| AccountMetrics::empty(to, Basis::Day)).followers = Some(total);
        }
        Ok(days.into_values().collect())
    }
}

/// The day that a row begins on.
fn day_of(row: &Value) -> Option<Date> {
    let part = |name: &str| row.pointer(&format!("/dateRange/start/{name}")).and_then(Value::as_i64);
    format!("{:04}-{:02}-{:02}", part("year")?, part("month")?, part("day")?).parse().ok()
}
