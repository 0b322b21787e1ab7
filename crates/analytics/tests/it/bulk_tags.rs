//! Tags of many items at once, and which tags menus offer.

use rookery_analytics::{
    ContentFilter, ContentQuery, ContentSelection, MENU_WORDS_MAX, MatchKind, Range, RuleDraft, TagDraft, TagError,
    TagType, Tagged,
};
use rookery_kernel::{ContentId, TagChangeId, TagId, Zone};

use crate::net::numbers;
use crate::world::{World, at, day};

async fn furnished() -> (World, Vec<ContentId>) {
    let world = World::new().await;
    let ann = world.account("ann").await;
    for n in 0..6 {
        world.net.post("ann", &format!("p{n}"), at("2026-03-09T10:00:00Z"), numbers(10 + n, 1, 0, 2));
    }
    world.ingest(ann, "2026-03-09").await;
    world.roll_up().await;
    let query = ContentQuery::new(Range::new(day("2026-03-01"), day("2026-03-09")).expect("a range"));
    let zone: Zone = "Europe/Berlin".parse().expect("a zone");
    let found = world.analytics.matching_content(&world.scope(), &zone, &query, 100).await.expect("read");
    assert_eq!(found.len(), 6);
    let some = ContentQuery { search: Some("p4".to_owned()), ..query.clone() };
    assert_eq!(world.analytics.matching_content(&world.scope(), &zone, &some, 100).await.expect("read").len(), 1);
    let count =
        async |query, most| world.analytics.count_content(&world.scope(), &zone, query, most).await.expect("read");
    assert_eq!((count(&query, 100).await, count(&query, 4).await, count(&some, 100).await), (6, 4, 1));
    (world, found)
}

#[tokio::test]
async fn many_items_are_tagged_counted_and_changed_back() {
    let (world, items) = furnished().await;
    let (analytics, scope) = (&world.analytics, world.scope());
    let tag = analytics.manual_tag(&scope, "Launch").await.expect("made").id;
    assert_eq!(
        analytics.manual_tag(&scope, "  launch ").await.expect("found").id,
        tag,
        "the same name is the same tag"
    );
    let bearing = async || analytics.count_tagged(&scope, Some(tag), &items).await.expect("counted");
    assert_eq!(bearing().await, (6, 0));

    let change = async |items: &[ContentId], is_added| {
        analytics.change_tag_of(&scope, tag, items, is_added).await.expect("changed")
    };
    let first = change(&items[..2], true).await.expect("two are new");
    assert_eq!((first.content.len(), first.is_added), (2, true));
    let all = change(&items, true).await.expect("four are new");
    assert_eq!(all.content.len(), 4, "those that bear it are not among what is undone");
    assert_eq!(change(&items, true).await, None);
    assert_eq!(analytics.undo_tag_change(&scope, all.id).await.expect("undone"), 4);
    assert_eq!(bearing().await, (6, 2));
    let again = analytics.undo_tag_change(&scope, all.id).await;
    assert!(matches!(again, Err(TagError::NoSuchChange)), "{again:?}");
    let off = change(&items, false).await.expect("two bore it");
    assert_eq!((off.content.len(), bearing().await), (2, (6, 0)));
    assert_eq!(analytics.undo_tag_change(&scope, off.id).await.expect("undone"), 2);
    assert_eq!(bearing().await, (6, 2));

    world.roll_up().await;
    let rebuilt = analytics.rebuild_rollups(&scope, |_, _| {}).await.expect("rebuilt");
    assert_eq!(rebuilt.rows, 0, "the sums followed");

    // Only the newest changes are kept.
    for n in 0..20 {
        change(&items[..1], n % 2 == 1).await.expect("it changes");
    }
    let forgotten = analytics.undo_tag_change(&scope, first.id).await;
    assert!(matches!(forgotten, Err(TagError::NoSuchChange)), "{forgotten:?}");
}

#[tokio::test]
async fn a_filter_is_tagged_and_changed_back_and_what_is_too_much_is_tagged_all_the_same() {
    let (mut world, items) = furnished().await;
    let scope = world.scope();
    let tag = world.analytics.manual_tag(&scope, "Launch").await.expect("made").id;
    let all = ContentSelection::Filter(ContentFilter::default());
    let first = ContentSelection::Ids(items[..2].to_vec());
    let tagged = async |world: &World, selection: &ContentSelection, is_added| {
        world.analytics.tag_selection(&scope, tag, selection, is_added).await.expect("tagged")
    };
    assert_eq!(tagged(&world, &first, true).await.changed, 2);
    let rest = tagged(&world, &all, true).await;
    assert_eq!((rest.changed, tagged(&world, &all, true).await), (4, Tagged { changed: 0, change: None }));
    world.analytics.undo_tag_change(&scope, rest.change.expect("kept")).await.expect("undone");
    let off = tagged(&world, &all, false).await;
    assert_eq!((off.changed, off.change.is_some()), (2, true), "those that bear it");

    // More than can be undone.
    let many = "insert into analytics.content (organization_id, integration_id, external_content_id, platform, format, published_at)
                select $1, integration_id, 'n' || n, platform, format, published_at
                from analytics.content cross join generate_series(1, 10000) n where id = $2";
    let new = sqlx::query(many).bind(scope.organization_id.uuid()).bind(items[0].uuid());
    new.execute(&mut world.owner).await.expect("content");
    let on = tagged(&world, &all, true).await;
    assert_eq!(on, Tagged { changed: 10_006, change: None });
    assert_eq!(tagged(&world, &first, false).await.changed, 2, "and a part of it is taken off as ever");
}

