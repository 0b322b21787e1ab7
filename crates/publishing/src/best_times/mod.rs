//! When posts of an organization did well: weekdays and hours, computed from its own numbers (PUB-44).

mod score;
mod store;

use std::collections::BTreeMap;

use rookery_kernel::{Platform, Timestamp};

pub use score::{BestTime, CONFIDENCE_MIN, SAMPLES_MIN, Sample, WINDOW_DAYS, compute};
pub(crate) use store::good;
pub use store::replace;

/// An hour of the week in which posts of a network did better than usual, by the clock of the organization's zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GoodHour {
    pub platform: Platform,
    /// 0 = Sunday.
    pub weekday: u8,
    pub hour: u8,
    /// Publications it stands on.
    pub posts: u32,
}

/// An organization's own good hours on its networks.
#[derive(Debug, Clone, Default)]
pub(crate) struct OwnHours(BTreeMap<(Platform, u8, u8), u32>);

impl OwnHours {
    pub fn of(hours: impl IntoIterator<Item = GoodHour>) -> Self {
        Self(hours.into_iter().map(|h| ((h.platform, h.weekday, h.hour), h.posts)).collect())
    }

    /// Whether enough is known about a network's weekday to go by it.
    pub fn knows(&self, platform: Platform, weekday: u8) -> bool {
        self.0.range((platform, weekday, 0)..=(platform, weekday, 23)).next().is_some()
    }

    /// The publications that a good hour stands on; `None` if it is no good one.
    pub fn posts(&self, platform: Platform, weekday: u8, hour: u8) -> Option<u32> {
        self.0.get(&(platform, weekday, hour)).copied()
    }
}

/// Why a moment is suggested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotReason {
    /// It is a slot of the accounts.
    Slot,
    /// People look at these networks then.
    GoodHour {
        /// By the organization's own numbers: the network, and the publications of that weekday and hour.
        own: Vec<(Platform, u32)>,
        /// By the network's usual hours, because the organization's own numbers are too few.
        usual: Vec<Platform>,
    },
}

impl SlotReason {
    /// In a sentence.
    pub fn sentence(&self) -> String {
        let (own, usual) = match self {
            Self::Slot => return "It is a slot of these accounts.".to_owned(),
            Self::GoodHour { own, usual } => (own, usual),
        };
        let own =
            own.iter().map(|(platform, posts)| format!("{} by your own {posts} posts at this hour", platform.name()));
        let names: Vec<&str> = usual.iter().map(|platform| platform.name()).collect();
        let usual = (!names.is_empty())
            .then(|| format!("{} by the usual hours, as your own posts are too few to go by", names.join(", ")));
        let parts: Vec<String> = own.chain(usual).collect();
        if parts.is_empty() {
            return "It is free.".to_owned();
        }
        format!("A good hour: on {}.", parts.join("; on "))
    }
}

/// A moment that suits some accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeSlot {
    /// When.
    pub at: Timestamp,
    /// Why then.
    pub reason: SlotReason,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suggestion_says_what_it_stands_on() {
        let reason = SlotReason::GoodHour { own: vec![(Platform::Linkedin, 8)], usual: vec![Platform::Mastodon] };
        let text = reason.sentence();
        assert!(
            text.contains("LinkedIn by your own 8 posts") && text.contains("Mastodon by the usual hours"),
            "{text}"
        );
    }
}
