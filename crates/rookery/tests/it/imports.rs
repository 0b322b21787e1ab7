//! `rookery import numbers`: a network's own export from the command line.

use serde_json::Value;

use crate::program::{folder, rookery, run, succeed, text};

/// Points group thousands, days come first; line 4 holds a word where a number belongs.
const EXPORT: &str = "Post id;Date;Post text;Impressions;Likes\n\
    81;31.01.2026;Ebbe;1.234;9\n\
    82;05.02.2026;Flut;66;10\n\
    83;05.02.2026;Kaputt;viele;1\n";

#[test]
fn numbers_are_looked_at_mapped_and_stored_once() {
    let dir = folder();
    succeed(rookery(dir.path()).args(["seed", "--day", "2026-03-02"]));
    let file = dir.path().join("videos.csv");
    std::fs::write(&file, EXPORT).expect("written");
    let name = file.to_str().expect("a path").to_owned();
    let import = |more: &[&str]| {
        let mut command = rookery(dir.path());
        command.args(["import", "numbers", &name, "--organization", "vita"]).args(more);
        command
    };

    let looked = run(&mut import(&["--dry-run"]));
    assert_eq!(looked.status.code(), Some(1), "a row is broken: {}", text(&looked.stderr));
    let printed = text(&looked.stdout);
    for said in
        ["vita_mornings on X", "Numbers as comma, days as day_first", "3 rows: 2 good, 1 broken", "viele", "1234"]
    {
        assert!(printed.contains(said), "{said:?} is missing: {printed}");
    }

    let refused = run(&mut import(&[]));
    assert_eq!(refused.status.code(), Some(1));
    let why = text(&refused.stderr);
    assert!(why.contains("nothing was stored") && why.contains("1 rows are broken"), "{why}");

    let told = |more: &[&str]| -> Value { serde_json::from_str(&succeed(&mut import(more))).expect("JSON") };
    let stored = told(&["--skip-broken", "--json"]);
    assert_eq!(
        (&stored["state"], &stored["newItems"], &stored["rowsWritten"]),
        (&"applied".into(), &2.into(), &2.into())
    );
    let again = told(&["--skip-broken", "--json"]);
    assert_eq!((&again["newItems"], &again["rowsWritten"]), (&0.into(), &0.into()), "the same again changes nothing");

    for (more, why) in [
        (["--account", "nobody"], "--account takes"),
        (["--numbers", "both"], "--numbers is point or comma"),
        (["--column", "Views=views"], "the file has no column"),
        (["--column", "Likes=hearts"], "is none of id, link"),
        (["--as-of", "2999-01-01"], "is not over yet"),
    ] {
        let refused = run(&mut import(&more));
        assert_eq!(refused.status.code(), Some(1), "{more:?}");
        assert!(text(&refused.stderr).contains(why), "{more:?}: {}", text(&refused.stderr));
    }
    // What is not read is not there: the other columns are.
    let mapped = told(&["--skip-broken", "--json", "--dry-run", "--column", "Impressions="]);
    assert_eq!((&mapped["ready"], &mapped["broken"]), (&3.into(), &0.into()), "nothing is wrong with the other column");
}
