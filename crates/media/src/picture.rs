//! Pictures: decoded within limits, turned upright, written anew without anything but pixels and colours.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder as _, ImageEncoder as _, ImageFormat, ImageReader, Limits};

use crate::kind::{FileType, Refusal};

/// Most pixels that are decoded: a hundred million of four bytes are 400 MB.
pub const PIXELS_MAX: u64 = 100_000_000;
/// Most memory that a decoder may take.
const DECODER_BYTES_MAX: u64 = 640 * 1024 * 1024;
/// Largest colour profile that is kept, unpacked; those of printers have two million bytes.
const PROFILE_BYTES_MAX: usize = 4_000_000;
/// Longer side of a thumbnail.
pub const THUMBNAIL_MAX: u32 = 512;
/// Quality of pictures that are kept; higher than what networks make of them.
const QUALITY: u8 = 92;
const THUMBNAIL_QUALITY: u8 = 80;
/// Qualities that are tried, one after the other, to meet a limit of bytes.
const QUALITIES: [u8; 4] = [90, 82, 74, 66];
/// Shorter sides are not made to meet a limit of bytes.
const SIDE_MIN: u32 = 64;

/// A picture as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The file.
    pub bytes: Vec<u8>,
    /// What it is.
    pub file_type: FileType,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

/// A picture that may be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleanPicture {
    /// Upright, without place, camera and owner.
    pub picture: Picture,
    /// A small version of it.
    pub thumbnail: Picture,
}

/// What a network takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Widest, in pixels.
    pub width_max: Option<u32>,
    /// Highest, in pixels.
    pub height_max: Option<u32>,
    /// Largest file.
    pub bytes_max: Option<u64>,
    /// The types it takes; JPEG is written if it is among them.
    pub types: Vec<FileType>,
}

impl Target {
    /// Whether a file is fine as it is.
    pub fn takes(&self, file_type: FileType, bytes: u64, width: u32, height: u32) -> bool {
        (self.types.is_empty() || self.types.contains(&file_type))
            && self.bytes_max.is_none_or(|max| bytes <= max)
            && fitting_size(width, height, self.width_max, self.height_max) == (width, height)
    }
}

/// The largest size within limits, of the same shape and never larger than the picture.
pub fn fitting_size(width: u32, height: u32, width_max: Option<u32>, height_max: Option<u32>) -> (u32, u32) {
    let share = |side: u32, max: Option<u32>| max.map_or(1.0, |max| f64::from(max) / f64::from(side.max(1)));
    let factor = share(width, width_max).min(share(height, height_max)).min(1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a u32")]
    let side = |n: u32| ((f64::from(n) * factor + 1e-6) as u32).max(1);
    (side(width), side(height))
}

struct Opened {
    image: DynamicImage,
    colours: Option<Vec<u8>>,
}

fn format(file_type: FileType) -> Result<ImageFormat, Refusal> {
    match file_type {
        FileType::Jpeg => Ok(ImageFormat::Jpeg),
        FileType::Png => Ok(ImageFormat::Png),
        FileType::WebP => Ok(ImageFormat::WebP),
        FileType::Bmp => Ok(ImageFormat::Bmp),
        FileType::Gif => Ok(ImageFormat::Gif),
        FileType::Mp4 | FileType::Mov | FileType::WebM => {
            Err(Refusal::WrongType("A video is no picture. Choose a picture.".into()))
        }
    }
}

/// Decodes a picture, upright. The size is judged by the header, before a single pixel is decoded.
fn open(bytes: &[u8], file_type: FileType) -> Result<Opened, Refusal> {
    if file_type == FileType::Jpeg {
        whole_jpeg(bytes)?;
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format(file_type)?);
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODER_BYTES_MAX);
    reader.limits(limits);
    let damaged = |e: image::ImageError| Refusal::damaged(e);
    let mut decoder = reader.into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(Refusal::damaged("it has no pixels"));
    }
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(Refusal::TooManyPixels { width, height, limit: PIXELS_MAX });
    }
    let turned = decoder.orientation().map_err(damaged)?;
    // Profiles are packed too: one that unpacks to more than any real one is left out, not kept three times over.
    let colours = decoder.icc_profile().unwrap_or_default().filter(|profile| profile.len() <= PROFILE_BYTES_MAX);
    let mut image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    image.apply_orientation(turned);
    Ok(Opened { image, colours })
}

