//! `rookery archive`: counting, archiving, checking and restoring example data that is long past its time.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program::{folder, rookery, run, succeed, text};

fn json(data: &Path, args: &[&str]) -> Vec<Value> {
    let printed = succeed(rookery(data).arg("archive").args(args).arg("--json"));
    let document: Value = serde_json::from_str(&printed).expect("JSON");
    document.as_array().expect("a list").clone()
}

fn sum(rows: &[Value], what: &str) -> i64 {
    rows.iter().map(|row| row[what].as_i64().expect("a number")).sum()
}

fn of<'a>(rows: &'a [Value], table: &str) -> &'a Value {
    let wanted = |row: &&Value| row["table"] == table && row["organization"] == "vita";
    rows.iter().find(wanted).expect("every table has a line")
}

#[test]
fn rows_past_their_time_are_counted_archived_checked_and_restored() {
    let dir = folder();
    let data = dir.path();
    succeed(rookery(data).args(["seed", "--day", "2020-03-02"]));

    let counted = json(data, &["run", "--dry-run"]);
    assert!(sum(&counted, "due") > 20, "{counted:?}");
    assert_eq!(json(data, &["run", "--dry-run"]), counted, "counting changes nothing");
    assert!(!data.join("data/archive").exists());
    let words = succeed(rookery(data).args(["archive", "run", "--dry-run"]));
    assert!(words.contains("nothing was changed") && words.contains("archived by whole months, kept"), "{words}");
    assert_eq!(json(data, &["list"]), [Value::Null; 0]);

    let done = json(data, &["run"]);
    assert_eq!(sum(&done, "archived"), sum(&done, "deleted") + sum(&done, "tombstones") + sum(&done, "kept"));
    assert!(sum(&done, "deleted") > 20 && sum(&done, "waiting") == 0, "{done:?}");
    assert!(of(&done, "engagement.posts")["tombstones"].as_i64() > Some(0), "answered posts: {done:?}");
    assert_eq!(sum(&json(data, &["run"]), "archived"), 0, "nothing is left");

    let all = json(data, &["list"]);
    assert!(all.iter().all(|archive| archive["state"] != "not verified"), "{all:?}");
    let archive = all.iter().find(|a| a["manifest"]["source_table"] == "engagement.kpi_metrics").expect("figures");
    let manifest = &archive["manifest"];
    let (id, rows) = (manifest["archive"].as_str().expect("an id"), manifest["row_count"].as_i64().expect("rows"));
    let restored = succeed(rookery(data).args(["archive", "restore", id]));
    for part in [format!("{rows} rows are in restored.engagement_kpi_metrics_"), manifest["sha256"].to_string()] {
        assert!(restored.contains(part.trim_matches('"')), "{part} in {restored}");
    }
    let again = run(rookery(data).args(["archive", "restore", id]));
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("restored already"), "{}", text(&again.stderr));

    let whole = succeed(rookery(data).args(["archive", "verify"]));
    assert!(whole.contains(&format!("{} archives are whole, 0 damaged", all.len())), "{whole}");
    let file: PathBuf = data.join("data/archive").join(archive["location"].as_str().expect("a path"));
    let mut bytes = std::fs::read(&file).expect("the file is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).expect("written");
    let damaged = run(rookery(data).args(["archive", "verify"]));
    assert_eq!(damaged.status.code(), Some(1));
    let said = text(&damaged.stderr);
    assert!(said.contains(id) && said.contains("is damaged"), "{said}");
    assert!(text(&damaged.stdout).contains("1 damaged"), "{}", text(&damaged.stdout));

    for (args, words) in [
        (["restore", "7"], "is no archive's id"),
        (["restore", "00000000-0000-0000-0000-000000000000"], "there is no archive"),
        (["run", "--organization=nobody"], "there is no organization"),
    ] {
        let refused = run(rookery(data).arg("archive").args(args));
        assert_eq!(refused.status.code(), Some(1), "{args:?}");
        assert!(text(&refused.stderr).contains(words), "{}", text(&refused.stderr));
    }
}
