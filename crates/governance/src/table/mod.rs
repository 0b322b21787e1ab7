//! Tenant tables whose rows are written many at a time, each change with its audit entry in the same transaction.
//!
//! A context describes its table once ([`Table`]) and gets the statements: save, update, remove, get, list.
//! Every statement begins with the tenant; a row of another organization is not found.

mod store;

use rookery_db::{Error, OrgTx};
use rookery_kernel::{Clock, Cursor, Finding, Limit, Page, Timestamp};
use serde::Serialize;
use sqlx::FromRow;
use sqlx::postgres::PgRow;
use uuid::Uuid;

/// Most rows of one statement.
pub const ROWS_MAX: usize = 1000;

/// What happens to a column when a row is saved whose key is known already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Again {
    /// The stored value stays; only [`update`] changes it.
    Keep,
    /// The new value replaces it.
    Take,
    /// It never changes after the row was made, not even by [`update`].
    Fixed,
}

/// A column: name, SQL type, and what happens when the row is saved again.
pub type Column = (&'static str, &'static str, Again);

/// A tenant table. `organization_id` goes without saying.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// `schema.table`.
    pub name: &'static str,
    /// All columns but `organization_id`; the first is `id`.
    pub columns: &'static [Column],
    /// The columns of the unique key that says which rows are the same thing.
    pub key: &'static [&'static str],
    /// The one column of the key that may be empty, for a unique key that takes empty for a value.
    pub key_may_lack: Option<&'static str>,
    /// Columns whose values never enter the audit log, because they are somebody's words or name.
    pub hidden: &'static [&'static str],
    /// The time that lists go by, newest first.
    pub at: &'static str,
}

/// A row of such a table: a structure whose fields are the columns.
pub trait Record: Serialize + for<'r> FromRow<'r, PgRow> + Clone + PartialEq + Send + Sync + Unpin + 'static {
    /// Its table.
    const TABLE: Table;

    /// The row.
    fn id(&self) -> Uuid;

    /// The time that lists go by.
    fn at(&self) -> Timestamp;

    /// All that stands against storing it.
    fn check(&self) -> Vec<Finding> {
        Vec::new()
    }

    /// All that stands against changing it so, besides [`Record::check`].
    fn check_change(&self, _next: &Self) -> Vec<Finding> {
        Vec::new()
    }
}

/// Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// Rows break rules: their place in what was given, and everything that is wrong with them.
    #[error("{} of the rows are not valid; correct what the findings name", .0.len())]
    Invalid(Vec<(usize, Vec<Finding>)>),
    /// No such row in this organization.
    #[error("there is no {1} with the id {0} in this organization")]
    NotFound(Uuid, &'static str),
    /// It names a row that this organization does not have, or that others still refer to.
    #[error("a row refers to something that is not there ({0}); save that first, and remove what refers to it first")]
    Reference(String),
    /// A key that another row has.
    #[error("another row has the same key ({0}); keys are unique within the organization")]
    Taken(String),
    /// A rule that the database holds and the findings did not name.
    #[error("a row breaks a rule of its table ({0}); correct the value that the rule is about")]
    Rule(String),
    /// The database.
    #[error(transparent)]
    Db(Error),
}

impl From<Error> for SaveError {
    fn from(error: Error) -> Self {
        use rookery_db::ConstraintKind::{Check, Exclusion, ForeignKey, NotNull, Unique};
        match error {
            Error::Constraint(violation) => match violation.kind {
                ForeignKey => Self::Reference(violation.name),
                Unique | Exclusion => Self::Taken(violation.name),
                Check | NotNull => Self::Rule(violation.name),
            },
            error => Self::Db(error),
        }
    }
}

/// Adds rows, or takes what is new about rows whose key is known. A row that would not change is not written and
/// leaves no entry. Of two rows with one key the later counts. Returns the rows as they are stored now, in the
/// order of the key.
///
/// # Errors
/// Nothing is stored if one row is not valid or refers to something that is not there.
pub async fn save<T: Record>(tx: &mut OrgTx, clock: &dyn Clock, rows: &[T]) -> Result<Vec<T>, SaveError> {
    valid(rows)?;
    let mut saved = Vec::with_capacity(rows.len());
    let rows = store::one_per_key(&T::TABLE, rows)?;
    for rows in rows.chunks(ROWS_MAX) {
        let before = store::by_key::<T>(tx, rows).await?;
        store::upsert(tx, &T::TABLE, rows).await?;
        let after = store::by_key::<T>(tx, rows).await?;
        // What stayed as it was takes no step.
        let changed: Vec<T> = after.iter().filter(|row| !before.contains(row)).cloned().collect();
        allowed(&before, &changed)?;
        store::audit(tx, clock, &before, &after).await?;
        saved.extend(after);
    }
    Ok(saved)
}

