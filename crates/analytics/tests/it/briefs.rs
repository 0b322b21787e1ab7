//! Briefs: the same figures as the pages', what is missing, and what they recommend.

use rookery_analytics::{
    BriefParts, ContentFormat, ContentQuery, ContentSort, DISMISS_REASON_MAX, DailyBrief, DailyReading, Filter,
    FormatChoice, InsightFilter, Measure, MetricBasis, Numbers, Range, Recommendation, RecommendationError,
    RecommendationKind, RecommendationStatus, TrendQuestion, TrendWindow,
};
use rookery_kernel::{AccountId, Limit, PostId, Zone};
use uuid::Uuid;

use crate::world::{World, at, day};

const ALL: InsightFilter = InsightFilter { group: None, format: None };

/// An item: its number, account, time, format, text and reactions.
struct Item<'a>(u128, AccountId, &'a str, ContentFormat, &'a str, i64);

impl World {
    async fn publish(&mut self, items: &[Item<'_>], reach: i64, tag: Option<Uuid>) {
        let organization = self.org.organization_id.uuid();
        let mut readings = Vec::new();
        for Item(n, account, published, format, caption, reactions) in items {
            let id = Uuid::from_u128(*n);
            let hashtags: Vec<String> =
                caption.split_whitespace().filter_map(|w| w.strip_prefix('#')).map(str::to_owned).collect();
            sqlx::query(
                "insert into analytics.content (organization_id, id, integration_id, external_content_id, platform, format,
                                                published_at, caption, hashtags)
                 values ($1, $2, $3, $2::text, 'mastodon', $4::analytics.content_format, $5, $6, $7)",
            )
            .bind(organization)
            .bind(id)
            .bind(account.uuid())
            .bind(format.label())
            .bind(at(published))
            .bind(*caption)
            .bind(hashtags)
            .execute(&mut self.owner)
            .await
            .expect("content");
            if let Some(tag) = tag {
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
            }
            readings.push(DailyReading {
                account: *account,
                external_content_id: id.to_string(),
                date: at(published).date_utc(),
                basis: MetricBasis::Lifetime,
                numbers: Numbers { reactions: Some(*reactions), reach: Some(reach), ..Numbers::default() },
            });
        }
        self.analytics.store_readings(&self.scope(), "test", readings).await.expect("stored");
    }

    /// How reading the numbers of a day went on an account.
    async fn ran(&mut self, account: AccountId, date: &str, status: &str, error: Option<&str>) {
        sqlx::query(
            "insert into analytics.ingest_runs (organization_id, integration_id, kind, date, status, error_type, created_at)
             values ($1, $2, 'metrics', $3, $4::analytics.ingest_status, $5::analytics.ingest_error_type,
                     (select coalesce(max(created_at), '2026-03-10T01:00:00Z') + interval '1 minute' from analytics.ingest_runs))",
        )
        .bind(self.org.organization_id.uuid())
        .bind(account.uuid())
        .bind(day(date))
        .bind(status)
        .bind(error)
        .execute(&mut self.owner)
        .await
        .expect("a run");
    }

