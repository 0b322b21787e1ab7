//! The questions that must be fast (PUB-50) on 300,000 posts: which index answers, and how many rows it meets.
//! No clock is read: what holds on a fast machine holds on a slow one.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rookery_accounts::{Accounts, Vault};
use rookery_kernel::{AccountId, Actor, Limit, OrganizationId, PostId, Scope, UserId, Zone};
use rookery_platforms::Connectors;
use rookery_publishing::{Draft, PostFilter, PublicationFilter, PublicationStatus, Publishing, Schedule};
use rookery_testkit::{Plan, PlanCache, Plans, TestDb};
use sqlx::Connection as _;
use uuid::Uuid;

use crate::world::{Parts, Wiring, wire};

/// Posts of the organization that asks; the others have about 1,000 each.
const POSTS: u64 = 6_000;
/// Its publications that wait for their time.
const WAITING: u64 = 600;
/// Accounts of every organization.
const ACCOUNTS: u64 = 10;
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);
/// Tables that must never be read from end to end.
const BIG: [&str; 3] = ["posts", "post_publications", "social_accounts"];

/// What `patterns.sql` calls the n-th thing of a kind.
fn id(kind: u128, n: u128) -> Uuid {
    Uuid::from_u128(kind << 96 | 0x7000 << 64 | 0x8000 << 48 | n)
}

/// One question: the indexes of which one must answer, and the most rows it may meet.
struct Question<'a>(&'a str, &'a [&'a str], u64);

impl Question<'_> {
    /// What its plans do wrong, if anything.
    fn problem(&self, plans: &[Plan]) -> Option<String> {
        let Self(name, indexes, rows) = *self;
        let touched: u64 = plans.iter().map(Plan::rows_touched).sum();
        let used: BTreeSet<_> = plans.iter().flat_map(Plan::indexes).collect();
        let whole: BTreeSet<_> = plans.iter().flat_map(Plan::read_whole).collect();
        let problem = if plans.is_empty() {
            "the server explained no statement".to_owned()
        } else if BIG.iter().any(|big| whole.contains(*big)) {
            format!("reads {whole:?} from end to end")
        } else if !indexes.iter().any(|index| used.contains(*index)) {
            format!("uses {used:?} and none of {indexes:?}")
        } else if touched > rows {
            format!("meets {touched} rows, more than {rows}")
        } else {
            println!("{name}: {touched} rows of {rows}, {used:?}");
            return None;
        };
        let shown: String = plans.iter().map(ToString::to_string).collect();
        Some(format!("{name} {problem}:\n{shown}"))
    }
}

struct Bed {
    test: TestDb,
    accounts: Accounts,
    publishing: Publishing,
    scope: Scope,
    plans: Plans,
    problems: Vec<String>,
}

impl Bed {
    async fn over(test: TestDb, cache: PlanCache) -> Self {
        let keys = tempfile::tempdir().expect("a temporary folder");
        let vault = Vault::create(&keys.path().join("keys"), rookery_testkit::ids()).expect("a key file");
        let db = test.explaining(cache).await;
        let wiring = Wiring {
            db,
            clock: rookery_testkit::clock(),
            vault,
            connectors: Connectors::default(),
            apps: BTreeMap::new(),
            hook: None,
        };
        let Parts { accounts, publishing, .. } = wire(wiring);
        let actor = Actor::User(UserId::from_uuid(id(1, 301)));
        let scope = Scope::new(OrganizationId::from_uuid(id(2, 1)), actor);
        Self { test, accounts, publishing, scope, plans: Plans::listen(), problems: Vec::new() }
    }

    /// Judges what was asked since the last call.
    fn answered(&mut self, question: &Question<'_>) {
        let plans = self.plans.take();
        self.judged(question, &plans);
    }

    fn judged(&mut self, question: &Question<'_>, plans: &[Plan]) {
        self.problems.extend(question.problem(plans));
    }
}

async fn filled() -> TestDb {
    let test = TestDb::new().await;
    let mut owner = test.owner().await;
    sqlx::raw_sql(include_str!("patterns.sql")).execute(&mut owner).await.expect("the rows break no rule");
    owner.close().await.expect("closed");
    test
}

