//! Numbers from the networks' own exports: looked at, mapped, stored once.

use std::fmt::Write as _;

use rookery_analytics::{
    DailyReading, Field, FileError, ImportState, Mapping, MappingError, MetricBasis, MetricImport, MetricImportError,
    MetricRow, MetricRowState, Numbers, Source,
};
use rookery_kernel::{AccountId, MetricImportId, Platform, Zone};
use rookery_sheet::NumberStyle;

use crate::net::Net;
use crate::world::{World, day};

const YOUTUBE: &str = "\u{feff}Inhalte;Videotitel;Veröffentlichungszeitpunkt des Videos;Aufrufe;Wiedergabezeit (Stunden);Impressionen\r\n\
    Gesamt;;;1.300;12,5;\r\n\
    vid-a;\"Ebbe #Watt\nam Mittag\";31.01.2026;1.234;10,5;\r\n\
    vid-b;Flut;05.02.2026;66;2,0;9.876\r\n\
    vid-c;Kaputt;05.02.2026;viele;2,0;1\r\n\
    vid-b;Flut noch einmal;05.02.2026;70;2,0;1\r\n\
    ;Ohne Id;05.02.2026;70;2,0;1\r\n";

fn berlin() -> Zone {
    "Europe/Berlin".parse().expect("a zone")
}

async fn world(platform: Platform) -> (World, AccountId) {
    let w = World::with(Net::new(platform)).await;
    let account = w.account("tide").await;
    (w, account)
}

async fn look(w: &World, file: &str) -> MetricImport {
    w.analytics.preview_metrics(&w.scope(), &berlin(), "export.csv", file.as_bytes(), None).await.expect("a preview")
}

async fn rows(w: &World, id: MetricImportId, state: Option<MetricRowState>) -> Vec<MetricRow> {
    w.analytics.metric_rows(&w.scope(), id, state, 0, 10_000).await.expect("rows")
}

fn codes(rows: &[MetricRow]) -> Vec<(u32, &str)> {
    rows.iter().flat_map(|row| row.findings.iter().map(|f| (row.line, f.code.as_str()))).collect()
}

#[tokio::test]
async fn a_file_is_previewed_broken_rows_are_named_and_the_rest_is_stored_once() {
    let (mut w, account) = world(Platform::Youtube).await;
    let import = look(&w, YOUTUBE).await;
    assert_eq!((import.source, import.account, import.state), (Source::Youtube, Some(account), ImportState::Ready));
    assert_eq!(import.mapping.numbers, NumberStyle::Comma);
    let c = import.counts;
    assert_eq!((c.total, c.ready, c.broken, c.skipped), (6, 2, 3, 1));
    let all = rows(&w, import.id, None).await;
    assert_eq!(codes(&all), [(2, "no_item"), (6, "no_number"), (7, "twice"), (8, "no_id")]);
    let first = all[1].reading.as_ref().expect("what would be stored");
    assert!(first.is_new);
    assert_eq!(
        (first.numbers.views, first.numbers.impressions, first.watch_time_ms),
        (Some(1234), None, Some(37_800_000))
    );
    assert_eq!((first.basis, first.date), (MetricBasis::Lifetime, day("2026-03-09")));
    let count = "select count(*) from analytics.content_daily_metrics where organization_id is not null or $1 is null";
    assert_eq!(w.value::<i64>(count, account).await, 0, "nothing is written before somebody decides");

    let refused = w.analytics.apply_metrics(&w.scope(), import.id, false).await;
    assert!(matches!(refused, Err(MetricImportError::Broken(3))), "{refused:?}");
    let done = w.analytics.apply_metrics(&w.scope(), import.id, true).await.expect("stored");
    assert_eq!((done.state, done.counts.content, done.counts.written), (ImportState::Applied, 2, 2));
    let stored: Vec<_> = w.rows(account).await.into_iter().map(|r| (r.external_content_id, r.date, r.views)).collect();
    let expected =
        [("vid-a", Some(1234)), ("vid-b", Some(66))].map(|(id, n)| (id.to_owned(), "2026-03-09".to_owned(), n));
    assert_eq!(stored, expected);
    let tags = "select array_to_string(hashtags, ',') from analytics.content where integration_id = $1 and external_content_id = 'vid-a'";
    assert_eq!(w.value::<String>(tags, account).await, "watt");
    let marks = "select count(*) from analytics.rollup_marks where kind = 'content' or $1 is null";
    assert_eq!(w.value::<i64>(marks, account).await, 1, "the sums of the new items are computed");

    let before = w.versions().await;
    let again = look(&w, YOUTUBE).await;
    assert!(
        rows(&w, again.id, Some(MetricRowState::Ready)).await.iter().all(|r| !r
            .reading
            .as_ref()
            .expect("planned")
            .is_new)
    );
    let done = w.analytics.apply_metrics(&w.scope(), again.id, true).await.expect("stored");
    assert_eq!((done.counts.content, done.counts.written), (0, 0));
    assert_eq!(w.versions().await, before, "no row has another version");
    let decided = w.analytics.apply_metrics(&w.scope(), again.id, true).await;
    assert!(matches!(decided, Err(MetricImportError::Decided)), "{decided:?}");
}

