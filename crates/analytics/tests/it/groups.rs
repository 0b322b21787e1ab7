//! Groups of followed accounts.

use rookery_analytics::{GroupDraft, GroupError, GroupFault, PageGroup, Range};
use rookery_kernel::Zone;
use serde_json::json;

use crate::net::numbers;
use crate::world::{World, at, day};

fn draft(name: &str, niche: Option<&str>) -> GroupDraft {
    GroupDraft { name: name.to_owned(), niche: niche.map(ToOwned::to_owned), description: None }
}

async fn log(world: &mut World) -> Vec<(String, String, serde_json::Value)> {
    sqlx::query_as(
        "select action, resource, changes from governance.audit_logs where resource like 'analytics.page_group%' order by id",
    )
    .fetch_all(&mut world.owner)
    .await
    .expect("rows")
}

async fn marks(world: &mut World) -> i64 {
    sqlx::query_scalar("select count(*) from analytics.rollup_marks where kind = 'group'")
        .fetch_one(&mut world.owner)
        .await
        .expect("a number")
}

#[tokio::test]
async fn a_group_is_made_filled_renamed_and_deleted() {
    let mut world = World::new().await;
    let scope = world.scope();
    let ann = world.account("ann").await;
    let bob = world.account("bob").await;
    let group = world.analytics.create_group(&scope, draft(" Food ", Some("cooking"))).await.expect("made");
    assert_eq!((group.name.as_str(), group.niche.as_deref(), group.accounts.len()), ("Food", Some("cooking"), 0));

    let again = world.analytics.create_group(&scope, draft("FOOD", None)).await;
    assert!(matches!(again, Err(GroupError::NameTaken(name)) if name == "FOOD"));
    let nameless = world.analytics.create_group(&scope, draft(" ", None)).await;
    assert!(matches!(nameless, Err(GroupError::Fault(GroupFault::NoName))));

    let filled = world.analytics.assign_accounts(&scope, group.id, &[ann, bob]).await.expect("filled");
    assert_eq!(filled.accounts, [ann, bob]);
    assert_eq!(marks(&mut world).await, 1);
    let entries = log(&mut world).await.len();
    let same = world.analytics.assign_accounts(&scope, group.id, &[bob, ann, ann]).await.expect("nothing to do");
    assert_eq!(same.accounts, [ann, bob]);
    assert_eq!((log(&mut world).await.len(), marks(&mut world).await), (entries, 1), "nothing was written");
    let left = world.analytics.remove_account(&scope, group.id, ann).await.expect("taken out");
    assert_eq!(left.accounts, [bob]);
    world.analytics.remove_account(&scope, group.id, ann).await.expect("is not there any more");

    world.analytics.create_group(&scope, draft("Travel", Some("travel"))).await.expect("made");
    assert_eq!(world.analytics.niches(&scope).await.expect("read"), ["cooking", "travel"]);
    let taken = world.analytics.change_group(&scope, group.id, draft("travel", None)).await;
    assert!(matches!(taken, Err(GroupError::NameTaken(_))));
    let renamed = world.analytics.change_group(&scope, group.id, draft("Food & drink", None)).await.expect("renamed");
    assert_eq!((renamed.name.as_str(), renamed.niche, renamed.accounts), ("Food & drink", None, vec![bob]));

    world.analytics.delete_group(&scope, group.id).await.expect("deleted");
    assert!(matches!(world.analytics.group(&scope, group.id).await, Err(GroupError::NotFound)));
    let members: i64 = sqlx::query_scalar("select count(*) from analytics.page_group_members")
        .fetch_one(&mut world.owner)
        .await
        .expect("a number");
    assert_eq!(members, 0);
    assert_eq!(world.analytics.niches(&scope).await.expect("read"), ["travel"]);
    world.analytics.create_group(&scope, draft("food & drink", None)).await.expect("the name is free");
    assert_eq!(world.analytics.tracked(&scope).await.expect("read").iter().filter(|t| t.enabled).count(), 2);

    let log = log(&mut world).await;
    let told: Vec<_> = log.iter().map(|(action, resource, _)| format!("{action} {resource}")).collect();
    let (groups, members) = ("analytics.page_groups", "analytics.page_group_members");
    assert_eq!(
        told,
        [
            format!("insert {groups}"),
            format!("insert {members}"),
            format!("delete {members}"),
            format!("insert {groups}"),
            format!("update {groups}"),
            format!("delete {groups}"),
            format!("insert {groups}"),
        ]
    );
    assert_eq!(log[4].2, json!({"name": ["Food", "Food & drink"], "niche": ["cooking", null]}));
}

