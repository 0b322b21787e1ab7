//! `rookery doctor`: is everything in order, and what to do about what is not.

mod checks;
mod queries;
mod server;

use std::process::ExitCode;

use serde::Serialize;

use crate::config::Config;
use crate::store::Store;

/// How one check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Mark {
    /// In order.
    Ok,
    /// Works, and should be looked at.
    Warning,
    /// Does not work.
    Bad,
}

/// One line of the report.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    check: &'static str,
    mark: Mark,
    detail: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
    /// The figure behind the sentence, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<f64>,
}

impl Finding {
    fn new(check: &'static str, mark: Mark, detail: impl Into<String>) -> Self {
        Self { check, mark, detail: detail.into(), remedy: None, value: None }
    }

    fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self::new(check, Mark::Ok, detail)
    }

    fn bad(check: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..Self::new(check, Mark::Bad, detail) }
    }

    fn warning(check: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..Self::new(check, Mark::Warning, detail) }
    }

    #[must_use]
    fn value(self, value: f64) -> Self {
        Self { value: Some(value), ..self }
    }
}

/// Prints each finding when it is known; at the end JSON, if that was asked for.
#[derive(Debug)]
struct Report {
    json: bool,
    findings: Vec<Finding>,
}

impl Report {
    fn add(&mut self, finding: Finding) {
        if !self.json {
            let sign = match finding.mark {
                Mark::Ok => '✓',
                Mark::Warning => '!',
                Mark::Bad => '✗',
            };
            println!("{sign} {}: {}", finding.check, finding.detail);
            if let Some(remedy) = &finding.remedy {
                println!("    → {remedy}");
            }
        }
        self.findings.push(finding);
    }

    fn all<I: IntoIterator<Item = Finding>>(&mut self, findings: I) {
        findings.into_iter().for_each(|finding| self.add(finding));
    }
}

/// Checks everything; exit code 1 if something does not work.
pub(crate) async fn run(config: &Config, json: bool) -> anyhow::Result<ExitCode> {
    let mut report = Report { json, findings: Vec::new() };
    report.add(Finding::ok("configuration", "every setting is usable"));
    report.add(checks::data_folder(config));
    report.add(checks::port(config).await);
    match Store::open_or_join(config).await {
        Ok(store) => {
            report.add(Finding::ok("database server", checks::server_of(config, &store)));
            report.all(checks::database(config, &store).await);
            store.close().await;
        }
        Err(error) => {
            let remedy = "mend this first; the checks of the database are left out";
            report.add(Finding::bad("database server", format!("{error:#}"), remedy));
        }
    }
    // Starting a server on a broken installation would only repeat what was said above.
    if report.findings.iter().all(|f| f.mark != Mark::Bad) {
        report.all(server::measure(config).await);
    }
    if json {
        println!("{}", serde_json::to_string_pretty(&report.findings)?);
    }
    let bad = report.findings.iter().filter(|f| f.mark == Mark::Bad).count();
    if !json {
        println!("{}", if bad == 0 { "all in order".to_owned() } else { format!("{bad} to mend") });
    }
    Ok(if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
