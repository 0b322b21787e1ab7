//! The receipt of a publication: everything that happened to it, in plain words.

mod queries;
pub(crate) mod words;

use std::time::Duration;

use rookery_accounts::Account;
use rookery_db::OrgTx;
use rookery_kernel::{Platform, PublicationId, Scope, Timestamp, UserId};

use crate::Publishing;
use crate::attempt::{self, Attempt, AttemptPhase, ErrorClass, LookUp, LookUpResult};
use crate::calendar::queries::troubled;
use crate::house::House;
use crate::media::{self, StoredFile};
use crate::post::{FollowUpKind, Post, PostError, may_change_under, store as posts};
use crate::publication::store::is_account_busy;
use crate::publication::{self, Event, Publication, PublicationStatus};
use crate::reason::{Around, MISSED_AFTER, Reason, code, sentence_of, why};

pub use words::Explained;

/// How a line of the story reads at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// It happened.
    Neutral,
    /// It went well.
    Good,
    /// It is not over.
    Waiting,
    /// It went wrong.
    Bad,
}

impl Tone {
    /// The word for style sheets and programs.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Good => "good",
            Self::Waiting => "waiting",
            Self::Bad => "bad",
        }
    }
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoryLine {
    /// When.
    pub at: Timestamp,
    /// What, in a sentence.
    pub headline: String,
    /// More, where there is more: what the network said.
    pub detail: Option<String>,
    /// How it reads.
    pub tone: Tone,
}

/// What was to go out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// The text for this account, as it stands now; each attempt names the revision it sent.
    pub text: String,
    /// The title for this account, where the network has one.
    pub title: Option<String>,
    /// The link.
    pub link: Option<String>,
    /// The revision that would be sent now.
    pub revision: i32,
    /// Who wrote it.
    pub author: Option<UserId>,
    /// The account has words of its own.
    pub has_own_words: bool,
}

/// A part of a thread or a comment, on the account of a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartOnAccount {
    /// How it hangs on the post.
    pub kind: FollowUpKind,
    /// Its text.
    pub text: String,
    /// Minutes after what it answers.
    pub delay_minutes: u32,
    /// How it stands; `None` until what it answers is out.
    pub place: Option<PartPlace>,
}

/// How a part of a post stands on an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartPlace {
    /// Its own receipt.
    pub publication_id: PublicationId,
    /// Its state.
    pub status: PublicationStatus,
    /// Its fate is not known.
    pub in_doubt: bool,
    /// Its public address.
    pub url: Option<String>,
    /// When it came out, or is to.
    pub at: Option<Timestamp>,
}

/// Another publication of the same post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// Its own receipt.
    pub publication_id: PublicationId,
    /// The account's name.
    pub account: String,
    /// The account's network.
    pub platform: Platform,
    /// 0, or 1, 2 … for a deliberate repetition.
    pub occurrence: i32,
    /// Its state.
    pub status: PublicationStatus,
    /// Its fate is not known.
    pub in_doubt: bool,
}

/// Why publishing again may put the same post on an account twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Warning {
    /// The first one is out.
    IsOut,
    /// Nobody knows whether the first one is out.
    MayBeOut,
    /// The first one was deleted at the network: its reactions do not come back.
    WasRemoved,
}

impl Warning {
    /// The stable word for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::IsOut => "is_out",
            Self::MayBeOut => "may_be_out",
            Self::WasRemoved => "was_removed",
        }
    }

    /// In words.
    pub fn sentence(self, network: &str) -> String {
        match self {
            Self::IsOut => format!(
                "It is on {network} already. Publishing it again puts a second post there; {network} may refuse one with \
                 the same words."
            ),
            Self::MayBeOut => format!(
                "The first one may be on {network}: look at the account before you publish again, or the same post may \
                 stand there twice."
            ),
            Self::WasRemoved => {
                format!(
                    "The first one was deleted on {network}. The new post begins without its reactions and comments."
                )
            }
        }
    }

    /// Whether a person has to say that a second post is wanted.
    pub const fn wants_a_yes(self) -> bool {
        matches!(self, Self::IsOut | Self::MayBeOut)
    }
}

