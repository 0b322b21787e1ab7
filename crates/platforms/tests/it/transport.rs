//! What both connectors owe to the way out: delivery after failures, bounds, no secrets in errors.

use std::sync::Arc;
use std::time::Duration;

use rookery_kernel::Platform;
use rookery_platforms::{CallError, Connector, Connectors, Delivery, Draft, ErrorType, Facebook, HttpConfig, Mastodon};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::fake::{Fake, Manners, Reply, access, at, clock, http, http_with, impatient, rude};

const NETWORKS: [Platform; 2] = [Platform::Facebook, Platform::Mastodon];

fn connector(platform: Platform, config: HttpConfig) -> Arc<dyn Connector> {
    Connectors::standard(http_with(config, clock())).get(platform).expect("in this build")
}

fn draft() -> Draft {
    Draft { text: "Fresh bread".into(), link: None, idempotency_key: "pub:1:2:1".into(), ..Draft::default() }
}

fn create_path(platform: Platform) -> &'static str {
    if platform == Platform::Facebook { "/v25.0/101/feed" } else { "/api/v1/statuses" }
}

/// Publishes with this answer; nothing of the token may show in the error.
async fn refused(platform: Platform, reply: Reply) -> CallError {
    let fake = Fake::start().await;
    fake.on("POST", create_path(platform), reply);
    let result = connector(platform, HttpConfig::local()).publish(&fake.access("101"), &draft(), &Value::Null).await;
    let error = result.expect_err("it is an error");
    assert_eq!(fake.asked_for(create_path(platform)).len(), 1, "one create, never two");
    error
}

#[tokio::test]
async fn each_connector_of_the_registry_is_that_of_its_network() {
    let connectors = Connectors::standard(http());
    for platform in connectors.platforms() {
        assert_eq!(connectors.get(platform).map(|c| c.platform()), Some(platform));
    }
    assert!(NETWORKS.iter().all(|p| connectors.get(*p).is_some()));
}

#[tokio::test]
async fn nobody_there_means_not_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound")).parse().expect("an address");
    drop(listener);
    for platform in NETWORKS {
        let result = connector(platform, HttpConfig::local())
            .publish(&access(url::Url::clone(&url), "101"), &draft(), &Value::Null)
            .await;
        let error = result.expect_err("nobody is there");
        assert_eq!((error.kind, error.delivery), (ErrorType::Transient, Delivery::NotSent), "{error}");
    }
}

