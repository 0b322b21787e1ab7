//! What networks take: findings about files before they are planned, and the limits a file is made to fit when it is
//! sent. Pure.

use rookery_accounts::{MediaRules, MediaUseRule};
use rookery_media::{FileType, Target, fitting_size};
use rookery_platforms::{DraftKind, MediaKind};

use super::StoredFile;

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nature {
    NotTaken,
    Format,
    TooLarge,
    TooSmall,
    TooLong,
    TooShort,
    Shape,
    Pixels,
    Scaled,
    TooMany,
}

/// One thing found about a file on a network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MediaFinding {
    pub nature: Nature,
    pub message: String,
    pub suggestion: Option<String>,
    pub limit: Option<u64>,
    pub actual: Option<u64>,
}

/// In what a file is used: several media of a post are a carousel.
pub(crate) const fn use_of(kind: DraftKind, count: usize) -> DraftKind {
    match kind {
        DraftKind::Post if count > 1 => DraftKind::Carousel,
        other => other,
    }
}

/// A word of the rule book.
fn file_types(rule: &MediaUseRule) -> Vec<FileType> {
    let one = |word: &String| match word.as_str() {
        "jpeg" => Some(FileType::Jpeg),
        "png" => Some(FileType::Png),
        "webp" => Some(FileType::WebP),
        "gif" => Some(FileType::Gif),
        "mp4" => Some(FileType::Mp4),
        "mov" => Some(FileType::Mov),
        "webm" => Some(FileType::WebM),
        _ => None,
    };
    rule.formats.iter().filter_map(one).collect()
}

/// The limits that a picture is made to fit; `None` if nothing is known, or the file is no picture.
pub(crate) fn target_of(rules: &MediaRules, used_in: DraftKind, file: &StoredFile) -> Option<Target> {
    let rule = rules.of(used_in, file.kind).filter(|_| file.kind == MediaKind::Image)?;
    let mut target = Target {
        width_max: rule.width_max,
        height_max: rule.height_max,
        bytes_max: rule.bytes_max,
        types: file_types(rule),
    };
    // A limit of all pixels becomes one of the width, by the picture's own shape.
    if let (Some(max), Some(width), Some(height)) = (rule.pixels_max, file.width, file.height)
        && u64::from(width) * u64::from(height) > max
    {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "less than the width, a u32")]
        let narrower = (f64::from(width) * (max as f64 / (f64::from(width) * f64::from(height))).sqrt()) as u32;
        target.width_max = Some(target.width_max.map_or(narrower, |w| w.min(narrower)));
    }
    Some(target)
}

/// What a network will be given: the file as it is after it was made to fit.
pub(crate) fn will_be(rules: &MediaRules, used_in: DraftKind, file: &StoredFile) -> StoredFile {
    let (Some(target), Some(width), Some(height)) = (target_of(rules, used_in, file), file.width, file.height) else {
        return file.clone();
    };
    let file_type = FileType::of_mime_type(&file.mime_type);
    if file_type.is_none_or(|t| target.takes(t, file.size, width, height)) {
        return file.clone();
    }
    let (width, height) = fitting_size(width, height, target.width_max, target.height_max);
    let keeps_png = file_type == Some(FileType::Png) && target.types.contains(&FileType::Png);
    let made = if keeps_png { FileType::Png } else { FileType::Jpeg };
    StoredFile {
        mime_type: made.mime_type().to_owned(),
        size: target.bytes_max.map_or(file.size, |max| max.min(file.size)),
        width: Some(width),
        height: Some(height),
        ..file.clone()
    }
}

/// Everything that stands against these files on a network, or is worth knowing.
pub(crate) fn findings_of(
    network: &str,
    rules: &MediaRules,
    kind: DraftKind,
    files: &[&StoredFile],
) -> Vec<MediaFinding> {
    let used_in = use_of(kind, files.len());
    // Of a use that the rule book does not know nothing can be said; the connector knows whether there is one.
    if !rules.uses.iter().any(|rule| rule.used_in == used_in) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let known = files.iter().filter_map(|file| rules.of(used_in, file.kind)?.count_max);
    if let Some(limit) = known.min().filter(|limit| files.len() > *limit) {
        findings.push(MediaFinding {
            nature: Nature::TooMany,
            message: format!("{network} takes {limit} of these files in one post; this one has {}.", files.len()),
            suggestion: Some(format!("Remove {}.", files.len() - limit)),
            limit: Some(limit as u64),
            actual: Some(files.len() as u64),
        });
    }
    for file in files {
        match rules.of(used_in, file.kind) {
            Some(rule) => check_file(network, rule, file, &mut findings),
            None => findings.push(MediaFinding {
                nature: Nature::NotTaken,
                message: format!(
                    "{network} takes no {} in a {}: {}.",
                    file.kind.label(),
                    used_in.label(),
                    file.file_name
                ),
                suggestion: Some("Use another file, or another kind of post.".into()),
                limit: None,
                actual: None,
            }),
        }
    }
    findings
}