/// What a person can do from a receipt. Rights are the caller's business.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that can be done or not")]
pub struct Actions {
    /// Try again what failed.
    pub retry: bool,
    /// Call off.
    pub cancel: bool,
    /// Say where it is.
    pub mark_online: bool,
    /// Give the account other words.
    pub reword: bool,
    /// Publish once more with a new key.
    pub publish_again: Option<Warning>,
    /// How many publications of the post "retry what failed" would try again.
    pub failed_of_post: usize,
}

/// Everything about one publication.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// The publication.
    pub publication: Publication,
    /// Its post.
    pub post: Post,
    /// Its account.
    pub account: Account,
    /// What was to go out.
    pub intent: Intent,
    /// Its pictures and videos, in order.
    pub media: Vec<StoredFile>,
    /// Parts of the thread and comments on this account.
    pub parts: Vec<PartOnAccount>,
    /// The publication that this one, a part, belongs to.
    pub part_of: Option<PublicationId>,
    /// The post's other publications.
    pub elsewhere: Vec<Elsewhere>,
    /// The attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// The attempts in words, in the same order.
    pub explained: Vec<Explained>,
    /// What happened, oldest first.
    pub story: Vec<StoryLine>,
    /// Why it is, or is not, out.
    pub reason: Reason,
    /// What can be done.
    pub actions: Actions,
}

/// A publication with why it is, or is not, out.
struct Outline {
    publication: Publication,
    post: Post,
    account: Account,
    attempts: Vec<Attempt>,
    reason: Reason,
}

/// A publication that wants a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Attention {
    /// The publication.
    pub publication_id: PublicationId,
    /// Its post.
    pub post_id: rookery_kernel::PostId,
    /// Title or first words of the post.
    pub excerpt: String,
    /// Its account.
    pub account: Account,
    /// Since when.
    pub since: Timestamp,
    /// Why it is not out.
    pub reason: Reason,
}

/// A failure is shown under "needs you" this long.
const ATTENTION_FOR: Duration = Duration::from_secs(14 * 24 * 3600);

impl Publishing {
    /// Everything about one publication.
    ///
    /// # Errors
    /// [`PostError::PublicationNotFound`].
    pub async fn publication(&self, scope: &Scope, id: PublicationId) -> Result<Receipt, PostError> {
        let mut tx = self.db.org(scope).await?;
        let house = self.house_in(&mut tx).await?;
        let accounts = self.accounts.list_in(&mut tx).await?;
        let Outline { publication, post, account, attempts, reason } =
            self.outline(&mut tx, id, house, &accounts).await?;
        let media = media::of_post(&mut tx, post.organization_id, post.id).await?;
        let siblings = publication::store::of_post(&mut tx, post.id).await?;
        let (parts, part_of) = match post.parent_post_id {
            None => (parts(&post, queries::parts(&mut tx, &publication).await?), None),
            Some(root) => (Vec::new(), queries::root_of(&mut tx, &publication, root).await?),
        };
        let network = account.platform.name();
        let newest = attempts.last().map_or(0, |a| a.attempt_no);
        let explained =
            attempts.iter().map(|a| words::explain(a, words::then(&publication, a, newest), network)).collect();
        Ok(Receipt {
            intent: Intent {
                text: publication.text(&post.content).to_owned(),
                title: publication.own("title").map(str::to_owned).or_else(|| post.title.clone()),
                link: post.link().map(str::to_owned),
                revision: post.revision,
                author: post.author_user_id,
                has_own_words: publication.own("text").is_some(),
            },
            media,
            parts,
            part_of,
            elsewhere: elsewhere(&publication, &siblings, &accounts),
            explained,
            story: story(&publication, &post, &account, &attempts),
            actions: actions(&publication, &post, attempts.last(), &siblings),
            publication,
            post,
            account,
            attempts,
            reason,
        })
    }

