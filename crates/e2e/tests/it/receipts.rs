//! A delivery goes wrong, and a person repairs it from its receipt.

use std::time::Duration;

use anyhow::{Result, ensure};
use rookery_e2e::{Tab, Theme};
use rookery_kernel::Platform;
use rookery_sandbox::{Effect, Endpoint, FaultRule, SandboxAccount, TokenEnd};

use crate::house::House;

/// Writes a post for all accounts that is due at once.
async fn write(house: &House, tab: &Tab, text: &str, accounts: usize) -> Result<()> {
    tab.open(&format!("{}/compose", house.base)).await?;
    tab.fill("#content", text).await?;
    for n in 1..=accounts {
        tab.click(&format!(".pick:nth-of-type({n}) input")).await?;
    }
    tab.click("input[value=now]").await?;
    tab.click("form.compose button[value=save]").await?;
    tab.until("location.pathname.startsWith('/posts/')").await
}

/// How often an account was asked to publish, and what it holds.
fn held(house: &House, there: &SandboxAccount) -> (usize, Vec<String>) {
    let calls = house.control.calls();
    let asked = calls
        .iter()
        .filter(|c| c.endpoint == Endpoint::Publish && c.account.as_deref() == Some(there.platform_user_id.as_str()));
    (asked.count(), house.control.posts(&there.platform_user_id).into_iter().map(|p| p.text).collect())
}

/// Opens the page anew, without the notice.
async fn again(house: &House, tab: &Tab) -> Result<()> {
    let path = tab.eval("location.pathname").await?;
    tab.open(&format!("{}{}", house.base, path.as_str().unwrap_or_default())).await
}

/// One of three accounts refuses the words: the person opens the receipt from the calendar, shortens the text for that
/// account, and only that one is sent again.
#[tokio::test]
async fn the_failed_one_is_repaired_from_the_calendar_and_the_others_are_not_sent_again() -> Result<()> {
    let house = House::new().await?;
    let (_, tide) = house.connect(Platform::Facebook, "tidepage", "Tide Page").await?;
    let (_, harbour) = house.connect(Platform::Facebook, "harbourpage", "Harbour Page").await?;
    let (_, toots) = house.connect(Platform::Mastodon, "fieldwork", "Fieldwork").await?;
    let refusal =
        Effect::Status { code: 422, body: serde_json::json!({"error": "Validation failed: Text looks like spam"}) };
    let fault = house.control.add_fault(FaultRule::new(refusal).on(Platform::Mastodon).endpoint(Endpoint::Publish));
    let tab = house.signed_in(1440).await?;
    let words = "Market morning!!! The bread stall sold out before we found change!!!";
    write(&house, &tab, words, 3).await?;
    house.pass(Duration::ZERO).await;

    tab.open(&format!("{}/calendar", house.base)).await?;
    ensure!(tab.eval("document.querySelectorAll('a.slot.fail').length").await? == 1, "one of three failed");
    tab.click("a.slot.fail").await?;
    tab.until("location.pathname.startsWith('/publications/')").await?;
    let receipt = tab.text("main").await?;
    for said in [
        "did not go out",
        "Mastodon refused the request.",
        "Validation failed: Text looks like spam",
        "change it and try again",
        "Tide Page on Facebook",
    ] {
        ensure!(receipt.contains(said), "{said:?} is missing: {receipt}");
    }
    let path = tab.eval("location.pathname").await?.as_str().unwrap_or_default().to_owned();
    for theme in [Theme::Light, Theme::Dark] {
        for width in [1440, 390] {
            tab.show_as(width, theme).await?;
            house.walk(&tab, &path).await?;
        }
    }
    tab.show_as(1440, Theme::Light).await?;
    ensure!(house.control.remove_fault(fault), "the network takes other words");
    tab.fill("form[action$='/words'] textarea", "Market morning: the bread stall sold out early.").await?;
    tab.click("form[action$='/words'] button").await?;
    tab.until("document.querySelector('.notice.good')?.innerText.includes('tried again now')").await?;
    house.pass(Duration::ZERO).await;
    again(&house, &tab).await?;
    tab.until("document.querySelector('.answer')?.innerText.includes('It came out on')").await?;
    let receipt = tab.text("main").await?;
    ensure!(receipt.contains("Attempt 2 followed.") && receipt.contains("Attempt 2"), "both attempts stand: {receipt}");

    for there in [&tide, &harbour] {
        ensure!(held(&house, there) == (1, vec![words.to_owned()]), "{}: {:?}", there.handle, held(&house, there));
    }
    let (asked, texts) = held(&house, &toots);
    ensure!(
        (asked, texts.as_slice()) == (2, &["Market morning: the bread stall sold out early.".to_owned()]),
        "{asked} {texts:?}"
    );
    // A second post is possible, and wants a clear word.
    tab.click("details.repair:last-of-type summary").await?;
    tab.click("form[action$='/publish-again'] button").await?;
    tab.until("document.querySelector('form[action$=\"/publish-again\"] input:invalid')").await?;
    ensure!(held(&house, &toots).0 == 2, "without the word nothing happens");
    house.end().await
}

/// The token was withdrawn: the receipt leads to the accounts, and after signing in again the post leaves by itself.
#[tokio::test]
async fn an_account_is_connected_again_and_the_waiting_post_leaves() -> Result<()> {
    let house = House::new().await?;
    let (_, page) = house.connect(Platform::Facebook, "tidepage", "Tide Page").await?;
    let (_, toots) = house.connect(Platform::Mastodon, "fieldwork", "Fieldwork").await?;
    house.control.end_tokens(&toots.platform_user_id, TokenEnd::Revoked)?;
    let tab = house.signed_in(1440).await?;
    write(&house, &tab, "Low tide at noon.", 2).await?;
    house.pass(Duration::ZERO).await;
    tab.open(&format!("{}/", house.base)).await?;
    tab.until("document.querySelector('.needs a[href^=\"/publications/\"]')").await?;
    tab.click(".needs a[href^='/publications/']").await?;
    tab.until("document.querySelector('.answer')?.innerText.includes('Reconnect the account')").await?;
    let receipt = tab.eval("location.pathname").await?.as_str().unwrap_or_default().to_owned();
    tab.click(".card a[href='/accounts']").await?;
    tab.until("location.pathname === '/accounts'").await?;
    house.sign_in_at_mastodon(&tab).await?;
    // The sweeper, once a minute, finds what may leave again.
    house.pass(Duration::from_secs(60)).await;
    tab.open(&format!("{}{receipt}", house.base)).await?;
    tab.until("document.querySelector('.answer')?.innerText.includes('It came out on')").await?;
    for there in [&page, &toots] {
        ensure!(held(&house, there).1.len() == 1, "{}: {:?}", there.handle, held(&house, there));
    }
    ensure!(held(&house, &page).0 == 1, "the other account was not asked again");
    house.end().await
}
