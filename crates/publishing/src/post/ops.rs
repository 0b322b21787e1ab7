//! Operations on posts: make, change, approve, put away, read. One transaction each.

use std::time::Duration;

use rookery_accounts::{Account, AccountsError, PlatformRules};
use rookery_db::OrgTx;
use rookery_governance::audit;
use rookery_kernel::{
    AccountId, Cursor, Limit, MediaAssetId, Page, PostId, PublicationId, RecurringPostId, RevisionId, Scope, Timestamp,
    UserId,
};
use serde_json::json;
use tracing::instrument;

use super::check::repeated;
use super::composition::Composition;
use super::held::{Held, POSTS, PUBLICATIONS, entry};
use super::model::{
    Conflict, EditorialState, NewPost, Post, PostChange, PostDetail, PostFilter, PostOutcome, PostStatus, PostSummary,
    Schedule,
};
use super::queries;
use super::store::{self, RevisionParts};
use crate::engine::PublishPublication;
use crate::house::{House, HouseError};
use crate::media::{self, StoredFile};
use crate::publication::{self, NewPublication, NotAllowed, Publication, PublicationStatus};
use crate::validation::{self, Draft, Facts, Finding, FindingCode};
use crate::{Publishing, recurring, text};

/// An operation on a post or a publication failed.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// No such post in this organization.
    #[error("no such post: {0}")]
    NotFound(PostId),
    /// No such publication in this organization.
    #[error("no such publication: {0}")]
    PublicationNotFound(PublicationId),
    /// It cannot be queued; all findings, warnings too.
    #[error("the post cannot be queued: {}", .0.iter().filter(|f| f.is_error()).map(|f| f.message.as_str()).collect::<Vec<_>>().join(" "))]
    Invalid(Vec<Finding>),
    /// The state forbids it.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
    /// The content of a post that is out, or on its way, does not change.
    #[error("the post is out or on its way on at least one account, so its content cannot change any more")]
    Locked,
    /// It was changed since the caller read it.
    #[error("the post was changed meanwhile (revision {}); look at both texts and save again", .0.revision)]
    Conflict(Box<Conflict>),
    /// The network is being called right now, or its answer is not known.
    #[error("it is too late: the post is being sent, or we are finding out whether it came out")]
    TooLate,
    /// A post that is out, or on its way, is archived instead.
    #[error("the post is out or on its way on at least one account; archive it instead of deleting it")]
    NotDeletable,
    /// The address or id belongs to another publication of the account.
    #[error("this address belongs to another post of the account already")]
    AddressTaken,
    /// Neither an id nor an address that holds one.
    #[error("give the id or the address of the post at the network")]
    AddressUnreadable,
    /// The address is none of the network's.
    #[error("this is no address on {0}; copy the address of the post there")]
    AddressElsewhere(&'static str),
    /// The account's newest posts were read, and it is not among them.
    #[error(
        "the account on {0} has no such post; check the address, or try again: the account is looked at before anything is sent"
    )]
    NotOnAccount(&'static str),
    /// The network could not be asked whether the post is there.
    #[error("{network} could not be asked whether the post is there ({why}); {advice}")]
    NetworkSilent {
        /// The network's name.
        network: &'static str,
        /// What stood against it.
        why: String,
        /// What to do.
        advice: &'static str,
    },
    /// The first one is out, or may be: a second post needs a clear word.
    #[error("{0}")]
    SecondPost(String),
    /// All slots of an account are paused.
    #[error("the queue of this account is paused; resume its slots or choose a time")]
    QueuePaused(AccountId),
    /// No slot of an account is free within 60 days.
    #[error("the queue of this account is full for 60 days; add slots or choose a time")]
    QueueFull(AccountId),
    /// It is the template of a recurring post.
    #[error(
        "this is the template of a recurring post; its copies are published, and it can be deleted once that is stopped"
    )]
    IsTemplate,
    /// The accounts could not be read.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// The organization could not be read.
    #[error(transparent)]
    House(#[from] HouseError),
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

/// Where a post comes from that nobody wrote by hand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MadeFrom {
    /// The recurring post.
    pub recurring: RecurringPostId,
    /// Who made that.
    pub author: Option<UserId>,
}

