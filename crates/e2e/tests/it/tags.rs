//! A group, a tag with a rule that is seen while it is typed, and the tag on the content.

use std::time::Duration;

use anyhow::{Result, ensure};
use rookery_analytics::{GroupDraft, MatchKind, RuleDraft, TagDraft, TagType};
use rookery_e2e::{Tab, Theme};
use rookery_kernel::Platform;
use rookery_publishing::Schedule;

use crate::house::{House, picture};

/// Looks at pages wide and narrow, light and dark.
async fn look(house: &House, tab: &Tab, state: &str, pages: &[(&str, &str)]) -> Result<()> {
    for width in [1440, 390] {
        for theme in [Theme::Light, Theme::Dark] {
            for (name, path) in pages {
                tab.show_as(width, theme).await?;
                house.walk(tab, path).await?;
                picture(tab, &format!("tags-{state}-{name}-{width}-{theme:?}")).await?;
            }
        }
    }
    tab.show_as(1440, Theme::Light).await
}

#[tokio::test]
async fn a_group_and_a_tag_with_a_rule_are_made_and_seen_on_content() -> Result<()> {
    let house = House::new().await?;
    let tab = house.signed_in(1440).await?;
    look(&house, &tab, "empty", &[("groups", "/groups")]).await?;

    let (toots, _) = house.connect(Platform::Mastodon, "fieldwork", "Fieldwork").await?;
    for text in ["Spring tide at the wreck #ebb", "Tide table of the week", "The bread stall sold out"] {
        house.write(text, &[toots.id], Schedule::Now).await?;
    }
    house.pass(Duration::from_secs(3600)).await;
    house.pass(Duration::from_secs(24 * 3600)).await;
    house.collect(&toots).await?;

    // A group with the account in it.
    let tab = house.signed_in(1440).await?;
    tab.click(".nav a[href='/groups']").await?;
    tab.until("location.pathname === '/groups'").await?;
    tab.fill("form[aria-label='New group'] input[name=name]", "Coast watch").await?;
    tab.fill("form[aria-label='New group'] input[name=niche]", "coast").await?;
    tab.click("form[aria-label='New group'] button").await?;
    tab.until("document.querySelector('article[aria-label=\"Coast watch\"]')").await?;
    tab.click("article[aria-label='Coast watch'] button[value=add]").await?;
    tab.until(
        "document.querySelector('article[aria-label=\"Coast watch\"] .members')?.innerText.includes('Fieldwork')",
    )
    .await?;
    ensure!(tab.text("main").await?.contains("not computed yet"), "sums come by a job");

    // A tag whose rule is seen while it is typed.
    tab.fill("input[aria-label='Name of the new tag by rules']", "Sea").await?;
    tab.click("input[aria-label='Name of the new tag by rules'] ~ button").await?;
    tab.until("location.pathname.startsWith('/tags/')").await?;
    tab.fill("input[name=pattern]", "tide").await?;
    tab.until("document.querySelector('[data-preview]').innerText.includes('This rule matches 2 of 3 items')").await?;
    ensure!(tab.text("[data-preview]").await?.contains("Spring tide at the wreck"), "with examples");
    tab.eval("(() => { const f = document.querySelector('select[name=kind]'); f.value = 'regex'; f.dispatchEvent(new Event('input', { bubbles: true })); })()").await?;
    tab.fill("input[name=pattern]", "tide (").await?;
    tab.until("document.querySelector('[data-preview] .error')?.innerText.includes('character 6')").await?;
    tab.fill("input[name=pattern]", "tide (at|in)").await?;
    tab.until("document.querySelector('[data-preview]').innerText.includes('matches 1 of 3 items')").await?;
    // The keyboard keeps it.
    tab.eval("document.querySelector('button[value=save]').focus()").await?;
    tab.press("Enter").await?;
    tab.until("document.querySelector('.notice')?.innerText.includes('The rule holds')").await?;
    ensure!(tab.text("main").await?.contains("being tagged anew"), "progress is told");
    let tag = tab.eval("location.pathname").await?.as_str().unwrap_or_default().to_owned();
    house.pass(Duration::ZERO).await;
    tab.open(&format!("{}{tag}", house.base)).await?;
    ensure!(tab.text(".head").await?.contains("1 item bears it"), "the post about the wreck has it");
    // And at the content.
    tab.open(&format!("{}/content", house.base)).await?;
    let bears = "[...document.querySelectorAll('tr')].filter((r) => r.innerText.includes('Sea')).map((r) => r.innerText).join('|')";
    let rows = tab.eval(bears).await?;
    let rows = rows.as_str().unwrap_or_default().to_owned();
    ensure!(rows.contains("wreck") && !rows.contains('|'), "the content about the wreck bears it: {rows}");
    tab.open(&format!("{}/groups", house.base)).await?;
    ensure!(tab.text("main").await?.contains("1 rule · 1 item"), "it is listed");
    look(&house, &tab, "usual", &[("groups", "/groups"), ("tag", &tag)]).await?;

    // As much as there is, and awkward.
    let long = "Küstenbeobachtungsgemeinschaftsnachrichtenblatt<b>W</b>".repeat(2);
    for n in 0..14 {
        let name: String = format!("{n} {long}").chars().take(120).collect();
        let draft = GroupDraft { name, niche: Some("x".repeat(80)), description: Some(long.repeat(4)) };
        let group = house.analytics.create_group(&house.scope, draft).await?;
        house.analytics.assign_accounts(&house.scope, group.id, &[toots.id]).await?;
        let label = format!("{n} {}", "Sommerkampagne".repeat(3));
        let draft = TagDraft { label, color: Some("#d97706".into()), description: None };
        house.analytics.create_tag(&house.scope, TagType::Manual, draft).await?;
        house.analytics.add_stop_word(&house.scope, "", &format!("{n}{}", "wort".repeat(10))).await?;
    }
    let draft = TagDraft { label: "W".repeat(50), ..TagDraft::default() };
    let crowded = house.analytics.create_tag(&house.scope, TagType::Auto, draft).await?;
    for n in 0..20 {
        let pattern = format!("{}{n}", "abcdefghij".repeat(19));
        let rule = RuleDraft {
            language: Some("de".into()),
            is_exclusion: n % 2 == 0,
            enabled: n % 3 > 0,
            ..RuleDraft::new(MatchKind::Regex, pattern)
        };
        house.analytics.add_tag_rule(&house.scope, crowded.id, rule).await?;
    }
    let crowded = format!("/tags/{}", crowded.id);
    look(&house, &tab, "worst", &[("groups", "/groups"), ("tag", &crowded)]).await?;
    house.end().await
}