    /// Four Tuesdays with good hours on one account, reels that do best, and a topic that rises on the other.
    async fn busy(&mut self) -> (AccountId, AccountId, Uuid) {
        let (a, b) = (self.account("a").await, self.account("b").await);
        let figs = self.tag(1, "figs").await;
        let text = ContentFormat::Text;
        let mut tuesdays = Vec::new();
        for (n, date) in ["2026-02-10", "2026-02-17", "2026-02-24", "2026-03-03"].into_iter().enumerate() {
            tuesdays.push((100 + 2 * n as u128, format!("{date}T09:00:00Z"), 30));
            tuesdays.push((101 + 2 * n as u128, format!("{date}T18:00:00Z"), 50));
        }
        let items: Vec<Item<'_>> =
            tuesdays.iter().map(|(n, at, reactions)| Item(*n, a, at, text, "Bread of the day", *reactions)).collect();
        self.publish(&items, 1000, None).await;
        let reel = ContentFormat::Reel;
        let hook = "Warm figs at half past nine. Come early! #figs #early";
        self.publish(
            &[
                Item(200, a, "2026-03-05T12:00:00Z", reel, hook, 90),
                Item(201, a, "2026-03-05T12:10:00Z", reel, "Dough", 80),
            ],
            1000,
            None,
        )
        .await;
        let mut rising = vec![
            Item(300, b, "2026-03-05T10:00:00Z", text, "Figs", 10),
            Item(301, b, "2026-03-06T10:00:00Z", text, "Figs", 10),
        ];
        rising.extend((302..306).map(|n| Item(n, b, "2026-03-08T10:00:00Z", text, "Figs again", 20)));
        self.publish(&rising, 400, Some(figs)).await;
        self.publish(&[Item(400, b, "2026-03-09T08:00:00Z", text, "News", 5)], 400, None).await;
        self.mark_all().await;
        self.roll_up().await;
        (a, b, figs)
    }

    async fn brief(&self, filter: InsightFilter) -> DailyBrief {
        self.analytics.daily_brief(&self.scope(), None, filter).await.expect("a brief")
    }
}

/// Without the last digits of changes: JSON gives a number back to within one of them.
fn plain(parts: &BriefParts) -> BriefParts {
    let mut parts = parts.clone();
    for figure in &mut parts.figures {
        figure.change = figure.change.map(|change| (change * 1e6).round());
    }
    parts
}

fn of(brief: &DailyBrief, kind: RecommendationKind) -> &Recommendation {
    brief.recommendations.iter().find(|one| one.kind == kind).unwrap_or_else(|| panic!("no {kind}"))
}

#[tokio::test]
async fn a_brief_says_what_the_pages_say_and_who_is_missing() {
    let mut world = World::new().await;
    let (a, b, figs) = world.busy().await;
    world.ran(a, "2026-03-09", "failed", Some("transient")).await;
    world.ran(a, "2026-03-09", "success", None).await;
    world.ran(b, "2026-03-09", "failed", Some("rate_limit")).await;
    world.ran(b, "2026-03-08", "success", None).await;
    let (scope, zone) = (world.scope(), Zone::utc());
    let brief = world.brief(ALL).await;
    let parts = &brief.parts;
    assert_eq!((brief.date, parts.day), (day("2026-03-10"), day("2026-03-09")));
    assert_eq!((parts.completeness.ok, parts.completeness.of, parts.completeness.percent()), (1, 2, 50));
    let missing = &parts.completeness.missing[0];
    assert_eq!(missing.integration_id, b);
    assert!(missing.reason(parts.day).contains("quota"), "of that day, not of the one before");

    // Every part is what its own function says.
    let week = Range::last(7, parts.day).expect("a week");
    let everything = Filter::default();
    let figures = world.analytics.figures(&scope, week, &everything, false).await.expect("figures");
    for figure in &parts.figures {
        let (_, line, coverage) = figures.lines.iter().find(|(m, ..)| *m == figure.measure).expect("the same figure");
        assert_eq!((figure.value, figure.previous, figure.change), (line.total, line.previous_total, line.change));
        assert_eq!(figure.coverage, *coverage);
    }
    let reach = parts.figures.iter().find(|f| f.measure == Measure::Reach).expect("reach");
    // Four posts of Tuesday and the reels; seven of the other account, one of them on the newest day.
    assert_eq!((reach.value, reach.previous, reach.day), (Some(6800.0), Some(2000.0), Some(400.0)));
    let asked = TrendQuestion::new(TrendWindow::Hours72, 5);
    assert_eq!(parts.trends, world.analytics.trends(&scope, asked).await.expect("trends").trends);
    assert_eq!(parts.trends.iter().map(|t| t.tag_id).collect::<Vec<_>>(), [figs]);
    let month = Range::last(28, parts.day).expect("four weeks");
    let best = world.analytics.best_time(&scope, month, &everything).await.expect("hours");
    assert_eq!(parts.hours.slots, best.slots_on(2, 3));
    assert_eq!(parts.hours.slots.iter().map(|s| s.hour).collect::<Vec<_>>(), [18, 9], "a Tuesday's, best first");
    let formats = world.analytics.format_comparison(&scope, week, &everything).await.expect("formats");
    assert_eq!(parts.formats, formats);
    let query = ContentQuery { sort: ContentSort::Engagement, limit: Limit::new(5), ..ContentQuery::new(week) };
    assert_eq!(parts.top, world.analytics.content_table(&scope, &zone, &query).await.expect("content").rows);

    // What is stored is what was said.
    let stored = world.brief(ALL).await;
    assert_eq!((stored.id, &stored.recommendations), (brief.id, &brief.recommendations));
    assert_eq!(plain(&stored.parts), plain(&brief.parts));
    let stranger = world.db.organization().await.scope;
    let empty = world.analytics.daily_brief(&stranger, None, ALL).await.expect("a brief");
    assert!(empty.parts.top.is_empty() && empty.recommendations.is_empty());
    assert_eq!((empty.parts.completeness.of, empty.parts.completeness.is_complete()), (0, false));
}

