//! Pictures and videos that arrive: their digest, type and size. The bytes themselves are not kept.

use axum::body::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What a piece of media is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A still picture.
    Image,
    /// A video.
    Video,
    /// A GIF, moving or not.
    Gif,
}

/// A piece of media on a post.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaItem {
    /// What it is.
    pub kind: MediaKind,
    /// MIME type, by the bytes.
    pub mime: String,
    /// Size.
    pub bytes: u64,
    /// SHA-256 of the bytes in hex.
    pub digest: String,
    /// Alternative text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alt: Option<String>,
    /// Pixels; 0 where the file does not say.
    pub width: u32,
    /// Pixels; 0 where the file does not say.
    pub height: u32,
    /// Length of a video, where the file says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
}

impl MediaItem {
    /// Reads the bytes; `None` if they are no PNG, JPEG, GIF, WebP or MP4.
    pub(crate) fn read(bytes: &[u8], alt: Option<&str>) -> Option<Self> {
        let sniffed = sniff(bytes)?;
        Some(Self {
            kind: sniffed.kind,
            mime: sniffed.mime.to_owned(),
            bytes: bytes.len() as u64,
            digest: digest_hex(bytes),
            alt: alt.map(ToOwned::to_owned),
            width: sniffed.width,
            height: sniffed.height,
            duration_ms: sniffed.duration_ms,
        })
    }
}

/// Media that a network fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FetchedMedia {
    /// By the bytes, else what the server said.
    pub mime: String,
    pub bytes: Bytes,
    /// SHA-256 in hex.
    pub digest: String,
}

/// SHA-256 in hex.
pub(crate) fn digest_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// What the first bytes tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sniffed {
    pub kind: MediaKind,
    pub mime: &'static str,
    pub width: u32,
    pub height: u32,
    pub duration_ms: Option<u64>,
}

/// Type and size of PNG, JPEG, GIF, WebP and MP4 (QuickTime too).
pub(crate) fn sniff(bytes: &[u8]) -> Option<Sniffed> {
    let (kind, mime) = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        (MediaKind::Image, "image/png")
    } else if bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        (MediaKind::Image, "image/jpeg")
    } else if bytes.starts_with(b"GIF8") {
        (MediaKind::Gif, "image/gif")
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        (MediaKind::Image, "image/webp")
    } else if bytes.get(4..8) == Some(b"ftyp") {
        return Some(video(bytes));
    } else {
        return None;
    };
    let size = imagesize::blob_size(bytes).ok();
    let pixels = |n: usize| u32::try_from(n).unwrap_or(0);
    let (width, height) = size.map_or((0, 0), |s| (pixels(s.width), pixels(s.height)));
    Some(Sniffed { kind, mime, width, height, duration_ms: None })
}

/// Reads the boxes of an MP4 (ISO/IEC 14496-12): `moov/mvhd` has the length, `moov/trak/tkhd` the size.
fn video(bytes: &[u8]) -> Sniffed {
    let mime = if bytes.get(8..12) == Some(b"qt  ") { "video/quicktime" } else { "video/mp4" };
    let moov = boxes(bytes).find(|(name, _)| name == b"moov").map_or(&[][..], |(_, inside)| inside);
    let header = boxes(moov).find(|(name, _)| name == b"mvhd").map_or(&[][..], |(_, inside)| inside);
    // Version 1 has times of eight bytes, version 0 of four; the time scale stands behind two times.
    let is_long = header.first() == Some(&1);
    let (scale_at, long_at) = if is_long { (20, 24) } else { (12, 16) };
    let ticks = if is_long {
        header.get(long_at..long_at + 8).and_then(|b| b.try_into().ok()).map(u64::from_be_bytes)
    } else {
        number(header, long_at).map(u64::from)
    };
    let scale = number(header, scale_at).map(u64::from).filter(|s| *s > 0);
    let duration_ms = ticks.zip(scale).map(|(ticks, scale)| ticks.saturating_mul(1000) / scale);
    // Tracks of sound have no size.
    let sizes = boxes(moov).filter(|(name, _)| name == b"trak").filter_map(|(_, track)| {
        let (_, head) = boxes(track).find(|(name, _)| name == b"tkhd")?;
        // The last two numbers, 16 bits before and 16 behind the point.
        let at = head.len().checked_sub(8)?;
        Some((number(head, at)? >> 16, number(head, at + 4)? >> 16))
    });
    let (width, height) = sizes.max().unwrap_or((0, 0));
    Sniffed { kind: MediaKind::Video, mime, width, height, duration_ms }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4).and_then(|b| b.try_into().ok()).map(u32::from_be_bytes)
}

/// The boxes in these bytes: name and content. A broken box ends the list.
fn boxes(mut bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    std::iter::from_fn(move || {
        let name = bytes.get(4..8)?;
        let (head, size) = match number(bytes, 0)? {
            // To the end of the file.
            0 => (8, bytes.len()),
            // A size of eight bytes follows the name.
            1 => {
                let size = bytes.get(8..16).and_then(|b| b.try_into().ok()).map(u64::from_be_bytes)?;
                (16, usize::try_from(size).ok()?)
            }
            size => (8, usize::try_from(size).ok()?),
        };
        let inside = bytes.get(head..size)?;
        bytes = &bytes[size..];
        Some((name, inside))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_box(name: &[u8], inside: &[u8]) -> Vec<u8> {
        let size = u32::try_from(inside.len() + 8).expect("small");
        [&size.to_be_bytes()[..], name, inside].concat()
    }

    #[test]
    fn pictures_tell_their_type_and_size() {
        let gif = sniff(b"GIF89a\x03\x00\x02\x00\x00\x00\x00").expect("a picture");
        assert_eq!((gif.kind, gif.mime, gif.width, gif.height), (MediaKind::Gif, "image/gif", 3, 2));
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 4, 0, 0, 0, 2, 0, 8, 2, 0, 0, 0]);
        let item = MediaItem::read(&png, Some("A harbour")).expect("a picture");
        assert_eq!((item.mime.as_str(), item.width, item.height), ("image/png", 1024, 512));
        assert_eq!((item.bytes, item.digest.len()), (png.len() as u64, 64));
        assert_eq!(sniff(b"<html>"), None);
    }

    #[test]
    fn a_video_tells_its_size_and_length() {
        let mut header = vec![0; 100];
        header[12..16].copy_from_slice(&600_u32.to_be_bytes());
        header[16..20].copy_from_slice(&1_500_u32.to_be_bytes());
        let mut track = vec![0; 84];
        track[76..80].copy_from_slice(&(1080_u32 << 16).to_be_bytes());
        track[80..84].copy_from_slice(&(1920_u32 << 16).to_be_bytes());
        let track = in_box(b"trak", &in_box(b"tkhd", &track));
        let sound = in_box(b"trak", &in_box(b"tkhd", &[0; 84]));
        let moov = in_box(b"moov", &[in_box(b"mvhd", &header), sound, track].concat());
        let file = [in_box(b"ftyp", b"isomxxxx"), in_box(b"mdat", &[1, 2, 3]), moov].concat();
        let video = sniff(&file).expect("a video");
        assert_eq!((video.mime, video.width, video.height), ("video/mp4", 1080, 1920));
        assert_eq!(video.duration_ms, Some(2_500));
        assert_eq!(sniff(&file[..12]).expect("a video").duration_ms, None);
    }
}
