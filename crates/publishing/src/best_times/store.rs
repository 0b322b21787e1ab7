//! The statements on best times.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{IdGen, Platform, Timestamp, Zone};
use uuid::Uuid;

use super::score::{BestTime, CONFIDENCE_MIN};
use super::{GoodHour, OwnHours};

/// Puts a computed table in the place of the one before, in one statement; how many hours stand there now.
///
/// # Errors
/// The database's.
pub async fn replace(
    tx: &mut OrgTx,
    ids: &dyn IdGen,
    zone: &Zone,
    times: &[BestTime],
    now: Timestamp,
) -> Result<usize, Error> {
    let organization = tx.organization_id();
    let new_ids: Vec<Uuid> = times.iter().map(|_| ids.uuid()).collect();
    let platforms: Vec<String> = times.iter().map(|t| t.platform.label().to_owned()).collect();
    let weekdays: Vec<i16> = times.iter().map(|t| i16::from(t.weekday)).collect();
    let hours: Vec<i16> = times.iter().map(|t| i16::from(t.hour)).collect();
    let column = |f: fn(&BestTime) -> f64| -> Vec<f64> { times.iter().map(f).collect() };
    let samples: Vec<i32> = times.iter().map(|t| i32::try_from(t.samples).unwrap_or(i32::MAX)).collect();
    sqlx::query!(
        "with input as materialized (
             select u.id, u.platform::accounts.platform as platform, u.weekday, u.hour, u.score, u.engagement, u.reach, u.clicks,
                    u.samples, u.confidence
             from unnest($3::uuid[], $4::text[], $5::smallint[], $6::smallint[], $7::double precision[], $8::double precision[],
                         $9::double precision[], $10::double precision[], $11::integer[], $12::double precision[])
                      as u (id, platform, weekday, hour, score, engagement, reach, clicks, samples, confidence)
         ), gone as (
             delete from publishing.optimal_posting_times t
             where t.organization_id = $1
               and not exists (select from input i
                               where i.platform = t.platform and i.weekday = t.day_of_week and i.hour = t.hour
                                 and t.timezone = $2)
         )
         insert into publishing.optimal_posting_times as t
             (organization_id, id, platform, day_of_week, hour, timezone, score, avg_engagement, avg_reach, avg_clicks,
              sample_size, confidence, last_analyzed_at, created_at, updated_at)
         select $1, i.id, i.platform, i.weekday, i.hour, $2, i.score::numeric, i.engagement, i.reach, i.clicks, i.samples,
                i.confidence::numeric, $13, $13, $13
         from input i
         order by i.platform, i.weekday, i.hour
         on conflict (organization_id, platform, day_of_week, hour, timezone) do update set
             score = excluded.score, avg_engagement = excluded.avg_engagement, avg_reach = excluded.avg_reach,
             avg_clicks = excluded.avg_clicks, sample_size = excluded.sample_size, confidence = excluded.confidence,
             last_analyzed_at = excluded.last_analyzed_at, updated_at = excluded.updated_at",
        organization.uuid(),
        zone.name(),
        &new_ids,
        &platforms,
        &weekdays,
        &hours,
        &column(|t| t.score),
        &column(|t| t.engagement),
        &column(|t| t.reach),
        &column(|t| t.clicks),
        &samples,
        &column(|t| t.confidence),
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(times.len())
}

/// The organization's own good hours: computed for its zone, with enough confidence, and better than its posts do on the
/// whole.
pub(crate) async fn good(tx: &mut OrgTx, zone: &Zone) -> Result<OwnHours, Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"select platform as "platform: Platform", day_of_week, hour, sample_size
           from publishing.optimal_posting_times
           where organization_id = $1 and timezone = $2 and confidence::double precision >= $3 and score > 0.5"#,
        organization.uuid(),
        zone.name(),
        CONFIDENCE_MIN,
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(OwnHours::of(rows.into_iter().map(|row| GoodHour {
        platform: row.platform,
        weekday: u8::try_from(row.day_of_week).unwrap_or(0),
        hour: u8::try_from(row.hour).unwrap_or(0),
        posts: row.sample_size.unsigned_abs(),
    })))
}
