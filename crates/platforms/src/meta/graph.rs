//! The client that Instagram and Threads share.

use url::Url;

use super::errors::Asking;
use super::insights::{Asked, Insights, ask};
use super::refused_metrics::RefusedMetrics;
use super::{Caller, call};
use crate::error::CallError;
use crate::http::{HttpClient, Request, endpoint};

/// Calls below `{base}/{version}`.
#[derive(Debug)]
pub(crate) struct Graph {
    pub http: HttpClient,
    pub version: String,
    refused: RefusedMetrics,
}

impl Graph {
    pub fn new(http: HttpClient, version: &str) -> Self {
        Self { http, version: version.to_owned(), refused: RefusedMetrics::default() }
    }

    /// `{base}/{version}/{path…}`.
    pub fn url(&self, base: &Url, path: &[&str]) -> Result<Url, CallError> {
        let mut segments = vec![self.version.as_str()];
        segments.extend(path);
        endpoint(base, &segments)
    }

    pub async fn call(&self, request: Request, caller: &Caller<'_>) -> Result<serde_json::Value, CallError> {
        call(&self.http, request, caller, Asking::Other).await
    }

    /// The fields of an object.
    pub async fn fields(&self, caller: &Caller<'_>, id: &str, fields: &str) -> Result<serde_json::Value, CallError> {
        let request = Request::get(self.url(caller.base_url, &[id])?).with("fields", fields);
        self.call(request, caller).await
    }

    /// Insights; `kind` names the object for the memory of refused names.
    pub async fn insights(
        &self,
        caller: &Caller<'_>,
        path: &[&str],
        kind: &str,
        names: &[&str],
        window: &[(&str, String)],
    ) -> Result<Insights, CallError> {
        let asked = Asked { url: self.url(caller.base_url, path)?, kind, names, window };
        ask(&self.http, &self.refused, caller, asked).await
    }
}
