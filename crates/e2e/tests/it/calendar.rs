//! A post is moved to another day: with the mouse, with the keyboard, and back again.

use std::time::Duration;

use anyhow::{Result, ensure};
use rookery_e2e::{Tab, Theme};
use rookery_kernel::{Clock as _, Platform};
use rookery_publishing::{End, Rhythm, Rule, Schedule, SlotChange, WeeklyTime};
use rookery_sandbox::{Effect, Endpoint, FaultRule};

use crate::house::{House, picture};

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

/// Writes a post for a local time.
async fn plan(house: &House, tab: &Tab, text: &str, at: &str) -> Result<()> {
    tab.open(&format!("{}/compose", house.base)).await?;
    tab.fill("#content", text).await?;
    tab.click(".pick input").await?;
    tab.fill("input[name=at]", at).await?;
    tab.click("form.compose button[value=save]").await?;
    tab.until("location.pathname.startsWith('/posts/')").await
}

/// Pointer events as a mouse makes them, from an entry to a cell.
const DRAG: &str = "((from, to) => {
  const a = document.querySelector(from).getBoundingClientRect(), b = document.querySelector(to).getBoundingClientRect();
  const fire = (type, x, y) => (document.elementFromPoint(x, y) ?? document.body).dispatchEvent(new PointerEvent(type,
    { bubbles: true, cancelable: true, pointerId: 1, isPrimary: true, pointerType: 'mouse', button: 0, clientX: x, clientY: y }));
  fire('pointerdown', a.x + 9, a.y + 5);
  fire('pointermove', a.x + 30, a.y + 30);
  fire('pointermove', b.x + b.width / 2, b.y + b.height - 8);
  fire('pointerup', b.x + b.width / 2, b.y + b.height - 8);
})";

#[tokio::test]
async fn a_post_is_moved_to_another_day_with_mouse_and_keyboard() -> Result<()> {
    let house = House::new().await?;
    house.connect(Platform::Mastodon, "fieldwork", "Fieldwork").await?;
    let tab = house.signed_in(1440).await?;
    plan(&house, &tab, "Low tide at noon", "2026-03-10T11:30").await?;

    tab.open(&format!("{}/calendar?date=2026-03-10", house.base)).await?;
    tab.until("document.querySelector('[data-date=\"2026-03-10\"] [data-movable]')").await?;
    tab.eval(&format!("{DRAG}('[data-movable]', '[data-date=\"2026-03-12\"]')")).await?;
    tab.until(
        "document.querySelector('[data-date=\"2026-03-12\"] [data-movable]')?.dataset.local === '2026-03-12T11:30'",
    )
    .await?;
    tab.until("document.querySelector('[data-toast]').innerText.includes('Thursday 12 March')").await?;
    tab.click("[data-undo]").await?;
    tab.until("document.querySelector('[data-date=\"2026-03-10\"] [data-movable]')").await?;

    // One day on, one week back and on again; then taken back by Escape, then for good.
    tab.eval("document.querySelector('[data-movable]').focus()").await?;
    for key in ["m", "ArrowRight", "Escape"] {
        tab.press(key).await?;
    }
    tab.until("document.querySelector('[data-announce]').textContent === 'Not moved.'").await?;
    ensure!(tab.eval("document.querySelector('[data-movable]').dataset.local").await? == "2026-03-10T11:30", "stays");
    for key in ["m", "ArrowRight", "ArrowDown"] {
        tab.press(key).await?;
    }
    tab.until("document.querySelector('[data-announce]').textContent.includes('Wednesday 18 March')").await?;
    tab.press("Enter").await?;
    tab.until("document.querySelector('[data-date=\"2026-03-18\"] [data-movable]')").await?;
    ensure!(tab.eval("document.activeElement.dataset.local").await? == "2026-03-18T11:30", "the focus goes along");

    // In the week an hour is a step, and hours are places to drop.
    tab.open(&format!("{}/calendar?view=week&date=2026-03-18", house.base)).await?;
    tab.eval("document.querySelector('[data-movable]').focus()").await?;
    for key in ["m", "ArrowDown", "Enter"] {
        tab.press(key).await?;
    }
    tab.until("document.querySelector('[data-date=\"2026-03-18\"][data-hour=\"12\"] [data-movable]')").await?;
    tab.eval(&format!("{DRAG}('[data-movable]', '[data-date=\"2026-03-20\"][data-hour=\"9\"]')")).await?;
    tab.until("document.querySelector('[data-movable]')?.dataset.local === '2026-03-20T09:30'").await?;

    // Somewhere it cannot go: it stays, and the page says why.
    tab.open(&format!("{}/calendar?date=2026-03-20", house.base)).await?;
    tab.eval(&format!("{DRAG}('[data-movable]', '[data-date=\"2026-03-01\"]')")).await?;
    tab.until("!document.querySelector('[data-toast]').hidden").await?;
    ensure!(tab.eval("document.querySelector('[data-movable]').dataset.local").await? == "2026-03-20T09:30", "stays");
    house.end().await
}

