//! Approvals: what waits for me, for others, what was decided; and the same on a post's own page.

use askama::Template;
use axum::Form;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use rookery_accounts::Account;
use rookery_identity::{Member, Right};
use rookery_kernel::{AccountId, PostId, ReviewLinkId, UserId, Zone};
use rookery_publishing::{
    Decision, EditorialState, Judgement, LINK_DAYS_DEFAULT, LinkState, NewReviewLink, PieceKind, QueueEntry,
    ReviewAction, ReviewError, ReviewHistory, RevisionDiff,
};
use secrecy::ExposeSecret as _;
use serde::Deserialize;

use super::format::{colour, moment, words};
use super::shell::{Flash, Shell};
use super::{PageResult, back, render};
use crate::app::App;
use crate::extract::{May, Need, Path, Query, Read, Review, SubmitReview, Visitor};
use crate::problem::Problem;

pub(super) struct PieceRow {
    pub(super) tag: &'static str,
    pub(super) text: String,
}

pub(super) struct DiffRow {
    pub(super) line: String,
    pub(super) pieces: Vec<PieceRow>,
    pub(super) parts: String,
}

struct NetRow {
    colour: &'static str,
    name: String,
}

struct Item {
    post: PostId,
    revision: i32,
    excerpt: String,
    content: String,
    state: String,
    tone: &'static str,
    late: bool,
    urgent: bool,
    asked: String,
    due: String,
    when: String,
    note: Option<String>,
    assigned: Option<String>,
    links: i64,
    nets: Vec<NetRow>,
    diff: Option<DiffRow>,
    can_judge: bool,
}

#[derive(Template)]
#[template(path = "approvals.html")]
struct Page {
    shell: Shell,
    mine: Vec<Item>,
    others: Vec<Item>,
    decided: Vec<Item>,
    may_review: bool,
    review_required: bool,
}

/// The page.
pub(crate) async fn page(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Query(flash): Query<Flash>,
) -> PageResult {
    let may_review = may.caller.allows(Right::Review);
    let accounts = app.accounts.list_with_revoked(may.scope()).await?;
    let members = app.identity.members(may.scope()).await?;
    let queue = app.publishing.review_queue(may.scope(), may_review).await?;
    let mut mine = Vec::with_capacity(queue.mine.len());
    for entry in queue.mine {
        let changed = entry.review.reason.is_some() || entry.current_revision > 1;
        // A reviewer reads a handful at a time; only what was changed before is compared.
        let diff =
            if changed { app.publishing.review_history(may.scope(), entry.review.post_id).await?.diff } else { None };
        mine.push(item(entry, &accounts, &members, &may, may_review, diff));
    }
    let listed = |entries: Vec<QueueEntry>, can: bool| -> Vec<Item> {
        entries.into_iter().map(|e| item(e, &accounts, &members, &may, can, None)).collect()
    };
    Ok(render(&Page {
        shell: Shell::new("approvals", &may.caller, &accounts, &flash),
        mine,
        others: listed(queue.others, may_review),
        decided: listed(queue.decided, false),
        may_review,
        review_required: may.caller.organization.review_required,
    }))
}

fn item<N: Need>(
    entry: QueueEntry,
    accounts: &[Account],
    members: &[Member],
    may: &May<N>,
    may_review: bool,
    diff: Option<RevisionDiff>,
) -> Item {
    let zone = &may.caller.organization.timezone;
    let review = entry.review;
    let decided = review.decided_at.is_some();
    let net = |id: &AccountId| {
        let account = accounts.iter().find(|a| a.id == *id)?;
        Some(NetRow { colour: colour(account.platform), name: account.name().to_owned() })
    };
    let (state, tone) = match review.decided_at {
        Some(_) => (words(review.status.label()), tone(review.status.label())),
        None => (words(entry.editorial_state.label()), tone(entry.editorial_state.label())),
    };
    Item {
        post: review.post_id,
        revision: entry.current_revision,
        excerpt: entry.excerpt,
        content: entry.content,
        state,
        tone,
        late: entry.is_late && !decided,
        urgent: review.priority > rookery_publishing::PriorityLevel::Normal,
        asked: match review.submitted_by.and_then(|id| name_of(id, members)) {
            Some(name) => format!("asked by {name}, {}", moment(review.created_at, zone)),
            None => format!("asked {}", moment(review.created_at, zone)),
        },
        due: review.due_at.map(|at| moment(at, zone)).unwrap_or_default(),
        when: match (review.decided_at, entry.scheduled_at) {
            (Some(at), _) => format!("decided {}", moment(at, zone)),
            (None, Some(at)) => format!("goes out {}", moment(at, zone)),
            (None, None) => "no time yet".to_owned(),
        },
        note: review.reason,
        assigned: review.assigned_to.and_then(|id| name_of(id, members)),
        links: entry.open_links,
        nets: entry.account_ids.iter().filter_map(net).collect(),
        diff: diff.map(diff_row),
        can_judge: may_review && !decided && entry.editorial_state == EditorialState::PendingReview,
    }
}

