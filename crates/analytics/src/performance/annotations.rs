//! Notes on charts: what else happened on a day.

use rookery_governance::audit::{self, Changes};
use rookery_kernel::{AnnotationId, Date, Scope, Timestamp, UserId};
use tracing::instrument;

use super::queries;
use crate::Analytics;
use crate::kpi::Range;

/// Longest note, in characters: one line of a tooltip.
pub const ANNOTATION_MAX: usize = 200;

const TABLE: &str = "analytics.annotations";

/// A note on a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    /// Its id.
    pub id: AnnotationId,
    /// The day.
    pub date: Date,
    /// What happened.
    pub text: String,
    /// Who wrote it; `None` is a program.
    pub created_by: Option<UserId>,
    /// When.
    pub created_at: Timestamp,
}

/// A note that was not kept.
#[derive(Debug, thiserror::Error)]
pub enum AnnotationError {
    /// It says nothing.
    #[error("a note needs a text")]
    Empty,
    /// It is too long.
    #[error("a note has at most {ANNOTATION_MAX} characters; this one has {0}")]
    TooLong(usize),
    /// There is no such note here.
    #[error("there is no such note")]
    NotFound(AnnotationId),
    /// The database did not do it.
    #[error("the database did not do it")]
    Db(#[from] rookery_db::Error),
}

impl Analytics {
    /// The notes of a range, oldest first; at most 500.
    ///
    /// # Errors
    /// [`AnnotationError::Db`].
    pub async fn annotations(&self, scope: &Scope, range: Range) -> Result<Vec<Annotation>, AnnotationError> {
        let mut tx = self.db.org(scope).await?;
        Ok(queries::annotations(&mut tx, range).await?)
    }

    /// Writes a note on a day.
    ///
    /// # Errors
    /// [`AnnotationError`].
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, %date))]
    pub async fn annotate(&self, scope: &Scope, date: Date, text: &str) -> Result<Annotation, AnnotationError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(AnnotationError::Empty);
        }
        let length = text.chars().count();
        if length > ANNOTATION_MAX {
            return Err(AnnotationError::TooLong(length));
        }
        let note = Annotation {
            id: AnnotationId::generate(&*self.ids),
            date,
            text: text.to_owned(),
            created_by: scope.actor.user_id(),
            created_at: self.clock.now(),
        };
        let mut tx = self.db.org(scope).await?;
        queries::annotate(&mut tx, &note).await?;
        let changes = Changes::new().new_value("date", note.date).new_value("text", &note.text);
        self.note_annotation(&mut tx, note.id, "insert", changes).await?;
        tx.commit().await?;
        Ok(note)
    }

    /// Deletes a note.
    ///
    /// # Errors
    /// [`AnnotationError::NotFound`] in this organization.
    #[instrument(skip_all, err, fields(organization = %scope.organization_id, note = %id))]
    pub async fn remove_annotation(&self, scope: &Scope, id: AnnotationId) -> Result<(), AnnotationError> {
        let mut tx = self.db.org(scope).await?;
        let removed = queries::remove_annotation(&mut tx, id).await?;
        let (date, text) = removed.ok_or(AnnotationError::NotFound(id))?;
        let changes = Changes::new().set("date", date, None::<Date>).set("text", text, None::<String>);
        self.note_annotation(&mut tx, id, "delete", changes).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn note_annotation(
        &self,
        tx: &mut rookery_db::OrgTx,
        id: AnnotationId,
        action: &str,
        changes: Changes,
    ) -> Result<(), rookery_db::Error> {
        let entry =
            audit::Entry { action, resource: TABLE, resource_id: Some(id.to_string()), changes: changes.into() };
        audit::record(tx, &*self.clock, &[entry]).await
    }
}
