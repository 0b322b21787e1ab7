//! Delivering a claimed publication: prepare, pass the point of no return, call, settle (PUB-31).

use std::sync::Arc;
use std::time::Duration;

use rookery_accounts::AccessError;
use rookery_jobs::Outcome;
use rookery_kernel::{PublicationId, Scope, Timestamp};
use rookery_platforms::{
    Access, CallError, Connector, Delivery, Draft, DraftKind, ErrorType, Found, Handles, Media, MediaKind, Pace,
    Prepared, Search, Sent,
};
use sha2::{Digest as _, Sha256};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tracing::instrument;

use super::EngineError;
use super::claim::{ACCOUNT_WAIT, Claim, Work, change};
use super::settle::{Next, SEARCH_MARGIN, is_doubtful, still_ours};
use crate::Publishing;
use crate::attempt::{self, Attempt, AttemptPhase, ErrorClass, StoredHandles};
use crate::media::{self, StoredFile};
use crate::post::{Held, Post, store as posts};
use crate::publication::changes::{LEASE, LEASE_RENEWAL, Problem};
use crate::publication::{Event, Publication, store};
use crate::reason::code;

/// The network is asked about what it works on after at least this long …
const POLL_PAUSE_MIN: Duration = Duration::from_secs(1);
/// … and after this long if it did not answer (PUB-37).
const POLL_PAUSE_MAX: Duration = Duration::from_secs(10);
/// Questions in a row without an answer before the attempt fails (PUB-37).
const SILENT_MAX: u32 = 10;
/// Longest that a network may work on text and pictures (PUB-37).
const STILL_WAIT: Duration = Duration::from_secs(30);
/// Longest that a network may work on a video (PUB-37).
const VIDEO_WAIT: Duration = Duration::from_secs(20 * 60);

/// A claimed publication with everything that the call needs.
struct Ready {
    connector: Arc<dyn Connector>,
    access: Access,
    draft: Draft,
    /// Digest of what is sent.
    digest: [u8; 32],
}

/// How the preparation at the network ended.
enum Readiness {
    /// The public call may follow.
    Ready(Handles),
    /// The network works on it; a job goes on later, or somebody else took over.
    Later,
    /// It failed before anything was public.
    Failed(CallError),
}

impl Publishing {
    /// Delivers a publication if it is due. Safe to run at any time, any number of times.
    ///
    /// # Errors
    /// [`EngineError`]: run it again, it finds out where things stand.
    #[instrument(skip_all, err, fields(publication = %id))]
    pub(super) async fn deliver(
        &self,
        scope: &Scope,
        id: PublicationId,
        stop: &CancellationToken,
    ) -> Result<Outcome, EngineError> {
        let mut may_renew = true;
        loop {
            let work = match self.claim(scope, id, may_renew).await? {
                Claim::Not(outcome) => return Ok(outcome),
                Claim::Renew(account) => {
                    may_renew = false;
                    // Whether it worked shows in the account's status at the next claim.
                    self.accounts.renew(scope, account).await?;
                    continue;
                }
                Claim::Ours(work) => work,
            };
            let Some(answer) = self.attempt(scope, &work, stop).await? else { return Ok(Outcome::Done) };
            let next = self.settle(scope, &work, answer).await?;
            let is_last = next == Next::Nothing || !may_renew;
            if is_last || !self.accounts.renew(scope, work.publication.social_account_id).await? {
                return Ok(Outcome::Done);
            }
            may_renew = false;
            self.bring_forward(scope, id).await?;
        }
    }

    /// One attempt up to the network's answer; `None` if it ended before anything was sent.
    async fn attempt(
        &self,
        scope: &Scope,
        work: &Work,
        stop: &CancellationToken,
    ) -> Result<Option<Result<Sent, CallError>>, EngineError> {
        let Some(ready) = self.prepare(scope, work).await? else { return Ok(None) };
        if stop.is_cancelled() {
            self.hand_back(scope, work, None).await?;
            return Err(EngineError::Stopped);
        }
        let call = self.doubts(scope, work).await?;
        if let Some(call) = call
            && let Some(answer) = self.look_first(scope, work, &ready, &call).await?
        {
            return Ok(answer);
        }
        let handles = match self.make_ready(scope, work, &ready).await? {
            Readiness::Ready(handles) => handles,
            Readiness::Later => return Ok(None),
            Readiness::Failed(error) => return Ok(Some(Err(error))),
        };
        if !self.commit_sending(scope, work, &ready).await? {
            return Ok(None);
        }
        let call = ready.connector.publish(&ready.access, &ready.draft, &handles);
        self.with_lease(scope, work, call).await.map(Some)
    }