/// Replaces rows by id.
///
/// # Errors
/// Nothing is stored if a row is not found, is not valid, or may not change so.
pub async fn update<T: Record>(tx: &mut OrgTx, clock: &dyn Clock, rows: &[T]) -> Result<(), SaveError> {
    valid(rows)?;
    for rows in rows.chunks(ROWS_MAX) {
        let ids: Vec<Uuid> = rows.iter().map(Record::id).collect();
        let before = store::by_id::<T>(tx, &ids, true).await?;
        if let Some(id) = ids.iter().find(|id| !before.iter().any(|row| row.id() == **id)) {
            return Err(SaveError::NotFound(*id, T::TABLE.name));
        }
        allowed(&before, rows)?;
        store::update(tx, &T::TABLE, &store::values(rows)?).await?;
        let after = store::by_id::<T>(tx, &ids, false).await?;
        store::audit(tx, clock, &before, &after).await?;
    }
    Ok(())
}

/// Removes rows; ids that are not there are passed over. Returns how many went.
///
/// # Errors
/// [`SaveError::Reference`] if other rows still need one of them.
pub async fn remove<T: Record>(tx: &mut OrgTx, clock: &dyn Clock, ids: &[Uuid]) -> Result<usize, SaveError> {
    let before = store::by_id::<T>(tx, ids, true).await?;
    store::delete(tx, &T::TABLE, ids).await?;
    store::audit::<T>(tx, clock, &before, &[]).await?;
    Ok(before.len())
}

/// One row, or none in this organization.
///
/// # Errors
/// As the database says.
pub async fn get<T: Record>(tx: &mut OrgTx, id: Uuid) -> Result<Option<T>, Error> {
    Ok(store::by_id(tx, &[id], false).await?.into_iter().next())
}

/// One page, newest first.
///
/// # Errors
/// As the database says.
pub async fn list<T: Record>(tx: &mut OrgTx, after: Option<Cursor>, limit: Limit) -> Result<Page<T>, Error> {
    let rows = store::page::<T>(tx, after, limit).await?;
    Ok(Page::from_probe(rows, limit, |row| (row.at(), row.id())))
}

fn valid<T: Record>(rows: &[T]) -> Result<(), SaveError> {
    refused(rows.iter().map(Record::check))
}

fn allowed<T: Record>(before: &[T], next: &[T]) -> Result<(), SaveError> {
    refused(next.iter().map(|next| {
        before.iter().find(|row| row.id() == next.id()).map(|row| row.check_change(next)).unwrap_or_default()
    }))
}

fn refused(findings: impl Iterator<Item = Vec<Finding>>) -> Result<(), SaveError> {
    let faults: Vec<_> = findings.enumerate().filter(|(_, findings)| !findings.is_empty()).collect();
    if faults.is_empty() { Ok(()) } else { Err(SaveError::Invalid(faults)) }
}

/// A structure whose fields are the columns of a tenant table, with the table's description: per field the type,
/// the SQL type and what happens when the row is saved again.
#[macro_export]
macro_rules! record {
    (
        $(#[$doc:meta])*
        $name:ident in $table:literal, key [$($key:ident),+] $(may lack $lack:ident)?, hidden [$($hidden:ident),*], at $at:ident,
        check $check:expr, change $change:expr;
        $($(#[$fdoc:meta])* $field:ident: $type:ty = $sql:literal $again:ident),+ $(,)?
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, sqlx::FromRow)]
        pub struct $name {
            $($(#[$fdoc])* pub $field: $type),+
        }

        impl $crate::table::Record for $name {
            const TABLE: $crate::table::Table = $crate::table::Table {
                name: $table,
                columns: &[$((stringify!($field), $sql, $crate::table::Again::$again)),+],
                key: &[$(stringify!($key)),+],
                key_may_lack: $crate::record!(@lack $($lack)?),
                hidden: &[$(stringify!($hidden)),*],
                at: stringify!($at),
            };

            fn id(&self) -> uuid::Uuid {
                self.id.uuid()
            }

            fn at(&self) -> rookery_kernel::Timestamp {
                self.$at
            }

            fn check(&self) -> Vec<rookery_kernel::Finding> {
                ($check)(self)
            }

            fn check_change(&self, next: &Self) -> Vec<rookery_kernel::Finding> {
                ($change)(self, next)
            }
        }
    };
    (@lack) => { None };
    (@lack $lack:ident) => { Some(stringify!($lack)) };
}

/// For tables without rules of their own.
pub fn no_rule<T>(_row: &T) -> Vec<Finding> {
    Vec::new()
}

/// For tables whose rows may change in any way.
pub fn any_change<T>(_old: &T, _new: &T) -> Vec<Finding> {
    Vec::new()
}
