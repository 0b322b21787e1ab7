//! The first step: what is on the account.

use std::collections::HashSet;
use std::time::Duration;

use rookery_kernel::Timestamp;
use rookery_platforms::{CallError, ContentItem, ContentPage, Delivery, ErrorType, OddItem};
use tokio::time::Instant;

use super::IngestError;
use super::report::StepReport;
use super::session::{Session, Step};
use crate::content::{self, Deduplicator, Seen};
use crate::daily::ROWS_MAX;
use crate::run::{self, IngestKind, Oddity};

/// How far back a listing looks.
const LOOK_BACK: Duration = Duration::from_secs(7 * 24 * 3600);
/// How far back the first listing of an account looks.
const FIRST_LOOK_BACK: Duration = Duration::from_secs(30 * 24 * 3600);
/// A listing that is longer is cut; the rest is older than what is cut off here for nearly everybody.
const PAGES_MAX: usize = 200;
/// The first smaller page, where a network finds its own size too much; then always half of it.
const PAGE_SMALLER: usize = 50;
/// Pages do not get smaller than this: what is refused then is refused for another reason.
const PAGE_MIN: usize = 3;
/// Empty pages in a row that end a listing: networks filter after paging, but not for ever.
const EMPTY_PAGES_MAX: usize = 10;

/// The next size of pages after one that was too much.
fn smaller(page_max: Option<usize>) -> usize {
    page_max.map_or(PAGE_SMALLER, |size| (size / 2).max(PAGE_MIN))
}

/// Walks the pages of a listing and notices when it does not end.
#[derive(Debug, Default)]
struct Walk {
    seen: HashSet<String>,
    pages: usize,
    empty: usize,
}

impl Walk {
    /// The next page's cursor; `None` at the end.
    fn next(&mut self, items: usize, next: Option<String>) -> Result<Option<String>, CallError> {
        self.pages += 1;
        self.empty = if items == 0 { self.empty + 1 } else { 0 };
        let Some(next) = next else { return Ok(None) };
        let broken = if !self.seen.insert(next.clone()) {
            "the network's listing runs in a circle".to_owned()
        } else if self.empty >= EMPTY_PAGES_MAX {
            format!("the network's listing has {} empty pages in a row", self.empty)
        } else if self.pages >= PAGES_MAX {
            format!("the network's listing has more than {PAGES_MAX} pages; the oldest items were left out")
        } else {
            return Ok(Some(next));
        };
        Err(CallError::new(ErrorType::Unknown, Delivery::Refused, broken))
    }
}

/// What "not found" means where the account itself was asked for.
pub(super) fn of_vanished(error: CallError) -> CallError {
    if error.kind != ErrorType::NotFound {
        return error;
    }
    let message = format!("the network does not know this account any more: {}", error.message);
    CallError { message, ..error }
}

impl Session<'_> {
    /// Since when to list: the look-back window, wider on the first run and after a pause.
    pub(super) fn since(&self) -> Timestamp {
        let start = self.date.start_utc();
        match self.tracked.last_content_at {
            None => start - FIRST_LOOK_BACK,
            Some(last) => (start - LOOK_BACK).min(last - Duration::from_secs(24 * 3600)),
        }
    }

    /// Lists the account's items since `since` and stores them, page by page: a page is stored
    /// whole or not at all.
    pub(super) async fn content_step(&mut self, since: Timestamp) -> Result<StepReport, IngestError> {
        let mut step = self.open(IngestKind::Content, self.date).await?;
        let mut walk = Walk::default();
        let mut listing = Deduplicator::default();
        let mut cursor = None;
        loop {
            self.check_stop()?;
            if let Err(error) = self.quota() {
                step.end = Some((error, false));
                break;
            }
            step.tally.api_calls += 1;
            let began = Instant::now();
            let answer = self.connector.list_content(&self.access, since, cursor.clone(), self.page_max).await;
            self.slow_down(began.elapsed()).await?;
            let ContentPage { items, odd, next } = match answer {
                Ok(page) => page,
                Err(error) if self.renew(&error).await? => continue,
                Err(error) if error.too_much && self.page_max.is_none_or(|size| size > PAGE_MIN) => {
                    self.page_max = Some(smaller(self.page_max));
                    tracing::debug!(runId = %step.run, page_max = self.page_max, %error, "smaller pages");
                    continue;
                }
                Err(error) => {
                    step.end = Some((of_vanished(error), false));
                    break;
                }
            };
            let listed = items.len() + odd.len();
            if listed == 0 && next.is_some() {
                step.odd.note(Oddity::EmptyPage, "", 1);
            }
            for item in odd {
                step.odd.of_listed(item);
            }
            self.store_page(&mut step, &mut listing, items).await?;
            match walk.next(listed, next) {
                Ok(None) => break,
                Ok(next) => cursor = next,
                Err(error) => {
                    step.end = Some((error, false));
                    break;
                }
            }
        }
        self.close(step).await
    }

    async fn store_page(
        &self,
        step: &mut Step,
        listing: &mut Deduplicator,
        items: Vec<ContentItem>,
    ) -> Result<(), IngestError> {
        let mut named = Vec::with_capacity(items.len());
        for item in items {
            match Seen::of(item) {
                Some(seen) => named.push(seen),
                None => step.odd.of_listed(OddItem::NoId),
            }
        }
        let count = named.len();
        let fresh = listing.fresh(named);
        step.odd.note(Oddity::Twice, "", count - fresh.len());
        step.tally.total += fresh.len();
        step.tally.ok += fresh.len();
        let now = self.now();
        let mut tx = self.tx().await?;
        for items in fresh.chunks(ROWS_MAX) {
            let ids: Vec<String> = items.iter().map(|item| item.external_id.clone()).collect();
            let posts = content::our_posts(&mut tx, self.account(), &ids).await?;
            let written =
                content::upsert(&mut tx, &*self.analytics.ids, self.account(), self.platform, items, &posts, now);
            step.tally.written += written.await?;
        }
        run::progress(&mut tx, step.run, &step.tally, now).await?;
        tx.commit().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_shrink_by_halves_and_not_for_ever() {
        let sizes: Vec<usize> =
            std::iter::successors(Some(smaller(None)), |size| (*size > PAGE_MIN).then(|| smaller(Some(*size))))
                .collect();
        assert_eq!(sizes, [50, 25, 12, 6, 3]);
    }

    #[test]
    fn a_listing_that_does_not_end_is_ended() {
        let mut walk = Walk::default();
        assert_eq!(walk.next(1, Some("a".into())), Ok(Some("a".into())));
        assert_eq!(walk.next(1, Some("b".into())), Ok(Some("b".into())));
        assert!(walk.next(1, Some("a".into())).is_err(), "a circle of two");

        let mut walk = Walk::default();
        let empty = (0..1000).find(|n| walk.next(0, Some(n.to_string())).is_err());
        assert_eq!(empty, Some(EMPTY_PAGES_MAX - 1));

        let mut walk = Walk::default();
        let pages = (0..1000).find(|n| walk.next(1, Some(n.to_string())).is_err());
        assert_eq!(pages, Some(PAGES_MAX - 1));

        let mut walk = Walk::default();
        assert_eq!(walk.next(0, Some("a".into())), Ok(Some("a".into())), "an empty page is not the end");
        assert_eq!(walk.next(5, None), Ok(None));
    }
}
