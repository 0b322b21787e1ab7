//! Numbers from a network's own export, and a report that a stranger reads.

use anyhow::{Result, ensure};
use rookery_e2e::Theme;
use rookery_kernel::Platform;

use crate::bulk::send_file;
use crate::house::{House, picture};

const FILE: &str = "Content,Video title,Video publish time,Views,Watch time (hours),Impressions\n\
    Total,,,\"1,300\",12.5,\n\
    vid-a,Low tide at noon,\"Mar 1, 2026\",\"1,234\",10.5,\n\
    vid-b,Market morning,\"Mar 1, 2026\",66,2,\"9,876\"\n\
    vid-c,Broken,\"Feb 27, 2026\",many,2,1\n";

#[tokio::test]
async fn history_is_brought_along_and_a_report_is_shared() -> Result<()> {
    let house = House::new().await?;
    house.connect(Platform::Youtube, "tidefilms", "Tide Films").await?;
    let tab = house.signed_in(1440).await?;
    for path in ["/imports/metrics", "/reports"] {
        house.walk(&tab, path).await?;
    }
    picture(&tab, "reports-empty").await?;
    tab.show_as(1440, Theme::Light).await?;
    tab.open(&format!("{}/imports/metrics", house.base)).await?;
    send_file(&tab, "Table data.csv", FILE).await?;
    tab.until("location.pathname.startsWith('/imports/metrics/') && document.querySelector('select[name=account]')")
        .await?;
    let page = tab.text("main").await?;
    ensure!(page.contains("YouTube Studio") && page.contains("2 rows can be stored, 1 is broken"), "{page}");
    ensure!(page.contains("is no number") && page.contains("1,234"), "{page}");
    let preview = tab.eval("location.pathname").await?.as_str().unwrap_or_default().to_owned();
    for (width, theme, view) in [
        (1440, Theme::Light, "1440-light"),
        (1440, Theme::Dark, "1440-dark"),
        (390, Theme::Light, "390-light"),
        (390, Theme::Dark, "390-dark"),
    ] {
        for (name, path) in [("metric-import", preview.as_str()), ("metric-imports", "/imports/metrics")] {
            tab.show_as(width, theme).await?;
            house.walk(&tab, path).await?;
            picture(&tab, &format!("{name}-{view}")).await?;
        }
    }
    tab.show_as(1440, Theme::Light).await?;
    tab.open(&format!("{}{preview}", house.base)).await?;
    tab.eval("document.querySelector(`form[action$='/apply'] button`).focus()").await?;
    tab.press("Enter").await?;
    tab.until("document.querySelector('.notice.good')?.innerText.includes('The numbers are stored')").await?;
    ensure!(tab.text("main").await?.contains("2 new items, 2 rows of numbers"), "what was stored");
    house.analytics.roll_up(&house.scope).await?;

    // The number stands in a report of the month in which it was known, and a stranger reads it.
    tab.open(&format!("{}/reports", house.base)).await?;
    tab.fill("form[action='/reports/links'] input[name=recipient]", "Imke of the council").await?;
    tab.fill("form[action='/reports/links'] input[name=month]", "2026-03").await?;
    tab.click("form[action='/reports/links'] button").await?;
    tab.until("document.querySelector('input[readonly]')?.value.includes('/report/')").await?;
    let address = tab.eval("document.querySelector('input[readonly]').value").await?;
    let path = address.as_str().unwrap_or_default().split("/report/").nth(1).unwrap_or_default().to_owned();
    let stranger = house.tab(1440).await?;
    for (width, theme, view) in [
        (1440, Theme::Light, "1440-light"),
        (1440, Theme::Dark, "1440-dark"),
        (390, Theme::Light, "390-light"),
        (390, Theme::Dark, "390-dark"),
    ] {
        stranger.show_as(width, theme).await?;
        house.walk(&stranger, &format!("/report/{path}")).await?;
        picture(&stranger, &format!("report-{view}")).await?;
        tab.show_as(width, theme).await?;
        house.walk(&tab, "/reports").await?;
        picture(&tab, &format!("reports-{view}")).await?;
    }
    stranger.show_as(1440, Theme::Light).await?;
    stranger.open(&format!("{}/report/{path}", house.base)).await?;
    let shown = stranger.text("main").await?;
    ensure!(shown.contains("Tide Films") && shown.contains("Low tide at noon"), "{shown}");
    ensure!(shown.contains("1,234") || shown.contains("1,300"), "the number is in it: {shown}");
    tab.show_as(1440, Theme::Light).await?;
    tab.open(&format!("{}/reports", house.base)).await?;
    tab.click("form[action$='/revoke'] button").await?;
    tab.until("document.querySelector('.notice.good')?.innerText.includes('opens nothing any more')").await?;
    stranger.open(&format!("{}/report/{path}", house.base)).await?;
    ensure!(stranger.text("body").await?.contains("This link opens no report"), "it is gone");
    house.end().await
}
