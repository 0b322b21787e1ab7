//! What the server says about itself.

use serde_json::{Value, json};

use crate::call::{Call, Reply};
use crate::network::Network;

const VERSION: &str = "4.5.2";
const TITLE: &str = "Sandbox Social";
const ABOUT: &str = "A simulated server for trying things out. Nobody but you can read what is posted here.";

/// Media of one status.
pub(super) const MEDIA_MAX: usize = 4;
/// Longest description, in characters.
pub(super) const DESCRIPTION_MAX: usize = 1500;
pub(super) const PICTURE_BYTES_MAX: u64 = 16_777_216;
pub(super) const VIDEO_BYTES_MAX: u64 = 103_809_024;
pub(super) const MIME_TYPES: [&str; 7] =
    ["image/jpeg", "image/png", "image/gif", "image/webp", "video/mp4", "video/webm", "video/quicktime"];

fn domain(call: &Call) -> String {
    call.origin.trim_start_matches("http://").to_owned()
}

fn configuration(net: &Network) -> Value {
    json!({
        "accounts": { "max_featured_tags": 10, "max_pinned_statuses": 5 },
        "statuses": {
            "max_characters": net.settings().mastodon_characters_max,
            "max_media_attachments": MEDIA_MAX,
            "characters_reserved_per_url": 23,
        },
        "media_attachments": {
            "supported_mime_types": MIME_TYPES,
            "description_limit": DESCRIPTION_MAX,
            "image_size_limit": PICTURE_BYTES_MAX,
            "image_matrix_limit": 33_177_600,
            "video_size_limit": VIDEO_BYTES_MAX,
            "video_frame_rate_limit": 120,
            "video_matrix_limit": 8_294_400,
        },
        "polls": {
            "max_options": 4,
            "max_characters_per_option": 50,
            "min_expiration": 300,
            "max_expiration": 2_629_746,
        },
    })
}

pub(super) fn v2(net: &Network, call: &Call) -> Reply {
    let mut configuration = configuration(net);
    configuration["urls"] = json!({ "streaming": call.base().replace("http://", "ws://") });
    configuration["translation"] = json!({ "enabled": false });
    Reply::ok(json!({
        "domain": domain(call),
        "title": TITLE,
        "version": VERSION,
        "source_url": "https://github.com/mastodon/mastodon",
        "description": ABOUT,
        "usage": { "users": { "active_month": net.world().accounts.len() } },
        "thumbnail": { "url": format!("{}/media/avatar/0.svg", call.origin) },
        "icon": [],
        "languages": ["en"],
        "configuration": configuration,
        "registrations": { "enabled": false, "approval_required": false, "message": null, "url": null },
        "api_versions": { "mastodon": 7 },
        "contact": { "email": "nobody@sandbox.invalid", "account": null },
        "rules": [],
    }))
}

pub(super) fn v1(net: &Network, call: &Call) -> Reply {
    let (users, posts) = {
        let world = net.world();
        (world.accounts.len(), world.posts.len())
    };
    Reply::ok(json!({
        "uri": domain(call),
        "title": TITLE,
        "short_description": ABOUT,
        "description": ABOUT,
        "email": "nobody@sandbox.invalid",
        "version": VERSION,
        "urls": { "streaming_api": call.base().replace("http://", "ws://") },
        "stats": { "user_count": users, "status_count": posts, "domain_count": 1 },
        "thumbnail": format!("{}/media/avatar/0.svg", call.origin),
        "languages": ["en"],
        "registrations": false,
        "approval_required": false,
        "invites_enabled": false,
        "configuration": configuration(net),
        "contact_account": null,
        "rules": [],
    }))
}
