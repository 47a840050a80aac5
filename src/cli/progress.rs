//! Progress bars of long commands, on standard error. They are only drawn on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

const REDRAW_EVERY: Duration = Duration::from_millis(100);
const STEPS: &str = "[{bar:40}] {pos} of {len} {prefix}, {elapsed} {msg}";
const BYTES: &str = "[{bar:40}] {binary_bytes} of {binary_total_bytes}, {elapsed} {msg}";
const WAITING: &str = "{spinner} {elapsed} {msg}";

/// The progress of a command. Dropping it removes the bar.
#[derive(Debug)]
pub struct Progress(ProgressBar);

impl Progress {
    /// Starts `total` steps; `unit` names them in the plural.
    pub fn steps(total: usize, unit: &'static str) -> Self {
        let total = u64::try_from(total).unwrap_or(u64::MAX);
        Self::with(ProgressBar::new(total).with_prefix(unit), STEPS)
    }

    /// Starts the work on `total` bytes.
    pub fn bytes(total: u64) -> Self {
        Self::with(ProgressBar::new(total), BYTES)
    }

    /// Starts work whose extent is not known.
    pub fn waiting(doing: &'static str) -> Self {
        Self::with(ProgressBar::new_spinner().with_message(doing), WAITING)
    }

    fn with(bar: ProgressBar, template: &str) -> Self {
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = bar.with_style(style.progress_chars("##.")).with_finish(ProgressFinish::AndClear);
        if !bar.is_hidden() {
            // Its thread shows that the command is alive while a step takes long.
            bar.enable_steady_tick(REDRAW_EVERY);
        }
        Self(bar)
    }

    /// Sets the number of steps that are done, and their total.
    pub fn set(&self, done: u64, total: u64) {
        self.0.set_length(total);
        self.0.set_position(done);
    }

    /// Ends `steps` steps, or bytes.
    pub fn advance(&self, steps: u64) {
        self.0.inc(steps);
    }

    /// Shows what is being done.
    pub fn doing(&self, what: impl Into<String>) {
        self.0.set_message(what.into());
    }

    /// Removes the bar.
    pub fn finish(self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_accepted() {
        for template in [STEPS, BYTES, WAITING] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
