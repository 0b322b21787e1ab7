//! The items of a listing's page: kept, older than asked for, or without an id or a time that can be read. One way for all
//! networks.

use rookery_kernel::Timestamp;
use serde_json::Value;

use crate::types::{ContentItem, ContentPage, OddItem};

/// An item as it was read. What is not the account's own is left out before.
pub(crate) type Read = Result<ContentItem, OddItem>;

/// The id of an item: text that is not blank.
pub(crate) fn id(value: Option<&Value>) -> Result<String, OddItem> {
    let id = value.and_then(Value::as_str).filter(|id| !id.trim().is_empty());
    id.map(ToOwned::to_owned).ok_or(OddItem::NoId)
}

/// The page of what was read: items since then, and what was odd about the others.
pub(crate) fn page(since: Timestamp, read: impl IntoIterator<Item = Read>, next: Option<String>) -> ContentPage {
    let mut page = ContentPage { next, ..ContentPage::default() };
    for item in read {
        match item {
            Ok(item) if item.published_at >= since => page.items.push(item),
            Ok(_) => {}
            Err(odd) => page.odd.push(odd),
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_id_is_text_that_is_not_blank() {
        assert_eq!(id(Some(&json!("7"))), Ok("7".to_owned()));
        for value in [None, Some(json!(" ")), Some(json!(7)), Some(json!(null)), Some(json!({"id": "7"}))] {
            assert_eq!(id(value.as_ref()), Err(OddItem::NoId), "{value:?}");
        }
    }
}
