//! Questions to numbers: which format works, how one content did, with the mouse and with the keyboard alone.

use anyhow::{Result, ensure};
use rookery_analytics::{DailyReading, MetricBasis, Numbers};
use rookery_e2e::Theme;
use rookery_kernel::{AccountId, Clock as _, Date, Platform};
use uuid::Uuid;

use crate::house::House;

const LONG: &str =
    "Verein zur Förderung der Küstenbeobachtung und angewandten Nebelkunde e. V. <script>alert(1)</script>";

/// Accounts past the page, and who is in the group "food".
pub struct Furniture {
    pub accounts: Vec<AccountId>,
    pub group: Uuid,
    pub newest: Uuid,
}

/// What the furniture is called, and how large its numbers are.
#[derive(Clone, Copy)]
pub struct Style {
    pub account: fn(usize) -> String,
    pub caption: fn(i64) -> String,
    pub factor: i64,
}

/// Names as people give them, a long one now and then.
pub const PLAIN: Style = Style {
    account: |n| if n % 7 == 3 { format!("{LONG} {n}") } else { format!("Bakery {n}") },
    caption: |day| if day % 9 == 0 { LONG.repeat(4) } else { format!("Bread of day {day}, still warm. #bread") },
    factor: 1,
};

/// Two months of content on `accounts` accounts, with the totals of several days: on the first half of them, which are
/// the food pages, reels do better than anything else on Thursdays, and worse on all other days.
pub async fn furnish(house: &House, accounts: usize) -> Result<Furniture> {
    furnish_as(house, accounts, PLAIN).await
}

/// The same in another style.
pub async fn furnish_as(house: &House, accounts: usize, style: Style) -> Result<Furniture> {
    let organization = house.scope.organization_id.uuid();
    let mut owner = house.owner().await;
    let group = Uuid::from_u128(0xf00d);
    sqlx::query("insert into analytics.page_groups (organization_id, id, name, niche) values ($1, $2, 'food', 'food')")
        .bind(organization)
        .bind(group)
        .execute(&mut owner)
        .await?;
    let platforms = [Platform::Facebook, Platform::Instagram, Platform::Mastodon, Platform::Twitter];
    let mut ids = Vec::new();
    for n in 0..accounts {
        let id = AccountId::from_uuid(Uuid::from_u128(0xacc0_0000 + n as u128));
        let name = (style.account)(n);
        sqlx::query(
            "insert into accounts.social_accounts (organization_id, id, platform, platform_user_id, username, display_name, status)
             values ($1, $2, $3::accounts.platform, $4, $4, $5, 'active')",
        )
        .bind(organization)
        .bind(id.uuid())
        .bind(platforms[n % 4].label())
        .bind(format!("bakery{n}"))
        .bind(name)
        .execute(&mut owner)
        .await?;
        sqlx::query(
            "insert into analytics.tracked_integrations (organization_id, id, integration_id) values ($1, $2, $2)",
        )
        .bind(organization)
        .bind(id.uuid())
        .execute(&mut owner)
        .await?;
        if n < accounts.div_ceil(2) {
            sqlx::query("insert into analytics.page_group_members (organization_id, group_id, tracked_integration_id) values ($1, $2, $3)")
                .bind(organization)
                .bind(group)
                .bind(id.uuid())
                .execute(&mut owner)
                .await?;
        }
        ids.push(id);
    }
    let today: Date = house.clock.now().date_utc();
    let mut readings = Vec::new();
    let mut newest = Uuid::nil();
    // The more accounts, the fewer days: what is looked at is the page.
    let days = if accounts > 10 { 28 } else { 63 };
    for day in 1..=days {
        let date = today.plus_days(-day);
        let is_thursday = date.to_jiff().weekday().to_monday_one_offset() == 4;
        for (n, account) in ids.iter().enumerate() {
            let format = ["reel", "video", "post"][(usize::try_from(day)? + n) % 3];
            // One account is silent for two weeks.
            if n == 1 && (10..24).contains(&day) {
                continue;
            }
            let id = Uuid::from_u128(0xc0de_0000_0000 + u128::from(day.unsigned_abs()) * 1000 + n as u128);
            if newest.is_nil() {
                newest = id;
            }
            let caption = (style.caption)(day);
            sqlx::query(
                "insert into analytics.content (organization_id, id, integration_id, external_content_id, platform, format,
                                                published_at, caption)
                 values ($1, $2, $3, $4, $5::accounts.platform, $6::analytics.content_format, $7, $8)",
            )
            .bind(organization)
            .bind(id)
            .bind(account.uuid())
            .bind(format!("c{day}-{n}"))
            .bind(platforms[n % 4].label())
            .bind(format)
            .bind(date.start_utc() + std::time::Duration::from_secs(3600 * (7 + (n as u64 * 3 + day.unsigned_abs()) % 12)))
            .bind(caption)
            .execute(&mut owner)
            .await?;
            let rate = match (format, is_thursday) {
                ("reel", true) => 60,
                ("reel", false) => 10,
                ("video", _) => 35,
                _ => 25,
            };
            let ages: &[i64] = if accounts > 10 { &[0, 1, 5] } else { &[0, 1, 2, 4, 7, 14, 28] };
            for age in ages.iter().filter(|age| **age < day) {
                let reach = (400 + 37 * (day % 11) + 220 * age + 13 * i64::try_from(n)?) * style.factor;
                // One network does not say whom it reached.
                let known = n % 4 != 3;
                readings.push(DailyReading {
                    account: *account,
                    external_content_id: format!("c{day}-{n}"),
                    date: date.plus_days(*age),
                    basis: MetricBasis::Lifetime,
                    numbers: Numbers {
                        reach: known.then_some(reach),
                        impressions: (!known).then_some(reach * 2),
                        reactions: Some(reach * rate / 1000),
                        comments: Some(age % 4),
                        shares: Some(1),
                        ..Numbers::default()
                    },
                });
            }
        }
    }
    house.analytics.store_readings(&house.scope, "test", readings).await?;
    house.analytics.rebuild_rollups(&house.scope, |_, _| {}).await?;
    Ok(Furniture { accounts: ids, group, newest })
}

