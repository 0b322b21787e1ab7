//! Numbers come in, some do not, and a person sees why and when they are tried again.

use std::time::Duration;

use anyhow::{Result, ensure};
use rookery_e2e::Theme;
use rookery_kernel::Platform;
use rookery_sandbox::{Effect, Endpoint, FaultRule};

use crate::house::{House, picture};

#[tokio::test]
async fn what_failed_is_named_with_its_next_try_and_old_days_are_asked_for() -> Result<()> {
    let house = House::new().await?;
    let tab = house.signed_in(1440).await?;
    house.walk(&tab, "/collecting").await?;
    ensure!(tab.text("main").await?.contains("Connect an account"), "nothing is tracked yet");

    house.connect(Platform::Mastodon, "fieldwork", "Fieldwork").await?;
    house.connect(Platform::Facebook, "tidepage", "Tide Page").await?;
    let broken = Effect::Status { code: 503, body: serde_json::json!({"error": "down for maintenance"}) };
    let fault = house.control.add_fault(FaultRule::new(broken).on(Platform::Mastodon).endpoint(Endpoint::List));
    tab.open(&format!("{}/collecting", house.base)).await?;
    for account in ["Fieldwork on Mastodon", "Tide Page on Facebook"] {
        tab.click(&format!("button[aria-label='Collect {account} now']")).await?;
        tab.until("document.querySelector('.notice.good')?.innerText.includes('Collecting began')").await?;
    }
    house.pass(Duration::ZERO).await;
    tab.open(&format!("{}/collecting", house.base)).await?;
    let page = tab.text("main").await?;
    for said in ["Works", "Fieldwork on Mastodon", "tried again", "503", "content listed failed"] {
        ensure!(page.contains(said), "{said:?} is missing: {page}");
    }
    tab.click(".deliveries .what a[href^='/collecting/runs/']").await?;
    tab.until("location.pathname.startsWith('/collecting/runs/')").await?;
    let page = tab.text("main").await?;
    for said in ["Fieldwork on Mastodon", "content listed", "failed", "left out", "tried again", "503"] {
        ensure!(page.contains(said), "{said:?} is missing: {page}");
    }
    let broken = tab.eval("location.pathname").await?.as_str().unwrap_or_default().to_owned();
    tab.open(&format!("{}/collecting", house.base)).await?;
    let whole = "[...document.querySelectorAll('.deliveries li')].find((l) => l.innerText.includes('Tide Page')).querySelector('a').pathname";
    let whole = tab.eval(whole).await?.as_str().unwrap_or_default().to_owned();
    for theme in [Theme::Light, Theme::Dark] {
        for width in [1440, 390] {
            tab.show_as(width, theme).await?;
            for (name, path) in [("list", "/collecting"), ("broken", &broken), ("whole", &whole)] {
                house.walk(&tab, path).await?;
                picture(&tab, &format!("collecting-{name}-{width}-{theme:?}")).await?;
            }
        }
    }
    tab.show_as(1440, Theme::Light).await?;
    ensure!(house.control.remove_fault(fault), "the network is well again");
    house.pass(Duration::from_secs(120)).await;
    tab.open(&format!("{}/collecting", house.base)).await?;
    let states = tab.eval("[...document.querySelectorAll('.deliveries .pill')].map((p) => p.innerText).join()").await?;
    ensure!(states.as_str().unwrap_or_default().starts_with("Works,Works"), "the next try came through: {states}");

    tab.fill("input[name=from]", "2026-01-01").await?;
    tab.click("form[action='/collecting/backfill'] button").await?;
    tab.until("document.querySelector('.notice.good')?.innerText.includes('behind everything else')").await?;
    ensure!(tab.text("main").await?.contains("waits its turn"), "it is listed");
    tab.until("document.querySelector('progress') !== null").await?;
    house.pass(Duration::from_secs(1)).await;
    tab.open(&format!("{}/collecting", house.base)).await?;
    ensure!(tab.eval("document.querySelector('progress')").await?.is_null(), "it is done");

    tab.click("form[action='/collecting/overwrite'] button").await?;
    tab.until("document.querySelector('.notice.good')?.innerText.includes('becomes unknown')").await?;
    house.pass(Duration::from_secs(1)).await;
    house.end().await
}