/// The pill of a state.
fn tone(label: &str) -> &'static str {
    match label {
        "approved" => "good",
        "rejected" => "bad",
        "needs_changes" => "warn",
        "pending_review" | "pending" | "in_review" => "accent",
        _ => "",
    }
}

fn name_of(id: UserId, members: &[Member]) -> Option<String> {
    members.iter().find(|m| m.user_id == id).map(|m| m.name.clone())
}

fn diff_row(diff: RevisionDiff) -> DiffRow {
    let piece = |piece: rookery_publishing::Piece| PieceRow {
        tag: match piece.kind {
            PieceKind::Same => "span",
            PieceKind::Added => "ins",
            PieceKind::Removed => "del",
        },
        text: piece.text,
    };
    DiffRow {
        line: format!("Changed since the approved revision {} (now {})", diff.from, diff.to),
        pieces: diff.text.into_iter().map(piece).collect(),
        parts: diff.parts.join(", "),
    }
}

/// The part of a post's page that is about its reviews.
#[expect(clippy::struct_excessive_bools, reason = "one per button that may be shown")]
pub(super) struct Panel {
    pub(super) post: PostId,
    pub(super) revision: i32,
    pub(super) state: String,
    pub(super) tone: &'static str,
    pub(super) sentence: String,
    pub(super) note: Option<String>,
    pub(super) decisions: Vec<DecisionRow>,
    pub(super) diff: Option<DiffRow>,
    pub(super) links: Vec<LinkRow>,
    pub(super) reviewers: Vec<(UserId, String)>,
    pub(super) can_submit: bool,
    pub(super) can_withdraw: bool,
    pub(super) can_judge: bool,
    pub(super) can_send_link: bool,
    pub(super) days: u16,
}

pub(super) struct DecisionRow {
    pub(super) tone: &'static str,
    pub(super) line: String,
    pub(super) comment: Option<String>,
    pub(super) suggestions: Vec<String>,
}

pub(super) struct LinkRow {
    pub(super) id: ReviewLinkId,
    pub(super) recipient: String,
    pub(super) state: &'static str,
    pub(super) line: String,
    pub(super) is_open: bool,
}

/// Reads the panel of a post.
pub(super) async fn panel<N: Need>(
    app: &App,
    may: &May<N>,
    post: &rookery_publishing::Post,
) -> Result<Option<Panel>, Problem> {
    if post.parent_post_id.is_some() {
        return Ok(None);
    }
    let history = app.publishing.review_history(may.scope(), post.id).await?;
    let links = app.publishing.review_links(may.scope(), post.id).await?;
    let required = may.caller.organization.review_required;
    if !required
        && history.reviews.is_empty()
        && links.is_empty()
        && post.editorial_state == EditorialState::NotRequired
    {
        return Ok(None);
    }
    let members = app.identity.members(may.scope()).await?;
    let zone = &may.caller.organization.timezone;
    let state = post.editorial_state;
    let may_submit = may.caller.allows(Right::SubmitReview);
    let may_review = may.caller.allows(Right::Review);
    let is_out =
        matches!(post.status, rookery_publishing::PostStatus::Published | rookery_publishing::PostStatus::Publishing);
    let reviewers = members
        .iter()
        .filter(|m| m.is_active && m.role.may(Right::Review))
        .map(|m| (m.user_id, m.name.clone()))
        .collect();
    Ok(Some(Panel {
        post: post.id,
        revision: post.revision,
        state: words(state.label()),
        tone: tone(state.label()),
        sentence: sentence(state, &history, &members, zone),
        note: history.open.as_ref().and_then(|r| r.reason.clone()),
        decisions: history.decisions.iter().rev().map(|d| decision_row(d, &members, zone)).collect(),
        diff: history.diff.map(diff_row),
        links: links.into_iter().map(|(link, state)| link_row(link, state, zone)).collect(),
        reviewers,
        can_submit: may_submit
            && !is_out
            && matches!(
                state,
                EditorialState::NotRequired
                    | EditorialState::Draft
                    | EditorialState::NeedsChanges
                    | EditorialState::Rejected
            ),
        can_withdraw: may_submit && matches!(state, EditorialState::PendingReview | EditorialState::NeedsChanges),
        can_judge: may_review && !is_out && state == EditorialState::PendingReview,
        can_send_link: (may_submit || may_review)
            && !is_out
            && matches!(
                state,
                EditorialState::PendingReview
                    | EditorialState::Draft
                    | EditorialState::NeedsChanges
                    | EditorialState::NotRequired
            ),
        days: LINK_DAYS_DEFAULT,
    }))
}