#[tokio::test]
async fn what_cannot_be_tagged_is_refused_whole() {
    let (world, items) = furnished().await;
    let (analytics, scope) = (&world.analytics, world.scope());
    let tag = analytics.manual_tag(&scope, "Launch").await.expect("made").id;
    let draft = TagDraft { label: "Coast".to_owned(), ..TagDraft::default() };
    let automatic = analytics.create_tag(&scope, TagType::Auto, draft).await.expect("made").id;
    let with_stranger = [items.as_slice(), &[ContentId::from_uuid(sqlx::types::Uuid::from_u128(7))]].concat();
    let change =
        async |tag, items: &[ContentId]| analytics.change_tag_of(&scope, tag, items, true).await.expect_err("refused");
    assert!(matches!(change(automatic, &items).await, TagError::Automatic));
    assert!(matches!(change(tag, &with_stranger).await, TagError::NoSuchContent));
    let nobody = TagId::from_uuid(sqlx::types::Uuid::from_u128(8));
    assert!(matches!(change(nobody, &items).await, TagError::NotFound));
    let many = vec![items[0]; rookery_analytics::TAG_CHANGE_ITEMS_MAX + 1];
    assert!(matches!(change(tag, &many).await, TagError::TooManyItems(_)));
    assert_eq!(analytics.count_tagged(&scope, Some(tag), &items).await.expect("counted"), (6, 0));

    let done = analytics.change_tag_of(&scope, tag, &items, true).await.expect("changed").expect("six are new");
    let stranger = world.db.organization().await;
    assert!(analytics.tag_change(&stranger.scope, done.id).await.is_err(), "another organization sees nothing");
    assert!(matches!(analytics.undo_tag_change(&stranger.scope, done.id).await, Err(TagError::NoSuchChange)));
    let unknown = TagChangeId::from_uuid(sqlx::types::Uuid::from_u128(9));
    assert!(matches!(analytics.undo_tag_change(&scope, unknown).await, Err(TagError::NoSuchChange)));
    analytics.delete_tag(&scope, tag).await.expect("deleted");
    assert!(matches!(analytics.undo_tag_change(&scope, done.id).await, Err(TagError::NotFound)));
}

#[tokio::test]
async fn menus_offer_made_tags_and_the_words_used_most() {
    let (mut world, _) = furnished().await;
    let scope = world.scope();
    let made = |label: &str| TagDraft { label: label.to_owned(), ..TagDraft::default() };
    world.analytics.create_tag(&scope, TagType::Manual, made("zenith")).await.expect("made");
    let ruled = world.analytics.create_tag(&scope, TagType::Auto, made("shore")).await.expect("made");
    let rule = RuleDraft::new(MatchKind::Keyword, "beach");
    world.analytics.add_tag_rule(&scope, ruled.id, rule).await.expect("kept");
    // Words 0 to 59: word 0 was used most, the others less and less; old uses do not count.
    let words = "with word as (
             insert into analytics.tags (id, organization_id, key, type)
             select gen_random_uuid(), $1, 'word' || to_char(n, 'FM00'), 'auto' from generate_series(0, 59) n
             returning id, key)
         insert into analytics.monthly_rollups (organization_id, month, scope_type, scope_id, new_content_count)
         select $1, m.month, 'tag', w.id, case when m.is_old then 1000 else 100 - right(w.key, 2)::integer end
         from word w cross join (values (date '2026-02-01', false), (date '2025-06-01', true)) m (month, is_old)
         where not m.is_old or right(w.key, 2)::integer >= 50";
    sqlx::query(words).bind(scope.organization_id.uuid()).execute(&mut world.owner).await.expect("words");
    let menu = async |chosen| world.analytics.choices(&scope, chosen).await.expect("read").tags;
    let tags = menu(None).await;
    let names: Vec<_> = tags.iter().map(|t| t.tag.name.as_str()).collect();
    assert_eq!(names[..3], ["zenith", "shore", "word00"]);
    assert_eq!((tags[0].tag.kind, tags[1].has_rules, tags[2].has_rules), (TagType::Manual, true, false));
    let words = names.iter().filter(|name| name.starts_with("word")).count();
    assert_eq!(names.len() - 2, usize::try_from(MENU_WORDS_MAX).expect("few"));
    assert!(words >= 48 && !names.contains(&"word59"), "{names:?}");

    let rare = "select id from analytics.tags where organization_id = $1 and key = 'word59'";
    let rare: sqlx::types::Uuid =
        sqlx::query_scalar(rare).bind(scope.organization_id.uuid()).fetch_one(&mut world.owner).await.expect("there");
    assert!(menu(Some(rare)).await.iter().any(|t| t.tag.name == "word59"), "what is chosen is offered");
}
