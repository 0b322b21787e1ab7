//! What accounts say together: which figures stand on how many of them, and their followers at both ends of a range. Pure.

use rookery_kernel::AccountId;

use super::model::{Day, total};

/// What one account knows of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AccountFacts {
    pub integration_id: AccountId,
    /// Followers at the end of the range.
    pub followers: Option<i64>,
    /// Followers at the end of the one before it.
    pub followers_before: Option<i64>,
    /// Which figures have something of it in the range.
    pub has: Has,
}

/// Whether anything is known, figure by figure.
#[expect(clippy::struct_excessive_bools, reason = "independent of one another")]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Has {
    pub reach: bool,
    pub engagement: bool,
    pub rate: bool,
    pub posts: bool,
    pub views: bool,
    pub impressions: bool,
}

impl Has {
    /// What these sums know.
    pub fn of(sums: &Day) -> Self {
        Self {
            reach: sums.reach.is_some(),
            engagement: sums.engagement.is_some(),
            rate: sums.rated.base() > 0,
            posts: sums.posts > 0,
            views: sums.views.is_some(),
            impressions: sums.impressions.is_some(),
        }
    }
}

/// How many accounts there are, and how many of them know something of a range, figure by figure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Reporting {
    pub accounts: usize,
    pub reach: usize,
    pub engagement: usize,
    pub rate: usize,
    pub posts: usize,
    pub views: usize,
    pub impressions: usize,
    pub followers: usize,
}

/// Followers of several accounts. `None` is unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Followers {
    /// At the end of the range, of all that are known.
    pub now: Option<i64>,
    /// At the end of the range, of those known at both ends.
    pub compared: Option<i64>,
    /// At the end of the range before it, of those known at both ends.
    pub before: Option<i64>,
}

/// The same of several accounts.
pub(crate) fn together(accounts: &[AccountFacts]) -> (Reporting, Followers) {
    let having = |has: fn(&Has) -> bool| accounts.iter().filter(|account| has(&account.has)).count();
    let reporting = Reporting {
        accounts: accounts.len(),
        reach: having(|has| has.reach),
        engagement: having(|has| has.engagement),
        rate: having(|has| has.rate),
        posts: having(|has| has.posts),
        views: having(|has| has.views),
        impressions: having(|has| has.impressions),
        followers: accounts.iter().filter(|account| account.followers.is_some()).count(),
    };
    let sum = |of: fn(&AccountFacts) -> Option<i64>| total(accounts.iter().map(of));
    let followers = Followers {
        now: sum(|account| account.followers),
        compared: sum(|account| account.followers_before.and(account.followers)),
        before: sum(|account| account.followers.and(account.followers_before)),
    };
    (reporting, followers)
}
