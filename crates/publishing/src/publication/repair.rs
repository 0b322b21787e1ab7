//! What a person does about a delivery that went wrong: other words for one account, "it is online at …", and a
//! deliberate second post (PUB-29, PUB-32, PUB-35).

use rookery_accounts::AccessError;
use rookery_governance::audit;
use rookery_kernel::{PublicationId, RevisionId, Scope, Timestamp};
use rookery_platforms::{ErrorType, Published};
use serde_json::json;
use tracing::instrument;

use super::model::{Event, NewPublication, NotAllowed, Publication};
use super::store;
use crate::Publishing;
use crate::attempt::{self, AttemptPhase, ErrorClass};
use crate::engine::SEARCH_MARGIN;
use crate::media;
use crate::post::store::{self as posts, RevisionParts};
use crate::post::{Held, PostDetail, PostError, PostFormat, Schedule, Variant, audit_post, entry, may_change_under};
use crate::receipt::republishing;
use crate::sighting::{Seen, Sighting, is_at_network};
use crate::validation::{self, Draft, Finding};

/// Pages of an account's newest posts that are read to find one.
const PAGES_MAX: usize = 5;

/// A deliberate second post.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Republish {
    /// The caller knows that the first one is out, or may be.
    pub although_out: bool,
}

impl Publishing {
    /// A person found a post of unknown fate at the network. The network is asked: the post must be among the account's
    /// newest. Where a network cannot be asked for a list, the address must at least be one of its own.
    ///
    /// # Errors
    /// `NotAllowed` unless its fate is unknown; `AddressTaken`, `AddressUnreadable`, `AddressElsewhere`, `NotOnAccount`,
    /// `NetworkSilent`.
    #[instrument(skip_all, err, fields(publication = %id))]
    pub async fn mark_online(
        &self,
        scope: &Scope,
        id: PublicationId,
        sighting: Sighting,
    ) -> Result<PostDetail, PostError> {
        let seen = sighting.read().ok_or(PostError::AddressUnreadable)?;
        let published = self.verify(scope, id, &seen).await?;
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let mut held = Held::lock_for(&mut tx, id).await?.ok_or(PostError::PublicationNotFound(id))?;
        let publication = held.publication_mut(id).ok_or(PostError::PublicationNotFound(id))?;
        of_unknown_fate(publication)?;
        if store::is_remote_taken(&mut tx, publication.social_account_id, &published.external_id, id).await? {
            return Err(PostError::AddressTaken);
        }
        let sent_at = publication.last_attempt_at.unwrap_or(now);
        publication.confirm(Event::MarkOnline, &published, sent_at, now)?;
        if let Some(newest) = attempt::store::of_publication(&mut tx, id).await?.pop() {
            attempt::store::close(&mut tx, newest.id, AttemptPhase::Confirmed, &attempt::store::Ending::default(), now)
                .await?;
        }
        self.follow_up(&mut tx, &held, id, now).await?;
        self.finish(tx, held).await
    }

