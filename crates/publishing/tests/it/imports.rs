//! A file of posts: looked at, kept, decided once; and what leaves the house comes back the same.

use std::time::Duration;

use rookery_kernel::{PostImportId, Scope};
use rookery_publishing::{
    EXPORTS, ExportFormat, ExportPlace, FileError, IMPORTS_OPEN_MAX, ImportError, ImportOutcome, ImportRow, ImportWish,
    PostImport, PostStatus, RowState, Schedule, Severity,
};

use crate::world::World;

const ALL: ImportWish = ImportWish { skip_broken: false, as_drafts: false, may_plan: true };
const GOOD: ImportWish = ImportWish { skip_broken: true, as_drafts: false, may_plan: true };

async fn preview(w: &World, file: &str) -> PostImport {
    w.publishing.preview_import(&w.scope, "posts.csv", file.as_bytes()).await.expect("a file of posts")
}

async fn rows(w: &World, id: PostImportId) -> Vec<ImportRow> {
    w.publishing.import_rows(&w.scope, id, None, 0, i64::MAX).await.expect("an import")
}

/// Codes of a row's findings.
fn codes(row: &ImportRow) -> Vec<&str> {
    row.findings.iter().map(|f| f.code.as_str()).collect()
}

async fn posts(w: &World) -> i64 {
    w.number("select count(*) from publishing.posts").await
}

#[tokio::test]
async fn every_broken_row_is_named_and_nothing_is_written_until_somebody_decides() {
    let w = World::new().await;
    w.account("ann").await;
    let long = "x".repeat(600);
    let file = format!(
        "Content,Accounts,Scheduled at,Time zone\r\n\
         Fine,mastodon:ann,2026-03-05T09:00:00Z,\r\n\
         \"Two\nlines\",@ann,2026-03-29 02:30,Europe/Berlin\r\n\
         Whose?,mastodon:bob,2026-03-05T09:00:00Z,\r\n\
         Late,mastodon:ann,2020-01-01T09:00:00Z,\r\n\
         When?,mastodon:ann,next week,\r\n\
         {long},mastodon:ann,2026-03-06T09:00:00Z,\r\n\
         A draft may be unfinished,,,\r\n\
         fine,ann,2026-03-08T09:00:00Z,\r\n"
    );
    let import = preview(&w, &file).await;
    let rows = rows(&w, import.id).await;
    let seen: Vec<_> = rows.iter().map(|r| (r.line, r.state.label(), codes(r))).collect();
    assert_eq!(
        seen,
        [
            (2, "ready", vec![]),
            (3, "ready", vec!["time_skipped"]),
            (5, "broken", vec!["account_unknown"]),
            (6, "broken", vec!["time_in_past"]),
            (7, "broken", vec!["time_unreadable"]),
            (8, "broken", vec!["text_too_long"]),
            (9, "ready", vec!["no_accounts"]),
            (10, "ready", vec!["duplicate_text"]),
        ]
    );
    assert!(rows[2].findings[0].suggestion.as_deref().is_some_and(|s| s.contains("mastodon:ann")));
    assert_eq!(rows[2].findings[0].column.as_deref(), Some("accounts"));
    assert_eq!(rows[6].findings[0].severity, Severity::Warning, "a draft may be unfinished");
    assert_eq!((import.counts.ready, import.counts.planned, import.counts.broken), (4, 3, 4));
    assert_eq!(posts(&w).await, 0, "a preview writes no post");

    let refused = w.publishing.apply_import(&w.scope, import.id, ALL).await;
    assert!(matches!(refused, Err(ImportError::Broken(4))), "{refused:?}");
    assert_eq!(posts(&w).await, 0);
    let drafts_only = ImportWish { may_plan: false, ..GOOD };
    let refused = w.publishing.apply_import(&w.scope, import.id, drafts_only).await;
    assert!(matches!(refused, Err(ImportError::MayNotPlan)), "{refused:?}");
    assert_eq!(posts(&w).await, 0);

    let made = w.publishing.apply_import(&w.scope, import.id, GOOD).await.expect("imported");
    assert_eq!(made, ImportOutcome { imported: 4, already: 0, left_out: 4 });
    assert_eq!(posts(&w).await, 4);
    assert_eq!(w.number("select count(*) from publishing.posts where origin = 'import'").await, 4);
    assert_eq!(w.number("select count(*) from publishing.post_revisions where source = 'import'").await, 4);
    assert_eq!(w.number("select count(*) from publishing.post_publications where status = 'scheduled'").await, 3);
    let log =
        "select count(*) from governance.audit_logs where action = 'import' and changes -> 'imported' ->> 1 = '4'";
    assert_eq!(w.number(log).await, 1, "a summary");
    let log = "select count(*) from governance.audit_logs where action = 'insert' and resource = 'publishing.posts'";
    assert_eq!(w.number(log).await, 4, "and an entry per post");
    w.pass(Duration::from_secs(40 * 24 * 3600)).await;
    assert_eq!(w.net.posts().len(), 3, "they go out as any other");
}

