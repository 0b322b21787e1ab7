//! The audience: how many see, like, answer and follow, as a function of seed, post and time.
//!
//! Nothing is drawn when it is asked. A post's luck comes from its id, each day of its life has its
//! own mood, and the rest is arithmetic, so the same question at the same time has the same answer
//! and totals grow as the clock moves. Numbers that Facebook corrects later (views, viewers,
//! clicks) are preliminary for what happened in the last 48 hours and final after that.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use rookery_kernel::{Date, Timestamp, Zone};

use crate::chance::Chance;
use crate::truth::{ENGAGEMENT_SIGMA, HALF_LIFE_HOURS, PostTruth, REACH_SIGMA, hour_of_week, online, weekday_online};
use crate::world::{Account, Format, Post};

/// After this the last half-life is below a ten-thousandth.
const LIFE_DAYS: usize = 40;

/// For how long a number is preliminary.
const SETTLING: Duration = Duration::from_hours(48);

/// Types of Facebook's reactions with their usual shares.
const REACTIONS: [(&str, f64); 6] =
    [("like", 0.70), ("love", 0.18), ("haha", 0.05), ("wow", 0.04), ("sorry", 0.02), ("anger", 0.01)];

/// A post's numbers up to a moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct PostNumbers {
    pub views: i64,
    pub reach: i64,
    pub clicks: i64,
    /// By type, in the order of the network.
    pub reactions: Vec<(&'static str, i64)>,
    pub comments: i64,
    pub shares: i64,
    pub quotes: i64,
    pub video_views: i64,
    pub watch_time_ms: i64,
}

impl PostNumbers {
    pub fn reactions_total(&self) -> i64 {
        self.reactions.iter().map(|(_, n)| n).sum()
    }
}

/// A page's numbers of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct DayNumbers {
    pub views: i64,
    pub reach: i64,
    pub engagements: i64,
    pub followers: i64,
    pub gained: i64,
    pub lost: i64,
    pub profile_views: i64,
    pub actions: i64,
    pub video_views: i64,
}

/// Rates of one post, drawn once from its id.
struct Life {
    /// Views after each hour of its life.
    curve: Vec<f64>,
    /// People it can reach at most.
    people: f64,
    reaction_rate: f64,
    comment_rate: f64,
    share_rate: f64,
    click_rate: f64,
    watch_ms: f64,
    /// What the first count of fresh numbers is off by, as a factor.
    preliminary: f64,
    /// Where rounding begins, per counter: unbiased, and 0 stays 0.
    offsets: [f64; COUNTERS],
}

/// Counters of a post that are rounded on their own.
const COUNTERS: usize = 12;

/// Followers won and lost.
type Moves = (i64, i64);

/// Computes everything from the seed; what it remembers only saves time.
#[derive(Debug)]
pub(crate) struct Audience {
    pub seed: u64,
    /// Days of Facebook's insights end at midnight here.
    pub pacific: Zone,
    whole_days: Mutex<HashMap<(u64, Date), Moves>>,
}

impl Audience {
    pub fn new(seed: u64, pacific: Zone) -> Self {
        Self { seed, pacific, whole_days: Mutex::default() }
    }

    fn zone(account: &Account) -> Zone {
        account.zone.parse().unwrap_or_else(|_| Zone::utc())
    }

    pub fn truth(&self, account: &Account, post: &Post) -> PostTruth {
        PostTruth::of(self.seed, account, &Self::zone(account), post)
    }

    fn life(&self, account: &Account, post: &Post) -> Life {
        let zone = Self::zone(account);
        let truth = PostTruth::of(self.seed, account, &zone, post);
        let mut chance = Chance::new(self.seed, "life", &[post.id]);
        let followers = account.followers.max(1) as f64;
        let views = (followers * account.reach_rate * (truth.reach_effect + REACH_SIGMA * truth.luck).exp())
            .min(followers * 40.0);
        let engagement = (truth.engagement_effect + ENGAGEMENT_SIGMA * chance.normal()).exp();
        let asks = if post.text.contains('?') { 1.7 } else { 1.0 };
        let has_link = post.link.is_some() || post.text.contains("https://");
        let moods: [f64; LIFE_DAYS] = std::array::from_fn(|_| chance.factor(0.25));
        Life {
            curve: curve(views, hour_of_week(&zone, post.created_at), &moods),
            people: followers.mul_add(1.2, views * 0.6),
            reaction_rate: 0.035 * engagement,
            comment_rate: 0.0045 * engagement * asks * chance.factor(0.4),
            share_rate: 0.0035 * engagement * chance.factor(0.5),
            click_rate: if has_link { 0.032 } else { 0.010 } * engagement * chance.factor(0.3),
            watch_ms: chance.between(2_500.0, 9_000.0),
            preliminary: 1.0 + chance.between(-0.05, 0.02),
            offsets: std::array::from_fn(|_| chance.unit()),
        }
    }

