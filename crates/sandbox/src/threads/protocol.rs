//! Threads among the simulated networks.

use std::time::Duration;

use axum::http::Method;
use rookery_kernel::Platform;
use url::Url;

use super::{SHAPE, route};
use crate::audience::PostNumbers;
use crate::call::{Call, Reply};
use crate::facebook::error::GraphError;
use crate::faults::Endpoint;
use crate::meta::{answer, below, containers, insights, is_get, quota, set_usage};
use crate::network::{Network, Settings};
use crate::protocol::{AppSeed, Protocol, UsedUp};
use crate::world::{TokenEnd, World};

/// Threads.
pub(crate) struct Threads;

impl Protocol for Threads {
    fn platform(&self) -> Platform {
        Platform::Threads
    }

    fn answer(&self, net: &Network, call: &Call) -> Reply {
        answer(net, call, &SHAPE, route)
    }

    fn endpoint(&self, call: &Call) -> Endpoint {
        let asks_for_state = call.text("fields").is_some_and(|f| f.split(',').any(|name| name == SHAPE.state));
        match below(&call.segments(), &SHAPE) {
            ["oauth", _] | ["access_token" | "refresh_access_token"] => Endpoint::Oauth,
            [_, "threads_publish"] => Endpoint::Publish,
            [_, "threads"] if call.method == Method::POST => Endpoint::Upload,
            [_, "threads" | "replies" | "conversation"] => Endpoint::List,
            [_, "insights" | "threads_insights"] => Endpoint::Metrics,
            ["me"] | [_, "threads_publishing_limit"] => Endpoint::Account,
            [_] if call.method == Method::DELETE => Endpoint::Delete,
            [_] if asks_for_state => Endpoint::Upload,
            [_] if is_get(call) => Endpoint::Metrics,
            _ => Endpoint::Other,
        }
    }

    fn quota(&self, _settings: &Settings) -> (u32, Duration) {
        quota()
    }

    fn trouble(&self, call: &Call) -> Reply {
        GraphError::new(2, "An unexpected error has occurred. Please retry your request later.")
            .status(500)
            .transient()
            .reply(call)
    }

    fn too_much(&self, call: &Call) -> Reply {
        GraphError::too_much().reply(call)
    }

    fn rate_limit(&self, call: &Call, account: Option<&str>, used_up: UsedUp) -> Reply {
        let mut reply = GraphError::rate_limit(used_up.code.unwrap_or(4)).reply(call);
        if used_up.headers {
            set_usage(&SHAPE, &mut reply, account, 100, used_up.regain_secs.div_ceil(60));
        }
        reply
    }

    fn ended_token(&self, call: &Call, end: TokenEnd) -> Reply {
        GraphError::ended_token(end, None, call.now).status(401).reply(call)
    }

    fn permission(&self, call: &Call) -> Reply {
        GraphError::new(10, "(#10) Application does not have permission for this action").status(403).reply(call)
    }

    fn unsupported_metric(&self, call: &Call, name: &str) -> Reply {
        insights::unsupported(name).reply(call)
    }

    fn set_usage(&self, _call: &Call, account: Option<&str>, percent: u32, reply: &mut Reply) {
        set_usage(&SHAPE, reply, account, percent, if percent >= 100 { 5 } else { 0 });
    }

    fn post_id_in(&self, call: &Call) -> Option<String> {
        below(&call.segments(), &SHAPE).first().map(ToString::to_string)
    }

    fn wants_media(&self, call: &Call) -> Vec<Url> {
        match below(&call.segments(), &SHAPE) {
            [_, "threads"] if call.method == Method::POST => containers::wants_media(call),
            _ => Vec::new(),
        }
    }

    fn account_id_base(&self) -> u64 {
        20_000_000_000_000_000
    }

    fn is_handle_char(&self, c: char) -> bool {
        c.is_ascii_alphanumeric() || c == '_' || c == '.'
    }

    fn counts(&self, numbers: &PostNumbers) -> Vec<(&'static str, i64)> {
        vec![
            ("likes", numbers.reactions_total()),
            ("replies", numbers.comments),
            ("reposts", numbers.shares),
            ("quotes", numbers.quotes),
            ("views", numbers.views),
        ]
    }

    fn app(&self) -> Option<AppSeed> {
        Some(AppSeed { client_id: "884012345678901", client_secret: "7468726561647366616365", scopes: SHAPE.scopes })
    }

    /// `THAA` and letters and digits.
    fn token_text(&self, world: &World) -> String {
        let (token, tail) = (world.new_secret("token", 32), world.new_secret("tail", 16));
        format!("THAA{}{}", token.replace(['-', '_'], "Z"), tail.replace(['-', '_'], "B"))
    }
}
