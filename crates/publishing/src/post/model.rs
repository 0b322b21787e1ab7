//! One of our posts: its states, and the roll-up from its publications (PUB-36). Pure.

use rookery_kernel::{AccountId, OrganizationId, PostId, Timestamp, UserId, Zone};
use serde::{Deserialize, Serialize};

use super::composition::{Composition, CompositionChange};
use crate::publication::{Publication, PublicationStatus};

macro_rules! labels {
    ($name:ident { $($variant:ident = $label:literal),+ $(,)? }) => {
        impl $name {
            /// All values, in the order of the database enum.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stored label.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),+ }
            }
        }
    };
}

/// Delivery state of a post, rolled up from its publications.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "publishing.post_status", rename_all = "snake_case")]
pub enum PostStatus {
    /// Not planned.
    Draft,
    /// Planned; nothing went out yet.
    Scheduled,
    /// On its way on at least one account.
    Publishing,
    /// Out on every account that was not called off, or on some of them (see the outcome).
    Published,
    /// Out nowhere.
    Failed,
    /// Called off.
    Cancelled,
}
labels!(PostStatus {
    Draft = "draft",
    Scheduled = "scheduled",
    Publishing = "publishing",
    Published = "published",
    Failed = "failed",
    Cancelled = "cancelled",
});

/// How the delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "publishing.post_outcome", rename_all = "snake_case")]
pub enum PostOutcome {
    /// Not ended, or called off.
    None,
    /// Out everywhere.
    Complete,
    /// Out on some accounts.
    Partial,
    /// Out nowhere.
    Failed,
}
labels!(PostOutcome { None = "none", Complete = "complete", Partial = "partial", Failed = "failed" });

/// State of the review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "publishing.editorial_state", rename_all = "snake_case")]
pub enum EditorialState {
    /// The organization reviews nothing.
    NotRequired,
    /// Being written.
    Draft,
    /// Waits for a reviewer.
    PendingReview,
    /// Sent back.
    NeedsChanges,
    /// May go out.
    Approved,
    /// Must not go out.
    Rejected,
    /// Put away.
    Archived,
}
labels!(EditorialState {
    NotRequired = "not_required",
    Draft = "draft",
    PendingReview = "pending_review",
    NeedsChanges = "needs_changes",
    Approved = "approved",
    Rejected = "rejected",
    Archived = "archived",
});

/// What a post is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "publishing.content_type", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the labels say it")]
pub enum ContentType {
    Text,
    Image,
    Video,
    Carousel,
    Story,
    Reel,
    Mixed,
}

/// What the network will show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "publishing.post_format", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the labels say it")]
pub enum PostFormat {
    #[default]
    Post,
    Thread,
    Story,
    Reel,
    Short,
    Carousel,
    Poll,
}

labels!(ContentType {
    Text = "text",
    Image = "image",
    Video = "video",
    Carousel = "carousel",
    Story = "story",
    Reel = "reel",
    Mixed = "mixed",
});
labels!(PostFormat {
    Post = "post",
    Thread = "thread",
    Story = "story",
    Reel = "reel",
    Short = "short",
    Carousel = "carousel",
    Poll = "poll",
});

/// Who made a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "publishing.post_origin", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the labels say it")]
pub enum PostOrigin {
    Human,
    Ai,
    Template,
    Import,
}

/// Who changed a post.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "publishing.change_source", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the labels say it")]
pub enum ChangeSource {
    Human,
    Ai,
    Coach,
    Import,
    System,
}

