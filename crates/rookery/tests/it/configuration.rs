//! What can be wrong before anything starts.

use crate::program::{folder, get, rookery, root, run, serve, succeed, text, with_input};

#[test]
fn the_example_in_the_repository_is_what_the_program_prints() {
    let written = std::fs::read_to_string(root().join("packaging/rookery.example.toml")).expect("the example");
    assert_eq!(
        written,
        rookery::config::example(),
        "run: cargo run -- config example > packaging/rookery.example.toml"
    );
    let dir = folder();
    assert_eq!(written, succeed(rookery(dir.path()).args(["config", "example"])));
}

#[test]
fn faults_of_the_configuration_are_78_and_name_their_setting() {
    let dir = folder();
    let output = run(rookery(dir.path()).env("ROOKERY_SERVER_LISTEN", "nowhere").args(["config", "check"]));
    assert_eq!(output.status.code(), Some(78));
    assert!(text(&output.stderr).contains("server.listen"), "{}", text(&output.stderr));

    let file = dir.path().join("rookery.toml");
    std::fs::write(&file, "[server\n").expect("written");
    let output = run(rookery(dir.path()).args(["config", "check"]));
    assert_eq!(output.status.code(), Some(78));
    assert!(text(&output.stderr).contains("is not valid TOML"), "{}", text(&output.stderr));

    let output = run(rookery(dir.path()).args(["--config", "/nonexistent.toml", "serve"]));
    assert_eq!(output.status.code(), Some(78));
    assert!(text(&output.stderr).contains("/nonexistent.toml cannot be read"), "{}", text(&output.stderr));
}

#[test]
fn usage_is_2_and_help_has_examples() {
    let dir = folder();
    assert_eq!(run(rookery(dir.path()).arg("fly")).status.code(), Some(2));
    for command in [
        "demo", "serve", "migrate", "schema", "sandbox", "doctor", "config", "ingest", "jobs", "keys", "user", "token",
        "openapi", "bench",
    ] {
        let help = succeed(rookery(dir.path()).args([command, "--help"]));
        assert!(help.contains("Example"), "{command}: {help}");
    }
}

#[test]
fn a_taken_port_is_named_with_its_setting() {
    let dir = folder();
    let other = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = other.local_addr().expect("its address").to_string();
    let output = run(rookery(dir.path()).env("ROOKERY_SERVER_LISTEN", &address).arg("serve"));
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&address) && said.contains("server.listen"), "{said}");
    assert!(!dir.path().join("data/postgres").exists(), "nothing was started");
}

#[test]
fn a_database_url_that_is_none_does_not_show_its_password() {
    let dir = folder();
    let url = "postgres://u:hunter2@[broken/x";
    let output = run(serve(dir.path()).env("DATABASE_URL", url));
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(said.contains("database.url") && !said.contains("hunter2"), "{said}");
}

#[test]
fn the_key_file_is_made_once_and_missed_afterwards() {
    let dir = folder();
    let data = dir.path().join("data");
    let keys = data.join("keys");
    // The first command that needs keys makes them.
    let made = with_input(
        rookery(dir.path()).args([
            "user",
            "create",
            "--email",
            "ada@example.org",
            "--name",
            "Ada",
            "--organization",
            "Field Team",
        ]),
        "Correct-Horse-7-Battery\n",
    );
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert!(text(&made.stdout).contains("slug field-team"), "{}", text(&made.stdout));
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&keys).expect("made").permissions());
    assert_eq!(mode & 0o777, 0o600);

    let kept = std::fs::read_to_string(&keys).expect("readable");
    let token = |expected: i32, hint: &str| {
        let output = run(rookery(dir.path()).args(["token", "create", "--organization", "field-team", "--name", "t"]));
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(expected), "{said}");
        assert!(said.contains(hint), "{said}");
        text(&output.stdout)
    };
    std::fs::remove_file(&keys).expect("removed");
    token(78, "is missing");
    succeed(rookery(dir.path()).args(["keys", "generate"]));
    token(78, "not the key that this database was written with");
    let again = run(rookery(dir.path()).args(["keys", "generate"]));
    assert_eq!(again.status.code(), Some(1));
    std::fs::write(&keys, &kept).expect("put back");
    std::fs::set_permissions(&keys, std::os::unix::fs::PermissionsExt::from_mode(0o644)).expect("opened");
    token(78, "chmod 600");
    std::fs::set_permissions(&keys, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("closed");
    assert!(token(0, "shown once").starts_with("rk_"));
    succeed(rookery(dir.path()).args(["keys", "rotate"]));
    assert!(token(0, "shown once").starts_with("rk_"));

    let unknown = run(rookery(dir.path()).args(["token", "create", "--organization", "nobody", "--name", "t"]));
    assert!(text(&unknown.stderr).contains("no organization \"nobody\""), "{}", text(&unknown.stderr));
    let weak = with_input(
        rookery(dir.path()).args(["user", "create", "--email", "bob@example.org", "--name", "Bob"]),
        "123\n",
    );
    assert_eq!(weak.status.code(), Some(1));
    assert!(text(&weak.stderr).contains("password"), "{}", text(&weak.stderr));
    let none = run(rookery(dir.path()).args(["user", "create", "--email", "bob@example.org", "--name", "Bob"]));
    assert!(text(&none.stderr).contains("no password came"), "{}", text(&none.stderr));
}

#[test]
fn figures_are_there_for_programs_too() {
    let dir = folder();
    let plan = succeed(rookery(dir.path()).args(["migrate", "up", "--dry-run"]));
    assert!(plan.contains("-- 0001"), "{}", &plan[..plan.len().min(200)]);
    succeed(rookery(dir.path()).args(["migrate", "up"]));
    let status: serde_json::Value =
        serde_json::from_str(&succeed(rookery(dir.path()).args(["migrate", "status", "--json"]))).expect("JSON");
    let standings = status.as_array().expect("a list");
    assert!(standings.len() > 3 && standings.iter().all(|s| s["state"] == "applied"), "{status}");
    let stats: serde_json::Value =
        serde_json::from_str(&succeed(rookery(dir.path()).args(["jobs", "stats", "--json"]))).expect("JSON");
    let queues: Vec<&str> = stats.as_array().expect("a list").iter().filter_map(|q| q["queue"].as_str()).collect();
    for queue in ["content-generation", "publishing", "analytics", "strategy-generation", "email", "system"] {
        assert!(queues.contains(&queue), "{queues:?}");
    }
    let paused = succeed(rookery(dir.path()).args(["jobs", "pause", "email"]));
    assert!(paused.contains("paused"));
    assert!(succeed(rookery(dir.path()).args(["jobs", "stats"])).contains("paused"));
    succeed(rookery(dir.path()).args(["jobs", "resume", "email"]));
    let wrong = run(rookery(dir.path()).args(["jobs", "list", "--state", "lost"]));
    assert_eq!(wrong.status.code(), Some(1));
    let listed: serde_json::Value =
        serde_json::from_str(&succeed(rookery(dir.path()).args(["jobs", "list", "--json"]))).expect("JSON");
    assert!(listed.is_array());
    assert!(get("http://127.0.0.1:9", "/").is_none());
}
