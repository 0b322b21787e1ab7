//! Whole journeys as a person makes them.

mod approvals;
mod bulk;
mod calendar;
mod collecting;
mod compose;
mod fullness;
mod history;
mod house;
mod insights;
mod numbers;
mod receipts;
mod states;
mod tags;

use std::time::Duration;

use anyhow::{Result, ensure};
use house::{EMAIL, House, PASSWORD, sign_in};
use rookery_kernel::Platform;
use rookery_sandbox::{Effect, Endpoint, FaultRule};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Sign in → compose → see it published → see its numbers.
#[tokio::test]
async fn a_post_is_written_goes_out_and_brings_numbers() -> Result<()> {
    let house = House::new().await?;
    let (page, page_there) = house.connect(Platform::Facebook, "fieldworkstudio", "Fieldwork Studio").await?;
    let (toots, toot_there) = house.connect(Platform::Mastodon, "fieldwork", "Fieldwork on Mastodon").await?;

    let tab = house.tab(1440).await?;
    sign_in(&tab, EMAIL, "wrong").await?;
    tab.until("document.querySelector('[role=alert]')?.innerText.includes('do not fit together')").await?;
    ensure!(tab.eval("document.querySelector('input[name=email]').value").await? == EMAIL, "the address is kept");
    sign_in(&tab, EMAIL, PASSWORD).await?;
    tab.until("document.querySelector('h1')?.innerText === 'Overview'").await?;

    tab.open(&format!("{}/compose", house.base)).await?;
    tab.fill("#content", &format!("{} #fieldnotes", "Low tide at noon. ".repeat(30))).await?;
    for n in [1, 2] {
        tab.click(&format!(".pick:nth-of-type({n}) input")).await?;
    }
    tab.until("[...document.querySelectorAll('.finding.error')].some((f) => f.innerText.includes('500'))").await?;
    tab.until("document.querySelector('[data-length].over')").await?;
    tab.fill("#content", "Low tide at noon. The wreck shows three ribs more than last year. #fieldnotes").await?;
    tab.until("!document.querySelector('.finding.error')").await?;
    // The clock stands at 10:00 in Berlin.
    tab.fill("input[type=datetime-local]", "2026-03-02T11:30").await?;
    tab.until("document.querySelector('[data-when]').innerText.includes('Mon 2 Mar 2026, 11:30')").await?;
    tab.click("form.compose button[value=save]").await?;
    tab.until("location.pathname.startsWith('/posts/')").await?;
    ensure!(tab.text("main").await?.contains("It goes out on Mon 2 Mar 2026, 11:30"), "the notice says when");

    house.pass(HOUR).await;
    ensure!(house.control.posts(&page_there.platform_user_id).is_empty(), "not before its time");
    house.pass(HOUR).await;
    for there in [&page_there, &toot_there] {
        ensure!(house.control.posts(&there.platform_user_id).len() == 1, "{} holds it once", there.platform);
    }
    tab.open(&tab.eval("location.href").await?.as_str().unwrap_or_default().replace("?done", "?was")).await?;
    tab.until("[...document.querySelectorAll('.pill.good')].length === 2").await?;
    tab.click("td a[href^='/publications/']").await?;
    tab.until("location.pathname.startsWith('/publications/')").await?;
    let receipt = tab.text("main").await?;
    ensure!(receipt.contains("It came out on") && receipt.contains("confirmed it"), "the receipt tells it: {receipt}");
    let receipt_url = tab.eval("location.href").await?.as_str().unwrap_or_default().to_owned();

    house.pass(DAY).await;
    for account in [&page, &toots] {
        house.collect(account).await?;
    }
    tab.open(&receipt_url).await?;
    // A session without "stay signed in" has ended meanwhile; signing in leads back to the receipt.
    sign_in(&tab, EMAIL, PASSWORD).await?;
    tab.until("location.pathname.startsWith('/publications/') && document.querySelector('dl.facts')").await?;
    let numbers = tab.text("dl.facts").await?;
    let reported = numbers.contains("Reactions") && !numbers.contains("Reactions\nnot reported");
    ensure!(reported, "its numbers are there: {numbers}");
    tab.open(&format!("{}/", house.base)).await?;
    ensure!(tab.text("main").await?.contains("Low tide at noon"), "it is top content");
    house.end().await
}

