//! Numbers as files: the same rows in three formats, what is unknown stays empty, any size in pages.

use bytes::Bytes;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use rookery_analytics::{DailyReading, Dataset, DatasetPlace, DatasetWish, MetricBasis, Numbers, Range};
use rookery_kernel::{AccountId, Zone};
use rookery_sheet::{Format, Writer};
use sqlx::Connection as _;

use crate::world::{World, day};

async fn file(w: &World, wish: &DatasetWish, zone: &Zone, format: Format) -> Vec<u8> {
    let mut writer = Writer::new(format, wish.dataset.columns()).expect("a table");
    let (mut bytes, mut place) = (Vec::new(), Some(DatasetPlace::default()));
    while let Some(at) = place {
        let page = w.analytics.dataset_page(&w.scope(), zone, wish, at).await.expect("a page");
        bytes.extend(writer.page(&page.rows).expect("it fits"));
        place = page.next;
    }
    bytes.extend(writer.finish().expect("the end"));
    bytes
}

/// The cells of a CSV file, without headings.
fn cells(csv: Vec<u8>) -> (Vec<String>, Vec<Vec<String>>) {
    let text = String::from_utf8(csv).expect("UTF-8");
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
    let mut lines =
        rookery_sheet::lines(text, rookery_sheet::Separator::Comma, usize::MAX).into_iter().map(|l| l.cells);
    let headings = lines.next().expect("headings");
    (headings, lines.map(|cells| cells.iter().map(|c| rookery_sheet::restored(c).to_owned()).collect()).collect())
}

/// A cell of a Parquet file as CSV writes it.
fn shown(field: &Field) -> String {
    match field {
        Field::Null => String::new(),
        Field::Str(text) => text.clone(),
        Field::Long(n) => n.to_string(),
        Field::Double(n) => n.to_string(),
        Field::Date(days) => day("1970-01-01").plus_days(i64::from(*days)).to_string(),
        Field::TimestampMillis(at) => rookery_kernel::Timestamp::from_millis(*at).to_string(),
        other => panic!("no column holds {other:?}"),
    }
}

fn reading(account: AccountId, id: &str, date: &str, numbers: Numbers) -> DailyReading {
    DailyReading { account, external_content_id: id.to_owned(), date: day(date), basis: MetricBasis::Lifetime, numbers }
}

async fn filled() -> (World, AccountId) {
    let mut w = World::new().await;
    let account = w.account("tide").await;
    for (id, at, caption) in [
        ("a", "2026-02-10T09:00:00Z", "=cmd|' /C calc'!A0"),
        ("b", "2026-02-10T23:30:00Z", "two\nlines, \"quoted\""),
        ("c", "2026-01-01T00:00:00Z", "before the range"),
    ] {
        sqlx::query(
            "insert into analytics.content (organization_id, id, integration_id, external_content_id, platform, format, caption, hashtags, published_at)
             select organization_id, gen_random_uuid(), integration_id, $2, 'mastodon', 'post', $3, '{tide}', $4::timestamptz
             from analytics.tracked_integrations where integration_id = $1",
        )
        .bind(account.uuid())
        .bind(id)
        .bind(caption)
        .bind(at)
        .execute(&mut w.owner)
        .await
        .expect("content");
    }
    let known = Numbers { reach: Some(100), reactions: Some(5), comments: Some(0), ..Numbers::default() };
    let later = Numbers { reach: Some(160), reactions: Some(8), comments: Some(0), ..Numbers::default() };
    let rows = vec![reading(account, "a", "2026-02-10", known), reading(account, "a", "2026-02-12", later)];
    w.analytics.store_readings(&w.scope(), "test", rows).await.expect("stored");
    (w, account)
}

