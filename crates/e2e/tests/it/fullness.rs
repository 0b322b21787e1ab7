//! A house with something on every page: as a team has it after some weeks, or as full and awkward as it gets.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rookery_accounts::Account;
use rookery_analytics::{GroupDraft, IngestTrigger, InsightFilter, Range};
use rookery_e2e::Tab;
use rookery_kernel::{AccountId, Clock as _, Platform, PostId};
use rookery_publishing::{Composition, End, NewPost, NewReviewLink, Rhythm, Rule, Schedule, SlotChange, WeeklyTime};
use rookery_sandbox::{Effect, Endpoint, FaultRule};
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use crate::bulk::send_file;
use crate::house::House;
use crate::insights::{alerts, let_rise};
use crate::numbers::{Furniture, PLAIN, Style, furnish_as};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// How full a house is, and what things are called there.
#[derive(Clone, Copy)]
pub struct Fullness {
    style: Style,
    accounts: usize,
    /// Tags, groups, files, notes, posts of a kind, and failures of a run.
    tags: usize,
    groups: usize,
    files: usize,
    notes: i64,
    posts: u32,
    failures: i32,
    alerts: i32,
}

/// After some weeks.
pub const USUAL: Fullness =
    Fullness { style: PLAIN, accounts: 6, tags: 8, groups: 2, files: 5, notes: 2, posts: 2, failures: 3, alerts: 2 };

/// Names of two hundred letters without a blank, in both directions, of pictures; the largest numbers that are kept.
pub const WORST: Fullness = Fullness {
    style: Style {
        account: awkward,
        caption: |day| awkward(usize::try_from(day).unwrap_or_default()).repeat(2),
        factor: 100_000_000_000,
    },
    accounts: 60,
    tags: 300,
    groups: 12,
    files: 30,
    notes: 12,
    posts: 12,
    failures: 80,
    alerts: 30,
};

/// A name that no page is made for.
fn awkward(n: usize) -> String {
    let text = match n % 5 {
        0 => "Küstenbeobachtungsgemeinschaftsnachrichtenblatt".repeat(5),
        1 => "يوميات البحر والميناء القديم والمد والجزر عند الحطام ".repeat(4),
        2 => "🌊🦀👩‍👩‍👧‍👦🏴‍☠️⚓️".repeat(9),
        3 => "Verein zur Förderung der Küstenbeobachtung <script>alert(1)</script> & \"Nebelkunde\" e. V. ".repeat(3),
        _ => "W".repeat(250),
    };
    let number = n.to_string();
    let room = 200 - number.len();
    format!("{}{number}", text.chars().take(room).collect::<String>())
}

fn cut(text: &str, room: usize) -> String {
    text.chars().take(room).collect()
}

/// A page: what its picture is called, and its address.
pub type Place = (String, String);

fn place(name: &str, path: impl Into<String>) -> Place {
    (name.to_owned(), path.into())
}

/// What was made, as pages of members and of strangers.
pub struct Fullhouse {
    pub pages: Vec<Place>,
    /// Pages for people without an account.
    pub shared: Vec<Place>,
}

/// Fills the house. Days pass; nobody is signed in afterwards.
pub async fn fill(house: &House, fullness: Fullness) -> Result<Fullhouse> {
    // Publishing takes days; the numbers are those of the days before it ended.
    let (mut pages, shared) = publish(house, fullness).await?;
    let furniture = furnish_as(house, fullness.accounts, fullness.style).await?;
    let is_worst = fullness.accounts > USUAL.accounts;
    let name = fullness.style.account;
    let label = if is_worst { cut(&name(0), 70) } else { "warm bread".to_owned() };
    let_rise(house, &label, fullness.accounts).await?;
    alerts(house, furniture.accounts[0], &format!("Reach of {} fell by 60%", name(0)), fullness.alerts).await?;
    tag_much(house, &furniture, fullness).await?;
    for n in 0..fullness.groups {
        let draft = GroupDraft {
            name: cut(&format!("{n} {}", name(n)), 120),
            niche: Some(cut(&name(n), 80)),
            description: is_worst.then(|| name(n)),
        };
        let group = house.analytics.create_group(&house.scope, draft).await?;
        house.analytics.assign_accounts(&house.scope, group.id, &furniture.accounts).await?;
    }
    for n in 0..fullness.notes {
        let day = house.clock.now().date_utc().plus_days(-1 - n / 2);
        house.analytics.annotate(&house.scope, day, &cut(&name(usize::try_from(n)?), 200)).await?;
    }
    let mut files = Vec::new();
    for n in 0..fullness.files {
        files.push(house.asset(&format!("{n}-{}.png", cut(&name(n), 180))).await?);
    }
    pages.push(place("content-one", format!("/content/{}", furniture.newest)));
    pages.push(place("content-clicks", format!("/content/{}?metric=clicks", furniture.newest)));
    pages.push(place("tag", format!("/tags/{}", Uuid::from_u128(0x7a6))));
    pages.push(place(
        "performance-narrowed",
        format!("/performance?groupId={}&weekday=4&split=format", furniture.group),
    ));
    if let Some(file) = files.first() {
        pages.push(place("media-one", format!("/media?file={file}")));
    }
    house.analytics.rebuild_rollups(&house.scope, |_, _| {}).await?;
    // The one of the morning is not an hour old and knows none of this.
    house.analytics.compute_brief(&house.scope, None, InsightFilter::default()).await?;
    if is_worst {
        spoil(house, &name(0)).await?;
    }
    Ok(Fullhouse { pages, shared })
}

