//! The statements about briefs and recommendations.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{Date, PostId, Timestamp, UserId};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use super::brief::{BriefParts, Completeness, InsightFilter, MissingAccount};
use super::recommendation::{
    Evidence, Priority, Proposal, Recommendation, RecommendationKind, RecommendationResult, RecommendationStatus,
    Suggestion,
};
use crate::performance::FormatChoice;
use crate::run::IngestStatus;

/// A brief as it stands there.
pub(super) struct Stored {
    pub id: Uuid,
    pub payload: Value,
    pub generated_at: Timestamp,
}

/// The brief of a day, if one was made.
pub(super) async fn find(tx: &mut OrgTx, date: Date, filter: InsightFilter) -> Result<Option<Stored>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as!(
        Stored,
        "select id, payload, generated_at from analytics.daily_briefs
         where organization_id = $1 and date = $2 and format = $3 and group_id is not distinct from $4",
        organization.uuid(),
        date as Date,
        filter.word(),
        filter.group,
    )
    .fetch_optional(tx.conn())
    .await?)
}

/// The briefs of a day that were made, those of groups that are still there.
pub(super) async fn of_day(tx: &mut OrgTx, date: Date) -> Result<Vec<InsightFilter>, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        "select b.group_id, b.format from analytics.daily_briefs b
         where b.organization_id = $1 and b.date = $2
           and (b.group_id is null
                or exists (select from analytics.page_groups g
                           where g.organization_id = $1 and g.id = b.group_id and g.deleted_at is null))
         order by b.group_id nulls first, b.format",
        organization.uuid(),
        date as Date,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| InsightFilter { group: row.group_id, format: FormatChoice::named(&row.format) })
        .collect())
}

/// Writes a brief, over the one of the same day, group and format; returns its id.
pub(super) async fn save(
    tx: &mut OrgTx,
    id: Uuid,
    date: Date,
    filter: InsightFilter,
    parts: &BriefParts,
    now: Timestamp,
) -> Result<Uuid, Error> {
    let organization = tx.organization_id();
    let payload = serde_json::to_value(parts).unwrap_or_default();
    Ok(sqlx::query_scalar!(
        "insert into analytics.daily_briefs as b
             (organization_id, id, date, group_id, format, payload, completeness_pct, is_complete, generated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         on conflict (organization_id, date, format, coalesce(group_id, '00000000-0000-0000-0000-000000000000'))
         do update set payload = excluded.payload, completeness_pct = excluded.completeness_pct,
                       is_complete = excluded.is_complete, generated_at = excluded.generated_at
         returning id",
        organization.uuid(),
        id,
        date as Date,
        filter.group,
        filter.word(),
        payload,
        parts.completeness.percent(),
        parts.completeness.is_complete(),
        now as Timestamp,
    )
    .fetch_one(tx.conn())
    .await?)
}

/// How reading the numbers of a day went on the tracked accounts of the organization or of a page group.
pub(super) async fn completeness(tx: &mut OrgTx, day: Date, group: Option<Uuid>) -> Result<Completeness, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"select t.integration_id, coalesce(nullif(a.display_name, ''), a.username)::text as "name!", a.platform,
                a.status = 'revoked' as "is_disconnected!", t.tracking_since, t.next_attempt_at,
                r.status as "status?", r.error_type as "error_type?"
         from analytics.tracked_integrations t
              join accounts.social_accounts a on a.organization_id = $1 and a.id = t.integration_id
              left join lateral (
                  select i.status, i.error_type from analytics.ingest_runs i
                  where i.organization_id = $1 and i.integration_id = t.integration_id and i.date = $2
                    and i.kind = 'metrics'
                  order by i.status = 'success' desc, i.created_at desc, i.id desc
                  limit 1) r on true
         where t.organization_id = $1 and t.enabled
           and ($3::uuid is null
                or exists (select from analytics.page_group_members m
                           where m.organization_id = $1 and m.group_id = $3 and m.tracked_integration_id = t.id))
         order by lower(coalesce(nullif(a.display_name, ''), a.username)), t.integration_id"#,
        organization.uuid(),
        day as Date,
        group,
    )
    .fetch_all(tx.conn())
    .await?;
    let of = rows.len();
    let missing: Vec<MissingAccount> = rows
        .into_iter()
        .filter(|row| row.status != Some(IngestStatus::Success))
        .map(|row| MissingAccount {
            integration_id: row.integration_id,
            name: row.name,
            platform: row.platform,
            status: row.status,
            error_type: row.error_type,
            is_disconnected: row.is_disconnected,
            tracking_since: row.tracking_since,
            next_attempt_at: row.next_attempt_at,
        })
        .collect();
    Ok(Completeness { ok: of - missing.len(), of, missing })
}

