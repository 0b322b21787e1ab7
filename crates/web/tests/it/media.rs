//! The library over HTTP: uploads whole and in pieces, bad files, signed addresses, tenants.

use std::io::Cursor;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use http_body_util::BodyExt as _;
use image::{ImageFormat, Rgb, RgbImage};
use rookery_identity::{KeyScope, MemberRole};
use rookery_kernel::{AccountId, Clock as _, MediaAssetId, Platform};
use rookery_media::Target;
use rookery_platforms::MediaKind;
use rookery_publishing::{Composition, Draft, MediaFiles as _, MediaUse, NewPost, Schedule, StoredFile};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::house::House;

/// A picture with much in it, as JPEG or PNG.
fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let image = RgbImage::from_fn(width, height, |x, y| {
        let [a, b, c, _] = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).to_be_bytes();
        Rgb([a, b, c])
    });
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).expect("a picture");
    bytes.into_inner()
}

/// A JPEG that tells where it was taken and lies on its side.
fn with_place(jpeg: &[u8]) -> Vec<u8> {
    let tiff = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0 Harbour 52.5200N";
    let size = u16::try_from(tiff.len() + 8).expect("short").to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &size, b"Exif\0\0", tiff, &jpeg[2..]].concat()
}

struct Raw {
    status: u16,
    headers: axum::http::HeaderMap,
    bytes: Vec<u8>,
}

impl Raw {
    #[track_caller]
    fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.bytes));
        self
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).expect("JSON")
    }

    fn id(&self) -> String {
        self.json()["id"].as_str().expect("an id").to_owned()
    }
}

/// Somebody with a key who sends bytes.
struct Sender<'a> {
    house: &'a House,
    key: String,
}

