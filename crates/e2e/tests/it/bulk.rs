//! A file with one broken row: it is named, the others are imported and stand in the calendar.

use anyhow::{Result, ensure};
use rookery_e2e::{Tab, Theme};
use rookery_kernel::Platform;
use serde_json::Value;

use crate::house::{House, picture};

const FILE: &str = "content,accounts,scheduled_at\n\
    Low tide at noon. The wreck shows three ribs more.,mastodon:fieldwork,2026-03-12 09:00\n\
    \"Market morning,\nand the bread stall sold out.\",fieldwork,2026-03-13 09:00\n\
    Whose account is this?,mastodon:harbour,2026-03-14 09:00\n\
    Clocks jump over this one.,fieldwork,2026-03-29 02:30\n";

/// Chooses a file as a person does, and sends it.
pub async fn send_file(tab: &Tab, name: &str, text: &str) -> Result<()> {
    let script = format!(
        "(() => {{ const t = new DataTransfer(); t.items.add(new File([{}], {}, {{type: 'text/csv'}})); \
         document.querySelector('input[type=file]').files = t.files; return true; }})()",
        Value::from(text),
        Value::from(name)
    );
    tab.eval(&script).await?;
    tab.click("form[enctype] button").await
}

async fn choose(tab: &Tab, text: &str) -> Result<()> {
    send_file(tab, "march.csv", text).await?;
    tab.until("location.pathname.startsWith('/imports/') && document.querySelector('.import-rows')").await
}

#[tokio::test]
async fn a_file_with_a_broken_row_is_imported_without_it() -> Result<()> {
    let house = House::new().await?;
    house.connect(Platform::Mastodon, "fieldwork", "Fieldwork").await?;
    let tab = house.signed_in(1440).await?;
    house.walk(&tab, "/imports").await?;
    tab.open(&format!("{}/imports", house.base)).await?;
    choose(&tab, FILE).await?;
    let page = tab.text("main").await?;
    ensure!(page.contains("3 posts can be imported, 1 row is broken"), "{page}");
    let broken = tab.text("[data-line='5']").await?;
    ensure!(broken.contains("There is no account “mastodon:harbour”"), "the row is named: {broken}");
    ensure!(broken.contains("mastodon:fieldwork"), "with what to do: {broken}");
    ensure!(tab.text("[data-line='6']").await?.contains("jump over"), "the other one is said");
    let preview = tab.eval("location.pathname").await?.as_str().unwrap_or_default().to_owned();
    let pages = [("imports", "/imports"), ("import", preview.as_str()), ("export", "/export")];
    for (width, theme, view) in [
        (1440, Theme::Light, "1440-light"),
        (1440, Theme::Dark, "1440-dark"),
        (390, Theme::Light, "390-light"),
        (390, Theme::Dark, "390-dark"),
    ] {
        for (name, path) in pages {
            // A picture of the whole page leaves the window in another size.
            tab.show_as(width, theme).await?;
            house.walk(&tab, path).await?;
            picture(&tab, &format!("{name}-{view}")).await?;
        }
    }
    tab.show_as(1440, Theme::Light).await?;
    tab.open(&format!("{}{preview}", house.base)).await?;
    // By keyboard: the button is reached and pressed.
    tab.eval("document.querySelector('button[value=import]').focus()").await?;
    tab.press("Enter").await?;
    tab.until("document.querySelector('.notice.good')?.innerText.includes('3 posts are imported, 1 left out')").await?;
    picture(&tab, "import-done").await?;
    tab.click("a[href='/calendar'].primary").await?;
    tab.until("location.pathname === '/calendar'").await?;
    tab.open(&format!("{}/calendar?view=month&date=2026-03-12", house.base)).await?;
    let month = tab.text("main").await?;
    for text in ["Low tide at noon", "Market morning", "Clocks jump"] {
        ensure!(month.contains(text), "{text} is in the calendar: {month}");
    }
    ensure!(!month.contains("Whose account"), "the broken row is not");

    // The same file again: nothing is made twice, and the page says so.
    tab.open(&format!("{}/imports", house.base)).await?;
    choose(&tab, FILE).await?;
    let again = tab.text("main").await?;
    ensure!(again.contains("3 rows were imported before"), "{again}");
    ensure!(tab.eval("document.querySelector('button[value=import]')").await?.is_null(), "nothing is left to import");
    picture(&tab, "import-again").await?;
    tab.click("button[value=cancel]").await?;
    tab.until("document.querySelector('.notice.good')?.innerText.includes('Nothing was imported')").await?;

    // What cannot be read at all says why.
    tab.eval(
        "(() => { const t = new DataTransfer(); t.items.add(new File(['name,mail\\na,b'], 'people.csv')); \
         document.querySelector('input[type=file]').files = t.files; })()",
    )
    .await?;
    tab.click("form[enctype] button").await?;
    tab.until("document.querySelector('.notice.bad')?.innerText.includes('name, mail')").await?;
    house.end().await
}