    /// Why a publication is, or is not, out.
    ///
    /// # Errors
    /// [`PostError::PublicationNotFound`].
    pub async fn why_not_out(&self, scope: &Scope, id: PublicationId) -> Result<Reason, PostError> {
        let mut tx = self.db.org(scope).await?;
        let house = self.house_in(&mut tx).await?;
        let accounts = self.accounts.list_in(&mut tx).await?;
        Ok(self.outline(&mut tx, id, house, &accounts).await?.reason)
    }

    /// What wants a person: failed in the last fourteen days, overdue, or waiting for an account.
    ///
    /// # Errors
    /// The database's.
    pub async fn attention(&self, scope: &Scope, limit: u16) -> Result<Vec<Attention>, PostError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let house = self.house_in(&mut tx).await?;
        let accounts = self.accounts.list_in(&mut tx).await?;
        let ids = troubled(&mut tx, now - ATTENTION_FOR, now - MISSED_AFTER, i64::from(limit)).await?;
        let mut found = Vec::with_capacity(ids.len());
        // A page shows a handful of these; each is read as its own page would read it.
        for id in ids {
            let outline = self.outline(&mut tx, id, house, &accounts).await?;
            let p = &outline.publication;
            found.push(Attention {
                publication_id: p.id,
                post_id: p.post_id,
                excerpt: outline.post.excerpt(),
                since: p.failed_at.or(p.scheduled_for).unwrap_or(p.updated_at),
                account: outline.account,
                reason: outline.reason,
            });
        }
        Ok(found)
    }

    async fn outline(
        &self,
        tx: &mut OrgTx,
        id: PublicationId,
        house: House,
        accounts: &[Account],
    ) -> Result<Outline, PostError> {
        let missing = || PostError::PublicationNotFound(id);
        let publication = publication::store::find(tx, id).await?.ok_or_else(missing)?;
        let post = posts::find(tx, publication.post_id).await?.ok_or_else(missing)?;
        let attempts = attempt::store::of_publication(tx, id).await?;
        let account = accounts.iter().find(|a| a.id == publication.social_account_id).cloned().ok_or_else(missing)?;
        let now = self.clock.now();
        let waits = publication.is_parked() || publication.after(Event::Claim).is_ok();
        let hold = if waits { self.hold(tx, &post, house).await? } else { None };
        let is_busy = waits && is_account_busy(tx, account.id, id).await?;
        let around = Around { hold, is_busy };
        let reason = why(&publication, &account, attempts.last(), around, now);
        Ok(Outline { publication, post, account, attempts, reason })
    }
}

/// Why publishing again may put the post there twice; `None` if it cannot be published again: it is not out, a retry does
/// the same without a second key, it belongs to another post, or a repetition is there already.
pub(crate) fn republishing(publication: &Publication, post: &Post, siblings: &[Publication]) -> Option<Warning> {
    let is_newest = !siblings
        .iter()
        .any(|p| p.social_account_id == publication.social_account_id && p.occurrence > publication.occurrence);
    if post.parent_post_id.is_some() || !is_newest {
        return None;
    }
    match publication.status {
        PublicationStatus::Published if publication.removed_at.is_some() => Some(Warning::WasRemoved),
        PublicationStatus::Published => Some(Warning::IsOut),
        PublicationStatus::Failed if publication.error_class == Some(ErrorClass::UnknownOutcome) => {
            Some(Warning::MayBeOut)
        }
        _ => None,
    }
}