/// The name in a post's `metadata` of the recurring post that it was made from.
const RECURRING_POST: &str = "recurringPostId";

impl Post {
    /// The recurring post that it was made from.
    pub fn recurring_post(&self) -> Option<RecurringPostId> {
        self.metadata.get(RECURRING_POST)?.as_str()?.parse().ok()
    }
}

/// What one person writes within this time is one revision, if the form keeps itself meanwhile.
const EDITING_SESSION: Duration = Duration::from_mins(10);

impl Publishing {
    /// Makes a post with one publication per account, and queues it if it has a time.
    ///
    /// # Errors
    /// [`PostError::Invalid`] with all findings if it has a time and cannot be queued; a draft may
    /// be unfinished, but not name a foreign account.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id))]
    pub async fn create_post(&self, scope: &Scope, new: NewPost) -> Result<PostDetail, PostError> {
        let rules = self.accounts.all_rules().await?;
        let mut tx = self.db.org(scope).await?;
        let held = self.create_in(&mut tx, &rules, new, None).await?;
        tx.commit().await?;
        self.jobs.wake();
        Ok(held.into_detail())
    }

    /// Makes a draft in a transaction that does more, so that both stand or neither. `rules` are those of
    /// [`rookery_accounts::Accounts::all_rules`], read before it began.
    ///
    /// # Errors
    /// [`PostError::Invalid`] if it names a foreign account or medium; the transaction can go on.
    pub async fn create_draft_in(
        &self,
        tx: &mut OrgTx,
        rules: &[PlatformRules],
        new: NewPost,
    ) -> Result<PostDetail, PostError> {
        let new = NewPost { schedule: Schedule::Draft, ..new };
        Ok(self.create_in(tx, rules, new, None).await?.into_detail())
    }

    /// The same as [`Publishing::create_post`] in a transaction that does more. `from` says which recurring post it is made from.
    pub(crate) async fn create_in(
        &self,
        tx: &mut OrgTx,
        rules: &[PlatformRules],
        new: NewPost,
        from: Option<MadeFrom>,
    ) -> Result<Held, PostError> {
        let now = self.clock.now();
        let scope = tx.scope().clone();
        let house = self.house_in(tx).await?;
        let accounts = self.accounts.list_in(tx).await?;
        let account_ids = without_repeats(&new.account_ids);
        let draft = Draft { account_ids, ..Draft::from(&new) };
        let files = media::kinds_of(tx, &new.composition.media).await?;
        let findings = validation::check(&draft, &self.facts(&accounts, rules, &files, now));
        let is_draft = new.schedule == Schedule::Draft;
        if findings.iter().any(|f| f.is_error() && (!is_draft || f.code.forbids_a_draft())) {
            return Err(self.refusal(tx, &draft, &accounts, findings).await?);
        }
        let (mut held, composition) = self.made(&scope, &house, new, from, &accounts, &files)?;
        held.save(tx, &*self.clock).await?;
        media::replace(tx, &*self.ids, held.post.id, &composition.media, now).await?;
        let parts = RevisionParts { media: &composition.media, variants: &composition.variants };
        store::insert_revision(tx, RevisionId::generate(&*self.ids), &held.post, parts, now).await?;
        self.enqueue_deliveries(tx, &held.publications).await?;
        Ok(held)
    }

