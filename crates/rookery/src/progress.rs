//! A line per step: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Reports the steps of long work.
#[derive(Debug, Clone)]
pub(crate) struct Steps {
    terminal: bool,
}

/// A step that has begun.
#[derive(Debug)]
pub(crate) struct Step {
    bar: Option<ProgressBar>,
    what: String,
    total: u64,
    printed: u64,
}

impl Steps {
    /// Looks whether standard output is a terminal.
    pub fn new() -> Self {
        Self { terminal: std::io::stdout().is_terminal() }
    }

    /// Begins a step of unknown length.
    pub fn begin(&self, what: &str) -> Step {
        let bar = self.terminal.then(|| {
            let bar = ProgressBar::new_spinner().with_message(what.to_owned());
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        if bar.is_none() {
            println!("→ {what}");
        }
        Step { bar, what: what.to_owned(), total: 0, printed: 0 }
    }

    /// Begins a step of `total` parts.
    pub fn begin_counted(&self, what: &str, total: u64) -> Step {
        let bar = self.terminal.then(|| {
            let style = ProgressStyle::with_template("  {msg} {wide_bar:.cyan/dim} {pos}/{len} · {eta}")
                .expect("the template is written correctly");
            ProgressBar::new(total).with_style(style).with_message(what.to_owned())
        });
        if bar.is_none() {
            println!("→ {what}");
        }
        Step { bar, what: what.to_owned(), total, printed: 0 }
    }
}

impl Step {
    /// The total, where it is known only after the step began.
    pub fn of(&mut self, total: u64) {
        self.total = total;
        if let Some(bar) = &self.bar {
            bar.set_length(total);
        }
    }

    /// `done` parts of the total are done. Elsewhere than on a terminal every quarter prints a line.
    pub fn at(&mut self, done: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
        } else if self.total > 0 && done * 4 / self.total > self.printed {
            self.printed = done * 4 / self.total;
            println!("  {} of {}", done, self.total);
        }
    }

    /// The step is done.
    pub fn done(self, result: &str) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        println!("✓ {}{}{result}", self.what, if result.is_empty() { "" } else { ": " });
    }
}
