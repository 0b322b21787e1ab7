//! Posts, publications, attempts, the calendar: the publishing guarantee.
//!
//! A **post** is ours; a **publication** is a post on one account; an **attempt** is one try to
//! deliver a publication.
//!
//! Invariants
//! - Nothing is sent before the attempt that sends it is committed, and the phase `sending` is
//!   committed before the call that makes the post public.
//! - After a doubtful answer, or a worker that died while sending, the account is looked at before
//!   anything is sent again. What cannot be settled is handed to a person, never repeated.
//! - One delivery per account at a time; one idempotency key per post and account for all attempts.
//! - A publication changes only along the table in [`PublicationStatus::after`]; the post's state
//!   follows from its publications ([`roll_up`]) in the same transaction, and so does the audit entry.
//! - Whoever moves the moment of the next attempt (or look-up) enqueues a job for that moment in the
//!   same transaction. The sweeper re-enqueues what has lost its job.
//! - Locks are taken in one order: post, its publications, account.
//! - The engine reads what connectors declare about themselves and knows no network by name.

extern crate self as rookery_publishing;

mod attempt;
pub mod best_times;
mod calendar;
mod engine;
mod export;
mod free_slot;
mod house;
mod import;
mod kinds;
mod media;
pub mod numbers;
mod post;
mod publication;
mod reason;
mod receipt;
mod recurring;
mod review;
mod sighting;
mod slots;
mod switch;
mod text;
mod validation;
mod watchdog;

use std::sync::Arc;

use rookery_accounts::Accounts;
use rookery_db::Db;
use rookery_identity::Identity;
use rookery_jobs::Jobs;
use rookery_kernel::{Clock, IdGen};
use rookery_platforms::Connectors;

pub use attempt::{
    Attempt, AttemptPhase, ErrorClass, LOOK_UPS, LookUp, LookUpResult, Verdict, judge, next_look_up, retry_delay,
};
pub use calendar::{
    CalendarEntry, CalendarFeed, CalendarFeedContent, CalendarFeedError, CalendarFilter, CalendarState, CalendarView,
    Clash, ClashKind, ClashSeverity,
};
pub use engine::{EngineError, PhaseHook, PublishPublication, ReconcilePublication, SweepDue};
pub use export::{EXPORTS, ExportFormat, ExportPiece, ExportPlace};
pub use house::{House, HouseError};
pub use import::{
    Column, ExpireImport, FileError, IMPORT_BYTES_MAX, IMPORT_ROWS_MAX, IMPORTS_OPEN_MAX, ImportError, ImportOutcome,
    ImportRow, ImportWish, PostImport, RowCounts, RowFinding, RowState, RowSummary, template,
};
pub use kinds::{
    AssetPurpose, AssetStatus, EventStatus, EventType, MediaType, PriorityLevel, ProcessingState, ReviewAction,
    ReviewStatus, ScheduleType, UploadState,
};
pub use media::{
    ALT_TEXT_MAX, Asset, AssetChange, AssetFilter, AssetUse, CleanMedia, LibraryParts, MediaError, MediaFiles,
    MediaLibrary, MediaLimits, NewUpload, NoFiles, ProcessUpload, Served, StoredFile, TAGS_MAX, TITLE_MAX, Upload,
};
pub use post::{
    ChangeSource, Checked, Composition, CompositionChange, Conflict, ContentType, EditorialState, FOLLOW_UPS_MAX,
    FollowUp, FollowUpKind, LABEL_LENGTH_MAX, LABELS_MAX, MediaUse, NewPost, OnAccount, Post, PostChange, PostDetail,
    PostError, PostFilter, PostFormat, PostOnAccount, PostOrigin, PostOutcome, PostStatus, PostSummary, Schedule,
    Variant, part_names, roll_up,
};
pub use publication::{
    Event, NotAllowed, Publication, PublicationFilter, PublicationStatus, PublicationSummary, Republish, SyncDue,
    idempotency_key,
};
pub use reason::Reason;
pub use receipt::{
    Actions, Attention, Elsewhere, Explained, Intent, PartOnAccount, PartPlace, Receipt, StoryLine, Tone, Warning,
};
pub use recurring::{
    End, Occurrence, OccurrenceState, PlanRecurring, RecurringError, RecurringPost, RecurringState, Rhythm, Rule,
    RuleError,
};
pub use review::{
    Decision, Judgement, LINK_DAYS_DEFAULT, LINK_DAYS_MAX, LinkDecision, LinkState, NewReviewLink, OpenedLink, Piece,
    PieceKind, PreviewOfPost, Queue, QueueEntry, Review, ReviewError, ReviewEvent, ReviewHistory, ReviewLink,
    RevisionDiff, SuggestedChange, pieces,
};
use rookery_sheet as sheet;
pub use rookery_sheet::{NotText, Separator};
pub use sighting::Sighting;
pub use slots::{OpenSlot, PostingSlot, SLOTS_MAX, SlotChange, SlotsError, WeeklyTime};
pub use switch::InstancePause;
pub use text::{hashtags, mentions};
pub use validation::{Draft, Finding, FindingCode, Severity};
pub use watchdog::{OVERDUE_AFTER, Overdue, OverdueSummary, overdue};

/// The operations of this context. Cheap to clone.
#[derive(Clone)]
pub struct Publishing {
    db: Db,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGen>,
    identity: Identity,
    accounts: Accounts,
    connectors: Arc<Connectors>,
    jobs: Jobs,
    worker: Arc<str>,
    phase_hook: Option<PhaseHook>,
    files: Arc<dyn MediaFiles>,
}

impl std::fmt::Debug for Publishing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Publishing")
    }
}

impl Publishing {
    /// The operations over these parts.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGen>,
        identity: Identity,
        accounts: Accounts,
        connectors: Arc<Connectors>,
        jobs: Jobs,
    ) -> Self {
        // Process and start: two starts with the same process id are still two workers.
        let worker = format!("{}/{}", std::process::id(), clock.now()).into();
        let files = Arc::new(NoFiles);
        Self { db, clock, ids, identity, accounts, connectors, jobs, worker, phase_hook: None, files }
    }

    /// The same operations with a storage for media; without one, posts with media fail with a clear word.
    #[must_use]
    pub fn with_files(self, files: Arc<dyn MediaFiles>) -> Self {
        Self { files, ..self }
    }

    /// The same operations; `hook` is called right after each phase of an attempt is committed.
    /// For crash tests: it may end the process.
    #[must_use]
    pub fn with_phase_hook(self, hook: PhaseHook) -> Self {
        Self { phase_hook: Some(hook), ..self }
    }

    /// The same operations on other database connections, for work with reserved ones.
    #[must_use]
    pub fn on(&self, db: Db) -> Self {
        let accounts = self.accounts.on(db.clone());
        Self { db, accounts, ..self.clone() }
    }
}