#[tokio::test]
async fn the_three_formats_hold_the_same_and_unknown_is_empty() {
    let (w, _) = filled().await;
    let range = Range::new(day("2026-02-01"), day("2026-02-28")).expect("a range");
    let berlin: Zone = "Europe/Berlin".parse().expect("a zone");
    for dataset in Dataset::ALL {
        let wish = DatasetWish { dataset, range, accounts: None };
        let (headings, csv) = cells(file(&w, &wish, &berlin, Format::Csv).await);
        assert_eq!(headings, wish.dataset.columns().iter().map(|c| c.name).collect::<Vec<_>>());
        let parquet = file(&w, &wish, &berlin, Format::Parquet).await;
        let reader = SerializedFileReader::new(Bytes::from(parquet)).expect("a Parquet file");
        let read: Vec<Vec<String>> = reader
            .get_row_iter(None)
            .expect("rows")
            .map(|row| row.expect("a row").get_column_iter().map(|(_, field)| shown(field)).collect())
            .collect();
        assert_eq!(read, csv, "{dataset:?}");
        let lines = String::from_utf8(file(&w, &wish, &berlin, Format::JsonLines).await).expect("UTF-8");
        let objects: Vec<Vec<String>> = lines
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("an object"))
            .map(|row| {
                let cell = |name: &&str| match &row[*name] {
                    serde_json::Value::Null => String::new(),
                    serde_json::Value::String(text) => text.clone(),
                    // CSV writes whole decimals without ".0".
                    number => number.as_f64().map_or_else(|| number.to_string(), |n| n.to_string()),
                };
                wish.dataset.columns().iter().map(|c| c.name).collect::<Vec<_>>().iter().map(cell).collect()
            })
            .collect();
        assert_eq!(objects, csv, "{dataset:?}");
        let at = |name: &str| headings.iter().position(|h| h == name).expect("a column");
        match dataset {
            Dataset::Detailed => {
                assert_eq!(csv.len(), 2, "what was published before is not in it");
                assert_eq!(csv[0][at("caption")], "=cmd|' /C calc'!A0");
                assert_eq!(csv[0][at("published_at")], "2026-02-10T09:00:00Z");
                assert_eq!((&*csv[0][at("reach")], &*csv[0][at("comments")], &*csv[0][at("views")]), ("160", "0", ""));
                assert_eq!((&*csv[0][at("engagement_rate_percent")], &*csv[0][at("rate_basis")]), ("5", "reach"));
                assert_eq!(csv[1][at("reach")], "", "nothing was read of it");
            }
            Dataset::Summary => {
                assert_eq!(csv.len(), 28);
                let row = |date: &str| csv.iter().find(|row| row[0] == date).expect("a day");
                assert_eq!(row("2026-02-10")[at("published")], "1");
                assert_eq!(row("2026-02-11")[at("published")], "1", "half past midnight in Berlin");
                assert_eq!((&*row("2026-02-10")[at("reach")], &*row("2026-02-12")[at("reach")]), ("100", "60"));
                assert_eq!((&*row("2026-02-11")[at("reach")], &*row("2026-02-12")[at("views")]), ("", ""));
            }
        }
    }
}

#[tokio::test]
async fn every_item_is_in_it_once_however_many_pages() {
    let (mut w, account) = filled().await;
    sqlx::query(
        "insert into analytics.content (organization_id, id, integration_id, external_content_id, platform, format, published_at)
         select organization_id, gen_random_uuid(), integration_id, 'x' || n, 'mastodon', 'post',
                timestamptz '2026-02-14 00:00Z' + interval '1 second' * (n / 3)
         from analytics.tracked_integrations cross join generate_series(1, 4500) n where integration_id = $1",
    )
    .bind(account.uuid())
    .execute(&mut w.owner)
    .await
    .expect("content");
    let range = Range::new(day("2026-02-01"), day("2026-02-28")).expect("a range");
    let wish = DatasetWish { dataset: Dataset::Detailed, range, accounts: Some(vec![account]) };
    let (headings, rows) = cells(file(&w, &wish, &Zone::utc(), Format::Csv).await);
    let at = headings.iter().position(|h| h == "external_content_id").expect("a column");
    let ids: std::collections::BTreeSet<_> = rows.iter().map(|row| row[at].clone()).collect();
    assert_eq!((rows.len(), ids.len()), (4502, 4502));
    let nobody = DatasetWish { accounts: Some(Vec::new()), ..wish };
    assert_eq!(cells(file(&w, &nobody, &Zone::utc(), Format::Csv).await).1.len(), 0);
    w.owner.close().await.expect("closed");
}
