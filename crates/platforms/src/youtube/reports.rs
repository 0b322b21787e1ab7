//! Reports of the Analytics API: true values of days, one to three days late, days of Los Angeles.

use std::collections::HashMap;

use rookery_kernel::Date;
use serde_json::Value;

use super::YouTube;
use super::hosts::{Host, host};
use crate::count::count;
use crate::error::CallError;
use crate::http::{Request, endpoint};
use crate::types::{Access, OddField};

/// A row of a report, by the names of its columns.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ReportRow(HashMap<String, Value>);

impl ReportRow {
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// Counts come as whole numbers, some of them with a fraction of nothing.
    pub fn count(&self, name: &str) -> Option<i64> {
        count(self.0.get(name)?).0
    }

    /// Which of these columns, separated by commas, hold something else than a number.
    pub fn odd(&self, names: &str) -> Vec<OddField> {
        let odd = |name: &str| {
            let kind = count(self.0.get(name)?).1?;
            Some(OddField { name: name.to_owned(), kind })
        };
        names.split(',').filter_map(odd).collect()
    }

    pub fn number(&self, name: &str) -> Option<f64> {
        self.0.get(name)?.as_f64()
    }
}

impl YouTube {
    /// A report of the own channel. `narrowed` are further parameters.
    pub(super) async fn report(
        &self,
        access: &Access,
        (from, to): (Date, Date),
        metrics: &str,
        dimension: &str,
        narrowed: &[(&str, &str)],
    ) -> Result<Vec<ReportRow>, CallError> {
        let mut request = Request::get(endpoint(&host(&access.base_url, Host::Analytics), &["v2", "reports"])?)
            .with("ids", "channel==MINE")
            .with("startDate", from.to_string())
            .with("endDate", to.to_string())
            .with("metrics", metrics)
            .with("dimensions", dimension);
        for (name, value) in narrowed {
            request = request.with(name, *value);
        }
        let answer = self.call(request, access).await?;
        let body = answer.json().unwrap_or_default();
        let headers = body.get("columnHeaders").and_then(Value::as_array).ok_or_else(|| answer.unstructured())?;
        let names: Vec<&str> =
            headers.iter().map(|h| h.get("name").and_then(Value::as_str).unwrap_or_default()).collect();
        let rows = body.get("rows").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let row = |values: &Value| {
            let values = values.as_array()?;
            let pairs = names.iter().zip(values).filter(|(_, v)| !v.is_null());
            Some(ReportRow(pairs.map(|(name, value)| ((*name).to_owned(), value.clone())).collect()))
        };
        Ok(rows.iter().filter_map(row).collect())
    }
}
