//! Pages, people, posts and videos as objects.

use serde_json::{Map, Value, json};

use super::error::GraphError;
use super::fields::{Field, parse, select};
use super::oauth::page_token;
use super::{Caller, Who, caller, comments, media, page, time};
use crate::audience::PostNumbers;
use crate::call::{Call, Reply};
use crate::container::Container;
use crate::network::Network;
use crate::world::{Account, Format, Post, World};

/// Builds the value of one field; `None` leaves it out.
type Build<'a> = &'a mut dyn FnMut(&Field) -> Result<Option<Value>, GraphError>;

/// The object with the fields that were asked for; the id is always there.
pub(super) fn object(id: &str, fields: &[Field], build: Build<'_>) -> Result<Value, GraphError> {
    let mut object = Map::new();
    for field in fields {
        if let Some(value) = build(field)? {
            object.insert(field.name.clone(), value);
        }
    }
    object.insert("id".into(), json!(id));
    Ok(Value::Object(object))
}

pub(super) fn unknown_field(name: &str, node: &str) -> GraphError {
    GraphError::parameter(&format!("Tried accessing nonexisting field ({name}) on node type ({node})"))
}

/// `fields=`, or what the network tells when nothing is asked for.
pub(super) fn asked(call: &Call, usual: &str) -> Result<Vec<Field>, GraphError> {
    parse(call.text("fields").unwrap_or(usual))
}

/// Any object by its id.
pub(super) fn node(net: &Network, call: &Call, id: &str) -> Result<Reply, GraphError> {
    let world = net.world();
    let caller = caller(&world, call)?;
    if let ("me", Who::Person(person)) = (id, &caller.who) {
        let fields = asked(call, "id,name")?;
        let body = object(&person.id.to_string(), &fields, &mut |field| match field.name.as_str() {
            "id" => Ok(None),
            "name" => Ok(Some(json!(person.name))),
            name => Err(unknown_field(name, "User")),
        })?;
        return Ok(Reply::ok(body));
    }
    if let Some(page) = page(&world, &caller, id) {
        drop(world);
        return Ok(Reply::ok(page_node(net, call, &caller, &page, &asked(call, "id,name")?, false)?));
    }
    if let Some((page, post)) = visible_post(&world, &caller, call, id) {
        let fields = asked(call, "id,message,created_time")?;
        return Ok(Reply::ok(post_node(net, call, &page, &post, &fields)?));
    }
    if let Some((page, comment)) = comments::visible(&world, &caller, call, id) {
        let fields = asked(call, "id,message,created_time")?;
        return Ok(Reply::ok(comments::node(call, &page, &comment, &fields)?));
    }
    if let Some(container) = media::container(&world, call, id) {
        let page = world.accounts.get(&container.account).filter(|p| caller.may_see(p));
        let page = page.ok_or_else(|| GraphError::unknown_object(id, "get"))?;
        let post = container.post.and_then(|id| world.posts.get(&id));
        let fields = asked(call, "id,description,updated_time")?;
        return Ok(Reply::ok(uploaded_video(call, page, &container, post, &fields)?));
    }
    if let Some((page, post)) = visible_video(&world, &caller, call, id) {
        let body = video_node(call, &page, &post, &asked(call, "id,description,updated_time")?)?;
        return Ok(Reply::ok(body));
    }
    Err(GraphError::unknown_object(id, "get"))
}

/// A post `{page}_{post}` that exists for this token.
pub(super) fn visible_post(world: &World, caller: &Caller, call: &Call, id: &str) -> Option<(Account, Post)> {
    let (page_id, post_id) = id.split_once('_')?;
    let page = page(world, caller, page_id).filter(|p| caller.may_see(p))?;
    let post = world.post(post_id.parse().ok()?, call.now).filter(|p| p.account == page.id)?;
    Some((page, post.clone()))
}

/// A video: one that was uploaded has an id of its own, one of the invented past the bare number of the
/// post that wraps it.
pub(super) fn visible_video(world: &World, caller: &Caller, call: &Call, id: &str) -> Option<(Account, Post)> {
    let wrapping = media::container(world, call, id).and_then(|c| c.post);
    let post = world.post(wrapping.or_else(|| id.parse().ok())?, call.now).filter(|p| p.format == Format::Video)?;
    let page = world.accounts.get(&post.account).filter(|p| caller.may_see(p))?;
    Some((page.clone(), post.clone()))
}

