//! Writing a post with all its parts, as a person does it.

use std::path::Path;

use anyhow::{Result, ensure};
use rookery_e2e::Theme;
use rookery_kernel::Platform;

use crate::house::House;

/// Compose with an image to three networks and see three previews; nothing is lost when the window closes.
#[tokio::test]
async fn a_post_with_a_picture_is_composed_for_three_networks() -> Result<()> {
    let house = House::new().await?;
    for (network, handle) in [
        (Platform::Mastodon, "fieldwork"),
        (Platform::Twitter, "fieldworkstudio"),
        (Platform::Facebook, "fieldworkpage"),
    ] {
        house.connect(network, handle, "Fieldwork Studio").await?;
    }
    let asset = house.asset("wreck.png").await?;
    let tab = house.signed_in(1440).await?;
    tab.open(&format!("{}/compose", house.base)).await?;
    let text = "Low tide at noon. The wreck shows three ribs more than last year.";
    tab.fill("#content", text).await?;
    for n in [1, 2, 3] {
        tab.click(&format!(".pick:nth-of-type({n}) input")).await?;
    }
    tab.until("document.querySelectorAll('.preview').length === 3").await?;

    // The picture, with words for people who cannot see it.
    tab.click(".by-id summary").await?;
    tab.fill("[data-media-new]", &asset).await?;
    tab.click("button[value=media-add]").await?;
    tab.until("document.querySelector('.medium input[name=alt]')").await?;
    tab.fill(".medium input[name=alt]", "A wreck on the beach, its ribs bare").await?;
    tab.until("document.querySelectorAll('.preview img[alt^=\"A wreck\"]').length === 3").await?;
    let shown = tab.eval("[...document.querySelectorAll('.preview-text')].map((p) => p.textContent).join('|')").await?;
    ensure!(shown.as_str().is_some_and(|s| s.matches(text).count() == 3), "the same words everywhere: {shown}");

    // X gets words of its own; only its sketch changes, and it can be undone.
    let twitter = tab.eval("document.querySelector('input[data-network=twitter]').value").await?;
    let twitter = twitter.as_str().unwrap_or_default().to_owned();
    tab.click(&format!("label[for='tab-{twitter}']")).await?;
    tab.fill(&format!("[id='own-text-{twitter}']"), "Three ribs more. 🌊").await?;
    tab.until("document.querySelector('.preview[aria-label^=X] .preview-text').textContent === 'Three ribs more. 🌊'")
        .await?;
    tab.until(&format!("!document.querySelector('[data-differs=\"{twitter}\"]').hidden")).await?;
    tab.until(&format!("document.querySelector('[data-length=\"{twitter}\"]').textContent === '19 / 280'")).await?;
    tab.click(&format!("button[value='reset:{twitter}']")).await?;
    tab.until(&format!("document.querySelector('.preview[aria-label^=X] .preview-text').textContent === '{text}'"))
        .await?;

    // A part of a thread, a label, the next free moment.
    tab.click("button[value='part-add:comment']").await?;
    tab.until("document.querySelector('textarea[name=part-text]')").await?;
    tab.fill("textarea[name=part-text]", "The log of 1911: https://example.org/log").await?;
    tab.until("document.querySelectorAll('.preview-parts li').length === 3").await?;
    tab.fill("#labels", "tide, wreck").await?;
    tab.click("button[value=slot]").await?;
    tab.until("document.querySelector('[data-when]').textContent.includes('2 Mar 2026')").await?;
    let at = tab.eval("document.querySelector('input[name=at]').value").await?;

    // Two idle seconds later it is a draft; a new window goes on with it.
    tab.until("document.querySelector('[data-kept]').textContent.startsWith('Kept as a draft')").await?;
    tab.until("location.search.startsWith('?post=')").await?;
    let kept = tab.eval("location.href").await?.as_str().unwrap_or_default().to_owned();
    house.walk(&tab, kept.trim_start_matches(&house.base)).await?;
    ensure!(tab.eval("document.querySelector('#content').value").await? == text, "the words are back");
    ensure!(tab.eval("document.querySelectorAll('.medium').length").await? == 1, "the picture is back");
    ensure!(tab.eval("document.querySelector('#labels').value").await? == "tide, wreck", "the labels are back");

    // A second window saves first: the first one is told, with both texts.
    let other = house.tab(1440).await?;
    other.open(&kept).await?;
    other.fill("#content", "High water at six.").await?;
    other.until("document.querySelector('[data-kept]').textContent.startsWith('Kept')").await?;
    tab.fill("#content", "Low tide at one.").await?;
    tab.until("!document.querySelector('[data-conflict]').hidden").await?;
    ensure!(tab.text("[data-theirs]").await? == "High water at six.", "their text is shown");
    // This tab lies behind the other one, where a pointer does not reach it.
    tab.eval("document.querySelector('[data-keep-mine]').click()").await?;
    // Its page, not the editor's answer.
    tab.until("/^\\/posts\\/[^/]+$/.test(location.pathname)").await?;
    let page = tab.text("main").await?;
    ensure!(page.contains("Low tide at one."), "one's own text was saved: {page}");
    ensure!(at.as_str().is_some_and(|at| at.starts_with("2026-03-02T1")), "a moment of the same day: {at}");
    house.end().await
}