    /// What the network says about a sighting. No transaction is open while it is asked.
    async fn verify(&self, scope: &Scope, id: PublicationId, seen: &Seen) -> Result<Published, PostError> {
        let missing = || PostError::PublicationNotFound(id);
        let mut tx = self.db.org(scope).await?;
        let publication = store::find(&mut tx, id).await?.ok_or_else(missing)?;
        of_unknown_fate(&publication)?;
        let post = posts::find(&mut tx, publication.post_id).await?.ok_or_else(missing)?;
        let accounts = self.accounts.list_in(&mut tx).await?;
        let attempts = attempt::store::of_publication(&mut tx, id).await?;
        drop(tx);
        let account = accounts.iter().find(|a| a.id == publication.social_account_id).ok_or_else(missing)?;
        let network = account.platform.name();
        if seen.url.as_ref().is_some_and(|url| !is_at_network(url, account)) {
            return Err(PostError::AddressElsewhere(network));
        }
        let told = seen.told().ok_or(PostError::AddressUnreadable)?;
        // Lists of an account hold neither answers nor stories, so they prove nothing about these.
        let is_listed = post.parent_post_id.is_none() && post.format != PostFormat::Story;
        let Some(connector) = self.connectors.get(publication.platform).filter(|_| is_listed) else { return Ok(told) };
        let silent = |why: String, advice| PostError::NetworkSilent { network, why, advice };
        let access = match self.accounts.access(scope, account.id).await {
            Ok(access) => access,
            Err(AccessError::Db(error)) => return Err(error.into()),
            Err(error) => return Err(silent(error.to_string(), "reconnect the account first")),
        };
        let since = attempts.iter().find_map(|a| a.sent_at).unwrap_or(publication.created_at) - SEARCH_MARGIN;
        match connector.all_content(&access, since, PAGES_MAX).await {
            Ok(items) => {
                let item = items.into_iter().find(|item| seen.is(item)).ok_or(PostError::NotOnAccount(network))?;
                Ok(Published { external_id: item.external_id, permalink: item.permalink.or(told.permalink) })
            }
            Err(error) => match error.kind {
                ErrorType::TokenExpired => Err(silent(error.message, "reconnect the account first")),
                ErrorType::Transient | ErrorType::RateLimit => Err(silent(error.message, "try again in a few minutes")),
                // The network keeps no list, or not for us: the person's word counts.
                _ => Ok(told),
            },
        }
    }

    /// Other words for one account, where the post is out, or on its way, on others already. `None` goes back to the
    /// post's words. It is a revision like any other change: an approval of the earlier one ends.
    ///
    /// # Errors
    /// `Locked` once it is out or on its way there; `Invalid` if the words do not fit the account.
    #[instrument(skip_all, err, fields(publication = %id))]
    pub async fn reword(
        &self,
        scope: &Scope,
        id: PublicationId,
        text: Option<String>,
    ) -> Result<PostDetail, PostError> {
        let now = self.clock.now();
        let rules = self.accounts.all_rules().await?;
        let mut tx = self.db.org(scope).await?;
        let house = self.house_in(&mut tx).await?;
        let mut held = Held::lock_for(&mut tx, id).await?.ok_or(PostError::PublicationNotFound(id))?;
        let publication = held.publication(id).ok_or(PostError::PublicationNotFound(id))?;
        if !may_change_under(publication.status) {
            return Err(PostError::Locked);
        }
        let account_id = publication.social_account_id;
        let own = text.filter(|text| *text != held.post.content);
        let mut composition = held.composition(&mut tx).await?;
        let before = composition.variants.get(&account_id).cloned().unwrap_or_default();
        let variant = Variant { text: own, ..before.clone() };
        if variant == before {
            return Ok(held.into_detail());
        }
        composition.variants.insert(account_id, variant.clone());
        let accounts = self.accounts.list_in(&mut tx).await?;
        let files = media::kinds_of(&mut tx, &composition.media).await?;
        let draft = Draft { account_ids: vec![account_id], ..held.draft(&composition, Schedule::Now, |_| true) };
        let findings = validation::check(&draft, &self.facts(&accounts, &rules, &files, now));
        if findings.iter().any(Finding::is_error) {
            return Err(self.refusal(&mut tx, &draft, &accounts, findings).await?);
        }
        let stored = variant.stored();
        if let Some(publication) = held.publication_mut(id) {
            publication.content_override = stored;
        }
        let (revision, state) = (held.post.revision, held.post.editorial_state);
        held.post.revision += 1;
        held.post.updated_at = now;
        self.void_approval(&mut tx, &mut held, house.review_required).await?;
        posts::write_content(&mut tx, &held.post).await?;
        store::write_own_words(&mut tx, &held.publications, now).await?;
        let parts = RevisionParts { media: &composition.media, variants: &composition.variants };
        posts::insert_revision(&mut tx, RevisionId::generate(&*self.ids), &held.post, parts, now).await?;
        let changes = json!({
            "revision": [revision, held.post.revision],
            "editorial_state": [state.label(), held.post.editorial_state.label()],
        });
        audit_post(&mut tx, self, "update", held.post.id, changes).await?;
        tx.commit().await?;
        Ok(held.into_detail())
    }

