//! Things as the API writes them: accounts, posts (`t3_…`), comments (`t1_…`).

use serde_json::{Value, json};

use super::caller;
use super::error::ApiError;
use crate::call::{Call, Reply};
use crate::network::Network;
use crate::world::{Account, DeletedBy, Format, Post, World};

const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";

/// A number as Reddit writes it.
pub(super) fn base36(mut number: u64) -> String {
    let mut text = Vec::new();
    loop {
        text.push(DIGITS[usize::try_from(number % 36).unwrap_or(0)]);
        number /= 36;
        if number == 0 {
            break;
        }
    }
    text.iter().rev().map(|b| char::from(*b)).collect()
}

/// The number of a whole id: `t3_abc`.
pub(super) fn number(id: &str) -> Option<u64> {
    u64::from_str_radix(id.get(3..)?, 36).ok()
}

/// The whole id of a post or comment.
pub(super) fn whole_id(post: &Post) -> String {
    let kind = if post.reply_to.is_some() { "t1" } else { "t3" };
    format!("{kind}_{}", base36(post.id))
}

/// `/api/v1/me`.
pub(super) fn me(net: &Network, call: &Call) -> Result<Reply, ApiError> {
    let account = caller(&net.world(), call, "identity")?;
    let (link, comment) = (200 + account.id % 900, 50 + account.id % 300);
    Ok(Reply::ok(json!({
        "id": account.network_id(),
        "name": account.handle,
        "icon_img": format!("{}/media/avatar/{}.svg", call.origin, account.id),
        "is_suspended": false,
        "has_verified_email": true,
        "created_utc": account.created_at.as_secs(),
        "link_karma": link,
        "comment_karma": comment,
        "total_karma": link + comment,
        "subreddit": {
            "display_name": format!("u_{}", account.handle),
            "title": account.name,
            "public_description": account.bio,
            "subscribers": net.audience.followers(&account, call.now),
            "url": format!("/user/{}/", account.handle),
        },
    })))
}

/// Where a post stands.
pub(super) fn community(account: &Account, post: &Post) -> String {
    let named = post.extra.get("sr").and_then(Value::as_str).map(ToOwned::to_owned);
    named.unwrap_or_else(|| format!("u_{}", account.handle))
}

/// Path of a thing on the site for people.
pub(super) fn path(world: &World, account: &Account, post: &Post) -> String {
    let above = post.reply_to.and_then(|id| world.posts.get(&id));
    match above {
        Some(above) => format!("{}{}/", path(world, account, above), base36(post.id)),
        None => format!("/r/{}/comments/{}/post/", community(account, post), base36(post.id)),
    }
}

/// A post or comment.
pub(super) fn thing(net: &Network, world: &World, call: &Call, account: &Account, post: &Post) -> Value {
    let numbers = net.audience.post_exact(account, post, call.now);
    let is_gone = matches!(post.deleted, Some((at, DeletedBy::Author)) if at <= call.now);
    let author = if is_gone { "[deleted]" } else { account.handle.as_str() };
    let text = if is_gone { "[deleted]" } else { post.text.as_str() };
    let mut data = json!({
        "id": base36(post.id),
        "name": whole_id(post),
        "author": author,
        "author_fullname": format!("t2_{}", account.network_id()),
        "subreddit": community(account, post),
        "created_utc": post.created_at.as_secs(),
        "permalink": path(world, account, post),
        "score": numbers.reactions_total(),
        "ups": numbers.reactions_total(),
    });
    if let Some(above) = post.reply_to.and_then(|id| world.posts.get(&id)) {
        data["body"] = json!(text);
        data["parent_id"] = json!(whole_id(above));
        return json!({ "kind": "t1", "data": data });
    }
    let title = post.title.clone().unwrap_or_else(|| post.text.lines().next().unwrap_or_default().to_owned());
    let is_self = post.media.is_empty() && post.link.is_none();
    let picture = format!("{}/media/post/{}.svg", call.origin, post.id);
    data["title"] = json!(title);
    data["selftext"] = json!(text);
    data["is_self"] = json!(is_self);
    data["is_video"] = json!(post.format == Format::Video && !post.media.is_empty());
    data["is_gallery"] = json!(post.media.len() > 1);
    data["url"] = json!(match (&post.link, is_self) {
        (Some(link), _) => link.clone(),
        (None, true) => format!("{}{}", call.base_of("www"), path(world, account, post)),
        (None, false) => picture.clone(),
    });
    data["domain"] = json!(if is_self {
        "self"
    } else if post.link.is_some() {
        "example"
    } else {
        "i.redd.it"
    });
    data["thumbnail"] = json!(if post.media.is_empty() { "self".to_owned() } else { picture });
    data["num_comments"] = json!(numbers.comments);
    data["num_crossposts"] = json!(numbers.shares);
    data["upvote_ratio"] = json!(0.93);
    data["total_awards_received"] = json!(0);
    data["view_count"] = Value::Null;
    data["removed_by_category"] = Value::Null;
    json!({ "kind": "t3", "data": data })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_numbers_to_the_base_36() {
        assert_eq!((base36(0), base36(35), base36(36)), ("0".to_owned(), "z".to_owned(), "10".to_owned()));
        assert_eq!(number(&format!("t3_{}", base36(u64::MAX))), Some(u64::MAX));
        assert_eq!((number("t3_"), number("t")), (None, None));
    }
}