/// On TikTok nothing is chosen in advance: the page says whose account it is, offers what the network told, and scolds
/// until a person has chosen. Parts have the same names on the page and in what is found.
#[tokio::test]
async fn who_sees_a_post_on_tiktok_is_chosen_by_a_person() -> Result<()> {
    let house = House::new().await?;
    house.connect(Platform::Tiktok, "fieldwork", "Fieldwork Studio").await?;
    house.connect(Platform::Threads, "fieldwork", "Fieldwork Studio").await?;
    let tab = house.signed_in(1440).await?;
    house.walk(&tab, "/compose").await?;
    tab.fill("#content", "Low tide 🌊").await?;
    tab.click("input[data-network=threads]").await?;
    tab.until("[...document.querySelectorAll('.preview-count')].some((n) => n.textContent === '13 / 500')").await?;
    tab.click("input[data-network=tiktok]").await?;
    tab.until("document.querySelector('[data-whose]').textContent.includes('Fieldwork Studio')").await?;
    tab.until("document.querySelector('[data-findings=options]').textContent.includes('who can see the post')").await?;
    let level = "select[name=option-tiktok-privacy_level]";
    ensure!(tab.eval(&format!("document.querySelector('{level}').value")).await? == "", "nothing is chosen in advance");
    let on = tab.eval("document.querySelectorAll('[data-options=tiktok] input:checked').length").await?;
    ensure!(on == 0, "nothing is allowed in advance");
    for (width, theme, name) in [
        (390, Theme::Dark, "390-dark"),
        (390, Theme::Light, "390-light"),
        (1440, Theme::Dark, "1440-dark"),
        (1440, Theme::Light, "1440-light"),
    ] {
        tab.show_as(width, theme).await?;
        let file = format!("compose-tiktok-{name}.png");
        tab.picture(&Path::new(env!("CARGO_TARGET_TMPDIR")).join(file)).await?;
        ensure!(tab.obstacles().await?.is_empty(), "{name}: {:#?}", tab.obstacles().await?);
    }
    let choose = "const s = document.querySelector('select[name=option-tiktok-privacy_level]'); s.value = 'SELF_ONLY'; \
                  s.dispatchEvent(new Event('change', { bubbles: true }))";
    tab.eval(&format!("(() => {{ {choose} }})()")).await?;
    tab.until("document.querySelector('[data-findings=options]').textContent === ''").await?;
    tab.click("input[name=option-tiktok-brand_content_toggle]").await?;
    tab.until("document.querySelector('[data-findings=options]').textContent.includes('paid partnership')").await?;
    tab.click("button[value='part-add:thread']").await?;
    tab.until("document.querySelector('#parts').textContent.includes('Part 2 of the thread has no text')").await?;
    ensure!(tab.text(".part b").await? == "Part 2 of the thread", "one name");
    ensure!(tab.obstacles().await?.is_empty(), "{:#?}", tab.obstacles().await?);
    house.end().await
}