/// A newcomer asks which format works best on Thursdays for the food pages, and keeps the answer.
#[tokio::test]
async fn a_newcomer_finds_which_format_works_on_thursdays_for_the_food_pages() -> Result<()> {
    let house = House::new().await?;
    let furniture = furnish(&house, 6).await?;
    let tab = house.signed_in(1440).await?;
    tab.click("nav a[href='/performance']").await?;
    tab.until("document.querySelector('h1')?.innerText === 'Performance' && document.querySelector('.plot svg .hit')")
        .await?;
    ensure!(tab.text("[data-verdict]").await?.starts_with("Videos work best"), "over all days it is another format");

    let choose = async |name: &str, value: &str| tab.fill(&format!("select[name={name}]"), value).await;
    choose("groupId", &furniture.group.to_string()).await?;
    choose("weekday", "4").await?;
    choose("split", "format").await?;
    tab.until("document.querySelector('[data-verdict]')?.innerText.startsWith('Reels work best (food, Thursday)')")
        .await?;
    let verdict = tab.text("[data-verdict]").await?;
    ensure!(verdict.contains("items") && verdict.contains("points more than videos"), "{verdict}");
    let address = tab.eval("location.href").await?.as_str().unwrap_or_default().to_owned();
    ensure!(
        address.contains("weekday=4") && address.contains("groupId="),
        "what is chosen is in the address: {address}"
    );
    tab.until("[...document.querySelectorAll('.legend span')].some((e) => e.innerText.includes('Reels'))").await?;

    // The same address answers the same, without the script's help.
    tab.open(&address).await?;
    ensure!(tab.text("[data-verdict]").await? == verdict, "the address is the question");

    // The keyboard reads the chart; the table says the same.
    tab.eval(
        "[...document.querySelectorAll('svg[data-chart]')].find((e) => e.getBoundingClientRect().width > 0).focus()",
    )
    .await?;
    tab.press("End").await?;
    tab.until("!document.querySelector('.tip').hidden && document.querySelector('.tip').innerText.includes('2026')")
        .await?;
    tab.press("Escape").await?;
    tab.until("document.querySelector('.tip').hidden").await?;

    // The figures go along as a picture, as a drawing and as a sheet.
    tab.eval("HTMLAnchorElement.prototype.click = function () { window.kept = [this.download, this.href]; }").await?;
    tab.click("[data-save=svg]").await?;
    tab.until("window.kept?.[0].endsWith('.svg') && !decodeURIComponent(window.kept[1]).includes('var(')").await?;
    tab.click("[data-save=png]").await?;
    tab.until("window.kept[0].endsWith('.png') && window.kept[1].startsWith('data:image/png;base64,')").await?;
    let sheet = tab.eval("fetch(document.querySelector('[data-csv]').href).then((a) => a.text())").await?;
    ensure!(sheet.as_str().is_some_and(|text| text.starts_with("from,to,")), "{sheet:?}");

    // A note goes on the chart.
    tab.open(&format!("{}/performance?range=30d", house.base)).await?;
    tab.fill(".note-form input[name=date]", "2026-02-20").await?;
    tab.fill(".note-form input[name=text]", "The oven was on television").await?;
    tab.click(".note-form button").await?;
    tab.until("document.querySelector('.notes')?.innerText.includes('The oven was on television')").await?;
    ensure!(
        tab.eval("document.querySelectorAll('.plot [data-note]').length").await? == 2,
        "in both sizes of the chart"
    );
    tab.click(".notes form button").await?;
    tab.until("document.querySelector('.notice.good')?.innerText.includes('gone')").await?;

    // Content is found with the keyboard, and stands beside what is usual.
    tab.open(&format!("{}/content", house.base)).await?;
    tab.press("/").await?;
    tab.until("document.activeElement?.matches('[data-search]')").await?;
    tab.fill("[data-search]", "bread day").await?;
    tab.until("location.search.includes('search=bread+day')").await?;
    choose("sort", "engagement_rate").await?;
    tab.until("document.querySelector('[aria-sort]')?.innerText.includes('Eng. rate')").await?;
    tab.eval("document.activeElement.blur()").await?;
    tab.press("j").await?;
    tab.until("document.activeElement?.matches('[data-row]')").await?;
    tab.press("Enter").await?;
    tab.until("location.pathname.startsWith('/content/') && document.querySelector('[data-verdict]')").await?;
    let curve = tab.text("[data-verdict]").await?;
    ensure!(curve.contains("reach") && (curve.contains("what is usual") || curve.contains("usual here")), "{curve}");
    house.end().await
}