fn actions(publication: &Publication, post: &Post, newest: Option<&Attempt>, siblings: &[Publication]) -> Actions {
    let is_doubtful = |p: &Publication| p.status == PublicationStatus::Failed && p.is_fate_unknown();
    let is_unsent = newest.is_some_and(|a| matches!(a.phase, AttemptPhase::Claimed | AttemptPhase::Preparing));
    let can_cancel = match publication.status {
        PublicationStatus::Publishing => is_unsent && !publication.needs_reconciliation,
        _ => publication.after(Event::Cancel).is_ok(),
    };
    Actions {
        retry: publication.status == PublicationStatus::Failed,
        cancel: can_cancel,
        mark_online: publication.status == PublicationStatus::Failed && is_doubtful(publication),
        reword: may_change_under(publication.status),
        publish_again: republishing(publication, post, siblings),
        failed_of_post: siblings.iter().filter(|p| p.status == PublicationStatus::Failed && !is_doubtful(p)).count(),
    }
}

fn parts(post: &Post, states: Vec<queries::PartState>) -> Vec<PartOnAccount> {
    let mut states: Vec<_> = states.into_iter().map(Some).collect();
    let numbered = (1..).zip(post.follow_ups());
    numbered
        .map(|(number, part)| {
            let state = states.iter_mut().find(|s| s.as_ref().is_some_and(|s| s.place == number));
            PartOnAccount {
                kind: part.kind,
                text: part.text,
                delay_minutes: part.delay_minutes,
                place: state.and_then(Option::take).map(|s| PartPlace {
                    publication_id: s.id,
                    status: s.status,
                    in_doubt: s.in_doubt,
                    url: s.url,
                    at: s.at,
                }),
            }
        })
        .collect()
}

fn elsewhere(publication: &Publication, siblings: &[Publication], accounts: &[Account]) -> Vec<Elsewhere> {
    let others = siblings.iter().filter(|p| p.id != publication.id);
    others
        .map(|p| {
            let account = accounts.iter().find(|a| a.id == p.social_account_id);
            Elsewhere {
                publication_id: p.id,
                account: account.map_or_else(|| p.platform.name().to_owned(), |a| a.name().to_owned()),
                platform: p.platform,
                occurrence: p.occurrence,
                status: p.status,
                in_doubt: p.is_fate_unknown(),
            }
        })
        .collect()
}

/// What happened, oldest first. Pure.
fn story(publication: &Publication, post: &Post, account: &Account, attempts: &[Attempt]) -> Vec<StoryLine> {
    let network = account.platform.name();
    let written = sentence_of(&format!("The post was written for {}", account.name()));
    let mut lines = vec![line(post.created_at, Tone::Neutral, written)];
    for attempt in attempts {
        lines.extend(of_attempt(attempt, network));
    }
    if let Some(at) = publication.removed_at {
        lines.push(line(at, Tone::Bad, format!("It is no longer on {network}.")));
    }
    if publication.status == PublicationStatus::Cancelled {
        let at = publication.cancel_requested_at.unwrap_or(publication.updated_at);
        let headline = if publication.error_class == Some(ErrorClass::Expired) {
            "It was too late and was called off."
        } else {
            "It was called off."
        };
        lines.push(StoryLine {
            // A person's wish needs no reason; what stands there then is the failure before it.
            detail: publication
                .error_message
                .as_deref()
                .filter(|_| publication.error_class == Some(ErrorClass::Expired))
                .map(words::as_sentence),
            ..line(at, Tone::Neutral, headline.to_owned())
        });
    }
    if publication.status == PublicationStatus::Failed && publication.error_class == Some(ErrorClass::UnknownOutcome) {
        let at = publication.failed_at.unwrap_or(publication.updated_at);
        lines.push(line(
            at,
            Tone::Bad,
            format!("Nobody could find out whether {network} took it. A person has to look."),
        ));
    }
    lines.sort_by_key(|l| l.at);
    lines
}

