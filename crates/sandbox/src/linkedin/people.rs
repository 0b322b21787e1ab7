//! The member behind a token, and the pages the member manages.

use rookery_kernel::Platform;
use serde_json::{Map, Value, json};

use super::error::LiError;
use super::{caller, is_member, list};
use crate::call::{Call, Reply};
use crate::network::Network;
use crate::world::{Account, World};

/// `GET /v2/userinfo` (OpenID Connect).
pub(super) fn userinfo(net: &Network, call: &Call) -> Result<Reply, LiError> {
    let world = net.world();
    let caller = caller(&world, call)?;
    caller.need("openid")?;
    let name = world.people.get(&caller.person).map_or("A member", |p| p.name.as_str());
    let (name, sub) = match caller.member(&world) {
        Some(account) => (account.name.as_str(), account.id),
        None => (name, caller.person),
    };
    let (given, family) = name.split_once(' ').unwrap_or((name, ""));
    Ok(Reply::ok(json!({
        "sub": sub.to_string(),
        "name": name,
        "given_name": given,
        "family_name": family,
        "picture": format!("{}/media/avatar/{sub}.svg", call.origin),
        "locale": { "country": "US", "language": "en" },
    })))
}

fn pages(world: &World, person: u64) -> impl Iterator<Item = &Account> {
    let mut pages: Vec<&Account> = world
        .accounts
        .values()
        .filter(|a| a.platform == Platform::Linkedin && a.owner == person && !is_member(a))
        .collect();
    pages.sort_by_key(|a| (a.created_at, a.id));
    pages.into_iter()
}

/// `GET /rest/organizationAcls?q=roleAssignee`.
pub(super) fn roles(net: &Network, call: &Call) -> Result<Reply, LiError> {
    let world = net.world();
    let caller = caller(&world, call)?;
    caller.need("rw_organization_admin")?;
    if call.text("q") != Some("roleAssignee") {
        return Err(LiError::illegal("The finder must be roleAssignee"));
    }
    let is_wanted = call.text("role").is_none_or(|r| r == "ADMINISTRATOR");
    let assignee =
        caller.member(&world).map_or_else(|| format!("urn:li:person:{}", caller.person), Account::network_id);
    let elements: Vec<Value> = pages(&world, caller.person)
        .filter(|_| is_wanted)
        .map(|page| {
            json!({
                "role": "ADMINISTRATOR", "state": "APPROVED", "roleAssignee": assignee,
                "organization": page.network_id(),
            })
        })
        .collect();
    let count = elements.len();
    Ok(Reply::ok(json!({ "elements": elements, "paging": { "start": 0, "count": 100, "total": count, "links": [] } })))
}

/// `GET /rest/organizations?ids=List(…)`.
pub(super) fn organizations(net: &Network, call: &Call) -> Result<Reply, LiError> {
    let world = net.world();
    let caller = caller(&world, call)?;
    let ids = call.text("ids").ok_or_else(|| LiError::illegal("Parameter ids is required"))?;
    let (mut results, mut statuses) = (Map::new(), Map::new());
    for id in list(ids) {
        match caller.manages(&world, &format!("urn:li:organization:{id}")) {
            Ok(page) => {
                let entity = json!({
                    "id": page.id,
                    "localizedName": page.name,
                    "vanityName": page.handle,
                    "name": { "localized": { "en_US": page.name }, "preferredLocale": { "country": "US", "language": "en" } },
                    "primaryOrganizationType": "NONE",
                });
                results.insert(id.to_owned(), entity);
                statuses.insert(id.to_owned(), json!(200));
            }
            Err(_) => drop(statuses.insert(id.to_owned(), json!(403))),
        }
    }
    Ok(Reply::ok(json!({ "results": results, "statuses": statuses, "errors": {} })))
}

/// `GET /rest/networkSizes/{urn}`.
pub(super) fn size(net: &Network, call: &Call, urn: &str) -> Result<Reply, LiError> {
    let world = net.world();
    let page = caller(&world, call)?.manages(&world, urn)?;
    if call.text("edgeType") != Some("COMPANY_FOLLOWED_BY_MEMBER") {
        return Err(LiError::illegal("Parameter edgeType is required"));
    }
    Ok(Reply::ok(json!({ "firstDegreeSize": net.audience.followers(&page, call.now) })))
}
