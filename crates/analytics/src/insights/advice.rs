//! The rules by which a brief recommends something (spec 6.9). Each has numbers behind it, or says nothing. Pure.

use std::collections::BTreeMap;

use rookery_kernel::text::capital;
use rookery_kernel::{Date, Timestamp, Zone};

use super::brief::{BriefParts, DAYS, HOUR_DAYS};
use super::figure;
use super::recommendation::{Evidence, Priority, Proposal, RecommendationKind, Suggestion};
use super::trend::TrendWindow;
use crate::content::ContentFormat;
use crate::performance::WEEKDAYS;

/// A format is recommended from this lead of its rate on, as a difference of ratios: one percentage point (spec 6.9).
const LEAD_MIN: f64 = 0.01;
/// A hook is a first sentence of so many characters (spec 6.13).
const HOOK: std::ops::RangeInclusive<usize> = 10..=100;

/// The morning that is recommended for.
#[derive(Clone, Copy)]
pub(super) struct Morning<'a> {
    pub date: Date,
    pub zone: &'a Zone,
    pub now: Timestamp,
}

impl Morning<'_> {
    fn ends_at(&self) -> Timestamp {
        self.zone.start_of(self.date.plus_days(1))
    }

    fn hour(&self, hour: u8) -> Option<Timestamp> {
        self.zone.instant(&format!("{}T{hour:02}:00", self.date)).ok().map(|(at, _)| at)
    }
}

/// What follows from a brief, each rule at most once. Nothing is recommended for a day that is not the one of `now`.
pub(super) fn recommend(parts: &BriefParts, morning: Morning<'_>) -> Vec<Proposal> {
    if morning.zone.date(morning.now) != morning.date {
        return Vec::new();
    }
    let next = next_slot(parts, morning);
    let at = next.map(|(_, at)| at);
    [trend(parts, morning, at), timing(parts, next), format(parts, morning, at), template(parts, morning)]
        .into_iter()
        .flatten()
        .collect()
}

/// The first of today's best hours that is still to come.
fn next_slot(parts: &BriefParts, morning: Morning<'_>) -> Option<(usize, Timestamp)> {
    let times = parts.hours.slots.iter().enumerate().filter_map(|(n, slot)| Some((n, morning.hour(slot.hour)?)));
    times.filter(|(_, at)| *at > morning.now).min_by_key(|(_, at)| *at)
}