fn of_attempt(attempt: &Attempt, network: &str) -> Vec<StoryLine> {
    let n = attempt.attempt_no;
    let mut lines = Vec::new();
    match attempt.sent_at {
        Some(at) => lines.push(line(at, Tone::Neutral, format!("Attempt {n}: sent to {network}."))),
        None => lines.push(line(attempt.started_at, Tone::Neutral, format!("Attempt {n} began."))),
    }
    let ended = attempt.finished_at.unwrap_or(attempt.started_at);
    let looks = attempt.look_ups();
    let explained = words::explain(attempt, words::Then::Out, network);
    let quoted = explained.said.map(|said| format!("{network} said: “{said}”")).or(explained.detail);
    let says = |tone, headline| StoryLine { detail: quoted.clone(), ..line(ended, tone, headline) };
    match attempt.phase {
        AttemptPhase::Claimed | AttemptPhase::Preparing => {}
        AttemptPhase::Sending => {
            lines.push(line(ended, Tone::Waiting, format!("Attempt {n}: waiting for {network}'s answer.")));
        }
        AttemptPhase::Confirmed if looks.is_empty() && attempt.error_class.is_none() => {
            lines.push(line(ended, Tone::Good, format!("{network} confirmed it.")));
        }
        AttemptPhase::Confirmed | AttemptPhase::Unknown => {
            let headline =
                format!("Attempt {n}: {network} did not say whether it took the post, so we look before trying again.");
            lines.push(line(ended, Tone::Waiting, headline));
        }
        AttemptPhase::Failed if attempt.error_code.as_deref() == Some(code::NOT_THERE) => {
            let headline = format!("Attempt {n}: {network} did not say whether it took the post, so we looked.");
            lines.push(line(ended, Tone::Waiting, headline));
        }
        AttemptPhase::Failed => {
            let what = words::what(attempt.phase, attempt.error_class, attempt.error_code.as_deref(), network);
            lines.push(says(tone_of(attempt), format!("Attempt {n} ended. {what}")));
        }
    }
    for (look, times) in together(&looks) {
        let headline = match (look.result, times) {
            (LookUpResult::Found, _) => format!("We looked at {network}: the post is there."),
            (LookUpResult::Absent, _) => format!("We looked at {network}: the post is not there."),
            (LookUpResult::Unclear, _) => {
                format!("We looked at {network}: a post with the same text is there, but it is another one of ours.")
            }
            (LookUpResult::NoAnswer, 1) => format!("We looked at {network}, but it did not answer."),
            (LookUpResult::NoAnswer, times) => format!("We looked at {network} {times} times, but it did not answer."),
            (LookUpResult::Working, 1) => format!("We asked {network}: it still works on the post."),
            (LookUpResult::Working, times) => {
                format!("We asked {network} {times} times: it still works on the post.")
            }
            (LookUpResult::Refused, _) => format!("We asked {network}: it took the post and then refused it."),
        };
        let tone = match look.result {
            LookUpResult::Found => Tone::Good,
            LookUpResult::Refused => Tone::Bad,
            _ => Tone::Waiting,
        };
        lines.push(line(look.at, tone, headline));
    }
    lines
}

/// Looks without an answer one after the other are one line, at the time of the last: there may be thirty.
fn together(looks: &[LookUp]) -> Vec<(LookUp, usize)> {
    let mut all: Vec<(LookUp, usize)> = Vec::new();
    for look in looks {
        let is_no_look = matches!(look.result, LookUpResult::NoAnswer | LookUpResult::Working);
        match all.last_mut() {
            Some((last, times)) if is_no_look && last.result == look.result => {
                *last = look.clone();
                *times += 1;
            }
            _ => all.push((look.clone(), 1)),
        }
    }
    all
}

/// What was taken back or called off went not wrong.
fn tone_of(attempt: &Attempt) -> Tone {
    match attempt.error_code.as_deref() {
        Some(code::RELEASED | code::CANCELLED | code::FOUND_FIRST | code::NOTHING_TO_ANSWER) => Tone::Neutral,
        _ => Tone::Bad,
    }
}

const fn line(at: Timestamp, tone: Tone, headline: String) -> StoryLine {
    StoryLine { at, headline, detail: None, tone }
}
