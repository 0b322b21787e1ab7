//! Runs the connector of one network against a living server, step by step:
//!
//! ```text
//! cargo run -p rookery-platforms --example against_server -- mastodon http://127.0.0.1:3000 TOKEN
//! ```
//!
//! It publishes one post and deletes it again. A step that the server does not offer is reported
//! as such and not as passed. The exit code is 1 if a step failed, 2 if the arguments are wrong.
//!
//! `--sign-in USER` adds the way through the consent page, for simulated servers whose consent
//! page is a form with nothing but the user's name.

mod conformance;

use std::process::ExitCode;
use std::sync::Arc;

use conformance::{Conformance, Outcome};
use rookery_kernel::{Clock as _, Platform, SystemClock};
use rookery_platforms::{Connectors, HttpClient, HttpConfig};
use url::Url;

const USAGE: &str = "usage: against_server NETWORK BASE_URL TOKEN [--sign-in USER]";

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (network, base_url, token, user) = match &args[..] {
        [network, base_url, token] => (network, base_url, token, None),
        [network, base_url, token, flag, user] if flag == "--sign-in" => {
            (network, base_url, token, Some(user.as_str()))
        }
        _ => {
            eprintln!("{USAGE}");
            return Ok(ExitCode::from(2));
        }
    };
    let platform: Platform = network.parse()?;
    let base_url: Url = base_url.parse()?;
    let http = HttpClient::new(HttpConfig::local(), Arc::new(SystemClock))?;
    let Some(connector) = Connectors::standard(http).get(platform) else {
        eprintln!("there is no connector for {}", platform.name());
        return Ok(ExitCode::from(2));
    };

    println!("{} at {base_url}, {}\n", platform.name(), connector.source_version());
    let mut run = Conformance::new(connector, base_url, token.as_str().into(), SystemClock.now());
    run.all(user).await;

    let width = run.steps.iter().map(|s| s.what.len()).max().unwrap_or_default();
    for step in &run.steps {
        let (mark, note) = match &step.outcome {
            Outcome::Passed(note) => ("passed", note),
            Outcome::NotOffered(note) => ("not offered by this server", note),
            Outcome::Failed(note) => ("FAILED", note),
        };
        println!("{:width$}  {mark}  {note}", step.what);
    }
    let count = |wanted: fn(&Outcome) -> bool| run.steps.iter().filter(|s| wanted(&s.outcome)).count();
    let failed = count(|o| matches!(o, Outcome::Failed(_)));
    let passed = count(|o| matches!(o, Outcome::Passed(_)));
    let missing = count(|o| matches!(o, Outcome::NotOffered(_)));
    print!("\n{passed} passed, {failed} failed");
    println!("{}", if missing > 0 { format!(", {missing} not offered by this server") } else { String::new() });
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
