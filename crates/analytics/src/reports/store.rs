//! The statements on schedules of reports, their runs and links.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{
    AccountId, Date, OrganizationId, ReportLinkId, ReportRunId, ReportScheduleId, Timestamp, UserId, Zone,
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::links::ReportLink;
use super::model::{Cadence, NewSchedule, ReportRun, ReportSchedule, RunState};
use crate::kpi::Range;

/// The organization's name and zone.
pub(super) async fn house(tx: &mut OrgTx) -> Result<(String, Zone), Error> {
    let sql = "select name, timezone from identity.organizations where organization_id = $1";
    let (name, zone): (String, String) =
        sqlx::query_as(sql).bind(tx.organization_id().uuid()).fetch_one(tx.conn()).await?;
    Ok((name, zone.parse().unwrap_or_else(|_| Zone::utc())))
}

/// A page group's name, if there is one.
pub(super) async fn group_name(tx: &mut OrgTx, group: Uuid) -> Result<Option<String>, Error> {
    let sql = "select name from analytics.page_groups where organization_id = $1 and id = $2 and deleted_at is null";
    Ok(sqlx::query_scalar(sql).bind(tx.organization_id().uuid()).bind(group).fetch_optional(tx.conn()).await?)
}

/// The accounts of a page group that are followed.
pub(super) async fn members(tx: &mut OrgTx, group: Uuid) -> Result<Vec<AccountId>, Error> {
    let sql = "
        select t.integration_id
        from analytics.page_group_members m
             join analytics.tracked_integrations t on t.organization_id = $1 and t.id = m.tracked_integration_id
        where m.organization_id = $1 and m.group_id = $2 and t.enabled";
    Ok(sqlx::query_scalar(sql).bind(tx.organization_id().uuid()).bind(group).fetch_all(tx.conn()).await?)
}

