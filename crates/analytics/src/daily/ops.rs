//! Numbers that do not come from a connector.

use rookery_db::Error;
use rookery_kernel::Scope;

use super::model::DailyReading;
use super::store::Row;
use crate::Analytics;

impl Analytics {
    /// Stores numbers of known items by the rules of collected ones, all or none; `source` says where they come from.
    /// How many rows were new or changed. After the last of them [`Analytics::plan_roll_up`] brings the sums up to date.
    ///
    /// # Errors
    /// As the database says.
    pub async fn store_readings(&self, scope: &Scope, source: &str, readings: Vec<DailyReading>) -> Result<u64, Error> {
        let fetched_at = self.clock.now();
        let rows = readings.into_iter().map(|reading| Row {
            account: reading.account,
            date: reading.date,
            is_partial: false,
            fetched_at,
            source_version: source.to_owned(),
            is_first: false,
            overwrites: false,
            reading: reading.into(),
        });
        Ok(self.writer.write(scope, rows.collect()).await?.rows)
    }
}