/// The pages empty, usual, and with fifty accounts of long names, gaps and all filters.
#[tokio::test]
async fn nobody_stumbles_on_pages_about_numbers() -> Result<()> {
    let house = House::new().await?;
    let tab = house.signed_in(1440).await?;
    for width in [1440, 390] {
        tab.show_as(width, Theme::Light).await?;
        for path in ["/performance", "/content"] {
            house.walk(&tab, path).await?;
            ensure!(tab.text("main").await?.contains("Track accounts"), "an empty page says what to do");
        }
    }
    let furniture = furnish(&house, 50).await?;
    let paths = [
        "/performance?split=account&metric=engagement_rate&range=90d".to_owned(),
        "/performance?split=weekday&metric=engagement".to_owned(),
        "/performance?split=hour".to_owned(),
        "/performance?metric=followers&split=hour".to_owned(),
        "/performance?metric=clicks".to_owned(),
        format!("/performance?groupId={}&tagId={}", furniture.group, Uuid::nil()),
        format!("/performance?integrationIds={},{}", furniture.accounts[0], furniture.accounts[3]),
        "/content?sort=engagement_rate".to_owned(),
        "/content?search=nothing+of+the+kind".to_owned(),
        format!("/content/{}", furniture.newest),
        format!("/content/{}?metric=clicks", furniture.newest),
    ];
    for (width, theme) in [(1440, Theme::Light), (390, Theme::Dark), (390, Theme::Light), (1440, Theme::Dark)] {
        tab.show_as(width, theme).await?;
        for path in &paths {
            house.walk(&tab, path).await?;
        }
    }
    house.end().await
}
