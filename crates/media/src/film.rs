//! Videos: size, length, codecs; whether the file is whole; where it tells a place.
//!
//! Only the boxes that are needed are read (ISO/IEC 14496-12 §4.2, §6, §8; RFC 8794 and RFC 9559 for WebM), each
//! within the bounds of its parent, so that a crafted file can neither read outside nor ask for memory.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use crate::kind::{FileType, Refusal};

/// Longest index of a video that is read; an hour has about 10 MB.
const INDEX_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// Boxes on the top level; fragmented videos have two per second or so.
const BOXES_MAX: usize = 200_000;

/// What a video says about itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Film {
    /// Pixels, as shown: a film that was turned on the phone has its sides exchanged.
    pub width: u32,
    /// Pixels, as shown.
    pub height: u32,
    /// Milliseconds.
    pub duration_ms: u64,
    /// Code of the pictures' codec, such as `avc1`, `hvc1` or `V_VP9`.
    pub codec: String,
    /// Code of the sound's codec; none if it is silent.
    pub sound: Option<String>,
    /// Pictures per second, if the file says so.
    pub fps: Option<f64>,
}

/// Reads a video and takes out what tells the place it was made at: in MP4 and MOV the boxes of user data are
/// renamed to free space in the file, which moves nothing.
///
/// # Errors
/// [`Refusal::Damaged`] with what is missing.
pub fn judge_film(path: &Path, file_type: FileType) -> Result<Film, Refusal> {
    let io = |e: std::io::Error| Refusal::damaged(format!("it cannot be read: {e}"));
    let mut file = File::options().read(true).write(true).open(path).map_err(io)?;
    let size = file.metadata().map_err(io)?.len();
    match file_type {
        FileType::WebM => webm(&mut file, size),
        _ => mp4(&mut file, size),
    }
}

/// One box: name, where its content begins and ends.
#[derive(Debug, Clone, Copy)]
struct Section {
    name: [u8; 4],
    start: usize,
    content: usize,
    end: usize,
}

fn mp4(file: &mut File, size: u64) -> Result<Film, Refusal> {
    let cut = || Refusal::damaged("it ends too early; the upload or export was cut off");
    let io = |_| cut();
    let (mut at, mut index, mut private) = (0_u64, None, Vec::new());
    let (mut has_pictures, mut boxes) = (false, 0);
    while at < size {
        boxes += 1;
        if boxes > BOXES_MAX {
            return Err(Refusal::damaged("too many parts"));
        }
        file.seek(SeekFrom::Start(at)).map_err(io)?;
        let mut head = [0; 16];
        let got = usize::try_from((size - at).min(16)).unwrap_or(16);
        if got < 8 {
            return Err(cut());
        }
        file.read_exact(&mut head[..got]).map_err(io)?;
        let short = u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]]));
        let name = [head[4], head[5], head[6], head[7]];
        let (header, length) = match short {
            0 => (8, size - at),
            1 if got == 16 => (16, u64::from_be_bytes(head[8..16].try_into().expect("eight bytes"))),
            length => (8, length),
        };
        if length < header {
            return Err(Refusal::damaged("a part of impossible size"));
        }
        if at.checked_add(length).is_none_or(|end| end > size) {
            return Err(cut());
        }
        match &name {
            b"moov" => {
                let length = length - header;
                if length > INDEX_BYTES_MAX {
                    return Err(Refusal::damaged("its index is too long"));
                }
                let mut bytes = vec![0; usize::try_from(length).map_err(|_| cut())?];
                file.seek(SeekFrom::Start(at + header)).map_err(io)?;
                file.read_exact(&mut bytes).map_err(io)?;
                index = Some((at + header, bytes));
            }
            b"mdat" => has_pictures = true,
            b"uuid" | b"meta" | b"udta" => private.push(at),
            _ => {}
        }
        at += length;
    }
    let Some((offset, index)) = index else {
        return Err(Refusal::damaged("its index (moov) is missing; the recording or upload was cut off"));
    };
    if !has_pictures {
        return Err(Refusal::damaged("it holds no pictures"));
    }
    let film = movie(&index)?;
    for section in notes_of(&index) {
        private.push(offset + section as u64);
    }
    for start in private {
        let write = |e: std::io::Error| Refusal::damaged(format!("it cannot be cleaned: {e}"));
        file.seek(SeekFrom::Start(start + 4)).map_err(write)?;
        file.write_all(b"free").map_err(write)?;
    }
    Ok(film)
}

