//! Writing a post with all its parts, as a person does it.

use anyhow::{Result, ensure};
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
    tab.click("[data-keep-mine]").await?;
    tab.until("location.pathname.startsWith('/posts/')").await?;
    let page = tab.text("main").await?;
    ensure!(page.contains("Low tide at one."), "one's own text was saved: {page}");
    ensure!(at.as_str().is_some_and(|at| at.starts_with("2026-03-02T1")), "a moment of the same day: {at}");
    house.end().await
}

#[tokio::test]
async fn pics() -> Result<()> {
    let house = House::new().await?;
    let dir = std::path::Path::new("/tmp/rk/compose-pics");
    let tab = house.signed_in(1440).await?;
    let shoot = async |tab: &rookery_e2e::Tab, state: &str| -> Result<()> {
        for (width, theme, name) in [(1440, rookery_e2e::Theme::Light, "1440-light"), (1440, rookery_e2e::Theme::Dark, "1440-dark"), (390, rookery_e2e::Theme::Light, "390-light"), (390, rookery_e2e::Theme::Dark, "390-dark")] {
            tab.show_as(width, theme).await?;
            tab.picture(&dir.join(format!("{state}-{name}.png"))).await?;
            for o in tab.obstacles().await? { println!("OBSTACLE {state} {name}: {o}"); }
        }
        tab.show_as(1440, rookery_e2e::Theme::Light).await?;
        Ok(())
    };
    for (n, h, name) in [(Platform::Mastodon, "fieldwork", "Fieldwork Studio"), (Platform::Twitter, "fieldworkstudio", "Fieldwork Studio"), (Platform::Facebook, "fieldworkpage", "Verein zur Förderung der Küstenbeobachtung und angewandten Nebelkunde e. V.")] {
        house.connect(n, h, name).await?;
    }
    let asset = house.asset("wreck.png").await?;
    tab.open(&format!("{}/compose", house.base)).await?;
    shoot(&tab, "empty").await?;
    tab.fill("#content", "Low tide at noon. The wreck shows three ribs more than last year.\n\nWe walked out with the harbour's oldest pilot, who remembers the masts. #fieldnotes").await?;
    for n in [1, 2, 3] { tab.click(&format!(".pick:nth-of-type({n}) input")).await?; }
    tab.fill("[name=link]", "https://tides.example/noon").await?;
    tab.fill("#labels", "tide, wreck").await?;
    tab.click("button[value='part-add:comment']").await?;
    tab.until("document.querySelector('textarea[name=part-text]')").await?;
    tab.fill("textarea[name=part-text]", "The log of 1911: https://example.org/log").await?;
    tab.until("document.querySelectorAll('.preview-parts li').length === 3").await?;
    tab.click("button[value=slot]").await?;
    tab.until("document.querySelector('[data-kept]').textContent.startsWith('Kept')").await?;
    shoot(&tab, "usual").await?;
    tab.click(".by-id summary").await?;
    tab.fill("[data-media-new]", &asset).await?;
    tab.click("button[value=media-add]").await?;
    tab.until("document.querySelector('.medium input[name=alt]')").await?;
    tab.fill("#content", &format!("{} https://example.org/{}", "W".repeat(420), "x".repeat(120))).await?;
    tab.fill("[name=link]", "tides").await?;
    tab.click("button[value='part-add:thread']").await?;
    tab.until("document.querySelectorAll('textarea[name=part-text]').length===2").await?;
    tab.until("document.querySelectorAll('.finding.error').length > 2").await?;
    tab.eval("document.querySelectorAll('details').forEach((d) => { d.open = true; })").await?;
    tab.until("document.querySelector('.medium')").await?;
    let t = tab.eval("document.querySelector('input[data-network=twitter]').value").await?;
    let t = t.as_str().unwrap_or_default().to_owned();
    tab.click(&format!("label[for='tab-{t}']")).await?;
    tab.fill(&format!("[id='own-text-{t}']"), &"Own words. ".repeat(40)).await?;
    tab.eval("(() => { const c = document.querySelector('[data-conflict]'); c.hidden = false; c.querySelector('[data-theirs]').textContent = 'High water at six.'; })()").await?;
    tab.until("document.querySelector('.preview[aria-label^=X] .preview-over')").await?;
    shoot(&tab, "worst").await?;
    house.end().await
}
