//! A client without an account approves through a link; a reviewer works the queue with the keyboard alone.

use std::time::Duration;

use anyhow::{Result, ensure};
use rookery_e2e::{Tab, Theme};
use rookery_kernel::Platform;

use crate::house::House;

/// Writes a post that is due at once, and gives its address.
async fn write(house: &House, tab: &Tab, text: &str) -> Result<String> {
    tab.open(&format!("{}/compose", house.base)).await?;
    tab.fill("#content", text).await?;
    tab.click(".pick input").await?;
    tab.click("input[value=now]").await?;
    tab.click("form.compose button[value=save]").await?;
    tab.until("location.pathname.startsWith('/posts/')").await?;
    Ok(tab.eval("location.pathname").await?.as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn a_client_approves_through_a_link_and_the_post_goes_out() -> Result<()> {
    let house = House::new().await?;
    house.require_review().await?;
    let (_, there) = house.connect(Platform::Mastodon, "fieldwork", "Fieldwork").await?;
    let tab = house.signed_in(1440).await?;
    write(&house, &tab, "Low tide at noon. The wreck shows three ribs more than last year.").await?;
    house.pass(Duration::from_secs(120)).await;
    ensure!(house.control.posts(&there.platform_user_id).is_empty(), "nobody approved it");
    tab.fill("input[name=recipient]", "Imke Brandt").await?;
    tab.click("form[action$='/review-links'] button").await?;
    tab.until("document.querySelector('[data-link]')?.innerText.includes('/review/')").await?;
    let link = tab.text("[data-link]").await?;

    // On the client's telephone, without a session.
    let client = house.tab(390).await?;
    for theme in [Theme::Light, Theme::Dark] {
        for width in [1440, 390] {
            client.show_as(width, theme).await?;
            client.open(&link).await?;
            client.until("document.querySelector('.post-text')?.innerText.includes('three ribs')").await?;
            let stumbles = client.obstacles().await?;
            ensure!(stumbles.is_empty(), "{width}: {stumbles:?}");
        }
    }
    client.click("button[value=changes]").await?;
    client.fill("input[name=name]", "Imke Brandt").await?;
    client.click("button[value=changes]").await?;
    client.until("document.querySelector('[role=alert]')?.innerText.includes('what should be changed')").await?;
    client.click("button[value=approve]").await?;
    client.until("document.querySelector('h1')?.innerText === 'Thank you'").await?;
    client.open(&link).await?;
    client.until("document.querySelector('h1')?.innerText === 'Already decided'").await?;
    ensure!(!client.text("body").await?.contains("three ribs"), "nothing is shown any more");

    house.pass(Duration::from_secs(1)).await;
    ensure!(house.control.posts(&there.platform_user_id).len() == 1, "it went out once");
    house.end().await
}

#[tokio::test]
async fn a_reviewer_works_the_queue_with_the_keyboard() -> Result<()> {
    let house = House::new().await?;
    house.require_review().await?;
    let (_, there) = house.connect(Platform::Mastodon, "fieldwork", "Fieldwork").await?;
    let tab = house.signed_in(1440).await?;
    house.walk(&tab, "/approvals").await?;
    for text in ["The first of two.", "The second of two."] {
        write(&house, &tab, text).await?;
        tab.click("form[action$='/submit'] button").await?;
        tab.until("document.querySelector('.notice.good')?.innerText.includes('Submitted')").await?;
    }
    for theme in [Theme::Light, Theme::Dark] {
        for width in [1440, 390] {
            tab.show_as(width, theme).await?;
            house.walk(&tab, "/approvals").await?;
            house.walk(&tab, "/delivery").await?;
        }
    }
    tab.show_as(1440, Theme::Light).await?;
    tab.open(&format!("{}/approvals", house.base)).await?;
    tab.until("document.querySelector('.nav .count')?.textContent === ', 2 reviews wait for you'").await?;
    tab.press("j").await?;
    tab.until("document.activeElement?.matches('[data-review]')").await?;
    tab.press("a").await?;
    tab.until("document.querySelector('.notice.good')?.innerText.includes('Approved')").await?;
    tab.press("j").await?;
    tab.press("c").await?;
    tab.until("document.activeElement?.matches('textarea')").await?;
    tab.fill("[data-changes] textarea", "Which two?").await?;
    tab.click("[data-changes] button[value=request_changes]").await?;
    tab.until("document.querySelector('.notice.good')?.innerText.includes('Sent back')").await?;
    house.pass(Duration::from_secs(1)).await;
    ensure!(house.control.posts(&there.platform_user_id).len() == 1, "only the approved one");
    house.end().await
}
