//! The demo: made once, found again, begun anew after an interruption.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::client::Client;
use crate::program::{Running, folder, lives, postgres_of, rookery, run, text};

fn demo(dir: &std::path::Path) -> Command {
    let mut command = rookery(dir);
    command.args(["demo", "--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0", "--days", "3"]);
    command
}

fn after<'a>(printed: &'a str, label: &str) -> &'a str {
    let line = printed.lines().find_map(|l| l.trim().strip_prefix(label));
    line.unwrap_or_else(|| panic!("no {label:?} in:\n{printed}")).trim()
}

#[test]
fn it_is_made_once_and_found_again() {
    let dir = folder();
    let data = dir.path().join("data/demo");
    let first = run(demo(dir.path()).arg("--exit-when-ready"));
    let printed = text(&first.stdout);
    assert!(first.status.success(), "{printed}{}", text(&first.stderr));
    assert!(printed.contains("collecting 3 days of numbers from 6 accounts"), "{printed}");
    assert!(after(&printed, "sign in").starts_with("demo@rookery.local"), "{printed}");
    assert!(after(&printed, "API key").starts_with("rk_"), "{printed}");
    let mode = std::fs::metadata(data.join("credentials")).expect("written").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(postgres_of(&data).is_none_or(|pid| !lives(pid)), "PostgreSQL still runs");

    let second = run(demo(dir.path()).arg("--exit-when-ready"));
    let again = text(&second.stdout);
    assert!(second.status.success(), "{again}{}", text(&second.stderr));
    assert!(again.contains("3 days of numbers are there from an earlier start"), "{again}");
    assert_eq!(after(&printed, "API key"), after(&again, "API key"));
}

/// Accounts know the networks by their address, so it is kept while it can be; when another program has it, the
/// networks listen elsewhere and the accounts move along.
#[tokio::test(flavor = "multi_thread")]
async fn accounts_follow_the_networks_to_another_address() {
    let dir = folder();
    let start = || {
        let mut running = Running::start(&mut demo(dir.path()));
        let address = running.line("address").trim().to_owned();
        let key = running.line("API key").trim().to_owned();
        let networks = running.line("networks").trim().to_owned();
        (running, Client::new(&address, &key), networks)
    };
    let (mut first, _, before) = start();
    first.signal("INT");
    first.end();
    // Whoever has it now, this test or a stranger: it is taken.
    let taken = before.trim_end_matches('/').rsplit_once('/').expect("an address").1;
    let stranger = std::net::TcpListener::bind(taken);

    let (mut second, client, networks) = start();
    assert_ne!(before, networks);
    let accounts = client.get("/api/v1/accounts").await;
    let accounts = accounts.as_array().expect("a list");
    assert_eq!(accounts.len(), 6);
    for account in accounts {
        let base = account["baseUrl"].as_str().expect("an address");
        assert!(base.starts_with(networks.as_str()), "{base} is not at {networks}");
    }
    drop(stranger);
    second.signal("INT");
    second.end();
}

#[test]
fn an_interrupted_start_leaves_nothing_running_and_the_next_begins_anew() {
    let dir = folder();
    let data = dir.path().join("data/demo");
    let mut child = Running::start(&mut demo(dir.path()));
    child.line("→ making the organization");
    let postgres = postgres_of(&data).expect("a private server");
    child.signal("INT");
    assert_eq!(child.end().code(), Some(130), "{}", child.printed());
    assert!(!lives(postgres), "PostgreSQL still runs");

    let next = run(demo(dir.path()).arg("--exit-when-ready"));
    let printed = text(&next.stdout);
    assert!(next.status.success(), "{printed}{}", text(&next.stderr));
    assert!(printed.contains("beginning anew") && printed.contains("is ready after"), "{printed}");
}