/// Many tags: all of them on the newest content, some on the rest.
async fn tag_much(house: &House, furniture: &Furniture, fullness: Fullness) -> Result<()> {
    let organization = house.scope.organization_id.uuid();
    let names = (0..fullness.tags).map(|n| cut(&format!("t{n} {}", (fullness.style.account)(n)), 80));
    let names: Vec<String> = names.collect();
    let mut owner = house.owner().await;
    sqlx::query(
        "insert into analytics.tags (organization_id, id, key, label, type, color)
         select $1, gen_random_uuid(), 'key' || n, name, (case when n % 2 = 0 then 'manual' else 'auto' end)::analytics.tag_type,
                case when n % 4 = 0 then '#d97706' end
         from unnest($2::text[]) with ordinality as named (name, n)",
    )
    .bind(organization)
    .bind(&names)
    .execute(&mut owner)
    .await?;
    sqlx::query(
        "insert into analytics.content_tags (organization_id, content_id, tag_id, tag_type, source)
         select $1, c.id, t.id, t.type, (case when t.type = 'manual' then 'user' else 'keyword' end)::analytics.tag_source
         from analytics.content as c join analytics.tags as t on t.organization_id = c.organization_id
         where c.organization_id = $1 and t.key like 'key%' and (c.id = $2 or right(t.key, 1) = '7')
         on conflict do nothing",
    )
    .bind(organization)
    .bind(furniture.newest)
    .execute(&mut owner)
    .await?;
    Ok(())
}

/// Posts in every state on three networks, their receipts with numbers, reviews, and what collecting brought.
async fn publish(house: &House, fullness: Fullness) -> Result<(Vec<Place>, Vec<Place>)> {
    let (name, caption) = (fullness.style.account, fullness.style.caption);
    let (toots, _) = house.connect(Platform::Mastodon, "fieldwork", &name(0)).await?;
    let (page, _) = house.connect(Platform::Facebook, "tidepage", &name(1)).await?;
    house.connect(Platform::Tiktok, "tidefilms", &name(2)).await?;
    let both = [toots.id, page.id];
    let mut out = Vec::new();
    for n in 0..fullness.posts {
        out.push(house.write(&cut(&caption(100 + i64::from(n)), 300), &both, Schedule::Now).await?);
    }
    house.pass(HOUR).await;
    house.pass(HOUR).await;
    for account in both {
        house.analytics.read_publications(&house.scope, account).await?;
    }
    let refusal = serde_json::json!({"error": format!("Validation failed: {}", name(4))});
    let refusal = FaultRule::new(Effect::Status { code: 422, body: refusal }).on(Platform::Mastodon);
    let fault = house.control.add_fault(refusal.endpoint(Endpoint::Publish));
    let mut failed = Vec::new();
    for n in 0..fullness.posts {
        failed.push(house.write(&cut(&caption(200 + i64::from(n)), 300), &both, Schedule::Now).await?);
    }
    house.pass(HOUR).await;
    house.control.remove_fault(fault);
    let mut pages = vec![
        place("post", format!("/posts/{}", out[0])),
        place("receipt-out", receipt(house, out[0], toots.id).await?),
        place("post-failed", format!("/posts/{}", failed[0])),
        place("receipt-failed", receipt(house, failed[0], toots.id).await?),
    ];
    pages.push(place("run", collect(house, &toots, &page, fullness).await?));
    plan(house, &both, fullness).await?;
    let (places, shared) = review(house, &both, fullness).await?;
    pages.extend(places);
    Ok((pages, shared))
}