pub(super) async fn insert_schedule(
    tx: &mut OrgTx,
    id: ReportScheduleId,
    new: &NewSchedule,
    next_at: Timestamp,
    now: Timestamp,
) -> Result<(), Error> {
    let by = tx.scope().actor.user_id().map(UserId::uuid);
    let (weekday, day) = match new.cadence {
        Cadence::Daily => (None, None),
        Cadence::Weekly(weekday) => (Some(i16::from(weekday)), None),
        Cadence::Monthly(day) => (None, Some(i16::from(day))),
    };
    let sql = "
        insert into analytics.report_schedules
            (organization_id, id, name, group_id, cadence, weekday, day_of_month, at, time_zone, recipients, next_at,
             created_by, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8::time, $9, $10, $11, $12, $13, $13)";
    sqlx::query(sql)
        .bind(tx.organization_id().uuid())
        .bind(id.uuid())
        .bind(&new.name)
        .bind(new.group)
        .bind(new.cadence.label())
        .bind(weekday)
        .bind(day)
        .bind(&new.at)
        .bind(new.zone.name())
        .bind(&new.recipients)
        .bind(next_at)
        .bind(by)
        .bind(now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct ScheduleRow {
    id: ReportScheduleId,
    name: String,
    group_id: Option<Uuid>,
    cadence: String,
    weekday: Option<i16>,
    day_of_month: Option<i16>,
    at: String,
    time_zone: String,
    recipients: Vec<String>,
    enabled: bool,
    next_at: Timestamp,
}

impl From<ScheduleRow> for ReportSchedule {
    fn from(r: ScheduleRow) -> Self {
        Self {
            id: r.id,
            name: r.name,
            group: r.group_id,
            cadence: Cadence::of(&r.cadence, r.weekday, r.day_of_month),
            at: r.at,
            zone: r.time_zone.parse().unwrap_or_else(|_| Zone::utc()),
            recipients: r.recipients,
            enabled: r.enabled,
            next_at: r.next_at,
        }
    }
}

const SCHEDULES: &str = "
    select id, name, group_id, cadence, weekday, day_of_month, to_char(at, 'HH24:MI') as at, time_zone, recipients,
           enabled, next_at
    from analytics.report_schedules
    where organization_id = $1 and ($2::uuid is null or id = $2) and ($3::timestamptz is null or (enabled and next_at <= $3))
    order by name, id";

/// All schedules.
pub(super) async fn schedules(tx: &mut OrgTx) -> Result<Vec<ReportSchedule>, Error> {
    let query = sqlx::query_as::<_, ScheduleRow>(SCHEDULES);
    let query = query.bind(tx.organization_id().uuid()).bind(None::<Uuid>).bind(None::<Timestamp>);
    Ok(query.fetch_all(tx.conn()).await?.into_iter().map(ReportSchedule::from).collect())
}

/// One schedule.
pub(super) async fn schedule(tx: &mut OrgTx, id: ReportScheduleId) -> Result<Option<ReportSchedule>, Error> {
    let query = sqlx::query_as::<_, ScheduleRow>(SCHEDULES);
    let query = query.bind(tx.organization_id().uuid()).bind(id.uuid()).bind(None::<Timestamp>);
    Ok(query.fetch_optional(tx.conn()).await?.map(ReportSchedule::from))
}

/// The schedules that are due, held until the end of the transaction.
pub(super) async fn due(tx: &mut OrgTx, now: Timestamp) -> Result<Vec<ReportSchedule>, Error> {
    let lock = "select id from analytics.report_schedules
                where organization_id = $1 and enabled and next_at <= $2 order by id for update";
    sqlx::query(lock).bind(tx.organization_id().uuid()).bind(now).execute(tx.conn()).await?;
    let query = sqlx::query_as::<_, ScheduleRow>(SCHEDULES);
    let query = query.bind(tx.organization_id().uuid()).bind(None::<Uuid>).bind(now);
    Ok(query.fetch_all(tx.conn()).await?.into_iter().map(ReportSchedule::from).collect())
}

/// When schedules are due next, in one statement.
pub(super) async fn set_next(
    tx: &mut OrgTx,
    next: &[(ReportScheduleId, Timestamp)],
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "
        update analytics.report_schedules s set next_at = u.next_at, updated_at = $4
        from unnest($2::uuid[], $3::timestamptz[]) as u (id, next_at)
        where s.organization_id = $1 and s.id = u.id";
    sqlx::query(sql)
        .bind(tx.organization_id().uuid())
        .bind(next.iter().map(|(id, _)| id.uuid()).collect::<Vec<_>>())
        .bind(next.iter().map(|(_, at)| *at).collect::<Vec<_>>())
        .bind(now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// Turns a schedule on, from its next moment, or off. Whether there is one.
pub(super) async fn set_enabled(
    tx: &mut OrgTx,
    id: ReportScheduleId,
    enabled: bool,
    next_at: Timestamp,
    now: Timestamp,
) -> Result<bool, Error> {
    let sql = "update analytics.report_schedules set enabled = $3, next_at = $4, updated_at = $5
               where organization_id = $1 and id = $2";
    let done = sqlx::query(sql)
        .bind(tx.organization_id().uuid())
        .bind(id.uuid())
        .bind(enabled)
        .bind(next_at)
        .bind(now)
        .execute(tx.conn())
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Takes a schedule away, with its runs. Whether there was one.
pub(super) async fn delete_schedule(tx: &mut OrgTx, id: ReportScheduleId) -> Result<bool, Error> {
    let sql = "delete from analytics.report_schedules where organization_id = $1 and id = $2";
    let done = sqlx::query(sql).bind(tx.organization_id().uuid()).bind(id.uuid()).execute(tx.conn()).await?;
    Ok(done.rows_affected() > 0)
}

/// A run for each of these periods that has none yet; the new ones.
pub(super) async fn insert_runs(
    tx: &mut OrgTx,
    runs: &[(ReportRunId, ReportScheduleId, Range)],
    now: Timestamp,
) -> Result<Vec<ReportRunId>, Error> {
    let sql = "
        insert into analytics.report_runs
            (organization_id, id, schedule_id, period_from, period_to, state, created_at, updated_at)
        select o.organization_id, u.id, u.schedule_id, u.period_from, u.period_to, 'queued', $6, $6
        from identity.organizations o
             cross join unnest($2::uuid[], $3::uuid[], $4::date[], $5::date[]) as u (id, schedule_id, period_from, period_to)
        where o.organization_id = $1
        on conflict (organization_id, schedule_id, period_from, period_to) do nothing
        returning id";
    Ok(sqlx::query_scalar(sql)
        .bind(tx.organization_id().uuid())
        .bind(runs.iter().map(|(id, ..)| id.uuid()).collect::<Vec<_>>())
        .bind(runs.iter().map(|(_, schedule, _)| schedule.uuid()).collect::<Vec<_>>())
        .bind(runs.iter().map(|(.., range)| range.from).collect::<Vec<Date>>())
        .bind(runs.iter().map(|(.., range)| range.to).collect::<Vec<Date>>())
        .bind(now)
        .fetch_all(tx.conn())
        .await?)
}

#[derive(sqlx::FromRow)]
struct RunRow {
    id: ReportRunId,
    schedule_id: ReportScheduleId,
    name: String,
    period_from: Date,
    period_to: Date,
    state: String,
    sent_to: Vec<String>,
    error: Option<String>,
    sent_at: Option<Timestamp>,
    created_at: Timestamp,
}

impl From<RunRow> for ReportRun {
    fn from(r: RunRow) -> Self {
        Self {
            id: r.id,
            schedule_id: r.schedule_id,
            name: r.name,
            period: Range { from: r.period_from, to: r.period_to },
            state: RunState::of_label(&r.state),
            sent_to: r.sent_to,
            error: r.error,
            sent_at: r.sent_at,
            created_at: r.created_at,
        }
    }
}

const RUNS: &str = "
    select r.id, r.schedule_id, s.name, r.period_from, r.period_to, r.state, r.sent_to, r.error, r.sent_at, r.created_at
    from analytics.report_runs r
         join analytics.report_schedules s on s.organization_id = $1 and s.id = r.schedule_id
    where r.organization_id = $1 and ($2::uuid is null or r.id = $2)
    order by r.created_at desc, r.id desc limit $3";

/// The newest runs.
pub(super) async fn runs(tx: &mut OrgTx, limit: i64) -> Result<Vec<ReportRun>, Error> {
    let query = sqlx::query_as::<_, RunRow>(RUNS).bind(tx.organization_id().uuid()).bind(None::<Uuid>).bind(limit);
    Ok(query.fetch_all(tx.conn()).await?.into_iter().map(ReportRun::from).collect())
}

/// One run.
pub(super) async fn run(tx: &mut OrgTx, id: ReportRunId) -> Result<Option<ReportRun>, Error> {
    let query = sqlx::query_as::<_, RunRow>(RUNS).bind(tx.organization_id().uuid()).bind(id.uuid()).bind(1_i64);
    Ok(query.fetch_optional(tx.conn()).await?.map(ReportRun::from))
}

/// Notes what became of a run.
pub(super) async fn set_run(
    tx: &mut OrgTx,
    id: ReportRunId,
    state: RunState,
    sent_to: &[String],
    error: Option<&str>,
    now: Timestamp,
) -> Result<(), Error> {
    let sql = "
        update analytics.report_runs
        set state = $3, sent_to = $4, error = left($5, 500), sent_at = case when $3 = 'sent' then $6 end, updated_at = $6
        where organization_id = $1 and id = $2";
    sqlx::query(sql)
        .bind(tx.organization_id().uuid())
        .bind(id.uuid())
        .bind(state.label())
        .bind(sent_to)
        .bind(error)
        .bind(now)
        .execute(tx.conn())
        .await?;
    Ok(())
}

pub(super) async fn insert_link(tx: &mut OrgTx, link: &ReportLink, token: &[u8; 32]) -> Result<(), Error> {
    let organization = tx.organization_id().uuid();
    let by = tx.scope().actor.user_id().map(UserId::uuid);
    let sql = "
        insert into analytics.report_links
            (organization_id, id, group_id, period_from, period_to, token_hash, recipient, created_by, expires_at,
             created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10)";
    sqlx::query(sql)
        .bind(organization)
        .bind(link.id.uuid())
        .bind(link.group)
        .bind(link.period.from)
        .bind(link.period.to)
        .bind(token.as_slice())
        .bind(&link.recipient)
        .bind(by)
        .bind(link.expires_at)
        .bind(link.created_at)
        .execute(tx.conn())
        .await?;
    let directory =
        "insert into analytics.report_link_directory (token_hash, organization_id, link_id) values ($1, $2, $3)";
    sqlx::query(directory).bind(token.as_slice()).bind(organization).bind(link.id.uuid()).execute(tx.conn()).await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct LinkRow {
    id: ReportLinkId,
    group_id: Option<Uuid>,
    period_from: Date,
    period_to: Date,
    recipient: String,
    expires_at: Timestamp,
    opened_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    created_at: Timestamp,
}

impl From<LinkRow> for ReportLink {
    fn from(r: LinkRow) -> Self {
        Self {
            id: r.id,
            group: r.group_id,
            period: Range { from: r.period_from, to: r.period_to },
            recipient: r.recipient,
            expires_at: r.expires_at,
            opened_at: r.opened_at,
            revoked_at: r.revoked_at,
            created_at: r.created_at,
        }
    }
}

const LINKS: &str = "
    select id, group_id, period_from, period_to, recipient, expires_at, opened_at, revoked_at, created_at
    from analytics.report_links where organization_id = $1 and ($2::uuid is null or id = $2)
    order by created_at desc, id desc limit $3";

/// The newest links.
pub(super) async fn links(tx: &mut OrgTx, limit: i64) -> Result<Vec<ReportLink>, Error> {
    let query = sqlx::query_as::<_, LinkRow>(LINKS).bind(tx.organization_id().uuid()).bind(None::<Uuid>).bind(limit);
    Ok(query.fetch_all(tx.conn()).await?.into_iter().map(ReportLink::from).collect())
}

/// One link.
pub(super) async fn link(tx: &mut OrgTx, id: ReportLinkId) -> Result<Option<ReportLink>, Error> {
    let query = sqlx::query_as::<_, LinkRow>(LINKS).bind(tx.organization_id().uuid()).bind(id.uuid()).bind(1_i64);
    Ok(query.fetch_optional(tx.conn()).await?.map(ReportLink::from))
}

/// Notes the first time a link was opened.
pub(super) async fn note_opened(tx: &mut OrgTx, id: ReportLinkId, now: Timestamp) -> Result<(), Error> {
    let sql = "update analytics.report_links set opened_at = $3, updated_at = $3
               where organization_id = $1 and id = $2 and opened_at is null";
    sqlx::query(sql).bind(tx.organization_id().uuid()).bind(id.uuid()).bind(now).execute(tx.conn()).await?;
    Ok(())
}

/// Takes a link back, also out of the directory. Whether it still stood.
pub(super) async fn revoke_link(tx: &mut OrgTx, id: ReportLinkId, now: Timestamp) -> Result<bool, Error> {
    let organization = tx.organization_id().uuid();
    let sql = "update analytics.report_links set revoked_at = $3, updated_at = $3
               where organization_id = $1 and id = $2 and revoked_at is null";
    let done = sqlx::query(sql).bind(organization).bind(id.uuid()).bind(now).execute(tx.conn()).await?;
    let directory = "
        delete from analytics.report_link_directory
        where token_hash = (select token_hash from analytics.report_links where organization_id = $1 and id = $2)";
    sqlx::query(directory).bind(organization).bind(id.uuid()).execute(tx.conn()).await?;
    Ok(done.rows_affected() > 0)
}

/// Whose link a token is.
pub(super) async fn directory(
    conn: &mut PgConnection,
    token: &[u8; 32],
) -> Result<Option<(OrganizationId, ReportLinkId)>, Error> {
    // The index finds by digest, which tells nothing about the token.
    let sql = "select organization_id, link_id from analytics.report_link_directory where token_hash = $1";
    let found: Option<(Uuid, Uuid)> = sqlx::query_as(sql).bind(token.as_slice()).fetch_optional(conn).await?;
    Ok(found.map(|(organization, link)| (OrganizationId::from_uuid(organization), ReportLinkId::from_uuid(link))))
}