/// Writes what a brief recommends: what stands there already and is open gets the newest words, what is open and no longer
/// recommended expires now.
pub(super) async fn propose(
    tx: &mut OrgTx,
    brief: Uuid,
    proposals: &[(Uuid, String, Proposal)],
    now: Timestamp,
) -> Result<(), Error> {
    let organization = tx.organization_id();
    let text = |value: serde_json::Result<String>| value.unwrap_or_else(|_| "{}".to_owned());
    let column = |field: fn(&Proposal) -> &str| -> Vec<String> {
        proposals.iter().map(|(.., proposal)| field(proposal).to_owned()).collect()
    };
    let keys: Vec<String> = proposals.iter().map(|(_, key, _)| key.clone()).collect();
    let evidence: Vec<String> = proposals.iter().map(|(.., p)| text(serde_json::to_string(&p.evidence))).collect();
    let actions: Vec<String> = proposals.iter().map(|(.., p)| text(serde_json::to_string(&p.action))).collect();
    let expiries: Vec<Timestamp> = proposals.iter().map(|(.., p)| p.expires_at).collect();
    sqlx::query!(
        "with found as materialized (
             select * from unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                                  $10::text[], $11::timestamptz[])
                      as f (id, dedupe_key, kind, priority, title, reason, evidence, action, expires_at)
         ), gone as (
             update analytics.recommendations r set expires_at = $12, updated_at = $12
             where r.organization_id = $1 and r.brief_id = $2 and r.status = 'open' and r.expires_at > $12
               and not exists (select from found f where f.dedupe_key = r.dedupe_key)
         )
         insert into analytics.recommendations as r
             (organization_id, id, brief_id, kind, priority, title, reason, evidence, action, expires_at, dedupe_key,
              created_at, updated_at)
         select $1, f.id, $2, f.kind, f.priority, f.title, f.reason, f.evidence::jsonb, f.action::jsonb, f.expires_at,
                f.dedupe_key, $12, $12
         from found f
         on conflict (organization_id, dedupe_key)
         do update set title = excluded.title, reason = excluded.reason, evidence = excluded.evidence,
                       action = excluded.action, expires_at = excluded.expires_at, updated_at = excluded.updated_at
         where r.status = 'open'
           and (r.title, r.reason, r.evidence, r.action, r.expires_at)
               is distinct from (excluded.title, excluded.reason, excluded.evidence, excluded.action, excluded.expires_at)",
        organization.uuid(),
        brief,
        &proposals.iter().map(|(id, ..)| *id).collect::<Vec<Uuid>>(),
        &keys,
        &column(|p| p.kind.label()),
        &column(|p| p.priority.label()),
        &column(|p| &p.title),
        &column(|p| &p.reason),
        &evidence,
        &actions,
        expiries as _,
        now as Timestamp,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

struct RecommendationRow {
    id: Uuid,
    date: Date,
    group_id: Option<Uuid>,
    format: String,
    kind: RecommendationKind,
    priority: Priority,
    title: String,
    reason: String,
    evidence: Json<Evidence>,
    action: Json<Suggestion>,
    status: RecommendationStatus,
    dismiss_reason: Option<String>,
    acted_by: Option<UserId>,
    acted_at: Option<Timestamp>,
    resulting_post_id: Option<PostId>,
    expires_at: Timestamp,
    created_at: Timestamp,
    items: Option<i64>,
    reach: Option<i64>,
    engagement: Option<i64>,
}

