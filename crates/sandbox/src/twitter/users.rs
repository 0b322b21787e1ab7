//! Accounts.

use rookery_kernel::Platform;
use serde_json::{Map, Value, json};

use super::error::{Problem, missing};
use super::{caller, time};
use crate::call::{Call, Reply};
use crate::network::Network;
use crate::world::{Account, World};

const FIELDS: [&str; 12] = [
    "id",
    "name",
    "username",
    "created_at",
    "description",
    "location",
    "profile_image_url",
    "protected",
    "public_metrics",
    "url",
    "verified",
    "verified_type",
];

fn entity(net: &Network, world: &World, call: &Call, account: &Account) -> Result<Value, Problem> {
    let mut user = Map::new();
    user.insert("id".to_owned(), json!(account.id.to_string()));
    user.insert("name".to_owned(), json!(account.name));
    user.insert("username".to_owned(), json!(account.handle));
    for field in call.text("user.fields").unwrap_or_default().split(',').map(str::trim).filter(|f| !f.is_empty()) {
        if !FIELDS.contains(&field) {
            return Err(Problem::invalid(
                "user.fields",
                field,
                &format!("The `user.fields` query parameter value [{field}] is not one of [{}]", FIELDS.join(",")),
            ));
        }
        let value = match field {
            "created_at" => json!(time(account.created_at)),
            "description" => json!(account.bio),
            "profile_image_url" => json!(format!("{}/media/avatar/{}.svg", call.origin, account.id)),
            "protected" | "verified" => json!(false),
            "verified_type" => json!("none"),
            "public_metrics" => {
                let posts = world.posts_of(account.id, call.now).filter(|p| !p.is_deleted(call.now)).count();
                json!({
                    "followers_count": net.audience.followers(account, call.now),
                    "following_count": 40 + account.id % 200,
                    "tweet_count": posts,
                    "listed_count": account.id % 9,
                    "like_count": 0,
                    "media_count": 0,
                })
            }
            _ => continue,
        };
        user.insert(field.to_owned(), value);
    }
    Ok(Value::Object(user))
}

pub(super) fn me(net: &Network, call: &Call) -> Result<Reply, Problem> {
    let world = net.world();
    let account = caller(&world, call, "users.read")?;
    Ok(Reply::ok(json!({ "data": entity(net, &world, call, &account)? })))
}

pub(super) fn by_id(net: &Network, call: &Call, id: &str) -> Result<Reply, Problem> {
    let world = net.world();
    caller(&world, call, "users.read")?;
    match find(&world, id) {
        Some(account) => Ok(Reply::ok(json!({ "data": entity(net, &world, call, &account)? }))),
        None => Ok(Reply::ok(json!({ "errors": [missing("user", "id", id)] }))),
    }
}

pub(super) fn by_name(net: &Network, call: &Call, name: &str) -> Result<Reply, Problem> {
    let world = net.world();
    caller(&world, call, "users.read")?;
    match world.account_by_handle(Platform::Twitter, name) {
        Some(account) => Ok(Reply::ok(json!({ "data": entity(net, &world, call, account)? }))),
        None => Ok(Reply::ok(json!({ "errors": [missing("user", "username", name)] }))),
    }
}

pub(super) fn find(world: &World, id: &str) -> Option<Account> {
    let account = id.parse().ok().and_then(|id: u64| world.accounts.get(&id))?;
    (account.platform == Platform::Twitter).then(|| account.clone())
}