/// The boxes within a stretch.
fn sections(bytes: &[u8], from: usize, to: usize) -> Vec<Section> {
    let (mut at, mut found) = (from, Vec::new());
    while let Some(head) = bytes.get(at..at + 8).filter(|_| at + 8 <= to) {
        let short = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let (header, length) = match short {
            0 => (8, to - at),
            1 => {
                let Some(long) = bytes.get(at + 8..at + 16) else { break };
                let long = u64::from_be_bytes(long.try_into().expect("eight bytes"));
                (16, usize::try_from(long).unwrap_or(usize::MAX))
            }
            length => (8, length),
        };
        let Some(end) = at.checked_add(length).filter(|end| length >= header && *end <= to) else { break };
        found.push(Section { name: [head[4], head[5], head[6], head[7]], start: at, content: at + header, end });
        at = end;
    }
    found
}

fn child(bytes: &[u8], of: Section, name: [u8; 4]) -> Option<Section> {
    sections(bytes, of.content, of.end).into_iter().find(|s| s.name == name)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4).map(|b| u32::from_be_bytes(b.try_into().expect("four bytes")))
}

/// Where notes of the user begin in the index: `udta` and `meta` of the film and of each track.
fn notes_of(index: &[u8]) -> Vec<usize> {
    let top = sections(index, 0, index.len());
    let tracks = top.iter().filter(|s| s.name == *b"trak").flat_map(|t| sections(index, t.content, t.end));
    let all = top.iter().copied().chain(tracks);
    all.filter(|s| matches!(&s.name, b"udta" | b"meta")).map(|s| s.start).collect()
}

/// Units per second and length in them, of `mvhd` or `mdhd`, which begin alike.
fn times(bytes: &[u8], at: Section) -> Option<(u32, u64)> {
    let version = *bytes.get(at.content)?;
    if version == 1 {
        let length = bytes.get(at.content + 24..at.content + 32)?;
        Some((u32_at(bytes, at.content + 20)?, u64::from_be_bytes(length.try_into().ok()?)))
    } else {
        Some((u32_at(bytes, at.content + 12)?, u32_at(bytes, at.content + 16)?.into()))
    }
}

fn milliseconds((scale, length): (u32, u64)) -> u64 {
    if scale == 0 || length >= u64::from(u32::MAX) * 1000 { 0 } else { length.saturating_mul(1000) / u64::from(scale) }
}

fn movie(index: &[u8]) -> Result<Film, Refusal> {
    let top = sections(index, 0, index.len());
    let header = top.iter().find(|s| s.name == *b"mvhd").and_then(|s| times(index, *s));
    let mut film = Film { duration_ms: header.map_or(0, milliseconds), ..Film::default() };
    // Fragmented films have their length in another place (ISO/IEC 14496-12 §8.8.2).
    if film.duration_ms == 0
        && let Some(extends) = top.iter().find(|s| s.name == *b"mvex")
        && let Some(length) = child(index, *extends, *b"mehd")
        && let Some((scale, _)) = header
    {
        let long = index.get(length.content) == Some(&1);
        let bytes = index.get(length.content + 4..length.content + if long { 12 } else { 8 }).unwrap_or_default();
        let value = bytes.iter().fold(0_u64, |n, b| n << 8 | u64::from(*b));
        film.duration_ms = milliseconds((scale, value));
    }
    for track in top.iter().filter(|s| s.name == *b"trak") {
        let Some(media) = child(index, *track, *b"mdia") else { continue };
        let handler = child(index, media, *b"hdlr").and_then(|h| index.get(h.content + 8..h.content + 12));
        let table = child(index, media, *b"minf").and_then(|m| child(index, m, *b"stbl"));
        let entry =
            table.and_then(|t| child(index, t, *b"stsd")).and_then(|d| index.get(d.content + 12..d.content + 16));
        let codec = entry.map(|name| String::from_utf8_lossy(name).trim().to_owned()).unwrap_or_default();
        let length = child(index, media, *b"mdhd").and_then(|s| times(index, s));
        match handler {
            Some(b"vide") if film.codec.is_empty() => {
                let Some((width, height)) = child(index, *track, *b"tkhd").and_then(|t| shown_size(index, t)) else {
                    continue;
                };
                (film.width, film.height, film.codec) = (width, height, codec);
                let length_ms = length.map_or(0, milliseconds);
                if film.duration_ms == 0 {
                    film.duration_ms = length_ms;
                }
                let pictures = table.and_then(|t| child(index, t, *b"stsz")).and_then(|s| u32_at(index, s.content + 8));
                film.fps =
                    pictures.filter(|n| *n > 1 && length_ms > 0).map(|n| f64::from(n) * 1000.0 / length_ms as f64);
            }
            Some(b"soun") => film.sound = Some(codec),
            _ => {}
        }
    }
    complete(film)
}