#[tokio::test]
async fn the_same_file_and_the_same_rows_make_nothing_twice() {
    let w = World::new().await;
    w.account("ann").await;
    let file = "content,accounts,scheduled_at\nOne,ann,2026-03-05T09:00:00Z\nTwo,ann,2026-03-06T09:00:00Z\nDraft,,\n";
    let first = preview(&w, file).await;
    let again = preview(&w, file).await;
    assert!(matches!(w.publishing.post_import(&w.scope, first.id).await, Err(ImportError::NotFound)), "replaced");
    let made = w.publishing.apply_import(&w.scope, again.id, ALL).await.expect("imported");
    assert_eq!(made.imported, 3);
    let repeated = w.publishing.apply_import(&w.scope, again.id, ALL).await.expect("the same answer");
    assert_eq!((repeated.imported, posts(&w).await), (3, 3));

    let third = preview(&w, file).await;
    assert_eq!((third.counts.imported, third.counts.ready), (3, 0), "the preview says so");
    let refused = w.publishing.apply_import(&w.scope, third.id, ALL).await;
    assert!(matches!(refused, Err(ImportError::NothingReady)), "{refused:?}");

    // Mended and uploaded whole: only what is new becomes a post.
    let mended = "accounts,content,scheduled_at\nann,Three,2026-03-07T09:00:00Z\nann,One,2026-03-05T09:00:00Z\n";
    let fourth = preview(&w, mended).await;
    let made = w.publishing.apply_import(&w.scope, fourth.id, ALL).await.expect("imported");
    assert_eq!((made.imported, made.already, posts(&w).await), (1, 1, 4));

    // What was deleted may be imported again.
    let row = rows(&w, fourth.id).await.remove(0);
    let RowState::Imported(post) = row.state else { panic!("{row:?}") };
    w.publishing.delete_post(&w.scope, post).await.expect("deleted");
    assert_eq!(preview(&w, mended).await.counts.ready, 1);
}

#[tokio::test]
async fn two_decisions_at_once_import_once() {
    let w = World::new().await;
    let a = preview(&w, "content\nOne\nTwo\n").await;
    let b = preview(&w, "content,title\nOne,\nThree,\n").await;
    let decide = |id| w.publishing.apply_import(&w.scope, id, ALL);
    let (one, same, other) = tokio::join!(decide(a.id), decide(a.id), decide(b.id));
    for made in [one, same, other] {
        made.expect("imported");
    }
    assert_eq!(posts(&w).await, 3, "the row that both files have is one post");
}

