//! Tables as they leave the house: whole, in pages by key, so that no size of an organization needs more memory than a
//! page. The contexts own the statements; here is how they are asked.

use crate::{Error, OrgTx};

/// A table that an organization can take along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportTable {
    /// Its name in files and addresses.
    pub name: &'static str,
    /// What it holds, in words.
    pub what: &'static str,
    /// Its columns in order; each row names exactly these.
    pub columns: &'static [&'static str],
    /// The key before the first row.
    pub start: &'static [&'static str],
    /// Gives a page: the key (text[]) and the row as JSON (text), in the key's order. `$1` is the organization, `$2`
    /// the key (text[]) after which the page begins, `$3` the number of rows.
    pub statement: &'static str,
}

/// A row on its way out.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ExportRow {
    /// Its place.
    pub key: Vec<String>,
    /// A JSON object on one line.
    pub row: String,
}

impl ExportTable {
    /// The rows after a key, or the first ones; none at the end.
    ///
    /// # Errors
    /// As the database says.
    pub async fn page(&self, tx: &mut OrgTx, after: Option<&[String]>, rows: i64) -> Result<Vec<ExportRow>, Error> {
        let start: Vec<String> = self.start.iter().map(|part| (*part).to_owned()).collect();
        Ok(sqlx::query_as(self.statement)
            .bind(tx.organization_id().uuid())
            .bind(after.unwrap_or(&start))
            .bind(rows)
            .fetch_all(tx.conn())
            .await?)
    }
}
