//! What a file is, by its first bytes.

use rookery_platforms::MediaKind;

/// As many first bytes as [`sniff`] looks at; fewer are fine if the file has no more.
pub(crate) const LOOKED_AT: usize = 4096;

/// The types that the library takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileType {
    /// JPEG (ISO/IEC 10918).
    Jpeg,
    /// PNG.
    Png,
    /// WebP, still.
    WebP,
    /// Windows bitmap.
    Bmp,
    /// GIF, moving or still.
    Gif,
    /// MPEG-4 (ISO/IEC 14496-12).
    Mp4,
    /// QuickTime.
    Mov,
    /// WebM.
    WebM,
}

impl FileType {
    /// The media type.
    pub const fn mime_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Bmp => "image/bmp",
            Self::Gif => "image/gif",
            Self::Mp4 => "video/mp4",
            Self::Mov => "video/quicktime",
            Self::WebM => "video/webm",
        }
    }

    /// The usual ending of names.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Bmp => "bmp",
            Self::Gif => "gif",
            Self::Mp4 => "mp4",
            Self::Mov => "mov",
            Self::WebM => "webm",
        }
    }

    /// What networks make of it.
    pub const fn kind(self) -> MediaKind {
        match self {
            Self::Jpeg | Self::Png | Self::WebP | Self::Bmp => MediaKind::Image,
            Self::Gif => MediaKind::Gif,
            Self::Mp4 | Self::Mov | Self::WebM => MediaKind::Video,
        }
    }

    /// The type of a media type that this crate writes.
    pub fn of_mime_type(mime_type: &str) -> Option<Self> {
        let all = [Self::Jpeg, Self::Png, Self::WebP, Self::Bmp, Self::Gif, Self::Mp4, Self::Mov, Self::WebM];
        all.into_iter().find(|t| t.mime_type() == mime_type)
    }
}

/// Why a file is not taken. Every variant is a sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No bytes.
    #[error("the file is empty; choose it again")]
    Empty,
    /// Not a picture or video that is taken.
    #[error("{0}")]
    WrongType(String),
    /// More bytes than allowed.
    #[error("the file has {} and at most {} are allowed; make it smaller", size(*actual), size(*limit))]
    TooLarge {
        /// Bytes allowed.
        limit: u64,
        /// Bytes given.
        actual: u64,
    },
    /// It would fill the memory when opened.
    #[error("the picture has {width} × {height} pixels, more than {} million in total; make it smaller", limit / 1_000_000)]
    TooManyPixels {
        /// As the file says.
        width: u32,
        /// As the file says.
        height: u32,
        /// Pixels allowed.
        limit: u64,
    },
    /// Cut off or broken.
    #[error("the file is damaged ({0}); export or copy it again")]
    Damaged(String),
}

impl Refusal {
    /// A stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "file_empty",
            Self::WrongType(_) => "file_type",
            Self::TooLarge { .. } => "file_too_large",
            Self::TooManyPixels { .. } => "too_many_pixels",
            Self::Damaged(_) => "file_damaged",
        }
    }

    pub(crate) fn damaged(what: impl std::fmt::Display) -> Self {
        Self::Damaged(what.to_string())
    }
}

/// Bytes as people say them.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// The type by the first bytes (4,096 are enough).
///
/// # Errors
/// [`Refusal::Empty`], or [`Refusal::WrongType`] with a sentence that names what was found.
pub fn sniff(head: &[u8]) -> Result<FileType, Refusal> {
    if head.is_empty() {
        return Err(Refusal::Empty);
    }
    if head.starts_with(&[0xff, 0xd8, 0xff]) {
        return Ok(FileType::Jpeg);
    }
    if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Ok(FileType::Png);
    }
    if head.starts_with(b"GIF87a") || head.starts_with(b"GIF89a") {
        return Ok(FileType::Gif);
    }
    if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        return Ok(FileType::WebP);
    }
    // The second field of a bitmap's header is the size of the third, one of a few numbers.
    if head.starts_with(b"BM")
        && head.get(14..18).is_some_and(|n| matches!(n, [12 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0]))
    {
        return Ok(FileType::Bmp);
    }
    if head.starts_with(&[0x1a, 0x45, 0xdf, 0xa3]) {
        let looked = &head[..head.len().min(64)];
        return if looked.windows(4).any(|w| w == b"webm") {
            Ok(FileType::WebM)
        } else {
            Err(wrong("Matroska video is not taken", "Save it as MP4"))
        };
    }
    match (head.get(4..8), head.get(8..12)) {
        (Some(b"ftyp"), Some(brand)) => return by_brand(brand),
        (Some(b"moov" | b"mdat" | b"wide" | b"free" | b"skip"), _) => return Ok(FileType::Mov),
        _ => {}
    }
    Err(foreign(head))
}

