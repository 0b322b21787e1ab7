//! The organization's decisions about publishing. They stand in the organization's own row, which
//! every transaction may read: the claim reads them under the same snapshot as the rest.

use rookery_db::{Error, OrgTx};
use rookery_kernel::Timestamp;

use super::{House, PAUSED_AT};

/// The decisions of the transaction's organization.
pub(crate) async fn read(tx: &mut OrgTx) -> Result<House, Error> {
    let organization = tx.organization_id();
    let row = sqlx::query!(
        "select review_required, settings from identity.organizations where organization_id = $1",
        organization.uuid(),
    )
    .fetch_one(tx.conn())
    .await?;
    Ok(House::from_settings(row.review_required, &row.settings))
}

/// Stops or resumes publishing.
pub(crate) async fn write_paused(tx: &mut OrgTx, paused_at: Option<Timestamp>, now: Timestamp) -> Result<(), Error> {
    let organization = tx.organization_id();
    sqlx::query!(
        "update identity.organizations set
             settings = case when $3::text is null then settings - $2::text
                             else settings || jsonb_build_object($2::text, $3::text) end,
             updated_at = $4
         where organization_id = $1",
        organization.uuid(),
        PAUSED_AT,
        paused_at.map(|at| at.to_string()),
        now as _,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