/// Every view, empty and usual and as full as it gets, wide and narrow, light and dark, with nothing to stumble over.
#[tokio::test]
async fn nobody_stumbles_in_the_calendar_however_full() -> Result<()> {
    let house = House::new().await?;
    let tab = house.signed_in(1440).await?;
    look(&house, &tab, "empty").await?;

    let (toots, _) = house.connect(Platform::Mastodon, "fieldwork", "Fieldwork").await?;
    let (page, _) = house.connect(Platform::Facebook, "studio", "Fieldwork Studio on the harbour wall").await?;
    let now = house.clock.now();
    for (text, accounts, after) in [
        ("Low tide at noon", vec![toots.id, page.id], HOUR),
        ("Market morning", vec![toots.id], HOUR * 26),
        ("The wreck shows three ribs", vec![page.id], HOUR * 50),
    ] {
        house.write(text, &accounts, Schedule::At(now + after)).await?;
    }
    house.pass(HOUR * 2).await;
    // Two hours are no time for a session, but tomorrow is.
    let slots = |clock| (1..=5).filter_map(|day| WeeklyTime::read(day, clock)).collect();
    for (account, clock) in [(toots.id, "09:00"), (toots.id, "17:30"), (page.id, "12:15")] {
        house.publishing.change_posting_slots(&house.scope, account, SlotChange::Add(slots(clock))).await?;
    }
    let tide = house.write("Tide table of the week", &[toots.id], Schedule::Draft).await?;
    let rule = Rule {
        rhythm: Rhythm::Weeks { every: 1, weekdays: [1, 4].into() },
        minute: 8 * 60,
        starts_on: "2026-03-02".parse()?,
        end: End::After(12),
        cool_down_days: 0,
    };
    house.publishing.create_recurring(&house.scope, tide, rule).await?;
    look(&house, &tab, "usual").await?;
    // A hole leads to the form with its time and account.
    tab.show_as(1440, Theme::Light).await?;
    tab.open(&format!("{}/calendar?view=day&date=2026-03-04", house.base)).await?;
    tab.click(".slot.open").await?;
    tab.until("location.pathname === '/compose' && document.querySelector('.pick input:checked')").await?;
    ensure!(tab.eval("document.querySelector('input[name=at]').value").await? == "2026-03-04T09:00", "the slot's time");
    tab.fill("#content", "Into the queue").await?;
    tab.click("input[value=queue]").await?;
    tab.click("form.compose button[value=save]").await?;
    tab.until("document.querySelector('.notice')?.innerText.includes('in the queue')").await?;

    let refusal =
        Effect::Status { code: 422, body: serde_json::json!({"error": "Validation failed: looks like spam"}) };
    house.control.add_fault(FaultRule::new(refusal).endpoint(Endpoint::Publish));
    let now = house.clock.now();
    let long = "Küstenbeobachtungsgemeinschaftsnachrichtenblatt <b>W</b> ".repeat(6);
    for n in 0..3 {
        house.write(&format!("Refused {n}: {long}"), &[toots.id], Schedule::At(now + HOUR)).await?;
    }
    house.pass(HOUR * 2).await;
    let now = house.clock.now();
    for n in 0..16_u32 {
        let at = now + HOUR * 24 + HOUR * (n / 4) + MINUTE * (n % 4 * 3);
        house
            .write(&format!("We open the doors at nine, number {n}. {long}"), &[toots.id, page.id], Schedule::At(at))
            .await?;
    }
    for n in 0..5 {
        house.write(&format!("Late {n}"), &[page.id], Schedule::At(now + MINUTE * 3)).await?;
    }
    // Nobody works: what is due becomes late.
    house.clock.advance(HOUR);
    look(&house, &tab, "worst").await?;
    house.end().await
}

async fn look(house: &House, tab: &Tab, state: &str) -> Result<()> {
    let date = "date=2026-03-03";
    let paths = ["month", "week", "day", "list"].map(|view| (view, format!("/calendar?view={view}&{date}")));
    let others = [("slots", "/calendar/slots"), ("feed", "/calendar/feed"), ("recurring", "/recurring")];
    for width in [1440, 390] {
        for theme in [Theme::Light, Theme::Dark] {
            let others = others.iter().map(|(name, path)| (*name, (*path).to_owned()));
            for (name, path) in paths.iter().cloned().chain(others) {
                // A picture of a whole page forgets its width.
                tab.show_as(width, theme).await?;
                house.walk(tab, &path).await?;
                picture(tab, &format!("calendar-{state}-{name}-{width}-{theme:?}")).await?;
            }
        }
    }
    Ok(())
}

/// A feed is made, shown once, and ended.
#[tokio::test]
async fn a_calendar_feed_is_made_and_ended() -> Result<()> {
    let house = House::new().await?;
    house.connect(Platform::Mastodon, "fieldwork", "Fieldwork").await?;
    let tab = house.signed_in(1440).await?;
    tab.open(&format!("{}/calendar", house.base)).await?;
    tab.click("a[href='/calendar/feed']").await?;
    tab.until("location.pathname === '/calendar/feed'").await?;
    tab.click("form[action='/calendar/feed'] button[type=submit]").await?;
    tab.until("document.querySelector('input[readonly]')?.value.endsWith('.ics')").await?;
    let address = tab.eval("document.querySelector('input[readonly]').value").await?;
    let address = address.as_str().unwrap_or_default().to_owned();
    let status = |address: &str| format!("fetch('{address}').then((a) => a.status)");
    ensure!(tab.eval(&status(&address)).await? == 200, "the address works");
    house.walk(&tab, "/calendar/feed").await?;
    ensure!(!tab.text("main").await?.contains(".ics"), "it is shown once");
    tab.eval("window.confirm = () => true").await?;
    tab.click("form[action='/calendar/feed/end'] button").await?;
    tab.until("document.querySelector('.notice')?.innerText.includes('no longer works')").await?;
    ensure!(tab.eval(&status(&address)).await? == 404, "it is ended");
    house.end().await
}