#[tokio::test]
async fn recommendations_have_numbers_and_a_draft_to_begin_with() {
    use RecommendationKind::{Format, Template, Timing, Trend};
    let mut world = World::new().await;
    let (a, b, figs) = world.busy().await;
    let brief = world.brief(ALL).await;
    let kinds: Vec<_> = brief.recommendations.iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [Trend, Format, Timing, Template]);
    assert!(brief.recommendations.iter().all(|one| {
        one.status == RecommendationStatus::Open && !one.reason.is_empty() && !one.evidence.numbers.is_empty()
    }));
    let trend = of(&brief, Trend);
    assert_eq!(
        (trend.evidence.tag_id, trend.evidence.numbers["mentions"].round().to_string()),
        (Some(figs), "4".into())
    );
    assert_eq!((trend.action.integration_id, trend.action.text.as_str()), (Some(b), "Figs: \n\n#figs"));
    // It is two at night: the first good hour of this Tuesday is nine.
    assert_eq!(
        (trend.action.at, of(&brief, Timing).expires_at),
        (Some(at("2026-03-10T09:00:00Z")), at("2026-03-10T09:00:00Z"))
    );
    let format = of(&brief, Format);
    assert_eq!((format.action.format, format.action.integration_id), (Some(ContentFormat::Reel), Some(a)));
    assert!(format.reason.contains("8.5%"), "{}", format.reason);
    let template = of(&brief, Template);
    assert_eq!(template.action.text, "Warm figs at half past nine.\n\n#figs #early");
    assert_eq!(template.evidence.content_ids[0].uuid(), Uuid::from_u128(200));

    // Computed anew, the same things are the same recommendations.
    let ids = |brief: &DailyBrief| brief.recommendations.iter().map(|one| one.id).collect::<Vec<_>>();
    let again = world.analytics.compute_brief(&world.scope(), None, ALL).await.expect("a brief");
    assert_eq!((again.id, ids(&again)), (brief.id, ids(&brief)));
    // Later the hour is another one; the first has expired by itself.
    world.clock.set(at("2026-03-10T10:00:00Z"));
    let later = world.brief(ALL).await;
    let hours: Vec<_> = later
        .recommendations
        .iter()
        .filter(|one| one.kind == Timing)
        .map(|one| (one.title.as_str(), one.status))
        .collect();
    assert_eq!(
        hours,
        [("Post at 09:00 today", RecommendationStatus::Expired), ("Post at 18:00 today", RecommendationStatus::Open)]
    );
    // A topic whose tag is gone is no longer recommended.
    sqlx::query("update analytics.tags set deleted_at = now() where id = $1")
        .bind(figs)
        .execute(&mut world.owner)
        .await
        .expect("deleted");
    let without = world.analytics.compute_brief(&world.scope(), None, ALL).await.expect("a brief");
    assert_eq!(of(&without, Trend).status, RecommendationStatus::Expired);
    assert_eq!(of(&without, Format).status, RecommendationStatus::Open);
    let open = Some(RecommendationStatus::Open);
    let listed = world.analytics.recommendations(&world.scope(), None, ALL, open).await.expect("recommendations");
    assert_eq!(listed.iter().map(|one| one.kind).collect::<Vec<_>>(), [Format, Timing, Template]);
    // The next morning all of them are past.
    world.clock.set(at("2026-03-11T02:00:00Z"));
    let past = world.analytics.daily_brief(&world.scope(), Some(day("2026-03-10")), ALL).await.expect("a brief");
    assert!(past.recommendations.iter().all(|one| one.status == RecommendationStatus::Expired));
}

