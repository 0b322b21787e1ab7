//! Remembers which metric names the network refuses. One bad name fails a whole call, so asking
//! again every night would cost a call per name and post.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use rookery_kernel::Timestamp;

/// After this the name is tried again: networks bring metrics back.
const MEMORY: Duration = Duration::from_secs(7 * 24 * 3600);

/// (API version and kind of object, metric) → when it was refused.
#[derive(Debug, Default)]
pub(crate) struct RefusedMetrics(Mutex<HashMap<(String, String), Timestamp>>);

impl RefusedMetrics {
    /// The names that are worth asking for, and those that are not.
    pub fn split<'a>(&self, kind: &str, names: &[&'a str], now: Timestamp) -> (Vec<&'a str>, Vec<&'a str>) {
        let mut refused = self.0.lock().expect("no holder of this lock panics");
        refused.retain(|_, at| now.since(*at) < MEMORY);
        names.iter().partition(|name| !refused.contains_key(&(kind.to_owned(), (**name).to_owned())))
    }

    /// The network refused this name.
    pub fn remember(&self, kind: &str, name: &str, now: Timestamp) {
        let mut refused = self.0.lock().expect("no holder of this lock panics");
        refused.insert((kind.to_owned(), name.to_owned()), now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_name_rests_for_seven_days_for_its_kind_of_object() {
        let now = Timestamp::from_secs(1_772_442_000);
        let refused = RefusedMetrics::default();
        refused.remember("v25.0 text", "bad", now);
        let names = ["good", "bad"];
        assert_eq!(refused.split("v25.0 text", &names, now + Duration::from_secs(1)), (vec!["good"], vec!["bad"]));
        assert_eq!(refused.split("v26.0 text", &names, now).0, names);
        assert_eq!(refused.split("v25.0 text", &names, now + MEMORY).0, names);
    }
}