#[tokio::test]
async fn a_group_of_another_organization_is_not_there() {
    let world = World::new().await;
    let scope = world.scope();
    let group = world.analytics.create_group(&scope, draft("Food", Some("cooking"))).await.expect("made");
    let ann = world.account("ann").await;
    let loose = world.connect(&scope, "loose").await;
    let other = world.db.organization().await;
    let theirs = world.connect(&other.scope, "theirs").await;
    world.analytics.track(&other.scope, &[theirs]).await.expect("tracked");

    let analytics = &world.analytics;
    let gone =
        |result: Result<PageGroup, GroupError>| assert!(matches!(result, Err(GroupError::NotFound)), "{result:?}");
    gone(analytics.group(&other.scope, group.id).await);
    gone(analytics.change_group(&other.scope, group.id, draft("Ours", None)).await);
    gone(analytics.assign_accounts(&other.scope, group.id, &[theirs]).await);
    assert!(matches!(analytics.delete_group(&other.scope, group.id).await, Err(GroupError::NotFound)));
    assert!(analytics.groups(&other.scope).await.expect("read").is_empty());
    assert!(analytics.niches(&other.scope).await.expect("read").is_empty());

    // Neither a foreign account nor one that is not followed gets in, and nothing of the list does.
    for stranger in [theirs, loose] {
        let refused = analytics.assign_accounts(&scope, group.id, &[ann, stranger]).await;
        assert!(matches!(refused, Err(GroupError::AccountNotFound(ids)) if ids == [stranger]));
    }
    assert!(analytics.group(&scope, group.id).await.expect("there").accounts.is_empty());
}

#[tokio::test]
async fn groups_are_compared_by_their_daily_sums() {
    let mut world = World::new().await;
    let scope = world.scope();
    let ann = world.account("ann").await;
    let food = world.analytics.create_group(&scope, draft("Food", None)).await.expect("made");
    let empty = world.analytics.create_group(&scope, draft("Nothing yet", None)).await.expect("made");
    world.analytics.assign_accounts(&scope, food.id, &[ann]).await.expect("filled");
    for (id, when) in [("p1", "2026-03-08T10:00:00Z"), ("p2", "2026-03-09T23:30:00Z"), ("p3", "2026-01-01T10:00:00Z")] {
        world.net.post("ann", id, at(when), numbers(10, 1, 0, 0));
    }
    world.ingest(ann, "2026-03-09").await;
    let range = Range::last(30, day("2026-03-09")).expect("a range");
    let utc = Zone::utc();
    // Sums as the job leaves them: reach and the like of two days, one of them before the range.
    sqlx::query(
        "insert into analytics.daily_rollups (organization_id, scope_type, scope_id, date, reach, reach_items, engagement,
             engagement_items, rated_engagement, rated_by_reach, rated_by_views)
         values ($1, 'group', $2, '2026-03-08', 100, 1, 7, 2, 6, 100, 20), ($1, 'group', $2, '2026-03-09', null, 0, 1, 1, 0, 0, 0),
                ($1, 'group', $2, '2026-01-01', 5000, 1, 700, 1, 700, 5000, 0)
         on conflict (organization_id, scope_id, format, date, scope_type) do update set reach = excluded.reach",
    )
    .bind(world.org.organization_id.uuid())
    .bind(food.id.uuid())
    .execute(&mut world.owner)
    .await
    .expect("rows");
    let figures = world.analytics.compare_groups(&scope, &utc, range).await.expect("compared");
    assert_eq!(figures.len(), 2);
    let (food, nothing) = (&figures[0], &figures[1]);
    assert_eq!((food.posts, food.is_computed, food.reach, food.engagement), (2, true, Some(100), Some(8)));
    assert_eq!(food.rate.value, Some(0.05), "6 of 120");
    assert_eq!(food.rate.basis.label(), "mixed");
    assert_eq!((nothing.group.id, nothing.posts, nothing.is_computed), (empty.id, 0, false));
    assert_eq!((nothing.reach, nothing.engagement, nothing.rate.value), (None, None, None));

    // Days are the organization's: the second item went out on the tenth in Berlin.
    let berlin: Zone = "Europe/Berlin".parse().expect("known");
    let figures = world.analytics.compare_groups(&scope, &berlin, range).await.expect("compared");
    assert_eq!(figures[0].posts, 1);
}
