//! Posts that come back: a template, a rule, and ordinary posts that are made from both some days ahead. Each of them
//! is reviewed, moved, changed and delivered like any other. What nobody changed by hand follows the template and the rule.

mod make;
mod rule;
mod store;

use rookery_accounts::AccountsError;
use rookery_db::OrgTx;
use rookery_governance::audit::{self, Changes, Entry};
use rookery_kernel::{AccountId, Date, PostId, RecurringPostId, Scope, Timestamp, UserId, Zone, labelled};
use tracing::instrument;

use crate::Publishing;
use crate::house::HouseError;
use crate::post::{Composition, Held, NewPost, PostError, Schedule, excerpt};
use crate::publication::PublicationStatus;
use crate::review::ReviewError;

pub use make::PlanRecurring;
pub use rule::{End, Rhythm, Rule};
pub(crate) use store::is_template;

const RECURRING: &str = "publishing.recurring_posts";
/// Posts are made so many days ahead: time enough for a review.
pub const DAYS_AHEAD: i64 = 14;
/// Most recurring posts of an organization that are not stopped.
const RUNNING_MAX: i64 = 200;
/// The same words sooner than this are a repetition (the warning of Compose).
const REPETITION_DAYS: i64 = 30;

labelled! {
    /// Whether a recurring post makes posts.
    RecurringState, "text", "state of a recurring post" {
        /// It does.
        Active = "active",
        /// Not until it is resumed.
        Paused = "paused",
        /// Never again.
        Stopped = "stopped",
    }
}

labelled! {
    /// What became of one of its days.
    OccurrenceState, "text", "state of an occurrence" {
        /// A post was made.
        Made = "made",
        /// The same words are out or planned too near to it.
        CoolingDown = "cooling_down",
        /// The post could not be planned.
        Refused = "refused",
    }
}

/// A recurring post.
#[derive(Debug, Clone, PartialEq)]
pub struct RecurringPost {
    /// Its id.
    pub id: RecurringPostId,
    /// The draft whose content its posts take.
    pub template_post_id: PostId,
    /// Title or first words of the template.
    pub excerpt: String,
    /// The accounts it goes to.
    pub account_ids: Vec<AccountId>,
    /// When.
    pub rule: Rule,
    /// Whether it makes posts.
    pub state: RecurringState,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its days from today on, and those before that are known, in order.
    pub occurrences: Vec<Occurrence>,
    /// What is worth knowing about it.
    pub warning: Option<String>,
}

/// One of its days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// The day, in the organization's zone.
    pub day: Date,
    /// The moment.
    pub at: Timestamp,
    /// What became of it; `None` for a day that is further ahead than posts are made.
    pub state: Option<OccurrenceState>,
    /// Its post.
    pub post_id: Option<PostId>,
    /// Why there is no post.
    pub message: Option<String>,
}

/// A part of a rule that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RuleError {
    /// Which, as the API calls it.
    pub field: &'static str,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// An operation on a recurring post failed.