#[tokio::test]
async fn recommendations_are_dismissed_restored_and_accepted_once() {
    let mut world = World::new().await;
    world.busy().await;
    let brief = world.brief(ALL).await;
    let (scope, analytics) = (world.scope(), world.analytics.clone());
    let (one, other) = (brief.recommendations[0].id, brief.recommendations[1].id);
    let long = "x".repeat(DISMISS_REASON_MAX + 1);
    let result = analytics.dismiss_recommendation(&scope, one, Some(&long)).await;
    assert!(matches!(result, Err(RecommendationError::ReasonTooLong(201))), "{result:?}");
    let gone = analytics.dismiss_recommendation(&scope, one, Some(" Not our topic ")).await.expect("dismissed");
    assert_eq!((gone.status, gone.dismiss_reason.as_deref()), (RecommendationStatus::Dismissed, Some("Not our topic")));
    assert_eq!((gone.acted_at, gone.acted_by), (Some(at("2026-03-10T02:00:00Z")), scope.actor.user_id()));
    let again = analytics.dismiss_recommendation(&scope, one, None).await.expect("as it is");
    assert_eq!(again, gone);
    // A brief that is computed anew does not bring it back.
    let anew = analytics.compute_brief(&scope, None, ALL).await.expect("a brief");
    assert_eq!(anew.recommendations[0], gone);
    let back = analytics.restore_recommendation(&scope, one).await.expect("restored");
    assert_eq!((back.status, back.dismiss_reason, back.acted_at), (RecommendationStatus::Open, None, None));

    let mut tx = world.db.db.org(&scope).await.expect("begun");
    let claimed = analytics.claim_recommendation(&mut tx, one).await.expect("open");
    let post = PostId::from_uuid(Uuid::from_u128(0x9057));
    let accepted = analytics.accept_recommendation(&mut tx, &claimed, post).await.expect("accepted");
    assert_eq!(
        (accepted.status, accepted.post_id, accepted.result),
        (RecommendationStatus::Accepted, Some(post), None)
    );
    tx.commit().await.expect("committed");
    let mut tx = world.db.db.org(&scope).await.expect("begun");
    assert_eq!(analytics.claim_recommendation(&mut tx, one).await.expect("accepted").post_id, Some(post));
    drop(tx);
    let result = analytics.dismiss_recommendation(&scope, one, None).await;
    assert!(matches!(result, Err(RecommendationError::Accepted)), "{result:?}");
    let result = analytics.restore_recommendation(&scope, one).await;
    assert!(matches!(result, Err(RecommendationError::Accepted)), "{result:?}");

    // What is taken back leaves nothing behind.
    let mut tx = world.db.db.org(&scope).await.expect("begun");
    let claimed = analytics.claim_recommendation(&mut tx, other).await.expect("open");
    analytics.accept_recommendation(&mut tx, &claimed, post).await.expect("accepted");
    drop(tx);
    assert_eq!(world.brief(ALL).await.recommendations[1].status, RecommendationStatus::Open);

    // In another organization there is no such thing, and tomorrow there is nothing to accept.
    let stranger = world.db.organization().await.scope;
    let result = analytics.dismiss_recommendation(&stranger, other, None).await;
    assert!(matches!(result, Err(RecommendationError::NotFound)), "{result:?}");
    world.clock.set(at("2026-03-11T02:00:00Z"));
    let mut tx = world.db.db.org(&scope).await.expect("begun");
    let result = analytics.claim_recommendation(&mut tx, other).await;
    assert!(matches!(result, Err(RecommendationError::Expired)), "{result:?}");
    drop(tx);
    let audited: Vec<String> = sqlx::query_scalar(
        "select changes ->> 'status' from governance.audit_logs where resource = 'analytics.recommendations' order by id",
    )
    .fetch_all(&mut world.owner)
    .await
    .expect("rows");
    let steps = ["[\"open\", \"dismissed\"]", "[\"dismissed\", \"open\"]", "[\"open\", \"accepted\"]"];
    assert_eq!(audited, steps, "the one that was taken back has no entry");
}

