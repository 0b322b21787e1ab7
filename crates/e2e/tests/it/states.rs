//! Every page in its three states: empty, as usual, and as full and awkward as it gets, wide and narrow, light and dark, with
//! nothing to stumble over. Where `ROOKERY_PICTURES` names a folder, there is a picture of each afterwards:
//! `ROOKERY_PICTURES=/tmp/pictures cargo test -p rookery-e2e --test it states`.

use anyhow::{Result, ensure};
use rookery_e2e::{Tab, Theme};

use crate::fullness::{Place, USUAL, WORST, bring_files, fill};
use crate::house::{House, picture};

/// Pages that are always there: what their picture is called, and their address.
const PAGES: [(&str, &str); 31] = [
    ("overview", "/"),
    ("overview-90", "/?days=90"),
    ("insights", "/insights"),
    ("reports", "/reports"),
    ("calendar-month", "/calendar?view=month"),
    ("calendar-week", "/calendar?view=week"),
    ("calendar-day", "/calendar?view=day"),
    ("calendar-list", "/calendar?view=list"),
    ("slots", "/calendar/slots"),
    ("feed", "/calendar/feed"),
    ("recurring", "/recurring"),
    ("compose", "/compose"),
    ("media", "/media"),
    ("approvals", "/approvals"),
    ("imports", "/imports"),
    ("metric-imports", "/imports/metrics"),
    ("performance", "/performance?range=30d"),
    ("performance-accounts", "/performance?split=account&metric=engagement_rate&range=90d"),
    ("performance-weekdays", "/performance?split=weekday&metric=engagement&mode=cohort"),
    ("performance-tags", "/performance?split=tag"),
    ("content-list", "/content"),
    ("content-by-rate", "/content?sort=engagement_rate"),
    ("groups", "/groups"),
    ("accounts", "/accounts"),
    ("delivery", "/delivery"),
    ("collecting", "/collecting"),
    ("export", "/export"),
    ("organizations", "/organizations"),
    ("report-view", "/reports/view?month=2026-02"),
    ("api-docs", "/api/docs"),
    ("nowhere", "/nowhere"),
];

/// What somebody does on a page before it shows all it can, and how one sees that it is done.
fn deed(name: &str) -> Option<(&'static str, &'static str)> {
    match name {
        "compose" => Some((
            "(() => { const t = document.querySelector('#content'); if (!t) return; \
              t.value = 'Low tide at noon. ' + 'W'.repeat(220) + ' يوميات البحر 🌊'; t.dispatchEvent(new Event('input', { bubbles: true })); \
              const picks = [...document.querySelectorAll('.pick input:not([disabled])')]; \
              const tiktok = picks.find((p) => p.dataset.network === 'tiktok'); \
              for (const p of new Set([...picks.slice(0, 4), tiktok])) p?.click(); })()",
            "!document.querySelector('.pick') || document.querySelector('.preview')",
        )),
        "content-list" => Some((
            "document.querySelectorAll('input[name=item]').forEach((e, n) => { if (n < 3) e.click(); })",
            "!document.querySelector('[data-picked]') || document.querySelector('[data-picked]').innerText !== ''",
        )),
        _ => None,
    }
}

/// Walks over pages and takes their pictures; everything that somebody would stumble over, at once.
async fn walk(house: &House, tab: &Tab, state: &str, pages: &[Place]) -> Result<()> {
    let mut stumbles = Vec::new();
    for (name, path) in pages {
        for width in [1440, 390] {
            tab.show_as(width, Theme::Light).await?;
            tab.open(&format!("{}{path}", house.base)).await?;
            tab.until("!document.querySelector('[aria-busy=true]')").await?;
            if let Some((script, done)) = deed(name) {
                tab.eval(script).await?;
                tab.until(done).await?;
            }
            for theme in [Theme::Light, Theme::Dark] {
                tab.show_as(width, theme).await?;
                stumbles.extend(tab.obstacles().await?.into_iter().map(|o| format!("{path} {width} {theme:?}: {o}")));
                picture(tab, &format!("{state}-{name}-{width}-{theme:?}")).await?;
            }
            // What is folded away is part of the page.
            tab.show_as(width, Theme::Light).await?;
            tab.eval("document.querySelectorAll('main details').forEach((d) => { d.open = true; })").await?;
            stumbles.extend(tab.obstacles().await?.into_iter().map(|o| format!("{path} {width} unfolded: {o}")));
        }
    }
    ensure!(stumbles.is_empty(), "{stumbles:#?}");
    Ok(())
}

fn all(found: &[Place]) -> Vec<Place> {
    PAGES.iter().map(|(name, path)| ((*name).to_owned(), (*path).to_owned())).chain(found.iter().cloned()).collect()
}

/// Nothing was ever done here.
#[tokio::test]
async fn nobody_stumbles_where_everything_is_empty() -> Result<()> {
    let house = House::new().await?;
    let tab = house.signed_in(1440).await?;
    // What the rail leads to is looked at.
    let rail = tab.eval("[...document.querySelectorAll('.nav a[href^=\"/\"]')].map((a) => a.pathname)").await?;
    for path in rail.as_array().into_iter().flatten().filter_map(|path| path.as_str()) {
        ensure!(PAGES.iter().any(|(_, page)| page.split('?').next() == Some(path)), "nobody looks at {path}");
    }
    walk(&house, &tab, "empty", &all(&[])).await?;
    house.end().await
}

/// Some weeks later.
#[tokio::test]
async fn nobody_stumbles_on_a_usual_day() -> Result<()> {
    let house = House::new().await?;
    let full = fill(&house, USUAL).await?;
    let tab = house.signed_in(1440).await?;
    let files = bring_files(&house, &tab, USUAL).await?;
    for (path, said) in
        [("/insights", "Post about warm bread"), ("/collecting", "What failed"), ("/media", "Bakery 0.png")]
    {
        tab.open(&format!("{}{path}", house.base)).await?;
        ensure!(tab.text("main").await?.contains(said), "{path} is not as usual: {}", tab.text("main").await?);
    }
    for (name, said) in [("receipt-out", "Reactions"), ("run", "counts below zero")] {
        let (_, path) = full.pages.iter().find(|(page, _)| page == name).expect("it was made");
        tab.open(&format!("{}{path}", house.base)).await?;
        ensure!(tab.text("main").await?.contains(said), "{name} lacks {said:?}: {}", tab.text("main").await?);
    }
    walk(&house, &tab, "usual", &[all(&full.pages), files].concat()).await?;
    let stranger = house.tab(1440).await?;
    walk(&house, &stranger, "usual", &full.shared).await?;
    house.end().await
}

/// Sixty accounts, three hundred tags, names of two hundred letters in both directions, numbers of sixteen digits.
#[tokio::test]
async fn nobody_stumbles_however_full_and_awkward() -> Result<()> {
    let house = House::new().await?;
    let full = fill(&house, WORST).await?;
    let tab = house.signed_in(1440).await?;
    let files = bring_files(&house, &tab, WORST).await?;
    walk(&house, &tab, "worst", &[all(&full.pages), files].concat()).await?;
    let stranger = house.tab(1440).await?;
    walk(&house, &stranger, "worst", &full.shared).await?;
    house.end().await
}