/// Decoders show what they have of a cut JPEG; it must reach its end mark (ITU-T T.81, annex B).
fn whole_jpeg(bytes: &[u8]) -> Result<(), Refusal> {
    let cut = || Refusal::damaged("it ends too early");
    let mut at = 2;
    loop {
        let mark = loop {
            let first = *bytes.get(at).ok_or_else(cut)?;
            let second = *bytes.get(at + 1).ok_or_else(cut)?;
            if first == 0xff && second != 0xff && second != 0 {
                break second;
            }
            at += 1;
        };
        at += 2;
        match mark {
            0xd9 => return Ok(()),
            // Marks without content: restarts and the like.
            0x01 | 0xd0..=0xd8 => {}
            _ => {
                let high = *bytes.get(at).ok_or_else(cut)?;
                let low = *bytes.get(at + 1).ok_or_else(cut)?;
                at += usize::from(u16::from_be_bytes([high, low])).max(2);
            }
        }
    }
}

fn write(opened: &Opened, file_type: FileType, quality: u8) -> Result<Picture, Refusal> {
    let mut bytes = Vec::new();
    let image = &opened.image;
    // A profile that cannot be written is left out; pixels matter more.
    let colours = opened.colours.clone();
    let done = match file_type {
        FileType::Png => {
            let mut encoder = PngEncoder::new(&mut bytes);
            colours.map(|c| encoder.set_icc_profile(c));
            image.write_with_encoder(encoder)
        }
        FileType::WebP => image.write_with_encoder(WebPEncoder::new_lossless(&mut bytes)),
        _ => {
            let mut encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
            colours.map(|c| encoder.set_icc_profile(c));
            opaque(image).write_with_encoder(encoder)
        }
    };
    done.map_err(Refusal::damaged)?;
    let file_type = if matches!(file_type, FileType::Png | FileType::WebP) { file_type } else { FileType::Jpeg };
    Ok(Picture { bytes, file_type, width: image.width(), height: image.height() })
}

/// On white where it is transparent, with eight bits per colour: what a JPEG can hold.
fn opaque(image: &DynamicImage) -> DynamicImage {
    if !image.color().has_alpha() {
        return match image {
            DynamicImage::ImageLuma8(_) | DynamicImage::ImageRgb8(_) => image.clone(),
            DynamicImage::ImageLuma16(_) => image.to_luma8().into(),
            _ => image.to_rgb8().into(),
        };
    }
    let mut flat = image.to_rgba8();
    for pixel in flat.pixels_mut() {
        let [.., alpha] = pixel.0;
        for colour in &mut pixel.0[..3] {
            let over = u32::from(*colour) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
            *colour = u8::try_from(over / 255).unwrap_or(255);
        }
    }
    DynamicImage::ImageRgba8(flat).to_rgb8().into()
}

fn is_transparent(image: &DynamicImage) -> bool {
    image.color().has_alpha() && image.to_rgba8().pixels().any(|p| p.0[3] != 255)
}

fn resized(opened: &Opened, width: u32, height: u32) -> Opened {
    let image = if (width, height) == (opened.image.width(), opened.image.height()) {
        opened.image.clone()
    } else {
        opened.image.resize_exact(width, height, FilterType::Lanczos3)
    };
    Opened { image, colours: opened.colours.clone() }
}

/// Writes a picture anew and makes its thumbnail. JPEG stays JPEG, PNG stays PNG; WebP and bitmaps become JPEG, or
/// PNG if they are transparent, because networks take those.
///
/// # Errors
/// [`Refusal`].
pub fn clean_picture(bytes: &[u8], file_type: FileType) -> Result<CleanPicture, Refusal> {
    if file_type == FileType::WebP {
        whole_webp(bytes)?;
    }
    let opened = open(bytes, file_type)?;
    let transparent = is_transparent(&opened.image);
    let kept = match file_type {
        FileType::Jpeg => FileType::Jpeg,
        FileType::Png => FileType::Png,
        _ if transparent => FileType::Png,
        _ => FileType::Jpeg,
    };
    let picture = write(&opened, kept, QUALITY)?;
    let thumbnail = thumbnail(&opened, transparent)?;
    Ok(CleanPicture { picture, thumbnail })
}

fn thumbnail(opened: &Opened, transparent: bool) -> Result<Picture, Refusal> {
    let (width, height) =
        fitting_size(opened.image.width(), opened.image.height(), Some(THUMBNAIL_MAX), Some(THUMBNAIL_MAX));
    let small = resized(opened, width, height);
    write(&small, if transparent { FileType::WebP } else { FileType::Jpeg }, THUMBNAIL_QUALITY)
}

/// The thumbnail of the first picture of a GIF.
///
/// # Errors
/// [`Refusal`].
pub fn gif_thumbnail(bytes: &[u8]) -> Result<Picture, Refusal> {
    let opened = open(bytes, FileType::Gif)?;
    let transparent = is_transparent(&opened.image);
    thumbnail(&opened, transparent)
}