    /// Phase `preparing`: token, text, the quota as far as it is known. Harmless to repeat.
    async fn prepare(&self, scope: &Scope, work: &Work) -> Result<Option<Ready>, EngineError> {
        let mut tx = self.db.org(scope).await?;
        attempt::store::set_preparing(&mut tx, work.attempt_id).await?;
        tx.commit().await?;
        self.phase(AttemptPhase::Preparing, work.publication.id);
        let now = self.clock.now();
        let not_usable = |code, message: String| (Problem::new(ErrorClass::Auth, code, message), now + ACCOUNT_WAIT);
        let access = match self.accounts.access(scope, work.publication.social_account_id).await {
            Ok(access) => access,
            Err(AccessError::Db(error)) => return Err(error.into()),
            Err(error @ AccessError::Vault(_)) => {
                let problem = not_usable(code::TOKEN_UNREADABLE, error.to_string());
                self.hand_back(scope, work, Some(problem)).await?;
                return Ok(None);
            }
            Err(error) => {
                let problem = not_usable(code::ACCOUNT_NOT_USABLE, error.to_string());
                self.hand_back(scope, work, Some(problem)).await?;
                return Ok(None);
            }
        };
        let Some(connector) = self.connectors.get(work.publication.platform) else {
            let problem = not_usable(code::NO_CONNECTOR, "this installation lost its connector".to_owned());
            self.hand_back(scope, work, Some(problem)).await?;
            return Ok(None);
        };
        if let Some(until) = quota_back_at(&*connector, &access, now) {
            let message = "the network's quota for this account is used up";
            let problem = Problem::new(ErrorClass::RateLimited, "quota", message);
            self.hand_back(scope, work, Some((problem, until))).await?;
            return Ok(None);
        }
        let mut tx = self.db.org(scope).await?;
        let mut draft = self.whole_draft(&mut tx, &work.post, &work.publication, None).await?;
        let files = media::of_post(&mut tx, work.post.organization_id, work.post.id).await?;
        drop(tx);
        if !files.is_empty() {
            draft.media = self.fitted_media(work, draft.kind, &files, now).await?;
        }
        if work.post.parent_post_id.is_some() && draft.reply_to.is_none() {
            let problem = Problem::new(ErrorClass::Permanent, code::NOTHING_TO_ANSWER, "what it answers is not online");
            self.hand_back(scope, work, Some((problem, now + ACCOUNT_WAIT))).await?;
            return Ok(None);
        }
        let digest = digest(&*connector, &draft);
        Ok(Some(Ready { connector, access, draft, digest }))
    }

    /// The files as the network takes them. One that cannot be made to fit goes as it is: the network's words about it
    /// are better than ours.
    async fn fitted_media(
        &self,
        work: &Work,
        kind: DraftKind,
        files: &[StoredFile],
        now: Timestamp,
    ) -> Result<Vec<Media>, EngineError> {
        let rules = self.accounts.rules(work.publication.platform).await?;
        let used_in = media::use_of(kind, files.len());
        let mut ready = Vec::with_capacity(files.len());
        for file in files {
            let fitted = match media::target_of(&rules.media, used_in, file) {
                Some(target) => self.files.fitted(file, &target).await.unwrap_or_else(|error| {
                    tracing::warn!(%error, asset = %file.asset_id, "a file could not be made to fit");
                    file.clone()
                }),
                None => file.clone(),
            };
            ready.push(fitted.on_its_way(&*self.files, now));
        }
        Ok(ready)
    }

