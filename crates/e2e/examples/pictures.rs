//! Takes a picture of every page of a running demo, at 1440 and 390 px, light and dark, and says what a
//! keyboard or screen-reader user would stumble over:
//! `cargo run -p rookery-e2e --example pictures -- http://127.0.0.1:8480 EMAIL PASSWORD FOLDER`

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use rookery_e2e::{Chromium, Theme};

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what| arguments.next().with_context(|| format!("argument missing: {what}"));
    let (base, email, password) = (next("address")?, next("e-mail")?, next("password")?);
    let folder = PathBuf::from(next("folder")?);
    std::fs::create_dir_all(&folder)?;

    let chromium = Chromium::launch().await?;
    let tab = chromium.tab(1440, Theme::Light).await?;
    tab.open(&format!("{base}/sign-in")).await?;
    let mut stumbles = 0;
    for (width, theme, name) in VIEWS {
        tab.show_as(width, theme).await?;
        tab.picture(&folder.join(format!("sign-in-{name}.png"))).await?;
    }
    tab.show_as(1440, Theme::Light).await?;
    tab.fill("input[name=email]", &email).await?;
    tab.fill("input[name=password]", &password).await?;
    tab.click("button[type=submit]").await?;
    tab.until("location.pathname === '/' && document.readyState === 'complete'").await?;

    let mut pages: Vec<(String, String)> = [
        ("overview", "/"),
        ("compose", "/compose"),
        ("calendar", "/calendar"),
        ("media", "/media"),
        ("performance", "/performance?split=account"),
        ("content-list", "/content"),
        ("accounts", "/accounts"),
        ("api-docs", "/api/docs"),
        ("error", "/nowhere"),
    ]
    .into_iter()
    .map(|(name, path)| (name.to_owned(), path.to_owned()))
    .collect();
    // And whatever else the navigation leads to.
    let links =
        tab.eval("[...document.querySelectorAll('nav a[href^=\"/\"]')].map(a => a.getAttribute('href'))").await?;
    for path in links.as_array().into_iter().flatten().filter_map(|link| link.as_str()) {
        if !pages.iter().any(|page| page.1.split('?').next() == Some(path)) {
            pages.push((path.trim_start_matches('/').replace('/', "-"), path.to_owned()));
        }
    }
    // And what no rail leads to.
    for (name, path) in [
        ("metric-imports", "/imports/metrics"),
        ("calendar-week", "/calendar?view=week"),
        ("calendar-day", "/calendar?view=day"),
        ("calendar-list", "/calendar?view=list"),
        ("slots", "/calendar/slots"),
        ("feed", "/calendar/feed"),
        ("recurring", "/recurring"),
        ("organizations", "/organizations"),
        ("performance-formats", "/performance?split=format&weekday=4"),
        ("performance-weekdays", "/performance?split=weekday&metric=engagement"),
    ] {
        pages.push((name.to_owned(), path.to_owned()));
    }
    // One of each kind that a list leads to.
    for (name, list, selector) in [
        ("run", "/collecting", "a[href^=\"/collecting/runs/\"]"),
        ("tag", "/groups", "a[href^=\"/tags/\"]"),
        ("media-one", "/media", "a.thumb"),
        ("import", "/imports", "td a[href^=\"/imports/\"]"),
    ] {
        tab.open(&format!("{base}{list}")).await?;
        let path = tab.eval(&format!("document.querySelector('{selector}')?.getAttribute('href') ?? null")).await?;
        if let Some(path) = path.as_str() {
            pages.push((name.to_owned(), path.to_owned()));
        }
    }
    tab.open(&format!("{base}/calendar")).await?;
    // One publication of each kind that the month shows.
    for (name, selector) in
        [("published", ".slot.pub"), ("failed", ".slot.fail"), ("planned", ".slot:not(.pub):not(.fail)")]
    {
        let path = tab.eval(&format!("document.querySelector('{selector}')?.getAttribute('href') ?? null")).await?;
        if let Some(path) = path.as_str() {
            pages.push((format!("receipt-{name}"), path.to_owned()));
        }
    }
    if let Some((_, receipt)) = pages.iter().find(|p| p.0.starts_with("receipt-")).cloned() {
        tab.open(&format!("{base}{receipt}")).await?;
        let path = tab.eval("document.querySelector('a[href^=\"/posts/\"]')?.getAttribute('href') ?? null").await?;
        if let Some(path) = path.as_str() {
            pages.push(("post".to_owned(), path.to_owned()));
        }
    }
    tab.open(&format!("{base}/content")).await?;
    let path = tab.eval("document.querySelector('[data-row]')?.getAttribute('href') ?? null").await?;
    if let Some(path) = path.as_str() {
        pages.push(("content".to_owned(), path.to_owned()));
    }
    for (name, path) in &pages {
        for (width, theme, view) in VIEWS {
            tab.show_as(width, theme).await?;
            tab.open(&format!("{base}{path}")).await?;
            if name == "compose" {
                let text = "Field notes from the coast: wind from the west, good light until four. #fieldnotes";
                tab.fill("#content", text).await?;
                tab.click(".pick input:not([disabled])").await?;
                tab.until("!document.querySelector('[data-length]').textContent.startsWith('0 /')").await?;
            }
            tab.picture(&folder.join(format!("{name}-{view}.png"))).await?;
            for obstacle in tab.obstacles().await? {
                stumbles += 1;
                println!("{name} {view}: {obstacle}");
            }
        }
        println!("{name}: {path}");
    }
    chromium.close().await?;
    println!("{} pages, {} views each, {stumbles} obstacles", pages.len(), VIEWS.len());
    ensure!(stumbles == 0, "somebody would stumble");
    Ok(())
}

const VIEWS: [(u32, Theme, &str); 4] = [
    (1440, Theme::Light, "1440-light"),
    (1440, Theme::Dark, "1440-dark"),
    (390, Theme::Light, "390-light"),
    (390, Theme::Dark, "390-dark"),
];