/// The pages of the person who calls, with the pages' own tokens.
pub(super) fn accounts(net: &Network, call: &Call) -> Result<Reply, GraphError> {
    let caller = caller(&net.world(), call)?;
    let Who::Person(person) = &caller.who else {
        return Err(unknown_field("accounts", "Page"));
    };
    let fields = asked(call, "access_token,category,name,id,tasks")?;
    let pages: Vec<Account> = {
        let world = net.world();
        world
            .accounts
            .values()
            .filter(|a| a.owner == person.id && a.platform == rookery_kernel::Platform::Facebook)
            .cloned()
            .collect()
    };
    let limit = super::listing::limit(call)?;
    let start = call
        .text("after")
        .and_then(|c| pages.iter().position(|p| super::listing::cursor(p.id) == c))
        .map_or(0, |i| i + 1);
    let shown: Vec<Account> = pages.iter().skip(start).take(limit).cloned().collect();
    let mut data = Vec::new();
    for page in &shown {
        data.push(page_node(net, call, &caller, page, &fields, true)?);
    }
    let mut body = json!({ "data": data });
    if let (Some(first), Some(last)) = (shown.first(), shown.last()) {
        let after = super::listing::cursor(last.id);
        body["paging"] = json!({ "cursors": { "before": super::listing::cursor(first.id), "after": after } });
        if start + shown.len() < pages.len() {
            body["paging"]["next"] = json!(super::listing::link(call, &[("after", &after)]));
        }
    }
    Ok(Reply::ok(body))
}

fn page_node(
    net: &Network,
    call: &Call,
    caller: &Caller,
    page: &Account,
    fields: &[Field],
    is_listed: bool,
) -> Result<Value, GraphError> {
    let followers = || net.audience.followers(page, call.now);
    object(&page.id.to_string(), fields, &mut |field| {
        Ok(match field.name.as_str() {
            "id" | "instagram_business_account" => None,
            "name" => Some(json!(page.name)),
            "username" => Some(json!(page.handle)),
            "about" => Some(json!(page.bio)),
            "category" => Some(json!(page.category)),
            "link" => Some(json!(format!("{}{}", call.origin, page.profile_path()))),
            "followers_count" | "fan_count" => Some(json!(followers())),
            "picture" => {
                let url = format!("{}/media/avatar/{}.svg", call.origin, page.id);
                let picture = json!({ "data": { "height": 50, "is_silhouette": false, "url": url, "width": 50 } });
                Some(select(picture, &field.sub))
            }
            "access_token" => {
                let mut world = net.world();
                let scopes = &caller.token.scopes;
                Some(json!(page_token(&mut world, page.id, &caller.token.client_id, scopes, call.now)))
            }
            // Only a listing of pages knows what a person may do with each.
            "tasks" if is_listed => {
                Some(json!(["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE"]))
            }
            name => return Err(unknown_field(name, "Page")),
        })
    })
}

/// A post with its counts.
pub(super) fn post_node(
    net: &Network,
    call: &Call,
    page: &Account,
    post: &Post,
    fields: &[Field],
) -> Result<Value, GraphError> {
    let numbers = net.audience.post_exact(page, post, call.now);
    let permalink = format!("{}{}", call.origin, page.permalink_path(post));
    let media = format!("{}/media/post/{}.svg", call.origin, post.id);
    object(&page.external_id(post), fields, &mut |field| {
        Ok(match field.name.as_str() {
            "id" | "story" => None,
            "message" => Some(post.text.as_str()).filter(|t| !t.is_empty()).map(|t| json!(t)),
            "created_time" => Some(json!(time(post.created_at))),
            "updated_time" => Some(json!(time(post.edited_at.unwrap_or(post.created_at)))),
            "permalink_url" => Some(json!(permalink)),
            "full_picture" | "picture" => matches!(post.format, Format::Photo | Format::Video).then(|| json!(media)),
            "status_type" => Some(json!(status_type(post.format))),
            "from" => Some(select(json!({ "name": page.name, "id": page.id.to_string() }), &field.sub)),
            "is_published" => Some(json!(true)),
            "is_hidden" => Some(json!(false)),
            "attachments" => attachments(post, &permalink, &media).map(|a| select(a, &field.sub)),
            // Left out where nobody shared.
            "shares" => (numbers.shares > 0).then(|| json!({ "count": numbers.shares })),
            "comments" => Some(counted(field, numbers.comments)),
            "reactions" | "likes" => Some(counted(field, numbers.reactions_total())),
            "type" | "link" | "caption" | "description" => {
                let message =
                    "deprecate_post_aggregated_fields_for_attachement is deprecated for versions v3.3 and higher";
                return Err(GraphError::new(12, format!("(#12) {message}")));
            }
            name => return Err(unknown_field(name, "Post")),
        })
    })
}

const fn status_type(format: Format) -> &'static str {
    match format {
        Format::Text => "mobile_status_update",
        Format::Link => "shared_story",
        Format::Photo => "added_photos",
        Format::Video => "added_video",
    }
}