/// One of our posts.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// Its id.
    pub id: PostId,
    /// The tenant.
    pub organization_id: OrganizationId,
    /// Who wrote it.
    pub author_user_id: Option<UserId>,
    /// Internal title.
    pub title: Option<String>,
    /// The text.
    pub content: String,
    /// What its media make of it.
    pub content_type: ContentType,
    /// What the networks show.
    pub format: PostFormat,
    /// The post that this one answers on the same account: it is a part of a thread, or a comment.
    pub parent_post_id: Option<PostId>,
    /// Its place among the parts, from 1.
    pub sequence_no: Option<i32>,
    /// Minutes after what it answers came out.
    pub comment_delay_minutes: Option<i32>,
    /// Tags without `#`.
    pub hashtags: serde_json::Value,
    /// Mentions without `@`.
    pub mentions: serde_json::Value,
    /// Delivery state.
    pub status: PostStatus,
    /// How the delivery ended.
    pub outcome: PostOutcome,
    /// State of the review.
    pub editorial_state: EditorialState,
    /// The planned moment.
    pub scheduled_at: Option<Timestamp>,
    /// The zone it was chosen in.
    pub timezone: String,
    /// Planned ahead, not "now".
    pub is_scheduled: bool,
    /// First time it came out.
    pub published_at: Option<Timestamp>,
    /// Not to come out after this moment.
    pub expires_at: Option<Timestamp>,
    /// One line per account that failed.
    pub error_message: Option<String>,
    /// Raised by each change of the content.
    pub revision: i32,
    /// The revision that a reviewer approved.
    pub approved_revision: Option<i32>,
    /// When it was put away.
    pub archived_at: Option<Timestamp>,
    /// Options of the networks.
    pub metadata: serde_json::Value,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Post {
    /// Whether the review lets it out (PUB-45).
    pub fn may_leave(&self, review_required: bool) -> bool {
        match self.editorial_state {
            EditorialState::Approved => !review_required || self.approved_revision == Some(self.revision),
            EditorialState::Rejected | EditorialState::Archived => false,
            // A part of a thread stands in the approved revision of its post.
            EditorialState::NotRequired => !review_required || self.parent_post_id.is_some(),
            EditorialState::Draft | EditorialState::PendingReview | EditorialState::NeedsChanges => !review_required,
        }
    }

    /// The first words, for lists.
    pub fn excerpt(&self) -> String {
        excerpt(self.title.as_deref(), &self.content)
    }
}

/// The title, or the first line of the text, cut to 80 characters.
pub(crate) fn excerpt(title: Option<&str>, content: &str) -> String {
    let line = title.filter(|t| !t.trim().is_empty()).unwrap_or(content);
    let line = line.lines().find(|l| !l.trim().is_empty()).unwrap_or_default().trim();
    if line.chars().count() <= 80 {
        return line.to_owned();
    }
    line.chars().take(79).chain(['…']).collect()
}

impl Post {
    /// Takes over what follows from the publications (PUB-36).
    pub(crate) fn take_over(&mut self, publications: &[Publication], now: Timestamp) {
        (self.status, self.outcome) = roll_up(publications.iter().map(|p| p.status));
        let open = publications.iter().filter(|p| p.status.is_open());
        self.scheduled_at = open.filter_map(|p| p.scheduled_for).min().or(self.scheduled_at);
        self.published_at = publications.iter().filter_map(|p| p.published_at).min();
        let lines: Vec<_> = publications
            .iter()
            .filter(|p| p.status == PublicationStatus::Failed)
            .map(|p| format!("{}: {}", p.platform.name(), p.error_message.as_deref().unwrap_or("no reason given")))
            .collect();
        self.error_message = (!lines.is_empty()).then(|| lines.join("\n"));
        self.updated_at = now;
    }
}

/// When a new post is to go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// Not yet.
    Draft,
    /// At once.
    Now,
    /// Then.
    At(Timestamp),
}

/// A post to be made.
#[derive(Debug, Clone)]
pub struct NewPost {
    /// The text.
    pub content: String,
    /// Internal title.
    pub title: Option<String>,
    /// The accounts it goes to.
    pub account_ids: Vec<AccountId>,
    /// When.
    pub schedule: Schedule,
    /// The zone the moment was chosen in.
    pub timezone: Zone,
    /// Media, further parts, words of its own per account.
    pub composition: Composition,
}

/// A change of a post's content; `None` leaves a part as it is.
#[derive(Debug, Clone, Default)]
pub struct PostChange {
    /// The text.
    pub content: Option<String>,
    /// The internal title; `Some(None)` removes it.
    pub title: Option<Option<String>>,
    /// Media, further parts, words per account.
    pub composition: CompositionChange,
    /// The accounts it goes to, while it has no time yet.
    pub account_ids: Option<Vec<AccountId>>,
    /// The revision that was changed; another one by now is a conflict.
    pub expected_revision: Option<i32>,
    /// It goes on with what the same person wrote in the last minutes, as a form does that keeps itself: then their
    /// revision is replaced instead of another one written.
    pub goes_on: bool,
}

/// Somebody else changed the post meanwhile: both texts, so that a person can choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The revision that is stored.
    pub revision: i32,
    /// When it was stored.
    pub updated_at: Timestamp,
    /// Its text.
    pub theirs: String,
    /// The text that was not stored.
    pub ours: String,
}

/// A post with its publications, in the accounts' order.
#[derive(Debug, Clone, PartialEq)]
pub struct PostDetail {
    /// The post.
    pub post: Post,
    /// One per account.
    pub publications: Vec<Publication>,
}