    /// A post to be with its publications, planned if it has a time. Nothing is stored.
    pub(crate) fn made(
        &self,
        scope: &Scope,
        house: &House,
        new: NewPost,
        from: Option<MadeFrom>,
        accounts: &[Account],
        files: &[(MediaAssetId, StoredFile)],
    ) -> Result<(Held, Composition), PostError> {
        let now = self.clock.now();
        let composition = new.composition.tidied();
        let kinds: Vec<_> = files.iter().map(|(_, file)| file.kind).collect();
        let mut metadata = json!({});
        if let Some(from) = &from {
            metadata[RECURRING_POST] = json!(from.recurring);
        }
        composition.write_into(&mut metadata);
        let post = Post {
            id: PostId::generate(&*self.ids),
            organization_id: scope.organization_id,
            author_user_id: from.map_or_else(|| scope.actor.user_id(), |from| from.author),
            title: new.title.filter(|t| !t.trim().is_empty()),
            hashtags: store::json_list(&text::hashtags(&new.content)),
            mentions: store::json_list(&text::mentions(&new.content)),
            content: new.content,
            content_type: composition.content_type(&kinds),
            format: composition.format,
            parent_post_id: None,
            sequence_no: None,
            comment_delay_minutes: None,
            status: PostStatus::Draft,
            outcome: PostOutcome::None,
            editorial_state: if house.review_required { EditorialState::Draft } else { EditorialState::NotRequired },
            scheduled_at: None,
            timezone: new.timezone.name().to_owned(),
            is_scheduled: matches!(new.schedule, Schedule::At(_)),
            published_at: None,
            expires_at: composition.expires_at,
            error_message: None,
            revision: 1,
            approved_revision: None,
            archived_at: None,
            metadata,
            created_at: now,
            updated_at: now,
        };
        let account_ids = without_repeats(&new.account_ids);
        let chosen = account_ids.iter().filter_map(|id| accounts.iter().find(|a| a.id == *id));
        let mut publications: Vec<_> = chosen.map(|account| self.new_publication(&post, account, now)).collect();
        own_words(&composition, &mut publications);
        let mut held = Held::new(post, publications);
        let at = match new.schedule {
            Schedule::Draft => None,
            Schedule::Now => Some(now),
            Schedule::At(at) => Some(at),
        };
        if let Some(at) = at {
            for publication in &mut held.publications {
                publication.plan(at, now)?;
            }
        }
        Ok((held, composition))
    }

    /// Changes the content of a post that is nowhere out or on its way (PUB-18). Each change is a
    /// revision; an approval of an earlier one ends.
    ///
    /// # Errors
    /// `Locked`, also if other accounts are wanted and it was planned; `Conflict` if the expected revision is not the
    /// stored one; `Invalid` if it is queued and the new text does not fit.
    #[instrument(skip_all, err, fields(post = %id))]
    pub async fn update_post(&self, scope: &Scope, id: PostId, change: PostChange) -> Result<PostDetail, PostError> {
        let now = self.clock.now();
        let rules = self.accounts.all_rules().await?;
        let mut tx = self.db.org(scope).await?;
        let house = self.house_in(&mut tx).await?;
        let mut held = Held::lock(&mut tx, id).await?.ok_or(PostError::NotFound(id))?;
        if !held.publications.iter().all(|p| may_change_under(p.status)) {
            return Err(PostError::Locked);
        }
        if change.expected_revision.is_some_and(|expected| expected != held.post.revision) {
            return Err(conflict(&held.post, change.content));
        }
        let before = held.post.clone();
        let post = &mut held.post;
        if let Some(content) = change.content {
            post.hashtags = store::json_list(&text::hashtags(&content));
            post.mentions = store::json_list(&text::mentions(&content));
            post.content = content;
        }
        if let Some(title) = change.title {
            post.title = title.filter(|t| !t.trim().is_empty());
        }
        let stored = held.composition(&mut tx).await?;
        let composition = change.composition.apply(stored.clone()).tidied();
        let files = media::kinds_of(&mut tx, &composition.media).await?;
        let kinds: Vec<_> = files.iter().map(|(_, file)| file.kind).collect();
        let post = &mut held.post;
        composition.write_into(&mut post.metadata);
        post.format = composition.format;
        post.content_type = composition.content_type(&kinds);
        post.expires_at = composition.expires_at;
        let chosen: Vec<_> = held.publications.iter().map(|p| p.social_account_id).collect();
        let account_ids = change.account_ids.as_deref().map_or_else(|| chosen.clone(), without_repeats);
        let has_other_accounts = !is_same_set(&chosen, &account_ids);
        if held.post == before && composition == stored && !has_other_accounts {
            return Ok(held.into_detail());
        }
        let is_planned = held.publications.iter().any(|p| p.status == PublicationStatus::Scheduled);
        let accounts = self.accounts.list_in(&mut tx).await?;
        let draft = Draft { account_ids: account_ids.clone(), ..held.draft(&composition, Schedule::Now, |_| true) };
        let findings = validation::check(&draft, &self.facts(&accounts, &rules, &files, now));
        if findings.iter().any(|f| f.is_error() && (is_planned || f.code.forbids_a_draft())) {
            return Err(self.refusal(&mut tx, &draft, &accounts, findings).await?);
        }
        if has_other_accounts {
            self.choose_accounts(&mut tx, &mut held, &accounts, &account_ids, now).await?;
        }
        own_words(&composition, &mut held.publications);
        let post = &mut held.post;
        post.revision += 1;
        post.updated_at = now;
        let parts = RevisionParts { media: &composition.media, variants: &composition.variants };
        // Before reviews are told: what was submitted or judged stays as it was.
        let is_folded = change.goes_on
            && store::fold_revision(&mut tx, post, before.revision, parts, now - EDITING_SESSION).await?;
        self.void_approval(&mut tx, &mut held, house.review_required).await?;
        store::write_content(&mut tx, &held.post).await?;
        publication::store::write_own_words(&mut tx, &held.publications, now).await?;
        let post = &held.post;
        if composition.media != stored.media {
            media::replace(&mut tx, &*self.ids, id, &composition.media, now).await?;
        }
        if !is_folded {
            store::insert_revision(&mut tx, RevisionId::generate(&*self.ids), post, parts, now).await?;
        }
        let changes = json!({
            "revision": [before.revision, post.revision],
            "editorial_state": [before.editorial_state.label(), post.editorial_state.label()],
        });
        audit_post(&mut tx, self, "update", id, changes).await?;
        tx.commit().await?;
        self.follow_template(scope, id).await;
        Ok(held.into_detail())
    }