fn numbers<const N: usize>(known: [(&str, Option<f64>); N]) -> BTreeMap<String, f64> {
    known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn trend(parts: &BriefParts, morning: Morning<'_>, at: Option<Timestamp>) -> Option<Proposal> {
    let trend = parts.trends.first()?;
    // Topics of a week ago, because nothing was collected since, are no advice for today.
    let to = parts.trends_as_of.filter(|to| parts.day.days_since(*to) < TrendWindow::default().days())?;
    let hashtag: String = trend.name.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
    let hashtag = if hashtag.is_empty() { String::new() } else { format!("\n\n#{hashtag}") };
    let evidence = Evidence {
        numbers: numbers([
            ("score", Some(trend.speed.score)),
            ("mentions", Some(trend.now.count as f64)),
            ("previousMentions", Some(trend.before.count as f64)),
            ("averageEngagement", trend.now.average()),
            ("previousAverageEngagement", trend.before.average()),
        ]),
        // The window and the one before.
        from: to.plus_days(1 - 2 * TrendWindow::default().days()),
        to,
        tag_id: Some(trend.tag_id),
        content_ids: trend.top_posts.iter().map(|post| post.id).collect(),
    };
    Some(Proposal {
        kind: RecommendationKind::Trend,
        priority: Priority::High,
        subject: trend.tag_id.to_string(),
        title: format!("Post about {}", trend.name),
        reason: trend.reason.clone(),
        evidence,
        action: Suggestion {
            text: format!("{}: {hashtag}", capital(&trend.name)),
            integration_id: trend.top_posts.first().map(|post| post.integration_id),
            at,
            format: None,
        },
        expires_at: morning.ends_at(),
    })
}

fn timing(parts: &BriefParts, next: Option<(usize, Timestamp)>) -> Option<Proposal> {
    let (n, at) = next?;
    let slot = parts.hours.slots.get(n)?;
    let evidence = Evidence {
        numbers: numbers([
            ("meanEngagement", Some(slot.mean)),
            ("items", Some(slot.samples as f64)),
            ("confidence", Some(slot.confidence)),
            ("score", Some(slot.score)),
        ]),
        from: parts.day.plus_days(1 - HOUR_DAYS),
        to: parts.day,
        tag_id: None,
        content_ids: Vec::new(),
    };
    let weekday = WEEKDAYS.get(usize::from(slot.weekday) - 1)?;
    Some(Proposal {
        kind: RecommendationKind::Timing,
        priority: Priority::Medium,
        subject: slot.hour.to_string(),
        title: format!("Post at {:02}:00 today", slot.hour),
        reason: format!(
            "{} posts of {weekday}s at {:02}:00 got {} engagement on average in the last {} days: {:.0}% of the best hour of the week.",
            slot.samples,
            slot.hour,
            figure(slot.mean),
            HOUR_DAYS,
            slot.score * 100.0,
        ),
        evidence,
        action: Suggestion { at: Some(at), ..Suggestion::default() },
        expires_at: at,
    })
}

fn format(parts: &BriefParts, morning: Morning<'_>, at: Option<Timestamp>) -> Option<Proposal> {
    let winner = parts.formats.winner?;
    let lead = parts.formats.winner_by.filter(|lead| *lead >= LEAD_MIN)?;
    let (first, second) = (parts.formats.rows.first()?, parts.formats.rows.get(1)?);
    let evidence = Evidence {
        numbers: numbers([
            ("engagementRate", first.rate.value),
            ("nextEngagementRate", second.rate.value),
            ("lead", Some(lead)),
            ("items", Some(first.rated_items as f64)),
            ("nextItems", Some(second.rated_items as f64)),
        ]),
        from: parts.day.plus_days(1 - DAYS),
        to: parts.day,
        tag_id: None,
        content_ids: parts.top.iter().filter(|row| row.content.format == winner).map(|row| row.content.id).collect(),
    };
    let percent = |ratio: Option<f64>| ratio.map_or_else(|| "unknown".to_owned(), |r| format!("{:.1}%", r * 100.0));
    Some(Proposal {
        kind: RecommendationKind::Format,
        priority: Priority::Medium,
        subject: winner.label().to_owned(),
        title: format!("Make {}", one(winner)),
        reason: format!(
            "{} had an engagement rate of {} in the last {} days ({} rated), {:.1} points more than {} with {} ({} rated).",
            many(winner),
            percent(first.rate.value),
            DAYS,
            first.rated_items,
            lead * 100.0,
            many(second.format).to_lowercase(),
            percent(second.rate.value),
            second.rated_items,
        ),
        evidence,
        action: Suggestion {
            text: String::new(),
            integration_id: parts
                .top
                .iter()
                .find(|row| row.content.format == winner)
                .map(|row| row.content.integration_id),
            at,
            format: Some(winner),
        },
        expires_at: morning.ends_at(),
    })
}

fn template(parts: &BriefParts, morning: Morning<'_>) -> Option<Proposal> {
    let content = &parts.top.first()?.content;
    let engagement = content.numbers.engagement().filter(|n| *n > 0)?;
    let hook = hook(content.caption.as_deref().unwrap_or_default());
    let published = morning.zone.local(content.published_at);
    let reach = content.numbers.reach.map_or_else(String::new, |reach| format!(" (reach {})", figure(reach as f64)));
    let evidence = Evidence {
        numbers: numbers([
            ("engagement", Some(engagement as f64)),
            ("reach", content.numbers.reach.map(|n| n as f64)),
            ("views", content.numbers.views.map(|n| n as f64)),
            ("engagementRate", content.engagement_rate().value),
            ("hashtags", Some(content.hashtags.len() as f64)),
        ]),
        from: parts.day.plus_days(1 - DAYS),
        to: parts.day,
        tag_id: None,
        content_ids: vec![content.id],
    };
    let hashtags: Vec<String> = content.hashtags.iter().map(|tag| format!("#{tag}")).collect();
    let text = [hook.clone().unwrap_or_default(), hashtags.join(" ")];
    let begun = hook.map_or_else(String::new, |hook| format!(" begins “{hook}”,"));
    Some(Proposal {
        kind: RecommendationKind::Template,
        priority: Priority::Low,
        subject: content.id.to_string(),
        title: "Build on your best post of the week".to_owned(),
        reason: format!(
            "{} engagement{reach}, more than anything else of the last {} days: {} that{begun} has {} and went out on {} at {}.",
            figure(engagement as f64),
            DAYS,
            one(content.format),
            bucket(content.hashtags.len()),
            published.strftime("%A"),
            published.strftime("%H:%M"),
        ),
        evidence,
        action: Suggestion {
            text: text.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n"),
            integration_id: Some(content.integration_id),
            // The same hour, if it is still to come.
            at: morning
                .zone
                .instant(&format!("{}T{}", morning.date, published.strftime("%H:%M")))
                .ok()
                .map(|(at, _)| at)
                .filter(|at| *at > morning.now),
            format: Some(content.format),
        },
        expires_at: morning.ends_at(),
    })
}

/// The first sentence of a text, hashtags at its end left out; none if it is too short, cut at a word if it is too long.
fn hook(caption: &str) -> Option<String> {
    let line = caption.lines().map(str::trim).find(|line| !line.is_empty())?;
    let nexts = line.chars().skip(1).map(Some).chain([None]);
    // A full stop inside a number or an address ends nothing.
    let end = line.char_indices().zip(nexts).find_map(|((at, c), next)| {
        let is_end = matches!(c, '.' | '!' | '?' | '…') && next.is_none_or(char::is_whitespace);
        is_end.then_some(at + c.len_utf8())
    });
    let sentence = &line[..end.unwrap_or(line.len())];
    let mut words: Vec<&str> = sentence.split_whitespace().collect();
    while words.last().is_some_and(|word| word.starts_with('#')) {
        words.pop();
    }
    let mut hook = String::new();
    for word in words {
        let joined = if hook.is_empty() { word.to_owned() } else { format!("{hook} {word}") };
        if joined.chars().count() > *HOOK.end() {
            break;
        }
        hook = joined;
    }
    HOOK.contains(&hook.chars().count()).then_some(hook)
}

/// How many hashtags, in the steps that say something.
const fn bucket(hashtags: usize) -> &'static str {
    match hashtags {
        0 => "no hashtags",
        1..=4 => "one to four hashtags",
        5..=15 => "five to fifteen hashtags",
        _ => "more than fifteen hashtags",
    }
}