#[derive(Debug, thiserror::Error)]
pub enum RecurringError {
    /// No such recurring post in this organization.
    #[error("no such recurring post: {0}")]
    NotFound(RecurringPostId),
    /// The rule cannot be meant.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// A template needs accounts.
    #[error("choose at least one account; a recurring post goes somewhere")]
    NoAccounts,
    /// It is stopped.
    #[error("it is stopped for good; make a new one from its template")]
    Stopped,
    /// There are many already.
    #[error("an organization has at most {RUNNING_MAX} recurring posts; stop one first")]
    TooMany,
    /// The template or one of its posts.
    #[error(transparent)]
    Post(#[from] PostError),
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

impl From<HouseError> for RecurringError {
    fn from(error: HouseError) -> Self {
        Self::Post(error.into())
    }
}

impl From<AccountsError> for RecurringError {
    fn from(error: AccountsError) -> Self {
        Self::Post(error.into())
    }
}

impl From<ReviewError> for RecurringError {
    fn from(error: ReviewError) -> Self {
        match error {
            ReviewError::Db(error) => Self::Db(error),
            ReviewError::House(error) => Self::Post(error.into()),
            // A new post under its lock is neither out nor judged.
            _ => Self::Post(PostError::TooLate),
        }
    }
}

impl Publishing {
    /// Lets a post come back. A draft becomes the template itself; of anything else a copy does, and the post stays as it
    /// is. The posts of the next fourteen days are made at once.
    ///
    /// # Errors
    /// `Rule`, `NoAccounts`, `TooMany`; `Post` for a post that is not there or is a template already.
    #[instrument(skip_all, err(level = "debug"), fields(post = %post))]
    pub async fn create_recurring(
        &self,
        scope: &Scope,
        post: PostId,
        rule: Rule,
    ) -> Result<RecurringPost, RecurringError> {
        let now = self.clock.now();
        let rules = self.accounts.all_rules().await?;
        let mut tx = self.db.org(scope).await?;
        let zone = self.zone_in(&mut tx).await?;
        rule.check(zone.date(now))?;
        let held = Held::lock(&mut tx, post).await?.ok_or(PostError::NotFound(post))?;
        if held.publications.is_empty() {
            return Err(RecurringError::NoAccounts);
        }
        if is_template(&mut tx, post).await? {
            return Err(PostError::IsTemplate.into());
        }
        if store::count_running(&mut tx).await? >= RUNNING_MAX {
            return Err(RecurringError::TooMany);
        }
        let is_draft = held.publications.iter().all(|p| p.status == PublicationStatus::Draft);
        let template = if is_draft {
            post
        } else {
            let composition = held.composition(&mut tx).await?;
            let copy = copy_of(&held, composition, Schedule::Draft, &zone);
            self.create_in(&mut tx, &rules, copy, None).await?.post.id
        };
        let id = RecurringPostId::generate(&*self.ids);
        store::insert(&mut tx, id, template, &rule, scope.actor.user_id(), now).await?;
        let changes = Changes::new().new_value("template_post_id", template).new_value("rule", &rule);
        self.audit_recurring(&mut tx, "insert", id, changes).await?;
        tx.commit().await?;
        self.follow_up_on(scope, id).await;
        self.recurring(scope, id).await
    }

    /// Changes the rule. What is out stays; what waits and was not changed by hand follows.
    ///
    /// # Errors
    /// `NotFound`, `Rule`; `Stopped`.
    #[instrument(skip_all, err(level = "debug"), fields(recurring = %id))]
    pub async fn change_recurring(
        &self,
        scope: &Scope,
        id: RecurringPostId,
        rule: Rule,
    ) -> Result<RecurringPost, RecurringError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let zone = self.zone_in(&mut tx).await?;
        rule.check(zone.date(now))?;
        let before = store::lock(&mut tx, id).await?.ok_or(RecurringError::NotFound(id))?;
        if before.state == RecurringState::Stopped {
            return Err(RecurringError::Stopped);
        }
        if before.rule != rule {
            store::write(&mut tx, id, &rule, before.state, now).await?;
            let changes = Changes::new().set("rule", &before.rule, &rule);
            self.audit_recurring(&mut tx, "update", id, changes).await?;
            tx.commit().await?;
        }
        self.follow_up_on(scope, id).await;
        self.recurring(scope, id).await
    }

    /// Pauses, resumes or stops. What waits and was not changed by hand is taken away while it is not active; stopping
    /// is for good. Asking twice changes nothing.
    ///
    /// # Errors
    /// `NotFound`; `Stopped`.
    #[instrument(skip_all, err(level = "debug"), fields(recurring = %id, %state))]
    pub async fn set_recurring_state(
        &self,
        scope: &Scope,
        id: RecurringPostId,
        state: RecurringState,
    ) -> Result<RecurringPost, RecurringError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let before = store::lock(&mut tx, id).await?.ok_or(RecurringError::NotFound(id))?;
        if before.state == RecurringState::Stopped && state != RecurringState::Stopped {
            return Err(RecurringError::Stopped);
        }
        if before.state != state {
            store::write(&mut tx, id, &before.rule, state, now).await?;
            let changes = Changes::new().set("state", before.state, state);
            self.audit_recurring(&mut tx, "update", id, changes).await?;
            tx.commit().await?;
        }
        self.follow_up_on(scope, id).await;
        self.recurring(scope, id).await
    }

    /// One recurring post.
    ///
    /// # Errors
    /// `NotFound`; the database's.
    pub async fn recurring(&self, scope: &Scope, id: RecurringPostId) -> Result<RecurringPost, RecurringError> {
        self.recurring_posts(scope).await?.into_iter().find(|r| r.id == id).ok_or(RecurringError::NotFound(id))
    }

