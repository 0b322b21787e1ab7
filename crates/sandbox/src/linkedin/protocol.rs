//! LinkedIn among the simulated networks.

use std::time::Duration;

use axum::http::Method;
use rookery_kernel::Platform;
use serde_json::Value;

use super::error::LiError;
use super::{MEMBER, find_any, is_member};
use crate::audience::PostNumbers;
use crate::call::{Call, Reply};
use crate::faults::Endpoint;
use crate::network::{Network, Settings};
use crate::protocol::{AppSeed, Protocol, PublicPage, UsedUp};
use crate::world::{Account, Post, TokenEnd, World};

/// LinkedIn.
pub(crate) struct LinkedIn;

/// Calls per member and day.
const CALLS: u32 = 10_000;

/// Rights that a client can ask for and that the control's tokens have. Reading a member's posts
/// (`r_member_social`) is closed.
pub(super) const SCOPES: [&str; 9] = [
    "openid",
    "profile",
    "email",
    "w_member_social",
    "r_member_postAnalytics",
    "r_member_profileAnalytics",
    "w_organization_social",
    "r_organization_social",
    "rw_organization_admin",
];

impl Protocol for LinkedIn {
    fn platform(&self) -> Platform {
        Platform::Linkedin
    }

    fn answer(&self, net: &Network, call: &Call) -> Reply {
        super::answer(net, call)
    }

    fn endpoint(&self, call: &Call) -> Endpoint {
        let method = &call.method;
        match (call.host_part.as_deref(), call.segments().as_slice()) {
            (Some("upload"), _) | (None, ["rest", "images" | "videos" | "documents", ..]) => Endpoint::Upload,
            (Some("www"), ["oauth", ..]) => Endpoint::Oauth,
            (None, ["rest", "posts"] | ["rest", "socialActions", _, "comments"]) if method == Method::POST => {
                Endpoint::Publish
            }
            (None, ["rest", "posts"]) if call.text("ids").is_some() => Endpoint::Metrics,
            (None, ["rest", "posts"] | ["rest", "socialActions", _, "comments"]) => Endpoint::List,
            (None, ["rest", "posts" | "socialActions", ..]) if method == Method::DELETE => Endpoint::Delete,
            (None, ["rest", "organizationAcls" | "organizations" | "networkSizes", ..] | ["v2", ..]) => {
                Endpoint::Account
            }
            (
                None,
                [
                    "rest",
                    "organizationalEntityShareStatistics"
                    | "organizationalEntityFollowerStatistics"
                    | "organizationPageStatistics"
                    | "memberCreatorPostAnalytics"
                    | "memberFollowersCount"
                    | "posts"
                    | "socialActions",
                    ..,
                ],
            ) => Endpoint::Metrics,
            _ => Endpoint::Other,
        }
    }

    fn quota(&self, _settings: &Settings) -> (u32, Duration) {
        (CALLS, Duration::from_hours(24))
    }

    fn trouble(&self, _call: &Call) -> Reply {
        LiError::trouble().reply()
    }

    /// The network tells neither the quota nor when it is back: at midnight UTC.
    fn rate_limit(&self, _call: &Call, _account: Option<&str>, _used_up: UsedUp) -> Reply {
        LiError::too_many().reply()
    }

    fn ended_token(&self, _call: &Call, end: TokenEnd) -> Reply {
        LiError::ended_token(end).reply()
    }

    fn permission(&self, _call: &Call) -> Reply {
        LiError::denied().reply()
    }

    fn post_id_in(&self, call: &Call) -> Option<String> {
        call.path.get(2).cloned()
    }

    fn listed<'a>(&self, body: &'a mut Value) -> Option<&'a mut Vec<Value>> {
        body.get_mut("elements").and_then(Value::as_array_mut)
    }

    fn account_id_base(&self) -> u64 {
        10_000_000
    }

    fn native_account_id(&self, id: u64, handle: &str) -> Option<String> {
        let kind = if handle.starts_with(MEMBER) { "person" } else { "organization" };
        Some(format!("urn:li:{kind}:{id}"))
    }

    fn native_post_id(&self, _account: &Account, id: u64) -> Option<String> {
        Some(format!("urn:li:share:{id}"))
    }

    fn profile_path(&self, account: &Account) -> String {
        if is_member(account) {
            return format!("/linkedin-www/in/{}", account.handle.trim_start_matches(MEMBER));
        }
        format!("/linkedin-www/company/{}", account.handle)
    }

    fn permalink_path(&self, account: &Account, post: &Post) -> String {
        format!("/linkedin-www/feed/update/{}", self.external_id(account, post))
    }

    fn public_page(&self, world: &World, call: &Call) -> Option<PublicPage> {
        if call.method != Method::GET || call.host_part.as_deref() != Some("www") {
            return None;
        }
        let by_handle = |name: &str| world.account_by_handle(Platform::Linkedin, name).map(|a| a.id);
        match call.segments().as_slice() {
            ["company", name] => Some(PublicPage::Profile { account: by_handle(name) }),
            ["in", name] => Some(PublicPage::Profile { account: by_handle(&format!("{MEMBER}{name}")) }),
            ["feed", "update", urn] => {
                let found = find_any(world, urn);
                Some(PublicPage::Post {
                    account: found.as_ref().map(|(account, _)| account.id),
                    post: found.map(|(_, post)| post.id),
                })
            }
            _ => None,
        }
    }

    fn counts(&self, numbers: &PostNumbers) -> Vec<(&'static str, i64)> {
        vec![
            ("reactions", numbers.reactions_total()),
            ("comments", numbers.comments),
            ("reposts", numbers.shares),
            ("impressions", numbers.views),
        ]
    }

    fn app(&self) -> Option<AppSeed> {
        Some(AppSeed { client_id: "78sandboxli1n", client_secret: "WPL_AP1.sandboxLinkedInSecret", scopes: &SCOPES })
    }
}
