//! Insights: several metrics in one call and, if the network refuses one of them, name by name.

use url::Url;

use super::errors::Asking;
use super::refused_metrics::RefusedMetrics;
use super::values::{MetricValue, values};
use super::{Caller, call};
use crate::error::{CallError, ErrorType};
use crate::http::{HttpClient, Request};
use crate::types::OddField;

/// What one insights call (or several, name by name) brought.
#[derive(Default)]
pub(crate) struct Insights {
    pub values: Vec<MetricValue>,
    pub unsupported: Vec<String>,
    /// Metrics whose values are no numbers.
    pub odd: Vec<OddField>,
}

impl Insights {
    pub fn last(&self, name: &str) -> Option<&MetricValue> {
        self.values.iter().rev().find(|v| v.name == name)
    }

    pub fn total(&self, name: &str) -> Option<i64> {
        self.last(name).map(|v| v.total)
    }
}

/// What is asked for.
pub(crate) struct Asked<'a> {
    pub url: Url,
    /// Version and kind of object: the names that are refused are remembered for it.
    pub kind: &'a str,
    pub names: &'a [&'a str],
    /// Period, days and the like.
    pub window: &'a [(&'a str, String)],
}

/// Asks for all names at once, and one by one if one of them spoils the call.
///
/// # Errors
/// [`CallError`] by the table; a metric the network does not know is none.
pub(crate) async fn ask(
    http: &HttpClient,
    refused: &RefusedMetrics,
    caller: &Caller<'_>,
    asked: Asked<'_>,
) -> Result<Insights, CallError> {
    let now = http.now();
    let (wanted, resting) = refused.split(asked.kind, asked.names, now);
    let mut result =
        Insights { unsupported: resting.into_iter().map(ToOwned::to_owned).collect(), ..Insights::default() };
    if wanted.is_empty() {
        return Ok(result);
    }
    match ask_once(http, caller, &asked, &wanted).await {
        Ok(found) => {
            (result.values, result.odd) = found;
            return Ok(result);
        }
        Err(e) if e.kind == ErrorType::MetricUnsupported => {}
        Err(e) => return Err(e),
    }
    let mut gone = Vec::new();
    for name in &wanted {
        match ask_once(http, caller, &asked, &[name]).await {
            Ok((values, odd)) => {
                result.values.extend(values);
                result.odd.extend(odd);
            }
            Err(e) if e.kind == ErrorType::MetricUnsupported => gone.push(*name),
            Err(e) => return Err(e),
        }
    }
    // If every name was refused the object is the reason, and other objects may answer.
    if gone.len() < wanted.len() {
        for name in &gone {
            refused.remember(asked.kind, name, now);
        }
    }
    result.unsupported.extend(gone.into_iter().map(ToOwned::to_owned));
    Ok(result)
}

async fn ask_once(
    http: &HttpClient,
    caller: &Caller<'_>,
    asked: &Asked<'_>,
    names: &[&str],
) -> Result<(Vec<MetricValue>, Vec<OddField>), CallError> {
    let mut request = Request::get(asked.url.clone()).with("metric", names.join(","));
    for (name, value) in asked.window {
        request = request.with(name, value);
    }
    Ok(values(&call(http, request, caller, Asking::Insights).await?))
}
