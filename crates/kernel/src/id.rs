//! Typed ids over UUID version 7 and the generator that makes them.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex};

use rand::SeedableRng;
use rand::rand_core::Rng;
use rand_chacha::ChaCha20Rng;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::time::{Clock, Timestamp};

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that is known to name such a thing.
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// The bare UUID, for binding to a statement.
            pub const fn uuid(self) -> Uuid {
                self.0
            }

            /// A new id from the generator.
            pub fn generate(ids: &dyn IdGen) -> Self {
                Self(ids.uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(s).map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    )+};
}

id! {
    /// An organization: the tenant.
    OrganizationId,
    /// A person.
    UserId,
    /// A person's place in an organization.
    MembershipId,
    /// A browser session.
    SessionId,
    /// An API key.
    ApiKeyId,
    /// A connected social account; `integrationId` in the API and in logs.
    AccountId,
    /// One of our posts.
    PostId,
    /// A saved version of a post.
    RevisionId,
    /// A post that comes back by a rule.
    RecurringPostId,
    /// A post on one account.
    PublicationId,
    /// One try to deliver a publication.
    AttemptId,
    /// A request for a judgement about a post.
    ReviewId,
    /// A link through which somebody without an account judges a post.
    ReviewLinkId,
    /// A file of the organization's library.
    MediaAssetId,
    /// A file on its way into the library.
    MediaUploadId,
    /// A file of posts that somebody uploaded to import.
    PostImportId,
    /// A network's own export of numbers that somebody uploaded to import.
    MetricImportId,
    /// When a report is sent, and to whom.
    ReportScheduleId,
    /// A report of one period, sent once.
    ReportRunId,
    /// A link through which somebody without an account reads a report.
    ReportLinkId,
    /// An item seen on a tracked account.
    ContentId,
    /// An account that analytics follows.
    TrackedIntegrationId,
    /// A group of followed accounts.
    PageGroupId,
    /// A tag of content.
    TagId,
    /// A rule by which content gets a tag.
    TagRuleId,
    /// A tag that was put on many items at once, or taken off.
    TagChangeId,
    /// One run of the ingestion.
    RunId,
    /// A note on a chart.
    AnnotationId,
    /// A job in the queue.
    JobId,
    /// Somebody whose post we have seen.
    AuthorId,
    /// A post of somebody else that we detected.
    DetectedPostId,
    /// One analysis of a detected post.
    DecisionId,
    /// An answer of ours to a detected post.
    ReplyId,
    /// A competitor.
    CompetitorId,
    /// A competitor named in a detected post.
    MentionId,
    /// An author who keeps speaking well of us.
    ChampionId,
    /// A work item for a person.
    EscalationId,
    /// A figure of the engagement work.
    KpiMetricId,
    /// A comparison of two variants.
    ExperimentId,
    /// What one run of the weight optimization did.
    AdjustmentId,
    /// A prediction of an adjustment and what came of it.
    LearningEventId,
    /// A decision whose mode was drawn at random.
    RandomizedExperimentId,
    /// The weights of one segment.
    SegmentWeightId,
}

/// Makes ids and random bytes. Passed in, so that tests are repeatable.
pub trait IdGen: Send + Sync + fmt::Debug {
    /// A new time-ordered UUID (version 7).
    fn uuid(&self) -> Uuid;
    /// Fills the buffer with random bytes; the system generator is fit for secrets.
    fn fill(&self, bytes: &mut [u8]);
}

/// The generator of a running system: the clock's time, the operating system's chance.
#[derive(Debug, Clone)]
pub struct SystemIds {
    clock: Arc<dyn Clock>,
    last: Arc<Mutex<Last>>,
}

impl SystemIds {
    /// Ids whose time part follows `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, last: Arc::default() }
    }
}

impl IdGen for SystemIds {
    fn uuid(&self) -> Uuid {
        let mut random = [0; RANDOM];
        self.fill(&mut random);
        self.last.lock().expect("no holder of this lock panics").next(self.clock.now(), random)
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that asks the operating system for chance")]
    fn fill(&self, bytes: &mut [u8]) {
        rand::rng().fill_bytes(bytes);
    }
}

/// A generator with a seed: the same seed gives the same ids in the same order.
#[derive(Debug)]
pub struct SeededIds {
    state: Mutex<Seeded>,
    clock: Option<Arc<dyn Clock>>,
}

#[derive(Debug)]
struct Seeded {
    chance: ChaCha20Rng,
    millis: i64,
    last: Last,
}

impl SeededIds {
    /// Ids that depend on the seed alone: their time part counts milliseconds from 2026-01-01.
    pub fn new(seed: u64) -> Self {
        let chance = ChaCha20Rng::seed_from_u64(seed);
        Self { state: Mutex::new(Seeded { chance, millis: 1_767_225_600_000, last: Last::default() }), clock: None }
    }

    /// Ids whose time part follows `clock`.
    pub fn with_clock(seed: u64, clock: Arc<dyn Clock>) -> Self {
        Self { clock: Some(clock), ..Self::new(seed) }
    }
}

impl IdGen for SeededIds {
    fn uuid(&self) -> Uuid {
        let mut state = self.state.lock().expect("no holder of this lock panics");
        let mut random = [0; RANDOM];
        state.chance.fill_bytes(&mut random);
        state.millis += 1;
        let at = self.clock.as_ref().map_or_else(|| Timestamp::from_millis(state.millis), |clock| clock.now());
        state.last.next(at, random)
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.state.lock().expect("no holder of this lock panics").chance.fill_bytes(bytes);
    }
}

/// Random bytes that an id needs.
const RANDOM: usize = 10;

/// The last id of a generator. Ids of one millisecond ascend in the order in which they were asked for
/// (RFC 9562 §6.2, method 2), so that rows written together are read back in their order.
#[derive(Debug, Default)]
struct Last {
    millis: u64,
    /// Bytes 2 to 9 of the random part, below the variant's two bits.
    tail: u64,
    head: [u8; 2],
}

impl Last {
    fn next(&mut self, at: Timestamp, random: [u8; RANDOM]) -> Uuid {
        let millis = u64::try_from(at.as_millis()).unwrap_or(0);
        let [a, b, chance @ ..] = random;
        let chance = u64::from_be_bytes(chance);
        if millis == self.millis {
            // The step is random too: the next id cannot be told from this one.
            self.tail += 1 + (chance >> 32);
        } else {
            // The bit below the variant's two stays free: room for 2^29 steps within the millisecond.
            *self = Self { millis, tail: chance >> 3, head: [a, b] };
        }
        let mut bytes = [0; RANDOM];
        bytes[..2].copy_from_slice(&self.head);
        bytes[2..].copy_from_slice(&self.tail.to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_ids_in_ascending_order() {
        let (a, b) = (SeededIds::new(7), SeededIds::new(7));
        let first: Vec<_> = (0..5).map(|_| a.uuid()).collect();
        let second: Vec<_> = (0..5).map(|_| b.uuid()).collect();
        assert_eq!(first, second);
        assert!(first.is_sorted());
        assert_eq!(first[0].get_version_num(), 7);
    }

    #[test]
    fn ids_of_one_moment_ascend() {
        let clock = Arc::new(crate::time::FixedClock::at(Timestamp::from_millis(1_767_225_600_000)));
        for ids in [&SystemIds::new(clock.clone()) as &dyn IdGen, &SeededIds::with_clock(7, clock.clone())] {
            let made: Vec<_> = (0..1000).map(|_| ids.uuid()).collect();
            assert!(made.is_sorted_by(|a, b| a < b));
            assert!(made.iter().all(|id| id.get_version_num() == 7));
        }
    }
}