#[tokio::test]
async fn the_draft_of_a_recommendation_tells_its_later_result() {
    let mut world = World::new().await;
    let (a, ..) = world.busy().await;
    let brief = world.brief(ALL).await;
    let id = brief.recommendations[0].id;
    let post = Uuid::from_u128(0x9057);
    let organization = world.org.organization_id.uuid();
    sqlx::query("insert into publishing.posts (organization_id, id, content) values ($1, $2, 'Figs')")
        .bind(organization)
        .bind(post)
        .execute(&mut world.owner)
        .await
        .expect("a post");
    let mut tx = world.db.db.org(&world.scope()).await.expect("begun");
    let claimed = world.analytics.claim_recommendation(&mut tx, id).await.expect("open");
    let kept =
        world.analytics.accept_recommendation(&mut tx, &claimed, PostId::from_uuid(post)).await.expect("accepted");
    assert_eq!(kept.result, None);
    tx.commit().await.expect("committed");
    world.clock.set(at("2026-03-12T02:00:00Z"));
    world.publish(&[Item(900, a, "2026-03-11T09:00:00Z", ContentFormat::Text, "Figs", 70)], 900, None).await;
    sqlx::query("update analytics.content set post_id = $1 where id = $2")
        .bind(post)
        .bind(Uuid::from_u128(900))
        .execute(&mut world.owner)
        .await
        .expect("ours");
    world.mark_all().await;
    world.roll_up().await;
    let later = world.analytics.daily_brief(&world.scope(), Some(brief.date), ALL).await.expect("a brief");
    let result = later.recommendations[0].result.expect("it was seen");
    assert_eq!((result.items, result.reach, result.engagement), (1, Some(900), Some(70)));
}

#[tokio::test]
async fn briefs_of_groups_and_formats_stand_beside_each_other() {
    let mut world = World::new().await;
    let (a, b, _) = world.busy().await;
    let (first, second) = (world.group(11, "first", &[a]).await, world.group(12, "second", &[b]).await);
    world.mark_all().await;
    world.roll_up().await;
    let group = |group| InsightFilter { group: Some(group), format: None };
    let of_a = world.brief(group(first)).await;
    assert!(of_a.parts.trends.is_empty(), "figs are the other group's");
    assert_eq!(of_a.parts.completeness.of, 1);
    assert_eq!(of_a.parts.top.len(), 4);
    let of_b = world.brief(group(second)).await;
    assert_eq!(of_b.parts.trends.len(), 1);
    assert!(of_b.parts.hours.slots.is_empty() && !of_b.parts.hours.is_enough && of_b.parts.hours.items == 7);
    assert!(of_b.recommendations.iter().all(|one| one.kind != RecommendationKind::Timing));
    let reels = world.brief(InsightFilter { group: None, format: Some(FormatChoice::Reel) }).await;
    assert_eq!(reels.parts.top.len(), 2);
    assert!(reels.parts.figures.iter().all(|f| f.measure != Measure::Followers), "followers belong to accounts");
    assert!(reels.recommendations.iter().all(|one| one.kind != RecommendationKind::Format), "with what to compare?");
    let rows: i64 = world.value("select count(*) from analytics.daily_briefs where $1::uuid is not null", a).await;
    assert_eq!(rows, 3);
    let nobody = world.analytics.daily_brief(&world.scope(), None, group(Uuid::from_u128(77))).await;
    assert!(nobody.is_err_and(|error| error.to_string().contains("no such page group")));
}

