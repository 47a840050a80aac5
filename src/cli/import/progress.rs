//! A progress bar on standard error. It is only drawn on a terminal.

use std::io::{IsTerminal, Write};

const WIDTH: usize = 40;

/// The progress of a number of steps.
pub struct Progress {
    is_shown: bool,
    done: usize,
    total: usize,
    /// The line that is on the terminal, so that it is only drawn when it changes.
    drawn: String,
}

impl Progress {
    /// Starts `total` steps.
    pub fn on_terminal(total: usize) -> Self {
        Self { is_shown: std::io::stderr().is_terminal(), done: 0, total, drawn: String::new() }
    }

    /// Ends one step.
    pub fn step(&mut self) {
        self.done += 1;
        let line = bar(self.done, self.total);
        if self.is_shown && line != self.drawn {
            let mut terminal = std::io::stderr();
            let _ = write!(terminal, "\r{line}").and_then(|()| terminal.flush());
            self.drawn = line;
        }
    }

    /// Removes the bar.
    pub fn finish(self) {
        if self.is_shown && !self.drawn.is_empty() {
            let _ = write!(std::io::stderr(), "\r{}\r", " ".repeat(self.drawn.chars().count()));
        }
    }
}

/// The bar, with the percentage that is done.
fn bar(done: usize, total: usize) -> String {
    let part = |of: usize| done.saturating_mul(of).checked_div(total).unwrap_or(of).min(of);
    let full = part(WIDTH);
    format!("[{}{}] {:>3} %", "#".repeat(full), " ".repeat(WIDTH.saturating_sub(full)), part(100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_grows_with_the_steps() {
        assert_eq!(bar(0, 8), format!("[{}]   0 %", " ".repeat(40)));
        assert_eq!(bar(2, 8), format!("[{}{}]  25 %", "#".repeat(10), " ".repeat(30)));
        assert_eq!(bar(8, 8), format!("[{}] 100 %", "#".repeat(40)));
        assert_eq!((bar(0, 0).len(), bar(9, 8)), (48, bar(8, 8)));
    }
}