/// What goes wrong is said where a person looks, with a way to mend it.
#[tokio::test]
async fn a_refused_post_is_explained_and_repaired() -> Result<()> {
    let house = House::new().await?;
    let (_, there) = house.connect(Platform::Mastodon, "fieldwork", "Fieldwork").await?;
    let refusal =
        Effect::Status { code: 422, body: serde_json::json!({"error": "Validation failed: Text looks like spam"}) };
    let fault = house.control.add_fault(FaultRule::new(refusal).endpoint(Endpoint::Publish));
    let tab = house.signed_in(1440).await?;
    tab.open(&format!("{}/compose", house.base)).await?;
    tab.fill("#content", "Market morning: the bread stall sold out before we found change.").await?;
    tab.click(".pick input").await?;
    tab.click("input[value=now]").await?;
    tab.click("form.compose button[value=save]").await?;
    tab.until("location.pathname.startsWith('/posts/')").await?;
    house.pass(Duration::ZERO).await;
    tab.open(&format!("{}/", house.base)).await?;
    tab.until("document.querySelector('.needs')?.innerText.includes('looks like spam')").await?;
    tab.click(".needs a[href^='/publications/']").await?;
    tab.until("document.querySelector('.answer')?.innerText.includes('did not go out')").await?;
    ensure!(house.control.remove_fault(fault), "the network changes its mind");
    tab.click("form[action$='/retry'] button").await?;
    tab.until("document.querySelector('.notice')?.innerText.includes('tried again')").await?;
    house.pass(Duration::ZERO).await;
    tab.open(&tab.eval("location.pathname").await?.as_str().map_or_else(String::new, |p| format!("{}{p}", house.base)))
        .await?;
    tab.until("document.querySelector('.answer')?.innerText.includes('It came out on')").await?;
    ensure!(house.control.posts(&there.platform_user_id).len() == 1, "once");
    house.end().await
}

/// An account is connected by saying yes at the network.
#[tokio::test]
async fn an_account_is_connected_by_sign_in_at_the_network() -> Result<()> {
    let house = House::new().await?;
    house.control.create_account(
        Platform::Mastodon,
        "harbour",
        "Harbour Notes",
        900,
        rookery_sandbox::AccountOptions::default(),
    )?;
    let tab = house.signed_in(1440).await?;
    tab.until("document.querySelector('.empty h2')?.innerText === 'Connect your first account'").await?;
    tab.click(".empty a").await?;
    tab.until("location.pathname === '/accounts'").await?;
    house.sign_in_at_mastodon(&tab).await?;
    let page = tab.text("main").await?;
    ensure!(page.contains("Harbour Notes") && page.contains("connected"), "{page}");
    house.end().await
}

/// Every page, wide and narrow, empty and full of awkward things, with nothing to stumble over.
#[tokio::test]
async fn nobody_stumbles_on_any_page() -> Result<()> {
    let house = House::new().await?;
    let tab = house.signed_in(1440).await?;
    for width in [1440, 390] {
        tab.show_as(width, rookery_e2e::Theme::Light).await?;
        for path in ["/", "/compose", "/calendar", "/imports", "/groups", "/export", "/accounts", "/api/docs"] {
            house.walk(&tab, path).await?;
        }
    }
    let long = "Verein zur Förderung der Küstenbeobachtung und angewandten Nebelkunde e. V. <script>alert(1)</script>";
    house.connect(Platform::Facebook, "kueste", long).await?;
    house.connect(Platform::Mastodon, "bahr", "يوميات البحر والميناء القديم").await?;
    tab.open(&format!("{}/compose", house.base)).await?;
    tab.fill("#content", &format!("{} https://example.org/{}", "W".repeat(120), "x".repeat(200))).await?;
    tab.click(".pick input").await?;
    tab.click("input[value=draft]").await?;
    tab.click("form.compose button[value=save]").await?;
    tab.until("location.pathname.startsWith('/posts/')").await?;
    let post = tab.eval("location.pathname").await?.as_str().unwrap_or_default().to_owned();
    let receipt = tab.eval("document.querySelector('a[href^=\"/publications/\"]').getAttribute('href')").await?;
    let receipt = receipt.as_str().unwrap_or_default().to_owned();
    for width in [1440, 390] {
        for theme in [rookery_e2e::Theme::Light, rookery_e2e::Theme::Dark] {
            tab.show_as(width, theme).await?;
            for path in ["/", "/compose", "/calendar", "/groups", "/accounts", &post, &receipt] {
                house.walk(&tab, path).await?;
            }
        }
    }
    // The keyboard alone gets from the top of a page to its content.
    tab.show_as(1440, rookery_e2e::Theme::Light).await?;
    tab.open(&format!("{}/", house.base)).await?;
    tab.press("Tab").await?;
    ensure!(tab.eval("document.activeElement.className").await? == "skip", "the first stop skips the navigation");
    house.end().await
}
