//! Answers that leave it open whether a post is out.

use rookery_platforms::{Ability, Draft, ErrorType, Found};
use rookery_sandbox::{Effect, Endpoint, Garbling, Silence};

use super::Verdict;
use crate::house::{Failure, House};
use crate::networks::Line;

async fn in_doubt(house: &House, draft: &Draft, effect: Effect) -> Failure {
    house.fault(Endpoint::Publish, effect);
    let failure = house.send(draft).await.expect_err("the answer does not come");
    assert!(failure.error.is_doubtful(), "{:?}: {:?}", draft.needs(), failure.error);
    assert_eq!(house.hits(), 1, "the public call is made once");
    house.control.clear_faults();
    failure
}

/// The post is out, is found, and stays the only one.
async fn is_found(house: &House, draft: &Draft, effect: Effect, others: usize) {
    let failure = in_doubt(house, draft, effect).await;
    let found = house.look_up(draft, &failure.handles).await.expect("looked");
    let Found::Post(found) = found else { panic!("{:?}: not found: {found:?}", draft.needs()) };
    let held = house.held();
    assert_eq!(held.len(), others + 1, "{held:?}");
    assert!(held.iter().any(|p| p.external_id == found.external_id), "{found:?} is none of {held:?}");
}

/// Everything that the network publishes without an earlier post.
fn abilities(house: &House) -> Vec<Ability> {
    house.can().publishes.iter().copied().filter(|a| *a != Ability::Reply).collect()
}

pub async fn accept_then_drop(line: &'static Line) -> Verdict {
    for ability in abilities(&House::new(line).await) {
        let house = House::new(line).await;
        is_found(&house, &house.draft(ability, "Is it out?"), Effect::accept_then_drop(), 0).await;
    }
    Verdict::Passed
}

pub async fn accept_then_500(line: &'static Line) -> Verdict {
    for ability in abilities(&House::new(line).await) {
        let house = House::new(line).await;
        is_found(&house, &house.draft(ability, "Is it out?"), Effect::AcceptThen500, 0).await;
    }
    Verdict::Passed
}

pub async fn accept_then_html(line: &'static Line) -> Verdict {
    let house = House::new(line).await;
    is_found(&house, &house.plain("Is it out?"), Effect::Malformed { garbling: Garbling::Html }, 0).await;
    Verdict::Passed
}

pub async fn accept_then_half(line: &'static Line) -> Verdict {
    let house = House::new(line).await;
    let draft = house.plain("Is it out?");
    let effect = Effect::Malformed { garbling: Garbling::Truncated };
    house.fault(Endpoint::Publish, effect.clone());
    if let Ok(sent) = house.send(&draft).await {
        // What the answer says stands before its body.
        let held = house.held();
        assert_eq!((held.len(), held[0].external_id.as_str()), (1, sent.external_id.as_str()));
        return Verdict::Passed;
    }
    let house = House::new(line).await;
    is_found(&house, &draft, effect, 0).await;
    Verdict::Passed
}

pub async fn lost(line: &'static Line) -> Verdict {
    for ability in abilities(&House::new(line).await) {
        let house = House::new(line).await;
        let draft = house.draft(ability, "Did it arrive?");
        let failure = in_doubt(&house, &draft, Effect::LoseRequest { silence: Silence::Drop }).await;
        let found = house.look_up(&draft, &failure.handles).await;
        assert!(house.held().is_empty());
        if line.untold.contains(&ability) {
            let error = found.expect_err("\"absent\" would be a guess");
            assert_eq!(error.kind, ErrorType::Unknown, "{ability:?}: {error:?}");
            continue;
        }
        assert_eq!(found.expect("looked"), Found::Absent, "{ability:?}");
        house.send_with(&draft, failure.handles).await.expect("the second attempt goes out");
        assert_eq!(house.held().len(), 1);
    }
    Verdict::Passed
}

pub async fn reply(line: &'static Line) -> Verdict {
    let house = House::new(line).await;
    if !house.can().publishes.contains(&Ability::Reply) {
        return Verdict::not_offered("the connector does not name this among what it publishes");
    }
    // The post says the same: only what it answers tells the reply apart.
    let first = house.send(&house.plain("Fresh bread")).await.expect("it goes out");
    let draft = house.answer(&first.external_id, &first.external_id, "Fresh bread");
    let failure = in_doubt(&house, &draft, Effect::LoseRequest { silence: Silence::Drop }).await;
    let found = house.look_up(&draft, &failure.handles).await.expect("looked");
    assert_eq!(found, Found::Absent, "the post itself is not its reply");
    is_found(&house, &draft, Effect::accept_then_drop(), 1).await;
    Verdict::Passed
}
