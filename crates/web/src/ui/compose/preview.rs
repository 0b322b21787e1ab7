//! What a post will look like on each account: a sketch per family of networks. The words are those that go out, cut
//! where the network stops counting and folded where it hides the rest.

use askama::Template;
use rookery_accounts::Account;
use rookery_kernel::{MediaAssetId, Platform};
use rookery_platforms::MediaKind;
use rookery_publishing::{Checked, OnAccount, StoredFile};

use super::fields::Fields;
use super::options;
use crate::ui::format::{colour, initial};

/// A further part in a sketch.
struct PartView {
    is_comment: bool,
    text: String,
    used: usize,
    is_over: bool,
}

struct MediumView {
    id: MediaAssetId,
    alt: String,
    kind: &'static str,
}

struct Card {
    host: String,
    title: String,
}

/// One sketch.
pub(super) struct Preview {
    family: &'static str,
    network: &'static str,
    colour: &'static str,
    name: String,
    handle: String,
    initial: String,
    title: Option<String>,
    /// Words before the fold.
    shown: String,
    /// Words behind it.
    folded: String,
    /// Words that the network does not take.
    over: String,
    used: usize,
    limit: usize,
    media: Vec<MediumView>,
    media_left: usize,
    card: Option<Card>,
    parts: Vec<PartView>,
}

/// So many pictures are shown.
const MEDIA_SHOWN: usize = 4;

/// Characters before a network hides the rest behind "more"; seen in the networks' own apps, 2026-10.
const fn fold(network: Platform) -> Option<usize> {
    match network {
        Platform::Linkedin => Some(210),
        Platform::Facebook => Some(477),
        Platform::Instagram => Some(125),
        Platform::Tiktok => Some(100),
        Platform::Youtube => Some(150),
        _ => None,
    }
}

const fn family(network: Platform) -> &'static str {
    match network {
        Platform::Threads | Platform::Twitter | Platform::Mastodon | Platform::Bluesky => "micro",
        Platform::Facebook | Platform::Linkedin => "feed",
        Platform::Instagram => "visual",
        Platform::Tiktok | Platform::Youtube => "video",
        Platform::Reddit => "forum",
    }
}

#[derive(Template)]
#[template(path = "compose_preview.html")]
struct Sketches<'a> {
    previews: &'a [Preview],
}

/// The sketches as HTML, for a form that is being written.
pub(super) fn html(previews: &[Preview]) -> Result<String, askama::Error> {
    Sketches { previews }.render()
}

/// A sketch per chosen account.
pub(super) fn of(fields: &Fields, checked: &Checked, accounts: &[Account]) -> Vec<Preview> {
    let find = |on: &OnAccount| accounts.iter().find(|a| a.id == on.account_id);
    checked.accounts.iter().filter_map(|on| Some(sketch(fields, on, find(on)?, &checked.files))).collect()
}

fn sketch(fields: &Fields, on: &OnAccount, account: &Account, files: &[StoredFile]) -> Preview {
    let (fits, over) = on.text.split_at(on.fits);
    let end = fold(on.platform).and_then(|n| fits.char_indices().nth(n).map(|(at, _)| at)).unwrap_or(fits.len());
    let (shown, folded) = fits.split_at(end);
    let media = files.iter().take(MEDIA_SHOWN).map(|file| MediumView {
        id: file.asset_id,
        alt: file.alt_text.clone().unwrap_or_else(|| file.file_name.clone()),
        kind: match file.kind {
            MediaKind::Image => "image",
            MediaKind::Gif => "gif",
            MediaKind::Video => "video",
        },
    });
    let parts = fields.parts.iter().zip(&on.parts).map(|(part, used)| PartView {
        is_comment: part.is_comment(),
        text: part.text.clone(),
        used: *used,
        is_over: *used > on.limit,
    });
    Preview {
        family: family(on.platform),
        network: on.platform.name(),
        colour: colour(on.platform),
        name: account.name().to_owned(),
        handle: account.username.clone(),
        initial: initial(account.name()),
        title: on.title.clone().filter(|_| options::has_title(on.platform)),
        shown: shown.to_owned(),
        folded: folded.to_owned(),
        over: over.to_owned(),
        used: on.used,
        limit: on.limit,
        media: media.collect(),
        media_left: files.len().saturating_sub(MEDIA_SHOWN),
        card: card(fields, on.platform).filter(|_| files.is_empty()),
        parts: parts.collect(),
    }
}

/// The card of a link, where the network makes one.
fn card(fields: &Fields, network: Platform) -> Option<Card> {
    if matches!(network, Platform::Instagram | Platform::Tiktok | Platform::Youtube) {
        return None;
    }
    let url: url::Url = fields.link.parse().ok()?;
    let host = url.host_str()?.trim_start_matches("www.").to_owned();
    let own = fields.options.get(&(network, "link_title".to_owned())).cloned();
    let title = own.or_else(|| (!fields.title.is_empty()).then(|| fields.title.clone()));
    Some(Card { title: title.unwrap_or_else(|| host.clone()), host })
}