/// What [`crate::Publishing::list`] shows of a post.
#[derive(Debug, Clone, PartialEq)]
pub struct PostSummary {
    /// Its id.
    pub id: PostId,
    /// Title or first words.
    pub excerpt: String,
    /// Delivery state.
    pub status: PostStatus,
    /// How the delivery ended.
    pub outcome: PostOutcome,
    /// State of the review.
    pub editorial_state: EditorialState,
    /// The planned moment.
    pub scheduled_at: Option<Timestamp>,
    /// First time it came out.
    pub published_at: Option<Timestamp>,
    /// The accounts it goes to.
    pub account_ids: Vec<AccountId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Which posts to list; empty means all.
#[derive(Debug, Clone, Default)]
pub struct PostFilter {
    /// Only in this state.
    pub status: Option<PostStatus>,
    /// Only on this account.
    pub account_id: Option<AccountId>,
    /// Only with this label, written like this.
    pub label: Option<String>,
}

/// The delivery state of a post whose publications are in these states: first match of PUB-36.
pub fn roll_up(statuses: impl IntoIterator<Item = PublicationStatus>) -> (PostStatus, PostOutcome) {
    let mut count = [0_usize; 7];
    for status in statuses {
        count[status as usize] += 1;
    }
    let any = |status: PublicationStatus| count[status as usize] > 0;
    let total: usize = count.iter().sum();
    let published = any(PublicationStatus::Published);
    let failed = any(PublicationStatus::Failed);
    let so_far = if published { PostOutcome::Partial } else { PostOutcome::None };
    if count[PublicationStatus::Draft as usize] == total {
        (PostStatus::Draft, PostOutcome::None)
    } else if any(PublicationStatus::Publishing) || any(PublicationStatus::Retrying) {
        (PostStatus::Publishing, so_far)
    } else if any(PublicationStatus::Scheduled) {
        if published || failed { (PostStatus::Publishing, so_far) } else { (PostStatus::Scheduled, PostOutcome::None) }
    } else {
        match (published, failed) {
            (true, false) => (PostStatus::Published, PostOutcome::Complete),
            (true, true) => (PostStatus::Published, PostOutcome::Partial),
            (false, true) => (PostStatus::Failed, PostOutcome::Failed),
            (false, false) => (PostStatus::Cancelled, PostOutcome::None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of PUB-36, row by row, as predicates over the whole set: written without a look
    /// at `roll_up`, from the text of the specification.
    fn oracle(set: &[PublicationStatus]) -> (&'static str, &'static str) {
        use PublicationStatus as S;
        let all = |allowed: &[S]| set.iter().all(|s| allowed.contains(s));
        let some = |wanted: &[S]| set.iter().any(|s| wanted.contains(s));
        let no_open = !some(&[S::Scheduled, S::Publishing, S::Retrying]);
        let rows: [(bool, &str, &str); 11] = [
            (set.is_empty() || all(&[S::Draft]), "draft", "none"),
            (some(&[S::Publishing, S::Retrying]) && some(&[S::Published]), "publishing", "partial"),
            (some(&[S::Publishing, S::Retrying]), "publishing", "none"),
            (some(&[S::Scheduled]) && !some(&[S::Published, S::Failed]), "scheduled", "none"),
            (some(&[S::Scheduled]) && some(&[S::Published]), "publishing", "partial"),
            (some(&[S::Scheduled]) && some(&[S::Failed]), "publishing", "none"),
            (no_open && some(&[S::Published]) && !some(&[S::Failed]), "published", "complete"),
            (no_open && some(&[S::Published]) && some(&[S::Failed]), "published", "partial"),
            (no_open && !some(&[S::Published]) && some(&[S::Failed]), "failed", "failed"),
            (no_open && all(&[S::Cancelled, S::Draft]) && some(&[S::Cancelled]), "cancelled", "none"),
            (true, "?", "?"),
        ];
        rows.into_iter().find(|r| r.0).map_or(("?", "?"), |r| (r.1, r.2))
    }

    #[test]
    fn all_combinations_of_three_publications_agree_with_the_table() {
        let mut seen = 0;
        for a in PublicationStatus::ALL {
            for b in PublicationStatus::ALL {
                for c in PublicationStatus::ALL {
                    let (status, outcome) = roll_up([a, b, c]);
                    assert_eq!((status.label(), outcome.label()), oracle(&[a, b, c]), "{a:?} {b:?} {c:?}");
                    seen += 1;
                }
            }
        }
        assert_eq!(seen, 343);
        assert_eq!(roll_up([]), (PostStatus::Draft, PostOutcome::None));
    }

    #[test]
    fn an_excerpt_is_the_first_line_or_the_title_and_short() {
        assert_eq!(excerpt(None, "\n  Hello\nworld"), "Hello");
        assert_eq!(excerpt(Some("Title"), "text"), "Title");
        assert_eq!(excerpt(Some(" "), &"ü".repeat(100)).chars().count(), 80);
        assert_eq!(excerpt(None, ""), "");
    }
}