    /// The post's numbers as a local counter knows them: exact at once.
    pub fn post_exact(&self, account: &Account, post: &Post, at: Timestamp) -> PostNumbers {
        let life = self.life(account, post);
        let seen = life.seen(post, at);
        life.numbers(seen, seen)
    }

    /// The post's numbers as Facebook tells them: views, viewers and clicks of the last two days are
    /// still being corrected.
    pub fn post_reported(&self, account: &Account, post: &Post, at: Timestamp) -> PostNumbers {
        let life = self.life(account, post);
        let (seen, settled) = (life.seen(post, at), life.seen(post, at - SETTLING));
        life.numbers(seen, (seen - settled).mul_add(life.preliminary, settled))
    }

    /// Followers at a moment: the number given at creation, moved by every day between.
    pub fn followers(&self, account: &Account, at: Timestamp) -> i64 {
        let (from, to) = (account.created_at.min(at), account.created_at.max(at));
        let (first, last) = (self.pacific.date(from), self.pacific.date(to));
        let mut change = 0;
        for day in 0..=last.days_since(first) {
            let date = first.plus_days(day);
            let (gained, lost) = self.moves(account, date, to);
            let (gained_before, lost_before) = self.moves(account, date, from);
            change += (gained - gained_before) - (lost - lost_before);
        }
        let sign = if at < account.created_at { -1 } else { 1 };
        (account.followers + sign * change).max(0)
    }

    /// Followers won and lost on a day, up to `at`.
    fn moves(&self, account: &Account, date: Date, at: Timestamp) -> Moves {
        let passed = self.passed(date, at);
        if passed <= 0.0 {
            return (0, 0);
        }
        if passed < 1.0 {
            return self.part_of_day(account, date, passed);
        }
        let mut known = self.whole_days.lock().expect("no holder of this lock panics");
        *known.entry((account.id, date)).or_insert_with(|| self.part_of_day(account, date, 1.0))
    }

    fn part_of_day(&self, account: &Account, date: Date, passed: f64) -> Moves {
        let mut chance = self.day_chance("moves", account, date);
        let followers = account.followers as f64;
        let rhythm = weekday_online(weekday(date));
        let gained = (followers * 0.0021).mul_add(rhythm * chance.factor(0.45), 0.15) * passed;
        let lost = followers * 0.0009 * chance.factor(0.35) * passed;
        (whole(gained + chance.unit() * passed), whole(lost + chance.unit() * passed))
    }

    /// The part of a Pacific day that lies before `at`, 0 to 1.
    fn passed(&self, date: Date, at: Timestamp) -> f64 {
        let (start, end) = (self.pacific.start_of(date), self.pacific.start_of(date.plus_days(1)));
        (at.since(start).as_secs_f64() / end.since(start).as_secs_f64()).min(1.0)
    }

    fn day_chance(&self, purpose: &str, account: &Account, date: Date) -> Chance {
        let day = u64::try_from(date.start_utc().as_secs()).unwrap_or(0);
        Chance::new(self.seed, purpose, &[account.id, day])
    }