#[tokio::test]
async fn days_stand_under_themselves_and_what_was_collected_stays() {
    let (mut w, account) = world(Platform::Facebook).await;
    w.net.post("tide", "12_77", "2026-03-01T10:00:00Z".parse().expect("a time"), crate::net::numbers(500, 9, 1, 0));
    w.night_after(account, "2026-03-09").await;
    let file = "Post ID\tPage ID\tPublish time\tDate\tReach\tReactions\n\
                77\t12\t03/01/2026 10:00\tLifetime\t400\t8\n\
                78\t12\t03/02/2026 10:00\t03/03/2026\t50\t2\n\
                78\t12\t03/02/2026 10:00\t03/04/2026\t20\t0\n\
                79\t12\t03/25/2026 10:00\tLifetime\t1\t1\n";
    let import = look(&w, file).await;
    assert_eq!((import.source, import.counts.ready), (Source::Facebook, 3));
    assert_eq!(codes(&rows(&w, import.id, None).await), [(5, "in_future")]);
    w.analytics.apply_metrics(&w.scope(), import.id, true).await.expect("stored");
    let stored: Vec<_> =
        w.rows(account).await.into_iter().map(|r| (r.external_content_id, r.date, r.reach, r.reactions)).collect();
    let row = |id: &str, date: &str, reach, reactions| (id.to_owned(), date.to_owned(), Some(reach), Some(reactions));
    assert_eq!(
        stored,
        [row("12_77", "2026-03-09", 500, 9), row("12_78", "2026-03-03", 50, 2), row("12_78", "2026-03-04", 20, 0)],
        "the collected total of the same day is newer than the export's"
    );
    let sums = "select string_agg(date || ' ' || reach, ', ' order by date) from analytics.daily_rollups
                where scope_id = $1 and format = 'all'";
    assert!(w.value::<String>(sums, account).await.starts_with("2026-03-03 50, 2026-03-04 20"));
    // Totals and numbers of a day do not mix.
    let mixed = look(&w, "Post ID,Page ID,Publish time,Date,Reach\n77,12,03/01/2026,03/09/2026,5\n").await;
    let done = w.analytics.apply_metrics(&w.scope(), mixed.id, true).await.expect("stored");
    assert_eq!((done.counts.written, done.counts.broken), (0, 1));
    assert_eq!(codes(&rows(&w, mixed.id, None).await), [(2, "other_basis")]);
}

