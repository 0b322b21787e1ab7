//! Parts of a thread and comments (PUB-21): each is a post of its own on the same account, made when what it
//! answers is out, so that nothing waits for something that never comes. Made in the transaction that
//! confirms the answered publication, under its post's lock.

use std::time::Duration;

use rookery_db::{Error, OrgTx};
use rookery_kernel::{PostId, PublicationId, RevisionId, Timestamp};
use rookery_platforms::{Ability, Draft, ReplyTo};

use super::EngineError;
use super::claim::change;
use super::deliver::draft;
use crate::Publishing;
use crate::media;
use crate::post::store::{self as posts, RevisionParts};
use crate::post::{
    ContentType, EditorialState, FollowUp, FollowUpKind, Held, MediaUse, Post, PostError, PostFormat, PostOutcome,
    PostStatus,
};
use crate::publication::{NewPublication, NotAllowed, Publication, store};
use crate::text;

/// A part could not be planned.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FollowUpError {
    #[error(transparent)]
    Db(#[from] Error),
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
}

impl From<FollowUpError> for EngineError {
    fn from(error: FollowUpError) -> Self {
        match error {
            FollowUpError::Db(error) => error.into(),
            FollowUpError::NotAllowed(error) => error.into(),
        }
    }
}

impl From<FollowUpError> for PostError {
    fn from(error: FollowUpError) -> Self {
        match error {
            FollowUpError::Db(error) => error.into(),
            FollowUpError::NotAllowed(error) => error.into(),
        }
    }
}

impl Publishing {
    /// Plans what answers a publication that has just come out.
    pub(crate) async fn follow_up(
        &self,
        tx: &mut OrgTx,
        held: &Held,
        id: PublicationId,
        now: Timestamp,
    ) -> Result<(), FollowUpError> {
        let Some(publication) = held.publication(id) else { return Ok(()) };
        let can_answer = self
            .connectors
            .get(publication.platform)
            .is_some_and(|connector| connector.capabilities().publishes.contains(&Ability::Reply));
        if !can_answer {
            return Ok(());
        }
        let root = match held.post.parent_post_id {
            None => Some(held.post.clone()),
            Some(_) if held.post.format != PostFormat::Thread => None,
            Some(root) => posts::find(tx, root).await?,
        };
        let Some(root) = root else { return Ok(()) };
        let out_at = publication.published_at.unwrap_or(now);
        for (place, part) in due(&root.follow_ups(), &held.post) {
            self.plan_part(tx, &root, publication, place, &part, out_at, now).await?;
        }
        Ok(())
    }

    /// One part on the account of what it answers. `place` counts from 1.
    #[expect(clippy::too_many_arguments, reason = "one part with all that makes it")]
    async fn plan_part(
        &self,
        tx: &mut OrgTx,
        root: &Post,
        answered: &Publication,
        place: i32,
        part: &FollowUp,
        out_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), FollowUpError> {
        let id = match posts::part_of(tx, root.id, place).await? {
            Some(id) => id,
            None => self.make_part(tx, root, place, part, now).await?,
        };
        let new = Publication::draft(NewPublication {
            id: PublicationId::generate(&*self.ids),
            organization_id: root.organization_id,
            post_id: id,
            account_id: answered.social_account_id,
            platform: answered.platform,
            now,
        });
        // A repeated post has its parts repeated below it.
        let new = new.repeated(answered.occurrence);
        let Some(known) = Held::lock(tx, id).await? else { return Ok(()) };
        let is_same =
            |p: &Publication| p.social_account_id == answered.social_account_id && p.occurrence == answered.occurrence;
        if known.publications.iter().any(is_same) {
            return Ok(());
        }
        store::insert_many(tx, std::slice::from_ref(&new)).await?;
        let Some(mut held) = Held::lock(tx, id).await? else { return Ok(()) };
        let at = out_at + Duration::from_secs(60 * u64::from(part.delay_minutes));
        change(&mut held, new.id, |p| p.plan(at.max(now), now))?;
        held.save(tx, &*self.clock).await?;
        self.enqueue_deliveries(tx, &held.publications).await?;
        Ok(())
    }