impl From<RecommendationRow> for Recommendation {
    fn from(row: RecommendationRow) -> Self {
        let result = row.items.filter(|items| *items > 0).map(|items| RecommendationResult {
            items,
            reach: row.reach,
            engagement: row.engagement,
        });
        Self {
            id: row.id,
            date: row.date,
            filter: InsightFilter { group: row.group_id, format: FormatChoice::named(&row.format) },
            kind: row.kind,
            priority: row.priority,
            title: row.title,
            reason: row.reason,
            evidence: row.evidence.0,
            action: row.action.0,
            status: row.status,
            dismiss_reason: row.dismiss_reason,
            acted_by: row.acted_by,
            acted_at: row.acted_at,
            post_id: row.resulting_post_id,
            expires_at: row.expires_at,
            created_at: row.created_at,
            result,
        }
    }
}

/// Which recommendations.
#[derive(Clone, Copy)]
pub(super) enum Which {
    /// Those of a brief.
    Of(Uuid),
    /// One.
    One(Uuid),
}

/// Recommendations, high priority first, with what became of their posts.
pub(super) async fn recommendations(
    tx: &mut OrgTx,
    which: Which,
    now: Timestamp,
) -> Result<Vec<Recommendation>, Error> {
    let organization = tx.organization_id();
    let (brief, id) = match which {
        Which::Of(brief) => (Some(brief), None),
        Which::One(id) => (None, Some(id)),
    };
    let rows = sqlx::query_as!(
        RecommendationRow,
        r#"select r.id, b.date, b.group_id, b.format, r.kind as "kind: RecommendationKind",
                r.priority as "priority: Priority", r.title, r.reason, r.evidence as "evidence: Json<Evidence>",
                r.action as "action: Json<Suggestion>",
                case when r.status = 'open' and r.expires_at <= $4 then 'expired' else r.status end
                    as "status!: RecommendationStatus",
                r.dismiss_reason, r.acted_by as "acted_by: UserId", r.acted_at,
                r.resulting_post_id as "resulting_post_id: PostId", r.expires_at, r.created_at, s.items, s.reach, s.engagement
         from analytics.recommendations r
              join analytics.daily_briefs b on b.organization_id = $1 and b.id = r.brief_id
              cross join lateral (
                  select count(*) as items, sum(t.reach)::bigint as reach, sum(t.engagement)::bigint as engagement
                  from analytics.content c
                       left join analytics.content_totals t
                           on t.organization_id = $1 and t.content_key = c.content_key
                  where c.organization_id = $1 and c.post_id = r.resulting_post_id) s
         where r.organization_id = $1 and ($2::uuid is null or r.brief_id = $2) and ($3::uuid is null or r.id = $3)
         order by case r.priority when 'high' then 0 when 'medium' then 1 else 2 end, r.created_at, r.kind, r.id"#,
        organization.uuid(),
        brief,
        id,
        now as Timestamp,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Recommendation::from).collect())
}

/// Holds a recommendation until the transaction ends; whether there is such.
pub(super) async fn lock(tx: &mut OrgTx, id: Uuid) -> Result<bool, Error> {
    let organization = tx.organization_id();
    let found = sqlx::query_scalar!(
        "select id from analytics.recommendations where organization_id = $1 and id = $2 for update",
        organization.uuid(),
        id,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(found.is_some())
}

/// What was decided about a recommendation.
pub(super) struct Decision<'a> {
    pub status: RecommendationStatus,
    pub reason: Option<&'a str>,
    pub post: Option<PostId>,
    pub by: Option<UserId>,
    /// When; `None` takes a decision back.
    pub at: Option<Timestamp>,
}

/// Writes a decision.
pub(super) async fn decide(tx: &mut OrgTx, id: Uuid, decision: &Decision<'_>, now: Timestamp) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update analytics.recommendations
         set status = $3, dismiss_reason = $4, resulting_post_id = $5, acted_by = $6, acted_at = $7, updated_at = $8
         where organization_id = $1 and id = $2",
        organization.uuid(),
        id,
        decision.status.label(),
        decision.reason,
        decision.post.map(PostId::uuid),
        decision.by.map(UserId::uuid),
        decision.at as Option<Timestamp>,
        now as Timestamp,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
