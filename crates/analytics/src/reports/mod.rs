//! Reports of a period: made of the same figures as the pages, sent by e-mail when their time comes, once each, and shown
//! to whoever has a link. What pages ask for day to day is in `report`.

mod jobs;
mod links;
mod model;
mod ops;
mod store;

pub use jobs::{PlanReports, SendReport};
pub use links::{REPORT_LINK_DAYS_MAX, ReportLink, ReportLinkState};
pub use model::{
    BadSchedule, Cadence, NewSchedule, REPORT_RECIPIENTS_MAX, REPORT_SCHEDULES_MAX, Report, ReportAccount, ReportError,
    ReportRun, ReportSchedule, RunState,
};
