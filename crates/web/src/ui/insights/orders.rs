//! What the page's buttons do.

use axum::Form;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

use super::super::back;
use crate::app::App;
use crate::extract::{Draft, Path, Query, Visitor};
use crate::insights::{self, BriefQuery};
use crate::lens::address;
use crate::problem::Problem;

/// Where a form came from.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Origin {
    #[serde(default)]
    back: String,
}

/// Back to the page about insights, and nowhere else.
fn place(to: &str) -> &str {
    if to == "/insights" || to.starts_with("/insights?") { to } else { "/insights" }
}

/// Makes a draft of a recommendation and opens it.
pub(crate) async fn accept(
    State(app): State<App>,
    Visitor(may): Visitor<Draft>,
    Path(id): Path<Uuid>,
    Form(form): Form<Origin>,
) -> Response {
    match insights::accept(&app, &may.caller, id).await {
        Ok(accepted) => {
            let to = accepted.place(&may.caller.organization.timezone, &*app.clock);
            let said = if accepted.is_new {
                "The recommendation is a draft now. Write on; nothing goes out by itself."
            } else {
                "This recommendation was accepted before; here is its draft."
            };
            back(&to, Ok(said))
        }
        Err(problem) => back(place(&form.back), Err(problem)),
    }
}

/// Against a recommendation.
#[derive(Debug, Deserialize)]
pub(crate) struct Against {
    reason: Option<String>,
    #[serde(default)]
    back: String,
}

/// Decides against a recommendation.
pub(crate) async fn dismiss(
    State(app): State<App>,
    Visitor(may): Visitor<Draft>,
    Path(id): Path<Uuid>,
    Form(form): Form<Against>,
) -> Response {
    let done = app.analytics.dismiss_recommendation(may.scope(), id, form.reason.as_deref()).await;
    back(place(&form.back), done.map(|_| "Dismissed. It can be taken back below.").map_err(Problem::from))
}

/// Takes a dismissal back.
pub(crate) async fn restore(
    State(app): State<App>,
    Visitor(may): Visitor<Draft>,
    Path(id): Path<Uuid>,
    Form(form): Form<Origin>,
) -> Response {
    let done = app.analytics.restore_recommendation(may.scope(), id).await;
    back(place(&form.back), done.map(|_| "The recommendation is open again.").map_err(Problem::from))
}

/// Marks an alert as read, for everybody.
pub(crate) async fn read(
    State(app): State<App>,
    Visitor(may): Visitor<Draft>,
    Path(id): Path<Uuid>,
    Form(form): Form<Origin>,
) -> Response {
    let done = app.analytics.read_alert(may.scope(), id).await;
    back(place(&form.back), done.map(|()| "Marked as read.").map_err(Problem::from))
}

/// Marks all alerts as read, for everybody.
pub(crate) async fn read_all(
    State(app): State<App>,
    Visitor(may): Visitor<Draft>,
    Form(form): Form<Origin>,
) -> Response {
    let done = app.analytics.read_all_alerts(may.scope()).await;
    back(place(&form.back), done.map(|_| "All alerts are marked as read.").map_err(Problem::from))
}

/// Computes the brief in the address anew.
pub(crate) async fn compute(
    State(app): State<App>,
    Visitor(may): Visitor<Draft>,
    Query(query): Query<BriefQuery>,
) -> Response {
    let outcome = async {
        app.analytics.compute_brief(may.scope(), query.day()?, query.filter()?).await?;
        Ok::<_, Problem>("The brief was computed anew.")
    };
    let outcome = outcome.await;
    back(&address("/insights", &query.words()), outcome)
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn buttons_lead_back_to_the_page_and_nowhere_else() {
        assert_eq!(place("/insights?date=2026-03-09"), "/insights?date=2026-03-09");
        for other in ["", "https://evil.example", "//evil.example", "/insights.evil", "/accounts"] {
            assert_eq!(place(other), "/insights", "{other}");
        }
    }
}
