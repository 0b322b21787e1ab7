//! Tags for many items at once: chosen in the list, counted, confirmed, and undone if it was a mistake.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use rookery_analytics::{TAG_CHANGE_ITEMS_MAX, TagType};
use rookery_identity::Right;
use rookery_kernel::{ContentId, TagChangeId, TagId};

use super::super::format::{number, plural};
use super::super::shell::{Flash, Shell};
use super::super::{PageResult, back, render};
use super::{Wish, query};
use crate::app::App;
use crate::extract::{Draft, May, Need, Visitor};
use crate::lens::{Lens, address};
use crate::problem::Problem;

/// What somebody chose.
#[derive(Debug, Default)]
struct Chosen {
    items: Vec<ContentId>,
    /// All that the filter lets through.
    is_all: bool,
    /// The words of the list's address.
    words: String,
    tag: Option<TagId>,
    /// The name of a new tag.
    label: Option<String>,
    is_added: bool,
}

impl Chosen {
    fn of(fields: &[(String, String)]) -> Result<Self, Problem> {
        let value = |name: &str| fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim());
        let items = fields.iter().filter(|(key, _)| key == "item").map(|(_, id)| id.parse::<ContentId>());
        let items: Vec<ContentId> = items.collect::<Result<_, _>>().map_err(|_| Problem::not_found("content"))?;
        let tag = Some(value("tag")).filter(|id| !id.is_empty());
        let chosen = Self {
            items,
            is_all: !value("all").is_empty(),
            words: value("query").to_owned(),
            tag: tag.map(str::parse).transpose().map_err(|_| Problem::not_found("tag"))?,
            label: Some(value("label").to_owned()).filter(|label| !label.is_empty()),
            is_added: value("do") != "remove",
        };
        match (&chosen.tag, &chosen.label) {
            _ if chosen.items.is_empty() && !chosen.is_all => {
                Err(Problem::bad_request("Choose at least one item first."))
            }
            (None, None) => Err(Problem::bad_request("Choose a tag, or name a new one.")),
            (Some(_), Some(_)) => Err(Problem::bad_request("Choose a tag or name a new one, not both.")),
            (None, Some(_)) if !chosen.is_added => {
                Err(Problem::bad_request("A new tag is on nothing yet; choose the tag to take off."))
            }
            _ => Ok(chosen),
        }
    }

    /// Where it was chosen.
    fn place(&self) -> String {
        list(&self.words)
    }

    /// The items, and those of the filter looked up now.
    async fn content<N: Need>(&self, app: &App, may: &May<N>) -> Result<Vec<ContentId>, Problem> {
        if !self.is_all {
            return Ok(self.items.clone());
        }
        let wrong = || Problem::bad_request("The list's filter cannot be read; choose the items again.");
        let uri: Uri = format!("/?{}", self.words).parse().map_err(|_| wrong())?;
        let lens = axum::extract::Query::<Lens>::try_from_uri(&uri).map_err(|_| wrong())?.0;
        let wish = axum::extract::Query::<Wish>::try_from_uri(&uri).map_err(|_| wrong())?.0;
        let query = query(app, &may.caller.organization.timezone, &lens, &wish)?;
        let zone = &may.caller.organization.timezone;
        let most = TAG_CHANGE_ITEMS_MAX + 1;
        let found = app.analytics.matching_content(may.scope(), zone, &query, most).await?;
        if found.len() == most {
            let most = count(TAG_CHANGE_ITEMS_MAX);
            return Err(Problem::bad_request(format!("More than {most} items match. Narrow the filter.")));
        }
        Ok(found)
    }
}

fn count(n: usize) -> String {
    number(i64::try_from(n).unwrap_or(i64::MAX))
}

fn items(n: u64) -> String {
    plural(i64::try_from(n).unwrap_or(i64::MAX), "item", "items")
}

/// The list, as these words of its address say.
fn list(words: &str) -> String {
    if words.is_empty() { "/content".to_owned() } else { format!("/content?{words}") }
}

