//! The main job through the binary alone: an API key, a post on two networks, read back as published.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::Client;
use crate::program::{PATIENCE, Running, folder, get, rookery};

#[tokio::test(flavor = "multi_thread")]
async fn a_post_goes_out_on_both_networks_once_and_is_read_back() {
    let dir = folder();
    let mut command = rookery(dir.path());
    command.args(["demo", "--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0", "--days", "2"]);
    let mut demo = Running::start(&mut command);
    let address = demo.line("address").trim().trim_end_matches('/').to_owned();
    let key = demo.line("API key").trim().to_owned();
    demo.line("Three posts go out");
    let client = Client::new(&address, &key);

    let accounts = client.get("/api/v1/accounts").await;
    let accounts = accounts.as_array().expect("a list");
    assert_eq!(accounts.len(), 6, "{accounts:?}");
    assert_eq!(accounts.iter().filter(|a| a["status"] == "expired").count(), 1, "one account needs attention");
    let pick = |platform: &str| {
        let found = accounts.iter().find(|a| a["platform"] == platform && a["status"] == "active");
        found.unwrap_or_else(|| panic!("no working account on {platform}")).clone()
    };
    let (page, mastodon) = (pick("facebook"), pick("mastodon"));

    let text = "A whole path, from a key to two networks and back.";
    let body = json!({"content": text, "accountIds": [page["id"], mastodon["id"]], "schedule": {"kind": "now"}});
    let (status, first) = client.post("/api/v1/posts", "whole-path-1", &body).await;
    assert_eq!(status, 201, "{first}");
    // The same request again has no second effect.
    let (status, replayed) = client.post("/api/v1/posts", "whole-path-1", &body).await;
    assert_eq!((status, &replayed["id"]), (201, &first["id"]));

    let path = format!("/api/v1/posts/{}", first["id"].as_str().expect("an id"));
    let give_up = Instant::now() + PATIENCE;
    let post = loop {
        let post = client.get(&path).await;
        if post["status"] == "published" {
            break post;
        }
        assert!(Instant::now() < give_up, "not published: {post:#}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let publications = post["publications"].as_array().expect("a list");
    assert_eq!(publications.len(), 2);
    for publication in publications {
        assert_eq!(publication["status"], "published", "{publication}");
        let id = publication["externalContentId"].as_str().expect("the network's id");
        assert!(!id.is_empty());
        let url = publication["url"].as_str().expect("the network's address");
        let shown = reqwest::Url::parse(url).expect("an address");
        let origin = format!("http://{}:{}", shown.host_str().expect("a host"), shown.port().expect("a port"));
        let (status, page) = get(&origin, shown.path()).expect("the network answers");
        assert_eq!(status, 200, "{url}");
        assert!(page.contains("A whole path"), "{page}");
    }

    // What the networks hold, asked of them.
    let networks = dir.path().join("data/demo/sandbox.journal");
    let journal = std::fs::read_to_string(networks).expect("the networks' memory");
    assert_eq!(journal.matches(text).count(), 2, "one post on each network");

    // The numbers of the past are there.
    let overview = client.get("/api/v1/analytics/overview").await;
    assert!(overview.is_object(), "{overview}");

    demo.signal("TERM");
    assert_eq!(demo.end().code(), Some(0), "{}", demo.printed());
    assert!(get(&address, "/readyz").is_none());
}
