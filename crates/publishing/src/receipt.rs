//! The receipt of a publication: everything that happened to it, in plain words.

use std::time::Duration;

use rookery_accounts::Account;
use rookery_db::OrgTx;
use rookery_kernel::{PublicationId, Scope, Timestamp};

use crate::Publishing;
use crate::attempt::{self, Attempt, AttemptPhase, ErrorClass, LookUpResult};
use crate::calendar::queries;
use crate::house::House;
use crate::post::{Post, PostError, store as posts};
use crate::publication::store::is_account_busy;
use crate::publication::{self, Event, Publication, PublicationStatus};
use crate::reason::{Around, MISSED_AFTER, Reason, code, why};

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

/// Everything about one publication.
#[derive(Debug, Clone, PartialEq)]
pub struct Receipt {
    /// The publication.
    pub publication: Publication,
    /// Its post.
    pub post: Post,
    /// Its account.
    pub account: Account,
    /// The attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// What happened, oldest first.
    pub story: Vec<StoryLine>,
    /// Why it is, or is not, out.
    pub reason: Reason,
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
        self.receipt(&mut tx, id, house, &accounts).await
    }

    /// Why a publication is, or is not, out.
    ///
    /// # Errors
    /// [`PostError::PublicationNotFound`].
    pub async fn why_not_out(&self, scope: &Scope, id: PublicationId) -> Result<Reason, PostError> {
        Ok(self.publication(scope, id).await?.reason)
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
        let ids = queries::troubled(&mut tx, now - ATTENTION_FOR, now - MISSED_AFTER, i64::from(limit)).await?;
        let mut found = Vec::with_capacity(ids.len());
        // A page shows a handful of these; each is read as its own page would read it.
        for id in ids {
            let receipt = self.receipt(&mut tx, id, house, &accounts).await?;
            let p = &receipt.publication;
            found.push(Attention {
                publication_id: p.id,
                post_id: p.post_id,
                excerpt: receipt.post.excerpt(),
                since: p.failed_at.or(p.scheduled_for).unwrap_or(p.updated_at),
                account: receipt.account,
                reason: receipt.reason,
            });
        }
        Ok(found)
    }

    async fn receipt(
        &self,
        tx: &mut OrgTx,
        id: PublicationId,
        house: House,
        accounts: &[Account],
    ) -> Result<Receipt, PostError> {
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
        let story = story(&publication, &post, &account, &attempts);
        Ok(Receipt { publication, post, account, attempts, story, reason })
    }
}

/// What happened, oldest first. Pure.
fn story(publication: &Publication, post: &Post, account: &Account, attempts: &[Attempt]) -> Vec<StoryLine> {
    let network = account.platform.name();
    let mut lines = vec![line(post.created_at, Tone::Neutral, format!("The post was written for {}.", account.name()))];
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
            detail: publication.error_message.clone(),
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
    let says = |tone, headline| StoryLine { detail: attempt.error_message.clone(), ..line(ended, tone, headline) };
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
            lines.push(says(Tone::Bad, format!("Attempt {n} failed: {}", what(attempt.error_class, network))));
        }
    }
    for look in looks {
        lines.push(match look.result {
            LookUpResult::Found => line(look.at, Tone::Good, format!("We looked at {network}: the post is there.")),
            LookUpResult::Absent => {
                line(look.at, Tone::Waiting, format!("We looked at {network}: the post is not there."))
            }
            LookUpResult::Unclear => line(
                look.at,
                Tone::Waiting,
                format!("We looked at {network}: a post with the same text is there, but it is another one of ours."),
            ),
            LookUpResult::NoAnswer => {
                line(look.at, Tone::Waiting, format!("We looked at {network}, but it did not answer."))
            }
            LookUpResult::Working => {
                line(look.at, Tone::Waiting, format!("We asked {network}: it still works on the post."))
            }
            LookUpResult::Refused => {
                line(look.at, Tone::Bad, format!("We asked {network}: it took the post and then refused it."))
            }
        });
    }
    lines
}

fn what(class: Option<ErrorClass>, network: &str) -> String {
    match class {
        Some(ErrorClass::Transient) => format!("{network} could not be reached or had a problem."),
        Some(ErrorClass::RateLimited) => format!("{network} asked us to slow down. This attempt does not count."),
        Some(ErrorClass::Auth) => "the account's connection did not work. This attempt does not count.".to_owned(),
        Some(ErrorClass::Media) => format!("{network} did not accept the media."),
        Some(ErrorClass::Policy) => format!("{network} refused the content."),
        Some(ErrorClass::Permanent) => format!("{network} refused the request."),
        Some(ErrorClass::Config) => format!("this installation cannot talk to {network}."),
        Some(ErrorClass::Expired | ErrorClass::UnknownOutcome) | None => {
            "it was given up before it was sent.".to_owned()
        }
    }
}

const fn line(at: Timestamp, tone: Tone, headline: String) -> StoryLine {
    StoryLine { at, headline, detail: None, tone }
}