    /// A page's numbers of Pacific days, as they are told at `now`.
    pub fn page_days<'a>(
        &self,
        account: &Account,
        posts: impl Iterator<Item = &'a Post>,
        first: Date,
        days: i64,
        now: Timestamp,
    ) -> Vec<DayNumbers> {
        let lives: Vec<(&Post, Life)> = posts.map(|p| (p, self.life(account, p))).collect();
        (0..days).map(|day| self.page_day(account, &lives, first.plus_days(day), now)).collect()
    }

    fn page_day(&self, account: &Account, lives: &[(&Post, Life)], date: Date, now: Timestamp) -> DayNumbers {
        let (start, end) = (self.pacific.start_of(date), self.pacific.start_of(date.plus_days(1)));
        let followers = account.followers as f64;
        let mut chance = self.day_chance("page day", account, date);
        let rhythm = weekday_online(weekday(date));
        let mut views = followers * 0.012 * rhythm * chance.factor(0.3);
        let (mut engagements, mut video_views) = (0.0, 0.0);
        for (post, life) in lives.iter().filter(|(p, _)| p.created_at < end) {
            let new = life.seen(post, end) - life.seen(post, start);
            views += new;
            engagements += new * (life.reaction_rate + life.comment_rate + life.share_rate + life.click_rate);
            if post.format == Format::Video {
                video_views += new * 0.45;
            }
        }
        let profile_views = followers * 0.005 * rhythm * chance.factor(0.35);
        let off = chance.between(-0.04, 0.02);
        // Fresh days are off by a little and move to their final value within 48 hours.
        let settling = 1.0 - (now.since(end).as_secs_f64() / SETTLING.as_secs_f64()).min(1.0);
        let told = |x: f64, u: f64| whole(x.mul_add(off.mul_add(settling, 1.0), u));
        let people = followers.mul_add(1.3, views * 0.5);
        let reach = people * (1.0 - (-0.82 * views / people).exp());
        let (gained, lost) = self.moves(account, date, end);
        let mut u = || chance.unit();
        DayNumbers {
            views: told(views, u()),
            reach: told(reach, u()),
            engagements: told(engagements, u()),
            profile_views: told(profile_views, u()),
            actions: told(profile_views * 0.12, u()),
            video_views: told(video_views, u()),
            followers: self.followers(account, end),
            gained,
            lost,
        }
    }

    /// People reached over several days, from the views of all.
    pub fn reach_of(account: &Account, views: i64) -> i64 {
        let (followers, views) = (account.followers as f64, views as f64);
        let people = followers.mul_add(1.3, views * 0.5);
        whole(people * (1.0 - (-0.7 * views / people).exp()))
    }
}

impl Life {
    /// Views up to `at`, not rounded; they stop when the post is taken away.
    fn seen(&self, post: &Post, at: Timestamp) -> f64 {
        let at = post.deleted.map_or(at, |(deleted, _)| deleted.min(at));
        let hours = at.since(post.created_at).as_secs_f64() / 3600.0;
        let before = hours.floor();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "hours are small and not negative")]
        let (last, index) = (self.curve.len() - 1, before as usize);
        let (from, to) = (self.curve[index.min(last)], self.curve[(index + 1).min(last)]);
        (to - from).mul_add(hours - before, from)
    }

    /// Whole counters from views: `seen` for what is counted at once, `reported` for what is
    /// corrected later.
    fn numbers(&self, seen: f64, reported: f64) -> PostNumbers {
        let mut offsets = self.offsets.iter();
        let mut count = |x: f64| {
            let offset = offsets.next().copied().unwrap_or_default();
            if x > 0.0 { whole(x + offset) } else { 0 }
        };
        let reach = self.people * (1.0 - (-0.8 * reported / self.people).exp());
        let views = count(reported);
        let video_views = count(reported * 0.45);
        PostNumbers {
            views,
            reach: whole(reach).min(views),
            clicks: count(reported * self.click_rate),
            reactions: REACTIONS.map(|(kind, part)| (kind, count(seen * self.reaction_rate * part))).to_vec(),
            comments: count(seen * self.comment_rate),
            shares: count(seen * self.share_rate),
            quotes: count(seen * self.share_rate * 0.15),
            video_views,
            watch_time_ms: whole(video_views as f64 * self.watch_ms),
        }
    }
}

/// Views after each hour: attention fades, the audience wakes and sleeps, days have their moods.
fn curve(views: f64, first_hour: usize, moods: &[f64; LIFE_DAYS]) -> Vec<f64> {
    let fade = (-std::f64::consts::LN_2 / HALF_LIFE_HOURS).exp();
    let (mut weight, mut all, mut seen) = (1.0, 0.0, 0.0);
    let mut curve = Vec::with_capacity(LIFE_DAYS * 24 + 1);
    curve.push(0.0);
    for (day, mood) in moods.iter().enumerate() {
        for hour in day * 24..(day + 1) * 24 {
            let share = weight * online(first_hour + hour);
            all += share;
            seen += share * mood;
            curve.push(seen);
            weight *= fade;
        }
    }
    for value in &mut curve {
        *value *= views / all;
    }
    curve
}