    /// The organization's recurring posts: those that run first, then by age, the newest first; at most 500.
    ///
    /// # Errors
    /// The database's.
    pub async fn recurring_posts(&self, scope: &Scope) -> Result<Vec<RecurringPost>, RecurringError> {
        let now = self.clock.now();
        let mut tx = self.db.org(scope).await?;
        let zone = self.zone_in(&mut tx).await?;
        let today = zone.date(now);
        let rows = store::list(&mut tx).await?;
        let mut known = store::occurrences_since(&mut tx, today.plus_days(-DAYS_AHEAD)).await?;
        let shown = rows.into_iter().map(|row| {
            let mut occurrences = known.remove(&row.id).unwrap_or_default();
            if row.state == RecurringState::Active {
                let ahead = row.rule.days(today, today.plus_days(REPETITION_DAYS * 2));
                let unknown: Vec<_> = ahead
                    .into_iter()
                    .filter(|day| occurrences.iter().all(|o| o.day != *day))
                    .filter_map(|day| row.rule.at(day, &zone).map(|at| (day, at)))
                    .filter(|(_, at)| *at > now)
                    .map(|(day, at)| Occurrence { day, at, state: None, post_id: None, message: None })
                    .collect();
                occurrences.extend(unknown);
                occurrences.sort_by_key(|o| o.day);
            }
            row.shown(occurrences)
        });
        Ok(shown.collect())
    }

    /// The recurring post that a post is the template of.
    ///
    /// # Errors
    /// The database's.
    pub async fn recurring_of_template(
        &self,
        scope: &Scope,
        post: PostId,
    ) -> Result<Option<RecurringPostId>, RecurringError> {
        let mut tx = self.db.org(scope).await?;
        Ok(store::of_template(&mut tx, post).await?)
    }

    /// The posts of a template follow it, soon if not now.
    pub(crate) async fn follow_template(&self, scope: &Scope, post: PostId) {
        match self.recurring_of_template(scope, post).await {
            Ok(Some(id)) => self.follow_up_on(scope, id).await,
            Ok(None) => {}
            Err(error) => tracing::warn!(%post, %error, "whether a post is a template could not be read"),
        }
    }

    /// Makes what is due. The wish itself is stored: what fails here is done by the hourly job.
    async fn follow_up_on(&self, scope: &Scope, id: RecurringPostId) {
        if let Err(error) = self.make_occurrences(scope, id).await {
            tracing::warn!(recurring = %id, %error, "posts of a recurring post could not be made now");
        }
    }

    async fn zone_in(&self, tx: &mut OrgTx) -> Result<Zone, HouseError> {
        Ok(self.identity.organization_in(tx).await?.timezone)
    }

    async fn audit_recurring(
        &self,
        tx: &mut OrgTx,
        action: &str,
        id: RecurringPostId,
        changes: Changes,
    ) -> Result<(), rookery_db::Error> {
        let entry = Entry { action, resource: RECURRING, resource_id: Some(id.to_string()), changes: changes.into() };
        audit::record(tx, &*self.clock, &[entry]).await
    }
}

/// The content of a post for another one.
fn copy_of(held: &Held, composition: Composition, schedule: Schedule, zone: &Zone) -> NewPost {
    NewPost {
        content: held.post.content.clone(),
        title: held.post.title.clone(),
        account_ids: held.publications.iter().map(|p| p.social_account_id).collect(),
        schedule,
        timezone: zone.clone(),
        composition,
    }
}

impl store::Row {
    fn shown(self, occurrences: Vec<Occurrence>) -> RecurringPost {
        let pause = self.rule.shortest_pause().map(|days| days.max(i64::from(self.rule.cool_down_days)));
        let warning = pause.filter(|days| *days < REPETITION_DAYS).map(|_| {
            format!(
                "The same words come back within {REPETITION_DAYS} days. Networks hold repetitions back; \
                 change the template now and then, or give it a cool-down of {REPETITION_DAYS} days."
            )
        });
        RecurringPost {
            id: self.id,
            template_post_id: self.template_post_id,
            excerpt: excerpt(self.title.as_deref(), &self.content),
            account_ids: self.account_ids,
            rule: self.rule,
            state: self.state,
            created_by: self.created_by,
            created_at: self.created_at,
            occurrences,
            warning,
        }
    }
}
