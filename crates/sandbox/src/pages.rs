//! Pages for people: accounts, posts at their addresses, consent.

use askama::Template;
use rookery_kernel::text::grouped;

use crate::call::{Call, Content, Reply};
use crate::chance::Chance;
use crate::network::Network;
use crate::protocol::{Protocol, PublicPage};
use crate::protocols::{self, protocols};
use crate::world::{Account, Format, Post, World};

/// Posts per account on the first page.
const NEWEST: usize = 5;
/// Posts on an account's page.
const RECENT: usize = 50;

struct PostView {
    author: String,
    network: &'static str,
    avatar: String,
    profile: String,
    url: String,
    /// For machines.
    time: String,
    when: String,
    text: String,
    image: Option<String>,
    link: Option<String>,
    is_edited: bool,
    counts: Vec<(&'static str, String)>,
}

struct AccountView {
    name: String,
    handle: String,
    bio: String,
    network: &'static str,
    avatar: String,
    url: String,
    followers: String,
    posts_count: String,
    posts: Vec<PostView>,
}

struct NetworkView {
    name: &'static str,
    base: String,
    /// Id and secret of the app that is known from the start.
    app: Option<(&'static str, &'static str)>,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    now: String,
    is_away: bool,
    origin: String,
    networks: Vec<NetworkView>,
    accounts: Vec<AccountView>,
}

#[derive(Template)]
#[template(path = "profile.html")]
struct Profile {
    account: AccountView,
}

#[derive(Template)]
#[template(path = "post.html")]
struct PostPage {
    post: PostView,
}

#[derive(Template)]
#[template(path = "message.html")]
struct Message<'a> {
    title: &'a str,
    text: &'a str,
}

#[derive(Template)]
#[template(path = "consent.html")]
struct Consent<'a> {
    network: &'a str,
    app: &'a str,
    path: &'a str,
    hidden: Vec<(String, String)>,
    choices: Vec<(String, String, String)>,
    scopes: Vec<String>,
}

fn render(template: &impl Template) -> String {
    template.render().expect("writing to a string does not fail")
}

/// A page with a sentence.
pub(crate) fn message(title: &str, text: &str) -> String {
    render(&Message { title, text })
}

/// Asks a person for consent. The parameters of the request travel on in the form.
pub(crate) fn consent(
    network: &str,
    app: &str,
    path: &str,
    params: &[(String, String)],
    choices: Vec<(String, String, String)>,
    scopes: Vec<String>,
) -> String {
    let hidden = params.iter().filter(|(name, _)| !matches!(name.as_str(), "decision" | "as")).cloned().collect();
    render(&Consent { network, app, path, hidden, choices, scopes })
}

/// The first page.
pub(crate) fn home(net: &Network) -> String {
    let world = net.world();
    let mut accounts: Vec<&Account> = world.accounts.values().collect();
    accounts.sort_by_key(|a| (a.created_at, a.id));
    render(&Home {
        now: moment(net.now()),
        is_away: net.clock.is_away(),
        origin: net.origin.clone(),
        networks: protocols().map(|p| network_view(net, p)).collect(),
        accounts: accounts.into_iter().map(|a| account_view(net, &world, a, NEWEST)).collect(),
    })
}

/// The public page that a call asks for, if it asks for one and not for the API.
pub(crate) fn public(net: &Network, protocol: &dyn Protocol, call: &Call) -> Option<Reply> {
    let world = net.world();
    let page = protocol.public_page(&world, call)?;
    let (PublicPage::Profile { account } | PublicPage::Post { account, .. }) = page;
    let account = account.and_then(|id| world.accounts.get(&id));
    let gone = |text: &str| Some(Reply::html(404, message("Not here", text)));
    let Some(account) = account.filter(|a| a.platform == call.platform) else {
        return gone("There is no such account on this simulated network.");
    };
    let PublicPage::Post { post, .. } = page else {
        return Some(Reply::html(200, render(&Profile { account: account_view(net, &world, account, RECENT) })));
    };
    let known = post.and_then(|id| world.posts.get(&id)).filter(|p| p.account == account.id);
    match known {
        Some(post) if post.is_visible(call.now) => {
            Some(Reply::html(200, render(&PostPage { post: post_view(net, account, post) })))
        }
        Some(post) if post.is_deleted(call.now) => gone("This post was deleted."),
        _ => gone("There is no such post."),
    }
}