    async fn make_part(
        &self,
        tx: &mut OrgTx,
        root: &Post,
        place: i32,
        part: &FollowUp,
        now: Timestamp,
    ) -> Result<PostId, FollowUpError> {
        let post = Post {
            id: PostId::generate(&*self.ids),
            title: None,
            content: part.text.clone(),
            content_type: ContentType::Text,
            format: if part.kind == FollowUpKind::Thread { PostFormat::Thread } else { PostFormat::Post },
            parent_post_id: Some(root.id),
            sequence_no: Some(place),
            comment_delay_minutes: i32::try_from(part.delay_minutes).ok(),
            hashtags: posts::json_list(&text::hashtags(&part.text)),
            mentions: posts::json_list(&text::mentions(&part.text)),
            status: PostStatus::Draft,
            outcome: PostOutcome::None,
            // What was approved is the whole post; its parts stand in the approved revision.
            editorial_state: EditorialState::NotRequired,
            scheduled_at: None,
            is_scheduled: true,
            published_at: None,
            error_message: None,
            revision: 1,
            approved_revision: None,
            archived_at: None,
            metadata: part_options(root),
            created_at: now,
            updated_at: now,
            ..root.clone()
        };
        let id = post.id;
        let mut held = Held::new(post, Vec::new());
        held.save(tx, &*self.clock).await?;
        let (none, own): (&[MediaUse], _) = (&[], std::collections::BTreeMap::new());
        let parts = RevisionParts { media: none, variants: &own };
        posts::insert_revision(tx, RevisionId::generate(&*self.ids), &held.post, parts, now).await?;
        Ok(id)
    }

    /// What is sent, with media and with what it answers.
    pub(super) async fn whole_draft(
        &self,
        tx: &mut OrgTx,
        post: &Post,
        publication: &Publication,
        sent: Option<&str>,
    ) -> Result<Draft, Error> {
        let now = self.clock.now();
        let files = media::of_post(tx, post.organization_id, post.id).await?;
        let media = files.iter().map(|file| file.on_its_way(&*self.files, now)).collect();
        let reply_to = match post.parent_post_id {
            Some(root) => answered(tx, post, root, publication).await?,
            None => None,
        };
        Ok(Draft { media, reply_to, ..draft(post, publication, sent) })
    }
}

/// What a part answers on this account: the part before it for a thread, else the post itself.
async fn answered(
    tx: &mut OrgTx,
    post: &Post,
    root: PostId,
    publication: &Publication,
) -> Result<Option<ReplyTo>, Error> {
    let (account, occurrence) = (publication.social_account_id, publication.occurrence);
    let Some(root_id) = posts::remote_id(tx, root, account, occurrence).await? else { return Ok(None) };
    let before = match (post.format, post.sequence_no) {
        (PostFormat::Thread, Some(place)) => {
            posts::remote_id_of_part_before(tx, root, place, account, occurrence).await?
        }
        _ => None,
    };
    Ok(Some(ReplyTo { external_id: before.unwrap_or_else(|| root_id.clone()), root_id }))
}

/// The parts that `post` lets out, with their places from 1: the post itself the first part of the thread and all
/// comments, a part of the thread the next one.
fn due(parts: &[FollowUp], post: &Post) -> Vec<(i32, FollowUp)> {
    let numbered = (1..).zip(parts.iter().cloned());
    let is_thread = |part: &FollowUp| part.kind == FollowUpKind::Thread;
    match (post.parent_post_id, post.sequence_no) {
        (None, _) => {
            let first = numbered.clone().find(|(_, part)| is_thread(part));
            first.into_iter().chain(numbered.filter(|(_, part)| !is_thread(part))).collect()
        }
        (Some(_), Some(place)) => numbered.filter(|(n, part)| *n > place && is_thread(part)).take(1).collect(),
        (Some(_), None) => Vec::new(),
    }
}

/// A part takes the networks' options of its post, and nothing else of its metadata.
fn part_options(root: &Post) -> serde_json::Value {
    let all = root.metadata.as_object().into_iter().flatten();
    all.filter(|(name, _)| name.parse::<rookery_kernel::Platform>().is_ok())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