fn sentence(state: EditorialState, history: &ReviewHistory, members: &[Member], zone: &Zone) -> String {
    let open = history.open.as_ref();
    let until = open.and_then(|r| r.due_at).map(|at| format!(" Wanted by {}.", moment(at, zone))).unwrap_or_default();
    match state {
        EditorialState::NotRequired => "Nobody was asked to look at it.".to_owned(),
        EditorialState::Draft => "Nobody was asked for a review yet.".to_owned(),
        EditorialState::PendingReview => match open.and_then(|r| r.assigned_to).and_then(|id| name_of(id, members)) {
            Some(name) => format!("It waits for {name}.{until}"),
            None => format!("It waits for anybody who may review.{until}"),
        },
        EditorialState::NeedsChanges => "It was sent back. Change it and submit it again.".to_owned(),
        EditorialState::Approved if history.is_approved => {
            "It is approved exactly as it stands. Any change takes the approval back.".to_owned()
        }
        EditorialState::Approved => {
            "It was approved and then changed outside this page, so the approval does not count any more.".to_owned()
        }
        EditorialState::Rejected => {
            "It was rejected and does not go out. It can be changed and submitted again.".to_owned()
        }
        EditorialState::Archived => "It was put away.".to_owned(),
    }
}

fn decision_row(decision: &Decision, members: &[Member], zone: &Zone) -> DecisionRow {
    let who = match (&decision.reviewer_name, decision.reviewer_id) {
        (Some(name), _) => format!("{name} (with a link)"),
        (None, Some(id)) => name_of(id, members).unwrap_or_else(|| "Somebody who left".to_owned()),
        (None, None) => "The automatic check".to_owned(),
    };
    let (did, tone) = match decision.action {
        ReviewAction::Approve => ("approved it", "good"),
        ReviewAction::Reject => ("rejected it", "bad"),
        ReviewAction::RequestChanges => ("asked for changes", "warn"),
        ReviewAction::Comment => ("wrote", ""),
    };
    let revision = decision.revision.map(|r| format!(" · revision {r}")).unwrap_or_default();
    DecisionRow {
        tone,
        line: format!("{who} {did} · {}{revision}", moment(decision.at, zone)),
        comment: decision.comment.clone(),
        suggestions: decision.suggested_changes.iter().map(|s| format!("{}: {}", s.field, s.suggestion)).collect(),
    }
}

fn link_row(link: rookery_publishing::ReviewLink, state: LinkState, zone: &Zone) -> LinkRow {
    let line = match (state, link.used_at, link.opened_at) {
        (LinkState::Used, Some(at), _) => format!("decided {}", moment(at, zone)),
        (LinkState::Open, _, Some(at)) => {
            format!("opened {}, ends {}", moment(at, zone), moment(link.expires_at, zone))
        }
        (LinkState::Open, ..) => format!("not opened yet, ends {}", moment(link.expires_at, zone)),
        (LinkState::Outdated, ..) => format!("made for revision {}", link.revision),
        _ => format!("made {}", moment(link.created_at, zone)),
    };
    LinkRow { id: link.id, recipient: link.recipient, state: state.label(), line, is_open: state == LinkState::Open }
}

fn to_post(id: PostId, done: Result<&str, Problem>) -> Response {
    back(&format!("/posts/{id}"), done)
}

#[derive(Debug, Deserialize)]
pub(crate) struct SubmitFields {
    #[serde(default)]
    note: String,
    #[serde(default)]
    assigned_to: String,
}

/// Asks for a review.
pub(crate) async fn submit(
    State(app): State<App>,
    Visitor(may): Visitor<SubmitReview>,
    Path(id): Path<PostId>,
    Form(fields): Form<SubmitFields>,
) -> Response {
    let done = app.publishing.submit(may.scope(), id, Some(fields.note), fields.assigned_to.parse().ok()).await;
    to_post(id, done.map(|_| "Submitted. A reviewer decides now.").map_err(Problem::from))
}

/// Takes that back.
pub(crate) async fn withdraw(
    State(app): State<App>,
    Visitor(may): Visitor<SubmitReview>,
    Path(id): Path<PostId>,
) -> Response {
    let done = app.publishing.withdraw(may.scope(), id).await;
    to_post(id, done.map(|_| "Withdrawn. It is a draft again.").map_err(Problem::from))
}

#[derive(Debug, Deserialize)]
pub(crate) struct JudgeFields {
    action: String,
    revision: Option<i32>,
    #[serde(default)]
    comment: String,
    #[serde(default)]
    from: String,
}

