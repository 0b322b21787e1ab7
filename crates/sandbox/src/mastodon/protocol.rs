//! Mastodon among the simulated networks.

use std::time::Duration;

use axum::http::Method;
use rookery_kernel::Platform;

use super::error::ApiError;
use crate::audience::PostNumbers;
use crate::call::{Call, Reply};
use crate::faults::Endpoint;
use crate::network::{Network, Quota, Settings};
use crate::protocol::{Protocol, UsedUp};
use crate::world::TokenEnd;

/// A Mastodon server.
pub(crate) struct Mastodon;

/// Calls per account and [`WINDOW`], as servers have it unless told otherwise.
const CALLS: u32 = 300;
const WINDOW: Duration = Duration::from_mins(5);

impl Protocol for Mastodon {
    fn platform(&self) -> Platform {
        Platform::Mastodon
    }

    fn answer(&self, net: &Network, call: &Call) -> Reply {
        super::answer(net, call)
    }

    fn endpoint(&self, call: &Call) -> Endpoint {
        let method = &call.method;
        match call.segments().as_slice() {
            ["oauth" | ".well-known", _] | ["api", "v1", "apps", ..] => Endpoint::Oauth,
            ["api", _, "media", ..] => Endpoint::Upload,
            ["api", "v1", "statuses"] if method == Method::POST => Endpoint::Publish,
            ["api", "v1", "statuses", _] if method == Method::DELETE => Endpoint::Delete,
            ["api", "v1", "statuses", ..] if method == Method::GET => Endpoint::Metrics,
            ["api", "v1", "accounts", _, "statuses"] => Endpoint::List,
            ["api", "v1", "accounts", ..] => Endpoint::Account,
            _ => Endpoint::Other,
        }
    }

    fn quota(&self, settings: &Settings) -> (u32, Duration) {
        (settings.mastodon_calls_per_five_minutes, WINDOW)
    }

    fn trouble(&self, _call: &Call) -> Reply {
        ApiError::new(500, "We're sorry, but something went wrong on our end").reply()
    }

    fn rate_limit(&self, call: &Call, _account: Option<&str>, used_up: UsedUp) -> Reply {
        let mut reply = ApiError::too_many().reply();
        if used_up.headers {
            let resets_at = call.now + Duration::from_secs(used_up.regain_secs);
            super::set_quota(&mut reply, &Quota { limit: CALLS, used: CALLS, resets_at, is_exhausted: true });
        }
        reply
    }

    fn ended_token(&self, _call: &Call, end: TokenEnd) -> Reply {
        ApiError::ended_token(end).reply()
    }

    fn permission(&self, _call: &Call) -> Reply {
        ApiError::scope().reply()
    }

    fn set_usage(&self, call: &Call, _account: Option<&str>, percent: u32, reply: &mut Reply) {
        let used = CALLS * percent / 100;
        super::set_quota(reply, &Quota { limit: CALLS, used, resets_at: call.now + WINDOW, is_exhausted: false });
    }

    fn post_id_in(&self, call: &Call) -> Option<String> {
        call.path.get(3).cloned()
    }

    fn account_id_base(&self) -> u64 {
        109_000_000_000_000_000
    }

    fn is_handle_char(&self, c: char) -> bool {
        c.is_ascii_alphanumeric() || c == '_' || c == '.'
    }

    fn counts(&self, numbers: &PostNumbers) -> Vec<(&'static str, i64)> {
        vec![
            ("favourites", numbers.reactions_total()),
            ("boosts", numbers.shares),
            ("replies", numbers.comments),
            ("quotes", numbers.quotes),
        ]
    }
}
