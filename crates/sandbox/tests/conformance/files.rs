//! The smallest files that say what they are: a square picture and an upright video of ten seconds.

use axum::body::Bytes;
use rookery_platforms::{Media, MediaKind};

pub fn picture(number: u8, name: &str) -> Media {
    Media {
        width: Some(1080),
        height: Some(1080),
        alt_text: Some("A harbour in the morning".to_owned()),
        ..Media::of_bytes(MediaKind::Image, "image/jpeg", name, picture_bytes(number))
    }
}

pub fn video(name: &str) -> Media {
    Media {
        width: Some(1080),
        height: Some(1920),
        duration_ms: Some(10_000),
        ..Media::of_bytes(MediaKind::Video, "video/mp4", name, video_bytes())
    }
}

/// A JPEG of 1080 × 1080 without its pixels; the number makes another file of it.
pub fn picture_bytes(number: u8) -> Bytes {
    let mut bytes = vec![0xff, 0xd8];
    // JFIF.
    bytes.extend([0xff, 0xe0, 0, 16]);
    bytes.extend(b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0");
    // A comment.
    bytes.extend([0xff, 0xfe, 0, 3, number]);
    // The frame: 8 bits, height, width, three components.
    bytes.extend([0xff, 0xc0, 0, 17, 8, 0x04, 0x38, 0x04, 0x38, 3, 1, 0x11, 0, 2, 0x11, 1, 3, 0x11, 1]);
    bytes.extend([0; 512]);
    bytes.extend([0xff, 0xd9]);
    bytes.into()
}

/// An MP4 of 1080 × 1920 and ten seconds without its pictures; some networks refuse less than 75 KB.
pub fn video_bytes() -> Bytes {
    let mut header = vec![0; 100];
    header[12..16].copy_from_slice(&1_000_u32.to_be_bytes());
    header[16..20].copy_from_slice(&10_000_u32.to_be_bytes());
    let mut track = vec![0; 84];
    track[76..80].copy_from_slice(&(1080_u32 << 16).to_be_bytes());
    track[80..84].copy_from_slice(&(1920_u32 << 16).to_be_bytes());
    let track = in_box(*b"trak", &in_box(*b"tkhd", &track));
    let moov = in_box(*b"moov", &[in_box(*b"mvhd", &header), track].concat());
    [in_box(*b"ftyp", b"isom\0\0\x02\0isomiso2mp41"), moov, in_box(*b"mdat", &vec![7; 100_000])].concat().into()
}

fn in_box(name: [u8; 4], inside: &[u8]) -> Vec<u8> {
    let size = u32::try_from(inside.len() + 8).expect("small");
    [&size.to_be_bytes()[..], &name, inside].concat()
}
