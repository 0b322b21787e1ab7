//! One set of cases for all networks: each connector against its simulated network. Every case passes or
//! is declared as not offered, with the reason; none is left out in silence.
//!
//! `cargo nextest run -p rookery-sandbox --test conformance --no-capture table` prints network × case.

mod cases;
mod files;
mod house;
mod networks;
mod table;

use std::sync::Arc;

use networks::LINES;
use rookery_kernel::{FixedClock, Platform};
use rookery_platforms::{Connectors, HttpClient, HttpConfig};

macro_rules! networks {
    ($($name:ident => $platform:ident),* $(,)?) => {
        $(
            #[tokio::test]
            async fn $name() {
                table::check(Platform::$platform).await;
            }
        )*

        #[test]
        fn every_network_has_its_test() {
            let tested = [$(Platform::$platform),*];
            let listed: Vec<Platform> = LINES.iter().map(|l| l.platform).collect();
            assert_eq!(listed, tested);
        }
    };
}

networks! {
    bluesky => Bluesky,
    facebook => Facebook,
    instagram => Instagram,
    linkedin => Linkedin,
    mastodon => Mastodon,
    reddit => Reddit,
    threads => Threads,
    tiktok => Tiktok,
    twitter => Twitter,
    youtube => Youtube,
}

#[test]
fn every_network_with_a_connector_has_its_line() {
    let clock = FixedClock::at(house::at("2026-03-02T09:00:00Z"));
    let http = HttpClient::new(HttpConfig::local(), Arc::new(clock)).expect("a client");
    let listed: Vec<Platform> = LINES.iter().map(|l| l.platform).collect();
    let left_out: Vec<Platform> = Connectors::standard(http).platforms().filter(|p| !listed.contains(p)).collect();
    assert_eq!(left_out, []);
}

#[tokio::test]
async fn the_table_is_printed_and_the_one_in_the_documents_is_fresh() {
    let results = table::all().await;
    let text = table::markdown(&results);
    println!("{text}");
    table::keep(&text);
    assert_eq!(table::failures(&results), Vec::<String>::new());
    table::assert_documented(&text);
}