fn whole_webp(bytes: &[u8]) -> Result<(), Refusal> {
    let said = bytes.get(4..8).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]) as usize + 8);
    if said.is_none_or(|said| said > bytes.len()) {
        return Err(Refusal::damaged("it ends too early"));
    }
    // The flags of the extended header (RFC 9649, 2.7.1) tell of several pictures.
    if bytes.get(12..16) == Some(b"VP8X") && bytes.get(20).is_some_and(|flags| flags & 0x02 != 0) {
        return Err(Refusal::WrongType("Moving WebP is not taken. Save it as GIF or MP4.".into()));
    }
    Ok(())
}

/// A version of a picture within a network's limits: first fewer pixels, then a lower quality, then fewer pixels
/// still. Never larger than the picture.
///
/// # Errors
/// [`Refusal`]; `TooLarge` if even a small version has too many bytes.
pub fn scale(bytes: &[u8], file_type: FileType, target: &Target) -> Result<Picture, Refusal> {
    let opened = open(bytes, file_type)?;
    let takes = |t: FileType| target.types.is_empty() || target.types.contains(&t);
    let fits = |p: &Picture| target.bytes_max.is_none_or(|max| p.bytes.len() as u64 <= max);
    let (mut width, mut height) =
        fitting_size(opened.image.width(), opened.image.height(), target.width_max, target.height_max);
    let mut smallest = u64::MAX;
    loop {
        let small = resized(&opened, width, height);
        if file_type == FileType::Png && takes(FileType::Png) {
            let picture = write(&small, FileType::Png, QUALITY)?;
            if fits(&picture) {
                return Ok(picture);
            }
            smallest = smallest.min(picture.bytes.len() as u64);
        }
        if takes(FileType::Jpeg) {
            for quality in QUALITIES {
                let picture = write(&small, FileType::Jpeg, quality)?;
                if fits(&picture) {
                    return Ok(picture);
                }
                smallest = smallest.min(picture.bytes.len() as u64);
            }
        }
        if width.min(height) <= SIDE_MIN {
            return Err(Refusal::TooLarge { limit: target.bytes_max.unwrap_or(0), actual: smallest });
        }
        (width, height) = fitting_size(width, height, Some(width * 4 / 5), Some(height * 4 / 5));
    }
}

