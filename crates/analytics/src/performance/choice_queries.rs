//! The statements behind menus and behind everything that a filter lets through.

use rookery_db::{Error, OrgTx};
use rookery_kernel::{ContentId, Date, Zone};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::choice::MenuTag;
use super::ops::NamedTag;
use super::queries::{Cohort, push_published};
use super::table::ContentQuery;
use crate::kinds::TagType;
use crate::kpi::Range;

/// The tags that matter: those of people, those with rules, and of the other words the `words` most used in content
/// published in the months of the range; and `chosen`, whatever it is. Also how many tags there are besides.
pub(super) async fn menu_tags(
    tx: &mut OrgTx,
    range: Range,
    words: i64,
    chosen: Option<Uuid>,
) -> Result<(Vec<MenuTag>, usize), Error> {
    let organization = tx.organization_id();
    let rows = sqlx::query!(
        r#"select m.id as "id!", m.name as "name!", m.kind as "kind!: TagType", m.color, m.has_rules as "has_rules!",
                  m.tags as "tags!"
           from (select k.*, count(*) over () as tags,
                        row_number() over (partition by k.kind, k.has_rules order by k.uses desc, k.name, k.id) as place
                 from (select t.id, coalesce(t.label, t.key) as name, t.type as kind, t.color,
                              exists (select from analytics.tag_rules r
                                      where r.organization_id = $1 and r.tag_id = t.id) as has_rules,
                              (select coalesce(sum(s.new_content_count), 0) from analytics.monthly_rollups s
                               where s.organization_id = $1 and s.scope_id = t.id and s.format = 'all'
                                 and s.month >= date_trunc('month', $2::date::timestamp)::date and s.month <= $3) as uses
                       from analytics.tags t
                       where t.organization_id = $1 and t.deleted_at is null) k) m
           where m.kind = 'manual' or m.has_rules or m.place <= $4 or m.id = $5
           order by m.kind = 'manual' desc, m.has_rules desc, lower(m.name), m.id"#,
        organization.uuid(),
        range.from as Date,
        range.to as Date,
        words,
        chosen,
    )
    .fetch_all(tx.conn())
    .await?;
    let there = rows.first().map_or(0, |row| usize::try_from(row.tags).unwrap_or(usize::MAX));
    let others = there.saturating_sub(rows.len());
    let tag = |id, name, kind, color| NamedTag { id, name, kind, color };
    let tags = rows
        .into_iter()
        .map(|row| MenuTag { tag: tag(row.id, row.name, row.kind, row.color), has_rules: row.has_rules });
    Ok((tags.collect(), others))
}

/// All that a query lets through, at most so many.
pub(super) async fn matching(
    tx: &mut OrgTx,
    query: &ContentQuery,
    of: &Cohort<'_>,
    zone: &Zone,
    most: i64,
) -> Result<Vec<ContentId>, Error> {
    let organization = tx.organization_id().uuid();
    let mut sql = QueryBuilder::new("select c.id from analytics.content c where c.organization_id = ");
    sql.push_bind(organization);
    push_published(organization, query, of, zone, &mut sql);
    sql.push(" order by c.published_at desc, c.content_key desc limit ").push_bind(most);
    let ids: Vec<Uuid> = sql.build_query_scalar().fetch_all(tx.conn()).await?;
    Ok(ids.into_iter().map(ContentId::from_uuid).collect())
}

/// How much a query lets through, counted up to so many.
pub(super) async fn count_matching(
    tx: &mut OrgTx,
    query: &ContentQuery,
    of: &Cohort<'_>,
    zone: &Zone,
    most: i64,
) -> Result<i64, Error> {
    let organization = tx.organization_id().uuid();
    let mut sql = QueryBuilder::new("select count(*) from (select from analytics.content c where c.organization_id = ");
    sql.push_bind(organization);
    push_published(organization, query, of, zone, &mut sql);
    sql.push(" limit ").push_bind(most).push(") found");
    Ok(sql.build_query_scalar().fetch_one(tx.conn()).await?)
}