#[tokio::test]
async fn a_person_maps_the_columns_and_a_mapping_that_cannot_be_says_why() {
    let (w, account) = world(Platform::Mastodon).await;
    let file = "Toot,When,Stars,Boosts\na1,2026-02-03 10:00,\"1.234\",5\na2,2026-02-04 10:00,7,\n";
    let import = look(&w, file).await;
    assert_eq!((import.source, import.account, import.counts.broken), (Source::Other, None, 2));
    let fields = vec![Some(Field::Id), Some(Field::PublishedAt), Some(Field::Reactions), Some(Field::Shares)];
    let mapping = Mapping { fields, numbers: NumberStyle::Comma, ..import.mapping.clone() };
    let mapped = w.analytics.map_metrics(&w.scope(), import.id, &mapping, None).await.expect("mapped");
    assert_eq!(mapped.counts.ready, 2);
    let nobody = w.analytics.apply_metrics(&w.scope(), import.id, false).await;
    assert!(matches!(nobody, Err(MetricImportError::NoAccount)), "{nobody:?}");
    w.analytics.map_metrics(&w.scope(), import.id, &mapping, Some(account)).await.expect("mapped");
    let done = w.analytics.apply_metrics(&w.scope(), import.id, false).await.expect("stored");
    assert_eq!((done.counts.content, done.counts.written), (2, 2));

    let import = look(&w, &file.replace("a1", "a3")).await;
    let wrong = async |mapping: Mapping| match w.analytics.map_metrics(&w.scope(), import.id, &mapping, None).await {
        Err(MetricImportError::Mapping(why)) => why,
        other => panic!("{other:?}"),
    };
    let with = |fields: [Option<Field>; 4]| Mapping { fields: fields.to_vec(), ..mapping.clone() };
    let (id, stars) = (Some(Field::Id), Some(Field::Reactions));
    assert!(matches!(wrong(with([id, id, stars, None])).await, MappingError::Twice(_)));
    assert_eq!(wrong(with([None, None, stars, None])).await, MappingError::NoItem);
    assert_eq!(wrong(with([id, None, None, None])).await, MappingError::NoNumber);
    assert!(matches!(wrong(Mapping { fields: vec![id], ..mapping.clone() }).await, MappingError::Columns { .. }));
    assert!(matches!(wrong(Mapping { as_of: day("2026-03-10"), ..mapping.clone() }).await, MappingError::Future(_)));
    let foreign = w
        .analytics
        .map_metrics(&w.scope(), import.id, &mapping, Some(AccountId::from_uuid(sqlx::types::Uuid::nil())))
        .await;
    assert!(matches!(foreign, Err(MetricImportError::WrongAccount)), "{foreign:?}");
    w.analytics.cancel_metrics(&w.scope(), import.id).await.expect("cancelled");
    let gone = w.analytics.metric_import(&w.scope(), import.id).await;
    assert!(matches!(gone, Err(MetricImportError::NotFound)), "{gone:?}");
}

#[tokio::test]
async fn a_large_file_is_a_job_that_goes_on_where_it_was() {
    let (mut w, account) = world(Platform::Twitter).await;
    let mut file = "Post id,Date,Post text,Impressions,Likes,Reposts\n".to_owned();
    for n in 0..4_500 {
        let (day, thousands, rest, likes) = (1 + n % 28, 1 + n / 1000, n % 1000, n % 50);
        writeln!(file, "{n},\"Sun, Feb {day}, 2026\",\"Post {n}\",\"{thousands},{rest:03}\",{likes},0")
            .expect("a String takes all");
    }
    let import = look(&w, &file).await;
    assert_eq!((import.state, import.counts.total, import.counts.done), (ImportState::Reading, 4_500, 0));
    let early = w.analytics.apply_metrics(&w.scope(), import.id, false).await;
    assert!(matches!(early, Err(MetricImportError::NotNow(_))), "{early:?}");
    w.worker().run_until_idle().await;
    let import = w.analytics.metric_import(&w.scope(), import.id).await.expect("there");
    assert_eq!((import.state, import.counts.ready), (ImportState::Ready, 4_500));
    let begun = w.analytics.apply_metrics(&w.scope(), import.id, false).await.expect("begun");
    assert_eq!((begun.state, begun.counts.done), (ImportState::Applying, 0));
    w.worker().run_until_idle().await;
    let done = w.analytics.metric_import(&w.scope(), import.id).await.expect("there");
    assert_eq!((done.state, done.counts.content, done.counts.written), (ImportState::Applied, 4_500, 4_500));
    assert_eq!(w.rows(account).await.len(), 4_500);
    let sum = "select impressions from analytics.daily_rollups where scope_id = $1 and format = 'all' and date = '2026-03-09'";
    // Items older than a day before their first reading have no known change.
    assert_eq!(w.value::<Option<i64>>(sum, account).await, None);
    // After a week the rows are gone, and the record stays.
    w.clock.advance(std::time::Duration::from_secs(8 * 24 * 3600));
    w.worker().run_until_idle().await;
    assert!(rows(&w, import.id, None).await.is_empty());
}

