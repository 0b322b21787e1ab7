//! Publishing, answering, deleting.

use rookery_platforms::{Ability, Delivery, ErrorType};
use url::Url;

use super::Verdict;
use crate::house::House;
use crate::networks::Line;

pub async fn publish(line: &'static Line, ability: Ability) -> Verdict {
    let house = House::new(line).await;
    if !house.can().publishes.contains(&ability) {
        return Verdict::not_offered("the connector does not name this among what it publishes");
    }
    let draft = house.draft(ability, "Fresh bread from seven. Come by!");
    assert_eq!(house.connector.objections(&draft), Vec::<String>::new());
    let sent = house.send(&draft).await.expect("it goes out");
    let held = house.held();
    assert_eq!(held.len(), 1, "{held:?}");
    let post = &held[0];
    assert_eq!(post.external_id, sent.external_id);
    assert_eq!(post.media.len(), draft.media.len(), "{post:?}");
    let said = house.connector.composed_text(&draft);
    let shown = format!("{} {}", post.title.as_deref().unwrap_or_default(), post.text);
    assert!(said.trim().is_empty() || shown.contains("Fresh bread from seven"), "{shown:?}");
    if let Some(link) = &draft.link {
        let whole = serde_json::to_string(post).expect("plain");
        assert!(whole.contains(link.as_str()), "the link is lost: {whole}");
    }
    if matches!(ability, Ability::Story | Ability::Reel | Ability::Short) {
        assert_eq!(post.kind.as_deref(), Some(ability.label()));
    }
    if let Some(permalink) = sent.permalink {
        permalink.parse::<Url>().expect("an address");
    }
    Verdict::Passed
}

pub async fn reply(line: &'static Line) -> Verdict {
    let house = House::new(line).await;
    if !house.can().publishes.contains(&Ability::Reply) {
        return Verdict::not_offered("the connector does not name this among what it publishes");
    }
    let first = house.send(&house.plain("The post")).await.expect("it goes out");
    let draft = house.answer(&first.external_id, &first.external_id, "The first comment");
    assert_eq!(house.connector.objections(&draft), Vec::<String>::new());
    let sent = house.send(&draft).await.expect("it goes out");
    let held = house.held();
    assert_eq!(held.len(), 2, "{held:?}");
    let answer = held.iter().find(|p| p.external_id == sent.external_id).expect("the answer is held");
    assert_eq!(answer.reply_to.as_deref(), Some(first.external_id.as_str()));
    assert!(answer.text.contains("The first comment"), "{answer:?}");
    Verdict::Passed
}

pub async fn thread(line: &'static Line) -> Verdict {
    let house = House::new(line).await;
    if !house.can().publishes.contains(&Ability::Reply) {
        return Verdict::not_offered("the connector does not name this among what it publishes");
    }
    let first = house.send(&house.plain("One of three")).await.expect("it goes out");
    let second = house.answer(&first.external_id, &first.external_id, "Two of three");
    let second = house.send(&second).await.expect("it goes out");
    let third = house.answer(&second.external_id, &first.external_id, "Three of three");
    let third = house.send(&third).await.expect("it goes out");
    let held = house.held();
    let answered = |id: &str| held.iter().find(|p| p.external_id == id).and_then(|p| p.reply_to.clone());
    assert_eq!(held.len(), 3, "{held:?}");
    assert_eq!(answered(&second.external_id).as_deref(), Some(first.external_id.as_str()));
    // Where answers to answers do not nest they hang below the post.
    let above = answered(&third.external_id).expect("the third part answers");
    assert!([&second.external_id, &first.external_id].contains(&&above), "{above}");
    Verdict::Passed
}

pub async fn same_key(line: &'static Line) -> Verdict {
    let house = House::new(line).await;
    if !house.can().accepts_idempotency_key {
        return Verdict::not_offered("the network knows no key of ours; posts in doubt are looked up");
    }
    let draft = house.plain("Once and only once");
    let first = house.send(&draft).await.expect("it goes out");
    let second = house.send(&draft).await.expect("the first result again");
    assert_eq!(first.external_id, second.external_id);
    assert_eq!(house.held().len(), 1);
    Verdict::Passed
}

pub async fn duplicate(line: &'static Line) -> Verdict {
    let house = House::new(line).await;
    house.control.change_settings(|s| s.refuse_duplicates = true);
    house.send(&house.plain("The same words")).await.expect("it goes out");
    let failure = house.send(&house.plain("The same words")).await.expect_err("an equal post is refused");
    assert!(failure.error.duplicate, "{:?}", failure.error);
    assert_eq!(failure.error.delivery, Delivery::Refused, "{:?}", failure.error);
    assert_eq!(house.held().len(), 1);
    Verdict::Passed
}

pub async fn too_long(line: &'static Line) -> Verdict {
    let house = House::new(line).await;
    let draft = house.plain(&"bread ".repeat(20_000));
    let failure = house.send(&draft).await.expect_err("120,000 characters are too long everywhere");
    assert_eq!(failure.error.kind, ErrorType::BadRequest, "{:?}", failure.error);
    assert!(!failure.error.is_doubtful(), "{:?}", failure.error);
    assert!(house.held().is_empty());
    Verdict::Passed
}

pub async fn delete(line: &'static Line) -> Verdict {
    let house = House::new(line).await;
    if !house.can().delete {
        return Verdict::not_offered("the network's API deletes no posts");
    }
    let sent = house.send(&house.plain("Soon gone")).await.expect("it goes out");
    house.connector.delete(&house.access, &sent.external_id).await.expect("deleted");
    assert!(house.held().is_empty());
    let again = house.connector.delete(&house.access, &sent.external_id).await.expect_err("gone");
    assert_eq!(again.kind, ErrorType::NotFound, "{again:?}");
    Verdict::Passed
}

pub async fn deleted_remotely(line: &'static Line) -> Verdict {
    let house = House::new(line).await;
    let kept = house.send(&house.plain("This one stays")).await.expect("it goes out");
    let sent = house.send(&house.plain("A moderator dislikes this")).await.expect("it goes out");
    house.control.delete_post(&sent.external_id).expect("there");
    let ids = [kept.external_id, sent.external_id.clone()];
    let batch = house.connector.content_metrics(&house.access, &ids, house.today()).await.expect("a batch");
    assert_eq!(batch.rows.len(), 1, "{batch:?}");
    assert_eq!((batch.rows[0].external_id.as_str(), batch.failures.len()), (ids[0].as_str(), 1), "{batch:?}");
    assert_eq!(batch.failures[0].external_id, sent.external_id);
    assert_eq!(batch.failures[0].error.kind, ErrorType::NotFound, "{batch:?}");
    if house.can().delete {
        let gone = house.connector.delete(&house.access, &sent.external_id).await.expect_err("gone");
        assert_eq!(gone.kind, ErrorType::NotFound, "{gone:?}");
    }
    Verdict::Passed
}