    /// Uploads and containers at the network (PUB-37). What an earlier attempt left is used again while it
    /// lives; what stands is written down before the public call.
    async fn make_ready(&self, scope: &Scope, work: &Work, ready: &Ready) -> Result<Readiness, EngineError> {
        let mut stored = self.stored_handles(scope, work, ready).await?;
        let call = ready.connector.prepare(&ready.access, &ready.draft, &stored.handles);
        let prepared = self.with_lease(scope, work, call).await?;
        let now = self.clock.now();
        let pause = match prepared {
            Ok(Prepared::Ready(handles)) if handles.is_null() => return Ok(Readiness::Ready(handles)),
            Ok(Prepared::Ready(handles)) => {
                stored.handles = handles.clone();
                let is_ours = self.write_handles(scope, work, &stored).await?;
                return Ok(if is_ours { Readiness::Ready(handles) } else { Readiness::Later });
            }
            Ok(Prepared::Wait { handles, pause }) => {
                (stored.handles, stored.silent) = (handles, 0);
                pause
            }
            // The network is busy with what stands there already: ask again, not from the start.
            Err(error)
                if error.kind == ErrorType::Transient
                    && !error.media
                    && !stored.handles.is_null()
                    && stored.silent < SILENT_MAX =>
            {
                stored.silent += 1;
                POLL_PAUSE_MAX
            }
            // Nothing is public yet, so there is no doubt.
            Err(error) => return Ok(Readiness::Failed(CallError { delivery: not_public(error.delivery), ..error })),
        };
        let longest =
            if ready.draft.media.iter().any(|m| m.kind == MediaKind::Video) { VIDEO_WAIT } else { STILL_WAIT };
        if work.started_at + longest < now {
            let message = format!("the network did not finish with the media within {} seconds", longest.as_secs());
            let error = CallError::new(ErrorType::Transient, Delivery::NotSent, message).about_media();
            return Ok(Readiness::Failed(error));
        }
        self.park(scope, work, &stored, now + pause.max(POLL_PAUSE_MIN)).await?;
        Ok(Readiness::Later)
    }

    /// What this or an earlier attempt left at the network for the same content, if it still lives.
    async fn stored_handles(&self, scope: &Scope, work: &Work, ready: &Ready) -> Result<StoredHandles, EngineError> {
        let (now, digest) = (self.clock.now(), hex::encode(ready.digest));
        let life = ready.connector.capabilities().handles_life;
        let mut tx = self.db.org(scope).await?;
        let attempts = attempt::store::of_publication(&mut tx, work.publication.id).await?;
        let lives = |h: &StoredHandles| h.digest == digest && life.is_none_or(|life| h.made_at + life > now);
        let spoilt = |a: &Attempt| a.error_class == Some(ErrorClass::Media);
        let newest = attempts.iter().rev().take_while(|a| !spoilt(a)).find_map(Attempt::handles).filter(lives);
        Ok(newest.unwrap_or(StoredHandles { handles: Handles::Null, digest, made_at: now, silent: 0 }))
    }

