//! A line per step: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Reports the steps of long work.
#[derive(Debug, Clone)]
pub(crate) struct Steps {
    terminal: bool,
    aside: bool,
}

/// A step that has begun.
#[derive(Debug)]
pub(crate) struct Step {
    aside: bool,
    bar: Option<ProgressBar>,
    what: String,
    total: u64,
    printed: u64,
}

impl Steps {
    /// Looks whether standard output is a terminal.
    pub fn new() -> Self {
        Self { terminal: std::io::stdout().is_terminal(), aside: false }
    }

    /// On standard error if the result is JSON: then standard output holds nothing else.
    pub fn beside(json: bool) -> Self {
        if json { Self { terminal: std::io::stderr().is_terminal(), aside: true } } else { Self::new() }
    }

    /// Begins a step of unknown length.
    pub fn begin(&self, what: &str) -> Step {
        let bar = self.terminal.then(|| {
            let bar = ProgressBar::new_spinner().with_message(what.to_owned());
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        if bar.is_none() {
            say(self.aside, &format!("→ {what}"));
        }
        Step { aside: self.aside, bar, what: what.to_owned(), total: 0, printed: 0 }
    }

    /// Begins a step of `total` parts.
    pub fn begin_counted(&self, what: &str, total: u64) -> Step {
        let bar = self.terminal.then(|| {
            let style = ProgressStyle::with_template("  {msg} {wide_bar:.cyan/dim} {pos}/{len} · {eta}")
                .expect("the template is written correctly");
            ProgressBar::new(total).with_style(style).with_message(what.to_owned())
        });
        if bar.is_none() {
            say(self.aside, &format!("→ {what}"));
        }
        Step { aside: self.aside, bar, what: what.to_owned(), total, printed: 0 }
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
            say(self.aside, &format!("  {} of {}", done, self.total));
        }
    }

    /// The step is done.
    pub fn done(self, result: &str) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        say(self.aside, &format!("✓ {}{}{result}", self.what, if result.is_empty() { "" } else { ": " }));
    }
}

fn say(aside: bool, line: &str) {
    if aside {
        eprintln!("{line}");
    } else {
        println!("{line}");
    }
}
