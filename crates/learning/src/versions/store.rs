//! The statements on versions of weights.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{Limit, SegmentWeightId, Timestamp};
use uuid::Uuid;

use crate::records::SegmentWeight;
use crate::validation::Weights;

/// Keeps the weights as versions, except those that equal their segment's newest. `ids` are the new versions' ids,
/// in the order of `rows`.
pub(crate) async fn keep(tx: &mut OrgTx, ids: &[Uuid], rows: &[SegmentWeight], now: Timestamp) -> Result<(), Error> {
    let organization = tx.organization_id();
    let segments: Vec<Uuid> = rows.iter().map(|row| row.id.uuid()).collect();
    sqlx::query(
        "insert into learning.segmented_weight_versions as v
             (organization_id, id, segment_weight_id, sss_weight, ars_weight, evs_weight, trs_weight, sss_ars_weight,
              evs_trs_weight, sample_size, performance, valid_from, created_at)
         select o.organization_id, u.id, w.id, w.sss_weight, w.ars_weight, w.evs_weight, w.trs_weight,
                w.sss_ars_weight, w.evs_trs_weight, w.sample_size, w.performance, $4, $4
         from identity.organizations o
              cross join unnest($2::uuid[], $3::uuid[]) as u (id, segment)
              join learning.segmented_weights w on w.organization_id = o.organization_id and w.id = u.segment
              left join lateral (
                  select sss_weight, ars_weight, evs_weight, trs_weight, sss_ars_weight, evs_trs_weight
                  from learning.segmented_weight_versions
                  where organization_id = o.organization_id and segment_weight_id = w.id
                  order by valid_from desc limit 1) old on true
         where o.organization_id = $1
           and (w.sss_weight, w.ars_weight, w.evs_weight, w.trs_weight, w.sss_ars_weight, w.evs_trs_weight)
               is distinct from (old.sss_weight, old.ars_weight, old.evs_weight, old.trs_weight, old.sss_ars_weight,
                                 old.evs_trs_weight)
         on conflict (organization_id, segment_weight_id, valid_from) do update set
             sss_weight = excluded.sss_weight, ars_weight = excluded.ars_weight, evs_weight = excluded.evs_weight,
             trs_weight = excluded.trs_weight, sss_ars_weight = excluded.sss_ars_weight,
             evs_trs_weight = excluded.evs_trs_weight, sample_size = excluded.sample_size,
             performance = excluded.performance",
    )
    .bind(organization.uuid())
    .bind(ids)
    .bind(&segments)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The versions of one segment, newest first.
pub(crate) async fn list(tx: &mut OrgTx, segment: SegmentWeightId, limit: Limit) -> Result<Vec<Weights>, Error> {
    let organization = tx.organization_id();
    Ok(sqlx::query_as(
        "select sss_weight as sss, ars_weight as ars, evs_weight as evs, trs_weight as trs,
                sss_ars_weight as sss_ars, evs_trs_weight as evs_trs
         from learning.segmented_weight_versions
         where organization_id = $1 and segment_weight_id = $2
         order by valid_from desc limit $3",
    )
    .bind(organization.uuid())
    .bind(segment.uuid())
    .bind(limit.probe() - 1)
    .fetch_all(tx.conn())
    .await?)
}
