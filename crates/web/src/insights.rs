//! What the API and the page about insights share: which brief is asked for, and making a draft of a recommendation.

use rookery_analytics::{ContentFormat, InsightFilter, Recommendation};
use rookery_identity::Caller;
use rookery_kernel::{Clock, Date, PostId, Zone};
use rookery_publishing::{Composition, NewPost, PostFormat, Schedule};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::app::App;
use crate::lens::{address, format, id, said, strict_day};
use crate::problem::Problem;

/// Which brief. An empty value is as good as none: forms send one for every field.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub(crate) struct BriefQuery {
    /// The day it is read on, `YYYY-MM-DD` and nothing else; today unless told. Its numbers end with the day before.
    pub date: Option<String>,
    /// Only accounts of this page group; `group` is understood too.
    #[serde(alias = "group")]
    pub group_id: Option<String>,
    /// `all`, `post` (everything but reels and stories), `reel`, `story`, `video`, `carousel`, `text`, `link`, `picture`.
    pub format: Option<String>,
}

/// Of which accounts and formats.
pub(crate) fn insight_filter(group: Option<&String>, format_word: Option<&String>) -> Result<InsightFilter, Problem> {
    Ok(InsightFilter { group: id("groupId", said(group))?, format: format(format_word)? })
}

impl BriefQuery {
    /// The day, if one is named.
    pub(crate) fn day(&self) -> Result<Option<Date>, Problem> {
        strict_day("date", said(self.date.as_ref()))
    }

    /// Of which accounts and formats.
    pub(crate) fn filter(&self) -> Result<InsightFilter, Problem> {
        insight_filter(self.group_id.as_ref(), self.format.as_ref())
    }

    /// What it says, as names and values of an address.
    pub(crate) fn words(&self) -> Vec<(&'static str, &str)> {
        let fields = [("date", &self.date), ("groupId", &self.group_id), ("format", &self.format)];
        fields.into_iter().filter_map(|(name, field)| Some((name, said(field.as_ref())?))).collect()
    }
}

/// An accepted recommendation and its draft.
pub(crate) struct Accepted {
    pub recommendation: Recommendation,
    pub post: PostId,
    /// False: somebody had accepted it before, and this is the draft of then.
    pub is_new: bool,
}

impl Accepted {
    /// The draft, open in the form, with the suggested time filled in if it is still to come.
    pub(crate) fn place(&self, zone: &Zone, clock: &dyn Clock) -> String {
        let post = self.post.to_string();
        let at = self.recommendation.action.at.filter(|at| *at > clock.now());
        let at = at.map(|at| zone.local(at).strftime("%Y-%m-%dT%H:%M").to_string());
        let mut words = vec![("post", post.as_str())];
        words.extend(at.as_deref().map(|at| ("at", at)));
        address("/compose", &words)
    }
}

/// Makes the draft of a recommendation, in the transaction that notes it: analytics says what to begin with, publishing
/// makes the draft as any other.
pub(crate) async fn accept(app: &App, caller: &Caller, id: Uuid) -> Result<Accepted, Problem> {
    let scope = &caller.scope;
    let accounts = app.accounts.list(scope).await?;
    let rules = app.accounts.all_rules().await?;
    let mut tx = app.db.org(scope).await?;
    let claimed = app.analytics.claim_recommendation(&mut tx, id).await?;
    if let Some(post) = claimed.post_id {
        return Ok(Accepted { recommendation: claimed, post, is_new: false });
    }
    let action = &claimed.action;
    // The account may have been disconnected since.
    let account_ids =
        action.integration_id.into_iter().filter(|id| accounts.iter().any(|account| account.id == *id)).collect();
    let new = NewPost {
        content: action.text.clone(),
        title: Some(claimed.title.chars().take(255).collect()),
        account_ids,
        schedule: Schedule::Draft,
        timezone: caller.organization.timezone.clone(),
        composition: Composition {
            format: action.format.map_or_else(PostFormat::default, shape),
            ..Composition::default()
        },
    };
    let detail = app.publishing.create_draft_in(&mut tx, &rules, new).await?;
    let post = detail.post.id;
    let recommendation = app.analytics.accept_recommendation(&mut tx, &claimed, post).await?;
    tx.commit().await?;
    Ok(Accepted { recommendation, post, is_new: true })
}

/// How our posts call a format that was seen. What the media alone decide is an ordinary post.
const fn shape(format: ContentFormat) -> PostFormat {
    match format {
        ContentFormat::Reel => PostFormat::Reel,
        ContentFormat::Story => PostFormat::Story,
        ContentFormat::Carousel => PostFormat::Carousel,
        ContentFormat::Post | ContentFormat::Video | ContentFormat::Text | ContentFormat::Link => PostFormat::Post,
    }
}
