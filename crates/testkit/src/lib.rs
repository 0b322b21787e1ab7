//! Databases, clocks and builders for tests.
//!
//! A test run has one PostgreSQL. In it lies one template with all migrations; every [`TestDb`] is a clone of
//! that template, made in some ten milliseconds and dropped with the test. `cargo xtask test` starts the server
//! and names it in `ROOKERY_TEST_DATABASE`; without that variable the first test starts one below
//! `target/testkit` and leaves it running for the next (`cargo xtask testdb stop` ends it).

mod audit;
mod database;
mod organization;
mod plan;
mod server;
mod smtp;

use std::sync::Arc;

use rookery_kernel::{Clock, FixedClock, IdGen as _, SeededIds, SystemClock, SystemIds};

pub use audit::Noted;
pub use database::TestDb;
pub use organization::TestOrg;
pub use plan::{Plan, PlanCache, Plans};
pub use smtp::{SmtpLetter, SmtpServer};

/// The tests' clock, which stands at 2026-03-02T09:00:00Z (a Monday) until a test moves it.
pub fn clock() -> FixedClock {
    FixedClock::at("2026-03-02T09:00:00Z".parse().expect("a valid time"))
}

/// Ids of this test: different in each test, so that tests cannot meet in a database they share by mistake.
pub fn ids() -> Arc<SeededIds> {
    let mut seed = [0; 8];
    SystemIds::new(Arc::new(SystemClock)).fill(&mut seed);
    Arc::new(SeededIds::new(u64::from_le_bytes(seed)))
}

/// Ids that follow a clock.
pub fn ids_at(clock: &FixedClock) -> Arc<SeededIds> {
    let mut seed = [0; 8];
    SystemIds::new(Arc::new(SystemClock)).fill(&mut seed);
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    Arc::new(SeededIds::with_clock(u64::from_le_bytes(seed), clock))
}
