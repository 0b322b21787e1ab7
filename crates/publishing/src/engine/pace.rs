//! Pacing (PUB-38): how many posts an account takes in a rolling hour and day.

use std::time::Duration;

use rookery_accounts::PlatformRules;
use rookery_db::{Error, OrgTx};
use rookery_kernel::Timestamp;

use crate::publication::{Publication, store};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// The moment at which there is room for one more, or `None` if there is room now.
pub(crate) async fn until(
    tx: &mut OrgTx,
    publication: &Publication,
    rules: &PlatformRules,
    now: Timestamp,
) -> Result<Option<Timestamp>, Error> {
    let most = rules.daily_limit.max(rules.hourly_limit).max(1);
    let used = store::paces(tx, publication.social_account_id, publication.id, now - DAY, most).await?;
    let hour = room(&used, rules.hourly_limit, HOUR, now);
    let day = room(&used, rules.daily_limit, DAY, now);
    Ok(hour.max(day))
}

/// `used` is newest first. With the limit reached, the oldest of the newest `limit` has to leave
/// the window before another may come.
fn room(used: &[Timestamp], limit: i64, window: Duration, now: Timestamp) -> Option<Timestamp> {
    let limit = usize::try_from(limit).ok().filter(|l| *l > 0)?;
    let at = *used.get(limit - 1)? + window;
    (at > now).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_in_the_window_has_to_leave_first() {
        let at = Timestamp::from_secs;
        let used = [at(3_000), at(2_000), at(1_000)];
        assert_eq!(room(&used, 3, HOUR, at(3_100)), Some(at(4_600)));
        assert_eq!(room(&used, 2, HOUR, at(3_100)), Some(at(5_600)));
        assert_eq!(room(&used, 4, HOUR, at(3_100)), None);
        assert_eq!(room(&used, 3, HOUR, at(4_600)), None);
        assert_eq!(room(&used, 0, HOUR, at(3_100)), None, "no limit");
    }
}
