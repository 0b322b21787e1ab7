//! A server from which a network fetches media.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use rookery_platforms::{Media, MediaKind};

/// A picture, as far as its head tells.
pub const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0";
const VIDEO: &[u8] = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom";

/// A video of so many bytes, as far as its head tells.
pub fn film(size: usize) -> Vec<u8> {
    let mut bytes = VIDEO.to_vec();
    bytes.resize(size, 7);
    bytes
}

/// `a.jpg`, `b.jpg`, `clip.mp4`, and `lie.jpg`, which is a page.
pub struct Pictures {
    pub origin: String,
}

impl Pictures {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let file =
            |mime: &'static str, bytes: &'static [u8]| get(move || async move { ([(CONTENT_TYPE, mime)], bytes) });
        let router = Router::new()
            .route("/a.jpg", file("image/jpeg", JPEG))
            .route("/b.jpg", file("image/jpeg", JPEG))
            .route("/clip.mp4", file("video/mp4", VIDEO))
            .route("/lie.jpg", file("image/jpeg", b"<html>"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { origin }
    }

    pub fn url(&self, name: &str) -> String {
        format!("{}/{name}", self.origin)
    }

    pub fn medium(&self, name: &str) -> Media {
        let (kind, mime) =
            if name.ends_with("mp4") { (MediaKind::Video, "video/mp4") } else { (MediaKind::Image, "image/jpeg") };
        Media { public_url: self.url(name).parse().ok(), ..Media::of_bytes(kind, mime, name, JPEG.into()) }
    }
}