/// A reviewer's verdict.
pub(crate) async fn judge(
    State(app): State<App>,
    Visitor(may): Visitor<Review>,
    Path(id): Path<PostId>,
    Form(fields): Form<JudgeFields>,
) -> Response {
    let (action, words) = match fields.action.as_str() {
        "approve" => (ReviewAction::Approve, "Approved. It goes out at its time."),
        "reject" => (ReviewAction::Reject, "Rejected. It does not go out."),
        "request_changes" => (ReviewAction::RequestChanges, "Sent back with your words."),
        _ => (ReviewAction::Comment, "Your comment is there."),
    };
    let comment = Some(fields.comment).filter(|c| !c.trim().is_empty());
    let judgement = Judgement { revision: fields.revision, comment, suggested_changes: Vec::new() };
    let done = app.publishing.judge(may.scope(), id, action, judgement).await;
    let done = done.map(|_| words).map_err(Problem::from);
    if fields.from == "approvals" { back("/approvals", done) } else { to_post(id, done) }
}

/// Approves what was marked: each as it was shown. What was changed meanwhile stays.
pub(crate) async fn approve_many(State(app): State<App>, Visitor(may): Visitor<Review>, body: Bytes) -> Response {
    let (mut approved, mut refused) = (0_u32, Vec::new());
    for (name, value) in url::form_urlencoded::parse(&body).take(200) {
        let Some((id, revision)) = value.split_once(':').filter(|_| name == "post") else { continue };
        let (Ok(id), Ok(revision)) = (id.parse::<PostId>(), revision.parse::<i32>()) else { continue };
        let judgement = Judgement { revision: Some(revision), ..Judgement::default() };
        match app.publishing.judge(may.scope(), id, ReviewAction::Approve, judgement).await {
            Ok(_) => approved += 1,
            Err(ReviewError::Db(error)) => return back("/approvals", Err(Problem::database(&error))),
            Err(error) => refused.push(error.to_string()),
        }
    }
    let count = if approved == 1 { "1 post is".to_owned() } else { format!("{approved} posts are") };
    match refused.first() {
        None if approved == 0 => back("/approvals", Err(Problem::bad_request("Mark what you want to approve first."))),
        None => back("/approvals", Ok(&format!("{count} approved."))),
        Some(first) => {
            let words = format!("{count} approved; {} not: {first}.", refused.len());
            back("/approvals", Err(Problem::conflict("review_outdated", words)))
        }
    }
}

#[derive(Template)]
#[template(path = "review_link.html")]
struct LinkPage {
    shell: Shell,
    post: PostId,
    recipient: String,
    address: String,
    until: String,
}

#[derive(Debug, Deserialize)]
pub(crate) struct LinkFields {
    recipient: String,
    #[serde(default)]
    days: Option<u16>,
}

/// Makes a link and shows it, this once.
pub(crate) async fn create_link(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Path(id): Path<PostId>,
    Form(fields): Form<LinkFields>,
) -> Response {
    if !may_send(&may) {
        return to_post(id, Err(Problem::forbidden("Your role does not include links for clients.")));
    }
    let new = NewReviewLink { recipient: fields.recipient, days: fields.days.unwrap_or(LINK_DAYS_DEFAULT) };
    let made = app.publishing.create_review_link(may.scope(), id, new).await;
    let (link, token) = match made {
        Ok(made) => made,
        Err(error) => return to_post(id, Err(error.into())),
    };
    let accounts = match app.accounts.list(may.scope()).await {
        Ok(accounts) => accounts,
        Err(error) => return to_post(id, Err(error.into())),
    };
    render(&LinkPage {
        shell: Shell::new("approvals", &may.caller, &accounts, &Flash::default()),
        post: id,
        recipient: link.recipient,
        address: address(&app, token.expose_secret()),
        until: moment(link.expires_at, &may.caller.organization.timezone),
    })
}

/// The address that a token stands in.
pub(crate) fn address(app: &App, token: &str) -> String {
    format!("{}/review/{token}", app.public_url.as_str().trim_end_matches('/'))
}

/// Authors send links to clients, and so do reviewers.
pub(crate) fn may_send<N: Need>(may: &May<N>) -> bool {
    may.caller.allows(Right::SubmitReview) || may.caller.allows(Right::Review)
}

/// Takes a link back.
pub(crate) async fn revoke_link(
    State(app): State<App>,
    Visitor(may): Visitor<Read>,
    Path(id): Path<ReviewLinkId>,
) -> Response {
    if !may_send(&may) {
        return back("/approvals", Err(Problem::forbidden("Your role does not include links for clients.")));
    }
    match app.publishing.revoke_review_link(may.scope(), id).await {
        Ok(link) => to_post(link.post_id, Ok("The link is taken back.")),
        Err(error) => back("/approvals", Err(error.into())),
    }
}
