//! The statements on slots.

use std::collections::BTreeMap;

use rookery_db::{Error, OrgTx};
use rookery_kernel::{AccountId, Timestamp};
use uuid::Uuid;

use super::{PostingSlot, WeeklyTime};

/// Nobody else fills or changes the queues of these accounts until the transaction ends. Taken in the order of the
/// ids, after the lock of a post.
pub(crate) async fn lock_queues(tx: &mut OrgTx, accounts: &[AccountId]) -> Result<(), Error> {
    let mut ids: Vec<Uuid> = accounts.iter().map(|account| account.uuid()).collect();
    ids.sort_unstable();
    sqlx::query(
        "select pg_advisory_xact_lock(hashtextextended('queue ' || a.id::text, 0))
         from (select id from unnest($1::uuid[]) as u (id) order by id) a",
    )
    .bind(&ids)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The slots of all accounts, in the week's order.
pub(crate) async fn all(tx: &mut OrgTx) -> Result<BTreeMap<AccountId, Vec<PostingSlot>>, Error> {
    let rows: Vec<(AccountId, i16, i16, bool)> = sqlx::query_as(
        "select social_account_id, weekday, minute_of_day, is_paused from publishing.posting_slots
         where organization_id = $1 order by weekday, minute_of_day",
    )
    .bind(tx.organization_id().uuid())
    .fetch_all(tx.conn())
    .await?;
    let mut slots: BTreeMap<AccountId, Vec<PostingSlot>> = BTreeMap::new();
    for (account, weekday, minute, is_paused) in rows {
        // The table's checks hold both.
        let time = u8::try_from(weekday).ok().zip(u16::try_from(minute).ok());
        if let Some(time) = time.and_then(|(weekday, minute)| WeeklyTime::new(weekday, minute)) {
            slots.entry(account).or_default().push(PostingSlot { time, is_paused });
        }
    }
    Ok(slots)
}

/// Gives an account exactly these slots; `ids` has one for each.
pub(super) async fn replace(
    tx: &mut OrgTx,
    account: AccountId,
    slots: &[PostingSlot],
    ids: &[Uuid],
    now: Timestamp,
) -> Result<(), Error> {
    let weekdays: Vec<i16> = slots.iter().map(|slot| i16::from(slot.time.weekday)).collect();
    let minutes: Vec<i32> = slots.iter().map(|slot| i32::from(slot.time.minute)).collect();
    let paused: Vec<bool> = slots.iter().map(|slot| slot.is_paused).collect();
    sqlx::query(
        "delete from publishing.posting_slots s
         where s.organization_id = $1 and s.social_account_id = $2
           and (s.weekday, s.minute_of_day) not in
               (select u.weekday, u.minute_of_day from unnest($3::smallint[], $4::integer[]) as u (weekday, minute_of_day))",
    )
    .bind(tx.organization_id().uuid())
    .bind(account.uuid())
    .bind(&weekdays)
    .bind(&minutes)
    .execute(tx.conn())
    .await?;
    sqlx::query(
        "insert into publishing.posting_slots
            (organization_id, id, social_account_id, weekday, minute_of_day, is_paused, created_at, updated_at)
         select o.organization_id, u.id, $2, u.weekday, u.minute_of_day, u.is_paused, $7, $7
         from identity.organizations o
              cross join unnest($3::uuid[], $4::smallint[], $5::integer[], $6::boolean[])
                  as u (id, weekday, minute_of_day, is_paused)
         where o.organization_id = $1
         on conflict (organization_id, social_account_id, weekday, minute_of_day)
            do update set is_paused = excluded.is_paused, updated_at = excluded.updated_at
            where posting_slots.is_paused <> excluded.is_paused",
    )
    .bind(tx.organization_id().uuid())
    .bind(account.uuid())
    .bind(ids)
    .bind(&weekdays)
    .bind(&minutes)
    .bind(&paused)
    .bind(now)
    .execute(tx.conn())
    .await?;
    Ok(())
}