#[tokio::test]
async fn a_preview_that_is_no_longer_true_is_shown_anew_and_nothing_is_written() {
    let w = World::new().await;
    w.account("ann").await;
    let file = "content,accounts,scheduled_at\nSoon,ann,2026-03-02T12:00:00Z\nLater,ann,2026-03-06T09:00:00Z\n";
    let import = preview(&w, file).await;
    w.clock.advance(Duration::from_secs(24 * 3600));
    let changed = w.publishing.apply_import(&w.scope, import.id, GOOD).await;
    assert!(matches!(&changed, Err(ImportError::Changed(lines)) if *lines == [2]), "{changed:?}");
    assert_eq!(posts(&w).await, 0);
    let rows = rows(&w, import.id).await;
    assert_eq!((rows[0].state.label(), codes(&rows[0])), ("broken", vec!["time_in_past"]));
    let made = w.publishing.apply_import(&w.scope, import.id, GOOD).await.expect("after another look");
    assert_eq!(made, ImportOutcome { imported: 1, already: 0, left_out: 1 });
}

#[tokio::test]
async fn drafts_repetitions_quota_and_limits() {
    let w = World::new().await;
    let ann = w.account("ann").await;
    w.post("Said already", &[ann.id], Schedule::At("2026-03-04T09:00:00Z".parse().expect("a time"))).await;
    w.force("update accounts.platform_rules set daily_limit = 2 where platform = 'mastodon'").await;
    let file = "content,accounts,scheduled_at\nsaid  ALREADY,ann,2026-03-05T08:00:00Z\nB,ann,2026-03-05T08:30:00Z\n\
                C,ann,2026-03-05T08:45:00Z\n";
    let import = preview(&w, file).await;
    let found: Vec<_> = rows(&w, import.id).await.iter().map(|r| codes(r).join(" ")).collect();
    assert_eq!(found, ["duplicate_text", "daily_limit", "daily_limit"]);
    let wish = ImportWish { as_drafts: true, may_plan: false, ..GOOD };
    w.publishing.apply_import(&w.scope, import.id, wish).await.expect("drafts");
    assert_eq!(
        w.number("select count(*) from publishing.posts where status = 'draft' and scheduled_at is null").await,
        3
    );

    for n in 0..IMPORTS_OPEN_MAX {
        preview(&w, &format!("content\nfile {n}\n")).await;
    }
    let refused = w.publishing.preview_import(&w.scope, "x.csv", b"content\none more\n").await;
    assert!(matches!(refused, Err(ImportError::TooManyOpen)), "{refused:?}");
    let refused = w.publishing.preview_import(&w.scope, "x.csv", b"content\ngr\xfc\xdfe\n").await;
    assert!(matches!(&refused, Err(ImportError::File(FileError::NotText(why))) if why.to_string().contains("Line 2")));
}

#[tokio::test]
async fn a_quotation_that_never_ends_breaks_its_row_alone() {
    let w = World::new().await;
    let import = preview(&w, "content,title\nOne,a\n\"Two,b\nThree,c\n").await;
    let rows = rows(&w, import.id).await;
    assert_eq!(rows.iter().map(|r| (r.line, r.state.label())).collect::<Vec<_>>(), [(2, "ready"), (3, "broken")]);
    assert_eq!(codes(&rows[1]), ["no_accounts", "quote_open"]);
    let made = w.publishing.apply_import(&w.scope, import.id, GOOD).await.expect("the first row");
    assert_eq!(made, ImportOutcome { imported: 1, already: 0, left_out: 1 });
}

#[tokio::test]
async fn a_preview_outlives_the_process_and_not_its_time() {
    let w = World::new().await;
    let kept = preview(&w, "content,scheduled_at\nGood,\nBad,when\n").await;
    let decided = preview(&w, "content,scheduled_at\nOther,\nWorse,when\n").await;
    w.publishing.apply_import(&w.scope, decided.id, GOOD).await.expect("imported");
    let other = w.another();
    assert_eq!(other.publishing.post_import(&w.scope, kept.id).await.expect("kept").counts, kept.counts);
    w.pass(Duration::from_secs(7 * 24 * 3600 + 1)).await;
    assert!(matches!(w.publishing.post_import(&w.scope, kept.id).await, Err(ImportError::NotFound)));
    assert_eq!(w.number("select count(*) from publishing.post_imports").await, 1, "the record stays");
    assert_eq!(w.number("select count(*) from publishing.post_import_rows").await, 1, "so does the row that is a post");
}