#[derive(Template)]
#[template(path = "content_tags.html")]
struct Confirm {
    shell: Shell,
    place: String,
    question: String,
    explained: String,
    button: Option<String>,
    is_new: bool,
    fields: Vec<(&'static str, String)>,
}

/// Says what would change, with the number.
pub(crate) async fn ask(
    State(app): State<App>,
    Visitor(may): Visitor<Draft>,
    Form(fields): Form<Vec<(String, String)>>,
) -> PageResult {
    let place = list(fields.iter().find(|(key, _)| key == "query").map_or("", |(_, value)| value.as_str()));
    match confirm(&app, &may, &fields).await {
        Ok(page) => Ok(page),
        Err(problem) if problem.status >= 500 => Err(problem.into()),
        Err(problem) => Ok(back(&place, Err(problem))),
    }
}

async fn confirm(app: &App, may: &May<Draft>, fields: &[(String, String)]) -> Result<Response, Problem> {
    let chosen = Chosen::of(fields)?;
    let content = chosen.content(app, may).await?;
    let name = match (chosen.tag, &chosen.label) {
        (Some(id), _) => {
            let tag = app.analytics.tag(may.scope(), id).await?;
            if tag.tag_type != TagType::Manual {
                return Err(rookery_analytics::TagError::Automatic.into());
            }
            tag.label
        }
        (None, label) => label.clone().unwrap_or_default(),
    };
    let (there, bearing) = app.analytics.count_tagged(may.scope(), chosen.tag, &content).await?;
    let others = there.saturating_sub(bearing);
    let (changing, question, button, rest) = if chosen.is_added {
        let rest = if bearing == 0 {
            String::new()
        } else {
            format!(" {} bear it already and stay as they are.", items(bearing))
        };
        (others, format!("Put “{name}” on {}?", items(others)), format!("Put it on {}", items(others)), rest)
    } else {
        let rest = if others == 0 {
            String::new()
        } else {
            format!(" {} do not bear it and stay as they are.", items(others))
        };
        (bearing, format!("Take “{name}” off {}?", items(bearing)), format!("Take it off {}", items(bearing)), rest)
    };
    let is_one = there == 1;
    let accounts = app.accounts.list(may.scope()).await?;
    let mut kept =
        vec![("query", chosen.words.clone()), ("do", if chosen.is_added { "add" } else { "remove" }.to_owned())];
    kept.extend(chosen.tag.map(|id| ("tag", id.to_string())));
    kept.extend(chosen.label.clone().map(|label| ("label", label)));
    if chosen.is_all {
        kept.push(("all", "1".to_owned()));
    } else {
        kept.extend(chosen.items.iter().map(|id| ("item", id.to_string())));
    }
    Ok(render(&Confirm {
        shell: Shell::new("content", &may.caller, &accounts, &Flash::default()),
        place: chosen.place(),
        question,
        explained: format!("{} {} chosen.{rest}", items(there), if is_one { "is" } else { "are" }),
        button: (changing > 0).then_some(button),
        is_new: chosen.label.is_some(),
        fields: kept,
    }))
}

/// Does it.
pub(crate) async fn apply(
    State(app): State<App>,
    Visitor(may): Visitor<Draft>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let chosen = match Chosen::of(&fields) {
        Ok(chosen) => chosen,
        Err(problem) => return back("/content", Err(problem)),
    };
    let place = chosen.place();
    let outcome = async {
        let content = chosen.content(&app, &may).await?;
        let tag = match (chosen.tag, &chosen.label) {
            (Some(id), _) => app.analytics.tag(may.scope(), id).await?,
            (None, label) => app.analytics.manual_tag(may.scope(), label.as_deref().unwrap_or_default()).await?,
        };
        let change = app.analytics.change_tag_of(may.scope(), tag.id, &content, chosen.is_added).await?;
        Ok::<_, Problem>((tag.label, change))
    };
    match outcome.await {
        Ok((name, Some(change))) => {
            let n = items(u64::try_from(change.content.len()).unwrap_or(u64::MAX));
            let told = if change.is_added {
                format!("“{name}” is on {n} now.")
            } else {
                format!("“{name}” is off {n} now.")
            };
            let join = if place.contains('?') { '&' } else { '?' };
            back(&format!("{place}{join}change={}", change.id), Ok(&told))
        }
        Ok((name, None)) => back(&place, Ok(&format!("Nothing changed: “{name}” stands as it was."))),
        Err(problem) => back(&place, Err(problem)),
    }
}

/// Undoes it.
pub(crate) async fn undo(
    State(app): State<App>,
    Visitor(may): Visitor<Draft>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let value = |name: &str| fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    let place = list(value("query"));
    let outcome = async {
        let id: TagChangeId = value("change").parse().map_err(|_| Problem::not_found("change"))?;
        Ok::<_, Problem>(app.analytics.undo_tag_change(may.scope(), id).await?)
    };
    match outcome.await {
        Ok(n) => back(&place, Ok(&format!("Undone: {} changed back.", items(n)))),
        Err(problem) => back(&place, Err(problem)),
    }
}

/// What was done just now, and can be undone.
pub(super) struct Undo {
    pub change: TagChangeId,
    pub text: String,
    pub query: String,
}

/// The offer to undo a change, if there is one and it was not undone.
pub(super) async fn undo_offer<N: Need>(
    app: &App,
    may: &May<N>,
    change: Option<&str>,
    words: &[(&str, &str)],
) -> Option<Undo> {
    let id: TagChangeId = change.filter(|_| may.caller.allows(Right::Draft))?.parse().ok()?;
    // Without it the page is as good: there is nothing to undo.
    let change = app.analytics.tag_change(may.scope(), id).await.ok().filter(|change| change.undone_at.is_none())?;
    let tag = app.analytics.tag(may.scope(), change.tag_id).await.ok()?;
    let n = items(u64::try_from(change.content.len()).unwrap_or(u64::MAX));
    let text = if change.is_added {
        format!("Take “{}” off {n} again", tag.label)
    } else {
        format!("Put “{}” on {n} again", tag.label)
    };
    Some(Undo { change: id, text, query: address("", words).trim_start_matches('?').to_owned() })
}