const fn one(format: ContentFormat) -> &'static str {
    match format {
        ContentFormat::Post => "a picture",
        ContentFormat::Reel => "a reel",
        ContentFormat::Video => "a video",
        ContentFormat::Story => "a story",
        ContentFormat::Carousel => "a carousel",
        ContentFormat::Text => "a text",
        ContentFormat::Link => "a link",
    }
}

const fn many(format: ContentFormat) -> &'static str {
    match format {
        ContentFormat::Post => "Pictures",
        ContentFormat::Reel => "Reels",
        ContentFormat::Video => "Videos",
        ContentFormat::Story => "Stories",
        ContentFormat::Carousel => "Carousels",
        ContentFormat::Text => "Texts",
        ContentFormat::Link => "Links",
    }
}

#[cfg(test)]
mod tests {
    use rookery_kernel::{AccountId, ContentId, Platform};
    use uuid::Uuid;

    use super::super::brief::{BriefHours, Completeness};
    use super::super::trend::{Mentions, Trend, TrendPost, speed};
    use super::*;
    use crate::content::ContentRow;
    use crate::kpi::{Numbers, Rate, RateBasis};
    use crate::performance::{BestSlot, FormatComparison, FormatRow, TableRow};

    const DAY: &str = "2026-03-10";

    fn day(text: &str) -> Date {
        text.parse().expect("a date")
    }

    fn account() -> AccountId {
        AccountId::from_uuid(Uuid::from_u128(7))
    }

