//! Listings and numbers.

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use rookery_platforms::{Ability, ContentItem, ContentMetrics, Published};
use rookery_sandbox::{Effect, Endpoint, FaultRule};

use super::Verdict;
use crate::house::{House, at};
use crate::networks::Line;

/// Before every post of the invented past.
const LONG_AGO: &str = "2025-01-01T00:00:00Z";

impl House {
    pub fn today(&self) -> rookery_kernel::Date {
        use rookery_kernel::Clock as _;
        self.clock.now().date_utc()
    }

    /// Ids of everything that a listing must bring.
    fn posts(&self) -> BTreeSet<String> {
        let all = self.control.posts(self.id());
        all.into_iter().filter(|p| p.deleted.is_none() && p.reply_to.is_none()).map(|p| p.external_id).collect()
    }

    /// All pages by hand: items, and how many pages there were.
    async fn walk(&self) -> (Vec<ContentItem>, usize) {
        let (mut items, mut cursor, mut seen) = (Vec::new(), None, HashSet::new());
        for pages in 1..200 {
            let page = self.connector.list_content(&self.access, at(LONG_AGO), cursor, None).await.expect("a page");
            items.extend(page.items);
            let Some(next) = page.next else { return (items, pages) };
            assert!(seen.insert(next.clone()), "the listing runs in a circle");
            cursor = Some(next);
        }
        panic!("the listing never ends");
    }

    /// Walks all pages, from which nothing is missing; gives the calls that it took.
    async fn listing_calls(&self) -> u32 {
        self.control.clear_calls();
        let (items, _) = self.walk().await;
        assert_eq!(ids(&items), self.posts(), "nothing is lost, nothing invented");
        let calls = self.control.calls().into_iter().filter(|c| c.endpoint == Endpoint::List).count();
        u32::try_from(calls).expect("few")
    }

    /// The call of a walk with this number, counted from 0, is hit.
    fn fault_on_page(&self, page: u32, effect: Effect) {
        self.control.clear_faults();
        let rule = FaultRule::new(effect).on(self.platform()).endpoint(Endpoint::List);
        self.control.add_fault(rule.skip(page).once());
    }
}

fn ids(items: &[ContentItem]) -> BTreeSet<String> {
    items.iter().map(|i| i.external_id.clone()).collect()
}

/// The first, the second and the last of so many calls: a listing may begin with an edge of its own.
fn some_of(calls: u32) -> BTreeSet<u32> {
    [0, 1, calls - 1].into_iter().filter(|call| *call < calls).collect()
}

async fn with_a_past(line: &'static Line) -> House {
    let house = House::new(line).await;
    let made = house.control.seed_history(house.id(), 160, 14, &[]).expect("a past");
    assert!(made > 200, "only {made} posts");
    if line.lists_stories {
        house.send(&house.draft(Ability::Story, "")).await.expect("it goes out");
    }
    house
}

pub async fn listing(line: &'static Line) -> Verdict {
    let house = with_a_past(line).await;
    let (items, pages) = house.walk().await;
    assert!(pages > 1, "one page");
    assert_eq!(ids(&items), house.posts());
    assert_eq!(items.len(), house.posts().len(), "an item comes twice");
    let is_ordered = items.windows(2).all(|pair| pair[0].published_at >= pair[1].published_at);
    assert!(is_ordered, "newest first");
    let since = items[items.len() / 2].published_at;
    let newer = house.connector.all_content(&house.access, since, 200).await.expect("a listing");
    assert!(newer.len() < items.len() && newer.iter().all(|i| i.published_at >= since), "{} items", newer.len());
    Verdict::Passed
}

pub async fn empty_page(line: &'static Line) -> Verdict {
    let house = with_a_past(line).await;
    let usual = house.listing_calls().await;
    for page in some_of(usual) {
        house.fault_on_page(page, Effect::EmptyPage);
        let calls = house.listing_calls().await;
        assert_eq!((calls, house.hits()), (usual + 1, 1), "page {page}: the empty page is a page");
    }
    Verdict::Passed
}