#[tokio::test]
async fn another_organization_sees_and_decides_nothing() {
    let w = World::new().await;
    let import = preview(&w, "content\nOurs\n").await;
    let stranger: Scope = w.test.organization().await.scope;
    let p = &w.publishing;
    assert!(matches!(p.post_import(&stranger, import.id).await, Err(ImportError::NotFound)));
    assert!(matches!(p.import_rows(&stranger, import.id, None, 0, 10).await, Err(ImportError::NotFound)));
    assert!(matches!(p.broken_rows_csv(&stranger, import.id).await, Err(ImportError::NotFound)));
    assert!(matches!(p.apply_import(&stranger, import.id, ALL).await, Err(ImportError::NotFound)));
    assert!(matches!(p.cancel_import(&stranger, import.id).await, Err(ImportError::NotFound)));
    assert!(p.post_imports(&stranger, 10).await.expect("an empty list").is_empty());
    p.apply_import(&w.scope, import.id, ALL).await.expect("ours");
    // The same file is another one there.
    let theirs = p.preview_import(&stranger, "posts.csv", b"content\nOurs\n").await.expect("a preview");
    assert_eq!(theirs.counts.ready, 1);
}

#[tokio::test]
async fn broken_rows_come_back_mended() {
    let w = World::new().await;
    w.account("ann").await;
    let file = "content;accounts;scheduled_at\n=Sum;ann;2026-03-05T09:00:00Z\n\"+1; \"\"yes\"\"\";ann;soon\n";
    let import = preview(&w, file).await;
    w.publishing.apply_import(&w.scope, import.id, GOOD).await.expect("imported");
    let csv = w.publishing.broken_rows_csv(&w.scope, import.id).await.expect("a file");
    assert!(csv.contains("'+1") && csv.contains("scheduled_at: ") && !csv.contains("=Sum"), "{csv}");
    let mended = preview(&w, &csv.replace(",soon", ",2026-03-06T09:00:00Z")).await;
    assert_eq!(mended.ignored_headings(), ["line of the file", "reasons"]);
    w.publishing.apply_import(&w.scope, mended.id, ALL).await.expect("mended");
    let said = "select count(*) from publishing.posts where content in ('=Sum', '+1; \"yes\"')";
    assert_eq!(w.number(said).await, 2);
}

async fn exported(w: &World, name: &str, format: ExportFormat) -> String {
    let table = EXPORTS.iter().find(|t| t.name == name).expect("a table");
    let (mut place, mut text) = (Some(ExportPlace::default()), String::new());
    while let Some(at) = place {
        let piece = w.publishing.export_piece(&w.scope, table, format, &at).await.expect("a piece");
        text.push_str(&piece.text);
        place = piece.next;
    }
    text
}

