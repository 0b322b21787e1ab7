//! The cases. Each makes a world of its own.

mod access;
mod answers;
mod doubt;
mod media;
mod numbers;
mod posts;

use futures::future::BoxFuture;
use rookery_platforms::Ability;

use crate::networks::Line;

/// What came of a case.
#[derive(Debug)]
pub enum Verdict {
    Passed,
    /// The network has nothing for it, for this reason.
    NotOffered(String),
    Failed(String),
}

impl Verdict {
    pub fn not_offered(reason: impl Into<String>) -> Self {
        Self::NotOffered(reason.into())
    }
}

pub struct Case {
    pub name: &'static str,
    pub run: fn(&'static Line) -> BoxFuture<'static, Verdict>,
}

macro_rules! case {
    ($name:literal, $run:expr) => {
        Case { name: $name, run: |line| Box::pin($run(line)) }
    };
    ($name:literal, $run:expr, $with:expr) => {
        Case { name: $name, run: |line| Box::pin($run(line, $with)) }
    };
}

pub const CASES: &[Case] = &[
    case!("connect", access::connect),
    case!("publish text", posts::publish, Ability::Text),
    case!("publish link", posts::publish, Ability::Link),
    case!("publish image", posts::publish, Ability::Image),
    case!("publish video", posts::publish, Ability::Video),
    case!("publish carousel", posts::publish, Ability::Carousel),
    case!("publish story", posts::publish, Ability::Story),
    case!("publish reel", posts::publish, Ability::Reel),
    case!("publish short", posts::publish, Ability::Short),
    case!("reply, first comment", posts::reply),
    case!("thread of three", posts::thread),
    case!("same key twice", posts::same_key),
    case!("duplicate text", posts::duplicate),
    case!("text too long", posts::too_long),
    case!("delete", posts::delete),
    case!("deleted remotely", posts::deleted_remotely),
    case!("dead token", access::expired),
    case!("revoked token", access::revoked),
    case!("right missing", access::permission),
    case!("rate limit with headers", access::rate_limit, true),
    case!("rate limit without headers", access::rate_limit, false),
    case!("quota shown", access::usage),
    case!("refresh", access::refresh),
    case!("refresh keeps the old refresh token", access::refresh_keeps),
    case!("refresh of a revoked account", access::refresh_revoked),
    case!("accept, then time-out", doubt::accept_then_drop),
    case!("accept, then 500", doubt::accept_then_500),
    case!("accept, then HTML", doubt::accept_then_html),
    case!("accept, then half an answer", doubt::accept_then_half),
    case!("request lost", doubt::lost),
    case!("reply in doubt", doubt::reply),
    case!("media take long", media::slow),
    case!("media refused by the network", media::refused),
    case!("media out of reach", media::unreachable),
    case!("number like a code", answers::number_like_a_code),
    case!("200 with an error in it", answers::success_with_an_error),
    case!("HTML from a proxy", answers::html),
    case!("listing of several pages", numbers::listing),
    case!("empty page with a next one", numbers::empty_page),
    case!("item listed twice", numbers::listed_twice),
    case!("numbers of posts", numbers::of_posts),
    case!("numbers with a field missing", numbers::missing),
    case!("numbers of the account", numbers::of_account),
    case!("count above 2^31", numbers::huge),
];