    /// False if the publication is not ours any more.
    async fn write_handles(&self, scope: &Scope, work: &Work, stored: &StoredHandles) -> Result<bool, EngineError> {
        let mut tx = self.db.org(scope).await?;
        let Some(held) = Held::lock_for(&mut tx, work.publication.id).await? else { return Ok(false) };
        let attempts = attempt::store::of_publication(&mut tx, work.publication.id).await?;
        if !still_ours(&held, &attempts, work) {
            return Ok(false);
        }
        attempt::store::set_handles(&mut tx, work.attempt_id, stored).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Gives the attempt up to the queue until the network is asked again.
    async fn park(
        &self,
        scope: &Scope,
        work: &Work,
        stored: &StoredHandles,
        until: Timestamp,
    ) -> Result<(), EngineError> {
        let (id, now) = (work.publication.id, self.clock.now());
        let mut tx = self.db.org(scope).await?;
        let Some(mut held) = Held::lock_for(&mut tx, id).await? else { return Ok(()) };
        let attempts = attempt::store::of_publication(&mut tx, id).await?;
        if !still_ours(&held, &attempts, work) {
            return Ok(());
        }
        attempt::store::set_handles(&mut tx, work.attempt_id, stored).await?;
        change(&mut held, id, |p| {
            p.park(until, now);
            Ok::<_, EngineError>(())
        })?;
        self.commit(tx, held).await
    }

    /// The newest attempt that may have left a post behind, with the text it sent.
    async fn doubts(&self, scope: &Scope, work: &Work) -> Result<Option<(Attempt, Draft)>, EngineError> {
        let mut tx = self.db.org(scope).await?;
        let attempts = attempt::store::of_publication(&mut tx, work.publication.id).await?;
        let Some(doubtful) = attempts.into_iter().rfind(is_doubtful) else { return Ok(None) };
        let account = work.publication.social_account_id;
        let sent = posts::text_of_revision(&mut tx, work.post.id, doubtful.post_revision, account).await?;
        let draft = self.whole_draft(&mut tx, &work.post, &work.publication, sent.as_deref()).await?;
        Ok(Some((doubtful, draft)))
    }

    /// Before anything is sent again after a doubt, the account is looked at once more: a late
    /// arrival or a person's retry must not make a second post. `Some` ends the attempt.
    async fn look_first(
        &self,
        scope: &Scope,
        work: &Work,
        ready: &Ready,
        (doubtful, sent): &(Attempt, Draft),
    ) -> Result<Option<Option<Result<Sent, CallError>>>, EngineError> {
        let since = doubtful.sent_at.unwrap_or(doubtful.started_at) - SEARCH_MARGIN;
        let handles = doubtful.handles().map_or(Handles::Null, |h| h.handles);
        let search = Search { draft: sent.clone(), handles, since };
        match ready.connector.look_up(&ready.access, &search).await {
            Ok(Found::Absent | Found::Refused(_)) => Ok(None),
            Ok(Found::Working) => {
                let message = "the network still works on the earlier attempt";
                Ok(Some(Some(Err(CallError::new(ErrorType::Transient, Delivery::NotSent, message)))))
            }
            Ok(Found::Post(published)) => {
                let id = work.publication.id;
                let mut tx = self.db.org(scope).await?;
                let account = work.publication.social_account_id;
                if store::is_remote_taken(&mut tx, account, &published.external_id, id).await? {
                    return Ok(None);
                }
                let Some(mut held) = Held::lock_for(&mut tx, id).await? else { return Ok(Some(None)) };
                let attempts = attempt::store::of_publication(&mut tx, id).await?;
                if still_ours(&held, &attempts, work) {
                    let (at, now) = (doubtful.sent_at.unwrap_or(doubtful.started_at), self.clock.now());
                    let skipped = attempt::store::Ending {
                        code: Some(code::FOUND_FIRST),
                        message: Some("not sent: the earlier attempt had arrived"),
                        ..Default::default()
                    };
                    attempt::store::close(&mut tx, work.attempt_id, AttemptPhase::Failed, &skipped, now).await?;
                    self.confirm(&mut tx, &mut held, doubtful.id, id, Event::Confirm, &published, at, now).await?;
                    self.commit(tx, held).await?;
                }
                Ok(Some(None))
            }
            // It is a failure of this attempt like any other before sending. What the network
            // says about reading must not end the post, so only token and quota keep their kind.
            Err(error) => {
                let kind = match error.kind {
                    kind @ (ErrorType::TokenExpired | ErrorType::RateLimit) => kind,
                    _ => ErrorType::Transient,
                };
                Ok(Some(Some(Err(CallError { kind, delivery: Delivery::NotSent, duplicate: false, ..error }))))
            }
        }
    }

    /// Phase `sending`, committed before the call. False if the publication is not ours any more:
    /// called off, or taken over after the lease ended.
    async fn commit_sending(&self, scope: &Scope, work: &Work, ready: &Ready) -> Result<bool, EngineError> {
        let (id, now) = (work.publication.id, self.clock.now());
        let mut tx = self.db.org(scope).await?;
        let Some(mut held) = Held::lock_for(&mut tx, id).await? else { return Ok(false) };
        let attempts = attempt::store::of_publication(&mut tx, id).await?;
        if !still_ours(&held, &attempts, work) {
            return Ok(false);
        }
        // Asked again: uploads may have taken minutes since the claim.
        let house = self.house_in(&mut tx).await?;
        if let Some(hold) = self.hold(&mut tx, &held.post, house).await? {
            let ending = attempt::store::Ending {
                code: Some(code::RELEASED),
                message: Some(hold.message()),
                ..Default::default()
            };
            attempt::store::close(&mut tx, work.attempt_id, AttemptPhase::Failed, &ending, now).await?;
            change(&mut held, id, |p| p.release(now))?;
            self.commit(tx, held).await?;
            return Ok(false);
        }
        attempt::store::set_sending(&mut tx, work.attempt_id, &ready.digest, now).await?;
        change(&mut held, id, |p| {
            p.lease_expires_at = Some(now + LEASE);
            Ok::<_, EngineError>(())
        })?;
        held.save(&mut tx, &*self.clock).await?;
        tx.commit().await?;
        self.phase(AttemptPhase::Sending, id);
        Ok(true)
    }

    /// A call to the network, with the lease renewed while it lasts.
    async fn with_lease<T>(
        &self,
        scope: &Scope,
        work: &Work,
        call: impl Future<Output = Result<T, CallError>>,
    ) -> Result<Result<T, CallError>, EngineError> {
        let mut call = std::pin::pin!(call);
        let mut renewal = tokio::time::interval_at(tokio::time::Instant::now() + LEASE_RENEWAL, LEASE_RENEWAL);
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                answer = &mut call => return Ok(answer),
                _ = renewal.tick() => {
                    // A failed renewal must not end the call: its answer is worth more than the lease.
                    if let Err(error) = self.renew_lease(scope, work).await {
                        tracing::warn!(%error, publication = %work.publication.id, "the lease could not be renewed");
                    }
                }
            }
        }
    }

    async fn renew_lease(&self, scope: &Scope, work: &Work) -> Result<(), EngineError> {
        let mut tx = self.db.org(scope).await?;
        store::renew_lease(&mut tx, work.publication.id, &work.owner, self.clock.now() + LEASE).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The account works again: the publication need not wait for the next look.
    pub(super) async fn bring_forward(&self, scope: &Scope, id: PublicationId) -> Result<(), EngineError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let Some(mut held) = Held::lock_for(&mut tx, id).await? else { return Ok(()) };
        let waits = |p: &Publication| p.after(Event::Reschedule).is_ok() && p.error_class == Some(ErrorClass::Auth);
        if held.publication(id).is_some_and(waits) {
            change(&mut held, id, |p| p.bring_forward(now))?;
            self.commit(tx, held).await?;
        }
        Ok(())
    }
}