#[tokio::test]
async fn what_is_exported_is_imported_the_same() {
    let w = World::new().await;
    w.account("ann").await;
    w.other_account("bob").await;
    let cell = |json: &str| json.replace('"', "\"\"");
    let follow_ups =
        cell(r#"[{"kind":"thread","text":"- two","delayMinutes":5},{"kind":"comment","text":"x","delayMinutes":0}]"#);
    let variants = cell(r#"{"facebook:bob":{"text":"=own words"}}"#);
    let options = cell(r#"{"mastodon":{"visibility":"unlisted"}}"#);
    let file = format!(
        "content,accounts,scheduled_at,time_zone,title,link,labels,follow_ups,variants,options,expires_at\n\
         \"'=1+1, \"\"quoted\"\"\nsecond line 🌊\",mastodon:ann; facebook:bob,2026-03-05 09:00,Asia/Tokyo,@title,https://example.org/a?b=1,\
         \"[\"\"spring; sale\"\",\"\"news\"\"]\",\"{follow_ups}\",\"{variants}\",\"{options}\",2026-04-01T00:00:00Z\n\
         ''=kept,,,,,,,,,,\n"
    );
    let import = preview(&w, &file).await;
    assert_eq!(import.counts.broken, 0, "{:?}", rows(&w, import.id).await);
    w.publishing.apply_import(&w.scope, import.id, ALL).await.expect("imported");
    let before = exported(&w, "posts", ExportFormat::Csv).await;
    let said =
        "select count(*) from publishing.posts where content in ('''=kept', e'=1+1, \"quoted\"\\nsecond line 🌊')";
    assert_eq!(w.number(said).await, 2);

    w.force("delete from publishing.posts").await;
    let back = preview(&w, &before).await;
    assert_eq!((back.counts.ready, back.counts.broken), (2, 0), "{:?}", rows(&w, back.id).await);
    w.publishing.apply_import(&w.scope, back.id, ALL).await.expect("imported");
    let after = exported(&w, "posts", ExportFormat::Csv).await;
    // Ids and the moments of making differ; everything before them is the same.
    let own = |csv: &str| -> Vec<Vec<String>> {
        let mut lines: Vec<Vec<String>> = csv::Reader::from_reader(csv.trim_start_matches('\u{feff}').as_bytes())
            .into_records()
            .map(|r| r.expect("a line").iter().take(14).map(str::to_owned).collect())
            .collect();
        lines.sort();
        lines
    };
    assert_eq!(own(&after), own(&before));
    assert_eq!(own(&before).len(), 2);
    assert_eq!(
        w.number("select count(*) from publishing.posts where status = 'scheduled' and timezone = 'Asia/Tokyo'").await,
        1
    );
}

#[tokio::test]
async fn every_table_is_exported_whole_with_the_columns_it_names() {
    let w = World::new().await;
    let ann = w.account("ann").await;
    let lines: Vec<String> = (0..700).map(|n| format!("post {n},ann,label {n}; all")).collect();
    let file = format!("content,accounts,labels\n{}\n", lines.join("\n"));
    let import = preview(&w, &file).await;
    w.publishing.apply_import(&w.scope, import.id, ALL).await.expect("imported");
    let sent = w.post("out", &[ann.id], Schedule::Now).await;
    w.run().await;
    assert_eq!(w.again(&sent).await.post.status, PostStatus::Published);
    for (name, lines) in [("posts", 701), ("publications", 701), ("labels", 1400), ("attempts", 1), ("revisions", 701)]
    {
        let text = exported(&w, name, ExportFormat::JsonLines).await;
        assert_eq!(text.lines().count(), lines, "{name}");
        let csv = exported(&w, name, ExportFormat::Csv).await;
        let mut reader = csv::Reader::from_reader(csv.trim_start_matches('\u{feff}').as_bytes());
        assert_eq!(reader.records().flatten().count(), lines, "{name}");
        let columns = EXPORTS.iter().find(|t| t.name == name).expect("a table").columns;
        let row: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(text.lines().next().expect("a row")).expect("an object");
        let mut named: Vec<&str> = row.keys().map(String::as_str).collect();
        let mut columns = columns.to_vec();
        named.sort_unstable();
        columns.sort_unstable();
        assert_eq!(named, columns, "{name}");
    }
    for name in ["parts", "variants", "media", "reviews", "decisions"] {
        assert_eq!(exported(&w, name, ExportFormat::JsonLines).await, "", "{name}");
        assert_eq!(exported(&w, name, ExportFormat::Csv).await.lines().count(), 1, "{name}: the headings");
    }
}