#[tokio::test]
async fn a_name_that_does_not_resolve_means_not_sent() {
    // Without any name server the look-up itself must end soon.
    let config = HttpConfig { connect_timeout: Duration::from_secs(1), ..HttpConfig::local() };
    for platform in NETWORKS {
        let access = access("http://nobody.invalid".parse().expect("an address"), "101");
        let error = connector(platform, config.clone())
            .publish(&access, &draft(), &Value::Null)
            .await
            .expect_err("no such name");
        assert_eq!((error.kind, error.delivery), (ErrorType::Transient, Delivery::NotSent), "{error}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_create_leaves_it_in_doubt() {
    for manners in [Manners::HangsUp, Manners::BreaksOff] {
        for platform in NETWORKS {
            let (url, read) = rude(manners).await;
            let result =
                connector(platform, HttpConfig::local()).publish(&access(url, "101"), &draft(), &Value::Null).await;
            let error = result.expect_err("no answer");
            assert_eq!((error.kind, error.delivery), (ErrorType::Transient, Delivery::Unknown), "{error}");
            assert_eq!(*read.lock().expect("unpoisoned"), 1, "the create is never sent a second time");
        }
    }
}

#[tokio::test]
async fn an_answer_that_never_comes_leaves_it_in_doubt() {
    for platform in NETWORKS {
        let (url, read) = rude(Manners::KeepsSilent).await;
        let result = connector(platform, impatient()).publish(&access(url, "101"), &draft(), &Value::Null).await;
        let error = result.expect_err("no answer");
        assert_eq!((error.kind, error.delivery), (ErrorType::Transient, Delivery::Unknown), "{error}");
        assert!(error.message.contains("no answer in time"), "{error}");
        assert!(*read.lock().expect("unpoisoned") <= 1, "a busy machine may not even read it in time");
    }
}

#[tokio::test]
async fn answers_that_are_no_api_answers() {
    let table = [
        ("a page for people at 502", Reply::html(502), ErrorType::Transient, Delivery::Unknown),
        ("a page for people at 200", Reply::html(200), ErrorType::Unknown, Delivery::Unknown),
        ("a page for people at 403", Reply::html(403), ErrorType::Unknown, Delivery::Refused),
        ("bare 503", Reply::json(503, &json!(null)), ErrorType::Transient, Delivery::Unknown),
        ("bare 404", Reply::json(404, &json!({})), ErrorType::NotFound, Delivery::Refused),
        ("broken JSON", Reply::json(200, &json!({})).body("{\"id\": \"10"), ErrorType::Unknown, Delivery::Unknown),
        ("an empty body", Reply::json(200, &json!({})).body(""), ErrorType::Unknown, Delivery::Unknown),
        ("JSON without an id", Reply::json(200, &json!({"ok": true})), ErrorType::Unknown, Delivery::Unknown),
        ("a list", Reply::json(200, &json!([1])), ErrorType::Unknown, Delivery::Unknown),
    ];
    for (what, reply, kind, delivery) in table {
        for platform in NETWORKS {
            let error = refused(platform, reply.clone()).await;
            assert_eq!((error.kind, error.delivery), (kind, delivery), "{what} from {platform}: {error}");
        }
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Fake::start().await;
    for platform in NETWORKS {
        let to = format!("{}/x?access_token=EAAsecret-token", elsewhere.url());
        let error = refused(platform, Reply::json(302, &json!({})).header("location", &to)).await;
        assert_eq!((error.kind, error.delivery), (ErrorType::Unknown, Delivery::Refused), "{error}");
        assert!(error.message.contains("is elsewhere") && !error.message.contains("secret"), "{error}");
    }
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    for platform in NETWORKS {
        let fake = Fake::start().await;
        fake.on("POST", create_path(platform), Reply::json(200, &json!({ "id": "x".repeat(4096) })));
        let config = HttpConfig { body_max_bytes: 1024, ..HttpConfig::local() };
        let error = connector(platform, config)
            .publish(&fake.access("101"), &draft(), &Value::Null)
            .await
            .expect_err("too long");
        assert_eq!((error.kind, error.delivery), (ErrorType::Unknown, Delivery::Unknown), "{error}");
        assert!(error.message.contains("more than 1024 bytes"), "{error}");
    }
}

#[tokio::test]
async fn private_addresses_are_refused_unless_allowed() {
    let fake = Fake::start().await;
    let by_name = format!("http://localhost:{}/net", fake.url().port().expect("a port"));
    for base in [fake.url(), by_name.parse().expect("an address")] {
        let error = connector(Platform::Mastodon, HttpConfig::default())
            .publish(&access(base, "101"), &draft(), &Value::Null)
            .await
            .expect_err("private");
        assert_eq!((error.kind, error.delivery), (ErrorType::BadRequest, Delivery::NotSent), "{error}");
        assert!(error.message.contains("private address"), "{error}");
    }
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn the_token_travels_in_the_header_and_shows_in_no_error() {
    for platform in NETWORKS {
        let fake = Fake::start().await;
        let telltale =
            json!({"error": "bad token EAAsecret-token, see https://x.example/?access_token=EAAsecret-token"});
        let telltale = if platform == Platform::Facebook {
            json!({"error": {"message": telltale["error"], "code": 190, "fbtrace_id": "A"}})
        } else {
            telltale
        };
        fake.on("POST", create_path(platform), Reply::json(401, &telltale));
        let result =
            connector(platform, HttpConfig::local()).publish(&fake.access("101"), &draft(), &Value::Null).await;
        let error = result.expect_err("refused");
        assert_eq!((error.kind, error.delivery), (ErrorType::TokenExpired, Delivery::Refused));
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        let asked = &fake.asked()[0];
        assert_eq!(asked.headers["authorization"], "Bearer EAAsecret-token");
        assert!(asked.headers["user-agent"].starts_with("Rookery/"));
        let elsewhere = asked.query.values().chain(asked.form.values());
        assert!(elsewhere.filter(|v| v.contains("EAAsecret-token")).count() == 0);
    }
}

#[tokio::test]
async fn trouble_that_passes_is_followed_by_success() {
    let fake = Fake::start().await;
    let now = at("2026-03-02T08:00:00Z");
    fake.on("GET", "/v25.0/101/published_posts", Reply::json(500, &json!({})))
        .on("GET", "/v25.0/101/published_posts", Reply::fixture("facebook/posts_3"))
        .on("GET", "/api/v1/accounts/101/statuses", Reply::html(503))
        .on("GET", "/api/v1/accounts/101/statuses", Reply::fixture("mastodon/statuses_1"));
    let connectors: [Box<dyn Connector>; 2] = [Box::new(Facebook::new(http())), Box::new(Mastodon::new(http()))];
    for connector in connectors {
        let access = fake.access("101");
        let error = connector.list_content(&access, now, None, None).await.expect_err("trouble");
        assert_eq!(error.kind, ErrorType::Transient);
        assert!(connector.list_content(&access, now, None, None).await.is_ok());
    }
}
