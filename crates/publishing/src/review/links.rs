//! Links for people without an account: each shows one revision, lives a few days, and lets its holder decide once.
//! The token stands in the address only; here is its digest.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rookery_accounts::Account;
use rookery_db::OrgTx;
use rookery_governance::audit::{self, Changes, Entry};
use rookery_kernel::{Actor, Platform, PostId, ReviewLinkId, Scope, Timestamp, Zone};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use tracing::instrument;

use super::model::{Judgement, LinkState, ReviewError, ReviewLink};
use super::ops::By;
use super::store;
use crate::kinds::ReviewAction;
use crate::media::{self, StoredFile};
use crate::post::{EditorialState, FollowUpKind, Held, Post};
use crate::publication::Publication;
use crate::{Publishing, engine};

/// A link lives this many days unless told otherwise …
pub const LINK_DAYS_DEFAULT: u16 = 7;
/// … and at most this many.
pub const LINK_DAYS_MAX: u16 = 30;

const LINKS: &str = "publishing.review_links";
/// Longest name.
const NAME_MAX: usize = 200;

/// A link to be.
#[derive(Debug, Clone)]
pub struct NewReviewLink {
    /// For whom.
    pub recipient: String,
    /// Days that it lives, 1 to 30.
    pub days: u16,
}

/// What somebody with a link decides.
#[derive(Debug, Clone)]
pub struct LinkDecision {
    /// Approve, or ask for changes.
    pub approve: bool,
    /// Who they are.
    pub name: String,
    /// Their words; changes need some.
    pub comment: Option<String>,
}

/// A post as one account will show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewOfPost {
    /// The network.
    pub platform: Platform,
    /// The account's name.
    pub account: String,
    /// Its handle.
    pub username: String,
    /// Its picture.
    pub avatar_url: Option<String>,
    /// The title, where the network shows one.
    pub title: Option<String>,
    /// The text as it will be sent.
    pub text: String,
    /// When.
    pub at: Option<Timestamp>,
}

/// What a link opens.
#[derive(Debug, Clone)]
pub struct OpenedLink {
    /// The link.
    pub link: ReviewLink,
    /// Whether it works.
    pub state: LinkState,
    /// For whose operations; the actor is a guest.
    pub scope: Scope,
    /// Who asks.
    pub organization: String,
    /// The organization's zone.
    pub zone: Zone,
    /// The post, one preview per account; empty unless the link works.
    pub previews: Vec<PreviewOfPost>,
    /// Further parts, in order, each with whether it is a comment.
    pub parts: Vec<(bool, String)>,
    /// The link that is attached.
    pub attached: Option<String>,
    /// Its files, in order; empty unless the link works.
    pub media: Vec<StoredFile>,
    /// What the author says about it.
    pub note: Option<String>,
}

impl Publishing {
    /// Makes a link to the post as it stands, and asks for a review if nobody did. The token is given once.
    ///
    /// # Errors
    /// `NameMissing`, `LinkDays`; `NotAllowed` for a post that is approved already; `TooLate` once it is out.
    #[instrument(skip_all, err(level = "debug"), fields(post = %id))]
    pub async fn create_review_link(
        &self,
        scope: &Scope,
        id: PostId,
        new: NewReviewLink,
    ) -> Result<(ReviewLink, SecretString), ReviewError> {
        let recipient = name(&new.recipient)?;
        if new.days == 0 || new.days > LINK_DAYS_MAX {
            return Err(ReviewError::LinkDays);
        }
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let mut held = self.whole_post(&mut tx, id).await?;
        match held.post.editorial_state {
            EditorialState::PendingReview => {}
            EditorialState::Draft | EditorialState::NeedsChanges | EditorialState::NotRequired => {
                self.submit_in(&mut tx, &mut held, None, None).await?;
            }
            other => return Err(ReviewError::NotAllowed(other)),
        }
        let mut bytes = [0; 32];
        self.ids.fill(&mut bytes);
        let token = SecretString::from(URL_SAFE_NO_PAD.encode(bytes));
        let link = ReviewLink {
            id: ReviewLinkId::generate(&*self.ids),
            post_id: id,
            revision: held.post.revision,
            content_hash: store::content_hash(&mut tx, id).await?,
            recipient,
            created_by: scope.actor.user_id(),
            expires_at: now + Duration::from_secs(u64::from(new.days) * 24 * 3600),
            opened_at: None,
            used_at: None,
            revoked_at: None,
            created_at: now,
        };
        store::insert_link(&mut tx, &link, &digest(&token)).await?;
        let changes = Changes::new()
            .new_value("post_id", id)
            .new_value("recipient", &link.recipient)
            .new_value("revision", link.revision)
            .new_value("expires_at", link.expires_at.to_string());
        self.audit_link(&mut tx, "insert", link.id, changes).await?;
        tx.commit().await?;
        Ok((link, token))
    }

