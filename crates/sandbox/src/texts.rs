//! What a small studio writes: the invented past of an account is made of these.
//!
//! "Fieldwork Studio" makes notebooks for people who draw and write outdoors. Openings, middles and
//! closings of one topic fit each other in every combination.

use std::collections::{HashMap, VecDeque};
use std::str::FromStr;

use rookery_kernel::Platform;
use serde::{Deserialize, Serialize};

use crate::chance::Chance;
use crate::world::Format;

/// What a post is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Seen on a walk.
    FieldNotes,
    /// New, back, sold out.
    ProductNews,
    /// Steps, tips, corrected beliefs.
    HowTo,
    /// A question with answers to pick from.
    Poll,
    /// The studio itself.
    BehindTheScenes,
}

impl Topic {
    /// All topics.
    pub const ALL: [Self; 5] = [Self::FieldNotes, Self::ProductNews, Self::HowTo, Self::Poll, Self::BehindTheScenes];

    const fn tag(self) -> &'static str {
        match self {
            Self::FieldNotes => "#FieldNotes",
            Self::ProductNews => "#ProductNews",
            Self::HowTo => "#HowTo",
            Self::Poll => "#Poll",
            Self::BehindTheScenes => "#BehindTheScenes",
        }
    }

    const fn parts(self) -> [&'static [&'static str]; 3] {
        match self {
            Self::FieldNotes => [&WALKS, &NOTICED, &AFTER_WALKS],
            Self::ProductNews => [&NEWS, &DETAILS, &ORDERS],
            Self::HowTo => [&STEPS, &REASSURANCES, &TRY_IT],
            Self::Poll => [&QUESTIONS, &STAKES, &VOTES],
            Self::BehindTheScenes => [&SCENES, &ASIDES, &SIGN_OFFS],
        }
    }

    /// Text, link, photo, video.
    const fn formats(self) -> [f64; 4] {
        match self {
            Self::FieldNotes => [0.30, 0.10, 0.45, 0.15],
            Self::ProductNews => [0.15, 0.50, 0.30, 0.05],
            Self::HowTo => [0.40, 0.25, 0.20, 0.15],
            Self::Poll => [0.75, 0.00, 0.25, 0.00],
            Self::BehindTheScenes => [0.35, 0.05, 0.40, 0.20],
        }
    }
}

/// A word that is no topic.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown topic {0:?}; one of field_notes, product_news, how_to, poll, behind_the_scenes")]
pub struct UnknownTopic(pub String);

impl FromStr for Topic {
    type Err = UnknownTopic;
    fn from_str(text: &str) -> Result<Self, UnknownTopic> {
        let word = text.trim().to_lowercase().replace(['-', ' '], "_");
        serde_json::from_value(serde_json::Value::String(word)).map_err(|_| UnknownTopic(text.to_owned()))
    }
}

/// A post before it is posted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written {
    pub text: String,
    pub link: Option<String>,
    pub format: Format,
}

/// Openings of one topic that rest before they are used again.
const RESTING: usize = 9;

/// Writes posts and remembers how the last ones began.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    begun: HashMap<Topic, VecDeque<usize>>,
}

impl Writer {
    /// A post about the topic that does not begin like one of the last.
    pub fn write(&mut self, chance: &mut Chance, topic: Topic, platform: Platform) -> Written {
        let begun = self.begun.entry(topic).or_default();
        let fresh: Vec<usize> = (0..topic.parts()[0].len()).filter(|n| !begun.contains(n)).collect();
        let opening = *chance.pick(&fresh);
        begun.push_back(opening);
        if begun.len() > RESTING {
            begun.pop_front();
        }
        compose(chance, topic, opening, platform)
    }
}