pub async fn listed_twice(line: &'static Line) -> Verdict {
    let house = with_a_past(line).await;
    for page in some_of(house.listing_calls().await) {
        house.fault_on_page(page, Effect::DuplicateListing);
        house.listing_calls().await;
        assert_eq!(house.hits(), 1, "page {page}");
    }
    Verdict::Passed
}

/// Three posts, three days old.
async fn three(house: &House) -> Vec<String> {
    let mut ids = Vec::new();
    for text in ["Bread", "Coffee", "Cake"] {
        let Published { external_id, .. } = house.send(&house.plain(text)).await.expect("it goes out");
        ids.push(external_id);
        house.clock.advance(Duration::from_mins(5));
    }
    house.clock.advance(Duration::from_hours(72));
    ids
}

fn columns(row: &ContentMetrics) -> Vec<i64> {
    let all = [
        row.reach,
        row.impressions,
        row.views,
        row.reactions,
        row.comments,
        row.shares,
        row.clicks,
        row.saves,
        row.watch_time_ms,
        row.avg_watch_time_ms,
    ];
    all.into_iter().flatten().collect()
}

pub async fn of_posts(line: &'static Line) -> Verdict {
    let house = House::new(line).await;
    let ids = three(&house).await;
    let mut rows = Vec::new();
    for some in ids.chunks(house.can().metrics_batch_max) {
        let batch = house.connector.content_metrics(&house.access, some, house.today()).await.expect("a batch");
        assert!(batch.failures.is_empty(), "{:?}", batch.failures);
        rows.extend(batch.rows);
    }
    let got: Vec<&str> = rows.iter().map(|r| r.external_id.as_str()).collect();
    assert_eq!(got, ids);
    for row in &rows {
        assert!(columns(row).iter().any(|n| *n > 0), "nothing was counted: {row:?}");
        assert!(columns(row).iter().all(|n| *n >= 0), "{row:?}");
    }
    Verdict::Passed
}

pub async fn missing(line: &'static Line) -> Verdict {
    let house = House::new(line).await;
    let ids = three(&house).await;
    let (fields, column) = line.missing;
    let usual = house.connector.content_metrics(&house.access, &ids[..1], house.today()).await.expect("a batch");
    assert!(usual.rows.first().and_then(column).is_some(), "usually it is there: {usual:?}");
    let fields = fields.iter().map(|f| (*f).to_owned()).collect();
    house.fault_always(Endpoint::Any, Effect::MissingFields { fields });
    let batch = house.connector.content_metrics(&house.access, &ids[..1], house.today()).await.expect("a batch");
    let row = batch.rows.first().expect("the rest is there");
    assert_eq!(column(row), None, "not reported is not zero: {row:?}");
    assert!(columns(row).len() < columns(&usual.rows[0]).len(), "{row:?}");
    Verdict::Passed
}

pub async fn of_account(line: &'static Line) -> Verdict {
    let house = with_a_past(line).await;
    let (from, to) = (house.today().plus_days(-4), house.today());
    let days = house.connector.account_metrics(&house.access, from, to).await.expect("numbers");
    assert!(!days.is_empty(), "no day");
    assert!(days.iter().all(|d| (from..=to).contains(&d.date)), "{days:?}");
    let is_told = |d: &rookery_platforms::AccountMetrics| d.followers.or(d.posts_count).or(d.views).is_some();
    assert!(days.iter().any(is_told), "{days:?}");
    assert_eq!(days.len() > 1, house.can().past_days, "past days as declared: {} days", days.len());
    Verdict::Passed
}

pub async fn huge(line: &'static Line) -> Verdict {
    let house = House::with(line, 3_000_000_000_000, 1.0).await;
    let ids = three(&house).await;
    let batch = house.connector.content_metrics(&house.access, &ids[..1], house.today()).await.expect("a batch");
    let most = batch.rows.first().map(columns).unwrap_or_default().into_iter().max();
    assert!(most > Some(i64::from(i32::MAX)), "{batch:?}");
    let profile = house.connector.check(&house.access).await.expect("the token works");
    if let Some(followers) = profile.followers_count {
        assert!(followers > i64::from(i32::MAX), "{followers}");
    }
    Verdict::Passed
}
