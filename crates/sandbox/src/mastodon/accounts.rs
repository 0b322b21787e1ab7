//! Accounts.

use rookery_kernel::Platform;
use serde_json::{Value, json};

use super::error::ApiError;
use super::{caller, html};
use crate::call::{Call, Reply};
use crate::network::Network;
use crate::world::{Account, Post, World};

/// An account as the API writes it.
pub(super) fn entity(net: &Network, world: &World, call: &Call, account: &Account) -> Value {
    let statuses: Vec<&Post> = world.posts_of(account.id, call.now).filter(|p| !p.is_deleted(call.now)).collect();
    let last = statuses.first().map(|p| p.created_at.date_utc().to_string());
    let avatar = format!("{}/media/avatar/{}.svg", call.origin, account.id);
    json!({
        "id": account.id.to_string(),
        "username": account.handle,
        "acct": account.handle,
        "display_name": account.name,
        "locked": false,
        "bot": false,
        "discoverable": true,
        "indexable": true,
        "group": false,
        // The account is older than the invented past.
        "created_at": format!("{}T00:00:00.000Z", account.created_at.date_utc().plus_days(-700)),
        "note": html::render(&account.bio, &call.base()),
        "url": format!("{}{}", call.origin, account.profile_path()),
        "uri": format!("{}/users/{}", call.base(), account.handle),
        "avatar": avatar,
        "avatar_static": avatar,
        "header": avatar,
        "header_static": avatar,
        "followers_count": net.audience.followers(account, call.now),
        "following_count": 40 + account.id % 200,
        "statuses_count": statuses.len(),
        "last_status_at": last,
        "hide_collections": false,
        "emojis": [],
        "fields": [],
    })
}

pub(super) fn verify(net: &Network, call: &Call) -> Result<Reply, ApiError> {
    let world = net.world();
    let (account, _) = caller(&world, call, "read:accounts")?;
    let mut body = entity(net, &world, call, &account);
    body["source"] = json!({
        "privacy": "public", "sensitive": false, "language": "en", "note": account.bio, "fields": [],
        "follow_requests_count": 0,
    });
    body["role"] = json!({ "id": "-99", "name": "", "permissions": "65536", "color": "", "highlighted": false });
    Ok(Reply::ok(body))
}

/// An account of this server by its id.
pub(super) fn find(world: &World, id: &str) -> Result<Account, ApiError> {
    let account = id.parse().ok().and_then(|id: u64| world.accounts.get(&id));
    account.filter(|a| a.platform == Platform::Mastodon).cloned().ok_or_else(ApiError::not_found)
}

pub(super) fn show(net: &Network, call: &Call, id: &str) -> Result<Reply, ApiError> {
    let world = net.world();
    let account = find(&world, id)?;
    Ok(Reply::ok(entity(net, &world, call, &account)))
}

pub(super) fn look_up(net: &Network, call: &Call) -> Result<Reply, ApiError> {
    let world = net.world();
    let name = call.text("acct").unwrap_or_default().trim_start_matches('@');
    let handle = name.split('@').next().unwrap_or_default();
    let account = world.account_by_handle(Platform::Mastodon, handle).cloned().ok_or_else(ApiError::not_found)?;
    Ok(Reply::ok(entity(net, &world, call, &account)))
}