    fn nothing() -> BriefParts {
        BriefParts {
            day: day("2026-03-09"),
            completeness: Completeness::default(),
            figures: Vec::new(),
            trends: Vec::new(),
            trends_as_of: None,
            hours: BriefHours::default(),
            top: Vec::new(),
            formats: FormatComparison { rows: Vec::new(), winner: None, is_tie: false, winner_by: None, items: 0 },
        }
    }

    fn slot(hour: u8) -> BestSlot {
        BestSlot { weekday: 2, hour, mean: 84.0, samples: 3, confidence: 0.6, score: 0.9 }
    }

    fn rated(format: ContentFormat, rate: f64) -> FormatRow {
        FormatRow {
            format,
            items: 4,
            rated_items: 4,
            numbers: Numbers::default(),
            engagement: None,
            rate: Rate { value: Some(rate), basis: RateBasis::Reach },
        }
    }

    fn reel(reactions: Option<i64>) -> TableRow {
        let content = ContentRow {
            id: ContentId::from_uuid(Uuid::from_u128(9)),
            integration_id: account(),
            external_content_id: "9".into(),
            platform: Platform::Instagram,
            format: ContentFormat::Reel,
            caption: Some("Warm bread at 7.30 sharp. Come early! #bread".into()),
            hashtags: vec!["bread".into()],
            permalink: None,
            thumbnail_url: None,
            published_at: "2026-03-05T17:30:00Z".parse().expect("a time"),
            post_id: None,
            is_deleted_on_platform: false,
            numbers: Numbers { reactions, reach: Some(2300), ..Numbers::default() },
            numbers_date: Some(day("2026-03-09")),
        };
        TableRow { content, account: "Bakery".into(), platform: Platform::Instagram, tags: Vec::new() }
    }

    /// At 03:00 in Berlin, unless told.
    fn at(parts: &BriefParts, now: &str) -> Vec<Proposal> {
        let zone = "Europe/Berlin".parse().expect("a zone");
        recommend(parts, Morning { date: day(DAY), zone: &zone, now: now.parse().expect("a time") })
    }

    const NIGHT: &str = "2026-03-10T02:00:00Z";

    #[test]
    fn without_numbers_nothing_is_recommended() {
        assert_eq!(at(&nothing(), NIGHT), []);
        let parts = BriefParts { top: vec![reel(None)], ..nothing() };
        assert_eq!(at(&parts, NIGHT), [], "nobody knows how it did");
        let parts = BriefParts { top: vec![reel(Some(0))], ..nothing() };
        assert_eq!(at(&parts, NIGHT), []);
    }

    #[test]
    fn the_hour_is_the_next_one_and_expires_when_it_comes() {
        let hours = BriefHours { slots: vec![slot(18), slot(9)], items: 40, is_enough: true };
        let parts = BriefParts { hours, ..nothing() };
        let night = at(&parts, NIGHT).remove(0);
        // Nine in Berlin is eight in London.
        assert_eq!(
            (night.title.as_str(), night.expires_at.to_string().as_str()),
            ("Post at 09:00 today", "2026-03-10T08:00:00Z")
        );
        assert_eq!(night.action.at, Some(night.expires_at));
        assert!(night.reason.starts_with("3 posts of Tuesdays at 09:00 got 84 engagement"), "{}", night.reason);
        assert_eq!(night.evidence.numbers["items"].to_string(), "3");
        assert_eq!(at(&parts, "2026-03-10T08:00:00Z").remove(0).title, "Post at 18:00 today");
        assert_eq!(at(&parts, "2026-03-10T17:00:00Z"), [], "the last one is past");
        assert_eq!(at(&parts, "2026-03-10T23:30:00Z"), [], "in Berlin it is the next day");
    }

    #[test]
    fn a_format_needs_a_point_of_lead() {
        let of = |by: f64| {
            let rows = vec![rated(ContentFormat::Reel, 0.04 + by), rated(ContentFormat::Video, 0.04)];
            let formats = FormatComparison {
                rows,
                winner: Some(ContentFormat::Reel),
                is_tie: false,
                winner_by: Some(by),
                items: 8,
            };
            at(&BriefParts { formats, top: vec![reel(Some(5))], ..nothing() }, NIGHT)
        };
        let found = of(0.012);
        assert_eq!((found[0].kind, found[0].priority), (RecommendationKind::Format, Priority::Medium));
        assert_eq!(
            found[0].reason,
            "Reels had an engagement rate of 5.2% in the last 7 days (4 rated), 1.2 points more than videos with 4.0% (4 rated)."
        );
        assert_eq!(
            (found[0].action.format, found[0].action.integration_id),
            (Some(ContentFormat::Reel), Some(account()))
        );
        assert!(of(0.009).iter().all(|p| p.kind != RecommendationKind::Format));
    }

