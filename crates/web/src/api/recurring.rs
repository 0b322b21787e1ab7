//! Posts that come back.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use garde::Validate;
use rookery_kernel::{PostId, RecurringPostId};
use rookery_publishing::{End, Occurrence, RecurringPost, RecurringState, Rhythm, Rule, WeeklyTime};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::access::ReadPosts;
use super::idempotency::once;
use super::time::{Day, Time};
use crate::app::App;
use crate::extract::{Body, May, Path, Publish};
use crate::problem::Problem;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list))
        .routes(once!(create))
        .routes(routes!(read, change))
        .routes(once!(pause))
        .routes(once!(resume))
        .routes(once!(stop))
}

/// How often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Frequency {
    /// Every `every` days.
    Days,
    /// On `weekdays` of every `every`th week; weeks begin on Monday.
    Weeks,
    /// On day `dayOfMonth` of every `every`th month.
    Months,
}

/// When a post comes back, in the organization's zone.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct RuleBody {
    frequency: Frequency,
    /// 1 to 365 days, 52 weeks or 12 months.
    every: u16,
    /// For weeks; 0 = Sunday.
    #[serde(default)]
    weekdays: BTreeSet<u8>,
    /// For months, 1 to 31; a shorter month takes its last day.
    day_of_month: Option<u8>,
    /// `HH:MM`.
    #[schema(example = "09:30")]
    time: String,
    /// The first day that may be one of it.
    #[schema(inline)]
    starts_on: Day,
    /// The last day that may be one of it; without this and `occurrences` it runs until it is stopped.
    #[schema(inline)]
    ends_on: Option<Day>,
    /// So many days of the rhythm, 1 to 1,000, whether a post came out on each or not.
    occurrences: Option<u32>,
    /// The same words come to an account again after so many days at the soonest; 0 to 365.
    #[serde(default)]
    cool_down_days: u16,
}

impl RuleBody {
    fn rule(self) -> Result<Rule, Problem> {
        let every = self.every;
        let rhythm = match (self.frequency, self.day_of_month) {
            (Frequency::Days, _) => Rhythm::Days { every },
            (Frequency::Weeks, _) => Rhythm::Weeks { every, weekdays: self.weekdays },
            (Frequency::Months, Some(day)) => Rhythm::Months { every, day },
            (Frequency::Months, None) => {
                return Err(Problem::field("dayOfMonth", "day_missing", "Give a day of the month from 1 to 31."));
            }
        };
        let end = match (self.ends_on, self.occurrences) {
            (None, None) => End::Never,
            (Some(day), None) => End::On(day.0),
            (None, Some(n)) => End::After(n),
            (Some(_), Some(_)) => {
                return Err(Problem::field("endsOn", "end_twice", "Give either `endsOn` or `occurrences`, not both."));
            }
        };
        let time = WeeklyTime::read(0, &self.time)
            .ok_or_else(|| Problem::field("time", "unreadable", "Give a time of day such as 09:30."))?;
        let (minute, starts_on) = (time.minute, self.starts_on.0);
        Ok(Rule { rhythm, minute, starts_on, end, cool_down_days: self.cool_down_days })
    }
}

impl From<Rule> for RuleBody {
    fn from(rule: Rule) -> Self {
        let time = rule.clock();
        let (frequency, every, weekdays, day_of_month) = match rule.rhythm {
            Rhythm::Days { every } => (Frequency::Days, every, BTreeSet::new(), None),
            Rhythm::Weeks { every, weekdays } => (Frequency::Weeks, every, weekdays, None),
            Rhythm::Months { every, day } => (Frequency::Months, every, BTreeSet::new(), Some(day)),
        };
        let (ends_on, occurrences) = match rule.end {
            End::Never => (None, None),
            End::On(day) => (Some(Day(day)), None),
            End::After(n) => (None, Some(n)),
        };
        Self {
            frequency,
            every,
            weekdays,
            day_of_month,
            time,
            starts_on: Day(rule.starts_on),
            ends_on,
            occurrences,
            cool_down_days: rule.cool_down_days,
        }
    }
}

/// A recurring post to be.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewBody {
    /// The post that comes back. A draft becomes the template, of anything else a copy does.
    #[garde(skip)]
    #[schema(value_type = Uuid)]
    post_id: PostId,
    /// When.
    #[garde(skip)]
    rule: RuleBody,
}

/// Another rule.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ChangeBody {
    /// When.
    #[garde(skip)]
    rule: RuleBody,
}

/// A day of a recurring post.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct OccurrenceView {
    /// In the organization's zone.
    #[schema(inline)]
    day: Day,
    #[schema(inline)]
    at: Time,
    /// `made`, `cooling_down` or `refused`; null for a day more than 14 days ahead.
    state: Option<&'static str>,
    post_id: Option<Uuid>,
    /// Why there is no post.
    message: Option<String>,
}

