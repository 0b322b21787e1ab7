//! Files: a lease with the fields of a form, and the storage that takes the form.

use rookery_kernel::Platform;
use serde_json::json;

use super::caller;
use super::error::ApiError;
use crate::call::{Call, Content, Reply};
use crate::container::{Container, ContainerState};
use crate::media::MediaItem;
use crate::network::Network;
use crate::world::{Account, Event, World};

const TYPES: [&str; 6] = ["image/png", "image/jpeg", "image/gif", "image/webp", "video/mp4", "video/quicktime"];

/// `/api/media/asset.json`.
pub(super) fn lease(net: &Network, call: &Call) -> Result<Reply, ApiError> {
    let mut world = net.world();
    let account = caller(&world, call, "submit")?;
    let path = call.text("filepath").ok_or_else(|| ApiError::form("NO_TEXT", "we need something here", "filepath"))?;
    let mime = call.text("mimetype").filter(|m| TYPES.contains(m));
    let mime = mime.ok_or_else(|| ApiError::form("INVALID_OPTION", "that option is not valid", "mimetype"))?;
    let asset = format!("a{}", world.new_container_id(call.now));
    let key = format!("rte_images/{asset}");
    let container = Container::new(asset.clone(), call, account.id, "asset", json!({ "key": key }));
    // What a fault says about this file is for the storage to tell.
    world.commit(Event::Container(Container { error: None, ..container }));
    let fields = [
        ("acl", "private"),
        ("key", &key),
        ("Content-Type", mime),
        ("x-amz-storage-class", "STANDARD"),
        ("success_action_status", "201"),
        ("policy", "c2FuZGJveA=="),
        ("x-amz-signature", &asset),
    ];
    let fields: Vec<_> = fields.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    // Reddit leaves the scheme out.
    let action = call.base_of("upload").replacen("http:", "", 1);
    Ok(Reply::ok(json!({
        "args": { "action": action, "fields": fields },
        "asset": {
            "asset_id": asset, "processing_state": "incomplete", "payload": { "filepath": path },
            "websocket_url": format!("wss://ws.sandbox.test/rte_images/{asset}"),
        },
    })))
}

fn refused(code: &str, message: &str) -> Reply {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    Reply::new(400, Content::Raw("application/xml", body))
}

/// The storage.
pub(super) fn receive(net: &Network, call: &Call) -> Reply {
    let key = call.text("key").unwrap_or_default().to_owned();
    let mut world = net.world();
    let lease =
        world.drafts.values().find(|c| c.platform == Platform::Reddit && c.data["key"] == key.as_str()).cloned();
    let Some(lease) = lease.filter(|l| call.text("x-amz-signature") == Some(l.id.as_str())) else {
        return Reply::new(
            403,
            Content::Raw(
                "application/xml",
                "<Error><Code>AccessDenied</Code><Message>Invalid according to Policy</Message></Error>".to_owned(),
            ),
        );
    };
    if let Some(error) = &call.container_error {
        return refused("InvalidArgument", error);
    }
    let Some(file) = call.file("file") else {
        return refused("InvalidArgument", "POST requires exactly one file upload per request.");
    };
    let Some(item) = MediaItem::read(&file.bytes, None) else {
        return refused("InvalidArgument", "The file is no picture and no video.");
    };
    let data = json!({ "key": key, "item": item });
    world.commit(Event::Container(Container { data, state: ContainerState::Finished, ..lease }));
    let location = format!("{}/{key}", call.base_of("upload"));
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse><Location>{location}</Location><Key>{key}</Key></PostResponse>"
    );
    Reply::new(201, Content::Raw("application/xml", body))
}

/// A file that was uploaded for this account: by its id, or by the address in the storage.
pub(super) fn uploaded(world: &World, account: &Account, named: &str) -> Option<(MediaItem, u64)> {
    let is_it = |c: &&Container| {
        c.account == account.id
            && c.kind == "asset"
            && (c.id == named || c.data["key"].as_str().is_some_and(|key| named.ends_with(&format!("/{key}"))))
    };
    let found = world.drafts.values().filter(|c| c.platform == Platform::Reddit).find(is_it)?;
    Some((serde_json::from_value(found.data.get("item")?.clone()).ok()?, found.slow_secs))
}