    #[test]
    fn the_best_post_is_a_template_with_its_hook_and_hour() {
        let parts = BriefParts { top: vec![reel(Some(140))], ..nothing() };
        let found = at(&parts, NIGHT).remove(0);
        assert_eq!((found.kind, found.priority), (RecommendationKind::Template, Priority::Low));
        assert_eq!(
            found.reason,
            "140 engagement (reach 2,300), more than anything else of the last 7 days: a reel that begins “Warm bread at 7.30 sharp.”, \
             has one to four hashtags and went out on Thursday at 18:30."
        );
        assert_eq!(found.action.text, "Warm bread at 7.30 sharp.\n\n#bread");
        assert_eq!(found.action.at.map(|at| at.to_string()).as_deref(), Some("2026-03-10T17:30:00Z"));
        assert_eq!(found.evidence.content_ids, [parts.top[0].content.id]);
        assert_eq!(at(&parts, "2026-03-10T18:00:00Z").remove(0).action.at, None, "its hour is past");
    }

    #[test]
    fn the_topic_that_rises_most_comes_first() {
        let (now, before) =
            (Mentions { count: 18, engagement: Some(1260) }, Mentions { count: 10, engagement: Some(500) });
        let trend = |name: &str, n| Trend {
            tag_id: Uuid::from_u128(n),
            name: name.into(),
            now,
            before,
            speed: speed(now, before).expect("all is known"),
            reason: "18 posts, 10 before.".into(),
            top_posts: vec![TrendPost {
                id: ContentId::from_uuid(Uuid::from_u128(3)),
                integration_id: account(),
                caption: None,
                engagement: Some(90),
            }],
        };
        let hours = BriefHours { slots: vec![slot(9)], items: 40, is_enough: true };
        let trends = vec![trend("sour dough", 1), trend("figs", 2)];
        let parts = BriefParts { trends, trends_as_of: Some(day("2026-03-09")), hours, ..nothing() };
        let found = at(&parts, NIGHT);
        assert_eq!(
            found.iter().map(|p| p.kind).collect::<Vec<_>>(),
            [RecommendationKind::Trend, RecommendationKind::Timing]
        );
        assert_eq!((found[0].title.as_str(), found[0].priority), ("Post about sour dough", Priority::High));
        assert_eq!(found[0].action.text, "Sour dough: \n\n#sourdough");
        assert_eq!((found[0].action.integration_id, found[0].action.at), (Some(account()), found[1].action.at));
        assert_eq!((found[0].evidence.from, found[0].evidence.to), (day("2026-03-04"), day("2026-03-09")));
        assert_eq!(found[0].expires_at.to_string(), "2026-03-10T23:00:00Z", "midnight in Berlin");
        let stale = BriefParts { trends_as_of: Some(day("2026-03-06")), ..parts };
        assert!(at(&stale, NIGHT).iter().all(|p| p.kind != RecommendationKind::Trend), "nothing was collected since");
    }

    #[test]
    fn a_hook_is_a_first_sentence() {
        let of = |text: &str| hook(text).unwrap_or_default();
        assert_eq!(of("\n  Who bakes at 4.30?  We do."), "Who bakes at 4.30?");
        assert_eq!(of("Too short. And then more"), "Too short.");
        assert_eq!(of("No."), "", "too short to say anything");
        assert_eq!(of("Bread for everybody #bread #warm"), "Bread for everybody");
        assert_eq!(of("#bread #warm #crust #flour"), "");
        let long = "word ".repeat(40);
        assert_eq!(of(&long).chars().count(), 99, "cut at a word");
        assert_eq!(of("خبز دافئ من الفرن كل صباح. تعالوا"), "خبز دافئ من الفرن كل صباح.");
    }
}
