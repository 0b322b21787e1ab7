//! `rookery seed`: what it makes, that it makes it once, and beside whom it refuses to work.

use std::path::Path;

use serde_json::Value;

use crate::program::{PATIENCE, Running, folder, rookery, run, serve, succeed, text, with_input};

fn json(data: &Path) -> Value {
    serde_json::from_str(&succeed(rookery(data).args(["seed", "--day", "2026-03-02", "--json"]))).expect("JSON")
}

fn sum(document: &Value, what: &str) -> u64 {
    let tables = document["tables"].as_array().expect("a list");
    tables.iter().map(|t| t[what].as_u64().expect("a number")).sum()
}

fn tables(document: &Value) -> Vec<(&str, u64)> {
    let tables = document["tables"].as_array().expect("a list");
    let rows = |t: &Value| t["made"].as_u64().expect("a number") + t["there"].as_u64().expect("a number");
    tables.iter().map(|t| (t["table"].as_str().expect("a name"), rows(t))).collect()
}

#[test]
fn it_fills_an_empty_installation_once_and_prints_passwords_once() {
    let dir = folder();
    let first = json(dir.path());
    assert!(sum(&first, "made") > 5_000, "{first}");
    let people = first["people"].as_array().expect("a list");
    let roles: Vec<_> = people.iter().map(|p| p["role"].as_str().expect("a role")).collect();
    assert_eq!(roles, ["admin", "reviewer", "viewer"]);
    assert!(people.iter().all(|p| p["password"].as_str().is_some_and(|p| p.len() > 20)), "{first}");
    assert_ne!(people[0]["password"], people[1]["password"]);

    let second = json(dir.path());
    assert_eq!(sum(&second, "made"), 0);
    assert_eq!(tables(&second), tables(&first));
    assert!(second["people"].as_array().expect("a list").iter().all(|p| p["password"].is_null()), "{second}");
    let third = succeed(rookery(dir.path()).args(["seed"]));
    assert!(third.contains("nothing was made") && third.contains("strategy.ai_strategies"), "{third}");
    assert!(third.contains("their passwords were printed when they were made"), "{third}");

    // The ids are the same in every installation, the passwords are not.
    let other = folder();
    let elsewhere = json(other.path());
    assert_eq!(elsewhere["organization"], first["organization"]);
    assert_eq!(tables(&elsewhere), tables(&first));
    assert_ne!(elsewhere["people"][0]["password"], people[0]["password"]);
    succeed(rookery(other.path()).args(["token", "create", "--organization", "vita", "--name", "script"]));

    // Somebody comes: from now on this is no place for examples.
    let create = ["user", "create", "--email", "ada@example.org", "--name", "Ada"];
    let made = with_input(rookery(other.path()).args(create), "a Good 1 password for Ada\n");
    assert!(made.status.success(), "{}", text(&made.stderr));
    let refused = run(rookery(other.path()).arg("seed"));
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("one person who is not part of the example"), "{}", text(&refused.stderr));
    assert!(!text(&refused.stdout).contains("made"), "{}", text(&refused.stdout));
}

#[test]
fn it_prints_a_table_and_refuses_where_somebody_works() {
    let dir = folder();
    let wrong = run(rookery(dir.path()).args(["seed", "--day", "yesterday"]));
    assert_eq!(wrong.status.code(), Some(1));
    assert!(text(&wrong.stderr).contains("--day takes YYYY-MM-DD"), "{}", text(&wrong.stderr));

    let create = ["user", "create", "--email", "ada@example.org", "--name", "Ada", "--organization", "Maps"];
    let made = with_input(rookery(dir.path()).args(create), "a Good 1 password for Ada\n");
    assert!(made.status.success(), "{}", text(&made.stderr));
    let refused = run(rookery(dir.path()).args(["seed", "--json"]));
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("nothing was made"), "{}", text(&refused.stderr));
    assert_eq!(text(&refused.stdout), "");
    let token = ["token", "create", "--organization", "vita", "--name", "script"];
    assert!(!run(rookery(dir.path()).args(token)).status.success(), "the example organization was made");

    let dir = folder();
    let printed = succeed(rookery(dir.path()).args(["seed", "--day", "2026-03-02"]));
    let line = |start: &str| printed.lines().find(|l| l.starts_with(start)).unwrap_or_else(|| panic!("{printed}"));
    for role in ["admin ", "reviewer ", "viewer "] {
        assert!(line(role).contains("Nest-"), "{printed}");
    }
    let cells: Vec<&str> = line("strategy.content_pillars").split_whitespace().collect();
    assert_eq!(cells, ["strategy.content_pillars", "4", "0"]);
    assert!(printed.contains("rookery serve"), "{printed}");
}

#[tokio::test]
async fn whoever_signs_in_sees_the_example_on_every_page() {
    let dir = folder();
    let printed = json(dir.path());
    let mut server = Running::start(&mut serve(dir.path()));
    let address = server.address();
    rustls::crypto::aws_lc_rs::default_provider().install_default().ok();
    let http = reqwest::Client::builder()
        .timeout(PATIENCE)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client");
    for person in printed["people"].as_array().expect("a list") {
        let word = |field: &str| person[field].as_str().expect("a word").replace('@', "%40");
        let form = format!("email={}&password={}&next=/", word("email"), word("password"));
        let request =
            http.post(format!("{address}/sign-in")).header("Content-Type", "application/x-www-form-urlencoded");
        let answer = request.body(form).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 303, "{person}");
        let cookie =
            answer.headers()["set-cookie"].to_str().expect("text").split(';').next().expect("a pair").to_owned();
        for (path, shown) in [
            ("/", "Vita · 10 accounts"),
            ("/", "Needs you"),
            ("/calendar?month=2026-02", "What hosts forget"),
            ("/accounts", "vita_mornings"),
        ] {
            let page = http.get(format!("{address}{path}")).header("Cookie", &cookie).send().await.expect("an answer");
            let page = page.text().await.expect("a page");
            assert!(page.contains(shown), "{path} of {person} has no {shown:?}:\n{page}");
        }
    }
    server.signal("TERM");
    assert_eq!(server.end().code(), Some(0), "{}", server.printed());
}