    /// Chooses the accounts of a post that has no time yet.
    ///
    /// # Errors
    /// `Locked` once one of its publications was planned; `Invalid` for a foreign account.
    #[instrument(skip_all, err, fields(post = %id))]
    pub async fn set_accounts(&self, scope: &Scope, id: PostId, ids: &[AccountId]) -> Result<PostDetail, PostError> {
        let now = self.clock.now();
        let rules = self.accounts.all_rules().await?;
        let mut tx = self.db.org(scope).await?;
        let mut held = Held::lock(&mut tx, id).await?.ok_or(PostError::NotFound(id))?;
        let accounts = self.accounts.list_in(&mut tx).await?;
        let ids = without_repeats(ids);
        let composition = held.composition(&mut tx).await?;
        let draft = Draft { account_ids: ids.clone(), ..held.draft(&composition, Schedule::Draft, |_| true) };
        let findings = validation::check(&draft, &self.facts(&accounts, &rules, &[], now));
        if findings.iter().any(|f| f.code == FindingCode::AccountUnknown) {
            return Err(PostError::Invalid(findings));
        }
        self.choose_accounts(&mut tx, &mut held, &accounts, &ids, now).await?;
        let house = self.house_in(&mut tx).await?;
        let before = held.post.editorial_state;
        self.void_approval(&mut tx, &mut held, house.review_required).await?;
        if held.post.editorial_state != before {
            held.post.updated_at = now;
            store::write_content(&mut tx, &held.post).await?;
            let changes = json!({"editorial_state": [before.label(), held.post.editorial_state.label()]});
            audit_post(&mut tx, self, "update", id, changes).await?;
        }
        tx.commit().await?;
        Ok(held.into_detail())
    }