fn complete(film: Film) -> Result<Film, Refusal> {
    if film.codec.is_empty() || film.width == 0 || film.height == 0 {
        return Err(Refusal::damaged("it holds no video track"));
    }
    if film.duration_ms == 0 {
        return Err(Refusal::damaged("it does not say how long it is"));
    }
    Ok(film)
}

/// Width and height of `tkhd`, exchanged if its matrix turns the picture by a quarter (§8.3.2).
fn shown_size(index: &[u8], header: Section) -> Option<(u32, u32)> {
    let matrix = header.content + if *index.get(header.content)? == 1 { 52 } else { 40 };
    let (a, b) = (u32_at(index, matrix)?, u32_at(index, matrix + 4)?);
    let (width, height) = (u32_at(index, matrix + 36)? >> 16, u32_at(index, matrix + 40)? >> 16);
    Some(if a == 0 && b != 0 { (height, width) } else { (width, height) })
}

/// A number of EBML: its value, its bytes, and whether it means "unknown".
fn vint(bytes: &[u8], keep_marker: bool) -> Option<(u64, usize, bool)> {
    let first = *bytes.first()?;
    let length = first.leading_zeros() as usize + 1;
    if length > 8 || bytes.len() < length {
        return None;
    }
    let mask = if keep_marker { 0xff } else { 0xff_u8.checked_shr(u32::try_from(length).unwrap_or(8)).unwrap_or(0) };
    let value = bytes[1..length].iter().fold(u64::from(first & mask), |n, b| n << 8 | u64::from(*b));
    let unknown = !keep_marker && value == (1_u64 << (7 * length)) - 1;
    Some((value, length, unknown))
}

/// An element: id, where its content begins, where it ends if it says so.
fn element(bytes: &[u8]) -> Option<(u64, usize, Option<u64>)> {
    let (id, id_bytes, _) = vint(bytes, true)?;
    let (length, length_bytes, unknown) = vint(&bytes[id_bytes..], false)?;
    Some((id, id_bytes + length_bytes, (!unknown).then_some(length)))
}

/// The elements within a stretch.
fn elements(bytes: &[u8]) -> Vec<(u64, &[u8])> {
    let (mut at, mut found) = (0, Vec::new());
    while let Some((id, head, Some(length))) = bytes.get(at..).and_then(element) {
        let Some(content) = usize::try_from(length).ok().and_then(|l| bytes.get(at + head..)?.get(..l)) else { break };
        found.push((id, content));
        at += head + content.len();
    }
    found
}

fn unsigned(content: &[u8]) -> u64 {
    content.iter().take(8).fold(0, |n, b| n << 8 | u64::from(*b))
}

fn float(content: &[u8]) -> f64 {
    match content.len() {
        4 => f32::from_be_bytes(content.try_into().expect("four bytes")).into(),
        8 => f64::from_be_bytes(content.try_into().expect("eight bytes")),
        _ => 0.0,
    }
}