fn weekday(date: Date) -> usize {
    usize::try_from(date.to_jiff().weekday().to_monday_zero_offset()).unwrap_or(0)
}

#[expect(clippy::cast_possible_truncation, reason = "`as` saturates, and counters are far below")]
fn whole(x: f64) -> i64 {
    x.max(0.0).floor() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use rookery_kernel::Platform;

    fn page() -> Account {
        Account {
            id: 1,
            platform: Platform::Facebook,
            handle: "page".into(),
            name: "Page".into(),
            bio: String::new(),
            category: String::new(),
            zone: "Europe/Berlin".into(),
            followers: 8_000,
            reach_rate: 0.25,
            created_at: "2026-03-01T12:00:00Z".parse().expect("time"),
            owner: 2,
            native_id: None,
        }
    }

    fn post(id: u64, text: &str, at: &str) -> Post {
        Post::new(id, 1, text, at.parse().expect("time"))
    }

    fn audience() -> Audience {
        Audience::new(7, "America/Los_Angeles".parse().expect("zone"))
    }

    #[test]
    fn exact_totals_grow_from_zero_and_halve_their_pace() {
        let (page, audience) = (page(), audience());
        let post = post(10, "Hello", "2026-03-02T08:00:00Z");
        let after = |h: u64| audience.post_exact(&page, &post, post.created_at + Duration::from_secs(h * 3600));
        assert_eq!(after(0), PostNumbers { reactions: after(0).reactions.clone(), ..PostNumbers::default() });
        assert_eq!(after(0).reactions_total(), 0);
        let mut last = after(0);
        for hour in 1..800 {
            let now = after(hour);
            assert!(now.views >= last.views && now.reach >= last.reach && now.comments >= last.comments);
            assert!(now.reach <= now.views && now.reactions_total() >= last.reactions_total());
            last = now;
        }
        let half = after(36).views as f64 / last.views as f64;
        assert!((0.3..0.7).contains(&half), "{half}");
    }

    #[test]
    fn reported_views_are_corrected_until_two_days_have_passed() {
        let (page, audience) = (page(), audience());
        let corrected = (10..40).filter(|id| {
            let post = post(*id, "Hello", "2026-03-02T08:00:00Z");
            let fresh = post.created_at + Duration::from_hours(20);
            let later = post.created_at + Duration::from_hours(24 * 50);
            let told = |at| audience.post_reported(&page, &post, at).views;
            assert_eq!(told(later), audience.post_exact(&page, &post, later).views);
            told(fresh) != audience.post_exact(&page, &post, fresh).views
        });
        assert!(corrected.count() > 20);
    }

    #[test]
    fn followers_of_the_days_add_up() {
        let (page, audience) = (page(), audience());
        let date: Date = "2026-02-10".parse().expect("date");
        let end = |d: Date| audience.pacific.start_of(d.plus_days(1));
        let day = audience.page_days(&page, std::iter::empty(), date, 1, page.created_at)[0];
        let before = audience.followers(&page, end(date.plus_days(-1)));
        assert_eq!(audience.followers(&page, page.created_at), 8_000);
        assert_eq!(day.followers, audience.followers(&page, end(date)));
        assert_eq!(day.followers - before, day.gained - day.lost);
        assert!(day.followers < 8_000 && day.followers > 7_000);
    }

    #[test]
    fn what_works_shows_in_the_mean() {
        let (page, audience) = (page(), audience());
        let mean = |text: &str, format: Format, at: &str, from: u64| {
            let ids = from..from + 300;
            let sum: i64 = ids
                .map(|id| {
                    let post = Post { format, ..post(id, text, at) };
                    audience.post_exact(&page, &post, post.created_at + Duration::from_hours(24 * 45)).views
                })
                .sum();
            sum / 300
        };
        let base = mean("Hello", Format::Text, "2026-03-04T09:00:00Z", 1_000);
        assert!(mean("Hello #howto", Format::Photo, "2026-03-04T18:00:00Z", 2_000) > base * 13 / 10);
        assert!(mean("Hello #productnews", Format::Link, "2026-03-04T02:00:00Z", 3_000) < base * 8 / 10);
    }
}
