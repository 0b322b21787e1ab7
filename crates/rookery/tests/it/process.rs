//! Starting, stopping, dying.

use crate::program::{Running, folder, get, lives, postgres_of, rookery, run, serve, succeed, text, until};

#[test]
fn it_serves_stops_on_sigterm_and_leaves_nothing_running() {
    let dir = folder();
    let data = dir.path().join("data");
    let mut server = Running::start(&mut serve(dir.path()));
    let address = server.address();
    assert_eq!(get(&address, "/readyz").expect("an answer").0, 200);
    assert!(get(&address, "/metrics").expect("an answer").1.contains("rookery_"));
    let postgres = postgres_of(&data).expect("a private server");
    assert!(lives(postgres));

    // Commands work beside the running server, through its own database.
    assert!(succeed(rookery(dir.path()).args(["jobs", "stats"])).contains("publishing"));

    // A second server on the same folder is refused and told who is there.
    let second = run(&mut serve(dir.path()));
    assert_eq!(second.status.code(), Some(1));
    assert!(text(&second.stderr).contains(&format!("process {}", server.pid())), "{}", text(&second.stderr));

    server.signal("TERM");
    assert_eq!(server.end().code(), Some(0), "{}", server.printed());
    assert!(!lives(postgres), "PostgreSQL still runs");
    assert!(get(&address, "/readyz").is_none());

    // And again, with what is there.
    let mut server = Running::start(&mut serve(dir.path()));
    assert_eq!(get(&server.address(), "/readyz").expect("an answer").0, 200);
    server.signal("INT");
    assert_eq!(server.end().code(), Some(0), "{}", server.printed());
}

#[test]
fn after_kill_9_the_next_start_serves_and_the_old_database_is_gone() {
    let dir = folder();
    let data = dir.path().join("data");
    let mut server = Running::start(&mut serve(dir.path()));
    let address = server.address();
    assert_eq!(get(&address, "/readyz").expect("an answer").0, 200);
    let postgres = postgres_of(&data).expect("a private server");
    server.signal("KILL");
    server.end();

    let mut server = Running::start(&mut serve(dir.path()));
    let address = server.address();
    assert_eq!(get(&address, "/readyz").expect("an answer").0, 200);
    let now = postgres_of(&data).expect("a private server");
    assert_ne!(now, postgres);
    assert!(!lives(postgres), "two servers on one folder");
    server.signal("TERM");
    assert_eq!(server.end().code(), Some(0), "{}", server.printed());
    until("PostgreSQL ends", || !lives(now));
}

#[test]
fn the_roles_can_run_apart() {
    let dir = folder();
    let mut web = Running::start(serve(dir.path()).args(["--role", "web"]));
    assert_eq!(get(&web.address(), "/readyz").expect("an answer").0, 200);
    web.signal("TERM");
    assert_eq!(web.end().code(), Some(0), "{}", web.printed());

    let mut worker = Running::start(serve(dir.path()).args(["--role", "worker"]));
    worker.line("working on jobs");
    worker.signal("TERM");
    assert_eq!(worker.end().code(), Some(0), "{}", worker.printed());
}

#[test]
fn the_doctor_measures_the_server_and_says_what_to_mend() {
    let dir = folder();
    let found: serde_json::Value = serde_json::from_str(&succeed(
        rookery(dir.path()).env("ROOKERY_SERVER_LISTEN", "127.0.0.1:0").args(["doctor", "--json"]),
    ))
    .expect("JSON");
    let find = |check: &str| found.as_array().expect("a list").iter().find(|f| f["check"] == check).cloned();
    let size = find("server process").expect("measured")["value"].as_f64().expect("a number");
    assert!(size > 1.0 && size < 500.0, "{size}");
    assert!(find("start to ready").is_some());
    for check in ["data folder", "database", "migrations", "roles", "key file", "clock", "port"] {
        assert!(find(check).is_some(), "{check} is missing in {found}");
    }

    let again = succeed(rookery(dir.path()).env("ROOKERY_SERVER_LISTEN", "127.0.0.1:0").arg("doctor"));
    assert!(again.contains("✓ publishing"), "{again}");
    assert!(again.contains("✓ queues") && again.contains("MB resident (goal < 60 MB"), "{again}");

    std::fs::write(dir.path().join("data/keys"), "nonsense").expect("written");
    let output = run(rookery(dir.path()).env("ROOKERY_SERVER_LISTEN", "127.0.0.1:0").arg("doctor"));
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("✗ key file"), "{}", text(&output.stdout));
}