    async fn choose_accounts(
        &self,
        tx: &mut OrgTx,
        held: &mut Held,
        accounts: &[Account],
        ids: &[AccountId],
        now: Timestamp,
    ) -> Result<(), PostError> {
        if held.publications.iter().any(|p| p.status != PublicationStatus::Draft) {
            return Err(PostError::Locked);
        }
        let gone: Vec<_> =
            held.publications.iter().filter(|p| !ids.contains(&p.social_account_id)).map(|p| p.id).collect();
        let is_there = |id: &AccountId| held.publications.iter().any(|p| p.social_account_id == *id);
        let chosen = ids.iter().filter(|id| !is_there(id)).filter_map(|id| accounts.iter().find(|a| a.id == *id));
        let new: Vec<_> = chosen.map(|account| self.new_publication(&held.post, account, now)).collect();
        publication::store::delete_many(tx, &gone).await?;
        publication::store::insert_many(tx, &new).await?;
        let deleted = gone.iter().map(|id| entry("delete", PUBLICATIONS, id.to_string(), Some("draft"), None));
        let inserted = new.iter().map(|p| entry("insert", PUBLICATIONS, p.id.to_string(), None, Some("draft")));
        let entries: Vec<_> = deleted.chain(inserted).collect();
        if !entries.is_empty() {
            audit::record(tx, &*self.clock, &entries).await?;
        }
        held.reload_publications(tx).await?;
        Ok(())
    }

    /// All findings, warnings about repetitions too, as a refusal.
    pub(crate) async fn refusal(
        &self,
        tx: &mut OrgTx,
        draft: &Draft,
        accounts: &[Account],
        mut findings: Vec<Finding>,
    ) -> Result<PostError, PostError> {
        findings.extend(repeated(tx, draft, accounts, self.clock.now()).await?);
        Ok(PostError::Invalid(findings))
    }

    fn new_publication(&self, post: &Post, account: &Account, now: Timestamp) -> Publication {
        Publication::draft(NewPublication {
            id: PublicationId::generate(&*self.ids),
            organization_id: post.organization_id,
            post_id: post.id,
            account_id: account.id,
            platform: account.platform,
            now,
        })
    }

    /// Deletes a post that is nowhere out or on its way, with its revisions and publications.
    ///
    /// # Errors
    /// [`PostError::NotDeletable`]: archive it.
    #[instrument(skip_all, err, fields(post = %id))]
    pub async fn delete_post(&self, scope: &Scope, id: PostId) -> Result<(), PostError> {
        let mut tx = self.db.org(scope).await?;
        let held = Held::lock(&mut tx, id).await?.ok_or(PostError::NotFound(id))?;
        let is_out = |p: &Publication| matches!(p.status, PublicationStatus::Published | PublicationStatus::Publishing);
        if held.publications.iter().any(is_out) {
            return Err(PostError::NotDeletable);
        }
        if recurring::is_template(&mut tx, id).await? {
            return Err(PostError::IsTemplate);
        }
        self.delete_held(&mut tx, &held).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Deletes a post that is locked and nowhere out or on its way.
    pub(crate) async fn delete_held(&self, tx: &mut OrgTx, held: &Held) -> Result<(), rookery_db::Error> {
        let id = held.post.id;
        store::delete(tx, id).await?;
        // The database deletes the publications along with their post; the log names them all.
        let mut entries = vec![entry("delete", POSTS, id.to_string(), Some(held.post.status.label()), None)];
        entries.extend(
            held.publications
                .iter()
                .map(|p| entry("delete", PUBLICATIONS, p.id.to_string(), Some(p.status.label()), None)),
        );
        audit::record(tx, &*self.clock, &entries).await
    }

    /// Puts a post away: it leaves the lists and stays readable.
    ///
    /// # Errors
    /// `NotAllowed` while something may still happen to it.
    #[instrument(skip_all, err, fields(post = %id))]
    pub async fn archive_post(&self, scope: &Scope, id: PostId) -> Result<PostDetail, PostError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let mut held = Held::lock(&mut tx, id).await?.ok_or(PostError::NotFound(id))?;
        if held.publications.iter().any(|p| p.status.is_open()) {
            return Err(PostError::Locked);
        }
        if held.post.archived_at.is_none() {
            held.post.archived_at = Some(now);
            held.post.updated_at = now;
            self.archive_review(&mut tx, &mut held).await?;
            store::write_content(&mut tx, &held.post).await?;
            audit_post(&mut tx, self, "update", id, json!({"archived_at": [null, now.to_string()]})).await?;
            tx.commit().await?;
        }
        Ok(held.into_detail())
    }

