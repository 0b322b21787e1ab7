//! Who did what, when, to which row.

use axum::Json;
use axum::extract::State;
use rookery_governance::audit::{self, Record};
use rookery_kernel::UserId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::page::{self, PageView};
use super::time::Time;
use crate::app::App;
use crate::extract::{ManageMembers, May, Query};
use crate::problem::Problem;

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(list))
}

/// A row of the log.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RecordView {
    id: i64,
    occurred_at: Time,
    actor_user_id: Option<Uuid>,
    /// `user`, `api_key`, `worker`, `system` or `migration`.
    actor_kind: String,
    action: String,
    resource: String,
    resource_id: Option<String>,
    /// Column → `[old, new]`, or `"changed"` where the value is secret.
    #[schema(value_type = Object)]
    changes: serde_json::Value,
    ip_address: Option<String>,
    user_agent: Option<String>,
    request_id: Option<Uuid>,
}

impl From<Record> for RecordView {
    fn from(record: Record) -> Self {
        Self {
            id: record.id,
            occurred_at: record.occurred_at.into(),
            actor_user_id: record.actor_user_id.map(UserId::uuid),
            actor_kind: record.actor_kind,
            action: record.action,
            resource: record.resource,
            resource_id: record.resource_id,
            changes: record.changes,
            ip_address: record.ip_address,
            user_agent: record.user_agent,
            request_id: record.request_id,
        }
    }
}

/// Which rows.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// The `next` of the page before.
    after: Option<String>,
    /// Rows, 1 to 100; 50 unless told.
    limit: Option<u16>,
}

/// Read the audit log
///
/// Newest first. Reading it is itself written to it.
#[utoipa::path(get, path = "/audit", tag = "audit", operation_id = "audit", params(ListQuery),
    responses((status = 200, body = PageView<RecordView>)))]
async fn list(
    State(app): State<App>,
    may: May<ManageMembers>,
    Query(query): Query<ListQuery>,
) -> Result<Json<PageView<RecordView>>, Problem> {
    let (after, limit) = page::place(query.after.as_deref(), query.limit)?;
    let records = audit::list(&app.db, &*app.clock, may.scope(), after, limit).await?;
    Ok(Json(PageView::of(records, RecordView::from)))
}
