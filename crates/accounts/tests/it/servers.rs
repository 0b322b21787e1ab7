//! What an account's own server allows.

use std::time::Duration;

use rookery_accounts::{Account, PlatformRules};
use rookery_platforms::{DraftKind, ErrorType, InstanceLimits, MediaKind};

use crate::House;

const SERVER: InstanceLimits = InstanceLimits { characters_max: 5_000, url_weight: 23, media_max: 8 };

impl House {
    fn server_tells(&self, limits: Option<InstanceLimits>) {
        *self.fake.limits.lock().expect("not poisoned") = limits;
    }

    async fn limits(&self, account: &Account) -> Option<InstanceLimits> {
        self.accounts.get(self.scope(), account.id).await.expect("there").server_limits
    }

    async fn written(&self) -> String {
        sqlx::query_scalar("select xmin::text from accounts.social_accounts")
            .fetch_one(&mut self.db.owner().await)
            .await
            .expect("one account")
    }
}

#[tokio::test]
async fn they_are_read_when_it_is_connected_and_every_night() {
    let house = House::new().await;
    let worker = house.worker();
    let account = house.connect().await;
    assert_eq!(account.server_limits, None, "the server told nothing");
    house.server_tells(Some(SERVER));
    worker.run_until_idle().await;
    house.clock.advance(Duration::from_hours(24));
    worker.run_until_idle().await;
    assert_eq!(house.limits(&account).await, Some(SERVER));
    // The same again is not written, and a server that is away for a night has not lost its limits.
    let before = house.written().await;
    let answers = [Some(SERVER), None];
    for (refuses, told) in [None, Some(ErrorType::Transient)].into_iter().zip(answers) {
        house.server_tells(told);
        *house.fake.refuses.lock().expect("not poisoned") = refuses;
        let asked = house.fake.asked_for_limits();
        house.clock.advance(Duration::from_hours(24));
        worker.run_until_idle().await;
        assert_eq!(house.fake.asked_for_limits(), asked + 1, "once a night");
        assert_eq!((house.limits(&account).await, house.written().await), (Some(SERVER), before.clone()));
    }
    // Connected again, it is asked again.
    *house.fake.refuses.lock().expect("not poisoned") = None;
    let strict = InstanceLimits { characters_max: 100, url_weight: 0, media_max: 2 };
    house.server_tells(Some(strict));
    assert_eq!(house.connect().await.server_limits, Some(strict));
}

#[tokio::test]
async fn they_stand_in_the_rules_of_the_account() {
    let house = House::new().await;
    house.server_tells(Some(InstanceLimits { url_weight: 10, ..SERVER }));
    let account = house.connect().await;
    let book = house.accounts.all_rules().await.expect("read");
    let rules = PlatformRules::of(&book, &account).expect("its network");
    let media = |used_in, kind| rules.media.of(used_in, kind).and_then(|rule| rule.count_max);
    assert_eq!((rules.text_limit, rules.count("https://example.org/a/long/one")), (5_000, 10));
    assert_eq!(media(DraftKind::Carousel, MediaKind::Image), Some(8));
    assert_eq!(media(DraftKind::Post, MediaKind::Video), Some(1), "what stands alone stands alone everywhere");
    let untold = Account { server_limits: None, ..account };
    let rules = PlatformRules::of(&book, &untold).expect("its network");
    assert_eq!((rules.text_limit, rules.url_weight), (500, Some(23)));
}

#[tokio::test]
async fn a_number_beyond_all_measure_is_stored_as_the_largest_there_is() {
    let house = House::new().await;
    house.server_tells(Some(InstanceLimits {
        characters_max: usize::MAX,
        url_weight: u32::MAX,
        media_max: usize::MAX,
    }));
    let stored = house.connect().await.server_limits.expect("told");
    assert_eq!((stored.characters_max, stored.url_weight), (2_147_483_647, 2_147_483_647));
}