/// What is sent without media and place: the words of an earlier revision, else the account's own or the post's.
pub(crate) fn draft(post: &Post, publication: &Publication, sent: Option<&str>) -> Draft {
    Draft {
        text: sent.unwrap_or_else(|| publication.text(&post.content)).to_owned(),
        link: post.link().map(str::to_owned),
        title: publication.own("title").map(str::to_owned).or_else(|| post.title.clone()),
        kind: post.format.draft_kind(),
        options: post.options(publication.platform),
        idempotency_key: publication.idempotency_key.clone(),
        ..Draft::default()
    }
}

/// Digest of what is sent: text as composed, title, kind, media, options.
fn digest(connector: &dyn Connector, draft: &Draft) -> [u8; 32] {
    let mut hasher = Sha256::new();
    let media =
        draft.media.iter().map(|m| format!("{}:{}:{}", m.file_name, m.size, m.alt_text.as_deref().unwrap_or("")));
    let parts = [
        connector.composed_text(draft),
        draft.title.clone().unwrap_or_default(),
        draft.kind.label().to_owned(),
        draft.reply_to.as_ref().map(|r| r.external_id.clone()).unwrap_or_default(),
        draft.options.to_string(),
    ];
    for part in parts.into_iter().chain(media) {
        hasher.update(part.as_bytes());
        hasher.update([0]);
    }
    hasher.finalize().into()
}

/// What fails before the public call has certainly published nothing.
const fn not_public(delivery: Delivery) -> Delivery {
    match delivery {
        Delivery::Unknown => Delivery::NotSent,
        known => known,
    }
}

/// When the quota that the network reported as used up comes back, if that lies ahead.
fn quota_back_at(connector: &dyn Connector, access: &Access, now: Timestamp) -> Option<Timestamp> {
    let usage = connector.usage(access).filter(|u| u.pace() == Pace::Wait)?;
    usage.regain.map(|regain| usage.seen_at + regain).filter(|at| *at > now)
}