#[tokio::test]
async fn files_that_are_no_exports_say_so_and_few_wait() {
    let (w, _) = world(Platform::Youtube).await;
    let refused = async |bytes: &[u8]| match w.analytics.preview_metrics(&w.scope(), &berlin(), "x", bytes, None).await
    {
        Err(MetricImportError::File(why)) => why,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(b"").await, FileError::Empty);
    assert!(matches!(refused(b"hello").await, FileError::NoTable { .. }));
    assert_eq!(refused(b"Content,Views\n").await, FileError::NoRows);
    assert_eq!(refused(b"Content,Views\n\"a,1\nb,2\n").await, FileError::OpenQuote(2));
    assert!(matches!(refused(b"PK\x03\x04\0\0").await, FileError::NotText(_)));
    for n in 0..10 {
        look(&w, &format!("Content,Video publish time,Views\nv{n},2026-01-01,1\n")).await;
    }
    look(&w, "Content,Video publish time,Views\nv3,2026-01-01,1\n").await;
    let full = w.analytics.preview_metrics(&w.scope(), &berlin(), "x", b"Content,Views\nv,1\n", None).await;
    assert!(matches!(full, Err(MetricImportError::TooManyOpen)), "the same file takes its earlier place: {full:?}");
}

#[tokio::test]
async fn collected_items_are_recognized_by_their_address() {
    let (mut w, account) = world(Platform::Linkedin).await;
    sqlx::query(
        "insert into analytics.content (organization_id, id, integration_id, external_content_id, platform, format, permalink, published_at)
         select organization_id, gen_random_uuid(), integration_id, 'urn:li:share:9', 'linkedin', 'post',
                'https://www.linkedin.com/feed/update/urn:li:activity:7', '2026-02-01Z'
         from analytics.tracked_integrations where integration_id = $1",
    )
    .bind(account.uuid())
    .execute(&mut w.owner)
    .await
    .expect("content");
    let row = DailyReading {
        account,
        external_content_id: "urn:li:share:9".to_owned(),
        date: day("2026-02-10"),
        basis: MetricBasis::Lifetime,
        numbers: Numbers { impressions: Some(5), ..Numbers::default() },
    };
    w.analytics.store_readings(&w.scope(), "test", vec![row]).await.expect("stored");
    let import = look(
        &w,
        "Post title,Post link,Created date,Impressions,Likes\n\
        Tide,https://www.linkedin.com/feed/update/urn:li:activity:7,02/01/2026,1200,3\n\
        Other,https://www.linkedin.com/feed/update/urn:li:activity:8,02/13/2026,7,0\n",
    )
    .await;
    let planned: Vec<_> = rows(&w, import.id, None).await.into_iter().map(|r| r.reading.expect("planned")).collect();
    assert_eq!((planned[0].external_id.as_str(), planned[0].is_new), ("urn:li:share:9", false));
    assert_eq!((planned[1].external_id.as_str(), planned[1].is_new), ("urn:li:activity:8", true));
    w.analytics.apply_metrics(&w.scope(), import.id, false).await.expect("stored");
    let total = "select max(impressions) from analytics.content_daily_metrics d join analytics.content c using (organization_id, content_key)
                 where c.integration_id = $1 and c.external_content_id = 'urn:li:share:9'";
    assert_eq!(w.value::<i64>(total, account).await, 1200);
}