fn attachments(post: &Post, permalink: &str, media: &str) -> Option<Value> {
    let ids = post.extra.get("media_ids").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    // What came through the API has ids of its own, the invented past has not.
    let target = |id: Option<&Value>| json!({ "id": id.cloned().unwrap_or_else(|| json!(post.id.to_string())), "url": permalink });
    if ids.len() > 1 {
        let image = json!({ "image": { "height": 360, "src": media, "width": 720 } });
        let photo = |id| json!({ "media_type": "photo", "type": "photo", "target": target(Some(id)), "media": image, "url": permalink });
        let below: Vec<Value> = ids.iter().map(photo).collect();
        let entry = json!({
            "media_type": "album", "type": "album", "url": permalink, "target": target(None), "media": image,
            "subattachments": { "data": below },
        });
        return Some(json!({ "data": [entry] }));
    }
    let entry = match post.format {
        Format::Text => return None,
        Format::Link => {
            let link = post.link.clone().unwrap_or_default();
            json!({ "media_type": "link", "type": "share", "title": link, "url": link, "target": { "url": link } })
        }
        Format::Photo => json!({
            "media_type": "photo", "type": "photo", "url": permalink,
            "target": target(ids.first()),
            "media": { "image": { "height": 360, "src": media, "width": 720 } },
        }),
        Format::Video => json!({
            "media_type": "video", "type": "video_inline", "url": permalink,
            "target": target(ids.first()),
            "media": { "image": { "height": 360, "src": media, "width": 720 }, "source": media },
        }),
    };
    Some(json!({ "data": [entry] }))
}

/// An edge with its total; the entries themselves are not simulated.
pub(super) fn counted(field: &Field, total: i64) -> Value {
    let mut edge = json!({ "data": [] });
    if field.modifier("summary").is_some_and(|s| s != "false" && s != "0") {
        edge["summary"] = if field.name == "comments" {
            json!({ "order": "ranked", "total_count": total, "can_comment": true })
        } else {
            json!({ "total_count": total, "viewer_reaction": "NONE" })
        };
    }
    edge
}

/// `/{post}/reactions` and its kin.
pub(super) fn edge(net: &Network, call: &Call, id: &str, name: &str) -> Result<Reply, GraphError> {
    let world = net.world();
    let caller = caller(&world, call)?;
    let (page, post) = visible_post(&world, &caller, call, id).ok_or_else(|| GraphError::unknown_object(id, "get"))?;
    let numbers: PostNumbers = net.audience.post_exact(&page, &post, call.now);
    let total = numbers.reactions_total();
    let mut field = Field::named(name);
    if let Some(summary) = call.text("summary") {
        field.modifiers.push(("summary".to_owned(), summary.to_owned()));
    }
    Ok(Reply::ok(counted(&field, total)))
}

/// A video that came through the API: it has an id before its post exists.
fn uploaded_video(
    call: &Call,
    page: &Account,
    container: &Container,
    post: Option<&Post>,
    fields: &[Field],
) -> Result<Value, GraphError> {
    let public = post.filter(|p| p.is_visible(call.now));
    if post.is_some_and(|p| p.is_deleted(call.now)) {
        return Err(GraphError::unknown_object(&container.id, "get"));
    }
    let length = || media::item_of(container).or_else(|| post?.media.first().cloned())?.duration_ms;
    object(&container.id, fields, &mut |field| {
        Ok(match field.name.as_str() {
            "id" => None,
            "description" => post.map(|p| json!(p.text)),
            "title" => post.and_then(|p| p.title.as_ref()).map(|t| json!(t)),
            "created_time" | "updated_time" => public.map(|p| json!(time(p.created_at))),
            "length" => length().map(|millis| json!(std::time::Duration::from_millis(millis).as_secs_f64())),
            "post_id" => public.map(|p| json!(p.id.to_string())),
            "permalink_url" => public.map(|p| json!(format!("{}{}", call.origin, page.permalink_path(p)))),
            "status" => Some(select(media::status(container, post, call), &field.sub)),
            name => return Err(unknown_field(name, "Video")),
        })
    })
}

fn video_node(call: &Call, page: &Account, post: &Post, fields: &[Field]) -> Result<Value, GraphError> {
    let permalink = format!("{}{}", call.origin, page.permalink_path(post));
    object(&post.id.to_string(), fields, &mut |field| {
        Ok(match field.name.as_str() {
            "id" => None,
            "description" => Some(json!(post.text)),
            "created_time" => Some(json!(time(post.created_at))),
            "updated_time" => Some(json!(time(post.edited_at.unwrap_or(post.created_at)))),
            "length" => Some(json!(21.4)),
            "post_id" => Some(json!(post.id.to_string())),
            "permalink_url" => Some(json!(permalink)),
            "status" => Some(json!({ "video_status": "ready" })),
            name => return Err(unknown_field(name, "Video")),
        })
    })
}
