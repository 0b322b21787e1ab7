//! The rule book as the migrations fill it, against what the networks' documents say, and its counting.

use std::collections::BTreeMap;

use rookery_accounts::PlatformRules;
use rookery_kernel::Platform;
use rookery_platforms::text::CountMethod;
use rookery_platforms::{DraftKind, MediaKind};
use serde::Deserialize;

use crate::House;

/// A network's limits of texts and posts.
struct Told {
    platform: Platform,
    text: usize,
    counted: CountMethod,
    bytes: Option<usize>,
    title: Option<usize>,
    url: Option<u32>,
    daily: i64,
}

impl Told {
    const fn new(platform: Platform, text: usize, counted: CountMethod, daily: i64) -> Self {
        Self { platform, text, counted, bytes: None, title: None, url: None, daily }
    }
}

/// Texts: the networks' documents, looked up 2026-11-21. Posts of a day: the network's own bound where it tells one by
/// its API (Instagram), else the house's pace, which is lower.
fn told() -> [Told; 10] {
    use CountMethod::{Bytes, Codepoints, EmojiBytes, Graphemes, Utf16, Weighted};
    [
        Told::new(Platform::Facebook, 63_206, Codepoints, 25),
        Told::new(Platform::Instagram, 2_200, Codepoints, 100),
        Told::new(Platform::Threads, 500, EmojiBytes, 30),
        Told { url: Some(23), ..Told::new(Platform::Twitter, 280, Weighted, 50) },
        Told { title: Some(150), ..Told::new(Platform::Linkedin, 3_000, Utf16, 20) },
        Told { title: Some(90), ..Told::new(Platform::Tiktok, 2_200, Utf16, 10) },
        Told { title: Some(100), ..Told::new(Platform::Youtube, 5_000, Bytes, 5) },
        Told { title: Some(300), ..Told::new(Platform::Reddit, 40_000, Codepoints, 10) },
        Told { url: Some(23), ..Told::new(Platform::Mastodon, 500, Codepoints, 50) },
        Told { bytes: Some(3_000), ..Told::new(Platform::Bluesky, 300, Graphemes, 50) },
    ]
}

/// A network, a use, a kind: most files, largest file in bytes, longest in seconds.
type MediaTold = (Platform, DraftKind, MediaKind, usize, Option<u64>, Option<u64>);

const MEGA: u64 = 1_000_000;

/// Bluesky's servers take 2 MB now and took 1 MB before: pictures are made to fit the older ones.
const MEDIA: [MediaTold; 20] = {
    use DraftKind::{Carousel, Post, Reel, Short, Story};
    use MediaKind::{Gif, Image, Video};
    [
        (Platform::Facebook, Carousel, Image, 10, Some(4 * MEGA), None),
        (Platform::Facebook, Reel, Video, 1, None, Some(90)),
        (Platform::Facebook, Story, Video, 1, None, Some(60)),
        (Platform::Instagram, Carousel, Image, 10, Some(8 * MEGA), None),
        (Platform::Instagram, Reel, Video, 1, Some(300 * MEGA), Some(15 * 60)),
        (Platform::Instagram, Story, Video, 1, Some(100 * MEGA), Some(60)),
        (Platform::Threads, Carousel, Image, 20, Some(8 * MEGA), None),
        (Platform::Threads, Post, Video, 1, Some(1_000 * MEGA), Some(5 * 60)),
        (Platform::Twitter, Carousel, Image, 4, Some(5 * MEGA), None),
        (Platform::Twitter, Post, Gif, 1, Some(15 * MEGA), None),
        (Platform::Twitter, Post, Video, 1, Some(512 * MEGA), Some(140)),
        (Platform::Linkedin, Carousel, Image, 20, Some(100 * MEGA), None),
        (Platform::Linkedin, Post, Video, 1, Some(500 * MEGA), Some(30 * 60)),
        (Platform::Tiktok, Carousel, Image, 35, Some(20 * MEGA), None),
        (Platform::Tiktok, Post, Video, 1, Some(4_000 * MEGA), Some(10 * 60)),
        (Platform::Youtube, Short, Video, 1, Some(256_000 * MEGA), Some(3 * 60)),
        (Platform::Reddit, Carousel, Image, 20, None, None),
        (Platform::Mastodon, Carousel, Image, 4, Some(16 * MEGA), None),
        (Platform::Mastodon, Post, Video, 1, Some(99 * MEGA), None),
        (Platform::Bluesky, Carousel, Image, 4, Some(MEGA), None),
    ]
};

#[tokio::test]
async fn every_networks_row_says_what_its_documents_say() {
    let house = House::new().await;
    let book = house.accounts.all_rules().await.expect("read");
    let row = |platform| book.iter().find(|r| r.platform == platform).expect("one row per network");
    let told = told();
    assert!(Platform::ALL.iter().all(|p| told.iter().any(|t| t.platform == *p)), "a network is missing in this table");
    for t in told {
        let r = row(t.platform);
        let stored = (r.text_limit, r.count_method, r.bytes_limit, r.title_limit, r.url_weight, r.daily_limit);
        assert_eq!(stored, (t.text, t.counted, t.bytes, t.title, t.url, t.daily), "{}", t.platform);
    }
    for (platform, used_in, kind, count, bytes, seconds) in MEDIA {
        let rule = row(platform).media.of(used_in, kind).expect("a rule");
        let stored = (rule.count_max, rule.bytes_max, rule.duration_max_ms);
        assert_eq!(stored, (Some(count), bytes, seconds.map(|s| s * 1000)), "{platform} {used_in:?} {kind:?}");
    }
    // The caption of a video, and the description of pictures.
    let tiktok = row(Platform::Tiktok);
    assert_eq!(tiktok.text_limit_beside(DraftKind::Post, Some(MediaKind::Video)), 2_200);
    assert_eq!(tiktok.text_limit_beside(DraftKind::Carousel, Some(MediaKind::Image)), 4_000);
    assert_eq!(tiktok.text_limit_beside(DraftKind::Post, None), 2_200);
}

#[derive(Deserialize)]
struct Vectors {
    texts: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    what: String,
    text: String,
    counts: BTreeMap<Platform, usize>,
}

#[tokio::test]
async fn the_rows_count_as_the_networks_do() {
    let house = House::new().await;
    let book: Vec<PlatformRules> = house.accounts.all_rules().await.expect("read");
    let vectors = include_str!("../../../platforms/tests/fixtures/counting.json");
    let vectors: Vectors = serde_json::from_str(vectors).expect("well-formed");
    for vector in vectors.texts {
        for rules in &book {
            assert_eq!(
                rules.count(&vector.text),
                vector.counts[&rules.platform],
                "{} on {}",
                vector.what,
                rules.platform
            );
        }
    }
    let bluesky = book.iter().find(|r| r.platform == Platform::Bluesky).expect("there");
    let family = "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}";
    assert_eq!(bluesky.too_many_bytes(&family.repeat(120)), None);
    assert_eq!(bluesky.too_many_bytes(&family.repeat(121)), Some((3_000, 3_025)), "121 characters, and too many bytes");
}
