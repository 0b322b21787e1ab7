//! Media that the network works on, refuses or cannot fetch.

use std::time::Duration;

use rookery_platforms::{Ability, ErrorType};
use rookery_sandbox::{Effect, Endpoint};

use super::Verdict;
use crate::house::House;
use crate::networks::Line;

const NO_MEDIA: &str = "the connector publishes no media";

/// What takes a network the longest comes first.
const ORDER: [Ability; 6] =
    [Ability::Video, Ability::Reel, Ability::Short, Ability::Carousel, Ability::Image, Ability::Story];

fn with_media(house: &House) -> Option<Ability> {
    ORDER.into_iter().find(|a| house.can().publishes.contains(a))
}

pub async fn slow(line: &'static Line) -> Verdict {
    let house = House::new(line).await;
    let Some(ability) = with_media(&house) else { return Verdict::not_offered(NO_MEDIA) };
    house.fault_always(Endpoint::Any, Effect::ContainerSlow { seconds: 60 });
    let sent = house.send(&house.draft(ability, "It takes its time")).await.expect("it goes out at last");
    assert!(house.hits() > 0);
    assert!(house.waited() >= Duration::from_mins(1), "nobody waited: {:?}", house.waited());
    let held = house.held();
    assert_eq!((held.len(), held[0].external_id.as_str()), (1, sent.external_id.as_str()));
    Verdict::Passed
}

pub async fn refused(line: &'static Line) -> Verdict {
    let house = House::new(line).await;
    let Some(ability) = with_media(&house) else { return Verdict::not_offered(NO_MEDIA) };
    // Instagram and Threads always name a code; without one they would be asked again.
    let message = "The codec is not supported (error code 2207026)".to_owned();
    house.fault_always(Endpoint::Any, Effect::ContainerError { message });
    let failure = house.send(&house.draft(ability, "Broken film")).await.expect_err("the network cannot use it");
    assert!(house.hits() > 0);
    assert!(failure.error.media, "{:?}", failure.error);
    assert_eq!(failure.error.kind, ErrorType::BadRequest, "{:?}", failure.error);
    assert!(!failure.error.is_doubtful(), "{:?}", failure.error);
    assert!(house.held().is_empty());
    Verdict::Passed
}

pub async fn unreachable(line: &'static Line) -> Verdict {
    let house = House::new(line).await;
    if !house.can().fetches_media {
        return Verdict::not_offered("the bytes are sent; the network fetches nothing");
    }
    let mut are_fetched = 0;
    for ability in house.can().publishes.iter().copied().filter(|a| ORDER.contains(a)) {
        let usual = House::new(line).await;
        usual.send(&usual.draft(ability, "Here it is")).await.expect("it goes out");
        let house = House::new(line).await;
        house.fault_always(Endpoint::Any, Effect::MediaUnreachable);
        let sent = house.send(&house.draft(ability, "Where is it?")).await;
        if usual.fetched() == 0 {
            sent.expect("the bytes were sent");
            continue;
        }
        are_fetched += 1;
        let failure = sent.expect_err("nothing can be fetched");
        assert!(failure.error.media, "{ability:?}: {:?}", failure.error);
        assert!(!failure.error.is_doubtful(), "{ability:?}: {:?}", failure.error);
        assert!(house.held().is_empty(), "{ability:?}");
    }
    assert!(are_fetched > 0, "the capabilities say that the network fetches media");
    Verdict::Passed
}
