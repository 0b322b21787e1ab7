//! One try to deliver: model and statements.

mod model;
pub(crate) mod store;

pub use model::{
    Attempt, AttemptPhase, ErrorClass, LOOK_UPS, LookUp, LookUpResult, StoredHandles, Verdict, judge, next_look_up,
    retry_delay,
};
