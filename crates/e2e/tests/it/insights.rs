//! The morning: a brief is read, a recommendation becomes a draft, another is dismissed and taken back, alerts are read.

use anyhow::{Result, ensure};
use rookery_e2e::{Tab, Theme};
use rookery_kernel::AccountId;
use uuid::Uuid;

use crate::house::House;
use crate::numbers::furnish;

const LONG: &str =
    "Verein zur Förderung der Küstenbeobachtung und angewandten Nebelkunde e. V. <script>alert(1)</script>";

/// Tags what was published in the last three days, and a little of the three before: the topic rises.
pub async fn let_rise(house: &House, name: &str, accounts: usize) -> Result<()> {
    let organization = house.scope.organization_id.uuid();
    let mut owner = house.owner().await;
    let tag = Uuid::from_u128(0x7a6);
    sqlx::query(
        "insert into analytics.tags (organization_id, id, key, label, type) values ($1, $2, 'bread', $3, 'manual')",
    )
    .bind(organization)
    .bind(tag)
    .bind(name)
    .execute(&mut owner)
    .await?;
    let item = |day: u128, n: usize| Uuid::from_u128(0xc0de_0000_0000 + day * 1000 + n as u128);
    let now = (1..=3).flat_map(|day| (0..accounts).map(move |n| item(day, n)));
    let before = (4..=6).map(|day| item(day, 0));
    sqlx::query(
        "insert into analytics.content_tags (organization_id, content_id, tag_id, tag_type, source)
         select organization_id, id, $2, 'manual', 'user' from analytics.content where organization_id = $1 and id = any($3)",
    )
    .bind(organization)
    .bind(tag)
    .bind(now.chain(before).collect::<Vec<_>>())
    .execute(&mut owner)
    .await?;
    house.analytics.rebuild_rollups(&house.scope, |_, _| {}).await?;
    Ok(())
}

pub async fn alerts(house: &House, account: AccountId, title: &str, count: i32) -> Result<()> {
    sqlx::query(
        "insert into analytics.alerts (organization_id, id, kind, severity, metric, current_value, previous_value, change_pct,
             threshold_pct, integration_id, title, message, suggestions, period_start, period_end, dedupe_key, created_at,
             resolved_at, closed_because)
         select $1, gen_random_uuid(), case when n % 5 = 0 then 'viral_spike' else 'kpi_drop' end,
                (array['critical', 'warning', 'info'])[1 + n % 3], 'reach', 2800, 7000, -60, 30, $2, $3 || ' ' || n,
                'Reach was 2,800 from 23 Feb 2026 to 1 Mar 2026, and 7,000 in as many days before: 60.0% less. Told from 30% on.',
                '{Check how many posts went out in both weeks.,Post at the hours that worked best.}',
                '2026-02-23', '2026-03-01', n::text, timestamptz '2026-03-01T03:00:00Z' + n * interval '1 minute',
                case when n > $4 then timestamptz '2026-03-02T03:00:00Z' end, case when n > $4 + 1 then 'not_tracked' end
         from generate_series(1, $4 + 2) as n",
    )
    .bind(house.scope.organization_id.uuid())
    .bind(account.uuid())
    .bind(title)
    .bind(count)
    .execute(&mut house.owner().await)
    .await?;
    Ok(())
}

async fn is_there(tab: &Tab, selector: &str) -> Result<bool> {
    Ok(tab.eval(&format!("document.querySelector({selector:?}) !== null")).await? == true)
}

