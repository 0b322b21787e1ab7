//! Runs the cases and writes what came of them.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::PathBuf;

use rookery_kernel::Platform;

use crate::cases::{CASES, Case, Verdict};
use crate::networks::{LINES, Line};

/// What stands around the table in the documents.
const BEGIN: &str = "<!-- conformance: begin, written by the suite -->\n";
const END: &str = "<!-- conformance: end -->";

/// The verdicts of one network, in the order of the cases.
pub struct Results {
    line: &'static Line,
    verdicts: Vec<Verdict>,
}

fn line(platform: Platform) -> &'static Line {
    LINES.iter().find(|l| l.platform == platform).expect("every test has its line")
}

/// All cases of one network; fails with every case that failed.
pub async fn check(platform: Platform) {
    let results = run(line(platform)).await;
    assert_eq!(failures(&[results]), Vec::<String>::new());
}

pub async fn all() -> Vec<Results> {
    futures::future::join_all(LINES.iter().map(run)).await
}

async fn run(line: &'static Line) -> Results {
    let mut verdicts = Vec::new();
    for case in CASES {
        verdicts.push(one(line, case).await);
    }
    Results { line, verdicts }
}

async fn one(line: &'static Line, case: &'static Case) -> Verdict {
    if let Some((_, reason)) = line.not_offered.iter().find(|(name, _)| *name == case.name) {
        return Verdict::NotOffered((*reason).to_owned());
    }
    // A case that fails panics; the others go on.
    match tokio::spawn((case.run)(line)).await {
        Ok(verdict) => verdict,
        Err(error) => {
            let panic = error.into_panic();
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panicked");
            Verdict::Failed(text.to_owned())
        }
    }
}

/// `network: case: what happened`.
pub fn failures(results: &[Results]) -> Vec<String> {
    let of = |r: &Results| {
        let label = r.line.platform.label();
        let failed = CASES.iter().zip(&r.verdicts).filter_map(move |(case, verdict)| match verdict {
            Verdict::Failed(text) => Some(format!("{label}: {}: {text}", case.name)),
            _ => None,
        });
        failed.collect::<Vec<_>>()
    };
    results.iter().flat_map(of).collect()
}

/// Cases down, networks across; what is not offered has its reason below.
pub fn markdown(results: &[Results]) -> String {
    let mut reasons: Vec<String> = Vec::new();
    let mut text = "| Case |".to_owned();
    for result in results {
        write!(text, " {} |", result.line.platform.name()).expect("writing to a string");
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(results.len()));
    for (at, case) in CASES.iter().enumerate() {
        write!(text, "\n| {} |", case.name).expect("writing to a string");
        for result in results {
            let cell = match &result.verdicts[at] {
                Verdict::Passed => "yes".to_owned(),
                Verdict::Failed(_) => "FAILS".to_owned(),
                Verdict::NotOffered(reason) => {
                    let number = reasons.iter().position(|r| r == reason).unwrap_or_else(|| {
                        reasons.push(reason.clone());
                        reasons.len() - 1
                    });
                    format!("– {}", number + 1)
                }
            };
            write!(text, " {cell} |").expect("writing to a string");
        }
    }
    text.push_str("\n\nNot offered, because:\n");
    for (number, reason) in (1..).zip(&reasons) {
        writeln!(text, "{number}. {reason}").expect("writing to a string");
    }
    text
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What whoever runs the suite wants of it.
#[expect(clippy::disallowed_methods, reason = "the runner's word to its tests, no setting")]
fn word(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// Keeps the table beside the build, for whoever wants to look at it.
pub fn keep(text: &str) {
    let folder = word("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    std::fs::create_dir_all(&folder).expect("a folder for what is built");
    std::fs::write(folder.join("conformance.md"), text).expect("a file beside the build");
}

/// The table in `docs/networks.md` is this one. `CONFORMANCE_WRITE=1` writes it.
pub fn assert_documented(text: &str) {
    let path = root().join("docs/networks.md");
    let there = std::fs::read_to_string(&path).expect("docs/networks.md is there");
    let (before, rest) = there.split_once(BEGIN).expect("docs/networks.md has the line before the table");
    let (shown, after) = rest.split_once(END).expect("docs/networks.md has the line behind the table");
    if word("CONFORMANCE_WRITE").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{text}{END}{after}")).expect("docs/networks.md is written");
        return;
    }
    let stale = shown.lines().zip(text.lines()).find(|(old, new)| old != new);
    let advice = "run this test with CONFORMANCE_WRITE=1";
    assert!(shown == text, "the table in docs/networks.md is stale, {advice}; first difference: {stale:?}");
}
