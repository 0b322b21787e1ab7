//! The slots of an account: the times of the week that its queue fills.

use axum::Json;
use axum::extract::State;
use garde::Validate;
use rookery_kernel::AccountId;
use rookery_publishing::{PostingSlot, SLOTS_MAX, SlotChange, WeeklyTime};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::access::ReadPosts;
use crate::app::App;
use crate::extract::{Body, May, Path, Publish};
use crate::problem::Problem;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(read, replace))
}

/// A time of the week, in the organization's zone.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SlotItem {
    /// Day of the week; 0 = Sunday.
    weekday: u8,
    /// `HH:MM`. A time that clocks jump over becomes the first moment after the jump, one that happens twice the first.
    #[schema(example = "09:30")]
    time: String,
    /// The queue leaves it out.
    #[serde(default)]
    is_paused: bool,
}

/// All slots of an account.
#[derive(Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Slots {
    /// In the week's order, from Sunday.
    #[garde(length(max = SLOTS_MAX))]
    slots: Vec<SlotItem>,
}

impl From<Vec<PostingSlot>> for Slots {
    fn from(slots: Vec<PostingSlot>) -> Self {
        let item = |slot: PostingSlot| SlotItem {
            weekday: slot.time.weekday,
            time: slot.time.clock(),
            is_paused: slot.is_paused,
        };
        Self { slots: slots.into_iter().map(item).collect() }
    }
}

/// Read an account's slots
///
/// The times of the week that its queue fills.
#[utoipa::path(get, path = "/accounts/{id}/slots", tag = "calendar", operation_id = "postingSlots",
    params(("id" = Uuid, Path, description = "The account")), responses((status = 200, body = Slots)))]
async fn read(State(app): State<App>, may: ReadPosts, Path(id): Path<AccountId>) -> Result<Json<Slots>, Problem> {
    app.accounts.get(may.scope(), id).await?;
    let slots = app.publishing.posting_slots(may.scope()).await?.remove(&id).unwrap_or_default();
    Ok(Json(slots.into()))
}

/// Set an account's slots
///
/// Exactly these; none ends the queue's times. What is planned already stays.
#[utoipa::path(put, path = "/accounts/{id}/slots", tag = "calendar", operation_id = "setPostingSlots",
    request_body = Slots, params(("id" = Uuid, Path, description = "The account")),
    responses((status = 200, body = Slots)))]
async fn replace(
    State(app): State<App>,
    may: May<Publish>,
    Path(id): Path<AccountId>,
    Body(body): Body<Slots>,
) -> Result<Json<Slots>, Problem> {
    let slot = |item: SlotItem| {
        let time = WeeklyTime::read(item.weekday, &item.time)?;
        Some(PostingSlot { time, is_paused: item.is_paused })
    };
    let slots: Option<Vec<_>> = body.slots.into_iter().map(slot).collect();
    let slots = slots.ok_or_else(|| {
        Problem::field("slots", "unreadable", "Give a weekday from 0 (Sunday) to 6 and a time of day such as 09:30.")
    })?;
    Ok(Json(app.publishing.change_posting_slots(may.scope(), id, SlotChange::Replace(slots)).await?.into()))
}