fn webm(file: &mut File, size: u64) -> Result<Film, Refusal> {
    const SEGMENT: u64 = 0x1853_8067;
    const INFO: u64 = 0x1549_a966;
    const TRACKS: u64 = 0x1654_ae6b;
    const CLUSTER: u64 = 0x1f43_b675;
    let cut = || Refusal::damaged("it ends too early; the upload or export was cut off");
    let (mut at, mut boxes) = (0_u64, 0);
    let (mut info, mut tracks, mut has_pictures) = (None, None, false);
    while at < size {
        boxes += 1;
        if boxes > BOXES_MAX {
            return Err(Refusal::damaged("too many parts"));
        }
        let mut head = [0; 16];
        let got = usize::try_from((size - at).min(16)).unwrap_or(16);
        file.seek(SeekFrom::Start(at)).map_err(|_| cut())?;
        file.read_exact(&mut head[..got]).map_err(|_| cut())?;
        let Some((id, head, length)) = element(&head[..got]) else { return Err(cut()) };
        let begins = at + head as u64;
        match (id, length) {
            // Live recordings do not know how long they become; their parts follow each other all the same.
            (SEGMENT, None) => at = begins,
            (SEGMENT, Some(length)) => {
                if begins.checked_add(length).is_none_or(|end| end > size) {
                    return Err(cut());
                }
                at = begins;
            }
            (CLUSTER, None) => {
                has_pictures = true;
                break;
            }
            (_, None) => return Err(Refusal::damaged("a part of unknown length")),
            (id, Some(length)) => {
                let end = begins.checked_add(length).filter(|end| *end <= size).ok_or_else(cut)?;
                if matches!(id, INFO | TRACKS) {
                    if length > INDEX_BYTES_MAX {
                        return Err(Refusal::damaged("its index is too long"));
                    }
                    let mut content = vec![0; usize::try_from(length).map_err(|_| cut())?];
                    file.seek(SeekFrom::Start(begins)).map_err(|_| cut())?;
                    file.read_exact(&mut content).map_err(|_| cut())?;
                    if id == INFO { info = Some(content) } else { tracks = Some(content) }
                }
                has_pictures |= id == CLUSTER;
                at = end;
            }
        }
    }
    let (Some(info), Some(tracks), true) = (info, tracks, has_pictures) else { return Err(cut()) };
    let mut film = Film::default();
    let mut scale = 1_000_000;
    let mut length = 0.0;
    for (id, content) in elements(&info) {
        match id {
            0x2a_d7b1 => scale = unsigned(content),
            0x4489 => length = float(content),
            _ => {}
        }
    }
    let ms = length * scale as f64 / 1e6;
    if ms.is_finite() && (1.0..1e12).contains(&ms) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 1 and 10^12")]
        let whole = ms as u64;
        film.duration_ms = whole;
    }
    for (_, track) in elements(&tracks).into_iter().filter(|(id, _)| *id == 0xae) {
        let parts = elements(track);
        let part = |wanted: u64| parts.iter().find(|(id, _)| *id == wanted).map(|(_, content)| *content);
        let codec = part(0x86).map(|c| String::from_utf8_lossy(c).into_owned()).unwrap_or_default();
        match part(0x83).map(unsigned) {
            Some(1) if film.codec.is_empty() => {
                let picture = part(0xe0).map(elements).unwrap_or_default();
                let pixels = |wanted: u64| {
                    let found = picture.iter().find(|(id, _)| *id == wanted);
                    found.and_then(|(_, content)| u32::try_from(unsigned(content)).ok()).unwrap_or(0)
                };
                (film.width, film.height, film.codec) = (pixels(0xb0), pixels(0xba), codec);
                let per_picture = part(0x0023_e383).map(unsigned).filter(|n| *n > 0);
                film.fps = per_picture.map(|n| 1e9 / n as f64);
            }
            Some(2) => film.sound = Some(codec),
            _ => {}
        }
    }
    complete(film)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn atom(name: [u8; 4], content: &[u8]) -> Vec<u8> {
        let mut out = u32::try_from(content.len() + 8).expect("small").to_be_bytes().to_vec();
        out.extend(name);
        out.extend(content);
        out
    }

    fn full(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|w| w.to_be_bytes()).collect()
    }

    /// Ten seconds of 1920×1080, turned by a quarter, with a place in its notes.
    fn mp4() -> Vec<u8> {
        let tkhd = {
            let mut words = vec![7, 0, 0, 1, 0, 10_000, 0, 0, 0, 0];
            words.extend([0, 0x1_0000, 0, 0xffff_0000, 0, 0, 0, 0, 0x4000_0000, 1920 << 16, 1080 << 16]);
            atom(*b"tkhd", &full(&words))
        };
        let hdlr = |kind: &[u8; 4]| atom(*b"hdlr", &[&[0; 8][..], kind, &[0; 13]].concat());
        let stsd = |codec: &[u8; 4]| atom(*b"stsd", &[&full(&[0, 1])[..], &atom(*codec, &[0; 16])].concat());
        let stsz = atom(*b"stsz", &full(&[0, 10, 300]));
        let track = |kind: &[u8; 4], codec: &[u8; 4]| {
            let mdhd = atom(*b"mdhd", &full(&[0, 0, 0, 1000, 10_000, 0]));
            let table = atom(*b"stbl", &[stsd(codec), stsz.clone()].concat());
            let media = atom(*b"mdia", &[mdhd, hdlr(kind), atom(*b"minf", &table)].concat());
            atom(*b"trak", &[tkhd.clone(), media].concat())
        };
        let mvhd = atom(*b"mvhd", &full(&[0, 0, 0, 1000, 10_000, 0x1_0000]));
        let notes = atom(*b"udta", &atom(*b"\xa9xyz", b"\0\x12\x15\xc7+52.5200+013.4050/"));
        let moov = atom(*b"moov", &[mvhd, track(b"vide", b"avc1"), track(b"soun", b"mp4a"), notes].concat());
        [atom(*b"ftyp", b"mp42\0\0\0\0mp42"), moov, atom(*b"mdat", &[1; 3000])].concat()
    }

    fn judged(bytes: &[u8], file_type: FileType) -> (Result<Film, Refusal>, Vec<u8>) {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("film");
        std::fs::write(&path, bytes).expect("written");
        let film = judge_film(&path, file_type);
        (film, std::fs::read(&path).expect("readable"))
    }

    #[test]
    fn size_length_codecs_are_read_and_the_place_is_gone() {
        let (film, left) = judged(&mp4(), FileType::Mp4);
        let expected = Film {
            width: 1080,
            height: 1920,
            duration_ms: 10_000,
            codec: "avc1".into(),
            sound: Some("mp4a".into()),
            fps: Some(30.0),
        };
        assert_eq!(film, Ok(expected));
        assert_eq!(left.len(), mp4().len(), "nothing moves");
        assert!(!left.windows(4).any(|w| w == b"udta"), "no player looks into free space");
    }

    #[test]
    fn a_cut_film_is_damaged_wherever_it_is_cut() {
        let whole = mp4();
        for end in (1..whole.len()).step_by(7) {
            let (film, _) = judged(&whole[..end], FileType::Mp4);
            assert!(matches!(film, Err(Refusal::Damaged(_))), "cut at {end}: {film:?}");
        }
    }

    #[test]
    fn impossible_sizes_are_damaged_files() {
        for bytes in [
            [&[0, 0, 0, 2][..], b"moov", &[0; 8]].concat(),
            [&[0, 0, 0, 1][..], b"mdat", &[0xff; 8]].concat(),
            [&[0, 0, 0, 16][..], b"moov", &[0xff; 8]].concat(),
        ] {
            assert!(matches!(judged(&bytes, FileType::Mp4).0, Err(Refusal::Damaged(_))), "{bytes:?}");
        }
    }

    fn piece(id: &[u8], content: &[u8]) -> Vec<u8> {
        let length = 0x4000_u16 | u16::try_from(content.len()).expect("small");
        [id, &length.to_be_bytes(), content].concat()
    }

    fn webm() -> Vec<u8> {
        let info = piece(&[0x15, 0x49, 0xa9, 0x66], &piece(&[0x44, 0x89], &5000.0_f64.to_be_bytes()));
        let size = [piece(&[0xb0], &[2, 128]), piece(&[0xba], &[1, 104])].concat();
        let picture = [piece(&[0x83], &[1]), piece(&[0x86], b"V_VP9"), piece(&[0xe0], &size)].concat();
        let sound = [piece(&[0x83], &[2]), piece(&[0x86], b"A_OPUS")].concat();
        let tracks = [piece(&[0xae], &picture), piece(&[0xae], &sound)].concat();
        let parts = [info, piece(&[0x16, 0x54, 0xae, 0x6b], &tracks), piece(&[0x1f, 0x43, 0xb6, 0x75], &[7; 500])];
        [
            piece(&[0x1a, 0x45, 0xdf, 0xa3], &piece(&[0x42, 0x82], b"webm")),
            piece(&[0x18, 0x53, 0x80, 0x67], &parts.concat()),
        ]
        .concat()
    }

    #[test]
    fn webm_is_read_and_a_cut_one_is_damaged() {
        let film = judged(&webm(), FileType::WebM).0.expect("a film");
        assert_eq!((film.width, film.height, film.duration_ms), (640, 360, 5000));
        assert_eq!((film.codec.as_str(), film.sound.as_deref()), ("V_VP9", Some("A_OPUS")));
        let whole = webm();
        for end in (1..whole.len()).step_by(5) {
            assert!(matches!(judged(&whole[..end], FileType::WebM).0, Err(Refusal::Damaged(_))), "cut at {end}");
        }
    }
}