/// Width and height that a picture's header tells.
///
/// # Errors
/// [`Refusal::Damaged`].
pub fn size_of(bytes: &[u8], file_type: FileType) -> Result<(u32, u32), Refusal> {
    ImageReader::with_format(Cursor::new(bytes), format(file_type)?).into_dimensions().map_err(Refusal::damaged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    fn noise(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            let n = x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503)) ^ (x * y);
            let [a, b, c, _] = n.to_be_bytes();
            Rgb([a, b, c])
        })
    }

    fn jpeg(image: &RgbImage) -> Vec<u8> {
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 95).encode_image(image).expect("a JPEG");
        bytes
    }

    fn png(image: &DynamicImage) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, ImageFormat::Png).expect("a PNG");
        bytes.into_inner()
    }

    /// EXIF with orientation 6 (a quarter to the right) and a place, after the start of a JPEG.
    fn with_exif(jpeg: &[u8]) -> Vec<u8> {
        let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x02".to_vec();
        tiff.extend(b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0");
        tiff.extend(b"\x88\x25\0\x04\0\0\0\x01\0\0\0\x26\0\0\0\0");
        tiff.extend(b"\0\x01\0\x01\0\x02\0\0\0\x02N\0\0\0\0\0\0\0 Harbour 52.5200N");
        let mut out = jpeg[..2].to_vec();
        out.extend([0xff, 0xe1]);
        out.extend(u16::try_from(tiff.len() + 8).expect("short").to_be_bytes());
        out.extend(b"Exif\0\0");
        out.extend(&tiff);
        out.extend(&jpeg[2..]);
        out
    }

    #[test]
    fn place_and_camera_are_gone_and_the_picture_stands_upright() {
        let mut picture = noise(60, 40);
        picture.put_pixel(0, 0, Rgb([255, 0, 0]));
        let bytes = with_exif(&jpeg(&picture));
        assert!(bytes.windows(7).any(|w| w == b"Harbour"), "the fixture has a place");
        let clean = clean_picture(&bytes, FileType::Jpeg).expect("a picture");
        assert_eq!((clean.picture.width, clean.picture.height), (40, 60), "turned by a quarter");
        for bytes in [&clean.picture.bytes, &clean.thumbnail.bytes] {
            assert!(!bytes.windows(4).any(|w| w == b"Exif"));
            assert!(!bytes.windows(7).any(|w| w == b"Harbour"));
        }
    }

    #[test]
    fn a_cut_picture_is_damaged() {
        let whole = jpeg(&noise(300, 200));
        for end in [100, whole.len() / 2, whole.len() - 2] {
            let cut = clean_picture(&whole[..end], FileType::Jpeg);
            assert!(matches!(cut, Err(Refusal::Damaged(_))), "cut at {end}: {cut:?}");
        }
        let whole = png(&noise(300, 200).into());
        for end in [40, whole.len() / 2] {
            assert!(matches!(clean_picture(&whole[..end], FileType::Png), Err(Refusal::Damaged(_))), "cut at {end}");
        }
    }

    #[test]
    fn a_bomb_is_refused_before_it_is_opened() {
        // The header of a small PNG says 60,000 × 60,000.
        let mut bomb = png(&noise(4, 4).into());
        bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
        let crc = crc(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&crc.to_be_bytes());
        let refusal = clean_picture(&bomb, FileType::Png).expect_err("refused");
        assert_eq!(refusal, Refusal::TooManyPixels { width: 60_000, height: 60_000, limit: PIXELS_MAX });
    }

    #[test]
    fn a_colour_profile_that_unpacks_without_measure_is_left_out() {
        let packed = |size: usize| {
            let mut bytes = Vec::new();
            let mut encoder = PngEncoder::new(&mut bytes);
            encoder.set_icc_profile(vec![0; size]).expect("taken");
            noise(8, 8).write_with_encoder(encoder).expect("a PNG");
            bytes
        };
        let bomb = packed(40_000_000);
        assert!(bomb.len() < 200_000, "{} bytes stand for 40 million", bomb.len());
        let opened = open(&bomb, FileType::Png).expect("the pixels are fine");
        assert_eq!((opened.colours, opened.image.width()), (None, 8));
        let opened = open(&packed(1_000), FileType::Png).expect("a picture");
        assert_eq!(opened.colours.map(|c| c.len()), Some(1_000), "a real one stays");
    }

    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0_u32, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { c >> 1 ^ 0xedb8_8320 } else { c >> 1 })
        })
    }

    #[test]
    fn thumbnails_are_small_and_nothing_grows() {
        let clean = clean_picture(&jpeg(&noise(1600, 400)), FileType::Jpeg).expect("a picture");
        assert_eq!((clean.thumbnail.width, clean.thumbnail.height), (512, 128));
        let clean = clean_picture(&jpeg(&noise(20, 10)), FileType::Jpeg).expect("a picture");
        assert_eq!((clean.thumbnail.width, clean.thumbnail.height), (20, 10));
    }

    #[test]
    fn transparency_stays_in_the_library_and_becomes_white_for_jpeg() {
        let glass = RgbaImage::from_pixel(30, 30, Rgba([0, 0, 0, 0]));
        let clean = clean_picture(&png(&glass.into()), FileType::Png).expect("a picture");
        assert_eq!((clean.picture.file_type, clean.thumbnail.file_type), (FileType::Png, FileType::WebP));
        let target = Target { width_max: None, height_max: None, bytes_max: None, types: vec![FileType::Jpeg] };
        let flat = scale(&clean.picture.bytes, FileType::Png, &target).expect("scaled");
        let image = image::load_from_memory_with_format(&flat.bytes, ImageFormat::Jpeg).expect("a JPEG").to_rgb8();
        assert!(image.get_pixel(15, 15).0.iter().all(|c| *c > 250), "white");
    }

    #[test]
    fn pictures_come_within_limits_of_pixels_and_bytes() {
        let bytes = jpeg(&noise(2000, 1500));
        let target =
            Target { width_max: Some(1440), height_max: None, bytes_max: Some(400_000), types: vec![FileType::Jpeg] };
        let small = scale(&bytes, FileType::Jpeg, &target).expect("scaled");
        assert!(small.width <= 1440 && small.bytes.len() <= 400_000, "{} × {}", small.width, small.height);
        let ratio = f64::from(small.width) / f64::from(small.height);
        assert!((ratio - 4.0 / 3.0).abs() < 0.01, "the shape stays: {ratio}");
        let impossible = Target { bytes_max: Some(100), ..target };
        assert!(matches!(scale(&bytes, FileType::Jpeg, &impossible), Err(Refusal::TooLarge { limit: 100, .. })));
    }

    #[test]
    fn sizes_fit_without_growing() {
        assert_eq!(fitting_size(3000, 2000, Some(1440), None), (1440, 960));
        assert_eq!(fitting_size(100, 50, Some(1440), Some(1440)), (100, 50));
        assert_eq!(fitting_size(10_000, 1, Some(100), None), (100, 1));
    }
}
