//! Notes on days, written and taken away below the chart.

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use rookery_kernel::{AnnotationId, Date};
use serde::Deserialize;

use super::super::back;
use crate::app::App;
use crate::extract::{Draft, Path, Visitor};
use crate::problem::Problem;

#[derive(Debug, Deserialize)]
pub(crate) struct NoteForm {
    date: Option<String>,
    text: Option<String>,
    #[serde(default)]
    back: String,
}

/// Back to a page about numbers, and nowhere else.
fn place(to: &str) -> &str {
    if to.starts_with("/performance") { to } else { "/performance" }
}

/// Writes a note.
pub(crate) async fn add(State(app): State<App>, Visitor(may): Visitor<Draft>, Form(form): Form<NoteForm>) -> Response {
    let outcome = async {
        let text = form.date.as_deref().unwrap_or_default();
        let date: Date = text.parse().map_err(|_| Problem::bad_request("A note needs a day."))?;
        app.analytics.annotate(may.scope(), date, form.text.as_deref().unwrap_or_default()).await?;
        Ok::<_, Problem>("The note is on the chart.")
    };
    back(place(&form.back), outcome.await)
}

#[derive(Debug, Deserialize)]
pub(crate) struct RemoveForm {
    #[serde(default)]
    back: String,
}

/// Takes a note away.
pub(crate) async fn remove(
    State(app): State<App>,
    Visitor(may): Visitor<Draft>,
    Path(id): Path<AnnotationId>,
    Form(form): Form<RemoveForm>,
) -> Response {
    let outcome = app.analytics.remove_annotation(may.scope(), id).await;
    back(place(&form.back), outcome.map(|()| "The note is gone.").map_err(Problem::from))
}