impl<'a> Sender<'a> {
    async fn new(house: &'a House) -> Self {
        let client = house.key(&KeyScope::ALL).await;
        Self { house, key: client.credential() }
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Raw {
        let mut request = Request::builder().method(method).uri(path);
        if !self.key.is_empty() {
            request = request.header("authorization", &self.key);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).expect("a request");
        let response = self.house.router().oneshot(request).await.expect("the router always answers");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a whole body").to_bytes().to_vec();
        Raw { status: parts.status.as_u16(), headers: parts.headers, bytes }
    }

    async fn upload(&self, name: &str, bytes: &[u8]) -> Raw {
        let head = format!("--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
        let body = [head.as_bytes(), bytes, b"\r\n--X--\r\n"].concat();
        let kind = [("content-type", "multipart/form-data; boundary=X")];
        self.send(Method::POST, "/api/v1/media", &kind, body).await
    }

    async fn begin(&self, size: usize) -> Raw {
        let size = size.to_string();
        let headers = [
            ("tus-resumable", "1.0.0"),
            ("upload-length", size.as_str()),
            ("upload-metadata", "filename YmlyZC5wbmc="),
        ];
        self.send(Method::POST, "/api/v1/media/uploads", &headers, Body::empty()).await
    }

    async fn piece(&self, place: &str, offset: usize, bytes: impl Into<Body>) -> Raw {
        let offset = offset.to_string();
        let headers = [
            ("tus-resumable", "1.0.0"),
            ("upload-offset", offset.as_str()),
            ("content-type", "application/offset+octet-stream"),
        ];
        self.send(Method::PATCH, place, &headers, bytes).await
    }

    async fn get(&self, path: &str) -> Raw {
        self.send(Method::GET, path, &[], Body::empty()).await
    }

    /// Uploads a file and lets it be looked at.
    async fn ready(&self, name: &str, bytes: &[u8]) -> String {
        let id = self.upload(name, bytes).await.expect(201).id();
        self.house.pass(Duration::ZERO).await;
        let file = self.get(&format!("/api/v1/media/{id}")).await.expect(200).json();
        assert_eq!(file["state"], "completed", "{file}");
        id
    }
}

/// Files in the folder of media, without those of uploads.
fn objects(house: &House) -> Vec<String> {
    fn walk(folder: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            if path.is_dir() { walk(&path, found) } else { found.push(path.display().to_string()) }
        }
    }
    let mut found = Vec::new();
    walk(house.media_folder.path(), &mut found);
    found.sort();
    found
}

#[tokio::test]
async fn a_picture_is_cleaned_shown_and_stored_once() {
    let house = House::new().await;
    let sender = Sender::new(&house).await;
    let bytes = with_place(&picture(1200, 800, ImageFormat::Jpeg));
    assert!(bytes.windows(7).any(|w| w == b"Harbour"));
    let id = sender.ready("bird.exe", &bytes).await;
    let file = sender.get(&format!("/api/v1/media/{id}")).await.expect(200).json();
    assert_eq!((&file["width"], &file["height"]), (&json!(800), &json!(1200)), "upright");
    assert_eq!(file["mimeType"], "image/jpeg");
    let whole = sender.get(&format!("/media/{id}")).await.expect(200);
    assert_eq!((whole.header("content-type"), whole.header("x-content-type-options")), ("image/jpeg", "nosniff"));
    assert!(!whole.bytes.windows(4).any(|w| w == b"Exif") && !whole.bytes.windows(7).any(|w| w == b"Harbour"));
    let part = sender.send(Method::GET, &format!("/media/{id}"), &[("range", "bytes=2-5")], Body::empty()).await;
    let part = part.expect(206);
    assert_eq!(part.bytes, whole.bytes[2..6]);
    assert_eq!(part.header("content-range"), format!("bytes 2-5/{}", whole.bytes.len()));
    let small = sender.get(&format!("/media/{id}/thumbnail")).await.expect(200);
    let small = image::load_from_memory(&small.bytes).expect("a picture");
    assert_eq!((small.width(), small.height()), (341, 512));

    let before = objects(&house);
    assert_eq!(before.len(), 2, "the file and its thumbnail: {before:?}");
    assert_eq!(sender.upload("again.jpg", &bytes).await.expect(201).id(), id, "the same bytes are the same file");
    house.pass(Duration::ZERO).await;
    assert_eq!(objects(&house), before, "one object, and no piece is left");
    assert_eq!(house.count("publishing.media_assets").await, 1);
}

#[tokio::test]
async fn bad_files_are_refused_or_say_why() {
    let house = House::new().await;
    let sender = Sender::new(&house).await;
    for (name, bytes, status, code) in [
        ("photo.jpg", &b"MZ\x90\0this is a program"[..], 415, "file_type"),
        ("drawing.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "file_type"),
        ("nothing.jpg", b"", 422, "file_empty"),
    ] {
        let refused = sender.upload(name, bytes).await.expect(status);
        assert_eq!(refused.json()["code"], code, "{name}");
    }
    let large = [&b"\xff\xd8\xff"[..], &vec![0; 20_100_000]].concat();
    let refused = sender.upload("large.jpg", &large).await.expect(413);
    assert_eq!(refused.json()["code"], "file_too_large");
    assert!(objects(&house).is_empty(), "nothing of it is kept");

    let whole = picture(300, 200, ImageFormat::Png);
    let mut bomb = picture(4, 4, ImageFormat::Png);
    bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    for (name, bytes, word) in [("cut.png", &whole[..whole.len() / 2], "damaged"), ("bomb.png", &bomb, "")] {
        let id = sender.upload(name, bytes).await.expect(201).id();
        house.pass(Duration::ZERO).await;
        let file = sender.get(&format!("/api/v1/media/{id}")).await.expect(200).json();
        assert_eq!(file["state"], "failed", "{name}");
        assert!(file["failure"].as_str().expect("why").contains(word), "{file}");
        sender.get(&format!("/media/{id}")).await.expect(409);
    }
    assert!(objects(&house).is_empty(), "nothing of them is kept");
    let page = house.owner().await.page("/media").await;
    assert!(page.text.contains("It cannot be used"), "people see why");
}

#[tokio::test]
async fn an_upload_goes_on_where_it_broke_off() {
    let house = House::new().await;
    let sender = Sender::new(&house).await;
    let bytes = picture(900, 700, ImageFormat::Png);
    let begun = sender.begin(bytes.len()).await.expect(201);
    let place = begun.header("location").to_owned();
    let half = bytes.len() / 2;
    let first = sender.piece(&place, 0, bytes[..half].to_vec()).await.expect(204);
    assert_eq!(first.header("upload-offset"), half.to_string());
    // The connection breaks in the middle of the second piece; what had arrived is kept.
    let arrived = bytes[half..half + 1000].to_vec();
    let broken = futures::stream::iter([Ok(arrived), Err(std::io::Error::other("the line is dead"))]);
    assert_ne!(sender.piece(&place, half, Body::from_stream(broken)).await.status, 204);
    // Another process (the storage and the row are all there is) is asked and goes on.
    let asked = sender.send(Method::HEAD, &place, &[("tus-resumable", "1.0.0")], Body::empty()).await.expect(200);
    let offset: usize = asked.header("upload-offset").parse().expect("a number");
    assert_eq!(offset, half + 1000);
    let wrong = sender.piece(&place, half, bytes[half..].to_vec()).await.expect(409);
    assert_eq!(wrong.json()["code"], "wrong_offset");
    let more = sender.piece(&place, offset, [&bytes[offset..], b"more"].concat()).await.expect(409);
    assert_eq!(more.json()["code"], "more_than_announced");
    sender.piece(&place, offset, bytes[offset..].to_vec()).await.expect(204);
    house.pass(Duration::ZERO).await;
    let upload = sender.get(&place).await.expect(200).json();
    assert_eq!(upload["state"], "done", "{upload}");
    let file = sender.get(&format!("/api/v1/media/{}", upload["mediaId"].as_str().expect("an id"))).await.json();
    assert_eq!((&file["state"], &file["width"]), (&json!("completed"), &json!(900)));
    assert_eq!(objects(&house).len(), 2, "no piece is left");
    sender.piece(&place, bytes.len(), "x").await.expect(409);
}

#[tokio::test]
async fn an_upload_that_lies_or_is_left_alone_leaves_nothing() {
    let house = House::new().await;
    let sender = Sender::new(&house).await;
    let place = sender.begin(5000).await.expect(201).header("location").to_owned();
    let refused = sender.piece(&place, 0, b"\x7fELF not a picture".to_vec()).await.expect(415);
    assert_eq!(refused.json()["code"], "file_type");
    sender.get(&place).await.expect(404);
    let place = sender.begin(5000).await.expect(201).header("location").to_owned();
    sender.piece(&place, 0, picture(10, 10, ImageFormat::Png)).await.expect(204);
    assert_eq!(objects(&house).len(), 1);
    house.pass(Duration::from_secs(25 * 3600)).await;
    house.media.clean(&house.scope).await.expect("cleaned up");
    sender.get(&place).await.expect(404);
    assert!(objects(&house).is_empty(), "its pieces are gone");
    let headers = [("tus-resumable", "0.2.0"), ("upload-length", "5")];
    sender.send(Method::POST, "/api/v1/media/uploads", &headers, Body::empty()).await.expect(412);
}

fn stored(house: &House, id: &str, width: u32, height: u32, size: u64, key: String) -> StoredFile {
    StoredFile {
        organization_id: house.scope.organization_id,
        asset_id: id.parse().expect("an id"),
        kind: MediaKind::Image,
        mime_type: "image/png".into(),
        size,
        width: Some(width),
        height: Some(height),
        duration_ms: None,
        alt_text: None,
        file_name: "bird.png".into(),
        key,
    }
}

#[tokio::test]
async fn networks_fetch_a_fitted_version_by_an_address_that_ends() {
    let house = House::new().await;
    let sender = Sender::new(&house).await;
    let id = sender.ready("bird.png", &picture(2000, 1600, ImageFormat::Png)).await;
    let asset = house.media.get(&house.scope, id.parse().expect("an id")).await.expect("there");
    let file = stored(&house, &id, 2000, 1600, asset.size, asset.key.clone());
    let rules = house.accounts.rules(Platform::Instagram).await.expect("rules").media;
    let rule = rules.of(rookery_platforms::DraftKind::Post, MediaKind::Image).expect("a rule");
    let target = Target {
        width_max: rule.width_max,
        height_max: rule.height_max,
        bytes_max: rule.bytes_max,
        types: vec![rookery_media::FileType::Jpeg],
    };
    let fitted = house.media.fitted(&file, &target).await.expect("fitted");
    assert_eq!((fitted.width, fitted.height, fitted.mime_type.as_str()), (Some(1440), Some(1152), "image/jpeg"));
    assert!(fitted.size <= 8_000_000);
    let made = objects(&house);
    assert_eq!(house.media.fitted(&file, &target).await.expect("again"), fitted);
    assert_eq!(objects(&house), made, "it is made once");

    let nobody = Sender { house: &house, key: String::new() };
    let address = house.media.public_url(&fitted, house.clock.now()).expect("a public address");
    assert_eq!(address.host_str(), Some("media.example"));
    let fetched = nobody.get(address.path()).await.expect(200);
    assert_eq!((fetched.header("content-type"), fetched.bytes.len() as u64), ("image/jpeg", fitted.size));
    let image = image::load_from_memory(&fetched.bytes).expect("a picture");
    assert_eq!((image.width(), image.height()), (1440, 1152));
    let whole = house.media.public_url(&file, house.clock.now()).expect("a public address");
    assert_eq!(nobody.get(whole.path()).await.expect(200).header("content-type"), "image/png");
    house.clock.advance(Duration::from_secs(24 * 3600));
    nobody.get(address.path()).await.expect(200);
    house.clock.advance(Duration::from_secs(7 * 24 * 3600));
    nobody.get(address.path()).await.expect(404);
    nobody.get("/media/AAAA/bird.jpg").await.expect(404);
    assert_eq!(nobody.get(&format!("/media/{id}/thumbnail")).await.status, 303, "people sign in first");
}

async fn post_with(house: &House, account: AccountId, id: &str, schedule: Schedule) -> rookery_kernel::PostId {
    let asset_id: MediaAssetId = id.parse().expect("an id");
    let media = vec![MediaUse { asset_id, alt_text: Some("A bird".into()) }];
    let new = NewPost {
        content: "Low water at noon".into(),
        title: None,
        account_ids: vec![account],
        schedule,
        timezone: "Europe/Berlin".parse().expect("a zone"),
        composition: Composition { media, ..Composition::default() },
    };
    house.publishing.create_post(&house.scope, new).await.expect("a post that fits").post.id
}

#[tokio::test]
async fn files_are_described_found_used_deleted_and_brought_back() {
    let house = House::new().await;
    let sender = Sender::new(&house).await;
    let owner = house.owner().await;
    let (account, _) = house.connect(Platform::Mastodon, "tide").await;
    let id = sender.ready("bird 100%.png", &picture(400, 300, ImageFormat::Png)).await;
    let words = json!({"title": "Heron", "altText": "A heron on a pole", "tags": ["#Sea", "sea", "birds"]});
    let file = owner.patch(&format!("/media/{id}"), &words).await.expect(200);
    assert_eq!(file.json["tags"], json!(["sea", "birds"]));
    let long = json!({"altText": "x".repeat(1001)});
    owner.patch(&format!("/media/{id}"), &long).await.refused(422, "invalid");
    for (search, count) in [("heron", 1), ("SEA", 0), ("sea", 1), ("100%25", 1), ("50%25", 0), ("_", 0), ("gull", 0)] {
        let found = owner.get(&format!("/media?search={search}")).await.expect(200);
        assert_eq!(found.json["items"].as_array().expect("items").len(), count, "{search}");
    }
    assert_eq!(owner.get("/media?kind=video").await.expect(200).json["items"], json!([]));

    let at = "2026-03-05T09:00:00Z".parse().expect("a time");
    let post = post_with(&house, account.id, &id, Schedule::At(at)).await;
    let uses = owner.get(&format!("/media/{id}/uses")).await.expect(200);
    assert_eq!(uses.at("/items/0/postId"), post.to_string());
    let refused = owner.delete(&format!("/media/{id}")).await.refused(409, "media_in_use");
    assert!(refused.text.contains("Low water at noon") && refused.text.contains(&post.to_string()));
    owner.act(&format!("/posts/{post}/cancel")).await.expect(200);
    owner.delete(&format!("/media/{id}")).await.expect(204);
    owner.get(&format!("/media/{id}")).await.refused(404, "not_found");
    owner.act(&format!("/media/{id}/restore")).await.expect(200);
    owner.delete(&format!("/media/{id}")).await.expect(204);
    // A post uses it still, so its bytes stay; then nobody does.
    house.clock.advance(Duration::from_secs(31 * 24 * 3600));
    assert_eq!(
        house.media.clean(&house.scope).await.expect("cleaned"),
        (1, 0),
        "the upload is forgotten, not the file"
    );
    house.publishing.delete_post(&house.scope, post).await.expect("out nowhere");
    assert_eq!(house.media.clean(&house.scope).await.expect("cleaned").1, 1);
    assert!(objects(&house).is_empty());
    assert_eq!(house.count("publishing.media_assets").await, 0);
}

#[tokio::test]
async fn findings_tell_what_is_scaled_and_what_does_not_fit() {
    let house = House::new().await;
    let sender = Sender::new(&house).await;
    let (mastodon, _) = house.connect(Platform::Mastodon, "tide").await;
    let id = sender.ready("bird.png", &picture(600, 400, ImageFormat::Png)).await;
    let media = vec![MediaUse { asset_id: id.parse().expect("an id"), alt_text: Some("A bird".into()) }; 5];
    let mut draft = Draft::of_text("Hello", vec![mastodon.id], Schedule::Draft);
    draft.composition = Composition { media, ..Composition::default() };
    let findings = house.publishing.validate(&house.scope, &draft).await.expect("checked");
    let many = findings.iter().find(|f| f.code.label() == "too_many_media").expect("five are too many for Mastodon");
    assert_eq!((many.field, many.limit, many.actual), ("media", Some(4), Some(5)));
    assert_eq!(many.account_id, Some(mastodon.id));
}

#[tokio::test]
async fn other_organizations_and_viewers_stay_outside() {
    let house = House::new().await;
    let sender = Sender::new(&house).await;
    let id = sender.ready("bird.png", &picture(40, 30, ImageFormat::Png)).await;
    let place = sender.begin(5000).await.expect(201).header("location").to_owned();
    let (stranger, _) = house.stranger().await;
    assert_eq!(stranger.page(&format!("/media/{id}")).await.status, 404);
    assert_eq!(stranger.page(&format!("/media/{id}/thumbnail")).await.status, 404);
    assert!(!stranger.page("/media").await.text.contains(&id));
    assert!(!stranger.page("/media/picker").await.text.contains(&id));
    stranger.get(place.trim_start_matches("/api/v1")).await.refused(404, "not_found");
    let viewer = house.member(MemberRole::Viewer).await;
    viewer.get(&format!("/media/{id}")).await.expect(200);
    viewer.delete(&format!("/media/{id}")).await.refused(403, "forbidden");
    let page = viewer.page("/media").await;
    assert!(page.text.contains(&id) && !page.text.contains("data-drop"), "viewers look");
    let owner = house.owner().await;
    assert!(owner.page("/media/picker").await.text.contains(&format!("data-media-id=\"{id}\"")));
    owner.post("/media/import", &json!({"url": "http://169.254.169.254/x"})).await.refused(422, "invalid");
    owner.post("/media/import", &json!({"url": "http://localhost:1/x"})).await.refused(422, "invalid");
}