    /// The links of a post with what became of them, the newest first.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn review_links(&self, scope: &Scope, id: PostId) -> Result<Vec<(ReviewLink, LinkState)>, ReviewError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let post = crate::post::store::find(&mut tx, id).await?.ok_or(ReviewError::NotFound(id))?;
        let hash = store::content_hash(&mut tx, id).await?;
        let links = store::links_of(&mut tx, id).await?;
        let with_state = |link: ReviewLink| {
            let state = link.state(&hash, post.editorial_state, now);
            (link, state)
        };
        Ok(links.into_iter().map(with_state).collect())
    }

    /// Takes a link back. Asking twice changes nothing.
    ///
    /// # Errors
    /// `LinkNotFound`; `LinkClosed` if somebody decided through it.
    #[instrument(skip_all, err(level = "debug"), fields(link = %id))]
    pub async fn revoke_review_link(&self, scope: &Scope, id: ReviewLinkId) -> Result<ReviewLink, ReviewError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let mut link = store::link(&mut tx, id).await?.ok_or(ReviewError::LinkNotFound)?;
        if link.used_at.is_some() {
            return Err(ReviewError::LinkClosed(LinkState::Used));
        }
        if store::revoke_link(&mut tx, id, now).await? {
            link.revoked_at = Some(now);
            let changes = Changes::new().new_value("revoked_at", now.to_string()).note("recipient", &link.recipient);
            self.audit_link(&mut tx, "update", id, changes).await?;
            tx.commit().await?;
        }
        Ok(link)
    }

    /// What a token opens. `caller` tells where the request comes from; its organization and actor are not used.
    ///
    /// # Errors
    /// `LinkNotFound`.
    #[instrument(skip_all, err(level = "debug"))]
    pub async fn open_review_link(&self, token: &SecretString, caller: &Scope) -> Result<OpenedLink, ReviewError> {
        let now = self.clock.now();
        let (scope, id) = self.scope_of_link(token, caller).await?;
        let mut tx = self.db.org(&scope).await?;
        let link = store::link(&mut tx, id).await?.ok_or(ReviewError::LinkNotFound)?;
        let held = self.whole_post(&mut tx, link.post_id).await?;
        let hash = store::content_hash(&mut tx, link.post_id).await?;
        let state = link.state(&hash, held.post.editorial_state, now);
        let organization = self.identity.organization_in(&mut tx).await.map_err(crate::HouseError::from)?;
        let mut opened = OpenedLink {
            state,
            organization: organization.name,
            zone: organization.timezone,
            previews: Vec::new(),
            parts: Vec::new(),
            attached: None,
            media: Vec::new(),
            note: None,
            scope: scope.clone(),
            link,
        };
        if state == LinkState::Open {
            let accounts = self.accounts.list_in(&mut tx).await?;
            opened.previews = self.previews(&held, &accounts);
            opened.parts = parts(&held.post);
            opened.attached = held.post.link().map(str::to_owned);
            opened.media = media::of_post(&mut tx, scope.organization_id, held.post.id).await?;
            opened.note = store::open_review(&mut tx, held.post.id).await?.and_then(|r| r.reason);
            if opened.link.opened_at.is_none() {
                store::note_opened(&mut tx, id, now).await?;
                tx.commit().await?;
            }
        }
        Ok(opened)
    }

    /// Decides through a link, once.
    ///
    /// # Errors
    /// `LinkNotFound`; `LinkClosed` with the reason; `NameMissing`; `CommentMissing` for changes without words.
    #[instrument(skip_all, err(level = "debug"))]
    pub async fn decide_by_link(
        &self,
        token: &SecretString,
        caller: &Scope,
        decision: LinkDecision,
    ) -> Result<OpenedLink, ReviewError> {
        let name = name(&decision.name)?;
        let now = self.clock.now();
        let (scope, id) = self.scope_of_link(token, caller).await?;
        let mut tx = self.db.org(&scope).await?;
        let link = store::link(&mut tx, id).await?.ok_or(ReviewError::LinkNotFound)?;
        let mut held = self.whole_post(&mut tx, link.post_id).await?;
        // Read again under the post's lock: another holder of the link may have decided while we waited.
        let link = store::link(&mut tx, id).await?.ok_or(ReviewError::LinkNotFound)?;
        let hash = store::content_hash(&mut tx, link.post_id).await?;
        let state = link.state(&hash, held.post.editorial_state, now);
        if state != LinkState::Open {
            return Err(ReviewError::LinkClosed(state));
        }
        if !store::use_link(&mut tx, id, now).await? {
            return Err(ReviewError::LinkClosed(LinkState::Used));
        }
        let action = if decision.approve { ReviewAction::Approve } else { ReviewAction::RequestChanges };
        let judgement =
            Judgement { revision: Some(link.revision), comment: decision.comment, suggested_changes: Vec::new() };
        let by = By { person: None, name: Some(name.clone()), link: Some(id) };
        self.judge_in(&mut tx, &mut held, action, judgement, by).await?;
        let changes = Changes::new()
            .new_value("used_at", now.to_string())
            .note("recipient", &link.recipient)
            .note("reviewer_name", &name)
            .note("decision", action.label());
        self.audit_link(&mut tx, "update", id, changes).await?;
        tx.commit().await?;
        self.jobs.wake();
        self.open_review_link(token, caller).await
    }

    async fn scope_of_link(&self, token: &SecretString, caller: &Scope) -> Result<(Scope, ReviewLinkId), ReviewError> {
        let mut tx = self.db.system("whose review link this is").await?;
        let found = store::directory(tx.conn(), &digest(token)).await?;
        tx.rollback().await;
        let (organization_id, id) = found.ok_or(ReviewError::LinkNotFound)?;
        Ok((Scope { organization_id, actor: Actor::Guest, ..caller.clone() }, id))
    }

    async fn audit_link(
        &self,
        tx: &mut OrgTx,
        action: &str,
        id: ReviewLinkId,
        changes: Changes,
    ) -> Result<(), rookery_db::Error> {
        let entry = Entry { action, resource: LINKS, resource_id: Some(id.to_string()), changes: changes.into() };
        audit::record(tx, &*self.clock, &[entry]).await
    }

    /// The post as each account will show it.
    fn previews(&self, held: &Held, accounts: &[Account]) -> Vec<PreviewOfPost> {
        let preview = |p: &Publication| {
            let account = accounts.iter().find(|a| a.id == p.social_account_id)?;
            let draft = engine::draft(&held.post, p, None);
            let text = match self.connectors.get(p.platform) {
                Some(connector) => connector.composed_text(&draft),
                None => draft.text.clone(),
            };
            Some(PreviewOfPost {
                platform: p.platform,
                account: account.name().to_owned(),
                username: account.username.clone(),
                avatar_url: account.avatar_url.clone(),
                title: draft.title,
                text,
                at: p.scheduled_for.or(held.post.scheduled_at),
            })
        };
        held.publications.iter().filter_map(preview).collect()
    }
}

fn parts(post: &Post) -> Vec<(bool, String)> {
    post.follow_ups().into_iter().map(|part| (part.kind == FollowUpKind::Comment, part.text)).collect()
}

/// SHA-256 of a token. It has 256 random bits, so a fast digest is as good as a slow one.
fn digest(token: &SecretString) -> [u8; 32] {
    Sha256::digest(token.expose_secret().as_bytes()).into()
}

fn name(text: &str) -> Result<String, ReviewError> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() || text.chars().count() > NAME_MAX { Err(ReviewError::NameMissing) } else { Ok(text) }
}