/// Everything by keys alone: rows chosen in the list, a tag made on the spot, the number confirmed, and taken back.
#[tokio::test]
async fn many_items_are_tagged_by_keyboard_and_changed_back() -> Result<()> {
    let house = House::new().await?;
    let (toots, _) = house.connect(Platform::Mastodon, "fieldwork", "Fieldwork").await?;
    for text in ["Spring tide at the wreck", "Tide table of the week", "The bread stall sold out"] {
        house.write(text, &[toots.id], Schedule::Now).await?;
    }
    house.pass(Duration::from_secs(3600)).await;
    house.pass(Duration::from_secs(24 * 3600)).await;
    house.collect(&toots).await?;
    let tab = house.signed_in(1440).await?;
    tab.open(&format!("{}/content", house.base)).await?;
    let picked = "document.querySelector('[data-picked]').innerText";
    ensure!(tab.eval(picked).await?.as_str() == Some(""), "nothing is chosen yet");
    tab.eval("document.querySelector('[data-row]').focus()").await?;
    tab.press("x").await?;
    tab.until(&format!("{picked} === '1 chosen'")).await?;
    tab.eval("document.querySelectorAll('[data-row]')[0].focus()").await?;
    tab.press("j").await?;
    tab.press("x").await?;
    tab.until(&format!("{picked} === '2 chosen'")).await?;
    ensure!(
        tab.eval("document.querySelector('details.bulk').open").await?.as_bool() == Some(true),
        "its fields are shown"
    );
    let whole = tab.eval("document.querySelector('[data-pick-all]').indeterminate").await?;
    ensure!(whole.as_bool() == Some(true), "some of the page, not all");
    tab.eval("(() => { const b = document.querySelector('[data-pick-all]'); b.focus(); })()").await?;
    tab.press(" ").await?;
    tab.until(&format!("{picked} === '3 chosen'")).await?;
    tab.fill("input[name=label]", "Launch").await?;
    tab.eval("document.querySelector('button[name=do][value=add]').focus()").await?;
    tab.press("Enter").await?;
    tab.until("document.querySelector('h1')?.innerText === 'Put “Launch” on 3 items?'").await?;
    ensure!(tab.obstacles().await?.is_empty(), "{:?}", tab.obstacles().await?);
    picture(&tab, "tags-bulk-confirm").await?;
    tab.press("Enter").await?;
    tab.until("document.querySelector('.notice')?.innerText.includes('is on 3 items now')").await?;
    ensure!(tab.text("main").await?.contains("Launch"), "the rows bear it");
    ensure!(tab.obstacles().await?.is_empty(), "{:?}", tab.obstacles().await?);
    picture(&tab, "tags-bulk-done").await?;
    tab.eval("document.querySelector('form[aria-label=Undo] button').focus()").await?;
    tab.press("Enter").await?;
    tab.until("document.querySelector('.notice')?.innerText.includes('3 items changed back')").await?;
    ensure!(tab.eval("document.querySelector('form[aria-label=Undo]')").await?.is_null(), "once is enough");

    // As much as there is: many tags with long names, a chosen row, the fields open.
    for n in 0..30 {
        let draft = TagDraft { label: format!("{n} {}", "Sommerkampagne".repeat(3)), ..TagDraft::default() };
        house.analytics.create_tag(&house.scope, TagType::Manual, draft).await?;
    }
    look(&house, &tab, "usual", &[("content", "/content")]).await?;
    for width in [1440, 390] {
        for theme in [Theme::Light, Theme::Dark] {
            tab.show_as(width, theme).await?;
            tab.open(&format!("{}/content", house.base)).await?;
            tab.eval("document.querySelector('input[name=item]').click()").await?;
            tab.until(&format!("{picked} === '1 chosen'")).await?;
            ensure!(tab.obstacles().await?.is_empty(), "{:?}", tab.obstacles().await?);
            picture(&tab, &format!("tags-bulk-chosen-{width}-{theme:?}")).await?;
        }
    }
    house.end().await
}
