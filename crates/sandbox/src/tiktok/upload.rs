//! The place for videos: chunks in their order. Whoever has the address may send.

use crate::call::{Call, Content, Reply};
use crate::container::{Container, ContainerState};
use crate::media::{MediaItem, MediaKind};
use crate::network::Network;
use crate::world::World;

use super::publish::store;

/// `bytes a-b/total` of a chunk: first byte, byte behind the last, size of the file.
pub(super) fn range(call: &Call) -> Option<(u64, u64, u64)> {
    let (range, total) = call.header("content-range")?.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let (first, last, total) = (first.parse().ok()?, last.parse::<u64>().ok()?, total.parse().ok()?);
    (first <= last && last < total).then_some((first, last + 1, total))
}

/// The upload that a call is about.
pub(super) fn container(world: &World, call: &Call) -> Option<Container> {
    let id = format!("v_pub_file~v2-1.{}", call.text("upload_id")?);
    world.container(call.platform, &id, call.now)
}

fn bare(status: u16) -> Reply {
    Reply::new(status, Content::Empty)
}

/// `PUT` of a chunk: 206 as long as something is missing, then 201.
pub(super) fn receive(net: &Network, call: &Call) -> Reply {
    let Some(mut container) = container(&net.world(), call) else { return bare(404) };
    if call.text("upload_token") != container.data["secret"].as_str() || container.state == ContainerState::Expired {
        return bare(403);
    }
    let Some((first, end, total)) = range(call) else { return bare(400) };
    let number = |name: &str| container.data[name].as_u64().unwrap_or_default();
    if total != number("video_size") || call.body.len() as u64 != end - first {
        return bare(400);
    }
    if container.state != ContainerState::Open || first != number("received") {
        return bare(416);
    }
    let is_last = end == total;
    if !is_last && end - first != number("chunk_size") {
        return bare(400);
    }
    net.append_upload(&container.id, &call.body);
    container.data["received"] = end.into();
    if !is_last {
        net.world().commit(crate::world::Event::Container(container));
        return bare(206).header("content-range", format!("bytes 0-{}/{total}", end - 1));
    }
    let bytes = net.take_upload(&container.id);
    let item = MediaItem::read(&bytes, None).filter(|i| i.kind == MediaKind::Video);
    if item.is_none() {
        container.error = Some("file_format_check_failed".to_owned());
    }
    let account = net.world().accounts.get(&container.account).cloned();
    let Some(account) = account else { return bare(404) };
    let received = store(net, call, &account, container, item.into_iter().collect());
    let mut reply = bare(201).header("content-range", format!("bytes 0-{}/{total}", total - 1));
    reply.published = received;
    reply
}
