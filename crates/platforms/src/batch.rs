//! Reads items one by one and decides after each failure whether to go on.

use crate::error::{CallError, ErrorType};
use crate::types::{ContentMetrics, ItemFailure, MetricsBatch};

/// After so many failures in a row that have nothing to do with the items, the rest is left.
const TROUBLE_MAX: usize = 3;

/// A batch in the making.
pub(crate) struct BatchRun<'a> {
    rest: &'a [String],
    batch: MetricsBatch,
    trouble: usize,
}

impl<'a> BatchRun<'a> {
    pub fn new(ids: &'a [String]) -> Self {
        Self { rest: ids, batch: MetricsBatch::default(), trouble: 0 }
    }

    /// The item to ask for now.
    pub fn next_id(&self) -> Option<&'a str> {
        self.rest.first().map(String::as_str)
    }

    /// Takes what came back for it.
    ///
    /// # Errors
    /// The error itself, if it is the first thing that came back and concerns the account.
    pub fn record(&mut self, result: Result<ContentMetrics, CallError>) -> Result<(), CallError> {
        let Some((id, others)) = self.rest.split_first() else { return Ok(()) };
        let is_first = self.batch.rows.is_empty() && self.batch.failures.is_empty();
        match result {
            Ok(row) => {
                self.batch.rows.push(row);
                self.trouble = 0;
                self.rest = others;
            }
            Err(error) if is_first && (error.ends_the_run() || error.kind == ErrorType::Permission) => {
                return Err(error);
            }
            Err(error) => {
                self.trouble = if error.kind == ErrorType::Transient { self.trouble + 1 } else { 0 };
                if error.ends_the_run() || self.trouble >= TROUBLE_MAX {
                    self.fail(id, error.clone());
                    for other in others {
                        self.fail(other, error.clone());
                    }
                    self.rest = &[];
                } else {
                    self.fail(id, error);
                    self.rest = others;
                }
            }
        }
        Ok(())
    }

    fn fail(&mut self, id: &str, error: CallError) {
        self.batch.failures.push(ItemFailure { external_id: id.to_owned(), error });
    }

    /// Metrics the network does not know.
    pub fn unsupported(&mut self, names: Vec<String>) {
        for name in names {
            if !self.batch.unsupported.contains(&name) {
                self.batch.unsupported.push(name);
            }
        }
    }

    pub fn finish(self) -> MetricsBatch {
        self.batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Delivery;

    /// One letter per answer: `.` a row, else the error of an item.
    fn check(answers: &str, expected: Result<(usize, usize, usize), ErrorType>) {
        let ids: Vec<String> = (0..answers.len()).map(|n| n.to_string()).collect();
        let mut run = BatchRun::new(&ids);
        let mut asked = 0;
        let outcome = loop {
            let Some(id) = run.next_id() else { break Ok(run.finish()) };
            let kind = match answers.as_bytes()[asked] {
                b'.' => None,
                b'n' => Some(ErrorType::NotFound),
                b't' => Some(ErrorType::Transient),
                b'r' => Some(ErrorType::RateLimit),
                b'p' => Some(ErrorType::Permission),
                _ => Some(ErrorType::TokenExpired),
            };
            asked += 1;
            let row = ContentMetrics { external_id: id.to_owned(), ..ContentMetrics::default() };
            let result = kind.map_or(Ok(row), |kind| Err(CallError::new(kind, Delivery::Refused, "no")));
            if let Err(error) = run.record(result) {
                break Err(error.kind);
            }
        };
        let counted = outcome.map(|batch| (asked, batch.rows.len(), batch.failures.len()));
        assert_eq!(counted, expected, "{answers}");
    }

    #[test]
    fn each_id_is_a_row_or_a_failure_and_hopeless_runs_end_early() {
        check("", Ok((0, 0, 0)));
        check("...", Ok((3, 3, 0)));
        check(".n.p.", Ok((5, 3, 2)));
        check("t.tt.t", Ok((6, 2, 4)));
        check(".ttt...", Ok((4, 1, 6)));
        check(".r...", Ok((2, 1, 4)));
        check("n.x..", Ok((3, 1, 4)));
        check("x..", Err(ErrorType::TokenExpired));
        check("p..", Err(ErrorType::Permission));
        check("r..", Err(ErrorType::RateLimit));
    }
}