fn by_brand(brand: &[u8]) -> Result<FileType, Refusal> {
    match brand {
        b"qt  " => Ok(FileType::Mov),
        b"heic" | b"heix" | b"hevc" | b"hevx" | b"mif1" | b"msf1" | b"heim" | b"heis" => {
            Err(wrong("HEIC pictures are not taken", "Save it as JPEG"))
        }
        b"avif" | b"avis" => Err(wrong("AVIF pictures are not taken", "Save it as JPEG or PNG")),
        b"M4A " | b"M4B " | b"M4P " => Err(wrong("sound alone is not taken", "Choose a picture or a video")),
        _ => Ok(FileType::Mp4),
    }
}

/// What else it may be, so that the sentence helps.
fn foreign(head: &[u8]) -> Refusal {
    let start = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let looked: Vec<u8> = start.iter().take(1024).map(u8::to_ascii_lowercase).collect();
    let has = |words: &[u8]| looked.windows(words.len()).any(|w| w == words);
    if looked.starts_with(b"<") && has(b"<svg") {
        return wrong("SVG drawings are not taken, because they can hold programs", "Export it as PNG");
    }
    let programs: [&[u8]; 5] = [b"MZ", b"\x7fELF", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe", b"#!"];
    if programs.iter().any(|p| head.starts_with(p)) {
        return wrong("this is a program, whatever its name says", "Choose a picture or a video");
    }
    if head.starts_with(b"%PDF") {
        return wrong("PDF files are not taken", "Export the page as JPEG or PNG");
    }
    if head.starts_with(b"PK\x03\x04") {
        return wrong("archives are not taken", "Unpack it and choose the picture or video");
    }
    wrong("this is no picture or video that Rookery knows", "Choose a JPEG, PNG, WebP, GIF, MP4, MOV or WebM")
}

fn wrong(what: &str, instead: &str) -> Refusal {
    Refusal::WrongType(format!("{what}. {instead}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_follows_from_the_bytes() {
        for (head, expected) in [
            (&b"\xff\xd8\xff\xe0\0\x10JFIF"[..], FileType::Jpeg),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", FileType::Png),
            (b"GIF89a\x01\0\x01\0", FileType::Gif),
            (b"RIFF\x10\0\0\0WEBPVP8 ", FileType::WebP),
            (b"\0\0\0\x18ftypmp42\0\0\0\0", FileType::Mp4),
            (b"\0\0\0\x14ftypqt  \0\0\0\0", FileType::Mov),
            (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", FileType::WebM),
        ] {
            assert_eq!(sniff(head), Ok(expected), "{head:?}");
        }
    }

    #[test]
    fn programs_drawings_and_nonsense_are_refused_with_a_way_out() {
        for (head, word) in [
            (&b"MZ\x90\0\x03"[..], "program"),
            (b"\x7fELF\x02\x01", "program"),
            (b"#!/bin/sh\nrm", "program"),
            (b"<?xml version=\"1.0\"?>\n<!-- x --><svg xmlns=", "SVG"),
            (b" \n<SVG onload=alert(1)>", "SVG"),
            (b"%PDF-1.7", "PDF"),
            (b"PK\x03\x04", "archives"),
            (b"\0\0\0\x18ftypheic", "HEIC"),
            (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x88matroska", "Matroska"),
            (b"BM is only two letters", "no picture"),
            (b"hello", "no picture"),
        ] {
            let refusal = sniff(head).expect_err("refused");
            assert!(refusal.to_string().contains(word), "{word} in {refusal}");
            assert_eq!(refusal.code(), "file_type");
        }
        assert_eq!(sniff(b""), Err(Refusal::Empty));
    }
}
