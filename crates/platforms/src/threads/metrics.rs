//! The numbers of posts and of the account.

use std::collections::BTreeMap;

use rookery_kernel::{Date, Zone};
use serde_json::{Map, Value, json};

use super::{Threads, caller};
use crate::batch::BatchRun;
use crate::error::{CallError, Delivery, ErrorType};
use crate::meta::insights::Insights;
use crate::meta::values::{MetricValue, day_of};
use crate::types::{Access, AccountMetrics, Basis, ContentMetrics, MetricsBatch};

/// Asked of every post.
const POST: [&str; 6] = ["views", "likes", "replies", "reposts", "quotes", "shares"];

/// Asked of the account for each day.
const DAY: [&str; 6] = ["views", "likes", "replies", "reposts", "quotes", "clicks"];

impl Threads {
    pub(super) async fn post_metrics(&self, access: &Access, ids: &[String]) -> Result<MetricsBatch, CallError> {
        let mut run = BatchRun::new(ids);
        while let Some(id) = run.next_id() {
            let asked = self.graph.insights(&caller(access), &[id, "insights"], "threads post", &POST, &[]).await;
            let row = asked.map(|mut insights| {
                run.unsupported(std::mem::take(&mut insights.unsupported));
                row(id, &insights)
            });
            run.record(row)?;
        }
        Ok(run.finish())
    }

    /// The network has days for views only; the rest is told as the sum of a window, so each day is
    /// asked for alone. Followers are told as they are now.
    pub(super) async fn daily_metrics(
        &self,
        access: &Access,
        from: Date,
        to: Date,
    ) -> Result<Vec<AccountMetrics>, CallError> {
        if to < from {
            return Err(CallError::new(ErrorType::BadRequest, Delivery::NotSent, "the range ends before it begins"));
        }
        let zone = pacific();
        let today = zone.date(self.graph.http.now());
        let mut days = BTreeMap::new();
        let mut date = from;
        while date <= to.min(today) {
            let mut day = AccountMetrics::empty(date, Basis::Day);
            let window = [
                ("since", zone.start_of(date).as_secs().to_string()),
                ("until", zone.start_of(date.plus_days(1)).as_secs().to_string()),
            ];
            let path = [access.platform_user_id.as_str(), "threads_insights"];
            let insights = self.graph.insights(&caller(access), &path, "threads account", &DAY, &window).await?;
            fill(&mut day, date, &insights);
            if date == today {
                day.followers = self.followers(access).await?;
            }
            days.insert(date, day);
            date = date.plus_days(1);
        }
        Ok(days.into_values().collect())
    }

    /// Small accounts are told nothing.
    async fn followers(&self, access: &Access) -> Result<Option<i64>, CallError> {
        let path = [access.platform_user_id.as_str(), "threads_insights"];
        let names = ["followers_count"];
        let told = self.graph.insights(&caller(access), &path, "threads followers", &names, &[]).await?;
        Ok(told.total("followers_count"))
    }
}

/// Days end at midnight in California, as on the other networks of the house.
fn pacific() -> Zone {
    "America/Los_Angeles".parse().expect("a zone of every database of zones")
}

fn row(id: &str, insights: &Insights) -> ContentMetrics {
    let total = |name: &str| insights.total(name);
    let parts = ["reposts", "quotes", "shares"];
    let extra: Map<String, Value> = parts.iter().filter_map(|n| Some(((*n).to_owned(), json!(total(n)?)))).collect();
    ContentMetrics {
        external_id: id.to_owned(),
        views: total("views"),
        reactions: total("likes"),
        comments: total("replies"),
        shares: sum(insights, &parts),
        extra: Value::Object(extra),
        basis: Basis::Lifetime,
        odd: insights.odd.clone(),
        ..ContentMetrics::default()
    }
}

/// The sum of what is told; nothing if nothing is.
fn sum(insights: &Insights, names: &[&str]) -> Option<i64> {
    let told = names.iter().filter_map(|name| insights.total(name));
    told.fold(None, |sum: Option<i64>, n| Some(sum.unwrap_or(0).saturating_add(n)))
}

fn fill(day: &mut AccountMetrics, date: Date, insights: &Insights) {
    // A series may hold the neighbours of the day too.
    let of_day = |v: &&MetricValue| v.end_time.is_none_or(|end| day_of(end) == date);
    day.views = insights.values.iter().filter(|v| v.name == "views").find(of_day).map(|v| v.total);
    day.clicks = insights.total("clicks");
    day.odd.extend(insights.odd.iter().cloned());
    day.engagements = sum(insights, &["likes", "replies", "reposts", "quotes", "clicks"]);
    let parts = ["likes", "replies", "reposts", "quotes"];
    let extra: Map<String, Value> =
        parts.iter().filter_map(|n| Some(((*n).to_owned(), json!(insights.total(n)?)))).collect();
    if !extra.is_empty() {
        day.extra = Value::Object(extra);
    }
}
