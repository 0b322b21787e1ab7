//! Trends: the tags that rise, from the sums of tags.

use std::time::Duration;

use rookery_analytics::{DailyReading, FormatChoice, InsightFilter, MetricBasis, Numbers, TrendQuestion, TrendWindow};
use rookery_kernel::AccountId;
use uuid::Uuid;

use crate::world::{World, day};

impl World {
    pub async fn tag(&mut self, id: u128, key: &str) -> Uuid {
        let id = Uuid::from_u128(id);
        sqlx::query("insert into analytics.tags (organization_id, id, key, type) values ($1, $2, $3, 'manual')")
            .bind(self.org.organization_id.uuid())
            .bind(id)
            .bind(key)
            .execute(&mut self.owner)
            .await
            .expect("a tag");
        id
    }

    /// A page group with these accounts.
    pub async fn group(&mut self, id: u128, name: &str, accounts: &[AccountId]) -> Uuid {
        let id = Uuid::from_u128(id);
        sqlx::query("insert into analytics.page_groups (organization_id, id, name) values ($1, $2, $3)")
            .bind(self.org.organization_id.uuid())
            .bind(id)
            .bind(name)
            .execute(&mut self.owner)
            .await
            .expect("a group");
        sqlx::query(
            "insert into analytics.page_group_members (organization_id, group_id, tracked_integration_id)
             select organization_id, $1, id from analytics.tracked_integrations where integration_id = any($2)",
        )
        .bind(id)
        .bind(accounts.iter().map(|account| account.uuid()).collect::<Vec<_>>())
        .execute(&mut self.owner)
        .await
        .expect("members");
        id
    }

    /// Everything is to be summed anew.
    pub async fn mark_all(&mut self) {
        sqlx::query("insert into analytics.rollup_marks (organization_id, kind) values ($1, 'all')")
            .bind(self.org.organization_id.uuid())
            .execute(&mut self.owner)
            .await
            .expect("marked");
    }

    /// A tagged post of a day, with reactions on that day.
    async fn tagged(&mut self, account: AccountId, tag: Uuid, n: u128, date: &str, reactions: Option<i64>) -> Uuid {
        let id = Uuid::from_u128(n);
        let organization = self.org.organization_id.uuid();
        sqlx::query(
            "insert into analytics.content (organization_id, id, integration_id, external_content_id, platform, format,
                                            published_at, caption)
             values ($1, $2, $3, $2::text, 'mastodon', 'text', $4, 'About it')",
        )
        .bind(organization)
        .bind(id)
        .bind(account.uuid())
        .bind(day(date).start_utc() + Duration::from_secs(9 * 3600))
        .execute(&mut self.owner)
        .await
        .expect("content");
        sqlx::query(
            "insert into analytics.content_tags (organization_id, content_id, tag_id, tag_type, source)
             values ($1, $2, $3, 'manual', 'user')",
        )
        .bind(organization)
        .bind(id)
        .bind(tag)
        .execute(&mut self.owner)
        .await
        .expect("tagged");
        if let Some(reactions) = reactions {
            let reading = DailyReading {
                account,
                external_content_id: id.to_string(),
                date: day(date),
                basis: MetricBasis::Lifetime,
                numbers: Numbers { reactions: Some(reactions), ..Numbers::default() },
            };
            self.analytics.store_readings(&self.scope(), "test", vec![reading]).await.expect("stored");
        }
        id
    }
}

#[tokio::test]
async fn tags_that_rise_are_listed_with_their_reason_and_best_posts() {
    let mut world = World::new().await;
    let account = world.account("a").await;
    let (figs, dates, plums) = (world.tag(1, "figs").await, world.tag(2, "dates").await, world.tag(3, "plums").await);
    // Figs: 2 posts of 10 before, 4 of 20 now. Dates: new, three posts. Plums: they fall.
    for (n, date) in ["2026-03-05", "2026-03-06"].into_iter().enumerate() {
        world.tagged(account, figs, 100 + n as u128, date, Some(10)).await;
    }
    let mut best = Vec::new();
    for (n, reactions) in [17, 25, 18, 20].into_iter().enumerate() {
        best.push((reactions, world.tagged(account, figs, 200 + n as u128, "2026-03-08", Some(reactions)).await));
    }
    for n in 0..3 {
        world.tagged(account, dates, 300 + n, "2026-03-09", Some(4)).await;
    }
    for n in 0..4 {
        world.tagged(account, plums, 400 + n, "2026-03-05", Some(50)).await;
        if n < 3 {
            world.tagged(account, plums, 500 + n, "2026-03-09", Some(5)).await;
        }
    }
    world.mark_all().await;
    world.roll_up().await;
    let found =
        world.analytics.trends(&world.scope(), TrendQuestion::new(TrendWindow::Hours72, 10)).await.expect("trends");
    assert_eq!(found.as_of, Some(day("2026-03-09")));
    let listed: Vec<_> =
        found.trends.iter().map(|t| (t.name.as_str(), t.speed.score.round().to_string(), t.speed.is_new)).collect();
    // 100 % more posts and 100 % more engagement each; and from nothing to something twice.
    assert_eq!(listed, [("figs", "100".to_owned(), false), ("dates", "100".to_owned(), true)]);
    best.sort_by(|a, b| b.cmp(a));
    let top: Vec<Uuid> = found.trends[0].top_posts.iter().map(|post| post.id.uuid()).collect();
    assert_eq!(top, best[..3].iter().map(|(_, id)| *id).collect::<Vec<_>>());
    assert!(found.trends[0].reason.starts_with("4 posts about figs in 3 days, 2 in as many days before (+100%)"));
    assert!(!found.is_complete, "days were not reported");

    let one =
        world.analytics.trends(&world.scope(), TrendQuestion::new(TrendWindow::Hours24, 1)).await.expect("trends");
    assert_eq!(one.trends.len(), 1, "as many as asked for");
    let stranger = world.db.organization().await.scope;
    let none = world.analytics.trends(&stranger, TrendQuestion::new(TrendWindow::Hours72, 10)).await.expect("trends");
    assert_eq!((none.as_of, none.trends.len()), (None, 0));

    // A group that has every account, and the only format, count the same from the content itself.
    let other = world.account("b").await;
    let (everybody, nobody) = (world.group(11, "all", &[account, other]).await, world.group(12, "b", &[other]).await);
    world.mark_all().await;
    world.roll_up().await;
    let asked = TrendQuestion::new(TrendWindow::Hours72, 10);
    let ask = async |filter| world.analytics.trends(&world.scope(), TrendQuestion { filter, ..asked }).await;
    let all = world.analytics.trends(&world.scope(), asked).await.expect("trends");
    assert_eq!(all.trends, found.trends);
    let of_group = InsightFilter { group: Some(everybody), format: None };
    let texts = InsightFilter { group: None, format: Some(FormatChoice::Text) };
    for filter in [of_group, texts] {
        assert_eq!(ask(filter).await.expect("trends").trends, all.trends, "{filter:?}");
    }
    let reels = InsightFilter { group: None, format: Some(FormatChoice::Reel) };
    for filter in [InsightFilter { group: Some(nobody), format: None }, reels] {
        assert_eq!(ask(filter).await.expect("trends").trends, [], "{filter:?}");
    }
    // As it was the day before.
    let earlier = TrendQuestion { up_to: Some(day("2026-03-08")), ..asked };
    let earlier = world.analytics.trends(&world.scope(), earlier).await.expect("trends");
    assert_eq!((earlier.as_of, earlier.trends.len()), (Some(day("2026-03-08")), 1));
}