    /// One post with its publications.
    ///
    /// # Errors
    /// [`PostError::NotFound`].
    pub async fn get(&self, scope: &Scope, id: PostId) -> Result<PostDetail, PostError> {
        let mut tx = self.db.org(scope).await?;
        let post = store::find(&mut tx, id).await?.ok_or(PostError::NotFound(id))?;
        let publications = publication::store::of_post(&mut tx, id).await?;
        Ok(PostDetail { post, publications })
    }

    /// Posts, newest first, without the archived ones.
    ///
    /// # Errors
    /// The database's.
    pub async fn list(
        &self,
        scope: &Scope,
        filter: PostFilter,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<PostSummary>, PostError> {
        let mut tx = self.db.org(scope).await?;
        Ok(queries::list(&mut tx, filter, after, limit).await?)
    }

    pub(crate) fn facts<'a>(
        &'a self,
        accounts: &'a [Account],
        rules: &'a [rookery_accounts::PlatformRules],
        files: &'a [(MediaAssetId, StoredFile)],
        now: Timestamp,
    ) -> Facts<'a> {
        Facts { accounts, rules, files, connectors: &self.connectors, now }
    }

    /// One job per publication that waits, at the moment it waits for. Who moves that moment
    /// calls this in the same transaction.
    pub(crate) async fn enqueue_deliveries(
        &self,
        tx: &mut OrgTx,
        publications: &[Publication],
    ) -> Result<(), rookery_db::Error> {
        let waiting = |p: &&Publication| {
            matches!(p.status, PublicationStatus::Scheduled | PublicationStatus::Retrying) || p.is_parked()
        };
        let jobs: Vec<_> = publications
            .iter()
            .filter(waiting)
            .filter_map(|p| p.next_attempt_at.map(|at| (PublishPublication { publication_id: p.id, due: at }, at)))
            .collect();
        if !jobs.is_empty() {
            let organization = tx.organization_id();
            let door = self.jobs.caused_by(tx.scope());
            door.enqueue_many(tx.conn(), Some(organization), &jobs).await?;
        }
        Ok(())
    }
}

/// PUB-18: content may change while every publication is in one of these.
pub(crate) const fn may_change_under(status: PublicationStatus) -> bool {
    matches!(
        status,
        PublicationStatus::Draft
            | PublicationStatus::Scheduled
            | PublicationStatus::Failed
            | PublicationStatus::Cancelled
    )
}

fn conflict(stored: &Post, ours: Option<String>) -> PostError {
    let (theirs, updated_at) = (stored.content.clone(), stored.updated_at);
    let ours = ours.unwrap_or_else(|| theirs.clone());
    PostError::Conflict(Box::new(Conflict { revision: stored.revision, updated_at, theirs, ours }))
}

fn is_same_set(a: &[AccountId], b: &[AccountId]) -> bool {
    a.len() == b.len() && a.iter().all(|id| b.contains(id))
}

/// Each account's own words, as its publication keeps them.
fn own_words(composition: &Composition, publications: &mut [Publication]) {
    for publication in publications {
        publication.content_override =
            composition.variants.get(&publication.social_account_id).and_then(super::Variant::stored);
    }
}

pub(super) fn without_repeats(ids: &[AccountId]) -> Vec<AccountId> {
    let mut seen = Vec::with_capacity(ids.len());
    for id in ids {
        if !seen.contains(id) {
            seen.push(*id);
        }
    }
    seen
}

pub(crate) async fn audit_post(
    tx: &mut OrgTx,
    publishing: &Publishing,
    action: &str,
    id: PostId,
    changes: serde_json::Value,
) -> Result<(), rookery_db::Error> {
    let entry = audit::Entry { action, resource: POSTS, resource_id: Some(id.to_string()), changes };
    audit::record(tx, &*publishing.clock, &[entry]).await
}