impl From<Occurrence> for OccurrenceView {
    fn from(occurrence: Occurrence) -> Self {
        Self {
            day: Day(occurrence.day),
            at: Time(occurrence.at),
            state: occurrence.state.map(rookery_publishing::OccurrenceState::label),
            post_id: occurrence.post_id.map(PostId::uuid),
            message: occurrence.message,
        }
    }
}

/// A recurring post.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RecurringView {
    id: Uuid,
    /// The draft whose content its posts take; change it as any other post.
    template_post_id: Uuid,
    excerpt: String,
    account_ids: Vec<Uuid>,
    rule: RuleBody,
    /// `active`, `paused` or `stopped`.
    state: &'static str,
    #[schema(inline)]
    created_at: Time,
    /// What is worth knowing, such as words that come back too soon.
    warning: Option<String>,
    /// Its days: known ones of the last 14 days, and those of the next 60.
    occurrences: Vec<OccurrenceView>,
}

impl From<RecurringPost> for RecurringView {
    fn from(recurring: RecurringPost) -> Self {
        Self {
            id: recurring.id.uuid(),
            template_post_id: recurring.template_post_id.uuid(),
            excerpt: recurring.excerpt,
            account_ids: recurring.account_ids.into_iter().map(rookery_kernel::AccountId::uuid).collect(),
            rule: recurring.rule.into(),
            state: recurring.state.label(),
            created_at: Time(recurring.created_at),
            warning: recurring.warning,
            occurrences: recurring.occurrences.into_iter().map(Into::into).collect(),
        }
    }
}

/// List recurring posts
///
/// Those that are not stopped first, then the newest; at most 500.
#[utoipa::path(get, path = "/recurring-posts", tag = "calendar", operation_id = "recurringPosts",
    responses((status = 200, body = Vec<RecurringView>)))]
async fn list(State(app): State<App>, may: ReadPosts) -> Result<Json<Vec<RecurringView>>, Problem> {
    let all = app.publishing.recurring_posts(may.scope()).await?;
    Ok(Json(all.into_iter().map(Into::into).collect()))
}

/// Let a post come back
///
/// Posts of the next 14 days are made at once, later ones day by day; where reviews are required each asks for one.
#[utoipa::path(post, path = "/recurring-posts", tag = "calendar", operation_id = "createRecurringPost",
    request_body = NewBody, responses((status = 201, body = RecurringView)))]
async fn create(
    State(app): State<App>,
    may: May<Publish>,
    Body(body): Body<NewBody>,
) -> Result<(StatusCode, Json<RecurringView>), Problem> {
    let made = app.publishing.create_recurring(may.scope(), body.post_id, body.rule.rule()?).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// Read a recurring post
#[utoipa::path(get, path = "/recurring-posts/{id}", tag = "calendar", operation_id = "recurringPost",
    params(("id" = Uuid, Path, description = "The recurring post")), responses((status = 200, body = RecurringView)))]
async fn read(
    State(app): State<App>,
    may: ReadPosts,
    Path(id): Path<RecurringPostId>,
) -> Result<Json<RecurringView>, Problem> {
    Ok(Json(app.publishing.recurring(may.scope(), id).await?.into()))
}

/// Change a recurring post's rule
///
/// What is out stays; what waits and nobody changed by hand follows.
#[utoipa::path(patch, path = "/recurring-posts/{id}", tag = "calendar", operation_id = "changeRecurringPost",
    request_body = ChangeBody, params(("id" = Uuid, Path, description = "The recurring post")),
    responses((status = 200, body = RecurringView)))]
async fn change(
    State(app): State<App>,
    may: May<Publish>,
    Path(id): Path<RecurringPostId>,
    Body(body): Body<ChangeBody>,
) -> Result<Json<RecurringView>, Problem> {
    Ok(Json(app.publishing.change_recurring(may.scope(), id, body.rule.rule()?).await?.into()))
}

macro_rules! become_state {
    ($(#[$doc:meta])* $name:ident, $path:literal, $operation:literal, $state:ident) => {
        $(#[$doc])*
        #[utoipa::path(post, path = $path, tag = "calendar", operation_id = $operation,
            params(("id" = Uuid, Path, description = "The recurring post")),
            responses((status = 200, body = RecurringView)))]
        async fn $name(
            State(app): State<App>,
            may: May<Publish>,
            Path(id): Path<RecurringPostId>,
        ) -> Result<Json<RecurringView>, Problem> {
            Ok(Json(app.publishing.set_recurring_state(may.scope(), id, RecurringState::$state).await?.into()))
        }
    };
}
become_state!(
    /// Pause a recurring post
    ///
    /// What waits and nobody changed by hand is taken away until it is resumed.
    pause, "/recurring-posts/{id}/pause", "pauseRecurringPost", Paused
);
become_state!(
    /// Resume a recurring post
    ///
    /// Posts of the next 14 days are made at once.
    resume, "/recurring-posts/{id}/resume", "resumeRecurringPost", Active
);
become_state!(
    /// Stop a recurring post
    ///
    /// For good. What waits and nobody changed by hand is taken away.
    stop, "/recurring-posts/{id}/stop", "stopRecurringPost", Stopped
);