fn network_view(net: &Network, protocol: &dyn Protocol) -> NetworkView {
    let platform = protocol.platform();
    NetworkView {
        name: platform.name(),
        base: format!("{}/{}", net.origin, platform.label()),
        app: protocol.app().map(|app| (app.client_id, app.client_secret)),
    }
}

fn account_view(net: &Network, world: &World, account: &Account, posts_max: usize) -> AccountView {
    let now = net.now();
    let visible: Vec<&Post> = world.posts_of(account.id, now).filter(|p| !p.is_deleted(now)).collect();
    AccountView {
        name: account.name.clone(),
        handle: account.handle.clone(),
        bio: account.bio.clone(),
        network: account.platform.name(),
        avatar: format!("/media/avatar/{}.svg", account.id),
        url: account.profile_path(),
        followers: grouped(net.audience.followers(account, now)),
        posts_count: grouped(i64::try_from(visible.len()).unwrap_or(i64::MAX)),
        posts: visible.into_iter().take(posts_max).map(|p| post_view(net, account, p)).collect(),
    }
}

fn post_view(net: &Network, account: &Account, post: &Post) -> PostView {
    let numbers = net.audience.post_exact(account, post, net.now());
    let counts = protocols::of(account.platform).counts(&numbers);
    PostView {
        author: account.name.clone(),
        network: account.platform.name(),
        avatar: format!("/media/avatar/{}.svg", account.id),
        profile: account.profile_path(),
        url: account.permalink_path(post),
        time: post.created_at.to_string(),
        when: moment(post.created_at),
        text: post.text.clone(),
        image: matches!(post.format, Format::Photo | Format::Video).then(|| format!("/media/post/{}.svg", post.id)),
        link: post.link.clone(),
        is_edited: post.edited_at.is_some(),
        counts: counts.into_iter().map(|(name, n)| (name, grouped(n))).collect(),
    }
}

fn moment(at: rookery_kernel::Timestamp) -> String {
    at.to_jiff().strftime("%-d %b %Y, %H:%M UTC").to_string()
}

/// A drawing that belongs to an id: a few hills under a sun, or a face for an account.
pub(crate) fn drawing(kind: &str, name: &str) -> Option<Reply> {
    let id: u64 = name.strip_suffix(".svg")?.parse().ok()?;
    let mut chance = Chance::new(0, "drawing", &[id]);
    let hue = chance.between(0.0, 360.0).round();
    let svg = match kind {
        "avatar" => {
            let (x, y) = (chance.between(12.0, 32.0).round(), chance.between(10.0, 22.0).round());
            format!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 44 44"><rect width="44" height="44" fill="hsl({hue} 35% 42%)"/><circle cx="{x}" cy="{y}" r="9" fill="hsl({hue} 40% 78%)"/><path d="M0 44 Q22 16 44 44Z" fill="hsl({hue} 40% 26%)"/></svg>"#
            )
        }
        "post" => {
            let mut hills = String::new();
            for n in 0..4 {
                let (top, light) = (150 + n * 55, 70 - n * 14);
                let bend = f64::from(top) + chance.between(-70.0, 70.0).round();
                let path = format!("M0 {top} Q360 {bend} 720 {top} V360 H0Z");
                let hill = format!(r#"<path d="{path}" fill="hsl({hue} 28% {light}%)"/>"#);
                hills.push_str(&hill);
            }
            let sun = chance.between(90.0, 630.0).round();
            format!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 360"><rect width="720" height="360" fill="hsl({hue} 45% 90%)"/><circle cx="{sun}" cy="84" r="40" fill="hsl(40 85% 72%)"/>{hills}</svg>"#
            )
        }
        _ => return None,
    };
    Some(Reply::new(200, Content::Raw("image/svg+xml", svg)).header("cache-control", "public, max-age=86400"))
}