/// Open the brief, accept a recommendation, land on its draft; dismiss another one and take that back; read the alerts.
#[tokio::test]
async fn a_morning_with_the_brief() -> Result<()> {
    let house = House::new().await?;
    let furniture = furnish(&house, 6).await?;
    let_rise(&house, "warm bread", 6).await?;
    alerts(&house, furniture.accounts[0], "Reach of Bakery 0 fell by 60%", 2).await?;
    let tab = house.signed_in(1440).await?;
    let badge = tab.eval("document.querySelector(\"nav a[href='/insights']\").textContent").await?;
    ensure!(badge.as_str().is_some_and(|text| text.contains("Insights, 4 unread alerts")), "heard as well: {badge}");
    tab.click("nav a[href='/insights']").await?;
    tab.until("document.querySelector('h1')?.innerText === 'Insights'").await?;
    let page = tab.text("main").await?;
    for said in
        ["Incomplete: 0 of 6 accounts", "Post about warm bread", "Best hours today", "Reach of Bakery 0 fell by 60% 2"]
    {
        ensure!(page.contains(said), "{said:?} is missing: {page}");
    }

    tab.click("button[aria-label='Accept: Post about warm bread']").await?;
    tab.until("location.pathname === '/compose' && document.querySelector('#content')").await?;
    ensure!(
        tab.eval("document.querySelector('#content').value").await? == "Warm bread: \n\n#warmbread",
        "the text to go on from"
    );
    ensure!(tab.text(".notice.good").await?.contains("is a draft now"), "and a word about it");
    ensure!(tab.eval("document.querySelectorAll('.pick input:checked').length").await? == 1, "the account is chosen");
    tab.fill("#content", "Warm bread: at half past four. #warmbread").await?;
    tab.click("form.compose button[value=save]").await?;
    tab.until("location.pathname.startsWith('/posts/')").await?;
    let draft = tab.eval("location.pathname").await?;

    tab.open(&format!("{}/insights", house.base)).await?;
    tab.until("[...document.querySelectorAll('.advice.past h3')].some((e) => e.innerText === 'Post about warm bread')")
        .await?;
    let link = tab
        .eval("document.querySelector(\"a[aria-label='The draft of: Post about warm bread']\").getAttribute('href')")
        .await?;
    ensure!(link == draft, "it keeps its draft: {link}");

    // Dismissed with the keyboard alone, with a reason, and taken back.
    let title = "Build on your best post of the week";
    tab.eval(&format!("document.querySelector(\"summary[aria-label='Dismiss: {title}']\").focus()")).await?;
    tab.press("Enter").await?;
    tab.until("document.querySelector('.against[open] input[name=reason]')").await?;
    tab.fill(".against[open] input[name=reason]", "We did that yesterday").await?;
    tab.click(&format!("button[aria-label='Dismiss {title} now']")).await?;
    tab.until("document.querySelector('.notice.good')?.innerText.includes('Dismissed')").await?;
    ensure!(tab.text(".advice.past").await?.contains("We did that yesterday"), "the reason stands there");
    tab.click(&format!("button[aria-label='Undo dismissing: {title}']")).await?;
    tab.until("document.querySelector('.notice.good')?.innerText.includes('open again')").await?;
    ensure!(is_there(&tab, &format!("button[aria-label='Accept: {title}']")).await?, "it is to be decided again");

    // The group and the format stand in the address.
    tab.fill("select[name=groupId]", &furniture.group.to_string()).await?;
    tab.fill("select[name=format]", "reel").await?;
    tab.click(".filters button").await?;
    tab.until("location.search.includes('format=reel') && document.querySelector('h1')?.innerText === 'Insights'")
        .await?;
    ensure!(tab.text("main").await?.contains("0 of 3 accounts"), "the group's accounts");

    tab.click("#alerts [data-alert] form button").await?;
    tab.until("document.querySelector('.notice.good')?.innerText.includes('Marked as read')").await?;
    ensure!(tab.eval("location.search.includes('format=reel')").await? == true, "back to where one was");
    tab.click("#alerts header form button").await?;
    tab.until("document.querySelector('.notice.good')?.innerText.includes('All alerts')").await?;
    ensure!(!is_there(&tab, "nav a[href='/insights'] .count").await?, "nothing is unread");
    house.end().await
}

/// The page without accounts, as usual, and with twenty accounts and thirty alerts of very long names.
#[tokio::test]
async fn nobody_stumbles_on_insights() -> Result<()> {
    let views = [(1440, Theme::Light), (390, Theme::Dark), (390, Theme::Light), (1440, Theme::Dark)];
    let house = House::new().await?;
    let tab = house.signed_in(1440).await?;
    for (width, theme) in views {
        tab.show_as(width, theme).await?;
        house.walk(&tab, "/insights").await?;
        ensure!(tab.text("main").await?.contains("Track accounts"), "an empty page says what to do");
    }
    let furniture = furnish(&house, 20).await?;
    for (width, theme) in views {
        tab.show_as(width, theme).await?;
        house.walk(&tab, "/insights?format=story").await?;
        ensure!(tab.text("main").await?.contains("Not enough data: 0 of 10 posts"), "with the count");
    }
    let_rise(&house, &LONG[..80], 20).await?;
    alerts(&house, furniture.accounts[3], &format!("Reach of {LONG} fell by 60%"), 30).await?;
    for (width, theme) in views {
        tab.show_as(width, theme).await?;
        for path in ["/insights", "/insights?date=2026-02-20", "/insights?date=nonsense"] {
            house.walk(&tab, path).await?;
        }
        tab.open(&format!("{}/insights", house.base)).await?;
        tab.eval("document.querySelectorAll('details').forEach((d) => { d.open = true; })").await?;
        let obstacles = tab.obstacles().await?;
        ensure!(obstacles.is_empty(), "with everything unfolded: {obstacles:#?}");
    }
    house.end().await
}