fn check_file(network: &str, rule: &MediaUseRule, file: &StoredFile, findings: &mut Vec<MediaFinding>) {
    let name = &file.file_name;
    let is_picture = file.kind == MediaKind::Image;
    let mut found = |nature, message: String, suggestion: &str, limit: Option<u64>, actual: Option<u64>| {
        let suggestion = (!suggestion.is_empty()).then(|| suggestion.to_owned());
        findings.push(MediaFinding { nature, message, suggestion, limit, actual });
    };
    let types = file_types(rule);
    let own = FileType::of_mime_type(&file.mime_type);
    // Pictures are written anew in a type that the network takes.
    let convertible = is_picture && types.iter().any(|t| matches!(t, FileType::Jpeg | FileType::Png));
    if !types.is_empty() && own.is_none_or(|t| !types.contains(&t)) && !convertible {
        let wanted = rule.formats.join(", ").to_uppercase();
        found(
            Nature::Format,
            format!("{network} does not take {name} as it is ({}).", file.mime_type),
            &format!("Save it as {wanted}."),
            None,
            None,
        );
    }
    let megabytes = |bytes: u64| format!("{:.1} MB", bytes as f64 / 1e6);
    if let Some(max) = rule.bytes_max.filter(|max| file.size > *max) {
        let message = format!("{network} takes up to {}; {name} has {}.", megabytes(max), megabytes(file.size));
        if is_picture {
            let message = format!("{message} A smaller version is made for you.");
            found(Nature::Scaled, message, "", Some(max), Some(file.size));
        } else {
            found(Nature::TooLarge, message, "Export it smaller.", Some(max), Some(file.size));
        }
    }
    if let Some(min) = rule.bytes_min.filter(|min| file.size < *min) {
        let message = format!("{network} takes nothing below {} kB; {name} has {} kB.", min / 1000, file.size / 1000);
        found(Nature::TooSmall, message, "Export it in a better quality.", Some(min), Some(file.size));
    }
    if let Some(length) = file.duration_ms {
        let seconds = |ms: u64| ms.div_ceil(1000);
        if let Some(max) = rule.duration_max_ms.filter(|max| length > *max) {
            let (max, length) = (seconds(max), seconds(length));
            let message = format!("{network} takes up to {max} seconds here; {name} has {length}.");
            found(Nature::TooLong, message, &format!("Cut {} seconds.", length - max), Some(max), Some(length));
        }
        if let Some(min) = rule.duration_min_ms.filter(|min| length < *min) {
            let (min, length) = (seconds(min), seconds(length));
            let message = format!("{network} takes videos from {min} seconds; {name} has {length}.");
            found(Nature::TooShort, message, "Use a longer one.", Some(min), Some(length));
        }
    }
    let (Some(width), Some(height)) = (file.width, file.height) else { return };
    let low = rule.width_min.is_some_and(|min| width < min) || rule.height_min.is_some_and(|min| height < min);
    if low {
        let (min_width, min_height) = (rule.width_min.unwrap_or(1), rule.height_min.unwrap_or(1));
        let message =
            format!("{network} wants {min_width} × {min_height} pixels at least; {name} has {width} × {height}.");
        let (limit, actual) = if width < min_width { (min_width, width) } else { (min_height, height) };
        found(
            Nature::TooSmall,
            message,
            "Use a larger one; nothing is enlarged.",
            Some(limit.into()),
            Some(actual.into()),
        );
    }
    let wanted = fitting_size(width, height, rule.width_max, rule.height_max);
    let all = u64::from(width) * u64::from(height);
    if wanted != (width, height) || rule.pixels_max.is_some_and(|max| all > max) {
        let (limit, actual) = match (rule.width_max, rule.height_max) {
            (Some(max), _) if width > max => (u64::from(max), u64::from(width)),
            (_, Some(max)) if height > max => (u64::from(max), u64::from(height)),
            _ => (rule.pixels_max.unwrap_or(0), all),
        };
        if is_picture {
            let message =
                format!("{name} has {width} × {height} pixels, more than {network} shows. It is scaled down for you.");
            found(Nature::Scaled, message, "", Some(limit), Some(actual));
        } else {
            let message = format!(
                "{name} has {width} × {height} pixels, more than {network} promises to take. Videos are sent as they are."
            );
            found(Nature::Pixels, message, "Export it smaller if it is refused.", Some(limit), Some(actual));
        }
    }
    if !rule.ratios.is_empty() && !rule.ratios.iter().any(|range| range.holds(width, height)) {
        let wanted = rule.ratios.iter().map(|r| r.label.replace('-', " to ")).collect::<Vec<_>>().join(" or ");
        let message = format!("{network} takes the shape {wanted} here; {name} is {width} × {height}.");
        found(Nature::Shape, message, "Crop it.", None, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rookery_kernel::{MediaAssetId, OrganizationId};
    use serde_json::json;
    use uuid::Uuid;

    fn file(kind: MediaKind, mime_type: &str, size: u64, width: u32, height: u32) -> StoredFile {
        StoredFile {
            organization_id: OrganizationId::from_uuid(Uuid::nil()),
            asset_id: MediaAssetId::from_uuid(Uuid::nil()),
            kind,
            mime_type: mime_type.into(),
            size,
            width: Some(width),
            height: Some(height),
            duration_ms: None,
            alt_text: None,
            file_name: "bird.jpg".into(),
            key: "o/ab/abc.jpg".into(),
        }
    }

    fn rules() -> MediaRules {
        MediaRules::read(&json!({"uses": [
            {"use": "post", "kind": "image", "formats": ["jpeg"], "max_bytes": 8_000_000, "min_width": 320, "max_width": 1440,
             "ratios": ["4:5-1.91:1"], "tolerance": 0.01, "max_count": 1},
            {"use": "carousel", "kind": "image", "formats": ["jpeg"], "max_count": 10},
            {"use": "reel", "kind": "video", "formats": ["mp4"], "max_bytes": 300_000_000, "min_seconds": 3, "max_seconds": 90},
        ]}))
    }

    fn natures(kind: DraftKind, files: &[&StoredFile]) -> Vec<Nature> {
        findings_of("Network", &rules(), kind, files).into_iter().map(|f| f.nature).collect()
    }

    #[test]
    fn pictures_that_are_only_too_large_are_no_error() {
        let large = file(MediaKind::Image, "image/png", 9_000_000, 4000, 3000);
        assert_eq!(natures(DraftKind::Post, &[&large]), [Nature::Scaled, Nature::Scaled]);
        let sent = will_be(&rules(), DraftKind::Post, &large);
        assert_eq!((sent.mime_type.as_str(), sent.size), ("image/jpeg", 8_000_000));
        assert_eq!((sent.width, sent.height), (Some(1440), Some(1080)));
        let fine = file(MediaKind::Image, "image/jpeg", 100_000, 1080, 1080);
        assert!(natures(DraftKind::Post, &[&fine]).is_empty());
        assert_eq!(will_be(&rules(), DraftKind::Post, &fine), fine);
    }

    #[test]
    fn what_cannot_be_made_to_fit_is_an_error_with_numbers() {
        let tall = file(MediaKind::Image, "image/jpeg", 1000, 1080, 1920);
        assert_eq!(natures(DraftKind::Post, &[&tall]), [Nature::Shape]);
        let small = file(MediaKind::Image, "image/jpeg", 1000, 200, 200);
        let found = findings_of("Network", &rules(), DraftKind::Post, &[&small]);
        assert_eq!((found[0].nature, found[0].limit, found[0].actual), (Nature::TooSmall, Some(320), Some(200)));
        let mut film = file(MediaKind::Video, "video/quicktime", 400_000_000, 1080, 1920);
        film.duration_ms = Some(120_000);
        assert_eq!(natures(DraftKind::Reel, &[&film]), [Nature::Format, Nature::TooLarge, Nature::TooLong]);
        film.duration_ms = Some(2_000);
        assert_eq!(natures(DraftKind::Reel, &[&film]), [Nature::Format, Nature::TooLarge, Nature::TooShort]);
        assert_eq!(natures(DraftKind::Post, &[&film]), [Nature::NotTaken]);
    }

    #[test]
    fn files_are_counted_by_use() {
        let fine = file(MediaKind::Image, "image/jpeg", 100_000, 1080, 1080);
        assert!(natures(DraftKind::Post, &[&fine; 10]).is_empty());
        assert_eq!(natures(DraftKind::Post, &[&fine; 11]), [Nature::TooMany]);
        assert!(natures(DraftKind::Story, &[&fine; 11]).is_empty(), "nothing is known of stories");
    }

    #[test]
    fn a_limit_of_all_pixels_is_one_of_the_width() {
        let rules = MediaRules::read(&json!({"uses": [{"use": "post", "kind": "image", "max_pixels": 1_000_000}]}));
        let large = file(MediaKind::Image, "image/jpeg", 1000, 4000, 1000);
        let target = target_of(&rules, DraftKind::Post, &large).expect("limits");
        assert_eq!(target.width_max, Some(2000));
        assert_eq!(will_be(&rules, DraftKind::Post, &large).height, Some(500));
    }
}