async fn receipt(house: &House, post: PostId, account: AccountId) -> Result<String> {
    let detail = house.publishing.get(&house.scope, post).await?;
    let one = detail.publications.iter().find(|p| p.social_account_id == account).context("a publication")?;
    Ok(format!("/publications/{}", one.id))
}

/// A run of the night with odd arrivals and failures; its page.
async fn collect(house: &House, toots: &Account, page: &Account, fullness: Fullness) -> Result<String> {
    house.pass(DAY).await;
    house.collect(page).await?;
    house.collect(toots).await?;
    house.pass(DAY).await;
    let broken = serde_json::json!({"error": (fullness.style.account)(4)});
    let broken = FaultRule::new(Effect::Status { code: 503, body: broken }).on(Platform::Facebook);
    let fault = house.control.add_fault(broken.endpoint(Endpoint::List));
    let yesterday = house.clock.now().date_utc().plus_days(-1);
    house.analytics.ingest_day(&house.scope, page.id, yesterday, IngestTrigger::Manual).await.ok();
    house.control.remove_fault(fault);
    let mut owner = house.owner().await;
    let (organization, account) = (house.scope.organization_id.uuid(), toots.id.uuid());
    let run: Uuid = sqlx::query_scalar(
        r#"update analytics.ingest_runs
           set oddities = '{"absent": {"reach": 3, "views": 3}, "text": {"likes": 1}, "impossible": {"shares": 2}, "twice": {"": 1},
                            "empty_page": {"": 1}, "other_zone": {"America/Los_Angeles": 4}, "stray_day": {"": 2}}',
               items_total = 9000, items_ok = 9000 - $3, items_failed = $3, status = 'partial'
           where organization_id = $1 and integration_id = $2 and kind = 'metrics'
           returning id"#,
    )
    .bind(organization)
    .bind(account)
    .bind(fullness.failures)
    .fetch_one(&mut owner)
    .await?;
    sqlx::query(
        "insert into analytics.ingest_errors (run_id, organization_id, integration_id, external_content_id, date, error_type,
                                              http_status, platform_code, trace_id, message, retry_at, created_at)
         select $3, $1, $2, left($4::text || n, 200), '2026-03-02',
                (array['transient', 'rate_limit', 'not_found', 'metric_unsupported', 'bad_request'])[1 + n % 5]::analytics.ingest_error_type,
                503, '100', repeat('x', 60), left($4::text || ': down for maintenance', 500),
                case when n % 2 = 0 then timestamptz '2026-03-05T03:00:00Z' end, timestamptz '2026-03-04T02:10:00Z'
         from generate_series(1, $5) as n",
    )
    .bind(organization)
    .bind(account)
    .bind(run)
    .bind((fullness.style.account)(4))
    .bind(fullness.failures)
    .execute(&mut owner)
    .await?;
    Ok(format!("/collecting/runs/{run}"))
}

/// What is to come: a full day, slots, a post that comes back, drafts.
async fn plan(house: &House, accounts: &[AccountId; 2], fullness: Fullness) -> Result<()> {
    let (caption, now) = (fullness.style.caption, house.clock.now());
    for n in 0..fullness.posts {
        let at = now + DAY + HOUR * (n / 3) + Duration::from_secs(180) * (n % 3);
        house.write(&cut(&caption(300 + i64::from(n)), 300), accounts, Schedule::At(at)).await?;
    }
    for account in accounts {
        let times = (1..=5).flat_map(|day| ["09:00", "12:15", "17:30"].map(|clock| WeeklyTime::read(day, clock)));
        let times = SlotChange::Add(times.flatten().collect());
        house.publishing.change_posting_slots(&house.scope, *account, times).await?;
    }
    let composition = Composition {
        labels: (0..fullness.groups.min(8)).map(|n| cut(&(fullness.style.account)(n), 40)).collect(),
        ..Composition::default()
    };
    let new = NewPost {
        content: cut(&caption(4), 300),
        title: Some(cut(&(fullness.style.account)(0), 250)),
        account_ids: vec![accounts[0]],
        schedule: Schedule::Draft,
        timezone: "Europe/Berlin".parse()?,
        composition,
    };
    let template = house.publishing.create_post(&house.scope, new).await?.post.id;
    let rule = Rule {
        rhythm: Rhythm::Weeks { every: 1, weekdays: [1, 4].into() },
        minute: 8 * 60,
        starts_on: now.date_utc(),
        end: End::After(12),
        cool_down_days: 0,
    };
    house.publishing.create_recurring(&house.scope, template, rule).await?;
    Ok(())
}