/// One post in the manner of the network: Mastodon has links in the text and more tags, Facebook
/// attaches the link.
fn compose(chance: &mut Chance, topic: Topic, index: usize, platform: Platform) -> Written {
    let [openings, middles, closings] = topic.parts();
    let mut text = openings[index].to_owned();
    let is_list = text.contains('\n');
    let gap = if is_list { "\n\n" } else { " " };
    if chance.unit() < 0.75 {
        text = format!("{text}{gap}{}", chance.pick(middles));
    }
    if chance.unit() < 0.65 {
        text = format!("{text} {}", chance.pick(closings));
    }
    let format = [Format::Text, Format::Link, Format::Photo, Format::Video][chance.weighted(&topic.formats())];
    let address =
        format!("https://fieldworkstudio.example/{}/{}", topic.tag().trim_start_matches('#').to_lowercase(), index + 1);
    let on_facebook = platform == Platform::Facebook;
    let mut tags = vec![topic.tag()];
    for _ in 0..chance.index(if on_facebook { 2 } else { 3 }) {
        let tag = *chance.pick(&MORE_TAGS);
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    let has_link = format == Format::Link;
    if has_link && !on_facebook {
        text = format!("{text}\n{address}");
    }
    Written {
        text: format!("{text}\n\n{}", tags.join(" ")),
        link: (has_link && on_facebook).then_some(address),
        format,
    }
}

const MORE_TAGS: [&str; 10] = [
    "#Sketching",
    "#Notebook",
    "#SlowLooking",
    "#SmallStudio",
    "#Paper",
    "#Nature",
    "#Drawing",
    "#Walking",
    "#Journaling",
    "#Birds",
];

const WALKS: [&str; 16] = [
    "This morning the harbour wall was covered in tiny snails, all heading the same way.",
    "Rain since six, so we drew the puddles instead of the hills.",
    "Yesterday we walked the old tram line from end to end and counted forty-one wild plum trees.",
    "Somebody has chalked a map of the brook under the road bridge. It is better than ours.",
    "First frost on the allotments: every cabbage leaf had a drawn edge.",
    "A heron stood so still by the weir that we got three pages out of it.",
    "We measured the tide line against last year's page: eleven steps further up the beach.",
    "Low tide, long shadows, and a whole page of bird tracks before breakfast.",
    "The museum let us sketch the drawers that are not on show. Beetles, mostly.",
    "On the way to the post office we stopped for a hedge full of sparrows and missed the post.",
    "Found on today's walk: two owl feathers, one glove, a perfect walnut.",
    "The oak by the school is three weeks later than last year. We have the dates.",
    "We counted swifts over the market roof: nineteen, and two that may have been the same one.",
    "Last night's wind took half the poplar. The rings say it was older than the street.",
    "Our ink froze at the reservoir, so this page is pencil and one brave ballpoint 😅",
    "A fox crossed the football pitch at noon as if it had a meeting.",
];

const NOTICED: [&str; 10] = [
    "The page is messy, and that is why we like it.",
    "Drawing it was quick; noticing it took three walks.",
    "We wrote down the wind, the light and who we met.",
    "The best part is what we crossed out.",
    "Turns out you see twice as much when you have to write it down.",
    "Nobody else stopped, which made it feel like ours.",
    "The colours on paper are wrong and the memory is right.",
    "Two children asked what we were drawing and then drew it better.",
    "We stayed until the light went flat.",
    "One line of notes per minute is plenty.",
];

const AFTER_WALKS: [&str; 8] = [
    "What did you notice today?",
    "More pages on Friday.",
    "Go and look before the wind does.",
    "Which page would you have kept?",
    "Show us yours.",
    "Tomorrow: the other bank.",
    "Bring a pencil.",
    "What would you have written next to it?",
];

const NEWS: [&str; 14] = [
    "The pocket notebook is back in stock, now with a stitched spine that lies flat.",
    "New this week: a cover the colour of wet slate.",
    "The last forty of the winter edition are on the shelf. After that it is spring.",
    "Our pencil roll finally has a pocket for the sharpener. You asked; it took us four prototypes.",
    "Grid, dots or plain: from today every size comes in all three.",
    "We have a refill for the walker's cover at last, and it costs less than a sandwich.",
    "The tear-out map pad ships from Monday.",
    "If you only take one book outside, our pick is the A6 with the waxed cover.",
    "A paper that takes a light wash without buckling: the new sketch block is here.",
    "Small news for wet places: the rain cover now fits the large book too.",
    "We recommend the soft cover for pockets and the hard one for knees. Both are back.",
    "The teachers' pack is here: thirty slim books and a sheet of prompts.",
    "Seconds sale: books with crooked corners and perfect paper.",
    "The spring colours are moss, clay and one that we still argue about.",
];

const DETAILS: [&str; 8] = [
    "Same mill, same thread, a little more patience.",
    "It is heavier by nine grams, and we think it is worth each of them.",
    "Made in two hundreds, because that is what fits on the table.",
    "The old ones go on working, of course.",
    "Every copy has been opened and closed once by hand.",
    "No plastic in the parcel, again.",
    "It survived a week in a coat pocket with keys.",
    "The covers are cut from what was left of last year's.",
];

const ORDERS: [&str; 7] = [
    "It is on the site now.",
    "Shops get theirs on Thursday.",
    "First come, first drawn.",
    "Tell us what you will fill it with.",
    "Pre-orders leave tomorrow.",
    "Which size do you carry?",
    "Ask your bookshop; they can order it.",
];

const STEPS: [&str; 14] = [
    "How to draw a bird that will not sit still:\n1. Watch one whole minute.\n2. Draw the gesture, not the bird.\n3. Add one true detail.",
    "Packing for a sketch walk:\n1. One book.\n2. Two pencils.\n3. Something to sit on.\n4. Nothing else.",
    "Ten minutes, one tree: three for the outline, three for the shadows, four for what you would have missed.",
    "Myth: you need good light. You need a reason to stay; the light comes and goes.",
    "Myth: a field notebook has to be tidy. The tidy ones are written at home.",
    "A page that you can read in a year:\n1. Date and place.\n2. Weather.\n3. Who was there.\n4. One question.",
    "Got only 5 minutes at the bus stop? Write down every sound, one per line.",
    "Paper buckles because one side drinks more than the other. The fix: wet both, or use less water.",
    "Pencils smear in a pocket. The fix is a sheet of baking paper between the pages.",
    "Learning to see colour:\n1. Name it.\n2. Name it again, worse.\n3. Now mix the second one.",
    "We kept losing our place in old books, so now we number the pages and leave the first two for an index.",
    "Turns out a soft pencil is faster outdoors: we measured it on forty pages.",
    "Myth: start with the outline. Start with the darkest dark; everything else will sit down around it.",
    "A 15-minute exercise for a grey day: one window, four squares, four kinds of weather.",
];

const REASSURANCES: [&str; 8] = [
    "It feels wrong the first three times.",
    "Nobody will see the first page.",
    "We still do this every Monday.",
    "Slow is the point.",
    "Do it badly and do it again.",
    "The second try is always calmer.",
    "It works with children and with very serious adults.",
    "Stop while it is still fun.",
];

const TRY_IT: [&str; 7] = [
    "Try it on your way home.",
    "Which step is hardest for you?",
    "The long version is on the site.",
    "Save this for the weekend.",
    "Tell us how it went.",
    "What would you add?",
    "Send us the page, crooked or not.",
];

const QUESTIONS: [&str; 14] = [
    "Which of these two covers would you take outside: moss or slate?",
    "Pen or pencil on a windy day?",
    "What should the next walk follow: the river, the railway or the bakery smell?",
    "Lined, dotted or plain?",
    "Do you write the date at the top, at the bottom, or never?",
    "Which season deserves the thicker notebook?",
    "Morning pages or evening pages?",
    "Help us name the new colour: fog, oyster or Tuesday?",
    "One big book a year or four small ones?",
    "Should we bring back the yellow one?",
    "What do you draw when nothing happens: hands, shoes or cups?",
    "Is a coffee ring on the cover a stain or a medal?",
    "Which page do you leave empty: the first, the last, or none?",
    "Would you rather lose the pencil or the eraser? (sorry)",
];

const STAKES: [&str; 7] = [
    "The studio is split down the middle.",
    "We will print the answer.",
    "There is a cake riding on this.",
    "Last year you surprised us.",
    "Anna says it is obvious. It is not.",
    "No wrong answers, two funny ones.",
    "The loser sweeps the floor.",
];

const VOTES: [&str; 6] = [
    "Vote below until Sunday.",
    "Tell us why, too.",
    "One word is enough.",
    "We count by hand.",
    "Answers on Monday.",
    "Go.",
];

const SCENES: [&str; 16] = [
    "Monday in the studio: two hundred spines, one needle, a radio that only gets one station.",
    "The guillotine is called Marie, and she is in a mood today 🙃",
    "Yesterday the paper came with a corner wet, so we spent the evening turning sheets like hay.",
    "This is the table where every book is opened once before it leaves.",
    "We changed the glue and told nobody for a month. Nobody noticed, which is why we are telling you now.",
    "Anna has sewn her ten-thousandth book and will not let us make a fuss.",
    "A box came back from the far north with a note: it arrived frozen and works.",
    "Our oldest prototype is held together by hope and a paper clip.",
    "The new shelf is up. It is not level; the books do not mind.",
    "Last night we packed until the street lamps went off.",
    "A visitor asked what we do all day, and Tom said: folding, mostly.",
    "The first test print of the spring cover looked like soup. The second looks like spring.",
    "We keep every failed cover. The wall is nearly full.",
    "Lunch was in the yard, on the pallets, with everyone's sketchbooks open.",
    "Three of us drew the same teapot for an hour. There were three teapots.",
    "The delivery van broke down, so now we know all our neighbours with bicycles.",
];

const ASIDES: [&str; 8] = [
    "It smells of linseed and toast in here.",
    "We would not want it otherwise.",
    "Nobody planned this.",
    "The dog slept through all of it.",
    "There is a list on the wall, and this was not on it.",
    "We laughed more than we folded.",
    "It is slower this way, and better.",
    "Somebody should write this down, we said.",
];

const SIGN_OFFS: [&str; 7] = [
    "Back to the bench.",
    "Come by on Saturday.",
    "What does your desk look like today?",
    "Tea is at four.",
    "More next week.",
    "Ask us anything about thread.",
    "Who wants a tour?",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn there_are_many_different_sentences() {
        let all: Vec<&str> = Topic::ALL.iter().flat_map(|t| t.parts()).flatten().copied().collect();
        let distinct: HashSet<&str> = all.iter().copied().collect();
        assert_eq!(all.len(), distinct.len());
        assert!(distinct.len() >= 150, "{}", distinct.len());
    }

    #[test]
    fn texts_rarely_repeat_and_fit_the_shortest_limit() {
        let (mut chance, mut writer) = (Chance::new(7, "texts", &[]), Writer::default());
        let texts: Vec<Written> =
            (0..500).map(|n| writer.write(&mut chance, Topic::ALL[n % 5], Platform::Mastodon)).collect();
        assert!(texts.iter().all(|w| w.text.chars().count() <= 460), "too long");
        let distinct: HashSet<&str> = texts.iter().map(|w| w.text.as_str()).collect();
        assert!(distinct.len() > 480, "{}", distinct.len());
        assert!(texts.iter().all(|w| (w.format == Format::Link) == w.text.contains("https://")));
    }

    #[test]
    fn topics_are_read_leniently() {
        assert_eq!("How-to".parse(), Ok(Topic::HowTo));
        assert_eq!("behind the scenes".parse(), Ok(Topic::BehindTheScenes));
        assert!("cats".parse::<Topic>().is_err());
    }
}
