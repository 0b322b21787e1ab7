//! `rookery schema`: exit codes and what is said.

use serde_json::Value;

use crate::program::{folder, rookery, run, succeed, text};

#[test]
fn coverage_and_documents_say_by_their_exit_code_whether_all_is_well() {
    let dir = folder();
    let empty = run(rookery(dir.path()).args(["schema", "coverage"]));
    assert_eq!(empty.status.code(), Some(1));
    assert!(text(&empty.stderr).contains("rookery migrate up"), "{}", text(&empty.stderr));

    succeed(rookery(dir.path()).args(["migrate", "up"]));
    let complete = succeed(rookery(dir.path()).args(["schema", "coverage"]));
    for document in ["S0 ", "S1 ", "S2 ", "S3 ", "S4 "] {
        assert!(complete.contains(document), "no table of {document}: {complete}");
    }
    assert!(complete.contains("(100 %)") && !complete.contains("missing:"), "{complete}");

    let written = succeed(rookery(dir.path()).args(["schema", "docs", "--file", "model.md"]));
    assert!(written.contains("model.md"), "{written}");
    succeed(rookery(dir.path()).args(["schema", "docs", "--check", "--file", "model.md"]));
    let file = dir.path().join("model.md");
    let model = std::fs::read_to_string(&file).expect("it was written");
    std::fs::write(&file, model.replace("### publishing.posts\n", "### publishing.articles\n")).expect("changed");
    let stale = run(rookery(dir.path()).args(["schema", "docs", "--check", "--file", "model.md"]));
    assert_eq!(stale.status.code(), Some(1));
    assert!(text(&stale.stdout).contains("model.md is stale from line"), "{}", text(&stale.stdout));

    // Without the tables of plans and subscriptions a document's wishes are open, and each is named.
    let status: Value =
        serde_json::from_str(&succeed(rookery(dir.path()).args(["migrate", "status", "--json"]))).expect("JSON");
    let standings = status.as_array().expect("a list");
    let billing = standings.iter().position(|s| s["name"] == "billing").expect("a migration of that name");
    let steps = (standings.len() - billing).to_string();
    succeed(rookery(dir.path()).args(["migrate", "down", "--steps", &steps]));
    let open = run(rookery(dir.path()).args(["schema", "coverage"]));
    assert_eq!(open.status.code(), Some(1));
    let line = "missing: S3 table Subscription (billing.subscriptions): there is no table billing.subscriptions";
    assert!(text(&open.stdout).contains(line), "{}", text(&open.stdout));
    let open = run(rookery(dir.path()).args(["schema", "coverage", "--json"]));
    assert_eq!(open.status.code(), Some(1));
    let open: Value = serde_json::from_slice(&open.stdout).expect("JSON");
    assert!(open["there"].as_u64() < open["asked"].as_u64(), "{open}");
    let missing = open["missing"].as_array().expect("a list");
    assert!(missing.iter().any(|m| m["place"] == "billing.usage.month" && m["document"] == "S3"), "{missing:?}");
}