/// Posts that wait for a word; one of them goes to a client.
async fn review(house: &House, accounts: &[AccountId; 2], fullness: Fullness) -> Result<(Vec<Place>, Vec<Place>)> {
    house.require_review().await?;
    let at = house.clock.now() + DAY * 2;
    let mut waiting = Vec::new();
    for n in 0..fullness.posts {
        let post =
            house.write(&cut(&(fullness.style.caption)(400 + i64::from(n)), 300), accounts, Schedule::At(at)).await?;
        let note = Some((fullness.style.account)(usize::try_from(n)?));
        house.publishing.submit(&house.scope, post, note, None).await?;
        waiting.push(post);
    }
    let new = NewReviewLink { recipient: cut(&(fullness.style.account)(0), 200), days: 7 };
    let (_, token) = house.publishing.create_review_link(&house.scope, waiting[0], new).await?;
    let from = house.clock.now().date_utc().plus_days(-30);
    let range = Range { from, to: from.plus_days(29) };
    let recipient = cut(&(fullness.style.account)(2), 120);
    let (_, report) = house.analytics.create_report_link(&house.scope, None, range, &recipient, 30).await?;
    let shared = vec![
        place("review", format!("/review/{}", token.expose_secret())),
        place("report", format!("/report/{}", report.expose_secret())),
        place("sign-in", "/sign-in"),
    ];
    Ok((vec![place("post-in-review", format!("/posts/{}", waiting[0]))], shared))
}

/// What goes wrong at once: accounts that are locked, publishing stopped, an organization with a name of its own.
async fn spoil(house: &House, name: &str) -> Result<()> {
    let organization = house.scope.organization_id.uuid();
    let mut owner = house.owner().await;
    sqlx::query(
        "update accounts.social_accounts set status = 'expired', last_error_message = $2, last_error_at = '2026-03-04T02:00:00Z',
                followers_count = 1000000000000000
         where organization_id = $1 and platform = 'twitter'",
    )
    .bind(organization)
    .bind(name)
    .execute(&mut owner)
    .await?;
    sqlx::query("update identity.organizations set name = $2 where organization_id = $1")
        .bind(organization)
        .bind(name)
        .execute(&mut owner)
        .await?;
    house.publishing.pause(&house.scope).await?;
    Ok(())
}

/// Files that somebody looks at before they are imported; their pages.
pub async fn bring_files(house: &House, tab: &Tab, fullness: Fullness) -> Result<Vec<Place>> {
    let (name, caption) = (fullness.style.account, fullness.style.caption);
    let quoted = |text: String| format!("\"{}\"", text.replace('"', "\"\""));
    let mut posts = "content,accounts,scheduled_at,labels\n".to_owned();
    let mut numbers = "Content,Video title,Video publish time,Views,Watch time (hours),Impressions\n".to_owned();
    for n in 0..fullness.posts {
        let title = name(usize::try_from(n)?);
        let account = if n % 3 == 0 { cut(&title, 60) } else { "mastodon:fieldwork".to_owned() };
        writeln!(posts, "{},{},2026-03-12 09:00,tide", quoted(cut(&caption(i64::from(n)), 300)), quoted(account))?;
        let views = if n % 4 == 0 { "many".to_owned() } else { (1_234 * fullness.style.factor).to_string() };
        writeln!(numbers, "v{n},{},\"Mar 1, 2026\",{views},2,9", quoted(title))?;
    }
    let mut pages = Vec::new();
    for (label, path, file, text) in [
        ("import", "/imports", format!("{}.csv", cut(&name(0), 150)), posts),
        ("metric-import", "/imports/metrics", "Table data.csv".to_owned(), numbers),
    ] {
        tab.open(&format!("{}{path}", house.base)).await?;
        send_file(tab, &file, &text).await?;
        tab.until(&format!("location.pathname.startsWith('{path}/') && !document.querySelector('progress')")).await?;
        pages.push(place(label, tab.eval("location.pathname").await?.as_str().unwrap_or_default()));
    }
    Ok(pages)
}