#[tokio::test]
async fn the_common_questions_use_an_index_and_meet_few_rows() {
    let mut test = filled().await;
    for cache in [PlanCache::Custom, PlanCache::Generic] {
        let mut bed = Bed::over(test, cache).await;
        let (accounts, publishing, scope) = (&bed.accounts.clone(), &bed.publishing.clone(), &bed.scope.clone());
        println!("{cache:?}");

        // Q1: half of the 300 planned posts are this person's; a page of them and their accounts.
        let author = UserId::from_uuid(id(1, 301));
        let page = publishing.upcoming(scope, author, None, Limit::new(10)).await.expect("read");
        assert_eq!(page.items.len(), 10);
        bed.answered(&Question("Q1 upcoming posts of a person", &["idx_posts_org_author_upcoming"], 100));
        let next = publishing.upcoming(scope, author, page.next, Limit::new(10)).await.expect("read");
        assert!(next.items[0].scheduled_at > page.items[9].scheduled_at);
        bed.answered(&Question("Q1 next page", &["idx_posts_org_author_upcoming"], 100));

        // Q2 and Q6: the accounts of the organization, of which there are ten.
        let active = accounts.active(scope).await.expect("read");
        assert_eq!(active.len(), 7);
        bed.answered(&Question("Q2 active accounts", &["idx_social_accounts_org_status"], 2 * ACCOUNTS));
        let ending = accounts.to_renew(scope, WEEK, Limit::default()).await.expect("read");
        assert!(!ending.is_empty() && ending.len() < 7, "{ending:?}");
        bed.answered(&Question("Q6 tokens to renew", &["idx_social_accounts_org_token_expires"], ACCOUNTS));

        // Q3: two publications and the organization's accounts.
        let post = PostId::from_uuid(id(4, 100));
        assert_eq!(publishing.across_accounts(scope, post).await.expect("read").len(), 2);
        let index = ["idx_post_publications_post_account", "idx_post_publications_post_id"];
        bed.answered(&Question("Q3 one post across accounts", &index, 4 * ACCOUNTS));

        // Q4: JSON containment is no condition of an index under row-level security. What is common is found on
        // the way from the newest post on, what is rare takes a walk through the organization's own posts.
        let own = ["idx_posts_org_created", "posts_pkey", "idx_posts_org_status_scheduled", "idx_posts_org_editorial"];
        let page = publishing.with_hashtag(scope, "#daily", None, Limit::new(50)).await.expect("read");
        assert_eq!(page.items.len(), 50);
        bed.answered(&Question("Q4 posts with a common hashtag", &own[..1], 500));
        let page = publishing.with_hashtag(scope, "launch", None, Limit::new(50)).await.expect("read");
        assert_eq!(page.items.len(), 50);
        bed.answered(&Question("Q4 posts with a rare hashtag", &own, 2 * POSTS + 500));
        let last = publishing.with_hashtag(scope, "launch", page.next, Limit::new(50)).await.expect("read");
        assert_eq!(last.items.len(), 10);
        bed.answered(&Question("Q4 last page", &own, POSTS / 2));

        // Q11: the same holds for the operator of text search.
        let found = publishing.search(scope, "heron -tea", Limit::new(20)).await.expect("read");
        assert_eq!(found.len(), 20);
        bed.answered(&Question("Q11 text search", &own, 2 * POSTS + 500));

        // Q13: the filter by state, too, is applied to the organization's posts from the newest on.
        let library = publishing.list(scope, PostFilter::default(), None, Limit::new(50)).await.expect("read");
        bed.answered(&Question("Q13 library", &["idx_posts_org_library"], 500));
        publishing.list(scope, PostFilter::default(), library.next, Limit::new(50)).await.expect("read");
        bed.answered(&Question("Q13 next page", &["idx_posts_org_library"], 500));

        // JSON containment is no condition of an index here either: a label is looked for from the newest post on.
        let labelled = PostFilter { label: Some("spring".to_owned()), ..PostFilter::default() };
        publishing.list(scope, labelled, None, Limit::new(50)).await.expect("read");
        bed.answered(&Question("posts with a label", &["idx_posts_org_library", "idx_posts_org_created"], 2 * POSTS));

        // The month of two accounts that post every fifteen hours.
        let two = vec![AccountId::from_uuid(id(3, 10)), AccountId::from_uuid(id(3, 15))];
        let draft = Draft::of_text("About  BREAD", two.clone(), Schedule::Draft);
        publishing.check(scope, &draft).await.expect("read");
        let twins: Vec<_> = bed.plans.take().into_iter().filter(|p| p.statement().contains("is_out")).collect();
        let index = ["idx_post_publications_account_published", "idx_post_publications_org_published"];
        bed.judged(&Question("repetitions of a text", &index, 3 * POSTS), &twins);
        let after = "2026-03-02T09:00:00Z".parse().expect("a time");
        publishing.next_free_slot(scope, &two, &Zone::utc(), after).await.expect("read");
        bed.answered(&Question("free moments", &index, 3 * POSTS));

        // Q5: resuming asks what is due. 600 publications wait; none is being delivered.
        publishing.resume(scope).await.expect("resumed");
        let due = |plan: &Plan| plan.statement().contains("is_doubtful");
        let plans: Vec<_> = bed.plans.take().into_iter().filter(due).collect();
        bed.judged(&Question("Q5 what is due", &["idx_post_publications_org_due"], 3 * WAITING + 100), &plans);

        // Q7 and Q14 of one organization.
        assert_eq!(publishing.to_collect(scope, 50).await.expect("read").len(), 50);
        bed.answered(&Question("Q7 publications to collect", &["idx_post_publications_org_sync"], 50));
        let missed = publishing.missed(scope, None, Limit::new(50)).await.expect("read");
        assert_eq!(missed.items.len(), 10);
        bed.answered(&Question("Q14 missed posts", &["idx_post_publications_org_due"], 50));

        // The newest of 90 days, and what went wrong among them: a state is no condition of an index.
        let all = publishing.publications(scope, &PublicationFilter::default(), None, Limit::new(50)).await;
        let next = all.expect("read").next;
        bed.answered(&Question("publications", &["idx_post_publications_org_time"], 2_000));
        publishing.publications(scope, &PublicationFilter::default(), next, Limit::new(50)).await.expect("read");
        bed.answered(&Question("publications, next page", &["idx_post_publications_org_time"], 2_000));
        let failed = PublicationFilter { states: vec![PublicationStatus::Failed], account_id: None };
        publishing.publications(scope, &failed, None, Limit::new(50)).await.expect("read");
        bed.answered(&Question("failed publications", &["idx_post_publications_org_time"], 2 * POSTS));

        // Q8: February, with an entry every three hours on some account.
        let (from, to) =
            ("2026-02-01T00:00:00Z".parse().expect("a time"), "2026-03-01T00:00:00Z".parse().expect("a time"));
        let entries = publishing.calendar(scope, from, to).await.expect("read");
        assert!(entries.len() > 200, "{}", entries.len());
        bed.answered(&Question("Q8 calendar of a month", &["idx_post_publications_org_published"], 3_000));

        assert!(bed.problems.is_empty(), "{cache:?} plans\n{}", bed.problems.join("\n"));
        test = bed.test;
    }
}