    /// Publishes a post once more on an account, with a new key: the next occurrence. The first publication stays as it
    /// is.
    ///
    /// # Errors
    /// `SecondPost` if the first one is out, or may be, and the caller did not say that a second one is wanted; `NotAllowed`
    /// where a retry or a new plan does the same, or a repetition is there already; `Invalid` if it does not fit any more.
    #[instrument(skip_all, err, fields(publication = %id))]
    pub async fn publish_again(
        &self,
        scope: &Scope,
        id: PublicationId,
        wish: Republish,
    ) -> Result<PostDetail, PostError> {
        let now = self.clock.now();
        let rules = self.accounts.all_rules().await?;
        let mut tx = self.db.org(scope).await?;
        let house = self.house_in(&mut tx).await?;
        let mut held = Held::lock_for(&mut tx, id).await?.ok_or(PostError::PublicationNotFound(id))?;
        let first = held.publication(id).cloned().ok_or(PostError::PublicationNotFound(id))?;
        let warning = republishing(&first, &held.post, &held.publications)
            .ok_or(NotAllowed { status: first.status, event: Event::PublishNow })?;
        if warning.wants_a_yes() && !wish.although_out {
            return Err(PostError::SecondPost(warning.sentence(first.platform.name())));
        }
        let accounts = self.accounts.list_in(&mut tx).await?;
        let composition = held.composition(&mut tx).await?;
        let files = media::kinds_of(&mut tx, &composition.media).await?;
        let draft =
            Draft { account_ids: vec![first.social_account_id], ..held.draft(&composition, Schedule::Now, |_| true) };
        let findings = validation::check(&draft, &self.facts(&accounts, &rules, &files, now));
        if findings.iter().any(Finding::is_error) {
            return Err(self.refusal(&mut tx, &draft, &accounts, findings).await?);
        }
        let again = self.next_occurrence(&first, now);
        store::insert_many(&mut tx, std::slice::from_ref(&again)).await?;
        let made = entry("insert", crate::post::PUBLICATIONS, again.id.to_string(), None, Some(again.status.label()));
        audit::record(&mut tx, &*self.clock, &[made]).await?;
        held.reload_publications(&mut tx).await?;
        if let Some(publication) = held.publication_mut(again.id) {
            publication.plan(now, now)?;
        }
        // One more publication was not approved along with the first.
        let before = held.post.editorial_state;
        self.void_approval(&mut tx, &mut held, house.review_required).await?;
        if held.post.editorial_state != before {
            held.post.updated_at = now;
            posts::write_content(&mut tx, &held.post).await?;
            let changes = json!({"editorial_state": [before.label(), held.post.editorial_state.label()]});
            audit_post(&mut tx, self, "update", held.post.id, changes).await?;
        }
        self.finish(tx, held).await
    }

    fn next_occurrence(&self, first: &Publication, now: Timestamp) -> Publication {
        let plain = Publication::draft(NewPublication {
            id: PublicationId::generate(&*self.ids),
            organization_id: first.organization_id,
            post_id: first.post_id,
            account_id: first.social_account_id,
            platform: first.platform,
            now,
        });
        Publication { content_override: first.content_override.clone(), ..plain.repeated(first.occurrence + 1) }
    }
}

fn of_unknown_fate(publication: &Publication) -> Result<(), NotAllowed> {
    let is_unknown = publication.error_class == Some(ErrorClass::UnknownOutcome);
    if is_unknown && publication.after(Event::MarkOnline).is_ok() {
        return Ok(());
    }
    Err(NotAllowed { status: publication.status, event: Event::MarkOnline })
}