#[tokio::test]
async fn earlier_briefs_stay_and_later_ones_are_refused() {
    let mut world = World::new().await;
    let (a, ..) = world.busy().await;
    let today = world.brief(ALL).await;
    world.clock.set(at("2026-03-11T02:00:00Z"));
    world.publish(&[Item(500, a, "2026-03-09T09:00:00Z", ContentFormat::Reel, "Late", 900)], 5000, None).await;
    world.mark_all().await;
    world.roll_up().await;
    let read = world.analytics.daily_brief(&world.scope(), Some(today.date), ALL).await.expect("a brief");
    assert_eq!(plain(&read.parts), plain(&today.parts), "as it was read on that morning");
    let next = world.brief(ALL).await;
    assert_eq!(next.parts.top[0].content.id.uuid(), Uuid::from_u128(500));
    // A day that nobody made a brief on is computed now; it recommends nothing for a day that is past.
    let earlier = world.analytics.daily_brief(&world.scope(), Some(day("2026-03-07")), ALL).await.expect("a brief");
    assert_eq!((earlier.parts.day, earlier.recommendations.len()), (day("2026-03-06"), 0));
    assert_eq!(earlier.generated_at, at("2026-03-11T02:00:00Z"));
    let future = world.analytics.daily_brief(&world.scope(), Some(day("2026-03-12")), ALL).await;
    assert!(future.is_err_and(|error| error.to_string().contains("2026-03-12")));
    // At half past eleven in the evening it is tomorrow in Berlin.
    world.set_zone("Europe/Berlin").await;
    world.clock.set(at("2026-03-11T23:30:00Z"));
    assert_eq!(world.brief(ALL).await.date, day("2026-03-12"));
}

#[tokio::test]
async fn the_job_makes_the_brief_after_the_sums() {
    let mut world = World::new().await;
    let (a, b, _) = world.busy().await;
    let group = world.group(11, "second", &[b]).await;
    let scope = world.scope();
    // Somebody looked at a group; what everybody reads is not made yet.
    world.brief(InsightFilter { group: Some(group), format: None }).await;
    world.publish(&[Item(600, a, "2026-03-09T10:00:00Z", ContentFormat::Reel, "Night", 700)], 5000, None).await;
    world.analytics.plan_roll_up(&scope).await.expect("planned");
    world.clock.advance(std::time::Duration::from_secs(120));
    world.worker().run_until_idle().await;
    let made: Vec<(Option<Uuid>, i64)> = sqlx::query_as(
        "select group_id, (payload -> 'top' -> 0 -> 'content' -> 'numbers' ->> 'reactions')::bigint
         from analytics.daily_briefs where organization_id = $1 order by group_id nulls first",
    )
    .bind(scope.organization_id.uuid())
    .fetch_all(&mut world.owner)
    .await
    .expect("rows");
    assert_eq!(made, [(None, 700), (Some(group), 20)], "and the group's anew");
    let stored = world.analytics.recommendations(&scope, None, ALL, None).await.expect("recommendations");
    assert_eq!(stored.len(), 4);
}
