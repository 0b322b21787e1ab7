//! What every page shows above its content and beside its rail, whatever the page is about: publishing is stopped, or
//! posts are due and nobody takes them. Collected when a visitor is let in, read when the frame is drawn.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use rookery_identity::{Caller, Right};

use super::format::moment;
use crate::app::App;

/// A sentence above every page.
#[derive(Debug, Clone)]
pub(crate) struct Banner {
    pub tone: &'static str,
    pub text: String,
}

/// What was collected for one request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Collected {
    pub banners: Vec<Banner>,
    /// Reviews that wait for the visitor.
    pub reviews: usize,
    /// Alerts that nobody of the organization has read.
    pub alerts: i64,
}

tokio::task_local! {
    static COLLECTED: Arc<Mutex<Collected>>;
}

/// Gives each request a place for what is collected.
pub(crate) async fn around(request: Request, next: Next) -> Response {
    COLLECTED.scope(Arc::default(), next.run(request)).await
}

/// What was collected; nothing outside a request for a page.
pub(crate) fn collected() -> Collected {
    COLLECTED.try_with(|place| place.lock().unwrap_or_else(PoisonError::into_inner).clone()).unwrap_or_default()
}

/// Looks for what the visitor has to know. A database that does not answer must not keep the page from saying so itself.
pub(crate) async fn collect(app: &App, caller: &Caller) {
    let zone = &caller.organization.timezone;
    let mut found = Collected::default();
    match app.publishing.instance_pause().await {
        Ok(Some(pause)) => {
            let why = pause.reason.map(|r| format!(" Reason: {r}.")).unwrap_or_default();
            let text = format!(
                "Publishing is stopped for the whole installation since {}.{why} What is due waits; nothing is lost.",
                moment(pause.since, zone)
            );
            found.banners.push(Banner { tone: "warn", text });
        }
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "the switch of the installation could not be read"),
    }
    if let Some(since) = caller.organization.settings.publishing_paused_at {
        let text = format!(
            "Publishing is stopped for {} since {}. What is due waits until somebody resumes it.",
            caller.organization.name,
            moment(since, zone)
        );
        found.banners.push(Banner { tone: "warn", text });
    }
    match app.publishing.overdue_list(&caller.scope).await {
        Ok(list) => {
            if let Some(first) = list.first() {
                let count = list.len();
                let what = if count == 1 { "1 post is".to_owned() } else { format!("{count} posts are") };
                let text = format!(
                    "{what} due and nobody takes them, the first since {}. Most likely no worker runs on the server.",
                    moment(first.since, zone)
                );
                found.banners.push(Banner { tone: "bad", text });
            }
        }
        Err(error) => tracing::warn!(%error, "the watchdog could not look"),
    }
    match app.publishing.reviews_waiting_for(&caller.scope, caller.allows(Right::Review)).await {
        Ok(count) => found.reviews = count,
        Err(error) => tracing::warn!(%error, "the reviews that wait could not be counted"),
    }
    match app.analytics.unread_alerts(&caller.scope).await {
        Ok(count) => found.alerts = count,
        Err(error) => tracing::warn!(%error, "the unread alerts could not be counted"),
    }
    let _ = COLLECTED.try_with(|place| *place.lock().unwrap_or_else(PoisonError::into_inner) = found);
}
